"""The page that says how to cite an address of this site.

In:   an address and what was found of it; none for the form
Out:  the citation in its four forms, each to be copied or saved
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.citations import FORMS, Citation
from api.pages.page import Frame, Page, make_page, with_query

if TYPE_CHECKING:
    from api.edition import Edition


def cite(edition: Edition, url: str, found: Citation | None) -> Page:
    """Make the page of a citation, or of the form that asks for an address."""
    frame = Frame(
        path=with_query("/cite", url=url),
        title=f"Cite: {found.title}" if found else "Cite a page of this site",
        lede=None if found else "Give the address of a page, a figure, a dataset or an edition.",
    )
    forms = []
    if found is not None:
        forms = [
            (form.label, form.write(found), with_query("/cite", url=url, format=form.name)) for form in FORMS
        ]
    return make_page(edition, "cite", frame, url=url, found=found, written=forms)

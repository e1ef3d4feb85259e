"""/cite?url=…: how to cite any page, figure, dataset or edition of this site.

In:   an address of this site, and the form that is wanted
Out:  the citation as text, BibTeX, CSL-JSON or RIS; as JSON with what became since of what is cited; without a
      form, a page with all of it
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import dump
from api.citations import BY_NAME, FORMS, Citation, CitationForm, write_text
from api.cited import find_citation
from api.edition import Edition
from api.failures import Failure
from api.forms import HTML, JSON, Form, choose
from api.html import check_parameters, send_page
from api.pages.cite import cite as cite_page
from api.replies import Reply, edition_of, editions_of
from ingest.problems import find_nearest, shown

router = APIRouter(include_in_schema=False)

PARAMETERS = ("url", "format")

_OFFERED = (HTML, *(Form(form.name, form.media_type, form.label) for form in FORMS))


@router.get("/cite")
async def cite(request: Request) -> Response:
    """Answer the citation of an address."""
    edition = edition_of(request)
    moved = check_parameters(request, edition, PARAMETERS)
    if moved is not None:
        return moved
    is_json = request.query_params.get("format") == JSON.suffix
    form = None if is_json else _form_of(request)
    media_type = JSON.media_type if is_json else form.media_type if form else HTML.media_type
    # What became of what is cited is said by the current edition.
    current = editions_of(request).current
    reply = Reply(request, edition, media_type, vary="Accept", beside=current if edition.pin else None)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    url = request.query_params.get("url", "")
    if not url and (is_json or form is not None):
        raise Failure("parameter-wrong", "The parameter 'url' is missing: the address to be cited.")
    found = await find_citation(request, edition, url) if url else None
    if form is not None and found is not None:
        name = {"Content-Disposition": f'inline; filename="{found.key}.{_ENDINGS[form.name]}"'}
        kind = form.media_type + ("; charset=utf-8" if form.name != "csl" else "")
        return reply.send(form.write(found).encode("utf-8"), headers={**name, "Content-Type": kind})
    if is_json and found is not None:
        return reply.send(dump(_as_document(found, current)))
    return await send_page(request, lambda: cite_page(edition, url, found), reply=reply)


def _as_document(found: Citation, current: Edition) -> dict[str, object]:
    """Say what is cited, and what became of it since, as JSON."""
    return {
        "edition": found.edition,
        "title": found.title,
        "kind": found.kind,
        "address": found.address,
        "authors": found.authors,
        "citation": write_text(found),
        "since": found.since.as_document(current) if found.since else None,
    }


_ENDINGS = {"text": "txt", "bibtex": "bib", "csl": "json", "ris": "ris"}


def _form_of(request: Request) -> CitationForm | None:
    """Choose the form: the parameter `format` wins over Accept; None is the page.

    Raises Failure.
    """
    named = request.query_params.get("format")
    if named is not None:
        if named not in BY_NAME:
            nearest = find_nearest(named, BY_NAME)
            hint = f" Closest: {nearest}." if nearest else ""
            detail = f"'{shown(named[:40])}' is not a form of a citation: {', '.join((*BY_NAME, JSON.suffix))}.{hint}"
            raise Failure("parameter-wrong", detail, problems=[{"parameter": "format", "detail": detail}])
        return BY_NAME[named]
    return BY_NAME.get(choose(request.headers.get("accept"), _OFFERED).form.suffix)

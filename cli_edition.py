"""What commands about a published site share: its current edition, and how to refuse.

In:   the folder of a site
Out:  the edition that is served, or exit 2 with a sentence
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from api.edition import Edition


class AnswerForm(StrEnum):
    """How an answer is written."""

    text = "text"
    json = "json"


def open_edition(site: Path) -> Edition:
    """Open the current edition of a site. Ends with 2 if there is no site or no edition."""
    from api.edition import Editions, NoEdition
    from schemas.site import SiteFault, load_site

    try:
        return Editions(load_site(site).editions_folder).current
    except SiteFault as fault:
        refuse(str(fault))
    except NoEdition:
        refuse("This site has no edition yet. Publish one first: likeforlike publish")


def refuse(sentence: str) -> NoReturn:
    """End with 2: there is nothing the command could do."""
    sys.stderr.write(f"{sentence}\n")
    raise typer.Exit(2)

"""The page of the register of definitions itself.

In:   the definitions of an edition, their owners, licences and packages
Out:  how many there are and whose, under which terms, and how they are taken, proposed and followed
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import sentences
from api.licences import is_open, licence_address, licence_title
from api.pages.changes import Asked, Change, feed_links, list_changes, list_owners
from api.pages.definitions import load_definitions
from api.pages.page import Frame, Link, Page, is_web_address, make_page
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Files of an edition from which definitions are taken, where it has them.
_FILES = (
    ("definitions/datapackage.json", "All definitions as one Data Package"),
    ("definitions/indicators.csv", "Every version as CSV"),
    ("definitions/definition_stages.csv", "Stages as CSV"),
    ("definitions/crosswalk.csv", "Which compare with which, as CSV"),
)

# Changes that the page shows.
_NEWEST = 5


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that definitions are under. `is_open` says that it allows bulk reuse."""

    label: str
    address: str
    count: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Owner:
    owner: str
    label: str
    count: int


def register(edition: Edition) -> Page:
    """Make the page of the register."""
    definitions = load_definitions(edition)
    owned = Counter(one.owner for one in definitions.in_use.values())
    owners = [
        Owner(owner, label, owned[owner]) for owner, label in list_owners(edition).items() if owned[owner]
    ]
    licences = _licences(edition)
    stages = Counter(one.status for one in definitions.in_use.values())
    files = edition.manifest.get("downloads", {})
    told = sentences.count(len(definitions.in_use), "definition", "definitions")
    newest: tuple[Change, ...] = list_changes(edition, Asked()).changes[:_NEWEST]
    frame = Frame(
        path="/register",
        title="Register of definitions",
        lede=f"{told} of what is measured, each with its versions, its owner and its licence.",
        crumbs=[Link("Indicators", "/indicators")],
        downloads=[Link(words, f"/downloads/{path}") for path, words in _FILES if path in files],
        feeds=feed_links(),
    )
    return make_page(
        edition,
        "register",
        frame,
        counts={"definitions": len(definitions.in_use), "versions": len(definitions.by_version)},
        stages=[
            (code, stages[code.code])
            for code in load_model().code_lists["definition-status"].codes
            if stages[code.code]
        ],
        owners=owners,
        licences=licences,
        all_open=all(one.is_open for one in licences),
        packages=_packages(edition),
        newest=newest,
    )


def _licences(edition: Edition) -> list[Licence]:
    """List the licences of definitions in use, the one of most definitions first."""
    rows = edition.rows(
        "SELECT i.licence, count(*) AS uses FROM indicators i JOIN indicator_heads h"
        " ON h.indicator = i.indicator AND h.version = i.version GROUP BY i.licence ORDER BY uses DESC, i.licence"
    )
    found = []
    for row in rows:
        address = licence_address(row["licence"]) or ""
        link = address if is_web_address(address) else ""
        found.append(Licence(licence_title(address), link, row["uses"], is_open(address)))
    return found


def _packages(edition: Edition) -> list[tuple[str, str]]:
    """Name the packages that definitions were read from, and who published each."""
    rows = edition.rows(
        "SELECT DISTINCT s.package, s.publisher FROM sources s WHERE s.source IN"
        " (SELECT DISTINCT _source FROM indicators) ORDER BY s.package"
    )
    return [(row["package"], row["publisher"] or "") for row in rows]

"""The first page, and what a search found.

In:   an edition; hits of api/search.py
Out:  pages that send people on: places first, then topics, then doors for those who come for data
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import Theme, load_definitions
from api.pages.page import Frame, Page, make_page, with_query
from api.pages.places import Place, list_places
from api.postcodes import ATTRIBUTION, INSTALL
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition
    from api.located import Located
    from api.search import Hit


@dataclass(frozen=True, slots=True)
class TopicDoor:
    theme: Theme
    count: int


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Hits of one kind, under its name."""

    title: str
    hits: Sequence[Hit]


def home(edition: Edition) -> Page:
    """Make the first page."""
    definitions = load_definitions(edition)
    current = [one for one in definitions.in_use.values() if one.status == "current"]
    topics = [
        TopicDoor(theme, sum(one.themes[:1] == (theme.theme,) for one in current))
        for theme in definitions.themes.values()
    ]
    counts = {
        "figures": edition.manifest.get("rows", {}).get("observations", 0)
        or edition.value("SELECT count(*) FROM observation_rows"),
        "indicators": len(current),
        "areas": edition.value("SELECT count(*) FROM areas WHERE end_on IS NULL"),
        "judgements": edition.value("SELECT count(*) FROM judgements"),
    }
    frame = Frame(
        path="/",
        title=edition.title,
        lede="See how your council is doing, and check the figures yourself.",
    )
    return make_page(
        edition,
        "home",
        frame,
        topics=[topic for topic in topics if topic.count],
        regions=_regions(edition),
        counts=counts,
        newest=_newest(edition),
    )


def _newest(edition: Edition) -> list[tuple[Any, str]]:
    """List the datasets that were released last, with their days."""
    rows = edition.rows(
        "SELECT dataset, title, released_on FROM datasets WHERE released_on IS NOT NULL"
        " ORDER BY released_on DESC, title LIMIT 5"
    )
    return [(row, sentences.day(dt.date.fromisoformat(row["released_on"]))) for row in rows]


def _regions(edition: Edition) -> list[Place]:
    return list_places(edition, ["country", "region"])


def search(
    edition: Edition,
    text: str,
    hits: Sequence[Hit],
    nearest: Sequence[Hit],
    located: Located | None = None,
) -> Page:
    """Make the page of what a search found, or of what was perhaps meant, and of where a postcode lies."""
    kinds = load_model().kinds
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.kind, []).append(hit)
    found = sentences.count(len(hits), "result", "results")
    title = f"Search: {text}" if text else "Search"
    lede = "Write the name, code or postcode of a place, or the name of an indicator, a dataset or a body."
    if text:
        lede = f"{found} for “{text}”." if hits else f"Nothing is called “{text}” here."
    if located is not None:
        lede = " ".join(located.sentences)
    credits = [ATTRIBUTION] if located is not None and located.councils else ()
    frame = Frame(path=with_query("/search", q=text), title=title, lede=lede, search=text, credits=credits)
    return make_page(
        edition,
        "search",
        frame,
        text=text,
        located=located,
        install=INSTALL,
        groups=[
            HitGroup(kinds[kind].address.replace("-", " ").capitalize(), listed)
            for kind, listed in groups.items()
        ],
        nearest=nearest,
        types={code.code: code.label for code in load_model().code_lists["area-type"].codes},
        kinds={name: kind.label for name, kind in kinds.items()},
    )

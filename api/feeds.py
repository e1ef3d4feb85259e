"""/changes: what happened to definitions, as a page, as Atom and as JSON Feed.

In:   what a list is narrowed to (theme, owner, indicator) and the number of a page
Out:  the page; Atom (RFC 4287) in pages (RFC 5005); JSON Feed 1.1

An entry's id is the URI of the version, of its stage or of the crosswalk, so it is the same in every edition and
in every feed. `updated` is the day of the newest entry: a feed says nothing of when it was asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.failures import unknown_thing
from api.feed_writing import Entry, Feed
from api.followed import Followed, make_feed
from api.forms import HTML
from api.pages.changes import PARAMETERS, Asked, Change, list_changes, narrowed_words, read_asked
from api.pages.definitions import load_definitions
from api.replies import CURRENT, edition_of, root_of

router = APIRouter(include_in_schema=False)


@router.get("/changes")
@router.get("/changes.{ending}")
async def changes(request: Request, ending: str | None = None) -> Response:
    """Answer what happened to all definitions, or to those of a theme, an owner or an indicator."""
    return await _followed(PARAMETERS).answer(request, "/changes", ending)


@router.get("/indicators/{indicator}/changes")
async def indicator_changes_page(request: Request, indicator: str) -> Response:
    """Send to the page of one indicator's changes."""
    edition = edition_of(request)
    _check_indicator(edition, indicator)
    address = f"{root_of(edition)}{Asked(indicator=indicator).address()}"
    return Response(status_code=301, headers={"Location": address, "Cache-Control": CURRENT})


@router.get("/indicators/{indicator}/changes.{ending}")
async def indicator_changes(request: Request, indicator: str, ending: str) -> Response:
    """Answer what happened to one indicator's definition, at an address of its own."""
    _check_indicator(edition_of(request), indicator)
    if ending == HTML.suffix:
        return await indicator_changes_page(request, indicator)
    followed = _followed(("page",), indicator)
    return await followed.answer(request, f"/indicators/{indicator}/changes", ending)


def _check_indicator(edition: Edition, indicator: str) -> None:
    known = load_definitions(edition).in_use
    if indicator not in known:
        raise unknown_thing("indicator", indicator, known)


def _followed(parameters: Sequence[str], indicator: str | None = None) -> Followed[Asked]:
    """Describe the list; with an indicator, as it is at that one's own address."""
    return Followed(
        parameters,
        lambda edition, query: read_asked(edition, query, indicator),
        lambda edition, asked: pages.changes(edition, asked),
        _feed,
    )


def _feed(edition: Edition, path: str, asked: Asked) -> Feed:
    listing = list_changes(edition, asked)
    words = "changes of definitions", narrowed_words(edition, asked)
    return make_feed(
        edition, path, asked, words, listing, [_entry(edition, change) for change in listing.changes]
    )


def _entry(edition: Edition, change: Change) -> Entry:
    base = edition.base.rstrip("/")
    diff = base + change.diff if change.diff else None
    kinds = [(change.event, change.event.capitalize())]
    if change.breaks:
        kinds.append(("breaks", "Figures do not compare with earlier ones"))
    return Entry(
        uri=change.uri(edition),
        address=base + change.address,
        title=change.title,
        words=change.words,
        published_on=change.day,
        updated_on=change.day,
        author=change.owner_label,
        author_uri=edition.uri("body", change.owner),
        tags=change.themes,
        kinds=kinds,
        more=(
            "_change",
            {
                "about": f"{edition.base}changes",
                "event": change.event,
                "day": change.day,
                "indicator": change.indicator,
                "version": change.version,
                "previous_version": change.previous,
                "comparable": change.comparable,
                "breaks": change.breaks,
                "note": change.note or None,
                "diff": diff,
                "themes": [theme for theme, _ in change.themes],
                "owner": change.owner,
            },
        ),
        related={"What changed, field by field": diff} if diff else {},
    )

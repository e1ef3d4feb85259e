"""/signals: the early-warning register as a page, as Atom and as JSON Feed.

In:   what the register is narrowed to (rule, area, body, theme, open or cleared) and the number of a page
Out:  the page; the feeds; as CSV, the way to the list of the API

An entry's id is the signal's URI, so it is the same in every edition. It is new when the signal opens and updated
when it clears.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.feed_writing import Entry, Feed
from api.followed import Followed, make_feed
from api.pages.signal_lists import (
    PARAMETERS,
    Asked,
    Told,
    data_address,
    list_signals,
    narrowed_words,
    read_asked,
)

router = APIRouter(include_in_schema=False)


@router.get("/signals")
@router.get("/signals.{ending}")
async def signals(request: Request, ending: str | None = None) -> Response:
    """Answer the register, or what it is narrowed to."""
    return await _SIGNALS.answer(request, "/signals", ending)


def _feed(edition: Edition, path: str, asked: Asked) -> Feed:
    listing = list_signals(edition, asked)
    words = "early warnings", narrowed_words(edition, asked)
    return make_feed(
        edition, path, asked, words, listing, [_entry(edition, told) for told in listing.signals]
    )


def _entry(edition: Edition, told: Told) -> Entry:
    base, state = edition.base.rstrip("/"), "open" if told.is_open else "cleared"
    return Entry(
        uri=edition.uri("signal", told.signal),
        address=base + told.address,
        title=told.title,
        words=told.words,
        published_on=told.opened_on,
        updated_on=told.moved_on,
        author=edition.title,
        author_uri=edition.base,
        tags=told.themes,
        kinds=[(told.rule, told.rule_label), (state, state.capitalize())],
        more=(
            "_signal",
            {
                "about": f"{edition.base}signals",
                "signal": told.signal,
                "rule": told.rule,
                "body": told.body,
                "is_open": told.is_open,
                "opened_on": told.opened_on,
                "cleared_on": told.cleared_on,
                "times": told.times,
                "responses": told.responses,
            },
        ),
    )


_SIGNALS = Followed(
    PARAMETERS, read_asked, lambda edition, asked: pages.signals(edition, asked), _feed, data_address
)

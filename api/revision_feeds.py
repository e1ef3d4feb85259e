"""/revisions: what became of published figures, as a page, as Atom and as JSON Feed.

In:   what the list is narrowed to (indicator, area, body, dataset, figure, since) and the number of a page
Out:  the page; the feeds; as CSV, the way to the list of the API

An entry's id is the figure's URI with the edition that revised it, so it is the same in every edition.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.feed_writing import Entry, Feed
from api.followed import Followed, make_feed
from api.pages.revisions import (
    PARAMETERS,
    Asked,
    Told,
    data_address,
    list_revisions,
    narrowed_words,
    read_asked,
)

router = APIRouter(include_in_schema=False)


@router.get("/revisions")
@router.get("/revisions.{ending}")
async def revisions(request: Request, ending: str | None = None) -> Response:
    """Answer every revision, or those that the list is narrowed to."""
    return await _REVISIONS.answer(request, "/revisions", ending)


def _feed(edition: Edition, path: str, asked: Asked) -> Feed:
    listing = list_revisions(edition, asked)
    words = "revisions of figures", narrowed_words(edition, asked)
    return make_feed(
        edition, path, asked, words, listing, [_entry(edition, told) for told in listing.revisions]
    )


def _entry(edition: Edition, told: Told) -> Entry:
    base = edition.base.rstrip("/")
    return Entry(
        uri=f"{edition.uri('observation', *told.figure.split('/'))}#revised-{told.to_edition}",
        address=base + told.address,
        title=told.title,
        words=f"{told.words} {told.reason}",
        published_on=told.revised_on,
        updated_on=told.revised_on,
        author=edition.title,
        author_uri=edition.base,
        tags=told.themes,
        kinds=[(told.change, told.change.capitalize())],
        more=(
            "_revision",
            {
                "about": f"{edition.base}revisions",
                "figure": told.figure,
                "change": told.change,
                "before": told.before,
                "after": told.after,
                "from_edition": told.from_edition,
                "to_edition": told.to_edition,
                "reason_kind": told.reason_kind,
                "reason": told.reason,
            },
        ),
        related={"All that the edition changed": base + told.diff},
    )


_REVISIONS = Followed(
    PARAMETERS, read_asked, lambda edition, asked: pages.revisions(edition, asked), _feed, data_address
)

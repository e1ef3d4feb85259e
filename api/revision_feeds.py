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
from api.failures import Failure
from api.feed_writing import ATOM, OFFERED, Entry, Feed, write_atom, write_json_feed
from api.forms import CSV, HTML, Choice, Form, choose, link
from api.html import check_parameters, send_page
from api.pages.revisions import (
    PARAMETERS,
    Listing,
    Told,
    data_address,
    list_revisions,
    narrowed_words,
    read_asked,
)
from api.replies import CURRENT, Reply, edition_of, root_of

router = APIRouter(include_in_schema=False)

_BY_ENDING = {form.suffix: form for form in (*OFFERED, CSV)}


@router.get("/revisions")
@router.get("/revisions.{ending}")
async def revisions(request: Request, ending: str | None = None) -> Response:
    """Answer every revision, or those that the list is narrowed to."""
    edition = edition_of(request)
    if ending is not None and ending not in _BY_ENDING:
        raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
    form = _BY_ENDING[ending] if ending else None
    choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), OFFERED)
    moved = check_parameters(request, edition, PARAMETERS)
    if moved is not None:
        return moved
    asked = read_asked(edition, request.query_params)
    root = root_of(edition)
    if choice.form is CSV:
        address = root + data_address(asked, CSV.suffix)
        return Response(status_code=303, headers={"Location": address, "Cache-Control": CURRENT})
    address = f"/revisions.{choice.form.suffix}"
    reply = Reply(request, edition, choice.media_type, address=address, vary=None if ending else "Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    links = [
        link(asked.address(f"{root}/revisions.{other.suffix}"), "alternate", type=other.media_type)
        for other in OFFERED[1:]
        if other is not choice.form
    ]
    if choice.form is HTML:
        return await send_page(request, lambda: pages.revisions(edition, asked), reply=reply, links=links)
    feed = _feed(edition, list_revisions(edition, asked))
    return reply.send(write_atom(feed) if choice.form is ATOM else write_json_feed(feed), links)


def _feed(edition: Edition, listing: Listing) -> Feed:
    base, asked = edition.base.rstrip("/"), listing.asked

    def address(form: Form, page: int) -> str:
        path = "/revisions" if form is HTML else f"/revisions.{form.suffix}"
        return base + asked.address(path, page)

    narrowed = narrowed_words(edition, asked)
    return Feed(
        edition,
        base + asked.address("/revisions.atom"),
        f"{edition.title}: revisions of figures{f', {narrowed}' if narrowed else ''}",
        address,
        asked.page,
        listing.pages,
        listing.newest,
        [_entry(edition, told) for told in listing.revisions],
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

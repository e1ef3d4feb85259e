"""/changes: what happened to definitions, as a page, as Atom and as JSON Feed.

In:   what a list is narrowed to (theme, owner, indicator) and the number of a page
Out:  the page; Atom (RFC 4287) in pages (RFC 5005); JSON Feed 1.1

An entry's id is the URI of the version, of its stage or of the crosswalk, so it is the same in every edition and
in every feed. `updated` is the day of the newest entry: a feed says nothing of when it was asked.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.feed_writing import ATOM, OFFERED, Entry, Feed, write_atom, write_json_feed
from api.forms import HTML, Choice, Form, choose, link
from api.html import check_parameters, send_page
from api.pages.changes import PARAMETERS, Asked, Change, Listing, list_changes, narrowed_words, read_asked
from api.pages.definitions import load_definitions
from api.replies import CURRENT, Reply, edition_of, root_of

router = APIRouter(include_in_schema=False)

_BY_ENDING = {form.suffix: form for form in OFFERED}


@router.get("/changes")
@router.get("/changes.{ending}")
async def changes(request: Request, ending: str | None = None) -> Response:
    """Answer what happened to all definitions, or to those of a theme, an owner or an indicator."""
    return await _answer(request, "/changes", ending)


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
    return await _answer(request, f"/indicators/{indicator}/changes", ending, indicator)


def _check_indicator(edition: Edition, indicator: str) -> None:
    known = load_definitions(edition).in_use
    if indicator not in known:
        raise unknown_thing("indicator", indicator, known)


async def _answer(request: Request, path: str, ending: str | None, indicator: str | None = None) -> Response:
    """Answer a list of changes at a path in the form that is asked for."""
    edition = edition_of(request)
    if ending is not None and ending not in _BY_ENDING:
        raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
    form = _BY_ENDING[ending] if ending else None
    choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), OFFERED)
    moved = check_parameters(request, edition, ("page",) if indicator else PARAMETERS)
    if moved is not None:
        return moved
    asked = read_asked(edition, request.query_params, indicator)
    address = f"{path}.{choice.form.suffix}"
    reply = Reply(request, edition, choice.media_type, address=address, vary=None if ending else "Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    links = [
        link(asked.address(f"{root_of(edition)}/changes.{other.suffix}"), "alternate", type=other.media_type)
        for other in OFFERED[1:]
        if other is not choice.form
    ]
    if choice.form is HTML:
        return await send_page(request, lambda: pages.changes(edition, asked), reply=reply, links=links)
    feed = _feed(edition, path, list_changes(edition, asked))
    return reply.send(write_atom(feed) if choice.form is ATOM else write_json_feed(feed), links)


def _feed(edition: Edition, path: str, listing: Listing) -> Feed:
    """Put a list of changes into a feed. `path` is its address inside the site, without ending or parameters."""
    base, asked = edition.base.rstrip("/"), listing.asked

    def address(form: Form, page: int) -> str:
        if form is HTML:
            return base + asked.address()
        # In the address of an indicator it stands in the path already.
        told = asked if path == "/changes" else Asked()
        return base + told.address(f"{path}.{form.suffix}", page)

    narrowed = narrowed_words(edition, asked)
    return Feed(
        edition,
        base + asked.address("/changes.atom"),
        f"{edition.title}: changes of definitions{f', {narrowed}' if narrowed else ''}",
        address,
        asked.page,
        listing.pages,
        listing.newest,
        [_entry(edition, change) for change in listing.changes],
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

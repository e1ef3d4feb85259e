"""/changes: what happened to definitions, as a page, as Atom and as JSON Feed.

In:   what a list is narrowed to (theme, owner, indicator) and the number of a page
Out:  the page; Atom (RFC 4287) in pages (RFC 5005); JSON Feed 1.1

An entry's id is the URI of the version, of its stage or of the crosswalk, so it is the same in every edition and
in every feed. `updated` is the day of the newest entry: a feed says nothing of when it was asked.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.answers import dump
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.forms import HTML, Choice, Form, choose, link
from api.html import check_parameters, send_page
from api.pages.changes import PARAMETERS, Asked, Change, Listing, list_changes, narrowed_words, read_asked
from api.pages.definitions import load_definitions
from api.replies import CURRENT, Reply, edition_of, root_of
from api.sparql_results import NOT_XML

router = APIRouter(include_in_schema=False)

ATOM = Form("atom", "application/atom+xml", "Atom")
JSON_FEED = Form("json", "application/feed+json", "JSON Feed", ("application/json",))
_OFFERED = (HTML, ATOM, JSON_FEED)
_BY_ENDING = {form.suffix: form for form in _OFFERED}

_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"

# A list without any entry is as old as it can be: no clock is asked.
_NEVER = "1970-01-01"


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed. `path` is its address inside the site, without an ending and without parameters."""

    edition: Edition
    path: str
    listing: Listing

    @property
    def title(self) -> str:
        narrowed = narrowed_words(self.edition, self.listing.asked)
        return f"{self.edition.title}: changes of definitions{f', {narrowed}' if narrowed else ''}"

    def address(self, form: Form, page: int = 1) -> str:
        """Give the whole address of a page of the feed, or of its page for readers."""
        base, asked = self.edition.base.rstrip("/"), self.listing.asked
        if form is HTML:
            return base + asked.address()
        if self.path != "/changes":
            # The indicator stands in the path already.
            asked = Asked()
        return base + asked.address(f"{self.path}.{form.suffix}", page)

    def steps(self) -> Iterator[tuple[str, int]]:
        """Give the pages around this one as RFC 5005 calls them."""
        here, last = self.listing.asked.page, self.listing.pages
        yield "first", 1
        if here > 1:
            yield "previous", here - 1
        if here < last:
            yield "next", here + 1
        yield "last", last


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
    choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), _OFFERED)
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
        for other in _OFFERED[1:]
        if other is not choice.form
    ]
    if choice.form is HTML:
        return await send_page(request, lambda: pages.changes(edition, asked), reply=reply, links=links)
    feed = Feed(edition, path, list_changes(edition, asked))
    return reply.send(write_atom(feed) if choice.form is ATOM else write_json_feed(feed), links)


def write_atom(feed: Feed) -> bytes:
    """Write a page of a feed as Atom."""
    listing = feed.listing
    root = ET.Element("feed", {"xmlns": _ATOM_NAMESPACE, "xml:lang": "en-GB"})
    # One feed has one id, whichever of its addresses was asked.
    _add(root, "id", feed.edition.base.rstrip("/") + listing.asked.address("/changes.atom"))
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(listing.newest or _NEVER))
    _add(_add(root, "author"), "name", feed.edition.title)
    _add(root, "link", rel="self", type=ATOM.media_type, href=feed.address(ATOM, listing.asked.page))
    _add(root, "link", rel="alternate", type="text/html", href=feed.address(HTML))
    for relation, page in feed.steps():
        _add(root, "link", rel=relation, type=ATOM.media_type, href=feed.address(ATOM, page))
    for change in listing.changes:
        entry = _add(root, "entry")
        _add(entry, "id", change.uri(feed.edition))
        _add(entry, "title", change.title)
        _add(entry, "published", _moment(change.day))
        _add(entry, "updated", _moment(change.day))
        _add(_add(entry, "author"), "name", change.owner_label)
        _add(entry, "link", rel="alternate", type="text/html", href=_page_of(feed.edition, change))
        if change.diff:
            whole = feed.edition.base.rstrip("/") + change.diff
            _add(
                entry,
                "link",
                rel="related",
                type="text/html",
                title="What changed, field by field",
                href=whole,
            )
        _add(entry, "summary", change.words, type="text")
        for theme, label in change.themes:
            scheme = feed.edition.uri("code-list", "theme")
            _add(entry, "category", term=theme, scheme=scheme, label=label)
        _add(entry, "category", term=change.event, label=change.event.capitalize())
        if change.breaks:
            _add(entry, "category", term="breaks", label="Figures do not compare with earlier ones")
    ET.indent(root, " ")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Add an element. What XML has no way to write is replaced; all else is escaped when it is written."""
    told = {key: NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, name, told)
    if text is not None:
        element.text = NOT_XML.sub("\ufffd", text)
    return element


def _moment(day: str) -> str:
    """Write a day as the moment that Atom and JSON Feed want."""
    return f"{day}T00:00:00Z"


def _page_of(edition: Edition, change: Change) -> str:
    return edition.base.rstrip("/") + change.address


def write_json_feed(feed: Feed) -> bytes:
    """Write a page of a feed as JSON Feed; what a program needs besides stands under `_change`."""
    listing = feed.listing
    here = listing.asked.page
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.address(HTML),
        "feed_url": feed.address(JSON_FEED, here),
        "language": "en-GB",
        "authors": [{"name": feed.edition.title, "url": feed.edition.base}],
        "items": [_item(feed.edition, change) for change in listing.changes],
    }
    if here < listing.pages:
        document["next_url"] = feed.address(JSON_FEED, here + 1)
    return dump(document)


def _item(edition: Edition, change: Change) -> Mapping[str, Any]:
    return {
        "id": change.uri(edition),
        "url": _page_of(edition, change),
        "title": change.title,
        "content_text": change.words,
        "date_published": _moment(change.day),
        "authors": [{"name": change.owner_label, "url": edition.uri("body", change.owner)}],
        "tags": [label for _, label in change.themes],
        "_change": {
            "about": f"{edition.base}changes",
            "event": change.event,
            "day": change.day,
            "indicator": change.indicator,
            "version": change.version,
            "previous_version": change.previous,
            "comparable": change.comparable,
            "breaks": change.breaks,
            "note": change.note or None,
            "diff": edition.base.rstrip("/") + change.diff if change.diff else None,
            "themes": [theme for theme, _ in change.themes],
            "owner": change.owner,
        },
    }

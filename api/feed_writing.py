"""Entries become a feed: Atom (RFC 4287) in pages (RFC 5005), and JSON Feed 1.1.

In:   what a feed says of itself, and its entries
Out:  bytes

A feed says nothing of when it was asked: its day is that of its newest entry.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.answers import dump
from api.edition import Edition
from api.forms import HTML, Form
from api.sparql_results import NOT_XML

ATOM = Form("atom", "application/atom+xml", "Atom")
JSON_FEED = Form("json", "application/feed+json", "JSON Feed", ("application/json",))
OFFERED = (HTML, ATOM, JSON_FEED)

_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"

# A list without any entry is as old as it can be: no clock is asked.
_NEVER = "1970-01-01"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Days are ISO 8601, addresses whole.

    uri        its name for good
    related    further documents about it, by their titles
    tags       what it is about, as code and label, in the code list of themes
    kinds      what sort of entry it is, as code and label
    more       the name under which JSON Feed has what a program needs besides, and that
    """

    uri: str
    address: str
    title: str
    words: str
    published_on: str
    updated_on: str
    author: str
    author_uri: str
    tags: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]
    more: tuple[str, Mapping[str, Any]]
    related: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed.

    uri       one for a feed, whichever of its addresses was asked
    address   gives the whole address of a page in a form
    newest    the day of the newest entry of all pages; None where there is none
    """

    edition: Edition
    uri: str
    title: str
    address: Callable[[Form, int], str]
    page: int
    pages: int
    newest: str | None
    entries: Sequence[Entry]


def write_atom(feed: Feed) -> bytes:
    """Write a page of a feed as Atom."""
    edition = feed.edition
    root = ET.Element("feed", {"xmlns": _ATOM_NAMESPACE, "xml:lang": "en-GB"})
    _add(root, "id", feed.uri)
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(feed.newest or _NEVER))
    _add(_add(root, "author"), "name", edition.title)
    _add(root, "link", rel="self", type=ATOM.media_type, href=feed.address(ATOM, feed.page))
    _add(root, "link", rel="alternate", type="text/html", href=feed.address(HTML, 1))
    steps = [("first", 1), ("previous", feed.page - 1), ("next", feed.page + 1), ("last", feed.pages)]
    for relation, page in steps:
        if 1 <= page <= feed.pages:
            _add(root, "link", rel=relation, type=ATOM.media_type, href=feed.address(ATOM, page))
    for told in feed.entries:
        entry = _add(root, "entry")
        _add(entry, "id", told.uri)
        _add(entry, "title", told.title)
        _add(entry, "published", _moment(told.published_on))
        _add(entry, "updated", _moment(told.updated_on))
        _add(_add(entry, "author"), "name", told.author)
        _add(entry, "link", rel="alternate", type="text/html", href=told.address)
        for title, address in told.related.items():
            _add(entry, "link", rel="related", type="text/html", title=title, href=address)
        _add(entry, "summary", told.words, type="text")
        for theme, label in told.tags:
            _add(entry, "category", term=theme, scheme=edition.uri("code-list", "theme"), label=label)
        for kind, label in told.kinds:
            _add(entry, "category", term=kind, label=label)
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


def write_json_feed(feed: Feed) -> bytes:
    """Write a page of a feed as JSON Feed."""
    edition = feed.edition
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.address(HTML, 1),
        "feed_url": feed.address(JSON_FEED, feed.page),
        "language": "en-GB",
        "authors": [{"name": edition.title, "url": edition.base}],
        "items": [_item(told) for told in feed.entries],
    }
    if feed.page < feed.pages:
        document["next_url"] = feed.address(JSON_FEED, feed.page + 1)
    return dump(document)


def _item(told: Entry) -> Mapping[str, Any]:
    item = {
        "id": told.uri,
        "url": told.address,
        "title": told.title,
        "content_text": told.words,
        "date_published": _moment(told.published_on),
    }
    if told.updated_on != told.published_on:
        item["date_modified"] = _moment(told.updated_on)
    name, more = told.more
    return {
        **item,
        "authors": [{"name": told.author, "url": told.author_uri}],
        "tags": [label for _, label in told.tags],
        name: more,
    }

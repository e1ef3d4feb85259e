"""/changes/stream: what happened to definitions, as a Linked Data Event Stream that programs keep a copy of.

In:   the derived table definition_events, oldest first, with the words of each version
Out:  the stream's description, its pages and its shape, in the forms that graphs have

The page `newest` is the view: it holds what does not fill a page yet, and leads to every full page with the first
and the last day on it. A full page is named by its first day and the digest of its members, so what one address
answers never changes. Where an edition brings an event of an earlier day, the pages from there on get other names,
and a client that goes on from `newest` meets the new event among members that it knows.

Source: Linked Data Event Streams and the TREE hypermedia specification, https://w3id.org/ldes/specification
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import orjson
import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

import schemas
from api.edition import Edition
from api.failures import Failure
from api.forms import GRAPH_FORMS, HTML, JSONLD, N_QUADS, N_TRIPLES, TURTLE, alternates, split_suffix
from api.graphs import prefixes_of
from api.members import ROWS, Words, describe_member
from api.publications import begin, refuse_parameters
from api.replies import CURRENT, edition_of, editions_of, root_of
from api.sparql_results import write_graph

router = APIRouter(include_in_schema=False)

# Members of a full page.
PAGE = 100

# Beside the current edition so many are looked through for a page that a client was sent to a moment ago.
_LOOKED_THROUGH = 3

_OFFERED = (TURTLE, JSONLD, N_TRIPLES, N_QUADS, *(form for form in GRAPH_FORMS if form.suffix == "rdf"), HTML)
_SHAPE = Path(schemas.__file__).parent / "change_shape.ttl"
_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{16}")
_NEWEST = "newest"

# Of the standards that are used here only; the others are the model's.
_PREFIXES = {"ldes": "https://w3id.org/ldes#", "tree": "https://w3id.org/tree#"}


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Where one page lies in the stream, and the days of its first and its last event.

    oldest    the place of its oldest event in the table, whose rows lie newest first; `newest` that of the other
    digest    of its members; None for the page that is not full yet, whose days no relation tells
    """

    name: str
    oldest: int
    newest: int
    first_on: str
    last_on: str
    digest: str | None


def list_pages(edition: Edition) -> tuple[StreamPage, ...]:
    """List the pages of an edition's stream, oldest first; the last one is not full and may be empty."""
    return edition.once("pages of the stream", lambda: tuple(_divide(edition)))


def _divide(edition: Edition) -> Iterator[StreamPage]:
    rows: Sequence[sqlite3.Row] = ()
    if edition.has_table("definition_events"):
        for rows in edition.chunks(f"{ROWS} ORDER BY c.rowid DESC", size=PAGE):
            if len(rows) < PAGE:
                break
            digest = hashlib.sha256(edition.base.encode())
            for row in rows:
                # The place, which comes first, is another one as soon as there are newer events.
                digest.update(orjson.dumps(tuple(row)[1:], option=orjson.OPT_APPEND_NEWLINE))
            told = digest.hexdigest()
            first, last = rows[0], rows[-1]
            name = f"{first['changed_on']}-{told[:16]}"
            yield StreamPage(
                name, first["place"], last["place"], first["changed_on"], last["changed_on"], told
            )
            rows = ()
    oldest, newest = (rows[0]["place"], rows[-1]["place"]) if rows else (0, 1)
    yield StreamPage(_NEWEST, oldest, newest, "", "", None)


@router.get("/changes/stream")
@router.get("/changes/stream.{ending}")
async def stream(request: Request, ending: str | None = None) -> Response:
    """Answer what the stream is and where its pages are."""
    edition = edition_of(request)
    pages = await anyio.to_thread.run_sync(list_pages, edition)
    return await _answer(request, edition, "/changes/stream", ending, lambda: _described(edition, pages))


@router.get("/changes/shape")
@router.get("/changes/shape.{ending}")
async def shape(request: Request, ending: str | None = None) -> Response:
    """Answer the shape that every member has."""
    edition = edition_of(request)

    def read() -> list[ox.Triple]:
        quads = ox.parse(_SHAPE.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=edition.base)
        return [quad.triple for quad in quads]

    return await _answer(request, edition, "/changes/shape", ending, read)


@router.get("/changes/stream/{name}")
async def page(request: Request, name: str) -> Response:
    """Answer one page of the stream."""
    path, form = split_suffix(name, _OFFERED)
    edition, found = await anyio.to_thread.run_sync(_find, request, path)
    address = f"/changes/stream/{path}"
    pages = list_pages(edition)
    ending = form.suffix if form else None

    def make() -> list[ox.Triple]:
        return list(_page_triples(edition, pages, found))

    return await _answer(request, edition, address, ending, make, content=found.digest)


def _find(request: Request, name: str) -> tuple[Edition, StreamPage]:
    """Find a page by its name: in the edition asked, or in one of those before it.

    Raises Failure (404).
    """
    edition = edition_of(request)
    tried = [edition.name]
    if _FULL.fullmatch(name):
        tried += [one for one in editions_of(request).names() if one != edition.name][:_LOOKED_THROUGH]
    for one in tried:
        opened = edition if one == edition.name else editions_of(request).find(one)
        for known in list_pages(opened) if opened is not None else ():
            if known.name == name and opened is not None:
                return opened, known
    raise Failure("thing-unknown", "The stream has no such page. Go on from /changes/stream/newest.")


async def _answer(
    request: Request,
    edition: Edition,
    address: str,
    ending: str | None,
    make: Callable[[], list[ox.Triple]],
    content: str | None = None,
) -> Response:
    """Answer a graph at an address in the form that is asked for; a reader of pages is sent to the list."""
    refuse_parameters(request)
    choice, reply = begin(request, edition, address, ending, _OFFERED, content)
    if choice.form is HTML:
        headers = {
            "Location": f"{root_of(edition)}/changes#follow",
            "Cache-Control": CURRENT,
            "Vary": "Accept",
        }
        return Response(status_code=303, headers=headers)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    prefixes = {**prefixes_of(edition), **_PREFIXES}

    def write() -> bytes:
        return write_graph(make(), choice.form.suffix, prefixes, edition.base.rstrip("/") + address)

    # The view of a stream of many pages leads to all of them: that takes its time in a thread of its own.
    body = await anyio.to_thread.run_sync(write)
    return reply.send(body, alternates(root_of(edition) + address, _OFFERED[:-1], choice.form))


def _described(edition: Edition, pages: Sequence[StreamPage]) -> list[ox.Triple]:
    """Describe the stream and its view, for a client that comes for the first time."""
    words = Words(edition, _PREFIXES)
    node = words.site("changes/stream")
    title = f"{edition.title}: changes of definitions"
    return [
        *_heading(words),
        ox.Triple(node, words.term("dct:title"), ox.Literal(title, language="en")),
        *_relations(words, pages),
    ]


def _heading(words: Words) -> Iterator[ox.Triple]:
    """Say what every page says: which stream it belongs to, and how its members are dated and grouped."""
    node, view = words.site("changes/stream"), words.site(f"changes/stream/{_NEWEST}")
    yield ox.Triple(node, words.term("rdf:type"), words.term("ldes:EventStream"))
    yield ox.Triple(node, words.term("ldes:timestampPath"), words.term("dct:created"))
    yield ox.Triple(node, words.term("ldes:versionOfPath"), words.term("dct:isVersionOf"))
    yield ox.Triple(node, words.term("tree:shape"), words.site("changes/shape"))
    yield ox.Triple(node, words.term("tree:view"), view)


def _relations(words: Words, pages: Sequence[StreamPage]) -> Iterator[ox.Triple]:
    """Lead from the view to every full page: no member of it is older than the one day or newer than the other."""
    view = words.site(f"changes/stream/{_NEWEST}")
    yield ox.Triple(view, words.term("rdf:type"), words.term("tree:Node"))
    for page in pages:
        if page.digest is None:
            continue
        for kind, day, part in (
            ("GreaterThanOrEqualToRelation", page.first_on, "from"),
            ("LessThanOrEqualToRelation", page.last_on, "until"),
        ):
            relation = words.site(f"changes/stream/{_NEWEST}#{part}-{page.name}")
            yield ox.Triple(view, words.term("tree:relation"), relation)
            yield ox.Triple(relation, words.term("rdf:type"), words.term(f"tree:{kind}"))
            yield ox.Triple(relation, words.term("tree:path"), words.term("dct:created"))
            yield ox.Triple(relation, words.term("tree:value"), words.moment(day))
            yield ox.Triple(relation, words.term("tree:node"), words.site(f"changes/stream/{page.name}"))


def _page_triples(edition: Edition, pages: Sequence[StreamPage], page: StreamPage) -> Iterator[ox.Triple]:
    """Write a page and its members. A full page says nothing that a later edition could say otherwise."""
    words = Words(edition, _PREFIXES)
    node = words.site("changes/stream")
    yield from _heading(words)
    if page.digest is None:
        yield from _relations(words, pages)
    yield ox.Triple(
        words.site(f"changes/stream/{page.name}"), words.term("rdf:type"), words.term("tree:Node")
    )
    rows = edition.rows(
        f"{ROWS} WHERE c.rowid BETWEEN :newest AND :oldest ORDER BY c.rowid DESC",
        {"newest": page.newest, "oldest": page.oldest},
    )
    for row in rows:
        yield ox.Triple(node, words.term("tree:member"), words.site(f"id/{row['entry']}"))
        yield from describe_member(words, row)

"""/sparql: the SPARQL 1.1 Protocol over the current edition.

In:   a query by GET, by a form or as the body of a POST; the dataset it is about; the forms the client takes
Out:  its result, a description of the service, or the form page

The query runs in a process of sparql_pool.py. A client that leaves ends its query.
Parameters beside those of the Protocol are let through here and nowhere else: clients send their own. Of these,
`format` and `output` name a form of result, and a name that is not known leaves the choice to the header Accept.
A long table is sent as it is found; if it cannot be brought to its end, the connection is closed before that.
An answer that ends at the LIMIT of an ordered query says where the next part is, in the header Link.

Source: SPARQL 1.1 Protocol; SPARQL 1.1 Service Description.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from api import pages
from api.edition import Edition
from api.failures import CutOff, Failure
from api.forms import (
    CSV,
    GRAPH_FORMS,
    HTML,
    JSONLD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TURTLE,
    Choice,
    Form,
    choose,
    content_type,
    find_choice,
    link,
    not_offered,
)
from api.graphs import prefixes_of
from api.html import send_page
from api.outside.pool import OutsidePool
from api.pages.page import Page
from api.posted import FORM, media_type_of, read_form, read_text
from api.replies import Reply, edition_of, root_of
from api.sparql_description import PREFIXES, describe_service
from api.sparql_pool import Answer, Limits, Pool
from api.sparql_process import Rest
from api.sparql_results import write_graph
from schemas.store_address import StoreAddress

router = APIRouter()

PATH = "/sparql"
# Seconds in which nearly all queries are done: a client that leaves is noticed after that.
_MOMENT = 0.02

LONGEST_BODY = 1 << 20
# A longer answer is sent, and compressed, in pieces, so that others are answered between them.
_PIECE = 1 << 18

_JSON = Form("json", "application/sparql-results+json", "JSON", ("application/json",))
_XML = Form("xml", "application/sparql-results+xml", "XML", ("application/xml", "text/xml"))
_TSV = Form("tsv", "text/tab-separated-values", "TSV")
_JSONLD = Form("jsonld", JSONLD.media_type, JSONLD.label, ("application/json",))

TABLE_RESULTS = (_JSON, _XML, CSV, _TSV, HTML)
GRAPH_RESULTS = (TURTLE, N_TRIPLES, _JSONLD, RDF_XML, N_QUADS, HTML)

# A query with one of these may answer otherwise the next time, so its answer has no tag.
_NEVER_THE_SAME = re.compile(r"\b(?:now|rand|uuid|struuid|bnode)\s*\(", re.IGNORECASE)

# The end of a query that is asked in parts: after its last group an order, and then how many rows from where.
_LONGEST_END = 2_000
_PART = re.compile(
    r"\border\s+by\b[^{}]*?\b(?:limit\s+(?P<most>\d{1,9})(?:\s+offset\s+(?P<first>\d{1,9}))?"
    r"|offset\s+(?P<begin>\d{1,9})\s+limit\s+(?P<size>\d{1,9}))\s*\Z",
    re.IGNORECASE,
)
# How a query ends that was heavy; any other refusal is of its words.
_ENDED = frozenset({"query-too-slow", "query-too-large", "answer-too-long", "busy", "client-left"})
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
# Names that other services have for forms.
_NAMED = {
    "turtle": "ttl",
    "n3": "ttl",
    "ntriples": "nt",
    "n-triples": "nt",
    "nquads": "nq",
    "json-ld": "jsonld",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the dataset it is about. None for both lists means the whole edition."""

    query: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    form: str | None


class SparqlDoor:
    """The pool of the edition that is served; a new edition gets a new pool, the old one ends when idle.

    outside   the store that answers in place of the edition's own, if there is one
    """

    def __init__(self, limits: Limits, outside: StoreAddress | None = None) -> None:
        self.limits = limits
        self._outside = outside
        self._pool: Pool | OutsidePool | None = None
        self._edition: str | None = None
        self._former: list[Pool | OutsidePool] = []

    def pool_for(self, edition: Edition) -> Pool | OutsidePool:
        """Get the pool of an edition."""
        if self._pool is None or self._edition != edition.name:
            if self._pool is not None:
                self._pool.close()
                self._former.append(self._pool)
            self._pool, self._edition = self._open(edition), edition.name
        return self._pool

    def _open(self, edition: Edition) -> Pool | OutsidePool:
        if self._outside is None:
            return Pool(edition.store_folder, self.limits)
        return OutsidePool(edition, self.limits, self._outside)

    async def stop(self) -> None:
        """End every worker."""
        for pool in (*self._former, *([self._pool] if self._pool else [])):
            await pool.stop()


@router.get("/sparql/editor", include_in_schema=False)
async def editor(request: Request) -> Response:
    """Lead to the form page, which has the editor on it."""
    return Response(status_code=301, headers={"Location": f"{root_of(edition_of(request))}/sparql"})


async def sparql(request: Request) -> Response:
    """Answer a query, or say what this service is."""
    request.scope["door"] = PATH
    edition = edition_of(request)
    asked = await read_request(request)
    if asked is None:
        return await _without_query(request, edition)
    table, graph = _forms(_accept(request), asked.form)
    if table is None and graph is None:
        raise not_offered((*TABLE_RESULTS, *GRAPH_RESULTS[:-1]))
    reply: Reply | None = None
    if request.method == "GET" and not _NEVER_THE_SAME.search(asked.query):
        names = f"{table and table.media_type}#{graph and graph.media_type}"
        reply = Reply(request, edition, names, vary="Accept")
        unchanged = reply.unchanged()
        if unchanged is not None:
            return unchanged
    is_page = HTML in (table and table.form, graph and graph.form)
    try:
        answer = await _run(request, edition, asked, table, graph)
    except Failure as failure:
        request.app.state.metrics.count_event("sparql", failure.kind.code)
        if failure.kind.code == "form-not-offered":
            raise not_offered(
                GRAPH_RESULTS if failure.more.get("kind") == "graph" else TABLE_RESULTS
            ) from None
        if is_page:
            return await _page(request, edition, asked.query, None, failure)
        raise
    request.app.state.metrics.count_event("sparql", "answered")
    if answer.from_rows:
        request.app.state.metrics.count_event("sparql", "answered-from-rows")
    elif answer.in_parts:
        request.app.state.metrics.count_event("sparql", "answered-in-parts")
    if answer.form == "html":
        return await _page(request, edition, asked.query, answer, None)
    headers = {**(reply.headers if reply else {"Cache-Control": "no-cache"}), "Vary": "Accept"}
    choice = graph if answer.kind == "graph" else table
    assert choice is not None
    headers["Content-Type"] = content_type(choice.media_type)
    if answer.rest is not None:
        if "without_body" in request.scope:
            answer.rest.ended.set()
        return StreamingResponse(_rest(request, answer.rest), headers=headers)
    headers["X-Rows"] = str(answer.rows)
    following = next_part(asked.query, answer.rows) if request.method == "GET" else None
    if following is not None:
        address = str(request.url.include_query_params(query=following).query)
        headers["Link"] = link(f"{root_of(edition)}/sparql?{address}", "next")
    if len(answer.body) > _PIECE:
        headers["Content-Length"] = str(len(answer.body))
        return StreamingResponse(_pieces(answer.body), headers=headers)
    return Response(answer.body, headers=headers)


def next_part(query: str, rows: int) -> str | None:
    """Ask for the rows after those of an answer; None if the query names no part, or there was less than it asked for.

    Only an ordered query has parts: without an order, two parts may have the same rows.

    >>> next_part("SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 10 OFFSET 20", 10)
    'SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 10 OFFSET 30'
    """
    found = _PART.search(query, max(0, len(query) - _LONGEST_END))
    if found is None:
        return None
    most = int(found["most"] or found["size"])
    if rows < most or most == 0:
        return None
    first = int(found["first"] or found["begin"] or 0)
    start = found.start("most" if found["most"] else "begin")
    head = query[:start].rstrip()
    head = head[: -len("limit" if found["most"] else "offset")]
    return f"{head}LIMIT {most} OFFSET {first + most}"


async def _rest(request: Request, rest: Rest) -> AsyncIterator[bytes]:
    """Give an answer as it is found. Raises CutOff."""
    if rest.ended.is_set():
        return
    try:
        async with contextlib.aclosing(rest.pieces()) as pieces:
            async for piece in pieces:
                yield piece
    except (Failure, EOFError) as fault:
        code = fault.kind.code if isinstance(fault, Failure) else "query-too-slow"
        request.app.state.metrics.count_event("sparql", code)
        raise CutOff(code) from None


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
        await asyncio.sleep(0)


def _accept(request: Request) -> str | None:
    """Give the header Accept; one that is there several times counts as one list."""
    return ", ".join(request.headers.getlist("accept")) or None


async def read_request(request: Request) -> Asked | None:
    """Read a request as the Protocol has it; None if it is a GET without a query.

    Raises Failure.
    """
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        media_type = media_type_of(request)
        _check_charset(request)
        text = await read_text(request, LONGEST_BODY, "query-malformed")
        if media_type == FORM:
            pairs += read_form(text, "query-malformed")
        elif media_type == "application/sparql-query":
            if any(name == "query" for name, _ in pairs):
                raise Failure("query-malformed", "There is a query in the address and one in the body.")
            pairs.append(("query", text))
        elif media_type == "application/sparql-update":
            raise _no_update()
        else:
            shown = media_type[:100] or "nothing"
            raise Failure("media-type-unknown", f"The header Content-Type says '{shown}'.")
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in pairs):
        raise _no_update()
    queries = [value for name, value in pairs if name == "query"]
    if not queries and request.method == "GET":
        return None
    if len(queries) != 1:
        found = f"are {len(queries)} parameters" if queries else "is no parameter"
        raise Failure("query-malformed", f"There {found} 'query'; wanted: one.")
    forms = [value for name, value in pairs if name == "output"]
    forms += [value for name, value in pairs if name == "format"]
    default_graphs = tuple(value for name, value in pairs if name == "default-graph-uri")
    named_graphs = tuple(value for name, value in pairs if name == "named-graph-uri")
    has_dataset = bool(default_graphs or named_graphs)
    return Asked(
        query=queries[0],
        default_graphs=default_graphs if has_dataset else None,
        named_graphs=named_graphs if has_dataset else None,
        form=forms[-1].strip().lower() if forms else None,
    )


def _check_charset(request: Request) -> None:
    """Refuse a body in another encoding than the Protocol's. Raises Failure."""
    found = _CHARSET.search(request.headers.get("content-type", ""))
    if found is not None and found[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        detail = (
            f"The header Content-Type says that the body is in '{found[1][:40]}'; a query is sent in UTF-8."
        )
        raise Failure("media-type-unknown", detail)


def _no_update() -> Failure:
    return Failure("query-refused", "SPARQL Update is not accepted: what is published never changes.")


def _forms(accept: str | None, named: str | None) -> tuple[Choice | None, Choice | None]:
    """Choose how a table and how a graph would be answered; which of the two it is, only the query tells.

    named   the parameter `format`: a suffix or media type, or nothing that fits, and then Accept decides
    """
    named = _NAMED.get(named or "", named or "")
    table = next((form for form in TABLE_RESULTS if named in (form.suffix, form.media_type)), None)
    graph_name = {"xml": "rdf", "json": "jsonld"}.get(named, named)
    graph = next((form for form in GRAPH_RESULTS if graph_name in (form.suffix, form.media_type)), None)
    return (
        Choice(table, table.media_type) if table else find_choice(accept, TABLE_RESULTS),
        Choice(graph, graph.media_type) if graph else find_choice(accept, GRAPH_RESULTS),
    )


async def _run(
    request: Request, edition: Edition, asked: Asked, table: Choice | None, graph: Choice | None
) -> Answer:
    """Run a query for as long as its client is there."""
    door: SparqlDoor = request.app.state.sparql
    query = {
        "query": asked.query,
        "default_graphs": asked.default_graphs,
        "named_graphs": asked.named_graphs,
        "table_form": table.form.suffix if table else None,
        "graph_form": graph.form.suffix if graph else None,
        "prefixes": prefixes_of(edition) if graph else {},
        "may_stream": True,
    }
    running = asyncio.create_task(door.pool_for(edition).run(query))
    leaving: asyncio.Task[None] | None = None
    with _counted(request, edition, asked.query):
        try:
            await asyncio.wait({running}, timeout=_MOMENT)
            if not running.done():
                leaving = asyncio.create_task(_wait_until_gone(request))
                await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                raise ClientDisconnect
            return running.result()
        finally:
            running.cancel()
            if leaving is not None:
                leaving.cancel()


@contextlib.contextmanager
def _counted(request: Request, edition: Edition, query: str) -> Iterator[None]:
    """Count a query by its shape, its time and how it ended; one that is wrong in itself does not count."""
    metrics, began, ended = request.app.state.metrics, time.monotonic(), None
    try:
        yield
    except ClientDisconnect:
        ended = "client-left"
        metrics.count_event("sparql", ended)
        raise
    except Failure as failure:
        ended = failure.kind.code
        raise
    finally:
        if ended is None or ended in _ENDED:
            metrics.shapes.count(query, prefixes_of(edition), time.monotonic() - began, ended)


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _page(
    request: Request, edition: Edition, query: str, answer: Answer | None, failure: Failure | None
) -> Response:
    """Answer the form page, with the result of a query or what is wrong with it."""
    limits = request.app.state.sparql.limits
    results = None if answer is None else answer.body.decode("utf-8", "replace")
    following = None if answer is None else next_part(query, answer.rows)

    def make() -> Page:
        return pages.sparql(edition, query, limits, results, failure, following)

    return await send_page(request, make, status=failure.kind.status if failure else None)


async def _without_query(request: Request, edition: Edition) -> Response:
    """Answer the form page or the service description, whichever is accepted."""
    choice = choose(_accept(request), (HTML, *GRAPH_FORMS))
    if choice.form is HTML:
        request.app.state.sparql.pool_for(edition).warm()
        return await _page(request, edition, "", None, None)
    reply = Reply(request, edition, choice.media_type, vary="Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    door: SparqlDoor = request.app.state.sparql
    triples = describe_service(edition, (*TABLE_RESULTS[:-1], *GRAPH_FORMS), door.limits)
    prefixes = {**prefixes_of(edition), **PREFIXES}
    body = write_graph(triples, choice.form.suffix, prefixes, f"{edition.base}sparql")
    return reply.send(body, [link(f"{root_of(edition)}/sparql", "self")])

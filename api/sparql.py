"""/sparql: the SPARQL 1.1 Protocol over the current edition.

In:   a query by GET, by a form or as the body of a POST; the dataset it is about; the forms the client takes
Out:  its result, a description of the service, or the form page

The query runs in a process of sparql_pool.py. A client that leaves ends its query.
Parameters beside those of the Protocol are let through here and nowhere else: clients send their own.

Source: SPARQL 1.1 Protocol; SPARQL 1.1 Service Description.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import pages
from api.edition import Edition
from api.failures import Failure
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
from api.pages.page import Page
from api.posted import FORM, media_type_of, read_form, read_text
from api.replies import Reply, edition_of, root_of
from api.sparql_description import PREFIXES, describe_service
from api.sparql_pool import Answer, Limits, Pool
from api.sparql_results import write_graph

router = APIRouter()

LONGEST_BODY = 1 << 20

_JSON = Form("json", "application/sparql-results+json", "JSON", ("application/json",))
_XML = Form("xml", "application/sparql-results+xml", "XML", ("application/xml", "text/xml"))
_TSV = Form("tsv", "text/tab-separated-values", "TSV")
_JSONLD = Form("jsonld", JSONLD.media_type, JSONLD.label, ("application/json",))

TABLE_RESULTS = (_JSON, _XML, CSV, _TSV, HTML)
GRAPH_RESULTS = (TURTLE, N_TRIPLES, _JSONLD, RDF_XML, N_QUADS, HTML)

# A query with one of these may answer otherwise the next time, so its answer has no tag.
_NEVER_THE_SAME = re.compile(r"\b(?:now|rand|uuid|struuid|bnode)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the dataset it is about. None for both lists means the whole edition."""

    query: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    form: str | None


class SparqlDoor:
    """The pool of the edition that is served; a new edition gets a new pool, the old one ends when idle."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._pool: Pool | None = None
        self._edition: str | None = None
        self._former: list[Pool] = []

    def pool_for(self, edition: Edition) -> Pool:
        """Get the pool of an edition."""
        if self._pool is None or self._edition != edition.name:
            if self._pool is not None:
                self._pool.close()
                self._former.append(self._pool)
            self._pool, self._edition = Pool(edition.store_folder, self.limits), edition.name
        return self._pool

    async def stop(self) -> None:
        """End every worker."""
        for pool in (*self._former, *([self._pool] if self._pool else [])):
            await pool.stop()


@router.api_route("/sparql", methods=["GET", "POST"], include_in_schema=False)
async def sparql(request: Request) -> Response:
    """Answer a query, or say what this service is."""
    edition = edition_of(request)
    asked = await read_request(request)
    if asked is None:
        return await _without_query(request, edition)
    table, graph = _forms(request.headers.get("accept"), asked.form)
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
            return await _page(request, edition, None, failure)
        raise
    request.app.state.metrics.count_event("sparql", "answered")
    if answer.form == "html":
        return await _page(request, edition, answer, None)
    headers = {**(reply.headers if reply else {"Cache-Control": "no-cache"}), "Vary": "Accept"}
    headers["X-Rows"] = str(answer.rows)
    choice = graph if answer.kind == "graph" else table
    assert choice is not None
    headers["Content-Type"] = content_type(choice.media_type)
    return Response(answer.body, headers=headers)


async def read_request(request: Request) -> Asked | None:
    """Read a request as the Protocol has it; None if it is a GET without a query.

    Raises Failure.
    """
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        media_type = media_type_of(request)
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
    forms = [value for name, value in pairs if name == "format"]
    default_graphs = tuple(value for name, value in pairs if name == "default-graph-uri")
    named_graphs = tuple(value for name, value in pairs if name == "named-graph-uri")
    has_dataset = bool(default_graphs or named_graphs)
    return Asked(
        query=queries[0],
        default_graphs=default_graphs if has_dataset else None,
        named_graphs=named_graphs if has_dataset else None,
        form=forms[-1].lower() if forms else None,
    )


def _no_update() -> Failure:
    return Failure("query-refused", "SPARQL Update is not accepted: what is published never changes.")


def _forms(accept: str | None, named: str | None) -> tuple[Choice | None, Choice | None]:
    """Choose how a table and how a graph would be answered; which of the two it is, only the query tells.

    named   the parameter `format`: a suffix, or nothing that fits, and then Accept decides
    """
    table = next((form for form in TABLE_RESULTS if form.suffix == named), None)
    graph_name = {"xml": "rdf", "json": "jsonld", "json-ld": "jsonld"}.get(named or "", named)
    graph = next((form for form in GRAPH_RESULTS if form.suffix == graph_name), None)
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
        "prefixes": prefixes_of(edition),
    }
    running = asyncio.create_task(door.pool_for(edition).run(query))
    leaving = asyncio.create_task(_wait_until_gone(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            running.cancel()
            request.app.state.metrics.count_event("sparql", "client-left")
            raise Failure("query-too-slow", "The client left before the query was done.")
        return running.result()
    finally:
        leaving.cancel()
        running.cancel()


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _page(
    request: Request, edition: Edition, answer: Answer | None, failure: Failure | None
) -> Response:
    """Answer the form page, with the result of a query or what is wrong with it."""
    results = None if answer is None else answer.body.decode("utf-8", "replace")

    def make() -> Page:
        return pages.sparql(edition, dict(request.query_params), results, failure)

    return await send_page(request, make, status=failure.kind.status if failure else None)


async def _without_query(request: Request, edition: Edition) -> Response:
    """Answer the form page or the service description, whichever is accepted."""
    accept = request.headers.get("accept")
    choice = choose(accept, (HTML, *GRAPH_FORMS))
    if choice.form is HTML:
        request.app.state.sparql.pool_for(edition).warm()
        return await _page(request, edition, None, None)
    reply = Reply(request, edition, choice.media_type, vary="Accept")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    door: SparqlDoor = request.app.state.sparql
    triples = describe_service(edition, (*TABLE_RESULTS[:-1], *GRAPH_FORMS), door.limits)
    prefixes = {**prefixes_of(edition), **PREFIXES}
    body = write_graph(triples, choice.form.suffix, prefixes, f"{edition.base}sparql")
    return reply.send(body, [link(f"{root_of(edition)}/sparql", "self")])

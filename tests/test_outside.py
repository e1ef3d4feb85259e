"""Queries that a store outside answers: the same answers as inside, the same refusals, and what happens when it dies.

Against two servers that none of us wrote: Oxigraph's, and Virtuoso 7, which knows less of the standard than any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import http.server
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import httpx
import pytest
from cube_world import PREFIXES
from outside_queries import DIFFERS, EVERYWHERE, NAMED
from outside_servers import Server, oxigraph, virtuoso
from test_api_world import MORE, Served, answering, serving
from test_publish_world import BASE, TABLES, make_contents
from test_sparql import REFUSED
from test_sparql_limits import run

from api.app import create_app
from api.edition import Edition
from api.pages.answering import begin, write_sparql
from api.sparql_pool import Answer, Limits, Pool
from publish.build import Making, write_edition
from publish.build import prepare as prepare_contents
from publish.outside import Outside
from schemas.questions import load_questions
from schemas.site import Site
from schemas.store_address import StoreAddress, read_store_address

Result = bool | Counter[Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world, published and served from its own store."""
    with serving(tmp_path_factory.mktemp("outside") / "site") as one:
        yield one


@pytest.fixture(scope="module", params=[oxigraph, virtuoso], ids=["Oxigraph", "Virtuoso"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, served: Served
) -> Iterator[Server]:
    """A store outside that holds the edition too."""
    with request.param(tmp_path_factory.mktemp("store")) as running:
        load(running.address(), served)
        yield running


def load(address: StoreAddress, served: Served) -> None:
    edition, stores = edition_of(served), Outside(address, served.url)
    stores.begin()
    stores.hold(edition.name, edition.folder)
    stores.point(edition.name)


@contextmanager
def answering_from(
    address: StoreAddress, served: Served, limits: Limits | None = None
) -> Iterator[httpx.Client]:
    """Serve the same edition at another port, with a store outside for its queries."""
    site = Site(folder=served.folder, title="Outside", base=served.url, packages=(), outside=address)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with (
            answering(create_app(site, limits), listening, url),
            httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
        ):
            yield client


@pytest.fixture(scope="module")
def client(server: Server, served: Served) -> Iterator[httpx.Client]:
    with answering_from(server.address(), served) as made:
        yield made


@pytest.fixture(scope="module")
def queries(served: Served) -> dict[str, str]:
    """Every query of the lists above, and every saved question."""
    edition = edition_of(served)
    lists = {name: written(query, served) for name, query in {**EVERYWHERE, **NAMED}.items()}
    questions = {
        f"question {name}": write_sparql(edition, begin(edition, one))
        for name, one in load_questions().items()
    }
    return {**lists, **questions}


@pytest.fixture(scope="module")
def inside(served: Served, queries: Mapping[str, str]) -> dict[str, Result]:
    """What the virtual cube answers."""
    return ask_inside(edition_of(served).store_folder, queries)


def edition_of(served: Served) -> Edition:
    edition: Edition = served.app.state.editions.current
    return edition


def written(query: str, served: Served) -> str:
    """Write a query of the lists above for a site."""
    edition = edition_of(served)
    text = query.replace("{base}", served.url).replace("{edition}", edition.uri("edition", edition.name))
    return text if text.startswith("BASE") else f"{PREFIXES.replace(BASE, served.url)} {text}"


def told(kind: str, body: bytes) -> Result:
    """Give a result so that it can be compared: in any order, numbers by their value."""
    if kind == "graph":
        return Counter(sorted(body.splitlines()))
    document = json.loads(body)
    if "boolean" in document:
        return bool(document["boolean"])
    return Counter(
        frozenset((name, *_term(term)) for name, term in row.items())
        for row in document["results"]["bindings"]
    )


def _term(term: Mapping[str, str]) -> tuple[str, str, str]:
    kind = term.get("datatype", "").rpartition("#")[2]
    value = term["value"]
    if kind in ("integer", "decimal", "nonNegativeInteger"):
        try:
            # An integer of a narrower kind is kept as it was published, or as an integer.
            return "number", str(Decimal(value).normalize()), "decimal" if kind == "decimal" else "integer"
        except InvalidOperation:
            pass
    return term["type"], value, term.get("xml:lang", "") or kind


def ask_inside(folder: Path, queries: Mapping[str, str]) -> dict[str, Result]:
    """Ask the store in an edition's own folder."""

    async def work() -> dict[str, Result]:
        pool, found = Pool(folder, Limits()), {}
        try:
            for name, query in queries.items():
                answer = await run(pool, query)
                assert isinstance(answer, Answer), f"{name}: {answer}"
                found[name] = told(answer.kind, answer.body)
        finally:
            await pool.stop()
        return found

    return asyncio.run(work())


def differing(found: Mapping[str, Result], wanted: Mapping[str, Result]) -> set[str]:
    return {name for name, result in found.items() if result != wanted[name]}


# ---- the same answers ----


def test_cube_and_embedded_store_give_the_same_answers(
    served: Served, queries: Mapping[str, str], inside: Mapping[str, Result], tmp_path: Path
) -> None:
    edition = edition_of(served)
    contents = make_contents(None, {**TABLES, **MORE}, base=served.url)
    making = Making(dt.date.fromisoformat(edition.name[:10]), rdf_url="oxigraph:")
    folder = tmp_path / "whole"
    folder.mkdir()
    write_edition(prepare_contents(contents, folder / "downloads"), folder, edition.name, making)
    asked = {name: query for name, query in queries.items() if name not in NAMED}
    assert differing(ask_inside(folder / "rdf" / "store", asked), inside) == set()
    assert sum(bool(inside[name]) for name in queries if name.startswith("question ")) > 10


def test_store_outside_gives_the_answers_of_the_one_inside(
    client: httpx.Client, server: Server, queries: Mapping[str, str], inside: Mapping[str, Result]
) -> None:
    found = {}
    for name, query in queries.items():
        accept = {"Accept": "application/sparql-results+json, application/n-triples"}
        answer = client.post("sparql", data={"query": query}, headers=accept)
        assert answer.status_code == 200, f"{name}: {answer.text}"
        is_graph = answer.headers["content-type"] == "application/n-triples"
        found[name] = told("graph" if is_graph else "table", answer.content)
    assert differing(found, inside) == DIFFERS[server.name]


def test_dataset_of_the_request_goes_before_that_of_the_query(client: httpx.Client, served: Served) -> None:
    waste = f"{served.url}id/dataset/waste"
    count = "SELECT (COUNT(*) AS ?n) FROM <http://x/never> { ?s ?p ?o }"
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"

    def ask(query: str, **dataset: str) -> list[dict[str, Any]]:
        answer = client.get("sparql", params={"query": query, **dataset})
        found: list[dict[str, Any]] = answer.json()["results"]["bindings"]
        return found

    packed = edition_of(served).folder / "downloads" / "site.nq.gz"
    lines = gzip.decompress(packed.read_bytes()).decode().splitlines()
    wanted = sum(line.endswith(f" <{waste}> .") for line in lines)
    assert ask(count, **{"default-graph-uri": waste})[0]["n"]["value"] == str(wanted)
    assert ask(count, **{"named-graph-uri": waste})[0]["n"]["value"] == "0"
    assert [row["g"]["value"] for row in ask(graphs, **{"named-graph-uri": waste})] == [waste]
    assert ask(graphs, **{"default-graph-uri": waste}) == []


# ---- limits and refusals ----


_MANY = " ".join(map(str, range(120)))
# 14,400 rows: more than are sent whole.
_PRODUCT = f"SELECT * {{ VALUES ?x {{ {_MANY} }} VALUES ?y {{ {_MANY} }} }}"


def test_answer_of_too_many_rows_is_refused_and_not_cut(server: Server, served: Served) -> None:
    with answering_from(server.address(), served, Limits(streamed_rows=12_000)) as client:
        for asked in (_PRODUCT, f"{_PRODUCT} ORDER BY ?x ?y"):
            answer = client.post("sparql", data={"query": asked})
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "answer-too-long")


def test_long_table_is_whole_where_the_store_gives_it_whole(server: Server, client: httpx.Client) -> None:
    answer = client.post("sparql", data={"query": _PRODUCT}, headers={"Accept": "text/csv"})
    if server.name == "Virtuoso":
        # It says that it gives no more than 10,000.
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "answer-too-long")
    else:
        assert len(set(answer.text.splitlines())) == 14_401


def test_query_that_takes_too_long_is_ended(server: Server, served: Served) -> None:
    """Virtuoso is told the time that it has, and gives what it had by then: that is no answer."""
    product = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONTAINS(STR(?c), STR(?i))) }"
    address = server.address("&timeout=ms" if server.name == "Virtuoso" else "")
    with answering_from(address, served, Limits(seconds=1.5, fast_seconds=0.5)) as client:
        answer = client.post("sparql", data={"query": product})
    assert (answer.status_code, code(answer)) == (422, "query-too-slow")


@contextmanager
def trap() -> Iterator[socket.socket]:
    """Listen for what must not come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def test_what_is_refused_never_reaches_the_store(served: Served) -> None:
    with trap() as store:
        url = f"http://127.0.0.1:{store.getsockname()[1]}/"
        with answering_from(read_store_address(f"sparql+{url}query", {}), served) as client:
            for query in REFUSED:
                answer = client.post("sparql", data={"query": query.replace("URL", url)})
                assert (answer.status_code, code(answer)) == (403, "query-refused"), query
            for query, status in (("SELECT * {", 400), ("hello", 400), ("#" * 2_000_000, 413)):
                assert client.post("sparql", data={"query": query}).status_code == status
            asked = {"query": "SELECT (<bif:http_get>('http://x/') AS ?x) {}"}
            assert client.post("sparql", data=asked).status_code == 403
            wrong = client.post("sparql", data={"query": "ASK {}", "default-graph-uri": "no iri"})
            assert wrong.status_code == 400
            for accept in ("image/png", "text/turtle"):
                answer = client.post("sparql", data={"query": "ASK {}"}, headers={"Accept": accept})
                assert answer.status_code == 406
        with pytest.raises(TimeoutError):
            store.accept()


# ---- a store that is down, behind, or breaks off ----


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition("/")[2]


def test_store_that_is_down_is_said_and_everything_else_stays_up(tmp_path: Path, served: Served) -> None:
    asked = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}
    with oxigraph(tmp_path) as server, answering_from(server.address(), served) as client:
        behind = client.post("sparql", data=asked)
        assert (behind.status_code, code(behind)) == (503, "store-behind")
        load(server.address(), served)
        before = client.post("sparql", data=asked)
        assert before.status_code == 200
        server.kill()
        answer = client.post("sparql", data=asked)
        assert (answer.status_code, code(answer)) == (503, "store-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        page = client.get("sparql", params=asked, headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert "cannot be reached" in page.text
        for address in (
            "healthz",
            "areas/E06000002",
            "areas/E06000002.ttl",
            "api/v1/areas",
            "problems/store-unavailable",
        ):
            assert client.get(address).status_code == 200, address
        server.start()
        assert client.post("sparql", data=asked).content == before.content


class _BreaksOff(http.server.BaseHTTPRequestHandler):
    """Says that the edition is whole, and begins an answer that it does not end."""

    beginning = b'{"head":{"vars":["x"]},"results":{"bindings":['
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        whole = b'{"head":{},"boolean":true}'
        is_first = b"identifier" in body
        self.send_header("Content-Length", str(len(whole) if is_first else 1000))
        self.end_headers()
        self.wfile.write(whole if is_first else self.beginning)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def test_store_that_breaks_off_in_the_middle_is_said(served: Served) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _BreaksOff) as store:
        thread = threading.Thread(target=store.serve_forever, daemon=True)
        thread.start()
        address = read_store_address(f"sparql+http://127.0.0.1:{store.server_port}/query", {})
        with answering_from(address, served) as client:
            answer = client.post("sparql", data={"query": "SELECT * { ?s ?p ?o }"})
        assert (answer.status_code, code(answer)) == (503, "store-unavailable")
        assert str(store.server_port) not in answer.text
        store.shutdown()
        thread.join()

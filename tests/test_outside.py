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
from outside_servers import Server, oxigraph, virtuoso
from test_api_world import MORE, Served, answering, serving
from test_cube_queries import DISTINCT, NARROWED
from test_publish_world import BASE, TABLES, make_contents
from test_sparql import REFUSED
from test_sparql_limits import run

from api.app import create_app
from api.edition import Edition
from api.outside.queries import prepare
from api.outside.results import Unreadable, read_table, read_triples, read_truth
from api.pages.answering import begin, write_sparql
from api.sparql_pool import Answer, Limits, Pool
from publish.build import Making, write_edition
from publish.build import prepare as prepare_contents
from publish.outside import Outside
from schemas.questions import load_questions
from schemas.site import Site
from schemas.store_address import StoreAddress, read_store_address

Result = bool | Counter[Any]

# In every kind of store; `{base}` is the address of the site.
EVERYWHERE = {
    "everything is in the default graph": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "sums": """SELECT (AVG(?v) AS ?a) (SUM(?v) AS ?s) (MIN(?v) AS ?m) (MAX(?v) AS ?x)
        { ?o sdmx-measure:obsValue ?v }""",
    "groups": """SELECT ?i (SUM(?v) AS ?s) (COUNT(DISTINCT ?a) AS ?n) { ?o sdmx-measure:obsValue ?v ;
        def:indicator ?i ; sdmx-dimension:refArea ?a } GROUP BY ?i HAVING (COUNT(*) > 1)""",
    "the sum of nothing": "SELECT (SUM(?v) AS ?s) { ?o def:nothing ?v }",
    "the first of an order": """SELECT ?a ?v { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a }
        ORDER BY ?v ?a LIMIT 3""",
    "a path of any length": "SELECT * { ?a a def:Area ; skos:broader* ?b }",
    "casts": """SELECT (xsd:integer(?v) AS ?i) (STR(?v) AS ?t) (datatype(?v) AS ?d)
        { ?o sdmx-measure:obsValue ?v }""",
    "languages": "SELECT ?t (LANG(?t) AS ?l) { area:E06000002 ?p ?t FILTER(isLiteral(?t)) }",
    "every kind of term": "SELECT ?x { VALUES ?x { 1 'a' 'b'@en <http://x/> 1.5 true } }",
    "a graph that is made": """CONSTRUCT { ?a def:has ?v }
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a }""",
    "a description": "DESCRIBE area:E06000002",
    "words of another store's own": "SELECT * { ?s <bif:contains> 'x' }",
    **{name: f"SELECT * {{ {pattern} }}" for name, pattern in NARROWED.items()},
    **DISTINCT,
}
# Where there are named graphs: in the virtual cube, and outside.
NAMED = {
    "a dataset by GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH dataset:waste { ?s ?p ?o } }",
    "a dataset by FROM": "SELECT (COUNT(*) AS ?n) FROM dataset:work { ?s ?p ?o }",
    "two graphs by FROM": """SELECT (COUNT(*) AS ?n) FROM dataset:work FROM <{base}catalog>
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a . ?a skos:prefLabel ?l }""",
    "names are not in a dataset": """SELECT (COUNT(*) AS ?n) FROM dataset:work
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a . ?a skos:prefLabel ?l }""",
    "the graphs there are": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
    "a count for each graph": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "what is said of a graph": """SELECT ?g ?t { GRAPH ?g { ?s a qb:Observation } ?g <http://purl.org/dc/terms/title>
        ?t }""",
    "a filter inside of GRAPH": "SELECT * { GRAPH ?g { ?s a qb:Observation FILTER(?g = dataset:waste) } }",
    "a filter outside of GRAPH": "SELECT * { GRAPH ?g { ?s a qb:Observation } FILTER(?g = dataset:waste) }",
    "a graph that names itself": "SELECT * { GRAPH ?g { ?s qb:dataSet ?g } }",
    "two graphs": "SELECT * { GRAPH ?g { ?s qb:dataSet dataset:waste } GRAPH ?h { ?g ?p ?o } }",
    "different solutions": "SELECT DISTINCT * { GRAPH ?g { ?s qb:dataSet ?d } }",
    "GRAPH under OPTIONAL": """SELECT * { ?d a qb:DataSet
        OPTIONAL { GRAPH ?d { ?s sdmx-measure:obsValue ?v } } }""",
    "GRAPH under NOT EXISTS": """SELECT * { ?d a qb:DataSet
        FILTER NOT EXISTS { GRAPH ?d { ?s sdmx-measure:obsValue 0 } } }""",
    "GRAPH under MINUS": """SELECT * { ?d a qb:DataSet
        MINUS { GRAPH ?d { ?s sdmx-dimension:refArea area:E06000001 } } }""",
    "GRAPH in a sub-query": """SELECT ?g ?n { { SELECT * { GRAPH ?g { ?s qb:dataSet ?x } } }
        BIND(STR(?g) AS ?n) }""",
    "GRAPH or not": "SELECT (COUNT(*) AS ?n) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }",
    "an unknown graph by GRAPH": "ASK { GRAPH <http://x/never> { ?s ?p ?o } }",
    "an unknown graph by FROM": "ASK FROM dataset:nothing { ?s ?p ?o }",
    "no graph that can be named": "ASK FROM NAMED dataset:nothing { GRAPH ?g { ?s ?p ?o } }",
    "a graph that cannot be named": "ASK FROM NAMED dataset:work { GRAPH dataset:waste { ?s ?p ?o } }",
    "what the store says to itself": "ASK { GRAPH <{base}id/edition/register> { ?s ?p ?o } }",
    "an edition by GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH <{edition}> { ?s ?p ?o } }",
    "an edition by FROM": "SELECT (COUNT(*) AS ?n) FROM <{edition}> { ?s ?p ?o }",
    "a name under a base": "BASE <{base}> SELECT (COUNT(*) AS ?n) { GRAPH <catalog> { ?s ?p ?o } }",
    "a name with an escape": r"SELECT (COUNT(*) AS ?n) { GRAPH dataset:was\-te { ?s ?p ?o } }",
    "comments": "SELECT * # FROM dataset:work\n{ ?o qb:dataSet ?d # GRAPH ?g {\n }",
}
# How Virtuoso 7.2.5 answers otherwise than the standard has it. docs/outside-stores.md says the same in words.
DIFFERS = {
    "Oxigraph": set(),
    "Virtuoso": {
        "a value from outside of OPTIONAL",
        "a value from outside of MINUS",
        "a value from outside of EXISTS",
        "one side of UNION",
        "the sum of nothing",
    },
}


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


def test_answer_of_too_many_rows_is_refused_and_not_cut(client: httpx.Client) -> None:
    many = " ".join(map(str, range(120)))
    query = f"SELECT * {{ VALUES ?x {{ {many} }} VALUES ?y {{ {many} }} }}"
    for asked in (query, f"{query} ORDER BY ?x ?y"):
        answer = client.post("sparql", data={"query": asked})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "answer-too-long")


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


# ---- a query written anew, and answers read ----


def prepared(query: str, **dataset: list[str]) -> dict[str, Any]:
    outside = {
        "base": "http://h/",
        "edition": "2026-01-02-0123456789ab",
        "graphs": ["http://h/catalog", "http://h/id/dataset/a"],
    }
    request = {"query": query, "rows": 10, "default_graphs": None, "named_graphs": None, "outside": outside}
    return prepare({**request, **dataset})


def test_query_is_written_over_the_names_of_the_store() -> None:
    made = prepared(
        "PREFIX d: <http://h/id/dataset/> SELECT * FROM NAMED d:a { GRAPH d:a { ?s ?p 'GRAPH ?g {' } }"
    )
    graph = "http://h/id/edition/2026-01-02-0123456789ab/graph/id/dataset/a"
    assert f"GRAPH <{graph}> {{ ?s ?p 'GRAPH ?g {{' }}" in made["query"]
    assert "FROM" not in made["query"]
    assert (made["default"], made["named"]) == (["http://h/id/edition/register/nothing"], [graph])
    assert made["query"].endswith("LIMIT 11")


@pytest.mark.parametrize(
    ("query", "is_limited"),
    [
        ("SELECT * { ?s ?p ?o }", True),
        ("SELECT * { ?s ?p ?o } # the end", True),
        ("SELECT * { ?s ?p ?o } OFFSET 5", True),
        ("SELECT * { ?s ?p ?o } LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } ORDER BY ?s", False),
        ("SELECT * { ?s ?p ?o } VALUES ?s { 1 }", False),
        ("ASK { ?s ?p ?o }", False),
        ("CONSTRUCT WHERE { ?s ?p ?o }", False),
    ],
)
def test_store_is_asked_for_no_more_rows_than_are_needed(query: str, is_limited: bool) -> None:
    assert prepared(query)["query"].endswith("\nLIMIT 11") == is_limited


@pytest.mark.parametrize(
    "query",
    [
        "DESCRIBE <http://h/id/area/x>",
        "SELECT * { GRAPH <http://h/id/edition/2026-01-01-0123456789ab> { ?s ?p ?o } }",
        "SELECT * { GRAPH <http://elsewhere/> { ?s ?p ?o } }",
        "SELECT * FROM NAMED <http://elsewhere/> { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (<http://code/> (1) AS ?x) { }",
        "SELECT * { ?s <java:x> ?o }",
        "PREFIX b: <BIF:> SELECT * { ?s b:contains ?o }",
        r"SELECT * { ?s <\u0062if:contains> ?o }",
        r"PREFIX h: <http://h/> SELECT * { ?s h:a\,b ?o }",
        "SELECT * { << ?s ?p ?o >> ?q ?r }",
    ],
)
def test_what_only_the_own_engine_answers_alike_is_not_sent(query: str) -> None:
    assert prepared(query)["is_inside"] is True


def test_answers_of_stores_are_read_in_their_own_spellings() -> None:
    text = json.dumps(
        {
            "head": {"vars": ["a", "hidden", "b"]},
            "results": {
                "bindings": [
                    {
                        "a": {"type": "typed-literal", "value": "1", "datatype": f"{_XSD}boolean"},
                        "hidden": {"type": "uri", "value": "http://x/"},
                        "b": {"type": "bnode", "value": "nodeID://b10"},
                    },
                    {"b": {"type": "literal", "value": "é", "xml:lang": "cy"}},
                ]
            },
        }
    )
    names, rows = read_table(text, ["hidden"])
    assert names == ["a", "b"]
    assert [[str(term) for term in row] for row in rows] == [
        [f'"true"^^<{_XSD}boolean>', "_:b0"],
        ["None", '"é"@cy'],
    ]
    assert [str(triple.object) for triple in read_triples(f'<x:a> <x:b> "0"^^<{_XSD}boolean> .\n')] == [
        f'"false"^^<{_XSD}boolean>'
    ]
    assert read_truth('{"boolean": false}') is False


_XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        '{"head": {}}',
        '{"head": {"vars": ["a"]}, "results": {"bindings": [{"a": {"type": "uri", "value": "no iri"}}]}}',
        '{"head": {"vars": ["a"]}, "results": {"bindings": [{"a": {"type": "odd", "value": "x"}}]}}',
    ],
)
def test_answer_that_is_none_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(Unreadable):
        read_table(text)
    with pytest.raises(Unreadable):
        read_truth(text)
    if text:
        with pytest.raises(Unreadable):
            list(read_triples(text))

"""/sparql on a real server: the Protocol, every form of result, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import socket
import threading
import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, TURTLE, XML, SPARQLWrapper
from test_api_world import Served, client, site

__all__ = ["client", "site"]

LABELS = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?area ?label WHERE { ?area skos:inScheme ?scheme ; skos:prefLabel ?label
  FILTER(CONTAINS(STR(?area), "/area/E06")) }
ORDER BY ?area"""
ASK = "ASK { ?s ?p ?o }"
GRAPH = "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t } LIMIT 5"

TABLE_TYPES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
}
GRAPH_TYPES = {
    "ttl": ("text/turtle; charset=utf-8", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "rdf": ("application/rdf+xml; charset=utf-8", "xml"),
    "jsonld": ("application/ld+json", "json-ld"),
}


def ask(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers=headers)


# ---- the Protocol ----


def test_query_comes_by_get_by_form_and_as_a_body(client: httpx.Client) -> None:
    answers = [
        ask(client, LABELS),
        client.post("/sparql", data={"query": LABELS}),
        client.post("/sparql", content=LABELS, headers={"Content-Type": "application/sparql-query"}),
        client.post(
            "/sparql",
            content=LABELS.encode(),
            headers={"Content-Type": "application/sparql-query; charset=utf-8"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    labels = [row["label"]["value"] for row in answers[0].json()["results"]["bindings"]]
    assert labels == ["Aldham", "Brookborough", "Newshire"]


@pytest.mark.parametrize(
    ("method", "status", "more"),
    [
        ("GET", 400, {"params": [("query", ASK), ("query", ASK)]}),
        ("GET", 400, {"params": {"query": ""}}),
        ("POST", 400, {"data": {"nothing": "x"}}),
        ("POST", 415, {"content": ASK}),
        ("POST", 415, {"content": ASK, "headers": {"Content-Type": "text/plain"}}),
        ("POST", 400, {"content": b"\xff\xfe", "headers": {"Content-Type": "application/sparql-query"}}),
        ("POST", 413, {"content": "#" * 2_000_000, "headers": {"Content-Type": "application/sparql-query"}}),
        ("POST", 403, {"data": {"update": "CLEAR ALL"}}),
        ("POST", 403, {"content": "CLEAR ALL", "headers": {"Content-Type": "application/sparql-update"}}),
        ("PUT", 405, {"content": ASK}),
        ("DELETE", 405, {}),
        ("GET", 406, {"params": {"query": ASK}, "headers": {"Accept": "image/png"}}),
        ("GET", 406, {"params": {"query": ASK}, "headers": {"Accept": "text/turtle"}}),
        ("GET", 400, {"params": {"query": ASK, "default-graph-uri": "no iri"}}),
    ],
)
def test_wrong_request_is_a_problem_of_its_own(
    client: httpx.Client, method: str, status: int, more: dict[str, Any]
) -> None:
    answer = client.request(method, "/sparql", **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("form", "kind"), TABLE_TYPES.items())
def test_rows_are_the_same_in_every_form(client: httpx.Client, form: str, kind: str) -> None:
    answer = ask(client, LABELS, Accept=kind.partition(";")[0])
    assert answer.headers["content-type"] == kind
    by_name = client.get("/sparql", params={"query": LABELS, "format": form})
    assert by_name.text == answer.text
    if form == "json":
        found = [row["label"] for row in answer.json()["results"]["bindings"]]
        assert found[0] == {"type": "literal", "value": "Aldham", "xml:lang": "en"}
    elif form == "xml":
        space = "{http://www.w3.org/2005/sparql-results#}"
        # What is read here is our own answer.
        root = ET.fromstring(answer.text)
        assert [v.get("name") for v in root.iter(f"{space}variable")] == ["area", "label"]
        assert [text.text for text in root.iter(f"{space}literal")] == ["Aldham", "Brookborough", "Newshire"]
    elif form == "csv":
        assert next(csv.DictReader(io.StringIO(answer.text)))["label"] == "Aldham"
    else:
        lines = answer.text.splitlines()
        assert lines[0] == "?area\t?label"
        assert lines[1].endswith('"Aldham"@en')


def test_ask_is_true_or_false_in_every_form(client: httpx.Client) -> None:
    assert ask(client, ASK).json() == {"head": {}, "boolean": True}
    no = ask(client, "ASK { ?s ?s ?s }", Accept="application/sparql-results+xml")
    assert "<boolean>false</boolean>" in no.text
    assert ask(client, ASK, Accept="text/csv").text == "true\n"
    assert ask(client, ASK, Accept="text/tab-separated-values").text == "true\n"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("form", "told"), GRAPH_TYPES.items())
def test_graphs_come_in_every_form(client: httpx.Client, form: str, told: tuple[str, str]) -> None:
    answer = ask(client, GRAPH, Accept=told[0].partition(";")[0])
    assert answer.headers["content-type"] == told[0]
    assert len(rdflib.Graph().parse(data=answer.text, format=told[1])) == 5
    assert client.get("/sparql", params={"query": GRAPH, "format": form}).text == answer.text


def test_describe_gives_a_graph(client: httpx.Client, site: Served) -> None:
    answer = ask(client, f"DESCRIBE <{site.url}id/area/E06000002>")
    assert answer.headers["content-type"].startswith("text/turtle")
    assert "Brookborough" in answer.text


def test_named_dataset_is_honoured(client: httpx.Client) -> None:
    elsewhere = "http://127.0.0.1:9/nothing"
    for name in ("default-graph-uri", "named-graph-uri"):
        assert client.get("/sparql", params={"query": ASK, name: elsewhere}).json()["boolean"] is False
        assert client.post("/sparql", data={"query": ASK, name: elsewhere}).json()["boolean"] is False
    posted = client.post(
        "/sparql",
        params={"default-graph-uri": elsewhere},
        content=ASK,
        headers={"Content-Type": "application/sparql-query"},
    )
    assert posted.json()["boolean"] is False
    assert ask(client, f"ASK FROM <{elsewhere}> {{ ?s ?p ?o }}").json()["boolean"] is False


def test_service_describes_itself_in_rdf_and_shows_a_form_to_people(
    client: httpx.Client, site: Served
) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    graph = rdflib.Graph().parse(data=answer.text, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    service = rdflib.URIRef(f"{site.url}sparql")
    assert (service, rdflib.RDF.type, sd.Service) in graph
    assert graph.value(service, sd.endpoint) == service
    assert graph.value(service, sd.supportedLanguage) == sd.SPARQL11Query
    assert len(list(graph.objects(service, sd.resultFormat))) == 9
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.text


def test_browser_sees_rows_and_faults_on_the_page(client: httpx.Client) -> None:
    page = ask(client, LABELS, Accept="text/html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Aldham" in page.text
    fault = ask(client, "SELECT * {\n ?s ?p", Accept="text/html")
    assert fault.status_code == 400
    assert "ine 2" in fault.text


def test_answer_that_stays_the_same_has_a_tag_and_one_that_does_not_has_none(client: httpx.Client) -> None:
    tag = ask(client, LABELS).headers["etag"]
    assert ask(client, LABELS, **{"If-None-Match": tag}).status_code == 304
    assert ask(client, LABELS, Accept="text/csv").headers["etag"] != tag
    assert "etag" not in ask(client, "SELECT (RAND() AS ?x) {}").headers


# ---- what is refused ----


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT * WHERE { ?s ?p ", 1, 24),
        ("SELECT *\nWHERE {\n  ?s ?p ?o .\n  ?s nope ?o\n}", 4, 11),
        ("hello", 1, 6),
        ("SELECT * { ?s foo:bar ?o }", 1, 22),
    ],
)
def test_malformed_query_is_told_its_line_and_column(
    client: httpx.Client, query: str, line: int, column: int
) -> None:
    answer = ask(client, query)
    told = answer.json()
    assert (answer.status_code, told["line"], told["column"]) == (400, line, column)
    assert told["type"].endswith("/problems/query-malformed")
    assert f"Line {line}, column {column}" in told["detail"]


def test_slip_inside_a_clause_is_told_where_the_clause_begins(client: httpx.Client) -> None:
    told = ask(client, "SELECT *\nWHERE {\n  ?s ?p ?o .\n  FILTER(?o = )\n}").json()
    assert "begins at line 4, column 3: 'FILTER(?o = ) }'" in told["detail"]


REFUSED = (
    "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <URL> { ?s ?p ?o } }",
    "PREFIX e: <URL> SELECT * { SERVICE e:{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 'service' . # SERVICE\n { sErViCe <URL> { ?s ?p ?o } } }",
    "ASK { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { BIND(<URL> AS ?where) SERVICE ?where { ?s ?p ?o } }",
    "ASK { FILTER(1<2)SERVICE#>\n<URL>{ ?s ?p ?o } }",
    "LOAD <URL>",
    "INSERT DATA { <URL> <URL> <URL> }",
    "# a comment\nPREFIX a: <URL> DELETE WHERE { ?s ?p ?o }",
)


@pytest.mark.parametrize("query", REFUSED)
def test_nothing_outside_is_ever_asked(client: httpx.Client, query: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.2)
        answer = ask(client, query.replace("URL", f"http://127.0.0.1:{trap.getsockname()[1]}/"))
        assert answer.status_code == 403, answer.text
        assert answer.json()["type"].endswith("/problems/query-refused")
        with pytest.raises(TimeoutError):
            trap.accept()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p 'SERVICE <http://x/> {}' }",
        "SELECT * { ?s ?p ?o } # SERVICE <http://x/> { }\nLIMIT 1",
        "PREFIX service: <http://x/service#> SELECT ?service { ?service service:service 'a service' }",
        "SELECT * { ?s <http://x/SERVICE> ?o }",
        'SELECT * { ?s ?p """many\nSERVICE\nlines""" }',
        "ASK { FILTER(1<2 && 3>2) ?service ?p 'sxrvice' }",
    ],
)
def test_word_service_may_stand_where_it_is_no_clause(client: httpx.Client, query: str) -> None:
    assert ask(client, query).status_code == 200


def test_from_names_a_graph_and_fetches_nothing(client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.2)
        where = f"http://127.0.0.1:{trap.getsockname()[1]}/data.ttl"
        answer = ask(client, f"SELECT * FROM <{where}> FROM NAMED <{where}> {{ ?s ?p ?o }}")
        assert answer.json()["results"]["bindings"] == []
        with pytest.raises(TimeoutError):
            trap.accept()


# ---- clients that none of us wrote ----


def test_sparqlwrapper_reads_the_endpoint(site: Served) -> None:
    wrapper = SPARQLWrapper(f"{site.url}sparql")
    wrapper.setQuery(LABELS)
    wrapper.setReturnFormat(JSON)
    rows = wrapper.query().convert()["results"]["bindings"]
    assert [row["label"]["value"] for row in rows] == ["Aldham", "Brookborough", "Newshire"]
    wrapper.setReturnFormat(XML)
    assert "Newshire" in wrapper.query().convert().toxml()
    wrapper.setReturnFormat(CSV)
    assert b"Newshire" in wrapper.query().convert()
    wrapper.setMethod("POST")
    wrapper.setReturnFormat(JSON)
    assert len(wrapper.query().convert()["results"]["bindings"]) == 3
    wrapper.setQuery(GRAPH)
    wrapper.setReturnFormat(TURTLE)
    assert len(rdflib.Graph().parse(data=wrapper.query().convert(), format="turtle")) == 5


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_store_reads_the_endpoint(site: Served, method: str) -> None:
    graph = rdflib.Graph(SPARQLStore(f"{site.url}sparql", method=method))
    rows = list(graph.query(LABELS))
    assert [str(row.label) for row in rows] == ["Aldham", "Brookborough", "Newshire"]
    assert (
        str(graph.value(rdflib.URIRef(f"{site.url}id/area/E06000003"), rdflib.SKOS.prefLabel)) == "Newshire"
    )
    assert graph.query(ASK).askAnswer is True


def test_sparql_api_and_sql_give_the_same_figures(client: httpx.Client, site: Served) -> None:
    query = """PREFIX qb: <http://purl.org/linked-data/cube#>
    PREFIX sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#>
    SELECT ?figure ?value { ?figure qb:dataSet ?d ; sdmx-measure:obsValue ?value }"""
    by_sparql = {
        row["figure"]["value"]: float(row["value"]["value"])
        for row in ask(client, query).json()["results"]["bindings"]
    }
    items = client.get("/api/v1/observations?limit=1000").json()["items"]
    by_api = {item["uri"]: item["value"] for item in items if item["value"] is not None}
    sql = (
        "SELECT dataset, indicator, area, period, breakdown, value FROM observations WHERE value IS NOT NULL"
    )
    rows = client.get("/data/catalogue.json", params={"sql": sql, "_shape": "arrays"}).json()["rows"]
    by_sql = {
        f"{site.url}id/observation/" + "/".join([*row[:4], *filter(None, row[4].split(";"))]): row[5]
        for row in rows
    }
    assert by_sparql == by_api == by_sql
    assert len(by_sql) == 6


# ---- writers ----


def test_writers_keep_every_kind_of_term() -> None:
    from api.sparql_results import write_boolean, write_graph, write_rows

    rows = [
        (ox.NamedNode("http://x/<&>".replace("<&>", "%3C")), ox.Literal('a "b", <c> & d\n\x01')),
        (ox.BlankNode("b1"), None),
        (
            ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
            ox.Literal("x", language="cy"),
        ),
    ]
    told = json.loads(write_rows(["a", "b"], rows, "json"))["results"]["bindings"]
    assert told[1] == {"a": {"type": "bnode", "value": "b1"}}
    assert told[2]["a"]["datatype"].endswith("integer")
    ET.fromstring(write_rows(["a", "b"], rows, "xml"))
    parsed = list(csv.reader(io.StringIO(write_rows(["a", "b"], rows, "csv").decode(), newline="")))
    assert parsed[1] == ["http://x/%3C", 'a "b", <c> & d\n\x01']
    assert write_rows(["a", "b"], rows, "tsv").decode().splitlines()[3].endswith('\t"x"@cy')
    with pytest.raises(ValueError, match="png"):
        write_boolean(True, "png")
    triple = ox.Triple(ox.NamedNode("http://x/s"), ox.NamedNode("http://x/p"), ox.Literal("o"))
    for form in ("ttl", "nt", "rdf", "jsonld"):
        assert write_graph([triple, triple], form, {}) == write_graph([triple], form, {"unused": "http://u/"})


def test_threads_of_clients_get_their_own_answers(site: Served) -> None:
    found: dict[int, int] = {}

    def run(number: int) -> None:
        query = f"SELECT ?x {{ VALUES ?x {{ {' '.join(str(n) for n in range(number))} }} }}"
        answer = httpx.get(f"{site.url}sparql", params={"query": query}, timeout=30)
        found[number] = len(answer.json()["results"]["bindings"])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number for number in range(1, 13)}

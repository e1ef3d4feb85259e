"""The SPARQL 1.1 Protocol to the letter: methods, media types, what is accepted, and answers asked for in parts."""

from __future__ import annotations

import http.client
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from test_api_world import Served, client, serving, site
from test_sparql import ASK, GRAPH, GRAPH_TYPES, LABELS, TABLE_TYPES, ask

from api.sparql import next_part
from api.sparql_pool import Limits

__all__ = ["client", "site"]

QUERY = {"Content-Type": "application/sparql-query"}
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml; charset=utf-8"


def test_head_is_answered_as_get_without_a_body(client: httpx.Client) -> None:
    got = ask(client, LABELS, **{"Accept-Encoding": "identity"})
    head = client.head("/sparql", params={"query": LABELS}, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "x-rows", "vary"):
        assert head.headers[name] == got.headers[name]
    assert client.head("/sparql", params={"query": "SELECT"}).status_code == 400


def test_options_says_the_methods_and_lets_every_site_ask(client: httpx.Client) -> None:
    answer = client.options(
        "/sparql", headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    )
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "*"
    for told in (ask(client, ASK), client.post("/sparql", data={"query": ASK}), ask(client, "nope")):
        assert told.headers["access-control-allow-origin"] == "*"
        assert {"Link", "X-Rows"} <= set(told.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
def test_other_methods_are_refused_with_those_there_are(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/sparql", params={"query": ASK})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml; charset=utf-8"),
        ("application/sparql-results+xml;q=0.5, application/sparql-results+json;q=0.4", XML),
        ("APPLICATION/SPARQL-RESULTS+XML", XML),
        ("application/sparql-results+json;charset=utf-8", JSON),
        ("application/sparql-results+json;q=0, application/sparql-results+xml", XML),
        ("text/tab-separated-values , text/csv;q=0.9", "text/tab-separated-values; charset=utf-8"),
        ("image/png, */*;q=0.1", JSON),
        ("application/rdf+xml, application/sparql-results+xml;q=0.1", XML),
    ],
)
def test_accept_is_read_with_its_parameters(client: httpx.Client, accept: str, wanted: str) -> None:
    answer = ask(client, LABELS, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, wanted)
    assert "Accept" in answer.headers["vary"]


def test_several_accept_headers_are_one_list(client: httpx.Client) -> None:
    headers = [("Accept", "image/png"), ("Accept", "text/csv"), ("Accept", "*/*;q=0.1")]
    answer = client.get("/sparql", params={"query": LABELS}, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("accept", ["image/png", "text/turtle", "application/sparql-results+json;q=0"])
def test_form_that_is_not_offered_is_406_with_those_that_are(client: httpx.Client, accept: str) -> None:
    answer = ask(client, LABELS, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (406, "application/problem+json")
    assert JSON in str(answer.json()["offered"])


@pytest.mark.parametrize(("form", "kind"), TABLE_TYPES.items())
def test_form_may_be_named_as_clients_name_it(client: httpx.Client, form: str, kind: str) -> None:
    for named in (
        {"format": form},
        {"output": form},
        {"format": kind.partition(";")[0]},
        {"format": form.upper()},
    ):
        answer = client.get("/sparql", params={"query": LABELS, **named})
        assert answer.headers["content-type"] == kind, named
    posted = client.post("/sparql", data={"query": LABELS, "format": form})
    assert posted.headers["content-type"] == kind


@pytest.mark.parametrize(
    ("named", "form"), [("turtle", "ttl"), ("ntriples", "nt"), ("json", "jsonld"), ("xml", "rdf")]
)
def test_graph_may_be_named_as_clients_name_it(client: httpx.Client, named: str, form: str) -> None:
    answer = client.get("/sparql", params={"query": GRAPH, "format": named})
    assert answer.headers["content-type"] == GRAPH_TYPES[form][0]


def test_name_of_a_form_that_is_not_known_leaves_the_choice_to_accept(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": LABELS, "format": "png"}, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")


def test_graph_comes_as_quads_without_a_graph(client: httpx.Client) -> None:
    answer = ask(client, GRAPH, Accept="application/n-quads")
    assert answer.headers["content-type"] == "application/n-quads"
    quads = list(ox.parse(answer.content, format=ox.RdfFormat.N_QUADS))
    assert len(quads) == 5
    assert {quad.graph_name for quad in quads} == {ox.DefaultGraph()}


def test_plain_text_of_a_graph_is_n_triples(client: httpx.Client) -> None:
    answer = ask(client, GRAPH, Accept="text/plain")
    assert len(rdflib.Graph().parse(data=answer.text, format="nt")) == 5


@pytest.mark.parametrize(
    ("status", "kind", "more"),
    [
        (415, "media-type-unknown", {"content": ASK, "headers": {"Content-Type": "application/json"}}),
        (
            415,
            "media-type-unknown",
            {"content": ASK, "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        ),
        (
            415,
            "media-type-unknown",
            {"content": ASK, "headers": {"Content-Type": "application/sparql-query; charset=utf-16"}},
        ),
        (400, "query-malformed", {"content": ASK, "headers": QUERY, "params": {"query": ASK}}),
        (400, "query-malformed", {"data": {"query": [ASK, ASK]}}),
        (400, "query-malformed", {"content": "", "headers": QUERY}),
        (403, "query-refused", {"data": {"update": "", "query": ""}}),
        (403, "query-refused", {"data": {"update": "INSERT DATA { <a:a> <a:a> <a:a> }"}}),
        (403, "query-refused", {"data": {"query": ASK, "using-graph-uri": "http://x/"}}),
        (413, "body-too-large", {"data": {"query": "#" * 2_000_000}}),
        (413, "body-too-large", {"content": iter([b"# " * 500] * 2_000), "headers": QUERY}),
    ],
)
def test_wrong_post_is_a_problem_of_its_own(
    client: httpx.Client, status: int, kind: str, more: dict[str, Any]
) -> None:
    answer = client.post("/sparql", **more)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    assert answer.json()["type"].endswith(f"/problems/{kind}")


def test_query_of_two_megabytes_in_an_address_ends_nothing_but_its_connection(
    client: httpx.Client, site: Served
) -> None:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=30)
    try:
        connection.request("GET", f"/sparql?query={'a' * 2_000_000}")
        assert 400 <= connection.getresponse().status < 500
    except ConnectionError:
        # The server hangs up before it has read so much.
        pass
    finally:
        connection.close()
    answer = client.get("/sparql", params={"query": "a" * 60_001})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (414, "address-too-long")
    assert ask(client, ASK).status_code == 200


# ---- in parts ----


def test_parts_that_lead_to_each_other_are_the_whole(client: httpx.Client) -> None:
    ordered = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"
    whole = ask(client, f"{ordered} LIMIT 120").json()["results"]["bindings"]
    found: list[Any] = []
    address = str(httpx.URL("/sparql", params={"query": f"{ordered} LIMIT 40"}))
    while len(found) < len(whole):
        answer = client.get(address, headers={"Accept": JSON})
        found += answer.json()["results"]["bindings"]
        assert answer.headers["x-rows"] == "40"
        link = re.fullmatch(r'<([^>]*)>; rel="next"', answer.headers["link"])
        assert link is not None
        address = link[1]
    assert found == whole


@pytest.mark.parametrize(
    ("query", "rows", "following"),
    [
        (
            "SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 10",
            10,
            "SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 10 OFFSET 10",
        ),
        ("SELECT * { } order by ?s offset 5 limit 3", 3, "SELECT * { } order by ?s LIMIT 3 OFFSET 8"),
        (
            "SELECT * { } ORDER BY DESC(?s) LIMIT 3 OFFSET 6\n",
            3,
            "SELECT * { } ORDER BY DESC(?s) LIMIT 3 OFFSET 9",
        ),
        ("SELECT * { } ORDER BY ?s LIMIT 10", 9, None),
        ("SELECT * { } LIMIT 10", 10, None),
        ("SELECT * { } ORDER BY ?s LIMIT 0", 0, None),
        ("SELECT * { { SELECT * { } ORDER BY ?s LIMIT 10 } }", 10, None),
        ("SELECT * { } ORDER BY ?s LIMIT 99999999999999999999", 10, None),
    ],
)
def test_next_part_follows_a_whole_one_of_an_ordered_query(
    query: str, rows: int, following: str | None
) -> None:
    assert next_part(query, rows) == following


def test_answer_that_is_too_long_says_how_to_ask_in_parts(tmp_path: Any) -> None:
    with serving(tmp_path, Limits(rows=5, streamed_rows=0)) as served:
        answer = httpx.get(f"{served.url}sparql", params={"query": "SELECT * { ?s ?p ?o }"}, timeout=60)
        assert answer.status_code == 422
        assert "5 rows" in answer.json()["detail"]
        for word in ("ORDER BY", "LIMIT", "OFFSET", "Link"):
            assert word in answer.json()["mend"]


def test_long_answer_comes_whole_in_pieces(client: httpx.Client) -> None:
    text = "x" * 400
    query = f"SELECT ?x ?y {{ VALUES ?x {{ {' '.join(map(str, range(2000)))} }} BIND('{text}' AS ?y) }}"
    answer = client.post(
        "/sparql", data={"query": query}, headers={"Accept": "text/csv", "Accept-Encoding": "identity"}
    )
    assert answer.text.splitlines()[-1] == f"1999,{text}"
    packed = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == answer.text

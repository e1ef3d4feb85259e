"""A query is written over the names that graphs have in a store outside, and what the store answers becomes terms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.outside.queries import prepare
from api.outside.results import Unreadable, read_table, read_triples, read_truth


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

"""COUNT(DISTINCT *) counts solutions that differ in what is named, and in nothing else."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from api.sparql_counting import count_what_is_named
from api.sparql_refusals import Refused
from api.sparql_worker import answer

WORLD = b"<x:1> <x:p> <x:2>, <x:3> . <x:2> <x:q> <x:4> . <x:3> <x:q> <x:4> . <x:4> <x:q> <x:4> ."
ALL = "COUNT(DISTINCT *)"
SHOWN = f"({ALL} AS ?n)"

COUNTS = {
    "a blank node of a pattern": (f"SELECT {SHOWN} {{ ?s <x:p> [ <x:q> ?o ] }}", 1),
    "a blank node with a label": (f"SELECT {SHOWN} {{ ?s <x:p> _:a . _:a <x:q> ?o }}", 1),
    "what lies between two steps": (f"SELECT {SHOWN} {{ ?s <x:p>/<x:q> ?o }}", 1),
    "what is named": (f"SELECT {SHOWN} {{ ?s <x:p> ?a . ?a <x:q> ?o }}", 2),
    "in small letters, with a remark": (
        "select ( count ( distinct # all *\n * ) as ?n ) where { ?s <x:p>/<x:q> ?o }",
        1,
    ),
    "of each group": (f"SELECT {SHOWN} {{ ?s <x:q> [] }} GROUP BY ?o", 3),
    "in a query within": (f"SELECT ?n {{ <x:1> <x:p> <x:2> {{ SELECT {SHOWN} {{ [] <x:q> ?o }} }} }}", 1),
    "of a query within": (f"SELECT {SHOWN} {{ SELECT ?o {{ ?s <x:q> ?o }} }}", 1),
    "of both": (
        f"SELECT {SHOWN} {{ [] <x:p> ?s {{ SELECT ?m ({ALL} AS ?k) {{ [] <x:q> ?m }} GROUP BY ?m }} }}",
        2,
    ),
    "beside an expression in braces": (
        f"SELECT (EXISTS {{ ?x <x:p> [] }} AS ?e) {SHOWN} {{ [] <x:q> ?o }}",
        1,
    ),
    "only to choose groups": (f"SELECT (1 AS ?n) {{ ?s <x:p> [] }} GROUP BY ?s HAVING({ALL} = 1)", 1),
    "of nothing": (f"SELECT {SHOWN} {{ }}", 1),
}


def ask(query: str) -> int:
    store = ox.Store()
    store.load(WORLD, ox.RdfFormat.TURTLE)
    request = {
        "query": query,
        "default_graphs": None,
        "named_graphs": None,
        "explains": True,
        "ways": "any",
        "prefixes": {},
        "table_form": "json",
        "graph_form": None,
        "rows": 10,
        "triples": 10,
    }
    _, body = answer(store, request)
    [row] = json.loads(body)["results"]["bindings"]
    return int(row["n"]["value"])


@pytest.mark.parametrize("name", COUNTS)
def test_different_solutions_differ_in_what_is_named(name: str) -> None:
    query, wanted = COUNTS[name]
    assert ask(query) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(*) AS ?n) { ?s ?p [] }",
        f"SELECT * {{ ?s ?p '{ALL}' }}",
        f"SELECT * {{ ?s ?p [] }} # {ALL}",
        f"ASK {{ ?s ?p [] }} HAVING({ALL} > 1)",
        f"{ALL} }} }} {{",
        "",
    ],
)
def test_other_texts_stay_as_they_are(query: str) -> None:
    assert count_what_is_named(query) == query


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (f"SELECT {SHOWN} {{ ?s ?p ", "query-malformed"),
        (f"SELECT {SHOWN} {{ SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}", "query-refused"),
        (f"ASK {{ SERVICE <http://127.0.0.1:9/> {{ SELECT {SHOWN} {{ }} }} }}", "query-refused"),
    ],
)
def test_what_is_refused_is_refused_with_a_count_too(query: str, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(query)
    assert refused.value.header["failure"] == kind

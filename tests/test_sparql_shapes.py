"""Slow queries are counted by their shape, and nothing that a visitor wrote is in the counts."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_api_world import serving

from api.sparql_pool import Limits
from api.sparql_shapes import LONGEST_SHAPE, MOST_SHAPES, Shapes, shape_of

KNOWN = {"skos": "http://www.w3.org/2004/02/skos/core#", "def": "http://site/def/"}


@pytest.mark.parametrize(
    ("query", "shape"),
    [
        (
            """# Ann's query
            PREFIX a: <http://site/id/area/>
            PREFIX s: <http://www.w3.org/2004/02/skos/core#>
            select ?name { a:E09 s:prefLabel ?name ; a <http://site/def/Area> }""",
            "SELECT ?1 { <> skos:prefLabel ?1 ; a def:Area }",
        ),
        ('ASK { ?x ?y \'a secret\'@en, """two\n\'lines\'""" }', 'ASK { ?1 ?2 "" , "" }'),
        (
            "SELECT * { ?s ?p ?o FILTER(?o > 5.5e3 && secret(?o)) }",
            "SELECT * { ?1 ?2 ?3 FILTER ( ?3 > 0 && word ( ?3 ) ) }",
        ),
        ("SELECT * { VALUES ?s { <http://a> <http://b> <http://c> } }", "SELECT * { VALUES ?1 { <> } }"),
        ("SELECT ?secret { ?secret (!<x:y>)* ?other }", "SELECT ?1 { ?1 ( ! <> ) * ?2 }"),
    ],
)
def test_shape_has_no_constant(query: str, shape: str) -> None:
    assert shape_of(query, KNOWN) == shape


def test_queries_that_differ_in_constants_and_names_have_one_shape() -> None:
    shapes = {
        shape_of(f"SELECT ?{name} {{ <http://site/id/area/{name}> skos:x ?{name} }} LIMIT {len(name)}", KNOWN)
        for name in ("a", "another", "third")
    }
    assert len(shapes) == 1


@given(st.text())
def test_shape_of_anything_is_short_plain_text(query: str) -> None:
    shape = shape_of(query, KNOWN)
    assert len(shape) <= LONGEST_SHAPE
    assert shape.isascii()
    assert shape.isprintable()


def test_number_of_shapes_is_bounded_and_the_slowest_stay() -> None:
    shapes = Shapes()
    shapes.count("SELECT * { ?slow ?slow ?slow }", {}, 9.0, None)
    for number in range(3 * MOST_SHAPES):
        shapes.count(
            f"SELECT * {{ {'?s ?p ?o . ' * (number % 70)} {'?x ?y ?z ; ?u ?v . ' * (number // 70)} }}",
            {},
            0.5,
            None,
        )
    lines = list(shapes.lines())
    named = [line for line in lines if line.startswith("likeforlike_sparql_shape_info{")]
    assert len(named) == MOST_SHAPES
    assert any('"SELECT * { ?1 ?1 ?1 }"' in line for line in named)


def test_light_query_is_counted_without_a_shape() -> None:
    shapes = Shapes()
    shapes.count("SELECT * { ?s ?p ?o }", {}, 0.01, None)
    assert "likeforlike_sparql_light_total 1" in list(shapes.lines())
    assert not any("shape=" in line for line in shapes.lines())


def test_operator_sees_the_shape_of_an_ended_query_and_nothing_of_its_text(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(seconds=0.5, fast_seconds=0.1)) as served:
        triples = " ".join(f"?secret{n} ?b{n} ?c{n} ." for n in range(5))
        query = f'SELECT (COUNT(*) AS ?n) {{ {triples} FILTER(?c1 != "secret" && ?c2 != <http://secret/>) }}'
        headers = {"User-Agent": "secret", "X-Forwarded-For": "192.0.2.77"}
        for text in (query, query.replace("secret", "hidden")):
            answer = httpx.get(f"{served.url}sparql", params={"query": text}, headers=headers, timeout=60)
            assert answer.json()["type"].endswith("/query-too-slow")
        assert httpx.get(f"{served.url}sparql", params={"query": "SELECT * {"}, timeout=60).status_code == 400
        told = httpx.get(f"{served.url}metrics", timeout=60).text
    (line,) = re.findall(r"^likeforlike_sparql_shape_info\{.*$", told, re.MULTILINE)
    name = re.search(r'shape="([0-9a-f]{12})"', line)
    assert name is not None
    assert 'query="SELECT ( COUNT ( * ) AS ?1 ) { ?2 ?3 ?4 .' in line
    assert f'likeforlike_sparql_shape_total{{shape="{name[1]}",class="query-too-slow"}} 2' in told
    assert not re.search("secret|hidden|192.0.2|127.0.0.1", told)

"""Expressions and paths of any kind, put together by chance: all ways answer as the store with everything does.

Other property tests take expressions from lists. Here a grammar makes them, senseless for the most part: a test that is
a constant, a number in place of a truth, a text compared with a date, a path of paths.
"""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from cube_world import PREFIXES, CubeWorld
from hypothesis import given
from test_cube_queries import FEWER, is_small, tried, worlds

__all__ = ["worlds"]

_FACTS = [
    *("?o sdmx-dimension:refArea ?a", "?o sdmx-dimension:refPeriod ?t", "?o sdmx-measure:obsValue ?v"),
    *("?o def:lowerLimit ?l", "?o def:numerator ?n", "?o def:sampleSize ?z", "?o def:denominator ?n"),
    *(
        "?o def:status ?s",
        "?o def:reason ?s",
        "?o rdfs:comment ?m",
        "?o def:indicator ?i",
        "?o qb:dataSet ?d",
    ),
    *("?a skos:prefLabel ?k", "?t skos:prefLabel ?k", "?i skos:prefLabel ?k", "?s skos:prefLabel ?m"),
    *("?a def:areaType ?b", "?a def:within ?g", "?g def:within ?a", "?x def:about ?o", "?o a qb:Observation"),
]
_NAMES = ["?a", "?t", "?v", "?l", "?n", "?z", "?k", "?s", "?m", "?i", "?b", "?g", "?w", "?o"]
_TERMS = [
    *("0", "1", "900", "-3", "12.5", "12.50", "0.1", "1e1", "true", "false", '"Few"', '"Few"@en', '"12.5"'),
    *('"12.5"^^xsd:double', '"2022-04-01"^^xsd:date', '"E06"', '""', "area:E06000002", "area:E92000001"),
    *("status:provisional", "status:suppressed", "indicator:recycled", "qb:Observation"),
]
_ONE = [
    *(
        "STR",
        "LANG",
        "DATATYPE",
        "UCASE",
        "STRLEN",
        "ENCODE_FOR_URI",
        "isIRI",
        "isLiteral",
        "isNumeric",
        "ABS",
    ),
    *(
        "ROUND",
        "CEIL",
        "FLOOR",
        "YEAR",
        "xsd:integer",
        "xsd:decimal",
        "xsd:string",
        "xsd:double",
        "xsd:boolean",
    ),
    *("!", "-"),
]
_TWO = [
    "CONTAINS",
    "STRSTARTS",
    "STRENDS",
    "sameTerm",
    "REGEX",
    "STRBEFORE",
    "CONCAT",
    "COALESCE",
    "LANGMATCHES",
]
_BETWEEN = ["=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "&&", "||"]
_AGGREGATES = ["COUNT", "COUNT", "SUM", "AVG", "MIN", "MAX"]

_PROPERTIES = [
    *("sdmx-dimension:refArea", "sdmx-dimension:refPeriod", "def:indicator", "qb:dataSet", "def:sampleSize"),
    *("sdmx-measure:obsValue", "rdfs:comment", "def:about", "skos:broader", "def:within", "def:areaType"),
    *("rdf:type", "skos:prefLabel", "def:status", "def:lowerLimit"),
]


def _one_of(words: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, _one_of(_BETWEEN), inner),
        st.builds("{}({})".format, _one_of(_ONE), inner),
        st.builds("{}({}, {})".format, _one_of(_TWO), inner, inner),
        st.builds("IF({}, {}, {})".format, inner, inner, inner),
        st.builds("({} {} ({}, {}))".format, inner, _one_of(["IN", "NOT IN"]), inner, _one_of(_TERMS)),
        st.builds("BOUND({})".format, _one_of(_NAMES)),
    )


EXPRESSIONS = st.recursive(_one_of(_NAMES) | _one_of(_TERMS), _larger, max_leaves=5)

PATHS = st.recursive(
    _one_of(_PROPERTIES),
    lambda inner: st.one_of(
        st.builds("^({})".format, inner),
        st.builds("({}{}{})".format, inner, _one_of(["/", "|"]), inner),
        st.builds("({}){}".format, inner, _one_of(["+", "+", "*", "?"])),
    ),
    max_leaves=4,
)


@st.composite
def groups(draw: st.DrawFn, depth: int = 2) -> str:
    """Some facts, and what may stand beside them."""
    found = " . ".join(draw(st.lists(_one_of(_FACTS), min_size=1, max_size=4, unique=True)))
    kinds = ["filter", "filter", "bind"] + ["optional", "union", "minus", "exists", "select"] * (depth > 0)
    for kind in draw(st.lists(_one_of(kinds), max_size=2)):
        if kind == "filter":
            found += f" FILTER({draw(EXPRESSIONS)})"
        elif kind == "bind":
            # In a group of its own nothing that it names is bound already.
            found = f"{{ {found} BIND({draw(EXPRESSIONS)} AS ?w{depth}) }}"
        elif kind == "union":
            found = f"{{ {found} }} UNION {{ {draw(groups(depth - 1))} }}"
        elif kind == "select":
            found += f" {{ {draw(selects(depth - 1))} }}"
        else:
            words = {"optional": "OPTIONAL", "minus": "MINUS", "exists": "FILTER NOT EXISTS"}
            found += f" {words[kind]} {{ {draw(groups(depth - 1))} }}"
    return found


@st.composite
def selects(draw: st.DrawFn, depth: int = 2) -> str:
    """A query: its solutions, or aggregates of any expression."""
    inner, key = draw(groups(depth)), draw(_one_of(_NAMES))
    kind = draw(_one_of(["plain", "distinct", "group", "all"]))
    if kind in ("plain", "distinct"):
        shown = " ".join(draw(st.lists(_one_of(_NAMES), min_size=1, max_size=3, unique=True)))
        return f"SELECT {'DISTINCT ' * (kind == 'distinct')}{shown} {{ {inner} }}"
    made = [
        f"({draw(_one_of(_AGGREGATES))}({draw(_one_of(['', 'DISTINCT ']))}{draw(EXPRESSIONS)}) AS ?q{at}{depth})"
        for at in range(draw(st.integers(1, 2)))
    ]
    if kind == "all":
        return f"SELECT {' '.join(made)} {{ {inner} }}"
    return f"SELECT {key} {' '.join(made)} {{ {inner} }} GROUP BY {key}"


@st.composite
def walks(draw: st.DrawFn) -> str:
    """A query with paths from anything to anything."""
    ends = _one_of(
        ["?o", "?a", "?x", "?y", "?o", "?a", "?x", "area:E06000002", "qb:Observation", "dataset:waste"]
    )
    triples = [f"{draw(ends)} {draw(PATHS)} {draw(ends)} ." for _ in range(draw(st.integers(1, 3)))]
    shown = " ".join(draw(st.lists(_one_of(["?o", "?a", "?x", "?y"]), min_size=1, max_size=2, unique=True)))
    if draw(st.booleans()):
        return f"SELECT DISTINCT {shown} {{ {' '.join(triples)} }}"
    return f"SELECT (COUNT(*) AS ?n) {{ {' '.join(triples)} }}"


@tried(FEWER)
@given(data=st.data(), asked=selects() | walks())
def test_expressions_and_paths_of_any_kind_give_what_the_store_gives(
    worlds: list[CubeWorld], data: st.DataObject, asked: str
) -> None:
    world, query = data.draw(st.sampled_from(worlds)), PREFIXES + asked
    if is_small(world.whole, query):
        wanted = world.judge(query)
        assert world.ask(query) == wanted
        assert world.ask_rows(query) in (None, wanted)
        found = world.ask_parts(query)
        assert found is None or found[0] == wanted


ODD = {
    "never": "?o sdmx-dimension:refArea ?a FILTER(false)",
    "never, as a number": "?o sdmx-dimension:refArea ?a FILTER(0)",
    "never, as a text": "?o sdmx-dimension:refArea ?a FILTER('')",
    "never, of what may be": "?o sdmx-dimension:refArea ?a OPTIONAL { ?o def:sampleSize ?z FILTER(false) }",
    "never, of what is not": "?o sdmx-dimension:refArea ?a FILTER NOT EXISTS { ?o def:sampleSize ?z FILTER(false) }",
    "a number as a truth": "?o def:sampleSize ?z FILTER(?z)",
    "a number as the truth of what may be": "?o qb:dataSet ?d OPTIONAL { ?o def:sampleSize ?z FILTER(?z) }",
    "a number from around as the truth of what may be": """?o def:sampleSize ?z
        OPTIONAL { ?o def:denominator ?n FILTER(?z) }""",
    "a constant as the truth of what may be": "?o qb:dataSet ?d OPTIONAL { ?o def:sampleSize ?z FILTER('x') }",
}


@pytest.mark.parametrize("name", ODD)
def test_truth_of_what_is_no_truth(worlds: list[CubeWorld], name: str) -> None:
    query = f"{PREFIXES} SELECT * {{ {ODD[name]} }}"
    for world in worlds:
        wanted = world.judge(query)
        assert world.ask(query) == wanted
        assert world.ask_rows(query) in (None, wanted)
        found = world.ask_parts(query)
        assert found is None or found[0] == wanted

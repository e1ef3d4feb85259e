"""Queries over the virtual cube give what the store with everything gives.

Queries are made up: every operator of SPARQL 1.1, nested, over a few small worlds that are made up too. Many more
are tried with CUBE_EXAMPLES=10000 (`make nightly`).
"""

from __future__ import annotations

import os
from itertools import islice

import pyoxigraph as ox
import pytest
from cube_world import PREFIXES, CubeWorld, make_world, random_observations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_publish_world import BASE

EXAMPLES = int(os.environ.get("CUBE_EXAMPLES", "500"))
# Of questions of which the gate tries not so many.
FEWER = EXAMPLES if EXAMPLES > 500 else 200
SEEDS = range(3 if EXAMPLES <= 500 else 12)


def tried(examples: int = EXAMPLES) -> settings:
    """How made-up queries are tried: the same ones each time, unless many are asked for."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=EXAMPLES <= 500,
    )


# A query with more solutions than this is left out: it would only be slow.
MOST = 3_000

_figures = ["?o", "?o", "?o", "?n", f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>"]
_areas = ["?a", "?a", "area:E06000002", "area:E06000003", "area:nowhere"]
_periods = ["?t", "?t", "period:2022-04-01_P1Y", "period:2023-01-01_P1Y"]
FACTS = {
    "a": ["qb:Observation", "def:MissingObservation", "?c", "def:TargetProgress"],
    "qb:dataSet": ["?d", "dataset:waste", "dataset:work"],
    "def:dataset": ["?d", "dataset:waste"],
    "def:indicator": ["?i", "indicator:recycled", "indicator:in-work"],
    "def:indicatorVersion": ["?y", f"<{BASE}id/indicator/recycled/v1.0.0>"],
    "sdmx-dimension:refArea": _areas,
    "sdmx-dimension:refPeriod": _periods,
    "sdmx-measure:obsValue": ["?v", "?v", "?w", "12.5"],
    "sdmx-attribute:obsStatus": ["?s", "status:suppressed", "status:normal"],
    "sdmx-attribute:unitMeasure": ["?u"],
    "def:lowerLimit": ["?l"],
    "def:sampleSize": ["?z", "900"],
    "def:reason": ["?r"],
    "rdfs:comment": ["?m"],
    "dimension:sex": ["?x", f"<{BASE}id/code/sex/female>"],
    "def:target": ["?g"],
    "sdmx-dimension:refArea/skos:prefLabel": ["?k"],
    "sdmx-dimension:refPeriod/def:startOn": ["?b"],
    "qb:dataSet/def:brokenDownBy": ["?q"],
    "qb:dataSet|def:dataset": ["?d", "dataset:work"],
    "^def:nothing|def:indicator": ["?i"],
    "!(a|rdfs:comment)": ["?any"],
    "^def:about": ["?g"],
    "?p": ["?any", "?x", "area:E06000002"],
    "?q": ["?x"],
    "def:indicatorVersion*": ["?y"],
    "sdmx-dimension:refArea+": ["?a"],
}
_ABOUT = {
    "?a": ("skos:prefLabel", "def:areaType", "skos:notation", "skos:inScheme", "skos:broader"),
    "?i": ("skos:prefLabel", "dcat:hasVersion", "skos:inScheme"),
    "?t": ("def:startOn", "def:endOn", "skos:prefLabel"),
    "?d": ("dct:title", "def:brokenDownBy"),
    "?x": ("def:isTotal", "skos:prefLabel"),
    "?s": ("skos:prefLabel",),
    "?g": ("def:indicator", "sdmx-dimension:refPeriod"),
}
_OTHERS = {
    "skos:prefLabel": "?k",
    "def:startOn": "?b",
    "def:endOn": "?e",
    "def:isTotal": "false",
    "def:brokenDownBy": "?q",
    "def:areaType": f"<{BASE}id/code/area-type/unitary>",
    "def:indicator": "?i",
    "sdmx-dimension:refPeriod": "?t",
}
_TESTS = [
    *("?v > 10", "?v = 12.5", "?v <= ?w", "bound(?v)", "!bound(?l)", "?a = area:E06000002", "?o != ?n"),
    *("?a IN (area:E06000002, area:E92000001)", "?a NOT IN (area:E06000002)", "sameTerm(?t, ?x)"),
    *("?i = indicator:recycled || ?v > 50", "?i = indicator:recycled && ?a = area:E06000003", "isIRI(?any)"),
    *('STRENDS(STR(?o), "P1Y")', "!(?a = area:E06000002)", "?s = status:suppressed", "COALESCE(?v, 0) = 0"),
    *("?d = dataset:work", "area:E06000003 = ?a", "?p = sdmx-measure:obsValue", "datatype(?v) = xsd:decimal"),
]
_VALUES = [
    "VALUES ?a { area:E06000002 area:E06000003 }",
    "VALUES (?a ?i) { (area:E06000002 UNDEF) (UNDEF indicator:in-work) }",
    "VALUES ?i { indicator:recycled }",
    "VALUES (?t ?a) { (period:2022-04-01_P1Y area:E06000001) (period:2023-04-01_P1Y area:E06000003) }",
    'VALUES ?v { 12.5 0 "x" }',
    "VALUES ?o { }",
]
_BINDS = [
    "BIND(?v * 2 AS ?w)",
    "BIND(area:E06000002 AS ?h)",
    "BIND(IF(bound(?v), ?v, 0) AS ?f)",
    "BIND(EXISTS { ?o def:indicator indicator:in-work } AS ?f)",
]
_AGGREGATES = [
    *("COUNT(*)", "COUNT(?v)", "COUNT(DISTINCT ?a)", "SUM(?v)", "AVG(?v)", "MIN(?v)", "MAX(?v)", "MAX(?b)"),
    *("COUNT(?o)", "SUM(?z)", "MIN(?t)"),
]
_CLAUSES = [
    *(
        "",
        "",
        "",
        "",
        "FROM dataset:waste",
        f"FROM dataset:work FROM <{BASE}catalog>",
        "FROM dataset:nothing",
    ),
    *(f"FROM <{BASE}catalog> FROM NAMED dataset:waste", "FROM NAMED dataset:work FROM NAMED dataset:nothing"),
]
_GRAPHS = ["?graph", "dataset:waste", "dataset:work", f"<{BASE}catalog>", "dataset:nothing"]


@st.composite
def triples(draw: st.DrawFn) -> str:
    """Some patterns that hang together: facts of a figure, and what is said of what they name."""
    subject = draw(st.sampled_from(_figures))
    lines, named = [], []
    for fact in draw(st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=4, unique=True)):
        thing = draw(st.sampled_from(FACTS[fact]))
        lines.append(f"{subject} {fact} {thing} .")
        named += [thing] if thing in _ABOUT else []
    for thing in named:
        if draw(st.booleans()):
            about = draw(st.sampled_from(_ABOUT[thing]))
            lines.append(f"{thing} {about} {_OTHERS.get(about, '?j')} .")
    return " ".join(draw(st.permutations(lines)))


@st.composite
def groups(draw: st.DrawFn, depth: int = 2) -> str:
    """A group: patterns, and what may stand beside them."""
    parts = [draw(triples())]
    kinds = ["filter", "values", "bind", "triples"]
    if depth:
        kinds += ["optional", "union", "exists", "minus", "select", "graph", "group"] * 2
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
        parts.append(draw(_part(kind, depth)))
    first, *rest = parts
    return " ".join([first, *rest] if draw(st.booleans()) else [*rest, first])


@st.composite
def _part(draw: st.DrawFn, kind: str, depth: int) -> str:
    if kind == "filter":
        return f"FILTER({draw(st.sampled_from(_TESTS))})"
    if kind == "values":
        return draw(st.sampled_from(_VALUES))
    if kind == "bind":
        # In a group of its own nothing that it names is bound already.
        bind = draw(st.sampled_from(_BINDS))
        return f"OPTIONAL {{ {draw(triples())} {bind} }}".replace("?w", "?fresh").replace("?f)", "?flag)")
    if kind == "triples":
        return draw(triples())
    inner = draw(groups(depth - 1))
    if kind == "optional":
        return f"OPTIONAL {{ {inner} }}"
    if kind == "union":
        return f"{{ {inner} }} UNION {{ {draw(groups(depth - 1))} }}"
    if kind == "exists":
        return f"FILTER {draw(st.sampled_from(['', 'NOT ']))}EXISTS {{ {inner} }}"
    if kind == "minus":
        return f"MINUS {{ {inner} }}"
    if kind == "graph":
        return f"GRAPH {draw(st.sampled_from(_GRAPHS))} {{ {inner} }}"
    if kind == "group":
        return f"{{ {inner} }}"
    return f"{{ {draw(selects(inner))} }}"


@st.composite
def selects(draw: st.DrawFn, inner: str) -> str:
    """A SELECT without a limit."""
    keys = draw(st.lists(st.sampled_from(["?a", "?i", "?t", "?d", "?o"]), max_size=2, unique=True))
    kind = draw(st.sampled_from(["all", "named", "distinct", "grouped", "grouped"]))
    if kind == "all":
        return f"SELECT * WHERE {{ {inner} }}"
    if kind != "grouped":
        word = "DISTINCT " if kind == "distinct" else ""
        return f"SELECT {word}{' '.join(keys) or '?v'} WHERE {{ {inner} }}"
    aggregate = draw(st.sampled_from(_AGGREGATES))
    having = draw(st.sampled_from(["", "HAVING (COUNT(*) > 1)"])) if keys else ""
    grouped = f"GROUP BY {' '.join(keys)} {having}" if keys else ""
    return f"SELECT {' '.join(keys)} ({aggregate} AS ?result) WHERE {{ {inner} }} {grouped}"


@st.composite
def queries(draw: st.DrawFn) -> str:
    inner = draw(groups())
    kind = draw(st.sampled_from(["select"] * 6 + ["ask", "construct", "describe", "ordered"]))
    if kind == "ask":
        query = f"ASK WHERE {{ {inner} }}"
    elif kind == "construct":
        query = f"CONSTRUCT {{ ?o def:found ?a . ?a def:of ?v }} WHERE {{ {inner} }}"
    elif kind == "describe":
        what = draw(
            st.sampled_from(["?o", "?a", f"?i <{BASE}id/observation/work/in-work/E06000002/2023-01-01_P1Y>"])
        )
        query = f"DESCRIBE {what} WHERE {{ {inner} }}"
    elif kind == "ordered":
        query = f"SELECT * WHERE {{ {inner} }} ORDER BY ?a DESC(?v) STR(?o) ?t"
    else:
        query = draw(selects(inner))
    query = query.replace(" WHERE {", f" {draw(st.sampled_from(_CLAUSES))} WHERE {{", 1)
    return f"{PREFIXES}PREFIX dcat: <http://www.w3.org/ns/dcat#>\nPREFIX dct: <http://purl.org/dc/terms/>\n{query}"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[CubeWorld]:
    folder = tmp_path_factory.mktemp("cubes")
    return [make_world(folder / f"2026-01-02-{seed:012x}", random_observations(seed)) for seed in SEEDS]


def is_small(store: ox.Store, query: str) -> bool:
    """Say whether a query can be read, and has few solutions."""
    try:
        result = store.query(query)
    except SyntaxError:
        # A variable that is bound twice: there is no such query.
        return False
    return isinstance(result, ox.QueryBoolean) or sum(1 for _ in islice(result, MOST)) < MOST


@tried()
@given(data=st.data(), query=queries())
def test_any_query_gives_what_the_store_with_everything_gives(
    worlds: list[CubeWorld], data: st.DataObject, query: str
) -> None:
    world = data.draw(st.sampled_from(worlds))
    if is_small(world.whole, query):
        wanted = world.judge(query)
        assert world.ask(query) == wanted
        assert world.ask_rows(query) in (None, wanted)


# What narrows too much gives a solution too many or too few here.
NARROWED = {
    "a value from outside of OPTIONAL": """{ ?o a qb:Observation OPTIONAL { ?o sdmx-dimension:refArea ?a } }
        VALUES ?a { area:E06000002 }""",
    "a value from outside of MINUS": """{ ?o a qb:Observation MINUS { ?o sdmx-dimension:refArea ?a } }
        VALUES ?a { area:E06000002 }""",
    "a value from outside of EXISTS": """{ ?o a qb:Observation
          FILTER NOT EXISTS { ?o sdmx-dimension:refArea ?a } } VALUES ?a { area:E06000002 }""",
    "a value from outside of a limit": """{ SELECT ?a { ?o sdmx-dimension:refArea ?a } ORDER BY DESC(?a) LIMIT 1 }
        VALUES ?a { area:E06000002 }""",
    "a variable of the same name that a sub-query keeps to itself": """
        { SELECT ?d (COUNT(?o) AS ?n) { ?o qb:dataSet ?d ; sdmx-dimension:refArea ?a } GROUP BY ?d }
        VALUES ?a { area:E06000002 }""",
    "what stands between the steps of another path": """?o sdmx-dimension:refArea/skos:prefLabel ?l ;
          sdmx-measure:obsValue ?v
        FILTER NOT EXISTS { ?o qb:dataSet/def:brokenDownBy ?q . ?o ?q ?x . ?x def:isTotal false }""",
    "a value that is not in every row of VALUES": """VALUES (?a ?i) { (area:E06000002 UNDEF) (UNDEF indicator:in-work) }
        ?o sdmx-dimension:refArea ?a ; def:indicator ?i""",
    "one side of UNION": """{ VALUES ?a { area:E06000002 } } UNION { ?o def:indicator indicator:in-work }
        ?n sdmx-dimension:refArea ?a""",
    "a filter with ||": """?o sdmx-dimension:refArea ?a ; def:indicator ?i
        FILTER(?a = area:E06000002 || ?i = indicator:in-work)""",
    "a filter with !": "?o sdmx-dimension:refArea ?a FILTER(!(?a = area:E06000002))",
    "a subject of another kind with the same properties": """?o sdmx-dimension:refArea ?a ; def:indicator ?i .
        ?i skos:prefLabel ?l""",
    "a path of no steps": "?o def:nothing* ?x",
    "a property that is not named": "?o ?p area:E06000002",
}


_FIGURE = f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>"

# A path of no steps leads from what a statement names to itself.
NO_STEPS = {
    "from a figure": f"SELECT * {{ {_FIGURE} def:nothing* ?y }}",
    "to a figure": f"SELECT * {{ ?y def:nothing? {_FIGURE} }}",
    "from a figure that another graph names": f"""SELECT * FROM dataset:work FROM <{BASE}catalog>
        {{ {_FIGURE} def:indicatorVersion* ?y }}""",
    "from a figure of another graph": f"SELECT * FROM dataset:work {{ {_FIGURE} def:nothing* ?y }}",
    "from what figures of a graph say": "SELECT * FROM dataset:waste { area:E06000002 def:nothing* ?y }",
    "within a graph": "SELECT * { GRAPH dataset:waste { area:E06000002 def:nothing* ?y } }",
    "within any graph": "SELECT * { GRAPH ?graph { area:E06000002 def:nothing* ?y } }",
    "to a number": "SELECT * { ?y def:nothing* 12.5 }",
    "from what nothing names": "SELECT * { area:nowhere def:nothing* ?y }",
    "to what is known": f"SELECT * {{ {_FIGURE} sdmx-dimension:refArea ?a . ?a def:nothing* area:E06000002 }}",
}


# Paths within paths, whose brackets matter.
BRACKETS = {
    "any number of any number of steps": "SELECT ?x { area:E06000002 ((def:within)+)+ ?x }",
    "the same, with a figure beside": """SELECT ?o ?x { ?o sdmx-dimension:refArea ?a . ?a ((def:within)+)+ ?x
        FILTER EXISTS { ?o def:sampleSize ?z } }""",
    "against what is against": "SELECT ?x { area:E06000002 ^(^def:within) ?x . ?o sdmx-dimension:refArea ?x }",
    "one of several, any number of any number of times": """SELECT DISTINCT ?x {
        ?o sdmx-dimension:refArea ?a . ?a ((def:within|skos:broader)+)+ ?x }""",
}
MATTERS = {**{name: f"SELECT * {{ {group} }}" for name, group in NARROWED.items()}, **NO_STEPS, **BRACKETS}


@pytest.mark.parametrize("name", MATTERS)
def test_nothing_is_left_out_that_matters(worlds: list[CubeWorld], name: str) -> None:
    for world in worlds:
        query = PREFIXES + MATTERS[name]
        wanted = world.judge(query)
        assert world.ask(query) == wanted
        assert world.ask_rows(query) in (None, wanted)


DISTINCT = {
    "the row is shown": "SELECT DISTINCT ?o ?t { ?o sdmx-dimension:refPeriod ?t }",
    "the row is tested": "SELECT DISTINCT ?t { ?o sdmx-dimension:refPeriod ?t FILTER(CONTAINS(STR(?o), 'E06000003')) }",
    "the row is what something names": "SELECT DISTINCT ?a { ?o sdmx-dimension:refArea ?a . ?x def:about ?o }",
    "two rows": """SELECT DISTINCT ?t ?v { ?o sdmx-dimension:refArea ?a ; sdmx-dimension:refPeriod ?t .
        ?n sdmx-dimension:refArea ?a ; sdmx-measure:obsValue ?v }""",
    "a path of any number of steps leads from the row": """SELECT DISTINCT ?a {
        ?o sdmx-dimension:refArea+ ?a ; def:sampleSize ?z }""",
    "one of two paths of any number of steps leads from the row": """SELECT DISTINCT ?a {
        ?o (sdmx-dimension:refArea+|skos:broader+) ?a ; def:sampleSize ?z }""",
    "a path of any number of steps leads to the row": "SELECT DISTINCT ?z { ?t def:about+/def:sampleSize ?z }",
    "the same, and it is not shown": "SELECT DISTINCT ?t ?a { ?t def:about+ ?o . ?o sdmx-dimension:refArea ?a }",
    "a path leads from what the row says": "SELECT DISTINCT ?y { ?o ?p ?x . ?x rdf:type+ ?y }",
    "the row is what a test is about": """SELECT DISTINCT ?a { ?o sdmx-dimension:refArea ?a
        FILTER EXISTS { ?o def:sampleSize 900 } }""",
    "properties": "SELECT DISTINCT ?p { ?s ?p ?o }",
    "properties with what they say": "SELECT DISTINCT ?p ?o { ?s ?p ?o }",
    "figures": "SELECT DISTINCT ?v ?l { ?o sdmx-measure:obsValue ?v ; def:lowerLimit ?l }",
    "words": "SELECT DISTINCT ?m ?r { ?o rdfs:comment ?m ; def:reason ?r }",
}


@pytest.mark.parametrize("name", DISTINCT)
def test_rows_that_say_the_same_are_one_only_where_that_is_so(worlds: list[CubeWorld], name: str) -> None:
    for world in worlds:
        query = f"{PREFIXES} {DISTINCT[name]}"
        assert world.ask(query) == world.judge(query)

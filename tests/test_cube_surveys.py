"""What a client asks that does not know a store yet: which properties, classes and graphs it has, and how much of each.

Many more are made up with CUBE_EXAMPLES=10000 (`make nightly`).
"""

from __future__ import annotations

import json

import pyoxigraph
import pytest
from cube_world import PREFIXES, CubeWorld
from hypothesis import given
from hypothesis import strategies as st
from test_cube_queries import FEWER, is_small, tried, worlds
from test_publish_world import BASE
from test_sparql_limits import run, with_pool

from api.sparql_pool import Answer, Limits, Pool
from tools.example_site import ExampleSite

__all__ = ["worlds"]

# These are answered from rows, whatever there is.
SURVEYS = {
    "all statements": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "all statements, by what they say": "SELECT (COUNT(?o) AS ?n) { ?s ?p ?o }",
    "all statements in graphs": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "properties": "SELECT DISTINCT ?p { ?s ?p ?o }",
    "properties as groups": "SELECT ?p { ?s ?p ?o } GROUP BY ?p",
    "properties in order": "SELECT DISTINCT ?p { ?s ?p ?o } ORDER BY ?p",
    "how many properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
    "how many subjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
    "how many subjects of each class": "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c } GROUP BY ?c",
    "how many subjects of each property": "SELECT ?p (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "how many subjects of a graph": "SELECT ?g (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "subjects": "SELECT DISTINCT ?s { ?s ?p ?o }",
    "how many figures": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a qb:Observation }",
    "how often each property": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "properties that are frequent": """SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(*) > 20)
        ORDER BY DESC(?n) ?p""",
    "classes": "SELECT DISTINCT ?c { ?s a ?c }",
    "how often each class": "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c",
    "graphs": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
    "how much in each graph": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "properties of each graph": "SELECT ?g ?p (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?p",
    "how much in one graph": "SELECT (COUNT(*) AS ?n) { GRAPH dataset:work { ?s ?p ?o } }",
    "how much in no graph": "SELECT (COUNT(*) AS ?n) { GRAPH dataset:nothing { ?s ?p ?o } }",
    "properties of a class": "SELECT DISTINCT ?p { ?s a qb:Observation ; ?p ?o }",
    "properties of each class": "SELECT ?c ?p (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o } GROUP BY ?c ?p",
    "which properties each class has": "SELECT DISTINCT ?c ?p { ?s a ?c ; ?p ?o }",
    "what says an area": "SELECT ?s ?p { ?s ?p area:E06000002 }",
    "how often an area is said": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p area:E06000002 } GROUP BY ?p",
    "what says a status": "SELECT ?p (COUNT(DISTINCT ?s) AS ?n) { ?s ?p status:suppressed } GROUP BY ?p",
    "properties of one figure": f"""SELECT ?p {{
        <{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y> ?p ?o }}""",
    "properties but one": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o FILTER(?p != rdf:type) } GROUP BY ?p",
    "properties with their names": """SELECT ?p ?k (COUNT(*) AS ?n) { ?s ?p ?o . ?p skos:prefLabel ?k }
        GROUP BY ?p ?k""",
    "properties of figures of an area": """SELECT ?p (COUNT(?o) AS ?n) {
        ?s sdmx-dimension:refArea area:E06000002 ; ?p ?o } GROUP BY ?p""",
    "what is of either kind": """SELECT ?p (COUNT(*) AS ?n) {
        { ?s a qb:Observation ; ?p ?o } UNION { ?s a def:MissingObservation ; ?p ?o } } GROUP BY ?p""",
    "things told apart of what is never and what may be": """SELECT ?a (COUNT(DISTINCT ?z) AS ?n) FROM dataset:waste {
        { ?a rdfs:comment period:2023-01-01_P1Y } UNION { ?x skos:prefLabel dataset:waste . ?o def:within ?y
          MINUS { ?z def:within ?z . ?z ^def:lowerLimit ?y } } } GROUP BY ?a""",
    "within another query": "SELECT ?p ?n { { SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p } FILTER(?n > 9) }",
    "nothing": "SELECT (COUNT(*) AS ?n) { ?s a def:Nothing ; ?p ?o }",
}


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_is_answered_from_rows(worlds: list[CubeWorld], name: str) -> None:
    for world in worlds:
        query = PREFIXES + SURVEYS[name]
        assert world.ask_rows(query) == world.judge(query)


def test_who_asks_before_all_is_made_ready_waits_for_it(
    example_site: ExampleSite, example_store: pyoxigraph.Store
) -> None:
    async def work(pool: Pool) -> list[Answer | str]:
        # On a machine that is busy it may have to come back.
        while (first := await run(pool, PREFIXES + SURVEYS["all statements"])) == "busy":
            pass
        return [first, await run(pool, PREFIXES + SURVEYS["graphs"])]

    everything, graphs = with_pool(example_site.edition.folder / "rdf" / "store", work, Limits())
    assert isinstance(everything, Answer)
    [count] = json.loads(everything.body)["results"]["bindings"]
    assert int(count["n"]["value"]) == len(example_store)
    assert everything.from_rows
    assert isinstance(graphs, Answer)
    assert graphs.rows > 1


_FREE = [
    *("?s ?p ?o", "?s ?p ?o", "?s ?p ?o", "?s ?p area:E06000002", "?s ?p 12.5", "?s ?p 900", "?s ?p ?s"),
    *(
        "?s ?p status:suppressed",
        "area:E06000002 ?p ?o",
        "?o ?p ?s",
        "?s ?p ?p",
        '?s ?p "Few"@en',
        "?s ?p false",
    ),
    f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y> ?p ?o",
    f"?s ?p <{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>",
]
_BESIDE = [
    *(
        "?s a ?c",
        "?s a qb:Observation",
        "?s sdmx-dimension:refArea ?a",
        "?s def:indicator indicator:recycled",
    ),
    *(
        "?s skos:prefLabel ?k",
        "?a skos:prefLabel ?k",
        "?p skos:prefLabel ?k",
        "?x def:about ?s",
        "?x def:about ?o",
    ),
    *(
        "?o skos:prefLabel ?k",
        "?s sdmx-measure:obsValue ?o",
        "?s qb:dataSet|def:dataset ?a",
        "?s def:lowerLimit ?l",
    ),
    *("?o a ?c", "?s rdfs:comment ?m", "?s ?q ?x", "?p a ?c", "area:E06000002 skos:prefLabel ?k"),
]
_TESTS = [
    *("isIRI(?o)", "isLiteral(?o)", "?p != rdf:type", "?p = sdmx-dimension:refArea", "?o = area:E06000002"),
    *(
        "datatype(?o) = xsd:decimal",
        "?s != ?o",
        "bound(?l)",
        "!bound(?c)",
        "?o > 10",
        "?p IN (rdf:type, def:reason)",
    ),
    *("EXISTS { ?s def:reason ?r }", "NOT EXISTS { ?s a qb:Observation }", "STRENDS(STR(?p), 'Area')"),
    *("?s = area:E06000002", "lang(?o) = 'en'", "?c = qb:Observation || ?p = rdf:type"),
]
_SHOWN = [
    *(
        "(COUNT(*) AS ?n)",
        "(COUNT(?o) AS ?n)",
        "(COUNT(?l) AS ?n) (COUNT(*) AS ?z)",
        "(COUNT(DISTINCT ?p) AS ?n)",
    ),
    *(
        "(COUNT(DISTINCT ?s) AS ?n)",
        "(COUNT(DISTINCT ?o) AS ?n)",
        "(COUNT(DISTINCT ?c) AS ?n)",
        "(MAX(?o) AS ?n)",
    ),
    *("(MIN(?p) AS ?n)", "(COUNT(DISTINCT ?a) AS ?n) (COUNT(?p) AS ?z)", "(COUNT(?undefined) AS ?n)"),
]
_KEYS = ["?p", "?p", "?c", "?s", "?a", "?g", "?k", "?o"]
_CLAUSES = [
    "",
    "",
    "",
    "FROM dataset:waste",
    f"FROM dataset:work FROM <{BASE}catalog>",
    "FROM NAMED dataset:work",
]


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A pattern of any property, and others around it."""
    lines = [draw(st.sampled_from(_FREE)), *draw(st.lists(st.sampled_from(_BESIDE), max_size=2, unique=True))]
    found = " . ".join(draw(st.permutations(lines)))
    if draw(st.integers(0, 3)) == 0:
        graph = draw(st.sampled_from(["?g", "?g", "dataset:work", f"<{BASE}catalog>"]))
        found = f"GRAPH {graph} {{ {found} }}"
    if draw(st.integers(0, 2)) == 0:
        found = f"{found} FILTER({draw(st.sampled_from(_TESTS))})"
    if draw(st.integers(0, 7)) == 0:
        found = f"{found} BIND(datatype(?o) AS ?k2)"
    if draw(st.integers(0, 5)) == 0:
        kind = draw(st.sampled_from(["UNION", "UNION", "OPTIONAL", "MINUS"]))
        first = f"{{ {found} }}" if kind == "UNION" else found
        found = f"{first} {kind} {{ {draw(patterns())} }}"
    return found


@st.composite
def surveys(draw: st.DrawFn) -> str:
    inner, clause = draw(patterns()), draw(st.sampled_from(_CLAUSES))
    keys = " ".join(draw(st.lists(st.sampled_from(_KEYS), max_size=2, unique=True)))
    kind = draw(st.sampled_from(["count", "count", "count", "distinct", "distinct", "plain", "within"]))
    if kind == "distinct":
        return f"SELECT DISTINCT {keys or '?p'} {clause} {{ {inner} }}"
    if kind == "plain":
        return f"SELECT {keys or '*'} {clause} {{ {inner} }}"
    having = draw(st.sampled_from(["", "", "HAVING (COUNT(*) > 5)"])) if keys else ""
    grouped = f"GROUP BY {keys} {having}" if keys else ""
    shown = f"{keys} {draw(st.sampled_from(_SHOWN))}"
    if kind == "count":
        return f"SELECT {shown} {clause} {{ {inner} }} {grouped}"
    return f"SELECT * {clause} {{ {{ SELECT {shown} {{ {inner} }} {grouped} }} ?p skos:prefLabel ?name }}"


@tried(FEWER)
@given(data=st.data(), survey=surveys())
def test_any_survey_gives_what_the_store_with_everything_gives(
    worlds: list[CubeWorld], data: st.DataObject, survey: str
) -> None:
    world, query = data.draw(st.sampled_from(worlds)), PREFIXES + survey
    if is_small(world.whole, query):
        wanted = world.judge(query)
        assert world.ask_rows(query) in (None, wanted)
        found = world.ask_parts(query)
        assert found is None or found[0] == wanted

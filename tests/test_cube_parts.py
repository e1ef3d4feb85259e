"""Queries of which parts are answered from rows: that this is done, where it must not be, and what is told then."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from cube_world import PREFIXES, CubeWorld, make_world, told
from test_cube_queries import worlds
from test_cube_sql import COMPILED, LEFT
from test_publish_world import BASE

from api.cube.parts import solutions
from api.cube.sql.numbers import Uncertain

__all__ = ["worlds"]

FACTS = """?o def:indicator ?i ; sdmx-dimension:refArea ?a ; sdmx-dimension:refPeriod ?t ;
    sdmx-measure:obsValue ?v ."""
FIGURE = f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>"
NAMED = "?a skos:prefLabel ?k ."

# What has no SQL, and beside it what has: all that is left needs no observation.
IN_PARTS = {
    "REGEX, REPLACE and other functions of texts": f"SELECT ?o {{ {FACTS} {NAMED} FILTER(REGEX(?k, 'r')) }}",
    "functions of dates, hashes, random": f"""SELECT ?y (SUM(?v) AS ?n) {{ {FACTS} ?t def:startOn ?b
        BIND(YEAR(?b) AS ?y) }} GROUP BY ?y""",
    "ROUND, FLOOR, CEIL, ABS": f"SELECT (ROUND(?v) AS ?r) (ABS(?v - 50) AS ?x) {{ {FACTS} }}",
    "SAMPLE, GROUP_CONCAT": f"""SELECT ?i (GROUP_CONCAT(?k; separator=', ') AS ?g) {{
        {{ SELECT ?i ?k {{ {FACTS} {NAMED} }} ORDER BY ?k }} }} GROUP BY ?i""",
    "MIN, MAX of texts": f"SELECT ?i (MIN(?k) AS ?l) {{ {FACTS} {NAMED} }} GROUP BY ?i",
    "COUNT(DISTINCT *)": f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {FACTS} }}",
    "CONSTRUCT": f"CONSTRUCT {{ ?o def:of ?a ; def:is ?v }} WHERE {{ {FACTS} FILTER(?v > 10) }}",
    "comparison of values of several kinds": f"SELECT ?o {{ {FACTS} FILTER(?a > ?v || ?v > 1) }}",
    "different terms of several kinds, and their order": f"""SELECT DISTINCT ?x {{ {{ {FACTS} BIND(?v AS ?x) }} UNION
        {{ {FACTS} BIND(?a AS ?x) }} }} ORDER BY ?x""",
    "numbers in floating point": f"SELECT ?o {{ {FACTS} FILTER(?v > 1e1) }}",
}

# How many parts of a query become SQL, and whether nothing else is needed of the observations.
BESIDE: dict[str, tuple[int, bool, str]] = {
    "an order of terms of several kinds": (
        *(2, True),
        f"SELECT ?o ?x {{ {{ {FACTS} BIND(?v AS ?x) }} UNION {{ {FACTS} BIND(?a AS ?x) }} }} ORDER BY ?x ?o",
    ),
    "CONSTRUCT of its own pattern": (1, True, f"CONSTRUCT WHERE {{ {FACTS} }}"),
    "ASK": (1, True, f"ASK {{ {FACTS} {NAMED} FILTER(STRLEN(?k) > 3) }}"),
    "a sub-query": (
        *(1, True),
        f"""SELECT ?a ?n ?k {{ {{ SELECT ?a (COUNT(*) AS ?n) {{ {FACTS} }} GROUP BY ?a }} {NAMED}
            FILTER(UCASE(?k) != '') }}""",
    ),
    "one side of UNION": (
        *(1, True),
        f"SELECT * {{ {{ {FACTS} }} UNION {{ ?a skos:prefLabel ?k FILTER(REGEX(?k, 'r')) }} }}",
    ),
    "OPTIONAL of something else": (
        *(1, True),
        f"SELECT * {{ {FACTS} OPTIONAL {{ ?a skos:prefLabel ?k FILTER(REGEX(?k, 'r')) }} }}",
    ),
    "what stands behind what has no SQL": (
        *(1, True),
        f"SELECT ?o ?k {{ ?a skos:prefLabel ?k BIND(UCASE(?k) AS ?u) {FACTS} FILTER(CONTAINS(?u, 'ROOK')) }}",
    ),
    "both sides of MINUS": (
        *(2, True),
        f"SELECT ?o ?w {{ {FACTS} BIND(ROUND(?v) AS ?w) MINUS {{ ?n sdmx-measure:obsValue ?w }} }}",
    ),
    "half of a filter": (1, True, f"SELECT ?o {{ {FACTS} {NAMED} FILTER(?v > 40 && REGEX(?k, 'r')) }}"),
    "DESCRIBE": (1, False, f"DESCRIBE ?o {{ {FACTS} FILTER(?v > 40) }}"),
    "a property as a variable": (1, False, f"SELECT * {{ {FACTS} ?o ?p ?x FILTER(?v > 40) }}"),
    "EXISTS": (1, False, f"SELECT ?o {{ {FACTS} FILTER EXISTS {{ ?o ?p ?x FILTER(ROUND(?v) = ?x) }} }}"),
    "one graph, and another edition": (
        *(1, False),
        f"""SELECT * {{ GRAPH dataset:waste {{ {FACTS} }}
            OPTIONAL {{ GRAPH <{BASE}id/edition/2020-01-01-000000000000> {{ ?o sdmx-measure:obsValue ?w }} }} }}""",
    ),
    "what no figure is asked about": (0, True, "SELECT ?k { ?a skos:prefLabel ?k FILTER(REGEX(?k, '^B')) }"),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    return make_world(tmp_path_factory.mktemp("parts") / "2026-01-02-000000000001")


@pytest.mark.parametrize("name", [*IN_PARTS, *BESIDE])
def test_parts_of_this_are_answered_from_rows(world: CubeWorld, name: str) -> None:
    count, is_alone, text = BESIDE.get(name) or (1 + ("kinds, and" in name), True, IN_PARTS[name])
    query = PREFIXES + text
    assert world.ask_rows(query) is None
    found = world.ask_parts(query)
    assert found is not None
    result, rewritten = found
    assert (len(rewritten.known), rewritten.is_alone) == (count, is_alone)
    wanted = world.judge(query)
    assert wanted
    assert result == wanted


def test_reference_names_what_is_pushed_down() -> None:
    """The table of the reference has a row for each thing that is tried here, and no other."""
    text = (Path(__file__).parent.parent / "docs" / "reference" / "sparql.md").read_text("utf-8")
    part = text[text.index("## Answered from rows") :].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (.+?) \| (rows|parts|statements) \|", part, re.MULTILINE))
    named = {name.replace("\\|", "|"): way for name, way in rows.items()}
    ways = {"rows": COMPILED, "parts": IN_PARTS, "statements": LEFT}
    assert named == {name: way for way, names in ways.items() for name in names}


def rewritten_text(world: CubeWorld, query: str) -> str:
    found = world.ask_parts(PREFIXES + query)
    assert found is not None
    assert found[0] == world.judge(PREFIXES + query)
    return found[1].text


def test_what_is_within_exists_stays(world: CubeWorld) -> None:
    """It is looked at with what each solution around it has."""
    inner = "?n sdmx-dimension:refArea ?a ; sdmx-measure:obsValue ?w FILTER(ROUND(?w) > ROUND(?v))"
    for word in ("EXISTS", "NOT EXISTS"):
        text = rewritten_text(world, f"SELECT ?o {{ {FACTS} FILTER {word} {{ {inner} }} }}")
        assert inner in text
        assert FACTS not in text
    text = rewritten_text(world, f"SELECT * {{ {FACTS} BIND(EXISTS {{ {inner} }} AS ?e) }}")
    assert inner in text


def test_a_filter_of_optional_that_looks_at_what_is_around_it_stays(world: CubeWorld) -> None:
    inner = "?n sdmx-dimension:refArea ?a ; sdmx-measure:obsValue ?w"
    # What OPTIONAL is joined on is not known to SQL, so it is a part of its own.
    first = f"{FACTS} BIND(ROUND(?v) AS ?w)"
    text = rewritten_text(world, f"SELECT * {{ {first} OPTIONAL {{ {inner} FILTER(?w > ?v) }} }}")
    assert "FILTER(?w > ?v)" in text
    assert inner not in text
    # What such a filter says of the part alone may go with it.
    text = rewritten_text(world, f"SELECT * {{ {first} OPTIONAL {{ {inner} FILTER(?w > 10) }} }}")
    assert "FILTER" not in text
    # A variable without a value within may have one outside.
    loose = f"{inner} OPTIONAL {{ ?n def:sampleSize ?z }}"
    text = rewritten_text(
        world,
        f"SELECT * {{ {first} OPTIONAL {{ ?o def:sampleSize ?z }} OPTIONAL {{ {loose} FILTER(!bound(?z)) }} }}",
    )
    assert "FILTER(!bound(?z))" in text


def test_where_solutions_are_many_the_query_goes_on_as_it_was(
    world: CubeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = PREFIXES + IN_PARTS["numbers in floating point"]
    for limit in ("MOST_VALUES", "MOST_LETTERS"):
        with monkeypatch.context() as patch:
            patch.setattr(solutions, limit, 5)
            assert world.ask_parts(query) is None
    assert world.ask(query) == world.judge(query)


def test_one_look_serves_queries_of_one_shape(world: CubeWorld) -> None:
    checks: list[str] = []
    counts = []
    for area, least in (("E06000002", "1e0"), ("E06000003", "1e0"), ("nowhere", "1e0")):
        pattern = f"?o sdmx-dimension:refArea area:{area} ; sdmx-measure:obsValue ?v FILTER(?v > {least})"
        query = f"{PREFIXES} SELECT ?v {{ {pattern} }}"
        request = {"query": query, "default_graphs": None, "named_graphs": None}
        rewritten = world.engine.rewrite(request, lambda: checks.append("asked"))
        counts.append(len(told(world.engine.store.query(rewritten.text))))
        assert told(world.engine.store.query(rewritten.text)) == world.judge(query)
    assert checks == ["asked"]
    assert counts[0] > 0
    assert counts[2] == 0


def test_graphs_that_a_request_names_go_before_those_of_its_query(world: CubeWorld) -> None:
    query = f"{PREFIXES} SELECT ?v FROM dataset:work {{ ?o sdmx-measure:obsValue ?v FILTER(?v > 1e0) }}"
    counts = {}
    for graphs in (
        None,
        [f"{BASE}id/dataset/waste"],
        [f"{BASE}catalog", f"{BASE}id/dataset/waste", f"{BASE}id/dataset/work"],
    ):
        request = {"query": query, "default_graphs": graphs, "named_graphs": None}
        rewritten = world.engine.rewrite(request, lambda: None)
        assert rewritten.is_alone
        found = told(world.engine.store.query(rewritten.text))
        wanted = None if graphs is None else [ox.NamedNode(graph) for graph in graphs]
        assert found == told(world.whole.query(query, default_graph=wanted))
        counts[str(graphs)] = len(found)
    assert len(set(counts.values())) == 3


# What a filter says of one term is asked about each term once; here each is tried on its own.
APART = {
    "of a name": "?a skos:prefLabel ?k FILTER(REGEX(?k, '^B', 'i'))",
    "of a thing": "FILTER(STRENDS(STR(?a), '2') || STRLEN(STR(?a)) > 1000)",
    "of a period": "FILTER REGEX(STR(?t), '2022') .",
    "joined by &&": "?a skos:prefLabel ?k FILTER(REGEX(?k, 'r') && ?v > 3 && REGEX(STR(?i), 'recycled'))",
    "within brackets": "?a skos:prefLabel ?k FILTER((REGEX(?k, 'r') && STRLEN(?k) > 2))",
    "that is an error": "?a skos:prefLabel ?k FILTER(YEAR(?k) > 1)",
    "of a date": "?t def:startOn ?n FILTER(YEAR(?n) = 2022)",
    "of a language": "?a skos:prefLabel ?k FILTER(LANGMATCHES(LANG(?k), 'en'))",
}


@pytest.mark.parametrize("name", APART)
def test_a_test_of_one_term_goes_into_a_part(world: CubeWorld, name: str) -> None:
    for one in (f"{FACTS} {APART[name]}", f"{APART[name]} {FACTS}"):
        assert "FILTER" not in rewritten_text(world, f"SELECT * {{ {one} BIND(ROUND(?v) AS ?r) }}")


@pytest.mark.parametrize(
    "test",
    ["REGEX(STR(?a), STR(?v))", "REGEX(STR(?o), '2')", "RAND() > 2", "?v > 1e1", "NOW() > ?t", "ex:f(?a)"],
)
def test_a_test_of_more_than_a_term_stays(world: CubeWorld, test: str) -> None:
    query = f"PREFIX ex: <http://e/> {PREFIXES} SELECT * {{ {FACTS} FILTER({test}) }}"
    found = world.engine.rewrite({"query": query, "default_graphs": None, "named_graphs": None}, lambda: None)
    assert "FILTER" in found.text


MANY = " ".join(f"<{BASE}id/area/E{number:08d}>" for number in range(5_000))

LISTS = {
    "once": "VALUES ?a { MANY area:E06000002 } FACTS BIND(ROUND(?v) AS ?r)",
    "behind": "FACTS VALUES ?a { area:E06000003 MANY area:E06000002 area:E06000002 } . BIND(ROUND(?v) AS ?r)",
    "with OPTIONAL": "VALUES ?a { MANY area:E06000002 } OPTIONAL { FACTS }",
    "in brackets": "VALUES (?a) { MANY_ROWS (area:E06000002) } FACTS",
    "of two variables": "VALUES (?a ?z) { MANY_PAIRS (area:E06000002 1) } FACTS",
    "of figures": f"VALUES ?o {{ MANY {FIGURE} }} FACTS",
    "before OPTIONAL": """?o sdmx-dimension:refPeriod period:2022-04-01_P1Y VALUES ?a { MANY area:E06000002 'text' }
        OPTIONAL { ?o sdmx-dimension:refArea ?a ; sdmx-measure:obsValue ?v }""",
    "of texts too": "VALUES ?a { MANY area:E06000002 'text' } FACTS",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_of_values(world: CubeWorld, name: str) -> None:
    things = MANY.split()[:800]
    text = LISTS[name].replace("MANY_ROWS", " ".join(f"({one})" for one in things))
    text = text.replace("MANY_PAIRS", " ".join(f"({one} UNDEF)" for one in things))
    query = f"{PREFIXES} SELECT * {{ {text.replace('MANY', ' '.join(things * 2)).replace('FACTS', FACTS)} }}"
    found = world.ask_parts(query)
    assert found is not None
    assert found[0] == world.judge(query)
    is_list = name in ("once", "behind")
    assert (len(found[1].text) < len(query)) == is_list


def test_marks_of_ours_in_a_query_are_not_taken_for_parts(world: CubeWorld) -> None:
    query = f"{PREFIXES} SELECT * {{ VALUES ?x {{ <x-part:0> }} {FACTS} FILTER(?v > 1e1) }}"
    with pytest.raises(Uncertain):
        world.engine.rewrite({"query": query, "default_graphs": None, "named_graphs": None}, lambda: None)

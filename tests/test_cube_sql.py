"""What becomes SQL and what does not, operator by operator, on the small world whose figures can be checked by hand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyoxigraph as ox
import pytest
from cube_world import PREFIXES, CubeWorld, make_world
from hypothesis import given, settings
from hypothesis import strategies as st
from shares_from_rows import find_shares
from test_publish_world import BASE, observation
from test_publish_world import work as make_work
from test_sparql_limits import ENDED, LIMITS, run, with_pool

from api.cube.engine import Engine
from api.cube.sql.columns import Column
from api.cube.sql.expressions import ordered
from api.cube.sql.lifting import lift
from api.cube.sql.numbers import UNIT, Uncertain, divide, split, split_text, units, work_out, write
from api.sparql_pool import Answer, Pool

FIGURE = f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>"
FACTS = """?o def:indicator ?i ; sdmx-dimension:refArea ?a ; sdmx-dimension:refPeriod ?t ;
    sdmx-measure:obsValue ?v ."""

# What is pushed down, by the name that docs/reference/sparql.md has for it. Each is tried on its own.
COMPILED = {
    "basic graph pattern": f"SELECT * {{ {FACTS} }}",
    "a figure by its address": f"SELECT ?v {{ {FIGURE} sdmx-measure:obsValue ?v }}",
    "labels and other statements about what figures name": f"SELECT ?k {{ {FACTS} ?a skos:prefLabel ?k }}",
    "path: sequence": "SELECT ?k { ?o sdmx-dimension:refArea/skos:prefLabel ?k }",
    "path: inverse": "SELECT ?o { area:E06000002 ^sdmx-dimension:refArea ?o . ?o sdmx-measure:obsValue ?v }",
    "path: alternative": "SELECT ?d { ?o qb:dataSet|def:dataset ?d }",
    "path: +, of statements that are not about figures": f"SELECT ?e {{ {FACTS} ?a def:within+ ?e }}",
    "path: * and ? from or to a thing that is named": f"""SELECT * {{ {FACTS} area:E06000002 def:within* ?e .
        ?a def:within? area:E06000002 }}""",
    "a property that other statements name": """SELECT * { ?o qb:dataSet/def:brokenDownBy ?q ; ?q ?x .
        ?x def:isTotal true }""",
    "a property as a variable, counted or told apart": "SELECT ?p (COUNT(?x) AS ?n) { ?o ?p ?x } GROUP BY ?p",
    "GRAPH, FROM": f"""SELECT * FROM dataset:waste FROM NAMED dataset:work {{ {FACTS}
        GRAPH ?g {{ ?o2 qb:dataSet ?d }} }}""",
    "VALUES": f"SELECT * {{ VALUES ?a {{ area:E06000002 area:E06000003 area:nowhere }} {FACTS} }}",
    "OPTIONAL": f"SELECT * {{ {FACTS} OPTIONAL {{ ?o rdfs:comment ?m }} OPTIONAL {{ ?a def:within ?e }} }}",
    "FILTER: comparison of figures": f"SELECT ?o {{ {FACTS} FILTER(?v > 40 && ?v <= 50.0) }}",
    "FILTER: =, !=, IN, NOT IN": f"""SELECT ?o {{ {FACTS}
        FILTER(?a IN (area:E06000002) && ?t != ?a && ?v NOT IN (1)) }}""",
    "FILTER: &&, ||, !": f"SELECT ?o {{ {FACTS} FILTER(!(?v > 40) || ?a = area:E06000002) }}",
    "FILTER: bound, COALESCE, IF": f"""SELECT ?o {{ {FACTS} OPTIONAL {{ ?o def:sampleSize ?z }}
        FILTER(!bound(?z) || COALESCE(?z, 0) > 1 || IF(?v > 1, true, false)) }}""",
    "FILTER: STR, CONTAINS, STRSTARTS, STRENDS": f"""SELECT ?o {{ {FACTS} ?a skos:prefLabel ?k
        FILTER(CONTAINS(?k, "rook") && STRSTARTS(STR(?a), "https") && STRENDS(STR(?o), "P1Y")) }}""",
    "FILTER: LANG, datatype, isIRI, sameTerm": f"""SELECT ?o {{ {FACTS} ?a skos:prefLabel ?k
        FILTER(LANG(?k) = "en" && datatype(?v) = xsd:decimal && isIRI(?a) && sameTerm(?a, ?a)) }}""",
    "EXISTS, NOT EXISTS": f"""SELECT ?o {{ {FACTS} FILTER NOT EXISTS {{
        ?p def:indicator ?i ; sdmx-measure:obsValue ?w FILTER(?w > ?v) }}
        FILTER EXISTS {{ ?a skos:prefLabel ?k }} }}""",
    "MINUS": f"SELECT ?o {{ {FACTS} MINUS {{ ?o sdmx-dimension:refArea area:E06000002 }} }}",
    "UNION": f"SELECT * {{ {{ {FACTS} }} UNION {{ ?o def:reason ?r }} }}",
    "BIND, and + - * /": f"SELECT ?o ?w ?x {{ {FACTS} BIND(?v * 2 - 1 AS ?w) BIND((?v + 0.5) / 3 AS ?x) }}",
    "DISTINCT": f"SELECT DISTINCT ?a ?i {{ {FACTS} }}",
    "GROUP BY, HAVING": f"SELECT ?a (COUNT(*) AS ?n) {{ {FACTS} }} GROUP BY ?a HAVING (COUNT(*) > 1)",
    "COUNT": f"SELECT ?i (COUNT(?o) AS ?n) (COUNT(DISTINCT ?a) AS ?k) {{ {FACTS} }} GROUP BY ?i",
    "SUM, AVG": f"SELECT ?i (SUM(?v) AS ?s) (AVG(?v) AS ?m) {{ {FACTS} }} GROUP BY ?i",
    "MIN, MAX of dates and of things": f"""SELECT ?i (MIN(?a) AS ?l) (MAX(?b) AS ?h) {{ {FACTS} ?t def:endOn ?b }}
        GROUP BY ?i""",
    "aggregates of an expression": f"""SELECT ?i (SUM(?v * 2) AS ?s)
        (COUNT(DISTINCT ?v + 1) AS ?n) {{ {FACTS} }} GROUP BY ?i""",
    "GROUP BY an expression": f"SELECT ?x (COUNT(*) AS ?n) {{ {FACTS} }} GROUP BY (?v > 40 AS ?x)",
    "MIN, MAX of figures": f"SELECT (MIN(?v) AS ?l) (MAX(?v) AS ?h) {{ {FACTS} }}",
    "sub-query": f"SELECT ?a ?n {{ {{ SELECT ?a (COUNT(*) AS ?n) {{ {FACTS} }} GROUP BY ?a }} ?a def:within ?e }}",
    "ASK": f"ASK {{ {FACTS} FILTER(?v > 40) }}",
}

# What has no certain translation, not even in parts.
LEFT = {
    "a property as a variable, and what it says": f"SELECT * {{ {FIGURE} ?p ?x }}",
    "path: * and ? between variables, and negated": "SELECT * { ?o (sdmx-dimension:refArea|def:nothing)* ?a }",
    "DESCRIBE": f"DESCRIBE {FIGURE}",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    return make_world(tmp_path_factory.mktemp("rows") / "2026-01-02-000000000001")


@pytest.mark.parametrize("name", COMPILED)
def test_this_is_answered_from_rows(world: CubeWorld, name: str) -> None:
    query = PREFIXES + COMPILED[name]
    wanted = world.judge(query)
    assert wanted
    assert world.ask_rows(query) == wanted


@pytest.mark.parametrize("name", LEFT)
def test_this_is_left_to_statements(world: CubeWorld, name: str) -> None:
    query = PREFIXES + LEFT[name]
    assert world.ask_rows(query) is None
    assert world.ask_parts(query) is None
    assert world.ask(query) == world.judge(query)


@pytest.mark.parametrize(
    "inside",
    [
        "?o a qb:Observation FILTER(?g = dataset:waste)",
        "?o a qb:Observation OPTIONAL { ?o qb:dataSet ?g }",
        "?o a qb:Observation BIND(?g AS ?h)",
        "?o a qb:Observation FILTER EXISTS { ?o qb:dataSet ?g }",
        "?o qb:dataSet ?g",
    ],
)
def test_a_pattern_may_look_at_the_graph_that_it_is_in(world: CubeWorld, inside: str) -> None:
    query = f"{PREFIXES} SELECT * {{ GRAPH ?g {{ {inside} }} }}"
    wanted = world.judge(query)
    assert world.ask(query) == wanted
    assert world.ask_rows(query) in (None, wanted)
    in_parts = world.ask_parts(query)
    assert in_parts is None or in_parts[0] == wanted


def test_share_that_is_answered_from_rows_is_told_by_operator(world: CubeWorld) -> None:
    names = ("COUNT", "ASK", "GRAPH, FROM", "a property as a variable, and what it says")
    shares = find_shares(world, [PREFIXES + {**COMPILED, **LEFT}[name] for name in names])
    told = {share.operator: (share.queries, share.from_rows) for share in shares}
    assert told["BGP"] == (4, 3)
    assert told["Aggregate_Count"] == (1, 1)
    assert told["Filter"] == (1, 1)
    assert told["Graph"] == (1, 1)


def texts(world: CubeWorld, query: str) -> list[list[str]]:
    """Give the values of a query that is answered from rows, in its order."""
    request = {"query": PREFIXES + query, "default_graphs": None, "named_graphs": None}
    return [[term.value for term in row] for row in world.plans.answer(request, lambda: None).rows]


NODES = {
    "what is nowhere": "area:nowhere def:within* ?e",
    "what is nowhere, backwards": "?e def:within? area:nowhere",
    "what leads nowhere": "area:E92000001 def:within* ?e",
    "two things": "area:E06000002 def:within* area:E06000002 ; def:within* area:E92000001",
    "no thing": "'text' def:within* ?e",
    "a graph": "GRAPH dataset:waste { area:E06000002 def:within* ?e }",
    "a figure": f"{FIGURE} def:within* ?e",
}


@pytest.mark.parametrize("name", NODES)
def test_a_path_of_no_steps_leads_from_what_a_statement_names(world: CubeWorld, name: str) -> None:
    query = f"{PREFIXES} SELECT * {{ {NODES[name]} }}"
    assert world.ask_rows(query) in (None, world.judge(query))


def test_texts_in_several_languages_are_put_in_order_as_oxigraph_does(world: CubeWorld) -> None:
    """By their letters, then by language, without one last."""
    numbers = world.plans.terms.number_all(
        [
            ox.Literal("same", language="en"),
            ox.Literal("same"),
            ox.Literal("same", language="cy"),
            ox.Literal("a"),
        ]
    )
    parts = ordered(Column("term", ("c",), types=frozenset(("@en", "string", "@cy"))))
    values = ", ".join(f"({number})" for number in numbers)
    for word in ("", " DESC"):
        order = ", ".join(part + word for part in parts)
        found = world.plans.terms.connection.execute(
            f"SELECT c FROM (SELECT column1 AS c FROM (VALUES {values})) ORDER BY {order}"
        )
        texts_found = [str(world.plans.terms.all[number]) for (number,) in found]
        listed = " ".join(str(world.plans.terms.all[number]) for number in numbers)
        wanted = ox.Store().query(f"SELECT ?x {{ VALUES ?x {{ {listed} }} }} ORDER BY {word}(?x)")
        assert texts_found == [str(row[0]) for row in wanted]


def test_order_and_parts_of_it(world: CubeWorld) -> None:
    query = f"SELECT ?k ?v {{ {FACTS} ?a skos:prefLabel ?k }} ORDER BY ?k DESC(?v)"
    whole = texts(world, query)
    assert len(whole) > 4
    assert whole == sorted(sorted(whole, key=lambda row: -float(row[1])), key=lambda row: row[0])
    assert texts(world, f"{query} LIMIT 2 OFFSET 1") == whole[1:3]
    result = world.whole.query(f"{PREFIXES}{query}")
    assert [[term.value for term in solution] for solution in result] == whole


def test_what_has_no_value_comes_first(world: CubeWorld) -> None:
    query = PREFIXES + "SELECT ?o ?z { ?o qb:dataSet ?d OPTIONAL { ?o def:sampleSize ?z } } ORDER BY ?z"
    request = {"query": query, "default_graphs": None, "named_graphs": None}
    found = [row[1] for row in world.plans.answer(request, lambda: None).rows]
    assert None in found
    bound = [term for term in found if term is not None]
    assert found == [None] * found.count(None) + bound


def test_figures_with_more_digits_than_a_number_keeps(tmp_path: Path) -> None:
    """Figures that are one number in binary are told apart, summed and put in order to the last digit."""
    values = ("0.12345678901234567", "0.12345678901234568", "0.1234567890123457", "100")
    areas = ("E06000001", "E06000002", "E06000003", "E92000001")
    rows = [observation(area, "2022-04-01_P1Y", value) for area, value in zip(areas, values, strict=True)]
    made = make_world(tmp_path / "2026-01-02-000000000002", [*rows, make_work("E06000001", "5", "")])
    asked = (
        "SELECT ?v { ?o sdmx-measure:obsValue ?v }",
        "SELECT (SUM(?v) AS ?s) (AVG(?v) AS ?m) { ?o sdmx-measure:obsValue ?v }",
        "SELECT ?o { ?o sdmx-measure:obsValue ?v FILTER(?v > 0.12345678901234567) }",
        "SELECT ?v (COUNT(*) AS ?n) { ?o sdmx-measure:obsValue ?v } GROUP BY ?v",
        "SELECT (COUNT(DISTINCT ?v) AS ?n) { ?o sdmx-measure:obsValue ?v }",
        "SELECT (MAX(?v) AS ?n) { ?o sdmx-measure:obsValue ?v ; def:indicator indicator:in-work }",
    )
    for query in asked:
        assert made.ask_rows(PREFIXES + query) == made.judge(PREFIXES + query), query
    # Of the least of them, a number in binary is not enough to say which it is.
    least = f"{PREFIXES} SELECT (MIN(?v) AS ?n) {{ ?o sdmx-measure:obsValue ?v }}"
    assert made.ask_rows(least) in (None, made.judge(least))
    ordered = [[value] for value in (*values[:3], "5", "100")]
    assert texts(made, "SELECT ?v { ?o sdmx-measure:obsValue ?v } ORDER BY ?v") == ordered


def test_one_plan_serves_queries_of_one_shape(world: CubeWorld) -> None:
    pattern = "?o sdmx-dimension:refArea area:AREA ; sdmx-measure:obsValue ?v FILTER(?v > LEAST)"
    asked = f"{PREFIXES} SELECT ?v {{ {pattern} }}"
    checks: list[str] = []
    found = Counter[str]()
    for area, least in (("E06000002", "1"), ("E06000003", "2"), ("E06000002", "500"), ("nowhere", "0")):
        query = asked.replace("AREA", area).replace("LEAST", least)
        request = {"query": query, "default_graphs": None, "named_graphs": None}
        rows = list(world.plans.answer(request, lambda: checks.append("asked")).rows)
        assert len(rows) == len(list(world.whole.query(query)))
        found[area] += len(rows)
    assert checks == ["asked"]
    assert found["E06000002"] > 0
    assert found["E06000003"] > 0
    assert found["nowhere"] == 0


def shape(query: str) -> tuple[str, list[tuple[str, str]]]:
    lifted = lift(query, {"http://p/label"}, "http://s/observation/")
    assert lifted is not None
    return lifted.text, [(constant.kind, constant.value) for constant in lifted.constants]


def test_constants_are_lifted_out_by_their_kinds() -> None:
    text, constants = shape(
        'PREFIX p: <http://p/> SELECT * { ?s p:label "a"@en ; p:x p:y, 5, 2.50 . <http://s/observation/1> p:label ?l }'
    )
    assert constants == [
        *(
            ("string", "a"),
            ("iri", "http://p/x"),
            ("iri", "http://p/y"),
            ("integer", "5"),
            ("decimal", "2.50"),
        ),
        ("row", "http://s/observation/1"),
    ]
    # What is a property stays, and so does the text with its marks a query.
    assert "p:label" in text
    assert ox.Store().query(text) is not None


def test_an_address_behind_a_base_is_a_constant_like_any_other() -> None:
    _, constants = shape("BASE <http://s/> SELECT * { <observation/1> ?p <a/b_1> }")
    assert constants == [("row", "http://s/observation/1"), ("iri", "http://s/a/b_1")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { ?s ?p 5 }", "SELECT * { ?s ?p 5.0 }"),
        ("SELECT * { ?s ?p 'a' }", "SELECT * { ?s ?p 'a'@en }"),
        ("SELECT * { <http://s/observation/1> ?p ?o }", "SELECT * { <http://s/1> ?p ?o }"),
        ("SELECT * { ?s ?p -5 }", "SELECT * { ?s ?p -6 }"),
        ("SELECT * { ?s <http://p/label> ?o }", "SELECT * { ?s <http://p/other> ?o }"),
        ("SELECT * { ?s ?p 'a\\n' }", "SELECT * { ?s ?p 'b\\n' }"),
        ("SELECT * { ?s ?p true }", "SELECT * { ?s ?p false }"),
    ],
)
def test_constants_of_other_kinds_make_another_shape(one: str, other: str) -> None:
    assert shape(one)[0] != shape(other)[0]


@pytest.mark.parametrize(
    "query",
    [
        "BASE <http://b/c> SELECT * { <a> ?p ?o }",
        "BASE <http://b/> SELECT * { <../a> ?p ?o }",
        "BASE <http://b/> SELECT * { <//a/> ?p ?o }",
        "BASE <http://b/> BASE <http://c/> SELECT * { <a> ?p ?o }",
        'SELECT * { ?s ?p "x-mark:0" }',
        "SELECT * { ?s ?p 910000000000000 }",
        "PREFIX a: <http://a/> PREFIX a: <http://b/> SELECT * { a:x ?p ?o }",
        "SELECT * { ?s ?p 1 }\x00",
        "SELECT * { VALUES ?v { " + "1 " * 500 + "} }",
    ],
)
def test_a_query_that_could_be_taken_for_another_has_no_shape(query: str) -> None:
    assert lift(query, set(), "http://s/observation/") is None


DECIMALS = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(DECIMALS, DECIMALS, st.sampled_from("+-*/"))
def test_decimals_are_worked_out_as_oxigraph_does(one: object, other: object, sign: str) -> None:
    first, second = (format(number, "f") for number in (one, other))
    (solution,) = ox.Store().query(f"SELECT (({first}) {sign} ({second}) AS ?r) {{}}")
    wanted = solution[0]
    try:
        found = work_out(sign, *(sum_of(text) for text in (first, second)))
        told = None if found is None else write(*split(found))
    except Uncertain:
        return
    assert told == (None if wanted is None else wanted.value)


def sum_of(text: str) -> int:
    value, rest = split_text(text)
    return units(value) + rest


@settings(max_examples=60, deadline=None)
@given(st.lists(DECIMALS, min_size=1, max_size=6))
def test_a_mean_is_cut_off_where_oxigraph_does(numbers: list[object]) -> None:
    listed = " ".join(format(number, "f") for number in numbers)
    (solution,) = ox.Store().query(f"SELECT (AVG(?v) AS ?m) {{ VALUES ?v {{ {listed} }} }}")
    total = sum(sum_of(text) for text in listed.split())
    assert write(*split(divide(Fraction(total, UNIT), len(numbers)))) == solution[0].value


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=18, allow_nan=False))
def test_a_decimal_is_kept_in_two_numbers(number: object) -> None:
    text = format(number, "f").rstrip("0").rstrip(".")
    assert write(*split_text(text)) == ("0" if text == "-0" else text)


def test_rows_are_read_only(world: CubeWorld) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        world.plans.terms.connection.execute("DELETE FROM cat.observation_rows")


# ---- processes ----


def test_what_queries_need_is_made_before_they_ask(world: CubeWorld) -> None:
    engine = Engine(world.folder, world.rest)
    steps = sum(1 for _ in engine.learn())
    assert engine._plans is not None
    terms = engine._plans.terms
    made = set(terms._tables)
    # Those of properties one by one, and that of all statements in parts.
    assert 5 < steps <= len(made) + 5
    assert not terms.everything().is_empty
    for query in (
        f"SELECT ?k {{ {FACTS} ?a skos:prefLabel ?k }}",
        f"SELECT ?b {{ {FACTS} ?t def:startOn ?b }}",
        f"SELECT ?e {{ {FACTS} ?a def:within ?e }}",
    ):
        asked = {"query": PREFIXES + query, "default_graphs": None, "named_graphs": None}
        found = Counter(tuple(map(str, row)) for row in engine.answer_from_rows(asked, lambda: None).rows)
        assert found == Counter(tuple(map(str, row)) for row in world.whole.query(PREFIXES + query))
    assert set(terms._tables) == made


def test_a_process_that_came_too_early_for_a_table_says_so(world: CubeWorld) -> None:
    path = "<http://www.w3.org/2004/02/skos/core#prefLabel>+"
    early, late = (Engine(world.folder, world.rest) for _ in range(2))
    for _ in late.learn():
        pass
    for engine, is_early in ((early, True), (late, False)):
        assert not engine.is_early
        with pytest.raises(Uncertain):
            engine._open_plans().terms.said(path, 1)
        assert engine.is_early is is_early


def test_a_process_that_adds_nothing_serves_the_next_query_too(world: CubeWorld) -> None:
    async def work(pool: Pool) -> list[tuple[Answer | str, set[int]]]:
        found = []
        for name in ("COUNT", "OPTIONAL", "a property as a variable, and what it says", "COUNT"):
            answer = await run(pool, PREFIXES + {**COMPILED, **LEFT}[name])
            await asyncio.gather(*pool._tasks)
            found.append((answer, {worker.process.pid for worker in pool._all}))
        return found

    answers = with_pool(world.folder / "rdf" / "store", work)
    assert [isinstance(answer, Answer) and answer.from_rows for answer, _ in answers] == [
        True,
        True,
        False,
        True,
    ]
    # What was split off for the third has ended with it.
    assert len({frozenset(processes) for _, processes in answers}) == 1


def test_worst_query_about_rows_is_ended_and_the_next_one_answered(world: CubeWorld) -> None:
    product = " ".join(f"?o{at} sdmx-measure:obsValue ?v{at} ." for at in range(16))

    async def work(pool: Pool) -> tuple[Answer | str, Answer | str]:
        ended = await run(pool, f"{PREFIXES} SELECT (COUNT(*) AS ?n) (SUM(?v0) AS ?s) {{ {product} }}")
        return ended, await run(pool, PREFIXES + COMPILED["COUNT"])

    ended, after = with_pool(world.folder / "rdf" / "store", work)
    assert ended in ENDED
    assert isinstance(after, Answer)
    assert after.from_rows


def test_answer_from_rows_is_whole_or_refused(world: CubeWorld) -> None:
    async def work(pool: Pool) -> Answer | str:
        return await run(
            pool, f"{PREFIXES} SELECT * {{ {FACTS} ?p sdmx-measure:obsValue ?w . ?q qb:dataSet ?d }}"
        )

    assert with_pool(world.folder / "rdf" / "store", work, replace(LIMITS, rows=100)) == "answer-too-long"

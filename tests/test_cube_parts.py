"""Queries of which parts are answered from rows: that this is done, where it must not be, and what is told then."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from cube_world import PREFIXES, CubeWorld, make_world, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cube_queries import EXAMPLES, is_small, worlds
from test_cube_queries import queries as any_queries
from test_cube_rows import groups, triples
from test_cube_sql import COMPILED, LEFT
from test_publish_world import BASE
from test_sparql_limits import ENDED, LIMITS, run, with_pool

from api.cube.parts import solutions
from api.cube.parts.reading import Unread, read_groups
from api.cube.sql.lifting import lift
from api.cube.sql.numbers import Uncertain
from api.sparql_pool import Answer, Pool

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


# What may not change places: each would have another answer.
KEPT_IN_PLACE = {
    "a join on what OPTIONAL may bind": f"""{FACTS} OPTIONAL {{ ?o def:sampleSize ?z FILTER(REGEX(STR(?z), '9')) }}
        ?n def:sampleSize ?z""",
    "OPTIONAL on what another one may bind": f"""{FACTS}
        OPTIONAL {{ ?o def:sampleSize ?z FILTER(REGEX(STR(?z), '9')) }}
        OPTIONAL {{ ?n def:sampleSize ?z ; sdmx-dimension:refArea ?a }}""",
    "MINUS of what is bound later": f"""?a skos:prefLabel ?k FILTER(REGEX(?k, '.'))
        MINUS {{ ?o sdmx-dimension:refArea ?a }} {FACTS}""",
    "a filter on what is bound in another part": f"""{{ {FACTS} }} UNION
        {{ ?a skos:prefLabel ?k FILTER(REGEX(?k, 'r')) }}
        OPTIONAL {{ ?o def:sampleSize ?z }} FILTER(!bound(?z) || ?z > 1)""",
    "a blank node in two patterns": """_:b def:indicator ?i . _:b (sdmx-measure:obsValue|def:nothing)+ ?v .
        ?i skos:prefLabel ?k""",
    "a limit within": f"""{{ SELECT ?o ?v {{ {FACTS} }} ORDER BY DESC(?v) ?o LIMIT 3 }}
        ?o sdmx-dimension:refArea ?a FILTER(REGEX(STR(?a), '2'))""",
    "the same solution often": f"{{ SELECT ?i {{ {FACTS} }} }} ?i skos:prefLabel ?k FILTER(REGEX(?k, '.'))",
    "names that a sub-query keeps to itself": f"""{{ SELECT ?i (COUNT(?a) AS ?n) {{ {FACTS} }} GROUP BY ?i }}
        ?a skos:prefLabel ?k FILTER(REGEX(?k, 'r'))""",
    "how often a negated path is found": f"?o !(def:indicator) ?x {{ {FACTS} FILTER(?v > 1e1) }} ?o !(def:reason) ?x",
    "a path of no steps": f"{FACTS} ?o def:nothing* ?x . ?v def:nothing? ?y FILTER(?v > 1e1)",
    "what nothing matches": f"{FACTS} {NAMED} FILTER(?v > 1000000) FILTER(REGEX(?k, 'r')) ?o ?p ?x",
    "a variable that never has a value": f"{FACTS} {NAMED} FILTER(REGEX(?k, 'r')) OPTIONAL {{ ?o def:nothing ?never }}",
}


@pytest.mark.parametrize("name", KEPT_IN_PLACE)
def test_nothing_changes_places_where_that_matters(worlds: list[CubeWorld], name: str) -> None:
    for one in worlds:
        query = f"{PREFIXES} SELECT * {{ {KEPT_IN_PLACE[name]} }}"
        found = one.ask_parts(query)
        assert found is None or found[0] == one.judge(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o FILTER(?a<3)FILTER(?b>3) }",
        "SELECT * { ?s ?p ?o FILTER(?a<?b&&?c>?d) }",
        "SELECT * { ?s ?p 'a\\u0027 }",
        "SELECT * { ?s ?p 5.?t ?q 6 }",
        "SELECT * { << ?s ?p ?o >> ?q ?r }",
        "SELECT * { ?s ?p ?o {| ?q ?r |} }",
        "SELECT * { ?s ?p ?o LATERAL { ?o ?q ?r } }",
        "SELECT * { ?s ex:a\\(b ?o }",
        "SELECT * { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o ",
        "SELECT * { ?s ?p (1 2] }",
        "DESCRIBE <http://a/>",
        "DELETE WHERE { ?s ?p ?o }",
    ],
)
def test_words_that_are_not_certain_are_not_read(query: str) -> None:
    lifted = lift(query, set(), "http://s/observation/", keeps_all=True)
    assert lifted is not None
    with pytest.raises(Unread):
        read_groups(lifted.words)


def test_groups_are_read_as_they_stand() -> None:
    text = """PREFIX e: <http://e/> SELECT ?s (COUNT(?o) AS ?n) FROM <http://g/> WHERE {
        # a comment with { in it
        ?s e:p "a } b" ; e:q [ e:r ?o ] . ?o e:p/^e:q* ?x FILTER(?o > 3 && REGEX(?x, "{")) .
        { SELECT * { ?s ?p ?o } LIMIT 3 } UNION { VALUES (?a ?b) { (1 UNDEF) } }
        OPTIONAL { ?s e:z ?z } MINUS { ?s e:y ?y } GRAPH ?g { ?s e:w ?w } BIND(EXISTS { ?s ?q ?r } AS ?e)
        FILTER NOT EXISTS { ?s e:v ?v } FILTER e:f(?s) VALUES ?u { 1 2 } } GROUP BY ?s HAVING (COUNT(?o) > 1)"""
    lifted = lift(text, set(), "http://s/observation/")
    assert lifted is not None
    elements = read_groups(lifted.words).where.elements
    assert [element.kind for element in elements] == [
        *("triples", "triples", "filter", "group", "optional", "minus", "graph", "bind", "filter", "filter"),
        "values",
    ]
    union = elements[3].groups
    assert [(group.inner is not None, group.is_all) for group in union] == [(True, True), (False, False)]
    assert elements[0].names == {"s", "o"}
    # What EXISTS looks at is not looked into.
    assert not elements[7].groups
    assert not elements[8].groups


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


LISTS = {
    "once": "VALUES ?a { MANY area:E06000002 } FACTS BIND(ROUND(?v) AS ?r)",
    "behind": "FACTS VALUES ?a { area:E06000003 MANY area:E06000002 area:E06000002 } . BIND(ROUND(?v) AS ?r)",
    "with OPTIONAL": "VALUES ?a { MANY area:E06000002 } OPTIONAL { FACTS }",
    "in brackets": "VALUES (?a) { MANY_ROWS (area:E06000002) } FACTS",
    "of two variables": "VALUES (?a ?z) { MANY_PAIRS (area:E06000002 1) } FACTS",
    "of figures": f"VALUES ?o {{ MANY {FIGURE} }} FACTS",
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


# ---- made-up queries ----

# What has no SQL of its own, beside what has.
_LEFT = [
    *(
        "FILTER(REGEX(STR(?a), '[23]$'))",
        "FILTER(?v > 1e1)",
        "BIND(ROUND(?v) AS ?w1)",
        "BIND(YEAR(?b) AS ?w2)",
    ),
    *(
        "FILTER(STRLEN(STR(?k)) > 3 && ?v > 3)",
        "OPTIONAL { ?o ?p1 ?y1 FILTER(isLITERAL(?y1)) }",
        "?o ?p2 ?y2 .",
    ),
    *(
        "FILTER EXISTS { ?o ?p3 ?y3 FILTER(?y3 = ?v) }",
        "FILTER NOT EXISTS { ?n ?p4 ?v }",
        "BIND(CONCAT(STR(?k), 'x') AS ?w3)",
    ),
    *(
        "OPTIONAL { ?a skos:prefLabel ?w4 FILTER(STRLEN(STR(?w4)) > STRLEN(STR(?v))) }",
        "MINUS { ?o ?p5 0.0 }",
    ),
    *("?a (def:within|def:nothing)* ?w5 .", "{ ?i skos:prefLabel ?k } UNION { ?o !(def:indicator) ?i }"),
    *(
        "VALUES (?v ?w6) { (12.5 'a') (UNDEF 1e0) }",
        "OPTIONAL { ?o def:reason ?w7 } FILTER(!bound(?w7) || isIRI(?w7))",
    ),
]


@st.composite
def _mixed(draw: st.DrawFn, depth: int = 2) -> str:
    parts = [draw(groups(1)), draw(st.sampled_from(_LEFT))]
    if draw(st.booleans()):
        parts.append(draw(triples()))
    if depth:
        inner = draw(_mixed(depth - 1))
        around = [
            "{IN}",
            "OPTIONAL {IN}",
            "MINUS {IN}",
            "{IN} UNION {IN}",
            "{ SELECT DISTINCT ?a ?v ?k IN }",
            "FILTER EXISTS IN",
        ]
        around += ["{ SELECT ?a (COUNT(*) AS ?c1) IN GROUP BY ?a }", "GRAPH dataset:waste IN", ""]
        parts.append(draw(st.sampled_from(around)).replace("IN", f"{{ {inner} }}"))
    return " ".join(draw(st.permutations(parts)))


@st.composite
def mixed_queries(draw: st.DrawFn) -> str:
    inner = draw(_mixed())
    forms = [
        "SELECT * WHERE",
        "SELECT ?a ?v ?k WHERE",
        "SELECT DISTINCT ?a ?k WHERE",
        "ASK",
        "CONSTRUCT { ?o def:is ?v } WHERE",
    ]
    forms += [
        "SELECT (COUNT(DISTINCT *) AS ?r) WHERE",
        "SELECT ?a (SUM(ROUND(?v)) AS ?r) WHERE",
        "DESCRIBE ?i WHERE",
    ]
    form = draw(st.sampled_from(forms))
    grouped = " GROUP BY ?a" if form.startswith("SELECT ?a (") else ""
    return f"{PREFIXES}{form} {{ {inner} }}{grouped}"


def test_parts_from_rows_give_what_the_store_with_everything_gives(worlds: list[CubeWorld]) -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES * 2 // 5,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=EXAMPLES <= 500,
    )
    @given(data=st.data(), query=st.one_of(mixed_queries(), mixed_queries(), any_queries()))
    def compare(data: st.DataObject, query: str) -> None:
        one = data.draw(st.sampled_from(worlds))
        if not is_small(one.whole, query):
            return
        found = one.ask_parts(query)
        counts["all"] += 1
        if found is not None:
            result, rewritten = found
            assert result == one.judge(query)
            counts["parts"] += bool(rewritten.known)
            counts["alone"] += rewritten.is_alone

    compare()
    assert counts["parts"] > 0.6 * counts["all"]
    assert counts["alone"] > 0.2 * counts["all"]
    assert counts["parts"] > counts["alone"]


# ---- processes ----


def test_a_part_is_found_by_a_process_that_serves_the_next_query_too(world: CubeWorld) -> None:
    names = ("numbers in floating point", "CONSTRUCT", "DESCRIBE", "a property as a variable", "ASK")

    async def work(pool: Pool) -> list[tuple[Answer | str, set[int]]]:
        found = []
        for name in names:
            answer = await run(pool, PREFIXES + (BESIDE[name][2] if name in BESIDE else IN_PARTS[name]))
            await asyncio.gather(*pool._tasks)
            found.append((answer, {worker.process.pid for worker in pool._all}))
        return found

    answers = with_pool(world.folder / "rdf" / "store", work)
    assert all(isinstance(answer, Answer) and answer.in_parts for answer, _ in answers)
    assert len({frozenset(processes) for _, processes in answers}) == 1


def test_columns_stand_as_in_the_query(world: CubeWorld) -> None:
    query = f"{PREFIXES} SELECT * {{ {FACTS} OPTIONAL {{ ?o def:nothing ?a_never }} FILTER(?v > 1e1) }}"

    async def work(pool: Pool) -> Answer | str:
        return await run(pool, query)

    answer = with_pool(world.folder / "rdf" / "store", work)
    assert isinstance(answer, Answer)
    assert answer.in_parts
    names = [variable.value for variable in world.whole.query(query).variables]
    assert json.loads(answer.body)["head"]["vars"] == names
    assert "a_never" in names


JOINS = " ".join(
    f"?o{at} sdmx-dimension:refArea ?a{at} ; sdmx-measure:obsValue ?v{at} ." for at in range(100)
)
MANY = " ".join(f"<{BASE}id/area/E{number:08d}>" for number in range(5_000))
HOSTILE: dict[str, str] = {
    "a hundred joins": f"SELECT (COUNT(*) AS ?n) {{ {JOINS} FILTER(REGEX(STR(?a0), '2')) }}",
    "a hundred filters": f"SELECT * {{ {FACTS} {' '.join('FILTER(REGEX(STR(?a), STR(?v)))' for _ in range(100))} }}",
    "five thousand values": f"SELECT ?o {{ VALUES ?a {{ {MANY} area:E06000002 }} {FACTS} FILTER(?v > 1e0) }}",
    "a path over everything": f"""SELECT (COUNT(*) AS ?n) {{ ?x (!def:nothing|^!def:nothing)* ?y . {FACTS}
        FILTER(?v > 1e1) }}""",
    "groups within groups": "SELECT * " + "{ " * 150 + f"{FACTS} FILTER(?v > 1e1)" + " }" * 150,
    "unions of unions": f"SELECT * {{ {' UNION '.join(['{ ' + FACTS + ' FILTER(?v > 1e1) }'] * 100)} }}",
    "parts that are multiplied": f"""SELECT (COUNT(*) AS ?n) {{ {
        " ".join(f"{{ ?o{at} sdmx-measure:obsValue ?v{at} FILTER(?v{at} > 1e0) }}" for at in range(16))
    } }}""",
}


LARGE = ("five thousand values", "a hundred filters", "groups within groups")


def ask_each(
    world: CubeWorld, names: Iterable[str], seconds: float
) -> dict[str, tuple[Answer | str, Answer | str]]:
    """Ask hostile queries, and after each another one."""

    async def work(pool: Pool) -> dict[str, tuple[Answer | str, Answer | str]]:
        after = PREFIXES + IN_PARTS["numbers in floating point"]
        return {name: (await run(pool, PREFIXES + HOSTILE[name]), await run(pool, after)) for name in names}

    return with_pool(world.folder / "rdf" / "store", work, replace(LIMITS, seconds=seconds))


def test_hostile_shapes_are_answered_or_refused_with_a_reason(world: CubeWorld) -> None:
    for name, (ended, after) in ask_each(world, HOSTILE.keys() - set(LARGE), 2.0).items():
        assert isinstance(ended, Answer) or ended in {*ENDED, "answer-too-long"}, name
        assert isinstance(after, Answer), name


def test_what_is_only_large_is_answered(world: CubeWorld) -> None:
    for name, (found, _) in ask_each(world, LARGE, 60.0).items():
        assert isinstance(found, Answer), (name, found)
        wanted = world.judge(PREFIXES + HOSTILE[name])
        assert isinstance(wanted, Counter)
        assert found.rows == sum(wanted.values())

"""Made-up queries of which parts are answered from rows, and the processes that answer them.

Every operator stands beside what has no SQL, nested. Many more are tried with CUBE_EXAMPLES=10000 (`make nightly`).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from cube_world import PREFIXES, CubeWorld, make_world
from hypothesis import given
from hypothesis import strategies as st
from test_cube_parts import BESIDE, FACTS, IN_PARTS, MANY, NAMED
from test_cube_queries import EXAMPLES, is_small, tried, worlds
from test_cube_queries import queries as any_queries
from test_cube_rows import groups, triples
from test_sparql_limits import ENDED, LIMITS, run, with_pool

from api.sparql_pool import Answer, Pool

__all__ = ["worlds"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    return make_world(tmp_path_factory.mktemp("parts") / "2026-01-02-000000000001")


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


# SPARQL gives what is named here no value where it is named. Oxigraph gives it that of around, as it happens to join.
LOOKING_OUT = (
    "FILTER(?a != area:nowhere)",
    "FILTER(REGEX(STR(?a), '.'))",
    "BIND(?a AS ?y)",
    "OPTIONAL { ?t def:startOn ?y FILTER(?a != area:nowhere) }",
    "FILTER NOT EXISTS { ?n sdmx-dimension:refPeriod ?t ; sdmx-dimension:refArea ?a }",
)


@pytest.mark.parametrize("said", LOOKING_OUT)
def test_what_looks_out_of_its_group_is_left_to_oxigraph(world: CubeWorld, said: str) -> None:
    inner = f"{{ ?o sdmx-dimension:refArea ?a OPTIONAL {{{{ ?o sdmx-dimension:refPeriod ?t {said} }}}} }}"
    query = f"{PREFIXES} SELECT * {{ ?o sdmx-dimension:refArea ?a {inner} }}"
    assert world.ask_rows(query) is None
    assert world.ask_parts(query) is None
    assert world.ask(query) == world.judge(query)


def test_what_looks_at_its_own_group_is_answered_from_rows(world: CubeWorld) -> None:
    query = f"{PREFIXES} SELECT * {{ {FACTS} OPTIONAL {{ ?o def:sampleSize ?z FILTER(?z > ?v && !bound(?none)) }} }}"
    assert world.ask_rows(query) == world.judge(query)


@pytest.mark.parametrize("name", KEPT_IN_PLACE)
def test_nothing_changes_places_where_that_matters(worlds: list[CubeWorld], name: str) -> None:
    for one in worlds:
        query = f"{PREFIXES} SELECT * {{ {KEPT_IN_PLACE[name]} }}"
        found = one.ask_parts(query)
        assert found is None or found[0] == one.judge(query)


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

    @tried(EXAMPLES * 2 // 5)
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
    # Many that are made up look out of their group.
    assert counts["parts"] > 0.5 * counts["all"]
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

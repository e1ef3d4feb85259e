"""Ranks: what is counted because it is more or less is counted in one pass, and as Oxigraph counts it.

Many more are tried with CUBE_EXAMPLES=10000 (`make nightly`).
"""

from __future__ import annotations

import pytest
from cube_world import PREFIXES, CubeWorld, make_world, random_observations
from hypothesis import given
from hypothesis import strategies as st
from test_cube_queries import EXAMPLES, tried

OWN = "?o sdmx-measure:obsValue ?value ; sdmx-dimension:refArea ?a ; def:indicator indicator:recycled ."
OTHER = "?p sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?b ; def:indicator indicator:recycled ."

# Counted in one pass.
PASSES = {
    "OPTIONAL": f"SELECT ?a (COUNT(?p) AS ?n) {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a",
    "with the value among the groups": f"""SELECT ?a ?value (COUNT(?v) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a ?value ORDER BY ?n ?a""",
    "turned round": f"""SELECT ?o (COUNT(?p) + 1 AS ?rank) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?value < ?v) }} }} GROUP BY ?o""",
    "fewer": f"SELECT ?o (COUNT(?p) AS ?n) {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v <= ?value) }} }} GROUP BY ?o",
    "every solution": f"SELECT ?o (COUNT(*) AS ?n) {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?o",
    "without groups": f"SELECT (COUNT(?p) AS ?n) {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }}",
    "one group of patterns": f"SELECT ?o (COUNT(?p) AS ?rank) {{ {OWN} {OTHER} FILTER(?v >= ?value) }} GROUP BY ?o",
    "two groups of patterns": f"""SELECT ?o (COUNT(?p) AS ?rank) {{ {{ {OTHER} }} {{ {OWN} }}
        FILTER(?v >= ?value) }} GROUP BY ?o""",
    "different areas": f"""SELECT ?a (COUNT(DISTINCT ?b) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a""",
    "within each period": f"""SELECT ?o ?t (COUNT(?p) AS ?n) {{ {OWN} ?o sdmx-dimension:refPeriod ?t
        OPTIONAL {{ {OTHER} ?p sdmx-dimension:refPeriod ?t FILTER(?v > ?value) }} }} GROUP BY ?o ?t""",
    "with another test of the other": f"""SELECT ?o (COUNT(?p) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value && ?b != area:E06000002) }} }} GROUP BY ?o""",
    "with another test of both": f"""SELECT ?o (COUNT(?p) AS ?n) {{ {OWN} {OTHER}
        FILTER(?v > ?value) FILTER(?b != area:E06000002) FILTER(?value > 0) }} GROUP BY ?o""",
    "a sub-query": f"""SELECT ?k ?n {{ ?a skos:prefLabel ?k {{ SELECT ?a (COUNT(?p) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a }} }}""",
    "groups with more than so many": f"""SELECT ?o {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?o HAVING (COUNT(?p) < 3)""",
    "a value that may be missing": f"""SELECT ?o (COUNT(?p) AS ?n) {{ ?o sdmx-dimension:refArea ?a
        OPTIONAL {{ ?o sdmx-measure:obsValue ?value }} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?o""",
    "another that may be missing": f"""SELECT ?o (COUNT(?p) AS ?n) {{ {OWN} OPTIONAL {{
        ?p def:indicator indicator:recycled OPTIONAL {{ ?p def:sampleSize ?v }}
        FILTER(?v > ?value) }} }} GROUP BY ?o""",
}

# Something else than how many there are is asked for, or more is compared.
JOINS = {
    "which they are": f"SELECT ?a ?b {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }}",
    "their sum": f"SELECT ?a (SUM(?v) AS ?n) {{ {OWN} OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a",
    "groups of the other": f"""SELECT ?b (COUNT(?o) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?b""",
    "two tests of both sides": f"""SELECT ?o (COUNT(?p) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value && ?a != ?b) }} }} GROUP BY ?o""",
    "different ones and all": f"""SELECT ?a (COUNT(DISTINCT ?b) AS ?n) (COUNT(?p) AS ?k) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v > ?value) }} }} GROUP BY ?a""",
    "an equal number": f"""SELECT ?o (COUNT(?p) AS ?n) {{ {OWN}
        OPTIONAL {{ {OTHER} FILTER(?v = ?value) }} }} GROUP BY ?o""",
}

_OWN = [
    "?o sdmx-measure:obsValue ?value .",
    "OPTIONAL { ?o sdmx-measure:obsValue ?value }",
    "?o def:lowerLimit ?value .",
]
_OWN_MORE = [
    *("?o sdmx-dimension:refArea ?a .", "?o def:indicator ?i .", "?o sdmx-dimension:refPeriod ?t ."),
    *("?o def:indicator indicator:recycled .", "?o sdmx-dimension:refArea area:E06000002 ."),
    "OPTIONAL { ?o rdfs:comment ?m }",
]
_OTHER = [
    *("?p sdmx-measure:obsValue ?v .", "?p sdmx-measure:obsValue ?v .", "?p def:lowerLimit ?v ."),
    *("?p def:sampleSize ?v .", "?p def:dataset|qb:dataSet ?d OPTIONAL { ?p sdmx-measure:obsValue ?v }"),
]
_OTHER_MORE = [
    *("?p sdmx-dimension:refArea ?b .", "?p sdmx-dimension:refArea ?a .", "?p def:indicator ?i ."),
    *("?p def:indicator indicator:recycled .", "?p def:indicator indicator:in-work ."),
    *("?p sdmx-dimension:refPeriod ?t .", "OPTIONAL { ?p rdfs:comment ?j }"),
]
_COUNTS = [
    *("COUNT(?p)", "COUNT(?p)", "COUNT(*)", "COUNT(?v)", "COUNT(DISTINCT ?p)", "COUNT(DISTINCT ?b)"),
    *("COUNT(?o)", "COUNT(?j)", "COUNT(DISTINCT ?a)", "COUNT(DISTINCT ?v)", "COUNT(?m)"),
]
_TESTS = ["", "", "", " && ?b = area:E06000002", " && ?value > 0", " && ?v < 100", " && ?a != ?b"]


@st.composite
def ranks(draw: st.DrawFn) -> str:
    """A query that counts, for some figures, others that are more or less."""
    own = " ".join([draw(st.sampled_from(["?o a qb:Observation .", ""])), draw(st.sampled_from(_OWN))])
    own += " ".join(draw(st.lists(st.sampled_from(_OWN_MORE), max_size=3, unique=True)))
    other = draw(st.sampled_from(_OTHER))
    other += " ".join(draw(st.lists(st.sampled_from(_OTHER_MORE), min_size=1, max_size=3, unique=True)))
    sign = draw(st.sampled_from([">", ">=", "<", "<="]))
    test = draw(st.sampled_from([f"?v {sign} ?value", f"?value {sign} ?v"])) + draw(st.sampled_from(_TESTS))
    inside = draw(
        st.sampled_from(
            [
                *(f"{own} OPTIONAL {{ {other} FILTER({test}) }}",) * 3,
                f"{own} {other} FILTER({test})",
                f"{{ {other} }} {{ {own} }} FILTER({test})",
            ]
        )
    )
    keys = draw(st.lists(st.sampled_from(["?o", "?a", "?i", "?t", "?value"]), max_size=2, unique=True))
    counts = draw(st.lists(st.sampled_from(_COUNTS), min_size=1, max_size=2, unique=True))
    shown = " ".join([*keys, *(f"({count} AS ?n{at})" for at, count in enumerate(counts))])
    group = f"GROUP BY {' '.join(keys)}" if keys else ""
    return f"{PREFIXES} SELECT {shown} {{ {inside} }} {group}"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[CubeWorld]:
    folder = tmp_path_factory.mktemp("ranks")
    return [
        make_world(folder / f"2026-01-02-{seed:012x}", random_observations(seed, digits=digits))
        for seed, digits in ((11, False), (12, True))
    ]


def plan(world: CubeWorld, query: str) -> str:
    """Give the statement that answers a query; nothing where there is none."""
    if world.ask_rows(query) is None:
        return ""
    fast, exact = next(reversed(world.plans._plans.values()))
    assert fast is not None
    return (exact or fast).sql


@pytest.mark.parametrize("name", PASSES)
def test_what_is_more_is_counted_in_one_pass(worlds: list[CubeWorld], name: str) -> None:
    for world in worlds:
        query = PREFIXES + PASSES[name]
        wanted = world.judge(query)
        assert wanted
        assert world.ask_rows(query) == wanted
    assert " OVER (" in plan(worlds[0], PREFIXES + PASSES[name])


@pytest.mark.parametrize("name", JOINS)
def test_what_is_more_than_a_count_is_joined(worlds: list[CubeWorld], name: str) -> None:
    for world in worlds:
        query = PREFIXES + JOINS[name]
        assert world.ask_rows(query) in (None, world.judge(query))
        assert " OVER (" not in plan(world, query)


@tried(max(EXAMPLES // 4, 150))
@given(data=st.data(), query=ranks())
def test_ranks_are_what_oxigraph_counts(worlds: list[CubeWorld], data: st.DataObject, query: str) -> None:
    world = data.draw(st.sampled_from(worlds))
    assert world.ask_rows(query) in (None, world.judge(query))

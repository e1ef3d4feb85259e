"""The query tests of the SPARQL working groups, over an edition whose other statements are the test's data.

Each query is asked of the virtual cube, of its rows alone and of a store with everything; and Oxigraph over the test's
data alone is asked whether it gives the result that the test wants. Tests about graphs with names of their own are
left out: here a named graph is a dataset, the catalogue or an edition (see test_cube_graphs.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from cube_world import CubeWorld, make_world
from query_cases import Case, Result, read_cases, told, told_rows

from api.cube.engine import Engine
from api.cube.sql.numbers import Uncertain

# The folders of query tests: of SPARQL 1.0 and of SPARQL 1.1.
FOLDERS = (
    *(
        f"dawg-data-r2/{name}"
        for name in (
            *("algebra", "ask", "basic", "bnode-coreference", "boolean-effective-value", "bound", "cast"),
            *("construct", "distinct", "expr-builtin", "expr-equals", "expr-ops", "i18n", "open-world"),
            *("optional", "optional-filter", "reduced", "regex", "solution-seq", "sort", "triple-match"),
            "type-promotion",
        )
    ),
    *(
        f"sparql11/{name}"
        for name in (
            *(
                "aggregates",
                "bind",
                "bindings",
                "construct",
                "csv-tsv-res",
                "exists",
                "functions",
                "grouping",
            ),
            *("json-res", "negation", "project-expression", "property-path", "subquery"),
        )
    ),
)

# Where Oxigraph gives another result than a test wants, and why.
NO_QUERY = "it is no query of SPARQL 1.1"
OTHERWISE = {
    **dict.fromkeys(
        [
            *("distinct/distinct-1", "distinct/distinct-9", "expr-builtin/dawg-str-1"),
            *("expr-builtin/sameTerm-eq", "expr-builtin/sameTerm-not-eq", "expr-builtin/sameTerm-simple"),
            *("expr-equals/eq-graph-1", "expr-equals/eq-graph-2", "open-world/date-3", "csv-tsv-res/tsv03"),
        ],
        "Oxigraph keeps the value of a number or a date, and not its digits",
    ),
    **dict.fromkeys(
        [
            *("distinct/distinct-2", "expr-builtin/dawg-datatype-2", "expr-builtin/dawg-str-2"),
            *("functions/strdt03", "functions/strlang03"),
        ],
        "since RDF 1.1 a text without a datatype is an xsd:string",
    ),
    **dict.fromkeys(
        [
            *("open-world/date-2", "functions/strafter01", "functions/strbefore01"),
            *("aggregates/agg-empty-group", "basic/term-6"),
        ],
        "SPARQL 1.1 or its errata say otherwise",
    ),
    **dict.fromkeys(["reduced/reduced-1", "reduced/reduced-2"], "the recommendation leaves it open"),
    "functions/bnode01": "Oxigraph gives one blank node to a text, in all solutions",
    "basic/term-7": NO_QUERY,
    **{f"property-path/pp{at}": NO_QUERY for at in ("04", "05", 13, 15, 20, 22, 24, 26, 27, 29)},
}


@pytest.fixture(scope="session")
def suites(root: Path) -> Path:
    """The folder of the working groups' tests."""
    folder = root / ".venv" / "suites"
    if not folder.is_dir():
        pytest.skip("NOT TESTED on the query tests of the SPARQL working groups: `make suites` installs them")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    return make_world(tmp_path_factory.mktemp("suites") / "2026-01-02-000000000003")


@pytest.mark.parametrize("folder", FOLDERS)
def test_queries_of_the_working_groups_are_answered(suites: Path, world: CubeWorld, folder: str) -> None:
    cases = list(read_cases(suites / folder))
    assert cases
    assert [fault for case in cases for fault in find_faults(world, case)] == []


def test_what_the_working_groups_want_otherwise_is_in_their_tests(suites: Path) -> None:
    names = {case.name for folder in FOLDERS for case in read_cases(suites / folder)}
    assert OTHERWISE.keys() <= names
    assert len(names) > 350


def find_faults(world: CubeWorld, case: Case) -> Iterator[str]:
    """Say where an answer to a case is another than it has to be."""
    alone, whole = ox.Store(), ox.Store()
    for store in (alone, whole):
        store.load(case.statements, ox.RdfFormat.N_TRIPLES)
    whole.extend(world.figures)
    try:
        is_wanted = told(alone.query(case.query), by_value=True) == case.wanted()
    except SyntaxError:
        if OTHERWISE.get(case.name) != NO_QUERY:
            yield f"{case.name}: not read"
        return
    if is_wanted is (case.name in OTHERWISE):
        yield f"{case.name}: {'as the test wants' if is_wanted else 'not as the test wants'}"
    right = told(whole.query(case.query))
    engine = Engine(world.folder, case.statements)
    request = {"query": case.query, "default_graphs": None, "named_graphs": None}
    if from_rows(engine, request) not in (None, right):
        yield f"{case.name}: rows give another answer than a store with everything"
    ready = engine.make_ready(request)
    if told(ready.store.query(case.query, default_graph=ready.default, named_graphs=ready.named)) != right:
        yield f"{case.name}: statements give another answer than a store with everything"


def from_rows(engine: Engine, request: dict[str, Any]) -> Result | None:
    """Ask the rows alone; None where there is no certain way."""
    try:
        found = engine.answer_from_rows(request, lambda: None)
        return told_rows(found.names, found.rows) if found.is_true is None else found.is_true
    except Uncertain:
        return None

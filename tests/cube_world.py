"""Editions with a virtual cube, and the store with everything that is the judge of what they answer."""

from __future__ import annotations

import gc
import gzip
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from test_publish_world import (
    BASE,
    DAY,
    TABLES,
    YEAR_2022,
    YEAR_2023,
    make_contents,
    observation,
    work,
)

from api.cube.engine import Engine
from api.cube.parts.solutions import Rewritten
from api.cube.sql.numbers import Uncertain
from api.cube.sql.plans import Plans
from publish.build import Making, prepare, write_edition

PREFIXES = f"""
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sdmx-dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX sdmx-attribute: <http://purl.org/linked-data/sdmx/2009/attribute#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX def: <{BASE}def/>
PREFIX id: <{BASE}id/>
PREFIX area: <{BASE}id/area/>
PREFIX dataset: <{BASE}id/dataset/>
PREFIX dimension: <{BASE}id/dimension/>
PREFIX indicator: <{BASE}id/indicator/>
PREFIX period: <{BASE}id/period/>
PREFIX status: <{BASE}id/code/status/>
"""

AREAS = ("E06000001", "E06000002", "E06000003", "E92000001")

# What the queries of tests are about: more would only make wild ones slow.
_KEPT = tuple(
    f"<{BASE}id/{path}".encode()
    for path in (
        *("area/", "indicator/", "dataset/", "period/", "dimension/", "code/sex/", "code/status/", "target/"),
        *("code/area-type/unitary", "code/area-type/country", "area-parent/", "observation/"),
    )
)

Result = bool | Counter[Any]

# How often garbage was collected, in the thread that made it: see own_thread in conftest.py.
_TURNS = count(1)


def random_observations(seed: int, *, digits: bool = False) -> list[dict[str, Any]]:
    """Make up figures: with ties, gaps, missing values, limits, notes and two versions of one indicator.

    digits   whether some have more digits than a number in binary keeps
    """
    values = (*_VALUES, *(_LONG_VALUES if digits else ()))
    chance = random.Random(seed)
    found = []
    for area in AREAS:
        for period in (YEAR_2022, YEAR_2023, "2024-04-01_P1Y"):
            if chance.random() < 0.8:
                found.append(observation(area, period, chance.choice(values), **_more(chance)))
        for breakdown in ("", "sex=female", "sex=male"):
            if chance.random() < 0.7:
                found.append(work(area, chance.choice(values), breakdown, **_more(chance)))
    for row in found:
        if row["value_text"] is None:
            row["status"] = chance.choice(("suppressed", "unreliable"))
    return found


_VALUES = (None, "0", "0.0", "12.50", "12.5", "-3", "100", "0.1", "7.125", "80100")
_LONG_VALUES = ("0.12345678901234567", "0.12345678901234568", "12.500000000000000001") * 2


def _more(chance: random.Random) -> dict[str, Any]:
    given = {
        "lower_limit": chance.choice(("1.5", "-2", "0.12345678901234567", "1")),
        "numerator": chance.choice(("436", "12")),
        "denominator": "1000.0",
        "sample_size": chance.choice((0, 900)),
        "note": chance.choice(('Counted "anew"\nfrom here', "Few", "=1+1")),
        "status": chance.choice(("provisional", "revised")),
    }
    return {name: value for name, value in given.items() if chance.random() < 0.4}


@dataclass(frozen=True)
class CubeWorld:
    """An edition with a virtual cube, and what is in its download."""

    folder: Path

    @cached_property
    def lines(self) -> list[bytes]:
        """Every statement, as N-Quads."""
        return gzip.decompress((self.folder / "downloads" / "site.nq.gz").read_bytes()).splitlines()

    @cached_property
    def rest(self) -> bytes:
        """The statements that tests ask for and that are not about observations, as N-Triples."""
        end = f" <{BASE}catalog> .".encode()
        kept = [
            line.removesuffix(end) + b" .\n"
            for line in self.lines
            if line.endswith(end) and line.startswith(_KEPT)
        ]
        # Something that names observations: every third.
        figures = sorted(
            {line.split(b" ")[0] for line in self.lines if b"/observation/" in line.split(b" ")[0]}
        )
        about = f"<{BASE}id/target/made-up> <{BASE}def/about> ".encode()
        return b"".join(kept) + b"".join(about + figure + b" .\n" for figure in figures[::3])

    @cached_property
    def whole(self) -> ox.Store:
        """A store with everything: in the default graph, and each dataset and the catalogue in its own."""
        store = ox.Store()
        store.load(self.rest, ox.RdfFormat.N_TRIPLES)
        store.load(self.rest, ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(f"{BASE}catalog"))
        store.load(b"\n".join(self._figure_lines), ox.RdfFormat.N_QUADS)
        store.extend(self.figures)
        return store

    @cached_property
    def _figure_lines(self) -> list[bytes]:
        return [line for line in self.lines if line.startswith(f"<{BASE}id/observation/".encode())]

    @cached_property
    def figures(self) -> list[ox.Quad]:
        """What is said of observations, in the default graph."""
        quads = ox.parse(b"\n".join(self._figure_lines), ox.RdfFormat.N_QUADS)
        return [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads]

    def ask(
        self, query: str, default: Iterable[str] | None = None, named: Iterable[str] | None = None
    ) -> Result:
        """Ask the cube."""
        engine = Engine(self.folder, self.rest)
        ready = engine.make_ready({"query": query, "default_graphs": default, "named_graphs": named})
        return told(ready.store.query(query, default_graph=ready.default, named_graphs=ready.named))

    @cached_property
    def engine(self) -> Engine:
        """What answers from rows, whole queries and parts: nothing is added to it."""
        return Engine(self.folder, self.rest)

    def ask_parts(self, query: str) -> tuple[Result, Rewritten] | None:
        """Ask a query whose parts are answered from rows; None where there is no such part.

        Gives the rewritten query too.
        """
        request = {"query": query, "default_graphs": None, "named_graphs": None}
        try:
            found = self.engine.rewrite(request, lambda: None)
        except Uncertain:
            return None
        if found.is_alone:
            return told(self.engine.store.query(found.text)), found
        ready = Engine(self.folder, self.rest).make_ready(request, found)
        result = ready.store.query(found.text, default_graph=ready.default, named_graphs=ready.named)
        return told(result), found

    @cached_property
    def plans(self) -> Plans:
        """What answers from rows alone."""
        engine = Engine(self.folder, self.rest)
        statements = engine._current.statements
        return Plans(engine._cube, statements.store, engine._shared, self.folder / "catalogue.db")

    def ask_rows(self, query: str) -> Result | None:
        """Ask the rows alone; None where there is no certain way."""
        try:
            found = self.plans.answer(
                {"query": query, "default_graphs": None, "named_graphs": None}, lambda: None
            )
            if found.is_true is not None:
                return found.is_true
            return Counter(
                frozenset(
                    (name, str(term)) for name, term in zip(found.names, row, strict=True) if term is not None
                )
                for row in found.rows
            )
        except Uncertain:
            return None

    def judge(self, query: str) -> Result:
        """Ask the store with everything."""
        return told(self.whole.query(query))


def told(result: Any) -> Result:
    """Give a result so that it can be compared: in any order, with how often each solution is in it."""
    gc.collect(2 if next(_TURNS) % 500 == 0 else 1)
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    if isinstance(result, ox.QueryTriples):
        return Counter(set(map(str, result)))
    names = [variable.value for variable in result.variables]
    return Counter(
        frozenset((name, str(term)) for name, term in zip(names, solution, strict=True) if term is not None)
        for solution in result
    )


def make_world(folder: Path, observations: list[dict[str, Any]] | None = None) -> CubeWorld:
    """Publish the small world, or one with other observations, with a virtual cube."""
    folder.mkdir(parents=True)
    contents = make_contents(observations, {**TABLES, **_MORE_TARGETS})
    making = Making(DAY, rdf_url="cube:")
    write_edition(prepare(contents, folder / "downloads"), folder, folder.name, making)
    return CubeWorld(folder)


# A row of another kind that says some of what observations say.
_MORE_TARGETS = {
    "targets": [
        *TABLES["targets"],
        {**TABLES["targets"][0], "target": "recycle-more", "area": "E06000002", "value": 60.0},
    ]
}

"""Figures that are worked out of others join the submitted ones before anything is published.

In:   harmonised tables, among them derivations
Out:  the figures of every derivation, in the form of observations

Which figures are paired is an expression; what becomes of a pair is decided by compare.derived on its decimals. A
figure that was worked out names the row of its first input as where it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from compare.derived import Derived, Input, Way, are_apart, derive, pairs, sides_of
from ingest.engine import Engine
from ingest.expressions import ibis
from ingest.harmonise import OBSERVATION_COLUMNS
from publish.standings import KIND, Found, derive_standing, place_all, read_input
from schemas import Code, load_model

_TYPES = {"value": pa.float64(), "sample_size": pa.int64(), "_source": pa.int32(), "_row": pa.int64()}
# The columns of harmonised observations, typed.
FORM = pa.schema([(name, _TYPES.get(name, pa.string())) for name in OBSERVATION_COLUMNS])
_SIDES = pa.schema(
    [(name, pa.string()) for name in ("derivation", "side", "indicator", "version", "breakdown")]
)


def derive_figures(engine: Engine, tables: Mapping[str, ibis.Table]) -> pa.Table:
    """Work out the figures of every derivation from the observations of harmonised tables.

    Returns rows of FORM, in the order of their keys.
    """
    none = FORM.empty_table()
    if "derivations" not in tables:
        return none
    observations = tables["observations"]
    derivations = sorted(engine.read(tables["derivations"]).to_pylist(), key=lambda row: row["derivation"])
    indicators = engine.read(tables["indicators"]).to_pylist()
    versions: dict[str, list[str]] = {}
    for row in sorted(indicators, key=lambda row: (row["indicator"], row["version"])):
        versions.setdefault(row["indicator"], []).append(row["version"])
    sides = sides_of(derivations, versions)
    if not sides:
        return none
    by_version = {(row["indicator"], row["version"]): row for row in indicators}
    loaded = engine.load("derivation_sides", pa.Table.from_pylist(sides, schema=_SIDES))
    found = engine.read(pairs(observations, loaded)).to_pylist()
    placed = _Standings(engine, tables, derivations, sides)
    found = [pair for pair in found if placed.may_make(pair)]
    named = {row["derivation"]: row for row in derivations}
    ways = {
        name: _way(row, by_version[row["indicator"], row["version"]])
        for name, row in named.items()
        if row["kind"] not in {"pair", KIND}
    }
    rows = []
    for pair in found:
        way = ways.get(pair["derivation"])
        made = placed.derive(pair) if way is None else derive(*_inputs(pair), way)
        rows.append(_row(named[pair["derivation"]], pair, made))
    rows.sort(key=lambda row: (row["dataset"], row["indicator"], row["area"], row["period"]))
    return pa.Table.from_pylist(rows, schema=FORM)


def _way(row: Mapping[str, Any], definition: Mapping[str, Any]) -> Way:
    multiplier = (
        Decimal(repr(definition["multiplier"])) if definition["multiplier"] is not None else Decimal(1)
    )
    return Way(row["kind"], int(definition["decimals"]), multiplier, are_apart(row))


def _inputs(pair: Mapping[str, Any]) -> tuple[Input, Input]:
    return read_input(pair, "first_"), read_input(pair, "second_")


class _Standings:
    """What is needed to hold two figures together by where they stand; asks nothing if no derivation does."""

    def __init__(
        self,
        engine: Engine,
        tables: Mapping[str, ibis.Table],
        derivations: Sequence[Mapping[str, Any]],
        sides: Sequence[Mapping[str, str]],
    ) -> None:
        self._own = frozenset(row["derivation"] for row in derivations if row["kind"] == KIND)
        self._found: Found = {}
        self._councils: frozenset[str] = frozenset()
        if not self._own:
            return
        told = engine.read(tables["indicators"]).to_pylist()
        polarities = {(row["indicator"], row["version"]): str(row["polarity"]) for row in told}
        own = [side for side in sides if side["derivation"] in self._own]
        self._found = place_all(engine, tables, own, polarities)
        types = {kind for code in _tiers() for kind in code.more["area_types"]}
        listed = engine.read(tables["areas"]).select(["area", "area_type"]).to_pylist()
        self._councils = frozenset(row["area"] for row in listed if row["area_type"] in types)

    def may_make(self, pair: Mapping[str, Any]) -> bool:
        """Say whether a pair becomes a figure: a region or a nation has no standing among councils."""
        return pair["derivation"] not in self._own or pair["area"] in self._councils

    def derive(self, pair: Mapping[str, Any]) -> Derived:
        return derive_standing(pair, self._found, [code.code for code in _tiers()])


def _tiers() -> Sequence[Code]:
    return [code for code in load_model().code_lists["tier"].codes if code.code != "every-council"]


def _row(derivation: Mapping[str, Any], pair: Mapping[str, Any], made: Derived) -> dict[str, Any]:
    text = None if made.value is None else f"{made.value:f}"
    lower, upper = (None, None) if made.limits is None else (f"{limit:f}" for limit in made.limits)
    return {
        "dataset": derivation["dataset"],
        "indicator": derivation["indicator"],
        "version": derivation["version"],
        "area": pair["area"],
        "period": pair["period"],
        "breakdown": "",
        "value_text": text,
        "value": None if text is None else float(text),
        "status": made.status,
        "lower_limit": lower,
        "upper_limit": upper,
        "note": made.note or None,
        "_source": pair["_source"],
        "_row": pair["_row"],
    }

"""The figures that targets need, read from the coded observations: a few for each target.

In:   coded observations, the definitions, and which indicators, periods and areas are wanted
Out:  for an indicator, a period and an area one figure with its range
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from compare import Limits, Parts, Rule, combining_rule, figure_limits
from ingest.engine import Engine
from ingest.expressions import expression, ibis, limited
from publish.observations import NUMBERS, Observations

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure that a target may need, with its range."""

    dataset: str
    version: str
    status: str
    value: Decimal | None
    limits: Limits | None


class Figures:
    """The figures for everyone, of the indicators, periods and areas that targets need."""

    def __init__(
        self,
        engine: Engine,
        observations: Observations,
        definitions: Mapping[tuple[str, str], Row],
        cells: set[tuple[str, str]],
        areas: set[str],
    ) -> None:
        self._definitions = definitions
        self._rules: dict[tuple[str, str], Rule] = {}
        self._found: dict[tuple[str, str], dict[str, Reading]] = {}
        for row in _read_rows(engine, observations, cells, areas):
            in_cell = self._found.setdefault((row["indicator"], row["period"]), {})
            reading = self._read(row)
            kept = in_cell.get(row["area"])
            # Of two datasets the first that gives a number.
            if kept is None or _order(reading) < _order(kept):
                in_cell[row["area"]] = reading

    def find(self, indicator: str, period: str, area: str | None) -> Reading | None:
        return self._found.get((indicator, period), {}).get(area or "")

    def areas_of(self, indicator: str, period: str) -> set[str]:
        return set(self._found.get((indicator, period), ()))

    def _read(self, row: Row) -> Reading:
        key = row["indicator"], row["version"]
        if key not in self._rules:
            said = self._definitions[key]
            self._rules[key] = combining_rule(
                said["unit"], read_decimal(said["multiplier"]), read_decimal(said["highest"])
            )
        rule = self._rules[key]
        value = read_decimal(row["value_text"])
        parts = Parts(
            rule.chance,
            value,
            rule.multiplier,
            read_decimal(row["numerator"]),
            read_decimal(row["denominator"]),
            row["sample_size"],
            read_decimal(row["lower_limit"]),
            read_decimal(row["upper_limit"]),
        )
        limits = figure_limits(parts)
        return Reading(
            row["dataset"],
            row["version"],
            row["status"],
            value,
            limits if isinstance(limits, Limits) else None,
        )


def _order(reading: Reading) -> tuple[bool, str]:
    return reading.value is None, reading.dataset


def _read_rows(
    engine: Engine, observations: Observations, cells: set[tuple[str, str]], areas: set[str]
) -> Iterator[Row]:
    """Read the rows that are not broken down, of some indicators and periods and of some areas."""
    lists = observations.lists
    numbers = {
        name: {text: place for place, (text, *_) in enumerate(lists[name], start=1)}
        for name in ("period", "area", "breakdown")
    }
    wanted = sorted(
        (place, numbers["period"][period])
        for place, (indicator, _) in enumerate(lists["definition"], start=1)
        for _, period in (cell for cell in cells if cell[0] == indicator)
        if period in numbers["period"]
    )
    known = sorted(numbers["area"][area] for area in areas if area in numbers["area"])
    if not wanted or not known or "" not in numbers["breakdown"]:
        return
    columns = (pa.array(column, pa.int32()) for column in zip(*wanted, strict=True))
    asked = engine.load(
        "cells_of_targets", pa.table(dict(zip(("definition", "period"), columns, strict=True)))
    )
    places = engine.load("areas_of_targets", pa.table({"area": pa.array(known, pa.int32())}))
    whole = numbers["breakdown"][""]
    rows = limited(
        observations.around(definition for definition, _ in wanted).rows, "breakdown", [(whole, whole)]
    )
    for row in engine.read(figures_of_targets(rows, asked, places)).to_pylist():
        indicator, version = lists["definition"][row["definition"] - 1]
        spelled = {name: lists[name][row[name] - 1][0] for name in ("period", "area", "dataset", "status")}
        yield row | spelled | {"indicator": indicator, "version": version}


@expression
def figures_of_targets(rows: ibis.Table, asked: ibis.Table, places: ibis.Table) -> ibis.Table:
    """Give the figures of some definitions and periods, and of some areas."""
    found = rows.join(asked, ["definition", "period"]).join(places, "area")
    texts = ("value_text", *NUMBERS, "sample_size")
    return found.select("definition", "period", "area", "dataset", "status", *texts)


def read_decimal(text: str | None) -> Decimal | None:
    """Read canonical text as a decimal; None stays None."""
    return None if text is None else Decimal(text)

"""Groups whose neighbours the product works out: their distances, from the figures that are published.

In:   the coded observations, and the tables groups, group_inputs, neighbours and areas as canonical text
Out:  rows of the table neighbours, from no source of a publisher's
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from compare.neighbours import USUAL_COUNT, Distances, Input, read_standardisation
from ingest.engine import Engine
from ingest.expressions import expression, ibis, limited
from ingest.period import read_period
from publish.observations import Observations, ranges_of
from schemas import Model

Row = dict[str, Any]
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class GroupTables:
    """Rows of the tables that say which neighbours are worked out here."""

    groups: Iterable[Row]
    inputs: Iterable[Row]
    neighbours: Iterable[Row]
    areas: Iterable[Row]


def work_out_neighbours(
    engine: Engine, model: Model, observations: Observations, tables: GroupTables
) -> list[Row]:
    """Give the neighbours of every group that has inputs and no list of its own.

    Only areas of the group's tier that exist today are in the set. An input without a period takes the newest
    one that has figures of them.
    """
    listed = {row["group"] for row in tables.neighbours}
    inputs: dict[str, list[Row]] = {}
    for row in tables.inputs:
        if row["group"] not in listed:
            inputs.setdefault(row["group"], []).append(row)
    if not inputs:
        return []
    read = _read_figures(engine, observations, {row["indicator"] for rows in inputs.values() for row in rows})
    out: list[Row] = []
    for group in tables.groups:
        wanted = inputs.get(group["group"], [])
        if wanted and group["tier"]:
            among = _areas_of(model, tables.areas, group["tier"])
            made = [_input(row, read.get(row["indicator"], {}), among) for row in wanted]
            count = int(group["neighbour_count"] or USUAL_COUNT)
            out += [
                {
                    "group": group["group"],
                    "area": area,
                    "neighbour": one.area,
                    "rank": str(one.rank),
                    "distance": f"{one.distance:.6f}".rstrip("0").rstrip("."),
                    "closeness": None,
                    "_source": None,
                    "_row": None,
                }
                for area, one in Distances(made).all_nearest(count)
            ]
    return out


def _areas_of(model: Model, areas: Iterable[Row], tier: str) -> frozenset[str]:
    types = model.code_lists["tier"].code(tier).more["area_types"]
    return frozenset(row["area"] for row in areas if row["area_type"] in types and not row["end_on"])


def _input(row: Row, by_period: Mapping[str, Figures], among: frozenset[str]) -> Input:
    kept = {
        period: {area: value for area, value in figures.items() if area in among}
        for period, figures in by_period.items()
    }
    periods = [period for period, figures in kept.items() if figures]
    newest = max(periods, key=lambda text: (read_period(text).end_on, text), default="")
    return Input(
        row["indicator"],
        float(row["weight"]),
        read_standardisation(row["standardisation"]),
        kept.get(row["period"] or newest, {}),
    )


def _read_figures(
    engine: Engine, observations: Observations, indicators: set[str]
) -> dict[str, dict[str, Figures]]:
    """Read the figures for everyone of some indicators: by indicator, period and area.

    Of two datasets the first by notation counts, and of two versions the later row in key order.
    """
    lists = observations.lists
    wanted = [at for at, (indicator, _) in enumerate(lists["definition"], 1) if indicator in indicators]
    whole = [at for at, (breakdown,) in enumerate(lists["breakdown"], 1) if not breakdown]
    rows = observations.only(wanted).rows
    table = engine.read(values_of(limited(rows, "breakdown", ranges_of(whole))))
    columns = (table[name].to_pylist() for name in ("dataset", "definition", "period", "area", "value"))
    found: dict[str, dict[str, Figures]] = {}
    for _, definition, period, area, value in sorted(zip(*columns, strict=True), key=_later_first):
        indicator = lists["definition"][definition - 1][0]
        of_period = found.setdefault(indicator, {}).setdefault(lists["period"][period - 1][0], {})
        of_period.setdefault(lists["area"][area - 1][0], value)
    return found


@expression
def values_of(rows: ibis.Table) -> ibis.Table:
    """Give the figures that have a value."""
    return rows.filter(rows.value.notnull()).select("dataset", "definition", "period", "area", "value")


def _later_first(row: tuple[int, int, int, int, float]) -> tuple[int, int]:
    return row[0], -row[1]

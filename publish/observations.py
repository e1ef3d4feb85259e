"""Observations become coded rows: small whole numbers for every code, in key order.

In:   harmonised observations: dataset, indicator, version, area, period, breakdown, value_text, value,
status,
      lower_limit, upper_limit, numerator, denominator, sample_size, note, _source, _row
Out:  a kept table of coded rows, and the lists that the numbers count into

Every form of an edition is written from the coded rows; what a code becomes in that form (an address, a
label, a piece of Turtle) is worked out once for each code in Python, and joined in by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa

from publish.engine import SORTED_AGAIN_ROWS, Engine

# Key order of the coded rows: all areas of one indicator and period lie side by side.
ORDER = ("definition", "period", "breakdown", "area", "dataset")

# The lists and the columns whose different values they hold.
LISTS: Mapping[str, tuple[str, ...]] = {
    "dataset": ("dataset",),
    "definition": ("indicator", "version"),
    "area": ("area",),
    "period": ("period",),
    "breakdown": ("breakdown",),
    "status": ("status",),
    "note": ("note",),
}

# The columns of harmonised observations.
COLUMNS = (
    *("dataset", "indicator", "version", "area", "period", "breakdown", "value_text", "value", "status"),
    *("lower_limit", "upper_limit", "numerator", "denominator", "sample_size", "note", "_source", "_row"),
)

# Figures beside the value: kept as text with the digits as published, and as a number.
NUMBERS = ("lower_limit", "upper_limit", "numerator", "denominator")


@dataclass(frozen=True)
class Observations:
    """All observations of an edition, coded.

    rows     ORDER, status, note (int32; a place in `lists`, from 1; note is null where there is none), value
             (float64), value_text, NUMBERS as text, sample_size (int64), _source (int32), _row (int64)
    lists    for each name of LISTS its values, sorted; a row's number n stands for lists[name][n - 1]
    series   the pairs of dataset and definition that occur
    cells    the pairs of dataset and breakdown that occur
    origins  the pairs of dataset and source that occur
    filled   the columns that hold something in at least one row
    lookups  the lists again, as tables in the engine: {name}_number and {name}_{column} for each column
    """

    rows: ibis.Table
    count: int
    lists: Mapping[str, tuple[tuple[str, ...], ...]]
    series: tuple[tuple[int, int], ...]
    cells: tuple[tuple[int, int], ...]
    origins: tuple[tuple[int, int], ...]
    filled: frozenset[str]
    lookups: Mapping[str, ibis.Table]

    def spelled(self) -> ibis.Table:
        """Join the rows with their lists: columns as area_area, definition_indicator, definition_version."""
        joined = self.rows
        for name, lookup in self.lookups.items():
            joined = joined.left_join(lookup, joined[name] == lookup[f"{name}_number"])
        return joined

    def in_order(self, expression: ibis.Table, columns: list[str]) -> ibis.Table:
        """Give some columns of an expression over the rows, in the order of the rows."""
        if self.count <= SORTED_AGAIN_ROWS:
            expression = expression.order_by([expression[name] for name in ORDER])
        return expression.select(*columns)


def code_observations(engine: Engine, observations: ibis.Table) -> Observations:
    """Code the observations and keep them in key order."""
    # What harmonises is worked out once, not once for each list.
    observations = engine.keep("harmonised_observations", observations.select(*COLUMNS))
    lists: dict[str, tuple[tuple[str, ...], ...]] = {}
    lookups: dict[str, ibis.Table] = {}
    coded = observations
    for name, columns in LISTS.items():
        found = engine.read(observations.select(*columns).distinct())
        rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
        values = sorted(row for row in rows if None not in row)
        lists[name] = tuple(values)
        table = pa.table(
            {
                f"{name}_number": pa.array(range(1, len(values) + 1), pa.int32()),
                **{
                    f"{name}_{column}": pa.array([row[at] for row in values], pa.string())
                    for at, column in enumerate(columns)
                },
            }
        )
        lookups[name] = lookup = engine.load(f"list_{name}", table)
        coded = coded.left_join(lookup, [coded[column] == lookup[f"{name}_{column}"] for column in columns])
    kept = engine.keep(
        "coded_observations",
        coded.select(
            **{name: coded[f"{name}_number"] for name in LISTS},
            value=coded.value,
            value_text=coded.value_text,
            **{name: coded[name] for name in NUMBERS},
            sample_size=coded.sample_size.cast("int64"),
            _source=coded["_source"].cast("int32"),
            _row=coded["_row"].cast("int64"),
        ),
        ORDER,
    )
    engine.drop("harmonised_observations")
    return Observations(
        kept,
        engine.count(kept),
        lists,
        series=_pairs(engine, kept, "dataset", "definition"),
        cells=_pairs(engine, kept, "dataset", "breakdown"),
        origins=_pairs(engine, kept, "dataset", "_source"),
        filled=_filled(engine, kept),
        lookups=lookups,
    )


def _pairs(engine: Engine, rows: ibis.Table, first: str, second: str) -> tuple[tuple[int, int], ...]:
    found = engine.read(rows.filter(rows[second].notnull()).select(first, second).distinct())
    return tuple(sorted(zip(found[first].to_pylist(), found[second].to_pylist(), strict=True)))


def _filled(engine: Engine, rows: ibis.Table) -> frozenset[str]:
    counts = engine.read(rows.aggregate(**{name: rows[name].count() for name in rows.columns}))
    return frozenset(name for name, count in counts.to_pylist()[0].items() if count)

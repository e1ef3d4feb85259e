"""Observations become coded rows: small whole numbers for every code, in key order.

In:   harmonised observations: dataset, indicator, version, area, period, breakdown, value_text, value,
status,
      lower_limit, upper_limit, numerator, denominator, sample_size, note, _source, _row
Out:  a kept table of coded rows, and the lists that the numbers count into

Every form of an edition is written from the coded rows; what a code becomes in that form (an address, a
label, a piece of Turtle) is worked out once for each code in Python, and joined in by the engine.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import ibis
import numpy as np
import pyarrow as pa

from ingest.observed_files import ObservedFiles
from publish.coding import Coding, find_values
from publish.engine import Engine

# What stands in the columns of a list.
Values = tuple[str, ...]

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

# Stands between the texts of a list that has several columns; no notation has it.
_BETWEEN = "\t"

# Up to here rows are sorted again on their way out, which costs nothing. Above it, the engine is trusted to
# give a kept table in the order in which it was kept, and held to it.
SORTED_AGAIN_ROWS = 100_000

# Up to so many rows from before stay in memory as they were read; some 150 bytes each.
LENT_ROWS = 2_000_000

# The columns of harmonised observations.
COLUMNS = (
    *("dataset", "indicator", "version", "area", "period", "breakdown", "value_text", "value", "status"),
    *("lower_limit", "upper_limit", "numerator", "denominator", "sample_size", "note", "_source", "_row"),
)

# Figures beside the value: kept as text with the digits as published, and as a number.
NUMBERS = ("lower_limit", "upper_limit", "numerator", "denominator")

# Coded rows, and their name in the engine.
FORM = pa.schema(
    [
        *((name, pa.int32()) for name in (*LISTS, "is_missing")),
        ("value", pa.float64()),
        *((name, pa.string()) for name in ("value_text", *NUMBERS)),
        ("sample_size", pa.int64()),
        ("_source", pa.int32()),
        ("_row", pa.int64()),
    ]
)
_KEPT = "coded_observations"


@dataclass(frozen=True)
class Observations:
    """All observations of an edition, coded.

    rows     ORDER, status, note (int32; a place in `lists`, from 1; note is null where there is none),
    is_missing
             (int32, 1 where there is no value), value (float64), value_text, NUMBERS as text, sample_size
             (int64), _source (int32), _row (int64)
    lists    for each name of LISTS its values, sorted; a row's number n stands for lists[name][n - 1]
    series   the pairs of dataset and definition that occur
    cells    the pairs of dataset and breakdown that occur
    origins  the pairs of dataset and source that occur
    lookups  the lists again, as tables in the engine: {name}_number and {name}_{column} for each column
    """

    engine: Engine
    rows: ibis.Table
    count: int
    lists: Mapping[str, tuple[tuple[str, ...], ...]]
    series: tuple[tuple[int, int], ...]
    cells: tuple[tuple[int, int], ...]
    origins: tuple[tuple[int, int], ...]
    lookups: Mapping[str, ibis.Table]

    def only(self, definitions: Sequence[int]) -> Observations:
        """Give the observations of some definitions, under the same numbers."""
        rows = self.rows.filter(self.rows.definition.isin(definitions))
        return replace(self, rows=rows, count=self.engine.count(rows))

    def forget(self) -> None:
        """Let go of the engine and all it holds; nothing more can be written from the rows."""
        self.engine.close()

    def batches(self, rows: ibis.Table | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows, or an expression that has a row for each of them, in key order.

        Raises AssertionError if the engine has lost the order.
        """
        expression = self.rows if rows is None else rows
        if self.count <= SORTED_AGAIN_ROWS:
            expression = expression.order_by(list(ORDER))
        last = 0
        for batch in self.engine.batches(expression):
            places = batch.column("definition").to_numpy()
            assert (np.diff(places, prepend=last) >= 0).all(), "rows are out of key order"
            last = places[-1]
            yield batch


class Before(Protocol):
    """Rows that need not be coded again."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    @property
    def lists(self) -> Mapping[str, frozenset[Values]]:
        """The values that occur in them, for each list."""
        ...

    def rows(self, fresh: Observations) -> Iterator[pa.RecordBatch]:
        """Give all rows in key order, those that were coded now among them."""
        ...


def code_observations(
    engine: Engine, observations: ibis.Table | ObservedFiles, before: Before | None = None
) -> Observations:
    """Code the observations and keep them in key order.

    observations   with COLUMNS, or the files in which they lie. They are looked at twice, once for the lists and once
                   to be coded: keeping their texts in between would cost more than reading them again.
    before         the rest of the rows
    """
    lists = (
        find_values(observations, tuple(LISTS))
        if isinstance(observations, ObservedFiles)
        else _find_lists(engine, observations)
    )
    if before is not None:
        lists = {name: tuple(sorted({*values, *before.lists[name]})) for name, values in lists.items()}
    coded = _code(engine, observations, lists)
    if before is not None:
        form, is_large = coded.rows.schema().to_pyarrow(), before.count > LENT_ROWS
        rows = engine.lend("all_coded_observations", form, before.rows(coded), is_large=is_large)
        engine.drop(_KEPT)
        coded = replace(coded, rows=rows, count=engine.count(rows))
    series, cells, origins = (
        _pairs(engine, coded.rows, "dataset", other) for other in ("definition", "breakdown", "_source")
    )
    return replace(coded, series=series, cells=cells, origins=origins)


def _code(
    engine: Engine, observations: ibis.Table | ObservedFiles, lists: Mapping[str, tuple[Values, ...]]
) -> Observations:
    """Code observations by lists that have all their values; no pairs are found yet."""
    lookups = {
        name: engine.load(f"list_{name}", _numbered(name, columns, lists[name]))
        for name, columns in LISTS.items()
    }
    if isinstance(observations, ObservedFiles):
        kept = _code_files(engine, observations, lists)
    else:
        kept = engine.keep(_KEPT, _coded(observations, lookups), ORDER)
    return Observations(engine, kept, engine.count(kept), lists, (), (), (), lookups)


def _numbered(name: str, columns: Sequence[str], values: Sequence[Values]) -> pa.Table:
    """Give a list as a table."""
    texts = {
        f"{name}_{column}": pa.array([row[at] for row in values], pa.string())
        for at, column in enumerate(columns)
    }
    return pa.table({f"{name}_number": pa.array(range(1, len(values) + 1), pa.int32()), **texts})


def _code_files(engine: Engine, files: ObservedFiles, lists: Mapping[str, tuple[Values, ...]]) -> ibis.Table:
    """Code observations as they lie in their files; rows that come in another order are sorted by the engine."""
    coding = Coding(files, lists, FORM, ORDER)
    kept = engine.lend(_KEPT, FORM, coding.batches(), is_large=True)
    if coding.is_ordered:
        return kept
    ordered = engine.keep(f"ordered_{_KEPT}", kept, ORDER)
    engine.drop(_KEPT)
    return ordered


def _coded(observations: ibis.Table, lookups: Mapping[str, ibis.Table]) -> ibis.Table:
    """Give observations as coded rows, in no order."""
    coded = observations
    for name, columns in LISTS.items():
        lookup = lookups[name]
        coded = coded.left_join(lookup, [coded[column] == lookup[f"{name}_{column}"] for column in columns])
    return coded.select(
        **{name: coded[f"{name}_number"] for name in LISTS},
        is_missing=coded.value_text.isnull().cast("int32"),
        value=coded.value,
        value_text=coded.value_text,
        **{name: coded[name] for name in NUMBERS},
        sample_size=coded.sample_size.cast("int64"),
        _source=coded["_source"].cast("int32"),
        _row=coded["_row"].cast("int64"),
    )


def _find_lists(engine: Engine, observations: ibis.Table) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Find the different values of every list, sorted."""
    texts = {
        name: functools.reduce(
            lambda text, column: text + _BETWEEN + column, (observations[c] for c in columns)
        )
        for name, columns in LISTS.items()
    }
    asked = {name: text.collect(distinct=True) for name, text in texts.items()}
    [found] = engine.read(observations.aggregate(**asked)).to_pylist()
    return {
        name: tuple(sorted(tuple(text.split(_BETWEEN, len(columns) - 1)) for text in found[name] or ()))
        for name, columns in LISTS.items()
    }


def _pairs(engine: Engine, rows: ibis.Table, first: str, second: str) -> tuple[tuple[int, int], ...]:
    found = engine.read(rows.filter(rows[second].notnull()).select(first, second).distinct())
    return tuple(sorted(zip(found[first].to_pylist(), found[second].to_pylist(), strict=True)))

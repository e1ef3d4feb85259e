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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa

from ingest.engine import Engine
from ingest.expressions import called, expression, ibis, limited, ordered
from ingest.observed_files import ObservedFiles
from publish.coding import Coding, find_values
from publish.counts import SOURCE, Counts, Values, count_rows, together

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

# Of rows from before a part is brought in by itself, unless it is more than one in so many.
_MUCH = 2

# The columns of harmonised observations.
COLUMNS = (
    *("dataset", "indicator", "version", "area", "period", "breakdown", "value_text", "value", "status"),
    *("lower_limit", "upper_limit", "numerator", "denominator", "sample_size", "note", "_source", "_row"),
)

# The coded rows in the engine.
_KEPT = "coded_observations"
# Rows in the order of their files.
_AS_FOUND = "observations_as_found"

# Figures beside the value: kept as text with the digits as published, and as a number.
NUMBERS = ("lower_limit", "upper_limit", "numerator", "denominator")

# Coded rows.
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


@dataclass(frozen=True)
class Observations:
    """All observations of an edition, coded.

    lists    for each name of LISTS its values, sorted; a row's number n stands for lists[name][n - 1]
    counts   what is counted of them
    lookups  the lists again, as tables in the engine: {name}_number and {name}_{column} for each column

    The rows of the others are brought in when somebody asks for them; what can be said without, is.
    """

    engine: Engine
    lists: Mapping[str, tuple[tuple[str, ...], ...]]
    counts: Counts
    lookups: Mapping[str, ibis.Table]
    _find_rows: Callable[[], ibis.Table]
    _stock: _Stock | None = None

    @property
    def rows(self) -> ibis.Table:
        """ORDER, status, note (int32; a place in `lists`, from 1; note is null where there is none), is_missing
        (int32, 1 where there is no value), value (float64), value_text, NUMBERS as text, sample_size (int64),
        _source (int32), _row (int64)"""
        return self._find_rows()

    @property
    def count(self) -> int:
        return self.counts.count

    @cached_property
    def series(self) -> tuple[tuple[int, int], ...]:
        """The pairs of dataset and definition that occur."""
        return self.counts.pairs("dataset", "definition")

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """The pairs of dataset and breakdown that occur."""
        return self.counts.pairs("dataset", "breakdown")

    @cached_property
    def origins(self) -> tuple[tuple[int, int], ...]:
        """The pairs of dataset and source that occur."""
        return self.counts.pairs("dataset", SOURCE)

    def around(self, definitions: Iterable[int]) -> Observations:
        """Give observations that have all those of some definitions, and no more others than must be."""
        return self if self._stock is None else self._stock.around(frozenset(definitions))

    def only(self, definitions: Collection[int]) -> Observations:
        """Give the observations of some definitions, under the same numbers."""
        around = self.around(definitions)
        if around.counts.by_definition.keys() <= set(definitions):
            return around
        rows = limited(around.rows, "definition", ranges_of(sorted(definitions)))
        return replace(around, counts=around.counts.of(definitions), _find_rows=lambda: rows, _stock=None)

    def forget(self) -> None:
        """Let go of the engine and all it holds; nothing more can be written from the rows."""
        self.engine.close()

    def batches(self, rows: ibis.Table | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows, or an expression that has a row for each of them, in key order.

        Raises AssertionError if the engine has lost the order.
        """
        asked = self.rows if rows is None else rows
        if self.count <= SORTED_AGAIN_ROWS:
            asked = ordered(asked, *ORDER)
        last = 0
        for batch in self.engine.batches(asked):
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

    def counts_by(self, lists: Mapping[str, Sequence[Values]]) -> Counts:
        """Give what is counted of them, under the numbers of lists that have all their values."""
        ...

    def whole(self, lists: Mapping[str, Sequence[Values]], definitions: Collection[int]) -> frozenset[int]:
        """Give these definitions, and those whose rows must be given with theirs."""
        ...

    def rows(self, fresh: Observations, definitions: Collection[int]) -> Iterator[pa.RecordBatch]:
        """Give the rows of such definitions in key order, those that were coded now among them."""
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
    if before is None:
        return _code(engine, observations, lists)
    known = before.lists
    lists = {name: tuple(sorted({*values, *known[name]})) for name, values in lists.items()}
    fresh = _code(engine, observations, lists)
    return _Stock(before, fresh).all


class _Stock:
    """Observations of which some rows are known from before; they are brought in when somebody asks for them."""

    def __init__(self, before: Before, fresh: Observations) -> None:
        self._before, self._fresh = before, fresh
        self._counts = together([before.counts_by(fresh.lists), fresh.counts])
        self._found: dict[frozenset[int], Observations] = {}
        self.all = self._find(frozenset(self._counts.by_definition))

    def around(self, definitions: frozenset[int]) -> Observations:
        """Give observations that have all those of some definitions."""
        if self._fresh.counts.by_definition.keys() >= definitions:
            return self._fresh
        whole = self._before.whole(self._fresh.lists, definitions)
        rows = sum(self._counts.by_definition[number] for number in whole)
        return self.all if rows * _MUCH > self._counts.count else self._find(whole)

    def _find(self, definitions: frozenset[int]) -> Observations:
        if definitions not in self._found:
            fresh, place = self._fresh, len(self._found)
            counts = self._counts.of(definitions)

            @functools.cache
            def bring() -> ibis.Table:
                batches, is_large = self._before.rows(fresh, definitions), counts.count > LENT_ROWS
                return called(_KEPT, fresh.engine.lend(f"{_KEPT}_{place}", FORM, batches, is_large=is_large))

            self._found[definitions] = replace(fresh, counts=counts, _find_rows=bring, _stock=self)
        return self._found[definitions]


def _code(
    engine: Engine, observations: ibis.Table | ObservedFiles, lists: Mapping[str, tuple[Values, ...]]
) -> Observations:
    """Code observations by lists that have all their values."""
    lookups = {
        name: engine.load(f"list_{name}", _numbered(name, columns, lists[name]))
        for name, columns in LISTS.items()
    }
    if isinstance(observations, ObservedFiles):
        kept = _code_files(engine, observations, lists)
    else:
        kept = engine.keep(_KEPT, coded_rows(observations, lookups), ORDER)
    return Observations(engine, lists, count_rows(engine, kept), lookups, lambda: kept)


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
    found = engine.lend(_AS_FOUND, FORM, coding.batches(), is_large=True)
    if coding.is_ordered:
        return engine.rename(found, _KEPT)
    kept = engine.keep(_KEPT, found, ORDER)
    engine.drop(_AS_FOUND)
    return kept


@expression
def coded_rows(observations: ibis.Table, lookups: Mapping[str, ibis.Table]) -> ibis.Table:
    """Put the numbers of lists in the place of their values."""
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


@expression
def listed(observations: ibis.Table) -> ibis.Table:
    """Give the different values of every list, those with several columns joined."""
    texts = {
        name: functools.reduce(
            lambda text, column: text + _BETWEEN + column, (observations[c] for c in columns)
        )
        for name, columns in LISTS.items()
    }
    return observations.aggregate(**{name: text.collect(distinct=True) for name, text in texts.items()})


def _find_lists(engine: Engine, observations: ibis.Table) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Find the different values of every list, sorted."""
    [found] = engine.read(listed(observations)).to_pylist()
    return {
        name: tuple(sorted(tuple(text.split(_BETWEEN, len(columns) - 1)) for text in found[name] or ()))
        for name, columns in LISTS.items()
    }


def ranges_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Give numbers, which are in order, as ranges, as few as there are.

    >>> ranges_of([1, 2, 3, 5])
    [(1, 3), (5, 5)]
    """
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        first = ranges.pop()[0] if ranges and ranges[-1][1] == number - 1 else number
        ranges.append((first, number))
    return ranges


@expression
def with_statuses(rows: ibis.Table, status: ibis.Table, texts: Sequence[str]) -> ibis.Table:
    """Give coded rows in the columns of harmonised observations, with some texts, and their statuses spelled."""
    rows = rows.join(status, rows.status == status.status_number)
    return rows.select(
        "dataset",
        *texts,
        indicator="definition",
        version=ibis.literal(0, "int32"),
        period="period",
        breakdown="breakdown",
        area="area",
        value="value",
        status="status_status",
    )

"""What is counted of the observations: all that is asked of every row, in three tables that are much shorter.

In:   coded rows; and what the edition before counted
Out:  how many figures there are of each dataset, definition, period and source; of which series; and with which status
      and note

Figures that did not change count as they did, so nobody has to look at their rows for it. What is left for the next
edition has texts where there are numbers here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.engine import Engine
from ingest.expressions import expression, ibis
from publish.digits import cannot_be_printed, decimals_of

# What stands in the columns of a list.
Values = tuple[str, ...]

# The columns of a list that has more or others than its own name, as everywhere (observations.py).
_DEFINITION = ("indicator", "version")

SOURCE = "source"

# What each table is counted by; the rest of its columns are counts.
KEYS: Mapping[str, tuple[str, ...]] = {
    "counted_figures": ("dataset", "definition", "period", SOURCE),
    "counted_series": ("dataset", "definition", "breakdown", "area"),
    "counted_statuses": ("definition", "status", "note"),
}
_FIGURES, _SERIES, _STATUSES = KEYS

# The columns of counts.
_COUNTS: Mapping[str, tuple[str, ...]] = {
    _FIGURES: ("figures", "missing", "ranges", "texts", "digits", "longest"),
    _SERIES: ("values",),
    _STATUSES: (),
}

# Columns of whole numbers, all of one length. None of numpy's arrays has types of its own here.
Column = Any
Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Counts:
    """Counts of observations.

    figures    by dataset, definition, period and source (0 where nobody knows): how many `figures`; `missing` ones that
               have no value; `ranges` with both limits beside a value; `texts`, values that are kept as text too; the
               most `digits` behind the point; and the characters of the `longest` number beside a value
    series     by dataset, definition, breakdown and area: how many `values`
    statuses   the definitions, statuses and notes (0 for none) that occur together
    """

    figures: Columns
    series: Columns
    statuses: Columns

    @cached_property
    def by_definition(self) -> Mapping[int, int]:
        """How many figures each definition has."""
        found = add_up(self.figures, ("definition",), ("figures",))
        return dict(found)  # type: ignore[arg-type]  # two columns

    @cached_property
    def count(self) -> int:
        return int(self.figures["figures"].sum())

    def of(self, definitions: Collection[int]) -> Counts:
        """Give the counts of some definitions."""
        wanted = np.fromiter(definitions, dtype=np.int64)
        return Counts(*(_where(one, np.isin(one["definition"], wanted)) for one in self._tables))

    def pairs(self, first: str, second: str) -> tuple[tuple[int, int], ...]:
        """Give the pairs of codes that occur, where there is a second one."""
        table = next(one for one in self._tables if first in one and second in one)
        found = add_up(_where(table, table[second] > 0), (first, second))
        return tuple(found)  # type: ignore[arg-type]  # two columns

    @property
    def _tables(self) -> tuple[Columns, Columns, Columns]:
        return self.figures, self.series, self.statuses

    def write(
        self, lists: Mapping[str, Sequence[Values]], sources: Mapping[int, str]
    ) -> Iterable[tuple[str, pa.Table]]:
        """Give each table with texts for its numbers, by its name.

        sources   what each source is known by
        """
        for (name, keys), table in zip(KEYS.items(), self._tables, strict=True):
            columns = {}
            for key in keys:
                if key == SOURCE:
                    most = max(sources, default=0)
                    texts: Sequence[Values] = [(sources.get(at, ""),) for at in range(1, most + 1)]
                else:
                    texts = lists[key]
                for at, column in enumerate(_DEFINITION if key == "definition" else (key,)):
                    columns[column] = _coded(table[key], [text[at] for text in texts])
            yield name, pa.table(columns | {count: table[count] for count in _COUNTS[name]})


@expression
def counted_figures(rows: ibis.Table) -> ibis.Table:
    """Count the figures of each dataset, definition, period and source."""
    has_range = rows.lower_limit.notnull() & rows.upper_limit.notnull() & (rows.is_missing == 0)
    lengths = [rows[name].length() for name in ("lower_limit", "upper_limit", "numerator", "denominator")]
    return rows.group_by("dataset", "definition", "period", "_source").aggregate(
        figures=rows.count(),
        missing=rows.is_missing.sum(),
        ranges=has_range.cast("int64").sum(),
        texts=(cannot_be_printed(rows) & rows.value_text.notnull()).cast("int64").sum(),
        digits=decimals_of(rows).max().cast("int32"),
        longest=ibis.greatest(*(length.max().fill_null(0) for length in lengths)).cast("int32"),
    )


@expression
def counted_series(rows: ibis.Table) -> ibis.Table:
    """Count the values of each series."""
    counted = rows.group_by("dataset", "definition", "breakdown", "area")
    return counted.aggregate(values=(rows.is_missing == 0).cast("int64").sum())


@expression
def counted_statuses(rows: ibis.Table) -> ibis.Table:
    """Give the definitions, statuses and notes that occur together."""
    return rows.select("definition", "status", "note").distinct()


def count_rows(engine: Engine, rows: ibis.Table) -> Counts:
    """Count coded rows, each of which is looked at three times."""
    asked = counted_figures(rows), counted_series(rows), counted_statuses(rows)
    found = []
    for counted, (name, keys) in zip(asked, KEYS.items(), strict=True):
        table = engine.read(counted)
        table = table.rename_columns([SOURCE if one == "_source" else one for one in table.column_names])
        found.append(_in_order({one: _numbers(table[one]) for one in (*keys, *_COUNTS[name])}, keys))
    return Counts(*found)


def _in_order(table: Columns, keys: Sequence[str]) -> Columns:
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {name: column[order] for name, column in table.items()}


def _numbers(column: pa.ChunkedArray) -> Column:
    return column.cast(pa.int64()).fill_null(0).to_numpy()


def together(all_counts: Sequence[Counts]) -> Counts:
    """Put counts of different definitions together."""
    joined = []
    for tables, keys in zip(
        zip(*(one._tables for one in all_counts), strict=True), KEYS.values(), strict=True
    ):
        whole = {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}
        joined.append(_in_order(whole, keys))
    return Counts(*joined)


def add_up(table: Columns, keys: Sequence[str], counts: Sequence[str] = ()) -> list[tuple[int, ...]]:
    """Add counts up by fewer keys: give each that occurs, in order, with its counts."""
    columns = [table[key] for key in keys]
    if not len(columns[0]):
        return []
    order = np.lexsort(columns[::-1])
    columns = [column[order] for column in columns]
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    starts = np.flatnonzero(differs)
    sums = [np.add.reduceat(table[count][order], starts) for count in counts]
    return list(
        zip(*(column[starts].tolist() for column in columns), *(one.tolist() for one in sums), strict=True)
    )


def _where(table: Columns, is_wanted: Column) -> dict[str, Column]:
    return {name: column[is_wanted] for name, column in table.items()}


def _coded(numbers: Column, texts: Sequence[str]) -> pa.DictionaryArray:
    """Give a column of texts for numbers, which count from 1; 0 stands for none."""
    known = np.where(numbers <= len(texts), numbers, 0)
    different = sorted(set(texts))
    places = {text: at for at, text in enumerate(different, start=1)}
    codes = np.array([0, *(places[text] for text in texts)], dtype=np.int32)[known]
    return pa.DictionaryArray.from_arrays(
        pa.array(codes - 1, pa.int32(), mask=codes == 0), pa.array(different, pa.string())
    )


class CountsBefore:
    """The counts of the edition before, of some indicators, under the texts that it had."""

    def __init__(self, paths: Mapping[str, Path], indicators: Collection[str]) -> None:
        self._tables = {name: _read(paths[name], name, indicators) for name in KEYS}

    def lists(self) -> Mapping[str, frozenset[Values]]:
        """Give the values that occur, for each list."""
        found: dict[str, frozenset[Values]] = {}
        for name, keys in KEYS.items():
            for key in (one for one in keys if one != SOURCE and one not in found):
                codes, values = self._tables[name][key]
                found[key] = frozenset(values[at - 1] for at in np.unique(codes[codes > 0]).tolist())
        return found

    def numbered(self, lists: Mapping[str, Sequence[Values]], sources: Mapping[str, int]) -> Counts:
        """Give them under the numbers of new lists, and of the sources now."""
        of = {key: {value: at for at, value in enumerate(values, 1)} for key, values in lists.items()}
        of[SOURCE] = {(text,): number for text, number in sources.items()}
        found = []
        for name, keys in KEYS.items():
            columns = {}
            for key in keys:
                codes, values = self._tables[name][key]
                columns[key] = np.array([0, *(of[key].get(value, 0) for value in values)], np.int64)[codes]
            found.append(columns | {count: self._tables[name][count][0] for count in _COUNTS[name]})
        return Counts(*found)


def _read(path: Path, name: str, indicators: Collection[str]) -> dict[str, tuple[Column, list[Values]]]:
    """Read the codes of each column, from 1, and what they stand for; of counts themselves."""
    texts = [one for key in KEYS[name] for one in (_DEFINITION if key == "definition" else (key,))]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        table = file.read()
    columns: dict[str, tuple[Column, list[Values]]] = {
        count: (table[count].to_numpy(), []) for count in _COUNTS[name]
    }
    for text in texts:
        cells = table[text].combine_chunks()
        places = cells.indices.fill_null(-1).to_numpy().astype(np.int64) + 1
        columns[text] = places, [(one,) for one in cells.dictionary.to_pylist()]
    is_wanted = np.array([False, *(one in indicators for (one,) in columns["indicator"][1])])
    wanted = is_wanted[columns["indicator"][0]]
    columns = {one: (codes[wanted], values) for one, (codes, values) in columns.items()}
    (first, indicator), (second, version) = columns.pop("indicator"), columns.pop("version")
    pairs, definition = np.unique(first * len(version) + second - 1, return_inverse=True)
    values = [(*indicator[at // len(version) - 1], *version[at % len(version)]) for at in pairs.tolist()]
    return columns | {"definition": (definition + 1, values)}

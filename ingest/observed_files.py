"""Observations are harmonised as they lie in their files: each different text of a column once, wherever it stands.

In:   files of observations as text (standard_file.py), and what their indicators and code lists say
Out:  groups of rows; of each column the different texts that it has there, harmonised, and which of them each row has

harmonise.py says the same as an expression, for who has more to ask of the rows than what stands in them. A test holds
both to the rule, harmonise_observation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.resolve import Version, resolve_row
from ingest.standard_file import StandardFile

# For each row a place among the different texts of a group. None of numpy's and pyarrow's arrays has types of its own.
Places = Any
Array = Any

# Up to so many combinations are counted in a list of all; of more, those that occur are sorted.
_COUNTED = 1 << 20

# The plain form of each column of numbers, and what reads a text that is in another one.
Forms = Mapping[str, tuple[str, Callable[[str], str | None]]]


@dataclass(frozen=True, slots=True)
class Different:
    """The different values of a column in a group of rows, and the place of each row's among them.

    values   texts, or tuples of texts that belong together; None where there is none
    """

    places: Places
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """A row group of a file.

    cells   for each column of the table the column of the file that holds it
    """

    file: StandardFile
    cells: Mapping[str, str]
    parquet: pq.ParquetFile
    number: int
    count: int

    def texts(self, column: str) -> pa.DictionaryArray:
        """Read a column with its dictionary; one that the file does not have is empty."""
        if column not in self.cells:
            texts = pa.array([self.file.given.get(column, "")], pa.string())
            return pa.DictionaryArray.from_arrays(pa.array(np.zeros(self.count, dtype=np.int32)), texts)
        return self._read(self.cells[column]).unify_dictionaries().combine_chunks()

    def numbers(self, column: str) -> Array:
        return self._read(column).combine_chunks()

    def _read(self, column: str) -> pa.ChunkedArray:
        [read] = self.parquet.read_row_group(self.number, columns=[column], use_threads=False).columns
        return read


@dataclass(frozen=True, slots=True)
class ObservedGroup:
    """Rows of one file that lie side by side.

    columns     dataset, area, status, note, period, breakdown as texts, and definition as indicator and version
    """

    count: int
    columns: Mapping[str, Different]
    _part: _Part
    _forms: Forms

    def origins(self) -> tuple[Array, Array]:
        """Give the number of each row's source, and of the row in it."""
        source = self._part.file.source
        if source is None:
            return self._part.numbers("_source"), self._part.numbers("_row")
        return pa.array(np.full(self.count, source, dtype=np.int32)), self._part.numbers("_row")

    def number(self, column: str) -> tuple[Array, Array]:
        """Give the different texts of a column of numbers, in their plain form, and the place of each row's."""
        found = self._part.texts(column)
        form, read = self._forms[column]
        none = pa.array(sorted({"", *self._part.file.missing}), pa.string())
        texts = pc.if_else(pc.is_in(found.dictionary, none), pa.scalar(None, pa.string()), found.dictionary)
        if not pc.all(pc.match_substring_regex(texts, form), min_count=0).as_py():
            plain = pc.match_substring_regex(texts, form).fill_null(True).to_pylist()
            texts = pa.array(
                [
                    text if is_plain or text is None else read(text)
                    for text, is_plain in zip(texts.to_pylist(), plain, strict=True)
                ],
                pa.string(),
            )
        return texts, found.indices


@dataclass(frozen=True)
class ObservedFiles:
    """Files of observations.

    versions   for each indicator its versions
    totals     for each dimension the codes that take all others together
    forms      of the columns of numbers
    fields     the columns that are no dimensions
    """

    files: Sequence[StandardFile]
    versions: Mapping[str, Sequence[Version]]
    totals: Mapping[str, Sequence[str]]
    forms: Forms
    fields: Sequence[str]
    _resolved: dict[tuple[str, str, str], tuple[str | None, str | None]] = field(default_factory=dict)

    def groups(self) -> Iterator[ObservedGroup]:
        """Read all rows, group by group."""
        for file in self.files:
            dimensions = sorted(set(file.columns) - set(self.fields))
            wanted = ("dataset", "indicator", "version", "area", "period", "status", "note", *dimensions)
            # A file of the table's own columns has each under its own name.
            cells = {column: column for column in file.columns} if file.source is None else file.cells
            texts = [cell for column, cell in cells.items() if column in wanted or column in self.forms]
            parquet = pq.ParquetFile(file.parquet, read_dictionary=texts)
            for number in range(parquet.metadata.num_row_groups):
                count = parquet.metadata.row_group(number).num_rows
                if count:
                    part = _Part(file, cells, parquet, number, count)
                    found = {column: _different(part.texts(column), file.missing) for column in wanted}
                    columns = self._harmonised(found, dimensions, count)
                    yield ObservedGroup(count, columns, part, self.forms)

    def _harmonised(
        self, found: Mapping[str, Different], dimensions: Sequence[str], count: int
    ) -> dict[str, Different]:
        named = _together([found[name] for name in ("indicator", "version", "period")])
        resolved = [self._resolve(*value) for value in named.values]
        columns = {
            name: Different(found[name].places, [text or None for text in found[name].values])
            for name in ("dataset", "area", "note")
        }
        columns["status"] = Different(
            found["status"].places, [text or "normal" for text in found["status"].values]
        )
        columns["definition"] = Different(
            named.places,
            [(value[0] or None, version) for value, (version, _) in zip(named.values, resolved, strict=True)],
        )
        columns["period"] = Different(named.places, [notation for _, notation in resolved])
        columns["breakdown"] = Different(np.zeros(count, dtype=np.int64), [""])
        if dimensions:
            folded = _together([found[name] for name in dimensions])
            columns["breakdown"] = Different(
                folded.places, [self._fold(dimensions, value) for value in folded.values]
            )
        return columns

    def _resolve(self, indicator: str, version: str, period: str) -> tuple[str | None, str | None]:
        """Give the version that counts and the notation of a period."""
        key = (indicator, version, period)
        if key not in self._resolved:
            row = resolve_row(indicator, version, period, self.versions.get(indicator, []))
            # An unknown version is a problem of its own; the text that was given is the best there is.
            self._resolved[key] = row.get("resolved") or version or None, row.get("notation")
        return self._resolved[key]

    def _fold(self, dimensions: Sequence[str], codes: Sequence[str]) -> str:
        """Fold the codes of dimensions into one text; totals and empty cells say nothing."""
        return ";".join(
            f"{dimension}={code}"
            for dimension, code in zip(dimensions, codes, strict=True)
            if code and code not in self.totals.get(dimension, ())
        )


def _different(cells: pa.DictionaryArray, missing: Sequence[str]) -> Different:
    """Give the different texts of a column; an empty cell, and one that stands for no value, is the empty text."""
    texts = ["" if text in missing else text for text in cells.dictionary.to_pylist()]
    places = cells.indices
    if places.null_count:
        places, texts = places.fill_null(len(texts)), [*texts, ""]
    return Different(places.to_numpy().astype(np.int64), texts)


def _together(columns: Sequence[Different]) -> Different:
    """Put several columns into one of tuples, of which only those are there that occur."""
    first, *others = columns
    places = first.places
    values: list[tuple[Any, ...]] = [(value,) for value in first.values]
    for other in others:
        width = len(other.values)
        places = places * width + other.places
        if len(values) * width <= _COUNTED:
            occurring = np.flatnonzero(np.bincount(places))
            among = np.zeros(int(occurring[-1]) + 1, dtype=np.int64)
            among[occurring] = np.arange(len(occurring))
            places = among[places]
        else:
            occurring, places = np.unique(places, return_inverse=True)
        values = [(*values[code // width], other.values[code % width]) for code in occurring.tolist()]
    return Different(places, values)

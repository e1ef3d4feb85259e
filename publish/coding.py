"""Observations are coded as they lie in their files, where nothing else is to be asked of them.

In:   files of observations (ingest/observed_files.py)
Out:  the values of every list, and coded rows in the order of the files

A file says each different text of a column once, for a group of a hundred thousand rows. So a text is looked up once
for each group, and what is done for each row is done on numbers: a third of the time that the engine takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.observed_files import Different, ObservedFiles, ObservedGroup

_Values = tuple[str, ...]


def find_values(files: ObservedFiles, names: Sequence[str]) -> dict[str, tuple[_Values, ...]]:
    """Find the different values of some columns, sorted."""
    found: dict[str, set[Any]] = {name: set() for name in names}
    for group in files.groups():
        for name, column in group.columns.items():
            occurs = np.bincount(column.places, minlength=len(column.values)) > 0
            found[name].update(column.values if occurs.all() else compress(column.values, occurs))
    return {name: tuple(sorted(filter(None, map(_value, values)))) for name, values in found.items()}


def _value(value: Any) -> _Values:
    """Give a value as a tuple, empty where a text of it is not there."""
    texts = value if isinstance(value, tuple) else (value,)
    return () if None in texts else texts


class Coding:
    """Codes the rows of files by lists that have all their values.

    is_ordered   whether all rows that were given so far came in the order of `order`
    """

    def __init__(
        self,
        files: ObservedFiles,
        lists: Mapping[str, Sequence[_Values]],
        form: pa.Schema,
        order: Sequence[str],
    ) -> None:
        self._files, self._form, self._order = files, form, order
        self._numbers: dict[str, dict[Any, int]] = {
            # A list of one column has texts for its values here, as the files have.
            name: {value if len(value) > 1 else value[0]: at for at, value in enumerate(values, start=1)}
            for name, values in lists.items()
        }
        self.is_ordered = True
        self._last = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give all rows, coded."""
        for group in self._files.groups():
            numbers = {name: self._code(name, column) for name, column in group.columns.items()}
            self._watch(numbers)
            columns = {
                name: pa.array(found, pa.int32(), mask=found == 0 if not found.all() else None)
                for name, found in numbers.items()
            }
            columns |= _figures(group)
            columns["_source"], columns["_row"] = group.origins()
            yield pa.RecordBatch.from_arrays(
                [columns[column.name].cast(column.type) for column in self._form], schema=self._form
            )

    def _code(self, name: str, column: Different) -> Any:
        numbers = self._numbers[name]
        known = np.fromiter(map(numbers.get, column.values, repeat(0)), np.int32, len(column.values))
        return known[column.places]

    def _watch(self, numbers: Mapping[str, Any]) -> None:
        """See whether rows come in order."""
        sizes = [len(self._numbers[name]) + 1 for name in self._order]
        if not self.is_ordered or math.prod(sizes) > np.iinfo(np.int64).max:
            self.is_ordered = False
            return
        keys = np.zeros(len(numbers[self._order[0]]), dtype=np.int64)
        for name, size in zip(self._order, sizes, strict=True):
            keys = keys * size + numbers[name]
        self.is_ordered = bool((np.diff(keys, prepend=self._last) >= 0).all())
        self._last = int(keys[-1])


def _figures(group: ObservedGroup) -> dict[str, Any]:
    """Give the columns of numbers: as text, and the value and the size of the sample as numbers."""
    columns: dict[str, Any] = {}
    for name in ("value", "lower_limit", "upper_limit", "numerator", "denominator"):
        texts, places = group.number(name)
        if name == "value":
            columns["value_text"] = texts.take(places)
            columns["value"] = _as_real(texts).take(places)
            columns["is_missing"] = columns["value_text"].is_null().cast(pa.int32())
        else:
            columns[name] = texts.take(places)
    texts, places = group.number("sample_size")
    columns["sample_size"] = texts.cast(pa.int64()).take(places)
    return columns


def _as_real(texts: pa.StringArray) -> pa.DoubleArray:
    try:
        return pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        # One of them is beyond what a real number holds.
        numbers = [None if text is None else float(text) for text in texts.to_pylist()]
        return pa.array([None if number is None or math.isinf(number) else number for number in numbers])

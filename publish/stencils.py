"""Lines of text about many rows are written with stencils: what rows of a kind have in common is there already.

In:   lines, each made of texts: one for all rows, or a column with one for each
Out:  the lines of all rows, as bytes

Statements about observations are long, and nearly all of their bytes are the same from row to row. Rows whose texts
have the same widths have them at the same places, so they are laid out in one grid of bytes: what they share is written
into it once, and then only the texts that differ are, some hundreds of rows at a time. That takes half the time of
putting the texts of each row together, which is done where few rows are of a kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

# Rows in a grid: few enough that all their bytes stay near the processor.
_GRID_ROWS = 256

# A grid for fewer rows takes longer than putting them together.
_LEAST_ROWS = 32

# So many grids are kept for the next rows of their kinds.
_GRIDS = 32

# Of a column with so many rows for each different text, rows with different texts are of different kinds.
_SHARED_ROWS = 4_096

_ABSENT = -1

# None of numpy's and pyarrow's arrays has types of its own here.
Array = Any


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A text for each row: where it begins among the bytes of all texts, and how many bytes it has.

    widths      _ABSENT where there is no text
    kinds       whole numbers from 0: rows with the same one have texts of one width, or none
    is_shared   whether they have the same text, even
    is_partial  whether a row has no text
    """

    texts: bytes | pa.Buffer
    starts: Array
    widths: Array
    kinds: Array
    is_shared: bool
    is_partial: bool

    def pick(self, rows: Array) -> Array:
        """Give the texts of some rows that are of one width, each as one value."""
        width = int(self.widths[rows[0]])
        places = np.ndarray((len(memoryview(self.texts)) - width + 1,), f"V{width}", self.texts, strides=(1,))
        return places[self.starts[rows]]

    def text(self, row: int) -> bytes:
        """Give the text of a row that has one."""
        start = int(self.starts[row])
        return bytes(memoryview(self.texts)[start : start + int(self.widths[row])])


# A text of a line: one for all rows, which may be none, or a column.
Text = bytes | Column | None


def column_of(texts: pa.StringArray, widths: Array = None) -> Column:
    """Take an array as a column.

    widths   of each text, if only so much of it is meant
    """
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    widths = np.diff(ends) if widths is None else widths
    if texts.null_count:
        widths = np.where(texts.is_null().to_numpy(zero_copy_only=False), _ABSENT, widths)
    is_partial = texts.null_count > 0
    return Column(data or b"", ends[:-1], widths, widths - _ABSENT, is_shared=False, is_partial=is_partial)


class Stock:
    """Texts that stand for codes, picked by the numbers of the codes, which count from 1; None says nothing."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self._encoded = encoded = [None, *(None if text is None else text.encode() for text in texts)]
        self._texts = b"".join(one or b"" for one in encoded)
        self._widths = np.array([_ABSENT if one is None else len(one) for one in encoded], dtype=np.int64)
        sizes = np.maximum(self._widths, 0)
        self._starts = np.cumsum(sizes) - sizes

    def column(self, numbers: Array) -> Text:
        """Give the texts of some numbers. Where all have one number, one text stands for all."""
        if (numbers == numbers[0]).all():
            return self._encoded[int(numbers[0])]
        widths = self._widths[numbers]
        different = np.count_nonzero(np.bincount(numbers))
        is_shared = different * _SHARED_ROWS <= len(numbers)
        kinds = numbers if is_shared else widths - _ABSENT
        is_partial = bool(widths.min() == _ABSENT)
        return Column(self._texts, self._starts[numbers], widths, kinds, bool(is_shared), is_partial)


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines that follow each other, which are all there about a row or none of them.

    parts     what they are made of, as few as there can be
    partial   the columns of which one that has no text in a row leaves them out
    """

    count: int
    parts: list[bytes | Column]
    partial: list[Column]


@dataclass
class Stencils:
    """Writes lines about rows.

    written   how many lines were written so far
    """

    written: int = 0
    _grids: dict[bytes, Array] = field(default_factory=dict)

    def write(self, lines: Iterable[Sequence[Text]], rows: int) -> Iterator[bytes | memoryview]:
        """Write lines about some rows, those about one row side by side. Rows of one kind follow each other.

        A line is left out of what is said about a row where a text of it is not there. What is given may be written
        over when more is asked for.
        """
        runs = _runs(lines)
        columns = {id(one): one for run in runs for one in run.parts if isinstance(one, Column)}
        for kind in _kinds(columns.values(), rows):
            parts, count = _parts(runs, int(kind[0]))
            self.written += count * len(kind)
            texts = {one: one.pick(kind) for one in set(parts) if isinstance(one, Column)}
            if len(kind) < _LEAST_ROWS:
                cells = [
                    texts[one].tolist() if isinstance(one, Column) else [one] * len(kind) for one in parts
                ]
                yield b"".join(chain.from_iterable(zip(*cells, strict=True)))
            else:
                yield from self._fill(parts, texts, len(kind))

    def _fill(
        self, parts: Sequence[bytes | Column], texts: Mapping[Column, Array], rows: int
    ) -> Iterator[memoryview]:
        """Write what is said about so many rows of one kind."""
        same = b"".join(bytes(texts[one].itemsize) if isinstance(one, Column) else one for one in parts)
        grid = self._grid(same)
        filled, at = [], 0
        for one in parts:
            if isinstance(one, Column):
                found = texts[one]
                filled.append((np.ndarray((_GRID_ROWS,), found.dtype, grid, at, (len(same),)), found))
                at += found.itemsize
            else:
                at += len(one)
        whole = memoryview(grid).cast("B")
        for start in range(0, rows, _GRID_ROWS):
            size = min(_GRID_ROWS, rows - start)
            for place, found in filled:
                place[:size] = found[start : start + size]
            yield whole[: size * len(same)]

    def _grid(self, same: bytes) -> Array:
        """Give a grid in which every row has some bytes, but for those where texts were written."""
        if same not in self._grids:
            if len(self._grids) == _GRIDS:
                self._grids.clear()
            grid = np.empty((_GRID_ROWS, len(same)), dtype=np.uint8)
            grid[:] = np.frombuffer(same, dtype=np.uint8)
            self._grids[same] = grid
        return self._grids[same]


def _runs(lines: Iterable[Sequence[Text]]) -> list[_Run]:
    """Put lines together that are there in every row. One that is there in none is left out."""
    runs: list[_Run] = []
    for line in lines:
        found = [one for one in line if one is not None]
        if len(found) < len(line):
            continue
        partial = [one for one in found if isinstance(one, Column) and one.is_partial]
        before = runs.pop() if runs and not partial and not runs[-1].partial else _Run(0, [], partial)
        runs.append(_Run(before.count + 1, _merged([*before.parts, *found]), partial))
    return runs


def _kinds(columns: Iterable[Column], rows: int) -> list[Array]:
    """Give the rows of each kind: those whose texts have the same widths."""
    keys, most = np.zeros(rows, dtype=np.int64), 1
    for column in columns:
        count = int(column.kinds.max()) + 1
        if most * count > np.iinfo(np.int64).max:
            keys = np.unique(keys, return_inverse=True)[1]
            most = int(keys.max()) + 1
        keys = keys * count + column.kinds
        most *= count
    # Small numbers are sorted faster.
    keys = keys.astype(np.min_scalar_type(most - 1))
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def _parts(runs: Iterable[_Run], row: int) -> tuple[list[bytes | Column], int]:
    """Give the parts of what is said about a row, and all others of its kind, and in how many lines it is said."""
    parts: list[bytes | Column] = []
    count = 0
    for run in runs:
        if not any(one.widths[row] == _ABSENT for one in run.partial):
            count += run.count
            parts += run.parts
    fixed: dict[bytes | Column, bytes] = {
        one: one.text(row)
        for one in set(parts)
        if isinstance(one, Column) and (one.is_shared or not one.widths[row])
    }
    return [fixed.get(one, one) for one in parts] if fixed else parts, count


def _merged(parts: Iterable[bytes | Column]) -> list[bytes | Column]:
    """Make one part of those that are the same in all rows and follow each other."""
    merged: list[bytes | Column] = []
    for one in parts:
        if merged and isinstance(one, bytes) and isinstance(merged[-1], bytes):
            merged[-1] += one
        else:
            merged.append(one)
    return merged

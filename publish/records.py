"""Coded observations become records as SQLite keeps them, thousands at a time.

In:   coded rows in key order, as record batches
Out:  the records of the table observation_rows and of its index by area, as bytes with the length of each

A value is kept as its digits, a whole number, and a scale: ten to the power of how many digits stand behind the point.
Digits by scale are the value to the last bit, and take a third of the bytes of a real number. So are limits, by the
scale of their value, where that is exact.

A record is the number of bytes that follow, a header with one byte for the kind and width of each column, and
the columns' bytes one after another (https://www.sqlite.org/fileformat2.html, section 2.1). A whole number takes
as few bytes as it needs, 0 and 1 take none, and a real number that is whole is kept as a whole number. All rows of
a batch are laid out in one grid of bytes in which every column has its widest form; what a row does not need is
then struck out. Columns at the end that are empty need no place at all: SQLite reads a column that a record does not
reach as NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.expressions import expression, ibis
from publish.digits import cannot_be_printed, decimals_of
from publish.observations import NUMBERS, ORDER
from publish.rows import LIMITS, TRUE_CHARACTERS

# The columns of observation_rows in the order in which they are kept: those that are mostly empty come last.
COLUMNS = (
    *ORDER,
    "digits",
    "scale",
    "status",
    "_source",
    "_row",
    "note",
    "lower_digits",
    "upper_digits",
    "numerator",
    "denominator",
    "sample_size",
    "value_text",
)

# What is asked about an area is answered from its index alone.
BY_AREA = ("area", "definition", "period", "breakdown", "dataset", "digits", "scale", "status", "note")

_REALS = ("value", *NUMBERS)
_LIMITED = {kept: limit for limit, kept in LIMITS.items()}
_SCALES = 10.0 ** np.arange(TRUE_CHARACTERS)

# The kinds of whole numbers: none, then so many bytes wide; the kinds of 0 and 1; and that of a real number.
_WIDTHS = np.array([0, 1, 2, 3, 4, 6, 8], dtype=np.uint8)
_ZERO, _ONE, _REAL = 8, 9, 7
# What a kind from 1 on holds at most, and the largest whole number that a real one is kept as.
_MOST = np.array([2**7, 2**15, 2**23, 2**31, 2**47], dtype=np.int64)

# Real numbers tell all whole ones apart up to here.
_MOST_DIGITS = 2**53

# A record and its header are shorter than this, so that one byte says how long each is.
_SHORT = 128

# Arrays of numpy. None of pyarrow has types.
Array = Any


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column: numbers, where there is none, and which stay real numbers though they may be whole."""

    numbers: Array
    is_null: Array | None = None
    is_real: Array | None = None


@expression
def numbered(rows: ibis.Table, columns: Sequence[str]) -> ibis.Table:
    """Turn coded rows into what the database keeps, some columns of it: numbers as numbers.

    `decimals` says how many digits stand behind the point as published. `value_text` holds the digits of those
    values that cannot be printed again from the number and its decimals.
    """
    return rows.select(
        *ORDER,
        "status",
        "value",
        "note",
        "_source",
        "_row",
        "sample_size",
        decimals=decimals_of(rows).cast("int32"),
        **{name: rows[name].cast("float64") for name in NUMBERS},
        value_text=ibis.ifelse(cannot_be_printed(rows), rows.value_text, ibis.null("string")),
    ).select(*columns)


def sources_of(columns: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of numbered rows that some columns of the table are made of."""
    sources = {"digits": ("value", "decimals"), "scale": ("decimals",)}
    sources |= {kept: (limit, "decimals") for limit, kept in LIMITS.items()}
    return tuple(dict.fromkeys(one for column in columns for one in sources.get(column, (column,))))


def columns_of(batch: pa.RecordBatch, columns: Sequence[str]) -> dict[str, Column]:
    """Take columns of the table, but its text, out of a batch of numbered rows without one."""
    scale = _SCALES[_numbers(batch, "decimals").numbers]
    taken = {}
    for column in columns:
        if column == "scale":
            taken[column] = Column(scale.astype(np.int64))
        elif column == "digits":
            value = _numbers(batch, "value")
            taken[column] = _scaled(value, scale)
            assert taken[column].is_real is None, "a value is more than its digits"
        elif column in _LIMITED:
            taken[column] = _scaled(_numbers(batch, _LIMITED[column]), scale)
        else:
            taken[column] = _numbers(batch, column)
    return taken


def _numbers(batch: pa.RecordBatch, name: str) -> Column:
    column = batch.column(name)
    is_null = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
    return Column(numbers if name in _REALS else numbers.astype(np.int64, copy=False), is_null)


def _scaled(column: Column, scale: Array) -> Column:
    """Give real numbers as whole ones by a scale. Those for which that is not exact stay as they are."""
    digits = np.rint(column.numbers * scale)
    is_exact = (digits / scale == column.numbers) & (np.abs(digits) < _MOST_DIGITS)
    if is_exact.all():
        return Column(digits.astype(np.int64), column.is_null)
    is_exact &= np.abs(digits) < _MOST[-1]
    return Column(np.where(is_exact, digits, column.numbers), column.is_null, ~is_exact)


def cells_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """Give numbered rows as SQLite takes them, in the order of COLUMNS.

    A row whose digits are kept as text has its numbers as they are, by a scale of 1.
    """
    for row in batch.to_pylist():
        has_text = row["value_text"] is not None
        scale = 1.0 if has_text else 10.0 ** row["decimals"]
        cells = {**row, "scale": int(scale), "digits": row["value"]}
        cells |= {kept: row[limit] for limit, kept in LIMITS.items()}
        if not has_text:
            cells |= {kept: _digits(cells[kept], scale) for kept in ("digits", *_LIMITED)}
        yield tuple(cells[name] for name in COLUMNS)


def _digits(number: float | None, scale: float) -> float | int | None:
    """Give a real number as a whole one by a scale, or as it is where that is not exact; see _scaled."""
    if number is None:
        return None
    digits = round(number * scale)
    return digits if digits / scale == number and abs(digits) < _MOST_DIGITS else number


def encode(columns: Mapping[str, Column], *, trimmed: bool) -> tuple[Array, Array]:
    """Write rows as records.

    columns   in the order in which they are kept
    trimmed   whether empty columns at the end of a row are left away

    Returns the bytes of all records, and the length of each.
    """
    rows = max((len(column.numbers) for column in columns.values()), default=0)
    cells = [_lay_out(column) for column in columns.values()]
    while trimmed and cells and not cells[-1][0].any():
        cells.pop()
    count = len(cells)
    reach = np.full(rows, 0 if trimmed else count, dtype=np.uint8)
    if trimmed:
        for at, (kind, _, _) in enumerate(cells, start=1):
            np.copyto(reach, at, where=kind != 0)
    places = 2 + count + sum(body.shape[1] for _, _, body in cells)
    grid = np.empty((rows, places), dtype=np.uint8)
    is_kept = np.ones((rows, places), dtype=bool)
    length = reach.astype(np.int64) + 1
    least, at = int(reach.min(initial=count)), 2 + count
    for place, (kind, width, body) in enumerate(cells):
        grid[:, 2 + place] = kind
        if least <= place:
            is_kept[:, 2 + place] = reach > place
        most = body.shape[1]
        grid[:, at : at + most] = body
        for byte in range(most - int(width.min(initial=most))):
            is_kept[:, at + byte] = width >= most - byte
        at += most
        length += width
    assert int(length.max(initial=0)) < _SHORT, "a record is longer than one byte can say"
    grid[:, 0], grid[:, 1] = length, reach + 1
    return grid[is_kept], length + 1


def read_numbers(content: Array, starts: Array, count: int) -> list[Array]:
    """Read the first columns of records: whole numbers from 0 on, of four bytes at the most.

    starts   where each record begins
    """
    at = starts + 1 + content[starts + 1]
    last = max(len(content) - 1, 0)
    read = []
    for place in range(count):
        kind = content[starts + 2 + place]
        width = np.where(kind < _ZERO, _WIDTHS[np.minimum(kind, 6)], 0)
        number = (kind == _ONE).astype(np.int64)
        for byte in range(int(width.max(initial=0))):
            number = np.where(width > byte, number << 8 | content[np.minimum(at + byte, last)], number)
        at = at + width
        read.append(number)
    return read


def _lay_out(column: Column) -> tuple[Array, Array, Array]:
    """Give the kind of each cell, how many bytes it takes, and those bytes at the right of the widest.

    Where all cells are the same, that is said once for all rows.
    """
    numbers, is_null = column.numbers, column.is_null
    if is_null is not None and is_null.all():
        return np.zeros(1, np.uint8), np.zeros(1, np.uint8), np.empty((1, 0), np.uint8)
    if is_null is None and column.is_real is None and len(numbers) > 1 and (numbers == numbers[0]).all():
        return _lay_out(Column(numbers[:1]))
    if numbers.dtype == np.int64:
        whole, is_real = numbers, None
    else:
        is_whole = (np.abs(numbers) < _MOST[-1]) & (np.trunc(numbers) == numbers)
        if column.is_real is not None:
            is_whole &= ~column.is_real
        is_real = None if is_whole.all() else ~is_whole
        whole = np.where(is_whole, numbers, 0).astype(np.int64)
    kind = _kinds(whole)
    width = np.where(kind < _ZERO, _WIDTHS[np.minimum(kind, 6)], 0).astype(np.uint8)
    if is_real is not None:
        kind[is_real], width[is_real] = _REAL, 8
    if is_null is not None:
        kind[is_null], width[is_null] = 0, 0
    most = int(width.max(initial=0))
    body = whole.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 8 - most :]
    if is_real is not None:
        body = body.copy()
        body[is_real] = numbers[is_real].astype(">f8").view(np.uint8).reshape(-1, 8)
    return kind, width, body


def _kinds(whole: Array) -> Array:
    """Give the kind of each whole number."""
    low, high = int(whole.min(initial=0)), int(whole.max(initial=0))
    kind = np.ones(len(whole), dtype=np.uint8)
    for at, most in enumerate(_MOST.tolist(), start=2):
        if low < -most or high >= most:
            kind[(whole < -most) | (whole >= most)] = at
    kind[whole == 0] = _ZERO
    kind[whole == 1] = _ONE
    return kind

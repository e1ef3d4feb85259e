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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

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
_SCALES = 10.0 ** np.arange(TRUE_CHARACTERS)

# The kinds of whole numbers: none, then so many bytes wide; the kinds of 0 and 1; and that of a real number.
_WIDTHS = np.array([0, 1, 2, 3, 4, 6, 8], dtype=np.uint8)
_ZERO, _ONE, _REAL = 8, 9, 7
# What a kind from 1 on holds at most, and the largest whole number that a real one is kept as.
_MOST = np.array([2**7, 2**15, 2**23, 2**31, 2**47], dtype=np.int64)

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


def numbered(rows: ibis.Table) -> ibis.Table:
    """Turn coded rows into what the database keeps: numbers as numbers.

    `decimals` says how many digits stand behind the point as published. `value_text` holds the digits of those
    values that cannot be printed again from the number and its decimals.
    """
    text = rows.value_text
    decimals = ibis.ifelse(text.contains("."), text.length() - text.find(".") - 1, 0)
    cannot_be_printed = (text.length() > TRUE_CHARACTERS) | (text.startswith("-") & (rows.value == 0.0))
    return rows.select(
        *ORDER,
        "status",
        "value",
        "note",
        "_source",
        "_row",
        "sample_size",
        decimals=decimals.cast("int32"),
        **{name: rows[name].cast("float64") for name in NUMBERS},
        value_text=ibis.ifelse(cannot_be_printed, text, ibis.null("string")),
    )


def columns_of(batch: pa.RecordBatch) -> dict[str, Column]:
    """Take the columns of the table out of a batch of numbered rows, all but the text."""
    taken = _numbers_of(batch)
    value, decimals = taken.pop("value"), taken.pop("decimals").numbers
    scale = _SCALES[decimals]
    digits = np.rint(value.numbers * scale)
    assert (digits / scale == value.numbers).all(), "a value is more than its digits"
    taken["digits"] = Column(digits.astype(np.int64), value.is_null)
    taken["scale"] = Column(scale.astype(np.int64))
    for name, kept in LIMITS.items():
        limit = taken.pop(name)
        digits = np.rint(limit.numbers * scale)
        is_exact = (digits / scale == limit.numbers) & (np.abs(digits) < _MOST[-1])
        taken[kept] = (
            Column(digits.astype(np.int64), limit.is_null)
            if is_exact.all()
            else Column(np.where(is_exact, digits, limit.numbers), limit.is_null, ~is_exact)
        )
    return {name: taken[name] for name in COLUMNS[:-1]}


def odd_row(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give the cells of a numbered row whose digits are kept as text. Its numbers stay as they are, by a scale of 1."""
    cells = {**row, "digits": row["value"], "scale": 1}
    cells |= {kept: row[name] for name, kept in LIMITS.items()}
    return tuple(cells[name] for name in COLUMNS)


def _numbers_of(batch: pa.RecordBatch) -> dict[str, Column]:
    taken = {}
    for name in batch.schema.names:
        if name == "value_text":
            continue
        column = batch.column(name)
        is_null = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
        taken[name] = Column(numbers if name in _REALS else numbers.astype(np.int64, copy=False), is_null)
    return taken


def encode(columns: Mapping[str, Column], *, trimmed: bool) -> tuple[Array, Array]:
    """Write rows as records.

    columns   in the order in which they are kept
    trimmed   whether empty columns at the end of a row are left away

    Returns the bytes of all records, and the length of each.
    """
    kinds, widths, bodies = [], [], []
    for column in columns.values():
        kind, width, body = _lay_out(column)
        kinds.append(kind)
        widths.append(width)
        bodies.append(body)
    rows, count = len(kinds[0]), len(kinds)
    places = 2 + count + sum(body.shape[1] for body in bodies)
    grid = np.empty((rows, places), dtype=np.uint8)
    is_kept = np.ones((rows, places), dtype=bool)
    reach = np.full(rows, count, dtype=np.uint8)
    if trimmed:
        reach = np.zeros(rows, dtype=np.uint8)
        for at, kind in enumerate(kinds, start=1):
            reach[kind != 0] = at
    length = reach.astype(np.int64) + 1
    at = 2 + count
    for place, (kind, width, body) in enumerate(zip(kinds, widths, bodies, strict=True)):
        grid[:, 2 + place] = kind
        is_kept[:, 2 + place] = reach > place
        most = body.shape[1]
        grid[:, at : at + most] = body
        for byte in range(most):
            is_kept[:, at + byte] = width >= most - byte
        at += most
        length += width
    assert int(length.max(initial=0)) < _SHORT, "a record is longer than one byte can say"
    grid[:, 0], grid[:, 1] = length, reach + 1
    return grid[is_kept], length + 1


def _lay_out(column: Column) -> tuple[Array, Array, Array]:
    """Give the kind of each cell, how many bytes it takes, and those bytes at the right of the widest."""
    numbers = column.numbers
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
    if column.is_null is not None:
        kind[column.is_null], width[column.is_null] = 0, 0
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

"""Coded observations become records as SQLite keeps them, thousands at a time.

In:   coded rows in key order, as record batches
Out:  the records of the table observation_rows and of its index by area, as bytes with the length of each

A record is the number of bytes that follow, a header with one byte for the kind and width of each column, and
the columns' bytes one after another (https://www.sqlite.org/fileformat2.html, section 2.1). A whole number takes
as few bytes as it needs, 0 and 1 take none, and a real number that is whole is kept as a whole number. All rows of
a batch are laid out in one grid of bytes in which every column has its widest form; what a row does not need is
then struck out. Columns at the end that are empty need no place at all: SQLite reads a column that a record does not
reach as NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from publish.observations import NUMBERS, ORDER

# The columns of observation_rows in the order in which they are kept: those that are mostly empty come last.
COLUMNS = (
    *ORDER,
    "value",
    "decimals",
    "status",
    "_source",
    "_row",
    "note",
    *NUMBERS,
    "sample_size",
    "value_text",
)

# What is asked about an area is answered from its index alone.
BY_AREA = ("area", "definition", "period", "breakdown", "dataset", "value", "decimals", "status", "note")

# SQLite prints this many digits of a number truly; a value that is longer is kept as text as well.
_TRUE_CHARACTERS = 15

_REALS = ("value", *NUMBERS)

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
    """The cells of one column: numbers, and where there is none."""

    numbers: Array
    is_null: Array | None = None


def numbered(rows: ibis.Table) -> ibis.Table:
    """Turn coded rows into what the database keeps: numbers as numbers.

    `decimals` says how many digits stand behind the point as published. `value_text` holds the digits of those
    values that cannot be printed again from the number and its decimals.
    """
    text = rows.value_text
    decimals = ibis.ifelse(text.contains("."), text.length() - text.find(".") - 1, 0)
    cannot_be_printed = (text.length() > _TRUE_CHARACTERS) | (text.startswith("-") & (rows.value == 0.0))
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


def columns_of(batch: pa.RecordBatch, names: Sequence[str]) -> dict[str, Column]:
    """Take columns of numbers out of a batch."""
    taken = {}
    for name in names:
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

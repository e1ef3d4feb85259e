"""Coded observations go into SQLite many at a time.

In:   coded rows in key order, as record batches
Out:  rows of the table observation_rows

Handing one number to SQLite costs more than storing it (measured: binding takes two thirds of an insert of 17
columns). So the small whole numbers of a row travel as one or two large ones and are taken apart again by the
statement, columns that are empty in a whole batch are left out of it, and one statement stores many rows. It
is three times as fast as a plain executemany, and the rows are the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from publish.observations import NUMBERS, ORDER, Observations

ROWS_AT_ONCE = 32

# A whole number of SQLite has 64 bits, one of them the sign.
_BITS = 62

# Whole numbers of a row that are packed. 0 stands for null in those that can be null, so they are one too
# high where 0 means something.
_FROM_ONE = ("decimals", "sample_size")
_NULLABLE = (*_FROM_ONE, "note", "_source", "_row")
PACKED = (*ORDER, "status", *_NULLABLE)

_FLOATS = ("value", *NUMBERS)

COLUMNS = (
    *ORDER,
    "value",
    "decimals",
    "status",
    *NUMBERS,
    "sample_size",
    "note",
    "value_text",
    "_source",
    "_row",
)

# SQLite prints this many digits of a number truly; a value that is longer is kept as text as well.
_TRUE_CHARACTERS = 15


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a packed number lies: in which large number, from which bit, and how many bits."""

    word: int
    shift: int
    bits: int


def fit_slots(largest: Mapping[str, int]) -> dict[str, Slot]:
    """Give each packed number its place, so that every value up to its largest fits.

    >>> fit_slots({"area": 400, "_row": 2**60})
    {'area': Slot(word=0, shift=0, bits=9), '_row': Slot(word=1, shift=0, bits=61)}
    """
    slots, word, used = {}, 0, 0
    for name, value in largest.items():
        bits = max(value, 1).bit_length()
        if used + bits > _BITS:
            word, used = word + 1, 0
        slots[name] = Slot(word, used, bits)
        used += bits
    return slots


def insert_observations(connection: sqlite3.Connection, observations: Observations) -> None:
    """Fill the table observation_rows, which has COLUMNS and is empty, in key order."""
    if observations.count == 0:
        return
    packed = numbered(observations.rows)
    largest = observations.engine.read(
        packed.aggregate(**{name: packed[name].max() for name in PACKED})
    ).to_pylist()[0]
    slots = fit_slots(largest)
    for batch in observations.batches(packed):
        _insert_batch(connection, batch, slots)


def numbered(rows: ibis.Table) -> ibis.Table:
    """Add to the coded rows what the database keeps: numbers as numbers, and null packed as 0.

    `decimals` says how many digits stand behind the point as published. `kept_text` holds the digits of those
    values that cannot be printed again from the number and its decimals.
    """
    text = rows.value_text
    decimals = ibis.ifelse(text.contains("."), text.length() - text.find(".") - 1, 0)
    cannot_be_printed = (
        (text.length() > _TRUE_CHARACTERS)
        | text.re_search("^-?0[0-9]")
        | (text.startswith("-") & (rows.value == 0.0))
    )
    whole = {
        "decimals": (decimals + 1).fill_null(0),
        "sample_size": (rows.sample_size + 1).fill_null(0),
        "note": rows.note.fill_null(0),
        "_source": rows["_source"].fill_null(0),
        "_row": rows["_row"].fill_null(0),
    }
    return rows.select(
        *ORDER,
        "status",
        "value",
        **{name: value.cast("int64") for name, value in whole.items()},
        **{name: rows[name].cast("float64") for name in NUMBERS},
        kept_text=ibis.ifelse(cannot_be_printed, text, ibis.null("string")),
    )


def _insert_batch(connection: sqlite3.Connection, batch: pa.RecordBatch, slots: Mapping[str, Slot]) -> None:
    words = [np.zeros(batch.num_rows, dtype=np.int64) for _ in range(1 + max(s.word for s in slots.values()))]
    for name, slot in slots.items():
        words[slot.word] |= batch.column(name).to_numpy().astype(np.int64) << slot.shift
    columns: dict[str, list[Any]] = {f"word {at}": word.tolist() for at, word in enumerate(words)}
    for name in _FLOATS:
        if batch.column(name).null_count < batch.num_rows:
            # SQLite keeps NaN as NULL.
            columns[name] = batch.column(name).to_numpy(zero_copy_only=False).tolist()
    if batch.column("kept_text").null_count < batch.num_rows:
        columns["kept_text"] = batch.column("kept_text").to_pylist()
    given = tuple(columns)
    rows = zip(*columns.values(), strict=True)
    connection.executemany(_statement(given, slots, ROWS_AT_ONCE), _bunches(rows, batch.num_rows))
    connection.executemany(_statement(given, slots, 1), rows)


def _bunches(rows: Iterator[tuple[Any, ...]], count: int) -> Iterator[tuple[Any, ...]]:
    """Join rows into bunches of ROWS_AT_ONCE; the last rows, too few for a bunch, are left in `rows`."""
    for _ in range(count // ROWS_AT_ONCE):
        yield tuple(chain.from_iterable(islice(rows, ROWS_AT_ONCE)))


def _statement(given: Sequence[str], slots: Mapping[str, Slot], rows: int) -> str:
    """Write the INSERT that takes `rows` rows of the given parameters apart."""
    values = (f"({', '.join(_value(name, given, slots, row) for name in COLUMNS)})" for row in range(rows))
    # Only our own column names and numbers are in it; every value is bound.
    return f"INSERT INTO observation_rows VALUES {', '.join(values)}"  # noqa: S608


def _value(column: str, given: Sequence[str], slots: Mapping[str, Slot], row: int) -> str:
    slot = slots.get(column)
    first = row * len(given) + 1
    if slot is None:
        name = "kept_text" if column == "value_text" else column
        return f"?{first + given.index(name)}" if name in given else "NULL"
    taken = f"?{first + given.index(f'word {slot.word}')} >> {slot.shift} & {(1 << slot.bits) - 1}"
    if column not in _NULLABLE:
        return taken
    return f"nullif({taken}, 0)" + (" - 1" if column in _FROM_ONE else "")

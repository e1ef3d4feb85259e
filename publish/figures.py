"""Every observation goes into catalogue.db: the table observation_rows, and its index by area.

In:   a file in which both stand empty, and the coded observations
Out:  the same file, filled

Rows come in the order in which the table keeps them, so its pages are written as they come. The index wants another
order: what it keeps of each row is held meanwhile, in some twenty bytes. The few values that are kept as text as well
go in as rows usually do, when the rest is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from publish.observations import Observations
from publish.records import BY_AREA, COLUMNS, Array, Column, columns_of, encode, numbered, odd_row
from publish.trees import PageFile, Records, grow_tree

TABLE = "observation_rows"
INDEX = "observation_rows_by_area"

# So many entries of the index become bytes at once.
_ENTRIES = 1 << 16

_DEFINITION = f"""
CREATE TABLE {TABLE} (
    definition INTEGER NOT NULL REFERENCES observation_definitions (id),
    period INTEGER NOT NULL REFERENCES observation_periods (id),
    breakdown INTEGER NOT NULL REFERENCES observation_breakdowns (id),
    area INTEGER NOT NULL REFERENCES observation_areas (id),
    dataset INTEGER NOT NULL REFERENCES observation_datasets (id),
    digits,
    scale REAL,
    status INTEGER NOT NULL REFERENCES observation_statuses (id),
    _source INTEGER REFERENCES sources (source),
    _row INTEGER,
    note INTEGER REFERENCES observation_notes (id),
    lower_digits,
    upper_digits,
    numerator REAL,
    denominator REAL,
    sample_size INTEGER,
    value_text TEXT,
    PRIMARY KEY (definition, period, breakdown, area, dataset)
) WITHOUT ROWID
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the table and its index, empty."""
    connection.execute(_DEFINITION)
    connection.execute(f"CREATE INDEX {INDEX} ON {TABLE} ({', '.join(BY_AREA)})")


def fill_tables(path: Path, page_bytes: int, observations: Observations) -> None:
    """Fill the table and its index in a file that nobody has open."""
    roots = _roots(path)
    filling = _Filling(observations)
    with PageFile(path, page_bytes) as file:
        file.replace(roots[TABLE], grow_tree(file, filling.rows()))
        file.replace(roots[INDEX], grow_tree(file, filling.entries()))
    if filling.odd:
        _insert(path, filling.odd)


def _roots(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute(
            "SELECT name, rootpage FROM sqlite_schema WHERE name IN (?, ?)", (TABLE, INDEX)
        )
        return dict(found.fetchall())
    finally:
        connection.close()


class _Filling:
    """Makes the records of the table, and keeps what the index needs of them.

    odd   the rows that have a text beside their value, in the order of COLUMNS
    """

    def __init__(self, observations: Observations) -> None:
        self._observations = observations
        self._kept: dict[str, list[Array]] = {name: [] for name in BY_AREA}
        self.odd: list[tuple[Any, ...]] = []

    def rows(self) -> Iterator[Records]:
        """Give the records of the table in key order."""
        for batch in self._observations.batches(numbered(self._observations.rows)):
            if batch.column("value_text").null_count < batch.num_rows:
                is_odd = batch.column("value_text").is_valid()
                self.odd += (odd_row(row) for row in batch.filter(is_odd).to_pylist())
                batch = batch.filter(pc.invert(is_odd))
            columns = columns_of(batch)
            self._keep(columns)
            yield encode(columns, trimmed=True)

    def _keep(self, columns: Mapping[str, Column]) -> None:
        """Keep what the index has of some rows, in as few bytes as their numbers need."""
        for name in BY_AREA:
            column = columns[name]
            if name == "digits":
                is_null = column.is_null
                digits = column.numbers.astype(np.float64)
                kept = digits if is_null is None else np.where(is_null, np.nan, digits)
            else:
                most = int(column.numbers.max(initial=0))
                kept = column.numbers.astype(np.min_scalar_type(most))
            self._kept[name].append(kept)

    def entries(self) -> Iterator[Records]:
        """Give the entries of the index in its order: rows lie in key order already, so only the area decides."""
        columns = {name: np.concatenate(parts or [np.empty(0)]) for name, parts in self._kept.items()}
        self._kept.clear()
        order = np.argsort(columns["area"], kind="stable")
        for first in range(0, len(order), _ENTRIES):
            places = order[first : first + _ENTRIES]
            yield encode({name: _entry(name, columns, places) for name in BY_AREA}, trimmed=False)


def _entry(name: str, columns: Mapping[str, Array], places: Array) -> Column:
    numbers = columns[name][places]
    if name == "digits":
        is_null = np.isnan(numbers)
        return Column(np.where(is_null, 0.0, numbers).astype(np.int64), is_null)
    numbers = numbers.astype(np.int64)
    return Column(numbers, numbers == 0 if name == "note" else None)


def _insert(path: Path, rows: list[tuple[Any, ...]]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        marks = ", ".join("?" * len(COLUMNS))
        # The names are our own; every value is bound.
        connection.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", rows)  # noqa: S608
        connection.execute("COMMIT")
    finally:
        connection.close()

"""Every observation goes into catalogue.db: the table observation_rows, and its index by area.

In:   a file in which both stand empty, and the coded observations
Out:  the same file, filled

Rows come in the order in which the table keeps them, so its pages are written as they come, and the leaves of a run of
shares that did not change are those of the edition before. The index wants another order: what it keeps of each row is
held meanwhile, in some twenty bytes. The few values that are kept as text as well go in as rows usually do, when the
rest is there.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.passing import MadeOf
from publish.carried import FOLDER as CARRIED
from publish.observations import Observations
from publish.parts import DOWNLOADS, Part, Parts
from publish.records import (
    BY_AREA,
    COLUMNS,
    Array,
    Column,
    cells_of,
    columns_of,
    encode,
    numbered,
    sources_of,
)
from publish.shares import Run, Share, batches_of, runs_of
from publish.spliced import Entries, splice
from publish.trees import Leaves, PageFile, Records, Tree
from publish.unchanged import digest_code

TABLE = "observation_rows"
INDEX = "observation_rows_by_area"

# The database as it is downloaded, and what stands between the leaves of its table.
DIVIDERS = f"{CARRIED}/dividers.bin"
PATHS = (f"{DOWNLOADS}/catalogue.db", DIVIDERS)

# A run is at least one record to stand before its leaves, and one in a leaf.
_FEWEST = 2

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


@dataclass(frozen=True, slots=True)
class Leaving:
    """What of the leaves of the table may be taken from the edition before, and is left for the next.

    shares   what the observations are dealt out in
    made_of  what the observations are made of; None where nobody knows
    folder   the folder of the edition
    """

    shares: Sequence[Share]
    made_of: MadeOf | None
    parts: Parts
    folder: Path


def fill_tables(path: Path, page_bytes: int, observations: Observations, leaving: Leaving) -> None:
    """Fill the table and its index in a file that nobody has open."""
    roots = _roots(path)
    filling = _Filling(observations, leaving)
    with PageFile(path, page_bytes) as file:
        file.replace(roots[TABLE], filling.table(file))
        file.replace(roots[INDEX], filling.index(file))
    if filling.odd:
        _insert(path, filling.odd)
    else:
        # What SQLite puts in afterwards may move rows from one leaf into another.
        filling.leave()


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

    odd   rows that no page is written of, as SQLite takes them: those that have a text beside their value, and those
          of a run that has too few others
    """

    def __init__(self, observations: Observations, leaving: Leaving) -> None:
        self._observations, self._leaving = observations, leaving
        self._runs = runs_of(leaving.shares)
        self._kept: dict[str, list[Array]] = {name: [] for name in BY_AREA}
        self._leaves: dict[str, tuple[Leaves, int]] = {}
        told = [dict(observations.lists), sqlite3.sqlite_version]
        self._frame = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        self._keys = [self._key(run, is_first=at == 0) for at, run in enumerate(self._runs)]
        is_taken = [bool(self._find_key(key)) for key in self._keys]
        self._taken = dict.fromkeys(run for run, is_one in zip(self._runs, is_taken, strict=True) if is_one)
        # An index of entries that have the same numbers for the same codes, by the same code.
        index = hashlib.sha256(f"{INDEX} {digest_code()} {self._frame}".encode()).hexdigest()
        self._index_key = index if any(self._keys) else ""
        self._spliced = self._find_key(self._index_key)
        self.odd: list[tuple[Any, ...]] = []

    def table(self, file: PageFile) -> bytes:
        """Add the pages of the table, run by run; give its root."""
        tree, parts = Tree(file), self._leaving.parts
        fresh = self._batches([run for run in self._runs if run not in self._taken], COLUMNS)
        known = self._batches([] if self._spliced else list(self._taken), BY_AREA)
        for at, run in enumerate(self._runs):
            key = self._keys[at]
            if run in self._taken:
                for batch in () if self._spliced else next(known):
                    self._keep(columns_of(batch, BY_AREA))
                leaves = tree.take(*(parts.read(path, parts.known[path][key]) for path in PATHS))
            else:
                plain = map(self._plain, next(fresh))
                begun: list[pa.RecordBatch] = []
                for batch in plain:
                    begun.append(batch)
                    if sum(one.num_rows for one in begun) >= _FEWEST:
                        break
                if sum(batch.num_rows for batch in begun) < _FEWEST:
                    self.odd += chain.from_iterable(map(cells_of, begun))
                    continue
                leaves = tree.grow(self._records(chain(begun, plain)))
            if key:
                self._leaves[key] = leaves, run.rows
        return tree.root()

    def index(self, file: PageFile) -> bytes:
        """Add the pages of the index; give its root. The table comes first."""
        tree, parts = Tree(file), self._leaving.parts
        if self._spliced:
            pages, dividers = (parts.read(path, parts.known[path][self._spliced]) for path in PATHS)
            is_other = np.ones(len(self._observations.lists["definition"]) + 1, dtype=bool)
            is_other[[number for run in self._taken for share in run.shares for number in share.numbers]] = (
                False
            )
            found = list(self._entries()) or [(np.empty(0, np.uint8), np.empty(0, np.int64))]
            fresh = Entries(*(np.concatenate(part) for part in zip(*found, strict=True)))
            entries = splice(pages, dividers, file.page_bytes, is_other, fresh)
        else:
            entries = self._entries()
        leaves = tree.grow(entries)
        if self._index_key:
            self._leaves[self._index_key] = leaves, self._observations.count
        return tree.root()

    def _find_key(self, key: str) -> str:
        """Give a key by which the edition before has leaves and what stands between them; else an empty text."""
        parts = self._leaving.parts
        return key if key and all(parts.find(path, key) for path in PATHS) else ""

    def _key(self, run: Run, *, is_first: bool) -> str:
        """Give the digest of all that the leaves of a run follow from."""
        made_of = self._leaving.made_of
        if made_of is None or not run.key:
            return ""
        # Records have numbers for what the run's key has names for.
        definitions = self._observations.lists["definition"]
        names = dict.fromkeys(definitions[at - 1][0] for share in run.shares for at in share.numbers)
        sources = [made_of.numbers(name) for name in names]
        return hashlib.sha256(f"{run.key} {self._frame} {is_first} {sources}".encode()).hexdigest()

    def _batches(self, runs: Sequence[Run], columns: Sequence[str]) -> Iterator[Iterator[pa.RecordBatch]]:
        """Give some columns of the rows of each run."""
        wanted = sources_of(columns)
        of = {share: at for at, run in enumerate(runs) for share in run.shares}
        batches = batches_of(self._observations, list(of), lambda rows: numbered(rows, wanted))
        for _, found in groupby(batches, key=lambda one: of[one[0]]):
            yield (batch for _, batch in found)

    def _plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Leave out the rows that have a text beside their value, which are odd."""
        if batch.column("value_text").null_count == batch.num_rows:
            return batch
        is_odd = batch.column("value_text").is_valid()
        self.odd += cells_of(batch.filter(is_odd))
        return batch.filter(pc.invert(is_odd))

    def _records(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
        """Give the records of the table in key order."""
        for batch in batches:
            columns = columns_of(batch, COLUMNS[:-1])
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

    def leave(self) -> None:
        """Leave what is needed to take the leaves, where they lie side by side."""
        if not self._leaves:
            return
        parts, at = self._leaving.parts, self._leaving.folder / DIVIDERS
        at.parent.mkdir(exist_ok=True)
        with at.open("wb") as file:
            for key, (leaves, rows) in self._leaves.items():
                if leaves.start is not None:
                    parts.note(PATHS[0], key, Part(leaves.start, leaves.size, rows))
                    parts.note(DIVIDERS, key, Part(file.tell(), len(leaves.dividers), rows))
                    file.write(leaves.dividers)
        parts.note_file(DIVIDERS, self._leaving.folder)

    def _entries(self) -> Iterator[Records]:
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

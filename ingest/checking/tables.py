"""Staged tables are checked by the Table Schemas their publishers wrote.

In:   staged tables with their schemas and places
Out:  problems, as frictionless would find them

frictionless 5 is the judge here, down to its quirks: a pattern is put between ^ and $ without brackets, texts
that mean "no value" are compared before blanks are cut off, a key of which all parts are empty refers to
nothing. Its cell readers and its matching of headings are called; the engine only passes by what they accept.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq

from ingest.checking.cells import Grid, check_cells
from ingest.checking.columns import HeadingFault, SchemaUnusable, match_headings, read_schema
from ingest.checking.faults import Fault
from ingest.checking.grammar import literal, name
from ingest.checking.keys import check_foreign_key, check_primary_key, check_unique
from ingest.checking.wording import Words, word_faults, word_heading_faults
from ingest.problems import Place, Problem, problem

if TYPE_CHECKING:
    from ingest.checking.plain_schema import ReadSchema

# The engine's work space; beyond it sorting and joining go to disk.
MEMORY = "300MB"

# With fewer rows a second thread costs more than it saves: a publication has hundreds of small statements, and each
# would wait for both. With 400,000 rows two took a tenth more of the processor and no less time.
ROWS_OF_TWO_THREADS = 1_000_000


@dataclass(frozen=True, slots=True)
class StagedTable:
    """A table of a package, staged as text.

    name        the resource's name, by which other tables' foreign keys refer to it
    parquet     columns c1 … cN, and _row
    headings    of c1 … cN as written
    schema      the Table Schema as its publisher wrote it
    place       the file and sheet it came from
    """

    name: str
    parquet: Path
    headings: tuple[str, ...]
    schema: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class TableFaults:
    """What is wrong with one table: its headings, and its cells and rows as sets."""

    headings: list[HeadingFault]
    faults: list[Fault]


def threads_for(rows: int) -> int:
    """Say with how many threads the engine works on so many rows."""
    return 1 if rows < ROWS_OF_TWO_THREADS else 2


@contextmanager
def open_engine(scratch: Path | None = None, rows: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine for checking about so many rows, in memory, with bounded memory."""
    connection = duckdb.connect(":memory:", config={"threads": threads_for(rows), "memory_limit": MEMORY})
    try:
        if scratch is not None:
            connection.execute(f"SET temp_directory = {literal(str(scratch))}")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def check_table(
    table: StagedTable, connection: duckdb.DuckDBPyConnection, others: Iterable[StagedTable] = ()
) -> list[Problem]:
    """Check a table by its own schema; foreign keys are looked up in the other tables of the package."""
    return _check([table, *others], [table.name], connection)


def check_tables(
    tables: Iterable[StagedTable], connection: duckdb.DuckDBPyConnection, unread: Collection[str] = ()
) -> list[Problem]:
    """Check the tables of a package by their own schemas.

    unread    tables of the package that could not be read; what refers to them is not judged
    """
    tables = list(tables)
    return _check(tables, [table.name for table in tables], connection, unread)


def _check(
    tables: Sequence[StagedTable],
    wanted: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
    unread: Collection[str] = (),
) -> list[Problem]:
    problems: list[Problem] = []
    rows = sum(pq.read_metadata(table.parquet).num_rows for table in tables)
    connection.execute(f"SET threads = {threads_for(rows)}")
    with _open_grids(tables, connection) as (opened, refused):
        for table in wanted:
            if table in refused:
                problems.append(refused[table])
                continue
            one = opened[table]
            found, unusable = _find_faults(one, opened, {*unread, *refused})
            problems += unusable
            problems += word_heading_faults(found.headings, one.table.headings, table, one.schema, one.place)
            problems += word_faults(connection, found.faults, Words(one.schema, {0: one.place}))
    return problems


@dataclass(slots=True)
class _Opened:
    table: StagedTable
    schema: ReadSchema
    grid: Grid
    headings: list[HeadingFault]

    @property
    def place(self) -> Place:
        return self.table.place


@contextmanager
def _open_grids(
    tables: Iterable[StagedTable], connection: duckdb.DuckDBPyConnection
) -> Iterator[tuple[dict[str, _Opened], dict[str, Problem]]]:
    """Open tables with their schemas. Those whose schema cannot be used are given as problems, by name."""
    opened: dict[str, _Opened] = {}
    refused: dict[str, Problem] = {}
    try:
        for number, table in enumerate(tables):
            view = f"staged_{number}"
            connection.execute(
                f"CREATE OR REPLACE VIEW {name(view)} AS SELECT *, 0::INTEGER AS _source"
                f" FROM read_parquet({literal(str(table.parquet))})"
            )
            try:
                schema = read_schema(table.schema)
                cells = [name(f"c{place}") for place in range(1, len(table.headings) + 1)]
                columns, headings = match_headings(schema, table.headings, cells)
            except SchemaUnusable as fault:
                reason = _sentence(fault.reason)
                refused[table.name] = problem("schema-unusable", table.place, table=table.name, reason=reason)
                continue
            opened[table.name] = _Opened(table, schema, Grid(connection, view, columns), headings)
        yield opened, refused
    finally:
        for one in opened.values():
            one.grid.close()


def _sentence(reason: str) -> str:
    return reason if reason.endswith(".") else f"{reason}."


@contextmanager
def open_faults(
    tables: Iterable[StagedTable], wanted: str, connection: duckdb.DuckDBPyConnection
) -> Iterator[TableFaults]:
    """Find what is wrong with one table of a package, as sets that can be asked for until this ends.

    Raises SchemaUnusable if its schema cannot be used.
    """
    with _open_grids(tables, connection) as (opened, refused):
        if wanted in refused:
            raise SchemaUnusable(refused[wanted].message)
        found, unusable = _find_faults(opened[wanted], opened)
        if unusable:
            raise SchemaUnusable(unusable[0].message)
        yield found


def _find_faults(
    one: _Opened, opened: Mapping[str, _Opened], unread: Collection[str] = ()
) -> tuple[TableFaults, list[Problem]]:
    faults = check_cells(one.grid)
    faults += check_unique(one.grid)
    faults += check_primary_key(one.grid, one.schema.primary_key)
    refused: list[Problem] = []
    for key in one.schema.foreign_keys:
        resource = key["reference"]["resource"] or one.table.name
        if resource in unread:
            continue
        if resource not in opened:
            reason = f"A foreign key refers to '{resource}', which is not a table of the package."
            refused.append(problem("schema-unusable", one.table.place, table=one.table.name, reason=reason))
            continue
        other = opened[resource].grid
        faults += check_foreign_key(one.grid, key["fields"], other, key["reference"]["fields"], resource)
    return TableFaults(one.headings, faults), refused

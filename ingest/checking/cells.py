"""Cells are accepted fast and refused exactly.

In:   a table of text in the engine and its columns
Out:  faults of single cells, and of rows that hold nothing

One scan of the table asks which columns have any cell outside what the engine may accept (grammar.py). Of
those columns every different cell outside is judged by frictionless's own reader, once.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from ingest.checking.columns import Column
from ingest.checking.faults import Fault
from ingest.checking.grammar import among, name

BATCH_CELLS = 10_000

# See Grid.is_short.
_SHORT = 20_000

# Constraints whose faults are named by the constraint; anything else that a reader notes is about the type.
TYPE = "type"


# Scratch tables are numbered through: several grids may be about one relation.
_NUMBERS = itertools.count()


@dataclass(slots=True)
class Grid:
    """A table of text in the engine, while it is checked.

    relation    a view or table with _source, _row and the columns that the columns' expressions name
    columns     in the order of the file
    doubtful    numbers of the columns with a cell that was not accepted at a glance
    looks_for_blank_rows    whether a row of which every cell means "no value" is a fault
    """

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: list[Column]
    doubtful: set[int] = field(default_factory=set)
    looks_for_blank_rows: bool = True
    has_blank_rows: bool = False
    scratch: list[str] = field(default_factory=list)
    _rows: int | None = None

    @property
    def rows(self) -> int:
        """How many rows there are. They are counted once."""
        if self._rows is None:
            [(self._rows,)] = self.connection.execute(
                f"SELECT count(*) FROM {name(self.relation)}"
            ).fetchall()
        return self._rows

    @property
    def is_short(self) -> bool:
        """Whether its rows are so few that it costs less to look at each than to find the different cells first."""
        return self.rows < _SHORT

    def column(self, wanted: str) -> Column | None:
        """Find a column by its name."""
        return next((column for column in self.columns if column.name == wanted), None)

    def make_table(self, purpose: str) -> str:
        """Name a scratch table of this grid."""
        table = f"{self.relation}_{purpose}_{next(_NUMBERS)}"
        self.scratch.append(table)
        return table

    def close(self) -> None:
        """Drop the scratch tables."""
        for table in self.scratch:
            self.connection.execute(f"DROP TABLE IF EXISTS {name(table)}")
        self.scratch.clear()


def check_cells(grid: Grid) -> list[Fault]:
    """Find the faults of cells, and the rows of which every cell means "no value"."""
    if not grid.columns:
        return []
    blank = "false"
    if grid.looks_for_blank_rows:
        blank = " AND ".join(among(column.cell, column.missing) for column in grid.columns)
    if not grid.rows:
        return []
    asked = [column for column in grid.columns if column.accepted not in (None, "true")]
    wanted = [f"bool_or({blank})", *(_all_accepted(grid, column) for column in asked)]
    scan = f"SELECT {', '.join(wanted)} FROM {name(grid.relation)}"
    found = grid.connection.execute(scan).fetchone()
    assert found is not None
    grid.has_blank_rows = bool(found[0])
    faults = []
    refused = {column.number for column, accepted in zip(asked, found[1:], strict=True) if accepted is False}
    grid.doubtful = refused | {column.number for column in grid.columns if column.accepted is None}
    for column in grid.columns:
        if column.number in grid.doubtful:
            faults.extend(_judge_column(grid, column))
    if grid.has_blank_rows:
        # As in frictionless, an empty row has that one fault and not also those of its cells.
        faults = [
            Fault(
                one.type,
                one.rule,
                one.number,
                one.column,
                _without_blank_rows(one.query, grid.relation, blank),
            )
            for one in faults
        ]
        query = f"SELECT _source, _row, '' AS cell FROM {name(grid.relation)} WHERE {blank}"
        faults.append(Fault("blank-row", "blank-row", 0, "", query))
    return faults


def _all_accepted(grid: Grid, column: Column) -> str:
    """Ask whether all cells of a column are accepted.

    Columns of codes have few different cells, so those are found first; numbers are looked at as they
    come, because finding the different ones costs more than looking. So it does in a short table.
    """
    constraints = column.field.constraints
    of_codes = column.field.type != "number" and column.field.type != "integer"
    if column.field.type == "string" and column.field.format == "default":
        of_codes = "pattern" in constraints or "enum" in constraints
    if not of_codes or grid.is_short:
        return f"bool_and({column.accepted})"
    cells = f"SELECT DISTINCT {column.cell} FROM {name(grid.relation)}"
    return f"(SELECT bool_and({column.accepted}) FROM ({cells}))"


def _without_blank_rows(query: str, relation: str, blank: str) -> str:
    return (
        f"SELECT * FROM ({query}) ANTI JOIN"
        f" (SELECT _source, _row FROM {name(relation)} WHERE {blank}) USING (_source, _row)"
    )


def _judge_column(grid: Grid, column: Column) -> list[Fault]:
    outside = f"WHERE NOT {column.accepted}" if column.accepted else ""
    cells = f"SELECT DISTINCT {column.cell} AS cell FROM {name(grid.relation)} {outside}"
    table = grid.make_table("refused")
    grid.connection.execute(f"CREATE TABLE {name(table)} (cell VARCHAR, rule VARCHAR)")
    rules: set[str] = set()
    for batch in read_batches(grid.connection, cells):
        refused = [(cell, rule) for cell in batch for rule in find_broken_rules(column, cell)]
        if refused:
            rules.update(rule for _, rule in refused)
            put_rows(grid.connection, table, ("cell", "rule"), refused)
    return [
        Fault(
            "type-error" if rule == TYPE else "constraint-error",
            rule,
            column.number,
            column.name,
            f"SELECT _source, _row, cell FROM (SELECT *, {column.cell} AS cell"
            f" FROM {name(grid.relation)}) SEMI JOIN (SELECT cell FROM {name(table)} WHERE rule = '{rule}')"
            " USING (cell)",
        )
        for rule in sorted(rules)
    ]


def find_broken_rules(column: Column, cell: str) -> list[str]:
    """Find the rules that a cell breaks: "type", or the names of constraints."""
    _value, notes = column.read(cell)
    return sorted(notes) if notes else []


def read_batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[list[str]]:
    """Read the only column of a query in batches; other statements may run between them."""
    for batch in connection.execute(query).to_arrow_table().to_batches(max_chunksize=BATCH_CELLS):
        yield batch.column(0).to_pylist()


def put_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
) -> None:
    """Add rows of text to a table."""
    arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    batch = pa.Table.from_arrays(arrays, names=list(columns))
    connection.register("_batch", batch)
    connection.execute(f"INSERT INTO {name(table)} SELECT * FROM _batch")
    connection.unregister("_batch")

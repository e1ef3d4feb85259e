"""A fault is asked for as a set: which rows, which cells. Only what is shown is ever fetched.

In:   a query that gives the rows with one fault of one rule
Out:  examples of it and their count, or all its rows

Every query gives the columns _source, _row, cell and fact: which file and row, the text found, and one more
thing to say (the first row of a repeated key, a date, a limit), or NULL.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from ingest.problems import SHOWN_VALUES


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault of one table.

    type      as frictionless names it, or the code of our own problem
    rule      the constraint or rule that is broken
    number    of the column it is in, 0 if it is of the whole row
    column    its name
    query     SQL that gives _source, _row, cell and fact
    """

    type: str
    rule: str
    number: int
    column: str
    query: str


@dataclass(frozen=True, slots=True)
class Example:
    """Rows with the same fault in the same text: the first of them, and how many they are."""

    source: int
    row: int
    cell: str
    fact: str | None
    row_count: int


@dataclass(frozen=True, slots=True)
class Examples:
    """The first different texts with a fault, and what they leave out."""

    shown: tuple[Example, ...]
    more_cells: int
    more_rows: int


def read_examples(connection: duckdb.DuckDBPyConnection, fault: Fault) -> Examples:
    """Read the first different texts of a fault in each file, with the count of the rest."""
    # Texts may be of any length, so equal ones are found by hash and only the shown ones are fetched.
    rows = connection.execute(
        f"""
        WITH grouped AS (
            SELECT _source, arg_min(cell, _row) AS cell, arg_min(fact, _row) AS fact,
                   min(_row) AS _row, count(*) AS row_count
            FROM ({fault.query}) GROUP BY _source, hash(cell)
        ), ordered AS (
            SELECT *, row_number() OVER (ORDER BY _source, _row, cell) AS place,
                   count(*) OVER () AS cells, sum(row_count) OVER () AS all_rows
            FROM grouped
        )
        SELECT _source, _row, cell, fact, row_count, cells, all_rows
        FROM ordered WHERE place <= {SHOWN_VALUES} ORDER BY place
        """
    ).fetchall()
    shown = tuple(Example(*row[:5]) for row in rows)
    if not rows:
        return Examples((), 0, 0)
    return Examples(shown, rows[0][5] - len(rows), int(rows[0][6]) - sum(one.row_count for one in shown))


def read_rows(connection: duckdb.DuckDBPyConnection, fault: Fault) -> Iterator[tuple[int, int]]:
    """Read the source and number of every row with a fault."""
    yield from connection.execute(f"SELECT _source, _row FROM ({fault.query})").fetchall()

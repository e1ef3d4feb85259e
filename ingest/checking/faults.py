"""A fault is asked for as a set: which rows, which cells. Only what is shown is ever fetched.

In:   a query that gives the rows with one fault of one rule
Out:  examples of it and their count, or all its rows

Every query gives the columns _source, _row and cell: which file and row, and the text found. It may give more
facts, by name: the row that a key repeats, a limit, a date.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    query     SQL that gives _source, _row, cell and the facts
    facts     names of what else the query gives, each a text or NULL
    """

    type: str
    rule: str
    number: int
    column: str
    query: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """Rows with the same fault, text and facts: the first of them, and how many they are."""

    source: int
    row: int
    cell: str
    row_count: int
    facts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Examples:
    """The first different texts with a fault in one file, and how many more there are."""

    shown: tuple[Example, ...]
    more_cells: int
    more_rows: int


def read_examples(connection: duckdb.DuckDBPyConnection, fault: Fault) -> list[Examples]:
    """Read the first different texts of a fault in each file, with the count of the rest."""
    by = ", ".join(["_source", "cell", *fault.facts])
    facts = "".join(f", {fact}" for fact in fault.facts)
    rows = connection.execute(
        f"""
        WITH grouped AS (
            SELECT {by}, min(_row) AS row_found, count(*) AS row_count FROM ({fault.query}) GROUP BY {by}
        ), ordered AS (
            SELECT *,
                   row_number() OVER (PARTITION BY _source ORDER BY row_found, {by}) AS place,
                   count(*) OVER (PARTITION BY _source) AS cells,
                   sum(row_count) OVER (PARTITION BY _source) AS all_rows
            FROM grouped
        )
        SELECT _source, cells, all_rows, row_found, cell, row_count{facts}
        FROM ordered WHERE place <= {SHOWN_VALUES} ORDER BY _source, place
        """
    ).fetchall()
    found: dict[int, list[Example]] = {}
    counts: dict[int, tuple[int, int]] = {}
    for source, cells, all_rows, row, cell, row_count, *more in rows:
        facts_here = dict(zip(fault.facts, more, strict=True))
        found.setdefault(source, []).append(Example(source, row, cell, row_count, facts_here))
        counts[source] = (cells, int(all_rows))
    return [
        Examples(
            tuple(shown),
            counts[source][0] - len(shown),
            counts[source][1] - sum(example.row_count for example in shown),
        )
        for source, shown in found.items()
    ]


def read_rows(connection: duckdb.DuckDBPyConnection, fault: Fault) -> Iterator[tuple[int, int]]:
    """Read the source and number of every row with a fault."""
    yield from connection.execute(f"SELECT _source, _row FROM ({fault.query})").fetchall()

"""Rows of a pulled package stand back where another package of the site has them.

In:   the files of standard tables, and which of their sources were pulled from elsewhere
Out:  the same files, without the rows that stand back

A site has registers of its own: its bodies, themes and breakdowns are its own to word, so a pulled row of the same
key is not needed. Of a definition only a row that says the same stands back; one that says otherwise is a key that
is there twice, for nobody could tell which of the two a figure was counted by.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import duckdb

from ingest.checking.grammar import literal, name
from ingest.standard_file import StandardFile, union_query
from schemas import TableSchema, load_model

# Tables whose pulled rows stand back for any row of their key, and those where it must say the same.
_REGISTERS = ("bodies", "code_lists", "codes", "dimensions")
_DEFINITIONS = ("indicators", "definition_stages", "crosswalk")

# What a definition that was pulled says besides, and its own site does not.
_SAID_BY_PULLING = frozenset({"origin", "to_uri"})


def stand_back(
    tables: dict[str, list[StandardFile]],
    pulled: frozenset[int],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Take out of the files of pulled packages what other files have.

    pulled    numbers of the sources that were pulled; of two of them the first one's rows stay
    """
    for table in (*_REGISTERS, *_DEFINITIONS):
        files = tables.get(table, [])
        theirs = [file for file in files if file.source in pulled]
        kept = [file for file in files if file.source not in pulled]
        for file in theirs:
            if kept:
                file = _without(file, kept, load_model().tables[table], connection)
            kept.append(file)
        if theirs:
            tables[table] = kept


def _without(
    file: StandardFile,
    others: Iterable[StandardFile],
    schema: TableSchema,
    connection: duckdb.DuckDBPyConnection,
) -> StandardFile:
    """Give a file without the rows that others have."""
    files = list(others)
    columns = schema.primary_key
    if schema.name in _DEFINITIONS:
        columns = tuple(column for column in schema.field_names if column not in _SAID_BY_PULLING)
    is_same = " AND ".join(
        f"{_cell('theirs', column, [file])} = {_cell('ours', column, files)}" for column in columns
    )
    where = f"EXISTS (SELECT 1 FROM {union_query(files)} AS ours WHERE {is_same})"
    query = f"SELECT DISTINCT _row FROM ({file.query}) AS theirs WHERE {where} ORDER BY _row"
    rows = [row[0] for row in connection.execute(query).fetchall()]
    if not rows:
        return file
    target = file.parquet.with_suffix(".standing-back.parquet")
    kept = f"SELECT * FROM read_parquet({literal(str(file.parquet))}) WHERE NOT list_contains(?, _row)"
    connection.execute(f"COPY ({kept} ORDER BY _row) TO {literal(str(target))} (FORMAT parquet)", [rows])
    return replace(file, parquet=target)


def _cell(relation: str, column: str, files: Iterable[StandardFile]) -> str:
    """Give the expression of a cell; a column that no file has is empty everywhere."""
    is_there = any(file.source is None or column in (*file.cells, *file.given) for file in files)
    return f"coalesce(trim({relation}.{name(column)}), '')" if is_there else "''"

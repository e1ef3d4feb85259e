"""The engine's CSV reader, where the bytes show that it must read what Python's reader reads.

In:   plain UTF-8 text, its dialect and a Selection
Out:  the same Parquet, headings and problems as the exact way gives; or None, and the exact way is taken

Python's reader forgives much: a quote inside a cell, text after a closing quote, rows of any length, blank
lines, three kinds of line end in one file. The engine's reader refuses some of it and reads some of it
otherwise. Only a file with none of that is read here. The proof is made from the bytes:

1.  Quotes are regular: each that opens stands at the start of a cell, each that closes at the end of one,
    any other is doubled. Then all readers agree on where cells begin and end.
2.  Line ends are all LF or all CR LF.
3.  The reader finds as many rows as there are lines. Then no line was blank, and no cell holds a line end,
    so the number of a row is the number of its line.
4.  There are as many delimiters as rows of that many cells have. The engine fails on a row with fewer cells
    than there are headings, but not on every row with more.
5.  No row is blank or repeats the headings, which would be problems.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import duckdb
import numpy as np

from ingest.reading.dialect import Dialect
from ingest.reading.layout import read_headings
from ingest.reading.plain import Plain
from ingest.reading.selection import LIMITS, Found, Selection
from ingest.reading.staging import COMPRESSION, ROW_GROUP_ROWS, column_names

# A smaller file is read by Python before the engine has started.
LEAST_BYTES = 256 * 1024
CHUNK = 4 << 20
MEMORY = "512MB"
BUFFER_BYTES = 8_000_000

# A column with more different texts than this is not worth a dictionary: building one is dearer than writing.
PARQUET = f"""
    FORMAT parquet, PARQUET_VERSION v2, COMPRESSION {COMPRESSION}, ROW_GROUP_SIZE {ROW_GROUP_ROWS},
    DICTIONARY_SIZE_LIMIT 5000, WRITE_BLOOM_FILTER false
"""

_CR, _LF = ord("\r"), ord("\n")


def stage_swiftly(
    plain: Plain, dialect: Dialect, selection: Selection, parquet: Path, found: Found
) -> tuple[tuple[str, ...], int] | None:
    """Stage a file with the engine's reader. Returns (headings, count of rows), or None where it may not."""
    if not _may_read(plain, dialect, selection, parquet):
        return None
    before = _read_before(plain, dialect, selection)
    if before is None:
        return None
    headings = read_headings(before, selection, Found(found.place))
    if not headings or len(headings) > LIMITS.columns or {len(row) for row in before} != {len(headings)}:
        return None
    lines = plain.line_feeds + (not plain.has_last_end)
    if count_delimiters(plain, dialect) != lines * (len(headings) - 1):
        return None
    # One thread keeps the rows in order at no cost in CPU time; with two they would only be done sooner.
    with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as engine:
        count = _copy(engine, plain, dialect, len(headings), selection.start_row, parquet)
        if count is None or count + selection.start_row - 1 != lines:
            return None
        if not selection.as_laid_out and _has_odd_rows(engine, parquet, headings):
            return None
    return headings, count


def _may_read(plain: Plain, dialect: Dialect, selection: Selection, parquet: Path) -> bool:
    paths = f"{plain.path}{parquet}"
    return (
        plain.path.stat().st_size >= LEAST_BYTES
        and dialect.is_plain
        and selection.comment is None
        and not selection.comment_rows
        and selection.last_row is None
        and all(row < selection.start_row for row in selection.heading_rows)
        # The engine would take these for a pattern of file names.
        and not any(char in paths for char in "*?[]{}'\\")
    )


def _read_before(plain: Plain, dialect: Dialect, selection: Selection) -> list[list[str]] | None:
    """Read the rows before the table, or its first row where there is none before it."""
    with plain.open_text() as text:
        lines = iter(lambda: text.readline(LIMITS.cell), "")
        try:
            return list(
                itertools.islice(csv.reader(lines, **dialect.options()), max(1, selection.start_row - 1))
            )
        except csv.Error:
            return None


def count_delimiters(plain: Plain, dialect: Dialect) -> int | None:
    """Count the delimiters between cells; None if quotes or line ends are not regular.

    The head of this module says what regular is.
    """
    line_ends = b""
    count = 0
    with plain.path.open("rb") as stream:
        stream.seek(plain.offset)
        while lines := stream.read(CHUNK):
            lines += stream.readline(LIMITS.row)
            line_end = b"\r\n" if b"\r" in lines else b"\n"
            line_ends = line_ends or line_end
            if line_end != line_ends and _LF in lines:
                return None
            if line_end == b"\r\n":
                ends = lines.count(b"\r\n")
                if lines.count(b"\r") != ends or lines.count(b"\n") != ends:
                    return None
            found = _count_in_lines(lines, dialect)
            if found is None:
                return None
            count += found
    return count


def _count_in_lines(lines: bytes, dialect: Dialect) -> int | None:
    """Count the delimiters outside quotes in some whole lines; None if quotes are not regular."""
    quote, delimiter = ord(dialect.quote), ord(dialect.delimiter)
    if quote not in lines:
        return lines.count(delimiter)
    content = np.frombuffer(b"\n" + lines + b"\n", np.uint8)
    quotes = np.flatnonzero(content == quote)
    if len(quotes) % 2:
        return None
    starts = np.zeros(256, bool)
    starts[[delimiter, _LF, quote]] = True
    ends = starts.copy()
    ends[_CR] = True
    # Quotes open and close by turns. One that closes right before one that opens is a doubled quote; one that
    # opens right after a quote can only be the second of such two.
    if not (starts[content[quotes[0::2] - 1]].all() and ends[content[quotes[1::2] + 1]].all()):
        return None
    delimiters = np.flatnonzero(content == delimiter)
    before = np.searchsorted(delimiters, quotes)
    return len(delimiters) - int((before[1::2] - before[0::2]).sum())


def _copy(
    engine: duckdb.DuckDBPyConnection,
    plain: Plain,
    dialect: Dialect,
    width: int,
    start_row: int,
    parquet: Path,
) -> int | None:
    """Copy the rows from `start_row` on to Parquet; their count, or None if the engine finds fault."""
    names = column_names(width)
    cells = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    query = f"""
        COPY (
            SELECT {cells}, _row FROM (
                SELECT *, row_number() OVER () AS _row FROM read_csv(
                    {_literal(str(plain.path))}, auto_detect = false, header = false, compression = 'none',
                    strict_mode = true, null_padding = false, ignore_errors = false,
                    delim = {_literal(dialect.delimiter)}, quote = {_literal(dialect.quote)},
                    escape = {_literal(dialect.quote)}, buffer_size = {BUFFER_BYTES}, columns = {{{columns}}}
                )
            ) WHERE _row >= {start_row:d}
        ) TO {_literal(str(parquet))} ({PARQUET})
        """  # noqa: S608 - what is from outside is written as literals
    try:
        counted = engine.execute(query).fetchone()
    except duckdb.Error:
        return None
    return int(counted[0]) if counted else None


def _has_odd_rows(engine: duckdb.DuckDBPyConnection, parquet: Path, headings: tuple[str, ...]) -> bool:
    """Say whether a staged row is blank or repeats the headings."""
    names = column_names(len(headings))
    blank = " AND ".join(f"{name} = ''" for name in names)
    again = " AND ".join(
        f"{name} = {_literal(heading)}" for name, heading in zip(names, headings, strict=True)
    )
    query = f"SELECT 1 FROM read_parquet({_literal(str(parquet))}) WHERE ({blank}) OR ({again}) LIMIT 1"  # noqa: S608 - see _copy
    return engine.execute(query).fetchone() is not None


def _literal(text: str) -> str:
    """Write a text as SQL. Binding it would be plainer, and would load pandas: 0.4 s, more than all the rest."""
    return "'" + text.replace("'", "''") + "'"

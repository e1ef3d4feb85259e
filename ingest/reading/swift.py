"""Arrow's CSV reader, where the bytes show that it must read what Python's reader reads.

In:   plain UTF-8 text, its dialect and a Selection
Out:  the same Parquet, headings and problems as the exact way gives; or None, and the exact way is taken

Python's reader forgives much: a quote inside a cell, text after a closing quote, rows of any length, blank
lines, three kinds of line end in one file. Arrow's reader refuses some of it and reads some of it
otherwise. Only a file with none of that is read here. The proof is made from the bytes:

1.  Quotes are regular: each that opens stands at the start of a cell, each that closes at the end of one,
    any other is doubled. Then all readers agree on where cells begin and end.
2.  Line ends are all LF or all CR LF.
3.  The reader finds as many rows as there are lines. Then no line was blank, and no cell holds a line end,
    so the number of a row is the number of its line.
4.  There are as many delimiters as rows of that many cells have, so no row has more cells than there are headings
    while another has fewer.
5.  No row is blank or repeats the headings, which would be problems.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv_of

from ingest.reading.dialect import Dialect
from ingest.reading.layout import read_headings
from ingest.reading.plain import Plain
from ingest.reading.selection import LIMITS, Found, Selection
from ingest.reading.staging import RowWriter, column_names, number_array

# A smaller file is read by Python before Arrow has begun.
LEAST_BYTES = 256 * 1024
CHUNK = 4 << 20
BLOCK = 2 << 20

_CR, _LF = ord("\r"), ord("\n")


def stage_swiftly(
    plain: Plain, dialect: Dialect, selection: Selection, parquet: Path, found: Found
) -> tuple[tuple[str, ...], int] | None:
    """Stage a file with Arrow's reader. Returns (headings, count of rows), or None where it may not."""
    if not _may_read(plain, dialect, selection):
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
    count = _copy(plain, dialect, selection, headings, parquet)
    return None if count is None or count + selection.start_row - 1 != lines else (headings, count)


def _may_read(plain: Plain, dialect: Dialect, selection: Selection) -> bool:
    return (
        plain.path.stat().st_size >= LEAST_BYTES
        and dialect.is_plain
        and selection.comment is None
        and not selection.comment_rows
        and selection.last_row is None
        and all(row < selection.start_row for row in selection.heading_rows)
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
    plain: Plain, dialect: Dialect, selection: Selection, headings: tuple[str, ...], parquet: Path
) -> int | None:
    """Copy the rows of a table to Parquet; their count, or None where the reader finds fault or a row is odd."""
    width = len(headings)
    names = column_names(width)
    with pa.OSFile(str(plain.path)) as stream, RowWriter(parquet, width) as writer:
        stream.seek(plain.offset)
        try:
            batches = csv_of.open_csv(
                stream,
                csv_of.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK,
                    skip_rows=selection.start_row - 1,
                    column_names=names,
                ),
                csv_of.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote),
                csv_of.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
            )
            row = selection.start_row
            for batch in batches:
                if not selection.as_laid_out and _has_odd_rows(batch, headings):
                    return None
                writer.write_arrays(batch.columns, number_array(np.arange(row, row + len(batch))))
                row += len(batch)
        except pa.ArrowInvalid:
            return None
        return writer.row_count


def _has_odd_rows(batch: pa.RecordBatch, headings: tuple[str, ...]) -> bool:
    """Say whether a row is blank or repeats the headings."""
    return any(_has_row(batch, cells) for cells in (("",) * len(headings), headings))


def _has_row(batch: pa.RecordBatch, cells: tuple[str, ...]) -> bool:
    """Say whether a row has these cells. Nearly always the first column shows that none has."""
    found = None
    for column, cell in zip(batch.columns, cells, strict=True):
        is_same = pc.equal(column, pa.scalar(cell, pa.string()))
        found = is_same if found is None else pc.and_(found, is_same)
        if not found.true_count:
            return False
    return True

"""CSV of any dialect becomes staged text.

In:   a file of plain UTF-8 text (plain.py has seen to that), and a Selection
Out:  Parquet of text with row numbers, headings, and problems

Two ways lead there. The engine's reader is fast and is taken only where the bytes themselves show that it
must read what Python's reader reads; Python's reader is exact and takes everything else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.reading.dialect import Dialect, find_dialect
from ingest.reading.layout import stage_rows
from ingest.reading.plain import Plain, Undecodable, find_source, make_plain
from ingest.reading.selection import LIMITS, Found, Selection, Staged, staged_path
from ingest.reading.staging import stage_nothing
from ingest.reading.swift import stage_swiftly
from ingest.reading.undecodable import describe_undecodable


def stage_delimited(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a CSV file."""
    parquet = staged_path(file, selection, scratch)
    copy = parquet.with_suffix(".txt")
    source = find_source(file, selection.encoding, found)
    if source is None:
        return stage_nothing(parquet, found)
    try:
        plain = make_plain(source, copy, found)
        if plain is None:
            return stage_nothing(parquet, found)
        with plain.open_text() as text:
            dialect = find_dialect(text, selection)
        swift = stage_swiftly(plain, dialect, selection, parquet, found)
        headings, count = swift or stage_exactly(plain, dialect, selection, parquet, found)
        return Staged(parquet, headings, found.problems, count, source.encoding, dialect.delimiter)
    except Undecodable as fault:
        describe_undecodable(fault, selection, found)
        return stage_nothing(parquet, found)
    finally:
        copy.unlink(missing_ok=True)


def stage_exactly(
    plain: Plain, dialect: Dialect, selection: Selection, parquet: Path, found: Found
) -> tuple[tuple[str, ...], int]:
    """Stage a file with Python's reader. Returns (headings, count of rows)."""
    try:
        try:
            with cell_limit(LIMITS.cell):
                return stage_rows(lambda: read_rows(plain, dialect), selection, parquet, found)
        except CellTooLarge as fault:
            column, size = _find_large_cell(plain, dialect, selection, fault.row)
            found.add("cell-too-large", fault.row, column, found=size, wanted=f"{LIMITS.cell:,}")
    except QuoteOpen as fault:
        found.add("quote-open", fault.row)
    stage_nothing(parquet, found)
    return (), 0


class CellTooLarge(Exception):  # noqa: N818 - becomes a problem
    """A cell of this row, or the row, is longer than LIMITS allow."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}")


class QuoteOpen(Exception):  # noqa: N818 - becomes a problem
    """The file ends inside a quoted cell of this row."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}")


# Fed to the reader after the last line. It comes back as a row of its own unless a quote is still open.
# No text holds it: plain text has no NUL.
END = "\0"

# Characters read at a time where lines do not end as lines do.
PIECE = 1 << 16


def read_rows(plain: Plain, dialect: Dialect, most: int = LIMITS.row) -> Iterator[list[str]]:
    """Read rows of cells, the first of the file first.

    most    characters that a line may have

    Raises CellTooLarge and QuoteOpen.
    """
    count = 0
    last: list[str] = []
    with plain.open_text() as text:
        try:
            for cells in csv.reader(_lines(text, dialect, most), **dialect.options()):
                if count:
                    yield last
                last = cells
                count += 1
        except (csv.Error, _LineTooLong) as fault:
            raise CellTooLarge(count + 1) from fault
    if last != [END]:
        raise QuoteOpen(count)


class _LineTooLong(Exception):  # noqa: N818 - becomes CellTooLarge
    pass


def _lines(text: io.TextIOBase, dialect: Dialect, most: int) -> Iterator[str]:
    """Give the lines of a text, then END. Raises _LineTooLong."""
    if dialect.line_terminator not in (None, "", "\n", "\r\n", "\r"):
        yield from _split(text, dialect.line_terminator, dialect.quote, most)
    else:
        while line := text.readline(most):
            if len(line) == most and line[-1] not in "\r\n":
                raise _LineTooLong
            yield line
    yield END


def _split(text: io.TextIOBase, terminator: str, quote: str, most: int) -> Iterator[str]:
    """Split a text at a terminator that is no line end, but not inside quotes. Raises _LineTooLong."""
    rest = ""
    while piece := text.read(PIECE):
        *lines, last = (rest + piece).split(terminator)
        rest = ""
        for line in lines:
            rest += line
            if quote and rest.count(quote) % 2:
                rest += terminator
            else:
                yield rest
                rest = ""
        rest += last
        if len(rest) > most:
            raise _LineTooLong
    if rest.rstrip("\r\n"):
        yield rest


def _find_large_cell(
    plain: Plain, dialect: Dialect, selection: Selection, row: int
) -> tuple[str | None, str]:
    """Find the heading and the size in words of the cell of a row that is too large.

    Raises QuoteOpen if it only is because its quote is never closed.
    """
    most = LIMITS.row * 4
    headings: list[str] = []
    try:
        with cell_limit(most):
            for number, cells in enumerate(read_rows(plain, dialect, most), 1):
                if number == max(selection.heading_rows, default=0):
                    headings = cells
                if number == row:
                    largest = max(range(len(cells)), key=lambda index: len(cells[index]))
                    is_body = number > max(selection.heading_rows, default=0)
                    heading = headings[largest] if is_body and largest < len(headings) else None
                    return heading, f"{len(cells[largest]):,}"
    except CellTooLarge:
        pass
    return None, f"more than {most:,}"


@contextmanager
def cell_limit(characters: int) -> Iterator[None]:
    """Have Python's reader refuse longer cells. It knows one limit for the whole process."""
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)

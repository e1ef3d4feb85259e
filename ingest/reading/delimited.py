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
from pathlib import Path

from ingest.reading.dialect import Dialect, find_dialect
from ingest.reading.layout import stage_rows
from ingest.reading.plain import Plain, make_plain
from ingest.reading.selection import LIMITS, Found, Selection, Staged, staged_path
from ingest.reading.staging import RowWriter


def stage_delimited(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a CSV file."""
    parquet = staged_path(file, selection, scratch)
    copy = parquet.with_suffix(".txt")
    try:
        plain = make_plain(file, selection.encoding, copy, found)
        if plain is None:
            return _nothing(parquet, found)
        with _open_text(plain) as text:
            dialect = find_dialect(text, selection)
        headings, count = stage_exactly(plain, dialect, selection, parquet, found)
        return Staged(parquet, headings, found.problems, count, plain.encoding, dialect.delimiter)
    finally:
        copy.unlink(missing_ok=True)


def stage_exactly(
    plain: Plain, dialect: Dialect, selection: Selection, parquet: Path, found: Found
) -> tuple[tuple[str, ...], int]:
    """Stage a file with Python's reader. Returns (headings, count of rows)."""
    try:
        return stage_rows(lambda: read_rows(plain, dialect), selection, parquet, found)
    except CellTooLarge as fault:
        found.add("cell-too-large", fault.row, found=f"{fault.characters:,}", wanted=f"{LIMITS.cell:,}")
    except QuoteOpen as fault:
        found.add("quote-open", fault.row)
    with RowWriter(parquet, 0):
        return (), 0


class CellTooLarge(Exception):  # noqa: N818 - becomes a problem
    def __init__(self, row: int, characters: int) -> None:
        self.row = row
        self.characters = characters
        super().__init__(f"row {row}: {characters} characters")


class QuoteOpen(Exception):  # noqa: N818 - becomes a problem
    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}")


# Fed to the reader after the last line. It comes back as a row of its own unless a quote is still open.
END = "\0end"


def read_rows(plain: Plain, dialect: Dialect) -> Iterator[list[str]]:
    """Read rows of cells, the first of the file first.

    Raises CellTooLarge and QuoteOpen.
    """
    csv.field_size_limit(LIMITS.row)
    row = 0
    with _open_text(plain) as text:
        reader = csv.reader(_lines(text, dialect), **dialect.options())
        try:
            for row, cells in enumerate(reader, 1):
                if cells and cells[-1].endswith(END):
                    if cells == [END]:
                        return
                    raise QuoteOpen(row)
                yield cells
        except csv.Error as fault:
            raise CellTooLarge(row + 1, LIMITS.cell) from fault


def _lines(text: io.TextIOBase, dialect: Dialect) -> Iterator[str]:
    while line := text.readline(LIMITS.row):
        yield line
    yield END


def _open_text(plain: Plain) -> io.TextIOWrapper:
    stream = plain.path.open("rb")
    stream.seek(plain.offset)
    return io.TextIOWrapper(stream, encoding="utf-8", newline="")


def _nothing(parquet: Path, found: Found) -> Staged:
    with RowWriter(parquet, 0):
        return Staged(parquet, (), found.problems)

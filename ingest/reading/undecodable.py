"""Bytes that are not text are found and described.

In:   a file whose bytes are not text in the encoding it was read in, or whose text holds NUL
Out:  one problem with the row, the column, the bytes, and the encodings that would read them
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator

from ingest.reading.dialect import find_dialect
from ingest.reading.plain import Source, TooLarge, Undecodable
from ingest.reading.selection import LIMITS, Found, Selection

# What publishers' files are written in where they are not UTF-8, in order. The last one reads anything.
LIKELY = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252", "iso-8859-1")

SHOWN_READINGS = 2

# Python's mark for a byte that could not be decoded.
_ESCAPED = re.compile("[\udc80-\udcff]+")
_NUL = re.compile("\0+")
_ENDS = ("\r", "\n")


def describe_undecodable(fault: Undecodable, selection: Selection, found: Found) -> None:
    """Add the problem for the first cell that holds what is not text."""
    source = fault.source
    readings = _Readings(source)
    if fault.is_nul:
        row, column, _, _ = _find_cell(source, selection, _NUL)
        found.add("nul-in-text", row, column, readings=readings.in_words(None))
        return
    row, column, cell, bad = _find_cell(source, selection, _ESCAPED)
    value = " ".join(f"{byte:02X}" for byte in bad.encode("utf-8", "surrogateescape")[:4])
    found.add(
        "encoding-wrong",
        row,
        column,
        value=value,
        encoding=source.encoding,
        readings=readings.in_words(cell),
    )


def _find_cell(
    source: Source, selection: Selection, wanted: re.Pattern[str]
) -> tuple[int | None, str | None, str | None, str]:
    """Find (row, heading, cell, the part of it that is wanted). What cannot be found is None."""
    headings: list[str] = []
    heading_row = max(selection.heading_rows, default=0)
    try:
        with source.open_text(errors="surrogateescape") as text:
            dialect = find_dialect(text, selection)
        with source.open_text(errors="surrogateescape") as text:
            lines = iter(lambda: text.readline(LIMITS.row), "")
            for number, row in enumerate(csv.reader(lines, **dialect.options()), 1):
                if number == heading_row:
                    headings = row
                for index, cell in enumerate(row):
                    if match := wanted.search(cell):
                        heading = headings[index] if number > heading_row and index < len(headings) else None
                        return number, heading, cell, match[0]
    except (UnicodeError, TooLarge, csv.Error):
        # Encodings of two and four bytes to a character cannot mark a byte; the row stays unknown.
        pass
    return None, None, None, ""


class _Readings:
    """The encodings that would read the whole of a source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def in_words(self, cell: str | None) -> str:
        """Say which encodings read the file, and what they make of a cell."""
        words = []
        for encoding in self._readers():
            said = None
            if cell is not None:
                said = cell.encode("utf-8", "surrogateescape").decode(encoding, "replace")
                said = f"{encoding} reads it as '{said[:20]}'"
            words.append(said or f"{encoding} reads it")
            if len(words) == SHOWN_READINGS:
                break
        return f" {'; '.join(words)}." if words else " None of the usual encodings reads the file."

    def _readers(self) -> Iterator[str]:
        has_nul = next(self._source.chunks(), b"")[:4000].count(0) > 0
        for encoding in LIKELY:
            # Nearly any bytes are UTF-16 of some kind; only text with NUL at every other byte is meant.
            if encoding == self._source.encoding or encoding.startswith("utf-16") != has_nul:
                continue
            if self._reads(encoding):
                yield encoding
                if encoding == "windows-1252":
                    return

    def _reads(self, encoding: str) -> bool:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            for chunk in self._source.chunks():
                if "\0" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
        return True

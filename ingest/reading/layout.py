"""Rows become a table: headings, body, and what is wrong with the shape of either.

In:   rows of text in the order of the file, the first being row 1, and a Selection
Out:  headings, and the body's rows in a RowWriter; problems

A row is never dropped in silence: it is staged, passed over because the selection says so, or a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from ingest.reading.selection import LIMITS, Found, Selection
from ingest.reading.staging import BATCH_CHARACTERS, BATCH_ROWS, RowWriter, stage_nothing

Rows = Iterable[list[str]]


def stage_rows(
    open_rows: Callable[[], Rows], selection: Selection, parquet: Path, found: Found
) -> tuple[tuple[str, ...], int]:
    """Stage the rows that a selection names.

    open_rows    gives the rows from the first one on, each time it is called

    Returns (headings, count of staged rows).
    """
    selection = _without_comments_before(open_rows, selection)
    rows = iter(open_rows())
    before: list[list[str]] = []
    for row in rows:
        before.append(row)
        if len(before) >= selection.start_row - 1 and len(before) >= max(selection.heading_rows, default=1):
            break
    headings = read_headings(before, selection, found)
    if headings is None:
        stage_nothing(parquet, found)
        return (), 0
    width = len(headings)
    if selection.as_laid_out:
        width = max(width, _widest(open_rows(), selection))
        headings = (*headings, *[""] * (width - len(headings)))
    if width > LIMITS.columns:
        found.add("table-too-large", found=f"{width:,} columns", wanted=f"{LIMITS.columns:,}")
        stage_nothing(parquet, found)
        return (), 0
    with RowWriter(parquet, width) as writer:
        _stage_body(chain(before, rows), headings, selection, writer, found)
    return headings, writer.row_count


def _without_comments_before(open_rows: Callable[[], Rows], selection: Selection) -> Selection:
    """Put the headings, where nothing else is said of them, into the first row that is no comment."""
    if selection.heading_rows != (1,) or (selection.comment is None and not selection.comment_rows):
        return selection
    rows = enumerate(open_rows(), 1)
    first = next((number for number, row in rows if not _is_comment(row, number, selection)), 1)
    return replace(selection, heading_rows=(first,))


def read_headings(before: list[list[str]], selection: Selection, found: Found) -> tuple[str, ...] | None:
    """Read the headings from the first rows of a file. None if there are none to be read."""
    if not before:
        found.add("file-empty")
        return None
    if not selection.heading_rows:
        width = len(before[selection.start_row - 1]) if len(before) >= selection.start_row else 0
        return tuple(f"field{number}" for number in range(1, width + 1))
    lines = [
        before[row - 1]
        for row in selection.heading_rows
        if row <= len(before) and not _is_comment(before[row - 1], row, selection)
    ]
    if not any(any(line) for line in lines):
        found.add("headings-empty", max(selection.heading_rows))
        return None
    if selection.fill_headings:
        lines = [*[_filled(line) for line in lines[:-1]], lines[-1]]
    return tuple(_joined(lines, selection.heading_join))


def _joined(lines: list[list[str]], between: str) -> list[str]:
    """Join the parts of each heading. A part that repeats the one above it, or is blank, adds nothing."""
    headings: list[str] = []
    last: dict[int, str] = {}
    for line in lines:
        for index, cell in enumerate(line):
            while len(headings) <= index:
                headings.append("")
            if cell == "" or last.get(index) == cell:
                continue
            last[index] = cell
            headings[index] = f"{headings[index]}{between}{cell}" if headings[index] else cell
    return headings


def _filled(line: list[str]) -> list[str]:
    filled: list[str] = []
    for cell in line:
        filled.append(cell or (filled[-1] if filled else ""))
    return filled


def column_letters(number: int) -> str:
    """Name a column as a spreadsheet does.

    >>> column_letters(1), column_letters(27), column_letters(16384)
    ('A', 'AA', 'XFD')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _widest(rows: Rows, selection: Selection) -> int:
    return max((len(row) for number, row in enumerate(rows, 1) if selection.has_row(number)), default=0)


def _is_comment(row: list[str], number: int, selection: Selection) -> bool:
    if number in selection.comment_rows:
        return True
    return selection.comment is not None and bool(row) and row[0].startswith(selection.comment)


def _stage_body(
    rows: Iterator[list[str]],
    headings: tuple[str, ...],
    selection: Selection,
    writer: RowWriter,
    found: Found,
) -> None:
    """Stage the rows of a file, from its first on, that are the body of the table."""
    number = 1
    while batch := _take(rows):
        numbers = range(number, number + len(batch))
        number += len(batch)
        if _is_tidy(batch, numbers, headings, selection):
            writer.write(batch, numbers)
            continue
        kept = [
            (row_number, kept)
            for row_number, row in zip(numbers, batch, strict=True)
            if (kept := _checked(row_number, row, headings, selection, found)) is not None
        ]
        writer.write([row for _, row in kept], [row_number for row_number, _ in kept])
        if selection.last_row is not None and number > selection.last_row:
            break


def _take(rows: Iterator[list[str]]) -> list[list[str]]:
    """Take the next rows: enough to be worth a batch, not so many that long ones fill the memory."""
    batch: list[list[str]] = []
    characters = 0
    while len(batch) < BATCH_ROWS and characters < BATCH_CHARACTERS:
        few = list(islice(rows, 10))
        if not few:
            break
        batch += few
        characters += sum(map(len, map("".join, few)))
    return batch


def _is_tidy(batch: list[list[str]], numbers: range, headings: tuple[str, ...], selection: Selection) -> bool:
    """Say whether a batch is of rows of the body and nothing is wrong with any, at one look."""
    return (
        numbers[0] >= selection.start_row
        and (selection.last_row is None or numbers[-1] <= selection.last_row)
        and selection.comment is None
        and not any(row in numbers for row in (*selection.comment_rows, *selection.heading_rows))
        and set(map(len, batch)) == {len(headings)}
        and (selection.as_laid_out or not _has_odd_row(batch, headings))
    )


def _has_odd_row(batch: list[list[str]], headings: tuple[str, ...]) -> bool:
    return [""] * len(headings) in batch or list(headings) in batch


def _checked(
    number: int, row: list[str], headings: tuple[str, ...], selection: Selection, found: Found
) -> list[str] | None:
    """Check one row, and note what is wrong with it. None if it is not to be staged."""
    if not selection.has_row(number) or _is_comment(row, number, selection):
        return None
    is_blank = not any(row)
    if is_blank and selection.skip_blank_rows:
        return None
    if selection.as_laid_out:
        return row + [""] * (len(headings) - len(row))
    if is_blank:
        found.add("row-blank", number)
        return None
    if len(row) != len(headings):
        # Nobody can tell which cells are under which heading, so the row's cells are not looked at further.
        code = "row-too-short" if len(row) < len(headings) else "row-too-long"
        found.add(code, number, found=_counted(row, "cell"), wanted=_counted(headings, "heading"))
        return None
    if selection.heading_rows and row == list(headings):
        found.add("headings-repeated", number)
        return None
    return row


def _counted(things: Sized, word: str) -> str:
    """Count in words: "1 cell", "2 cells"."""
    return f"{len(things):,} {word}{'' if len(things) == 1 else 's'}"

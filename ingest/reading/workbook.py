"""Sheets of XLSX and ODS workbooks become staged text.

In:   a workbook and a Selection that names a sheet
Out:  Parquet of text with the sheet's own row numbers, headings, and problems

Hidden rows and sheets are read like all others. A merged cell's text stands in its first cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import python_calamine

from ingest.problems import find_nearest
from ingest.reading.layout import stage_rows
from ingest.reading.selection import Found, Selection, Staged, staged_path
from ingest.reading.staging import RowWriter
from ingest.reading.text import text_of


def stage_sheet(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage one sheet."""
    parquet = staged_path(file, selection, scratch)
    try:
        with python_calamine.load_workbook(file) as workbook:
            name = _find_sheet(workbook.sheet_names, selection.sheet, found)
            if name is not None:
                sheet = workbook.get_sheet_by_name(name)
                headings, count = stage_rows(lambda: _rows(sheet), selection, parquet, found)
                return Staged(parquet, headings, found.problems, count)
    except python_calamine.CalamineError as fault:
        found.add("file-unreadable", wanted="a workbook", reason=str(fault))
    with RowWriter(parquet, 0):
        return Staged(parquet, (), found.problems)


def read_sheet_names(file: Path) -> tuple[str, ...]:
    with python_calamine.load_workbook(file) as workbook:
        return tuple(workbook.sheet_names)


def _find_sheet(names: list[str], wanted: str | int | None, found: Found) -> str | None:
    if wanted is None:
        wanted = 1
    if isinstance(wanted, int):
        if 1 <= wanted <= len(names):
            return names[wanted - 1]
    elif wanted in names:
        return wanted
    found.add(
        "sheet-missing",
        value=str(wanted),
        nearest=find_nearest(str(wanted), names),
        wanted=", ".join(names),
    )
    return None


def _rows(sheet: python_calamine.CalamineSheet) -> Iterator[list[str]]:
    """Read a sheet from its first row and column on, to the last row with any text, as wide as its widest row."""
    if sheet.start is None:
        return
    before = [""] * sheet.start[1]
    blank: list[list[str]] = []
    for values in sheet.iter_rows():
        row = before + [text_of(value) for value in values]
        if any(row):
            yield from blank
            blank = []
            yield row
        else:
            blank.append(row)

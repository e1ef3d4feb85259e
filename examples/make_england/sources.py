"""The publishers' files are found and read as text, untouched.

In:   a folder with one sub-folder for each publisher's release
Out:  rows as lists or mappings of text; what the text means is decided elsewhere
"""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

REPOSITORY = Path(__file__).resolve().parents[2]


def find_sources() -> Path | None:
    """Find the folder of publishers' files, or None where it is not on this machine."""
    named = os.environ.get("LIKEFORLIKE_SOURCES")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def load_text(path: Path) -> str:
    """Load a text file: gzip opened, byte-order mark taken off."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return data.decode("utf-8-sig")


def load_csv(path: Path) -> list[dict[str, str]]:
    """Load a CSV file as one mapping for each row.

    A heading that stands twice keeps its first column: one of the statistics office's tables has two
    columns called notes, and the second is empty.
    """
    rows = csv.reader(io.StringIO(load_text(path)))
    headings = next(rows)
    first = {heading: place for place, heading in reversed(list(enumerate(headings)))}
    return [{heading: row[place] for heading, place in first.items() if place < len(row)} for row in rows]


def load_json(path: Path) -> Any:
    return json.loads(load_text(path))


@lru_cache(maxsize=4)
def _workbook(path: Path) -> CalamineWorkbook:
    return CalamineWorkbook.from_path(str(path))


def load_sheet(path: Path, sheet: str | int) -> list[list[str]]:
    """Load one sheet of a workbook as text, empty cells as ''.

    A number is written as the shortest text that reads back the same, 301.0 as 301; a date as ISO.
    Row 1 of the spreadsheet is item 0.
    """
    book = _workbook(path)
    name = book.sheet_names[sheet] if isinstance(sheet, int) else sheet
    return [
        [_cell_text(cell) for cell in row]
        for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    ]


def _cell_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell)

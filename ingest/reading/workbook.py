"""Sheets of XLSX and ODS workbooks become staged text.

In:   a workbook and a Selection that names a sheet
Out:  Parquet of text with the sheet's own row numbers, headings, and problems

Hidden rows and sheets are read like all others. A merged cell's text stands in its first cell. A cell that
holds an error has the error's name (#REF!) as its text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from zipfile import ZipInfo

import python_calamine

from ingest.problems import find_nearest
from ingest.reading.archive import ArchiveFault, read_entries, read_pieces
from ingest.reading.layout import column_letters, stage_rows
from ingest.reading.selection import LIMITS, Found, Selection, Staged, staged_path
from ingest.reading.sheets import SheetSurvey, get_survey, is_ods, survey_ods, survey_xlsx
from ingest.reading.staging import stage_nothing
from ingest.reading.text import text_of

# Names by which a program inside a workbook is known, in Microsoft's workbooks and in OpenDocument's.
_MACROS = re.compile(r"(?i)(.*/)?vbaProject.*\.bin$|xl/macrosheets/|xl/intlmacrosheets/|Basic/|Scripts/")
_WITH_MACROS = frozenset({".xlsm", ".xltm", ".xlam"})

# The first bytes of the older container, which also holds a workbook that is protected by a password.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# How a length of time is written in ODS.
_ISO_TIME = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,](\d+))?S")


def stage_sheet(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage one sheet."""
    parquet = staged_path(file, selection, scratch)
    with _FaultsAsProblems(found):
        entries = _check_workbook(file, found)
        if entries is None:
            return stage_nothing(parquet, found)
        # An ODS workbook is read whole when it is opened, so all its sheets are looked over before.
        surveys = survey_ods(file, entries) if is_ods(file, entries) else None
        with python_calamine.load_workbook(file) as workbook:
            name = _find_sheet(workbook.sheet_names, selection.sheet, found)
            if name is None:
                return stage_nothing(parquet, found)
            survey = survey_xlsx(file, entries, name) if surveys is None else get_survey(surveys, name)
            sheet = workbook.get_sheet_by_name(name)
            for row, column in survey.unworked:
                if selection.has_row(row):
                    found.add("formula-unworked", row, column_letters(column))
            if selection.links:
                survey = replace(survey, texts=survey.texts | survey.links)
            headings, count = stage_rows(lambda: _read_rows(sheet, survey), selection, parquet, found)
            return Staged(parquet, headings, found.problems, count)
    return stage_nothing(parquet, found)


def read_sheet_names(file: Path, found: Found) -> tuple[str, ...]:
    """Read the names of a workbook's sheets; none after a problem."""
    with _FaultsAsProblems(found):
        entries = _check_workbook(file, found)
        if entries is not None:
            if is_ods(file, entries):
                survey_ods(file, entries)
            with python_calamine.load_workbook(file) as workbook:
                return tuple(workbook.sheet_names)
    return ()


def _check_workbook(file: Path, found: Found) -> list[ZipInfo] | None:
    """Look at the outside of a workbook; its entries, or None after a problem. Raises ArchiveFault."""
    if file.suffix.lower() in _WITH_MACROS:
        found.add("workbook-with-macros")
        return None
    with file.open("rb") as stream:
        head = stream.read(len(_COMPOUND))
    if not head:
        found.add("file-empty")
        return None
    if head == _COMPOUND:
        found.add("file-unreadable", wanted="a workbook", reason=_compound_reason(file))
        return None
    entries = read_entries(file, LIMITS.workbook)
    if any(_MACROS.match(entry.filename) for entry in entries):
        found.add("workbook-with-macros")
        return None
    for entry in entries:
        if entry.filename == "META-INF/manifest.xml" and b"encryption-data" in b"".join(
            itertools.islice(read_pieces(file, entry), 4)
        ):
            found.add("file-unreadable", wanted="a workbook", reason="it is protected by a password.")
            return None
    return entries


def _compound_reason(file: Path) -> str:
    """Say what a workbook in the older container is."""
    mark = "EncryptedPackage".encode("utf-16-le")
    with file.open("rb") as stream:
        rest = b""
        while piece := stream.read(1 << 20):
            if mark in rest + piece:
                return "it is protected by a password."
            rest = piece[-len(mark) :]
    return "it is of the older kind (.xls)."


class _FaultsAsProblems:
    """What a damaged workbook makes its readers raise becomes a problem."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(fault, ArchiveFault):
            self._found.add(fault.code, **fault.facts)
        elif isinstance(fault, python_calamine.CalamineError):
            self._found.add("file-unreadable", wanted="a workbook", reason=_reason(fault))
        elif isinstance(fault, OSError) and fault.errno is None:
            # Not the disk: the reader's word for bytes that cannot be unpacked.
            self._found.add("file-unreadable", wanted="a workbook", reason="it is damaged.")
        elif kind is not None and kind.__name__ == "PanicException":
            # The reader is written in Rust; where it meets what it did not expect, it panics, and Python sees
            # an exception of a class that cannot be imported.
            self._found.add("file-unreadable", wanted="a workbook", reason="it is damaged.")
        else:
            return False
        return True


def _reason(fault: python_calamine.CalamineError) -> str:
    if isinstance(fault, python_calamine.PasswordError):
        return "it is protected by a password."
    return "it is damaged."


def _find_sheet(names: list[str], wanted: str | int | None, found: Found) -> str | None:
    """Find a sheet's name; None after a problem."""
    if not names:
        found.add("file-empty")
        return None
    if wanted is None:
        return names[0]
    if isinstance(wanted, int):
        if 1 <= wanted <= len(names):
            return names[wanted - 1]
    elif wanted in names:
        return wanted
    nearest = find_nearest(str(wanted), names)
    found.add("sheet-missing", value=str(wanted), nearest=nearest, wanted=", ".join(names))
    return None


def _read_rows(sheet: python_calamine.CalamineSheet, survey: SheetSurvey) -> Iterator[list[str]]:
    """Read a sheet from its first row and column to the last row with any text, all rows equally wide."""
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    lost: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in survey.texts.items():
        lost.setdefault(row, []).append((column, text))
        height, width = max(height, row), max(width, column)
    before = [""] * (sheet.start[1] if sheet.start else 0)
    found = iter(sheet.iter_rows()) if sheet.start else iter(())
    blank: list[list[str]] = []
    for number in range(1, height + 1):
        cells = before + [_cell_text(value) for value in next(found, ())]
        cells += [""] * (width - len(cells))
        for column, text in lost.get(number, ()):
            cells[column - 1] = text
        blank.append(cells)
        if any(cells):
            yield from blank
            blank = []


def _cell_text(value: object) -> str:
    """Write a cell as text. A time of an ODS workbook comes as ISO 8601 length and is written as a time.

    >>> _cell_text("PT10H05M00S"), _cell_text("PT26H05M00S"), _cell_text("PTA")
    ('10:05:00', '26:05:00', 'PTA')
    """
    if isinstance(value, str) and value.startswith("PT") and (match := _ISO_TIME.fullmatch(value)):
        hours, minutes, seconds, rest = match.groups()
        return f"{int(hours):02}:{int(minutes):02}:{int(seconds):02}" + (f".{rest}" if rest else "")
    return text_of(value)

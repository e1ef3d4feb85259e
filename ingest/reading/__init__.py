"""Any format a publisher uses becomes text rows with their numbers.

In:   one file of a package, and a Selection that says what of it to read and how
Out:  Staged: Parquet of text c1 … cN and _row, the headings as written, and problems

CSV of any dialect and encoding, plain or as gz; sheets of XLSX and ODS workbooks; JSON; Parquet. Nothing is
interpreted here: "1,204" stays "1,204", and what it means is for a recipe or a schema to say.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.problems import Place, ProblemsFound
from ingest.reading.delimited import stage_delimited
from ingest.reading.selection import FORMATS, Format, Found, Selection, Staged, staged_path
from ingest.reading.staging import stage_nothing
from ingest.reading.structured import stage_json, stage_parquet
from ingest.reading.workbook import read_sheet_names, stage_sheet

__all__ = ["FORMATS", "Selection", "Staged", "find_format", "sheet_names", "stage"]

_STAGES = {
    "csv": stage_delimited,
    "tsv": stage_delimited,
    "xlsx": stage_sheet,
    "ods": stage_sheet,
    "json": stage_json,
    "ndjson": stage_json,
    "parquet": stage_parquet,
}

# What a file name ends in, and the format that means.
_ENDINGS: dict[str, Format] = {
    "csv": "csv",
    "txt": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "xlsx": "xlsx",
    "xlsm": "xlsx",  # refused there, with the reason
    "xls": "xlsx",
    "ods": "ods",
    "json": "json",
    "geojson": "json",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "parquet": "parquet",
}


def stage(file: Path, selection: Selection, scratch: Path, *, place: Place | None = None) -> Staged:
    """Stage one table of one file.

    scratch    a folder for what is staged; the caller deletes it
    place      what problems call the file and sheet; without it, the file's own name

    Always gives a Staged: what is wrong with the file stands in its problems, and where nothing could be read
    it has no columns and no rows. Raises OSError if the file or the disk cannot be read or written.
    """
    place = place or Place(file.name)
    if selection.sheet is not None and place.sheet is None:
        place = Place(place.file, str(selection.sheet), place.row, place.column)
    found = Found(place)
    format = selection.format or find_format(file.name)
    if format is None:
        found.add("format-unknown", value=file.suffix or file.name, wanted=", ".join(FORMATS))
        return stage_nothing(staged_path(file, selection, scratch), found)
    return _STAGES[format](file, replace(selection, format=format), scratch, found)


def sheet_names(file: Path) -> tuple[str, ...]:
    """Read the names of a workbook's sheets, hidden ones too, in their order.

    Raises ProblemsFound if it is not a workbook that can be read.
    """
    found = Found(Place(file.name))
    names = read_sheet_names(file, found)
    if found.problems:
        raise ProblemsFound(found.problems)
    return names


def find_format(name: str) -> Format | None:
    """Find a file's format by its name, or None. The ending .gz is passed over.

    >>> find_format("imd.CSV.gz"), find_format("notes.docx")
    ('csv', None)
    """
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    return _ENDINGS.get(ending)

"""Every file of the publishers is read as it lies."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from reading_files import numbers_of, rows_of

from ingest.reading import Selection, find_format, sheet_names, stage

pytestmark = pytest.mark.sources


def folder_of_sources() -> Path:
    named = os.environ.get("LIKEFORLIKE_SOURCES")
    return Path(named) if named else Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def files(*endings: str) -> list[str]:
    folder = folder_of_sources()
    found = (path for ending in endings for path in folder.rglob(f"*{ending}"))
    # Without the files one case is left, which the fixture then skips and says why.
    return sorted(str(path.relative_to(folder)) for path in found) or ["none"]


def csv_rows(file: Path) -> Iterator[list[str]]:
    """Read a file of UTF-8 with Python's reader and nothing else."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    yield from csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))


@pytest.mark.parametrize("name", files(".csv", ".csv.gz"))
def test_csv_has_the_rows_that_lie_in_it(sources: Path, tmp_path: Path, name: str) -> None:
    rows = list(csv_rows(sources / name))
    result = stage(sources / name, Selection(), tmp_path)
    assert result.problems == ()
    assert list(result.headings) == rows[0]
    assert rows_of(result) == rows[1:]
    assert numbers_of(result) == list(range(2, len(rows) + 1))


def test_every_table_of_local_indicators_is_read_as_a_recipe_reads_it(sources: Path, tmp_path: Path) -> None:
    tables = sorted((sources / "ons-explore-local-statistics").rglob("*.csv"))
    counts = [stage(file, Selection(as_laid_out=True), tmp_path).row_count for file in tables]
    assert len(tables) == 49
    assert sum(counts) == 174_675


@pytest.mark.parametrize("name", files(".xlsx", ".ods"))
def test_every_sheet_of_a_workbook_is_read(sources: Path, tmp_path: Path, name: str) -> None:
    names = sheet_names(sources / name)
    assert names
    for sheet in names:
        result = stage(sources / name, Selection(sheet=sheet, as_laid_out=True), tmp_path)
        assert result.problems == ()
        assert result.row_count > 0
        assert numbers_of(result) == list(range(2, result.row_count + 2))
        assert any(rows_of(result)[-1]), "a sheet ends with its last row of text"


@pytest.mark.parametrize("name", files(".xlsx"))
def test_cells_of_xlsx_are_those_another_reader_sees(sources: Path, tmp_path: Path, name: str) -> None:
    book = openpyxl.load_workbook(sources / name, data_only=True)
    for sheet in book.worksheets:
        result = stage(sources / name, Selection(sheet=sheet.title, as_laid_out=True), tmp_path)
        seen = [
            ["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ]
        mine = [list(result.headings), *rows_of(result)]
        width = len(result.headings)
        assert [row[:width] for row in seen[: len(mine)]] == mine


def test_known_rows_of_known_workbooks(sources: Path, tmp_path: Path) -> None:
    ofsted = sources / "ofsted-la-inspection-outcomes"
    history = Selection(sheet="ILACS_inspection_history", heading_rows=(3,), as_laid_out=True)
    result = stage(ofsted / "LA_Inspection_Outcomes_as_at_31_March_2025.ods", history, tmp_path)
    assert result.row_count == 271
    outturn = sources / "mhclg-revenue-outturn-2024-25"
    for name, sheet, columns in (
        ("RSX_LA_Data_2024-25_data_by_LA.ods", "RSX_LA_Data_202425", 105),
        ("RO3_LA_Data_2024-25_data_by_LA.ods", "RO3_LA_Data_202425", 497),
    ):
        result = stage(outturn / name, Selection(sheet=sheet, as_laid_out=True), tmp_path)
        assert len(result.headings) == columns
        cells = {cell for row in rows_of(result) for cell in row}
        assert "[x]" in cells
        assert not any(cell.endswith(".0") for cell in cells)


def test_interactive_tool_has_all_its_rows_as_text(sources: Path, tmp_path: Path) -> None:
    file = sources / "dfe-lait" / "bds_long_0.parquet"
    result = stage(file, Selection(), tmp_path)
    assert result.row_count == 641_070
    source, mine = pq.read_table(file), pq.read_table(result.parquet)
    assert result.headings == tuple(source.column_names)
    for number, column in enumerate(source.columns, 1):
        values = column.to_pylist()
        # The numbers of authorities are kept as doubles, all of them whole.
        texts = [f"{value:.0f}" if isinstance(value, float) else value or "" for value in values]
        assert mine.column(f"c{number}").to_pylist() == texts
    value = mine.column(f"c{result.headings.index('Values') + 1}")
    assert value.to_pylist().count("-") == 93_883


@pytest.mark.parametrize("name", files(".json"))
def test_json_is_read_or_said_to_hold_no_table(sources: Path, tmp_path: Path, name: str) -> None:
    file = sources / name
    document = json.loads(file.read_text(encoding="utf-8-sig"))
    result = stage(file, Selection(), tmp_path)
    is_rows = isinstance(document, list) and all(isinstance(row, dict) for row in document)
    if isinstance(document, dict):
        is_rows = all(isinstance(row, dict) for row in document.values())
    if is_rows:
        assert (result.problems, result.row_count) == ((), len(document))
    else:
        (found,) = result.problems
        assert found.code == "file-unreadable"
        assert "it holds no list of rows" in found.message


def test_rows_inside_a_document_are_found(sources: Path, tmp_path: Path) -> None:
    file = sources / "boundaries" / "statistical__eng__lsoa_by_lad__E09000015.json"
    result = stage(file, Selection(json_path=("features",)), tmp_path)
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (result.row_count, result.problems) == (len(document["features"]), ())
    assert "properties" in result.headings


def test_each_file_of_a_known_format_was_tried(sources: Path) -> None:
    tried = {name for ending in (".csv", ".csv.gz", ".xlsx", ".ods", ".json") for name in files(ending)}
    known = {
        str(path.relative_to(sources))
        for path in sources.rglob("*")
        if path.is_file() and find_format(path.name) not in (None, "parquet")
    }
    assert known == tried

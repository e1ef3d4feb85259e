"""The submission template of a definition: filled in, it passes the check; filled in wrongly, it is told why."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from definition_world import as_csv, fetch, problems_with, write_definitions
from openpyxl.workbook import Workbook
from test_api_world import client, site
from test_publish_world import TABLES, make_contents, write_world

from api.definition_forms.blank import load_blank
from api.definition_forms.workbook import xlsx_template
from api.edition import Edition

__all__ = ["client", "site"]

RECYCLED = "/indicators/recycled"
IN_WORK = "/indicators/in-work"

# A figure as a council would write it, beside what the first row of the template starts.
FIGURE = {"area": "E06000002", "period": "2024-25", "value": "43.6", "status": "provisional"}
FORMS = ("csv", "xlsx")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the small world's definitions."""
    return write_definitions(tmp_path_factory.mktemp("world") / "definitions")


def book(client: httpx.Client, address: str = f"{RECYCLED}/template.xlsx") -> Workbook:
    """Open a template as another reader of workbooks sees it."""
    opened: Workbook = openpyxl.load_workbook(io.BytesIO(fetch(client, address)))
    return opened


def table(opened: Workbook, sheet: str) -> list[list[str]]:
    """Read a sheet's rows; an empty cell is an empty text."""
    rows = opened[sheet].iter_rows(values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def fill_in(
    client: httpx.Client, folder: Path, form: str, *figures: dict[str, str], indicator: str = RECYCLED
) -> Path:
    """Fill a template in as a person does: below the headings, each row begun as the first one is."""
    folder.mkdir()
    package = json.loads(fetch(client, f"{indicator}/datapackage.json"))
    package["resources"][0]["path"] = f"template.{form}"
    (folder / "datapackage.json").write_text(json.dumps(package))
    content = fetch(client, f"{indicator}/template.{form}")
    file = folder / f"template.{form}"
    if form == "csv":
        (started,) = csv.DictReader(io.StringIO(content.decode()))
        file.write_bytes(as_csv(list(started), [started | figure for figure in figures]))
        return folder
    opened = openpyxl.load_workbook(io.BytesIO(content))
    sheet = opened["Figures"]
    headings = [cell.value for cell in sheet[1]]
    started = {heading: cell.value for heading, cell in zip(headings, sheet[2], strict=True)}
    for at, figure in enumerate(figures, 2):
        for column, heading in enumerate(headings, 1):
            value: Any = (started | figure).get(heading)
            is_number = heading in ("value", "lower_limit", "upper_limit") and value
            sheet.cell(at, column).value = float(value) if is_number else value
    opened.save(file)
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_filled_in_template_passes_the_check(
    client: httpx.Client, definitions: Path, tmp_path: Path, form: str
) -> None:
    hidden = {"area": "E06000003", "period": "2024-25", "status": "suppressed", "note": "Fewer than 5"}
    folder = fill_in(client, tmp_path / "figures", form, FIGURE, hidden)
    assert problems_with(folder, definitions, tmp_path / "scratch") == []


# What can go wrong in a row, and the problem that it must be told as.
SLIPS = (
    ("value-impossible", {"value": "104.2"}),
    ("status-needs-value", {"value": ""}),
    ("status-forbids-value", {"status": "suppressed"}),
    ("code-unknown", {"status": "hidden"}),
    ("reference-unknown", {"area": "E06000009"}),
    ("period-kind-wrong", {"period": "2024"}),
    ("limits-out-of-order", {"lower_limit": "44", "upper_limit": "43", "value": "43.5"}),
)


@pytest.mark.parametrize("form", FORMS)
def test_wrong_values_in_a_template_are_told_with_their_rows(
    client: httpx.Client, definitions: Path, tmp_path: Path, form: str
) -> None:
    figures = [FIGURE | {"period": f"20{24 + at}-{25 + at}"} | slip for at, (_, slip) in enumerate(SLIPS)]
    folder = fill_in(client, tmp_path / "figures", form, *figures)
    found = problems_with(folder, definitions, tmp_path / "scratch")
    assert {one.place.file for one in found} == {f"recycled-figures/template.{form}"}
    told = {(one.code, one.place.row) for one in found}
    assert {(code, at) for at, (code, _) in enumerate(SLIPS, 2)} <= told


@pytest.mark.parametrize("form", FORMS)
def test_template_has_a_column_for_each_breakdown(
    client: httpx.Client, definitions: Path, tmp_path: Path, form: str
) -> None:
    figures = [
        {"area": "E06000002", "period": "2024", "value": "80100"},
        {"area": "E06000002", "period": "2024", "value": "40050", "sex": "female"},
    ]
    folder = fill_in(client, tmp_path / "figures", form, *figures, indicator=IN_WORK)
    assert problems_with(folder, definitions, tmp_path / "scratch") == []
    wrong = fill_in(client, tmp_path / "wrong", form, {**figures[1], "sex": "woman"}, indicator=IN_WORK)
    (found,) = problems_with(wrong, definitions, tmp_path / "scratch")
    assert (found.code, found.place.column) == ("code-unknown", "sex")


def test_untouched_template_is_no_submission(client: httpx.Client, definitions: Path, tmp_path: Path) -> None:
    folder = fill_in(client, tmp_path / "figures", "csv", {})
    found = problems_with(folder, definitions, tmp_path / "scratch")
    assert {one.place.column for one in found if one.code == "value-missing"} == {"area", "period"}


# ---- the workbook ----


def test_columns_are_those_that_apply_to_the_indicator(client: httpx.Client) -> None:
    start = ["dataset", "indicator", "version", "area", "period"]
    limits = ["lower_limit", "upper_limit", "numerator", "denominator"]
    recycled, in_work = (
        table(book(client, f"{one}/template.xlsx"), "Figures") for one in (RECYCLED, IN_WORK)
    )
    assert recycled[0] == [*start, "value", "status", *limits, "note"]
    assert in_work[0] == [*start, "sex", "value", "status", "sample_size", "note"]
    assert recycled[1][:5] == ["waste", "recycled", "2.0.0", "", ""]
    assert fetch(client, f"{RECYCLED}/template.csv").decode().splitlines()[0].split(",") == recycled[0]


def test_each_version_has_a_template_of_its_own(client: httpx.Client) -> None:
    first, second = (book(client, f"{RECYCLED}/{one}/template.xlsx") for one in ("v1.0.0", "v2.0.0"))
    assert table(first, "Figures")[1][2] == "1.0.0"
    assert ["2022-23", "April 2022 to March 2023"] in table(first, "Periods")
    assert "2022-23" not in [row[0] for row in table(second, "Periods")]


def test_notes_say_in_words_what_is_counted_and_what_is_permitted(client: httpx.Client) -> None:
    opened = book(client)
    notes = dict(row[:2] for row in table(opened, "Notes"))
    assert notes["What is counted"] == "Share of waste sent for recycling."
    assert (notes["Lowest value"], notes["Highest value"]) == ("0", "100")
    assert notes["Kind of period"].startswith("Financial year: 1 April to 31 March")
    assert notes["How to write a period"] == "2026-27 means April 2026 to March 2027."
    statuses = {row[0]: row for row in table(opened, "Statuses")}
    assert statuses["suppressed"][2].startswith("The publisher knows the figure and hides it")
    assert statuses["suppressed"][3] == "Leave the value empty."
    described = {row[0]: row for row in table(opened, "Columns")}
    assert described["value"][3] == "A number from 0 to 100"
    assert described["area"][1] == "Yes"
    # Aldham ended before this version began to count.
    assert table(opened, "Areas")[1:] == [["E06000002", "Brook"], ["E06000003", "Newshire"]]


def test_drop_downs_offer_exactly_the_codes(client: httpx.Client) -> None:
    opened = book(client, f"{IN_WORK}/template.xlsx")
    sheet = opened["Figures"]
    headings = {cell.value: cell.column_letter for cell in sheet[1]}
    rules = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    for column, name in (
        ("area", "Areas"),
        ("period", "Periods"),
        ("status", "Statuses"),
        ("sex", "Codes 1 sex"),
    ):
        rule = rules[headings[column]]
        assert (rule.type, rule.formula1) == ("list", f"'{name}'!$A$2:$A${len(table(opened, name))}")
    assert [row[0] for row in table(opened, "Codes 1 sex")[1:]] == ["all", "female", "male"]
    assert rules[headings["sample_size"]].type == "whole"
    bounds = {str(one.sqref)[0]: one for one in book(client)["Figures"].data_validations.dataValidation}
    value = bounds["F"]
    assert (value.type, value.formula1, value.formula2) == ("decimal", "0", "100")


def test_each_sheet_is_one_table_that_anyone_can_read(client: httpx.Client) -> None:
    for sheet in book(client, f"{IN_WORK}/template.xlsx").worksheets:
        assert len(sheet.tables) == 1, sheet.title
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes == "A2"
        assert sheet.sheet_state == "visible"
        assert all(cell.value for cell in sheet[1])
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def made(folder: Path, said: str | None = None) -> bytes:
    """Publish the small world into a folder, with other words or not, and make a template of it."""
    changed = [row | ({"label": said, "definition": said} if said else {}) for row in TABLES["indicators"]]
    contents = make_contents(tables={"indicators": changed})
    folder.mkdir()
    edition = Edition(write_world(contents, folder / "2026-01-02-000000000000"))
    (row,) = edition.rows("SELECT * FROM indicators WHERE indicator = 'in-work'")
    return xlsx_template(load_blank(edition, row))


def test_template_is_the_same_bytes_for_the_same_edition(tmp_path: Path) -> None:
    first = made(tmp_path / "first")
    assert first == made(tmp_path / "second")
    assert len({entry.date_time for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()}) == 1
    said = openpyxl.load_workbook(io.BytesIO(first)).properties
    # The day of the edition; a workbook knows no time zone.
    assert said.created == said.modified == datetime(2026, 1, 2)  # noqa: DTZ001


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    said = '=HYPERLINK("http://elsewhere.example")\x01<b>'
    opened = openpyxl.load_workbook(io.BytesIO(made(tmp_path / "hostile", said)))
    notes = dict(one[:2] for one in table(opened, "Notes"))
    assert notes["What is counted"].startswith('=HYPERLINK("http://elsewhere.example")')
    assert all(cell.data_type != "f" for sheet in opened for line in sheet.iter_rows() for cell in line)

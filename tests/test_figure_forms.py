"""Figures as files of other programs: the same figures in each, marked, escaped, and with a receipt."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonstat_validator import validate_jsonstat
from test_api_world import Served, client, serving, site
from test_publish_world import YEAR_2022, YEAR_2023, observation

from api.figure_forms.table import plain_text

__all__ = ["client", "site"]

DOORS = ("observations", "series", "profile/E06000002")
FORMS = ("csv", "xlsx", "jsonstat", "parquet", "arrow")


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def digest_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Work out the digest of a receipt as a stranger would who has read its description."""
    lines = [f"{row['uri']}\t{row['value_text'] or ''}\t{row['status']}\n" for row in rows]
    return "sha-256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def sheet_rows(content: bytes) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Read a workbook's table of figures, and its notes."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Cover", "Figures", "Notes"]
    _, _, _, headings, *rows = book["Figures"].iter_rows(values_only=True)
    notes = {str(row[0]): str(row[1]) for row in book["Notes"].iter_rows(min_row=3, values_only=True)}
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows], notes


@pytest.mark.parametrize("door", DOORS)
def test_every_form_holds_the_same_figures(client: httpx.Client, door: str) -> None:
    wanted = csv_rows(client.get(f"/api/v1/{door}?format=csv").text)
    figures = [(row["uri"], row["value_text"], row["status"]) for row in wanted]
    assert len(figures) > 1

    sheet, _ = sheet_rows(client.get(f"/api/v1/{door}?format=xlsx").content)
    assert [(row["uri"], row["value_text"] or "", row["status"]) for row in sheet] == figures
    parquet = pq.read_table(io.BytesIO(client.get(f"/api/v1/{door}?format=parquet").content)).to_pylist()
    assert [(row["uri"], row["value_text"] or "", row["status"]) for row in parquet] == figures
    with pa.ipc.open_stream(client.get(f"/api/v1/{door}?format=arrow").content) as stream:
        arrow = stream.read_all().to_pylist()
    assert arrow == parquet
    cube = read(client, f"/api/v1/{door}?format=jsonstat")
    values = cube["value"] if isinstance(cube["value"], list) else list(cube["value"].values())
    told = sorted(float(text) for _, text, _ in figures if text)
    assert sorted(value for value in values if value is not None) == told


@pytest.mark.parametrize("form", FORMS)
def test_accept_chooses_a_form_as_the_parameter_does(client: httpx.Client, form: str) -> None:
    named = client.get(f"/api/v1/observations?format={form}")
    media_type = named.headers["content-type"].partition(";")[0]
    accepted = client.get("/api/v1/observations", headers={"Accept": media_type})
    assert accepted.headers["content-type"] == named.headers["content-type"]
    assert accepted.content == named.content
    assert 'rel="license"' in accepted.headers["link"]


@pytest.mark.parametrize("form", FORMS)
def test_a_part_of_a_list_can_be_had_in_every_form(client: httpx.Client, form: str) -> None:
    answer = client.get(f"/api/v1/observations?format={form}&limit=2")
    assert answer.status_code == 200
    assert 'rel="next"' in answer.headers["link"]


def test_sheet_has_a_mark_where_there_is_no_number(client: httpx.Client) -> None:
    rows, notes = sheet_rows(client.get("/api/v1/observations?indicator=recycled&format=xlsx").content)
    told = {(row["area"], row["period"]): (row["value"], row["mark"]) for row in rows}
    assert told["E06000002", YEAR_2023] == ("[c]", "[c]")
    assert told["E06000003", YEAR_2023] == (45, "[b]")
    assert told["E92000001", YEAR_2023] == (0, None)
    assert {row["numerator"] for row in rows} == {436, "[x]"}
    assert notes["Mark [c]"].startswith("Suppressed. ")
    assert notes["Mark [b]"].startswith("Break in the series. ")
    assert notes["Receipt: rows"] == "5"
    assert notes["Receipt: digest"] == digest_of(rows)


def test_sheet_is_one_table_without_merged_cells_or_formulas(client: httpx.Client) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/v1/observations?format=xlsx").content))
    for sheet in book:
        assert len(sheet.tables) == 1
        assert not sheet.merged_cells.ranges
        assert sheet["A1"].value
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    last = book["Notes"].cell(book["Notes"].max_row - 1, 2).value
    assert int(last) == book["Figures"].max_row
    cover = {tuple(row) for row in book["Cover"].iter_rows(values_only=True)}
    assert ("Publishers", "Statistics Office") in cover
    assert ("Must stand beside the figures", "Contains public sector information.") in cover


def test_same_edition_gives_the_same_bytes(client: httpx.Client) -> None:
    for form in FORMS:
        address = f"/api/v1/observations?format={form}"
        assert client.get(address).content == client.get(address).content


@pytest.mark.parametrize("door", DOORS)
def test_cube_holds_to_the_rules_of_json_stat(client: httpx.Client, door: str) -> None:
    cube = read(client, f"/api/v1/{door}?format=jsonstat")
    assert validate_jsonstat(cube)
    assert cube["id"] == ["dataset", "indicator", "area", "period", "breakdown"]
    assert cube["role"] == {"metric": ["indicator"], "geo": ["area"], "time": ["period"]}


@pytest.mark.parametrize(
    "address",
    [
        *DOORS,
        "observations?indicator=recycled",
        "series?area=E06000002",
        "compare?indicator=recycled&group=all",
    ],
)
def test_cube_has_as_many_cells_as_its_sizes_say(client: httpx.Client, address: str) -> None:
    together = "&" if "?" in address else "?"
    cube = read(client, f"/api/v1/{address}{together}format=jsonstat")
    rows = csv_rows(client.get(f"/api/v1/{address}{together}format=csv").text)
    cells = math.prod(cube["size"])
    for name, length in zip(cube["id"], cube["size"], strict=True):
        index = cube["dimension"][name]["category"]["index"]
        assert len(index) == len(set(index)) == length
        assert set(cube["dimension"][name]["category"]["label"]) == set(index)
    values = cube["value"]
    if isinstance(values, dict):
        # Written by place, because fewer than half of the cells are there.
        assert len(values) == len(rows) < cells / 2 + 1
        assert all(str(int(at)) == at and 0 <= int(at) < cells for at in values)
    else:
        assert len(values) == cells
    special: dict[str, str] = cube.get("status", {})
    assert all(str(int(at)) == at and 0 <= int(at) < cells for at in special)
    found = [
        (told, values.get(at) if isinstance(values, dict) else values[int(at)])
        for at, told in special.items()
    ]
    wanted = [
        (row["status"], float(row["value"]) if row["value"] else None)
        for row in rows
        if row["status"] != "normal"
    ]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_cubes_are_written_in_both_ways(client: httpx.Client) -> None:
    every = read(client, "/api/v1/observations?format=jsonstat")["value"]
    one = read(client, "/api/v1/observations?indicator=recycled&format=jsonstat")["value"]
    assert (type(every), type(one)) == (dict, list)


def test_cube_puts_each_figure_at_its_place(client: httpx.Client) -> None:
    cube = read(client, "/api/v1/observations?indicator=recycled&format=jsonstat")
    assert cube["size"] == [1, 1, 4, 2, 1]
    areas = cube["dimension"]["area"]["category"]
    assert areas["label"]["E06000002"] == "Brook"
    assert cube["dimension"]["period"]["category"]["index"] == [YEAR_2022, YEAR_2023]
    at = 2 * areas["index"].index("E06000002")
    values, status = cube["value"], cube["status"]
    assert (values[at], values[at + 1], status[str(at + 1)]) == (43.6, None, "suppressed")
    # A figure that nobody has published has no status, one that is hidden has.
    england = 2 * areas["index"].index("E92000001")
    assert (values[england], values[england + 1]) == (None, 0.0)
    assert str(england) not in status
    assert cube["dimension"]["indicator"]["category"]["unit"]["recycled"]["decimals"] == 1
    limits = cube["extension"]["lower_limit"]
    assert limits == {str(2 * areas["index"].index("E06000001")): 39.5}


def test_receipt_is_the_same_in_every_form(client: httpx.Client) -> None:
    told = read(client, "/api/v1/observations")
    assert list(told)[-1] == "receipt"
    receipt = told["receipt"]
    assert receipt == {
        "rows": 8,
        "complete": True,
        "definitions": [
            {"indicator": "in-work", "version": "1.0.0"},
            {"indicator": "recycled", "version": "1.0.0"},
            {"indicator": "recycled", "version": "2.0.0"},
        ],
        "digest": digest_of(told["items"]),
    }
    answer = client.get("/api/v1/observations?format=csv")
    address = answer.headers["link"].partition('>; rel="describedby"')[0].rpartition("<")[2]
    assert read(client, address)["receipt"] == receipt
    assert digest_of(csv_rows(answer.text)) == receipt["digest"]
    assert read(client, "/api/v1/observations?format=jsonstat")["extension"]["receipt"] == receipt
    parquet = pq.read_metadata(io.BytesIO(client.get("/api/v1/observations?format=parquet").content))
    assert receipt["digest"].encode() in parquet.metadata[b"receipt"]


def test_receipt_of_a_part_says_that_it_is_one(client: httpx.Client) -> None:
    first = read(client, "/api/v1/observations?limit=5")
    assert (first["receipt"]["rows"], first["receipt"]["complete"]) == (5, False)
    last = read(client, first["next"])
    assert (last["receipt"]["rows"], last["receipt"]["complete"]) == (3, False)
    assert last["receipt"]["digest"] == digest_of(last["items"])


def test_csv_has_an_end_only_where_it_was_asked_for(client: httpx.Client) -> None:
    plain = client.get("/api/v1/observations?format=csv").text
    ended = client.get("/api/v1/observations?format=csv&receipt=end").text
    receipt = read(client, "/api/v1/observations")["receipt"]
    assert ended == f"{plain}#end rows=8 digest={receipt['digest']}\r\n"
    assert "#" not in plain.splitlines()[-1]


def test_pandas_and_frictionless_read_the_csv_as_it_is(client: httpx.Client, tmp_path: Path) -> None:
    content = client.get("/api/v1/series?format=csv").content
    frame = pd.read_csv(io.BytesIO(content))
    assert len(frame) == 8
    assert frame["value"].dtype == "float64"
    (tmp_path / "series.csv").write_bytes(content)
    command = [sys.executable, "-m", "frictionless", "validate", "series.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    ended = client.get("/api/v1/series?format=csv&receipt=end").content
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(ended), comment="#"), frame)


def test_no_text_of_a_file_is_run_as_a_formula(tmp_path: Path) -> None:
    row = observation("E06000003", YEAR_2023, "-4.5", note="=cmd|' /C calc'!A0")
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        served.publish([row])
        (told,) = csv_rows(client.get("/api/v1/observations?format=csv").text)
        assert (told["note"], told["value_text"], told["value"]) == ("'=cmd|' /C calc'!A0", "-4.5", "-4.5")
        answer = client.get("/api/v1/observations?format=xlsx")
        (shown,), _ = sheet_rows(answer.content)
        assert (shown["note"], shown["value"]) == ("=cmd|' /C calc'!A0", -4.5)
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert {cell.data_type for line in book["Figures"].iter_rows() for cell in line} <= {"s", "n"}


def test_name_of_a_file_says_its_edition(client: httpx.Client, site: Served) -> None:
    answer = client.get("/api/v1/observations?format=parquet")
    edition = site.app.state.editions.current.name
    assert answer.headers["content-disposition"] == f'attachment; filename="observations-{edition}.parquet"'
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_too_many_rows_for_a_form_are_refused_and_not_cut(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.figure_forms import sending
    from api.forms import XLSX

    monkeypatch.setitem(sending._MOST_ROWS, XLSX, 7)  # type: ignore[index]  # a bound that the small world passes
    # In words that nobody else asks for, so that no answer is ready.
    answer = client.get("/api/v1/observations?format=xlsx", headers={"Accept-Language": "x-bound"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "There are 8 rows; a file of the form XLSX has 7 at most."
    assert client.get("/api/v1/observations?format=xlsx&limit=7").status_code == 200


def test_lists_in_cells_are_joined() -> None:
    assert plain_text(["period", "break"]) == "period;break"

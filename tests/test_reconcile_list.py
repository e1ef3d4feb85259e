"""The page on which a list is pasted: a table and CSV, without script, and nothing of it stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest
from page_reading import read_page

from api.pages.reconcile import COLUMNS, MOST_SHOWN
from api.reconcile_list import MOST_LINES
from tools.example_site import ExampleSite

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, timeout=30) as opened:
        yield opened


def save(client: httpx.Client, names: str, **more: str) -> list[dict[str, str]]:
    answer = client.post("/reconcile/list", data={"names": names, "form": "csv", **more})
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(rows[0]) == list(COLUMNS)
    return rows


def test_list_becomes_codes_with_reasons(client: httpx.Client, example_site: ExampleSite) -> None:
    harrow, newcastle = save(client, "LB Harrow\r\n\r\nNewcastle\r\n")
    assert (harrow["match"], harrow["code"], harrow["name"]) == ("true", "E09000015", "Harrow")
    assert harrow["uri"] == f"{example_site.url}/id/area/E09000015"
    assert (newcastle["match"], newcastle["code"]) == ("false", "")
    assert "Newcastle-under-Lyme (E07000195)" in newcastle["others"]
    assert newcastle["reason"]


def test_day_of_the_list_is_that_of_every_name(client: httpx.Client) -> None:
    then, now = (save(client, "Dorset", day=day)[0]["code"] for day in ("2018", "2024"))
    assert (then, now) == ("E10000009", "E06000059")


def test_one_column_of_a_spreadsheet_is_read(client: httpx.Client) -> None:
    rows = save(client, "1\tKent\tx\n2\t\tx\n3\tSurrey\tx\n", column="2")
    assert [row["as_written"] for row in rows] == ["Kent", "Surrey"]


def test_bodies_and_indicators_can_be_pasted(client: httpx.Client) -> None:
    assert save(client, "Kent", kind="body")[0]["code"] == "kent-county-council"
    assert save(client, "People in work", kind="indicator")[0]["code"] == "employment-rate"


def test_page_shows_the_table_and_keeps_what_was_written(client: httpx.Client) -> None:
    answer = client.post("/reconcile/list", data={"names": "Kent\n<b>&", "form": "page"}, headers=PAGE)
    page = read_page(answer.content)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "1 of 2 names matched" in page.text
    assert "<b>&" in page.text
    assert "<b>" not in answer.text
    assert "<script" not in answer.text


def test_long_list_is_whole_as_csv_and_says_so_on_the_page(client: httpx.Client) -> None:
    names = "Kent\n" * MOST_LINES
    assert len(save(client, names)) == MOST_LINES
    page = read_page(
        client.post("/reconcile/list", data={"names": names, "form": "page"}, headers=PAGE).content
    )
    assert "2,000 of 2,000 names matched" in page.text
    assert f"The first {MOST_SHOWN} of 2,000 names are shown" in page.text
    assert len(list(page.one("tbody").every("tr"))) == MOST_SHOWN


def test_formula_does_not_run_in_a_spreadsheet(client: httpx.Client) -> None:
    assert save(client, "=1+1")[0]["as_written"] == "'=1+1"


@pytest.mark.parametrize(
    "form",
    [
        {"names": ""},
        {"names": " \n\t\n"},
        {"names": "Kent", "kind": "planet"},
        {"names": "Kent", "day": "tomorrow"},
        {"names": "Kent", "column": "two"},
        {"names": "Kent", "column": "0"},
        {"names": "Kent", "column": "²"},
        {"names": "Kent", "column": "3"},
        {"names": "x\n" * (MOST_LINES + 1)},
    ],
)
def test_fault_is_told_on_the_page_and_as_a_problem(client: httpx.Client, form: dict[str, str]) -> None:
    page = client.post("/reconcile/list", data=form, headers=PAGE)
    assert page.status_code == 400
    assert "The list cannot be read" in page.text
    answer = client.post("/reconcile/list", data={**form, "form": "csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["problems"]


def test_unknown_field_and_other_bodies_are_refused(client: httpx.Client) -> None:
    assert client.post("/reconcile/list", data={"namse": "x"}).json()["problems"][0]["nearest"] == "names"
    assert client.post("/reconcile/list", json={"names": "x"}).status_code == 415


def test_search_that_finds_nothing_leads_to_the_list(client: httpx.Client) -> None:
    page = read_page(client.get("/search", params={"q": "zzzz"}, headers=PAGE).content)
    assert "/reconcile/list" in [link.attributes.get("href") for link in page.every("a")]

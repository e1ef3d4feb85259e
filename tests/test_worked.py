"""The worked examples do what they say, in each tool as it stands.

Power Query and Google Sheets are not here: every address in their texts is fetched, and must answer the columns that
the text names, as the media type that they read.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_reading import read_page

from api.pages.worked import read_worked
from schemas.worked import Tool, Worked, load_worked, make_examples_page
from tools.example_site import ExampleSite

ROOT = Path(__file__).resolve().parent.parent
TASKS = list(load_worked().tasks)
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, timeout=120) as opened:
        yield opened


@pytest.fixture(scope="module")
def worked(example_site: ExampleSite) -> Worked:
    return read_worked(example_site.edition)


@pytest.fixture(scope="module")
def expected(client: httpx.Client, worked: Worked) -> dict[str, Rows]:
    """What each task gives, as the API answers it."""
    is_about = worked.stand_in
    figure = f"{is_about['dataset']}/{is_about['indicator']}/{is_about['area']}"
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "one-area": ("observations", {"area": is_about["area"], "period": "latest"}),
        "one-indicator": ("observations", {"indicator": is_about["indicator"], "period": "latest"}),
        "two-figures": (
            "verdict",
            {"a": f"{figure}/{is_about['period']}", "b": f"{figure}/{is_about['earlier']}"},
        ),
        "definition": ("indicators", {"indicator": is_about["indicator"]}),
    }
    found = {
        name: rows_of(client.get(f"/api/v1/{door}", params={**about, "format": "csv"}))
        for name, (door, about) in asked.items()
    }
    query = tool_of(worked, "question.rq").text
    found["sparql"] = rows_of(client.get("/sparql", params={"query": query, "format": "csv"}))
    sql = tool_of(worked, "question.sql").text
    found["sql"] = rows_of(client.get("/data/catalogue.csv", params={"sql": sql}))
    return found


def rows_of(answer: httpx.Response) -> Rows:
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"].partition(";")[0] in ("text/csv", "text/plain")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def tool_of(worked: Worked, file: str) -> Tool:
    return next(tool for tool in worked.tools if tool.file == file)


def run(worked: Worked, folder: Path, *command: str) -> str:
    """Run one example as a reader would: in a folder with the files that lie beside it."""
    for tool in worked.tools:
        (folder / tool.file).write_text(tool.text, encoding="utf-8")
    shutil.copy(ROOT / "likeforlike_client.py", folder)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def plainly(text: str) -> str:
    """Give a text without the spaces that a table puts between its columns or its lines."""
    return re.sub(r"[\s|]+", " ", text)


def check_said(said: str, expected: dict[str, Rows], *tasks: str) -> None:
    """Hold what an example wrote against what the API answers."""
    words = plainly(said)
    if "one-area" in tasks:
        for figure in expected["one-area"]:
            assert plainly(figure["indicator_label"]) in words
    if "two-figures" in tasks:
        assert expected["two-figures"][0]["verdict"] in words
    if "definition" in tasks:
        for name in ("label", "numerator", "caveats"):
            assert plainly(expected["definition"][0][name])[:60] in words
    if "sql" in tasks:
        for row in expected["sql"]:
            assert words.count(plainly(row["indicator_name"])) >= 2
            assert row["reason"] in words


def test_examples_are_about_something(expected: dict[str, Rows]) -> None:
    assert len(expected["one-area"]) > 20
    assert len(expected["one-indicator"]) > 100
    assert expected["two-figures"][0]["verdict"] == "not-comparable"
    assert len(expected["sql"]) > 3
    assert len({row["area"] for row in expected["one-indicator"]}) == len(expected["one-indicator"])


def test_sparql_and_sql_give_one_answer(expected: dict[str, Rows]) -> None:
    assert expected["sparql"] == expected["sql"]


def test_curl_gives_what_the_api_answers(
    worked: Worked, expected: dict[str, Rows], tmp_path: Path, client: httpx.Client
) -> None:
    said = run(worked, tmp_path, "sh", "curl.sh")
    indicator = worked.stand_in["indicator"]
    for door, about in (
        ("api/v1/observations", {"area": worked.stand_in["area"], "period": "latest", "format": "csv"}),
        ("data/catalogue.csv", {"sql": tool_of(worked, "question.sql").text}),
        (f"indicators/{indicator}.ttl", {}),
    ):
        assert client.get(f"/{door}", params=about).text.replace("\r\n", "\n") in said
    assert expected["two-figures"][0]["verdict"] in said
    assert read_file(tmp_path) == expected["one-indicator"]


def read_file(folder: Path) -> Rows:
    with (folder / "one-indicator.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_plain_python_gives_what_the_api_answers(
    worked: Worked, expected: dict[str, Rows], tmp_path: Path
) -> None:
    said = run(worked, tmp_path, sys.executable, "plain-python.py")
    check_said(said, expected, *TASKS)
    for figure in expected["one-area"]:
        assert (figure["value"] or figure["status"]) in said
    assert read_file(tmp_path) == expected["one-indicator"]


def test_pandas_gives_what_the_api_answers(worked: Worked, expected: dict[str, Rows], tmp_path: Path) -> None:
    said = run(worked, tmp_path, sys.executable, "with-pandas.py")
    check_said(said, expected, *TASKS)
    read = read_file(tmp_path)
    assert [row["area"] for row in read] == [row["area"] for row in expected["one-indicator"]]
    assert [row["value"] for row in read if row["status"] != "normal" and not row["value"]] == [
        "" for row in expected["one-indicator"] if not row["value"]
    ]


def test_client_gives_what_the_api_answers(worked: Worked, expected: dict[str, Rows], tmp_path: Path) -> None:
    said = run(worked, tmp_path, sys.executable, "with-client.py")
    check_said(said, expected, "one-area", "two-figures")
    assert read_file(tmp_path) == expected["one-indicator"]


def test_r_gives_what_the_api_answers(worked: Worked, expected: dict[str, Rows], tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("NOT TESTED in R: Rscript is not here; apt-get install r-base-core")
    said = run(worked, tmp_path, "Rscript", "--vanilla", "base.R")
    assert expected["two-figures"][0]["verdict"] in said
    assert expected["definition"][0]["label"] in said
    for row in expected["sql"]:
        assert said.count(row["indicator_name"]) >= 2
    read = read_file(tmp_path)
    assert [(row["area"], row["value"]) for row in read] == [
        (row["area"], row["value"]) for row in expected["one-indicator"]
    ]


def fetch_web_contents(client: httpx.Client, worked: Worked, part: str) -> Rows:
    """Fetch what a part in Power Query fetches: Web.Contents(site, [RelativePath = …, Query = [name = "…"]])."""
    found = re.search(
        r'Web\.Contents\("([^"]+)", \[RelativePath = "([^"]+)",\s*Query = \[([^\]]+)\]\]\)', part
    )
    assert found is not None
    site, path, query = found.groups()
    assert site == worked.stand_in["base"]
    asked = dict(re.findall(r'(\w+) = "([^"]*)"', query))
    named = re.findall(r"(\w+) = Question", query)
    if named:
        file = re.search(r'File\.Contents\("([^"]+)"\)', part)
        assert file is not None
        asked[named[0]] = tool_of(worked, file[1]).text
    return rows_of(client.get(f"/{path}", params=asked))


@pytest.mark.parametrize("task", TASKS)
def test_power_query_asks_for_the_same_with_columns_that_are_there(
    task: str, client: httpx.Client, worked: Worked, expected: dict[str, Rows]
) -> None:
    part = tool_of(worked, "power-query.pq").parts[task]
    rows = fetch_web_contents(client, worked, part)
    assert rows == expected[task]
    for name in [*re.findall(r"\[\[(\w+)\]", part), *re.findall(r'\{"(\w+)", type', part)]:
        assert name in rows[0]
    # Every name that a step uses is that of a step before it.
    steps = re.findall(r"(?m)^ {4}(\w+) =", part)
    assert part.rstrip().splitlines()[-1].strip().split("[")[0] in steps
    assert part.count("(") == part.count(")")


@pytest.mark.parametrize("task", TASKS)
def test_google_sheets_imports_the_same(
    task: str, client: httpx.Client, worked: Worked, expected: dict[str, Rows]
) -> None:
    part = tool_of(worked, "google-sheets.txt").parts[task]
    formula = part.splitlines()[-1]
    assert formula.startswith("=")
    found = re.search(r'IMPORTDATA\("([^"]+)"(&ENCODEURL\(A1\))?\)', formula)
    assert found is not None
    address = found[1]
    assert address.startswith(worked.stand_in["base"])
    if found[2]:
        file = re.search(r"the text of (\S+) in cell A1", part)
        assert file is not None
        address += str(httpx.QueryParams({"q": tool_of(worked, file[1]).text}))[2:]
    assert rows_of(client.get(address)) == expected[task]


def test_page_shows_every_part_and_leads_to_every_file(client: httpx.Client, worked: Worked) -> None:
    page = read_page(client.get("/api/examples", headers={"Accept": "text/html"}).content)
    for tool in worked.tools:
        assert tool.title in page.text
        answer = client.get(f"/api/examples/{tool.file}")
        assert answer.text == tool.text
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert load_worked().stand_in["base"] not in answer.text
    assert client.get("/api/examples/nothing.py").status_code == 404


def test_every_tool_has_every_task_that_it_can_do() -> None:
    for tool in load_worked().tools:
        if tool.parts and tool.file != "with-client.py":
            assert list(tool.parts) == TASKS, tool.file


def test_document_has_every_part() -> None:
    page = make_examples_page(load_worked())
    for tool in load_worked().tools:
        for text in (tool.beginning, *tool.parts.values()):
            assert text in page


def test_examples_are_put_about_other_things() -> None:
    about: dict[str, Any] = {"base": "https://x.example/", "area": "A1", "indicator": "x"}
    text = tool_of(load_worked().about(about), "curl.sh").text
    assert "https://x.example/" in text
    assert "area=A1&" in text
    assert "persistent-absence" not in text

"""The proposal desk on a real server and as a command: near definitions, burden, series, and clear refusals."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_reading import read_page
from test_api_world import Served, client, site

__all__ = ["client", "site"]

PAGE = {"accept": "text/html,*/*;q=0.8"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def propose(client: httpx.Client, **columns: str) -> dict[str, Any]:
    answer = client.get("/api/v1/propose", params=columns)
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def test_nearest_definition_comes_with_reasons_owner_and_series(client: httpx.Client, site: Served) -> None:
    told = propose(client, label="Refuse recycled by households", unit="percent")
    match = told["matches"][0]
    assert (match["indicator"], match["version"], match["status"]) == ("recycled", "2.0.0", "current")
    assert match["uri"] == f"{site.url}id/indicator/recycled/v2.0.0"
    assert match["nearness"] == "Very near"
    assert match["reason"].startswith("Same words: ")
    assert "same unit: percent" in match["reason"]
    assert {part["part"]: part["standing"] for part in match["parts"]}["numerator"] == "not-said"
    assert match["collection"] == {
        "owner": "statistics-office",
        "owner_label": "Statistics Office",
        "source": "Waste returns",
        "tier": "every-council",
        "frequency": "annual",
        "councils": 2,
        "rows_a_year": 2,
    }


def test_series_says_its_newest_period_and_whom_it_covers(client: httpx.Client, site: Served) -> None:
    """In 2023/24 one council and the country have a value, and one more council has none."""
    (series,) = propose(client, label="Household waste recycled")["matches"][0]["series"]
    assert series == {
        "dataset": "waste",
        "title": "Household waste",
        "publisher": "Statistics Office",
        "uri": f"{site.url}id/dataset/waste",
        "newest_period": "2023-04-01_P1Y",
        "newest_period_label": "April 2023 to March 2024",
        "areas": 2,
        "councils": 1,
        "councils_then": 2,
    }


@pytest.mark.parametrize(
    ("frequency", "rows"),
    [("monthly", 24), ("quarterly", 8), ("termly", 6), ("annual", 2), ("biennial", 1), ("irregular", None)],
)
def test_burden_is_councils_times_reports_a_year(
    client: httpx.Client, frequency: str, rows: int | None
) -> None:
    told = propose(client, label="Trees planted", frequency=frequency, tier="lower-tier")
    assert told["burden"] == {
        "tier": "lower-tier",
        "frequency": frequency,
        "councils": 2,
        "rows_a_year": rows,
        "assumed": [],
    }


def test_what_is_not_given_is_assumed_and_said(client: httpx.Client) -> None:
    burden = propose(client, label="Trees planted")["burden"]
    assert (burden["tier"], burden["frequency"]) == ("every-council", "annual")
    assert burden["assumed"] == ["tier", "frequency"]


def test_proposal_like_nothing_finds_nothing(client: httpx.Client) -> None:
    assert propose(client, label="Swimming pools")["matches"] == []


def test_form_json_and_address_are_answered_alike(client: httpx.Client) -> None:
    columns = {"label": "People with a job", "numerator": "People in work"}
    by_address = propose(client, **columns)
    by_form = client.post("/api/v1/propose", data=columns)
    by_json = client.post("/api/v1/propose", json=columns)
    assert by_form.json() == by_json.json() == by_address
    assert by_form.headers["cache-control"] == by_json.headers["cache-control"] == "no-store"


def test_posted_json_may_have_any_column_of_the_table(client: httpx.Client) -> None:
    answer = client.post(
        "/api/v1/propose", json={"label": "Jobs", "rationale": "It matters.", "formula": None}
    )
    assert answer.status_code == 200
    assert answer.json()["proposal"] == {"label": "Jobs", "rationale": "It matters."}


@pytest.mark.parametrize(
    ("columns", "parameter", "code"),
    [
        ({"question": "How many?"}, "label", "value-missing"),
        ({"label": "x" * 161}, "label", "value-too-long"),
        ({"label": "Jobs", "definition": "w" * 10_001}, "definition", "value-too-long"),
        ({"label": "Jobs", "frequency": "often"}, "frequency", "code-unknown"),
        ({"label": "Jobs", "lable": "Jobs"}, "lable", "column-unknown"),
        ({"label": "Jobs\0"}, "label", "value-malformed"),
    ],
)
def test_faulty_proposal_is_refused_with_every_problem(
    client: httpx.Client, columns: dict[str, str], parameter: str, code: str
) -> None:
    answer = client.post("/api/v1/propose", json=columns)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [(one["parameter"], one["code"]) for one in answer.json()["problems"]] == [(parameter, code)]
    page = client.get(f"/problems/{code}", headers=PAGE)
    assert page.status_code == 200


@pytest.mark.parametrize("address", ["/propose", "/api/v1/propose"])
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"label=Jobs&definition=" + b"word" * 50_000, FORM, 413),
        (b"label=Jobs&label=Work", FORM, 400),
        (b"label=%ff", FORM, 400),
        (b"&".join(b"a%d=1" % number for number in range(200)), FORM, 400),
        (b"\xff", FORM, 400),
        (b"label=Jobs", {"content-type": "text/plain"}, 415),
        (b"label=Jobs", {}, 415),
    ],
    ids=["200 KB of one word", "twice", "no text", "many fields", "no UTF-8", "plain text", "no type"],
)
def test_body_that_cannot_be_taken_is_refused(
    client: httpx.Client, address: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post(address, content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    page = client.post("/propose", content=body, headers={**headers, **PAGE})
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"label": {"en": "Jobs"}}', b'{"label": 3}', b"[" * 100_000])
def test_json_that_is_no_proposal_is_refused(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/v1/propose", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_address_with_an_unknown_parameter_is_refused(client: httpx.Client) -> None:
    for address in ("/propose?lable=Jobs", "/api/v1/propose?lable=Jobs"):
        answer = client.get(address)
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["nearest"] == "label"
    assert client.post("/api/v1/propose?label=Jobs", json={"label": "Jobs"}).status_code == 400


@pytest.mark.parametrize("address", ["/propose", "/api/v1/propose"])
def test_only_reading_and_posting_are_allowed(client: httpx.Client, address: str) -> None:
    answer = client.put(address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert client.options(address).headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_known_tag_is_answered_304(client: httpx.Client) -> None:
    for address in ("/propose", "/api/v1/propose?label=Jobs"):
        answer = client.get(address)
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_form_without_a_proposal_asks_for_one(client: httpx.Client) -> None:
    page = read_page(client.get("/propose", headers=PAGE).content)
    (form,) = [form for form in page.every("form") if form.attributes.get("method") == "post"]
    fields = [*form.every("input"), *form.every("textarea"), *form.every("select")]
    labelled = {label.attributes["for"] for label in form.every("label")}
    assert {field.attributes["id"] for field in fields} == labelled
    assert {field.attributes["name"] for field in fields} == labelled >= {"label", "numerator", "denominator"}


def test_page_shows_reasons_and_keeps_what_was_written(client: httpx.Client) -> None:
    answer = client.post("/propose", data={"label": "Refuse recycled", "unit": "percent"}, headers=PAGE)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    page = read_page(answer.content)
    text = page.text
    assert "Household waste recycled" in text
    assert "Same unit: percent" in text
    assert "Waste returns" in text
    assert "for 1 of 2 councils" in text
    name = next(field for field in page.every("input") if field.attributes["name"] == "label")
    assert name.attributes["value"] == "Refuse recycled"
    chosen = [option for option in page.every("option") if "selected" in option.attributes]
    assert [option.attributes["value"] for option in chosen] == ["percent"]


def test_faults_stand_on_the_page_beside_their_fields(client: httpx.Client) -> None:
    answer = client.post("/propose", data={"question": "How?", "tier": "every"}, headers=PAGE)
    assert answer.status_code == 400
    page = read_page(answer.content)
    (notice,) = page.every("div", "notice")
    assert {link.attributes["href"] for link in notice.every("a")} == {"#label", "#tier"}
    faulty = [
        field.attributes["name"]
        for tag in ("input", "select", "textarea")
        for field in page.every(tag)
        if field.attributes.get("aria-invalid") == "true"
    ]
    assert faulty == ["label", "tier"]


def test_hostile_proposal_is_only_text(client: httpx.Client) -> None:
    hostile = '"><script>alert(1)</script>{{ 7 * 7 }}'
    answer = client.post(
        "/propose",
        data={"label": hostile, "numerator": "</textarea><img src=x onerror=alert(1)>", "unit": hostile},
        headers=PAGE,
    )
    assert answer.status_code == 200
    assert not re.search(r"<script|<img|\b49\b", answer.text)
    assert "&lt;script&gt;" in answer.text


# ---- the command ----


@pytest.fixture
def folder(site: Served) -> Path:
    """The folder of the served site, as an operator has it."""
    settings = f'title = "The small world"\nbase = "{site.url}"\npackages = []\n'
    (site.folder / "site.toml").write_text(settings, encoding="utf-8")
    return site.folder


def run(
    folder: Path, content: str, name: str = "proposal.yaml", *more: str
) -> subprocess.CompletedProcess[str]:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return run_file(folder, file, *more)


def run_file(folder: Path, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "propose", str(file), "--site", str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)


def test_command_says_what_the_site_says(folder: Path, client: httpx.Client) -> None:
    done = run(folder, "label: Refuse recycled\nunit: percent\n", "proposal.yaml", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["problems"] == []
    answer = propose(client, label="Refuse recycled", unit="percent")
    assert told["items"] == [{name: answer[name] for name in ("proposal", "is_cut", "matches", "burden")}]


def test_command_in_words(folder: Path) -> None:
    done = run(folder, "label,frequency\nRefuse recycled,quarterly\nSwimming pools,\n", "proposals.csv")
    assert done.returncode == 0
    first, _, second = done.stdout.partition("Proposed: Swimming pools\n")
    assert "1. Very near" in first
    assert "Published: Household waste (Statistics Office), newest April 2023 to March 2024, 1 of 2" in first
    assert "It would add: 2 councils, quarterly: 8 rows a year." in first
    assert "Nothing published here comes near it." in second
    assert "Not given, so assumed: tier, frequency." in second


def test_faults_of_the_file_end_with_1_and_lose_nothing(folder: Path) -> None:
    done = run(folder, f"- label: Refuse recycled\n- label: Jobs\n  definition: {'w' * 200_000}\n")
    assert done.returncode == 1
    assert "Proposed: Refuse recycled" in done.stdout
    assert 'value-too-long  proposal.yaml, row 3, column "definition"' in done.stdout
    assert len(done.stdout) < 3000


def test_wrong_use_ends_with_2(folder: Path, tmp_path: Path) -> None:
    missing = run_file(folder, folder / "nowhere.yaml")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "cannot be opened" in missing.stderr
    no_site = run(tmp_path, "label: Jobs\n")
    assert no_site.returncode == 2

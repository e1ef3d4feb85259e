"""Ofsted's judgements in the bundled example: counted again from the package, and the break of care leavers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tools.example_site import ExampleSite

Row = dict[str, str]


@pytest.fixture(scope="module")
def judgements(root: Path) -> list[Row]:
    with (root / "examples" / "england" / "judgements" / "judgements.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


def of_today(root: Path) -> set[str]:
    folder = root / "examples" / "england" / "areas"
    with (folder / "bodies.csv").open(encoding="utf-8", newline="") as file:
        ended = {row["body"] for row in csv.DictReader(file) if row["end_on"]}
    with (folder / "areas.csv").open(encoding="utf-8", newline="") as file:
        kinds = {"county", "unitary", "metropolitan-district", "london-borough"}
        areas = {
            row["area"] for row in csv.DictReader(file) if row["area_type"] in kinds and not row["end_on"]
        }
    with (folder / "body_areas.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["body"] for row in csv.DictReader(file) if row["area"] in areas and not row["end_on"]
        } - ended


def test_shares_are_those_of_the_153_councils_of_today(
    example_site: ExampleSite, judgements: list[Row], root: Path
) -> None:
    running = of_today(root)
    assert len(running) == 153
    latest: dict[str, Row] = {}
    for row in judgements:
        if (row["framework"], row["version"], row["question"], row["kind"]) == (
            "ofsted-ilacs",
            "2023",
            "overall",
            "inspection",
        ) and row["body"] in running:
            before = latest.get(row["body"])
            if before is None or (before["made_on"] or before["published_on"]) < (
                row["made_on"] or row["published_on"]
            ):
                latest[row["body"]] = row
    counts = Counter(row["grade"] for row in latest.values())
    asked = "framework=ofsted-ilacs&version=2023&question=overall&limit=1"
    shares = httpx.get(f"{example_site.url}/api/v1/judgements?{asked}", timeout=60).json()["shares"]
    assert {one["grade"]: one["body_count"] for one in shares} == {
        grade: counts[grade] for grade in ("outstanding", "good", "requires-improvement", "inadequate")
    }
    assert {one["judged_count"] + one["not_judged_count"] for one in shares} == {153}
    good = next(one for one in shares if one["grade"] == "good")
    assert good["at_or_above_count"] == counts["outstanding"] + counts["good"]


def test_visits_of_two_years_are_there_with_the_day_that_is_known(judgements: list[Row]) -> None:
    visits = [row for row in judgements if row["kind"] in {"focused-visit", "monitoring-visit"}]
    by_year = Counter((bool(row["published_on"]), row["kind"]) for row in visits)
    assert by_year == {
        (False, "focused-visit"): 36,
        (False, "monitoring-visit"): 24,
        (True, "focused-visit"): 36,
        (True, "monitoring-visit"): 24,
    }
    # Those whose letters came out from April 2022 to March 2023: the first were visits of March.
    days = {row["made_on"] for row in visits if not row["published_on"]}
    assert (min(days), max(days)[:7]) == ("2022-03-10", "2023-02")


def test_care_leavers_separate_merged_and_separate_again_are_never_joined(
    example_site: ExampleSite, judgements: list[Row]
) -> None:
    by_body: dict[str, dict[tuple[str, str, str], str]] = {}
    for row in judgements:
        if "leavers" in row["question"]:
            key = (row["framework"], row["version"], row["question"])
            by_body.setdefault(row["body"], {})[key] = row["judgement"]
    keys = [
        ("ofsted-sif", "2013", "care-leavers"),
        ("ofsted-ilacs", "2018", "care-and-care-leavers"),
        ("ofsted-ilacs", "2023", "care-leavers"),
    ]
    three = next(found for found in by_body.values() if all(key in found for key in keys))
    with httpx.Client(base_url=example_site.url, timeout=60) as client:
        for a, b in ((0, 1), (1, 2), (0, 2)):
            asked = {"a": f"judgement/{three[keys[a]]}", "b": f"judgement/{three[keys[b]]}"}
            told = client.get("/api/v1/verdict", params=asked).json()
            assert told["verdict"] == "not-comparable", asked
        (last,) = client.get("/api/v1/judgements", params={"judgement": three[keys[2]]}).json()["items"]
        assert last["comparable_since"] == "2023"
        page = client.get(f"/judgements/{three[keys[2]]}", headers={"Accept": "text/html"}).text
        assert "Until 2022 care leavers were graded together with children in care." in page
        overall = client.get(
            "/api/v1/judgements",
            params={"body": last["body"], "framework": "ofsted-ilacs", "question": "overall"},
        ).json()["items"]
        assert {item["comparable_since"] for item in overall} == {"2018"}


def test_page_of_a_body_holds_its_judgements_and_programme_within_its_budget(
    example_site: ExampleSite,
) -> None:
    with httpx.Client(base_url=example_site.url, timeout=60, headers={"Accept": "text/html"}) as client:
        body = client.get("/bodies/kent-county-council").text
        assert 'href="/bodies/kent-county-council/programme"' in body
        page = client.get("/bodies/kent-county-council/programme").text
        assert "No inspection of Kent" in page
        assert "Outstanding" in page
        assert re.search(r"\d+ indicators, latest period", page)

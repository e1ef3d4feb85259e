"""The profile of an area joins what is known of it: figures, gaps, targets, judgements, and how sure it all is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tools.example_site import ExampleSite

HARROW = "E09000015"


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, headers={"Accept": "text/html"}, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def harrow(client: httpx.Client) -> str:
    return client.get(f"/areas/{HARROW}").text


def section(page: str, name: str) -> str:
    """Cut one section out of a page and take the tags away."""
    cut = page.split(f'aria-labelledby="{name}"')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cut))


def test_a_target_stands_with_its_figure_and_what_became_of_it(harrow: str):
    # The department required 2,138 homes over three years and counted 2,169.
    told = section(harrow, "targets")
    assert "Homes delivered in three years" in told
    assert re.search(r"At least 2,138 homes 2,169 homes", told)
    assert "Met; the range is not known" in told


def test_a_gap_stands_with_both_figures_and_its_range(example_site: ExampleSite, harrow: str):
    row = example_site.edition.row(
        "SELECT value_text, lower_limit, upper_limit FROM observations WHERE indicator = 'healthy-life-gap'"
        " AND area = ? ORDER BY period DESC LIMIT 1",
        (HARROW,),
    )
    assert row is not None
    # 62.7 years for women, 62.9 for men.
    assert row["value_text"] == "-0.2"
    assert row["lower_limit"] < -0.2 < row["upper_limit"]
    told = section(harrow, "gaps")
    assert "−0.2 years" in told
    assert "95% range" in told


def test_quality_counts_the_figures_that_the_api_gives(client: httpx.Client, harrow: str):
    told = section(harrow, "data-quality")
    answers = [tuple(map(int, found)) for found in re.findall(r"\? (\d+) of (\d+)", told)]
    published, worked_out, without, _special = answers
    assert {whole for _, whole in answers} == {published[1]}
    assert published[0] + worked_out[0] + without[0] == published[1]
    items = client.get(f"/api/v1/profile/{HARROW}", headers={"Accept": "application/json"}).json()["items"]
    assert published[1] == sum(item["value"] is not None for item in items)


def test_missing_figures_are_counted_as_they_are_listed(harrow: str):
    listed = harrow.split('aria-labelledby="data-gaps"')[1].split("</section>")[0].count("<li>")
    assert f"missing or late? {listed} " in section(harrow, "data-quality")


def test_the_page_joins_every_kind_of_evidence(harrow: str):
    headings = re.findall(r'<h2 id="([\w-]+)"', harrow)
    wanted = ["at-a-glance", "summary", "context", "gaps", "targets", "inspections", "neighbourhoods"]
    assert [name for name in headings if name in wanted] == wanted
    assert {"data-quality", "data-gaps"} <= set(headings)


def test_an_area_without_targets_has_no_section_of_them(client: httpx.Client):
    assert 'id="targets"' not in client.get("/areas/E06000066").text


def test_two_tiers_are_told_who_runs_what(client: httpx.Client):
    district = client.get("/areas/E07000106").text
    assert "runs the wide services here" in district
    assert "Does not run this service" in district

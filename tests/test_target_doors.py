"""Targets and plans give one answer at every door: the table, SQL, the API, pages and linked data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from page_reading import read_page
from targets_world import ASTON, BEXTON, CRAY, EXPECTED, OBSERVATIONS, WORLD, YEAR_2023
from test_api_world import Served, serving
from test_publish_world import make_contents

from tools.example_site import ExampleSite

PREFIXES = "PREFIX def: <{0}def/> PREFIX prov: <http://www.w3.org/ns/prov#> "


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("targets"), is_published=False) as made:
        made.publish(OBSERVATIONS, tables=WORLD)
        yield made


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=30) as made:
        yield made


def words_of(html: str) -> str:
    """Give the words of a page as a reader hears them."""
    return " ".join(read_page(html.encode()).text.split())


def rows_of(served: Served, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in served.app.state.editions.current.rows(sql)]


def row_of(served: Served, notation: str) -> dict[str, Any]:
    [row] = rows_of(served, f"SELECT * FROM target_progress WHERE target = '{notation}'")
    return row


def test_every_kind_basis_and_test_is_judged_as_by_hand(served: Served) -> None:
    rows = rows_of(served, "SELECT * FROM target_progress")
    found = {
        (row["target"], row["area"]): (row["target_value"], row["result"], row["is_range_known"])
        for row in rows
    }
    assert found == EXPECTED


def test_a_target_says_what_it_was_worked_out_from(served: Served) -> None:
    nation, own, half = (row_of(served, name) for name in ("bexton-nation", "bexton-own", "cray-half"))
    assert (nation["method"], nation["benchmark_value"], nation["benchmark_period"]) == (
        "national-published",
        46.0,
        YEAR_2023,
    )
    assert (own["method"], own["benchmark_value"]) == ("own-figure", 44.0)
    assert (half["method"], half["benchmark_count"], half["benchmark_value"]) == ("group-percentile", 3, None)


def test_progress_is_counted_from_the_baseline(served: Served) -> None:
    row = row_of(served, "aston-ambition")
    assert row["baseline_value"] == 40.0
    assert row["progress_percent"] == pytest.approx(83.333333333)  # 5 of 6 points
    assert row_of(served, "aston-floor")["progress_percent"] is None


def test_a_replaced_target_says_by_which(served: Served) -> None:
    assert row_of(served, "aston-old")["replaced_by"] == "aston-ambition"
    assert row_of(served, "aston-ambition")["replaced_by"] is None


def test_a_target_is_put_to_the_council_of_its_area(served: Served) -> None:
    rows = rows_of(served, "SELECT area, body FROM target_progress WHERE target = 'everyone' ORDER BY area")
    assert [row["body"] for row in rows] == ["aston", "bexton", "cray", "dene"]
    assert row_of(served, "trust")["body"] == "river-trust"


def test_list_narrows_by_each_filter(client: httpx.Client) -> None:
    def names(query: str) -> set[str]:
        told = client.get(f"/api/v1/targets?{query}").raise_for_status().json()
        assert told["count"] == len(told["items"])
        return {item["target"] for item in told["items"]}

    every = {name for name, _ in EXPECTED}
    assert names("") == every
    assert names(f"area={CRAY}") == {"cray-half", "cray-gap", "everyone"}
    assert names("body=aston") == {name for name in every if name.startswith("aston")} | {"everyone"}
    assert names("kind=trajectory") == {"aston-own", "bexton-own"}
    assert names("met=no-benchmark") == {"aston-own"}
    assert names("met=met&kind=floor") == {"aston-floor"}
    assert names(f"period={YEAR_2023}") == {"aston-own"}
    assert names("indicator=recycled&owner=statistics-office") == every
    assert names("is_current=false") == {"aston-old"}


def test_item_holds_the_progress_of_the_areas_asked_for(client: httpx.Client) -> None:
    told = client.get(f"/api/v1/targets?target=everyone&area={BEXTON}").json()
    [item] = told["items"]
    assert [(one["area"], one["result"], one["is_range_known"]) for one in item["progress"]] == [
        (BEXTON, "met", True)
    ]
    every = client.get("/api/v1/targets?target=everyone").json()["items"][0]
    assert [one["area"] for one in every["progress"]] == sorted(
        area for name, area in EXPECTED if name == "everyone"
    )


def test_list_is_paged_by_its_cursor(client: httpx.Client) -> None:
    seen, address = [], "/api/v1/targets?limit=4"
    while address:
        told = client.get(address).json()
        seen += [item["target"] for item in told["items"]]
        address = told["next"]
    assert seen == sorted({name for name, _ in EXPECTED})


def test_csv_has_a_row_for_each_area(client: httpx.Client) -> None:
    text = client.get("/api/v1/targets?format=csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    found = {(row["target"], row["progress_area"] or None): row["progress_result"] for row in rows}
    assert found == {key: result for key, (_, result, _) in EXPECTED.items()}


def test_slip_in_a_filter_is_answered_with_the_nearest(client: httpx.Client) -> None:
    answer = client.get("/api/v1/targets?met=not-me")
    assert answer.status_code == 400
    assert "not-met" in answer.text
    assert client.get("/api/v1/targets?owner=nobody-at-all").status_code == 404
    assert client.get("/api/v1/targets?mett=met").status_code == 400


def test_linked_data_says_what_the_table_says(served: Served, client: httpx.Client) -> None:
    query = PREFIXES.format(served.url) + (
        "SELECT ?target ?area ?result WHERE { ?p a def:TargetProgress ; def:target ?target ; def:targetResult ?result"
        " OPTIONAL { ?p <http://purl.org/linked-data/sdmx/2009/dimension#refArea> ?area } }"
    )
    answer = client.get(
        "/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    found = {
        tuple(
            row[name]["value"].rsplit("/", 1)[1] if name in row else None for name in ("target", "area")
        ): row["result"]["value"].rsplit("/", 1)[1]
        for row in answer.json()["results"]["bindings"]
    }
    assert found == {key: result for key, (_, result, _) in EXPECTED.items()}


def test_document_of_a_target_holds_its_progress(client: httpx.Client) -> None:
    text = client.get("/targets/aston-ambition.ttl").raise_for_status().text
    assert "def:TargetProgress" in text
    assert "target-result/cannot-tell" in text
    assert "wasDerivedFrom" in text


def test_list_page_counts_and_narrows(client: httpx.Client) -> None:
    page = words_of(client.get("/targets").raise_for_status().text)
    # One that was replaced is not among them.
    assert "15 targets" in page
    assert "Met: 6." in page
    narrowed = words_of(client.get("/targets?met=cannot-tell").text)
    assert "3 targets" in narrowed
    assert "Nobody can tell: its range lies on both sides" in narrowed
    assert "No target fits your choice" in words_of(client.get("/targets?kind=x<y").text)


def test_page_of_a_target_tells_how_it_came_to_be(client: httpx.Client) -> None:
    page = words_of(client.get("/targets/aston-ambition").raise_for_status().text)
    assert "At least 46.0%" in page
    assert "83% of the way from 40.0%" in page
    assert "Agreed on 1 June 2023. It was out of reach." in page
    assert "First <agreed>." in page
    replaced = words_of(client.get("/targets/aston-old").text)
    assert "Another target has taken the place of this one" in replaced


def test_page_of_a_relative_target_says_from_what(client: httpx.Client) -> None:
    nation = words_of(client.get("/targets/bexton-nation").text)
    assert "At least 48.0%" in nation
    assert "The national figure as published of April 2023 to March 2024 was 46.0%." in nation
    half = words_of(client.get("/targets/cray-half").text)
    assert "At least the 50th percentile of Unitary areas, of 3 figures." in half
    own = words_of(client.get("/targets/aston-own").text)
    assert "at least 1 percentage point above its own figure of a year earlier" in own.lower()


def test_area_page_shows_targets_in_its_table_and_in_its_chart(client: httpx.Client) -> None:
    html = client.get(f"/areas/{ASTON}").raise_for_status().text
    assert 'class="target-mark"' in html
    assert "Ambition 46.0%" in html
    page = words_of(html)
    assert "Ambition: at least 46.0%. Cannot be told." in page
    # What was replaced stands on its own page only.
    assert "60.0%" not in page


def test_indicator_page_shows_targets_beside_every_council(client: httpx.Client) -> None:
    page = words_of(client.get("/indicators/recycled").raise_for_status().text)
    assert "Standard to maintain: at least 48.0%. Met." in page


def test_plan_shows_whose_part_is_missing(client: httpx.Client) -> None:
    page = words_of(client.get("/plans/waste-plan").raise_for_status().text)
    assert "4 bodies are accountable for a part: 1 met, 1 cannot be told, 2 have published nothing." in page
    assert "Nothing is published since the plan began for the part of: Dene Council, River <Trust>." in page
    assert "No body is named as accountable for it." in page
    assert "At least 46.0%" in page


def test_plan_has_the_same_thread_in_the_api(client: httpx.Client) -> None:
    told = client.get("/api/v1/plans").raise_for_status().json()
    assert told["count"] == 1
    first, second = told["items"][0]["outcomes"]
    assert first["missing"] == ["dene", "river-trust"]
    assert {part["body"]: part["result"] for part in first["parts"]} == {
        "aston": "cannot-tell",
        "bexton": "met",
        "dene": "no-figure",
        "river-trust": "no-target",
    }
    [strand] = first["parts"][0]["strands"]
    assert (strand["target"], strand["latest_value"]) == ("aston-ambition", 45.0)
    assert second["parts"] == []
    assert client.get("/api/v1/plans?body=cray").json()["count"] == 0
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/plans?format=csv").text)))
    assert [(row["outcome"], row["body"]) for row in rows][:2] == [
        ("less-waste", "aston"),
        ("less-waste", "bexton"),
    ]


@pytest.mark.parametrize("name", ["targets", "plans"])
def test_answers_are_as_the_description_says(client: httpx.Client, name: str) -> None:
    described = client.get("/openapi.json").json()
    operation = described["paths"][f"/api/v1/{name}"]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    whole = {**content["schema"], "components": described["components"]}
    jsonschema.Draft202012Validator(whole).validate(client.get(f"/api/v1/{name}").json())
    example = client.get(content["examples"]["live"]["externalValue"]).json()
    assert example["count"] > 0


def test_outcome_and_list_of_plans_lead_to_each_other(client: httpx.Client) -> None:
    assert "2 without anything published" in words_of(client.get("/plans").raise_for_status().text)
    page = words_of(client.get("/outcomes/less-waste").raise_for_status().text)
    assert "An outcome of Less waste together." in page
    assert "The river is clean" not in page


def test_plan_is_linked_data_with_its_outcomes(client: httpx.Client) -> None:
    assert "less-waste" in client.get("/plans/waste-plan.ttl").raise_for_status().text
    assert "river-trust" in client.get("/outcomes/less-waste.ttl").raise_for_status().text


def test_definition_diff_names_the_targets_that_must_be_looked_at(client: httpx.Client) -> None:
    told = client.get("/indicators/recycled/diff.json?from=1.0.0&to=2.0.0").raise_for_status().json()
    # All but the one that was replaced.
    assert told["affected"]["target"]["count"] == len({name for name, _ in EXPECTED}) - 1
    assert told["affected"]["outcome"]["count"] == 1
    page = words_of(client.get("/indicators/recycled/diff?from=1.0.0&to=2.0.0").text)
    assert "Statistics Office for Cray, Inequality gap" in page


def test_a_site_without_plans_says_how_to_add_one(example_site: ExampleSite) -> None:
    with httpx.Client(base_url=example_site.url, timeout=30) as client:
        assert "No plan is published here" in words_of(client.get("/plans").text)
        page = words_of(client.get("/targets?area=E09000015").text)
        assert "At least 2,138 homes" in page
        told = client.get("/api/v1/targets?area=E09000015&kind=floor").json()
        [floor] = told["items"]
        [one] = floor["progress"]
        assert (floor["value"], one["value"], one["result"], one["is_range_known"]) == (
            75.0,
            101.0,
            "met",
            False,
        )


def test_without_targets_the_table_is_empty() -> None:
    contents = make_contents(
        OBSERVATIONS, {**WORLD, "targets": [], "outcome_indicators": [], "outcome_bodies": []}
    )
    assert contents.targets.num_rows == 0

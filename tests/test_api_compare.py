"""Areas side by side: who may be compared with whom, who is left out and why, and what nobody can ask."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from jsonstat_validator import validate_jsonstat
from test_api_world import serving
from test_publish_world import OGL, TABLES, YEAR_2022, YEAR_2023, observation, without_areas, work

BROOK, NEWSHIRE, CROSS, DALE, EAST, FAIR = (f"E0600000{number}" for number in range(2, 8))
ALDHAM, COUNTY, DISTRICT, ENGLAND = "E06000001", "E10000001", "E07000001", "E92000001"

AREAS: list[dict[str, Any]] = [
    {"area": ALDHAM, "label": "Aldham", "area_type": "unitary", "end_on": date(2023, 3, 31)},
    {"area": BROOK, "label": "Brookborough", "area_type": "unitary", "everyday_label": "Brook"},
    {"area": NEWSHIRE, "label": "Newshire", "area_type": "unitary", "start_on": date(2023, 4, 1)},
    {"area": CROSS, "label": "Crossford", "area_type": "unitary"},
    {"area": DALE, "label": "Dale", "area_type": "unitary"},
    {"area": EAST, "label": "Eastley", "area_type": "unitary"},
    {"area": FAIR, "label": "Fairham", "area_type": "unitary"},
    {"area": COUNTY, "label": "Fernshire", "area_type": "county"},
    {"area": DISTRICT, "label": "Glen", "area_type": "district"},
    {"area": ENGLAND, "label": "England", "area_type": "country"},
]

SCHOOLS = {
    **TABLES["indicators"][-1],
    "indicator": "school-places",
    "label": "School places taken",
    "tier": "upper-tier",
    "unit": "percent",
    "period_kind": "financial-year",
    "owner": "statistics-office",
    "licence": OGL,
}

WORLD: dict[str, list[dict[str, Any]]] = {
    **without_areas(),
    "areas": AREAS,
    "area_changes": TABLES["area_changes"],
    "area_parents": [
        {"area": row["area"], "parent": ENGLAND, "hierarchy": "administrative"}
        for row in AREAS
        if row["area"] != ENGLAND
    ],
    "indicators": [*TABLES["indicators"], SCHOOLS],
    "body_areas": [],
    "groups": [
        {"group": "family", "label": "Family", "method": "statistical-neighbours", "definition": "Alike."},
        {"group": "alone", "label": "Alone", "method": "own", "definition": "One area."},
        {"group": "some", "label": "Some areas", "method": "own", "definition": "Three areas."},
    ],
    "group_members": [
        {"group": "alone", "area": BROOK},
        {"group": "some", "area": BROOK},
        {"group": "some", "area": CROSS},
        {"group": "some", "area": EAST},
    ],
    "neighbours": [
        {"group": "family", "area": BROOK, "neighbour": CROSS, "rank": 1},
        {"group": "family", "area": BROOK, "neighbour": NEWSHIRE, "rank": 2},
    ],
}

SCHOOL = {"indicator": "school-places", "version": "1.0.0"}

FIGURES = [
    observation(BROOK, YEAR_2023, "40", lower_limit="38", upper_limit="42"),
    observation(NEWSHIRE, YEAR_2023, "45", lower_limit="43", upper_limit="47"),
    observation(CROSS, YEAR_2023, "41", lower_limit="39", upper_limit="43"),
    observation(DALE, YEAR_2023, None),
    observation(EAST, YEAR_2023, "50", status="definition-differs"),
    observation(FAIR, YEAR_2023, "42", numerator="42", denominator="100"),
    observation(COUNTY, YEAR_2023, "44"),
    observation(DISTRICT, YEAR_2023, "39"),
    observation(ENGLAND, YEAR_2023, "43"),
    observation(ALDHAM, YEAR_2022, "30"),
    observation(BROOK, YEAR_2022, "39"),
    observation(BROOK, YEAR_2023, "90", **SCHOOL),
    observation(DISTRICT, YEAR_2023, "80", **SCHOOL),
    work(BROOK, "80100", ""),
    work(CROSS, "40100", ""),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The world of this file, served."""
    folder: Path = tmp_path_factory.mktemp("compared")
    with serving(folder, is_published=False) as served:
        served.publish(FIGURES, tables=WORLD)
        with httpx.Client(base_url=served.url, timeout=30) as made:
            yield made


def compare(client: httpx.Client, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/compare?{query}")
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def refused(client: httpx.Client, query: str) -> tuple[int, dict[str, Any]]:
    answer = client.get(f"/api/v1/compare?{query}")
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()


EVERY = ",".join([BROOK, NEWSHIRE, CROSS, DALE, EAST])


def test_each_area_is_held_against_the_first(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={EVERY}")
    assert told["period"] == YEAR_2023
    assert told["focus"] == BROOK
    assert told["against"].endswith(f"/waste/recycled/{BROOK}/{YEAR_2023}")
    assert [(row["area"], row["verdict"]) for row in told["items"]] == [
        (BROOK, None),
        (CROSS, "like-for-like"),
        (NEWSHIRE, "like-for-like"),
    ]
    assert [row["is_focus"] for row in told["items"]] == [True, False, False]
    assert (told["verdict"], [one["code"] for one in told["reasons"]]) == (
        "not-comparable",
        ["no-value", "status-definition-differs"],
    )


def test_what_may_not_be_compared_is_left_out_with_its_reason(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={EVERY}")
    assert told["left_out"] == [
        {"area": DALE, "area_label": "Dale", "reasons": ["no-value"], "text": "One of them has no value."},
        {
            "area": EAST,
            "area_label": "Eastley",
            "reasons": ["status-definition-differs"],
            "text": "A figure was counted in another way than the definition says.",
        },
    ]
    # 40, 41 and 45 count; the 50 of Eastley does not.
    assert told["spread"] == {
        "count": 3,
        "lowest": 40.0,
        "lower_quartile": 40.5,
        "median": 41.0,
        "upper_quartile": 43.0,
        "highest": 45.0,
    }


def test_what_may_not_be_compared_is_shown_where_it_is_asked_for_without_a_place(
    client: httpx.Client,
) -> None:
    plain = compare(client, f"indicator=recycled&areas={EVERY}")
    told = compare(client, f"indicator=recycled&areas={EVERY}&include=not-comparable")
    shown = {row["area"]: row for row in told["items"]}
    assert (shown[EAST]["value"], shown[EAST]["verdict"]) == (50.0, "not-comparable")
    assert shown[EAST]["verdict_reasons"] == ["status-definition-differs"]
    assert (shown[EAST]["is_counted"], shown[EAST]["place"]) == (False, None)
    assert (told["spread"], told["left_out"]) == (plain["spread"], plain["left_out"])
    assert told["items"][:3] == plain["items"]


def test_place_comes_with_the_places_its_range_allows(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={EVERY}")
    places = {
        row["area"]: (row["place"], row["highest_place"], row["lowest_place"], row["cannot_be_told_apart"])
        for row in told["items"]
    }
    # The ranges 38-42 and 39-43 meet, and 39-43 meets 43-47 at its end.
    assert places == {BROOK: (3, 2, 3, 1), CROSS: (2, 1, 3, 2), NEWSHIRE: (1, 1, 2, 1)}
    assert {row["among"] for row in told["items"]} == {3}
    assert {row["area"]: row["difference"] for row in told["items"]} == {BROOK: 0, CROSS: 1, NEWSHIRE: 5}


def test_range_is_published_or_worked_out_from_the_parts(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={BROOK},{FAIR},{COUNTY}")
    ranges = {
        row["area"]: (row["range_lower"], row["range_upper"], row["range_method"]) for row in told["items"]
    }
    assert ranges[BROOK] == (38, 42, "published")
    # Wilson's score for 42 of 100.
    low, high, method = ranges[FAIR]
    assert (round(low, 2), round(high, 2), method) == (32.80, 51.79, "wilson")
    assert ranges[COUNTY] == (None, None, None)
    places = {row["area"]: (row["place"], row["highest_place"], row["lowest_place"]) for row in told["items"]}
    assert places[FAIR] == (2, 1, 3)


def test_comparators_stand_beside_with_their_method(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={BROOK}&group=some")
    methods = {(row["kind"], row["comparator"]): (row["value"], row["method"]) for row in told["comparators"]}
    assert methods["nation", ENGLAND] == (43.0, "published")
    # Brook 40 and Crossford 41; the figure of Eastley was counted in another way.
    assert methods["group", "some"] == (40.5, "unweighted-mean")
    assert compare(client, f"indicator=in-work&areas={BROOK},{CROSS}")["comparators"] != told["comparators"]


def test_country_stands_beside_the_set_and_not_in_it(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={BROOK},{CROSS}")
    assert (told["country"]["area"], told["country"]["value"]) == (ENGLAND, 43.0)
    assert (told["country"]["is_counted"], told["country"]["place"]) == (False, None)
    assert told["spread"]["count"] == 2


def test_indicator_without_a_figure_of_the_country_says_so(client: httpx.Client) -> None:
    told = compare(client, f"indicator=school-places&areas={BROOK}&group=all")
    assert told["country"] is None
    assert told["country_text"].startswith("There is no figure of England for ")


def test_one_area_is_compared_with_the_group_most_like_it(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={BROOK}")
    assert (told["group"], told["query"]["group"]) == ("family", "family")
    assert [row["area"] for row in told["items"]] == [BROOK, CROSS, NEWSHIRE]


def test_group_alone_is_compared_without_a_focus(client: httpx.Client) -> None:
    told = compare(client, "indicator=recycled&group=some")
    assert (told["focus"], told["group"]) == (None, "some")
    assert [row["area"] for row in told["items"]] == [BROOK, CROSS]
    assert [one["area"] for one in told["left_out"]] == [EAST]


def test_whole_tier_has_every_council_of_it_and_says_who_has_no_figure(client: httpx.Client) -> None:
    told = compare(client, f"indicator=school-places&areas={BROOK}&group=all")
    assert [row["area"] for row in told["items"]] == [BROOK]
    assert {one["area"]: one["reasons"] for one in told["left_out"]} == {
        area: ["no-figure"] for area in (NEWSHIRE, CROSS, DALE, EAST, FAIR, COUNTY)
    }


def test_council_that_does_not_run_the_service_is_left_out(client: httpx.Client) -> None:
    told = compare(client, f"indicator=school-places&areas={BROOK},{DISTRICT}")
    (left_out,) = told["left_out"]
    assert (left_out["area"], left_out["reasons"]) == (DISTRICT, ["does-not-run"])
    assert told["spread"] is None
    told = compare(client, f"indicator=school-places&areas={BROOK},{DISTRICT},{CROSS}")
    assert {one["area"] for one in told["left_out"]} == {DISTRICT, CROSS}


def test_district_and_county_are_never_compared(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={COUNTY},{DISTRICT},{BROOK}")
    assert [one["area"] for one in told["left_out"]] == [DISTRICT]
    assert [row["area"] for row in told["items"]] == [COUNTY, BROOK]


def test_group_of_one_has_a_row_and_no_middle(client: httpx.Client) -> None:
    told = compare(client, "indicator=recycled&group=alone")
    (row,) = told["items"]
    assert (row["area"], row["place"], told["spread"]) == (BROOK, None, None)
    assert told["spread_text"] == "Only one figure can be counted, and one figure has no middle."


def test_totals_have_no_places_and_no_middle(client: httpx.Client) -> None:
    told = compare(client, f"indicator=in-work&areas={BROOK},{CROSS}")
    assert [(row["verdict"], row["place"]) for row in told["items"]] == [(None, None), ("with-care", None)]
    assert told["spread"] is None
    assert "totals" in told["spread_text"]


def test_area_that_has_ended_is_left_out_with_what_came_after(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={BROOK},{ALDHAM}")
    assert told["left_out"] == [
        {
            "area": ALDHAM,
            "area_label": "Aldham",
            "reasons": ["ended"],
            "text": f"Aldham ended on 2023-03-31. After it: {NEWSHIRE}.",
        }
    ]
    then = compare(client, f"indicator=recycled&areas={BROOK},{ALDHAM}&period={YEAR_2022}")
    assert [row["area"] for row in then["items"]] == [BROOK, ALDHAM]


def test_focus_without_a_figure_leaves_the_others_comparable(client: httpx.Client) -> None:
    told = compare(client, f"indicator=recycled&areas={DALE},{BROOK},{CROSS}")
    assert told["focus"] == DALE
    assert told["against"].endswith(f"/{BROOK}/{YEAR_2023}")
    assert [row["area"] for row in told["items"]] == [BROOK, CROSS]
    assert [one["area"] for one in told["left_out"]] == [DALE]


def test_comparison_and_the_door_of_verdicts_agree(client: httpx.Client) -> None:
    for query in (f"recycled&areas={COUNTY},{DISTRICT},{EAST}", f"school-places&areas={BROOK},{DISTRICT}"):
        told = compare(client, f"indicator={query}&include=not-comparable")
        for row in told["items"][1:]:
            pair = client.get("/api/v1/verdict", params={"a": told["against"], "b": row["uri"]}).json()
            assert pair["verdict"] == row["verdict"]
            assert [one["code"] for one in pair["reasons"]] == row["verdict_reasons"]


# ---- as files ----


def test_file_has_the_verdict_as_columns(client: httpx.Client) -> None:
    query = f"/api/v1/compare?indicator=recycled&areas={EVERY}&include=not-comparable"
    rows = list(csv.DictReader(io.StringIO(client.get(f"{query}&format=csv").text)))
    assert [(row["area"], row["verdict"], row["verdict_reasons"]) for row in rows] == [
        (BROOK, "", ""),
        (CROSS, "like-for-like", ""),
        (NEWSHIRE, "like-for-like", ""),
        (DALE, "not-comparable", "no-value"),
        (EAST, "not-comparable", "status-definition-differs"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{query}&format=xlsx").content))
    notes = {row[0]: row[1] for row in book["Notes"].iter_rows(values_only=True)}
    assert notes[f"Left out: {DALE} Dale"] == "One of them has no value."
    assert notes["Median"] == "41, of 3 figures that count"
    cube = client.get(f"{query}&format=jsonstat").json()
    assert validate_jsonstat(cube)
    # Places of cells follow the rows: Brook, Crossford, Newshire, Dale, Eastley.
    assert cube["extension"]["verdict"] == {
        "1": "like-for-like",
        "2": "like-for-like",
        "3": "not-comparable",
        "4": "not-comparable",
    }
    assert cube["extension"]["left_out"][0]["area"] == DALE


def test_file_leaves_out_what_the_answer_leaves_out(client: httpx.Client) -> None:
    query = f"/api/v1/compare?indicator=recycled&areas={EVERY}"
    for form in ("csv", "arrow"):
        content = client.get(f"{query}&format={form}").content
        found = {area: content.count(f"/{area}/".encode()) for area in (BROOK, EAST)}
        assert found == {BROOK: 1, EAST: 0}, form


# ---- what nobody can ask ----


@pytest.mark.parametrize(
    ("query", "status", "parameter", "words"),
    [
        ("indicator=recyled&areas=E06000002", 404, "indicator", "Closest: recycled."),
        ("indicator=recycled&areas=E06000002,Crossford", 404, "areas", "Perhaps: Crossford (E06000004)."),
        ("indicator=recycled&areas=E06000020", 404, "areas", "Closest: Brook (E06000002)."),
        ("indicator=recycled&group=sume", 404, "group", "Closest: some."),
        ("indicator=recycled&group=family", 400, "group", "name an area with areas=."),
        (
            "indicator=recycled&areas=E06000005&group=family",
            400,
            "group",
            "has no areas to compare Dale with.",
        ),
        ("indicator=recycled&areas=E06000002&period=2032-04-01_P1Y", 404, "period", f"Closest: {YEAR_2022}."),
        ("areas=E06000002", 400, "indicator", "The parameter 'indicator' is missing."),
        ("indicator=recycled&area=E06000002", 400, "area", "Closest: areas."),
        ("indicator=recycled&include=all", 400, "include", "'all'"),
    ],
)
def test_slip_is_refused_with_what_is_meant(
    client: httpx.Client, query: str, status: int, parameter: str, words: str
) -> None:
    found, told = refused(client, query)
    assert (found, told["problems"][0]["parameter"]) == (status, parameter)
    assert words in told["detail"]


def test_five_thousand_areas_are_refused_in_words(client: httpx.Client) -> None:
    codes = ",".join(f"E{number:08}" for number in range(5000))
    status, told = refused(client, f"indicator=recycled&areas={codes}")
    assert status == 400
    assert told["detail"].startswith("5,000 areas are asked for; the most of one comparison is 500.")


def test_areas_without_any_figure_are_all_left_out(client: httpx.Client) -> None:
    told = compare(client, f"indicator=in-work&areas={DALE},{EAST}")
    assert (told["items"], told["against"], told["spread"]) == ([], None, None)
    assert [one["reasons"] for one in told["left_out"]] == [["no-figure"], ["no-figure"]]


def test_breakdown_that_nobody_has_is_refused(client: httpx.Client) -> None:
    status, told = refused(client, f"indicator=recycled&areas={BROOK}&breakdown=sex%3Dfemale")
    assert (status, told["detail"]) == (
        404,
        "There is no figure for 'sex=female' of Household waste recycled for these areas.",
    )

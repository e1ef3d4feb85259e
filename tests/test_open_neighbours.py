"""Neighbours that the product works out: published with their distances, and worked out again with other weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from test_publish_world import TABLES, make_contents, observation, without_areas

from tools.example_site import ExampleSite

YEAR = "2023-04-01_P1Y"

# Four places by one indicator: 40, 43, 50 and one that has ended.
PLACES = {"E06000091": "40", "E06000092": "43", "E06000093": "50", "E06000094": "41"}


def built(**group: Any) -> list[dict[str, Any]]:
    areas = [
        {"area": area, "label": f"Place {area[-1]}", "area_type": "unitary", "start_on": None, "end_on": None}
        for area in PLACES
    ]
    areas[-1]["end_on"] = TABLES["datasets"][0]["released_on"]
    tables = {
        **without_areas(),
        "areas": areas,
        "groups": [
            {
                "group": "alike",
                "label": "Alike",
                "method": "statistical-neighbours",
                "definition": "Areas that recycle alike.",
                "tier": "lower-tier",
                **group,
            }
        ],
        "group_inputs": [
            {
                "group": "alike",
                "indicator": "recycled",
                "weight": 1.0,
                "standardisation": "none",
                "period": YEAR,
            }
        ],
    }
    figures = [observation(area, YEAR, value) for area, value in PLACES.items()]
    contents = make_contents(figures, tables)
    return contents.rows("neighbours")


def test_neighbours_are_published_with_their_distances():
    rows = [(row["area"], row["neighbour"], row["rank"], row["distance"]) for row in built()]
    assert rows == [
        ("E06000091", "E06000092", "1", "3"),
        ("E06000091", "E06000093", "2", "10"),
        ("E06000092", "E06000091", "1", "3"),
        ("E06000092", "E06000093", "2", "7"),
        ("E06000093", "E06000091", "2", "10"),
        ("E06000093", "E06000092", "1", "7"),
    ]


def test_a_group_says_how_many_neighbours_it_gives():
    rows = built(neighbour_count=1)
    assert {row["rank"] for row in rows} == {"1"}
    assert len(rows) == 3


def test_neighbours_that_are_worked_out_come_from_no_source():
    assert {row["_source"] for row in built()} == {None}


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, headers={"Accept": "text/html"}, timeout=60) as opened:
        yield opened


PAGE = "/groups/open-neighbours"
HARROW = {"area": "E09000015"}


def neighbours_on(page: str) -> list[tuple[str, str]]:
    """Read the table of neighbours of a page: the code and the distance of each."""
    table = page.split('id="neighbours-caption"')[1].split("</table>")[0]
    return re.findall(r'/areas/(\w+)">.*?<td class="num">([\d.]+)</td>', table)


def test_page_gives_the_neighbours_of_the_edition(example_site: ExampleSite, client: httpx.Client):
    kept = example_site.edition.rows(
        'SELECT neighbour, distance FROM neighbours WHERE "group" = ? AND area = ? ORDER BY rank',
        ("open-neighbours", "E09000015"),
    )
    answer = client.get(PAGE, params=HARROW)
    assert neighbours_on(answer.text) == [(row["neighbour"], f"{row['distance']:.2f}") for row in kept]
    assert len(kept) == 15
    assert "What would be said otherwise" not in answer.text


def test_other_weights_give_other_neighbours_and_say_what_flips(client: httpx.Client):
    own = client.get(PAGE, params=HARROW).text
    other = client.get(PAGE, params={**HARROW, "weight-weekly-pay": "90"}).text
    assert neighbours_on(own) != neighbours_on(other)
    told = re.search(r"(\d+) of (\d+) figures would be said otherwise", other)
    assert told is not None
    flips = other.split('id="flips-caption"')[1].split("</table>")[0]
    assert (flips.count("<td>Yes</td>"), flips.count("<tr><th")) == (int(told[1]), int(told[2]) + 1)


@pytest.mark.parametrize("weight", ["-1", "many", "101", "nan"])
def test_a_weight_that_means_nothing_is_told_in_words(client: httpx.Client, weight: str):
    answer = client.get(PAGE, params={**HARROW, "weight-weekly-pay": weight})
    assert answer.status_code == 200
    assert "A weight is a number from 0 to 100" in answer.text
    assert neighbours_on(answer.text) == neighbours_on(client.get(PAGE, params=HARROW).text)


def test_weights_that_are_all_nothing_are_told_in_words(client: httpx.Client):
    inputs = re.findall(r'name="(weight-[\w-]+)"', client.get(PAGE, params=HARROW).text)
    answer = client.get(PAGE, params={**HARROW, **dict.fromkeys(inputs, "0")})
    assert len(inputs) == 6
    assert "Give at least one weight of more than 0" in answer.text


def test_an_area_without_every_figure_has_no_neighbours_and_is_told_why(
    example_site: ExampleSite, client: httpx.Client
):
    lacking = example_site.edition.rows(
        "SELECT area FROM areas WHERE end_on IS NULL AND area_type = 'london-borough' AND area NOT IN"
        " (SELECT area FROM neighbours WHERE \"group\" = 'open-neighbours')"
    )
    assert {row["area"] for row in lacking} == {"E09000001"}
    answer = client.get(PAGE, params={"area": "E09000001"})
    assert "Without every input there is no distance" in answer.text


def test_a_misspelt_parameter_is_refused(client: httpx.Client):
    assert client.get(PAGE, params={"wait-weekly-pay": "1"}).status_code == 400


def test_an_area_that_the_group_is_not_about_is_told_so(client: httpx.Client):
    for area in ("E10000016", "E99999999"):  # a county in a group of lower-tier councils; no area at all
        assert f"no neighbours for <code>{area}</code>" in client.get(PAGE, params={"area": area}).text


def test_earlier_members_of_a_group_are_listed_with_their_last_day(client: httpx.Client):
    page = client.get("/groups/region-south-west").text
    assert re.search(r">South Somerset</a>, until 31 March 2023<", page)
    assert "South Somerset" not in page.split("<details>")[0]

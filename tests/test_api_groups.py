"""One comparator group by the API: who belonged to it, from when to when."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from test_api_compare import BROOK, CROSS, DALE, FIGURES, NEWSHIRE, WORLD
from test_api_world import serving

DATED = {
    **WORLD,
    "group_members": [
        {"group": "some", "area": BROOK},
        {"group": "some", "area": CROSS, "start_on": date(2020, 4, 1), "end_on": date(2022, 3, 31)},
        {"group": "some", "area": NEWSHIRE, "start_on": date(2023, 4, 1)},
    ],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A world with dated membership, served."""
    with serving(tmp_path_factory.mktemp("groups"), is_published=False) as served:
        served.publish(FIGURES, tables=DATED)
        with httpx.Client(base_url=served.url, timeout=30) as made:
            yield made


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/groups/{address}")
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def test_group_lists_members_past_and_present_with_their_days(client: httpx.Client) -> None:
    told = read(client, "some")
    assert (told["group"], told["method"], told["gives_neighbours"]) == ("some", "own", False)
    assert [(one["area"], one["start_on"], one["end_on"], one["is_member"]) for one in told["items"]] == [
        (BROOK, None, None, True),
        (NEWSHIRE, "2023-04-01", None, True),
        (CROSS, "2020-04-01", "2022-03-31", False),
    ]


@pytest.mark.parametrize(
    ("on", "members"),
    [
        ("2020-03-31", [BROOK]),
        ("2020-04-01", [BROOK, CROSS]),
        ("2022-03-31", [BROOK, CROSS]),
        ("2022-04-01", [BROOK]),
        ("2023-04-01", [BROOK, NEWSHIRE]),
    ],
)
def test_members_of_a_day_are_those_whose_days_hold_it(
    client: httpx.Client, on: str, members: list[str]
) -> None:
    told = read(client, f"some?on={on}")
    assert [one["area"] for one in told["items"]] == members
    assert all(one["is_member"] for one in told["items"])
    assert told["query"] == {"group": "some", "on": on}


def test_group_of_neighbours_gives_those_of_an_area(client: httpx.Client) -> None:
    told = read(client, "family")
    assert (told["gives_neighbours"], told["items"]) == (True, [])
    told = read(client, f"family?area={BROOK}")
    assert [(one["area"], one["rank"]) for one in told["items"]] == [(CROSS, 1), (NEWSHIRE, 2)]


def test_group_as_csv_has_the_same_rows(client: httpx.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/groups/some?format=csv").text)))
    assert [(row["area"], row["end_on"], row["is_member"]) for row in rows] == [
        (BROOK, "", "true"),
        (NEWSHIRE, "", "true"),
        (CROSS, "2022-03-31", "false"),
    ]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("sume", 404, "Closest: some."),
        ("family?area=E06000020", 404, "There is no area 'E06000020'"),
        (f"family?area={DALE}", 400, f"gives '{DALE}' no neighbours."),
        ("some?on=yesterday", 400, "'yesterday' is not a value of 'on'"),
        ("some?at=2020-01-01", 400, "'at' is not a parameter of this address."),
    ],
)
def test_slip_is_refused_in_words(client: httpx.Client, address: str, status: int, words: str) -> None:
    answer = client.get(f"/api/v1/groups/{address}")
    assert answer.status_code == status
    assert words in answer.json()["detail"]

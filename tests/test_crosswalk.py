"""What is declared of two definitions is published from either side and heard by every verdict."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from test_api_world import Rows, Served, serving
from test_publish_world import OBSERVATIONS, TABLES, make_contents, observation

from publish.links import implied_lines
from publish.triples import Names

SKOS = "http://www.w3.org/2004/02/skos/core#"
ELSEWHERE = "https://stats.example.org/definition/1"

WELSH = TABLES["indicators"][1] | {
    "indicator": "recycled-in-wales",
    "version": "1.0.0",
    "label": "Waste recycled in Wales",
    "owner": "brookborough-council",
}
DECLARED: Rows = [
    {
        "crosswalk": "b-with-care",
        "from_indicator": "recycled",
        "to_indicator": "recycled-in-wales",
        "relation": "broader",
        "comparable": "with-care",
        "clause": "Rubble counts there.",
        "declared_by": "Statistics Office",
    },
    {
        "crosswalk": "a-yes",
        "from_indicator": "recycled-in-wales",
        "to_indicator": "recycled",
        "relation": "close",
        "comparable": "yes",
        "declared_by": "Brookborough Council",
    },
    {
        "crosswalk": "elsewhere",
        "from_indicator": "recycled",
        "to_uri": ELSEWHERE,
        "relation": "exact",
        "comparable": "yes",
        "declared_by": "Statistics Office",
    },
    {
        "crosswalk": "hostile",
        "from_indicator": "recycled",
        "to_uri": "javascript:alert(1)> <x",
        "relation": "related",
        "comparable": "no",
        "declared_by": "<b>Nobody</b>",
    },
]
TABLES_HERE = {"indicators": [*TABLES["indicators"], WELSH], "crosswalk": DECLARED}


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world with a second owner's definition of nearly the same thing."""
    welsh = observation(
        "E06000001", "2022-04-01_P1Y", "60", indicator="recycled-in-wales", version="1.0.0", _row=20
    )
    with serving(tmp_path_factory.mktemp("joined"), is_published=False) as served:
        served.publish([*OBSERVATIONS, welsh], tables=TABLES_HERE)
        yield served


@pytest.fixture
def client(joined: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=joined.url, timeout=30) as made:
        yield made


def test_relations_are_published_from_both_sides_and_to_addresses_elsewhere() -> None:
    contents = make_contents(tables=TABLES_HERE)
    names = Names(contents.base, contents.model)
    found = {text for text in implied_lines(contents, names) if f"<{SKOS}" in text and "Match>" in text}
    here, there = names.thing("indicator/recycled"), names.thing("indicator/recycled-in-wales")
    assert {text for text in found if here in text} == {
        f"<{here}> <{SKOS}broadMatch> <{there}> .\n",
        f"<{there}> <{SKOS}narrowMatch> <{here}> .\n",
        f"<{there}> <{SKOS}closeMatch> <{here}> .\n",
        f"<{here}> <{SKOS}closeMatch> <{there}> .\n",
        f"<{here}> <{SKOS}exactMatch> <{ELSEWHERE}> .\n",
    }


def test_json_tells_each_side_how_the_other_stands_to_it(client: httpx.Client) -> None:
    ours = client.get("/indicators/recycled.json").json()["crosswalk"]
    assert [(one["crosswalk"], one["indicator"], one["relation"]) for one in ours] == [
        ("a-yes", "recycled-in-wales", "close"),
        ("b-with-care", "recycled-in-wales", "broader"),
        ("elsewhere", None, "exact"),
        ("hostile", None, "related"),
    ]
    assert (ours[0]["owner"], ours[2]["uri"]) == ("Brookborough Council", ELSEWHERE)
    theirs = client.get("/indicators/recycled-in-wales.json").json()["crosswalk"]
    assert [(one["indicator"], one["relation"]) for one in theirs] == [
        ("recycled", "close"),
        ("recycled", "narrower"),
    ]


@pytest.mark.parametrize(
    ("indicator", "other"), [("recycled", "recycled-in-wales"), ("recycled-in-wales", "recycled")]
)
def test_both_pages_show_the_declaration(indicator: str, other: str, client: httpx.Client) -> None:
    page = client.get(f"/indicators/{indicator}", headers={"accept": "text/html"}).text
    assert f'<a href="/indicators/{other}">' in page
    assert "Rubble counts there." in page
    assert "<b>Nobody" not in page
    assert 'href="javascript:' not in page


def test_verdict_hears_the_most_careful_declaration_from_either_side(client: httpx.Client) -> None:
    a = "waste/recycled/E06000001/2022-04-01_P1Y"
    b = "waste/recycled-in-wales/E06000001/2022-04-01_P1Y"
    for one, other in ((a, b), (b, a)):
        told = client.get("/api/v1/verdict", params={"a": one, "b": other}).json()
        reasons = {reason["code"]: reason for reason in told["reasons"]}
        assert (told["verdict"], reasons["indicator"]["text"]) == ("with-care", "Rubble counts there.")

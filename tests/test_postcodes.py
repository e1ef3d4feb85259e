"""Postcodes lead to today's councils: by the whole code where the directory is installed, else by its first half."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import read_page
from test_api_world import Served, client, site

from api.located import find_today, locate
from api.postcodes import find_folder, load_letter, outward_codes, pack, read_postcode

__all__ = ["client", "site"]

# In the small world E06000001 is Aldham, which ended; Newshire followed it. Postcodes of that code begin with TS24.
HEIR = "E06000003"


@pytest.fixture
def folder() -> Path:
    found = find_folder()
    if found is None:
        pytest.skip("NOT TESTED with whole postcodes: the extra 'postcodes' is not installed; make dev")
    return found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ha12rn", "HA1 2RN"),
        (" SW1A  1AA ", "SW1A 1AA"),
        ("b1 1aa", "B1 1AA"),
        ("EC1A1BB", "EC1A 1BB"),
        ("m1", "M1"),
        ("SW1A", "SW1A"),
    ],
)
def test_a_postcode_is_read_however_it_is_written(text: str, read: str) -> None:
    postcode = read_postcode(text)
    assert postcode is not None
    assert postcode.text == read


@pytest.mark.parametrize(
    "text", ["", "Harrow", "E09000015", "HA1 2R", "HA12RNX", "1AA", "ＨＡ１", "HA1-2RN", "A" * 300]
)
def test_other_words_are_no_postcodes(text: str) -> None:
    assert read_postcode(text) is None


ROWS = st.dictionaries(
    st.from_regex(re.compile(r"[AC-Z][0-9]   ?[0-9][A-Z]{2}", re.ASCII), fullmatch=True).filter(
        lambda key: len(key) == 7
    ),
    st.sampled_from(["E06000001", "E06000002", "W06000001"]),
    max_size=40,
)


@given(ROWS)
def test_every_packed_postcode_is_found_and_no_other(rows: dict[str, str]) -> None:
    packed = pack(rows.items())
    for key, council in rows.items():
        postcode = read_postcode(key)
        assert postcode is not None
        assert packed.find(postcode) == council
    other = read_postcode("B9 9ZZ")
    assert other is not None
    assert packed.find(other) is None


def test_what_has_no_council_and_what_is_northern_irish_is_left_out() -> None:
    packed = pack(
        [("A1  1AA", float("nan")), ("BT991EF", "N09000003"), (None, "E06000001"), ("A1  1AB", "E06000001")]
    )
    assert packed.keys == b"A1  1AB"


def test_first_halves_are_known_without_the_directory(site: Served) -> None:
    edition = site.app.state.editions.current
    located = locate(edition, "ts24", None)
    assert located is not None
    assert [place.area for place, _ in located.councils] == [HEIR]
    assert located.sentences == ["Postcodes that begin with TS24 lie in Newshire."]
    whole = locate(edition, "TS24 8AA", None)
    assert whole is not None
    assert whole.certainty == "touches"
    assert "only the first half was looked up" in whole.sentences[0]


def test_a_postcode_of_a_council_that_ended_leads_to_the_one_that_followed(
    site: Served, folder: Path
) -> None:
    located = locate(site.app.state.editions.current, "TS24 8AA", folder)
    assert located is not None
    assert located.certainty == "lies-in"
    assert [place.area for place, _ in located.councils] == [HEIR]
    assert [place.name for place in located.councils[0][1]] == ["England"]


def test_a_postcode_that_there_is_not_is_not_placed_by_its_neighbours(site: Served, folder: Path) -> None:
    located = locate(site.app.state.editions.current, "TS24 0ZZ", folder)
    assert located is not None
    assert located.is_missing
    assert "TS24 0ZZ is not in the directory of postcodes." in located.sentences
    assert located.certainty == "touches"


def test_the_directory_and_the_first_halves_say_the_same(folder: Path) -> None:
    packed = load_letter(folder, "H")
    assert packed is not None
    found: dict[str, set[str]] = {}
    for at, number in enumerate(packed.numbers):
        outward = packed.keys[at * 7 : at * 7 + 4].decode().strip()
        found.setdefault(outward, set()).add(packed.councils[number])
    assert len(packed.numbers) > 50_000
    kept = {outward: set(councils) for outward, councils in outward_codes().items() if outward[0] == "H"}
    assert kept == found
    assert len(packed.keys) < 3_000_000


@pytest.mark.parametrize("text", ["BT1 1AA", "bt1"])
def test_postcodes_of_northern_ireland_are_not_passed_on(site: Served, text: str) -> None:
    located = locate(site.app.state.editions.current, text, find_folder())
    assert located is not None
    assert located.councils == []
    assert "licence" in located.sentences[0]


def test_an_area_that_was_followed_by_itself_ends_the_walk(site: Served) -> None:
    edition = site.app.state.editions.current
    assert [place.area for place in find_today(edition, ["E06000001", "E06000003", "E99999999"])] == [HEIR]


def test_a_search_for_a_postcode_names_the_council_and_whose_data_it_is(client: httpx.Client) -> None:
    page = read_page(client.get("/search", params={"q": "ts24"}, headers={"Accept": "text/html"}).content)
    assert "Postcodes that begin with TS24 lie in Newshire." in page.one("p", "lede").text
    assert f"/areas/{HEIR}" in [link.attributes["href"] for link in page.one("main").every("a")]
    assert "Royal Mail data" in page.one("footer").text
    told = client.get("/api/v1/search", params={"q": "ts24"}).json()
    assert (told["items"][0]["notation"], told["items"][0]["name"]) == (HEIR, "TS24")
    assert told["source"][0]["title"] == "ONS Postcode Directory"


def test_a_postcode_of_no_council_here_leads_on_by_name(client: httpx.Client) -> None:
    page = read_page(client.get("/search", params={"q": "SW1A"}, headers={"Accept": "text/html"}).content)
    assert "No council that this site knows has postcodes that begin with SW1A." in page.text
    assert "Royal Mail" not in page.one("footer").text

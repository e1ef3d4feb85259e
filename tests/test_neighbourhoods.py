"""Neighbourhoods: tenths, spreads and ends on small numbers, and the page of the bundled example.

The page's sentences, charts and tables are read back and held against the figures in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import Element, read_page

from api import pages
from api.edition import Edition
from api.pages.definitions import load_definitions
from api.pages.neighbourhoods import draw_map, keep_apart, load_orders
from api.search import find_hits
from compare.neighbourhoods import Ends, ends, spread, tenth
from tools.example_site import ExampleSite

HARROW, BROMLEY, HARTLEPOOL = "E09000015", "E09000006", "E06000001"
RANK = "deprivation-rank"


@pytest.fixture(scope="session")
def edition(example_site: ExampleSite) -> Edition:
    return example_site.edition


def open_page(edition: Edition, area: str, **query: str) -> Element:
    page = pages.area_neighbourhoods(edition, area, query)
    assert page is not None
    return read_page(page.html)


# ---- one place, a few places ----


def test_the_first_tenth_holds_places_up_to_a_tenth_of_their_number():
    assert [tenth(place, 25) for place in (1, 2, 3, 5, 6, 25)] == [1, 1, 2, 2, 3, 10]


@pytest.mark.parametrize("place", [0, -1, 26])
def test_a_place_that_the_order_does_not_have_is_in_no_tenth(place: int):
    with pytest.raises(ValueError, match="is not one of 25"):
        tenth(place, 25)


@given(st.integers(1, 700))
def test_the_tenths_of_a_whole_order_are_as_equal_as_they_can_be(of: int):
    counts = spread({str(place): place for place in range(1, of + 1)}, of)
    assert sum(counts) == of
    assert max(counts) - min(counts) <= 1


def test_the_ends_are_the_lowest_and_the_highest_place():
    assert ends({"A": 7, "B": 3, "C": 90}) == Ends("B", "C", 3, 90)


def test_one_neighbourhood_is_no_gap():
    assert ends({"A": 7}) is None
    assert ends({}) is None


def test_neighbourhoods_of_one_place_are_no_places_apart():
    found = ends({"B": 7, "A": 7})
    assert found is not None
    assert (found.first, found.last, found.places) == ("A", "B", 0)


# ---- the page ----


def counts_in_the_catalogue(edition: Edition, area: str) -> Mapping[str, list[int]]:
    """Count the places of each tenth in SQL, by another way than the page."""
    rows = edition.rows(
        "SELECT substr(o.period, 1, 4) AS year, (o.value * 10 - 1) / i.highest AS part FROM observations o"
        " JOIN indicators i ON i.indicator = o.indicator AND i.version = o.version"
        " WHERE o.indicator = ? AND o.area IN (SELECT area FROM area_parents WHERE parent = ?)",
        (RANK, area),
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["year"], [0] * 10)[int(row["part"])] += 1
    return found


@pytest.mark.parametrize("area", [HARROW, BROMLEY, "E09000001", "E09000025"])
def test_the_table_the_charts_and_the_lede_say_what_the_catalogue_says(edition: Edition, area: str):
    page = open_page(edition, area)
    wanted = counts_in_the_catalogue(edition, area)
    assert set(wanted) == {"2010", "2015", "2019", "2025"}
    table = next(one for one in page.every("table") if "in each tenth" in one.one("caption").text)
    told = {
        row.one("th").text: [int(cell.text) for cell in list(row.every("td"))[:10]]
        for row in table.every("tr")
        if any(row.every("td"))
    }
    assert told == wanted
    drawn = [
        [int(text.text) for text in chart.every("text") if "count" in text.classes]
        for chart in page.every("svg")
        if "columns" in chart.classes
    ]
    assert drawn == list(wanted.values())
    first, every = wanted["2025"][0], sum(wanted["2025"])
    lede = page.one("main").text
    assert f"{first or 'None'} of {every} neighbourhoods in" in lede


def test_three_sets_of_neighbourhoods_are_kept_apart(edition: Edition):
    orders = load_orders(edition, HARROW, RANK)
    page = open_page(edition, HARROW)
    steps = [one.drawn for one in orders]
    assert steps == [
        "as drawn until 26 March 2011",
        "as drawn from 27 March 2011",
        "as drawn from 27 March 2011",
        "as drawn from 21 March 2021",
    ]
    kept = keep_apart(orders, load_definitions(edition).steps[RANK])
    assert [[one.year for one in one_set.orders] for one_set in kept] == [
        ["2010"],
        ["2015", "2019"],
        ["2025"],
    ]
    assert not [svg for svg in page.every("svg") if "lines" in svg.classes]
    assert "Compare 2015 and 2019 with care" in page.text


def test_the_widest_gap_is_told_with_its_verdict(edition: Edition):
    """In 2019 Harrow 003A had place 4,814 and Harrow 016A place 32,125 of 32,844."""
    page = open_page(edition, HARROW)
    table = next(one for one in page.every("table") if "furthest apart" in one.one("caption").text)
    row = next(one for one in table.every("tr") if any(one.every("td")) and one.one("th").text == "2019")
    cells = [cell.text for cell in row.every("td")]
    assert cells[0].startswith("Harrow 003A")
    assert cells[1:5:2] == ["4,814", "32,125"]
    assert cells[4:] == ["27,311", "Like for like"]


def test_the_map_is_drawn_for_the_neighbourhoods_it_fits_and_says_so(edition: Edition):
    drawn = draw_map(edition, load_orders(edition, HARROW, RANK))
    assert drawn is not None
    assert drawn.order.year == "2019"
    page = open_page(edition, HARROW)
    assert "On the map, 2019" in page.text
    assert "so 2025 has no map" in page.text
    beside = next(
        one for one in page.every("table") if "in 2019, the most deprived first" in one.one("caption").text
    )
    assert len(list(beside.every("tr"))) == 1 + 137


def test_a_borough_without_shapes_says_that_there_is_no_map(edition: Edition):
    page = open_page(edition, BROMLEY)
    assert "No map: there are no shapes here" in page.text
    assert not [svg for svg in page.every("svg") if "map" in svg.classes]


def test_an_area_without_figures_says_so_and_shows_where_there_are_some(edition: Edition):
    page = open_page(edition, HARTLEPOOL)
    assert "No figures for neighbourhoods of Hartlepool are published here." in page.text
    links = {link.attributes["href"] for link in page.one("main").every("a")}
    assert f"/areas/{HARROW}" in links


def test_a_neighbourhood_leads_to_the_borough_it_lies_in(edition: Edition):
    page = open_page(edition, "E01002126")
    links = {link.attributes["href"] for link in page.one("main").every("a")}
    assert f"/areas/{HARROW}/neighbourhoods" in links


def test_no_area_no_page(edition: Edition):
    assert pages.area_neighbourhoods(edition, "E09999999", {}) is None


def test_unknown_orders_and_pages_show_what_there_is(edition: Edition):
    plain = open_page(edition, HARROW).one("main").text
    assert open_page(edition, HARROW, order="no-such", page="99999999").one("main").text == plain


def test_the_page_of_a_borough_leads_to_its_neighbourhoods(edition: Edition):
    page = pages.PAGES["area"](edition, (HARROW,), {})
    assert page is not None
    text = read_page(page.html)
    assert f"/areas/{HARROW}/neighbourhoods" in {link.attributes["href"] for link in text.every("a")}
    assert "0 of 144 neighbourhoods are among the most deprived tenth of England in 2025" in re.sub(
        r"\s+", " ", text.text
    )


def test_neighbourhoods_come_last_in_what_is_found(edition: Edition):
    kinds = [hit.area_type for hit in find_hits(edition, "harr", ("area",)) if hit.area_type]
    assert kinds[0] == "london-borough"
    assert "lsoa" in kinds
    assert kinds.index("lsoa") == len(kinds) - kinds.count("lsoa")


def test_one_neighbourhood_is_found_by_its_whole_name(edition: Edition):
    (label,) = [row["label"] for row in edition.rows("SELECT label FROM areas WHERE area = 'E01034595'")]
    assert [hit.notation for hit in find_hits(edition, label, ("area",))][:1] == ["E01034595"]

"""Coded rows say the same of figures as the catalogue's view does, and what is kept is the same again."""

from __future__ import annotations

import pytest

from api.edition import Edition, Editions
from api.observations import load_codes
from api.pages.definitions import load_definitions
from api.pages.places import find_places, load_councils
from api.pages.series import (
    OBSERVATIONS,
    Cell,
    list_council_values,
    list_observed,
    load_values,
    numbers_of,
    read_observed,
)
from tools.example_site import ExampleSite


@pytest.fixture(scope="module")
def edition(example_site: ExampleSite) -> Edition:
    return Editions(example_site.site.editions_folder).current


@pytest.mark.parametrize("area", ["E09000015", "E10000016", "E07000004", "E92000001"])
def test_a_coded_row_gives_the_observation_that_the_view_gives(edition: Edition, area: str) -> None:
    definitions, places = load_definitions(edition), find_places(edition, [area])
    rows = edition.rows(f"{OBSERVATIONS} WHERE o.area = ?", (area,))
    said = [
        read_observed(row, definitions.get(row["indicator"], row["version"]), places[area]) for row in rows
    ]
    number = load_codes(edition).numbers["area"][area]
    found = list_observed(edition, {"area": [number]}, definitions.get, places)
    assert found
    assert {one.figure: one for one in found} == {one.figure: one for one in said}


def test_the_values_of_councils_are_those_that_the_distribution_counts(edition: Edition) -> None:
    rows = edition.rows(
        "SELECT * FROM distributions WHERE tier = 'upper-tier' ORDER BY period DESC LIMIT 150"
    )
    assert rows
    for row in rows:
        cell = Cell(*(row[name] for name in ("dataset", "indicator", "version", "period", "breakdown")))
        values = [value for _, value in list_council_values(edition, cell, row["tier"])]
        assert len(values) == row["area_count"]
        assert (min(values), max(values)) == (row["lowest"], row["highest"])
        assert list(load_values(edition, cell, row["tier"])) == values


def test_a_cell_that_nobody_published_has_no_numbers_and_no_figures(edition: Edition) -> None:
    nothing = numbers_of(edition, Cell("nobody", "nothing", "1.0.0", "1900-01-01_P1Y"))
    assert nothing["dataset"] == nothing["definition"] == []
    assert list_observed(edition, nothing, load_definitions(edition).get, load_councils(edition)) == []


def test_an_area_without_figures_is_found_by_its_code_all_the_same(edition: Edition) -> None:
    found = find_places(edition, ["E92000001", "E09000015", "nowhere"])
    assert list(found) == ["E09000015", "E92000001"]
    assert found["E09000015"] is load_councils(edition)["E09000015"]

"""The table of restated figures: of the small world, of a world of districts, and of the bundled example."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyoxigraph
import pytest
from test_publish_world import (
    TABLES,
    YEAR_2022,
    make_contents,
    observation,
    small_world,
    without_areas,
    write_world,
)

from tools.example_site import EXAMPLE, ExampleSite

Row = dict[str, Any]


def restated(observations: list[Row] | None = None, **tables: list[Row]) -> list[Row]:
    if observations is None and not tables:
        return small_world().restated.to_pylist()
    return make_contents(observations, without_areas() | tables).restated.to_pylist()


def test_a_new_code_for_the_same_boundary_takes_the_figure_with_its_digits_and_its_range() -> None:
    # Aldham had 41.0 (39.5 to 42.5) in 2022-23; Newshire is the same place under another code.
    [row] = restated()
    assert (row["area"], row["period"], row["predecessors"]) == ("E06000003", YEAR_2022, "E06000001")
    assert (row["value"], row["value_text"], row["method"]) == (41.0, "41.0", "same-boundary")
    assert (row["lower_limit"], row["upper_limit"], row["gap"]) == (39.5, 42.5, None)


AREAS = [
    *({"area": f"E0700000{n}", "label": f"District {n}", "area_type": "district"} for n in (1, 2, 3)),
    {"area": "E10000001", "label": "County", "area_type": "county", "end_on": date(2023, 3, 31)},
    {"area": "E06000009", "label": "Newshire", "area_type": "unitary", "start_on": date(2023, 4, 1)},
]
DISTRICTS = [
    {
        "from_area": f"E0700000{n}",
        "to_area": "E06000009",
        "changed_on": date(2023, 4, 1),
        "change": "merged",
    }
    for n in (1, 2, 3)
]


def recycled(area: str, top: str, bottom: str, value: str, **more: Any) -> Row:
    return observation(area, YEAR_2022, value, numerator=top, denominator=bottom, **more)


THREE = [
    recycled("E07000001", "30", "100", "30.0"),
    recycled("E07000002", "10", "100", "10.0", status="provisional"),
    recycled("E07000003", "80", "200", "40.0"),
]


def test_districts_become_one_figure_and_the_county_over_them_is_not_counted_as_well() -> None:
    county = recycled("E10000001", "500", "1000", "50.0")
    changes = [*DISTRICTS, {**DISTRICTS[0], "from_area": "E10000001", "change": "split"}]
    [row] = restated([*THREE, county], areas=AREAS, area_changes=changes)
    # 120 of 400.
    assert (row["value_text"], row["numerator"], row["denominator"]) == ("30.0", 120.0, 400.0)
    assert (row["method"], row["status"]) == ("rebuilt-rate", "provisional")
    assert (row["known_count"], row["predecessor_count"]) == (3, 3)


def test_a_missing_district_leaves_a_gap_that_is_named() -> None:
    hidden = observation("E07000003", YEAR_2022, None)
    [row] = restated([*THREE[:2], hidden], areas=AREAS, area_changes=DISTRICTS)
    assert (row["value"], row["value_text"], row["numerator"]) == (None, None, None)
    assert (row["gap"], row["known_count"]) == ("predecessor-missing", 2)
    assert (row["predecessors"], row["missing_predecessors"]) == ("E07000001;E07000002", "E07000003")


def test_figures_of_another_version_are_not_added() -> None:
    other = THREE[2] | {"version": "2.0.0"}
    found = restated([*THREE[:2], other], areas=AREAS, area_changes=DISTRICTS)
    assert {(row["version"], row["known_count"], row["value"]) for row in found} == {
        ("1.0.0", 2, None),
        ("2.0.0", 1, None),
    }


def test_an_area_that_ended_is_not_restated_and_one_with_its_own_figure_is_left_as_it_is() -> None:
    ended = [area | {"end_on": date(2025, 3, 31)} if area["area"] == "E06000009" else area for area in AREAS]
    assert restated(THREE, areas=ended, area_changes=DISTRICTS) == []
    own = observation("E06000009", YEAR_2022, "33.3", status="definition-differs")
    assert restated([*THREE, own], areas=AREAS, area_changes=DISTRICTS) == []


def test_a_world_without_changes_has_no_restated_figure() -> None:
    assert restated(THREE, areas=AREAS, area_changes=[]) == []
    assert "area_changes" in TABLES


# ---- its forms ----

IN_RDF = """
PREFIX def: <https://data.example.org/def/>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT ?figure ?value ?method ?from ?made {
  ?figure a def:RestatedFigure; def:restatedValue ?value; def:restatingMethod ?method; def:restatedFrom ?from;
          prov:wasDerivedFrom ?made
}
"""


def test_downloads_and_linked_data_have_the_same_figure_and_lead_to_what_it_was_made_of(
    tmp_path: Path,
) -> None:
    folder = write_world(small_world(), tmp_path / "edition")
    with (folder / "downloads" / "restated_figures.csv").open(encoding="utf-8", newline="") as lines:
        [row] = csv.DictReader(lines)
    assert (row["area"], row["value"], row["value_text"], row["gap"]) == ("E06000003", "41", "41.0", "")
    [same] = pq.read_table(folder / "downloads" / "restated_figures.parquet").to_pylist()
    assert (same["value"], same["predecessors"]) == (41.0, "E06000001")
    store = pyoxigraph.Store.read_only(str(folder / "rdf" / "store"))
    [found] = store.query(IN_RDF)
    assert found["figure"].value.startswith("https://data.example.org/id/area/E06000003#restated/")
    assert found["value"].value == "41"
    assert found["method"].value.endswith("/id/code/restating-method/same-boundary")
    assert found["from"].value.endswith("/id/area/E06000001")
    made = "https://data.example.org/id/observation/waste/recycled/E06000001/2022-04-01_P1Y"
    assert found["made"].value == made
    assert bool(store.query(f"ASK {{ <{made}> a <http://purl.org/linked-data/cube#Observation> }}"))


# ---- the bundled example: sums worked from its own files, by predecessors named here by hand ----

SOMERSET_2015 = ("E07000187", "E07000188", "E07000189", "E07000190", "E07000191")
MADE_OF = {
    # From Mendip, Sedgemoor and South Somerset, and Somerset West and Taunton or the two it was made from.
    ("E06000066", "2015-01-01_P1Y"): SOMERSET_2015,
    ("E06000066", "2019-01-01_P1Y"): (*SOMERSET_2015[:3], "E07000246"),
    # Allerdale, Carlisle, Copeland; Barrow-in-Furness, Eden, South Lakeland.
    ("E06000063", "2019-01-01_P1Y"): ("E07000026", "E07000028", "E07000029"),
    ("E06000064", "2019-01-01_P1Y"): ("E07000027", "E07000030", "E07000031"),
    # The seven districts of North Yorkshire.
    ("E06000065", "2019-01-01_P1Y"): tuple(f"E0700016{n}" for n in range(3, 10)),
    # Corby, East Northamptonshire, Kettering, Wellingborough; Daventry, Northampton, South Northamptonshire.
    ("E06000061", "2019-01-01_P1Y"): ("E07000150", "E07000152", "E07000153", "E07000156"),
    ("E06000062", "2019-01-01_P1Y"): ("E07000151", "E07000154", "E07000155"),
    # Aylesbury Vale, Chiltern, South Bucks, Wycombe.
    ("E06000060", "2019-01-01_P1Y"): ("E07000004", "E07000005", "E07000006", "E07000007"),
    # Dorset's five districts; Bournemouth, Poole, Christchurch.
    ("E06000059", "2015-01-01_P1Y"): tuple(f"E0700004{n}" for n in (9,))
    + tuple(f"E0700005{n}" for n in range(4)),
    ("E06000058", "2015-01-01_P1Y"): ("E06000028", "E06000029", "E07000048"),
}


@pytest.fixture(scope="module")
def catalogue(example_site: ExampleSite) -> Iterator[sqlite3.Connection]:
    path = example_site.site.editions_folder / "current" / "catalogue.db"
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


def published(file: str) -> list[dict[str, str]]:
    with Path(EXAMPLE / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(("area", "period"), MADE_OF, ids=lambda value: str(value))
def test_neighbourhoods_of_a_new_council_are_those_of_the_districts_it_replaced(
    catalogue: sqlite3.Connection, area: str, period: str
) -> None:
    rows = {row["area"]: row for row in published("mhclg/deprivation.csv") if row["period"] == period[:4]}
    deprived, all_of_them = (
        sum(Decimal(rows[code][column]) for code in MADE_OF[area, period])
        for column in ("numerator", "denominator")
    )
    assert area not in rows
    row = catalogue.execute(
        "SELECT * FROM restated_figures WHERE indicator = 'most-deprived-neighbourhoods'"
        " AND area = ? AND period = ?",
        (area, period),
    ).fetchone()
    assert (row["numerator"], row["denominator"]) == (deprived, all_of_them)
    assert abs(Decimal(row["value_text"]) - 100 * deprived / all_of_them) <= Decimal("0.005")
    assert row["predecessors"].split(";") == sorted(MADE_OF[area, period])
    assert (row["method"], row["missing_predecessors"]) == ("rebuilt-rate", None)


@pytest.mark.parametrize(
    ("area", "county"), [("E06000060", "E10000002"), ("E06000065", "E10000023"), ("E06000066", "E10000027")]
)
def test_a_council_that_took_over_a_whole_county_has_the_countys_figures_and_nothing_added(
    catalogue: sqlite3.Connection, area: str, county: str
) -> None:
    own = {
        (row["indicator"], row["period"]): row["value"]
        for row in published("dfe/children.csv")
        if row["area"] == county and row["indicator"] == "looked-after-children"
    }
    rows = catalogue.execute(
        "SELECT * FROM restated_figures WHERE indicator = 'looked-after-children' AND area = ?", (area,)
    ).fetchall()
    assert rows
    for row in rows:
        assert (row["method"], row["predecessors"]) == ("same-boundary", county)
        year = row["period"][:4]
        assert row["value_text"] in {value for (_, period), value in own.items() if year in period}


def test_a_divided_county_is_given_to_neither_of_the_councils_that_followed_it(
    catalogue: sqlite3.Connection,
) -> None:
    for county in ("E10000006", "E10000009", "E10000021"):
        like = f"%{county}%"
        assert (
            catalogue.execute(
                "SELECT count(*) FROM restated_figures WHERE predecessors LIKE ? OR missing_predecessors LIKE ?",
                (like, like),
            ).fetchone()[0]
            == 0
        )


def test_a_service_that_one_district_did_not_run_leaves_a_gap(catalogue: sqlite3.Connection) -> None:
    # Christchurch ran no children's services: Dorset's figure has them, and children elsewhere as well.
    rows = catalogue.execute(
        "SELECT * FROM restated_figures WHERE area = 'E06000058' AND indicator = 'care-cost-per-child'"
    ).fetchall()
    assert rows
    for row in rows:
        assert (row["value"], row["gap"]) == (None, "predecessor-missing")
        assert row["missing_predecessors"] == "E07000048"

"""London's neighbourhoods in the example, held against what is published of their boroughs, and all of England.

Three sets of neighbourhoods, four orders of deprivation. What the order of neighbourhoods says of a borough has to
agree with the share that the publisher gives of the borough.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from shapely.geometry import Polygon

from api.maps import read_outline
from compare.neighbourhoods import tenth
from examples.make_england import areas, neighbourhoods
from examples.make_england.ledger import Ledger
from examples.make_england.register import COUNCILS
from examples.make_england.sources import load_csv

ENGLAND = Path(__file__).resolve().parent.parent / "examples" / "england"
FOLDER = ENGLAND / "neighbourhoods"
HARROW = "E09000015"
ORDERS = {"2010": 32_482, "2015": 32_844, "2019": 32_844, "2025": 33_755}

Row = dict[str, str]


@cache
def rows(name: str) -> list[Row]:
    return load_csv(FOLDER / f"{name}.csv.gz")


@cache
def parents() -> dict[str, str]:
    return {row["area"]: row["parent"] for row in rows("parents")}


def places(year: str, council: str | None = None) -> dict[str, int]:
    return {
        row["area"]: int(row["value"])
        for row in rows("deprivation")
        if row["period"] == year and (council is None or parents()[row["area"]] == council)
    }


def test_every_borough_of_london_has_neighbourhoods_in_every_order():
    """4,765, 4,835 and 4,994 neighbourhoods are what the statistics office counts in London."""
    assert len(set(parents().values())) == 33
    counts = {year: len(places(year)) for year in ORDERS}
    assert counts == {"2010": 4_765, "2015": 4_835, "2019": 4_835, "2025": 4_994}
    for year in ORDERS:
        assert {parents()[area] for area in places(year)} == set(parents().values())


def test_a_neighbourhood_has_a_place_only_while_its_set_counts():
    dates = {row["area"]: (row["start_on"], row["end_on"]) for row in rows("neighbourhoods")}
    for row in rows("deprivation"):
        start_on, end_on = dates[row["area"]]
        year = f"{row['period']}-01-01"
        assert not start_on or start_on <= year, row
        assert not end_on or end_on >= year, row


def test_what_was_split_is_followed_by_its_parts():
    """Harrow 023A was split in four after the census of 2021, and its name was not used again."""
    split = {row["to_area"] for row in rows("changes") if row["from_area"] == "E01002126"}
    assert split == {"E01034595", "E01034596", "E01034597", "E01034598"}
    labels = {row["area"]: row["label"] for row in rows("neighbourhoods")}
    assert {labels[area] for area in split} == {"Harrow 023E", "Harrow 023F", "Harrow 023G", "Harrow 023H"}


@pytest.mark.parametrize("year", ["2015", "2019", "2025"])
def test_the_order_agrees_with_the_share_that_is_published_of_each_borough(year: str):
    with (ENGLAND / "mhclg" / "deprivation.csv").open(encoding="utf-8", newline="") as file:
        shares = {row["area"]: row["value"] for row in csv.DictReader(file) if row["period"] == year}
    for council in sorted(set(parents().values())):
        inside = places(year, council)
        first = sum(tenth(place, ORDERS[year]) == 1 for place in inside.values())
        share = Decimal(first) / len(inside) * 100
        assert abs(share - Decimal(shares[council])) < Decimal("0.06"), council


def test_harrow_has_a_shape_for_every_neighbourhood_of_2011_and_for_no_other():
    shapes = {row["area"]: row["shape"] for row in rows("shapes")}
    assert set(shapes) == set(places("2019", HARROW)) == set(places("2015", HARROW))
    assert set(shapes) != set(places("2010", HARROW))
    assert set(shapes) != set(places("2025", HARROW))
    rings = [ring for area, shape in shapes.items() for ring in read_outline(area, shape).rings]
    assert all(Polygon(ring).is_valid for ring in rings)
    square_metres = sum(Polygon(ring).area for ring in rings)
    assert square_metres == pytest.approx(50_470_000, rel=0.02)  # Harrow has 50.47 square kilometres


def test_the_packed_files_hold_no_time():
    """The bytes of a gzip file tell when it was made, unless that is left out."""
    for path in [*FOLDER.glob("*.gz"), ENGLAND / "groups" / "neighbours.csv.gz"]:
        assert path.read_bytes()[4:8] == b"\0\0\0\0"
        assert gzip.decompress(path.read_bytes())


@pytest.mark.sources
def test_all_of_england_is_read_by_the_same_reader(sources: Path):
    """Every neighbourhood of England has a council of today, a name and dates, and no row is lost."""
    ledger = Ledger()
    register = areas.read_areas(sources, ledger)
    areas.read_names(sources, register, ledger)
    councils = {area.area for area in register.current(COUNCILS)}
    tables = neighbourhoods.read_neighbourhoods(sources, register, councils, ledger)
    assert Counter(row["period"] for row in tables["observations"]) == ORDERS
    inside = {row["area"]: row["parent"] for row in tables["area_parents"]}
    assert {row["area"] for row in tables["observations"]} <= set(inside)
    assert len(set(inside.values())) == 296  # councils of England that are not counties
    assert all(row["label"] for row in tables["areas"])
    ledger.lines()


@pytest.mark.sources
@pytest.mark.parametrize(
    ("order", "decile", "astray"),
    [
        (0, "IMD_decile", 8),  # at the edges of nine tenths the file of 2010 rounds up
        (1, "IMD_decile", 0),
        (2, "Index of Multiple Deprivation (IMD) Decile", 0),
        (3, "IMD_decile", 0),
    ],
)
def test_tenths_are_the_publishers_own_deciles(order: int, decile: str, astray: int, sources: Path):
    one = neighbourhoods.ORDERS[order]
    every = load_csv(sources / "imd" / one.file)
    read = [(int(float(row[one.rank].replace(",", ""))), int(float(row[decile]))) for row in every]
    assert sum(tenth(place, len(every)) != published for place, published in read) == astray

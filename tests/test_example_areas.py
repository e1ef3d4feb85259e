"""The areas, bodies and boundaries of the bundled example are those that there are."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest
from example_rows import (
    LOWER,
    RECODED,
    UPPER,
    current,
    rows,
)
from shapely.geometry import Polygon
from shapely.ops import unary_union

from examples.make_england.grid import to_grid
from examples.make_england.sources import load_csv

# ---- areas and bodies ----


def test_every_council_of_today_is_there():
    """England has 317 principal authorities since April 2023: the numbers of each kind add up to that."""
    kinds = Counter(
        row["area_type"] for row in rows("areas") if not row["end_on"] and row["area_type"] in UPPER | LOWER
    )
    assert kinds == {
        "county": 21,
        "district": 164,
        "unitary": 63,
        "metropolitan-district": 36,
        "london-borough": 33,
    }
    assert sum(kinds.values()) == 317
    assert len(current({"region"})) == 9


@pytest.mark.sources
def test_councils_are_those_of_look_ups_that_the_script_does_not_use(sources):
    lower = {row["ltla24_code"] for row in load_csv(sources / "area-lookups" / "lookup_ltla24_region24.csv")}
    pairs = load_csv(sources / "area-lookups" / "lookup_ltla23_utla23.csv")
    upper = {row["utla23_code"] for row in pairs if row["utla23_code"].startswith("E")}
    new = {old: new for new, old in RECODED.items()}
    assert current(LOWER) == {new.get(code, code) for code in lower}
    assert current(UPPER) == {new.get(code, code) for code in upper}


@pytest.mark.sources
def test_regions_are_those_of_a_look_up_that_the_script_does_not_use(sources):
    parents = {
        row["area"]: row["parent"] for row in rows("area_parents") if row["hierarchy"] == "administrative"
    }
    for row in load_csv(sources / "area-lookups" / "lookup_ltla24_region24.csv"):
        code = row["ltla24_code"]
        while not code.startswith("E12"):
            code = parents[code]
        assert code == row["region24_code"], row


ORDERS = {
    "Somerset": "The Somerset (Structural Changes) Order 2022",
    "Taunton": "The Somerset West and Taunton (Local Government Changes) Order 2018",
    "Cumbria": "The Cumbria (Structural Changes) Order 2022",
    "North Yorkshire": "The North Yorkshire (Structural Changes) Order 2022",
    "Northamptonshire": "The Northamptonshire (Structural Changes) Order 2020",
    "Buckinghamshire": "The Buckinghamshire (Structural Changes) Order 2019",
    "Dorset": "The Bournemouth, Dorset and Poole (Structural Changes) Order 2018",
    "East Suffolk": "The East Suffolk (Local Government Changes) Order 2018",
    "West Suffolk": "The West Suffolk (Local Government Changes) Order 2018",
}


@pytest.mark.parametrize(
    ("code", "last_day", "heirs", "order"),
    [
        ("E10000027", "2023-03-31", {"E06000066"}, "Somerset"),
        ("E07000246", "2023-03-31", {"E06000066"}, "Somerset"),
        ("E07000190", "2019-03-31", {"E07000246"}, "Taunton"),
        ("E10000006", "2023-03-31", {"E06000063", "E06000064"}, "Cumbria"),
        ("E10000023", "2023-03-31", {"E06000065"}, "North Yorkshire"),
        ("E10000021", "2021-03-31", {"E06000061", "E06000062"}, "Northamptonshire"),
        ("E10000002", "2020-03-31", {"E06000060"}, "Buckinghamshire"),
        ("E10000009", "2019-03-31", {"E06000058", "E06000059"}, "Dorset"),
        ("E06000028", "2019-03-31", {"E06000058"}, "Dorset"),
        ("E07000205", "2019-03-31", {"E07000244"}, "East Suffolk"),
        ("E07000201", "2019-03-31", {"E07000245"}, "West Suffolk"),
    ],
)
def test_council_that_ended_names_its_heirs_and_the_order(code, last_day, heirs, order):
    area = next(row for row in rows("areas") if row["area"] == code)
    changes = [row for row in rows("area_changes") if row["from_area"] == code]
    assert area["end_on"] == last_day
    assert {row["to_area"] for row in changes} == heirs
    assert {row["legal_order"] for row in changes} == {ORDERS[order]}


def test_every_area_that_ended_has_an_heir():
    ended = {row["area"] for row in rows("areas") if row["end_on"]}
    assert ended <= {row["from_area"] for row in rows("area_changes")}


def test_every_area_lies_in_the_kingdom():
    parents = defaultdict(set)
    for row in rows("area_parents"):
        if row["hierarchy"] in {"administrative", "statistical"}:
            parents[row["area"]].add(row["parent"])
    for row in rows("areas"):
        code, steps = row["area"], 0
        while code != "K02000001":
            assert len(parents[code]) == 1, code
            code, steps = next(iter(parents[code])), steps + 1
            assert steps < 6


def test_every_council_of_today_has_one_body():
    links = Counter(row["area"] for row in rows("body_areas") if not row["end_on"])
    for code in current(UPPER | LOWER):
        assert links[code] == 1, code


def test_body_is_not_its_boundary():
    """One council, two codes: the boundary of Northumberland moved in 2013 and the council went on."""
    areas = {row["area"] for row in rows("body_areas") if row["body"] == "northumberland-county-council"}
    assert areas == {"E06000048", "E06000057"}
    assert not any("northumberland-county-council" in row.values() for row in rows("body_changes"))


def test_barnsley_kept_its_council_when_its_code_changed():
    links = {row["area"]: row for row in rows("body_areas") if row["body"].startswith("barnsley")}
    assert links["E08000016"]["end_on"] == "2025-03-31"
    assert links["E08000038"]["start_on"] == "2025-04-01"


# ---- boundaries ----


def polygons(shape: str) -> list[list[tuple[int, int]]]:
    return [
        [(int(east), int(north)) for east, north in re.findall(r"(\d+),(\d+)", ring)]
        for ring in shape.split("Z")
        if ring
    ]


def as_area(shape: str) -> Polygon:
    """Take outlines and holes together: what lies inside an odd number of outlines."""
    whole = Polygon()
    for ring in polygons(shape):
        whole = whole.symmetric_difference(Polygon(ring).buffer(0))
    return whole


def test_every_council_and_region_of_today_has_a_boundary():
    shapes = {row["area"] for row in rows("boundaries") if not row["area"].startswith("E01")}
    assert shapes == current(UPPER | LOWER | {"region"}) | {"E92000001"}


def test_neighbours_share_their_edges():
    """Laid side by side, the councils of one tier leave no gaps and cover nothing twice."""
    shapes = {row["area"]: as_area(row["shape"]) for row in rows("boundaries")}
    for types in (LOWER, UPPER):
        parts = [shapes[code] for code in sorted(current(types))]
        together = unary_union(parts)
        assert abs(sum(part.area for part in parts) - together.area) < 0.0002 * together.area
        assert together.symmetric_difference(shapes["E92000001"]).area < 0.0005 * together.area


def test_boundary_is_about_as_large_as_the_land():
    """England has 130,300 square kilometres and Harrow 50."""
    shapes = {row["area"]: as_area(row["shape"]) for row in rows("boundaries")}
    assert shapes["E92000001"].area / 1e6 == pytest.approx(130_300, rel=0.02)
    assert shapes["E09000015"].area / 1e6 == pytest.approx(50.5, rel=0.03)


def test_degrees_fall_on_the_grid_within_ten_metres():
    """The water tower at Caister, the worked example of the Ordnance Survey's guide."""
    east, north = to_grid(1.7160740, 52.6580080)
    assert (east, north) == pytest.approx((651_409.9, 313_177.3), abs=10)

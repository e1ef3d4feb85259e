"""Which earlier areas make up an area of today, on changes that can be followed by hand."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from compare.lineage import MOST_PARTS, AreaChange, Cover, find_covers

TYPES = {
    "COUNTY": "county",
    **dict.fromkeys("ABCD", "district"),
    "NEW": "unitary",
    "OTHER": "unitary",
    "JOINED": "district",
}


def covers(*changes: tuple[str, str, int, str], of: str = "NEW") -> list[tuple[str, ...]]:
    """Give the parts of each cover of an area, from (from, to, year, kind)."""
    return [cover.parts for cover in _find(*changes, of=of)]


def _find(*changes: tuple[str, str, int, str], of: str = "NEW") -> tuple[Cover, ...]:
    rows = [AreaChange(old, new, dt.date(year, 4, 1), kind) for old, new, year, kind in changes]
    return find_covers(rows, TYPES, [of]).get(of, ())


def test_merged_districts_are_the_whole_of_the_area_that_followed_them() -> None:
    assert covers(("A", "NEW", 2023, "merged"), ("B", "NEW", 2023, "merged")) == [("A", "B")]


def test_a_county_with_the_same_boundary_and_its_districts_are_two_covers_and_never_one() -> None:
    county, districts = _find(
        ("COUNTY", "NEW", 2020, "recoded"), ("A", "NEW", 2020, "merged"), ("B", "NEW", 2020, "merged")
    )
    assert (county.parts, county.is_same) == (("COUNTY",), True)
    assert (districts.parts, districts.is_same) == (("A", "B"), False)


def test_a_county_that_was_divided_is_part_of_no_cover_and_its_districts_are() -> None:
    changes = [("COUNTY", "NEW", 2023, "split"), ("COUNTY", "OTHER", 2023, "split")]
    changes += [("A", "NEW", 2023, "merged"), ("B", "NEW", 2023, "merged")]
    assert covers(*changes) == [("A", "B")]


def test_counties_that_lie_over_the_districts_are_not_added_to_them() -> None:
    types = TYPES | {"COUNTY 2": "county"}
    rows = [AreaChange(old, "NEW", dt.date(2023, 4, 1), "merged") for old in ("COUNTY", "COUNTY 2", "A", "B")]
    assert [cover.parts for cover in find_covers(rows, types, ["NEW"])["NEW"]] == [("A", "B")]


def test_a_part_of_an_area_is_no_whole() -> None:
    assert covers(("A", "NEW", 2023, "merged"), ("B", "NEW", 2023, "split")) == []
    assert covers(("A", "NEW", 2023, "boundary-moved")) == []
    assert covers(("A", "NEW", 2023, "recoded"), ("B", "NEW", 2023, "boundary-moved")) == []
    # One that became part of something larger is not all of it.
    assert covers(("A", "NEW", 2023, "merged")) == []


def test_an_area_that_went_two_ways_is_part_of_no_cover() -> None:
    both = [("A", "NEW", 2023, "merged"), ("B", "NEW", 2023, "merged")]
    assert covers(*both, ("B", "OTHER", 2023, "boundary-moved")) == []
    assert covers(*both, ("B", "OTHER", 2023, "merged")) == []


def test_an_area_that_gave_ground_away_later_is_not_what_it_was_made_of() -> None:
    both = [("A", "NEW", 2019, "merged"), ("B", "NEW", 2019, "merged")]
    assert covers(*both, ("NEW", "OTHER", 2021, "boundary-moved")) == []
    assert covers(*both, ("NEW", "OTHER", 2019, "renamed")) == [("A", "B")]


def test_predecessors_of_predecessors_come_after_the_nearer_ones() -> None:
    found = covers(
        ("A", "JOINED", 2019, "merged"),
        ("B", "JOINED", 2019, "merged"),
        ("JOINED", "NEW", 2023, "merged"),
        ("C", "NEW", 2023, "merged"),
    )
    assert found == [("C", "JOINED"), ("A", "B", "C")]


def test_a_new_code_for_a_new_code_has_the_same_boundary() -> None:
    first, second = _find(("A", "B", 2019, "recoded"), ("B", "NEW", 2023, "recoded"))
    assert (first.parts, second.parts, second.is_same) == (("B",), ("A",), True)


def test_an_area_that_follows_itself_and_a_circle_give_nothing_more() -> None:
    assert covers(("NEW", "NEW", 2018, "renamed")) == []
    circle = [("A", "NEW", 2023, "recoded"), ("NEW", "A", 2020, "recoded"), ("A", "NEW", 2017, "recoded")]
    assert covers(*circle) == [("A",)]
    same_day = [("A", "NEW", 2023, "recoded"), ("NEW", "A", 2023, "recoded")]
    assert covers(*same_day) == [("A",)]


def test_no_area_is_counted_twice_where_changes_contradict_each_other() -> None:
    found = covers(
        ("A", "JOINED", 2019, "merged"),
        ("B", "JOINED", 2019, "merged"),
        ("JOINED", "NEW", 2023, "merged"),
        ("A", "NEW", 2023, "merged"),
    )
    assert found == [("A", "JOINED")]


def test_two_areas_with_the_same_boundary_as_one_are_a_contradiction() -> None:
    assert covers(("A", "NEW", 2023, "recoded"), ("B", "NEW", 2023, "recoded")) == []
    assert covers(("A", "NEW", 2023, "recoded"), ("B", "NEW", 2023, "merged")) == []


AREAS = st.sampled_from(sorted(TYPES))
CHANGES = st.lists(
    st.tuples(
        AREAS,
        AREAS,
        st.integers(2015, 2020),
        st.sampled_from(["merged", "recoded", "split", "boundary-moved", "renamed"]),
    ),
    max_size=25,
)


@given(CHANGES)
def test_whatever_the_changes_a_cover_is_made_of_other_areas_each_once(
    changes: list[tuple[str, str, int, str]],
) -> None:
    rows = [AreaChange(old, new, dt.date(year, 4, 1), kind) for old, new, year, kind in changes]
    for area, found in find_covers(rows, TYPES, TYPES).items():
        assert len({(cover.parts, cover.changed_on) for cover in found}) == len(found)
        for cover in found:
            assert area == cover.area
            assert area not in cover.parts
            assert len(set(cover.parts)) == len(cover.parts) <= MOST_PARTS
            assert cover.is_same <= (len(cover.parts) == 1)
            counties = {TYPES[part] == "county" for part in cover.parts}
            assert len(counties) == 1


@given(CHANGES, st.randoms(use_true_random=False))
def test_the_order_of_the_changes_makes_no_difference(changes, random) -> None:
    rows = [AreaChange(old, new, dt.date(year, 4, 1), kind) for old, new, year, kind in changes]
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert find_covers(rows, TYPES, TYPES) == find_covers(shuffled, TYPES, TYPES)

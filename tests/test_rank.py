"""Ranks with the places they may as well have, on sets that can be checked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from compare import Figure, NotKnown, Ranking, rank
from compare.rank import Ends


def council(area: str, value: float | None, limits: tuple[float, float] | None = None) -> Figure:
    return Figure(
        indicator="i",
        version="1.0.0",
        dataset="d",
        unit="percent",
        area=area,
        area_type="unitary",
        period="2024-01-01/P1Y",
        period_kind="calendar-year",
        period_start=dt.date(2024, 1, 1),
        period_end=dt.date(2024, 12, 31),
        value=None if value is None else Decimal(str(value)),
        lower_limit=Decimal(str(limits[0])) if limits else None,
        upper_limit=Decimal(str(limits[1])) if limits else None,
        tiers=frozenset({"upper-tier"}),
    )


def ranked(focus: Figure, *others: Figure, limits: dict[str, Ends] | None = None) -> Ranking:
    found = rank(focus, others, limits=limits)
    assert isinstance(found, Ranking), found
    return found


A = council("A", 10, (9, 11))
B = council("B", 8, (7, 9))
C = council("C", 5, (4, 6))
D = council("D", 1, (0, 2))


def test_a_place_has_the_places_that_cannot_be_told_apart_from_it() -> None:
    focus = ranked(B, A, C, D).focus
    assert (focus.place, focus.highest_place, focus.lowest_place) == (2, 1, 2)
    assert focus.cannot_be_told_apart == 1
    last = ranked(D, A, B, C).focus
    assert (last.place, last.highest_place, last.lowest_place, last.cannot_be_told_apart) == (4, 4, 4, 0)


def test_equal_figures_share_the_first_of_their_places() -> None:
    found = ranked(council("X", 3), council("Y", 3), council("Z", 1))
    assert [(one.figure.area, one.place, one.lowest_place) for one in found.ranked] == [
        ("X", 1, 2),
        ("Y", 1, 2),
        ("Z", 3, 3),
    ]
    assert found.ranges_known == 0


def test_limits_that_were_worked_out_stand_in_where_none_are_published() -> None:
    bare = replace(B, lower_limit=None, upper_limit=None)
    found = ranked(bare, A, limits={"B": (Decimal(7), Decimal("9.5"))})
    assert found.focus.limits == (Decimal(7), Decimal("9.5"))
    assert found.focus.cannot_be_told_apart == 1


def test_limits_that_leave_out_the_figure_are_not_used() -> None:
    astray = council("B", 8, (20, 30))
    assert ranked(astray, A, C).focus.limits is None


def test_who_may_not_be_compared_is_given_with_the_reason_and_has_no_place() -> None:
    district = replace(council("E", 9), area_type="district", tiers=frozenset({"lower-tier"}))
    county = replace(council("F", 9), runs=False)
    missing = replace(council("G", None), status="suppressed")
    region = replace(council("R", 7), area_type="region", tiers=frozenset())
    found = ranked(A, B, C, D, district, county, missing, region)
    assert found.among == 4
    assert [(figure.area, verdict.reasons[0].code) for figure, verdict in found.refused] == [
        ("E", "area-type"),
        ("G", "no-value"),
        ("R", "area-type"),
    ]
    assert [figure.area for figure in found.does_not_run] == ["F"]


def test_quarters_are_told_by_quartiles() -> None:
    found = ranked(A, B, C, D)
    assert [one.quartile for one in found.ranked] == [
        "highest-quarter",
        "upper-middle",
        "lower-middle",
        "lowest-quarter",
    ]
    assert [one.difference for one in found.ranked] == [0, -2, -5, -9]


def test_what_has_no_rank_says_why() -> None:
    others = [B, C]
    for focus, code in (
        (council("A", None), "no-value"),
        (replace(A, is_total=True), "total"),
        (replace(A, runs=False), "not-comparable"),
        (replace(A, status="definition-differs"), "not-comparable"),
    ):
        found = rank(focus, others)
        assert isinstance(found, NotKnown)
        assert found.code == code
    alone = rank(A, [A])
    assert isinstance(alone, NotKnown)
    assert alone.code == "one-point"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=2, max_size=25))
def test_places_agree_with_every_pair_compared(drawn: list[tuple[int, int]]) -> None:
    figures = [
        council(f"A{place:02}", value, (value - reach, value + reach))
        for place, (value, reach) in enumerate(drawn)
    ]
    found = ranked(figures[0], *figures[1:])
    for one in found.ranked:
        assert one.limits is not None
        rest = [other for other in found.ranked if other is not one]
        above = sum(other.limits[0] > one.limits[1] for other in rest if other.limits)
        below = sum(other.limits[1] < one.limits[0] for other in rest if other.limits)
        higher = sum((other.figure.value or 0) > (one.figure.value or 0) for other in rest)
        assert (one.place, one.highest_place) == (1 + higher, 1 + above)
        assert one.lowest_place == found.among - below
        assert one.cannot_be_told_apart == len(rest) - above - below
        assert one.highest_place <= one.place <= one.lowest_place

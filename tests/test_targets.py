"""Whether a target is met: every basis, every test, with a range and without one. Worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from compare import Limits
from compare.targets import Judged, Target, judge, percentile, share_of_way, wanted_value
from ingest.period import make_period, read_period, year_before


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def ends(lower: str, upper: str) -> Limits:
    return Limits(Decimal(lower), Decimal(upper), "published")


HALF = Target("at-least", "absolute", Decimal(50))
AT_MOST = Target("at-most", "absolute", Decimal(50))
BAND = Target("between", "absolute", Decimal(50), Decimal(60))


@pytest.mark.parametrize(
    ("target", "value", "limits", "result"),
    [
        (HALF, "52", ("50", "54"), "met"),  # the range begins on the target
        (HALF, "52", ("49.9", "54"), "cannot-tell"),
        (HALF, "49", ("48", "50"), "cannot-tell"),
        (HALF, "48", ("46", "49.9"), "not-met"),
        (AT_MOST, "48", ("46", "50"), "met"),
        (AT_MOST, "48", ("46", "50.1"), "cannot-tell"),
        (AT_MOST, "52", ("50.1", "54"), "not-met"),
        (BAND, "55", ("50", "60"), "met"),
        (BAND, "55", ("49", "60"), "cannot-tell"),
        (BAND, "55", ("50", "61"), "cannot-tell"),
        (BAND, "48", ("46", "49.9"), "not-met"),
        (BAND, "63", ("60.1", "66"), "not-met"),
    ],
)
def test_target_is_tested_with_the_whole_range(
    target: Target, value: str, limits: tuple[str, str], result: str
) -> None:
    found = judge(target, Decimal(value), ends(*limits))
    assert (found.result, found.is_range_known) == (result, True)


@pytest.mark.parametrize(
    ("target", "value", "result"),
    [
        (HALF, "50", "met"),
        (HALF, "49.9", "not-met"),
        (AT_MOST, "50", "met"),
        (AT_MOST, "50.1", "not-met"),
        (BAND, "60", "met"),
        (BAND, "60.1", "not-met"),
        (BAND, "49.9", "not-met"),
    ],
)
def test_without_a_range_the_figure_alone_decides_and_it_is_said(
    target: Target, value: str, result: str
) -> None:
    found = judge(target, Decimal(value), None)
    assert (found.result, found.is_range_known) == (result, False)


def test_zero_is_a_figure_and_none_is_not() -> None:
    assert judge(HALF, Decimal(0), None).result == "not-met"
    assert judge(HALF, None, None) == Judged("no-figure", Decimal(50))


def test_range_that_leaves_out_its_figure_is_not_used() -> None:
    assert judge(HALF, Decimal(52), ends("40", "45")).is_range_known is False


def test_figure_counted_in_another_way_tells_nothing() -> None:
    found = judge(HALF, Decimal(80), None, is_as_defined=False)
    assert (found.result, found.is_range_known) == ("cannot-tell", None)


def test_percentile_of_a_group_lies_between_its_figures() -> None:
    figures = [Decimal(text) for text in ("40", "10", "20")]
    assert percentile(figures, Decimal(0)) == 10
    assert percentile(figures, Decimal(100)) == 40
    assert percentile(figures, Decimal(50)) == 20
    # Three quarters along three figures is halfway from the second to the third.
    assert percentile(figures, Decimal(75)) == 30
    assert percentile(figures[:1], Decimal(50)) is None


def test_percentile_target_asks_for_the_groups_figure() -> None:
    figures = [Decimal(text) for text in ("10", "20", "40")]
    found = judge(
        Target("at-least", "percentile", Decimal(75)), Decimal(31), ends("29", "33"), measured_from=figures
    )
    assert (found.result, found.wanted) == ("cannot-tell", Decimal(30))


def test_band_of_percentiles_has_two_figures_of_the_group() -> None:
    target = Target("between", "percentile", Decimal(25), Decimal(75))
    found = judge(target, Decimal(16), None, measured_from=[Decimal(10), Decimal(20), Decimal(40)])
    assert (found.wanted, found.upper_wanted, found.result) == (Decimal(15), Decimal(30), "met")


@pytest.mark.parametrize("basis", ["national-last-year", "own-last-year"])
def test_value_is_added_to_the_figure_of_a_year_earlier(basis: str) -> None:
    target = Target("at-least", basis, Decimal("1.5"))
    found = judge(target, Decimal("42"), None, measured_from=[Decimal("40.5")])
    assert (found.wanted, found.result) == (Decimal("42.0"), "met")
    less = Target("at-most", basis, Decimal(-2))
    assert judge(less, Decimal("38.6"), None, measured_from=[Decimal("40.5")]).result == "not-met"


@pytest.mark.parametrize("basis", ["percentile", "national-last-year", "own-last-year"])
def test_without_what_it_is_measured_from_nothing_is_decided(basis: str) -> None:
    found = judge(Target("at-least", basis, Decimal(50)), Decimal(60), None)
    assert found == Judged("no-benchmark")


def test_gap_is_a_signed_difference_like_any_figure() -> None:
    # Children on free meals are 18 points behind; the gap is to be no wider than 15.
    gap = Target("at-least", "absolute", Decimal(-15))
    assert judge(gap, Decimal(-18), ends("-20", "-16")).result == "not-met"
    assert judge(gap, Decimal(-14), ends("-14.5", "-13")).result == "met"


def test_unknown_test_and_basis_are_our_errors() -> None:
    with pytest.raises(ValueError, match="no test"):
        judge(Target("about", "absolute", Decimal(1)), Decimal(1), None)
    with pytest.raises(ValueError, match="no basis"):
        wanted_value("guess", Decimal(1), [])


@pytest.mark.parametrize(
    ("baseline", "value", "test", "wanted", "upper", "share"),
    [
        ("40", "45", "at-least", "50", None, "50"),
        ("40", "40", "at-least", "50", None, "0"),
        ("40", "52", "at-least", "50", None, "120"),
        ("40", "38", "at-least", "50", None, "-20"),
        ("60", "54", "at-most", "50", None, "60"),
        ("40", "45", "between", "50", "60", "50"),
        ("70", "65", "between", "50", "60", "50"),
        ("50", "55", "at-least", "50", None, None),  # there already
        ("55", "58", "between", "50", "60", None),
        (None, "45", "at-least", "50", None, None),
    ],
)
def test_progress_is_the_part_of_the_way_from_the_baseline(
    baseline: str | None, value: str, test: str, wanted: str, upper: str | None, share: str | None
) -> None:
    found = share_of_way(number(baseline), Decimal(value), test, Decimal(wanted), number(upper))
    assert found == number(share)


def test_a_year_earlier_is_the_same_stretch_of_the_year_before() -> None:
    quarters = [read_period(text) for text in ("2023-Q4", "2023-Q1", "2022-Q1", "2023")]
    assert year_before(read_period("2024-Q1"), quarters) == read_period("2023-Q1")
    assert year_before(read_period("2024-Q2"), quarters) is None
    rolling = [make_period(date(2019, 4, 1), "P3Y"), make_period(date(2017, 4, 1), "P3Y")]
    assert year_before(make_period(date(2020, 4, 1), "P3Y"), rolling) == rolling[0]


def test_a_year_earlier_of_a_day_is_the_nearest_count() -> None:
    days = [read_period(text) for text in ("2023-01-19", "2022-01-20", "2023-05-18")]
    assert year_before(read_period("2024-01-18"), days) == days[0]
    assert year_before(read_period("2024-02-29"), days) is None

"""Differences, targets, false alarms, funnels and trends, by hand and against scipy and statsmodels."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from compare import (
    Difference,
    FalseAlarms,
    Figure,
    Funnel,
    Limits,
    NotKnown,
    Step,
    TargetResult,
    Trend,
    Unit,
    against,
    difference,
    false_alarms,
    funnel,
    share_limits,
    target_result,
    trend,
)
from compare.funnel import dispersion
from compare.trend import mann_kendall


def share(cases: int, of: int) -> tuple[Decimal, Limits]:
    found = share_limits(cases, of, 1)
    assert isinstance(found, Limits)
    return Decimal(cases) / of, found


def test_a_figure_is_clearly_higher_if_its_whole_range_is() -> None:
    limits = Limits(Decimal(4), Decimal(6), "published")
    assert against(Decimal(5), limits, Decimal("3.9")) == "higher"
    assert against(Decimal(5), limits, Decimal(4)) == "no-clear-difference"
    assert against(Decimal(5), limits, Decimal("6.1")) == "lower"
    assert against(Decimal(5), None, Decimal("4.9")) == "higher"


def test_limits_that_leave_out_their_value_say_nothing() -> None:
    astray = Limits(Decimal(6), Decimal(7), "published")
    for found in (
        against(Decimal(5), astray, Decimal(3)),
        difference(Decimal(5), astray, Decimal(3), astray),
        target_result(Decimal(5), astray, "at-least", Decimal(3)),
    ):
        assert isinstance(found, NotKnown)
        assert found.code == "limits-exclude-value"


@pytest.mark.parametrize(
    ("a", "b", "lower", "upper"), [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)]
)
def test_differences_of_shares_are_those_of_newcombe_s_table(
    a: tuple[int, int], b: tuple[int, int], lower: float, upper: float
) -> None:
    found = difference(*share(*a), *share(*b))
    assert isinstance(found, Difference)
    assert found.limits is not None
    assert (float(found.limits.lower), float(found.limits.upper)) == pytest.approx((lower, upper), abs=5e-5)
    assert found.direction == "higher"


@given(st.tuples(*[st.integers(1, 500)] * 4))
def test_differences_of_shares_agree_with_statsmodels(sizes: tuple[int, int, int, int]) -> None:
    (x, n), (y, m) = sorted(sizes[:2]), sorted(sizes[2:])
    found = difference(*share(x, n), *share(y, m))
    assert isinstance(found, Difference)
    assert found.limits is not None
    expected = confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff")
    assert (float(found.limits.lower), float(found.limits.upper)) == pytest.approx(expected, abs=1e-6)


def test_without_limits_any_difference_counts_and_that_is_said() -> None:
    found = difference(Decimal(5), None, Decimal(7), Limits(Decimal(6), Decimal(8), "published"))
    assert isinstance(found, Difference)
    assert (found.direction, found.is_range_known, found.amount) == ("lower", False, -2)


@pytest.mark.parametrize(
    ("test", "target", "upper", "answer"),
    [
        ("at-least", 4, None, "met"),
        ("at-least", 5, None, "cannot-tell"),
        ("at-least", 7, None, "not-met"),
        ("at-most", 6, None, "met"),
        ("at-most", 5, None, "cannot-tell"),
        ("at-most", 3, None, "not-met"),
        ("between", 4, 6, "met"),
        ("between", 5, 9, "cannot-tell"),
        ("between", 7, 9, "not-met"),
    ],
)
def test_a_target_is_met_if_the_whole_range_meets_it(
    test: str, target: int, upper: int | None, answer: str
) -> None:
    limits = Limits(Decimal(4), Decimal(6), "published")
    above = None if upper is None else Decimal(upper)
    found = target_result(Decimal(5), limits, test, Decimal(target), above)
    assert found == TargetResult(answer, True)  # type: ignore[arg-type] # the answers are listed above


def test_a_target_without_a_figure_or_of_an_unknown_kind() -> None:
    found = target_result(None, None, "at-least", Decimal(3))
    assert isinstance(found, NotKnown)
    assert target_result(Decimal(3), None, "at-least", Decimal(3)) == TargetResult("met", False)
    with pytest.raises(ValueError, match="no test of a target"):
        target_result(Decimal(3), None, "about", Decimal(3))


def test_of_forty_tests_chance_flags_two() -> None:
    found = false_alarms(40)
    assert isinstance(found, FalseAlarms)
    assert found.expected == 2
    assert float(found.at_least_one) == pytest.approx(100 * (1 - 0.95**40))
    assert (
        stats.binom.sf(found.unusual_from - 1, 40, 0.05)
        < 0.05
        <= stats.binom.sf(found.unusual_from - 2, 40, 0.05)
    )
    assert isinstance(false_alarms(0), NotKnown)


# Funnels.


def units(rates: list[float], of: int = 400) -> list[Unit]:
    return [Unit(f"A{place}", round(rate * of), of) for place, rate in enumerate(rates)]


def test_the_limits_of_a_funnel_worked_by_hand() -> None:
    found = funnel(units([0.5, 0.5]), "share", 100, 50)
    assert isinstance(found, Funnel)
    # sin²(π/4 ± 1.959964 / (2·√400)): 50 ± 50·sin(1.959964/20)
    reach = 50 * math.sin(1.959963985 / 20)
    lower, upper = found.limits(400)
    assert (float(lower), float(upper)) == pytest.approx((50 - reach, 50 + reach), abs=1e-6)
    # (√0.01 ± 3.090232 / (2·√2500))²·1000
    rates = funnel(units([0.01, 0.01], 2500), "rate", 1000, 10)
    assert isinstance(rates, Funnel)
    lower, upper = rates.limits(2500, 99.8)
    assert (float(lower), float(upper)) == pytest.approx(
        (1000 * 0.06909768**2, 1000 * 0.13090232**2), abs=1e-4
    )


def test_limits_of_a_funnel_stay_inside_what_is_possible() -> None:
    found = funnel(units([0.01, 0.99], 100), "share", 100, 1)
    assert isinstance(found, Funnel)
    assert [float(end) for end in found.limits(1, 99.8)] == [0.0, 100.0]


def test_areas_that_differ_by_more_than_chance_widen_the_funnel() -> None:
    spread = funnel(units([0.3 + 0.02 * place for place in range(20)]), "share")
    alike = funnel(units([0.5] * 20), "share")
    assert isinstance(spread, Funnel)
    assert isinstance(alike, Funnel)
    assert spread.is_widened
    assert not alike.is_widened
    assert alike.dispersion == 0
    assert {one.zone for one in spread.placed} == {"inside"}


def test_the_factor_phi_is_the_mean_square_of_deviations_with_the_ends_pulled_in() -> None:
    # Of ten, one at each end is pulled to its neighbour: 1, 1, 2, 3, …, 8, 8.
    values = [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 90]
    assert dispersion(values) == pytest.approx((1 + 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 64) / 10)
    assert dispersion(values[:9]) is None


def test_a_funnel_refuses_parts_that_cannot_be_and_says_which() -> None:
    bad = [Unit("ZERO", 1, 0), Unit("MINUS", -1, 10), Unit("OVER", 11, 10), Unit("NAN", float("nan"), 1)]
    found = funnel([*units([0.5, 0.4]), *bad], "share")
    assert isinstance(found, Funnel)
    assert [(area, why.code) for area, why in found.refused] == [
        ("ZERO", "zero-denominator"),
        ("MINUS", "negative"),
        ("OVER", "above-denominator"),
        ("NAN", "not-a-number"),
    ]
    assert isinstance(funnel(units([0.5]), "share"), NotKnown)
    assert isinstance(funnel(bad, "share"), NotKnown)


# Trends.


def year(start: int, value: float | None, **more: object) -> Figure:
    figure = Figure(
        indicator="i",
        version="1.0.0",
        dataset="d",
        unit="percent",
        area="A",
        area_type="unitary",
        period=f"{start}-01-01/P1Y",
        period_kind="calendar-year",
        period_start=dt.date(start, 1, 1),
        period_end=dt.date(start, 12, 31),
        value=None if value is None else Decimal(str(value)),
        tiers=frozenset({"upper-tier"}),
    )
    return replace(figure, **more)  # type: ignore[arg-type] # fields of Figure by name


def rising(count: int) -> list[Figure]:
    return [year(2010 + place, 10 + place) for place in range(count)]


def test_five_figures_that_all_rise_are_a_trend() -> None:
    found = trend(rising(5))
    assert isinstance(found, Trend)
    assert (found.direction, found.score, found.points) == ("rising", 10, 5)
    assert float(found.chance) == pytest.approx(100 * 2 / 120)
    falling = trend([replace(one, value=-(one.value or 0)) for one in rising(5)])
    assert isinstance(falling, Trend)
    assert falling.direction == "falling"


def test_one_step_back_among_five_figures_is_no_clear_trend() -> None:
    found = trend([year(2010 + at, value) for at, value in enumerate([1, 2, 3, 5, 4])])
    assert isinstance(found, Trend)
    assert found.direction == "no-clear-trend"


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ([], "no-value"),
        ([year(2010, None)], "no-value"),
        (rising(1), "one-point"),
        (rising(4), "too-few-points"),
        ([year(2010 + at, 3) for at in range(8)], "all-equal"),
    ],
)
def test_a_series_without_a_trend_says_why(figures: list[Figure], code: str) -> None:
    found = trend(figures)
    assert isinstance(found, NotKnown)
    assert found.code == code


def test_no_trend_is_drawn_across_a_break_or_a_change_of_definition() -> None:
    broken = rising(8)
    broken[5] = replace(broken[5], status="break")
    found = trend(broken)
    assert isinstance(found, NotKnown)
    assert found.code == "too-few-points"
    steps = [Step("1.0.0", None), Step("2.0.0", "no")]
    changed = [*rising(6)[:3], *(replace(one, version="2.0.0") for one in rising(8)[3:])]
    found = trend(changed, steps=steps)
    assert isinstance(found, Trend)
    assert (found.points, found.first) == (5, "2013-01-01/P1Y")


def test_periods_that_overlap_count_once() -> None:
    rolling = [
        year(start, start, period_end=dt.date(start + 2, 12, 31), period_kind="several-years")
        for start in range(2005, 2018)
    ]
    found = trend(rolling)
    assert isinstance(found, Trend)
    assert found.points == 5
    assert isinstance(trend(rolling[-12:]), NotKnown)


@given(st.lists(st.integers(0, 100), min_size=5, max_size=10, unique=True))
def test_without_ties_the_chance_is_that_of_kendall(values: list[int]) -> None:
    expected = stats.kendalltau(range(len(values)), values, method="exact").pvalue
    assert mann_kendall([Decimal(value) for value in values])[1] == pytest.approx(expected)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6))
def test_with_ties_the_chance_is_that_of_all_orders_tried(values: list[int]) -> None:
    def score(order: tuple[int, ...]) -> int:
        return sum((b > a) - (b < a) for a, b in itertools.combinations(order, 2))

    orders = [score(order) for order in itertools.permutations(values)]
    seen = score(tuple(values))
    expected = sum(abs(one) >= abs(seen) for one in orders) / len(orders)
    found = mann_kendall([Decimal(value) for value in values])
    assert found[0] == seen
    assert found[1] == pytest.approx(expected)

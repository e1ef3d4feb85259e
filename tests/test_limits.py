"""Limits of figures, against values worked by hand, published tables, scipy and statsmodels."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from compare import (
    Limits,
    NotKnown,
    Parts,
    Stratum,
    count_limits,
    figure_limits,
    mean_limits,
    rate_limits,
    share_limits,
    standardised_rate,
)


def ends(found: Limits | tuple[Decimal, Limits] | NotKnown) -> tuple[float, float]:
    assert isinstance(found, Limits), found
    return float(found.lower), float(found.upper)


def reason(found: object) -> str:
    assert isinstance(found, NotKnown), found
    assert found.text.endswith(".")
    return found.code


@pytest.mark.parametrize(
    ("cases", "of", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_limits_of_shares_are_those_of_newcombe_s_table(
    cases: int, of: int, lower: float, upper: float
) -> None:
    assert ends(share_limits(cases, of, 1)) == pytest.approx((lower, upper), abs=5e-5)


def test_a_share_worked_by_hand() -> None:
    # 5 of 10 with z = 1.959964: (2·10·0.5 + z² ± z·√(z² + 4·10·0.25)) / (2·(10 + z²))
    assert ends(share_limits(5, 10)) == pytest.approx((23.6593, 76.3407), abs=1e-4)


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.sampled_from([90.0, 95.0, 99.8]))
def test_limits_of_shares_agree_with_statsmodels(cases: int, of: int, level: float) -> None:
    cases = min(cases, of)
    expected = proportion_confint(cases, of, alpha=1 - level / 100, method="wilson")
    assert ends(share_limits(cases, of, 1, level)) == pytest.approx(expected, abs=1e-8)
    found = share_limits(cases, of, 100, level)
    assert isinstance(found, Limits)
    assert found.holds(Decimal(cases) / of * 100) or cases / of * 100 == pytest.approx(float(found.lower))


@pytest.mark.parametrize(
    ("cases", "lower", "upper"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (9, 4.115, 17.085)]
)
def test_limits_below_ten_cases_are_those_of_garwood_s_table(cases: int, lower: float, upper: float) -> None:
    found = count_limits(cases)
    assert ends(found) == pytest.approx((lower, upper), abs=6e-4)
    assert isinstance(found, Limits)
    assert found.method == "exact-poisson"


@given(st.integers(0, 9), st.sampled_from([90.0, 95.0, 99.8]))
def test_exact_limits_agree_with_scipy(cases: int, level: float) -> None:
    tail = (1 - level / 100) / 2
    lower = stats.chi2.ppf(tail, 2 * cases) / 2 if cases else 0.0
    assert ends(count_limits(cases, level)) == pytest.approx(
        (lower, stats.chi2.ppf(1 - tail, 2 * cases + 2) / 2), abs=1e-8
    )


@given(st.integers(10, 100_000))
def test_limits_from_ten_cases_are_within_a_five_hundredth_of_the_exact_ones(cases: int) -> None:
    found = count_limits(cases)
    assert isinstance(found, Limits)
    assert found.method == "byar"
    exact = stats.chi2.ppf(0.025, 2 * cases) / 2, stats.chi2.ppf(0.975, 2 * cases + 2) / 2
    assert ends(found) == pytest.approx(exact, rel=0.002)


def test_a_rate_worked_by_hand() -> None:
    # 65 cases: 65·(1 − 1/585 − z/(3√65))³ = 50.163 and 66·(1 − 1/594 + z/(3√66))³ = 82.849, for 100 people
    assert ends(rate_limits(65, 100, 100_000)) == pytest.approx((50_163.2, 82_849.1), abs=0.1)


def test_a_standardised_rate_worked_by_hand() -> None:
    # Weights 0.6/1000 and 0.4/2000: rate 0.0006·10 + 0.0002·40 = 0.014;
    # variance 0.0006²·10 + 0.0002²·40 = 5.2e-6; 50 cases have the limits 37.1085 and 65.9197;
    # stretch √(5.2e-6/50) = 3.22490e-4: 0.014 + 3.22490e-4·(37.1085 − 50), + 3.22490e-4·(65.9197 − 50)
    found = standardised_rate([Stratum(10, 1000, 600), Stratum(40, 2000, 400)], 1000)
    assert not isinstance(found, NotKnown)
    rate, limits = found
    assert float(rate) == pytest.approx(14.0)
    assert ends(limits) == pytest.approx((9.8426, 19.1339), abs=2e-3)
    assert limits.method == "dobson"


def test_one_stratum_has_the_limits_of_its_crude_rate() -> None:
    found = standardised_rate([Stratum(30, 5000, 1)], 1000)
    assert not isinstance(found, NotKnown)
    assert ends(found[1]) == pytest.approx(ends(rate_limits(30, 5000, 1000)))


def test_the_limits_of_a_mean_agree_with_scipy() -> None:
    expected = stats.t.interval(0.95, 24, loc=7.5, scale=2.1 / 5)
    assert ends(mean_limits(7.5, 2.1, 25)) == pytest.approx(expected, abs=1e-8)
    assert reason(mean_limits(7.5, 2.1, 1)) == "one-point"


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (share_limits(1, 0), "zero-denominator"),
        (share_limits(-1, 10), "negative"),
        (share_limits(1, -10), "negative"),
        (share_limits(11, 10), "above-denominator"),
        (share_limits(float("nan"), 10), "not-a-number"),
        (rate_limits(3, float("inf"), 1), "not-a-number"),
        (rate_limits(2.5, 10, 1), "not-whole"),
        (rate_limits(1, 0, 1000), "zero-denominator"),
        (count_limits(-3), "negative"),
        (standardised_rate([]), "no-parts"),
        (standardised_rate([Stratum(9, 100, 1)]), "too-few"),
        (standardised_rate([Stratum(20, 0, 1)]), "zero-denominator"),
        (standardised_rate([Stratum(20, 100, -1), Stratum(20, 100, 5)]), "negative"),
    ],
)
def test_what_cannot_be_worked_out_is_said_in_words(found: object, code: str) -> None:
    assert reason(found) == code


SHARE = Parts("share", Decimal("30.8"), Decimal(100), Decimal(81), Decimal(263))


def test_published_limits_come_before_those_worked_out() -> None:
    told = Parts(
        "share", Decimal("30.8"), Decimal(100), Decimal(81), Decimal(263), None, Decimal(28), Decimal(34)
    )
    found = figure_limits(told)
    assert isinstance(found, Limits)
    assert (found.lower, found.upper, found.method) == (28, 34, "published")
    worked_out = figure_limits(SHARE)
    assert isinstance(worked_out, Limits)
    assert worked_out.method == "wilson"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lower_limit": Decimal(31), "upper_limit": Decimal(34)}, "limits-exclude-value"),
        ({"lower_limit": Decimal(34), "upper_limit": Decimal(31)}, "limits-crossed"),
        ({"value": None}, "no-value"),
        ({"value": Decimal("45.0")}, "parts-disagree"),
        ({"chance": None}, "no-chance"),
        ({"denominator": None}, "no-parts"),
        ({"denominator": Decimal(0)}, "zero-denominator"),
        ({"chance": "rate", "numerator": Decimal("80.9")}, "not-whole"),
    ],
)
def test_a_figure_whose_limits_are_not_known_says_why(changed: dict[str, object], code: str) -> None:
    parts = {name: getattr(SHARE, name) for name in Parts.__slots__} | changed
    assert reason(figure_limits(Parts(**parts))) == code


def test_a_share_of_a_sample_has_limits_by_its_size_alone() -> None:
    found = figure_limits(Parts("share", Decimal(50), Decimal(100), sample_size=10))
    assert ends(found) == pytest.approx(ends(share_limits(5, 10)))
    assert isinstance(found, Limits)
    assert found.method == "wilson-of-sample"

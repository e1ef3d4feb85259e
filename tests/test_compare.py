"""Verdicts, standings and distributions, on figures that can be checked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import ibis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare import (
    Distribution,
    Figure,
    Level,
    Step,
    change,
    council_figures,
    distributions,
    standing,
    verdict,
)
from compare.distribution import tiers_of_types

HARROW = Figure(
    indicator="employment-rate",
    version="1.0.0",
    dataset="labour-market",
    unit="percent",
    area="E09000015",
    area_type="london-borough",
    period="2023-01-01_P1Y",
    period_kind="calendar-year",
    period_start=dt.date(2023, 1, 1),
    period_end=dt.date(2023, 12, 31),
    value=Decimal("72.5"),
    lower_limit=Decimal("68.0"),
    upper_limit=Decimal("77.0"),
    tiers=frozenset({"upper-tier", "lower-tier"}),
)
BARNET = replace(HARROW, area="E09000003", value=Decimal("74.0"))
DISTRICT = replace(HARROW, area="E07000040", area_type="district", tiers=frozenset({"lower-tier"}))
COUNTY = replace(HARROW, area="E10000008", area_type="county", tiers=frozenset({"upper-tier"}))
ENGLAND = replace(HARROW, area="E92000001", area_type="country", tiers=frozenset())


def codes(a: Figure, b: Figure, **told: object) -> list[str]:
    return [reason.code for reason in verdict(a, b, **told).reasons]  # type: ignore[arg-type]


def test_two_boroughs_in_one_year_are_like_for_like() -> None:
    assert verdict(HARROW, BARNET).level is Level.LIKE_FOR_LIKE
    assert codes(HARROW, BARNET) == []


def test_a_rate_may_stand_beside_the_national_rate() -> None:
    assert verdict(HARROW, ENGLAND).level is Level.LIKE_FOR_LIKE


def test_a_total_may_not_stand_beside_the_national_total() -> None:
    assert codes(replace(HARROW, is_total=True), replace(ENGLAND, is_total=True)) == ["size"]


DIFFERENCES = [
    ("indicator", BARNET, {"indicator": "claimant-rate"}, Level.NOT_COMPARABLE),
    ("version", BARNET, {"version": "2.0.0"}, Level.NOT_COMPARABLE),
    ("unit", BARNET, {"unit": "count"}, Level.NOT_COMPARABLE),
    ("source", BARNET, {"dataset": "another-source"}, Level.WITH_CARE),
    ("breakdown", HARROW, {"breakdown": "sex=female"}, Level.WITH_CARE),
    (
        "period",
        BARNET,
        {
            "period": "2022-01-01_P1Y",
            "period_start": dt.date(2022, 1, 1),
            "period_end": dt.date(2022, 12, 31),
        },
        Level.WITH_CARE,
    ),
    ("period-kind", BARNET, {"period_kind": "financial-year"}, Level.NOT_COMPARABLE),
    (
        "period-length",
        BARNET,
        {"period": "2021-01-01_P3Y", "period_start": dt.date(2021, 1, 1)},
        Level.NOT_COMPARABLE,
    ),
    ("does-not-run", BARNET, {"runs": False}, Level.NOT_COMPARABLE),
    ("area-type", DISTRICT, {"tiers": frozenset({"other"})}, Level.NOT_COMPARABLE),
    ("boundaries", BARNET, {"area_end": dt.date(2019, 3, 31)}, Level.WITH_CARE),
    ("no-value", BARNET, {"value": None, "status": "suppressed"}, Level.NOT_COMPARABLE),
    ("status-provisional", BARNET, {"status": "provisional"}, Level.WITH_CARE),
    ("uncertainty", BARNET, {"is_sampled": True, "lower_limit": None}, Level.WITH_CARE),
]


@pytest.mark.parametrize(
    ("code", "other", "different", "level"), DIFFERENCES, ids=lambda value: str(value)[:20]
)
def test_each_difference_gives_its_reason(
    code: str, other: Figure, different: dict[str, object], level: Level
) -> None:
    changed = replace(other, **different)  # type: ignore[arg-type]
    decided = verdict(HARROW, changed)
    assert [reason.code for reason in decided.reasons] == [code]
    assert decided.level is level


def test_a_district_is_never_compared_with_a_county() -> None:
    assert codes(DISTRICT, COUNTY) == ["area-type"]


def test_versions_are_compared_step_by_step() -> None:
    steps = [Step("1.0.0", None), Step("1.1.0", "yes"), Step("1.2.0", "with-care", "Adults in care count.")]
    newer = replace(BARNET, version="1.1.0")
    newest = replace(BARNET, version="1.2.0")
    assert verdict(HARROW, newer, steps=steps).level is Level.LIKE_FOR_LIKE
    decided = verdict(HARROW, newest, steps=steps)
    assert decided.level is Level.WITH_CARE
    assert "Adults in care count." in decided.reasons[0].text


def test_a_break_between_two_periods_forbids_the_comparison() -> None:
    before = replace(
        HARROW,
        period="2021-01-01_P1Y",
        period_start=dt.date(2021, 1, 1),
        period_end=dt.date(2021, 12, 31),
    )
    assert codes(before, HARROW) == []
    assert codes(before, HARROW, breaks=[dt.date(2022, 1, 1)]) == ["break"]
    assert codes(before, HARROW, breaks=[dt.date(2021, 1, 1)]) == []


def test_a_declared_crosswalk_is_heard() -> None:
    wales = replace(BARNET, indicator="employment-rate-wales")
    clause = "Wales counts people aged 16 to 65."
    decided = verdict(HARROW, wales, crosswalk=("with-care", clause))
    assert (decided.level, decided.reasons[0].text) == (Level.WITH_CARE, clause)
    assert verdict(HARROW, wales, crosswalk=("yes", "")).level is Level.LIKE_FOR_LIKE


def test_a_definition_and_the_one_it_extends_are_like_for_like_and_say_so() -> None:
    ours = replace(BARNET, indicator="employment-rate-club")
    decided = verdict(HARROW, ours, extension=("1.0.0", "1.0.0"))
    assert decided.level is Level.LIKE_FOR_LIKE
    assert [(reason.code, reason.level) for reason in decided.reasons] == [("extends", Level.LIKE_FOR_LIKE)]


def test_an_extension_of_an_older_standard_is_compared_as_the_standard_s_versions_are() -> None:
    ours = replace(BARNET, indicator="employment-rate-club")
    steps = [Step("1.0.0", None), Step("2.0.0", "no", "The survey is a new one.")]
    decided = verdict(HARROW, ours, steps=steps, extension=("2.0.0", "1.0.0"))
    assert decided.level is Level.NOT_COMPARABLE
    assert [reason.code for reason in decided.reasons] == ["version", "extends"]


def test_what_is_declared_of_an_extension_is_heard_beside_it() -> None:
    ours = replace(BARNET, indicator="employment-rate-club")
    clause = "The club asks in another month."
    decided = verdict(HARROW, ours, extension=("1.0.0", "1.0.0"), crosswalk=("with-care", clause))
    assert decided.level is Level.WITH_CARE
    assert decided.reasons[0].text == clause


@given(st.permutations([HARROW, BARNET, DISTRICT, COUNTY, ENGLAND]))
def test_the_order_of_two_figures_does_not_matter(figures: list[Figure]) -> None:
    a, b = figures[:2]
    assert verdict(a, b).level is verdict(b, a).level


MIDDLE = Distribution("upper-tier", 150, *map(Decimal, ("50", "65", "67.9", "74", "90")))


def test_a_range_above_the_median_is_clearly_higher() -> None:
    seen = standing(HARROW, MIDDLE)
    assert seen is not None
    assert (seen.direction, seen.is_range_known, seen.among) == ("higher", True, 150)


def test_a_range_that_includes_the_median_is_no_clear_difference() -> None:
    seen = standing(replace(HARROW, lower_limit=Decimal("67.9")), MIDDLE)
    assert seen is not None
    assert seen.direction == "no-clear-difference"


def test_a_figure_without_a_range_is_compared_and_says_so() -> None:
    seen = standing(replace(HARROW, lower_limit=None, value=Decimal("67.8")), MIDDLE)
    assert seen is not None
    assert (seen.direction, seen.is_range_known) == ("lower", False)


def test_a_suppressed_figure_has_no_standing() -> None:
    assert standing(replace(HARROW, value=None, status="suppressed"), MIDDLE) is None


def test_ranges_that_meet_are_no_clear_change() -> None:
    later = replace(HARROW, value=Decimal("79"), lower_limit=Decimal("77.0"), upper_limit=Decimal("81"))
    seen = change(HARROW, later, verdict(HARROW, later))
    assert seen is not None
    assert (seen.direction, seen.amount) == ("no-clear-change", Decimal("6.5"))
    apart = replace(later, lower_limit=Decimal("77.1"))
    seen = change(HARROW, apart, verdict(HARROW, apart))
    assert seen is not None
    assert seen.direction == "up"


def test_no_change_is_told_across_a_difference_of_unit() -> None:
    other = replace(HARROW, unit="count")
    assert change(HARROW, other, verdict(HARROW, other)) is None


def test_a_restated_figure_says_so_even_beside_one_of_its_own_area() -> None:
    earlier = replace(
        HARROW, period="2022", period_start=dt.date(2022, 1, 1), period_end=dt.date(2022, 12, 31)
    )
    summed = verdict(replace(earlier, restated="sum"), HARROW)
    assert (summed.level, [reason.code for reason in summed.reasons]) == (Level.WITH_CARE, ["restated"])
    carried = verdict(HARROW, replace(earlier, restated="same-boundary"))
    assert (carried.level, [reason.code for reason in carried.reasons]) == (
        Level.LIKE_FOR_LIKE,
        ["restated"],
    )


def test_a_restated_figure_is_not_also_told_to_be_for_another_boundary() -> None:
    new = replace(HARROW, area_start=HARROW.period_end + dt.timedelta(days=1))
    other = replace(HARROW, area="E09000001")
    assert "boundaries" in {reason.code for reason in verdict(new, other).reasons}
    codes = {reason.code for reason in verdict(replace(new, restated="sum"), other).reasons}
    assert "restated" in codes
    assert "boundaries" not in codes


def spread_of(
    rows: list[tuple[str, str, str, float | None]],
    *,
    types: dict[str, str],
    lives: dict[str, tuple[dt.date | None, dt.date | None]] | None = None,
    changes: list[tuple[str, str]] | None = None,
    tier: str = "every-council",
    threads: int = 2,
) -> list[dict[str, object]]:
    """Work out the distribution of (area, period, status, value) rows of one indicator."""
    connection = ibis.duckdb.connect(threads=threads)
    text = "string"
    observations = ibis.memtable(
        [("d", "i", "1.0.0", area, period, "", status, value) for area, period, status, value in rows],
        schema={
            "dataset": text,
            "indicator": text,
            "version": text,
            "area": text,
            "period": text,
            "breakdown": text,
            "status": text,
            "value": "float64",
        },
    )
    lives = lives or {}
    tables = {
        "observations": observations,
        "areas": ibis.memtable(
            [(area, area_type, *lives.get(area, (None, None))) for area, area_type in types.items()],
            schema={"area": text, "area_type": text, "start_on": "date", "end_on": "date"},
        ),
        "periods": ibis.memtable(
            [("2020", dt.date(2020, 12, 31)), ("2021", dt.date(2021, 12, 31))],
            schema={"period": text, "end_on": "date"},
        ),
        "indicators": ibis.memtable(
            [("i", "1.0.0", tier)], schema={"indicator": text, "version": text, "tier": text}
        ),
        "tiers": ibis.memtable(tiers_of_types()),
        "area_changes": ibis.memtable(
            changes or [("none", "none")], schema={"from_area": text, "to_area": text}
        ),
    }
    out = connection.to_pyarrow(
        distributions(council_figures(tables)).order_by(["period", "tier"])
    ).to_pylist()
    connection.disconnect()
    return out


def test_a_median_of_four_lies_half_way() -> None:
    rows = [(area, "2020", "normal", value) for area, value in zip("ABCD", (1.0, 2.0, 4.0, 9.0), strict=True)]
    [lower, upper] = spread_of(rows, types=dict.fromkeys("ABCD", "unitary"))
    assert (lower["tier"], upper["tier"]) == ("lower-tier", "upper-tier")
    assert (upper["area_count"], upper["median"], upper["lowest"], upper["highest"]) == (4, 3.0, 1.0, 9.0)


def test_districts_and_counties_are_never_in_one_set() -> None:
    rows = [("A", "2020", "normal", 1.0), ("B", "2020", "normal", 5.0)]
    found = spread_of(rows, types={"A": "district", "B": "county"})
    assert [(row["tier"], row["area_count"], row["median"]) for row in found] == [
        ("lower-tier", 1, 1.0),
        ("upper-tier", 1, 5.0),
    ]


def test_only_the_tier_that_answers_has_a_distribution() -> None:
    rows = [("A", "2020", "normal", 1.0), ("B", "2020", "normal", 5.0)]
    found = spread_of(rows, types={"A": "district", "B": "county"}, tier="upper-tier")
    assert [row["tier"] for row in found] == ["upper-tier"]


def test_regions_missing_values_and_other_ways_of_counting_are_left_out() -> None:
    rows: list[tuple[str, str, str, float | None]] = [
        ("A", "2020", "normal", 1.0),
        ("B", "2020", "suppressed", None),
        ("C", "2020", "definition-differs", 9.0),
        ("R", "2020", "normal", 7.0),
    ]
    types = {"A": "county", "B": "county", "C": "county", "R": "region"}
    [row] = spread_of(rows, types=types)
    assert (row["area_count"], row["median"]) == (1, 1.0)


def test_no_place_counts_twice_across_a_reorganisation() -> None:
    lives = {"OLD": (None, dt.date(2021, 3, 31)), "NEW": (dt.date(2021, 4, 1), None)}
    types = {"OLD": "county", "NEW": "unitary", "A": "county"}
    rows = [(area, period, "normal", 1.0) for area in types for period in ("2020", "2021")]
    found = spread_of(rows, types=types, lives=lives, changes=[("OLD", "NEW")])
    upper = {row["period"]: row["area_count"] for row in found if row["tier"] == "upper-tier"}
    assert upper == {"2020": 2, "2021": 2}
    restated_only = [row for row in rows if row[0] != "OLD"]
    found = spread_of(restated_only, types=types, lives=lives, changes=[("OLD", "NEW")])
    upper = {row["period"]: row["area_count"] for row in found if row["tier"] == "upper-tier"}
    assert upper == {"2020": 2, "2021": 2}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.decimals(-1000, 1000, places=3, allow_nan=False), min_size=1, max_size=40))
def test_quartiles_agree_with_numpy_on_any_number_of_threads(values: list[Decimal]) -> None:
    rows = [(f"A{place}", "2020", "normal", float(value)) for place, value in enumerate(values)]
    types = {area: "county" for area, *_ in rows}
    one = spread_of(rows, types=types, threads=1)
    assert one == spread_of(rows, types=types, threads=2)
    [row] = one
    expected = np.quantile([float(value) for value in values], [0, 0.25, 0.5, 0.75, 1])
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    assert [row[name] for name in names] == pytest.approx(list(expected), abs=1e-9)

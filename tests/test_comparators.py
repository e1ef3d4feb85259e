"""What stands for many councils: who belongs, what is added up, and which value is chosen, by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare import (
    Addend,
    Comparator,
    Membership,
    Rule,
    Sums,
    add_up,
    combining_rule,
    comparator,
    comparator_sums,
    council_figures,
    memberships,
)
from compare.distribution import tiers_of_types

TYPES = frozenset({"unitary", "district", "county"})
MIN, MAX = dt.date.min, dt.date.max


def area(code: str, area_type: str) -> dict[str, Any]:
    return {"area": code, "area_type": area_type}


def within(code: str, parent: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {
        "area": code,
        "parent": parent,
        "hierarchy": "administrative",
        "start_on": start,
        "end_on": end,
    }


def belongs(found: Sequence[Membership], kind: str) -> list[tuple[str, str, dt.date, dt.date]]:
    return [(one.comparator, one.area, one.start_on, one.end_on) for one in found if one.kind == kind]


# Who belongs.


def test_a_district_belongs_to_the_region_and_the_nation_of_its_county() -> None:
    areas = [area("D", "district"), area("C", "county"), area("R", "region"), area("N", "country")]
    parents = [within("D", "C"), within("C", "R"), within("R", "N"), within("N", "UK")]
    found = memberships([*areas, area("UK", "country")], parents, [], TYPES)
    assert belongs(found, "region") == [("R", "C", MIN, MAX), ("R", "D", MIN, MAX)]
    assert belongs(found, "nation") == [("N", "C", MIN, MAX), ("N", "D", MIN, MAX)]
    assert belongs(found, "area-type") == [("county", "C", MIN, MAX), ("district", "D", MIN, MAX)]


def test_two_ways_to_one_region_make_one_stretch() -> None:
    areas = [area("D", "district"), area("C", "county"), area("R", "region")]
    parents = [
        within("D", "C", "2010-01-01", "2019-12-31"),
        within("D", "R", "2020-01-01"),
        within("D", "R", "2015-01-01", "2016-01-01"),
        within("C", "R"),
    ]
    found = memberships(areas, parents, [], TYPES)
    assert ("R", "D", dt.date(2010, 1, 1), MAX) in belongs(found, "region")
    assert len(belongs(found, "region")) == 2


def test_membership_of_a_group_has_its_dates_and_a_region_is_no_member() -> None:
    members = [
        {"group": "g", "area": "U", "start_on": "2010-01-01", "end_on": "2012-12-31"},
        {"group": "g", "area": "U", "start_on": "2015-01-01", "end_on": None},
        {"group": "g", "area": "R", "start_on": None, "end_on": None},
    ]
    found = memberships([area("U", "unitary"), area("R", "region")], [], members, TYPES)
    assert belongs(found, "group") == [
        ("g", "U", dt.date(2010, 1, 1), dt.date(2012, 12, 31)),
        ("g", "U", dt.date(2015, 1, 1), MAX),
    ]


def test_parents_in_a_circle_end() -> None:
    areas = [area("A", "unitary"), area("B", "county"), area("R", "region")]
    found = memberships(areas, [within("A", "B"), within("B", "A"), within("B", "R")], [], TYPES)
    assert ("R", "A", MIN, MAX) in belongs(found, "region")


# Which value is chosen.

PERCENT = Rule("parts", Decimal(100), "share")


def sums(**changed: Any) -> Sums:
    told: dict[str, Any] = {
        "area_count": 2,
        "missing": 0,
        "value": Decimal(110),
        "lowest": Decimal(20),
        "highest": Decimal(90),
        "parts_count": 2,
        "numerator": Decimal(110),
        "denominator": Decimal(200),
    }
    return Sums(**(told | changed))


def chosen(found: Comparator | None) -> Comparator:
    assert found is not None
    return found


def test_a_rate_is_rebuilt_from_all_numerators_and_denominators() -> None:
    # 10 of 50 is 20%, 90 of 100 is 90%: together 100 of 150, not the mean of 55%.
    both = sums(numerator=Decimal(100), denominator=Decimal(150))
    found = chosen(comparator(both, PERCENT))
    assert (found.method, found.value) == ("rebuilt", Decimal("66.666666667"))
    assert found.limits is not None
    assert found.limits.method == "wilson"


def test_the_published_figure_comes_first_and_the_rebuilt_one_stands_beside_it() -> None:
    both = sums(numerator=Decimal(100), denominator=Decimal(150))
    found = chosen(comparator(both, PERCENT, Decimal("66.7"), (Decimal(60), Decimal(73))))
    assert (found.method, found.value, found.rebuilt) == (
        "published",
        Decimal("66.7"),
        Decimal("66.666666667"),
    )
    assert not found.is_beyond_rounding
    assert found.limits is not None
    assert found.limits.method == "published"
    off = chosen(comparator(both, PERCENT, Decimal("66.8")))
    assert off.is_beyond_rounding
    assert off.difference == Decimal("-0.133333333")


@pytest.mark.parametrize(
    "changed",
    [
        {"parts_count": 1},
        {"missing": 1},
        {"denominator": Decimal(0)},
        {"denominator": Decimal(-5)},
        {"numerator": None, "denominator": None, "parts_count": 0},
        # A weighted mean lies between its lowest and highest; 10% does not.
        {"numerator": Decimal(20), "denominator": Decimal(200)},
    ],
)
def test_where_a_part_is_missing_or_wrong_there_is_a_mean_and_it_says_so(changed: dict[str, Any]) -> None:
    found = chosen(comparator(sums(**changed), PERCENT))
    assert (found.method, found.value, found.rebuilt, found.limits) == ("unweighted-mean", 55, None, None)
    assert (found.area_count, found.missing) == (2, changed.get("missing", 0))


def test_totals_are_added_up_only_if_none_is_missing() -> None:
    total = Rule("sum")
    found = chosen(comparator(sums(), total))
    assert (found.method, found.value) == ("sum", 110)
    assert comparator(sums(missing=1), total) is None
    assert chosen(comparator(sums(missing=1), total, Decimal(130))).method == "published"


def test_no_mean_stands_for_councils_most_of_which_are_missing() -> None:
    assert chosen(comparator(sums(missing=2), PERCENT)).missing == 2
    assert comparator(sums(missing=3), PERCENT) is None


def test_nothing_stands_for_ranks_but_what_is_published() -> None:
    assert comparator(sums(), Rule("none")) is None
    assert comparator(sums(area_count=0, value=Decimal(0)), PERCENT) is None


def test_published_limits_that_leave_out_the_figure_are_not_told() -> None:
    found = chosen(comparator(sums(), PERCENT, Decimal(50), (Decimal(60), Decimal(70))))
    assert found.limits is None


@pytest.mark.parametrize(
    ("unit", "multiplier", "highest", "rule"),
    [
        ("percent", 100, 100, Rule("parts", Decimal(100), "share")),
        ("percent", 100, None, Rule("parts", Decimal(100), None)),
        ("per-10000-children", 10_000, None, Rule("parts", Decimal(10_000), "rate")),
        ("pounds-per-person", 1, None, Rule("parts", Decimal(1), None)),
        ("pounds", None, None, Rule("sum")),
        ("pounds", 1, None, Rule("parts", Decimal(1), None)),
        ("rank", None, None, Rule("none")),
        ("years", None, 100, Rule("mean")),
        ("furlongs", None, None, Rule("mean")),
    ],
)
def test_the_unit_says_how_figures_are_put_together(
    unit: str, multiplier: int | None, highest: int | None, rule: Rule
) -> None:
    given_highest = None if highest is None else Decimal(highest)
    assert combining_rule(unit, None if multiplier is None else Decimal(multiplier), given_highest) == rule


# What is added up.

TEXT = "string"


def added_up(
    rows: Sequence[tuple[str, str | None, str | None, str | None]],
    types: Mapping[str, str],
    belonging: Sequence[tuple[str, str, dt.date, dt.date]],
    *,
    lives: Mapping[str, tuple[dt.date | None, dt.date | None]] | None = None,
    changes: Sequence[tuple[str, str]] = (("none", "none"),),
    published: Sequence[tuple[str, str]] = (),
    tier: str = "every-council",
    threads: int = 2,
) -> list[dict[str, Any]]:
    """Add up (area, value, numerator, denominator) rows of one period, which ends on 31 December 2020."""
    connection = ibis.duckdb.connect(threads=threads)
    lives = lives or {}
    key = ("d", "i", "1.0.0", "2020", "")
    names = ("dataset", "indicator", "version", "period", "breakdown")
    observations = ibis.memtable(
        [
            (
                *key,
                code,
                "normal" if value else "suppressed",
                value,
                above,
                below,
                float(value) if value else None,
            )
            for code, value, above, below in rows
        ],
        schema=dict.fromkeys((*names, "area", "status", "value_text", "numerator", "denominator"), TEXT)
        | {"value": "float64"},
    )
    tables = {
        "observations": observations,
        "areas": ibis.memtable(
            [(code, area_type, *lives.get(code, (None, None))) for code, area_type in types.items()],
            schema={"area": TEXT, "area_type": TEXT, "start_on": "date", "end_on": "date"},
        ),
        "periods": ibis.memtable(
            [("2020", dt.date(2020, 12, 31))], schema={"period": TEXT, "end_on": "date"}
        ),
        "indicators": ibis.memtable(
            [("i", "1.0.0", tier)], schema={"indicator": TEXT, "version": TEXT, "tier": TEXT}
        ),
        "tiers": ibis.memtable(tiers_of_types()),
        "area_changes": ibis.memtable(list(changes), schema={"from_area": TEXT, "to_area": TEXT}),
        "memberships": ibis.memtable(
            list(belonging), schema={"comparator": TEXT, "area": TEXT, "start_on": "date", "end_on": "date"}
        ),
        "published": ibis.memtable(
            [(*key, name, value, "1", "99") for name, value in published or [("none", "0")]],
            schema=dict.fromkeys((*names, "comparator", "value_text", "lower_limit", "upper_limit"), TEXT),
        ),
    }
    tables["council_figures"] = council_figures(tables, ("value_text", "numerator", "denominator"))
    out = connection.to_pyarrow(comparator_sums(tables).order_by(["comparator", "tier"])).to_pylist()
    connection.disconnect()
    return out


def always(name: str, *codes: str) -> list[tuple[str, str, dt.date, dt.date]]:
    return [(name, code, dt.date(1900, 1, 1), dt.date(9999, 1, 1)) for code in codes]


def test_sums_are_exact_and_say_who_is_missing() -> None:
    rows = [("A", "0.1", "1", "10"), ("B", "0.2", "2", "10"), ("C", None, None, None)]
    types = dict.fromkeys("ABC", "unitary")
    [lower, upper] = added_up(rows, types, always("R", "A", "B", "C"), published=[("R", "0.2")])
    assert (lower["tier"], upper["tier"]) == ("lower-tier", "upper-tier")
    assert (upper["area_count"], upper["expected"], upper["existing_count"]) == (2, 3, 2)
    assert (upper["value"], upper["numerator"], upper["denominator"]) == (Decimal("0.3"), 3, 20)
    assert (upper["lowest"], upper["highest"]) == (Decimal("0.1"), Decimal("0.2"))
    assert (upper["published_text"], upper["published_upper"]) == ("0.2", "99")


def test_only_councils_that_run_the_service_count() -> None:
    rows = [("A", "1", None, None), ("D", "9", None, None)]
    found = added_up(rows, {"A": "county", "D": "district"}, always("R", "A", "D"), tier="upper-tier")
    assert [(row["tier"], row["area_count"], row["expected"]) for row in found] == [("upper-tier", 1, 1)]


def test_membership_holds_on_the_last_day_of_the_period() -> None:
    rows = [("A", "1", None, None), ("B", "2", None, None)]
    left = ("R", "B", dt.date(2000, 1, 1), dt.date(2020, 12, 30))
    [row] = [
        one
        for one in added_up(rows, dict.fromkeys("AB", "county"), [*always("R", "A"), left])
        if one["tier"] == "upper-tier"
    ]
    assert (row["area_count"], row["expected"]) == (1, 1)


def test_a_council_whose_figure_stands_under_its_follower_is_not_missing() -> None:
    lives = {"OLD": (None, dt.date(2021, 3, 31)), "NEW": (dt.date(2021, 4, 1), None)}
    types = {"OLD": "county", "NEW": "unitary", "A": "county"}
    rows = [("A", "1", None, None), ("NEW", "5", None, None)]
    found = added_up(rows, types, always("R", *types), lives=lives, changes=[("OLD", "NEW")])
    upper = next(row for row in found if row["tier"] == "upper-tier")
    assert (upper["area_count"], upper["expected"], upper["existing_count"], upper["covered"]) == (2, 2, 1, 1)
    both = [*rows, ("OLD", "4", None, None)]
    found = added_up(both, types, always("R", *types), lives=lives, changes=[("OLD", "NEW")])
    upper = next(row for row in found if row["tier"] == "upper-tier")
    assert (upper["area_count"], upper["value"], upper["covered"]) == (2, 5, 0)


def test_a_number_too_large_to_add_up_is_missing() -> None:
    rows = [("A", "1", "1" * 20, "3"), ("B", "1" * 20, None, None)]
    [row] = [
        one
        for one in added_up(rows, dict.fromkeys("AB", "county"), always("R", "A", "B"))
        if one["tier"] == "upper-tier"
    ]
    assert (row["area_count"], row["parts_count"], row["numerator"], row["expected"]) == (1, 0, None, 2)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1000, 1000), st.integers(0, 500), st.integers(1, 500), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_sums_are_those_of_the_rule_on_any_number_of_threads(drawn: list[tuple[int, int, int, bool]]) -> None:
    rows = [
        (f"A{place}", f"{value}", f"{above}" if has else None, f"{below}" if has else None)
        for place, (value, above, below, has) in enumerate(drawn)
    ]
    types = {row[0]: "county" for row in rows}
    one = added_up(rows, types, always("R", *types), threads=1)
    assert one == added_up(rows, types, always("R", *types), threads=2)
    [row] = one
    parts = [(above, below) for _, above, below, has in drawn if has]
    assert row["value"] == sum(value for value, *_ in drawn)
    assert row["parts_count"] == len(parts)
    assert row["numerator"] == (sum(above for above, _ in parts) if parts else None)
    assert row["denominator"] == (sum(below for _, below in parts) if parts else None)


def test_a_few_figures_add_up_as_the_engine_adds_many() -> None:
    listed = [
        Addend(Decimal(20), Decimal("10.0000004"), Decimal(50)),
        Addend(Decimal(90), Decimal(90), Decimal(100)),
        Addend(Decimal(30), Decimal(3)),
        Addend(Decimal(10) ** 12),
    ]
    found = add_up(listed, 1)
    # What is too large is missing, parts count only in pairs, and digits after the sixth place are rounded away.
    assert found == Sums(3, 2, Decimal(140), Decimal(20), Decimal(90), 2, Decimal(100), Decimal(150))
    assert add_up([], 2) is None

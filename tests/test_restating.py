"""Figures of earlier areas become one figure for the area of today, on sums that can be done by hand."""

from __future__ import annotations

from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.restating import (
    KEY,
    STATUSES,
    TEXTS,
    Measure,
    Part,
    Restated,
    finish,
    restate,
    restated_sums,
)

HOMES = Measure("homes", True, None, "performance", "lower-tier", "How many homes were built?")
SHARE = Measure(
    "percent", False, Decimal(100), "context", "lower-tier", "Neighbourhoods in the lowest tenth."
)
PAY = Measure(
    "pounds-per-week", False, None, "context", "every-council", "Pay of the employee in the middle."
)


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def part(
    value: str | None, status: str = "normal", top: str | None = None, bottom: str | None = None
) -> Part:
    return Part(number(value), status, number(top), number(bottom))


def put_together(measure: Measure, *parts: Part | None) -> Restated:
    made = restate(measure, parts)
    assert made is not None
    return made


def test_totals_are_added_up() -> None:
    made = put_together(HOMES, part("120"), part("30"))
    assert (made.value, made.method, made.known, made.gap) == (Decimal(150), "sum", (True, True), None)


def test_a_rate_is_worked_out_again_from_its_parts() -> None:
    # 19 of 58 and 2 of 42 are 21 of 100. The mean of the two rates would be 18.8.
    made = put_together(SHARE, part("32.76", top="19", bottom="58"), part("4.76", top="2", bottom="42"))
    assert (made.value, made.method) == (Decimal("21.00"), "rebuilt-rate")
    assert (made.numerator, made.denominator) == (Decimal(21), Decimal(100))


def test_a_restated_rate_is_rounded_half_up_to_the_decimals_of_the_figures() -> None:
    made = put_together(SHARE, part("50.0", top="1", bottom="2"), part("0", top="0", bottom="6"))
    assert str(made.value) == "12.5"
    whole = put_together(SHARE, part("50", top="1", bottom="2"), part("0", top="0", bottom="6"))
    assert str(whole.value) == "13"


def test_the_exact_value_is_kept_so_that_nothing_is_rounded_twice() -> None:
    # 11 of 373 are 2.949: 2.95 with two decimals, and 2.9 with one.
    made = put_together(SHARE, part("5.00", top="10", bottom="200"), part("0.58", top="1", bottom="173"))
    assert str(made.value) == "2.95"
    assert made.exact is not None
    assert f"{float(made.exact):.1f}" == "2.9"


def test_a_sum_of_some_areas_is_the_figure_of_no_place() -> None:
    for missing in (None, part(None, "suppressed")):
        made = put_together(HOMES, part("120"), missing)
        assert (made.value, made.gap, made.known) == (None, "predecessor-missing", (True, False))
    made = put_together(SHARE, part("50", top="1", bottom="2"), part("50"))
    assert (made.value, made.gap, made.numerator) == (None, "predecessor-missing", None)


def test_nothing_is_said_where_no_predecessor_has_a_figure() -> None:
    assert restate(HOMES, [None, part(None, "not-available")]) is None


def test_medians_ranks_scores_and_means_without_parts_are_never_put_together() -> None:
    assert restate(PAY, [part("500"), part("520")]) is None
    rank = Measure("rank", True, Decimal(1), "context", "lower-tier")
    assert restate(rank, [part("5", top="5", bottom="1")] * 2) is None
    price = Measure("pounds", True, None, "context", "lower-tier", "The median price of a home.")
    assert restate(price, [part("250000"), part("300000")]) is None


def test_with_the_same_boundary_any_figure_stands_as_it_is() -> None:
    made = restate(PAY, [part("500.10", "provisional")], is_same=True)
    assert made is not None
    assert (str(made.value), made.method, made.status) == ("500.10", "same-boundary", "provisional")
    assert restate(PAY, [part(None, "suppressed")], is_same=True) is None


def test_the_worst_status_is_carried_and_a_break_is_never_hidden() -> None:
    assert put_together(HOMES, part("1"), part("2", "provisional")).status == "provisional"
    assert put_together(HOMES, part("1", "estimated"), part("2", "revised")).status == "estimated"
    assert put_together(HOMES, part("1", "break"), part("2", "forecast")).status == "break"


@pytest.mark.parametrize("status", ["definition-differs", "combined"])
def test_figures_counted_in_another_way_or_for_more_than_their_area_are_not_added(status: str) -> None:
    made = put_together(HOMES, part("1"), part("2", status))
    assert (made.value, made.gap) == (None, "predecessor-missing")


def test_a_rate_that_its_parts_do_not_make_is_not_worked_out_again() -> None:
    # Adjusted for age: 10 of 1,000 are 1.0 in a hundred, and 1.4 was published.
    made = put_together(SHARE, part("1.4", top="10", bottom="1000"), part("1.0", top="10", bottom="1000"))
    assert (made.value, made.gap, made.known) == (None, "parts-disagree", (True, True))


def test_nothing_is_divided_by_zero() -> None:
    made = put_together(SHARE, part("0", top="0", bottom="0"), part("0", top="0", bottom="0"))
    assert (made.value, made.gap) == (None, "zero-denominator")


def test_amounts_below_zero_are_added_like_others() -> None:
    assert put_together(HOMES, part("-5"), part("3.5")).value == Decimal("-1.5")


def test_what_two_tiers_spend_is_never_taken_for_one_bill() -> None:
    spending = Measure("pounds-per-person", False, Decimal(1), "finance", "every-council")
    assert not spending.counts("unitary", "district")
    assert not spending.counts("unitary", "county")
    assert spending.counts("unitary", "unitary")
    assert spending.counts("district", "district")


def test_only_figures_of_councils_that_run_the_service_count() -> None:
    care = Measure("percent", False, Decimal(100), "performance", "upper-tier")
    assert care.counts("unitary", "county")
    assert not care.counts("unitary", "district")
    assert not care.counts("district", "district")
    assert SHARE.counts("unitary", "district")
    assert not SHARE.counts("unitary", "county")
    assert PAY.counts("unitary", "county")


TEXT, WHOLE = "string", "int64"
MEASURES = {"homes": HOMES, "share": SHARE, "pay": PAY}


def sums_of(
    rows: list[tuple[str, str, Part]], covers: list[tuple[str, list[str], bool]], threads: int = 2
) -> dict[tuple[str, str], tuple[int, Restated | None, str | None]]:
    """Work out (indicator, area, figure) rows by the expression, for covers of the area NEW in their order.

    Gives for each indicator and area the number of the cover, the figure, and the text carried along.
    """
    connection = ibis.duckdb.connect(threads=threads)
    tables = {
        "observations": ibis.memtable(
            [
                (
                    *("d", indicator, "1.0.0", "2020", "", area, one.status),
                    None if one.value is None else float(one.value),
                    None if one.value is None else f"{one.value:f}",
                    *(None, None),
                    *(None if text is None else f"{text:f}" for text in (one.numerator, one.denominator)),
                )
                for indicator, area, one in rows
            ],
            schema=dict.fromkeys((*KEY, "area", "status"), TEXT)
            | {"value": "float64"}
            | dict.fromkeys(TEXTS, TEXT),
        ),
        "measures": ibis.memtable(
            [
                (name, "1.0.0", 0, one.method or "", float(one.multiplier or 1))
                for name, one in MEASURES.items()
            ],
            schema={
                "indicator": TEXT,
                "version": TEXT,
                "rule": WHOLE,
                "method": TEXT,
                "multiplier": "float64",
            },
        ),
        "members": ibis.memtable(
            [
                (0, area, number, len(parts), int(is_same), one, 1 << bit)
                for number, (area, parts, is_same) in enumerate(covers)
                for bit, one in enumerate(parts)
            ],
            schema={
                "rule": WHOLE,
                "area": TEXT,
                "cover": WHOLE,
                "size": WHOLE,
                "is_same": WHOLE,
                "part": TEXT,
                "bit": WHOLE,
            },
        ),
    }
    found = connection.to_pyarrow(restated_sums(tables)).to_pylist()
    connection.disconnect()
    out: dict[tuple[str, str], tuple[int, Restated | None, str | None]] = {}
    for row in found:
        measure, parts = MEASURES[row["indicator"]], covers[row["cover"]][1]
        made = None
        if not row["is_same"] and measure.method is not None:
            made = finish(
                measure.method,
                tuple(bool(row["known"] >> place & 1) for place in range(len(parts))),
                status=STATUSES[row["worst"]],
                top=row["top"],
                bottom=row["bottom"] if measure.method == "rebuilt-rate" else None,
                multiplier=measure.multiplier or Decimal(1),
                decimals=row["decimals"],
                agrees=row["disagreeing"] == 0,
            )
        out[row["indicator"], row["area"]] = (row["cover"], made, row["value_text"])
    return out


TWO = ("NEW", ["A", "B"], False)


def test_all_rows_are_put_together_as_one_row_is() -> None:
    rows = [
        ("homes", "A", part("120")),
        ("homes", "B", part("30.5", "revised")),
        ("share", "A", part("32.76", top="19", bottom="58")),
        ("share", "B", part("4.76", top="2", bottom="42")),
        ("pay", "A", part("500")),
        ("pay", "B", part("500")),
    ]
    found = sums_of(rows, [TWO])
    assert set(found) == {("homes", "NEW"), ("share", "NEW")}
    assert found["homes", "NEW"][1] == put_together(HOMES, part("120"), part("30.5", "revised"))
    assert found["share", "NEW"][1] == put_together(SHARE, rows[2][2], rows[3][2])


def test_a_figure_that_the_source_gives_for_the_area_is_preferred() -> None:
    rows = [("homes", "A", part("120")), ("homes", "B", part("30"))]
    assert sums_of([*rows, ("homes", "NEW", part("151"))], [TWO]) == {}
    assert sums_of([*rows, ("homes", "NEW", part(None, "suppressed"))], [TWO]) == {}
    # That it has none is no figure.
    assert sums_of([*rows, ("homes", "NEW", part(None, "not-available"))], [TWO]) != {}


def test_the_first_cover_that_lacks_nothing_is_taken_and_else_the_fullest() -> None:
    near, far = ("NEW", ["AB", "C"], False), ("NEW", ["A", "B", "C"], False)
    whole = [("homes", "A", part("1")), ("homes", "B", part("2")), ("homes", "C", part("3"))]
    cover, made, _ = sums_of(whole, [near, far])["homes", "NEW"]
    assert made is not None
    assert (cover, made.value) == (1, Decimal(6))
    cover, made, _ = sums_of([*whole, ("homes", "AB", part("4"))], [near, far])["homes", "NEW"]
    assert made is not None
    assert (cover, made.value) == (0, Decimal(7))
    cover, made, _ = sums_of(whole[1:], [near, far])["homes", "NEW"]
    assert made is not None
    assert (cover, made.known, made.gap) == (1, (False, True, True), "predecessor-missing")


def test_the_figure_of_the_same_boundary_is_carried_with_its_digits() -> None:
    found = sums_of([("pay", "OLD", part("500.10"))], [("NEW", ["OLD"], True), TWO])
    assert found["pay", "NEW"] == (0, None, "500.10")


AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=3)
COUNTS = st.integers(0, 5_000)


@st.composite
def published(draw: st.DrawFn) -> Part | None:
    """Draw what was published for one area: nothing, a total, a rate with parts, or no value."""
    kind = draw(st.sampled_from(["none", "total", "rate", "rate", "wrong", "missing"]))
    status = draw(st.sampled_from(STATUSES))
    if kind == "none":
        return None
    if kind == "missing":
        return Part(None, "suppressed")
    if kind == "total":
        return Part(draw(AMOUNTS), status)
    top, bottom = draw(COUNTS), draw(COUNTS)
    value = round(Decimal(top) / bottom * 100, 2) if bottom else Decimal(0)
    return Part(value + (5 if kind == "wrong" else 0), status, Decimal(top), Decimal(bottom))


@settings(deadline=None, max_examples=4)
@given(
    st.lists(st.lists(published(), min_size=2, max_size=7), min_size=5, max_size=25),
    st.sampled_from(["homes", "share"]),
    st.integers(1, 3),
)
def test_the_expression_is_the_function(
    groups: list[list[Part | None]], indicator: str, threads: int
) -> None:
    # One run for many areas: what takes time is to compile the expression.
    named = {f"NEW {at}": [f"P {at} {place}" for place in range(len(g))] for at, g in enumerate(groups)}
    rows = [("pay", "ELSEWHERE", Part(Decimal(1)))]
    for names, parts in zip(named.values(), groups, strict=True):
        rows += [(indicator, name, one) for name, one in zip(names, parts, strict=True) if one is not None]
    found = sums_of(rows, [(area, names, False) for area, names in named.items()], threads)
    for area, parts in zip(named, groups, strict=True):
        made = found.get((indicator, area))
        assert (made[1] if made else None) == restate(MEASURES[indicator], parts)

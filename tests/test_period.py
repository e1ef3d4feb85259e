"""Periods are read without guessing, and sort as time goes. Values keep what their source wrote."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.period import (
    MONTHS,
    PAIRED_KINDS,
    Period,
    PeriodAmbiguous,
    PeriodUnknown,
    find_kind,
    make_period,
    read_period,
)
from ingest.value import ValueMalformed, find_plain, read_value, write_plain
from schemas import load_model


@pytest.mark.parametrize(
    ("text", "kind", "notation", "found_kind", "label", "end_on"),
    [
        ("2024", None, "2024-01-01_P1Y", "calendar-year", "2024", "2024-12-31"),
        ("2024", "financial-year", "2024-01-01_P1Y", "calendar-year", "2024", "2024-12-31"),
        (
            "2024-25",
            "financial-year",
            "2024-04-01_P1Y",
            "financial-year",
            "April 2024 to March 2025",
            "2025-03-31",
        ),
        (
            "1999/00",
            "financial-year",
            "1999-04-01_P1Y",
            "financial-year",
            "April 1999 to March 2000",
            "2000-03-31",
        ),
        (
            "2023/2024",
            "school-year",
            "2023-09-01_P1Y",
            "school-year",
            "September 2023 to August 2024",
            "2024-08-31",
        ),
        (
            "2007-08",
            "academic-year",
            "2007-08-01_P1Y",
            "academic-year",
            "August 2007 to July 2008",
            "2008-07-31",
        ),
        ("2007-08", "month", "2007-08-01_P1M", "month", "August 2007", "2007-08-31"),
        ("2024-02", None, "2024-02-01_P1M", "month", "February 2024", "2024-02-29"),
        ("2024-03", None, "2024-03-01_P1M", "month", "March 2024", "2024-03-31"),
        ("2024-Q1", None, "2024-01-01_P3M", "quarter", "January to March 2024", "2024-03-31"),
        ("2024 Q4", None, "2024-10-01_P3M", "quarter", "October to December 2024", "2024-12-31"),
        ("2024-11-16", None, "2024-11-16_P1D", "day", "16 November 2024", "2024-11-16"),
        (
            "2023-04-01/P1Y",
            None,
            "2023-04-01_P1Y",
            "financial-year",
            "April 2023 to March 2024",
            "2024-03-31",
        ),
        (
            "2023-04-01_P12M",
            None,
            "2023-04-01_P1Y",
            "financial-year",
            "April 2023 to March 2024",
            "2024-03-31",
        ),
        ("2011-01-01/P3Y", None, "2011-01-01_P3Y", "several-years", "2011 to 2013", "2013-12-31"),
        (
            "2011-04-01/P3Y",
            None,
            "2011-04-01_P3Y",
            "several-years",
            "April 2011 to March 2014",
            "2014-03-31",
        ),
        (
            "2023-10-01/P6M",
            None,
            "2023-10-01_P6M",
            "half-year",
            "October 2023 to March 2024",
            "2024-03-31",
        ),
        (
            "2023-04-06/P1Y",
            None,
            "2023-04-06_P1Y",
            "other-year",
            "6 April 2023 to 5 April 2024",
            "2024-04-05",
        ),
        (
            "2024-03-15/P1M",
            None,
            "2024-03-15_P1M",
            "month",
            "15 March 2024 to 14 April 2024",
            "2024-04-14",
        ),
        (
            "2024-01-31/P1M",
            None,
            "2024-01-31_P1M",
            "month",
            "31 January 2024 to 28 February 2024",
            "2024-02-28",
        ),
        ("9999", None, "9999-01-01_P1Y", "calendar-year", "9999", "9999-12-31"),
    ],
)
def test_period_is_read(
    text: str, kind: str | None, notation: str, found_kind: str, label: str, end_on: str
) -> None:
    period = read_period(text, kind)
    assert (period.notation, period.kind, period.label, period.end_on.isoformat()) == (
        notation,
        found_kind,
        label,
        end_on,
    )


@pytest.mark.parametrize(
    ("text", "kind", "readings"),
    [
        ("2007-08", None, "August 2007, or a financial, school or academic year"),
        ("2007-08", "calendar-year", "August 2007, or a financial, school or academic year"),
        ("2023-24", None, "a financial, school or academic year"),
        ("2023/24", None, "a financial, school or academic year"),
        ("2011/12", None, "a financial, school or academic year"),
    ],
)
def test_pair_of_years_without_a_kind_is_ambiguous(text: str, kind: str | None, readings: str) -> None:
    with pytest.raises(PeriodAmbiguous) as caught:
        read_period(text, kind)
    assert caught.value.readings == readings


@pytest.mark.parametrize("kind", [None, *PAIRED_KINDS, "month"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023/25",
        "2023-25",
        "2023-2025",
        "2024-13",
        "2024-00",
        "2024-Q5",
        "2024-02-30",
        "0000",
        "24",
        "20245",
        "2024-1-1",
        " 2024",
        "2024\n",
        "２０２４",
        "2024-03-31T00:00:00",
        "2024-01-01/P0Y",
        "2024-01-01/P18M",
        "2024-01-01/P10Y",
        "2024-01-01/P7D",
        "2024-01-01/P1W",
        "2024-01-01 P1Y",
        "9999-01-01/P2Y",
        "9999-06-01/P1Y",
        "sept 2024",
    ],
)
def test_anything_else_is_unknown(text: str, kind: str | None) -> None:
    with pytest.raises(PeriodUnknown):
        read_period(text, kind)


def test_financial_year_is_never_read_from_years_that_do_not_follow() -> None:
    with pytest.raises(PeriodUnknown, match="25 does not follow 2023"):
        read_period("2023/25", "financial-year")


def test_every_kind_of_the_code_list_can_be_made() -> None:
    for code in load_model().code_lists["period-kind"].codes:
        start = code.more["starts"][0]
        day = date.fromisoformat(f"2023-{'02-03' if start == 'any' else start}")
        length = code.more["length"].replace("[2-9]", "3")
        assert make_period(day, length).kind == code.code


lengths = st.sampled_from(["P1Y", "P2Y", "P9Y", "P6M", "P3M", "P1M", "P1D"])
days = st.dates(min_value=date(1000, 1, 1), max_value=date(9900, 1, 1))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    return make_period(draw(days), draw(lengths))


@given(periods())
def test_notation_reads_back_as_the_same_period(period: Period) -> None:
    assert read_period(period.notation) == period
    assert read_period(period.notation.replace("_", "/")) == period


@given(st.integers(1000, 9998), st.sampled_from(PAIRED_KINDS), st.sampled_from("-/"))
def test_pair_of_years_lasts_into_the_second_year(year: int, kind: str, mark: str) -> None:
    period = read_period(f"{year}{mark}{(year + 1) % 100:02}", kind)
    assert (period.kind, period.length) == (kind, "P1Y")
    assert (period.start_on.year, period.end_on.year) == (year, year + 1)


@given(periods(), periods())
def test_periods_sort_by_first_day_then_last(one: Period, other: Period) -> None:
    if one.start_on != other.start_on:
        assert (one < other) == (one.start_on < other.start_on) == (one.notation < other.notation)
    else:
        assert (one < other) == (one.end_on < other.end_on)


@given(periods())
def test_period_contains_its_days_and_the_next_follows_it(period: Period) -> None:
    assert period.start_on <= period.end_on
    assume(period.start_on.day <= 28)
    following = make_period(period.end_on + timedelta(days=1), period.length)
    assert following.length == period.length
    assert period < following


@given(periods())
def test_label_names_the_first_and_last_year(period: Period) -> None:
    assert str(period.start_on.year) in period.label
    assert str(period.end_on.year) in period.label
    assert period.kind == find_kind(period.start_on, period.length)
    words = period.label.replace(" to ", " ").split()
    assert all(word.isdigit() or word in MONTHS for word in words)


@given(st.text(max_size=20), st.sampled_from([None, "financial-year", "month", "day"]))
def test_no_text_breaks_the_reader(text: str, kind: str | None) -> None:
    try:
        period = read_period(text, kind)
    except (PeriodUnknown, PeriodAmbiguous):
        return
    assert period.start_on <= period.end_on


MARKS = {
    "c": "suppressed",
    "p": "provisional",
    "[x]": "not-available",
    "": "not-available",
    "..": "suppressed",
}


@pytest.mark.parametrize(
    ("cell", "value", "status"),
    [
        ("0", "0", "normal"),
        ("43.60", "43.60", "normal"),
        (" 1,204.5 ", "1204.5", "normal"),
        ("-3", "-3", "normal"),
        ("43.60p", "43.60", "provisional"),
        ("43.60 p", "43.60", "provisional"),
        ("c", None, "suppressed"),
        ("..", None, "suppressed"),
        ("", None, "not-available"),
        ("[x]", None, "not-available"),
    ],
)
def test_cell_is_read_as_value_and_status(cell: str, value: str | None, status: str) -> None:
    number, found = read_value(cell, MARKS)
    assert (None if number is None else str(number), found) == (value, status)


@pytest.mark.parametrize(
    "cell", ["x", "1,20", "12,04.5", "1 204", "１２", "NaN", "inf", "43.6q", "p43", "--1"]
)
def test_cell_that_is_neither_number_nor_mark_is_refused(cell: str) -> None:
    with pytest.raises(ValueMalformed):
        read_value(cell, MARKS)


def test_absent_value_never_comes_with_normal() -> None:
    with pytest.raises(ValueMalformed):
        read_value("-", {"-": "normal"})
    with pytest.raises(ValueMalformed):
        read_value("", {})


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_plain_notation_keeps_value_and_places(number: Decimal) -> None:
    plain = write_plain(number)
    assert plain is not None
    assert Decimal(plain) == number
    assert find_plain(plain) == plain
    assert read_value(plain, {})[0] == number


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1e3", "1000"),
        ("1E-2", "0.01"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("-0", "0"),
        ("0e5", "0"),
        ("1_000", "1000"),
        (" 12 ", "12"),
        ("NaN", None),
        ("sNaN", None),
        ("-Infinity", None),
        ("1e5000", None),
        ("", None),
        ("x", None),
    ],
)
def test_plain_notation_of_what_table_schema_lets_pass(text: str, plain: str | None) -> None:
    assert find_plain(text) == plain

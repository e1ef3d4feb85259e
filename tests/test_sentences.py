"""The grammar of sentences: tables of cases, and what holds of every sentence there can be."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import sentences
from api.sentences import Span, Unit
from compare import Change, Distribution, Figure, NotKnown, Ranked, Standing, Trend
from schemas import load_model

UNITS = {
    code.code: Unit(code.code, code.label, code.more.get("symbol") or "")
    for code in load_model().code_lists["unit"].codes
}
PERCENT, POUNDS, PEOPLE = UNITS["percent"], UNITS["pounds"], UNITS["people"]
DAYS, RATE, SCORE = UNITS["days"], UNITS["per-1000-people"], UNITS["score-0-to-10"]

YEAR_2023 = Span("2023", dt.date(2023, 1, 1), dt.date(2023, 12, 31))
YEAR_2024 = Span("2024", dt.date(2024, 1, 1), dt.date(2024, 12, 31))
FINANCIAL = Span("2024/25", dt.date(2024, 4, 1), dt.date(2025, 3, 31))


def test_the_units_of_the_model_have_a_symbol_or_none() -> None:
    assert PERCENT.symbol == "%"
    assert (POUNDS.is_money, PERCENT.is_money) == (True, False)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        ("64.31", PERCENT, 1, "64.3%"),
        ("64.25", PERCENT, 1, "64.3%"),
        ("64", PERCENT, 1, "64.0%"),
        ("-0.04", PERCENT, 1, "0.0%"),
        ("-3.2", PERCENT, 1, "−3.2%"),
        ("1234567", PEOPLE, 0, "1,234,567 people"),
        ("1", PEOPLE, 0, "1 person"),
        ("0", PEOPLE, 0, "0 people"),
        ("1", DAYS, 0, "1 day"),
        ("-1", DAYS, 0, "−1 day"),
        ("12.34", RATE, 1, "12.3 per 1,000 people"),
        ("7.26", SCORE, 2, "7.26 out of 10"),
        ("1234.5", POUNDS, 0, "£1,235"),
        ("-1234.5", POUNDS, 2, "−£1,234.50"),
        ("123456789", POUNDS, 0, "£123.5 million"),
        ("-1500000", POUNDS, 0, "−£1.5 million"),
        ("999999", POUNDS, 0, "£999,999"),
    ],
)
def test_a_figure_is_written_with_its_unit(value: str, unit: Unit, decimals: int, text: str) -> None:
    assert sentences.figure(Decimal(value), unit, decimals) == text


@pytest.mark.parametrize(
    ("amount", "unit", "decimals", "text"),
    [
        ("0.06", PERCENT, 1, "0.1 percentage points"),
        ("0.04", PERCENT, 1, "less than 0.1 percentage points"),
        ("-1", PERCENT, 0, "1 percentage point"),
        ("-12", DAYS, 0, "12 days"),
        ("0.3", PEOPLE, 0, "less than 1 person"),
        ("-250", POUNDS, 0, "£250"),
        ("0", PERCENT, 1, "0.0 percentage points"),
        ("1.5", RATE, 1, "1.5 per 1,000 people"),
    ],
)
def test_percentages_differ_by_percentage_points(amount: str, unit: Unit, decimals: int, text: str) -> None:
    assert sentences.difference(Decimal(amount), unit, decimals) == text


PERIODS = [
    ("2024-01-01", "2024-12-31", "2024", "in 2024"),
    ("2011-01-01", "2013-12-31", "2011 to 2013", "from 2011 to 2013"),
    ("2024-04-01", "2025-03-31", "April 2024 to March 2025", "from April 2024 to March 2025"),
    ("2024-07-01", "2024-09-30", "July to September 2024", "from July to September 2024"),
    ("2024-02-01", "2024-02-29", "February 2024", "in February 2024"),
    ("2024-03-31", "2024-03-31", "31 March 2024", "on 31 March 2024"),
    ("2024-07-15", "2025-07-14", "15 July 2024 to 14 July 2025", "from 15 July 2024 to 14 July 2025"),
]


@pytest.mark.parametrize(("start", "end", "words", "leading"), PERIODS, ids=[row[2] for row in PERIODS])
def test_a_period_is_said_in_words(start: str, end: str, words: str, leading: str) -> None:
    span = Span("", dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert sentences.period_words(span) == words
    assert sentences.in_period(span) == leading


@pytest.mark.parametrize(
    ("earlier", "later", "words"),
    [
        (YEAR_2023, YEAR_2024, "the year before"),
        (Span("", dt.date(2022, 1, 1), dt.date(2022, 12, 31)), YEAR_2024, "2022"),
        (Span("", dt.date(2023, 4, 1), dt.date(2024, 3, 31)), FINANCIAL, "the year before"),
        (
            Span("", dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
            Span("", dt.date(2024, 4, 1), dt.date(2024, 6, 30)),
            "the quarter before",
        ),
        (
            Span("", dt.date(2023, 3, 31), dt.date(2023, 3, 31)),
            Span("", dt.date(2024, 3, 31), dt.date(2024, 3, 31)),
            "a year before",
        ),
        (
            Span("", dt.date(2010, 1, 1), dt.date(2012, 12, 31)),
            Span("", dt.date(2011, 1, 1), dt.date(2013, 12, 31)),
            "2010 to 2012",
        ),
    ],
)
def test_the_period_before_is_named_only_if_it_is_the_one_before(
    earlier: Span, later: Span, words: str
) -> None:
    assert sentences.before_words(earlier, later) == words


def test_every_status_that_matters_has_words() -> None:
    for code in load_model().code_lists["status"].codes:
        assert bool(sentences.status_words(code.code)) == (code.code != "normal")


def test_a_missing_figure_says_why() -> None:
    assert sentences.missing_sentence("Kent", "suppressed", YEAR_2024) == (
        "Kent: no figure for 2024. Hidden to protect people."
    )


def test_a_council_without_the_service_has_no_figure_and_no_average() -> None:
    assert sentences.missing_sentence("Ashford", "not-provided", YEAR_2024) == (
        "Ashford does not run this service."
    )


@pytest.mark.parametrize(
    ("change", "sentence", "words"),
    [
        (Change("up", Decimal("0.06"), False), "Up 0.1 percentage points on the year before.", None),
        (Change("down", Decimal("-1.6"), True), "Down 1.6 percentage points on the year before.", None),
        (Change("no-clear-change", Decimal("0.4"), True), "No clear change on the year before.", None),
        (Change("no-clear-change", Decimal(0), False), "No change on the year before.", "No change"),
    ],
)
def test_a_change_is_up_down_or_not_clear(change: Change, sentence: str, words: str | None) -> None:
    assert sentences.change_sentence(change, PERCENT, 1, YEAR_2023, YEAR_2024) == sentence
    cell = sentences.change_words(change, PERCENT, 1)
    assert cell == (words or sentence.removesuffix(" on the year before."))


def test_no_change_is_told_where_figures_may_not_be_compared() -> None:
    assert sentences.change_words(None, PERCENT, 1) == "Not comparable"


@pytest.mark.parametrize(
    ("standing", "sentence", "cell"),
    [
        (Standing("higher", True, 152), "Higher than the middle council of 152 (52.9%).", "Higher"),
        (
            Standing("lower", False, 152),
            "Lower than the middle council of 152 (52.9%); the range is not known.",
            "Lower",
        ),
        (
            Standing("no-clear-difference", True, 1152),
            "No clear difference from the middle council of 1,152 (52.9%).",
            "No clear difference",
        ),
        (
            Standing("no-clear-difference", False, 152),
            "The same as the middle council of 152 (52.9%); the range is not known.",
            "The same",
        ),
    ],
)
def test_a_standing_names_the_middle_council(standing: Standing, sentence: str, cell: str) -> None:
    assert sentences.standing_sentence(standing, "52.9%") == sentence
    assert sentences.standing_words(standing) == cell


def test_context_is_never_judged() -> None:
    assert sentences.polarity_words("higher", "context") == "Neither higher nor lower is better."
    assert sentences.polarity_words("lower", "performance") == "Lower is better."


NAMES = ["Kent", "Bournemouth, Christchurch and Poole", "St. Helens", "Cambridgeshire and Peterborough"]
values = st.decimals(-(10**9), 10**9, places=3, allow_nan=False)
days = st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))
spans = st.one_of(
    days.map(lambda on: Span("", on, on)),
    st.tuples(days, st.integers(1, 1200)).map(lambda t: Span("", t[0], t[0] + dt.timedelta(days=t[1]))),
    st.integers(1990, 2030).map(lambda y: Span(str(y), dt.date(y, 1, 1), dt.date(y, 12, 31))),
)
units = st.sampled_from(sorted(UNITS)).map(UNITS.__getitem__)
FORBIDDEN = re.compile(r"\b(best|worst|good|bad|failing|fastest|poor|excellent)\b", re.IGNORECASE)


@given(st.sampled_from(NAMES), values, values, units, st.integers(0, 3), spans, spans, st.booleans())
def test_every_sentence_is_short_and_judges_nobody(
    name: str,
    value: Decimal,
    other: Decimal,
    unit: Unit,
    decimals: int,
    span: Span,
    before: Span,
    known: bool,
) -> None:
    figure = sentences.figure(value, unit, decimals)
    amount = value - other
    direction = "up" if amount > 0 else "down" if amount < 0 else "no-clear-change"
    spread = Distribution("upper-tier", 150, *sorted([value, other, value, other, value]))
    standing = Standing("higher" if value > other else "lower", known, 150)
    written = [
        sentences.figure_sentence(name, figure, span),
        sentences.change_sentence(Change(direction, amount, known), unit, decimals, before, span),  # type: ignore[arg-type]
        sentences.standing_sentence(standing, sentences.figure(other, unit, decimals)),
        *re.split(r"(?<=\.) ", sentences.spread_sentence(spread, unit, decimals)),
        *(
            sentences.missing_sentence(name, code.code, span)
            for code in load_model().code_lists["status"].codes
            if code.more["value"] != "required"
        ),
    ]
    for sentence in written:
        assert sentence.endswith(".")
        assert len(sentence.split()) <= 25, sentence
        assert not FORBIDDEN.search(sentence), sentence
        assert "-" not in figure


@given(values, st.integers(0, 3))
def test_a_written_number_reads_back_to_its_rounded_value(value: Decimal, decimals: int) -> None:
    text = sentences.number(value, decimals)
    read = Decimal(text.replace(",", "").replace(sentences.MINUS, "-"))
    assert abs(read - value) <= Decimal("0.5").scaleb(-decimals)


@pytest.mark.parametrize(
    ("direction", "words"),
    [
        ("rising", "Rising over the newest 7 figures that compare."),
        ("falling", "Falling over the newest 7 figures that compare."),
        ("no-clear-trend", "No clear trend over the newest 7 figures that compare."),
    ],
)
def test_a_trend_is_said_with_how_many_figures_it_rests_on(direction: Any, words: str) -> None:
    trend = Trend(direction, 1, Decimal(3), 7, "2017", "2024")
    assert sentences.trend_sentence(trend) == words
    assert sentences.trend_sentence(NotKnown("too-few-points")) == ""


@pytest.mark.parametrize(
    ("method", "missing", "words"),
    [
        ("published", 3, "as published"),
        ("rebuilt", 0, "rebuilt from the councils' numbers (33 councils)"),
        ("sum", 0, "all councils added up (33 councils)"),
        ("unweighted-mean", 0, "unweighted mean of 33 councils"),
        ("unweighted-mean", 2, "unweighted mean of 33 councils, 2 more have no figure"),
    ],
)
def test_a_comparator_is_told_with_its_method(method: str, missing: int, words: str) -> None:
    assert sentences.comparator_words(method, 33, missing) == words


def test_a_place_is_told_with_the_places_it_may_as_well_have() -> None:
    figure = Figure(
        *("i", "1.0.0", "d", "percent", "A", "unitary", "2024", "calendar-year"),
        YEAR_2024.start_on,
        YEAR_2024.end_on,
        Decimal(5),
    )
    told = Ranked(figure, (Decimal(4), Decimal(6)), 12, 8, 17, 9, "lower-middle", Decimal(0))
    assert sentences.place_sentence(told, 151) == (
        "Place 12 of 151, counted from the highest. It may be anywhere from 8 to 17:"
        " it cannot be told apart from 9 others."
    )
    alone = replace(told, highest_place=12, lowest_place=12, cannot_be_told_apart=0)
    assert sentences.place_sentence(alone, 151).endswith("No other figure's range meets its own.")
    assert "not known" in sentences.place_sentence(replace(told, limits=None), 151)
    assert sentences.interval_words(told) == "8 to 17"
    assert sentences.interval_words(alone) == "12, apart from all others"
    assert sentences.interval_words(replace(told, limits=None)) == "12, range not known"


def test_a_target_is_told_with_what_its_answer_rests_on() -> None:
    both_sides = "Nobody can tell: its range lies on both sides"
    assert sentences.target_words("cannot-tell", is_range_known=True) == both_sides
    assert sentences.target_words("not-met", is_range_known=False) == ("Not met; the range is not known")
    assert "another way" in sentences.target_words("cannot-tell", None)
    assert sentences.target_words("no-figure", None) == "No figure"

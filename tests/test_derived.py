"""Two figures become a third: worked by hand, by algebra, over many rows, and refused where they would mislead."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_reading import read_page
from test_checking_world import Row, check_world, indicator, observation, small_world

from api import pages
from api.edition import Edition
from compare.derived import Input, Way, are_apart, derive, pairs, ratio_limits, sides_of
from ingest.engine import Engine
from ingest.problems import Problem
from publish.derived import FORM, derive_figures
from tools.example_site import ExampleSite

GAP = Way("difference", 1)
RATIO = Way("ratio", 1)


def figure(
    value: str | None, low: str | None = None, high: str | None = None, status: str = "normal"
) -> Input:
    read = [None if text is None else Decimal(text) for text in (value, low, high)]
    return Input(read[0], status, read[1], read[2])


# ---- one pair ----


def test_a_difference_keeps_the_digits_and_adds_the_squares_of_the_ranges():
    """64.5 (60.0 to 69.0) and 62.5 (58.4 to 66.6): the root of 4.5² + 4.1² is 6.0877."""
    made = derive(figure("64.5", "60.0", "69.0"), figure("62.5", "58.4", "66.6"), GAP)
    assert made.value == Decimal("2.0")
    assert made.limits == (Decimal("-4.088"), Decimal("8.088"))
    assert (made.status, made.note) == ("normal", "")


def test_ranges_of_unequal_sides_are_put_together_side_by_side():
    """By hand: lower 10 - sqrt(1² + 4²) = 5.877, upper 10 + sqrt(3² + 2²) = 13.606."""
    made = derive(figure("30", "29", "33"), figure("20", "18", "24"), GAP)
    assert made.limits == (Decimal("5.877"), Decimal("13.606"))


def test_newcombe_s_difference_of_two_proportions_is_met():
    """Newcombe 1998, table II, method 10, example (a): 56/70 less 48/80 is 0.2, from 0.0524 to 0.3339."""
    first = figure("0.8", "0.69183", "0.87695")  # Wilson's limits of 56 of 70
    second = figure("0.6", "0.49045", "0.70038")  # and of 48 of 80
    made = derive(first, second, Way("difference", 2))
    assert made.value == Decimal("0.2")
    assert made.limits == (Decimal("0.0524"), Decimal("0.3339"))


def test_a_ratio_is_multiplied_and_rounded_to_two_places_more_than_are_shown():
    made = derive(figure("2"), figure("3"), Way("ratio", 1, Decimal(100)))
    assert made.value == Decimal("66.667")
    assert made.limits is None


def test_the_range_of_a_ratio_holds_the_ratio_and_is_wider_above():
    """By hand for 10 (8 to 12) by 5 (4 to 6): the root of 50² - 8·6·12·4 is 14, and so is that of 50² - 12·4·8·6.

    So it runs from (50 - 14) / (6·4) to (50 + 14) / (4·6).
    """
    made = derive(figure("10", "8", "12"), figure("5", "4", "6"), RATIO)
    assert made.value == Decimal("2.000")
    assert made.limits == (Decimal("1.500"), Decimal("2.667"))


def test_a_ratio_by_a_range_that_reaches_zero_has_no_range():
    assert ratio_limits(figure("10", "8", "12"), figure("5", "0", "6")) is None
    assert ratio_limits(figure("10", "8", "12"), figure("5", "4", "10")) is None
    assert ratio_limits(figure("10", "-1", "12"), figure("5", "4", "6")) is None


def test_nothing_is_divided_by_zero():
    made = derive(figure("10"), figure("0"), RATIO)
    assert (made.value, made.status) == (None, "not-applicable")
    assert made.note == "The figure that would divide is 0."


def test_no_range_is_made_up():
    assert derive(figure("10", "8", "12"), figure("5"), GAP).limits is None
    assert derive(figure("10", "8", None), figure("5", "4", "6"), GAP).limits is None
    assert (
        derive(figure("10", "8", "12"), figure("5", "4", "6"), Way("difference", 1, is_apart=False)).limits
        is None
    )


def test_limits_that_exclude_their_value_are_not_put_together():
    assert derive(figure("10", "11", "12"), figure("5", "4", "6"), GAP).limits is None


def test_a_hidden_input_gives_no_value_and_says_why():
    made = derive(figure(None, status="suppressed"), figure("5"), GAP)
    assert (made.value, made.status, made.limits) == (None, "suppressed", None)
    assert made.note == "The first figure has no value: Hidden to protect people."


def test_of_two_missing_inputs_the_hidden_one_is_the_reason():
    made = derive(figure(None, status="not-available"), figure(None, status="suppressed"), GAP)
    assert made.status == "suppressed"
    assert made.note == "The first and second figures have no value: Hidden to protect people, Not available."


@pytest.mark.parametrize(
    ("first", "second", "carried"),
    [
        ("break", "normal", "break"),
        ("normal", "break", "break"),
        ("provisional", "break", "break"),
        ("provisional", "revised", "provisional"),
        ("definition-differs", "break", "definition-differs"),
        ("normal", "normal", "normal"),
    ],
)
def test_the_graver_status_is_carried_and_the_other_is_said(first: str, second: str, carried: str):
    made = derive(figure("1", status=first), figure("2", status=second), GAP)
    assert made.status == carried
    assert ("First figure: " in made.note) == (first != "normal")
    assert ("Second figure: " in made.note) == (second != "normal")


def test_a_pair_makes_no_figure():
    with pytest.raises(ValueError, match="nothing is worked out of two figures by 'pair'"):
        derive(figure("1"), figure("2"), Way("pair", 1))


tenths = st.integers(-500, 500).map(lambda n: Decimal(n) / 10)
widths = st.integers(0, 90).map(lambda n: Decimal(n) / 10)
figures = st.builds(
    lambda value, below, above: Input(value, "normal", value - below, value + above), tenths, widths, widths
)


@given(figures, figures)
def test_turned_round_a_difference_changes_its_sign_and_its_limits_change_places(first: Input, second: Input):
    there, back = derive(first, second, GAP), derive(second, first, GAP)
    assert there.value is not None
    assert back.value is not None
    assert there.limits is not None
    assert back.limits is not None
    assert there.value == -back.value
    assert there.limits == (-back.limits[1], -back.limits[0])
    assert there.limits[0] <= there.value <= there.limits[1]


@given(figures, figures)
def test_the_range_of_a_difference_is_no_wider_than_both_ranges_together(first: Input, second: Input):
    limits = derive(first, second, GAP).limits
    assert limits is not None
    assert first.limits is not None
    assert second.limits is not None
    widest = (first.limits[1] - first.limits[0]) + (second.limits[1] - second.limits[0])
    assert limits[1] - limits[0] <= widest + Decimal("0.002")


def test_only_people_of_whom_none_is_in_both_are_apart():
    both = {"first_indicator": "a", "second_indicator": "a"}
    assert are_apart(both | {"first_breakdown": "age=old;sex=male", "second_breakdown": "age=old;sex=female"})
    assert not are_apart(both | {"first_breakdown": "sex=male", "second_breakdown": "age=old"})
    assert not are_apart(both | {"first_breakdown": None, "second_breakdown": None})
    other = {"first_indicator": "a", "second_indicator": "b"}
    assert not are_apart(other | {"first_breakdown": "sex=male", "second_breakdown": "sex=female"})


# ---- many pairs ----

GIVEN = {
    "derivation": "gap",
    "kind": "difference",
    "indicator": "gap",
    "version": "1.0.0",
    "dataset": "gaps",
    "first_indicator": "life",
    "first_version": "1.0.0",
    "first_breakdown": "sex=female",
    "second_indicator": "life",
    "second_version": "1.0.0",
    "second_breakdown": "sex=male",
}


def seen(area: str, breakdown: str, text: str | None, **more: Any) -> dict[str, Any]:
    row = {
        "dataset": "health",
        "indicator": "life",
        "version": "1.0.0",
        "area": area,
        "period": "2020-01-01_P3Y",
        "breakdown": breakdown,
        "value_text": text,
        "value": None if text is None else float(text),
        "status": "normal" if text is not None else "suppressed",
        "lower_limit": None,
        "upper_limit": None,
        "numerator": None,
        "denominator": None,
        "sample_size": None,
        "note": None,
        "_source": 1,
        "_row": 2,
    }
    return row | more


ROWS = [
    seen("A", "sex=female", "64.5", lower_limit="60.0", upper_limit="69.0", _row=7),
    seen("A", "sex=male", "62.5", lower_limit="58.4", upper_limit="66.6"),
    seen("A", "", "63"),
    seen("B", "sex=female", None),
    seen("B", "sex=male", "60"),
    seen("C", "sex=female", "61"),  # has no other side
    seen("D", "sex=female", "61", version="1.1.0"),
    seen("D", "sex=male", "60", version="1.0.0"),
    seen("E", "sex=female", "61", version="2.0.0"),  # counts otherwise
    seen("E", "sex=male", "60"),
    seen("F", "sex=female", "61", period="2021-01-01_P3Y"),  # another period
    seen("F", "sex=male", "60"),
    seen("G", "sex=female", "61"),
    seen("G", "sex=female", "99", dataset="later"),  # a second dataset gives it too
    seen("G", "sex=male", "60"),
]


def made_of(rows: list[dict[str, Any]], derivations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    engine = Engine()

    versions = [
        {"indicator": name, "version": version, "decimals": 1, "multiplier": None}
        for name, version in (("life", "1.0.0"), ("life", "1.1.0"), ("life", "2.0.0"), ("gap", "1.0.0"))
    ]
    form = pa.schema(
        [
            ("indicator", pa.string()),
            ("version", pa.string()),
            ("decimals", pa.int64()),
            ("multiplier", pa.float64()),
        ]
    )
    tables = {
        "observations": engine.load("given_observations", pa.Table.from_pylist(rows, schema=FORM)),
        "indicators": engine.load("given_indicators", pa.Table.from_pylist(versions, schema=form)),
        "derivations": engine.load("given_derivations", pa.Table.from_pylist(derivations)),
    }
    made = derive_figures(engine, tables).to_pylist()
    assert {row["indicator"] for row in made} <= {"gap"}
    return sorted(made, key=lambda row: row["area"])


def test_every_area_with_both_figures_of_a_period_gets_its_gap():
    made = made_of(ROWS, [GIVEN])
    assert [(row["area"], row["value_text"], row["status"]) for row in made] == [
        ("A", "2.0", "normal"),
        ("B", None, "suppressed"),
        ("D", "1", "normal"),
        ("G", "1", "normal"),
    ]
    assert (made[0]["lower_limit"], made[0]["upper_limit"]) == ("-4.088", "8.088")
    assert {(row["dataset"], row["version"], row["breakdown"]) for row in made} == {("gaps", "1.0.0", "")}


def test_a_gap_names_the_row_of_its_first_input():
    assert (made_of(ROWS, [GIVEN])[0]["_source"], made_of(ROWS, [GIVEN])[0]["_row"]) == (1, 7)


def test_the_order_of_rows_makes_no_difference():
    assert made_of(ROWS, [GIVEN]) == made_of(ROWS[::-1], [GIVEN])


def test_a_pair_that_stands_side_by_side_adds_nothing():
    assert made_of(ROWS, [GIVEN | {"kind": "pair"}]) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(ROWS), unique_by=id, max_size=len(ROWS)))
def test_the_expression_pairs_what_a_plain_search_pairs(rows: list[dict[str, Any]]):
    sides = sides_of([GIVEN], {"life": ["1.0.0", "1.1.0", "2.0.0"]})
    keys = {(row["side"], row["version"], row["breakdown"]) for row in sides}

    def first_of(side: str, area: str, period: str) -> str | None:
        found = [
            row
            for row in rows
            if (side, row["version"], row["breakdown"]) in keys
            and (row["area"], row["period"]) == (area, period)
        ]
        found.sort(key=lambda row: (row["dataset"], row["version"], row["_source"], row["_row"]))
        return str(found[0]["value_text"]) if found else None

    wanted = {
        (area, period, first_of("first", area, period), first_of("second", area, period))
        for area, period in {(row["area"], row["period"]) for row in rows}
    }
    wanted = {one for one in wanted if None not in one}

    connection = ibis.duckdb.connect()
    table = connection.create_table("o", pa.Table.from_pylist(rows, schema=FORM))
    loaded = connection.create_table("s", pa.Table.from_pylist(sides))
    found = pairs(table, loaded).to_pyarrow().to_pylist()
    told = {(r["area"], r["period"], str(r["first_value_text"]), str(r["second_value_text"])) for r in found}
    assert told == wanted
    assert len(found) == len(wanted)


# ---- what is refused ----


def derivation(**more: str) -> Row:
    return {
        "derivation": "women-less-men",
        "label": "Women less men",
        "kind": "difference",
        "purpose": "inequality",
        "indicator": "gap",
        "version": "1.0.0",
        "dataset": "waste",
        "first_indicator": "recycled",
        "first_version": "1.0.0",
        "first_breakdown": "sex=female",
        "second_indicator": "recycled",
        "second_version": "1.0.0",
        "second_breakdown": "sex=male",
        "reading": "Above 0 women recycle more.",
        **more,
    }


def problems_of(
    folder: Path, *rows: Row, unit: str = "percentage-points", figures: tuple[Row, ...] = ()
) -> list[Problem]:
    gap = indicator(
        "gap", "1.0.0", unit=unit, numerator="", denominator="", multiplier="", evidence="derived"
    )
    people = indicator("people", "1.0.0", unit="people", numerator="", denominator="", multiplier="")
    world = small_world(indicators=[gap, people], derivations=rows, observations=figures)
    return [
        found
        for found in check_world(world, folder)
        if found.code.startswith("derivation-") or found.code == "reference-unknown"
    ]


def test_a_sound_derivation_is_not_found_fault_with(tmp_path: Path):
    assert problems_of(tmp_path, derivation()) == []


PAIR = {"kind": "pair", "indicator": "", "version": "", "dataset": ""}


def test_a_pair_may_have_two_units(tmp_path: Path):
    assert problems_of(tmp_path, derivation(second_indicator="people", second_breakdown="", **PAIR)) == []


@pytest.mark.parametrize(
    ("change", "code", "column", "message"),
    [
        (
            {"dataset": ""},
            "derivation-incomplete",
            "dataset",
            "The derivation women-less-men is of kind difference, and 'dataset' is empty.",
        ),
        (
            {**PAIR, "dataset": "waste"},
            "derivation-incomplete",
            "dataset",
            "The derivation women-less-men is of kind pair, and 'dataset' is given.",
        ),
        (
            {"second_indicator": "gap", "second_breakdown": ""},
            "derivation-input-derived",
            "second_indicator",
            "'gap' is itself worked out, by the derivation women-less-men.",
        ),
        (
            {"second_breakdown": "sex=female"},
            "derivation-same-figure",
            "second_indicator",
            "Both inputs of the derivation women-less-men are recycled 1.0.0 sex=female.",
        ),
        (
            {"second_indicator": "people"},
            "derivation-units-differ",
            "second_indicator",
            "The first figure is in percent, the second in people; wanted percent.",
        ),
    ],
)
def test_a_derivation_that_would_mislead_is_refused(
    tmp_path: Path, change: dict[str, str], code: str, column: str, message: str
):
    found = problems_of(tmp_path, derivation(**change))
    assert [(one.code, one.column, one.message) for one in found if one.code == code] == [
        (code, column, message)
    ]


def test_an_input_that_does_not_exist_is_refused(tmp_path: Path):
    found = problems_of(tmp_path, derivation(first_indicator="no-such"))
    assert "reference-unknown" in {one.code for one in found}


def test_a_difference_of_percentages_is_in_percentage_points(tmp_path: Path):
    [found] = problems_of(tmp_path, derivation(), unit="percent")
    assert found.code == "derivation-units-differ"
    assert (
        found.message
        == "The difference of two figures in percent is said to be in percent; wanted percentage-points."
    )


def test_derivations_do_not_go_round_in_a_circle(tmp_path: Path):
    other = derivation(derivation="other", indicator="people", first_indicator="gap", first_breakdown="")
    found = problems_of(tmp_path, derivation(second_indicator="people", second_breakdown=""), other)
    assert {one.value for one in found if one.code == "derivation-input-derived"} == {"gap", "people"}


def test_figures_that_are_worked_out_are_not_submitted_too(tmp_path: Path):
    [found] = problems_of(
        tmp_path, derivation(), figures=(observation(indicator="gap", period="2018-19", value="1"),)
    )
    assert found.code == "derivation-of-submitted"
    assert (
        found.message
        == "Figures of 'gap' are submitted (1), and the derivation women-less-men works them out."
    )


def test_a_ratio_by_a_zero_is_told_and_published_without_a_value(tmp_path: Path):
    zero = observation(period="2018-19", value="0")
    ratio = derivation(kind="ratio", second_breakdown="")
    [found] = [one for one in problems_of(tmp_path, ratio, figures=(zero,)) if one.code == "derivation-zero"]
    assert found.severity == "warning"
    assert found.message == "The derivation women-less-men would divide by 0 for E06000060, 2018-19."


# ---- in the example ----


@pytest.fixture(scope="session")
def edition(example_site: ExampleSite) -> Edition:
    return example_site.edition


def test_every_gap_of_the_example_is_the_difference_of_its_inputs(edition: Edition):
    rows = edition.rows(
        "SELECT g.value AS gap, f.value AS women, m.value AS men, g.lower_limit, g.upper_limit, f.lower_limit AS fl,"
        " f.upper_limit AS fu, m.lower_limit AS ml, m.upper_limit AS mu FROM observations g"
        " JOIN observations f ON f.area = g.area AND f.period = g.period AND f.indicator = 'healthy-life-expectancy'"
        " AND f.breakdown = 'sex=female' JOIN observations m ON m.area = g.area AND m.period = g.period"
        " AND m.indicator = f.indicator AND m.breakdown = 'sex=male' WHERE g.indicator = 'healthy-life-gap'"
    )
    assert len(rows) == edition.value(
        "SELECT count(*) FROM observations WHERE indicator = 'healthy-life-gap'"
    )
    assert len(rows) > 2_000
    for row in rows:
        assert row["gap"] == pytest.approx(row["women"] - row["men"], abs=1e-9)
        below = ((row["women"] - row["fl"]) ** 2 + (row["mu"] - row["men"]) ** 2) ** 0.5
        above = ((row["fu"] - row["women"]) ** 2 + (row["men"] - row["ml"]) ** 2) ** 0.5
        assert row["lower_limit"] == pytest.approx(row["gap"] - below, abs=0.0006)
        assert row["upper_limit"] == pytest.approx(row["gap"] + above, abs=0.0006)


def test_the_page_of_a_council_holds_its_pairs_together(edition: Edition):
    page = pages.PAGES["area"](edition, ("E09000015",), {})
    assert page is not None
    section = next(
        one
        for one in read_page(page.html).every("section")
        if one.attributes.get("aria-labelledby") == "gaps"
    )
    told = section.text
    assert "Years in good health, women's less men's" in told
    assert "No clear gap." in told
    assert "Spending on adult care per resident" in told
    assert told.count("Side by side, nothing is worked out") == 1


def test_an_indicator_says_what_it_is_worked_out_of_and_an_input_what_it_is_held_with(edition: Edition):
    made = pages.PAGES["indicator"](edition, ("healthy-life-gap",), {})
    given_page = pages.PAGES["indicator"](edition, ("care-quality-of-life",), {})
    assert made is not None
    assert given_page is not None
    assert "Worked out of two figures" in read_page(made.html).text
    assert "/indicators/healthy-life-expectancy/v1.0.0" in {
        link.attributes["href"] for link in read_page(made.html).every("a")
    }
    assert "Held together with other figures" in read_page(given_page.html).text

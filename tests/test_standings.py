"""Two figures in different units are held together by where they stand: by hand, by algebra, and in the example."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import read_page
from test_checking_world import check_world, indicator, small_world
from test_derived import derivation

from api import pages
from api.edition import Edition
from compare.derived import Input
from compare.standings import SMALLEST_SET, difference_of_standings, standings
from tools.example_site import ExampleSite


def figures(*values: str, width: str | None = None) -> dict[str, Input]:
    """Make a set of figures, named by their place in the order given."""
    out = {}
    for number, text in enumerate(values):
        value = Decimal(text)
        ends = (None, None) if width is None else (value - Decimal(width), value + Decimal(width))
        out[f"{number:02}"] = Input(value, "normal", *ends)
    return out


COUNT = [str(number) for number in range(21)]


def test_the_highest_of_twenty_one_stands_ahead_of_all_twenty_others():
    told = standings(figures(*COUNT), "higher")
    assert [str(told[area].value) for area in ("00", "01", "10", "20")] == [
        "0.000",
        "5.000",
        "50.000",
        "100.000",
    ]


def test_where_lower_is_better_the_lowest_stands_at_a_hundred():
    told = standings(figures(*COUNT), "lower")
    assert [str(told[area].value) for area in ("00", "01", "20")] == ["100.000", "95.000", "0.000"]


def test_equals_stand_at_one_place_half_way():
    """Of 21, places 5 to 7 from below are equal: each is ahead of 5 and level with 2, so of 6 of 20 others."""
    told = standings(figures(*COUNT[:5], "5", "5", "5", *COUNT[8:]), "higher")
    assert {str(told[area].value) for area in ("05", "06", "07")} == {"30.000"}


def test_the_range_runs_over_the_places_that_a_figure_may_as_well_have():
    """With 1.5 either way, 10 cannot be told from the 3 below and the 3 above it: 7 of 20 to 13 of 20."""
    told = standings(figures(*COUNT, width="1.5"), "higher")["10"]
    assert (told.value, told.lower_limit, told.upper_limit) == (Decimal(50), Decimal(35), Decimal(65))
    lower = standings(figures(*COUNT, width="1.5"), "lower")["12"]
    assert (lower.value, lower.lower_limit, lower.upper_limit) == (Decimal(40), Decimal(25), Decimal(55))


def test_a_figure_without_a_range_has_a_standing_without_one():
    assert standings(figures(*COUNT), "higher")["10"].limits is None


def test_in_a_set_that_is_too_small_nobody_has_a_standing():
    assert standings(figures(*COUNT[: SMALLEST_SET - 1]), "higher") == {}
    assert len(standings(figures(*COUNT[:SMALLEST_SET]), "higher")) == SMALLEST_SET


def test_one_standing_is_taken_from_the_other_with_the_widest_range_that_both_allow():
    """70 (60 to 85) less 40 (30 to 45) is 30, at least 60 - 45 and at most 85 - 30."""
    first = Input(Decimal(70), "normal", Decimal(60), Decimal(85))
    made = difference_of_standings(first, Input(Decimal(40), "revised", Decimal(30), Decimal(45)))
    assert (made.value, made.limits) == (Decimal(30), (Decimal(15), Decimal(55)))
    assert (made.status, made.note) == ("revised", "Second figure: Revised.")


def test_a_standing_that_is_missing_gives_no_gap_and_says_why():
    made = difference_of_standings(Input(None, "suppressed"), Input(Decimal(40)))
    assert (made.value, made.status) == (None, "suppressed")


numbers = st.lists(st.integers(-50, 50).map(str), min_size=SMALLEST_SET, max_size=40)


@given(numbers)
def test_all_standings_together_are_on_average_fifty(values: list[str]):
    told = [one.value for one in standings(figures(*values), "higher").values()]
    assert abs(sum(told, Decimal(0)) / len(told) - 50) < Decimal("0.001")


@given(numbers)
def test_turned_round_every_standing_is_what_is_left_of_a_hundred(values: list[str]):
    up, down = (standings(figures(*values, width="3"), way) for way in ("higher", "lower"))
    for area, one in up.items():
        assert one.value is not None
        assert one.limits is not None
        assert down[area].value == 100 - one.value
        assert down[area].limits == (100 - one.limits[1], 100 - one.limits[0])
        assert one.limits[0] <= one.value <= one.limits[1]


# ---- what is refused ----

STANDINGS = {"kind": "standings", "second_breakdown": "", "first_breakdown": ""}


def problems_of(folder: Path, unit: str, second: str) -> list[tuple[str, str, str]]:
    gap = indicator(
        "gap", "1.0.0", unit=unit, numerator="", denominator="", multiplier="", evidence="derived"
    )
    people = indicator("people", "1.0.0", unit="people", numerator="", denominator="", multiplier="")
    score = indicator("score", "1.0.0", unit="score", numerator="", denominator="", multiplier="")
    row = derivation(**{**STANDINGS, "second_indicator": second})
    world = small_world(indicators=[gap, people, score], derivations=[row], observations=())
    return [
        (found.code, found.column or "", found.message)
        for found in check_world(world, folder)
        if found.code.startswith("derivation-")
    ]


def test_standings_by_figures_of_two_units_may_be_held_together(tmp_path: Path):
    assert problems_of(tmp_path, "points-of-standing", "score") == []


def test_a_difference_of_standings_is_in_points_of_standing(tmp_path: Path):
    [(code, column, message)] = problems_of(tmp_path, "percent", "score")
    assert (code, column) == ("derivation-units-differ", "indicator")
    assert message == "A difference of standings is said to be in percent; wanted points-of-standing."


def test_where_a_council_stands_by_a_total_says_only_how_large_it_is(tmp_path: Path):
    [(code, column, message)] = problems_of(tmp_path, "points-of-standing", "people")
    assert (code, column) == ("derivation-of-total", "second_indicator")
    assert message == "'people' is a total (People)."


# ---- the bundled example ----


@pytest.fixture(scope="module")
def edition(example_site: ExampleSite) -> Edition:
    return example_site.edition


def test_harrow_s_gap_is_what_its_two_places_give(edition: Edition):
    """Counted again from the published figures, without our code."""
    rows = edition.rows(
        "SELECT o.indicator, o.area, o.value FROM observations o JOIN areas a ON a.area = o.area"
        " WHERE o.indicator IN ('care-leaver-activity', 'care-cost-per-child')"
        " AND o.period = '2022-04-01_P1Y' AND o.breakdown = '' AND o.value IS NOT NULL"
        " AND (a.start_on IS NULL OR a.start_on <= '2023-03-31') AND (a.end_on IS NULL OR a.end_on >= '2023-03-31')"
        " AND a.area_type IN ('county', 'unitary', 'metropolitan-district', 'london-borough')"
    )
    standing = {}
    for indicator_name in ("care-leaver-activity", "care-cost-per-child"):
        values = {row["area"]: row["value"] for row in rows if row["indicator"] == indicator_name}
        own = values["E09000015"]
        below = sum(value < own for value in values.values())
        level = sum(value == own for value in values.values()) - 1
        standing[indicator_name] = round(100 * (below + level / 2) / (len(values) - 1), 3)
    made = edition.value(
        "SELECT value FROM observations WHERE indicator = 'care-leaver-value' AND area = 'E09000015'"
        " AND period = '2022-04-01_P1Y'"
    )
    assert made == pytest.approx(
        standing["care-leaver-activity"] - standing["care-cost-per-child"], abs=0.002
    )


def test_no_region_and_no_nation_has_a_gap_of_standings(edition: Edition):
    found = edition.rows(
        "SELECT DISTINCT a.area_type FROM observations o JOIN areas a ON a.area = o.area"
        " WHERE o.indicator IN ('care-leaver-value', 'adult-care-perception-gap') ORDER BY 1"
    )
    assert [row[0] for row in found] == ["county", "london-borough", "metropolitan-district", "unitary"]


def test_harrow_s_page_shows_both_gaps_with_what_they_are_made_of(edition: Edition):
    page = pages.PAGES["area"](edition, ["E09000015"], {})
    assert page is not None
    text = read_page(page.html).text
    assert "Standing by what people who use adult care say, less standing by what is counted" in text
    assert "Standing by what care leavers do, less standing by what care costs" in text
    assert "points of standing" in text

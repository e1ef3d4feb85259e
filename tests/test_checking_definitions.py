"""Rules about several versions of a definition, or several stages of one, on the small world."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_checking_world import check_world, indicator, small_world

Stages = dict[str, str]


def stages(**entered: str) -> list[Stages]:
    """Stages of recycled 2.0.0, with the day of each."""
    return [
        {"indicator": "recycled", "version": "2.0.0", "stage": stage, "entered_on": day}
        for stage, day in entered.items()
    ]


def test_two_current_versions_that_both_count_are_told_on_the_older_one(tmp_path: Path) -> None:
    newer = indicator("bottles", "1.1.0", valid_from="2020-04-01", comparable_with_previous="with-care")
    [found] = check_world(small_world(indicators=[indicator("bottles", "1.0.0"), newer]), tmp_path)
    assert (found.code, found.row, found.column) == ("version-current-twice", 8, "status")
    assert found.message == ("bottles 1.0.0 is current, and so is 1.1.0; both count from 2020-04-01 on.")


def test_two_current_versions_are_one_too_many_even_where_one_has_ended(tmp_path: Path) -> None:
    rows = [
        indicator("bottles", "1.0.0", valid_to="2020-03-31"),
        indicator("bottles", "2.0.0", valid_from="2020-04-01"),
    ]
    [found] = check_world(small_world(indicators=rows), tmp_path)
    assert found.message == "bottles 1.0.0 is current, and so is 2.0.0."


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        ("1.0.1", {"comparable_with_previous": "yes", "caveats": "Few answered."}),
        ("1.0.1", {"comparable_with_previous": "yes", "numerator": "waste  recycled "}),
        ("1.0.1", {"comparable_with_previous": "yes", "multiplier": "100.0"}),
        ("1.1.0", {"comparable_with_previous": "with-care", "denominator": "waste of homes"}),
        ("2.0.0", {"comparable_with_previous": "no", "unit": "per-1000-people", "multiplier": "1000"}),
        ("2.0.0", {"comparable_with_previous": "yes", "caveats": "More than was needed."}),
    ],
)
def test_step_that_is_as_large_as_the_change_is_accepted(
    version: str, changes: dict[str, str], tmp_path: Path
) -> None:
    rows = [indicator("bottles", "1.0.0", status="withdrawn"), indicator("bottles", version, **changes)]
    assert check_world(small_world(indicators=rows), tmp_path) == []


def test_each_version_is_held_against_the_one_before_it_by_number(tmp_path: Path) -> None:
    rows = [
        indicator("bottles", "1.10.0", comparable_with_previous="yes"),
        indicator("bottles", "1.9.0", status="withdrawn"),
    ]
    assert check_world(small_world(indicators=rows), tmp_path) == []


def test_withdrawn_definition_needs_no_successor(tmp_path: Path) -> None:
    rows = [indicator("bottles", "1.0.0", status="withdrawn", valid_to="2020-03-31")]
    assert check_world(small_world(indicators=rows), tmp_path) == []


def test_circle_of_successors_is_found_whichever_version_names_them(tmp_path: Path) -> None:
    rows = [
        indicator("bottles", "1.0.0", status="withdrawn", replaced_by="jars"),
        indicator("bottles", "2.0.0", status="withdrawn", replaced_by="recycled"),
        indicator("jars", "1.0.0", status="withdrawn", replaced_by="bottles"),
    ]
    found = check_world(small_world(indicators=rows), tmp_path)
    assert {(one.code, one.message) for one in found} == {
        ("loop-found", "bottles leads back to itself: bottles → jars → bottles."),
        ("loop-found", "jars leads back to itself: jars → bottles → jars."),
    }


def test_stages_may_be_left_out_and_begin_before_the_version_counts(tmp_path: Path) -> None:
    rows = stages(draft="2021-01-01", consultation="2021-06-01", current="2021-06-01")
    assert check_world(small_world(definition_stages=rows), tmp_path) == []
    assert check_world(small_world(definition_stages=stages(current="2021-11-30")), tmp_path) == []


def test_stage_before_an_earlier_one_is_told_with_both_dates(tmp_path: Path) -> None:
    rows = stages(draft="2021-01-01", consultation="2021-06-01", current="2021-05-31")
    [found] = check_world(small_world(definition_stages=rows), tmp_path)
    assert (found.code, found.row, found.column) == ("stage-out-of-order", 4, "entered_on")
    assert found.message == (
        "The stage current was entered on 2021-05-31, before the stage consultation on 2021-06-01."
    )


def test_version_that_is_none_and_dates_that_are_none_are_told_once(tmp_path: Path) -> None:
    rows = [
        indicator("bottles", "1.0", status="draft"),
        indicator("jars", "1.0.0", status="withdrawn"),
        indicator("jars", "2.0.0", valid_from="1 May", comparable_with_previous="perhaps"),
    ]
    codes = [one.code for one in check_world(small_world(indicators=rows), tmp_path)]
    assert sorted(codes) == ["code-unknown", "value-malformed", "value-misshapen"]

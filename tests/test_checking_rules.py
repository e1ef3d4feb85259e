"""Each rule of the model: the row that breaks it, the code of the problem, and its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from test_checking_world import (
    check_world,
    indicator,
    judgement,
    observation,
    small_world,
    target,
)

CASES = yaml.safe_load((Path(__file__).parent / "data" / "checking_rules.yaml").read_text(encoding="utf-8"))

# The row that breaks nothing; a case says what is changed in it.
ROWS = {
    "definition_stages": {
        "indicator": "recycled",
        "version": "2.0.0",
        "stage": "current",
        "entered_on": "2022-01-10",
    },
    "indicators": indicator("odd", "1.0.0"),
    "judgements": judgement(),
    "observations": observation(),
    "targets": target(),
    "translations": {
        "kind": "area",
        "thing": "E06000060",
        "column": "label",
        "language": "cy",
        "text": "Swydd Buckingham",
        "taken_from": "A register",
    },
}


@pytest.mark.parametrize("case", CASES, ids=[f"{case['code']}-{n}" for n, case in enumerate(CASES)])
def test_row_that_breaks_one_rule_is_told_so_and_nothing_else(case: dict[str, Any], tmp_path: Path) -> None:
    table, code = case["table"], case["code"]
    world = small_world(**{table: [ROWS.get(table, {}) | case["row"]]})
    problems = check_world(world, tmp_path)
    assert {one.code for one in problems} - set(case.get("besides", ())) == {code}
    found = [one for one in problems if one.code == code]
    assert [one.message for one in found] == [case["message"]]
    [one] = found
    assert (one.file, one.column) == (f"{table}.csv", case["column"])
    if code != "column-unknown":
        assert one.row == len(world[table]) + 1
    assert one.mend


def test_value_rounded_more_than_its_limits_lies_inside_them(tmp_path: Path) -> None:
    rows = [observation(period="2020-21", value="44", lower_limit="44.3", upper_limit="45.12")]
    assert check_world(small_world(observations=rows), tmp_path) == []


def test_zero_is_a_value_and_needs_no_reason(tmp_path: Path) -> None:
    rows = [observation(period="2020-21", value="0")]
    assert check_world(small_world(observations=rows), tmp_path) == []


def test_percentage_without_declared_bounds_is_0_to_100(tmp_path: Path) -> None:
    world = small_world(
        indicators=[indicator("plain", "1.0.0")],
        observations=[
            observation(indicator="plain", period="2020-21", value="100"),
            observation(indicator="plain", period="2021-22", value="100.1"),
            observation(indicator="plain", period="2022-23", value="-0.1"),
        ],
    )
    assert [one.code for one in check_world(world, tmp_path)] == ["value-impossible"] * 2


def test_two_different_values_for_one_key_show_both_rows_and_files(tmp_path: Path) -> None:
    world = small_world(
        observations=[observation(value="1"), observation(value="2"), observation(value="43.6")]
    )
    found = check_world(world, tmp_path)
    assert [(one.code, one.row) for one in found] == [
        ("observations-conflict", 13),
        ("observations-conflict", 14),
        ("observation-repeated", 15),
    ]


def test_loop_of_three_is_told_with_its_way(tmp_path: Path) -> None:
    codes = [
        {"code_list": "sex", "code": code, "label": code, "parent": parent}
        for code, parent in (("a", "b"), ("b", "c"), ("c", "a"))
    ]
    found = check_world(small_world(codes=codes), tmp_path)
    assert [one.message for one in found] == [
        "a leads back to itself: a → b → c → a.",
        "b leads back to itself: b → c → a → b.",
        "c leads back to itself: c → a → b → c.",
    ]


def test_same_fault_in_many_rows_is_one_problem(tmp_path: Path) -> None:
    rows = [
        observation(area="E06000006", period=f"{year}-{(year + 1) % 100:02}") for year in range(2011, 2021)
    ]
    [found] = check_world(small_world(observations=rows), tmp_path)
    assert (found.code, found.row, found.count) == ("reference-unknown", 13, 10)


def test_table_that_is_not_there_makes_its_codes_unknown(tmp_path: Path) -> None:
    world = small_world()
    del world["areas"]
    del world["area_changes"]
    found = check_world(world, tmp_path)
    assert {one.code for one in found} == {"reference-unknown"}
    assert {one.value for one in found} == {"E06000060", "E07000004", "E09000015"}


@pytest.mark.parametrize("nasty", ["'; DROP TABLE areas; --", "a\0b", "\n\u2028\U0001f986", '"}]', "{}"])
def test_statements_and_odd_characters_in_cells_stay_text(nasty: str, tmp_path: Path) -> None:
    rows = [
        observation(area=nasty, period=nasty, status=nasty, indicator=nasty, version=nasty, value=nasty),
        observation(period=nasty, sex=nasty),
    ]
    problems = check_world(small_world(observations=rows), tmp_path)
    codes = {one.code for one in problems}
    assert {"reference-unknown", "period-unknown", "code-unknown", "value-malformed"} <= codes
    assert {one.value for one in problems if one.code == "period-unknown"} == {nasty}


def test_total_that_would_earn_no_grade_is_told_with_the_least_there_can_be(tmp_path: Path) -> None:
    world = small_world()
    world["rollup_rules"] = [row for row in world["rollup_rules"] if row["rule"] != "inadequate-from"]
    [found] = check_world(world, tmp_path)
    assert (found.code, found.row, found.column) == ("rollup-thresholds-astray", 5, "number")
    # The lowest score is 1 of 4 on both questions, so the least total is 25.
    assert found.message == (
        "The threshold 39 of requires-improvement is above the least total there can be, 25.00,"
        " so some totals earn no grade."
    )


def test_parts_that_lead_to_each_other_in_a_circle_are_told_with_the_way(tmp_path: Path) -> None:
    rule = {"framework": "unscored", "version": "2020", "kind": "limit", "grade": "one", "caps_at": "one"}
    asked = {"framework": "unscored", "version": "2020", "label": "Asked", "scale": "scores"}
    world = small_world(
        framework_questions=[asked | {"question": "told", "is_overall": "false"}],
        rollup_rules=[
            rule | {"rule": "a", "question": "led", "gives": "told"},
            rule | {"rule": "b", "question": "told", "gives": "led"},
        ],
    )
    [found] = check_world(world, tmp_path)
    assert found.code == "rollup-loop"
    assert found.message in {
        "The grade of led leads back to itself: led → told → led.",
        "The grade of told leads back to itself: told → led → told.",
    }


def test_three_judgements_that_supersede_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    rows = [
        judgement(judgement=name, inspection=name, supersedes=other)
        for name, other in (("one", "two"), ("two", "three"), ("three", "one"))
    ]
    found = check_world(small_world(judgements=rows), tmp_path)
    assert {one.code for one in found} == {"loop-found"}
    assert [one.message for one in found] == [
        "one leads back to itself: one → two → three → one.",
        "two leads back to itself: two → three → one → two.",
        "three leads back to itself: three → one → two → three.",
    ]

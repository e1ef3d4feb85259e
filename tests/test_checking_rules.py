"""Each rule of the model: the row that breaks it, the code of the problem, and its words."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_checking_world import (
    Row,
    check_world,
    indicator,
    judgement,
    observation,
    small_world,
    target,
)

# table, the row that is added, code, column, message
CASES: list[tuple[str, Row, str, str | None, str]] = [
    (
        "observations",
        observation(period="2020-21", value=""),
        "value-without-reason",
        "value",
        "There is no value, and the status (empty, which means normal) does not say why.",
    ),
    (
        "observations",
        observation(period="2020-21", value="", status="normal"),
        "value-without-reason",
        "value",
        "There is no value, and the status 'normal' does not say why.",
    ),
    (
        "observations",
        observation(period="2020-21", value="", status="provisional"),
        "status-needs-value",
        "value",
        "The status is provisional, which needs a value, and there is none.",
    ),
    (
        "observations",
        observation(period="2020-21", value="5", status="suppressed"),
        "status-forbids-value",
        "value",
        "The status is suppressed, which means that there is no value, and the value is 5.",
    ),
    (
        "observations",
        observation(period="2020-21", value="", status="unknown"),
        "code-unknown",
        "status",
        "'unknown' is not a code of the list status.",
    ),
    (
        "observations",
        observation(period="2020-21", status="supressed"),
        "code-unknown",
        "status",
        "'supressed' is not a code of the list status. Closest: suppressed.",
    ),
    (
        "observations",
        observation(period="2020-21", lower_limit="45", upper_limit="44", value=""),
        "limits-out-of-order",
        "lower_limit",
        "The lower limit 45 is more than the upper limit 44.",
    ),
    (
        "observations",
        observation(period="2020-21", lower_limit="44.5", upper_limit="45"),
        "value-outside-limits",
        "value",
        "43.6 is not between the limits 44.5 and 45.",
    ),
    (
        "observations",
        observation(period="2020-21", value="104.2"),
        "value-impossible",
        "value",
        "104.2 is more than 100, the most that recycled can be.",
    ),
    (
        "observations",
        observation(area="E09000015", period="2023-24", value="90.5"),
        "value-impossible",
        "value",
        "90.5 is more than 90, the most that recycled can be.",
    ),
    (
        "observations",
        observation(indicator="change", period="2020-21", value="-50.01"),
        "value-impossible",
        "value",
        "-50.01 is less than -50, the least that change can be.",
    ),
    (
        "observations",
        observation(period="2020-22"),
        "period-unknown",
        "period",
        "'2020-22' is not a period. 22 does not follow 2020.",
    ),
    (
        "observations",
        observation(indicator="bins", period="2007-08"),
        "period-ambiguous",
        "period",
        "'2007-08' can be August 2007, or a financial, school or academic year.",
    ),
    (
        "observations",
        observation(period="2024"),
        "period-kind-wrong",
        "period",
        "'2024' is of the kind 'Calendar year'; recycled is for periods of the kind 'Financial year'.",
    ),
    (
        "observations",
        observation(area="E07000004", period="2021-22"),
        "area-ended",
        "area",
        (
            "E07000004 (Aylesbury Vale) ended on 2020-03-31, before the period April 2021 to March 2022"
            " began. Replaced by E06000060 (Buckinghamshire)."
        ),
    ),
    (
        "observations",
        observation(period="2015-16"),
        "area-not-yet",
        "area",
        (
            "E06000060 (Buckinghamshire) exists from 2020-04-01, after the period April 2015 to March 2016"
            " had ended. It replaced E07000004 (Aylesbury Vale)."
        ),
    ),
    (
        "observations",
        observation(value="43.60"),
        "observation-repeated",
        "value",
        (
            "The figure for waste, recycled, E06000060, 2022-04-01_P1Y is there before, in row 2, with the"
            " same value."
        ),
    ),
    (
        "observations",
        observation(period="2022-04-01/P1Y", value="44"),
        "observations-conflict",
        "value",
        "waste, recycled, E06000060, 2022-04-01_P1Y has 44 here and 43.6 in row 2.",
    ),
    (
        "observations",
        observation(value="", status="not-available"),
        "observations-conflict",
        "value",
        "waste, recycled, E06000060, 2022-04-01_P1Y has no value (not-available) here and 43.6 in row 2.",
    ),
    (
        "observations",
        observation(sex="all", value="43.6"),
        "observation-repeated",
        "value",
        (
            "The figure for waste, recycled, E06000060, 2022-04-01_P1Y, all is there before, in row 2, with"
            " the same value."
        ),
    ),
    (
        "observations",
        observation(period="2020-21", version="1.0.1"),
        "version-unknown",
        "version",
        "recycled has no version '1.0.1'. Closest: 1.0.0.",
    ),
    (
        "observations",
        observation(period="2020-21", area="E06000006"),
        "reference-unknown",
        "area",
        "'E06000006' is not in the table areas. Closest: E06000060.",
    ),
    (
        "observations",
        observation(period="2020-21", area="Harrow"),
        "reference-unknown",
        "area",
        "'Harrow' is not in the table areas. Closest: E09000015.",
    ),
    (
        "observations",
        observation(period="2020-21", sex="femal"),
        "code-unknown",
        "sex",
        "'femal' is not a code of the list sex. Closest: female.",
    ),
    (
        "observations",
        observation(period="2020-21", sexe="female"),
        "column-unknown",
        "sexe",
        "Column 'sexe' is not part of the table observations. Closest: sex.",
    ),
    (
        "observations",
        observation(period="2020-21", value="NaN"),
        "value-malformed",
        "value",
        "'NaN' is not a number.",
    ),
    (
        "observations",
        observation(period="2020-21", value="31/03/2024"),
        "value-malformed",
        "value",
        "'31/03/2024' is not a number.",
    ),
    (
        "observations",
        observation(period="2020-21", denominator="-1"),
        "value-too-low",
        "denominator",
        "-1 is too low; wanted 0 or more.",
    ),
    (
        "observations",
        observation(period="2020-21", sample_size="1.5"),
        "value-malformed",
        "sample_size",
        "'1.5' is not a whole number.",
    ),
    (
        "observations",
        observation(period="2020-21", dataset="Waste"),
        "value-misshapen",
        "dataset",
        (
            "'Waste' is not written as lower-case letters, digits and single hyphens, such as"
            " household-waste-recycled."
        ),
    ),
    (
        "observations",
        observation(period="2020-21", indicator=""),
        "value-missing",
        "indicator",
        "There is no value for 'indicator'.",
    ),
    (
        "areas",
        {
            "area": "E09000099",
            "label": "X",
            "area_type": "ward",
            "start_on": "2020-01-01",
            "end_on": "2019-12-31",
        },
        "dates-out-of-order",
        "end_on",
        "'end_on' (2019-12-31) is before 'start_on' (2020-01-01).",
    ),
    (
        "areas",
        {"area": "E09000015", "label": "Harrow", "area_type": "london-borough"},
        "key-repeated",
        "area",
        "The key E09000015 is there before, in row 4.",
    ),
    (
        "indicators",
        indicator("odd", "1.0.0", lowest="5", highest="4"),
        "numbers-out-of-order",
        "lowest",
        "'lowest' (5) is more than 'highest' (4).",
    ),
    (
        "indicators",
        indicator("odd", "1.0.0", themes="waste;wrok"),
        "list-item-unknown",
        "themes",
        "'wrok' in the list 'waste;wrok' is not in the code list theme. Closest: work.",
    ),
    (
        "indicators",
        indicator("odd", "1.0.0", unit="percnt"),
        "code-unknown",
        "unit",
        "'percnt' is not a code of the list unit. Closest: percent.",
    ),
    (
        "datasets",
        {
            "dataset": "more",
            "title": "More",
            "description": "More.",
            "publisher": "statistics-office",
            "licence": "https://example.org",
            "attribution": "Us.",
            "dimensions": "age",
        },
        "list-item-unknown",
        "dimensions",
        "'age' in the list 'age' is not in the table dimensions.",
    ),
    (
        "codes",
        {"code_list": "sex", "code": "other", "label": "Other", "parent": "every"},
        "reference-unknown",
        "parent",
        "'every' is not in the table codes.",
    ),
    (
        "targets",
        target(target="band", period="2023-25"),
        "period-unknown",
        "period",
        "'2023-25' is not a period. 25 does not follow 2023.",
    ),
    (
        "targets",
        target(target="band", upper_value="40"),
        "numbers-out-of-order",
        "value",
        "'value' (50) is more than 'upper_value' (40).",
    ),
    (
        "targets",
        target(target="own", replaces="own"),
        "loop-found",
        "replaces",
        "own leads back to itself: own → own.",
    ),
    (
        "crosswalk",
        {
            "crosswalk": "two",
            "from_indicator": "recycled",
            "relation": "close",
            "comparable": "no",
            "declared_by": "us",
        },
        "choice-missing",
        None,
        "None of the columns 'to_indicator' and 'to_uri' is filled; one of them must be.",
    ),
    (
        "judgements",
        judgement(judgement="x", grade="Requires Improvment"),
        "grade-unknown",
        "grade",
        "'Requires Improvment' is not a grade of the scale four-grade. Closest: requires-improvement.",
    ),
    (
        "judgements",
        judgement(judgement="x", scale=""),
        "grade-off-scale",
        "scale",
        "The question overall is graded on the scale 'four-grade', not on ''.",
    ),
    (
        "judgements",
        judgement(judgement="x", made_on="2023-05-01", published_on="2023-06-01"),
        "framework-not-in-force",
        "made_on",
        (
            "ilacs version 2018 was in force from 2018-01-01 to 2022-12-31; the judgement was made on"
            " 2023-05-01. Closest: 2023."
        ),
    ),
    (
        "judgements",
        judgement(judgement="x", made_on="", published_on="2017-06-01"),
        "framework-not-in-force",
        "made_on",
        (
            "ilacs version 2018 was in force from 2018-01-01 to 2022-12-31; the judgement was made on"
            " 2017-06-01."
        ),
    ),
    (
        "judgements",
        judgement(judgement="x", question="leaders"),
        "reference-unknown",
        "framework, version, question",
        "'ilacs, 2018, leaders' is not in the table framework_questions.",
    ),
]


# Codes that a row of CASES may cause besides its own: a figure in no known form breaks several rules.
BESIDES = {
    "limits-out-of-order": {"value-without-reason"},
    "code-unknown": {"value-malformed"},
    "grade-unknown": {"value-misshapen"},
    "value-misshapen": {"reference-unknown"},
    "value-missing": {"reference-unknown", "period-ambiguous"},
}


@pytest.mark.parametrize(
    ("table", "row", "code", "column", "message"),
    CASES,
    ids=[f"{case[2]}-{case[0]}-{n}" for n, case in enumerate(CASES)],
)
def test_row_that_breaks_one_rule_is_told_so_and_nothing_else(
    table: str, row: Row, code: str, column: str | None, message: str, tmp_path: Path
) -> None:
    world = small_world(**{table: [row]})
    problems = check_world(world, tmp_path)
    assert {one.code for one in problems} - BESIDES.get(code, set()) == {code}
    found = [one for one in problems if one.code == code]
    assert [one.message for one in found] == [message]
    [one] = found
    assert (one.file, one.column) == (f"{table}.csv", column)
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


def test_statements_in_cells_stay_text(tmp_path: Path) -> None:
    nasty = "'; DROP TABLE areas; --"
    rows = [observation(area=nasty, period=nasty, status=nasty, indicator=nasty, version=nasty, value=nasty)]
    codes = {one.code for one in check_world(small_world(observations=rows), tmp_path)}
    assert {"reference-unknown", "period-unknown", "code-unknown", "value-malformed"} <= codes

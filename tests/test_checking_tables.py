"""What a publisher reads about a file that does not keep its own schema, and about its headings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from frictionless import Schema

from ingest.checking import StagedTable, check_table, check_tables, open_engine
from ingest.checking.grammar import find_condition, is_safe_pattern, literal, name
from ingest.checking.standard import check_standard_headings
from ingest.problems import Place, Problem, as_text, group_problems
from ingest.reading import Selection, stage

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "area", "type": "string", "constraints": {"required": True, "pattern": "[A-Z][0-9]{8}"}},
        {"name": "year", "type": "year"},
        {"name": "rate", "type": "number", "constraints": {"minimum": 0, "maximum": 100}},
        {"name": "grade", "type": "string", "constraints": {"enum": ["good", "requires-improvement"]}},
    ],
    "primaryKey": ["area", "year"],
}

HEADING = "area,year,rate,grade\n"


def check(text: str, folder: Path, schema: dict[str, Any] = SCHEMA, **others: StagedTable) -> list[Problem]:
    """Check a CSV file by a schema, as the packages' reading does."""
    file = folder / "waste.csv"
    file.write_text(text, encoding="utf-8")
    staged = stage(file, Selection(), folder)
    table = StagedTable("waste", staged.parquet, staged.headings, schema, Place("waste.csv"))
    with open_engine(folder) as engine:
        found = check_table(table, engine, others.values())
    return group_problems([*staged.problems, *found])


CASES = [
    ("E09000015,2024,31/03/2024,good", "value-malformed", "rate", "'31/03/2024' is not a number."),
    ("E09000015,24,1,good", "value-malformed", "year", "'24' is not a year of four digits."),
    ("E09000015,2024,-0.1,good", "value-too-low", "rate", "-0.1 is too low; wanted 0 or more."),
    ("E09000015,2024,104.2,good", "value-too-high", "rate", "104.2 is too high; wanted 100 or less."),
    (
        "E09000015,2024,1,Requires Improvment",
        "code-unknown",
        "grade",
        "'Requires Improvment' is not a code of the list grade. Closest: requires-improvement.",
    ),
    (
        "Harrow,2024,1,good",
        "value-misshapen",
        "area",
        "'Harrow' is not written as text of the form [A-Z][0-9]{8}.",
    ),
    (",2024,1,good", "value-missing", "area", "There is no value for 'area'."),
    (
        "E09000015,2024,1,good\nE09000015,2024,2,good",
        "key-repeated",
        None,
        "The key E09000015, 2024 is there before, in row 2.",
    ),
]


@pytest.mark.parametrize(("rows", "code", "column", "message"), CASES, ids=[case[1] for case in CASES])
def test_row_is_refused_with_its_place_and_value(
    rows: str, code: str, column: str | None, message: str, tmp_path: Path
) -> None:
    [found] = check(f"{HEADING}{rows}\n", tmp_path)
    assert (found.code, found.file, found.column, found.message) == (code, "waste.csv", column, message)
    assert found.row == rows.count("\n") + 2


@pytest.mark.parametrize(
    ("constraints", "cell", "code", "message"),
    [
        ({"minLength": 3}, "ab", "value-too-short", "'ab' is too short; wanted at least 3 characters."),
        ({"maxLength": 1}, "ab", "value-too-long", "'ab' is too long; wanted at most 1 character."),
        ({"unique": True}, "x", "value-repeated", "'x' is there before, in row 2."),
    ],
)
def test_constraint_of_a_text_is_told(
    constraints: dict[str, Any], cell: str, code: str, message: str, tmp_path: Path
) -> None:
    schema = {"fields": [{"name": "a", "type": "string", "constraints": constraints}]}
    found = check(f"a\n{'x' if 'unique' in constraints else 'a'}\n{cell}\n", tmp_path, schema)
    assert [(one.code, one.row, one.message) for one in found if one.row == 3] == [(code, 3, message)]


def test_row_whose_key_is_empty_is_told(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "primaryKey": ["a"]}
    [found] = check("a,b\n,1\n", tmp_path, schema)
    assert (found.code, found.column, found.message) == (
        "key-missing",
        "a",
        "The key of this row (a) is empty.",
    )


def test_row_of_nothing_but_missing_values_is_empty(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "missingValues": ["-"]}
    [found] = check("a,b\n-,-\n", tmp_path, schema)
    assert (found.code, found.row) == ("row-blank", 2)


def test_headings_of_which_none_is_known_are_told_at_once(tmp_path: Path) -> None:
    [found] = check("x,y\n1,2\n", tmp_path, {"fields": [{"name": "a"}], "fieldsMatch": "partial"})
    assert found.message == "None of the headings is a column of the table waste; the first is 'x'."


def test_file_without_a_fault_has_no_problems(tmp_path: Path) -> None:
    assert check(f"{HEADING}E09000015,2024,1,good\nE09000015,2023,,\n", tmp_path) == []


def test_report_reads_as_sentences(tmp_path: Path) -> None:
    rows = "".join(f"E0900001{row},2024,x,good\n" for row in range(5))
    assert as_text(check(HEADING + rows, tmp_path)) == (
        'value-malformed  waste.csv, row 2, column "rate"\n'
        "  'x' is not a number.\n"
        "  And 4 more rows like this.\n"
        "  Write a number, or leave the cell empty if the column lets you.\n"
        "\n"
        "5 problems.\n"
    )


def test_cell_of_megabytes_makes_one_short_problem(tmp_path: Path) -> None:
    [found] = check(f"{HEADING}E09000015,2024,{'9' * 3_900_000}x,good\n", tmp_path)
    assert found.code == "value-malformed"
    assert len(found.message) < 200


def test_thousand_different_faults_of_a_column_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"E0900{row:04},2024,£{row},good\n" for row in range(1000))
    found = check(HEADING + rows, tmp_path)
    assert len(found) == 21
    assert sum(one.count for one in found) == 1000
    assert found[-1].message == "980 more different ones of this kind, in 980 rows."


@pytest.mark.parametrize(
    ("headings", "code", "message"),
    [
        (
            "area,year,rat,grade",
            "column-misplaced",
            "Column 3 is headed 'rat'; the schema expects 'rate' there.",
        ),
        ("area,year,rate", "column-missing", "Column 'grade' is missing."),
        (
            "area,year,rate,grade,gradee",
            "column-unknown",
            "Column 'gradee' is not part of the table waste. Closest: grade.",
        ),
        (
            "area,year,rate,rate",
            "column-repeated",
            "The heading 'rate' is there twice: columns 3 and 4.",
        ),
        ("area,year,rate,", "column-unnamed", "Column 4 has no heading."),
        ("area,year,rate,grade,", "column-unnamed", "Column 5 has no heading."),
    ],
)
def test_heading_that_is_wrong_is_told_once(headings: str, code: str, message: str, tmp_path: Path) -> None:
    found = check(f"{headings}\n", tmp_path)
    assert [(one.code, one.message) for one in found] == [(code, message)]


def test_swapped_headings_do_not_pass(tmp_path: Path) -> None:
    found = check("area,rate,year,grade\nE09000015,1,2024,good\n", tmp_path)
    assert {one.code for one in found} >= {"column-misplaced", "value-malformed", "value-too-high"}


def test_order_of_columns_is_free_where_the_schema_says_so(tmp_path: Path) -> None:
    schema = {**SCHEMA, "fieldsMatch": "equal"}
    assert check("grade,rate,year,area\ngood,1,2024,E09000015\n", tmp_path, schema) == []


def test_heading_that_is_there_twice_is_told_where_columns_are_matched_by_name(tmp_path: Path) -> None:
    [found] = check("area,year,area\nx,y,z\n", tmp_path, {**SCHEMA, "fieldsMatch": "subset"})
    assert found.message == "The heading 'area' is there twice: columns 1 and 3."


def test_code_of_another_table_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text("area\nE09000015\n", encoding="utf-8")
    staged = stage(tmp_path / "areas.csv", Selection(), tmp_path)
    areas = StagedTable(
        "areas",
        staged.parquet,
        staged.headings,
        {"fields": [{"name": "area", "type": "string"}]},
        Place("areas.csv"),
    )
    schema = {
        **SCHEMA,
        "foreignKeys": [{"fields": ["area"], "reference": {"resource": "areas", "fields": ["area"]}}],
    }
    [found] = check(f"{HEADING}E09000015,2024,1,good\nE09000051,2024,1,good\n", tmp_path, schema, areas=areas)
    assert (found.code, found.row, found.value) == ("reference-unknown", 3, "E09000051")
    assert found.message == "'E09000051' is not in the table areas."


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"fields": [{"name": "a", "type": "string", "constraints": {"pattern": "("}}]},
            "constraints of 'a'",
        ),
        ({"fields": [{"name": "a", "type": "number", "constraints": {"minimum": "x"}}]}, "minimum of 'a'"),
        ({"fields": [{"name": "a", "type": "nonsense"}]}, "nonsense"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "not unique"),
        ({"fields": [{"name": "a"}], "primaryKey": ["b"]}, "primary key"),
        ({}, "fields"),
        (
            {
                "fields": [{"name": "area", "type": "string"}],
                "foreignKeys": [{"fields": ["area"], "reference": {"resource": "no", "fields": ["x"]}}],
            },
            "'no', which is not a table of the package",
        ),
    ],
)
def test_schema_that_contradicts_itself_is_one_problem(
    schema: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    [found] = check("area\nx\n", tmp_path, schema)
    assert found.code == "schema-unusable"
    assert reason in found.message


def test_all_tables_of_a_package_are_checked_in_one_go(tmp_path: Path) -> None:
    tables = []
    for file in ("a.csv", "b.csv"):
        (tmp_path / file).write_text(f"{HEADING}E09000015,2024,x,good\n", encoding="utf-8")
        staged = stage(tmp_path / file, Selection(), tmp_path)
        tables.append(StagedTable(file[0], staged.parquet, staged.headings, SCHEMA, Place(file)))
    with open_engine(tmp_path) as engine:
        assert [one.file for one in check_tables(tables, engine)] == ["a.csv", "b.csv"]


def headings_found(table: str, headings: Sequence[str], **more: Any) -> list[tuple[str, str]]:
    found = check_standard_headings(table, headings, Place("x.csv"), **more)
    return [(one.code, one.message) for one in found]


def test_columns_of_a_standard_table_stand_in_any_order_and_may_be_left_out() -> None:
    assert headings_found("areas", ["area_type", "label", "area"]) == []


def test_column_that_a_standard_table_does_not_have_is_told_with_the_nearest() -> None:
    assert headings_found("areas", ["area", "label", "area_type", "start-on"]) == [
        ("column-unknown", "Column 'start-on' is not part of the table areas. Closest: start_on.")
    ]


def test_heading_of_a_standard_table_that_is_there_twice_is_told() -> None:
    assert headings_found("areas", ["area", "label", "area_type", "label", ""]) == [
        ("column-repeated", "The heading 'label' is there twice: columns 2 and 4."),
        ("column-unnamed", "Column 5 has no heading."),
    ]


def test_required_column_that_is_missing_is_told_with_the_one_that_may_be_it() -> None:
    assert headings_found("areas", ["area", "lable", "area_type"]) == [
        ("column-unknown", "Column 'lable' is not part of the table areas. Closest: label."),
        ("column-missing", "Column 'label' is missing. Closest: lable."),
    ]


def test_dataset_may_be_left_out_where_the_descriptor_gives_it() -> None:
    headings = ["indicator", "area", "period", "value", "sex"]
    assert headings_found("observations", headings, dimensions=["sex"], given=["dataset"]) == []
    assert [code for code, _ in headings_found("observations", headings)] == [
        "column-unknown",
        "column-missing",
    ]


@pytest.mark.parametrize(
    "text", ["it's", 'say "x"', "a\0b", "a\nb", "chr(1)\n", "\n';--", "\u2028", "", "';--", "🦆"]
)
def test_texts_and_names_reach_the_engine_whole(text: str) -> None:
    with open_engine() as engine:
        assert engine.execute(f"SELECT {literal(text)}").fetchone() == (text,)
        if text and "\0" not in text:
            assert engine.execute(f"SELECT 1 AS {name(text)}").description[0][0] == text


@pytest.mark.parametrize(
    "pattern",
    [
        "a{2}{3}",
        "(a{9}){9}",
        "a*+",
        "a++",
        "(?i)a",
        "[a--b]",
        "[[a]&&b]",
        "(?<x>a)",
        "\\d",
        "^a",
        "a$",
        "a|b",
        "(a|b)|c",
        "(a|b)*",
        "((a|b)c)+",
    ],
)
def test_pattern_that_may_mean_more_to_the_engine_is_left_to_python(pattern: str) -> None:
    assert not is_safe_pattern(pattern)


def test_plain_fields_are_accepted_at_a_glance() -> None:
    schema = Schema.from_descriptor(SCHEMA)
    assert all(find_condition(field, '"c1"') for field in schema.fields)

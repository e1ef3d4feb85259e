"""Rows that a recipe leaves out, adds, looks up, corrects or finds twice, on layouts small enough to check by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from recipe_world import PLAIN, REGISTERS, apply, found, rows_of


def test_rule_leaves_rows_out_with_its_reason(tmp_path: Path) -> None:
    recipe = PLAIN.replace(
        "    write:",
        """    leave_out:
      - {when: {text: "{kind}", is: [total, all]}, reason: A total.}
      - {when: [{text: "{area}", matches: "E07.*"}, {text: "{value}", number: false}], reason: Nothing known.}
    write:""",
    )
    text = "area,value,kind\nE06000001,1,one\nE06000002,2,total\nE07000001,?,one\nE07000002,5,one\n"
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert rows_of(applied, "observations", "area") == [("E06000001",), ("E07000002",)]
    assert applied.counts[0].left_out == {"A total.": 1, "Nothing known.": 1}


def test_fixed_rows_come_from_the_recipe_with_their_line(tmp_path: Path) -> None:
    recipe = """\
    fixed:
      code_lists:
        - {code_list: theme, label: Themes, definition: What it is about.}
      codes:
        - {code_list: theme, code: crime, label: Crime, is_total: false, sort_order: 1}
    """
    applied = apply(tmp_path, recipe, {"unread.txt": ""})
    assert rows_of(applied, "codes", "code", "is_total", "sort_order", "_source", "_row") == [
        ("crime", "false", "1", 0, 7)
    ]
    assert [p.code for p in applied.problems] == ["recipe-file-unused"]


def test_look_up_joins_a_second_table_of_the_package(tmp_path: Path) -> None:
    recipe = """
    period_styles:
      Financial: [{pattern: "(?P<end>[0-9]{4})", starts: 04-01}]
      Calendar: [{pattern: "(?P<start>[0-9]{4})"}]
    sources:
      figures:
        files: [figures.csv]
        let:
          style: {look_up: {in: dictionary, where: {Short: "{measure}"}, take: Year type}}
        write:
          - table: observations
            figure: {cell: "{value}"}
            fields:
              indicator: {look_up: {in: dictionary, where: {Short: "{measure}"}, take: Name}, notation: true}
              area: "{area}"
              period: {from: "{year}", period: "{style}"}
      dictionary:
        files: [dictionary.csv]
    """
    files = {
        "figures.csv": "measure,area,year,value\nCr,E06000001,2024,1\nSp,E06000001,2024,2\nXx,A,2024,3\n",
        "dictionary.csv": "Short,Name,Year type\nCr,All Crime,Calendar\nSp,Spending,Financial\nSp,Spending,Financial\n",
    }
    applied = apply(tmp_path, recipe, files)
    assert rows_of(applied, "observations", "indicator", "period") == [
        ("all-crime", "2024-01-01_P1Y"),
        ("spending", "2023-04-01_P1Y"),
    ]
    assert found(applied) == [("recipe-text-unknown", "figures.csv", 4, "Xx", 1)]


@pytest.mark.parametrize(
    ("dictionary", "code"),
    [
        ({}, "recipe-file-missing"),
        ({"dictionary.csv": ""}, "file-empty"),
        ({"dictionary.csv": "Short,Nam\nCr,All Crime\n"}, "recipe-column-missing"),
    ],
)
def test_table_that_others_look_things_up_in_is_missed_once_and_not_in_every_row(
    tmp_path: Path, dictionary: dict[str, str], code: str
) -> None:
    recipe = PLAIN.replace(
        "indicator: crime", 'indicator: {look_up: {in: names, where: {Short: "{area}"}, take: Name}}'
    )
    recipe += "  names:\n    files: [dictionary.csv]\n"
    applied = apply(tmp_path, recipe, {"figures.csv": "area,value\nCr,1\nSp,2\n", **dictionary})
    assert [one.code for one in applied.problems] == [code]
    assert applied.tables == {}


def test_look_up_with_two_answers_is_a_problem(tmp_path: Path) -> None:
    recipe = PLAIN.replace(
        "indicator: crime", 'indicator: {look_up: {in: names, where: {area: "{area}"}, take: indicator}}'
    ).replace("sources:", "sources:\n  names: {files: [names.csv]}")
    files = {
        "figures.csv": "area,value\nE06000001,1\n",
        "names.csv": "area,indicator\nE06000001,crime\nE06000001,fire\n",
    }
    assert [p.code for p in apply(tmp_path, recipe, files).problems] == ["recipe-answers-differ"]


def test_names_become_codes_by_the_day_they_are_about(tmp_path: Path) -> None:
    recipe = """
    sources:
      figures:
        files: [figures.csv]
        let:
          year: {from: "{year}", period: calendar-year}
        write:
          - table: observations
            figure: {cell: "{value}"}
            fields:
              indicator: crime
              area: {from: "{name}", area: {by: name, on: "{year}"}}
              period: "{year}"
    """
    text = (
        'name,year,value\nShire,2018,1\nSHIRE,2020,2\n"Shire, County of",2021,3\n'
        "St. Marys and St Johns,2020,4\nNewtown,2020,5\nShyre,2020,6\nShire,2019,7\n"
    )
    applied = apply(tmp_path, recipe, {"figures.csv": text}, REGISTERS)
    assert rows_of(applied, "observations", "area", "value") == [
        ("E10000001", "1"),
        ("E06000001", "2"),
        ("E06000001", "3"),
        ("E08000001", "4"),
    ]
    assert found(applied) == [
        ("recipe-name-unknown", "figures.csv", 6, "Newtown", 1),
        ("recipe-name-unknown", "figures.csv", 7, "Shyre", 1),
        ("recipe-name-ambiguous", "figures.csv", 8, "Shire", 1),
    ]
    assert "it did not exist then (E07000001: an unknown day to 2019-03-31)" in applied.problems[0].message
    assert "Closest: Shire." in applied.problems[1].message


def test_area_that_was_not_there_is_left_out_or_marked(tmp_path: Path) -> None:
    recipe = """
    sources:
      figures:
        files: [figures.csv]
        write:
          - table: observations
            leave_out:
              - {when: {area: "{area}", on: "{year}", ended: true}, reason: The area had ended.}
            figure:
              cell: "{value}"
              statuses: {if: {area: "{area}", on: "{year}", begun: false}, then: definition-differs}
            fields:
              indicator: crime
              area: "{area}"
              period: "{year}"
              note: {if: {area: "{area}", known: false}, then: The register does not have the area.}
    """
    text = (
        "area,year,value\nE10000001,2018,1\nE10000001,2020,2\nE06000001,2018,3\nE06000001,2019,4\nX1,2018,5\n"
    )
    applied = apply(tmp_path, recipe, {"figures.csv": text}, REGISTERS)
    assert rows_of(applied, "observations", "area", "period", "status", "note") == [
        ("E10000001", "2018", None, None),
        ("E06000001", "2018", "definition-differs", None),
        ("E06000001", "2019", None, None),
        ("X1", "2018", None, "The register does not have the area."),
    ]
    assert [left.reason for left in applied.leave_outs] == ["The area had ended."]


def test_correction_is_applied_counted_and_published(tmp_path: Path) -> None:
    recipe = PLAIN.replace(
        "    write:",
        """    corrections:
      - column: value
        row: 3
        found: "20"
        corrected: "2.0"
        reason: The point was lost.
        provided_by: &us Them
        declared_on: &day 2026-01-31
      - {column: value, found: n/a, corrected: "", reason: Nothing meant., provided_by: *us, declared_on: *day}
    write:""",
    ).replace('"{value}"}', '"{value}", empty: not-available}')
    text = "area,value\nE06000001,20\nE06000002,20\nE06000003,n/a\nE06000004,n/a\n"
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert [value for (value,) in rows_of(applied, "observations", "value")] == ["20", "2.0", None, None]
    assert rows_of(applied, "corrections", "correction", "resource", "row", "found", "corrected", "_row") == [
        ("test-1", "figures.csv", "3", "20", "2.0", 3),
        ("test-2", "figures.csv", "4", "n/a", None, 4),
        ("test-3", "figures.csv", "5", "n/a", None, 5),
    ]
    stale = apply(tmp_path, recipe, {"figures.csv": "area,value\nE06000001,20\nE06000002,2.0\n"})
    assert [(p.code, p.row, p.value) for p in stale.problems] == [
        ("recipe-correction-stale", None, "n/a"),
        ("recipe-correction-stale", 3, "20"),
    ]


def test_declared_repeats_are_counted_and_differing_ones_are_problems(tmp_path: Path) -> None:
    recipe = PLAIN.replace("sources:", "repeats: {observations: {reason: It stands there twice.}}\nsources:")
    recipe = recipe.replace("fields: {indicator", "fields: {dataset: police, indicator")
    text = "area,value\nE06000001,1\nE06000001,1\nE06000002,2\nE06000002,3\n"
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert rows_of(applied, "observations", "area", "value") == [("E06000001", "1"), ("E06000002", "2")]
    count = applied.counts[-1]
    assert (count.rows, count.written, count.repeats, count.problems) == (4, 2, 1, 1)
    assert [(p.code, p.row) for p in applied.problems] == [("recipe-repeat-differs", 5)]
    assert "in value" in applied.problems[0].message


def test_dimension_gets_a_column_after_the_period(tmp_path: Path) -> None:
    recipe = PLAIN.replace("        fields:", '        dimensions: {sex: "{sex}"}\n        fields:')
    applied = apply(tmp_path, recipe, {"figures.csv": "area,value,sex\nE06000001,1,female\nE06000001,2,\n"})
    assert applied.dimensions == ("sex",)
    assert rows_of(applied, "observations", "period", "sex", "value") == [
        ("2024", "female", "1"),
        ("2024", None, "2"),
    ]
    columns = list(rows_of_columns(applied))
    assert columns[columns.index("period") + 1] == "sex"
    assert columns[-2:] == ["_source", "_row"]


def rows_of_columns(applied: object) -> list[str]:
    import duckdb

    from ingest.recipe import Applied

    assert isinstance(applied, Applied)
    with duckdb.connect() as connection:
        sql = "DESCRIBE SELECT * FROM read_parquet(?)"
        return [row[0] for row in connection.execute(sql, [str(applied.tables["observations"])]).fetchall()]

"""Each operator of the recipe language, on a layout small enough to check by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from recipe_world import PLAIN, apply, found, rows_of, workbook


def test_rows_become_observations_with_their_source_and_row(tmp_path: Path) -> None:
    applied = apply(tmp_path, PLAIN, {"figures.csv": "area,value\nE06000001,1.50\nE08000001,2\n"})
    assert rows_of(applied, "observations", "indicator", "area", "period", "value", "_source", "_row") == [
        ("crime", "E06000001", "2024", "1.50", 1, 2),
        ("crime", "E08000001", "2024", "2", 1, 3),
    ]
    assert applied.sources == ["recipe:test", "figures.csv"]
    assert not applied.problems


def test_sources_count_on_from_the_first_number(tmp_path: Path) -> None:
    from recipe_world import read

    from ingest.recipe import apply_recipe

    (tmp_path / "figures.csv").write_text("area,value\nE06000001,1\n")
    applied = apply_recipe(read(PLAIN), tmp_path, tmp_path / "scratch", first_source=40)
    assert rows_of(applied, "observations", "_source") == [(41,)]


def test_value_keeps_the_publishers_digits(tmp_path: Path) -> None:
    cells = ["73.60000000000001", "0.0", "-0", "4.50E-2", "100.", "12"]
    text = "area,value\n" + "".join(f"E0600000{n},{cell}\n" for n, cell in enumerate(cells))
    applied = apply(tmp_path, PLAIN, {"figures.csv": text})
    assert [value for (value,) in rows_of(applied, "observations", "value")] == cells


FIGURE = PLAIN.replace('figure: {cell: "{value}"}', "figure: {FIGURE}")


@pytest.mark.parametrize(
    ("figure", "cell", "value", "status"),
    [
        ('cell: "{value}", multiply: "1000"', "1.2345678901234567890123", "1234.5678901234567890123", None),
        ('cell: "{value}", multiply: "1000"', "0", "0", None),
        ('cell: "{value}", multiply: "0.01"', "29", "0.29", None),
        ('cell: "{value}", thousands: ","', "29,199", "29199", None),
        ('cell: "{value}", thousands: "."', "1.234.567", "1234567", None),
        ('cell: "{value}", marks: {"[x]": not-available}', "[x]", None, "not-available"),
        ('cell: "{value}", marks: {p: provisional}', "43.60p", "43.60", "provisional"),
        ('cell: "{value}", empty: suppressed', "", None, "suppressed"),
        ('cell: "{value}", statuses: {from: "{flag}", map: {u: unreliable}}', "7", "7", "unreliable"),
        ('cell: "{value}", statuses: {from: "{flag}", map: {u: unreliable}}', "", None, "unreliable"),
        # A mark in the cell itself is nearer than what stands beside it.
        (
            'cell: "{value}", marks: {"-": not-available}, statuses: {from: "{flag}", map: {u: unreliable}}',
            "-",
            None,
            "not-available",
        ),
    ],
)
def test_cell_becomes_value_and_status(
    tmp_path: Path, figure: str, cell: str, value: str | None, status: str | None
) -> None:
    text = f'area,value,flag\nE06000001,"{cell}",u\n'
    recipe = FIGURE.replace("FIGURE", figure)
    if "flag" not in figure:
        text = text.replace(",flag", "").replace(",u\n", "\n")
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert rows_of(applied, "observations", "value", "status") == [(value, status)]
    assert not applied.problems


@pytest.mark.parametrize(
    ("figure", "cell"),
    [
        ('cell: "{value}"', "29,199"),  # without a declaration a comma may be a decimal point
        ('cell: "{value}", thousands: ","', "1,5"),
        ('cell: "{value}", marks: {"[x]": not-available}', "[c]"),
        ('cell: "{value}"', "about 7"),
    ],
)
def test_cell_that_is_no_figure_is_a_problem_with_its_place(tmp_path: Path, figure: str, cell: str) -> None:
    recipe = FIGURE.replace("FIGURE", figure)
    applied = apply(tmp_path, recipe, {"figures.csv": f'area,value\nE06000001,1\nE08000001,"{cell}"\n'})
    assert found(applied) == [("recipe-number-unread", "figures.csv", 3, cell, 1)]
    assert applied.problems[0].column == "value"
    assert rows_of(applied, "observations", "area") == [("E06000001",)]


def test_columns_become_rows_by_list(tmp_path: Path) -> None:
    recipe = """
    sources:
      figures:
        files: [figures.csv]
        write:
          - table: observations
            for_each: {columns: ["2023", "2024"]}
            figure: {cell: "{cell}"}
            fields: {indicator: crime, area: "{area}", period: "{heading}"}
    """
    applied = apply(tmp_path, recipe, {"figures.csv": "area,2023,2024\nE06000001,1,2\nE08000001,3,4\n"})
    assert rows_of(applied, "observations", "area", "period", "value", "_row") == [
        ("E06000001", "2023", "1", 2),
        ("E06000001", "2024", "2", 2),
        ("E08000001", "2023", "3", 3),
        ("E08000001", "2024", "4", 3),
    ]
    assert [count.rows for count in applied.counts] == [2, 4]


def test_columns_become_rows_by_pattern_with_named_groups(tmp_path: Path) -> None:
    recipe = """
    lists:
      services: {Education: education, Highways: highways}
    sources:
      figures:
        files: [figures.csv]
        write:
          - table: observations
            for_each: {matching: "(?P<service>.+) - (?P<kind>Income|Spending)", cell: amount}
            figure: {cell: "{amount}", multiply: "1000"}
            let: {service: {from: "{service}", map: services}, kind: {from: "{kind}", case: lower}}
            fields: {indicator: "{service}-{kind}", area: "{area}", period: 2024-25}
          - table: codes
            for_each: {matching: "(?P<service>.+) - Income", once: true}
            fields: {code_list: service, code: {from: "{service}", map: services}, label: "{service}"}
    """
    text = "area,Education - Income,Education - Spending,Highways - Income\nE06000001,1,2.5,3\n"
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert rows_of(applied, "observations", "indicator", "value") == [
        ("education-income", "1000"),
        ("education-spending", "2500"),
        ("highways-income", "3000"),
    ]
    assert rows_of(applied, "codes", "code", "label", "_row") == [
        ("education", "Education", 1),
        ("highways", "Highways", 1),
    ]


def test_one_row_gives_several_written_out_rows(tmp_path: Path) -> None:
    recipe = """
    sources:
      similar:
        files: [similar.csv]
        write:
          - table: neighbours
            for_each:
              - {rank: "1", other: "{First}", closeness: "{How}"}
              - {rank: "2", other: "{Second}", closeness: "{How#2}"}
            leave_out:
              - {when: {text: "{other}", is: "-"}, reason: There is none.}
            fields: {group: likes, area: "{Area}", neighbour: "{other}", rank: "{rank}", closeness: "{closeness}"}
    """
    text = "Area,First,How,Second,How\nA1,A2,near,A3,far\nA2,A1,near,-,\n"
    applied = apply(tmp_path, recipe, {"similar.csv": text})
    assert rows_of(applied, "neighbours", "area", "neighbour", "rank", "closeness") == [
        ("A1", "A2", "1", "near"),
        ("A1", "A3", "2", "far"),
        ("A2", "A1", "1", "near"),
    ]
    assert [(left.reason, left.count, left.table) for left in applied.leave_outs] == [
        ("There is none.", 1, "neighbours")
    ]


def test_text_with_separators_becomes_rows(tmp_path: Path) -> None:
    recipe = """
    sources:
      names:
        files: [names.csv]
        write:
          - table: area_names
            for_each: {split: "{names}", by: ";", piece: name}
            leave_out:
              - {when: {text: "{name}", empty: true}, reason: There is no other name.}
            fields: {area: "{area}", name: "{name}", name_type: alternative}
    """
    applied = apply(tmp_path, recipe, {"names.csv": "area,names\nA1,One; Two\nA2,\n"})
    assert rows_of(applied, "area_names", "area", "name") == [("A1", "One"), ("A1", "Two")]
    assert [left.count for left in applied.leave_outs] == [1]


def test_two_tables_in_one_sheet(tmp_path: Path) -> None:
    book = workbook(
        tmp_path,
        {
            "Notes": [["Prose"]],
            "Data": [
                ["Crime in two tables"],
                ["Area", "Crime"],
                ["code", "2024"],
                ["E06000001", 10],
                ["E08000001", 301.0],
                [],
                ["Totals"],
                ["Class", "Crime"],
                ["All", 311],
            ],
        },
    )
    recipe = """
    unused_sheets: {Notes: Prose.}
    sources:
      areas:
        files: [book.xlsx]
        read: {sheet: Data, headings: [2, 3], until_blank: Area code, rest: The totals are read by themselves.}
        write:
          - table: observations
            figure: {cell: "{Crime 2024}"}
            fields: {indicator: crime, area: "{Area code}", period: "2024"}
      totals:
        files: [book.xlsx]
        read: {sheet: Data, headings: 8, last_row: 9}
        unused: [{columns: [Class], reason: There is one class.}]
        write:
          - table: observations
            figure: {cell: "{Crime}"}
            fields: {indicator: crime, area: E92000001, period: "2024"}
    """
    applied = apply(tmp_path, recipe, {"book.xlsx": book})
    assert rows_of(applied, "observations", "area", "value", "_row") == [
        ("E06000001", "10", 4),
        ("E08000001", "301", 5),
        ("E92000001", "311", 9),
    ]
    assert not applied.problems
    rows = next(count for count in applied.counts if count.source == "areas" and count.table is None)
    assert (rows.rows, rows.written) == (6, 2)
    assert rows.left_out == {"The row is blank.": 1, "The totals are read by themselves.": 3}
    assert applied.rows_read == {"book.xlsx": 4}


def test_rows_after_the_table_that_nobody_mentions_are_a_problem(tmp_path: Path) -> None:
    recipe = PLAIN.replace("    write:", "    read: {until_blank: true}\n    write:")
    applied = apply(tmp_path, recipe, {"figures.csv": "area,value\nE06000001,1\n,\nSource: us,\n"})
    assert [(p.code, p.row) for p in applied.problems] == [("recipe-rest-undeclared", 3)]


def test_sheet_that_nobody_mentions_is_a_warning(tmp_path: Path) -> None:
    book = workbook(tmp_path, {"Data": [["area", "value"], ["A1", 1]], "More": [["area"], ["A2"]]})
    recipe = PLAIN.replace("figures.csv", "figures.xlsx")
    applied = apply(tmp_path, recipe, {"figures.xlsx": book})
    assert [(p.code, p.sheet, p.severity) for p in applied.problems] == [
        ("recipe-sheet-unused", "More", "warning")
    ]


def test_column_that_nobody_mentions_is_a_warning(tmp_path: Path) -> None:
    applied = apply(tmp_path, PLAIN, {"figures.csv": "area,value,extra\nE06000001,1,x\n"})
    assert [(p.code, p.value, p.severity) for p in applied.problems] == [
        ("recipe-column-unused", "extra", "warning")
    ]
    declared = PLAIN.replace("    write:", "    unused: [{columns: [extra], reason: Prose.}]\n    write:")
    assert not apply(tmp_path, declared, {}).problems


def test_missing_column_counts_every_row_as_a_problem(tmp_path: Path) -> None:
    applied = apply(tmp_path, PLAIN, {"figures.csv": "Area,values\nE06000001,1\nE06000002,2\n"})
    assert [(p.code, p.value) for p in applied.problems] == [
        ("recipe-column-missing", "area"),
        ("recipe-column-missing", "value"),
    ]
    assert "Closest: Area." in applied.problems[0].message
    assert applied.counts[0].problems == 2


def test_second_column_of_one_name_may_be_missing(tmp_path: Path) -> None:
    recipe = PLAIN.replace("files: [figures.csv]", 'files: ["*.csv"]').replace(
        'period: "2024"', 'period: "2024", note: {join: ["{note}", "{note#2?}"], with: "; "}'
    )
    files = {
        "a.csv": "area,value,note,note\nE06000001,1,one,two\nE06000002,2,same,same\n",
        "b.csv": "note,value,area\nthree,3,E06000003\n",
    }
    applied = apply(tmp_path, recipe, files)
    assert rows_of(applied, "observations", "area", "value", "note", "_source") == [
        ("E06000001", "1", "one; two", 1),
        ("E06000002", "2", "same", 1),
        ("E06000003", "3", "three", 2),
    ]

"""Each operator of the recipe language, on a layout small enough to check by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from recipe_world import PLAIN, REGISTERS, apply, found, rows_of, workbook

from ingest.problems import ProblemsFound
from ingest.recipe import load_recipe, shipped_recipes


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


def test_metadata_of_several_entries_with_what_they_share(tmp_path: Path) -> None:
    recipe = """
    sources:
      metadata:
        files: ["*/*.json"]
        partner: {file: "{file.folder}/{file.stem}.csv", missing: there are no figures.}
        read: {json_path: [about], key_column: name, shared: shared}
        write:
          - table: codes
            fields:
              code_list: theme
              code: [{from: "{name}", notation: true}, "{file.folder}"]
              label: "{label}"
              definition: "{unit}"
    """
    files = {
        "one/one.csv": "",
        "one/one.json": '{"about": {"label": "Alone", "unit": "%"}}',
        "two/two.csv": "",
        "two/two.json": """{"about": {"shared": {"unit": "%"},
            "First One": {"label": "A"}, "Second": {"label": "B", "unit": "£"}}}""",
        "three/three.json": '{"about": {"label": "No figures", "unit": "%"}}',
        "bad/bad.csv": "",
        "bad/bad.json": '{"about": [1]}',
    }
    applied = apply(tmp_path, recipe, files)
    assert rows_of(applied, "codes", "code", "label", "definition", "_row") == [
        ("one", "Alone", "%", 2),
        ("first-one", "A", "%", 2),
        ("second", "B", "£", 3),
    ]
    codes = {(p.code, p.file, p.severity) for p in applied.problems}
    assert ("recipe-partner-missing", "three/three.json", "warning") in codes
    assert ("recipe-json-unread", "bad/bad.json", "error") in codes


def test_object_of_objects_and_several_tables_from_one_source(tmp_path: Path) -> None:
    recipe = """
    sources:
      boroughs:
        files: [boroughs.json]
        read: {key_column: borough}
        let: {area: {from: "{borough}", area: {by: name}}}
        write:
          - table: targets
            fields:
              target: {from: "homes-{area}", case: lower}
              indicator: homes
              area: "{area}"
              period: "2024"
              kind: ambition
              test: at-least
              basis: absolute
              value: "{required}"
              unit: homes
              owner: us
          - table: observations
            figure: {cell: "{delivered}"}
            fields: {indicator: homes, area: "{area}", period: "2024"}
    """
    text = """{"Newtown": {"required": 10, "delivered": 7},
        "St Mary's & St John's": {"required": 1, "delivered": null}}"""
    recipe = recipe.replace('{cell: "{delivered}"}', '{cell: "{delivered}", empty: not-available}')
    applied = apply(tmp_path, recipe, {"boroughs.json": text}, REGISTERS)
    assert rows_of(applied, "targets", "target", "value") == [
        ("homes-e07000001", "10"),
        ("homes-e08000001", "1"),
    ]
    assert rows_of(applied, "observations", "area", "value", "status") == [
        ("E07000001", "7", None),
        ("E08000001", None, "not-available"),
    ]


def test_problems_of_one_row_count_it_once(tmp_path: Path) -> None:
    recipe = PLAIN.replace(
        'area: "{area}"',
        'area: {from: "{area}", map: {A: E06000001}}, numerator: {from: "{part}", number: {}}',
    )
    text = "area,value,part\nA,1,1\nB,x,y\nB,2,2\n"
    applied = apply(tmp_path, recipe, {"figures.csv": text})
    assert [(p.code, p.value, p.row, p.count) for p in applied.problems] == [
        ("recipe-text-unknown", "B", 3, 2),
        ("recipe-number-unread", "y", 3, 1),
        ("recipe-number-unread", "x", 3, 1),
    ]
    assert applied.counts[-1].problems == 2


def test_a_let_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    recipe = """
    sources:
      visits:
        files: [visits.csv]
        let: {day: {from: "{date}", date: [iso, "%d/%m/%Y"]}}
        write:
          - table: area_changes
            fields: {from_area: "{area}-{day}", to_area: "{area}", changed_on: "{day}", change: merged}
    """
    text = "area,date\nA1,2024-03-31\nA2,31/12/2023\nA3,2024-03-31T00:00:00\nA4,last week\n"
    applied = apply(tmp_path, recipe, {"visits.csv": text})
    assert [day for (day,) in rows_of(applied, "area_changes", "changed_on")] == [
        "2024-03-31",
        "2023-12-31",
        "2024-03-31",
    ]
    assert [(p.code, p.column, p.row) for p in applied.problems] == [("recipe-date-unread", "date", 5)]


def test_missing_file_is_a_problem_unless_it_is_optional(tmp_path: Path) -> None:
    applied = apply(tmp_path, PLAIN, {"figure.csv": "area,value\n"})
    assert [p.code for p in applied.problems] == ["recipe-file-unused", "recipe-file-missing"]
    assert "Closest: figure.csv." in applied.problems[1].message
    optional = PLAIN.replace("    write:", "    optional: true\n    write:")
    assert [p.code for p in apply(tmp_path, optional, {}).problems] == ["recipe-file-unused"]


def test_file_that_cannot_be_read_is_said_once(tmp_path: Path) -> None:
    recipe = PLAIN.replace("    write:", "    read: {encoding: utf-16}\n    write:")
    applied = apply(tmp_path, recipe, {"figures.csv": "area,value\nE06000001,1\n"})
    assert [problem.code for problem in applied.problems] == ["encoding-wrong"]
    assert rows_of(applied, "observations") == []


def test_pattern_of_files_never_leads_out_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("area,value\nE06000001,1\n")
    recipe = PLAIN.replace("figures.csv", "../secret.csv")
    applied = apply(tmp_path, recipe, {"inside.csv": "area,value\n"})
    assert rows_of(applied, "observations") == []
    assert "recipe-file-missing" in {p.code for p in applied.problems}


def test_recipe_of_a_package_is_found_inside_it_only(tmp_path: Path) -> None:
    inside = tmp_path / "package"
    inside.mkdir()
    (inside / "mine.yaml").write_text(PLAIN)
    (tmp_path / "theirs.yaml").write_text(PLAIN)
    assert load_recipe("mine.yaml", inside).name == "test"
    for name in ("../theirs.yaml", str(tmp_path / "theirs.yaml"), "none.yaml", "ons-local-indicator"):
        with pytest.raises(ProblemsFound, match="recipe-unknown"):
            load_recipe(name, inside)
    with pytest.raises(ProblemsFound, match="Closest: ons-local-indicators"):
        load_recipe("ons-local-indicator")


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    text = "area,value,sex\n" + "".join(f"E0600{n:04},{n}.5,{'mf'[n % 2]}\n" for n in range(3000))
    recipe = PLAIN.replace(
        "        fields:",
        "        dimensions: {sex: {from: '{sex}', map: {m: male, f: female}}}\n        fields:",
    )
    digests = set()
    for run in ("first", "second"):
        applied = apply(tmp_path / run, recipe, {"figures.csv": text})
        digests.add(hashlib.sha256(applied.tables["observations"].read_bytes()).hexdigest())
    assert len(digests) == 1

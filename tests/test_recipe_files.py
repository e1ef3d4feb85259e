"""What a recipe makes of several sources and files, and of those that are missing or wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from recipe_world import PLAIN, REGISTERS, apply, rows_of

from ingest.problems import ProblemsFound
from ingest.recipe import load_recipe, shipped_recipes


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

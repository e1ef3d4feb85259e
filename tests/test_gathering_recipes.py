"""Recipes of several packages read together: registers come first, and a register that is not there is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import recipe_world as made
from test_bad_input import write_small_package
from typer.testing import CliRunner

from cli import app
from ingest.gathering import check_packages
from ingest.report import Report

# What finds codes is called first by the alphabet, so that the order of the packages is the wrong one.
FIGURES = """\
recipe: figures
title: Figures by name
sources:
  figures:
    files: [figures.csv]
    let:
      named: {from: "{council}", case: sentence}
    write:
      - table: observations
        figure: {cell: "{rate}"}
        fields:
          {dataset: waste, indicator: recycled, period: "2022-23", area: {from: "{named}", area: {by: name}}}
"""
REGISTER = """\
recipe: register
title: Areas
sources:
  areas:
    files: [areas.csv]
    write:
      - {table: areas, fields: {area: "{code}", label: "{name}", area_type: unitary}}
"""


def write_by_recipe(folder: Path, recipe: str, files: Mapping[str, str]) -> Path:
    """Write a package that is read by a recipe of its own."""
    folder.mkdir()
    for name, text in {**files, "own.yaml": recipe}.items():
        (folder / name).write_text(text, encoding="utf-8")
    resources = [{"name": folder.name, "path": name, "recipe": "own.yaml"} for name in files]
    told = {"name": folder.name, "resources": resources[:1]}
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def areas_of(report: Report) -> list[str | None]:
    [file] = report.tables["observations"]
    return [row["area"] for row in pq.read_table(file.parquet).to_pylist()]


def test_register_is_made_before_names_are_looked_up_in_it(tmp_path: Path) -> None:
    figures = write_by_recipe(tmp_path / "a", FIGURES, {"figures.csv": "council,rate\nNewshire,43\n"})
    register = write_by_recipe(tmp_path / "b", REGISTER, {"areas.csv": "code,name\nE06000001,Newshire\n"})
    report = check_packages([figures, register], tmp_path / "scratch")
    assert not report.has_errors
    assert areas_of(report) == ["E06000001"]


def test_register_that_nobody_gave_is_one_problem_for_all_rows(tmp_path: Path) -> None:
    rows = "council,rate\nNewshire,43\nOldshire,44\nNewshire,45\n"
    figures = write_by_recipe(tmp_path / "a", FIGURES, {"figures.csv": rows})
    report = check_packages([figures], tmp_path / "scratch")
    [found] = [one for one in report.problems if one.severity == "error"]
    assert (found.code, found.file, found.row, found.count) == (
        "recipe-register-missing",
        "a/figures.csv",
        2,
        3,
    )
    assert areas_of(report) == []


def test_names_are_not_looked_up_in_a_register_that_cannot_be_read(tmp_path: Path) -> None:
    figures = write_by_recipe(tmp_path / "a", FIGURES, {"figures.csv": "council,rate\nNewshire,43\n"})
    register = write_small_package(tmp_path / "b")
    (register / "areas.csv").write_bytes(b"")
    report = check_packages([figures, register], tmp_path / "scratch", is_site=True)
    assert [(one.code, one.file) for one in report.problems] == [("file-empty", "small/areas.csv")]


def test_problem_of_a_named_expression_stands_under_a_heading_of_the_file(tmp_path: Path) -> None:
    applied = made.apply(
        tmp_path,
        FIGURES,
        {"figures.csv": "council,rate\nnewtown on sea,43\n"},
        made.REGISTERS,
    )
    [found] = applied.problems
    assert (found.code, found.column, found.value) == (
        "recipe-name-unknown",
        "council",
        "Newtown on sea",
    )


def test_check_says_what_became_of_every_row(tmp_path: Path) -> None:
    recipe = REGISTER.replace("sources:", "repeats:\n  areas: {reason: Listed by year.}\nsources:", 1)
    recipe = recipe.replace(
        "    write:", '    leave_out:\n      - {when: {text: "{code}", is: x}, reason: No area.}\n    write:'
    )
    rows = "code,name\nE06000001,Newshire\nE06000001,Newshire\nx,Total\nE06000002,Oldshire\n"
    folder = write_by_recipe(tmp_path / "a", recipe, {"areas.csv": rows})
    done = CliRunner().invoke(app, ["check", str(folder)])
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    assert "a/areas.csv: 1 row left out: No area." in said
    assert "a/areas.csv: 1 row left out: Listed by year." in said
    assert "areas: 2 rows" in said
    assert "4 rows read from 1 file of 1 package." in said

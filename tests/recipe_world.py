"""A small publisher for tests of recipes: its files, a recipe, and a register of four areas."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import openpyxl
import pytest

from ingest.problems import Problem, ProblemsFound
from ingest.recipe import Applied, apply_recipe
from ingest.recipe_form import Recipe
from ingest.recipe_language import read_recipe
from ingest.recipe_registers import Registers

# Old Shire ended and Shire followed; two places have been called Newtown, at different times.
REGISTERS = Registers(
    {
        "areas": [
            {"area": "E10000001", "label": "Shire", "area_type": "county", "end_on": "2019-03-31"},
            {"area": "E06000001", "label": "Shire", "area_type": "unitary", "start_on": "2019-04-01"},
            {"area": "E07000001", "label": "Newtown", "area_type": "district", "end_on": "2019-03-31"},
            {"area": "E08000001", "label": "St Mary's & St John's", "area_type": "metropolitan-district"},
        ],
        "area_names": [{"area": "E06000001", "name": "Shire, County of"}],
        "area_identifiers": [{"area": "E08000001", "scheme": "mapit", "identifier": "77"}],
        "bodies": [
            {"body": "shire-county-council", "label": "Shire County Council", "body_type": "county-council"},
            {"body": "shire-council", "label": "Shire Council", "body_type": "unitary-council"},
            {"body": "st-marys-council", "label": "St Mary's Council", "body_type": "unitary-council"},
        ],
        "body_identifiers": [
            {"body": "shire-county-council", "scheme": "dfe", "identifier": "901"},
            {"body": "st-marys-council", "scheme": "e-code", "identifier": "E0001"},
        ],
        "body_areas": [
            {"body": "shire-county-council", "area": "E10000001", "end_on": "2019-03-31"},
            {"body": "shire-council", "area": "E06000001", "start_on": "2019-04-01"},
            {"body": "st-marys-council", "area": "E08000001"},
        ],
    }
)

# What every recipe begins with. A test's recipe may leave it out.
HEAD = "recipe: test\ntitle: A test\n"

# A recipe of one source and one block, which tests change in one place.
PLAIN = """\
recipe: test
title: A test
sources:
  figures:
    files: [figures.csv]
    write:
      - table: observations
        figure: {cell: "{value}"}
        fields: {indicator: crime, area: "{area}", period: "2024"}
"""


def read(text: str) -> Recipe:
    text = textwrap.dedent(text)
    return read_recipe(text if "recipe:" in text else HEAD + text.lstrip("\n"), Path("test.yaml"))


def faults_of(text: str) -> list[tuple[str, str]]:
    """Read a recipe that is wrong: the key and the sentence of each fault."""
    with pytest.raises(ProblemsFound) as raised:
        read(text)
    assert {fault.code for fault in raised.value.problems} == {"recipe-wrong"}
    return [(fault.column or "", fault.message) for fault in raised.value.problems]


def apply(
    folder: Path, text: str, files: Mapping[str, str | bytes], registers: Registers | None = None
) -> Applied:
    """Apply a recipe to files. Every row must be accounted for, whatever happens."""
    package = folder / "package"
    for name, content in files.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    applied = apply_recipe(read(text), package, folder / "scratch", registers)
    assert all(count.is_complete for count in applied.counts)
    return applied


def workbook(folder: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Make a workbook: rows of cells for each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    file = folder / "made.xlsx"
    book.save(file)
    return file.read_bytes()


def rows_of(applied: Applied, table: str, *columns: str) -> list[tuple[str | int | None, ...]]:
    """Give the rows of a table that was written, in order."""
    listed = ", ".join(f'"{column}"' for column in columns) or "*"
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT {listed} FROM read_parquet(?)", [str(applied.tables[table])]
        ).fetchall()


def found(applied: Applied) -> list[tuple[str, str | None, int | None, str | None, int]]:
    """Give code, file, row, value and count of each problem."""
    return [(p.code, p.file, p.row, p.value, p.count) for p in applied.problems]


def messages(problems: Sequence[Problem]) -> str:
    return "\n".join(problem.message for problem in problems)

"""The product's own recipes read the publishers' tables.

In:   the name of a shipped recipe, the folder of a publisher's files, the register of areas and bodies
Out:  rows of standard tables as text, and what became of every row of the files

The example takes what a recipe gives; what a recipe leaves out goes into the account.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from examples.make_england import areas, bodies
from examples.make_england.ledger import Ledger
from examples.make_england.packages import Row
from examples.make_england.register import Register
from ingest.problems import ProblemsFound
from ingest.recipe import apply_recipe, load_recipe
from ingest.recipe_registers import Registers

PROVENANCE = frozenset({"_source", "_row"})


def read_by_recipe(
    recipe: str,
    folder: Path,
    registers: Registers,
    tables: tuple[str, ...],
    ledger: Ledger,
) -> dict[str, list[Row]]:
    """Apply a shipped recipe to a folder. Returns the rows of the tables asked for, empty cells as ''.

    Raises ProblemsFound if the recipe meets a row that it can make nothing of.
    """
    with tempfile.TemporaryDirectory() as scratch:
        applied = apply_recipe(load_recipe(recipe), folder, Path(scratch), registers)
        if applied.has_errors:
            raise ProblemsFound(applied.problems)
        for count in applied.counts:
            if count.table not in tables or not count.rows:
                continue
            account = ledger.open(f"{folder.name}/{count.file}, as {count.table}", count.rows)
            account.used = count.written
            account.leave_out("stands in another table of the publisher too", count.repeats)
            for reason, rows in count.left_out.items():
                account.leave_out(reason.rstrip("."), rows)
        return {table: _load_rows(applied.tables[table]) for table in tables}


def _load_rows(path: Path) -> list[Row]:
    table = pq.read_table(path)
    columns = [name for name in table.column_names if name not in PROVENANCE]
    values = [table[name].to_pylist() for name in columns]
    return [
        {name: cell for name, cell in zip(columns, row, strict=True) if cell is not None}
        for row in zip(*values, strict=True)
    ]


def make_registers(register: Register, names: list[Row], identifiers: list[Row]) -> Registers:
    """Make the tables in which recipes find names and codes."""
    tables: dict[str, list[Mapping[str, str]]] = {
        "areas": [*areas.area_rows(register)],
        "area_names": [*names],
        "bodies": [*bodies.body_rows(register)],
        "body_areas": [*bodies.body_area_rows(register)],
        "body_identifiers": [*identifiers],
    }
    return Registers(tables)


def without_beginnings(registers: Registers) -> Registers:
    """Let every area exist since ever, so that a figure worked out for it later is read and not refused."""
    timeless: list[Mapping[str, str]] = [{**row, "start_on": ""} for row in registers.tables["areas"]]
    return Registers({**registers.tables, "areas": timeless})

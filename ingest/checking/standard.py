"""Standard tables are checked by the model: cells, keys, references, and the model's own rules.

In:   text Parquet of the standard tables of all packages together
Out:  problems

Cells and keys are checked as any Table Schema is (tables.py); references reach across packages; the rules of
the model are in the modules rules_*.py, one function for each.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb

from ingest.checking.cells import Grid, check_cells
from ingest.checking.columns import find_repeated_headings, make_column, read_schema
from ingest.checking.faults import Fault
from ingest.checking.grammar import literal, name
from ingest.checking.keys import check_foreign_key, check_primary_key
from ingest.checking.near import find_codes_of
from ingest.checking.rules import find_rule_problems
from ingest.checking.wording import Nearest, Words, word_faults, word_repeated_heading
from ingest.checking.world import HELD_ROWS, StandardTable, World, open_world
from ingest.problems import Place, Problem, find_nearest, problem
from ingest.standard_file import StandardFile
from schemas import TableSchema, load_model

# References that a rule words better than a missing key can be.
_LEFT_TO_RULES = {"grade-known": "grades"}


def check_standard_headings(
    table: str,
    headings: Sequence[str],
    place: Place,
    dimensions: Sequence[str] = (),
    given: Sequence[str] = (),
) -> list[Problem]:
    """Check the headings of a file that holds a standard table.

    Columns may stand in any order and those that are not required may be left out.

    dimensions    columns that observations may have besides
    given         columns whose value the descriptor gives for the whole file (a resource's dataset)
    """
    schema = load_model().tables[table]
    known = [*schema.field_names, *dimensions]
    labels = [heading.strip() for heading in headings]
    if not set(labels) & set(known):
        first = next((label for label in labels if label), "")
        return [problem("headings-unknown", place.at(place.row or 1), value=first, table=table)]
    unknown = [label for label in labels if label and label not in known]
    problems = [
        word_repeated_heading(fault, labels, place.at(place.row or 1, fault.label))
        for fault in find_repeated_headings(labels)
    ]
    for number, label in enumerate(labels, 1):
        if not label:
            problems.append(problem("column-unnamed", place.at(place.row or 1), position=number))
    for label in dict.fromkeys(unknown):
        where = place.at(place.row or 1, label)
        nearest = find_nearest(label, [one for one in known if one not in labels])
        problems.append(problem("column-unknown", where, value=label, table=table, nearest=nearest))
    for field in schema.fields:
        must = field.required or field.name in _needed(schema)
        if must and field.name not in labels and field.name not in given:
            nearest = find_nearest(field.name, unknown)
            problems.append(problem("column-missing", place, wanted=field.name, nearest=nearest))
    return problems


def _needed(schema: TableSchema) -> set[str]:
    """Columns of the key that every row must fill although the schema lets them be left out of a file."""
    return {"dataset"} if schema.name == "observations" else set()


def check_standard_tables(
    tables: Mapping[str, Path | Sequence[Path | StandardFile]],
    places: Mapping[int, Place],
    connection: duckdb.DuckDBPyConnection,
    held_rows: int = HELD_ROWS,
    *,
    is_partial: bool = False,
    unread: Collection[str] = (),
    settled: Collection[str] = (),
) -> list[Problem]:
    """Check the standard tables of all packages together.

    tables       for each standard table its files: the table's columns as text, _source and _row
    places       for each number in _source the file and sheet
    held_rows    tables of up to this many rows are held in memory meanwhile
    is_partial   these packages are not a whole site: what refers to a table none of them has is not judged
    unread       tables of which some rows could not be read; what refers to them is not judged
    settled      tables that are known to be right; they are only referred to
    """
    with open_world(tables, places, connection, held_rows, is_partial=is_partial, unread=unread) as world:
        return check_world(world, settled)


def check_world(world: World, settled: Collection[str] = ()) -> list[Problem]:
    """Check standard tables that are open, but those that are known to be right."""
    references = _open_references(world)
    problems: list[Problem] = []
    asked = [table for table in world.tables.values() if table.schema.name not in settled]
    for table in asked:
        if not table.is_given:
            continue
        faults = check_cells(table.grid)
        if not table.grid.rows:
            continue
        faults += _check_finite(table)
        if not any(rule.name == "one-value-per-key" for rule in table.schema.rules):
            faults += check_primary_key(table.grid, table.schema.primary_key)
        faults += _check_references(world, table, references)
        nearest = _find_nearest_functions(world, table.schema)
        words = Words(table.read, world.places, nearest, _describe_forms(world, table))
        problems += word_faults(world.connection, faults, words)
    for grid in references.values():
        grid.close()
    problems += find_rule_problems(world, asked)
    if world.missed:
        wanted = ", ".join(sorted(world.missed))
        problems.append(problem("references-unchecked", Place(), wanted=wanted))
    return problems


def _check_finite(table: StandardTable) -> list[Fault]:
    """Find numbers that are none: Table Schema lets NaN and infinity pass, a figure cannot be either."""
    faults = []
    for column in table.grid.columns:
        if column.field.type != "number" or column.number not in table.grid.doubtful:
            continue
        query = (
            f"SELECT _source, _row, {column.cell} AS cell FROM {table.view}"
            f" WHERE regexp_full_match({column.cell}, '\\s*[-+]?(?i:s?nan[0-9]*|inf|infinity)\\s*')"
        )
        if table.grid.connection.execute(f"{query} LIMIT 1").fetchall():
            faults.append(Fault("type-error", "type", column.number, column.name, query))
    return faults


def _open_references(world: World) -> dict[str, Grid]:
    """Open the tables that others refer to. The built-in code lists count as rows of code_lists."""
    grids = {
        table.schema.name: Grid(world.connection, table.grid.relation, table.grid.columns)
        for table in world.tables.values()
    }
    lists = ", ".join(f"({literal(code_list)})" for code_list in world.model.code_lists)
    relation = "referred_code_lists"
    world.connection.execute(
        f"CREATE OR REPLACE VIEW {name(relation)} AS SELECT code_list FROM {world.view('code_lists')}"
        f" UNION ALL SELECT * FROM (VALUES {lists})"
    )
    world.scratch.append(f"VIEW IF EXISTS {name(relation)}")
    [field] = read_schema({"fields": [{"name": "code_list", "type": "string"}]}).fields
    grids["code_lists"] = Grid(world.connection, relation, [make_column(field, 1, name("code_list"))])
    return grids


def _check_references(world: World, table: StandardTable, references: Mapping[str, Grid]) -> list[Fault]:
    left = {_LEFT_TO_RULES.get(rule.name) for rule in table.schema.rules}
    faults: list[Fault] = []
    for key in table.schema.foreign_keys:
        if not world.has(key.table):
            filled = " AND ".join(f"{name(field)} <> ''" for field in key.fields)
            world.miss(key.table, None, f"SELECT 1 FROM {table.view} WHERE {filled}")
        elif key.table not in left:
            world.tables[key.table].make()
            other = references[key.table]
            faults += check_foreign_key(table.grid, key.fields, other, key.table_fields, key.table)
    return faults


def _find_nearest_functions(world: World, schema: TableSchema) -> dict[str, Nearest]:
    return {
        key.table: find_codes_of(world, key.table, key.table_fields[0])
        for key in schema.foreign_keys
        if len(key.fields) == 1
    }


def _describe_forms(world: World, table: StandardTable) -> dict[str, str]:
    """Say in words what the columns with a form hold."""
    forms = {
        field.name: str(world.model.forms[field.form]["wanted"])
        for field in table.schema.fields
        if field.form
    }
    return forms | {dimension: str(world.model.forms["notation"]["wanted"]) for dimension in table.dimensions}

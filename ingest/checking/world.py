"""The standard tables of all packages, open in the engine.

In:   text Parquet of each standard table, with _source and _row, and what each source is called
Out:  a World: one grid for each table, '' for an empty cell, and what the rules need to know

A table that no package has is there without rows. Among observations each column that is no field of the
table is a dimension.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.checking.cells import Grid
from ingest.checking.columns import make_column, read_schema
from ingest.checking.grammar import among, literal, name
from ingest.problems import Place
from ingest.standard_file import StandardFile, as_standard, union_texts
from schemas import Model, TableSchema, load_model

if TYPE_CHECKING:
    from ingest.checking.plain_schema import ReadSchema

# Tables of up to this many rows are held in memory while they are checked.
HELD_ROWS = 100_000

# A dimension's column: empty, or a code in the form of a notation.
_NOTATION = "notation"


@dataclass(frozen=True, slots=True)
class StandardTable:
    """One standard table: its schema as frictionless reads it, its grid, and the view the grid is about."""

    schema: TableSchema
    read: ReadSchema
    grid: Grid
    dimensions: tuple[str, ...]
    is_given: bool
    make: Callable[[], None]

    @property
    def view(self) -> str:
        """The name of its view, quoted. A table that no package has is made when it is asked for."""
        self.make()
        return name(self.grid.relation)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.schema.field_names, *self.dimensions)


@dataclass
class World:
    """All standard tables, and the places of their sources by number.

    is_partial    these packages are not a whole site: what refers to a table none of them has is not judged
    unread        tables of which some rows could not be read: what refers to them is not judged either
    missed        what something refers to and no package has, in words
    """

    connection: duckdb.DuckDBPyConnection
    model: Model
    tables: Mapping[str, StandardTable]
    places: Mapping[int, Place]
    scratch: list[str] = field(default_factory=list)
    is_partial: bool = False
    unread: frozenset[str] = frozenset()
    missed: set[str] = field(default_factory=set)

    def has(self, *tables: str) -> bool:
        """Say whether all that is in these tables is known. In a whole site an empty table is known too."""
        if not self.unread.isdisjoint(tables):
            return False
        return not self.is_partial or all(self.tables[table].is_given for table in tables)

    def has_list(self, code_list: str) -> bool:
        """Say whether the codes of a list are known; the built-in ones always are."""
        if not self.has("codes"):
            return False
        return not self.is_partial or bool(self.codes(code_list))

    def miss(self, table: str, code_list: str | None, query: str) -> None:
        """Note that what a query gives refers to a table, or to a code list, that no package has."""
        if table not in self.unread and self.rows(f"SELECT 1 FROM ({query}) LIMIT 1"):
            self.missed.add(f"the code list {code_list}" if code_list else f"the table {table}")

    def view(self, table: str) -> str:
        """Name the view of a table, quoted."""
        return self.tables[table].view

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read all rows of a query whose answer is small."""
        return self.connection.execute(query).fetchall()

    def make_table(self, table: str, query: str) -> str:
        """Keep the answer of a query as long as the world is open. Returns its name."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name(table)} AS {query}")
        self.scratch.append(f"TABLE IF EXISTS {name(table)}")
        return name(table)

    @cached_property
    def dimension_lists(self) -> dict[str, str]:
        """For each dimension the code list it takes."""
        rows = self.rows(f"SELECT dimension, code_list FROM {self.view('dimensions')} ORDER BY ALL")
        return {str(dimension): str(code_list) for dimension, code_list in rows}

    def codes(self, code_list: str) -> list[str]:
        """Find the codes of a list: the built-in ones, then those of the packages."""
        own = self.model.code_lists.get(code_list)
        rows = self.rows(
            f"SELECT DISTINCT code FROM {self.view('codes')}"
            f" WHERE code_list = {literal(code_list)} ORDER BY code"
        )
        return list(dict.fromkeys([*(own.notations if own else ()), *(str(row[0]) for row in rows)]))

    def totals(self, code_list: str) -> list[str]:
        """Find the codes of a list that take all others together."""
        rows = self.rows(
            f"SELECT DISTINCT code FROM {self.view('codes')}"
            f" WHERE code_list = {literal(code_list)} AND is_total = 'true' ORDER BY code"
        )
        return [str(row[0]) for row in rows]

    def breakdown(self, dimension: str) -> str:
        """Give the expression of a dimension's code, '' for the total as for an empty cell."""
        column = name(dimension)
        totals = self.totals(self.dimension_lists.get(dimension, ""))
        return f"CASE WHEN {among(column, totals)} THEN '' ELSE {column} END" if totals else column


@contextmanager
def open_world(
    tables: Mapping[str, Path | Sequence[Path | StandardFile]],
    places: Mapping[int, Place],
    connection: duckdb.DuckDBPyConnection,
    held_rows: int = HELD_ROWS,
    *,
    is_partial: bool = False,
    unread: Collection[str] = (),
) -> Iterator[World]:
    """Open the standard tables of all packages.

    tables       for each standard table its files
    places       for each number in _source the file and sheet
    held_rows    tables of up to this many rows are held in memory
    """
    model = load_model()
    scratch: list[str] = []
    opened: dict[str, StandardTable] = {}
    for table in model.tables.values():
        files = _files(tables.get(table.name, ()))
        rows = sum(file.row_count for file in files)
        opened[table.name] = _open_table(table, files, connection, scratch, is_held=rows <= held_rows)
    world = World(connection, model, opened, places, scratch, is_partial, frozenset(unread))
    try:
        yield world
    finally:
        for one in opened.values():
            one.grid.close()
        for thing in reversed(world.scratch):
            connection.execute(f"DROP {thing}")


def _files(files: Path | Sequence[Path | StandardFile]) -> list[StandardFile]:
    return [as_standard(file) for file in ([files] if isinstance(files, Path) else files)]


def _open_table(
    table: TableSchema,
    files: list[StandardFile],
    connection: duckdb.DuckDBPyConnection,
    scratch: list[str],
    *,
    is_held: bool,
) -> StandardTable:
    extra = {column for file in files for column in file.columns} - set(table.field_names)
    dimensions = tuple(sorted(extra)) if table.name == "observations" else ()
    columns = (*table.field_names, *dimensions)
    relation = f"standard_{table.name}"
    # Small tables are asked many short questions, which the engine answers faster from its own memory.
    kind = "TABLE" if is_held else "VIEW"
    nothing = ", ".join(f"'' AS {name(column)}" for column in columns)
    no_rows = f"(SELECT {nothing}, 0::INTEGER AS _source, 0::BIGINT AS _row WHERE false)"
    source = union_texts(files, columns) if files else no_rows

    @cache
    def make() -> None:
        connection.execute(f"CREATE OR REPLACE {kind} {name(relation)} AS SELECT * FROM {source}")
        scratch.append(f"{kind} IF EXISTS {name(relation)}")

    if files:
        make()
    read = _read_standard(table.name, dimensions) if files else _without_columns()
    fields: Sequence[Any] = read.fields
    made = [make_column(one, number, name(one.name)) for number, one in enumerate(fields, 1)]
    grid = Grid(connection, relation, made, looks_for_blank_rows=False)
    return StandardTable(table, read, grid, dimensions, bool(files), make)


@cache
def _without_columns() -> ReadSchema:
    """A table that no package has needs no columns: nothing of it is checked, and no key is found in it."""
    return read_schema({"fields": []})


@cache
def _read_standard(table_name: str, dimensions: tuple[str, ...]) -> ReadSchema:
    """Read the schema of a standard table with the columns of its dimensions; it is the same every time."""
    model = load_model()
    descriptor = model.tables[table_name].descriptor()
    form = model.forms[_NOTATION]
    constraints = {key: form[key] for key in ("pattern", "maxLength") if key in form}
    descriptor["fields"] = [
        *descriptor["fields"],
        *({"name": dimension, "type": "string", "constraints": constraints} for dimension in dimensions),
    ]
    return read_schema(descriptor)

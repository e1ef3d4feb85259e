"""The finished rows of all blocks become one Parquet file for each standard table.

In:   the relations that the blocks made, the rows a recipe carries, the corrections it applied
Out:  text Parquet with the columns of the table, _source and _row; repeats taken out and counted
"""

# The SQL is put together from the model's names and from names made in recipe_parts.py.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ingest.problems import Place, problem
from ingest.recipe_form import Block, CorrectionRule, Recipe
from ingest.recipe_parts import Count
from schemas import TableSchema, load_model

if TYPE_CHECKING:
    from ingest.recipe import Applied


@dataclass
class Written:
    """The relation of one block's rows, with the count and place of each source that they come from."""

    relation: str
    block: Block
    counts: Mapping[int, Count]
    places: Mapping[int, Place]


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    recipe: Recipe,
    written: Sequence[Written],
    corrected: Sequence[tuple[CorrectionRule, int, str]],
    scratch: Path,
    applied: Applied,
) -> None:
    """Write every table of the recipe, and the corrections it made."""
    model = load_model()
    tables = list(recipe.tables)
    if corrected and "corrections" not in tables:
        tables.append("corrections")
    for name in tables:
        table = model.tables[name]
        blocks = [made for made in written if made.block.table == name]
        dimensions = tuple(dict.fromkeys(d for made in blocks for d in made.block.dimensions))
        columns = _columns(table, dimensions)
        selects = [_select(made, columns, position) for position, made in enumerate(blocks)]
        fixed = _fixed_rows(recipe, name, columns, applied)
        if name == "corrections":
            fixed += _correction_rows(recipe, corrected, columns, applied)
        if fixed:
            rows = pa.table(
                {
                    "_at": pa.array([-1] * len(fixed), pa.int32()),
                    **{column: pa.array([row[column] for row in fixed], pa.string()) for column in columns},
                    "_source": pa.array([int(row["_source"] or 0) for row in fixed], pa.int32()),
                    "_row": pa.array([int(row["_row"] or 0) for row in fixed], pa.int64()),
                    "_turn": pa.array(range(len(fixed)), pa.int32()),
                }
            )
            connection.register("fixed_rows", rows)
            selects.append("SELECT * FROM fixed_rows")
        if not selects:
            continue
        connection.execute(f"CREATE TEMP TABLE whole AS {' UNION ALL BY NAME '.join(selects)}")
        if name in recipe.repeats:
            _take_out_repeats(connection, recipe, table, dimensions, blocks, applied)
        file = scratch / f"{recipe.name}-{name}.parquet"
        listed = ", ".join(f'"{column}"' for column in columns)
        connection.execute(
            f"COPY (SELECT {listed}, _source::INTEGER AS _source, _row::BIGINT AS _row FROM whole "
            f"ORDER BY _at, _source, _row, _turn) TO '{_path(file)}' (FORMAT parquet, COMPRESSION lz4_raw)"
        )
        connection.execute("DROP TABLE whole")
        if fixed:
            connection.unregister("fixed_rows")
        applied.tables[name] = file
        if name == "observations":
            applied.dimensions = dimensions


def _columns(table: TableSchema, dimensions: tuple[str, ...]) -> list[str]:
    columns = list(table.field_names)
    if dimensions:
        after = columns.index("period") + 1
        columns[after:after] = dimensions
    return columns


def _select(made: Written, columns: Sequence[str], position: int) -> str:
    given = {**made.block.fields, **made.block.dimensions}
    cells = ", ".join(
        f'nullif("{column}", \'\') AS "{column}"' if column in given else f'NULL::VARCHAR AS "{column}"'
        for column in columns
    )
    return f"SELECT {position}::INTEGER AS _at, {cells}, _source, _row, _turn FROM {made.relation}"


def _fixed_rows(
    recipe: Recipe, name: str, columns: Sequence[str], applied: Applied
) -> list[dict[str, str | None]]:
    source = str(applied.first_source)
    return [
        {column: row.cells.get(column) or None for column in columns}
        | {"_source": source, "_row": str(row.line)}
        for row in recipe.fixed.get(name, ())
    ]


def _correction_rows(
    recipe: Recipe,
    corrected: Sequence[tuple[CorrectionRule, int, str]],
    columns: Sequence[str],
    applied: Applied,
) -> list[dict[str, str | None]]:
    rows = []
    for number, (rule, row, path) in enumerate(corrected, 1):
        cells = {
            "correction": f"{recipe.name}-{number}",
            "resource": path,
            "row": str(row),
            "column": rule.column,
            "found": rule.found or None,
            "corrected": rule.corrected or None,
            "reason": rule.reason,
            "provided_by": rule.provided_by,
            "declared_on": rule.declared_on,
        }
        source = applied.first_source + applied.sources.index(path)
        filled: dict[str, str | None] = {column: cells.get(column) for column in columns}
        rows.append(filled | {"_source": str(source), "_row": str(row)})
    return rows


def _take_out_repeats(
    connection: duckdb.DuckDBPyConnection,
    recipe: Recipe,
    table: TableSchema,
    dimensions: Sequence[str],
    blocks: Sequence[Written],
    applied: Applied,
) -> None:
    """Keep the first row of each key. Rows that say the same are repeats; the others are problems."""
    repeats = recipe.repeats[table.name]
    same = repeats.same or (*table.field_names, *dimensions)
    key = ", ".join(f'"{name}"' for name in (*table.primary_key, *dimensions))
    order = f"PARTITION BY {key} ORDER BY _at, _source, _row, _turn"
    differing = ", ".join(
        f'CASE WHEN "{name}" IS DISTINCT FROM first_value("{name}") OVER w THEN \'{name}\' END'
        for name in same
    )
    connection.execute(
        f"CREATE TEMP TABLE numbered AS SELECT *, row_number() OVER w AS _number, "
        f"concat_ws(', ', {differing}) AS _differs FROM whole WINDOW w AS ({order})"
    )
    connection.execute("DROP TABLE whole")
    counted = connection.execute(
        "SELECT _at, _source, count(*) FILTER (_differs = ''), count(*) FILTER (_differs <> '') "
        "FROM numbered WHERE _number > 1 GROUP BY _at, _source ORDER BY _at, _source"
    ).fetchall()
    for at, source, repeated, differing_rows in counted:
        if at < 0:
            raise ValueError(f"the fixed rows of {recipe.name} repeat a key of {table.name}")
        count = blocks[at].counts[source]
        count.repeats += repeated
        count.problems += differing_rows
        count.written -= repeated + differing_rows
    names = ", ".join(f'"{name}"' for name in table.primary_key)
    found = connection.execute(
        f"SELECT _at, _source, _row, concat_ws(', ', {names}), _differs FROM numbered "
        "WHERE _number > 1 AND _differs <> '' ORDER BY _at, _source, _row"
    ).fetchall()
    for at, source, row, key_text, differs in found:
        place = blocks[at].places[source].at(row=row)
        applied.problems.append(problem("recipe-repeat-differs", place, key=key_text, fields=differs))
    connection.execute(
        "CREATE TEMP TABLE whole AS SELECT * EXCLUDE (_number, _differs) FROM numbered WHERE _number = 1"
    )
    connection.execute("DROP TABLE numbered")


def _path(file: Path) -> str:
    return str(file).replace("'", "''")

"""A definition that extends another counts what the other counts."""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator

from ingest.checking.found import Found, find
from ingest.checking.grammar import name
from ingest.checking.rules_plain import has_rows
from ingest.checking.world import StandardTable, World
from schemas import Rule


def check_extensions(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find definitions in use that count otherwise than the one they extend.

    Held against each other are the versions in use: the newest that is current, else the newest. What is
    withdrawn may stay as it is when the standard goes on.
    """
    if not has_rows(world, f"SELECT 1 FROM {table.view} WHERE extends <> ''"):
        return
    in_use = world.make_table("definitions_in_use", _in_use(table))
    for column in rule.fields:
        is_number = table.schema.field(column).type == "number"
        ours, theirs = _compared(f"e.{name(column)}", is_number), _compared(f"s.{name(column)}", is_number)
        query = (
            f"SELECT e._source, e._row, e.{name(column)} AS cell, s.{name(column)} AS wanted,"
            f" s.indicator AS standard, s.version AS standard_version FROM {in_use} AS e JOIN {in_use} AS s"
            f" ON s.indicator = e.extends WHERE e.status <> 'withdrawn' AND {ours} <> {theirs}"
        )
        if has_rows(world, query):
            yield find("extension-differs", column, query, "wanted", "standard", "standard_version")


def _in_use(table: StandardTable) -> str:
    numbers = ", ".join(
        f"TRY_CAST(split_part(version, '.', {part}) AS BIGINT) DESC NULLS LAST" for part in (1, 2, 3)
    )
    return (
        f"SELECT * FROM {table.view} QUALIFY row_number() OVER"
        f" (PARTITION BY indicator ORDER BY status = 'current' DESC, {numbers}, _source, _row) = 1"
    )


def _compared(cell: str, is_number: bool) -> str:
    """Give the expression of what counts in a cell: not how a number is spelled, nor the space around words."""
    plain = f"trim(regexp_replace({cell}, '\\s+', ' ', 'g'))"
    return f"coalesce(TRY_CAST({cell} AS DOUBLE)::VARCHAR, {plain})" if is_number else plain

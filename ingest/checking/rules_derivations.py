"""Rules of derivations: whole, of one unit, not of what is itself worked out, and not divided by zero.

A derivation is a row of its table, as few as people write. What its inputs hold is asked of the observations as a set.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.grammar import literal, name
from ingest.checking.rules_plain import has_rows
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, problem
from schemas import Rule

Row = dict[str, Any]
_OWN = ("indicator", "version", "dataset")

# The unit of a difference of two figures of a unit, where it is another.
DIFFERENCE_UNITS = {"percent": "percentage-points"}


def check_derivations(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find derivations that cannot be worked out, or whose figures would mislead."""
    columns = (*table.schema.field_names, "_source", "_row")
    query = f"SELECT {', '.join(map(name, columns))} FROM {table.view} ORDER BY _source, _row"
    rows: list[Row] = [dict(zip(columns, row, strict=True)) for row in world.rows(query)]
    made = {row["indicator"]: row["derivation"] for row in reversed(rows) if row["indicator"]}
    units = _units(world)
    for row in rows:
        yield from _check_whole(table, row)
        yield from _check_inputs(table, row, made)
        if row["kind"] == "difference":
            yield from _check_units(table, row, units)
        if row["kind"] != "pair" and row["indicator"]:
            yield from _check_submitted(world, table, row)
        if row["kind"] == "ratio":
            yield from _check_zeros(world, row)


def _units(world: World) -> dict[tuple[str, str], str]:
    rows = world.rows(f"SELECT indicator, version, unit FROM {world.view('indicators')}")
    return {(str(indicator), str(version)): str(unit) for indicator, version, unit in rows}


def _check_whole(table: StandardTable, row: Row) -> Iterator[Found]:
    for column in _OWN:
        if row["kind"] == "pair" and row[column]:
            yield _found(table, row, "derivation-incomplete", column, fault="given")
        elif row["kind"] in {"difference", "ratio"} and not row[column]:
            yield _found(table, row, "derivation-incomplete", column, fault="empty")


def _check_inputs(table: StandardTable, row: Row, made: Mapping[str, str]) -> Iterator[Found]:
    for column in ("first_indicator", "second_indicator"):
        if row[column] in made:
            yield _found(table, row, "derivation-input-derived", column, other=made[row[column]])
    first, second = (
        tuple(row[f"{side}_{part}"] for part in ("indicator", "version", "breakdown"))
        for side in ("first", "second")
    )
    if first == second:
        told = " ".join(filter(None, first))
        yield _found(table, row, "derivation-same-figure", "second_indicator", first=told)


def _check_units(table: StandardTable, row: Row, units: Mapping[tuple[str, str], str]) -> Iterator[Found]:
    first, second, own = (
        units.get((row[f"{side}indicator"], row[f"{side}version"])) for side in ("first_", "second_", "")
    )
    if first is None or second is None:
        return  # that it is not there is told of the reference
    if first != second:
        found = f"The first figure is in {first}, the second in {second}"
        yield _found(table, row, "derivation-units-differ", "second_indicator", found=found, wanted=first)
    elif own is not None and own != DIFFERENCE_UNITS.get(first, first):
        wanted = DIFFERENCE_UNITS.get(first, first)
        found = f"The difference of two figures in {first} is said to be in {own}"
        yield _found(table, row, "derivation-units-differ", "indicator", found=found, wanted=wanted)


def _check_submitted(world: World, table: StandardTable, row: Row) -> Iterator[Found]:
    query = f"SELECT count(*) FROM {world.view('observations')} WHERE indicator = {literal(row['indicator'])}"
    [(count,)] = world.rows(query)
    if count:
        yield _found(table, row, "derivation-of-submitted", "indicator", figures=f"{count:,}")


def _check_zeros(world: World, row: Row) -> Iterator[Found]:
    """Find the figures of 0 by which a ratio would divide; each is told where it stands."""
    observations = world.tables["observations"]
    codes = dict(part.split("=", 1) for part in row["second_breakdown"].split(";") if "=" in part)
    if not codes.keys() <= set(observations.dimensions):
        return
    narrowed = "".join(
        f" AND {name(one)} IN ({_cells(world, one, codes)})" for one in observations.dimensions
    )
    query = (
        "SELECT _source, _row, value AS cell, area, period,"
        f" {literal(row['derivation'])} AS derivation FROM {observations.view}"
        f" WHERE indicator = {literal(row['second_indicator'])} AND TRY_CAST(value AS DOUBLE) = 0{narrowed}"
    )
    if has_rows(world, query):
        yield find("derivation-zero", "value", query, "derivation", "area", "period")


def _cells(world: World, dimension: str, codes: Mapping[str, str]) -> str:
    """Give what stands in a dimension's column: the code that is named, or what means all together."""
    if dimension in codes:
        return literal(codes[dimension])
    code_list = world.dimension_lists.get(dimension, "")
    rows = world.rows(
        f"SELECT DISTINCT code FROM {world.view('codes')}"
        f" WHERE code_list = {literal(code_list)} AND is_total = 'true' ORDER BY code"
    )
    return ", ".join(map(literal, ("", *(str(row[0]) for row in rows))))


def _found(table: StandardTable, row: Row, code: str, column: str, **facts: str) -> Found:
    """Make what was found of one derivation."""
    query = (
        f"SELECT _source, _row, {name(column)} AS cell FROM {table.view}"
        f" WHERE _source = {int(row['_source'])} AND _row = {int(row['_row'])}"
    )
    told = {"derivation": row["derivation"], "kind": row["kind"], "column": column, **facts}

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, value=example.cell, **told)

    return find(code, column, query, word=word)

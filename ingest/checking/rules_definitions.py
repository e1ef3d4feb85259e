"""Rules of definitions: versions that follow from the change, one in use at a time, units that fit, stages.

A definition is a row of the table indicators for each version. What a change asks for is decided in
ingest/definition_change.py, on two rows; here every pair of neighbours is asked about.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.grammar import name
from ingest.checking.wording import list_words
from ingest.checking.world import StandardTable, World
from ingest.definition_change import DefinitionChange, compare_versions, next_version, step_between
from ingest.problems import Place, Problem, problem
from ingest.resolve import read_date, read_numbers
from schemas import Rule
from schemas.definitions import CHANGES

Row = dict[str, Any]

# Facts of each row at fault, by where it is: the number of its source, and its own.
Said = dict[tuple[int, int], dict[str, Any]]

_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")

# What a formula multiplies by: a number beside a sign or a word for it.
_TIMES = r"(?:×|\*|\bx\b|\btimes\b|\bmultiplied by\b)"
_FACTOR = re.compile(
    rf"{_TIMES}\s*([0-9][0-9,]*)(?![0-9.])|(?<![0-9.,])([0-9][0-9,]*)\s*{_TIMES}", re.IGNORECASE
)
# Other numbers of a formula, such as weeks of a year, say nothing of the unit.
_UNIT_FACTORS = frozenset({100, 1_000, 10_000, 100_000, 1_000_000})


def check_versions(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find versions that do not follow the one before, and numbers that promise more than the change allows."""
    astray: Said = {}
    skipped: Said = {}
    small: Said = {}
    for versions in _versions(world, table).values():
        for before, after in pairwise(versions):
            facts = {"indicator": after["indicator"], "previous": before["version"]}
            numbers = read_numbers(before["version"])
            follow = [next_version(numbers, level) for level in ("patch", "minor", "major")]
            start, start_before = read_date(after["valid_from"]), read_date(before["valid_from"])
            if start and start_before and start < start_before:
                astray[_place(after)] = facts | {
                    "valid_from": after["valid_from"],
                    "previous_from": before["valid_from"],
                }
            if after["version"] not in follow:
                skipped[_place(after)] = facts | {"wanted": list_words(follow, "or")}
            step = step_between(numbers, read_numbers(after["version"]))
            change = compare_versions(before, after)
            if CHANGES.index(step) < CHANGES.index(change.level):
                small[_place(after)] = facts | {
                    "step": step,
                    "level": change.level,
                    "changed": _reasons(change, after["comparable_with_previous"]),
                    "wanted": next_version(numbers, change.level),
                }
    yield from _find(table, "version-out-of-order", "valid_from", astray, cell="version")
    yield from _find(table, "version-skipped", "version", skipped)
    yield from _find(table, "version-step-too-small", "version", small)


def _reasons(change: DefinitionChange, said: str) -> str:
    """Name what asks for the largest step."""
    reasons = [one.field for one in change.changes if one.level == change.level]
    if {"": "major", "no": "major", "with-care": "minor"}.get(said) == change.level:
        reasons.append(f"comparable_with_previous ({said or 'empty, which means no'})")
    return list_words(reasons)


def check_current_versions(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find versions that are current beside a newer one that is."""
    twice: Said = {}
    for versions in _versions(world, table).values():
        current = [row for row in versions if row["status"] == "current"]
        for row in current[:-1]:
            newest = current[-1]
            start = max(row["valid_from"], newest["valid_from"])
            end = min(row["valid_to"] or "9999", newest["valid_to"] or "9999")
            overlap = f"; both count from {start} on" if start <= end else ""
            twice[_place(row)] = {
                "indicator": row["indicator"],
                "other": newest["version"],
                "overlap": overlap,
            }
    yield from _find(table, "version-current-twice", "status", twice, cell="version")


def check_rates(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find rates that do not say what is divided by what."""
    rates = _multipliers(world)
    missing: dict[str, Said] = {"numerator": {}, "denominator": {}}
    for row in _rows(world, table):
        for part, said in missing.items():
            if row["unit"] in rates and not row[part].strip():
                said[_place(row)] = {"unit": row["unit"], "wanted": part}
    for part, said in missing.items():
        yield from _find(table, "rate-without-part", part, said)


def check_units(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find multipliers and formulas that are not those of the unit."""
    rates = _multipliers(world)
    totals = {code.code for code in world.model.code_lists["unit"].codes if code.more.get("is_total")}
    unfit: dict[str, Said] = {"multiplier": {}, "formula": {}}
    for row in _rows(world, table):
        if row["unit"] not in rates and row["unit"] not in totals:
            continue
        wanted = rates.get(row["unit"], 1)
        facts = {"unit": row["unit"], "wanted": f"{wanted:,}"}
        if not _is_multiplier(row["multiplier"], wanted):
            unfit["multiplier"][_place(row)] = facts | {"found": f"the multiplier is {row['multiplier']}"}
        factors = [int((a or b).replace(",", "")) for a, b in _FACTOR.findall(row["formula"])]
        odd = [factor for factor in factors if factor in _UNIT_FACTORS]
        if odd and wanted not in odd:
            unfit["formula"][_place(row)] = facts | {"found": f"the formula multiplies by {odd[0]:,}"}
    for column, said in unfit.items():
        yield from _find(table, "unit-unfit", column, said)


def _is_multiplier(text: str, wanted: int) -> bool:
    """Tell whether a multiplier is the wanted one. One that is empty says nothing against it."""
    try:
        return not text.strip() or Decimal(text.strip()) == wanted
    except InvalidOperation:
        return True  # that it is no number is told where cells are checked


def _multipliers(world: World) -> Mapping[str, int]:
    """Give the units of rates, and what each is multiplied by. What a package's own units are is not known."""
    codes = world.model.code_lists["unit"].codes
    return {code.code: int(code.more["multiplier"]) for code in codes if "multiplier" in code.more}


def check_stages(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find stages that come before an earlier one, and newest stages that are not the definition's status."""
    order = world.model.code_lists["definition-status"].notations
    statuses = {
        (row["indicator"], row["version"]): row["status"] for row in _rows(world, world.tables["indicators"])
    }
    stages: dict[tuple[str, str], list[Row]] = {}
    for row in _rows(world, table):
        # What is no date or no stage is told where cells are checked.
        if row["stage"] in order and read_date(row["entered_on"]):
            stages.setdefault((row["indicator"], row["version"]), []).append(row)
    astray: Said = {}
    other: Said = {}
    for key, rows in stages.items():
        rows.sort(key=lambda row: order.index(row["stage"]))
        for before, after in pairwise(rows):
            if after["entered_on"] < before["entered_on"]:
                astray[_place(after)] = {
                    "entered_on": after["entered_on"],
                    "earlier": before["stage"],
                    "earlier_date": before["entered_on"],
                }
        newest = rows[-1]
        if statuses.get(key, newest["stage"]) != newest["stage"]:
            other[_place(newest)] = {
                "entered_on": newest["entered_on"],
                "indicator": key[0],
                "version": key[1],
                "wanted": statuses[key],
            }
    yield from _find(table, "stage-out-of-order", "entered_on", astray, cell="stage")
    yield from _find(table, "stage-not-status", "stage", other)


def _versions(world: World, table: StandardTable) -> dict[str, list[Row]]:
    """Give the versions of each indicator, oldest number first, each number once."""
    found: dict[str, dict[tuple[int, ...], Row]] = {}
    for row in _rows(world, table):
        if _VERSION.fullmatch(row["version"]):
            found.setdefault(row["indicator"], {}).setdefault(read_numbers(row["version"]), row)
    return {
        indicator: [row for _, row in sorted(numbered.items(), key=lambda pair: pair[0])]
        for indicator, numbered in found.items()
    }


def _rows(world: World, table: StandardTable) -> list[Row]:
    """Read a table of definitions; it is as long as people write definitions."""
    columns = (*table.schema.field_names, "_source", "_row")
    query = f"SELECT {', '.join(map(name, columns))} FROM {table.view} ORDER BY _source, _row"
    return [dict(zip(columns, row, strict=True)) for row in world.rows(query)]


def _place(row: Row) -> tuple[int, int]:
    return row["_source"], row["_row"]


def _find(
    table: StandardTable, code: str, column: str, said: Said, cell: str | None = None
) -> Iterator[Found]:
    """Make what was found of the rows at fault.

    cell    the column whose text is the value of the problem, if not the column at fault
    """
    if not said:
        return
    rows: Sequence[str] = [f"({source}, {row})" for source, row in said]
    query = (
        f"SELECT _source, _row, {name(cell or column)} AS cell, indicator, version FROM {table.view}"
        f" WHERE (_source, _row) IN ({', '.join(rows)})"
    )

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, value=example.cell, **said[example.source, example.row])

    yield find(code, column, query, "indicator", "version", word=word)

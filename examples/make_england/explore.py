"""The statistics office's tables of local indicators become observations of the example's indicators.

In:   ons-explore-local-statistics/, read by the recipe ons-local-indicators
Out:  observation rows by dataset

The recipe reads every series as the publisher has it. Here is what the example adds: which series and years
it takes, what the metadata says only in words, and whose figure stands for two councils.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from examples.make_england.definitions import Definition, load_definitions
from examples.make_england.ledger import Ledger
from examples.make_england.observations import (
    came_later,
    observation,
    period_text,
    read_period,
    why_not,
)
from examples.make_england.packages import Row
from examples.make_england.recipes import read_by_recipe, without_beginnings
from examples.make_england.register import Register
from ingest.period import Period
from ingest.recipe_registers import Registers

RECIPE = "ons-local-indicators"
FOLDER = "ons-explore-local-statistics"
# Codes for two councils' areas taken together. Each council gets the figure, and its status says so.
TOGETHER = {"E67000001": ("E09000001", "E09000012"), "E67000002": ("E06000052", "E06000053")}
# Sentences that repeat the area register, or that hold for every figure of the series.
SAID_ELSEWHERE = ("Obsolete code since", "This data has been aggregated")
COMBINED = "Value for "
UNRELIABLE = "unreliable since the group sample size is small"


class NoteUnknown(Exception):  # noqa: N818 - it names what was met
    """A figure has a sentence that nobody has read yet."""


def read_explore(
    sources: Path, register: Register, registers: Registers, ledger: Ledger
) -> dict[str, list[Row]]:
    """Read the figures of every indicator that is made from these tables, by dataset."""
    definitions = {
        d.made_from.get("series", d.indicator): d
        for d in load_definitions()
        if d.made_from.get("recipe") == RECIPE
    }
    tables = read_by_recipe(
        RECIPE, sources / FOLDER, without_beginnings(registers), ("observations",), ledger
    )
    rows = tables["observations"]
    account = ledger.open(f"{FOLDER}, observations of all series", len(rows))
    out: dict[str, list[Row]] = defaultdict(list)
    given = {_key(row) for row in rows}
    for row in rows:
        definition = definitions.get(row["indicator"])
        if definition is None:
            account.leave_out("a series that the example does not take")
            continue
        period = read_period(row["period"])
        then = _code_then(register, row["area"], period)
        if then != row["area"] and _key(row | {"area": then}) in given:
            account.leave_out("stands under the area's earlier code too")
            continue
        entries = []
        for area_code in TOGETHER.get(then, (then,)):
            reason = _why_not(register, area_code, period, row)
            if reason is None:
                entries.append(_observation(register, definition, area_code, period, row))
        if not entries:
            account.leave_out(reason or "")
            continue
        account.used += 1
        out[definition.made_from["dataset"]] += entries
    return out


def _key(row: Row) -> tuple[str, ...]:
    return row["indicator"], row["area"], row["period"], row.get("sex", "")


def _code_then(register: Register, area_code: str, period: Period) -> str:
    """Give the code an area had in the period: the publisher writes today's where only the code changed."""
    if area_code in register.areas and came_later(register, area_code, period):
        for change in register.changes:
            same_kind = change.from_area[:3] == change.to_area[:3]
            if change.to_area == area_code and change.change == "recoded" and same_kind:
                return change.from_area
    return area_code


def _why_not(register: Register, area_code: str, period: Period, row: Row) -> str | None:
    reason = why_not(register, area_code, period)
    if reason is None and not row.get("value") and came_later(register, area_code, period):
        return "no figure, and the area did not exist yet"
    return reason


def _observation(register: Register, definition: Definition, area_code: str, period: Period, row: Row) -> Row:
    status = _status(row)
    if status == "normal":
        later = came_later(register, area_code, period)
        said = definition.said_in_words(area_code, period_text(period))
        status = "definition-differs" if later else said
    entry = observation(definition.indicator, area_code, period, row.get("value", ""), status)
    if row.get("sex", "all") != "all":
        entry["sex"] = row["sex"]
    return entry | {name: row[name] for name in ("lower_limit", "upper_limit") if name in row}


def _status(row: Row) -> str:
    """Read the status, and the sentence that takes its place. Raises NoteUnknown."""
    for note in filter(None, row.get("note", "").split("; ")):
        if UNRELIABLE in note:
            return "unreliable"
        if note.startswith(COMBINED):
            return "combined"
        if not note.startswith(SAID_ELSEWHERE):
            raise NoteUnknown(f"{row['indicator']}, {row['area']}: {note!r}")
    return row.get("status", "normal")

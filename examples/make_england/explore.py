"""Tables of the statistics office's Explore local statistics become observations.

In:   ons-explore-local-statistics/<table>/<table>.csv
Out:  observation rows by dataset

One CSV holds one or more series. A mark stands in `status` (x, u, c, z), or a whole sentence does, or the
sentence stands in `notes`; what the metadata says only in words is declared with the definition.
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
from examples.make_england.register import Register
from examples.make_england.sources import load_csv
from ingest.period import Period

FOLDER = "ons-explore-local-statistics"
MARKS = {"": "normal", "x": "not-available", "u": "unreliable", "c": "suppressed", "z": "not-applicable"}
COMBINED = "combined"
# Codes for two councils' areas taken together. Each council gets the figure, and its status says so.
TOGETHER = {"E67000001": ("E09000001", "E09000012"), "E67000002": ("E06000052", "E06000053")}
# Sentences that repeat the area register, or that hold for every figure of the series.
SAID_ELSEWHERE = ("Obsolete code since", "This data has been aggregated")


class MarkUnknown(Exception):  # noqa: N818 - it names what was met
    """A table has a mark or a sentence that nobody has read yet."""


def read_explore(sources: Path, register: Register, ledger: Ledger) -> dict[str, list[Row]]:
    """Read the figures of every indicator that is made from these tables, by dataset."""
    by_table: dict[str, list[Definition]] = defaultdict(list)
    for definition in load_definitions():
        if "series" in definition.made_from or "series_by_code" in definition.made_from:
            by_table[definition.made_from["table"]].append(definition)
    out: dict[str, list[Row]] = defaultdict(list)
    for table, definitions in by_table.items():
        _read_table(sources, table, definitions, register, ledger, out)
    return out


def _read_table(
    sources: Path,
    table: str,
    definitions: list[Definition],
    register: Register,
    ledger: Ledger,
    out: dict[str, list[Row]],
) -> None:
    rows = load_csv(sources / FOLDER / table / f"{table}.csv")
    account = ledger.open(f"{FOLDER}/{table}.csv", len(rows))
    series: dict[str, tuple[Definition, str]] = {}
    for definition in definitions:
        made_from = definition.made_from
        for code, name in made_from.get("series_by_code", {"": made_from.get("series")}).items():
            series[name] = (definition, code)
    for row in rows:
        found = series.get(row["indicator"])
        if found is None:
            account.leave_out("a series that the example does not take")
            continue
        definition, code = found
        period = read_period(row["period"])
        entries = []
        for area_code in TOGETHER.get(row["areacd"], (row["areacd"],)):
            reason = _why_not(register, area_code, period, row["observation"])
            if reason is None:
                entries.append(_observation(register, definition, area_code, period, row))
        if not entries:
            account.leave_out(reason or "")
            continue
        account.used += 1
        for entry in entries:
            if code:
                entry[definition.made_from["dimension"]] = code
        out[definition.made_from["dataset"]] += entries


def _why_not(register: Register, area_code: str, period: Period, value: str) -> str | None:
    reason = why_not(register, area_code, period)
    if reason is None and not value and came_later(register, area_code, period):
        return "no figure, and the area did not exist yet"
    return reason


def _observation(
    register: Register, definition: Definition, area_code: str, period: Period, row: dict[str, str]
) -> Row:
    status = _status(row)
    if status == "normal":
        later = came_later(register, area_code, period)
        status = "definition-differs" if later else _said_in_words(definition, period_text(period))
    entry = observation(definition.indicator, area_code, period, row["observation"], status)
    return entry | {"lower_limit": row["lci_95"], "upper_limit": row["uci_95"]}


def _status(row: dict[str, str]) -> str:
    """Read the mark, and the sentences that take its place.

    Raises MarkUnknown for anything that is not known here.
    """
    mark, note = row["status"].strip(), row["notes"].strip()
    for sentence in (mark, note):
        if sentence.endswith("combined"):
            return COMBINED
        if "unreliable since the group sample size is small" in sentence:
            return "unreliable"
    if mark not in MARKS or (note and not note.startswith(SAID_ELSEWHERE)):
        raise MarkUnknown(f"{row['indicator']}, {row['areacd']}: {mark!r}, {note!r}")
    return MARKS[mark]


def _said_in_words(definition: Definition, period: str) -> str:
    for entry in definition.made_from.get("said_in_words", ()):
        if entry["period"] == period:
            return str(entry["status"])
    return "normal"

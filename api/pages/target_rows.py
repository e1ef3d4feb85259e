"""What became of targets, in words: one row for each target and area, as every page shows it.

In:   rows of the table target_progress with their targets
Out:  what was wanted, of whom, by whom, the figure, and whether it was reached

Nothing is decided here: the results are those of the table, so a page, the API and linked data say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import Definition, load_definitions
from api.pages.page import address_of
from api.pages.series import Cell
from api.sentences import Span
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

ROWS = (
    "SELECT g.*, t.basis, t.value AS asked, t.upper_value AS asked_upper, t.owner, t.reason,"
    " q.label AS group_label, o.label AS owner_label, coalesce(a.everyday_label, a.label) AS area_label,"
    " b.label AS body_label, p.label AS period_label, p.start_on, p.end_on,"
    " y.label AS year_label, y.start_on AS year_start_on, y.end_on AS year_end_on"
    " FROM target_progress g JOIN targets t ON t.target = g.target JOIN periods p ON p.period = g.period"
    " LEFT JOIN periods y ON y.period = g.benchmark_period LEFT JOIN areas a ON a.area = g.area"
    " LEFT JOIN bodies b ON b.body = g.body LEFT JOIN bodies o ON o.body = t.owner"
    ' LEFT JOIN groups q ON q."group" = t."group"'
)

_LEADS = {"at-least": "at least", "at-most": "at most", "between": "between"}
_NAMES = {
    "own-figure": "its own figure",
    "national-published": "the national figure as published",
    "national-rebuilt": "the national figure, rebuilt from the councils' numbers",
    "national-sum": "the sum of all councils",
    "national-unweighted-mean": "the unweighted mean of the councils",
}


@dataclass(frozen=True)
class TargetRow:
    """One target for one area, in words. `row` is one of ROWS."""

    row: Mapping[str, Any]
    definition: Definition

    @property
    def target(self) -> str:
        return str(self.row["target"])

    @property
    def address(self) -> str:
        return address_of("target", self.target)

    @property
    def label(self) -> str:
        return self.definition.label

    @property
    def kind(self) -> str:
        return load_model().code_lists["target-kind"].code(self.row["kind"]).label

    @property
    def owner(self) -> str:
        return self.row["owner_label"] or ""

    @property
    def whom(self) -> str:
        """Whom it is for: the area, else the body, else everyone."""
        return self.row["area_label"] or self.row["body_label"] or "Everyone"

    @property
    def whom_address(self) -> str:
        if self.row["area"]:
            return address_of("area", self.row["area"])
        return address_of("body", self.row["body"]) if self.row["body"] else ""

    @property
    def is_replaced(self) -> bool:
        return self.row["replaced_by"] is not None

    @cached_property
    def span(self) -> Span:
        return _span(self.row, "period_label", "start_on", "end_on")

    @property
    def period(self) -> str:
        return sentences.period_words(self.span)

    def write(self, value: float | None) -> str:
        """Write a value of the indicator; empty where there is none."""
        if value is None:
            return ""
        return sentences.figure(sentences.exact(value), self.definition.unit, self.definition.decimals)

    @property
    def value(self) -> Decimal | None:
        """What the figure had to reach."""
        found = self.row["target_value"]
        return None if found is None else sentences.exact(found)

    @property
    def wanted(self) -> str:
        """Say what the figure was to reach, in numbers where they are known."""
        value, upper = self.row["target_value"], self.row["target_upper_value"]
        if value is None:
            return self.asked
        told = f"{_LEADS[self.row['test']]} {self.write(value)}"
        return f"{told} and {self.write(upper)}" if upper is not None else told

    @property
    def asked(self) -> str:
        """Say what a target asks for as it was set."""
        return write_asked(self.row, self.definition)

    @property
    def how(self) -> str:
        """Say from which figures it was worked out; empty for one that stands alone."""
        method = self.row["method"]
        if method in {None, "as-set"}:
            return ""
        if method == "group-percentile":
            return f"{self.asked}, of {self.row['benchmark_count']} figures"
        year = sentences.period_words(_span(self.row, "year_label", "year_start_on", "year_end_on"))
        return f"{_NAMES[method]} of {year} was {self.write(self.row['benchmark_value'])}"

    @property
    def figure(self) -> str:
        return self.write(self.row["value"])

    @property
    def figure_address(self) -> str:
        row = self.row
        if row["dataset"] is None:
            return ""
        return address_of("observation", row["dataset"], row["indicator"], row["area"], row["period"])

    @property
    def missing(self) -> str:
        """Say why there is no figure."""
        return sentences.status_words(self.row["status"]) if self.row["status"] else "No figure"

    @property
    def range_text(self) -> str:
        ends = self.row["lower_limit"], self.row["upper_limit"]
        if None in ends:
            return ""
        low, high = map(sentences.exact, ends)
        return sentences.range_words(low, high, self.definition.unit, self.definition.decimals)

    @property
    def result(self) -> str:
        known = self.row["is_range_known"]
        return sentences.target_words(self.row["result"], None if known is None else bool(known))

    @property
    def short_result(self) -> str:
        """Say the result in a word or three, for a narrow column."""
        return load_model().code_lists["target-result"].code(self.row["result"]).label

    @property
    def progress(self) -> str:
        """Say how much of the way from the baseline is done; empty where there is no baseline."""
        part = self.row["progress_percent"]
        if part is None:
            return ""
        start = self.write(self.row["baseline_value"])
        return f"{sentences.number(sentences.exact(part), 0)}% of the way from {start}"


def write_asked(row: Mapping[str, Any], definition: Definition) -> str:
    """Say what a target asks for as it was set, from its test, basis, asked and asked_upper."""
    ends = [end for end in (row["asked"], row["asked_upper"]) if end is not None]
    lead = _LEADS[row["test"]]
    if row["basis"] == "percentile":
        places = [f"the {_ordinal(end)} percentile" for end in ends]
        return f"{lead} {' and '.join(places)} of {row['group_label'] or 'its group'}"
    if row["basis"] == "absolute":
        told = [sentences.figure(sentences.exact(end), definition.unit, definition.decimals) for end in ends]
        return f"{lead} {' and '.join(told)}"
    other = "the national figure" if row["basis"] == "national-last-year" else "its own figure"
    steps = [_step(end, definition) for end in ends]
    return f"{lead} {' and '.join(steps)} {other} of a year earlier"


def _step(value: float, definition: Definition) -> str:
    """Say how far from another figure: 2 percentage points above, 3 homes below, as much as."""
    if value == 0:
        return "as much as"
    unit = load_model().code_lists["unit"]
    amount = abs(sentences.exact(value))
    places = max(0, -int(amount.normalize().as_tuple().exponent))
    side = "above" if value > 0 else "below"
    if definition.unit.notation == "percent":
        points = unit.code("percentage-points").label.lower()
        points = points.removesuffix("s") if amount == 1 else points
        return f"{sentences.number(amount, places)} {points} {side}"
    return f"{sentences.figure(amount, definition.unit, max(places, definition.decimals))} {side}"


def _ordinal(value: float) -> str:
    number = sentences.exact(value).normalize()
    text = f"{number:f}"
    if number != int(number) or int(number) % 100 in {11, 12, 13}:
        return f"{text}th"
    return text + {1: "st", 2: "nd", 3: "rd"}.get(int(number) % 10, "th")


def _span(row: Mapping[str, Any], label: str, start: str, end: str) -> Span:
    return Span(row[label], dt.date.fromisoformat(row[start]), dt.date.fromisoformat(row[end]))


def read_target_rows(
    edition: Edition, where: str, params: Sequence[Any] | Mapping[str, Any]
) -> list[TargetRow]:
    """Read rows of what became of targets. `where` is ours, what a visitor wrote is bound."""
    definitions = load_definitions(edition)
    return [
        TargetRow(
            dict(row),
            definitions.get(row["indicator"], row["version"])
            if row["version"]
            else definitions.in_use[row["indicator"]],
        )
        for row in edition.rows(f"{ROWS} {where}", params)
    ]


def standing_targets(edition: Edition, area: str, indicator: str | None = None) -> dict[str, list[TargetRow]]:
    """Give the targets of an area that no other has replaced, by indicator, oldest period first."""
    found: dict[str, list[TargetRow]] = {}
    where = "WHERE g.area = ? AND g.replaced_by IS NULL"
    params = [area]
    if indicator is not None:
        where += " AND g.indicator = ?"
        params.append(indicator)
    for one in read_target_rows(edition, f"{where} ORDER BY p.start_on, p.end_on, g.target", params):
        found.setdefault(one.row["indicator"], []).append(one)
    return found


def targets_of_cell(edition: Edition, cell: Cell) -> dict[str, list[TargetRow]]:
    """Give the standing targets for the figures of one indicator and period, by area."""
    if cell.breakdown:
        return {}
    found: dict[str, list[TargetRow]] = {}
    where = "WHERE g.indicator = ? AND g.period = ? AND g.replaced_by IS NULL AND g.area IS NOT NULL"
    for one in read_target_rows(edition, f"{where} ORDER BY g.target", (cell.indicator, cell.period)):
        found.setdefault(one.row["area"], []).append(one)
    return found

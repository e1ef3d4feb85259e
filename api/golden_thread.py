"""The golden thread of a plan: outcomes, who is accountable for which part, what shows it, and what became of it.

In:   an edition, a plan
Out:  its outcomes with every body's part, the target and figure of each, and whose part is missing

Nothing is added up to one score: bodies whose part is met, not met or missing are counted and named. Pages and
the API read the same thread.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.edition import Edition

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Strand:
    """What shows one body's part: an indicator, its target in one area, and its newest figure.

    progress   the row of target_progress, or None without a target
    latest     the newest figure of the body's areas since the plan began, or None
    """

    indicator: str
    label: str
    progress: Row | None
    latest: Row | None

    @property
    def result(self) -> str:
        """A code of the list target-result; without a target "no-target"."""
        return "no-target" if self.progress is None else str(self.progress["result"])


@dataclass(frozen=True, slots=True)
class Part:
    """One accountable body and what is its part."""

    body: str
    label: str
    part: str
    strands: Sequence[Strand]

    @property
    def is_missing(self) -> bool:
        """The body has published no figure for its part since the plan began."""
        return all(strand.latest is None for strand in self.strands)

    @property
    def result(self) -> str:
        """What its targets come to: the same for all of them, or else what keeps it from being met."""
        found = {strand.result for strand in self.strands}
        order = ("not-met", "cannot-tell", "no-benchmark", "no-figure", "no-target")
        return next((code for code in order if code in found), "met" if found else "no-target")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome, the indicators that show whether it is reached, and the parts of the bodies."""

    outcome: str
    label: str
    sort_order: int | None
    indicators: Sequence[Row]
    parts: Sequence[Part] = field(default=())

    @property
    def missing(self) -> list[Part]:
        """The parts for which nothing is published."""
        return [part for part in self.parts if part.is_missing]

    def count(self, result: str) -> int:
        """Count the parts that come to a result."""
        return sum(part.result == result for part in self.parts)


def list_outcomes(edition: Edition, plan: Row) -> list[Outcome]:
    """List the outcomes of a plan in its order, each with its thread down to the figures."""
    outcomes = _rows(
        edition,
        "SELECT * FROM outcomes WHERE plan = ? ORDER BY sort_order IS NULL, sort_order, outcome",
        (plan["plan"],),
    )
    wanted = json.dumps([row["outcome"] for row in outcomes])
    indicators = _by_outcome(
        _rows(
            edition,
            "SELECT i.*, h.label FROM outcome_indicators i JOIN indicator_heads h ON h.indicator = i.indicator"
            " WHERE i.outcome IN (SELECT value FROM json_each(?)) ORDER BY i.outcome, h.label, i.indicator",
            (wanted,),
        )
    )
    parts = _by_outcome(
        _rows(
            edition,
            "SELECT p.*, b.label FROM outcome_bodies p JOIN bodies b ON b.body = p.body"
            " WHERE p.outcome IN (SELECT value FROM json_each(?)) ORDER BY p.outcome, b.label, p.body",
            (wanted,),
        )
    )
    weaver = _Weaver(edition, plan, indicators, parts)
    return [
        Outcome(
            row["outcome"],
            row["label"],
            row["sort_order"],
            indicators.get(row["outcome"], []),
            [weaver.weave(part) for part in parts.get(row["outcome"], [])],
        )
        for row in outcomes
    ]


class _Weaver:
    """Targets and newest figures of all bodies of a plan, read at once."""

    def __init__(
        self,
        edition: Edition,
        plan: Row,
        indicators: Mapping[str, Sequence[Row]],
        parts: Mapping[str, Sequence[Row]],
    ) -> None:
        self._indicators = indicators
        bodies = {row["body"] for listed in parts.values() for row in listed}
        named = {row["indicator"] for listed in (*indicators.values(), *parts.values()) for row in listed}
        self._labels = {
            row["indicator"]: row["label"] for row in edition.rows("SELECT * FROM indicator_heads")
        }
        asked = (json.dumps(sorted(bodies)), json.dumps(sorted(filter(None, named))))
        self._progress = _rows(
            edition,
            "SELECT t.*, p.end_on FROM target_progress t JOIN periods p ON p.period = t.period"
            " WHERE t.body IN (SELECT value FROM json_each(?1)) AND t.indicator IN"
            " (SELECT value FROM json_each(?2)) AND t.replaced_by IS NULL AND p.end_on >= ?3"
            " AND (?4 IS NULL OR p.start_on <= ?4)"
            " ORDER BY t.value IS NULL, p.end_on DESC, t.target, t.area",
            (*asked, plan["start_on"], plan["end_on"]),
        )
        self._latest: dict[tuple[str, str], Row] = {}
        for row in _rows(
            edition,
            "SELECT l.body, o.dataset, o.indicator, o.area, o.period, o.value, o.value_text, o.status"
            " FROM body_areas l JOIN observations o ON o.area = l.area JOIN periods p ON p.period = o.period"
            " WHERE l.body IN (SELECT value FROM json_each(?1)) AND o.indicator IN"
            " (SELECT value FROM json_each(?2)) AND o.breakdown = '' AND o.value IS NOT NULL"
            " AND p.end_on >= ?3 AND p.end_on >= coalesce(l.start_on, '')"
            " AND p.end_on <= coalesce(l.end_on, '9999-12-31')"
            " ORDER BY p.end_on DESC, o.area, o.dataset",
            (*asked, plan["start_on"]),
        ):
            self._latest.setdefault((row["body"], row["indicator"]), row)

    def weave(self, part: Row) -> Part:
        """Find what shows one body's part."""
        named = {row["indicator"]: row["target"] for row in self._indicators.get(part["outcome"], ())}
        if part["indicator"]:
            named = {part["indicator"]: part["target"] or named.get(part["indicator"])}
        strands = [
            Strand(
                indicator,
                self._labels[indicator],
                self._find_progress(part["body"], indicator, part["target"] or target),
                self._latest.get((part["body"], indicator)),
            )
            for indicator, target in named.items()
        ]
        return Part(part["body"], part["label"], part["part"] or "", strands)

    def _find_progress(self, body: str, indicator: str, target: str | None) -> Row | None:
        """Find the target that is named, else the body's own; of several the newest with a figure."""
        own = [row for row in self._progress if (row["body"], row["indicator"]) == (body, indicator)]
        meant = [row for row in own if row["target"] == target]
        return next(iter(meant or own), None)


def _rows(edition: Edition, sql: str, params: Sequence[Any]) -> list[Row]:
    return [dict(row) for row in edition.rows(sql, params)]


def _by_outcome(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["outcome"], []).append(row)
    return found

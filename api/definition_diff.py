"""Two versions of a definition beside each other: what changed, what it means, and whom it touches.

In:   an edition, an indicator, two of its versions
Out:  Diff: plain values, from which the page, JSON and linked data are made

What a change means is decided in ingest/definition_change.py, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from api.answers import Row
from api.edition import Edition
from ingest.definition_change import DefinitionChange, compare_versions, worst_comparable
from ingest.resolve import read_numbers

# Things of one kind that are named; the rest are counted.
_NAMED = 50

_MEANINGS = {
    "yes": "Figures from {first} on compare with earlier ones.",
    "with-care": "Figures from {first} on compare with earlier ones only with care.",
    "no": "Figures from {first} on do not compare with earlier ones.",
}


@dataclass(frozen=True, slots=True)
class Touched:
    """Things of one kind that a change touches: the first of them, and how many they are."""

    kind: str
    things: Sequence[tuple[str, str]]
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What is published by one version: how many areas, and the first day of each of its periods in order."""

    areas: int
    periods: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one version of an indicator to a later one.

    versions  the rows of every version of the indicator, oldest first
    steps     the versions after `before` up to `after`, each with what it says of the one before it
    restated  the periods before the newer version counts that it has figures for: they were worked out again
    touched   bodies that publish its figures, targets, groups, outcomes
    """

    indicator: str
    label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    change: DefinitionChange
    versions: Sequence[Mapping[str, Any]]
    steps: Sequence[Mapping[str, Any]]
    counted: Mapping[str, Counted]
    restated: Sequence[str]
    touched: Sequence[Touched]

    @property
    def meaning(self) -> str:
        """Say in a sentence what all of it means for the figures."""
        if self.before["version"] == self.after["version"]:
            return "This is one version. Nothing changed."
        return _MEANINGS[self.change.comparable].format(first=self.change.first)


def list_versions(edition: Edition, indicator: str) -> list[dict[str, Any]]:
    """List the versions of an indicator, oldest first."""
    rows = edition.rows("SELECT * FROM indicators WHERE indicator = ?", (indicator,))
    return sorted(map(dict, rows), key=lambda row: read_numbers(row["version"]))


def choose_versions(
    versions: Sequence[Mapping[str, Any]], in_use: str, older: str | None, newer: str | None
) -> tuple[str, str]:
    """Choose two versions where none or one is named: the one in use, and the one before the later."""
    known = [str(row["version"]) for row in versions]
    after = newer or in_use
    before = older or known[max(known.index(after) - 1, 0)]
    return before, after


def find_diff(edition: Edition, indicator: str, before: str, after: str) -> Diff:
    """Compare two versions that exist, the earlier one first."""
    versions = list_versions(edition, indicator)
    rows = {row["version"]: row for row in versions}
    order = list(rows)
    steps = versions[order.index(before) + 1 : order.index(after) + 1]
    between = pairwise(versions[order.index(before) : order.index(after) + 1])
    comparable = worst_comparable(compare_versions(one, two).comparable for one, two in between)
    counted = {version: _count_figures(edition, indicator, version) for version in {before, after}}
    earlier = [at for at, start in counted[after].periods.items() if start < rows[after]["valid_from"]]
    return Diff(
        indicator=indicator,
        label=rows[after]["label"],
        before=rows[before],
        after=rows[after],
        change=compare_versions(rows[before], rows[after], comparable),
        versions=versions,
        steps=steps,
        counted=counted,
        restated=earlier if steps else (),
        touched=_touched(edition, indicator),
    )


# By the numbers behind the views, so that an index answers.
_BY_VERSION = (
    " FROM observation_rows AS r WHERE r.definition ="
    " (SELECT id FROM observation_definitions WHERE indicator = ? AND version = ?)"
)
_AREAS = f"SELECT count(DISTINCT r.area){_BY_VERSION}"
_PERIODS = (
    "SELECT p.period, p.start_on FROM observation_periods AS o JOIN periods AS p ON p.period = o.period"  # noqa: S608
    f" WHERE o.id IN (SELECT DISTINCT r.period{_BY_VERSION}) ORDER BY p.start_on, p.end_on"
)


def _count_figures(edition: Edition, indicator: str, version: str) -> Counted:
    """Count the areas that have figures by a version, and list their periods."""
    rows = edition.rows(_PERIODS, (indicator, version))
    areas = edition.value(_AREAS, (indicator, version))
    return Counted(areas, {row["period"]: row["start_on"] for row in rows})


# Whom a change touches. ?1 is the indicator.
_BODIES = (
    "SELECT DISTINCT b.body AS notation, b.label AS label FROM datasets AS d"
    " JOIN bodies AS b ON b.body = d.publisher WHERE d.dataset IN"
    " (SELECT dataset FROM distributions WHERE indicator = ?1"
    " UNION SELECT dataset FROM observations WHERE indicator = ?1)"
)
_TARGETS = (
    "SELECT t.target AS notation, b.label || ' for ' || coalesce(a.everyday_label, a.label, w.label,"
    " 'every council') || ', ' || k.label || ', ' || p.label AS label FROM targets AS t"
    " JOIN bodies AS b ON b.body = t.owner JOIN periods AS p ON p.period = t.period"
    " JOIN codes AS k ON k.code_list = 'target-kind' AND k.code = t.kind"
    " LEFT JOIN areas AS a ON a.area = t.area LEFT JOIN bodies AS w ON w.body = t.body WHERE t.indicator = ?1"
    # One that was replaced waits for nobody.
    " AND NOT EXISTS (SELECT 1 FROM targets AS n WHERE n.replaces = t.target)"
)
_GROUPS = (
    'SELECT DISTINCT g."group" AS notation, g.label AS label FROM group_inputs AS i'
    ' JOIN groups AS g ON g."group" = i."group" WHERE i.indicator = ?1'
)
_OUTCOMES = (
    "SELECT o.outcome AS notation, o.label AS label FROM outcomes AS o WHERE o.outcome IN"
    " (SELECT outcome FROM outcome_indicators WHERE indicator = ?1"
    " UNION SELECT outcome FROM outcome_bodies WHERE indicator = ?1)"
)
_TOUCHED = {"body": _BODIES, "target": _TARGETS, "group": _GROUPS, "outcome": _OUTCOMES}


def _touched(edition: Edition, indicator: str) -> list[Touched]:
    out = []
    for kind, sql in _TOUCHED.items():
        rows = edition.rows(f"{sql} ORDER BY 2, 1 LIMIT {_NAMED}", (indicator,))
        count = len(rows)
        if count == _NAMED:
            count = edition.value(f"SELECT count(*) FROM ({sql})", (indicator,))  # noqa: S608 - our own texts
        out.append(Touched(kind, [(row["notation"], row["label"]) for row in rows], count))
    return out


def as_document(edition: Edition, diff: Diff) -> Row:
    """Give a diff as JSON has it."""
    return {
        "kind": "definition-diff",
        "indicator": diff.indicator,
        "label": diff.label,
        "uri": edition.uri("indicator", diff.indicator),
        "from": _version(edition, diff, diff.before),
        "to": _version(edition, diff, diff.after),
        "level": diff.change.level,
        "comparable": diff.change.comparable,
        "meaning": diff.meaning,
        "steps": [
            {
                "version": row["version"],
                "comparable_with_previous": row["comparable_with_previous"],
                "change_note": row["change_note"],
            }
            for row in diff.steps
        ],
        "changes": [
            {
                "field": one.field,
                "title": one.title,
                "level": one.level,
                "before": one.before or None,
                "after": one.after or None,
                "meaning": one.meaning,
            }
            for one in diff.change.changes
        ],
        "affected": {
            touched.kind: {
                "count": touched.count,
                "items": [
                    {"label": label, "uri": edition.uri(touched.kind, notation)}
                    for notation, label in touched.things
                ],
            }
            for touched in diff.touched
        },
        "restated": list(diff.restated),
    }


def _version(edition: Edition, diff: Diff, row: Mapping[str, Any]) -> Row:
    counted = diff.counted[row["version"]]
    return {
        "version": row["version"],
        "uri": edition.uri("indicator", diff.indicator, f"v{row['version']}"),
        "status": row["status"],
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "areas": counted.areas,
        "periods": list(counted.periods),
    }

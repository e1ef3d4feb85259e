"""What happened to definitions becomes one list: versions in use, drafts, withdrawals, crosswalks.

In:   rows of indicators, definition_stages and crosswalk, as canonical text
Out:  rows of the derived table definition_events, newest first

An event is known for good by what it is about: a version that came into use by the version, any other stage by
the stage, a crosswalk by itself. Neither the order of rows nor what a package adds later changes that: stages
that were implied keep their names when they are declared. Nothing here looks at a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ingest.definition_change import compare_versions, first_period, step_between
from ingest.resolve import read_numbers

Row = Mapping[str, Any]

# A version that is declared to be in one of these is known by itself or by its stage from its first day on.
_WITHDRAWN = "withdrawn"
_CURRENT = "current"


def list_events(
    indicators: Sequence[Row], stages: Iterable[Row], crosswalk: Iterable[Row]
) -> list[dict[str, Any]]:
    """List every event, newest first; those of one day in the order of their names."""
    declared: dict[tuple[str, str], list[Row]] = {}
    for stage in stages:
        declared.setdefault((stage["indicator"], stage["version"]), []).append(stage)
    by_indicator: dict[str, list[Row]] = {}
    for version in indicators:
        by_indicator.setdefault(version["indicator"], []).append(version)
    found: list[dict[str, Any]] = []
    for versions in by_indicator.values():
        versions.sort(key=lambda row: read_numbers(row["version"]))
        reached = [
            declared.get((version["indicator"], version["version"])) or _implied(version)
            for version in versions
        ]
        # What was never in use is not what later figures are held against, nor what takes another's place.
        used = [any(stage["stage"] == _CURRENT for stage in stages_of) for stages_of in reached]
        for at, version in enumerate(versions):
            before = next((versions[one] for one in range(at - 1, -1, -1) if used[one]), None)
            after = next((versions[one] for one in range(at + 1, len(versions)) if used[one]), None)
            found.extend(_reached(version, before, after, stage) for stage in reached[at])
    found.extend(_crosswalks(crosswalk, by_indicator))
    found.sort(key=lambda row: row["entry"])
    found.sort(key=lambda row: row["changed_on"], reverse=True)
    return found


def _implied(version: Row) -> list[Row]:
    """Give the stages of a version whose package gives none: in use from its first day to its last.

    A withdrawal without a last day has no day, so nothing is said of it.
    """
    stage = version["status"]
    reached: list[Row] = [
        {"stage": _CURRENT if stage == _WITHDRAWN else stage, "entered_on": version["valid_from"]}
    ]
    if stage == _WITHDRAWN and version["valid_to"]:
        day = date.fromisoformat(version["valid_to"])
        after = day if day == date.max else day + timedelta(days=1)
        reached.append({"stage": _WITHDRAWN, "entered_on": after.isoformat()})
    return reached


def _reached(version: Row, before: Row | None, after: Row | None, stage: Row) -> dict[str, Any]:
    """Say that a version reached a stage.

    before    the version in use before it; `after` the one that took its place
    """
    path = f"{version['indicator']}/v{version['version']}"
    event = stage["stage"]
    is_over = event == _WITHDRAWN
    comparable = None if is_over or before is None else _comparable(before, version)
    return {
        "entry": f"indicator/{path}" if event == _CURRENT else f"stage/{path}/{event}",
        "changed_on": stage["entered_on"],
        "event": event,
        "indicator": version["indicator"],
        "label": version["label"],
        "version": version["version"],
        "previous_version": None if before is None else before["version"],
        "next_version": after["version"] if is_over and after is not None else None,
        "note": _joined(stage.get("reason"), None if is_over else version["change_note"]),
        "comparable": comparable,
        "breaks": int(comparable == "no"),
        "counts_from": version["valid_from"],
        "first_period": first_period(version["valid_from"], version["period_kind"]),
        "comments_until": stage.get("until"),
        "other_indicator": version["replaced_by"] if is_over else None,
        "other_uri": None,
        "themes": version["themes"],
        "owner": version["owner"],
    }


def _comparable(before: Row, version: Row) -> str:
    """Say whether figures of a version compare with those of the one before; a major step says that they do not."""
    step = step_between(read_numbers(before["version"]), read_numbers(version["version"]))
    return "no" if step == "major" else compare_versions(before, version).comparable


def _joined(*texts: str | None) -> str | None:
    """Join what is said into one text, each once."""
    return " ".join(dict.fromkeys(text for text in texts if text)) or None


def _crosswalks(
    crosswalk: Iterable[Row], by_indicator: Mapping[str, Sequence[Row]]
) -> Iterator[dict[str, Any]]:
    """Say of each crosswalk when it was declared, or since when both definitions have counted."""
    for row in crosswalk:
        side, other = by_indicator[row["from_indicator"]], by_indicator.get(row["to_indicator"] or "", ())
        first_days = [
            min(version["valid_from"] for version in versions) for versions in (side, other) if versions
        ]
        newest = side[-1]
        yield {
            "entry": f"crosswalk/{row['from_indicator']}/{row['crosswalk']}",
            "changed_on": row["declared_on"] or max(first_days),
            "event": "crosswalk",
            "indicator": row["from_indicator"],
            "label": newest["label"],
            "version": None,
            "previous_version": None,
            "next_version": None,
            "note": row["clause"],
            "comparable": row["comparable"],
            "breaks": 0,
            "counts_from": None,
            "first_period": None,
            "comments_until": None,
            "other_indicator": row["to_indicator"],
            "other_uri": row["to_uri"],
            "themes": newest["themes"],
            "owner": newest["owner"],
        }

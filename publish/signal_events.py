"""Rules that look at judgements, targets and datasets become signals.

In:   canonical rows of judgements, frameworks and grades; progress to targets; which figures there are
Out:  for each rule its signals, and how often it was held against something
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from compare.signal_words import graded, missed, overdue
from compare.signals import Check, Graded, episodes, low_grade_episodes
from ingest.period import read_period
from publish.counts import add_up
from publish.observations import Observations
from publish.signal_rules import AppliedRule, day_after

if TYPE_CHECKING:
    from publish.signals import Names

Row = dict[str, Any]
Rows = Callable[[str], Sequence[Row]]

# How many days lie between the ends of two periods. What is irregular is never overdue.
DAYS_BETWEEN = {"monthly": 31, "quarterly": 92, "termly": 123, "annual": 366, "biennial": 731}

_EMPTY: Row = dict.fromkeys(
    (
        *("area", "dataset", "indicator", "version", "breakdown", "judgement", "newest_judgement", "target"),
        *("period", "newest_period", "cleared_period", "cleared_on", "ending", "value", "lower_limit"),
        *("upper_limit", "against", "points", "score", "needed", "chance", "other_indicator", "other_score"),
    )
)


@dataclass(frozen=True, slots=True)
class Events:
    """The signals of one rule and how often it was held.

    found   rows of signal_checks, where the register keeps what was found
    """

    signals: list[Row]
    checks: int
    newest_checks: int
    firings: int
    found: Sequence[Row] = ()


def day_words(day: str) -> str:
    """Write a day in words.

    >>> day_words("2024-03-05")
    '5 March 2024'
    """
    when = dt.date.fromisoformat(day)
    return f"{when.day} {when:%B} {when.year}"


def day_of(judgement: Row) -> str:
    """Give the day of a judgement: of its publication, or where that is not known the day it was made."""
    return str(judgement["published_on"] or judgement["made_on"])


def find_low_grades(rule: AppliedRule, rows: Rows) -> Events:
    """Find grades at or below those that a rule names, question by question."""
    ranks = {(row["scale"], row["grade"]): int(row["rank"]) for row in rows("grades")}
    limits = {scale: ranks[scale, grade] for scale, grade in rule.grades if (scale, grade) in ranks}
    labels = {(row["scale"], row["grade"]): row["label"] for row in rows("grades")}
    frameworks = {(row["framework"], row["version"]): row for row in rows("frameworks")}
    questions = {
        (row["framework"], row["version"], row["question"]): row["label"]
        for row in rows("framework_questions")
    }
    ended = {row["body"]: row["end_on"] for row in rows("bodies")}
    by_name = {row["judgement"]: row for row in rows("judgements")}
    inspected = [row for row in by_name.values() if row["grade"] is not None]

    def service(row: Row) -> tuple[str, str]:
        return row["body"], frameworks[row["framework"], row["version"]]["service"]

    signals, checks, newest, firings = [], 0, 0, 0
    inspected.sort(key=lambda row: (*service(row), day_of(row), row["inspection"], row["question"]))
    for (body, _), group in groupby(inspected, key=service):
        inspections = [
            (name, {row["question"]: row for row in listed})
            for name, listed in groupby(group, key=lambda row: row["inspection"])
        ]
        days = {name: day_of(next(iter(asked.values()))) for name, asked in inspections}
        for question in sorted({name for _, asked in inspections for name in asked}):
            held = [
                Graded(name, None if row is None else row["judgement"], _is_low(row, ranks, limits))
                for name, asked in inspections
                for row in (asked.get(question),)
            ]
            known = [one for one in held if one.judgement is not None]
            checks += len(known)
            newest += held[-1].judgement is not None and ended[body] is None
            firings += sum(one.is_low for one in known)
            for episode in low_grade_episodes(held, ended[body]):
                first, last = by_name[episode.first], by_name[episode.last]
                framework = frameworks[last["framework"], last["version"]]["label"]
                signals.append(
                    _EMPTY
                    | {
                        "signal": f"{rule.rule}_{episode.first}",
                        "rule": rule.rule,
                        "rule_version": rule.version,
                        "kind": rule.kind,
                        "body": first["body"],
                        "judgement": episode.first,
                        "newest_judgement": episode.last,
                        "opened_on": day_of(first),
                        "cleared_on": None
                        if episode.cleared is None
                        else days.get(episode.cleared, episode.cleared),
                        "ending": episode.ending,
                        "is_open": episode.ending is None,
                        "times": episode.times,
                        "against_kind": "grade",
                        "evidence": graded(
                            labels[last["scale"], last["grade"]],
                            questions[last["framework"], last["version"], question],
                            framework,
                            f"{'published' if last['published_on'] else 'made'} {day_words(day_of(last))}",
                        ),
                    }
                )
    _add_areas(signals, rows("body_areas"))
    return Events(signals, checks, newest, firings)


def _is_low(row: Row | None, ranks: Mapping[tuple[str, str], int], limits: Mapping[str, int]) -> bool:
    return (
        row is not None
        and row["scale"] in limits
        and ranks[row["scale"], row["grade"]] >= limits[row["scale"]]
    )


def _add_areas(signals: Sequence[Row], links: Sequence[Row]) -> None:
    """Say which area the body governed on the day a signal opened; none where it governed several."""
    governed: dict[str, list[Row]] = {}
    for link in links:
        governed.setdefault(link["body"], []).append(link)
    for row in signals:
        areas = {
            link["area"]
            for link in governed.get(row["body"], ())
            if (link["start_on"] or "") <= row["opened_on"] <= (link["end_on"] or "9999")
        }
        row["area"] = areas.pop() if len(areas) == 1 else None


def find_missed(rule: AppliedRule, names: Names, progress: Sequence[Row]) -> Events:
    """Find targets that were missed. Targets of one kind for one indicator and area follow each other."""

    def series(row: Row) -> tuple[str, ...]:
        return tuple(row[name] or "" for name in ("indicator", "area", "body", "kind"))

    wanted = {"met", "not-met", "cannot-tell"}
    usable = {"normal", "revised", "break"} | ({"provisional"} if rule.uses_provisional else set())
    held = [
        row
        for row in progress
        if row["result"] in wanted and row["status"] in usable and row["replaced_by"] is None
    ]
    held.sort(key=lambda row: (series(row), row["period"], row["target"]))
    signals, newest = [], []
    for _, group in groupby(held, key=series):
        rows = {row["target"]: row for row in group}
        newest.append(list(rows.values())[-1])
        checks = [Check(name, 0, row["result"] == "not-met") for name, row in rows.items()]
        for episode in episodes(checks, [(0, checks[0].period)], None):
            cleared = None if episode.cleared is None else rows[episode.cleared]
            signals.append(_missed(rule, names, (rows[episode.first], rows[episode.last], cleared), episode))
    firings = sum(row["result"] == "not-met" for row in held)
    found = [_held(rule, row) for row in newest if row["result"] != "met"]
    return Events(signals, len(held), len(newest), firings, found)


def _held(rule: AppliedRule, row: Row) -> Row:
    """Make the row of signal_checks of a target that is missed, or cannot be told."""
    area = f"_{row['area']}" if row["area"] else ""
    same = (
        "area",
        "target",
        "dataset",
        "indicator",
        "version",
        "period",
        "value",
        "lower_limit",
        "upper_limit",
    )
    return {name: row[name] for name in same} | {
        "check": f"{rule.rule}_{row['target']}{area}",
        "rule": rule.rule,
        "rule_version": rule.version,
        "against_kind": "target",
        "against": row["target_value"],
    }


def _missed(rule: AppliedRule, names: Names, found: tuple[Row, Row, Row | None], episode: Any) -> Row:
    first, last, cleared = found
    definition = (last["indicator"], last["version"])
    opened = read_period(first["period"])
    area = f"_{first['area']}" if first["area"] else ""
    value = names.written(definition, last["target_value"])
    if last["target_upper_value"] is not None:
        value += f" to {names.written(definition, last['target_upper_value'])}"
    return _EMPTY | {
        "signal": f"{rule.rule}_{first['target']}{area}",
        "rule": rule.rule,
        "rule_version": rule.version,
        "kind": rule.kind,
        "body": first["body"],
        **{name: last[name] for name in ("area", "dataset", "indicator", "version", "value")},
        **{name: last[name] for name in ("lower_limit", "upper_limit")},
        "target": first["target"],
        "period": first["period"],
        "opened_on": opened.end_on.isoformat(),
        "newest_period": last["period"],
        "cleared_period": None if cleared is None else cleared["period"],
        "cleared_on": None if cleared is None else read_period(cleared["period"]).end_on.isoformat(),
        "ending": episode.ending,
        "is_open": episode.ending is None,
        "times": episode.times,
        "against_kind": "target",
        "against": last["target_value"],
        "evidence": missed(
            value,
            names.written(definition, last["value"]),
            read_period(last["period"]).label,
            is_range_known=bool(last["is_range_known"]),
        ),
    }


def find_overdue(rule: AppliedRule, observations: Observations, rows: Rows, today: str | None) -> Events:
    """Find indicators in use whose next figures were due before the newest day of publication."""
    datasets = {row["dataset"]: row for row in rows("datasets")}
    indicators = {(row["indicator"], row["version"]): row for row in rows("indicators")}
    in_use = {row["indicator"] for row in rows("indicators") if row["status"] == "current"}
    signals, checks = [], 0
    for (dataset, indicator), (period, version) in sorted(_newest_periods(observations).items()):
        frequency = indicators[indicator, version]["frequency"]
        if indicator not in in_use or frequency not in DAYS_BETWEEN or today is None:
            continue
        checks += 1
        newest = read_period(period)
        grace = int(rule.numbers["days"]) + DAYS_BETWEEN[frequency]
        promised = datasets[dataset]["next_release_on"]
        due = min(filter(None, (promised, day_after(newest.end_on.isoformat(), grace))))
        if due >= today:
            continue
        signals.append(
            _EMPTY
            | {
                "signal": f"{rule.rule}_{dataset}_{indicator}_{period}",
                "rule": rule.rule,
                "rule_version": rule.version,
                "kind": rule.kind,
                "body": datasets[dataset]["publisher"],
                "dataset": dataset,
                "indicator": indicator,
                "version": version,
                "period": period,
                "newest_period": period,
                "opened_on": due,
                "is_open": True,
                "times": 1,
                "against_kind": "day",
                "evidence": overdue(newest.label, day_words(due), day_words(today)),
            }
        )
    return Events(signals, checks, checks, len(signals))


def _newest_periods(observations: Observations) -> dict[tuple[str, str], tuple[str, str]]:
    """Give the newest period of each indicator of a dataset, and the version that counted it."""
    lists = observations.lists
    found: dict[tuple[str, str], tuple[str, str]] = {}
    counted = add_up(observations.counts.figures, ("dataset", "definition", "period"), ("figures", "missing"))
    for dataset, definition, period, figures, missing in counted:
        if figures == missing:
            continue
        indicator, version = lists["definition"][definition - 1]
        key, notation = (lists["dataset"][dataset - 1][0], indicator), lists["period"][period - 1][0]
        kept = found.get(key)
        if kept is None or read_period(notation).end_on > read_period(kept[0]).end_on:
            found[key] = (notation, version)
    return found

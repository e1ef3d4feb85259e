"""The early-warning register: every rule that is applied becomes signals, checks and counts.

In:   coded observations, what stands for peers, canonical rows of judgements, targets and rules
Out:  the derived tables signals, signal_checks and signal_counts, in key order

Nothing here asks a clock. Figures are overdue by the newest day on which anything on the site was published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa

from compare.signal_words import Said, evidence
from ingest.engine import Engine
from ingest.period import read_period
from ingest.problems import Place, Problem, find_nearest, problem
from publish.observations import Observations
from publish.signal_chances import chance_per_thousand
from publish.signal_events import find_low_grades, find_missed, find_overdue
from publish.signal_rules import AppliedRule, newest_publication, read_rules
from publish.signal_series import AGAINST, Series, chance_of, expression_of
from schemas import Model, TableSchema

Row = dict[str, Any]
Rows = Callable[[str], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Register:
    """The derived tables of the early-warning register: numbers and truths as such, dates and codes as text."""

    signals: pa.Table
    checks: pa.Table
    counts: pa.Table


class Names:
    """What things are called in the sentences of evidence, and which council an area has."""

    def __init__(self, model: Model, observations: Observations, rows: Rows) -> None:
        self._model = model
        self._rows = rows
        self.lists = observations.lists

    def text(self, name: str, number: int) -> str:
        """Give the code behind a number."""
        return self.lists[name][number - 1][0]

    @cached_property
    def indicators(self) -> dict[tuple[str, str], Row]:
        return {(row["indicator"], row["version"]): row for row in self._rows("indicators")}

    @cached_property
    def _symbols(self) -> dict[str, str]:
        return {row["code"]: row["symbol"] or "" for row in self._rows("codes") if row["code_list"] == "unit"}

    @cached_property
    def _councils(self) -> dict[str, list[Row]]:
        types = {row["body"]: row["body_type"] for row in self._rows("bodies")}
        found: dict[str, list[Row]] = {}
        for row in sorted(
            self._rows("body_areas"),
            key=lambda row: (not types[row["body"]].endswith("-council"), row["body"]),
        ):
            found.setdefault(row["area"], []).append(row)
        return found

    def body_of(self, area: str, day: str) -> str | None:
        """Find the body that governs an area on a day: its council before any other."""
        for row in self._councils.get(area, ()):
            if (row["start_on"] or "") <= day <= (row["end_on"] or "9999"):
                return str(row["body"])
        return None

    def written(self, definition: tuple[str, str], value: float) -> str:
        """Write a figure as pages do: rounded, with its unit."""
        row = self.indicators[definition]
        number = f"{Decimal(repr(value)):,.{int(row['decimals'])}f}"
        symbol = self._symbols.get(row["unit"], "")
        if symbol == "£":
            return f"−£{number[1:]}" if number.startswith("-") else f"£{number}"
        return f"{number.replace('-', '−')}{symbol}"


def work_out_signals(
    engine: Engine, model: Model, observations: Observations, rows: Rows, peers: Mapping[str, Any]
) -> Register:
    """Hold every rule that is applied against everything it is about.

    rows    gives the canonical rows of a table
    peers   the derived tables comparators and distributions, and "progress": the rows of target_progress
    """
    today = newest_publication(rows("datasets"), rows("judgements"))
    rules = read_rules(model, rows("signal_rules"), rows("signal_parameters"), today)
    names = Names(model, observations, rows)
    series = Series(engine, model, observations, rows)
    signals: list[Row] = []
    checks: list[Row] = []
    counts: list[Row] = []
    for rule in rules:
        if rule.about == "series":
            if not observations.count or not series.families:
                continue
            expression = expression_of(rule, series, peers["comparators"], peers["distributions"])
            held = series.hold(rule, expression)
            made = [_from_series(rule, names, *found) for found in held.episodes]
            checks += [_check(rule, names, row) for row in held.newest]
            counted = (held.checks, held.newest_checks, held.firings)
        else:
            if rule.about == "judgements":
                found = find_low_grades(rule, rows)
            elif rule.about == "targets":
                found = find_missed(rule, names, peers["progress"])
            else:
                found = find_overdue(rule, observations, rows, today)
            checks += found.found
            made, counted = found.signals, (found.checks, found.newest_checks, found.firings)
        signals += made
        counts.append(_count(rule, made, counted))
    return Register(
        _arrow(model.derived["signals"], signals),
        _arrow(model.derived["signal_checks"], checks),
        _arrow(model.derived["signal_counts"], counts),
    )


def _count(rule: AppliedRule, made: Sequence[Row], counted: tuple[int, int, int]) -> Row:
    checks, newest, firings = counted
    per_thousand = chance_per_thousand(rule.kind, rule.numbers)
    return {
        "rule": rule.rule,
        "version": rule.version,
        "checks": checks,
        "newest_checks": newest,
        "firings": firings,
        "signals": len(made),
        "open_signals": sum(row["is_open"] for row in made),
        "chance_per_thousand": per_thousand,
        "expected_open": None if per_thousand is None else round(newest * per_thousand / 1000, 1),
    }


def _series_key(names: Names, row: Row) -> Row:
    indicator, version = names.lists["definition"][row["definition"] - 1]
    return {
        "area": names.text("area", row["area"]),
        "dataset": names.text("dataset", row["dataset"]),
        "indicator": indicator,
        "version": version,
        "breakdown": names.text("breakdown", row["breakdown"]) or None,
    }


def _found(rule: AppliedRule, row: Row) -> Row:
    has_range = row["low"] is not None and row["high"] is not None
    kind = AGAINST[rule.kind]
    return {
        "rule": rule.rule,
        "rule_version": rule.version,
        "value": row["value"],
        "lower_limit": row["low"] if has_range else None,
        "upper_limit": row["high"] if has_range else None,
        "against_kind": "outer-quarter" if rule.kind == "below-peers" and not has_range else kind,
        "against": row["against"],
        "points": row["points"],
        "score": row["score"],
        "needed": row["needed"],
        "other_score": row["other_score"],
    }


def notation_of(rule: str, key: Mapping[str, Any], period: str | None = None) -> str:
    """Name a signal or a check: the rule, the area, the series and the first period.

    >>> key = {"area": "E09000015", "dataset": "births", "indicator": "birth-rate", "breakdown": "sex=female"}
    >>> notation_of("falling", key, "2023-04-01_P1Y")
    'falling_E09000015_births_birth-rate_2023-04-01_P1Y_sex=female'
    """
    parts = [rule, key["area"], key["dataset"], key["indicator"], period]
    return "_".join([*filter(None, parts), *(key["breakdown"] or "").split(";")]).rstrip("_")


def _check(rule: AppliedRule, names: Names, row: Row) -> Row:
    key = _series_key(names, row)
    told = {"check": notation_of(rule.rule, key), "period": names.text("period", row["period"])}
    return told | key | _found(rule, row) | {"other_needed": row["other_needed"]}


def _from_series(rule: AppliedRule, names: Names, row: Row, episode: Any, first: Row) -> Row:
    key = _series_key(names, row)
    definition = (key["indicator"], key["version"])
    periods = {name: names.text("period", int(getattr(episode, name))) for name in ("first", "last")}
    opened = read_period(periods["first"])
    found = _found(rule, row) | {"chance": chance_of(row)}
    other = None
    if rule.kind == "perception-apart":
        other = names.lists["definition"][row["other_definition"] - 1]
    cleared: Row = {"cleared_period": None, "cleared_on": episode.cleared}
    if episode.cleared is not None and episode.ending != "area-ended":
        after = read_period(names.text("period", int(episode.cleared)))
        cleared = {"cleared_period": after.notation, "cleared_on": after.end_on.isoformat()}
    against = row["peers_value"] if rule.kind == "coasting" else row["against"]
    said = Said(
        names.written(definition, row["value"]),
        read_period(periods["last"]).label,
        names.written(definition, first["value"]),
        read_period(names.text("period", first["period"])).label,
        "" if against is None else names.written(definition, against),
        "councils of the same type",
        "" if other is None else f"“{names.indicators[other]['label']}”",
    )
    return {
        **key,
        **found,
        **cleared,
        "signal": notation_of(rule.rule, key, periods["first"]),
        "kind": rule.kind,
        "body": names.body_of(key["area"], opened.end_on.isoformat()),
        "period": periods["first"],
        "opened_on": opened.end_on.isoformat(),
        "newest_period": periods["last"],
        "ending": episode.ending,
        "is_open": episode.ending is None,
        "times": episode.times,
        "other_indicator": None if other is None else other[0],
        "evidence": evidence(rule.kind, found, said),
    }


_ARROW = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}


def _arrow(schema: TableSchema, rows: Sequence[Row]) -> pa.Table:
    form = pa.schema([(field.name, _ARROW.get(field.type, pa.string())) for field in schema.fields])
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in schema.primary_key))
    return pa.Table.from_pylist(ordered, schema=form)


def check_responses(
    register: Register, rows: Sequence[Row], places: Mapping[int, Place]
) -> Iterator[Problem]:
    """Find responses to signals that never were."""
    known = register.signals["signal"].to_pylist()
    among = set(known)
    for row in rows:
        if row["signal"] is not None and row["signal"] not in among:
            yield problem(
                "response-signal-unknown",
                places.get(row["_source"], Place()).at(row["_row"], "signal"),
                value=row["signal"],
                nearest=find_nearest(row["signal"], known),
            )

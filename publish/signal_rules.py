"""The rules of the early-warning register that are applied, read from what is submitted.

In:   canonical rows of signal_rules, signal_parameters and grades
Out:  AppliedRule: the version of each rule that counts now; problems of rules that cannot be applied

No clock is asked: "now" is the newest day on which anything on the site was published.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compare.signals import MOST_FIGURES, needed_score
from ingest.problems import Place, Problem, problem
from schemas import Model

Row = Mapping[str, Any]

# What a parameter's number may be: at least, at most, and whether it is whole.
_BOUNDS: Mapping[str, tuple[float, float, bool]] = {
    "fewest": (3, MOST_FIGURES, True),
    "most": (3, MOST_FIGURES, True),
    "level": (50, 99.9, False),
    "fewest-peers": (2, 10_000, True),
    "days": (1, 10_000, True),
    "width": (0.1, 100, False),
}


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """The version of a rule that is applied.

    numbers   its parameters that are numbers, by name
    grades    the grades that it names, each as scale and grade
    about     what it is held against: judgements, targets, datasets or series
    """

    rule: str
    version: str
    kind: str
    about: str
    numbers: Mapping[str, float]
    grades: tuple[tuple[str, str], ...]
    uses_provisional: bool


def newest_publication(datasets: Iterable[Row], judgements: Iterable[Row]) -> str | None:
    """Give the newest day on which a dataset was released or a judgement was published."""
    days = [row["released_on"] for row in datasets] + [row["published_on"] for row in judgements]
    return max((day for day in days if day), default=None)


def read_rules(
    model: Model, rules: Sequence[Row], parameters: Sequence[Row], today: str | None
) -> list[AppliedRule]:
    """Give the version of each rule that counts on a day, in the order of the rules' names.

    A rule that is not whole is left out: find_problems says what it lacks.
    """
    kinds = model.code_lists["signal-kind"]
    by_version = _parameters_by_version(parameters)
    newest: dict[str, Row] = {}
    for row in sorted(rules, key=lambda row: (row["valid_from"], int(row["version"]))):
        if today is not None and row["valid_from"] <= today:
            newest[row["rule"]] = row
    applied = []
    for rule, row in sorted(newest.items()):
        kind, given = kinds.code(row["kind"]), by_version.get((rule, row["version"]), {})
        wanted = {name: given[name]["value"] for name in kind.more["parameters"] if name in given}
        numbers = {
            name: float(value) for name, value in wanted.items() if name in _BOUNDS and _is_number(value)
        }
        grades = tuple(
            (scale, grade)
            for item in wanted.get("grade", "").split(";")
            for scale, mark, grade in [item.partition("/")]
            if mark
        )
        if len(numbers) + bool(grades) == len(kind.more["parameters"]):
            is_provisional = row["uses_provisional"] == "true"
            about = kind.more["about"]
            applied.append(
                AppliedRule(rule, row["version"], row["kind"], about, numbers, grades, is_provisional)
            )
    return applied


def _parameters_by_version(parameters: Iterable[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in parameters:
        found.setdefault((row["rule"], row["version"]), {})[row["parameter"]] = row
    return found


def find_problems(
    model: Model, tables: Callable[[str], Sequence[Row]], places: Mapping[int, Place]
) -> Iterator[Problem]:
    """Find rules that lack a parameter, and parameters that do not fit their rule.

    tables   gives the canonical rows of a table
    """
    kinds = model.code_lists["signal-kind"]
    names = model.code_lists["signal-parameter"]
    by_version = _parameters_by_version(tables("signal_parameters"))
    grades = {(row["scale"], row["grade"]) for row in tables("grades")}
    for row in tables("signal_rules"):
        wanted = kinds.code(row["kind"]).more["parameters"]
        given = by_version.get((row["rule"], row["version"]), {})
        for name in wanted:
            if name not in given:
                yield problem(
                    "signal-parameter-missing",
                    places.get(row["_source"], Place()).at(row["_row"], "rule"),
                    value=row["rule"],
                    version=row["version"],
                    kind=row["kind"],
                    parameter=name,
                )
        for name, told in given.items():
            fault = _fault(name, told, wanted, grades, names.code(name).more["unit"])
            fault = fault or _contradiction(name, given)
            if fault:
                yield problem(
                    "signal-parameter-unfit",
                    places.get(told["_source"], Place()).at(told["_row"], "value"),
                    value=told["value"],
                    rule=row["rule"],
                    parameter=name,
                    fault=fault,
                )


def _fault(
    name: str, told: Row, wanted: Sequence[str], grades: set[tuple[str, str]], unit: str
) -> str | None:
    value = told["value"]
    if name not in wanted:
        return f"a rule of this kind has no such parameter; it has {', '.join(wanted) or 'none'}"
    if told["unit"] != unit:
        return f"its unit is {unit}"
    if name == "grade":
        unknown = [item for item in value.split(";") if tuple(item.split("/")) not in grades]
        return f"no rating scale has the grade {', '.join(unknown)}; write scale/grade" if unknown else None
    least, most, is_whole = _BOUNDS[name]
    if not _is_number(value) or not least <= float(value) <= most or (is_whole and "." in value):
        return f"it is {'a whole number' if is_whole else 'a number'} from {least:g} to {most:g}"
    return None


def _contradiction(name: str, given: Mapping[str, Row]) -> str | None:
    """Say what is wrong between two parameters that are each well formed."""
    numbers = {key: float(row["value"]) for key, row in given.items() if _is_number(row["value"])}
    if name == "fewest" and numbers.get("fewest", 0) > numbers.get("most", math.inf):
        return "it is more than the most figures that the rule looks at"
    if (
        name == "level"
        and "most" in numbers
        and 50 <= numbers["level"] <= 99.9
        and needed_score(min(int(numbers["most"]), MOST_FIGURES), numbers["level"]) is None
    ):
        return "so few figures can never be as sure"
    return None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def day_after(day: str, days: int) -> str:
    """Give the day so many days after another.

    >>> day_after("2024-03-31", 365)
    '2025-03-31'
    """
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()

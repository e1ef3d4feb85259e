"""An overall grade is worked out again from the grades of its parts, by rules that an inspectorate published.

In:   the rules of one framework version, and the grades of one inspection
Out:  for each question whose grade follows: the grade that the rules give, with the total and the limits behind it

A place in an order is not a number. Only scores that the inspectorate itself gives its grades are added up; where
it gives none there is no total. Thresholds are percentages of the highest total there can be, and a total is held
against them exactly, before it is rounded for show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from graphlib import TopologicalSorter
from typing import Literal

Outcome = Literal["agrees", "differs", "parts-missing", "within-limits"]


@dataclass(frozen=True, slots=True)
class GradeStep:
    """One grade of a scale. rank is 1 for the best; score is None where the inspectorate gives no number."""

    grade: str
    rank: int
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """The grades of a scale, in any order."""

    steps: tuple[GradeStep, ...]

    def rank(self, grade: str) -> int:
        """Give the place of a grade. Raises KeyError if the scale has no such grade."""
        for step in self.steps:
            if step.grade == grade:
                return step.rank
        raise KeyError(grade)

    def score(self, grade: str) -> Decimal:
        """Give the score of a grade. Raises KeyError if it has none."""
        for step in self.steps:
            if step.grade == grade and step.score is not None:
                return step.score
        raise KeyError(grade)

    @property
    def highest(self) -> Decimal:
        """The highest score there is. Raises ValueError if no grade has one."""
        return max(step.score for step in self.steps if step.score is not None)

    def worse(self, first: str, second: str) -> str:
        """Give the worse of two grades."""
        return max(first, second, key=self.rank)


@dataclass(frozen=True, slots=True)
class Weight:
    """How much the score of a question counts in a total."""

    question: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest total that earns a grade, as a percentage of the highest total there can be."""

    grade: str
    lowest: Decimal


@dataclass(frozen=True, slots=True)
class Limit:
    """A question with this grade, or a worse one, caps the result.

    together   how many limits with this number and this cap must hold before they cap
    """

    question: str
    grade: str
    caps_at: str
    together: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules that lead to the grade of one question."""

    gives: str
    weights: tuple[Weight, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The questions whose grades the result rests on, each once."""
        read = [*(rule.question for rule in self.weights), *(rule.question for rule in self.limits)]
        return tuple(dict.fromkeys(read))


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the rules make of the grades of one inspection.

    grade     the grade that follows; None where a part has no grade, or where the rules only limit
    total     percentage of the highest total, rounded down to two decimals so that it never seems to reach a
              threshold that it does not; None where there is none
    earned    the grade that the total earns before any limit
    cap       the highest grade that the limits leave; None where none holds
    capped_by the questions whose grades cap the result
    missing   the questions that count and have no grade
    """

    gives: str
    grade: str | None
    total: Decimal | None = None
    earned: str | None = None
    cap: str | None = None
    capped_by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def recompute(
    grades: Mapping[str, str], every: Sequence[Rules], scales: Mapping[str, Scale]
) -> list[Recomputed]:
    """Work out each grade that rules lead to, parts before wholes.

    grades   the published grade of each question of one inspection
    scales   the scale of each question

    A grade that was published is what later steps rest on, so that each step is judged by itself; where none was,
    the one worked out here stands in for it.

    Raises CycleError if a grade follows from itself; the checker refuses such rules.
    """
    by_question = {rules.gives: rules for rules in every}
    order = TopologicalSorter({rules.gives: set(rules.reads) for rules in every}).static_order()
    known = dict(grades)
    found = []
    for question in order:
        if question not in by_question:
            continue
        one = recompute_one(known, by_question[question], scales)
        found.append(one)
        if one.grade is not None:
            known.setdefault(question, one.grade)
    return found


def recompute_one(grades: Mapping[str, str], rules: Rules, scales: Mapping[str, Scale]) -> Recomputed:
    """Work out the grade of one question from the grades of the questions that its rules read."""
    own = scales[rules.gives]
    missing = tuple(question for question in rules.reads if question not in grades)
    cap, capped_by = _cap(grades, rules.limits, own, scales)
    total = None if missing or not rules.weights else _total(grades, rules.weights, scales)
    earned = None if total is None else _earned(total, rules.thresholds, own)
    grade = earned if earned is None or cap is None else own.worse(earned, cap)
    # A cap that changes nothing is not a reason.
    caps = cap is not None and (earned is None or own.rank(cap) > own.rank(earned))
    return Recomputed(
        gives=rules.gives,
        grade=grade,
        total=None if total is None else _shown(total),
        earned=earned,
        cap=cap,
        capped_by=capped_by if caps else (),
        missing=missing,
    )


def outcome(published: str, result: Recomputed, scale: Scale) -> Outcome:
    """Say how a published grade stands to what the rules make of the parts."""
    if result.cap is not None and scale.rank(published) < scale.rank(result.cap):
        return "differs"
    if result.grade is not None:
        return "agrees" if published == result.grade else "differs"
    return "parts-missing" if result.missing else "within-limits"


def _total(grades: Mapping[str, str], weights: Iterable[Weight], scales: Mapping[str, Scale]) -> Fraction:
    reached = most = Fraction(0)
    for rule in weights:
        scale = scales[rule.question]
        weight = Fraction(rule.weight)
        reached += weight * Fraction(scale.score(grades[rule.question]))
        most += weight * Fraction(scale.highest)
    return 100 * reached / most


def _earned(total: Fraction, thresholds: Iterable[Threshold], scale: Scale) -> str | None:
    """Give the best grade whose threshold the total reaches."""
    earned = [rule.grade for rule in thresholds if total >= Fraction(rule.lowest)]
    return min(earned, key=scale.rank) if earned else None


def _cap(
    grades: Mapping[str, str], limits: Iterable[Limit], own: Scale, scales: Mapping[str, Scale]
) -> tuple[str | None, tuple[str, ...]]:
    """Give the lowest cap that holds, and the questions behind it."""
    holding: dict[tuple[str, int], list[str]] = {}
    for rule in limits:
        given = grades.get(rule.question)
        if given is None:
            continue
        scale = scales[rule.question]
        if scale.rank(given) >= scale.rank(rule.grade):
            holding.setdefault((rule.caps_at, rule.together), []).append(rule.question)
    caps: dict[str, list[str]] = {}
    for (caps_at, together), questions in holding.items():
        if len(set(questions)) >= together:
            caps.setdefault(caps_at, []).extend(questions)
    if not caps:
        return None, ()
    lowest = max(caps, key=own.rank)
    return lowest, tuple(dict.fromkeys(caps[lowest]))


def _shown(total: Fraction) -> Decimal:
    """Round a total down to two decimals.

    >>> _shown(Fraction(100, 3)), _shown(Fraction(50))
    (Decimal('33.33'), Decimal('50.00'))
    """
    exact = Decimal(total.numerator) / Decimal(total.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_FLOOR)

"""What a rule found, in a sentence that a resident reads.

In:   the numbers of one firing, and figures and periods as they are written on pages
Out:  the sentence of evidence of a signal

Nothing is called best, worst or failing. A grade stands in the inspectorate's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """The texts of one firing: the first and the newest figure looked at with their periods, and what they are
    held against."""

    value: str
    period: str
    first_value: str = ""
    first_period: str = ""
    against: str = ""
    peers: str = ""
    other: str = ""


def pairs_of(points: int) -> int:
    """Count the pairs among so many figures."""
    return points * (points - 1) // 2


def worse_pairs(points: int, score: int) -> int:
    """Count the pairs in which the later figure is worse, were no two figures equal."""
    return (pairs_of(points) - score) // 2


def evidence(kind: str, row: Mapping[str, Any], said: Said) -> str:
    """Say what was found. `row` holds points, score, chance, other_score and against_kind."""
    return _SENTENCES[kind](row, said)


def _moved(row: Mapping[str, Any]) -> str:
    return (
        f"in about {worse_pairs(row['points'], row['score'])} of {pairs_of(row['points'])} pairs the later one is "
        f"worse. In series that do not move at all, {_rarely(row['chance'])} come as far, up or down."
    )


def _rarely(chance: float) -> str:
    return "fewer than 1 in 1,000" if chance < 0.1 else f"about {chance * 10:.0f} in 1,000"


def _falling(row: Mapping[str, Any], said: Said) -> str:
    return (
        f"The newest {row['points']} figures, from {said.first_value} ({said.first_period}) to {said.value} "
        f"({said.period}), clearly got worse: {_moved(row)}"
    )


def _below(row: Mapping[str, Any], said: Said) -> str:
    if row["against_kind"] == "peers":
        stands = f"with its whole range on the worse side of {said.against}, the value for {said.peers}"
    else:
        stands = (
            f"which has no published range; the quarter of councils with the least wanted figures begins at "
            f"{said.against}"
        )
    return (
        f"The figure for {said.period} is {said.value}, {stands}. Over {row['points']} figures the distance to "
        f"{said.peers} grew: {_moved(row)}"
    )


def _coasting(row: Mapping[str, Any], said: Said) -> str:
    return (
        f"Over {row['points']} figures, from {said.first_value} ({said.first_period}) to {said.value} "
        f"({said.period}), there was no more improvement than decline, while the value for {said.peers} clearly "
        f"got better, to {said.against}."
    )


def _apart(row: Mapping[str, Any], said: Said) -> str:
    return f"{_falling(row, said)} Over the same time what is counted beside it, {said.other}, clearly got better."


def _unexpected(row: Mapping[str, Any], said: Said) -> str:
    return (
        f"The figure for {said.period} is {said.value}. The {row['points']} figures before it and their usual steps "
        f"explain figures as far as {said.against}."
    )


_SENTENCES = {
    "falling": _falling,
    "below-peers": _below,
    "coasting": _coasting,
    "perception-apart": _apart,
    "unexpected": _unexpected,
}


def graded(grade: str, question: str, framework: str, dated: str) -> str:
    """Say which grade opened a signal, in the inspectorate's own words."""
    return f"The grade for “{question}” in {framework}, {dated}, is “{grade}”."


def missed(target: str, value: str, period: str, *, is_range_known: bool) -> str:
    """Say that a target was missed."""
    if is_range_known:
        return f"The figure for {period} is {value}. Its whole range misses the target of {target}."
    return (
        f"The figure for {period} is {value}, which misses the target of {target}. It has no published range."
    )


def overdue(newest: str, due: str, today: str) -> str:
    """Say since when figures have been due."""
    return (
        f"The newest figures are for {newest}. The next were due by {due}, and on {today}, the newest day on which "
        "anything here was published, they were not there."
    )

"""How many bodies stand at each grade: bodies are counted, not judgements, and grades are never averaged.

In:   judgements of one question, under one version of a framework and of one kind
Out:  for each grade of its scale, how many bodies stand at it, and how many at it or above

A body judged three times counts once, by its latest judgement. Bodies never judged are in neither part of a share.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Graded:
    """One grade given to a body.

    made_on     the day it was made, or published where only that day is known
    supersedes  the judgement that it takes the place of
    """

    judgement: str
    body: str
    grade: str
    made_on: dt.date
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How many bodies stand at a grade.

    at_or_above  bodies at this grade or a better one
    share        percentage of the bodies judged, 0 to 100 with one decimal
    """

    grade: str
    count: int
    at_or_above: int
    judged: int
    share: Decimal


def latest_of_each(judgements: Iterable[Graded]) -> dict[str, Graded]:
    """Give the latest judgement of each body.

    One that another takes the place of does not count, whatever its day. Of two of one day the one whose name
    comes last in order counts, so that the answer is always the same.
    """
    every = list(judgements)
    replaced = {one.supersedes for one in every if one.supersedes is not None}
    latest: dict[str, Graded] = {}
    for one in sorted(every, key=lambda one: (one.made_on, one.judgement)):
        if one.judgement not in replaced:
            latest[one.body] = one
    return latest


def shares(judgements: Iterable[Graded], grades: Sequence[str], counted: Collection[str]) -> list[Share]:
    """Count bodies at each grade, best first; none where no body that counts was judged.

    grades   the scale, best first
    counted  the bodies that count; what others were told is left out

    Returns nothing rather than shares of 0: those would claim that bodies were judged and all fell short.

    Raises KeyError for a grade that the scale does not have.
    """
    at: Mapping[str, list[str]] = {grade: [] for grade in grades}
    for body, one in latest_of_each(judgements).items():
        if body in counted:
            at[one.grade].append(body)
    judged = sum(map(len, at.values()))
    if not judged:
        return []
    found, above = [], 0
    for grade in grades:
        above += len(at[grade])
        share = (Decimal(100) * above / judged).quantize(Decimal("0.1"), ROUND_HALF_UP)
        found.append(Share(grade, len(at[grade]), above, judged, share))
    return found

"""When does a rule of the early-warning register fire? Decisions on the figures of one series.

In:   figures as whole millionths, oldest first, turned round so that more is better; what a rule asks for
Out:  what was found at one period (Movement, Step), whether a rule fires on it, and the runs of firings (Episode)

A rule asks whether something is worth a second look. It gives no verdict. What a figure must be like to be looked
at at all (its status, its definition, who answers for it) is settled before: compare.signals_table does it for many
series at once, and is held to these functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from compare.trend import mann_kendall

# Figures are compared to so many places: what two sums of the same decimals differ by is far smaller.
PLACES = 1_000_000

# A movement looks at so many figures at the most, whatever a rule asks for.
MOST_FIGURES = 10

# How far a score may stay behind the one that is needed and still be told as a near miss: two pairs of figures.
NEAR_SCORE = 4

Ending = Literal["no-longer-fires", "series-broken", "area-ended", "not-repeated"]


@dataclass(frozen=True, slots=True)
class Movement:
    """How the newest figures of a series move.

    score    pairs in which the later figure is better, less those in which it is worse
    needed   the least score that is clearly more than chance, were no two figures equal
    """

    score: int
    needed: int
    points: int

    @property
    def is_worse(self) -> bool:
        return self.score <= -self.needed

    @property
    def is_better(self) -> bool:
        return self.score >= self.needed

    @property
    def is_nearly_worse(self) -> bool:
        return self.score <= NEAR_SCORE - self.needed


@dataclass(frozen=True, slots=True)
class Step:
    """The newest figure beside those before it.

    mean    of the figures before
    usual   the mean step from one of them to the next, up or down
    """

    newest: int
    mean: float
    usual: float

    def limit(self, width: float) -> float:
        """Give the lowest figure that so many usual steps explain."""
        return self.mean - width * self.usual


@dataclass(frozen=True, slots=True)
class Check:
    """One period at which a rule was held against a series.

    period   any names of periods, in the order of a series
    run      grows where the series breaks, so that what is before and after is never joined
    """

    period: str
    run: int
    fires: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """One signal: a run of firings. `cleared` is None while it is open; `times` counts the periods it fired at."""

    first: str
    last: str
    times: int
    cleared: str | None = None
    ending: Ending | None = None


@cache
def needed_score(points: int, level: float) -> int | None:
    """Give the least score of so many figures that chance reaches in less than 100 - level of 100 series.

    Two-sided, by the exact distribution of Mann and Kendall's score for figures of which no two are equal. Equal
    figures only make a high score rarer, so this errs towards silence. None where no score is rare enough.

    >>> [needed_score(points, 95.0) for points in (4, 5, 6, 7, 10)]
    [None, 10, 13, 15, 23]
    """
    for score in range(1, points * (points - 1) // 2 + 1):
        # An order of figures with exactly this score: so many inversions from the top.
        order = _with_score(points, score)
        if order is not None and mann_kendall(order)[1] <= 1.0 - level / 100.0:
            return score
    return None


def _with_score(points: int, score: int) -> list[int] | None:
    """Give an order of 1, 2, 3 … that has this score; None where parity forbids it."""
    most = points * (points - 1) // 2
    if (most - score) % 2:
        return None
    inversions, order = (most - score) // 2, list(range(points))
    for place in range(points - 1, 0, -1):
        back = min(place, inversions)
        order.insert(place - back, order.pop(place))
        inversions -= back
    return order


def movement(good: Sequence[int], fewest: int, most: int, level: float) -> Movement | None:
    """Score the newest `most` figures of an unbroken series; None where there are fewer than `fewest`."""
    newest = good[-min(most, MOST_FIGURES) :]
    needed = needed_score(len(newest), level)
    if len(newest) < fewest or needed is None:
        return None
    score = sum(
        (later > earlier) - (later < earlier) for at, later in enumerate(newest) for earlier in newest[:at]
    )
    return Movement(score, needed, len(newest))


def step(good: Sequence[int], fewest: int, most: int) -> Step | None:
    """Hold the newest figure beside the `most` before it; None where those are fewer than `fewest` or all equal."""
    past = good[:-1][-most:]
    if len(past) < max(fewest, 2):
        return None
    moved = sum(abs(later - earlier) for earlier, later in pairwise(past))
    if moved == 0:
        return None
    return Step(good[-1], sum(past) / len(past), moved / (len(past) - 1))


def is_falling(own: Movement) -> bool:
    """Falling, from whatever level: the figures clearly get worse."""
    return own.is_worse


def is_below(own_best: int, held_against: int, distance: Movement) -> bool:
    """Clearly below peers and getting worse.

    own_best       the better end of the figure's range; the figure itself where no range is known
    held_against   the peers' value; where no range is known, the edge of the quarter of councils with the least
                   wanted figures
    distance       how the distance to the peers' value moves
    """
    return own_best < held_against and distance.is_worse


def is_coasting(own: Movement, peers: Movement) -> bool:
    """Standing still while peers improve: more steps back than forward, or as many, and no clear fall."""
    return own.score <= 0 and not own.is_worse and peers.is_better


def is_apart(said: Movement, counted: Movement) -> bool:
    """What people say gets clearly worse while what is counted gets clearly better."""
    return said.is_worse and counted.is_better


def is_unexpected(found: Step, width: float) -> bool:
    """Worse than the figures before explain."""
    return found.newest < found.limit(width)


def episodes(checks: Sequence[Check], runs: Sequence[tuple[int, str]], ended: str | None) -> list[Episode]:
    """Turn the checks of one series, oldest first, into signals.

    runs    each run of the series with its first period, also where it has too few figures to be checked
    ended   the day on which the area ended, if it did

    A signal opens at the first period it fires at and clears at the next check at which it does not, where the
    series breaks, or when its area ends. A period that could not be checked neither opens nor clears anything.
    """
    found: list[Episode] = []
    starts = dict(runs)
    going: list[Check] = []

    def close(cleared: str | None, ending: Ending | None) -> None:
        if going:
            found.append(Episode(going[0].period, going[-1].period, len(going), cleared, ending))
            going.clear()

    for check in checks:
        if going and check.run != going[-1].run:
            close(_after(starts, going[-1].run), "series-broken")
        if check.fires:
            going.append(check)
        else:
            close(check.period, "no-longer-fires")
    if going and going[-1].run < max(starts):
        close(_after(starts, going[-1].run), "series-broken")
    close(ended, "area-ended" if ended else None)
    return found


def _after(starts: dict[int, str], run: int) -> str:
    return starts[min(number for number in starts if number > run)]


@dataclass(frozen=True, slots=True)
class Graded:
    """What one inspection gave on one question: its notation and whether the grade is at or below the stated one.

    judgement   None where the inspection gave no grade on the question
    """

    inspection: str
    judgement: str | None
    is_low: bool


def low_grade_episodes(graded: Sequence[Graded], ended: str | None) -> list[Episode]:
    """Turn the inspections of one service of a body, oldest first, into signals on one question.

    A signal opens with a low grade and clears with the next inspection of the service that does not give one
    on the same question, whether it asks the question or not. The periods of the episodes are judgements; what
    cleared one is an inspection, or the day on which the body `ended`.
    """
    found: list[Episode] = []
    going: list[str] = []
    for one in graded:
        if one.is_low and one.judgement is not None:
            going.append(one.judgement)
        elif going:
            ending: Ending = "no-longer-fires" if one.judgement is not None else "not-repeated"
            found.append(Episode(going[0], going[-1], len(going), one.inspection, ending))
            going = []
    if going:
        last: Ending | None = "area-ended" if ended else None
        found.append(Episode(going[0], going[-1], len(going), ended, last))
    return found


@cache
def chance(points: int, score: int) -> float:
    """Say how many of a hundred series of so many figures reach as far a score by chance, up or down.

    >>> round(chance(5, -10), 2)
    1.67
    """
    order = _with_score(points, abs(score))
    # Equal figures can make a score that no order of different ones has; the next one nearer to 0 is as rare.
    order = order or _with_score(points, abs(score) - 1)
    assert order is not None, "one of two neighbouring scores is possible"
    return 100.0 * mann_kendall(order)[1]

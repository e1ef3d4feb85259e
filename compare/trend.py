"""Do a series' figures rise or fall? One published rule answers.

In:   the figures of one area and indicator, oldest first
Out:  a trend with the rule that decided; NotKnown where there are too few figures

The rule is the test of Mann and Kendall with its exact distribution: it asks only how often a later figure is
higher than an earlier one, so it holds for shares, rates, pounds and scores alike, needs no limits, and one
odd figure cannot make a trend. The price is that of five figures all must rise or all fall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from compare.limits import NotKnown, exact
from compare.verdict import Figure, Level, Step, verdict

# A trend needs so many figures, and looks at the newest so many.
FEWEST_POINTS = 5
MOST_POINTS = 10


@dataclass(frozen=True, slots=True)
class Trend:
    """What a series does over its newest figures.

    score        pairs in which the later figure is higher, less those in which it is lower
    chance       how often, of a hundred series in random order, so high a score or more comes about
    points       how many figures were looked at; `first` and `last` are the periods of the ends
    """

    direction: Literal["rising", "falling", "no-clear-trend"]
    score: int
    chance: Decimal
    points: int
    first: str
    last: str
    level: float = 95.0
    method: Literal["mann-kendall"] = "mann-kendall"


def trend(figures: Sequence[Figure], *, steps: Sequence[Step] = (), level: float = 95.0) -> Trend | NotKnown:
    """Test the newest unbroken run of a series for a trend.

    figures   of one area, dataset, indicator and breakdown, oldest first

    The run ends at a break, at a change of definition that does not compare, and at any other figure that
    compare.verdict says is not comparable with the newest. Periods without a value are passed over. Of
    periods that overlap only every so many are taken, counted back from the newest, so that no case counts
    twice.
    """
    run = newest_run(figures, steps)
    if len(run) < FEWEST_POINTS:
        return NotKnown("one-point" if len(run) == 1 else "no-value" if not run else "too-few-points")
    values = [figure.value for figure in run if figure.value is not None]
    if len(set(values)) == 1:
        return NotKnown("all-equal")
    score, chance = mann_kendall(values)
    is_clear = chance <= 1.0 - level / 100.0
    direction: Literal["rising", "falling"] = "rising" if score > 0 else "falling"
    return Trend(
        direction if is_clear else "no-clear-trend",
        score,
        exact(100.0 * chance),
        len(run),
        run[0].period,
        run[-1].period,
        level,
    )


def newest_run(figures: Sequence[Figure], steps: Sequence[Step] = ()) -> list[Figure]:
    """Give the newest figures that may be joined, oldest first, MOST_POINTS at most."""
    known = [figure for figure in figures if figure.value is not None]
    run: list[Figure] = []
    breaks = [figure.period_start for figure in figures if figure.status == "break"]
    for figure in reversed(known):
        if run:
            if figure.period_end >= run[-1].period_start:
                continue
            if verdict(figure, run[0], steps=steps, breaks=breaks).level is Level.NOT_COMPARABLE:
                break
        run.append(figure)
        if len(run) == MOST_POINTS:
            break
    return run[::-1]


def mann_kendall(values: Sequence[Decimal | float]) -> tuple[int, float]:
    """Give the score of Mann and Kendall, and how likely one as far from 0 is by chance (0 to 1).

    Equal values count as neither higher nor lower. The distribution is exact, with ties too: the number of
    inversions of an order with repeated values is counted by the q-multinomial coefficient.

    >>> mann_kendall([1, 2, 3, 4, 5])
    (10, 0.016666666666666666)
    """
    count = len(values)
    pairs = [(values[i], values[j]) for i in range(count) for j in range(i + 1, count)]
    score = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    ties = tuple(sorted(Counter(values).values()))
    orders = _inversions(ties)
    # With `most` pairs of different values, an order with k inversions has the score most - 2k.
    most = len(orders) - 1
    as_far = sum(ways for k, ways in enumerate(orders) if abs(most - 2 * k) >= abs(score))
    return score, as_far / sum(orders)


@lru_cache(maxsize=512)
def _inversions(ties: tuple[int, ...]) -> tuple[int, ...]:
    """Count the orders of values, some of them repeated, by their number of inversions from 0."""
    out = _factorial(sum(ties))
    for tie in ties:
        out = _divided(out, _factorial(tie))
    return tuple(out)


def _factorial(count: int) -> list[int]:
    """Give the q-factorial: the coefficients of (1)(1+q)(1+q+q²)…"""
    out = [1]
    for width in range(2, count + 1):
        longer = [0] * (len(out) + width - 1)
        for at, ways in enumerate(out):
            for shift in range(width):
                longer[at + shift] += ways
        out = longer
    return out


def _divided(above: list[int], below: list[int]) -> list[int]:
    """Divide two polynomials with whole coefficients, lowest first, where nothing is left over."""
    rest, out = list(above), []
    for at in range(len(above) - len(below) + 1):
        ways = rest[at] // below[0]
        out.append(ways)
        for shift, one in enumerate(below):
            rest[at + shift] -= ways * one
    return out

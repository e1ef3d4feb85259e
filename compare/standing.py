"""How one figure stands: against the middle council, and against its own last period.

In:   a figure, and the distribution of its set or the figure of the period before
Out:  a standing or a change, from which pages make their words

"Clear" means that the range of the figure does not include what it is held against. A figure without a range
is compared all the same, and is_range_known says so. Nothing is better or worse here: polarity belongs to the
words that a page chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compare.verdict import Figure, Level, Verdict

Direction = Literal["higher", "lower", "no-clear-difference"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The figures of one indicator and period over the councils of one tier."""

    tier: str
    area_count: int
    lowest: Decimal
    lower_quartile: Decimal
    median: Decimal
    upper_quartile: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure against the middle council of `among` councils."""

    direction: Direction
    is_range_known: bool
    among: int


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against the one before. `amount` is the difference, later minus earlier, in the unit."""

    direction: Literal["up", "down", "no-clear-change"]
    amount: Decimal
    is_range_known: bool


def standing(figure: Figure, distribution: Distribution) -> Standing | None:
    """Say how a figure stands against the middle council; None where it has no value.

    With limits, the median must lie outside them for the difference to be clear. Without, any difference
    counts, and is_range_known is False.
    """
    return standing_against(figure, distribution.median, distribution.area_count)


def standing_against(figure: Figure, middle: Decimal, among: int) -> Standing | None:
    """Say how a figure stands against the middle of any set of councils; None where it has no value."""
    if figure.value is None:
        return None
    low, high = figure.limits or (figure.value, figure.value)
    direction: Direction = "no-clear-difference"
    if low > middle:
        direction = "higher"
    elif high < middle:
        direction = "lower"
    return Standing(direction, figure.limits is not None, among)


def change(earlier: Figure, later: Figure, verdict: Verdict) -> Change | None:
    """Say how a figure changed; None where the two may not be compared or one has no value.

    With limits on both, the two ranges must not meet for the change to be clear. Without, any difference
    counts.
    """
    if verdict.level is Level.NOT_COMPARABLE or earlier.value is None or later.value is None:
        return None
    amount = later.value - earlier.value
    if earlier.limits is None or later.limits is None:
        is_range_known, is_clear = False, amount != 0
    else:
        is_range_known = True
        is_clear = later.limits[0] > earlier.limits[1] or later.limits[1] < earlier.limits[0]
    if not is_clear:
        return Change("no-clear-change", amount, is_range_known)
    return Change("up" if amount > 0 else "down", amount, is_range_known)

"""Is a difference more than chance? A figure against a benchmark, another figure, a target.

In:   values with their limits
Out:  a direction, a difference with its own limits, a target met or not; NotKnown where none can be said

A difference is clear if a range leaves out what the figure is held against. Nothing is called better or worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from compare.limits import Limits, NotKnown, exact

Standing = Literal["higher", "lower", "no-clear-difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first of two figures minus the second, in their unit.

    limits   None where the limits of one of them are not known; then any difference counts
    """

    amount: Decimal
    limits: Limits | None
    direction: Standing
    method: Literal["square-and-add", "values-only"]

    @property
    def is_range_known(self) -> bool:
        return self.limits is not None


@dataclass(frozen=True, slots=True)
class TargetResult:
    """Whether a target is met. "cannot-tell" where the range of the figure lies on both sides of it."""

    answer: Literal["met", "not-met", "cannot-tell"]
    is_range_known: bool


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What chance alone does to many tests at one level.

    expected     how many would be flagged if there were no difference anywhere
    at_least_one the chance of one flag or more, 0 to 100
    unusual_from from how many flags on chance alone would be an unlikely reason (less than 5 in 100)
    """

    tests: int
    level: float
    expected: Decimal
    at_least_one: Decimal
    unusual_from: int


def against(value: Decimal, limits: Limits | None, benchmark: Decimal) -> Standing | NotKnown:
    """Say whether a figure is clearly higher or lower than a benchmark that has no range of its own.

    Without limits any difference counts. Limits that leave out their own value say nothing.
    """
    if limits is not None and not limits.holds(value):
        return NotKnown("limits-exclude-value")
    low, high = (limits.lower, limits.upper) if limits is not None else (value, value)
    if low > benchmark:
        return "higher"
    return "lower" if high < benchmark else "no-clear-difference"


def difference(
    a: Decimal, a_limits: Limits | None, b: Decimal, b_limits: Limits | None
) -> Difference | NotKnown:
    """Take the second of two independent figures from the first, with limits of the difference.

    The distances from each figure to its own limits are squared and added. For two shares with Wilson's
    limits that is Newcombe's method 10; it holds for other limits in the same way.

    Source: Newcombe, 1998, "Interval estimation for the difference between independent proportions"; Zou and
    Donner, 2008, for limits of any other kind.
    """
    amount = a - b
    if a_limits is None or b_limits is None:
        return Difference(amount, None, _sign(amount), "values-only")
    if a_limits.level != b_limits.level:
        return NotKnown("not-comparable")
    if not (a_limits.holds(a) and b_limits.holds(b)):
        return NotKnown("limits-exclude-value")
    below = math.hypot(float(a - a_limits.lower), float(b_limits.upper - b))
    above = math.hypot(float(a_limits.upper - a), float(b - b_limits.lower))
    ends = exact(float(amount) - below), exact(float(amount) + above)
    found = Limits(*ends, "square-and-add", a_limits.level)
    direction: Standing = "no-clear-difference"
    if found.lower > 0:
        direction = "higher"
    elif found.upper < 0:
        direction = "lower"
    return Difference(amount, found, direction, "square-and-add")


def _sign(amount: Decimal) -> Standing:
    if amount == 0:
        return "no-clear-difference"
    return "higher" if amount > 0 else "lower"


def target_result(
    value: Decimal | None,
    limits: Limits | None,
    test: str,
    target: Decimal,
    upper_target: Decimal | None = None,
) -> TargetResult | NotKnown:
    """Test whether a target is met, with the figure's range.

    test     "at-least", "at-most" or "between", as in the code list target-test; of a band both ends count

    Met if the whole range meets it, not met if none of the range does, else it cannot be told. Without
    limits the figure alone decides. Raises ValueError for a test that is not in the list.
    """
    if value is None:
        return NotKnown("no-value")
    if limits is not None and not limits.holds(value):
        return NotKnown("limits-exclude-value")
    low, high = (limits.lower, limits.upper) if limits is not None else (value, value)
    if test == "at-least":
        met, missed = low >= target, high < target
    elif test == "at-most":
        met, missed = high <= target, low > target
    elif test == "between" and upper_target is not None:
        met = target <= low and high <= upper_target
        missed = high < target or low > upper_target
    else:
        raise ValueError(f"{test} is no test of a target")
    if met:
        return TargetResult("met", limits is not None)
    return TargetResult("not-met" if missed else "cannot-tell", limits is not None)


@lru_cache(maxsize=256)
def false_alarms(tests: int, level: float = 95.0) -> FalseAlarms | NotKnown:
    """Say how many of some independent tests chance alone would flag.

    Indicators of one place go together, so the true number varies more than this says.
    """
    if tests < 1:
        return NotKnown("too-few-points")
    chance = 1.0 - level / 100.0
    below, at = 0.0, 0
    while at <= tests:
        below += math.comb(tests, at) * chance**at * (1.0 - chance) ** (tests - at)
        at += 1
        if 1.0 - below < 0.05:
            break
    # Nine places are more than enough to show, and the same on every machine.
    return FalseAlarms(
        tests,
        level,
        exact(tests * chance),
        exact(100.0 * (1.0 - (1.0 - chance) ** tests)),
        at,
    )

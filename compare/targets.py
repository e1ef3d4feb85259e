"""Is a target reached? What it asks for is worked out first, then the figure is held against it with its range.

In:   a target, the figure of its period with limits where they are known, and the figures it is measured from
Out:  what the figure had to reach, whether it did, and how far along the way it is

A target may stand alone or be measured from other figures: a percentile of a group, the national figure of a
year earlier, the same place's own figure of a year earlier. Nothing is guessed: where a figure that it needs is
missing, the answer says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compare.limits import Limits, NotKnown
from compare.significance import target_result

Result = Literal["met", "not-met", "cannot-tell", "no-figure", "no-benchmark"]

# A percentile of one figure would be that figure.
FEWEST_FOR_PERCENTILE = 2

_PLACES = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Target:
    """What one target says.

    test     a code of the list target-test
    basis    a code of the list target-basis
    value, upper_value
             in the indicator's unit; for a percentile 0 to 100; else what is added to the other figure
    """

    test: str
    basis: str
    value: Decimal
    upper_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a target.

    wanted, upper_wanted   what the figure had to reach, in the indicator's unit; None where it cannot be known
    is_range_known         the figure was held against it with its range; None where nothing was decided
    progress               how much of the way from the baseline is done: 0 at the baseline, 100 at the target,
                           below 0 or over 100 beyond them; None without a baseline or a way to go
    """

    result: Result
    wanted: Decimal | None = None
    upper_wanted: Decimal | None = None
    is_range_known: bool | None = None
    progress: Decimal | None = None


def judge(
    target: Target,
    value: Decimal | None,
    limits: Limits | None,
    *,
    measured_from: Sequence[Decimal] = (),
    baseline: Decimal | None = None,
    is_as_defined: bool = True,
) -> Judged:
    """Hold a figure against a target.

    measured_from   for a percentile the figures of the group, for a year earlier the one figure of then
    is_as_defined   the figure was counted as its definition says; of one that was not, nothing can be told

    Met if the whole range meets it, not met if none of the range does, else it cannot be told. Without limits
    the figure alone decides. Raises ValueError for a test or a basis that is in no list.
    """
    wanted = wanted_value(target.basis, target.value, measured_from)
    upper = None
    if target.upper_value is not None:
        upper = wanted_value(target.basis, target.upper_value, measured_from)
    if value is None:
        return Judged("no-figure", wanted, upper)
    if wanted is None or (target.upper_value is not None and upper is None):
        return Judged("no-benchmark")
    if limits is not None and not limits.holds(value):
        limits = None
    if not is_as_defined:
        return Judged("cannot-tell", wanted, upper)
    found = target_result(value, limits, target.test, wanted, upper)
    assert not isinstance(found, NotKnown)
    progress = share_of_way(baseline, value, target.test, wanted, upper)
    return Judged(found.answer, wanted, upper, found.is_range_known, progress)


def wanted_value(basis: str, value: Decimal, measured_from: Sequence[Decimal]) -> Decimal | None:
    """Work out what a figure has to reach; None where the figures it is measured from do not give it.

    >>> wanted_value("national-last-year", Decimal("2"), [Decimal("40.5")])
    Decimal('42.5')
    """
    if basis == "absolute":
        return value
    if basis == "percentile":
        return percentile(measured_from, value)
    if basis in {"national-last-year", "own-last-year"}:
        return measured_from[0] + value if measured_from else None
    raise ValueError(f"{basis} is no basis of a target")


def percentile(figures: Sequence[Decimal], place: Decimal) -> Decimal | None:
    """Give a percentile of figures, in proportion between the two nearest ones; None for too few of them.

    place   0 for the lowest figure, 100 for the highest

    >>> percentile([Decimal(10), Decimal(20), Decimal(40)], Decimal(75))
    Decimal('30')
    """
    if len(figures) < FEWEST_FOR_PERCENTILE:
        return None
    ordered = sorted(figures)
    at = (len(ordered) - 1) * place / 100
    below = int(at)
    if below == at:
        return ordered[below]
    between = ordered[below] + (ordered[below + 1] - ordered[below]) * (at - below)
    return _plain(between)


def share_of_way(
    baseline: Decimal | None, value: Decimal, test: str, wanted: Decimal, upper: Decimal | None
) -> Decimal | None:
    """Say how much of the way from a baseline to what is wanted is done, in percent.

    None where there is no baseline, or where the baseline was at the target or beyond: then there is no way.

    >>> share_of_way(Decimal(40), Decimal(43), "at-least", Decimal(50), None)
    Decimal('30')
    """
    if baseline is None:
        return None
    end = wanted
    if test == "at-least":
        is_there = baseline >= wanted
    elif test == "at-most":
        is_there = baseline <= wanted
    else:
        assert upper is not None
        is_there = wanted <= baseline <= upper
        end = wanted if baseline < wanted else upper
    return None if is_there else _plain(100 * (value - baseline) / (end - baseline))


def _plain(number: Decimal) -> Decimal:
    """Round to nine places and leave off needless zeros, without an exponent."""
    rounded = number.quantize(_PLACES)
    return Decimal(f"{rounded.normalize():f}")

"""How far a figure may lie from what it stands for: limits, each with the method that made them.

In:   a figure's parts: numerator and denominator, a count, a sample, or limits that were published
Out:  Limits, or NotKnown with the reason in words

Published limits are used as they are. Else limits are worked out as the English technical guide for public
health has it: Wilson's score for a share, Byar's approximation for a count or rate of ten cases or more, the
exact Poisson limits below ten, Dobson's for a directly standardised rate, Student's t for a mean. Nothing here
gives a wrong number: where a method does not hold, the answer is NotKnown. docs/reference/statistics.md says
the same in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

Number = Decimal | float | int

Method = Literal[
    "published",
    "wilson",
    "wilson-of-sample",
    "byar",
    "exact-poisson",
    "dobson",
    "student-t",
    "square-and-add",  # of a difference, from the limits of both
]

# What chance does to a figure: a share of cases, cases for so many people, a number of cases.
Chance = Literal["share", "rate", "count"]

# Below this many cases Byar's approximation gives way to the exact limits.
FEWEST_FOR_BYAR = 10
# Below this many cases a directly standardised rate is not worked out at all.
FEWEST_FOR_STANDARDISED = 10

_DIGITS = 9

_WORDS = {
    "no-value": "There is no figure.",
    "no-parts": "The numbers behind the figure are not published.",
    "no-chance": "The figure is not a count of cases, so these methods do not hold.",
    "zero-denominator": "It is divided by nothing: the denominator is zero.",
    "negative": "A count of cases cannot be below zero.",
    "above-denominator": "More is counted on top than there is below, so it is not a share.",
    "not-whole": "What is counted on top is not a whole number of cases.",
    "parts-disagree": "The numbers behind the figure do not give the figure.",
    "limits-exclude-value": "The range does not hold the figure itself.",
    "limits-crossed": "The lower end of the range lies above the upper end.",
    "too-few": "There are too few cases.",
    "one-point": "There is only one figure.",
    "too-few-points": "There are too few figures.",
    "all-equal": "All figures are the same.",
    "not-comparable": "The figures may not be compared.",
    "not-a-number": "A number is missing or has no end.",
    "total": "Totals grow with the size of the place.",
}


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Why there is no result. `text` is a sentence for a reader."""

    code: str

    @property
    def text(self) -> str:
        return _WORDS[self.code]


@dataclass(frozen=True, slots=True)
class Limits:
    """The ends of a range that holds the true value `level` times in a hundred, in the figure's unit."""

    lower: Decimal
    upper: Decimal
    method: Method
    level: float = 95.0

    def holds(self, value: Number) -> bool:
        """Say whether a value lies inside the range or on its ends."""
        return self.lower <= Decimal(str(value)) <= self.upper


@dataclass(frozen=True, slots=True)
class Parts:
    """What one figure was worked out from.

    chance       None for what no chance of single cases explains: money, weights, scores
    multiplier   what numerator divided by denominator is multiplied by: 100 for a percentage
    """

    chance: Chance | None
    value: Decimal | None
    multiplier: Decimal = Decimal(1)
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample_size: int | None = None
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """One age group of a standardised rate: cases, people, and people of the standard population."""

    cases: int
    people: float
    standard: float


@lru_cache(maxsize=64)
def deviate(level: float) -> float:
    """Give how many standard deviations hold `level` of a hundred values around the mean.

    >>> round(deviate(95.0), 6), round(deviate(99.8), 6)
    (1.959964, 3.090232)
    """
    return NormalDist().inv_cdf(0.5 + level / 200.0)


def figure_limits(parts: Parts, level: float = 95.0) -> Limits | NotKnown:
    """Give the limits of a figure: those published, else those its parts allow.

    Published limits are taken to be of `level`; a range that leaves out its own value is refused.
    """
    if parts.value is None:
        return NotKnown("no-value")
    if parts.lower_limit is not None and parts.upper_limit is not None:
        if parts.lower_limit > parts.upper_limit:
            return NotKnown("limits-crossed")
        found = Limits(parts.lower_limit, parts.upper_limit, "published", level)
        return found if found.holds(parts.value) else NotKnown("limits-exclude-value")
    if parts.chance is None:
        return NotKnown("no-chance")
    worked_out = _worked_out(parts, level)
    if isinstance(worked_out, Limits) and not worked_out.holds(parts.value):
        return NotKnown("parts-disagree")
    return worked_out


def _worked_out(parts: Parts, level: float) -> Limits | NotKnown:
    assert parts.value is not None
    if parts.chance == "count":
        return count_limits(parts.value, level)
    if parts.numerator is not None and parts.denominator is not None:
        if parts.denominator == 0:
            return NotKnown("zero-denominator")
        again = parts.numerator / parts.denominator * parts.multiplier
        if abs(again - parts.value) > _last_place(parts.value) / 2 + abs(again) / 100:
            return NotKnown("parts-disagree")
        if parts.chance == "share":
            return share_limits(parts.numerator, parts.denominator, parts.multiplier, level)
        return rate_limits(parts.numerator, parts.denominator, parts.multiplier, level)
    if parts.chance == "share" and parts.sample_size:
        share = parts.value / parts.multiplier
        return _wilson(float(share), parts.sample_size, parts.multiplier, level, "wilson-of-sample")
    return NotKnown("no-parts")


def share_limits(
    numerator: Number, denominator: Number, multiplier: Number = 100, level: float = 95.0
) -> Limits | NotKnown:
    """Give the limits of a share by Wilson's score method, in the unit of the multiplier.

    Source: E. B. Wilson, 1927; the form is that of Newcombe, 1998, without a correction for continuity.
    """
    if (fault := _parts_fault(numerator, denominator)) is not None:
        return fault
    if numerator > denominator:
        return NotKnown("above-denominator")
    return _wilson(float(numerator) / float(denominator), float(denominator), multiplier, level, "wilson")


def _wilson(share: float, size: float, multiplier: Number, level: float, method: Method) -> Limits | NotKnown:
    if not 0.0 <= share <= 1.0:
        return NotKnown("above-denominator" if share > 1.0 else "negative")
    z = deviate(level)
    middle = 2.0 * size * share + z * z
    reach = z * math.sqrt(z * z + 4.0 * size * share * (1.0 - share))
    below = 2.0 * (size + z * z)
    # At no cases and at all cases one end is exact; rounding must not put it beside the share.
    lower = 0.0 if share == 0.0 else (middle - reach) / below
    upper = 1.0 if share == 1.0 else (middle + reach) / below
    return _limits(lower, upper, multiplier, method, level)


def count_limits(cases: Number, level: float = 95.0) -> Limits | NotKnown:
    """Give the limits of a number of cases: exact Poisson limits below ten, Byar's from ten on.

    Source: Breslow and Day, 1987, for Byar's approximation; Garwood, 1936, for the exact limits.
    """
    return rate_limits(cases, 1, 1, level)


def rate_limits(
    cases: Number, denominator: Number, multiplier: Number, level: float = 95.0
) -> Limits | NotKnown:
    """Give the limits of a rate: those of its cases, for the same denominator."""
    if (fault := _parts_fault(cases, denominator)) is not None:
        return fault
    if float(cases) != int(cases):
        return NotKnown("not-whole")
    lower, upper = poisson_ends(int(cases), level)
    method: Method = "byar" if cases >= FEWEST_FOR_BYAR else "exact-poisson"
    return _limits(lower / float(denominator), upper / float(denominator), multiplier, method, level)


def poisson_ends(cases: int, level: float = 95.0) -> tuple[float, float]:
    """Give the lower and upper end for a count that is not below zero.

    >>> [round(end, 3) for end in poisson_ends(5)]
    [1.623, 11.668]
    """
    z = deviate(level)
    if cases >= FEWEST_FOR_BYAR:
        more = cases + 1
        lower = cases * (1 - 1 / (9 * cases) - z / (3 * math.sqrt(cases))) ** 3
        return lower, more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    # Loaded when it is first needed: it is heavy, and most processes never count so few.
    from scipy.special import gammaincinv

    tail = (1.0 - level / 100.0) / 2.0
    lower = float(gammaincinv(cases, tail)) if cases else 0.0
    return lower, float(gammaincinv(cases + 1, 1.0 - tail))


def standardised_rate(
    strata: Sequence[Stratum], multiplier: Number = 100_000, level: float = 95.0
) -> tuple[Decimal, Limits] | NotKnown:
    """Work out a directly standardised rate and its limits by Dobson's method.

    The limits of all cases together are stretched to the spread of the weighted rates. With fewer than ten
    cases there is none.

    Source: Dobson, Kuulasmaa, Eberle and Scherer, 1991.
    """
    if not strata or sum(one.standard for one in strata) <= 0:
        return NotKnown("no-parts")
    for one in strata:
        fault = NotKnown("negative") if one.standard < 0 else _parts_fault(one.cases, one.people)
        if fault is not None:
            return fault
    cases = sum(one.cases for one in strata)
    if cases < FEWEST_FOR_STANDARDISED:
        return NotKnown("too-few")
    standard = math.fsum(one.standard for one in strata)
    weights = [one.standard / standard / one.people for one in strata]
    rate = math.fsum(weight * one.cases for weight, one in zip(weights, strata, strict=True))
    variance = math.fsum(weight**2 * one.cases for weight, one in zip(weights, strata, strict=True))
    lower, upper = poisson_ends(cases, level)
    stretch = math.sqrt(variance / cases)
    found = _limits(
        rate + stretch * (lower - cases), rate + stretch * (upper - cases), multiplier, "dobson", level
    )
    return exact(rate * float(multiplier)), found


def mean_limits(mean: Number, deviation: Number, sample_size: int, level: float = 95.0) -> Limits | NotKnown:
    """Give the limits of the mean of a sample from its standard deviation, by Student's t."""
    if sample_size < 2:
        return NotKnown("one-point")
    if deviation < 0:
        return NotKnown("negative")
    # Loaded when it is first needed, as above.
    from scipy.special import stdtrit

    reach = float(stdtrit(sample_size - 1, 0.5 + level / 200.0)) * float(deviation) / math.sqrt(sample_size)
    return _limits(float(mean) - reach, float(mean) + reach, 1, "student-t", level)


def exact(number: float) -> Decimal:
    """Take a worked-out number as a decimal of nine places, so that machines do not differ in the last."""
    return Decimal(str(round(number, _DIGITS)))


def _limits(lower: float, upper: float, multiplier: Number, method: Method, level: float) -> Limits:
    times = float(multiplier)
    return Limits(exact(lower * times), exact(upper * times), method, level)


def _parts_fault(numerator: Number, denominator: Number) -> NotKnown | None:
    if not (math.isfinite(numerator) and math.isfinite(denominator)):
        return NotKnown("not-a-number")
    if denominator == 0:
        return NotKnown("zero-denominator")
    return NotKnown("negative") if numerator < 0 or denominator < 0 else None


def _last_place(value: Decimal) -> Decimal:
    """Give what one step of the last published digit is worth: 0.1 for 12.3."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)

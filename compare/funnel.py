"""Which figures lie outside what chance allows for their size? The limits of a funnel.

In:   cases and denominators of a set of areas, and the benchmark they are held against
Out:  a funnel: its over-dispersion, each area's deviation, and limits for any denominator

Shares are put on the scale of the arcsine, rates on that of the square root, where chance spreads all figures
alike; limits made there never leave the possible values. If the areas differ by more than chance, as they
nearly always do, the limits are widened by the factor phi, so that only the unusual among them stand out.

Source: Spiegelhalter, 2005, "Funnel plots for comparing institutional performance" and "Handling
over-dispersion of performance indicators".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compare.limits import NotKnown, Number, deviate, exact

# The two limits that a funnel has.
WARNING, ACTION = 95.0, 99.8
# With fewer areas nothing is said of over-dispersion.
FEWEST_FOR_DISPERSION = 10
# This share of the deviations at each end is pulled in before the spread is measured.
WINSORISED = 0.1

Kind = Literal["share", "rate"]
Zone = Literal["inside", "above-95", "above-99.8", "below-95", "below-99.8"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One area in a funnel: cases, and people or cases they are out of."""

    area: str
    numerator: Number
    denominator: Number


@dataclass(frozen=True, slots=True)
class Placed:
    """An area in a funnel. `deviation` is in standard deviations, widened ones where there are such."""

    area: str
    value: Decimal
    deviation: Decimal
    zone: Zone


@dataclass(frozen=True, slots=True)
class Funnel:
    """Limits around a benchmark that narrow as denominators grow.

    benchmark      in the figures' unit
    dispersion     phi: how many times the spread is that of chance; None with too few areas to say
    is_widened     the limits are wider than those of chance by the root of phi
    refused        areas with parts that cannot be used, and why
    """

    kind: Kind
    multiplier: Decimal
    benchmark: Decimal
    dispersion: Decimal | None
    is_widened: bool
    placed: tuple[Placed, ...]
    refused: tuple[tuple[str, NotKnown], ...]

    def limits(self, denominator: Number, level: float = WARNING) -> tuple[Decimal, Decimal]:
        """Give the lower and upper limit for a denominator above zero, in the figures' unit."""
        width = math.sqrt(float(self.dispersion)) if self.is_widened and self.dispersion else 1.0
        share = float(self.benchmark / self.multiplier)
        reach = deviate(level) * width / (2.0 * math.sqrt(float(denominator)))
        times = float(self.multiplier)
        if self.kind == "rate":
            middle = math.sqrt(share)
            return exact(max(middle - reach, 0.0) ** 2 * times), exact((middle + reach) ** 2 * times)
        middle = math.asin(math.sqrt(share))
        low, high = max(middle - reach, 0.0), min(middle + reach, math.pi / 2.0)
        return exact(math.sin(low) ** 2 * times), exact(math.sin(high) ** 2 * times)


def funnel(
    units: Sequence[Unit], kind: Kind, multiplier: Number = 100, benchmark: Number | None = None
) -> Funnel | NotKnown:
    """Make a funnel of the areas of a set.

    benchmark   in the figures' unit; left out, it is that of all areas together

    An area whose denominator is zero, or whose cases are below zero or, for a share, above the denominator,
    is refused and has no place.
    """
    usable, refused = [], []
    for unit in units:
        fault = _fault(unit, kind)
        if fault is None:
            usable.append(unit)
        else:
            refused.append((unit.area, fault))
    if len(usable) < 2:
        return NotKnown("one-point" if usable else "no-parts")
    times = Decimal(str(multiplier))
    if benchmark is None:
        cases = math.fsum(float(unit.numerator) for unit in usable)
        share = cases / math.fsum(float(unit.denominator) for unit in usable)
    else:
        share = float(benchmark) / float(multiplier)
    if share < 0.0 or (kind == "share" and share > 1.0):
        return NotKnown("negative" if share < 0.0 else "above-denominator")
    deviations = [_deviation(unit, kind, share) for unit in usable]
    phi = dispersion(deviations)
    # The spread of phi itself by chance has a variance of 2 for each area.
    is_widened = phi is not None and phi > 1.0 + 2.0 * math.sqrt(2.0 / len(usable))
    width = math.sqrt(phi) if is_widened and phi is not None else 1.0
    placed = tuple(
        Placed(
            unit.area,
            exact(float(unit.numerator) / float(unit.denominator) * float(multiplier)),
            exact(one / width),
            _zone(one / width),
        )
        for unit, one in zip(usable, deviations, strict=True)
    )
    return Funnel(
        kind,
        times,
        exact(share * float(multiplier)),
        None if phi is None else exact(phi),
        is_widened,
        placed,
        tuple(refused),
    )


def dispersion(deviations: Sequence[float]) -> float | None:
    """Measure phi: the mean square of deviations whose highest and lowest tenth are pulled in.

    None with fewer than FEWEST_FOR_DISPERSION.
    """
    count = len(deviations)
    if count < FEWEST_FOR_DISPERSION:
        return None
    order = sorted(deviations)
    pulled = int(count * WINSORISED)
    low, high = order[pulled], order[count - 1 - pulled]
    return math.fsum(min(max(one, low), high) ** 2 for one in order) / count


def _deviation(unit: Unit, kind: Kind, share: float) -> float:
    cases, out_of = float(unit.numerator), float(unit.denominator)
    if kind == "rate":
        return 2.0 * (math.sqrt(cases) - math.sqrt(share * out_of))
    return 2.0 * math.sqrt(out_of) * (math.asin(math.sqrt(cases / out_of)) - math.asin(math.sqrt(share)))


def _fault(unit: Unit, kind: Kind) -> NotKnown | None:
    if not (math.isfinite(unit.numerator) and math.isfinite(unit.denominator)):
        return NotKnown("not-a-number")
    if unit.denominator == 0:
        return NotKnown("zero-denominator")
    if unit.numerator < 0 or unit.denominator < 0:
        return NotKnown("negative")
    if kind == "share" and unit.numerator > unit.denominator:
        return NotKnown("above-denominator")
    return None


def _zone(deviation: float) -> Zone:
    if abs(deviation) > deviate(ACTION):
        return "above-99.8" if deviation > 0 else "below-99.8"
    if abs(deviation) > deviate(WARNING):
        return "above-95" if deviation > 0 else "below-95"
    return "inside"

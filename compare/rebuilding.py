"""What stands for many councils: the published figure, one rebuilt from its parts, or a mean.

In:   what the figures of a comparator's councils add up to, and the figure its publisher gives for it
Out:  Comparator: the value with the method that made it, and the published one beside the rebuilt one

A published figure comes first. Else numerators and denominators of all councils are added up, so that a large council
counts for more than a small one. Only where a part is missing is there a mean of the councils' figures, and it is
called what it is. Everything is worked out on exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from compare.limits import Chance, Limits, NotKnown, Parts, figure_limits, rate_limits, share_limits
from schemas import load_model

# What councils' figures of one definition become together.
Combining = Literal["parts", "sum", "mean", "none"]

ComparatorMethod = Literal["published", "rebuilt", "sum", "unweighted-mean"]

_PLACES = Decimal("0.000000001")

# Sums are taken over numbers of so many places; one with more digits in front counts as missing.
_STEP = Decimal("0.000001")
_TOO_LARGE = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Rule:
    """How figures of one definition are put together.

    combining    "parts" for a figure that is one number divided by another, "sum" for totals, "mean" for
                 others, "none" for those that nothing can stand for, such as ranks
    multiplier   what numerator divided by denominator is multiplied by
    chance       what chance does to the figure, if anything; see compare.limits
    """

    combining: Combining
    multiplier: Decimal = Decimal(1)
    chance: Chance | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What the figures of a comparator's councils in one period add up to.

    area_count    councils with a figure
    missing       councils of the comparator that run the service and have none
    parts_count   councils with numerator and denominator, which the last two are sums of
    """

    area_count: int
    missing: int
    value: Decimal
    lowest: Decimal
    highest: Decimal
    parts_count: int = 0
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Addend:
    """One council's figure, with its parts where they are known."""

    value: Decimal
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Comparator:
    """The value that stands for a set of councils.

    published, rebuilt   both, where both are known, whatever `method` chose
    limits               of `value`; None where no method gives any
    """

    value: Decimal
    method: ComparatorMethod
    area_count: int
    missing: int
    published: Decimal | None = None
    rebuilt: Decimal | None = None
    limits: Limits | None = None

    @property
    def difference(self) -> Decimal | None:
        """The rebuilt value minus the published one."""
        if self.published is None or self.rebuilt is None:
            return None
        return self.rebuilt - self.published

    @property
    def is_beyond_rounding(self) -> bool:
        """The two differ by more than half a step of the published value's last digit."""
        if self.difference is None or self.published is None:
            return False
        exponent = self.published.as_tuple().exponent
        assert isinstance(exponent, int)
        return abs(self.difference) * 2 > Decimal(1).scaleb(min(exponent, 0)) + _PLACES


def combining_rule(unit: str, multiplier: Decimal | None, highest: Decimal | None) -> Rule:
    """Say how the figures of a definition are put together, by its unit.

    multiplier, highest   as the definition has them; a percentage that may pass 100 is no share of cases
    """
    known = next((code for code in load_model().code_lists["unit"].codes if code.code == unit), None)
    more = known.more if known is not None else {}
    # Pounds for every child are no total, whatever pounds are.
    if more.get("is_total") and multiplier is None:
        return Rule("sum")
    if more.get("is_place"):
        return Rule("none")
    if multiplier is None:
        return Rule("mean")
    chance = more.get("chance")
    if chance == "share" and highest != multiplier:
        chance = None
    return Rule("parts", multiplier, chance)


def add_up(figures: Iterable[Addend], missing: int) -> Sums | None:
    """Add up the figures of a few councils; None without any. compare.comparators does so for many.

    missing   councils of the set that run the service and have no figure
    """
    known: list[tuple[Decimal, Decimal | None, Decimal | None]] = []
    for one in figures:
        value = _exact(one.value)
        if value is None:
            missing += 1
        else:
            known.append((value, _exact(one.numerator), _exact(one.denominator)))
    if not known:
        return None
    values = [value for value, _, _ in known]
    parts = [(top, below) for _, top, below in known if top is not None and below is not None]
    return Sums(
        len(known),
        missing,
        sum(values, Decimal(0)),
        min(values),
        max(values),
        len(parts),
        sum((top for top, _ in parts), Decimal(0)) if parts else None,
        sum((below for _, below in parts), Decimal(0)) if parts else None,
    )


def _exact(number: Decimal | None) -> Decimal | None:
    if number is None:
        return None
    found = number.quantize(_STEP, rounding=ROUND_HALF_UP)
    return found if abs(found) < _TOO_LARGE else None


def comparator(
    sums: Sums,
    rule: Rule,
    published: Decimal | None = None,
    published_limits: tuple[Decimal, Decimal] | None = None,
) -> Comparator | None:
    """Choose what stands for the councils; None where nothing can.

    A value rebuilt from parts must lie between the lowest and the highest council, as every weighted mean does; one
    that does not shows that the parts are not those of the figures, and is not used.
    """
    rebuilt = _rebuilt(sums, rule)
    if published is not None:
        ends = published_limits or (None, None)
        told = figure_limits(Parts(None, published, lower_limit=ends[0], upper_limit=ends[1]))
        known = None if isinstance(told, NotKnown) else told
        return Comparator(published, "published", sums.area_count, sums.missing, published, rebuilt, known)
    if rebuilt is not None:
        method: ComparatorMethod = "sum" if rule.combining == "sum" else "rebuilt"
        limits = _rebuilt_limits(sums, rule, rebuilt)
        return Comparator(rebuilt, method, sums.area_count, sums.missing, None, rebuilt, limits)
    # The mean of a few says nothing of the many who are missing.
    if rule.combining in {"sum", "none"} or not sums.area_count or sums.missing > sums.area_count:
        return None
    mean = (sums.value / sums.area_count).quantize(_PLACES)
    return Comparator(mean, "unweighted-mean", sums.area_count, sums.missing)


def _rebuilt(sums: Sums, rule: Rule) -> Decimal | None:
    if sums.missing or not sums.area_count:
        return None
    if rule.combining == "sum":
        return sums.value
    if rule.combining != "parts" or sums.parts_count != sums.area_count:
        return None
    if sums.numerator is None or not sums.denominator or sums.denominator < 0:
        return None
    found = (sums.numerator / sums.denominator * rule.multiplier).quantize(_PLACES)
    # Published figures are rounded, so the rebuilt one of equal councils may lie a hundredth beside them.
    slack = max(abs(sums.lowest), abs(sums.highest)) / 100
    return found if sums.lowest - slack <= found <= sums.highest + slack else None


def _rebuilt_limits(sums: Sums, rule: Rule, value: Decimal) -> Limits | None:
    if rule.chance not in {"share", "rate"} or sums.numerator is None or sums.denominator is None:
        return None
    work_out = share_limits if rule.chance == "share" else rate_limits
    found = work_out(sums.numerator, sums.denominator, rule.multiplier)
    return found if isinstance(found, Limits) and found.holds(value) else None

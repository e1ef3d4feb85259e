"""Figures of earlier areas become one figure for the area of today.

In:   a measure, and what was published for each of the areas that together make up the later one
Out:  the restated figure with its method, which of the areas had a figure, and why there is no value if so

A total is the sum of the totals. A rate is worked out again from the sums of its numerators and denominators.
Nothing else can be put together: not a median, a rank, a score or a mean without its two parts. Where one
earlier area had the very boundary of the later one its figure stands as it is, whatever it measures.

Sums are exact: amounts are whole millionths. `restate` says what one row means; `restated_sums` is the same
rule over all rows as an expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, Literal

from compare.lineage import tiers_of
from ingest.expressions import expression, ibis, without

Method = Literal["same-boundary", "sum", "rebuilt-rate"]
Gap = Literal["predecessor-missing", "parts-disagree", "zero-denominator"]

KEY = ("dataset", "indicator", "version", "period", "breakdown")

MILLION = 1_000_000

# No amount is larger, so that sums of MOST_PARTS of them, in millionths, fit a whole number of 64 bits and
# each is exact as a floating-point number.
MOST_AMOUNT = 100_000_000_000

# A figure with one of these is carried on, mildest first; the restated figure has the last that occurs.
# A break cuts the line, so it is never hidden behind another.
_CARRIED = ("normal", "revised", "provisional", "estimated", "imputed", "unreliable", "forecast", "break")

# With a figure of one area alone any status may come along that has a value.
STATUSES: tuple[str, ...] = (*_CARRIED, "combined", "definition-differs")

# With these a source says that it has no figure for an area; with all others that it has one, shown or not.
_SAYS_NOTHING = ("not-available", "not-applicable")

# Columns whose digits are carried from one area to another with the same boundary.
TEXTS = ("value_text", "lower_limit", "upper_limit", "numerator", "denominator")

# A difference that is no more than a rounding of floating-point numbers does not count.
_NEARLY = 1.0 + 1e-9

# Words in a definition that say that its figures cannot be added up, whatever their unit.
_NOT_A_TOTAL = re.compile(
    r"\b(medians?|averages?|mean|typical|middle|percentiles?|ranks?|ranking|index|scores?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a definition says that decides how its figures can be put together.

    is_total     the unit grows with the size of the place
    multiplier   what numerator divided by denominator is multiplied by; None where nothing is divided
    words        the sentences that say what is counted
    """

    unit: str
    is_total: bool
    multiplier: Decimal | None
    evidence: str
    tier: str
    words: str = ""

    @property
    def method(self) -> Literal["sum", "rebuilt-rate"] | None:
        """How figures of several areas are put together; None where they cannot be.

        >>> homes = Measure("homes", True, None, "performance", "lower-tier", "Homes built in the year.")
        >>> homes.method
        'sum'
        >>> Measure("pounds", True, None, "context", "every-council", "The median price of a home.").method
        """
        if self.unit == "rank":
            return None
        if self.multiplier is not None:
            return "rebuilt-rate"
        return "sum" if self.is_total and not _NOT_A_TOTAL.search(self.words) else None

    def counts(self, area_type: str, part_type: str) -> bool:
        """Say whether a figure of a part is one of the later area's, by the services that their councils run.

        What a district and a county spend are two bills for one place: the figure of one tier is not the
        figure of a council that runs both.
        """
        tiers, part = tiers_of(area_type), tiers_of(part_type)
        if not tiers:
            return True
        if self.tier != "every-council":
            return self.tier in tiers and self.tier in part
        return part == tiers if self.evidence == "finance" else bool(part)


@dataclass(frozen=True, slots=True)
class Part:
    """What was published for one earlier area. Digits behind the point stay as published."""

    value: Decimal | None
    status: str = "normal"
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """The figure of a later area.

    value   rounded, to as many places as the figures of the parts have
    known   which parts had a usable figure; `gap` says why there is no value
    exact   the value before it was rounded, so that a page that shows fewer places rounds once and not twice
    """

    value: Decimal | None
    status: str
    method: Method
    known: tuple[bool, ...]
    gap: Gap | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    exact: Fraction | None = None


def restate(measure: Measure, parts: Sequence[Part | None], *, is_same: bool = False) -> Restated | None:
    """Put the figures of all the parts of an area together; None where the measure does not allow it.

    parts     one for each earlier area, None where nothing was published that counts for the later area
    is_same   there is one part, and it has the boundary of the later area
    """
    if is_same:
        [part] = parts
        if part is None or part.value is None:
            return None
        above, below = part.numerator, part.denominator
        exact = Fraction(part.value)
        return Restated(part.value, part.status, "same-boundary", (True,), None, above, below, exact)
    method = measure.method
    if method is None:
        return None
    known = tuple(part is not None and _is_usable(part, method) for part in parts)
    usable = [part for part, is_known in zip(parts, known, strict=True) if part is not None and is_known]
    if not usable:
        return None
    tops = [_millionths(_top(part, method)) for part in usable]
    bottoms = [_millionths(part.denominator or Decimal(0)) for part in usable]
    return finish(
        method,
        known,
        status=max((part.status for part in usable), key=_CARRIED.index),
        top=sum(tops),
        bottom=sum(bottoms) if method == "rebuilt-rate" else None,
        multiplier=measure.multiplier or Decimal(1),
        decimals=max(_decimals(part.value) for part in usable if part.value is not None),
        agrees=method == "sum" or all(_agrees(part, measure.multiplier or Decimal(1)) for part in usable),
    )


def finish(
    method: Method,
    known: tuple[bool, ...],
    *,
    status: str,
    top: int,
    bottom: int | None,
    multiplier: Decimal,
    decimals: int,
    agrees: bool,
) -> Restated:
    """Make the figure of the sums, in millionths, of those parts that are known.

    decimals   places behind the point of the value: as many as the predecessors' figures have

    The sums are given with the figure only where they are whole: a sum of some parts is the figure of no place.
    """
    gap: Gap | None = None
    if not all(known):
        gap = "predecessor-missing"
    elif not agrees:
        gap = "parts-disagree"
    elif bottom == 0:
        gap = "zero-denominator"
    if gap is not None:
        return Restated(None, status, method, known, gap)
    exact = Fraction(top, MILLION) if bottom is None else Fraction(top, bottom) * Fraction(multiplier)
    value = _rounded(exact, decimals)
    if bottom is None:
        return Restated(value, status, method, known, exact=exact)
    return Restated(value, status, method, known, None, _amount(top), _amount(bottom), exact)


def _is_usable(part: Part, method: Method) -> bool:
    if part.value is None or part.status not in _CARRIED or abs(part.value) > MOST_AMOUNT:
        return False
    if method == "sum":
        return True
    parts = (part.numerator, part.denominator)
    return all(amount is not None and abs(amount) <= MOST_AMOUNT for amount in parts)


def _top(part: Part, method: Method) -> Decimal:
    amount = part.value if method == "sum" else part.numerator
    assert amount is not None
    return amount


def _agrees(part: Part, multiplier: Decimal) -> bool:
    """Say whether the parts of a rate make its value, to the last digit published.

    They do not where a rate was adjusted for the ages of the people, for one: it cannot be worked out again.
    """
    assert part.value is not None
    assert part.numerator is not None
    assert part.denominator is not None
    off = abs(part.value * part.denominator - part.numerator * multiplier)
    return off <= Decimal(1).scaleb(-_decimals(part.value)) * abs(part.denominator) * Decimal(_NEARLY)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _millionths(amount: Decimal) -> int:
    return int((amount * MILLION + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def _amount(millionths: int) -> Decimal:
    amount = Decimal(millionths).scaleb(-6).normalize()
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _rounded(exact: Fraction, decimals: int) -> Decimal:
    """Round half up, to so many places."""
    scale = 10**decimals
    return Decimal((exact * scale + Fraction(1, 2)).__floor__()).scaleb(-decimals)


@expression
def restated_sums(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Sum what was published for the parts of each later area, by the best of its covers.

    tables   "observations": KEY, area, status, value (float64), and as texts with the digits as published
             value_text, lower_limit, upper_limit, numerator, denominator;
             "measures": indicator, version, rule, method ("sum", "rebuilt-rate" or ""), multiplier (float64);
             "members": rule, area, cover (from 0, the preferred first), size, is_same (0 or 1), part, bit (2 to
             the place of the part): a row for each part that counts for the area by that rule, numbers int64

    A cover all of whose parts have a usable figure comes before one that lacks some, and one that lacks a
    smaller share before one that lacks more. An area has no row where the source itself gives a figure for it,
    or withholds one.

    Columns: KEY, area, cover, is_same, known (the bits of the parts that are known), top and bottom (int64,
    millionths), worst (a place in STATUSES), decimals, disagreeing (how many), and for one that is_same the
    texts of its figure.
    """
    observations = tables["observations"]
    usable = _usable(observations, tables["measures"], tables["members"])
    is_summed = usable.is_same == 0
    is_rate = (usable["method"] == "rebuilt-rate") & is_summed
    off = (usable.value * usable.below - usable.above * usable.multiplier).abs()
    allowed = ibis.literal(10.0) ** (-usable.decimals).cast("float64") * usable.below.abs() * _NEARLY
    usable = usable.mutate(
        top=_in_millionths(ibis.ifelse(is_rate, usable.above, usable.value), is_summed),
        bottom=_in_millionths(usable.below, is_rate),
        worst=_place_of(usable.status),
        disagrees=ibis.ifelse(is_rate & (off > allowed), 1, 0).cast("int64"),
    )
    sums = usable.group_by([*KEY, "area", "cover"]).aggregate(
        size=usable["size"].max(),
        is_same=usable.is_same.max(),
        known=usable.bit.sum().cast("int64"),
        top=usable.top.sum().cast("int64"),
        bottom=usable.bottom.sum().cast("int64"),
        worst=usable.worst.max(),
        decimals=usable.decimals.max(),
        disagreeing=usable.disagrees.sum().cast("int64"),
        count=usable.count().cast("int64"),
        **{name: usable[name].max() for name in TEXTS},
    )
    share = sums["count"] * MILLION // sums["size"]
    window = ibis.window(group_by=[*KEY, "area"], order_by=[share.desc(), sums.cover])
    chosen = sums.mutate(best=ibis.row_number().over(window))
    chosen = without(chosen.filter(chosen.best == 0), "best", "count", "size")
    own = observations.filter(observations.value.notnull() | observations.status.notin(_SAYS_NOTHING))
    same = ["dataset", "indicator", "period", "breakdown", "area"]
    return chosen.anti_join(own.select(*same).distinct(), same)


def _usable(observations: ibis.Table, measures: ibis.Table, members: ibis.Table) -> ibis.Table:
    """Give the figures of parts that can be put together, once for each area and cover they are a part of."""
    parts = observations.rename(part="area").join(measures, ["indicator", "version"])
    parts = parts.join(members, ["rule", "part"])
    text = parts.value_text
    places = ibis.ifelse(text.contains("."), text.length() - text.find(".") - 1, 0)
    parts = parts.mutate(
        above=parts.numerator.cast("float64"),
        below=parts.denominator.cast("float64"),
        decimals=places.cast("int64"),
    )
    is_sum, is_rate = (parts["method"] == name for name in ("sum", "rebuilt-rate"))
    fits = _fits(parts.value) & parts.status.isin(_CARRIED)
    can_be_summed = fits & (is_sum | (is_rate & _fits(parts.above) & _fits(parts.below)))
    return parts.filter(parts.value.notnull() & ((parts.is_same == 1) | can_be_summed))


def _fits(amount: Any) -> Any:
    return amount.notnull() & (amount.abs() <= float(MOST_AMOUNT))


def _in_millionths(amount: Any, is_wanted: Any) -> Any:
    return ibis.ifelse(is_wanted, (amount * float(MILLION) + 0.5).floor(), 0.0).cast("int64")


def _place_of(status: Any) -> Any:
    return status.cases(*((name, place) for place, name in enumerate(STATUSES)), else_=0).cast("int64")

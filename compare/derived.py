"""Two figures of one area and period become a third: a difference or a ratio, with its range and its status.

In:   two figures as they are published, and how the one is made of the two
Out:  a figure, or the status that says why there is none; as an expression, every pair of figures that is to be
      made into one

A figure that is worked out is never surer than what it is made of: a hidden input gives no value, a break in an input
is a break, a provisional input is provisional. Ranges are put together by the method of variance estimates recovery:
for a difference square-and-add (Newcombe, Statistics in Medicine 17, 1998, 873-890; Zou and Donner, the same 27, 2008,
1693-1702), for a ratio its form for ratios (Donner and Zou, Statistical Methods in Medical Research 21, 2012, 347-359).
Both suppose that the two figures do not depend on each other. Where they may, or one has no range, there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from ingest.expressions import expression, ibis, without
from schemas import load_model

# Which status is carried where two figures have different ones, the gravest first.
_MISSING = ("suppressed", "not-provided", "unreliable", "not-available", "not-applicable")
_REMARKED = (
    "definition-differs",
    "break",
    "unreliable",
    "combined",
    "forecast",
    "imputed",
    "estimated",
    "provisional",
    "revised",
)

# Decimal places that are worked out beyond those that are shown.
_BEYOND = 2


@dataclass(frozen=True, slots=True)
class Input:
    """One of the two figures: value and limits as published."""

    value: Decimal | None
    status: str = "normal"
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None

    @property
    def limits(self) -> tuple[Decimal, Decimal] | None:
        if self.value is None or self.lower_limit is None or self.upper_limit is None:
            return None
        # Limits that exclude their value say nothing that could be put together.
        fits = self.lower_limit <= self.value <= self.upper_limit
        return (self.lower_limit, self.upper_limit) if fits else None


@dataclass(frozen=True, slots=True)
class Derived:
    """What was worked out. `note` says what a reader must know of the inputs, or is empty."""

    value: Decimal | None
    status: str
    limits: tuple[Decimal, Decimal] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How a figure is made of two.

    kind         "difference" or "ratio"
    decimals     decimal places that are shown of the result
    multiplier   what a ratio is multiplied by
    is_apart     the two figures are about different people or come from different sources, so that chance in the
                 one tells nothing of chance in the other
    """

    kind: str
    decimals: int
    multiplier: Decimal = Decimal(1)
    is_apart: bool = True


def derive(first: Input, second: Input, way: Way) -> Derived:
    """Make one figure of two.

    Raises ValueError for a kind that makes no figure.
    """
    if way.kind not in {"difference", "ratio"}:
        raise ValueError(f"nothing is worked out of two figures by '{way.kind}'")
    if first.value is None or second.value is None:
        return missing(first, second)
    if way.kind == "ratio" and second.value == 0:
        return Derived(None, "not-applicable", note="The figure that would divide is 0.")
    limits = None
    if way.is_apart and first.limits is not None and second.limits is not None:
        limits = difference_limits(first, second) if way.kind == "difference" else ratio_limits(first, second)
    value = first.value - second.value if way.kind == "difference" else first.value / second.value
    rounded = None if limits is None else (_rounded(limits[0], way), _rounded(limits[1], way))
    return derive_with(first, second, _rounded(value, way), rounded)


def derive_with(
    first: Input, second: Input, value: Decimal, limits: tuple[Decimal, Decimal] | None
) -> Derived:
    """Give what was worked out the graver of its inputs' statuses, and say of which it is."""
    status = _gravest(_REMARKED, (first.status, second.status))
    return Derived(value, status, limits, _remark(first.status, second.status, status))


def difference_limits(first: Input, second: Input) -> tuple[Decimal, Decimal] | None:
    """Put two ranges together to that of the difference: squares of the distances to the limits are added.

    None if either range is not known.

    >>> one = Input(Decimal("60"), "normal", Decimal("57"), Decimal("63"))
    >>> other = Input(Decimal("50"), "normal", Decimal("46"), Decimal("54"))
    >>> [str(limit) for limit in difference_limits(one, other)]
    ['5', '15']
    """
    if first.limits is None or second.limits is None or first.value is None or second.value is None:
        return None
    (low, high), (other_low, other_high) = first.limits, second.limits
    middle = first.value - second.value
    with localcontext() as context:
        context.prec = 28
        below = ((first.value - low) ** 2 + (other_high - second.value) ** 2).sqrt()
        above = ((high - first.value) ** 2 + (second.value - other_low) ** 2).sqrt()
    return middle - below, middle + above


def ratio_limits(first: Input, second: Input) -> tuple[Decimal, Decimal] | None:
    """Put two ranges together to that of the ratio.

    None if either range is not known or reaches below 0, and where that of the second is so wide that the ratio has
    no end.
    """
    if first.limits is None or second.limits is None or first.value is None or second.value is None:
        return None
    (low, high), (other_low, other_high) = first.limits, second.limits
    a, b = first.value, second.value
    if low < 0 or other_low <= 0 or 2 * b - other_high <= 0:
        return None
    with localcontext() as context:
        context.prec = 28
        product = a * b
        below = product**2 - low * other_high * (2 * a - low) * (2 * b - other_high)
        above = product**2 - high * other_low * (2 * a - high) * (2 * b - other_low)
        if below < 0 or above < 0:
            return None
        return (
            (product - below.sqrt()) / (other_high * (2 * b - other_high)),
            (product + above.sqrt()) / (other_low * (2 * b - other_low)),
        )


def _rounded(value: Decimal, way: Way) -> Decimal:
    scaled = value * way.multiplier if way.kind == "ratio" else value
    step = Decimal(1).scaleb(-(way.decimals + _BEYOND))
    if way.kind == "difference" and scaled == scaled.quantize(step, rounding=ROUND_HALF_EVEN):
        return scaled
    return scaled.quantize(step, rounding=ROUND_HALF_EVEN)


def missing(first: Input, second: Input) -> Derived:
    """Say why there is nothing to work out: the gravest reason of the inputs without a value."""
    reasons = [one.status for one in (first, second) if one.value is None]
    status = _gravest(_MISSING, reasons)
    which = " and ".join(name for name, one in (("first", first), ("second", second)) if one.value is None)
    figures = "figures have" if len(reasons) == 2 else "figure has"
    told = {_words(reason) for reason in reasons}
    return Derived(None, status, note=f"The {which} {figures} no value: {', '.join(sorted(told))}.")


def _gravest(order: Sequence[str], statuses: Sequence[str]) -> str:
    """Choose the status that stands first in an order; normal if none is in it.

    >>> _gravest(("suppressed", "not-available"), ("not-available", "suppressed"))
    'suppressed'
    """
    known = [status for status in order if status in statuses]
    return known[0] if known else "normal"


def _remark(first: str, second: str, carried: str) -> str:
    """Say of which input a status is carried, and the other's where it is another."""
    if carried == "normal":
        return ""
    told = [f"{name} figure: {_words(status)}" for name, status in (("First", first), ("Second", second))]
    known = [text for text, status in zip(told, (first, second), strict=True) if status != "normal"]
    return f"{'. '.join(known)}."


def _words(status: str) -> str:
    code = load_model().code_lists["status"].code(status)
    return str(code.more["words"] or code.label)


@expression
def pairs(observations: ibis.Table, sides: ibis.Table) -> ibis.Table:
    """Find every pair of figures that a derivation makes one of: both of one area and one period.

    observations    harmonised observations
    sides           derivation, side ("first" or "second"), indicator, version and breakdown whose figures count;
                    no two rows of one derivation and side alike

    Where several datasets give the same figure the one whose name comes first counts. Columns: derivation, area,
    period; of each side its value_text, status and limits, named with first_ and second_; _source and _row of the
    first.
    """
    named = sides.rename(of_indicator="indicator", of_version="version", of_breakdown="breakdown")
    figures = observations.join(
        named,
        [
            observations.indicator == named.of_indicator,
            observations.version == named.of_version,
            observations.breakdown == named.of_breakdown,
        ],
    )
    window = ibis.window(
        group_by=["derivation", "side", "area", "period"], order_by=["dataset", "version", "_source", "_row"]
    )
    figures = figures.mutate(choice=ibis.row_number().over(window).cast("int64"))
    figures = figures.filter(figures.choice == 0)
    told = ("value_text", "status", "lower_limit", "upper_limit")
    first = figures.filter(figures.side == "first").select(
        "derivation", "area", "period", "_source", "_row", **{f"first_{name}": figures[name] for name in told}
    )
    second = figures.filter(figures.side == "second").select(
        other="derivation",
        other_area="area",
        other_period="period",
        **{f"second_{name}": figures[name] for name in told},
    )
    both = first.join(
        second,
        [
            first.derivation == second.other,
            first.area == second.other_area,
            first.period == second.other_period,
        ],
    )
    return without(both, "other", "other_area", "other_period")


def sides_of(
    derivations: Sequence[Mapping[str, Any]], versions: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """Say whose figures count for each side of each derivation that makes a figure.

    versions    the versions of each indicator

    Figures by a version that differs from the named one in its minor or patch number only are comparable with it.

    >>> row = {"derivation": "d", "kind": "ratio", "first_indicator": "a", "first_version": "1.0.0",
    ...     "first_breakdown": None, "second_indicator": "b", "second_version": "2.0.0", "second_breakdown": "sex=male"}
    >>> told = sides_of([row], {"a": ["1.0.0", "1.2.0", "2.0.0"], "b": ["1.0.0", "2.0.0"]})
    >>> [(row["side"], row["version"], row["breakdown"]) for row in told]
    [('first', '1.0.0', ''), ('first', '1.2.0', ''), ('second', '2.0.0', 'sex=male')]
    """
    return [
        {
            "derivation": str(row["derivation"]),
            "side": side,
            "indicator": str(row[f"{side}_indicator"]),
            "version": version,
            "breakdown": str(row[f"{side}_breakdown"] or ""),
        }
        for row in derivations
        if row["kind"] != "pair"
        for side in ("first", "second")
        for version in versions.get(str(row[f"{side}_indicator"]), ())
        if version.partition(".")[0] == str(row[f"{side}_version"]).partition(".")[0]
    ]


def are_apart(row: Mapping[str, Any]) -> bool:
    """Say whether the two figures of a derivation are about people none of whom is in both.

    That is known where both are one indicator, broken down by the same dimensions, with another code in one of them.

    >>> base = {"first_indicator": "a", "second_indicator": "a"}
    >>> are_apart(base | {"first_breakdown": "sex=female", "second_breakdown": "sex=male"})
    True
    >>> are_apart(base | {"first_breakdown": "sex=female", "second_breakdown": ""})
    False
    """
    if row["first_indicator"] != row["second_indicator"]:
        return False
    first, second = (
        dict(part.split("=", 1) for part in str(row[name] or "").split(";") if "=" in part)
        for name in ("first_breakdown", "second_breakdown")
    )
    return first.keys() == second.keys() and first != second

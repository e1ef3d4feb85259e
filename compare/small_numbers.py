"""Figures about too few people are hidden before anything is published.

In:   harmonised observations, the rules of small numbers, the units of indicators and the kinds of areas
Out:  the same observations; those that a rule hides have the status suppressed and no number at all

What one figure means is decided by is_hidden; the expression follows the same rule for any number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ingest.expressions import expression, ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Units that count people or cases, one by one. Others are hidden by their numerator, denominator or sample.
COUNTS = frozenset({"count", "people"})

_NUMBERS = (
    "value_text",
    "value",
    "lower_limit",
    "upper_limit",
    "numerator",
    "denominator",
    "sample_size",
    "note",
)


@dataclass(frozen=True, slots=True)
class SmallNumber:
    """A rule of small numbers; None where it says nothing of it."""

    indicator: str | None = None
    area_type: str | None = None
    least_count: int | None = None
    least_people: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure with what it rests on."""

    indicator: str
    area_type: str
    unit: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample_size: int | None = None


def is_hidden(rule: SmallNumber, figure: Counted) -> bool:
    """Say whether a rule hides a figure.

    >>> rule = SmallNumber(least_count=5)
    >>> [is_hidden(rule, Counted("a", "lsoa", "people", Decimal(n))) for n in (0, 1, 4, 5)]
    [False, True, True, False]
    """
    if rule.indicator not in {None, figure.indicator} or rule.area_type not in {None, figure.area_type}:
        return False
    counts = [figure.numerator, figure.value if figure.unit in COUNTS else None]
    people = [figure.denominator, figure.sample_size]
    return any(
        rule.least_count is not None and count is not None and 0 < count < rule.least_count
        for count in counts
    ) or any(
        rule.least_people is not None and number is not None and number < rule.least_people
        for number in people
    )


@expression
def hide(
    observations: ibis.Table, rules: Sequence[SmallNumber], indicators: ibis.Table, areas: ibis.Table
) -> ibis.Table:
    """Hide every figure that a rule hides: all its numbers go, and its note, which could tell them."""
    units = indicators.select("unit", of_indicator="indicator", of_version="version")
    kinds = areas.select("area_type", of_area="area")
    known = observations.left_join(
        units,
        [observations.indicator == units.of_indicator, observations.version == units.of_version],
    )
    known = known.left_join(kinds, [known.area == kinds.of_area])
    hidden: ir.BooleanValue = ibis.literal(False)
    for rule in rules:
        hidden = hidden | _hides(rule, known).fill_null(False)
    marked = known.mutate(is_hidden=hidden)
    changed: Mapping[str, Any] = {
        **{
            name: ibis.ifelse(marked.is_hidden, ibis.null().cast(marked[name].type()), marked[name])
            for name in _NUMBERS
        },
        # A figure that is missing for another reason keeps it.
        "status": ibis.ifelse(marked.is_hidden & marked.value.notnull(), "suppressed", marked.status),
    }
    return marked.select(**{name: changed.get(name, marked[name]) for name in observations.columns})


def _hides(rule: SmallNumber, rows: ibis.Table) -> ir.BooleanValue:
    """Write is_hidden as an expression."""
    hidden: ir.BooleanValue = ibis.literal(False)
    if rule.least_count is not None:
        for number, counts in (
            (rows.numerator.try_cast("float64"), ibis.literal(True)),
            (rows.value, rows.unit.isin(sorted(COUNTS))),
        ):
            small = counts & (number > 0) & (number < rule.least_count)
            hidden = hidden | small.fill_null(False)
    if rule.least_people is not None:
        for number in (rows.denominator.try_cast("float64"), rows.sample_size):
            hidden = hidden | (number < rule.least_people).fill_null(False)
    if rule.indicator is not None:
        hidden = hidden & (rows.indicator == rule.indicator)
    if rule.area_type is not None:
        hidden = hidden & (rows.area_type == rule.area_type)
    return hidden

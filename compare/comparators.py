"""The figures of many councils become what stands for them: sums for each comparator.

In:   the figures of councils (compare.distribution), who belongs to what (compare.membership)
Out:  one row for each dataset, indicator, version, period, breakdown, comparator and tier, with exact sums

Sums are taken over decimals of six places and are exact, so no order of rows and no number of threads changes
them. What the sums become is decided in compare.rebuilding, on small values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compare.distribution import KEY
from ingest.expressions import expression, ibis, without

# Twelve digits in front and six behind are what engines read fast. A council's number that is larger counts as
# missing; digits after the sixth place are rounded away.
_NUMBER = "decimal(18, 6)"
_SUM = "decimal(38, 6)"


@expression
def comparator_sums(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Add up the figures of each comparator's councils.

    tables   "council_figures" as compare.distribution.council_figures gives them, with value_text, numerator and
             denominator as text and counted_on; "memberships" (comparator, area, start_on, end_on), "areas",
             "periods", "area_changes", "tiers", and "published" (KEY, comparator, value_text, lower_limit,
             upper_limit): the figures that publishers give for a comparator itself

    A council belongs to a comparator by the period's last day; one that the source restated earlier
    periods on, by its own first day. A council that existed and has no figure is missing, unless its figure stands
    under the council that followed it.

    Columns: KEY, comparator, tier; area_count; expected, null where no council is, existing_count and covered (what
    is missing is the first less the other two); value, lowest, highest, numerator, denominator (decimals);
    parts_count; published_text, published_lower, published_upper.
    """
    figures, belonging = tables["council_figures"], tables["memberships"]
    rows = figures.select(
        *KEY,
        "tier",
        "area",
        "counted_on",
        is_existing=(~figures.is_restated).cast("int64"),
        covered=ibis.literal(0, "int64"),
        value=_exact(figures.value_text),
        numerator=_exact(figures.numerator),
        denominator=_exact(figures.denominator),
    ).union(_covered(figures, tables), distinct=False)
    rows = rows.join(belonging, "area")
    rows = rows.filter(rows.start_on <= rows.counted_on, rows.counted_on <= rows.end_on)
    has_parts = rows.value.notnull() & rows.numerator.notnull() & rows.denominator.notnull()
    sums = rows.group_by([*KEY, "comparator", "tier"]).aggregate(
        area_count=rows.value.count(),
        existing_count=rows.is_existing.sum(where=rows.value.notnull()),
        covered=rows.covered.sum(),
        value=rows.value.sum().cast(_SUM),
        lowest=rows.value.min(),
        highest=rows.value.max(),
        parts_count=rows.value.count(where=has_parts),
        numerator=rows.numerator.sum(where=has_parts).cast(_SUM),
        denominator=rows.denominator.sum(where=has_parts).cast(_SUM),
    )
    sums = sums.filter(sums.area_count > 0)
    expected = _expected(tables).rename(x_period="period", x_comparator="comparator", x_tier="tier")
    joined = sums.left_join(
        expected,
        [
            sums.period == expected.x_period,
            sums.comparator == expected.x_comparator,
            sums.tier == expected.x_tier,
        ],
    )
    sums = without(joined, "x_period", "x_comparator", "x_tier")
    published = tables["published"]
    published = published.select(
        *KEY,
        "comparator",
        published_text=published.value_text,
        published_lower=published.lower_limit,
        published_upper=published.upper_limit,
    )
    return sums.left_join(published, [*KEY, "comparator"]).select(
        *(sums[name] for name in sums.columns), "published_text", "published_lower", "published_upper"
    )


def _covered(figures: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Give the councils whose figure stands under the council that followed them, once for each figure."""
    changes, periods = tables["area_changes"], _periods(tables)
    restated = figures.filter(figures.is_restated).select(*KEY, "tier", to_area="area")
    pairs = restated.join(changes.select("to_area", "from_area"), "to_area")
    pairs = pairs.select(*KEY, "tier", area="from_area").distinct()
    areas = tables["areas"].select("area", "area_type", "start_on", "end_on")
    pairs = pairs.join(areas, "area").join(tables["tiers"], ["area_type", "tier"]).join(periods, "period")
    pairs = _existing(pairs)
    nothing = ibis.null(_NUMBER)
    return pairs.select(
        *KEY,
        "tier",
        "area",
        counted_on=pairs.period_end,
        is_existing=ibis.literal(0, "int64"),
        covered=ibis.literal(1, "int64"),
        value=nothing,
        numerator=nothing,
        denominator=nothing,
    )


def _expected(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Count the councils of each tier that belong to a comparator and exist on a period's last day."""
    belonging = tables["memberships"].rename(from_on="start_on", until_on="end_on")
    areas = tables["areas"].select("area", "area_type", "start_on", "end_on")
    rows = belonging.join(areas, "area").join(tables["tiers"], "area_type").cross_join(_periods(tables))
    rows = _existing(rows)
    rows = rows.filter(rows.from_on <= rows.period_end, rows.period_end <= rows.until_on)
    return rows.group_by(["period", "comparator", "tier"]).aggregate(expected=rows.count())


def _existing(rows: ibis.Table) -> ibis.Table:
    return rows.filter(
        rows.start_on.isnull() | (rows.start_on <= rows.period_end),
        rows.end_on.isnull() | (rows.end_on >= rows.period_end),
    )


def _periods(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    return tables["periods"].select("period", period_end=tables["periods"].end_on)


def _exact(text: Any) -> Any:
    """Read a number in plain notation, which harmonising has made of it; one that is too large becomes null."""
    return text.try_cast(_NUMBER)

"""The figures of all councils of a tier become one distribution.

In:   typed standard tables as Ibis expressions, from ingest.harmonise
Out:  one row for each dataset, indicator, version, period, breakdown and tier, with its quartiles

Written as expressions that give the same rows on any engine and with any number of threads: no mean(),
quantile() or ntile(), whose results depend on the order in which an engine meets the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingest.expressions import expression, ibis
from schemas import load_model

KEY = ("dataset", "indicator", "version", "period", "breakdown")

# A figure that was counted in another way does not belong among the others.
_LEFT_OUT = ("definition-differs",)


@expression
def distributions(figures: ibis.Table) -> ibis.Table:
    """Describe how the figures of each tier's councils are spread.

    figures   as council_figures gives them

    Quartiles lie between the two nearest figures in proportion, as the median of an even number of figures lies
    half-way.

    Columns: KEY, tier, area_count, lowest, lower_quartile, median, upper_quartile, highest (float64).
    """
    key = [*KEY, "tier"]
    spread = figures.group_by(key).aggregate(values=figures.value.collect())
    # Sorted, so that it is all one in which order the engine met them.
    spread = spread.mutate(values=spread.values.sort(), area_count=spread.values.length().cast("int64"))
    last = spread.area_count - 1
    quarters = {"lower_quartile": 1, "median": 2, "upper_quartile": 3}
    return spread.select(
        *key,
        "area_count",
        lowest=spread.values[0],
        **{name: _between(spread.values, last * quarter) for name, quarter in quarters.items()},
        highest=spread.values[last],
    ).select(*key, "area_count", "lowest", *quarters, "highest")


def _between(values: Any, quarters: Any) -> Any:
    """Give what lies so many quarters of a step into sorted values, in proportion between its two neighbours."""
    below, above = values[quarters // 4], values[(quarters + 3) // 4]
    return below + (above - below) * (quarters % 4).cast("float64") / ibis.literal(4.0)


@expression
def council_figures(tables: Mapping[str, ibis.Table], more: Sequence[str] = ()) -> ibis.Table:
    """Give each usable figure of a council, once for each tier it is compared in.

    tables   "observations", "indicators", "areas", "area_changes", "periods" and "tiers" (tiers_of_types)
    more     further columns of observations to hand on

    A council counts in a period if it existed on the period's last day, or if the source restated the period
    on it and gives no figure for the council it followed: no place counts twice. Only councils of a tier that
    answers for the indicator are in the set.

    Columns: KEY, tier, area, value, is_restated, counted_on (the period's last day, or the first day of a council
    that the period was restated on), and `more`.
    """
    observations = tables["observations"]
    areas = tables["areas"].select("area", "area_type", "start_on", "end_on")
    periods = tables["periods"].select("period", period_end=tables["periods"].end_on)
    indicators = tables["indicators"].select("indicator", "version", answering=tables["indicators"].tier)
    figures = (
        observations.filter(observations.value.notnull(), observations.status.notin(_LEFT_OUT))
        .select(*KEY, "area", "value", *more)
        .join(areas, "area")
        .join(periods, "period")
        .join(indicators, ["indicator", "version"])
        .join(tables["tiers"], "area_type")
    )
    figures = figures.filter((figures.answering == "every-council") | (figures.answering == figures.tier))
    existed = figures.filter(
        figures.start_on.isnull() | (figures.start_on <= figures.period_end),
        figures.end_on.isnull() | (figures.end_on >= figures.period_end),
    )
    restated = figures.filter(figures.start_on > figures.period_end)
    followed = tables["area_changes"].select(
        area=tables["area_changes"].to_area, predecessor=tables["area_changes"].from_area
    )
    known = observations.filter(observations.value.notnull()).select(*KEY, predecessor=observations.area)
    doubled = (
        restated.join(followed, "area").join(known, [*KEY, "predecessor"]).select(*KEY, "area").distinct()
    )
    restated = restated.anti_join(doubled, [*KEY, "area"])
    columns = (*KEY, "tier", "area", "value", *more)
    return existed.select(*columns, is_restated=ibis.literal(False), counted_on=existed.period_end).union(
        restated.select(*columns, is_restated=ibis.literal(True), counted_on=restated.start_on),
        distinct=False,
    )


def tiers_of_types() -> pa.Table:
    """Tell which area types belong to the two tiers that are compared within: area_type, tier."""
    tiers = load_model().code_lists["tier"]
    pairs = [
        {"area_type": area_type, "tier": code.code}
        for code in tiers.codes
        if code.code != "every-council"
        for area_type in code.more["area_types"]
    ]
    return pa.Table.from_pylist(pairs)

"""Councils beside each other for one indicator and period: the rows of a table with bars and words.

In:   one cell (dataset, indicator, version, period, breakdown) and a tier, or some areas
Out:  CouncilRow for each area, with its standing against the middle council, or why it has none

Which council a row may be held against is decided by compare.verdict. There is no place in an order: rows
stand by name, or by figure where a reader asks for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import charts, sentences
from api.observations import load_codes
from api.pages.definitions import Definition
from api.pages.page import address_of
from api.pages.places import Place, compared_tier, load_councils, types_of_tier
from api.pages.series import Cell, Observed, list_areas_of_cell, list_observed, numbers_of, read_spread
from api.sentences import Span
from compare import Distribution, Level, Standing, Verdict, standing

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Period:
    """A period in which an indicator has figures of a tier, and which they are."""

    cell: Cell
    span: Span

    @property
    def words(self) -> str:
        return sentences.period_words(self.span)


@dataclass(frozen=True, slots=True)
class CouncilRow:
    """One area in a table of councils.

    seen     its observation; None if none is published
    verdict  how it may be compared with the council in focus, where there is one
    """

    place: Place
    definition: Definition
    seen: Observed | None
    spread: Distribution | None
    is_this: bool = False
    bar: Markup = field(default=Markup(""))
    verdict: Verdict | None = None

    @property
    def value(self) -> float | None:
        return None if self.seen is None or self.seen.value is None else float(self.seen.value)

    @property
    def runs(self) -> bool:
        """The council runs the service that the indicator is about."""
        return not self.place.is_council or (
            compared_tier(self.definition.tier, self.place.area_type) is not None
        )

    @property
    def text(self) -> str:
        """The figure, or in words why there is none."""
        if self.seen is None:
            return sentences.status_words("not-available" if self.runs else "not-provided")
        if self.seen.value is None:
            return sentences.status_words(self.seen.status)
        return sentences.short_figure(self.seen.value, self.definition.unit, self.definition.decimals)

    @property
    def range_text(self) -> str:
        if self.seen is None or self.seen.value is None or self.seen.figure.limits is None:
            return ""
        return sentences.range_words(*self.seen.figure.limits, self.definition.unit, self.definition.decimals)

    @property
    def range_method(self) -> str:
        """How the range was found, where its publisher did not give it."""
        return sentences.limit_words(self.seen.limit_method) if self.range_text and self.seen else ""

    @property
    def remark(self) -> str:
        """The status of a figure that has a value."""
        return "" if self.value is None or self.seen is None else sentences.status_words(self.seen.status)

    @property
    def is_comparable(self) -> bool:
        return self.verdict is None or self.verdict.level is not Level.NOT_COMPARABLE

    @property
    def standing(self) -> Standing | None:
        if self.seen is None or self.spread is None or self.definition.is_total:
            return None
        if self.spread.area_count < 2:  # a council alone is no middle of anything
            return None
        if self.seen.status == "definition-differs":
            return None
        return standing(self.seen.figure, self.spread)

    @property
    def words(self) -> str:
        """How the figure stands, or why it does not."""
        if not self.is_comparable and self.verdict is not None:
            return self.verdict.reasons[0].text
        return sentences.standing_words(self.standing)

    @property
    def direction(self) -> str:
        standing = self.standing if self.is_comparable else None
        return standing.direction if standing is not None else "none"

    @property
    def address(self) -> str | None:
        """The address of the observation, for citing it."""
        if self.seen is None:
            return None
        key = self.seen.figure
        breakdown = key.breakdown.split(";") if key.breakdown else []
        return address_of("observation", key.dataset, key.indicator, key.area, key.period, *breakdown)


def list_periods(edition: Edition, indicator: str, tier: str) -> list[Period]:
    """List the periods in which councils of a tier have figures of an indicator, newest first.

    Figures that are not broken down stand for the indicator; where there are none, those of the first group.
    """
    rows = edition.rows(
        "SELECT d.dataset, d.indicator, d.version, d.period, d.breakdown, p.label, p.start_on, p.end_on"
        " FROM distributions d JOIN periods p ON p.period = d.period"
        " WHERE d.indicator = ? AND d.tier = ?"
        " ORDER BY p.end_on DESC, p.start_on, d.breakdown, d.dataset, d.version DESC",
        (indicator, tier),
    )
    out: dict[str, Period] = {}
    for row in rows:
        cell = Cell(*(row[name] for name in ("dataset", "indicator", "version", "period", "breakdown")))
        dates = (dt.date.fromisoformat(row[name]) for name in ("start_on", "end_on"))
        out.setdefault(row["period"], Period(cell, Span(row["label"], *dates)))
    return list(out.values())


def find_spread(edition: Edition, cell: Cell, tier: str) -> Distribution | None:
    """Find how the councils of a tier are spread."""
    row = edition.row(
        "SELECT * FROM distributions WHERE indicator = ? AND version = ? AND period = ? AND breakdown = ?"
        " AND tier = ? AND dataset = ?",
        (cell.indicator, cell.version, cell.period, cell.breakdown, tier, cell.dataset),
    )
    return None if row is None else read_spread(row)


def list_rows(
    edition: Edition, definition: Definition, period: Period, places: Iterable[Place], focus: str = ""
) -> list[CouncilRow]:
    """List places with their figures of one period, by name. The one in focus is marked.

    Each row is held against the middle council of its own tier, and a district never against a county.
    """
    by_area = {place.area: place for place in places}
    cell = period.cell
    areas = load_codes(edition).numbers["area"]
    wanted = numbers_of(edition, cell) | {"area": [areas[area] for area in by_area if area in areas]}
    observed = list_observed(edition, wanted, lambda *_: definition, by_area)
    seen = {one.figure.area: _judged_by_place(one, definition, by_area[one.figure.area]) for one in observed}
    spreads: dict[str, Distribution | None] = {}
    out = []
    for place in by_area.values():
        tier = compared_tier(definition.tier, place.area_type)
        if tier is not None and tier not in spreads:
            spreads[tier] = find_spread(edition, cell, tier)
        spread = spreads.get(tier) if tier is not None else None
        out.append(CouncilRow(place, definition, seen.get(place.area), spread, place.area == focus))
    return sorted(out, key=lambda row: (row.place.name, row.place.area))


def _judged_by_place(seen: Observed, definition: Definition, place: Place) -> Observed:
    """Mark a council that does not run the service, whatever it has a figure of."""
    if place.is_council and compared_tier(definition.tier, place.area_type) is None:
        return replace(seen, figure=replace(seen.figure, runs=False))
    return seen


def list_tier_rows(edition: Edition, definition: Definition, period: Period, tier: str) -> list[CouncilRow]:
    """List every council of a tier that existed in a period, and any other of its types that has a figure."""
    end_on = period.span.end_on
    types = types_of_tier(tier)
    with_figure = list_areas_of_cell(edition, period.cell)
    places = [
        place
        for place in load_councils(edition).values()
        if place.area_type in types and (place.area in with_figure or _existed(place, end_on))
    ]
    rows = list_rows(edition, definition, period, places)
    return _without_followers(edition, rows)


def _existed(place: Place, on: dt.date) -> bool:
    has_begun = place.start_on is None or place.start_on <= on
    return has_begun and (place.end_on is None or place.end_on >= on)


def _without_followers(edition: Edition, rows: Sequence[CouncilRow]) -> list[CouncilRow]:
    """Leave out a council without a figure whose figure stands under the code before or after its own."""
    known = {row.place.area for row in rows if row.seen is not None}
    missing = [row.place.area for row in rows if row.seen is None]
    marks = ",".join("?" * len(missing))
    changes = edition.rows(
        # Only question marks are put into the statement.
        f"SELECT from_area, to_area FROM area_changes WHERE from_area IN ({marks})"  # noqa: S608
        f" OR to_area IN ({marks})",
        (*missing, *missing),
    )
    told = {row["to_area"] for row in changes if row["from_area"] in known}
    told |= {row["from_area"] for row in changes if row["to_area"] in known}
    return [row for row in rows if row.seen is not None or row.place.area not in told]


def with_bars(rows: Sequence[CouncilRow]) -> list[CouncilRow]:
    """Draw the bars of the rows of one table on one scale. A row without a figure has no bar."""
    values = [row.value for row in rows if row.value is not None and row.is_comparable]
    ends = [
        float(limit)
        for row in rows
        if row.is_comparable and row.value is not None and row.seen is not None and row.seen.figure.limits
        for limit in row.seen.figure.limits
    ]
    if not values:
        return list(rows)
    lowest, highest = min(values + ends), max(values + ends)
    out = []
    for row in rows:
        bar = Markup("")
        if row.value is not None and row.is_comparable and row.seen is not None and row.spread is not None:
            limits = row.seen.figure.limits
            bar = charts.bar(
                row.value,
                lowest,
                highest,
                float(row.spread.median),
                (float(limits[0]), float(limits[1])) if limits else None,
            )
        out.append(replace(row, bar=bar))
    return out


def in_order(rows: Sequence[CouncilRow], order: str) -> list[CouncilRow]:
    """Put rows in the order a reader asked for: by figure, highest first, or else by name.

    Rows without a figure, and those that may not be compared, come last.
    """
    if order != "figure":
        return sorted(rows, key=lambda row: (row.place.name, row.place.area))

    def place(row: CouncilRow) -> tuple[bool, float, str]:
        usable = row.value is not None and row.is_comparable
        return not usable, -(row.value or 0.0), row.place.name

    return sorted(rows, key=place)

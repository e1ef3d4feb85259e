"""The figures of one area, each with all that it is held against.

In:   the observations, periods and distributions of an edition
Out:  AreaFigure: one indicator's series for one area, its standing, its change, and their texts

The summary table, the sentence on a card and the chart beside it all read one AreaFigure, so they cannot say
different things. Whether two figures may be compared is decided by compare.verdict and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import MONTHS_BETWEEN, Definition, Definitions
from api.pages.places import Group, Place, compared_tier, types_of_tier
from api.sentences import Span
from compare import (
    Change,
    Distribution,
    Figure,
    Level,
    Standing,
    Step,
    Verdict,
    change,
    standing,
    verdict,
)

if TYPE_CHECKING:
    from api.edition import Edition

# Days that an average month has; a line is cut where a figure is overdue by half its interval.
_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation with its period in words."""

    figure: Figure
    span: Span
    note: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample_size: int | None = None

    @property
    def value(self) -> Decimal | None:
        return self.figure.value

    @property
    def status(self) -> str:
        return self.figure.status


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of the similar councils in one period, and over how many that have a figure."""

    span: Span
    version: str
    value: Decimal
    among: int
    is_after_break: bool


@dataclass(frozen=True)
class AreaFigure:
    """One indicator's figures for one area, from one dataset, and what the newest is held against.

    series   of the area, oldest first, never empty
    country  the same of the country around it, where there is one
    similar  the middle of its similar councils, oldest first
    spread   how the councils of its tier are spread in the newest period
    """

    definition: Definition
    dataset: str
    place: Place
    series: tuple[Observed, ...]
    steps: Sequence[Step]
    country: tuple[Observed, ...] = ()
    similar: tuple[Middle, ...] = ()
    spread: Distribution | None = None

    @property
    def latest(self) -> Observed:
        return self.series[-1]

    @property
    def has_value(self) -> bool:
        return self.latest.value is not None

    @cached_property
    def breaks(self) -> tuple[dt.date, ...]:
        """First days of periods from which the area's figures were counted differently."""
        return tuple(one.figure.period_start for one in self.series if one.status == "break")

    @cached_property
    def earlier(self) -> Observed | None:
        """The observation before the newest."""
        return self.series[-2] if len(self.series) > 1 else None

    @cached_property
    def verdict(self) -> Verdict | None:
        """Whether the newest figure may be compared with the one before; None if there is none before."""
        return None if self.earlier is None else self.decide(self.earlier, self.latest)

    @cached_property
    def change(self) -> Change | None:
        if self.earlier is None or self.verdict is None:
            return None
        return change(self.earlier.figure, self.latest.figure, self.verdict)

    @cached_property
    def standing(self) -> Standing | None:
        if self.spread is None or self.latest.status == "definition-differs":
            return None
        return standing(self.latest.figure, self.spread)

    @cached_property
    def country_now(self) -> Observed | None:
        """The country's observation for the newest period."""
        period = self.latest.figure.period
        return next((one for one in self.country if one.figure.period == period), None)

    @cached_property
    def country_verdict(self) -> Verdict | None:
        if self.country_now is None:
            return None
        return verdict(self.latest.figure, self.country_now.figure, steps=self.steps)

    @property
    def compares_with_country(self) -> bool:
        """A rate may stand beside the country's; a total may not."""
        return not self.definition.is_total and self.place.area_type != "country"

    @cached_property
    def similar_now(self) -> Middle | None:
        """The middle of the similar councils in the newest period."""
        label = self.latest.span
        return next((one for one in self.similar if one.span == label), None)

    @cached_property
    def distance(self) -> Decimal:
        """How far the newest figure lies from the middle council, in widths of the middle half."""
        if self.spread is None or self.latest.value is None:
            return Decimal(0)
        width = self.spread.upper_quartile - self.spread.lower_quartile
        return abs(self.latest.value - self.spread.median) / width if width else Decimal(0)

    @property
    def stands_out(self) -> bool:
        """Clearly outside: beyond its range, and where the range is not known, outside the middle half."""
        seen, spread, value = self.standing, self.spread, self.latest.value
        if seen is None or spread is None or value is None or seen.direction == "no-clear-difference":
            return False
        return not spread.lower_quartile <= value <= spread.upper_quartile

    def decide(self, earlier: Observed, later: Observed) -> Verdict:
        """Decide whether two figures of the area may be compared."""
        return verdict(earlier.figure, later.figure, steps=self.steps, breaks=self.breaks)

    # Texts. Each is written here once, for the table, the card and the chart alike.

    def write(self, value: Decimal | float) -> str:
        """Write a value of this indicator."""
        exact = value if isinstance(value, Decimal) else Decimal(str(round(value, 6)))
        return sentences.figure(exact, self.definition.unit, self.definition.decimals)

    def write_short(self, value: Decimal | float, decimals: int | None = None) -> str:
        """Write a value as a chart does, with the definition's decimals if no others are asked for."""
        exact = value if isinstance(value, Decimal) else Decimal(str(round(value, 6)))
        places = self.definition.decimals if decimals is None else decimals
        return sentences.short_figure(exact, self.definition.unit, places)

    def write_observed(self, one: Observed | None) -> str:
        """Write a figure, or in words why there is none."""
        if one is None:
            return sentences.status_words("not-available")
        return self.write(one.value) if one.value is not None else sentences.status_words(one.status)

    @property
    def here_text(self) -> str:
        return self.write_observed(self.latest)

    @property
    def similar_text(self) -> str:
        if self.definition.is_total:
            return "Not comparable"
        return "Not available" if self.similar_now is None else self.write(self.similar_now.value)

    @property
    def country_text(self) -> str:
        if self.country_verdict is not None and self.country_verdict.level is Level.NOT_COMPARABLE:
            no_value = self.country_now is not None and self.country_now.value is None
            return self.write_observed(self.country_now) if no_value else "Not comparable"
        return self.write_observed(self.country_now)

    @property
    def standing_text(self) -> str:
        return sentences.standing_words(self.standing)

    @property
    def change_text(self) -> str:
        if self.earlier is None:
            return "First figure"
        if not self.has_value:
            return "Not available"
        return sentences.change_words(self.change, self.definition.unit, self.definition.decimals)

    @property
    def arrow(self) -> str:
        """The sign before a change; none where nothing clear changed."""
        if self.change is None or self.change.direction == "no-clear-change":
            return ""
        return "▲" if self.change.direction == "up" else "▼"

    @property
    def parts(self) -> tuple[str, str]:
        """The newest figure in two parts, for a large and a small size of letters."""
        value = self.latest.value
        if value is None:
            return "", ""
        return sentences.figure_parts(value, self.definition.unit, self.definition.decimals)

    @property
    def range_text(self) -> str:
        """The range of the newest figure; empty if it is not known."""
        return self.write_range(self.latest)

    def write_range(self, one: Observed) -> str:
        if one.figure.limits is None:
            return ""
        return sentences.range_words(*one.figure.limits, self.definition.unit, self.definition.decimals)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Say the newest figure, its change and its standing."""
        definition, latest = self.definition, self.latest
        if latest.value is None:
            return (sentences.missing_sentence(self.place.name, latest.status, latest.span),)
        out = [sentences.figure_sentence(self.place.name, self.write(latest.value), latest.span)]
        if self.earlier is not None and self.change is not None:
            told = (definition.unit, definition.decimals, self.earlier.span, latest.span)
            out.append(sentences.change_sentence(self.change, *told))
        elif self.earlier is not None and self.verdict is not None and self.earlier.value is not None:
            before = sentences.before_words(self.earlier.span, latest.span)
            out.append(f"Not comparable with {before}.")
        if self.standing is not None and self.spread is not None:
            out.append(sentences.standing_sentence(self.standing, self.write(self.spread.median)))
        return tuple(out)

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """Why the figures on a card are to be compared with care or not at all, each reason once."""
        out: list[str] = []
        if self.has_value and self.earlier is not None and self.earlier.value is not None and self.verdict:
            out += [reason.text for reason in self.verdict.reasons]
        if (
            self.has_value
            and self.country_verdict
            and self.country_now
            and self.country_now.value is not None
        ):
            out += [reason.text for reason in self.country_verdict.reasons]
        return tuple(dict.fromkeys(out))

    def may_join(self, earlier: Observed, later: Observed) -> bool:
        """Say whether a line may lead from one figure to the next."""
        if is_overdue(self.definition, earlier.span, later.span):
            return False
        return self.decide(earlier, later).level is not Level.NOT_COMPARABLE


def is_overdue(definition: Definition, earlier: Span, later: Span) -> bool:
    """Say whether a figure that should have come between two periods is missing."""
    months = MONTHS_BETWEEN.get(definition.frequency)
    return months is not None and (later.start_on - earlier.start_on).days > 1.5 * months * _MONTH


_OBSERVATIONS = (
    "SELECT o.dataset, o.indicator, o.version, o.area, o.period, o.value_text, o.status, o.lower_limit,"
    " o.upper_limit, o.numerator, o.denominator, o.sample_size, o.note, o.breakdown,"
    " p.label AS period_label, p.kind AS period_kind, p.start_on, p.end_on"
    " FROM observations o JOIN periods p ON p.period = o.period"
)


def read_observed(row: Any, definition: Definition, place: Place) -> Observed:
    """Make an observation of a row of _OBSERVATIONS."""
    start_on, end_on = dt.date.fromisoformat(row["start_on"]), dt.date.fromisoformat(row["end_on"])
    value = row["value_text"]
    figure = Figure(
        indicator=row["indicator"],
        version=row["version"],
        dataset=row["dataset"],
        unit=definition.unit.notation,
        area=row["area"],
        area_type=place.area_type,
        period=row["period"],
        period_kind=row["period_kind"],
        period_start=start_on,
        period_end=end_on,
        value=Decimal(value) if value is not None else None,
        status=row["status"],
        lower_limit=_decimal(row["lower_limit"]),
        upper_limit=_decimal(row["upper_limit"]),
        breakdown=row["breakdown"],
        is_total=definition.is_total,
        tiers=place.tiers,
        runs=row["status"] != "not-provided",
        is_sampled=definition.is_sampled,
        area_start=place.start_on,
        area_end=place.end_on,
    )
    return Observed(
        figure,
        Span(row["period_label"], start_on, end_on),
        row["note"],
        _decimal(row["numerator"]),
        _decimal(row["denominator"]),
        row["sample_size"],
    )


def _decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def list_series(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None = None
) -> dict[tuple[str, str], tuple[Observed, ...]]:
    """List an area's figures that are not broken down, by dataset and indicator, oldest first."""
    sql = f"{_OBSERVATIONS} WHERE o.area = ? AND o.breakdown = ''"
    params = [place.area]
    if indicator is not None:
        sql += " AND o.indicator = ?"
        params.append(indicator)
    out: dict[tuple[str, str], list[Observed]] = {}
    for row in edition.rows(f"{sql} ORDER BY p.start_on, p.end_on", params):
        definition = definitions.get(row["indicator"], row["version"])
        one = read_observed(row, definition, place)
        out.setdefault((row["dataset"], row["indicator"]), []).append(one)
    return {key: tuple(listed) for key, listed in out.items()}


def list_spreads(edition: Edition, tier: str) -> dict[tuple[str, str, str, str], Distribution]:
    """List the distributions of a tier, by dataset, indicator, version and period."""
    rows = edition.rows("SELECT * FROM distributions WHERE tier = ? AND breakdown = ''", (tier,))
    return {
        (row["dataset"], row["indicator"], row["version"], row["period"]): read_spread(row) for row in rows
    }


def read_spread(row: Any) -> Distribution:
    """Make a distribution of a row of its table."""
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    return Distribution(
        row["tier"], row["area_count"], *(Decimal(str(round(row[name], 9))) for name in names)
    )


def list_middles(
    edition: Edition, members: Sequence[str], indicators: Iterable[str]
) -> dict[tuple[str, str], tuple[Middle, ...]]:
    """Work out the middle of some councils in each period, by dataset and indicator, oldest first."""
    wanted = sorted(set(indicators))
    if not members or not wanted:
        return {}
    rows = edition.rows(
        # Only question marks are put into the statement.
        "SELECT o.dataset, o.indicator, o.version, o.value, o.status, p.label, p.start_on, p.end_on"  # noqa: S608
        " FROM observations o JOIN periods p ON p.period = o.period"
        f" WHERE o.area IN ({','.join('?' * len(members))}) AND o.breakdown = ''"
        f" AND o.indicator IN ({','.join('?' * len(wanted))})"
        " AND o.value IS NOT NULL AND o.status <> 'definition-differs'",
        (*members, *wanted),
    )
    found: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        key = ("dataset", "indicator", "start_on", "end_on", "label", "version")
        found.setdefault(tuple(row[name] for name in key), []).append(row)
    out: dict[tuple[str, str], list[Middle]] = {}
    for (dataset, indicator, start_on, end_on, label, version), listed in sorted(found.items()):
        middle = Decimal(str(round(statistics.median(row["value"] for row in listed), 9)))
        span = Span(label, dt.date.fromisoformat(start_on), dt.date.fromisoformat(end_on))
        is_after_break = any(row["status"] == "break" for row in listed)
        out.setdefault((dataset, indicator), []).append(
            Middle(span, version, middle, len(listed), is_after_break)
        )
    return {key: tuple(listed) for key, listed in out.items()}


def list_area_figures(
    edition: Edition, definitions: Definitions, place: Place, country: Place | None, group: Group | None
) -> list[AreaFigure]:
    """List an area's figures, one for each indicator, in the order of themes and labels.

    Where several datasets have an indicator, the one with the newest figure stands for it, then the first.
    """
    series = list_series(edition, definitions, place)
    chosen: dict[str, str] = {}
    for (dataset, indicator), listed in sorted(series.items()):
        known = chosen.get(indicator)
        if known is None or listed[-1].span.end_on > series[known, indicator][-1].span.end_on:
            chosen[indicator] = dataset
    around = list_series(edition, definitions, country) if country is not None else {}
    spreads = {tier: list_spreads(edition, tier) for tier in sorted(place.tiers)}
    rates = [indicator for indicator in chosen if not definitions.in_use[indicator].is_total]
    middles = list_middles(edition, group.members, rates) if group is not None else {}
    out = []
    for indicator, dataset in chosen.items():
        listed = series[dataset, indicator]
        newest = listed[-1].figure
        definition = definitions.get(indicator, newest.version)
        tier = compared_tier(definition.tier, place.area_type)
        key = (dataset, indicator, newest.version, newest.period)
        out.append(
            AreaFigure(
                definition,
                dataset,
                place,
                listed,
                definitions.steps[indicator],
                around.get((dataset, indicator), ()),
                middles.get((dataset, indicator), ()),
                spreads[tier].get(key) if tier else None,
            )
        )
    order = list(definitions.themes)
    return sorted(out, key=lambda one: (_theme_place(order, one.definition), one.definition.label))


def _theme_place(order: Sequence[str], definition: Definition) -> int:
    theme = definition.themes[0] if definition.themes else ""
    return order.index(theme) if theme in order else len(order)


@dataclass(frozen=True, slots=True)
class Cell:
    """Which figures: of one dataset, indicator, version and period, not broken down."""

    dataset: str
    indicator: str
    version: str
    period: str


def list_council_values(edition: Edition, cell: Cell, tier: str) -> list[tuple[str, float]]:
    """List the usable figures of a tier's councils, by area: the set that its distribution describes.

    A council counts if it existed on the period's last day, or if the source restated the period on it and
    gives none for the council it followed.
    """
    types = types_of_tier(tier)
    where = "o.indicator = ? AND o.version = ? AND o.period = ? AND o.dataset = ? AND o.breakdown = ''"
    params = (cell.indicator, cell.version, cell.period, cell.dataset)
    # Only our own words and question marks are put into the statements.
    rows = edition.rows(
        "SELECT o.area, o.value, coalesce(a.start_on > p.end_on, 0) AS is_restated"  # noqa: S608
        " FROM observations o JOIN areas a ON a.area = o.area JOIN periods p ON p.period = o.period"
        f" WHERE {where} AND a.area_type IN ({','.join('?' * len(types))})"
        " AND o.value IS NOT NULL AND o.status <> 'definition-differs'"
        " AND (a.end_on IS NULL OR a.end_on >= p.end_on OR a.start_on > p.end_on) ORDER BY o.area",
        (*params, *types),
    )
    restated = [row["area"] for row in rows if row["is_restated"]]
    if restated:
        doubled = edition.rows(
            "SELECT DISTINCT c.to_area FROM area_changes c JOIN observations o ON o.area = c.from_area"  # noqa: S608
            f" WHERE {where} AND o.value IS NOT NULL AND c.to_area IN ({','.join('?' * len(restated))})",
            (*params, *restated),
        )
        left_out = {row["to_area"] for row in doubled}
        rows = [row for row in rows if row["area"] not in left_out]
    return [(row["area"], row["value"]) for row in rows]


def joins(one: AreaFigure, listed: Sequence[Observed]) -> list[bool]:
    """Say for each of some observations, oldest first, whether a line may lead to it from the one before."""
    return [False, *(one.may_join(earlier, later) for earlier, later in pairwise(listed))]

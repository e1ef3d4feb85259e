"""The figures of one area, each with all that it is held against.

In:   the observations, periods and distributions of an edition
Out:  AreaFigure: one indicator's series for one area, its standing, its change, and their texts

The summary table, the sentence on a card and the chart beside it all read one AreaFigure, so they cannot say
different things. Whether two figures may be compared is decided by compare.verdict and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import MONTHS_BETWEEN, Definition, Definitions
from api.pages.places import Place, compared_tier, types_of_tier
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

    @property
    def words(self) -> str:
        """The period in words."""
        return sentences.period_words(self.span)

    @property
    def short(self) -> str:
        """The period for a narrow column."""
        return sentences.period_short(self.span)


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of the similar councils in one period, and over how many that have a figure."""

    span: Span
    version: str
    value: Decimal
    among: int
    is_after_break: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Which figures: of one dataset, indicator, version, period and breakdown, for all areas."""

    dataset: str
    indicator: str
    version: str
    period: str
    breakdown: str = ""


@dataclass(frozen=True)
class AreaFigure:
    """One indicator's figures for one area, from one dataset, and what the newest is held against.

    breakdown_label   the people it is about, where the indicator has no figure for everyone
    series   of the area, oldest first, never empty
    country  the same of the country around it, where there is one
    similar  the middle of its similar councils, oldest first
    spread   how the councils of its tier are spread in the newest period
    """

    definition: Definition
    dataset: str
    breakdown: str
    breakdown_label: str
    place: Place
    series: tuple[Observed, ...]
    steps: Sequence[Step]
    country: tuple[Observed, ...] = ()
    similar: tuple[Middle, ...] = ()
    spread: Distribution | None = None

    @property
    def label(self) -> str:
        """The indicator's name, with the people it is about where that is not everyone."""
        return f"{self.definition.label}, {self.breakdown_label}" if self.breakdown else self.definition.label

    @property
    def key(self) -> str:
        """A name for the figure's place on a page."""
        return "-".join((self.definition.indicator, *re.findall(r"[a-z0-9-]+", self.breakdown)))

    @property
    def cell(self) -> Cell:
        """Which figures the newest one stands among."""
        newest = self.latest.figure
        return Cell(newest.dataset, newest.indicator, newest.version, newest.period, self.breakdown)

    @property
    def latest(self) -> Observed:
        return self.series[-1]

    @property
    def has_value(self) -> bool:
        return self.latest.value is not None

    def with_spread(self, spread: Distribution | None) -> AreaFigure:
        """The same figures, held against how the councils of a tier are spread."""
        return replace(self, spread=spread)

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
        return next((one for one in self.similar if one.span == self.latest.span), None)

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
        exact = value if isinstance(value, Decimal) else sentences.exact(value)
        return sentences.figure(exact, self.definition.unit, self.definition.decimals)

    def write_short(self, value: Decimal | float, decimals: int | None = None) -> str:
        """Write a value as a chart does, with the definition's decimals if no others are asked for."""
        exact = value if isinstance(value, Decimal) else sentences.exact(value)
        places = self.definition.decimals if decimals is None else decimals
        return sentences.short_figure(exact, self.definition.unit, places)

    def write_observed(self, one: Observed | None) -> str:
        """Write a figure, or in words why there is none."""
        if one is None:
            return sentences.status_words("not-available")
        return self.write(one.value) if one.value is not None else sentences.status_words(one.status)

    def write_cell(self, one: Observed | None) -> str:
        """Write a figure for a table whose rows say the unit, or in words why there is none."""
        value = None if one is None else one.value
        return self.write_observed(one) if value is None else self.write_short(value)

    @property
    def unit_text(self) -> str:
        """The unit that a short figure leaves out; empty where it has its sign."""
        unit = self.definition.unit
        return "" if unit.is_money or len(unit.symbol) < 2 else unit.symbol.strip()

    @property
    def has_points_apart(self) -> bool:
        return any(one.status == "definition-differs" for one in self.series)

    @property
    def here_text(self) -> str:
        return self.write_observed(self.latest)

    @property
    def here_short(self) -> str:
        return self.write_cell(self.latest)

    @property
    def similar_text(self) -> str:
        if self.definition.is_total:
            return "Not comparable"
        return "Not available" if self.similar_now is None else self.write_short(self.similar_now.value)

    @property
    def country_text(self) -> str:
        if self.country_verdict is not None and any(
            reason.level is Level.NOT_COMPARABLE and reason.code != "no-value"
            for reason in self.country_verdict.reasons
        ):
            return "Not comparable"
        return self.write_cell(self.country_now)

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

    @property
    def status_text(self) -> str:
        """What a reader must know of the newest figure beside its value; mostly nothing."""
        return sentences.status_words(self.latest.status)

    @property
    def has_ranges(self) -> bool:
        return any(seen.figure.limits is not None for seen in self.series)

    @property
    def glance_sentence(self) -> str:
        """Say in one line how the newest figure stands. Only for one that has a standing."""
        assert self.standing is not None
        assert self.spread is not None
        middle = self.write(self.spread.median)
        return sentences.glance_sentence(self.label, self.standing, self.here_text, middle)

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


OBSERVATIONS = (
    "SELECT o.dataset, o.indicator, o.version, o.area, o.period, o.value_text, o.status, o.lower_limit,"
    " o.upper_limit, o.numerator, o.denominator, o.sample_size, o.note, o.breakdown,"
    " p.label AS period_label, p.kind AS period_kind, p.start_on, p.end_on"
    " FROM observations o JOIN periods p ON p.period = o.period"
)


def read_observed(row: Any, definition: Definition, place: Place) -> Observed:
    """Make an observation of a row of OBSERVATIONS."""
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


# An indicator without a figure for everyone is shown for so many groups at most.
_MOST_GROUPS = 4

SeriesKey = tuple[str, str, str]


def list_series(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None = None
) -> dict[SeriesKey, tuple[Observed, ...]]:
    """List an area's figures by dataset, indicator and breakdown, oldest first.

    Those that are not broken down, and of indicators that have none, the first few groups.
    """
    where = "o.area = ? AND o.breakdown = ''"
    params = [place.area]
    if indicator is not None:
        where += " AND o.indicator = ?"
        params.append(indicator)
    out = _read_series(edition, definitions, place, where, params)
    whole = {key[1] for key in out}
    marks = ",".join("?" * len(whole))
    grouped = where.replace("o.breakdown = ''", f"o.breakdown <> '' AND o.indicator NOT IN ({marks})")
    more = _read_series(edition, definitions, place, grouped, [place.area, *sorted(whole), *params[1:]])
    seen: dict[tuple[str, str], int] = {}
    for key in sorted(more):
        seen[key[:2]] = seen.get(key[:2], 0) + 1
        if seen[key[:2]] <= _MOST_GROUPS:
            out[key] = more[key]
    return out


def _read_series(
    edition: Edition, definitions: Definitions, place: Place, where: str, params: Sequence[str]
) -> dict[SeriesKey, tuple[Observed, ...]]:
    out: dict[SeriesKey, list[Observed]] = {}
    for row in edition.rows(f"{OBSERVATIONS} WHERE {where} ORDER BY p.start_on, p.end_on", params):
        one = read_observed(row, definitions.get(row["indicator"], row["version"]), place)
        out.setdefault((row["dataset"], row["indicator"], row["breakdown"]), []).append(one)
    return {key: tuple(listed) for key, listed in out.items()}


def list_spreads(edition: Edition, tier: str) -> dict[Cell, Distribution]:
    """List the distributions of a tier."""
    rows = edition.rows("SELECT * FROM distributions WHERE tier = ?", (tier,))
    names = ("dataset", "indicator", "version", "period", "breakdown")
    return {Cell(*(row[name] for name in names)): read_spread(row) for row in rows}


def read_spread(row: Any) -> Distribution:
    """Make a distribution of a row of its table."""
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    return Distribution(row["tier"], row["area_count"], *(sentences.exact(row[name]) for name in names))


def list_middles(
    edition: Edition, members: Sequence[str], keys: Iterable[SeriesKey]
) -> dict[SeriesKey, tuple[Middle, ...]]:
    """Work out the middle of some councils in each period, oldest first."""
    wanted = set(keys)
    indicators = sorted({indicator for _, indicator, _ in wanted})
    breakdowns = sorted({breakdown for _, _, breakdown in wanted})
    if not members or not wanted:
        return {}
    rows = edition.rows(
        # Only question marks are put into the statement.
        "SELECT o.dataset, o.indicator, o.breakdown, p.start_on, p.end_on, p.label, o.version, o.value,"  # noqa: S608
        " o.status FROM observations o JOIN periods p ON p.period = o.period"
        f" WHERE o.area IN ({','.join('?' * len(members))})"
        f" AND o.indicator IN ({','.join('?' * len(indicators))})"
        f" AND o.breakdown IN ({','.join('?' * len(breakdowns))})"
        " AND o.value IS NOT NULL AND o.status <> 'definition-differs'",
        (*members, *indicators, *breakdowns),
    )
    found: dict[tuple[str, ...], list[tuple[float, str]]] = {}
    for *cell, value, status in map(tuple, rows):
        found.setdefault(tuple(cell), []).append((value, status))
    out: dict[SeriesKey, list[Middle]] = {}
    for (dataset, indicator, breakdown, start_on, end_on, label, version), listed in sorted(found.items()):
        if (dataset, indicator, breakdown) not in wanted:
            continue
        middle = sentences.exact(statistics.median(value for value, _ in listed))
        span = Span(label, dt.date.fromisoformat(start_on), dt.date.fromisoformat(end_on))
        is_after_break = any(status == "break" for _, status in listed)
        out.setdefault((dataset, indicator, breakdown), []).append(
            Middle(span, version, middle, len(listed), is_after_break)
        )
    return {key: tuple(listed) for key, listed in out.items()}


def choose_series(series: Mapping[SeriesKey, tuple[Observed, ...]]) -> dict[SeriesKey, tuple[Observed, ...]]:
    """Keep one dataset for each indicator: the one with the newest figure, then the first by notation."""
    newest: dict[str, tuple[dt.date, str]] = {}
    for (dataset, indicator, _), listed in sorted(series.items()):
        end_on = listed[-1].span.end_on
        if indicator not in newest or end_on > newest[indicator][0]:
            newest[indicator] = (end_on, dataset)
    return {key: listed for key, listed in series.items() if newest[key[1]][1] == key[0]}


def list_area_figures(
    edition: Edition,
    definitions: Definitions,
    place: Place,
    country: Place | None = None,
    members: Sequence[str] = (),
    indicator: str | None = None,
) -> list[AreaFigure]:
    """List an area's figures, one for each indicator, in the order of themes and labels.

    members   areas whose middle stands beside the area's figures
    """
    chosen = choose_series(list_series(edition, definitions, place, indicator))
    around = list_series(edition, definitions, country, indicator) if country is not None else {}
    spreads = {tier: list_spreads(edition, tier) for tier in sorted(place.tiers)}
    rates = [key for key in chosen if not definitions.in_use[key[1]].is_total]
    middles = list_middles(edition, members, rates)
    groups = {
        row["breakdown"]: row["label"] for row in edition.rows("SELECT breakdown, label FROM breakdowns")
    }
    out = []
    for key, listed in chosen.items():
        dataset, notation, breakdown = key
        definition = definitions.get(notation, listed[-1].figure.version)
        one = AreaFigure(
            definition,
            dataset,
            breakdown,
            group_words(groups[breakdown]),
            place,
            listed,
            definitions.steps[notation],
            around.get(key, ()),
            middles.get(key, ()),
        )
        tier = compared_tier(definition.tier, place.area_type)
        out.append(one.with_spread(spreads[tier].get(one.cell)) if tier else one)
    order = list(definitions.themes)
    return sorted(
        out, key=lambda one: (_theme_place(order, one.definition), one.definition.label, one.breakdown)
    )


def group_words(label: str) -> str:
    """Write the label of a breakdown as it follows an indicator's name.

    >>> group_words("Age: 16 to 64; Sex: Female")
    '16 to 64, female'
    """
    codes = [part.partition(": ")[2] or part for part in label.split("; ")]
    return ", ".join(code[:1].lower() + code[1:] for code in codes)


def _theme_place(order: Sequence[str], definition: Definition) -> int:
    theme = definition.themes[0] if definition.themes else ""
    return order.index(theme) if theme in order else len(order)


def list_council_values(edition: Edition, cell: Cell, tier: str) -> list[tuple[str, float]]:
    """List the usable figures of a tier's councils, by area: the set that its distribution describes.

    A council counts if it existed on the period's last day, or if the source restated the period on it and
    gives none for the council it followed.
    """
    types = types_of_tier(tier)
    where = "o.indicator = ? AND o.version = ? AND o.period = ? AND o.breakdown = ? AND o.dataset = ?"
    params = (cell.indicator, cell.version, cell.period, cell.breakdown, cell.dataset)
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

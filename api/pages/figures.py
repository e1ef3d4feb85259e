"""The figures of one area, each with all that it is held against.

In:   series of observations, and how the councils of a tier are spread
Out:  AreaFigure: one indicator's series for one area, its standing, its change, and their texts

The summary table, the sentence on a card and the chart beside it all read one AreaFigure, so they cannot say
different things. Whether two figures may be compared is decided by compare.verdict and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from api import sentences
from api.pages.definitions import MONTHS_BETWEEN, Definition, Definitions
from api.pages.places import Place, compared_tier
from api.pages.restating import Restated, list_restated_series
from api.pages.series import (
    Cell,
    Middle,
    Observed,
    SeriesKey,
    choose_series,
    list_middles,
    list_series,
    list_spreads,
)
from api.pages.target_rows import TargetRow, standing_targets
from api.sentences import Span
from compare import (
    Change,
    Distribution,
    Level,
    NotKnown,
    Standing,
    Step,
    Trend,
    Verdict,
    change,
    standing,
    trend,
    verdict,
)

if TYPE_CHECKING:
    from api.edition import Edition

# Days that an average month has; a line is cut where a figure is overdue by half its interval.
_MONTH = 30.44


@dataclass(frozen=True)
class AreaFigure:
    """One indicator's figures for one area, from one dataset, and what the newest is held against.

    breakdown_label   the people it is about, where the indicator has no figure for everyone
    series   of the area, oldest first, never empty
    country  the same of the country around it, where there is one
    similar  the middle of its similar councils, oldest first
    spread   how the councils of its tier are spread in the newest period
    restated figures of earlier periods, put together from those of the areas this one followed, oldest first
    targets  that stand for the area's figures, oldest period first
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
    restated: tuple[Restated, ...] = ()
    targets: tuple[TargetRow, ...] = ()

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
        every = [*self.series, *(one.seen for one in self.restated)]
        return tuple(sorted({one.figure.period_start for one in every if one.status == "break"}))

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
        # A total grows with the size of the place: it is neither high nor low for a council.
        if self.spread is None or self.latest.status == "definition-differs" or self.definition.is_total:
            return None
        return standing(self.latest.figure, self.spread)

    @cached_property
    def trend(self) -> Trend | NotKnown:
        """What the area's figures do over their newest unbroken run."""
        return trend([one.figure for one in self.series], steps=self.steps)

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
    def has_marked_points(self) -> bool:
        """Whether a figure on the chart is provisional, revised, estimated or otherwise to be read with care."""
        return any(one.value is not None and is_marked(one.status) for one in (*self.series, *self.country))

    @property
    def has_restated(self) -> bool:
        return any(one.seen.value is not None for one in self.restated)

    @property
    def country_status_text(self) -> str:
        """What a reader must know of the country's figure beside its value; mostly nothing."""
        now = self.country_now
        return "" if now is None or now.value is None else sentences.status_words(now.status)

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

    @property
    def range_method(self) -> str:
        """How the newest figure's range was found, where its publisher did not give it."""
        return sentences.limit_words(self.latest.limit_method)

    @property
    def range_methods(self) -> tuple[str, ...]:
        """How ranges of the series were found that no publisher gave, each way once."""
        told = (sentences.limit_words(seen.limit_method) for seen in self.series)
        return tuple(dict.fromkeys(words for words in told if words))

    @property
    def trend_text(self) -> str:
        """What the series does, in words; empty with too few figures or without a newest one."""
        return sentences.trend_sentence(self.trend) if self.has_value else ""

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
        mark = f" ({self.status_text.lower()})" if self.status_text else ""
        return sentences.glance_sentence(self.label, self.standing, f"{self.here_text}{mark}", middle)

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


def is_marked(status: str) -> bool:
    """Say whether a point on a line needs a mark of its own. A break has its upright line, and a figure counted
    in another way stands apart from the line."""
    return status not in {"normal", "break", "definition-differs"}


def is_overdue(definition: Definition, earlier: Span, later: Span) -> bool:
    """Say whether a figure that should have come between two periods is missing."""
    months = MONTHS_BETWEEN.get(definition.frequency)
    return months is not None and (later.start_on - earlier.start_on).days > 1.5 * months * _MONTH


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
    around = _load_around(edition, definitions, country, indicator) if country is not None else {}
    spreads = {tier: list_spreads(edition, tier) for tier in sorted(place.tiers)}
    rates = [key for key in chosen if not definitions.in_use[key[1]].is_total]
    middles = list_middles(edition, definitions, members, rates)
    targets = standing_targets(edition, place.area, indicator)
    restated = list_restated_series(edition, definitions, place, indicator)
    groups = edition.once("labels of breakdowns", lambda: _read_group_labels(edition))
    out = []
    for key, listed in chosen.items():
        dataset, notation, breakdown = key
        definition = definitions.get(notation, listed[-1].figure.version)
        one = AreaFigure(
            definition,
            dataset,
            breakdown,
            groups[breakdown],
            place,
            listed,
            definitions.steps[notation],
            around.get(key, ()),
            middles.get(key, ()),
            restated=restated.get(key, ()),
            targets=() if breakdown else tuple(targets.get(notation, ())),
        )
        tier = compared_tier(definition.tier, place.area_type)
        out.append(one.with_spread(spreads[tier].get(one.cell)) if tier else one)
    order = list(definitions.themes)
    return sorted(
        out, key=lambda one: (_theme_place(order, one.definition), one.definition.label, one.breakdown)
    )


def _load_around(
    edition: Edition, definitions: Definitions, country: Place, indicator: str | None
) -> Mapping[SeriesKey, tuple[Observed, ...]]:
    """Load the series of a country, which stand beside those of each of its areas; kept for the edition."""
    if indicator is not None:
        return list_series(edition, definitions, country, indicator)
    return edition.once(("series", country.area), lambda: list_series(edition, definitions, country))


def _read_group_labels(edition: Edition) -> dict[str, str]:
    rows = edition.rows("SELECT breakdown, label FROM breakdowns")
    return {row["breakdown"]: group_words(row["label"]) for row in rows}


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


def joins(one: AreaFigure, listed: Sequence[Observed]) -> list[bool]:
    """Say for each of some observations, oldest first, whether a line may lead to it from the one before."""
    return [False, *(one.may_join(earlier, later) for earlier, later in pairwise(listed))]

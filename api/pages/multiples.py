"""Small multiples: the series of several areas, each in a chart of its own, all on one scale.

In:   indicators and areas
Out:  for each indicator its charts, what had to be left out, and every figure as a table

A line is cut at breaks and where a figure is missing. Figures that were restated from earlier areas are hollow
marks beside it, never joined to it. Figures for periods of another kind are never on one line: they stand in the
table alone, and the page says how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import sentences
from api.charts import Point
from api.pages.chart import find_figure, of_one_kind
from api.pages.definitions import Definition, load_definitions
from api.pages.figures import AreaFigure, joins
from api.pages.places import Place
from api.pages.restating import list_restated_series
from api.pages.series import Observed, load_periods
from api.pages.verdicts import Judged, judge_series
from api.small import share, small_chart
from api.svg import Words

if TYPE_CHECKING:
    from api.edition import Edition

MOST_CHARTS = 24

# Periods of one length differ by so many days at most.
_SAME_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Small:
    """One small chart; without a drawing `text` says why."""

    place: Place
    text: str
    drawing: Markup | None


@dataclass(frozen=True, slots=True)
class Multiples:
    """The charts of one indicator.

    apart      counts figures for periods of another kind
    restated   areas of which restated figures are drawn
    """

    definition: Definition
    smalls: Sequence[Small]
    verdict: Sequence[str]
    apart: int
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    datasets: Sequence[str]
    unit: str
    restated: Sequence[Place] = ()


def make_multiples(
    edition: Edition, definition: Definition, places: Sequence[Place], until: str
) -> Multiples | None:
    """Make the small charts of one indicator; None if no area has a figure of it."""
    found = {place.area: find_figure(edition, definition, place) for place in places}
    whole = [one for one in found.values() if one is not None]
    figures = [of_one_kind(one, until) for one in whole]
    figures = [one for one in figures if any(seen.value is not None for seen in one.series)]
    if not figures:
        return None
    judged = judge_series(figures)
    drawn = {one.place.area: one for one in figures if one.place.area not in judged.left_out}
    points = {area: _points(one) for area, one in drawn.items()}
    restated = {area: _list_restated(edition, one, until) for area, one in drawn.items()}
    hollow = {area: [_point(seen) for seen in listed] for area, listed in restated.items()}
    first = figures[0]
    shared = share([*points.values(), *hollow.values()], first.write_short)
    smalls = []
    for place in places:
        one = drawn.get(place.area)
        if one is None:
            smalls.append(Small(place, _why(place, found[place.area], judged), None))
            continue
        known = [seen for seen in one.series if seen.value is not None]
        text = f"{one.write_observed(known[-1])}, {sentences.period_short(known[-1].span)}"
        finding = f"{place.name}: {text}."
        if hollow[place.area]:
            told = sentences.count(len(hollow[place.area]), "figure was", "figures were")
            finding += f" {told} restated from earlier areas."
        words = Words(f"{definition.indicator}-{place.area}", finding, "")
        drawing = small_chart(words, points[place.area], shared, hollow[place.area])
        smalls.append(Small(place, text, drawing))
    spans = sorted(
        {seen.span for one in whole for seen in (*one.series, *restated.get(one.place.area, ()))},
        key=lambda span: (span.end_on, span.start_on),
        reverse=True,
    )
    rows = [
        [
            sentences.period_short(span),
            *(_cell(found[place.area], span, restated.get(place.area, ())) for place in places),
        ]
        for span in spans
    ]
    return Multiples(
        definition,
        smalls,
        judged.tell({place.area: place.name for place in places}),
        sum(len(one.series) for one in whole) - sum(len(of_one_kind(one).series) for one in whole),
        ["Period", *(place.name for place in places)],
        rows,
        sorted({one.dataset for one in whole}),
        first.unit_text,
        [place for place in places if hollow.get(place.area)],
    )


def _list_restated(edition: Edition, one: AreaFigure, until: str) -> list[Observed]:
    """List an area's restated figures for periods like those of its line that it has no figure of its own for."""
    key = (one.dataset, one.definition.indicator, one.breakdown)
    found = list_restated_series(edition, load_definitions(edition), one.place, one.definition.indicator)
    seen = [each.seen for each in found.get(key, ()) if each.seen.value is not None]
    own = {each.span for each in one.series if each.value is not None}
    last = load_periods(edition)[until].span.end_on if until else None
    newest = one.series[-1]
    length = (newest.span.end_on - newest.span.start_on).days
    return [
        each
        for each in seen
        if each.span not in own
        and (last is None or each.span.end_on <= last)
        and each.figure.period_kind == newest.figure.period_kind
        and abs((each.span.end_on - each.span.start_on).days - length) <= _SAME_LENGTH
    ]


def _points(one: AreaFigure) -> list[Point]:
    return [
        _point(seen, joined=joined) for seen, joined in zip(one.series, joins(one, one.series), strict=True)
    ]


def _point(seen: Observed, *, joined: bool = False) -> Point:
    value = None if seen.value is None else float(seen.value)
    return Point(seen.span.start_on, sentences.period_short(seen.span), value, joined=joined)


def _why(place: Place, one: AreaFigure | None, judged: Judged) -> str:
    if place.area in judged.left_out:
        return f"Not comparable: {judged.left_out[place.area]}"
    if one is None:
        return "No figure is published."
    return one.write_observed(one.series[-1])


def _cell(one: AreaFigure | None, span: sentences.Span, restated: Sequence[Observed]) -> str:
    seen = None if one is None else next((seen for seen in one.series if seen.span == span), None)
    again = next((each for each in restated if each.span == span), None)
    if one is not None and again is not None:
        words = ", ".join(part for part in ("restated", sentences.status_words(again.status).lower()) if part)
        return f"{one.write_cell(again)} ({words})"
    if one is None or seen is None:
        return ""
    words = sentences.status_words(seen.status) if seen.value is not None else ""
    return f"{one.write_cell(seen)}{f' ({words.lower()})' if words else ''}"

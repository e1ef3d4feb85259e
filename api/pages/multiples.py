"""Small multiples: the series of several areas, each in a chart of its own, all on one scale.

In:   indicators and areas
Out:  for each indicator its charts, what had to be left out, and every figure as a table

A line is cut at breaks and where a figure is missing. Figures for periods of another kind are never on one line:
they stand in the table alone, and the page says how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import sentences
from api.charts import Point
from api.pages.chart import find_figure, of_one_kind
from api.pages.definitions import Definition
from api.pages.figures import AreaFigure, joins
from api.pages.places import Place
from api.pages.verdicts import Judged, judge_series
from api.small import share, small_chart
from api.svg import Words

if TYPE_CHECKING:
    from api.edition import Edition

MOST_CHARTS = 24


@dataclass(frozen=True, slots=True)
class Small:
    """One small chart; without a drawing `text` says why."""

    place: Place
    text: str
    drawing: Markup | None


@dataclass(frozen=True, slots=True)
class Multiples:
    """The charts of one indicator. `apart` counts figures for periods of another kind."""

    definition: Definition
    smalls: Sequence[Small]
    verdict: Sequence[str]
    apart: int
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    datasets: Sequence[str]
    unit: str


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
    first = figures[0]
    shared = share(list(points.values()), first.write_short)
    smalls = []
    for place in places:
        one = drawn.get(place.area)
        if one is None:
            smalls.append(Small(place, _why(place, found[place.area], judged), None))
            continue
        known = [seen for seen in one.series if seen.value is not None]
        text = f"{one.write_observed(known[-1])}, {sentences.period_short(known[-1].span)}"
        words = Words(f"{definition.indicator}-{place.area}", f"{place.name}: {text}.", "")
        smalls.append(Small(place, text, small_chart(words, points[place.area], shared)))
    spans = sorted(
        {seen.span for one in whole for seen in one.series},
        key=lambda span: (span.end_on, span.start_on),
        reverse=True,
    )
    rows = [
        [sentences.period_short(span), *(_cell(found[place.area], span) for place in places)]
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
    )


def _points(one: AreaFigure) -> list[Point]:
    out = []
    for seen, joined in zip(one.series, joins(one, one.series), strict=True):
        value = None if seen.value is None else float(seen.value)
        out.append(Point(seen.span.start_on, sentences.period_short(seen.span), value, joined=joined))
    return out


def _why(place: Place, one: AreaFigure | None, judged: Judged) -> str:
    if place.area in judged.left_out:
        return f"Not comparable: {judged.left_out[place.area]}"
    if one is None:
        return "No figure is published."
    return one.write_observed(one.series[-1])


def _cell(one: AreaFigure | None, span: sentences.Span) -> str:
    seen = None if one is None else next((seen for seen in one.series if seen.span == span), None)
    if one is None or seen is None:
        return ""
    words = sentences.status_words(seen.status) if seen.value is not None else ""
    return f"{one.write_cell(seen)}{f' ({words.lower()})' if words else ''}"

"""An area's figures become its charts and their words.

In:   AreaFigure, and the figures of all councils of its tier
Out:  the strip and the line chart of a card as Markup, and the rows of the table beside them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from markupsafe import Markup

from api import charts, sentences
from api.pages.figures import AreaFigure, is_overdue, joins
from api.pages.series import Middle, Observed
from api.sentences import Span
from compare import Distribution

# A name longer than this does not fit at the end of a line.
_LONGEST_LABEL = 13


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One period of the table beside a line chart, in words."""

    period: str
    here: str
    range: str
    similar: str
    country: str
    remark: str


def draw_strip(one: AreaFigure, values: Sequence[float], *, key: str) -> Markup | None:
    """Draw where an area's newest figure lies among the councils of its tier; None where it is in no set."""
    spread, value = one.spread, one.latest.value
    if spread is None or value is None or one.standing is None or not values:
        return None
    beside = sentences.standing_sentence(one.standing, one.write(spread.median))
    description = sentences.spread_sentence(spread, one.definition.unit, one.definition.decimals)
    words = charts.Words(key, f"{one.place.name} has {one.write(value)}. {beside}", description)
    here = charts.Mark(float(value), f"{one.place.name} {one.write(value)}")
    return charts.strip_chart(words, strip_of(one.write_short, spread, values, here))


def strip_of(
    write: Callable[[Decimal], str], spread: Distribution, values: Sequence[float], here: charts.Mark | None
) -> charts.Strip:
    """Give a strip its values and labels."""
    return charts.Strip(
        values,
        float(spread.lower_quartile),
        float(spread.upper_quartile),
        charts.Mark(float(spread.median), f"Middle council {write(spread.median)}"),
        charts.Mark(float(spread.lowest), write(spread.lowest)),
        charts.Mark(float(spread.highest), write(spread.highest)),
        here,
    )


def draw_lines(one: AreaFigure, *, key: str, country: str, similar: str) -> Markup | None:
    """Draw the series of an area, its similar councils and its country; None with fewer than two values.

    country, similar   what the two other series are called
    """
    known = [seen for seen in one.series if seen.value is not None]
    if len(known) < 2:
        return None
    spans = periods_of(one)
    name = one.place.name
    short = name if len(name) <= _LONGEST_LABEL else f"This {one.place.noun}"
    series = [_series("here", short, one, one.series, spans)]
    if one.similar and not one.definition.is_total:
        series.append(_similar_series(similar, one, spans))
    if one.compares_with_country and any(seen.value is not None for seen in one.country):
        series.append(_series("country", country, one, one.country, spans))
    first, last = known[0], known[-1]
    finding = (
        f"{name}: {one.write_observed(first)} {sentences.in_period(first.span)},"
        f" {one.write_observed(last)} {sentences.in_period(last.span)}."
    )
    cut = [on for on in one.breaks if known[0].span.start_on < on <= known[-1].span.start_on]
    words = charts.Words(key, finding, _describe(one, len(spans)))
    return charts.line_chart(words, series, charts.Axis(one.write_short, breaks=cut))


def _describe(one: AreaFigure, period_count: int) -> str:
    known = [seen for seen in one.series if seen.value is not None]
    lowest = min(known, key=lambda seen: seen.value or Decimal(0))
    highest = max(known, key=lambda seen: seen.value or Decimal(0))
    told = f"Lowest {one.write_observed(lowest)} {sentences.in_period(lowest.span)}, highest"
    told += f" {one.write_observed(highest)} {sentences.in_period(highest.span)}."
    missing = period_count - len(known)
    if missing:
        told += f" {sentences.count(missing, 'period has', 'periods have')} no figure."
    return f"{told} The table below has every figure."


def periods_of(one: AreaFigure) -> list[Span]:
    """List the periods of the area's kind that the area, its country or its similar councils have."""
    kind = one.latest.figure.period_kind
    found = {seen.span for seen in (*one.series, *one.country) if seen.figure.period_kind == kind}
    length = (one.latest.span.end_on - one.latest.span.start_on).days
    found |= {
        middle.span
        for middle in one.similar
        if abs((middle.span.end_on - middle.span.start_on).days - length) <= 5
    }
    first = min(seen.span.start_on for seen in one.series)
    return sorted(
        (span for span in found if span.start_on >= first), key=lambda span: (span.start_on, span.end_on)
    )


def _series(
    role: str, label: str, one: AreaFigure, listed: Sequence[Observed], spans: Sequence[Span]
) -> charts.Series:
    """Give a series its points, one for each period, None where it has no figure."""
    joined = dict(zip((seen.span for seen in listed), joins(one, listed), strict=True))
    by_span = {seen.span: seen for seen in listed}
    points = []
    for span in spans:
        seen = by_span.get(span)
        value = float(seen.value) if seen is not None and seen.value is not None else None
        low, high = (None, None)
        if seen is not None and seen.figure.limits is not None and value is not None:
            low, high = map(float, seen.figure.limits)
        points.append(
            charts.Point(
                span.start_on, sentences.period_short(span), value, low, high, joined.get(span, False)
            )
        )
    return charts.Series(role, _end_label(label, one, listed), points)


def _end_label(label: str, one: AreaFigure, listed: Sequence[Observed]) -> str:
    known = [seen for seen in listed if seen.value is not None]
    return f"{label} {one.write_short(known[-1].value or Decimal(0))}" if known else label


def _similar_series(label: str, one: AreaFigure, spans: Sequence[Span]) -> charts.Series:
    joined: dict[Span, bool] = {}
    for earlier, later in pairwise(one.similar):
        joined[later.span] = _may_join_middles(one, earlier, later)
    by_span = {middle.span: middle for middle in one.similar}
    points = []
    for span in spans:
        middle = by_span.get(span)
        value = None if middle is None else float(middle.value)
        points.append(
            charts.Point(span.start_on, sentences.period_short(span), value, joined=joined.get(span, False))
        )
    last = [middle for middle in one.similar if middle.span in set(spans)]
    text = f"{label} {one.write_short(last[-1].value)}" if last else label
    return charts.Series("similar", text, points)


def _may_join_middles(one: AreaFigure, earlier: Middle, later: Middle) -> bool:
    if later.is_after_break or is_overdue(one.definition, earlier.span, later.span):
        return False
    if earlier.version == later.version:
        return True
    order = [step.version for step in one.steps]
    between = one.steps[order.index(earlier.version) + 1 : order.index(later.version) + 1]
    return all(step.comparable in {"yes", "with-care"} for step in between)


def list_series_rows(one: AreaFigure) -> list[SeriesRow]:
    """List every period of a line chart in words, newest first."""
    here = {seen.span: seen for seen in one.series}
    country = {seen.span: seen for seen in one.country}
    similar = {middle.span: middle for middle in one.similar}
    rows = []
    for span in reversed(periods_of(one)):
        seen = here.get(span)
        rows.append(
            SeriesRow(
                span.label,
                one.write_cell(seen),
                one.write_range(seen) if seen is not None else "",
                one.write_short(similar[span].value) if span in similar else "",
                one.write_cell(country[span]) if span in country else "",
                _remark(seen),
            )
        )
    return rows


def _remark(seen: Observed | None) -> str:
    """Say what a reader must know about one figure that has a value, beside its value."""
    if seen is None:
        return ""
    words = sentences.status_words(seen.status) if seen.value is not None else ""
    return ". ".join(part.rstrip(".") for part in (words, seen.note) if part)

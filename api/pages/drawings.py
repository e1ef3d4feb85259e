"""An area's figures become its charts and their words.

In:   AreaFigure, and the figures of all councils of its tier
Out:  the strip and the line chart of a card as Markup, and the rows of the table beside them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, pairwise

from markupsafe import Markup

from api import charts, sentences
from api.pages.figures import AreaFigure, is_marked, is_overdue, joins
from api.pages.page import Link
from api.pages.restating import Restated
from api.pages.series import Middle, Observed
from api.pages.target_rows import TargetRow
from api.sentences import Span
from compare import Distribution

# More labels than these would hide the end of the area's own line.
_LABELLED_TARGETS = 2

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
    links: Sequence[Link] = ()
    more: str = ""
    targets: Sequence[TargetRow] = ()


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
    if not known or (len(known) < 2 and not one.has_restated):
        return None
    spans = periods_of(one)
    name = one.place.name
    short = name if len(name) <= _LONGEST_LABEL else f"This {one.place.noun}"
    series = [_series("here", short, one, one.series, spans)]
    if one.similar and not one.definition.is_total:
        series.append(_similar_series(similar, one, spans))
    if one.compares_with_country and any(seen.value is not None for seen in one.country):
        series.append(_series("country", country, one, one.country, spans))
    if one.has_restated:
        series.append(_series("restated", "", one, [each.seen for each in one.restated], spans))
    series += _target_series(one, spans)
    first, last = known[0], known[-1]
    finding = f"{name}: {one.write_observed(last)} {sentences.in_period(last.span)}."
    if first is not last:
        finding = f"{name}: {one.write_observed(first)} {sentences.in_period(first.span)}, {finding[len(name) + 2 :]}"
    drawn = [seen for seen in (*known, *(each.seen for each in one.restated)) if seen.value is not None]
    begun = min(seen.span.start_on for seen in drawn)
    cut = [on for on in one.breaks if begun < on <= last.span.start_on]
    words = charts.Words(key, finding, _describe(one, len(spans)))
    return charts.line_chart(words, series, charts.Axis(one.write_short, breaks=cut))


def _describe(one: AreaFigure, period_count: int) -> str:
    known = [seen for seen in one.series if seen.value is not None]
    lowest = min(known, key=lambda seen: seen.value or Decimal(0))
    highest = max(known, key=lambda seen: seen.value or Decimal(0))
    told = f"Lowest {one.write_observed(lowest)} {sentences.in_period(lowest.span)}, highest"
    told += f" {one.write_observed(highest)} {sentences.in_period(highest.span)}."
    restated = sum(each.seen.value is not None for each in one.restated)
    missing = period_count - len(known) - restated
    if restated:
        told += f" {sentences.count(restated, 'figure was', 'figures were')} restated from earlier areas."
    if missing > 0:
        told += f" {sentences.count(missing, 'period has', 'periods have')} no figure."
    return f"{told} The table below has every figure."


def periods_of(one: AreaFigure) -> list[Span]:
    """List the periods of the area's kind that the area, its country or its similar councils have."""
    kind = one.latest.figure.period_kind
    own = [*one.series, *(each.seen for each in one.restated)]
    found = {seen.span for seen in (*own, *one.country) if seen.figure.period_kind == kind}
    length = (one.latest.span.end_on - one.latest.span.start_on).days
    found |= {
        middle.span
        for middle in one.similar
        if abs((middle.span.end_on - middle.span.start_on).days - length) <= 5
    }
    first = min(seen.span.start_on for seen in own)
    # A target may be for a period that has no figure yet.
    found |= {target.span for target in one.targets}
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
                span.start_on,
                sentences.period_short(span),
                value,
                low,
                high,
                joined.get(span, False),
                seen is not None and is_marked(seen.status),
            )
        )
    return charts.Series(role, _end_label(label, one, listed) if label else "", points)


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


def _target_series(one: AreaFigure, spans: Sequence[Span]) -> list[charts.Series]:
    """Give targets a line for each kind and test, and the upper ends of bands one of their own.

    Two targets of one kind and period stand on two lines. The first lines have labels; the table has them all.
    """
    lines: dict[tuple[str, str, int], dict[Span, float]] = {}
    for target in one.targets:
        for column in ("target_value", "target_upper_value"):
            value = target.row[column]
            if value is None:
                continue
            side = f"{target.row['test']} {column}"
            at = next(n for n in count() if target.span not in lines.get((target.kind, side, n), {}))
            lines.setdefault((target.kind, side, at), {})[target.span] = value
    out = []
    for place, ((kind, _, _), values) in enumerate(lines.items()):
        points = [
            charts.Point(span.start_on, sentences.period_short(span), values.get(span)) for span in spans
        ]
        newest = values[max(values, key=lambda span: span.end_on)]
        label = f"{kind} {one.write_short(newest)}" if place < _LABELLED_TARGETS else ""
        out.append(charts.Series("target", label, points))
    return out


def _may_join_middles(one: AreaFigure, earlier: Middle, later: Middle) -> bool:
    if later.is_after_break or is_overdue(one.definition, earlier.span, later.span):
        return False
    if earlier.version == later.version:
        return True
    order = [step.version for step in one.steps]
    between = one.steps[order.index(earlier.version) + 1 : order.index(later.version) + 1]
    return all(step.comparable in {"yes", "with-care"} for step in between)


def list_series_rows(one: AreaFigure, country: str = "") -> list[SeriesRow]:
    """List every period of a line chart in words, newest first; `country` is what the country is called."""
    here = {seen.span: seen for seen in one.series}
    around = {seen.span: seen for seen in one.country}
    similar = {middle.span: middle for middle in one.similar}
    restated = {each.seen.span: each for each in one.restated}
    rows = []
    for span in reversed(periods_of(one)):
        seen, beside = here.get(span), around.get(span)
        remark, again = _remark(seen), None
        if seen is None or seen.value is None:
            again = restated.get(span)
        if beside is not None and country and _remark(beside):
            remark = ". ".join(part for part in (remark, f"{country}: {_remark(beside)}") if part)
        shown = again.seen if again is not None and again.seen.value is not None else seen
        rows.append(
            SeriesRow(
                span.label,
                one.write_cell(shown),
                one.write_range(shown) if shown is not None else "",
                one.write_short(similar[span].value) if span in similar else "",
                one.write_cell(beside) if beside is not None else "",
                *_remarks(remark, again),
                [target for target in one.targets if target.span == span],
            )
        )
    return rows


def _remarks(remark: str, again: Restated | None) -> tuple[str, Sequence[Link], str]:
    """Say what stands before the links of a remark, the links, and what stands after them."""
    if again is None:
        return remark, (), ""
    return again.words, again.links, ". ".join(part for part in (again.more, remark) if part)


def _remark(seen: Observed | None) -> str:
    """Say what a reader must know about one figure that has a value, beside its value."""
    if seen is None:
        return ""
    words = sentences.status_words(seen.status) if seen.value is not None else ""
    return ". ".join(part.rstrip(".") for part in (words, seen.note) if part)

"""Small charts of one series each, on one scale, so that they can be read across.

In:   points in the order of time, and the scale that all charts of a set share
Out:  SVG as Markup, half as wide as other charts with text of the same height
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.charts import Point, decimals_of, nice_ticks, segments
from api.svg import Words, circle, diamond, number, scale, square, tag, width

WIDE = 215.0
_TOP, _BOTTOM = 10.0, 104.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the charts of a set share: days with their labels, values, and how one is written with so many decimals."""

    first: tuple[dt.date, str]
    last: tuple[dt.date, str]
    ticks: Sequence[float]
    write: Callable[[float, int], str]


def share(series: Sequence[Sequence[Point]], write: Callable[[float, int], str]) -> Shared:
    """Find the one scale of a set of series. At least one point must have a value."""
    points = [point for one in series for point in one if point.value is not None]
    values = [point.value for point in points if point.value is not None]
    days = [(point.at, point.label) for point in points]
    ticks = nice_ticks(min(values), max(values), 2)
    if min(values) >= 0:
        ticks = [tick for tick in ticks if tick >= 0]
    return Shared(min(days), max(days), ticks, write)


def small_chart(words: Words, points: Sequence[Point], shared: Shared, apart: Sequence[Point] = ()) -> Markup:
    """Draw one series on the shared scale; single points that nothing may be joined to are squares.

    apart   points that were restated: hollow diamonds beside the line
    """
    places = decimals_of(shared.ticks)
    texts = [shared.write(tick, places) for tick in shared.ticks]
    left = max(map(width, texts)) + 6
    x_of = scale(shared.first[0].toordinal(), shared.last[0].toordinal(), left + 5, WIDE - 8)
    y_of = scale(shared.ticks[0], shared.ticks[-1], _BOTTOM, _TOP)
    grid = "".join(f"M{number(left)} {number(y_of(tick))}H{number(WIDE - 2)}" for tick in shared.ticks)
    out = [tag("path", {"class": "grid", "d": grid})]
    for tick, words_of_tick in zip(shared.ticks, texts, strict=True):
        out.append(_label(words_of_tick, left - 5, y_of(tick) + 5, "end"))
    lines, marks = [], []
    known = [point for point in points if point.value is not None]
    for run in segments(points):
        spots = [(x_of(p.at.toordinal()), y_of(p.value)) for p in run if p.value is not None]
        if len(spots) > 1:
            lines.append("M" + "L".join(f"{number(x)} {number(y)}" for x, y in spots))
        else:
            marks.append(square(*spots[0]))
        if len(spots) > 1 and run[-1] is known[-1]:
            marks.append(circle(*spots[-1]))
    if lines:
        out.append(tag("path", {"class": "here", "d": "".join(lines)}))
    out.append(tag("path", {"class": "here-mark", "d": "".join(marks)}))
    hollow = [(x_of(p.at.toordinal()), y_of(p.value)) for p in apart if p.value is not None]
    if hollow:
        spots_apart = "".join(diamond(x, y, 4) for x, y in hollow)
        out.append(tag("path", {"class": "restated-mark", "d": spots_apart}))
    out += _days(shared)
    key = escape(words.key)
    return Markup(  # noqa: S704 - every text went through tag() or escape()
        f'<svg class="chart small" viewBox="0 0 {number(WIDE)} 131" role="img" aria-labelledby="{key}-t">'
        f'<title id="{key}-t">{escape(words.finding)}</title>{"".join(out)}</svg>'
    )


def _days(shared: Shared) -> list[str]:
    """Label the first and the last period of the set, or the one there is."""
    first, last = shared.first[1], shared.last[1]
    right = _label(last, WIDE - 1, 126, "end")
    if first == last or width(first) + width(last) > WIDE - 12:
        return [right]
    return [_label(first, 1, 126, "start"), right]


def _label(words: str, x: float, y: float, anchor: str) -> str:
    return tag("text", {"class": "axis", "x": x, "y": y, "text-anchor": anchor}, words)

"""Figures become charts: SVG made by hand, for a page, a phone and paper.

In:   numbers with the texts that sentences.py wrote for them
Out:  SVG as Markup, styled by the classes of static/site.css, without script or inline style

Each chart is 430 units wide with text of 14 units, so that text stays above 11 px on a phone. Each says its
finding in a title and what a reader of the table would learn in a description. Series differ by dash, marker
and label, never by colour alone. A missing point cuts the line, and so does a break. Nothing here knows an
indicator or an area.
"""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

from api.svg import CHARACTER, TEXT, WIDTH, Words, draw
from api.svg import circle as _circle
from api.svg import diamond as _diamond
from api.svg import number as _n
from api.svg import scale as _scale
from api.svg import square as _square
from api.svg import tag as _tag
from api.svg import text as _text
from api.svg import width as _width

__all__ = ["CHARACTER", "TEXT", "WIDTH", "Words", "draw"]  # what others take from here

LABEL_GAP = 17  # the least distance between two direct labels


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a series. `value` is None where there is no figure.

    joined   a line may lead here from the point before: the two may be compared
    marked   the figure is provisional, estimated or otherwise to be read with care: a ring on the line
    """

    at: dt.date
    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    joined: bool = True
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of time. `role` picks dash, marker and colour: here, restated, similar, country or
    target.

    A series without a label has none at its end. Each restated point is a hollow diamond.
    """

    role: str
    label: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value on a strip with its label."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures of all councils of a tier: every figure, the middle half and the middle council."""

    values: Sequence[float]
    lower_quartile: float
    upper_quartile: float
    median: Mark
    lowest: Mark
    highest: Mark
    here: Mark | None = None
    unit_name: str = "council"


# A lane's label is cut into lines of so many characters, the bold ones that fit the width, each so far below.
_LANE_CHARACTERS = 44
_LANE_LINE = 17


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day in one lane of a timeline.

    shape    "graded", "visit" or "review"
    letters  what stands in a graded box
    thread   events of one thread may be compared, and a line joins them
    """

    on: dt.date
    shape: str
    letters: str
    thread: str


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    events: Sequence[Event]


def strip_chart(words: Words, strip: Strip) -> Markup:
    """Draw every council as a tick, the middle half shaded, and one council as a diamond.

    Figures further out than three times the middle half are off the scale, and the chart says how many.
    """
    low, high, below, above, ticks = _fence(
        tuple(strip.values),
        (strip.lower_quartile, strip.upper_quartile),
        (strip.lowest.value, strip.highest.value),
        strip.median.value,
    )
    scale = _scale(low, high, 8, WIDTH - 8)
    out: list[str] = []
    left, right = scale(strip.lower_quartile), scale(strip.upper_quartile)
    out.append(
        _tag("rect", {"class": "half", "x": left, "y": 24, "width": max(right - left, 1), "height": 20})
    )
    out.append(_tag("path", {"class": "ticks", "d": ticks}))
    middle = scale(strip.median.value)
    out.append(_tag("path", {"class": "middle", "d": f"M{_n(middle)} 22v24"}))
    if strip.here is not None:
        x = min(max(scale(strip.here.value), 8), WIDTH - 8)
        out.append(_tag("path", {"class": "here-mark", "d": f"M{_n(x)} 25l7 9-7 9-7-9z"}))
        out.append(_text(strip.here.label, x, 14, "here-label", anchor="middle", bold=True))
    out.append(_text(strip.median.label, middle, 62, "axis", anchor="middle"))
    out.append(_text(strip.lowest.label + (f" ({_off(below)})" if below else ""), 0, 82, "axis"))
    end = strip.highest.label + (f" ({_off(above)})" if above else "")
    out.append(_text(end, WIDTH, 82, "axis", anchor="end"))
    return draw(words, "strip", 86, out)


def _off(how_many: int) -> str:
    return f"{how_many} off the scale"


@lru_cache(maxsize=512)
def _fence(
    values: tuple[float, ...], quartiles: tuple[float, float], ends: tuple[float, float], median: float
) -> tuple[float, float, int, int, str]:
    """Give the ends of a strip's scale, how many figures lie beyond each end, and the ticks of the others.

    The strips of all councils of a tier have the same ticks, so they are kept.
    """
    reach = 3 * (quartiles[1] - quartiles[0])
    low, high = (quartiles[0] - reach, quartiles[1] + reach) if reach else ends
    kept = [value for value in values if low <= value <= high]
    kept += [median]
    low, high = min(kept), max(kept)
    below = sum(value < low for value in values)
    above = sum(value > high for value in values)
    scale = _scale(low, high, 8, WIDTH - 8)
    inside = sorted({round(scale(value), 1) for value in values if low <= value <= high})
    return low, high, below, above, "".join(f"M{_n(x)} 27v14" for x in inside)


@dataclass(frozen=True, slots=True)
class Axis:
    """How values are written beside a line chart.

    write    writes a value with so many decimals
    breaks   days from which figures are counted differently
    """

    write: Callable[[float, int], str]
    breaks: Sequence[dt.date] = field(default=())


def line_chart(words: Words, series: Sequence[Series], axis: Axis) -> Markup:
    """Draw series over time with the range of the first as a band and labels at their ends.

    At least one point must have a value. Breaks are dotted upright lines.
    """
    known = [point for one in series for point in one.points if point.value is not None]
    values = [value for point in known for value in (point.value, point.low, point.high) if value is not None]
    ticks = nice_ticks(min(values), max(values))
    decimals = decimals_of(ticks)
    texts = [axis.write(tick, decimals) for tick in ticks]
    ends = [(one, point) for one in series if one.label for point in _last(one.points)]
    left = max(map(_width, texts)) + 8
    right = WIDTH - max([_width(one.label, bold=one.role == "here") for one, _ in ends] + [20]) - 14
    top, bottom = 14.0, 158.0
    x_of = _scale(
        min(point.at for point in known).toordinal(),
        max(point.at for point in known).toordinal(),
        left + 4,
        right - 4,
    )
    y_of = _scale(ticks[0], ticks[-1], bottom, top)
    out = [
        _tag("path", {"class": "grid", "d": "".join(f"M{_n(left)} {_n(y_of(t))}H{_n(right)}" for t in ticks)})
    ]
    for tick, text in zip(ticks, texts, strict=True):
        out.append(_text(text, left - 6, y_of(tick) + 5, "axis", anchor="end"))
    out += _time_labels(known, x_of, bottom + 22)
    for on in axis.breaks:
        x = x_of(on.toordinal())
        out.append(_tag("path", {"class": "cut", "d": f"M{_n(x)} {_n(top)}V{_n(bottom)}"}))
    for one in reversed(series):
        out += _draw_series(one, x_of, y_of)
    ys = spread_labels([y_of(point.value or 0.0) + 5 for _, point in ends], top, bottom + 5)
    for (one, point), y in zip(ends, ys, strict=True):
        x = x_of(point.at.toordinal()) + 9
        out.append(_text(one.label, x, y, f"{one.role}-label", bold=one.role == "here"))
    height = bottom + 28
    if ticks[0] > 0 or ticks[-1] < 0:
        height += 18
        start = texts[0] if ticks[0] > 0 else texts[-1]
        out.append(_text(f"The scale starts at {start}, not at 0.", 0, height - 4, "axis"))
    return draw(words, "line", height, out)


def segments(points: Sequence[Point]) -> list[list[Point]]:
    """Cut a series where a figure is missing or may not be compared with the one before."""
    out: list[list[Point]] = []
    before_missing = True
    for point in points:
        if point.value is None:
            before_missing = True
            continue
        if before_missing or not point.joined:
            out.append([])
        out[-1].append(point)
        before_missing = False
    return out


def _draw_series(
    one: Series, x_of: Callable[[float], float], y_of: Callable[[float], float]
) -> Iterable[str]:
    lines: list[str] = []
    bands: list[str] = []
    marks: list[Point] = []
    for run in segments(one.points):
        spots = [(x_of(p.at.toordinal()), y_of(p.value)) for p in run if p.value is not None]
        if len(run) == 1:
            marks.append(run[0])
        else:
            lines.append("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in spots))
        bands += _bands(run, x_of, y_of) if one.role == "here" else []
    known = [point for point in one.points if point.value is not None]
    shown = known if one.role in {"restated", "target"} else known[-1:]
    marks += [point for point in shown if point not in marks]
    if bands:
        yield _tag("path", {"class": "band", "d": "".join(bands)})
    if lines:
        yield _tag("path", {"class": one.role, "d": "".join(lines)})
    shape = {"here": _circle, "similar": _square, "target": _bar}.get(one.role, _diamond)
    spots = [(x_of(p.at.toordinal()), y_of(p.value)) for p in marks if p.value is not None]
    yield _tag("path", {"class": f"{one.role}-mark", "d": "".join(shape(x, y) for x, y in spots)})
    rings = [(x_of(p.at.toordinal()), y_of(p.value)) for p in known if p.marked and p.value is not None]
    if rings and one.role != "restated":
        yield _tag("path", {"class": f"{one.role}-ring", "d": "".join(_circle(x, y) for x, y in rings)})


def _bar(x: float, y: float) -> str:
    return f"M{_n(x - 9)} {_n(y)}h18"


def _bands(
    run: Sequence[Point], x_of: Callable[[float], float], y_of: Callable[[float], float]
) -> Iterable[str]:
    """Outline the range of each stretch of points that have one."""
    stretch: list[tuple[float, float, float]] = []
    for point in [*run, None]:
        if point is not None and point.low is not None and point.high is not None:
            stretch.append((x_of(point.at.toordinal()), y_of(point.low), y_of(point.high)))
            continue
        if len(stretch) == 1:
            x, low, high = stretch[0]
            yield f"M{_n(x - 3)} {_n(low)}H{_n(x + 3)}V{_n(high)}H{_n(x - 3)}Z"
        elif stretch:
            upper = "L".join(f"{_n(x)} {_n(high)}" for x, _, high in stretch)
            lower = "L".join(f"{_n(x)} {_n(low)}" for x, low, _ in reversed(stretch))
            yield f"M{upper}L{lower}Z"
        stretch = []


def _last(points: Sequence[Point]) -> list[Point]:
    """Give the last point that has a value, in a list that is empty if none has."""
    return [point for point in points if point.value is not None][-1:]


def _time_labels(points: Sequence[Point], x_of: Callable[[float], float], y: float) -> Iterable[str]:
    """Label the last period and others at a steady step, as many as fit side by side."""
    labels = sorted({(point.at, point.label) for point in points})
    room = max(_width(label) for _, label in labels) + 12
    step = 1
    while step < len(labels) and any(
        x_of(later.toordinal()) - x_of(earlier.toordinal()) < room
        for (earlier, _), (later, _) in pairwise(labels[::-1][::step][::-1])
    ):
        step += 1
    for at, label in labels[::-1][::step][::-1]:
        yield _text(label, x_of(at.toordinal()), y, "axis", anchor="middle")


def bar(
    value: float, lowest: float, highest: float, middle: float, limits: tuple[float, float] | None
) -> Markup:
    """Draw one figure as a bar in a table's row, with the middle council as a line across all rows.

    Decoration: the row says the same in words, so the bar is hidden from those who do not see it.
    """
    low, high = min(0.0, lowest), max(0.0, highest)
    scale = _scale(low, high, 1, 199)
    zero, end = scale(0.0), scale(value)
    out = [
        _tag(
            "rect",
            {"class": "bar", "x": min(zero, end), "y": 3, "width": max(abs(end - zero), 0.5), "height": 12},
        )
    ]
    if limits is not None:
        ends = [min(max(scale(limit), 1), 199) for limit in limits]
        out.append(_tag("path", {"class": "range", "d": f"M{_n(ends[0])} 9H{_n(ends[1])}"}))
    out.append(_tag("path", {"class": "bar-middle", "d": f"M{_n(scale(middle))} 0v18"}))
    return Markup(  # noqa: S704 - numbers only
        '<svg class="in-row" viewBox="0 0 200 18" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(out)}</svg>"
    )


def timeline(words: Words, lanes: Sequence[Lane]) -> Markup:
    """Draw events on days, one lane for each service, boxes with letters for grades.

    A line joins events of one thread only, so results under different frameworks are never connected.
    Boxes that would overlap stand under each other.
    """
    days = [event.on for lane in lanes for event in lane.events]
    first, last = dt.date(min(days).year, 1, 1), dt.date(max(days).year + 1, 1, 1)
    x_of = _scale(first.toordinal(), last.toordinal(), 16, WIDTH - 16)
    y = 22.0
    marks: list[str] = []
    for lane in lanes:
        for at, part in enumerate(textwrap.wrap(lane.label, _LANE_CHARACTERS)):
            y += _LANE_LINE if at else 0
            marks.append(_text(part, 0, y - 4, "lane"))
        y += 6
        rows = _stack([x_of(event.on.toordinal()) for event in lane.events])
        height = 26.0 * (max(rows) + 1)
        spots = [
            (event, x_of(event.on.toordinal()), y + 13 + 26 * row)
            for event, row in zip(lane.events, rows, strict=True)
        ]
        marks += _threads(spots)
        marks += [mark for event, x, middle in spots for mark in _event(event, x, middle)]
        y += height + 30
    bottom = y - 26
    step = math.ceil((last.year - first.year) / 6)
    years = range(last.year - ((last.year - first.year) // step) * step, last.year + 1, step)
    lines = [x_of(dt.date(year, 1, 1).toordinal()) for year in years]
    grid = _tag("path", {"class": "grid", "d": "".join(f"M{_n(x)} 26V{_n(bottom)}" for x in lines)})
    labels = [
        _text(str(year), x, bottom + 16, "axis", anchor="middle")
        for year, x in zip(years, lines, strict=True)
    ]
    return draw(words, "timeline", bottom + 22, [grid, *marks, *labels])


def _stack(xs: Sequence[float]) -> list[int]:
    """Give each mark, in the order of time, the first row in which it overlaps no other."""
    ends: list[float] = []
    rows = []
    for x in xs:
        row = next((place for place, end in enumerate(ends) if x - end >= 27), len(ends))
        ends[row : row + 1] = [x]
        rows.append(row)
    return rows


def _threads(spots: Sequence[tuple[Event, float, float]]) -> Iterable[str]:
    """Join graded events of one thread."""
    graded = [spot for spot in spots if spot[0].shape == "graded"]
    lines = []
    for thread in dict.fromkeys(event.thread for event, _, _ in graded):
        own = [(x, y) for event, x, y in graded if event.thread == thread]
        if len(own) > 1:
            lines.append("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in own))
    if lines:
        yield _tag("path", {"class": "thread", "d": "".join(lines)})


def _event(event: Event, x: float, y: float) -> Iterable[str]:
    if event.shape == "graded":
        yield _tag("rect", {"class": "grade-mark", "x": x - 12, "y": y - 11, "width": 24, "height": 22})
        yield _text(event.letters[:2], x, y + 5, "grade-letters", anchor="middle")
    elif event.shape == "visit":
        yield _tag("circle", {"class": "visit-mark", "cx": x, "cy": y, "r": 5})
    else:
        yield _tag("path", {"class": "visit-mark", "d": _diamond(x, y, 13 if event.letters else 6)})
        if event.letters:
            yield _text(event.letters[:2], x, y + 5, "lane", anchor="middle")


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Choose about four round values that span the data: steps of 1, 2 or 5 times a power of ten.

    >>> nice_ticks(41, 68)
    [40.0, 50.0, 60.0, 70.0]
    """
    if high - low < 1e-9:
        room = abs(high) * 0.1 or 1.0
        low, high = low - room, high + room
    if low > 0 and low < 0.35 * high:
        low = 0.0  # close enough to zero to show it
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def decimals_of(ticks: Sequence[float]) -> int:
    """Count the decimals that values need, up to six.

    >>> decimals_of([0.0, 0.5, 1.0]), decimals_of([40.0, 50.0])
    (1, 0)
    """
    return next((places for places in range(6) if all(abs(round(t, places) - t) < 1e-9 for t in ticks)), 6)


def spread_labels(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Move labels apart until no two are closer than LABEL_GAP, as near to where they belong as may be.

    >>> spread_labels([50, 52], 0, 100)
    [42.5, 59.5]
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    # Labels that push each other form a block, which settles where its members' wishes average out.
    blocks: list[tuple[list[int], float]] = []
    for place in order:
        members, start = [place], wanted[place]
        while blocks and start < blocks[-1][1] + LABEL_GAP * len(blocks[-1][0]):
            members = [*blocks.pop()[0], *members]
            wishes = [wanted[member] - LABEL_GAP * step for step, member in enumerate(members)]
            start = sum(wishes) / len(wishes)
        blocks.append((members, start))
    placed = [start + LABEL_GAP * step for members, start in blocks for step in range(len(members))]
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], bottom - LABEL_GAP * (len(placed) - 1 - place))
    for place in range(len(placed)):
        placed[place] = max(placed[place], top + LABEL_GAP * place)
    at = dict(zip(order, placed, strict=True))
    return [at[place] for place in range(len(wanted))]

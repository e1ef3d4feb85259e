"""Two figures of each council as a point: where it lies, and where the middle councils lie.

In:   pairs of numbers, one of them in focus
Out:  SVG as Markup, by the rules of charts.py. It draws no line through the points: it shows no cause
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.charts import decimals_of, nice_ticks
from api.svg import WIDTH, Words, diamond, draw, number, scale, tag, text, width, wrap

_TOP, _BOTTOM = 10.0, 300.0


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: what it is called, its middle council, and how values are written with so many decimals."""

    label: str
    middle: float
    write: Callable[[float, int], str]


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float
    label: str = ""  # only for the council in focus


def scatter_chart(words: Words, spots: Sequence[Spot], across: Axis, up: Axis, here: Spot | None) -> Markup:
    """Draw every council as a small circle, the one in focus as a diamond, the middle councils as dashed lines."""
    xs, ys = ([spot.x for spot in spots], [spot.y for spot in spots])
    x_ticks, y_ticks = nice_ticks(min(xs), max(xs)), nice_ticks(min(ys), max(ys))
    y_texts = [up.write(tick, decimals_of(y_ticks)) for tick in y_ticks]
    left = max(map(width, y_texts)) + 8
    out = [text(line, 0, 14 + 17 * at, "axis") for at, line in enumerate(wrap(f"↑ {up.label}"))]
    shift = 17.0 * len(out) + 6
    top, bottom = _TOP + shift, _BOTTOM + shift
    x_of = scale(x_ticks[0], x_ticks[-1], left + 6, WIDTH - 10)
    y_of = scale(y_ticks[0], y_ticks[-1], bottom, top)
    grid = "".join(f"M{number(left)} {number(y_of(tick))}H{WIDTH}" for tick in y_ticks)
    grid += "".join(f"M{number(x_of(tick))} {number(top)}V{number(bottom)}" for tick in x_ticks)
    out.append(tag("path", {"class": "grid", "d": grid}))
    for tick, words_of_tick in zip(y_ticks, y_texts, strict=True):
        out.append(text(words_of_tick, left - 6, y_of(tick) + 5, "axis", anchor="end"))
    places = decimals_of(x_ticks)
    for tick in x_ticks if len(x_ticks) <= 5 else x_ticks[::2]:
        out.append(text(across.write(tick, places), x_of(tick), bottom + 20, "axis", anchor="middle"))
    middles = f"M{number(x_of(across.middle))} {number(top)}V{number(bottom)}"
    middles += f"M{number(left)} {number(y_of(up.middle))}H{WIDTH}"
    out.append(tag("path", {"class": "similar", "d": middles}))
    dots = "".join(
        f"M{number(x - 3)} {number(y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"
        for x, y in ((x_of(spot.x), y_of(spot.y)) for spot in spots)
    )
    out.append(tag("path", {"class": "dots", "d": dots}))
    if here is not None:
        x, y = x_of(here.x), y_of(here.y)
        out.append(tag("path", {"class": "here-mark", "d": diamond(x, y, 8)}))
        is_low = y - 12 < top + 6
        out.append(
            text(here.label, x, y + 24 if is_low else y - 12, "here-label", anchor="middle", bold=True)
        )
    y = bottom + 22
    for line in wrap(f"→ {across.label}"):
        y += 18
        out.append(text(line, 0, y, "axis"))
    return draw(words, "scatter", y + 6, out)

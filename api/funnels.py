"""A funnel: each council by its size and its figure, with the limits that chance would keep it in.

In:   points, and limits for any size, as compare.funnel has them
Out:  SVG as Markup, by the rules of charts.py

Points inside the limits are circles, those outside are larger squares: a mark of shape, not of colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.charts import decimals_of, nice_ticks
from api.svg import WIDTH, Words, diamond, draw, number, scale, square, tag, text, width, wrap

_TOP, _BOTTOM = 30.0, 300.0
_STEPS = 60  # how many places a limit is drawn through


@dataclass(frozen=True, slots=True)
class Dot:
    """One council. `size` is what its figure is out of, above zero."""

    size: float
    value: float
    is_outside: bool
    label: str = ""  # only for the council in focus


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a funnel: lower and upper by size, and what they are called."""

    label: str
    of: Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the axes say, the benchmark, and how a value is written with so many decimals."""

    across: str
    benchmark: float
    write: Callable[[float, int], str]
    write_size: Callable[[float], str]


def funnel_chart(words: Words, dots: Sequence[Dot], limits: Sequence[Limits], frame: Frame) -> Markup:
    """Draw a funnel. At least two dots are wanted; limits are drawn as far as the values reach."""
    sizes, values = [dot.size for dot in dots], [dot.value for dot in dots]
    ticks = nice_ticks(min(*values, frame.benchmark), max(*values, frame.benchmark))
    places = decimals_of(ticks)
    texts = [frame.write(tick, places) for tick in ticks]
    left = max(map(width, texts)) + 8
    size_ticks = [tick for tick in nice_ticks(0.0, max(sizes)) if tick >= 0]
    x_of = scale(0.0, size_ticks[-1], left + 6, WIDTH - 8)
    y_of = scale(ticks[0], ticks[-1], _BOTTOM, _TOP)
    grid = "".join(f"M{number(left)} {number(y_of(tick))}H{WIDTH}" for tick in ticks)
    out = [tag("path", {"class": "grid", "d": grid})]
    for tick, words_of_tick in zip(ticks, texts, strict=True):
        out.append(text(words_of_tick, left - 6, y_of(tick) + 5, "axis", anchor="end"))
    for tick in size_ticks[::2] if len(size_ticks) > 4 else size_ticks:
        out.append(text(frame.write_size(tick), x_of(tick), _BOTTOM + 20, "axis", anchor="middle"))
    out.append(
        tag("path", {"class": "middle", "d": f"M{number(left)} {number(y_of(frame.benchmark))}H{WIDTH}"})
    )
    for at, one in enumerate(limits):
        path = _edges(one, min(sizes), size_ticks[-1], (ticks[0], ticks[-1]), x_of, y_of)
        out.append(tag("path", {"class": "similar" if at == 0 else "country", "d": path}))
    inside = "".join(_small(x_of(dot.size), y_of(dot.value)) for dot in dots if not dot.is_outside)
    outside = "".join(square(x_of(dot.size), y_of(dot.value)) for dot in dots if dot.is_outside)
    out.append(tag("path", {"class": "dots", "d": inside}))
    out.append(tag("path", {"class": "similar-mark", "d": outside}))
    for dot in dots:
        if dot.label:
            x, y = x_of(dot.size), y_of(dot.value)
            out.append(tag("path", {"class": "here-mark", "d": diamond(x, y, 8)}))
            at_y = y + 24 if y - 12 < _TOP else y - 12
            out.append(text(dot.label, x, at_y, "here-label", anchor="middle", bold=True))
    y = _BOTTOM + 22
    for line in wrap(f"→ {frame.across}"):
        y += 18
        out.append(text(line, 0, y, "axis"))
    return draw(words, "funnel", y + 6, out)


def _small(x: float, y: float) -> str:
    return f"M{number(x - 3)} {number(y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"


def _edges(
    limits: Limits,
    smallest: float,
    largest: float,
    reach: tuple[float, float],
    x_of: Callable[[float], float],
    y_of: Callable[[float], float],
) -> str:
    """Draw both edges of a limit; a part beyond the values of the chart is left out."""
    # Limits bend most where sizes are small, so the steps are small there.
    sizes = [smallest + (largest - smallest) * (step / _STEPS) ** 2 for step in range(_STEPS + 1)]
    out = ""
    for side in (0, 1):
        is_drawing = False
        for size in sizes:
            value = limits.of(size)[side]
            if not reach[0] <= value <= reach[1]:
                is_drawing = False
                continue
            out += f"{'L' if is_drawing else 'M'}{number(x_of(size))} {number(y_of(value))}"
            is_drawing = True
    return out

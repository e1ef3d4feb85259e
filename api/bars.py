"""Figures of several areas beside each other as bars, and what the lines of a chart are.

In:   names and numbers with the texts that sentences.py wrote for them
Out:  SVG as Markup, by the rules of charts.py

A figure that may not stand beside the others has no bar: its row says why in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.svg import WIDTH, Words, circle, diamond, draw, number, scale, square, tag, text, width, wrap

# Roles of lines in the order in which areas take them: each has a dash and a mark of its own.
ROLES = ("here", "similar", "country")
_MARKS = {"here": circle, "similar": square, "country": diamond}


@dataclass(frozen=True, slots=True)
class Bar:
    """One area. `value` is None where there is nothing to draw; `text` then says why."""

    label: str
    value: float | None
    text: str
    is_this: bool = False
    limits: tuple[float, float] | None = None


def bar_chart(words: Words, bars: Sequence[Bar], middle: tuple[float, str] | None = None) -> Markup:
    """Draw a bar for each area on one scale that begins at 0, with a dashed line for the middle council.

    middle   its figure, and the words that stand under the line
    """
    values = [bar.value for bar in bars if bar.value is not None]
    ends = [end for bar in bars if bar.value is not None and bar.limits for end in bar.limits]
    around = [0.0, *values, *ends, *([middle[0]] if middle else [])]
    x_of = scale(min(around), max(around), 1, WIDTH - 1)
    out: list[str] = []
    lines: list[str] = []
    y = 0.0
    for bar in bars:
        room = WIDTH if bar.value is None else WIDTH - width(bar.text, bar.is_this) - 12
        for line in wrap(bar.label, max(room, 120), bar.is_this):
            y += 17
            out.append(text(line, 0, y, "name", bold=bar.is_this))
        if bar.value is None:
            for line in wrap(bar.text):
                y += 17
                out.append(text(line, 0, y, "axis"))
        else:
            out.append(text(bar.text, WIDTH, y, "name", anchor="end", bold=bar.is_this))
            y += 5
            lines += _draw_bar(bar, x_of, y)
            y += 12
        y += 6
    if middle is not None:
        x = x_of(middle[0])
        lines.append(tag("path", {"class": "similar", "d": f"M{number(x)} 0V{number(y)}"}))
        y += 16
        out.append(text(middle[1], x, y, "axis", anchor="middle"))
        y += 4
    # Names and figures stand over the line.
    return draw(words, "bars", max(y, 20.0), [*lines, *out])


def _draw_bar(bar: Bar, x_of: Callable[[float], float], y: float) -> Iterable[str]:
    assert bar.value is not None
    zero, end = x_of(0.0), x_of(bar.value)
    role = "here" if bar.is_this else "country"
    wide = max(abs(end - zero), 0.5)
    yield tag("rect", {"class": f"{role}-mark", "x": min(zero, end), "y": y, "width": wide, "height": 12})
    if bar.limits is not None:
        low, high = map(x_of, bar.limits)
        ticks = "".join(f"M{number(x)} {number(y + 2)}v8" for x in (low, high))
        yield tag("path", {"class": "whisker", "d": f"M{number(low)} {number(y + 6)}H{number(high)}{ticks}"})


def key_chart(labels: Sequence[str]) -> Markup:
    """Draw what each line of a chart is: its dash, its mark and its name, one under the other.

    Decoration beside the line chart, whose words name every line; hidden from those who do not see it.
    """
    out: list[str] = []
    y = 0.0
    for role, label in zip(ROLES, labels, strict=False):
        y += 20
        out.append(tag("path", {"class": role, "d": f"M2 {number(y - 5)}H38"}))
        out.append(tag("path", {"class": f"{role}-mark", "d": _MARKS[role](20, y - 5)}))
        out.append(text(label, 46, y, "name", bold=role == "here"))
    return Markup(  # noqa: S704 - text() escaped what others wrote
        f'<svg class="chart key" viewBox="0 0 {WIDTH} {number(y + 6)}" aria-hidden="true">{"".join(out)}</svg>'
    )


def shade_key(shades: Sequence[tuple[int, str]]) -> Markup:
    """Draw what each shade of a map holds; 0 is the hatching of areas without a figure. Hidden like key_chart."""
    out: list[str] = []
    y = 0.0
    for shade, label in shades:
        y += 24
        box = {"x": 1, "y": y - 18, "width": 26, "height": 20}
        if shade:
            out.append(tag("rect", {"class": f"shape m{shade}", **box}))
        else:
            hatch = "".join(f"M{number(x)} {number(y + 2)}l10 -20" for x in (1, 9, 17))
            out.append(tag("path", {"class": "hatch", "d": hatch}))
        out.append(text(label, 36, y - 3, "name"))
    return Markup(  # noqa: S704 - text() escaped what others wrote
        f'<svg class="chart key" viewBox="0 0 {WIDTH} {number(y + 8)}" aria-hidden="true">{"".join(out)}</svg>'
    )

"""The pieces that every drawing is made of: numbers, elements and text as SVG, escaped.

In:   numbers in units of the drawing, and texts of anybody
Out:  pieces of SVG in which every text is escaped; draw() puts them into their frame as Markup

A drawing is 430 units wide with text of 14 units, so that text stays above 11 px on a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 430
TEXT = 14  # height of a line of text, in units
CHARACTER = 8.2  # about what one character of a system font takes at that height


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says to somebody who does not see it. `key` makes its ids unique on the page."""

    key: str
    finding: str
    description: str


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Map low to start and high to end; everything to the middle if low and high are the same."""
    if high == low:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)


# A mark around a point, as the steps of a path.


def circle(x: float, y: float) -> str:
    return f"M{number(x - 4)} {number(y)}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"


def square(x: float, y: float) -> str:
    return f"M{number(x - 4)} {number(y - 4)}h8v8h-8z"


def diamond(x: float, y: float, radius: float = 5) -> str:
    return f"M{number(x)} {number(y - radius)}l{radius} {radius}-{radius} {radius}-{radius}-{radius}z"


def width(words: str, bold: bool = False) -> float:
    """Say about how wide a text is, in units."""
    return len(words) * CHARACTER * (1.1 if bold else 1)


def wrap(words: str, room: float = WIDTH, bold: bool = False) -> list[str]:
    """Break a text into lines that fit into so many units; a word longer than a line has one of its own.

    >>> wrap("Share of adults who are obese", 120)
    ['Share of', 'adults who are', 'obese']
    """
    lines: list[str] = []
    for word in words.split():
        if lines and width(f"{lines[-1]} {word}", bold) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def number(value: float) -> str:
    """Write a coordinate with one decimal place at most."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def tag(name: str, attributes: Mapping[str, str | float], inside: str | None = None) -> str:
    """Write an element. `name` and keys are ours; values and text are escaped."""
    pairs = "".join(
        f' {key}="{escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}/>" if inside is None else f"<{name}{pairs}>{escaped(inside)}</{name}>"


_MARKS = re.compile("[&<>'\"]")


def escaped(words: str) -> str:
    """Escape a text. Most have nothing to escape, and a chart has hundreds."""
    return str(escape(words)) if _MARKS.search(words) else words


def text(
    words: str, x: float, y: float, class_name: str, *, anchor: str = "start", bold: bool = False
) -> str:
    """Write text that stays inside the chart: one that would leave it is moved in."""
    wide = width(words, bold)
    if anchor == "middle":
        x = min(max(x, wide / 2), WIDTH - wide / 2) if wide < WIDTH else WIDTH / 2
    attributes: dict[str, str | float] = {"class": class_name, "x": x, "y": y}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    return tag("text", attributes, words)


def draw(words: Words, kind: str, height: float, inside: Iterable[str]) -> Markup:
    """Put a drawing into its frame: an image with a title and a description.

    inside   elements in which every text has been escaped
    """
    key = escape(words.key)
    return Markup(  # noqa: S704 - all that others wrote went through escape()
        f'<svg class="chart {kind}" viewBox="0 0 {WIDTH} {number(height)}" role="img"'
        f' aria-labelledby="{key}-t" aria-describedby="{key}-d">'
        f'<title id="{key}-t">{escape(words.finding)}</title>'
        f'<desc id="{key}-d">{escape(words.description)}</desc>{"".join(inside)}</svg>'
    )

"""Counts in a few ordered classes become columns side by side, as SVG.

In:   how many there are in each class, and the scale that several charts share
Out:  SVG as Markup, styled by the classes of static/site.css, by the rules of charts.py

Each column has its count above it, so nothing is read from a height alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from api.charts import WIDTH, Words, draw

HEIGHT = 190.0
_TOP, _BOTTOM = 22.0, 144.0


def column_chart(words: Words, counts: Sequence[int], most: int, ends: tuple[str, str]) -> Markup:
    """Draw one column for each class.

    most    the count that reaches the top; the same for charts that stand side by side
    ends    what the first and the last class mean, in a word or three

    >>> str(column_chart(Words("c", "Found.", "Told."), (2, 0), 2, ("First", "Last"))).count("<rect")
    1
    """
    wide = WIDTH / len(counts)
    out = [Markup('<path class="grid" d="M0 {:.0f}H{}"/>').format(_BOTTOM, WIDTH)]
    for place, count in enumerate(counts):
        high = (_BOTTOM - _TOP) * count / max(most, 1)
        middle = wide * (place + 0.5)
        if count:
            out.append(
                Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                    middle - wide * 0.38, _BOTTOM - high, wide * 0.76, high
                )
            )
        out += [
            _text(count, middle, _BOTTOM - high - 5, "middle"),
            _text(place + 1, middle, _BOTTOM + 17, "middle", "axis"),
        ]
    out += [
        _text(ends[0], 0, HEIGHT - 8, "start", "axis"),
        _text(ends[1], WIDTH, HEIGHT - 8, "end", "axis"),
    ]
    return draw(words, "columns", HEIGHT, out)


def _text(text: object, x: float, y: float, anchor: str, kind: str = "count") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, text
    )

"""A drawing that stands alone: one SVG file with its title, its source, its licence and its own styles.

In:   drawings as charts make them, and lines of text
Out:  a whole SVG document, and the style that its content policy must permit

The styles are those of static/site.css, so a chart looks alike on a page and in a file. Colours are written
out: programs that draw SVG for print know no variables.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from api.svg import WIDTH, number, tag, wrap

MEDIA_TYPE = "image/svg+xml"

_STYLE = Path(__file__).parent / "static" / "site.css"
_MARGIN = 12.0


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands around a drawing. `foot` has the verdict, the source and the licence, one line each."""

    title: str
    subtitle: str
    foot: Sequence[str]


def write_document(caption: Caption, drawings: Iterable[Markup]) -> bytes:
    """Write one SVG document: the title, the drawings under each other, the lines of the foot."""
    out: list[str] = []
    y = 8.0
    for words, kind, height in (
        *((line, "head", 22.0) for line in wrap(caption.title, WIDTH * 0.8, bold=True)),
        *((line, "axis", 18.0) for line in wrap(caption.subtitle)),
    ):
        y += height
        out.append(tag("text", {"class": kind, "x": 0, "y": y}, words))
    y += 12
    for drawing in drawings:
        inside, height = _placed(drawing, y)
        out.append(inside)
        y += height + 8
    for line in caption.foot:
        y += 4
        for words in wrap(line):
            y += 17
            out.append(tag("text", {"class": "axis", "x": 0, "y": y}, words))
    y += 8
    wide, high = WIDTH + 2 * _MARGIN, y + _MARGIN
    box = f"{number(-_MARGIN)} {number(-_MARGIN / 2)} {number(wide)} {number(high)}"
    ground = tag(
        "rect", {"class": "ground", "x": -_MARGIN, "y": -_MARGIN, "width": wide, "height": high + _MARGIN}
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{number(wide)}" height="{number(high)}"'
        f' lang="en-GB"><title>{escape(caption.title)}, {escape(caption.subtitle)}</title>'
        f"<style>{chart_style()}</style>{ground}{''.join(out)}</svg>\n"
    ).encode()


def _placed(drawing: Markup, y: float) -> tuple[str, float]:
    """Put a drawing at a height of a larger one. Returns it and how high it is."""
    text = str(drawing)  # what is added to Markup would be escaped
    found = re.match(r'<svg class="([^"]*)" viewBox="0 0 [\d.]+ ([\d.]+)"', text)
    assert found is not None, "a drawing begins as svg.draw writes it"
    height = float(found[2])
    start = f'<svg class="{found[1]}" x="0" y="{number(y)}" width="{WIDTH}" height="{found[2]}" overflow="visible"'
    return start + f' viewBox="0 0 {WIDTH} {found[2]}"' + text[found.end() :], height


@cache
def chart_style() -> str:
    """Give the styles of charts with their colours written out, for light and for dark surroundings."""
    style = re.sub(r"/\*.*?\*/", "", _STYLE.read_text(encoding="utf-8"), flags=re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8})", part)) for part in _schemes(style))
    rules = [
        (".ground", "fill: var(--ground)"),
        ("text", 'font-size: 14px; fill: var(--text); font-family: system-ui, "DejaVu Sans", sans-serif'),
        (".head", "font-size: 18px; font-weight: 700"),
    ]
    for selector, body in re.findall(r"(?m)^svg ((?:\.|:is)[^{]+){([^}]*)}", style):
        rules += [(one, body.strip(" ;")) for one in _expanded(selector.strip())]
    rules += [(name, body.strip(" ;")) for name, body in re.findall(r"svg (\.m\d) {([^}]*)}", style)]
    # Weaker than any rule with a class, as on a page: a hatched shape keeps the fill of its own.
    written = "path:not(.missing),rect,circle{fill:none;stroke:none}"
    written += "".join(f"svg {_listed(name)}{{{_coloured(body, light)}}}" for name, body in rules)
    themed = [(name, _only_colours(body)) for name, body in rules if "var(" in body]
    written += "@media (prefers-color-scheme:dark){"
    written += "".join(f"svg {_listed(name)}{{{_coloured(body, light | dark)}}}" for name, body in themed)
    return written + "}"


def style_hash() -> str:
    """Give the source expression by which a content policy permits exactly these styles."""
    digest = hashlib.sha256(chart_style().encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _schemes(style: str) -> tuple[str, str]:
    light, _, rest = style.partition("@media screen and (prefers-color-scheme: dark)")
    return light, rest.partition("\n}\n")[0]


def _expanded(selector: str) -> list[str]:
    """Write a choice of names as one selector each.

    >>> _expanded(":is(.here-mark, .bar)")
    ['.here-mark', '.bar']
    """
    choice = re.fullmatch(r":is\(([^)]*)\)", selector)
    return [part.strip() for part in choice[1].split(",")] if choice else [selector]


def _listed(selector: str) -> str:
    return ",svg ".join(part.strip() for part in selector.split(","))


def _coloured(body: str, tokens: dict[str, str]) -> str:
    body = re.sub(r"var\(--([\w-]+)\)", lambda match: tokens[match[1]], body)
    return re.sub(r"\s*([:;])\s*", r"\1", body)


def _only_colours(body: str) -> str:
    return "; ".join(part.strip() for part in body.split(";") if "var(" in part)

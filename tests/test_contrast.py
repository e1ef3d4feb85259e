"""Colours of charts, text and maps stand out enough, worked out from the style sheet as WCAG defines it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from api.pages.page import STATIC


def read_tokens(scheme: str) -> dict[str, str]:
    """Read the colours of the style sheet, as they hold in a scheme."""
    style = (STATIC / "site.css").read_text(encoding="utf-8")
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)", 1)
    dark = dark.split("\n}\n", 1)[0]
    tokens = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8})", light))
    if scheme == "dark":
        tokens |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8})", dark))
    return tokens


def luminance(colour: str) -> float:
    """Work out the relative luminance of a colour as WCAG defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits[:6]
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_contrast_is_worked_out_as_wcag_does() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_charts_and_edges_stand_out_from_the_ground(scheme: str) -> None:
    tokens = read_tokens(scheme)
    for name in ("here", "similar", "country", "tick", "edge", "found", "text", "rule", "brand"):
        for ground in ("ground", "panel"):
            assert contrast(tokens[name], tokens[ground]) >= 3, (name, ground)
    for name in ("text", "muted", "link", "here", "similar", "country"):
        assert contrast(tokens[name], tokens["ground"]) >= 4.5, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_stands_out_more_on_a_map(scheme: str) -> None:
    """Each shade is further from the ground than the one before, and the area found from every shade."""
    tokens = read_tokens(scheme)
    steps = [contrast(tokens[f"m{number}"], tokens["ground"]) for number in range(1, 6)]
    assert steps == sorted(steps)
    assert all(later / earlier > 1.25 for earlier, later in pairwise(steps))
    assert contrast(tokens["edge"], tokens["m1"]) >= 3

"""Boundaries and figures become a map: five shades by a stated rule, drawn as SVG.

In:   outlines as paths in metres of the British National Grid, a value for each area
Out:  a choropleth as Markup, the classes for its legend, and the rule of the classes in words

A map never stands alone: its legend is a list, and a table has every figure. An area without a figure is
hatched, because a colour would be read as a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from api.charts import WIDTH, Words, draw

CLASSES = 5
MISSING = 0  # the class of an area without a figure

# How the classes are made, for the legend.
RULE = "Each shade holds about a fifth of the areas that have a figure."

# Paths are written in whole steps of half a unit, which keeps them short and coasts smooth.
FINE = 2

Point = tuple[float, float]


class Box(NamedTuple):
    """A part of the grid or of the drawing."""

    left: float
    low: float
    right: float
    high: float


# The part of England that is drawn again, larger: London's boroughs are too small to see.
LONDON = Box(502_000, 155_000, 562_000, 202_000)


@dataclass(frozen=True, slots=True)
class Outline:
    """The rings of one area in metres, east before north."""

    area: str
    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Class:
    """One shade: which values it holds, both ends included, and how many areas."""

    number: int
    lowest: float
    highest: float
    area_count: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Outlines drawn once, to be shaded by any figures: for each area its path, and where it lies.

    inset    the paths of London's boroughs, drawn again, where London is part of a larger map
    """

    height: float
    paths: Mapping[str, str]
    inset: Mapping[str, str]
    boxes: Mapping[str, Box]


def read_outline(area: str, shape: str) -> Outline:
    """Read an outline written as an SVG path of the steps M, L, H, V and Z, large or small letters.

    Raises ValueError for any other step, or if numbers are missing.

    >>> read_outline("E1", "M10,20l5,0v5Z").rings
    (((10.0, 20.0), (15.0, 20.0), (15.0, 25.0)),)
    """
    rings: list[list[Point]] = []
    here = start = (0.0, 0.0)
    for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", shape):
        numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", rest)]
        step = letter.upper()
        if step not in "MLHVZ" or (step in "ML" and len(numbers) % 2):
            raise ValueError(f"the shape of '{area}' cannot be read at '{letter}'")
        if step == "Z":
            here = start
            continue
        moves = zip(numbers[::2], numbers[1::2], strict=True) if step in "ML" else ((n, n) for n in numbers)
        for place, (x, y) in enumerate(moves):
            ahead = (here[0] + x, here[1] + y) if letter.islower() else (x, y)
            here = (ahead[0] if step != "V" else here[0], ahead[1] if step != "H" else here[1])
            if step == "M" and place == 0:
                start = here
                rings.append([])
            if not rings:
                raise ValueError(f"the shape of '{area}' does not begin with M")
            rings[-1].append(here)
    return Outline(area, tuple(map(tuple, rings)))


def make_ground(outlines: Sequence[Outline]) -> Ground:
    """Draw outlines at the width of a chart, north up. At least one outline is wanted."""
    box = _box_of(outlines)
    wide, high = box.right - box.left, box.high - box.low
    height = min(max(WIDTH * high / wide, 120.0), 1.5 * WIDTH)
    project = _projection(box, Box(4, 4, WIDTH - 4, height - 4))
    capital = [outline for outline in outlines if _lies_in(_box_of([outline]), LONDON)]
    inset: dict[str, str] = {}
    if capital and wide > 4 * (LONDON.right - LONDON.left):
        corner = Box(WIDTH - 132, 6, WIDTH - 6, 104)
        inset = _paths(capital, _projection(_box_of(capital), corner))
    boxes = {}
    for outline in outlines:
        own = _box_of([outline])
        (left, low), (right, high) = project((own.left, own.high)), project((own.right, own.low))
        boxes[outline.area] = Box(left, low, right, high)
    return Ground(height, _paths(outlines, project), inset, boxes)


def make_classes(values: Mapping[str, float]) -> tuple[list[Class], dict[str, int]]:
    """Put areas into five classes of about equal number; equal values are never parted.

    Returns the classes that hold an area, and the class of each area.

    >>> make_classes({"A": 1.0, "B": 1.0, "C": 2.0})[1]
    {'A': 1, 'B': 1, 'C': 4}
    """
    ordered = sorted(values.items(), key=lambda pair: (pair[1], pair[0]))
    class_of_value: dict[float, int] = {}
    for place, (_, value) in enumerate(ordered):
        class_of_value.setdefault(value, place * CLASSES // len(ordered) + 1)
    class_of = {area: class_of_value[value] for area, value in ordered}
    classes = []
    for number in range(1, CLASSES + 1):
        inside = [value for area, value in ordered if class_of[area] == number]
        if inside:
            classes.append(Class(number, inside[0], inside[-1], len(inside)))
    return classes, class_of


def choropleth(words: Words, ground: Ground, class_of: Mapping[str, int], found: str | None = None) -> Markup:
    """Shade a ground by the classes of its areas, with a ring around the area `found`.

    Areas of one class are one path, so a map of 300 councils is a handful of elements.
    """
    out = [
        Markup(
            '<pattern id="{}-h" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<path class="hatch" d="M0 8L8 0"/></pattern>'
        ).format(words.key),
        Markup('<g transform="scale({})">').format(1 / FINE),
    ]
    for paths in (ground.paths, ground.inset):
        out += _shades(words.key, paths, class_of)
        if found is not None and found in paths:
            out.append(Markup('<path class="found" d="{}"/>').format(paths[found]))
    if found is not None and found in ground.boxes:
        own = ground.boxes[found]
        reach = max(own.right - own.left, own.high - own.low) / 2
        if reach < 9:
            out.append(
                Markup('<circle class="found" cx="{:.0f}" cy="{:.0f}" r="{:.0f}"/>').format(
                    (own.left + own.right) / 2 * FINE, (own.low + own.high) / 2 * FINE, (reach + 7) * FINE
                )
            )
    out.append(Markup("</g>"))
    if ground.inset:
        out.append(
            Markup('<text class="axis" x="{}" y="120" text-anchor="middle">London, enlarged</text>').format(
                WIDTH - 69
            )
        )
    return draw(words, "map", ground.height, out)


def _shades(key: str, paths: Mapping[str, str], class_of: Mapping[str, int]) -> Iterable[Markup]:
    for number in range(CLASSES + 1):
        inside = "".join(path for area, path in paths.items() if class_of.get(area, MISSING) == number)
        if inside and number == MISSING:
            yield Markup('<path class="shape missing" fill="url(#{}-h)" d="{}"/>').format(key, inside)
        elif inside:
            yield Markup('<path class="shape m{}" d="{}"/>').format(number, inside)


def _paths(outlines: Sequence[Outline], project: Callable[[Point], Point]) -> dict[str, str]:
    """Write each outline as a path of whole steps; points that fall together are one."""
    out = {}
    for outline in outlines:
        rings = []
        for ring in outline.rings:
            spots = [(round(x * FINE), round(y * FINE)) for x, y in map(project, ring)]
            kept = [spot for place, spot in enumerate(spots) if place == 0 or spot != spots[place - 1]]
            if len(kept) > 2:
                rings.append(_ring(kept))
        if not rings:  # too small for a shape of its own, but never left out
            x, y = (round(part * FINE) for part in project(outline.rings[0][0]))
            rings.append(f"M{x} {y}h1v1h-1z")
        out[outline.area] = "".join(rings)
    return out


def _ring(spots: Sequence[tuple[int, int]]) -> str:
    steps = [(x - spots[place][0], y - spots[place][1]) for place, (x, y) in enumerate(spots[1:])]
    moves = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{spots[0][0]} {spots[0][1]}l{moves}z"


def _projection(box: Box, into: Box) -> Callable[[Point], Point]:
    """Map a part of the grid into a part of the drawing, as large as fits, in its middle, north up."""
    scale = min(
        (into.right - into.left) / (box.right - box.left or 1),
        (into.high - into.low) / (box.high - box.low or 1),
    )
    left = (into.left + into.right - scale * (box.right - box.left)) / 2
    top = (into.low + into.high - scale * (box.high - box.low)) / 2
    return lambda point: (left + (point[0] - box.left) * scale, top + (box.high - point[1]) * scale)


def _box_of(outlines: Sequence[Outline]) -> Box:
    xs = [x for outline in outlines for ring in outline.rings for x, _ in ring]
    ys = [y for outline in outlines for ring in outline.rings for _, y in ring]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _lies_in(box: Box, frame: Box) -> bool:
    return (
        box.left >= frame.left
        and box.right <= frame.right
        and box.low >= frame.low
        and box.high <= frame.high
    )

"""The statistics office's boundary lines become simplified shapes that still fit together.

In:   boundaries/uk-topo-2014-2025.json: lines, each kept once, and areas as rings of lines
Out:  rows of the table boundaries: today's councils, regions and England, in metres of the National Grid

Each line is simplified once, so two neighbours keep the same edge. A corner is taken away where the triangle
it makes with its neighbours is smallest (Visvalingam and Whyatt, 1993), until every triangle that is left
is larger than a threshold. Lines around a small area get a smaller threshold; where a shape would cross
itself, the lines of that area are simplified less, until none does.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from examples.make_england.credits import OS_WORDS
from examples.make_england.grid import to_grid
from examples.make_england.ledger import Ledger
from examples.make_england.packages import Row
from examples.make_england.register import COUNCILS, Register
from examples.make_england.sources import load_json

Point = tuple[int, int]
Line = tuple[Point, ...]
Ring = tuple[int, ...]  # numbers of lines; ~n is line n walked backwards

# A map of England 600 pixels wide has about a kilometre to a pixel: smaller corners are not seen. Around
# small areas a corner may be a hundredth of the area.
LARGEST_CORNER = 1_000_000.0
SHARE_OF_AREA = 0.01
SMALLEST_ISLAND = 2_000_000.0
LAYERS = ("ltla", "utla", "rgn", "ctry")
VALID_ON = "2025-04-01"
ATTRIBUTION = f"Office for National Statistics, OGL v3.0. {OS_WORDS}"


@dataclass(frozen=True)
class Shape:
    """An area as polygons; a polygon is its outer ring and its holes."""

    area: str
    polygons: tuple[tuple[Ring, ...], ...]


def boundary_rows(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    topology = load_json(sources / "boundaries" / "uk-topo-2014-2025.json")
    lines = read_lines(topology)
    shapes = _read_shapes(topology, register, ledger)
    shapes = [_without_small_islands(shape, lines) for shape in shapes]
    return simple_rows(shapes, lines, VALID_ON)


def simple_rows(shapes: list[Shape], lines: list[Line], valid_on: str) -> list[Row]:
    """Simplify shapes that share lines, and write a row for each."""
    simple = _simplify(lines, shapes)
    return [
        {
            "area": shape.area,
            "valid_on": valid_on,
            "projection": "EPSG:27700",
            "shape": "".join(_path(ring, simple) for polygon in shape.polygons for ring in polygon),
            "attribution": ATTRIBUTION,
        }
        for shape in shapes
    ]


def read_lines(topology: dict[str, Any]) -> list[Line]:
    """Read the lines, which are written as steps in whole units, into metres of the grid."""
    (scale_x, scale_y), (origin_x, origin_y) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    lines = []
    for steps in topology["arcs"]:
        x = y = 0
        points: list[Point] = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            east, north = to_grid(x * scale_x + origin_x, y * scale_y + origin_y)
            points.append((round(east), round(north)))
        lines.append(tuple(points))
    return lines


def _read_shapes(topology: dict[str, Any], register: Register, ledger: Ledger) -> list[Shape]:
    wanted = {area.area for area in register.current(COUNCILS | {"region"})} | {"E92000001"}
    shapes: dict[str, Shape] = {}
    for layer in LAYERS:
        geometries = topology["objects"][layer]["geometries"]
        account = ledger.open(f"boundaries/uk-topo-2014-2025.json: {layer}", len(geometries))
        for geometry in geometries:
            code = geometry["properties"]["areacd"]
            if code in shapes:
                account.leave_out("the layer before has it")
            elif code in wanted:
                arcs = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
                polygons = tuple(tuple(tuple(ring) for ring in polygon) for polygon in arcs)
                shapes[code] = Shape(code, polygons)
                account.used += 1
            elif code in register.areas:
                account.leave_out("not an area of today")
            else:
                account.leave_out("area of Scotland, Wales or Northern Ireland")
    if wanted - set(shapes):
        raise KeyError(f"no boundary for {sorted(wanted - set(shapes))}")
    return [shapes[code] for code in sorted(shapes)]


def _points(ring: Ring, lines: list[Line] | dict[int, Line]) -> list[Point]:
    """Walk the lines of a ring; the point where two lines meet is given once."""
    out: list[Point] = []
    for number in ring:
        line = lines[number] if number >= 0 else lines[~number][::-1]
        out.extend(line[1:] if out else line)
    return out


def _area(points: list[Point]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _without_small_islands(shape: Shape, lines: list[Line]) -> Shape:
    """Leave out islands too small to be seen, but never the largest part of an area."""
    sizes = [_area(_points(polygon[0], lines)) for polygon in shape.polygons]
    kept = [
        polygon
        for polygon, size in zip(shape.polygons, sizes, strict=True)
        if size >= SMALLEST_ISLAND or size == max(sizes)
    ]
    return Shape(shape.area, tuple(kept))


def _rings(shape: Shape) -> Iterator[Ring]:
    for polygon in shape.polygons:
        yield from polygon


def _simplify(lines: list[Line], shapes: list[Shape]) -> dict[int, Line]:
    """Simplify every line that a shape uses, less and less where a shape would cross itself."""
    largest: dict[int, float] = {}
    for shape in shapes:
        for ring in _rings(shape):
            limit = min(LARGEST_CORNER, SHARE_OF_AREA * _area(_points(ring, lines)))
            for number in ring:
                line = number if number >= 0 else ~number
                largest[line] = min(largest.get(line, limit), limit)
    corners = {number: _corner_sizes(lines[number]) for number in largest}
    whole = dict(enumerate(lines))
    # A few shapes touch themselves as they were published; they cannot be asked to do better.
    sound = [shape for shape in shapes if _fits(shape, whole)]
    while True:
        simple = {
            number: tuple(
                point
                for point, size in zip(lines[number], corners[number], strict=True)
                if size > largest[number]
            )
            for number in largest
        }
        crossed = {
            number if number >= 0 else ~number
            for shape in sound
            if not _fits(shape, simple)
            for ring in _rings(shape)
            for number in ring
        }
        if not crossed:
            return simple
        for number in crossed:
            largest[number] /= 2
            if largest[number] < 1:
                raise ValueError(f"line {number} crosses another as it was published")


def _fits(shape: Shape, simple: dict[int, Line]) -> bool:
    return all(
        Polygon(_points(polygon[0], simple), [_points(hole, simple) for hole in polygon[1:]]).is_valid
        for polygon in shape.polygons
    )


def _corner_sizes(line: Line) -> list[float]:
    """Say for each point how large a corner it is when its turn to be taken away comes.

    Ends are never taken away. A line that closes on itself keeps two points more, so that it stays a ring.
    """
    infinite = float("inf")
    sizes = [infinite] * len(line)
    before = [place - 1 for place in range(len(line))]
    after = [place + 1 for place in range(len(line))]

    def corner(place: int) -> float:
        return _area([line[before[place]], line[place], line[after[place]]])

    queue = [(corner(place), place) for place in range(1, len(line) - 1)]
    current = dict.fromkeys(range(len(line)), infinite) | {place: size for size, place in queue}
    heapq.heapify(queue)
    left = len(queue)
    keep = 2 if line[0] == line[-1] else 0
    largest = 0.0
    while queue and left > keep:
        size, place = heapq.heappop(queue)
        if current[place] != size or sizes[place] != infinite:
            continue
        largest = max(largest, size)
        sizes[place] = largest
        left -= 1
        left_one, right_one = before[place], after[place]
        after[left_one], before[right_one] = right_one, left_one
        for neighbour in (left_one, right_one):
            if 0 < neighbour < len(line) - 1:
                current[neighbour] = corner(neighbour)
                heapq.heappush(queue, (current[neighbour], neighbour))
    return sizes


def _path(ring: Ring, simple: dict[int, Line]) -> str:
    points = _points(ring, simple)
    if points[0] == points[-1]:
        points = points[:-1]
    first, *rest = (f"{east},{north}" for east, north in points)
    return f"M{first}L{' '.join(rest)}Z"

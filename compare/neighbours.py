"""Which areas are most like one? By named indicators, weights and a standardisation that anyone can recompute.

In:   for each input its weight, how it is put on a common footing, and a figure for each area
Out:  for an area the others by distance, nearest first

An input is put on a common footing over all areas of the set. The distance of two areas is the root of the
weighted mean of their squared differences. An area that lacks one of the figures is not in the set: a distance
with a part filled in would not be a distance. Results are the same on any machine: sums are exact before they
are rounded, squares are added in the order of the inputs, and a distance has six decimal places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np

Standardisation = Literal["none", "z-score", "range"]

PLACES = 6

# How many neighbours an area is given where its group does not say.
USUAL_COUNT = 15


@dataclass(frozen=True, slots=True)
class Input:
    """One indicator that goes into a distance.

    weight     how much it counts beside the others; 0 leaves it out, though an area still needs the figure
    figures    by area, in the unit of the indicator
    """

    indicator: str
    weight: float
    standardisation: Standardisation
    figures: Mapping[str, float]

    def weighing(self, weight: float) -> Input:
        """The same with another weight."""
        return replace(self, weight=weight)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An area beside another. `rank` is 1 for the nearest; `distance` has no unit, and 0 is the same."""

    area: str
    rank: int
    distance: float


def shared_areas(inputs: Sequence[Input]) -> tuple[str, ...]:
    """Give the areas that have every figure, in order of their codes."""
    if not inputs:
        return ()
    return tuple(sorted(set.intersection(*(set(one.figures) for one in inputs))))


def standardise(values: Sequence[float], standardisation: Standardisation) -> list[float]:
    """Put figures on a common footing. Figures that are all equal tell nothing apart and become 0.

    >>> standardise([1.0, 2.0, 3.0], "range"), standardise([5.0, 5.0], "z-score")
    ([0.0, 0.5, 1.0], [0.0, 0.0])
    """
    if standardisation == "none":
        return list(values)
    if not values or min(values) == max(values):
        return [0.0] * len(values)
    if standardisation == "range":
        lowest, width = min(values), max(values) - min(values)
        return [(value - lowest) / width for value in values]
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    if deviation == 0:
        # So near to each other that the squares of their distances are too small for a number.
        return [0.0] * len(values)
    return [(value - mean) / deviation for value in values]


class Distances:
    """The distances of all areas of a set.

    Raises ValueError if a weight is negative or not a number, or if all are 0: then nothing tells areas apart.
    """

    def __init__(self, inputs: Sequence[Input]) -> None:
        if any(not math.isfinite(one.weight) or one.weight < 0 for one in inputs):
            raise ValueError("a weight is a number of 0 or more")
        whole = math.fsum(one.weight for one in inputs)
        if not whole:
            raise ValueError("at least one weight is more than 0")
        self.areas = shared_areas(inputs)
        self._place = {area: at for at, area in enumerate(self.areas)}
        self._columns = [
            (one.weight / whole, np.array(_footing(one, self.areas))) for one in inputs if one.weight
        ]

    def nearest(self, area: str, count: int) -> tuple[Neighbour, ...]:
        """Give so many areas most like one, nearest first, equal ones by code; none if it is not in the set."""
        if area not in self._place:
            return ()
        here = self._place[area]
        squares = np.zeros(len(self.areas))
        for weight, column in self._columns:
            squares = squares + weight * (column - column[here]) ** 2
        rounded = [round(float(distance), PLACES) for distance in np.sqrt(squares)]
        others = sorted((rounded[at], other) for other, at in self._place.items() if other != area)
        return tuple(
            Neighbour(other, rank, distance) for rank, (distance, other) in enumerate(others[:count], start=1)
        )

    def all_nearest(self, count: int) -> Iterator[tuple[str, Neighbour]]:
        """Give every area's nearest, in order of the areas."""
        for area in self.areas:
            for neighbour in self.nearest(area, count):
                yield area, neighbour


def _footing(one: Input, areas: Sequence[str]) -> list[float]:
    return standardise([one.figures[area] for area in areas], one.standardisation)


def read_standardisation(code: str) -> Standardisation:
    """Take a code of the list of standardisations. Raises ValueError if it is none."""
    if code not in ("none", "z-score", "range"):
        raise ValueError(f"'{code}' is no standardisation")
    return cast(Standardisation, code)

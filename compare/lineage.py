"""Which earlier areas together make up an area of today.

In:   dated changes of areas, the kind of each area
Out:  covers: sets of earlier areas that are the whole of a later one, no ground missing and none twice

A county and its districts lie over each other, so they are never in one cover: where a council with all
services followed a county and its districts, each of the two layers is a cover by itself. An area that was
divided, or that gave ground away, is part of no cover.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from schemas import load_model

# A set of areas is held as the bits of a whole number, and one bit says that something is wrong.
MOST_PARTS = 60

# Kinds of change after which the boundary is the same, and those that move a part of an area.
_SAME = frozenset({"recoded", "renamed"})
_PART = frozenset({"split", "boundary-moved"})


@dataclass(frozen=True, slots=True)
class AreaChange:
    """One row of the table area_changes."""

    from_area: str
    to_area: str
    changed_on: dt.date
    change: str


@dataclass(frozen=True, slots=True)
class Cover:
    """Earlier areas, in order, that together are the whole of `area`, as they were before `changed_on`.

    is_same   there is one, and it has the very boundary of `area`
    """

    area: str
    parts: tuple[str, ...]
    changed_on: dt.date
    is_same: bool


def find_covers(
    changes: Iterable[AreaChange], types: Mapping[str, str], areas: Collection[str]
) -> dict[str, tuple[Cover, ...]]:
    """Find the covers of some areas, the preferred first: one area with the same boundary before several, and
    nearer predecessors before those further back.

    types   the area type of each area

    Changes may be given in any order and may contradict each other: an area that follows itself, one that
    would be counted twice, and a circle of areas give no cover.
    """
    lineage = _Lineage(changes, types)
    found = {area: tuple(lineage.covers(area)) for area in sorted(areas)}
    return {area: covers for area, covers in found.items() if covers}


def tiers_of(area_type: str) -> frozenset[str]:
    """Tell which of the two tiers the councils of such areas belong to; none for other areas.

    >>> sorted(tiers_of("unitary")), sorted(tiers_of("county")), sorted(tiers_of("region"))
    (['lower-tier', 'upper-tier'], ['upper-tier'], [])
    """
    return _tiers().get(area_type, frozenset())


@cache
def _tiers() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for code in load_model().code_lists["tier"].codes:
        if code.code != "every-council":
            for area_type in code.more["area_types"]:
                found[area_type] = found.get(area_type, frozenset()) | {code.code}
    return found


def _layer(area_type: str) -> str:
    """Tell which areas lie beside each other and never over each other: counties, the councils below and beside
    them, or areas of one other kind."""
    tiers = tiers_of(area_type)
    if not tiers:
        return area_type
    return "beside-counties" if "lower-tier" in tiers else "counties"


class _Lineage:
    def __init__(self, changes: Iterable[AreaChange], types: Mapping[str, str]) -> None:
        self._types = types
        self._into: dict[str, list[AreaChange]] = {}
        self._out_of: dict[str, list[AreaChange]] = {}
        for change in sorted(
            changes, key=lambda one: (one.changed_on, one.to_area, one.from_area, one.change)
        ):
            if change.from_area != change.to_area:
                self._into.setdefault(change.to_area, []).append(change)
                self._out_of.setdefault(change.from_area, []).append(change)

    def covers(self, area: str) -> Iterator[Cover]:
        """Give the covers of an area, the preferred first."""
        following: Cover | None
        for following in self._steps(area, None):
            while following is not None:
                if len(following.parts) <= MOST_PARTS:
                    yield following
                following = self._further_back(following)

    def _further_back(self, cover: Cover) -> Cover | None:
        """Put predecessors in the place of those parts that began last; None if no part has any.

        Each step lies before the one it follows, so that a circle of areas comes to an end.
        """
        steps: dict[str, Cover] = {}
        for part in cover.parts:
            layer = self._layer_of(part)
            for step in self._steps(part, cover.changed_on):
                if layer == self._layer_of(step.parts[0]):
                    steps[part] = step
        if not steps:
            return None
        latest = max(step.changed_on for step in steps.values())
        parts: list[str] = []
        for part in cover.parts:
            found = steps.get(part)
            parts += found.parts if found is not None and found.changed_on == latest else (part,)
        if len(set(parts)) < len(parts) or cover.area in parts:
            return None
        is_same = cover.is_same and all(step.is_same for step in steps.values())
        return Cover(cover.area, tuple(sorted(parts)), latest, is_same)

    def _layer_of(self, area: str) -> str:
        return _layer(self._types.get(area, ""))

    def _steps(self, area: str, before: dt.date | None) -> Iterator[Cover]:
        """Give the covers by direct predecessors, of each layer one at most, from the area's last beginning
        before a day."""
        into = [one for one in self._into.get(area, ()) if before is None or one.changed_on < before]
        if not into:
            return
        on = into[-1].changed_on
        lost = any(
            one.change in _PART and on < one.changed_on and (before is None or one.changed_on < before)
            for one in self._out_of.get(area, ())
        )
        if lost:
            return
        layers: dict[str, list[AreaChange]] = {}
        for one in into:
            if one.changed_on == on:
                layers.setdefault(self._layer_of(one.from_area), []).append(one)
        found = [
            Cover(area, tuple(sorted(one.from_area for one in listed)), on, len(listed) == 1)
            for layer, listed in sorted(layers.items())
            if self._is_whole(listed) and not (layer == "counties" and self._lies_over(listed, layers))
        ]
        yield from sorted(found, key=lambda cover: (not cover.is_same, cover.parts))

    def _is_whole(self, listed: Sequence[AreaChange]) -> bool:
        """Say whether changes of one day and one layer make up the whole of their later area."""
        kinds = {one.change for one in listed}
        if len(listed) == 1 and not kinds <= _SAME:
            # What became part of something larger is not the whole of it.
            return False
        if len(listed) > 1 and kinds != {"merged"}:
            return False
        if len({one.from_area for one in listed}) < len(listed):
            return False
        return not any(
            other.to_area != one.to_area and other.changed_on == one.changed_on
            for one in listed
            for other in self._out_of[one.from_area]
        )

    @staticmethod
    def _lies_over(listed: Sequence[AreaChange], layers: Mapping[str, Sequence[AreaChange]]) -> bool:
        """Say whether counties became part of an area of which districts are the parts as well."""
        return len(listed) > 1 and "beside-counties" in layers

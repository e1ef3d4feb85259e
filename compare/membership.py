"""Which councils are compared under which name: nations, regions, types of council and comparator groups.

In:   rows of areas, parents of areas and members of groups, dates as ISO text or dates
Out:  Membership for each comparator, council and stretch of time

A council belongs to a region and to its nation through its parents; the climb ends at the first nation, because
what lies above it may hold councils that nobody gave. Each council has one stretch at a time, whichever way
led to it, so that no place counts twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["nation", "region", "area-type", "group"]

_NATION, _REGION = "country", "region"
_HIERARCHY = "administrative"
# More steps than this from a council up to its nation would go in a circle.
_MOST_STEPS = 10

Stretch = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """A council in a comparator, from a first day to a last. An open end is date.min or date.max."""

    kind: Kind
    comparator: str
    area: str
    start_on: dt.date
    end_on: dt.date


def memberships(
    areas: Iterable[Mapping[str, Any]],
    parents: Iterable[Mapping[str, Any]],
    members: Iterable[Mapping[str, Any]],
    council_types: frozenset[str],
) -> list[Membership]:
    """List who belongs to what, in order.

    areas     rows with area and area_type
    parents   rows with area, parent, hierarchy, start_on, end_on
    members   rows with group, area, start_on, end_on
    """
    types = {row["area"]: row["area_type"] for row in areas}
    councils = sorted(area for area, area_type in types.items() if area_type in council_types)
    above: dict[str, list[tuple[str, Stretch]]] = {}
    for row in parents:
        if row["hierarchy"] == _HIERARCHY:
            above.setdefault(row["area"], []).append((row["parent"], _stretch(row)))
    found: dict[tuple[Kind, str, str], list[Stretch]] = {}
    always = (dt.date.min, dt.date.max)
    for area in councils:
        found["area-type", types[area], area] = [always]
        for kind, parent, stretch in _climb(area, always, above, types, _MOST_STEPS):
            found.setdefault((kind, parent, area), []).append(stretch)
    known = set(councils)
    for row in members:
        if row["area"] in known:
            found.setdefault(("group", row["group"], row["area"]), []).append(_stretch(row))
    return sorted(
        Membership(*key, *stretch) for key, stretches in found.items() for stretch in _joined(stretches)
    )


def _climb(
    area: str,
    within: Stretch,
    above: Mapping[str, list[tuple[str, Stretch]]],
    types: Mapping[str, str],
    steps: int,
) -> Iterator[tuple[Kind, str, Stretch]]:
    """Give the regions and the nation over an area, with the stretch in which every step of the way held."""
    for parent, (start, end) in above.get(area, ()) if steps else ():
        held = max(within[0], start), min(within[1], end)
        if held[0] > held[1]:
            continue
        if types.get(parent) == _NATION:
            yield "nation", parent, held
            continue
        if types.get(parent) == _REGION:
            yield "region", parent, held
        yield from _climb(parent, held, above, types, steps - 1)


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Join stretches that meet or follow on each other."""
    first, *rest = sorted(stretches)
    for start, end in rest:
        if first[1] == dt.date.max or start <= first[1] + dt.timedelta(days=1):
            first = first[0], max(first[1], end)
        else:
            yield first
            first = start, end
    yield first


def _stretch(row: Mapping[str, Any]) -> Stretch:
    return _day(row["start_on"], dt.date.min), _day(row["end_on"], dt.date.max)


def _day(cell: dt.date | str | None, otherwise: dt.date) -> dt.date:
    if not cell:
        return otherwise
    return dt.date.fromisoformat(cell) if isinstance(cell, str) else cell

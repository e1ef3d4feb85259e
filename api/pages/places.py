"""Areas as pages need them: what a place is called, where it lies, which tier it is compared in.

In:   the tables areas, area_parents, area_changes, body_areas, groups, group_members and neighbours
Out:  Place, the chain of places around it, the places that are like it
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Tiers that councils are compared inside. A council that runs all services is in both.
COMPARED_TIERS = ("upper-tier", "lower-tier")


@dataclass(frozen=True, slots=True)
class Place:
    """An area. `name` is what people call it, `label` its official name."""

    area: str
    name: str
    label: str
    area_type: str
    start_on: dt.date | None
    end_on: dt.date | None
    note: str | None = None

    @property
    def type_label(self) -> str:
        return load_model().code_lists["area-type"].code(self.area_type).label

    @property
    def tiers(self) -> frozenset[str]:
        """The tiers whose councils this one is compared with; empty for regions and countries."""
        return _tiers_of(self.area_type)

    @property
    def is_council(self) -> bool:
        return bool(self.tiers)

    @property
    def noun(self) -> str:
        """What a sentence calls the place after its name was said: this council, this region."""
        if self.is_council:
            return "council"
        return self.area_type if self.area_type in {"country", "region", "ward"} else "area"

    @property
    def is_two_tier(self) -> bool:
        """One of the two councils that share their area's services."""
        return self.area_type in {"county", "district"}


@dataclass(frozen=True, slots=True)
class Group:
    """A comparator group as one area sees it: its members without the area, closest first if known."""

    group: str
    label: str
    method: str
    members: tuple[str, ...]

    @property
    def is_similar(self) -> bool:
        """Its members were chosen because they are alike."""
        return self.method in {"statistical-neighbours", "cluster"}


@cache
def _tiers_of(area_type: str) -> frozenset[str]:
    return frozenset(tier for tier in COMPARED_TIERS if area_type in types_of_tier(tier))


@cache
def types_of_tier(tier: str) -> tuple[str, ...]:
    """Give the area types that a tier consists of."""
    return tuple(load_model().code_lists["tier"].code(tier).more["area_types"])


def tier_plain(tier: str) -> str:
    """Say in plain words which councils a tier consists of."""
    return str(load_model().code_lists["tier"].code(tier).more["plain"])


@cache
def compared_tier(answering: str, area_type: str) -> str | None:
    """Say in which tier an area's figure is compared; None for a place that is no council of that tier.

    answering   the tier of the indicator

    Where every council has a figure, one that runs all services stands among those that run the wide ones.

    >>> compared_tier("every-council", "district"), compared_tier("upper-tier", "district")
    ('lower-tier', None)
    """
    for tier in COMPARED_TIERS:
        if answering in {tier, "every-council"} and area_type in types_of_tier(tier):
            return tier
    return None


def read_date(text: str | None) -> dt.date | None:
    """Read a date of the catalogue; empty is None."""
    return dt.date.fromisoformat(text) if text else None


_COLUMNS = "a.area, a.label, a.everyday_label, a.area_type, a.start_on, a.end_on, a.note"


def _place(row: Any) -> Place:
    return Place(
        row["area"],
        row["everyday_label"] or row["label"],
        row["label"],
        row["area_type"],
        read_date(row["start_on"]),
        read_date(row["end_on"]),
        row["note"],
    )


def find_place(edition: Edition, area: str) -> Place | None:
    """Find an area by its code."""
    return find_places(edition, [area]).get(area)


def find_places(edition: Edition, areas: Iterable[str]) -> Mapping[str, Place]:
    """Find areas by their codes; codes that are not known are left out."""
    councils = load_councils(edition)
    given = sorted(set(areas))
    found = {area: councils[area] for area in given if area in councils}
    wanted = [area for area in given if area not in found]
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        # Only question marks and our own column names go into the statement.
        marks = ",".join("?" * len(part))
        sql = f"SELECT {_COLUMNS} FROM areas a WHERE a.area IN ({marks})"  # noqa: S608
        found.update({row["area"]: _place(row) for row in edition.rows(sql, part)})
    return dict(sorted(found.items())) if wanted else found


def load_councils(edition: Edition) -> Mapping[str, Place]:
    """Load every council there is or was, by code; kept while the edition is in use."""
    return edition.once("councils", lambda: _read_councils(edition))


def _read_councils(edition: Edition) -> dict[str, Place]:
    types = sorted({area_type for tier in COMPARED_TIERS for area_type in types_of_tier(tier)})
    marks = ",".join("?" * len(types))
    # Only question marks and our own column names go into the statement.
    sql = f"SELECT {_COLUMNS} FROM areas a WHERE a.area_type IN ({marks}) ORDER BY a.area"  # noqa: S608
    return {row["area"]: _place(row) for row in edition.rows(sql, types)}


def list_places(edition: Edition, area_types: Iterable[str]) -> list[Place]:
    """List today's areas of some types, by the name people use."""
    wanted = sorted(set(area_types))
    councils = load_councils(edition)
    if all(_tiers_of(area_type) for area_type in wanted):
        found = [one for one in councils.values() if one.end_on is None and one.area_type in wanted]
    else:
        marks = ",".join("?" * len(wanted))
        sql = f"SELECT {_COLUMNS} FROM areas a WHERE a.end_on IS NULL AND a.area_type IN ({marks})"  # noqa: S608
        found = [_place(row) for row in edition.rows(sql, wanted)]
    return sorted(found, key=lambda place: (place.name, place.area))


def list_around(edition: Edition, area: str) -> list[Place]:
    """List the places an area lies inside by who governs what, nearest first. A cycle ends the walk.

    A neighbourhood is governed by nobody; the walk begins at the area it lies in.
    """
    out: list[Place] = []
    seen = {area}
    here = area
    while True:
        row = edition.row(
            f"SELECT {_COLUMNS} FROM area_parents p JOIN areas a ON a.area = p.parent"  # noqa: S608
            " WHERE p.area = ? AND p.hierarchy IN ('administrative', 'statistical')"
            " ORDER BY p.hierarchy, p.end_on IS NOT NULL, p.end_on DESC, p.start_on DESC, p.parent LIMIT 1",
            (here,),
        )
        if row is None or row["area"] in seen:
            return out
        here = row["area"]
        seen.add(here)
        out.append(_place(row))


def list_inside(edition: Edition, area: str) -> list[Place]:
    """List today's places that lie directly inside an area by who governs what, by name."""
    rows = edition.rows(
        f"SELECT DISTINCT {_COLUMNS} FROM area_parents p JOIN areas a ON a.area = p.area"  # noqa: S608
        " WHERE p.parent = ? AND p.hierarchy = 'administrative' AND p.end_on IS NULL AND a.end_on IS NULL",
        (area,),
    )
    return sorted(map(_place, rows), key=lambda place: (place.area_type, place.name, place.area))


def list_groups(edition: Edition, place: Place) -> list[Group]:
    """List the comparator groups an area is in, those that give it neighbours of its own first.

    Members of other tiers are left out: a district is never compared with a county.
    """
    own = edition.rows(
        'SELECT n."group", n.neighbour AS member, n.rank, g.label, g.method FROM neighbours n'
        ' JOIN groups g ON g."group" = n."group" WHERE n.area = ? AND g.end_on IS NULL'
        ' ORDER BY n."group", n.rank, n.neighbour',
        (place.area,),
    )
    shared = edition.rows(
        'SELECT m."group", m.area AS member, g.label, g.method FROM group_members h'
        ' JOIN groups g ON g."group" = h."group" JOIN group_members m ON m."group" = h."group"'
        " WHERE h.area = ? AND m.area <> h.area"
        " AND h.end_on IS NULL AND m.end_on IS NULL AND g.end_on IS NULL"
        ' ORDER BY m."group", m.area',
        (place.area,),
    )
    members: dict[str, list[str]] = {}
    told: dict[str, tuple[str, str]] = {}
    for row in [*own, *shared]:
        members.setdefault(row["group"], []).append(row["member"])
        told[row["group"]] = (row["label"], row["method"])
    places = find_places(edition, (member for listed in members.values() for member in listed))
    out = []
    for group, listed in members.items():
        same_tier = [
            member
            for member in dict.fromkeys(listed)
            if member in places and (places[member].tiers & place.tiers or not place.is_council)
        ]
        if same_tier:
            out.append(Group(group, *told[group], tuple(same_tier)))
    return out


def list_members(edition: Edition, group: str) -> list[Place]:
    """List the members a group has today, by name; empty for one that gives each area its own neighbours."""
    rows = edition.rows('SELECT area FROM group_members WHERE "group" = ? AND end_on IS NULL', (group,))
    places = find_places(edition, (row["area"] for row in rows)).values()
    return sorted(places, key=lambda place: (place.name, place.area))


def list_past_members(edition: Edition, group: str) -> list[tuple[Place, dt.date]]:
    """List the members a group no longer has, each with its last day, the latest first."""
    rows = edition.rows(
        'SELECT area, max(end_on) AS end_on FROM group_members WHERE "group" = ? GROUP BY area'
        " HAVING count(*) = count(end_on)",
        (group,),
    )
    places = find_places(edition, (row["area"] for row in rows))
    past = [(places[row["area"]], dt.date.fromisoformat(row["end_on"])) for row in rows]
    return sorted(past, key=lambda pair: (-pair[1].toordinal(), pair[0].name, pair[0].area))


def list_changes(edition: Edition, area: str) -> list[Any]:
    """List what happened to an area: rows with from and to, their names, the day, the kind and the order."""
    return edition.rows(
        "SELECT c.from_area, c.to_area, c.changed_on, c.change, c.legal_order,"
        " coalesce(f.everyday_label, f.label) AS from_label, coalesce(t.everyday_label, t.label) AS to_label"
        " FROM area_changes c JOIN areas f ON f.area = c.from_area JOIN areas t ON t.area = c.to_area"
        " WHERE c.from_area = ? OR c.to_area = ? ORDER BY c.changed_on DESC, c.from_area, c.to_area",
        (area, area),
    )

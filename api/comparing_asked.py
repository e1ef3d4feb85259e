"""What is to be compared: an indicator, areas or a group, and a period, as a visitor wrote them.

In:   Wanted
Out:  what the edition has of it, or a failure with the nearest that there is
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api import observations
from api.edition import Edition
from api.failures import Failure
from api.observations import TOTAL
from api.pages.councils import Period, list_tier_rows
from api.pages.definitions import Definition, load_definitions
from api.pages.places import (
    COMPARED_TIERS,
    Group,
    Place,
    compared_tier,
    find_places,
    list_around,
    list_groups,
    list_members,
)
from api.pages.series import Cell
from api.sentences import Span
from api.suggesting import unknown_area
from ingest.problems import find_nearest, shown

# The most areas of one comparison: more than there are councils.
MOST_AREAS = 500

WHOLE_TIER = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared, as a visitor wrote it. `period` and `group` are empty where nothing was said."""

    indicator: str
    areas: Sequence[str] = ()
    group: str = ""
    period: str = ""
    breakdown: str = ""


def find_definition(edition: Edition, indicator: str) -> Definition:
    """Find the version in use of an indicator. Raises Failure (404) with the nearest there is."""
    known = load_definitions(edition).in_use
    if indicator in known:
        return known[indicator]
    raise _unknown("indicator", indicator, list(known))


def _unknown(parameter: str, text: str, known: Sequence[str], words: str = "in this edition") -> Failure:
    nearest = find_nearest(text, known)
    hint = f" Closest: {nearest}." if nearest else ""
    detail = f"There is no {parameter} '{shown(text)}' {words}.{hint}"
    problem = {"parameter": parameter, "detail": detail, "nearest": nearest}
    return Failure("thing-unknown", detail, problems=[problem], nearest=nearest)


def find_named(edition: Edition, areas: Sequence[str]) -> list[Place]:
    """Find the areas that are named, each once, in the order given."""
    codes = list(dict.fromkeys(areas))
    if len(codes) > MOST_AREAS:
        raise _wrong(
            "areas",
            f"{len(codes):,} areas are asked for; the most of one comparison is {MOST_AREAS}. "
            "Name a group, or ask in parts.",
        )
    known = find_places(edition, codes)
    for code in codes:
        if code not in known:
            raise unknown_area(edition, code, "areas")
    return [known[code] for code in codes]


def _wrong(parameter: str, detail: str) -> Failure:
    return Failure("parameter-wrong", detail, problems=[{"parameter": parameter, "detail": detail}])


def find_group(edition: Edition, group: str, named: Sequence[Place]) -> tuple[str, list[Place]]:
    """Find whom to compare with. One area without a group is compared with those most like it."""
    if group == WHOLE_TIER:
        return group, []
    if not group:
        if len(named) != 1:
            return "", []
        groups = list_groups(edition, named[0])
        return (groups[0].group, _members(edition, groups[0])) if groups else (WHOLE_TIER, [])
    if named:
        groups = list_groups(edition, named[0])
        found = next((one for one in groups if one.group == group), None)
        if found is not None:
            return group, _members(edition, found)
    listed = list_members(edition, group)
    if listed:
        return group, listed
    known = [row[0] for row in edition.rows('SELECT "group" FROM groups')]
    if group not in known:
        raise _unknown("group", group, [*known, WHOLE_TIER])
    if named:
        raise _wrong("group", f"The group '{shown(group)}' has no areas to compare {named[0].name} with.")
    detail = f"The group '{shown(group)}' gives each area neighbours of its own: name an area with areas=."
    raise _wrong("group", detail)


def _members(edition: Edition, group: Group) -> list[Place]:
    return list(find_places(edition, group.members).values())


def tier_of(definition: Definition, focus: Place | None) -> str | None:
    """Say in which tier councils are compared; None for a place that is no council of a tier that answers."""
    if focus is not None:
        return compared_tier(definition.tier, focus.area_type)
    return next((tier for tier in COMPARED_TIERS if definition.tier in {tier, "every-council"}), None)


def find_period(
    edition: Edition, definition: Definition, wanted: Wanted, tier: str | None, areas: Sequence[str]
) -> Period:
    """Find the period asked for, or the newest, and whose figures of it are compared."""
    periods = _list_periods(edition, definition.indicator, wanted.breakdown, tier, areas)
    if not periods:
        group = f" for '{shown(wanted.breakdown)}'" if wanted.breakdown else ""
        raise Failure("thing-unknown", f"There is no figure{group} of {definition.label} for these areas.")
    if not wanted.period or wanted.period == observations.LATEST:
        return periods[0]
    found = next((one for one in periods if one.cell.period == wanted.period), None)
    if found is None:
        known = [one.cell.period for one in periods]
        raise _unknown("period", wanted.period, known, f"in which these areas have {definition.label}")
    return found


def _list_periods(
    edition: Edition, indicator: str, breakdown: str, tier: str | None, areas: Sequence[str]
) -> list[Period]:
    """List the periods with figures of an indicator, newest first.

    Those in which a tier's councils are compared; for other places those in which the places have any.
    """
    columns = "x.dataset, x.indicator, x.version, x.period, x.breakdown, p.label, p.start_on, p.end_on"
    order = " ORDER BY p.end_on DESC, p.start_on, x.breakdown <> '', x.breakdown, x.dataset, x.version DESC"
    where, params = "x.indicator = ?", [indicator]
    if breakdown:
        where += " AND x.breakdown = ?"
        params.append("" if breakdown == TOTAL else breakdown)
    # Only our own words and question marks are put into the statements.
    join = "JOIN periods AS p ON p.period = x.period"
    rows: Sequence[Any] = ()
    if tier is not None:
        sql = f"SELECT {columns} FROM distributions AS x {join} WHERE {where} AND x.tier = ?{order}"  # noqa: S608
        rows = edition.rows(sql, (*params, tier))
    if not rows and areas:
        among = f"x.area IN ({','.join('?' * len(areas))})"
        sql = f"SELECT DISTINCT {columns} FROM observations AS x {join} WHERE {where} AND {among}{order}"  # noqa: S608
        rows = edition.rows(sql, (*params, *areas))
    found: dict[str, Period] = {}
    for row in rows:
        cell = Cell(*(row[name] for name in ("dataset", "indicator", "version", "period", "breakdown")))
        days = (dt.date.fromisoformat(row[name]) for name in ("start_on", "end_on"))
        found.setdefault(row["period"], Period(cell, Span(row["label"], *days)))
    return list(found.values())


def list_tier(edition: Edition, definition: Definition, period: Period, tier: str | None) -> list[Place]:
    """List the councils of a tier that existed in a period, and those that have a figure of it."""
    if tier is None:
        return []
    return [row.place for row in list_tier_rows(edition, definition, period, tier)]


def find_country(edition: Edition, place: Place | None) -> Place | None:
    """Find the country around a place; None for a country itself."""
    if place is None or place.area_type == "country":
        return None
    return next((one for one in list_around(edition, place.area) if one.area_type == "country"), None)

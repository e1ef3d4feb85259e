"""What stands for the councils that one is compared with: its nation, region, type, and the chosen set.

In:   the table comparators; for a set that is no group of the edition, the rows of its councils
Out:  SetBeside: each comparator in words with the method that made it, or in words why the set has none

A group that gives each area neighbours of its own, and councils that a reader names, are added up on request by the
rules that made the table: the same councils count, and each place once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.pages.beside import Beside, list_beside, tell_comparator
from api.pages.councils import CouncilRow, Period
from api.pages.definitions import Definition
from api.pages.places import Group, Place, compared_tier, list_around, tier_plain
from api.pages.series import list_council_values
from compare import Addend, Comparator, add_up, comparator

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class ChosenSet:
    """The set that is compared.

    group   the group of the edition it comes from, where it does
    name    what a set is called that is worked out on request; empty where the table has it
    """

    group: str = ""
    name: str = ""


NO_SET = ChosenSet()


@dataclass(frozen=True, slots=True)
class SetBeside:
    """What stands for many councils. `plain` says which councils are in it, `missing` why a set has no value."""

    listed: Sequence[Beside]
    plain: str
    missing: str = ""


def name_group(edition: Edition, focus: Place, group: Group) -> ChosenSet:
    """Say whether a group gives the area in focus neighbours of its own, which no table has a value for."""
    sql = 'SELECT 1 FROM neighbours WHERE "group" = ? AND area = ?'
    has_own = edition.value(sql, (group.group, focus.area)) is not None
    return ChosenSet(group.group, f"{group.label} of {focus.name}, without it" if has_own else "")


def list_set_beside(
    edition: Edition,
    definition: Definition,
    period: Period,
    tier: str,
    focus: Place | None,
    chosen: ChosenSet,
    rows: Sequence[CouncilRow],
) -> SetBeside | None:
    """List what stands for the councils beside the one in focus; None for totals, which grow with the place.

    tier   that of the council in focus
    rows   the councils of the chosen set, those with a figure and those without
    """
    if definition.is_total:
        return None
    wanted = {("group", chosen.group)} if chosen.group and not chosen.name else set()
    if focus is not None:
        around = [focus, *list_around(edition, focus.area)]
        wanted |= {("nation" if one.area_type == "country" else one.area_type, one.area) for one in around}
        wanted.add(("area-type", focus.area_type))
    listed = list_beside(edition, definition, period.cell, tier, wanted)
    missing = ""
    if chosen.name:
        is_without = chosen.group and focus is not None
        among = [row for row in rows if not (is_without and row.is_this)]
        made = _add_up(edition, definition, period, tier, among)
        if isinstance(made, str):
            missing = f"{chosen.name}: nothing stands for them. {made}"
        else:
            told = tell_comparator(definition, "set", chosen.name, made)
            listed = [*listed, told]
    return SetBeside(listed, tier_plain(tier), missing) if listed or missing else None


def _add_up(
    edition: Edition, definition: Definition, period: Period, tier: str, rows: Sequence[CouncilRow]
) -> Comparator | str:
    """Work out what stands for some councils, or say in words why nothing does."""
    own = [row for row in rows if compared_tier(definition.tier, row.place.area_type) == tier]
    usable = {area for area, _ in list_council_values(edition, period.cell, tier)}
    figures = [
        Addend(row.seen.value, row.seen.numerator, row.seen.denominator)
        for row in own
        if row.seen is not None and row.seen.value is not None and row.place.area in usable
    ]
    end_on = period.span.end_on
    without = [row.place.area for row in own if row.place.area not in usable and _existed(row.place, end_on)]
    missing = len(without) - _count_covered(edition, without, usable, end_on)
    sums = add_up(figures, missing)
    if sums is None:
        return "None of them has a figure that may stand in it."
    found = comparator(sums, definition.rule)
    if found is None and sums.missing > sums.area_count:
        return "More of them have no figure than have one."
    return found or "These figures cannot be put together."


def _existed(place: Place, on: dt.date) -> bool:
    has_begun = place.start_on is None or place.start_on <= on
    return has_begun and (place.end_on is None or place.end_on >= on)


def _count_covered(edition: Edition, without: Sequence[str], usable: Container[str], on: dt.date) -> int:
    """Count the councils whose figure stands under the council that followed them."""
    marks = ",".join("?" * len(without))
    changes = edition.rows(
        # Only question marks are put into the statement.
        "SELECT c.from_area, c.to_area FROM area_changes c JOIN areas a ON a.area = c.to_area"  # noqa: S608
        f" WHERE c.from_area IN ({marks}) AND a.start_on > ?",
        (*without, on.isoformat()),
    )
    return len({row["from_area"] for row in changes if row["to_area"] in usable})

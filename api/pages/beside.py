"""What stands beside a council's figure: nation, region, type of council and groups, in words with its method.

In:   the table comparators of an edition
Out:  Beside for each comparator of one cell and tier, those of one place or all of them; the note on false alarms
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import Definition
from api.pages.figures import AreaFigure
from api.pages.page import address_of
from api.pages.places import Place, find_places
from api.pages.series import Cell
from compare import Comparator, FalseAlarms, false_alarms
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

_KINDS = ("nation", "region", "area-type", "group")


@dataclass(frozen=True, slots=True)
class Beside:
    """One comparator in words.

    address   of its own page; empty for a type of council
    method    how its value was made, and over how many councils
    quality   what the published and the rebuilt value say of each other, where they differ by more than rounding
    """

    kind: str
    name: str
    address: str
    text: str
    method: str
    range_text: str
    quality: str


def list_beside(
    edition: Edition,
    definition: Definition,
    cell: Cell,
    tier: str,
    wanted: Container[tuple[str, str]] | None = None,
) -> list[Beside]:
    """List the comparators of a cell and tier: nations, regions, types and groups, each by name.

    wanted   their kinds and notations, where not all are
    """
    rows = edition.rows(
        "SELECT * FROM comparators WHERE dataset = ? AND indicator = ? AND version = ? AND period = ?"
        " AND breakdown = ? AND tier = ?",
        (cell.dataset, cell.indicator, cell.version, cell.period, cell.breakdown, tier),
    )
    if wanted is not None:
        rows = [row for row in rows if (row["kind"], row["comparator"]) in wanted]
    return _told(edition, definition, rows)


def tell_comparator(definition: Definition, kind: str, name: str, found: Comparator) -> Beside:
    """Put a comparator that was worked out on request in words."""
    unit, decimals = definition.unit, definition.decimals
    limits = found.limits
    return Beside(
        kind,
        name,
        "",
        sentences.figure(found.value, unit, decimals),
        sentences.comparator_words(found.method, found.area_count, found.missing),
        sentences.range_words(limits.lower, limits.upper, unit, decimals) if limits is not None else "",
        "",
    )


def list_beside_area(edition: Edition, one: AreaFigure, chain: Iterable[Place]) -> list[Beside]:
    """List what stands beside an area's newest figure: its nation, its region and its type of council.

    chain   the places around the area

    Totals have nothing beside them: they grow with the size of the place.
    """
    if one.spread is None or not one.has_value or one.definition.is_total:
        return []
    around = {("area-type", one.place.area_type)}
    around |= {("nation" if place.area_type == "country" else place.area_type, place.area) for place in chain}
    cell = one.cell
    rows = edition.rows(
        "SELECT * FROM comparators WHERE dataset = ? AND indicator = ? AND version = ? AND period = ?"
        " AND breakdown = ? AND tier = ? AND kind <> 'group'",
        (cell.dataset, cell.indicator, cell.version, cell.period, cell.breakdown, one.spread.tier),
    )
    wanted = [row for row in rows if (row["kind"], row["comparator"]) in around]
    return _told(edition, one.definition, wanted)


def _told(edition: Edition, definition: Definition, rows: Sequence[Any]) -> list[Beside]:
    names = _names(edition, rows)
    out = [_beside(definition, row, *names[row["kind"], row["comparator"]]) for row in rows]
    return sorted(out, key=lambda one: (_KINDS.index(one.kind), one.name))


def _beside(definition: Definition, row: Any, name: str, address: str) -> Beside:
    unit, decimals = definition.unit, definition.decimals
    range_text = ""
    if row["lower_limit"] is not None:
        ends = sentences.exact(row["lower_limit"]), sentences.exact(row["upper_limit"])
        range_text = sentences.range_words(*ends, unit, decimals)
    quality = ""
    if row["is_beyond_rounding"]:
        rebuilt = sentences.figure(sentences.exact(row["rebuilt_value"]), unit, decimals)
        quality = f"Its councils' numbers give {rebuilt}, which rounding does not explain."
    return Beside(
        row["kind"],
        name,
        address,
        sentences.figure(sentences.exact(row["value"]), unit, decimals),
        sentences.comparator_words(row["method"], row["area_count"], row["missing_count"]),
        range_text,
        quality,
    )


def _names(edition: Edition, rows: Sequence[Any]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Name each comparator, with the address of its page."""
    areas = {row["comparator"] for row in rows if row["kind"] in {"nation", "region"}}
    places = find_places(edition, sorted(areas)) if areas else {}
    out = {
        (kind, area): (place.name, address_of("area", area))
        for area, place in places.items()
        for kind in ("nation", "region")
    }
    types = load_model().code_lists["area-type"]
    labels = {}
    if any(row["kind"] == "group" for row in rows):
        labels = {row["group"]: row["label"] for row in edition.rows('SELECT "group", label FROM groups')}
    for row in rows:
        key = row["kind"], row["comparator"]
        if row["kind"] == "area-type":
            out[key] = str(types.code(row["comparator"]).more["plural"]), ""
        elif row["kind"] == "group":
            out[key] = labels[row["comparator"]], address_of("group", row["comparator"])
    return out


def chance_note(figures: Iterable[AreaFigure]) -> str:
    """Say how many of a place's figures are clearly high or low, and how many chance alone would make seem so.

    Only figures whose range is known are tests. One alone needs no note, nor do many of which none stands out.
    """
    tested = [one.standing for one in figures if one.standing is not None and one.standing.is_range_known]
    alarms = false_alarms(len(tested))
    if not isinstance(alarms, FalseAlarms) or len(tested) < 2:
        return ""
    clear = sum(standing.direction != "no-clear-difference" for standing in tested)
    if not clear:
        return ""
    return sentences.chance_sentence(len(tested), clear, alarms.expected)

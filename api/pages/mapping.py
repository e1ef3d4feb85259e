"""One indicator on a map: boundaries of an edition shaded by its figures.

In:   the table boundaries, and the usable figures of a tier
Out:  MapSection: the map, its legend and rule, and where the figures stand as a table
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import maps, sentences
from api.charts import Words
from api.pages.definitions import Definition
from api.pages.figures import AreaFigure
from api.pages.page import address_of, with_query
from api.pages.places import Place, types_of_tier
from api.pages.series import Cell, list_council_values
from api.sentences import Span

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Shade:
    """One line of a legend: the class of the style sheet, and what it holds in words."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class MapSection:
    """A map with all that stands beside it. `choices` are the indicators that could stand on it instead."""

    drawing: Markup
    title: str
    shades: Sequence[Shade]
    rule: str
    table: str
    credits: Sequence[str]
    choices: Sequence[Definition] = ()
    chosen: str = ""


def load_ground(edition: Edition, tier: str, on: str) -> tuple[maps.Ground, tuple[str, ...]] | None:
    """Load the outlines of a tier's councils that existed on a day, drawn once; None if there are none.

    Returns the ground and the attributions of the boundaries.
    """
    return edition.once(("ground", tier, on), lambda: _load_ground(edition, tier, on))


def _load_ground(edition: Edition, tier: str, on: str) -> tuple[maps.Ground, tuple[str, ...]] | None:
    types = types_of_tier(tier)
    rows = edition.rows(
        # Only question marks are put into the statement.
        "SELECT b.area, b.shape, b.attribution FROM boundaries b JOIN areas a ON a.area = b.area"  # noqa: S608
        f" WHERE a.area_type IN ({','.join('?' * len(types))}) AND b.projection = 'EPSG:27700'"
        " AND (a.start_on IS NULL OR a.start_on <= ?) AND (a.end_on IS NULL OR a.end_on >= ?)"
        " ORDER BY b.area, b.valid_on",
        (*types, on, on),
    )
    if not rows:
        return None
    newest = {row["area"]: row["shape"] for row in rows}  # the last of several shapes of one area
    ground = maps.make_ground([maps.read_outline(area, shape) for area, shape in newest.items()])
    return ground, tuple(dict.fromkeys(row["attribution"] for row in rows))


def draw_cell(
    edition: Edition, definition: Definition, cell: Cell, span: Span, tier: str, found: Place | None = None
) -> MapSection | None:
    """Draw the figures of a tier's councils; None without boundaries or figures."""
    values = dict(list_council_values(edition, cell, tier))
    loaded = load_ground(edition, tier, span.end_on.isoformat())
    if loaded is None or not values:
        return None
    ground, credits = loaded
    on_map = {area: value for area, value in values.items() if area in ground.paths}
    if not on_map:
        return None
    classes, class_of = maps.make_classes(on_map)

    def write(value: float) -> str:
        return sentences.figure(sentences.exact(value), definition.unit, definition.decimals)

    def write_range(low: float, high: float) -> str:
        ends = (sentences.exact(low), sentences.exact(high))
        told = sentences.range_words(*ends, definition.unit, definition.decimals)
        return write(low) if write(low) == write(high) else told

    shades = [
        Shade(
            one.number,
            f"{write_range(one.lowest, one.highest)}:"
            f" {sentences.count(one.area_count, 'council', 'councils')}",
        )
        for one in classes
    ]
    missing = len(ground.paths) - len(on_map)
    if missing:
        shades.append(
            Shade(maps.MISSING, f"Not available: {sentences.count(missing, 'council', 'councils')}")
        )
    period = sentences.period_words(span)
    title = f"{definition.label}, {period}"
    finding = f"{title}: from {write(min(on_map.values()))} to {write(max(on_map.values()))}."
    if found is not None and found.area in on_map:
        finding += f" {found.name} has {write(on_map[found.area])}."
    description = f"{len(on_map):,} councils in five shades. {maps.RULE} The table has every figure."
    drawing = maps.choropleth(
        Words("map", finding, description), ground, class_of, found.area if found else None
    )
    table = with_query(address_of("indicator", definition.indicator), period=cell.period) + "#every-council"
    return MapSection(drawing, title, shades, maps.RULE, table, credits)


def draw_map(edition: Edition, place: Place, figures: Sequence[AreaFigure], wanted: str) -> MapSection | None:
    """Draw one of an area's indicators on the map, the first that is judged unless another is wanted."""
    possible = [one for one in figures if one.spread is not None and not one.definition.is_total]
    if not possible:
        return None
    judged = [one for one in possible if not one.definition.is_context]
    asked = [one for one in possible if one.definition.indicator == wanted]
    one = (asked or judged or possible)[0]
    assert one.spread is not None
    section = draw_cell(edition, one.definition, one.cell, one.latest.span, one.spread.tier, place)
    if section is None:
        return None
    choices = list({other.definition.indicator: other.definition for other in possible}.values())
    choices.sort(key=lambda definition: definition.label)
    return MapSection(
        section.drawing,
        one.label + section.title.removeprefix(one.definition.label),
        section.shades,
        section.rule,
        section.table,
        section.credits,
        choices,
        one.definition.indicator,
    )

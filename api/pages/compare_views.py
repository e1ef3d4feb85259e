"""The views of a comparison besides the table: grid, small multiples, two indicators, map, funnel.

In:   what was asked for, and the areas that the chosen group or list gives
Out:  View: the parts that the template shows, or in words what is missing for it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.pages.asked import Asked
from api.pages.chart import choose_tier
from api.pages.councils import CouncilRow, in_order, list_periods, list_tier_rows, with_bars
from api.pages.definitions import Definition, load_definitions
from api.pages.funnelled import Funnelled, make_funnel
from api.pages.grid import MOST_COLUMNS, Grid, make_grid
from api.pages.mapping import MapSection, draw_cell
from api.pages.multiples import MOST_CHARTS, Multiples, make_multiples
from api.pages.paired import Paired, make_pair
from api.pages.places import Place
from api.pages.verdicts import judge

if TYPE_CHECKING:
    from api.edition import Edition

LEDES: Mapping[str, str] = {
    "grid": "Each cell is a figure, with how it stands and whether it may be compared with the first area's.",
    "multiples": "One small chart for each area, all on one scale. A line is cut where figures may not be joined.",
    "scatter": "Each point is a council, placed by two figures. Where they lie together shows no cause.",
    "map": "Every council shaded by its figure. Hatched: no figure.",
    "funnel": "Each point is a council, by its size. Outside the limits a figure is unlikely to be chance alone.",
}


@dataclass(frozen=True, slots=True)
class View:
    """One view. Only its own part is filled; `missing` says in words why it is not.

    title     of the table beside a map
    period    the one that is shown, where a view shows one
    """

    grid: Grid | None = None
    multiples: Sequence[Multiples] = ()
    paired: Paired | None = None
    map: MapSection | None = None
    funnel: Funnelled | None = None
    rows: Sequence[CouncilRow] = ()
    title: str = ""
    period: str = ""
    has_ranges: bool = False
    verdict: Sequence[str] = ()
    definition: Definition | None = None
    missing: Sequence[str] = ()
    datasets: Sequence[str] = ()


def look(edition: Edition, asked: Asked, chosen: Sequence[Place] | None) -> View:
    """Make the view that is asked for. At least one indicator is known.

    chosen   the areas of the group or list; None for all councils
    """
    places = list(chosen) if chosen else list(asked.places)
    if asked.view == "grid":
        return _grid(edition, asked, places)
    if asked.view == "multiples":
        return _multiples(edition, asked, places)
    if asked.view == "scatter":
        return _scatter(edition, asked, chosen)
    return _map(edition, asked) if asked.view == "map" else _funnel(edition, asked)


def _grid(edition: Edition, asked: Asked, places: Sequence[Place]) -> View:
    if not places:
        return View(missing=["A grid needs areas. Choose a council."])
    missing = []
    if len(places) > MOST_COLUMNS:
        missing.append(f"Only the first {MOST_COLUMNS} of {len(places)} areas stand in the grid.")
        places = places[:MOST_COLUMNS]
    grid = make_grid(edition, asked.definitions, places, asked.period)
    missing += [f"No council has a figure of “{label}” yet." for label in grid.without]
    return View(grid=grid if grid.rows else None, missing=missing, datasets=grid.datasets)


def _multiples(edition: Edition, asked: Asked, places: Sequence[Place]) -> View:
    if not places:
        return View(missing=["Small charts need areas. Choose a council."])
    missing = []
    room = max(MOST_CHARTS // len(asked.definitions), 1)
    if len(places) > room:
        told = f"Only the first {room} of {len(places)} areas are drawn"
        missing.append(f"{told}: one page has {MOST_CHARTS} small charts at most.")
        places = places[:room]
    made = []
    for definition in asked.definitions:
        one = make_multiples(edition, definition, places, asked.period)
        if one is None:
            missing.append(f"None of these areas has a figure of “{definition.label}”.")
        else:
            made.append(one)
    return View(
        multiples=made, missing=missing, datasets=sorted({name for one in made for name in one.datasets})
    )


def _scatter(edition: Edition, asked: Asked, chosen: Sequence[Place] | None) -> View:
    assert asked.definition is not None
    other = asked.other or (asked.definitions[1] if len(asked.definitions) > 1 else None)
    if other is None:
        return View(missing=["Choose a second indicator."])
    # One council named with all others is the default; a group is drawn where it is asked for.
    only = [place.area for place in chosen] if chosen and (asked.group or len(asked.places) > 1) else []
    made = make_pair(edition, asked.definition, other, asked.places, only)
    if isinstance(made, str):
        return View(missing=[made])
    return View(paired=made, datasets=sorted({period.cell.dataset for period in made.periods}))


def _map(edition: Edition, asked: Asked) -> View:
    assert asked.definition is not None
    definition = asked.definition
    if definition.is_total:
        return View(missing=["These figures are totals: on a map they would show which places are large."])
    tier = choose_tier(definition, asked.places)
    periods = list_periods(edition, definition.indicator, tier) if tier else []
    if tier is None or not periods:
        return View(missing=["No council has a figure of this indicator yet."])
    period = next((one for one in periods if one.cell.period == asked.period), periods[0])
    told = load_definitions(edition).get(definition.indicator, period.cell.version)
    section = draw_cell(edition, told, period.cell, period.span, tier, asked.focus)
    rows = list_tier_rows(edition, told, period, tier)
    focus = asked.focus.area if asked.focus is not None else ""
    judged = judge([row for row in rows if row.value is not None], focus)
    return View(
        map=section,
        rows=with_bars(in_order(rows, asked.order or "figure")),
        title=f"{told.label}, {period.words}",
        period=period.cell.period,
        has_ranges=any(row.range_text for row in rows),
        verdict=judged.tell({row.place.area: row.place.name for row in rows}),
        definition=told,
        missing=() if section is not None else ["There are no boundaries to draw a map of these councils."],
        datasets=[period.cell.dataset],
    )


def _funnel(edition: Edition, asked: Asked) -> View:
    assert asked.definition is not None
    made = make_funnel(edition, asked.definition, asked.places, asked.period)
    if isinstance(made, str):
        return View(missing=[made])
    return View(funnel=made, period=made.period.cell.period, datasets=[made.period.cell.dataset])

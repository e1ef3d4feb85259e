"""Several indicators of several areas as one grid: each cell a figure with its mark, or why there is none.

In:   indicators and areas; the first area is in focus
Out:  rows of cells; a figure that may not stand beside the one in focus is not shown, and its reason is
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import sentences
from api.pages.chart import choose_tier
from api.pages.councils import CouncilRow, list_periods, list_rows
from api.pages.definitions import Definition, load_definitions
from api.pages.places import Place
from compare import Level, verdict

if TYPE_CHECKING:
    from api.edition import Edition

MOST_COLUMNS = 20

# Levels that a cell says in words; that a figure is not comparable stands in its place.
LEVELS: Mapping[str, str] = {"like-for-like": "Like for like", "with-care": "With care"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure in a grid.

    text       the figure, or in words why none is shown
    mark       the status of the figure, if it is special
    direction  against the middle council, for the mark at the edge; `words` say the same
    level      how it may be compared with the one in focus; empty for that one itself
    notes      numbers of the reasons under the grid
    """

    text: str
    mark: str
    direction: str
    words: str
    level: str
    notes: Sequence[int]
    address: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class GridRow:
    definition: Definition
    period: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid and its reasons, numbered from 1; `without` are indicators that have no figure of any council."""

    places: Sequence[Place]
    rows: Sequence[GridRow]
    reasons: Sequence[str]
    without: Sequence[str]
    datasets: Sequence[str]


def make_grid(
    edition: Edition, definitions: Sequence[Definition], places: Sequence[Place], period: str
) -> Grid:
    """Make the grid of indicators and areas, each indicator for its newest period or the one asked for."""
    rows: list[GridRow] = []
    without: list[str] = []
    datasets: list[str] = []
    reasons: dict[str, int] = {}
    for definition in definitions:
        tier = choose_tier(definition, places)
        periods = list_periods(edition, definition.indicator, tier) if tier else []
        if not periods:
            without.append(definition.label)
            continue
        chosen = next((one for one in periods if one.cell.period == period), periods[0])
        told = load_definitions(edition).get(definition.indicator, chosen.cell.version)
        by_area = {row.place.area: row for row in list_rows(edition, told, chosen, places)}
        listed = [by_area[place.area] for place in places]
        cells = [_cell(row, listed, reasons) for row in listed]
        rows.append(GridRow(told, sentences.period_short(chosen.span), cells))
        datasets.append(chosen.cell.dataset)
    return Grid(places, rows, list(reasons), without, datasets)


def _cell(row: CouncilRow, listed: Sequence[CouncilRow], reasons: dict[str, int]) -> Cell:
    """Make a cell; the figure in focus is the first of the row that has one."""
    usable = [one for one in listed if one.seen is not None and one.value is not None and one.runs]
    focus = usable[0] if usable else None
    address = row.address or ""
    if row.seen is None or row.value is None:
        return Cell(row.text, "", "none", "", "", (), address, False)
    if focus is None or focus is row or focus.seen is None:
        own = _alone(row, reasons)
        return Cell(row.text, row.remark, row.direction, _standing(row), "", own, address, True)
    decided = verdict(focus.seen.figure, row.seen.figure)
    notes = [_number(reason.text, reasons) for reason in decided.reasons]
    if decided.level is Level.NOT_COMPARABLE:
        return Cell("Not comparable", "", "none", "", "not-comparable", notes, address, False)
    level = "with-care" if decided.level is Level.WITH_CARE else "like-for-like"
    return Cell(row.text, row.remark, row.direction, _standing(row), level, notes, address, True)


def _alone(row: CouncilRow, reasons: dict[str, int]) -> list[int]:
    """Say what a figure's own status asks of a reader."""
    assert row.seen is not None
    decided = verdict(row.seen.figure, row.seen.figure)
    return [_number(reason.text, reasons) for reason in decided.reasons]


def _standing(row: CouncilRow) -> str:
    return "" if row.standing is None else sentences.standing_words(row.standing)


def _number(text: str, reasons: dict[str, int]) -> int:
    return reasons.setdefault(text, len(reasons) + 1)

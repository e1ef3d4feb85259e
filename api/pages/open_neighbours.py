"""Neighbours that anyone can recompute: a group's inputs, other weights, and what would be said otherwise.

In:   a group with inputs, an area in focus, and weights as a visitor wrote them
Out:  the neighbours by the group's weights and by the visitor's, and each indicator's standing against both

The group's own neighbours stand in the edition, with their distances. Those of other weights are worked out here
by the same function from the same figures, and nothing of them is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import Definition, Definitions, load_definitions
from api.pages.figures import list_area_figures
from api.pages.page import with_query
from api.pages.places import Place, find_places, types_of_tier
from api.pages.rows import name_period
from compare import standing_against
from compare.neighbours import USUAL_COUNT, Distances, Input, Neighbour, read_standardisation
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# A parameter of the page for each input begins so.
WEIGHT = "weight-"
HEAVIEST = 100.0


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input in the form: its figures, and the weight that it has now."""

    definition: Definition
    period: str
    standardisation: str
    published: float
    weight: str
    figure: str

    @property
    def parameter(self) -> str:
        return f"{WEIGHT}{self.definition.indicator}"


@dataclass(frozen=True, slots=True)
class Beside:
    """A neighbour by the weights in the form. `before` is its place by the group's own weights, if it had one."""

    place: Place
    rank: int
    distance: str
    before: int | None


@dataclass(frozen=True, slots=True)
class Flip:
    """What is said of one figure against the middle of both sets of neighbours."""

    definition: Definition
    label: str
    figure: str
    middles: tuple[str, str]
    words: tuple[str, str]

    @property
    def flips(self) -> bool:
        return self.words[0] != self.words[1]


@dataclass(frozen=True, slots=True)
class OpenNeighbours:
    """What the page of a group with inputs shows of one area.

    missing   the inputs that the area has no figure for; then it has no neighbours here
    problem   why the weights in the form could not be used
    left      neighbours by the group's weights that are none by those in the form
    """

    inputs: Sequence[InputRow]
    is_changed: bool
    problem: str
    missing: Sequence[str]
    neighbours: Sequence[Beside]
    left: Sequence[Place]
    flips: Sequence[Flip]
    compare: str

    @property
    def flip_count(self) -> int:
        return sum(one.flips for one in self.flips)


def is_worked_out_here(edition: Edition, group: str) -> bool:
    """Say whether a group's neighbours come from its inputs, not from a list that its publisher gave."""
    return (
        edition.row('SELECT 1 FROM neighbours WHERE "group" = ? AND _source IS NULL LIMIT 1', (group,))
        is not None
    )


def open_neighbours(edition: Edition, group: Any, focus: Place, query: Mapping[str, str]) -> OpenNeighbours:
    """Work out an area's neighbours by the weights of a form.

    group   the row of the table groups
    """
    definitions = load_definitions(edition)
    rows = edition.rows('SELECT * FROM group_inputs WHERE "group" = ? ORDER BY indicator', (group["group"],))
    published = [_read_input(edition, group, row) for row in rows]
    weights, problem = _read_weights(published, query)
    chosen = [one.weighing(weights[one.indicator]) for one in published]
    count = group["neighbour_count"] or USUAL_COUNT
    before = Distances(published).nearest(focus.area, count)
    after = before
    if not problem:
        after = Distances(chosen).nearest(focus.area, count)
    places = find_places(edition, (one.area for one in (*before, *after)))
    is_changed = any(one.weight != weights[one.indicator] for one in published)
    return OpenNeighbours(
        inputs=[
            _input_row(edition, definitions, row, one, focus, query)
            for row, one in zip(rows, published, strict=True)
        ],
        is_changed=is_changed,
        problem=problem,
        missing=[
            definitions.in_use[one.indicator].label for one in published if focus.area not in one.figures
        ],
        neighbours=_list_beside(places, before, after),
        left=[places[one.area] for one in before if one.area not in {other.area for other in after}],
        flips=_list_flips(edition, definitions, focus, _areas(before), _areas(after)) if is_changed else (),
        compare=with_query("/compare", areas=",".join([focus.area, *_areas(after)])),
    )


def _areas(neighbours: Sequence[Neighbour]) -> list[str]:
    return [one.area for one in neighbours]


def _read_input(edition: Edition, group: Any, row: Any) -> Input:
    """Read the figures that went into one input: of today's areas of the group's tier."""
    types = types_of_tier(group["tier"])
    # Only question marks go into the statement.
    among = f"a.end_on IS NULL AND a.area_type IN ({','.join('?' * len(types))})"
    rows = edition.rows(
        "SELECT o.area, o.value, o.period FROM observations o JOIN areas a ON a.area = o.area"  # noqa: S608
        " JOIN periods p ON p.period = o.period"
        f" WHERE o.indicator = ? AND o.breakdown = '' AND o.value IS NOT NULL AND {among}"
        " AND o.period = coalesce(?, (SELECT o2.period FROM observations o2 JOIN periods p2"
        " ON p2.period = o2.period JOIN areas a ON a.area = o2.area WHERE o2.indicator = o.indicator"
        f" AND o2.breakdown = '' AND o2.value IS NOT NULL AND {among}"
        " ORDER BY p2.end_on DESC, o2.period DESC LIMIT 1))"
        " ORDER BY o.dataset, o.version DESC",
        (row["indicator"], *types, row["period"], *types),
    )
    figures: dict[str, float] = {}
    for one in rows:
        figures.setdefault(one["area"], one["value"])
    standardisation = read_standardisation(row["standardisation"])
    return Input(row["indicator"], row["weight"], standardisation, figures)


def _read_weights(inputs: Sequence[Input], query: Mapping[str, str]) -> tuple[dict[str, float], str]:
    """Read the weights of a form, and say in words what cannot be used; then the group's own stand."""
    own = {one.indicator: one.weight for one in inputs}
    weights = dict(own)
    for one in inputs:
        text = query.get(f"{WEIGHT}{one.indicator}", "").strip()
        if not text:
            continue
        try:
            weights[one.indicator] = float(text)
        except ValueError:
            return own, f"A weight is a number from 0 to {HEAVIEST:.0f}; “{text[:20]}” is none."
        if not 0 <= weights[one.indicator] <= HEAVIEST:
            return own, f"A weight is a number from 0 to {HEAVIEST:.0f}; “{text[:20]}” is outside."
    if not any(weights.values()):
        return own, "Give at least one weight of more than 0: without any, nothing tells councils apart."
    return weights, ""


def _input_row(
    edition: Edition,
    definitions: Definitions,
    row: Any,
    one: Input,
    focus: Place,
    query: Mapping[str, str],
) -> InputRow:
    definition = definitions.in_use[one.indicator]
    value = one.figures.get(focus.area)
    codes = load_model().code_lists["standardisation"]
    return InputRow(
        definition,
        name_period(edition, row["period"]).text if row["period"] else "newest",
        codes.code(row["standardisation"]).label,
        row["weight"],
        query.get(f"{WEIGHT}{one.indicator}", "").strip()[:20] or f"{row['weight']:g}",
        "No figure"
        if value is None
        else sentences.figure(sentences.exact(value), definition.unit, definition.decimals),
    )


def _list_beside(
    places: Mapping[str, Place], before: Sequence[Neighbour], after: Sequence[Neighbour]
) -> list[Beside]:
    ranks = {one.area: one.rank for one in before}
    return [Beside(places[one.area], one.rank, f"{one.distance:.2f}", ranks.get(one.area)) for one in after]


def _list_flips(
    edition: Edition, definitions: Definitions, focus: Place, before: Sequence[str], after: Sequence[str]
) -> list[Flip]:
    """Hold each of an area's figures against the middle of both sets; those that are said otherwise first."""
    both = [
        {
            (one.definition.indicator, one.breakdown): one
            for one in list_area_figures(edition, definitions, focus, members=members)
        }
        for members in (before, after)
    ]
    out = []
    for key, one in both[0].items():
        middles = (one.similar_now, both[1][key].similar_now)
        if one.latest.value is None or None in middles or one.definition.is_total:
            continue
        told = [
            (one.write(middle.value), standing_against(one.latest.figure, middle.value, middle.among))
            for middle in middles
            if middle is not None
        ]
        out.append(
            Flip(
                one.definition,
                one.label,
                one.write(one.latest.value),
                (told[0][0], told[1][0]),
                (sentences.standing_words(told[0][1]), sentences.standing_words(told[1][1])),
            )
        )
    return sorted(out, key=lambda one: not one.flips)

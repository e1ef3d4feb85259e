"""Where does a figure stand in a set, and from how many others can it not be told apart?

In:   figures of one indicator and period, one of them in focus, and limits where they are known
Out:  a ranking: each figure's place with the places it may as well have, quartile and difference; those that may
      not be compared with the one in focus, with the verdict; and those that do not run the service

A place is counted from the highest figure and says nothing of good or bad. It is never given alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compare.limits import NotKnown
from compare.verdict import Figure, Level, Reason, Step, Verdict, verdict

Quartile = Literal["lowest-quarter", "lower-middle", "upper-middle", "highest-quarter"]

Ends = tuple[Decimal, Decimal]

# A region's figure may stand beside a council's, but has no place among councils.
_NO_COUNCIL = Verdict(
    Level.NOT_COMPARABLE,
    (Reason("area-type", Level.NOT_COMPARABLE, "A council has no place among regions and nations."),),
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One figure in a ranking.

    place                  1 for the highest; equal figures share the first of their places
    highest_place          the first place it may have: after all figures whose range lies above its own
    lowest_place           the last place it may have: before all figures whose range lies below its own
    cannot_be_told_apart   from how many others of the set
    difference             from the figure in focus, in the unit
    """

    figure: Figure
    limits: Ends | None
    place: int
    highest_place: int
    lowest_place: int
    cannot_be_told_apart: int
    quartile: Quartile
    difference: Decimal

    @property
    def is_range_known(self) -> bool:
        return self.limits is not None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A set in the order of its figures, highest first, and who is not in it."""

    focus: Ranked
    ranked: tuple[Ranked, ...]
    refused: tuple[tuple[Figure, Verdict], ...]
    does_not_run: tuple[Figure, ...]

    @property
    def among(self) -> int:
        return len(self.ranked)

    @property
    def ranges_known(self) -> int:
        """How many of the figures have a range."""
        return sum(one.is_range_known for one in self.ranked)


def rank(
    focus: Figure,
    others: Sequence[Figure],
    *,
    limits: Mapping[str, Ends] | None = None,
    steps: Sequence[Step] = (),
) -> Ranking | NotKnown:
    """Put the figures that may be compared with one in focus in order.

    limits   worked-out limits by area, for figures that have none published

    Two figures cannot be told apart if their ranges meet. A figure without a range is taken as exact.
    Totals are not ranked: they grow with the size of the place.
    """
    if focus.value is None:
        return NotKnown("no-value")
    if focus.is_total:
        return NotKnown("total")
    if not focus.runs or focus.status == "definition-differs":
        return NotKnown("not-comparable")
    refused, does_not_run, usable = [], [], [focus]
    for other in others:
        if other.area == focus.area:
            continue
        found = verdict(focus, other, steps=steps)
        if bool(focus.tiers) != bool(other.tiers):
            found = _NO_COUNCIL
        if not other.runs:
            does_not_run.append(other)
        elif found.level is Level.NOT_COMPARABLE:
            refused.append((other, found))
        else:
            usable.append(other)
    if len(usable) < 2:
        return NotKnown("one-point")
    ranked = _in_order(usable, focus, limits or {})
    return Ranking(
        next(one for one in ranked if one.figure is focus), ranked, tuple(refused), tuple(does_not_run)
    )


def _in_order(figures: Sequence[Figure], focus: Figure, limits: Mapping[str, Ends]) -> tuple[Ranked, ...]:
    """Place each figure. Ends are kept sorted, so that a set of n takes n·log n steps."""
    assert focus.value is not None
    ranges = {figure.area: _range(figure, limits) for figure in figures}
    known = [(figure, figure.value) for figure in figures if figure.value is not None]
    by_area = {figure.area: value for figure, value in known}
    places = count_places(by_area, {area: ranges[area] or (value, value) for area, value in by_area.items()})
    values = sorted(by_area.values())
    out = []
    for figure, value in sorted(known, key=lambda pair: (-pair[1], pair[0].area)):
        own = places[figure.area]
        out.append(
            Ranked(
                figure,
                ranges[figure.area],
                place=own.place,
                highest_place=own.highest_place,
                lowest_place=own.lowest_place,
                cannot_be_told_apart=own.lowest_place - own.highest_place,
                quartile=_quartile(values, value),
                difference=value - focus.value,
            )
        )
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Places:
    """The place of one figure in a set, the places it may as well have, and how many others are equal to it."""

    place: int
    highest_place: int
    lowest_place: int
    equals: int


def count_places(values: Mapping[str, Decimal], ends: Mapping[str, Ends]) -> dict[str, Places]:
    """Count the place of each of some figures, by area; `ends` has the range of each."""
    ordered = sorted(values.values())
    lows, highs = sorted(end[0] for end in ends.values()), sorted(end[1] for end in ends.values())
    count = len(values)
    out = {}
    for area, value in values.items():
        low, high = ends[area]
        above, below = count - bisect_right(lows, high), bisect_left(highs, low)
        not_above = bisect_right(ordered, value)
        equals = not_above - bisect_left(ordered, value) - 1
        out[area] = Places(1 + count - not_above, 1 + above, count - below, equals)
    return out


def _range(figure: Figure, limits: Mapping[str, Ends]) -> Ends | None:
    """Give the range of a figure, published or worked out; none if it leaves out the figure itself."""
    found = figure.limits or limits.get(figure.area)
    if found is None or figure.value is None or not found[0] <= figure.value <= found[1]:
        return None
    return found


def _quartile(values: Sequence[Decimal], value: Decimal) -> Quartile:
    """Say in which quarter of a sorted set a figure lies. One on a quartile belongs to the middle half."""
    lower, middle, upper = (_at(values, quarter) for quarter in (1, 2, 3))
    if value < lower:
        return "lowest-quarter"
    if value > upper:
        return "highest-quarter"
    return "upper-middle" if value > middle else "lower-middle"


def _at(values: Sequence[Decimal], quarter: int) -> Decimal:
    """Give a quartile, in proportion between the two nearest figures, as compare.distribution does."""
    at, rest = divmod((len(values) - 1) * quarter, 4)
    if not rest:
        return values[at]
    return values[at] + (values[at + 1] - values[at]) * rest / 4

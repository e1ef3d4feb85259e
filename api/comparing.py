"""Areas side by side on one indicator, as plain values for programs.

In:   an indicator, areas or a group, a period, a breakdown
Out:  Comparison: a row for each area with the verdict on it and the one in focus, who is left out and why, how the
      figures that may be compared are spread, and the country's figure

Nothing is decided here: verdicts are those of compare.verdict, places those of compare.rank. A figure that may not
be compared has no place and is outside of every middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from api import observations
from api.comparators import list_comparators
from api.comparing_asked import (
    WHOLE_TIER,
    Wanted,
    find_country,
    find_definition,
    find_group,
    find_named,
    find_period,
    list_tier,
    tier_of,
)
from api.edition import Edition
from api.observations import FIELDS, TOTAL, Filters
from api.pages.councils import Period
from api.pages.definitions import Definition
from api.pages.places import (
    Place,
    compared_tier,
)
from api.pages.series import Cell
from api.sentences import Span
from api.verdicts import Judge, Row, as_members, as_row
from compare import (
    Distribution,
    Figure,
    Level,
    Limits,
    Member,
    NotKnown,
    Parts,
    Ranked,
    Rule,
    combining_rule,
    figure_limits,
    hold_against,
    rank,
    spread_of,
)

RANGE_FIELDS = ("range_lower", "range_upper", "range_method")
PLACE_FIELDS = ("place", "highest_place", "lowest_place", "among", "cannot_be_told_apart", "difference")
COMPARE_FIELDS = (
    *FIELDS,
    "area_type",
    *RANGE_FIELDS,
    "is_focus",
    "verdict",
    "verdict_reasons",
    "is_counted",
    *PLACE_FIELDS,
)


@dataclass(frozen=True)
class Comparison:
    """Areas side by side.

    rows       as COMPARE_FIELDS, the one in focus first, then by name: those that may be compared with it
    refused    the same of those that may not
    missing    areas without a figure: area, area_label, reason and text
    against    the row that the others are held against; None where no area has a figure
    spread     of the rows that count; None with `spread_text` saying why
    country    the country's row; None with `country_text` saying why
    comparators   what stands for the councils around the focus and for the group, with the method that made it
    """

    definition: Definition
    cell: Cell
    span: Span
    group: str
    focus: Place | None
    rows: Sequence[Row]
    refused: Sequence[Row]
    missing: Sequence[Row]
    against: Row | None
    verdict: Row
    spread: Distribution | None
    spread_text: str | None
    country: Row | None
    country_text: str | None
    comparators: Sequence[Row]


def compare_areas(edition: Edition, wanted: Wanted) -> Comparison:
    """Put areas side by side.

    Raises Failure: 404 for an indicator, area, group or period that there is not; 400 for what cannot be meant.
    """
    definition = find_definition(edition, wanted.indicator)
    named = find_named(edition, wanted.areas)
    focus = named[0] if named else None
    group, members = find_group(edition, wanted.group, named)
    tier = tier_of(definition, focus)
    period = find_period(edition, definition, wanted, tier, [place.area for place in (*named, *members)])
    places = [*named, *members]
    if not places or group == WHOLE_TIER:
        group = WHOLE_TIER
        places += list_tier(edition, definition, period, tier)
    places = list({place.area: place for place in places}.values())
    country = find_country(edition, focus or (places[0] if places else None))
    judge = Judge(edition)
    asked = [*places, *([country] if country is not None else [])]
    rows = _read_rows(edition, period.cell, asked)
    side_by_side = _Sides(judge, definition, focus, [rows[one.area] for one in places if one.area in rows])
    missing = [_missing(edition, definition, one) for one in places if one.area not in rows]
    country_row, country_text = _beside_country(side_by_side, country, rows, period)
    spread = side_by_side.spread(tier or "")
    return Comparison(
        definition=definition,
        cell=period.cell,
        span=period.span,
        group=group,
        focus=focus,
        rows=[row for row in side_by_side.rows if row["verdict"] != Level.NOT_COMPARABLE.notation],
        refused=[row for row in side_by_side.rows if row["verdict"] == Level.NOT_COMPARABLE.notation],
        missing=missing,
        against=side_by_side.against_row,
        verdict=as_members(member.verdict for member in side_by_side.members),
        spread=spread,
        spread_text=None if spread is not None else side_by_side.why_no_spread,
        country=country_row,
        country_text=country_text,
        comparators=list_comparators(edition, period.cell, tier, focus, group) if tier is not None else [],
    )


def _read_rows(edition: Edition, cell: Cell, places: Sequence[Place]) -> dict[str, Row]:
    """Read the figures of some places by area, whichever version they were counted by."""
    if not places:
        return {}
    filters = Filters(
        (cell.dataset,),
        (cell.indicator,),
        tuple(place.area for place in places),
        (cell.period,),
        (cell.breakdown or TOTAL,),
    )
    selection = observations.select(edition, filters)
    read = observations.reader(edition)
    by_area = {place.area: place for place in places}
    rows = {}
    for coded in observations.list_page(edition, selection, len(places), None):
        row = read(coded)
        rows[row["area"]] = row | {"area_type": by_area[row["area"]].area_type}
    return rows


class _Sides:
    """The figures of a set, each held against the one in focus, or against the first that can be."""

    def __init__(
        self, judge: Judge, definition: Definition, focus: Place | None, rows: Sequence[Row]
    ) -> None:
        self.judge = judge
        self.definition = definition
        self.focus = focus
        ordered = sorted(
            rows, key=lambda row: (not self._is_focus(row), row["area_label"] or "", row["area"])
        )
        figures = judge.figures_side_by_side(ordered)
        usable = [one for one in figures if _can_lead(one)]
        leading = usable[:1] or figures[:1]
        self.against: Figure | None = leading[0] if leading else None
        self.members: tuple[Member, ...] = ()
        if self.against is not None:
            self.members = hold_against(self.against, figures, judge.decide)
        self.against_row = next(
            (row for row, one in zip(ordered, figures, strict=True) if one is self.against), None
        )
        rule = _find_rule(judge.edition, self.against)
        self.ranges = {row["area"]: _find_range(row, rule) for row in ordered}
        places = self._places()
        self.rows = [
            self._write(row, member, places) for row, member in zip(ordered, self.members, strict=True)
        ]

    def _is_focus(self, row: Row) -> bool:
        return self.focus is not None and row["area"] == self.focus.area

    def _counts(self, member: Member) -> bool:
        """A council is counted among councils alone: a region among them would stand for them twice."""
        assert self.against is not None
        return member.counts and bool(member.figure.tiers) == bool(self.against.tiers)

    def _places(self) -> Mapping[str, Ranked]:
        """Give the places of those that count, by area."""
        if self.against is None:
            return {}
        counted = [member.figure for member in self.members if self._counts(member)]
        steps = self.judge.definitions.steps[self.definition.indicator]
        ends = {area: (one.lower, one.upper) for area, one in self.ranges.items() if one is not None}
        found = rank(self.against, counted, limits=ends, steps=steps)
        return {} if isinstance(found, NotKnown) else {one.figure.area: one for one in found.ranked}

    def _write(self, row: Row, member: Member, places: Mapping[str, Ranked]) -> Row:
        placed = places.get(row["area"])
        told: Row = dict.fromkeys(PLACE_FIELDS)
        if placed is not None:
            told = {
                "place": placed.place,
                "highest_place": placed.highest_place,
                "lowest_place": placed.lowest_place,
                "among": len(places),
                "cannot_be_told_apart": placed.cannot_be_told_apart,
                "difference": float(placed.difference),
            }
        limits = self.ranges.get(row["area"])
        return (
            row
            | _write_range(limits)
            | {"is_focus": self._is_focus(row)}
            | as_row(member.verdict)
            | {"is_counted": self._counts(member)}
            | told
        )

    def write_beside(self, row: Row) -> Row:
        """Hold a row that is not in the set against the same figure."""
        (figure,) = self.judge.figures_side_by_side([row])
        self.ranges[row["area"]] = _find_range(row, _find_rule(self.judge.edition, figure))
        decided = None if self.against is None else self.judge.decide(self.against, figure)
        return self._write(row, Member(figure, decided), {}) | {"is_counted": False}

    def spread(self, tier: str) -> Distribution | None:
        values = [
            member.figure.value
            for member in self.members
            if self._counts(member) and member.figure.value is not None
        ]
        return spread_of(tier, values)

    @property
    def why_no_spread(self) -> str:
        """Say why there is no middle."""
        if self.definition.is_total:
            return "The figures are totals, which grow with the size of the place: they have no middle."
        counted = sum(self._counts(member) for member in self.members)
        if counted == 1:
            return "Only one figure can be counted, and one figure has no middle."
        return "No figure can be counted."


def _find_rule(edition: Edition, figure: Figure | None) -> Rule:
    """Say what chance does to the figures of a definition, and what their parts are multiplied by."""
    if figure is None:
        return Rule("none")
    row = edition.row(
        "SELECT unit, multiplier, highest FROM indicators WHERE indicator = ? AND version = ?",
        (figure.indicator, figure.version),
    )
    assert row is not None
    return combining_rule(row["unit"], _exact(row["multiplier"]), _exact(row["highest"]))


def _find_range(row: Row, rule: Rule) -> Limits | None:
    """Find the range of a figure: as published, else as its parts allow."""
    parts = Parts(
        chance=rule.chance,
        value=_exact(row["value_text"]),
        multiplier=rule.multiplier or Decimal(1),
        numerator=_exact(row["numerator"]),
        denominator=_exact(row["denominator"]),
        sample_size=row["sample_size"],
        lower_limit=_exact(row["lower_limit"]),
        upper_limit=_exact(row["upper_limit"]),
    )
    found = figure_limits(parts)
    return None if isinstance(found, NotKnown) else found


def _write_range(limits: Limits | None) -> Row:
    if limits is None:
        return dict.fromkeys(RANGE_FIELDS)
    told = (float(limits.lower), float(limits.upper), limits.method)
    return dict(zip(RANGE_FIELDS, told, strict=True))


def _exact(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _can_lead(figure: Figure) -> bool:
    return figure.value is not None and figure.runs and figure.status != "definition-differs"


def _missing(edition: Edition, definition: Definition, place: Place) -> Row:
    """Say why an area has no row."""
    told = {"area": place.area, "area_label": place.name}
    if place.is_council and compared_tier(definition.tier, place.area_type) is None:
        text = f"{place.name} does not run this service."
        return told | {"reason": "does-not-run", "text": text}
    text = f"There is no figure of {place.name} for this period."
    if place.end_on is not None:
        followed = edition.rows(
            "SELECT DISTINCT to_area FROM area_changes WHERE from_area = ? AND to_area <> from_area"
            " ORDER BY to_area",
            (place.area,),
        )
        text = f"{place.name} ended on {place.end_on.isoformat()}."
        if followed:
            text += f" After it: {', '.join(row[0] for row in followed)}."
        return told | {"reason": "ended", "text": text}
    return told | {"reason": "no-figure", "text": text}


def _beside_country(
    sides: _Sides, country: Place | None, rows: Mapping[str, Row], period: Period
) -> tuple[Row | None, str | None]:
    """Give the country's figure beside a set, or say why there is none."""
    if country is None:
        return None, "No country is known around these areas."
    if country.area not in rows:
        return None, f"There is no figure of {country.name} for {period.words}."
    return sides.write_beside(rows[country.area]), None


def as_spread(spread: Distribution | None) -> Row | None:
    """Write a spread as JSON has it."""
    if spread is None:
        return None
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    told: Row = {name: float(getattr(spread, name)) for name in names}
    return {"count": spread.area_count} | told

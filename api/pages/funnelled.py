"""A funnel of one indicator: which councils lie outside what chance allows for their size.

In:   the figures of a tier with their parts: what was counted on top, and what it was divided by
Out:  Funnelled: the drawing, what it says in sentences, and every council as a table

The limits are compare.funnel's. An indicator whose parts are not published has none, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import funnels, sentences
from api.pages.chart import choose_tier
from api.pages.councils import CouncilRow, Period, list_periods, list_tier_rows
from api.pages.definitions import Definition, load_definitions
from api.pages.places import Place, tier_plain
from api.pages.verdicts import judge
from api.svg import Words
from compare import Funnel, NotKnown, Unit, funnel

if TYPE_CHECKING:
    from api.edition import Edition

# Fewer councils make no funnel.
FEWEST = 5

ZONES: Mapping[str, str] = {
    "inside": "Inside the limits",
    "above-95": "Above the inner limit",
    "above-99.8": "Above the outer limit",
    "below-95": "Below the inner limit",
    "below-99.8": "Below the outer limit",
}
_ORDER = ("above-99.8", "above-95", "below-99.8", "below-95", "inside")


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One council in the table of a funnel."""

    place: Place
    text: str
    parts: str
    words: str
    zone: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class Funnelled:
    definition: Definition
    period: Period
    drawing: Markup
    sentences: Sequence[str]
    verdict: Sequence[str]
    notes: Sequence[str]
    rows: Sequence[FunnelRow]


def make_funnel(edition: Edition, asked: Definition, places: Sequence[Place], wanted: str) -> Funnelled | str:
    """Make the funnel of an indicator, or say in words why there is none.

    wanted   the period that is asked for; else it is the newest whose figures have their parts
    """
    if asked.is_total:
        return "These figures are totals. A funnel is made of rates and shares with both their parts."
    if asked.unit.is_money:
        return (
            "What was counted on top is money, which is no number of cases, so chance cannot be worked out."
        )
    tier = choose_tier(asked, places)
    periods = list_periods(edition, asked.indicator, tier) if tier else []
    if tier is None or not periods:
        return "No council has a figure of this indicator yet."
    with_parts = {
        row["period"]
        for row in edition.rows(
            "SELECT DISTINCT period FROM observations"
            " WHERE indicator = ? AND numerator IS NOT NULL AND denominator > 0",
            (asked.indicator,),
        )
    }
    newest = next((one for one in periods if one.cell.period in with_parts), periods[0])
    period = next((one for one in periods if one.cell.period == wanted), newest)
    definition = load_definitions(edition).get(asked.indicator, period.cell.version)
    rows = [row for row in list_tier_rows(edition, definition, period, tier) if row.value is not None]
    focus = places[0].area if places else ""
    judged = judge(rows, focus)
    units = {row.place.area: unit for row in rows if (unit := _unit_of(row)) is not None}
    kept = [row for row in rows if row.place.area in units and row.place.area not in judged.left_out]
    if len(kept) < FEWEST:
        return (
            f"A funnel needs both parts of the figures of {FEWEST} councils. For {period.words} those of"
            f" {sentences.count(len(kept), 'council', 'councils')} are published."
        )
    told_of = edition.row(
        "SELECT multiplier, highest FROM indicators WHERE indicator = ? AND version = ?",
        (definition.indicator, definition.version),
    )
    assert told_of is not None
    is_share = definition.unit.notation == "percent"
    if is_share and told_of["highest"] != 100:
        return (
            "These figures may be above 100%, so they are no share of cases, and chance cannot be worked out."
        )
    if any(units[row.place.area].numerator % 1 for row in kept):
        return "What was counted on top is no whole number of cases, so chance cannot be worked out."
    multiplier = told_of["multiplier"] or 100
    made = funnel([units[row.place.area] for row in kept], "share" if is_share else "rate", multiplier)
    if isinstance(made, NotKnown):
        return "The parts of these figures do not make a funnel: some are below zero or above what they are out of."
    by_area = {row.place.area: row for row in kept}
    told = [
        FunnelRow(
            by_area[one.area].place,
            by_area[one.area].text,
            _parts(by_area[one.area]),
            ZONES[one.zone],
            one.zone,
            one.area == focus,
        )
        for one in made.placed
    ]
    names = {row.place.area: row.place.name for row in rows}
    return Funnelled(
        definition,
        period,
        _draw(definition, period, made, by_area, units, focus),
        _say(definition, made, told, tier, focus),
        judged.tell(names),
        _notes(made, len(rows) - len(kept) - len(judged.left_out)),
        sorted(told, key=lambda row: (not row.is_this, _ORDER.index(row.zone), row.place.name)),
    )


def _unit_of(row: CouncilRow) -> Unit | None:
    seen = row.seen
    if seen is None or seen.numerator is None or not seen.denominator:
        return None
    return Unit(row.place.area, seen.numerator, seen.denominator)


def _parts(row: CouncilRow) -> str:
    assert row.seen is not None
    assert row.seen.numerator is not None
    assert row.seen.denominator is not None
    return f"{sentences.number(row.seen.numerator, 0)} of {sentences.number(row.seen.denominator, 0)}"


def _draw(
    definition: Definition,
    period: Period,
    made: Funnel,
    by_area: Mapping[str, CouncilRow],
    units: Mapping[str, Unit],
    focus: str,
) -> Markup:
    def write(value: float, decimals: int) -> str:
        return sentences.short_figure(sentences.exact(value), definition.unit, decimals)

    def limits_at(level: float) -> funnels.Limits:
        def of(size: float) -> tuple[float, float]:
            low, high = made.limits(size, level)
            return float(low), float(high)

        return funnels.Limits(f"{level:g}%", of)

    dots = [
        funnels.Dot(
            float(units[one.area].denominator),
            float(one.value),
            one.zone != "inside",
            by_area[one.area].place.name if one.area == focus else "",
        )
        for one in made.placed
    ]
    finding = f"{definition.label}, {period.words}: {len(dots)} councils in a funnel."
    description = "Limits narrow as councils grow. The table says where each council lies."
    frame = funnels.Frame(
        "How many people or cases the figure is out of",
        float(made.benchmark),
        write,
        lambda size: sentences.number(sentences.exact(size), 0),
    )
    words = Words("funnel", finding, description)
    return funnels.funnel_chart(words, dots, [limits_at(99.8), limits_at(95.0)], frame)


def _say(definition: Definition, made: Funnel, rows: Sequence[FunnelRow], tier: str, focus: str) -> list[str]:
    out = []
    this = next((row for row in rows if row.place.area == focus), None)
    if this is not None:
        out.append(f"{this.place.name}: {this.text}, {this.words.lower()}.")
    middle = sentences.figure(made.benchmark, definition.unit, definition.decimals)
    out.append(f"All {len(rows):,} {tier_plain(tier)} together have {middle}.")
    outer = sum(row.zone.endswith("99.8") for row in rows)
    inner = sum(row.zone.endswith("95") for row in rows)
    out.append(f"{outer:,} lie outside the outer limit and {inner:,} more outside the inner one.")
    return out


def _notes(made: Funnel, without: int) -> list[str]:
    out = [
        "By chance alone about 1 in 20 would lie outside the inner limit and 1 in 500 outside the outer one."
    ]
    if made.is_widened:
        out.append(
            "Councils differ by more than chance, so the limits were widened until only the unusual stand out."
        )
    if made.dispersion is None:
        out.append("There are too few councils to say whether they differ by more than chance.")
    if without > 0:
        out.append(f"{sentences.count(without, 'council has', 'councils have')} a figure without its parts.")
    if made.refused:
        told = sentences.count(len(made.refused), "council has", "councils have")
        out.append(f"{told} parts that cannot be used.")
    return out

"""Two indicators of each council beside each other, such as what a service costs and what comes of it.

In:   two indicators, a tier, the council in focus, a group
Out:  Paired: the scatter, what it counts, and every pair as a table

Only councils of one tier whose figures are like for like on both are drawn. Where they lie together shows no
cause, and the page says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import scatter, sentences
from api.pages.chart import choose_tier
from api.pages.councils import CouncilRow, Period, list_periods, list_tier_rows
from api.pages.definitions import Definition, load_definitions
from api.pages.places import Place, tier_plain
from api.pages.verdicts import judge
from api.svg import Words

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Pair:
    """One council with both figures."""

    across: CouncilRow
    up: CouncilRow
    is_this: bool

    @property
    def place(self) -> Place:
        return self.across.place


@dataclass(frozen=True, slots=True)
class Paired:
    """The scatter and its table. `sentences` count its points; `cautions` say how to read them."""

    across: Definition
    up: Definition
    periods: tuple[Period, Period]
    drawing: Markup
    sentences: Sequence[str]
    cautions: Sequence[str]
    pairs: Sequence[Pair]


def refuse_pair(across: Definition, up: Definition) -> str:
    """Say why two indicators cannot stand on the two axes; empty if they can."""
    for one in (across, up):
        if one.is_total:
            return (
                f"“{one.label}” is a total, which grows with the size of the place. Choose a rate or a share."
            )
    if across.indicator == up.indicator:
        return "Both axes would have the same indicator. Choose another one for the second."
    return ""


def make_pair(
    edition: Edition,
    across: Definition,
    up: Definition,
    places: Sequence[Place],
    only: Collection[str] = (),
) -> Paired | str:
    """Make the scatter of two indicators, or say in words why there is none.

    only   codes of areas, the council in focus among them, where only a group is to be drawn
    """
    refused = refuse_pair(across, up)
    if refused:
        return refused
    tiers = {choose_tier(one, places) for one in (across, up)}
    tier = next(iter(tiers))
    if len(tiers) > 1 or tier is None:
        return "Councils of different tiers answer for the two indicators, so no council has both figures."
    listed = [list_periods(edition, one.indicator, tier) for one in (across, up)]
    if not all(listed):
        return "One of the two indicators has no figure of councils yet."
    periods = (listed[0][0], listed[1][0])
    focus = places[0].area if places else ""
    sides: list[dict[str, CouncilRow]] = []
    cautions: list[str] = []
    left_out = 0
    for definition, period in zip((across, up), periods, strict=True):
        told = load_definitions(edition).get(definition.indicator, period.cell.version)
        rows = [row for row in list_tier_rows(edition, told, period, tier) if row.value is not None]
        judged = judge(rows, focus)
        cautions += judged.care
        kept = {row.place.area: row for row in rows if row.place.area not in judged.left_out}
        left_out += len(rows) - len(kept)
        sides.append(kept)
    both = [area for area in sides[0] if area in sides[1] and (not only or area in only)]
    if len(both) < 2:
        return "Fewer than two councils have figures of both indicators that may be compared."
    pairs = [Pair(sides[0][area], sides[1][area], area == focus) for area in both]
    if left_out:
        cautions.append(
            f"{sentences.count(left_out, 'figure is', 'figures are')} not comparable and left out."
        )
    if periods[0].span.start_on.year != periods[1].span.start_on.year:
        cautions.append(f"The two are for different periods: {periods[0].words} and {periods[1].words}.")
    return Paired(
        pairs[0].across.definition,
        pairs[0].up.definition,
        periods,
        _draw(pairs),
        _count(pairs, tier, bool(only)),
        list(dict.fromkeys(cautions)),
        sorted(pairs, key=lambda pair: (not pair.is_this, pair.place.name)),
    )


def _middles(pairs: Sequence[Pair]) -> tuple[Decimal, Decimal]:
    """Give the middle of the drawn councils on both axes."""
    return _middle([pair.across for pair in pairs]), _middle([pair.up for pair in pairs])


def _middle(rows: Sequence[CouncilRow]) -> Decimal:
    values = sorted(row.seen.value for row in rows if row.seen is not None and row.seen.value is not None)
    at = len(values) // 2
    return values[at] if len(values) % 2 else (values[at - 1] + values[at]) / 2


def _draw(pairs: Sequence[Pair]) -> Markup:
    middles = _middles(pairs)
    axes = []
    for row, middle in zip((pairs[0].across, pairs[0].up), middles, strict=True):
        definition = row.definition

        def write(value: float, decimals: int, definition: Definition = definition) -> str:
            return sentences.short_figure(sentences.exact(value), definition.unit, decimals)

        unit = definition.unit
        after = "" if unit.is_money or len(unit.symbol) < 2 else f" ({unit.symbol.strip()})"
        axes.append(scatter.Axis(f"{definition.label}{after}", float(middle), write))
    spots = [
        scatter.Spot(pair.across.value or 0.0, pair.up.value or 0.0, pair.place.name if pair.is_this else "")
        for pair in pairs
    ]
    here = next((spot for spot in spots if spot.label), None)
    told = ", ".join(f"{axis.label}" for axis in axes)
    finding = f"{told}: {len(pairs)} councils."
    this = next((pair for pair in pairs if pair.is_this), None)
    if this is not None:
        finding += f" {this.place.name} has {this.across.text} and {this.up.text}."
    words = Words("scatter", finding, "Dashed lines are the middle councils. The table has every figure.")
    return scatter.scatter_chart(words, spots, axes[0], axes[1], here)


def _count(pairs: Sequence[Pair], tier: str, is_group: bool) -> list[str]:
    """Count the four corners that the middle councils make."""
    across, up = _middles(pairs)
    corners = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    on_line = 0
    for pair in pairs:
        assert pair.across.seen is not None
        assert pair.up.seen is not None
        x, y = pair.across.seen.value, pair.up.seen.value
        if x is None or y is None or x == across or y == up:
            on_line += 1
            continue
        corners[x > across, y > up] += 1
    among = "councils" if is_group else tier_plain(tier)
    out = []
    this = next((pair for pair in pairs if pair.is_this), None)
    if this is not None:
        out.append(f"{this.place.name}: {this.across.text} and {this.up.text}.")
    out.append(
        f"Of {len(pairs):,} {among}, {corners[True, True]} are above the middle on both,"
        f" {corners[False, False]} below it on both."
    )
    out.append(
        f"{corners[True, False]} are above it on the first alone, {corners[False, True]} on the second alone."
    )
    return out

"""One chart of one indicator by itself: what an image, an embed and a file show.

In:   an indicator, and areas, period and view as a visitor wrote them
Out:  Chart: the drawing with its title, its verdict, its figures as a table, and exactly what was drawn

An address that others put on their pages must not change its meaning, so nothing is passed over here: what is
not known is refused, with the nearest that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import bars, charts, sentences
from api.failures import Failure, unknown_thing
from api.pages.councils import CouncilRow, Period, list_periods, list_rows, list_tier_rows
from api.pages.definitions import Definition, load_definitions
from api.pages.drawings import strip_of
from api.pages.figures import AreaFigure, joins
from api.pages.mapping import draw_cell
from api.pages.places import COMPARED_TIERS, Place, compared_tier, find_places, tier_plain
from api.pages.series import Observed, choose_series, list_series
from api.pages.verdicts import Judged, judge, judge_series
from ingest.problems import find_nearest, shown

if TYPE_CHECKING:
    from api.edition import Edition

PARAMETERS = ("areas", "period", "view")
VIEWS = ("series", "bars", "spread", "map")

MOST_LINES = len(bars.ROLES)
MOST_BARS = 20

# A figure by dataset, area, period and breakdown, and what was said of it: version, value, status, limits.
Key = tuple[str, str, str, str]
Said = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with all that must stand beside it.

    subtitle   the areas and the period, in words
    drawings   one under the other
    judged     how the figures drawn may be compared
    headings   of the table; the first is that of its rows
    drawn      every figure that the chart shows
    """

    definition: Definition
    view: str
    subtitle: str
    drawings: Sequence[Markup]
    judged: Judged
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    drawn: Mapping[Key, Said]
    datasets: Sequence[str]
    credits: Sequence[str] = ()

    @property
    def title(self) -> str:
        return self.definition.label


@dataclass(frozen=True, slots=True)
class Asked:
    """What a chart is asked for, all of it known to the edition."""

    definition: Definition
    places: Sequence[Place]
    period: str
    view: str


def make_chart(edition: Edition, indicator: str, query: Mapping[str, str]) -> Chart:
    """Make the chart that an address names.

    Raises Failure: 404 for what the edition does not have, 400 for what cannot be drawn.
    """
    asked = read_asked(edition, indicator, query)
    return {"series": _series, "bars": _bars, "spread": _spread, "map": _map}[asked.view](edition, asked)


def read_asked(edition: Edition, indicator: str, query: Mapping[str, str]) -> Asked:
    """Read what a chart is asked for.

    Raises Failure.
    """
    definitions = load_definitions(edition)
    definition = definitions.in_use.get(indicator)
    if definition is None:
        raise unknown_thing("indicator", indicator, definitions.in_use)
    codes = list(dict.fromkeys(code.strip() for code in query.get("areas", "").split(",") if code.strip()))
    if len(codes) > MOST_BARS:
        raise _wrong("areas", f"A chart shows {MOST_BARS} areas at most; {len(codes):,} were asked for.")
    known = find_places(edition, codes)
    for code in codes:
        if code not in known:
            raise unknown_thing("area", code, (row[0] for row in edition.rows("SELECT area FROM areas")))
    period = query.get("period", "")
    if period and not edition.value("SELECT 1 FROM periods WHERE period = ?", (period,)):
        raise unknown_thing("period", period, (row[0] for row in edition.rows("SELECT period FROM periods")))
    view = query.get("view", "") or _view_of(codes)
    if view not in VIEWS:
        nearest = find_nearest(view, VIEWS)
        hint = f" Closest: {nearest}." if nearest else ""
        raise _wrong("view", f"'{shown(view)}' is not a view of a chart: {', '.join(VIEWS)}.{hint}")
    return Asked(definition, [known[code] for code in codes], period, view)


def _view_of(codes: Sequence[str]) -> str:
    if not codes:
        return "spread"
    return "series" if len(codes) <= MOST_LINES else "bars"


def _wrong(parameter: str, detail: str) -> Failure:
    return Failure("parameter-wrong", detail, problems=[{"parameter": parameter, "detail": detail}])


def _nothing(definition: Definition, of: str) -> Failure:
    return Failure("thing-unknown", f"No figure of '{definition.label}' is published for {of}.")


def find_figure(edition: Edition, definition: Definition, place: Place) -> AreaFigure | None:
    """Find an area's series of an indicator, alone; of several groups of people the first."""
    definitions = load_definitions(edition)
    chosen = choose_series(list_series(edition, definitions, place, definition.indicator))
    for (dataset, notation, breakdown), listed in chosen.items():
        label = edition.value("SELECT label FROM breakdowns WHERE breakdown = ?", (breakdown,))
        told = definitions.get(notation, listed[-1].figure.version)
        return AreaFigure(told, dataset, breakdown, label, place, listed, definitions.steps[notation])
    return None


def of_one_kind(one: AreaFigure, until: str = "") -> AreaFigure:
    """Keep the figures for periods of the kind and length of the newest, up to a period."""
    listed = list(one.series)
    if until:
        ends = {seen.figure.period: seen.span.end_on for seen in listed}
        listed = [seen for seen in listed if until not in ends or seen.span.end_on <= ends[until]]
    newest = listed[-1]
    length = (newest.span.end_on - newest.span.start_on).days
    kept = tuple(
        seen
        for seen in listed
        if seen.figure.period_kind == newest.figure.period_kind
        and abs((seen.span.end_on - seen.span.start_on).days - length) <= 5
    )
    return AreaFigure(
        one.definition, one.dataset, one.breakdown, one.breakdown_label, one.place, kept, one.steps
    )


def _series(edition: Edition, asked: Asked) -> Chart:
    """Draw the figures of up to three areas over time."""
    if not asked.places:
        raise _wrong("areas", "A chart over time needs an area: areas=E09000015.")
    if len(asked.places) > MOST_LINES:
        raise _wrong(
            "areas",
            f"A chart over time has {MOST_LINES} lines at most; {len(asked.places)} areas were asked for. "
            "Choose fewer, or view=bars.",
        )
    found = [find_figure(edition, asked.definition, place) for place in asked.places]
    figures = [of_one_kind(one, asked.period) for one in found if one is not None]
    figures = [one for one in figures if any(seen.value is not None for seen in one.series)]
    if not figures:
        raise _nothing(asked.definition, sentences.listed([place.name for place in asked.places]))
    judged = judge_series(figures)
    kept = [one for one in figures if one.place.area not in judged.left_out]
    drawing = draw_series(kept, "chart")
    spans = sorted({seen.span for one in kept for seen in one.series}, key=lambda span: span.start_on)
    rows = []
    for span in reversed(spans):
        cells = [one.write_cell(next((s for s in one.series if s.span == span), None)) for one in kept]
        rows.append([sentences.period_short(span), *cells])
    names = sentences.listed([one.place.name for one in kept])
    first, last = sentences.period_short(spans[0]), sentences.period_short(spans[-1])
    return Chart(
        definition=figures[0].definition,
        view="series",
        subtitle=f"{names}, {first if len(spans) == 1 else f'{first} to {last}'}{_unit_note(figures[0])}",
        drawings=[*([bars.key_chart([one.place.name for one in kept])] if len(kept) > 1 else []), drawing],
        judged=judged,
        note="A line is cut where figures may not be joined." if judged.cuts else "",
        headings=["Period", *(one.place.name for one in kept)],
        rows=rows,
        drawn=_drawn(seen for one in kept for seen in one.series),
        datasets=sorted({one.dataset for one in kept}),
    )


def _unit_note(one: AreaFigure) -> str:
    return f" ({one.unit_text})" if one.unit_text else ""


def draw_series(figures: Sequence[AreaFigure], key: str, axis: charts.Axis | None = None) -> Markup:
    """Draw series on one scale, the first with its range."""
    spans = sorted({seen.span for one in figures for seen in one.series}, key=lambda span: span.start_on)
    lines = []
    told = []
    for role, one in zip(bars.ROLES, figures, strict=False):
        joined = dict(zip((seen.span for seen in one.series), joins(one, one.series), strict=True))
        by_span = {seen.span: seen for seen in one.series}
        points = []
        for span in spans:
            seen = by_span.get(span)
            value = None if seen is None or seen.value is None else float(seen.value)
            low, high = (None, None)
            if seen is not None and value is not None and seen.figure.limits is not None:
                low, high = map(float, seen.figure.limits)
            label = sentences.period_short(span)
            points.append(charts.Point(span.start_on, label, value, low, high, joined.get(span, False)))
        known = [seen for seen in one.series if seen.value is not None]
        end = one.write_short(known[-1].value or Decimal(0)) if known else ""
        lines.append(charts.Series(role, end, points))
        if known:
            told.append(
                f"{one.place.name}: {one.write_observed(known[0])} {sentences.in_period(known[0].span)},"
                f" {one.write_observed(known[-1])} {sentences.in_period(known[-1].span)}."
            )
    breaks = tuple(dict.fromkeys(on for one in figures for on in one.breaks))
    first, last = spans[0].start_on, spans[-1].start_on
    axis = axis or charts.Axis(figures[0].write_short, breaks=[on for on in breaks if first < on <= last])
    words = charts.Words(key, " ".join(told), f"{len(spans)} periods. The table has every figure.")
    return charts.line_chart(words, lines, axis)


def choose_tier(definition: Definition, places: Sequence[Place]) -> str | None:
    """Choose the tier in which figures are looked for: that of the first council, else the first that answers."""
    for place in places:
        own = compared_tier(definition.tier, place.area_type)
        if own is not None:
            return own
    return next((tier for tier in COMPARED_TIERS if definition.tier in {tier, "every-council"}), None)


def _find_period(edition: Edition, asked: Asked) -> tuple[str, Period]:
    """Find the tier and the period of a chart that shows one period.

    Raises Failure where the indicator has no figure of councils in it.
    """
    tier = choose_tier(asked.definition, asked.places)
    periods = list_periods(edition, asked.definition.indicator, tier) if tier else []
    if not periods or tier is None:
        raise _nothing(asked.definition, "any council")
    period = next(
        (one for one in periods if one.cell.period == asked.period), None if asked.period else periods[0]
    )
    if period is None:
        raise _nothing(asked.definition, f"the period {asked.period}")
    return tier, period


def _bars(edition: Edition, asked: Asked) -> Chart:
    """Draw the figures of some areas in one period beside each other."""
    if not asked.places:
        raise _wrong("areas", "Bars need areas: areas=E09000015,E09000003.")
    _, period = _find_period(edition, asked)
    definition = load_definitions(edition).get(asked.definition.indicator, period.cell.version)
    by_area = {row.place.area: row for row in list_rows(edition, definition, period, asked.places)}
    rows = [by_area[place.area] for place in asked.places]
    if not any(row.value is not None for row in rows):
        raise _nothing(definition, sentences.listed([place.name for place in asked.places]))
    judged = judge(rows, asked.places[0].area)
    drawn = [row for row in rows if row.place.area not in judged.left_out]
    spread = next((row.spread for row in drawn if row.spread is not None and not definition.is_total), None)
    middle = None
    if spread is not None:
        text = sentences.short_figure(spread.median, definition.unit, definition.decimals)
        middle = (float(spread.median), f"Middle council {text}")
    told = [
        bars.Bar(
            row.place.name,
            row.value if row in drawn else None,
            row.text if row in drawn else _reason_of(row, judged),
            row.place.area == asked.places[0].area,
            _limits_of(row),
        )
        for row in rows
    ]
    first = rows[0]
    finding = f"{first.place.name}: {first.text}. {len(drawn)} of {len(rows)} areas have bars."
    description = "; ".join(f"{row.place.name} {row.text}" for row in rows)
    return Chart(
        definition=definition,
        view="bars",
        subtitle=_say(period, definition),
        drawings=[bars.bar_chart(charts.Words("chart", finding, description), told, middle)],
        judged=judged,
        note="",
        headings=["Area", "Figure", "95% range"]
        if any(row.range_text for row in rows)
        else ["Area", "Figure"],
        rows=_table_of(rows),
        drawn=_drawn(row.seen for row in drawn),
        datasets=[period.cell.dataset],
    )


def _reason_of(row: CouncilRow, judged: Judged) -> str:
    return row.text if row.value is None else f"Not comparable: {judged.left_out[row.place.area]}"


def _limits_of(row: CouncilRow) -> tuple[float, float] | None:
    limits = None if row.seen is None else row.seen.figure.limits
    return None if limits is None else (float(limits[0]), float(limits[1]))


def _say(period: Period, definition: Definition) -> str:
    unit = (
        "" if definition.unit.is_money or len(definition.unit.symbol) < 2 else definition.unit.symbol.strip()
    )
    return f"{period.words}{f' ({unit})' if unit else ''}"


def _table_of(rows: Sequence[CouncilRow]) -> list[list[str]]:
    with_range = any(row.range_text for row in rows)
    out = []
    for row in rows:
        text = f"{row.text} ({row.remark})" if row.remark else row.text
        out.append([row.place.name, text, *([row.range_text] if with_range else [])])
    return out


def _every_council(
    edition: Edition, asked: Asked
) -> tuple[str, Period, Definition, list[CouncilRow], Judged]:
    if len(asked.places) > 1:
        raise _wrong("areas", f"view={asked.view} marks one area among all councils. Name one, or view=bars.")
    tier, period = _find_period(edition, asked)
    definition = load_definitions(edition).get(asked.definition.indicator, period.cell.version)
    rows = list_tier_rows(edition, definition, period, tier)
    focus = asked.places[0].area if asked.places else ""
    judged = judge([row for row in rows if row.value is not None], focus)
    return tier, period, definition, rows, judged


def _spread(edition: Edition, asked: Asked) -> Chart:
    """Draw how the councils of a tier are spread, with one of them marked."""
    tier, period, definition, rows, judged = _every_council(edition, asked)
    spread = next((row.spread for row in rows if row.spread is not None), None)
    if spread is None:
        raise _nothing(definition, f"two {tier_plain(tier)}")
    here = next((row for row in rows if asked.places and row.place.area == asked.places[0].area), None)
    mark, finding = None, f"{definition.label}, {period.words}."
    if here is not None and here.value is not None:
        mark = charts.Mark(here.value, f"{here.place.name} {here.text}")
        finding = f"{here.place.name}: {here.text}."
    words = sentences.spread_sentence(spread, definition.unit, definition.decimals)
    values = [row.value for row in rows if row.value is not None and row.place.area not in judged.left_out]

    def write(value: Decimal) -> str:
        return sentences.short_figure(value, definition.unit, definition.decimals)

    drawing = charts.strip_chart(charts.Words("chart", finding, words), strip_of(write, spread, values, mark))
    return Chart(
        definition=definition,
        view="spread",
        subtitle=f"All {tier_plain(tier)}, {_say(period, definition)}",
        drawings=[drawing],
        judged=judged,
        note="Each line is one council. Shaded: the middle half.",
        headings=["Among councils", "Figure"],
        rows=[
            *([[here.place.name, here.text]] if here is not None else []),
            ["Lowest", write(spread.lowest)],
            ["A quarter lie below", write(spread.lower_quartile)],
            [f"Middle council of {spread.area_count:,}", write(spread.median)],
            ["A quarter lie above", write(spread.upper_quartile)],
            ["Highest", write(spread.highest)],
        ],
        drawn=_drawn(row.seen for row in rows),
        datasets=[period.cell.dataset],
    )


def _map(edition: Edition, asked: Asked) -> Chart:
    """Draw the councils of a tier on a map."""
    tier, period, definition, rows, judged = _every_council(edition, asked)
    found = asked.places[0] if asked.places else None
    if definition.is_total:
        raise _wrong("view", "These figures are totals: on a map they would show which places are large.")
    section = draw_cell(edition, definition, period.cell, period.span, tier, found)
    if section is None:
        raise Failure("thing-unknown", f"There are no boundaries to draw '{definition.label}' on a map.")
    return Chart(
        definition=definition,
        view="map",
        subtitle=f"All {tier_plain(tier)}, {_say(period, definition)}",
        drawings=[section.drawing, bars.shade_key([(one.number, one.text) for one in section.shades])],
        judged=judged,
        note=section.rule,
        headings=["Shade", "Councils"],
        rows=[[str(s.number) if s.number else "Hatched", s.text] for s in section.shades],
        drawn=_drawn(row.seen for row in rows),
        datasets=[period.cell.dataset],
        credits=section.credits,
    )


def _drawn(listed: Iterable[Observed | None]) -> dict[Key, Said]:
    return {key_of(seen): said_of(seen) for seen in listed if seen is not None}


def key_of(seen: Observed) -> Key:
    """Name a figure among those of its indicator."""
    one = seen.figure
    return one.dataset, one.area, one.period, one.breakdown


def said_of(seen: Observed) -> Said:
    """Say all of a figure that a chart shows of it, so that a later one can be held against it."""
    one = seen.figure
    value, low, high = (
        "" if part is None else str(part.normalize())
        for part in (one.value, one.lower_limit, one.upper_limit)
    )
    return one.version, value, one.status, low, high

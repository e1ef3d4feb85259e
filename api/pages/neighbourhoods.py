"""The neighbourhoods of an area: where they stand among all, how far apart they are, and where they lie.

In:   figures of small areas that lie inside an area, their definitions, and their shapes
Out:  the page: each edition of the order by itself, side by side; the widest gap in each; a map and tables

Neighbourhoods are drawn anew after a census. Figures of two sets of neighbourhoods, or by two definitions that do not
compare, stand in sections of their own and are never joined by a line: compare.verdict decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api import maps, sentences
from api.charts import Words
from api.columns import column_chart
from api.pages.definitions import Definition, load_definitions
from api.pages.page import Frame, Link, Page, address_of, make_page, with_query
from api.pages.places import Place, find_place, list_around
from api.sentences import Span
from compare import Figure, Level, Verdict, verdict
from compare.neighbourhoods import Ends, ends, spread, tenth

if TYPE_CHECKING:
    from api.edition import Edition

# An order of deprivation is an indicator whose short name ends so: deprivation-rank, income-deprivation-rank.
ORDER = "deprivation-rank"
# Rows of one table: a page stays light, whatever the area.
MOST_ROWS = 250


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """One neighbourhood in one order; `place` is None where the figure is hidden or missing."""

    area: str
    label: str
    place: int | None
    status: str
    start_on: dt.date | None
    end_on: dt.date | None
    tenth: int | None

    @property
    def place_text(self) -> str:
        return f"{self.place:,}" if self.place is not None else sentences.status_words(self.status)


@dataclass(frozen=True)
class Order:
    """One edition of the order: where an area's neighbourhoods stand among all `of` them.

    drawn    since or until when neighbourhoods were drawn as they are in this edition, in words
    care     what a reader must keep in mind of the two ends, from the verdict on them
    """

    definition: Definition
    period: str
    span: Span
    dataset: str
    of: int
    inside: Sequence[Neighbourhood]
    drawn: str

    @property
    def places(self) -> Mapping[str, int]:
        return {one.area: one.place for one in self.inside if one.place is not None}

    @property
    def year(self) -> str:
        return sentences.period_short(self.span)

    @property
    def counts(self) -> tuple[int, ...]:
        return spread(self.places, self.of)

    @property
    def share(self) -> str:
        """The share in the first tenth, to one place of decimals."""
        part = Decimal(self.counts[0]) * 100 / len(self.places) if self.places else Decimal(0)
        return f"{sentences.number(part, 1)}%"

    @property
    def ends(self) -> Ends | None:
        return ends(self.places)

    @property
    def ordered(self) -> list[Neighbourhood]:
        return sorted(self.inside, key=lambda one: (one.place is None, one.place or 0, one.area))

    @property
    def hidden(self) -> int:
        return sum(one.place is None for one in self.inside)

    def label(self, area: str) -> str:
        return next(one.label for one in self.inside if one.area == area)

    def figure(self, one: Neighbourhood) -> Figure:
        definition = self.definition
        return Figure(
            indicator=definition.indicator,
            version=definition.version,
            dataset=self.dataset,
            unit=definition.unit.notation,
            area=one.area,
            area_type="lsoa",
            period=self.period,
            period_kind="",
            period_start=self.span.start_on,
            period_end=self.span.end_on,
            value=Decimal(one.place) if one.place is not None else None,
            status=one.status,
            is_sampled=definition.is_sampled,
            area_start=one.start_on,
            area_end=one.end_on,
        )

    @property
    def gap_verdict(self) -> Verdict | None:
        """May the two ends be held against each other?"""
        found = self.ends
        if found is None:
            return None
        by_code = {one.area: self.figure(one) for one in self.inside}
        return verdict(by_code[found.first], by_code[found.last])


@dataclass(frozen=True, slots=True)
class Kept:
    """Editions of the order that may be held against each other with care, oldest first, and how they were drawn."""

    drawn: str
    orders: Sequence[Order]
    cautions: Sequence[str]


@dataclass(frozen=True, slots=True)
class MapOf:
    """The map of one edition, and the rows that stand beside it."""

    order: Order
    drawing: Markup
    shades: Sequence[tuple[int, str]]
    credits: Sequence[str]


def area_neighbourhoods(edition: Edition, area: str, query: Mapping[str, str]) -> Page | None:
    """Make the page; None where there is no such area."""
    place = find_place(edition, area)
    if place is None:
        return None
    possible = list_orders(edition)
    chosen = query.get("order", "")
    chosen = chosen if chosen in possible else next(iter(possible), "")
    orders = load_orders(edition, area, chosen) if chosen else []
    around = list_around(edition, area)
    country = next((one.name for one in (place, *around) if one.area_type == "country"), "the country")
    newest = orders[-1] if orders else None
    drawn = draw_map(edition, orders)
    rows = newest.ordered if newest else []
    page, pages = _page_of(query.get("page", ""), len(rows), area, chosen if len(possible) > 1 else "")
    path = f"{address_of('area', area)}/neighbourhoods"
    frame = Frame(
        path=with_query(path, order=chosen if query.get("order") == chosen else None),
        title=f"Neighbourhoods of {place.name}",
        lede=_lede(place, newest, country),
        crumbs=[Link("Areas", "/areas"), Link(place.name, address_of("area", area))],
        datasets={one.dataset for one in orders},
        credits=drawn.credits if drawn else (),
    )
    return make_page(
        edition,
        "neighbourhoods",
        frame,
        place=place,
        country=country,
        orders=orders,
        newest=newest,
        sets=keep_apart(orders, load_definitions(edition).steps.get(chosen, ())),
        charts={one.period: _chart(one, orders, place) for one in orders},
        gap=_gap_sentence(place, newest) if newest else "",
        map=drawn,
        rows=rows[(page - 1) * MOST_ROWS : page * MOST_ROWS],
        page=page,
        pages=pages,
        most=MOST_ROWS,
        choices=possible,
        chosen=chosen,
        others=[] if orders else _areas_with_neighbourhoods(edition),
        parent=next((one for one in around if one.is_council), None),
        rules=_rules(edition, chosen),
    )


def list_orders(edition: Edition) -> dict[str, str]:
    """List the orders of neighbourhoods that have figures: their names by indicator, the shortest name first."""
    definitions = load_definitions(edition).in_use
    rows = edition.rows(
        "SELECT DISTINCT indicator FROM indicator_area_types WHERE area_type = 'lsoa' ORDER BY indicator"
    )
    found = [row["indicator"] for row in rows if row["indicator"].endswith(ORDER)]
    return {one: definitions[one].label for one in sorted(found, key=lambda one: (len(one), one))}


def load_newest_order(edition: Edition, area: str) -> list[Order]:
    """Load the newest edition of the first order, for the area's own page; empty where it has no neighbourhoods."""
    for indicator in list_orders(edition):
        return load_orders(edition, area, indicator)[-1:]
    return []


def load_orders(edition: Edition, area: str, indicator: str) -> list[Order]:
    """Load every edition of an order as an area sees it, oldest first."""
    definitions = load_definitions(edition)
    rows = edition.rows(
        "SELECT o.version, o.period, o.dataset, o.area, o.value, o.status, a.label, a.start_on, a.end_on,"
        " t.label AS period_label, t.start_on AS period_start, t.end_on AS period_end"
        " FROM (SELECT DISTINCT p.area FROM area_parents p WHERE p.parent = ? AND p.hierarchy = 'statistical') AS x"
        " CROSS JOIN observations o ON o.area = x.area JOIN areas a ON a.area = x.area"
        " JOIN periods t ON t.period = o.period"
        " WHERE o.indicator = ? AND o.breakdown = '' AND a.area_type = 'lsoa' ORDER BY t.start_on, o.version, o.area",
        (area, indicator),
    )
    highest = {
        row["version"]: row["highest"]
        for row in edition.rows("SELECT version, highest FROM indicators WHERE indicator = ?", (indicator,))
    }
    drawn = edition.once(("drawn", indicator), lambda: _read_drawn(edition, indicator))
    grouped: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row["period"], row["version"], row["dataset"]), []).append(row)
    out = []
    for (period, version, dataset), listed in grouped.items():
        of = highest.get(version)
        if of is None:  # without it nobody can say in which tenth a place lies
            continue
        span = Span(
            listed[0]["period_label"],
            dt.date.fromisoformat(listed[0]["period_start"]),
            dt.date.fromisoformat(listed[0]["period_end"]),
        )
        inside = [_neighbourhood(row, int(of)) for row in listed]
        definition = definitions.get(indicator, version)
        out.append(Order(definition, period, span, dataset, int(of), inside, drawn.get(period, "")))
    return out


def _neighbourhood(row: Any, of: int) -> Neighbourhood:
    place = int(row["value"]) if row["value"] is not None else None
    return Neighbourhood(
        row["area"],
        row["label"],
        place,
        row["status"],
        dt.date.fromisoformat(row["start_on"]) if row["start_on"] else None,
        dt.date.fromisoformat(row["end_on"]) if row["end_on"] else None,
        tenth(place, of) if place is not None else None,
    )


def _read_drawn(edition: Edition, indicator: str) -> dict[str, str]:
    """Say for each period how its neighbourhoods were drawn, from the days on which some of them began or ended."""
    rows = edition.rows(
        "SELECT o.period, max(a.start_on) AS start_on, min(a.end_on) AS end_on FROM observations o"
        " JOIN areas a ON a.area = o.area WHERE o.indicator = ? AND a.area_type = 'lsoa' GROUP BY o.period",
        (indicator,),
    )
    out = {}
    for row in rows:
        if row["start_on"]:
            out[row["period"]] = f"as drawn from {sentences.day(dt.date.fromisoformat(row['start_on']))}"
        elif row["end_on"]:
            out[row["period"]] = f"as drawn until {sentences.day(dt.date.fromisoformat(row['end_on']))}"
    return out


def keep_apart(orders: Sequence[Order], steps: Sequence[Any]) -> list[Kept]:
    """Put editions together while the verdict lets them stand beside each other, and apart where it does not."""
    out: list[Kept] = []
    for one in orders:
        decided = _between(out[-1].orders[-1], one, steps) if out else None
        if decided is not None and decided.level is not Level.NOT_COMPARABLE and out[-1].drawn == one.drawn:
            told = [*out[-1].cautions, *(reason.text for reason in decided.reasons)]
            out[-1] = Kept(one.drawn, [*out[-1].orders, one], list(dict.fromkeys(told)))
        else:
            out.append(Kept(one.drawn, [one], ()))
    return out


def _between(earlier: Order, later: Order, steps: Sequence[Any]) -> Verdict | None:
    """Decide on two editions by a neighbourhood that both have; None where they have none in common."""
    after = {one.area: one for one in later.inside if one.place is not None}
    for one in earlier.inside:
        if one.area in after and one.place is not None:
            return verdict(earlier.figure(one), later.figure(after[one.area]), steps=steps)
    return None


def draw_map(edition: Edition, orders: Sequence[Order]) -> MapOf | None:
    """Draw the newest edition whose neighbourhoods are exactly those that have shapes; None where none has."""
    for order in reversed(orders):
        codes = sorted(one.area for one in order.inside)
        marks = ",".join("?" * len(codes))
        rows = edition.rows(
            # Only question marks are put into the statement.
            "SELECT area, shape, attribution FROM boundaries WHERE projection = 'EPSG:27700'"  # noqa: S608
            f" AND area IN ({marks}) ORDER BY area, valid_on",
            codes,
        )
        shapes = {row["area"]: row["shape"] for row in rows}
        if len(codes) > 1 and sorted(shapes) == codes:
            return _map_of(order, shapes, tuple(dict.fromkeys(row["attribution"] for row in rows)))
    return None


# Five shades of two tenths each; the darkest holds the first two.
_SHADES = tuple((5 - n, 2 * n + 1, 2 * n + 2) for n in range(maps.CLASSES))


def _map_of(order: Order, shapes: Mapping[str, str], credits: Sequence[str]) -> MapOf:
    ground = maps.make_ground([maps.read_outline(area, shape) for area, shape in sorted(shapes.items())])
    class_of = {area: 5 - (tenth(place, order.of) - 1) // 2 for area, place in order.places.items()}
    counts = order.counts
    shades = [(number, _shade_words(counts, first, second)) for number, first, second in _SHADES]
    if order.hidden:
        shades.append((maps.MISSING, f"Not shown: {order.hidden:,}"))
    finding = (
        f"{order.year}: {counts[0]:,} of {len(order.places):,} neighbourhoods in the most deprived tenth."
    )
    told = (
        "Each neighbourhood in one of five shades, the darkest for the two most deprived tenths."
        " The table has every place."
    )
    return MapOf(order, maps.choropleth(Words("map", finding, told), ground, class_of), shades, credits)


def _shade_words(counts: Sequence[int], first: int, second: int) -> str:
    inside = counts[first - 1] + counts[second - 1]
    return f"Tenths {first} and {second}: {sentences.count(inside, 'neighbourhood', 'neighbourhoods')}"


def _chart(order: Order, orders: Sequence[Order], place: Place) -> Markup:
    counts = order.counts
    most = max(max(one.counts) for one in orders)
    finding = (
        f"{place.name}, {order.year}: {counts[0]:,} of {len(order.places):,} neighbourhoods"
        " in the most deprived tenth."
    )
    told = (
        "How many neighbourhoods lie in each tenth of the order, from the most deprived to the least."
        " The table has the same counts."
    )
    return column_chart(
        Words(f"tenths-{order.period}", finding, told), counts, most, ("Most deprived", "Least deprived")
    )


def _lede(place: Place, newest: Order | None, country: str) -> str:
    if newest is None:
        return f"No figures for neighbourhoods of {place.name} are published here."
    count = newest.counts[0]
    many = sentences.count(len(newest.places), "neighbourhood", "neighbourhoods")
    verb = "is" if count == 1 else "are"
    told = f"{count:,}" if count else "None"
    return f"{told} of {many} in {place.name} {verb} among the most deprived tenth of {country} in {newest.year}."


def _gap_sentence(place: Place, order: Order) -> str:
    found = order.ends
    if found is None:
        return f"{place.name} has fewer than two neighbourhoods with a place, so there is no gap to tell."
    return (
        f"In {order.year} {order.label(found.first)} has place {found.first_place:,} and"
        f" {order.label(found.last)} place {found.last_place:,} of {order.of:,}."
        f" They are {found.places:,} places apart,"
        f" {sentences.number(Decimal(found.places) * 100 / order.of, 0)}% of the order."
    )


def _page_of(wanted: str, count: int, area: str, order: str) -> tuple[int, list[Link]]:
    last = max(1, -(-count // MOST_ROWS))
    page = min(int(wanted), last) if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 5 else 1
    address = f"{address_of('area', area)}/neighbourhoods"
    links = [
        Link(str(n), with_query(address, order=order or None, page=str(n) if n > 1 else None))
        for n in range(1, last + 1)
    ]
    return max(page, 1), links if last > 1 else []


def _areas_with_neighbourhoods(edition: Edition) -> list[Place]:
    rows = edition.rows(
        "SELECT DISTINCT p.parent FROM area_parents p JOIN areas a ON a.area = p.area"
        " WHERE p.hierarchy = 'statistical' AND a.area_type = 'lsoa' ORDER BY p.parent LIMIT 400"
    )
    found = [find_place(edition, row["parent"]) for row in rows]
    return sorted((one for one in found if one is not None), key=lambda one: (one.name, one.area))


def _rules(edition: Edition, indicator: str) -> list[Any]:
    """List the rules by which small numbers are hidden here."""
    return edition.rows(
        "SELECT rule, label, reason FROM disclosure_rules WHERE (indicator IS NULL OR indicator = ?)"
        " AND (area_type IS NULL OR area_type = 'lsoa') ORDER BY label, rule",
        (indicator,),
    )

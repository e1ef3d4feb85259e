"""The page of one area: its figures, what inspectorates said, who runs what, and what is missing.

In:   one area's figures from figures.py, its inspections, its place among other areas
Out:  the page; with `topic` every card of one topic, with `map` another indicator on the map
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api import sentences
from api.pages.beside import Beside, chance_note, list_beside_area
from api.pages.definitions import Definition, Definitions, Theme, load_definitions
from api.pages.drawings import SeriesRow, draw_lines, draw_strip, list_series_rows
from api.pages.figures import AreaFigure, list_area_figures
from api.pages.inspected import Inspection, list_area_inspections
from api.pages.inspections import draw_timeline, list_letters
from api.pages.mapping import draw_map
from api.pages.neighbourhoods import load_newest_order
from api.pages.other_names import list_other_names
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.pairings import list_pairings
from api.pages.places import (
    Group,
    Place,
    compared_tier,
    find_place,
    find_places,
    list_around,
    list_groups,
    list_inside,
)
from api.pages.quality import list_quality
from api.pages.restating import list_only_restated
from api.pages.series import load_values
from api.pages.signal_lists import Asked, list_open
from api.pages.successions import write_notices
from api.pages.targets import list_area_targets

if TYPE_CHECKING:
    from api.edition import Edition

# Cards of one topic on the page, and of all topics together; the others have a page of the topic.
_CARDS = 3
_ALL_CARDS = 13
# Sentences at a glance about figures.
_GLANCES = 3

_ASKED_OF_PEOPLE = frozenset({"perception", "experience"})


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator on the page."""

    one: AreaFigure
    strip: Markup | None
    lines: Markup | None
    rows: Sequence[SeriesRow]
    links: Sequence[Link]
    country: str
    source: str
    beside: Sequence[Beside]

    @property
    def has_remarks(self) -> bool:
        return any(row.remark for row in self.rows)


@dataclass(frozen=True, slots=True)
class Topic:
    theme: Theme
    cards: Sequence[Card]
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """An area's figures by what they are to a reader."""

    judged: Sequence[AreaFigure]
    views: Sequence[AreaFigure]
    context: Sequence[AreaFigure]
    other_tier: Sequence[AreaFigure]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands beside an area's own figures."""

    chain: Sequence[Place]
    groups: Sequence[Group]
    country: Place | None
    partner: Place | None  # the county of a district

    @property
    def similar(self) -> Group | None:
        """The group whose middle stands beside the area's figures: the first."""
        return self.groups[0] if self.groups else None


def area(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:
    """Make the page of an area."""
    place = find_place(edition, notation[0]) if len(notation) == 1 else None
    if place is None:
        return None
    definitions = load_definitions(edition)
    around = look_around(edition, place)
    members = around.similar.members if around.similar else ()
    country = around.country if around.country != place else None
    figures = list_area_figures(edition, definitions, place, country, members)
    kinds = sort_figures(place, figures)
    topic = definitions.themes.get(query.get("topic", ""))
    if topic is not None:
        return _topic_page(edition, place, around, topic, figures)
    inspections = list_area_inspections(edition, place.area)
    gaps = list_gaps(edition, definitions, place, figures)
    facts: dict[str, Any] = {
        "place": place,
        "around": around,
        "notices": write_notices(edition, place),
        "glance": list_glances(kinds.judged, kinds.views),
        "chance": chance_note((*kinds.judged, *kinds.views)),
        "inspections": inspections,
        "newest": newest_inspections(inspections),
        "kinds": kinds,
        "by_theme": lambda listed: group_by_theme(definitions, listed),
        "topics": _topics(edition, definitions, place, around, kinds.judged),
        "views": [draw_card(edition, around, one) for one in kinds.views[:_CARDS]],
        "views_count": len(kinds.views),
        "gaps": gaps,
        "targets": list_area_targets(edition, place),
        "signals": list_open(edition, "area", place.area),
        "signals_address": Asked(area=place.area).address(),
        "quality": list_quality(edition, figures, len(gaps)),
        "map": draw_map(edition, place, figures, query.get("map", "")),
        "similar": _similar_places(edition, around),
        "timeline": draw_timeline(edition, place.name, inspections, "timeline"),
        "letters": list_letters(inspections),
        "inside": list_inside(edition, place.area),
        "pairings": list_pairings(edition, definitions, place),
        "neighbourhoods": load_newest_order(edition, place.area),
        "bodies": _bodies(edition, place.area),
        "other_names": list_other_names(edition, place.area),
        "elsewhere": _run_elsewhere(definitions, place, figures),
        "only_restated": list_only_restated(
            edition, definitions, place, {one.definition.indicator for one in figures}
        ),
    }
    frame = Frame(
        path=address_of("area", place.area),
        title=place.name,
        lede=_lede(place, around),
        crumbs=_crumbs(around),
        uri=edition.uri("area", place.area),
        forms=LINKED_DATA,
        downloads=[Link("Figures as CSV", _data(place.area, form="csv"))],
        datasets={one.dataset for one in figures},
        credits=facts["map"].credits if facts["map"] else (),
    )
    return make_page(edition, "area", frame, **facts)


def look_around(edition: Edition, place: Place) -> Around:
    """Find what an area lies in and what it is like."""
    chain = list_around(edition, place.area)
    country = next((one for one in (place, *chain) if one.area_type == "country"), None)
    county = next((one for one in chain if one.area_type == "county"), None)
    groups = list_groups(edition, place)
    return Around(chain, groups, country, county if place.area_type == "district" else None)


def sort_figures(place: Place, figures: Sequence[AreaFigure]) -> Sorted:
    """Put context, residents' views and the other tier's services apart from what is judged."""
    answers = [
        one
        for one in figures
        if not place.is_council or compared_tier(one.definition.tier, place.area_type) is not None
    ]
    views = [one for one in answers if one.definition.evidence in _ASKED_OF_PEOPLE]
    context = [one for one in answers if one.definition.is_context]
    judged = [one for one in answers if one not in views and one not in context]
    return Sorted(judged, views, context, [one for one in figures if one not in answers])


def group_by_theme(
    definitions: Definitions, figures: Sequence[AreaFigure]
) -> list[tuple[str, list[AreaFigure]]]:
    """Put figures under their main topics, in the order of the topics."""
    out: dict[str, list[AreaFigure]] = {theme.label: [] for theme in definitions.themes.values()}
    for one in figures:
        theme = definitions.themes.get(one.definition.themes[0]) if one.definition.themes else None
        out.setdefault(theme.label if theme else "Other", []).append(one)
    return [(label, listed) for label, listed in out.items() if listed]


def list_glances(judged: Sequence[AreaFigure], views: Sequence[AreaFigure]) -> list[AreaFigure]:
    """Choose what stands out most, and something each way where there is something each way.

    Only where the definition says which way is better: spending more or less is neither.
    """
    out = sorted(
        (one for one in (*judged, *views) if one.stands_out and one.definition.polarity != "neither"),
        key=lambda one: (-one.distance, one.label),
    )
    chosen = out[:_GLANCES]
    for direction in ("higher", "lower"):
        pointing = [one for one in out if one.standing is not None and one.standing.direction == direction]
        if pointing and not any(one in chosen for one in pointing):
            chosen[-1] = pointing[0]
    return chosen


def draw_card(edition: Edition, around: Around, one: AreaFigure) -> Card:
    """Draw one indicator's charts and gather what stands beside them."""
    values: Sequence[float] = ()
    if one.spread is not None:
        values = load_values(edition, one.cell, one.spread.tier)
    newest = one.latest.figure
    notation = (one.dataset, newest.indicator, newest.area, newest.period)
    parts = one.breakdown.split(";") if one.breakdown else ()
    links = [
        Link("CSV", _data(newest.area, newest.indicator, "csv")),
        Link("JSON", _data(newest.area, newest.indicator, "json")),
        Link("Cite", address_of("observation", *notation, *parts)),
        Link("Compare", with_query("/compare", indicator=newest.indicator, areas=newest.area)),
        Link("How it is counted", address_of("indicator", newest.indicator, newest.version)),
    ]
    country = around.country.name if around.country is not None else ""
    lines = draw_lines(one, key=f"{one.key}-line", country=country, similar="Similar")
    strip = draw_strip(one, values, key=f"{one.key}-strip")
    source = edition.value("SELECT title FROM datasets WHERE dataset = ?", (one.dataset,))
    beside = list_beside_area(edition, one, around.chain)
    return Card(one, strip, lines, list_series_rows(one, country), links, country, source, beside)


def _data(area: str, indicator: str | None = None, form: str | None = None) -> str:
    return with_query("/api/v1/observations", area=area, indicator=indicator, format=form)


def _topics(
    edition: Edition,
    definitions: Definitions,
    place: Place,
    around: Around,
    judged: Sequence[AreaFigure],
) -> list[Topic]:
    themes = {
        theme: [one for one in judged if one.definition.themes[:1] == (theme.theme,)]
        for theme in definitions.themes.values()
    }
    each = _CARDS
    while each > 1 and sum(min(each, len(inside)) for inside in themes.values()) > _ALL_CARDS:
        each -= 1
    out = []
    for theme, inside in themes.items():
        if inside:
            cards = [draw_card(edition, around, one) for one in inside[:each]]
            address = with_query(address_of("area", place.area), topic=theme.theme)
            out.append(Topic(theme, cards, len(inside), address))
    return out


def _topic_page(
    edition: Edition, place: Place, around: Around, theme: Theme, figures: Sequence[AreaFigure]
) -> Page:
    inside = [one for one in figures if theme.theme in one.definition.themes]
    kinds = sort_figures(place, inside)
    count = sentences.count(len(inside), "indicator", "indicators")
    frame = Frame(
        path=with_query(address_of("area", place.area), topic=theme.theme),
        title=f"{place.name}: {theme.label}",
        lede=f"{count} about {theme.label.lower()} in {place.name}, each with its history.",
        crumbs=[*_crumbs(around), Link(place.name, address_of("area", place.area))],
        datasets={one.dataset for one in inside},
    )
    groups = [
        ("Performance and spending", kinds.judged),
        ("What residents say", kinds.views),
        ("Context, not judged", kinds.context),
        ("Run by another council", kinds.other_tier),
    ]
    sections = [
        (title, [draw_card(edition, around, one) for one in listed]) for title, listed in groups if listed
    ]
    return make_page(edition, "topic", frame, place=place, around=around, sections=sections, inside=inside)


def _lede(place: Place, around: Around) -> str:
    region = f" in {around.chain[0].name}" if around.chain else ""
    return f"{place.type_label}{region}. Code {place.area}."


def _crumbs(around: Around) -> list[Link]:
    inside = [one for one in around.chain if one.area_type in {"region", "county"}]
    return [
        Link("Areas", "/areas"),
        *(Link(one.name, address_of("area", one.area)) for one in reversed(inside)),
    ]


@dataclass(frozen=True, slots=True)
class Gap:
    """An indicator without a current figure for an area, and why."""

    label: str
    address: str
    why: str


def list_gaps(
    edition: Edition, definitions: Definitions, place: Place, figures: Sequence[AreaFigure]
) -> list[Gap]:
    """List indicators that other areas have newer figures of, or whose newest figure is missing."""
    out = []
    rows = edition.rows(
        "SELECT d.indicator, max(p.end_on) AS end_on FROM distributions d"
        " JOIN periods p ON p.period = d.period GROUP BY d.indicator ORDER BY d.indicator"
    )
    newest = {row["indicator"]: dt.date.fromisoformat(row["end_on"]) for row in rows}
    for one in figures:
        address = address_of("indicator", one.definition.indicator)
        end_on = newest.get(one.definition.indicator)
        if not one.has_value:
            words = sentences.status_words(one.latest.status)
            out.append(Gap(one.label, address, f"{words} for {sentences.period_words(one.latest.span)}."))
        elif end_on is not None and one.latest.span.end_on < end_on:
            out.append(Gap(one.label, address, f"No figure since {sentences.period_words(one.latest.span)}."))
    known = {one.definition.indicator for one in figures}
    for indicator in newest:
        definition = definitions.in_use[indicator]
        is_own = compared_tier(definition.tier, place.area_type) is not None
        if is_own and indicator not in known and definition.status == "current":
            address = address_of("indicator", indicator)
            out.append(Gap(definition.label, address, "No figure for this area is published here."))
    return sorted(out, key=lambda gap: gap.label)


def _run_elsewhere(definitions: Definitions, place: Place, figures: Sequence[AreaFigure]) -> list[Definition]:
    """List what the other council of a two-tier area runs, without a figure for this area."""
    if not place.is_two_tier:
        return []
    known = {one.definition.indicator for one in figures if one.latest.status != "not-provided"}
    listed = [
        definition
        for definition in definitions.in_use.values()
        if compared_tier(definition.tier, place.area_type) is None
        and definition.indicator not in known
        and definition.status == "current"
        and not definition.is_context
    ]
    return sorted(listed, key=lambda definition: definition.label)


def _similar_places(edition: Edition, around: Around) -> list[Place]:
    if around.similar is None:
        return []
    places = find_places(edition, around.similar.members)
    return [places[member] for member in around.similar.members if member in places]


def _bodies(edition: Edition, area: str) -> list[Any]:
    """List the bodies that govern or serve an area today."""
    return edition.rows(
        "SELECT b.body, b.label, b.website, b.body_type FROM body_areas a JOIN bodies b ON b.body = a.body"
        " WHERE a.area = ? AND a.end_on IS NULL AND b.end_on IS NULL ORDER BY b.label",
        (area,),
    )


def newest_inspections(listed: Sequence[Inspection]) -> list[Inspection]:
    """Keep the newest graded result of each service."""
    out: dict[str, Inspection] = {}
    for one in listed:
        if one.overall is not None:
            out.setdefault(one.service, one)
    return list(out.values())

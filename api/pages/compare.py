"""Councils compared on one indicator: an answer first, then the table it comes from.

In:   indicator, areas (the first is in focus), group, period, order and page, as a visitor wrote them
Out:  the page; without an indicator, the form

Where the figures may not be compared the page says so and why, with the reasons of compare.verdict, and draws
no bar for what may not stand beside the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api import sentences
from api.pages.asked import VIEWS, Asked, address_of_view, read_query
from api.pages.chart import MOST_BARS
from api.pages.compare_views import LEDES, View, look
from api.pages.councils import (
    CouncilRow,
    Period,
    in_order,
    list_periods,
    list_rows,
    list_tier_rows,
    with_bars,
)
from api.pages.definitions import Definition, Definitions, load_definitions
from api.pages.embed import EmbedCode, embed_code
from api.pages.grid import LEVELS
from api.pages.page import Frame, Link, Page, address_of, make_page, with_query
from api.pages.places import (
    COMPARED_TIERS,
    Group,
    Place,
    compared_tier,
    find_places,
    list_groups,
    list_members,
    list_places,
    tier_plain,
    types_of_tier,
)
from api.pages.ranking import Places, find_places_of
from api.pages.set_beside import NO_SET, ChosenSet, SetBeside, list_set_beside, name_group
from compare import Level, verdict

if TYPE_CHECKING:
    from api.edition import Edition

# The most councils on one page of the table.
ROWS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: sentences, the rows they are counted from, what may not be compared, and who stands where."""

    period: Period
    title: str
    sentences: Sequence[str]
    reasons: Sequence[str]
    rows: Sequence[CouncilRow]
    count: int
    has_ranges: bool
    pages: Sequence[Link]
    page: int
    places: Places | None
    beside: SetBeside | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom to compare: the areas, None for all of a tier; what they are called; and which set they are."""

    places: list[Place] | None
    among: str
    set: ChosenSet = NO_SET


def compare(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the page that compares councils, in the view that is asked for.

    Raises Failure (400) for more areas or indicators than one page can show.
    """
    definitions = load_definitions(edition)
    asked = read_query(edition, definitions, query)
    groups = list_groups(edition, asked.focus) if asked.focus is not None else []
    answer = None
    view = View()
    if asked.definition is not None and asked.view == "table":
        answer = find_answer(edition, asked.definition, asked, groups)
    elif asked.definition is not None:
        view = look(edition, asked, choose(edition, asked, groups).places)
    title = "Compare councils"
    lede = "Choose an indicator and a council. Only councils that run the same services are compared."
    if asked.definition is not None:
        labels = [one.label for one in asked.definitions[:2]]
        if asked.view == "scatter" and asked.other is not None:
            labels = [asked.definition.label, asked.other.label]
        title = f"Compare councils: {' and '.join(labels)}"
        if len(asked.definitions) > len(labels):
            title += f" and {len(asked.definitions) - len(labels)} more"
    if asked.definition is not None and asked.view in ("table", "map"):
        lede = f"{asked.definition.question} {asked.definition.polarity_words}"
    elif asked.view != "table":
        lede = LEDES[asked.view]
    tier = _tier_of(asked)
    frame = Frame(
        path=address_of_view({**asked.kept, "page": query.get("page", "")}),
        title=title,
        lede=lede,
        crumbs=[Link("Compare", "/compare")] if asked.definition is not None else (),
        downloads=_downloads(asked, answer),
        datasets=[answer.period.cell.dataset] if answer is not None else view.datasets,
        credits=view.map.credits if view.map is not None else (),
    )
    return make_page(
        edition,
        "compare",
        frame,
        asked=asked,
        answer=answer,
        view=view,
        view_title=VIEWS[asked.view],
        levels=LEVELS,
        groups=groups,
        by_theme=_by_theme(definitions),
        councils=list_places(edition, {t for one in COMPARED_TIERS for t in types_of_tier(one)}),
        periods=list_periods(edition, asked.definition.indicator, tier) if asked.definition and tier else [],
        embed=_embed(edition, asked, answer) if answer is not None else None,
        everyone=tier_plain(tier) if tier else "councils of its kind",
    )


def _tier_of(asked: Asked) -> str | None:
    """Say in which tier figures are looked for: that of the council in focus, else the first that answers."""
    if asked.definition is None:
        return None
    if asked.focus is not None:
        own = compared_tier(asked.definition.tier, asked.focus.area_type)
        if own is not None:
            return own
    return next((tier for tier in COMPARED_TIERS if asked.definition.tier in {tier, "every-council"}), None)


def find_answer(
    edition: Edition, definition: Definition, asked: Asked, groups: Sequence[Group]
) -> Answer | None:
    """Find the figures that were asked for; None where no period has any."""
    tier = _tier_of(asked)
    if tier is None:
        return None
    periods = list_periods(edition, definition.indicator, tier)
    if not periods:
        return None
    period = next((one for one in periods if one.cell.period == asked.period), periods[0])
    chosen = choose(edition, asked, groups)
    places, among = chosen.places, chosen.among
    focus = asked.focus.area if asked.focus is not None else ""
    if places is None:
        every = list_tier_rows(edition, definition, period, tier)
        if asked.focus is not None and focus not in {row.place.area for row in every}:
            every += list_rows(edition, definition, period, [asked.focus])
        every = [_marked(row, focus) for row in every]
        among = tier_plain(tier)
    else:
        every = list_rows(edition, definition, period, places, focus)
    every = _judged(every)
    rows = with_bars(in_order(every, asked.order or "figure"))
    pages = (len(rows) + ROWS - 1) // ROWS
    page = min(asked.page, max(pages, 1))
    links = [
        Link(
            str(number),
            with_query(
                "/compare",
                indicator=definition.indicator,
                areas=",".join(place.area for place in asked.places),
                group=asked.group,
                period=asked.period,
                order=asked.order,
                page=str(number),
            ),
        )
        for number in range(1, pages + 1)
    ]
    told = write_answer(definition, period, every, among)
    if places is not None and len(places) == 1:
        told.append("Nobody else is in this group, so there is nobody to compare with.")
    if asked.period and period.cell.period != asked.period:
        told.append("There are no figures for the period asked for, so the newest stand here.")
    if definition.is_total:
        told.append(
            "These are totals, which grow with the size of the place: no middle council is worked out."
        )
    elif all(row.spread is None or row.spread.area_count < 2 for row in every):
        told.append("No middle council is published for these figures, so they stand by themselves.")
    reasons = dict.fromkeys(
        reason.text for row in every if row.verdict is not None for reason in row.verdict.reasons
    )
    return Answer(
        period,
        f"{definition.label}, {period.words}",
        told,
        list(reasons),
        rows[(page - 1) * ROWS : page * ROWS],
        len(rows),
        any(row.range_text for row in rows),
        links if pages > 1 else [],
        page,
        find_places_of(every, load_definitions(edition).steps[definition.indicator]),
        list_set_beside(edition, definition, period, tier, asked.focus, chosen.set, every),
    )


def choose(edition: Edition, asked: Asked, groups: Sequence[Group]) -> Chosen:
    """Choose whom to compare: the areas named, or the focus with a group; else the whole tier."""
    if asked.group == "all":
        return Chosen(None, "")
    group = next((one for one in groups if one.group == asked.group), None)
    if group is None and len(asked.places) == 1 and not asked.group and groups:
        group = groups[0]
    if group is not None and asked.focus is not None:
        members = find_places(edition, group.members)
        among = "similar councils" if group.is_similar else "councils"
        return Chosen([asked.focus, *members.values()], among, name_group(edition, asked.focus, group))
    if asked.group and (group is None or asked.focus is None):
        # A group that the council in focus is no member of, or that has none of its own in focus.
        listed = list_members(edition, asked.group)
        own = [asked.focus] if asked.focus is not None and asked.focus not in listed else []
        return Chosen([*own, *listed], "councils", ChosenSet(asked.group)) if listed else Chosen(None, "")
    if len(asked.places) > 1:
        return Chosen(list(asked.places), "councils", ChosenSet(name=f"The {len(asked.places)} areas named"))
    return Chosen(None, "")


def _marked(row: CouncilRow, focus: str) -> CouncilRow:
    return replace(row, is_this=row.place.area == focus)


def _judged(rows: Sequence[CouncilRow]) -> list[CouncilRow]:
    """Hold rows against the one in focus, or against the first that has a figure where none is."""
    usable = [one for one in rows if one.value is not None and one.runs]
    other = next((one for one in usable if one.is_this), usable[0] if usable else None)
    if other is None or other.seen is None:
        return list(rows)
    return [
        row
        if row is other or row.seen is None or row.value is None
        else replace(row, verdict=verdict(other.seen.figure, row.seen.figure))
        for row in rows
    ]


def write_answer(definition: Definition, period: Period, rows: Sequence[CouncilRow], among: str) -> list[str]:
    """Say what the table shows, counted from its rows."""
    out = []
    this = next((row for row in rows if row.is_this), None)
    if this is not None and this.runs and this.seen is not None and this.seen.value is not None:
        text = sentences.figure(this.seen.value, definition.unit, definition.decimals)
        out.append(sentences.figure_sentence(this.place.name, text, period.span))
        if this.standing is not None and this.spread is not None:
            middle = sentences.figure(this.spread.median, definition.unit, definition.decimals)
            out.append(sentences.standing_sentence(this.standing, middle))
    elif this is not None:
        status = this.seen.status if this.seen is not None else "not-available"
        if not this.runs:
            status = "not-provided"
        out.append(sentences.missing_sentence(this.place.name, status, period.span))
    others = [row for row in rows if not row.is_this and row.is_comparable and row.standing is not None]
    if others:
        told = _counted([row.direction for row in others])
        other = "other " if this is not None else ""
        if len(others) > 1:
            out.append(f"Of {len(others):,} {other}{among}, {told}.")
        else:
            out.append(f"{others[0].place.name} {told.removeprefix('1 ')}.")
    apart = sum(row.verdict is not None and row.verdict.level is Level.NOT_COMPARABLE for row in rows)
    if apart:
        told = sentences.count(apart, "figure", "figures")
        out.append(f"{told} may not be compared with the others.")
    return out


def _counted(directions: Sequence[str]) -> str:
    """Say how many stand where against the middle council, the most first.

    >>> _counted(["lower", "lower", "higher"])
    '2 are lower than the middle council and 1 is higher'
    """
    words = {
        "higher": "higher than the middle council",
        "lower": "lower than the middle council",
        "no-clear-difference": "not clearly different from the middle council",
    }
    counts = {direction: directions.count(direction) for direction in words}
    order = sorted((one for one in words if counts[one]), key=lambda one: -counts[one])
    told = [f"{counts[one]:,} {'is' if counts[one] == 1 else 'are'} {words[one]}" for one in order]
    # The middle council is named once.
    later = [re.sub(r" (than|from) the middle council", "", text) for text in told[1:]]
    return sentences.listed([told[0], *later])


def _embed(edition: Edition, asked: Asked, answer: Answer) -> EmbedCode:
    """Offer the councils that were named as bars, or one among all councils."""
    areas = [place.area for place in asked.places][:MOST_BARS]
    view = "bars" if len(areas) > 1 else "spread"
    period = answer.period.cell.period
    return embed_code(
        edition,
        answer.title,
        answer.period.cell.indicator,
        areas=",".join(areas),
        period=period,
        view=view,
    )


def _by_theme(definitions: Definitions) -> list[tuple[str, list[Definition]]]:
    """List the indicators in use by their main theme, for a form."""
    out = []
    current = [one for one in definitions.in_use.values() if one.status != "withdrawn"]
    for theme in definitions.themes.values():
        inside = sorted(
            (one for one in current if one.themes[:1] == (theme.theme,)), key=lambda one: one.label
        )
        if inside:
            out.append((theme.label, inside))
    return out


def _downloads(asked: Asked, answer: Answer | None) -> list[Link]:
    if asked.definition is None:
        return []
    links = []
    shown = [*asked.definitions, *([asked.other] if asked.other is not None else [])]
    for one in shown:
        period = answer.period.cell.period if answer is not None else None
        about = f": {one.label}" if len(shown) > 1 else ""
        csv = with_query("/api/v1/observations", indicator=one.indicator, period=period, format="csv")
        links.append(Link(f"These figures as CSV{about}", csv))
        links.append(Link(f"How it is counted{about}", address_of("indicator", one.indicator)))
    return links

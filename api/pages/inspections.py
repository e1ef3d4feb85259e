"""What inspectorates said of an area's councils: timelines and a list, newest first.

In:   the inspections of inspected.py
Out:  the page, and timelines whose lines join only grades that compare
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from api import charts, sentences
from api.judged import declared
from api.pages.inspected import Inspection, list_area_inspections
from api.pages.page import Frame, Link, Page, address_of, make_page
from api.pages.places import find_place, list_around

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Break:
    """A question that a version of a framework put anew: its grades do not compare with those before."""

    question: str
    framework: str
    version: str
    note: str


def draw_timeline(edition: Edition, name: str, listed: Sequence[Inspection], key: str) -> Markup | None:
    """Draw inspections as a timeline, one lane for each service; None if there are none."""
    if not listed:
        return None
    lanes: dict[str, list[charts.Event]] = {}
    for one in reversed(listed):
        letters = one.overall.letters if one.overall is not None else ""
        thread = one.thread(edition, one.overall) if one.overall is not None else ""
        event = charts.Event(one.known_on, one.shape, letters, thread)
        lanes.setdefault(one.service[:1].upper() + one.service[1:], []).append(event)
    newest = next((one for one in listed if one.overall is not None), listed[0])
    graded = sum(one.overall is not None for one in listed)
    words = charts.Words(
        key,
        f"{name}: {newest.sentence}",
        f"{sentences.count(graded, 'grade', 'grades')} and"
        f" {sentences.count(len(listed) - graded, 'visit without a grade', 'visits without a grade')}"
        f" from {listed[-1].known_on.year} to {listed[0].known_on.year}."
        " The list below has every one.",
    )
    return charts.timeline(words, [charts.Lane(label, events) for label, events in lanes.items()])


def draw_questions(edition: Edition, name: str, listed: Sequence[Inspection], key: str) -> Markup | None:
    """Draw the grades of every question but the overall one; None if there are none.

    Each question of each framework has a lane of its own: one that was merged with another or split begins anew.
    """
    lanes: dict[tuple[str, str], list[charts.Event]] = {}
    labels: dict[tuple[str, str], str] = {}
    for one in listed:
        for grading in one.others if not one.is_review else ():
            key_of = (one.framework, grading.asked)
            labels.setdefault(key_of, f"{one.framework_letters}: {grading.question}")
            thread = one.thread(edition, grading)
            event = charts.Event(one.known_on, "graded", grading.letters, thread)
            lanes.setdefault(key_of, []).append(event)
    if not lanes:
        return None
    words = charts.Words(
        key,
        f"{name}: grades of each question",
        f"{sentences.count(len(lanes), 'question', 'questions')}, each with its own grades over time."
        " A question that was merged with another or split is another question.",
    )
    return charts.timeline(
        words, [charts.Lane(labels[asked], events[::-1]) for asked, events in lanes.items()]
    )


def list_breaks(edition: Edition, listed: Sequence[Inspection]) -> list[Break]:
    """List the questions asked here whose grades do not compare with those before, newest version first."""
    told = declared(edition)
    found = {}
    for one in listed:
        for grading in (*([one.overall] if one.overall else []), *one.others):
            for step in told.asked.get((one.framework, grading.asked), ()):
                if step.version == one.version and step.is_asked and step.comparable == "no":
                    found[one.framework, one.version, grading.asked] = Break(
                        grading.question, one.framework_label, one.version, step.note
                    )
    return list(found.values())


def list_letters(listed: Sequence[Inspection]) -> list[tuple[str, str]]:
    """List the letters on a timeline and what they stand for, best grade first of each scale."""
    found = {(one.overall.scale, one.overall.rank): one.overall for one in listed if one.overall is not None}
    told = [(found[key].letters, found[key].grade) for key in sorted(found)]
    return list(dict.fromkeys(told))


def area_inspections(edition: Edition, area: str, query: Mapping[str, str]) -> Page | None:
    """Make the page of everything that inspectorates said of an area's council."""
    place = find_place(edition, area)
    if place is None:
        return None
    every = list_area_inspections(edition, area)
    services = list(dict.fromkeys(one.service for one in every))
    chosen = query.get("service", "")
    listed = [one for one in every if not chosen or one.service == chosen]
    graded = [one for one in listed if one.overall is not None]
    lede = f"No inspectorate's judgement of {place.name} is published here."
    if listed:
        lede = f"{sentences.count(len(listed), 'result', 'results')} since {listed[-1].known_on.year}."
        if graded:
            lede += f" Latest grade: {graded[0].sentence}"
    around = list_around(edition, area)
    frame = Frame(
        path=f"/areas/{area}/inspections",
        title=f"Inspections and judgements: {place.name}",
        lede=lede,
        crumbs=[
            Link("Areas", "/areas"),
            *(Link(one.name, address_of("area", one.area)) for one in reversed(around[:1])),
            Link(place.name, address_of("area", area)),
        ],
    )
    return make_page(
        edition,
        "inspections",
        frame,
        place=place,
        listed=listed,
        services=services,
        chosen=chosen,
        letters=list_letters(listed),
        timeline=draw_timeline(edition, place.name, listed, "timeline"),
        questions=draw_questions(edition, place.name, listed, "questions"),
        breaks=list_breaks(edition, listed),
        bodies=edition.rows(
            "SELECT b.body, coalesce(b.everyday_label, b.label) AS name FROM body_areas x"
            " JOIN bodies b ON b.body = x.body WHERE x.area = ? AND x.end_on IS NULL AND b.end_on IS NULL"
            " ORDER BY name",
            (area,),
        ),
        county=next((one for one in around if one.area_type == "county"), None)
        if place.area_type == "district"
        else None,
    )

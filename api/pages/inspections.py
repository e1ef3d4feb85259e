"""What inspectorates said of an area's councils: a timeline and a list, newest first.

In:   judgements with their frameworks, questions and grades
Out:  Inspection for each visit of an inspectorate, with its change since the last under the same framework

Grades stand in the inspectorate's own words. They are an order, never numbers, and results under different
frameworks are neither compared nor joined by a line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api import charts, sentences
from api.pages.definitions import version_order
from api.pages.page import Frame, Link, Page, address_of, make_page
from api.pages.places import find_place, list_around
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Which mark of a timeline a kind of judgement without a grade has.
_REVIEWS = frozenset({"peer-review", "self-assessment", "accreditation", "audit-opinion"})


@dataclass(frozen=True, slots=True)
class Grading:
    """One question of an inspection and its grade, in the inspectorate's words."""

    judgement: str
    question: str
    grade: str
    letters: str
    rank: int
    scale: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection or visit of one body.

    overall  the grade of its overall question; None for a visit that gives findings only
    change   how the overall grade stands to the one before under the same framework, in words
    """

    inspection: str
    judgement: str
    body: str
    body_label: str
    framework: str
    version: str
    framework_label: str
    service: str
    inspector: str
    kind: str
    kind_label: str
    published_on: dt.date
    overall: Grading | None
    others: tuple[Grading, ...]
    evidence: str | None
    note: str | None
    report: str | None
    change: str = ""

    @property
    def shape(self) -> str:
        if self.kind in _REVIEWS:
            return "review"
        return "graded" if self.overall is not None else "visit"

    @property
    def address(self) -> str:
        return address_of("judgement", self.judgement)

    @property
    def day(self) -> str:
        return sentences.day(self.published_on)

    @property
    def sentence(self) -> str:
        """Say the result in one line."""
        service = self.service[:1].upper() + self.service[1:]
        if self.overall is None:
            return f"{service}: {self.kind_label}, {self.day}, without a grade."
        return f"{service}: {self.overall.grade}, {self.inspector}, {self.day}."


_JUDGEMENTS = (
    "SELECT j.judgement, j.inspection, j.body, j.framework, j.version, j.question, j.scale, j.grade, j.kind,"
    " j.kind_label, j.published_on, j.report, j.evidence, j.note,"
    " coalesce(b.everyday_label, b.label) AS body_label, f.label AS framework_label, f.service,"
    " coalesce(i.everyday_label, i.label) AS inspector,"
    " q.label AS question_label, q.is_overall, q.sort_order,"
    " g.label AS grade_label, g.short_label, g.rank"
    " FROM judgements j JOIN bodies b ON b.body = j.body"
    " JOIN frameworks f ON f.framework = j.framework AND f.version = j.version"
    " JOIN bodies i ON i.body = f.inspector"
    " JOIN framework_questions q"
    " ON q.framework = j.framework AND q.version = j.version AND q.question = j.question"
    " LEFT JOIN grades g ON g.scale = j.scale AND g.grade = j.grade"
)


def list_inspections(edition: Edition, body: str) -> list[Inspection]:
    """List what was said of a body, newest first."""
    rows = edition.rows(
        f"{_JUDGEMENTS} WHERE j.body = ? ORDER BY j.published_on, j.inspection, q.sort_order, j.question",
        (body,),
    )
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row["inspection"], []).append(row)
    listed = [_inspection(group) for group in grouped.values()]
    listed.sort(key=lambda one: (one.published_on, one.inspection))
    threads = _threads(edition)
    told = []
    for place, one in enumerate(listed):
        told.append(_with_change(one, listed[:place], threads))
    return told[::-1]


def list_area_inspections(edition: Edition, area: str) -> list[Inspection]:
    """List what was said of every body that governs or governed an area, newest first."""
    bodies = edition.rows(
        "SELECT DISTINCT a.body FROM body_areas a WHERE a.area = ? AND EXISTS"
        " (SELECT 1 FROM judgements j WHERE j.body = a.body) ORDER BY a.body",
        (area,),
    )
    found = [one for row in bodies for one in list_inspections(edition, row["body"])]
    return sorted(found, key=lambda one: (one.published_on, one.inspection), reverse=True)


def _inspection(rows: Sequence[Any]) -> Inspection:
    graded = [
        Grading(
            row["judgement"],
            row["question_label"],
            row["grade_label"],
            row["short_label"] or row["grade_label"][:1],
            row["rank"],
            row["scale"],
        )
        for row in rows
        if row["grade_label"] is not None
    ]
    overall_rows = [row["judgement"] for row in rows if row["is_overall"]]
    overall = next((one for one in graded if one.judgement in overall_rows), None)
    head = next((row for row in rows if row["is_overall"]), rows[0])
    kind = load_model().code_lists["judgement-kind"].code(head["kind"]).label
    return Inspection(
        inspection=head["inspection"],
        judgement=head["judgement"],
        body=head["body"],
        body_label=head["body_label"],
        framework=head["framework"],
        version=head["version"],
        framework_label=head["framework_label"],
        service=head["service"],
        inspector=head["inspector"],
        kind=head["kind"],
        kind_label=head["kind_label"] or kind,
        published_on=dt.date.fromisoformat(head["published_on"]),
        overall=overall,
        others=tuple(one for one in graded if one is not overall),
        evidence=head["evidence"],
        note=head["note"],
        report=head["report"],
    )


def _threads(edition: Edition) -> Mapping[tuple[str, str], str]:
    """Name, for each version of a framework, the first version that its grades may be compared with."""
    out: dict[tuple[str, str], str] = {}
    started: dict[str, str] = {}
    rows = edition.rows("SELECT framework, version, comparable_with_previous FROM frameworks")
    for row in sorted(rows, key=lambda row: (row["framework"], version_order_of(row["version"]))):
        if row["comparable_with_previous"] not in {"yes", "with-care"}:
            started[row["framework"]] = f"{row['framework']}/{row['version']}"
        thread = started.setdefault(row["framework"], f"{row['framework']}/{row['version']}")
        out[row["framework"], row["version"]] = thread
    return out


def version_order_of(version: str) -> tuple[tuple[int, ...], str]:
    """Order versions of a framework: by their numbers where they are numbers, else as text."""
    if version.replace(".", "").isdecimal():
        return version_order(version), ""
    return (), version


def _with_change(
    one: Inspection, before: Sequence[Inspection], threads: Mapping[tuple[str, str], str]
) -> Inspection:
    """Add how a grade stands to the last one of the same service, under the same framework or not."""
    if one.overall is None:
        return one
    thread = threads[one.framework, one.version]
    graded = [other for other in before if other.overall is not None and other.service == one.service]
    same = [
        other
        for other in graded
        if threads[other.framework, other.version] == thread
        and other.overall is not None
        and other.overall.scale == one.overall.scale
    ]
    if same and same[-1].overall is not None:
        last = same[-1].overall
        year = same[-1].published_on.year
        if last.rank == one.overall.rank:
            change = f"No change from {year}."
        else:
            word = "Up" if one.overall.rank < last.rank else "Down"
            change = f"{word} from {last.grade} ({year})."
    elif graded:
        change = "First grade under this framework. Different framework: do not compare with earlier grades."
    else:
        change = "First grade of this service."
    return replace(one, change=change)


def draw_timeline(edition: Edition, name: str, listed: Sequence[Inspection], key: str) -> Markup | None:
    """Draw inspections as a timeline, one lane for each service; None if there are none."""
    if not listed:
        return None
    threads = _threads(edition)
    lanes: dict[str, list[charts.Event]] = {}
    for one in reversed(listed):
        letters = one.overall.letters if one.overall is not None else ""
        event = charts.Event(one.published_on, one.shape, letters, threads[one.framework, one.version])
        lanes.setdefault(one.service[:1].upper() + one.service[1:], []).append(event)
    newest = next((one for one in listed if one.overall is not None), listed[0])
    graded = sum(one.overall is not None for one in listed)
    words = charts.Words(
        key,
        f"{name}: {newest.sentence}",
        f"{sentences.count(graded, 'grade', 'grades')} and"
        f" {sentences.count(len(listed) - graded, 'visit without a grade', 'visits without a grade')}"
        f" from {listed[-1].published_on.year} to {listed[0].published_on.year}."
        " The list below has every one.",
    )
    return charts.timeline(words, [charts.Lane(label, events) for label, events in lanes.items()])


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
        lede = f"{sentences.count(len(listed), 'result', 'results')} since {listed[-1].published_on.year}."
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
        county=next((one for one in around if one.area_type == "county"), None)
        if place.area_type == "district"
        else None,
    )

"""What inspectorates and others said of a body: inspections, visits and reviews, each with all its grades.

In:   judgements with their frameworks, questions, grades and replies
Out:  Inspection for each visit, with how its grade stands to the one before, as the verdict on the two allows

Grades stand in the inspectorate's own words. They are an order, never numbers, and nothing is said of two grades
that do not compare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api import sentences
from api.judged import decide_on_judgements, declared
from api.pages.page import address_of
from compare import Level
from compare.judged import Judged
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Kinds of judgement that are no inspection, and are marked so wherever they stand.
REVIEWS = frozenset({"peer-review", "self-assessment", "accreditation", "audit-opinion"})


@dataclass(frozen=True, slots=True)
class Grading:
    """One question of an inspection and its grade, in the inspectorate's words.

    question, grade        their names; `asked` and `given` are their notations
    """

    judgement: str
    question: str
    grade: str
    letters: str
    rank: int
    scale: str
    asked: str
    given: str
    is_overall: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What a judged body says to a judgement."""

    judgement: str
    body_label: str
    day: str
    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection, visit or review of one body.

    overall  the grade of its overall question; None for a visit that gives findings only
    made_on  the day it was made, or published where only that day is known
    known_on the day it was published, or made where only that day is known; is_published_day says which
    change   how the overall grade stands to the one before it, in words
    """

    inspection: str
    judgement: str
    body: str
    body_label: str
    framework: str
    version: str
    framework_label: str
    framework_letters: str
    service: str
    inspector: str
    kind: str
    kind_label: str
    made_on: dt.date
    known_on: dt.date
    is_published_day: bool
    overall: Grading | None
    others: tuple[Grading, ...]
    replies: tuple[Reply, ...]
    evidence: str | None
    note: str | None
    report: str | None
    change: str = ""

    @property
    def is_review(self) -> bool:
        return self.kind in REVIEWS

    @property
    def shape(self) -> str:
        if self.is_review:
            return "review"
        return "graded" if self.overall is not None else "visit"

    @property
    def kind_word(self) -> str:
        """The kind as everyone calls it; empty for an inspection, which needs no mark."""
        return load_model().code_lists["judgement-kind"].code(self.kind).label if self.is_review else ""

    @property
    def by(self) -> str:
        """Who judged, and, if it was no inspection, that it was none."""
        return f"{self.kind_word.lower()} by {self.inspector}" if self.is_review else self.inspector

    @property
    def address(self) -> str:
        return address_of("judgement", self.judgement)

    @property
    def day(self) -> str:
        return sentences.day(self.known_on)

    @property
    def known_words(self) -> str:
        """Say the day, and which day it is."""
        return f"{'published' if self.is_published_day else 'made'} {self.day}"

    @property
    def sentence(self) -> str:
        """Say the result in one line."""
        service = self.service[:1].upper() + self.service[1:]
        if self.overall is None:
            return f"{service}: {self.kind_label}, {self.day}, without a grade."
        return f"{service}: {self.overall.grade}, {self.by}, {self.day}."

    def judged(self, grading: Grading) -> Judged:
        """Give one of its grades as the verdict on judgements wants it."""
        return Judged(
            body=self.body,
            framework=self.framework,
            version=self.version,
            question=grading.asked,
            question_label=grading.question,
            is_overall=grading.is_overall,
            scale=grading.scale,
            grade=grading.given,
            kind=self.kind,
            made_on=self.made_on,
        )

    def thread(self, edition: Edition, grading: Grading) -> str:
        """Name what a line may join one of its grades with: grades that compare."""
        return declared(edition).thread(self.framework, self.version, grading.asked)


_JUDGEMENTS = (
    "SELECT j.judgement, j.inspection, j.body, j.framework, j.version, j.question, j.scale, j.grade, j.kind,"
    " j.kind_label, coalesce(j.made_on, j.published_on) AS made_on, coalesce(j.published_on, j.made_on) AS known_on,"
    " j.published_on IS NOT NULL AS is_published_day, j.report, j.evidence,"
    " j.note, coalesce(b.everyday_label, b.label) AS body_label, f.label AS framework_label,"
    " f.short_label AS framework_letters, f.service,"
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

_REPLIES = (
    "SELECT r.judgement, r.text, r.replied_on, r.link, coalesce(b.everyday_label, b.label) AS body_label"
    " FROM replies r JOIN judgements j ON j.judgement = r.judgement JOIN bodies b ON b.body = r.body"
    " WHERE j.body = ? ORDER BY r.replied_on, r.reply"
)


def list_inspections(edition: Edition, body: str) -> list[Inspection]:
    """List what was said of a body, newest first."""
    rows = edition.rows(
        f"{_JUDGEMENTS} WHERE j.body = ? ORDER BY known_on, j.inspection, q.sort_order, j.question",
        (body,),
    )
    replies: dict[str, list[Reply]] = {}
    for row in edition.rows(_REPLIES, (body,)):
        day = sentences.day(dt.date.fromisoformat(row["replied_on"]))
        reply = Reply(row["judgement"], row["body_label"], day, row["text"], row["link"])
        replies.setdefault(reply.judgement, []).append(reply)
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row["inspection"], []).append(row)
    listed = [
        _inspection(group, [reply for row in group for reply in replies.get(row["judgement"], ())])
        for group in grouped.values()
    ]
    listed.sort(key=lambda one: (one.known_on, one.inspection))
    told = [_with_change(edition, one, listed[:place]) for place, one in enumerate(listed)]
    return told[::-1]


def list_area_inspections(edition: Edition, area: str) -> list[Inspection]:
    """List what was said of every body that governs or governed an area, newest first."""
    bodies = edition.rows(
        "SELECT DISTINCT a.body FROM body_areas a WHERE a.area = ? AND EXISTS"
        " (SELECT 1 FROM judgements j WHERE j.body = a.body) ORDER BY a.body",
        (area,),
    )
    found = [one for row in bodies for one in list_inspections(edition, row["body"])]
    return sorted(found, key=lambda one: (one.known_on, one.inspection), reverse=True)


def _inspection(rows: Sequence[Any], replies: Sequence[Reply]) -> Inspection:
    graded = [
        Grading(
            row["judgement"],
            row["question_label"],
            row["grade_label"],
            row["short_label"] or row["grade_label"][:1],
            row["rank"],
            row["scale"],
            row["question"],
            row["grade"],
            bool(row["is_overall"]),
        )
        for row in rows
        if row["grade_label"] is not None
    ]
    overall = next((one for one in graded if one.is_overall), None)
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
        framework_letters=head["framework_letters"] or head["framework_label"],
        service=head["service"],
        inspector=head["inspector"],
        kind=head["kind"],
        kind_label=head["kind_label"] or kind,
        made_on=dt.date.fromisoformat(head["made_on"]),
        known_on=dt.date.fromisoformat(head["known_on"]),
        is_published_day=bool(head["is_published_day"]),
        overall=overall,
        others=tuple(one for one in graded if one is not overall),
        replies=tuple(replies),
        evidence=head["evidence"],
        note=head["note"],
        report=head["report"],
    )


def _with_change(edition: Edition, one: Inspection, before: Sequence[Inspection]) -> Inspection:
    """Add how a grade stands to the last one of the same service that it may be compared with."""
    if one.overall is None:
        return one
    own = one.judged(one.overall)
    earlier = [
        (other, other.overall)
        for other in before
        if other.overall is not None and other.service == one.service and other.is_review == one.is_review
    ]
    for other, last in reversed(earlier):
        if last.scale != one.overall.scale:
            continue
        told = decide_on_judgements(edition, other.judged(last), own)
        if told.level is not Level.NOT_COMPARABLE:
            care = f" Compare with care: {told.reasons[0].text}" if told.level is Level.WITH_CARE else ""
            return replace(one, change=_moved(one.overall, other, last) + care)
    if not earlier:
        return replace(
            one, change=f"First {'result of this kind' if one.is_review else 'grade of this service'}."
        )
    if earlier[-1][0].framework != one.framework:
        change = "First grade under this framework. Different framework: do not compare with earlier grades."
    else:
        change = "First grade since the framework changed: do not compare with earlier grades."
    return replace(one, change=change)


def _moved(grading: Grading, other: Inspection, last: Grading) -> str:
    year = other.known_on.year
    if last.rank == grading.rank:
        return f"No change from {year}."
    return f"{'Up' if grading.rank < last.rank else 'Down'} from {last.grade} ({year})."

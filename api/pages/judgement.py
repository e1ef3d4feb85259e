"""The page of a judgement, and the list of judgements.

In:   a judgement, with the other grades of its inspection, replies, and what the roll-up rules make of the parts
Out:  pages in the inspectorate's own words, with the verdict on the grade beside the one before it
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.judged import decide_on_judgements, question_changed
from api.pages.inspected import REVIEWS, Grading, Inspection, list_inspections
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from api.pages.recomputed import find_recomputed
from api.pages.rows import find_named, list_facts, list_pointing
from api.pages.signal import list_responses
from api.pages.signal_lists import list_of_judgement
from compare import Level, Verdict
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


def judgement(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a judgement."""
    row = find_named(edition, "judgements", notation)
    if row is None:
        return None
    every = list_inspections(edition, row["body"])
    whole = next(one for one in every if one.inspection == row["inspection"])
    gradings = [one for one in (whole.overall, *whole.others) if one is not None]
    grading = next((one for one in gradings if one.judgement == row["judgement"]), None)
    question = edition.value(
        "SELECT label FROM framework_questions WHERE framework = ? AND version = ? AND question = ?",
        (row["framework"], row["version"], row["question"]),
    )
    areas = edition.rows(
        "SELECT a.area, coalesce(a.everyday_label, a.label) AS name FROM body_areas x"
        " JOIN areas a ON a.area = x.area WHERE x.body = ? ORDER BY x.end_on IS NOT NULL, name",
        (row["body"],),
    )
    lede = f"{whole.body_label}: {question}. {whole.kind_label} by {whole.inspector}, {whole.known_words}."
    frame = Frame(
        path=address_of("judgement", row["judgement"]),
        title=f"{whole.body_label}, {whole.service}: {grading.grade if grading else whole.kind_label}",
        lede=lede,
        crumbs=[
            Link("Judgements", "/judgements"),
            *(Link(area["name"], f"/areas/{area['area']}/inspections") for area in areas[:1]),
        ],
        uri=edition.uri("judgement", row["judgement"]),
        forms=LINKED_DATA,
    )
    hidden = ("judgement", "inspection", "question", "report", "supersedes")
    return make_page(
        edition,
        "judgement",
        frame,
        row=row,
        whole=whole,
        grading=grading,
        kind=load_model().code_lists["judgement-kind"].code(whole.kind) if whole.is_review else None,
        criteria=edition.value(
            "SELECT criteria FROM frameworks WHERE framework = ? AND version = ?",
            (row["framework"], row["version"]),
        ),
        changed=question_changed(edition, row["framework"], row["version"], row["question"]),
        others=[one for one in gradings if one is not grading],
        facts=list_facts(edition, load_model().tables["judgements"], row, hidden),
        responses=list_responses(edition, "judgement", row["judgement"]),
        signals=list_of_judgement(edition, row["judgement"]),
        replies=[one for one in whole.replies if one.judgement == row["judgement"]],
        recomputed=find_recomputed(edition, row["judgement"]),
        before=None if grading is None else _hold_against(edition, every, whole, grading),
        supersedes=_named(every, row["supersedes"]),
        superseded_by=_named(
            every,
            edition.value("SELECT judgement FROM judgements WHERE supersedes = ?", (row["judgement"],)),
        ),
        pointing=list_pointing(
            edition,
            "judgements",
            {"judgement": row["judgement"]},
            ("replies", "responses", "recomputed_grades", "judgements"),
        ),
    )


# The levels of a verdict as headings.
_LEVELS = {
    Level.LIKE_FOR_LIKE: "Like for like",
    Level.WITH_CARE: "Compare with care",
    Level.NOT_COMPARABLE: "Not comparable",
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """The grade before, and the verdict on the two."""

    inspection: Inspection
    grading: Grading
    verdict: Verdict
    words: str


def _hold_against(
    edition: Edition, every: Sequence[Inspection], whole: Inspection, grading: Grading
) -> Earlier | None:
    """Hold a grade against the last one before it of the same service, on the question of the same name.

    An overall grade is held against an overall one, whatever its framework calls that question.
    """
    earlier = [
        (one, other)
        for one in every
        if one.service == whole.service and one.made_on < whole.made_on and one.is_review == whole.is_review
        for other in (one.overall, *one.others)
        if other is not None and (other.asked == grading.asked or (other.is_overall and grading.is_overall))
    ]
    if not earlier:
        return None
    one, other = max(earlier, key=lambda pair: (pair[0].made_on, pair[0].inspection))
    decided = decide_on_judgements(edition, one.judged(other), whole.judged(grading))
    return Earlier(one, other, decided, _LEVELS[decided.level])


def _named(every: Sequence[Inspection], judgement: str | None) -> Inspection | None:
    """Find the inspection of a judgement among those of its body."""
    if judgement is None:
        return None
    return next(
        (
            one
            for one in every
            if judgement == one.judgement
            or judgement in {other.judgement for other in (one.overall, *one.others) if other is not None}
        ),
        None,
    )


def _kind_word(label: str, row: Any) -> str:
    """Say what kind a judgement is: in the inspectorate's words, or that it is no inspection at all."""
    return f"{label}, no inspection" if row["kind"] in REVIEWS else row["kind_label"] or label


def judgements(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the list of judgements: overall grades, newest first, a page at a time."""
    wanted = query.get("page", "1")
    page = max(int(wanted), 1) if wanted.isdecimal() and len(wanted) < 6 else 1
    count = edition.value(
        "SELECT count(*) FROM judgements j JOIN framework_questions q ON q.framework = j.framework"
        " AND q.version = j.version AND q.question = j.question WHERE q.is_overall = 1"
    )
    rows_on_page = 100
    pages = max((count + rows_on_page - 1) // rows_on_page, 1)
    page = min(page, pages)
    rows = edition.rows(
        "SELECT j.judgement, coalesce(j.published_on, j.made_on) AS known_on, j.kind, j.kind_label,"
        " coalesce(b.everyday_label, b.label) AS body,"
        " f.service, f.label AS framework, g.label AS grade FROM judgements j"
        " JOIN bodies b ON b.body = j.body"
        " JOIN frameworks f ON f.framework = j.framework AND f.version = j.version"
        " JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
        " AND q.question = j.question LEFT JOIN grades g ON g.scale = j.scale AND g.grade = j.grade"
        " WHERE q.is_overall = 1 ORDER BY known_on DESC, j.judgement LIMIT ? OFFSET ?",
        (rows_on_page, (page - 1) * rows_on_page),
    )
    frame = Frame(
        path="/judgements" if page == 1 else f"/judgements?page={page}",
        title="Judgements",
        lede="Overall grades that inspectorates gave, newest first, in their own words.",
        downloads=[
            Link("Frameworks", "/frameworks"),
            Link("Rating scales", "/scales"),
            Link("Programme of inspections", "/programme"),
        ],
    )
    kinds = load_model().code_lists["judgement-kind"]
    worded = [{**row, "kind_word": _kind_word(kinds.code(row["kind"]).label, row)} for row in rows]
    told = [(row, sentences.day(dt.date.fromisoformat(row["known_on"]))) for row in worded]
    links = [Link(str(number), f"/judgements?page={number}") for number in range(1, pages + 1)]
    return make_page(
        edition, "judgements", frame, rows=told, count=count, pages=links if pages > 1 else [], page=page
    )

"""The pages of a judgement, of the framework it was made under, and of the scale of its grades.

In:   their rows, with the other grades of the same inspection, replies and mappings
Out:  pages in the inspectorate's own words; a scale is an order and is never averaged
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.inspections import list_inspections, version_order_of
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from api.pages.rows import find_named, list_facts, list_pointing
from api.pages.signal import list_responses
from api.pages.signal_lists import list_of_judgement
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
    lede = f"{whole.body_label}: {question}. {whole.kind_label} by {whole.inspector}, published {whole.day}."
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
    replies = edition.rows(
        "SELECT r.text, r.replied_on, r.link, b.label FROM replies r JOIN bodies b ON b.body = r.body"
        " WHERE r.judgement = ? ORDER BY r.replied_on",
        (row["judgement"],),
    )
    hidden = ("judgement", "inspection", "question", "report")
    return make_page(
        edition,
        "judgement",
        frame,
        row=row,
        whole=whole,
        grading=grading,
        others=[one for one in gradings if one is not grading],
        facts=list_facts(edition, load_model().tables["judgements"], row, hidden),
        replies=[(one, sentences.day(dt.date.fromisoformat(one["replied_on"]))) for one in replies],
        responses=list_responses(edition, "judgement", row["judgement"]),
        signals=list_of_judgement(edition, row["judgement"]),
        pointing=list_pointing(
            edition, "judgements", {"judgement": row["judgement"]}, ("replies", "responses")
        ),
    )


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
        "SELECT j.judgement, j.published_on, j.kind_label, coalesce(b.everyday_label, b.label) AS body,"
        " f.service, f.label AS framework, g.label AS grade FROM judgements j"
        " JOIN bodies b ON b.body = j.body"
        " JOIN frameworks f ON f.framework = j.framework AND f.version = j.version"
        " JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
        " AND q.question = j.question LEFT JOIN grades g ON g.scale = j.scale AND g.grade = j.grade"
        " WHERE q.is_overall = 1 ORDER BY j.published_on DESC, j.judgement LIMIT ? OFFSET ?",
        (rows_on_page, (page - 1) * rows_on_page),
    )
    frame = Frame(
        path="/judgements" if page == 1 else f"/judgements?page={page}",
        title="Judgements",
        lede="Overall grades that inspectorates gave, newest first, in their own words.",
        downloads=[Link("Frameworks", "/frameworks"), Link("Rating scales", "/scales")],
    )
    told = [(row, sentences.day(dt.date.fromisoformat(row["published_on"]))) for row in rows]
    links = [Link(str(number), f"/judgements?page={number}") for number in range(1, pages + 1)]
    return make_page(
        edition, "judgements", frame, rows=told, count=count, pages=links if pages > 1 else [], page=page
    )


def framework(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a framework, or of one version of it."""
    if not 1 <= len(notation) <= 2:
        return None
    rows = edition.rows("SELECT * FROM frameworks WHERE framework = ?", (notation[0],))
    rows = sorted(rows, key=lambda row: version_order_of(row["version"]), reverse=True)
    wanted = notation[1] if len(notation) == 2 else (rows[0]["version"] if rows else "")
    row = next((row for row in rows if row["version"] == wanted), None)
    if row is None:
        return None
    frame = Frame(
        path=address_of("framework", *notation),
        title=row["label"] + (f", {row['version']}" if len(notation) == 2 else ""),
        lede=row["definition"],
        crumbs=[Link("Frameworks", "/frameworks")],
        uri=edition.uri("framework", *notation),
        forms=LINKED_DATA,
    )
    questions = edition.rows(
        "SELECT q.*, s.label AS scale_label FROM framework_questions q"
        " JOIN rating_scales s ON s.scale = q.scale"
        " WHERE q.framework = ? AND q.version = ? ORDER BY q.sort_order, q.question",
        (row["framework"], row["version"]),
    )
    key = {"framework": row["framework"], "version": row["version"]}
    return make_page(
        edition,
        "framework",
        frame,
        row=row,
        versions=rows,
        questions=questions,
        standing=_standing(edition, row["framework"], row["version"]),
        facts=list_facts(edition, load_model().tables["frameworks"], row, ("label", "definition")),
        pointing=list_pointing(edition, "frameworks", key, ("framework_questions", "judgements")),
    )


def _standing(edition: Edition, framework: str, version: str) -> list[Any]:
    """Count how many bodies have each grade as their newest overall one, best first."""
    return edition.rows(
        "WITH overall AS (SELECT j.body, j.scale, j.grade, row_number() OVER"
        " (PARTITION BY j.body ORDER BY j.published_on DESC, j.judgement DESC) AS place FROM judgements j"
        " JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
        " AND q.question = j.question WHERE j.framework = ? AND j.version = ? AND q.is_overall = 1"
        " AND j.grade IS NOT NULL)"
        " SELECT g.label, g.rank, count(*) AS bodies FROM overall o"
        " JOIN grades g ON g.scale = o.scale AND g.grade = o.grade WHERE o.place = 1"
        " GROUP BY g.scale, g.grade ORDER BY g.scale, g.rank",
        (framework, version),
    )


def scale(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a rating scale."""
    row = find_named(edition, "rating_scales", notation)
    if row is None:
        return None
    grades = edition.rows("SELECT * FROM grades WHERE scale = ? ORDER BY rank", (row["scale"],))
    mappings = edition.rows(
        "SELECT m.*, f.label AS from_label, t.label AS to_label, s.label AS scale_label FROM grade_mappings m"
        " JOIN grades f ON f.scale = m.from_scale AND f.grade = m.from_grade"
        " JOIN grades t ON t.scale = m.to_scale AND t.grade = m.to_grade"
        " JOIN rating_scales s ON s.scale = CASE WHEN m.from_scale = :scale THEN m.to_scale"
        " ELSE m.from_scale END"
        " WHERE m.from_scale = :scale OR m.to_scale = :scale ORDER BY f.rank, t.rank",
        {"scale": row["scale"]},
    )
    frame = Frame(
        path=address_of("scale", row["scale"]),
        title=row["label"],
        lede=row["definition"],
        crumbs=[Link("Rating scales", "/scales")],
        uri=edition.uri("scale", row["scale"]),
        forms=LINKED_DATA,
    )
    return make_page(
        edition,
        "scale",
        frame,
        grades=grades,
        mappings=mappings,
        facts=list_facts(
            edition, load_model().tables["rating_scales"], row, ("scale", "label", "definition")
        ),
        pointing=list_pointing(
            edition, "rating_scales", {"scale": row["scale"]}, ("grades", "grade_mappings", "judgements")
        ),
    )

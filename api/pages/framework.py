"""The pages of a framework and of the scale of its grades.

In:   their rows, with questions, roll-up rules, mappings, and how many bodies stand at each grade
Out:  pages in the inspectorate's own words; a scale is an order and is never averaged
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.judged import own_answers
from api.pages.definitions import version_order
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from api.pages.rows import find_named, list_facts, list_pointing
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Standing:
    """How many bodies stand at each grade of one question, by judgements of one kind.

    rows      grade, bodies at it, bodies at it or above, their share of the bodies judged
    sentence  the same for the second grade from the top, and who is not judged yet
    """

    question: str
    kind: str
    is_overall: bool
    sentence: str
    rows: Sequence[Any]


@dataclass(frozen=True, slots=True)
class RollUp:
    """The rules that lead to the grade of one question, best grade first; given is its notation."""

    given: str
    question: str
    weights: Sequence[Any]
    thresholds: Sequence[Any]
    limits: Sequence[Any]


# What the page shows itself, so that it is not listed once more.
_SHOWN_HERE = ("framework_questions", "judgements", "grade_shares", "rollup_rules")


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
        # The columns of own_answers are one of two constants.
        "SELECT q.framework, q.version, q.question, q.label, q.scale, q.is_overall, s.label AS scale_label,"  # noqa: S608
        f" {own_answers(edition)} FROM framework_questions q"
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
        standing=list_standing(edition, row["framework"], row["version"]),
        rollups=list_rollups(edition, row["framework"], row["version"]),
        facts=list_facts(edition, load_model().tables["frameworks"], row, ("label", "definition")),
        pointing=list_pointing(edition, "frameworks", key, _SHOWN_HERE),
    )


def version_order_of(version: str) -> tuple[tuple[int, ...], str]:
    """Order versions of a framework: by their numbers where they are numbers, else as text."""
    if version.replace(".", "").isdecimal():
        return version_order(version), ""
    return (), version


def list_standing(edition: Edition, framework: str, version: str) -> list[Standing]:
    """List how many bodies stand at each grade of each question, the overall one first."""
    if not edition.has_table("grade_shares"):
        return []
    rows = edition.rows(
        "SELECT s.*, q.label AS question_label, q.is_overall, g.label AS grade_label, g.rank"
        " FROM grade_shares s JOIN framework_questions q ON q.framework = s.framework"
        " AND q.version = s.version AND q.question = s.question"
        " JOIN grades g ON g.scale = s.scale AND g.grade = s.grade"
        " WHERE s.framework = ? AND s.version = ?"
        " ORDER BY q.is_overall DESC, q.sort_order, s.question, s.kind <> 'inspection', s.kind, g.rank",
        (framework, version),
    )
    grouped: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row["question"], row["kind"]), []).append(row)
    kinds = load_model().code_lists["judgement-kind"]
    return [
        Standing(
            question=group[0]["question_label"],
            kind="" if kind == "inspection" else kinds.code(kind).label,
            is_overall=bool(group[0]["is_overall"]),
            sentence=_standing_sentence(group),
            rows=group,
        )
        for (_, kind), group in grouped.items()
    ]


def _standing_sentence(rows: Sequence[Any]) -> str:
    """Say how many bodies stand at the second grade from the top or above, and how many are not judged yet."""
    row = rows[min(1, len(rows) - 1)]
    judged, waiting = row["judged_count"], row["not_judged_count"]
    of = "of the 1 body judged" if judged == 1 else f"of the {judged} bodies judged"
    said = f"{row['at_or_above_count']} {of} {'stands' if row['at_or_above_count'] == 1 else 'stand'} at"
    said += f" {row['grade_label']} or above ({row['share']:.1f}%)."
    if waiting is None:
        return said
    running = judged + waiting
    told = "all are judged" if not waiting else f"{sentences.count(waiting, 'is', 'are')} not judged yet"
    return f"{said} Of the {running} bodies of today that run the service, {told}."


def list_rollups(edition: Edition, framework: str, version: str) -> list[RollUp]:
    """List the roll-up rules of a version, those that lead to one grade together."""
    if not edition.has_table("recomputed_grades"):
        return []
    rows = edition.rows(
        "SELECT r.*, q.label AS question_label, g.label AS grade_label, c.label AS cap_label,"
        " CASE WHEN r.gives IS NOT NULL THEN r.gives WHEN r.kind = 'threshold' THEN r.question"
        " ELSE o.question END AS given, g.rank FROM rollup_rules r"
        " JOIN framework_questions q ON q.framework = r.framework AND q.version = r.version"
        " AND q.question = r.question"
        " LEFT JOIN framework_questions o ON o.framework = r.framework AND o.version = r.version"
        " AND o.is_overall = 1"
        " LEFT JOIN grades g ON g.scale = q.scale AND g.grade = r.grade"
        " LEFT JOIN framework_questions w ON w.framework = r.framework AND w.version = r.version"
        " AND w.question = coalesce(r.gives, o.question)"
        " LEFT JOIN grades c ON c.scale = w.scale AND c.grade = r.caps_at"
        " WHERE r.framework = ? AND r.version = ? ORDER BY q.sort_order, r.question, g.rank, r.rule",
        (framework, version),
    )
    labels = {
        row["question"]: row["label"]
        for row in edition.rows(
            "SELECT question, label FROM framework_questions WHERE framework = ? AND version = ?",
            (framework, version),
        )
    }
    grouped: dict[str, dict[str, list[Any]]] = {}
    for row in rows:
        grouped.setdefault(row["given"], {}).setdefault(row["kind"], []).append(row)
    return [
        RollUp(
            given,
            labels.get(given, given or ""),
            kinds.get("weight", ()),
            kinds.get("threshold", ()),
            kinds.get("limit", ()),
        )
        for given, kinds in grouped.items()
    ]


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

"""How an overall grade follows from the parts of its inspection, as anyone can work it out again.

In:   a row of recomputed_grades, the roll-up rules of its framework, the grades of the same inspection
Out:  Recomputed, with every part, score, weight and limit behind it, in words
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.pages.framework import RollUp, list_rollups
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Part:
    """One question that counts: its grade in this inspection, its score and its weight; None where there is none."""

    question: str
    judgement: str | None
    grade: str | None
    score: float | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the rules make of the parts, beside what was published.

    capped_by, missing   the questions, by their names
    """

    outcome: str
    label: str
    definition: str
    published: str
    grade: str | None
    earned: str | None
    total: float | None
    capped_by: Sequence[str]
    missing: Sequence[str]
    parts: Sequence[Part]
    rules: RollUp


def find_recomputed(edition: Edition, judgement: str) -> Recomputed | None:
    """Find what the rules make of the parts of a judgement; None where no rules lead to its grade."""
    if not edition.has_table("recomputed_grades"):
        return None
    row = edition.row(
        "SELECT r.*, j.framework, j.version, j.inspection, j.question, q.label AS question_label,"
        " p.label AS published_label, g.label AS grade_label, e.label AS earned_label FROM recomputed_grades r"
        " JOIN judgements j ON j.judgement = r.judgement"
        " JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
        " AND q.question = j.question"
        " JOIN grades p ON p.scale = r.scale AND p.grade = r.published_grade"
        " LEFT JOIN grades g ON g.scale = r.scale AND g.grade = r.grade"
        " LEFT JOIN grades e ON e.scale = r.scale AND e.grade = r.earned_grade WHERE r.judgement = ?",
        (judgement,),
    )
    if row is None:
        return None
    rollups = list_rollups(edition, row["framework"], row["version"])
    rules = next(one for one in rollups if one.given == row["question"])
    graded = {
        part["question"]: part
        for part in edition.rows(
            "SELECT j.question, j.judgement, g.label, g.score FROM judgements j"
            " JOIN grades g ON g.scale = j.scale AND g.grade = j.grade"
            " WHERE j.inspection = ? AND j.framework = ? AND j.version = ?",
            (row["inspection"], row["framework"], row["version"]),
        )
    }
    labels = {one["question"]: one["question_label"] for one in (*rules.weights, *rules.limits)}
    weights = {one["question"]: one["number"] for one in rules.weights}
    kind = load_model().code_lists["recomputed-outcome"].code(row["outcome"])
    return Recomputed(
        outcome=row["outcome"],
        label=kind.label,
        definition=kind.definition or "",
        published=row["published_label"],
        grade=row["grade_label"],
        earned=row["earned_label"],
        total=row["total"],
        capped_by=[labels[name] for name in _listed(row["capped_by"])],
        missing=[labels[name] for name in _listed(row["missing"])],
        parts=[
            _part(label, graded.get(question), weights.get(question)) for question, label in labels.items()
        ],
        rules=rules,
    )


def _listed(cell: str | None) -> list[str]:
    return cell.split(";") if cell else []


def _part(label: str, row: Any, weight: float | None) -> Part:
    if row is None:
        return Part(label, None, None, None, weight)
    return Part(label, row["judgement"], row["label"], row["score"], weight)

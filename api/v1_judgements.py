"""The list /api/v1/judgements: every judgement with what decides whether it compares with another.

In:   rows of judgements
Out:  their framework, question and grade in words, what takes their place, what their parts make of them, and, for
      one question, how many bodies stand at each grade
"""

# ruff: noqa: S608 - statements are put together of the words of this file; what was asked is bound

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from api.answers import Row
from api.edition import Edition
from api.judged import declared
from api.v1_listing import AREA_KNOWN, BODY_KNOWN, Filter, List
from api.v1_models import ListParameters

_KNOWN = "coalesce(t.published_on, t.made_on)"
_DAY = "coalesce({0}.made_on, {0}.published_on)"

# A judgement that a body stands at: with a grade, not superseded, and none later on the same question.
_LATEST = (
    "(t.grade IS NOT NULL AND t.judgement NOT IN (SELECT supersedes FROM judgements WHERE supersedes IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM judgements AS o WHERE o.body = t.body AND o.framework = t.framework"
    " AND o.version = t.version AND o.question = t.question AND o.kind = t.kind AND o.grade IS NOT NULL"
    f" AND ({_DAY.format('o')}, o.judgement) > ({_DAY.format('t')}, t.judgement)"
    " AND o.judgement NOT IN (SELECT supersedes FROM judgements WHERE supersedes IS NOT NULL)))"
)

_FACTS = (
    "SELECT t.judgement, coalesce(b.everyday_label, b.label) AS body_label, f.label AS framework_label,"
    " f.service, f.inspector, q.label AS question_label, q.is_overall, g.label AS grade_label,"
    f" g.rank AS grade_rank, {_LATEST} AS is_latest,"
    " (SELECT s.judgement FROM judgements AS s WHERE s.supersedes = t.judgement ORDER BY +s.judgement LIMIT 1)"
    " AS superseded_by,"
    " (SELECT count(*) FROM replies AS r WHERE r.judgement = t.judgement) AS reply_count"
    " FROM judgements AS t JOIN bodies AS b ON b.body = t.body"
    " JOIN frameworks AS f ON f.framework = t.framework AND f.version = t.version"
    " JOIN framework_questions AS q"
    " ON q.framework = t.framework AND q.version = t.version AND q.question = t.question"
    " LEFT JOIN grades AS g ON g.scale = t.scale AND g.grade = t.grade"
    " WHERE t.judgement IN (SELECT value FROM json_each(?))"
)
_RECOMPUTED = (
    "SELECT judgement, grade, outcome FROM recomputed_grades"
    " WHERE judgement IN (SELECT value FROM json_each(?))"
)

_MEMBERS: dict[str, tuple[Any, str]] = {
    "body_label": (str, "The body judged, by its name."),
    "framework_label": (str, "The framework, by its name."),
    "service": (str, "The service it is about."),
    "inspector": (str, "The body that runs the framework."),
    "question_label": (str, "The question in the inspectorate's words."),
    "is_overall": (bool, "Whether the question gives the overall grade."),
    "grade_label": (str | None, "The grade in the inspectorate's words; null without a grade."),
    "grade_rank": (int | None, "Its place on its scale, 1 for the best: an order, no number to add up."),
    "comparable_since": (
        str | None,
        "The first version of the framework whose grades on this question compare with it, at least with care.",
    ),
    "is_latest": (bool, "Whether the body stands at it: no later grade of its kind on this question."),
    "superseded_by": (str | None, "The judgement that declares that it takes its place."),
    "recomputed_grade": (str | None, "The grade that the roll-up rules make of its parts."),
    "recomputed_outcome": (
        str | None,
        "How it stands to the roll-up rules: agrees, differs, parts-missing or within-limits; null without rules.",
    ),
    "reply_count": (int, "How many replies of the judged body are published."),
}


class GradeShare(BaseModel):
    """How many bodies stand at one grade of a question."""

    framework: str = Field(description="The framework.")
    version: str = Field(description="Its version.")
    question: str = Field(description="The question.")
    kind: str = Field(description="The kind of judgement.")
    scale: str = Field(description="The scale of the grade.")
    grade: str = Field(description="The grade.")
    grade_label: str = Field(description="The grade in the inspectorate's words.")
    body_count: int = Field(description="Bodies whose latest judgement is this grade.")
    at_or_above_count: int = Field(description="Bodies at this grade or a better one.")
    judged_count: int = Field(description="Bodies with any grade on this question.")
    not_judged_count: int | None = Field(
        description="Bodies of today that run the service and are not judged yet; null where nobody says who runs it."
    )
    share: float = Field(description="Percentage of the bodies judged that stand at this grade or above.")


def _add_facts(edition: Edition, rows: Sequence[Row], _asked: Mapping[str, Sequence[str]]) -> None:
    """Say of judgements what other tables hold."""
    asked = (json.dumps([row["judgement"] for row in rows]),)
    facts = {row["judgement"]: dict(row) for row in edition.rows(_FACTS, asked)}
    recomputed = {}
    if edition.has_table("recomputed_grades"):
        recomputed = {row["judgement"]: row for row in edition.rows(_RECOMPUTED, asked)}
    told = declared(edition)
    for row in rows:
        found = facts[row["judgement"]]
        row |= {name: found.get(name) for name in _MEMBERS}
        row["is_overall"], row["is_latest"] = bool(found["is_overall"]), bool(found["is_latest"])
        thread = told.thread(row["framework"], row["version"], row["question"])
        row["comparable_since"] = thread.split("/")[1] if row["grade"] is not None else None
        again = recomputed.get(row["judgement"])
        row["recomputed_grade"] = None if again is None else again["grade"]
        row["recomputed_outcome"] = None if again is None else again["outcome"]


def _tell_shares(edition: Edition, asked: ListParameters) -> Row:
    """Count bodies at each grade, where exactly one framework, version and question are asked for."""
    named = [getattr(asked, name) for name in ("framework", "version", "question")]
    if not all(len(values) == 1 for values in named) or not edition.has_table("grade_shares"):
        return {"shares": []}
    rows = edition.rows(
        "SELECT s.framework, s.version, s.question, s.kind, s.scale, s.grade, g.label AS grade_label,"
        " s.body_count, s.at_or_above_count, s.judged_count, s.not_judged_count, s.share FROM grade_shares s"
        " JOIN grades g ON g.scale = s.scale AND g.grade = s.grade"
        " WHERE s.framework = ? AND s.version = ? AND s.question = ? ORDER BY s.kind, g.rank",
        [values[0] for values in named],
    )
    kinds: list[str] = getattr(asked, "kind", [])
    return {"shares": [dict(row) for row in rows if not kinds or row["kind"] in kinds]}


JUDGEMENTS = List(
    name="judgements",
    table="judgements",
    kind="judgement",
    summary="Grades given to bodies by those who inspect them",
    filters={
        "judgement": Filter("The judgement.", "t.judgement = ?", form="notation"),
        "inspection": Filter("The inspection it was made in.", "t.inspection = ?", form="notation"),
        "body": Filter("The body judged.", "t.body = ?", form="notation", known=BODY_KNOWN),
        "area": Filter(
            "The area of the body judged.",
            "t.body IN (SELECT body FROM body_areas WHERE area = ?)",
            form="area-code",
            known=AREA_KNOWN,
        ),
        "framework": Filter(
            "The framework.", "t.framework = ?", form="notation", known="SELECT framework FROM frameworks"
        ),
        "version": Filter(
            "The version of the framework.", "t.version = ?", known="SELECT version FROM frameworks"
        ),
        "question": Filter(
            "What was judged.",
            "t.question = ?",
            form="notation",
            known="SELECT question FROM framework_questions",
        ),
        "grade": Filter("The grade.", "t.grade = ?", form="notation", known="SELECT grade FROM grades"),
        "kind": Filter("Who judged, and how formally.", "t.kind = ?", codes="judgement-kind"),
        "from": Filter(
            "Published on this day or later; made, where only that day is known.",
            f"{_KNOWN} >= ?",
            is_day=True,
        ),
        "to": Filter(
            "Published on this day or earlier; made, where only that day is known.",
            f"{_KNOWN} <= ?",
            is_day=True,
        ),
    },
    flags={"is_latest": ("Whether the body stands at it.", f"{_LATEST} = ?")},
    members=_MEMBERS,
    more=_add_facts,
    beside={
        "shares": (
            list[GradeShare],
            "Bodies at each grade, best first; given where one framework, version and question are asked for.",
        )
    },
    tell=_tell_shares,
)

"""The verdict on judgements at every door: what an edition says of them, held against each other.

In:   an edition, and judgements by their notations
Out:  verdicts of compare.judged, with what frameworks, their questions and mappings of grades declare

It adds what the edition knows and decides nothing itself. What a framework declares is read once for an edition.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.edition import Edition
from compare import Verdict
from compare.judged import Asked, Judged, Mapped, judgement_verdict

_JUDGED = (
    "SELECT j.judgement, j.body, j.framework, j.version, j.question, q.label, q.is_overall, j.scale, j.grade,"
    " j.kind, coalesce(j.made_on, j.published_on) AS made_on FROM judgements j"
    " JOIN framework_questions q ON q.framework = j.framework AND q.version = j.version"
    " AND q.question = j.question WHERE j.judgement IN (SELECT value FROM json_each(?))"
)

# One question of one framework.
Question = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """What an edition declares about grades.

    asked    for each question of each framework: all versions of the framework, oldest first
    mapped   for a grade (scale, grade) and another scale: what is declared of the two
    joined   pairs of frameworks, in either order, that a mapping names
    """

    asked: Mapping[Question, Sequence[Asked]]
    mapped: Mapping[tuple[str, str, str], Sequence[tuple[Mapped, frozenset[str]]]]

    def thread(self, framework: str, version: str, question: str) -> str:
        """Name the first version since which grades on a question compare: a line may join those of one thread."""
        start = version
        for step in self.asked.get((framework, question), ()):
            if not step.is_asked or step.comparable not in {"yes", "with-care"}:
                start = step.version
            if step.version == version:
                break
        return f"{framework}/{start}/{question}"

    def mappings(self, a: Judged, b: Judged) -> list[Mapped]:
        """Give what is declared of two grades: nothing unless each of them is mapped to the other's scale."""
        if a.scale is None or b.scale is None or a.grade is None or b.grade is None:
            return []
        both = frozenset({a.framework, b.framework})
        there = self.mapped.get((a.scale, a.grade, b.scale), ())
        back = self.mapped.get((b.scale, b.grade, a.scale), ())
        if not there or not back:
            return []
        return [
            Mapped(one.comparable, one.declared_by, one.note, joins_frameworks=frameworks == both)
            for one, frameworks in (*there, *back)
        ]


def declared(edition: Edition) -> Declared:
    """Read what an edition declares about frameworks, their questions and mappings, once."""
    return edition.once("declared of judgements", lambda: _read_declared(edition))


def decide_on_judgements(edition: Edition, a: Judged, b: Judged) -> Verdict:
    """Decide whether two judgements may be compared."""
    told = declared(edition)
    asked = {
        question: told.asked.get((framework, question), ())
        for framework, question in ((a.framework, a.question), (b.framework, b.question))
    }
    return judgement_verdict(a, b, asked=asked, mapped=told.mappings(a, b))


def find_judged(edition: Edition, notations: Sequence[str]) -> Mapping[str, Judged]:
    """Find judgements by their notations."""
    return {
        row["judgement"]: Judged(
            body=row["body"],
            framework=row["framework"],
            version=row["version"],
            question=row["question"],
            question_label=row["label"],
            is_overall=bool(row["is_overall"]),
            scale=row["scale"],
            grade=row["grade"],
            kind=row["kind"],
            made_on=dt.date.fromisoformat(row["made_on"]),
        )
        for row in edition.rows(_JUDGED, (json.dumps(list(notations)),))
    }


def question_changed(edition: Edition, framework: str, version: str, question: str) -> str | None:
    """Say what a version changed in a question whose grades do not compare with those before; None if they do."""
    for step in declared(edition).asked.get((framework, question), ()):
        if step.version == version and step.is_asked and step.comparable == "no":
            return step.note or "Its grades do not compare with earlier ones."
    return None


def own_answers(edition: Edition) -> str:
    """Name the columns in which a question says how it stands to the version before, as SQL.

    Editions that were made before questions could say so have them empty.
    """
    if edition.has_table("grade_shares"):
        return "comparable_with_previous, change_note"
    return "NULL AS comparable_with_previous, NULL AS change_note"


def _read_declared(edition: Edition) -> Declared:
    versions: dict[str, list[tuple[str, str | None, str]]] = {}
    for row in edition.rows(
        "SELECT framework, version, comparable_with_previous, change_note FROM frameworks"
        " ORDER BY framework, in_force_from, version"
    ):
        told = (row["version"], row["comparable_with_previous"], row["change_note"] or "")
        versions.setdefault(row["framework"], []).append(told)
    questions = {
        (row["framework"], row["question"], row["version"]): row
        for row in edition.rows(
            # The columns are one of two constants.
            f"SELECT framework, question, version, {own_answers(edition)} FROM framework_questions"  # noqa: S608
        )
    }
    asked = {}
    for framework, question in dict.fromkeys(key[:2] for key in questions):
        steps = []
        for version, comparable, note in versions[framework]:
            found = questions.get((framework, question, version))
            own = None if found is None else found["comparable_with_previous"]
            said = (found["change_note"] or "") if found is not None and own is not None else note
            steps.append(Asked(version, found is not None, own or comparable, said))
        asked[framework, question] = steps
    mapped: dict[tuple[str, str, str], list[tuple[Mapped, frozenset[str]]]] = {}
    for mapping in edition.rows("SELECT * FROM grade_mappings"):
        one = Mapped(mapping["comparable"], mapping["declared_by"], mapping["note"] or "")
        names = dict(mapping)
        ends = (names.get("from_framework"), names.get("to_framework"))
        joined = frozenset(end for end in ends if end is not None)
        from_side = (mapping["from_scale"], mapping["from_grade"], mapping["to_scale"])
        to_side = (mapping["to_scale"], mapping["to_grade"], mapping["from_scale"])
        for side in dict.fromkeys((from_side, to_side)):
            mapped.setdefault(side, []).append((one, joined))
    return Declared(asked, mapped)

"""What follows from judgements: overall grades worked out again, and how many bodies stand at each grade.

In:   Contents
Out:  rows of recomputed_grades and grade_shares in key order, and their lines of N-Triples

What an overall grade and a share are is decided in compare/rollup.py and compare/graded.py. Nothing here knows
a framework: an inspectorate that nobody has met is rows of tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from compare.graded import Graded, shares
from compare.rollup import (
    GradeStep,
    Limit,
    Rules,
    Scale,
    Threshold,
    Weight,
    outcome,
    recompute,
)
from publish.triples import Names, line, table_lines

if TYPE_CHECKING:
    from publish.contents import Contents

Row = Mapping[str, Any]
Version = tuple[str, str]


def list_recomputed(contents: Contents) -> list[dict[str, Any]]:
    """Give the rows of recomputed_grades: each published grade that roll-up rules lead to."""
    scales = _scales(contents)
    found = []
    for (framework, version), every in _rules(contents).items():
        asked = {
            row["question"]: scales[row["scale"]]
            for row in contents.rows("framework_questions")
            if (row["framework"], row["version"]) == (framework, version)
        }
        inspections: dict[str, list[Row]] = {}
        for row in contents.rows("judgements"):
            if (row["framework"], row["version"]) == (framework, version) and row["grade"] is not None:
                inspections.setdefault(row["inspection"], []).append(row)
        for rows in inspections.values():
            by_question = {row["question"]: row for row in rows}
            grades = {question: row["grade"] for question, row in by_question.items()}
            for result in recompute(grades, every, asked):
                judged = by_question.get(result.gives)
                if judged is not None:
                    said = outcome(judged["grade"], result, asked[result.gives])
                    found.append(
                        {
                            "judgement": judged["judgement"],
                            "scale": judged["scale"],
                            "published_grade": judged["grade"],
                            "grade": result.grade,
                            "outcome": said,
                            "total": result.total,
                            "earned_grade": result.earned,
                            "capped_by": ";".join(result.capped_by) or None,
                            "missing": ";".join(result.missing) or None,
                        }
                    )
    return sorted(found, key=lambda row: row["judgement"])


def list_shares(contents: Contents) -> list[dict[str, Any]]:
    """Give the rows of grade_shares: for each question that was graded, how many bodies of today stand where."""
    of_today = {row["body"] for row in contents.rows("bodies") if row["end_on"] is None}
    running = _running(contents, of_today)
    tiers = {(row["framework"], row["version"]): row["tier"] for row in contents.rows("frameworks")}
    scales = _scales(contents)
    graded: dict[tuple[str, ...], list[Graded]] = {}
    for row in contents.rows("judgements"):
        if row["grade"] is not None:
            key = tuple(row[name] for name in ("framework", "version", "question", "kind", "scale"))
            made_on = date.fromisoformat(row["made_on"] or row["published_on"])
            graded.setdefault(key, []).append(
                Graded(row["judgement"], row["body"], row["grade"], made_on, row["supersedes"])
            )
    found = []
    for key in sorted(graded):
        framework, version, question, kind, scale = key
        tier = tiers[framework, version]
        counted = running[tier] if tier else of_today
        order = [step.grade for step in sorted(scales[scale].steps, key=lambda step: step.rank)]
        for one in shares(graded[key], order, counted):
            found.append(
                {
                    "framework": framework,
                    "version": version,
                    "question": question,
                    "kind": kind,
                    "scale": scale,
                    "grade": one.grade,
                    "body_count": one.count,
                    "at_or_above_count": one.at_or_above,
                    "judged_count": one.judged,
                    "not_judged_count": len(counted) - one.judged if tier else None,
                    "share": one.share,
                }
            )
    return sorted(
        found,
        key=lambda row: tuple(row[name] for name in ("framework", "version", "question", "kind", "grade")),
    )


def judgement_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what follows from judgements as lines of N-Triples."""
    share, recomputed = names.iri("def:gradeShare"), names.iri("def:recomputedAs")
    for row in contents.grade_shares:
        question = names.thing(f"question/{row['framework']}/{row['version']}/{row['question']}")
        yield line(question, share, f"<{question}#{row['kind']}-{row['grade']}>")
    for row in contents.recomputed_grades:
        judgement = names.thing(f"judgement/{row['judgement']}")
        yield line(judgement, recomputed, f"<{judgement}#recomputed>")
    for name, rows in (
        ("grade_shares", contents.grade_shares),
        ("recomputed_grades", contents.recomputed_grades),
    ):
        if rows:
            schema = contents.model.derived[name]
            form = pa.schema([(column, pa.string()) for column in schema.field_names])
            texts = [{key: _text(cell) for key, cell in row.items()} for row in rows]
            told = table_lines(contents.model, names, schema, pa.Table.from_pylist(texts, schema=form))
            yield from (str(text) for text in told.to_pylist())


def _text(cell: object) -> str | None:
    """Write a cell as published tables are: a number in plain notation, without a needless zero."""
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    return None if cell is None else str(cell)


def _scales(contents: Contents) -> dict[str, Scale]:
    steps: dict[str, list[GradeStep]] = {}
    for row in contents.rows("grades"):
        score = None if row["score"] is None else Decimal(row["score"])
        steps.setdefault(row["scale"], []).append(GradeStep(row["grade"], int(row["rank"]), score))
    return {scale: Scale(tuple(found)) for scale, found in steps.items()}


def _rules(contents: Contents) -> dict[Version, list[Rules]]:
    """Read roll-up rules, those that lead to one grade together; a rule that names none leads to the overall one."""
    overall = {
        (row["framework"], row["version"]): row["question"]
        for row in contents.rows("framework_questions")
        if row["is_overall"] == "true"
    }
    grouped: dict[Version, dict[str, list[Row]]] = {}
    for row in contents.rows("rollup_rules"):
        version = row["framework"], row["version"]
        own = row["question"] if row["kind"] == "threshold" else overall.get(version)
        gives = row["gives"] or own
        if gives is not None:
            grouped.setdefault(version, {}).setdefault(gives, []).append(row)
    return {
        version: [_read_rules(gives, rows) for gives, rows in by_question.items()]
        for version, by_question in grouped.items()
    }


def _read_rules(gives: str, rows: list[Row]) -> Rules:
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    return Rules(
        gives,
        tuple(Weight(row["question"], Decimal(row["number"])) for row in kinds.get("weight", ())),
        tuple(Threshold(row["grade"], Decimal(row["number"])) for row in kinds.get("threshold", ())),
        tuple(
            Limit(row["question"], row["grade"], row["caps_at"], int(row["number"] or 1))
            for row in kinds.get("limit", ())
        ),
    )


def _running(contents: Contents, of_today: set[str]) -> dict[str, set[str]]:
    """Give the bodies of today that run the services of each tier: those of an area of its types."""
    types = {row["area"]: row["area_type"] for row in contents.rows("areas") if row["end_on"] is None}
    current = {
        (row["body"], types.get(row["area"]))
        for row in contents.rows("body_areas")
        if row["end_on"] is None and row["body"] in of_today
    }
    return {
        tier.code: {body for body, area_type in current if area_type in tier.more["area_types"]}
        for tier in contents.model.code_lists["tier"].codes
    }

"""Rules of roll-up rules: whole, of grades and questions that exist, with a total that adds up, and in no circle.

A framework has as many of them as people write, so they are held as rows and judged together.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.grammar import name
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, find_nearest, problem
from schemas import Rule

Row = dict[str, Any]
Version = tuple[str, str]

# What each kind of rule needs, and the columns that it has no use for.
_NEEDS = {
    "weight": ("needs a number above 0, and no grade and no cap", ("number",), ("grade", "caps_at")),
    "threshold": (
        "needs a grade and a number from 0 to 100, and gives the grade of its own question",
        ("grade", "number"),
        ("caps_at",),
    ),
    "limit": ("needs a grade, a cap, and no number or a whole one above 0", ("grade", "caps_at"), ()),
}


@dataclass(frozen=True)
class _Known:
    """What the other tables say.

    scales   the scale of each question
    overall  the overall questions of each version
    grades   the grades of each scale, best first, with their scores as written
    labels   each grade by its label and by its notation, for each scale
    """

    scales: Mapping[tuple[str, str, str], str]
    overall: Mapping[Version, tuple[str, ...]]
    grades: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, Mapping[str, str]]

    def scale(self, row: Row, question: str) -> str | None:
        return self.scales.get((row["framework"], row["version"], question))


def check_rollups(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find roll-up rules that lead to no grade, or to a wrong one."""
    columns = (*table.schema.field_names, "_source", "_row")
    query = f"SELECT {', '.join(map(name, columns))} FROM {table.view} ORDER BY _source, _row"
    rows: list[Row] = [dict(zip(columns, row, strict=True)) for row in world.rows(query)]
    known = _read_known(world)
    # A question that is not there is told of the reference.
    rows = [row for row in rows if known.scale(row, row["question"]) is not None and row["kind"] in _NEEDS]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        faults = [*_check_whole(table, row), *_check_grades(table, row, known)]
        yield from faults
        gives = _given(row, known)
        if gives is None:
            yield from _check_overall(table, row, known)
        elif known.scale(row, gives) is None:
            yield from _check_given(table, row, known)
        elif not faults:
            groups.setdefault((row["framework"], row["version"], gives), []).append(row)
    for (_, _, gives), group in groups.items():
        yield from _check_group(table, gives, group, known)
    yield from _check_circles(table, groups)


def _read_known(world: World) -> _Known:
    questions = world.rows(
        "SELECT framework, version, question, scale, is_overall"
        f" FROM {world.view('framework_questions')} ORDER BY ALL"
    )
    overall: dict[Version, tuple[str, ...]] = {}
    for framework, version, question, _, is_overall in questions:
        if is_overall == "true":
            overall[framework, version] = (*overall.get((framework, version), ()), question)
    grades: dict[str, dict[str, str]] = {}
    labels: dict[str, dict[str, str]] = {}
    for scale, grade, label, score in world.rows(
        f"SELECT scale, grade, label, score FROM {world.view('grades')}"
        " ORDER BY scale, TRY_CAST(rank AS INTEGER), grade"
    ):
        grades.setdefault(scale, {})[grade] = score
        labels.setdefault(scale, {}).update({label: grade, grade: grade})
    scales = {(framework, version, question): scale for framework, version, question, scale, _ in questions}
    return _Known(scales, overall, grades, labels)


def _given(row: Row, known: _Known) -> str | None:
    """Say which question's grade a rule leads to; None where that is not clear."""
    if row["gives"]:
        return str(row["gives"])
    if row["kind"] == "threshold":
        return str(row["question"])
    overall = known.overall.get((row["framework"], row["version"]), ())
    return overall[0] if len(overall) == 1 else None


def _check_overall(table: StandardTable, row: Row, known: _Known) -> Iterator[Found]:
    count = len(known.overall.get((row["framework"], row["version"]), ()))
    yield _found(
        table,
        row,
        "rollup-overall-unknown",
        "gives",
        value=row["rule"],
        framework=row["framework"],
        version=row["version"],
        found=f"{count} overall questions" if count else "no overall question",
    )


def _check_given(table: StandardTable, row: Row, known: _Known) -> Iterator[Found]:
    """Tell of a question that is given a grade and that the framework does not have."""
    asked = [question for *version, question in known.scales if version == [row["framework"], row["version"]]]
    nearest = find_nearest(row["gives"], asked)
    yield _found(table, row, "reference-unknown", "gives", table="framework_questions", nearest=nearest)


def _check_whole(table: StandardTable, row: Row) -> Iterator[Found]:
    wanted, needed, unused = _NEEDS[row["kind"]]
    number = _number(row["number"])
    for column in needed:
        if not row[column]:
            yield _found(table, row, "rollup-incomplete", column, wanted=wanted)
            return
    for column in unused:
        if row[column]:
            yield _found(table, row, "rollup-incomplete", column, wanted=wanted)
            return
    is_right = {
        "weight": number is not None and number > 0,
        "threshold": number is not None and 0 <= number <= 100,
        "limit": not row["number"] or (number is not None and number >= 1 and number == int(number)),
    }[row["kind"]]
    # A number that cannot be read is told of the cell.
    if not is_right and (number is not None or not row["number"]):
        yield _found(table, row, "rollup-incomplete", "number", wanted=wanted)
    elif row["kind"] == "threshold" and row["gives"] not in ("", row["question"]):
        yield _found(table, row, "rollup-incomplete", "gives", wanted=wanted)


def _check_grades(table: StandardTable, row: Row, known: _Known) -> Iterator[Found]:
    """Hold the grades of a rule to the scales of their questions."""
    gives = _given(row, known)
    for column, question in (("grade", row["question"]), ("caps_at", gives)):
        scale = None if question is None else known.scale(row, question)
        if not row[column] or scale is None or scale not in known.grades:
            continue
        if row[column] not in known.grades[scale]:
            by_text = known.labels[scale]
            nearest = find_nearest(row[column], by_text)
            yield _found(
                table,
                row,
                "rollup-grade-unknown",
                column,
                scale=scale,
                question=question,
                nearest=by_text[nearest] if nearest else None,
                wanted=", ".join(known.grades[scale]),
            )


def _check_group(table: StandardTable, gives: str, rows: list[Row], known: _Known) -> Iterator[Found]:
    """Judge all rules that lead to one grade."""
    weights = [row for row in rows if row["kind"] == "weight"]
    thresholds = [row for row in rows if row["kind"] == "threshold"]
    if bool(weights) != bool(thresholds):
        has = ("weights", "thresholds") if weights else ("thresholds", "weights")
        first = (weights or thresholds)[0]
        yield _found(table, first, "rollup-whole-missing", "kind", value=gives, found=has[0], wanted=has[1])
        return
    without = [found for row in weights for found in _check_scores(table, row, known)]
    yield from without
    if weights and not without:
        yield from _check_thresholds(table, gives, weights, thresholds, known)


def _check_scores(table: StandardTable, row: Row, known: _Known) -> Iterator[Found]:
    scale = known.scale(row, row["question"]) or ""
    scores = known.grades.get(scale, {})
    missing = [grade for grade, score in scores.items() if _number(score) is None]
    if missing or not any(_number(score) for score in scores.values()):
        yield _found(
            table,
            row,
            "rollup-score-missing",
            "question",
            scale=scale,
            wanted=", ".join(missing) or "all are 0",
        )


def _check_thresholds(
    table: StandardTable, gives: str, weights: list[Row], thresholds: list[Row], known: _Known
) -> Iterator[Found]:
    """Hold thresholds to the order of their grades, and the lowest to the least total there can be."""
    order = list(known.grades.get(known.scale(thresholds[0], gives) or "", {}))
    ranked = sorted(thresholds, key=lambda row: order.index(row["grade"]))
    above = None
    for row in ranked:
        if above is not None and above["grade"] == row["grade"]:
            said = "is the second for this grade"
            yield _found(table, row, "rollup-thresholds-astray", "number", grade=row["grade"], found=said)
            return
        if above is not None and _read(row["number"]) >= _read(above["number"]):
            said = f"is not higher than the {row['number']} of {row['grade']}"
            yield _found(table, above, "rollup-thresholds-astray", "number", grade=above["grade"], found=said)
            return
        above = row
    least = _least_total(weights, known)
    last = ranked[-1]
    if _read(last["number"]) > least:
        said = f"is above the least total there can be, {float(least):.2f}, so some totals earn no grade"
        yield _found(table, last, "rollup-thresholds-astray", "number", grade=last["grade"], found=said)


def _least_total(weights: list[Row], known: _Known) -> Fraction:
    low = high = Fraction(0)
    for row in weights:
        scores = [_read(score) for score in known.grades[known.scale(row, row["question"]) or ""].values()]
        low += _read(row["number"]) * min(scores)
        high += _read(row["number"]) * max(scores)
    return 100 * low / high


def _check_circles(table: StandardTable, groups: Mapping[tuple[str, str, str], list[Row]]) -> Iterator[Found]:
    """Find a grade that follows from itself."""
    by_version: dict[Version, dict[str, set[str]]] = {}
    for (framework, version, gives), rows in groups.items():
        read = {row["question"] for row in rows if row["kind"] != "threshold"}
        by_version.setdefault((framework, version), {})[gives] = read
    for (framework, version), reads in by_version.items():
        try:
            TopologicalSorter(reads).prepare()
        except CycleError as error:
            way = error.args[1]
            row = next(
                row
                for row in groups[framework, version, way[-1]]
                if row["question"] == way[-2] and row["kind"] != "threshold"
            )
            told = " → ".join(reversed(way))
            yield _found(table, row, "rollup-loop", "question", value=way[-1], way=told)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _read(text: str) -> Fraction:
    return Fraction(Decimal(text))


def _found(world_table: StandardTable, row: Row, code: str, column: str, **facts: str | None) -> Found:
    """Make what was found of one rule."""
    query = (
        f"SELECT _source, _row, {name(column)} AS cell FROM {world_table.view}"
        f" WHERE _source = {int(row['_source'])} AND _row = {int(row['_row'])}"
    )

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, **{"value": example.cell, "kind": row["kind"], **facts})

    return find(code, column, query, word=word)

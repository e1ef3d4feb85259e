"""Rules of judgements: grades of the question's scale, frameworks in force on the day."""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections.abc import Iterator

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.near import find_codes_of
from ingest.checking.rules_plain import has_rows
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, find_nearest, problem
from schemas import Rule


def check_grades(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find grades that are not on their scale, and scales that are not the question's."""
    scales, grades = world.view("rating_scales"), world.view("grades")
    unknown_scale = (
        f"SELECT _source, _row, scale AS cell FROM {table.view}"
        f" WHERE scale <> '' AND scale NOT IN (SELECT scale FROM {scales})"
    )
    if has_rows(world, unknown_scale):
        near_scale = find_codes_of(world, "rating_scales", "scale")

        def word_scale(example: Example, _fault: Fault, place: Place) -> Problem:
            nearest = near_scale(example.cell)
            return problem(
                "reference-unknown", place, value=example.cell, table="rating_scales", nearest=nearest
            )

        yield find("reference-unknown", "scale", unknown_scale, word=word_scale)
    unknown = (
        f"SELECT _source, _row, grade AS cell, scale FROM {table.view} AS j WHERE grade <> ''"
        f" AND scale IN (SELECT scale FROM {scales})"
        f" AND NOT EXISTS (SELECT 1 FROM {grades} AS g WHERE g.scale = j.scale AND g.grade = j.grade)"
    )
    if has_rows(world, unknown):

        def word_grade(example: Example, fault: Fault, place: Place) -> Problem:
            scale = example.facts["scale"] or ""
            return _word_grade(world, example.cell, scale, fault, place)

        yield find("grade-unknown", "grade", unknown, "scale", word=word_grade)
    off_scale = (
        f"SELECT j._source, j._row, j.scale AS cell, q.scale AS wanted, j.question FROM {table.view} AS j"
        f" JOIN {world.view('framework_questions')} AS q"
        " ON q.framework = j.framework AND q.version = j.version AND q.question = j.question"
        " WHERE j.scale <> q.scale AND (j.grade <> '' OR j.scale <> '')"
    )
    if has_rows(world, off_scale):
        yield find("grade-off-scale", "scale", off_scale, "wanted", "question")


def _word_grade(world: World, grade: str, scale: str, fault: Fault, place: Place) -> Problem:
    rows = world.connection.execute(
        f"SELECT grade, label FROM {world.view('grades')} WHERE scale = $scale"
        " ORDER BY TRY_CAST(rank AS INTEGER), grade",
        {"scale": scale},
    ).fetchall()
    by_text = {str(text): str(code) for code, label in rows for text in (label, code)}
    nearest = find_nearest(grade, by_text)
    return problem(
        fault.type,
        place,
        value=grade,
        scale=scale,
        nearest=by_text[nearest] if nearest else None,
        wanted=", ".join(str(row[0]) for row in rows),
    )


def check_frameworks_in_force(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find judgements made before or after their framework's version was in force.

    Where only the day of publication is known, a judgement may come out after the version's last day.
    """
    frameworks = world.view("frameworks")
    query = f"""
        SELECT j._source, j._row, CASE j.made_on WHEN '' THEN j.published_on ELSE j.made_on END AS cell,
               j.framework, j.version, f.in_force_from, f.in_force_to
        FROM {table.view} AS j
        JOIN {frameworks} AS f ON f.framework = j.framework AND f.version = j.version
        WHERE TRY_CAST(cell AS DATE) < TRY_CAST(f.in_force_from AS DATE)
           OR TRY_CAST(j.made_on AS DATE) > TRY_CAST(f.in_force_to AS DATE)
    """

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        facts = {fact: text or "" for fact, text in example.facts.items()}
        rows = world.connection.execute(
            f"SELECT version FROM {frameworks} WHERE framework = $framework"
            " AND TRY_CAST(in_force_from AS DATE) <= TRY_CAST($day AS DATE)"
            " AND (in_force_to = '' OR TRY_CAST(in_force_to AS DATE) >= TRY_CAST($day AS DATE))"
            " ORDER BY version",
            {"framework": facts["framework"], "day": example.cell},
        ).fetchall()
        until = f" to {facts['in_force_to']}" if facts["in_force_to"] else ""
        return problem(
            fault.type,
            place,
            value=example.cell,
            framework=facts["framework"],
            version=facts["version"],
            in_force=f"from {facts['in_force_from']}{until}",
            nearest=str(rows[0][0]) if rows else None,
        )

    if has_rows(world, query):
        facts = ("framework", "version", "in_force_from", "in_force_to")
        yield find("framework-not-in-force", "made_on", query, *facts, word=word)


def check_mappings(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find mappings that name a framework that is not there, or only one of the two."""
    known = f"SELECT framework FROM {world.view('frameworks')}"
    near = find_codes_of(world, "frameworks", "framework")

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, value=example.cell, nearest=near(example.cell))

    for column, other in (("from_framework", "to_framework"), ("to_framework", "from_framework")):
        query = (
            f"SELECT _source, _row, {column} AS cell FROM {table.view}"
            f" WHERE ({column} <> '' AND {column} NOT IN ({known})) OR ({column} = '' AND {other} <> '')"
        )
        if has_rows(world, query):
            yield find("mapping-framework-unknown", column, query, word=word)

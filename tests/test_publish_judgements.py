"""What follows from judgements in an edition: recomputed grades and bodies at each grade, in SQL and in RDF."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_publish_world import BASE, TABLES, make_contents, write_world

Row = dict[str, Any]

# A scale whose grades have scores, a framework with two parts, and rules: 25 / 39 / 63 / 88 of a hundred.
GRADES = [
    {"scale": "four", "grade": grade, "label": label, "rank": rank, "score": float(5 - rank)}
    for rank, (grade, label) in enumerate(
        [
            ("outstanding", "Outstanding"),
            ("good", "Good"),
            ("requires-improvement", "Requires improvement"),
            ("inadequate", "Inadequate"),
        ],
        start=1,
    )
]
OF_VERSION = {"framework": "services", "version": "2020"}
QUESTIONS = [
    {**OF_VERSION, "question": name, "label": label, "scale": "four", "is_overall": name == "overall"}
    for name, label in (("overall", "Overall effectiveness"), ("safe", "Safe"), ("led", "Well led"))
]
RULES = [
    {**OF_VERSION, "rule": "safe-counts", "question": "safe", "kind": "weight", "number": 1.0},
    {**OF_VERSION, "rule": "led-counts", "question": "led", "kind": "weight", "number": 1.0},
    *(
        {
            **OF_VERSION,
            "rule": f"{grade}-from",
            "question": "overall",
            "kind": "threshold",
            "grade": grade,
            "number": lowest,
        }
        for grade, lowest in (
            ("outstanding", 88.0),
            ("good", 63.0),
            ("requires-improvement", 39.0),
            ("inadequate", 25.0),
        )
    ),
    {
        **OF_VERSION,
        "rule": "safe-limits",
        "question": "safe",
        "kind": "limit",
        "grade": "inadequate",
        "caps_at": "requires-improvement",
    },
]
BODIES = [
    *TABLES["bodies"],
    {"body": "newshire-council", "label": "Newshire Council", "body_type": "unitary-council"},
    {
        "body": "aldham-council",
        "label": "Aldham Council",
        "body_type": "unitary-council",
        "end_on": date(2023, 3, 31),
    },
]
BODY_AREAS = [
    *TABLES["body_areas"],
    {"body": "newshire-council", "area": "E06000003", "start_on": date(2023, 4, 1)},
]


def judged(inspection: str, body: str, published: date, **grades: str) -> list[Row]:
    """The judgements of one inspection: a grade for each question."""
    return [
        {
            **OF_VERSION,
            "judgement": f"{inspection}-{question}",
            "inspection": inspection,
            "body": body,
            "question": question,
            "scale": "four",
            "grade": grade,
            "kind": "inspection",
            "published_on": published,
        }
        for question, grade in grades.items()
    ]


JUDGEMENTS = [
    # (4 + 3) of 8 is 87.5: good, as published.
    *judged(
        "brook-2022", "brookborough-council", date(2022, 5, 1), overall="good", safe="outstanding", led="good"
    ),
    # (1 + 4) of 8 is 62.5: requires improvement; good was published.
    *judged(
        "brook-2024",
        "brookborough-council",
        date(2024, 5, 1),
        overall="good",
        safe="inadequate",
        led="outstanding",
    ),
    # One part is not graded.
    *judged("newshire-2024", "newshire-council", date(2024, 6, 1), overall="inadequate", safe="inadequate"),
    *judged("aldham-2021", "aldham-council", date(2021, 6, 1), overall="outstanding"),
]
WORLD = {
    "bodies": BODIES,
    "body_areas": BODY_AREAS,
    "grades": GRADES,
    "frameworks": [{**TABLES["frameworks"][0], "tier": "upper-tier"}],
    "framework_questions": QUESTIONS,
    "rollup_rules": RULES,
    "judgements": JUDGEMENTS,
    "responses": [],
}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(make_contents(tables=WORLD), tmp_path_factory.mktemp("judged") / "edition")


@pytest.fixture(scope="module")
def catalogue(edition: Path) -> sqlite3.Connection:
    return sqlite3.connect(edition / "catalogue.db")


def test_overall_grade_is_recomputed_and_a_different_one_flagged(catalogue: sqlite3.Connection) -> None:
    rows = catalogue.execute(
        "SELECT judgement, published_grade, grade, outcome, total, earned_grade, capped_by, missing"
        " FROM recomputed_grades ORDER BY judgement"
    ).fetchall()
    improve = "requires-improvement"
    assert rows == [
        ("aldham-2021-overall", "outstanding", None, "parts-missing", None, None, None, "led;safe"),
        ("brook-2022-overall", "good", "good", "agrees", 87.5, "good", None, None),
        ("brook-2024-overall", "good", improve, "differs", 62.5, improve, None, None),
        ("newshire-2024-overall", "inadequate", None, "parts-missing", None, None, "safe", "led"),
    ]


def test_bodies_are_counted_once_those_not_judged_apart_and_those_that_ended_not(
    catalogue: sqlite3.Connection,
) -> None:
    rows = catalogue.execute(
        "SELECT grade, body_count, at_or_above_count, judged_count, not_judged_count, share FROM grade_shares"
        " WHERE question = 'overall' ORDER BY at_or_above_count, grade"
    ).fetchall()
    assert rows == [
        ("outstanding", 0, 0, 2, 0, 0.0),
        ("good", 1, 1, 2, 0, 50.0),
        ("requires-improvement", 0, 1, 2, 0, 50.0),
        ("inadequate", 1, 2, 2, 0, 100.0),
    ]
    [not_judged] = catalogue.execute(
        "SELECT DISTINCT not_judged_count FROM grade_shares WHERE question = 'led'"
    ).fetchall()
    assert not_judged == (1,)


def test_recomputed_grade_and_share_are_linked_data(edition: Path) -> None:
    text = gzip.decompress((edition / "downloads" / "site.nq.gz").read_bytes()).decode()
    subject = f"<{BASE}id/judgement/brook-2024-overall#recomputed>"
    assert f"{subject} <{BASE}def/recomputes> <{BASE}id/judgement/brook-2024-overall>" in text
    assert f"{subject} <{BASE}def/recomputedOutcome> <{BASE}id/code/recomputed-outcome/differs>" in text
    assert f"{subject} <{BASE}def/recomputedGrade> <{BASE}id/grade/four/requires-improvement>" in text
    assert f'{subject} <{BASE}def/rollupTotal> "62.5"^^' in text
    share = f"<{BASE}id/question/services/2020/overall#inspection-good>"
    assert f'{share} <{BASE}def/shareAtOrAbove> "50"^^' in text


def test_framework_without_rules_recomputes_nothing() -> None:
    contents = make_contents(tables={**WORLD, "rollup_rules": []})
    assert contents.recomputed_grades == ()


def test_self_assessment_is_not_counted_among_inspections() -> None:
    own = [
        {**row, "judgement": f"own-{row['judgement']}", "inspection": "own", "kind": "self-assessment"}
        for row in JUDGEMENTS[:1]
    ]
    contents = make_contents(tables={**WORLD, "judgements": [*JUDGEMENTS, *own]})
    counted = {
        (row["kind"], row["judged_count"]) for row in contents.grade_shares if row["question"] == "overall"
    }
    assert counted == {("inspection", 2), ("self-assessment", 1)}

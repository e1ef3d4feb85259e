"""May two judgements be compared? Checked by hand on two frameworks, one of which split a question."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from compare import Level
from compare.judged import Asked, Judged, Mapped, judgement_verdict

FIRST = Judged(
    body="aldham",
    framework="inspections",
    version="2018",
    question="overall",
    question_label="Overall",
    is_overall=True,
    scale="four",
    grade="good",
    kind="inspection",
    made_on=dt.date(2019, 5, 1),
)
SPLIT = "Care leavers were graded together with children in care until 2022."
ASKED = {
    "overall": [Asked("2018", True, None), Asked("2023", True, "with-care", "One grade more.")],
    "care-and-leavers": [Asked("2018", True, None), Asked("2023", False, "with-care", "One grade more.")],
    "care-leavers": [Asked("2018", False, None), Asked("2023", True, "no", SPLIT)],
}


def codes(a: Judged, b: Judged, **more: object) -> list[tuple[str, Level]]:
    told = judgement_verdict(a, b, asked=ASKED, **more)  # type: ignore[arg-type]  # what a test is about
    back = judgement_verdict(b, a, asked=ASKED, **more)  # type: ignore[arg-type]  # the same the other way round
    assert told.level is back.level
    return [(reason.code, reason.level) for reason in told.reasons]


def test_two_grades_of_one_version_are_like_for_like() -> None:
    later = replace(FIRST, made_on=dt.date(2022, 5, 1), grade="inadequate")
    told = judgement_verdict(FIRST, later, asked=ASKED)
    assert (told.level, told.reasons) == (Level.LIKE_FOR_LIKE, ())


def test_version_says_how_its_grades_compare_with_those_before() -> None:
    later = replace(FIRST, version="2023", made_on=dt.date(2024, 5, 1))
    told = judgement_verdict(FIRST, later, asked=ASKED)
    assert told.level is Level.WITH_CARE
    assert told.reasons[0].text == "The framework changed with version 2023. One grade more."


def test_question_that_was_split_is_another_question() -> None:
    before = replace(FIRST, question="care-and-leavers", question_label="Care", is_overall=False)
    after = replace(before, version="2023", question="care-leavers", question_label="Care leavers")
    told = judgement_verdict(before, after, asked=ASKED)
    assert told.level is Level.NOT_COMPARABLE
    assert [reason.code for reason in told.reasons] == ["question"]
    assert told.reasons[0].text == f"They answer different questions. {SPLIT}"
    assert told.reasons[0].evidence == {"question": ("Care", "Care leavers")}


def test_question_that_was_merged_and_split_again_is_not_joined_over_the_gap() -> None:
    asked = {
        "care-leavers": [
            Asked("2013", True, None),
            Asked("2018", False, "yes", "Merged."),
            Asked("2023", True, "yes"),
        ]
    }
    a = replace(FIRST, version="2013", question="care-leavers", is_overall=False)
    told = judgement_verdict(a, replace(a, version="2023"), asked=asked)
    assert told.level is Level.NOT_COMPARABLE
    assert told.reasons[0].text == (
        "Version 2018 between the two does not grade this question by itself. Merged."
    )


def test_version_that_nobody_declares_does_not_compare() -> None:
    assert codes(FIRST, replace(FIRST, version="2030")) == [("framework-version", Level.NOT_COMPARABLE)]


def test_two_frameworks_do_not_compare_though_their_grades_have_one_name() -> None:
    other = replace(FIRST, framework="single", version="2013")
    assert codes(FIRST, other) == [("framework", Level.NOT_COMPARABLE)]
    parts = replace(other, question="leaders", is_overall=False)
    assert codes(FIRST, parts) == [("framework", Level.NOT_COMPARABLE), ("question", Level.NOT_COMPARABLE)]


def test_mapping_of_scales_names_who_declared_it_and_joins_no_frameworks() -> None:
    other = replace(FIRST, framework="single", version="2013", scale="old", grade="adequate")
    said = Mapped("with-care", "A club of councils", "Adequate was a pass.")
    told = judgement_verdict(FIRST, other, mapped=[said])
    assert [(reason.code, reason.level) for reason in told.reasons] == [
        ("framework", Level.NOT_COMPARABLE),
        ("scale", Level.WITH_CARE),
    ]
    assert told.reasons[1].text == (
        "They are graded on two scales. A club of councils declares that they may be compared with care."
        " Adequate was a pass."
    )


def test_mapping_that_joins_two_frameworks_lets_them_be_compared_with_care() -> None:
    other = replace(FIRST, framework="single", version="2013", scale="old", grade="adequate")
    said = Mapped("yes", "Both inspectorates", joins_frameworks=True)
    assert codes(FIRST, other, mapped=[said]) == [("framework", Level.WITH_CARE), ("scale", Level.WITH_CARE)]
    refused = Mapped("no", "Both inspectorates", joins_frameworks=True)
    assert judgement_verdict(FIRST, other, mapped=[said, refused]).level is Level.NOT_COMPARABLE


def test_two_scales_without_a_mapping_do_not_compare() -> None:
    assert codes(FIRST, replace(FIRST, scale="old", grade="fair")) == [("scale", Level.NOT_COMPARABLE)]


@pytest.mark.parametrize("kind", ["peer-review", "self-assessment", "audit-opinion", "accreditation"])
def test_kinds_of_judgement_are_kept_apart(kind: str) -> None:
    assert codes(FIRST, replace(FIRST, kind=kind)) == [("judgement-kind", Level.NOT_COMPARABLE)]


def test_visit_without_a_grade_compares_with_nothing() -> None:
    visit = replace(FIRST, kind="focused-visit", scale=None, grade=None)
    assert codes(FIRST, visit) == [("no-grade", Level.NOT_COMPARABLE)]


def test_two_bodies_judged_years_apart_need_care() -> None:
    other = replace(FIRST, body="brook", made_on=dt.date(2020, 5, 1))
    assert codes(FIRST, other) == []
    later = replace(other, made_on=dt.date(2020, 5, 3))
    assert codes(FIRST, later) == [("made-on", Level.WITH_CARE)]

"""An overall grade worked out again from its parts, and bodies counted at each grade: checked by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.graded import Graded, latest_of_each, shares
from compare.rollup import (
    GradeStep,
    Limit,
    Rules,
    Scale,
    Threshold,
    Weight,
    outcome,
    recompute,
    recompute_one,
)

GRADES = ("outstanding", "good", "requires-improvement", "inadequate")
# The care regulator's scores: 4 for the best of four grades, 1 for the worst.
FOUR = Scale(tuple(GradeStep(grade, rank, Decimal(5 - rank)) for rank, grade in enumerate(GRADES, start=1)))
STATEMENTS = tuple(f"statement-{number}" for number in range(1, 10))
SCALES = dict.fromkeys([*STATEMENTS, "overall", "safe", "led"], FOUR)
THRESHOLDS = tuple(
    Threshold(grade, Decimal(lowest)) for grade, lowest in zip(GRADES, (88, 63, 39, 25), strict=True)
)
NINE = Rules(
    "overall",
    weights=tuple(Weight(one, Decimal(1)) for one in STATEMENTS),
    thresholds=THRESHOLDS,
)


def given_scores(*scores: int) -> dict[str, str]:
    """Grade the nine statements by their scores."""
    return {one: GRADES[4 - score] for one, score in zip(STATEMENTS, scores, strict=True)}


@pytest.mark.parametrize(
    ("scores", "total", "grade"),
    [
        # 36 is the most nine statements can score.
        ((1,) * 9, "25.00", "inadequate"),  # 9 of 36
        ((2,) * 4 + (1,) * 5, "36.11", "inadequate"),  # 13 of 36
        ((2,) * 5 + (1,) * 4, "38.88", "inadequate"),  # 14 of 36 is 38.89: short of 39
        ((2,) * 6 + (1,) * 3, "41.66", "requires-improvement"),  # 15 of 36
        ((3,) * 4 + (2,) * 5, "61.11", "requires-improvement"),  # 22 of 36
        ((3,) * 5 + (2,) * 4, "63.88", "good"),  # 23 of 36
        ((4,) * 4 + (3,) * 5, "86.11", "good"),  # 31 of 36
        ((4,) * 5 + (3,) * 4, "88.88", "outstanding"),  # 32 of 36
        ((4,) * 9, "100.00", "outstanding"),
    ],
)
def test_nine_statements_roll_up_by_25_39_63_88(scores: tuple[int, ...], total: str, grade: str) -> None:
    made = recompute_one(given_scores(*scores), NINE, SCALES)
    assert (made.total, made.earned, made.grade) == (Decimal(total), grade, grade)
    assert (made.capped_by, made.missing) == ((), ())


def test_total_is_never_rounded_up_to_a_threshold() -> None:
    # 62.5 percent of two statements, one of which counts three times: (3 x 3 + 1) of 16.
    rules = Rules(
        "overall",
        (Weight("safe", Decimal(3)), Weight("led", Decimal(1))),
        (Threshold("good", Decimal("62.51")),),
    )
    made = recompute_one({"safe": "good", "led": "inadequate"}, rules, SCALES)
    assert (made.total, made.earned) == (Decimal("62.50"), None)
    third = Rules("overall", NINE.weights[:3], (Threshold("good", Decimal("33.34")),))
    one_of_three = dict.fromkeys(STATEMENTS[:3], "inadequate") | {STATEMENTS[0]: "requires-improvement"}
    assert recompute_one(one_of_three, third, SCALES).total == Decimal("33.33")
    assert recompute_one(one_of_three, third, SCALES).grade is None


def test_weights_change_the_grade() -> None:
    grades = {"safe": "outstanding", "led": "inadequate"}
    even = Rules("overall", (Weight("safe", Decimal(1)), Weight("led", Decimal(1))), THRESHOLDS)
    heavy = Rules("overall", (Weight("safe", Decimal(1)), Weight("led", Decimal(3))), THRESHOLDS)
    assert recompute_one(grades, even, SCALES).total == Decimal("62.50")  # (4 + 1) of 8
    assert recompute_one(grades, even, SCALES).grade == "requires-improvement"
    assert recompute_one(grades, heavy, SCALES).total == Decimal("43.75")  # (4 + 3) of 16
    assert recompute_one(grades, heavy, SCALES).grade == "requires-improvement"


def test_limiting_grade_caps_what_the_total_earns() -> None:
    rules = Rules("overall", NINE.weights, THRESHOLDS, (Limit(STATEMENTS[0], "inadequate", "good"),))
    made = recompute_one(given_scores(1, *(4,) * 8), rules, SCALES)
    assert (made.total, made.earned, made.grade) == (Decimal("91.66"), "outstanding", "good")
    assert made.capped_by == (STATEMENTS[0],)


def test_limit_that_changes_nothing_is_no_reason() -> None:
    rules = Rules("overall", NINE.weights, THRESHOLDS, (Limit(STATEMENTS[0], "inadequate", "good"),))
    made = recompute_one(given_scores(1, *(2,) * 8), rules, SCALES)
    assert (made.grade, made.cap, made.capped_by) == ("requires-improvement", "good", ())


def test_a_grade_below_the_limiting_one_limits_too() -> None:
    rules = Rules("overall", limits=(Limit("safe", "requires-improvement", "requires-improvement"),))
    for given_grade, cap in (
        ("good", None),
        ("requires-improvement", "requires-improvement"),
        ("inadequate", "requires-improvement"),
    ):
        assert recompute_one({"safe": given_grade}, rules, SCALES).cap == cap


def test_two_limits_cap_only_together() -> None:
    limits = tuple(Limit(one, "inadequate", "inadequate", together=2) for one in ("safe", "led"))
    rules = Rules("overall", limits=limits)
    assert recompute_one({"safe": "inadequate", "led": "good"}, rules, SCALES).cap is None
    made = recompute_one({"safe": "inadequate", "led": "inadequate"}, rules, SCALES)
    assert (made.cap, made.capped_by) == ("inadequate", ("safe", "led"))


def test_part_without_a_grade_gives_no_total() -> None:
    grades = given_scores(*(3,) * 9)
    del grades[STATEMENTS[4]]
    made = recompute_one(grades, NINE, SCALES)
    assert (made.total, made.grade, made.missing) == (None, None, (STATEMENTS[4],))
    assert outcome("good", made, FOUR) == "parts-missing"


def test_published_grade_that_differs_is_flagged() -> None:
    made = recompute_one(given_scores(*(3,) * 9), NINE, SCALES)
    assert outcome("good", made, FOUR) == "agrees"
    assert outcome("requires-improvement", made, FOUR) == "differs"


def test_published_grade_above_a_cap_is_flagged_though_there_is_no_total() -> None:
    rules = Rules("overall", limits=(Limit("safe", "inadequate", "requires-improvement"),))
    made = recompute_one({"safe": "inadequate"}, rules, SCALES)
    assert made.grade is None
    assert outcome("good", made, FOUR) == "differs"
    assert outcome("inadequate", made, FOUR) == "within-limits"


def test_two_steps_rest_on_what_was_published_in_between() -> None:
    first = Rules("safe", NINE.weights[:2], THRESHOLDS)
    second = Rules("overall", (Weight("safe", Decimal(1)),), THRESHOLDS)
    parts = {STATEMENTS[0]: "good", STATEMENTS[1]: "good"}
    assert [(one.gives, one.grade) for one in recompute(parts, [second, first], SCALES)] == [
        ("safe", "good"),
        ("overall", "good"),
    ]
    published = parts | {"safe": "inadequate"}
    assert [(one.gives, one.grade) for one in recompute(published, [second, first], SCALES)] == [
        ("safe", "good"),
        ("overall", "inadequate"),
    ]


def test_grade_that_follows_from_itself_is_never_worked_out() -> None:
    circle = [Rules("safe", (Weight("led", Decimal(1)),)), Rules("led", (Weight("safe", Decimal(1)),))]
    with pytest.raises(CycleError):
        recompute({}, circle, SCALES)


@pytest.mark.parametrize(("yes", "grade"), [(10, "met"), (9, "met"), (8, "not-met"), (0, "not-met")])
def test_checklist_of_yes_and_no_rolls_up(yes: int, grade: str) -> None:
    answers = Scale((GradeStep("yes", 1, Decimal(1)), GradeStep("no", 2, Decimal(0))))
    standard = Scale((GradeStep("met", 1), GradeStep("not-met", 2)))
    items = [f"item-{number}" for number in range(10)]
    rules = Rules(
        "standard",
        tuple(Weight(item, Decimal(1)) for item in items),
        (Threshold("met", Decimal(90)), Threshold("not-met", Decimal(0))),
    )
    grades = {item: "yes" if number < yes else "no" for number, item in enumerate(items)}
    scales = dict.fromkeys(items, answers) | {"standard": standard}
    assert recompute_one(grades, rules, scales).grade == grade


@given(st.lists(st.sampled_from(GRADES), min_size=9, max_size=9), st.integers(0, 8))
def test_better_part_never_gives_a_worse_whole(grades: list[str], at: int) -> None:
    limits = tuple(Limit(one, "inadequate", "good") for one in STATEMENTS)
    rules = Rules("overall", NINE.weights, THRESHOLDS, limits)
    before = recompute_one(dict(zip(STATEMENTS, grades, strict=True)), rules, SCALES)
    better = [*grades[:at], "outstanding", *grades[at + 1 :]]
    after = recompute_one(dict(zip(STATEMENTS, better, strict=True)), rules, SCALES)
    assert before.grade is not None
    assert after.grade is not None
    assert FOUR.rank(after.grade) <= FOUR.rank(before.grade)


def graded(body: str, grade: str, year: int, **more: str) -> Graded:
    return Graded(
        more.get("judgement", f"{body}-{year}"), body, grade, dt.date(year, 1, 1), more.get("supersedes")
    )


def test_bodies_are_counted_and_not_judgements() -> None:
    told = [
        graded("aldham", "inadequate", 2019),
        graded("aldham", "good", 2022),
        graded("brook", "good", 2020),
        graded("cromer", "inadequate", 2021),
    ]
    found = shares(told, GRADES, {"aldham", "brook", "cromer"})
    assert [(one.grade, one.count, one.at_or_above, one.judged, str(one.share)) for one in found] == [
        ("outstanding", 0, 0, 3, "0.0"),
        ("good", 2, 2, 3, "66.7"),
        ("requires-improvement", 0, 2, 3, "66.7"),
        ("inadequate", 1, 3, 3, "100.0"),
    ]


def test_superseded_judgement_does_not_count_though_it_is_later() -> None:
    told = [
        graded("aldham", "good", 2021, supersedes="aldham-2022"),
        graded("aldham", "inadequate", 2022),
    ]
    assert latest_of_each(told)["aldham"].grade == "good"


def test_body_that_ended_is_in_no_share() -> None:
    told = [graded("aldham", "good", 2021), graded("gone", "inadequate", 2021)]
    assert [one.judged for one in shares(told, GRADES, {"aldham"})] == [1] * 4


def test_no_body_judged_gives_no_share_at_all() -> None:
    assert shares([], GRADES, {"aldham"}) == []

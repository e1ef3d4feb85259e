"""One verdict for many figures: series, sets, and the worst of several."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compare import (
    Figure,
    Level,
    Reason,
    Verdict,
    decide_in_turn,
    decide_on_all,
    hold_against,
    join_verdicts,
    reason_codes,
    verdict,
)


def figure(area: str = "E06000001", **more: Any) -> Figure:
    told: dict[str, Any] = {
        "indicator": "recycled",
        "version": "1.0.0",
        "dataset": "waste",
        "unit": "percent",
        "area": area,
        "area_type": "unitary",
        "period": "2022-04-01_P1Y",
        "period_kind": "financial-year",
        "period_start": date(2022, 4, 1),
        "period_end": date(2023, 3, 31),
        "value": Decimal("40"),
        "tiers": frozenset({"upper-tier"}),
    }
    return Figure(**{**told, **more})


def test_figures_of_a_set_are_held_against_the_one_in_focus() -> None:
    here, alike = figure(), figure("E06000002")
    hidden = figure("E06000003", value=None, status="suppressed")
    members = hold_against(here, [here, alike, hidden], verdict)
    assert [member.verdict and member.verdict.level for member in members] == [
        None,
        Level.LIKE_FOR_LIKE,
        Level.NOT_COMPARABLE,
    ]
    assert [member.counts for member in members] == [True, True, False]


def test_total_counts_in_no_middle() -> None:
    people = figure(is_total=True)
    (member,) = hold_against(people, [people], verdict)
    assert member.is_comparable
    assert not member.counts


def test_figures_of_a_series_are_held_against_the_one_before() -> None:
    before = figure()
    broken = figure(
        period="2023-04-01_P1Y",
        period_start=date(2023, 4, 1),
        period_end=date(2024, 3, 31),
        version="2.0.0",
    )
    after = figure(
        period="2024-04-01_P1Y",
        period_start=date(2024, 4, 1),
        period_end=date(2025, 3, 31),
        version="2.0.0",
    )
    first, second, third = decide_in_turn([before, broken, after], verdict)
    assert first is None
    assert reason_codes(second) == ("version",)
    assert third == Verdict(Level.LIKE_FOR_LIKE, ())
    assert decide_in_turn([], verdict) == ()
    assert decide_in_turn([before], verdict) == (None,)


def test_set_without_a_focus_has_the_verdict_of_its_worst_pair() -> None:
    here, other = figure(), figure("E06000002", status="provisional")
    county = figure("E10000001", area_type="county", tiers=frozenset({"lower-tier"}))
    assert decide_on_all([here, other], verdict).level is Level.WITH_CARE
    worst = decide_on_all([here, other, county], verdict)
    assert worst.level is Level.NOT_COMPARABLE
    assert reason_codes(worst) == ("area-type", "status-provisional")
    assert decide_on_all([here], verdict) == Verdict(Level.LIKE_FOR_LIKE, ())


reasons = st.builds(
    Reason,
    st.sampled_from(["break", "period", "unit"]),
    st.sampled_from(Level),
    st.sampled_from(["One.", "Two."]),
)
verdicts = st.lists(reasons, max_size=4).map(
    lambda told: Verdict(max((one.level for one in told), default=Level.LIKE_FOR_LIKE), tuple(told))
)


@given(st.lists(verdicts, max_size=5))
def test_joining_keeps_the_worst_level_and_loses_no_reason(several: list[Verdict]) -> None:
    joined = join_verdicts(several)
    assert joined.level == max((one.level for one in several), default=Level.LIKE_FOR_LIKE)
    assert {(one.code, one.text) for one in joined.reasons} == {
        (reason.code, reason.text) for one in several for reason in one.reasons
    }


@given(verdicts)
def test_joining_a_joined_verdict_changes_nothing(one: Verdict) -> None:
    joined = join_verdicts([one])
    assert join_verdicts([joined]) == joined
    assert join_verdicts([joined, None, joined]) == joined

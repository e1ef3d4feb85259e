"""The definitions, figures, judgements and targets of the bundled example are whole and possible."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from example_rows import (
    LOWER,
    NATIONS,
    TIERS,
    UPPER,
    current,
    figures_of,
    rows,
    submitted,
)

from examples.make_england.observations import read_period
from schemas import load_model

# ---- definitions ----


def test_example_is_broad_enough():
    periods = defaultdict(set)
    for row in rows("observations"):
        if row["value"]:
            periods[row["indicator"]].add(row["period"])
    assert sum(len(found) >= 8 for found in periods.values()) >= 25
    kinds = {row["evidence"] for row in rows("indicators")}
    assert {"context", "performance", "perception", "experience", "finance"} <= kinds
    assert len({row["themes"].split(";")[0] for row in rows("indicators")}) >= 5
    assert set(periods) == submitted()


def test_a_definition_has_three_versions_and_two_real_breaks():
    versions = {r["version"]: r for r in rows("indicators") if r["indicator"] == "out-of-work-claimants"}
    assert list(versions) == ["1.0.0", "2.0.0", "3.0.0"]
    assert {versions[v]["comparable_with_previous"] for v in ("2.0.0", "3.0.0")} == {"no"}
    marked = {r["period"] for r in figures_of("out-of-work-claimants") if r["status"] == "break"}
    assert marked == {versions[v]["valid_from"][:4] for v in ("2.0.0", "3.0.0")} == {"2013", "2015"}


def test_a_withdrawn_definition_names_its_successor_and_one_is_in_consultation():
    by_status = {row["status"]: row for row in rows("indicators")}
    in_use = {row["indicator"] for row in rows("indicators") if row["status"] == "current"}
    # An older version is followed by the one in use; where none is, by another indicator.
    gone = [r for r in rows("indicators") if r["status"] == "withdrawn" and r["indicator"] not in in_use]
    assert {row["replaced_by"] for row in gone} == {"level-3-qualifications"} <= in_use
    [stage] = [row for row in rows("definition_stages") if row["stage"] == "consultation"]
    assert stage["indicator"] == by_status["consultation"]["indicator"]
    assert stage["entered_on"] < stage["until"]


def test_definitions_of_three_nations_are_held_against_englands_with_the_clause_that_differs():
    elsewhere = [row for row in rows("crosswalk") if row["crosswalk"].split("-in-")[-1] in NATIONS]
    assert len(elsewhere) == len(NATIONS)
    assert {row["comparable"] for row in elsewhere} == {"with-care", "no"}
    assert all(row["to_uri"] and row["clause"] for row in elsewhere)


def test_a_duty_is_an_address_of_the_law_that_the_legal_basis_names():
    bound = [row for row in rows("indicators") if row["duty"]]
    assert len(bound) >= 20
    for row in bound:
        law = re.fullmatch(r"https://www\.legislation\.gov\.uk/id/uk(pga|si)/(\d{4})/\d+(/.+)?", row["duty"])
        assert law is not None
        assert law[2] in row["legal_basis"]
    assert sum(bool(row["service"]) for row in rows("indicators")) >= 8


def test_context_is_never_judged():
    assert {row["polarity"] for row in rows("indicators") if row["evidence"] == "context"} == {"neither"}


def test_new_profile_is_a_version_that_may_not_be_compared():
    versions = {r["version"]: r for r in rows("indicators") if r["indicator"] == "early-development"}
    assert versions["2.0.0"]["comparable_with_previous"] == "no"
    first = [r for r in figures_of("early-development") if r["period"] == "2021-22" and r["value"]]
    assert {row["status"] for row in first} == {"break"}


def test_sentences_are_short_enough_to_read():
    words = ("question", "definition", "rationale", "numerator", "denominator", "method", "caveats")
    for row in rows("indicators"):
        for field in words:
            for sentence in re.split(r"(?<=[.?]) ", row[field]):
                assert len(sentence.split()) <= 25, (row["indicator"], field, sentence)


def test_theme_is_on_the_list():
    themes = {row["code"] for row in rows("codes") if row["code_list"] == "theme"}
    for row in rows("indicators"):
        assert set(row["themes"].split(";")) <= themes


# ---- figures ----


def test_value_or_reason():
    statuses = load_model().code_lists["status"]
    for row in rows("observations"):
        wanted = statuses.code(row.get("status") or "normal").more["value"]
        assert wanted == "either" or (wanted == "required") == (row["value"] != ""), row


def test_figure_is_possible():
    limits = {
        row["indicator"]: (
            float(row["lowest"] or "-inf"),
            float(row["highest"] or "inf"),
        )
        for row in rows("indicators")
    }
    for row in rows("observations"):
        if row["value"]:
            lowest, highest = limits[row["indicator"]]
            assert lowest <= float(row["value"]) <= highest, row


def test_limits_are_in_order():
    for row in rows("observations"):
        if row.get("lower_limit") and row["value"]:
            assert float(row["lower_limit"]) <= float(row["value"]) <= float(row["upper_limit"]), row


def test_rate_follows_from_its_numbers():
    """Where both parts are given, they make the value, to the places it is published in."""
    multipliers = {row["indicator"]: float(row["multiplier"] or 1) for row in rows("indicators")}
    checked = 0
    for row in rows("observations"):
        if not (row.get("numerator") and row.get("denominator") and row["value"]):
            continue
        made = float(row["numerator"]) / float(row["denominator"]) * multipliers[row["indicator"]]
        places = len(row["value"].partition(".")[2])
        assert abs(made - float(row["value"])) <= 0.51 * 10**-places, row
        checked += 1
    assert checked > 4000


def test_period_is_of_the_kind_that_the_definition_names():
    kinds = {row["indicator"]: row["period_kind"] for row in rows("indicators")}
    for indicator, period in {(row["indicator"], row["period"]) for row in rows("observations")}:
        assert read_period(period, kinds[indicator]).kind == kinds[indicator], (indicator, period)


def test_figure_belongs_to_an_area_of_its_time():
    areas = {row["area"]: row for row in rows("areas")}
    kinds = {row["indicator"]: row["period_kind"] for row in rows("indicators")}
    for row in rows("observations"):
        period = read_period(row["period"], kinds[row["indicator"]])
        area = areas[row["area"]]
        assert not area["end_on"] or area["end_on"] >= period.start_on.isoformat(), row
        if area["start_on"] > period.end_on.isoformat():
            assert row.get("status") in {"definition-differs", "combined", "unreliable"}, row


# Indicators whose latest figures leave out more than one in twenty councils, and why.
SPARSE = {
    "deprivation-rank": "Given for neighbourhoods, not for councils.",
    "cancer-found-early": "Few cases in small areas; not given for counties under a single code.",
    "homes-delivered": "London only.",
    "housing-delivery-test": "London only.",
    "unemployment-rate": "Given for districts, not for counties.",
}


@pytest.mark.parametrize("indicator", sorted(submitted()))
def test_nearly_every_council_has_the_latest_figure(indicator):
    tier = next(row["tier"] for row in rows("indicators") if row["indicator"] == indicator)
    figures = figures_of(indicator)
    latest = max(row["period"] for row in figures)
    have = {row["area"] for row in figures if row["period"] == latest and row["value"]}
    changes = {row["to_area"]: row["from_area"] for row in rows("area_changes") if row["change"] == "recoded"}
    councils = current(TIERS[tier])
    covered = {code for code in councils if code in have or changes.get(code) in have}
    if indicator not in SPARSE:
        assert len(covered) >= 0.93 * len(councils), (indicator, latest, sorted(councils - covered)[:9])


def test_service_that_a_council_does_not_run_is_not_a_zero():
    found = [row for row in figures_of("spending-adult-care") if row["area"] == "E07000223"]
    assert [(row["value"], row["status"]) for row in found] == [("", "not-provided")]


# ---- judgements, groups, targets ----


def test_every_authority_of_today_has_been_judged_since_2018():
    """153 councils run services for children; Somerset's was last inspected before it took over in 2023."""
    bodies = {row["area"]: row["body"] for row in rows("body_areas") if not row["end_on"]}
    judged = {row["body"] for row in rows("judgements") if row["framework"] == "ofsted-ilacs"}
    assert len(current(UPPER)) == 153
    assert {bodies[code] for code in current(UPPER)} - judged == {"somerset-council"}
    assert "somerset-county-council" in judged


def test_judgements_reach_from_2009_to_2025_under_several_frameworks():
    days = [row["published_on"] or row["made_on"] for row in rows("judgements")]
    assert min(days)[:4] == "2009"
    assert max(days)[:4] == "2025"
    assert len({row["framework"] for row in rows("judgements")}) == 5


def test_report_of_2011_on_dorset_is_about_the_county_council():
    reports = [row for row in rows("judgements") if row["published_on"] == "2011-10-28"]
    assert "dorset-county-council" in {row["body"] for row in reports}
    assert "dorset-council" not in {row["body"] for row in reports}


def test_third_grade_was_adequate_until_2013():
    by_scale = defaultdict(set)
    for row in rows("judgements"):
        by_scale[row["scale"]].add(row["grade"])
    assert "requires-improvement" not in by_scale["ofsted-2009"]
    assert "adequate" not in by_scale["ofsted-2013"]
    assert by_scale["ofsted-2013"] == {"outstanding", "good", "requires-improvement", "inadequate"}


def test_care_leavers_have_a_grade_of_their_own_since_2023():
    grades = [row for row in rows("judgements") if row["framework"] == "ofsted-ilacs"]
    days = [row["made_on"] for row in grades if row["question"] == "care-leavers"]
    assert min(days) >= "2023-01-01"


def test_each_area_has_ten_statistical_neighbours_in_order():
    for group in ("dfe-neighbours-2021", "dfe-neighbours-2025"):
        ranks = defaultdict(set)
        for row in rows("neighbours"):
            if row["group"] == group:
                ranks[row["area"]].add(int(row["rank"]))
        assert len(ranks) in {150, 151, 152, 153}
        assert all(found == set(range(1, 11)) for found in ranks.values())


def test_every_lower_tier_area_has_similar_areas():
    for group in ("similar", "similar-economy", "similar-people"):
        areas = {row["area"] for row in rows("neighbours") if row["group"] == group}
        missing = current(LOWER) - areas
        assert missing <= {"E06000053", "E09000001"}, (group, missing)


def test_target_stands_beside_the_figure_it_is_for():
    figures = {(row["indicator"], row["area"], row["period"]) for row in rows("observations")}
    boroughs = [row for row in rows("targets") if row["area"]]
    assert len(boroughs) == 33
    assert {(row["indicator"], row["area"], row["period"]) for row in boroughs} <= figures

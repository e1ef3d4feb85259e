"""What names mean: the councils of the example as people write them, and what is never decided for them."""

from __future__ import annotations

import pytest

from api.days_meant import read_days
from api.edition import Edition
from api.matching import MOST_PARTIAL, WAY_SCORES, Candidate, Condition, Question, find_candidates
from tools.example_site import ExampleSite


@pytest.fixture(scope="module")
def edition(example_site: ExampleSite) -> Edition:
    return example_site.edition


def ask(edition: Edition, text: str, kind: str = "", **properties: str) -> list[Candidate]:
    conditions = tuple(Condition(name, (value,)) for name, value in properties.items())
    return find_candidates(edition, Question(text, (kind,) if kind else (), conditions))


def matched(candidates: list[Candidate]) -> str | None:
    found = [one.known.id for one in candidates if one.is_match]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "kind", "id"),
    [
        ("E06000047", "area", "area/E06000047"),
        ("e06000047", "area", "area/E06000047"),
        ("Bristol, City of", "area", "area/E06000023"),
        ("City of Bristol", "area", "area/E06000023"),
        ("BRISTOL  city council", "area", "area/E06000023"),
        ("St Helens", "area", "area/E08000013"),
        ("Saint Helens Borough Council", "area", "area/E08000013"),
        ("King's Lynn & West Norfolk", "area", "area/E07000146"),
        ("Kings Lynn and West Norfolk Borough Council", "area", "area/E07000146"),
        ("Royal Borough of Greenwich", "area", "area/E09000011"),
        ("LB Harrow", "area", "area/E09000015"),
        ("London", "area", "area/E12000007"),
        ("City of London", "area", "area/E09000001"),
        ("County Durham", "area", "area/E06000047"),
        ("Kent", "body", "body/kent-county-council"),
        ("E3831", "body", "body/adur-district-council"),
        ("employment-rate", "indicator", "indicator/employment-rate"),
        ("people in work", "indicator", "indicator/employment-rate"),
        ("How many adults are living with obesity", "indicator", "indicator/adult-obesity"),
    ],
)
def test_whole_name_or_code_is_a_match(edition: Edition, text: str, kind: str, id: str) -> None:
    assert matched(ask(edition, text, kind)) == id


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bradford", ""),
        ("Newcastle", "area"),
        ("Newcastle", "body"),
        ("West Yorkshire", "area"),
        ("Dorset", "area"),
        ("Buckinghamshire", "area"),
        ("Derby County Council", "area"),
        ("Hartlepul", "area"),
        ("obesity", "indicator"),
        ("no such place at all", ""),
        ("", "area"),
        ("&", ""),
    ],
)
def test_ambiguous_or_partial_name_never_matches_by_itself(edition: Edition, text: str, kind: str) -> None:
    assert matched(ask(edition, text, kind)) is None


def test_bradford_is_two_things_and_each_is_offered(edition: Edition) -> None:
    found = {one.known.id: one.score for one in ask(edition, "Bradford")}
    body = "body/city-of-bradford-metropolitan-district-council"
    assert found["area/E08000032"] == found[body] == WAY_SCORES["name"]


def test_newcastle_offers_both_and_says_why_it_does_not_decide(edition: Edition) -> None:
    found = {one.known.id: one.reason for one in ask(edition, "Newcastle", "area")}
    assert found["area/E08000021"].endswith("The name of Newcastle-under-Lyme begins so too.")
    assert "area/E07000195" in found


def test_type_decides_between_namesakes(edition: Edition) -> None:
    assert matched(ask(edition, "Dorset", "area/unitary")) == "area/E06000059"
    assert matched(ask(edition, "Dorset", "area/county")) == "area/E10000009"


def test_day_decides_and_says_what_followed(edition: Edition) -> None:
    first = ask(edition, "Cumbria", "area", date="2019-04-01")[0]
    assert (first.known.id, first.is_match, first.score) == ("area/E10000006", True, WAY_SCORES["name"])
    assert first.reason == (
        "Its name. It was there on 1 April 2019. "
        "Ended on 31 March 2023; followed by Cumberland and by Westmorland and Furness."
    )
    assert matched(ask(edition, "Dorset", "area", date="2018")) == "area/E10000009"
    assert matched(ask(edition, "Dorset", "area", date="2020-01-01T00:00:00Z")) == "area/E06000059"


def test_council_of_a_day_that_it_did_not_reach_is_no_match(edition: Edition) -> None:
    found = ask(edition, "Cumbria", "area", date="2024-04-01")
    assert matched(found) is None
    (county,) = [one for one in found if one.known.id == "area/E10000006"]
    assert "was not there on 1 April 2024" in county.reason
    assert county.score < MOST_PARTIAL


def test_year_of_a_change_leaves_both_open(edition: Edition) -> None:
    """In 2019 Dorset was the county until March and the unitary council from April."""
    assert matched(ask(edition, "Dorset", "area", date="2019")) is None


def test_year_can_stand_in_the_name(edition: Edition) -> None:
    assert matched(ask(edition, "Cumbria in 2019", "area")) == "area/E10000006"
    assert matched(ask(edition, "Cumbria (2024)", "area")) is None


def test_same_place_under_a_new_code_is_today_s(edition: Edition) -> None:
    """Gateshead had another code until its boundary moved in 2013; name and type stayed."""
    assert matched(ask(edition, "Gateshead", "area")) == "area/E08000037"
    assert matched(ask(edition, "Gateshead", "area", date="2010")) == "area/E08000020"


def test_day_that_cannot_be_read_makes_nothing_certain(edition: Edition) -> None:
    found = ask(edition, "Harrow", "area", date="some time ago")
    assert matched(found) is None
    assert "cannot be read" in found[0].reason


@pytest.mark.parametrize(
    "properties", [{"region": "London"}, {"region": "E12000007"}, {"area_type": "London borough"}]
)
def test_property_that_fits_keeps_the_match(edition: Edition, properties: dict[str, str]) -> None:
    assert matched(ask(edition, "Harrow", "area", **properties)) == "area/E09000015"


def test_property_that_does_not_fit_takes_the_match_and_says_so(edition: Edition) -> None:
    found = ask(edition, "Harrow", "area", region="North West")
    assert matched(found) is None
    assert found[0].reason == "Its name. Its region is not as asked."


def test_required_property_bars_and_none_turns_it_round(edition: Edition) -> None:
    def with_condition(*, is_required: bool, quantifier: str) -> list[Candidate]:
        condition = Condition("region", ("North West",), is_required, quantifier)
        return find_candidates(edition, Question("Harrow", ("area",), (condition,)))

    barred = with_condition(is_required=True, quantifier="any")
    assert "area/E09000015" not in [one.known.id for one in barred]
    assert matched(with_condition(is_required=True, quantifier="none")) == "area/E09000015"


def test_theme_and_owner_narrow_indicators(edition: Edition) -> None:
    assert matched(ask(edition, "adult-obesity", "indicator", theme="Health")) == "indicator/adult-obesity"
    assert matched(ask(edition, "adult-obesity", "indicator", theme="Housing")) is None
    assert matched(ask(edition, "adult-obesity", "indicator", owner="no such body")) is None


def test_slip_of_the_pen_is_offered_and_not_decided(edition: Edition) -> None:
    first = ask(edition, "Hartlepul", "area")[0]
    assert (first.known.notation, first.is_match, first.is_whole) == ("E06000001", False, False)
    assert first.score <= MOST_PARTIAL


def test_every_council_of_today_is_matched_by_its_own_label_and_type(edition: Edition) -> None:
    rows = edition.rows(
        "SELECT area, label, area_type FROM areas WHERE end_on IS NULL AND area_type IN"
        " ('county', 'district', 'unitary', 'metropolitan-district', 'london-borough')"
    )
    assert len(rows) > 250
    wrong = [
        row["label"]
        for row in rows
        if matched(ask(edition, row["label"], f"area/{row['area_type']}")) != f"area/{row['area']}"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["", "2019-13-01", "0000", "9999/00", "2019/21", "20190401", "next year", "²⁰¹⁹"]
)
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert read_days(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2019-04-01", "2019-04-01", "2019-04-01"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2019", "2019-01-01", "2019-12-31"),
        ("2019/20", "2019-04-01", "2020-03-31"),
        ("2019-2020", "2019-04-01", "2020-03-31"),
        ("2019-04-01T00:00:00Z", "2019-04-01", "2019-04-01"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_day_month_and_year_are_read(text: str, first: str, last: str) -> None:
    days = read_days(text)
    assert days is not None
    assert (days.first, days.last) == (first, last)

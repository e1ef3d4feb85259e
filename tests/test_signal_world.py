"""Rules that cannot be applied, responses to signals, and the ladder: on the small world, worked by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_api_world import MORE, Served, serving
from test_publish_world import OBSERVATIONS, TABLES, make_contents

from ingest.problems import Place, Problem
from publish.contents import Contents
from publish.signal_rules import find_problems, newest_publication, read_rules
from publish.signals import check_responses
from schemas import load_model

SIGNAL = "low-grade_brookborough-2023"

RESPONSES = [
    {
        "response": "brook-explains",
        "signal": SIGNAL,
        "body": "brookborough-council",
        "rung": "explained",
        "responded_on": date(2023, 7, 1),
        "text": "<b>Two</b> posts stood empty.",
    },
    {
        "response": "peers-look",
        "signal": SIGNAL,
        "body": "statistics-office",
        "rung": "peer-review",
        "responded_on": date(2023, 9, 1),
        "text": "We looked at the files.",
        "link": "https://www.example.org/review",
    },
    {
        "response": "nothing-follows",
        "judgement": "brookborough-2023",
        "body": "statistics-office",
        "rung": "no-action",
        "responded_on": date(2023, 10, 1),
        "text": "The posts are filled.",
    },
]


def contents_with(**tables: Any) -> Contents:
    return make_contents([dict(row) for row in OBSERVATIONS], {**TABLES, **MORE, **tables})


def parameter(**changes: str) -> dict[str, str]:
    row = {"rule": "falling", "version": "1", "parameter": "fewest", "value": "5", "unit": "figures"}
    return row | changes


def problems_of(*parameters: dict[str, str], kind: str = "falling") -> list[Problem]:
    """Find the problems of one rule with these parameters."""
    tables: dict[str, Sequence[dict[str, Any]]] = {
        "signal_rules": [{"rule": "falling", "version": "1", "kind": kind, "_source": 1, "_row": 2}],
        "signal_parameters": [
            {**row, "_source": 2, "_row": at} for at, row in enumerate(parameters, start=2)
        ],
        "grades": [{"scale": "four", "grade": "inadequate"}],
    }
    reading: Callable[[str], Sequence[dict[str, Any]]] = tables.__getitem__
    return list(find_problems(load_model(), reading, {1: Place("rules.csv"), 2: Place("parameters.csv")}))


WHOLE = (
    parameter(),
    parameter(parameter="most", value="10"),
    parameter(parameter="level", value="95", unit="percent"),
)


def test_a_whole_rule_has_no_problem() -> None:
    assert problems_of(*WHOLE) == []
    assert (
        problems_of(parameter(parameter="grade", value="four/inadequate", unit="grade"), kind="low-grade")
        == []
    )
    assert problems_of(kind="target-missed") == []


def test_a_rule_that_lacks_a_parameter_is_told_which() -> None:
    [found] = problems_of(*WHOLE[:2])
    assert (found.code, found.file, found.row, found.column) == (
        "signal-parameter-missing",
        "rules.csv",
        2,
        "rule",
    )
    assert found.message == "Version 1 of the rule falling is of kind falling and sets no level."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (parameter(value="many"), "a whole number from 3 to 10"),
        (parameter(value="2"), "a whole number from 3 to 10"),
        (parameter(value="5.5"), "a whole number from 3 to 10"),
        (parameter(unit="percent"), "its unit is figures"),
        (
            parameter(parameter="days", value="3", unit="days"),
            "has no such parameter; it has fewest, most, level",
        ),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_what_would(wrong: dict[str, str], said: str) -> None:
    rest = [row for row in WHOLE if row["parameter"] != wrong["parameter"]]
    [found] = [one for one in problems_of(wrong, *rest) if one.code == "signal-parameter-unfit"]
    assert said in found.message
    assert (found.file, found.row, found.column, found.value) == (
        "parameters.csv",
        2,
        "value",
        wrong["value"],
    )


def test_parameters_that_contradict_each_other_are_found() -> None:
    [found] = problems_of(parameter(value="8"), parameter(parameter="most", value="6"), WHOLE[2])
    assert "more than the most figures" in found.message
    sure = parameter(parameter="level", value="99.9", unit="percent")
    [found] = problems_of(parameter(), parameter(parameter="most", value="5"), sure)
    assert "so few figures can never be as sure" in found.message


def test_a_grade_that_no_scale_has_is_found() -> None:
    [found] = problems_of(parameter(parameter="grade", value="four/poor", unit="grade"), kind="low-grade")
    assert "no rating scale has the grade four/poor" in found.message


def test_the_newest_version_whose_day_has_come_is_applied() -> None:
    """The newest publication is of 1 June 2024, so version 3 waits."""
    today = newest_publication([{"released_on": "2024-06-01"}], [{"published_on": "2023-06-01"}])
    rows = [
        {"rule": "late", "version": str(n), "kind": "overdue", "uses_provisional": "true", "valid_from": day}
        for n, day in ((1, "2020-01-01"), (2, "2024-06-01"), (3, "2024-06-02"))
    ]
    days = [
        {"rule": "late", "version": str(n), "parameter": "days", "value": str(n), "unit": "days"}
        for n in (1, 2, 3)
    ]
    [applied] = read_rules(load_model(), rows, days, today)
    assert (applied.version, applied.numbers) == ("2", {"days": 2.0})


def test_a_low_grade_makes_a_signal_about_the_body_judged() -> None:
    register = contents_with().register
    found = {row["signal"]: row for row in register.signals.to_pylist() if row["rule"] == "low-grade"}
    assert set(found) == {SIGNAL}
    row = found[SIGNAL]
    assert (row["body"], row["area"], row["judgement"]) == (
        "brookborough-council",
        "E06000002",
        "brookborough-2023",
    )
    assert (row["opened_on"], row["is_open"], row["times"]) == ("2023-06-01", True, 1)
    assert "“Good”" in row["evidence"]


def test_a_judgement_of_which_only_the_day_it_was_made_is_known_has_that_day() -> None:
    [judgement] = TABLES["judgements"]
    made = {**judgement, "published_on": None, "made_on": date(2023, 5, 2)}
    register = contents_with(judgements=[made]).register
    [row] = [row for row in register.signals.to_pylist() if row["rule"] == "low-grade"]
    assert row["opened_on"] == "2023-05-02"
    assert "made 2 May 2023" in row["evidence"]


def test_a_response_to_a_signal_that_never_was_is_a_problem_with_the_nearest_one() -> None:
    contents = contents_with(responses=[{**RESPONSES[0], "signal": "low-grade_brookborough-2032"}])
    [found] = check_responses(contents.register, contents.rows("responses"), {})
    assert found.code == "response-signal-unknown"
    assert found.message == f"There is no signal 'low-grade_brookborough-2032'. Closest: {SIGNAL}."
    known = contents_with(responses=RESPONSES)
    assert list(check_responses(known.register, known.rows("responses"), {})) == []


def test_without_rules_there_are_no_signals_and_no_counts() -> None:
    register = contents_with(signal_rules=[], signal_parameters=[]).register
    assert (register.signals.num_rows, register.checks.num_rows, register.counts.num_rows) == (0, 0, 0)


# ---- served ----


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world with responses, served."""
    with serving(tmp_path_factory.mktemp("answered")) as served:
        served.publish(tables={"responses": RESPONSES})
        yield served


@pytest.fixture
def client(answered: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=answered.url, timeout=30) as made:
        yield made


def test_what_was_done_stands_on_the_signal_s_page_in_order_and_escaped(client: httpx.Client) -> None:
    page = client.get(f"/signals/{SIGNAL}", headers={"Accept": "text/html"}).text
    assert page.index("Explained") < page.index("Reviewed by peers")
    assert "&lt;b&gt;Two&lt;/b&gt; posts stood empty." in page
    assert "No response is published here" not in page
    assert "2 responses" in page


def test_a_signal_without_a_reply_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        page = httpx.get(f"{served.url}signals/{SIGNAL}", headers={"Accept": "text/html"}, timeout=30).text
    assert "No response yet" in page
    assert "No response is published here" in page


def test_a_judgement_s_page_has_its_responses_and_its_signals(client: httpx.Client) -> None:
    page = client.get("/judgements/brookborough-2023", headers={"Accept": "text/html"}).text
    assert "No action, and why" in page
    assert "The posts are filled." in page
    assert f"/signals/{SIGNAL}" in page


def test_responses_stand_in_the_api_and_in_the_graph_of_the_signal(client: httpx.Client) -> None:
    [item] = client.get("/api/v1/signals?rule=low-grade").json()["items"]
    assert item["responses"] == ["brook-explains", "peers-look"]
    listed = client.get(f"/api/v1/responses?signal={SIGNAL}").json()
    assert [one["response"] for one in listed["items"]] == ["brook-explains", "peers-look"]
    turtle = client.get(f"/signals/{SIGNAL}.ttl").text
    assert "We looked at the files." in turtle
    feed = client.get("/signals.json?rule=low-grade").json()
    assert feed["items"][0]["_signal"]["responses"] == 2


def test_a_site_without_rules_has_an_empty_register(tmp_path: Path) -> None:
    """What has no rule has no signal, and the page says so."""
    with serving(tmp_path) as served:
        served.publish(tables={"signal_rules": [], "signal_parameters": []})
        page = httpx.get(f"{served.url}signals", headers={"Accept": "text/html"}, timeout=30)
        assert page.status_code == 200
        assert "There is no signal of this choice." in page.text
        feed = httpx.get(f"{served.url}signals.atom", timeout=30)
        assert "<entry>" not in feed.text

"""Judgements at the doors of programs: /api/v1/judgements, the verdict on two of them, and their description."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from test_api_world import serving
from test_publish_judgements import JUDGEMENTS, QUESTIONS, WORLD, judged
from test_publish_world import TABLES

SPLIT = "Until 2023 it was graded together with another question."
NEXT = {"framework": "services", "version": "2024"}
REPLY = {
    "reply": "brook-reply",
    "judgement": "brook-2024-overall",
    "body": "brookborough-council",
    "replied_on": date(2024, 6, 1),
    "text": "We <i>agree</i>.",
}


def of_next(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, **NEXT} for row in rows]


FRAMEWORKS = [
    {**WORLD["frameworks"][0], "in_force_to": date(2023, 12, 31)},
    {
        **TABLES["frameworks"][0],
        **NEXT,
        "tier": "upper-tier",
        "in_force_from": date(2024, 1, 1),
        "comparable_with_previous": "with-care",
        "change_note": "Inspectors stay longer.",
    },
]
ASKED = [
    *QUESTIONS,
    *of_next(QUESTIONS[:2]),
    {**of_next(QUESTIONS[2:])[0], "comparable_with_previous": "no", "change_note": SPLIT},
]
LATER = of_next(
    judged("brook-2025", "brookborough-council", date(2025, 5, 1), overall="outstanding", led="good")
)
OWN = [
    {**row, "kind": "self-assessment"}
    for row in judged("brook-own", "brookborough-council", date(2023, 5, 1), overall="good")
]
REDONE = [
    {
        **judged("newshire-redone", "newshire-council", date(2024, 5, 1), overall="good")[0],
        "supersedes": "newshire-2024-overall",
    }
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with serving(tmp_path_factory.mktemp("judgements"), is_published=False) as site:
        site.publish(
            tables={
                **WORLD,
                "frameworks": FRAMEWORKS,
                "framework_questions": ASKED,
                "judgements": [*JUDGEMENTS, *LATER, *OWN, *REDONE],
                "replies": [REPLY],
            }
        )
        with httpx.Client(base_url=site.url, timeout=30) as made:
            yield made


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def names(told: dict[str, Any]) -> list[str]:
    return [item["judgement"] for item in told["items"]]


def test_each_judgement_says_what_decides_whether_it_compares(client: httpx.Client) -> None:
    (item,) = read(client, "/api/v1/judgements?judgement=brook-2024-overall")["items"]
    wanted = {
        "body_label": "Brookborough Council",
        "framework_label": "Inspection of services",
        "inspector": "statistics-office",
        "question_label": "Overall effectiveness",
        "is_overall": True,
        "grade_label": "Good",
        "grade_rank": 2,
        "comparable_since": "2020",
        "is_latest": True,
        "superseded_by": None,
        "recomputed_grade": "requires-improvement",
        "recomputed_outcome": "differs",
        "reply_count": 1,
    }
    assert {name: item[name] for name in wanted} == wanted


def test_question_put_anew_compares_since_its_new_version_only(client: httpx.Client) -> None:
    told = read(client, "/api/v1/judgements?version=2024")
    assert {item["question"]: item["comparable_since"] for item in told["items"]} == {
        "overall": "2020",
        "led": "2024",
    }


def test_filters_are_named_as_the_words(client: httpx.Client) -> None:
    assert names(read(client, "/api/v1/judgements?version=2024&question=led")) == ["brook-2025-led"]
    assert names(read(client, "/api/v1/judgements?kind=self-assessment")) == ["brook-own-overall"]
    assert names(read(client, "/api/v1/judgements?grade=inadequate&question=overall")) == [
        "newshire-2024-overall"
    ]
    assert names(read(client, "/api/v1/judgements?inspection=newshire-2024")) == [
        "newshire-2024-overall",
        "newshire-2024-safe",
    ]
    assert read(client, "/api/v1/judgements?from=2024-05-01&to=2024-05-31")["count"] == 4
    assert names(read(client, "/api/v1/judgements?from=2025-05-01")) == [
        "brook-2025-led",
        "brook-2025-overall",
    ]
    assert names(read(client, "/api/v1/judgements?area=E06000003&question=overall&is_latest=true")) == [
        "newshire-redone-overall"
    ]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("grade=outstandin", 404, "Closest: outstanding."),
        ("version=2021", 404, "There is no version '2021' in this edition."),
        ("from=2024-02-31", 400, "'2024-02-31' of 'from' is no day; wanted one such as 2024-03-31."),
        ("kind=inspektion", 400, "inspection"),
        ("bodi=x", 400, "body"),
    ],
)
def test_slip_in_a_filter_is_told_with_the_nearest(
    client: httpx.Client, query: str, status: int, said: str
) -> None:
    answer = client.get(f"/api/v1/judgements?{query}")
    assert answer.status_code == status
    assert said in answer.text


def test_list_goes_on_from_its_cursor_and_is_a_csv_too(client: httpx.Client) -> None:
    whole = names(read(client, "/api/v1/judgements"))
    first = read(client, "/api/v1/judgements?limit=5")
    assert first["count"] == len(whole) == len(JUDGEMENTS) + 4
    got, following = names(first), first["next"]
    while following:
        part = read(client, following)
        got, following = got + names(part), part["next"]
    assert got == whole
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/judgements?format=csv").text)))
    assert [row["judgement"] for row in rows] == whole
    assert {row["recomputed_outcome"] for row in rows} == {"agrees", "differs", "parts-missing", ""}


def test_superseded_judgement_says_what_takes_its_place(client: httpx.Client) -> None:
    (item,) = read(client, "/api/v1/judgements?judgement=newshire-2024-overall")["items"]
    assert (item["superseded_by"], item["is_latest"]) == ("newshire-redone-overall", False)


def test_one_question_is_answered_with_how_many_bodies_stand_where(client: httpx.Client) -> None:
    asked = "framework=services&version=2020&question=overall"
    told = read(client, f"/api/v1/judgements?{asked}&kind=inspection")
    assert [
        (
            one["grade_label"],
            one["body_count"],
            one["at_or_above_count"],
            one["judged_count"],
            one["not_judged_count"],
            one["share"],
        )
        for one in told["shares"]
    ] == [
        ("Outstanding", 0, 0, 2, 0, 0.0),
        ("Good", 2, 2, 2, 0, 100.0),
        ("Requires improvement", 0, 2, 2, 0, 100.0),
        ("Inadequate", 0, 2, 2, 0, 100.0),
    ]
    later = read(client, "/api/v1/judgements?framework=services&version=2024&question=overall")["shares"]
    assert {(one["judged_count"], one["not_judged_count"]) for one in later} == {(1, 1)}
    assert read(client, "/api/v1/judgements?framework=services")["shares"] == []


def test_verdict_on_two_judgements_says_what_changed_between(client: httpx.Client) -> None:
    told = read(client, "/api/v1/verdict?a=judgement/brook-2022-overall&b=judgement/brook-2025-overall")
    assert told["verdict"] == "with-care"
    assert [(one["code"], one["text"]) for one in told["reasons"]] == [
        ("framework-version", "The framework changed with version 2024. Inspectors stay longer.")
    ]
    assert told["a"]["uri"].endswith("/id/judgement/brook-2022-overall")
    led = read(client, "/api/v1/verdict?a=judgement/brook-2022-led&b=judgement/brook-2025-led")
    assert led["verdict"] == "not-comparable"
    assert led["reasons"][0]["text"] == f"The framework changed with version 2024. {SPLIT}"


def test_verdict_takes_uris_and_addresses_and_several_others(client: httpx.Client) -> None:
    base = str(client.base_url)
    pairs = [
        ("a", f"{base}id/judgement/brook-2022-overall"),
        ("b", f"{base}judgements/brook-2024-overall"),
        ("b", "/judgements/brook-own-overall"),
    ]
    answer = client.get("/api/v1/verdict", params=pairs)
    told = answer.json()
    assert [pair["verdict"] for pair in told["pairs"]] == ["like-for-like", "not-comparable"]
    assert told["pairs"][1]["reasons"][0]["code"] == "judgement-kind"
    rows = list(
        csv.DictReader(io.StringIO(client.get("/api/v1/verdict", params=[*pairs, ("format", "csv")]).text))
    )
    assert [row["verdict"] for row in rows] == ["like-for-like", "not-comparable"]
    turtle = client.get("/api/v1/verdict", params=[*pairs, ("format", "ttl")]).text
    assert "def:Verdict" in turtle
    assert "brook-own-overall" in turtle


def test_judgement_and_figure_are_never_held_against_each_other(client: httpx.Client) -> None:
    answer = client.get(
        "/api/v1/verdict?a=judgement/brook-2022-overall&b=waste/recycled/E06000002/2022-04-01_P1Y"
    )
    assert answer.status_code == 400
    assert "A judgement is held against judgements only" in answer.json()["detail"]
    missing = client.get("/api/v1/verdict?a=judgement/brook-2022-overall&b=judgement/brook-2021-overall")
    assert missing.status_code == 404


def test_description_has_the_filters_the_facts_and_a_real_example(client: httpx.Client) -> None:
    described = read(client, "/openapi.json")
    operation = described["paths"]["/api/v1/judgements"]["get"]
    known = {one["name"]: one for one in operation["parameters"]}
    assert {
        "body",
        "area",
        "framework",
        "version",
        "question",
        "grade",
        "kind",
        "from",
        "to",
        "cursor",
        "limit",
    } <= known.keys()
    assert known["from"]["schema"]["items"]["format"] == "date"
    assert (known["version"]["example"], known["from"]["example"]) == (["2020"], ["2021-06-01"])
    item = described["components"]["schemas"]["Judgement"]["properties"]
    assert {"comparable_since", "is_latest", "recomputed_grade", "superseded_by"} <= item.keys()
    example = operation["responses"]["200"]["content"]["application/json"]["examples"]["live"][
        "externalValue"
    ]
    told = read(client, example)
    assert (told["count"], len(told["shares"])) == (6, 8)


def test_pages_show_the_reply_beside_the_judgement_and_say_where_there_is_none(client: httpx.Client) -> None:
    html = {"Accept": "text/html"}
    with_reply = client.get("/judgements/brook-2024-overall", headers=html).text
    assert "We &lt;i&gt;agree&lt;/i&gt;." in with_reply
    assert "Reply of Brookborough Council" in with_reply
    assert "No reply is published here." in client.get("/judgements/brook-2022-overall", headers=html).text
    every = client.get("/areas/E06000002/inspections", headers=html).text
    assert "We &lt;i&gt;agree&lt;/i&gt;." in every
    assert "No reply is published here." in every


def test_page_marks_a_recomputed_grade_that_differs(client: httpx.Client) -> None:
    html = {"Accept": "text/html"}
    page = " ".join(client.get("/judgements/brook-2024-overall", headers=html).text.split())
    assert "The rules give another grade than the one published" in page
    assert (
        "Published: Good. By the rules: Requires improvement. The total is 62.50% of the highest there can be."
        in page
    )
    rules = " ".join(client.get("/frameworks/services/2020", headers=html).text.split())
    assert "Safe at Inadequate or below: not above Requires improvement" in rules
    assert "Good from 63%" in rules
    assert "2 of the 2 bodies judged stand at Good or above (100.0%)." in rules


def test_what_is_no_inspection_is_marked_in_words_on_every_page(client: httpx.Client) -> None:
    html = {"Accept": "text/html"}
    for address in (
        "/judgements",
        "/judgements/brook-own-overall",
        "/areas/E06000002/inspections",
        "/bodies/brookborough-council",
    ):
        assert "elf-assessment, no inspection" in client.get(address, headers=html).text, address


def test_timeline_joins_no_grades_over_a_break(client: httpx.Client) -> None:
    page = client.get("/areas/E06000002/inspections", headers={"Accept": "text/html"}).text
    assert SPLIT in page
    assert "put anew" in page
    lines = re.findall(r'class="thread" d="([^"]+)"', page)
    # Three overall grades are joined, two on safety, and of three on leadership the two before the break.
    assert [line.count("M") + line.count("L") for line in lines] == [3, 2, 2]


def test_judgement_page_holds_the_grade_against_the_one_before(client: httpx.Client) -> None:
    page = " ".join(client.get("/judgements/brook-2025-led", headers={"Accept": "text/html"}).text.split())
    assert "<strong>Not comparable.</strong>" in page
    assert f"The question was put anew in this version of the framework. {SPLIT}" in page


def test_linked_data_of_a_judgement_has_what_its_parts_make_of_it(client: httpx.Client) -> None:
    turtle = client.get("/judgements/brook-2024-overall.ttl").text
    assert "def:recomputedAs" in turtle
    assert "def:recomputedOutcome" in turtle
    assert "We <i>agree</i>." in turtle
    question = client.get("/questions/services/2020/overall.ttl").text
    assert "def:shareAtOrAbove" in question

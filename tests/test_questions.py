"""Questions on a real server over the example: one answer through SQL, SPARQL, the API and the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import yaml
from page_reading import read_page

from api.pages.answering import Asked, ask, begin, list_choices, write_sparql
from schemas.definitions import ModelFaults
from schemas.questions import FOLDER, Question, load_questions, read_questions
from tools.example_site import ExampleSite

QUESTIONS = list(load_questions().values())
BY_API = [one for one in QUESTIONS if one.api is not None]
NAMES = [one.name for one in QUESTIONS]

Row = tuple[str | None, ...]


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, timeout=60) as opened:
        yield opened


def told(value: Any) -> str | None:
    """Write a value of any door alike: a number without closing zeros, nothing for an empty text."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return str(Decimal(repr(value)).normalize() + 0)
    return str(value)


def cell(bound: Mapping[str, str] | None, base: str) -> str | None:
    """Write a cell of a SPARQL result: a thing by what stands behind its kind in its URI."""
    if bound is None:
        return None
    text = bound["value"]
    if bound["type"] == "uri" and text.startswith(f"{base}id/"):
        return unquote(text.removeprefix(f"{base}id/").partition("/")[2])
    if bound.get("datatype", "").endswith(("#integer", "#decimal")):
        return str(Decimal(text).normalize() + 0)
    return text or None


def ask_sql(client: httpx.Client, asked: Asked) -> tuple[list[str], list[Row]]:
    answer = client.get(f"/data/catalogue/{asked.question.name}.json", params=dict(asked.values))
    assert answer.status_code == 200, answer.text[:500]
    document = answer.json()
    assert not document["truncated"]
    return document["columns"], [tuple(map(told, row)) for row in document["rows"]]


def ask_sparql(client: httpx.Client, site: ExampleSite, asked: Asked) -> tuple[list[str], list[Row]]:
    query = write_sparql(site.edition, asked)
    answer = client.get("/sparql", params={"query": query, "format": "json"})
    assert answer.status_code == 200, answer.text[:500]
    document = answer.json()
    names = document["head"]["vars"]
    base = f"{site.url}/"
    return names, [
        tuple(cell(row.get(name), base) for name in names) for row in document["results"]["bindings"]
    ]


def ask_api(client: httpx.Client, asked: Asked) -> list[Row]:
    api = asked.question.api
    assert api is not None
    assert asked.api_address is not None
    rows: list[Row] = []
    address: str | None = asked.api_address
    while address is not None:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text[:500]
        document = answer.json()
        for item in document[api.items]:
            if all(item[name] == wanted for name, wanted in api.where.items()):
                rows.append(tuple(told(item[name]) for name in api.columns.values()))
        address = document.get("next")
    return rows


def in_any_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=str)


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_sql_and_sparql_give_one_answer(
    client: httpx.Client, example_site: ExampleSite, question: Question
) -> None:
    asked = begin(example_site.edition, question)
    columns, by_sql = ask_sql(client, asked)
    names, by_sparql = ask_sparql(client, example_site, asked)
    assert names == columns
    assert by_sql, "the example has an answer to every question"
    if question.is_ordered:
        assert by_sparql == by_sql
    else:
        assert in_any_order(by_sparql) == in_any_order(by_sql)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("figures-over-time", {"area": "E10000016", "indicator": "employment-rate"}),
        ("highest-figures", {"indicator": "healthy-life-expectancy"}),
        ("highest-figures", {"indicator": "attainment-8"}),
        ("newest-figures-of-an-area", {"area": "E07000106"}),
        ("compared-with-similar", {"area": "E07000106", "indicator": "weekly-pay"}),
        ("compared-with-region-and-country", {"area": "E10000016", "indicator": "persistent-absence"}),
        ("what-inspectors-said", {"area": "E10000016"}),
        ("what-inspectors-said", {"area": "E07000106"}),
        ("open-warnings", {"area": "E06000001"}),
        ("grades-of-a-framework", {"framework": "ofsted-sif"}),
        ("what-a-version-changed", {"indicator": "early-development"}),
        ("what-a-dataset-holds", {"dataset": "ons-healthy-life"}),
    ],
)
def test_doors_agree_on_other_choices_too(
    client: httpx.Client, example_site: ExampleSite, name: str, chosen: dict[str, str]
) -> None:
    asked = ask(example_site.edition, load_questions()[name], chosen)
    _, by_sql = ask_sql(client, asked)
    _, by_sparql = ask_sparql(client, example_site, asked)
    assert in_any_order(by_sparql) == in_any_order(by_sql)


@pytest.mark.parametrize("question", BY_API, ids=[one.name for one in BY_API])
def test_api_gives_the_same_answer(
    client: httpx.Client, example_site: ExampleSite, question: Question
) -> None:
    asked = begin(example_site.edition, question)
    columns, by_sql = ask_sql(client, asked)
    assert question.api is not None
    wanted = [tuple(row[columns.index(name)] for name in question.api.columns) for row in by_sql]
    assert in_any_order(ask_api(client, asked)) == in_any_order(wanted)


@pytest.mark.parametrize("question", QUESTIONS, ids=NAMES)
def test_page_shows_the_answer_and_every_door(
    client: httpx.Client, example_site: ExampleSite, question: Question
) -> None:
    asked = begin(example_site.edition, question)
    answer = client.get(asked.address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    page = read_page(answer.content)
    columns, by_sql = ask_sql(client, asked)
    (table,) = page.every("table")
    shown = [[one.text for one in row.every("td")] for row in list(table.every("tr"))[1:]]
    wanted = [[row[columns.index(name)] or "" for name in question.columns] for row in by_sql]
    assert [list(map(plain, row)) for row in shown] == [list(map(plain, row)) for row in wanted]
    for select in page.every("select"):
        assert any(option.text for option in select.every("option"))
    links = {one.attributes.get("href") for one in page.every("a")}
    assert {asked.page_address, asked.sql_address} <= links
    assert any((link or "").startswith("/sparql?query=") for link in links)
    residents = client.get(asked.page_address.partition("#")[0], headers={"Accept": "text/html"})
    assert residents.status_code == 200


def plain(text: str) -> str:
    """Write a text as it stands on a page: a number to ten digits, spaces once."""
    if re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d+)?", text):
        return f"{float(text):.10g}"
    return re.sub(r"\s+", " ", text).strip()


def test_there_are_twenty_questions_and_each_is_one() -> None:
    assert len(QUESTIONS) >= 20
    assert all(one.title.endswith("?") for one in QUESTIONS)
    assert len({one.title for one in QUESTIONS}) == len(QUESTIONS)
    assert len(BY_API) >= 8


def test_list_leads_to_every_door_and_every_door_answers(
    client: httpx.Client, example_site: ExampleSite
) -> None:
    page = read_page(client.get("/questions", headers={"Accept": "text/html"}).content)
    links = {one.attributes.get("href") for one in page.every("a")}
    for question in QUESTIONS:
        asked = begin(example_site.edition, question)
        assert {asked.address, asked.page_address, asked.sql_address} <= links
    topics = [one.text for one in page.every("h2")]
    assert topics[:2] == ["Figures", "Councils beside each other"]


def test_value_that_cannot_be_chosen_is_refused_with_the_nearest(client: httpx.Client) -> None:
    headers = {"Accept": "text/html"}
    wrong = client.get("/questions/highest-figures?indicator=adult-obesiti", headers=headers)
    assert wrong.status_code == 400
    assert "Closest: adult-obesity." in wrong.text
    hostile = client.get(
        "/questions/highest-figures", params={"indicator": "x> ?s ?p ?o } #<b>"}, headers=headers
    )
    assert hostile.status_code == 400
    assert "<b>" not in hostile.text
    assert client.get("/questions/highest-figures?indikator=x", headers=headers).status_code == 400
    unknown = client.get("/questions/hihest-figures")
    assert unknown.status_code == 404
    assert unknown.json()["nearest"] == "highest-figures"


def test_choices_have_names_and_no_double(example_site: ExampleSite) -> None:
    for question in QUESTIONS:
        for parameter in question.parameters.values():
            choices = list_choices(example_site.edition, parameter)
            assert choices
            assert len({one.value for one in choices}) == len(choices)
            assert parameter.default in {one.value for one in choices}
            assert all(one.label for one in choices)


FAULTS = [
    (lambda one: one.update(title="The highest figures"), "is no question"),
    (lambda one: one.update(parameters={}), "its SQL has the parameters"),
    (
        lambda one: one.update(sparql=one["sparql"].replace("$indicator", "?any")),
        "its SPARQL has the parameters",
    ),
    (lambda one: one.update(page="/areas/{area}"), "an address has the parameter 'area'"),
    (lambda one: one.update(sql=one["sql"].replace("LIMIT 20", "LIMIT 21")), "the same LIMIT"),
    (lambda one: one.update(parameters={"indicator": "nothing"}), "there is no parameter 'nothing'"),
]


@pytest.mark.parametrize(("damage", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_question_whose_doors_disagree_is_refused(tmp_path: Path, damage: Any, said: str) -> None:
    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "figures.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    damage(document["questions"]["highest-figures"])
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with pytest.raises(ModelFaults, match=re.escape(said)):
        read_questions(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_json_of_a_question_is_its_answer(name: str, client: httpx.Client, example_site: ExampleSite) -> None:
    asked = begin(example_site.edition, load_questions()[name])
    document = client.get(f"/questions/{name}.json", params=dict(asked.values)).json()
    names, rows = ask_sql(client, asked)
    assert [tuple(told(row[one]) for one in names) for row in document["items"]] == rows
    assert document["sparql"] == write_sparql(example_site.edition, asked)
    assert {one["name"]: one["value"] for one in document["parameters"]} == asked.values


def test_questions_as_json_say_where_each_is_answered(client: httpx.Client) -> None:
    document = client.get("/questions", headers={"Accept": "application/json"}).json()
    assert [one["question"] for one in document["items"]] == NAMES
    assert client.get("/questions.json").json() == document
    for one in document["items"][:3]:
        assert client.get(one["address"], headers={"Accept": "text/html"}).status_code == 200
    wrong = client.get("/questions/compared-with-similar.json", params={"area": "E1"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "application/problem+json")
    assert client.get("/questions/nothing.json").status_code == 404

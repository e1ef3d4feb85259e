"""The reconciliation service on a real server: both versions of its protocol, and every refusal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from page_reading import read_page
from reconciliation_judge import (
    judge_draft_manifest,
    judge_draft_results,
    judge_extension,
    judge_manifest,
    judge_results,
    judge_suggestions,
)

from api.matching import LESS_FOR_PROPERTY, LESS_IF_ENDED, LESS_IF_NOT_THERE, MOST_PARTIAL, WAY_SCORES
from api.reconcile_questions import MOST_QUERIES
from tools.example_site import ExampleSite

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROOTS = ("/reconcile", "/reconcile/draft")


@pytest.fixture(scope="module")
def client(example_site: ExampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=example_site.url, timeout=30) as opened:
        yield opened


def ask(client: httpx.Client, queries: object) -> dict[str, Any]:
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Judge a refusal: its status, its media type and its kind."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    told: dict[str, Any] = answer.json()
    assert told["type"].endswith(f"/problems/{code}")
    return told


def test_manifest_names_what_is_there(client: httpx.Client) -> None:
    told = client.get("/reconcile").json()
    judge_manifest(told)
    assert [one["id"] for one in told["defaultTypes"]] == ["area", "body", "indicator"]
    view = told["view"]["url"].replace("{{id}}", quote("area/E10000006", safe=""))
    assert httpx.get(view, headers={"accept": "text/html"}).headers["location"].endswith("/areas/E10000006")
    for name, service in told["suggest"].items():
        answer = httpx.get(service["service_url"] + service["service_path"], params={"prefix": ""})
        assert answer.status_code == 200, name


def test_draft_has_a_manifest_of_its_own(client: httpx.Client) -> None:
    judge_draft_manifest(client.get("/reconcile/draft").json())


def test_batch_is_answered_alike_in_the_address_and_in_a_form(client: httpx.Client) -> None:
    queries = {
        "q0": {"query": "Cumbria in 2019", "type": "area"},
        "q1": {"query": "Bradford", "limit": 2, "type_strict": "should"},
        "q2": {"query": "Harrow", "type": ["area"], "properties": [{"pid": "region", "v": "London"}]},
        "q3": {"query": "nothing of the kind", "properties": [{"pid": "date", "v": 2019}]},
    }
    told = ask(client, queries)
    judge_results(told, list(queries))
    assert [one["id"] for one in told["q0"]["result"] if one["match"]] == ["area/E10000006"]
    assert len(told["q1"]["result"]) == 2
    assert not any(one["match"] for one in told["q1"]["result"])
    assert told["q2"]["result"][0]["match"] is True
    assert client.get("/reconcile", params={"queries": json.dumps(queries)}).json() == told


def test_candidate_says_what_it_is_and_why(client: httpx.Client) -> None:
    (found,) = ask(client, {"a": {"query": "Cumbria", "type": "area/county"}})["a"]["result"]
    assert found["description"] == (
        "County E10000006. Its name. "
        "Ended on 31 March 2023; followed by Cumberland and by Westmorland and Furness."
    )
    assert found["type"] == [{"id": "area", "name": "Area"}, {"id": "area/county", "name": "County"}]
    values = {one["id"]: one["value"] for one in found["features"]}
    assert values == {"name_likeness": 100.0, "whole_name": True, "there": False, "as_asked": True}


@pytest.mark.parametrize("root", ROOTS)
def test_draft_finds_the_same(client: httpx.Client, root: str) -> None:
    name = {"matchType": "name", "v": "Dorset"}
    day = {"matchType": "property", "pid": "date", "v": "2018-01-01", "required": True}
    queries = [
        {"type": "area", "conditions": [name, day]},
        {"conditions": [{"matchType": "name", "v": "Newcastle"}], "limit": 3, "lang": "en"},
        {"conditions": [{"matchType": "property", "pid": "region", "v": [{"id": "area/E12000007"}, "x"]}]},
    ]
    answer = client.post(f"{root}/match", json={"queries": queries})
    told = answer.json()
    judge_draft_results(told, 3)
    assert told["results"][0]["candidates"][0]["id"] == "area/E10000009"
    assert len(told["results"][1]["candidates"]) == 3
    assert told["results"][2] == {"candidates": []}
    assert answer.headers["cache-control"] == "no-store"


def test_suggestions_begin_as_written(client: httpx.Client) -> None:
    told = client.get("/reconcile/suggest/entity", params={"prefix": "cumb", "type": "area"}).json()
    judge_suggestions(told)
    assert {"area/E10000006", "area/E06000063"} <= {one["id"] for one in told["result"]}
    assert all(one["id"].startswith("area/") for one in told["result"])
    one, two = (
        client.get("/reconcile/suggest/entity", params={"prefix": "s", "limit": 5, "cursor": at}).json()[
            "result"
        ]
        for at in (0, 5)
    )
    assert len(one) == len(two) == 5
    assert not {each["id"] for each in one} & {each["id"] for each in two}


@pytest.mark.parametrize("text", ["area/E10000006", "E10000006", "Cumbria"])
def test_identifier_and_name_suggest_the_thing(client: httpx.Client, text: str) -> None:
    told = client.get("/reconcile/suggest/entity", params={"prefix": text}).json()
    assert told["result"][0]["id"] == "area/E10000006"


def test_types_and_properties_are_suggested(client: httpx.Client) -> None:
    types = client.get("/reconcile/suggest/type", params={"prefix": "unit"}).json()
    judge_suggestions(types)
    assert types["result"][0] == {
        "id": "area/unitary",
        "name": "Unitary authority",
        "description": "A type of area.",
    }
    properties = client.get("/reconcile/suggest/property", params={"prefix": "reg"}).json()
    judge_suggestions(properties)
    assert properties["result"][0]["id"] == "region"


@pytest.mark.parametrize("is_draft", [False, True])
def test_properties_are_added_to_matched_rows(client: httpx.Client, *, is_draft: bool) -> None:
    ids = ["area/E10000006", "body/kent-county-council", "indicator/adult-obesity", "area/none"]
    names = [
        "code",
        "successors",
        "region",
        "end",
        "council",
        "areas",
        "unit",
        "theme",
        "owner",
        "uri",
        "other_names",
    ]
    query = {"ids": ids, "properties": [{"id": name} for name in names]}
    if is_draft:
        told = client.post("/reconcile/extend", json=query).json()
    else:
        told = client.post("/reconcile", data={"extend": json.dumps(query)}).json()
    judge_extension(told, ids, is_draft=is_draft)
    if is_draft:
        return
    cumbria, kent, obesity, none = told["rows"].values()
    assert cumbria["code"] == [{"str": "E10000006"}]
    assert [one["id"] for one in cumbria["successors"]] == ["area/E06000063", "area/E06000064"]
    assert cumbria["region"] == [{"id": "area/E12000002", "name": "North West"}]
    assert cumbria["end"] == [{"date": "2023-03-31T00:00:00Z"}]
    assert cumbria["council"] == [{"id": "body/cumbria-county-council", "name": "Cumbria County Council"}]
    assert {"str": "cumbria county"} in cumbria["other_names"]
    assert kent["areas"] == [{"id": "area/E10000016", "name": "Kent"}]
    assert obesity["unit"] == [{"str": "Percent"}]
    assert obesity["theme"] == [{"str": "Health"}]
    assert all(values == [] for values in none.values())


def test_newest_figure_is_the_one_on_the_api(client: httpx.Client) -> None:
    query = {
        "ids": ["area/E09000015", "area/E12000007"],
        "properties": [{"id": "figure/employment-rate"}, {"id": "period/employment-rate"}],
    }
    row = client.get("/reconcile", params={"extend": json.dumps(query)}).json()["rows"]["area/E09000015"]
    asked = {"area": "E09000015", "indicator": "employment-rate", "period": "latest"}
    (figure,) = client.get("/api/v1/observations", params=asked).json()["items"]
    assert row["figure/employment-rate"] == [{"float": figure["value"]}]
    (period,) = row["period/employment-rate"]
    assert period["str"]


def test_figure_without_a_value_gives_the_words_of_its_status(
    client: httpx.Client, example_site: ExampleSite
) -> None:
    hidden = example_site.edition.row(
        "SELECT o.area, o.indicator, c.label FROM observations o JOIN periods p USING (period)"
        " JOIN codes c ON c.code_list = 'status' AND c.code = o.status"
        " WHERE o.value IS NULL AND o.breakdown = '' AND p.end_on = (SELECT max(q.end_on) FROM observations n"
        " JOIN periods q USING (period) WHERE n.area = o.area AND n.indicator = o.indicator AND n.breakdown = '')"
        " AND 1 = (SELECT count(*) FROM observations n WHERE n.area = o.area AND n.indicator = o.indicator"
        " AND n.period = o.period AND n.breakdown = '') LIMIT 1"
    )
    assert hidden is not None
    name = f"figure/{hidden['indicator']}"
    query = {"ids": [f"area/{hidden['area']}"], "properties": [{"id": name}]}
    row = client.post("/reconcile/extend", json=query).json()["rows"][0]
    assert row["properties"] == [{"id": name, "values": [{"str": hidden["label"]}]}]


def test_properties_are_proposed_by_type(client: httpx.Client) -> None:
    told = client.get("/reconcile/extend/propose", params={"type": "area/unitary", "limit": 3}).json()
    assert [one["id"] for one in told["properties"]] == ["code", "uri", "name"]
    every = client.get("/reconcile/extend/propose", params={"type": "body"}).json()["properties"]
    assert "areas" in [one["id"] for one in every]
    assert not any(one["id"].startswith("figure/") for one in every)


@pytest.mark.parametrize("root", ROOTS)
def test_preview_may_stand_in_a_frame_and_says_what_followed(client: httpx.Client, root: str) -> None:
    answer = client.get(f"{root}/preview", params={"id": "area/E10000006"})
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    page = read_page(answer.content)
    assert "Cumberland and Westmorland and Furness" in page.text
    refused(client.get(f"{root}/preview", params={"id": "<script>"}), 404, "thing-unknown")


def test_every_site_may_post(client: httpx.Client) -> None:
    for path in ("/reconcile", "/reconcile/match", "/reconcile/draft/extend", "/reconcile/list"):
        answer = client.options(path, headers={"origin": "https://elsewhere.example.org"})
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "*"
    told = client.post(
        "/reconcile", data={"queries": "{}"}, headers={"origin": "https://elsewhere.example.org"}
    )
    assert (told.json(), told.headers["access-control-allow-origin"]) == ({}, "*")


def test_unknown_type_is_refused_with_the_nearest(client: httpx.Client) -> None:
    answer = client.post("/reconcile", data={"queries": '{"a": {"query": "Kent", "type": "area/distict"}}'})
    (problem,) = refused(answer, 400, "parameter-wrong")["problems"]
    assert (problem["query"], problem["nearest"]) == ("a", "area/district")


def test_unknown_property_is_refused_with_the_nearest(client: httpx.Client) -> None:
    queries = {"a": {"query": "Kent", "properties": [{"pid": "regoin", "v": "London"}]}}
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert refused(answer, 400, "parameter-wrong")["problems"][0]["nearest"] == "region"
    query = {"ids": [], "properties": [{"id": "succesors"}]}
    told = refused(client.post("/reconcile/extend", json=query), 400, "parameter-unknown")
    assert told["problems"][0]["nearest"] == "successors"


def test_all_faults_of_a_batch_are_told_at_once(client: httpx.Client) -> None:
    queries = {"a": {"query": 5}, "b": [], "c": {"limit": 0, "query": "x"}, "d": {"query": "x", "limt": 1}}
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    told = refused(answer, 400, "parameter-wrong")
    assert [one["query"] for one in told["problems"]] == ["a", "b", "c", "d"]
    assert told["problems"][3]["nearest"] == "limit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        '{"a"',
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"a": {}}',
        '{"a": {"query": "x", "type": {}}}',
        '{"a": {"query": "x", "type": [[]]}}',
        '{"a": {"query": "x", "limit": true}}',
        '{"a": {"query": "x", "limit": 1e400}}',
        '{"a": {"query": "x", "limit": 0.5}}',
        '{"a": {"query": "x", "properties": {}}}',
        '{"a": {"query": "x", "properties": [{"pid": "region"}]}}',
        '{"a": {"query": "x", "properties": [{"pid": "region", "v": {}}]}}',
        '{"a": {"query": "x", "properties": [{"pid": "region", "v": [[]]}]}}',
        "\u0000",
    ],
)
def test_malformed_batch_is_refused(client: httpx.Client, text: str) -> None:
    refused(client.post("/reconcile", data={"queries": text}), 400, "parameter-wrong")


@pytest.mark.parametrize(
    "queries",
    [
        None,
        {},
        [5],
        [{}],
        [{"conditions": []}],
        [{"conditions": [{"v": "x"}]}],
        [{"conditions": [{"matchType": "name", "v": ["one", "two"]}]}],
        [{"conditions": [{"matchType": "name", "v": "x"}], "type": ["area"]}],
        [{"conditions": [{"matchType": "property", "v": "x"}]}],
        [{"conditions": [{"matchType": "name", "v": "x", "matchQualifier": "skos:exactMatch"}]}],
        [{"conditions": [{"matchType": "property", "pid": "region", "v": "x", "matchQuantifier": "most"}]}],
        [{"query": "x"}],
    ],
)
def test_malformed_batch_of_the_draft_is_refused(client: httpx.Client, queries: object) -> None:
    refused(client.post("/reconcile/match", json={"queries": queries}), 400, "parameter-wrong")


def test_too_many_queries_are_refused_with_the_most(client: httpx.Client) -> None:
    many = {f"q{at}": {"query": "x"} for at in range(5_000)}
    told = refused(client.post("/reconcile", data={"queries": json.dumps(many)}), 413, "body-too-large")
    assert "5,000 queries; the most is 200" in told["detail"]
    draft = [{"conditions": [{"matchType": "name", "v": "x"}]}] * 201
    refused(client.post("/reconcile/match", json={"queries": draft}), 413, "body-too-large")
    ids = {"ids": ["area/E09000015"] * 501, "properties": []}
    refused(client.post("/reconcile/extend", json=ids), 413, "body-too-large")


def test_huge_body_is_refused(client: httpx.Client) -> None:
    for path, headers in (("/reconcile", FORM), ("/reconcile/match", JSON), ("/reconcile/list", FORM)):
        refused(client.post(path, content=b"x" * 5_000_000, headers=headers), 413, "body-too-large")


def test_wrong_method_and_wrong_form_are_refused(client: httpx.Client) -> None:
    refused(client.get("/reconcile/match"), 405, "method-not-allowed")
    refused(client.put("/reconcile"), 405, "method-not-allowed")
    refused(client.post("/reconcile/suggest/entity"), 405, "method-not-allowed")
    refused(client.post("/reconcile", content="{}", headers=JSON), 415, "media-type-unknown")
    refused(client.post("/reconcile/match", content="a=b", headers=FORM), 415, "media-type-unknown")
    refused(client.post("/reconcile/match", content=b"\xff", headers=JSON), 400, "parameter-wrong")


def test_what_is_not_offered_is_refused(client: httpx.Client) -> None:
    refused(client.get("/reconcile", params={"callback": "run"}), 400, "parameter-unknown")
    refused(client.post("/reconcile", data={"query": "x"}), 400, "parameter-unknown")
    refused(client.get("/reconcile/suggest/entity", params={"type": "aera"}), 400, "parameter-wrong")
    refused(client.get("/reconcile/extend/propose", params={"type": "aera"}), 400, "parameter-wrong")


def test_hundred_names_are_one_batch(client: httpx.Client, example_site: ExampleSite) -> None:
    rows = example_site.edition.rows("SELECT area, label FROM areas WHERE area_type = 'district' LIMIT 100")
    told = ask(client, {row["area"]: {"query": row["label"], "type": "area"} for row in rows})
    judge_results(told, [row["area"] for row in rows])
    assert all(f"area/{code}" in [one["id"] for one in found["result"]] for code, found in told.items())


def test_examples_of_the_guide_answer_as_it_says(example_site: ExampleSite, root: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("NOT TESTED as the guide has it: there is no curl; apt-get install curl")
    guide = (root / "docs" / "reconciling.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?ms)^```sh\n(.*?)^```", guide)
    assert len(commands) == 4
    said = []
    for command in commands:
        here = command.replace("http://127.0.0.1:8001", example_site.url)
        # The guide's own commands, as a reader types them.
        ran = subprocess.run(["/bin/sh", "-c", here], capture_output=True, text=True, check=True)
        said.append(ran.stdout)
    first = json.loads(said[0])["q0"]["result"]
    second = json.loads(said[1])["results"][0]["candidates"]
    assert first == second
    assert (first[0]["id"], first[0]["match"]) == ("area/E10000006", True)
    assert first[0]["description"] in " ".join(guide.split())
    row = {one["id"]: one["values"] for one in json.loads(said[2])["rows"][0]["properties"]}
    assert [one["name"] for one in row["successors"]] == ["Cumberland", "Westmorland and Furness"]
    assert said[3].splitlines()[1].startswith("LB Harrow,true,E09000015,")


def test_scores_of_the_guide_are_those_of_the_code(root: Path) -> None:
    guide = (root / "docs" / "reconciling.md").read_text(encoding="utf-8")
    table = guide.partition("| score |")[2].partition("\n\n")[0]
    scores = [int(number) for number in re.findall(r"(?m)^\| (\d+)", table)]
    assert scores == [*sorted(WAY_SCORES.values(), reverse=True), MOST_PARTIAL]
    for less in (LESS_IF_ENDED, LESS_IF_NOT_THERE):
        assert f"has {less} less" in " ".join(guide.split())
    assert f"takes {LESS_FOR_PROPERTY}" in guide
    assert f"at most {MOST_QUERIES} queries" in guide

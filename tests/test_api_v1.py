"""The JSON API on a real server: filters, parts, CSV, verdicts, and its own description."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import httpx
import jsonschema
import pytest
from test_api_world import Served, client, site

from api.answers import csv_lines
from api.v1_targets import as_flat
from tools.example_site import ExampleSite

__all__ = ["client", "site"]

LISTS = (
    "areas",
    "indicators",
    "datasets",
    "groups",
    "judgements",
    "targets",
    "signals",
    "responses",
    "observations",
)


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("name", LISTS)
def test_every_list_says_edition_licence_source_query_count_and_next(
    client: httpx.Client, site: Served, name: str
) -> None:
    told = read(client, f"/api/v1/{name}")
    assert told["edition"] == site.app.state.editions.current.name
    assert told["licence"] == ["https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"]
    assert told["source"][0]["publisher"]
    assert told["query"] == {"limit": 100}
    assert told["count"] == len(told["items"]) > 0
    assert told["next"] is None
    assert all(item["uri"].startswith(f"{site.url}id/") for item in told["items"])


@pytest.mark.parametrize("name", LISTS)
def test_parts_of_a_list_are_the_list(client: httpx.Client, name: str) -> None:
    whole = read(client, f"/api/v1/{name}")
    address: str | None = f"/api/v1/{name}?limit=1"
    found = []
    while address is not None:
        part = read(client, address)
        assert part["count"] == whole["count"]
        found += part["items"]
        address = part["next"]
    assert found == whole["items"]


@pytest.mark.parametrize("name", LISTS)
def test_csv_holds_the_whole_list_and_the_same_values(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/api/v1/{name}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["link"].count('rel="license"') == 1
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    items = read(client, f"/api/v1/{name}")["items"]
    if name == "targets":
        # One row for each area that a target is for.
        items = [row for item in items for row in as_flat(item)]
    fields = rows[0].keys()
    written = csv_lines(list(fields), items).decode()
    assert answer.text == written
    assert client.get(f"/api/v1/{name}", headers={"Accept": "text/csv"}).text == answer.text


@pytest.mark.parametrize(
    ("query", "areas"),
    [
        ("area=E06000002", {"E06000002"}),
        ("area=E06000002&area=E06000003", {"E06000002", "E06000003"}),
        ("indicator=recycled&period=2022-04-01_P1Y", {"E06000001", "E06000002"}),
        ("indicator=recycled&period=latest", {"E06000002", "E06000003", "E92000001"}),
        ("status=suppressed", {"E06000002"}),
        ("dataset=work&breakdown=total", {"E06000002"}),
        ("dataset=work&breakdown=sex%3Dfemale", {"E06000002"}),
        ("indicator=recycled&area=E06000003&period=2022-04-01_P1Y", set()),
        ("indicator=recycled&breakdown=sex%3Dfemale", set()),
        ("until=2023-03-31", {"E06000001", "E06000002"}),
        ("indicator=recycled&since=2023-04-01", {"E06000002", "E06000003", "E92000001"}),
        ("indicator=recycled&since=2023-04-02", set()),
        ("indicator=recycled&since=2022-04-01&until=2024-03-30", {"E06000001", "E06000002"}),
    ],
)
def test_filters_find_exactly_what_they_say(client: httpx.Client, query: str, areas: set[str]) -> None:
    told = read(client, f"/api/v1/observations?{query}")
    assert {item["area"] for item in told["items"]} == areas
    assert told["count"] == len(told["items"])


def test_value_is_a_number_beside_the_digits_as_published(client: httpx.Client) -> None:
    (item,) = read(client, "/api/v1/observations?area=E06000002&indicator=recycled&period=2022-04-01_P1Y")[
        "items"
    ]
    assert (item["value"], item["value_text"]) == (43.6, "43.60")
    assert (item["numerator"], item["denominator"], item["status"]) == (436.0, 1000.0, "normal")


def test_zero_is_not_absent_and_absent_is_not_zero(client: httpx.Client) -> None:
    items = read(client, "/api/v1/observations?indicator=recycled&period=2023-04-01_P1Y")["items"]
    told = {item["area"]: (item["value"], item["value_text"], item["status"]) for item in items}
    assert told["E92000001"] == (0.0, "0.0", "normal")
    assert told["E06000002"] == (None, None, "suppressed")


@pytest.mark.parametrize(
    ("address", "status", "parameter", "nearest"),
    [
        ("observations?indikator=recycled", 400, "indikator", "indicator"),
        ("observations?area=E06000020", 404, "area", "E06000002"),
        ("observations?indicator=recyled", 404, "indicator", "recycled"),
        ("areas?area_type=unitray", 400, "area_type", "unitary"),
        ("indicators?theme=wast", 404, "theme", "waste"),
        ("observations?limit=0", 400, "limit", None),
        ("observations?limit=1001", 400, "limit", None),
        ("observations?limit=ten", 400, "limit", None),
        ("observations?since=2024-01-01&until=2020-12-31", 400, "since", None),
        ("series?since=2024-01-01&until=2020-12-31", 400, "since", None),
        ("series?since=last-year", 400, "since", None),
        ("series?formt=csv", 400, "formt", "format"),
        ("observations?format=xml", 400, "format", None),
        ("areas?is_current=perhaps", 400, "is_current", None),
        ("search", 400, "q", None),
        ("verdict?a=x", 400, "b", None),
        ("observations?limit=1&limit=2&as-of=2020", 400, "as-of", None),
    ],
)
def test_slip_is_refused_with_its_name(
    client: httpx.Client, address: str, status: int, parameter: str, nearest: str | None
) -> None:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (problem,) = answer.json()["problems"]
    assert problem["parameter"] == parameter
    assert problem.get("nearest") == nearest


def test_known_code_without_figures_is_an_empty_list_and_not_a_slip(client: httpx.Client) -> None:
    assert read(client, "/api/v1/observations?status=forecast")["items"] == []


def test_flag_and_versions_narrow_lists(client: httpx.Client) -> None:
    ended = read(client, "/api/v1/areas?is_current=false")["items"]
    assert [item["area"] for item in ended] == ["E06000001"]
    assert [i["version"] for i in read(client, "/api/v1/indicators?indicator=recycled")["items"]] == ["2.0.0"]
    every = read(client, "/api/v1/indicators?indicator=recycled&versions=all")["items"]
    assert [item["version"] for item in every] == ["1.0.0", "2.0.0"]
    assert every[0]["themes"] == ["waste"]
    (group,) = read(client, "/api/v1/groups?area=E06000003")["items"]
    assert group["members"] == ["E06000002", "E06000003"]
    assert read(client, "/api/v1/judgements?area=E06000002")["count"] == 1


def test_series_are_the_figures_in_order_of_time(client: httpx.Client) -> None:
    told = read(client, "/api/v1/series?indicator=recycled&area=E06000002")
    (series,) = told["items"]
    assert [(point["period"], point["value_text"]) for point in series["points"]] == [
        ("2022-04-01_P1Y", "43.60"),
        ("2023-04-01_P1Y", None),
    ]
    assert series["unit"] == "percent"


def test_a_series_says_where_its_line_is_cut_and_keeps_restated_figures_apart(client: httpx.Client) -> None:
    (old,) = read(client, "/api/v1/series?indicator=recycled&area=E06000002")["items"]
    assert [(point["verdict"], point["verdict_reasons"]) for point in old["points"]] == [
        (None, []),
        ("not-comparable", ["no-value", "version"]),
    ]
    (new,) = read(client, "/api/v1/series?indicator=recycled&area=E06000003")["items"]
    assert [point["period"] for point in new["points"]] == ["2023-04-01_P1Y"]
    (restated,) = new["restated"]
    assert (restated["period"], restated["value_text"], restated["method"]) == (
        "2022-04-01_P1Y",
        "41.0",
        "same-boundary",
    )
    # The next year was counted anew, by another version: the reasons are all there.
    assert restated["verdict"] == "not-comparable"
    assert restated["reasons"] == ["break", "version", "restated"]
    (made_from,) = restated["made_from"]
    assert made_from.endswith("id/observation/waste/recycled/E06000001/2022-04-01_P1Y")
    assert client.get(made_from, follow_redirects=True).status_code == 200


def test_restated_figures_are_a_list_of_their_own(client: httpx.Client) -> None:
    (row,) = read(client, "/api/v1/restated?area=E06000003")["items"]
    assert (row["area_label"], row["predecessors"], row["known_count"]) == ("Newshire", ["E06000001"], 1)
    assert read(client, "/api/v1/restated?gap=predecessor-missing")["items"] == []
    table = client.get("/api/v1/restated?format=csv").text
    (line,) = csv.DictReader(io.StringIO(table))
    assert (line["value_text"], line["made_from"]) == ("41.0", row["made_from"][0])
    wrong = client.get("/api/v1/restated?area=E06000004")
    assert (wrong.status_code, wrong.json()["problems"][0]["nearest"]) == (404, "E06000001")


def test_parts_of_series_are_all_series(client: httpx.Client) -> None:
    whole = read(client, "/api/v1/series")
    address: str | None = "/api/v1/series?limit=1"
    found = []
    while address is not None:
        part = read(client, address)
        assert part["count"] == whole["count"] == 7
        found += part["items"]
        address = part["next"]
    assert found == whole["items"]
    told = [(one["area"], one["indicator"], one["breakdown"]) for one in found]
    assert len(set(told)) == 7
    figures = sum(len(one["points"]) for one in found)
    assert figures == read(client, "/api/v1/observations")["count"]


def test_profile_is_the_area_document(client: httpx.Client) -> None:
    told = read(client, "/api/v1/profile/E06000002")
    document = read(client, "/areas/E06000002.json")
    assert told["items"] == document["items"]
    assert {row["indicator"] for row in told["items"]} == {"recycled", "in-work"}
    assert client.get("/api/v1/profile/E0").status_code == 404


def test_profile_of_an_area_that_ended_says_so_and_who_said_it(client: httpx.Client) -> None:
    told = read(client, "/areas/E06000001.json")
    assert told["area"]["end_on"] == "2023-03-31"
    assert told["source"]


def test_verdict_gives_its_reasons(client: httpx.Client, site: Served) -> None:
    a = "waste/recycled/E06000002/2022-04-01_P1Y"
    b = f"{site.url}id/observation/waste/recycled/E06000003/2023-04-01_P1Y"
    told = read(client, f"/api/v1/verdict?a={a}&b={b}")
    assert told["verdict"] == "not-comparable"
    assert {"version", "break"} & {reason["code"] for reason in told["reasons"]}
    assert (told["a"]["value_text"], told["b"]["value_text"]) == ("43.60", "45")
    turned = read(client, f"/api/v1/verdict?a={b}&b=/observations/{a}")
    assert turned["verdict"] == told["verdict"]
    assert read(client, f"/api/v1/verdict?a={a}&b={a}")["verdict"] == "like-for-like"
    assert client.get(f"/api/v1/verdict?a={a}&b=nothing/like/this/2020").status_code == 404


def test_cursor_is_bound_to_its_list_and_edition(client: httpx.Client) -> None:
    following = read(client, "/api/v1/areas?limit=1")["next"]
    cursor = re.search(r"cursor=([^&]+)", following)[1]  # type: ignore[index]
    assert client.get(f"/api/v1/observations?cursor={cursor}").status_code == 404
    assert client.get("/api/v1/areas?cursor=bm90LW91cnM").status_code == 404
    gone = "WyIyMDIwLTAxLTAxLTAwMDAwMDAwMDAwMCIsIkUwNjAwMDAwMiJd"
    answer = client.get(f"/api/v1/areas?cursor={gone}")
    assert (answer.status_code, answer.json()["title"]) == (410, "The edition is no longer kept")


def test_edition_can_be_named(client: httpx.Client, site: Served) -> None:
    name = site.app.state.editions.current.name
    pinned = client.get(f"/api/v1/areas?edition={name}")
    assert "max-age=86400" in pinned.headers["cache-control"]
    assert pinned.json()["items"] == read(client, "/api/v1/areas")["items"]
    assert client.get("/api/v1/areas?edition=2020-01-01-000000000000").status_code == 404
    assert client.get("/api/v1/areas?edition=../../etc").status_code == 400


def test_known_tag_of_a_list_is_answered_304(client: httpx.Client) -> None:
    first = client.get("/api/v1/observations?area=E06000002&limit=3")
    again = client.get(
        "/api/v1/observations?limit=3&area=E06000002", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert client.get("/api/v1/areas", headers={"If-None-Match": "*"}).status_code == 304
    assert client.get("/api/v1/nope", headers={"If-None-Match": "*"}).status_code == 404


def test_any_site_may_read(client: httpx.Client) -> None:
    answer = client.get("/api/v1/areas", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Link" in answer.headers["access-control-expose-headers"]
    asked = client.options(
        "/api/v1/areas",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"},
    )
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")


# ---- the description ----


def test_description_has_every_operation_with_its_failures(client: httpx.Client) -> None:
    told = read(client, "/openapi.json")
    assert told["openapi"].startswith("3.1")
    paths = told["paths"]
    assert set(paths) == {
        *(f"/api/v1/{name}" for name in LISTS),
        *(
            f"/api/v1/{name}"
            for name in (
                "series",
                "restated",
                "revisions",
                "groups/{group}",
                "plans",
                "profile/{area}",
                "compare",
                "verdict",
                "search",
                "propose",
            )
        ),
        "/reconcile",
        *(f"/reconcile/{name}" for name in ("match", "extend", "extend/propose", "suggest/entity")),
        "/indicators/{indicator}/{form}",
        "/indicators/{indicator}/{version}/{form}",
        "/datasets/{dataset}/croissant.json",
    }
    posted = [path for path, operations in paths.items() if set(operations) != {"get"}]
    assert posted == ["/api/v1/propose", "/reconcile", "/reconcile/match", "/reconcile/extend"]
    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert {"200", "304", "400", "404", "406", "410"} <= set(operation["responses"]), path
            assert "422" not in operation["responses"]
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (path, parameter["name"])


ANSWERED = (
    *(f"/api/v1/{name}" for name in LISTS),
    "/api/v1/series?area=E06000002",
    "/api/v1/series?area=E06000003",
    "/api/v1/restated",
    "/api/v1/revisions",
    "/api/v1/profile/E06000002",
    "/api/v1/verdict?a=waste/recycled/E06000002/2022-04-01_P1Y&b=waste/recycled/E06000001/2022-04-01_P1Y",
    "/api/v1/compare?indicator=recycled&areas=E06000002,E06000001&period=2022-04-01_P1Y",
    "/api/v1/groups/unitaries?on=2023-04-01",
    "/api/v1/search?q=brook",
    "/api/v1/search?q=brookborouh",
    "/api/v1/propose?label=Rubbish+recycled&unit=percent",
)


@pytest.mark.parametrize("address", ANSWERED)
def test_answers_are_as_described(client: httpx.Client, address: str) -> None:
    described = read(client, "/openapi.json")
    path = address.partition("?")[0].replace("profile/E06000002", "profile/{area}")
    path = path.replace("groups/unitaries", "groups/{group}")
    schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": described["components"]}
    jsonschema.Draft202012Validator(whole).validate(read(client, address))
    model = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert set(read(client, address)) == set(model["properties"])


@pytest.mark.parametrize("address", ["/api/v1/areas?x=1", "/api/v1/nope", "/api/v1/profile/E0"])
def test_failures_are_as_described(client: httpx.Client, address: str) -> None:
    described = read(client, "/openapi.json")
    answer = client.get(address)
    schema = {"$ref": "#/components/schemas/Failure", "components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    page = client.get(answer.json()["type"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert answer.json()["title"] in page.text


# Of an address that is only posted to.
_NO_ANSWER: dict[str, Any] = {"responses": {"200": {}}}


def example_addresses(described: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List the real answers that a description names: path, media type and address."""
    return [
        (path, media_type, content["examples"]["live"]["externalValue"])
        for path, operations in described["paths"].items()
        for media_type, content in operations.get("get", _NO_ANSWER)["responses"]["200"]
        .get("content", {})
        .items()
        if "examples" in content
    ]


def test_page_of_the_reference_leads_to_every_real_example(client: httpx.Client) -> None:
    page = client.get("/api", headers={"Accept": "text/html"}).text
    found = example_addresses(read(client, "/openapi.json"))
    assert len(found) > 20
    for _, _, address in found:
        assert f'href="{html.escape(address)}"' in page, address


def test_every_form_of_every_operation_has_a_real_example(example_site: ExampleSite) -> None:
    described = httpx.get(f"{example_site.url}/openapi.json").json()
    found = example_addresses(described)
    wanted = {
        (path, media_type)
        for path, operations in described["paths"].items()
        for media_type in operations.get("get", _NO_ANSWER)["responses"]["200"].get("content", {})
        # No real plan is among the example's sources; test_target_doors.py has one of its own.
        if path.startswith("/api/") and path != "/api/v1/plans"
    }
    assert {(path, media_type) for path, media_type, _ in found} >= wanted
    with httpx.Client(timeout=60) as client:
        for path, media_type, address in found:
            assert address.startswith(f"{example_site.url}/"), address
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.text[:300])
            if not path.startswith("/api/"):
                continue
            assert answer.headers["content-type"].partition(";")[0] == media_type, address
            if media_type == "application/json":
                operation = described["paths"][path]["get"]
                schema = operation["responses"]["200"]["content"][media_type]["schema"]
                whole = {**schema, "components": described["components"]}
                jsonschema.Draft202012Validator(whole).validate(answer.json())
                # Nobody's words are invented, so the example has no response; a first edition has no revision.
                is_empty = path in ("/api/v1/responses", "/api/v1/revisions")
                assert answer.json().get("count", 1) > 0 or is_empty, address

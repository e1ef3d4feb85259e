"""The verdict at every door: one function decides, and each door carries what it says."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef
from test_api_world import Served, client, serving, site
from test_publish_world import YEAR_2022, YEAR_2023, observation

__all__ = ["client", "site"]

BROOK = f"waste/recycled/E06000002/{YEAR_2022}"
ALDHAM = f"waste/recycled/E06000001/{YEAR_2022}"
NEWSHIRE = f"waste/recycled/E06000003/{YEAR_2023}"


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    told: dict[str, Any] = answer.json()
    return told


def codes(reasons: list[dict[str, Any]]) -> list[str]:
    return [reason["code"] for reason in reasons]


def test_one_figure_is_held_against_several(client: httpx.Client) -> None:
    told = read(client, f"/api/v1/verdict?a={BROOK}&b={ALDHAM}&b={NEWSHIRE}")
    alike, apart = told["pairs"]
    assert (alike["verdict"], alike["figure"]["area"]) == ("like-for-like", "E06000001")
    assert (apart["verdict"], apart["figure"]["area"]) == ("not-comparable", "E06000003")
    assert codes(apart["reasons"]) == ["break", "version", "period"]
    assert (told["verdict"], told["reasons"]) == ("not-comparable", apart["reasons"])
    assert read(client, f"/api/v1/verdict?a={BROOK}&b={NEWSHIRE}")["reasons"] == apart["reasons"]


def test_verdict_as_csv_has_a_row_for_each_pair(client: httpx.Client, site: Served) -> None:
    answer = client.get(f"/api/v1/verdict?a={BROOK}&b={ALDHAM}&b={NEWSHIRE}&format=csv")
    alike, apart = csv.DictReader(io.StringIO(answer.text))
    assert alike["a"] == f"{site.url}id/observation/{BROOK}"
    assert (alike["verdict"], alike["verdict_reasons"]) == ("like-for-like", "")
    assert (apart["verdict"], apart["verdict_reasons"]) == ("not-comparable", "break;version;period")
    assert "The way of counting changed between the two periods." in apart["reasons"]


# rdflib reads JSON-LD with a class that it deprecates itself.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", ["ttl", "jsonld", "nt", "rdf"])
def test_verdict_as_linked_data_names_both_figures_and_every_reason(
    client: httpx.Client, site: Served, form: str
) -> None:
    answer = client.get(f"/api/v1/verdict?a={BROOK}&b={NEWSHIRE}&format={form}")
    media_type = answer.headers["content-type"].partition(";")[0]
    graph = Graph().parse(data=answer.text, format=media_type)
    vocabulary = Namespace(f"{site.url}def/")
    [decided] = graph.subjects(RDF.type, vocabulary.Verdict)
    assert set(graph.objects(decided, vocabulary.compares)) == {
        URIRef(f"{site.url}id/observation/{path}") for path in (BROOK, NEWSHIRE)
    }
    [level] = graph.objects(decided, vocabulary.comparable)
    assert level == URIRef(f"{site.url}id/code/comparability/no")
    reasons = list(graph.objects(decided, vocabulary.verdictReason))
    told = {str(graph.value(reason, SKOS.notation)) for reason in reasons}
    assert told == {"break", "version", "period"}
    assert Literal("They are for different periods.", lang="en") in set(
        graph.objects(None, DCTERMS.description)
    )
    assert client.get(str(decided).partition("#")[0]).status_code == 200


def test_accept_chooses_linked_data_and_json_leads_to_it(client: httpx.Client) -> None:
    address = f"/api/v1/verdict?a={BROOK}&b={NEWSHIRE}"
    turtle = client.get(address, headers={"Accept": "text/turtle"})
    assert turtle.headers["content-type"] == "text/turtle; charset=utf-8"
    linked = client.get(address).headers["link"].partition('>; rel="alternate"')[0].rpartition("<")[2]
    assert client.get(linked).text == turtle.text


def test_same_verdict_whichever_way_round(client: httpx.Client) -> None:
    turned = read(client, f"/api/v1/verdict?a={NEWSHIRE}&b={BROOK}")
    assert turned["verdict"] == "not-comparable"
    assert codes(turned["reasons"]) == ["break", "version", "period"]


def test_too_many_or_no_figures_are_refused(client: httpx.Client) -> None:
    many = "&".join(f"b={BROOK}" for _ in range(51))
    answer = client.get(f"/api/v1/verdict?a={BROOK}&{many}")
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "There are too many values of 'b'; the most is 50.",
    )
    assert client.get(f"/api/v1/verdict?a={BROOK}").json()["problems"][0]["parameter"] == "b"


# ---- series ----


def test_each_figure_of_a_series_says_whether_it_follows_the_one_before(client: httpx.Client) -> None:
    told = read(client, "/api/v1/series?indicator=recycled&area=E06000002")
    (series,) = told["items"]
    first, second = series["points"]
    assert (first["verdict"], first["verdict_reasons"]) == (None, [])
    assert (second["verdict"], second["verdict_reasons"]) == ("not-comparable", ["no-value", "version"])
    assert (series["verdict"], codes(series["reasons"])) == ("not-comparable", ["no-value", "version"])


def test_series_and_the_door_of_verdicts_agree(client: httpx.Client) -> None:
    (series,) = read(client, "/api/v1/series?indicator=recycled&area=E06000002")["items"]
    first, second = series["points"]
    told = read(client, f"/api/v1/verdict?a={first['uri']}&b={second['uri']}")
    assert (told["verdict"], codes(told["reasons"])) == (second["verdict"], second["verdict_reasons"])


def test_table_of_series_has_the_verdicts_as_columns(client: httpx.Client) -> None:
    answer = client.get("/api/v1/series?indicator=recycled&area=E06000002&format=csv")
    first, second = csv.DictReader(io.StringIO(answer.text))
    assert list(first)[-2:] == ["verdict", "verdict_reasons"]
    assert (first["verdict"], second["verdict"]) == ("", "not-comparable")
    assert second["verdict_reasons"] == "no-value;version"


def test_series_of_one_figure_is_like_for_like_with_itself(client: httpx.Client) -> None:
    (series,) = read(client, "/api/v1/series?indicator=recycled&area=E92000001")["items"]
    assert (len(series["points"]), series["verdict"], series["reasons"]) == (1, "like-for-like", [])


def test_profile_says_why_a_change_may_not_be_read(client: httpx.Client) -> None:
    items = read(client, "/api/v1/profile/E06000002")["items"]
    (row,) = [item for item in items if item["indicator"] == "recycled"]
    assert (row["change_verdict"], row["change_reasons"]) == ("not-comparable", ["no-value", "version"])


# ---- areas that are not known ----


@pytest.mark.parametrize(
    ("written", "nearest", "suggested"),
    [
        ("E06000020", "E06000002", ["E06000002"]),
        ("Brook", "E06000002", ["E06000002"]),
        ("aldam", "E06000001", ["E06000001"]),
        ("zzzzzz", None, []),
    ],
)
@pytest.mark.parametrize("door", ["profile/{}", "observations?area={}", "series?area={}"])
def test_unknown_area_is_told_with_those_it_may_mean(
    client: httpx.Client, door: str, written: str, nearest: str | None, suggested: list[str]
) -> None:
    answer = client.get(f"/api/v1/{door.format(written)}")
    told = answer.json()
    assert (answer.status_code, told["nearest"]) == (404, nearest)
    assert [one["area"] for one in told["suggestions"]] == suggested
    assert written in told["detail"]


def test_ended_area_is_suggested_as_one_that_has_ended(client: httpx.Client) -> None:
    told = client.get("/api/v1/profile/aldham-borough").json()
    assert told["detail"].endswith("Perhaps: Aldham (E06000001, ended).")


def test_series_whose_figures_do_not_break_are_like_for_like(tmp_path: Path) -> None:
    rows = [
        observation("E06000002", "2023-04-01_P1Y", "40"),
        observation("E06000002", "2024-04-01_P1Y", "41"),
    ]
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        served.publish(rows)
        (series,) = read(client, "/api/v1/series")["items"]
        assert [point["verdict"] for point in series["points"]] == [None, "like-for-like"]
        assert series["verdict"] == "like-for-like"

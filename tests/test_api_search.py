"""Search: what people write finds the thing, and nothing they write can break it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_api_world import Served, client, site

from api.search import find_exact, find_hits, find_spellings

__all__ = ["client", "site"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("E06000002", "/areas/E06000002"),
        ("e06000002", "/areas/E06000002"),
        ("Brookborough", "/areas/E06000002"),
        (" brook ", "/areas/E06000002"),
        ("Sir Newydd", "/areas/E06000003"),
        ("sir néwydd", "/areas/E06000003"),
        ("Household waste recycled", "/indicators/recycled"),
        ("Brookborough Council", "/bodies/brookborough-council"),
    ],
)
def test_whole_name_or_code_leads_straight_to_the_thing(
    client: httpx.Client, text: str, address: str
) -> None:
    answer = client.get("/search", params={"q": text}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers.get("location")) == (302, address)
    assert client.get("/api/v1/search", params={"q": text}).json()["exact"]["address"] == address


def test_areas_come_first(site: Served) -> None:
    edition = site.app.state.editions.current
    assert [hit.kind for hit in find_hits(edition, "brook")] == ["area", "body"]


def test_area_that_ended_comes_after_those_that_exist(site: Served) -> None:
    hits = find_hits(site.app.state.editions.current, "a")
    ended = [not hit.is_current for hit in hits if hit.kind == "area"]
    assert ended == sorted(ended)


def test_nothing_found_offers_the_nearest_spelling(client: httpx.Client) -> None:
    told = client.get("/api/v1/search", params={"q": "Brokborogh"}).json()
    assert told["items"] == []
    assert told["nearest"][0]["notation"] == "E06000002"
    page = client.get("/search", params={"q": "Brokborogh"}, headers={"Accept": "text/html"})
    assert "Brookborough" in page.text or "Brook" in page.text


@pytest.mark.parametrize(
    "text",
    [
        "st. helens AND (",
        '"',
        "NEAR(a b)",
        "label:brook",
        "brook*",
        "a OR",
        "NOT",
        "'; DROP TABLE areas; --",
        "^brook",
    ],
)
def test_signs_of_the_search_language_mean_nothing(client: httpx.Client, text: str) -> None:
    for address in ("/search", "/api/v1/search"):
        answer = client.get(address, params={"q": text}, headers={"Accept": "*/*"})
        assert answer.status_code in (200, 302), answer.text


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(text=st.text(max_size=40))
def test_no_text_breaks_the_search(site: Served, text: str) -> None:
    edition = site.app.state.editions.current
    find_exact(edition, text)
    assert isinstance(find_hits(edition, text), list)
    assert isinstance(find_spellings(edition, text), list)


def test_kind_narrows(client: httpx.Client) -> None:
    told = client.get("/api/v1/search", params={"q": "brook", "kind": "body"}).json()
    assert [item["kind"] for item in told["items"]] == ["body"]
    refused = client.get("/api/v1/search", params={"q": "brook", "kind": "bodey"})
    assert (refused.status_code, refused.json()["problems"][0]["nearest"]) == (400, "body")

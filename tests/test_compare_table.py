"""What the table of a comparison says of places and of the set, on a world that can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from page_reading import Element, read_page
from test_api_world import Served, serving
from test_compare_views import FIGURES, WORLD, A, B, C, D, K

Q, R = "E06000005", "E06000006"  # Quayside, Rowanham: unitary


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("compared"), is_published=False) as served:
        served.publish(FIGURES, tables=WORLD)
        yield served


@pytest.fixture
def client(compared: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=compared.url, timeout=30, headers={"accept": "text/html"}) as made:
        yield made


def look(client: httpx.Client, **query: str) -> Element:
    answer = client.get("/compare", params=query)
    assert answer.status_code == 200, answer.text
    return read_page(answer.content)


def intervals_of(page: Element) -> dict[str, str]:
    """Read the last cell of each row of the table of councils."""
    table = next(one for one in page.every("table") if "dashed line" in one.text)
    assert next(iter(table.one("thead").every("tr"))).text.endswith("Places it may have")
    return {row.one("th").text: list(row.every("td"))[-1].text for row in table.one("tbody").every("tr")}


def without_place(page: Element) -> dict[str, str]:
    listed = next(one for one in page.every("dl") if one.attributes.get("id") == "without-place")
    return {
        reason.text: names.text for reason, names in zip(listed.every("dt"), listed.every("dd"), strict=True)
    }


def test_a_place_comes_with_the_places_it_may_as_well_have(client: httpx.Client) -> None:
    page = look(client, indicator="visits", areas=A, group="all")
    # 52, 51, 50, 50, 48 and 30: 50 of 100 has the range 40.4 to 59.6, and only 30 lies below it all.
    assert (
        "Brook: place 3 of 6, counted from the highest. It may be anywhere from 1 to 5: it cannot be told apart from"
        " 4 others. Its figure lies in the middle half, not above the middle." in page.text
    )
    told = intervals_of(page)
    assert told["Brook"] == told["Newshire"] == told["Kelling"] == "1 to 5"
    assert told["Penford"] == "6, apart from all others"


def test_the_order_is_by_figure_and_nobody_is_best_or_worst(client: httpx.Client) -> None:
    page = look(client, indicator="visits", areas=A, group="all")
    assert list(intervals_of(page)) == ["Kelling", "Rowanham", "Brook", "Newshire", "Quayside", "Penford"]
    for word in ("best", "worst", "failing"):
        assert word not in page.text.lower().split()


def test_without_ranges_no_row_has_a_place_and_the_sentence_says_why(client: httpx.Client) -> None:
    page = look(client, indicator="reused", areas=A, group="all")
    assert "Brook: place 3 of 3, counted from the highest. Its range is not known" in page.text
    assert "quarter" not in page.text
    assert "Places it may have" not in page.text


def test_who_may_not_be_compared_has_no_place_and_is_listed_with_the_reason(client: httpx.Client) -> None:
    page = look(client, indicator="recycled", areas=f"{D},{A},{K},{C}")
    assert "Dene: place 1 of 2" in page.text
    listed = without_place(page)
    assert listed["The two councils are of different tiers and run different services."] == "Kelling"
    assert [names for names in listed.values() if names != "Kelling"] == ["Penford"]
    assert "Does not run this service" not in listed


def test_who_does_not_run_the_service_is_listed_apart(client: httpx.Client) -> None:
    page = look(client, indicator="schools", areas=f"{A},{B},{D}")
    assert "Brook: place 2 of 2" in page.text
    assert without_place(page) == {"Does not run this service": "Dene"}


def test_a_council_without_the_service_has_no_place(client: httpx.Client) -> None:
    page = look(client, indicator="schools", areas=f"{D},{A},{B}")
    assert "Dene does not run this service." in page.text
    assert "Dene: place" not in page.text


def test_a_council_without_a_figure_has_no_place(client: httpx.Client) -> None:
    page = look(client, indicator="recycled", areas=f"{C},{A},{B}")
    assert "Penford: place" not in page.text
    assert "Penford" in without_place(page).values()


def test_a_council_alone_has_no_place(client: httpx.Client) -> None:
    page = look(client, indicator="rare", areas=A, group="all")
    assert "place 1 of" not in page.text.lower()

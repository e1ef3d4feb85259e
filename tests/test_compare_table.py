"""What the table of a comparison says of places and of the set, on a world that can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from page_reading import Element, read_page
from test_api_world import Served, serving
from test_compare_views import FIGURES, WORLD, A, B, C, D, K, figure

GROUPED = {
    **WORLD,
    "groups": [
        *WORLD["groups"],
        {"group": "alike", "label": "Alike", "method": "statistical-neighbours", "definition": "Near."},
    ],
    "neighbours": [
        {"group": "alike", "area": A, "neighbour": B, "rank": 1},
        {"group": "alike", "area": A, "neighbour": C, "rank": 2},
        {"group": "alike", "area": D, "neighbour": B, "rank": 1},
    ],
}
# Brook and Newshire are the councils of England here: 550 visited of 1,100.
ENGLAND = figure("visits", "E92000001", "55")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("compared"), is_published=False) as served:
        served.publish([*FIGURES, ENGLAND], tables=GROUPED)
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


def beside(page: Element) -> dict[str, list[str]]:
    table = next(one for one in page.every("table") if "what stands for many councils" in one.text)
    return {
        row.one("th").text: [cell.text for cell in row.every("td")] for row in table.one("tbody").every("tr")
    }


def test_nation_and_type_stand_beside_the_set_with_their_methods(client: httpx.Client) -> None:
    told = beside(look(client, indicator="visits", areas=A, group="all"))
    assert told["England"][0] == "55.0%"
    assert told["England"][2].startswith("As published")
    # 50 + 500 + 300 + 480 + 5,100 of 100 + 1,000 + 1,000 + 1,000 + 10,000.
    assert told["Unitary authorities"][0] == "49.1%"
    assert told["Unitary authorities"][2] == "Rebuilt from the councils' numbers (5 councils)"


def test_a_published_value_that_its_councils_do_not_give_is_said_to_differ(client: httpx.Client) -> None:
    told = beside(look(client, indicator="visits", areas=A, group="all"))
    assert told["England"][2].endswith("Its councils' numbers give 50.0%, which rounding does not explain.")


def test_a_readers_own_set_of_a_groups_members_has_the_value_of_the_group(client: httpx.Client) -> None:
    group = beside(look(client, indicator="visits", areas=A, group="unitaries"))["Unitary areas"]
    own = beside(look(client, indicator="visits", areas=f"{A},{B}"))["The 2 areas named"]
    assert group == own
    assert own[0] == "50.0%"


def test_neighbours_of_an_area_are_added_up_without_it(client: httpx.Client) -> None:
    told = beside(look(client, indicator="visits", areas=A, group="alike"))
    # 500 and 300 of 1,000 each.
    assert told["Alike of Brook, without it"][0] == "40.0%"
    assert told["Alike of Brook, without it"][2] == "Rebuilt from the councils' numbers (2 councils)"


def test_where_parts_or_figures_are_missing_a_mean_is_called_so(client: httpx.Client) -> None:
    told = beside(look(client, indicator="recycled", areas=f"{A},{B},{C}"))
    assert told["The 3 areas named"] == ["47.0%", "", "Unweighted mean of 2 councils, 1 more has no figure"]


def test_a_council_that_does_not_run_the_service_is_neither_in_the_mean_nor_missing(
    client: httpx.Client,
) -> None:
    told = beside(look(client, indicator="schools", areas=f"{A},{B},{D}"))
    assert told["The 3 areas named"][2] == "Unweighted mean of 2 councils"


def test_where_most_have_no_figure_nothing_stands_for_them_and_the_page_says_so(client: httpx.Client) -> None:
    page = look(client, indicator="rare", areas=f"{A},{B},{C}")
    assert (
        "The 3 areas named: nothing stands for them. More of them have no figure than have one." in page.text
    )

"""Every view of a comparison, on a world of five councils whose figures can be checked by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from page_reading import Element, read_page
from test_api_world import MORE, Served, serving
from test_publish_world import OBSERVATIONS, TABLES, YEAR_2022, YEAR_2023, observation

YEAR_2024 = "2024-04-01_P1Y"
A, B, C = "E06000002", "E06000003", "E06000004"  # Brook, Newshire, Penford: unitary
D, K = "E07000001", "E10000001"  # Dene: district; Kelling: county

SECOND = next(row for row in TABLES["indicators"] if row["version"] == "2.0.0")


def indicator(notation: str, label: str, tier: str) -> dict[str, Any]:
    more = {"valid_from": date(2010, 4, 1), "version": "1.0.0", "status": "current", "tier": tier}
    return {**SECOND, "indicator": notation, "label": label, **more}


def square(area: str, x: int) -> dict[str, Any]:
    shape = f"M{x},100h50v50h-50Z"
    told = {"projection": "EPSG:27700", "valid_on": date(2023, 4, 1), "attribution": "Contains map data."}
    return {"area": area, "shape": shape, **told}


WORLD: dict[str, list[dict[str, Any]]] = {
    "areas": [
        *TABLES["areas"],
        {"area": C, "label": "Penford", "area_type": "unitary"},
        {"area": D, "label": "Dene", "area_type": "district"},
        {"area": K, "label": "Kelling", "area_type": "county"},
        {"area": "E06000005", "label": "Quayside", "area_type": "unitary"},
        {"area": "E06000006", "label": "Rowanham", "area_type": "unitary"},
    ],
    "area_names": [*TABLES["area_names"], {"area": C, "name": "Brook", "name_type": "alternative"}],
    "indicators": [
        *TABLES["indicators"],
        indicator("reused", "Waste reused", "every-council"),
        indicator("schools", "Places at school", "upper-tier"),
        indicator("visits", "Children visited", "every-council"),
        indicator("rare", "Rare things", "every-council"),
        indicator("national", "National things", "every-council"),
    ],
    "groups": [
        *MORE["groups"],
        {"group": "alone", "label": "A group of one", "method": "own", "definition": "Newshire."},
    ],
    "group_members": [*MORE["group_members"], {"group": "alone", "area": B}],
    "boundaries": [square(A, 0), square(B, 100), square(C, 200)],
}


def figure(
    notation: str, area: str, value: str | None, period: str = YEAR_2024, **more: Any
) -> dict[str, Any]:
    version = "2.0.0" if notation == "recycled" else "1.0.0"
    return observation(area, period, value, **{"indicator": notation, "version": version, **more})


FIGURES = [
    *(row for row in OBSERVATIONS if row["dataset"] == "work"),
    observation(A, "2021-01-01_P1Y", "28", version="1.0.0"),
    observation(A, YEAR_2022, "30"),
    figure("recycled", A, "40", YEAR_2023),
    figure("recycled", B, "50", YEAR_2023),
    figure("recycled", C, "60", YEAR_2023, status="provisional"),
    figure("recycled", A, "42"),
    figure("recycled", B, "52"),
    figure("recycled", C, None),
    figure("recycled", D, "72"),
    figure("recycled", K, "62"),
    figure("reused", A, "10"),
    figure("reused", B, "30"),
    figure("reused", C, "20"),
    figure("schools", A, "80"),
    figure("schools", B, "90"),
    # 6,482 of 13,200 together: 49.1%.
    *(
        figure("visits", area, value, numerator=top, denominator=below)
        for area, value, top, below in (
            (A, "50", "50", "100"),
            (B, "50", "500", "1000"),
            (C, "30", "300", "1000"),
            (K, "52", "52", "100"),
            ("E06000005", "48", "480", "1000"),
            ("E06000006", "51", "5100", "10000"),
        )
    ),
    figure("rare", A, "5"),
    figure("national", "E92000001", "7"),
]


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


def grid_of(page: Element) -> dict[str, list[str]]:
    table = page.one("table", "grid")
    return {
        row.one("th").one("a").text: [cell.text for cell in row.every("td")]
        for row in table.one("tbody").every("tr")
    }


def test_a_grid_says_each_figure_with_how_it_stands_and_may_be_compared(client: httpx.Client) -> None:
    page = look(client, view="grid", indicator="recycled,schools", areas=f"{A},{B},{C},{D}")
    grid = grid_of(page)
    brook, newshire, penford, dene = grid["Household waste recycled"]
    assert brook == "42.0% Lower"
    assert newshire.startswith("52.0% ")
    assert newshire.endswith("Like for like")
    assert penford == "Hidden to protect people"
    assert dene.startswith("72.0%")
    assert grid["Places at school"][3] == "Does not run this service"


def test_a_figure_that_may_not_be_compared_is_not_shown_in_a_grid(client: httpx.Client) -> None:
    page = look(client, view="grid", indicator="recycled", areas=f"{K},{D}")
    kelling, dene = grid_of(page)["Household waste recycled"]
    assert kelling.startswith("62.0%")
    assert dene == "Not comparable (1)"
    assert "72" not in page.one("table", "grid").text
    assert page.one("li", id_="reason-1").text == (
        "The two councils are of different tiers and run different services."
    )


def test_a_grid_gives_each_reason_for_care_one_number(client: httpx.Client) -> None:
    page = look(client, view="grid", indicator="recycled", areas=f"{A},{C}", period=YEAR_2023)
    _, penford = grid_of(page)["Household waste recycled"]
    assert penford.startswith("60.0% (1)")
    assert "Provisional" in penford
    assert penford.endswith("With care")
    assert page.one("li", id_="reason-1").text == "A figure is provisional and may change."


def test_small_charts_cut_lines_and_never_join_periods_of_two_kinds(client: httpx.Client) -> None:
    page = look(client, view="multiples", indicator="recycled", areas=f"{A},{B}")
    first, second = page.every("svg", "small")
    # Version 2.0.0 is not comparable with 1.0.0: 2022/23 is a square alone, 2023/24 to 2024/25 a line.
    assert first.one("path", "here").attributes["d"].count("M") == 1
    assert first.one("path", "here").attributes["d"].count("L") == 1
    assert first.one("path", "here-mark").attributes["d"].count("M") == 2
    assert second.one("path", "here").attributes["d"].count("L") == 1
    assert "1 figure is for periods of another kind" in page.text
    rows = {
        row.one("th").text: [cell.text for cell in row.every("td")] for row in page.one("tbody").every("tr")
    }
    assert rows["2021"] == ["28.0%", ""]
    assert rows["2022/23"] == ["30.0%", ""]
    assert rows["2024/25"] == ["42.0%", "52.0%"]
    assert "The line is cut: The definition changed with version 2.0.0." in page.text


def test_small_charts_share_one_scale(client: httpx.Client) -> None:
    page = look(client, view="multiples", indicator="recycled", areas=f"{A},{B},{C}")
    scales = {
        tuple(text.text for text in chart.every("text", "axis") if text.text.endswith("%"))
        for chart in page.every("svg", "small")
    }
    assert len(scales) == 1


def test_a_chart_of_another_tier_says_why_it_is_not_there(client: httpx.Client) -> None:
    page = look(client, view="multiples", indicator="recycled", areas=f"{K},{D}")
    assert len(list(page.every("svg", "small"))) == 1
    assert "Not comparable: The two councils are of different tiers" in page.one("ul", "smalls").text


def test_two_indicators_are_counted_by_hand_and_show_no_cause(client: httpx.Client) -> None:
    page = look(client, view="scatter", indicator="recycled", **{"with": "reused"}, areas=A)
    # Brook 42 and 10, Newshire 52 and 30; Penford has no figure of the first: the middles are 47 and 20.
    told = page.one("section").one("p", "lede").text
    assert told.startswith("Brook: 42.0% and 10.0%. Of 2 councils")
    assert "1 are above the middle on both, 1 below it on both." in told
    assert "This shows no cause." in page.text
    rows = [[cell.text for cell in row.every()] for row in page.one("tbody").every("tr")]
    assert rows == [["Brook", "42.0%", "10.0%"], ["Newshire", "52.0%", "30.0%"]]
    assert page.one("path", "dots").attributes["d"].count("M") == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"view": "scatter", "indicator": "recycled"}, "Choose a second indicator."),
        ({"view": "scatter", "indicator": "recycled", "with": "in-work"}, "is a total"),
        ({"view": "scatter", "indicator": "recycled", "with": "recycled"}, "Both axes"),
        ({"view": "scatter", "indicator": "recycled", "with": "national"}, "no figure of councils yet"),
        ({"view": "scatter", "indicator": "recycled", "with": "rare"}, "Fewer than two councils"),
        (
            {"view": "funnel", "indicator": "recycled"},
            "A funnel needs both parts of the figures of 5 councils.",
        ),
        ({"view": "funnel", "indicator": "in-work"}, "totals"),
        ({"view": "funnel", "indicator": "national"}, "No council has a figure of this indicator yet."),
        ({"view": "map", "indicator": "in-work"}, "totals"),
        ({"view": "map", "indicator": "national"}, "No council has a figure"),
        ({"view": "grid", "indicator": "recycled"}, "A grid needs areas."),
        ({"view": "multiples", "indicator": "recycled"}, "Small charts need areas."),
        ({"view": "multiples", "indicator": "national", "areas": A}, "None of these areas has a figure"),
        (
            {"view": "grid", "indicator": "national,recycled", "areas": A},
            "No council has a figure of “National",
        ),
        ({"indicator": "national", "areas": A}, "No council has a figure of this indicator yet."),
        ({"indicator": "rare", "areas": A}, "No middle council is published"),
        ({"indicator": "in-work", "areas": A}, "These are totals"),
        ({"indicator": "recycled", "group": "alone"}, "Nobody else is in this group"),
        ({"indicator": "recycled", "areas": B, "group": "alone"}, "Nobody else is in this group"),
        ({"indicator": "recycled", "areas": A, "period": "2023-01-01_P1Y"}, "the newest stand here"),
    ],
)
def test_what_is_missing_is_said_in_words(client: httpx.Client, query: dict[str, str], words: str) -> None:
    assert words in look(client, **query).one("main").text


def test_a_map_hatches_what_has_no_figure_and_has_its_table_beside_it(client: httpx.Client) -> None:
    page = look(client, view="map", indicator="recycled", areas=A)
    drawing = page.one("svg", "map")
    assert len(list(drawing.every("path", "missing"))) == 1
    assert "Not available: 1 council" in page.one("ul", "legend").text
    names = [row.one("th").text for row in page.one("tbody").every("tr")]
    assert names[:2] == ["Kelling", "Newshire"]
    assert {"Brook", "Penford"} <= set(names)
    assert "Contains map data." in page.one("footer").text


def test_a_funnel_says_who_lies_outside_what_chance_allows_for_the_size(client: httpx.Client) -> None:
    page = look(client, view="funnel", indicator="visits", areas=C)
    told = page.one("section").one("p", "lede").text
    assert told.startswith("Penford: 30.0%, below the outer limit.")
    assert "together have 49.1%." in told
    assert "2 lie outside the outer limit and 0 more outside the inner one." in told
    rows = {
        row.one("th").text: [cell.text for cell in row.every("td")] for row in page.one("tbody").every("tr")
    }
    # 50 of 100 may be chance; 5,100 of 10,000 is too many to be.
    assert rows["Brook"] == ["50.0%", "50 of 100", "Inside the limits"]
    assert rows["Rowanham"] == ["51.0%", "5,100 of 10,000", "Above the outer limit"]
    assert rows["Penford"] == ["30.0%", "300 of 1,000", "Below the outer limit"]
    drawing = page.one("svg", "funnel")
    assert drawing.one("path", "dots").attributes["d"].count("M") == 4
    assert drawing.one("path", "similar-mark").attributes["d"].count("M") == 2
    assert "no verdict" in page.text


@pytest.mark.parametrize(
    ("areas", "words", "link"),
    [
        ("Newshyre", "There is no area “Newshyre”.", B),
        ("Brook", "2 places are called “Brook”. Which do you mean?", C),
        ("E06000001", "Aldham ended on 31 March 2023; its own figures stand here.", B),
        ("E0600000X", "There is no area", A),
    ],
)
def test_an_area_that_is_not_clear_leads_on(client: httpx.Client, areas: str, words: str, link: str) -> None:
    page = look(client, indicator="recycled", areas=f"{K},{areas}")
    notice = page.one("div", "notice")
    assert words in notice.text
    targets = [parse_qs(urlsplit(one.attributes["href"]).query)["areas"][0] for one in notice.every("a")]
    assert f"{K},{link}" in targets


def test_an_area_may_be_given_by_name(client: httpx.Client) -> None:
    page = look(client, view="grid", indicator="recycled", areas="kelling, Sir Newydd")
    assert [one.text for one in page.one("thead").every("a")] == ["Kelling", "Newshire"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"view": "gird"}, "There is no view called “gird”. Grid of indicators"),
        ({"group": "unitarie"}, "There is no group “unitarie”. Unitary areas"),
        ({"period": "2024"}, "There are no figures for a period “2024”."),
        ({"indicator": "recycle"}, "There is no indicator “recycle”. Household waste recycled"),
    ],
)
def test_what_is_not_known_is_told_with_the_nearest(
    client: httpx.Client, query: dict[str, str], words: str
) -> None:
    page = look(client, **{"indicator": "recycled", "areas": A, **query})
    assert words in page.one("div", "notice").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (f"areas={','.join(map(str, range(5000)))}", "5,000 areas were asked for; one page compares 60"),
        (
            f"indicator={','.join(f'i{n}' for n in range(13))}",
            "13 indicators were asked for; one page compares 12",
        ),
    ],
)
def test_too_much_is_refused_and_not_cut(client: httpx.Client, query: str, words: str) -> None:
    answer = client.get(f"/compare?{query}", headers={"accept": "*/*"})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_a_way_leads_from_each_view_to_the_others_with_the_same_question(client: httpx.Client) -> None:
    page = look(client, view="grid", indicator="recycled,schools", areas=f"{A},{B}", period=YEAR_2023)
    links = {
        one.text: parse_qs(urlsplit(one.attributes["href"]).query)
        for one in page.one("nav", "views").every("a")
    }
    assert set(links) >= {"Table", "Over time", "Two indicators", "Map"}
    for asked in links.values():
        assert asked["indicator"] == ["recycled,schools"]
        assert asked["areas"] == [f"{A},{B}"]
        assert asked["period"] == [YEAR_2023]
    for one in page.one("nav", "views").every("a"):
        assert client.get(one.attributes["href"]).status_code == 200


def test_a_view_has_one_address_however_it_was_asked_for(client: httpx.Client) -> None:
    wanted = f"/compare?view=grid&indicator=recycled,schools&areas={A},{B}"
    for query in (
        f"areas={A},{B}&indicator=recycled&indicator=schools&view=grid",
        f"view=grid&indicator=recycled,schools&areas={A}&areas={B}",
        f"indicator=recycled,schools,recycled&view=grid&areas={A},Newshire",
    ):
        html = client.get(f"/compare?{query}").text
        canonical = re.search(r'rel="canonical" href="([^"]+)"', html)
        assert canonical is not None
        assert canonical[1].replace("&amp;", "&").endswith(wanted)

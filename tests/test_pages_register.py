"""The list of indicators and the register's own page: counts that add up, stages in words, terms that are so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import httpx
import pytest
from page_reading import Element, read_page
from test_api_feeds import CHANGED, FIRST, INDICATORS, WORK
from test_api_world import Served, serving

from schemas import load_model
from tools.example_site import ExampleSite

# Beside the withdrawn, the draft and the one in use: one with a new version that is open for comment.
OPEN = {
    **WORK,
    "version": "2.0.0",
    "valid_from": date(2027, 1, 1),
    "status": "consultation",
    "comparable_with_previous": "no",
}
CLOSED_LICENCE = {
    **FIRST,
    "indicator": "reused-twice",
    "licence": "https://example.org/ask-first",
    "themes": "home",
    "status": "current",
    "valid_to": None,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("register"), is_published=False) as made:
        made.publish(tables={**CHANGED, "indicators": [*INDICATORS, OPEN, CLOSED_LICENCE]})
        yield made


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=30, headers={"Accept": "text/html,*/*;q=0.8"}) as made:
        yield made


def read(client: httpx.Client, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return read_page(answer.content)


def shown(page: Element) -> set[str]:
    """Give the indicators that a list shows."""
    return {
        item.one("a").attributes["href"].removeprefix("/indicators/")
        for results in page.every("ul", "results")
        for item in results.every("li")
    }


def test_definitions_that_are_not_in_use_are_marked_in_words(client: httpx.Client) -> None:
    page = read(client, "/indicators")
    marks = {
        item.one("a").attributes["href"]: [tag.text for tag in item.every("strong", "tag")]
        for results in page.every("ul", "results")
        for item in results.every("li")
    }
    assert marks["/indicators/reused"] == ["Draft"]
    assert marks["/indicators/reused-twice"] == []
    assert marks["/indicators/in-work"] == ["Version 2.0.0: open for comment"]
    assert marks["/indicators/recycled"] == ["Withdrawn"]


def test_a_withdrawn_definition_stays_in_the_list_and_says_so(client: httpx.Client) -> None:
    page = read(client, "/indicators?status=withdrawn")
    assert shown(page) == {"recycled"}
    assert page.one("strong", "tag").text == "Withdrawn"
    assert "No longer in use. Its figures and address stay." in page.one("main").text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("theme=home", {"recycled", "reused-twice"}),
        ("owner=brookborough-council", {"in-work"}),
        ("owner=statistics-office", {"recycled", "reused", "reused-twice"}),
        ("evidence=context", {"in-work"}),
        ("status=draft", {"reused"}),
        ("area_type=country", {"recycled", "in-work"}),
        ("tier=every-council&theme=waste", {"recycled", "reused", "in-work"}),
        ("tier=lower-tier", set()),
        ("theme=no-such-theme", set()),
        ("theme=&owner=", {"recycled", "reused", "reused-twice", "in-work"}),
    ],
)
def test_each_filter_leaves_what_fits_and_the_data_say_the_same(
    client: httpx.Client, served: Served, query: str, wanted: set[str]
) -> None:
    kinds = {
        row["indicator"]
        for row in served.app.state.editions.current.rows(
            "SELECT DISTINCT o.indicator FROM observations o JOIN areas a USING (area)"
            " WHERE a.area_type = 'country' AND o.value IS NOT NULL"
        )
    }
    wanted = wanted & kinds if "area_type" in query else wanted
    page = read(client, f"/indicators?{query}")
    assert shown(page) == wanted
    lede = page.one("p", "lede").text
    assert lede.startswith(f"{len(wanted)} ")
    links = [link.attributes["href"] for link in page.one("section", "use").every("a")]
    [address] = [href for href in links if href.startswith("/indicators.json")]
    data = client.get(address, follow_redirects=True)
    if "no-such" in query:
        assert data.status_code == 404
    else:
        assert {item["indicator"] for item in data.json()["items"]} == wanted


def test_the_count_beside_a_choice_is_what_it_leaves(client: httpx.Client) -> None:
    for start in ("", "theme=waste", "owner=statistics-office&evidence=performance"):
        page = read(client, f"/indicators?{start}")
        tried = 0
        for select in page.one("main").one("form").every("select"):
            name = select.attributes["name"]
            for option in select.every("option"):
                value, words = option.attributes["value"], option.text
                if not value:
                    continue
                others = "&".join(part for part in start.split("&") if not part.startswith(f"{name}="))
                listed = shown(read(client, f"/indicators?{others}&{name}={value}"))
                found = re.search(r"\((\d+)\)$", words)
                assert found is not None
                assert int(found[1]) == len(listed), (start, name, value)
                tried += 1
        assert tried > 5


def test_an_unknown_filter_is_refused_with_the_nearest(client: httpx.Client) -> None:
    page = client.get("/indicators?ownr=x")
    assert page.status_code == 400
    assert "Closest: owner." in read_page(page.content).text


def test_every_filter_says_what_it_asks(client: httpx.Client) -> None:
    page = read(client, "/indicators")
    labels = [label.text for label in page.one("main").one("form").every("label")]
    told = {name.text: text.text for name, text in zip(page.every("dt"), page.every("dd"), strict=True)}
    assert list(told) == labels
    assert all(text.endswith(".") for text in told.values())


def test_the_register_counts_what_there_is_and_names_every_owner(client: httpx.Client) -> None:
    page = read(client, "/register")
    tiles = [tile.text for tile in page.one("ul", "tiles").every("li")]
    assert [tile.split()[0] for tile in tiles] == ["4", "7", "2"]
    owners = {link.text: link.attributes["href"] for link in page.one("ul", "plain").every("a")}
    assert owners == {
        "Brookborough Council": "/indicators?owner=brookborough-council",
        "Statistics Office": "/indicators?owner=statistics-office",
    }
    counts = [int(note.text.split()[0]) for note in page.one("ul", "plain").every("span", "note")]
    assert sum(counts) == 4
    stages = {
        link.text.partition(":")[0]: int(link.text.partition(":")[2])
        for link in page.one("dl", "facts").every("a")
    }
    assert stages == {"Draft": 1, "Current": 2, "Withdrawn": 1}


def test_bulk_reuse_is_promised_only_where_every_licence_allows_it(
    client: httpx.Client, served: Served
) -> None:
    promise = "You may take all of them at once"
    page = read(client, "/register")
    assert promise not in page.text
    assert "Read this licence before you copy many" in page.text
    edition = served.app.state.editions.current
    served.publish(tables=CHANGED)
    page = read(client, "/register")
    assert promise in page.text
    assert "Open Government Licence 3.0: 3 definitions" in page.text
    served.publish(tables={**CHANGED, "indicators": [*INDICATORS, OPEN, CLOSED_LICENCE]})
    assert served.app.state.editions.current.name == edition.name


def test_the_register_says_how_definitions_are_taken_proposed_and_followed(
    client: httpx.Client, served: Served
) -> None:
    page = read(client, "/register")
    assert page.one("pre").text == f"likeforlike pull {served.url}"
    links = {link.attributes["href"] for link in page.every("a") if link.attributes["href"].startswith("/")}
    assert {"/changes", "/changes.atom", "/changes.json", "/changes/stream.ttl", "/propose"} <= links
    assert {"/downloads/definitions/datapackage.json", "/downloads/definitions/indicators.csv"} <= links
    for address in links:
        assert client.get(address, follow_redirects=True).status_code == 200, address


def test_the_example_has_figures_for_the_kinds_of_area_that_it_says(example_site: ExampleSite) -> None:
    edition = example_site.edition
    rows = edition.rows("SELECT indicator, area_type, area_count FROM indicator_area_types")
    counted = edition.rows(
        "SELECT o.indicator, a.area_type, count(DISTINCT o.area) FROM observations o JOIN areas a USING (area)"
        " WHERE o.value IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
        seconds=60,
    )
    assert [tuple(row) for row in rows] == [tuple(row) for row in counted]
    assert {row["area_type"] for row in rows} <= set(load_model().code_lists["area-type"].notations)


def test_every_version_of_the_example_is_told_of(example_site: ExampleSite) -> None:
    edition = example_site.edition
    versions = {tuple(row) for row in edition.rows("SELECT indicator, version FROM indicators")}
    told = {
        tuple(row)
        for row in edition.rows("SELECT indicator, version FROM definition_events WHERE version <> ''")
    }
    assert told == versions
    [broken] = edition.rows(
        "SELECT * FROM definition_events WHERE indicator = 'early-development' AND breaks"
    )
    assert (broken["version"], broken["changed_on"]) == ("2.0.0", "2021-09-01")

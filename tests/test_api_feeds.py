"""Feeds of what happened to definitions: whole, narrowed, in pages, in two forms and as a page, hostile words too."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_reading import read_page
from test_api_world import Served, serving
from test_publish_world import TABLES

from api.pages.changes import ON_A_PAGE

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '<script>alert(1)</script> & "quotes" ]]> \x0b\x1f \u202e {{ 7*7 }}'

# Recycling breaks in 2023 after a consultation and is withdrawn in favour of reuse; work changes its words only.
FIRST, SECOND, WORK = TABLES["indicators"]
INDICATORS: list[dict[str, Any]] = [
    FIRST,
    {
        **SECOND,
        "status": "withdrawn",
        "valid_to": date(2025, 3, 31),
        "replaced_by": "reused",
        "comparable_with_previous": "no",
        "change_note": "Rubble is no longer counted.",
        "themes": "waste;home",
    },
    WORK,
    {
        **WORK,
        "version": "1.1.0",
        "valid_from": date(2020, 1, 1),
        "comparable_with_previous": "with-care",
        "owner": "brookborough-council",
    },
    {
        **FIRST,
        "indicator": "reused",
        "label": "Waste reused",
        "status": "draft",
        "valid_from": date(2025, 4, 1),
        "valid_to": None,
    },
]
STAGES = [
    {
        "indicator": "recycled",
        "version": "2.0.0",
        "stage": stage,
        "entered_on": day,
        "until": until,
        "reason": why,
    }
    for stage, day, until, why in (
        ("consultation", date(2022, 6, 1), date(2022, 8, 31), "Is rubble waste?"),
        ("current", date(2023, 3, 15), None, None),
        ("withdrawn", date(2025, 4, 1), None, "Nobody reports it."),
    )
]
CROSSWALK = [
    {
        "crosswalk": "recycled-and-reused",
        "from_indicator": "recycled",
        "to_indicator": "reused",
        "relation": "related",
        "comparable": "with-care",
        "clause": "Bottles are counted once here and twice there.",
        "declared_by": "Statistics Office",
        "declared_on": date(2024, 5, 6),
    }
]
CODES = [*TABLES["codes"], {"code_list": "theme", "code": "home", "label": "Home", "sort_order": 2}]
CHANGED = {
    "indicators": INDICATORS,
    "definition_stages": STAGES,
    "crosswalk": CROSSWALK,
    "codes": CODES,
}

# What happened, newest first, worked out by hand: name for good, day, title, sentences.
WANTED = [
    (
        "stage/recycled/v2.0.0/withdrawn",
        "2025-04-01",
        "Household waste recycled: version 2.0.0 is withdrawn",
        "Nobody reports it. It is followed by: Waste reused.",
    ),
    ("stage/reused/v1.0.0/draft", "2025-04-01", "Waste reused: version 1.0.0 is drafted", ""),
    (
        "crosswalk/recycled/recycled-and-reused",
        "2024-05-06",
        "Household waste recycled and Waste reused: comparable with care",
        "Figures of the two are comparable with care. Bottles are counted once here and twice there.",
    ),
    (
        "stage/recycled/v1.0.0/withdrawn",
        "2023-04-01",
        "Waste recycled: version 1.0.0 is withdrawn",
        "It is followed by version 2.0.0.",
    ),
    (
        "indicator/recycled/v2.0.0",
        "2023-03-15",
        "Household waste recycled: version 2.0.0 replaces 1.0.0",
        (
            "1.0.0 → 2.0.0. Breaks: figures from 2023/24 on do not compare with earlier ones."
            " Rubble is no longer counted."
        ),
    ),
    (
        "stage/recycled/v2.0.0/consultation",
        "2022-06-01",
        "Household waste recycled: comments are asked for on version 2.0.0",
        (
            "1.0.0 → 2.0.0. Would break: figures from 2023/24 on would not compare with earlier ones."
            " Is rubble waste? Rubble is no longer counted. Comments until 31 August 2022."
        ),
    ),
    (
        "indicator/in-work/v1.1.0",
        "2020-01-01",
        "People in work: version 1.1.0 replaces 1.0.0",
        "1.0.0 → 1.1.0. With care: figures from 2020 on compare with earlier ones only with care.",
    ),
    ("indicator/recycled/v1.0.0", "2010-04-01", "Waste recycled: first version, 1.0.0", ""),
    ("indicator/in-work/v1.0.0", "2010-01-01", "People in work: first version, 1.0.0", ""),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("feeds"), is_published=False) as made:
        made.publish(tables=CHANGED)
        yield made


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=30) as made:
        yield made


def read_atom(client: httpx.Client, address: str) -> ET.Element:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)


def text_of(element: ET.Element, name: str) -> str:
    found = element.find(f"{ATOM}{name}")
    assert found is not None
    assert found.text
    return found.text


def links_of(feed: ET.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}


def test_every_event_is_told_in_the_words_of_its_kind(client: httpx.Client, served: Served) -> None:
    feed = read_atom(client, "/changes.atom")
    told = [
        (text_of(entry, "id"), text_of(entry, "updated"), text_of(entry, "title"), text_of(entry, "summary"))
        for entry in feed.findall(f"{ATOM}entry")
    ]
    assert told == [
        (f"{served.url}id/{name}", f"{day}T00:00:00Z", title, words or title)
        for name, day, title, words in WANTED
    ]


def test_atom_has_what_the_standard_asks_for(client: httpx.Client, served: Served) -> None:
    feed = read_atom(client, "/changes.atom")
    assert feed.tag == f"{ATOM}feed"
    assert text_of(feed, "id") == f"{served.url}changes.atom"
    assert text_of(feed, "updated") == "2025-04-01T00:00:00Z"
    assert links_of(feed)["self"] == f"{served.url}changes.atom"
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    for entry in feed.findall(f"{ATOM}entry"):
        [alternate] = [link for link in entry.findall(f"{ATOM}link") if link.attrib["rel"] == "alternate"]
        assert client.get(alternate.attrib["href"]).status_code == 200
    breaking = [
        text_of(entry, "id").rpartition("/id/")[2]
        for entry in feed.findall(f"{ATOM}entry")
        if "breaks" in {category.attrib["term"] for category in entry.findall(f"{ATOM}category")}
    ]
    assert breaking == ["indicator/recycled/v2.0.0", "stage/recycled/v2.0.0/consultation"]


def test_json_feed_says_the_same_as_atom(client: httpx.Client, served: Served) -> None:
    answer = client.get("/changes.json")
    assert answer.headers["content-type"] == "application/feed+json"
    told = answer.json()
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["feed_url"] == f"{served.url}changes.json"
    assert [
        (item["id"], item["date_published"], item["title"], item["content_text"]) for item in told["items"]
    ] == [
        (f"{served.url}id/{name}", f"{day}T00:00:00Z", title, words or title)
        for name, day, title, words in WANTED
    ]
    version = next(item for item in told["items"] if item["id"].endswith("recycled/v2.0.0"))
    change = version["_change"]
    assert (change["previous_version"], change["version"], change["breaks"]) == ("1.0.0", "2.0.0", True)
    assert (change["themes"], change["owner"]) == (["waste", "home"], "statistics-office")
    assert version["tags"] == ["Waste", "Home"]


def test_the_page_says_the_same_as_the_feeds_and_marks_breaks(client: httpx.Client) -> None:
    page = read_page(client.get("/changes", headers={"Accept": "text/html"}).content)
    items = list(page.one("ol", "history").every("li"))
    assert [item.one("h2").text for item in items] == [title for _, _, title, _ in WANTED]
    for item, (_, _, _, words) in zip(items, WANTED, strict=True):
        assert words in " ".join(part.text for part in item.every("p") if not part.classes)
        assert bool(list(item.every("strong"))) == ("reak: " in words or "reaks: " in words)


def entries(client: httpx.Client, address: str) -> list[str]:
    return [item["id"].rpartition("/id/")[2] for item in client.get(address).json()["items"]]


def test_filters_narrow_every_form_alike(client: httpx.Client, served: Served) -> None:
    names = [name for name, *_ in WANTED]
    of_home = [name for name in names if "v2.0.0" in name or name.startswith("crosswalk")]
    assert entries(client, "/changes.json?theme=home") == of_home
    assert entries(client, "/changes.json?owner=brookborough-council") == ["indicator/in-work/v1.1.0"]
    assert entries(client, "/changes.json?indicator=in-work&owner=statistics-office") == [
        "indicator/in-work/v1.0.0"
    ]
    # What follows a withdrawn definition, or stands on the other side of a crosswalk, is told of it too.
    assert entries(client, "/changes.json?indicator=reused") == [
        name for name in names if "reused" in name or name.endswith("v2.0.0/withdrawn")
    ]
    feed = read_atom(client, "/changes.atom?theme=home")
    assert [text_of(entry, "id").rpartition("/id/")[2] for entry in feed.findall(f"{ATOM}entry")] == of_home
    assert text_of(feed, "id") == f"{served.url}changes.atom?theme=home"
    page = read_page(client.get("/changes?theme=home", headers={"Accept": "text/html"}).content)
    assert len(list(page.one("ol", "history").every("h2"))) == len(of_home)
    empty = client.get("/changes.json?theme=home&owner=brookborough-council").json()
    assert empty["items"] == []
    old = read_atom(client, "/changes.atom?theme=home&owner=brookborough-council")
    assert text_of(old, "updated") == "1970-01-01T00:00:00Z"


def test_an_indicator_has_feeds_of_its_own_that_are_the_same_feed(
    client: httpx.Client, served: Served
) -> None:
    assert entries(client, "/indicators/recycled/changes.json") == entries(
        client, "/changes.json?indicator=recycled"
    )
    short = read_atom(client, "/indicators/recycled/changes.atom")
    assert text_of(short, "id") == text_of(read_atom(client, "/changes.atom?indicator=recycled"), "id")
    assert links_of(short)["self"] == f"{served.url}indicators/recycled/changes.atom"
    moved = client.get("/indicators/recycled/changes")
    assert (moved.status_code, moved.headers["location"]) == (301, "/changes?indicator=recycled")
    unknown = client.get("/indicators/recycld/changes.atom")
    assert (unknown.status_code, unknown.json()["nearest"]) == (404, "recycled")
    assert client.get("/indicators/recycled/changes.atom?theme=home").status_code == 400


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/changes?them=waste", 400, "Closest: theme."),
        ("/changes.atom?indicators=recycled", 400, "Closest: indicator."),
        ("/changes.json?theme=wast", 404, "There is no theme 'wast' in this edition. Closest: waste."),
        ("/changes.json?owner=statistics-ofice", 404, "Closest: statistics-office."),
        ("/changes.atom?theme=waste&theme=home", 400, "there twice"),
        ("/changes.atom?page=2", 404, "The list has 1 page."),
        ("/changes.atom?page=0", 400, "'0' is not the number of a page."),
        ("/changes.atom?page=%D9%A1", 400, "is not the number of a page."),
        ("/changes.rss", 404, "This has no form '.rss'."),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(
    client: httpx.Client, address: str, status: int, said: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_accept_chooses_the_form_and_the_tag_knows_it(client: httpx.Client) -> None:
    for accept, kind in (
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/atom+xml", "application/atom+xml; charset=utf-8"),
        ("application/feed+json", "application/feed+json"),
        ("application/json", "application/json"),
    ):
        answer = client.get("/changes", headers={"Accept": accept})
        assert answer.headers["content-type"] == kind
        assert "Accept" in answer.headers["vary"]
        known = {"Accept": accept, "If-None-Match": answer.headers["etag"]}
        assert client.get("/changes", headers=known).status_code == 304
    assert client.get("/changes", headers={"Accept": "image/png"}).status_code == 406


def test_pages_tell_where_their_feed_is(client: httpx.Client) -> None:
    for address, wanted in (
        ("/changes?theme=home", "/changes.atom?theme=home"),
        ("/indicators", "/changes.atom"),
        ("/register", "/changes.atom"),
        ("/indicators/recycled", "/indicators/recycled/changes.atom"),
        ("/indicators/recycled/v1.0.0", "/indicators/recycled/changes.atom"),
    ):
        page = read_page(client.get(address, headers={"Accept": "text/html"}).content)
        found = {
            link.attributes["type"]: link.attributes["href"]
            for link in page.one("head").every("link")
            if link.attributes["rel"] == "alternate" and "title" in link.attributes
        }
        assert found["application/atom+xml"] == wanted, address
        assert client.get(found["application/feed+json"]).status_code == 200


def test_a_long_list_is_read_page_by_page_to_its_end(tmp_path: Path) -> None:
    count = 2 * ON_A_PAGE + 1
    versions = [
        {**WORK, "version": f"1.{number}.0", "valid_from": date(2011, 1, 1) + timedelta(days=number % 7)}
        for number in range(count)
    ]
    with serving(tmp_path, is_published=False) as served, httpx.Client(timeout=30) as client:
        served.publish(tables={"indicators": [FIRST, SECOND, *versions]})
        seen, days, address = [], [], f"{served.url}changes.atom"
        walked = 0
        while address:
            feed = read_atom(client, address)
            links = links_of(feed)
            assert (links["first"], links["last"]) == (
                f"{served.url}changes.atom",
                f"{served.url}changes.atom?page=3",
            )
            assert ("previous" in links) == (walked > 0)
            # Whichever page is asked, the feed is as new as its newest entry.
            assert text_of(feed, "updated") == "2023-04-01T00:00:00Z"
            seen += [text_of(entry, "id") for entry in feed.findall(f"{ATOM}entry")]
            days += [text_of(entry, "updated") for entry in feed.findall(f"{ATOM}entry")]
            address = links.get("next", "")
            walked += 1
        assert walked == 3
        assert len(seen) == len(set(seen)) == count + 3
        assert days == sorted(days, reverse=True)
        told, address = [], f"{served.url}changes.json"
        while address:
            page = client.get(address).json()
            told += [item["id"] for item in page["items"]]
            address = page.get("next_url", "")
        assert told == seen


def test_ids_and_days_stay_from_edition_to_edition(tmp_path: Path) -> None:
    with serving(tmp_path, is_published=False) as served, httpx.Client(base_url=served.url) as client:
        served.publish()
        before = {item["id"]: item["date_published"] for item in client.get("/changes.json").json()["items"]}
        tag = client.get("/changes.atom").headers["etag"]
        reversed_rows = {name: list(reversed(rows)) for name, rows in CHANGED.items()}
        served.publish(tables=reversed_rows)
        after = client.get("/changes.json").json()["items"]
        assert {item["id"].rpartition("/id/")[2] for item in after} == {name for name, *_ in WANTED}
        assert set(before) <= {item["id"] for item in after}
        assert client.get("/changes.atom", headers={"If-None-Match": tag}).status_code == 200


def test_hostile_words_stay_words_in_every_form(tmp_path: Path) -> None:
    hostile = [
        {**row, "label": f"Recycled {HOSTILE}"[:150], "change_note": HOSTILE} for row in (FIRST, SECOND)
    ]
    crosswalk = [{**CROSSWALK[0], "to_indicator": None, "to_uri": "javascript:alert(1)//", "clause": HOSTILE}]
    bodies = [{**row, "label": f"{row['label']} {HOSTILE}"} for row in TABLES["bodies"]]
    with serving(tmp_path, is_published=False) as served, httpx.Client(base_url=served.url) as client:
        served.publish(tables={"indicators": [*hostile, WORK], "crosswalk": crosswalk, "bodies": bodies})
        feed = read_atom(client, "/changes.atom")
        clean = HOSTILE.replace("\x0b", "\ufffd").replace("\x1f", "\ufffd")
        summaries = [text_of(entry, "summary") for entry in feed.findall(f"{ATOM}entry")]
        assert any(clean in summary for summary in summaries)
        assert not [tag for tag in feed.iter() if "script" in tag.tag]
        told = client.get("/changes.json").json()["items"]
        assert any(HOSTILE in item["content_text"] for item in told)
        assert "javascript:" not in client.get("/changes.atom").text
        for address in ("/changes", "/register", "/indicators"):
            page = client.get(address, headers={"Accept": "text/html"})
            assert b"<script" not in page.content
            read_page(page.content)
        stream = client.get("/changes/stream/newest", headers={"Accept": "application/n-triples"})
        assert stream.status_code == 200
        assert "<javascript:" not in stream.text


def test_the_id_of_every_entry_leads_to_what_it_is_about(client: httpx.Client) -> None:
    for item in client.get("/changes.json").json()["items"]:
        answer = client.get(item["id"], headers={"Accept": "text/turtle"}, follow_redirects=True)
        assert answer.status_code == 200, item["id"]
        assert item["_change"]["indicator"] in answer.text


def test_a_stage_has_a_document_and_one_that_follows_from_a_status_leads_to_its_version(
    client: httpx.Client,
) -> None:
    told = client.get("/stages/recycled/v2.0.0/consultation.json").json()
    assert "Is rubble waste?" in str(told)
    assert client.get("/stages/recycled/2.0.0/consultation").status_code == 404
    implied = client.get("/id/stage/reused/v1.0.0/draft")
    assert (implied.status_code, implied.headers["location"]) == (303, "/indicators/reused/v1.0.0")
    assert client.get("/id/stage/reused/v1.0.0/current").status_code == 404

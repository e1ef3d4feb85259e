"""/revisions: what became of published figures, as a page, as data and as feeds."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
import rdflib
from rdflib.namespace import XSD
from test_api_editions import CHANGED, FIGURE
from test_api_world import Served, serving
from test_publish_world import OBSERVATIONS, TABLES, YEAR_2023

ATOM = {"a": "http://www.w3.org/2005/Atom"}
GONE = "waste/recycled/E06000003/2023-04-01_P1Y"
LEFT = [row for row in CHANGED if (row["area"], row["period"]) != ("E06000003", YEAR_2023)]


@dataclass(frozen=True)
class Revised:
    """A site that revised Brook's figure from 43.60 to 44.10 on 10 March and withdrew Newshire's on 12 March 2026."""

    served: Served
    client: httpx.Client
    editions: tuple[str, str, str]


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Revised]:
    folder = tmp_path_factory.mktemp("revised")
    with (
        serving(folder, is_published=False, today=date(2026, 3, 20)) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        published = [
            served.publish(rows, at=datetime(2026, 3, day, 9, 30, tzinfo=UTC))
            for rows, day in ((OBSERVATIONS, 3), (CHANGED, 10), (LEFT, 12))
        ]
        yield Revised(served, client, (published[0], published[1], published[2]))


def html(client: httpx.Client, address: str) -> str:
    answer = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def test_list_has_every_revision_with_its_reason_and_editions(revised: Revised):
    told = revised.client.get("/api/v1/revisions").json()
    assert told["count"] == 2
    found = {
        item["figure"]: (item["change"], item["value_text_before"], item["value_text_after"], item["reason"])
        for item in told["items"]
    }
    assert found == {
        FIGURE: ("revised", "43.60", "44.10", "No reason given."),
        GONE: ("withdrawn", "45", None, "No reason given."),
    }
    first, second, _ = revised.editions
    [item] = [item for item in told["items"] if item["figure"] == FIGURE]
    assert (item["from_edition"], item["to_edition"], item["revised_on"]) == (first, second, "2026-03-10")
    assert item["uri"] == f"{revised.served.url}id/observation/{FIGURE}#revised-{second}"


@pytest.mark.parametrize(
    ("query", "figures"),
    [
        ("area=E06000002", [FIGURE]),
        ("body=brookborough-council", [FIGURE]),
        ("indicator=recycled", [FIGURE, GONE]),
        ("dataset=waste&since=2026-03-11", [GONE]),
        ("since=2026-03-13", []),
        (f"figure={GONE}", [GONE]),
        ("indicator=in-work", []),
    ],
)
def test_every_door_narrows_alike(revised: Revised, query: str, figures: list[str]):
    listed = revised.client.get(f"/api/v1/revisions?{query}").json()
    assert [item["figure"] for item in listed["items"]] == figures
    rows = list(csv.DictReader(io.StringIO(revised.client.get(f"/api/v1/revisions?{query}&format=csv").text)))
    assert [row["figure"] for row in rows] == figures
    page = html(revised.client, f"/revisions?{query}")
    for figure in (FIGURE, GONE):
        assert (f'<th scope="row"><a href="/observations/{figure}">' in page) == (figure in figures)
    feed = revised.client.get(f"/revisions.json?{query}").json()
    assert sorted(item["_revision"]["figure"] for item in feed["items"]) == figures


def test_page_says_what_changed_when_and_why(revised: Revised):
    page = html(revised.client, "/revisions")
    assert "43.6% became 44.1%." in page
    assert "45.0% (counted differently from here) was withdrawn." in page
    assert "Household waste recycled, Brook, " in page
    assert page.index("12 March 2026") < page.index("10 March 2026")
    assert page.count("No reason given.") == 2


def test_feed_names_an_entry_for_good(revised: Revised):
    root = ET.fromstring(revised.client.get("/revisions.atom").content)
    ids = [entry.findtext("a:id", "", ATOM) for entry in root.findall("a:entry", ATOM)]
    _, second, third = revised.editions
    base = f"{revised.served.url}id/observation/"
    assert ids == [f"{base}{GONE}#revised-{third}", f"{base}{FIGURE}#revised-{second}"]
    assert root.findtext("a:updated", "", ATOM) == "2026-03-12T00:00:00Z"


def test_csv_of_the_page_is_the_list_of_the_api(revised: Revised):
    answer = revised.client.get("/revisions.csv?area=E06000002")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/api/v1/revisions?area=E06000002&format=csv",
    )


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/revisions.json?since=spring", 400, "'spring' of 'since' is no day"),
        ("/api/v1/revisions?since=spring", 400, "'spring' of 'since' is no day"),
        ("/revisions.json?indicator=recyled", 404, "Closest: recycled."),
        ("/revisions.json?page=9", 404, "The list has 1 page."),
        ("/revisions.json?aera=E06000002", 400, "Closest: area."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(revised: Revised, address: str, status: int, words: str):
    answer = revised.client.get(address)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_page_of_a_figure_lists_its_earlier_values(revised: Revised):
    page = html(revised.client, f"/observations/{FIGURE}")
    assert "What was published before" in page
    assert "<td>43.6%</td><td>44.1%</td><td>No reason given.</td>" in page
    assert f'href="/observations/{FIGURE}?edition={revised.editions[0]}"' in page
    [row] = revised.client.get(f"/observations/{FIGURE}.json").json()["revisions"]
    assert (row["value_text_before"], row["value_text_after"]) == ("43.60", "44.10")


def test_figure_that_was_never_revised_says_nothing_of_it(revised: Revised):
    page = html(revised.client, "/observations/waste/recycled/E06000001/2022-04-01_P1Y")
    assert "What was published before" not in page


def test_site_without_revisions_has_an_empty_list(tmp_path: Path):
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        assert client.get("/api/v1/revisions").json()["items"] == []
        assert "No published figure of this choice was changed by a later edition." in html(
            client, "/revisions"
        )


def test_diff_of_two_editions_counts_and_lists_what_changed(revised: Revised):
    first, second, third = revised.editions
    told = revised.client.get(f"/editions/{third}/diff.json?from={first}").json()
    assert (told["from"], told["to"], told["edition"]) == (first, third, third)
    assert told["counts"] == {
        "revised": 1,
        "withdrawn": 1,
        "added": 0,
        "recounted": 0,
        "definitions_added": 0,
        "definitions_withdrawn": 0,
        "definitions_changed": 0,
    }
    assert told["datasets"] == [
        {"dataset": "waste", "revised": 1, "withdrawn": 1, "added": 0, "recounted": 0}
    ]
    [row] = told["figures"]["revised"]
    assert (row["figure"], row["value_text_before"], row["value_text_after"]) == (FIGURE, "43.60", "44.10")
    assert row["reason"] == "No reason given."
    [row] = told["figures"]["withdrawn"]
    assert (row["figure"], row["status_before"], row["status_after"]) == (GONE, "break", None)
    assert revised.client.get(f"/editions/{third}/diff.json").json()["from"] == second


def test_diff_the_other_way_round_tells_what_was_added(revised: Revised):
    first, _, third = revised.editions
    told = revised.client.get(f"/editions/{first}/diff.json?from={third}").json()
    assert (told["counts"]["revised"], told["counts"]["added"], told["counts"]["withdrawn"]) == (1, 1, 0)


def test_page_of_a_diff_says_the_same(revised: Revised):
    first, _, third = revised.editions
    page = html(revised.client, f"/editions/{third}/diff?from={first}")
    assert "1 figure revised, 1 figure withdrawn, 0 figures added and 0 definitions changed." in page
    assert f'<a href="/observations/{FIGURE}">' in page
    assert f'<a href="/observations/{GONE}?edition={first}">' in page
    assert "<td>43.6%</td><td>44.1%</td><td>No reason given.</td>" in page
    assert f'href="/editions/{third}/diff?from={revised.editions[1]}"' in html(
        revised.client, f"/editions/{third}"
    )


def test_diff_without_an_edition_before_is_refused(revised: Revised):
    answer = revised.client.get(f"/editions/{revised.editions[0]}/diff.json")
    assert answer.status_code == 400
    assert "name one with 'from'" in answer.json()["detail"]
    gone = revised.client.get(f"/editions/{revised.editions[0]}/diff.json?from=2020-01-01-000000000000")
    assert gone.status_code == 404


def test_diff_is_tagged_by_both_editions(revised: Revised):
    first, second, third = revised.editions
    tags = [
        revised.client.get(f"/editions/{third}/diff.json?from={one}").headers["etag"]
        for one in (first, second)
    ]
    assert tags[0] != tags[1]
    again = revised.client.get(
        f"/editions/{third}/diff.json?from={first}", headers={"If-None-Match": tags[0]}
    )
    assert again.status_code == 304


def test_diff_tells_which_definitions_took_the_place_of_others(tmp_path: Path):
    newer = [{**row, "version": "2.1.0"} for row in TABLES["indicators"] if row["version"] == "2.0.0"]
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        counted = [{**row, "version": "2.1.0"} if row["version"] == "2.0.0" else row for row in OBSERVATIONS]
        name = served.publish(counted, tables={"indicators": [*TABLES["indicators"], *newer]})
        told = client.get(f"/editions/{name}/diff.json").json()
        assert told["definitions"] == {
            "added": [{"indicator": "recycled", "version": "2.1.0"}],
            "withdrawn": [],
            "changed": [{"indicator": "recycled", "from": "2.0.0", "to": "2.1.0"}],
        }
        assert (told["counts"]["recounted"], told["counts"]["revised"]) == (3, 0)
        assert "version 2.1.0 is in use in place of 2.0.0" in html(client, f"/editions/{name}/diff")


PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_graph_of_a_figure_says_what_it_was_revised_from_and_why(revised: Revised, ending: str):
    """In every form, at the figure's own address: 43.60 until the first edition, 44.10 from the second on."""
    form = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}[ending]
    answer = revised.client.get(f"/observations/{FIGURE}.{ending}")
    graph = rdflib.Graph().parse(data=answer.text, format=form)
    base = revised.served.url
    term = rdflib.Namespace(f"{base}def/")
    figure = rdflib.URIRef(f"{base}id/observation/{FIGURE}")
    first, second, _ = revised.editions
    revision = rdflib.URIRef(f"{figure}#revised-{second}")
    assert list(graph.objects(figure, term.revision)) == [revision]
    assert {term.Revision, PROV.Entity} <= set(graph.objects(revision, rdflib.RDF.type))
    assert graph.value(revision, PROV.specializationOf) == figure
    assert graph.value(revision, PROV.wasRevisionOf) == rdflib.URIRef(f"{figure}#first")
    assert graph.value(revision, term.fromEdition) == rdflib.URIRef(f"{base}id/edition/{first}")
    assert graph.value(revision, term.toEdition) == rdflib.URIRef(f"{base}id/edition/{second}")
    said = [graph.value(revision, term[name]) for name in ("valueBefore", "valueAfter")]
    assert [(str(one), one.datatype) for one in said] == [("43.60", XSD.decimal), ("44.10", XSD.decimal)]
    assert str(graph.value(revision, rdflib.DCTERMS.date)) == "2026-03-10"
    assert graph.value(revision, term.revisionChange) == rdflib.URIRef(
        f"{base}id/code/revision-change/revised"
    )
    assert graph.value(revision, term.reason)
    assert not any(isinstance(node, rdflib.BNode) for triple in graph for node in triple)


def test_every_term_of_a_revision_has_a_page(revised: Revised):
    turtle = revised.client.get(f"/observations/{FIGURE}.nt").text
    terms = set(re.findall(rf"<{re.escape(revised.served.url)}def/(\w+)>", turtle))
    assert {"Revision", "revision", "valueBefore", "statusAfter", "reasonKind"} <= terms
    for term in terms:
        answer = revised.client.get(f"/def/{term}", headers={"Accept": "text/turtle"}, follow_redirects=True)
        assert answer.status_code == 200, term

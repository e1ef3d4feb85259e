"""The event stream of changes, followed to its end by a program that knows nothing of this site."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from pyshacl import validate
from rdflib import RDF, BNode, Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS, PROV, SKOS
from test_api_world import Served, serving
from test_publish_world import TABLES

from api.stream import PAGE

LDES = Namespace("https://w3id.org/ldes#")
TREE = Namespace("https://w3id.org/tree#")

FORMS = {
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
    "application/n-quads": "nquads",
}

# One definition in so many versions, one a day: two full pages and a part of a third.
VERSIONS = 2 * PAGE + 30


def many_versions(count: int = VERSIONS) -> list[dict[str, Any]]:
    first = next(row for row in TABLES["indicators"] if row["indicator"] == "in-work")
    return [
        *(row for row in TABLES["indicators"] if row["indicator"] != "in-work"),
        *(
            {
                **first,
                "version": f"1.{number}.0",
                "valid_from": date(2010, 1, 1) + timedelta(days=number),
                "comparable_with_previous": "yes" if number else None,
                "change_note": f"Wording {number}." if number else None,
            }
            for number in range(count)
        ),
    ]


STAGES = [
    {
        "indicator": "recycled",
        "version": "2.0.0",
        "stage": stage,
        "entered_on": day,
        "until": date(2022, 8, 31) if stage == "consultation" else None,
        "reason": None,
    }
    for stage, day in (("consultation", date(2022, 6, 1)), ("current", date(2023, 3, 15)))
]
CROSSWALK = [
    {
        "crosswalk": "waste-and-work",
        "from_indicator": "recycled",
        "to_indicator": "in-work",
        "relation": "related",
        "comparable": "no",
        "clause": "One counts waste, the other people.",
        "declared_by": "Statistics Office",
        "declared_on": date(2024, 5, 6),
    }
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("stream"), is_published=False) as made:
        made.publish(
            tables={"indicators": many_versions(), "definition_stages": STAGES, "crosswalk": CROSSWALK}
        )
        yield made


def entries_of(served: Served) -> list[str]:
    """List every event of the edition that is current, oldest first."""
    rows = served.app.state.editions.current.rows(
        "SELECT entry FROM definition_events ORDER BY changed_on, entry"
    )
    return [f"{served.url}id/{row[0]}" for row in rows]


def read(client: httpx.Client, address: str, media_type: str = "text/turtle") -> Graph:
    answer = client.get(address, headers={"Accept": media_type})
    assert answer.status_code == 200, address
    assert answer.headers["content-type"].split(";")[0] == media_type
    # A reader of its own: rdflib's for JSON-LD and N-Quads warn of what is to leave rdflib.
    graph = Graph()
    if media_type in ("application/n-quads", "application/ld+json"):
        form = ox.RdfFormat.from_media_type(media_type)
        lines = ox.serialize(
            [quad.triple for quad in ox.parse(answer.content, format=form)], format=ox.RdfFormat.N_TRIPLES
        )
        return graph.parse(data=lines, format="nt")
    return graph.parse(data=answer.text, format=FORMS[media_type])


def follow(client: httpx.Client, start: str, media_type: str = "text/turtle") -> tuple[Graph, list[URIRef]]:
    """Follow a stream as the specification says: from its view along every relation to a node.

    Returns everything that was read, and the pages in the order in which they were met.
    """
    whole = read(client, start, media_type)
    [(stream, view)] = whole.subject_objects(TREE.view)
    assert (stream, RDF.type, LDES.EventStream) in whole
    assert isinstance(view, URIRef)
    waiting, met = deque([view]), [view]
    while waiting:
        node = waiting.popleft()
        page = read(client, str(node), media_type)
        assert (node, RDF.type, TREE.Node) in page
        for relation in page.objects(node, TREE.relation):
            target = page.value(relation, TREE.node)
            assert isinstance(target, URIRef)
            if target not in met:
                met.append(target)
                waiting.append(target)
        whole += page
    return whole, met


def test_a_follower_meets_every_event_once(served: Served) -> None:
    with httpx.Client(timeout=60) as client:
        whole, met = follow(client, f"{served.url}changes/stream")
    assert len(met) == 3
    members = [str(member) for member in whole.objects(None, TREE.member)]
    assert sorted(members) == sorted(entries_of(served))
    assert len(members) == VERSIONS + 5


@pytest.mark.parametrize("media_type", FORMS)
def test_every_form_says_the_same_without_blank_nodes(served: Served, media_type: str) -> None:
    with httpx.Client(timeout=60) as client:
        whole, _ = follow(client, f"{served.url}changes/stream", media_type)
        turtle, _ = follow(client, f"{served.url}changes/stream")
    assert set(whole) == set(turtle)
    assert not [term for triple in whole for term in triple if isinstance(term, BNode)]


def test_members_are_version_objects_that_fit_the_shape_of_the_stream(served: Served) -> None:
    with httpx.Client(timeout=60) as client:
        whole, _ = follow(client, f"{served.url}changes/stream")
        stream = URIRef(f"{served.url}changes/stream")
        assert whole.value(stream, LDES.timestampPath) == DCTERMS.created
        assert whole.value(stream, LDES.versionOfPath) == DCTERMS.isVersionOf
        shape = whole.value(stream, TREE.shape)
        assert isinstance(shape, URIRef)
        shapes = read(client, str(shape))
    for member in whole.objects(stream, TREE.member):
        shapes.add((shape, URIRef("http://www.w3.org/ns/shacl#targetNode"), member))
    conforms, _, said = validate(whole, shacl_graph=shapes)
    assert conforms, said
    undated = next(whole.objects(stream, TREE.member))
    whole.remove((undated, DCTERMS.created, None))
    assert not validate(whole, shacl_graph=shapes)[0]


def test_relations_hold_for_every_member_behind_them(served: Served) -> None:
    stream = URIRef(f"{served.url}changes/stream")
    with httpx.Client(timeout=60) as client:
        view = read(client, f"{served.url}changes/stream/newest")
        seen = 0
        for relation in view.objects(None, TREE.relation):
            page = read(client, str(view.value(relation, TREE.node)))
            days = [page.value(member, DCTERMS.created) for member in page.objects(stream, TREE.member)]
            bound = view.value(relation, TREE.value)
            assert view.value(relation, TREE.path) == DCTERMS.created
            if (relation, RDF.type, TREE.GreaterThanOrEqualToRelation) in view:
                assert min(days) == bound  # type: ignore[type-var]
            else:
                assert (relation, RDF.type, TREE.LessThanOrEqualToRelation) in view
                assert max(days) == bound  # type: ignore[type-var]
            seen += 1
    assert seen == 4


def test_a_break_a_consultation_and_a_crosswalk_are_told_in_linked_data(served: Served) -> None:
    url = served.url
    with httpx.Client(timeout=60) as client:
        whole, _ = follow(client, f"{url}changes/stream")
    second, first = URIRef(f"{url}id/indicator/recycled/v2.0.0"), URIRef(f"{url}id/indicator/recycled/v1.0.0")
    assert whole.value(second, PROV.wasRevisionOf) == first
    assert whole.value(second, URIRef(f"{url}def/comparableWithPrevious")) == URIRef(
        f"{url}id/code/comparability/no"
    )
    assert str(whole.value(second, SKOS.definition)) == "Share of waste sent for recycling."
    consultation = URIRef(f"{url}id/stage/recycled/v2.0.0/consultation")
    assert whole.value(consultation, URIRef(f"{url}def/stageOf")) == second
    assert str(whole.value(consultation, URIRef(f"{url}def/commentsUntil"))) == "2022-08-31"
    crosswalk = URIRef(f"{url}id/crosswalk/recycled/waste-and-work")
    assert whole.value(crosswalk, URIRef(f"{url}def/toIndicator")) == URIRef(f"{url}id/indicator/in-work")


def pages_of(client: httpx.Client, url: str) -> dict[str, tuple[bytes, str, str]]:
    """Give the bytes, the tag and the caching of every full page, oldest first."""
    view = read(client, f"{url}changes/stream/newest")
    found = {}
    for address in sorted({str(node) for node in view.objects(None, TREE.node)}):
        answer = client.get(address, headers={"Accept": "application/n-triples"})
        assert answer.status_code == 200, address
        found[address] = (answer.content, answer.headers["etag"], answer.headers["cache-control"])
    return found


def test_a_full_page_never_changes_and_an_earlier_event_is_met_all_the_same(tmp_path: Path) -> None:
    with (
        serving(tmp_path, is_published=False) as served,
        httpx.Client(timeout=60) as client,
    ):
        served.publish(tables={"indicators": many_versions()})
        before = pages_of(client, served.url)
        assert all("immutable" in caching for _, _, caching in before.values())
        newest = client.get(f"{served.url}changes/stream/newest")
        assert "immutable" not in newest.headers["cache-control"]

        served.publish(tables={"indicators": many_versions(VERSIONS + 50)})
        assert pages_of(client, served.url) == before
        again = client.get(
            next(iter(before)),
            headers={"Accept": "application/n-triples", "If-None-Match": next(iter(before.values()))[1]},
        )
        assert again.status_code == 304
        changed = client.get(
            f"{served.url}changes/stream/newest", headers={"If-None-Match": newest.headers["etag"]}
        )
        assert changed.status_code == 200

        early = {**TABLES["indicators"][0], "indicator": "reused", "valid_from": date(2010, 1, 15)}
        served.publish(tables={"indicators": [*many_versions(VERSIONS + 50), early]})
        after = pages_of(client, served.url)
        assert not set(after) & set(before)
        for address, (body, tag, caching) in before.items():
            answer = client.get(address, headers={"Accept": "application/n-triples"})
            assert (answer.content, answer.headers["etag"], answer.headers["cache-control"]) == (
                body,
                tag,
                caching,
            )
        whole, _ = follow(client, f"{served.url}changes/stream")
        assert sorted(map(str, whole.objects(None, TREE.member))) == sorted(entries_of(served))


def test_a_stream_without_a_full_page_is_one_page(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(timeout=60) as client:
        whole, met = follow(client, f"{served.url}changes/stream")
    assert [str(node) for node in met] == [f"{served.url}changes/stream/newest"]
    assert len(list(whole.objects(None, TREE.member))) == 4


def test_pages_that_fill_exactly_leave_the_newest_empty(tmp_path: Path) -> None:
    with serving(tmp_path, is_published=False) as served, httpx.Client(timeout=60) as client:
        served.publish(tables={"indicators": many_versions(PAGE - 3)})
        whole, met = follow(client, f"{served.url}changes/stream")
        assert len(met) == 2
        assert len(list(whole.objects(None, TREE.member))) == PAGE
        newest = read(client, f"{served.url}changes/stream/newest")
        assert not list(newest.objects(None, TREE.member))


def test_what_is_no_page_of_the_stream_is_refused_and_a_reader_is_sent_to_the_list(served: Served) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for name in ("2010-01-01-0123456789abcdef", "oldest", "newest%00", "..%2f..%2fetc"):
            answer = client.get(f"/changes/stream/{name}")
            assert answer.status_code in (400, 404), name
            assert answer.headers["content-type"] == "application/problem+json"
        assert client.get("/changes/stream?page=2").json()["problems"][0]["parameter"] == "page"
        sent = client.get("/changes/stream", headers={"Accept": "text/html"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/changes#follow")
        assert client.get("/changes/stream.csv").status_code == 404

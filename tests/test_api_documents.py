"""URIs and documents on a real server: redirects, forms, links, tags, and what RDF clients make of them."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
import rdflib
from test_api_world import Served, client, site

from schemas import load_model

__all__ = ["client", "site"]

# rdflib's own parsers of JSON-LD and N3 use what rdflib deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning"),
]

AREA = "/areas/E06000002"
OBSERVATION = "/observations/waste/recycled/E06000002/2022-04-01_P1Y"
MISSING = "/observations/work/in-work/E06000002/2023-01-01_P1Y/sex=male"

# One thing of each kind that the small world has, by its path under /id/.
THINGS = {
    "area/E06000002": "/areas/E06000002",
    "body/brookborough-council": "/bodies/brookborough-council",
    "group/unitaries": "/groups/unitaries",
    "indicator/recycled": "/indicators/recycled",
    "indicator/recycled/v1.0.0": "/indicators/recycled/v1.0.0",
    "dataset/waste": "/datasets/waste",
    "observation/waste/recycled/E06000002/2022-04-01_P1Y": OBSERVATION,
    "observation/work/in-work/E06000002/2023-01-01_P1Y/sex=male": MISSING,
    "period/2022-04-01_P1Y": "/periods/2022-04-01_P1Y",
    "code-list/sex": "/code-lists/sex",
    "code/unit/percent": "/codes/unit/percent",
    "dimension/sex": "/dimensions/sex",
    "scale/four": "/scales/four",
    "grade/four/good": "/grades/four/good",
    "framework/services": "/frameworks/services",
    "framework/services/2020": "/frameworks/services/2020",
    "question/services/2020/overall": "/questions/services/2020/overall",
    "judgement/brookborough-2023": "/judgements/brookborough-2023",
    "target/recycle-half": "/targets/recycle-half",
    "area-change/E06000001-E06000003-2023-04-01": "/area-changes/E06000001-E06000003-2023-04-01",
}

ENDINGS = ("html", "json", "jsonld", "ttl", "nt", "nq", "rdf", "csv")
PARSERS = {"jsonld": "json-ld", "ttl": "turtle", "nt": "nt", "nq": "nt", "rdf": "xml"}


@pytest.mark.parametrize(("path", "address"), THINGS.items(), ids=list(THINGS))
def test_uri_answers_303_to_its_document(client: httpx.Client, path: str, address: str) -> None:
    answer = client.get(f"/id/{path}")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert client.get(f"/id/{path}.ttl").headers["location"] == f"{address}.ttl"


@pytest.mark.parametrize("kind", sorted(load_model().kinds))
def test_unknown_thing_of_every_kind_is_a_problem_404(client: httpx.Client, site: Served, kind: str) -> None:
    for path in (f"{kind}/no-such-thing", f"{kind}/a/b/c/d/e/f", f"{kind}/"):
        answer = client.get(f"/id/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].startswith(f"{site.url}problems/")


@pytest.mark.parametrize(("path", "address"), THINGS.items(), ids=list(THINGS))
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_thing_has_every_form(
    client: httpx.Client, site: Served, path: str, address: str, ending: str
) -> None:
    answer = client.get(f"{address}.{ending}")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["etag"].startswith('"')
    if ending in PARSERS:
        graph = rdflib.Graph().parse(data=answer.text, format=PARSERS[ending])
        assert (rdflib.URIRef(f"{site.url}id/{path}"), rdflib.RDF.type, None) in graph
        assert not any(isinstance(node, rdflib.BNode) for node in graph.all_nodes())
    elif ending == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert rows or path.startswith("group/")
        assert all("uri" in row for row in rows)
    elif ending == "json":
        told = answer.json()
        assert told["edition"] == site.app.state.editions.current.name
        assert {"licence", "source", "query"} <= told.keys()


def test_graph_is_the_same_in_every_form(client: httpx.Client) -> None:
    graphs = [
        rdflib.Graph().parse(data=client.get(f"{AREA}.{ending}").text, format=name)
        for ending, name in PARSERS.items()
    ]
    assert all(set(graph) == set(graphs[0]) for graph in graphs)
    assert len(graphs[0]) > 10


def test_accept_chooses_and_says_what_it_chose(client: httpx.Client) -> None:
    answer = client.get(AREA, headers={"Accept": "text/turtle;q=0.9, text/html;q=0.2"})
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert answer.headers["content-location"] == f"{AREA}.ttl"
    assert "Accept" in answer.headers["vary"]
    assert client.get(AREA).headers["content-type"] == "text/html; charset=utf-8"


def test_ending_wins_over_accept(client: httpx.Client) -> None:
    answer = client.get(f"{AREA}.nt", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/n-triples"
    assert "Accept," not in answer.headers.get("vary", "") + ","


def test_rdflib_asking_for_plain_text_gets_n_triples(site: Served) -> None:
    graph = rdflib.Graph().parse(f"{site.url}id/area/E06000002", format="nt")
    label = rdflib.URIRef("http://www.w3.org/2004/02/skos/core#prefLabel")
    names = {str(name) for name in graph.objects(rdflib.URIRef(f"{site.url}id/area/E06000002"), label)}
    assert names == {"Brookborough"}


@pytest.mark.parametrize("name", ["turtle", "xml", "json-ld", "n3"])
def test_rdflib_follows_the_uri_in_every_form(site: Served, name: str) -> None:
    graph = rdflib.Graph().parse(f"{site.url}id/dataset/work", format=name)
    structure = rdflib.URIRef("http://purl.org/linked-data/cube#structure")
    assert (rdflib.URIRef(f"{site.url}id/dataset/work"), structure, None) in graph


def test_document_says_what_it_is_about_its_edition_licence_and_source(
    client: httpx.Client, site: Served
) -> None:
    graph = rdflib.Graph().parse(data=client.get(f"{OBSERVATION}.ttl").text, format="turtle")
    document = rdflib.URIRef(site.url.rstrip("/") + OBSERVATION)
    thing = rdflib.URIRef(f"{site.url}id/observation/waste/recycled/E06000002/2022-04-01_P1Y")
    edition = rdflib.URIRef(f"{site.url}id/edition/{site.app.state.editions.current.name}")
    assert graph.value(document, rdflib.FOAF.primaryTopic) == thing
    assert graph.value(document, rdflib.DCTERMS.isPartOf) == edition
    assert "open-government-licence" in str(graph.value(document, rdflib.DCTERMS.license))
    assert graph.value(document, rdflib.DCTERMS.source) == rdflib.URIRef("https://www.example.org/waste")
    area = rdflib.URIRef(f"{site.url}id/area/E06000002")
    assert str(graph.value(area, rdflib.SKOS.prefLabel)) == "Brookborough"


def test_figure_without_a_value_says_why_and_is_no_observation(client: httpx.Client, site: Served) -> None:
    graph = rdflib.Graph().parse(data=client.get(f"{MISSING}.ttl").text, format="turtle")
    thing = rdflib.URIRef(f"{site.url}id{MISSING.replace('observations', 'observation')}")
    assert graph.value(thing, rdflib.RDF.type) == rdflib.URIRef(f"{site.url}def/MissingObservation")
    told = client.get(f"{MISSING}.json").json()
    assert (told["value"], told["value_text"], told["status"]) == (None, None, "unreliable")


def test_jsonld_carries_its_context(client: httpx.Client) -> None:
    told = client.get(f"{AREA}.jsonld").json()
    assert all(isinstance(start, str) and start.startswith("http") for start in told["@context"].values())


def test_links_name_every_other_form_licence_and_the_thing(client: httpx.Client, site: Served) -> None:
    link = client.get(f"{AREA}.json").headers["link"]
    found = set(re.findall(r'<([^>]+)>; rel="(\w+)"', link))
    others = {(f"{AREA}.{ending}", "alternate") for ending in ENDINGS if ending != "json"}
    assert others <= found
    assert (f"{site.url.rstrip('/')}{AREA}", "canonical") in found
    assert (f"{site.url}id/area/E06000002", "about") in found
    assert (f"{AREA}.ttl", "describedby") in found
    assert any(relation == "license" for _, relation in found)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/areas/e06000002", "/areas/E06000002"),
        ("/areas/E06000002-brookborough", "/areas/E06000002"),
        ("/areas/E06000002-no-such-name.ttl", "/areas/E06000002.ttl"),
        ("/areas/E06000002/", "/areas/E06000002"),
        ("/areas/", "/areas"),
        ("/Indicators/recycled", None),
        ("/indicators/Recycled.json?edition=EDITION", "/indicators/recycled.json?edition=EDITION"),
        ("/indicators/recycled/v2", "/indicators/recycled/v2.0.0"),
        ("/codes/unit/PERCENT", "/codes/unit/percent"),
    ],
)
def test_thing_has_one_address(client: httpx.Client, site: Served, asked: str, given: str | None) -> None:
    name = site.app.state.editions.current.name
    answer = client.get(asked.replace("EDITION", name))
    if given is None:
        assert answer.status_code == 404
    else:
        assert (answer.status_code, answer.headers["location"]) == (301, given.replace("EDITION", name))


def test_breakdowns_are_in_one_order(client: httpx.Client) -> None:
    assert (
        client.get("/observations/work/in-work/E06000002/2023-01-01_P1Y/sex=female.json").status_code == 200
    )
    assert (
        client.get("/observations/work/in-work/E06000002/2023-01-01_P1Y/age=1/sex=female").status_code == 404
    )


def test_known_tag_is_answered_304_without_a_body(client: httpx.Client) -> None:
    for address in (
        f"{AREA}.ttl",
        f"{AREA}.html",
        f"{AREA}.json",
        f"{OBSERVATION}.csv",
        "/datasets/waste.csv",
    ):
        first = client.get(address)
        tag = first.headers["etag"]
        again = client.get(address, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), address
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_forms_have_different_tags(client: httpx.Client) -> None:
    tags = {client.get(f"{AREA}.{ending}").headers["etag"] for ending in ENDINGS}
    assert len(tags) == len(ENDINGS)
    assert client.get(AREA, headers={"Accept": "text/turtle"}).headers["etag"] in tags


def test_compressed_form_has_its_own_tag_and_both_are_known(client: httpx.Client) -> None:
    packed = client.get(f"{AREA}.html", headers={"Accept-Encoding": "gzip"})
    plain = client.get(f"{AREA}.html", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["vary"]
    assert packed.text == plain.text
    assert packed.headers["etag"] != plain.headers["etag"]
    for tag in (packed.headers["etag"], plain.headers["etag"]):
        assert client.get(f"{AREA}.html", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "address", ["/", AREA, f"{AREA}.ttl", "/api/v1/areas", "/data/", "/sparql", "/robots.txt"]
)
def test_head_is_get_without_the_body(client: httpx.Client, address: str) -> None:
    headers = {"Accept-Encoding": "identity"}
    got, head = client.get(address, headers=headers), client.head(address, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "link"):
        assert head.headers.get(name) == got.headers.get(name), name


def test_nothing_acceptable_is_406_with_the_offer(client: httpx.Client) -> None:
    answer = client.get(AREA, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"text/html", "text/turtle", "text/csv"} <= set(answer.json()["offered"])


def test_unknown_parameter_of_a_document_is_refused(client: httpx.Client) -> None:
    answer = client.get("/datasets/waste.json?limt=3")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["nearest"] == "limit"


def test_nearest_code_is_suggested(client: httpx.Client) -> None:
    answer = client.get("/areas/E06000012.json")
    assert (answer.status_code, answer.json()["nearest"]) == (404, "E06000002")


def test_browser_gets_a_page_where_a_program_gets_a_problem(client: httpx.Client) -> None:
    page = client.get("/areas/E0", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    told = client.get("/areas/E0.ttl", headers={"Accept": "text/html"})
    assert (told.status_code, told.headers["content-type"]) == (404, "application/problem+json")


def test_dataset_document_is_its_observations_in_parts(client: httpx.Client) -> None:
    first = client.get("/datasets/waste.json?limit=2").json()
    assert first["count"] == 5
    assert first["dataset"]["title"] == "Household waste"
    assert len(first["items"]) == 2
    rest = httpx.get(first["next"]).json()
    assert len(rest["items"]) == 2
    rows = list(csv.DictReader(io.StringIO(client.get("/datasets/waste.csv").text)))
    assert len(rows) == 5


def test_vocabulary_terms_lead_to_the_vocabulary(client: httpx.Client, site: Served) -> None:
    answer = client.get("/def/areaType", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/def.ttl")
    graph = rdflib.Graph().parse(data=client.get("/def.ttl").text, format="turtle")
    assert (rdflib.URIRef(f"{site.url}def/areaType"), rdflib.RDFS.label, None) in graph
    assert client.get("/def/noSuchTerm").status_code == 404
    assert client.get("/def/", headers={"Accept": "text/html"}).status_code == 200


def test_catalogue_names_edition_datasets_and_files(client: httpx.Client, site: Served) -> None:
    graph = rdflib.Graph().parse(data=client.get("/catalog.ttl").text, format="turtle")
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    files = {str(file) for file in graph.objects(None, dcat.downloadURL)}
    assert f"{site.url}downloads/datasets/waste.csv" in files
    for file in files:
        assert client.head(file).status_code == 200, file
    void = rdflib.Graph().parse(client.get("/.well-known/void", headers={"Accept": "text/turtle"}).content)
    (endpoint,) = void.objects(None, rdflib.VOID.sparqlEndpoint)
    assert str(endpoint) == f"{site.url}sparql"
    (dump,) = void.objects(None, rdflib.VOID.dataDump)
    assert str(dump) in files


def test_catalogue_can_be_judged_alone(client: httpx.Client) -> None:
    """What it points to has the class that DCAT-AP wants, and the sizes of files are never below zero."""
    graph = rdflib.Graph().parse(data=client.get("/catalog.ttl").text, format="turtle")
    dcat, dct, foaf = (
        rdflib.Namespace(start)
        for start in (
            "http://www.w3.org/ns/dcat#",
            "http://purl.org/dc/terms/",
            "http://xmlns.com/foaf/0.1/",
        )
    )
    for predicate, wanted in (
        (dct.license, dct.LicenseDocument),
        (dct.publisher, foaf.Agent),
        (dct.conformsTo, dct.Standard),
        (dcat.landingPage, foaf.Document),
        (dcat.mediaType, dct.MediaType),
    ):
        pointed = set(graph.objects(None, predicate))
        assert pointed
        assert [node for node in pointed if (node, rdflib.RDF.type, wanted) not in graph] == []
    publishers = set(graph.objects(None, dct.publisher))
    assert all(graph.value(publisher, foaf.name) for publisher in publishers)
    sizes = list(graph.objects(None, dcat.byteSize))
    assert {size.datatype for size in sizes} == {rdflib.XSD.nonNegativeInteger}
    assert all(len(list(graph.objects(file, dct.license))) == 1 for file in graph.subjects(dcat.byteSize))


def test_edition_has_a_uri_a_page_and_a_description(client: httpx.Client, site: Served) -> None:
    name = site.app.state.editions.current.name
    assert client.get(f"/id/edition/{name}").headers["location"] == f"/editions/{name}"
    assert client.get(f"/editions/{name}.json").json()["manifest"]["digest"].startswith(name[11:])
    graph = rdflib.Graph().parse(data=client.get(f"/editions/{name}.nt").text, format="nt")
    assert (rdflib.URIRef(f"{site.url}id/edition/{name}"), rdflib.RDF.type, None) in graph
    assert client.get(f"/editions/{name}", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/editions/2020-01-01-000000000000").status_code == 404
    told = client.get(f"/editions/{name}.json")
    assert told.json()["licence"]
    for target, relation in (
        (f"{site.url}editions/{name}", "canonical"),
        ("/editions", "collection"),
        (told.json()["licence"][0], "license"),
    ):
        assert f'<{target}>; rel="{relation}"' in told.headers["link"]
    listed = client.get("/editions.json").json()["items"]
    assert [one["edition"] for one in listed if one["is_current"]] == [name]

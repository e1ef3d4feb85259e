"""Downloads with ranges, and what machines ask of a site: robots, sitemaps, metrics."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET

import httpx
import pytest
import rdflib
from test_api_world import Served, client, site

from api.downloads import read_range
from api.failures import Failure
from schemas.questions import load_questions

__all__ = ["client", "site"]

FILE = "/downloads/datasets/waste.csv"


def test_every_file_of_the_manifest_can_be_taken_with_its_digest(client: httpx.Client, site: Served) -> None:
    files = site.app.state.editions.current.manifest["downloads"]
    assert len(files) > 10
    for path, told in files.items():
        answer = client.get(f"/downloads/{path}", headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200, path
        assert len(answer.content) == told["bytes"]
        assert hashlib.sha256(answer.content).hexdigest() == told["sha256"], path
        assert answer.headers["etag"].strip('"') == told["sha256"][:32]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("datasets/waste.csv", "text/csv; charset=utf-8"),
        ("observations.csv.gz", "application/gzip"),
        ("observations.parquet", "application/vnd.apache.parquet"),
        ("catalogue.db", "application/vnd.sqlite3"),
        ("site.nq.gz", "application/gzip"),
        ("datapackage.json", "application/json"),
        ("SHA256SUMS", "text/plain; charset=utf-8"),
    ],
)
def test_file_has_its_media_type(client: httpx.Client, path: str, kind: str) -> None:
    answer = client.head(f"/downloads/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


def test_folder_of_the_downloads_leads_to_their_page(client: httpx.Client) -> None:
    answer = client.get("/downloads/")
    assert (answer.status_code, answer.headers["location"]) == (301, "/downloads")


def test_parts_of_a_file_make_the_file(client: httpx.Client) -> None:
    whole = client.get(FILE).content
    first = client.get(FILE, headers={"Range": "bytes=0-99"})
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-99/{len(whole)}")
    rest = client.get(FILE, headers={"Range": "bytes=100-", "If-Range": first.headers["etag"]})
    assert first.content + rest.content == whole
    assert client.get(FILE, headers={"Range": "bytes=-10"}).content == whole[-10:]
    assert client.get(FILE, headers={"Range": "bytes=0-99", "If-Range": '"other"'}).content == whole
    assert client.get(FILE, headers={"Range": "bytes=0-1,5-6"}).status_code == 200
    assert client.get(FILE, headers={"Range": "lines=1-2"}).status_code == 200
    beyond = client.get(FILE, headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert beyond.headers["content-type"] == "application/problem+json"


def test_range_is_read_as_the_standard_has_it() -> None:
    assert read_range("bytes=5-2", 10) is None
    assert read_range("bytes=-", 10) is None
    assert read_range("bytes=0-999", 10) == (0, 10)
    assert read_range("bytes=-999", 10) == (0, 10)
    with pytest.raises(Failure):
        read_range("bytes=-0", 10)


def test_known_file_is_not_sent_again(client: httpx.Client) -> None:
    tag = client.head(FILE).headers["etag"]
    again = client.get(FILE, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["../manifest.json", "..%2Fmanifest.json", "nope.csv", "datasets", "datasets/", ""]
)
def test_only_listed_files_are_opened(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/downloads/{path}")
    assert answer.status_code in (301, 404)
    assert b"product_version" not in answer.content


def test_sitemaps_name_documents_that_are_there(client: httpx.Client, site: Served) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    # What is read here is our own answer.
    index = ET.fromstring(client.get("/sitemap.xml").text)
    parts = [place.text for place in index.iter(f"{space}loc")]
    assert f"{site.url}sitemap/areas-1.xml" in parts
    addresses = [
        place.text
        for part in parts
        for place in ET.fromstring(client.get(str(part)).text).iter(f"{space}loc")
    ]
    assert f"{site.url}areas/E06000002" in addresses
    assert {f"{site.url}questions/{name}" for name in load_questions()} <= set(addresses)
    assert f"{site.url}questions" in addresses
    for address in addresses:
        assert client.get(str(address), headers={"Accept": "text/html"}).status_code == 200, address
    assert client.get("/sitemap/areas-2.xml").status_code == 404
    assert client.get("/sitemap/nope-x.xml").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/areas/E06000002",
        "/areas/E06000002.ttl",
        "/id/area/E06000002",
        "/api/v1/areas",
        "/api/v1/nope",
        "/sparql",
        "/sparql?query=ASK%7B%7D",
        "/data/catalogue.json?sql=SELECT+1",
        "/downloads/SHA256SUMS",
        "/catalog.ttl",
        "/.well-known/void",
        "/changes.atom",
        "/openapi.json",
        "/robots.txt",
        "/sitemap.xml",
        "/nope",
    ],
)
def test_every_site_may_read_everything(client: httpx.Client, address: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = client.request(method, address, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    assert "GET" in client.options(address).headers["access-control-allow-methods"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/n-triples", "*/*"])
def test_well_known_void_leads_to_the_endpoint_and_the_dump(
    client: httpx.Client, site: Served, accept: str
) -> None:
    answer = client.get("/.well-known/void", headers={"Accept": accept}, follow_redirects=True)
    kind = answer.headers["content-type"].partition(";")[0]
    graph = rdflib.Graph().parse(data=answer.text, format=kind)
    assert str(next(graph.objects(None, rdflib.VOID.sparqlEndpoint))) == f"{site.url}sparql"
    dump = next(graph.objects(None, rdflib.VOID.dataDump))
    assert client.head(str(dump)).status_code == 200
    assert not any(isinstance(term, rdflib.BNode) for triple in graph for term in triple)


def test_robots_may_read_pages_but_not_every_query(client: httpx.Client, site: Served) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /data/*?" in text
    assert f"Sitemap: {site.url}sitemap.xml" in text
    assert "Disallow: /\n" not in text


def test_metrics_count_routes_and_name_no_address(client: httpx.Client) -> None:
    client.get("/areas/E06000002.ttl")
    client.get("/search?q=a-secret-search", headers={"Accept": "text/html"})
    text = client.get("/metrics").text
    assert 'route="/areas/{notation:path}",status="200"' in text
    assert "E06000002" not in text
    assert "secret" not in text
    for line in text.splitlines():
        assert line.startswith("#") or float(line.rpartition(" ")[2]) >= 0

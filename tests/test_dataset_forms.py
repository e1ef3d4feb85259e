"""Datasets in the words of others: schema.org on their pages, Croissant beside them, and what each says is so."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import httpx
import pytest
import rdflib
from page_reading import Element, read_page
from test_api_world import Served, client, site

from api.croissant import CONFORMS_TO
from api.pages.schema_org import describe_dataset

__all__ = ["client", "site"]

WASTE, WORK = "/datasets/waste", "/datasets/work"
CR = rdflib.Namespace("http://mlcommons.org/croissant/")
SCHEMA = rdflib.Namespace("https://schema.org/")


def read_thing(element: Element) -> dict[str, Any]:
    """Read microdata as a stranger would: every property has a list of texts and things."""
    told: dict[str, Any] = {"@type": str(element.attributes["itemtype"]).rpartition("/")[2]}
    if "itemid" in element.attributes:
        told["@id"] = element.attributes["itemid"]
    for child in element.inside:
        if not isinstance(child, Element) or "itemprop" not in child.attributes:
            continue
        is_thing = "itemscope" in child.attributes
        value = (
            read_thing(child) if is_thing else child.attributes.get("href", child.attributes.get("content"))
        )
        told.setdefault(str(child.attributes["itemprop"]), []).append(value)
    return told


def as_read(thing: dict[str, Any]) -> dict[str, Any]:
    """Write what we said as read_thing gives it."""
    told: dict[str, Any] = {}
    for name, value in thing.items():
        listed = value if isinstance(value, list) else [value]
        parts = [as_read(one) if isinstance(one, dict) else "true" if one is True else one for one in listed]
        told[name] = value if name[0] == "@" else parts
    return told


def thing_of_page(client: httpx.Client, address: str) -> dict[str, Any]:
    page = read_page(client.get(address, headers={"Accept": "text/html"}).content)
    (element,) = [
        one
        for one in page.every("div")
        if str(one.attributes.get("itemtype", "")).endswith("schema.org/Dataset")
    ]
    return read_thing(element)


def test_page_of_a_dataset_says_what_it_is_in_the_words_of_schema_org(
    client: httpx.Client, site: Served
) -> None:
    told = thing_of_page(client, WASTE)
    described = describe_dataset(site.app.state.editions.current, "waste")
    assert described is not None
    assert told == as_read(described)
    for name in ("name", "description", "license", "creator", "distribution", "variableMeasured"):
        assert told[name], name


@pytest.mark.parametrize("address", [WASTE, WORK, "/indicators/recycled", "/indicators/in-work"])
def test_each_download_answers_in_the_form_that_is_said(client: httpx.Client, address: str) -> None:
    told = thing_of_page(client, address)
    assert len(told["distribution"]) >= 3
    for one in told["distribution"]:
        answer = client.get(one["contentUrl"][0])
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == one["encodingFormat"][0]
        assert answer.content
    assert client.get(told["url"][0], headers={"Accept": "text/html"}).status_code == 200


def test_page_of_an_indicator_says_who_owns_its_definition(client: httpx.Client, site: Served) -> None:
    told = thing_of_page(client, "/indicators/recycled")
    assert told["@id"] == f"{site.url}id/indicator/recycled"
    assert told["version"] == ["2.0.0"]
    assert told["creator"][0]["@type"] == "Organization"


@pytest.mark.parametrize("address", [WASTE, WORK])
def test_croissant_names_the_file_its_digest_and_each_of_its_columns(
    client: httpx.Client, address: str
) -> None:
    answer = client.get(f"{address}/croissant.json")
    assert answer.headers["content-type"] == "application/ld+json"
    told = answer.json()
    assert told["conformsTo"] == CONFORMS_TO
    (file,) = told["distribution"]
    content = client.get(file["contentUrl"]).content
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert file["contentSize"] == f"{len(content)} B"
    headings = next(csv.reader(io.StringIO(content.decode("utf-8"))))
    (records,) = told["recordSet"]
    assert [field["name"] for field in records["field"]] == headings
    for field in records["field"]:
        assert field["source"] == {"fileObject": {"@id": file["@id"]}, "extract": {"column": field["name"]}}
    kinds = {field["name"]: field["dataType"] for field in records["field"]}
    assert (kinds["value"], kinds["area"], kinds["sample_size"]) == ("sc:Float", "sc:Text", "sc:Integer")


# rdflib's own reader of JSON-LD calls what rdflib deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Dataset.*is deprecated:DeprecationWarning")
def test_croissant_is_linked_data_whose_nodes_all_have_names(client: httpx.Client, site: Served) -> None:
    graph = rdflib.Graph()
    graph.parse(data=client.get(f"{WASTE}/croissant.json").text, format="json-ld", publicID=f"{site.url}x/")
    subject = rdflib.URIRef(f"{site.url}id/dataset/waste")
    assert (subject, rdflib.RDF.type, SCHEMA.Dataset) in graph
    assert len(list(graph.subjects(rdflib.RDF.type, CR.Field))) > 8
    assert {str(kind) for kind in graph.objects(None, CR.dataType)} == {
        f"{SCHEMA}{name}" for name in ("Text", "Float", "Integer")
    }
    # Nothing is dropped because the context does not know it.
    for name in ("citeAs", "recordSet", "field", "source", "extract", "column", "fileObject"):
        assert list(graph.subject_objects(CR[name])), name


def test_croissant_is_linked_from_the_dataset_and_described(client: httpx.Client) -> None:
    page = client.get(WASTE, headers={"Accept": "text/html"})
    assert f'<{WASTE}/croissant.json>; rel="describedby"; type="application/ld+json"' in page.headers["link"]
    assert f'href="{WASTE}/croissant.json"' in page.text
    table = client.get(f"{WASTE}.csv")
    assert "croissant" not in table.headers["link"]
    operation = client.get("/openapi.json").json()["paths"]["/datasets/{dataset}/croissant.json"]["get"]
    assert "application/ld+json" in operation["responses"]["200"]["content"]


def test_croissant_of_nothing_is_refused(client: httpx.Client) -> None:
    answer = client.get("/datasets/wast/croissant.json")
    assert (answer.status_code, answer.json()["nearest"]) == (404, "waste")
    assert client.get(f"{WASTE}/croissant.json?x=1").status_code == 400

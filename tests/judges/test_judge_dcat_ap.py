"""The shapes of DCAT-AP judge the catalogue as a harvester gets it: by itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pyshacl
import pytest
import rdflib
from rdflib.namespace import DCTERMS, SH

from tools.example_site import ExampleSite

SETS = (("dcat-ap-SHACL.ttl",), ("shapes.ttl", "range.ttl"))


@pytest.fixture(scope="module")
def catalogue(example_site: ExampleSite, shapes: Path) -> rdflib.Graph:
    """The served catalogue, with what stands in for the tables of the European Union's authorities."""
    graph = rdflib.Graph().parse(shapes / "eu-authority-stub.ttl")
    answer = httpx.get(f"{example_site.url}/catalog", headers={"Accept": "text/turtle"})
    return graph.parse(data=answer.text, format="turtle")


def judge(catalogue: rdflib.Graph, folder: Path, names: tuple[str, ...]) -> str:
    """Give the report of what is wrong; empty if nothing is. What DCAT-AP only recommends is no fault."""
    shapes = rdflib.Graph()
    for name in names:
        shapes.parse(folder / name)
    # Two shapes of properties are referred to and defined nowhere.
    described = set(shapes.subjects())
    for triple in list(shapes.triples((None, SH.property, None))):
        if triple[2] not in described:
            shapes.remove(triple)
    conforms, _, report = pyshacl.validate(catalogue, shacl_graph=shapes, advanced=True, allow_warnings=True)
    return "" if conforms else report


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_catalogue_has_the_shapes_of_dcat_ap(
    catalogue: rdflib.Graph, shapes: Path, names: tuple[str, ...]
) -> None:
    assert judge(catalogue, shapes, names) == ""


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_dcat_ap_refuses_a_dataset_without_a_description(
    catalogue: rdflib.Graph, shapes: Path, names: tuple[str, ...]
) -> None:
    damaged = rdflib.Graph() + catalogue
    dataset = next(damaged.subjects(rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset")))
    damaged.remove((dataset, DCTERMS.description, None))
    report = judge(damaged, shapes, names)
    assert f"{dataset.rpartition('/')[2]}->" in report
    assert "description" in report

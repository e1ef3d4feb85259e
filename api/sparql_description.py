"""What the SPARQL service says of itself, as triples without blank nodes.

In:   an edition, the forms of results, the limits
Out:  triples

Source: SPARQL 1.1 Service Description, W3C Recommendation of 21 March 2013.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from api.edition import Edition
from api.forms import Form
from api.sparql_pool import Limits

_SD = "http://www.w3.org/ns/sparql-service-description#"
_RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_DCT = "http://purl.org/dc/terms/"
_FORMATS = "http://www.w3.org/ns/formats/"
_VOID = "http://rdfs.org/ns/void#"

# The names that the W3C gives to forms, by suffix.
_FORMAT_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
    "nq": "N-Quads",
    "rdf": "RDF_XML",
}


# The prefixes that a description is written with, beside those of the edition.
PREFIXES = {"sd": _SD, "formats": _FORMATS}


def graphs_of(edition: Edition) -> list[str]:
    """List the named graphs of an edition by their IRIs: the catalogue, its datasets, and the edition itself.

    A store that holds its observations has none: everything lies in its default graph.
    """
    if not edition.has_cube:
        return []
    return [*named_graphs(edition), edition.uri("edition", edition.name)]


def named_graphs(edition: Edition) -> list[str]:
    """List the graphs of which an edition is made up: the catalogue, and the observations of each dataset."""
    datasets = edition.rows("SELECT dataset FROM observation_datasets ORDER BY dataset")
    return [f"{edition.base}catalog", *(edition.uri("dataset", row[0]) for row in datasets)]


def describe_service(edition: Edition, results: Iterable[Form], limits: Limits) -> list[ox.Triple]:
    """Describe the service over an edition."""
    service = ox.NamedNode(f"{edition.base}sparql")
    dataset = ox.NamedNode(f"{edition.base}sparql#dataset")
    graph = ox.NamedNode(f"{edition.base}sparql#default-graph")

    def sd(name: str) -> ox.NamedNode:
        return ox.NamedNode(_SD + name)

    words = (
        f"Queries only, over the edition {edition.name}. A query may take {limits.seconds:g} seconds and "
        f"{limits.memory >> 20} MB, and give {limits.rows:,} rows or {limits.triples:,} triples. "
        "SERVICE and SPARQL Update are refused."
    )
    if edition.has_cube:
        words += (
            " Each dataset is a graph, everything else is in the graph of the catalogue, and each edition that is "
            "kept is a graph for a query that names it."
        )
    said: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (service, _RDF_TYPE, sd("Service")),
        (service, sd("endpoint"), service),
        (service, sd("supportedLanguage"), sd("SPARQL11Query")),
        (service, sd("feature"), sd("EmptyGraphs")),
        *([(service, sd("feature"), sd("UnionDefaultGraph"))] if edition.has_cube else []),
        (service, sd("defaultDataset"), dataset),
        (
            service,
            ox.NamedNode(f"{_DCT}title"),
            ox.Literal(f"SPARQL service of {edition.title}", language="en"),
        ),
        (service, ox.NamedNode(f"{_DCT}description"), ox.Literal(words, language="en")),
        (dataset, _RDF_TYPE, sd("Dataset")),
        (dataset, sd("defaultGraph"), graph),
        (graph, _RDF_TYPE, sd("Graph")),
        (graph, _RDF_TYPE, ox.NamedNode(f"{_VOID}Dataset")),
        (graph, ox.NamedNode(f"{_DCT}title"), ox.Literal(edition.title, language="en")),
        (graph, ox.NamedNode(f"{_DCT}isPartOf"), ox.NamedNode(edition.uri("edition", edition.name))),
    ]
    for named in graphs_of(edition):
        description = ox.NamedNode(f"{service.value}#graph/{named.removeprefix(edition.base)}")
        said += [
            (dataset, sd("namedGraph"), description),
            (description, _RDF_TYPE, sd("NamedGraph")),
            (description, sd("name"), ox.NamedNode(named)),
        ]
    said += [
        (service, sd("resultFormat"), ox.NamedNode(_FORMATS + _FORMAT_NAMES[form.suffix])) for form in results
    ]
    return [ox.Triple(*statement) for statement in said]

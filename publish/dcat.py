"""An edition becomes a DCAT 3 catalogue, and the vocabulary its terms come from is published with it.

In:   Contents, the files of the downloads
Out:  sorted lines of N-Triples without blank nodes

An edition is a catalogue, one of the series of editions of the site. Each dataset has its CSV file as a
distribution, and was derived from the publishers' files that its figures came from. The datasets' titles,
publishers and licences are said by their table already and not said again. What a catalogue points to gets the
class that DCAT-AP wants there, so that a harvester can judge the catalogue by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, XSD, Namespace

import schemas
from publish.contents import Contents, Row
from publish.folder import File
from publish.triples import Names, is_harmless_address

# rdflib's own DCAT is version 2; series and versions are of version 3.
DCAT = Namespace("http://www.w3.org/ns/dcat#")
SPDX = Namespace("http://spdx.org/rdf/terms#")

_CSVW = URIRef("http://www.w3.org/ns/csvw")
_PUBLIC = URIRef("http://publications.europa.eu/resource/authority/access-right/PUBLIC")
_MEDIA = "https://www.iana.org/assignments/media-types/"
_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
_FREQUENCIES = {
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "termly": "ANNUAL_3",
    "annual": "ANNUAL",
    "biennial": "BIENNIAL",
    "irregular": "IRREG",
}

# What the whole edition can be taken away as: the file, its title and its media type.
WHOLES = (
    ("catalogue.db", "Everything as one SQLite database", "application/vnd.sqlite3"),
    ("datapackage.json", "Everything as one Data Package", "application/json"),
    ("definitions/datapackage.json", "Every definition as one Data Package", "application/json"),
    ("observations.csv.gz", "All observations as CSV", "text/csv"),
    ("observations.parquet", "All observations as Parquet", "application/vnd.apache.parquet"),
    ("restated_figures.csv", "Figures restated on today's areas as CSV", "text/csv"),
    (
        "restated_figures.parquet",
        "Figures restated on today's areas as Parquet",
        "application/vnd.apache.parquet",
    ),
    ("revisions.parquet", "Every revision of a figure as Parquet", "application/vnd.apache.parquet"),
    ("site.nq.gz", "Everything as linked data, in N-Quads", "application/n-quads"),
    ("target_progress.csv", "What became of each target as CSV", "text/csv"),
    ("target_progress.parquet", "What became of each target as Parquet", "application/vnd.apache.parquet"),
)


def catalogue_lines(
    contents: Contents, edition: Mapping[str, str], on: date, files: Mapping[str, File]
) -> list[str]:
    """Describe an edition and its distributions.

    edition   what the edition says of itself: its name and digest among it
    on        the day in its name
    files     the files of the downloads that are written already, by path
    """
    names = Names(contents.base, contents.model)
    graph = Graph()
    catalogue = URIRef(names.thing(f"edition/{edition['edition']}"))
    series = URIRef(f"{contents.base}catalog")
    publisher = URIRef(f"{contents.base}catalog#publisher")
    title = Literal(contents.title, lang="en")
    graph.add((series, RDF.type, DCAT.DatasetSeries))
    graph.add((series, DCTERMS.title, title))
    description = f"All editions of {contents.title}, one immutable catalogue after the other."
    graph.add((series, DCTERMS.description, Literal(description, lang="en")))
    graph.add((series, DCTERMS.publisher, publisher))
    graph.add((publisher, RDF.type, FOAF.Agent))
    graph.add((publisher, FOAF.name, title))
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    graph.add((catalogue, RDF.type, PROV.Entity))
    graph.add((catalogue, DCAT.inSeries, series))
    graph.add((catalogue, DCAT.version, Literal(edition["edition"])))
    graph.add((catalogue, DCTERMS.title, title))
    about = f"The edition of {contents.title} of {on.isoformat()}: {contents.observations.count} figures."
    graph.add((catalogue, DCTERMS.description, Literal(about, lang="en")))
    graph.add((catalogue, DCTERMS.publisher, publisher))
    graph.add((catalogue, DCTERMS.issued, Literal(on.isoformat(), datatype=XSD.date)))
    graph.add((catalogue, DCTERMS.identifier, Literal(edition["digest"])))
    graph.add((catalogue, FOAF.homepage, _document(graph, contents.base)))
    service = URIRef(f"{contents.base}sparql")
    graph.add((catalogue, DCAT.service, service))
    graph.add((service, RDF.type, DCAT.DataService))
    graph.add((service, DCTERMS.title, Literal(f"SPARQL endpoint of {contents.title}", lang="en")))
    graph.add((service, DCAT.endpointURL, service))
    graph.add((service, DCAT.endpointDescription, service))
    _add_wholes(graph, contents, catalogue, files)
    for row in contents.rows("datasets"):
        _add_dataset(graph, contents, names, catalogue, row, files)
    _add_sources(graph, contents, names, catalogue)
    lines = graph.serialize(format="nt", encoding="utf-8").decode().split("\n")
    return [f"{statement}\n" for statement in sorted(lines) if statement]


def vocabulary_lines(base: str) -> list[str]:
    """Give the vocabulary's own statements, under this site's base."""
    path = Path(schemas.__file__).parent / "vocabulary.ttl"
    statements = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=base)
    return sorted(f"{statement.triple} .\n" for statement in statements)


def _add_wholes(graph: Graph, contents: Contents, catalogue: URIRef, files: Mapping[str, File]) -> None:
    licence = _licence_of_all(graph, contents, catalogue)
    for path, title, media in WHOLES:
        distribution = URIRef(f"{catalogue}#{path}")
        graph.add((catalogue, DCAT.distribution, distribution))
        if licence is not None:
            graph.add((distribution, DCTERMS.license, licence))
        _add_file(graph, contents, distribution, (path, title, media), files.get(path))
        if path.endswith(".gz"):
            graph.add((distribution, DCAT.compressFormat, _media_type(graph, "application/gzip")))


def _licence_of_all(graph: Graph, contents: Contents, catalogue: URIRef) -> URIRef | None:
    """Name the licence of a file that holds every dataset: a distribution has one, so several become the parts
    of one of ours."""
    texts = sorted({row["licence"] for row in contents.rows("datasets")})
    licences = [licence for text in texts if (licence := _licence(graph, text)) is not None]
    if len(licences) < 2:
        return licences[0] if licences else None
    several = URIRef(f"{catalogue}#licences")
    graph.add((several, RDF.type, DCTERMS.LicenseDocument))
    graph.add((several, DCTERMS.title, Literal("Each dataset has the licence that it names", lang="en")))
    for licence in licences:
        graph.add((several, DCTERMS.hasPart, licence))
    return several


def _licence(graph: Graph, text: str) -> URIRef | None:
    return _typed(graph, text, DCTERMS.LicenseDocument) if is_harmless_address(text) else None


def _media_type(graph: Graph, name: str) -> URIRef:
    return _typed(graph, f"{_MEDIA}{name}", DCTERMS.MediaType)


def _document(graph: Graph, address: str) -> URIRef:
    return _typed(graph, address, FOAF.Document)


def _typed(graph: Graph, address: str, kind: URIRef) -> URIRef:
    """Say which class an address has that the catalogue points to."""
    node = URIRef(address)
    graph.add((node, RDF.type, kind))
    return node


def _add_file(
    graph: Graph,
    contents: Contents,
    distribution: URIRef,
    described: tuple[str, str, str],
    file: File | None,
) -> None:
    """Say where a distribution is, in which media type, and its size and digest where they are known."""
    path, title, media = described
    address = URIRef(f"{contents.base}downloads/{path}")
    graph.add((distribution, RDF.type, DCAT.Distribution))
    graph.add((distribution, DCTERMS.title, Literal(title, lang="en")))
    graph.add((distribution, DCAT.accessURL, address))
    graph.add((distribution, DCAT.downloadURL, address))
    graph.add((distribution, DCAT.mediaType, _media_type(graph, media)))
    if file is not None:
        size = Literal(str(file.bytes), datatype=XSD.nonNegativeInteger)
        graph.add((distribution, DCAT.byteSize, size))
        checksum = URIRef(f"{distribution}-checksum")
        graph.add((distribution, SPDX.checksum, checksum))
        graph.add((checksum, RDF.type, SPDX.Checksum))
        sha = _typed(graph, f"{SPDX}checksumAlgorithm_sha256", SPDX.ChecksumAlgorithm)
        graph.add((checksum, SPDX.algorithm, sha))
        graph.add((checksum, SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)))


def _add_dataset(
    graph: Graph,
    contents: Contents,
    names: Names,
    catalogue: URIRef,
    row: Row,
    files: Mapping[str, File],
) -> None:
    dataset = URIRef(names.thing(f"dataset/{row['dataset']}"))
    publisher = URIRef(names.thing(f"body/{row['publisher']}"))
    label = next(body["label"] for body in contents.rows("bodies") if body["body"] == row["publisher"])
    graph.add((catalogue, DCAT.dataset, dataset))
    graph.add((dataset, RDF.type, DCAT.Dataset))
    graph.add((publisher, RDF.type, FOAF.Agent))
    graph.add((publisher, FOAF.name, Literal(label, lang="en")))
    page = _document(graph, f"{contents.base}datasets/{row['dataset']}")
    graph.add((dataset, DCAT.landingPage, page))
    graph.add((dataset, DCTERMS.accessRights, _typed(graph, _PUBLIC, DCTERMS.RightsStatement)))
    graph.add((URIRef(f"{contents.base}sparql"), DCAT.servesDataset, dataset))
    if row["frequency"]:
        frequency = _typed(graph, _FREQUENCY + _FREQUENCIES[row["frequency"]], DCTERMS.Frequency)
        graph.add((dataset, DCTERMS.accrualPeriodicity, frequency))
    path = f"datasets/{row['dataset']}.csv"
    if path in files:
        distribution = URIRef(f"{dataset}#csv")
        graph.add((dataset, DCAT.distribution, distribution))
        licence = _licence(graph, row["licence"])
        if licence is not None:
            graph.add((distribution, DCTERMS.license, licence))
        described = (path, f"{row['title']} as CSV", "text/csv")
        _add_file(graph, contents, distribution, described, files[path])
        metadata = _document(graph, f"{contents.base}downloads/{path}-metadata.json")
        graph.add((distribution, DCTERMS.conformsTo, _typed(graph, _CSVW, DCTERMS.Standard)))
        graph.add((distribution, FOAF.page, metadata))


def _add_sources(graph: Graph, contents: Contents, names: Names, catalogue: URIRef) -> None:
    """Say which of the publishers' files each dataset's figures came from, with the digest of each file."""
    entities = {}
    for row in contents.sources:
        entity = entities[row["source"]] = URIRef(f"{catalogue}#source-{row['source']}")
        graph.add((entity, RDF.type, PROV.Entity))
        graph.add((entity, DCTERMS.title, Literal(row["title"] or row["file"], lang="en")))
        graph.add((entity, DCTERMS.identifier, Literal(f"sha256:{row['sha256']}")))
        graph.add((catalogue, PROV.wasDerivedFrom, entity))
    for dataset, sources in contents.dataset_sources.items():
        for source in sources:
            node = URIRef(names.thing(f"dataset/{dataset}"))
            graph.add((node, PROV.wasDerivedFrom, entities[source]))

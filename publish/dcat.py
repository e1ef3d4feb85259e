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

import schemas
from publish.contents import Contents, Row
from publish.folder import File
from publish.triples import RDF_TYPE, Names, english, is_harmless_address, line, literal

_CSVW = "http://www.w3.org/ns/csvw"
_PUBLIC = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
_SPDX = "http://spdx.org/rdf/terms#"
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


class _Graph:
    """Statements of the catalogue, each once."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.names = Names(contents.base, contents.model)
        self.lines: set[str] = set()

    def say(self, subject: str, curie: str, thing: str) -> None:
        """Say something of a subject: "<…>" or a literal."""
        self.lines.add(line(subject, self._iri(curie), thing))

    def point(self, subject: str, curie: str, address: str) -> None:
        """Say what an address is to a subject."""
        self.say(subject, curie, f"<{address}>")

    def typed(self, address: str, curie: str) -> str:
        """Say which class an address has, and give the address."""
        self.lines.add(line(address, RDF_TYPE, f"<{self._iri(curie)}>"))
        return address

    def _iri(self, curie: str) -> str:
        # Of this namespace nothing else is used.
        return f"{_SPDX}{curie[5:]}" if curie.startswith("spdx:") else self.names.iri(curie)


def catalogue_lines(
    contents: Contents, edition: Mapping[str, str], on: date, files: Mapping[str, File]
) -> list[str]:
    """Describe an edition and its distributions.

    edition   what the edition says of itself: its name and digest among it
    on        the day in its name
    files     the files of the downloads that are written already, by path
    """
    graph = _Graph(contents)
    catalogue = graph.names.thing(f"edition/{edition['edition']}")
    series = graph.typed(f"{contents.base}catalog", "dcat:DatasetSeries")
    publisher = graph.typed(f"{contents.base}catalog#publisher", "foaf:Agent")
    title = english(contents.title)
    graph.say(series, "dct:title", title)
    description = f"All editions of {contents.title}, one immutable catalogue after the other."
    graph.say(series, "dct:description", english(description))
    graph.point(series, "dct:publisher", publisher)
    graph.say(publisher, "foaf:name", title)
    graph.typed(catalogue, "dcat:Catalog")
    graph.typed(catalogue, "prov:Entity")
    graph.point(catalogue, "dcat:inSeries", series)
    graph.say(catalogue, "dcat:version", literal(edition["edition"]))
    graph.say(catalogue, "dct:title", title)
    about = f"The edition of {contents.title} of {on.isoformat()}: {contents.observations.count} figures."
    graph.say(catalogue, "dct:description", english(about))
    graph.point(catalogue, "dct:publisher", publisher)
    graph.say(catalogue, "dct:issued", literal(on.isoformat(), "date"))
    graph.say(catalogue, "dct:identifier", literal(edition["digest"]))
    graph.point(catalogue, "foaf:homepage", graph.typed(contents.base, "foaf:Document"))
    service = graph.typed(f"{contents.base}sparql", "dcat:DataService")
    graph.point(catalogue, "dcat:service", service)
    graph.say(service, "dct:title", english(f"SPARQL endpoint of {contents.title}"))
    graph.point(service, "dcat:endpointURL", service)
    graph.point(service, "dcat:endpointDescription", service)
    _add_wholes(graph, catalogue, files)
    for row in contents.rows("datasets"):
        _add_dataset(graph, catalogue, row, files)
    _add_sources(graph, catalogue)
    return sorted(graph.lines)


def vocabulary_lines(base: str) -> list[str]:
    """Give the vocabulary's own statements, under this site's base."""
    path = Path(schemas.__file__).parent / "vocabulary.ttl"
    statements = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=base)
    return sorted(f"{statement.triple} .\n" for statement in statements)


def _add_wholes(graph: _Graph, catalogue: str, files: Mapping[str, File]) -> None:
    licence = _licence_of_all(graph, catalogue)
    for path, title, media in WHOLES:
        distribution = f"{catalogue}#{path}"
        graph.point(catalogue, "dcat:distribution", distribution)
        if licence is not None:
            graph.point(distribution, "dct:license", licence)
        _add_file(graph, distribution, (path, title, media), files.get(path))
        if path.endswith(".gz"):
            graph.point(distribution, "dcat:compressFormat", _media_type(graph, "application/gzip"))


def _licence_of_all(graph: _Graph, catalogue: str) -> str | None:
    """Name the licence of a file that holds every dataset: a distribution has one, so several become the parts
    of one of ours."""
    texts = sorted({row["licence"] for row in graph.contents.rows("datasets")})
    licences = [licence for text in texts if (licence := _licence(graph, text)) is not None]
    if len(licences) < 2:
        return licences[0] if licences else None
    several = graph.typed(f"{catalogue}#licences", "dct:LicenseDocument")
    graph.say(several, "dct:title", english("Each dataset has the licence that it names"))
    for licence in licences:
        graph.point(several, "dct:hasPart", licence)
    return several


def _licence(graph: _Graph, text: str) -> str | None:
    return graph.typed(text, "dct:LicenseDocument") if is_harmless_address(text) else None


def _media_type(graph: _Graph, name: str) -> str:
    return graph.typed(f"{_MEDIA}{name}", "dct:MediaType")


def _add_file(graph: _Graph, distribution: str, described: tuple[str, str, str], file: File | None) -> None:
    """Say where a distribution is, in which media type, and its size and digest where they are known."""
    path, title, media = described
    address = f"{graph.contents.base}downloads/{path}"
    graph.typed(distribution, "dcat:Distribution")
    graph.say(distribution, "dct:title", english(title))
    graph.point(distribution, "dcat:accessURL", address)
    graph.point(distribution, "dcat:downloadURL", address)
    graph.point(distribution, "dcat:mediaType", _media_type(graph, media))
    if file is not None:
        graph.say(distribution, "dcat:byteSize", literal(str(file.bytes), "nonNegativeInteger"))
        checksum = graph.typed(f"{distribution}-checksum", "spdx:Checksum")
        graph.point(distribution, "spdx:checksum", checksum)
        sha = graph.typed(f"{_SPDX}checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm")
        graph.point(checksum, "spdx:algorithm", sha)
        graph.say(checksum, "spdx:checksumValue", literal(file.sha256, "hexBinary"))


def _add_dataset(graph: _Graph, catalogue: str, row: Row, files: Mapping[str, File]) -> None:
    base, bodies = graph.contents.base, graph.contents.rows("bodies")
    dataset = graph.typed(graph.names.thing(f"dataset/{row['dataset']}"), "dcat:Dataset")
    publisher = graph.typed(graph.names.thing(f"body/{row['publisher']}"), "foaf:Agent")
    label = next(body["label"] for body in bodies if body["body"] == row["publisher"])
    graph.point(catalogue, "dcat:dataset", dataset)
    graph.say(publisher, "foaf:name", english(label))
    page = graph.typed(f"{base}datasets/{row['dataset']}", "foaf:Document")
    graph.point(dataset, "dcat:landingPage", page)
    graph.point(dataset, "dct:accessRights", graph.typed(_PUBLIC, "dct:RightsStatement"))
    graph.point(f"{base}sparql", "dcat:servesDataset", dataset)
    if row["frequency"]:
        frequency = graph.typed(_FREQUENCY + _FREQUENCIES[row["frequency"]], "dct:Frequency")
        graph.point(dataset, "dct:accrualPeriodicity", frequency)
    path = f"datasets/{row['dataset']}.csv"
    if path in files:
        distribution = f"{dataset}#csv"
        graph.point(dataset, "dcat:distribution", distribution)
        licence = _licence(graph, row["licence"])
        if licence is not None:
            graph.point(distribution, "dct:license", licence)
        _add_file(graph, distribution, (path, f"{row['title']} as CSV", "text/csv"), files[path])
        metadata = graph.typed(f"{base}downloads/{path}-metadata.json", "foaf:Document")
        graph.point(distribution, "dct:conformsTo", graph.typed(_CSVW, "dct:Standard"))
        graph.point(distribution, "foaf:page", metadata)


def _add_sources(graph: _Graph, catalogue: str) -> None:
    """Say which of the publishers' files each dataset's figures came from, with the digest of each file."""
    entities = {}
    for row in graph.contents.sources:
        entity = entities[row["source"]] = graph.typed(f"{catalogue}#source-{row['source']}", "prov:Entity")
        graph.say(entity, "dct:title", english(row["title"] or row["file"]))
        graph.say(entity, "dct:identifier", literal(f"sha256:{row['sha256']}"))
        graph.point(catalogue, "prov:wasDerivedFrom", entity)
    for dataset, sources in graph.contents.dataset_sources.items():
        for source in sources:
            node = graph.names.thing(f"dataset/{dataset}")
            graph.point(node, "prov:wasDerivedFrom", entities[source])

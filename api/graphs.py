"""The RDF description of one thing: what the edition's store says of it, and enough to read that alone.

In:   a thing of an edition
Out:  triples: the thing's own, those of its parts, the names of what it points to, and of the document itself
      its edition, licence and source
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from api.answers import Row, sources_of_datasets, sources_of_rows, sources_of_signals
from api.edition import Edition
from api.revision_graphs import describe_revisions
from api.things import Thing
from schemas import load_model

Triples = dict[ox.Triple, None]

_LABELS = tuple(
    ox.NamedNode(iri)
    for iri in (
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://purl.org/dc/terms/title",
    )
)
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_BYTE_SIZE = ox.NamedNode("http://www.w3.org/ns/dcat#byteSize")
_NON_NEGATIVE = ox.NamedNode("http://www.w3.org/2001/XMLSchema#nonNegativeInteger")
_DCT = "http://purl.org/dc/terms/"
_FOAF = "http://xmlns.com/foaf/0.1/"

# Things that others belong to, and the property by which those say so: a list without its codes says little.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "code-list": ("http://www.w3.org/2004/02/skos/core#inScheme",),
    "scale": ("http://www.w3.org/2004/02/skos/core#inScheme",),
    "framework": ("def:questionOf",),
    "outcome": ("def:outcome",),
    "plan": ("def:plan",),
    "target": ("def:target",),
    "judgement": ("def:repliesTo", "def:respondsTo"),
    "signal": ("def:signal",),
    "signal-rule": ("def:parameterOf",),
}
_MOST_PARTS = 1000


def prefixes_of(edition: Edition) -> dict[str, str]:
    """Name the prefixes of graphs: the model's, the vocabulary's, and one for each kind of thing."""
    return edition.once("prefixes", lambda: _read_prefixes(edition))


def _read_prefixes(edition: Edition) -> dict[str, str]:
    model = load_model()
    kinds = {kind: f"{edition.base}id/{kind}/" for kind in model.kinds if kind not in model.prefixes}
    return {**model.prefixes, "def": f"{edition.base}def/", **kinds}


def describe_thing(edition: Edition, thing: Thing) -> list[ox.Triple]:
    """Describe a thing."""
    subject = ox.NamedNode(thing.uri(edition))
    found: Triples = {}
    _add_own(edition, subject, found)
    for name in _PARTS.get(thing.kind.kind, ()):
        _add_parts(edition, subject, ox.NamedNode(name.replace("def:", f"{edition.base}def/")), found)
    if thing.kind.kind == "observation":
        found |= dict.fromkeys(describe_revisions(edition, thing.path))
    _add_labels(edition, found)
    found |= dict.fromkeys(_describe_document(edition, thing.address, subject, sources_of(edition, thing)))
    return list(found)


def describe_lines(
    edition: Edition, lines: str, topic: str, address: str, sources: Iterable[Row]
) -> list[ox.Triple]:
    """Describe what was worked out for one answer: its lines of N-Triples, and the document that holds them.

    topic     the IRI of what the document is about
    address   the document's address inside the site
    sources   where the facts come from
    """
    subject = ox.NamedNode(topic)
    parsed = ox.parse(input=lines.encode(), format=ox.RdfFormat.N_TRIPLES)
    found: Triples = {quad.triple: None for quad in parsed}
    _add_labels(edition, found)
    found |= dict.fromkeys(_describe_document(edition, address, subject, sources))
    return list(found)


def describe_node(edition: Edition, iri: str) -> list[ox.Triple]:
    """Describe any IRI of the store: its own triples, its parts' and the names of what it points to."""
    found: Triples = {}
    _add_own(edition, ox.NamedNode(iri), found)
    _add_labels(edition, found)
    return list(found)


def _add_own(edition: Edition, subject: ox.NamedNode, found: Triples) -> None:
    """Add what is said of a node and of its parts: the nodes with its IRI and a fragment."""
    waiting, seen = [subject], {subject}
    while waiting:
        node = waiting.pop()
        for quad in edition.store.quads_for_pattern(node, None, None, None):
            found[_as_published(quad.triple)] = None
            part = quad.object
            if (
                isinstance(part, ox.NamedNode)
                and part.value.startswith(f"{subject.value}#")
                and part not in seen
            ):
                seen.add(part)
                waiting.append(part)


def _as_published(triple: ox.Triple) -> ox.Triple:
    """Give a number the type it was published with: the store makes every type of whole numbers xsd:integer."""
    if triple.predicate != _BYTE_SIZE or not isinstance(triple.object, ox.Literal):
        return triple
    return ox.Triple(
        triple.subject, triple.predicate, ox.Literal(triple.object.value, datatype=_NON_NEGATIVE)
    )


def _add_parts(edition: Edition, subject: ox.NamedNode, name: ox.NamedNode, found: Triples) -> None:
    """Add what is said of the nodes that say they belong to the subject."""
    for count, quad in enumerate(edition.store.quads_for_pattern(None, name, subject, None)):
        if count == _MOST_PARTS:
            return
        if isinstance(quad.subject, ox.NamedNode):
            _add_own(edition, quad.subject, found)


def _add_labels(edition: Edition, found: Triples) -> None:
    """Add the names of the things of this site that are pointed to."""
    subjects = {triple.subject for triple in found}
    pointed = {
        triple.object
        for triple in found
        if isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(edition.base)
    }
    for node in pointed - subjects:
        for label in _LABELS:
            for quad in edition.store.quads_for_pattern(node, label, None, None):
                found[quad.triple] = None


def _describe_document(
    edition: Edition, address: str, subject: ox.NamedNode, sources: Iterable[Row]
) -> Iterable[ox.Triple]:
    """Say what the document is about, from which edition, under which licence and from which source."""
    document = ox.NamedNode(f"{edition.base.rstrip('/')}{address}")
    yield ox.Triple(document, _TYPE, ox.NamedNode(f"{_FOAF}Document"))
    yield ox.Triple(document, ox.NamedNode(f"{_FOAF}primaryTopic"), subject)
    edition_node = ox.NamedNode(edition.uri("edition", edition.name))
    yield ox.Triple(document, ox.NamedNode(f"{_DCT}isPartOf"), edition_node)
    for source in sources:
        if is_iri(source.get("licence")):
            yield ox.Triple(document, ox.NamedNode(f"{_DCT}license"), ox.NamedNode(source["licence"]))
        if is_iri(source.get("source")):
            yield ox.Triple(document, ox.NamedNode(f"{_DCT}source"), ox.NamedNode(source["source"]))
        words = source.get("attribution") or _citation(source)
        if words:
            yield ox.Triple(document, ox.NamedNode(f"{_DCT}rights"), ox.Literal(words, language="en"))


def sources_of(edition: Edition, thing: Thing) -> list[Row]:
    """Say where a thing's facts come from: its dataset's publisher, or the file its row was read from."""
    if thing.kind.kind in ("dataset", "observation"):
        return sources_of_datasets(edition, [str(thing.row["dataset"])])
    if thing.kind.kind in ("signal", "signal-check"):
        return sources_of_signals(edition, [thing.row])
    return sources_of_rows(edition, [thing.row]) if "_source" in thing.row else []


def _citation(source: Row) -> str:
    parts = (source.get("publisher"), source.get("title"), source.get("file"))
    return ". ".join(str(part) for part in parts if part)


def is_iri(text: object) -> bool:
    """Say whether a publisher's text may become an IRI of a graph."""
    if not isinstance(text, str) or not text.startswith(("http://", "https://")):
        return False
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True

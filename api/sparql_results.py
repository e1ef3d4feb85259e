"""Results of SPARQL queries as JSON, XML, CSV, TSV and graphs.

In:   names of variables and rows of RDF terms, or triples
Out:  bytes

Source: SPARQL 1.1 Query Results JSON Format; XML Format (Second Edition); CSV and TSV Formats.
Written here because Oxigraph's own writers take no limit on rows. Loads nothing but pyoxigraph.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
_RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML = '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ROWS_OF_A_PIECE = 1_000


def write_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> bytes:
    """Write the rows of a SELECT. A cell is an RDF term, or None where a variable has no value."""
    return b"".join(pieces_of_rows(names, rows, form))


def pieces_of_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> Iterator[bytes]:
    """Write the same a piece at a time: no more rows are held than a piece has."""
    writing = _FORMS[form](names)
    yield writing.begin
    remaining, between = iter(rows), b""
    while piece := list(islice(remaining, _ROWS_OF_A_PIECE)):
        yield between + writing.write(piece)
        between = writing.between
    yield writing.end


def write_boolean(is_true: bool, form: str) -> bytes:
    """Write the answer of an ASK. CSV and TSV have no form for it in the standard; here it is one word."""
    word = "true" if is_true else "false"
    if form in ("json", "html"):
        return _json({"head": {}, "boolean": is_true})
    if form == "xml":
        return f"{_XML}<head/><boolean>{word}</boolean></sparql>\n".encode()
    if form in ("csv", "tsv"):
        return f"{word}\n".encode()
    raise ValueError(form)


def term_json(term: Any) -> dict[str, Any]:
    """Write one term as the JSON format has it."""
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.Literal):
        if term.language is not None:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        if term.datatype.value == _XSD_STRING:
            return {"type": "literal", "value": term.value}
        return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    parts = {part: term_json(getattr(term, part)) for part in ("subject", "predicate", "object")}
    return {"type": "triple", "value": parts}


def _json(document: Any) -> bytes:
    return _ENCODER.encode(document).encode("utf-8", "replace")


def _csv(term: Any) -> str:
    if term is None:
        return ""
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return str(term)


@dataclass(frozen=True, slots=True)
class _Form:
    """How rows are written: what stands before them, between two pieces of them and behind them."""

    begin: bytes
    write: Callable[[Sequence[Sequence[Any]]], bytes]
    between: bytes = b""
    end: bytes = b""


def _rows_json(names: Sequence[str]) -> _Form:
    def write(rows: Sequence[Sequence[Any]]) -> bytes:
        bindings = [
            {name: term_json(term) for name, term in zip(names, row, strict=True) if term is not None}
            for row in rows
        ]
        return _json(bindings)[1:-1]

    return _Form(b'{"head":{"vars":%b},"results":{"bindings":[' % _json(names), write, b",", b"]}}")


def _rows_xml(names: Sequence[str]) -> _Form:
    opening = [f"<binding name={quoteattr(name)}>" for name in names]

    def write(rows: Sequence[Sequence[Any]]) -> bytes:
        parts = []
        for row in rows:
            cells = (
                f"{start}{_term_xml(term)}</binding>"
                for start, term in zip(opening, row, strict=True)
                if term is not None
            )
            parts.append(f"<result>{''.join(cells)}</result>\n")
        return "".join(parts).encode("utf-8", "replace")

    variables = "".join(f"<variable name={quoteattr(name)}/>" for name in names)
    begin = f"{_XML}<head>{variables}</head>\n<results>\n".encode("utf-8", "replace")
    return _Form(begin, write, end=b"</results>\n</sparql>\n")


def _rows_csv(names: Sequence[str]) -> _Form:
    def write(rows: Iterable[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows([_csv(term) for term in row] for row in rows)
        return text.getvalue().encode()

    heading = io.StringIO(newline="")
    csv.writer(heading, lineterminator="\r\n").writerow(names)
    return _Form(heading.getvalue().encode(), write)


def _rows_tsv(names: Sequence[str]) -> _Form:
    def write(rows: Sequence[Sequence[Any]]) -> bytes:
        lines = ("\t".join("" if term is None else str(term) for term in row) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode()

    heading = "\t".join(f"?{name}" for name in names)
    return _Form(f"{heading}\n".encode(), write)


_FORMS: Mapping[str, Callable[[Sequence[str]], _Form]] = {
    "json": _rows_json,
    "html": _rows_json,
    "xml": _rows_xml,
    "csv": _rows_csv,
    "tsv": _rows_tsv,
}


def _term_xml(term: Any) -> str:
    if isinstance(term, ox.NamedNode):
        return f"<uri>{_xml(term.value)}</uri>"
    if isinstance(term, ox.Literal):
        if term.language is not None:
            return f"<literal xml:lang={quoteattr(term.language)}>{_xml(term.value)}</literal>"
        if term.datatype.value == _XSD_STRING:
            return f"<literal>{_xml(term.value)}</literal>"
        return f"<literal datatype={quoteattr(term.datatype.value)}>{_xml(term.value)}</literal>"
    if isinstance(term, ox.BlankNode):
        return f"<bnode>{_xml(term.value)}</bnode>"
    parts = (
        f"<{part}>{_term_xml(getattr(term, part))}</{part}>" for part in ("subject", "predicate", "object")
    )
    return f"<triple>{''.join(parts)}</triple>"


def _xml(text: str) -> str:
    """Escape a text for XML 1.0, which has no way to write most control characters at all."""
    return NOT_XML.sub("\ufffd", escape(text))


RDF_FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    # A graph without a name is written alike as N-Triples and as N-Quads.
    "nq": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
}


def write_graph(
    triples: Iterable[ox.Triple], form: str, prefixes: Mapping[str, str], first: str = ""
) -> bytes:
    """Write triples in an order of their own: by subject, the types first, then by property and value.

    The same triples give the same bytes. Only prefixes that are used are declared.

    first    the IRI of the subject that comes first, and its parts after it: what the graph is about

    Raises ValueError if RDF/XML cannot hold a property.
    """
    ordered = sorted(dict.fromkeys(triples), key=lambda triple: _order(triple, first))
    used = _used(ordered, prefixes)
    if form == "jsonld":
        return _jsonld(ordered, used)
    written = ox.serialize(ordered, format=RDF_FORMATS[form], prefixes=used)
    assert written is not None
    return _steady_heading(written, form)


def _order(triple: ox.Triple, first: str) -> tuple[Any, ...]:
    subject = str(triple.subject)
    return (
        subject != f"<{first}>",
        not subject.startswith(f"<{first}#"),
        subject,
        triple.predicate != _RDF_TYPE,
        triple.predicate.value,
        str(triple.object),
    )


def _used(triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> dict[str, str]:
    iris = {triple.predicate.value for triple in triples}
    for triple in triples:
        for term in (triple.subject, triple.object):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal):
                iris.add(term.datatype.value)
    starts = {iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] for iri in iris}
    return {name: start for name, start in sorted(prefixes.items()) if start in starts}


def _steady_heading(written: bytes, form: str) -> bytes:
    """Put the declarations of prefixes in order: the writer takes them as they come out of a hash table."""
    if form == "ttl":
        lines = written.split(b"\n")
        count = sum(line.startswith(b"@prefix") for line in lines)
        return b"\n".join([*sorted(lines[:count]), *([b""] if count else []), *lines[count:]])
    if form == "rdf":
        match = re.search(rb"<rdf:RDF((?: xmlns:[^=]+=\"[^\"]*\")*)", written)
        if match:
            names = sorted(re.findall(rb" xmlns:[^=]+=\"[^\"]*\"", match[1]))
            return written[: match.start(1)] + b"".join(names) + written[match.end(1) :]
    return written


def _jsonld(triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """Write JSON-LD with its context inline, so that it can be read without a network."""
    nodes: dict[str, dict[str, Any]] = {}
    for triple in triples:
        name = _jsonld_id(triple.subject)
        node = nodes.setdefault(name, {"@id": name})
        if triple.predicate == _RDF_TYPE and isinstance(triple.object, ox.NamedNode):
            node.setdefault("@type", []).append(_short(triple.object.value, prefixes))
        else:
            key = _short(triple.predicate.value, prefixes)
            node.setdefault(key, []).append(_jsonld_value(triple.object, prefixes))
    document = {
        "@context": dict(prefixes),
        "@graph": [
            {
                key: value[0] if isinstance(value, list) and len(value) == 1 else value
                for key, value in node.items()
            }
            for node in nodes.values()
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _jsonld_id(term: Any) -> str:
    return term.value if isinstance(term, ox.NamedNode) else f"_:{term.value}"


def _jsonld_value(term: Any, prefixes: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(term, ox.Literal):
        return {"@id": _jsonld_id(term)}
    if term.language is not None:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == _XSD_STRING:
        return {"@value": term.value}
    return {"@value": term.value, "@type": _short(term.datatype.value, prefixes)}


def _short(iri: str, prefixes: Mapping[str, str]) -> str:
    """Shorten an IRI with a prefix, where what is left cannot be taken for something else."""
    for name, start in prefixes.items():
        if iri.startswith(start) and len(iri) > len(start) and not iri[len(start) :].startswith("//"):
            return f"{name}:{iri[len(start) :]}"
    return iri

"""The model becomes a JSON-LD context, so that published JSON-LD can use short names.

In:   a Model and the site's base
Out:  a JSON-ready dictionary, JSON-LD 1.1

A short name is the local name of a property or class: obsValue, areaType, Judgement. Two properties never
share one; where a standard has the name of one of ours, the standard's keeps its prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.definitions import Field, Model, TableSchema

_DATATYPES = {
    "number": "xsd:decimal",
    "integer": "xsd:integer",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
}

# Terms of what the product makes itself, which are in no submitted table.
_MADE: dict[str, str | None] = {
    "dcat:Catalog": None,
    "dcat:Dataset": None,
    "dcat:Distribution": None,
    "dcat:accessURL": "@id",
    "dcat:byteSize": "xsd:nonNegativeInteger",
    "dcat:dataset": "@id",
    "dcat:distribution": "@id",
    "dcat:downloadURL": "@id",
    "dcat:mediaType": "@id",
    "def:Framework": None,
    "def:Indicator": None,
    "def:MissingObservation": None,
    "def:fromEdition": "@id",
    "def:revision": "@id",
    "def:toEdition": "@id",
    "def:dataset": "@id",
    "qb:structure": "@id",
    "skos:exactMatch": "@id",
    "owl:sameAs": "@id",
}

_WITH_PREFIX = frozenset({"dcat:dataset"})


class NameTaken(Exception):  # noqa: N818 - a fault in the model, said as such
    """Two properties or classes have one local name, so a short name would be ambiguous."""


def make_context(model: Model, base: str) -> dict[str, Any]:
    """Give the context of a site, whose base ends with a slash.

    Raises NameTaken if two terms have one local name.

    >>> from schemas import load_model
    >>> context = make_context(load_model(), "https://data.example.org/")["@context"]
    >>> context["areaType"]
    {'@id': 'def:areaType', '@type': '@id'}
    >>> context["obsValue"]
    {'@id': 'sdmx-measure:obsValue', '@type': 'xsd:decimal'}
    """
    terms: dict[str, tuple[str, str | None]] = {}
    for curie, kind in sorted({*_terms_of_tables(model), *_MADE.items()}, key=lambda term: term[0]):
        local = curie if curie in _WITH_PREFIX else curie.split(":")[1]
        if terms.get(local, (curie, kind)) != (curie, kind):
            raise NameTaken(f"'{local}' is short for {terms[local][0]} and for {curie}")
        terms[local] = (curie, kind)
    context: dict[str, Any] = {"@version": 1.1, "id": "@id", "type": "@type", "def": f"{base}def/"}
    context |= dict(sorted(model.prefixes.items()))
    for local, (curie, kind) in sorted(terms.items()):
        context[local] = curie if kind is None else {"@id": curie, "@type": kind}
    return {"@context": context}


def _terms_of_tables(model: Model) -> Iterator[tuple[str, str | None]]:
    for table in (*model.tables.values(), *model.derived.values()):
        if table.rdf_type is not None:
            yield table.rdf_type, None
        for field in table.fields:
            if field.rdf_property is not None:
                yield field.rdf_property, _type_of(model, table, field)


def _type_of(model: Model, table: TableSchema, field: Field) -> str | None:
    if model.link(table, field) is not None or field.format == "uri":
        return "@id"
    return _DATATYPES.get(field.type)

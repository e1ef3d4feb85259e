"""The vocabulary has every term that is used, uses every term it has, and says nothing untrue of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef

from schemas import Field, TableSchema, load_model
from schemas.model import FOLDER
from schemas.shapes import class_of

BASE = "https://data.example.org/"
DEF = Namespace(f"{BASE}def/")
QB = Namespace("http://purl.org/linked-data/cube#")

# Terms that no table has, each with its reason.
BESIDE_TABLES = {
    "fromEdition": "the editions of a revision, which no table of a package has",
    "toEdition": "the editions of a revision, which no table of a package has",
    "revision": "leads from a figure to what became of it",
    "Framework": "the whole of a framework's versions; def:framework names it",
    "Indicator": "the whole of an indicator's versions; def:indicator names it",
    "MissingObservation": "a figure without a value; publish makes it of a row whose status says why",
    "SignalRule": "the whole of a rule's versions; def:signalRule names it",
    "Verdict": "what the door of verdicts says of two figures; nobody submits it",
    "VerdictReason": "one reason of it",
    "changeSet": "a version that follows another one says it; publish makes it of the two rows",
    "fieldChange": "a change set names its changes by it; publish makes them of two rows",
    "gradeShare": "a question names how many bodies stand at its grades by it; publish counts them",
    "recomputedAs": "a judgement names what its parts make of it by it; publish works that out",
    "areas": "the scheme of every area",
    "compares": "a verdict names its two figures by it",
    "verdictReason": "a verdict names its reasons by it",
    "codesFrom": "said in the vocabulary itself, of properties whose values come from a built-in list",
    "dataset": "a missing observation says it in place of qb:dataSet",
    "indicators": "the scheme of every indicator; the code list of def:indicator",
}

DATATYPES = {
    "string": RDFS.Literal,  # words are in a language, so no datatype fits all of them
    "number": XSD.decimal,
    "integer": XSD.integer,
    "boolean": XSD.boolean,
    "date": XSD.date,
}


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    return Graph().parse(FOLDER / "vocabulary.ttl", publicID=BASE)


def own_fields() -> Iterator[tuple[TableSchema, Field, URIRef]]:
    """List the fields whose property is one of ours."""
    model = load_model()
    for table in (*model.tables.values(), *model.derived.values()):
        for field in table.fields:
            if field.rdf_property is not None and field.rdf_property.startswith("def:"):
                yield table, field, DEF[field.rdf_property.removeprefix("def:")]


def own_terms(graph: Graph) -> set[str]:
    return {
        str(term).removeprefix(DEF)
        for term in graph.subjects(RDF.type)
        if str(term).startswith(DEF) and str(term) != str(DEF)
    }


def used_terms() -> set[str]:
    model = load_model()
    classes = {table.rdf_type for table in (*model.tables.values(), *model.derived.values())}
    return {
        curie.removeprefix("def:") for curie in classes if curie is not None and curie.startswith("def:")
    } | {str(term).removeprefix(DEF) for _, _, term in own_fields()}


def test_every_term_used_is_in_the_vocabulary(vocabulary: Graph) -> None:
    assert used_terms() - own_terms(vocabulary) == set()


def test_every_term_of_the_vocabulary_is_used_or_reasoned(vocabulary: Graph) -> None:
    used = used_terms()
    assert own_terms(vocabulary) - used == set(BESIDE_TABLES) - used
    assert set(BESIDE_TABLES) <= own_terms(vocabulary)


def test_vocabulary_has_no_blank_node(vocabulary: Graph) -> None:
    assert not [term for triple in vocabulary for term in triple if isinstance(term, BNode)]


def test_every_term_has_a_label_a_comment_and_a_home(vocabulary: Graph) -> None:
    for name in own_terms(vocabulary) - {"areas", "indicators"}:
        term = DEF[name]
        for said in (RDFS.label, RDFS.comment):
            [text] = vocabulary.objects(term, said)
            assert isinstance(text, Literal)
            assert text.language == "en"
        assert str(vocabulary.value(term, RDFS.comment)).endswith("."), name
        assert vocabulary.value(term, RDFS.isDefinedBy) == URIRef(str(DEF)), name
        if (term, RDF.type, OWL.Class) in vocabulary:
            assert name[0].isupper()
        else:
            assert name[0].islower()


def test_vocabulary_follows_the_base() -> None:
    for base in ("https://a.example/", "https://b.example/stats/"):
        graph = Graph().parse(FOLDER / "vocabulary.ttl", publicID=base)
        assert (URIRef(f"{base}def/indicator"), RDF.type, QB.DimensionProperty) in graph


def test_range_is_what_the_columns_hold(vocabulary: Graph) -> None:
    model = load_model()
    for table, field, term in own_fields():
        ranges = set(vocabulary.objects(term, RDFS.range))
        link = model.link(table, field)
        if link is not None:
            assert _expand(class_of(model, link)) in ranges, (table.name, field.name)
            assert (term, RDF.type, OWL.ObjectProperty) in vocabulary
        elif field.format == "uri":
            assert ranges == set()
            assert (term, RDF.type, OWL.ObjectProperty) in vocabulary
        else:
            assert ranges == {DATATYPES[field.type]}, (table.name, field.name)
            assert (term, RDF.type, OWL.DatatypeProperty) in vocabulary


def test_domain_is_the_one_class_that_has_the_property(vocabulary: Graph) -> None:
    for table, _, term in own_fields():
        for domain in vocabulary.objects(term, RDFS.domain):
            has_it = {
                _expand(other.rdf_type or "")
                for other, _, used in own_fields()
                if used == term and other.rdf_type
            }
            assert not has_it or {domain} == has_it, (table.name, term)


def test_coded_property_names_its_list(vocabulary: Graph) -> None:
    for _, field, term in own_fields():
        if field.code_list is not None:
            assert list(vocabulary.objects(term, DEF.codesFrom)) == [
                URIRef(f"{BASE}id/code-list/{field.code_list}")
            ]


def test_indicator_is_a_dimension_with_a_code_list(vocabulary: Graph) -> None:
    assert (DEF.indicator, RDF.type, QB.DimensionProperty) in vocabulary
    assert (DEF.indicator, QB.codeList, DEF.indicators) in vocabulary
    assert (DEF.lowerLimit, RDF.type, QB.AttributeProperty) in vocabulary


def test_missing_observation_is_no_observation(vocabulary: Graph) -> None:
    """What has qb:dataSet, or a part of it, is inferred to be an observation."""
    assert list(vocabulary.objects(DEF.MissingObservation, RDFS.subClassOf)) == []
    assert list(vocabulary.objects(DEF.dataset, RDFS.subPropertyOf)) == []


def test_prefixes_agree_with_the_model() -> None:
    for name in ("vocabulary.ttl", "shapes_beyond_tables.ttl"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        declared = dict(re.findall(r"(?m)^@prefix ([\w-]+): <(.*?)> \.$", text))
        assert declared.pop("def") == "def/"
        declared.pop("shape", None)
        prefixes = load_model().prefixes
        assert {prefix: prefixes.get(prefix) for prefix in declared} == declared


def _expand(curie: str) -> URIRef:
    prefix, local = curie.split(":")
    return DEF[local] if prefix == "def" else URIRef(f"{load_model().prefixes[prefix]}{local}")

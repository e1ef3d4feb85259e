"""The shapes hold for a small published world, and each of their constraints is seen to fail once.

The world of data/published_world.yaml has a few rows of every table; they become RDF by the links and
properties of the model, with what no table submits beside them in published_world.ttl. Each constraint of
each shape is then broken on a copy of the thing it is about, and the report must name that shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyshacl
import pytest
import yaml
from rdflib import DCTERMS, RDF, RDFS, SH, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from schemas import TableSchema, load_model
from schemas.model import FOLDER
from schemas.shapes import make_shapes

BASE = "http://127.0.0.1:8001/"
DEF = Namespace(f"{BASE}def/")
ID = Namespace(f"{BASE}id/")
QB = Namespace("http://purl.org/linked-data/cube#")

ELSEWHERE = URIRef("https://example.org/elsewhere")

DATA = Path(__file__).parent / "data"
WORLD: dict[str, list[dict[str, str]]] = yaml.safe_load(
    (DATA / "published_world.yaml").read_text(encoding="utf-8")
)

_DATATYPES = {"number": XSD.decimal, "integer": XSD.integer, "boolean": XSD.boolean, "date": XSD.date}


def expand(curie: str) -> URIRef:
    prefix, local = curie.split(":")
    return URIRef(f"{DEF if prefix == 'def' else load_model().prefixes[prefix]}{local}")


def triples_of(table: TableSchema, row: dict[str, str]) -> Iterator[tuple[Node, Node, Node]]:
    """Say what a row says, by the properties and links of its table."""
    subject = ID[table.subject.format_map(row)]
    if table.rdf_type is not None:
        yield subject, RDF.type, expand(table.rdf_type)
    for field in table.fields:
        if field.rdf_property is None or field.name not in row:
            continue
        cell = row[field.name]
        link = load_model().link(table, field)
        if link is not None:
            yield subject, expand(field.rdf_property), ID[link.format_map({**row, "item": cell})]
        elif field.format == "uri":
            yield subject, expand(field.rdf_property), URIRef(cell)
        else:
            datatype = _DATATYPES.get(field.type)
            yield subject, expand(field.rdf_property), Literal(cell, datatype=datatype)


@cache
def world() -> Graph:
    graph = Graph().parse(DATA / "published_world.ttl", publicID=BASE)
    model = load_model()
    rows = [(model.table(name), row) for name, rows in WORLD.items() for row in rows]
    for built_in in model.code_lists.values():
        told = {"code_list": built_in.code_list, "label": built_in.label, "definition": built_in.definition}
        rows.append((model.tables["code_lists"], told))
        for code in built_in.codes:
            told = {"code_list": built_in.code_list, "code": code.code, "label": code.label}
            rows.append((model.tables["codes"], told))
    for table, row in rows:
        for triple in triples_of(table, row):
            graph.add(triple)
    return graph.parse(FOLDER / "vocabulary.ttl", publicID=BASE)


@cache
def shapes() -> Graph:
    return Graph().parse(FOLDER / "shapes.ttl", publicID=BASE)


def judge(data: Graph, rules: Graph) -> Graph:
    _, report, _ = pyshacl.validate(data, shacl_graph=rules, inplace=True)
    assert isinstance(report, Graph)
    return report


def test_world_has_rows_of_every_table_with_things() -> None:
    model = load_model()
    things = {table.name for table in model.tables.values() if table.subject}
    made = {
        "definition_changes",
        "definition_steps",
        "grade_shares",
        "periods",
        "recomputed_grades",
        "signal_checks",
        "signals",
    }
    assert set(WORLD) == things - {"observations", "boundaries", "translations"} | made


def test_published_world_meets_the_shapes() -> None:
    data = Graph() + world()
    report = judge(data, shapes())
    said = [
        (report.value(found, SH.focusNode), report.value(found, SH.sourceShape))
        for found in report.subjects(RDF.type, SH.ValidationResult)
    ]
    assert said == []


def test_thing_may_have_one_name_in_each_language() -> None:
    data = Graph() + world()
    area = min(data.subjects(RDF.type, SKOS.Concept), key=str)
    data.add((area, SKOS.prefLabel, Literal("Cymru", lang="cy")))
    assert (None, RDF.type, SH.ValidationResult) not in judge(data, shapes())
    data.add((area, SKOS.prefLabel, Literal("Gwalia", lang="cy")))
    assert (None, RDF.type, SH.ValidationResult) in judge(data, shapes())


def test_shapes_have_no_blank_node() -> None:
    assert not [term for triple in shapes() for term in triple if isinstance(term, BNode)]


def test_shapes_follow_the_model() -> None:
    assert make_shapes(load_model()) == (FOLDER / "shapes.ttl").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Rule:
    """One constraint: what `shape`, which is `node_shape` or a property shape of it, wants."""

    node_shape: Node
    shape: Node
    constraint: Node
    wanted: Node

    @property
    def component(self) -> str:
        return str(self.constraint).rsplit("#", 1)[1]

    @property
    def name(self) -> str:
        short = str(self.shape).rsplit("#", 1)[1]
        return f"{short} {self.component}"


# Parts of a shape that state no constraint, or belong to one that is broken with another.
NO_CONSTRAINT = {
    RDF.type, SH.path, SH.name, SH.description, SH.message, SH.property, SH.qualifiedValueShape,
    SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf,
}  # fmt: skip


def rules() -> list[Rule]:
    """List every constraint of every shape that has targets of its own."""
    graph = shapes()
    found = []
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
    for node_shape in sorted({shape for target in targets for shape in graph.subjects(target)}, key=str):
        for shape in [node_shape, *sorted(graph.objects(node_shape, SH.property), key=str)]:
            for constraint, wanted in sorted(graph.predicate_objects(shape), key=str):
                if constraint not in NO_CONSTRAINT:
                    found.append(Rule(node_shape, shape, constraint, wanted))
    return found


def things_of(node_shape: Node) -> list[Node]:
    """List the things of the world that a shape is about."""
    data, said = world(), shapes()
    things: set[Node] = set()
    for kind in said.objects(node_shape, SH.targetClass):
        things.update(data.subjects(RDF.type, kind))
    for path in said.objects(node_shape, SH.targetSubjectsOf):
        things.update(data.subjects(path))
    for path in said.objects(node_shape, SH.targetObjectsOf):
        things.update(data.objects(None, path))
    return sorted(things, key=str)


def one_shape(rule: Rule, thing: Node) -> Graph:
    """Copy the part of the shapes that a constraint needs, aimed at one thing."""
    graph, copy = shapes(), Graph()
    wanted = [rule.node_shape]
    while wanted:
        shape = wanted.pop()
        for predicate, value in graph.predicate_objects(shape):
            if predicate in (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf):
                continue
            if shape == rule.node_shape and predicate == SH.property and value != rule.shape:
                continue
            copy.add((shape, predicate, value))
            if (value, None, None) in graph and (value, None, None) not in copy:
                wanted.append(value)
    copy.add((rule.node_shape, SH.targetNode, thing))
    return copy


def surroundings(thing: Node) -> Graph:
    """Copy what the world says of a thing and of what it names."""
    graph, copy = world(), Graph()
    for predicate, value in graph.predicate_objects(thing):
        copy.add((thing, predicate, value))
        for triple in graph.triples((value, None, None)):
            copy.add(triple)
    for triple in graph.triples((None, RDFS.subClassOf, None)):
        copy.add(triple)
    return copy


def damage(rule: Rule, thing: Node, data: Graph) -> Node:
    """Break one constraint of a thing. Returns the thing, which has another name if that was the damage."""
    path = shapes().value(rule.shape, SH.path)
    if path is None:
        return _damage_thing(rule, thing, data)
    values = sorted(data.objects(thing, path), key=str)
    replaced: Node | None = None
    match rule.component:
        case "minCount" | "hasValue" | "qualifiedMinCount":
            data.remove((thing, path, None if rule.constraint != SH.hasValue else rule.wanted))
            return thing
        case "maxCount":
            for place in range(int(str(rule.wanted)) + 1 - len(values)):
                data.add((thing, path, Literal(f"another {place}")))
            return thing
        case "uniqueLang":
            for place in range(2):
                data.add((thing, path, Literal(f"another {place}", lang="cy")))
            return thing
        case "qualifiedMaxCount":
            for component in values:
                twin = URIRef(f"{component}-again")
                for predicate, value in list(data.predicate_objects(component)):
                    data.add((twin, predicate, value))
                data.add((thing, path, twin))
            return thing
        case "lessThanOrEquals" | "disjoint":
            [value] = values
            other = value if rule.constraint == SH.disjoint else _less(value)
            data.set((thing, rule.wanted, other))
            return thing
        case "datatype":
            replaced = Literal("in June")
        case "nodeKind":
            replaced = Literal("a text") if rule.wanted == SH.IRI else ELSEWHERE
        case "class":
            replaced = ELSEWHERE
        case "pattern":
            replaced = ELSEWHERE if isinstance(values[0], URIRef) else Literal("not it?")
        case "maxLength":
            replaced = Literal("x" * (int(str(rule.wanted)) + 1))
        case "minInclusive":
            replaced = Literal(Decimal(str(rule.wanted)) - 1, datatype=_datatype(values[0]))
        case "maxInclusive":
            replaced = Literal(Decimal(str(rule.wanted)) + 1, datatype=_datatype(values[0]))
        case _:
            raise AssertionError(f"no test breaks {rule.name}")
    data.remove((thing, path, values[0]))
    data.add((thing, path, replaced))
    return thing


def _damage_thing(rule: Rule, thing: Node, data: Graph) -> Node:
    match rule.component:
        case "class":
            data.remove((thing, RDF.type, None))
        case "not":
            data.add((thing, RDF.type, QB.Observation))
        case "or":
            for path in (
                DEF.toIndicator,
                DEF.toDefinition,
                DEF.signal,
                DEF.respondsTo,
                DEF.leastCount,
                DEF.leastPeople,
                DEF.madeOn,
                DCTERMS.issued,
            ):
                data.remove((thing, path, None))
        case "nodeKind" | "pattern":
            other: Node = BNode("unnamed") if rule.constraint == SH.nodeKind else ELSEWHERE
            for _, predicate, value in list(data.triples((thing, None, None))):
                data.add((other, predicate, value))
            return other
        case _:
            raise AssertionError(f"no test breaks {rule.name}")
    return thing


def _less(value: Node) -> Literal:
    assert isinstance(value, Literal)
    if value.datatype == XSD.date:
        return Literal("1066-10-14", datatype=XSD.date)
    return Literal(-1, datatype=value.datatype)


def _datatype(value: Node) -> URIRef | None:
    assert isinstance(value, Literal)
    return value.datatype


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_constraint_is_seen_to_fail(rule: Rule) -> None:
    path = shapes().value(rule.shape, SH.path)
    absent = rule.constraint == SH.maxCount and str(rule.wanted) == "0"
    about = things_of(rule.node_shape)
    things = [thing for thing in about if absent or path is None or (thing, path, None) in world()]
    assert things, f"the world has nothing that {rule.name} is about"
    if rule.constraint in (SH.pattern, SH.lessThanOrEquals):
        # Not the schemes of the vocabulary, which have fewer properties.
        things = [thing for thing in things if str(thing).startswith(str(ID))]
    data = surroundings(things[0])
    sound = judge(data, one_shape(rule, things[0]))
    assert (None, RDF.type, SH.ValidationResult) not in sound
    thing = damage(rule, things[0], data)
    report = judge(data, one_shape(rule, thing))
    broken = {report.value(found, SH.sourceShape) for found in report.subjects(RDF.type, SH.ValidationResult)}
    assert rule.shape in broken

"""A query as rdflib reads it, before it becomes algebra: elements of groups, one by one.

In:   the text of a query
Out:  nodes; some of them as a query of their own, in algebra
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from pyparsing import ParseResults
from rdflib.plugins.sparql.algebra import simplify, translate, translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parserutils import CompValue, Expr
from rdflib.term import URIRef, Variable

from api.cube.parts.reading import Unread
from api.cube.queries import parse_query

# Nodes of expressions that stand around one other where nothing else is said.
_WRAPPERS = frozenset({"ConditionalOrExpression", "ConditionalAndExpression"})


def parse(text: str) -> CompValue:
    """Read a query with its names resolved, not yet as algebra. Raises Unread."""
    try:
        prologue, query = parse_query(text)
        resolved = translatePrologue(prologue, None)
        found = traverse(query, visitPost=lambda node: translatePName(node, resolved))
    except Exception as fault:  # another parser decides what is a query
        raise Unread("rdflib cannot read it") from fault
    assert isinstance(found, CompValue)
    return found


def units_of(node: CompValue) -> Iterable[Any]:
    """Give the elements of a group as rdflib reads them; of triples, one for each subject."""
    for part in node.part or ():
        if part.name == "TriplesBlock":
            for one in part.triples:
                yield CompValue("TriplesBlock", triples=[one])
        else:
            yield part


def algebra_of(units: Sequence[Any], names: Iterable[str], graph: Any) -> CompValue:
    """Write elements as a query in rdflib's algebra."""
    # What is made of them changes them.
    group = CompValue("GroupGraphPatternSub", part=[_copied(unit) for unit in units])
    if graph is not None:
        inner = CompValue("GraphGraphPattern", term=graph, graph=group)
        group = CompValue("GroupGraphPatternSub", part=[inner])
    shown = [CompValue("vars", var=Variable(name)) for name in names]
    query = CompValue("SelectQuery", where=group, projection=shown)
    found = traverse(translate(query)[0], visitPost=simplify)
    assert isinstance(found, CompValue)
    return found


def query_without(tree: CompValue, gone: Container[int]) -> CompValue:
    """Write a query in rdflib's algebra, without some elements: see `identity`."""
    kept = _copied(tree, gone)
    assert isinstance(kept, CompValue)
    # A description of things alone has no group.
    found = None if kept.where is None else traverse(translate(kept)[0], visitPost=simplify)
    return CompValue(kept.name, p=found, datasetClause=kept.datasetClause)


def identity(unit: CompValue) -> int:
    """Tell an element from others of one tree."""
    return id(unit.triples[0]) if unit.name == "TriplesBlock" else id(unit)


def _copied(node: Any, gone: Container[int] = ()) -> Any:
    """Copy what is made of nodes and lists, but for some of them."""
    if isinstance(node, CompValue):
        values = {name: _copied(value, gone) for name, value in node.items()}
        if node.name == "TriplesBlock" and not values["triples"]:
            return CompValue("InlineData")
        return Expr(node.name, None, **values) if isinstance(node, Expr) else CompValue(node.name, **values)
    if isinstance(node, list | ParseResults):
        return [_copied(one, gone) for one in node if id(one) not in gone]
    return node


def tests_of(unit: CompValue) -> list[Any]:
    """Give the tests of a filter, all of which have to be true."""
    expression = unit.expr
    while isinstance(expression, CompValue) and expression.name in _WRAPPERS and not expression.other:
        expression = expression.expr
    if isinstance(expression, CompValue) and expression.name == "ConditionalAndExpression":
        return [expression.expr, *expression.other]
    return [expression]


def variables_in(node: Any) -> frozenset[str]:
    """Give the variables anywhere in a part of a query."""
    return frozenset(str(term) for term in _terms(node) if isinstance(term, Variable))


def iris_in(node: Any) -> Iterator[str]:
    """Give the IRIs anywhere in a part of a query."""
    return (str(term) for term in _terms(node) if isinstance(term, URIRef))


def _terms(node: Any) -> Iterator[Any]:
    if isinstance(node, CompValue):
        node = list(node.values())
    if isinstance(node, list | tuple | ParseResults):
        for one in node:
            yield from _terms(one)
    else:
        yield node

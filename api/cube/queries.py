"""A query as rdflib reads it, and what shows at a glance.

Oxigraph decides what a query is and means. What rdflib makes of it says only what can be left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pyparsing import ParseResults
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

# A test beside another one, as rdflib reads it.
_BOTH = "ASK { FILTER(true && true) }"


def parse_query(text: str) -> Any:
    """Read a query as rdflib's parser does: what it is made of, not yet as algebra. Raises what that raises."""
    parsed = parseQuery(text)
    for node in _parts_of(parsed[1]):
        # rdflib leaves a filter out whose test is a constant that is not true.
        if node.name == "Filter" and isinstance(_core_of(node.expr), Literal):
            both = parseQuery(_BOTH)[1].where.part[0].expr
            both.expr["expr"], node["expr"] = node.expr, both
    return parsed


def _parts_of(node: Any) -> Iterator[CompValue]:
    if isinstance(node, CompValue):
        yield node
        node = list(node.values())
    if isinstance(node, list | tuple | ParseResults):
        for one in node:
            yield from _parts_of(one)


def _core_of(expression: Any) -> Any:
    """Give what is within an expression of which rdflib's grammar makes many, where there is nothing beside it."""
    while isinstance(expression, CompValue):
        if expression.name == "literal":
            return expression.string
        if not expression.name.endswith("Expression") or expression.other:
            break
        expression = expression.expr
    return expression


def read_query(text: str) -> CompValue | None:
    """Read a query into rdflib's algebra; None where rdflib cannot."""
    try:
        query = translateQuery(parse_query(text)).algebra
    except Exception:  # another parser decides what is a query; here it only says what can be left out
        return None
    assert isinstance(query, CompValue)
    return query


def walk(node: Any) -> Iterator[CompValue]:
    """Go through a query's nodes, those of EXISTS too."""
    if isinstance(node, CompValue):
        yield node
        if node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            yield from walk(translateGroupGraphPattern(node.graph))
            return
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list | tuple):
        for one in node:
            yield from walk(one)


def shown_where_distinct(query: CompValue) -> set[Any] | None:
    """Give the variables that are used outside of a query's only group of patterns, if it is SELECT DISTINCT."""
    node = query.p
    if query.name != "SelectQuery" or sum(part.name == "BGP" for part in walk(node)) != 1:
        return None
    if node.name == "Slice":
        node = node.p
    if node.name != "Distinct":
        return None
    shown, node = set(node.p.PV), node.p.p
    while node.name in ("OrderBy", "Filter"):
        shown |= variables_in(node.expr)
        node = node.p
    return shown if node.name == "BGP" else None


def variables_in(node: Any) -> set[Any]:
    """Give the variables that stand in a part of a query; those of EXISTS are not among them."""
    if isinstance(node, Variable):
        return {node}
    inside = node.values() if isinstance(node, CompValue) else node if isinstance(node, list | tuple) else ()
    return {variable for one in inside for variable in variables_in(one)}


def looks_out(query: CompValue) -> bool:
    """Say whether an expression within OPTIONAL names what has no value there, but has one beside that OPTIONAL.

    By SPARQL it has none; Oxigraph looks at what is around it, or does not, as it happens to join.
    """
    given = _count_given(query.p)
    for optional in walk(query.p):
        if optional.name != "LeftJoin":
            continue
        beside = given - _count_given(optional)
        for node in walk(optional.p2) if beside else ():
            if node.name in ("Filter", "Extend", "LeftJoin"):
                own = _count_given(node)
                if any(name in beside and name not in own for name in _names_in(node.expr)):
                    return True
    return False


def _count_given(node: Any) -> Counter[Any]:
    """Count how often each variable stands where it is given values: not in expressions, and not in what is shown."""
    if isinstance(node, Variable):
        return Counter((node,))
    found: Counter[Any] = Counter()
    if isinstance(node, CompValue):
        node = [value for name, value in node.items() if name not in ("PV", "expr")]
    if isinstance(node, list | tuple):
        for one in node:
            found.update(_count_given(one))
    return found


def _names_in(expression: Any) -> set[Any]:
    """Give the variables that stand in an expression, those of EXISTS too."""
    within = [variables_in(node) for node in walk(expression)]
    return variables_in(expression).union(*within)


def graphs_named_in(query: CompValue | None) -> set[str]:
    """Find the graphs that a query names in its text."""
    if query is None:
        return set()
    return {
        str(node.term) for node in walk(query.p) if node.name == "Graph" and isinstance(node.term, URIRef)
    }


def enough_solutions(query: CompValue | None) -> int | None:
    """Say how many solutions a query is done with, whichever they are; None if that matters."""
    if query is None or query.name not in ("SelectQuery", "AskQuery"):
        return None
    node, most = query.p, 1
    if query.name == "SelectQuery":
        if node.name != "Slice" or node.length is None:
            return None
        node, most = node.p, int(node.length)
    while node.name in ("Project", "Distinct", "Reduced"):
        node = node.p
    return None if any(part.name in _NOT_GROWING for part in walk(node)) else most


# Parts of a query of which a statement more can mean a solution less, or another one.
_NOT_GROWING = frozenset(
    {
        *("LeftJoin", "Minus", "Slice", "OrderBy", "Group", "AggregateJoin", "Distinct", "Reduced"),
        *("Builtin_EXISTS", "Builtin_NOTEXISTS"),
    }
)

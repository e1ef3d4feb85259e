"""What is known of the variables of a query: what each is bound to in every solution that counts.

In:   lists of values and expressions in rdflib's algebra
Out:  Bound, and what is known where two of them hold
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import URIRef, Variable

from api.cube.patterns import Term
from api.cube.pieces import Asked

# What a variable is bound to: one of some IRIs, one of some observations, or something where None.
Things = frozenset[str] | Asked | None

# What each variable is bound to in every solution that counts.
Bound = Mapping[Term, Things]

# Of a variable that is bound to something else than an observation; no IRI has this text.
OTHER = frozenset(("",))


def met(first: Things, second: Things) -> Things:
    """What is known where two things are: both, or the one that says more."""
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, Asked) and isinstance(second, Asked):
        for name, numbers in second.among.items():
            first = first.narrowed(name, numbers)
        return first
    if isinstance(first, Asked) or isinstance(second, Asked):
        return second if isinstance(first, Asked) else first
    if OTHER in (first, second):
        return second if first == OTHER else first
    return first & second


def both(first: Bound, second: Bound) -> Bound:
    """What is known where both hold."""
    return {term: met(first.get(term), second.get(term)) for term in (*first, *second)}


def within(bound: Bound, certain: Bound) -> Bound:
    """What is known of those variables alone that are bound in every solution."""
    return {term: things for term, things in bound.items() if term in certain}


def without(bound: Bound, name: Term) -> Bound:
    return {term: things for term, things in bound.items() if term != name}


def stated(node: CompValue) -> Bound:
    """What a list of values binds, and nothing for any other part of a query."""
    if node.name == "ToMultiSet" and not isinstance(node.p, list):
        return stated(node.p)
    if node.name not in ("ToMultiSet", "values"):
        return {}
    rows = [dict(row) for row in (node.p if node.name == "ToMultiSet" else node.res) or ()]
    found: dict[Term, Things] = {}
    for term in {term for row in rows for term in row}:
        things = [row.get(term) for row in rows]
        if all(isinstance(thing, URIRef) for thing in things):
            found[term] = frozenset(map(str, things))
        elif not any(thing is None or thing == "UNDEF" for thing in things):
            found[term] = None
    return found


def tested(node: Any) -> Bound:
    """What an expression binds wherever it is true: a variable that has to be one of some IRIs."""
    if not isinstance(node, CompValue):
        return {}
    if node.name == "ConditionalAndExpression":
        found = tested(node.expr)
        for other in node.other or ():
            found = both(found, tested(other))
        return found
    if node.name == "RelationalExpression":
        if node.op == "=":
            return _one_of(node.expr, [node.other]) or _one_of(node.other, [node.expr])
        if node.op == "IN":
            return _one_of(node.expr, list(node.other if isinstance(node.other, list) else [node.other]))
    if node.name == "Builtin_sameTerm":
        return _one_of(node.arg1, [node.arg2]) or _one_of(node.arg2, [node.arg1])
    if not node.other and node.expr is not None and node.name in _WRAPPERS:
        return tested(node.expr)
    return {}


# Nodes of expressions that stand around one other where nothing else is said.
_WRAPPERS = frozenset({"ConditionalOrExpression", "ConditionalAndExpression", "TrueFilter"})


def _one_of(term: Any, things: list[Any]) -> Bound:
    if isinstance(term, Variable) and all(isinstance(thing, URIRef) for thing in things):
        return {term: frozenset(map(str, things))}
    return {}

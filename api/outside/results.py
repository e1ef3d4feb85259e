"""What a store outside answers becomes terms: SPARQL 1.1 Query Results JSON, and N-Triples.

Read here because stores write it in more ways than one: `typed-literal` is how the format said it once, and a blank
node may be named by anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import pyoxigraph as ox

Term = ox.NamedNode | ox.Literal | ox.BlankNode

_BOOLEAN = ox.NamedNode("http://www.w3.org/2001/XMLSchema#boolean")
_TRUTHS = {"1": "true", "0": "false"}


class Unreadable(Exception):  # noqa: N818 - a fault of another service
    """What the store answers is not of the form that it was asked for."""


def read_table(text: str, hidden: Collection[str] = ()) -> tuple[list[str], list[list[Term | None]]]:
    """Read the rows of a SELECT, without the variables that are not shown. Raises Unreadable."""
    blanks: dict[str, ox.BlankNode] = {}
    try:
        document = json.loads(text)
        names = [str(name) for name in document["head"]["vars"] if name not in hidden]
        rows = [
            [None if name not in row else _term(row[name], blanks) for name in names]
            for row in document["results"]["bindings"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Unreadable from fault
    return names, rows


def read_truth(text: str) -> bool:
    """Read the answer of an ASK. Raises Unreadable."""
    try:
        answer = json.loads(text)["boolean"]
    except (ValueError, KeyError, TypeError) as fault:
        raise Unreadable from fault
    if not isinstance(answer, bool):
        raise Unreadable
    return answer


def read_triples(text: str) -> Iterator[ox.Triple]:
    """Read a graph. Raises Unreadable."""
    try:
        for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES):
            thing = quad.object
            yield ox.Triple(
                quad.subject, quad.predicate, _usual(thing) if isinstance(thing, ox.Literal) else thing
            )
    except (SyntaxError, ValueError) as fault:
        raise Unreadable from fault


def _term(told: Any, blanks: dict[str, ox.BlankNode]) -> Term:
    kind, value = told["type"], told["value"]
    if kind == "uri":
        return ox.NamedNode(value)
    if kind == "bnode":
        return blanks.setdefault(value, ox.BlankNode(f"b{len(blanks)}"))
    if kind not in ("literal", "typed-literal"):
        raise ValueError(kind)
    if "xml:lang" in told:
        return ox.Literal(value, language=told["xml:lang"])
    if "datatype" in told:
        return _usual(ox.Literal(value, datatype=ox.NamedNode(told["datatype"])))
    return ox.Literal(value)


def _usual(literal: ox.Literal) -> ox.Literal:
    """Write true and false as words; the same value may be written as a number."""
    if literal.datatype == _BOOLEAN and literal.value in _TRUTHS:
        return ox.Literal(_TRUTHS[literal.value], datatype=_BOOLEAN)
    return literal

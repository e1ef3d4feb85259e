"""A query of a visitor is written anew for a store outside, where graphs have other names.

In:   a query that Oxigraph's parser has read; the graphs of the edition that is served
Out:  the query to send, and the graphs it is about there; or that it is to be answered inside

In the store the graphs of every kept edition lie side by side, each under a name of its own. A visitor knows only those
of the edition that is served: the catalogue and the datasets. So `GRAPH <name>` gets the name that the graph has in the
store, and with `GRAPH ?name` the two names are bound side by side; the store's own is shown to nobody. FROM goes, and
the graphs are told with the request, where they go before anything in the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from rdflib.plugins.sparql.parserutils import CompValue

from api.cube.graphs import edition_named, scope_of
from api.cube.queries import graphs_named_in, read_query, walk
from api.sparql_shapes import TOKEN
from schemas.store_address import outside_graph, register_graph

KINDS = {"SelectQuery": "select", "AskQuery": "ask", "ConstructQuery": "graph", "DescribeQuery": "graph"}

_XSD = "http://www.w3.org/2001/XMLSchema#"
# Addresses that some stores take for code of their own to be called.
_CODE = re.compile(r"<(?:bif|sql|java|jar|file|javascript):", re.IGNORECASE)
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)


class _Inside(Exception):  # noqa: N818 - a query that is answered elsewhere
    """A query that cannot be written anew with certainty."""


def prepare(request: Mapping[str, Any]) -> dict[str, Any]:
    """Make a query ready for a store outside.

    request   as api.sparql_worker.answer takes it, its query can be parsed; and under `outside` base, edition, and
              the graphs of the edition that is served

    Returns its kind, and whether it is answered inside; if not, also the query to send, the graphs that make up its
    default graph, those that can be named, and the variables that are not shown.
    """
    text, outside = request["query"], request["outside"]
    query = read_query(text)
    # Something that Oxigraph reads and rdflib does not.
    kind = KINDS[query.name] if query is not None else _kind_of(text)
    inside = {"kind": kind, "is_inside": True}
    if query is None or query.name == "DescribeQuery" or _calls_code(query, text):
        return inside
    base, known = outside["base"], outside["graphs"]
    scope = scope_of(query, request)
    named = {*graphs_named_in(query), *(scope.default or ()), *(scope.named or ())}
    if any(edition_named(base, graph) for graph in named):
        return inside
    graphs = _Graphs(base, outside["edition"], [graph for graph in known if _is_in(graph, scope.named)])
    try:
        written, hidden = write_anew(text, graphs)
        if kind == "select":
            written = _limited(written, max(request["rows"], request.get("streamed_rows", 0)) + 1)
        ox.Store().query(written)
    except (_Inside, SyntaxError):
        return inside
    default = [graphs.outside(graph) for graph in known if _is_in(graph, scope.default)]
    return {
        "kind": kind,
        "is_inside": False,
        "query": written,
        "default": default or [graphs.nothing],
        "named": [graphs.outside(graph) for graph in graphs.named] or [graphs.nothing],
        "hidden": hidden,
    }


@dataclass(frozen=True, slots=True)
class _Graphs:
    """The graphs that a query may name, by the names that visitors know."""

    base: str
    edition: str
    named: Sequence[str]

    def outside(self, graph: str) -> str:
        """Give the name that a graph has in the store."""
        return outside_graph(self.base, self.edition, graph)

    @property
    def nothing(self) -> str:
        """A graph that is empty."""
        return f"{register_graph(self.base)}/nothing"


def _is_in(graph: str, chosen: Sequence[str] | None) -> bool:
    return chosen is None or graph in chosen


def _kind_of(text: str) -> str:
    """Say what kind a query is that Oxigraph reads."""
    result = ox.Store().query(text)
    if isinstance(result, ox.QueryBoolean):
        return "ask"
    return "graph" if isinstance(result, ox.QueryTriples) else "select"


def _calls_code(query: CompValue, text: str) -> bool:
    """Say whether a query calls a function that is no part of SPARQL: in a store outside it might do anything."""
    if any(node.name == "Function" and not str(node.iri).startswith(_XSD) for node in walk(query)):
        return True
    return any(_CODE.match(found.group()) for found in TOKEN.finditer(text) if found.lastgroup == "iri")


def write_anew(text: str, graphs: _Graphs) -> tuple[str, list[str]]:
    """Write a query over the names that graphs have in the store, without comments.

    Returns it with the variables that were added.

    Raises _Inside.
    """
    tokens = [found for found in TOKEN.finditer(text) if found.lastgroup != "skip"]
    if any("\\" in found.group() for found in tokens if found.lastgroup != "text"):
        # A name with an escape in it, or a letter written by its number.
        raise _Inside
    start = next(f"lfl{at}" for at in range(len(text) + 1) if f"lfl{at}" not in text)
    prologue = _prologue(tokens)
    changes: dict[int, str] = {}
    hidden: list[str] = []
    for at, token in enumerate(tokens):
        word = token.group().upper() if token.lastgroup == "word" else ""
        if word == "FROM":
            last = at + 2 if tokens[at + 1].group().upper() == "NAMED" else at + 1
            changes.update((one.start(), "") for one in tokens[at : last + 1])
        elif word == "GRAPH":
            name, opening = tokens[at + 1], tokens[at + 2]
            if opening.group() != "{":
                raise _Inside
            if name.lastgroup == "variable":
                if not graphs.named:
                    raise _Inside
                hidden.append(f"{start}n{len(hidden)}")
                changes[name.start()] = f"?{hidden[-1]}"
                changes[opening.start()] = f"{{ {_both_names(hidden[-1], name.group(), graphs)}"
            else:
                graph = _resolve(prologue, name.group())
                if graph not in graphs.named:
                    # Some stores take a name that they never met for any graph, and look into those not told of.
                    raise _Inside
                changes[name.start()] = f"<{graphs.outside(graph)}>"
    parts = [
        changes.get(found.start(), "\n" if found.group().startswith("#") else found.group())
        for found in TOKEN.finditer(text)
    ]
    return "".join(parts), hidden


def _both_names(variable: str, shown: str, graphs: _Graphs) -> str:
    """Bind the name that a graph has in the store to a variable, and the one that is shown to another."""
    rows = " ".join(f"(<{graphs.outside(graph)}> <{graph}>)" for graph in graphs.named)
    return f"VALUES (?{variable} {shown}) {{ {rows} }}"


def _prologue(tokens: Iterable[re.Match[str]]) -> str:
    """Give the prefixes and the base that a query begins with."""
    parts: list[str] = []
    for token in tokens:
        if token.lastgroup == "word" and token.group().upper() not in ("PREFIX", "BASE"):
            break
        parts.append(token.group())
    return " ".join(parts)


def _resolve(prologue: str, term: str) -> str:
    """Give the address that a name in a query stands for. Raises _Inside."""
    try:
        [quad] = ox.parse(f"{prologue} <x:x> <x:x> {term} .", ox.RdfFormat.TURTLE)
    except (SyntaxError, ValueError):
        raise _Inside from None
    if not isinstance(quad.object, ox.NamedNode):
        raise _Inside
    return quad.object.value


def _limited(text: str, most: int) -> str:
    """Ask for no more rows than are needed, where the query says no limit itself.

    Not where they are ordered: the work is done by then, and some stores order no more rows than they give.
    """
    if _ORDER.search(text):
        return text
    limited = f"{text}\nLIMIT {most}"
    try:
        ox.Store().query(limited)
    except SyntaxError:
        # It has one, or ends with values.
        return text
    return limited

"""The dataset of a query: which graphs it is about, and where their statements are.

The default graph is everything of the current edition. A named graph is a dataset (its observations), the
catalogue (everything else), or an edition (everything of it). A graph that is none of these is empty.

In:   the request's own parameters, and the clauses FROM and FROM NAMED of its query
Out:  Scope
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query is about.

    default    the graphs whose statements make up the default graph; None: everything of the current edition
    named      the graphs that can be named; None: those of the current edition
    """

    default: tuple[str, ...] | None
    named: tuple[str, ...] | None

    @property
    def is_plain(self) -> bool:
        """Whether the request names no dataset."""
        return self.default is None and self.named is None


def scope_of(query: Any, request: Mapping[str, Any]) -> Scope:
    """Say what a request is about. What the request says goes before what its query says.

    query    the query in rdflib's algebra; None where that could not be read
    """
    default, named = request["default_graphs"], request["named_graphs"]
    if default is None and named is None:
        clauses = (query.datasetClause if query is not None else None) or ()
        if not clauses:
            return Scope(None, None)
        default = [str(clause.default) for clause in clauses if clause.default is not None]
        named = [str(clause.named) for clause in clauses if clause.named is not None]
    return Scope(tuple(dict.fromkeys(default or ())), tuple(dict.fromkeys(named or ())))


def edition_named(base: str, graph: str) -> str | None:
    """Give the name of the edition that a graph is; None if it is none."""
    start = f"{base}id/edition/"
    name = graph.removeprefix(start)
    return name if graph.startswith(start) and _NAME.fullmatch(name) else None


def wanted(graphs: frozenset[str] | None, scope: Scope, known: Iterable[str]) -> list[str]:
    """Give the graphs that a need is about.

    graphs   as in Need
    known    the graphs of the current edition
    """
    if graphs is None:
        return list(scope.default or ())
    if scope.named is None:
        return sorted(graphs) if graphs else list(known)
    return [graph for graph in scope.named if not graphs or graph in graphs]

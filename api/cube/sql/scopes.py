"""The graphs that a part of a query is about, as rows and other statements.

In:   what a request and its query say of graphs
Out:  Scope: the datasets whose rows it is about, and whether it is about the other statements
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue

from api.cube.graphs import edition_named, scope_of
from api.cube.pieces import Cube
from api.cube.queries import graphs_named_in
from api.cube.sql.numbers import Uncertain


@dataclass(frozen=True, slots=True)
class Scope:
    """Statements of some graphs. datasets: the numbers of those whose rows are in it; None for all."""

    datasets: frozenset[int] | None
    has_rest: bool

    def __or__(self, other: Scope) -> Scope:
        is_all = self.datasets is None or other.datasets is None
        datasets = None if is_all else frozenset((*(self.datasets or ()), *(other.datasets or ())))
        return Scope(datasets, self.has_rest or other.has_rest)

    @property
    def is_dataset(self) -> bool:
        """Whether it is the graph of one dataset."""
        return self.datasets is not None and len(self.datasets) == 1 and not self.has_rest

    @property
    def has_rows(self) -> bool:
        return self.datasets is None or bool(self.datasets)


EVERYTHING = Scope(None, True)
EMPTY = Scope(frozenset(), False)


class Scopes:
    """What the default graph and each named graph of a query is. Raises Uncertain where another edition is named."""

    def __init__(self, cube: Cube, edition: str, query: CompValue | None, request: Mapping[str, Any]) -> None:
        """Look at a query.

        edition   the name of the one that is current
        query     in rdflib's algebra
        """
        self._cube, self._edition = cube, edition
        asked = scope_of(query, request)
        named = graphs_named_in(query) | set(asked.default or ()) | set(asked.named or ())
        # An edition is among the graphs where a query names it.
        self._has_edition = any(edition_named(cube.base, graph) is not None for graph in named)
        self._listed = asked.named
        self.is_plain = asked.is_plain
        self.default = EVERYTHING if asked.default is None else self._of(asked.default)

    def named(self, graph: str) -> Scope:
        """Say what a graph is, by its IRI."""
        return self._of((graph,)) if self._listed is None or graph in self._listed else EMPTY

    def all_named(self) -> list[tuple[str, Scope]]:
        """List the graphs that there are."""
        if self._listed is not None:
            return [(graph, self._of((graph,))) for graph in self._listed]
        if self._has_edition:
            raise Uncertain("an edition among the graphs")
        graphs = [f"{self._cube.base}catalog", *(graph.value for graph in self._cube.graphs)]
        return [(graph, self._of((graph,))) for graph in graphs]

    def _of(self, graphs: Iterable[str]) -> Scope:
        found = EMPTY
        for graph in graphs:
            edition = edition_named(self._cube.base, graph)
            if edition == self._edition:
                found |= EVERYTHING
            elif edition is not None:
                raise Uncertain("another edition")
            elif graph == f"{self._cube.base}catalog":
                found |= Scope(frozenset(), True)
            else:
                numbers = (at for at, one in enumerate(self._cube.graphs, start=1) if one.value == graph)
                found |= Scope(frozenset(numbers), False)
        return found

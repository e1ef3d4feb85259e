"""The statements of an edition with a virtual cube, looked up by subject, property and object."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pyoxigraph as ox

from api.cube.pieces import Asked, Cube

# No look-up of ours finds as many observations.
_MOST_ROWS = 100_000


class CubeStore:
    """A store for looking things up in, as pyoxigraph's own: observations come from their rows."""

    def __init__(self, store: ox.Store, cube: Cube) -> None:
        self._store, self._cube = store, cube

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | None,
        predicate: ox.NamedNode | None,
        thing: ox.NamedNode | ox.Literal | None,
        graph: None = None,
    ) -> Iterator[ox.Quad]:
        """Give the quads with a subject, a property and an object; any where None."""
        return chain(
            self._store.quads_for_pattern(subject, predicate, thing, graph),
            self._rows(subject, predicate, thing),
        )

    def _rows(
        self,
        subject: ox.NamedNode | None,
        predicate: ox.NamedNode | None,
        thing: ox.NamedNode | ox.Literal | None,
    ) -> Iterator[ox.Quad]:
        asked, predicates = Asked(), None
        if subject is not None:
            if not subject.value.startswith(self._cube.start):
                return
            asked = self._cube.with_subject(asked, (subject.value,))
        if predicate is not None:
            if predicate.value not in self._cube.predicates:
                return
            predicates = frozenset((predicate.value,))
            if isinstance(thing, ox.NamedNode):
                asked = self._cube.with_statement(asked, predicates, (thing.value,))
        rows = self._cube.rows(asked, predicates, _MOST_ROWS)
        for _, node, name, said in self._cube.statements(rows, predicates):
            if (subject is None or node == subject) and (thing is None or said == thing):
                yield ox.Quad(node, name, said)

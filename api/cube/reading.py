"""The statements of an edition with a virtual cube, looked up by subject, property and object."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pyoxigraph as ox

from api.cube.pieces import Asked, Cube
from api.cube.texts import write_rows


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
        kept = self._store.quads_for_pattern(subject, predicate, thing, graph)
        return chain(kept, self._said_by_rows(subject, predicate, thing))

    def _said_by_rows(
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
        for text in write_rows(self._cube, asked, predicates):
            for quad in ox.parse(text.turtle, ox.RdfFormat.TURTLE):
                if subject in (None, quad.subject) and thing in (None, quad.object):
                    yield quad

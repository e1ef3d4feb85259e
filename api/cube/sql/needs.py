"""Whether a query may be about observations at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rdflib.paths import MulPath, NegatedPath, Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import URIRef

from api.cube.patterns import Part, is_variable, take_apart
from api.cube.pieces import Cube
from api.cube.queries import walk
from api.cube.sql.lifting import Lifted, marked


def groups_of(query: CompValue) -> Iterator[list[Part]]:
    """Give the triple patterns of a query, group by group. Raises ValueError for a path that is unknown."""
    return (take_apart(node.triples) for node in walk(query) if node.name == "BGP")


def depends_on_more(query: CompValue) -> bool:
    """Say whether what a path leads to, and how often, depends on more than the statements that it goes along.

    A path of no steps leads from each thing that a statement names to itself: from those of rows too. How often
    Oxigraph finds a path of none of some properties depends on what it knows of its ends before.
    """
    return any(_does(path) for node in walk(query) if node.name == "BGP" for _, path, _ in node.triples)


def _does(path: Any) -> bool:
    if isinstance(path, NegatedPath) or (isinstance(path, MulPath) and path.zero):
        return True
    inside = [getattr(path, "arg", None), getattr(path, "path", None), *getattr(path, "args", ())]
    return isinstance(path, Path) and any(map(_does, inside))


class Needs:
    """Says of queries over one edition's default graph whether they may need what rows say.

    shared   properties that statements other than observations' own have about observations
    """

    def __init__(self, cube: Cube, shared: frozenset[str]) -> None:
        self._cube, self._shared = cube, shared

    def has_rows(self, query: CompValue, lifted: Lifted) -> bool:
        """Say whether a pattern of a query may match what rows say, where that matters."""
        return any(self._may_need_rows(group, lifted) for group in groups_of(query))

    def _may_need_rows(self, parts: Sequence[Part], lifted: Lifted) -> bool:
        """Say whether what rows say may match one of some patterns, where it matters."""
        # What has a property that no observation has is none.
        others = {
            part.subject
            for part in parts
            if not part.is_loose and is_variable(part.subject) and not self._may_be_of_row(part, lifted)
        }
        return any(part.subject not in others and self._may_be_of_row(part, lifted) for part in parts)

    def _may_be_of_row(self, part: Part, lifted: Lifted) -> bool:
        """Say whether an observation may have a property, said by rows or by other statements."""
        cube = self._cube
        if part.predicates is None:
            return True
        if not is_variable(part.subject):
            place = marked(str(part.subject))
            if place is None or lifted.constants[place].kind != "row":
                return str(part.subject).startswith(cube.start)
        if not self._shared.isdisjoint(part.predicates):
            return True
        thing = part.object
        if isinstance(thing, URIRef) and marked(str(thing)) is None:
            return any(cube.says(predicate, str(thing)) for predicate in part.predicates)
        return not cube.predicates.isdisjoint(part.predicates)

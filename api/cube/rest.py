"""The statements of an edition that are not about one observation, as the cube asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

import pyoxigraph as ox
from rdflib.term import Identifier, URIRef

from api.cube.demand import Pattern
from api.cube.known import OTHER, Bound
from api.cube.patterns import Part, Term, is_variable

# Longer lists of values are not worth the time that they take to be read.
_MOST_VALUES = 2_000

# So many statements are gone through without a place to begin.
_FEW = 1_000


class Statements:
    """Statements in a store.

    shared   the properties that some of them have about observations
    """

    def __init__(self, store: ox.Store, shared: frozenset[str] = frozenset()) -> None:
        self.store = store
        self._shared = shared
        self._has: dict[tuple[str, str | None], bool] = {}

    def has(self, predicate: str, thing: str | None) -> bool:
        """Say whether there is a statement with a property, and an object where one is given."""
        key = predicate, thing
        if key not in self._has:
            object_ = None if thing is None else ox.NamedNode(thing)
            found = self.store.quads_for_pattern(None, ox.NamedNode(predicate), object_, None)
            self._has[key] = next(found, None) is not None
        return self._has[key]

    def predicates_of_observations(self) -> frozenset[str]:
        """Give the properties that these statements have about observations."""
        return self._shared

    def _is_rare(self, part: Part) -> bool:
        """Say whether there are few statements that match a part."""
        if part.predicates is None:
            return False
        found = chain.from_iterable(
            self.store.quads_for_pattern(None, ox.NamedNode(predicate), None, None)
            for predicate in part.predicates
        )
        return sum(1 for _ in islice(found, _FEW + 1)) <= _FEW

    def match(self, pattern: Pattern) -> Iterator[ox.Quad]:
        """Give the statements that match a pattern."""
        subject, predicate, thing = (
            None if iri is None else ox.NamedNode(iri)
            for iri in (pattern.subject, pattern.predicate, pattern.object)
        )
        return self.store.quads_for_pattern(subject, predicate, thing, ox.DefaultGraph())

    def find(self, variable: Term, parts: Iterable[Part], bound: Bound, most: int) -> frozenset[str] | None:
        """Find the IRIs that a variable may have where all parts match.

        None if there are more than `most`, if it may have something else than an IRI, or if no part has anything
        to begin with: a constant, or a variable of which is known what it is bound to.
        """
        near = _connected(variable, parts)
        bounds = {term: bound.get(term) for part in near for term in part.variables}
        short = {
            term: things
            for term, things in bounds.items()
            if isinstance(things, frozenset) and things != OTHER and len(things) <= _MOST_VALUES
        }
        constants = [term for part in near for term in (part.subject, part.object) if not is_variable(term)]
        if not near or not (short or constants or all(map(self._is_rare, near))):
            return None
        try:
            query = _write_query(variable, near, short, most + 1)
            found = [solution[0] for solution in self.store.query(query)]  # type: ignore[union-attr]
        except (SyntaxError, ValueError):
            # A constant that cannot be written again: nothing is known, which is always true.
            return None
        if len(found) > most or not all(isinstance(term, ox.NamedNode) for term in found):
            return None
        return frozenset(term.value for term in found)


def _connected(variable: Term, parts: Iterable[Part]) -> list[Part]:
    """Give the parts that have to do with a variable, through others too."""
    waiting, near, reached = list(parts), list[Part](), {variable}
    while True:
        joining = [part for part in waiting if part.variables & reached]
        if not joining:
            return near
        near += joining
        waiting = [part for part in waiting if part not in joining]
        reached |= {term for part in joining for term in part.variables}


def _write_query(
    variable: Term, parts: Iterable[Part], values: Mapping[Term, frozenset[str]], limit: int
) -> str:
    names: dict[Term, str] = {}

    def write(term: Term) -> str:
        if is_variable(term):
            return names.setdefault(term, f"?v{len(names)}")
        if isinstance(term, URIRef):
            return str(ox.NamedNode(str(term)))
        assert isinstance(term, Identifier)
        return term.n3()

    lines = [
        f"VALUES {write(term)} {{ {' '.join(str(ox.NamedNode(thing)) for thing in sorted(things))} }}"
        for term, things in values.items()
    ]
    for at, part in enumerate(parts):
        path = f"?p{at}" if part.variable is None else write(part.variable)
        if part.predicates is not None:
            path = "|".join(str(ox.NamedNode(predicate)) for predicate in part.predicates)
        lines.append(f"{write(part.subject)} {path} {write(part.object)} .")
    return f"SELECT DISTINCT {write(variable)} WHERE {{ {' '.join(lines)} }} LIMIT {limit}"

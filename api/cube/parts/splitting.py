"""Which parts of a query become one statement of SQL each, and where their solutions go.

In:   the groups of a query by its words, and the same query as rdflib reads it
Out:  parts: elements of a group, and the statement that finds their solutions

Within a group, elements are taken into a part one after another. One that does not become SQL stays outside; what
comes later is taken past it only where that changes no solution:

- patterns, groups, GRAPH and VALUES are joined, and a join may be made in any order;
- OPTIONAL, MINUS and BIND may change places with another element where each variable that both name has a value in
  every solution of the part. They look then at no more than what the part says;
- a filter, or what && joins in one, goes into a part where each variable that it names has a value in every solution
  of the part, or is named nowhere else in the group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import URIRef, Variable

from api.cube.parts.reading import Element, Group, Query, Unread, names_in
from api.cube.parts.testing import tests_in, variable_alone
from api.cube.parts.trees import algebra_of, identity, iris_in, tests_of, units_of, variables_in
from api.cube.sql.columns import Column
from api.cube.sql.lifting import Word, mark_list
from api.cube.sql.numbers import Uncertain

# So many statements are tried for one query.
MOST_TRIES = 80

_NODES = {
    "triples": "TriplesBlock",
    "group": "GroupOrUnionGraphPattern",
    "optional": "OptionalGraphPattern",
    "minus": "MinusGraphPattern",
    "graph": "GraphGraphPattern",
    "values": "InlineData",
    "filter": "Filter",
    "bind": "Bind",
}


@dataclass(frozen=True)
class Compiled:
    """A statement, and the columns of its variables."""

    sql: str
    columns: Mapping[Any, Column]
    is_about_rows: bool
    wanted: Mapping[str, Any]


# Makes a statement of a query in rdflib's algebra for some variables. Raises Uncertain.
Compile = Callable[[CompValue, Sequence[Variable]], Compiled]


@dataclass(frozen=True)
class Part:
    """Elements of one group that become one statement.

    place    the word before which its solutions go
    words    of elements that it takes the place of: pairs of the first and the one behind the last
    names    the variables that matter outside of it, in an order
    node     the elements, in rdflib's algebra
    """

    place: int
    words: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    node: CompValue
    compiled: Compiled


@dataclass(frozen=True)
class _Place:
    """Where a group is.

    is_all        whether every variable of it matters outside
    is_optional   whether its filters look at what is around it
    graph         the graph that it is about, where that is not the default one
    """

    is_all: bool
    is_optional: bool = False
    graph: Any = None


@dataclass
class _Taken:
    """What a part is made of: the first element, and others, by their places in the group."""

    first: int
    places: list[int]
    units: list[Any]
    names: frozenset[str]
    compiled: Compiled

    @property
    def certain(self) -> frozenset[str]:
        """The variables that have a value in every solution."""
        return frozenset(
            str(name) for name, column in self.compiled.columns.items() if not column.is_optional
        )


class Splitter:
    """Finds the parts of one query. gone: elements that become a part, as `trees.identity` tells them apart."""

    def __init__(
        self, query: Query, words: Sequence[Word], compile_: Compile, said_by_rows: Container[str]
    ) -> None:
        """said_by_rows: IRIs of which a part that is about rows has one."""
        self._query, self._compile, self._tries = query, compile_, 0
        self._said_by_rows, self._words = said_by_rows, words
        self._parts: list[Part] = []
        self.gone: set[int] = set()
        self._names = [names_in((word,)) for word in words]
        self._uses = self._count(range(len(words)))

    def split(self, tree: CompValue) -> list[Part]:
        """Find the parts. Raises Unread where the two readings of a query differ."""
        self._group(self._query.where, tree.where, _Place(self._query.is_all))
        return self._parts

    def _count(self, places: Iterable[int]) -> Counter[str]:
        return Counter(name for place in places for name in self._names[place])

    # ---- groups ----

    def _group(self, group: Group, node: CompValue, place: _Place) -> None:
        """Find the parts of a group."""
        if group.inner is not None:
            if node.name != "SubSelect":
                raise Unread("a query within")
            self._group(group.inner, node.where, replace(place, is_all=group.is_all, is_optional=False))
            return
        units = list(units_of(node))
        if [_NODES[element.kind] for element in group.elements] != [unit.name for unit in units]:
            raise Unread("what is in a group")
        pairs = list(zip(group.elements, units, strict=True))
        filters = [(one, unit) for one, unit in pairs if one.kind == "filter"]
        others = [(one, self._with_list(one, unit)) for one, unit in pairs if one.kind != "filter"]
        # Where each element is now: an element of a part stands where the part does.
        at = list(range(len(others)))
        for first, (element, _) in enumerate(others):
            if at[first] != first or (first and not element.is_joined) or self._is_closed(element):
                continue
            taken = self._take(first, others, at, place)
            if taken is None:
                continue
            for one in taken.places:
                at[one] = first
            self._finish(taken, others, filters, place)
            filters = [one for one in filters if not self._is_gone(one[0])]
        for element, unit in others:
            if not self._is_gone(element):
                self._look_into(element, unit, place)

    def _is_closed(self, element: Element) -> bool:
        """Say whether not all of an element was read."""
        return element.is_long and element.list_of(self._words) is None

    def _with_list(self, element: Element, unit: Any) -> Any:
        """Put the mark of a list in the place of one whose first value alone was read."""
        listed = element.list_of(self._words)
        if listed is None:
            return unit
        return CompValue("InlineData", var=unit.var, value=[URIRef(mark_list(listed))])

    def _is_gone(self, element: Element) -> bool:
        return any((element.start, element.end) in part.words for part in self._parts)

    def _look_into(self, element: Element, unit: Any, place: _Place) -> None:
        """Find the parts of the groups in an element that stays."""
        inner = replace(place, is_optional=element.kind == "optional")
        if element.kind == "minus":
            inner = replace(inner, is_all=False)
        if element.kind == "graph":
            if not isinstance(unit.term, URIRef):
                # What is in it is looked for in each graph.
                return
            inner = replace(inner, graph=unit.term)
        graphs = unit.graph if element.kind == "group" else [unit.graph]
        for group, node in zip(element.groups, graphs if element.groups else (), strict=True):
            self._group(group, node, inner)

    # ---- parts ----

    def _take(
        self, first: int, others: Sequence[tuple[Element, Any]], at: Sequence[int], place: _Place
    ) -> _Taken | None:
        """Take elements into a part that begins with one of them; None if that has no certain SQL."""
        rest = [
            one for one in range(first, len(others)) if at[one] == one and not self._is_closed(others[one][0])
        ]
        if not any(iri in self._said_by_rows for one in rest for iri in iris_in(others[one][1])):
            return None
        is_whole = first == 0 and len(rest) == len(others)
        if is_whole and not any(self._is_labelled(others[one][0]) for one in rest):
            whole = self._try(first, rest, others, place)
            if whole is not None:
                return whole if whole.compiled.is_about_rows else None
        taken = self._try(first, [first], others, place)
        if taken is None or self._is_labelled(others[first][0]):
            return None
        for one in rest[1:]:
            element = others[one][0]
            is_near = bool(element.names & taken.names) or element.kind == "bind"
            if is_near and self._may_pass(one, taken, others, at) and not self._is_labelled(element):
                taken = self._try(first, [*taken.places, one], others, place) or taken
        return taken if taken.compiled.is_about_rows else None

    def _is_labelled(self, element: Element) -> bool:
        """Say whether an element has a blank node that is named outside of it too."""
        labels = [name for name in element.names if name.startswith("_:")]
        own = self._count(range(element.start, element.end))
        return any(own[label] != self._uses[label] for label in labels)

    def _may_pass(
        self, one: int, taken: _Taken, others: Sequence[tuple[Element, Any]], at: Sequence[int]
    ) -> bool:
        """Say whether an element may be taken past those before it that stay outside."""
        element = others[one][0]
        for before in range(one):
            if before in taken.places:
                continue
            other = others[before][0]
            if element.is_joined and (other.is_joined or at[before] < taken.first):
                continue
            if not other.names & element.names <= taken.certain:
                return False
        return True

    def _try(
        self,
        first: int,
        places: Sequence[int],
        others: Sequence[tuple[Element, Any]],
        place: _Place,
        filters: Sequence[Any] = (),
    ) -> _Taken | None:
        """Try whether some elements become SQL."""
        names = frozenset(name for one in places for name in others[one][0].names)
        units = [*(others[one][1] for one in places), *filters]
        compiled = self._compiled(units, sorted(names), place)
        if compiled is None:
            return None
        return _Taken(first, list(places), units, names, compiled)

    def _compiled(self, units: Sequence[Any], names: Iterable[str], place: _Place) -> Compiled | None:
        if self._tries >= MOST_TRIES:
            return None
        self._tries += 1
        try:
            return self._compile(algebra_of(units, names, place.graph), [Variable(name) for name in names])
        except (Uncertain, RecursionError):
            return None

    def _finish(
        self,
        taken: _Taken,
        others: Sequence[tuple[Element, Any]],
        filters: Iterable[tuple[Element, Any]],
        place: _Place,
    ) -> None:
        """Make a part of what was taken, with the filters that may go into it."""
        elements = [others[one][0] for one in taken.places]
        words = [(element.start, element.end) for element in elements]
        beside = frozenset(
            name
            for one, (element, _) in enumerate(others)
            if one not in taken.places
            for name in element.names
        )
        own = self._count(word for start, end in words for word in range(start, end))
        for element, unit in filters:
            tests = tests_of(unit)
            inside = own + self._count(range(element.start, element.end))
            gone = 0
            for test in tests:
                unclear = variables_in(test) - taken.certain
                if place.is_optional:
                    is_own = all(inside[name] == self._uses[name] for name in unclear)
                else:
                    is_own = not unclear & beside
                if not is_own or element.has_labels:
                    continue
                for one in (test, *self._apart(element, tests, test)):
                    more = [*taken.units[len(taken.places) :], CompValue("Filter", expr=one)]
                    tried = self._try(taken.first, taken.places, others, place, more)
                    if tried is not None:
                        taken, gone = tried, gone + 1
                        break
            if gone == len(tests):
                words.append((element.start, element.end))
                self.gone.add(identity(unit))
        self.gone.update(identity(others[one][1]) for one in taken.places)
        inside = self._count(word for start, end in words for word in range(start, end))
        names = sorted(
            name
            for name in taken.names
            if not name.startswith("_:") and (place.is_all or inside[name] < self._uses[name])
        )
        compiled = self._compiled(taken.units, names, place) or taken.compiled
        there = tuple(name for name in names if Variable(name) in compiled.columns)
        node = algebra_of(taken.units, names, place.graph)
        self._parts.append(Part(elements[0].start, tuple(words), there, node, compiled))

    def _apart(self, element: Element, tests: Sequence[Any], test: Any) -> Iterator[CompValue]:
        """Give a test as one that Oxigraph makes for each term, if it is about one."""
        found = tests_in(element, self._words, len(tests))
        if found is not None:
            start, end = found[[one is test for one in tests].index(True)]
            name = variable_alone(self._words[start:end])
            if name is not None:
                yield CompValue("Apart", var=Variable(name), words=(start, end))

"""Which statements about observations a query can need: never too few.

In:   a query in rdflib's algebra, the cube, and the rest of the edition's statements
Out:  needs: rows of observations, and properties that have to be said of them

Why it is enough: the solutions of a query follow from those of its groups of triple patterns. So each group is
given all statements that any of its solutions can be made of. A group is narrowed by its own constants, and by
what is known of its variables from around it, where a solution with another value could have no effect:

- beside a join, by what the other side binds in every solution; within a filter, by what it lets pass;
- in OPTIONAL, MINUS and EXISTS only by what is bound outside in every solution, because there a solution that
  is missing has an effect;
- not through LIMIT, aggregates and renamed variables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from rdflib.plugins.sparql.algebra import translateGroupGraphPattern
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import URIRef, Variable

from api.cube.known import OTHER, Bound, Things, both, met, stated, tested, within, without
from api.cube.patterns import Part, Term, is_variable, take_apart
from api.cube.pieces import KEYS, Asked, Cube
from api.cube.queries import shown_where_distinct, walk

# So many rows, or things, are looked at to narrow what stands beside them.
_FEW_ROWS = 3_000
_FEW_THINGS = 20_000


class Rest(Protocol):
    """The statements of an edition that are not about one observation."""

    def has(self, predicate: str, thing: str | None) -> bool:
        """Say whether there is a statement with a property, and an object where one is given."""

    def find(self, variable: Term, parts: Iterable[Part], bound: Bound, most: int) -> frozenset[str] | None:
        """Find the IRIs that a variable may have where all parts match; None if there are too many or others."""

    def predicates_of_observations(self) -> frozenset[str]:
        """Give the properties that these statements have about observations, if they have any."""


@dataclass(frozen=True, slots=True)
class Need:
    """Rows and what to say of them.

    graphs      the named graphs, by IRI, in which it is asked for; all where empty; the default graph where None
    predicates  the properties to say; all where None
    alike       what rows share of which one is enough, as Cube.alike gives it; every row counts where empty
    """

    graphs: frozenset[str] | None
    asked: Asked
    predicates: frozenset[str] | None
    alike: tuple[str, ...] = ()

    @property
    def key(self) -> Any:
        """Needs with one key are one."""
        among = tuple(sorted((name, tuple(sorted(numbers))) for name, numbers in self.asked.among.items()))
        return self.graphs, among, self.predicates, self.alike


@dataclass(frozen=True, slots=True)
class Pattern:
    """Statements of any kind with a subject, a property and an object; any where None. graphs as in Need."""

    graphs: frozenset[str] | None
    subject: str | None
    predicate: str | None
    object: str | None


class Demand:
    """What one query needs of one edition.

    needs      what to say of observations
    patterns   what to find among the other statements, where they are not all in the default graph already
    """

    def __init__(self, cube: Cube, rest: Rest, *, is_plain: bool) -> None:
        """is_plain says whether the default graph is the whole edition."""
        self.needs: dict[Any, Need] = {}
        self.patterns: dict[Pattern, None] = {}
        self._cube, self._rest, self._is_plain = cube, rest, is_plain
        self._graphs: frozenset[str] | None = None
        # A property that the rest has of observations tells nothing of a row.
        self._shared = rest.predicates_of_observations()
        self._is_alone = False
        self._shown: set[Term] | None = None

    def add_query(self, query: CompValue) -> None:
        """Add what a query needs. Raises ValueError for something unknown."""
        found: Bound = {}
        groups = [node for node in walk(query) if node.name == "BGP"]
        self._is_alone = len(groups) == 1 and query.name != "DescribeQuery"
        self._shown = shown_where_distinct(query)
        if query.p is not None:
            found = self._visit(query.p, {})
        if query.name == "DescribeQuery":
            # A description is all that is said of something.
            for at, term in enumerate(query.PV):
                about = (Variable(f"said {at}"), Variable(f"thing {at}"))
                self._group([(term, *about)], {term: found[term]} if found.get(term) else {})

    # ---- the algebra ----

    def _visit(self, node: CompValue, bound: Bound) -> Bound:
        """Add what a part of a query needs.

        bound   what is known from around it: solutions with other values have no effect

        Returns what each of its solutions binds.
        """
        if node.name == "ToMultiSet" and isinstance(node.p, list):
            return stated(node)
        if node.name in ("Distinct", "Reduced", "ToMultiSet"):
            return self._visit(node.p, bound)
        method = getattr(self, f"_visit_{node.name}", None)
        if method is None:
            raise ValueError(f"unknown part of a query: {node.name}")
        found: Bound = method(node, bound)
        return found

    def _visit_BGP(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802 - rdflib's name
        return self._group(node.triples or [], bound)

    def _visit_Join(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        first = self._visit(node.p1, both(bound, stated(node.p2)))
        second = self._visit(node.p2, both(bound, first))
        return both(first, second)

    def _visit_LeftJoin(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        first = self._visit(node.p1, bound)
        known = within(both(bound, first), first)
        second = self._visit(node.p2, both(known, tested(node.expr)))
        self._expression(node.expr, both(known, second))
        return first

    def _visit_Minus(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        first = self._visit(node.p1, bound)
        self._visit(node.p2, within(both(bound, first), first))
        return first

    def _visit_Union(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        first, second = self._visit(node.p1, bound), self._visit(node.p2, bound)
        return {term: self._either(first[term], second[term]) for term in first.keys() & second.keys()}

    def _either(self, first: Things, second: Things) -> Things:
        if not isinstance(first, frozenset) or not isinstance(second, frozenset):
            return None
        if OTHER not in (first, second):
            return first | second
        return None if any(thing.startswith(self._cube.start) for thing in first | second) else OTHER

    def _visit_Filter(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        passed = tested(node.expr)
        found = both(self._visit(node.p, both(bound, passed)), passed)
        self._expression(node.expr, within(both(bound, found), found))
        return found

    def _visit_Extend(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        found = self._visit(node.p, without(bound, node.var))
        self._expression(node.expr, found)
        if isinstance(node.expr, URIRef):
            return both(found, {node.var: frozenset((str(node.expr),))})
        return both(
            found,
            {node.var: found[node.expr]} if isinstance(node.expr, Variable) and node.expr in found else {},
        )

    def _visit_Graph(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        outer, term = self._graphs, node.term
        known = frozenset((str(term),)) if isinstance(term, URIRef) else bound.get(term)
        self._graphs = known if isinstance(known, frozenset) and known != OTHER else frozenset()
        found = self._visit(node.p, bound)
        self._graphs = outer
        return found if isinstance(term, URIRef) else both(found, {term: known})

    def _visit_Project(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        names = set(node.PV or ())
        found = self._visit(node.p, {term: things for term, things in bound.items() if term in names})
        return {term: things for term, things in found.items() if term in names}

    def _visit_Slice(self, node: CompValue, _bound: Bound) -> Bound:  # noqa: N802
        return self._visit(node.p, {})

    def _visit_OrderBy(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        found = self._visit(node.p, bound)
        self._expression(node.expr, found)
        return found

    def _visit_Group(self, node: CompValue, _bound: Bound) -> Bound:  # noqa: N802
        self._expression(node.expr, found := self._visit(node.p, {}))
        keys = {term for term in node.expr or () if isinstance(term, Variable)}
        return {term: things for term, things in found.items() if term in keys}

    def _visit_AggregateJoin(self, node: CompValue, bound: Bound) -> Bound:  # noqa: N802
        found = self._visit(node.p, bound)
        for aggregate in node.A:
            self._expression(aggregate, found)
        return {
            aggregate.res: found.get(aggregate.vars)
            for aggregate in node.A
            if aggregate.name == "Aggregate_Sample" and aggregate.vars in found
        }

    def _visit_values(self, node: CompValue, _bound: Bound) -> Bound:
        return stated(node)

    def _expression(self, node: Any, bound: Bound) -> None:
        """Add what EXISTS in an expression needs.

        bound   what is bound wherever the expression is worked out
        """
        if isinstance(node, CompValue):
            if node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
                self._visit(translateGroupGraphPattern(node.graph), bound)
                return
            node = list(node.values())
        if isinstance(node, list | tuple):
            for one in node:
                self._expression(one, bound)

    # ---- one group of triple patterns ----

    def _group(self, triples: Iterable[tuple[Term, Term, Term]], bound: Bound) -> Bound:
        """Add what a group of patterns needs."""
        parts = take_apart(triples)
        firm = [part for part in parts if not part.is_loose]
        certain = {term for part in firm for term in part.variables}
        known: dict[Term, Things] = dict.fromkeys(certain)
        known |= {term: things for term, things in bound.items() if term in certain or things}
        if not self._is_plain or self._graphs is not None:
            self._add_patterns(parts, certain)
        stars: dict[Term, list[Part]] = {}
        for part in firm:
            stars.setdefault(part.subject, []).append(part)
        of_rows = {term: star for term, star in stars.items() if self._may_be_row(star, known)}
        others = [part for term, star in stars.items() if term not in of_rows for part in star]
        for term in stars.keys() - of_rows.keys():
            known[term] = met(known.get(term), OTHER)
        if self._is_plain and self._graphs is None and others:
            wanted = {term for star in of_rows.values() for part in star for term in part.variables}
            for term in sorted(wanted & {term for part in others for term in part.variables}):
                known[term] = met(known.get(term), self._rest.find(term, others, known, _FEW_THINGS))
        of_rows = {term: [_named(part, known) for part in star] for term, star in of_rows.items()}
        of_rows = {term: star for term, star in of_rows.items() if self._may_be_row(star, known)}
        while of_rows:
            sizes = {term: self._size(self._rows_of(star, known)) for term, star in of_rows.items()}
            subject = min(of_rows, key=lambda term: sizes[term])
            star = of_rows.pop(subject)
            alike = self._alike(subject, star, parts)
            self._add_star(subject, star, known, alike, narrows=bool(of_rows) or not self._is_alone)
        for part in parts:
            if part.is_zero and _is_open(part, certain):
                # A path of no steps leads from every node there is to itself.
                self._add(Asked(), None)
            elif part.is_zero:
                self._name_ends(part)
            elif part.is_loose and self._may_be_row([part], known):
                self._add(self._rows_of([part], known), _predicates([part], self._cube))
        return {term: known.get(term) for term in certain}

    def _name_ends(self, part: Part) -> None:
        """Add what names the ends of a path of no steps that are constants: only then does it lead to itself."""
        for term in _constants(part):
            if not isinstance(term, URIRef):
                self._add(Asked(), None)
                continue
            self._add(self._cube.with_subject(Asked(), (str(term),)), None)
            for predicate in sorted(self._cube.predicates):
                if self._cube.says(predicate, str(term)):
                    asked = self._cube.with_statement(Asked(), (predicate,), (str(term),))
                    self._add(asked, frozenset((predicate,)))

    def _alike(self, subject: Term, star: list[Part], parts: list[Part]) -> tuple[str, ...]:
        """Say which rows are alike for patterns with one subject, where it matters only what is found, not how often.

        Then a row has no effect that another one has already, if its IRI is of no interest.
        """
        if self._shown is None or not self._is_plain or not is_variable(subject) or subject in self._shown:
            return ()
        uses = [
            term
            for part in parts
            for term in (part.subject, part.variable, part.object, *part.ends)
            if term is not None
        ]
        if uses.count(subject) != len(star):
            return ()
        if all(part.predicates is not None for part in star):
            return self._cube.alike(_predicates(star, self._cube))
        (part, *more) = star
        if more or not is_variable(part.object) or part.object in self._shown or uses.count(part.object) > 1:
            return ()
        return self._cube.alike(None)

    def _add_star(
        self,
        subject: Term,
        star: list[Part],
        known: dict[Term, Any],
        alike: tuple[str, ...],
        *,
        narrows: bool,
    ) -> None:
        """Add what patterns with one subject need, and narrow what is known of their variables."""
        asked = self._rows_of(star, known)
        predicates = _predicates(star, self._cube)
        self._add(asked, predicates, alike)
        if not narrows or not self._is_row(star):
            return
        if is_variable(subject):
            known[subject] = met(known.get(subject), asked)
        if self._size(asked) > 10 * _FEW_ROWS:
            return
        rows = list(islice(self._cube.rows(asked), _FEW_ROWS + 1))
        if len(rows) > _FEW_ROWS:
            return
        if is_variable(subject):
            known[subject] = met(known.get(subject), frozenset(map(self._cube.subject, rows)))
        for part in star:
            if is_variable(part.object) and part.predicates is not None and len(part.predicates) == 1:
                things = self._cube.things(rows, part.predicates[0])
                if things is not None and part.predicates[0] not in self._shared:
                    known[part.object] = met(known.get(part.object), things)

    def _may_be_row(self, star: Iterable[Part], known: Bound) -> bool:
        """Say whether patterns with one subject can match what is said of an observation."""
        for part in star:
            subject, things = part.subject, known.get(part.subject)
            if is_variable(subject):
                if isinstance(things, frozenset) and not any(
                    thing.startswith(self._cube.start) for thing in things
                ):
                    return False
            elif not isinstance(subject, URIRef) or not subject.startswith(self._cube.start):
                return False
            if part.predicates is not None and not any(
                predicate in self._shared
                or (
                    predicate in self._cube.predicates
                    and (not isinstance(part.object, URIRef) or self._cube.says(predicate, str(part.object)))
                )
                for predicate in part.predicates
            ):
                return False
        return True

    def _is_row(self, star: Iterable[Part]) -> bool:
        """Say whether patterns with one subject match nothing but what is said of an observation."""
        if not self._is_plain or self._graphs is not None:
            return False
        return any(
            part.predicates is not None
            and len(part.predicates) == 1
            and not self._rest.has(
                part.predicates[0], str(part.object) if isinstance(part.object, URIRef) else None
            )
            for part in star
        )

    def _rows_of(self, star: Iterable[Part], known: Bound) -> Asked:
        """Ask for all rows that patterns with one subject can match."""
        asked = Asked()
        for part in star:
            things = known.get(part.subject)
            if isinstance(part.subject, URIRef):
                asked = self._cube.with_subject(asked, (str(part.subject),))
            elif isinstance(things, Asked):
                for name, numbers in things.among.items():
                    asked = asked.narrowed(name, numbers)
            elif things is not None:
                asked = self._cube.with_subject(asked, things)
            predicates = part.predicates
            if predicates is None or any(predicate in self._shared for predicate in predicates):
                continue
            asked = self._cube.with_property(asked, predicates)
            wanted = known.get(part.object)
            if isinstance(part.object, URIRef):
                wanted = frozenset((str(part.object),))
            if isinstance(wanted, frozenset) and wanted != OTHER:
                asked = self._cube.with_statement(asked, predicates, wanted)
        return asked

    def _size(self, asked: Asked) -> float:
        """Guess how many rows there are of those that are asked for."""
        share = 1.0
        for name in KEYS:
            if name in asked.among:
                share *= len(asked.among[name]) / max(self._cube.count(name), 1)
        return share * self._cube.size

    def _add(self, asked: Asked, predicates: frozenset[str] | None, alike: tuple[str, ...] = ()) -> None:
        need = Need(self._graphs, asked, predicates, alike)
        if not asked.is_empty:
            self.needs.setdefault(need.key, need)

    def _add_patterns(self, parts: Iterable[Part], certain: set[Term]) -> None:
        """Add the patterns as they are: what they match outside of observations has to be found."""
        for part in parts:
            subject = str(part.subject) if isinstance(part.subject, URIRef) else None
            thing = str(part.object) if isinstance(part.object, URIRef) else None
            if part.is_zero:
                if _is_open(part, certain) or not all(isinstance(term, URIRef) for term in _constants(part)):
                    self.patterns[Pattern(self._graphs, None, None, None)] = None
                for term in (subject, thing):
                    if term is not None:
                        self.patterns[Pattern(self._graphs, term, None, None)] = None
                        self.patterns[Pattern(self._graphs, None, None, term)] = None
                continue
            for predicate in part.predicates or (None,):
                self.patterns[Pattern(self._graphs, subject, predicate, thing)] = None


def _constants(part: Part) -> list[Term]:
    """Give the ends of a part that are no variables."""
    return [term for term in (part.subject, part.object) if not is_variable(term)]


def _is_open(part: Part, certain: set[Term]) -> bool:
    """Say whether nothing is known of either end of a part."""
    return is_variable(part.subject) and is_variable(part.object) and certain.isdisjoint(part.variables)


def _predicates(star: Iterable[Part], cube: Cube) -> frozenset[str] | None:
    """Give the properties of observations that patterns ask for; None for all."""
    found: set[str] = set()
    for part in star:
        if part.predicates is None:
            return None
        found |= cube.predicates.intersection(part.predicates)
    return frozenset(found)


def _named(part: Part, known: Bound) -> Part:
    """Name the properties that a variable in the place of one may stand for, where they are known."""
    things = known.get(part.variable)
    if part.variable is None or not isinstance(things, frozenset) or things == OTHER:
        return part
    return replace(part, predicates=tuple(sorted(things)))

"""A query with the solutions of its parts in their place.

In:   a request, as api.sparql_worker.answer takes it, for which there is no SQL as a whole
Out:  Rewritten: a query that gives the same answer and needs less, or nothing, of the observations
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyoxigraph as ox
from rdflib.namespace import RDF
from rdflib.paths import MulPath, NegatedPath, Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

from api.cube.parts.reading import Query, Unread, read_groups, text_of
from api.cube.parts.splitting import Compiled, Part, Splitter
from api.cube.parts.testing import Tests
from api.cube.parts.trees import parse, query_without
from api.cube.patterns import Part as Pattern
from api.cube.patterns import is_variable, take_apart
from api.cube.queries import read_query, walk
from api.cube.sql.groups import ROWS
from api.cube.sql.lifting import Lifted, Word, marked
from api.cube.sql.numbers import Uncertain
from api.cube.sql.plans import Plan, Plans, shape_of
from api.cube.sql.scopes import Scopes
from api.cube.sql.terms import COUNTS

# So many values are written into a query, and so many letters of text.
MOST_VALUES = 300_000
MOST_LETTERS = 16 << 20

# So many shapes are kept, those that were used last.
_MOST_SHAPES = 200

# So many solutions are read before all are counted.
_FEW = 5_000

# A longer list of things narrows nothing that is worth its reading.
_MOST_KNOWN = 20_000

# What stands for a part where only the rest of a query is read.
_STUB = "x-part:"
_ABOUT_ROWS = re.compile(rf"{re.escape(ROWS)}\b|\b{COUNTS} AS ")
# Another IRI than any there is.
_NOTHING = "x-part:nothing"


class _Many(Uncertain):
    """A part has more solutions than are written into a query."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A query that gives the answer of another.

    text       with the solutions of parts in it
    outline    with a mark for each part
    known      by the numbers of parts, what their variables are bound to: IRIs, or None where it may be something else;
               without those that may have no value
    is_alone   whether it needs nothing of the observations
    """

    text: str
    outline: str
    known: Mapping[str, Mapping[str, Sequence[str] | None]]
    is_alone: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """What queries of one shape have in common: parts with their statements."""

    query: Query
    scopes: Scopes
    parts: tuple[tuple[Part, Plan], ...]
    is_alone: bool


class Parts:
    """Rewrites queries over one edition. Belongs to one process."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._shapes: OrderedDict[str, _Shape | None] = OrderedDict()
        self._tests = Tests(plans.terms, plans.cube.start)
        cube = plans.cube
        # What is of a class is not told by that it has one.
        classes = {
            thing[1:-1]
            for codes in cube.said.values()
            for said in codes
            for predicate, thing in said
            if predicate == str(RDF.type)
        }
        self._said_by_rows = (cube.predicates | classes) - {str(RDF.type)}

    def rewrite(self, request: Mapping[str, Any], check: Callable[[], None]) -> Rewritten:
        """Find the solutions of a query's parts. Raises Uncertain, and what check raises.

        A query that needs nothing of the observations comes back as it is.

        check   says whether it is a query that is answered at all; asked where the shape is a new one
        """
        text = request["query"]
        if _STUB in text:
            raise Uncertain("a mark of ours")
        lifted = self._plans.lift(text)
        is_kept = lifted is not None
        if lifted is None:
            lifted = self._plans.lift(text, keeps_all=True)
        if lifted is None:
            raise Uncertain("no words that are certain")
        name = shape_of(request, lifted)
        if name not in self._shapes:
            check()
            shape = self._look(lifted, request)
            if is_kept:
                self._shapes[name] = shape
                if len(self._shapes) > _MOST_SHAPES:
                    self._shapes.popitem(last=False)
        else:
            shape = self._shapes[name]
            self._shapes.move_to_end(name)
        if shape is None:
            raise Uncertain("no parts")
        return self._write(lifted, shape)

    # ---- by shape ----

    def _look(self, lifted: Lifted, request: Mapping[str, Any]) -> _Shape | None:
        """Find the parts of queries of one shape."""
        try:
            query = read_groups(lifted.words)
            tree = parse(text_of(query, lifted.words))
            scopes = self._plans.scopes_of(query_without(tree, ()), request)

            def compile_(node: CompValue, names: Sequence[Variable]) -> Compiled:
                return self._compile(lifted, scopes, node, names)

            splitter = Splitter(query, lifted.words, compile_, self._said_by_rows)
            parts = splitter.split(tree)
            left = query_without(tree, splitter.gone)
            if any(map(_depends_on_all, _paths_in(left))):
                return None
        except (Uncertain, Unread, RecursionError):
            return None
        plans = [(part, _plan(part)) for part in parts]
        is_alone = self._is_alone(left, lifted, is_plain=scopes.is_plain)
        return _Shape(query, scopes, tuple(plans), is_alone) if parts or is_alone else None

    def _compile(
        self,
        lifted: Lifted,
        scopes: Scopes,
        node: CompValue,
        names: Sequence[Variable],
        *,
        is_fast: bool = True,
    ) -> Compiled:
        given, operators = self._plans.begin(lifted, scopes, is_fast=is_fast)
        inner = node.p if node.name == "Project" else node
        if inner.name == "ToMultiSet" and isinstance(inner.p, CompValue):
            # A query within, alone: its order is kept.
            selected = operators.select(inner.p)
        else:
            selected = operators.select(node, names)
        if any(column.kind in ("mixed", "number") for column in selected.columns.values()):
            raise Uncertain("terms of several kinds")
        is_about_rows = _ABOUT_ROWS.search(selected.sql) is not None
        return Compiled(selected.sql, selected.columns, is_about_rows, given.wanted)

    def _is_alone(self, query: CompValue, lifted: Lifted, *, is_plain: bool) -> bool:
        """Say whether what is left of a query of this shape is certain to match nothing that rows say."""
        if query.name == "DescribeQuery":
            return False
        if any(node.name == "Graph" for node in walk(query)):
            return False
        if not is_plain:
            # What is not in the default graph of the store is in none.
            return not any(_groups_of(query))
        return not any(self._may_need_rows(group, lifted) for group in _groups_of(query))

    def _may_need_rows(self, parts: Sequence[Pattern], lifted: Lifted) -> bool:
        """Say whether what rows say may match one of some patterns, where it matters."""
        # What has a property that no observation has is none.
        others = {
            part.subject
            for part in parts
            if not part.is_loose and is_variable(part.subject) and not self._may_be_of_row(part, lifted)
        }
        return any(part.subject not in others and self._may_be_of_row(part, lifted) for part in parts)

    def _may_be_of_row(self, part: Pattern, lifted: Lifted) -> bool:
        """Say whether an observation may have a property, said by rows or by other statements."""
        cube = self._plans.cube
        if part.predicates is None:
            return True
        if not is_variable(part.subject):
            place = marked(str(part.subject))
            if place is None or lifted.constants[place].kind != "row":
                return str(part.subject).startswith(cube.start)
        if not self._plans.shared.isdisjoint(part.predicates):
            return True
        thing = part.object
        if isinstance(thing, URIRef) and marked(str(thing)) is None:
            return any(cube.says(predicate, str(thing)) for predicate in part.predicates)
        return not cube.predicates.isdisjoint(part.predicates)

    # ---- for one query ----

    def _write(self, lifted: Lifted, shape: _Shape) -> Rewritten:
        """Write the solutions of parts into a query. Raises Uncertain if there are too many."""
        texts, known = [], {}
        values = letters = 0
        for at, (part, plan) in enumerate(shape.parts):
            most = (MOST_VALUES - values) // (len(part.names) + 1)
            rows = self._find(part, plan, lifted, shape.scopes, most)
            values += len(rows) * (len(part.names) + 1)
            text = _write_values(part.names, rows)
            letters += len(text)
            if letters > MOST_LETTERS:
                raise _Many("long solutions")
            texts.append(text)
            known[str(at)] = _bound(part.names, rows)
        parts = [part for part, _ in shape.parts]
        stubs = [_stub(at, part) for at, part in enumerate(parts)]
        return Rewritten(
            _put_in(shape.query, lifted.words, parts, texts),
            _put_in(shape.query, lifted.words, parts, stubs),
            known,
            shape.is_alone,
        )

    def _find(self, part: Part, plan: Plan, lifted: Lifted, scopes: Scopes, most: int) -> list[Sequence[Any]]:
        """Find the solutions of a part. Raises Uncertain, also if there are more than `most`."""
        try:
            return self._read(plan, lifted, most)
        except _Many:
            raise
        except Uncertain:
            # What is fast did not do for these figures.
            names = [Variable(name) for name in part.names]
            exact = _plan(part, self._compile(lifted, scopes, part.node, names, is_fast=False))
            if exact.sql == plan.sql:
                raise
            return self._read(exact, lifted, most)

    def _read(self, plan: Plan, lifted: Lifted, most: int) -> list[Sequence[Any]]:
        found = iter(self._plans.run(plan, lifted, self._tests.give).rows)
        rows = list(islice(found, min(_FEW, most + 1)))
        # To count rows is much less work than to give them their terms.
        if len(rows) == _FEW and self._plans.has_more(plan, lifted, most, self._tests.give):
            raise _Many("many solutions")
        rows += islice(found, most)
        if len(rows) > most:
            raise _Many("many solutions")
        return rows


def _paths_in(query: CompValue) -> Iterator[Any]:
    return (path for node in walk(query) if node.name == "BGP" for _, path, _ in node.triples)


def _depends_on_all(path: Any) -> bool:
    """Say whether what a path leads to, and how often, depends on more than the statements it goes along.

    A path of no steps leads from each thing that a statement names to itself: from those of rows too. How often
    Oxigraph finds a path of none of some properties depends on what it knows of its ends before.
    """
    if isinstance(path, NegatedPath) or (isinstance(path, MulPath) and path.zero):
        return True
    inside = [getattr(path, "arg", None), getattr(path, "path", None), *getattr(path, "args", ())]
    return isinstance(path, Path) and any(map(_depends_on_all, inside))


def _groups_of(query: CompValue) -> Iterator[list[Pattern]]:
    """Give the triple patterns of a query, group by group."""
    return (take_apart(node.triples) for node in walk(query) if node.name == "BGP")


def _plan(part: Part, compiled: Compiled | None = None) -> Plan:
    compiled = compiled or part.compiled
    columns = tuple(compiled.columns.get(Variable(name)) for name in part.names)
    return Plan(compiled.sql, compiled.wanted, False, part.names, columns)


def _write_values(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write solutions as a group. Within a query of its own, Oxigraph joins it by a table of hashes."""
    shown = " ".join(f"?{name}" for name in names)
    cells = " ".join(f"({' '.join('UNDEF' if cell is None else str(cell) for cell in row)})" for row in rows)
    values = f"VALUES ({shown}) {{ {cells} }}"
    return f" {{ SELECT {shown} {{ {values} }} }} " if names else f" {{ {values} }} "


def _stub(at: int, part: Part) -> str:
    return _write_values(part.names, [[f"<{_STUB}{at}>"] * len(part.names)])


def _bound(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[str] | None]:
    """Say what each variable is bound to, of those that have a value in every solution."""
    found: dict[str, Sequence[str] | None] = {}
    for at, name in enumerate(names):
        cells = {row[at] for row in rows}
        if len(cells) <= _MOST_KNOWN and all(isinstance(cell, ox.NamedNode) for cell in cells):
            found[name] = sorted(cell.value for cell in cells) or [_NOTHING]
        elif None not in cells:
            found[name] = None
    return found


def _put_in(query: Query, words: Sequence[Word], parts: Sequence[Part], texts: Sequence[str]) -> str:
    """Write a query with texts in the place of its parts."""
    gone = {word for part in parts for start, end in part.words for word in range(start, end)}
    places: dict[int, list[str]] = {}
    for part, text in zip(parts, texts, strict=True):
        places.setdefault(part.place, []).append(text)
    spelled = [word.space + word.text for word in words]
    written: list[str] = []
    for at, text in enumerate(spelled):
        if at == query.template:
            written += spelled[query.where.start : query.where.end]
        written += places.get(at, ())
        if at not in gone:
            written.append(text)
    return "".join(written)


def read_outline(outline: str, known: Mapping[str, Mapping[str, Sequence[str] | None]]) -> CompValue | None:
    """Read what a query is without its parts, and put in what is known of these: see Rewritten."""
    query = read_query(outline)
    for node in walk(query) if query is not None else ():
        marks = (
            {str(term) for row in node.res or () for term in row.values()} if node.name == "values" else set()
        )
        for mark in marks:
            if mark.startswith(_STUB):
                node["res"] = _as_rows(known[mark.removeprefix(_STUB)])
    return query


def _as_rows(known: Mapping[str, Sequence[str] | None]) -> list[dict[Any, Any]]:
    """Write what variables are bound to as rows of VALUES, which say no more than that."""
    count = max((len(things or ()) for things in known.values()), default=0)
    return [
        {
            Variable(name): Literal("") if things is None else URIRef(things[at % len(things)])
            for name, things in known.items()
        }
        for at in range(max(count, 1))
    ]

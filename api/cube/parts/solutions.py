"""A query with the solutions of its parts in their place.

In:   a request, as api.sparql_worker.answer takes it, for which there is no SQL as a whole
Out:  Rewritten: a query that gives the same answer and needs less, or nothing, of the observations
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rdflib.namespace import RDF
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.parts.reading import Query, Unread, read_groups, text_of
from api.cube.parts.splitting import Compiled, Part, Splitter
from api.cube.parts.testing import Tests
from api.cube.parts.trees import parse, query_without
from api.cube.parts.writing import STUB, bound_by, put_in, stub, write_values
from api.cube.queries import looks_out, walk
from api.cube.sql.groups import ROWS
from api.cube.sql.lifting import Lifted
from api.cube.sql.needs import depends_on_more, groups_of
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

_ABOUT_ROWS = re.compile(rf"{re.escape(ROWS)}\b|\b{COUNTS} AS ")


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
        classes = cube.things_said(str(RDF.type))
        self._said_by_rows = (cube.predicates | classes) - {str(RDF.type)}

    def rewrite(self, request: Mapping[str, Any], check: Callable[[], None]) -> Rewritten:
        """Find the solutions of a query's parts. Raises Uncertain, and what check raises.

        A query that needs nothing of the observations comes back as it is.

        check   says whether it is a query that is answered at all; asked where the shape is a new one
        """
        text = request["query"]
        if STUB in text:
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
            whole = query_without(tree, ())
            if looks_out(whole):
                return None
            scopes = self._plans.scopes_of(whole, request)
            if self._is_alone(whole, lifted, is_plain=scopes.is_plain):
                return _Shape(query, scopes, (), is_alone=True)

            def compile_(node: CompValue, names: Sequence[Variable]) -> Compiled:
                return self._compile(lifted, scopes, node, names)

            splitter = Splitter(query, lifted.words, compile_, self._said_by_rows)
            parts = splitter.split(tree)
            left = query_without(tree, splitter.gone)
            if not parts or depends_on_more(left):
                return None
        except (Uncertain, Unread, RecursionError):
            return None
        plans = [(part, _plan(part)) for part in parts]
        return _Shape(query, scopes, tuple(plans), self._is_alone(left, lifted, is_plain=scopes.is_plain))

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
        if query.name == "DescribeQuery" or depends_on_more(query):
            return False
        if any(node.name == "Graph" for node in walk(query)):
            return False
        if not is_plain:
            # What is not in the default graph of the store is in none.
            return not any(groups_of(query))
        return not self._plans.needs.has_rows(query, lifted)

    # ---- for one query ----

    def _write(self, lifted: Lifted, shape: _Shape) -> Rewritten:
        """Write the solutions of parts into a query. Raises Uncertain if there are too many."""
        texts, known = [], {}
        values = letters = 0
        for at, (part, plan) in enumerate(shape.parts):
            most = (MOST_VALUES - values) // (len(part.names) + 1)
            rows = self._find(part, plan, lifted, shape.scopes, most)
            values += len(rows) * (len(part.names) + 1)
            text = write_values(part.names, rows)
            letters += len(text)
            if letters > MOST_LETTERS:
                raise _Many("long solutions")
            texts.append(text)
            known[str(at)] = bound_by(part.names, rows)
        parts = [part for part, _ in shape.parts]
        stubs = [stub(at, part) for at, part in enumerate(parts)]
        return Rewritten(
            put_in(shape.query, lifted.words, parts, texts),
            put_in(shape.query, lifted.words, parts, stubs),
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


def _plan(part: Part, compiled: Compiled | None = None) -> Plan:
    compiled = compiled or part.compiled
    columns = tuple(compiled.columns.get(Variable(name)) for name in part.names)
    return Plan(compiled.sql, compiled.wanted, False, part.names, columns)

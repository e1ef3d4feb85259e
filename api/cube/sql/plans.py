"""Queries are answered by plans that are kept by shape.

In:   a request, as api.sparql_worker.answer takes it
Out:  rows of terms, or whether there is one; Uncertain where there is no certain plan
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.pieces import Cube
from api.cube.queries import looks_out, read_query, walk
from api.cube.sql.codes import Codes
from api.cube.sql.columns import Column
from api.cube.sql.given import Given, Listed, Source, Tested, bind
from api.cube.sql.lifting import Lifted, lift
from api.cube.sql.making import Making
from api.cube.sql.needs import Needs, depends_on_more, groups_of
from api.cube.sql.numbers import Uncertain, write
from api.cube.sql.operators import Operators
from api.cube.sql.scopes import Scopes
from api.cube.sql.terms import MOST_ROWS, Terms, select

# So many plans are kept, those that were used last.
MOST_PLANS = 500
# Memory that SQLite takes at most for one query.
_MOST_BYTES = 512 << 20

_XSD = "http://www.w3.org/2001/XMLSchema#"
_DECIMAL, _INTEGER, _BOOLEAN = (ox.NamedNode(f"{_XSD}{kind}") for kind in ("decimal", "integer", "boolean"))


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, what its parameters are, and the variables with the columns they come in."""

    sql: str
    wanted: Mapping[str, tuple[str, Source]]
    is_ask: bool
    names: tuple[str, ...]
    columns: tuple[Column | None, ...]


# Gives a list for SQL, as JSON, and by negative numbers those in it that have no number of their own.
Apart = Callable[[Tested | Listed, Lifted], tuple[str, dict[int, Any]]]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: whether there is a solution, or names of variables and rows of cells.

    is_longer   looks through all rows: says whether there are more than so many, and raises Uncertain if one of them is
                uncertain; none will be after that
    """

    is_true: bool | None
    names: tuple[str, ...] = ()
    rows: Iterable[Sequence[Any]] = ()
    is_longer: Callable[[int], bool] | None = None


class Plans:
    """Answers queries over one edition. Belongs to one process. Raises Uncertain over an edition that is too old."""

    def __init__(self, cube: Cube, store: ox.Store, shared: frozenset[str], catalogue: Path) -> None:
        if cube.counts is None:
            raise Uncertain("an edition that does not say what its figures are like")
        self.cube, self._shared, self._edition = cube, shared, catalogue.parent.name
        self.needs = Needs(cube, shared)
        self.terms = Terms(store, catalogue, cube.start, cube.counts)
        self._codes = Codes(cube, self.terms)
        self._known = frozenset(cube.predicates) | _vocabulary(store)
        self._known |= {term.value for term in self.terms.all[1:] if _is_class(term, cube)}
        self._plans: OrderedDict[str, tuple[Plan | None, Plan | None]] = OrderedDict()
        self.terms.memory.execute(f"PRAGMA hard_heap_limit = {_MOST_BYTES}")
        self.terms.memory.create_function("row_text", 5, self._row_text, deterministic=True)

    def answer(self, request: Mapping[str, Any], check: Callable[[], None]) -> Found:
        """Answer a query. Raises Uncertain, and what check raises.

        check   says whether it is a query that is answered at all; asked where the shape is a new one
        """
        lifted = self.lift(request["query"])
        if lifted is None:
            raise Uncertain("no shape")
        shape = shape_of(request, lifted)
        plans = self._plans.get(shape)
        if plans is None:
            check()
            plans = self._make(lifted, request, is_fast=True), None
            self._keep(shape, plans)
        self._plans.move_to_end(shape)
        fast, exact = plans
        if fast is None:
            raise Uncertain("a shape that has no plan")
        try:
            return self.run(exact or fast, lifted)
        except Uncertain:
            if exact is not None:
                raise
        # What is fast did not do for these figures.
        exact = self._make(lifted, request, is_fast=False)
        if exact is None or exact.sql == fast.sql:
            raise Uncertain("no figures that are certain")
        self._keep(shape, (fast, exact))
        return self.run(exact, lifted)

    def lift(self, query: str, *, keeps_all: bool = False) -> Lifted | None:
        """Lift the constants out of a query: see `lifting.lift`."""
        return lift(query, self._known, self.cube.start, keeps_all=keeps_all)

    def _keep(self, shape: str, plans: tuple[Plan | None, Plan | None]) -> None:
        self._plans[shape] = plans
        if len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)

    def tables(self) -> Iterator[None]:
        """Make the tables that queries will need, one at each step: what is said of the things that rows name."""
        for path in self.terms.properties_of(self._codes.samples()):
            with suppress(Uncertain):
                self.terms.said(path, MOST_ROWS)
            yield
        yield from self.terms.gather()
        self.terms.is_learned = True

    # ---- making ----

    def _make(self, lifted: Lifted, request: Mapping[str, Any], *, is_fast: bool) -> Plan | None:
        """Make the plan of a shape; None if there is none that is certain."""
        query = read_query(lifted.text)
        if query is None or query.name not in ("SelectQuery", "AskQuery") or looks_out(query):
            return None
        try:
            scopes = self.scopes_of(query, request)
            if scopes.is_plain and not self._is_about_rows(query, lifted):
                # Oxigraph has all of it, and needs no tables for that.
                return None
            given, operators = self.begin(lifted, scopes, is_fast=is_fast)
            if query.name == "AskQuery":
                relation = operators.relation(query.p)
                return Plan(f"SELECT EXISTS (SELECT 1{relation.source()})", given.wanted, True, (), ())
            result = ox.Store().query(request["query"])
            assert isinstance(result, ox.QuerySolutions)
            names = tuple(variable.value for variable in result.variables)
            selected = operators.select(query.p, [Variable(name) for name in names])
            columns = tuple(selected.columns.get(Variable(name)) for name in names)
            if any(column and column.kind in ("mixed", "number") for column in columns):
                return None
            _place(selected.columns)
            return Plan(selected.sql, given.wanted, False, names, columns)
        except (Uncertain, RecursionError):
            return None

    def _is_about_rows(self, query: CompValue, lifted: Lifted) -> bool:
        if depends_on_more(query) or any(node.name == "Graph" for node in walk(query)):
            return True
        return not any(groups_of(query)) or self.needs.has_rows(query, lifted)

    def scopes_of(self, query: CompValue, request: Mapping[str, Any]) -> Scopes:
        """Say what graphs a query is about. Raises Uncertain."""
        return Scopes(self.cube, self._edition, query, request)

    def begin(self, lifted: Lifted, scopes: Scopes, *, is_fast: bool) -> tuple[Given, Operators]:
        """Begin a statement: give where its parameters are noted, and what makes it."""
        given = Given(self.cube, lifted.constants)
        making = Making(self.cube, self.terms, self._codes, given, self._shared, scopes, is_fast=is_fast)
        return given, Operators(making)

    # ---- running ----

    def run(self, plan: Plan, lifted: Lifted, apart: Apart | None = None) -> Found:
        """Answer by a plan. Raises Uncertain, also as the rows are read.

        apart   gives the lists that are made apart, and the terms of its own that a list has
        """
        values, others = bind(plan.wanted, lifted.constants, self.cube, self.terms)
        for name, (_, source) in plan.wanted.items():
            if isinstance(source.term, Tested | Listed) and apart is not None:
                values[name], more = apart(source.term, lifted)
                others |= more
        self.terms.doubts.is_uncertain = False
        cursor = self._execute(plan.sql, values)
        # What is uncertain shows when a row is read.
        first = self._fetch(cursor)
        if plan.is_ask:
            return Found(bool(first[0][0]))
        cells = self._cells(plan, others)

        def is_longer(most: int) -> bool:
            again, count = self._execute(plan.sql, values), 0
            while count <= most and (rows := self._fetch(again)):
                count += len(rows)
            return count > most

        return Found(None, plan.names, cells(first, cursor), is_longer)

    def _execute(self, sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        try:
            return self.terms.connection.execute(sql, values)
        except sqlite3.OperationalError as fault:
            raise Uncertain(str(fault)) from fault

    def has_more(self, plan: Plan, lifted: Lifted, most: int, apart: Apart) -> bool:
        """Say whether a plan finds more rows than `most`. Raises Uncertain."""
        sql = f"SELECT COUNT(*) > {most} FROM (SELECT 1 FROM ({plan.sql}) LIMIT {most + 1})"
        return bool(self.run(replace(plan, sql=sql, is_ask=True), lifted, apart).is_true)

    def _cells(self, plan: Plan, others: Mapping[int, Any]) -> Callable[..., Iterator[Sequence[Any]]]:
        """Give what turns rows of SQL into rows of terms."""
        places = _place(
            {name: column for name, column in zip(plan.names, plan.columns, strict=True) if column}
        )
        readers = []
        for name, column in zip(plan.names, plan.columns, strict=True):
            readers.append(None if column is None else self._reader(column, places[name], others))

        def rows(first: list[Any], cursor: sqlite3.Cursor) -> Iterator[Sequence[Any]]:
            while first:
                for row in first:
                    yield [None if read is None else read(row) for read in readers]
                first = self._fetch(cursor)

        return rows

    def _fetch(self, cursor: sqlite3.Cursor) -> list[Any]:
        """Read some rows. Raises Uncertain."""
        try:
            found = cursor.fetchmany(1_000)
        except sqlite3.OperationalError as fault:
            raise Uncertain(str(fault)) from fault
        self.terms.doubts.settle()
        return found

    def _reader(
        self, column: Column, place: Sequence[int | None], others: Mapping[int, Any]
    ) -> Callable[[Sequence[Any]], Any]:
        """Give what turns the parts of a column into a term, or None."""
        at, *more = place
        assert at is not None
        terms, offset = self.terms.all, column.offset
        if column.kind == "term":

            def read_term(row: Sequence[Any]) -> Any:
                number = row[at]
                if number is None:
                    return None
                return terms[number + offset] if number + offset > 0 else others[number]

            return read_term
        if column.kind in ("row", "thing"):
            places = [number for number in (place if column.kind == "row" else more) if number is not None]

            def read_row(row: Sequence[Any]) -> Any:
                number = row[at]
                if number is None:
                    return None
                if number and column.kind == "thing":
                    return terms[number] if number > 0 else others[number]
                return ox.NamedNode(str(self._row_text(*(row[number] for number in places))))

            return read_row
        if column.kind == "decimal":
            rest = more[0]

            def read_decimal(row: Sequence[Any]) -> Any:
                value = row[at]
                if value is None:
                    return None
                return ox.Literal(write(value, 0 if rest is None else row[rest]), datatype=_DECIMAL)

            return read_decimal
        makers: dict[str, Callable[[Any], Any]] = {
            "integer": lambda value: ox.Literal(str(value), datatype=_INTEGER),
            "boolean": lambda value: ox.Literal("true" if value else "false", datatype=_BOOLEAN),
            "text": ox.Literal,
        }
        make = makers[column.kind]
        return lambda row: None if row[at] is None else make(row[at])

    def _row_text(self, *key: int | None) -> str | None:
        """Give the IRI of a row by its key."""
        definition, period, breakdown, area, dataset = (part or 0 for part in key)
        if not definition:
            return None
        cube = self.cube
        start = cube.starts[cube.series_numbers[dataset, definition] - 1]
        end = cube.ends[cube.cell_numbers[dataset, breakdown] - 1]
        return f"{start}{cube.areas[area - 1]}/{cube.periods[period - 1]}{end}"


def shape_of(request: Mapping[str, Any], lifted: Lifted) -> str:
    """Name the shape of a request: its query's, and the graphs that the request says beside it."""
    graphs = request["default_graphs"], request["named_graphs"]
    return lifted.text if graphs == (None, None) else json.dumps([lifted.text, *graphs])


def _place(columns: Mapping[Any, Column]) -> dict[Any, tuple[int | None, ...]]:
    """Say where the parts of each column are in a row; None for a part that is always 0."""
    return {
        name: tuple(
            None if is_zero else int(part.removeprefix("c"))
            for part, is_zero in zip(column.parts, column.zeros, strict=True)
        )
        for name, column in columns.items()
    }


def _vocabulary(store: ox.Store) -> frozenset[str]:
    """Every property and class of the statements."""
    queries = ("SELECT DISTINCT ?p { ?s ?p ?o }", "SELECT DISTINCT ?p { ?s a ?p }")
    return frozenset(one[0].value for query in queries for one in select(store, query))


def _is_class(term: Any, cube: Cube) -> bool:
    """Say whether a term that observations say is a class: it is not of this site."""
    return isinstance(term, ox.NamedNode) and not term.value.startswith(f"{cube.base}id/")

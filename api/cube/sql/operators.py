"""The operators of SPARQL's algebra, on relations.

In:   a query in rdflib's algebra
Out:  Relation; and of a whole query one SELECT
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyoxigraph as ox
from rdflib.plugins.sparql.algebra import simplify, translateGroupGraphPattern, traverse
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

from api.cube.queries import variables_in, walk
from api.cube.sql.aggregates import aggregate
from api.cube.sql.columns import Column, Item, Relation, join, meet, same, shared, united, written_as
from api.cube.sql.expressions import Expressions, ordered
from api.cube.sql.given import Listed
from api.cube.sql.graphs import of_datasets
from api.cube.sql.groups import make_groups
from api.cube.sql.languages import languages_in
from api.cube.sql.lifting import marked_list
from api.cube.sql.making import NOTHING, Making, Outer
from api.cube.sql.numbers import Uncertain
from api.cube.sql.ranges import Maker, count_ranges
from api.cube.sql.scopes import EVERYTHING, Scope
from api.cube.sql.unions import are_counts, count_each, once_each, unite

# So many values of VALUES go into one statement.
_MOST_VALUES = 300


@dataclass(frozen=True)
class Selected:
    """A statement, and the columns as it gives them."""

    sql: str
    columns: dict[Any, Column]


class Operators:
    """Makes relations of the parts of one query."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._namer = making.namer

    def relation(self, node: CompValue, outer: Outer = NOTHING) -> Relation:
        """Make a relation of a part of a query. Raises Uncertain.

        outer   what is known from around it: solutions with other values have no effect
        """
        method = getattr(self, f"_make_{node.name}", None)
        if method is None:
            raise Uncertain(f"the operator {node.name}")
        found: Relation = method(node, outer)
        return found

    # ---- patterns ----

    def _make_BGP(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802 - rdflib's name
        return unite(self._groups(node, outer), self._namer)

    def _groups(self, node: CompValue, outer: Outer, *, takes_any: bool = False) -> list[Relation]:
        making = self._making
        if not node.triples and making.scope != EVERYTHING:
            raise Uncertain("a graph without patterns")
        return make_groups(making, node.triples or [], outer, takes_any=takes_any)

    def _make_Graph(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        return unite(
            self._in_graphs(node, outer, lambda part, around: [self.relation(part, around)]), self._namer
        )

    def _in_graphs(
        self, node: CompValue, outer: Outer, make: Callable[[CompValue, Outer], list[Relation]]
    ) -> list[Relation]:
        """Make a part of a query in each graph that it may be in."""
        making, outer = self._making, Outer(kinds=outer.kinds)
        if isinstance(node.term, URIRef):
            with making.within(making.scopes.named(str(node.term))):
                return make(node.p, outer)
        looks_at_it = node.term in variables_in(node.p) or any("EXISTS" in one.name for one in walk(node.p))
        if node.p.name != "BGP" and looks_at_it:
            # Oxigraph knows the graph within the pattern already; SPARQL tells it afterwards.
            raise Uncertain("a pattern that looks at the graph it is in")
        named, found = making.scopes.all_named(), []
        datasets = [(graph, scope) for graph, scope in named if scope.is_dataset]
        if len(datasets) > 1 and node.p.name == "BGP":
            numbers = {graph: number for graph, scope in datasets for number in scope.datasets or ()}
            with making.within(Scope(frozenset(numbers.values()), has_rest=False)):
                for relation in make(node.p, outer):
                    found += of_datasets(making, relation, node.term, numbers)
            named = [one for one in named if one not in datasets]
        for graph, scope in named:
            (number,) = making.terms.number_all((ox.NamedNode(graph),))
            column = Column("term", (f"({number}+0)",), types=frozenset(("iri",)))
            with making.within(scope):
                for relation in make(node.p, outer):
                    found.append(join(relation, Relation(columns={node.term: column}), self._namer))
        return found

    def _each(self, node: CompValue, outer: Outer = NOTHING) -> list[Relation]:
        """Make relations whose solutions together are those of a part. A pattern may be of any property here.

        What is told of one relation is told of more than one only where their terms are of one kind; so what is done
        with each solution is done here in each relation.
        """
        if node.name == "BGP":
            return self._groups(node, outer, takes_any=True)
        if node.name == "Union":
            around = Outer(kinds=outer.kinds)
            return [*self._each(node.p1, around), *self._each(node.p2, around)]
        if node.name == "Graph":
            return self._in_graphs(node, outer, self._each)
        if node.name == "Filter":
            return [self._filtered(relation, node) for relation in self._each(node.p, outer)]
        if node.name == "Extend":
            found = self._each(node.p, outer.without(node.var))
            return [self._extended(relation, node) for relation in found]
        return [self.relation(node, outer)]

    def _make_Join(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        outer = Outer(kinds=outer.kinds)
        first = self.relation(node.p1, outer)
        second = self.relation(node.p2, outer.beside(first))
        if any(column.kind == "thing" for column in first.columns.values()):
            first = self.relation(node.p1, outer.beside(second))
        return join(first, second, self._namer)

    def _make_Filter(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        return self._filtered(self.relation(node.p, outer), node)

    def _filtered(self, relation: Relation, node: CompValue) -> Relation:
        passed = relation.with_where(self._expressions(relation).test(node.expr))
        for name, kind in languages_in(node.expr):
            column = passed.columns.get(name)
            if column is not None and column.kind == "term" and kind in column.types:
                passed = passed.with_column(name, replace(column, types=frozenset((kind,))))
        return passed

    def _make_LeftJoin(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        first = self.relation(node.p1, Outer(kinds=outer.kinds))
        second = self.relation(node.p2, Outer.around(first))
        if second.items and not _is_one_table(second, first):
            if not second.is_narrow:
                raise Uncertain("OPTIONAL of many")
            second = self._namer.nested(self.relation(node.p2, Outer().beside(first)))
        conditions = list(second.where)
        for _, one, other in shared(first, second):
            if one.is_optional:
                raise Uncertain("OPTIONAL on a variable that may have no value")
            conditions += meet(one, other)[0]
        columns = {name: replace(column, is_optional=True) for name, column in second.columns.items()}
        columns |= first.columns
        if not (isinstance(node.expr, CompValue) and node.expr.name == "TrueFilter"):
            conditions.append(self._expressions(Relation(columns=columns)).test(node.expr))
        if not second.items:
            # It is about rows that are there: found once, or not.
            test = " AND ".join(dict.fromkeys(conditions)) or "1"
            for name in second.columns.keys() - first.columns.keys():
                parts = (f"CASE WHEN {test} THEN {part} END" for part in columns[name].parts)
                columns[name] = replace(columns[name], parts=tuple(parts))
            return replace(first, columns=columns)
        (item,) = second.items
        on = " AND ".join(dict.fromkeys(conditions)) or "1"
        items = first.items or (Item("(SELECT 1)"),)
        return Relation((*items, Item(item.sql, on)), first.where, columns, first.is_narrow)

    def _make_Union(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        outer = Outer(kinds=outer.kinds)
        return unite([self.relation(node.p1, outer), self.relation(node.p2, outer)], self._namer)

    def _make_Minus(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        first = self.relation(node.p1, outer)
        for second in self._those(node.p2, Outer().beside(first)):
            pairs = list(shared(first, second))
            if any(one.is_optional or other.is_optional for _, one, other in pairs):
                raise Uncertain("MINUS on a variable that may have no value")
            tests = [test for _, one, other in pairs for test in same(one, other)]
            if pairs:
                first = first.with_where(f"NOT {_exists(second, tests)}")
        return first

    def _those(self, node: CompValue, outer: Outer) -> list[Relation]:
        """Make relations whose solutions together are those of a part of which it matters only whether there is one."""
        return self._groups(node, outer) if node.name == "BGP" else [self.relation(node, outer)]

    def _make_Extend(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        return self._extended(self.relation(node.p, outer.without(node.var)), node)

    def _extended(self, relation: Relation, node: CompValue) -> Relation:
        column = self._expressions(relation).value(node.expr)
        if node.var in relation.columns:
            raise Uncertain("a variable that has a value already")
        if column.kind == "none":
            return relation
        if column.kind == "term":
            column = replace(column, parts=column.parts[:1])
        return relation.with_column(node.var, column)

    def _make_ToMultiSet(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        return self._values(node.p) if isinstance(node.p, list) else self.relation(node.p, outer)

    def _make_values(self, node: CompValue, _outer: Outer) -> Relation:
        return self._values(node.res or [])

    def _values(self, rows: Iterable[Any]) -> Relation:
        """Make a relation of VALUES."""
        listed = [dict(row) for row in rows]
        names = list(dict.fromkeys(name for row in listed for name in row))
        if not listed or not names:
            return Relation() if listed else Relation((Item("(SELECT 1)"),), ("0",))
        words = marked_list(str(listed[0].get(names[0])))
        if words is not None:
            table, numbers = self._namer.name("j"), self._making.given.listed(Listed(words))
            of_list = Column("term", (f"{table}.value",), types=frozenset(("iri",)), is_given=True)
            return Relation((Item(f"json_each({numbers}) AS {table}"),), (), {names[0]: of_list})
        if len(listed) * len(names) > _MOST_VALUES:
            raise Uncertain("many values")
        expressions = self._expressions(Relation())
        cells: dict[Any, list[Column | None]] = {
            name: [
                None if row.get(name, "UNDEF") == "UNDEF" else expressions.value(row[name]) for row in listed
            ]
            for name in names
        }
        columns, places = {}, 0
        sql_rows: list[list[str]] = [[] for _ in listed]
        for name, column in cells.items():
            bare = [
                cell and (replace(cell, parts=cell.parts[:1]) if cell.kind == "term" else cell)
                for cell in column
            ]
            whole = united(bare)
            for place, cell in enumerate(bare):
                sql_rows[place] += written_as(cell, whole).parts
            parts = tuple(f"column{places + at}" for at in range(1, len(whole.parts) + 1))
            places += len(parts)
            columns[name] = replace(whole, parts=parts)
        table = ", ".join(f"({', '.join(row)})" for row in sql_rows)
        made = self._namer.wrap(f"VALUES {table}", columns)
        return replace(made, is_narrow=True)

    # ---- selections ----

    def _make_Project(self, node: CompValue, outer: Outer) -> Relation:  # noqa: N802
        kinds = {name: kind for name, kind in outer.kinds.items() if name in node.PV}
        return self.relation(node.p, Outer(kinds=kinds)).only(node.PV)

    def _make_AggregateJoin(self, node: CompValue, _outer: Outer) -> Relation:  # noqa: N802
        group = node.p
        keys = [key for key in (group.expr or []) if isinstance(key, Variable)]
        if group.name != "Group" or len(keys) != len(group.expr or []):
            raise Uncertain("groups by what is no variable")
        ranges = count_ranges(Maker(self.relation, self._expressions, self._namer), group.p, keys, node.A)
        is_grouped = group.expr is not None
        relations = [ranges[0]] if ranges else self._each(group.p)
        once = once_each(relations, keys, node.A) if len(relations) > 1 else None
        relations = once or relations
        if not ranges and (once or len(relations) > 1) and are_counts(relations, keys, node.A):
            return self._namer.wrap(*count_each(relations, keys, node.A, self._namer, is_grouped=is_grouped))
        relation, one = ranges or (unite(relations, self._namer, distinct=bool(once)), None)
        aggregates = []
        for at, wanted in enumerate(node.A):
            of = wanted.vars
            if isinstance(of, CompValue):
                of, column = Variable(f"worked out {at}"), self._expressions(relation).value(wanted.vars)
                if column.is_optional:
                    raise Uncertain("an aggregate of what may be an error")
                relation = relation.with_column(of, column)
            aggregates.append(CompValue(wanted.name, res=wanted.res, vars=of, distinct=wanted.distinct))
        return self._namer.wrap(*aggregate(relation, keys, aggregates, one, is_grouped=is_grouped))

    def _make_nested(self, node: CompValue, _outer: Outer) -> Relation:
        selected = self.select(node)
        return self._namer.wrap(selected.sql, selected.columns)

    _make_Distinct = _make_Slice = _make_nested  # noqa: N815

    def _make_OrderBy(self, node: CompValue, _outer: Outer) -> Relation:  # noqa: N802
        # Where nothing is cut off, an order within a query has no effect.
        return self.relation(node.p)

    def select(self, node: CompValue, names: Sequence[Any] | None = None) -> Selected:
        """Make one statement of a query from its outermost operators on. Raises Uncertain.

        names   the variables to give; those of the query where None
        """
        slice_ = order = None
        distinct = False
        if node.name == "Slice":
            slice_, node = node, node.p
        if node.name == "Distinct":
            distinct, node = True, node.p
        if node.name == "Project":
            names, node = names or list(node.PV), node.p
        if node.name == "OrderBy":
            order, node = node.expr, node.p
        relations = self._each(node)
        if distinct and names is not None and len(relations) > 1:
            relations = [relation.only(names) for relation in relations]
        relation = unite(relations, self._namer, distinct=distinct)
        # What is not asked for is not there: a constant of the query goes to no column.
        names = list(relation.columns) if names is None else names
        asked = (relation.columns[name] for name in names if name in relation.columns)
        if distinct and any(column.kind in ("mixed", "number") for column in asked):
            raise Uncertain("different terms of several kinds")
        sql, columns = relation.select(names, distinct=distinct)
        if order:
            sql += f" ORDER BY {', '.join(self._order(relation, order, names, distinct=distinct))}"
        if slice_ is not None:
            sql += self._cut(slice_)
        return Selected(sql, columns)

    def _order(
        self, relation: Relation, conditions: Iterable[CompValue], names: Sequence[Any], *, distinct: bool
    ) -> list[str]:
        expressions = self._expressions(relation)
        found = []
        for condition in conditions:
            if distinct and condition.expr not in names:
                raise Uncertain("the order of what is not asked for")
            column = expressions.value(condition.expr)
            if column.kind == "none":
                continue
            word = " DESC" if condition.order == "DESC" else ""
            found += [f"{part}{word}" for part in ordered(column) if part != "0"]
        return found or ["1"]

    def _cut(self, node: CompValue) -> str:
        given = self._making.given

        def number(value: Any) -> str:
            return given.whole(Literal(int(value)))

        length = "-1" if node.length is None else number(node.length)
        return f" LIMIT {length}" + (f" OFFSET {number(node.start)}" if node.start else "")

    # ---- expressions ----

    def _expressions(self, relation: Relation) -> Expressions:
        return Expressions(self._making, relation.columns, self._exists_in(relation))

    def _exists_in(self, relation: Relation) -> Callable[[Any], str]:
        def exists(graph: CompValue) -> str:
            inner = traverse(translateGroupGraphPattern(graph), visitPost=simplify)
            test = None
            if inner.name == "Filter":
                test, inner = inner.expr, inner.p
            if not _is_plain(inner):
                # What is known around it has an effect within OPTIONAL and the like.
                raise Uncertain("EXISTS of more than patterns")
            found = [
                _exists(one, self._tests_with(relation, one, test))
                for one in self._those(inner, Outer.around(relation))
            ]
            return f"({' OR '.join(found) or '0'})"

        return exists

    def _tests_with(self, relation: Relation, found: Relation, test: Any) -> list[str]:
        """Give the conditions under which a solution that is found goes together with one around it.

        test   of both; None where there is none
        """
        tests = []
        for _, one, other in shared(relation, found):
            if one.is_optional or other.is_optional:
                raise Uncertain("EXISTS with a variable that may have no value")
            conditions, _ = meet(one, other)
            tests += conditions
        if test is not None:
            seen = Relation(columns={**relation.columns, **found.columns})
            tests.append(self._expressions(seen).test(test))
        return tests


def _is_plain(node: CompValue) -> bool:
    """Say whether a part of a query is of patterns and values alone."""
    if node.name in ("Join", "Union"):
        return _is_plain(node.p1) and _is_plain(node.p2)
    return node.name == "BGP" or (node.name == "ToMultiSet" and isinstance(node.p, list))


def _exists(relation: Relation, tests: Iterable[str]) -> str:
    return f"EXISTS (SELECT 1{relation.with_where(*tests).source()})"


def _is_one_table(relation: Relation, beside: Relation) -> bool:
    """Say whether a relation can stand in LEFT JOIN as it is: what it adds has no value where nothing is found."""
    if len(relation.items) != 1:
        return False
    name = relation.items[0].sql.rpartition(" AS ")[2]
    # A cell of the table, or a figure that is read from its cells: see publish/rows.py.
    begins = (f"{name}.", f"({name}.", f"(CASE typeof({name}.")
    return all(
        column.first.startswith(begins)
        for key, column in relation.columns.items()
        if key not in beside.columns
    )

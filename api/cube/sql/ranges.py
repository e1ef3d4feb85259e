"""Counts of what is more or less: ranks.

In:   what is counted by groups: solutions of one side, each with those of another whose number is greater or less
Out:  the solutions of the one side, each with how many of the other go with it, found in one pass over both in order

As a join it would be as much work as there are pairs: 16 million for ranks among 4,000 areas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from api.cube.patterns import is_variable
from api.cube.queries import variables_in, walk
from api.cube.sql.columns import Column, Namer, Relation
from api.cube.sql.expressions import Expressions
from api.cube.sql.groups import ROWS
from api.cube.sql.making import NOTHING, Outer
from api.cube.sql.numbers import Uncertain

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_NUMBERS = ("decimal", "integer", "number")
# Kinds of variables that both sides may share.
_SHARED = ("term", "row", "decimal", "integer")
# Columns beside those of variables.
_SIDE, _NUMBER, _COUNT = "side", "number", "count"
_FIRST, _SECOND = (Column("integer", (f"(+{side})",)) for side in (0, 1))


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes relations of the parts of a query, and SQL of expressions over a relation: see Operators."""

    relation: Callable[[CompValue, Outer], Relation]
    expressions: Callable[[Relation], Expressions]
    namer: Namer


@dataclass(frozen=True, slots=True)
class _Sides:
    """Two parts of a query; solutions of the second go with one of the first where `second` `sign` `first`.

    is_optional   whether a solution of the first stays where none goes with it
    shared        variables that both have: they have to be the same
    """

    left: Relation
    right: Relation
    first: Any
    second: Any
    sign: str
    is_optional: bool

    @property
    def shared(self) -> list[Any]:
        return [name for name in self.left.columns if name in self.right.columns]

    @property
    def numbers(self) -> tuple[Column, Column]:
        return self.left.columns[self.first], self.right.columns[self.second]


def count_ranges(
    maker: Maker, node: CompValue, keys: Sequence[Any], aggregates: Sequence[CompValue]
) -> tuple[Relation, str] | None:
    """Give the solutions of one side, and SQL for how many solutions of both each stands for.

    node   what is grouped by `keys`

    In the place of each variable of the other side is its count: see Column. None where a part is not of this kind.
    """
    try:
        sides = next(_find_sides(maker, node, keys), None)
    except Uncertain:
        return None
    if sides is None or not _may_be_counted(sides, keys, aggregates):
        return None
    different = [one.vars for one in aggregates if one.distinct and one.vars not in sides.left.columns]
    if different and not _may_be_different(sides, different, keys, aggregates):
        return None
    relation = _merge(maker.namer, sides, keys, aggregates, different[0] if different else None)
    number = relation.columns[_COUNT].first
    if not sides.is_optional:
        relation = relation.with_where(f"{number} > 0")
    counted = {
        name: Column("count", (number,)) for name in sides.right.columns if name not in sides.left.columns
    }
    own = {name: column for name, column in relation.columns.items() if name not in (_COUNT, _SIDE, _NUMBER)}
    return replace(relation, columns={**counted, **own}), (
        f"MAX({number}, 1)" if sides.is_optional else number
    )


# ---- the two sides ----


def _find_sides(maker: Maker, node: CompValue, keys: Sequence[Any]) -> Iterator[_Sides]:
    """Give the two sides of a part of a query, if it has two that a comparison puts together."""
    if node.name not in ("LeftJoin", "Filter") or not isinstance(node.expr, CompValue):
        return
    tests = [node.expr]
    if node.expr.name == "ConditionalAndExpression":
        tests = [node.expr.expr, *(node.expr.other or ())]
    if any("EXISTS" in part.name for test in tests for part in walk(test)):
        return
    for at, test in enumerate(tests):
        if not _compares(test):
            continue
        parts = _parts(node, test)
        if parts is None:
            continue
        others = tests[:at] + tests[at + 1 :]
        left = maker.relation(parts[0], NOTHING)
        right = maker.relation(parts[1], NOTHING.beside(left))
        if node.name == "Filter" and any(key in right.columns and key not in left.columns for key in keys):
            left, right = right, left
        sides = _put_together(maker, left, right, test, others, is_optional=node.name == "LeftJoin")
        if sides is not None:
            yield sides


def _compares(test: Any) -> bool:
    """Say whether a test compares two variables."""
    return (
        isinstance(test, CompValue)
        and test.name == "RelationalExpression"
        and test.op in _TURNED
        and isinstance(test.expr, Variable)
        and isinstance(test.other, Variable)
    )


def _parts(node: CompValue, test: CompValue) -> tuple[CompValue, CompValue] | None:
    """Give two parts of a query, one with each variable of a test."""
    if node.name == "LeftJoin":
        return node.p1, node.p2
    if node.p.name == "Join":
        return node.p.p1, node.p.p2
    if node.p.name != "BGP":
        return None
    # Patterns that no variable joins.
    apart: list[tuple[set[Any], list[Any]]] = []
    for triple in node.p.triples or []:
        names = {term for term in triple if is_variable(term)}
        joined = [one for one in apart if one[0] & names]
        apart = [one for one in apart if one not in joined]
        apart.append(
            (names.union(*(one[0] for one in joined)), [*(t for one in joined for t in one[1]), triple])
        )
    second = next((one for one in apart if test.other in one[0]), None)
    if second is None or test.expr in second[0]:
        return None
    rest = [triple for one in apart if one is not second for triple in one[1]]
    return CompValue("BGP", triples=rest), CompValue("BGP", triples=second[1])


def _put_together(
    maker: Maker,
    left: Relation,
    right: Relation,
    test: CompValue,
    others: Iterable[CompValue],
    *,
    is_optional: bool,
) -> _Sides | None:
    """Give two sides with a comparison and other tests; None where one of them is about more than one side."""
    one, other = test.expr, test.other
    if one in left.columns and other in right.columns:
        first, second, sign = one, other, _TURNED[test.op]
    else:
        first, second, sign = other, one, test.op
    if first not in left.columns or second not in right.columns:
        return None
    if first in right.columns or second in left.columns:
        return None
    for one in others:
        names = variables_in(one)
        if names <= right.columns.keys() - left.columns.keys():
            right = right.with_where(maker.expressions(right).test(one))
        elif not is_optional and names <= left.columns.keys() - right.columns.keys():
            left = left.with_where(maker.expressions(left).test(one))
        else:
            return None
    sides = _Sides(left, right, first, second, sign, is_optional)
    if not all(column.kind in _NUMBERS for column in sides.numbers):
        return None
    if sides.shared and not _is_narrow(right, sides.shared):
        # One after another is less work where a side alone is nearly every figure.
        return None
    for name in sides.shared:
        columns = left.columns[name], right.columns[name]
        if columns[0].kind != columns[1].kind or columns[0].kind not in _SHARED:
            return None
        if any(column.is_optional for column in columns):
            return None
    return sides


def _is_narrow(relation: Relation, shared: Iterable[Any]) -> bool:
    """Say whether only figures of some definitions are looked at; or of a dataset, where no index is of more use."""
    by = (relation.columns[name].first.rpartition(".")[2] for name in shared)
    told = "definition" if {"area", "definition"}.intersection(by) else "definition|dataset"
    rows = [item.sql.rpartition(" AS ")[2] for item in relation.items if item.sql.startswith(f"{ROWS} AS ")]
    where = " ".join(relation.where)
    return all(re.search(rf"\b{name}\.(?:{told}) (?:=|IN)", where) for name in rows)


# ---- what may be counted so ----


def _may_be_counted(sides: _Sides, keys: Sequence[Any], aggregates: Iterable[CompValue]) -> bool:
    left, right = sides.left.columns, sides.right.columns
    if any(key in right and key not in left for key in keys):
        return False
    for one in aggregates:
        if one.name == "Aggregate_Sample" and one.vars in keys:
            continue
        if one.name != "Aggregate_Count" or not (one.vars == "*" or isinstance(one.vars, Variable)):
            return False
        if one.vars not in left and one.vars in right and right[one.vars].is_optional:
            return False
    return True


def _may_be_different(
    sides: _Sides, different: Sequence[Any], keys: Sequence[Any], aggregates: Iterable[CompValue]
) -> bool:
    """Say whether the different terms of one variable of the other side can be counted.

    What goes with one solution of a group goes with all that are further on: the most there are for one is how many
    different ones there are for all.
    """
    column = sides.right.columns.get(different[0])
    if len(set(different)) > 1 or column is None or column.kind not in _SHARED:
        return False
    if not sides.numbers[1].is_exact or not set(sides.shared) <= set(keys):
        return False
    # Solutions are not counted then.
    return all(one.name != "Aggregate_Count" or one.distinct for one in aggregates)


# ---- one pass ----


def _merge(
    namer: Namer, sides: _Sides, keys: Sequence[Any], aggregates: Iterable[CompValue], different: Any
) -> Relation:
    """Put both sides in order and count, at each solution of the first, those of the second before it.

    different   the variable whose different terms are counted; None where all solutions are
    """
    own, other = sides.numbers
    is_exact = own.is_exact and other.is_exact
    left = {_SIDE: _FIRST, _NUMBER: _number(own, is_exact=is_exact)}
    right = {_SIDE: _SECOND, _NUMBER: _number(other, is_exact=is_exact)}
    for at, name in enumerate(sides.shared):
        left[f"shared{at}"] = _whole(sides.left.columns[name])
        right[f"shared{at}"] = _whole(sides.right.columns[name])
    groups = [f"shared{at}" for at in range(len(sides.shared))]
    for name in [*keys, *(one.vars for one in aggregates)]:
        if name in sides.left.columns:
            left[name] = column = sides.left.columns[name]
            parts = tuple("0" if is_zero else "NULL" for is_zero in column.zeros)
            right[name] = replace(column, parts=parts)
    second = sides.right.with_where(f"{other.first} IS NOT NULL") if other.is_optional else sides.right
    by: list[str] = []
    if different is not None:
        # Of each, the one that is first in order.
        word = "MAX" if sides.sign[0] == ">" else "MIN"
        right[_NUMBER] = replace(right[_NUMBER], parts=(f"{word}({other.first})", *right[_NUMBER].parts[1:]))
        by = [*_whole(sides.right.columns[different]).parts, *(p for one in groups for p in right[one].parts)]
    first_sql, out = replace(sides.left, columns=left).select(left)
    second_sql, _ = replace(second, columns=right).select(left)
    if by:
        second_sql += f" GROUP BY {', '.join(by)}"
    both = namer.wrap(f"{first_sql} UNION ALL {second_sql}", out)
    way = "DESC" if sides.sign[0] == ">" else "ASC"
    side = both.columns[_SIDE].first
    order = [f"{part} {way}" for part in both.columns[_NUMBER].parts]
    # Where numbers are equal, those that go together come first.
    order.append(f"{side} {'DESC' if sides.sign.endswith('=') else 'ASC'}")
    within = [part for one in groups for part in both.columns[one].parts]
    window = f"PARTITION BY {', '.join(within)} " if within else ""
    count = f"SUM({side}) OVER ({window}ORDER BY {', '.join(order)} ROWS UNBOUNDED PRECEDING)"
    if own.is_optional:
        count = f"CASE WHEN {both.columns[_NUMBER].first} IS NULL THEN 0 ELSE {count} END"
    counted = namer.nested(both.with_column(_COUNT, Column("integer", (count,))))
    return counted.with_where(f"{counted.columns[_SIDE].first} = 0")


def _number(column: Column, *, is_exact: bool) -> Column:
    """Give a number as its parts by which it is put in order."""
    rest = () if is_exact else ("(+0)" if column.kind == "integer" else f"({column.parts[1]}+0)",)
    return Column("integer", (column.first, *rest))


def _whole(column: Column) -> Column:
    """Give a column so that two with the same parts have the same term, and each part is in the statement."""
    parts = (column.number,) if column.kind == "term" else column.parts
    return Column("integer", tuple(f"({part}+0)" for part in parts))

"""Variables as columns of SQL, and relations of them.

A column has the parts that tell its terms apart: two terms are the same where all parts are, and a variable without a
value has NULL in the first part. Kinds:

term      a number of Terms, in one part; the number is the part plus `offset`
row       an observation, by its key: definition, period, breakdown, area, dataset
thing     one of these two: the number of a term and 0 for each part of a key, or 0 and the key
decimal   a decimal, in the two parts of numbers.py
integer   a whole number
boolean   1 or 0
count     in place of terms, how many there are: they can only be counted
mixed     something of which no more is known than whether there is a value
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from api.cube.sql.numbers import Uncertain

KEY = ("definition", "period", "breakdown", "area", "dataset")

# SQLite joins no more than 64 tables.
MOST_TABLES = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A variable's terms. types: kinds of terms as Terms.type_of gives them; of terms alone.

    is_given   whether it may be a constant of the query, whose text SQLite does not know
    scale      SQL for ten to the power of how many digits a decimal has behind the point, where that is known
    """

    kind: str
    parts: tuple[str, ...]
    is_optional: bool = False
    offset: int = 0
    types: frozenset[str] = frozenset()
    is_given: bool = False
    scale: str | None = None

    @property
    def first(self) -> str:
        return self.parts[0]

    @property
    def zeros(self) -> tuple[bool, ...]:
        """Which parts are always 0, and in no column of a statement."""
        return tuple(bool(at) and part == "0" for at, part in enumerate(self.parts))

    @property
    def number(self) -> str:
        """SQL for the number of a term."""
        return f"({self.first}+{self.offset})" if self.offset else self.first

    @property
    def is_exact(self) -> bool:
        """Whether the first part tells decimals apart."""
        return self.kind != "decimal" or self.parts[1] == "0"


@dataclass(frozen=True)
class Item:
    """What stands in FROM.

    on        where it is joined by LEFT JOIN
    is_found  whether each row of the others finds one row of it, by conditions on its keys, k…
    """

    sql: str
    on: str | None = None
    is_found: bool = False

    @property
    def name(self) -> str:
        return self.sql.rpartition(" AS ")[2]


@dataclass(frozen=True)
class Relation:
    """Solutions: rows of a join, under conditions.

    rows      names of those in `items` that are observation_rows
    """

    items: tuple[Item, ...] = ()
    where: tuple[str, ...] = ()
    columns: Mapping[Any, Column] = field(default_factory=dict)
    is_narrow: bool = True

    @property
    def is_inner(self) -> bool:
        return all(item.on is None for item in self.items)

    def with_where(self, *conditions: str) -> Relation:
        return replace(self, where=(*self.where, *conditions))

    def with_column(self, name: Any, column: Column) -> Relation:
        return replace(self, columns={**self.columns, name: column})

    def only(self, names: Iterable[Any]) -> Relation:
        wanted = set(names)
        return replace(self, columns={name: at for name, at in self.columns.items() if name in wanted})

    def without_found(self, used: Iterable[Column]) -> Relation:
        """Leave tables out that change neither how many solutions there are, nor what some columns have."""
        relation = self
        shown = " ".join(part for column in used for part in column.parts)
        for item in self.items:
            others = (f"{one.sql} {one.on or ''}" for one in relation.items if one is not item)
            rest = [where for where in relation.where if not where.startswith(f"{item.name}.k")]
            if item.is_found and f"{item.name}." not in " ".join((shown, *others, *rest)):
                items = tuple(one for one in relation.items if one is not item)
                relation = replace(relation, items=items, where=tuple(rest))
        return relation

    def source(self) -> str:
        """SQL from FROM to WHERE."""
        if len(self.items) > MOST_TABLES:
            raise Uncertain("too many tables")
        sql = ""
        for at, item in enumerate(self.items):
            sql += (
                f" FROM {item.sql}"
                if not at
                else f" LEFT JOIN {item.sql} ON {item.on}"
                if item.on
                else f" JOIN {item.sql}"
            )
        conditions = dict.fromkeys(self.where)
        return sql + (f" WHERE {' AND '.join(conditions)}" if conditions else "")

    def select(self, names: Iterable[Any], *, distinct: bool = False) -> tuple[str, dict[Any, Column]]:
        """Write SELECT for some variables; gives SQL and the columns as they come out, named c0, c1…"""
        written: list[str] = []
        out: dict[Any, Column] = {}
        for name in names:
            column = self.columns.get(name)
            if column is None:
                continue
            parts = []
            for part, is_zero in zip(column.parts, column.zeros, strict=True):
                alias = f"c{len(written)}"
                parts.append(part if is_zero else alias)
                if not is_zero:
                    written.append(f"{part} AS {alias}")
            out[name] = replace(column, parts=tuple(parts), scale=None)
        word = "SELECT DISTINCT" if distinct else "SELECT"
        return f"{word} {', '.join(written) or '1'}{self.source()}", out


class Namer:
    """Names for tables in one statement."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def name(self, start: str) -> str:
        return f"{start}{next(self._numbers)}"

    def wrap(self, sql: str, columns: Mapping[Any, Column]) -> Relation:
        """Make a relation of a statement."""
        name = self.name("q")
        return Relation(
            (Item(f"({sql}) AS {name}"),),
            (),
            {
                key: replace(
                    column,
                    parts=tuple(
                        part if is_zero else f"{name}.{part}"
                        for part, is_zero in zip(column.parts, column.zeros, strict=True)
                    ),
                )
                for key, column in columns.items()
            },
        )

    def nested(self, relation: Relation) -> Relation:
        """The same relation as a single table."""
        return self.wrap(*relation.select(relation.columns))


_CONSTANT = re.compile(r"\(\d+\+0\)|0")


def is_constant(part: str) -> bool:
    """Say whether a part of a column is the same in every row of its relation."""
    return _CONSTANT.fullmatch(part) is not None


_THINGS = ("row", "term", "thing")


def as_thing(column: Column) -> Column:
    """Write a row or a term so that it may be either."""
    if column.kind == "term":
        return replace(column, kind="thing", parts=(column.number, *_zeros(column, len(KEY))), offset=0)
    if column.kind == "row":
        return replace(column, kind="thing", parts=(*_zeros(column, 1), *column.parts))
    return column


def _zeros(column: Column, number: int) -> tuple[str, ...]:
    """0 where a column has a value."""
    zero = f"(CASE WHEN {column.first} IS NOT NULL THEN 0 END)" if column.is_optional else "(+0)"
    return (zero,) * number


def same(first: Column, second: Column) -> list[str]:
    """Conditions under which two columns have the same term. Raises Uncertain where that cannot be told.

    Written both ways where a number has to be added, so that either side can be looked up by an index.
    """
    if first.kind != second.kind and first.kind in _THINGS and second.kind in _THINGS:
        if "thing" not in (first.kind, second.kind):
            return ["0"]
        first, second = as_thing(first), as_thing(second)
    if first.kind != second.kind or "mixed" in (first.kind, second.kind):
        raise Uncertain(f"{first.kind} and {second.kind} are compared")
    if first.parts == second.parts and first.offset == second.offset:
        return []
    if first.kind == "term" and first.offset != second.offset:
        by = first.offset - second.offset
        if second.offset:
            return [f"{second.first} = {first.first}{by:+d}", f"{first.first} = {second.first}{-by:+d}"]
        return [f"{first.first} = {second.first}{-by:+d}", f"{second.first} = {first.first}{by:+d}"]
    return [f"{one} = {other}" for one, other in zip(first.parts, second.parts, strict=True) if one != other]


def meet(first: Column, second: Column) -> tuple[list[str], Column]:
    """Conditions under which two columns go together in one solution, and the column that it has."""
    conditions = same(first, second)
    if first.kind != second.kind:
        if first.is_optional or second.is_optional:
            first, second = as_thing(first), as_thing(second)
        elif first.kind == "thing":
            # What goes together with one that is certain is of its kind.
            return conditions, second
        elif second.kind == "thing" or conditions == ["0"]:
            return conditions, first
    if not first.is_optional and not second.is_optional:
        better = second if first.is_given and not second.is_given else first
        types = first.types & second.types if first.kind == "term" else frozenset[str]()
        return conditions, replace(better, types=types or better.types)
    tests = [f"{column.first} IS NULL" for column in (first, second) if column.is_optional]
    either = f"({' OR '.join([*tests, _all(conditions)])})"
    aligned = second
    if first.offset != second.offset:
        aligned = replace(second, parts=(f"({second.first}{second.offset - first.offset:+d})",))
    parts = tuple(
        f"CASE WHEN {first.first} IS NULL THEN {other} ELSE {one} END"
        for one, other in zip(first.parts, aligned.parts, strict=True)
    )
    return [either], replace(
        first,
        parts=parts if first.is_optional else first.parts,
        is_optional=first.is_optional and second.is_optional,
        types=first.types | second.types,
        is_given=first.is_given or second.is_given,
        scale=None,
    )


def _all(conditions: Iterable[str]) -> str:
    return " AND ".join(conditions) or "1"


def shared(first: Relation, second: Relation) -> Iterator[tuple[Any, Column, Column]]:
    """The variables that two relations share."""
    for name, column in first.columns.items():
        if name in second.columns:
            yield name, column, second.columns[name]


def join(first: Relation, second: Relation, namer: Namer) -> Relation:
    """Solutions of both that go together."""
    if not second.is_inner:
        if first.is_inner and not second.is_inner:
            first, second = second, first
        if not second.is_inner:
            second = namer.nested(second)
    columns = {**second.columns, **first.columns}
    where = [*first.where, *second.where]
    for name, one, other in shared(first, second):
        conditions, columns[name] = meet(one, other)
        where += conditions
    return Relation((*first.items, *second.items), tuple(where), columns, first.is_narrow or second.is_narrow)


def united(columns: Sequence[Column | None]) -> Column:
    """The column that takes what each of some columns has."""
    there = [column for column in columns if column is not None]
    if not there:
        return Column("term", ("NULL",), is_optional=True)
    kinds = {column.kind for column in there}
    if len(kinds) > 1 and kinds <= {"row", "term", "thing"}:
        there, kinds = [as_thing(column) for column in there], {"thing"}
    is_optional = len(there) < len(columns) or any(column.is_optional for column in there)
    if len(kinds) > 1 or "mixed" in kinds:
        return Column("mixed", ("NULL",), is_optional=is_optional)
    return Column(
        kinds.pop(),
        there[0].parts,
        is_optional=is_optional,
        types=frozenset(kind for column in there for kind in column.types),
        is_given=any(column.is_given for column in there),
    )


def written_as(column: Column | None, whole: Column) -> Column:
    """Write a column so that its parts fit a whole."""
    if column is None:
        return replace(whole, parts=("NULL",) * len(whole.parts))
    if whole.kind == "mixed":
        return replace(whole, parts=(f"({column.first} IS NOT NULL OR NULL)",))
    if whole.kind == "thing":
        column = as_thing(column)
    parts = (column.number,) if column.kind == "term" else column.parts
    return replace(whole, parts=tuple(f"({part}+0)" if part == "0" else part for part in parts))

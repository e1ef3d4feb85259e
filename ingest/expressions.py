"""What is asked of the engine is an Ibis expression; the SQL of what every publication asks is at hand.

In:   functions that make an Ibis table of Ibis tables
Out:  the same functions; called with tables of the engine they only note what they would make, until it is needed

To read Ibis, and to let it write SQL, takes longer than a small site takes to be published. So what an expression of
tables in the engine would be is noted as the call that makes it. expressions.sql has the SQL that Ibis wrote of such
calls, and a test lets Ibis write all of it again. A call that is not in that file is made, and Ibis writes it there and
then. Whoever looks into what is noted gets the Ibis table.

No parameter of a call should be data, or its SQL cannot be at hand: bring data as a small table (engine.load).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, cast

import pyarrow as pa

from ingest.checking.grammar import literal, name

if TYPE_CHECKING:
    import ibis as ibis
else:

    class _Later:
        """Stands for a module that is read when something of it is wanted."""

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module("ibis"), attribute)

    ibis = _Later()

P = ParamSpec("P")
Make = Callable[P, "ibis.Table"]

FILE = Path(__file__).with_suffix(".sql")

_FUNCTIONS: dict[str, Callable[..., ibis.Table]] = {}

# Types of columns, as they stand in the file, and as the engine spells them.
_TYPES: Mapping[str, pa.DataType] = {
    str(one): one
    for one in (pa.int8(), pa.int32(), pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.date32())
} | {str(one): one for one in (pa.decimal128(18, 6), pa.decimal128(38, 6), pa.list_(pa.string()))}


@dataclass(frozen=True, slots=True)
class Written:
    """SQL, and the columns that it gives."""

    sql: str
    form: pa.Schema


class _Noted:
    """Stands for an Ibis table that is not made until somebody looks into it."""

    made: ibis.Table

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") or attribute == "made":
            raise AttributeError(attribute)
        return getattr(self.made, attribute)

    def __getitem__(self, what: Any) -> Any:
        return self.made[what]


@dataclass(frozen=True)
class Stored(_Noted):
    """A table that the engine has, by its name, or some of its rows.

    limits    of a column: the first and the last number of each range that counts, or the texts that count
    lies_as   the name by which the engine has it, where that is another one
    """

    name: str
    form: pa.Schema
    limits: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    lies_as: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.form.names)

    @cached_property
    def made(self) -> ibis.Table:
        table = ibis.table(ibis.Schema.from_pyarrow(self.form), name=self.lies_as or self.name)
        for column, limits in self.limits:
            table = table.filter(_within(table[column], limits))
        return table

    def stand_in(self) -> ibis.Table:
        return ibis.table(ibis.Schema.from_pyarrow(self.form), name=self.name)

    def part(self) -> str:
        """Say in SQL which rows of it count."""
        conditions = " AND ".join(_limited(name(column), limits) for column, limits in self.limits) or "true"
        # Inside of its brackets the name still means the whole table. Columns and texts are quoted.
        whole = name(self.lies_as or self.name)
        return f"{name(self.name)} AS NOT MATERIALIZED (SELECT * FROM {whole} WHERE {conditions})"  # noqa: S608


def _within(column: ibis.Value, limits: Sequence[Any]) -> ibis.Value:
    """Say whether a column is within limits."""
    if not limits or isinstance(limits[0], str):
        return column.isin(list(limits)) if limits else ibis.literal(False)
    return ibis.or_(*(column.between(*one) for one in limits))


def _limited(column: str, limits: Sequence[Any]) -> str:
    """The same in SQL. Of a long list of numbers the engine makes a join, which loses the order of rows."""
    if not limits or isinstance(limits[0], str):
        return f"{column} IN ({', '.join(map(literal, limits))})" if limits else "false"
    return f"({' OR '.join(f'{column} BETWEEN {first:d} AND {last:d}' for first, last in limits)})"


@dataclass(frozen=True, eq=False)
class Expression(_Noted):
    """A call that makes an Ibis table: the name of a function, and what it is given."""

    function: str
    given: tuple[Any, ...]
    named: Mapping[str, Any]

    @cached_property
    def made(self) -> ibis.Table:
        return self._call(lambda stored: stored.made)

    def stand_in(self) -> ibis.Table:
        """Make it of stand-ins for what the engine has only a part of."""
        return self._call(Stored.stand_in)

    def _call(self, make: Callable[[Stored], ibis.Table]) -> ibis.Table:
        function = _FUNCTIONS[self.function]
        made = {key: _give(value, make) for key, value in self.named.items()}
        return function(*(_give(value, make) for value in self.given), **made)

    @cached_property
    def key(self) -> str:
        """The call, and the columns of all tables that it is of; a line for each."""
        tables = {stored.name: stored for stored in self.tables}
        told = [f"{table}: {_tell(tables[table].form)}" for table in sorted(tables)]
        return "\n".join([_spell(self), *told])

    @cached_property
    def tables(self) -> frozenset[Stored]:
        """The tables of the engine that it is made of."""
        found = frozenset(_stored((self.given, self.named)))
        assert len({one.name for one in found}) == len(found), "two parts of one table in one expression"
        return found


def expression(function: Make[P]) -> Make[P]:
    """Let a function that makes an Ibis table of others only note what it would make, where that can be noted."""
    assert function.__name__ not in _FUNCTIONS, f"two expressions are called {function.__name__}"
    _FUNCTIONS[function.__name__] = function

    @wraps(function)
    def note(*given: P.args, **named: P.kwargs) -> ibis.Table:
        if not _can_be_noted((given, named)):
            return function(
                *(_give(value, lambda stored: stored.made) for value in given),
                **{key: _give(value, lambda stored: stored.made) for key, value in named.items()},
            )
        return cast("ibis.Table", Expression(function.__name__, given, named))

    return note


@expression
def ordered(rows: ibis.Table, *columns: str) -> ibis.Table:
    """Give rows in an order."""
    return rows.order_by(list(columns))


def without(rows: ibis.Table, *columns: str) -> ibis.Table:
    """Leave columns out. Ibis has a way of its own, but writes them in no order, and so never the same SQL."""
    return rows.select(*(column for column in rows.columns if column not in columns))


def limited(rows: ibis.Table, column: str, limits: Sequence[str] | Sequence[tuple[int, int]]) -> ibis.Table:
    """Give the rows of a table in which a column has one of some texts, or lies in one of some ranges."""
    found: Any = rows
    if isinstance(found, Stored):
        return cast("ibis.Table", replace(found, limits=(*found.limits, (column, tuple(limits)))))
    return rows.filter(_within(rows[column], limits))


def called(name: str, rows: ibis.Table) -> ibis.Table:
    """Give a table that the engine has by another name: what is at hand for one of that name is at hand for it."""
    found: Any = rows
    return cast("ibis.Table", replace(found, name=name, lies_as=found.lies_as or found.name))


def write(table: ibis.Table) -> Written:
    """Give the SQL of a table, and the columns that it gives."""
    noted: Any = table
    if isinstance(noted, Stored):
        sql = f"SELECT * FROM {name(noted.name)}"  # noqa: S608 - quoted
        return Written(_with_parts(sql, {noted}), noted.form)
    if not isinstance(noted, Expression):
        return by_ibis(table)
    written = at_hand().get(noted.key) or _written.get(noted.key)
    if written is None:
        written = _written[noted.key] = by_ibis(noted.stand_in())
    return Written(_with_parts(written.sql, noted.tables), written.form)


# What is not at hand, and was written since.
_written: dict[str, Written] = {}


def by_ibis(table: ibis.Table) -> Written:
    """Let Ibis write the SQL of a table."""
    sql = str(import_module("ibis").to_sql(table, dialect="duckdb", pretty=False))
    return Written(sql, table.schema().to_pyarrow())


def _with_parts(sql: str, tables: Collection[Stored]) -> str:
    """Say before SQL which rows its tables have."""
    parts = sorted(stored.part() for stored in tables if stored.limits or stored.lies_as)
    if not parts:
        return sql
    rest = f", {sql.removeprefix('WITH')}" if sql.startswith("WITH") else f" {sql}"
    return f"WITH {', '.join(parts)}{rest}"


@cache
def at_hand() -> Mapping[str, Written]:
    """Give what is at hand, by the key of its expression."""
    if not FILE.is_file():
        return {}
    found = {}
    for entry in FILE.read_text(encoding="utf-8").split("\n;\n")[:-1]:
        lines = entry.strip().split("\n")
        told = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
        *key, gives = told
        found["\n".join(key)] = Written(
            "\n".join(lines[len(told) :]), read_form(gives.removeprefix("gives: "))
        )
    return found


def keep_at_hand(found: Mapping[str, Written]) -> str:
    """Make the text of the file."""
    entries = []
    for key in sorted(found):
        told = [*key.split("\n"), f"gives: {_tell(found[key].form)}"]
        entries.append("".join(f"-- {line}\n" for line in told) + f"{found[key].sql}\n;\n")
    return "\n".join(entries)


def _tell(form: pa.Schema) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in form)


def read_form(text: str) -> pa.Schema:
    """Read columns as the file has them."""
    # The comma inside of a decimal's type is followed by a number.
    columns = (one.split(" ", 1) for one in re.split(r", (?=\D)", text))
    return pa.schema([(column, _TYPES[kind]) for column, kind in columns])


def _spell(value: Any) -> str:
    """Write a call as Python does."""
    if isinstance(value, Stored):
        return value.name
    if isinstance(value, Expression):
        named = (f"{key}={_spell(one)}" for key, one in value.named.items())
        return f"{value.function}({', '.join([*map(_spell, value.given), *named])})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_spell(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple | list):
        return f"({''.join(f'{_spell(one)}, ' for one in value)})"
    return repr(value)


def _stored(value: Any) -> Iterator[Stored]:
    """Find every table of the engine in what a call is given."""
    if isinstance(value, Stored):
        yield value
    elif isinstance(value, Expression):
        yield from value.tables
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _stored(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _stored(one)


def _can_be_noted(value: Any) -> bool:
    """Say whether a call is given nothing but tables of the engine and small values."""
    if isinstance(value, Mapping):
        return all(map(_can_be_noted, value.values()))
    if isinstance(value, tuple | list):
        return all(map(_can_be_noted, value))
    return value is None or isinstance(value, Stored | Expression | str | int | float)


def _give(value: Any, make: Callable[[Stored], ibis.Table]) -> Any:
    """Put Ibis tables in the place of what stands for them."""
    if isinstance(value, Stored):
        return make(value)
    if isinstance(value, Expression):
        return value._call(make)
    if isinstance(value, Mapping):
        return {key: _give(one, make) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_give(one, make) for one in value)
    return value

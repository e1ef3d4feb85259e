"""Keys are compared by value, as frictionless compares them, with the engine's joins.

In:   grids whose cells have been checked
Out:  faults of unique values, primary keys and foreign keys

The value of a cell gets a text of its own, its key text: equal values have equal key texts. Where a cell's
own text is its key text (codes, plain integers, ISO dates) the engine uses it as it is; every other different
cell is read by frictionless's reader, once. "1.0" and "1" are one number; a cell of the wrong type has no
value, like an empty one.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from ingest.checking.cells import Grid, put_rows, read_batches
from ingest.checking.columns import Column
from ingest.checking.faults import Fault
from ingest.checking.grammar import among, name

# NaN is not equal to itself: no row repeats it and no reference finds it.
_UNEQUAL = "NaN"

# What a repeat says of the row that was there before.
FIRST = ("first_source", "first_row")

# Which of Python's values can be equal at all: 1 and 1.0 and true are, "1" and 1 are not.
_FAMILIES = {
    "any": "t",
    "string": "t",
    "boolean": "n",
    "integer": "n",
    "number": "n",
    "year": "n",
    "date": "d",
    "datetime": "m",
    "time": "c",
    "duration": "l",
    "geopoint": "p",
    "yearmonth": "p",
}

# Wide enough for every number that is written out; scaling never rounds.
_WIDE = Context(prec=100_000)

_INTEGER = "(0|-?[1-9][0-9]{0,17})"
_NUMBER = r"(0|-?[1-9][0-9]{0,14}|-?(0|[1-9][0-9]{0,14})\.[0-9]{0,14}[1-9])"


@dataclass(frozen=True, slots=True)
class KeyedGrid:
    """A grid with the key texts of some columns: k1, k2 … in the order asked for; NULL is no value.

    source   what its rows are selected from
    """

    source: str
    families: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [f"k{number}" for number in range(1, len(self.families) + 1)]

    @property
    def tagged(self) -> str:
        """The key texts so that they can be compared with those of other columns, never NULL."""
        pairs = zip(self.names, self.families, strict=True)
        return ", ".join(
            f"CASE WHEN {key} IS NULL THEN '' ELSE '{family}' || {key} END AS {key}" for key, family in pairs
        )

    @property
    def is_empty(self) -> str:
        return " AND ".join(f"{key} IS NULL" for key in self.names)

    @property
    def is_unequal(self) -> str:
        numbers = [key for key, family in zip(self.names, self.families, strict=True) if family == "n"]
        return " OR ".join(f"coalesce({key} = '{_UNEQUAL}', false)" for key in numbers) or "false"

    @property
    def found(self) -> str:
        """The text of the key as it is written in the file."""
        return self.cells[0] if len(self.cells) == 1 else f"concat_ws(', ', {', '.join(self.cells)})"


def add_keys(grid: Grid, columns: Sequence[Column | None]) -> KeyedGrid:
    """Add the key texts of columns to a grid. A column that is None is not in the file: it has no values."""
    source = name(grid.relation)
    keys = []
    for column in columns:
        if column is None:
            keys.append("NULL::VARCHAR")
            continue
        key, joined = _key_text(grid, column)
        keys.append(key)
        if joined:
            source = _join(source, column, joined)
    named = ", ".join(f"{key} AS k{number}" for number, key in enumerate(keys, 1))
    keyed = f"(SELECT *, {named} FROM {source})"
    families = tuple("" if column is None else _FAMILIES.get(column.field.type, "x") for column in columns)
    return KeyedGrid(keyed, families, tuple("''" if column is None else column.cell for column in columns))


def _key_text(grid: Grid, column: Column) -> tuple[str, str | None]:
    """Give the expression of a column's key text, and the table of texts it needs, if any."""
    plain = _plain_condition(column)
    is_missing = among(column.cell, column.missing)
    if plain == "true":
        return f"CASE WHEN {is_missing} THEN NULL ELSE {column.cell} END", None
    at_once = f"coalesce({plain} AND NOT {is_missing}, false)" if plain else "false"
    cells = f"SELECT DISTINCT {column.cell} FROM {name(grid.relation)} WHERE NOT {at_once}"
    table = None
    for batch in read_batches(grid.connection, cells):
        if table is None:
            table = grid.make_table("keys")
            grid.connection.execute(f"CREATE TABLE {name(table)} (cell VARCHAR, key VARCHAR)")
        put_rows(grid.connection, table, ("cell", "key"), [(cell, find_key(column, cell)) for cell in batch])
    other = name(table) if table else "NULL"
    return f"CASE WHEN {at_once} THEN {column.cell} ELSE {other} END", table


def _join(source: str, column: Column, table: str) -> str:
    return (
        f"(SELECT r.*, m.key AS {name(table)} FROM {source} AS r"
        f" LEFT JOIN {name(table)} AS m ON m.cell = r.{column.cell})"
    )


def _plain_condition(column: Column) -> str | None:
    """Say when the text of a cell is its own key text. None if it never is, or if nobody can say."""
    field, cell = column.field, column.cell
    if field.type == "any" or (field.type == "string" and field.format == "default"):
        return "true"
    if field.type == "integer":
        return f"regexp_full_match({cell}, '{_INTEGER}')"
    if field.type == "number" and field.decimal_char == "." and field.group_char == "":
        pattern = _INTEGER if field.float_number else _NUMBER
        return f"regexp_full_match({cell}, '{pattern}') AND length({cell}) < 16"
    if field.type == "year":
        return f"regexp_full_match({cell}, '[1-9][0-9]{{3}}')"
    if field.type == "date" and field.format == "default":
        return (
            f"regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND {cell} >= '0001-01-01'"
            f" AND TRY_CAST({cell} AS DATE) IS NOT NULL"
        )
    return None


def find_key(column: Column, cell: str) -> str | None:
    """Find the key text of a cell; None if it has no value."""
    value, notes = column.read(cell)
    if value is None or (notes and "type" in notes):
        return None
    return key_text(value)


def key_text(value: Any) -> str:
    """Write a value so that equal values of one family have equal texts and others have not.

    >>> key_text(Decimal("1.50")), key_text(True), key_text(1), key_text(Decimal("1E+3"))
    ('1.5', '1', '1', '1000')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int)):
        return str(int(value))
    if isinstance(value, (float, Decimal)):
        return _number_text(Decimal(value))
    if isinstance(value, datetime.datetime):
        return _moment_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return _clock_text(value)
    if isinstance(value, tuple):
        return ",".join(key_text(part) for part in value)
    if isinstance(value, datetime.timedelta):
        return f"{value.days} {value.seconds} {value.microseconds}"
    if hasattr(value, "tdelta"):
        # A duration with years or months; as in frictionless twelve months are not found as one year.
        return f"{value.years} {value.months} {key_text(value.tdelta)}"
    # Lists and objects cannot be keys to frictionless, which stops at them. Here equal ones are equal.
    return json.dumps(value, sort_keys=True, default=str)


def _number_text(number: Decimal) -> str:
    if number.is_nan():
        return _UNEQUAL
    if number.is_infinite():
        return "-Infinity" if number < 0 else "Infinity"
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "0"
    kept = text.rstrip("0")
    exponent += len(text) - len(kept)
    minus = "-" if sign else ""
    if exponent < -1000 or exponent > 1000:
        return f"{minus}{kept}E{exponent}"
    return f"{minus}{Decimal(kept).scaleb(exponent, _WIDE) if exponent else Decimal(kept):f}"


def _moment_text(moment: datetime.datetime) -> str:
    offset = moment.utcoffset()
    if offset is None:
        return f"{moment.isoformat()} local"
    since = moment.replace(tzinfo=datetime.UTC) - datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return key_text(since - offset)


def _clock_text(clock: datetime.time) -> str:
    offset = clock.utcoffset()
    if offset is None:
        return f"{clock.isoformat()} local"
    since = datetime.timedelta(
        hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond
    )
    return key_text(since - offset)


def check_unique(grid: Grid) -> list[Fault]:
    """Find values that repeat an earlier one in columns that must not."""
    faults = []
    for column in grid.columns:
        if column.field.constraints.get("unique"):
            keyed = add_keys(grid, [column])
            if query := _find_repeats(grid, keyed):
                faults.append(Fault("unique-error", "unique", column.number, column.name, query, FIRST))
    return faults


def check_primary_key(grid: Grid, fields: Sequence[str]) -> list[Fault]:
    """Find rows whose primary key is empty or repeats an earlier one.

    A key that lies in part outside the file is not checked: the headings are at fault.
    """
    columns = [grid.column(wanted) for wanted in fields]
    if not columns or None in columns:
        return []
    keyed = add_keys(grid, columns)
    faults = []
    found = grid.connection.execute(f"SELECT bool_or({keyed.is_empty}) FROM {keyed.source}").fetchone()
    place = (columns[0].number, columns[0].name) if len(columns) == 1 and columns[0] else (0, "")
    if found and found[0]:
        query = f"SELECT _source, _row, '' AS cell FROM {keyed.source}"
        faults.append(Fault("primary-key", "missing", *place, f"{query} WHERE {keyed.is_empty}"))
    if repeats := _find_repeats(grid, keyed):
        faults.append(Fault("primary-key", "repeated", *place, repeats, FIRST))
    return faults


def _find_repeats(grid: Grid, keyed: KeyedGrid) -> str | None:
    """Give the query of rows that repeat the key of an earlier row, or None if there are none.

    No two keys of a table without repeats have one hash but by a rare chance, so one number for each row is
    enough to see that there are none; only rows whose hash is there twice are compared in full.
    """
    keys, source = ", ".join(keyed.names), keyed.source
    counts = f"NOT ({keyed.is_empty}) AND NOT ({keyed.is_unequal})"
    found = grid.connection.execute(
        f"SELECT count(*), count(DISTINCT hash({keys})) FROM {source} WHERE {counts}"
    ).fetchone()
    assert found is not None
    if found[0] == found[1]:
        return None
    again = grid.make_table("repeats")
    # Hashes of several columns are made anew, so they are kept beside the rows that may be repeats.
    grid.connection.execute(
        f"""
        CREATE TABLE {name(again)} AS
        WITH twice AS (
            SELECT hash({keys}) AS code FROM {source} WHERE {counts} GROUP BY 1 HAVING count(*) > 1
        )
        SELECT _source, _row, {keyed.found} AS cell,
               first_value(_source) OVER same AS first_source, first_value(_row) OVER same AS first_row,
               row_number() OVER same AS place
        FROM {source} WHERE {counts} AND hash({keys}) IN (SELECT code FROM twice)
        WINDOW same AS (PARTITION BY {keys} ORDER BY _source, _row)
        """
    )
    return f"SELECT _source, _row, cell, first_source, first_row FROM {name(again)} WHERE place > 1"


def check_foreign_key(
    grid: Grid, fields: Sequence[str], other: Grid, other_fields: Sequence[str], rule: str
) -> list[Fault]:
    """Find rows that refer to a row of another table (or of their own) that is not there.

    A key of which all parts are empty refers to nothing; one of which some parts are is looked up.
    """
    columns = [column for wanted in fields if (column := grid.column(wanted))]
    if not columns or len(columns) < len(fields):
        return []
    cells = ", ".join(column.cell for column in columns)
    targets = [other.column(wanted) for wanted in other_fields]
    keyed = add_keys(_different(grid, columns), columns)
    there = add_keys(_different(other, [target for target in targets if target]), targets)
    equal = " AND ".join(f"here.{tag} = there.{tag}" for tag in keyed.names)
    asked = f"""
        SELECT {cells} FROM (
            SELECT {cells}, {keyed.is_unequal} AS is_unequal, {keyed.tagged}
            FROM {keyed.source} WHERE NOT ({keyed.is_empty})
        ) AS here
        WHERE is_unequal OR NOT EXISTS (
            SELECT 1
            FROM (SELECT {there.tagged} FROM {there.source} WHERE NOT ({there.is_empty})) AS there
            WHERE {equal}
        )
    """
    [(count,)] = grid.connection.execute(f"SELECT count(*) FROM ({asked})").fetchall()
    if not count:
        return []
    unknown = grid.make_table("unknown")
    grid.connection.execute(f"CREATE TABLE {name(unknown)} AS {asked}")
    query = (
        f"SELECT _source, _row, {keyed.found} AS cell FROM {name(grid.relation)}"
        f" SEMI JOIN {name(unknown)} USING ({cells})"
    )
    single = columns[0] if len(columns) == 1 else None
    place = (single.number, single.name) if single else (0, ", ".join(fields))
    return [Fault("foreign-key", rule, *place, query)]


def _different(grid: Grid, columns: Sequence[Column]) -> Grid:
    """Make a grid of the different cells of some columns: they are few where the columns hold codes.

    A short grid, or one that has none of the columns, is as good itself.
    """
    if grid.is_short or not columns:
        return grid
    cells = ", ".join(dict.fromkeys(column.cell for column in columns))
    table = grid.make_table("different")
    grid.connection.execute(
        f"CREATE TABLE {name(table)} AS SELECT DISTINCT {cells} FROM {name(grid.relation)}"
    )
    return Grid(grid.connection, table, grid.columns, scratch=grid.scratch)

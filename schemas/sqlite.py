"""Table Schemas become columns, types and keys of SQLite tables.

In:   a Model and the name of a table
Out:  what publish needs to make the table in catalogue.db

Nothing here opens a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.definitions import ForeignKey, Model, TableSchema

SqliteType = Literal["TEXT", "INTEGER", "REAL"]

# Dates are ISO text, booleans 0 or 1, and lists stay the text that was submitted, beside their link table.
_TYPES: dict[str, SqliteType] = {
    "string": "TEXT",
    "number": "REAL",
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "date": "TEXT",
    "list": "TEXT",
}


@dataclass(frozen=True, slots=True)
class SqliteColumn:
    """One column. `key_place` is its place in the primary key, 1 first, or None."""

    name: str
    type: SqliteType
    not_null: bool
    key_place: int | None


def sqlite_columns(table: TableSchema) -> tuple[SqliteColumn, ...]:
    """Give the columns of a table in SQLite, in their order.

    A column of a composite key that may be left out stays nullable, as in Table Schema. SQLite takes two rows
    that lack it for different ones; that a key is there once was checked when the package was read.
    """
    places = {name: place for place, name in enumerate(table.primary_key, 1)}
    return tuple(
        SqliteColumn(field.name, _TYPES[field.type], field.required, places.get(field.name))
        for field in table.fields
    )


def sqlite_foreign_keys(model: Model, table: TableSchema) -> tuple[ForeignKey, ...]:
    """Give the foreign keys that SQLite can hold a table to.

    SQLite wants the whole key of the other table. An indicator's notation is no key of indicators, whose rows
    are versions; a key that names no version leads to the table that has each indicator once. The key of a
    view, as observations is, cannot be referred to.
    """
    keys = []
    for key in table.foreign_keys:
        target = _find_target(model, key)
        if target is not None:
            keys.append(ForeignKey(key.fields, target.name, key.table_fields))
    return tuple(keys)


def _find_target(model: Model, key: ForeignKey) -> TableSchema | None:
    named = model.table(key.table)
    if named.primary_key == key.table_fields:
        return named
    for head in model.derived.values():
        if head.primary_key == key.table_fields and any(up.table == named.name for up in head.foreign_keys):
            return head
    return None

"""Tables and indexes are made as sqlite-utils makes them, word for word."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database
from sqlite_utils.db import ForeignKey as TheirKey

from publish.sqlite_tables import SqliteTable, create_index, create_table
from schemas.definitions import ForeignKey

TYPES: dict[str, type] = {"TEXT": str, "INTEGER": int, "REAL": float}

TABLES = [
    SqliteTable("areas", {"area": "TEXT", "size": "REAL", "_row": "INTEGER"}, ("area",), {"area"}),
    SqliteTable("versions", {"name": "TEXT", "version": "TEXT"}, ("name", "version"), {"version", "name"}),
    SqliteTable(
        "figures",
        {
            "id": "INTEGER",
            "area": "TEXT",
            "name": "TEXT",
            "version": "TEXT",
            "of": "INTEGER",
            'a "b"': "TEXT",
        },
        ("id",),
        {"area"},
        [
            ForeignKey(("area",), "areas", ("area",)),
            ForeignKey(("name", "version"), "versions", ("name", "version")),
            ForeignKey(("of",), "figures", ("id",)),
        ],
    ),
]
INDEXES = [("figures", ("area",), False), ("figures", ("name", "version"), True), ("areas", ("size",), False)]


def said(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()


def their_key(table: str, key: ForeignKey) -> TheirKey:
    is_compound = len(key.fields) > 1
    return TheirKey(
        table,
        None if is_compound else key.fields[0],
        key.table,
        None if is_compound else key.table_fields[0],
        columns=key.fields,
        other_columns=key.table_fields,
        is_compound=is_compound,
    )


def test_tables_and_indexes_are_those_of_sqlite_utils() -> None:
    ours, theirs = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    database = Database(theirs)
    for table in TABLES:
        create_table(ours, table)
        database.table(table.name).create(
            {name: TYPES[kind] for name, kind in table.columns.items()},
            pk=table.primary_key if len(table.primary_key) > 1 else table.primary_key[0],
            not_null=set(table.not_null),
            foreign_keys=[their_key(table.name, key) for key in table.foreign_keys],
        )
    for name, columns, is_unique in INDEXES:
        for _ in range(2):
            create_index(ours, name, columns, is_unique=is_unique)
            database.table(name).create_index(columns, unique=is_unique, if_not_exists=True)
    assert said(ours) == said(theirs)
    ours.close()
    theirs.close()

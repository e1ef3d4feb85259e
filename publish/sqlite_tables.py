"""Tables and indexes of SQLite are made, each by one statement.

In:   a connection, and what a table has
Out:  the table, and indexes of it

The statements are those that sqlite-utils writes; a test holds them to it. It asks the database about every table that
a key points at, which took longer than all statements together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.definitions import ForeignKey
from schemas.sqlite import SqliteType


@dataclass(frozen=True, slots=True)
class SqliteTable:
    """One table. A key of one column, and a foreign key of one column, stand beside their column."""

    name: str
    columns: Mapping[str, SqliteType]
    primary_key: Sequence[str]
    not_null: Collection[str] = ()
    foreign_keys: Sequence[ForeignKey] = ()


def create_table(connection: sqlite3.Connection, table: SqliteTable) -> None:
    """Make a table."""
    single = {key.fields[0]: key for key in table.foreign_keys if len(key.fields) == 1}
    lines = []
    for column, kind in table.columns.items():
        said = [quoted(column), kind]
        if [column] == list(table.primary_key):
            said.append("PRIMARY KEY")
        if column in table.not_null:
            said.append("NOT NULL")
        if column in single:
            said.append(f"REFERENCES {quoted(single[column].table)}({_listed(single[column].table_fields)})")
        lines.append(" ".join(said))
    lines += [
        f"FOREIGN KEY ({_listed(key.fields)}) REFERENCES {quoted(key.table)}({_listed(key.table_fields)})"
        for key in table.foreign_keys
        if len(key.fields) > 1
    ]
    if len(table.primary_key) > 1:
        lines.append(f"PRIMARY KEY ({_listed(table.primary_key)})")
    body = ",\n".join(f"   {line}" for line in lines)
    connection.execute(f"CREATE TABLE {quoted(table.name)} (\n{body}\n)")


def create_index(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], *, is_unique: bool = False
) -> None:
    """Make an index, named by its table and columns; one that is there already stays."""
    name = f"idx_{table}_{'_'.join(columns)}"
    kind = "UNIQUE INDEX" if is_unique else "INDEX"
    connection.execute(
        f"CREATE {kind} IF NOT EXISTS {quoted(name)}\n    ON {quoted(table)} ({_listed(columns)})"
    )


def quoted(name: str) -> str:
    """Write a name as SQLite does."""
    return '"' + name.replace('"', '""') + '"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))

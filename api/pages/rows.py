"""Any row of the catalogue in words: what its columns are called, and where its cells lead.

In:   a row of a submitted table, and the table's schema
Out:  Fact for each filled cell, with links to what it names; the rows elsewhere that point at it

Everything comes from the schemas, so a table that is added there has its pages without a line here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.page import address_of, is_web_address
from schemas import Field, ForeignKey, Model, TableSchema, load_model

if TYPE_CHECKING:
    from api.edition import Edition

# What a thing is called: the first of these columns that its table has.
LABELS = ("everyday_label", "label", "title", "name", "text", "clause")

# Rows shown of those that point at a thing; the rest are counted, and Datasette has them all.
_SHOWN = 20
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Value:
    """One value in words. `address` is inside the site unless it is a web address of others."""

    text: str
    address: str = ""
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    title: str
    description: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Pointing:
    """Rows of another table that point at a thing."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Sequence[Value]]]
    count: int
    table: str


def find_named(edition: Edition, table: str, notation: Sequence[str]) -> Any:
    """Find the row of a table whose key is one notation; None if there is none or the notation has parts."""
    if len(notation) != 1:
        return None
    schema = load_model().table(table)
    return _find(edition, schema, schema.primary_key[:1], notation)


def label_column(schema: TableSchema) -> str | None:
    """Say which column holds what a row's thing is called."""
    return next((name for name in LABELS if name in schema.field_names), None)


def label_of(schema: TableSchema, row: Mapping[str, Any] | Any) -> str:
    """Say what a row's thing is called; its key where it has no name."""
    for name in LABELS:
        if name in schema.field_names and row[name]:
            return str(row[name])
    return " ".join(str(row[name]) for name in schema.primary_key if row[name] is not None)


def list_facts(edition: Edition, schema: TableSchema, row: Any, leave_out: Iterable[str] = ()) -> list[Fact]:
    """List the filled cells of a row in words, in the order of the schema."""
    hidden = {*leave_out, *_only_leading(schema)}
    out = []
    for field in schema.fields:
        if field.name in hidden or row[field.name] in (None, ""):
            continue
        values = read_cell(edition, schema, field, row)
        out.append(Fact(field.title, field.description, values))
    return out


def _only_leading(schema: TableSchema) -> set[str]:
    """Name the columns that only lead a key of several: its last column says it all and has the link."""
    last = {key.fields[-1] for key in schema.foreign_keys}
    return {name for key in schema.foreign_keys for name in key.fields[:-1] if name not in last}


def read_cell(edition: Edition, schema: TableSchema, field: Field, row: Any) -> list[Value]:
    """Write one cell in words, with a link where it names something."""
    model = load_model()
    cell = row[field.name]
    if field.list_of is not None:
        items = [item.strip() for item in str(cell).split(field.delimiter or ";") if item.strip()]
        return [_name_item(edition, model, field, item) for item in items]
    for key in schema.foreign_keys:
        if key.fields[-1] == field.name:
            return [_name_row(edition, model, key, row)]
    if field.code_list is not None:
        return [_name_code(edition, field.code_list, str(cell))]
    if field.form == "period" and schema.name != "periods":
        return [name_period(edition, str(cell))]
    return [_plain(field, cell)]


def _plain(field: Field, cell: Any) -> Value:
    if field.type == "boolean":
        return Value("Yes" if cell else "No")
    if field.type == "date":
        return Value(sentences.day(dt.date.fromisoformat(cell)))
    if field.type in {"number", "integer"}:
        number = sentences.exact(float(cell))
        places = max(0, -int(number.normalize().as_tuple().exponent))
        return Value(sentences.number(number, min(places, 6)))
    text = str(cell)
    return Value(text, text, True) if is_web_address(text) else Value(text)


def _name_item(edition: Edition, model: Model, field: Field, item: str) -> Value:
    assert field.list_of is not None
    listed = field.list_of
    if listed.code_list is not None:
        return _name_code(edition, listed.code_list, item)
    schema = model.tables[listed.table]
    found = _find(edition, schema, (listed.field,), (item,))
    kind = model.kind_of(listed.table, (listed.field,))
    return Value(label_of(schema, found) if found else item, address_of(kind, item) if kind else "")


def _name_code(edition: Edition, code_list: str, code: str) -> Value:
    label = edition.value("SELECT label FROM codes WHERE code_list = ? AND code = ?", (code_list, code))
    return Value(label or code, address_of("code", code_list, code) if label else "")


def name_period(edition: Edition, notation: str) -> Value:
    """Say a period in words, with a link."""
    row = edition.row("SELECT label, start_on, end_on FROM periods WHERE period = ?", (notation,))
    if row is None:
        return Value(notation)
    dates = (dt.date.fromisoformat(row[name]) for name in ("start_on", "end_on"))
    words = sentences.period_words(sentences.Span(row["label"], *dates))
    return Value(words, address_of("period", notation))


def _name_row(edition: Edition, model: Model, key: ForeignKey, row: Any) -> Value:
    """Name the row that a foreign key points at."""
    schema = model.tables[key.table]
    parts = tuple(str(row[name]) for name in key.fields)
    found = _find(edition, schema, key.table_fields, parts)
    kind = model.kind_of(key.table, key.table_fields)
    return Value(label_of(schema, found) if found else parts[-1], address_of(kind, *parts) if kind else "")


def _find(edition: Edition, schema: TableSchema, columns: Sequence[str], values: Sequence[str]) -> Any:
    # A table and columns of the model; the values are bound.
    where = " AND ".join(f'"{column}" = ?' for column in columns)
    newest = ' ORDER BY "version" DESC' if "version" in schema.field_names else ""
    return edition.row(f'SELECT * FROM "{schema.name}" WHERE {where}{newest} LIMIT 1', values)  # noqa: S608


def list_pointing(
    edition: Edition, table: str, key: Mapping[str, str], leave_out: Iterable[str] = ()
) -> list[Pointing]:
    """List the rows of submitted tables that point at a row, some of each table.

    key   the columns of the row's table that others point at, with their values
    """
    model = load_model()
    hidden = {"observations", "boundaries", *leave_out}
    out = []
    for schema in model.tables.values():
        if schema.name in hidden:
            continue
        for foreign in schema.foreign_keys:
            if foreign.table != table or not set(foreign.table_fields) <= set(key):
                continue
            values = [key[column] for column in foreign.table_fields]
            pointing = _pointing(edition, schema, foreign, values)
            if pointing is not None:
                out.append(pointing)
    return out


def _pointing(
    edition: Edition, schema: TableSchema, foreign: ForeignKey, values: Sequence[str]
) -> Pointing | None:
    # A table and columns of the model; the values are bound.
    where = " AND ".join(f'"{column}" = ?' for column in foreign.fields)
    count = edition.value(f'SELECT count(*) FROM "{schema.name}" WHERE {where}', values)  # noqa: S608
    if not count:
        return None
    order = ", ".join(f'"{column}"' for column in schema.primary_key)
    rows = edition.rows(
        f'SELECT * FROM "{schema.name}" WHERE {where} ORDER BY {order} LIMIT {_SHOWN}',  # noqa: S608
        values,
    )
    # The name of a row leads to its page, and long texts have their place there.
    apart = {*foreign.fields, *_only_leading(schema), "definition", "description", "note"}
    own_address = address_of_row(schema, rows[0]) is not None
    if own_address:
        apart |= {*LABELS, schema.primary_key[-1]}
    fields = [
        field
        for field in schema.fields
        if field.name not in apart and any(row[field.name] not in (None, "") for row in rows)
    ][:_COLUMNS]
    told = []
    for row in rows:
        cells = [
            read_cell(edition, schema, field, row) if row[field.name] not in (None, "") else []
            for field in fields
        ]
        address = address_of_row(schema, row)
        told.append([[Value(label_of(schema, row), address)], *cells] if address else cells)
    headings = [field.title for field in fields]
    if own_address:
        headings.insert(0, load_model().kinds[schema.kind or ""].label)
    return Pointing(schema.title, headings, told, count, schema.name)


def address_of_row(schema: TableSchema, row: Any) -> str | None:
    """Give the address of a row's page, if rows of its table are things."""
    if schema.kind is None or not schema.subject.startswith(f"{schema.kind}/"):
        return None
    parts = [
        re.sub(r"{(\w+)}", lambda match: str(row[match[1]]), part) for part in schema.subject.split("/")[1:]
    ]
    return address_of(schema.kind, *parts)

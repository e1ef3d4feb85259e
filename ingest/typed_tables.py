"""Text tables become typed Arrow tables, without the engine: every table but observations.

In:   the files of one standard table: columns of text, _source and _row, checked
Out:  the table typed, its periods in their notation

Such tables are small beside observations, and an expression costs more to put together than their rows cost to
read. Each different text is read once, by the same functions that read the odd texts of observations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.resolve import Version, resolve_row
from ingest.standard_file import StandardFile, read_parquet
from ingest.value import find_plain
from schemas import Field, TableSchema

Versions = Mapping[str, Sequence[Version]]
Resolved = dict[str, str | None]

TYPES = {"boolean": pa.bool_(), "date": pa.date32(), "integer": pa.int64(), "number": pa.float64()}

ORIGIN = (("_source", pa.int32()), ("_row", pa.int64()))


def table_form(schema: TableSchema) -> pa.Schema:
    """Give the types of a table's columns, with where each row came from."""
    typed = [(field.name, TYPES.get(field.type, pa.string())) for field in schema.fields]
    return pa.schema([*typed, *ORIGIN])


def read_texts(schema: TableSchema, files: Sequence[StandardFile]) -> pa.Table:
    """Read the files of a table under all its columns, as text, null where empty; and _source and _row."""
    form = pa.schema([*((name, pa.string()) for name in schema.field_names), *ORIGIN])
    return pa.concat_tables([_read_file(form, file) for file in files])


def _read_file(form: pa.Schema, file: StandardFile) -> pa.Table:
    rows = read_parquet(file.parquet)
    if file.source is None:
        found: dict[str, Any] = {name: rows[name] for name in rows.column_names}
    else:
        missing = pa.array(file.missing, pa.string())
        found = {name: _without(rows[cell], missing) for name, cell in file.cells.items()}
        found |= {name: pa.repeat(text, rows.num_rows) for name, text in file.given.items()}
        found |= {"_source": pa.repeat(file.source, rows.num_rows), "_row": rows["_row"]}
    columns = [
        found[column.name].cast(column.type) if column.name in found else pa.nulls(rows.num_rows, column.type)
        for column in form
    ]
    return pa.Table.from_arrays(columns, schema=form)


def _without(cells: pa.ChunkedArray, missing: pa.Array) -> pa.ChunkedArray:
    return pc.if_else(pc.is_in(cells, value_set=missing), None, cells)


def resolve_periods(
    texts: pa.Table, versions: Versions, column: str = "period"
) -> tuple[pa.Table, list[Resolved]]:
    """Put notations in place of the texts of periods in one column, null where a text is none.

    Returns the table, and what every different text has become.
    """
    has_versions = "version" in texts.column_names
    named = texts["version"].to_pylist() if has_versions else [None] * texts.num_rows
    cells = zip(texts["indicator"].to_pylist(), named, texts[column].to_pylist(), strict=True)
    keys = [(indicator or "", version or "", period or "") for indicator, version, period in cells]
    resolved = {
        (indicator, version, period): resolve_row(indicator, version, period, versions.get(indicator, []))
        for indicator, version, period in sorted(set(keys))
    }
    notations = pa.array([resolved[key].get("notation") for key in keys], pa.string())
    at = texts.schema.get_field_index(column)
    return texts.set_column(at, column, notations), list(resolved.values())


def type_table(schema: TableSchema, texts: pa.Table) -> pa.Table:
    """Type the columns of a table; a text that does not say what its column wants becomes null."""
    columns = {field.name: _type_column(texts[field.name], field) for field in schema.fields}
    return pa.table({**columns, **{name: texts[name] for name, _ in ORIGIN}}, schema=table_form(schema))


def _type_column(cells: pa.ChunkedArray, field: Field) -> pa.ChunkedArray | pa.Array:
    if field.type not in TYPES:
        return cells
    read = _boolean_reader(field) if field.type == "boolean" else _READERS[field.type]
    coded = cells.combine_chunks().dictionary_encode()
    values = pa.array([read(text) for text in coded.dictionary.to_pylist()], TYPES[field.type])
    return values.take(coded.indices)


def _boolean_reader(field: Field) -> Callable[[str], bool | None]:
    meanings = dict.fromkeys(field.false_values, False) | dict.fromkeys(field.true_values, True)
    return meanings.get


def find_whole(text: str) -> str | None:
    """Find the plain notation of a whole number of up to 64 bits; None if the text is none.

    >>> find_whole(" +007 "), find_whole("1.0"), find_whole("9223372036854775808")
    ('7', None, None)
    """
    number = _read_whole(text)
    return None if number is None else str(number)


def _read_whole(text: str) -> int | None:
    try:
        number = int(text.strip())
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def find_day(text: str) -> date | None:
    """Find the date that a text names, as Table Schema lets it be written; None if the text is none.

    >>> find_day("2024-1-5"), find_day("2024-02-30")
    (datetime.date(2024, 1, 5), None)
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


def _read_number(text: str) -> float | None:
    plain = find_plain(text)
    return None if plain is None else float(plain)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "date": find_day,
    "integer": _read_whole,
    "number": _read_number,
}

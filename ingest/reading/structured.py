"""JSON and Parquet become staged text.

In:   a JSON document or a Parquet file, and a Selection
Out:  Parquet of text, headings, and problems; the first record is row 2, as if a row of headings stood above it

Numbers in JSON keep the digits they are written with. A list or an object inside a record stays JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.reading.layout import stage_rows
from ingest.reading.selection import LIMITS, Found, Selection, Staged, staged_path
from ingest.reading.staging import BATCH_ROWS, RowWriter
from ingest.reading.text import text_of


class NumberText(str):
    """A number of a JSON document, in the digits it is written with."""

    __slots__ = ()


class Misshapen(Exception):  # noqa: N818 - becomes a problem
    """A document is not of a shape that holds rows. The argument says what it is instead."""


def stage_json(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a JSON document: a list of objects, a list of lists, or an object of objects."""
    parquet = staged_path(file, selection, scratch)
    try:
        if file.stat().st_size > LIMITS.json_bytes:
            raise Misshapen(f"it is larger than {LIMITS.json_bytes:,} bytes.")
        document = read_json(file.read_bytes(), lines=selection.format == "ndjson")
        rows = list(_rows(_follow(document, selection.json_path), selection.key_column))
        headings, count = stage_rows(lambda: rows, selection, parquet, found)
        return Staged(parquet, headings, found.problems, count, "utf-8")
    except (ValueError, RecursionError, Misshapen) as fault:
        found.add("file-unreadable", wanted="JSON", reason=str(fault))
    with RowWriter(parquet, 0):
        return Staged(parquet, (), found.problems)


def read_json(content: bytes, *, lines: bool = False) -> Any:
    """Read JSON, each number as NumberText. Raises ValueError, also for text that is not UTF-8."""
    text = content.decode("utf-8-sig")
    if lines:
        return [_loads(line) for line in text.splitlines() if line.strip()]
    return _loads(text)


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=NumberText, parse_float=NumberText, parse_constant=NumberText)


def _follow(document: Any, path: tuple[str | int, ...]) -> Any:
    here = document
    for step in path:
        if isinstance(here, dict) and str(step) in here:
            here = here[str(step)]
        elif isinstance(here, list) and str(step).isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            raise Misshapen(f"there is nothing at '{step}' of the path {'/'.join(map(str, path))}.")
    return here


def _rows(table: Any, key_column: str) -> Iterator[list[str]]:
    """Give a row of headings, then a row for each record."""
    if isinstance(table, dict) and table and all(isinstance(record, dict) for record in table.values()):
        table = [{key_column: key, **record} for key, record in table.items()]
    if not isinstance(table, list):
        raise Misshapen("it holds no list of rows.")
    if table and all(isinstance(record, list) for record in table):
        yield from ([cell_text(cell) for cell in record] for record in table)
        return
    if not all(isinstance(record, dict) for record in table):
        raise Misshapen("its rows are neither all objects nor all lists.")
    headings = list(dict.fromkeys(key for record in table for key in record))
    yield headings
    for record in table:
        yield [cell_text(record.get(heading)) for heading in headings]


def cell_text(value: Any) -> str:
    """Write a value of a JSON document as a cell."""
    if isinstance(value, dict | list):
        return json_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def json_text(value: Any) -> str:
    """Write a value as JSON again, its numbers in their own digits."""
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(key)}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def stage_parquet(file: Path, selection: Selection, scratch: Path, found: Found) -> Staged:
    """Stage a Parquet file."""
    parquet = staged_path(file, selection, scratch)
    try:
        with pq.ParquetFile(file) as source:
            headings = tuple(source.schema_arrow.names)
            with RowWriter(parquet, len(headings)) as writer:
                row = 2
                for batch in source.iter_batches(BATCH_ROWS * 5):
                    columns = [_column_text(column) for column in batch.columns]
                    writer.write_arrays(columns, pa.array(range(row, row + len(batch)), pa.int64()))
                    row += len(batch)
            return Staged(parquet, headings, found.problems, writer.row_count)
    except pa.ArrowException as fault:
        found.add("file-unreadable", wanted="Parquet", reason=str(fault))
    with RowWriter(parquet, 0):
        return Staged(parquet, (), found.problems)


def _column_text(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string()).fill_null("")
    return pa.array([text_of(value) for value in column.to_pylist()], pa.string())

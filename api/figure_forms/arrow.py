"""Figures in bulk: a Parquet file, or a stream of Arrow record batches.

In:   FigureTable, a file to write into
Out:  the file written; every column of one type, whatever the rows

Lists are texts joined by semicolons, as in CSV. The schema's metadata says edition, licences and question; Parquet,
whose metadata stands at its end, has the receipt too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from api.figure_forms.receipt import Receipt
from api.figure_forms.table import FigureTable, plain_text

_TYPES = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "truth": pa.bool_()}
_ROWS = 10_000


def write_arrow(table: FigureTable, file: IO[bytes]) -> None:
    """Write a stream of record batches."""
    schema = _schema(table)
    with pa.ipc.new_stream(file, schema) as writer:
        for batch in _batches(table, schema, Receipt()):
            writer.write_batch(batch)


def write_parquet(table: FigureTable, file: IO[bytes]) -> None:
    """Write a Parquet file."""
    schema, receipt = _schema(table), Receipt()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(table, schema, receipt):
            writer.write_batch(batch)
        writer.add_key_value_metadata({"receipt": orjson.dumps(receipt.as_row(complete=True)).decode()})


def _schema(table: FigureTable) -> pa.Schema:
    told = ("edition", "edition_uri", "licence", "query")
    metadata = {"title": table.title, **{name: orjson.dumps(table.about[name]).decode() for name in told}}
    return pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns], metadata=metadata)


def _batches(table: FigureTable, schema: pa.Schema, receipt: Receipt) -> Iterator[pa.RecordBatch]:
    """Give batches of one size, so that a file does not depend on how its rows were read."""
    cells: list[list[object]] = [[] for _ in table.columns]
    for chunk in table.chunks():
        receipt.add(chunk)
        for row in chunk:
            for column, listed in zip(table.columns, cells, strict=True):
                value = row.get(column.name)
                listed.append(plain_text(value) if isinstance(value, list) else value)
            if len(cells[0]) == _ROWS:
                yield _batch(schema, cells)
                cells = [[] for _ in table.columns]
    if cells[0]:
        yield _batch(schema, cells)


def _batch(schema: pa.Schema, cells: list[list[object]]) -> pa.RecordBatch:
    arrays = [pa.array(listed, field.type) for listed, field in zip(cells, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

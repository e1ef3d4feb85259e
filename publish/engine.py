"""Tables are kept, loaded and read back in the engine; nothing else in publish knows which engine it is.

In:   Ibis expressions over the standard tables
Out:  kept tables, record batches, and long texts as bytes

Expressions follow the portable rules of CONTRIBUTING.md, so that another engine gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

# Rows that leave the engine at once. Texts of a few kilobytes a row leave in smaller batches, which stay in
# the processor's cache: that halves the time of a gigabyte.
BATCH_ROWS = 8192
BATCH_TEXTS = 2048

# Up to here a result is sorted again on its way out, which costs nothing. Above it, the order of the kept
# table is relied on: the engine keeps the order of the larger side of a join, and lookups are smaller than
# this.
SORTED_AGAIN_ROWS = 200_000


class Engine:
    """DuckDB through an Ibis connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def keep(self, name: str, expression: ibis.Table, order_by: Sequence[str] = ()) -> ibis.Table:
        """Compute a table once and keep it, in the given order, under a name of our own."""
        if order_by:
            expression = expression.order_by(list(order_by))
        return self.connection.create_table(name, expression, overwrite=True)

    def load(self, name: str, table: pa.Table) -> ibis.Table:
        """Bring a small table into the engine, under a name of our own."""
        # Ibis would do the same in three times the time.
        raw = self.connection.con
        raw.register("loading", table)
        # Only our own names are in the statement.
        raw.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM loading')  # noqa: S608
        raw.unregister("loading")
        return self.connection.table(name)

    def drop(self, name: str) -> None:
        """Forget a kept table."""
        self.connection.drop_table(name, force=True)

    def count(self, table: ibis.Table) -> int:
        """Count rows."""
        return int(table.count().execute())

    def read(self, expression: ibis.Table) -> pa.Table:
        """Bring a small table out of the engine."""
        return expression.to_pyarrow()

    def batches(self, expression: ibis.Table, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Stream a table made of kept tables out of the engine, in its order.

        Each stream has a cursor of its own, so other work may go on in between.
        """
        with self.connection.con.cursor() as cursor:
            yield from cursor.execute(self.connection.compile(expression)).to_arrow_reader(rows)

    def texts(self, expression: ibis.Table) -> Iterator[memoryview]:
        """Stream a table's only column, a text without nulls, as UTF-8 bytes with nothing between the rows.

        The bytes are the engine's own buffers: nothing is copied, and no row becomes an object.
        """
        for batch in self.batches(expression, BATCH_TEXTS):
            data, ends = _buffers(batch.column(0))
            yield data[int(ends[0]) : int(ends[-1])]

    def runs(self, expression: ibis.Table) -> Iterator[tuple[int, memoryview, int]]:
        """Stream a table of a whole number and a text: the texts of neighbours that share the number
        together.

        Gives the number, the bytes as `texts` does, and of how many rows they are.
        """
        for batch in self.batches(expression, BATCH_TEXTS):
            numbers = batch.column(0).to_numpy()
            data, ends = _buffers(batch.column(1))
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
            for first, last in pairwise(cuts):
                yield int(numbers[first]), data[int(ends[first]) : int(ends[last])], last - first


def _buffers(column: pa.StringArray) -> tuple[memoryview, Any]:
    """Give the bytes of a column of texts, and where each text starts and the last one ends."""
    _, offsets, data = column.buffers()
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(offsets, dtype=width)[column.offset : column.offset + len(column) + 1]
    return memoryview(data if data is not None else b""), ends

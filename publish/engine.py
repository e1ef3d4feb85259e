"""Tables are kept, loaded and read back in the engine; nothing else in publish knows which engine it is.

In:   Ibis expressions over the standard tables
Out:  kept tables, record batches, and long texts as bytes

Expressions follow the portable rules of CONTRIBUTING.md, so that another engine gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

# Rows that leave the engine at once: enough that what each batch costs by itself does not count, few enough
# that their texts, a few kilobytes a row, take little memory.
BATCH_ROWS = 16_384


class Engine:
    """DuckDB through an Ibis connection.

    passed   is told how many rows have left the engine, as they leave it in batches
    """

    def __init__(self, connection: Any, passed: Callable[[int], None] = lambda _rows: None) -> None:
        self.connection = connection
        self._passed = passed
        self._lent: dict[str, pa.Table] = {}

    def keep(self, name: str, expression: ibis.Table, order_by: Sequence[str] = ()) -> ibis.Table:
        """Compute a table once and keep it, in the given order, under a name of our own."""
        if order_by:
            expression = expression.order_by(list(order_by))
        return self.connection.create_table(name, expression, overwrite=True)

    def load(self, name: str, table: pa.Table) -> ibis.Table:
        """Bring a small table into the engine, under a name of our own."""
        self._bring(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM', table)
        return self.connection.table(name)

    def lend(
        self, name: str, form: pa.Schema, batches: Iterable[pa.RecordBatch], *, is_large: bool
    ) -> ibis.Table:
        """Let the engine read batches of rows in their order, under a name of our own.

        They stay in memory, and nothing is copied. Large ones are copied into the engine, which puts on the disk what
        is too much.
        """
        raw = self.connection.con
        if is_large:
            with raw.cursor() as cursor:
                cursor.register("lending", pa.RecordBatchReader.from_batches(form, batches))
                # Only our own name is in the statement.
                cursor.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM lending')  # noqa: S608
        else:
            self._lent[name] = pa.Table.from_batches(batches, form)
            raw.register(name, self._lent[name])
        return self.connection.table(name)

    def append(self, name: str, table: pa.Table) -> None:
        """Add the rows of a small table to a kept one, which has the same columns."""
        self._bring(f'INSERT INTO "{name}" BY NAME SELECT * FROM', table)

    def _bring(self, statement: str, table: pa.Table) -> None:
        # Ibis would do the same in three times the time. Only our own names are in the statement.
        raw = self.connection.con
        raw.register("loading", table)
        raw.execute(f"{statement} loading")
        raw.unregister("loading")

    def drop(self, name: str) -> None:
        """Forget a kept table."""
        self.connection.drop_table(name, force=True)

    def close(self) -> None:
        """Give back all memory. A dropped table alone leaves it with the engine for the next one."""
        self.connection.disconnect()

    def count(self, table: ibis.Table) -> int:
        """Count rows."""
        return int(table.count().to_pyarrow().as_py())

    def read(self, expression: ibis.Table) -> pa.Table:
        """Bring a small table out of the engine."""
        return expression.to_pyarrow()

    def batches(self, expression: ibis.Table) -> Iterator[pa.RecordBatch]:
        """Stream a table made of kept tables out of the engine, in its order.

        Every batch has BATCH_ROWS rows but the last, so that what is made of them never depends on how the
        engine divides its work. Each stream has a cursor of its own; other work may go on in between.
        """
        waiting: list[pa.RecordBatch] = []
        count = 0
        with self.connection.con.cursor() as cursor:
            statement = str(self.connection.compile(expression))
            for name, table in self._lent.items():
                cursor.register(name, table)
            for batch in cursor.execute(statement).to_arrow_reader(BATCH_ROWS):
                self._passed(batch.num_rows)
                waiting.append(batch)
                count += batch.num_rows
                while count >= BATCH_ROWS:
                    whole = waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
                    yield whole.slice(0, BATCH_ROWS)
                    count -= BATCH_ROWS
                    waiting = [whole.slice(BATCH_ROWS)] if count else []
        if count:
            yield waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)


def text_bytes(column: pa.StringArray) -> memoryview:
    """Give a column of texts without nulls as UTF-8 bytes, with nothing between the rows.

    The bytes are the column's own buffer: nothing is copied, and no row becomes an object.
    """
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return memoryview(b"")
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(offsets, dtype=width)
    return memoryview(data)[int(ends[column.offset]) : int(ends[column.offset + len(column)])].cast("B")

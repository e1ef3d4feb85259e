"""Tables are kept, loaded and read back in the engine; nothing else knows which engine it is.

In:   expressions (expressions.py) over tables that the engine has
Out:  kept tables, record batches

Expressions follow the portable rules of CONTRIBUTING.md, so that another engine gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa

from ingest.checking.grammar import literal
from ingest.checking.grammar import name as quoted
from ingest.expressions import Stored, ibis, ordered, write

# Rows that leave the engine at once: enough that what each batch costs by itself does not count, few enough
# that their texts, a few kilobytes a row, take little memory.
BATCH_ROWS = 16_384

# The engine keeps so many rows side by side. What comes in other numbers is kept in pieces, with room left between.
GROUP_ROWS = 122_880

# The engine's names of types, by Arrow's.
_TYPES: Mapping[pa.DataType, str] = {
    pa.int8(): "TINYINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}


# ruff: noqa: S608 - in statements there are our own names, quoted texts, and what expressions.py writes


class Engine:
    """DuckDB.

    settings   its own, such as threads
    """

    def __init__(self, **settings: Any) -> None:
        self._raw = duckdb.connect(config=settings)
        # No variable of ours is a table.
        self._raw.execute("SET python_enable_replacements = false")
        self._passed: Callable[[int], None] = lambda _rows: None
        self._lent: dict[str, pa.Table] = {}

    def tell(self, passed: Callable[[int], None]) -> None:
        """Say from now on how many rows leave the engine, as they leave it in batches."""
        self._passed = passed

    def keep(self, name: str, table: ibis.Table, order_by: Sequence[str] = ()) -> ibis.Table:
        """Compute a table once and keep it, in the given order, under a name of our own."""
        written = write(ordered(table, *order_by) if order_by else table)
        columns = ", ".join(f"{quoted(column.name)} {_TYPES[column.type]}" for column in written.form)
        self._raw.execute(f"CREATE OR REPLACE TABLE {quoted(name)} ({columns})")
        self._raw.execute(f"INSERT INTO {quoted(name)} {written.sql}")
        return _stored(name, written.form)

    def load(self, name: str, table: pa.Table) -> ibis.Table:
        """Bring a small table into the engine, under a name of our own."""
        self._bring(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM", table)
        return _stored(name, table.schema)

    def lend(
        self, name: str, form: pa.Schema, batches: Iterable[pa.RecordBatch], *, is_large: bool
    ) -> ibis.Table:
        """Let the engine read batches of rows in their order, under a name of our own.

        They stay in memory, and nothing is copied. Large ones are copied into the engine, which puts on the disk what
        is too much.
        """
        if is_large:
            with self._raw.cursor() as cursor:
                whole = of_size(batches, GROUP_ROWS)
                cursor.register("lending", pa.RecordBatchReader.from_batches(form, whole))
                cursor.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM lending")
        else:
            self._lent[name] = pa.Table.from_batches(batches, form)
            self._raw.register(name, self._lent[name])
        return _stored(name, form)

    def see(self, name: str, query: str) -> ibis.Table:
        """Put a name of our own in the place of SQL over files."""
        self._raw.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {query}")
        return _stored(
            name, self._raw.execute(f"SELECT * FROM {quoted(name)} LIMIT 0").to_arrow_table().schema
        )

    def see_file(self, name: str, path: Path) -> ibis.Table:
        """Put a name of our own in the place of a Parquet file."""
        return self.see(name, f"SELECT * FROM read_parquet({literal(str(path))})")

    def append(self, name: str, table: pa.Table) -> None:
        """Add the rows of a small table to a kept one, which has the same columns."""
        self._bring(f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM", table)

    def _bring(self, statement: str, table: pa.Table) -> None:
        self._raw.register("loading", table)
        self._raw.execute(f"{statement} loading")
        self._raw.unregister("loading")

    def drop(self, name: str) -> None:
        """Forget a kept table."""
        self._raw.execute(f"DROP TABLE IF EXISTS {quoted(name)}")

    def rename(self, table: ibis.Table, name: str) -> ibis.Table:
        """Give a kept table another name of our own, in the place of what had it."""
        stored = cast("Stored", table)
        self.drop(name)
        self._raw.execute(f"ALTER TABLE {quoted(stored.name)} RENAME TO {quoted(name)}")
        return _stored(name, stored.form)

    def close(self) -> None:
        """Give back all memory. A dropped table alone leaves it with the engine for the next one."""
        self._raw.close()

    def count(self, table: ibis.Table) -> int:
        """Count rows."""
        [(count,)] = self._raw.execute(f"SELECT count(*) FROM ({write(table).sql})").fetchall()
        return int(count)

    def read(self, table: ibis.Table) -> pa.Table:
        """Bring a small table out of the engine."""
        written = write(table)
        found = self._raw.execute(written.sql).to_arrow_table()
        # The engine counts in wider numbers than Ibis says.
        return found if found.schema == written.form else found.cast(written.form)

    def batches(self, table: ibis.Table) -> Iterator[pa.RecordBatch]:
        """Stream a table made of kept tables out of the engine, in its order.

        Every batch has BATCH_ROWS rows but the last, so that what is made of them never depends on how the
        engine divides its work. Each stream has a cursor of its own; other work may go on in between.
        """
        with self._raw.cursor() as cursor:
            for lent, rows in self._lent.items():
                cursor.register(lent, rows)
            found = cursor.execute(write(table).sql).to_arrow_reader(BATCH_ROWS)
            yield from of_size(map(self._pass, found), BATCH_ROWS)

    def _pass(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._passed(batch.num_rows)
        return batch


def of_size(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Divide rows anew, so that every batch has this many but the last."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= rows:
            whole = waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
            yield whole.slice(0, rows)
            count -= rows
            waiting = [whole.slice(rows)] if count else []
    if count:
        yield waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)


def _stored(name: str, form: pa.Schema) -> ibis.Table:
    return cast("ibis.Table", Stored(name, pa.schema([(one.name, one.type) for one in form])))

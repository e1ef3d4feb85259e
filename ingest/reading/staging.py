"""Rows of text are written to Parquet, a batch at a time.

In:   rows of cells, each with its number
Out:  one Parquet file with c1 … cN and _row, and the count of its rows
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.reading.selection import Found, Staged

# Rows turned into columns at a time. More do not fit the processor's cache and take twice as long.
BATCH_ROWS = 2_000
BATCH_CHARACTERS = 16_000_000
ROW_GROUP_ROWS = 122_880
ROW_GROUP_BYTES = 128 * 1024**2
COMPRESSION = "lz4"


def column_names(width: int) -> list[str]:
    """Name the columns of a staged table: c1 … cN."""
    return [f"c{number}" for number in range(1, width + 1)]


def staged_schema(width: int) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in column_names(width)] + [("_row", pa.int64())])


# pyarrow.array() loads pandas before it looks at what it is given, which takes longer than most files do.
# The two functions below make the same arrays without it.


def text_array(texts: Sequence[str]) -> pa.Array:
    """Make a column of text. A batch of rows has far less text than a column can hold (2 GB)."""
    joined = "".join(texts)
    if joined.isascii():
        content, sizes = joined.encode("ascii"), map(len, texts)
    else:
        encoded = [text.encode("utf-8") for text in texts]
        content, sizes = b"".join(encoded), map(len, encoded)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(sizes, np.int32, len(texts)), out=offsets[1:])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(content))


def number_array(numbers: Sequence[int] | npt.NDArray[np.int64]) -> pa.Array:
    """Make a column of whole numbers."""
    is_array = isinstance(numbers, np.ndarray)
    values = numbers if is_array else np.fromiter(numbers, np.int64, len(numbers))
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


class RowWriter:
    """Writes rows of exactly `width` cells. A file stands there even if no row was written."""

    def __init__(self, path: Path, width: int) -> None:
        self.row_count = 0
        self.width = width
        self._schema = staged_schema(width)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression=COMPRESSION,
            write_statistics=False,
            use_dictionary=column_names(width),
            column_encoding={"_row": "DELTA_BINARY_PACKED"},
        )

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()

    def write(self, rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> None:
        """Write rows and their numbers."""
        if not rows:
            return
        columns = zip(*rows, strict=True) if self.width else ()
        self.write_arrays([text_array(column) for column in columns], number_array(numbers))

    def write_arrays(self, columns: Sequence[pa.Array], numbers: pa.Array) -> None:
        """Write columns of text, without NULL, and the numbers of their rows."""
        batch = pa.RecordBatch.from_arrays([*columns, numbers], schema=self._schema)
        self._waiting.append(batch)
        self._waiting_rows += len(batch)
        self._waiting_bytes += batch.nbytes
        self.row_count += len(batch)
        if self._waiting_rows >= ROW_GROUP_ROWS or self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, schema=self._schema))
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


def stage_nothing(parquet: Path, found: Found) -> Staged:
    """Stage a table without columns and rows, for a file of which nothing could be read."""
    with RowWriter(parquet, 0):
        return Staged(parquet, (), found.problems)

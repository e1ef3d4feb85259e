"""A file of text under a publisher's headings, seen under the columns of its standard table.

In:   staged text Parquet (columns c1 … cN, _row), and which of its columns is which of the table
Out:  the same rows as a query: the table's columns, _source, _row; an empty cell is NULL, or the empty text

Nothing is copied: large files would cost as much to write once more as they cost to check.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.checking.grammar import among, literal, name


@dataclass(frozen=True, slots=True)
class StandardFile:
    """Rows of one standard table.

    cells     for each column of the table the column of the file that holds it
    given     text that is the same in every row, by column of the table
    missing   texts that stand for no value
    source    what the rows carry as _source; None where the file has that column, and the table's own, already
    """

    parquet: Path
    cells: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("",)
    source: int | None = None

    @property
    def row_count(self) -> int:
        return int(pq.ParquetFile(self.parquet).metadata.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that the file has."""
        if self.source is not None:
            return (*self.cells, *self.given)
        names = pq.ParquetFile(self.parquet).schema_arrow.names
        return tuple(one for one in names if one not in ("_source", "_row"))

    @property
    def _rows(self) -> str:
        return f"read_parquet({literal(str(self.parquet))})"

    @property
    def query(self) -> str:
        """The rows in SQL, NULL where empty."""
        if self.source is None:
            return f"SELECT * FROM {self._rows}"
        columns = [
            *(
                f"CASE WHEN {among(name(cell), self.missing)} THEN NULL ELSE {name(cell)} END AS {name(column)}"
                for column, cell in self.cells.items()
            ),
            *(f"{literal(text)} AS {name(column)}" for column, text in self.given.items()),
            f"{self.source:d}::INTEGER AS _source",
            "_row",
        ]
        return f"SELECT {', '.join(columns)} FROM {self._rows}"

    def texts(self, columns: Sequence[str]) -> str:
        """Some columns of the rows in SQL, with the empty text where empty."""
        own = {column: f"coalesce({name(column)}, '')" for column in self.columns}
        if self.source is not None:
            # A column that is taken as it stands keeps its dictionary, and what is asked of it is asked of that.
            is_plain = set(self.missing) <= {""}
            own = {
                column: name(cell)
                if is_plain
                else f"CASE WHEN {among(name(cell), self.missing)} THEN '' ELSE {name(cell)} END"
                for column, cell in self.cells.items()
            }
            own |= {column: literal(text) for column, text in self.given.items()}
        source = "_source" if self.source is None else f"{self.source:d}::INTEGER AS _source"
        cells = [f"{own.get(column, _NOTHING)} AS {name(column)}" for column in columns]
        return f"SELECT {', '.join([*cells, source, '_row'])} FROM {self._rows}"


_NOTHING = "''"


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file whole. pyarrow's own way begins with reading a module for folders of them."""
    with pq.ParquetFile(path) as file:
        return file.read()


def as_standard(file: Path | StandardFile) -> StandardFile:
    """Take a Parquet file for what it is: one that has the table's own columns already."""
    return StandardFile(file) if isinstance(file, Path) else file


def union_query(files: Sequence[StandardFile]) -> str:
    """The rows of several files as one relation, columns by their names."""
    return "(" + " UNION ALL BY NAME ".join(file.query for file in files) + ")"


def union_texts(files: Sequence[StandardFile], columns: Sequence[str]) -> str:
    """Some columns of the rows of several files as one relation, with the empty text where empty."""
    return "(" + " UNION ALL ".join(file.texts(columns) for file in files) + ")"

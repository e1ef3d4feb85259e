"""A file of text under a publisher's headings, seen under the columns of its standard table.

In:   staged text Parquet (columns c1 … cN, _row), and which of its columns is which of the table
Out:  the same rows as a query: the table's columns, NULL where empty, _source, _row

Nothing is copied: large files would cost as much to write once more as they cost to check.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
    def query(self) -> str:
        """The rows in SQL."""
        rows = f"read_parquet({literal(str(self.parquet))})"
        if self.source is None:
            return f"SELECT * FROM {rows}"
        columns = [
            *(
                f"CASE WHEN {among(name(cell), self.missing)} THEN NULL ELSE {name(cell)} END AS {name(column)}"
                for column, cell in self.cells.items()
            ),
            *(f"{literal(text)} AS {name(column)}" for column, text in self.given.items()),
            f"{self.source:d}::INTEGER AS _source",
            "_row",
        ]
        return f"SELECT {', '.join(columns)} FROM {rows}"


def as_standard(file: Path | StandardFile) -> StandardFile:
    """Take a Parquet file for what it is: one that has the table's own columns already."""
    return StandardFile(file) if isinstance(file, Path) else file


def union_query(files: Sequence[StandardFile]) -> str:
    """The rows of several files as one relation, columns by their names."""
    return "(" + " UNION ALL BY NAME ".join(file.query for file in files) + ")"

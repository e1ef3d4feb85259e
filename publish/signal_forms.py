"""The early-warning register becomes statements and files.

In:   Contents
Out:  its tables as canonical text, for lines of N-Triples; signals.csv among the downloads
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from publish.contents import Contents
from publish.files import csv_lines
from publish.folder import Folder
from publish.restated_forms import as_texts
from schemas import TableSchema


def signal_tables(contents: Contents) -> Iterator[tuple[TableSchema, pa.Table]]:
    """Give each table of the register with its rows as canonical text; one without rows is left out."""
    register = contents.register
    for name, table in (
        ("signals", register.signals),
        ("signal_checks", register.checks),
        ("signal_counts", register.counts),
    ):
        if table.num_rows:
            yield contents.model.derived[name], as_texts(table)


def write_signal_files(contents: Contents, downloads: Folder) -> None:
    """Write every signal, past and present, as one CSV file. Without any, it has no rows."""
    table, schema = contents.register.signals, contents.model.derived["signals"]
    downloads.write("signals.csv", csv_lines(as_texts(table), schema.fields), table.num_rows)

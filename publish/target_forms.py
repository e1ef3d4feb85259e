"""What became of targets becomes files and statements.

In:   Contents
Out:  target_progress.csv and .parquet among the downloads, lines of N-Triples

It is no observation and no part of the cube. What became of a target for an area is a fragment of the target, and
leads to the observation that was held against it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from publish.contents import Contents, Row
from publish.files import csv_lines
from publish.folder import Folder
from publish.restated_forms import as_texts, derived_lines, observation_path
from publish.triples import Names, line

TABLE = "target_progress"


def write_target_files(contents: Contents, downloads: Folder) -> None:
    """Write what became of all targets as one CSV and one Parquet file. Without any, the files have no rows."""
    table, schema = contents.targets, contents.model.derived[TABLE]
    for field in schema.fields:
        if field.type == "boolean":
            at = table.schema.get_field_index(field.name)
            table = table.set_column(at, field.name, table[field.name].cast(pa.bool_()))
    downloads.write(f"{TABLE}.csv", csv_lines(as_texts(table), schema.fields), table.num_rows)
    pq.write_table(table, downloads.folder / f"{TABLE}.parquet", compression="zstd")
    downloads.note(f"{TABLE}.parquet", table.num_rows)


def target_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what became of each target."""
    rows = contents.targets.to_pylist()
    subjects = [names.thing(f"target/{row['target']}") + _fragment(row) for row in rows]
    yield from derived_lines(contents, names, TABLE, rows, subjects)
    derived = names.iri("prov:wasDerivedFrom")
    for row, subject in zip(rows, subjects, strict=True):
        # A figure without a value is no observation, and nothing was derived from it.
        if row["value"] is not None:
            observation = observation_path(row | {"breakdown": ""}, row["area"])
            yield line(subject, derived, f"<{names.thing(observation)}>")


def _fragment(row: Row) -> str:
    return f"#progress/{row['area']}" if row["area"] else "#progress"

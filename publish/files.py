"""The contents of an edition become files that people and programs take away.

In:   Contents
Out:  downloads/: a CSV file for each dataset with its CSVW description, one for each other table, all
      observations as one CSV and one Parquet file

The CSV files are plain UTF-8. Numbers are written with the digits that were published. A text that a
spreadsheet would run as a formula gets an apostrophe in front; a number never does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.exchange import FORMULA_GUARD, FORMULA_MARKS
from publish.contents import Contents
from publish.engine import text_bytes
from publish.folder import Folder
from publish.lines import CsvLines, numbers_of
from publish.observations import LISTS, NUMBERS
from publish.shares import Share, batches_of, share_out
from schemas import Field

_quoted = re.compile('[",\n\r]').search

_PARQUET_ROWS = 131_072

WHOLE = "observations.csv.gz"

_ALL_COLUMNS = (
    "dataset",
    "indicator",
    "version",
    "area",
    "period",
    "breakdown",
    "value",
    "status",
    *NUMBERS,
    "sample_size",
    "note",
)


def write_table_files(contents: Contents, folder: Folder) -> None:
    """Write every table but the observations as CSV."""
    for name, schema in contents.model.tables.items():
        if name != "observations" and contents.tables[name].num_rows:
            table = contents.tables[name].select(list(schema.field_names))
            folder.write(f"tables/{name}.csv", csv_lines(table, schema.fields), table.num_rows)


def write_observation_files(contents: Contents, folder: Folder) -> tuple[str, dict[Share, str]]:
    """Write all observations compressed in one file, and those of each dataset in a file of their own.

    Returns the digest of all observations, of the lines of the one file without its heading, and that of each share.
    """
    observations, sha = contents.observations, hashlib.sha256()
    shares = {share: hashlib.sha256() for share in share_out(observations)}
    parts = []
    for (dataset,) in observations.lists["dataset"]:
        parts.append(folder.part(f"datasets/{dataset}.csv"))
        parts[-1].write(_heading(observation_columns(contents, dataset)))
    notes = [csv_cell(text) for (text,) in observations.lists["note"]]
    lines = CsvLines(observations, notes, _dimension_cells(contents))
    with folder.compressed(WHOLE) as write:
        write(_heading(observation_columns(contents)))
        for share, batch in batches_of(observations, list(shares)):
            whole, by_dataset = lines.write(batch)
            write(text_bytes(whole))
            sha.update(text_bytes(whole))
            shares[share].update(text_bytes(whole))
            numbers = numbers_of(batch, "dataset")
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
            for first, last in pairwise(cuts):
                rows = by_dataset.slice(first, last - first)
                parts[int(numbers[first]) - 1].write(text_bytes(rows), last - first)
    for part in parts:
        part.close()
    return sha.hexdigest(), {share: told.hexdigest() for share, told in shares.items()}


def _heading(columns: Sequence[str]) -> bytes:
    return f"{','.join(columns)}\n".encode()


def observation_columns(contents: Contents, dataset: str | None = None) -> list[str]:
    """Name the columns of a CSV file of observations: with one column for each dimension of its dataset, or
    one for the whole breakdown where it holds all datasets."""
    if dataset is None:
        return list(_ALL_COLUMNS)
    at = _ALL_COLUMNS.index("breakdown")
    return [*_ALL_COLUMNS[:at], *contents.dataset_dimensions[dataset], *_ALL_COLUMNS[at + 1 :]]


def _dimension_cells(contents: Contents) -> list[str]:
    """Give, for each dataset and breakdown, what stands in the columns of the dataset's dimensions."""
    lists = contents.observations.lists
    cells = []
    for dataset_number, breakdown_number in contents.observations.cells:
        (dataset,), (breakdown,) = (
            lists["dataset"][dataset_number - 1],
            lists["breakdown"][breakdown_number - 1],
        )
        codes = dict(contents.breakdowns[breakdown])
        cells.append("".join(f",{codes.get(name, '')}" for name in contents.dataset_dimensions[dataset]))
    return cells


def csv_lines(table: pa.Table, fields: Sequence[Field]) -> Iterator[bytes]:
    """Write a small table as CSV."""
    yield (",".join(table.column_names) + "\n").encode()
    columns = []
    for field in fields:
        cells = table[field.name].to_pylist()
        is_text = field.type in {"string", "list"}
        columns.append(list(map(csv_cell, cells)) if is_text else [cell or "" for cell in cells])
    yield "".join(f"{','.join(row)}\n" for row in zip(*columns, strict=True)).encode()


def csv_cell(text: str | None) -> str:
    """Write a text as a cell that no spreadsheet runs.

    >>> csv_cell("=1+1"), csv_cell('5" pipe'), csv_cell("Bristol, City of"), csv_cell(None)
    ("'=1+1", '"5"" pipe"', '"Bristol, City of"', '')
    """
    if not text:
        return ""
    if text[0] in FORMULA_MARKS:
        text = f"{FORMULA_GUARD}{text}"
    if _quoted(text):
        escaped = text.replace('"', '""')
        return f'"{escaped}"'
    return text


def write_parquet(contents: Contents, path: Path) -> None:
    """Write all observations as one Parquet file: codes as text, numbers as numbers."""
    observations = contents.observations
    # A dictionary that has a text twice would be written in an order of the writer's own.
    codes = {
        column: pa.array([row[at] for row in observations.lists[name]], pa.string()).dictionary_encode()
        for name, among in LISTS.items()
        for at, column in enumerate(among)
    }
    rows = observations.rows
    numbers = rows.mutate(**{name: rows[name].cast("float64") for name in NUMBERS})
    wanted = [*LISTS, "value", "value_text", *NUMBERS, "sample_size"]
    batches = observations.batches(numbers)
    with pq.ParquetWriter(path, _parquet_form(), compression="zstd", use_dictionary=True) as writer:
        for table in _of_one_size(batches):
            columns: dict[str, pa.Array] = {}
            for name, among in LISTS.items():
                places = pc.subtract(table[name].combine_chunks(), 1)
                columns |= {column: codes[column].take(places) for column in among}
            for name in wanted[len(LISTS) :]:
                columns[name] = table[name].combine_chunks()
            written = pa.table({field.name: columns[field.name] for field in _parquet_form()})
            writer.write_table(written.cast(_parquet_form()), row_group_size=_PARQUET_ROWS)


def _parquet_form() -> pa.Schema:
    codes = {name: pa.dictionary(pa.int32(), pa.string()) for among in LISTS.values() for name in among}
    numbers = dict.fromkeys(("value", *NUMBERS), pa.float64())
    kinds = codes | numbers | {"value_text": pa.string(), "sample_size": pa.int64()}
    at = _ALL_COLUMNS.index("value") + 1
    return pa.schema([(name, kinds[name]) for name in (*_ALL_COLUMNS[:at], "value_text", *_ALL_COLUMNS[at:])])


def _of_one_size(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Put batches together into tables of one size: the file does not depend on the engine's batches."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= _PARQUET_ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _PARQUET_ROWS)
            waiting = table.slice(_PARQUET_ROWS).to_batches()
            count -= _PARQUET_ROWS
    if count:
        yield pa.Table.from_batches(waiting)

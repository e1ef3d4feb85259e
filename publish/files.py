"""The contents of an edition become files that people and programs take away.

In:   Contents
Out:  downloads/: a CSV file for each dataset with its CSVW description, one for each other table, all
      observations as one CSV and one Parquet file

The CSV files are plain UTF-8. Numbers are written with the digits that were published. A text that a
spreadsheet would run as a formula gets an apostrophe in front; a number never does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from isal import igzip

from publish.contents import Contents
from publish.engine import text_bytes
from publish.lines import CsvLines, numbers_of
from publish.observations import LISTS, NUMBERS
from schemas import Field

# What a spreadsheet takes for the start of a formula.
_FORMULA = frozenset("=+-@\t\r")

_QUOTED = frozenset('",\n\r')

# Compressed files are written in pieces of one size, so that their bytes do not depend on the engine's
# batches.
_PIECE_BYTES = 1 << 18

_PARQUET_ROWS = 131_072

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


@dataclass(frozen=True, slots=True)
class File:
    """A file of the downloads. `path` is its path inside that folder, with forward slashes."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class Folder:
    """A folder that files are written into, each digested while it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, File] = {}

    def write(self, path: str, pieces: Iterable[bytes | memoryview], rows: int | None = None) -> File:
        """Write a file from pieces."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        sha, size = hashlib.sha256(), 0
        with at.open("wb") as file:
            for piece in pieces:
                sha.update(piece)
                size += len(piece)
                file.write(piece)
        self.files[path] = File(path, size, sha.hexdigest(), rows)
        return self.files[path]

    def part(self, path: str) -> Part:
        """Begin a file that is written a piece at a time, beside others."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        return Part(self, path)

    def note(self, path: str, rows: int | None = None) -> File:
        """Digest a file that was written by other means."""
        at = self.folder / path
        with at.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.files[path] = File(path, at.stat().st_size, digest, rows)
        return self.files[path]

    @contextmanager
    def compressed(self, path: str) -> Iterator[Callable[[bytes | memoryview], None]]:
        """Write a file compressed with gzip, fast, from pieces of any size. No clock and no name is in it."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        with at.open("wb") as raw, _gzip(raw) as file:
            pieces = _Pieces(file)
            yield pieces.write
            pieces.close()
        self.note(path)

    def link(self, path: str, original: Path) -> File:
        """Let a file of the edition appear here too: the same bytes on the disk where that is possible."""
        try:
            os.link(original, self.folder / path)
        except OSError:
            shutil.copyfile(original, self.folder / path)
        return self.note(path)

    def sums(self) -> bytes:
        """Give the lines of SHA256SUMS, as sha256sum checks them."""
        return "".join(f"{self.files[path].sha256}  {path}\n" for path in sorted(self.files)).encode()


def _gzip(raw: BinaryIO) -> Any:
    settings = {"filename": "", "mode": "wb", "compresslevel": 1, "mtime": 0}
    return igzip.IGzipFile(fileobj=raw, **settings)  # type: ignore[no-untyped-call]  # isal has no types


class Part:
    """A file that grows. It is open only while a piece is written: there may be thousands of them."""

    def __init__(self, folder: Folder, path: str) -> None:
        self._folder, self._path = folder, path
        self._sha, self._bytes, self._rows = hashlib.sha256(), 0, 0

    def write(self, piece: bytes | memoryview, rows: int = 0) -> None:
        with (self._folder.folder / self._path).open("ab") as file:
            file.write(piece)
        self._sha.update(piece)
        self._bytes += len(piece)
        self._rows += rows

    def close(self) -> None:
        """Note what the file has become."""
        self._folder.files[self._path] = File(self._path, self._bytes, self._sha.hexdigest(), self._rows)


class _Pieces:
    """Cuts what is written into pieces of one size."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._piece = memoryview(bytearray(_PIECE_BYTES))
        self._filled = 0

    def write(self, text: bytes | memoryview) -> None:
        rest = memoryview(text).cast("B")
        while rest:
            taken = min(len(rest), _PIECE_BYTES - self._filled)
            self._piece[self._filled : self._filled + taken] = rest[:taken]
            self._filled += taken
            rest = rest[taken:]
            if self._filled == _PIECE_BYTES:
                self.close()

    def close(self) -> None:
        self._file.write(self._piece[: self._filled])
        self._filled = 0


def write_csv_files(contents: Contents, folder: Folder) -> None:
    """Write every table as CSV: observations by dataset, and all together, compressed."""
    for name, schema in contents.model.tables.items():
        if name != "observations" and contents.tables[name].num_rows:
            table = contents.tables[name].select(list(schema.field_names))
            folder.write(f"tables/{name}.csv", _csv_lines(table, schema.fields), table.num_rows)
    _write_observations(contents, folder)


def _write_observations(contents: Contents, folder: Folder) -> None:
    """Write all observations compressed in one file, and those of each dataset in a file of their own."""
    observations = contents.observations
    datasets = [name for (name,) in observations.lists["dataset"]]
    parts = [folder.part(f"datasets/{dataset}.csv") for dataset in datasets]
    for dataset, part in zip(datasets, parts, strict=True):
        part.write(_heading(observation_columns(contents, dataset)))
    notes = [csv_cell(text) for (text,) in observations.lists["note"]]
    whole = CsvLines(observations, notes)
    by_dataset = CsvLines(observations, notes, _dimension_cells(contents))
    with folder.compressed("observations.csv.gz") as write:
        write(_heading(observation_columns(contents)))
        for batch in observations.batches():
            write(text_bytes(whole.write(batch)))
            lines, numbers = by_dataset.write(batch), numbers_of(batch, "dataset")
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
            for first, last in pairwise(cuts):
                rows = lines.slice(first, last - first)
                parts[int(numbers[first]) - 1].write(text_bytes(rows), last - first)
    for part in parts:
        part.close()


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


def _csv_lines(table: pa.Table, fields: Sequence[Field]) -> Iterator[bytes]:
    """Write a small table as CSV."""
    yield (",".join(table.column_names) + "\n").encode()
    columns = []
    for field in fields:
        cells = table[field.name].to_pylist()
        is_text = field.type in {"string", "list"}
        columns.append([csv_cell(cell) if is_text else cell or "" for cell in cells])
    for row in zip(*columns, strict=True):
        yield (",".join(row) + "\n").encode()


def csv_cell(text: str | None) -> str:
    """Write a text as a cell that no spreadsheet runs.

    >>> csv_cell("=1+1"), csv_cell('5" pipe'), csv_cell("Bristol, City of"), csv_cell(None)
    ("'=1+1", '"5"" pipe"', '"Bristol, City of"', '')
    """
    if not text:
        return ""
    if text[0] in _FORMULA:
        text = f"'{text}"
    if any(mark in text for mark in _QUOTED):
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

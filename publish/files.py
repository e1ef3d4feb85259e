"""The contents of an edition become files that people and programs take away.

In:   Contents
Out:  downloads/: a CSV file for each dataset with its CSVW description, one for each other table, and all
      observations as one CSV file

The CSV files are plain UTF-8. Numbers are written with the digits that were published. A text that a
spreadsheet would run as a formula gets an apostrophe in front; a number never does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.exchange import FORMULA_GUARD, FORMULA_MARKS
from publish.coded import SHARES, digests_of
from publish.contents import Contents
from publish.folder import Folder, GrowingFile
from publish.lines import CsvLines, numbers_of, text_bytes
from publish.observations import NUMBERS
from publish.parts import DOWNLOADS, Part, Parts, part_file
from publish.shares import Share, batches_of, share_out
from schemas import Field

_quoted = re.compile('[",\n\r]').search

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


def write_observation_files(
    contents: Contents, folder: Folder, parts: Parts | None = None
) -> tuple[str, dict[Share, str]]:
    """Write all observations compressed in one file, and those of each dataset in a file of their own.

    parts   what may be taken from the edition before

    Returns the digest of all observations, and that of each share: of its lines in the one file.
    """
    observations, parts = contents.observations, parts or Parts()
    shares = share_out(observations, digests_of(contents.made_of) if contents.made_of else None)
    notes = [csv_cell(text) for (text,) in observations.lists["note"]]
    lines = CsvLines(observations, notes, _dimension_cells(contents))
    digests: dict[Share, str] = {}
    first = 0
    with part_file(folder, WHOLE, parts) as whole:
        datasets = _DatasetFiles(contents, folder, parts, shares)
        kept = {share for share in shares if whole.has(share.key) and datasets.has(share)}
        datasets.link(kept)
        whole.add([_heading(observation_columns(contents))])
        whole.keep()
        made = groupby(
            batches_of(observations, [share for share in shares if share not in kept]), key=lambda one: one[0]
        )
        for share in shares:
            if share in kept:
                whole.take(share.key)
                datasets.take(share)
                digests[share] = parts.known[SHARES][share.key].digest
            else:
                sha = hashlib.sha256()
                whole.add(_write_share(lines, (batch for _, batch in next(made)[1]), datasets, sha))
                whole.keep(share.key, share.rows)
                datasets.keep(share)
                digests[share] = sha.hexdigest()
            if share.key:
                parts.note(SHARES, share.key, Part(first, 0, share.rows, digests[share]))
            first += share.rows
    datasets.close()
    return hashlib.sha256("\n".join(digests.values()).encode()).hexdigest(), digests


def _write_share(
    lines: CsvLines, batches: Iterable[pa.RecordBatch], datasets: _DatasetFiles, sha: hashlib._Hash
) -> Iterator[memoryview]:
    """Give the lines of a share, and write them into the files of their datasets, too."""
    for batch in batches:
        whole, by_dataset = lines.write(batch)
        datasets.write(numbers_of(batch, "dataset"), by_dataset)
        sha.update(text_bytes(whole))
        yield text_bytes(whole)


class _DatasetFiles:
    """The files of the datasets, each of which has a part of every share with figures of the dataset."""

    def __init__(self, contents: Contents, folder: Folder, parts: Parts, shares: Sequence[Share]) -> None:
        self._folder, self._parts = folder, parts
        names = [name for (name,) in contents.observations.lists["dataset"]]
        self._paths = {number: f"datasets/{name}.csv" for number, name in enumerate(names, start=1)}
        self._headings = {
            number: _heading(observation_columns(contents, name))
            for number, name in enumerate(names, start=1)
        }
        self._files: dict[int, GrowingFile] = {}
        of = {number: share for share in shares for number in share.numbers}
        # The shares that each dataset is in, in their order, and the other way round.
        self._shares: dict[int, dict[Share, None]] = {number: {} for number in self._paths}
        self._datasets: dict[Share, list[int]] = {share: [] for share in shares}
        for dataset, definition in contents.observations.series:
            self._shares[dataset][of[definition]] = None
        for dataset, within in self._shares.items():
            for share in within:
                self._datasets[share].append(dataset)
        self._starts: dict[int, tuple[int, int]] = {}

    def has(self, share: Share) -> bool:
        """Say whether the edition before has the share's part of every file."""
        return all(self._find(number, share) is not None for number in self._datasets[share])

    def link(self, kept: Collection[Share]) -> None:
        """Take whole files of which every part is kept, and begin the others."""
        for number, path in self._paths.items():
            within, known = self._shares[number], self._parts.known.get(f"{DOWNLOADS}/{path}", {})
            was = sorted(known, key=lambda key: known[key].start)
            is_same = all(share in kept for share in within) and was == [share.key for share in within]
            rows = sum(part.count for part in known.values())
            if not (is_same and self._parts.link(f"{DOWNLOADS}/{path}", self._folder, rows)):
                self._files[number] = self._folder.grow(path)
                self._files[number].write(self._headings[number])
                self._starts[number] = (self._files[number].bytes, 0)

    def take(self, share: Share) -> None:
        """Take the share's part of every file that is not taken whole."""
        for number in self._datasets[share]:
            part = self._find(number, share)
            if number in self._files and part is not None:
                content = self._parts.read(f"{DOWNLOADS}/{self._paths[number]}", part)
                self._files[number].write(content, part.count)
                self._keep(number, share, part.check)

    def write(self, numbers: Any, lines: pa.StringArray) -> None:
        """Write lines into the files of the datasets that they are of."""
        cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
        for first, last in pairwise(cuts):
            self._files[int(numbers[first])].write(text_bytes(lines.slice(first, last - first)), last - first)

    def keep(self, share: Share) -> None:
        """Say what all that was written since the last share was made of."""
        for number in self._datasets[share]:
            if number in self._files:
                self._keep(number, share)

    def _keep(self, number: int, share: Share, check: int | None = None) -> None:
        file, (start, rows) = self._files[number], self._starts[number]
        self._starts[number] = (file.bytes, file.rows)
        if share.key:
            part = Part(start, file.bytes - start, file.rows - rows, check=check)
            self._parts.note(f"{DOWNLOADS}/{self._paths[number]}", share.key, part)

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _find(self, number: int, share: Share) -> Part | None:
        return self._parts.find(f"{DOWNLOADS}/{self._paths[number]}", share.key)


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

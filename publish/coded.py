"""Coded rows of the shares that did not change are read from what the edition before published.

In:   what the figures of each indicator are made of now, and the edition before
Out:  the rows of shares made of the same, under the numbers of the new lists

What was published has codes as texts; where each row was read, and the digits of its numbers, lie beside it
(parquet.py). Both together say all that a coded row says.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.passing import MadeOf
from publish.carried import FOLDER as CARRIED
from publish.counts import KEYS, Counts, CountsBefore, Values
from publish.observations import FORM, LISTS, NUMBERS, Observations
from publish.parquet import CODES, PATHS, SOURCE
from publish.parts import Part, Parts
from publish.shares import Share, batches_of, deal_out

# In parts.json: for each share its first row, how many it has, and the digest of its lines.
SHARES = "shares"

# For each list the codes of the rows of a row group, and what each code stands for; 0 stands for nothing.
_Coded = dict[str, tuple[Any, dict[int, Values]]]


@dataclass(frozen=True)
class CodedBefore:
    """The shares that need not be read again, and their rows in the edition before.

    taken      where the rows of each share are, by its key
    made_of    for each indicator the digest of what its figures are made of, and `counts` how many there are
    wanted     the indicators whose figures must be read, and `sources` where those come from
    numbers    the number of each source now, by what its file is known by
    counted    what the edition before counted of the rows
    """

    paths: tuple[Path, Path]
    taken: Mapping[str, Part]
    made_of: Mapping[str, str]
    counts: Mapping[str, int]
    wanted: frozenset[str]
    sources: frozenset[int]
    numbers: Mapping[str, int]
    counted: CountsBefore
    _last: dict[int, tuple[pa.Table, pa.Table]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(part.count for part in self.taken.values())

    @cached_property
    def lists(self) -> Mapping[str, frozenset[Values]]:
        """The values that occur in the rows, for each list."""
        return self.counted.lists()

    def counts_by(self, lists: Mapping[str, Sequence[Values]]) -> Counts:
        """Give what is counted of the rows, under the numbers of lists."""
        return self.counted.numbered(lists, self.numbers)

    def whole(self, lists: Mapping[str, Sequence[Values]], definitions: Collection[int]) -> frozenset[int]:
        """Give the definitions of all shares that some definitions are of."""
        shares = self._shares(lists)
        return frozenset(
            number
            for share in shares
            if any(number in definitions for number in share.numbers)
            for number in share.numbers
        )

    def _shares(self, lists: Mapping[str, Sequence[Values]]) -> tuple[Share, ...]:
        return deal_out(lists["definition"], self.counts, self.made_of)

    def rows(self, fresh: Observations, definitions: Collection[int]) -> Iterator[pa.RecordBatch]:
        """Give the rows of whole shares in key order: those from before, and between them those that were read.

        fresh   what was read, coded by the lists of all
        """
        numbers = {
            name: {value: at for at, value in enumerate(values, start=1)}
            for name, values in fresh.lists.items()
        }
        shares = [share for share in self._shares(fresh.lists) if share.first in definitions]
        batches = batches_of(fresh, [share for share in shares if share.key not in self.taken])
        waiting = next(batches, None)
        for share in shares:
            if share.key in self.taken:
                for group, rows in self._slices(self.taken[share.key]):
                    yield self._from_before(group, rows, numbers)
            while waiting is not None and waiting[0] == share:
                yield waiting[1]
                waiting = next(batches, None)

    def _from_before(
        self, group: int, rows: slice, numbers: Mapping[str, Mapping[Values, int]]
    ) -> pa.RecordBatch:
        """Give some rows of a row group as coded rows."""
        columns: dict[str, Any] = {}
        for name, (codes, values) in self._coded(group).items():
            known = np.zeros(max(values, default=0) + 1, dtype=np.int32)
            for code, value in values.items():
                known[code] = numbers[name].get(value, 0)
            found = known[codes[rows]]
            columns[name] = pa.array(found, pa.int32(), mask=found == 0)
        said, origins = (table.slice(rows.start, rows.stop - rows.start) for table in self._read(group))
        places, texts = _places(origins[SOURCE])
        sources = np.array([0, *(self.numbers.get(text, 0) for text in texts)], dtype=np.int32)[places]
        columns |= {name: said[name].combine_chunks() for name in ("value", "value_text", "sample_size")}
        columns |= {name: origins[name].combine_chunks() for name in NUMBERS}
        columns["is_missing"] = columns["value_text"].is_null().cast(pa.int32())
        columns["_source"] = pa.array(sources, pa.int32(), mask=sources == 0)
        columns["_row"] = origins["row"].combine_chunks()
        return pa.RecordBatch.from_arrays([columns[name] for name in FORM.names], schema=FORM)

    @cached_property
    def _files(self) -> tuple[pq.ParquetFile, pq.ParquetFile]:
        said, origins = self.paths
        return pq.ParquetFile(said, read_dictionary=list(CODES)), pq.ParquetFile(
            origins, read_dictionary=[SOURCE]
        )

    @cached_property
    def _starts(self) -> list[int]:
        """The number of the first row of each row group, and that after the last."""
        told = self._files[0].metadata
        return list(accumulate((told.row_group(at).num_rows for at in range(told.num_row_groups)), initial=0))

    def _slices(self, part: Part) -> Iterator[tuple[int, slice]]:
        """Give where the rows of a share are: row groups, and rows of each."""
        last = part.start + part.count
        for group, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False)):
            if start < last and end > part.start:
                yield group, slice(max(part.start, start) - start, min(last, end) - start)

    def _coded(self, group: int) -> _Coded:
        """Give the codes of a row group."""
        table = self._read(group)[0]
        return {
            name: _together([_places(table[column]) for column in among]) for name, among in LISTS.items()
        }

    def _read(self, group: int) -> tuple[pa.Table, pa.Table]:
        """Read a row group; shares that follow each other are mostly in one."""
        if group not in self._last:
            said, origins = self._files
            columns = [*CODES, "value", "value_text", "sample_size"]
            self._last.clear()
            self._last[group] = (
                said.read_row_group(group, columns=columns),
                origins.read_row_group(group),
            )
        return self._last[group]


def find_coded(made_of: MadeOf | None, parts: Parts) -> CodedBefore | None:
    """Find the shares that are made of the same as in the edition before; None if there are none."""
    if made_of is None:
        return None
    paths = [parts.find_file(path) for path in PATHS]
    known = parts.known.get(SHARES, {})
    digests, counts = digests_of(made_of), counts_of(made_of)
    names = [(indicator, "") for indicator in sorted(digests)]
    shares = deal_out(names, counts, digests)
    taken = {share.key: known[share.key] for share in shares if share.key in known}
    found = {name: parts.find_file(f"{CARRIED}/{name}.parquet") for name in KEYS}
    counted = {name: path for name, path in found.items() if path is not None}
    if not taken or paths[0] is None or paths[1] is None or len(counted) < len(KEYS):
        return None
    fresh = [share for share in shares if share.key not in taken]
    wanted = frozenset(names[number - 1][0] for share in fresh for number in share.numbers)
    return CodedBefore(
        (paths[0], paths[1]),
        taken,
        digests,
        counts,
        wanted,
        frozenset(source for indicator in wanted for source in made_of.rows[indicator]),
        {key: source for source, key in made_of.files.items()},
        CountsBefore(counted, frozenset(digests) - wanted),
    )


def digests_of(made_of: MadeOf) -> dict[str, str]:
    """Give for each indicator the digest of what its figures are made of, and of what writes them here."""
    writers = " ".join((pa.__version__, duckdb.__version__, version("isal"), sqlite3.sqlite_version))
    return {
        indicator: hashlib.sha256(f"{writers} {digest}".encode()).hexdigest()
        for indicator, digest in made_of.digests().items()
    }


def counts_of(made_of: MadeOf) -> dict[str, int]:
    """Count the figures of each indicator."""
    return {indicator: sum(rows.values()) for indicator, rows in made_of.rows.items()}


def _places(column: pa.ChunkedArray) -> tuple[Any, list[str]]:
    """Give the places of a column's texts, from 1; 0 where it is empty."""
    cells = column.combine_chunks()
    return cells.indices.fill_null(-1).to_numpy() + 1, cells.dictionary.to_pylist()


def _together(columns: Sequence[tuple[Any, list[str]]]) -> tuple[Any, dict[int, Values]]:
    """Give one code for what stands in several columns, and what each code stands for."""
    codes, firsts = columns[0]
    values: dict[int, Values] = {at: (text,) for at, text in enumerate(firsts, start=1)}
    for places, texts in columns[1:]:
        codes = codes * (len(texts) + 1) + places
        values = {
            code * (len(texts) + 1) + at: (*value, text)
            for code, value in values.items()
            for at, text in enumerate(texts, start=1)
        }
    return codes.astype(np.min_scalar_type(max(values, default=0))), values

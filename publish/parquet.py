"""All observations become one Parquet file to take away, and a second one with what the first one leaves out.

In:   coded observations, dealt out in shares, and the edition before
Out:  downloads/observations.parquet: codes as text, numbers as numbers
      carried/origins.parquet: of the same rows where each was read, and the digits of numbers

Row groups end where runs of shares do. A run that did not change comes from the edition before, as bytes. From both
files together the next edition reads the coded rows of what did not change (coded.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.engine import of_size
from publish.carried import FOLDER as CARRIED
from publish.joined_parquet import JoinedParquet, Struct, groups_of, read_footer, start_of
from publish.observations import LISTS, NUMBERS, Observations
from publish.parts import DOWNLOADS, Part, PartFile, Parts
from publish.shares import Run, Share, batches_of, runs_of

# Rows of a row group, at the most.
GROUP_ROWS = 131_072

OBSERVATIONS = "observations.parquet"
ORIGINS = f"{CARRIED}/origins.parquet"
PATHS = (f"{DOWNLOADS}/{OBSERVATIONS}", ORIGINS)

# The columns of the first file that are codes, and the column of the second that says which file was read.
CODES = tuple(column for among in LISTS.values() for column in among)
SOURCE = "source"

_NUMBER = pa.float64()
_CODE = pa.dictionary(pa.int32(), pa.string())

FORM = pa.schema(
    [
        *((name, _CODE) for name in ("dataset", "indicator", "version", "area", "period", "breakdown")),
        ("value", _NUMBER),
        ("value_text", pa.string()),
        ("status", _CODE),
        *((name, _NUMBER) for name in NUMBERS),
        ("sample_size", pa.int64()),
        ("note", _CODE),
    ]
)

ORIGINS_FORM = pa.schema([(SOURCE, _CODE), ("row", pa.int64()), *((name, pa.string()) for name in NUMBERS)])

# Rows come in the order of these, so that their least and most tell row groups apart. Those of other columns would tell
# a reader nothing, and cost a quarter of the time.
_RANGED = ("dataset", "indicator", "version", "period")

# The form of each file, a column whose numbers rise, and those that tell row groups apart.
_FORMS: tuple[tuple[pa.Schema, str, tuple[str, ...]], ...] = ((FORM, "", _RANGED), (ORIGINS_FORM, "row", ()))

Numbers = Any


def write_parquet(
    observations: Observations,
    shares: Iterable[Share],
    edition: Path,
    parts: Parts,
    sources: Mapping[int, str],
) -> None:
    """Write both files.

    edition   the folder of the edition; the second file does not lie among the downloads
    sources   what each source is known by
    """
    forms = _Forms(observations, sources)
    runs = runs_of(shares)
    taken = _Taken(parts)
    fresh = [run for run in runs if not taken.has(run)]
    rows = iter(_rows_of(observations, fresh))
    # Of what nobody will find again nothing more is said.
    paths = PATHS if any(run.key for run in runs) else PATHS[:1]
    with ExitStack() as stack:
        files, joined = [], []
        for path, (form, rising, ranged) in zip(paths, _FORMS, strict=False):
            (edition / path).parent.mkdir(exist_ok=True)
            file = stack.enter_context((edition / path).open("wb"))
            joined.append(JoinedParquet(file, form, rising, ranged))
            files.append(PartFile(path, file, parts))
        for run in runs:
            if taken.has(run):
                for at, one in enumerate(joined):
                    one.take(*taken.piece(at, run))
            else:
                for table in next(rows):
                    for one, written in zip(joined, forms.both(table), strict=False):
                        one.add(written)
            for each in files:
                each.keep(run.key, run.rows)
        for one in joined:
            one.close()
    for path in paths[1:]:
        parts.note_file(path, edition)


class _Taken:
    """What the edition before has of both files."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._groups: dict[str, list[Struct]] = {}

    def has(self, run: Run) -> bool:
        # The footer, which says where its row groups lie, is no part.
        return bool(run.key) and all(
            self._parts.find_file(path) and self._parts.find(path, run.key) for path in PATHS
        )

    def piece(self, at: int, run: Run) -> tuple[memoryview, list[Struct], int]:
        """Give the bytes of a run in one of the files, its row groups, and where it lay."""
        path = PATHS[at]
        part = self._parts.known[path][run.key]
        if path not in self._groups:
            found = self._parts.find_file(path)
            assert found is not None
            self._groups[path] = groups_of(read_footer(found.read_bytes()))
        return self._parts.read(path, part), groups_within(self._groups[path], part), part.start


def groups_within(groups: Sequence[Struct], part: Part) -> list[Struct]:
    """Give the row groups that lie in a part of their file."""
    return [group for group in groups if part.start <= start_of(group) < part.start + part.bytes]


def _rows_of(observations: Observations, runs: Sequence[Run]) -> Iterator[Iterator[pa.Table]]:
    """Give the rows of each run, in tables that are not too large."""
    of = {share: at for at, run in enumerate(runs) for share in run.shares}
    batches = batches_of(observations, list(of))
    for _, found in groupby(batches, key=lambda one: of[one[0]]):
        of_run = of_size((batch for _, batch in found), GROUP_ROWS)
        yield (pa.Table.from_batches([batch]) for batch in of_run)


class _Forms:
    """Writes coded rows under the columns of the files."""

    def __init__(self, observations: Observations, sources: Mapping[int, str]) -> None:
        self._codes = {
            column: _Texts([row[at] for row in observations.lists[name]])
            for name, among in LISTS.items()
            for at, column in enumerate(among)
        }
        self._known = max(sources, default=0)
        self._sources = _Texts([sources.get(number, "") for number in range(1, self._known + 1)])

    def both(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Give the tables of both files; the second is right only if it is known what the sources are known by."""
        columns = {
            column: self._codes[column].of(_numbers(rows, name))
            for name, among in LISTS.items()
            for column in among
        }
        columns |= {name: rows[name] for name in ("value", "value_text", "sample_size")}
        columns |= {name: pc.cast(rows[name], _NUMBER) for name in NUMBERS}
        numbers = _numbers(rows, "_source")
        origins = {SOURCE: self._sources.of(np.minimum(numbers, self._known)), "row": rows["_row"]}
        origins |= {name: rows[name] for name in NUMBERS}
        return (
            pa.table([columns[name] for name in FORM.names], FORM),
            pa.table([origins[name] for name in ORIGINS_FORM.names], ORIGINS_FORM),
        )


def _numbers(rows: pa.Table, name: str) -> Numbers:
    return rows[name].combine_chunks().fill_null(0).to_numpy().astype(np.int64)


class _Texts:
    """The texts that codes stand for, which count from 1; 0 stands for none."""

    def __init__(self, texts: Sequence[str]) -> None:
        different = sorted(set(texts))
        places = {text: at for at, text in enumerate(different, start=1)}
        self._places = np.array([0, *(places[text] for text in texts)], dtype=np.int32)
        self._texts = pa.array(different, pa.string())

    def of(self, numbers: Numbers) -> pa.DictionaryArray:
        """Give a column of texts; its dictionary has only those that are in it, whatever else there is."""
        places = self._places[numbers]
        is_used = np.zeros(len(self._texts) + 1, dtype=bool)
        is_used[places] = True
        is_used[0] = False
        texts = self._texts.take(pa.array(np.flatnonzero(is_used) - 1))
        indices = (np.cumsum(is_used) - 1).astype(np.int32)[places]
        return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32(), mask=places == 0), texts)

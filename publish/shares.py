"""Observations are dealt out in shares, so that what became of a share can be taken from the edition before.

In:   coded observations
Out:  shares: runs of definitions, and batches of rows that never reach from one share into the next

Where a share ends depends on its own indicators alone, so that one more row, or one more indicator, changes no share
but those beside it. What is written of a share depends on nothing that is outside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.engine import BATCH_ROWS
from ingest.expressions import ibis, limited
from publish.observations import Observations, ranges_of

# Rows of a run, at the least; from there on it ends where one of its shares does that in four is, by its name.
RUN_ROWS = 16_384
_RUN_ENDS = 4

# An indicator with so many rows ends its share. Of smaller ones one in eight does, by its name.
LARGE_ROWS = 4_096
_ONE_IN = 8


@dataclass(frozen=True, slots=True)
class Share:
    """The observations of some definitions that follow each other: from the number `first` to `last`.

    key    the digest of all that they are made of; empty where that is not known
    ends   whether a run may end with it
    """

    first: int
    last: int
    rows: int
    key: str = ""
    ends: bool = False

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class Run:
    """Shares that follow each other, where one alone would be too few rows.

    key   the digest of all that they are made of; empty where that is not known
    """

    shares: tuple[Share, ...]
    key: str

    @property
    def rows(self) -> int:
        return sum(share.rows for share in self.shares)


def runs_of(shares: Iterable[Share]) -> tuple[Run, ...]:
    """Put shares together into runs, of which a change moves the borders beside it alone."""
    runs: list[list[Share]] = [[]]
    for share in shares:
        if sum(one.rows for one in runs[-1]) >= RUN_ROWS and runs[-1][-1].ends:
            runs.append([])
        runs[-1].append(share)
    return tuple(Run(tuple(run), _key_of([share.key for share in run])) for run in runs if run)


def _key_of(keys: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest() if all(keys) else ""


def share_out(observations: Observations, made_of: Mapping[str, str] | None = None) -> tuple[Share, ...]:
    """Deal all observations out, in key order.

    made_of   for each indicator the digest of what its figures are made of, where that is known
    """
    versions = observations.lists["definition"]
    counts: dict[str, int] = {}
    for number, count in observations.counts.by_definition.items():
        indicator, _ = versions[number - 1]
        counts[indicator] = counts.get(indicator, 0) + count
    return deal_out(versions, counts, made_of or {})


def deal_out(
    versions: Sequence[tuple[str, ...]], counts: Mapping[str, int], made_of: Mapping[str, str]
) -> tuple[Share, ...]:
    """Deal versions of indicators out, which are numbered in their order.

    counts   how many rows each indicator has
    """
    shares: list[Share] = []
    first = count = 0
    keys: list[str] = []
    for indicator, numbered in groupby(enumerate(versions, start=1), key=lambda one: one[1][0]):
        numbers = [number for number, _ in numbered]
        own = counts.get(indicator, 0)
        first, count = first or numbers[0], count + own
        keys.append(made_of.get(indicator, ""))
        if _ends_share(indicator, own) or numbers[-1] == len(versions):
            shares.append(Share(first, numbers[-1], count, _key_of(keys), _one_in(_RUN_ENDS, indicator, 1)))
            first, count, keys = 0, 0, []
    return tuple(shares)


def _ends_share(indicator: str, rows: int) -> bool:
    """Say whether a share ends with an indicator, by how many rows it has and by its name."""
    return rows >= LARGE_ROWS or _one_in(_ONE_IN, indicator, 0)


def _one_in(count: int, indicator: str, place: int) -> bool:
    return hashlib.sha256(indicator.encode()).digest()[place] % count == 0


def batches_of(
    observations: Observations,
    shares: Sequence[Share],
    form: Callable[[ibis.Table], ibis.Table] = lambda rows: rows,
) -> Iterator[tuple[Share, pa.RecordBatch]]:
    """Stream the rows of some shares, which are in key order, each with its share.

    form   what is streamed of them; the definition is among it

    A share comes in batches of BATCH_ROWS rows and a last one, whatever stands before and after it.
    """
    if not shares:
        return
    observations = observations.around(number for share in shares for number in share.numbers)
    rows = observations.rows
    if sum(share.rows for share in shares) < observations.count:
        numbers = ranges_of(number for share in shares for number in share.numbers)
        rows = limited(rows, "definition", numbers)
    left = iter(shares)
    share = next(left)
    waiting: list[Any] = []
    for batch in observations.batches(form(rows)):
        numbers = batch.column("definition").to_numpy()
        start = 0
        while start < batch.num_rows:
            end = int(np.searchsorted(numbers, share.last, side="right"))
            if end > start:
                waiting.append(batch.slice(start, end - start))
                start = end
                yield from ((share, whole) for whole in _whole_batches(waiting))
            if start < batch.num_rows:
                yield from ((share, rest) for rest in _rest(waiting))
                share = next(left)
    yield from ((share, rest) for rest in _rest(waiting))


def _whole_batches(waiting: list[Any]) -> Iterator[pa.RecordBatch]:
    """Take batches that are full out of what waits."""
    while sum(batch.num_rows for batch in waiting) >= BATCH_ROWS:
        joined = waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
        yield joined.slice(0, BATCH_ROWS)
        waiting[:] = [joined.slice(BATCH_ROWS)] if joined.num_rows > BATCH_ROWS else []


def _rest(waiting: list[Any]) -> Iterator[pa.RecordBatch]:
    """Take what still waits."""
    if waiting:
        yield waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
        waiting.clear()

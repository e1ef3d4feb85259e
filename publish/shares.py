"""Observations are dealt out in shares, so that what became of a share can be taken from the edition before.

In:   coded observations
Out:  shares: runs of definitions, and batches of rows that never reach from one share into the next

Where a share ends depends on its own indicators alone, so that one more row, or one more indicator, changes no share
but those beside it. What is written of a share depends on nothing that is outside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from publish.engine import BATCH_ROWS
from publish.observations import Observations

# An indicator with so many rows ends its share. Of smaller ones one in eight does, by its name.
LARGE_ROWS = 4_096
_ONE_IN = 8


@dataclass(frozen=True, slots=True)
class Share:
    """The observations of some definitions that follow each other: from the number `first` to `last`."""

    first: int
    last: int
    rows: int


def share_out(observations: Observations) -> tuple[Share, ...]:
    """Deal all observations out, in key order."""
    rows = observations.rows
    counted = observations.engine.read(rows.group_by("definition").aggregate(count=rows.count()))
    counts = dict(zip(counted["definition"].to_pylist(), counted["count"].to_pylist(), strict=True))
    shares: list[Share] = []
    first = count = 0
    numbered = enumerate(observations.lists["definition"], start=1)
    for indicator, versions in groupby(numbered, key=lambda one: one[1][0]):
        numbers = [number for number, _ in versions]
        own = sum(counts.get(number, 0) for number in numbers)
        first, count = first or numbers[0], count + own
        if (
            own >= LARGE_ROWS
            or _ends_share(indicator)
            or numbers[-1] == len(observations.lists["definition"])
        ):
            shares.append(Share(first, numbers[-1], count))
            first = count = 0
    return tuple(shares)


def _ends_share(indicator: str) -> bool:
    return hashlib.sha256(indicator.encode()).digest()[0] % _ONE_IN == 0


def batches_of(observations: Observations, shares: Sequence[Share]) -> Iterator[tuple[Share, pa.RecordBatch]]:
    """Stream the rows of some shares, which are in key order, each with its share.

    A share comes in batches of BATCH_ROWS rows and a last one, whatever stands before and after it.
    """
    if not shares:
        return
    rows = observations.rows
    if sum(share.rows for share in shares) < observations.count:
        wanted = [number for share in shares for number in range(share.first, share.last + 1)]
        rows = rows.filter(rows.definition.isin(wanted))
    left = iter(shares)
    share = next(left)
    waiting: list[Any] = []
    for batch in observations.batches(rows):
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

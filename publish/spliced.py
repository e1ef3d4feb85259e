"""The index by area is put together from that of the edition before, and from the entries that are others now.

In:   the leaves of an index, which definitions have other entries now, and those entries
Out:  all entries in the order of the index

Each area has figures of every definition, so a leaf has something of each share, and none stays as it was. But what
an entry says stays, as long as the numbers of codes do: only where it lies is another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from publish.records import read_numbers
from publish.trees import Records, records_of_leaves

# So many pages of the index are looked at together.
_PAGES = 1 << 7

# The place of the area and of the definition in an entry are the first two; a number of either is shorter than this.
_KEYS, _BITS = 2, 32

# Arrays of numpy. None has types of its own here.
Array = Any


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of the index in its order.

    content   one after another, and `lengths` how long each is
    """

    content: Array
    lengths: Array

    def keys(self) -> Array:
        """Give the area and the definition of each entry in one number."""
        area, definition = read_numbers(self.content, np.cumsum(self.lengths) - self.lengths, _KEYS)
        return area << _BITS | definition


def splice(
    pages: bytes | memoryview, dividers: bytes | memoryview, page_bytes: int, is_other: Array, fresh: Entries
) -> Iterator[Records]:
    """Give all entries of an index.

    pages      the leaves of the index as it was, and `dividers` the entries between them
    is_other   for each number of a definition whether all its entries are among the fresh ones
    """
    cutting = _Cutting(fresh)
    for content, lengths in records_of_leaves(pages, dividers, page_bytes, _PAGES):
        yield cutting.join(Entries(content, lengths), is_other)
    yield cutting.rest()


class _Cutting:
    """Cuts entries where others go out or come in."""

    def __init__(self, fresh: Entries) -> None:
        self._fresh, self._keys = fresh, fresh.keys()
        self._ends = np.concatenate([[0], np.cumsum(fresh.lengths)])
        self._given = 0

    def join(self, old: Entries, is_other: Array) -> Records:
        """Give what stays of some entries, and the fresh ones that stand before the last of them."""
        keys, ends = old.keys(), np.concatenate([[0], np.cumsum(old.lengths)])
        goes = is_other[keys & ((1 << _BITS) - 1)]
        count, given = len(keys), self._given
        # Before which old entry each fresh one stands; those behind all of them wait.
        waiting = given + int(np.searchsorted(self._keys[given:], keys[-1], side="right"))
        places = np.searchsorted(keys, self._keys[given:waiting])
        cuts = np.unique(np.concatenate([[0, count], np.flatnonzero(np.diff(goes)) + 1, places]))
        firsts = given + np.searchsorted(places, cuts, side="left")
        lasts = given + np.searchsorted(places, cuts, side="right")
        stays = ~goes[cuts[:-1]]
        texts, lengths = [], []
        for at, (start, end) in enumerate(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)):
            first, last = int(firsts[at]), int(lasts[at])
            if first < last:
                texts.append(self._fresh.content[self._ends[first] : self._ends[last]])
                lengths.append(self._fresh.lengths[first:last])
            if stays[at]:
                texts.append(old.content[ends[start] : ends[end]])
                lengths.append(old.lengths[start:end])
        self._given = waiting
        return np.concatenate(texts or [old.content[:0]]), np.concatenate(lengths or [old.lengths[:0]])

    def rest(self) -> Records:
        """Give the fresh entries that stand behind all others."""
        return self._fresh.content[self._ends[self._given] :], self._fresh.lengths[self._given :]

"""Records in key order become the pages of a table or an index in a SQLite file.

In:   a file in which the table stands empty, and its records in key order, as bytes
Out:  the same file, filled

SQLite is handed a row a cell at a time, and turns pages over as it goes; pages that are written in order, each once,
cost half as much. The form is the one that SQLite promises to keep (https://www.sqlite.org/fileformat2.html, section
1.6): a leaf holds records, and between two leaves stands one record, in a page above them that says where both are. A
table that has no rowid is such a tree, as every index is. PRAGMA integrity_check judges what comes out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

_LEAF, _INTERIOR = 0x0A, 0x02
_LEAF_HEAD, _INTERIOR_HEAD = 8, 12
_POINTER, _CHILD = 2, 4

# The page that holds this byte of a file is SQLite's own, for its locks.
_LOCK_BYTE = 1 << 30
_SIZE_AT = 28

# So many bytes of pages become one piece of the file.
_BUFFER = 1 << 20

# Records as bytes, and the length of each. None of numpy's arrays has types of its own here.
Records = tuple[Any, Any]


class PageFile:
    """A SQLite file that pages are added to, while nobody else has it open."""

    def __init__(self, path: Path, page_bytes: int) -> None:
        self.page_bytes = page_bytes
        self._file: BinaryIO = path.open("r+b", buffering=_BUFFER)
        self._file.seek(0, 2)
        self._count = self._file.tell() // page_bytes

    def add(self, page: bytes | memoryview) -> int:
        """Add a page at the end, and give its number."""
        if self._count == _LOCK_BYTE // self.page_bytes:
            self._file.write(bytes(self.page_bytes))
            self._count += 1
        self._file.write(page)
        self._count += 1
        return self._count

    def replace(self, number: int, page: bytes) -> None:
        """Put a page in the place of another."""
        self._file.seek((number - 1) * self.page_bytes)
        self._file.write(page)
        self._file.seek(0, 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            # A file that says less than it holds is thrown away whole by who builds it.
            if fault is None:
                self._file.seek(_SIZE_AT)
                self._file.write(struct.pack(">I", self._count))


@dataclass(frozen=True, slots=True)
class Leaves:
    """Leaves of a tree that follow each other, and the records that stand between them.

    start       where they lie in the file, and `size` how many bytes of it; None where they do not lie side by side
    dividers    the record before the first leaf, unless that is the first of the tree, and one between any two
    """

    start: int | None
    size: int
    dividers: bytes


class Tree:
    """A tree whose leaves are added to a file from left to right, in runs that say nothing of one another.

    What stands in the leaves of a run depends on its records alone, and on whether it is the first.
    """

    def __init__(self, file: PageFile) -> None:
        self._file = file
        self._children: list[int] = []
        self._dividers: list[bytes] = []
        # The first leaf waits: if it stays the only one, it is the root.
        self._only: bytes | memoryview = b""

    @property
    def is_empty(self) -> bool:
        return not self._children and not self._only

    def grow(self, records: Iterable[Records]) -> Leaves:
        """Add a run of two records or more; the first run of a tree may be shorter.

        records   in key order, in pieces of any size: the pages do not depend on how they are divided
        """
        dividers: list[bytes] = []
        if not self.is_empty:
            divider, records = _first_record(records)
            self._divide(divider)
            dividers.append(divider)
        begun = len(self._children)
        for page, following in _leaves(records, self._file.page_bytes):
            self._add(page)
            if following is not None:
                self._divide(following)
                dividers.append(following)
        return self._leaves_since(begun, b"".join(dividers))

    def take(self, pages: bytes | memoryview, dividers: bytes | memoryview) -> Leaves:
        """Add a run that another file has."""
        size = self._file.page_bytes
        dividers = bytes(dividers)
        between = _records_of(dividers)
        if not self.is_empty:
            self._divide(next(between))
        begun = len(self._children)
        for at in range(0, len(pages), size):
            if at:
                self._divide(next(between))
            self._add(pages[at : at + size])
        return self._leaves_since(begun, dividers)

    def _leaves_since(self, begun: int, dividers: bytes) -> Leaves:
        size, pages = self._file.page_bytes, self._children[begun:]
        # The page of SQLite's locks may stand between two, and the only leaf of a tree is not there yet.
        is_side_by_side = bool(pages) and pages[-1] - pages[0] == len(pages) - 1
        return Leaves((pages[0] - 1) * size if is_side_by_side else None, len(pages) * size, dividers)

    def _add(self, page: bytes | memoryview) -> None:
        if self.is_empty:
            self._only = page
        else:
            self._settle()
            self._children.append(self._file.add(page))

    def _settle(self) -> None:
        if self._only:
            self._children.append(self._file.add(self._only))
            self._only = b""

    def _divide(self, divider: bytes) -> None:
        self._settle()
        self._dividers.append(divider)

    def root(self) -> bytes:
        """Add the pages above the leaves, all but the root, which is given back."""
        if not self._children:
            return bytes(self._only) or _page(_LEAF, b"", np.empty(0, np.int64), self._file.page_bytes)
        children, dividers = self._children, self._dividers
        while True:
            root, children, dividers = _level(self._file, children, dividers)
            if root is not None:
                return root


def _first_record(records: Iterable[Records]) -> tuple[bytes, Iterator[Records]]:
    """Take the first record off."""
    pieces = (piece for piece in records if len(piece[1]))
    content, lengths = next(pieces)
    size = int(lengths[0])
    return content[:size].tobytes(), chain([(content[size:], lengths[1:])], pieces)


def _records_of(content: bytes) -> Iterator[bytes]:
    """Take records apart: each says in its first byte how many follow."""
    at = 0
    while at < len(content):
        end = at + 1 + content[at]
        yield content[at:end]
        at = end


def records_of_leaves(
    pages: bytes | memoryview, dividers: bytes | memoryview, size: int, at_once: int
) -> Iterator[Records]:
    """Give the records of leaves that follow each other, so many leaves at once, as `Tree.grow` was given them.

    dividers   the record between any two of them
    """
    between = _records_of(bytes(dividers))
    whole = np.frombuffer(pages, np.uint8).reshape(-1, size)
    for start in range(0, len(whole), at_once):
        leaves = whole[start : start + at_once]
        counts = _two_bytes(leaves, 3, 1)[:, 0]
        begins = _two_bytes(leaves, 5, 1)[:, 0]
        pointers = _two_bytes(leaves, _LEAF_HEAD, int(counts.max(initial=0)))
        places = np.arange(pointers.shape[1])
        ends = np.where(places + 1 < counts[:, None], np.roll(pointers, -1, axis=1), size)
        lengths = (ends - pointers)[places < counts[:, None]]
        pieces, longer = [], []
        for leaf, begin in zip(leaves, begins.tolist(), strict=True):
            divider = next(between, b"")
            pieces += [leaf[begin:], np.frombuffer(divider, np.uint8)]
            longer.append(len(divider))
        after = np.cumsum(counts)
        # Behind the last leaf nothing stands.
        kept = len(after) if longer[-1] else len(after) - 1
        yield np.concatenate(pieces), np.insert(lengths, after[:kept], longer[:kept])


def _two_bytes(pages: Any, at: int, count: int) -> Any:
    """Read numbers of two bytes that stand side by side in each page."""
    return np.ascontiguousarray(pages[:, at : at + 2 * count]).view(">u2").astype(np.int64)


def _leaves(records: Iterable[Records], size: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Give each leaf and the record that follows it; the last has none."""
    room = size - _LEAF_HEAD
    content, lengths = np.empty(0, np.uint8), np.empty(0, np.int64)
    for more_content, more_lengths in records:
        content = np.concatenate([content, more_content])
        lengths = np.concatenate([lengths, more_lengths])
        ends = np.cumsum(lengths)
        filled = ends + _POINTER * np.arange(1, len(lengths) + 1)
        text = content.tobytes()
        first = start = taken = 0
        while True:
            last = int(np.searchsorted(filled, taken + room, side="right"))
            # A leaf is whole when what follows it is known: a divider, and a first record of the next leaf.
            if last + 1 >= len(lengths):
                break
            end, after = int(ends[last - 1]), int(ends[last])
            yield (
                _page(_LEAF, text[start:end], ends[first:last] - lengths[first:last] - start, size),
                text[end:after],
            )
            first, start, taken = last + 1, after, int(filled[last])
        content, lengths = content[start:], lengths[first:]
    yield from _last_leaves(content, lengths, size)


def _last_leaves(content: Any, lengths: Any, size: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Give the leaves of what is left at the end: one, or two where one record too many is left for one."""
    ends = np.cumsum(lengths)
    starts, text = ends - lengths, content.tobytes()
    if len(text) + _POINTER * len(lengths) <= size - _LEAF_HEAD:
        yield _page(_LEAF, text, starts, size), None
        return
    # The last record becomes the first of a leaf of its own, and the one before it the divider.
    cut = len(lengths) - 2
    yield _page(_LEAF, text[: starts[cut]], starts[:cut], size), text[starts[cut] : ends[cut]]
    yield _page(_LEAF, text[starts[cut + 1] :], starts[cut + 1 :] - starts[cut + 1], size), None


def _page(kind: int, cells: bytes, starts: Any, size: int, right: int | None = None) -> bytes:
    """Put a page together: its head, where each cell begins, and the cells at its end."""
    begin = size - len(cells)
    head = struct.pack(">BHHHB", kind, 0, len(starts), begin, 0)
    if right is not None:
        head += struct.pack(">I", right)
    head += bytes((starts + begin).astype(">u2"))
    return b"".join((head, bytes(begin - len(head)), cells))


def _level(
    file: PageFile, children: list[int], dividers: list[bytes]
) -> tuple[bytes | None, list[int], list[bytes]]:
    """Write the pages above some children. Returns the root if one page is enough, else what stands above them."""
    room = file.page_bytes - _INTERIOR_HEAD
    above: list[int] = []
    between: list[bytes] = []
    cells: list[bytes] = []
    used = 0
    for place, divider in enumerate(dividers):
        cell = struct.pack(">I", children[place]) + divider
        is_last = place == len(dividers) - 1
        if used + len(cell) + _POINTER > room and not is_last:
            above.append(file.add(_interior(cells, children[place], file.page_bytes)))
            between.append(divider)
            cells, used = [], 0
            continue
        if used + len(cell) + _POINTER > room:
            # The last divider has two children under it: what stood before it moves up in its place.
            moved = cells.pop()
            above.append(file.add(_interior(cells, struct.unpack(">I", moved[:_CHILD])[0], file.page_bytes)))
            between.append(moved[_CHILD:])
            cells = []
        cells.append(cell)
        used += len(cell) + _POINTER
    page = _interior(cells, children[-1], file.page_bytes)
    if not above:
        return page, [], []
    above.append(file.add(page))
    return None, above, between


def _interior(cells: list[bytes], right: int, size: int) -> bytes:
    lengths = np.array([len(cell) for cell in cells], dtype=np.int64)
    return _page(_INTERIOR, b"".join(cells), np.cumsum(lengths) - lengths, size, right)

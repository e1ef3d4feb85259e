"""What took work to make, kept by its tag within a bound of bytes.

In:   a tag, which names an edition, an address and our code, and what was made for it
Out:  the same again, for as long as there is room
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_BYTES = 64 << 20


class Kept(Generic[T]):
    """Values by tag; the one that was not asked for the longest is given up first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._bytes = 0
        self._most_bytes = most_bytes

    def find(self, tag: str) -> T | None:
        """Find what is kept for a tag, or None."""
        found = self._values.get(tag)
        if found is None:
            return None
        self._values.move_to_end(tag)
        return found[0]

    def keep(self, tag: str, value: T, size: int) -> None:
        """Keep a value of so many bytes, unless it is so large that little else would have room."""
        if tag in self._values or size > self._most_bytes // 8:
            return
        self._values[tag] = (value, size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, (_, freed) = self._values.popitem(last=False)
            self._bytes -= freed

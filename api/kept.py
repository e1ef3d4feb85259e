"""What took work to make, kept as bytes by its tag within a bound: in this process, and for all workers of a server.

In:   a tag, which names an edition, an address and a form, and what was made for it
Out:  the same again, for as long as there is room
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 64 << 20
MOST_BYTES_SHARED = 512 << 20
# Another worker may be writing; making the page again is quicker than waiting for long.
_PATIENCE = 0.05
# How often a shelf is looked through for what has no room.
_TRIM_EVERY = 50
_TRIM = (
    "DELETE FROM kept WHERE number <= (SELECT max(number) FROM (SELECT number,"
    " sum(size) OVER (ORDER BY number DESC) AS held FROM kept) WHERE held > ?)"
)


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of an answer, and its links for the header as they are told."""

    body: bytes
    links: tuple[str, ...] = ()


class Kept:
    """Answers by tag; the one that was not asked for the longest is given up first.

    shared   looked through for what this process has not; gets what it makes
    """

    def __init__(self, shared: Shelf | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._values: OrderedDict[str, Made] = OrderedDict()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._shared = shared

    def find(self, tag: str) -> Made | None:
        """Find what is kept for a tag, or None."""
        found = self._values.get(tag)
        if found is not None:
            self._values.move_to_end(tag)
        elif self._shared is not None:
            found = self._shared.find(tag)
            if found is not None:
                self._take(tag, found)
        return found

    def keep(self, tag: str, made: Made) -> None:
        """Keep an answer, unless it is so large that little else would have room."""
        if tag in self._values or len(made.body) > self._most_bytes // 8:
            return
        self._take(tag, made)
        if self._shared is not None:
            self._shared.keep(tag, made)

    def _take(self, tag: str, made: Made) -> None:
        self._values[tag] = made
        self._bytes += len(made.body)
        while self._bytes > self._most_bytes:
            _, freed = self._values.popitem(last=False)
            self._bytes -= len(freed.body)


class Shelf:
    """A file in which the workers of one server find what any of them made. It goes when the server ends.

    A shelf that is full or in use by another worker is no fault: the answer is made again.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES_SHARED) -> None:
        """Open the file, which the first worker makes."""
        self._most_bytes = most_bytes
        self._connection = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        # Nothing here outlives the server, so nothing waits for the disk.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA busy_timeout = 5000")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS kept"
            " (number INTEGER PRIMARY KEY, tag TEXT UNIQUE, size INTEGER, links TEXT, body BLOB)"
        )
        self._connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")

    def find(self, tag: str) -> Made | None:
        """Find what a worker kept for a tag, or None."""
        try:
            row = self._connection.execute("SELECT body, links FROM kept WHERE tag = ?", (tag,)).fetchone()
        except sqlite3.OperationalError:
            return None
        return None if row is None else Made(row[0], tuple(json.loads(row[1])))

    def keep(self, tag: str, made: Made) -> None:
        """Keep an answer for every worker; what was kept first gives way."""
        facts = (tag, len(made.body), json.dumps(made.links), made.body)
        try:
            put = self._connection.execute(
                "INSERT OR IGNORE INTO kept (tag, size, links, body) VALUES (?, ?, ?, ?)", facts
            )
            if (put.lastrowid or 0) % _TRIM_EVERY == 0:
                self._connection.execute(_TRIM, (self._most_bytes,))
        except sqlite3.OperationalError:
            return

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

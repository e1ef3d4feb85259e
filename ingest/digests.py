"""A file is digested once while it stays as it is, however often a publication asks.

In:   the path of a file
Out:  its SHA-256

A file is the same if its place on the disk, its size and both its times are, and if it had come to rest when it was
read: what changes within a step of the clock may not show. Nothing is remembered beyond the process.
"""

from __future__ import annotations

import hashlib
import os
import time
from functools import lru_cache
from pathlib import Path

# A file that changed so many seconds ago, or later, is read each time. No file system has a clock of longer steps.
_AT_REST = 3

_MOST_FILES = 10_000


def digest_file(path: Path) -> str:
    """Give the digest of a file, in hexadecimal.

    Raises OSError if it cannot be read.
    """
    found = path.stat()
    stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    is_at_rest = max(found.st_mtime, found.st_ctime) < time.time() - _AT_REST
    return _digest_known(os.fspath(path), stamp) if is_at_rest else _digest(os.fspath(path))


@lru_cache(_MOST_FILES)
def _digest_known(path: str, _stamp: tuple[int, ...]) -> str:
    return _digest(path)


def _digest(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - the text is what is remembered
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A folder that files are written into, each digested while it is written.

In:   pieces of bytes
Out:  files, and of each its size and digest
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from isal import igzip
from isal.isal_zlib import crc32


@dataclass(frozen=True, slots=True)
class File:
    """A file of the downloads. `path` is its path inside that folder, with forward slashes.

    check   a CRC-32 of its bytes, where that was worked out while it was written
    """

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    check: int | None = None


class Folder:
    """A folder that files are written into, each digested while it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, File] = {}

    def moved(self, folder: Path) -> Folder:
        """Move the folder with its files to another place on the same disk."""
        moved = Folder(self.folder if self.folder == folder else self.folder.rename(folder))
        moved.files = self.files
        return moved

    def write(self, path: str, pieces: Iterable[bytes | memoryview], rows: int | None = None) -> File:
        """Write a file from pieces."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        sha, size = hashlib.sha256(), 0
        with at.open("wb") as file:
            for piece in pieces:
                sha.update(piece)
                size += len(piece)
                file.write(piece)
        self.files[path] = File(path, size, sha.hexdigest(), rows)
        return self.files[path]

    def grow(self, path: str) -> GrowingFile:
        """Begin a file that is written a piece at a time, beside others."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        return GrowingFile(self, path)

    def add(self, path: str, sha256: str, rows: int | None = None, check: int | None = None) -> File:
        """Take a file that lies here and whose digest is known."""
        self.files[path] = File(path, (self.folder / path).stat().st_size, sha256, rows, check)
        return self.files[path]

    def note(self, path: str, rows: int | None = None) -> File:
        """Digest a file that was written by other means."""
        at = self.folder / path
        with at.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self.add(path, digest, rows)

    @contextmanager
    def written(self, path: str) -> Iterator[Digested]:
        """Open a new file to be written from its beginning to its end."""
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        with at.open("wb") as file:
            digested = Digested(file)
            yield digested
        self.files[path] = digested.close(path)

    @contextmanager
    def compressed(self, path: str) -> Iterator[Callable[[bytes | memoryview], None]]:
        """Write a file compressed with gzip, fast. No clock and no name is in it.

        The same pieces give the same bytes; the same text in other pieces may not.
        """
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        with at.open("wb") as raw, _gzip(raw) as file:
            yield file.write
        self.note(path)

    def link(self, path: str, original: Path) -> File:
        """Let a file of the edition appear here too: the same bytes on the disk where that is possible."""
        try:
            os.link(original, self.folder / path)
        except OSError:
            shutil.copyfile(original, self.folder / path)
        return self.note(path)

    def sums(self) -> bytes:
        """Give the lines of SHA256SUMS, as sha256sum checks them."""
        return "".join(f"{self.files[path].sha256}  {path}\n" for path in sorted(self.files)).encode()


def _gzip(raw: BinaryIO) -> Any:
    settings = {"filename": "", "mode": "wb", "compresslevel": 1, "mtime": 0}
    return igzip.IGzipFile(fileobj=raw, **settings)  # type: ignore[no-untyped-call]  # isal has no types


class Digested:
    """A file that is digested while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size, self._check = file, 0, 0
        self._sha = hashlib.sha256()

    def write(self, piece: bytes | memoryview, /) -> int:
        self._sha.update(piece)
        self._check = crc32(piece, self._check)
        self._size += len(piece)
        return self._file.write(piece)

    def close(self, path: str) -> File:
        """Say what it has become."""
        return File(path, self._size, self._sha.hexdigest(), check=self._check)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        self._file.flush()


class GrowingFile:
    """A file that grows. It is open only while a piece is written: there may be thousands of them."""

    def __init__(self, folder: Folder, path: str) -> None:
        self._folder, self._path = folder, path
        self._sha = hashlib.sha256()
        self.bytes = self.rows = self._check = 0

    def write(self, piece: bytes | memoryview, rows: int = 0) -> None:
        with (self._folder.folder / self._path).open("ab") as file:
            file.write(piece)
        self._sha.update(piece)
        self._check = crc32(piece, self._check)
        self.bytes += len(piece)
        self.rows += rows

    def close(self) -> None:
        """Note what the file has become."""
        self._folder.files[self._path] = File(
            self._path, self.bytes, self._sha.hexdigest(), self.rows, self._check
        )

"""Files of an edition that are made of parts, of which those that did not change come from the edition before.

In:   for each part what it is made of, as a digest, and what makes it
Out:  files in which one part follows another, and parts.json, which says where each lies

A part is found again by the digest of all that it is made of, our own code included, and taken only where its bytes
have the check that they had: what is damaged is made anew. Without parts.json everything is made anew, and the edition
has the same bytes. The check is a CRC-32, which finds damage a dozen times faster than a digest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import ACCESS_READ, ALLOCATIONGRANULARITY, mmap
from pathlib import Path
from typing import Any, Protocol

from isal import igzip
from isal.isal_zlib import crc32

from publish.folder import Folder

NAME = "parts.json"

# Where downloads lie in an edition.
DOWNLOADS = "downloads"

_PARTS, _FILES = "parts", "files"

# So many bytes of a file are looked at together.
_WINDOW = 16 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: where it lies, and how many statements or rows it has.

    digest   of what it says, where that is known by other means than its bytes
    check    of its bytes, where it is known already
    """

    start: int
    bytes: int
    count: int = 0
    digest: str = ""
    check: int | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is left for the next edition. The check is quicker than the digest, by which it is published."""

    sha256: str
    check: int


@dataclass
class Parts:
    """The parts of an edition that is being written, and those of the edition before.

    before   the folder of the edition before; None where there is none
    reused   how many shares came from there
    damaged  the files there that are not what was written, so that nothing was taken from them
    known    the parts of the edition before: by the path of the file in its folder, and by what they are made of
    """

    before: Path | None = None
    reused: int = 0
    damaged: list[str] = field(default_factory=list, init=False)
    known: dict[str, dict[str, Part]] = field(default_factory=dict, init=False)
    _written: dict[str, dict[str, Part]] = field(default_factory=dict, init=False)
    _digests: dict[str, str] = field(default_factory=dict, init=False)
    _known_files: dict[str, _File] = field(default_factory=dict, init=False)
    _is_whole: dict[tuple[str, str], bool] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.before is not None:
            told = _read(self.before / NAME)
            self._known_files = {path: _File(*one) for path, one in told.get(_FILES, {}).items()}
            self.known = {
                path: {key: Part(*one) for key, one in parts.items()}
                for path, parts in told.get(_PARTS, {}).items()
            }

    def find(self, path: str, key: str) -> Part | None:
        """Find a part in a file of the edition before; None if it is not there, or damaged."""
        part = self.known.get(path, {}).get(key)
        if part is None:
            return None
        if (path, key) not in self._is_whole:
            content = self.read(path, part)
            self._judge(path, key, is_whole=len(content) == part.bytes and crc32(content) == part.check)
        return part if self._is_whole[path, key] else None

    def read(self, path: str, part: Part) -> memoryview:
        """Read a part that was found. Nothing is copied: the bytes are those of the file."""
        assert self.before is not None
        return _map(self.before / path, part.start, part.bytes)

    def _judge(self, path: str, key: str, *, is_whole: bool) -> None:
        self._is_whole[path, key] = is_whole
        if not is_whole and path not in self.damaged:
            self.damaged.append(path)

    def find_file(self, path: str) -> Path | None:
        """Find a file of the edition before; None if it is not there, or damaged."""
        if self.before is None or path not in self._known_files:
            return None
        if (path, "") not in self._is_whole:
            at = self.before / path
            is_whole = at.is_file() and _check_file(at) == self._known_files[path].check
            self._judge(path, "", is_whole=is_whole)
        return self.before / path if self._is_whole[path, ""] else None

    def link(self, path: str, folder: Folder, rows: int | None) -> bool:
        """Let a download be one of the new edition, the same bytes on the disk; say if that went well.

        Its parts are noted as they were.
        """
        if self.find_file(path) is None:
            return False
        name = path.removeprefix(f"{DOWNLOADS}/")
        at = folder.folder / name
        try:
            at.parent.mkdir(parents=True, exist_ok=True)
            os.link(self.find_file(path) or "", at)
        except OSError:
            return False
        known = self._known_files[path]
        folder.add(name, known.sha256, rows, known.check)
        self._written[path] = self.known[path]
        return True

    def note(self, path: str, key: str, part: Part) -> None:
        self._written.setdefault(path, {})[key] = part

    def note_file(self, path: str, folder: Path) -> None:
        """Note a file of an edition's folder that is left for the next edition, and is whole."""
        self._digests[path] = _digest_file(folder / path)

    def write(self, folder: Path, downloads: Folder) -> None:
        """Leave what the next edition needs to find the parts of this one."""
        files = {path: _File(digest, _check_file(folder / path)) for path, digest in self._digests.items()}
        for path, file in downloads.files.items():
            at = f"{DOWNLOADS}/{path}"
            if at in self._written:
                check = _check_file(folder / at) if file.check is None else file.check
                files[at] = _File(file.sha256, check)
        told = {
            _PARTS: {
                path: {key: _told(one, folder / path) for key, one in parts.items()}
                for path, parts in self._written.items()
            },
            _FILES: {path: [file.sha256, file.check] for path, file in files.items()},
        }
        text = json.dumps(told, sort_keys=True)
        (folder / NAME).write_text(f"{_digest(text)}\n{text}\n", encoding="utf-8")


def _map(path: Path, start: int, size: int) -> memoryview:
    """Give some bytes of a file; fewer, or none, where it has not so many."""
    try:
        with path.open("rb") as file:
            skipped = start % ALLOCATIONGRANULARITY
            size = min(size, os.fstat(file.fileno()).st_size - start)
            if size <= 0:
                return memoryview(b"")
            return memoryview(
                mmap(file.fileno(), skipped + size, offset=start - skipped, access=ACCESS_READ)
            )[skipped:]
    except OSError:
        return memoryview(b"")


def _check_file(path: Path) -> int:
    """Give the check of a whole file, of which only a window is in memory at a time."""
    check = start = 0
    while len(window := _map(path, start, _WINDOW)):
        check = crc32(window, check)
        start += len(window)
    return check


def _told(part: Part, path: Path) -> list[int | str]:
    check = part.check
    if check is None:
        check = crc32(_map(path, part.start, part.bytes)) if part.bytes else 0
    return [part.start, part.bytes, part.count, part.digest, check]


def _read(path: Path) -> Mapping[str, Any]:
    """Read what an edition left; nothing, if it left none or it is damaged."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").rstrip("\n").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    told: Mapping[str, Any] = json.loads(text) if digest == _digest(text) else {}
    return told


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Growing(Protocol):
    """A file that is open for writing at its end."""

    def write(self, piece: bytes | memoryview, /) -> Any: ...

    def tell(self) -> int: ...


class PartFile:
    """A file that grows by one part after another, each known by what it is made of."""

    def __init__(self, path: str, file: Growing, parts: Parts) -> None:
        self._path, self.file, self._parts = path, file, parts
        self._start = file.tell()

    def has(self, key: str) -> bool:
        """Say whether the edition before has a part for a key, undamaged."""
        return bool(key) and self._parts.find(self._path, key) is not None

    def take(self, key: str) -> Part:
        """Add the part that the edition before has for a key.

        Raises LookupError if there is none; ask first.
        """
        part = self._parts.find(self._path, key)
        if part is None:
            raise LookupError(key)
        self.file.write(self._parts.read(self._path, part))
        return self.keep(key, part.count, part.check)

    def add(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Add a gzip member of some pieces: gzip reads members that follow one another as one text.

        The same pieces give the same bytes.
        """
        settings = {"filename": "", "mode": "wb", "compresslevel": 1, "mtime": 0}
        with igzip.IGzipFile(fileobj=self.file, **settings) as member:  # type: ignore[no-untyped-call]  # isal has no types
            for piece in pieces:
                member.write(piece)  # type: ignore[no-untyped-call]  # the same

    def keep(self, key: str = "", count: int = 0, check: int | None = None) -> Part:
        """Say what all that was written since the last part was made of, and how many statements or rows it has.

        check   of its bytes, where it is known

        Without a key nobody will find it again.
        """
        end = self.file.tell()
        part = Part(self._start, end - self._start, count, check=check)
        self._start = end
        if key:
            self._parts.note(self._path, key, part)
        return part


@contextmanager
def part_file(folder: Folder, path: str, parts: Parts) -> Iterator[PartFile]:
    """Open a new file of parts in the downloads of an edition."""
    with folder.written(path) as file:
        yield PartFile(f"{DOWNLOADS}/{path}", file, parts)

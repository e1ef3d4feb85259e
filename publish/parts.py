"""Files of an edition that are made of parts, of which those that did not change come from the edition before.

In:   for each part what it is made of, as a digest, and what makes it
Out:  files in which one part follows another, and parts.json, which says where each lies

A part is found again by the digest of all that it is made of, our own code included, and taken only from a file that
has the digest that it had: what is damaged is made anew. Without parts.json everything is made anew, and the edition
has the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from isal import igzip

from publish.folder import Folder

NAME = "parts.json"

# Where downloads lie in an edition.
DOWNLOADS = "downloads"

_PARTS, _FILES = "parts", "files"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: where it lies, and how many statements or rows it has.

    digest   of what it says, where that is known by other means than its bytes
    """

    start: int
    bytes: int
    count: int = 0
    digest: str = ""


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
    _known_digests: dict[str, str] = field(default_factory=dict, init=False)
    _is_whole: dict[str, bool] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.before is not None:
            told = _read(self.before / NAME)
            self._known_digests = dict(told.get(_FILES, {}))
            self.known = {
                path: {key: Part(*one) for key, one in parts.items()}
                for path, parts in told.get(_PARTS, {}).items()
            }

    def find(self, path: str, key: str) -> Part | None:
        """Find a part in a file of the edition before; None if it is not there, or the file is damaged."""
        part = self.known.get(path, {}).get(key)
        return part if part is not None and self.find_file(path) else None

    def read(self, path: str, part: Part) -> bytes:
        """Read a part that was found."""
        assert self.before is not None
        with (self.before / path).open("rb") as file:
            file.seek(part.start)
            return file.read(part.bytes)

    def find_file(self, path: str) -> Path | None:
        """Find a file of the edition before; None if it is not there, or damaged."""
        if self.before is None or path not in self._known_digests:
            return None
        at = self.before / path
        if path not in self._is_whole:
            self._is_whole[path] = at.is_file() and _digest_file(at) == self._known_digests[path]
            if not self._is_whole[path]:
                self.damaged.append(path)
        return at if self._is_whole[path] else None

    def link(self, path: str, folder: Folder, rows: int | None) -> bool:
        """Let a download that was found be one of the new edition, the same bytes on the disk; say if that went well.

        Its parts are noted as they were.
        """
        name = path.removeprefix(f"{DOWNLOADS}/")
        at = folder.folder / name
        try:
            at.parent.mkdir(parents=True, exist_ok=True)
            os.link(self.before / path, at)  # type: ignore[operator]  # it was found there
        except OSError:
            return False
        folder.add(name, self._known_digests[path], rows)
        self._written[path] = self.known[path]
        return True

    def note(self, path: str, key: str, part: Part) -> None:
        self._written.setdefault(path, {})[key] = part

    def note_file(self, path: str, folder: Path) -> None:
        """Note a file of an edition's folder that is left for the next edition, and is whole."""
        self._digests[path] = _digest_file(folder / path)

    def write(self, folder: Path, downloads: Folder) -> None:
        """Leave what the next edition needs to find the parts of this one."""
        digests = {f"{DOWNLOADS}/{path}": file.sha256 for path, file in downloads.files.items()}
        told = {
            _PARTS: {
                path: {key: [one.start, one.bytes, one.count, one.digest] for key, one in parts.items()}
                for path, parts in self._written.items()
            },
            _FILES: self._digests | {path: digests[path] for path in self._written if path in digests},
        }
        text = json.dumps(told, sort_keys=True)
        (folder / NAME).write_text(f"{_digest(text)}\n{text}\n", encoding="utf-8")


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


class PartFile:
    """A file that grows by one part after another, each known by what it is made of."""

    def __init__(self, path: str, file: BinaryIO, parts: Parts) -> None:
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
        return self.keep(key, part.count)

    def add(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Add a gzip member of some pieces: gzip reads members that follow one another as one text.

        The same pieces give the same bytes.
        """
        settings = {"filename": "", "mode": "wb", "compresslevel": 1, "mtime": 0}
        with igzip.IGzipFile(fileobj=self.file, **settings) as member:  # type: ignore[no-untyped-call]  # isal has no types
            for piece in pieces:
                member.write(piece)  # type: ignore[no-untyped-call]  # the same

    def keep(self, key: str = "", count: int = 0) -> Part:
        """Say what all that was written since the last part was made of, and how many statements or rows it has.

        Without a key nobody will find it again.
        """
        end = self.file.tell()
        part = Part(self._start, end - self._start, count)
        self._start = end
        if key:
            self._parts.note(self._path, key, part)
        return part


@contextmanager
def part_file(folder: Folder, path: str, parts: Parts) -> Iterator[PartFile]:
    """Open a new file of parts in the downloads of an edition."""
    with (folder.folder / path).open("wb") as file:
        yield PartFile(f"{DOWNLOADS}/{path}", file, parts)
    folder.note(path)

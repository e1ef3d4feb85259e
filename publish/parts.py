"""Files of an edition that are made of parts, of which those that did not change come from the edition before.

In:   for each part what it is made of, as a digest, and what makes it
Out:  compressed files, each a row of gzip members, and parts.json, which says where each member lies

gzip reads members that follow one another as one text. A part is found again by the digest of all that it is made of,
our own code included, and taken only if its bytes have the digest that they had: what is damaged is made anew. Without
parts.json everything is made anew, and the edition has the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from isal import igzip

from publish.folder import Folder

NAME = "parts.json"


@dataclass(frozen=True, slots=True)
class Part:
    """A member of a file: where it lies, the digest of its bytes, and how many statements or rows it has."""

    start: int
    bytes: int
    sha256: str
    count: int


@dataclass
class Parts:
    """The parts of an edition that is being written, and those of the edition before.

    before   the folder of the edition before; None where there is none
    reused   how many parts came from there, and `made` how many did not
    """

    before: Path | None = None
    reused: int = 0
    made: int = 0
    _written: dict[str, dict[str, Part]] = field(default_factory=dict, init=False)
    known: dict[str, dict[str, Part]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.before is not None:
            self.known = _read(self.before / NAME)

    def find(self, path: str, key: str) -> bytes | None:
        """Find the bytes of a part in a download of the edition before; None if it is not there, or damaged."""
        part = self.known.get(path, {}).get(key)
        if part is None or self.before is None:
            return None
        try:
            with (self.before / "downloads" / path).open("rb") as file:
                file.seek(part.start)
                content = file.read(part.bytes)
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == part.sha256 else None

    def find_file(self, folder: str, name: str) -> Path | None:
        """Find a file that the edition before left for this one; None if it is not there, or damaged."""
        part = self.known.get(folder, {}).get(name)
        if part is None or self.before is None:
            return None
        path = self.before / folder / name
        return path if path.is_file() and _digest_file(path) == part.sha256 else None

    def note_file(self, folder: str, path: Path) -> None:
        """Note a file that is left for the next edition."""
        self.note(folder, path.name, Part(0, path.stat().st_size, _digest_file(path), 0))

    def note(self, path: str, key: str, part: Part) -> None:
        self._written.setdefault(path, {})[key] = part

    def write(self, folder: Path) -> None:
        """Leave what the next edition needs to find the parts of this one."""
        told = {
            path: {key: [one.start, one.bytes, one.sha256, one.count] for key, one in parts.items()}
            for path, parts in self._written.items()
        }
        text = json.dumps(told, sort_keys=True)
        (folder / NAME).write_text(f"{_digest(text)}\n{text}\n", encoding="utf-8")


def _read(path: Path) -> dict[str, dict[str, Part]]:
    """Read what an edition left; nothing, if it left none or it is damaged."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").rstrip("\n").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    if digest != _digest(text):
        return {}
    told: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return {path: {key: Part(*one) for key, one in parts.items()} for path, parts in told.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class MemberFile:
    """A compressed file that grows by one member after another."""

    def __init__(self, path: str, file: BinaryIO, parts: Parts) -> None:
        self._path, self._file, self._parts = path, file, parts

    def add(self, pieces: Iterable[bytes | memoryview]) -> Part:
        """Add a member of some pieces. The same pieces give the same bytes."""
        start = self._file.tell()
        counting = _Digesting(self._file)
        settings = {"filename": "", "mode": "wb", "compresslevel": 1, "mtime": 0}
        with igzip.IGzipFile(fileobj=counting, **settings) as member:  # type: ignore[no-untyped-call]  # isal has no types
            for piece in pieces:
                member.write(piece)  # type: ignore[no-untyped-call]  # the same
        return Part(start, counting.bytes, counting.sha.hexdigest(), 0)

    def has(self, key: str) -> bool:
        """Say whether the edition before has a member for a key, undamaged."""
        return self._parts.find(self._path, key) is not None

    def take(self, key: str) -> int:
        """Add the member that the edition before has for a key, and give its count.

        Raises LookupError if there is none; ask first.
        """
        content = self._parts.find(self._path, key)
        if content is None:
            raise LookupError(key)
        part = replace(self._parts.known[self._path][key], start=self._file.tell())
        self._file.write(content)
        self._parts.note(self._path, key, part)
        self._parts.reused += 1
        return part.count

    def keep(self, key: str, part: Part, count: int) -> None:
        """Say what a member was made of, and how many statements or rows it has."""
        self._parts.note(self._path, key, replace(part, count=count))
        self._parts.made += 1


class _Digesting:
    """Writes bytes on, and takes their digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha, self.bytes = file, hashlib.sha256(), 0

    def write(self, data: bytes | memoryview) -> int:
        self.sha.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


@contextmanager
def member_file(folder: Folder, path: str, parts: Parts) -> Iterator[MemberFile]:
    """Open a new file of members in the downloads of an edition."""
    with (folder.folder / path).open("wb") as file:
        yield MemberFile(path, file, parts)
    folder.note(path)

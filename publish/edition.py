"""Editions are built out of sight, then appear whole: the pointer `current` is swapped last.

In:   a folder of editions, and a function that writes one edition's files
Out:  editions/<date>-<digest>/, the pointer editions/current, a line in editions/log.jsonl

A build lies in a temporary folder beside the editions and is renamed when it is complete, so a reader never
meets half an edition, and a build that dies leaves the one before served. What it left lying is removed by
the next build. Only one build at a time.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

POINTER = "current"
LOG = "log.jsonl"
MANIFEST = "manifest.json"

# How many characters of the digest are part of an edition's name.
DIGEST_CHARACTERS = 12

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}")
_BUILDING = ".building-"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ROOM_OF_SQLITE = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE"})
# What DuckDB and Oxigraph say.
_NO_ROOM_IN_WORDS = ("no space left", "file too large", "disk quota exceeded")


class PublishingStopped(Exception):  # noqa: N818 - a state of the machine that the operator can change
    """Nothing was published, for a reason that lies outside the data; the message says which."""


class OtherPublisher(PublishingStopped):
    """Somebody else is publishing into the same folder at this moment."""


class NoRoom(PublishingStopped):
    """The disk, or the publisher's share of it, is full."""


class EditionUnknown(PublishingStopped):
    """There is no edition of that name, or none to go back to."""


@dataclass(frozen=True, slots=True)
class Move:
    """A time when an edition became current. `at` is a moment (ISO 8601, UTC), `on` its day."""

    at: str
    edition: str
    what: str

    @property
    def on(self) -> str:
        return self.at[:10]


@dataclass(frozen=True, slots=True)
class Kept:
    """An edition that is kept. `published_at` is when it last became current (UTC), if that is known."""

    name: str
    digest: str
    is_current: bool
    published_at: str | None


class EditionsFolder:
    """The folder of a site's editions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one publisher. The lock ends with the process that holds it, however it ends.

        Raises OtherPublisher at once if the folder is held.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OtherPublisher(
                    "Another publication is running in this site. Wait until it ends; nothing was written."
                ) from None
            yield

    @property
    def current(self) -> str | None:
        """The name of the current edition, or None before the first."""
        try:
            return (self.folder / POINTER).readlink().name
        except OSError:
            return None

    def names(self) -> list[str]:
        """List the editions that are kept, by name; the date comes first in a name."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path.name
            for path in self.folder.iterdir()
            if _NAME.fullmatch(path.name) and not path.is_symlink() and (path / MANIFEST).is_file()
        )

    def find_digest(self, digest: str) -> str | None:
        """Find a kept edition with this content, the newest if there are several; None if there is none."""
        found = [name for name in self.names() if self.digest(name) == digest]
        current = self.current
        return current if current in found else found[-1] if found else None

    def digest(self, name: str) -> str:
        """Get the content digest of a kept edition."""
        return str(json.loads((self.folder / name / MANIFEST).read_text(encoding="utf-8"))["digest"])

    def content(self, name: str) -> str:
        """Get the digest of what a kept edition publishes, whatever was published before it."""
        told = json.loads((self.folder / name / MANIFEST).read_text(encoding="utf-8"))
        return str(told.get("content", told["digest"]))

    def kept(self) -> list[Kept]:
        """List the editions that are kept, the one published last first."""
        moments = {move.edition: move.at for move in self.moves()}
        current = self.current
        editions = [
            Kept(name, self.digest(name), name == current, moments.get(name)) for name in self.names()
        ]
        return sorted(editions, key=lambda edition: (edition.published_at or "", edition.name), reverse=True)

    def moves(self) -> list[Move]:
        """List when which edition became current, the first first."""
        try:
            texts = (self.folder / LOG).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [Move(entry["at"], entry["edition"], entry["what"]) for entry in map(json.loads, texts)]

    def clean(self) -> None:
        """Remove what builds that died left lying. Call it only while holding the lock."""
        for path in self.folder.iterdir():
            if path.name.startswith(_BUILDING):
                shutil.rmtree(path)
            elif path.name.startswith(f".{POINTER}-"):
                path.unlink()

    @contextmanager
    def room(self) -> Iterator[None]:
        """Say in words when the disk is full.

        Raises NoRoom in place of whatever the library that met the end of the disk raises.
        """
        try:
            yield
        except Exception as error:
            if not is_no_room(error):
                raise
            raise NoRoom(
                f"There is no room to publish: {error}. Free some space beside the editions, or remove some "
                "editions; nothing was published."
            ) from error

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder for what is made on the way. Call it only while holding the lock."""
        folder = self.folder / f"{_BUILDING}{os.getpid()}-scratch"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def build(self, name: str, write: Callable[[Path], None]) -> None:
        """Build an edition out of sight and let it appear, not current yet; hold the lock meanwhile.

        write    writes every file of the edition into an empty folder

        Whatever is raised, the folder is as it was before.
        """
        building = self.folder / f"{_BUILDING}{os.getpid()}"
        building.mkdir()
        try:
            write(building)
            _settle(building)
            building.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        _settle_entry(self.folder)

    def point(self, name: str, why: str, at: datetime | None = None) -> None:
        """Make an edition current: one atomic swap of the pointer.

        why    "published" or "rolled back", for the log
        at     the moment for the log; now if left out

        Raises EditionUnknown if there is no such edition.
        """
        if name not in self.names():
            raise EditionUnknown(f"There is no edition '{name}'.")
        fresh = self.folder / f".{POINTER}-{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name, target_is_directory=True)
        fresh.replace(self.folder / POINTER)
        _settle_entry(self.folder)
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        entry = {"at": moment, "edition": name, "what": why}
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry, sort_keys=True) + "\n")

    def roll_back(self, to: str | None = None, before: Callable[[str], None] = lambda _name: None) -> str:
        """Go back to an earlier edition, by default to the one that was current before this one.

        before   is told its name when it is about to become current; what it raises stops that

        Returns its name.

        Raises EditionUnknown if there is no such edition, OtherPublisher while somebody publishes.
        """
        with self.locked():
            name = to or self._before()
            if name is None:
                raise EditionUnknown("There is no earlier edition to go back to.")
            if name in self.names():
                before(name)
            self.point(name, "rolled back")
            return name

    def _before(self) -> str | None:
        """Find the edition that was current before the current one, from the log."""
        current, kept = self.current, set(self.names())
        # Going back undoes the publication that made an edition current, so an edition that was gone back to
        # stands where it was first published.
        order = list(dict.fromkeys(move.edition for move in self.moves()))
        earlier = order[: order.index(current)] if current in order else order
        return next((name for name in reversed(earlier) if name in kept and name != current), None)


def edition_name(on: date, digest: str) -> str:
    """Name an edition: its date, then the start of its content's digest."""
    return f"{on.isoformat()}-{digest[:DIGEST_CHARACTERS]}"


def is_no_room(error: Exception) -> bool:
    """Tell whether an error of any library means that the disk takes no more."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.errno in _NO_ROOM:
            return True
        if getattr(at, "sqlite_errorname", None) in _NO_ROOM_OF_SQLITE:
            return True
        if any(words in str(at).lower() for words in _NO_ROOM_IN_WORDS):
            return True
        at = at.__cause__ or at.__context__
    return False


def _settle(folder: Path) -> None:
    """Wait until every file of a folder is on the disk itself: a power cut leaves none half written."""
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            _settle_entry(path)
    _settle_entry(folder)


def _settle_entry(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

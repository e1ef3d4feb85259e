"""One open edition, and the pointer that says which one is current.

In:   a site's editions folder, as publish wrote it
Out:  Edition (rows of its catalogue, its RDF store, its manifest) and Editions (the current one, kept ones)

An edition never changes, so everything here may be kept for as long as it is open. The pointer
`editions/current` is looked at on every request (two microseconds): the first request after a publication is
answered from the new edition, and requests that began before it end on the old one.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
import os
import re
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import pyoxigraph

from api.cube.pieces import CUBE, Cube
from api.cube.reading import CubeStore

if TYPE_CHECKING:
    from api.languages import Reader

# Seconds one statement may run. Everything an address asks for is an indexed look-up of a few milliseconds;
# only counting over the whole catalogue comes near.
TIME_LIMIT = 5.0

# SQLite looks at the clock after this many steps of its machine, about a millisecond.
_STEPS = 20_000

# Older editions that stay open for people who page through them.
_KEPT_OPEN = 4

# Things worked out once for an edition: code lists, and counts of lists that people ask for.
_MOST_KEPT = 5_000

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}")

_log = logging.getLogger(__name__)

Params = Sequence[Any] | Mapping[str, Any]

T = TypeVar("T")


class NoEdition(Exception):  # noqa: N818 - a state of the site, not a fault of ours
    """Nothing has been published yet, so there is nothing to serve."""


class QueryTooSlow(Exception):  # noqa: N818 - a limit that was reached
    """A statement ran for longer than it may."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What a request says of the edition that it wants.

    day      the day as known on which (ISO 8601); None where the edition was named itself
    today    the address, inside the site, that the current edition answers
    since    what became of the thing that is asked for, in the current edition: state, title, sentences and the
             current edition's name; None where that was not asked or cannot be said
    """

    day: str | None
    today: str
    since: Mapping[str, Any] | None = None


class Edition:
    """One immutable edition, open for reading from any thread.

    name     the name of its folder, such as 2026-11-22-0123456789ab
    digest   of its content; two editions with one digest answer alike
    base     the public address that its URIs start with
    pin      how a request asked for it; None where it did not, and got the current one
    reader   whom a page about one thing is made for; None where it is not about one
    is_preview  whether it is shown before it is published
    """

    pin: Pin | None = None
    reader: Reader | None = None

    def __init__(self, folder: Path) -> None:
        """Open the edition in a folder.

        Raises OSError, ValueError or sqlite3.Error if it is not a whole edition.
        """
        self.folder = folder
        self.name = folder.name
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self._whole = self
        self._threads = threading.local()
        self._kept: dict[Hashable, Any] = {}
        told = {row["name"]: row["value"] for row in self.rows("SELECT name, value FROM edition")}
        missing = {"digest", "title", "base"} - told.keys()
        if missing:
            raise ValueError(f"the edition '{self.name}' does not say its {', '.join(sorted(missing))}")
        columns = {row[1] for row in self.rows("PRAGMA table_info(observation_rows)")}
        if columns and "digits" not in columns:
            raise ValueError(f"the edition '{self.name}' is of an older form: publish the site again")
        self.digest: str = told["digest"]
        self.title: str = told["title"]
        self.base: str = told["base"]
        self.is_preview = told.get("preview") == "true"

    @property
    def catalogue(self) -> Path:
        """The SQLite file."""
        return self.folder / "catalogue.db"

    @property
    def store_folder(self) -> Path:
        """The folder of the RDF store."""
        return self.folder / "rdf" / "store"

    @property
    def has_cube(self) -> bool:
        """Whether its observations are in no store but become statements when they are asked for."""
        return self._whole._has_cube

    @property
    def store(self) -> pyoxigraph.Store | CubeStore:
        """The RDF store, for looking things up by URI. Visitors' queries never run on it: see sparql.py."""
        return self._whole._opened_store

    @cached_property
    def _has_cube(self) -> bool:
        return self.store_folder.with_name(CUBE).exists()

    @cached_property
    def _opened_store(self) -> pyoxigraph.Store | CubeStore:
        store = pyoxigraph.Store.read_only(str(self.store_folder))
        if not self.has_cube:
            return store
        return CubeStore(store, Cube(self.store_folder.with_name(CUBE), self._connection))

    def pinned(self, pin: Pin) -> Edition:
        """Give the same edition, which says that a request pinned it. What is open stays shared."""
        pinned = copy.copy(self)
        pinned.pin = pin
        return pinned

    def read_by(self, reader: Reader) -> Edition:
        """Give the same edition, which says whom a page is made for. What is open stays shared."""
        told = copy.copy(self)
        told.reader = reader
        return told

    def rows(self, sql: str, params: Params = (), *, seconds: float = TIME_LIMIT) -> list[sqlite3.Row]:
        """Get all rows of a statement.

        Raises QueryTooSlow after `seconds`.
        """
        connection = self._connection()
        self._threads.deadline = time.monotonic() + seconds
        try:
            return connection.execute(sql, params).fetchall()
        except sqlite3.OperationalError as error:
            raise _slow(error) from error

    def row(self, sql: str, params: Params = (), *, seconds: float = TIME_LIMIT) -> sqlite3.Row | None:
        """Find the first row, or None."""
        found = self.rows(sql, params, seconds=seconds)
        return found[0] if found else None

    def value(self, sql: str, params: Params = (), *, seconds: float = TIME_LIMIT) -> Any:
        """Find the first column of the first row, or None."""
        found = self.row(sql, params, seconds=seconds)
        return found[0] if found is not None else None

    def chunks(self, sql: str, params: Params = (), *, size: int = 1000) -> Iterator[list[sqlite3.Row]]:
        """Go through any number of rows, `size` at a time. Each chunk may take TIME_LIMIT seconds."""
        cursor = self._connection().cursor()
        try:
            self._threads.deadline = time.monotonic() + TIME_LIMIT
            cursor.execute(sql, params)
            while True:
                self._threads.deadline = time.monotonic() + TIME_LIMIT
                chunk = cursor.fetchmany(size)
                if not chunk:
                    return
                yield chunk
        except sqlite3.OperationalError as error:
            raise _slow(error) from error
        finally:
            cursor.close()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Work something out once for this edition and keep it as long as the edition is open.

        At most _MOST_KEPT things are kept; then the oldest goes.
        """
        found: T | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            while len(self._kept) > _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
        return found

    def has_table(self, name: str) -> bool:
        """Say whether the catalogue has a table: editions of an earlier version of the product lack some."""
        sql = "SELECT 1 FROM sqlite_master WHERE name = ?"
        return self.once(("table", name), lambda: bool(self.rows(sql, (name,))))

    def uri(self, kind: str, *notation: str) -> str:
        """Name a thing of this edition: its URI, the same in every edition of the site."""
        return "/".join((f"{self.base}id/{kind}", *notation))

    def _connection(self) -> sqlite3.Connection:
        """Get this thread's connection: read-only, immutable, and ended by the clock."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            return connection
        connection = sqlite3.connect(
            f"file:{quote(str(self.catalogue))}?mode=ro&immutable=1", uri=True, cached_statements=512
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA mmap_size = 1073741824")
        threads = self._threads
        threads.deadline = 0.0
        threads.connection = connection
        connection.set_progress_handler(lambda: time.monotonic() > threads.deadline, _STEPS)
        return connection

    def __repr__(self) -> str:
        return f"Edition({self.name})"


def _slow(error: sqlite3.OperationalError) -> Exception:
    return QueryTooSlow() if error.sqlite_errorname == "SQLITE_INTERRUPT" else error


class Editions:
    """The editions of a site. `current` follows the pointer; `find` opens a kept one by its name.

    today   tells the day (UTC) that a request comes on
    """

    def __init__(self, folder: Path, today: Callable[[], dt.date] | None = None) -> None:
        self.folder = folder
        self.today = today or (lambda: dt.datetime.now(dt.UTC).date())
        # As text: it is read several times a request, and a Path takes 15 µs each time, not one.
        self._pointer = str(folder / "current")
        self._lock = threading.Lock()
        self._current: Edition | None = None
        self._target: str | None = None
        self._others: OrderedDict[str, Edition] = OrderedDict()

    @property
    def current(self) -> Edition:
        """The edition the pointer names.

        Raises NoEdition if none has been published. If the pointer names one that cannot be opened, the one
        before stays current and the fault is logged once: a visitor never pays for a broken publication.
        """
        try:
            target: str | None = os.readlink(self._pointer)  # noqa: PTH115 - see _pointer
        except OSError:
            target = None
        if target is not None and target != self._target:
            self._follow(target)
        if self._current is None:
            raise NoEdition
        return self._current

    def _follow(self, target: str) -> None:
        with self._lock:
            if target == self._target:
                return
            self._target = target
            try:
                self._current = Edition(self.folder / Path(target).name)
            except (OSError, ValueError, sqlite3.Error):
                _log.exception("the edition '%s' cannot be opened; the one before stays", Path(target).name)

    def names(self) -> list[str]:
        """List the editions that are kept, newest first."""
        try:
            entries = list(os.scandir(self.folder))
        except OSError:
            return []
        kept = [
            entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False)
            and _NAME.fullmatch(entry.name)
            and Path(entry.path, "manifest.json").is_file()
        ]
        return sorted(kept, reverse=True)

    def find(self, name: str) -> Edition | None:
        """Find a kept edition by its name, or None."""
        current = self.current
        if name == current.name:
            return current
        if not _NAME.fullmatch(name) or not (self.folder / name / "manifest.json").is_file():
            return None
        with self._lock:
            edition = self._others.pop(name, None)
            if edition is None:
                try:
                    edition = Edition(self.folder / name)
                except (OSError, ValueError, sqlite3.Error):
                    _log.exception("the edition '%s' cannot be opened", name)
                    return None
            self._others[name] = edition
            while len(self._others) > _KEPT_OPEN:
                self._others.popitem(last=False)
            return edition

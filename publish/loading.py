"""The statements of an edition go into its store, beside other work where the memory is there.

In:   files of Turtle, as they come
Out:  one store with all of their statements; the files are gone

Loading is most of the work of a publication. The store is loaded on cores of its own while the rest is written.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from publish.store import RdfStore, open_store

# Up to so many observations two files are loaded at once, and up to the second number one, beside other work.
# Above, loading and the other work together would take more memory than either, so one comes after the other.
TWO_AT_ONCE_ROWS = 250_000
BESIDE_ROWS = 1_000_000

# An embedded store, in the folder of linked data.
STORE = "store"


def files_at_once(observations: int) -> int:
    """Say how many files may be loaded beside other work; 0 for none."""
    if observations <= TWO_AT_ONCE_ROWS:
        return 2
    return 1 if observations <= BESIDE_ROWS else 0


class Loading:
    """Files on their way into a new, empty store.

    rdf_url    the kind of store, as site.toml says it
    folder     a new folder: files to load are written into it, and an embedded store lies in it as STORE
    base       what relative addresses in the files begin with
    at_once    how many files are loaded beside other work; with 0 all wait until `finish`
    """

    def __init__(self, rdf_url: str, folder: Path, base: str, at_once: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.at_once = at_once
        self._store = open_store(rdf_url, folder / STORE)
        self._base = base
        self._pool = ThreadPoolExecutor(max_workers=at_once) if at_once else None
        self._begun: list[Future[None]] = []
        self._waiting: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._store.close()

    def add(self, turtle: Path) -> None:
        """Take a file that is written whole. It is loaded now or at the end, and then removed."""
        if self._pool is None:
            self._waiting.append(turtle)
        else:
            self._begun.append(self._pool.submit(load_file, self._store, turtle, self._base))

    def finish(self, folder: Path) -> None:
        """Wait until every file is in the store, close it, and move it to where it belongs, on the same disk.

        Raises what went wrong with any of the files.
        """
        for turtle in self._waiting:
            load_file(self._store, turtle, self._base)
        for loading in self._begun:
            loading.result()
        self._store.close()
        if folder != self.folder:
            self.folder.rename(folder)


def load_file(store: RdfStore, turtle: Path, base: str) -> None:
    """Load a file into a store and remove it."""
    store.load(turtle, base)
    turtle.unlink()

"""The RDF store of an edition: a seam, and the store that is embedded.

In:   files of Turtle
Out:  a store that answers SPARQL, opened for reading by its address

Another kind of store comes in as another class with the same two methods, chosen by the address in site.toml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyoxigraph


class RdfStore(Protocol):
    """Somewhere that an edition's statements are loaded once and then only read."""

    def load(self, turtle: Path, base: str) -> None:
        """Load a file of an edition's statements. Several may be loaded at once, in threads of their own."""

    def close(self) -> None:
        """Let go of the store; readers may open it."""


class Oxigraph:
    """A folder of the embedded Oxigraph store. Everything lies in the default graph."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._store: pyoxigraph.Store | None = pyoxigraph.Store(str(folder))

    def load(self, turtle: Path, base: str) -> None:
        """Load a file. It is our own writing, but it is parsed strictly: what is wrong must not be served."""
        if self._store is None:
            raise ValueError("the store is closed")
        self._store.bulk_load(path=str(turtle), format=pyoxigraph.RdfFormat.TURTLE, base_iri=base)
        self._store.flush()

    def close(self) -> None:
        self._store = None


def holds_observations(url: str) -> bool:
    """Say whether every observation goes into the store that an address names.

    With "cube:" none does: what they say is made from their coded rows when it is asked for.
    """
    return url != "cube:"


def open_store(url: str, folder: Path) -> RdfStore:
    """Open the new, empty store that an address names.

    url       "oxigraph:" or "cube:", the store embedded in the edition's own folder, with observations or without
    folder    where an embedded store lies

    Raises ValueError for a kind of store that there is not.
    """
    if url in ("oxigraph:", "cube:"):
        return Oxigraph(folder)
    raise ValueError(f"'{url}' is not a kind of RDF store that this version knows")

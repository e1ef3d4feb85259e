"""Where editions are besides the site's own folder: nowhere, or in a store outside.

In:   the address of a store, if the site names one
Out:  what is told of each edition that is published, made current or no longer kept
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from publish.edition import EditionsFolder
from schemas.store_address import StoreAddress

Progress = Callable[[str], None]


class Stores(Protocol):
    """Where else the editions of a site are to be."""

    def begin(self) -> None:
        """Find out whether all is well before any work is done, and remove what is left of work that died."""

    def hold(self, edition: str, folder: Path) -> None:
        """Hold an edition, whose files are in a folder. It is whole when this ends, and not current yet."""

    def point(self, edition: str) -> None:
        """Say that an edition is current."""

    def forget(self, folder: EditionsFolder) -> None:
        """Let go of the editions that are not kept any more."""


class Nowhere:
    """A site whose editions are in its own folder and nowhere else."""

    def begin(self) -> None:
        pass

    def hold(self, edition: str, folder: Path) -> None:
        pass

    def point(self, edition: str) -> None:
        pass

    def forget(self, folder: EditionsFolder) -> None:
        pass


def stores_of(address: StoreAddress | None, base: str, progress: Progress = lambda _stage: None) -> Stores:
    """Give the stores where the editions of a site are to be, beside its own folder."""
    if address is None:
        return Nowhere()
    # What speaks to a store takes as long to import as a small site takes to read.
    from publish.outside import Outside

    return Outside(address, base, progress)

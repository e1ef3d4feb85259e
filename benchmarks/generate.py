"""Makes a generated package in a process of its own, so that its memory is nobody else's."""

from __future__ import annotations

from pathlib import Path


def generate(folder: Path, name: Path) -> int:
    """Write the package of a size and give the number of its rows."""
    from benchmarks.generator import SIZES, write_package

    size = SIZES[str(name)]
    write_package(folder, size)
    return size.rows

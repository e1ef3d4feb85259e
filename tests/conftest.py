"""What several test files need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Path:
    """The folder of the publishers' files, which are not part of this repository."""
    named = os.environ.get("LIKEFORLIKE_SOURCES")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"NOT TESTED on the publishers' files: there is no folder '{folder.name}'; "
            "name it in LIKEFORLIKE_SOURCES"
        )
    return folder

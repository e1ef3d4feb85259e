"""What was read of a file of figures, and that nothing was wrong with it, is kept for the next publication.

In:   files of observations by their digests, and the digest of all that they are checked against
Out:  staged tables that need not be read again, and files whose figures need not be checked again

A file is known by its bytes, by what its descriptor says of how it is read, and by our own code. That nothing is wrong
with it holds as long as every other table of the site is what it was. The folder can be deleted at any time; what is in
it is believed only if it has the digest that it had.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.package import PackageFile, Resource
from ingest.reading import Staged

_TOLD = "kept.json"


@dataclass
class Kept:
    """A folder of staged tables.

    code     the digest of our own code
    reused   how many files did not have to be read, and `passed` how many did not have to be checked
    """

    folder: Path
    code: str
    reused: int = 0
    passed: int = 0
    _known: dict[str, Any] = field(default_factory=dict, init=False)
    _told: dict[str, Any] = field(default_factory=dict, init=False)
    _fresh: dict[str, Staged] = field(default_factory=dict, init=False)
    _passed: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._known = _read(self.folder / _TOLD)

    def key(self, resource: Resource, file: PackageFile) -> str:
        """Give what a file is known by."""
        name = PurePosixPath(file.path).name
        told = [self.code, name, file.sha256, repr(resource.selection), resource.table, resource.dataset]
        return _digest(json.dumps([*told, resource.schema], sort_keys=True, default=str))

    def find(self, key: str) -> Staged | None:
        """Find what was read of a file, if it is there and undamaged."""
        told = self._known.get("files", {}).get(key)
        if told is None:
            return None
        path = self.folder / f"{key}.parquet"
        if not path.is_file() or _digest_file(path) != told["sha256"]:
            return None
        self._told[key] = told
        self.reused += 1
        return Staged(path, tuple(told["headings"]), (), told["rows"], told["encoding"], told["delimiter"])

    def keep(self, key: str, staged: Staged) -> Staged:
        """Keep what was read of a file when the publication is done, unless something was wrong with the file."""
        if not staged.problems and staged.is_readable:
            self._fresh[key] = staged
        return staged

    def passes(self, frame: str) -> Mapping[str, Mapping[str, int]]:
        """Give the files with which nothing was wrong beside these other tables, and the rows of each indicator."""
        known: Mapping[str, Mapping[str, int]] = self._known.get("passed", {}).get(frame, {})
        return known

    def note_passed(self, frame: str, rows: Mapping[str, Mapping[str, int]]) -> None:
        """Note the files with which nothing is wrong, and how many rows of each indicator they have."""
        self._passed = {frame: {key: dict(one) for key, one in rows.items()}}

    def write(self) -> None:
        """Leave what the next publication may use, and remove what it may not.

        Call it when the edition is there: a publication that fails leaves what it found.
        """
        if not self._fresh and not self.folder.is_dir():
            return
        self.folder.mkdir(exist_ok=True)
        for key, staged in self._fresh.items():
            path = self.folder / f"{key}.parquet"
            shutil.move(staged.parquet, path)
            self._told[key] = {
                "sha256": _digest_file(path),
                "headings": staged.headings,
                "rows": staged.row_count,
                "encoding": staged.encoding,
                "delimiter": staged.delimiter,
            }
        told = {"files": self._told, "passed": self._passed}
        text = json.dumps(told, sort_keys=True)
        fresh = self.folder / f".{_TOLD}"
        fresh.write_text(f"{_digest(text)}\n{text}\n", encoding="utf-8")
        fresh.replace(self.folder / _TOLD)
        for path in self.folder.glob("*.parquet"):
            if path.stem not in self._told:
                path.unlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        digest, _, text = path.read_text(encoding="utf-8").rstrip("\n").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    told: dict[str, Any] = json.loads(text) if digest == _digest(text) else {}
    return told


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

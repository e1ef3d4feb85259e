"""Files of figures with which nothing was wrong are not checked again while all else is as it was.

In:   the standard tables of a site, and the files of figures that passed beside the same other tables
Out:  the tables that are left to be checked

A row of figures is judged by itself, by other tables, and by other figures of its indicator, for none may be given
twice. So a file passes again if no file that is new has a figure of its indicators. Rules that look at figures from
another table (derivations, targets) are judged over all of them: with such rows every file is checked.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.checking import open_engine
from ingest.keeping import Kept
from ingest.standard_file import StandardFile, union_query

if TYPE_CHECKING:
    from ingest.gathering import Report

# Tables whose own rules look at figures.
_LOOK_AT_FIGURES = ("derivations", "targets")

_FIGURES = "observations"


class Passing:
    """Which files of figures pass.

    keys   what kept files are known by, by where they lie
    """

    def __init__(self, kept: Kept, report: Report, keys: Mapping[Path, str]) -> None:
        self._kept, self._report, self._keys = kept, report, keys

    def left_to_check(self) -> dict[str, list[StandardFile]]:
        """Give the standard tables, of observations without the files that pass."""
        tables, passed = self._report.tables, self._kept.passes(self._frame)
        if not passed or any(tables.get(name) for name in _LOOK_AT_FIGURES):
            return tables
        files = tables.get(_FIGURES, [])
        fresh = [file for file in files if self._key(file) not in passed]
        touched = {name for names in self._indicators(fresh).values() for name in names}
        left = [
            file
            for file in files
            if touched.intersection(passed.get(self._key(file), touched)) or file in fresh
        ]
        self._kept.passed = len(files) - len(left)
        return {**tables, _FIGURES: left} if left else {n: f for n, f in tables.items() if n != _FIGURES}

    def note(self) -> None:
        """Note that nothing is wrong with any file."""
        known = self._kept.passes(self._frame)
        files = [file for file in self._report.tables.get(_FIGURES, ()) if self._key(file)]
        found = self._indicators([file for file in files if self._key(file) not in known])
        passed = {key: known[key] for file in files if (key := self._key(file)) in known}
        self._kept.note_passed(self._frame, {**passed, **found})

    def _key(self, file: StandardFile) -> str:
        return self._keys.get(file.parquet, "")

    def _indicators(self, files: list[StandardFile]) -> dict[str, set[str]]:
        """Find the indicators that files have figures of, by the keys of the files."""
        if not files:
            return {}
        keys = {file.source: self._key(file) for file in files}
        query = f"SELECT DISTINCT _source, coalesce(indicator, '') FROM {union_query(files)}"
        found: dict[str, set[str]] = {}
        with open_engine() as connection:
            rows = connection.execute(query).fetchall()
        for source, indicator in rows:
            found.setdefault(keys.get(source, ""), set()).add(indicator)
        return found

    @cached_property
    def _frame(self) -> str:
        """The digest of all that figures are checked against: every file but those that are kept, and its reading."""
        kept = set(self._keys.values())
        told: list[object] = [self._kept.code]
        for package in self._report.packages:
            told.append([package.name, isinstance(package.descriptor.get("pulled"), dict)])
            for resource in package.resources:
                is_kept = len(resource.files) == 1 and self._kept.key(resource, resource.files[0]) in kept
                if not is_kept:
                    files = [[file.path, file.sha256] for file in resource.files]
                    told.append(
                        [resource.name, resource.recipe, repr(resource.selection), resource.schema, files]
                    )
            if any(resource.recipe is not None for resource in package.resources):
                told.append(package.digest)
        # Which columns are dimensions is said by the tables above; which a file has, by the file.
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

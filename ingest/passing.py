"""Files of figures with which nothing was wrong are not checked again while all else is as it was.

In:   the standard tables of a site, and the files of figures that passed beside the same other tables
Out:  the tables that are left to be checked, and what the figures of each indicator are made of

A row of figures is judged by itself, by other tables, and by other figures of its indicator, for none may be given
twice. So a file passes again if no file that is new has a figure of its indicators. Rules that look at figures from
another table (derivations, targets) are judged over all of them: with such rows every file is checked.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ingest.keeping import Kept
from ingest.standard_file import StandardFile, union_query

if TYPE_CHECKING:
    from ingest.report import Report

# Tables whose own rules look at figures, and those by which one figure follows from others, or is hidden for them.
_LOOK_AT_FIGURES = ("derivations", "targets")
_MAKE_FIGURES = ("derivations", "disclosure_rules")

_FIGURES = "observations"

Tables = Mapping[str, Sequence[StandardFile]]


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What figures are made of, which is known before they are harmonised.

    frame   the digest of all that is beside them: other tables, how packages are read, our code
    files   what the file of each source with figures is known by
    rows    for each indicator, how many rows each source has of it
    """

    frame: str
    files: Mapping[int, str]
    rows: Mapping[str, Mapping[int, int]]

    def digests(self) -> dict[str, str]:
        """Give for each indicator the digest of what its figures are made of."""
        return {
            indicator: _digest([self.frame, sorted([self.files[one], count] for one, count in rows.items())])
            for indicator, rows in self.rows.items()
        }

    def numbers(self, indicator: str) -> list[int]:
        """Give the numbers of the sources of an indicator, in the order of what their files are known by."""
        return sorted(self.rows.get(indicator, ()), key=lambda source: self.files[source])


class Passing:
    """Which files of figures pass.

    keys         what kept files are known by, by where they lie
    connection   counts rows of files that are not known yet
    """

    def __init__(
        self, kept: Kept, report: Report, keys: Mapping[Path, str], connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._kept, self._report, self._keys = kept, report, keys
        self._counted = self._count(connection)

    def _count(self, connection: duckdb.DuckDBPyConnection) -> Mapping[int | None, Mapping[str, int]]:
        """Count the rows of each indicator, by the sources of files."""
        passed = self._kept.passes(self._frame)
        files = self._report.tables.get(_FIGURES, [])
        known = {file.source: passed[self._key(file)] for file in files if self._key(file) in passed}
        unknown = [file for file in files if file.source not in known]
        if not unknown:
            return known
        query = f"SELECT _source, coalesce(indicator, ''), count(*) FROM {union_query(unknown)} GROUP BY 1, 2"
        found: dict[int | None, dict[str, int]] = {file.source: {} for file in unknown}
        for source, indicator, count in connection.execute(query).fetchall():
            found.setdefault(source, {})[indicator] = count
        return known | found

    def left_to_check(self) -> tuple[Tables, frozenset[str]]:
        """Give the standard tables, of observations without the files that pass; and those that only others refer to.

        Every table but observations is what it was when nothing was wrong with it.
        """
        tables, passed = self._report.tables, self._kept.passes(self._frame)
        if not passed or any(tables.get(name) for name in _LOOK_AT_FIGURES):
            return tables, frozenset()
        files = tables.get(_FIGURES, [])
        fresh = [file for file in files if self._key(file) not in passed]
        touched = {name for file in fresh for name in self._counted[file.source]}
        left = [
            file
            for file in files
            if touched.intersection(passed.get(self._key(file), touched)) or file in fresh
        ]
        self._kept.passed = len(files) - len(left)
        others = {name: files for name, files in tables.items() if name != _FIGURES}
        return {**tables, _FIGURES: left} if left else others, frozenset(others)

    def note(self) -> None:
        """Note that nothing is wrong with any file."""
        files = [file for file in self._report.tables.get(_FIGURES, ()) if self._key(file)]
        self._kept.note_passed(self._frame, {self._key(file): self._counted[file.source] for file in files})

    def made_of(self) -> MadeOf | None:
        """Say what figures are made of; None where one may follow from another, or two files are the same."""
        if any(self._report.tables.get(name) for name in _MAKE_FIGURES):
            return None
        files = self._report.tables.get(_FIGURES, [])
        # What a recipe or a correction makes follows from the frame, and from which file it is.
        names = {one.number: f"{one.package}/{one.resource}/{one.file}" for one in self._report.sources}
        known = {file.source: self._key(file) or names.get(file.source or 0, "") for file in files}
        if None in known or "" in known.values() or len(set(known.values())) < len(files):
            return None
        rows: dict[str, dict[int, int]] = {}
        for file in files:
            for indicator, count in self._counted[file.source].items():
                rows.setdefault(indicator, {})[file.source or 0] = count
        return MadeOf(self._frame, {source or 0: key for source, key in known.items()}, rows)

    def _key(self, file: StandardFile) -> str:
        return self._keys.get(file.parquet, "")

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
        return _digest(told)


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

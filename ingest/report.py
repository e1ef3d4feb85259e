"""What became of the packages of a site: their tables, where the rows came from, and every problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ingest.package import Package
from ingest.problems import Place, Problem
from ingest.standard_file import StandardFile

if TYPE_CHECKING:
    from ingest.passing import MadeOf


@dataclass(frozen=True, slots=True)
class Source:
    """One file that rows came from. `number` is what the rows carry as _source."""

    number: int
    package: str
    resource: str
    file: str
    sha256: str
    bytes: int
    rows_read: int
    title: str
    licence: str | None


@dataclass
class Report:
    """What became of the packages.

    tables      for each standard table its files: the table's columns as text (NULL where empty; for
                observations also a column for each dimension), _source (INTEGER) and _row (BIGINT)
    places      for each number in _source what a problem calls the file
    left_out    rows that recipes leave out by a declared rule: (file, reason, count)
    held_back   the moments of release of the packages that were left out whole, because they are still to come
    made_of     what figures are made of, where that is known
    """

    packages: list[Package] = field(default_factory=list)
    tables: dict[str, list[StandardFile]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[tuple[str, str, int]] = field(default_factory=list)
    held_back: list[datetime] = field(default_factory=list)
    made_of: MadeOf | None = None

    @property
    def has_errors(self) -> bool:
        """Say whether anything stands in the way of publishing. Warnings do not."""
        return any(found.severity == "error" for found in self.problems)

    @property
    def rows_read(self) -> int:
        return sum(source.rows_read for source in self.sources)

    @property
    def files_read(self) -> int:
        """Count the files that rows came from; a recipe that carries rows itself is none of a publisher's."""
        return sum(not source.file.startswith("recipe:") for source in self.sources)

    @property
    def rows_made(self) -> dict[str, int]:
        """Count the rows of each standard table."""
        return {table: sum(file.row_count for file in files) for table, files in sorted(self.tables.items())}

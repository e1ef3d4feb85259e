"""The files of packages are read, corrected, and put under the headings of the standard tables.

In:   opened packages
Out:  in a Report the files of each standard table, the sources that rows came from, and problems

What needs no recipe is read first: recipes look names and codes up in it.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ingest.checking import StagedTable
from ingest.checking.grammar import literal, name
from ingest.checking.standard import check_standard_headings
from ingest.corrections import Correction, correct, read_correction
from ingest.keeping import Kept
from ingest.package import Package, PackageFile, Resource, stage_resource
from ingest.problems import Place, Problem, ProblemsFound
from ingest.reading import Staged
from ingest.report import Report, Source
from ingest.standard_file import StandardFile
from ingest.standing_back import stand_back
from schemas import load_model

if TYPE_CHECKING:
    from ingest.recipe import Recipe

Progress = Callable[[str], None]

# The tables of packages that have a schema of their own, with the names of the package's tables that were not read.
Unchecked = list[tuple[list[StagedTable], frozenset[str]]]

# So many packages are checked by their own schemas in one piece of work.
_PACKAGES = 4


@dataclass
class PackageReader:
    """Reads the packages of a report into it.

    check        is given tables of packages that are to be checked by their own schemas
    took         is told how many bytes of files were read so far
    unread       tables of which some rows could not be read; that others refer to them is no news
    keys         what staged files that are kept are known by
    """

    scratch: Path
    report: Report
    progress: Progress
    is_site: bool
    kept: Kept | None
    check: Callable[[Unchecked], None]
    took: Callable[[int], None]
    unread: set[str] = field(default_factory=set)
    keys: dict[Path, str] = field(default_factory=dict)
    _bytes_read: int = 0
    _dimensions: set[str] = field(default_factory=set)
    _unchecked: Unchecked = field(default_factory=list)
    _corrections: dict[tuple[str, str], list[Correction]] = field(default_factory=dict)

    def read(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read what needs no recipe first: recipes look names and codes up in it."""
        connection.execute("SET preserve_insertion_order = true")
        for package in self.report.packages:
            self._read_ahead(package, connection)
        for package in self.report.packages:
            self.progress(f"Reading {package.name}")
            self._read_package(package, connection)
        self._check_own()
        stand_back(self.report.tables, pulled_sources(self.report), connection)
        if any(resource.recipe for package in self.report.packages for resource in package.resources):
            self._read_by_recipes()

    def _read_by_recipes(self) -> None:
        # Most packages name none, and then the language of recipes need not be known.
        from ingest.recipe import asks_register
        from ingest.recipe_registers import REGISTER_TABLES

        named = [found for package in self.report.packages for found in self._load_recipes(package)]
        # Recipes that make a register come before those that look things up in it.
        named.sort(key=lambda one: (asks_register(one[2]), REGISTER_TABLES.isdisjoint(one[2].tables)))
        for package, resource, recipe in named:
            self.progress(f"Reading {package.name} by the recipe {recipe.name}")
            self._take(resource)
            self._apply_recipe(package, resource, recipe)

    @property
    def _knows_dimensions(self) -> bool:
        """Whether all dimensions are known; without them, a column that could be one is taken for one."""
        return "dimensions" not in self.unread and (self.is_site or bool(self._dimensions))

    def _take(self, resource: Resource) -> None:
        """Say how many bytes were read before a resource, and count its own."""
        self.took(self._bytes_read)
        self._bytes_read += sum(file.bytes for file in resource.files)

    def _check_own(self) -> None:
        """Have the tables that were read so far checked by their own schemas."""
        if self._unchecked:
            self.check(self._unchecked)
            self._unchecked = []

    def _read_ahead(self, package: Package, connection: duckdb.DuckDBPyConnection) -> None:
        """Read what decides how other tables are read: the names of dimensions, and declared corrections."""
        for resource in package.resources:
            if resource.recipe is None and resource.table in ("dimensions", "corrections"):
                for part in stage_resource(resource, self.scratch):
                    if not part.is_readable:
                        self.unread.add(resource.table)
                        continue
                    rows = _read_rows(part, connection)
                    if resource.table == "dimensions":
                        self._dimensions.update(row["dimension"] for row in rows if row.get("dimension"))
                        continue
                    for row in rows:
                        correction = read_correction(row)
                        if correction is not None:
                            key = (package.name, correction.resource)
                            self._corrections.setdefault(key, []).append(correction)

    def _stage(self, package: Package, resource: Resource) -> tuple[Staged, ...]:
        """Stage a resource, or find it staged already: a file of figures that is not corrected."""
        is_plain = resource.table == "observations" and len(resource.files) == 1
        if self.kept is None or not is_plain or (package.name, resource.name) in self._corrections:
            return stage_resource(resource, self.scratch)
        key = self.kept.key(resource, resource.files[0])
        staged = self.kept.find(key) or self.kept.keep(key, stage_resource(resource, self.scratch)[0])
        self.keys[staged.parquet] = key
        return (staged,)

    def _read_package(self, package: Package, connection: duckdb.DuckDBPyConnection) -> None:
        own: list[StagedTable] = []
        unread: set[str] = set()
        for resource in package.resources:
            if resource.recipe is not None:
                continue
            self._take(resource)
            parts = [
                self._correct(package, resource, part, connection) for part in self._stage(package, resource)
            ]
            self._note(package, [found for part in parts for found in part.problems])
            if not all(part.is_readable for part in parts):
                # What is wrong with the file is said; that it then has no columns is no news.
                unread.add(resource.name)
                self.unread.update([resource.table] if resource.table else ())
                continue
            if resource.schema is not None and parts:
                own.append(_own_table(package, resource, parts, connection, self.scratch))
            if resource.table is not None:
                for file, part in zip(resource.files, parts, strict=True):
                    self._standardise(package, resource, file, part)
        if own:
            self._unchecked.append((own, frozenset(unread)))
        if len(self._unchecked) == _PACKAGES:
            self._check_own()

    def _correct(
        self, package: Package, resource: Resource, staged: Staged, connection: duckdb.DuckDBPyConnection
    ) -> Staged:
        declared = self._corrections.get((package.name, resource.name), [])
        if not declared:
            return staged
        corrected, problems = correct(staged, declared, Place(shown(package, resource.paths[0])), connection)
        self.report.problems.extend(problems)
        return corrected

    def _note(self, package: Package, problems: Iterable[Problem]) -> None:
        """Keep problems of a package's file under the package's name."""
        self.report.problems.extend(
            replace(found, file=shown(package, found.file)) if found.file else found for found in problems
        )

    def _standardise(
        self,
        package: Package,
        resource: Resource,
        file: PackageFile,
        staged: Staged,
    ) -> None:
        """Put the rows of one file under the headings of its standard table."""
        assert resource.table is not None
        place = Place(shown(package, file.path))
        table = load_model().tables[resource.table]
        labels = [heading.strip() for heading in staged.headings]
        given = {"dataset": resource.dataset} if resource.dataset and "dataset" not in labels else {}
        known = set(table.field_names)
        takes_dimensions = table.name == "observations"
        is_dimension = self._dimensions.__contains__ if self._knows_dimensions else _is_notation
        dimensions = [
            label for label in labels if takes_dimensions and label not in known and is_dimension(label)
        ]
        number = self._add_source(package, resource, file, staged.row_count, place)
        found = check_standard_headings(table.name, staged.headings, place, dimensions, list(given))
        self.report.problems.extend(found)
        if not {one.code for one in found}.isdisjoint(("headings-unknown", "column-missing")):
            # Every row would lack what the heading is said to lack.
            self.unread.add(table.name)
            return
        missing = [str(text) for text in (resource.schema or {}).get("missingValues", [""])]
        cells = {label: f"c{at}" for at, label in reversed(list(enumerate(labels, 1)))}
        columns = (*table.field_names, *dimensions)
        standard = StandardFile(
            staged.parquet,
            {column: cells[column] for column in columns if column in cells},
            {column: str(text) for column, text in given.items() if column not in cells},
            tuple(missing),
            number,
        )
        self.report.tables.setdefault(table.name, []).append(standard)

    def _add_source(
        self, package: Package, resource: Resource, file: PackageFile, rows: int, place: Place
    ) -> int:
        number = len(self.report.sources) + 1
        self.report.sources.append(
            Source(
                number=number,
                package=package.name,
                resource=resource.name,
                file=file.path,
                sha256=file.sha256,
                bytes=file.bytes,
                rows_read=rows,
                title=resource.title or package.title,
                licence=package.licence,
            )
        )
        self.report.places[number] = place
        return number

    def _load_recipes(self, package: Package) -> Iterator[tuple[Package, Resource, Recipe]]:
        """Load the recipes of a package. A recipe reads it whole, however many resources name it."""
        from ingest.recipe import load_recipe

        by_recipe = {resource.recipe: resource for resource in reversed(package.resources)}
        for name_or_path, resource in reversed(by_recipe.items()):
            if name_or_path is None:
                continue
            try:
                yield package, resource, load_recipe(name_or_path, package.folder)
            except ProblemsFound as fault:
                self._note(package, fault.problems)
                self.unread.update(load_model().tables)

    def _apply_recipe(self, package: Package, resource: Resource, recipe: Recipe) -> None:
        from ingest.recipe import apply_recipe, finds_codes
        from ingest.recipe_registers import REGISTER_TABLES, load_registers

        if not self.unread.isdisjoint(REGISTER_TABLES) and finds_codes(recipe):
            # What is wrong with the register is said; that nothing is found in it is no news.
            self.unread.update(recipe.tables)
            return
        registers = load_registers(
            *(
                {table: path}
                for table in sorted(REGISTER_TABLES)
                for path in self.report.tables.get(table, ())
            )
        )
        first = len(self.report.sources) + 1
        scratch = self.scratch / f"recipe-{first}"
        applied = apply_recipe(recipe, package, scratch, registers, first_source=first)
        self._note(package, applied.problems)
        if applied.has_errors:
            self.unread.update(recipe.tables)
        files = {file.path: file for file in package.files}
        for path in applied.sources:
            place = Place(shown(package, path))
            file = files.get(path) or PackageFile(path, package.folder, 0, "")
            self._add_source(package, resource, file, applied.rows_read.get(path, 0), place)
        for table, parquet in applied.tables.items():
            self.report.tables.setdefault(table, []).append(StandardFile(parquet))
        self.report.left_out.extend(
            (shown(package, left.file), left.reason, left.count) for left in applied.leave_outs
        )


def pulled_sources(report: Report) -> frozenset[int]:
    """Find the sources of packages that say of themselves that they were pulled from elsewhere."""
    pulled = {
        package.name for package in report.packages if isinstance(package.descriptor.get("pulled"), dict)
    }
    return frozenset(source.number for source in report.sources if source.package in pulled)


def shown(package: Package, path: str) -> str:
    """Name a file with its package, as problems show it."""
    return f"{package.name}/{path}"


def _is_notation(text: str) -> bool:
    return re.fullmatch(load_model().forms["notation"]["pattern"], text) is not None


def _read_rows(staged: Staged, connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """Read the rows of a small table by their headings."""
    labels = [heading.strip() for heading in staged.headings]
    source = f"read_parquet({literal(str(staged.parquet))})"
    rows = connection.execute(f"SELECT * EXCLUDE (_row) FROM {source} ORDER BY _row").fetchall()
    return [dict(zip(labels, row, strict=True)) for row in rows]


def _own_table(
    package: Package,
    resource: Resource,
    parts: Sequence[Staged],
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> StagedTable:
    """Give a resource to the check by its own schema; several files are one table, rows counted on."""
    assert resource.schema is not None
    parquet = parts[0].parquet
    if len(parts) > 1:
        parquet = scratch / f"joined-{package.name}-{resource.name}.parquet"
        union: list[str] = []
        before = 0
        for part in parts:
            cells = ", ".join(name(f"c{at}") for at in range(1, len(parts[0].headings) + 1))
            union.append(
                f"SELECT {cells}, _row + {before} AS _row FROM read_parquet({literal(str(part.parquet))})"
            )
            before += part.row_count
        connection.execute(f"COPY ({' UNION ALL '.join(union)}) TO {literal(str(parquet))} (FORMAT parquet)")
    return StagedTable(
        resource.name, parquet, parts[0].headings, resource.schema, Place(shown(package, resource.paths[0]))
    )

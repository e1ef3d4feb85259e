"""The packages of a site become standard tables of text, checked together.

In:   addresses of packages
Out:  a Report: text Parquet of each standard table, the sources they came from, and every problem found

Each package is opened, its resources are read (by a recipe where one is named), checked by their own schemas,
and put under the headings of the standard tables; then all tables of all packages are checked together, for
references reach from one package into another.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through checking/grammar.py

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.checking import StagedTable, open_engine
from ingest.checking.beside import AtOnce, check_own_schemas, check_together
from ingest.checking.grammar import literal, name
from ingest.checking.standard import check_standard_headings
from ingest.keeping import Kept
from ingest.package import Package, PackageFile, Resource, open_package, stage_resource
from ingest.passing import MadeOf, Passing
from ingest.problems import Place, Problem, ProblemsFound, group_problems, problem
from ingest.reading import Staged
from ingest.recipe import Recipe, apply_recipe, asks_register, finds_codes, load_recipe
from ingest.recipe_registers import REGISTER_TABLES, load_registers
from ingest.release import read_release
from ingest.standard_file import StandardFile
from ingest.standing_back import stand_back
from schemas import load_model

Progress = Callable[[str], None]

# So many packages are checked by their own schemas in one piece of work.
_PACKAGES = 4


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


def check_packages(
    addresses: Iterable[str | Path],
    scratch: Path,
    *,
    beside: Iterable[str | Path] = (),
    operator: bool = False,
    recipe: str | None = None,
    is_site: bool = False,
    now: datetime | None = None,
    kept: Kept | None = None,
    progress: Progress = lambda _stage: None,
) -> Report:
    """Read and check packages, and publish nothing.

    scratch     a folder for what is made on the way; the tables lie in it, and the caller deletes it
    beside      packages that the checked ones refer to (the other packages of a site): they are read too, and
                what is wrong with them alone is not reported. A checked package stands in for one of them
                that has its name.
    operator    whether the operator gave the addresses, so that https may be among them
    recipe      reads the files of each address as they lie
    is_site     the packages are all that a site has; without it what refers to a table that none of them has
                is not judged, and one warning says so
    now         a package whose moment of release is later is left out, with all that it holds; None leaves none out
    kept        what an earlier publication of the site kept, and where this one keeps what it reads

    Raises OSError if a file or the disk cannot be read or written.
    """
    return begin_checking(
        addresses,
        scratch,
        beside=beside,
        operator=operator,
        recipe=recipe,
        is_site=is_site,
        now=now,
        kept=kept,
        progress=progress,
    ).finish()


def begin_checking(
    addresses: Iterable[str | Path],
    scratch: Path,
    *,
    beside: Iterable[str | Path] = (),
    operator: bool = False,
    recipe: str | None = None,
    is_site: bool = False,
    now: datetime | None = None,
    kept: Kept | None = None,
    progress: Progress = lambda _stage: None,
    executor: Executor | None = None,
    took: Callable[[int | None], None] = lambda _bytes: None,
) -> Checking:
    """Read packages as check_packages does, and have them checked.

    executor    does the checks, perhaps beside other work; without one they are done now
    took        is told how many bytes of files were read so far, and None when all are
    """
    scratch.mkdir(parents=True, exist_ok=True)
    gathering = _Gathering(scratch, Report(), progress, is_site, now, kept, executor or AtOnce(), took)
    wanted = [str(address) for address in addresses]
    others = [str(address) for address in beside if str(address) not in wanted]
    for address in wanted:
        gathering.open(address, operator, recipe)
    reported = gathering.opened
    for address in others:
        gathering.open(address, operator, None, stands_back=True)
    gathering.read()
    gathering.begin_check()
    return Checking(gathering, frozenset(gathering.opened - reported if others else ()))


@dataclass(frozen=True, slots=True)
class Correction:
    """A declared change to a known fault: in this row and column, this text becomes that one."""

    notation: str
    resource: str
    row: int
    column: str
    found: str
    corrected: str


@dataclass
class _Gathering:
    """The work of one check_packages.

    unread       tables of which some rows could not be read; that others refer to them is no news
    unopened     what is wrong with packages that could not be opened
    unchecked    the tables of packages, with the names of unread ones, that are to be checked by their own schemas
    by_schemas   what is wrong by the schemas that publishers wrote
    together     what is wrong with the standard tables of all packages; None where there are none
    keys         what staged files that are kept are known by
    passing      which of those need not be checked; None where nothing is kept
    """

    scratch: Path
    report: Report
    progress: Progress
    is_site: bool
    now: datetime | None
    kept: Kept | None
    executor: Executor
    took: Callable[[int | None], None] = lambda _bytes: None
    bytes_read: int = 0
    names: dict[str, str] = field(default_factory=dict)
    dimensions: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    unopened: list[Problem] = field(default_factory=list)
    unchecked: list[tuple[list[StagedTable], frozenset[str]]] = field(default_factory=list)
    by_schemas: list[Future[list[Problem]]] = field(default_factory=list)
    together: Future[list[Problem]] | None = None
    corrections: dict[tuple[str, str], list[Correction]] = field(default_factory=dict)
    keys: dict[Path, str] = field(default_factory=dict)
    passing: Passing | None = None

    @property
    def knows_dimensions(self) -> bool:
        """Whether all dimensions are known; without them, a column that could be one is taken for one."""
        return "dimensions" not in self.unread and (self.is_site or bool(self.dimensions))

    @property
    def opened(self) -> set[str]:
        return set(self.names.values())

    def open(self, address: str, operator: bool, recipe: str | None, *, stands_back: bool = False) -> None:
        """Open a package under a name of its own; what is wrong with it is kept.

        stands_back    a package of that name that is open already takes its place
        """
        self.progress(f"Opening {Path(address).name or address}")
        try:
            package = open_package(address, self.scratch, operator=operator, recipe=recipe)
        except ProblemsFound as fault:
            self.unopened.extend(replace(found, file=_placed(address, found)) for found in fault.problems)
            # Nobody knows which tables it holds.
            self.unread.update(load_model().tables)
            return
        if package.name in self.opened and stands_back:
            return
        if package.name in self.opened:
            place = Place(package.name)
            self.report.problems.append(problem("package-twice", place, value=package.name))
            self.unread.update(load_model().tables)
            return
        release = read_release(package.descriptor, Place(package.name))
        if isinstance(release, Problem):
            self.report.problems.append(release)
        elif release is not None and self.now is not None and release > self.now:
            self.report.held_back.append(release)
            return
        self.names[address] = package.name
        self.report.packages.append(package)

    def read(self) -> None:
        """Read what needs no recipe first: recipes look names and codes up in it."""
        with open_engine(self.scratch) as connection:
            connection.execute("SET preserve_insertion_order = true")
            for package in self.report.packages:
                self._read_ahead(package, connection)
            for package in self.report.packages:
                self.progress(f"Reading {package.name}")
                self._read_package(package, connection)
            self._begin_own_checks()
            stand_back(self.report.tables, self._pulled_sources(), connection)
        named = [found for package in self.report.packages for found in self._load_recipes(package)]
        # Recipes that make a register come before those that look things up in it.
        named.sort(key=lambda one: (asks_register(one[2]), REGISTER_TABLES.isdisjoint(one[2].tables)))
        for package, resource, recipe in named:
            self.progress(f"Reading {package.name} by the recipe {recipe.name}")
            self._take(resource)
            self._apply_recipe(package, resource, recipe)

    def _take(self, resource: Resource) -> None:
        """Say how many bytes were read before a resource, and count its own."""
        self.took(self.bytes_read)
        self.bytes_read += sum(file.bytes for file in resource.files)

    def _pulled_sources(self) -> frozenset[int]:
        """Find the sources of packages that say of themselves that they were pulled from elsewhere."""
        pulled = {
            package.name
            for package in self.report.packages
            if isinstance(package.descriptor.get("pulled"), dict)
        }
        return frozenset(source.number for source in self.report.sources if source.package in pulled)

    def begin_check(self) -> None:
        """Have all standard tables checked together."""
        self.took(None)
        tables = self.report.tables
        if not tables:
            return
        self.progress("Checking all tables together")
        rows = sum(self.report.rows_made.values())
        with open_engine(self.scratch, rows) as connection:
            # Recipes may have given rows since the packages were read.
            stand_back(tables, self._pulled_sources(), connection)
            self.passing = Passing(self.kept, self.report, self.keys) if self.kept else None
            asked = tables if self.passing is None or self.unread else self.passing.left_to_check()
            if self.passing is not None and not self.unread and not any(self.known_by_now()):
                self.report.made_of = self.passing.made_of()
        self.together = self.executor.submit(
            check_together,
            asked,
            self.report.places,
            self.scratch,
            rows,
            is_partial=not self.is_site,
            unread=frozenset(self.unread),
        )

    def known_by_now(self) -> Iterator[Problem]:
        """Give every problem that is known without waiting for a check."""
        yield from self.unopened
        yield from self.report.problems
        for check in (*self.by_schemas, *([self.together] if self.together else [])):
            if check.done():
                yield from check.result()

    def finish_check(self) -> None:
        """Wait for the checks, and keep what they found."""
        together = self.together.result() if self.together else []
        by_schemas = [found for one in self.by_schemas for found in one.result()]
        # A schema that a publisher wrote for a standard table says much that the model says too.
        told = {_spot(one) for one in together}
        is_right = not (together or by_schemas or self.report.problems or self.unopened)
        self.report.problems.extend(one for one in by_schemas if _spot(one) not in told)
        self.report.problems.extend(together)
        if self.passing is not None and self.together is not None and is_right:
            self.passing.note()

    def _begin_own_checks(self) -> None:
        """Have the tables that were read so far checked by their own schemas."""
        if self.unchecked:
            self.by_schemas.append(self.executor.submit(check_own_schemas, self.unchecked, self.scratch))
            self.unchecked = []

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
                        self.dimensions.update(row["dimension"] for row in rows if row.get("dimension"))
                        continue
                    for row in rows:
                        correction = _read_correction(row)
                        if correction is not None:
                            key = (package.name, correction.resource)
                            self.corrections.setdefault(key, []).append(correction)

    def _correct(
        self, package: Package, resource: Resource, staged: Staged, connection: duckdb.DuckDBPyConnection
    ) -> Staged:
        """Apply the declared corrections of a resource; one that no longer fits becomes a problem."""
        declared = self.corrections.get((package.name, resource.name), [])
        if not declared:
            return staged
        labels = [heading.strip() for heading in staged.headings]
        cells = {label: f"c{at}" for at, label in reversed(list(enumerate(labels, 1)))}
        source = f"read_parquet({literal(str(staged.parquet))})"
        place = Place(_shown(package, resource.paths[0]))
        changes: dict[str, list[str]] = {}
        for correction in declared:
            cell = cells.get(correction.column)
            where = f"_row = {correction.row} AND {cell} = {literal(correction.found)}"
            if cell is None or not connection.execute(f"SELECT 1 FROM {source} WHERE {where}").fetchall():
                at = place.at(correction.row, correction.column)
                found = problem(
                    "correction-stale", at, value=correction.found, correction=correction.notation
                )
                self.report.problems.append(found)
            else:
                changes.setdefault(cell, []).append(f"WHEN {where} THEN {literal(correction.corrected)}")
        if not changes:
            return staged
        replaced = ", ".join(f"CASE {' '.join(cases)} ELSE {c} END AS {c}" for c, cases in changes.items())
        target = staged.parquet.with_suffix(".corrected.parquet")
        connection.execute(
            f"COPY (SELECT * REPLACE ({replaced}) FROM {source}) TO {literal(str(target))} (FORMAT parquet)"
        )
        return replace(staged, parquet=target)

    def _stage(self, package: Package, resource: Resource) -> tuple[Staged, ...]:
        """Stage a resource, or find it staged already: a file of figures that is not corrected."""
        is_plain = resource.table == "observations" and len(resource.files) == 1
        if self.kept is None or not is_plain or (package.name, resource.name) in self.corrections:
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
            self.unchecked.append((own, frozenset(unread)))
        if len(self.unchecked) == _PACKAGES:
            self._begin_own_checks()

    def _note(self, package: Package, problems: Iterable[Problem]) -> None:
        """Keep problems of a package's file under the package's name."""
        self.report.problems.extend(
            replace(found, file=_shown(package, found.file)) if found.file else found for found in problems
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
        place = Place(_shown(package, file.path))
        table = load_model().tables[resource.table]
        labels = [heading.strip() for heading in staged.headings]
        given = {"dataset": resource.dataset} if resource.dataset and "dataset" not in labels else {}
        known = set(table.field_names)
        takes_dimensions = table.name == "observations"
        is_dimension = self.dimensions.__contains__ if self.knows_dimensions else _is_notation
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
            shown = Place(_shown(package, path))
            file = files.get(path) or PackageFile(path, package.folder, 0, "")
            self._add_source(package, resource, file, applied.rows_read.get(path, 0), shown)
        for table, parquet in applied.tables.items():
            self.report.tables.setdefault(table, []).append(StandardFile(parquet))
        self.report.left_out.extend(
            (_shown(package, left.file), left.reason, left.count) for left in applied.leave_outs
        )


@dataclass
class Checking:
    """Packages that are read while their tables are checked.

    hidden    names of packages whose own problems are not reported
    """

    _gathering: _Gathering
    _hidden: frozenset[str]
    _is_finished: bool = False

    @property
    def report(self) -> Report:
        """What was read, without what the checks find."""
        return self._gathering.report

    @property
    def has_errors(self) -> bool:
        """Say whether it is known by now that something stands in the way of publishing."""
        return any(found.severity == "error" for found in self._gathering.known_by_now())

    def finish(self) -> Report:
        """Wait for the checks. Gives the whole report."""
        report = self.report
        if self._is_finished:
            return report
        self._is_finished = True
        self._gathering.finish_check()
        shown = [found for found in report.problems if found.file.split("/")[0] not in self._hidden]
        report.problems = group_problems([*self._gathering.unopened, *shown])
        return report


def _is_notation(text: str) -> bool:
    return re.fullmatch(load_model().forms["notation"]["pattern"], text) is not None


def _read_rows(staged: Staged, connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """Read the rows of a small table by their headings."""
    labels = [heading.strip() for heading in staged.headings]
    source = f"read_parquet({literal(str(staged.parquet))})"
    rows = connection.execute(f"SELECT * EXCLUDE (_row) FROM {source} ORDER BY _row").fetchall()
    return [dict(zip(labels, row, strict=True)) for row in rows]


def _read_correction(row: Mapping[str, str]) -> Correction | None:
    """Read a declared correction; None where its row is unfit, which the check of its table reports."""
    if not str(row.get("row", "")).isdecimal():
        return None
    texts = [row.get(column, "") for column in ("correction", "resource", "column", "found", "corrected")]
    notation, resource, column, found, corrected = texts
    return Correction(notation, resource, int(row["row"]), column, found, corrected)


def _placed(address: str, found: Problem) -> str:
    """Name a file of a package that could not be opened by the folder or the archive it lies in."""
    path = Path(address)
    is_descriptor = path.suffix.lower() in (".json", ".yaml", ".yml") and "://" not in address
    label = (path.parent if is_descriptor else path).resolve().name
    return f"{label}/{found.file}" if found.file and found.file != label else found.file


def _spot(found: Problem) -> tuple[object, ...]:
    return (found.code, found.file, found.sheet, found.row, found.column, found.value)


def _shown(package: Package, path: str) -> str:
    """Name a file with its package, as problems show it."""
    return f"{package.name}/{path}"


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
        resource.name, parquet, parts[0].headings, resource.schema, Place(_shown(package, resource.paths[0]))
    )

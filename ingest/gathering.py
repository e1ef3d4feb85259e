"""The packages of a site become standard tables of text, checked together.

In:   addresses of packages
Out:  a Report: text Parquet of each standard table, the sources they came from, and every problem found

Each package is opened, its resources are read (by a recipe where one is named), checked by their own schemas,
and put under the headings of the standard tables; then all tables of all packages are checked together, for
references reach from one package into another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict, Unpack

import duckdb

from ingest.checking import open_engine, threads_for
from ingest.checking.beside import AtOnce, check_own_schemas, check_together
from ingest.keeping import Kept
from ingest.package import open_package
from ingest.package_reading import PackageReader, Progress, Unchecked, pulled_sources
from ingest.passing import Passing, Tables
from ingest.problems import Place, Problem, ProblemsFound, group_problems, problem
from ingest.release import read_release
from ingest.report import Report
from ingest.standing_back import stand_back
from schemas import load_model


class Asked(TypedDict, total=False):
    """How packages are read and checked.

    beside      packages that the checked ones refer to (the other packages of a site): they are read too, and
                what is wrong with them alone is not reported. A checked package stands in for one of them
                that has its name.
    operator    whether the operator gave the addresses, so that https may be among them
    recipe      reads the files of each address as they lie
    is_site     the packages are all that a site has; without it what refers to a table that none of them has
                is not judged, and one warning says so
    now         a package whose moment of release is later is left out, with all that it holds; None leaves none out
    kept        what an earlier publication of the site kept, and where this one keeps what it reads
    progress    is told what is being done, in words
    """

    beside: Iterable[str | Path]
    operator: bool
    recipe: str | None
    is_site: bool
    now: datetime | None
    kept: Kept | None
    progress: Progress


def check_packages(addresses: Iterable[str | Path], scratch: Path, **asked: Unpack[Asked]) -> Report:
    """Read and check packages, and publish nothing.

    scratch     a folder for what is made on the way; the tables lie in it, and the caller deletes it

    Raises OSError if a file or the disk cannot be read or written.
    """
    return begin_checking(addresses, scratch, **asked).finish()


def begin_checking(
    addresses: Iterable[str | Path],
    scratch: Path,
    *,
    executor: Executor | None = None,
    took: Callable[[int | None], None] = lambda _bytes: None,
    **asked: Unpack[Asked],
) -> Checking:
    """Read packages as check_packages does, and have them checked.

    executor    does the checks, perhaps beside other work; without one they are done now
    took        is told how many bytes of files were read so far, and None when all are
    """
    scratch.mkdir(parents=True, exist_ok=True)
    gathering = _Gathering(scratch, asked, executor or AtOnce(), took)
    operator, recipe = asked.get("operator", False), asked.get("recipe")
    wanted = [str(address) for address in addresses]
    others = [str(address) for address in asked.get("beside", ()) if str(address) not in wanted]
    for address in wanted:
        gathering.open(address, operator, recipe)
    reported = gathering.opened
    for address in others:
        gathering.open(address, operator, None, stands_back=True)
    with open_engine(scratch) as connection:
        gathering.reader.read(connection)
        left, settled = gathering.leave_out(connection)
    gathering.begin_check(left, settled)
    return Checking(gathering, frozenset(gathering.opened - reported if others else ()))


class _Gathering:
    """The work of one check_packages.

    reader       reads what is opened into the report
    unopened     what is wrong with packages that could not be opened
    by_schemas   what is wrong by the schemas that publishers wrote
    together     what is wrong with the standard tables of all packages; None where there are none
    passing      which figures need not be checked; None where nothing is kept
    """

    def __init__(
        self, scratch: Path, asked: Asked, executor: Executor, took: Callable[[int | None], None]
    ) -> None:
        self.scratch, self.report = scratch, Report()
        self.progress: Progress = asked.get("progress", lambda _stage: None)
        self.is_site, self.now, self.kept = asked.get("is_site", False), asked.get("now"), asked.get("kept")
        self.executor, self.took = executor, took
        self.reader = PackageReader(
            scratch, self.report, self.progress, self.is_site, self.kept, self._check_own, took
        )
        self.names: dict[str, str] = {}
        self.unopened: list[Problem] = []
        self.by_schemas: list[Future[list[Problem]]] = []
        self.together: Future[list[Problem]] | None = None
        self.passing: Passing | None = None

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
            self.reader.unread.update(load_model().tables)
            return
        if package.name in self.opened and stands_back:
            return
        if package.name in self.opened:
            place = Place(package.name)
            self.report.problems.append(problem("package-twice", place, value=package.name))
            self.reader.unread.update(load_model().tables)
            return
        release = read_release(package.descriptor, Place(package.name))
        if isinstance(release, Problem):
            self.report.problems.append(release)
        elif release is not None and self.now is not None and release > self.now:
            self.report.held_back.append(release)
            return
        self.names[address] = package.name
        self.report.packages.append(package)

    def _check_own(self, unchecked: Unchecked) -> None:
        self.by_schemas.append(self.executor.submit(check_own_schemas, unchecked, self.scratch))

    def leave_out(self, connection: duckdb.DuckDBPyConnection) -> tuple[Tables, frozenset[str]]:
        """Leave out rows that stand back and files that pass.

        Gives the standard tables that are left to be checked, and the names of those that are only referred to.
        """
        self.took(None)
        tables = self.report.tables
        connection.execute(f"SET threads = {threads_for(sum(self.report.rows_made.values()))}")
        # Recipes may have given rows since the packages were read.
        stand_back(tables, pulled_sources(self.report), connection)
        if self.kept is None or self.reader.unread:
            return tables, frozenset()
        self.passing = Passing(self.kept, self.report, self.reader.keys, connection)
        if not any(self.known_by_now()):
            self.report.made_of = self.passing.made_of()
        return self.passing.left_to_check()

    def begin_check(self, tables: Tables, settled: frozenset[str]) -> None:
        """Have standard tables checked together, with the names of those that are only referred to."""
        if not tables:
            return
        self.progress("Checking all tables together")
        self.together = self.executor.submit(
            check_together,
            tables,
            self.report.places,
            self.scratch,
            sum(file.row_count for files in tables.values() for file in files),
            is_partial=not self.is_site,
            unread=frozenset(self.reader.unread),
            settled=settled,
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


def _placed(address: str, found: Problem) -> str:
    """Name a file of a package that could not be opened by the folder or the archive it lies in."""
    path = Path(address)
    is_descriptor = path.suffix.lower() in (".json", ".yaml", ".yml") and "://" not in address
    label = (path.parent if is_descriptor else path).resolve().name
    return f"{label}/{found.file}" if found.file and found.file != label else found.file


def _spot(found: Problem) -> tuple[object, ...]:
    return (found.code, found.file, found.sheet, found.row, found.column, found.value)

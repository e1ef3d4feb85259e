"""A recipe turns a publisher's own layout into standard tables.

In:   a recipe, the files of a package as they lie, and registers of areas and bodies
Out:  Applied: text Parquet for each standard table with _source and _row, counts, problems, leave-outs

Every row is accounted for: the rows read are the rows written, and those left out by reason, and repeats, and
problems. How to write a recipe: docs/recipes.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Protocol

import duckdb

from ingest.problems import Place, Problem, ProblemsFound, find_nearest, group_problems, problem
from ingest.reading import Selection, Staged, find_format, sheet_names, stage
from ingest.recipe_conditions import ASK_REGISTER, Condition
from ingest.recipe_entries import stage_entries
from ingest.recipe_expressions import CodeOf, Fault, ListTable, World
from ingest.recipe_form import Recipe, Source
from ingest.recipe_language import read_recipe
from ingest.recipe_parts import Count, Part, SourceRows
from ingest.recipe_registers import Registers, load_registers
from ingest.recipe_tables import Written, write_tables

__all__ = [
    "Applied",
    "Count",
    "LeftOut",
    "Recipe",
    "Registers",
    "apply_recipe",
    "asks_register",
    "finds_codes",
    "load_recipe",
    "load_registers",
    "shipped_recipes",
]

FOLDER = Path(__file__).parent / "recipes"


class File(Protocol):
    """A file of a package: its path inside it, with forward slashes, and where it lies."""

    @property
    def path(self) -> str: ...
    @property
    def location(self) -> Path: ...


class Files(Protocol):
    """What a recipe needs of a package."""

    @property
    def files(self) -> Sequence[File]: ...


@dataclass(frozen=True)
class LeftOut:
    """Rows that a rule of the recipe left out of a table; table None for rows no table was to have."""

    source: str
    file: str
    table: str | None
    reason: str
    count: int


@dataclass
class Applied:
    """What a recipe made of a package.

    tables    Parquet by standard table: its columns as text, NULL where empty, _source and _row; observations
              have a column for each dimension after period
    counts    what became of every row, for each part and each block
    repeats   for each table whose rows may come twice, why they may
    sources   the files read, in the order of their _source numbers, which start at `first_source`; the first
              is the recipe itself, which carries the fixed rows
    """

    tables: dict[str, Path]
    counts: list[Count]
    problems: list[Problem]
    sources: list[str]
    first_source: int = 0
    dimensions: tuple[str, ...] = ()
    staged: list[Path] = field(default_factory=list)
    repeats: Mapping[str, str] = field(default_factory=dict)

    @property
    def leave_outs(self) -> list[LeftOut]:
        """Every leave-out with its reason and count; rows that repeat another one are among them."""
        return [
            LeftOut(count.source, count.file, count.table, reason, rows)
            for count in self.counts
            for reason, rows in (*count.left_out.items(), *self._repeated(count))
        ]

    def _repeated(self, count: Count) -> list[tuple[str, int]]:
        return [(self.repeats[count.table], count.repeats)] if count.table and count.repeats else []

    @property
    def rows_read(self) -> dict[str, int]:
        """Count the rows read of each file. Rows that one source leaves to another count once."""
        rows: dict[str, int] = {}
        for count in self.counts:
            if count.table is None:
                rows[count.file] = rows.get(count.file, 0) + count.rows - count.rest
        return rows

    @property
    def has_errors(self) -> bool:
        return any(found.severity == "error" for found in self.problems)


def shipped_recipes() -> dict[str, Path]:
    """Give the recipes that ship with the product, by name."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.yaml"))}


def load_recipe(name_or_path: str | Path, folder: Path | None = None) -> Recipe:
    """Load a shipped recipe by its name, or any recipe by the path of its file.

    folder   where a path that a package names starts; it may not lead out of it

    Raises ProblemsFound if there is no such recipe, or with everything that is wrong with it.
    """
    shipped = shipped_recipes()
    if isinstance(name_or_path, str) and name_or_path in shipped:
        file, shown = shipped[name_or_path], f"recipes/{name_or_path}.yaml"
    else:
        file = Path(name_or_path) if folder is None else folder / name_or_path
        shown = str(name_or_path) if folder is not None else file.name
        inside = folder is None or file.resolve().is_relative_to(folder.resolve())
        if not inside or file.suffix not in (".yaml", ".yml") or not file.is_file():
            nearest = find_nearest(str(name_or_path), shipped)
            wanted, value = ", ".join(shipped), str(name_or_path)
            raise ProblemsFound(
                [problem("recipe-unknown", Place(), value=value, nearest=nearest, wanted=wanted)]
            )
    return read_recipe(file.read_text(encoding="utf-8"), file, shown)


def finds_codes(recipe: Recipe) -> bool:
    """Say whether a recipe finds codes in a register."""
    return any(isinstance(part, CodeOf) for part in _parts_of(recipe.sources))


def asks_register(recipe: Recipe) -> bool:
    """Say whether what a recipe makes depends on a register at all: on its codes, or on the dates in it."""
    conditions = (part for part in _parts_of(recipe.sources) if isinstance(part, Condition))
    return finds_codes(recipe) or any(condition.kind in ASK_REGISTER for condition in conditions)


def _parts_of(thing: object) -> Iterator[object]:
    """Give everything that a part of a recipe is made of."""
    yield thing
    inside: Iterable[object] = ()
    if is_dataclass(thing):
        inside = (getattr(thing, one.name) for one in fields(thing))
    elif isinstance(thing, Mapping):
        inside = thing.values()
    elif isinstance(thing, tuple | list):
        inside = thing
    for part in inside:
        yield from _parts_of(part)


def apply_recipe(
    recipe: Recipe,
    package: Files | Path,
    scratch: Path,
    registers: Registers | None = None,
    *,
    first_source: int = 0,
) -> Applied:
    """Apply a recipe to a package, or to a folder of files as they lie.

    scratch        a folder for what is made; the caller deletes it
    registers      where names and foreign codes are looked up; only recipes that do so need them
    first_source   the number of the first source; several recipes of one site count on

    Never writes to the package. Raises OSError if a file or the disk cannot be read or written.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    files = _files(package)
    applied = Applied({}, [], [], [f"recipe:{recipe.name}"], first_source)
    applied.repeats = {table: repeats.reason for table, repeats in recipe.repeats.items()}
    parts = _stage_parts(recipe, files, scratch, applied)
    world = World(registers or Registers(), recipe.styles, dict(recipe.lists))
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": True}) as connection:
        prepared = _prepare(recipe, connection, parts, world, applied)
        if prepared is None:
            applied.problems = group_problems(applied.problems)
            return applied
        written: list[Written] = []
        for rows in prepared:
            for part, heading in rows.find_unused():
                place = part.place.at(row=part.heading_row)
                applied.problems.append(problem("recipe-column-unused", place, value=heading))
            for number, block in enumerate(rows.source.blocks):
                counts = rows.write(block, f"{rows.name}_b{number}")
                applied.counts.extend(counts.values())
                places = {source_id: part.place for source_id, part in rows.parts.items()}
                written.append(Written(f"{rows.name}_b{number}", block, counts, places))
            applied.problems.extend(rows.problems)
        corrected = [correction for rows in prepared for correction in rows.corrected]
        write_tables(connection, recipe, written, corrected, scratch, applied)
    applied.problems = group_problems(applied.problems)
    return applied


def _files(package: Files | Path) -> dict[str, Path]:
    """Give the files of a package by their path in it, in order."""
    if isinstance(package, Path):
        found = (path for path in package.rglob("*") if path.is_file() and not path.is_symlink())
        return {path.relative_to(package).as_posix(): path for path in sorted(found)}
    return {file.path: file.location for file in sorted(package.files, key=lambda file: file.path)}


def _fits(path: str, pattern: str) -> bool:
    """Say whether a path fits a pattern, part by part: * never reaches over a slash."""
    parts, wanted = PurePosixPath(path).parts, PurePosixPath(pattern).parts
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _stage_parts(recipe: Recipe, files: Mapping[str, Path], scratch: Path, applied: Applied) -> list[Part]:
    """Stage every file of every source. Notes files that are missing, alone, or not mentioned."""
    recipe_place = Place(f"recipe:{recipe.name}")
    paths = list(files)
    numbers: dict[str, int] = {}
    parts = []
    mentioned: set[str] = {path for path in paths if any(_fits(path, name) for name in recipe.unused_files)}
    for source in recipe.sources:
        for pattern in source.files:
            found = [path for path in paths if _fits(path, pattern)]
            mentioned.update(found)
            if not found and not source.optional:
                nearest = find_nearest(pattern, paths)
                applied.problems.append(
                    problem(
                        "recipe-file-missing",
                        recipe_place,
                        value=pattern,
                        recipe=recipe.name,
                        nearest=nearest,
                    )
                )
            for path in found:
                if source.partner is not None and not _has_partner(source, path, paths, applied):
                    continue
                if path not in numbers:
                    numbers[path] = applied.first_source + len(applied.sources)
                    applied.sources.append(path)
                staged = _stage(source, files[path], path, scratch)
                applied.problems.extend(staged.problems)
                applied.staged.append(staged.parquet)
                parts.append(Part(source, numbers[path], path, staged))
    _note_unused_sheets(recipe, files, parts, applied)
    for path in sorted(set(paths) - mentioned - {"datapackage.json", "datapackage.yaml"}):
        if not path.endswith((".yaml", ".yml")):
            applied.problems.append(problem("recipe-file-unused", Place(path), recipe=recipe.name))
    return parts


def _note_unused_sheets(
    recipe: Recipe, files: Mapping[str, Path], parts: Sequence[Part], applied: Applied
) -> None:
    """Warn of the sheets of workbooks that the recipe says nothing about."""
    read: dict[str, set[str | int | None]] = {}
    for part in parts:
        if find_format(part.path) in ("xlsx", "ods"):
            read.setdefault(part.path, set()).add(part.source.reading.sheet)
    for path, sheets in sorted(read.items()):
        try:
            names = sheet_names(files[path])
        except ProblemsFound:
            continue  # staging has said what is wrong with the workbook
        for number, name in enumerate(names, 1):
            is_first = number == 1 and None in sheets
            if not is_first and not sheets & {name, number} and name not in recipe.unused_sheets:
                applied.problems.append(
                    problem("recipe-sheet-unused", Place(path, name), value=name, recipe=recipe.name)
                )


def _has_partner(source: Source, path: str, paths: list[str], applied: Applied) -> bool:
    assert source.partner is not None
    texts = Part(source, 0, path, Staged(Path(), ())).file_parts
    try:
        wanted = source.partner.file.read(texts, World())
    except (Fault, KeyError):
        wanted = ""
    if wanted in paths:
        return True
    applied.problems.append(
        problem("recipe-partner-missing", Place(path), value=wanted, reason=source.partner.missing)
    )
    return False


def _stage(source: Source, file: Path, path: str, scratch: Path) -> Staged:
    reading = source.reading
    place = Place(path, None if reading.sheet is None else str(reading.sheet))
    if reading.entries:
        return stage_entries(file, reading, scratch, place)
    selection = Selection(
        format=reading.format,  # type: ignore[arg-type]  # checked when the recipe was read
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        sheet=reading.sheet,
        heading_rows=reading.headings,
        first_row=reading.first_row,
        last_row=reading.last_row,
        json_path=reading.json_path,
        key_column=reading.key_column,
        links=reading.links,
        as_laid_out=True,
    )
    return stage(file, selection, scratch, place=place)


def _prepare(
    recipe: Recipe,
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[Part],
    world: World,
    applied: Applied,
) -> list[SourceRows] | None:
    """Make the rows of every source ready, those that others look things up in first.

    Gives None if nothing can be looked up in one of these: every row of the others would be a problem.
    """
    prepared: dict[str, SourceRows] = {}
    for number, source in enumerate(
        sorted(recipe.sources, key=lambda source: source.name not in recipe.look_ups)
    ):
        of_source = [part for part in parts if part.source is source]
        rows = SourceRows(connection, source, of_source, world, f"s{number}")
        rows.prepare()
        applied.counts.extend(rows.counts.values())
        prepared[source.name] = rows
        if source.name in recipe.look_ups:
            columns = sorted(recipe.look_ups[source.name])
            if not source.optional and not rows.has_columns(columns):
                applied.problems.extend(rows.problems)
                return None
            found = tuple(sorted(rows.read_columns(columns)))
            world.tables[source.name] = ListTable(source.name, tuple(columns), found)
    return [prepared[source.name] for source in recipe.sources]

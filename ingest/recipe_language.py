"""A recipe file becomes a checked Recipe, or the problems that say where it is wrong.

In:   the YAML text of a recipe
Out:  a Recipe: sources, how each is read, what rows are left out and why, what is written to which table

A key that means nothing, a table or field that does not exist, a range that contradicts itself: each is a
problem with the line of the file and the path of the key. docs/recipes.md explains every key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ingest.problems import Place, Problem, ProblemsFound, find_nearest, problem
from ingest.recipe_conditions import Rule
from ingest.recipe_expressions import Expression, ListTable
from ingest.recipe_figures import Figure
from ingest.recipe_periods import PeriodPattern, PeriodStyle, built_in_styles
from schemas import Field, Model, TableSchema, load_model

_TIMESTAMP = "tag:yaml.org,2002:timestamp"

# A recipe may come with a package, so it is bounded like anything else that is sent in.
LONGEST_RECIPE = 1_000_000
MOST_PARTS = 100_000

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


# What each part of a recipe may say. docs/recipes.md explains every one of these words.
KEYS: Mapping[str, tuple[str, ...]] = {
    "recipe": (
        *("recipe", "title", "description", "period_styles", "lists", "fixed", "repeats"),
        *("unused_files", "unused_sheets", "sources"),
    ),
    "period_styles": ("pattern", "starts", "years", "on", "month"),
    "repeats": ("same", "reason"),
    "source": ("files", "optional", "partner", "read", "unused", "corrections", "leave_out", "let", "write"),
    "partner": ("file", "missing"),
    "read": (
        *("format", "encoding", "delimiter", "sheet", "headings", "first_row", "last_row", "until_blank"),
        *("rest", "rename", "json_path", "key_column", "entries", "shared", "links"),
    ),
    "unused": ("columns", "reason"),
    "corrections": ("column", "found", "corrected", "reason", "provided_by", "declared_on", "row"),
    "write": ("table", "for_each", "let", "leave_out", "figure", "dimensions", "fields"),
    "for_each": ("columns", "matching", "cell", "once", "split", "by", "piece"),
    "figure": ("cell", "multiply", "thousands", "marks", "empty", "statuses"),
    "leave_out": ("when", "reason"),
    "when": (
        *("text", "area", "on", "is", "is_not", "matches", "empty", "number"),
        *("known", "existed", "ended", "begun"),
    ),
    "expression": (
        *("from", "join", "with", "look_up", "if", "then", "else", "other"),
        *("match", "replace", "map", "period", "area", "body", "date", "number", "notation", "case"),
    ),
    "look_up": ("in", "where", "take"),
    "area": ("by", "on", "types"),
    "number": ("multiply", "thousands"),
}


@dataclass(frozen=True)
class Reading:
    """Which part of a file is a table.

    headings    rows that hold the headings, joined by a space
    until_blank the column whose first blank cell ends the table; '' for the first row without any text;
                None reads to the last row
    rest        why the rows after the table are left to others; None where there must be none
    rename      what the recipe calls a heading that is written otherwise here
    shared      for JSON of several entries: the key of what all entries share
    links       for workbooks: a cell that holds a link is read as the link's address
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | int | None = None
    headings: tuple[int, ...] = (1,)
    first_row: int | None = None
    last_row: int | None = None
    until_blank: str | None = None
    rest: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    json_path: tuple[str | int, ...] = ()
    key_column: str = "key"
    entries: bool = False
    shared: str | None = None
    links: bool = False


@dataclass(frozen=True)
class CorrectionRule:
    """A declared change to a known fault. Without a row it applies wherever the column has the text found."""

    column: str
    found: str
    corrected: str
    reason: str
    provided_by: str
    declared_on: str
    row: int | None = None


@dataclass(frozen=True)
class Partner:
    """The file that must stand beside each file of a source, named by parts of its name."""

    file: Expression
    missing: str


@dataclass(frozen=True)
class Turn:
    """One of the rows that a row is turned into: a text, or a column, for each name."""

    texts: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Turning:
    """Columns become rows.

    turns    one for each row wanted, written out
    pattern  or: one for each column whose heading fits, named by the groups of the pattern
    names    or: one for each of these columns
    split    or: one for each piece of the text of this column, between separators; the piece is named `cell`
    cell     the name of the cell's text; `heading` is the name of its heading
    once     one row for each column, whatever the table's rows hold
    """

    turns: tuple[Turn, ...] = ()
    pattern: str | None = None
    names: tuple[str, ...] = ()
    split: str | None = None
    separator: str = ""
    cell: str = "cell"
    once: bool = False

    @property
    def gives(self) -> frozenset[str]:
        """The names that expressions may use."""
        if self.turns:
            return frozenset(name for turn in self.turns for name, _ in (*turn.texts, *turn.columns))
        if self.split is not None:
            return frozenset({self.cell})
        groups = set(re.compile(self.pattern).groupindex) if self.pattern else set()
        return frozenset({self.cell, "heading"} | groups)


@dataclass(frozen=True)
class Block:
    """What is written to one standard table from the rows of a source.

    lets   the named expressions it may use, those of its source first; later ones use earlier ones
    """

    table: str
    lets: Mapping[str, Expression]
    fields: Mapping[str, Expression]
    dimensions: Mapping[str, Expression]
    turning: Turning | None
    leave_out: tuple[Rule, ...]
    figure: Figure | None


@dataclass(frozen=True)
class Source:
    """One table of the package, which may lie in several files of one layout."""

    name: str
    files: tuple[str, ...]
    optional: bool
    partner: Partner | None
    reading: Reading
    unused: Mapping[str, str]
    corrections: tuple[CorrectionRule, ...]
    lets: Mapping[str, Expression]
    leave_out: tuple[Rule, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Repeats:
    """Rows of a table that may come twice: the same key, and the same text in the fields named."""

    same: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class FixedRow:
    """A row that the recipe itself carries, with the line it stands on."""

    cells: Mapping[str, str]
    line: int


@dataclass(frozen=True)
class Recipe:
    """A declared mapping from a publisher's own layout to standard tables.

    look_ups   for each source that others look things up in: the columns they ask for
    """

    name: str
    title: str
    description: str
    file: Path
    sources: tuple[Source, ...]
    styles: Mapping[str, PeriodStyle]
    lists: Mapping[str, ListTable]
    fixed: Mapping[str, tuple[FixedRow, ...]]
    repeats: Mapping[str, Repeats]
    unused_files: Mapping[str, str]
    unused_sheets: Mapping[str, str]
    look_ups: Mapping[str, frozenset[str]]

    @property
    def tables(self) -> tuple[str, ...]:
        """The standard tables that the recipe writes, in the order it names them."""
        written = (block.table for source in self.sources for block in source.blocks)
        return tuple(dict.fromkeys((*self.fixed, *written)))


@dataclass
class Reader:
    """Reads the parts of one recipe and collects its faults, each with its line."""

    file: str
    lines: Mapping[str, int]
    model: Model
    faults: list[Problem] = field(default_factory=list)
    lists: dict[str, ListTable] = field(default_factory=dict)
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    styles: dict[str, PeriodStyle] = field(default_factory=built_in_styles)
    source_names: frozenset[str] = frozenset()
    looked_up: dict[str, set[str]] = field(default_factory=dict)

    def fault(self, path: str, sentence: str) -> None:
        """Note what is wrong at a key."""
        at = path
        while at and at not in self.lines:
            at = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]*)$", "", at)
        place = Place(self.file, row=self.lines.get(at, 1), column=path or None)
        self.faults.append(problem("recipe-wrong", place, fault=sentence))

    def mapping(self, value: Any, path: str, part: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
        """Read a mapping whose keys are known: those of a part of KEYS."""
        known = KEYS[part]
        if not isinstance(value, dict):
            self.fault(path, "a mapping of keys is wanted here")
            return {}
        for key in value:
            if key not in known:
                nearest = find_nearest(str(key), known)
                hint = f"; closest: '{nearest}'" if nearest else f"; known: {', '.join(known)}"
                self.fault(_join(path, key), f"'{key}' means nothing here{hint}")
        for key in needed:
            if key not in value:
                self.fault(path, f"'{key}' is missing")
        return {key: item for key, item in value.items() if key in known}

    def any_mapping(self, value: Any, path: str) -> dict[str, Any]:
        """Read a mapping whose keys the recipe chooses."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(path, "a mapping is wanted here")
            return {}
        return {str(key): item for key, item in value.items()}

    def sequence(self, value: Any, path: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(path, "a list is wanted here")
            return []
        return value

    def text(self, value: Any, path: str, *, default: str = "") -> str:
        """Read a text. Numbers are fine; true and false are not, because YAML makes them of yes and no."""
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.fault(path, f"a text is wanted here, in quotation marks; found {value!r}")
            return default
        return str(value)

    def texts(self, value: Any, path: str) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(self.text(item, f"{path}[{at}]") for at, item in enumerate(items))

    def text_mapping(self, value: Any, path: str) -> dict[str, str]:
        return {key: self.text(item, _join(path, key)) for key, item in self.any_mapping(value, path).items()}

    def row_number(self, value: Any, path: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.fault(path, f"a row is wanted, counted from 1; found {value!r}")
            return None
        return value

    def flag(self, value: Any, path: str) -> bool:
        if value is None:
            return False
        if not isinstance(value, bool):
            self.fault(path, f"true or false is wanted; found {value!r}")
            return False
        return value

    def pattern(self, value: Any, path: str) -> str:
        """Read a pattern that can be relied on to end: at most 500 characters, no repeat inside a repeat."""
        text = self.text(value, path)
        try:
            re.compile(text)
        except re.error as error:
            self.fault(path, f"the pattern cannot be read: {error}")
            return ""
        if len(text) > 500 or _nests(text):
            self.fault(path, "a pattern may have 500 characters and no endless repeat inside another")
            return ""
        return text

    def table(self, name: Any, path: str) -> TableSchema | None:
        """Find a standard table."""
        if name in self.model.tables:
            return self.model.tables[name]
        nearest = find_nearest(str(name), self.model.tables)
        self.fault(path, f"there is no table '{name}'" + (f"; closest: '{nearest}'" if nearest else ""))
        return None


class _Loader(yaml.SafeLoader):
    """YAML in which only true and false are booleans and no text is a date: "on" and "no" are texts."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, form) for tag, form in forms if tag not in ("tag:yaml.org,2002:bool", _TIMESTAMP)]
    for letter, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


def read_recipe(text: str, file: Path, shown: str | None = None) -> Recipe:
    """Read a recipe.

    shown   the name of the file in problems, if it is not the file's own

    Raises ProblemsFound with everything that is wrong, each with its line.
    """
    from ingest.recipe_sources import read_sources

    name = shown or file.name
    if len(text) > LONGEST_RECIPE:
        fault = f"it has more than {LONGEST_RECIPE:,} characters"
        raise ProblemsFound([problem("recipe-wrong", Place(name), fault=fault)])
    lines: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is not None:
            _note_lines(node, "", lines, twice)
        # The loader is a safe one: it makes texts, numbers, lists and mappings only.
        content = yaml.load(text, Loader=_Loader)  # noqa: S506
    except RecursionError as error:
        fault = "it is nested too deep"
        raise ProblemsFound([problem("recipe-wrong", Place(name), fault=fault)]) from error
    except _TooMany as error:
        fault = f"with its aliases written out it has more than {MOST_PARTS:,} parts"
        raise ProblemsFound([problem("recipe-wrong", Place(name), fault=fault)]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(name, row=mark.line + 1 if mark else 1)
        said = str(getattr(error, "problem", error))
        raise ProblemsFound(
            [problem("recipe-wrong", place, fault=f"the YAML cannot be read: {said}")]
        ) from error
    reader = Reader(name, lines, load_model())
    for path, line in twice:
        reader.faults.append(
            problem("recipe-wrong", Place(name, row=line, column=path), fault="the key is there twice")
        )
    found = reader.mapping(content, "", "recipe", ("recipe", "title"))
    notation = reader.text(found.get("recipe"), "recipe")
    if notation and not NAME.fullmatch(notation):
        reader.fault("recipe", "a recipe's name has lower-case letters, digits and single hyphens")
    reader.source_names = frozenset(reader.any_mapping(found.get("sources"), "sources"))
    reader.styles |= _read_styles(reader, found.get("period_styles"))
    _read_lists(reader, found.get("lists"))
    fixed = _read_fixed(reader, found.get("fixed"))
    sources = read_sources(reader, found.get("sources"))
    repeats = _read_repeats(reader, found.get("repeats"))
    if not sources and not fixed:
        reader.fault("", "a recipe needs sources or fixed rows")
    if reader.faults:
        raise ProblemsFound(reader.faults)
    return Recipe(
        name=notation,
        title=reader.text(found.get("title"), "title"),
        description=reader.text(found.get("description"), "description"),
        file=file,
        sources=sources,
        styles=reader.styles,
        lists=reader.lists,
        fixed=fixed,
        repeats=repeats,
        unused_files=reader.text_mapping(found.get("unused_files"), "unused_files"),
        unused_sheets=reader.text_mapping(found.get("unused_sheets"), "unused_sheets"),
        look_ups={source: frozenset(columns) for source, columns in reader.looked_up.items()},
    )


class _TooMany(Exception):  # noqa: N818 - it becomes a problem at once
    """Aliases of aliases make more of a recipe than anybody wrote."""


def _note_lines(node: Any, path: str, lines: dict[str, int], twice: list[tuple[str, int]]) -> None:
    """Note the line of every key and item, and the keys that stand twice in one mapping."""
    if len(lines) > MOST_PARTS:
        raise _TooMany
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            at = _join(path, name)
            if name in seen:
                twice.append((at, key.start_mark.line + 1))
            seen.add(name)
            lines[at] = key.start_mark.line + 1
            _note_lines(value, at, lines, twice)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _note_lines(item, f"{path}[{number}]", lines, twice)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _nests(pattern: str) -> bool:
    """Say whether an endless repeat stands inside another: such a pattern can run for years."""
    # The compiler's own parser is the only sure reading of a pattern; it has no public name.
    from re import _parser  # type: ignore[attr-defined]

    def endless(parts: Any, inside: bool) -> Iterator[bool]:
        for code, arguments in parts:
            name = str(code)
            if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
                many = arguments[1] > 100
                yield many and inside
                yield from endless(arguments[2], inside or many)
            elif name == "SUBPATTERN":
                yield from endless(arguments[-1], inside)
            elif name == "BRANCH":
                for branch in arguments[1]:
                    yield from endless(branch, inside)
            elif name in ("ASSERT", "ASSERT_NOT"):
                yield from endless(arguments[1], inside)

    return any(endless(_parser.parse(pattern), False))


def _read_styles(reader: Reader, value: Any) -> dict[str, PeriodStyle]:
    styles = {}
    for name, forms in reader.any_mapping(value, "period_styles").items():
        path = _join("period_styles", name)
        patterns = []
        for number, form in enumerate(reader.sequence(forms, path)):
            at = f"{path}[{number}]"
            keys = reader.mapping(form, at, "period_styles", ("pattern",))
            pattern = PeriodPattern(
                reader.pattern(keys.get("pattern"), f"{at}.pattern"),
                reader.text(keys.get("starts"), f"{at}.starts", default="01-01"),
                reader.row_number(keys.get("years"), f"{at}.years"),
                reader.text(keys["on"], f"{at}.on") if "on" in keys else None,
                reader.row_number(keys.get("month"), f"{at}.month"),
            )
            for fault in pattern.faults():
                reader.fault(at, fault)
            patterns.append(pattern)
        if not patterns:
            reader.fault(path, "a style needs at least one pattern")
        styles[name] = PeriodStyle(name, tuple(patterns))
    return styles


def _read_lists(reader: Reader, value: Any) -> None:
    """Read lists: a mapping of texts, or a table of columns and rows."""
    for name, entry in reader.any_mapping(value, "lists").items():
        path = _join("lists", name)
        if name in reader.source_names:
            reader.fault(path, "a list and a source have the same name")
        if isinstance(entry, dict) and set(entry) == {"columns", "rows"}:
            columns = reader.texts(entry["columns"], f"{path}.columns")
            rows = []
            for number, row in enumerate(reader.sequence(entry["rows"], f"{path}.rows")):
                at = f"{path}.rows[{number}]"
                if isinstance(row, list) and len(row) == len(columns):
                    rows.append(reader.texts(row, at))
                else:
                    reader.fault(at, f"a row of {len(columns)} texts is wanted: {', '.join(columns)}")
            reader.lists[name] = ListTable(name, columns, tuple(rows))
        else:
            reader.mappings[name] = reader.text_mapping(entry, path)


def _read_fixed(reader: Reader, value: Any) -> dict[str, tuple[FixedRow, ...]]:
    fixed: dict[str, tuple[FixedRow, ...]] = {}
    for name, entry in reader.any_mapping(value, "fixed").items():
        path = _join("fixed", name)
        table = reader.table(name, path)
        if table is None:
            continue
        rows = []
        for number, row in enumerate(reader.sequence(entry, path)):
            at = f"{path}[{number}]"
            cells = {}
            for key, cell in reader.any_mapping(row, at).items():
                text = ("true" if cell else "false") if isinstance(cell, bool) else None
                text = text if text is not None else reader.text(cell, _join(at, key))
                if find_field(reader, table, key, _join(at, key)) is not None:
                    check_texts(reader, table, key, (text,), _join(at, key))
                    cells[key] = text
            for needed in table.fields:
                if needed.required and not cells.get(needed.name):
                    reader.fault(at, f"'{needed.name}' is missing; every row of {name} has it")
            rows.append(FixedRow(cells, reader.lines.get(at, 1)))
        fixed[name] = tuple(rows)
    return fixed


def _read_repeats(reader: Reader, value: Any) -> dict[str, Repeats]:
    repeats = {}
    for name, entry in reader.any_mapping(value, "repeats").items():
        path = _join("repeats", name)
        keys = reader.mapping(entry, path, "repeats", ("reason",))
        table = reader.table(name, path)
        if table is None:
            continue
        same = reader.texts(keys.get("same"), f"{path}.same")
        for field_name in same:
            find_field(reader, table, field_name, f"{path}.same")
        repeats[name] = Repeats(same, reader.text(keys.get("reason"), f"{path}.reason"))
    return repeats


def find_field(reader: Reader, table: TableSchema, name: str, path: str) -> Field | None:
    """Find a field of a table; a name that is none is a fault."""
    if name in table.field_names:
        return table.field(name)
    nearest = find_nearest(name, table.field_names)
    reader.fault(
        path, f"'{table.name}' has no field '{name}'" + (f"; closest: '{nearest}'" if nearest else "")
    )
    return None


def check_texts(reader: Reader, table: TableSchema, name: str, texts: tuple[str, ...], path: str) -> None:
    """Note texts that a field with a fixed list of codes does not know."""
    permitted = table.field(name).enum
    for text in texts:
        if permitted is not None and text and text not in permitted:
            nearest = find_nearest(text, permitted)
            hint = f"; closest: '{nearest}'" if nearest else ""
            reader.fault(path, f"'{text}' is not a code of {table.name}.{name}{hint}")

"""The keys of a recipe, and how the value of each is read.

In:   values of a recipe's YAML, each with its path
Out:  texts, numbers, lists and mappings, and the faults noted with their lines
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.problems import Place, Problem, find_nearest, problem
from ingest.recipe_expressions import ListTable
from ingest.recipe_periods import PeriodStyle, built_in_styles
from schemas import Field, Model, TableSchema

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
                self.fault(join_path(path, key), f"'{key}' means nothing here{hint}")
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
        return {
            key: self.text(item, join_path(path, key)) for key, item in self.any_mapping(value, path).items()
        }

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


def join_path(path: str, key: object) -> str:
    """Say where a key stands that is in the mapping at a path."""
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

"""A recipe file becomes a checked Recipe, or the problems that say where it is wrong.

In:   the YAML text of a recipe
Out:  a Recipe: sources, how each is read, what rows are left out and why, what is written to which table

A key that means nothing, a table or field that does not exist, a range that contradicts itself: each is a
problem with the line of the file and the path of the key. docs/recipes.md explains every key.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ingest.problems import Place, ProblemsFound, problem
from ingest.recipe_expressions import ListTable
from ingest.recipe_form import FixedRow, Recipe, Repeats
from ingest.recipe_periods import PeriodPattern, PeriodStyle
from ingest.recipe_reader import NAME, Reader, check_texts, find_field, join_path
from ingest.recipe_sources import read_sources
from schemas import load_model

_TIMESTAMP = "tag:yaml.org,2002:timestamp"

# A recipe may come with a package, so it is bounded like anything else that is sent in.
LONGEST_RECIPE = 1_000_000
MOST_PARTS = 100_000


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
            at = join_path(path, name)
            if name in seen:
                twice.append((at, key.start_mark.line + 1))
            seen.add(name)
            lines[at] = key.start_mark.line + 1
            _note_lines(value, at, lines, twice)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _note_lines(item, f"{path}[{number}]", lines, twice)


def _read_styles(reader: Reader, value: Any) -> dict[str, PeriodStyle]:
    styles = {}
    for name, forms in reader.any_mapping(value, "period_styles").items():
        path = join_path("period_styles", name)
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
        path = join_path("lists", name)
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
        path = join_path("fixed", name)
        table = reader.table(name, path)
        if table is None:
            continue
        rows = []
        for number, row in enumerate(reader.sequence(entry, path)):
            at = f"{path}[{number}]"
            cells = {}
            for key, cell in reader.any_mapping(row, at).items():
                text = ("true" if cell else "false") if isinstance(cell, bool) else None
                text = text if text is not None else reader.text(cell, join_path(at, key))
                if find_field(reader, table, key, join_path(at, key)) is not None:
                    check_texts(reader, table, key, (text,), join_path(at, key))
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
        path = join_path("repeats", name)
        keys = reader.mapping(entry, path, "repeats", ("reason",))
        table = reader.table(name, path)
        if table is None:
            continue
        same = reader.texts(keys.get("same"), f"{path}.same")
        for field_name in same:
            find_field(reader, table, field_name, f"{path}.same")
        repeats[name] = Repeats(same, reader.text(keys.get("reason"), f"{path}.reason"))
    return repeats

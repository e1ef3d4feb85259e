"""The sources of a recipe: how each is read, and what is written from it.

In:   the part "sources" of a recipe's YAML
Out:  Source values with their expressions, and the faults noted in the Reader

recipe_language.py reads everything else, and recipe_grammar.py the expressions; docs/recipes.md explains every key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.recipe_expressions import Expression, Let
from ingest.recipe_figures import Figure, Status, Value
from ingest.recipe_form import Block, CorrectionRule, Partner, Reading, Source, Turn, Turning
from ingest.recipe_grammar import (
    Scope,
    plain_heading,
    possible_texts,
    read_expression,
    read_rules,
    read_separator,
)
from ingest.recipe_reader import KEYS, NAME, Reader, check_texts, find_field

FORMATS = ("csv", "tsv", "xlsx", "ods", "json", "ndjson", "parquet")
FILE_PARTS = ("file.path", "file.name", "file.stem", "file.folder")


def read_sources(reader: Reader, value: Any) -> tuple[Source, ...]:
    """Read all sources of a recipe."""
    sources = []
    for name, entry in reader.any_mapping(value, "sources").items():
        path = f"sources.{name}"
        if not NAME.fullmatch(name):
            reader.fault(path, "a source's name has lower-case letters, digits and single hyphens")
        keys = reader.mapping(entry, path, "source", ("files",))
        sources.append(_read_source(reader, name, path, keys))
    _check_overlaps(reader, sources)
    return tuple(sources)


def _read_source(reader: Reader, name: str, path: str, keys: Mapping[str, Any]) -> Source:
    scope = _read_lets(reader, keys.get("let"), f"{path}.let", {})
    partner = None
    if "partner" in keys:
        at = f"{path}.partner"
        told = reader.mapping(keys["partner"], at, "partner", ("file", "missing"))
        partner = Partner(
            read_expression(reader, told.get("file"), f"{at}.file", {}), reader.text(told.get("missing"), at)
        )
    blocks = tuple(
        block
        for number, entry in enumerate(reader.sequence(keys.get("write"), f"{path}.write"))
        if (block := _read_block(reader, entry, f"{path}.write[{number}]", scope)) is not None
    )
    return Source(
        name=name,
        files=reader.texts(keys.get("files"), f"{path}.files"),
        optional=reader.flag(keys.get("optional"), f"{path}.optional"),
        partner=partner,
        reading=_read_reading(reader, keys.get("read") or {}, f"{path}.read"),
        unused=_read_unused(reader, keys.get("unused"), f"{path}.unused"),
        lets={name: let.expression for name, let in scope.items()},
        corrections=_read_corrections(reader, keys.get("corrections"), f"{path}.corrections"),
        leave_out=read_rules(reader, keys.get("leave_out"), f"{path}.leave_out", scope),
        blocks=blocks,
    )


def _read_lets(reader: Reader, value: Any, path: str, outer: Scope) -> dict[str, Let]:
    """Read named expressions, each of which may use those before it."""
    scope = dict(outer)
    for name, entry in reader.any_mapping(value, path).items():
        if name in outer or name in FILE_PARTS:
            reader.fault(f"{path}.{name}", "the name is given already")
        scope[name] = Let(name, read_expression(reader, entry, f"{path}.{name}", scope))
    return scope


def _read_reading(reader: Reader, value: Any, path: str) -> Reading:
    keys = reader.mapping(value, path, "read")
    if (form := keys.get("format")) is not None and form not in FORMATS:
        reader.fault(f"{path}.format", f"'{form}' is not a format; known: {', '.join(FORMATS)}")
    delimiter = reader.text(keys.get("delimiter"), f"{path}.delimiter")
    if len(delimiter) > 1:
        reader.fault(f"{path}.delimiter", "a delimiter is one character")
    headings = keys.get("headings", 1)
    rows = headings if isinstance(headings, list) else [headings]
    heading_rows = tuple(
        row
        for number, item in enumerate(rows)
        if (row := reader.row_number(item, f"{path}.headings[{number}]"))
    )
    first = reader.row_number(keys.get("first_row"), f"{path}.first_row")
    last = reader.row_number(keys.get("last_row"), f"{path}.last_row")
    start = first if first is not None else max(heading_rows, default=0) + 1
    if last is not None and last < start:
        reader.fault(f"{path}.last_row", f"the table ends in row {last} before it begins in row {start}")
    for row in heading_rows:
        if row >= start and (last is None or row <= last):
            reader.fault(
                f"{path}.headings", f"heading row {row} lies inside the table, which begins in row {start}"
            )
    until = keys.get("until_blank")
    if until is True:
        until = ""
    elif until is not None:
        until = plain_heading(reader.text(until, f"{path}.until_blank"))
    if "rest" in keys and until is None and last is None:
        reader.fault(f"{path}.rest", "there is no rest: the table goes on to the last row")
    shared = reader.text(keys["shared"], f"{path}.shared") if "shared" in keys else None
    steps = keys.get("json_path", [])
    rename = reader.text_mapping(keys.get("rename"), f"{path}.rename")
    return Reading(
        format=keys.get("format"),
        encoding=reader.text(keys.get("encoding"), f"{path}.encoding") or None,
        delimiter=delimiter or None,
        sheet=_read_sheet(reader, keys.get("sheet"), f"{path}.sheet"),
        headings=heading_rows,
        first_row=first,
        last_row=last,
        until_blank=until,
        rest=reader.text(keys["rest"], f"{path}.rest") if "rest" in keys else None,
        rename={plain_heading(found): plain_heading(name) for found, name in rename.items()},
        json_path=tuple(step for step in reader.sequence(steps, f"{path}.json_path")),
        key_column=reader.text(keys.get("key_column"), f"{path}.key_column", default="key"),
        entries=reader.flag(keys.get("entries"), f"{path}.entries") or shared is not None,
        links=reader.flag(keys.get("links"), f"{path}.links"),
        shared=shared,
    )


def _read_sheet(reader: Reader, value: Any, path: str) -> str | int | None:
    """Read a sheet's name, or its number from 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return reader.row_number(value, path)
    return reader.text(value, path) or None


def _check_overlaps(reader: Reader, sources: Iterable[Source]) -> None:
    """Note two sources that take the same rows of the same sheet: a row would count twice."""
    seen: dict[tuple[object, ...], list[tuple[str, int, int | None]]] = {}
    for source in sources:
        reading = source.reading
        if reading.until_blank is not None:
            continue  # where it ends is known only from the file
        key = (source.files, reading.sheet, reading.json_path)
        start = reading.first_row or max(reading.headings, default=0) + 1
        for other, first, last in seen.get(key, []):
            if (last is None or start <= last) and (reading.last_row is None or reading.last_row >= first):
                reader.fault(
                    f"sources.{source.name}.read",
                    f"its rows overlap with those of '{other}': give each a first_row and a last_row",
                )
        seen.setdefault(key, []).append((source.name, start, reading.last_row))


def _read_unused(reader: Reader, value: Any, path: str) -> dict[str, str]:
    unused = {}
    for number, entry in enumerate(reader.sequence(value, path)):
        at = f"{path}[{number}]"
        keys = reader.mapping(entry, at, "unused", ("columns", "reason"))
        for heading in reader.texts(keys.get("columns"), f"{at}.columns"):
            unused[plain_heading(heading)] = reader.text(keys.get("reason"), f"{at}.reason")
    return unused


def _read_corrections(reader: Reader, value: Any, path: str) -> tuple[CorrectionRule, ...]:
    rules = []
    needed = KEYS["corrections"][:-1]
    for number, entry in enumerate(reader.sequence(value, path)):
        at = f"{path}[{number}]"
        keys = reader.mapping(entry, at, "corrections", needed)
        texts = {key: reader.text(keys.get(key), f"{at}.{key}") for key in needed}
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", texts["declared_on"]):
            reader.fault(f"{at}.declared_on", "a day is wanted, in quotation marks, such as '2026-03-31'")
        texts["column"] = plain_heading(texts["column"])
        rules.append(CorrectionRule(**texts, row=reader.row_number(keys.get("row"), f"{at}.row")))
    return tuple(rules)


def _read_block(reader: Reader, value: Any, path: str, scope: Scope) -> Block | None:
    keys = reader.mapping(value, path, "write", ("table", "fields"))
    table = reader.table(keys.get("table"), f"{path}.table")
    if table is None:
        return None
    turning = _read_turning(reader, keys["for_each"], f"{path}.for_each") if "for_each" in keys else None
    inner = _read_lets(reader, keys.get("let"), f"{path}.let", scope)
    fields: dict[str, Expression] = {}
    for name, entry in reader.any_mapping(keys.get("fields"), f"{path}.fields").items():
        at = f"{path}.fields.{name}"
        if find_field(reader, table, name, at) is not None:
            fields[name] = read_expression(reader, entry, at, inner)
    figure = None
    if "figure" in keys:
        figure = _read_figure(reader, keys["figure"], f"{path}.figure", inner)
        for name, made in (("value", Value(figure)), ("status", Status(figure))):
            if name in fields:
                reader.fault(f"{path}.fields.{name}", f"the figure gives '{name}' already")
            elif find_field(reader, table, name, f"{path}.figure") is not None:
                fields[name] = made
    for name, expression in fields.items():
        if (texts := possible_texts(reader, expression)) is not None:
            check_texts(reader, table, name, tuple(sorted(texts)), f"{path}.fields.{name}")
    for needed in table.fields:
        if needed.required and needed.name not in fields:
            reader.fault(f"{path}.fields", f"'{needed.name}' is missing; every row of {table.name} has it")
    dimensions = {}
    for name, entry in reader.any_mapping(keys.get("dimensions"), f"{path}.dimensions").items():
        at = f"{path}.dimensions.{name}"
        if table.name != "observations" or not NAME.fullmatch(name) or name in table.field_names:
            reader.fault(at, "only observations have dimensions, named in lower case with hyphens")
        dimensions[name] = read_expression(reader, entry, at, inner)
    return Block(
        table=table.name,
        lets={name: let.expression for name, let in inner.items()},
        fields=fields,
        dimensions=dimensions,
        turning=turning,
        leave_out=read_rules(reader, keys.get("leave_out"), f"{path}.leave_out", inner),
        figure=figure,
    )


def _read_turning(reader: Reader, value: Any, path: str) -> Turning:
    if isinstance(value, list):
        turns = [_read_turn(reader, entry, f"{path}[{number}]") for number, entry in enumerate(value)]
        names = {frozenset(name for name, _ in (*turn.texts, *turn.columns)) for turn in turns}
        if len(names) > 1:
            reader.fault(path, "every entry must give the same names; leave a text empty where there is none")
        return Turning(turns=tuple(turns))
    keys = reader.mapping(value, path, "for_each")
    if sum(key in keys for key in ("columns", "matching", "split")) != 1:
        reader.fault(path, "one of 'columns', 'matching' and 'split' says what becomes rows")
    if "split" in keys:
        column = re.fullmatch(r"\{([^{}]+)\}", reader.text(keys["split"], f"{path}.split"))
        separator = reader.text(keys.get("by"), f"{path}.by")
        if column is None or not separator:
            reader.fault(path, "a split names one column, such as \"{Codes}\", and under 'by' what separates")
        return Turning(
            split=plain_heading(column[1]) if column else "",
            separator=separator,
            cell=reader.text(keys.get("piece"), f"{path}.piece", default="piece"),
        )
    return Turning(
        pattern=reader.pattern(keys["matching"], f"{path}.matching") if "matching" in keys else None,
        names=tuple(map(plain_heading, reader.texts(keys.get("columns"), f"{path}.columns"))),
        cell=reader.text(keys.get("cell"), f"{path}.cell", default="cell"),
        once=reader.flag(keys.get("once"), f"{path}.once"),
    )


def _read_turn(reader: Reader, value: Any, path: str) -> Turn:
    texts, columns = [], []
    for name, entry in reader.any_mapping(value, path).items():
        text = reader.text(entry, f"{path}.{name}")
        if match := re.fullmatch(r"\{([^{}]+)\}", text):
            columns.append((name, plain_heading(match[1])))
        elif "{" in text or "}" in text:
            reader.fault(f"{path}.{name}", 'here stands either a text or one column, such as "{Heading}"')
        else:
            texts.append((name, text))
    return Turn(tuple(texts), tuple(columns))


def _read_figure(reader: Reader, value: Any, path: str, scope: Scope) -> Figure:
    keys = reader.mapping(value, path, "figure", ("cell",))
    statuses = reader.model.code_lists["status"].notations
    marks = reader.text_mapping(keys.get("marks"), f"{path}.marks")
    empty = reader.text(keys.get("empty"), f"{path}.empty")
    for at, status in (*((f"{path}.marks", status) for status in marks.values()), (f"{path}.empty", empty)):
        if status and status not in statuses:
            reader.fault(at, f"'{status}' is not a status; known: {', '.join(statuses)}")
    return Figure(
        cell=read_expression(reader, keys.get("cell"), f"{path}.cell", scope),
        multiply=read_expression(reader, keys.get("multiply"), f"{path}.multiply", scope),
        thousands=read_separator(reader, keys.get("thousands"), f"{path}.thousands"),
        marks=marks,
        empty=empty,
        statuses=read_expression(reader, keys.get("statuses"), f"{path}.statuses", scope),
    )

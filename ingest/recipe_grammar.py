"""Expressions and conditions as a recipe writes them.

In:   the value of a key that wants an expression or conditions, and the names that it may use
Out:  an Expression or Rules, and the faults noted in the Reader

docs/recipes.md explains every key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingest.recipe_conditions import Choice, Condition, Rule
from ingest.recipe_expressions import (
    NOTHING,
    OTHERS,
    Cased,
    CodeOf,
    Column,
    DateOf,
    Expression,
    FirstOf,
    Fixed,
    Joined,
    Let,
    LookUp,
    Mapped,
    Match,
    Notation,
    PeriodOf,
    Replaced,
    Template,
)
from ingest.recipe_figures import Figure, Number, Status
from ingest.recipe_reader import Reader

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

_KNOWN_TEXTS = {"match", "map", "look_up", "area", "body"}
_ABOUT_AREAS = ("known", "existed", "ended", "begun")
_STEPS = ("match", "replace", "map", "period", "area", "body", "date", "number", "notation", "case")

# What an expression may name beside columns: the names given so far in the same source.
Scope = Mapping[str, Let]


def read_separator(reader: Reader, value: Any, path: str) -> str:
    text = reader.text(value, path)
    if len(text) > 1 or text.isalnum():
        reader.fault(path, "a separator of thousands is one character, such as ','")
        return ""
    return text


def read_rules(reader: Reader, value: Any, path: str, scope: Scope) -> tuple[Rule, ...]:
    rules = []
    for number, entry in enumerate(reader.sequence(value, path)):
        at = f"{path}[{number}]"
        keys = reader.mapping(entry, at, "leave_out", ("when", "reason"))
        conditions = _read_conditions(reader, keys.get("when"), f"{at}.when", scope)
        rules.append(Rule(conditions, reader.text(keys.get("reason"), f"{at}.reason")))
    return tuple(rules)


def _read_conditions(reader: Reader, value: Any, path: str, scope: Scope) -> tuple[Condition, ...]:
    """Read one condition, or a list of those that must all hold."""
    items = value if isinstance(value, list) else [value]
    return tuple(_read_condition(reader, item, path, scope) for item in items)


def _read_condition(reader: Reader, value: Any, path: str, scope: Scope) -> Condition:
    kinds = ("is", "is_not", "matches", "empty", "number", *_ABOUT_AREAS)
    keys = reader.mapping(value, path, "when")
    told = [kind for kind in kinds if kind in keys]
    if len(told) != 1:
        reader.fault(path, f"a condition says one of {', '.join(kinds)}")
        return Condition(NOTHING, "is")
    kind = told[0]
    about_area = kind in _ABOUT_AREAS
    if ("area" in keys) != about_area or ("text" in keys) == about_area:
        reader.fault(path, f"a condition names a 'text'; {', '.join(_ABOUT_AREAS)} name an 'area'")
    if ("on" in keys) != (about_area and kind != "known"):
        reader.fault(path, "existed, ended and begun, and only they, need 'on': the day or period meant")
    source = read_expression(reader, keys.get("text", keys.get("area")), f"{path}.text", scope)
    operand = keys[kind]
    if kind in ("is", "is_not"):
        return Condition(source, "is", reader.texts(operand, f"{path}.{kind}"), wanted=kind == "is")
    if kind == "matches":
        return Condition(source, "matches", (reader.pattern(operand, f"{path}.matches"),))
    on = read_expression(reader, keys.get("on"), f"{path}.on", scope)
    wanted = reader.flag(operand, f"{path}.{kind}")
    return Condition(source, kind, on=on, wanted=wanted)  # type: ignore[arg-type]  # what is left of the kinds


def read_expression(reader: Reader, value: Any, path: str, scope: Scope) -> Expression:
    """Read an expression: a text with {columns}, a list whose first that gives something counts, or keys."""
    if value is None:
        return NOTHING
    if isinstance(value, list):
        options = (read_expression(reader, v, f"{path}[{n}]", scope) for n, v in enumerate(value))
        return FirstOf(tuple(options))
    if not isinstance(value, dict):
        return read_template(reader, reader.text(value, path), path, scope)
    keys = reader.mapping(value, path, "expression")
    other = keys.get("other", "problem")
    if other not in OTHERS:
        reader.fault(f"{path}.other", f"'other' says what becomes of an unknown text: {', '.join(OTHERS)}")
        other = "problem"
    starts = [key for key in ("from", "join", "look_up", "if") if key in keys]
    if len(starts) != 1:
        reader.fault(path, "an expression begins with one of from, join, look_up and if")
        return NOTHING
    if "other" in keys and not _KNOWN_TEXTS & set(keys):
        reader.fault(f"{path}.other", f"'other' belongs to one of {', '.join(sorted(_KNOWN_TEXTS))}")
    if starts[0] == "join":
        parts = reader.sequence(keys["join"], f"{path}.join")
        read = tuple(read_expression(reader, v, f"{path}.join[{n}]", scope) for n, v in enumerate(parts))
        found: Expression = Joined(read, reader.text(keys.get("with"), f"{path}.with", default=" "))
    elif starts[0] == "look_up":
        found = _read_look_up(reader, keys["look_up"], f"{path}.look_up", scope, other)
    elif starts[0] == "if":
        found = Choice(
            _read_conditions(reader, keys["if"], f"{path}.if", scope),
            read_expression(reader, keys.get("then"), f"{path}.then", scope),
            read_expression(reader, keys.get("else"), f"{path}.else", scope),
        )
    else:
        found = read_expression(reader, keys["from"], f"{path}.from", scope)
    for step in _STEPS:
        if step in keys:
            found = _read_step(reader, step, keys[step], f"{path}.{step}", scope, found, other)
    return found


def _read_step(
    reader: Reader, step: str, value: Any, path: str, scope: Scope, source: Expression, other: Any
) -> Expression:
    if step == "match":
        return Match(source, reader.pattern(value, path), other)
    if step == "replace":
        pairs = reader.text_mapping(value, path)
        return Replaced(source, tuple((reader.pattern(key, path), text) for key, text in pairs.items()))
    if step == "map":
        if isinstance(value, str):
            if value not in reader.mappings:
                reader.fault(path, f"there is no list '{value}' of texts")
            return Mapped(source, reader.mappings.get(value, {}), other)
        return Mapped(source, reader.text_mapping(value, path), other)
    if step == "period":
        style = read_expression(reader, value, path, scope)
        for name in possible_texts(reader, style) or ():
            if name and name not in reader.styles:
                reader.fault(path, f"there is no period style '{name}'; known: {', '.join(reader.styles)}")
        return PeriodOf(source, style)
    if step in ("area", "body"):
        return _read_code(reader, step, value, path, scope, source, other)
    if step == "date":
        return DateOf(source, reader.texts(value, path))
    if step == "number":
        keys = reader.mapping(value or {}, path, "number")
        multiply = read_expression(reader, keys.get("multiply"), f"{path}.multiply", scope)
        return Number(Figure(source, multiply, read_separator(reader, keys.get("thousands"), path)))
    if step == "notation":
        return Notation(source) if reader.flag(value, path) else source
    if value not in ("lower", "upper", "sentence"):
        reader.fault(path, "a case is lower, upper or sentence")
    return Cased(source, str(value))


def _read_code(
    reader: Reader, step: str, value: Any, path: str, scope: Scope, source: Expression, other: Any
) -> Expression:
    keys = reader.mapping(value, path, "area", ("by",))
    by = reader.text(keys.get("by"), f"{path}.by")
    schemes = reader.model.code_lists["identifier-scheme"].notations
    known = ("name", "code", *(("area",) if step == "body" else ()), *schemes)
    if by not in known:
        reader.fault(f"{path}.by", f"'{by}' is no way to find {step} codes; known: {', '.join(known)}")
    types = reader.texts(keys.get("types"), f"{path}.types")
    permitted = reader.model.code_lists[f"{step}-type"].notations
    for name in types:
        if name not in permitted:
            reader.fault(f"{path}.types", f"'{name}' is not a type of {step}; known: {', '.join(permitted)}")
    on = read_expression(reader, keys.get("on"), f"{path}.on", scope)
    return CodeOf(source, "area" if step == "area" else "body", by, on, frozenset(types), other)


def _read_look_up(reader: Reader, value: Any, path: str, scope: Scope, other: Any) -> Expression:
    keys = reader.mapping(value, path, "look_up", ("in", "where", "take"))
    table = reader.text(keys.get("in"), f"{path}.in")
    take = plain_heading(reader.text(keys.get("take"), f"{path}.take"))
    where = tuple(
        (plain_heading(name), read_expression(reader, entry, f"{path}.where.{name}", scope))
        for name, entry in reader.any_mapping(keys.get("where"), f"{path}.where").items()
    )
    if table in reader.lists:
        for name in (take, *(name for name, _ in where)):
            if name not in reader.lists[table].columns:
                reader.fault(path, f"the list '{table}' has no column '{name}'")
    elif table not in reader.source_names:
        reader.fault(f"{path}.in", f"there is no list and no source '{table}'")
    else:
        reader.looked_up.setdefault(table, set()).update((take, *(name for name, _ in where)))
    if not where:
        reader.fault(f"{path}.where", "it must say which row is wanted")
    return LookUp(table, where, take, other)


def read_template(reader: Reader, text: str, path: str, scope: Scope) -> Expression:
    """Read a text with {columns} in it. {{ and }} stand for braces."""
    parts: list[Expression] = []
    end = 0
    plain = ""
    for match in _PLACEHOLDER.finditer(text):
        plain += text[end : match.start()]
        end = match.end()
        if match[0] in ("{{", "}}"):
            plain += match[0][0]
            continue
        name = plain_heading(match[1] or "")
        if not name:
            reader.fault(path, f"a brace is not closed, or nothing stands in it: {text}")
            continue
        if plain:
            parts.append(Fixed(plain))
            plain = ""
        parts.append(scope[name] if name in scope else Column(name))
    plain += text[end:]
    if plain or not parts:
        parts.append(Fixed(plain))
    return parts[0] if len(parts) == 1 else Template(tuple(parts))


def plain_heading(text: str) -> str:
    """Reduce a heading to one line: line breaks and runs of spaces become one space."""
    return " ".join(text.split())


def possible_texts(reader: Reader, expression: Expression) -> set[str] | None:
    """Say which texts an expression can give; None if that depends on the source."""
    match expression:
        case Fixed(text):
            return {text}
        case Let(_, inner):
            return possible_texts(reader, inner)
        case Mapped(_, mapping, other):
            return set(mapping.values()) if other != "keep" else None
        case LookUp(table, _, take, other) if table in reader.lists and other != "keep":
            rows = reader.lists[table]
            if take not in rows.columns:
                return None
            return {row[rows.columns.index(take)] for row in rows.rows}
        case FirstOf(options):
            found = [possible_texts(reader, option) for option in options]
            return None if None in found else set().union(*(texts for texts in found if texts))
        case Choice(_, then, otherwise):
            both = possible_texts(reader, then), possible_texts(reader, otherwise)
            return None if None in both else set().union(*(texts for texts in both if texts))
        case Status(figure):
            statuses = possible_texts(reader, figure.statuses)
            return None if statuses is None else statuses | set(figure.marks.values()) | {figure.empty}
        case _:
            return None

"""What the engine may accept at a glance: for each field, a condition in SQL on the text of a cell.

In:   a field of a Table Schema, as frictionless reads it
Out:  a condition that is true only for cells frictionless accepts, or None where every cell must be judged

The condition may accept less than frictionless does, never more: a cell outside it is not wrong, it is
judged by frictionless's own cell reader (cells.py). So only plain ASCII forms are named here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

_INTEGER = "-?[0-9]{1,18}"
_NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,15})?"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_URI = r"https?://[a-z0-9]+([-.][a-z0-9]+)*(/[A-Za-z0-9._~/-]*)?"

_BOUNDS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}

# What means the same to Python and to RE2 when the whole ASCII cell must match, and what then does not:
# groups with a meaning, counts of counts and of groups, possessive counts, doubled hyphens in sets.
_SAFE_PATTERN = re.compile(
    r"(\[[A-Za-z0-9_., :;/#@-]+\]|\\[.]|[A-Za-z0-9_ :;/#@-]|[()|]|[*+?]|\{[0-9]{1,2}(,[0-9]{0,2})?\})*"
)
_UNSAFE_PATTERN = re.compile(r"\(\?|[)}*+?]\{|[*+?}]\+|--")


def literal(text: str) -> str:
    """Write a text as SQL does; what is not printable is named by its number.

    >>> literal("it's"), literal("a" + chr(0))
    ("'it''s'", "('a'||chr(0))")
    """
    if text.isprintable():
        return _quoted(text)
    parts: list[str] = []
    for is_printable, group in itertools.groupby(text, str.isprintable):
        chars = "".join(group)
        parts.extend([_quoted(chars)] if is_printable else [f"chr({ord(char)})" for char in chars])
    return f"({'||'.join(parts)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Write a name (of a column or table) as SQL does."""
    return '"' + text.replace('"', '""') + '"'


def among(cell: str, texts: Sequence[str]) -> str:
    """Say in SQL that a cell is one of some texts."""
    if not texts:
        return "false"
    return f"{cell} IN ({', '.join(literal(text) for text in texts)})"


def find_missing_values(field: Any) -> tuple[str, ...]:
    """Find the texts that mean "no value" in a field: its own, else its schema's."""
    if not field.has_defined("missing_values") and field.schema:
        return tuple(field.schema.missing_values)
    return tuple(field.missing_values)


def find_condition(field: Any, cell: str) -> str | None:
    """Find the condition under which a cell of a field is accepted without being judged.

    cell    an expression of SQL that gives the text of the cell; never NULL

    Returns None if no cell can be accepted so, "true" if every cell can. The condition itself is never NULL.
    """
    missing = among(cell, find_missing_values(field))
    condition = _CONDITIONS.get(field.type, _judge)(field, cell)
    if field.constraints.get("required"):
        return None if condition is None else f"(NOT {missing} AND coalesce({condition}, false))"
    if condition == "true":
        return "true"
    return missing if condition is None else f"({missing} OR coalesce({condition}, false))"


def _judge(_field: Any, _cell: str) -> str | None:
    return None


def _any(field: Any, _cell: str) -> str | None:
    return None if "enum" in field.constraints else "true"


def _string(field: Any, cell: str) -> str | None:
    conditions = []
    if field.format == "uri":
        conditions.append(_whole(cell, _URI))
    elif field.format != "default":
        return None
    for key, sign in (("minLength", ">="), ("maxLength", "<=")):
        if (bound := field.constraints.get(key)) is not None:
            conditions.append(f"length({cell}) {sign} {int(bound)}")
    if (pattern := field.constraints.get("pattern")) is not None:
        if not is_safe_pattern(pattern):
            return None
        conditions.append(_whole(cell, pattern))
    if (enum := field.constraints.get("enum")) is not None:
        conditions.append(among(cell, [text for text in enum if isinstance(text, str)]))
    return " AND ".join(conditions) or "true"


def is_safe_pattern(pattern: str) -> bool:
    """Say whether a pattern certainly means no more to RE2 than to Python.

    Only ASCII letters, digits, sets of them, groups and counts, and alternatives inside of a group that is there once
    at most; no anchors, and no alternatives of the whole, because frictionless puts the pattern between ^ and $ without
    brackets.

    >>> is_safe_pattern("[a-z0-9]+(-[a-z0-9]+)*"), is_safe_pattern("a|b"), is_safe_pattern(r"\\d+")
    (True, False, False)
    >>> is_safe_pattern("(0|[1-9][0-9]*)"), is_safe_pattern("(a|b)*"), is_safe_pattern("((a|b)c)+")
    (True, False, False)
    """
    if not _SAFE_PATTERN.fullmatch(pattern) or _UNSAFE_PATTERN.search(pattern):
        return False
    if "|" in pattern and not _has_safe_alternatives(pattern):
        return False
    try:
        re.compile(f"^{pattern}$")
    except re.error:
        return False
    return True


def _has_safe_alternatives(pattern: str) -> bool:
    """Say whether all alternatives are inside of groups that are there once at most. Sets have no signs of groups."""
    # For each open group whether it has alternatives; the first is the whole.
    groups = [False]
    for place, sign in enumerate(pattern):
        if sign == "(":
            groups.append(False)
        elif sign == "|":
            groups[-1] = True
        elif sign == ")":
            has_alternatives = groups.pop()
            if not groups or (has_alternatives and pattern[place + 1 : place + 2] in ("*", "+")):
                return False
            groups[-1] |= has_alternatives and len(groups) > 1
    return groups == [False]


def _whole(cell: str, pattern: str) -> str:
    return f"regexp_full_match({cell}, {literal(pattern)})"


def _integer(field: Any, cell: str) -> str | None:
    bounds = _find_bounds(field)
    if bounds is None:
        return None
    conditions = [f"TRY_CAST({cell} AS BIGINT) {sign} {bound}" for sign, bound in bounds if bound % 1 == 0]
    if len(conditions) < len(bounds):
        return None
    return " AND ".join([_whole(cell, _INTEGER), *conditions])


def _number(field: Any, cell: str) -> str | None:
    decimal, group = field.decimal_char, field.group_char
    if decimal not in (".", ",") or (group and (len(group) > 1 or group in "0123456789.,-")):
        return None
    bounds = _find_bounds(field)
    if bounds is None:
        return None
    pattern = _NUMBER if decimal == "." else _NUMBER.replace(r"\.", ",")
    point = cell if decimal == "." else f"replace({cell}, ',', '.')"
    number = f"TRY_CAST({point} AS DOUBLE)"
    conditions = []
    for sign, bound in bounds:
        # A cell of up to 15 digits has a double of its own, so equality is as certain as order.
        if len(bound.as_tuple().digits) > 15:
            return None
        exactly = f" AND (length({cell}) <= 15 OR {number} <> {float(bound)!r}::DOUBLE)"
        conditions.append(f"{number} {sign} {float(bound)!r}::DOUBLE{exactly}")
    return " AND ".join([_whole(cell, pattern), *conditions])


def _find_bounds(field: Any) -> list[tuple[str, Decimal]] | None:
    """Find the bounds of a field as numbers, with their signs. None if they, or an enum, must be judged."""
    if "enum" in field.constraints:
        return None
    bounds = []
    for key, sign in _BOUNDS.items():
        if (bound := field.constraints.get(key)) is None:
            continue
        try:
            number = Decimal(str(field.create_value_reader()(bound)))
        except InvalidOperation:
            return None
        if not number.is_finite() or abs(number) > 10**15:
            return None
        bounds.append((sign, number))
    return bounds


def _boolean(field: Any, cell: str) -> str | None:
    if "enum" in field.constraints:
        return None
    return among(cell, [*field.true_values, *field.false_values])


def _date(field: Any, cell: str) -> str | None:
    if field.format != "default" or "enum" in field.constraints:
        return None
    conditions = [_whole(cell, _DATE), f"{cell} >= '0001-01-01'", f"TRY_CAST({cell} AS DATE) IS NOT NULL"]
    for key, sign in _BOUNDS.items():
        if (bound := field.constraints.get(key)) is not None:
            day = field.create_value_reader()(bound)
            if not isinstance(day, date):
                return None
            conditions.append(f"{cell} {sign} '{day.isoformat()}'")
    return " AND ".join(conditions)


def _datetime(field: Any, cell: str) -> str | None:
    if field.format != "default" or _is_constrained(field):
        return None
    day = f"left({cell}, 10)"
    return (
        f"{_whole(cell, f'{_DATE}T{_TIME}Z?')} AND {cell} >= '0001' AND TRY_CAST({day} AS DATE) IS NOT NULL"
    )


def _time(field: Any, cell: str) -> str | None:
    return None if field.format != "default" or _is_constrained(field) else _whole(cell, f"{_TIME}Z?")


def _year(field: Any, cell: str) -> str | None:
    return None if _is_constrained(field) else _whole(cell, "[0-9]{4}")


def _yearmonth(field: Any, cell: str) -> str | None:
    return None if _is_constrained(field) else _whole(cell, "[0-9]{4}-(0[1-9]|1[0-2])")


def _list(field: Any, _cell: str) -> str | None:
    plain = field.item_type == "string" and field.delimiter and not _is_constrained(field)
    return "true" if plain else None


def _is_constrained(field: Any) -> bool:
    return bool(set(field.constraints) - {"required", "unique"})


_CONDITIONS: dict[str, Callable[[Any, str], str | None]] = {
    "any": _any,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "integer": _integer,
    "list": _list,
    "number": _number,
    "string": _string,
    "time": _time,
    "year": _year,
    "yearmonth": _yearmonth,
}

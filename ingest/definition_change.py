"""What changed between two versions of a definition, what it means, and how large a step it asks for.

In:   two rows of the table indicators: as text, as canonical text, or as the catalogue keeps them
Out:  the changed fields with their meaning in words, and the least step the version must take

How much a change of a field means is data: `change` and `changed` of each field in schemas/tables. Whoever
compares versions (the checker, an edition, a page, a feed) asks here, so all say the same. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.period import PAIRED_KINDS, make_period
from schemas import Field, load_model
from schemas.definitions import CHANGES

# The least step that a version takes for how its figures compare with those before.
_STEP_OF = {"yes": "none", "with-care": "minor", "no": "major"}

_SO = {
    "yes": "figures from {first} on still compare with earlier ones",
    "with-care": "figures from {first} on compare with earlier ones only with care",
    "no": "figures from {first} on do not compare with earlier ones",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that two versions fill differently. `meaning` is a sentence; an empty cell is an empty text."""

    field: str
    title: str
    level: str
    before: str
    after: str
    meaning: str


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """Everything that changed from one version to another.

    comparable    whether figures of the two compare: yes, with-care or no
    level         the least step that all this asks for: none, patch, minor or major
    first         the first period of the newer version, in words
    """

    before: str
    after: str
    changes: tuple[FieldChange, ...]
    comparable: str
    level: str
    first: str


def compare_versions(
    before: Mapping[str, Any], after: Mapping[str, Any], comparable: str | None = None
) -> DefinitionChange:
    """Find what changed from one version of a definition to a later one.

    comparable    how their figures compare, where other versions lie between; else what `after` says of the
                  version before it. Where nothing is said they do not compare, as a verdict has it, nor where
                  a field changed that always breaks them.

    >>> old = {"version": "1.0.0", "period_kind": "financial-year", "caveats": "Few answered."}
    >>> new = old | {"version": "1.0.1", "caveats": "Very few answered.", "comparable_with_previous": "yes"}
    >>> change = compare_versions(old, new)
    >>> change.level, change.changes[0].meaning
    ('patch', 'What a reader must keep in mind is put in other words: figures stay as they were.')
    """
    changed = [
        field
        for field in load_model().tables["indicators"].fields
        if field.changed is not None
        and _plain(field, before.get(field.name)) != _plain(field, after.get(field.name))
    ]
    said = comparable or cell_text(after.get("comparable_with_previous"))
    # What is misspelt is a problem of its own; here it says nothing.
    is_broken = said not in _STEP_OF or any(field.change == "major" for field in changed)
    comparable = "no" if is_broken else said
    first = first_period(cell_text(after.get("valid_from")), cell_text(after.get("period_kind")))
    changes = tuple(
        FieldChange(
            field.name,
            field.title,
            field.change or "none",
            cell_text(before.get(field.name)),
            cell_text(after.get(field.name)),
            _meaning(field, comparable, first),
        )
        for field in changed
    )
    level = max_level([_STEP_OF[comparable], *(change.level for change in changes)])
    return DefinitionChange(
        cell_text(before.get("version")), cell_text(after.get("version")), changes, comparable, level, first
    )


def max_level(levels: Iterable[str]) -> str:
    """Give the largest of several steps."""
    return max(levels, key=CHANGES.index, default="none")


def worst_comparable(said: Iterable[str | None]) -> str:
    """Say how figures compare over several steps, from what each step says; saying nothing means no.

    >>> worst_comparable(["yes", "with-care"]), worst_comparable(["yes", None]), worst_comparable([])
    ('with-care', 'no', 'yes')
    """
    levels = [_STEP_OF.get(one or "no", "major") for one in said]
    worst = max_level(levels)
    return next(comparable for comparable, level in _STEP_OF.items() if level == worst)


def step_between(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """Say which step leads from one version's numbers to another's.

    >>> step_between((1, 2, 0), (2, 0, 0)), step_between((1, 2, 0), (1, 2, 1))
    ('major', 'patch')
    """
    if before[0] != after[0]:
        return "major"
    return "minor" if before[1] != after[1] else "patch"


def next_version(before: tuple[int, ...], level: str) -> str:
    """Give the number that a step leads to.

    >>> next_version((1, 2, 3), "minor")
    '1.3.0'
    """
    major, minor, patch = before
    if level == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == "minor" else f"{major}.{minor}.{patch + 1}"


def find_moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Find what differs between two rows of one version that may not: all but what may move on.

    A column that one of the rows does not have is passed over: an edition may be older than the column.
    """
    return [
        field.name
        for field in load_model().tables["indicators"].fields
        if field.change != "none"
        and field.name in before
        and field.name in after
        and _plain(field, before[field.name]) != _plain(field, after[field.name])
    ]


def first_period(valid_from: str, period_kind: str) -> str:
    """Say the period of a kind that begins on a day, as people write it; the day itself where none fits.

    >>> first_period("2023-04-01", "financial-year"), first_period("2024-01-01", "calendar-year")
    ('2023/24', '2024')
    >>> first_period("2023-04-01", "several-years"), first_period("soon", "month")
    ('1 April 2023', 'soon')
    """
    try:
        start = date.fromisoformat(valid_from)
    except ValueError:
        return valid_from
    kinds = {code.code: code for code in load_model().code_lists["period-kind"].codes}
    length = str(kinds[period_kind].more["length"]) if period_kind in kinds else "P1D"
    try:
        period = make_period(start, length)
    except ValueError:
        # Several years have no one length.
        period = make_period(start, "P1D")
    if period.kind in PAIRED_KINDS:
        return f"{start.year}/{(start.year + 1) % 100:02}"
    return period.label


def cell_text(value: Any) -> str:
    """Write a cell as text, whatever it was read from.

    >>> cell_text(None), cell_text(100.0), cell_text(0.000001), cell_text(" a ")
    ('', '100', '0.000001', 'a')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return str(value).strip()


def _meaning(field: Field, comparable: str, first: str) -> str:
    if field.change == "patch":
        return f"{field.changed}: figures stay as they were."
    return f"{field.changed}: {_SO[comparable].format(first=first)}."


def _plain(field: Field, value: Any) -> str:
    """Write a cell so that equal ones have equal texts: white space, noughts and marks aside."""
    text = cell_text(value)
    if field.type in ("number", "integer"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return format(number.normalize(), "f") if number.is_finite() else text
    if field.type == "list":
        return (field.delimiter or ";").join(re.split(rf"\s*{re.escape(field.delimiter or ';')}\s*", text))
    return " ".join(text.split())

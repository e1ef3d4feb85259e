"""Problems: what is wrong in a publisher's data, where, and how to mend it.

In:   a code of schemas/problems.yaml, a place, and the facts of the case
Out:  Problem values, grouped, and their three forms: text, JSON and SARIF 2.1.0

A problem is a value that is collected and shown with all others. It is never an exception by itself;
ProblemsFound carries a list of them across the end of a stage. An error (our own fault) is an ordinary
exception and does not pass through here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from schemas import ProblemKind, load_model

Severity = Literal["error", "warning"]

# A cell can hold 40 MB; a message shows this many characters of it.
SHOWN_CHARACTERS = 80

# Facts are put together by the product from several short texts, so they may be longer.
SHOWN_FACTS = 500

# How many different values of one kind, file and column are listed before the rest are only counted.
SHOWN_VALUES = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is. `row` is as a spreadsheet numbers it: the heading of an ordinary file is row 1."""

    file: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def at(self, row: int | None = None, column: str | None = None) -> Place:
        """Name a row or a column of the same file."""
        return replace(self, row=self.row if row is None else row, column=column or self.column)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a publisher can put right.

    `value` is the text found, whole; `message` shows at most the start of it. `count` is how many rows have
    the same problem with the same value; `row` is the first of them.
    """

    code: str
    message: str
    mend: str
    file: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1
    severity: Severity = "error"

    @property
    def place(self) -> Place:
        return Place(self.file, self.sheet, self.row, self.column)


class ProblemsFound(Exception):  # noqa: N818 - it carries problems, which are not errors
    """A stage ended because of problems. Nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = group_problems(problems)
        super().__init__(as_text(self.problems))


def load_problem_kinds() -> Mapping[str, ProblemKind]:
    """Load every kind of problem, by code, in the order of problems.yaml."""
    return load_model().problems


def problem(code: str, place: Place, *, value: str | None = None, count: int = 1, **facts: object) -> Problem:
    """Make a problem of a kind, with the facts of this case put into its sentences.

    facts    what the templates of problems.yaml name. `nearest` is special: a permitted value close to the
             one found, or None; it becomes a sentence of its own.

    Raises KeyError if there is no such kind, or if a fact that its sentences need is not given.
    """
    kind = load_problem_kinds()[code]
    nearest = facts.pop("nearest", None)
    words = {
        name: shown(fact, SHOWN_FACTS) if isinstance(fact, str) else fact for name, fact in facts.items()
    }
    words["nearest"] = f" Closest: {shown(str(nearest))}." if nearest else ""
    words["value"] = shown(value or "")
    return Problem(
        code=code,
        message=kind.message.format_map(words),
        mend=kind.mend.format_map(words),
        file=place.file,
        sheet=place.sheet,
        row=place.row,
        column=place.column,
        value=value,
        count=count,
        severity=kind.severity,
    )


def shown(text: str, most: int = SHOWN_CHARACTERS) -> str:
    r"""Make a text from outside fit to stand in a message: no control characters, not too long.

    >>> shown("two\nlines")
    'two\\nlines'
    >>> len(shown("x" * 40_000_000))
    105
    """
    clipped = text[:most]
    if not clipped.isprintable():
        clipped = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in clipped
        )
    if len(text) > most:
        clipped += f"… ({len(text):,} characters)"
    return clipped


def find_nearest(text: str, permitted: Iterable[str]) -> str | None:
    """Find the permitted text that somebody most likely meant, or None.

    Case, spaces, hyphens and underscores are forgiven; beyond that about one slip in four characters.
    Of equally near ones the first in alphabetical order is given.

    >>> find_nearest("Requires Improvment", ["good", "requires-improvement"])
    'requires-improvement'
    >>> find_nearest("E09000051", ["E09000015", "E06000060"])
    'E09000015'
    >>> find_nearest("banana", ["good", "requires-improvement"]) is None
    True
    """
    wanted = _plain(text)
    if not wanted or len(wanted) > 200:
        return None
    # One slip is forgiven in a word of two letters, two in eight; a single letter has no near ones.
    least = max(1, len(wanted) // 4) + 1 if len(wanted) > 1 else 1
    nearest = None
    for candidate in sorted(permitted):
        plain = _plain(candidate)
        if plain == wanted:
            return candidate
        if abs(len(plain) - len(wanted)) >= least:
            continue
        distance = _slips(wanted, plain, least)
        if distance < least:
            least, nearest = distance, candidate
    return nearest


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFKC", text).strip().casefold())


def _slips(one: str, other: str, most: int) -> int:
    """Count the slips between two texts: a letter more, less, other, or two swapped. Gives up at `most`."""
    start = 0
    while start < len(one) and start < len(other) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_letter in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other_letter))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other_letter:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) >= most and min(last) >= most:
            return most
        before, last = last, row
    return last[-1]


def group_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Put repeats together and sort by file, row and column.

    Problems of one kind, place and value that differ only in the row become one with a count. Beyond
    SHOWN_VALUES different values in one column, the rest become one problem that counts them.
    """
    same: dict[tuple[object, ...], Problem] = {}
    for found in sorted(problems, key=_order):
        key = (found.code, found.file, found.sheet, found.column, found.value, _without_rows(found.message))
        first = same.get(key)
        same[key] = found if first is None else replace(first, count=first.count + found.count)
    columns: dict[tuple[object, ...], list[Problem]] = {}
    for found in same.values():
        columns.setdefault((found.code, found.file, found.sheet, found.column), []).append(found)
    kept: list[Problem] = []
    for group in columns.values():
        kept.extend(group[:SHOWN_VALUES])
        rest = group[SHOWN_VALUES:]
        if len(rest) == 1:
            kept.extend(rest)
        elif rest:
            kept.append(_fold(rest))
    return sorted(kept, key=_order)


def _without_rows(message: str) -> str:
    """Leave out of a message the numbers of rows, which differ where all else is the same."""
    return re.sub(r"\brows? [\d,]+", "row", message)


def _fold(rest: Sequence[Problem]) -> Problem:
    return count_more(rest[0], len(rest), sum(found.count for found in rest))


_MORE = "more different ones of this kind"


def count_more(found: Problem, kinds: int, rows: int) -> Problem:
    """Make the problem that stands for many: how many different ones there are, and in how many rows."""
    return replace(found, message=f"{kinds:,} {_MORE}, in {rows:,} rows.", value=None, count=rows)


def _order(found: Problem) -> tuple[object, ...]:
    return (
        found.file,
        found.sheet or "",
        found.row or 0,
        found.column or "",
        found.code,
        "\U0010ffff" if found.value is None else found.value,
        found.message,
    )


def as_text(problems: Sequence[Problem]) -> str:
    """Write problems for people: a heading with the place, what is wrong, how to mend it."""
    parts = []
    for found in problems:
        warning = " (warning)" if found.severity == "warning" else ""
        lines = [f"{found.code}{warning}  {_place_in_words(found)}".rstrip(), f"  {found.message}"]
        if found.count > 1 and _MORE not in found.message:
            rows = "row" if found.count == 2 else "rows"
            lines.append(f"  And {found.count - 1:,} more {rows} like this.")
        lines.append(f"  {found.mend}")
        parts.append("\n".join(lines))
    parts.append(summary(problems))
    return "\n\n".join(parts) + "\n"


def summary(problems: Sequence[Problem]) -> str:
    """Count problems and warnings in one sentence.

    >>> summary([])
    'No problems.'
    """
    errors = sum(found.count for found in problems if found.severity == "error")
    warnings = sum(found.count for found in problems if found.severity == "warning")
    said = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in _counted(errors, warnings)]
    return (", ".join(said) if said else "No problems") + "."


def _counted(errors: int, warnings: int) -> list[tuple[int, str]]:
    return [(count, word) for count, word in ((errors, "problem"), (warnings, "warning")) if count]


def _place_in_words(found: Problem) -> str:
    words = [shown(found.file, 200)] if found.file else []
    if found.sheet is not None:
        words.append(f'sheet "{shown(found.sheet)}"')
    if found.row is not None:
        words.append(f"row {found.row}")
    if found.column is not None:
        words.append(f'column "{shown(found.column)}"')
    return ", ".join(words)


def as_json(problems: Sequence[Problem]) -> str:
    """Write problems for programs: a list of objects with the fields of Problem, values clipped."""
    rows = []
    for found in problems:
        row = asdict(found)
        row["value"] = None if found.value is None else shown(found.value, 1000)
        rows.append(row)
    counts = {
        severity: sum(found.count for found in problems if found.severity == severity)
        for severity in ("error", "warning")
    }
    return json.dumps({"problems": rows, "counts": counts}, ensure_ascii=False, indent=1) + "\n"


def as_sarif(problems: Sequence[Problem]) -> str:
    """Write problems as SARIF 2.1.0, which code hosts show beside the file.

    A row becomes a line, which is right for CSV without line breaks inside cells; the sheet and the column
    are logical locations.

    Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
    """
    kinds = load_problem_kinds()
    codes = sorted({found.code for found in problems})
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "likeforlike",
                        "rules": [_sarif_rule(kinds[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(found, codes.index(found.code)) for found in problems],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _sarif_rule(kind: ProblemKind) -> dict[str, Any]:
    return {
        "id": kind.code,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.when},
        "defaultConfiguration": {"level": kind.severity},
    }


def _sarif_result(found: Problem, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rule_index,
        "level": found.severity,
        "message": {"text": f"{found.message} {found.mend}"},
        "occurrenceCount": found.count,
    }
    location: dict[str, Any] = {}
    if found.file:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(found.file)}}
        if found.row is not None and found.row > 0:
            location["physicalLocation"]["region"] = {"startLine": found.row}
    logical = [
        {"name": shown(name), "kind": kind}
        for name, kind in ((found.sheet, "sheet"), (found.column, "column"))
        if name is not None
    ]
    if logical:
        location["logicalLocations"] = logical
    if location:
        result["locations"] = [location]
    return result

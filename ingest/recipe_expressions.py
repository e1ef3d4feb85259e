"""What one text of a source becomes: the expressions of a recipe as pure functions.

In:   the texts of one row (by heading, or by a name the recipe gave), and the world a recipe works in
Out:  a text, '' for nothing, or a Fault that says why there is none

Nothing here reads a file, so any expression can be tried in a test. An expression names the texts it uses:
the engine applies it to every different combination of them once, and joins the answers back to the rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from ingest.period import PeriodUnknown
from ingest.problems import find_nearest
from ingest.recipe_periods import PeriodStyle
from ingest.recipe_registers import Ambiguous, NotFound, Registers

Other = Literal["problem", "keep", "empty"]
OTHERS = ("problem", "keep", "empty")

# What the engine puts in place of a plain number where only its mark matters.
ANY_NUMBER = "0"
# The ending of a use that wants to know only whether a cell is a plain number.
MARK = "\0mark"
# The beginning of the use of a name that the recipe gave to an expression.
LET = "\0let:"
# What stands in place of a text that could not be read: the number of its fault in World.faults.
FAULT = "\0fault:"

# Patterns are tried on texts up to this many characters. A slow pattern on a huge cell would take for ever.
LONGEST_MATCHED = 4000

_DAY_ZERO = date(1899, 12, 30)  # day 0 of the spreadsheets' serial dates, from 1 March 1900 on


class Fault(Exception):  # noqa: N818 - it becomes a problem at the row it is found in
    """A text cannot be turned into what the recipe wants.

    code     a kind of problem
    column   the heading it stands under, once the engine has found it; '' where it is about no column
    """

    def __init__(self, code: str, value: str, column: str | None = None, **facts: Any) -> None:
        self.code, self.value, self.column, self.facts = code, value, column, facts
        super().__init__(f"{code}: {value!r} {facts}")


@dataclass(frozen=True)
class ListTable:
    """A list that a recipe carries, or a source of its package that others look things up in."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class World:
    """What expressions may ask: registers, period styles, lists, and other sources of the package."""

    registers: Registers = field(default_factory=Registers)
    styles: Mapping[str, PeriodStyle] = field(default_factory=dict)
    tables: dict[str, ListTable] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _found: dict[tuple[str, tuple[str, ...], str], dict[tuple[str, ...], set[str]]] = field(
        default_factory=dict
    )

    def look_up(self, table: str, keys: tuple[str, ...], take: str) -> dict[tuple[str, ...], set[str]]:
        """Index a table by some of its columns. The values of `take` for each key."""
        wanted = (table, keys, take)
        if wanted not in self._found:
            rows = self.tables[table]
            places = [rows.columns.index(key) for key in keys]
            taken = rows.columns.index(take)
            index: dict[tuple[str, ...], set[str]] = {}
            for row in rows.rows:
                index.setdefault(tuple(row[place] for place in places), set()).add(row[taken])
            self._found[wanted] = index
        return self._found[wanted]


Texts = Mapping[str, str]


class Expression(Protocol):
    """A text made of the texts of a row."""

    @property
    def uses(self) -> frozenset[str]:
        """The names of the texts it needs."""

    def read(self, texts: Texts, world: World) -> str:
        """Give the text. Raises Fault."""


@dataclass(frozen=True)
class Fixed:
    """The same text for every row."""

    text: str

    @property
    def uses(self) -> frozenset[str]:
        return frozenset()

    def read(self, texts: Texts, world: World) -> str:  # noqa: ARG002 - the protocol's form
        return self.text


NOTHING = Fixed("")


@dataclass(frozen=True)
class Column:
    """The text of a column, of a file's name, or of a name the recipe gave while turning columns to rows."""

    name: str

    @property
    def uses(self) -> frozenset[str]:
        return frozenset([self.name])

    def read(self, texts: Texts, world: World) -> str:  # noqa: ARG002 - the protocol's form
        return texts[self.name]


@dataclass(frozen=True)
class Let:
    """An expression that a recipe gave a name. The engine reads it first, as one more text of the row."""

    name: str
    expression: Expression

    @property
    def uses(self) -> frozenset[str]:
        return frozenset([LET + self.name])

    def read(self, texts: Texts, world: World) -> str:
        text = texts[LET + self.name]
        if text.startswith(FAULT):
            raise world.faults[int(text.removeprefix(FAULT))]
        return text


@dataclass(frozen=True)
class Several:
    """An expression made of others."""

    parts: tuple[Expression, ...]

    @property
    def uses(self) -> frozenset[str]:
        return frozenset().union(*(part.uses for part in self.parts))


@dataclass(frozen=True)
class Step:
    """An expression that makes something of the text of another."""

    source: Expression

    @property
    def uses(self) -> frozenset[str]:
        return self.source.uses


@dataclass(frozen=True)
class Template(Several):
    """Texts in a row: '' if any expression among them gives nothing, so that no half-empty name is made."""

    def read(self, texts: Texts, world: World) -> str:
        read = [part.read(texts, world) for part in self.parts]
        return "".join(read) if all(read) else ""


@dataclass(frozen=True)
class FirstOf(Several):
    """The first that gives something. A fault is passed over if a later one gives something."""

    def read(self, texts: Texts, world: World) -> str:
        fault: Fault | None = None
        for option in self.parts:
            try:
                if text := option.read(texts, world):
                    return text
            except Fault as found:
                fault = fault or found
        if fault is not None:
            raise fault
        return ""


@dataclass(frozen=True)
class Joined(Several):
    """Those that give something, with a separator between them."""

    separator: str

    def read(self, texts: Texts, world: World) -> str:
        read = [part.read(texts, world) for part in self.parts]
        return self.separator.join(dict.fromkeys(text for text in read if text))


@dataclass(frozen=True)
class Match(Step):
    """The part of a text that a pattern takes. The pattern must fit the whole text."""

    pattern: str
    other: Other = "problem"

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if not text:
            return ""
        match = match_whole(self.pattern, text)
        if match is None:
            return _other(self.other, text, "recipe-text-unknown", wanted=f"a text like {self.pattern}")
        return (match.group(1) if match.re.groups else match.group(0)) or ""


@dataclass(frozen=True)
class Replaced(Step):
    """A text with parts of it replaced, one pattern after the other."""

    pairs: tuple[tuple[str, str], ...]

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if len(text) > LONGEST_MATCHED:
            raise Fault("recipe-text-unknown", text, wanted=f"at most {LONGEST_MATCHED} characters")
        for pattern, replacement in self.pairs:
            text = re.sub(pattern, replacement, text)
        return text.strip()


@dataclass(frozen=True)
class Mapped(Step):
    """A text of a list of known texts becomes another. Nothing stays nothing unless the list says so."""

    mapping: Mapping[str, str] = field(hash=False)
    other: Other = "problem"

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if (found := self.mapping.get(text)) is not None:
            return found
        if not text:
            return ""
        nearest = find_nearest(text, self.mapping) if self.other == "problem" else None
        wanted = "one of the texts that the recipe maps"
        return _other(self.other, text, "recipe-text-unknown", wanted=wanted, nearest=nearest)


@dataclass(frozen=True)
class LookUp:
    """A column of a list or of another source, in the row where other columns have given texts.

    Several rows may answer if they agree. `where` pairs a column of that table with an expression.
    """

    table: str
    where: tuple[tuple[str, Expression], ...]
    take: str
    other: Other = "problem"

    @property
    def uses(self) -> frozenset[str]:
        return frozenset().union(*(expression.uses for _, expression in self.where))

    def read(self, texts: Texts, world: World) -> str:
        key = tuple(expression.read(texts, world) for _, expression in self.where)
        if not all(key):
            return ""
        found = world.look_up(self.table, tuple(name for name, _ in self.where), self.take).get(key)
        text = ", ".join(key)
        if found is None:
            return _other(self.other, text, "recipe-text-unknown", wanted=f"in '{self.table}'")
        if len(found) > 1:
            raise Fault("recipe-answers-differ", text, table=self.table, found="; ".join(sorted(found)))
        return next(iter(found))


@dataclass(frozen=True)
class PeriodOf(Step):
    """A period, written in a style that may itself depend on the row."""

    style: Expression

    @property
    def uses(self) -> frozenset[str]:
        return self.source.uses | self.style.uses

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if not text:
            return ""
        name = self.style.read(texts, world)
        if name not in world.styles:
            raise Fault("recipe-period-unread", text, reason=f"There is no style '{name}'.")
        try:
            return world.styles[name].read(text)
        except PeriodUnknown as unknown:
            raise Fault("recipe-period-unread", text, reason=unknown.reason) from unknown


@dataclass(frozen=True)
class CodeOf(Step):
    """The code of an area or a body that a register knows by name or by another code, on a day."""

    kind: Literal["area", "body"]
    by: str
    on: Expression
    types: frozenset[str]
    other: Other = "problem"

    @property
    def uses(self) -> frozenset[str]:
        return self.source.uses | self.on.uses

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if not text:
            return ""
        if not world.registers.knows(self.kind):
            raise Fault("recipe-register-missing", "", column="", kind=self.kind)
        on = self.on.read(texts, world)
        find = world.registers.find_area if self.kind == "area" else world.registers.find_body
        then = f" {on}" if on else " any day"
        try:
            return find(self.by, text, on, self.types)
        except NotFound as missing:
            if self.other != "problem":
                return text if self.other == "keep" else ""
            raise Fault(
                "recipe-name-unknown",
                text,
                kind=self.kind,
                then=then,
                reason=missing.reason,
                nearest=missing.nearest,
            ) from missing
        except Ambiguous as several:
            raise Fault("recipe-name-ambiguous", text, then=then, reason=several.reason) from several


@dataclass(frozen=True)
class DateOf(Step):
    """A day as an ISO date.

    formats   those of strptime, "iso", also with the midnight that workbooks add, or "serial" for the number
              of a day in a spreadsheet
    """

    formats: tuple[str, ...]

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if not text:
            return ""
        for form in self.formats:
            try:
                if form == "iso":
                    return date.fromisoformat(text.removesuffix("T00:00:00")).isoformat()
                if form == "serial":
                    return (_DAY_ZERO + timedelta(days=int(text))).isoformat()
                # Only the date of it is used; a publisher's file has no time zone.
                return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007
            except (ValueError, OverflowError):
                continue
        raise Fault("recipe-date-unread", text, wanted=" or ".join(self.formats))


@dataclass(frozen=True)
class Notation(Step):
    """A text as a notation: lower-case letters, digits and single hyphens.

    >>> Notation(Fixed("St. Helens & Co (2019)")).read({}, World())
    'st-helens-and-co-2019'
    """

    def read(self, texts: Texts, world: World) -> str:
        text = unicodedata.normalize("NFKD", self.source.read(texts, world)).casefold().replace("&", " and ")
        text = re.sub(r"['’.]", "", text.encode("ascii", "ignore").decode())
        return "-".join(re.sub(r"[^a-z0-9]+", " ", text).split())


@dataclass(frozen=True)
class Cased(Step):
    """A text in lower case, in upper case, or with a capital first letter."""

    case: str

    def read(self, texts: Texts, world: World) -> str:
        text = self.source.read(texts, world)
        if self.case == "sentence":
            return text[:1].upper() + text[1:]
        return text.lower() if self.case == "lower" else text.upper()


def match_whole(pattern: str, text: str) -> re.Match[str] | None:
    """Match a pattern with a whole text, line breaks and all. A very long text fits none."""
    return re.fullmatch(pattern, text, re.DOTALL) if len(text) <= LONGEST_MATCHED else None


def _other(other: Other, text: str, code: str, **facts: Any) -> str:
    if other == "keep":
        return text
    if other == "empty":
        return ""
    raise Fault(code, text, **facts)

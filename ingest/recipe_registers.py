"""Names and foreign codes become the codes of areas and bodies, with dates.

In:   the standard tables areas, area_names, area_identifiers, bodies, body_identifiers and body_areas
Out:  Registers: look-ups that answer with one code, or say why they cannot

A register is itself published as standard tables, so any package of them serves. A name alone is not
enough: "Dorset" was a county until March 2019 and is a unitary authority since. Every look-up takes the day
it is about, and a name that nobody bore on that day is a problem, not a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import duckdb

from ingest.period import read_period
from ingest.problems import find_nearest
from ingest.standard_file import StandardFile, as_standard

REGISTER_TABLES = frozenset(
    {"areas", "area_names", "area_identifiers", "bodies", "body_identifiers", "body_areas"}
)

Row = Mapping[str, str]


class NotFound(LookupError):  # noqa: N818 - it becomes a problem at the row it is found in
    """No entry of the register answers. `known` are names or codes of which one may have been meant."""

    def __init__(self, reason: str, text: str = "", known: Iterable[str] = ()) -> None:
        self.reason, self._text, self._known = reason, text, known
        super().__init__(reason)

    @property
    def nearest(self) -> str | None:
        """The name or code that may have been meant. Looked for only where somebody asks."""
        by_plain = {plain_name(name): name for name in self._known}
        nearest = find_nearest(plain_name(self._text), by_plain) if self._text else None
        return by_plain[nearest] if nearest else None


class Ambiguous(LookupError):  # noqa: N818 - the same
    """Several entries answer."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = tuple(sorted(entries))
        self.reason = f"it can be {', '.join(self.entries)}"
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class Entry:
    """An area or a body with its dates: ISO texts, '' where they are not known or the end has not come."""

    code: str
    label: str
    entry_type: str
    start_on: str = ""
    end_on: str = ""

    def existed(self, first: str, last: str) -> bool:
        """Say whether it existed on any day from the first to the last. An unknown day excludes nothing."""
        return (not self.start_on or self.start_on <= last) and (not self.end_on or self.end_on >= first)


@dataclass
class Index:
    """Entries by name and by identifier. Labels come before other names where both would answer."""

    entries: dict[str, Entry] = field(default_factory=dict)
    labels: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    identifiers: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def find_by_name(self, name: str, on: str, types: frozenset[str]) -> str:
        """Find the entry that bore a name. Raises NotFound or Ambiguous.

        on      a day, a period, or '' for any time
        types   the types of area or body that can be meant; none means any
        """
        key = plain_name(name)
        missing: NotFound | None = None
        for group in (self.labels, self.names):
            codes = [code for code in group.get(key, ()) if self._is_one_of(code, types)]
            try:
                if codes:
                    return self._one(codes, on)
            except NotFound as not_then:
                missing = missing or not_then
        raise missing or NotFound("no entry of the register has this name", name, self._labels(types))

    def with_name(self, name: str) -> list[str]:
        """Give all entries that ever bore a name."""
        key = plain_name(name)
        return sorted(self.labels.get(key, set()) | self.names.get(key, set()))

    def find_by_identifier(self, scheme: str, identifier: str, on: str) -> str:
        """Find the entry another register calls so. Raises NotFound or Ambiguous."""
        codes = self.identifiers.get((scheme, identifier))
        if not codes:
            known = (text for of_scheme, text in self.identifiers if of_scheme == scheme)
            raise NotFound(f"the register has no such identifier ({scheme})", identifier, known)
        return self._one(codes, on)

    def find_by_code(self, code: str, on: str) -> str:
        """Find the entry of a code of our own. Raises NotFound."""
        if code not in self.entries:
            raise NotFound("the register has no such code", code, self.entries)
        return self._one([code], on)

    def _one(self, codes: Iterable[str], on: str) -> str:
        codes = list(codes)
        then = codes
        if on:
            first, last = span(on)
            then = [code for code in codes if self.entries[code].existed(first, last)]
            if not then:
                dates = "; ".join(sorted(_life(self.entries[code]) for code in codes))
                raise NotFound(f"it did not exist then ({dates})")
        if len(then) > 1:
            raise Ambiguous(then)
        return then[0]

    def _is_one_of(self, code: str, types: frozenset[str]) -> bool:
        return not types or self.entries[code].entry_type in types

    def _labels(self, types: frozenset[str]) -> Iterable[str]:
        return (entry.label for entry in self.entries.values() if self._is_one_of(entry.code, types))


def _life(entry: Entry) -> str:
    start, end = entry.start_on or "an unknown day", entry.end_on or "today"
    return f"{entry.code}: {start} to {end}"


@dataclass
class Registers:
    """The areas and bodies that recipes find codes in. Tables are lists of rows with text cells."""

    tables: Mapping[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def areas(self) -> Index:
        index = _index(self.tables.get("areas", []), "area", "area_type")
        for row in self.tables.get("area_names", []):
            if row["area"] in index.entries:
                index.names.setdefault(plain_name(row["name"]), set()).add(row["area"])
        _add_identifiers(index, self.tables.get("area_identifiers", []), "area")
        return index

    @cached_property
    def bodies(self) -> Index:
        index = _index(self.tables.get("bodies", []), "body", "body_type")
        _add_identifiers(index, self.tables.get("body_identifiers", []), "body")
        return index

    def knows(self, kind: Literal["area", "body"]) -> bool:
        """Say whether there is any area or body in it; an empty register answers nothing."""
        return bool(self.areas.entries if kind == "area" else self.bodies.entries or self.body_areas)

    @cached_property
    def body_areas(self) -> dict[str, list[Entry]]:
        """Give the bodies of each area, with the dates of the link."""
        found: dict[str, list[Entry]] = {}
        for row in self.tables.get("body_areas", []):
            entry = Entry(row["body"], "", "", row.get("start_on") or "", row.get("end_on") or "")
            found.setdefault(row["area"], []).append(entry)
        return found

    @cached_property
    def areas_of_bodies(self) -> dict[str, list[Entry]]:
        """Give the areas of each body, with the dates of the link."""
        found: dict[str, list[Entry]] = {}
        for area, links in self.body_areas.items():
            for link in links:
                entry = Entry(area, "", "", link.start_on, link.end_on)
                found.setdefault(link.code, []).append(entry)
        return found

    def find_area(self, by: str, text: str, on: str = "", types: frozenset[str] = frozenset()) -> str:
        """Find an area's code.

        by   "name", "code", or a register of the code list identifier-scheme; where that register knows
             bodies and not areas, the area of the body

        Raises NotFound or Ambiguous.
        """
        bodies = self.bodies.identifiers.get((by, text))
        if bodies is None or (by, text) in self.areas.identifiers:
            return _find(self.areas, by, text, on, types)
        links = [link for body in bodies for link in self.areas_of_bodies.get(body, ())]
        found = {link.code for link in links if not on or link.existed(*span(on))}
        if not found:
            raise NotFound("the body had no area then")
        if len(found) > 1 and on:
            # Its area got another code within the period: the figure is for the one it began with.
            first, _ = span(on)
            found = {link.code for link in links if link.existed(first, first)} or found
        if len(found) > 1:
            raise Ambiguous(found)
        return found.pop()

    def find_body(self, by: str, text: str, on: str = "", types: frozenset[str] = frozenset()) -> str:
        """Find a body's notation.

        by   "name", "code", "area" (the body of an area, by the area's code), or a register. A name is
             looked for among the names of bodies and then among those of the areas they govern.

        Raises NotFound or Ambiguous.
        """
        if by == "area":
            return self._body_of([text], on, types)
        try:
            return _find(self.bodies, by, text, on, types)
        except NotFound:
            areas = self.areas.with_name(text) if by == "name" else []
            if not areas:
                raise
        return self._body_of(areas, on, types)

    def _body_of(self, areas: Sequence[str], on: str, types: frozenset[str]) -> str:
        links = [
            link
            for area in areas
            for link in self.body_areas.get(area, [])
            if not types or self.bodies.entries[link.code].entry_type in types
        ]
        if not links:
            raise NotFound("the register has no such body for this area", areas[0], self.body_areas)
        if on:
            links = [link for link in links if link.existed(*span(on))]
            if not links:
                raise NotFound("the area had no such body then")
        if len({link.code for link in links}) > 1:
            raise Ambiguous(link.code for link in links)
        return links[0].code


def _find(index: Index, by: str, text: str, on: str, types: frozenset[str]) -> str:
    if by == "name":
        return index.find_by_name(text, on, types)
    if by == "code":
        return index.find_by_code(text, on)
    return index.find_by_identifier(by, text, on)


@lru_cache(maxsize=65536)
def span(on: str) -> tuple[str, str]:
    """Give the first and the last day of a day or a period, as ISO texts."""
    if len(on) == 10:
        return on, on
    period = read_period(on)
    return period.start_on.isoformat(), period.end_on.isoformat()


def plain_name(name: str) -> str:
    """Reduce a name to what two people would agree on: no case, no punctuation, "and" for "&".

    >>> plain_name("Bournemouth, Christchurch & Poole") == plain_name("bournemouth christchurch and poole")
    True
    >>> plain_name("St. Helens")
    'st helens'
    """
    text = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    text = re.sub(r"['’‘`.]", "", text)
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


def _index(rows: Iterable[Row], key: str, type_key: str) -> Index:
    index = Index()
    for row in rows:
        code = row[key]
        label = row["label"]
        index.entries[code] = Entry(
            code, label, row.get(type_key) or "", row.get("start_on") or "", row.get("end_on") or ""
        )
        for name in (label, row.get("everyday_label") or ""):
            if name:
                index.labels.setdefault(plain_name(name), set()).add(code)
    return index


def _add_identifiers(index: Index, rows: Iterable[Row], key: str) -> None:
    for row in rows:
        if row[key] in index.entries:
            index.identifiers.setdefault((row["scheme"], row["identifier"]), set()).add(row[key])


def load_registers(*places: Path | Mapping[str, Path | StandardFile]) -> Registers:
    """Load registers from standard tables.

    places   folders with files named for their table (areas.csv, bodies.parquet), or the tables themselves
             by name, as apply_recipe gives them. Several places add up.
    """
    tables: dict[str, list[Row]] = {}
    with duckdb.connect() as connection:
        for place in places:
            for table, file in sorted(_register_files(place).items()):
                rows = _read_rows(connection, file)
                tables.setdefault(table, []).extend(rows)
    return Registers(tables)


def _register_files(
    place: Path | Mapping[str, Path | StandardFile],
) -> Mapping[str, Path | StandardFile]:
    if isinstance(place, Path):
        files = (
            place / f"{table}{suffix}" for table in sorted(REGISTER_TABLES) for suffix in (".csv", ".parquet")
        )
        return {file.stem: file for file in files if file.is_file()}
    return {table: file for table, file in place.items() if table in REGISTER_TABLES}


def _read_rows(connection: duckdb.DuckDBPyConnection, file: Path | StandardFile) -> list[Row]:
    if isinstance(file, Path) and file.suffix == ".csv":
        found = connection.execute(
            "SELECT * FROM read_csv(?, header = true, all_varchar = true)", [str(file)]
        )
    else:
        found = connection.execute(as_standard(file).query)
    names = [column[0] for column in found.description]
    return [
        {name: str(cell) if cell is not None else "" for name, cell in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]

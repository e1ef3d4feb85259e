"""Terms as whole numbers, and tables in memory of what is said with a property.

In:   the statements of an edition that are not about observations, in a store of Oxigraph
Out:  numbers for terms; tables named by property, made when a query first needs them

A table is what Oxigraph finds: also where it is for a path, so that a path means here what it means there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from api.cube.sql.numbers import Uncertain, add_functions

# The most rows of one table, and of all: they are held in memory by every process that answers.
MOST_ROWS = 300_000
MOST_ALL_ROWS = 1_000_000

# The most of a catalogue that is read where it lies, in address space and without a copy.
MOST_MAPPED = 1 << 30

# So many terms are tested one by one.
MOST_TESTED = 50_000

# The most rows of a table that is made when a query asks for it, in a fifth of a second.
MOST_ROWS_LATE = 24_000

# The most statements of the table of all, and how many become rows of it at each step.
MOST_STATEMENTS = 600_000
_STEP = 5_000

# How many rows there are of each definition, period and dataset: `number` with a value, and without (NULL).
COUNTS = "counts"

_DATE = len("2026-01-02")
_PROPERTY = re.compile(r"<[^<>]*>")
_XSD = "http://www.w3.org/2001/XMLSchema#"


def type_of(term: Any) -> str:
    """Say of which kind a term is: those of one kind, other than "other", have an order that is known."""
    if isinstance(term, ox.NamedNode):
        return "iri"
    if not isinstance(term, ox.Literal):
        return "other"
    if term.language is not None:
        return f"@{term.language}"
    kind = term.datatype.value
    if kind == f"{_XSD}date" and len(term.value) != _DATE:
        # With a time zone, or of another age: its order is not that of its text.
        return "other"
    return kind.removeprefix(_XSD) if kind.startswith(_XSD) else "other"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of pairs, no pair twice: s and o, or k… and o. names_rows: whether an object is an observation."""

    name: str
    subjects: frozenset[str]
    objects: frozenset[str]
    names_rows: bool = False
    is_empty: bool = False


class Terms:
    """The terms that SQL knows, numbered from 1, and the tables of them.

    All of it is in `memory`, so that a process that is split off has it; `connection` is of one process alone.
    """

    def __init__(
        self, store: ox.Store, catalogue: Path, rows_begin: str, counts: Iterable[Sequence[int]]
    ) -> None:
        self.all: list[Any] = [None]
        self._store, self._rows_begin = store, rows_begin
        self._numbers: dict[Any, int] = {}
        self._tables: dict[Any, Table] = {}
        self._too_long: set[str] = set()
        # Whether all tables were made that will be; whether a query had to do without one before, or that of all.
        self.is_learned = self.is_missed = self.is_awaited = False
        self._answers: dict[str, bool] = {}
        self._domains: dict[tuple[str, str], Sequence[int]] = {}
        self._rows = 0
        self._everything: Table | None = None
        self._catalogue = catalogue
        self.memory = _open()
        self.doubts = add_functions(self.memory)
        self.memory.execute("CREATE TABLE terms (id INTEGER PRIMARY KEY, text TEXT NOT NULL, language TEXT)")
        self.memory.execute(
            f"CREATE TABLE {COUNTS} (definition INTEGER, period INTEGER, dataset INTEGER, digits INTEGER, "
            "number INTEGER)"
        )
        self.memory.executemany(
            f"INSERT INTO {COUNTS} VALUES (?, ?, ?, ?, ?)",
            (
                (definition, period, dataset, value, number)
                for dataset, definition, period, there, missing in counts
                for value, number in ((1, there), (None, missing))
                if number
            ),
        )

    @cached_property
    def connection(self) -> sqlite3.Connection:
        """What has the catalogue too, as `cat`, read-only. From here on, no process may be split off."""
        address = f"file:{quote(str(self._catalogue))}?mode=ro&immutable=1"
        self.memory.execute("ATTACH ? AS cat", (address,))
        # What lies behind that is read into a cache.
        self.memory.execute(f"PRAGMA cat.mmap_size = {MOST_MAPPED}")
        self.memory.execute("PRAGMA cat.cache_size = -32768")
        return self.memory

    def find(self, term: Any) -> int | None:
        """Give the number of a term; None if it has none, and then no table has it."""
        return self._numbers.get(term)

    def number_all(self, terms: Iterable[Any]) -> list[int]:
        """Give the numbers of terms; those that have none get the next ones."""
        numbers, new = [], []
        for term in terms:
            number = self._numbers.get(term)
            if number is None:
                number = self._numbers[term] = len(self.all)
                self.all.append(term)
                new.append((number, getattr(term, "value", ""), getattr(term, "language", None) or ""))
            numbers.append(number)
        self.memory.executemany("INSERT INTO terms VALUES (?, ?, ?)", new)
        return numbers

    def said(self, path: str, most: int = MOST_ROWS_LATE) -> Table:
        """Give the table of a property or a path, as SPARQL has it: `s` and `o`. Raises Uncertain if it is too long.

        most   how many rows it may have that is not there yet: a query cannot wait for a long one
        """
        if path not in self._tables and path in self._too_long:
            raise Uncertain("a long table")
        if path not in self._tables:
            # What is said with one property is said once.
            word = "SELECT" if _PROPERTY.fullmatch(path) else "SELECT DISTINCT"
            solutions = select(self._store, f"{word} ?s ?o {{ ?s {path} ?o }}")
            found = [tuple(one) for one in islice(solutions, most + 1)]
            if len(found) > most:
                self._too_long.add(path)
                self.is_missed = self.is_missed or (most < MOST_ROWS and not self.is_learned)
                raise Uncertain("a long table")
            subjects = self.number_all(subject for subject, _ in found)
            objects = self.number_all(thing for _, thing in found)
            self._tables[path] = self._make("so", zip(subjects, objects, strict=True), found)
        return self._tables[path]

    def is_node(self, term: Any) -> bool:
        """Say whether a statement is about a thing, or says it."""
        about = self._store.quads_for_pattern(term, None, None, None)
        return any(True for _ in chain(about, self._store.quads_for_pattern(None, None, term, None)))

    def objects(self, path: str) -> tuple[str, ...]:
        """Give the IRIs that are said with a property, in an order. Raises Uncertain."""
        table = self.said(path).name
        found = (self.all[number] for (number,) in self.connection.execute(f"SELECT DISTINCT o FROM {table}"))
        return tuple(sorted(term.value for term in found if isinstance(term, ox.NamedNode)))

    def domain(self, table: str, column: str) -> Sequence[int]:
        """Give the numbers of the terms that a column of a table can have. Raises Uncertain if they are too many."""
        key = table, column
        if key not in self._domains:
            found = self.connection.execute(
                f"SELECT DISTINCT {column} FROM {table} LIMIT {MOST_TESTED + 1}"
            ).fetchall()
            if len(found) > MOST_TESTED:
                raise Uncertain("a test of many terms")
            self._domains[key] = [number for (number,) in found]
        return self._domains[key]

    def set_domain(self, table: str, column: str, numbers: Sequence[int]) -> None:
        """Say which terms a column can have, where that is known."""
        self._domains[table, column] = numbers

    def properties_of(self, things: Iterable[Any]) -> list[str]:
        """List what is said of things, as paths, that of which most is said first, while there is room for tables."""
        listed = " ".join(str(thing) for thing in things if isinstance(thing, ox.NamedNode))
        found = select(self._store, f"SELECT DISTINCT ?p {{ VALUES ?s {{ {listed} }} ?s ?p ?o }}")
        most, room = MOST_ROWS // 2, MOST_ALL_ROWS // 2
        counts = {}
        for path in sorted(str(one[0]) for one in found):
            (number,) = select(
                self._store, f"SELECT (COUNT(*) AS ?n) {{ SELECT * {{ ?s {path} ?o }} LIMIT {most} }}"
            )
            counts[path] = int(number[0].value)
        paths = []
        for path in sorted(counts, key=lambda path: -counts[path]):
            if counts[path] < min(room, most):
                paths.append(path)
                room -= counts[path]
        return paths

    def everything(self) -> Table:
        """Give the table of all statements: the property k0, the subject k1 and the object o.

        An object that is an observation has a negative number. Raises Uncertain where the table is not there.
        """
        if self._everything is None and len(self._store) <= MOST_ROWS_LATE:
            for _ in self.gather():
                pass
        if self._everything is None:
            self.is_awaited = self.is_missed = not self.is_learned
            raise Uncertain("a long table")
        return self._everything

    def gather(self) -> Iterator[None]:
        """Make the table of all statements, a part at each step, unless there are too many."""
        if len(self._store) > MOST_STATEMENTS:
            return
        self.memory.execute(
            "CREATE TABLE everything (k0 INTEGER, k1 INTEGER, o INTEGER, PRIMARY KEY (k0, k1, o)) WITHOUT ROWID"
        )
        quads = self._store.quads_for_pattern(None, None, None, None)
        subjects, objects, names_rows = set(), set(), False
        while found := list(islice(quads, _STEP)):
            things = self.number_all(quad.object for quad in found)
            for at, quad in enumerate(found):
                subjects.add(type_of(quad.subject))
                objects.add(type_of(quad.object))
                if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(self._rows_begin):
                    things[at], names_rows = -things[at], True
            keys = zip(
                self.number_all(quad.predicate for quad in found),
                self.number_all(quad.subject for quad in found),
                strict=True,
            )
            rows = [(*key, thing) for key, thing in zip(keys, things, strict=True)]
            self.memory.executemany("INSERT INTO everything VALUES (?, ?, ?)", rows)
            yield
        for columns in ("k1, k0, o", "o, k0, k1"):
            self.memory.execute(f"CREATE INDEX everything_{columns[:2].strip(',')} ON everything ({columns})")
            yield
        self.memory.execute("ANALYZE everything")
        self._everything = Table(
            "everything", frozenset(subjects), frozenset(objects), names_rows, is_empty=not subjects
        )

    def pairs(self, name: Any, width: int, pairs: Iterable[tuple[int, ...]]) -> Table:
        """Give a table of `width` numbers of codes, k0…, and of what they say, o."""
        if name not in self._tables:
            rows = sorted(set(pairs))
            self._tables[name] = self._make("k", rows, [(None, self.all[row[-1]]) for row in rows], width)
        return self._tables[name]

    def _make(self, kind: str, rows: Iterable[tuple[int, ...]], found: list[Any], width: int = 1) -> Table:
        self._rows += len(found)
        if self._rows > MOST_ALL_ROWS:
            raise Uncertain("many long tables")
        name = f"{kind}{len(self._tables)}"
        keys = ["s"] if kind == "so" else [f"k{at}" for at in range(width)]
        columns = [*keys, "o"]
        listed = sorted(rows)
        made = ", ".join(f"{column} INTEGER" for column in columns)
        # Where each says one thing it is found by its number, with less work than in an index.
        is_one = len(keys) == 1 and len({row[0] for row in listed}) == len(listed)
        primary, stored = (keys, "") if is_one else (columns, " WITHOUT ROWID")
        self.memory.execute(f"CREATE TABLE {name} ({made}, PRIMARY KEY ({', '.join(primary)})){stored}")
        marks = ", ".join("?" * len(columns))
        self.memory.executemany(f"INSERT INTO {name} VALUES ({marks})", listed)
        found_by = ["o"] if is_one else ["o", *keys]
        self.memory.execute(f"CREATE INDEX {name}_o ON {name} ({', '.join(found_by)})")
        self.memory.execute(f"ANALYZE {name}")
        return Table(
            name,
            frozenset(type_of(subject) for subject, _ in found if subject is not None),
            frozenset(type_of(thing) for _, thing in found),
            any(
                isinstance(thing, ox.NamedNode) and thing.value.startswith(self._rows_begin)
                for _, thing in found
            ),
            not found,
        )

    def asks(self, pattern: str) -> bool:
        """Say whether the statements match a pattern. Only for patterns without a query's constants."""
        if pattern not in self._answers:
            self._answers[pattern] = bool(self._store.query(f"ASK {{ {pattern} }}"))
        return self._answers[pattern]


def select(store: ox.Store, query: str) -> ox.QuerySolutions:
    """Ask a store a SELECT."""
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    return found


def _open() -> sqlite3.Connection:
    connection = sqlite3.connect("file::memory:", uri=True, isolation_level=None, cached_statements=512)
    # Nothing is written to a disk.
    for pragma in ("temp_store = MEMORY", "journal_mode = OFF", "analysis_limit = 1000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection

"""Rows of observations, and the statements that they are.

In:   cube.json and catalogue.db of an edition
Out:  quads of pyoxigraph, for all rows that could have what is asked for

What a row says is put together from the pieces that publish wrote for it, so it is the same as in the downloads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

CUBE = "cube.json"

Said = tuple[tuple[ox.NamedNode, ox.NamedNode | ox.Literal], ...]

# What names the pieces of a row, in the order in which keys of rows have them.
KEYS = ("series", "cell", "area", "period", "status")

# Up to so many numbers are written into a statement, where SQLite can plan with them.
_IN_PLACE = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows that are asked for: for each of KEYS the numbers that it may have; all where it has none here."""

    among: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def narrowed(self, name: str, numbers: Iterable[int]) -> Asked:
        """Ask for those rows alone that have one of some numbers."""
        found = frozenset(numbers)
        return Asked({**self.among, name: self.among[name] & found if name in self.among else found})

    @property
    def is_empty(self) -> bool:
        return any(not numbers for numbers in self.among.values())


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the numbers of its KEYS, the graph it is in, and its columns by name."""

    keys: tuple[int, ...]
    dataset: int
    columns: sqlite3.Row


class Cube:
    """The observations of an edition.

    base         the address of the site
    start        how the IRIs of observations begin
    predicates   every property of an observation
    """

    def __init__(self, pieces: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        """Read the pieces.

        connect   gives a connection to the edition's catalogue, with rows of sqlite3.Row
        """
        told = json.loads(pieces.read_text(encoding="utf-8"))
        self._connect = connect
        self.base: str = told["base"]
        self.start: str = told["start"]
        self._datasets = [name for (name,) in told["lists"]["dataset"]]
        self.graphs = [ox.NamedNode(f"{self.base}id/dataset/{name}") for name in self._datasets]
        self._areas = [text for (text,) in told["lists"]["area"]]
        self._periods = [text for (text,) in told["lists"]["period"]]
        self._area_numbers = {text: number for number, text in enumerate(self._areas, start=1)}
        self._period_numbers = {text: number for number, text in enumerate(self._periods, start=1)}
        # The numbers of series and statuses are two for each: with a value, and without.
        self.series = [(dataset, definition) for dataset, definition, _ in told["series"]]
        self.cells = [(dataset, breakdown) for dataset, breakdown, _ in told["cells"]]
        self._series_numbers = {pair: number for number, pair in enumerate(self.series, start=1)}
        self._cell_numbers = {pair: number for number, pair in enumerate(self.cells, start=1)}
        self._starts = [start for _, _, start in told["series"]]
        self._ends = [end for _, _, end in told["cells"]]
        self._numbers = [
            (ox.NamedNode(iri), column, ox.NamedNode(kind)) for iri, column, kind in told["numbers"]
        ]
        self._digits = told["digits"]
        self._said = {name: [_read(said) for said in told["said"][name]] for name in (*KEYS, "note")}
        self._of_property: dict[str, str] = {}
        self._of_statement: dict[tuple[str, str], set[int]] = {}
        self._with_property: dict[str, set[int]] = {}
        for name, codes in self._said.items():
            for number, said in enumerate(codes, start=1):
                for predicate, thing in said:
                    self._of_property[predicate.value] = name
                    self._with_property.setdefault(predicate.value, set()).add(number)
                    if isinstance(thing, ox.NamedNode):
                        self._of_statement.setdefault((predicate.value, thing.value), set()).add(number)
        self._columns = {predicate.value: column for predicate, column, _ in self._numbers}
        self.predicates = frozenset(self._of_property) | self._columns.keys()

        self._places: dict[str, list[int]] = {}
        for at, start in enumerate(self._starts, start=1):
            self._places.setdefault(start, []).append(at)
        self._cells_ending: dict[str, set[int]] = {}
        for number, end in enumerate(self._ends, start=1):
            self._cells_ending.setdefault(end, set()).add(number)
        self.size: int = told["count"]

    # ---- which rows ----

    def count(self, name: str) -> int:
        """Say how many numbers one of KEYS has."""
        return len(self._said[name])

    def says(self, predicate: str, thing: str) -> bool:
        """Say whether any observation says a thing, given by its IRI, with a property."""
        return (predicate, thing) in self._of_statement

    def with_property(self, asked: Asked, predicates: Iterable[str]) -> Asked:
        """Ask for rows alone that say something with one of some properties, where that is told by one number."""
        predicates = list(predicates)
        name = self._name_of(predicates)
        if name is None:
            return asked
        numbers: set[int] = set()
        for predicate in predicates:
            numbers |= self._with_property.get(predicate, set())
        return asked.narrowed(name, numbers)

    def with_statement(self, asked: Asked, predicates: Iterable[str], things: Iterable[str]) -> Asked:
        """Ask for rows alone that say one of some things, given by their IRIs, with one of some properties."""
        predicates = [predicate for predicate in predicates if self._of_property.get(predicate) in KEYS]
        if not predicates:
            # A figure or a note is no thing.
            return Asked({"area": frozenset()})
        name = self._name_of(predicates)
        if name is None:
            return asked
        numbers: set[int] = set()
        for thing in things:
            for predicate in predicates:
                numbers |= self._of_statement.get((predicate, thing), set())
        return asked.narrowed(name, numbers)

    def _name_of(self, predicates: Iterable[str]) -> str | None:
        """Give that of KEYS whose numbers tell which rows have one of some properties; None if it is not one."""
        names = {self._of_property.get(predicate) for predicate in predicates if predicate in self.predicates}
        name = names.pop() if len(names) == 1 else None
        return name if name in KEYS else None

    def with_subject(self, asked: Asked, subjects: Iterable[str]) -> Asked:
        """Ask for rows alone that have one of some IRIs; where there are several, for some others too."""
        found: dict[str, set[int]] = {name: set() for name in ("series", "cell", "area", "period")}
        for subject in subjects:
            for name, numbers in self._parse(subject).items():
                found[name] |= numbers
        for name, numbers in found.items():
            asked = asked.narrowed(name, numbers)
        return asked

    def within(self, asked: Asked, datasets: Iterable[str]) -> Asked:
        """Ask for rows alone that are in one of some datasets, given by their IRIs."""
        named = frozenset(datasets)
        wanted = {number for number, graph in enumerate(self.graphs, start=1) if graph.value in named}
        places = (at for at, (number, _) in enumerate(self.series, start=1) if number in wanted)
        return asked.narrowed("series", (number for at in places for number in (2 * at - 1, 2 * at)))

    def _parse(self, subject: str) -> dict[str, set[int]]:
        """Take the IRI of an observation apart into numbers; nothing where it is none."""
        parts = subject.removeprefix(self.start).split("/", 4)
        if not subject.startswith(self.start) or len(parts) < 4:
            return {}
        begins = f"{self.start}{parts[0]}/{parts[1]}/"
        end = f"/{parts[4]}" if len(parts) == 5 else ""
        area, period = self._area_numbers.get(parts[2]), self._period_numbers.get(parts[3])
        if area is None or period is None:
            return {}
        places = self._places.get(begins, [])
        return {
            "series": {number for at in places for number in (2 * at - 1, 2 * at)},
            "cell": self._cells_ending.get(end, set()),
            "area": {area},
            "period": {period},
        }

    # ---- rows ----

    def rows(self, asked: Asked, predicates: frozenset[str] | None, most: int) -> Iterator[Row]:
        """Give the rows that are asked for, at most so many.

        predicates   the properties that will be said of them; all where None
        """
        if asked.is_empty:
            return
        wanted = [
            "dataset",
            "definition",
            "period",
            "breakdown",
            "area",
            "status",
            "value IS NULL AS is_missing",
        ]
        columns = [column for iri, column in self._columns.items() if predicates is None or iri in predicates]
        if "value" in columns:
            columns += ["decimals", "value_text"]
        if predicates is None or any(self._of_property.get(iri) == "note" for iri in predicates):
            columns.append("note")
        where = self._where(asked)
        # Only column names and numbers of ours are in it.
        sql = f"SELECT {', '.join((*wanted, *columns))} FROM observation_rows{where}"  # noqa: S608
        among = [(at, asked.among[name]) for at, name in enumerate(KEYS) if name in asked.among]
        count = 0
        for row in self._connect().execute(sql):
            is_missing = row["is_missing"]
            keys = (
                2 * self._series_numbers[row["dataset"], row["definition"]] - 1 + is_missing,
                self._cell_numbers[row["dataset"], row["breakdown"]],
                row["area"],
                row["period"],
                2 * row["status"] - 1 + is_missing,
            )
            if all(keys[at] in numbers for at, numbers in among):
                yield Row(keys, row["dataset"], row)
                count += 1
                if count == most:
                    return

    def _where(self, asked: Asked) -> str:
        """Write which rows are asked for, so that SQLite begins with the narrowest of area and definition."""
        among: dict[str, frozenset[int]] = {
            name: asked.among[name] for name in ("area", "period") if name in asked.among
        }
        if "series" in asked.among:
            pairs = [self.series[(number - 1) // 2] for number in asked.among["series"]]
            among["definition"] = frozenset(definition for _, definition in pairs)
            among["dataset"] = frozenset(dataset for dataset, _ in pairs)
            if all(number % 2 for number in asked.among["series"]):
                among["with a value"] = frozenset()
        if "cell" in asked.among:
            among["breakdown"] = frozenset(self.cells[number - 1][1] for number in asked.among["cell"])
        if "status" in asked.among:
            among["status"] = frozenset((number + 1) // 2 for number in asked.among["status"])
        shares = {
            "area": len(among["area"]) / max(len(self._areas), 1) if "area" in among else 1.0,
            "definition": (
                len(among["definition"]) / max(len({definition for _, definition in self.series}), 1)
                if "definition" in among
                else 1.0
            ),
        }
        begins = min(shares, key=lambda name: shares[name])
        may_use = {"area": {"area", "definition", "period"}, "definition": {"definition", "period"}}[begins]
        tests = []
        for name, numbers in among.items():
            if name == "with a value":
                tests.append("value IS NOT NULL")
                continue
            sign = "" if name in may_use and len(numbers) <= _IN_PLACE else "+"
            tests.append(f"{sign}{name} IN ({', '.join(map(str, sorted(numbers)))})")
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    # ---- what they say ----

    def subject(self, row: Row) -> str:
        """Give the IRI of a row."""
        series, cell, area, period, _ = row.keys
        start, end = self._starts[(series - 1) // 2], self._ends[cell - 1]
        return f"{start}{self._areas[area - 1]}/{self._periods[period - 1]}{end}"

    def things(self, rows: Iterable[Row], predicate: str) -> frozenset[str] | None:
        """Give the IRIs that rows say with a property; None where it says figures or words."""
        name = self._of_property.get(predicate)
        if name not in KEYS:
            return None
        at, codes = KEYS.index(name), self._said[name]
        found = {
            thing
            for number in {row.keys[at] for row in rows}
            for property_, thing in codes[number - 1]
            if property_.value == predicate
        }
        if not all(isinstance(thing, ox.NamedNode) for thing in found):
            return None
        return frozenset(thing.value for thing in found)

    def statements(
        self, rows: Iterable[Row], predicates: frozenset[str] | None
    ) -> Iterator[tuple[int, ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
        """Say what rows say: the number of the dataset, subject, property and object of each statement.

        predicates   the properties to say; all where None
        """
        said = {
            name: [
                tuple(one for one in statements if predicates is None or one[0].value in predicates)
                for statements in codes
            ]
            for name, codes in self._said.items()
        }
        spoken = [(at, said[name]) for at, name in enumerate(KEYS) if any(said[name])]
        numbers = [one for one in self._numbers if predicates is None or one[0].value in predicates]
        notes = said["note"] if any(said["note"]) else []
        for row in rows:
            node = ox.NamedNode(self.subject(row))
            for at, codes in spoken:
                for predicate, thing in codes[row.keys[at] - 1]:
                    yield row.dataset, node, predicate, thing
            for predicate, column, kind in numbers:
                if row.columns[column] is not None:
                    yield (
                        row.dataset,
                        node,
                        predicate,
                        ox.Literal(self._number(row.columns, column), datatype=kind),
                    )
            if notes and row.columns["note"] is not None:
                for predicate, thing in notes[row.columns["note"] - 1]:
                    yield row.dataset, node, predicate, thing

    def _number(self, row: sqlite3.Row, column: str) -> str:
        """Give a figure with its digits as published, without needless zeros."""
        if column == "sample_size":
            return str(row[column])
        if column == "value":
            text = row["value_text"] or f"{row['value']:.{row['decimals']}f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        kept = self._digits[column]
        key = " ".join(str(row[name]) for name in ("definition", "period", "breakdown", "area", "dataset"))
        if kept and key in kept:
            found: str = kept[key]
            return found
        text = repr(row[column])
        text = format(Decimal(text), "f") if "e" in text else text
        return text.removesuffix(".0")


def _read(said: Sequence[Sequence[str]]) -> Said:
    """Read statements: a property's IRI, and an object as it stands in N-Triples."""
    lines = "".join(f"<x:x> <{predicate}> {thing} .\n" for predicate, thing in said)
    return tuple((quad.predicate, quad.object) for quad in ox.parse(lines.encode(), ox.RdfFormat.N_TRIPLES))

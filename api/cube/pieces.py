"""Rows of observations, and the statements that they are.

In:   cube.json and catalogue.db of an edition
Out:  quads of pyoxigraph, for all rows that could have what is asked for

What a row says is put together from the pieces that publish wrote for it, so it is the same as in the downloads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

from publish.rows import kept_in, print_value, read

CUBE = "cube.json"

# What names the pieces of a row, in the order in which keys of rows have them.
KEYS = ("series", "cell", "area", "period", "status")

# The columns that the number of each comes from.
_COLUMNS = {
    "series": ("dataset", "definition", "digits IS NULL"),
    "cell": ("dataset", "breakdown"),
    "area": ("area",),
    "period": ("period",),
    "status": ("status", "digits IS NULL"),
    "note": ("note",),
}

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


# The numbers of a row's KEYS.
Row = tuple[int, ...]


class Cube:
    """The observations of an edition.

    base         the address of the site
    start        how the IRIs of observations begin
    said         by the names of numbers, and for each number, what it says: pairs of a property and an object
    predicates   every property of an observation
    digits       figures beside the value that a number in binary does not keep, by column
    counts       how many figures there are: dataset, definition, period, with a value, without; None in an
                 edition that was published before these were kept
    texts        how many values a number in binary does not keep, and how many digits they have behind the point
    """

    def __init__(self, pieces: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        """Read the pieces.

        connect   gives a connection to the edition's catalogue, with rows of sqlite3.Row
        """
        told = json.loads(pieces.read_text(encoding="utf-8"))
        self.connect = connect
        self.base: str = told["base"]
        self.start: str = told["start"]
        self._datasets = [name for (name,) in told["lists"]["dataset"]]
        self.graphs = [ox.NamedNode(f"{self.base}id/dataset/{name}") for name in self._datasets]
        self.areas = [text for (text,) in told["lists"]["area"]]
        self.periods = [text for (text,) in told["lists"]["period"]]
        self._area_numbers = {text: number for number, text in enumerate(self.areas, start=1)}
        self._period_numbers = {text: number for number, text in enumerate(self.periods, start=1)}
        # The numbers of series and statuses are two for each: with a value, and without.
        self.series = [(dataset, definition) for dataset, definition, _ in told["series"]]
        self.cells = [(dataset, breakdown) for dataset, breakdown, _ in told["cells"]]
        self.series_numbers = {pair: number for number, pair in enumerate(self.series, start=1)}
        self.cell_numbers = {pair: number for number, pair in enumerate(self.cells, start=1)}
        self.starts = [start for _, _, start in told["series"]]
        self.ends = [end for _, _, end in told["cells"]]
        self._numbers: list[tuple[str, str, str]] = [
            (iri, column, kind) for iri, column, kind in told["numbers"]
        ]
        self.digits: dict[str, dict[str, str]] = told["digits"]
        self.counts: list[list[int]] | None = told.get("counts")
        self.texts: tuple[int, int] = tuple(told.get("texts", (0, 0)))
        self.said = told["said"]
        self._of_property: dict[str, str] = {}
        self._of_statement: dict[tuple[str, str], set[int]] = {}
        self._with_property: dict[str, set[int]] = {}
        for name, codes in self.said.items():
            for number, said in enumerate(codes, start=1):
                for predicate, thing in said:
                    self._of_property[predicate] = name
                    self._with_property.setdefault(predicate, set()).add(number)
                    if thing.startswith("<"):
                        self._of_statement.setdefault((predicate, thing[1:-1]), set()).add(number)
        self._columns = {iri: column for iri, column, _ in self._numbers}
        self.predicates = frozenset(self._of_property) | self._columns.keys()

        self._places: dict[str, list[int]] = {}
        for at, start in enumerate(self.starts, start=1):
            self._places.setdefault(start, []).append(at)
        self._cells_ending: dict[str, set[int]] = {}
        for number, end in enumerate(self.ends, start=1):
            self._cells_ending.setdefault(end, set()).add(number)
        self.size: int = told["count"]

    # ---- which rows ----

    def count(self, name: str) -> int:
        """Say how many numbers one of KEYS has."""
        return len(self.said[name])

    def says(self, predicate: str, thing: str) -> bool:
        """Say whether any observation says a thing, given by its IRI, with a property."""
        return (predicate, thing) in self._of_statement

    def things_said(self, predicate: str) -> frozenset[str]:
        """Give the things that observations say with a property, by their IRIs."""
        return frozenset(thing for property_, thing in self._of_statement if property_ == predicate)

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
            for name, numbers in self.parse(subject).items():
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

    def parse(self, subject: str) -> dict[str, set[int]]:
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

    def rows(self, asked: Asked) -> Iterator[Row]:
        """Give the rows that are asked for."""
        if asked.is_empty:
            return
        tests = self.tests(asked)
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        names = "dataset, definition, breakdown, area, period, status, digits IS NULL"
        # Only column names and numbers of ours are in it.
        sql = f"SELECT {names} FROM observation_rows{where}"  # noqa: S608
        among = [(at, asked.among[name]) for at, name in enumerate(KEYS) if name in asked.among]
        for dataset, definition, breakdown, area, period, status, is_missing in self.connect().execute(sql):
            row = (
                2 * self.series_numbers[dataset, definition] - 1 + is_missing,
                self.cell_numbers[dataset, breakdown],
                area,
                period,
                2 * status - 1 + is_missing,
            )
            if all(row[at] in numbers for at, numbers in among):
                yield row

    def tests(self, asked: Asked) -> list[str]:
        """Write as conditions of SQL which rows are asked for, and some more.

        SQLite begins with the narrowest of area and definition.
        """
        among: dict[str, frozenset[int]] = {
            name: asked.among[name] for name in ("area", "period") if name in asked.among
        }
        if "series" in asked.among:
            pairs = [self.series[(number - 1) // 2] for number in asked.among["series"]]
            among["definition"] = frozenset(definition for _, definition in pairs)
            among["dataset"] = frozenset(dataset for dataset, _ in pairs)
        if "cell" in asked.among:
            among["breakdown"] = frozenset(self.cells[number - 1][1] for number in asked.among["cell"])
        if "status" in asked.among:
            among["status"] = frozenset((number + 1) // 2 for number in asked.among["status"])
        shares = {
            "area": len(among["area"]) / max(len(self.areas), 1) if "area" in among else 1.0,
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
            sign = "" if name in may_use and len(numbers) <= _IN_PLACE else "+"
            tests.append(f"{sign}{name} IN ({', '.join(map(str, sorted(numbers)))})")
        if "series" in asked.among and len(kinds := {number % 2 for number in asked.among["series"]}) == 1:
            tests.append("digits IS NOT NULL" if 1 in kinds else "digits IS NULL")
        return tests

    # ---- what they say ----

    def subject(self, row: Row) -> str:
        """Give the IRI of a row."""
        series, cell, area, period, _ = row
        start, end = self.starts[(series - 1) // 2], self.ends[cell - 1]
        return f"{start}{self.areas[area - 1]}/{self.periods[period - 1]}{end}"

    def things(self, rows: Iterable[Row], predicate: str) -> frozenset[str] | None:
        """Give the IRIs that rows say with a property; None where it says figures or words."""
        name = self._of_property.get(predicate)
        if name not in KEYS:
            return None
        at, codes = KEYS.index(name), self.said[name]
        found = {
            thing
            for number in {row[at] for row in rows}
            for property_, thing in codes[number - 1]
            if property_ == predicate
        }
        if not all(thing.startswith("<") for thing in found):
            return None
        return frozenset(thing[1:-1] for thing in found)

    def numbers(self, predicates: frozenset[str] | None) -> list[tuple[str, str, str]]:
        """List the properties of figures, by their IRIs: the column each is in, and its datatype."""
        return [one for one in self._numbers if predicates is None or one[0] in predicates]

    def alike(self, predicates: frozenset[str] | None) -> tuple[str, ...]:
        """Give, as expressions of SQL, what two rows share that say the same but for their IRIs.

        predicates   the properties that are said; where None, rows are alike that say something with the same ones
        """
        if predicates is None:
            kinds = (f"{kept_in(column)} IS NULL" for _, column, _ in self._numbers)
            return ("dataset", "definition", "breakdown", "status", "note IS NULL", *kinds)
        found: dict[str, None] = {}
        for iri in predicates:
            column = self._columns.get(iri)
            if column is None:
                found |= dict.fromkeys(_COLUMNS[self._of_property[iri]])
            elif self.digits.get(column):
                return ()
            else:
                of_value = ("digits", "scale", "value_text")
                found |= dict.fromkeys(of_value if column == "value" else (read(column),))
        return tuple(found)

    def spell(self, name: str, predicates: frozenset[str] | None) -> list[tuple[str, int]]:
        """Give what each code says as Turtle, without a subject, and how many statements that is."""
        return [
            ("".join(f" <{predicate}> {thing};" for predicate, thing in said), len(said))
            for said in (
                [one for one in statements if predicates is None or one[0] in predicates]
                for statements in self.said[name]
            )
        ]

    def number(self, row: sqlite3.Row, column: str) -> str:
        """Give a figure with its digits as published, without needless zeros."""
        if column == "sample_size":
            return str(row[column])
        if column == "value":
            text = row["value_text"] or print_value(row["value"], row["scale"])
            return text.rstrip("0").rstrip(".") if "." in text else text
        kept = self.digits[column]
        key = " ".join(str(row[name]) for name in ("definition", "period", "breakdown", "area", "dataset"))
        if kept and key in kept:
            found: str = kept[key]
            return found
        text = repr(row[column])
        text = format(Decimal(text), "f") if "e" in text else text
        return text.removesuffix(".0")

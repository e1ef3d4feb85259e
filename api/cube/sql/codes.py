"""What rows of observations say with a property, told from their columns.

In:   the pieces of the cube
Out:  Said for each property: under which conditions a row says it, and how its terms come from the row's numbers

Where each number of a column says one thing of its own, the number itself stands for the thing: their terms are
numbered in the same order. Else there is a table of numbers and what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pyoxigraph as ox

from api.cube.pieces import Cube
from api.cube.sql.numbers import Uncertain
from api.cube.sql.terms import Terms, type_of

# In place of a table, for terms that follow from the numbers of codes.
ROWS_SAY = "rows"

# Of so many terms it is seen what is said of terms of their kind.
_SAMPLES = 20

# A row's numbers of a code, and the things that they say with a property, as they stand in N-Triples.
_Facts = Mapping[tuple[int, ...], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Said:
    """How a property is said.

    missing   0 where only rows with a value say it, 1 where only those without; None where that does not matter
    columns   the columns that tell what is said; none where all say one thing
    offset    what has to be added to the one column for the term's number; None where there is a table
    table     of columns and terms
    one       the number of the one term that is said, where no column tells
    of_note   whether only rows with a note say it
    """

    missing: int | None
    columns: tuple[str, ...]
    types: frozenset[str]
    offset: int | None = None
    table: str | None = None
    one: int | None = None
    of_note: bool = False
    is_one: bool = False


class Codes:
    """What is said with each property but those of figures."""

    def __init__(self, cube: Cube, terms: Terms) -> None:
        self._cube, self._terms = cube, terms
        self._said: dict[tuple[str, ...], Said] = {}
        self._facts: dict[str, _Facts] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        # First those whose numbers are worth most as terms: each begins where no term has a number yet.
        for name in ("area", "period", "note"):
            self._read((name,), enumerate(cube.said[name], start=1))
        series = [(dataset, definition, kind) for dataset, definition in cube.series for kind in (0, 1)]
        self._read(("dataset", "definition", "missing"), zip(series, cube.said["series"], strict=True))
        self._read(("dataset", "breakdown"), zip(cube.cells, cube.said["cell"], strict=True))
        statuses = (((at // 2) + 1, at % 2) for at in range(len(cube.said["status"])))
        self._read(("status", "missing"), zip(statuses, cube.said["status"], strict=True))
        self.properties = frozenset(self._facts)
        for predicate in self._facts:
            # Now, while no term has a number yet that is not in the order of these.
            self.said((predicate,))

    def _read(self, columns: tuple[str, ...], said: Iterable[tuple[Any, Any]]) -> None:
        found: dict[str, dict[tuple[int, ...], set[str]]] = {}
        for number, statements in said:
            key = number if isinstance(number, tuple) else (number,)
            for predicate, text in statements:
                found.setdefault(predicate, {}).setdefault(key, set()).add(text)
        for predicate, facts in found.items():
            if predicate in self._facts:
                # Two kinds of code say it: that is not told from one.
                raise Uncertain(f"{predicate} is said twice")
            self._facts[predicate] = {key: frozenset(things) for key, things in facts.items()}
            self._columns[predicate] = columns

    def samples(self) -> Iterator[Any]:
        """Give some of the terms that are said with each property."""
        for facts in self._facts.values():
            texts = sorted({text for things in facts.values() for text in things})
            yield from map(_read_term, texts[:: len(texts) // _SAMPLES + 1])

    def said(self, predicates: Sequence[str]) -> Said:
        """Say how one of some properties is said. Raises Uncertain."""
        key = tuple(sorted(set(predicates)))
        if key not in self._said:
            kinds = {self._columns[predicate] for predicate in key}
            if len(kinds) != 1:
                raise Uncertain("properties of two kinds")
            facts: dict[tuple[int, ...], frozenset[str]] = {}
            for predicate in key:
                for numbers, things in self._facts[predicate].items():
                    facts[numbers] = facts.get(numbers, frozenset()) | things
            columns = kinds.pop()
            self._said[key] = replace(self._tell(key, columns, facts), of_note=columns == ("note",))
        return self._said[key]

    def domain(self, column: str, offset: int) -> tuple[str, str]:
        """Name the terms that a column of rows can have, where its number is the term's but for an offset."""
        counts = {
            "area": len(self._cube.areas),
            "period": len(self._cube.periods),
            "dataset": len(self._cube.graphs),
            "definition": max((definition for _, definition in self._cube.series), default=0),
        }
        if column not in counts:
            raise Uncertain("a column without a list of terms")
        name = ROWS_SAY, f"{column}{offset:+d}"
        numbers = range(1 + offset, 1 + offset + counts[column])
        self._terms.set_domain(*name, [number for number in numbers if 0 < number < len(self._terms.all)])
        return name

    def said_with(self, predicates: Sequence[str]) -> Said:
        """Say how some properties are said, with a table that begins with the property. Raises Uncertain."""
        key = tuple(sorted(set(predicates)))
        kinds = {self._columns[predicate] for predicate in key}
        if len(kinds) != 1:
            raise Uncertain("properties of no kind, or of several")
        said = [
            (predicate, numbers, text)
            for predicate in key
            for numbers, things in sorted(self._facts[predicate].items())
            for text in sorted(things)
        ]
        properties = self._terms.number_all(ox.NamedNode(predicate) for predicate, _, _ in said)
        things = self._terms.number_all(_read_term(text) for _, _, text in said)
        rows = [
            (number, *numbers, thing)
            for number, (_, numbers, _), thing in zip(properties, said, things, strict=True)
        ]
        (columns,) = kinds
        table = self._terms.pairs(("said with", key), 1 + len(columns), rows)
        types = frozenset(type_of(_read_term(text)) for _, _, text in said)
        return Said(None, columns, types, table=table.name)

    def _tell(self, key: tuple[str, ...], columns: tuple[str, ...], facts: _Facts) -> Said:
        """Find the fewest columns that tell what is said."""
        types = frozenset(type_of(_read_term(text)) for things in facts.values() for text in things)
        missing = None
        if columns[-1] == "missing":
            kinds = {numbers[-1] for numbers in facts}
            if len(kinds) == 1:
                missing = kinds.pop()
                columns, facts = columns[:-1], {numbers[:-1]: things for numbers, things in facts.items()}
        universe = self._universe(columns, missing)
        for size in range(len(columns) + 1):
            for places in combinations(range(len(columns)), size):
                if (told := _told_by(places, universe, facts)) is None:
                    continue
                names = tuple(columns[at] for at in places)
                return self._form(key, names, missing, told, types)
        raise Uncertain("what is said is not told by codes")

    def _universe(self, columns: tuple[str, ...], missing: int | None) -> Iterable[tuple[int, ...]]:
        """All combinations of numbers that a row may have."""
        cube = self._cube
        kinds = (0, 1) if missing is None else ()
        if columns[:2] == ("dataset", "definition"):
            pairs: Iterable[tuple[int, ...]] = cube.series
            return (
                [(*pair, kind) for pair in pairs for kind in kinds] if kinds and len(columns) == 3 else pairs
            )
        if columns == ("dataset", "breakdown"):
            return cube.cells
        count = cube.count(columns[0]) // (2 if columns[0] == "status" else 1)
        singles = [(number,) for number in range(1, count + 1)]
        return [(*one, kind) for one in singles for kind in (0, 1)] if columns[-1] == "missing" else singles

    def _form(
        self,
        key: tuple[str, ...],
        names: tuple[str, ...],
        missing: int | None,
        told: _Facts,
        types: frozenset[str],
    ) -> Said:
        ordered = [(numbers, text) for numbers in sorted(told) for text in sorted(told[numbers])]
        things = self._terms.number_all(_read_term(text) for _, text in ordered)
        if not names:
            if len(things) != 1:
                raise Uncertain("several things are said by all")
            return Said(missing, (), types, one=things[0])
        rows = [(*numbers, thing) for (numbers, _), thing in zip(ordered, things, strict=True)]
        offsets = {thing - number for number, *_, thing in rows}
        if names != ("missing",) and len(names) == 1 and len(rows) == len(told) and len(offsets) == 1:
            return Said(missing, names, types, offset=offsets.pop())
        table = self._terms.pairs(("said", key), len(names), rows)
        is_one = all(len(those) == 1 for those in told.values())
        return Said(missing, names, types, table=table.name, is_one=is_one)


def _told_by(places: tuple[int, ...], universe: Iterable[tuple[int, ...]], facts: _Facts) -> _Facts | None:
    """Say what is told by the numbers at some places alone; None if they do not tell."""
    told: dict[tuple[int, ...], frozenset[str]] = {}
    for numbers in universe:
        part = tuple(numbers[at] for at in places)
        things = facts.get(numbers, frozenset())
        if told.setdefault(part, things) != things:
            return None
    return told or {(): frozenset()}


def _read_term(text: str) -> Any:
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    return next(iter(ox.parse(f"<x:x> <x:x> {text} .", ox.RdfFormat.N_TRIPLES))).object

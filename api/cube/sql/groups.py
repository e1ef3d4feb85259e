"""A group of triple patterns becomes a relation.

In:   triples of rdflib's algebra
Out:  Relation: one row of observation_rows for each subject that is an observation, one table for each other pattern

What a subject is follows from its properties: an observation, or something that the other statements are about. Where
it may be either, the group is that of the one kind and that of the other together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pyoxigraph as ox
from rdflib.namespace import RDF
from rdflib.term import URIRef

from api.cube.patterns import is_variable
from api.cube.pieces import Cube
from api.cube.sql.codes import Said
from api.cube.sql.columns import KEY, Column, Item, Relation, meet
from api.cube.sql.lifting import marked
from api.cube.sql.making import Making, Outer
from api.cube.sql.numbers import Uncertain
from api.cube.sql.properties import of_properties
from api.cube.sql.steps import Step, take_steps
from api.cube.sql.terms import Table
from publish.rows import kept_in, read

# The table of observations.
ROWS = "cat.observation_rows"
# More kinds of subjects that may be either are not tried one by one.
_MOST_VARIANTS = 4
# The first part of the key of a row, where its table is there to be looked at.
_ROW = re.compile(r"(r\d+)\.definition")
# Digits behind the point that a decimal of Oxigraph has at most.
_MOST_DIGITS = 18


def make_groups(
    making: Making, triples: Iterable[Any], outer: Outer, *, takes_any: bool = False
) -> list[Relation]:
    """Make relations of a group, whose solutions together are those of the group.

    outer       columns from around it that have a value in every solution: what is said of them becomes a condition
    takes_any   whether one of its patterns may be of any property: there are relations of each, then
    """
    patterns = take_steps(making, triples)
    free = [pattern for pattern in patterns if pattern.is_free]
    if free and (not takes_any or len(free) > 1 or making.shared):
        raise Uncertain("a property that is not named")
    outer = Outer(outer.columns, {**outer.kinds, **{one.variable: "term" for one in free}})
    stars: dict[Any, list[Step]] = {}
    for pattern in patterns:
        stars.setdefault(pattern.subject, []).append(pattern)
    kinds = {
        subject: _kinds(making, subject, star, outer.kinds.get(subject)) for subject, star in stars.items()
    }
    variants = list(product(*kinds.values()))
    if len(variants) > _MOST_VARIANTS:
        raise Uncertain("subjects of many kinds")
    return [
        _make(making, named, chosen, outer)
        for variant in variants
        for chosen in [dict(zip(kinds, variant, strict=True))]
        for named in of_properties(making, stars, chosen)
    ]


def _kinds(making: Making, subject: Any, star: Sequence[Step], known: str | None) -> list[str]:
    """Say what a subject may be: row, rest, or both.

    known   its kind, where that is known
    """
    if not is_variable(subject):
        kind = making.given.kind(subject)
        if kind not in ("iri", "row"):
            raise Uncertain("a text as a subject")
        kinds = ["row" if kind == "row" else "rest"]
    else:
        kinds = ["row"] if known != "term" and all(pattern.may_be_row for pattern in star) else []
        parts = []
        for at, pattern in enumerate(star):
            is_class = pattern.predicates == (str(RDF.type),) and isinstance(pattern.thing, URIRef)
            is_class = is_class and marked(str(pattern.thing)) is None
            parts.append(f"?s {pattern.path} {pattern.thing.n3() if is_class else f'?o{at}'}")
        if not kinds or (known != "row" and making.terms.asks(" . ".join(parts))):
            kinds.append("rest")
    scope = making.scope
    kinds = [kind for kind in kinds if (scope.has_rows if kind == "row" else scope.has_rest)]
    if "row" in kinds and any(making.shared.intersection(pattern.predicates) for pattern in star):
        raise Uncertain("observations that other statements are about")
    return kinds


def _make(
    making: Making, stars: Mapping[Any, Sequence[Step]], kinds: Mapping[Any, str], outer: Outer
) -> Relation:
    group = _Group(making, outer)
    for subject, star in stars.items():
        if kinds[subject] == "row":
            group.add_row(subject, star)
    waiting = [pattern for subject, star in stars.items() if kinds[subject] == "rest" for pattern in star]
    while waiting:
        # Those of which most is known come first: they are conditions, or looked up.
        pattern = max(waiting, key=group.known)
        waiting.remove(pattern)
        group.add_rest(pattern)
    return group.relation


class _Group:
    """One group as it is put together."""

    def __init__(self, making: Making, outer: Outer) -> None:
        self.relation = Relation(is_narrow=False)
        self._making, self._outer, self._given = making, outer, making.given

    def _column(self, term: Any) -> Column | None:
        """Give what is known of a variable here or around here."""
        return self.relation.columns.get(term) or self._outer.columns.get(term)

    def known(self, pattern: Step) -> int:
        """Say how much is known of a pattern's ends."""
        return sum(
            not is_variable(term) or self._column(term) is not None
            for term in (pattern.subject, pattern.thing)
        )

    def _where(self, *conditions: str) -> None:
        self.relation = self.relation.with_where(*conditions)

    def _bind(self, term: Any, column: Column) -> None:
        """Say that a term of a pattern is what a column has."""
        if is_variable(term):
            before = self.relation.columns.get(term)
            if before is not None:
                conditions, column = meet(before, column)
                self._where(*conditions)
            self.relation = self.relation.with_column(term, column)
            return
        kind = self._given.kind(term)
        if column.kind == "term":
            if kind == "row":
                raise Uncertain("an observation as an object")
            number = self._given.term(term)
            self._where(f"{column.first} = {number}" + (f"-{column.offset}" if column.offset else ""))
        elif column.kind == kind:
            parts = self._given.number(term) if kind == "decimal" else (self._given.whole(term),)
            self._where(*(f"{one} = {other}" for one, other in zip(column.parts, parts, strict=True)))
        else:
            self._where("0")

    def _add(self, table: str, start: str, *, is_found: bool = False) -> str:
        name = self._making.namer.name(start)
        self._making.tables[name] = table
        item = Item(f"{table} AS {name}", is_found=is_found)
        self.relation = replace(self.relation, items=(*self.relation.items, item))
        return name

    # ---- observations ----

    def add_row(self, subject: Any, star: Sequence[Step]) -> None:
        """Add an observation with all patterns that are about it."""
        before = self._outer.columns.get(subject)
        if before is not None and (found := _ROW.fullmatch(before.first)):
            # The row is there, around here.
            name = found[1]
            self.relation = self.relation.with_column(subject, before)
        else:
            name = self._add(ROWS, "r")
        datasets = self._making.scope.datasets
        if datasets is not None:
            self._where(f"{name}.dataset IN ({', '.join(map(str, sorted(datasets)))})")
        if is_variable(subject):
            self._bind(subject, Column("row", tuple(f"{name}.{part}" for part in KEY)))
        else:
            self._where(*self._given.row(subject, name))
            self.relation = replace(self.relation, is_narrow=True)
        figures = {iri: (column, kind) for iri, column, kind in self._making.cube.numbers(None)}
        for pattern in star:
            of_rows = [one for one in pattern.predicates if one in self._making.cube.predicates]
            if figures.keys() & set(of_rows):
                if len(of_rows) > 1 or pattern.variable is not None:
                    raise Uncertain("several figures")
                self._add_figure(name, pattern, *figures[of_rows[0]])
            elif pattern.variable is not None:
                self._add_any(name, pattern, self._making.codes.said_with(of_rows))
            else:
                self._add_code(name, pattern, self._making.codes.said(of_rows))
            if pattern.named is not None:
                (number,) = self._making.terms.number_all((ox.NamedNode(pattern.predicates[0]),))
                self._bind(pattern.named, Column("term", (f"({number}+0)",), types=frozenset(("iri",))))

    def _add_figure(self, name: str, pattern: Step, column: str, kind: str) -> None:
        self._where(f"{kept_in(column, name)} IS NOT NULL")
        try:
            found = figure(self._making.cube, name, column, kind)
        except Uncertain:
            if pattern.named is None or not is_variable(pattern.thing):
                raise
            # Where any property is asked about, it is mostly not the figure that matters.
            found = Column("mixed", (kept_in(column, name),))
        self._bind(pattern.thing, found if self._making.is_fast else replace(found, scale=None))

    def _add_any(self, name: str, pattern: Step, said: Said) -> None:
        """Add a pattern with a variable for the property."""
        table = self._add(str(said.table), "k")
        for at, column in enumerate(said.columns, start=1):
            one = f"({name}.digits IS NULL)" if column == "missing" else f"{name}.{column}"
            self._where(f"{table}.k{at} = {one}")
        self._bind(pattern.variable, Column("term", (f"{table}.k0",), types=frozenset(("iri",))))
        self._bind(pattern.thing, Column("term", (f"{table}.o",), types=said.types))

    def _add_code(self, name: str, pattern: Step, said: Said) -> None:
        if said.of_note:
            self._where(f"{name}.note IS NOT NULL")
        if said.missing is not None:
            self._where(f"{name}.digits IS {'' if said.missing else 'NOT '}NULL")
        if not is_variable(pattern.thing) or (
            (column := self._column(pattern.thing)) and not column.is_optional
        ):
            self.relation = replace(self.relation, is_narrow=self.relation.is_narrow or bool(said.columns))
        columns = [
            f"({name}.digits IS NULL)" if column == "missing" else f"{name}.{column}"
            for column in said.columns
        ]
        if said.one is not None:
            self._bind(pattern.thing, Column("term", (f"({said.one}+0)",), types=said.types))
            return
        if said.offset is not None:
            self._bind(pattern.thing, Column("term", (columns[0],), offset=said.offset, types=said.types))
            return
        keys = [f"k{at}" for at in range(len(columns))]
        known = self._known_number(pattern.thing)
        if known is not None:
            one = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
            self._where(f"{one} IN (SELECT {', '.join(keys)} FROM {said.table} WHERE o = {known})")
            return
        table = self._add(str(said.table), "k", is_found=said.is_one)
        self._where(*(f"{table}.{key} = {column}" for key, column in zip(keys, columns, strict=True)))
        self._bind(pattern.thing, Column("term", (f"{table}.o",), types=said.types))

    def _known_number(self, term: Any) -> str | None:
        """SQL for the number of a term that is a constant, or that has a value in every solution; else None."""
        if not is_variable(term):
            if self._given.kind(term) == "row":
                raise Uncertain("an observation as an object")
            return self._given.term(term)
        column = self._column(term)
        if column is None or column.is_optional:
            return None
        if column.kind != "term":
            return None
        if term not in self.relation.columns:
            # From around here: what is said of it here holds there.
            self.relation = self.relation.with_column(term, column)
        return column.number

    # ---- other statements ----

    def add_rest(self, pattern: Step) -> None:
        """Add a pattern of other statements."""
        if pattern.is_free:
            self._add_free(pattern)
            return
        if pattern.variable is not None:
            raise Uncertain("a property that is not named")
        said = self._making.terms.said(pattern.path)
        if said.names_rows:
            raise Uncertain("observations that other statements name")
        if pattern.is_zero:
            self._add_zero(pattern, said)
            return
        ends = ((pattern.subject, "s", said.subjects), (pattern.thing, "o", said.objects))
        numbers = [self._known_number(term) for term, _, _ in ends]
        if None not in numbers and pattern.subject != pattern.thing:
            self._add_condition(pattern, said.name, numbers)
            return
        name = self._add(said.name, "m")
        for term, part, types in ends:
            self._bind(term, Column("term", (f"{name}.{part}",), types=types))
        if any(not is_variable(term) for term, _, _ in ends):
            self.relation = replace(self.relation, is_narrow=True)

    def _add_free(self, pattern: Step) -> None:
        """Add a pattern of any property that other statements have."""
        table, thing = self._making.terms.everything(), pattern.thing
        name = self._add(table.name, "e")
        self._bind(pattern.variable, Column("term", (f"{name}.k0",), types=frozenset(("iri",))))
        self._bind(pattern.subject, Column("term", (f"{name}.k1",), types=table.subjects))
        is_row = not is_variable(thing) and self._given.kind(thing) == "row"
        if pattern.names_row:
            if not is_variable(thing):
                raise Uncertain("an observation as an object")
            # Which one it is is not known here.
            self._where(f"{name}.o < 0")
            self._bind(thing, Column("mixed", (f"{name}.o",)))
            return
        self._where(f"{name}.o > 0")
        if is_row:
            self._where("0")
            return
        self._bind(thing, Column("term", (f"{name}.o",), types=table.objects))
        if not is_variable(pattern.subject) or not is_variable(thing):
            self.relation = replace(self.relation, is_narrow=True)

    def _add_zero(self, pattern: Step, said: Table) -> None:
        """Add a path that may be of no steps, from a constant or to one: that itself, and what it leads to."""
        one, other, end, far = pattern.subject, pattern.thing, "s", "o"
        if is_variable(one):
            one, other, end, far = other, one, "o", "s"
        if self._given.kind(one) != "iri":
            raise Uncertain("a path of no steps from what is no thing")
        number, node = self._given.term(one), self._given.node(one)
        itself = f"SELECT {node} AS e WHERE {node} IS NOT NULL"
        name = self._add(f"({itself} UNION SELECT {far} FROM {said.name} WHERE {end} = {number})", "z")
        types = (said.objects if far == "o" else said.subjects) | {"iri"}
        self._bind(other, Column("term", (f"{name}.e",), types=types, is_given=True))
        self.relation = replace(self.relation, is_narrow=True)

    def _add_condition(self, pattern: Step, table: str, numbers: Sequence[str | None]) -> None:
        """Add a pattern both of whose ends are known: it holds or not, and is found once."""
        subject, thing = numbers
        for end, other, of_end, of_other in (
            ("s", "o", pattern.subject, thing),
            ("o", "s", pattern.thing, subject),
        ):
            if is_variable(of_end) and not is_variable(pattern.thing if end == "s" else pattern.subject):
                column = self._column(of_end)
                assert column is not None
                by = f"-{column.offset}" if column.offset else ""
                self._where(f"{column.first} IN (SELECT {end}{by} FROM {table} WHERE {other} = {of_other})")
                self.relation = replace(self.relation, is_narrow=True)
                return
        self._where(f"EXISTS (SELECT 1 FROM {table} WHERE s = {subject} AND o = {thing})")


def figure(cube: Cube, name: str, column: str, kind: str) -> Column:
    """Give the column of a figure of a row, by the name of its table. Raises Uncertain where it may be inexact."""
    first = read(column, name)
    if kind.endswith("#integer"):
        return Column("integer", (first,))
    if column != "value":
        if cube.digits.get(column):
            raise Uncertain("figures with more digits than a number keeps")
        return Column("decimal", (first, "0"))
    texts, digits = cube.texts
    if digits > _MOST_DIGITS:
        raise Uncertain("figures with more digits than Oxigraph keeps")
    scale = f"{name}.scale"
    if texts:
        scale = f"CASE WHEN {name}.value_text IS NULL THEN {scale} ELSE 1e18 END"
    rest = f"CASE WHEN {name}.value_text IS NULL THEN 0 ELSE rest_of({name}.value_text, {first}) END"
    return Column("decimal", (first, rest if texts else "0"), scale=scale)

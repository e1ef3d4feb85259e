"""The constants of a query, as parameters of SQL.

In:   terms of rdflib's algebra: marks of lifted constants, and constants that stayed
Out:  names of parameters in a statement; when it runs, their values
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
from rdflib.term import Literal, URIRef

from api.cube.pieces import Cube
from api.cube.sql.lifting import Constant, marked
from api.cube.sql.numbers import Uncertain, split_text, write
from api.cube.sql.terms import Terms, type_of

_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a constant comes from: its place among those that were lifted out, or the term itself."""

    place: int | None
    term: Any = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that is made apart, for every term of a column.

    words      of the query: the first and the one behind the last
    variable   what the term is called in them
    domain     the table and the column
    offset     what has to be added to what the column has for the term's number
    """

    words: tuple[int, int]
    variable: str
    domain: tuple[str, str]
    offset: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A long list of things. words: those of the query that it is, the first and the one behind the last."""

    words: tuple[int, int]


@dataclass
class Given:
    """The parameters of one statement: by name, what of which constant it is."""

    cube: Cube
    constants: Sequence[Constant]
    wanted: dict[str, tuple[str, Source]] = field(default_factory=dict)
    _names: dict[tuple[str, Source], str] = field(default_factory=dict)

    def _name(self, what: str, source: Source) -> str:
        key = what, source
        if key not in self._names:
            name = self._names[key] = f"{what}{len(self._names)}"
            self.wanted[name] = key
        return f":{self._names[key]}"

    def kind(self, term: Any) -> str:
        """Say of which kind a constant is: as type_of has it, or row. Raises Uncertain."""
        source = self.source(term)
        if source.place is None:
            is_row = isinstance(source.term, ox.NamedNode) and source.term.value.startswith(self.cube.start)
            return "row" if is_row else type_of(source.term)
        if source.language is not None:
            return f"@{source.language}"
        return self.constants[source.place].kind

    def source(self, term: Any) -> Source:
        """Find where a term of the algebra comes from. Raises Uncertain."""
        place = marked(str(term))
        if isinstance(term, URIRef):
            return Source(place, None if place is not None else ox.NamedNode(str(term)))
        if not isinstance(term, Literal):
            raise Uncertain(f"no constant: {term!r}")
        if place is not None:
            kind = self.constants[place].kind
            wanted = {"string": (None,), "integer": (f"{_XSD}integer",), "decimal": (f"{_XSD}decimal",)}[kind]
            if (None if term.datatype is None else str(term.datatype)) not in wanted:
                raise Uncertain("a text with a datatype")
            return Source(place, None, term.language)
        if term.language is not None:
            return Source(None, ox.Literal(str(term), language=term.language))
        if term.datatype is None:
            return Source(None, ox.Literal(str(term)))
        kind = str(term.datatype).removeprefix(_XSD)
        if kind == "boolean" and str(term) in ("true", "false"):
            return Source(None, ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype))))
        if kind in ("integer", "decimal") and not term.ill_typed:
            return Source(None, _number(kind, str(term)))
        raise Uncertain(f"a constant of datatype {term.datatype}")

    def term(self, term: Any) -> str:
        """SQL for the number of a constant as a term."""
        return self._name("t", self.source(term))

    def passing(self, tested: Tested) -> str:
        """SQL for a list of what passes a test."""
        return self._name("e", Source(None, tested))

    def listed(self, listed: Listed) -> str:
        """SQL for the numbers of the things in a list."""
        return self._name("e", Source(None, listed))

    def node(self, term: Any) -> str:
        """SQL for the number of a constant as a term, NULL if no statement names it."""
        return self._name("n", self.source(term))

    def number(self, term: Any) -> tuple[str, str]:
        """SQL for the two numbers of a numeric constant."""
        if self.kind(term) not in ("integer", "decimal"):
            raise Uncertain("no number")
        source = self.source(term)
        return self._name("v", source), self._name("x", source)

    def whole(self, term: Any) -> str:
        """SQL for a whole number."""
        if self.kind(term) != "integer":
            raise Uncertain("no whole number")
        return self._name("i", self.source(term))

    def text(self, term: Any) -> str:
        """SQL for a text without a language."""
        if self.kind(term) != "string":
            raise Uncertain("no text")
        return self._name("s", self.source(term))

    def row(self, term: Any, name: str) -> list[str]:
        """Conditions under which a row, by the name of its table, has the IRI of a constant."""
        source = self.source(term)
        key = {
            part: self._name(part, source)
            for part in ("definitions", "breakdowns", "area", "period", "dataset")
        }
        return [
            f"{name}.area = {key['area']}",
            f"{name}.period = {key['period']}",
            f"{name}.definition IN (SELECT value FROM json_each({key['definitions']}))",
            f"{name}.breakdown IN (SELECT value FROM json_each({key['breakdowns']}))",
            f"{name}.dataset = {key['dataset']}",
        ]


def bind(
    wanted: Mapping[str, tuple[str, Source]], constants: Sequence[Constant], cube: Cube, terms: Terms
) -> tuple[dict[str, Any], dict[int, Any]]:
    """Give the values of parameters; and by negative numbers the terms that have none of their own.

    Raises Uncertain.
    """
    values: dict[str, Any] = {}
    others: dict[Any, int] = {}
    rows: dict[Any, dict[str, Any]] = {}
    for name, (what, source) in wanted.items():
        term = source.term if source.place is None else _term(constants[source.place], source.language)
        if what == "e":
            continue
        if what == "n" and not terms.is_node(term):
            if any(cube.says(predicate, term.value) for predicate in cube.predicates):
                raise Uncertain("what is named in rows alone")
            values[name] = None
        elif what in ("t", "n"):
            number = terms.find(term)
            values[name] = others.setdefault(term, -1 - len(others)) if number is None else number
        elif what in ("v", "x"):
            values[name] = split_text(term.value)[what == "x"]
        elif what == "i":
            values[name] = int(term.value)
        elif what == "s":
            values[name] = term.value
        else:
            if term not in rows:
                rows[term] = _row(cube, term.value)
            values[name] = rows[term].get(what)
    return values, {number: term for term, number in others.items()}


def _term(constant: Constant, language: str | None) -> Any:
    if constant.kind in ("iri", "row"):
        return ox.NamedNode(constant.value)
    if constant.kind == "string":
        return ox.Literal(constant.value, language=language)
    return _number(constant.kind, constant.value)


def _number(kind: str, text: str) -> ox.Literal:
    """Give a number with the text that Oxigraph gives it. Raises Uncertain if it has too many digits."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise Uncertain("no plain number") from None
    if kind == "integer":
        if abs(number) >= 2**63:
            raise Uncertain("a large number")
        return ox.Literal(str(int(number)), datatype=ox.NamedNode(f"{_XSD}integer"))
    return ox.Literal(write(*split_text(text)), datatype=ox.NamedNode(f"{_XSD}decimal"))


def _row(cube: Cube, iri: str) -> dict[str, Any]:
    """Take the IRI of an observation apart into the numbers of its key; nothing where it is none."""
    told = cube.parse(iri)
    if not told or not told["series"] or not told["cell"]:
        return {}
    series = {cube.series[(number - 1) // 2] for number in told["series"]}
    datasets = {dataset for dataset, _ in series}
    if len(datasets) != 1:
        raise Uncertain("an address of two datasets")
    (dataset,), (area,), (period,) = datasets, told["area"], told["period"]
    breakdowns = {cube.cells[number - 1][1] for number in told["cell"]}
    return {
        "dataset": dataset,
        "area": area,
        "period": period,
        "definitions": json.dumps(sorted(definition for _, definition in series)),
        "breakdowns": json.dumps(sorted(breakdowns)),
    }

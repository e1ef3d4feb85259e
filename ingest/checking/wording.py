"""Faults become problems: the value found, what was wanted, and the nearest permitted code.

In:   faults of a table as sets, and the schema that they break
Out:  Problem values; of each fault the first different texts, and a count of the rest
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.checking.columns import HeadingFault
from ingest.checking.faults import Example, Fault, read_examples
from ingest.problems import Place, Problem, count_more, find_nearest, problem

if TYPE_CHECKING:
    from ingest.checking.plain_schema import ReadSchema

# What a cell of each type is, in words; formats that say more come first.
_TYPES = {
    "string/email": "an e-mail address",
    "string/uri": "an address with its scheme, such as https://example.org/page",
    "string/uuid": "a UUID",
    "string/binary": "text in base64",
    "string/wkt": "a shape as well-known text",
    "date/default": "a date such as 2024-03-31",
    "datetime/default": "a date and time such as 2024-03-31T09:30:00",
    "time/default": "a time such as 09:30:00",
    "array": "a list in JSON",
    "boolean": "true or false",
    "date": "a date",
    "datetime": "a date and time",
    "duration": "a duration such as P1Y6M",
    "geojson": "a shape in GeoJSON",
    "geopoint": "a point as longitude and latitude",
    "integer": "a whole number",
    "list": "a list",
    "number": "a number",
    "object": "an object in JSON",
    "string": "text",
    "time": "a time",
    "year": "a year of four digits",
    "yearmonth": "a year and month such as 2024-03",
}

_SHOWN_CODES = 12

Nearest = Callable[[str], str | None]


def describe_type(column: Any) -> str:
    """Say in words what a cell of a frictionless field is."""
    kind, form = column.type, column.format
    if kind == "boolean":
        return list_words([*column.true_values[:1], *column.false_values[:1]], "or")
    wanted = _TYPES.get(f"{kind}/{form}") or _TYPES.get(kind, f"of the type {kind}")
    if kind in ("date", "datetime", "time") and form not in ("default", "any"):
        wanted += f" written as {form}"
    if kind == "list" and column.item_type != "string":
        wanted += f" of {column.item_type} items between '{column.delimiter}'"
    return wanted


def list_words(words: Sequence[str], last: str = "and") -> str:
    """Join words as a sentence does.

    >>> list_words(["a", "b", "c"], "or")
    'a, b or c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def list_codes(codes: Iterable[object]) -> str:
    """List the first codes that are permitted, and count the rest."""
    texts = [str(code) for code in codes]
    more = len(texts) - _SHOWN_CODES
    shown = ", ".join(texts[:_SHOWN_CODES])
    return f"{shown} and {more} more" if more > 0 else shown


def word_heading_faults(
    faults: Iterable[HeadingFault], headings: Sequence[str], table: str, schema: ReadSchema, place: Place
) -> list[Problem]:
    """Put faults of headings into words."""
    faults = list(faults)
    names = schema.field_names
    labels = [heading.strip() for heading in headings]
    extra = [fault.label for fault in faults if fault.type == "extra-label"]
    problems = []
    for fault in faults:
        where = _heading(place, fault.label or None)
        if fault.type == "blank-label" or (fault.type == "extra-label" and not fault.label):
            problems.append(problem("column-unnamed", where, position=fault.number))
        elif fault.type == "extra-label":
            nearest = find_nearest(fault.label, names)
            problems.append(problem("column-unknown", where, value=fault.label, table=table, nearest=nearest))
        elif fault.type == "duplicate-label":
            problems.append(word_repeated_heading(fault, labels, where))
        elif fault.type == "missing-label":
            nearest = find_nearest(fault.name, extra)
            problems.append(problem("column-missing", place, wanted=fault.name, nearest=nearest))
        elif fault.type == "incorrect-label":
            problems.append(
                problem(
                    "column-misplaced", where, value=fault.label, position=fault.number, wanted=fault.name
                )
            )
        elif fault.type == "unmatched-header":
            first = next(iter(labels), "")
            problems.append(problem("headings-unknown", place.at(1), value=first, table=table))
    return problems


def word_repeated_heading(fault: HeadingFault, labels: Sequence[str], place: Place) -> Problem:
    """Say that a heading is there twice, and where."""
    first = labels.index(fault.label) + 1
    return problem("column-repeated", place, value=fault.label, first=first, position=fault.number)


def _heading(place: Place, column: str | None) -> Place:
    return replace(place, row=place.row or 1, column=column)


@dataclass(frozen=True, slots=True)
class Words:
    """What is needed to put the faults of one table into words.

    schema     the table's
    places     for each source the file and sheet
    nearest    for each table that foreign keys refer to, how to find a near code
    wanted     for columns with a pattern, its form in words
    """

    schema: ReadSchema
    places: Mapping[int, Place]
    nearest: Mapping[str, Nearest] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)

    def word(self, example: Example, fault: Fault, place: Place) -> Problem:
        """Put one example of a fault into words."""
        cell, first = example.cell, word_first(example, self.places)
        match fault.type:
            case "blank-row":
                return problem("row-blank", place)
            case "type-error":
                wanted = describe_type(self.schema.get_field(fault.column))
                return problem("value-malformed", place, value=cell, wanted=wanted)
            case "constraint-error":
                return self._word_constraint(cell, fault, place)
            case "unique-error":
                return problem("value-repeated", place, value=cell, first=first)
            case "primary-key" if fault.rule == "missing":
                return problem("key-missing", place, wanted=", ".join(self.schema.primary_key))
            case "primary-key":
                return problem("key-repeated", place, value=cell, first=first)
            case "foreign-key":
                near = self.nearest.get(fault.rule)
                nearest = near(cell) if near else None
                return problem("reference-unknown", place, value=cell, table=fault.rule, nearest=nearest)
        raise AssertionError(fault.type)

    def _word_constraint(self, cell: str, fault: Fault, place: Place) -> Problem:
        column = self.schema.get_field(fault.column)
        bound = column.constraints[fault.rule]
        if fault.rule == "required":
            return problem("value-missing", place, column=column.name)
        if fault.rule == "enum":
            nearest = find_nearest(cell, [str(code) for code in bound])
            codes = list_codes(bound)
            return problem("code-unknown", place, value=cell, list=column.name, nearest=nearest, wanted=codes)
        if fault.rule == "pattern":
            form = self.wanted.get(column.name) or f"text of the form {bound}"
            return problem("value-misshapen", place, value=cell, wanted=form)
        code, words = _BOUNDS[fault.rule]
        units = ("character" if column.type == "string" else "item") + ("" if bound == 1 else "s")
        return problem(code, place, value=cell, wanted=words.format(bound=bound, units=units))


_BOUNDS = {
    "minimum": ("value-too-low", "{bound} or more"),
    "exclusiveMinimum": ("value-too-low", "more than {bound}"),
    "maximum": ("value-too-high", "{bound} or less"),
    "exclusiveMaximum": ("value-too-high", "less than {bound}"),
    "minLength": ("value-too-short", "at least {bound} {units}"),
    "maxLength": ("value-too-long", "at most {bound} {units}"),
}


def word_faults(
    connection: duckdb.DuckDBPyConnection, faults: Iterable[Fault], words: Words
) -> list[Problem]:
    """Put faults of cells and rows into words."""
    return [made for fault in faults for made in word_examples(connection, fault, words.places, words.word)]


def word_examples(
    connection: duckdb.DuckDBPyConnection,
    fault: Fault,
    places: Mapping[int, Place],
    word: Callable[[Example, Fault, Place], Problem],
) -> Iterator[Problem]:
    """Put the first different texts of a fault into words, and count the rest."""
    for found in read_examples(connection, fault):
        for example in found.shown:
            place = places[example.source].at(example.row, fault.column or None)
            made = replace(word(example, fault, place), count=example.row_count)
            yield made
        if found.more_cells:
            yield count_more(made, found.more_cells, found.more_rows)


def word_first(example: Example, places: Mapping[int, Place]) -> str:
    """Say where the row is that another one repeats: with its file, if that is another."""
    row, source = example.facts.get("first_row"), example.facts.get("first_source")
    if row is None or source is None:
        return ""
    place = places[int(source)]
    return f"row {row}" if int(source) == example.source else f"{place.file}, row {row}"

"""A Table Schema and the headings of a file become columns that can be checked.

In:   a Table Schema as its publisher wrote it, and the headings of a staged table
Out:  columns with their fields, and what is wrong with the headings

Headings are matched by frictionless's own rules: in order, or by name where the schema says so (fieldsMatch).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from ingest.checking.grammar import find_condition, find_missing_values
from ingest.checking.plain_schema import PlainSchema, read_plain

if TYPE_CHECKING:
    from frictionless import Schema

    from ingest.checking.plain_schema import ReadSchema


# Version 2 takes all that version 1 does; a schema inside a package seldom says which it follows.
_VERSION_2 = "https://datapackage.org/profiles/2.0/tableschema.json"

FieldsMatch = Literal["exact", "equal", "subset", "superset", "partial"]
CellReader = Callable[[str], tuple[Any, dict[str, str] | None]]


class SchemaUnusable(ValueError):  # noqa: N818 - named as the problem that it becomes
    """A Table Schema cannot be used. `reason` says why, in words for its publisher."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table that is checked.

    name        of the field; of a column that no field describes, its heading
    number      its place in the file, from 1
    cell        the expression of SQL that gives its text; '' is an empty cell
    field       frictionless's field
    missing     texts that mean "no value"
    accepted    the condition of grammar.py, or None
    read        frictionless's reader: the value, and what is wrong with it
    """

    name: str
    number: int
    cell: str
    field: Any
    missing: tuple[str, ...]
    accepted: str | None
    read: CellReader


@dataclass(frozen=True, slots=True)
class HeadingFault:
    """A fault of one heading, of a type that frictionless names."""

    type: str
    number: int
    name: str
    label: str


def read_schema(descriptor: Mapping[str, Any]) -> ReadSchema:
    """Read a Table Schema of Data Package 1 or 2. Raises SchemaUnusable with everything wrong with it."""
    plain = read_plain(descriptor, _VERSION_2, judge_schema)
    return judge_schema(descriptor) if plain is None else plain


def judge_schema(descriptor: Mapping[str, Any]) -> Schema:
    """Let frictionless read a Table Schema. Raises SchemaUnusable."""
    from frictionless import Schema
    from frictionless.exception import FrictionlessException

    try:
        schema = Schema.from_descriptor({"$schema": _VERSION_2, **copy.deepcopy(dict(descriptor))})
    except FrictionlessException as fault:
        notes = [error.note or error.message for error in (fault.reasons or [fault.error])]
        raise SchemaUnusable("; ".join(notes)) from None
    for field in schema.fields:
        _check_constraints(field)
    return schema


def _check_constraints(field: Any) -> None:
    try:
        field.create_cell_reader()
        value_reader = field.create_value_reader()
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            bound = field.constraints.get(key)
            if bound is not None and value_reader(bound) is None:
                raise SchemaUnusable(f"the {key} of '{field.name}' is not of the type {field.type}")
    except SchemaUnusable:
        raise
    except Exception as fault:
        # A pattern that does not compile, a bound that cannot be read: each type fails in its own way.
        raise SchemaUnusable(f"the constraints of '{field.name}' cannot be read ({fault})") from None


def match_headings(
    schema: ReadSchema, headings: Sequence[str], cells: Sequence[str], fields_match: FieldsMatch | None = None
) -> tuple[list[Column], list[HeadingFault]]:
    """Match the headings of a table with the fields of its schema.

    cells           for each heading, the expression of SQL that gives its column's text
    fields_match    how to match, where it is not the schema that says it

    Gives no columns where they are matched by name and a heading is there twice.

    Raises SchemaUnusable if fields cannot be told apart by name.
    """
    own: FieldsMatch | None = None
    if not isinstance(schema, PlainSchema) and schema.has_defined("fields_match"):
        own = schema.fields_match
    match: FieldsMatch = fields_match or own or "exact"
    labels = [heading.strip() for heading in headings]
    if match != "exact" and len(set(labels)) < len(labels):
        # Where columns are told apart by name nothing can be read under a name that is there twice.
        return [], find_repeated_headings(labels)
    if isinstance(schema, PlainSchema):
        if match == "exact" and labels == schema.field_names:
            named = zip(schema.fields, cells, strict=True)
            return [make_column(field, number, cell) for number, (field, cell) in enumerate(named, 1)], []
        return _judge_headings(schema.judge, labels, cells, match)
    return _judge_headings(schema, labels, cells, match)


def _judge_headings(
    schema: Schema, labels: list[str], cells: Sequence[str], match: FieldsMatch
) -> tuple[list[Column], list[HeadingFault]]:
    """Let frictionless match headings."""
    from frictionless.exception import FrictionlessException
    from frictionless.table.header import Header

    header = Header(labels, fields=schema.fields, row_numbers=[1], fields_match=match)
    try:
        fields = header.get_expected_fields()
    except FrictionlessException as fault:
        raise SchemaUnusable(fault.error.note) from None
    faults = [
        HeadingFault(
            error.type,
            getattr(error, "field_number", 0),
            getattr(error, "field_name", ""),
            getattr(error, "label", ""),
        )
        for error in header.errors
    ]
    pairs = zip(fields, cells, strict=False)
    columns = [make_column(field, number, cell) for number, (field, cell) in enumerate(pairs, 1)]
    return columns, faults


def find_repeated_headings(labels: Sequence[str]) -> list[HeadingFault]:
    """Find headings that are there before."""
    return [
        HeadingFault("duplicate-label", number, label, label)
        for number, label in enumerate(labels, 1)
        if label and label in labels[: number - 1]
    ]


def make_column(field: Any, number: int, cell: str) -> Column:
    """Make the column of a field whose text an expression of SQL gives."""
    return Column(
        name=field.name,
        number=number,
        cell=cell,
        field=field,
        missing=find_missing_values(field),
        accepted=find_condition(field, cell),
        read=guarded(field),
    )


def guarded(field: Any) -> CellReader:
    """Give the reader of a field, which is made when it reads the first cell.

    A cell that breaks frictionless itself is not of the type.
    """

    @cache
    def reader() -> CellReader:
        made: CellReader = field.create_cell_reader()
        return made

    def read_cell(cell: str) -> tuple[Any, dict[str, str] | None]:
        read = reader()
        try:
            value, notes = read(cell)
        except Exception:
            # Signalling NaN beside a bound, a date and a moment compared: frictionless stops there.
            return None, {"type": f'type is "{field.type}/{field.format}"'}
        return value, notes

    return read_cell

"""A Table Schema that certainly is one is read here; any other is left to frictionless, which takes a third of a second
to be loaded.

In:   a Table Schema as its publisher wrote it
Out:  what frictionless would read of it, or None where there is any doubt

Only what most schemas say is known here, in the one form that has one meaning. Whatever else is asked of a schema or a
field is asked of frictionless's own, which is then made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from frictionless import Schema

    # What was read of a schema: by frictionless, or here.
    ReadSchema: TypeAlias = "Schema | PlainSchema"

_NAMES = ("name", "title", "description", "rdfType")
_OF_SCHEMA = frozenset(("$schema", *_NAMES, "fields", "missingValues", "primaryKey", "foreignKeys"))
_OF_FIELD = frozenset(("type", *_NAMES, "format", "constraints", "rdfProperty"))

# What more the fields of a type say, and which constraints they may have beside required and unique.
_MORE = {"boolean": frozenset(("trueValues", "falseValues")), "list": frozenset(("delimiter",))}
_CONSTRAINTS: Mapping[str, frozenset[str]] = {
    "any": frozenset(),
    "boolean": frozenset(),
    "date": frozenset(),
    "integer": frozenset(("minimum", "maximum")),
    "list": frozenset(),
    "number": frozenset(("minimum", "maximum")),
    "string": frozenset(("minLength", "maxLength", "pattern", "enum")),
    "year": frozenset(),
}

# What a schema may be called; fields have any name.
_NAME = re.compile(r"[-a-z0-9._/]+")

_TRUE, _FALSE = ["true", "True", "TRUE", "1"], ["false", "False", "FALSE", "0"]

Judge = Callable[[Mapping[str, Any]], Any]


class _Doubt(Exception):  # noqa: N818 - it is not an error
    """It is not certain what frictionless would say."""


@dataclass(eq=False)
class PlainField:
    """A field as frictionless reads it; what is not here is asked of frictionless's field."""

    schema: PlainSchema
    name: str
    type: str
    format: str
    constraints: dict[str, Any]
    missing_values: list[str] = field(default_factory=lambda: [""])
    decimal_char: str = "."
    group_char: str = ""
    float_number: bool = False
    true_values: list[str] = field(default_factory=_TRUE.copy)
    false_values: list[str] = field(default_factory=_FALSE.copy)
    delimiter: str = ","
    item_type: str = "string"

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(self.schema.judge.get_field(self.name), attribute)

    def has_defined(self, name: str) -> bool:
        """Say whether the field has something of its own; missing values it shares with its schema."""
        return False if name == "missing_values" else self.schema.judge.get_field(self.name).has_defined(name)

    def create_value_reader(self) -> Callable[[Any], Any]:
        """Give the reader of a value. A bound that is a number is that number."""

        def read(value: Any) -> Any:
            return (
                value
                if _is_number(value)
                else self.schema.judge.get_field(self.name).create_value_reader()(value)
            )

        return read


@dataclass(eq=False)
class PlainSchema:
    """A schema as frictionless reads it; what is not here is asked of frictionless's schema."""

    descriptor: Mapping[str, Any]
    make_judge: Judge
    fields: list[PlainField] = field(default_factory=list)
    missing_values: list[str] = field(default_factory=lambda: [""])
    primary_key: list[str] = field(default_factory=list)
    foreign_keys: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def judge(self) -> Any:
        """The schema as frictionless reads it."""
        return self.make_judge(self.descriptor)

    @property
    def field_names(self) -> list[str]:
        return [one.name for one in self.fields]

    def get_field(self, name: str) -> PlainField:
        return next(one for one in self.fields if one.name == name)

    def has_defined(self, _name: str) -> bool:
        """Say whether the schema says how headings are matched, or the like: then it would not be plain."""
        return False


def read_plain(descriptor: Mapping[str, Any], version: str, make_judge: Judge) -> PlainSchema | None:
    """Read a Table Schema that says what most say; None where there is doubt.

    version      the profile that it follows if it names one
    make_judge   how frictionless reads it
    """
    try:
        return _read_schema(descriptor, version, make_judge)
    except _Doubt:
        return None


def _read_schema(descriptor: Mapping[str, Any], version: str, make_judge: Judge) -> PlainSchema:
    _require(descriptor.keys() <= _OF_SCHEMA, descriptor.get("$schema", version) == version)
    _require(*(isinstance(descriptor.get(key, ""), str) for key in _NAMES))
    _require(_NAME.fullmatch(descriptor.get("name", "none")) is not None)
    schema = PlainSchema(descriptor, make_judge)
    fields = descriptor.get("fields")
    _require(isinstance(fields, list))
    schema.fields = [_read_field(schema, one) for one in fields or ()]
    names = schema.field_names
    _require(len({*names}) == len(names))
    if "missingValues" in descriptor:
        schema.missing_values = _texts(descriptor["missingValues"])
    if "primaryKey" in descriptor:
        schema.primary_key = _keys(descriptor["primaryKey"], names)
    if "foreignKeys" in descriptor:
        keys = descriptor["foreignKeys"]
        _require(isinstance(keys, list))
        schema.foreign_keys = [_read_foreign_key(one, names) for one in keys]
    return schema


def _read_field(schema: PlainSchema, said: Any) -> PlainField:
    _require(isinstance(said, dict))
    kind = said.get("type")
    _require(isinstance(kind, str) and kind in _CONSTRAINTS)
    _require(said.keys() <= _OF_FIELD | _MORE.get(kind, frozenset()))
    _require(
        *(isinstance(said.get(key, ""), str) for key in (*_NAMES, "rdfProperty")), bool(said.get("name"))
    )
    form = said.get("format", "default")
    _require(form == "default" or (kind, form) == ("string", "uri"))
    read = PlainField(
        schema, said["name"], kind, form, _read_constraints(kind, form, said.get("constraints", {}))
    )
    if "trueValues" in said:
        read.true_values = _texts(said["trueValues"])
    if "falseValues" in said:
        read.false_values = _texts(said["falseValues"])
    if "delimiter" in said:
        _require(isinstance(said["delimiter"], str) and bool(said["delimiter"]))
        read.delimiter = said["delimiter"]
    return read


def _read_constraints(kind: str, form: str, said: Any) -> dict[str, Any]:
    _require(isinstance(said, dict))
    _require(said.keys() <= {"required", "unique", *_CONSTRAINTS[kind]})
    for key, value in said.items():
        if key in ("required", "unique"):
            _require(isinstance(value, bool))
        elif key in ("minLength", "maxLength"):
            _require(type(value) is int)
        elif key == "enum":
            _require(form == "default" and bool(_texts(value)))
        elif key == "pattern":
            _require(isinstance(value, str) and _compiles(f"^{value}$"))
        else:
            _require(_is_number(value) and (kind == "number" or isinstance(value, int)))
    return dict(said)


def _read_foreign_key(said: Any, names: Sequence[str]) -> dict[str, Any]:
    _require(isinstance(said, dict) and said.keys() == {"fields", "reference"})
    other = said["reference"]
    _require(isinstance(other, dict) and other.keys() == {"resource", "fields"})
    _require(isinstance(other["resource"], str))
    fields, others = _keys(said["fields"], names), _keys(other["fields"])
    _require(bool(fields) and len(fields) == len(others))
    return {"fields": fields, "reference": {"resource": other["resource"], "fields": others}}


def _keys(said: Any, names: Sequence[str] | None = None) -> list[str]:
    """Read the names of fields, of which one alone may stand without a list."""
    found = [said] if isinstance(said, str) and said else _texts(said)
    _require(names is None or {*found} <= {*names})
    return found


def _texts(said: Any) -> list[str]:
    _require(isinstance(said, list) and all(isinstance(one, str) for one in said))
    return list(said)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning):
        return False
    return True


def _require(*certain: bool) -> None:
    if not all(certain):
        raise _Doubt

"""A schema that is read without frictionless is one that frictionless reads, and reads alike."""

from __future__ import annotations

from typing import Any

import pytest
from frictionless import Schema
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checking.columns import judge_schema, match_headings, read_schema
from ingest.checking.grammar import find_condition, find_missing_values
from ingest.checking.plain_schema import PlainSchema, read_plain
from schemas import load_model

VERSION = "https://datapackage.org/profiles/2.0/tableschema.json"

NAMES = ["a", "b", "c", "", 1, None]
TYPES = [
    *("string", "number", "integer", "boolean", "date", "list", "any", "year", "datetime", "time"),
    *("object", "geopoint", "text", "", None, ["string"]),
]
FORMATS = ["default", "uri", "email", "%d/%m/%Y", "any", "fmt:%Y", "", None]
VALUES = [
    *(True, False, None, 0, 1, -3, 2.5, 1e400, float("nan"), 2.0, 10**20, "", "1", "a", "2024-01-05", "x"),
    *([], ["a"], ["a", "a", ""], ["1", 2], [True], {}, {"value": "-"}, [{"value": "-"}]),
    *("[a-z]+", "a|b", "(", "[[a]", "(?i)a", r"\d{2}", "a{2000000000000}"),
]
CONSTRAINTS = [
    *("required", "unique", "minimum", "maximum", "minLength", "maxLength", "pattern", "enum"),
    *("exclusiveMinimum", "jsonSchema", "other"),
]
TOP = ("$schema", "name", "title", "description", "rdfType", "fieldsMatch", "uniqueKeys", "type", "other")
MORE = [
    *("name", "type", "format", "constraints", "title", "description", "rdfType", "rdfProperty"),
    *("missingValues", "trueValues", "falseValues", "delimiter", "itemType", "decimalChar", "groupChar"),
    *("bareNumber", "floatNumber", "example", "required", "other"),
]
USUAL: dict[str, list[dict[str, Any]]] = {
    "string": [{"pattern": "[a-z]+"}, {"enum": ["a", "b"]}, {"maxLength": 3, "required": True}],
    "number": [{"minimum": 0}, {"maximum": 2.5}, {"minimum": 10**20}],
    "integer": [{"minimum": 0, "unique": True}, {"maximum": 7}],
    "boolean": [{"required": False}],
}


@st.composite
def usual_fields(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES[:8]))
    given: dict[str, Any] = {"name": draw(st.sampled_from(NAMES[:3])), "type": kind}
    if kind in USUAL and draw(st.booleans()):
        given["constraints"] = dict(draw(st.sampled_from(USUAL[kind])))
    if kind == "boolean" and draw(st.booleans()):
        given["trueValues"] = ["yes", "1"]
    if kind == "list" and draw(st.booleans()):
        given["delimiter"] = ";"
    return given


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Make a schema that is usual, but mostly for one thing."""
    fields = draw(st.lists(usual_fields(), max_size=4, unique_by=lambda one: one["name"]))
    names = [one["name"] for one in fields]
    key = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
    made: dict[str, Any] = {"fields": fields, "primaryKey": key}
    if key and draw(st.booleans()):
        reference = {"resource": draw(st.sampled_from(["", "other"])), "fields": key[::-1]}
        made["foreignKeys"] = [{"fields": key, "reference": reference}]
    if draw(st.booleans()):
        made["missingValues"] = draw(st.sampled_from([[""], ["", "-"], [], ["-", "-"]]))
    places = [(made, ("primaryKey", "foreignKeys", "missingValues", *TOP)), *((one, MORE) for one in fields)]
    places += [(one["constraints"], CONSTRAINTS) for one in fields if "constraints" in one]
    for one in made.get("foreignKeys", ()):
        places += [
            (one, ("fields", "reference", "other")),
            (one["reference"], ("resource", "fields", "other")),
        ]
    for _ in range(draw(st.integers(0, 2))):
        place, keys = draw(st.sampled_from(places))
        name = draw(st.sampled_from(keys))
        place[name] = draw(st.sampled_from(KNOWN.get(name, VALUES) if draw(st.booleans()) else VALUES))
    return made


# Values that some things may well have.
KNOWN: dict[str, list[Any]] = {
    "type": TYPES,
    "format": FORMATS,
    "name": NAMES,
    "$schema": [VERSION, "https://specs.frictionlessdata.io/schemas/table-schema.json", "other"],
    "fieldsMatch": ["exact", "subset"],
    "primaryKey": ["a", "d", ["a", "a"]],
}


def assert_alike(plain: PlainSchema, judged: Schema) -> None:
    assert plain.field_names == judged.field_names
    assert (plain.primary_key, plain.foreign_keys) == (judged.primary_key, judged.foreign_keys)
    assert plain.missing_values == judged.missing_values
    assert not judged.has_defined("fields_match")
    for ours, theirs in zip(plain.fields, judged.fields, strict=True):
        assert (ours.name, ours.type, ours.format) == (theirs.name, theirs.type, theirs.format)
        assert ours.constraints == theirs.constraints
        assert find_missing_values(ours) == find_missing_values(theirs)
        assert find_condition(ours, "cell") == find_condition(theirs, "cell")
        for name in (
            *("decimal_char", "group_char", "float_number", "true_values", "false_values"),
            *("delimiter", "item_type"),
        ):
            if hasattr(theirs, name):
                assert getattr(ours, name) == getattr(theirs, name)


@settings(deadline=None, max_examples=400)
@given(schemas())
def test_what_is_read_as_plain_is_what_frictionless_reads(descriptor: dict[str, Any]) -> None:
    plain = read_plain(descriptor, VERSION, judge_schema)
    if plain is not None:
        assert_alike(plain, judge_schema(descriptor))


@pytest.mark.parametrize("table", load_model().tables)
def test_every_standard_table_is_plain(table: str) -> None:
    descriptor = load_model().tables[table].descriptor()
    plain = read_plain(descriptor, VERSION, judge_schema)
    assert plain is not None
    assert_alike(plain, judge_schema(descriptor))


@pytest.mark.parametrize(
    "headings", [["a", "b"], [" a ", "b"], ["b", "a"], ["a"], ["a", "b", "c"], ["a", ""], ["a", "a"], []]
)
def test_headings_are_matched_as_frictionless_matches_them(headings: list[str]) -> None:
    descriptor = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "integer"}]}
    plain = read_schema(descriptor)
    assert isinstance(plain, PlainSchema)
    cells = [f"c{number}" for number in range(1, len(headings) + 1)]
    ours, their = (match_headings(schema, headings, cells) for schema in (plain, judge_schema(descriptor)))
    assert ours[1] == their[1]
    assert [(one.name, one.number, one.cell, one.accepted) for one in ours[0]] == [
        (one.name, one.number, one.cell, one.accepted) for one in their[0]
    ]


def test_a_cell_in_doubt_is_read_by_frictionless() -> None:
    schema = read_schema({"fields": [{"name": "a", "type": "number", "constraints": {"minimum": 0}}]})
    [[column], _] = match_headings(schema, ["a"], ["c1"])
    assert column.read("1e3")[1] is None
    assert column.read("-1")[1] == {"minimum": 'constraint "minimum" is "0"'}
    assert column.read("one")[1] == {"type": 'type is "number/default"'}

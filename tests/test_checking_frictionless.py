"""The checker gives frictionless's verdicts: the same errors in the same rows and columns.

Schemas and tables are generated from pools of awkward cells, patterns, headings and keys; both judges read
the same CSV file. A few hundred examples run every time; LIKEFORLIKE_EXAMPLES=20000 runs more.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.checking import SchemaUnusable, StagedTable, open_engine
from ingest.checking.faults import read_rows
from ingest.checking.tables import open_faults
from ingest.problems import Place
from ingest.reading import Selection, stage

EXAMPLES = int(os.environ.get("LIKEFORLIKE_EXAMPLES", "100"))

Error = tuple[str, int, int]
Table = dict[str, Any]


def words(text: str) -> list[str]:
    return text.split()


NUMBERS = [
    *words(
        "0 1 -1 +1 01 1.0 1.00 -0 0.0 1e3 1E-3 1e400 .5 5. -.5 1.5 3.14 100 100.0 99.999999999999999999 1,000"
    ),
    *words(
        "1.000 1,5 1_000 1__0 0x1F 12.0 1e5 ٣ ３ NaN nan sNaN -nan inf -Infinity Infinity 5% £5 5kg $1,000.50"
    ),
    *words("-5% 1-2 --1 123456789012345678901234567890 0.1 0.10 1.0000000000000001 9007199254740993"),
    *words("9007199254740992 1e-07 2.675"),
    *["", " 1", "1 ", "1 000", "1\n", "\t2", "1\u00a0", "−1", "1\u2028"],
]
DATES = [
    *words("2024-01-05 2024-1-5 24-01-05 2024-02-30 2024-02-29 2023-02-29 0001-01-01 0000-01-01 9999-12-31"),
    *words("10000-01-01 2024/01/05 05/01/2024 2024-01-05T00:00:00 2024-01-05T10:30:00 2024-01-05T10:30:00Z"),
    *words("2024-01-05T10:30:00+01:00 2024-01-05T09:30:00Z 2024-01-05T24:00:00 2024-01-05T25:00:00"),
    *words(
        "2024-01-05T10:30 2024-01-05T10:30:00.5 10:30:00 10:30 24:00:00 10:30:00Z 10:30:00+01:00 09:30:00Z"
    ),
    *words(
        "10:30:61 1030 2024 2024-05 2024-13 2024-00 2024-5 2024-001 0001 0000 9999 +202 1_00 -001 20245 ٢٠٢٤"
    ),
    *words("999 P1Y P12M P1D PT24H P1Y2M3DT4H P1W P0Y p1y P 1Y today"),
    *["", " 2024", "2024-01-05 ", "2024-01-05\n", " 2024 - 1 ", "5 January 2024", "2024-01-05 10:30:00"],
]
TEXTS = [
    *words(
        "a b c A ab abc abcd a-b a_b a|b é ß 🦆 e\u0301 true True TRUE false 1 0 yes no t NA n/a - None null"
    ),
    *words(
        "x.y https://example.org http://a.b/c?d=e ftp://x mailto:a@b.org http://[::1 //x.y /path a@b.org a@b"
    ),
    *words("@b.org 123e4567-e89b-12d3-a456-426614174000 YWJj YWJ %zz household-waste-recycled E09000015"),
    *[
        "",
        " ",
        " a",
        "a ",
        "a\n",
        "a\nb",
        "\ta",
        "a,b",
        '"',
        "'",
        "it's",
        "x" * 50,
        "a\u00a0b",
        "\\",
        "a--b",
        "a{,2}",
        ":]",
    ],
]
OBJECTS = [
    "",
    "[]",
    "[1, 2]",
    '["a"]',
    "{}",
    '{"a": 1}',
    '{"lon": 1, "lat": 2}',
    "[1,2",
    "null",
    "1",
    "1,2",
    "1, 2",
    "181,0",
    "0,91",
    "[0, 1]",
    "a,b",
    "1;2",
    "1;x",
    '{"type": "Point", "coordinates": [1, 2]}',
    '{"type": "Point"}',
    "NaN,NaN",
]
EVERYTHING = sorted({*NUMBERS, *DATES, *TEXTS, *OBJECTS})

PATTERNS = [
    "a|b",
    "[a-z]+",
    "[a-z0-9]+(-[a-z0-9]+)*",
    r"\d+",
    r"\w*",
    "a.c",
    "",
    "[A-Z][0-9]{8}",
    "a{2}",
    "(a|b)c",
    "(a|ab)(c|bcd)?",
    "(0|[1-9][0-9]*)",
    "(|a)b?",
    "((a|b)c?)*",
    "é",
]
# RE2 reads these five characters as they stand, Python as a count.
PATTERNS += ["a{,2}"]
PATTERNS += ["[^a]", "a+?", "x*", "(?i)abc", "[a-z]{1,3}", r"\.", "$", "a$"]

# Types with their formats, the constraints they take, and cells that come near them.
TYPES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "any": (["default"], ["enum"], TEXTS),
    "array": (["default"], ["minLength", "maxLength"], OBJECTS),
    "boolean": (["default"], ["enum"], TEXTS),
    "date": (["default", "any", "%d/%m/%Y", "%Y"], ["bounds", "enum"], DATES),
    "datetime": (["default", "any", "%Y-%m-%dT%H:%M"], ["enum"], DATES),
    "duration": (["default"], ["enum"], DATES),
    "geojson": (["default", "topojson"], [], OBJECTS),
    "geopoint": (["default", "array", "object"], [], OBJECTS),
    "integer": (["default"], ["bounds", "enum"], NUMBERS),
    "list": (["default"], ["minLength", "maxLength"], OBJECTS),
    "number": (["default"], ["bounds", "enum"], NUMBERS),
    "object": (["default"], ["minLength", "maxLength"], OBJECTS),
    "string": (
        ["default", "default", "default", "email", "uri", "uuid", "binary"],
        ["minLength", "maxLength", "pattern", "enum"],
        TEXTS,
    ),
    "time": (["default", "any", "%H:%M"], ["enum"], DATES),
    "year": (["default"], ["bounds", "enum"], DATES),
    "yearmonth": (["default"], ["enum"], DATES),
}
BOUNDS = {
    "date": ["2024-01-05", "2024-01-06", "0001-01-01"],
    "integer": [0, 1, "5", 100],
    "number": [0, 1, "5", 2.675, 0.1, 100, 1e-06],
    "year": [1, 2024],
}
MISSING = [[""], ["", "NA"], ["NA"], ["-", "n/a", ""], [" "], ["1", ""], [], ["a\n", ""], ["0", "1.0"]]


@st.composite
def fields(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A field of any type, with whatever its type takes."""
    type_ = draw(st.sampled_from(sorted(TYPES)))
    formats, takes, cells = TYPES[type_]
    field: dict[str, Any] = {"name": name, "type": type_, "format": draw(st.sampled_from(formats))}
    constraints: dict[str, Any] = {}
    for take in draw(st.lists(st.sampled_from(takes), unique=True, max_size=2)) if takes else []:
        if take == "bounds" and "%" in field["format"]:
            # A bound that the format cannot read makes frictionless stop; here the schema is refused.
            continue
        if take == "bounds":
            key = draw(st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]))
            constraints[key] = draw(st.sampled_from(BOUNDS[type_]))
        elif take == "pattern":
            constraints["pattern"] = draw(st.sampled_from(PATTERNS))
        elif take == "enum":
            constraints["enum"] = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=4, unique=True))
        else:
            constraints[take] = draw(st.integers(0, 4))
    if draw(st.integers(0, 3)) == 0:
        constraints["required"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        constraints["unique"] = True
    if constraints:
        field["constraints"] = constraints
    if draw(st.integers(0, 5)) == 0:
        field["missingValues"] = draw(st.sampled_from(MISSING))
    if type_ == "number" and draw(st.booleans()):
        field |= draw(
            st.sampled_from(
                [
                    {"decimalChar": ","},
                    {"groupChar": ","},
                    {"decimalChar": ",", "groupChar": "."},
                    {"groupChar": " ", "bareNumber": False},
                    {"bareNumber": False},
                    {"floatNumber": True},
                    {"decimalChar": "."},
                    {"groupChar": "1"},
                ]
            )
        )
    if type_ == "integer" and draw(st.booleans()):
        field["bareNumber"] = draw(st.booleans())
    if type_ == "boolean" and draw(st.booleans()):
        field |= {"trueValues": ["yes", "1"], "falseValues": ["no", "-"]}
    if type_ == "list":
        field |= {"delimiter": draw(st.sampled_from([";", ","]))}
        field |= {"itemType": draw(st.sampled_from(["string", "integer", "number", "date"]))}
    return field


@st.composite
def tables(draw: st.DrawFn, names: Sequence[str], rows: int = 12) -> Table:
    """A schema, headings that may not fit it, and rows of cells that come near their types."""
    some = [draw(fields(name)) for name in names]
    schema: dict[str, Any] = {"fields": some}
    if draw(st.integers(0, 2)) == 0:
        schema["missingValues"] = draw(st.sampled_from(MISSING))
    pools = []
    for field in some:
        cells = TYPES[field["type"]][2]
        enum = field.get("constraints", {}).get("enum", [])
        # Few different cells make repeats, which keys need; all of them make surprises.
        pool = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=5)) + enum
        pools.append(draw(st.sampled_from([pool, pool, cells, EVERYTHING])))
    body = draw(st.lists(st.tuples(*[st.sampled_from(pool) for pool in pools]), max_size=rows))
    return {"schema": schema, "headings": list(names), "rows": [list(row) for row in body]}


@st.composite
def headings(draw: st.DrawFn, names: Sequence[str]) -> list[str]:
    """Headings as people get them wrong."""
    labels = draw(st.permutations(names)) if draw(st.booleans()) else list(names)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(labels) - 1))
        change = draw(st.sampled_from(["drop", "blank", "twice", "case", "extra", "padded"]))
        if change == "drop" and len(labels) > 1:
            del labels[place]
        elif change == "extra":
            labels.insert(place, draw(st.sampled_from(["z", "extra", labels[place] + "2"])))
        else:
            labels[place] = {
                "blank": "",
                "twice": labels[0],
                "case": labels[place].upper(),
                "padded": f" {labels[place]} ",
            }.get(change, labels[place])
    return labels


def judge_by_frictionless(folder: Path, made: dict[str, Table], wanted: str) -> set[Error] | None:
    """Say what frictionless finds wrong. None where it refuses the schema or breaks on the table."""
    resources = [
        {
            "name": name,
            "type": "table",
            "path": f"{name}.csv",
            "schema": table["schema"],
            "encoding": "utf-8",
            "dialect": {"csv": {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False}},
        }
        for name, table in made.items()
    ]
    version = "https://datapackage.org/profiles/2.0/datapackage.json"
    descriptor = {"$schema": version, "name": "p", "resources": resources}
    package = Package.from_descriptor(descriptor, basepath=str(folder))
    try:
        report = package.get_resource(wanted).validate(limit_errors=100_000)
    except Exception:
        return None
    [task] = report.tasks
    errors = set()
    for error in task.errors:
        if "#table" not in error.tags:
            return None
        of_row = error.type in ("primary-key", "foreign-key", "blank-row")
        errors.add((error.type, getattr(error, "row_number", 0), 0 if of_row else error.field_number))
    return errors


def judge_by_us(folder: Path, made: dict[str, Table], wanted: str) -> set[Error] | None:
    """Say what the checker finds wrong. None where it refuses the schema."""
    selection = Selection(format="csv", encoding="utf-8", delimiter=",", quote='"', as_laid_out=True)
    staged = []
    for name, table in made.items():
        one = stage(folder / f"{name}.csv", selection, folder)
        staged.append(StagedTable(name, one.parquet, one.headings, table["schema"], Place(f"{name}.csv")))
    try:
        with open_engine() as engine, open_faults(staged, wanted, engine) as found:
            errors = {(fault.type, 0, fault.number) for fault in found.headings}
            for fault in found.faults:
                of_row = fault.type in ("primary-key", "foreign-key", "blank-row")
                rows = read_rows(engine, fault)
                errors |= {(fault.type, row, 0 if of_row else fault.number) for _, row in rows}
            return errors
    except SchemaUnusable:
        return None


def compare(made: dict[str, Table], wanted: str = "main") -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table_name, table in made.items():
            with (folder / f"{table_name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
                writer.writerow(table["headings"])
                writer.writerows(table["rows"])
        expected = judge_by_frictionless(folder, made, wanted)
        found = judge_by_us(folder, made, wanted)
    if expected is not None:
        assert found == expected


ordinary = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@ordinary
@given(tables(["a", "b", "c"]))
def test_cells_get_the_same_verdict(table: Table) -> None:
    compare({"main": table})


@ordinary
@given(st.data())
def test_headings_get_the_same_verdict(data: st.DataObject) -> None:
    table = data.draw(tables(["a", "b", "c"], rows=2))
    labels = data.draw(headings(["a", "b", "c"]))
    match = data.draw(st.sampled_from([None, "exact", "equal", "subset", "superset", "partial"]))
    if match:
        table["schema"]["fieldsMatch"] = match
    table["headings"] = labels
    table["rows"] = [(row * 2)[: len(labels)] for row in table["rows"]]
    if data.draw(st.booleans()):
        table["schema"]["primaryKey"] = ["b"]
    compare({"main": table})


@ordinary
@given(st.data())
def test_keys_get_the_same_verdict(data: st.DataObject) -> None:
    main = data.draw(tables(["a", "b", "c"]))
    other = data.draw(tables(["x", "y"]))
    if data.draw(st.booleans()):
        # The same types and cells on both sides, so that references are found as well as missed.
        for place, name in enumerate(["x", "y"]):
            other["schema"]["fields"][place] = main["schema"]["fields"][place] | {"name": name}
        other["rows"] = [row[:2] for row in main["rows"][::2]] + other["rows"][:2]
    main["schema"]["primaryKey"] = data.draw(
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True)
    )
    reference = data.draw(
        st.sampled_from(
            [
                {"fields": ["a"], "reference": {"resource": "other", "fields": ["x"]}},
                {"fields": ["a", "b"], "reference": {"resource": "other", "fields": ["x", "y"]}},
                {"fields": ["a", "b"], "reference": {"resource": "other", "fields": ["y", "x"]}},
                {"fields": ["a"], "reference": {"resource": "", "fields": ["b"]}},
                {"fields": ["b"], "reference": {"resource": "main", "fields": ["a"]}},
                {"fields": "c", "reference": {"resource": "other", "fields": "none-such"}},
            ]
        )
    )
    main["schema"]["foreignKeys"] = [reference]
    compare({"main": main, "other": other})


def one_column(field: dict[str, Any], cells: Sequence[str], **schema: Any) -> dict[str, Table]:
    return {
        "main": {
            "schema": {"fields": [{"name": "a"} | field, {"name": "b", "type": "string"}], **schema},
            "headings": ["a", "b"],
            "rows": [[cell, "x"] for cell in cells],
        }
    }


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_every_awkward_cell_gets_the_same_verdict(type_: str) -> None:
    for format_ in dict.fromkeys(TYPES[type_][0]):
        compare(one_column({"type": type_, "format": format_}, EVERYTHING))
        for missing in MISSING:
            compare(one_column({"type": type_, "format": format_}, EVERYTHING, missingValues=missing))
        compare(one_column({"type": type_, "format": format_, "constraints": {"required": True}}, EVERYTHING))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_gets_the_same_verdict(pattern: str) -> None:
    compare(one_column({"type": "string", "constraints": {"pattern": pattern}}, EVERYTHING))


@pytest.mark.parametrize("key", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
@pytest.mark.parametrize("type_", sorted(BOUNDS))
def test_every_bound_gets_the_same_verdict(type_: str, key: str) -> None:
    for bound in BOUNDS[type_]:
        cells = [cell for cell in EVERYTHING if cell.lower() != "snan"]
        compare(one_column({"type": type_, "constraints": {key: bound}}, cells))


@pytest.mark.parametrize("type_", sorted(set(TYPES) - {"array", "geojson", "list", "object"}))
def test_equal_values_are_one_key_however_they_are_written(type_: str) -> None:
    cells = [cell for cell in EVERYTHING if "snan" not in cell.lower()]
    for format_ in dict.fromkeys(TYPES[type_][0]):
        field = {"type": type_, "format": format_}
        compare(one_column(field | {"constraints": {"unique": True}}, cells))
        compare(one_column(field, cells, primaryKey=["a"]))
        compare(one_column(field, cells, primaryKey=["a", "b"]))


@pytest.mark.parametrize(
    "type_", ["boolean", "date", "datetime", "integer", "number", "string", "year", "yearmonth"]
)
@pytest.mark.parametrize(
    "other", ["boolean", "date", "datetime", "integer", "number", "string", "year", "geopoint"]
)
def test_references_between_types_get_the_same_verdict(type_: str, other: str) -> None:
    cells = [cell for cell in EVERYTHING if "snan" not in cell.lower()]
    made = one_column({"type": type_}, cells)
    made["main"]["schema"]["foreignKeys"] = [
        {"fields": ["a"], "reference": {"resource": "o", "fields": ["a"]}}
    ]
    made["o"] = one_column(
        {"type": other}, ["1", "0", "true", "2024", "2024-01-05", "a", "1.50", "2024,5", "1,2"]
    )["main"]
    compare(made)


def test_signalling_nan_beside_a_bound_is_not_a_number_here() -> None:
    made = one_column({"type": "number", "constraints": {"minimum": 0}}, ["sNaN"])
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "main.csv").write_text("a,b\nsNaN,x\n")
        assert judge_by_frictionless(Path(name), made, "main") is None
        assert judge_by_us(Path(name), made, "main") == {("type-error", 2, 1)}

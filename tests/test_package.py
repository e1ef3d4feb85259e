"""Packages are opened: what a descriptor says, and what it must not leave out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from package_files import (
    FIGURES,
    opened,
    problem_of,
    problems_of,
    resource,
    write_archive,
    write_package,
)
from reading_files import codes_of, numbers_of, rows_of, write_xlsx, xlsx_text

from ingest.package import open_package, stage_resource


def test_package_says_what_it_is(tmp_path: Path) -> None:
    package = opened(
        tmp_path,
        name="waste",
        title="Waste",
        version="1.2.0",
        licenses=[{"name": "OGL-UK-3.0", "path": "https://example.org/ogl"}],
    )
    assert (package.name, package.title, package.version, package.licence) == (
        "waste",
        "Waste",
        "1.2.0",
        "OGL-UK-3.0",
    )
    assert [file.path for file in package.files] == ["datapackage.json", "figures.csv"]
    figures = package.files[1]
    assert (figures.bytes, figures.sha256) == (len(FIGURES), hashlib.sha256(FIGURES).hexdigest())
    assert figures.location == package.folder / "figures.csv"


def test_descriptor_alone_says_enough(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "Waste & recycling (2024)", name=None)
    package = open_package(folder / "datapackage.json", tmp_path / "scratch")
    assert (package.name, package.title, package.version, package.licence) == (
        "waste-recycling-2024",
        "waste-recycling-2024",
        None,
        None,
    )


def test_folder_and_archive_of_it_have_one_digest(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package", resource(path="data/a.csv"), files={"data/a.csv": FIGURES})
    digests = {
        open_package(folder, tmp_path / "one").digest,
        open_package(write_archive(tmp_path / "a.zip", folder), tmp_path / "two").digest,
        open_package(write_archive(tmp_path / "b.zip", folder, inside="package/"), tmp_path / "three").digest,
    }
    # The archive holds figures.csv too, which no resource names.
    assert len(digests) == 1
    (folder / "data" / "a.csv").write_bytes(FIGURES + b"E1,2\n")
    assert open_package(folder, tmp_path / "four").digest not in digests


def test_archive_can_be_opened_twice_in_one_scratch_folder(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", write_package(tmp_path / "package"))
    first, second = (open_package(archive, tmp_path / "scratch") for _ in range(2))
    assert (first.digest, first.name) == (second.digest, second.name)


def test_standard_table_is_found_by_property_or_by_name(tmp_path: Path) -> None:
    package = opened(
        tmp_path,
        resource(name="areas"),
        resource(name="waste", table="observations", dataset="household-waste"),
        resource(name="notes"),
    )
    assert [(one.table, one.dataset) for one in package.resources] == [
        ("areas", None),
        ("observations", "household-waste"),
        (None, None),
    ]


def test_unknown_table_is_told_with_the_nearest(tmp_path: Path) -> None:
    found = problem_of(write_package(tmp_path / "package", resource(table="observation")), tmp_path)
    assert (found.code, found.file, found.value) == ("table-unknown", "datapackage.json", "observation")
    assert found.message == "There is no table 'observation'. Closest: observations."


def test_schema_and_dialect_stand_in_the_descriptor_or_in_files(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "area"}]}
    package = opened(
        tmp_path,
        resource(name="a", schema=schema, dialect={"delimiter": ";"}),
        resource(name="b", schema="schema.json", dialect="dialects/semicolon.yaml"),
        files={"schema.json": json.dumps(schema).encode(), "dialects/semicolon.yaml": b'delimiter: ";"\n'},
    )
    one, other = package.resources
    assert one.schema == other.schema == schema
    assert one.selection.delimiter == other.selection.delimiter == ";"
    assert "dialects/semicolon.yaml" in [file.path for file in package.files]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ({}, {"heading_rows": (1,), "delimiter": None, "quote": None}),
        ({"header": False}, {"heading_rows": ()}),
        ({"headerRows": [2, 3], "headerJoin": "/"}, {"heading_rows": (2, 3), "heading_join": "/"}),
        ({"commentRows": [4], "commentChar": "#"}, {"comment_rows": (4,), "comment": "#"}),
        ({"quoteChar": "'", "escapeChar": "\\", "doubleQuote": False}, {"quote": "'", "double_quote": False}),
        (
            {"lineTerminator": "|", "skipInitialSpace": True},
            {"line_terminator": "|", "skip_initial_space": True},
        ),
        ({"sheetName": "Data"}, {"sheet": "Data"}),
        ({"sheetNumber": 2}, {"sheet": 2}),
        ({"csv": {"delimiter": "\t"}}, {"delimiter": "\t"}),
        ({"excel": {"sheet": "Data"}}, {"sheet": "Data"}),
        ({"property": "data.rows"}, {"json_path": ("data", "rows")}),
        ({"skipBlankRows": True}, {"skip_blank_rows": True}),
    ],
)
def test_dialect_of_either_version_is_followed(
    tmp_path: Path, dialect: dict[str, Any], expected: dict[str, Any]
) -> None:
    (one,) = opened(tmp_path, resource(dialect=dialect)).resources
    assert {key: getattr(one.selection, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("changes", "format"),
    [
        ({}, "csv"),
        ({"format": "TSV"}, "tsv"),
        ({"mediatype": "application/vnd.apache.parquet"}, "parquet"),
        ({"format": "json", "mediatype": "text/csv"}, "json"),
        ({"format": "pdf"}, None),
    ],
)
def test_format_is_declared_or_the_ending_of_the_name(
    tmp_path: Path, changes: dict[str, Any], format: str | None
) -> None:
    (one,) = opened(tmp_path, resource(**changes)).resources
    assert one.format == format


def test_table_in_a_format_that_is_not_read_is_told(tmp_path: Path) -> None:
    for told in ({"name": "areas"}, {"schema": {"fields": []}}, {"table": "areas"}):
        folder = write_package(tmp_path / "package", resource(format="docx", **told))
        found = problem_of(folder, tmp_path / "scratch")
        assert (found.code, found.value) == ("format-unknown", "docx")
        assert found.message.endswith("wanted csv, tsv, xlsx, ods, json, ndjson, parquet.")


def test_resource_is_staged_with_its_path_as_the_place(tmp_path: Path) -> None:
    package = opened(
        tmp_path,
        resource(path="data/2024.txt", format="csv", encoding="windows-1252", dialect={"delimiter": ";"}),
        files={"data/2024.txt": "area;note\nW1;Môn\nW2;x;y\n".encode("windows-1252")},
    )
    (staged,) = stage_resource(package.resources[0], tmp_path)
    assert rows_of(staged)[0] == ["W1", "Môn"]
    (found,) = staged.problems
    assert (found.code, found.file, found.row) == ("row-too-long", "data/2024.txt", 3)


def test_parts_of_a_table_repeat_its_headings_or_go_on(tmp_path: Path) -> None:
    package = opened(
        tmp_path,
        resource(path=["1.csv", "2.csv", "3.csv"]),
        files={"1.csv": b"a,b\n1,2\n", "2.csv": b"a,b\n3,4\n", "3.csv": b"5,6\n7,8\n"},
    )
    assert package.resources[0].paths == ("1.csv", "2.csv", "3.csv")
    parts = stage_resource(package.resources[0], tmp_path)
    assert [rows_of(part) for part in parts] == [[["1", "2"]], [["3", "4"]], [["5", "6"], ["7", "8"]]]
    assert [numbers_of(part) for part in parts] == [[2], [2], [1, 2]]
    assert [part.problems for part in parts] == [(), (), ()]


def test_rows_in_the_descriptor_keep_their_digits(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package")
    (folder / "datapackage.json").write_text(
        '{"name": "x", "resources": ['
        '{"name": "objects", "data": [{"area": "A", "value": 43.60}]},'
        '{"name": "lists", "data": [["area", "value"], ["A", 1.0]]},'
        '{"name": "text", "data": "area;value\\nA;2.50\\n", "format": "csv"}]}',
        encoding="utf-8",
    )
    package = open_package(folder, tmp_path / "scratch")
    staged = [stage_resource(one, tmp_path)[0] for one in package.resources]
    assert [rows_of(one) for one in staged] == [[["A", "43.60"]], [["A", "1.0"]], [["A", "2.50"]]]
    assert [file.path for file in package.files] == ["datapackage.json"]
    assert package.resources[0].paths == ("datapackage.json#objects",)


def test_workbook_of_a_package_is_read_by_its_dialect(tmp_path: Path) -> None:
    book = write_xlsx(
        tmp_path / "book.xlsx",
        {
            "Notes": "",
            "Data": f'<row r="1">{xlsx_text("A1", "area")}</row><row r="2"><c r="A2"><v>7</v></c></row>',
        },
    )
    package = opened(
        tmp_path,
        resource(path="book.xlsx", dialect={"sheetName": "Data"}),
        files={"book.xlsx": book.read_bytes()},
    )
    assert rows_of(stage_resource(package.resources[0], tmp_path)[0]) == [["7"]]


def test_descriptor_may_be_yaml(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "datapackage.yaml").write_text(
        "name: waste\nresources:\n- name: figures\n  path: figures.csv\n- name: inline\n  data: [{a: 1.5}]\n"
    )
    (folder / "figures.csv").write_bytes(FIGURES)
    package = open_package(folder, tmp_path / "scratch")
    assert [one.name for one in package.resources] == ["figures", "inline"]
    assert rows_of(stage_resource(package.resources[1], tmp_path)[0]) == [["1.5"]]


def test_recipe_is_a_shipped_name_or_a_file_of_the_package(tmp_path: Path) -> None:
    package = opened(
        tmp_path,
        resource(name="a", recipe="dfe-lait"),
        resource(name="b", recipe="recipes/own.yaml"),
        files={"recipes/own.yaml": b"name: own\n"},
    )
    assert [one.recipe for one in package.resources] == ["dfe-lait", "recipes/own.yaml"]
    assert "recipes/own.yaml" in [file.path for file in package.files]


def test_folder_without_descriptor_is_opened_for_a_recipe(tmp_path: Path) -> None:
    folder = tmp_path / "As they lie"
    for name in ("b.csv", "sub/a.csv", ".hidden", ".git/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(FIGURES)
    package = open_package(folder, tmp_path / "scratch", recipe="dfe-lait")
    (one,) = package.resources
    assert (package.name, one.name, one.recipe) == ("as-they-lie", "as-they-lie", "dfe-lait")
    assert one.paths == ("b.csv", "sub/a.csv")
    found = problem_of(folder, tmp_path / "scratch")
    assert (found.code, found.message) == ("descriptor-missing", "There is no datapackage.json.")


def test_hash_and_size_that_are_declared_hold(tmp_path: Path) -> None:
    for hash_of in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(hash_of, FIGURES).hexdigest()
        for said in {
            f"{hash_of}:{digest}",
            digest if hash_of == "md5" else f"{hash_of.upper()}:{digest.upper()}",
        }:
            opened(tmp_path / said[:9], resource(bytes=len(FIGURES), hash=said))


def test_other_file_than_described_is_told(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package", resource(bytes=3, hash="sha256:" + "0" * 64))
    size, digest = problems_of(folder, tmp_path)[::-1]
    assert (size.code, size.file) == ("size-differs", "figures.csv")
    assert size.message == "The file has 27 bytes; the descriptor gives 3."
    assert (digest.code, digest.file) == ("digest-differs", "figures.csv")
    assert hashlib.sha256(FIGURES).hexdigest() in (digest.value or "")


def malformed(fault: str) -> dict[str, Any]:
    return {"code": "descriptor-malformed", "says": fault}


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "'resources' of the descriptor is missing; wanted a list of at least one resource."),
        ({"resources": []}, "'resources' of the descriptor is empty;"),
        ({"resources": {"name": "a"}}, "'resources' of the descriptor is not a list;"),
        ({"resources": ["figures.csv"]}, "'resources[0]' of the descriptor is not an object;"),
        ({"resources": [{"path": "figures.csv"}]}, "'resources[0].name' of the descriptor is missing;"),
        ({"resources": [resource(name=7)]}, "'resources[0].name' of the descriptor is not a text;"),
        (
            {"resources": [resource(), resource()]},
            "'resources[1].name' of the descriptor is 'figures' again;",
        ),
        ({"resources": [resource(path=None)]}, "'resources[0]' of the descriptor has neither path nor data;"),
        ({"resources": [resource(data=[])]}, "'resources[0]' of the descriptor has both path and data;"),
        (
            {"resources": [resource(path=7)]},
            "'resources[0].path' of the descriptor is not a path or a list of paths;",
        ),
        ({"resources": [resource(path=[])]}, "'resources[0].path'"),
        (
            {"resources": [resource(path=None, data=7)]},
            "'resources[0].data' of the descriptor holds no rows;",
        ),
        (
            {"resources": [resource(schema=[1])]},
            "'resources[0].schema' of the descriptor is not an object or a path;",
        ),
        (
            {"resources": [resource(encoding=["utf-8"])]},
            "'resources[0].encoding' of the descriptor is not a text;",
        ),
        ({"resources": [resource(dialect={"delimiter": "ab"})]}, "'resources[0].dialect.delimiter'"),
        ({"resources": [resource(dialect={"headerRows": [0]})]}, "'resources[0].dialect.headerRows'"),
        ({"resources": [resource(dialect={"csv": {"quoteChar": 1}})]}, "'resources[0].dialect.quoteChar'"),
        (
            {"resources": [resource(bytes="many")]},
            "'resources[0].bytes' of the descriptor is not a whole number;",
        ),
        (
            {"resources": [resource(hash="crc32:0a")]},
            "'resources[0].hash' of the descriptor cannot be checked;",
        ),
        (
            {"resources": [resource()], "licenses": "OGL"},
            "'licenses' of the descriptor is not a list of objects;",
        ),
        ({"resources": [resource()], "title": ["a"]}, "'title' of the descriptor is not a text;"),
        ({"resources": [resource()], "version": 1.0}, "'version' of the descriptor is not a text;"),
    ],
)
def test_descriptor_names_the_property_at_fault(tmp_path: Path, told: dict[str, Any], says: str) -> None:
    folder = write_package(tmp_path / "package")
    (folder / "datapackage.json").write_text(json.dumps(told))
    found = problem_of(folder, tmp_path / "scratch")
    assert (found.code, found.file) == ("descriptor-malformed", "datapackage.json")
    assert found.message.startswith(says)
    assert found.mend == "Put the property right, as the Data Package standard describes it."


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    folder = write_package(
        tmp_path / "package",
        resource(name="a", path="missing.csv"),
        resource(name="b", path="../figures.csv"),
        resource(name="c", table="nothing", bytes=1),
        licenses=7,
    )
    assert sorted(codes_of(problems_of(folder, tmp_path))) == [
        "descriptor-malformed",
        "file-missing",
        "path-outside-package",
        "size-differs",
        "table-unknown",
    ]


@pytest.mark.parametrize(
    ("content", "row", "says"),
    [
        (
            b"name: waste\n",
            1,
            "a value is missing, or is not written as JSON, at character 1 of the line.",
        ),
        (
            b'{"name": "x",\n "resources": [,]}',
            2,
            "a value is missing, or is not written as JSON, at character 16 of the line.",
        ),
        (
            b'{"name": "x"\n "title": "y"}',
            2,
            "a comma or a closing bracket is missing before character 2 of the line.",
        ),
        (b"\n<html>Sign in</html>", 1, "it is a web page or another text with tags."),
        (b"[1, 2]", None, "it is not an object with names and values."),
        (b"", 1, "it is empty."),
        (b'{"name": "\xff"}', 1, "it is not text in UTF-8."),
        (b'{"name": "a", "name": "b"}', None, "'name' is there twice in one object."),
        (b'{"a": Infinity}', None, "Infinity is not JSON."),
        (b'{"a": ' + b"[" * 100_000, None, "it has lists in lists without end."),
    ],
)
def test_descriptor_that_is_not_json_says_where(
    tmp_path: Path, content: bytes, row: int | None, says: str
) -> None:
    folder = write_package(tmp_path / "package")
    (folder / "datapackage.json").write_bytes(content)
    found = problem_of(folder, tmp_path / "scratch")
    assert (found.code, found.file, found.row) == ("descriptor-not-json", "datapackage.json", row)
    assert found.message == f"The descriptor is not JSON: {says}"


@pytest.mark.parametrize(
    "content",
    [
        "a: &x [1]\nb: [*x, *x]\n",
        "a: [1\n",
        "a: !!python/object/apply:os.system ['true']\n",
        "a: 2024-99-99\n",
    ],
)
def test_yaml_that_is_more_than_names_and_values_is_refused(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "datapackage.yaml").write_text(content)
    assert problem_of(folder, tmp_path / "scratch").code == "descriptor-not-json"


def test_schema_file_that_is_not_json_is_placed(tmp_path: Path) -> None:
    folder = write_package(
        tmp_path / "package", resource(schema="schema.json"), files={"schema.json": b"{\n"}
    )
    found = problem_of(folder, tmp_path)
    assert (found.code, found.file, found.row) == ("descriptor-not-json", "schema.json", 2)


def test_missing_package_and_missing_file_are_told(tmp_path: Path) -> None:
    found = problem_of(tmp_path / "nowhere", tmp_path)
    assert (found.code, found.message) == ("package-missing", "There is no package at 'nowhere'.")
    folder = write_package(tmp_path / "package", resource(path="figure.csv"))
    found = problem_of(folder, tmp_path)
    assert (found.code, found.value) == ("file-missing", "figure.csv")
    assert found.message == "The package holds no file 'figure.csv'. Closest: figures.csv."

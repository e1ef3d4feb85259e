"""Bad input, one kind after the other: one problem with its place and mend, and the old edition stays."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_checking_world import SMALL
from typer.testing import CliRunner

from cli import app
from ingest.gathering import check_packages
from ingest.problems import Problem, ProblemsFound
from publish import publish_site
from schemas.site import load_site

SITE = 'title = "Small"\nbase = "https://data.example.org/"\npackages = ["packages/*"]\n'


def write_small_package(folder: Path) -> Path:
    """Write the small world as a package of CSV files."""
    folder.mkdir(parents=True)
    for table, rows in SMALL.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    resources = [{"name": table, "path": f"{table}.csv"} for table in SMALL]
    write_descriptor(folder, {"name": "small", "resources": resources})
    return folder


def write_descriptor(folder: Path, told: Mapping[str, Any]) -> None:
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")


def change_resource(folder: Path, name: str, **more: Any) -> None:
    """Say something else of a resource in the descriptor."""
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in told["resources"]:
        if resource["name"] == name:
            resource.update(more)
    write_descriptor(folder, told)


def schema_of(*fields: dict[str, str], **more: Any) -> dict[str, Any]:
    """Make a Table Schema of some of a table's columns."""
    return {"fields": list(fields), "fieldsMatch": "subset", **more}


def name_path(folder: Path, path: str) -> None:
    """Name another path for the figures in the descriptor."""
    change_resource(folder, "observations", path=path)


def replace_in(folder: Path, found: str, other: str, file: str = "observations.csv") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert found in text
    (folder / file).write_text(text.replace(found, other, 1), encoding="utf-8")


def empty_file(folder: Path) -> None:
    (folder / "areas.csv").write_bytes(b"")


def wrong_encoding(folder: Path) -> None:
    replace_in(folder, "Buckinghamshire", "Buckinghamshir\u00e9", "areas.csv")
    file = folder / "areas.csv"
    file.write_bytes(file.read_text(encoding="utf-8").encode("windows-1252"))


def heading_twice(folder: Path) -> None:
    replace_in(folder, "lower_limit", "value")


def headings_again(folder: Path) -> None:
    first = (folder / "observations.csv").read_text(encoding="utf-8").splitlines()[0]
    replace_in(folder, "waste,bins", f"{first}\nwaste,bins")


def heading_misspelt(folder: Path) -> None:
    replace_in(folder, "area,label", "aera,label", "areas.csv")


def no_table(folder: Path) -> None:
    (folder / "areas.csv").write_text("<!doctype html>\n<title>Sign in</title>\n", encoding="utf-8")


def row_too_long(folder: Path) -> None:
    replace_in(folder, "43.6,", "43.6,,,,,,,,,,9,9,")


def cell_of_40_megabytes(folder: Path) -> None:
    replace_in(folder, "43.6,", f"{'9' * 40_000_000},")


def quotation_mark_not_closed(folder: Path) -> None:
    replace_in(folder, "43.6,", '"43.6,')


def path_that_climbs(folder: Path) -> None:
    name_path(folder, "../secret.csv")


def absolute_path(folder: Path) -> None:
    name_path(folder, "/etc/passwd")


def symbolic_link(folder: Path) -> None:
    (folder / "observations.csv").unlink()
    (folder / "observations.csv").symlink_to("/etc/passwd")


def address_in_package(folder: Path) -> None:
    name_path(folder, "https://example.org/a.csv")


def zip_bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder.parent / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "datapackage.json", "datapackage.json")
        archive.writestr("zeros.csv", bytes(80_000_000))
    shutil.rmtree(folder)


def date_in_a_number_column(folder: Path) -> None:
    replace_in(folder, "43.6,", "05/04/2023,")


def two_values_for_one_key(folder: Path) -> None:
    with (folder / "observations.csv").open("a", encoding="utf-8") as file:
        file.write("waste,recycled,E06000060,2022-23,41.9" + "," * 8 + "\n")


def code_close_to_a_known_one(folder: Path) -> None:
    replace_in(folder, "E09000015,2021-22", "E09000051,2021-22")


def area_that_ended_before(folder: Path) -> None:
    replace_in(folder, "E07000004,2019-20", "E07000004,2020-21")


def workbook_with_macros(folder: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    with (folder / "observations.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            book.active.append(row)
    book.save(folder / "observations.xlsx")
    with zipfile.ZipFile(folder / "observations.xlsx", "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    name_path(folder, "observations.xlsx")


def descriptor_that_is_not_json(folder: Path) -> None:
    (folder / "datapackage.json").write_text("{'name': 'small'}", encoding="utf-8")


Bad = Callable[[Path], None]

# What is done to the package, and the code, file, row and column of the one problem it makes.
CASES: list[tuple[Bad, str, str, int | None, str | None]] = [
    (empty_file, "file-empty", "small/areas.csv", None, None),
    (wrong_encoding, "encoding-wrong", "small/areas.csv", 3, "label"),
    (heading_twice, "column-repeated", "small/observations.csv", 1, "value"),
    (headings_again, "headings-repeated", "small/observations.csv", 9, None),
    (no_table, "headings-unknown", "small/areas.csv", 1, None),
    (row_too_long, "row-too-long", "small/observations.csv", 2, None),
    (cell_of_40_megabytes, "cell-too-large", "small/observations.csv", 2, "value"),
    (quotation_mark_not_closed, "quote-open", "small/observations.csv", 2, None),
    (path_that_climbs, "path-outside-package", "folder/datapackage.json", None, None),
    (absolute_path, "path-outside-package", "folder/datapackage.json", None, None),
    (symbolic_link, "link-in-package", "folder/datapackage.json", None, None),
    (address_in_package, "address-in-package", "folder/datapackage.json", None, None),
    (zip_bomb, "archive-too-large", "bomb.zip", None, None),
    (date_in_a_number_column, "value-malformed", "small/observations.csv", 2, "value"),
    (two_values_for_one_key, "observations-conflict", "small/observations.csv", 13, "value"),
    (code_close_to_a_known_one, "reference-unknown", "small/observations.csv", 3, "area"),
    (area_that_ended_before, "area-ended", "small/observations.csv", 4, "area"),
    (workbook_with_macros, "workbook-with-macros", "small/observations.xlsx", None, None),
    (descriptor_that_is_not_json, "descriptor-not-json", "folder/datapackage.json", 1, None),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with one good edition."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    write_small_package(folder / "packages" / "folder")
    publish_site(load_site(folder))
    return folder


def put_package(site: Path, change: Bad) -> None:
    shutil.rmtree(site / "packages")
    change(write_small_package(site / "packages" / "folder"))


def listed(site: Path) -> list[str]:
    return sorted(str(path) for path in (site / "editions").rglob("*"))


@pytest.mark.parametrize(
    ("change", "code", "file", "row", "column"), CASES, ids=[c[0].__name__ for c in CASES]
)
def test_bad_input_is_one_problem_with_its_place_and_nothing_is_published(
    site: Path, change: Bad, code: str, file: str, row: int | None, column: str | None
) -> None:
    before, current = listed(site), (site / "editions" / "current").resolve()
    put_package(site, change)
    with pytest.raises(ProblemsFound) as stopped:
        publish_site(load_site(site))
    [found] = stopped.value.problems
    assert (found.code, found.file, found.row, found.column) == (code, file, row, column)
    assert (found.count, found.severity) == (1, "error")
    assert found.mend.endswith(".")
    assert (site / "editions" / "current").resolve() == current
    assert listed(site) == before


@pytest.mark.parametrize("command", ["check", "publish"])
def test_bad_input_ends_the_command_with_1(site: Path, command: str) -> None:
    put_package(site, date_in_a_number_column)
    package = [str(site / "packages" / "folder")] if command == "check" else [str(site)]
    done = CliRunner().invoke(app, [command, *package])
    assert done.exit_code == 1
    assert "value-malformed  small/observations.csv, row 2" in done.output
    assert "Traceback" not in done.output


def checked(folder: Path, scratch: Path, **options: Any) -> list[Problem]:
    return check_packages([folder], scratch, **options).problems


def test_column_that_is_missing_is_not_told_again_for_every_row(tmp_path: Path) -> None:
    folder = write_small_package(tmp_path / "folder")
    heading_misspelt(folder)
    found = checked(folder, tmp_path / "scratch", is_site=True)
    assert [(one.code, one.message) for one in found] == [
        ("column-missing", "Column 'area' is missing. Closest: aera."),
        ("column-unknown", "Column 'aera' is not part of the table areas. Closest: area."),
    ]


def test_fault_that_the_publishers_schema_forbids_too_is_told_once(tmp_path: Path) -> None:
    folder = write_small_package(tmp_path / "folder")
    date_in_a_number_column(folder)
    change_resource(folder, "observations", schema=schema_of({"name": "value", "type": "number"}))
    [found] = checked(folder, tmp_path / "scratch", is_site=True)
    assert (found.code, found.row, found.count) == ("value-malformed", 2, 1)


def test_reference_to_a_table_that_cannot_be_read_is_not_told(tmp_path: Path) -> None:
    folder = write_small_package(tmp_path / "folder")
    empty_file(folder)
    key = {"fields": ["from_area"], "reference": {"resource": "areas", "fields": ["area"]}}
    change_resource(folder, "area_changes", schema=schema_of({"name": "from_area"}, foreignKeys=[key]))
    for is_site in (True, False):
        [found] = checked(folder, tmp_path / f"scratch-{is_site}", is_site=is_site)
        assert (found.code, found.file) == ("file-empty", "small/areas.csv")


def test_package_that_cannot_be_opened_leaves_references_unjudged(tmp_path: Path) -> None:
    folder = write_small_package(tmp_path / "folder")
    (tmp_path / "register").mkdir()
    shutil.move(folder / "areas.csv", tmp_path / "register" / "areas.csv")
    (tmp_path / "register" / "datapackage.json").write_text("{", encoding="utf-8")
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    told["resources"] = [resource for resource in told["resources"] if resource["name"] != "areas"]
    write_descriptor(folder, told)
    found = check_packages([folder, tmp_path / "register"], tmp_path / "scratch", is_site=True).problems
    assert [(one.code, one.file) for one in found] == [("descriptor-not-json", "register/datapackage.json")]


def test_what_no_package_has_is_named_once(tmp_path: Path) -> None:
    folder = write_small_package(tmp_path / "folder")
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    told["resources"] = [resource for resource in told["resources"] if resource["name"] != "areas"]
    write_descriptor(folder, told)
    for theme in ("waste,Waste", "work,Work"):
        replace_in(folder, f"theme,{theme},,\n", "", "codes.csv")
    [found] = checked(folder, tmp_path / "scratch")
    assert (found.code, found.severity) == ("references-unchecked", "warning")
    assert found.message == (
        "These are in no package given, so the codes that refer to them were not looked up: "
        "the code list theme, the table areas."
    )

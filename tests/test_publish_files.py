"""What people take away: files that other people's programs accept, and that no spreadsheet runs."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from frictionless import Package
from test_publish_world import (
    BASE,
    TABLES,
    YEAR_2023,
    make_contents,
    observation,
    small_world,
    without_areas,
    write_world,
)

from publish.contents import Contents


def downloads(contents: Contents, folder: Path) -> Path:
    return write_world(contents, folder) / "downloads"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return downloads(small_world(), tmp_path_factory.mktemp("files") / "edition")


def test_frictionless_accepts_the_package(files: Path):
    report = Package(files / "datapackage.json").validate()
    assert report.valid, report.to_summary()
    assert len(report.tasks) == 20


def test_frictionless_refuses_the_package_when_a_figure_is_damaged(files: Path, tmp_path: Path):
    """The judge can fail: the same package with one letter in a number column."""
    descriptor = json.loads((files / "datapackage.json").read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        resource.pop("hash")
        resource.pop("bytes")
        target = tmp_path / resource["path"]
        target.parent.mkdir(exist_ok=True)
        target.write_text((files / resource["path"]).read_text(encoding="utf-8").replace("43.60", "43.6O"))
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    assert not Package(tmp_path / "datapackage.json").validate().valid


def test_the_descriptor_is_a_data_package_with_licences_and_sources(files: Path):
    descriptor = json.loads((files / "datapackage.json").read_text(encoding="utf-8"))
    assert descriptor["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert descriptor["licenses"] == [{"path": TABLES["datasets"][0]["licence"]}]
    assert {source["title"] for source in descriptor["sources"]} == {
        "Contains public sector information.",
        'Statistics Office, "Work" 2024',
    }
    resources = {resource["name"]: resource for resource in descriptor["resources"]}
    work = resources["observations-work"]
    assert work["dataset"] == "work"
    assert [field["name"] for field in work["schema"]["fields"]][5] == "sex"
    assert work["hash"] == "sha256:" + hashlib.sha256((files / work["path"]).read_bytes()).hexdigest()


def test_sha256sum_accepts_the_sums(files: Path):
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=files, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")


def test_csvw_names_every_column_of_its_file(files: Path):
    for dataset in ("waste", "work"):
        described = json.loads((files / f"datasets/{dataset}.csv-metadata.json").read_text(encoding="utf-8"))
        with (files / "datasets" / described["url"]).open(encoding="utf-8", newline="") as file:
            heading = next(csv.reader(file))
        columns = described["tableSchema"]["columns"]
        assert [column["titles"] for column in columns] == heading
        assert all(column["propertyUrl"].startswith("http") for column in columns)
        assert described["dc:license"] == {"@id": TABLES["datasets"][0]["licence"]}
    assert "aboutUrl" not in described["tableSchema"]


def test_no_text_becomes_a_formula_and_no_number_changes(tmp_path: Path):
    notes = ["=1+1", "+44 20", "-5 remarks", "@SUM(A1)", "\tx", "\rx", "plain", 'a "b", c']
    rows = [
        observation(f"E0600000{at}", YEAR_2023, f"-{at + 1}.50", lower_limit="-9", note=note)
        for at, note in enumerate(notes)
    ]
    areas = [{"area": row["area"], "label": "=cmd|' /C calc'!A0", "area_type": "unitary"} for row in rows]
    changed = without_areas()
    folder = downloads(make_contents(rows, {"areas": areas, **changed}), tmp_path / "edition")
    text = (folder / "datasets" / "waste.csv").read_bytes().decode("utf-8")
    read = list(csv.DictReader(StringIO(text, newline="")))
    assert [row["note"] for row in read] == [f"'{note}" for note in notes[:6]] + notes[6:]
    assert [row["value"] for row in read] == [f"-{at + 1}.50" for at in range(len(notes))]
    assert {row["lower_limit"] for row in read} == {"-9"}
    table = (folder / "tables" / "areas.csv").read_bytes().decode("utf-8")
    labels = {row["label"] for row in csv.DictReader(StringIO(table, newline=""))}
    assert labels == {"'=cmd|' /C calc'!A0"}


def test_parquet_and_csv_hold_the_same_figures(files: Path):
    table = pq.read_table(files / "observations.parquet").to_pylist()
    assert [row["value_text"] for row in table] == [
        "80100",
        "40050",
        None,
        "41.0",
        "43.60",
        None,
        "45",
        "0.0",
    ]
    assert [row["breakdown"] for row in table][:3] == ["", "sex=female", "sex=male"]
    assert table[4]["numerator"] == 436.0
    assert table[5]["note"] == "Fewer than 5\\10"


def test_one_file_of_a_folder_is_the_database_itself(files: Path):
    assert (files / "catalogue.db").samefile(files.parent / "catalogue.db")


def test_an_address_of_the_site_is_all_that_differs_under_another_base(files: Path, tmp_path: Path):
    other = downloads(make_contents(base="https://other.example.net/x/"), tmp_path / "edition")
    assert (other / "datasets/waste.csv").read_bytes() == (files / "datasets/waste.csv").read_bytes()
    mine = (files / "datasets/waste.csv-metadata.json").read_text(encoding="utf-8")
    theirs = (other / "datasets/waste.csv-metadata.json").read_text(encoding="utf-8")
    assert mine.replace(BASE, "https://other.example.net/x/") == theirs


def test_the_command_line_judge_of_frictionless_agrees(files: Path):
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json"]
    done = subprocess.run(command, cwd=files, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

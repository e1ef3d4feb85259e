"""Every site offers its definitions as a package of their own, at an address that stays."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package
from test_publish_world import BASE, OGL, TABLES, make_contents, small_world, write_world

from ingest import check_packages


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of definitions of the small world."""
    edition = write_world(small_world(), tmp_path_factory.mktemp("register") / "edition")
    return edition / "downloads" / "definitions"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_frictionless_accepts_the_definitions(folder: Path):
    report = Package(folder / "datapackage.json").validate()
    assert report.valid, report.to_summary()


def test_our_own_checker_accepts_the_definitions(folder: Path, tmp_path: Path):
    report = check_packages([folder], tmp_path / "scratch")
    assert [found.message for found in report.problems] == []


def test_the_package_holds_every_version_and_says_where_it_comes_from(folder: Path):
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert [(row["indicator"], row["version"]) for row in read(folder / "indicators.csv")] == [
        ("in-work", "1.0.0"),
        ("recycled", "1.0.0"),
        ("recycled", "2.0.0"),
    ]
    assert (told["base"], told["version"]) == (BASE, "2026-01-02-000000000000")
    assert told["licenses"] == [{"path": OGL}]
    assert [source["title"] for source in told["sources"]] == ["Statistics Office"]


def test_each_file_has_its_size_and_digest(folder: Path):
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in told["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_only_bodies_that_own_a_definition_are_in_it(folder: Path):
    assert {row["body"] for row in TABLES["bodies"]} == {"brookborough-council", "statistics-office"}
    assert [row["body"] for row in read(folder / "bodies.csv")] == ["statistics-office"]


def test_a_site_without_definitions_has_the_package_all_the_same(tmp_path: Path):
    empty: dict[str, list[dict[str, Any]]] = {
        name: [] for name in TABLES if name not in ("code_lists", "codes")
    }
    edition = write_world(make_contents([], empty), tmp_path / "edition")
    package = Package(edition / "downloads" / "definitions" / "datapackage.json")
    assert package.validate().valid
    assert [resource.name for resource in package.resources] == ["code_lists", "codes"]

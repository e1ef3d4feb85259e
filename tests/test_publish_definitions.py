"""What was defined in an edition stays in the next: no version is deleted, none changes under its number."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_publish_site import make_site
from test_publish_world import DAY, TABLES, make_contents, write_world

from ingest.problems import Place, Problem, ProblemsFound
from publish import PublishingStopped, publish_site
from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder
from publish.kept_definitions import check_definitions

Rows = list[dict[str, Any]]

# Two more definitions, one of them a draft; nothing has figures for them.
GLASS = TABLES["indicators"][1] | {"indicator": "glass", "version": "1.0.0"}
DRAFT = GLASS | {"indicator": "bottles", "version": "0.1.0", "status": "draft"}
DEFINED: Rows = [*TABLES["indicators"], GLASS, DRAFT]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> EditionsFolder:
    """Editions of which the current one has the definitions above."""
    made = EditionsFolder(tmp_path_factory.mktemp("editions"))
    with made.locked(), made.scratch() as scratch:
        contents = make_contents(tables={"indicators": DEFINED})
        publish_contents(prepare(contents, scratch / "downloads"), made, Making(DAY))
    return made


def find(folder: EditionsFolder, rows: Rows) -> list[Problem]:
    """Hold other definitions against those of the current edition."""
    return check_definitions(make_contents(tables={"indicators": rows}), folder, {1: Place("indicators.csv")})


def altered(notation: str, **cells: Any) -> Rows:
    """Change cells of one definition."""
    return [row | cells if row["indicator"] == notation else row for row in DEFINED]


def test_same_definitions_are_no_problem(folder: EditionsFolder) -> None:
    assert find(folder, DEFINED) == []


def test_first_edition_has_nothing_to_keep(tmp_path: Path) -> None:
    assert find(EditionsFolder(tmp_path), DEFINED) == []


@pytest.mark.parametrize("gone", ["glass", "bottles"])
def test_version_that_was_published_cannot_be_left_out(gone: str, folder: EditionsFolder) -> None:
    [found] = find(folder, [row for row in DEFINED if row["indicator"] != gone])
    version = "1.0.0" if gone == "glass" else "0.1.0"
    assert found.code == "definition-removed"
    assert found.message == f"{gone} {version} was published in the edition {folder.current} and is gone."


def test_words_of_a_published_version_cannot_change(folder: EditionsFolder) -> None:
    [found] = find(folder, altered("glass", numerator="Glass recycled", caveats="Few answered."))
    assert (found.code, found.column, found.value) == ("definition-changed", "numerator", "1.0.0")
    assert (found.file, found.row) == ("indicators.csv", 5)
    assert found.message == (
        f"glass 1.0.0 was published in the edition {folder.current} with something else in numerator, caveats."
    )
    assert "1.1.0 if that is free" in found.mend


@pytest.mark.parametrize(
    "cells", [{"comparable_with_previous": "yes"}, {"valid_from": date(2023, 4, 2)}, {"change_note": "None."}]
)
def test_what_a_version_says_of_itself_cannot_change(cells: dict[str, Any], folder: EditionsFolder) -> None:
    [found] = find(folder, altered("glass", **cells))
    assert (found.code, found.column) == ("definition-changed", next(iter(cells)))


@pytest.mark.parametrize(
    "cells",
    [
        {"status": "withdrawn", "valid_to": date(2024, 3, 31), "replaced_by": "recycled"},
        {"numerator": " Waste sent  for recycling", "themes": " waste "},
    ],
)
def test_stage_may_move_on_and_white_space_is_no_change(
    cells: dict[str, Any], folder: EditionsFolder
) -> None:
    assert find(folder, altered("glass", **cells)) == []


def test_words_of_a_draft_may_change(folder: EditionsFolder) -> None:
    assert find(folder, altered("bottles", definition="Bottles put back into use.")) == []


def test_new_version_beside_the_published_ones_is_accepted(folder: EditionsFolder) -> None:
    rows = [
        *altered("glass", status="withdrawn"),
        GLASS | {"version": "1.1.0", "numerator": "Glass recycled"},
    ]
    assert find(folder, rows) == []


def test_edition_that_cannot_be_read_is_no_leave_to_delete(tmp_path: Path) -> None:
    name = "2026-01-02-000000000000"
    (tmp_path / name).mkdir()
    (tmp_path / name / "catalogue.db").write_bytes(b"no database" * 999)
    (tmp_path / "current").symlink_to(name)
    with pytest.raises(PublishingStopped, match="cannot be read"):
        find(EditionsFolder(tmp_path), DEFINED)


def test_site_that_would_lose_a_definition_publishes_nothing(tmp_path: Path) -> None:
    contents = make_contents(tables={"indicators": DEFINED})
    package = write_world(contents, tmp_path / "edition") / "downloads"
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY).edition
    take_out(Path(site.packages[0]), "glass")
    for dry_run in (True, False):
        with pytest.raises(ProblemsFound) as caught:
            publish_site(site, on=DAY, dry_run=dry_run)
        assert [one.code for one in caught.value.problems] == ["definition-removed"]
    editions = EditionsFolder(site.editions_folder)
    assert (editions.current, editions.names()) == (first, [first])


def take_out(package: Path, indicator: str) -> None:
    """Take a definition out of a package, and what the descriptor says of the file."""
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    [resource] = [one for one in descriptor["resources"] if one["name"] == "indicators"]
    for key in ("hash", "bytes"):
        resource.pop(key)
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    file = package / resource["path"]
    with file.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.reader(opened) if row[0] != indicator]
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)

"""An edition has the same bytes whether all of it was made, or what did not change was taken from the one before."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from test_publish_world import BASE, DAY, small_world, write_world

from ingest.checking.cells import Grid, check_cells
from ingest.checking.faults import Fault
from ingest.problems import ProblemsFound
from publish import KEPT, Published, publish_site
from publish.carried import FOLDER as CARRIED
from publish.coded import CodedBefore, find_coded
from publish.parts import NAME as PARTS
from schemas.site import Site

NOW = datetime(2026, 1, 2, tzinfo=UTC)

Change = Callable[[Path], None]


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    make_shares_small(monkeypatch)


def make_shares_small(patch: pytest.MonkeyPatch) -> None:
    """Make a share, and a run, of each indicator, however few its figures are."""
    for name in ("LARGE_ROWS", "RUN_ROWS", "_RUN_ENDS"):
        patch.setattr(f"publish.shares.{name}", 1)


def edit(path: Path, found: str, corrected: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, corrected), encoding="utf-8")


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add_litter(packages: Path) -> None:
    """Add a package with a dataset of its own."""
    world, folder = packages / "world", packages / "litter"
    folder.mkdir()
    dataset = read_rows(world / "tables" / "datasets.csv")[0]
    figure = {"dataset": "litter", "indicator": "litter", "period": "2023", "status": ""}
    write_rows(folder / "datasets.csv", [dataset | {"dataset": "litter", "title": "Litter"}])
    areas = ["E06000002", "E06000003"]
    write_rows(
        folder / "observations.csv",
        [figure | {"area": area, "value": str(40 + at)} for at, area in enumerate(areas)],
    )
    describe(folder, {name: f"{name}.csv" for name in ("datasets", "observations")})


def describe(folder: Path, tables: dict[str, str]) -> None:
    resources = [
        {"name": Path(path).stem, "path": path, "table": name, "encoding": "utf-8"}
        for path, name in ((path, name) for name, path in tables.items())
    ]
    told = {"name": folder.name, "title": folder.name, "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two packages that is published once; its tests change copies of it."""
    made = tmp_path_factory.mktemp("incremental")
    files = write_world(small_world(), made / "edition") / "downloads"
    world = made / "site" / "packages" / "world"
    shutil.copytree(files / "tables", world / "tables")
    shutil.copytree(files / "datasets", world / "datasets")
    # Targets look at figures from outside, and then every file is checked each time.
    (world / "tables" / "targets.csv").unlink()
    indicators = read_rows(world / "tables" / "indicators.csv")
    [one] = [row for row in indicators if row["indicator"] == "in-work"]
    # A definition is never removed, so it belongs to the package that stays.
    write_rows(
        world / "tables" / "indicators.csv",
        [*indicators, one | {"indicator": "litter", "label": "Litter picked up"}],
    )
    resources = [
        {"name": path.stem, "path": f"tables/{path.name}", "table": path.stem, "encoding": "utf-8"}
        for path in sorted((world / "tables").iterdir())
    ]
    resources += [
        {"name": name, "path": f"datasets/{name}.csv", "table": "observations", "encoding": "utf-8"}
        for name in ("waste", "work")
    ]
    told = {"name": "world", "title": "World", "resources": resources}
    (world / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    add_litter(made / "site" / "packages")
    with pytest.MonkeyPatch.context() as patch:
        make_shares_small(patch)
        publish(made / "site")
    return made / "site"


def publish(folder: Path) -> Path:
    return folder / "editions" / publish_and_tell(folder).edition


def publish_and_tell(folder: Path, done: Callable[[float], None] = lambda _share: None) -> Published:
    packages = tuple(str(path) for path in sorted((folder / "packages").iterdir(), reverse=True))
    site = Site(folder, "The small world", BASE, packages, threads=1)
    return publish_site(site, on=DAY, now=NOW, done=done)


def forget(folder: Path) -> None:
    """Delete all that is kept for the next publication."""
    shutil.rmtree(folder / "editions" / KEPT)
    for edition in folder.glob("editions/2*"):
        (edition / PARTS).unlink()
        shutil.rmtree(edition / CARRIED)


def digests(edition: Path) -> dict[str, str]:
    """Give the digest of every file of an edition; a store has files of its own order."""
    return {
        str(path.relative_to(edition)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(edition.rglob("*"))
        if path.is_file() and "store" not in path.parts
    }


def change_definition(packages: Path) -> None:
    """Say when a definition was given up: what was published of it stays."""
    path = packages / "world" / "tables" / "indicators.csv"
    rows = read_rows(path)
    write_rows(
        path, [row | ({"status": "withdrawn"} if row["indicator"] == "litter" else {}) for row in rows]
    )


def end_area(packages: Path) -> None:
    edit(packages / "world" / "tables" / "areas.csv", "Brookborough", "Brookborough and Vale")


def add_file(packages: Path) -> None:
    """Add a file of figures before others: then codes and sources have other numbers, and other figures stay."""
    world = packages / "world"
    [first, *_] = [row for row in read_rows(world / "datasets" / "waste.csv") if not row.get("sex")]
    write_rows(
        world / "datasets" / "more.csv",
        [first | {"period": "2021-22", "value": "41.50", "note": "A new note"}],
    )
    path = world / "datapackage.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    more = {"name": "more", "path": "datasets/more.csv", "table": "observations", "encoding": "utf-8"}
    path.write_text(json.dumps(told | {"resources": [more, *told["resources"]]}), encoding="utf-8")


CHANGES: dict[str, Change] = {
    "a figure": lambda packages: edit(packages / "litter" / "observations.csv", ",41", ",43.5"),
    "a figure is gone": lambda packages: edit(
        packages / "litter" / "observations.csv", "litter,litter,2023,,E06000003,41\n", ""
    ),
    "a figure that no number keeps": lambda packages: edit(
        packages / "litter" / "observations.csv", ",41", ",41.12345678901234567"
    ),
    "a file more": add_file,
    "a package is gone": lambda packages: shutil.rmtree(packages / "litter"),
    "a definition": change_definition,
    "an area": end_area,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_reused_gives_the_bytes_that_making_it_gives(
    tmp_path: Path, published: Path, change: str, monkeypatch: pytest.MonkeyPatch
):
    if change == "a file more":
        # As with many rows, of which none stay in memory.
        monkeypatch.setattr("publish.observations.LENT_ROWS", 0)
    editions = []
    for name in ("again", "anew"):
        folder = tmp_path / name
        shutil.copytree(published, folder, symlinks=True)
        if name == "anew":
            forget(folder)
        CHANGES[change](folder / "packages")
        editions.append(publish(folder))
    again, anew = map(digests, editions)
    assert again == anew
    assert "downloads/catalogue.db" in again
    assert len(list((tmp_path / "again" / "editions").glob("2*"))) == 2


def test_what_was_taken_from_before_is_said(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    CHANGES["a figure"](folder / "packages")
    shares: list[float] = []
    told = publish_and_tell(folder, shares.append)
    assert told.kept == (2, 2)
    # What need not be done is no part of the work whose share is told.
    assert all(first < second for first, second in pairwise(shares))
    assert shares.index(1.0) == len(shares) - 1
    assert "Taken from before: 2 files of figures, 2 parts of the linked data." in str(told)


def test_figures_are_taken_from_before_where_all_numbers_of_codes_and_files_are_others(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    CHANGES["a file more"](folder / "packages")
    found: list[CodedBefore | None] = []

    def find(*told: Any) -> CodedBefore | None:
        found.append(find_coded(*told))
        return found[-1]

    monkeypatch.setattr("publish.find_coded", find)
    publish(folder)
    [before] = found
    assert before is not None
    assert before.wanted == {"recycled"}
    assert len(before.taken) == 2


def test_of_a_damaged_file_what_is_whole_is_taken(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    [path] = folder.glob("editions/2*/downloads/site.nq.gz")
    content = bytearray(path.read_bytes())
    content[-20] ^= 0xFF
    path.write_bytes(content)
    CHANGES["a figure"](folder / "packages")
    told = publish_and_tell(folder)
    assert [name.partition("/")[2] for name in told.damaged] == ["downloads/site.nq.gz"]
    files, shares = told.kept
    assert (files, shares) == (2, 1)


def test_what_did_not_change_is_the_same_on_the_disk(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    before = (folder / "editions" / "current").resolve() / "downloads"
    CHANGES["a figure"](folder / "packages")
    after = publish(folder) / "downloads"
    same = {name: (before / name).samefile(after / name) for name in datasets_of(after)}
    assert same == {"datasets/litter.csv": False, "datasets/waste.csv": True, "datasets/work.csv": True}


def datasets_of(downloads: Path) -> list[str]:
    return sorted(str(path.relative_to(downloads)) for path in downloads.glob("datasets/*.csv"))


def test_every_file_of_figures_is_put_together_from_parts(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    CHANGES["a figure"](folder / "packages")
    lines = (publish(folder) / PARTS).read_text(encoding="utf-8").splitlines()
    before = next(path for path in folder.glob(f"editions/2*/{PARTS}") if path.parent != publish(folder))
    parts, known = (
        json.loads(text)["parts"] for text in (lines[1], before.read_text("utf-8").splitlines()[1])
    )
    for path in ("site.nq.gz", "observations.csv.gz", "observations.parquet", "catalogue.db"):
        same = parts[f"downloads/{path}"].keys() & known[f"downloads/{path}"].keys()
        assert 0 < len(same) < len(parts[f"downloads/{path}"]), path


def test_a_file_that_was_put_together_is_one_that_others_read(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    CHANGES["a figure"](folder / "packages")
    downloads = publish(folder) / "downloads"
    file = downloads / "observations.parquet"
    with gzip.open(downloads / "observations.csv.gz", "rt", encoding="utf-8", newline="") as text:
        lines = list(csv.DictReader(text))
    assert pq.ParquetFile(file).metadata.num_row_groups > 1
    asked = "SELECT indicator, coalesce(value_text, '') FROM read_parquet(?)"
    by_engine = duckdb.execute(asked, [str(file)]).fetchall()
    by_library = [(row["indicator"], row["value_text"] or "") for row in pq.read_table(file).to_pylist()]
    assert by_engine == by_library == [(row["indicator"], row["value"]) for row in lines]
    with sqlite3.connect(downloads / "catalogue.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM observations").fetchone() == (len(lines),)
    connection.close()


def test_a_package_that_comes_back_gives_what_it_gave(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    shutil.rmtree(folder / "packages" / "litter")
    publish(folder)
    add_litter(folder / "packages")
    again = json.loads((publish(folder) / "manifest.json").read_text(encoding="utf-8"))
    first = json.loads(next(published.glob("editions/2*/manifest.json")).read_text(encoding="utf-8"))
    assert again["content"] == first["content"]
    assert again["tables"] == first["tables"]


def test_damage_to_what_is_kept_is_noticed(tmp_path: Path, published: Path):
    editions = []
    for name in ("damaged", "anew"):
        folder = tmp_path / name
        shutil.copytree(published, folder, symlinks=True)
        if name == "anew":
            forget(folder)
        else:
            damage(folder)
        CHANGES["a figure"](folder / "packages")
        editions.append(publish(folder))
    assert digests(editions[0]) == digests(editions[1])


def damage(folder: Path) -> None:
    """Change a byte in the middle of everything that is taken from, but nowhere in what says where it lies."""
    kept = [*folder.glob(f"editions/{KEPT}/*.parquet"), *folder.glob(f"editions/2*/{CARRIED}/*")]
    kept += folder.glob("editions/2*/downloads/*.gz")
    kept += folder.glob("editions/2*/downloads/datasets/*.csv")
    assert len(kept) >= 12
    for path in kept:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)


def test_a_list_of_what_is_kept_that_is_cut_off_is_no_list(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    for path in (folder / "editions" / KEPT / "kept.json", next(folder.glob(f"editions/2*/{PARTS}"))):
        text = path.read_text(encoding="utf-8")
        path.write_text(text[: len(text) // 2], encoding="utf-8")
    CHANGES["a figure"](folder / "packages")
    assert publish_and_tell(folder).kept == (0, 0)


def test_what_was_right_beside_other_tables_is_checked_again(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    # Nobody touched the figures; the area that they are about is gone.
    areas = folder / "packages" / "world" / "tables" / "areas.csv"
    write_rows(areas, [row for row in read_rows(areas) if row["area"] != "E06000003"])
    with pytest.raises(ProblemsFound) as found:
        publish(folder)
    assert any(one.file == "litter/observations.csv" for one in found.value.problems)


def test_of_tables_that_are_what_they_were_none_is_checked_again(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    checked: list[str] = []

    def check(grid: Grid) -> list[Fault]:
        checked.append(grid.relation)
        return check_cells(grid)

    monkeypatch.setattr("ingest.checking.standard.check_cells", check)
    CHANGES["a figure"](folder / "packages")
    publish(folder)
    assert checked == ["standard_observations"]
    # A figure is checked by what the other tables say, whether those are checked or not.
    edit(folder / "packages" / "litter" / "observations.csv", "E06000002", "E06999999")
    with pytest.raises(ProblemsFound) as found:
        publish(folder)
    assert {one.column for one in found.value.problems} == {"area"}
    end_area(folder / "packages")
    edit(folder / "packages" / "litter" / "observations.csv", "E06999999", "E06000002")
    checked.clear()
    publish(folder)
    assert "standard_areas" in checked


def test_a_figure_that_another_file_gives_again_is_found(tmp_path: Path, published: Path):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    rows = read_rows(folder / "packages" / "litter" / "observations.csv")
    [first, *_] = read_rows(folder / "packages" / "world" / "datasets" / "waste.csv")
    write_rows(
        folder / "packages" / "litter" / "observations.csv",
        [*rows, {**{name: first[name] for name in rows[0]}, "value": "40.5"}],
    )
    with pytest.raises(ProblemsFound) as found:
        publish(folder)
    assert [one.code for one in found.value.problems] == ["observations-conflict"]

"""Of figures that did not change, nobody reads the rows, and what follows from them is the same all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from test_incremental import digests, forget, make_shares_small, publish, read_rows, write_rows

from benchmarks.generator import Size
from benchmarks.split import change_figures, write_packages
from publish.coded import CodedBefore
from publish.observations import Observations

# Enough for an index of several leaves, some of which have figures of every indicator.
SIZE = Size("five", 40, 5, 3)

Change = Callable[[Path], object]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def make_small(patch: pytest.MonkeyPatch) -> None:
    make_shares_small(patch)
    patch.setattr("publish.catalogue.PAGE_BYTES", 1024)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows") / "site"
    (folder / "packages").mkdir(parents=True)
    write_packages(folder / "packages", SIZE)
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        publish(folder)
    return folder


def package(packages: Path, place: int) -> Path:
    """Give a package of figures, by its place from 0; the last package is the register."""
    return sorted(packages.glob("indicator-*"))[place]


def figures(packages: Path, place: int) -> Path:
    return package(packages, place) / "observations.csv"


def withdraw_first_area(packages: Path) -> None:
    """Let one area have no figure of one indicator any more."""
    rows = read_rows(figures(packages, 2))
    write_rows(figures(packages, 2), [row for row in rows if row["area"] != rows[0]["area"]])


def hide_a_figure(packages: Path) -> None:
    rows = read_rows(figures(packages, 1))
    rows[4] |= {"value": "", "status": "suppressed", "lower_limit": "", "upper_limit": ""}
    write_rows(figures(packages, 1), rows)


def add_note(packages: Path) -> None:
    rows = read_rows(figures(packages, 1))
    rows[4]["note"] = "A note before all others"
    write_rows(figures(packages, 1), rows)


def add_year(packages: Path) -> None:
    rows = read_rows(figures(packages, 3))
    write_rows(figures(packages, 3), [rows[0] | {"period": "1999"}, *rows])


CHANGES: dict[str, Change] = {
    "figures of the first indicator": lambda packages: change_figures(package(packages, 0)),
    "figures of one between others": lambda packages: change_figures(package(packages, 2)),
    "figures of the last indicator": lambda packages: change_figures(package(packages, 4)),
    "figures of two": lambda packages: [change_figures(package(packages, place)) for place in (1, 4)],
    "a status": hide_a_figure,
    "an area less in one": withdraw_first_area,
    "a note that was not there": add_note,
    "a year that was not there": add_year,
}

# Changes after which a list of codes is another one: then the index is made of all rows.
OTHER_LISTS = {"a note that was not there", "a year that was not there"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Collection[int]]:
    """Note the definitions whose rows are brought in from before."""
    found: list[Collection[int]] = []
    bring = CodedBefore.rows

    def rows(before: CodedBefore, fresh: Observations, definitions: Collection[int]) -> Any:
        found.append(definitions)
        return bring(before, fresh, definitions)

    monkeypatch.setattr(CodedBefore, "rows", rows)
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_an_edition_without_the_rows_is_the_one_that_is_made_of_them(
    tmp_path: Path, published: Path, change: str, asked: list[Collection[int]]
):
    folder = tmp_path / "again"
    shutil.copytree(published, folder, symlinks=True)
    CHANGES[change](folder / "packages")
    shutil.copytree(folder, tmp_path / "anew", symlinks=True)
    forget(tmp_path / "anew")
    again = publish(folder)
    assert bool(asked) == (change in OTHER_LISTS)
    assert digests(again) == digests(publish(tmp_path / "anew"))
    with sqlite3.connect(again / "catalogue.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_an_index_that_is_damaged_is_made_of_all_rows(
    tmp_path: Path, published: Path, asked: list[Collection[int]]
):
    folder = tmp_path / "site"
    shutil.copytree(published, folder, symlinks=True)
    for path in folder.glob("editions/2*/carried/dividers.bin"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 0xFF
        path.write_bytes(content)
    change_figures(package(folder / "packages", 2))
    shutil.copytree(folder, tmp_path / "anew", symlinks=True)
    forget(tmp_path / "anew")
    again = publish(folder)
    assert len(asked) == 1
    assert digests(again) == digests(publish(tmp_path / "anew"))

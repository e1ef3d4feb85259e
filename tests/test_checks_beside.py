"""Checks in a process of their own find what checks in this one find, and nothing bad is published meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from test_bad_input import SITE, date_in_a_number_column, heading_misspelt, replace_in, write_small_package

from ingest import begin_checking, check_packages, second_process
from ingest.checking.beside import AtOnce
from ingest.problems import ProblemsFound
from publish import publish_site
from schemas.site import load_site


def unknown_area(folder: Path) -> None:
    replace_in(folder, "E06000060", "E06000061")


def nothing(_folder: Path) -> None:
    """Leave the package as it is."""


@pytest.mark.parametrize("harm", [nothing, date_in_a_number_column, heading_misspelt, unknown_area])
def test_second_process_finds_what_one_process_finds(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    folder = write_small_package(tmp_path / "folder")
    harm(folder)
    alone = check_packages([folder], tmp_path / "alone", is_site=True)
    with second_process() as executor:
        checking = begin_checking([folder], tmp_path / "beside", is_site=True, executor=executor)
        beside = checking.finish()
    assert beside.problems == alone.problems
    assert beside.has_errors == (harm is not nothing)
    assert checking.finish() is beside


@pytest.mark.parametrize("harm", [date_in_a_number_column, heading_misspelt, unknown_area])
def test_what_is_found_beside_is_all_that_is_told_and_nothing_is_published(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(write_small_package(tmp_path / "packages" / "folder"))
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    site = load_site(tmp_path)
    with pytest.raises(ProblemsFound) as at_once:
        publish_site(site)
    with second_process() as executor, pytest.raises(ProblemsFound) as beside:
        publish_site(site, executor=executor)
    assert beside.value.problems == at_once.value.problems
    assert not (site.editions_folder / "current").exists()


def test_editions_are_the_same_with_and_without_a_second_process(tmp_path: Path) -> None:
    write_small_package(tmp_path / "packages" / "folder")
    digests = []
    for name in ("alone", "beside"):
        (tmp_path / name).mkdir()
        settings = SITE.replace("packages/*", f"{tmp_path}/packages/*")
        (tmp_path / name / "site.toml").write_text(settings, encoding="utf-8")
        with second_process() as executor:
            told = {"executor": executor} if name == "beside" else {}
            digests.append(publish_site(load_site(tmp_path / name), **told).edition)
    assert digests[0] == digests[1]


def test_work_done_at_once_keeps_its_fault_for_who_asks() -> None:
    work = AtOnce().submit(int, "none")
    with pytest.raises(ValueError, match="none"):
        work.result()


def test_one_processor_has_no_second_process() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with second_process() as executor:
            assert executor.submit(os.getpid).result() == os.getpid()
    finally:
        os.sched_setaffinity(0, allowed)

"""Packages made to do harm: each is refused with the reason, and nothing outside is touched."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from package_files import FIGURES, opened, problem_of, problems_of, resource, write_archive, write_package

from ingest.package import open_package

ADDRESSES = [
    "https://example.org/a.csv",
    "http://example.org/a.csv",
    "ftp://example.org/a",
    "file:///etc/passwd",
]
OUTSIDE = [
    "../secret.csv",
    "data/../../secret.csv",
    "/etc/passwd",
    "~/a.csv",
    "C:/a.csv",
    "C:\\a.csv",
    "..\\a.csv",
]
MALFORMED = ["data\\a.csv", "a\0.csv", "a\n.csv", "data/", "a" * 2000]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file beside the package that nothing may read."""
    file = tmp_path / "secret.csv"
    file.write_text("password\nhunter2\n")
    return file


@pytest.mark.parametrize(
    ("path", "code"),
    [
        *((path, "address-in-package") for path in ADDRESSES),
        *((path, "path-outside-package") for path in OUTSIDE),
        *((path, "path-malformed") for path in MALFORMED),
        (".", "path-malformed"),
    ],
)
@pytest.mark.parametrize("where", ["path", "part", "schema", "dialect"])
def test_path_that_does_not_stay_in_the_package_is_refused(
    tmp_path: Path, secret: Path, path: str, code: str, where: str
) -> None:
    told = {
        "path": resource(path=path),
        "part": resource(path=["figures.csv", path]),
        "schema": resource(schema=path),
        "dialect": resource(dialect=path),
    }[where]
    found = problem_of(write_package(tmp_path / "package", told), tmp_path / "scratch")
    assert (found.code, found.file, found.value) == (code, "datapackage.json", path)
    assert "hunter2" not in found.message
    assert secret.exists()


def test_recipe_outside_the_package_is_refused(tmp_path: Path) -> None:
    for recipe in ("../own.yaml", "/tmp/own.yaml", "https://example.org/own.yaml"):
        found = problem_of(write_package(tmp_path / "package", resource(recipe=recipe)), tmp_path / "scratch")
        assert found.code in ("path-outside-package", "address-in-package")


def test_address_in_a_package_is_not_fetched_even_for_the_operator(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package", resource(path="https://example.org/a.csv"))
    found = problem_of(folder, tmp_path / "scratch", operator=True)
    assert found.code == "address-in-package"
    assert found.mend == "Put the file into the package and name its path inside it."


def test_address_of_a_package_is_only_for_the_operator(tmp_path: Path) -> None:
    for address in ("https://example.org/a.zip", "http://example.org/a.zip", "file:///tmp/a.zip"):
        found = problem_of(address, tmp_path)
        assert (found.code, found.value) == ("address-in-package", address)


@pytest.mark.parametrize("target", ["outside", "inside", "folder"])
def test_link_is_refused_wherever_it_leads(tmp_path: Path, secret: Path, target: str) -> None:
    folder = write_package(
        tmp_path / "package", resource(path="data/a.csv"), files={"real/a.csv": FIGURES, "b.csv": FIGURES}
    )
    (folder / "data").mkdir()
    if target == "outside":
        (folder / "data" / "a.csv").symlink_to(secret)
    elif target == "inside":
        (folder / "data" / "a.csv").symlink_to(folder / "b.csv")
    else:
        (folder / "data").rmdir()
        (folder / "data").symlink_to(folder / "real", target_is_directory=True)
    found = problem_of(folder, tmp_path / "scratch")
    assert (found.code, found.value) == ("link-in-package", "data/a.csv")
    assert found.mend == "Put a copy of the file in place of the link."


def test_descriptor_that_is_a_link_is_refused(tmp_path: Path, secret: Path) -> None:
    folder = write_package(tmp_path / "package")
    (folder / "datapackage.json").unlink()
    (folder / "datapackage.json").symlink_to(secret)
    assert problem_of(folder, tmp_path / "scratch").code == "link-in-package"


def test_link_among_files_for_a_recipe_is_refused(tmp_path: Path, secret: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.csv").symlink_to(secret)
    assert problem_of(folder, tmp_path / "scratch", recipe="any").code == "link-in-package"


def test_package_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert open_package(tmp_path / "link", tmp_path / "scratch").name == "example"


def test_pipe_and_folder_are_no_files(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package", resource(path="pipe"), resource(name="b", path="sub"))
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    problems = problems_of(folder, tmp_path / "scratch")
    assert [(found.code, found.value) for found in problems] == [
        ("file-not-plain", "pipe"),
        ("file-not-plain", "sub"),
    ]


def test_file_that_is_read_as_a_folder_is_missing(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "package", resource(path="figures.csv/a.csv"))
    assert problem_of(folder, tmp_path / "scratch").code == "file-missing"


# ---- archives


def archive_of(file: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """Write a zip archive with a good package in it, and entries as they are given."""
    folder = write_package(file.parent / "good")
    with zipfile.ZipFile(write_archive(file, folder), "a", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return file


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/evil.csv", "a/../../evil.csv", "C:/evil.csv", "..\\evil.csv"]
)
def test_entry_that_climbs_out_is_refused_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    scratch = tmp_path / "deep" / "scratch"
    found = problem_of(archive_of(tmp_path / "a.zip", (name, b"x")), scratch)
    assert (found.code, found.file, found.value) == ("path-outside-package", "a.zip", name)
    assert not list(tmp_path.rglob("evil*"))
    assert not list(scratch.rglob("*.csv"))


def test_entry_that_is_a_link_is_refused(tmp_path: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        entry = zipfile.ZipInfo("data.csv")
        entry.external_attr = (kind | 0o644) << 16
        found = problem_of(archive_of(tmp_path / "a.zip", (entry, b"/etc/passwd")), tmp_path / "scratch")
        assert (found.code, found.value) == ("link-in-package", "data.csv")


def test_entry_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = archive_of(tmp_path / "a.zip", ("figures.csv", b"area,value\nE1,9\n"))
    found = problem_of(file, tmp_path / "scratch")
    assert (found.code, found.message) == (
        "archive-unreadable",
        "The file cannot be unpacked: it holds 'figures.csv' twice.",
    )
    other_case = archive_of(tmp_path / "b.zip", ("FIGURES.csv", b"x"))
    assert "twice" in problem_of(other_case, tmp_path / "scratch").message


def test_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    found = problem_of(archive_of(tmp_path / "a.zip", ("figures.csv/b.csv", b"x")), tmp_path / "scratch")
    assert found.code == "archive-unreadable"


def test_bomb_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    file = archive_of(tmp_path / "a.zip", ("zeros.csv", bytes(80_000_000)))
    assert file.stat().st_size < 200_000
    found = problem_of(file, tmp_path / "scratch")
    assert (found.code, found.file) == ("archive-too-large", "a.zip")
    assert "at most 67,108,864 is permitted" in found.message
    assert not list((tmp_path / "scratch").rglob("zeros*"))


def test_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    file = archive_of(tmp_path / "a.zip", ("zeros.csv", bytes(30_000_000)))
    content = bytearray(file.read_bytes())
    at = content.rindex(b"zeros.csv") - 46
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    file.write_bytes(content)
    found = problem_of(file, tmp_path / "scratch")
    assert found.code == "archive-unreadable"
    unpacked = sum(path.stat().st_size for path in (tmp_path / "scratch").rglob("zeros*"))
    assert unpacked <= 2_000_000


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    entries = [(f"{number}.csv", b"") for number in range(10_001)]
    found = problem_of(archive_of(tmp_path / "a.zip", *entries), tmp_path / "scratch")
    assert (found.code, found.message) == (
        "archive-too-large",
        "The archive unpacks to 10,003 files; at most 10,000 is permitted.",
    )


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_damaged_archive_is_a_problem(tmp_path: Path, damage: str) -> None:
    file = archive_of(tmp_path / "a.zip")
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[content.index(b"figures.csv") + 20] ^= 0xFF
    else:
        content = bytearray(b"not a zip" if damage == "text" else b"")
    file.write_bytes(content)
    assert problem_of(file, tmp_path / "scratch").code == "archive-unreadable"


def test_archive_in_an_archive_is_left_packed(tmp_path: Path) -> None:
    inner = archive_of(tmp_path / "inner.zip", ("zeros.csv", bytes(1_000_000)))
    folder = write_package(tmp_path / "package", files={"inner.zip": inner.read_bytes()})
    package = open_package(write_archive(tmp_path / "a.zip", folder), tmp_path / "scratch")
    assert (package.folder / "inner.zip").read_bytes() == inner.read_bytes()
    assert not list((tmp_path / "scratch").rglob("zeros*"))


def test_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    file = archive_of(tmp_path / "a.zip")
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(content)
    assert "password" in problem_of(file, tmp_path / "scratch").message


def test_archive_without_descriptor_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one/datapackage.json", "{}")
        archive.writestr("two/datapackage.json", "{}")
    assert problem_of(tmp_path / "a.zip", tmp_path / "scratch").code == "descriptor-missing"


def test_unpacked_files_cannot_be_run(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("run.sh")
    entry.external_attr = (stat.S_IFREG | 0o4755) << 16
    package = open_package(archive_of(tmp_path / "a.zip", (entry, b"#!/bin/sh\n")), tmp_path / "scratch")
    assert (package.folder / "run.sh").stat().st_mode & 0o7111 == 0


def test_opening_never_changes_the_package(tmp_path: Path) -> None:
    package = opened(tmp_path, resource(), resource(name="inline", data=[{"a": 1}], path=None))
    before = tmp_path / "before"
    shutil.copytree(package.folder, before)
    open_package(package.folder, tmp_path / "scratch")
    assert sorted(path.name for path in package.folder.iterdir()) == sorted(
        path.name for path in before.iterdir()
    )

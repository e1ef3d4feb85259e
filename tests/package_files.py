"""Packages made for a test."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.package import Package, open_package
from ingest.problems import Problem, ProblemsFound

FIGURES = b"area,value\nE09000015,43.60\n"


def resource(**changes: Any) -> dict[str, Any]:
    """Describe one resource that is right, but for the changes. A change to None takes a property away."""
    told = {"name": "figures", "path": "figures.csv"} | changes
    return {key: value for key, value in told.items() if value is not None}


def write_package(folder: Path, *resources: Any, files: dict[str, bytes] | None = None, **more: Any) -> Path:
    """Write a folder with a descriptor and files; figures.csv is one of them."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"name": "example", "resources": list(resources) or [resource()]} | more
    (folder / "datapackage.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    for name, content in ({"figures.csv": FIGURES} | (files or {})).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_archive(file: Path, folder: Path, inside: str = "") -> Path:
    """Write a zip archive of a folder, in a folder of its own where `inside` names one."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{inside}{path.relative_to(folder).as_posix()}")
    return file


def problems_of(address: str | Path, scratch: Path, **options: Any) -> list[Problem]:
    """Open a package that must be refused; all that is said about it."""
    with pytest.raises(ProblemsFound) as caught:
        open_package(address, scratch, **options)
    assert caught.value.problems
    return caught.value.problems


def problem_of(address: str | Path, scratch: Path, **options: Any) -> Problem:
    """Open a package that must be refused for one reason."""
    (found,) = problems_of(address, scratch, **options)
    return found


def opened(folder: Path, *resources: Any, **more: Any) -> Package:
    """Write a package and open it."""
    return open_package(write_package(folder / "package", *resources, **more), folder / "scratch")

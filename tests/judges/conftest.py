"""The dearer outside judges: programs that none of us wrote, run by `make judges` and not by `make test`.

In:   the bundled example, published and served
Out:  what other people's software says of it; a judge that is not installed here is skipped, loudly

The programs lie in an environment of their own, .venv/judges, and in node_modules beside this file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import HERE, PROGRAMS, ROOT, Ran


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.judge)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Run a judge by its name: one of .venv/judges, or else one of this machine. What it leaves lying is lost."""
    scratch = tmp_path_factory.mktemp("judges")

    def run_judge(name: str, *arguments: str | Path) -> Ran:
        program = PROGRAMS / "bin" / name
        found = str(program) if program.is_file() else shutil.which(name)
        if found is None:
            pytest.skip(f"NOT JUDGED by {name}: it is not installed here")
        command = [found, *map(str, arguments)]
        return subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=900)

    return run_judge


@pytest.fixture(scope="session")
def shapes() -> Path:
    """The folder of the DCAT-AP shapes, which are not part of this repository."""
    named = os.environ.get("LIKEFORLIKE_SOURCES")
    shared = Path(named).parent if named else ROOT.parent / "shared"
    folder = shared / "judges" / "shapes"
    if not folder.is_dir():
        pytest.skip(
            "NOT JUDGED by the shapes of DCAT-AP: there is no folder 'judges/shapes'; put it beside the folder "
            "that LIKEFORLIKE_SOURCES names"
        )
    return folder

"""The README's two commands, as a newcomer gives them: a fresh copy, no environment."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give what git would give a newcomer: every file it tracks or would track, and nothing else."""
    if not (root / ".git").exists():
        pytest.skip("NOT TESTED as a newcomer: this is not a checkout")
    folder = tmp_path_factory.mktemp("newcomer") / "likeforlike"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (root / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target)
    yield folder
    shutil.rmtree(folder)


def environment() -> dict[str, str]:
    """Give the surroundings of a newcomer: no virtual environment, no settings of ours."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "LIKEFORLIKE_NO_SKIPS", "PYTEST_ADDOPTS")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def test_readme_gives_the_two_commands_on_its_first_screen(root: Path) -> None:
    first_screen = "\n".join((root / "README.md").read_text(encoding="utf-8").splitlines()[:25])
    assert re.search(r"^make demo\b", first_screen, re.M)
    assert re.search(r"^make test\b", first_screen, re.M)
    [picture] = re.findall(r"!\[.+\]\((.+\.png)\)", (root / "README.md").read_text(encoding="utf-8"))
    assert (root / picture).is_file()


def test_make_demo_serves_the_example_from_nothing(copy: Path) -> None:
    log = copy.parent / "demo.log"
    with log.open("w") as out:
        demo = subprocess.Popen(
            ["make", "demo", "PORT=0"],
            cwd=copy,
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = _wait_for_address(demo, log)
        with urllib.request.urlopen(f"{address}healthz") as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"{address}areas/E09000015") as answer:
            assert "Harrow" in answer.read().decode()
    finally:
        os.killpg(demo.pid, signal.SIGTERM)
        demo.wait(20)


def _wait_for_address(demo: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the demo has printed where it serves, and answers there."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        told = log.read_text(encoding="utf-8")
        assert demo.poll() is None, told
        if found := re.search(r"http://127\.0\.0\.1:\d+/", told):
            try:
                urllib.request.urlopen(f"{found[0]}healthz").close()
            except OSError:
                pass
            else:
                return found[0]
        time.sleep(0.2)
    pytest.fail(f"No address after five minutes.\n{log.read_text(encoding='utf-8')}")


def test_make_test_runs_lint_and_tests(copy: Path) -> None:
    """One file of tests stands for all of them, or this test would run itself."""
    ran = subprocess.run(
        ["make", "test", "TESTS=tests/test_period.py"],
        cwd=copy,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"\d+ passed", ran.stdout)

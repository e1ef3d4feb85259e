"""Two checkers of HTML read every kind of page: the one of the standard's own authors, and a second opinion."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from judging import HERE, Ran

from tools.example_site import ExampleSite
from tools.shots import KINDS

MODULES = HERE / "node_modules"
DAMAGED = (
    '<!DOCTYPE html><html lang="en-GB"><head><title>A</title></head><body><p><div>b</div></p></body></html>'
)


@pytest.fixture(scope="module")
def pages(example_site: ExampleSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one page of each kind, as a browser gets it."""
    folder = tmp_path_factory.mktemp("pages")
    with httpx.Client(base_url=example_site.url, headers={"Accept": "text/html"}, timeout=60) as client:
        for kind, address in KINDS.items():
            (folder / f"{kind}.html").write_bytes(client.get(address).content)
    return folder


@pytest.fixture(scope="module")
def vnu(run: Callable[..., Ran]) -> Callable[..., Ran]:
    """The checker of the standard's authors."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file():
        pytest.skip("NOT JUDGED by vnu: npm has not installed it here")
    return lambda *files: run("java", "-Xss2m", "-jar", jar, "--format", "gnu", *files)


@pytest.fixture(scope="module")
def html_validate(run: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """The second opinion, asked for what the standard says and not for matters of taste."""
    program = MODULES / "html-validate" / "bin" / "html-validate.mjs"
    if not program.is_file():
        pytest.skip("NOT JUDGED by html-validate: npm has not installed it here")
    settings = tmp_path_factory.mktemp("settings") / "settings.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:standard"]}), encoding="utf-8")
    return lambda *files: run("node", program, "--config", settings, "--formatter", "text", *files)


@pytest.mark.parametrize("name", ["vnu", "html_validate"])
def test_every_kind_of_page_is_valid(pages: Path, name: str, request: pytest.FixtureRequest) -> None:
    ran = request.getfixturevalue(name)(*sorted(pages.glob("*.html")))
    assert len(list(pages.glob("*.html"))) == len(KINDS)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.parametrize("name", ["vnu", "html_validate"])
def test_a_damaged_page_is_refused(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page = tmp_path / "damaged.html"
    page.write_text(DAMAGED, encoding="utf-8")
    assert request.getfixturevalue(name)(page).returncode != 0

"""What several test files need."""

from __future__ import annotations

import gc
import gzip
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph
import pytest
from playwright.sync_api import Browser

from tools.example_site import ExampleSite, serving_example
from tools.shots import CHROMIUM, open_browser

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Path:
    """The folder of the publishers' files, which are not part of this repository."""
    named = os.environ.get("LIKEFORLIKE_SOURCES")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"NOT TESTED on the publishers' files: there is no folder '{folder.name}'; "
            "name it in LIKEFORLIKE_SOURCES"
        )
    return folder


@pytest.fixture(scope="session")
def example_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleSite]:
    """The bundled example, published once and served: its `url`, its `site` and its `edition`."""
    with serving_example(tmp_path_factory.mktemp("england")) as served:
        yield served


@pytest.fixture(scope="session")
def example_store(example_site: ExampleSite) -> pyoxigraph.Store:
    """Every statement of the bundled example, its observations too, in one store in memory."""
    edition = example_site.edition
    store = pyoxigraph.Store()
    with gzip.open(edition.folder / "downloads" / "site.nq.gz") as quads:
        # The lines of N-Quads without their graph's name.
        triples = re.sub(rb" <[^>]*> \.$", b" .", quads.read(), flags=re.MULTILINE)
    store.load(triples, pyoxigraph.RdfFormat.N_TRIPLES)
    return store


@pytest.fixture(scope="module", autouse=True)
def own_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let go of solutions in the thread that made them: a server's thread, which may not, would find them sometimes."""
    if not request.module.__name__.startswith(("test_cube", "test_query", "test_sparql", "test_outside")):
        yield
        return
    # cube_world.told collects meanwhile.
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for tests marked with `browser`. While it is there, no other event loop can run."""
    if not Path(CHROMIUM).exists():
        pytest.skip("NOT TESTED in a browser: there is no Chromium; apt-get install chromium-headless-shell")
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, to be put into a page."""
    if not AXE.exists():
        pytest.skip("NOT TESTED with axe-core: it is not installed; npm ci")
    return AXE.read_text(encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Path], None]:
    """Compare a text with a golden file, or rewrite the file where pytest was called with --golden."""

    def compare(text: str, path: Path) -> None:
        if request.config.getoption("--golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs a browser last: a plain fault shows sooner."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
        terminalreporter.write_sep("!", f"{len(skipped)} tests were NOT RUN", red=True, bold=True)
        for reason in reasons:
            terminalreporter.write_line(f"  {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that may not skip, except for the publishers' files: nothing can install those."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("LIKEFORLIKE_NO_SKIPS") != "1" or reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if exitstatus == 0 and any("publishers' files" not in str(report.longrepr) for report in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

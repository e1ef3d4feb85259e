"""A site is published whole or not at all, and what it publishes can be submitted again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_publish_world import BASE, DAY, OBSERVATIONS, make_contents, small_world, write_world

from ingest.problems import ProblemsFound
from publish import OtherPublisher, publish_site
from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder
from publish.unchanged import digest_inputs
from schemas.site import Site

# Publishes the site named first, on a fixed day.
PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from publish import PublishingStopped, publish_site
from schemas.site import load_site

try:
    print(publish_site(load_site(Path(sys.argv[1])), on=date(2026, 1, 2)).edition)
except PublishingStopped as stopped:
    print(type(stopped).__name__, stopped)
"""

HIDE_PANDAS = """
import sys
class Hide:
    def find_spec(self, name, *_):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The downloads of the small world, which are a package like any publisher's."""
    return write_world(small_world(), tmp_path_factory.mktemp("world") / "edition") / "downloads"


def make_site(folder: Path, package: Path, threads: int = 2) -> Site:
    folder.mkdir(exist_ok=True)
    shutil.copytree(package, folder / "packages" / "world", dirs_exist_ok=True)
    settings = f'title = "The small world"\nbase = "{BASE}"\n[engine]\nthreads = {threads}\n'
    (folder / "site.toml").write_text(settings, encoding="utf-8")
    return Site(folder, "The small world", BASE, (str(folder / "packages" / "world"),), threads=threads)


def change(site: Site, found: str, corrected: str) -> None:
    """Change one figure in the site's package, and what the descriptor says of the file."""
    folder = Path(site.packages[0])
    file = folder / "datasets" / "waste.csv"
    text = file.read_text(encoding="utf-8")
    assert found in text
    file.write_text(text.replace(found, corrected), encoding="utf-8")
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        resource.pop("hash")
        resource.pop("bytes")
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")


def observations(edition: Path) -> list[tuple[object, ...]]:
    """List what an edition says of each figure, without where it was read."""
    with sqlite3.connect(edition / "catalogue.db") as catalogue:
        rows = catalogue.execute("SELECT * FROM observations").fetchall()
    catalogue.close()
    return [row[:-2] for row in rows]


def publish_elsewhere(site: Site, before: str = "", **environment: str) -> str:
    """Publish a site in a process of its own; gives what it says."""
    command = [sys.executable, "-c", f"{before}\n{PROGRAM}", str(site.folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return done.stdout.strip()


def test_what_is_published_can_be_submitted_again(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    published = publish_site(site, on=DAY)
    edition = site.editions_folder / published.edition
    assert observations(edition) == observations(package.parent)
    assert published.observations == 8
    again = (edition / "downloads" / "datasets" / "work.csv").read_bytes()
    assert again == (package / "datasets" / "work.csv").read_bytes()
    read = json.loads((edition / "manifest.json").read_text(encoding="utf-8"))["sources"]
    assert published.rows_read == sum(source["rows_read"] for source in read)
    assert str(published).startswith(f"{published.rows_read} rows read, 8 observations, 0 warnings.")


def test_publishing_needs_no_pandas(tmp_path: Path, package: Path):
    # It is there for the tests, so it is hidden; a newcomer does not have it.
    site = make_site(tmp_path / "site", package)
    hidden = publish_elsewhere(site, HIDE_PANDAS)
    assert hidden == publish_site(site, on=DAY).edition


def test_the_manifest_names_every_download_by_its_digest(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    edition = site.editions_folder / publish_site(site, on=DAY).edition
    manifest = json.loads((edition / "manifest.json").read_text(encoding="utf-8"))
    on_disk = {
        str(path.relative_to(edition / "downloads")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (edition / "downloads").rglob("*")
        if path.is_file()
    }
    assert {path: file["sha256"] for path, file in manifest["downloads"].items()} == on_disk
    assert manifest["rows"]["observations"] == 8
    assert {source["package"] for source in manifest["sources"]} == {"the-small-world"}
    assert json.loads((edition / "reports" / "problems.json").read_text())["problems"] == []
    assert json.loads((edition / "reports" / "comparators.json").read_text()) == []


def test_a_site_with_problems_publishes_nothing(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY).edition
    change(site, "41.0", "141.0")
    with pytest.raises(ProblemsFound) as found:
        publish_site(site, on=DAY)
    assert "141.0" in str(found.value)
    folder = EditionsFolder(site.editions_folder)
    assert (folder.current, folder.names()) == (first, [first])


def test_a_figure_without_a_place_in_the_cube_is_a_problem(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    change(site, "41.0", "41.5")
    codes = Path(site.packages[0]) / "tables" / "codes.csv"
    text = codes.read_text(encoding="utf-8")
    codes.write_text(text.replace("sex,all,Everyone,,,1,true,", "sex,all,Everyone,,,1,,"), encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        publish_site(site, on=DAY)
    assert [(problem.code, problem.value) for problem in found.value.problems] == [("total-missing", "sex")]
    assert EditionsFolder(site.editions_folder).names() == []


def test_a_dry_run_writes_nothing(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    published = publish_site(site, dry_run=True, on=DAY)
    assert published.moved
    assert "would become current; nothing written" in str(published)
    assert not site.editions_folder.exists()


def test_publishing_twice_says_that_nothing_changed(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY)
    again = publish_site(site, on=date(2026, 2, 3))
    assert (again.edition, again.moved) == (first.edition, False)
    assert "No file has changed" in str(again)
    assert (again.rows_read, again.observations, again.warnings) == (
        first.rows_read,
        first.observations,
        first.warnings,
    )


def test_the_same_rows_in_another_file_are_read_and_found_to_be_current(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY)
    (Path(site.packages[0]) / "README.md").write_text("About these figures.\n", encoding="utf-8")
    again = publish_site(site, on=date(2026, 2, 3))
    assert (again.edition, again.moved) == (first.edition, False)
    assert str(again).endswith("is current already; nothing written.")
    assert "rows read" in str(again)


def test_one_changed_figure_is_published(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY)
    change(site, "41.0", "41.5")
    assert publish_site(site, on=DAY).edition != first.edition


def test_going_back_and_publishing_the_same_files_makes_them_current_again(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY).edition
    change(site, "41.0", "41.5")
    second = publish_site(site, on=DAY).edition
    assert EditionsFolder(site.editions_folder).roll_back() == first
    again = publish_site(site, on=DAY)
    assert (again.edition, again.moved) == (second, True)


def test_another_title_is_another_edition(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    first = publish_site(site, on=DAY)
    assert publish_site(replace(site, title="Another"), on=DAY).edition != first.edition


def test_what_is_not_here_has_to_be_read_to_be_known(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    assert digest_inputs(site, "1") == digest_inputs(site, "1") != digest_inputs(site, "2")
    far = replace(site, packages=(*site.packages, "https://data.example.org/package.zip"))
    assert digest_inputs(far, "1") is None


def test_a_second_publisher_is_told_to_wait(tmp_path: Path, package: Path):
    site = make_site(tmp_path / "site", package)
    with (
        EditionsFolder(site.editions_folder).locked(),
        pytest.raises(OtherPublisher, match="nothing was written"),
    ):
        publish_site(site, on=DAY)


# Publishes the small world without its last figure into the folder named first, and stops at the stage named
# second to wait for its end.
KILLED = """
import sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_publish_world import OBSERVATIONS, make_contents
from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder

def progress(stage):
    if stage.startswith(sys.argv[2]):
        print("here", flush=True)
        sys.stdin.read()

folder = EditionsFolder(Path(sys.argv[1]))
with folder.locked():
    folder.clean()
    with folder.scratch() as scratch:
        making = Making(date(2026, 1, 2), progress=progress)
        prepared = prepare(make_contents(OBSERVATIONS[:-1]), scratch / "downloads")
        publish_contents(prepared, folder, making)
"""

STAGES = (
    "Writing linked data, and loading it beside",
    "Writing tables as CSV",
    "Writing the catalogue",
    "Writing linked data to download",
    "Loading the RDF store",
    "Making the edition current",
)


def test_killed_anywhere_before_the_swap_the_old_edition_stays(tmp_path: Path, root: Path):
    folder = EditionsFolder(tmp_path / "editions")
    with folder.locked():
        first, _ = publish_contents(prepare(small_world(), tmp_path / "first"), folder, Making(DAY))
    for stage in STAGES:
        command = [sys.executable, "-c", KILLED, str(folder.folder), stage, str(root / "tests")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            process.kill()
        assert folder.current == first
        assert len(observations(folder.folder / "current")) == 8
    left = [path.name for path in folder.folder.iterdir() if path.name.startswith(".building")]
    assert left, "a build that is killed cannot tidy up, so the next one must"
    # The last one was killed when its edition was whole, so it only has to be pointed at.
    complete = folder.names()
    with folder.locked():
        folder.clean()
        prepared = prepare(make_contents(OBSERVATIONS[:-1]), tmp_path / "second")
        second, moved = publish_contents(prepared, folder, Making(DAY))
    assert (folder.current, moved) == (second, True)
    assert folder.names() == complete == sorted([first, second])
    assert [path.name for path in folder.folder.iterdir() if path.name.startswith(".")] == [".lock"]
    assert len(observations(folder.folder / "current")) == 7


def test_a_full_disk_is_said_in_words_and_leaves_nothing(tmp_path: Path, package: Path):
    """The largest file a process may write stands in for the disk: the system refuses in the same way."""
    site = make_site(tmp_path / "site", package)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    assert publish_elsewhere(site, limit).startswith("NoRoom There is no room to publish")
    folder = EditionsFolder(site.editions_folder)
    assert (folder.current, folder.names()) == (None, [])
    assert [path.name for path in folder.folder.iterdir()] == [".lock"]


def test_the_same_packages_give_the_same_bytes(tmp_path: Path, package: Path):
    """Under two hash seeds and with one thread and two, in processes of their own."""
    editions = []
    for threads, seed in ((1, "1"), (2, "2")):
        site = make_site(tmp_path / f"site-{seed}", package, threads)
        editions.append(site.editions_folder / publish_elsewhere(site, PYTHONHASHSEED=seed))
    first, second = (
        {
            str(path.relative_to(edition)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(edition.rglob("*"))
            if path.is_file() and "rdf/store" not in str(path)
        }
        for edition in editions
    )
    assert editions[0].name == editions[1].name
    assert first == second
    assert len(first) > 25

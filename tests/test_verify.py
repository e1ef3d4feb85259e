"""An edition whose files do not belong together is found out, in words that say what to do; what is served stays."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from test_incremental import CHANGES, make_shares_small, publish, publish_and_tell, published, small_shares
from test_publish_world import BASE
from typer.testing import CliRunner

from cli import app
from ingest.problems import ProblemsFound, load_problem_kinds
from publish import roll_back_site
from publish.edition import EditionsFolder
from publish.verify import verify_edition
from schemas.site import Site

__all__ = ["published", "small_shares"]

SITE = f'title = "The small world"\nbase = "{BASE}"\n'

NOTHING = {"problems": [], "counts": {"error": 0, "warning": 0}}

Damage = Callable[[Path, Path], None]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, published: Path) -> Path:
    """A site with two editions; its tests damage copies of it."""
    folder = tmp_path_factory.mktemp("verify") / "site"
    shutil.copytree(published, folder, symlinks=True)
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    CHANGES["a figure"](folder / "packages")
    with pytest.MonkeyPatch.context() as patch:
        make_shares_small(patch)
        publish(folder)
    return folder


@pytest.fixture
def site(tmp_path: Path, two: Path) -> Path:
    shutil.copytree(two, tmp_path / "site", symlinks=True)
    return tmp_path / "site"


def editions_of(site: Path) -> tuple[Path, Path]:
    """Give the edition that is current, and the other one."""
    folder = EditionsFolder(site / "editions")
    [other] = [name for name in folder.names() if name != folder.current]
    return folder.folder / str(folder.current), folder.folder / other


def flip(path: Path) -> None:
    """Change a byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    write(path, bytes(content))


def write(path: Path, content: bytes) -> None:
    """Put another file in the place of one, whose bytes other editions may have too."""
    path.unlink()
    path.write_bytes(content)


def cut_dump_off(edition: Path, _other: Path) -> None:
    path = edition / "downloads" / "site.nq.gz"
    write(path, path.read_bytes()[:-100])


def edit_dump(edition: Path, _other: Path) -> None:
    path = edition / "downloads" / "site.nq.gz"
    text = gzip.decompress(path.read_bytes())
    assert b"43.5" in text
    write(path, gzip.compress(text.replace(b"43.5", b"93.5"), mtime=0))


def swap_dump(edition: Path, other: Path) -> None:
    write(edition / "downloads" / "site.nq.gz", (other / "downloads" / "site.nq.gz").read_bytes())


def swap_catalogue(edition: Path, other: Path) -> None:
    write(edition / "catalogue.db", (other / "catalogue.db").read_bytes())


def swap_download(edition: Path, other: Path) -> None:
    write(edition / "downloads" / "catalogue.db", (other / "catalogue.db").read_bytes())


def swap_store(edition: Path, other: Path) -> None:
    shutil.rmtree(edition / "rdf" / "store")
    shutil.copytree(other / "rdf" / "store", edition / "rdf" / "store")


def swap_pieces(edition: Path, _other: Path) -> None:
    flip(edition / "rdf" / "cube.json")


def lose_store(edition: Path, _other: Path) -> None:
    shutil.rmtree(edition / "rdf" / "store")


def damage_parquet(edition: Path, _other: Path) -> None:
    flip(edition / "downloads" / "observations.parquet")


def lose_file(edition: Path, _other: Path) -> None:
    (edition / "downloads" / "datasets" / "waste.csv").unlink()


def change_count(edition: Path, _other: Path) -> None:
    path = edition / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["statements"] -= 1
    write(path, json.dumps(told).encode())


def forge_digest(edition: Path, _other: Path) -> None:
    """Damage a file, and say in the manifest that it was to be so; the list of digests says otherwise."""
    name = "datasets/litter.csv"
    flip(edition / "downloads" / name)
    path = edition / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["downloads"][name]["sha256"] = hashlib.sha256(
        (edition / "downloads" / name).read_bytes()
    ).hexdigest()
    write(path, json.dumps(told).encode())


def spoil_manifest(edition: Path, _other: Path) -> None:
    write(edition / "manifest.json", b"{")


CASES: dict[str, tuple[Damage, str, str]] = {
    "dump cut off": (cut_dump_off, "edition-file-differs", "downloads/site.nq.gz"),
    "dump edited": (edit_dump, "edition-file-differs", "downloads/site.nq.gz"),
    "dump of another edition": (swap_dump, "edition-mixed", "downloads/site.nq.gz"),
    "catalogue of another edition": (swap_catalogue, "edition-mixed", "catalogue.db"),
    "download of another edition": (swap_download, "edition-mixed", "downloads/catalogue.db"),
    "store of another edition": (swap_store, "edition-mixed", "rdf/store"),
    "no store": (lose_store, "edition-file-missing", "rdf/store"),
    "pieces of the store damaged": (swap_pieces, "edition-file-differs", "rdf/cube.json"),
    "damaged Parquet": (damage_parquet, "edition-file-differs", "downloads/observations.parquet"),
    "file gone": (lose_file, "edition-file-missing", "downloads/datasets/waste.csv"),
    "another count": (change_count, "edition-count-differs", "downloads/site.nq.gz"),
    "digest forged": (forge_digest, "edition-file-differs", "manifest.json"),
    "manifest spoilt": (spoil_manifest, "edition-file-differs", "manifest.json"),
}


def test_edition_as_it_was_written_is_whole(two: Path):
    for edition in editions_of(two):
        assert verify_edition(edition) == []
    done = CliRunner().invoke(app, ["verify", str(two), "--all"])
    assert (done.exit_code, done.stdout) == (0, "No problems.\n")
    names = ", ".join(sorted(edition.name for edition in editions_of(two)))
    assert done.stderr == f"{names} are whole.\n"


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_belong_to_an_edition_is_one_problem_with_its_place(site: Path, case: str):
    damage, code, path = CASES[case]
    edition, other = editions_of(site)
    damage(edition, other)
    [found] = verify_edition(edition)
    assert (found.code, found.file) == (code, f"{edition.name}/{path}")
    if code == "edition-mixed":
        assert found.value == other.name
        assert edition.name in found.message
    assert "rollback" in found.mend
    assert verify_edition(other) == []


def test_command_says_what_is_damaged_and_how_to_mend_it(site: Path):
    edition, other = editions_of(site)
    cut_dump_off(edition, other)
    done = CliRunner().invoke(app, ["verify", str(site)])
    assert done.exit_code == 1
    size = (edition / "downloads" / "site.nq.gz").stat().st_size
    assert f"edition-file-differs  {edition.name}/downloads/site.nq.gz" in done.stdout
    assert f"found {size:,} bytes, wanted {size + 100:,} bytes" in done.stdout
    assert load_problem_kinds()["edition-file-differs"].mend in done.stdout
    asked = CliRunner().invoke(app, ["verify", str(site), "--edition", other.name, "--format", "json"])
    assert (asked.exit_code, json.loads(asked.stdout)) == (0, NOTHING)
    assert (
        CliRunner().invoke(app, ["verify", str(site), "--edition", "2020-01-01-000000000000"]).exit_code == 2
    )


def test_damaged_edition_is_not_gone_back_to(site: Path):
    edition, other = editions_of(site)
    swap_catalogue(other, edition)
    with pytest.raises(ProblemsFound) as stopped:
        roll_back_site(Site(site, "The small world", BASE, ()))
    assert [one.code for one in stopped.value.problems] == ["edition-mixed"]
    assert EditionsFolder(site / "editions").current == edition.name


@pytest.mark.parametrize("damage", [damage_parquet, swap_download])
def test_nothing_is_published_after_an_edition_whose_figures_cannot_be_read(site: Path, damage: Damage):
    edition, other = editions_of(site)
    damage(edition, other)
    change_again(site)
    with pytest.raises(ProblemsFound) as stopped:
        publish(site)
    assert {one.code for one in stopped.value.problems} <= {"edition-file-differs", "edition-mixed"}
    assert EditionsFolder(site / "editions").current == edition.name
    assert len(list((site / "editions").glob("2*"))) == 2


def change_again(site: Path) -> None:
    path = site / "packages" / "litter" / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",43.5", ",44.5"), encoding="utf-8")


def test_what_is_damaged_and_made_anew_is_said(site: Path):
    edition, other = editions_of(site)
    edit_dump(edition, other)
    change_again(site)
    told = publish_and_tell(site)
    assert told.damaged == (f"{edition.name}/downloads/site.nq.gz",)
    assert f"made anew: {edition.name}/downloads/site.nq.gz" in str(told)
    fresh = site / "editions" / told.edition
    assert verify_edition(fresh) == []
    with closing(sqlite3.connect(fresh / "catalogue.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

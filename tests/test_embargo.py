"""What is to be released later appears through no door before its minute; a preview shows it in a place of its own."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from test_api_world import answering
from test_publish_site import make_site
from test_publish_world import small_world, write_world

from api.app import create_app
from api.edition import Edition
from ingest import check_packages
from ingest.problems import ProblemsFound
from publish import Published, publish_site
from schemas.site import Site

# Half past nine in British summer time.
RELEASE = "2026-06-03T09:30:00+01:00"
MINUTE = datetime(2026, 6, 3, 8, 30, tzinfo=UTC)
BEFORE = MINUTE - timedelta(seconds=1)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The downloads of the small world, which are a package like any publisher's."""
    return write_world(small_world(), tmp_path_factory.mktemp("world") / "edition") / "downloads"


@pytest.fixture
def site(tmp_path: Path, package: Path) -> Site:
    """The small world, and a package of one more body that is to be released later."""
    site = make_site(tmp_path / "site", package)
    late = site.folder / "packages" / "zebra-papers"
    late.mkdir()
    (late / "bodies.csv").write_text("body,label,body_type\nlate-council,Late Council,unitary-council\n")
    told = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    [found] = [one for one in told["resources"] if one["path"] == "tables/bodies.csv"]
    kept = {key: value for key, value in found.items() if key not in ("hash", "bytes", "path", "schema")}
    write_descriptor(
        late, {"name": "zebra-papers", "resources": [{**kept, "path": "bodies.csv"}], "released_at": RELEASE}
    )
    packages = (*site.packages, str(late))
    return Site(site.folder, site.title, site.base, packages, threads=site.threads)


def write_descriptor(folder: Path, told: dict[str, object]) -> None:
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")


def everything(edition: Path) -> bytes:
    """Give all bytes of an edition's files and names, with packed files unpacked by their readers."""
    catalogue = sqlite3.connect(edition / "catalogue.db")
    texts = "\n".join(catalogue.iterdump()).encode()
    catalogue.close()
    files = [path for path in sorted(edition.rglob("*")) if path.is_file() and "store" not in path.parts]
    return texts + b"\n".join(str(path).encode() + path.read_bytes() for path in files)


def test_a_package_is_left_out_whole_until_its_minute_and_published_at_it(site: Site):
    early = publish_site(site, now=BEFORE)
    told = everything(site.editions_folder / early.edition)
    for secret in ("zebra-papers", "late-council", "Late Council", "2026-06-03T"):
        assert secret.encode() not in told, secret
    assert early.held_back == (MINUTE,)
    assert "1 package is held back, the first until 2026-06-03T08:30+00:00." in str(early)

    waiting = publish_site(site, now=BEFORE)
    assert (waiting.unchanged, waiting.edition) == (True, early.edition)

    released = publish_site(site, now=MINUTE)
    assert (released.moved, released.unchanged, released.held_back) == (True, False, ())
    assert b"Late Council" in everything(site.editions_folder / released.edition)
    assert released.rows_read == early.rows_read + 1
    assert publish_site(site, now=MINUTE).unchanged


def test_what_is_held_back_changes_no_byte_of_the_edition(site: Site):
    early = publish_site(site, now=BEFORE)
    shutil.rmtree(site.folder / "packages" / "zebra-papers")
    without = Site(site.folder, site.title, site.base, site.packages[:1], threads=site.threads)
    assert publish_site(without, now=BEFORE).edition == early.edition


def test_a_dry_run_holds_back_too(site: Site):
    assert publish_site(site, dry_run=True, now=BEFORE).held_back == (MINUTE,)
    assert publish_site(site, dry_run=True, now=MINUTE).held_back == ()


@pytest.mark.parametrize("told", ["2026-06-03", "2026-06-03T09:30:00", "Tuesday", 5, ""])
def test_a_moment_without_a_zone_is_a_problem(site: Site, tmp_path: Path, told: object):
    late = site.folder / "packages" / "zebra-papers"
    descriptor = json.loads((late / "datapackage.json").read_text(encoding="utf-8"))
    write_descriptor(late, descriptor | {"released_at": told})
    report = check_packages([late], tmp_path / "scratch")
    [found] = [found for found in report.problems if found.code == "release-moment-malformed"]
    assert (
        f"'{told}' is not a moment with a zone; wanted one such as 2026-03-03T09:30:00+00:00."
        in found.message
    )
    with pytest.raises(ProblemsFound):
        publish_site(site, now=BEFORE)


@contextmanager
def asking(site: Site) -> Iterator[httpx.Client]:
    """Serve a site for a while, under whatever public address it has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with answering(create_app(site), listening, url), httpx.Client(base_url=url, timeout=60) as client:
            yield client


def preview_of(site: Site) -> tuple[Published, Published]:
    live = publish_site(site, now=BEFORE)
    return live, publish_site(site, now=BEFORE, is_preview=True)


def test_a_preview_holds_what_is_to_come_and_is_never_current(site: Site):
    live, preview = preview_of(site)
    assert (site.editions_folder / "current").readlink().name == live.edition
    assert sorted(path.name for path in site.editions_folder.iterdir() if path.name[0] == "2") == [
        live.edition
    ]
    folder = site.preview_folder
    assert folder == site.folder / "editions-preview"
    assert b"Late Council" in everything(folder / preview.edition)
    assert Edition(folder / preview.edition).is_preview
    assert not Edition(site.editions_folder / live.edition).is_preview
    assert publish_site(site, now=BEFORE, is_preview=True).unchanged


def test_a_preview_says_on_every_page_and_answer_that_it_is_one(site: Site):
    preview_of(site)
    for served, is_preview in ((site, False), (site.as_preview(), True)):
        with asking(served) as client:
            framed = "/reconcile/preview?id=area/E06000002"
            for address in (
                "/",
                "/areas",
                "/areas/E06000002",
                "/revisions",
                "/downloads",
                "/no-such",
                framed,
            ):
                page = client.get(address, headers={"Accept": "text/html"})
                assert ("Preview: not published yet." in page.text) == is_preview, address
                assert (page.headers.get("x-robots-tag") == "noindex, nofollow") == is_preview
            listed = client.get("/api/v1/areas").json()
            assert listed.get("preview", False) == is_preview
            assert (client.get("/bodies/late-council.json").status_code == 200) == is_preview

"""An edition is loaded into a store outside whole or not at all, whatever dies, and the edition before stays served."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from outside_servers import Server, oxigraph, virtuoso
from test_publish_world import BASE, DAY, OBSERVATIONS, make_contents, small_world, write_world
from typer.testing import CliRunner

from cli import app
from ingest.problems import ProblemsFound
from publish import publish_site, roll_back_site
from publish.build import Making, prepare, publish_contents
from publish.contents import Contents
from publish.edition import EditionsFolder
from publish.outside import Outside, read_chunks
from schemas.site import Site, SiteFault, load_site
from schemas.store_address import outside_graph, read_store_address, register_graph

REGISTER = f"GRAPH <{register_graph(BASE)}>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with oxigraph(tmp_path / "store") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> EditionsFolder:
    return EditionsFolder(tmp_path / "editions")


@cache
def shortened(by: int) -> Contents:
    """Stage the small world without its last figures."""
    return make_contents(OBSERVATIONS[:-by])


def connect(server: Server, sent: Callable[[Any], None] | None = None) -> Outside:
    """Load in many small parts."""
    stores = Outside(server.address(), BASE, chunk=100_000)
    if sent is not None:
        stores._client.event_hooks["request"] = [sent]
    return stores


def publish(
    folder: EditionsFolder, server: Server, contents: Contents, sent: Callable[[Any], None] | None = None
) -> str:
    """Publish a world. `sent` is told of each request before it goes."""
    stores = connect(server, sent)
    with folder.locked(), folder.scratch() as scratch:
        stores.begin()
        prepared = prepare(contents, scratch / "downloads")
        name, _ = publish_contents(prepared, folder, Making(DAY, stores=stores))
    return name


def hold(stores: Outside, edition: Path) -> None:
    """Let a store hold an edition and say that it is current."""
    stores.hold(edition.name, edition)
    stores.point(edition.name)


def wanted(folder: EditionsFolder, edition: str) -> Counter[str]:
    """Count the statements of an edition's download, by the graphs they have in the store."""
    lines = gzip.decompress((folder.folder / edition / "downloads" / "site.nq.gz").read_bytes()).splitlines()
    assert len(set(lines)) == len(lines)
    assert not any(b"_:" in line.split(b" ")[0] for line in lines)
    return Counter(outside_graph(BASE, edition, line.split(b" <")[-1][:-3].decode()) for line in lines)


def held(server: Server, edition: str) -> Counter[str]:
    """Count the statements of an edition in the store, by their graphs."""
    start = f"{BASE}id/edition/{edition}/"
    query = (
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } "
        f'FILTER(STRSTARTS(STR(?g), "{start}")) }} GROUP BY ?g'
    )
    rows = server.ask(query)["results"]["bindings"]
    return Counter({row["g"]["value"]: int(row["n"]["value"]) for row in rows})


def current(server: Server) -> list[str]:
    """Give the editions that the store says are current."""
    rows = server.ask(
        f"SELECT ?e {{ {REGISTER} {{ <{BASE}catalog> <http://www.w3.org/ns/dcat#hasCurrentVersion> ?e }} }}"
    )["results"]["bindings"]
    return [row["e"]["value"].rpartition("/")[2] for row in rows]


class Dies:
    """Ends the store when a request comes, counted among those that hold a text."""

    def __init__(self, server: Server, text: bytes, at: int = 1) -> None:
        self._server, self._text, self._left = server, text, at

    def __call__(self, request: httpx.Request) -> None:
        if self._text in str(request.url).encode() + b" " + request.read():
            self._left -= 1
            if self._left == 0:
                self._server.kill()


# Where a store can die, and the request before which it does.
PLACES = {
    "before the first part": (b"graph=", 2),
    "between two parts of a graph": (b"graph=", 12),
    "before all is counted": (b"COUNT%28", 2),
    "before it is marked as whole": (b"void#triples", 1),
    "before the pointer is moved": (b"INSERT { GRAPH", 1),
}


def test_every_kept_edition_is_whole_and_one_is_current(server: Server, folder: EditionsFolder) -> None:
    first = publish(folder, server, small_world())
    assert held(server, first) == wanted(folder, first)
    second = publish(folder, server, shortened(1))
    assert current(server) == [second] == [folder.current]
    for edition in (first, second):
        assert held(server, edition) == wanted(folder, edition)
    # One that is gone here goes there, with all that is said of it.
    shutil.rmtree(folder.folder / first)
    third = publish(folder, server, shortened(2))
    assert held(server, first) == Counter()
    assert current(server) == [third]
    assert server.count(f"{REGISTER} {{ <{BASE}id/edition/{first}> ?p ?o }}") == 0
    assert held(server, second) == wanted(folder, second)


def test_store_that_dies_anywhere_leaves_the_edition_before(tmp_path: Path, folder: EditionsFolder) -> None:
    contents, name = shortened(1), "2026-01-02-0123456789ab"
    other = write_world(contents, tmp_path / name, name)
    with oxigraph(tmp_path / "store") as server:
        before = publish(folder, server, small_world())
        for place, (text, at) in PLACES.items():
            stores = connect(server, Dies(server, text, at))
            stores.begin()
            with pytest.raises(ProblemsFound) as found:
                hold(stores, other)
            assert [problem.code for problem in found.value.problems] == ["store-unreachable"], place
            server.start()
            assert current(server) == [before], place
            assert held(server, before) == wanted(folder, before), place
        with pytest.raises(ProblemsFound, match="store-unreachable"):
            publish(folder, server, contents, Dies(server, b"graph=", 12))
        assert (folder.current, folder.names()) == (before, [before])
        server.start()
        after = publish(folder, server, contents)
        assert current(server) == [after] == [folder.current]
        assert held(server, after) == wanted(folder, after)
        assert held(server, before) == wanted(folder, before)
        # What was loaded by half is gone, with all that was said of it.
        assert held(server, name) == Counter()
        assert server.count(f"{REGISTER} {{ <{BASE}id/edition/{name}> ?p ?o }}") == 0


def test_virtuoso_that_dies_in_the_middle_leaves_the_edition_before(
    tmp_path: Path, folder: EditionsFolder
) -> None:
    """It keeps what was sent before a request breaks off, and on its own disk what it had written there by then."""
    with virtuoso(tmp_path / "store") as server:
        before = publish(folder, server, small_world())
        contents = shortened(1)
        with pytest.raises(ProblemsFound):
            publish(folder, server, contents, Dies(server, b"graph=", 12))
        assert folder.current == before
        (server.folder / "virtuoso.lck").unlink(missing_ok=True)
        server.start()
        assert current(server) == [before]
        after = publish(folder, server, contents)
        assert current(server) == [after] == [folder.current]
        assert held(server, after) == wanted(folder, after)
        assert held(server, before) == wanted(folder, before)
        # It wants to know who writes.
        address = replace(server.address(), credentials=("dba", "wr0ng-word"))
        with pytest.raises(ProblemsFound, match="store-refuses") as found:
            Outside(address, BASE).begin()
        assert "wr0ng" not in str(found.value)


def test_somebody_else_who_writes_is_found_out(tmp_path: Path, folder: EditionsFolder) -> None:
    with oxigraph(tmp_path / "store") as server:
        before = publish(folder, server, small_world())

        def add(request: httpx.Request) -> None:
            if b"COUNT%28" in request.read() and b"catalog" in request.read():
                text = request.read().decode()
                start = text.index("GRAPH+%3C") + len("GRAPH+%3C")
                graph = httpx.QueryParams("g=" + text[start : text.index("%3E", start)])["g"]
                server.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> <x:c> }} }}")

        with pytest.raises(ProblemsFound, match="store-differs"):
            publish(folder, server, shortened(1), add)
        assert folder.current == before
        assert current(server) == [before]


def test_what_is_there_already_is_not_sent_again(tmp_path: Path, folder: EditionsFolder) -> None:
    with oxigraph(tmp_path / "store") as server:
        edition = publish(folder, server, small_world())
        sent: list[str] = []
        publish(folder, server, small_world(), lambda request: sent.append(str(request.url)))
        assert not any("graph=" in url for url in sent)
        # Unless somebody has emptied a graph of it.
        graph = outside_graph(BASE, edition, f"{BASE}id/dataset/work")
        server.update(f"DROP GRAPH <{graph}>")
        publish(folder, server, small_world())
        assert held(server, edition) == wanted(folder, edition)


def test_parts_hold_every_line_once(tmp_path: Path) -> None:
    lines = [f'<x:{n}> <x:p> "{" <" * (n % 3)}" <g:{n // 7 % 3}> .\n'.encode() for n in range(100)]
    path = tmp_path / "quads.gz"
    path.write_bytes(gzip.compress(b"".join(lines)))
    for size in (10, 64, 1000, 1 << 20):
        parts = list(read_chunks(path, size))
        found = [
            line[: -len(b" .\n")] + f" <{graph}> .\n".encode()
            for graph, text in parts
            for line in text.splitlines(keepends=True)
        ]
        assert found == lines
    path.write_bytes(gzip.compress(b"".join(lines)[:-1]))
    with pytest.raises(ValueError, match="no end"):
        list(read_chunks(path, 64))


# ---- a site, by its settings and commands ----


@dataclass(frozen=True)
class Place:
    """A site with the small world as its package."""

    folder: Path

    def say(self, url: str, title: str = "The small world") -> Site:
        (self.folder / "site.toml").write_text(
            f'title = "{title}"\nbase = "{BASE}"\n[rdf]\nurl = "{url}"\n', encoding="utf-8"
        )
        return load_site(self.folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(small_world(), tmp_path_factory.mktemp("package") / "world") / "downloads"


@pytest.fixture
def place(tmp_path: Path, world: Path) -> Place:
    shutil.copytree(world, tmp_path / "site" / "packages" / "world")
    return Place(tmp_path / "site")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_site_is_published_rolled_back_and_previewed(tmp_path: Path, place: Place) -> None:
    folder = EditionsFolder(place.folder / "editions")
    with oxigraph(tmp_path / "store") as server:
        # First without a store outside: naming one is enough to have the edition there.
        first = publish_site(place.say("cube:")).edition
        # The store never asks who writes; all the same nobody else is told.
        url = server.url.replace("http://", "http://writer:s3cret-word@")
        site = place.say(url)
        assert publish_site(site).edition == first
        assert current(server) == [first]
        assert publish_site(site).unchanged
        site = place.say(url, "Another title")
        preview = publish_site(site, is_preview=True)
        assert held(server, preview.edition) == Counter()
        assert site.as_preview().outside is None
        second = publish_site(site).edition
        assert current(server) == [second] != [first]
        server.update(f"DROP GRAPH <{outside_graph(BASE, first, f'{BASE}id/dataset/work')}>")
        assert roll_back_site(site) == first
        assert current(server) == [first] == [folder.current]
        assert held(server, first) == wanted(folder, first)
        for path in folder.folder.rglob("*"):
            assert not path.is_file() or b"s3cret-word" not in path.read_bytes(), path
        server.kill()
        status, said = run("rollback", str(place.folder), "--to", second)
        assert status == 1
        assert said.count("store-unreachable") == 1
        assert folder.current == first


def test_unreachable_store_is_said_once_and_nothing_is_published(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place.say("sparql+http://writer:s3cret-word@127.0.0.1:9/query?update=/update&gsp=/store")
    status, said = run("publish", str(place.folder))
    assert status == 1
    assert said.count("store-unreachable") == 1
    assert "http://127.0.0.1:9" in said
    assert "Nothing written." in said
    assert not EditionsFolder(place.folder / "editions").names()
    assert "s3cret" not in said + caplog.text + repr(load_site(place.folder))
    assert "writer" not in said + caplog.text


def cut_off(edition: Path) -> None:
    path = edition / "downloads" / "site.nq.gz"
    path.write_bytes(path.read_bytes()[:-9])


def swap(edition: Path) -> None:
    """Put the dump of another edition in the place of its own."""
    [other] = [path for path in edition.parent.glob("2*") if path.name != edition.name]
    shutil.copyfile(other / "downloads" / "site.nq.gz", edition / "downloads" / "site.nq.gz")


def miscount(edition: Path) -> None:
    path = edition / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(told | {"statements": told["statements"] + 1}), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "code"),
    [(cut_off, "edition-file-differs"), (swap, "edition-mixed"), (miscount, "edition-count-differs")],
)
def test_dump_that_is_not_its_editions_is_not_made_current(
    server: Server, folder: EditionsFolder, damage: Callable[[Path], None], code: str
) -> None:
    first = publish(folder, server, shortened(1))
    second = publish(folder, server, shortened(2))
    damage(folder.folder / first)
    server.update(f"DROP GRAPH <{outside_graph(BASE, first, f'{BASE}id/dataset/work')}>")
    with pytest.raises(ProblemsFound) as stopped:
        hold(connect(server), folder.folder / first)
    [found] = stopped.value.problems
    file = "downloads/site.nq.gz"
    assert (found.code, found.file) == (code, f"{first}/{file}")
    assert current(server) == [second] == [folder.current]
    assert held(server, second) == wanted(folder, second)


# ---- addresses ----


def test_address_names_where_to_ask_change_and_load() -> None:
    address = read_store_address("sparql+https://h:8443/ds/query?update=update&gsp=/ds/data&timeout=s", {})
    assert (address.query, address.update, address.gsp, address.timeout) == (
        "https://h:8443/ds/query",
        "https://h:8443/ds/update",
        "https://h:8443/ds/data",
        1,
    )
    one = read_store_address("sparql+http://h/ds", {})
    assert one.query == one.update == one.gsp == "http://h/ds"
    environment = {"LIKEFORLIKE_RDF_USER": "u", "LIKEFORLIKE_RDF_PASSWORD": "p"}
    assert read_store_address("sparql+http://h/ds", environment).credentials == ("u", "p")
    assert read_store_address("sparql+http://a%40b:c%3Ad@h/ds", environment).credentials == ("a@b", "c:d")
    assert replace(one, credentials=("u", "p")).host == "http://h"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sparql+http://", "names no host"),
        ("sparql+http://h/q?gps=/store", "none of update, gsp and timeout"),
        ("sparql+http://h/q?gsp=/a&gsp=/b", "there twice"),
        ("sparql+http://h/q?gsp=http://elsewhere/", "another host"),
        ("sparql+http://h/q?update=//elsewhere/", "another host"),
        ("sparql+http://h/q?timeout=minutes", "another timeout"),
        ("sparql+http://h:port/q", "not an address"),
        ("sparql+ftp://h/q", "not a kind"),
        ("http://u:s3cret@h/q", "not a kind"),
        ("sparql:", "not a kind"),
    ],
)
def test_wrong_address_is_said_without_repeating_it(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(SiteFault, match=words) as fault:
        Place(tmp_path).say(url)
    assert "s3cret" not in str(fault.value)
    assert "elsewhere" not in str(fault.value)

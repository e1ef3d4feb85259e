"""An edition is held against what it says of itself: the digest of each file, its counts, and whose files they are.

In:   the folder of an edition
Out:  a problem for each file that is missing, was changed or cut off, or belongs to another edition

Nobody but a publication writes into an edition, and it writes once. So what does not match was damaged, or mixed up by
whoever copied it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pyoxigraph
from isal import igzip

from ingest.problems import Place, Problem, problem
from publish.edition import MANIFEST

CATALOGUE = "catalogue.db"
QUADS = "site.nq.gz"
_DOWNLOADS = "downloads"
_PARQUET = "observations.parquet"
_SUMS = "SHA256SUMS"
_LINKED_DATA, _STORE = "rdf", "store"

_CHUNK = 1 << 20

# So many lines of a dump are looked through for the edition that it is of; it stands among the first.
_LINES = 1_000_000
_VERSION = "http://www.w3.org/ns/dcat#version"

Manifest = Mapping[str, Any]


def verify_edition(folder: Path) -> list[Problem]:
    """Find everything that does not match in an edition."""
    told = read_manifest(folder)
    if isinstance(told, Problem):
        return [told]
    found = [*_names(folder, told), *verify_files(folder, told["downloads"])]
    wrong = {one.file for one in found}
    checks = {
        f"{_DOWNLOADS}/{QUADS}": _statements,
        f"{_DOWNLOADS}/{_PARQUET}": _rows_of_parquet,
        CATALOGUE: _catalogue,
        _LINKED_DATA: _linked_data,
    }
    for path, check in checks.items():
        if place_in(folder, path) not in wrong:
            found += check(folder, told)
    return found


def verify_files(folder: Path, paths: Iterable[str]) -> list[Problem]:
    """Hold some downloads of an edition against the digests that it gives of them."""
    told = read_manifest(folder)
    if isinstance(told, Problem):
        return [told]
    return [found for path in sorted(paths) for found in _file(folder, path, told)]


def read_manifest(folder: Path) -> Manifest | Problem:
    """Read what an edition says of itself, or say what is wrong with that."""
    path = folder / MANIFEST
    if not path.is_file():
        return problem("edition-file-missing", Place(place_in(folder, MANIFEST)))
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("downloads"), dict):
        return _differs(folder, MANIFEST, "something that is no manifest", "what the publication wrote")
    return told


def place_in(folder: Path, path: str) -> str:
    """Name a file of an edition as a problem does."""
    return f"{folder.name}/{path}"


def count_differs(folder: Path, path: str, what: str, found: int, wanted: int) -> Problem:
    """Say that a file holds another number of something than the edition says."""
    place = Place(place_in(folder, path))
    return problem("edition-count-differs", place, what=what, found=f"{found:,}", wanted=f"{wanted:,}")


def _differs(folder: Path, path: str, found: str, wanted: str) -> Problem:
    return problem("edition-file-differs", Place(place_in(folder, path)), found=found, wanted=wanted)


def _mixed(folder: Path, path: str, other: str, own: str) -> Problem:
    return problem("edition-mixed", Place(place_in(folder, path)), value=other, wanted=own)


def _names(folder: Path, told: Manifest) -> Iterator[Problem]:
    """Hold the manifest against the name of the folder, and against the list of digests among the downloads."""
    if told.get("edition") != folder.name and not folder.name.startswith("."):
        yield _mixed(folder, MANIFEST, str(told.get("edition")), folder.name)
    path = folder / _DOWNLOADS / _SUMS
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    said = {name: file["sha256"] for name, file in told["downloads"].items() if name != _SUMS}
    for name in sorted({*sums, *said}):
        if sums.get(name) != said.get(name):
            yield _differs(
                folder, MANIFEST, f"{name} with {said.get(name)}", f"{sums.get(name)}, as {_SUMS} says"
            )


def _file(folder: Path, path: str, told: Manifest) -> Iterator[Problem]:
    """Hold a download against its size and its digest."""
    yield from _whole(folder, f"{_DOWNLOADS}/{path}", path, told)


def _whole(folder: Path, name: str, path: str, told: Manifest) -> Iterator[Problem]:
    """Hold a file against the size and the digest of a download, and say if it is that of another edition."""
    at, wanted = folder / name, told["downloads"].get(path)
    if wanted is None or not at.is_file():
        yield problem("edition-file-missing", Place(place_in(folder, name)))
        return
    with at.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == wanted["sha256"]:
        return
    other = _edition_of(at, path)
    if other is not None and other != told["edition"]:
        yield _mixed(folder, name, other, told["edition"])
        return
    size = at.stat().st_size
    if size != wanted["bytes"]:
        yield _differs(folder, name, f"{size:,} bytes", f"{wanted['bytes']:,} bytes")
    else:
        yield _differs(folder, name, f"the digest {digest}", wanted["sha256"])


def _edition_of(at: Path, path: str) -> str | None:
    """Find the edition that a file says that it is of; None if it says nothing of that, or cannot be read."""
    try:
        if path == CATALOGUE:
            return dict(_read(at, "SELECT name, value FROM edition")).get("edition")
        if path == QUADS:
            with igzip.open(at, "rb") as file:  # type: ignore[no-untyped-call]  # isal has no types
                for line in islice(file, _LINES):
                    if (said := _said_version(line)) is not None:
                        return said
    except (sqlite3.Error, OSError, EOFError, zlib.error, igzip.BadGzipFile):
        pass
    return None


def _said_version(line: bytes) -> str | None:
    """Find the edition that a statement names as that which all are of."""
    found = re.match(rb'<[^>]*/id/edition/([^/>#]+)> <http://www\.w3\.org/ns/dcat#version> "([^"]*)"', line)
    return found[2].decode() if found and found[1] == found[2] else None


def _read(path: Path, query: str) -> list[tuple[Any, ...]]:
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(query).fetchall()


def _statements(folder: Path, told: Manifest) -> Iterator[Problem]:
    """Count the statements of the dump: each is a line."""
    count = 0
    with igzip.open(folder / _DOWNLOADS / QUADS, "rb") as file:  # type: ignore[no-untyped-call]  # the same
        while piece := file.read(_CHUNK):
            count += piece.count(b"\n")
    if count != told["statements"]:
        yield count_differs(folder, f"{_DOWNLOADS}/{QUADS}", "statements", count, told["statements"])


def _rows_of_parquet(folder: Path, told: Manifest) -> Iterator[Problem]:
    path = f"{_DOWNLOADS}/{_PARQUET}"
    try:
        count = pq.ParquetFile(folder / path).metadata.num_rows
    except (OSError, pa.ArrowInvalid):
        yield _differs(folder, path, "no Parquet file", "one")
        return
    if count != told["rows"]["observations"]:
        yield count_differs(folder, path, "figures", count, told["rows"]["observations"])


def _catalogue(folder: Path, told: Manifest) -> Iterator[Problem]:
    """Hold the database that is served against the one that is downloaded, and its tables against their counts."""
    path = folder / CATALOGUE
    if not path.is_file():
        yield problem("edition-file-missing", Place(place_in(folder, CATALOGUE)))
        return
    if (
        not path.samefile(folder / _DOWNLOADS / CATALOGUE)
        if (folder / _DOWNLOADS / CATALOGUE).is_file()
        else True
    ):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != told["downloads"][CATALOGUE]["sha256"]:
            other = _edition_of(path, CATALOGUE)
            if other is not None and other != told["edition"]:
                yield _mixed(folder, CATALOGUE, other, told["edition"])
            else:
                wanted = told["downloads"][CATALOGUE]["sha256"]
                yield _differs(folder, CATALOGUE, f"the digest {digest}", wanted)
            return
    for table, wanted in sorted(told["rows"].items()):
        # The names are those of our own tables, and stand between quotation marks.
        rows = "observation_rows" if table == "observations" else table.replace('"', '""')
        try:
            [(count,)] = _read(path, f'SELECT count(*) FROM "{rows}"')  # noqa: S608
        except sqlite3.Error as fault:
            yield _differs(folder, CATALOGUE, f"a database that cannot be read ({fault})", "one that can")
            return
        if count != wanted:
            yield count_differs(folder, CATALOGUE, f"rows of {table}", count, wanted)


def _linked_data(folder: Path, told: Manifest) -> Iterator[Problem]:
    """Look whose statements the store holds, and hold the other files beside it against their digests."""
    for name, wanted in sorted(told.get("linked_data", {}).items()):
        path = folder / _LINKED_DATA / name
        if not path.is_file():
            yield problem("edition-file-missing", Place(place_in(folder, f"{_LINKED_DATA}/{name}")))
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != wanted:
            yield _differs(folder, f"{_LINKED_DATA}/{name}", f"the digest {digest}", wanted)
    place = f"{_LINKED_DATA}/{_STORE}"
    if not (folder / place).is_dir():
        yield problem("edition-file-missing", Place(place_in(folder, place)))
        return
    try:
        store = pyoxigraph.Store.read_only(str(folder / place))
        catalogue = pyoxigraph.NamedNode(f"{told['base']}id/edition/{told['edition']}")
        is_own = any(store.quads_for_pattern(catalogue, pyoxigraph.NamedNode(_VERSION), None))
        others = sorted(
            version
            for quad in store.quads_for_pattern(None, pyoxigraph.NamedNode(_VERSION), None)
            if (version := _said_version(f"{quad.subject} {quad.predicate} {quad.object}".encode()))
        )
    except (OSError, ValueError) as fault:
        yield _differs(folder, place, f"a store that cannot be opened ({fault})", "one that can")
        return
    if not is_own:
        yield _mixed(folder, place, others[0] if others else "none that it names", told["edition"])

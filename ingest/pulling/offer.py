"""What is offered at an address is brought beside: the descriptor, and the tables of definitions alone.

In:   the address of a site, of a datapackage.json or of a zip archive; or a folder or file on the disk
Out:  a folder with a package that holds nothing but tables of definitions; or ProblemsFound

Only the address that the operator named is fetched, and the files that stand beside its descriptor. What came
before an interruption is gone on from, and whether it fits is seen by the digests of the descriptor.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from ingest.package_descriptor import MOST_BYTES, NotADescriptor, read_descriptor
from ingest.package_files import Files, find_path_fault, unpack
from ingest.problems import Place, ProblemsFound, problem
from ingest.pulling.tables import TABLES

if TYPE_CHECKING:
    from ingest.fetching import Client

# Where every site offers its definitions, below its address.
OFFERED_AT = "downloads/definitions/datapackage.json"

DESCRIPTOR = "datapackage.json"

# Definitions are words: the largest registers there are have a few megabytes of them.
MOST_TABLE_BYTES = 256 * 1024**2

_ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class Offer:
    """A package of definitions, brought beside.

    folder    where it lies
    told      all that its descriptor says
    digest    of the descriptor
    etag      the tag that the server gave the descriptor
    """

    folder: Path
    told: Mapping[str, Any]
    digest: str
    etag: str | None

    @property
    def is_hashed(self) -> bool:
        """Whether the descriptor gives the hash of every file, so that its digest stands for them too."""
        return _is_hashed(self.told)

    @property
    def hashes(self) -> dict[str, str]:
        """The hashes that the descriptor gives, by path."""
        return {
            row["path"]: row["hash"]
            for row in _resources(self.told)
            if isinstance(row.get("path"), str) and isinstance(row.get("hash"), str)
        }


@dataclass(frozen=True, slots=True)
class Known:
    """A state of the descriptor that is known: its tag, and its digest. None where it is not."""

    etag: str | None = None
    digest: str | None = None


def is_address(text: str) -> bool:
    """Tell whether a text is an address on the web, and not a place on the disk."""
    return _ADDRESS.match(text) is not None


def find_descriptor(address: str) -> str:
    """Find where on the web the descriptor or archive is that an address stands for.

    >>> find_descriptor("https://data.example.gov.uk")
    'https://data.example.gov.uk/downloads/definitions/datapackage.json'
    >>> find_descriptor("https://club.example.org/a/datapackage.json")
    'https://club.example.org/a/datapackage.json'
    """
    if not is_address(address) or urlsplit(address).path.lower().endswith((".json", ".zip")):
        return address
    return urljoin(address if address.endswith("/") else f"{address}/", OFFERED_AT)


def obtain(address: str, work: Path, known: Known = Known()) -> Offer | None:
    """Bring what is offered beside; None where it is what is known.

    work    a folder that may hold what an interrupted call left there; the caller deletes it

    Raises ProblemsFound if it cannot be had, or is no package of definitions.
    """
    if not is_address(address):
        return _take(Path(address), work, known)
    from ingest.fetching import FetchFault, open_client

    descriptor = find_descriptor(address)
    place = Place(PurePosixPath(urlsplit(descriptor).path).name)
    try:
        with open_client() as client:
            return _fetch(client, descriptor, work, known)
    except FetchFault as fault:
        raise ProblemsFound([problem("package-unreachable", place, reason=str(fault))]) from fault


def _fetch(client: Client, address: str, work: Path, known: Known) -> Offer | None:
    from ingest.fetching import FetchFault, fetch

    first = work / "offered"
    fetched = fetch(client, address, first, MOST_TABLE_BYTES, etag=known.etag)
    if fetched.is_unchanged:
        return None
    if urlsplit(address).path.lower().endswith(".zip"):
        return _take(first, work, known, fetched.etag)
    with first.open("rb") as opened:
        is_page = fetched.media_type == "text/html" or opened.read(64).lstrip()[:1] == b"<"
    if is_page:
        raise FetchFault("what answers is a page of the web, not the descriptor of a package.")
    told, digest = _read(first)
    if digest == known.digest and _is_hashed(told):
        return None
    folder = work / digest[:16]
    for other in work.iterdir():
        # What an interruption left of another state fits nothing any more.
        if other.is_dir() and other != folder:
            shutil.rmtree(other)
    for path in _kept(told):
        target = folder / PurePosixPath(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _fetch_whole(client, urljoin(address, quote(path, safe="/~")), target, _hash_of(told, path))
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as fault:
            raise FetchFault("it names a file and a folder by one name.") from fault
    return _put(folder, told, digest, fetched.etag)


def _fetch_whole(client: Client, address: str, target: Path, wanted: str | None) -> None:
    """Fetch a file, going on from what is there of it. What proves to be of another file is fetched anew.

    wanted    the SHA-256 that the descriptor gives; where it gives none, nothing is gone on from
    """
    from ingest.fetching import fetch

    begun = target.stat().st_size if target.exists() and wanted else 0
    if begun and _digest(target) == wanted:
        return
    fetch(client, address, target, MOST_TABLE_BYTES, resumes=wanted is not None)
    if begun and _digest(target) != wanted:
        target.unlink()
        fetch(client, address, target, MOST_TABLE_BYTES)


def _take(path: Path, work: Path, known: Known, etag: str | None = None) -> Offer | None:
    """Bring a package on the disk beside: a folder, its descriptor, or an archive; None if it is known."""
    if not path.exists():
        raise ProblemsFound([problem("package-missing", Place(), value=path.name)])
    name = DESCRIPTOR
    if path.is_dir():
        files = Files(path)
    elif path.suffix.lower() == ".json":
        files, name = Files(path.parent), path.name
    else:
        files = unpack(path, work / "unpacked", Place(path.name), frozenset({DESCRIPTOR}))
    found = None if files.problems else files.find(name, Place(name))
    if found is None:
        raise ProblemsFound(files.problems)
    told, digest = _read(found.location)
    if digest == known.digest and _is_hashed(told):
        return None
    folder = work / digest[:16]
    for named in _kept(told):
        file = files.find(named, Place(name))
        if file is not None:
            target = folder / PurePosixPath(named)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.location, target)
    if files.problems:
        raise ProblemsFound(files.problems)
    return _put(folder, told, digest, etag)


def _read(file: Path) -> tuple[dict[str, Any], str]:
    """Read a descriptor; with its digest."""
    place = Place(DESCRIPTOR)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NotADescriptor(f"it has more than {MOST_BYTES:,} bytes.")
        content = file.read_bytes()
        told = read_descriptor(content, DESCRIPTOR)
    except NotADescriptor as fault:
        found = problem("descriptor-not-json", Place(place.file, row=fault.row), reason=str(fault))
        raise ProblemsFound([found]) from fault
    if not any(_table_of(row) == "indicators" for row in _resources(told)):
        raise ProblemsFound([problem("definitions-missing", place)])
    return told, hashlib.sha256(content).hexdigest()


def _put(folder: Path, told: Mapping[str, Any], digest: str, etag: str | None) -> Offer:
    """Write the descriptor of the package that is brought beside: without its other resources."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {**told, "resources": list(_resources(told))}
    (folder / DESCRIPTOR).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return Offer(folder, told, digest, etag)


def _resources(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the resources that are tables of definitions and need no recipe."""
    rows = told.get("resources")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and "recipe" not in row and _table_of(row) in TABLES:
            yield row


def _is_hashed(told: Mapping[str, Any]) -> bool:
    return all(isinstance(row.get("path"), str) and row.get("hash") for row in _resources(told))


def _table_of(row: Mapping[str, Any]) -> Any:
    named = row.get("table", row.get("name"))
    return named if isinstance(named, str) else None


def _kept(told: Mapping[str, Any]) -> list[str]:
    """List the paths to bring. What is wrong with a path is said when the package is opened."""
    named: set[str] = set()
    for row in _resources(told):
        paths = row.get("path")
        parts = [*(paths if isinstance(paths, list) else [paths]), row.get("schema"), row.get("dialect")]
        named.update(part for part in parts if isinstance(part, str) and part)
    plain = {str(PurePosixPath(path)) for path in named if find_path_fault(path) is None}
    return sorted(plain - {DESCRIPTOR})


def _hash_of(told: Mapping[str, Any], path: str) -> str | None:
    """Find the SHA-256 that a descriptor gives for a file."""
    for row in _resources(told):
        said = row.get("hash")
        if row.get("path") == path and isinstance(said, str) and said.lower().startswith("sha256:"):
            return said[7:].lower()
    return None


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

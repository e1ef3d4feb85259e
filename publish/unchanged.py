"""What an edition was published from, in one digest: the same files by the same code give the same edition.

In:   a site
Out:  the digest of its settings, its packages' files and our code; the edition that was published from it, if it
      is current

A publisher that runs every hour mostly finds nothing new. Reading the bytes is enough to know.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import compare
import ingest
import publish
import schemas
from ingest.digests import digest_file
from publish.edition import EditionsFolder
from schemas.site import Site

NAME = "inputs.json"

_ROOMS = (schemas, ingest, compare, publish)


def digest_inputs(site: Site, product_version: str, seen: str = "") -> str | None:
    """Take the digest of everything that an edition is made of.

    seen   what else decides, in words of the caller's

    Returns None where not all of it lies here: a package at an address has to be fetched to be known.

    Raises OSError if a file cannot be read.
    """
    told = hashlib.sha256()
    for text in (product_version, site.title, site.base, site.rdf_url, seen):
        _add(told, text)
    _add(told, digest_code())
    for address in site.packages:
        path = Path(address)
        if path.is_dir():
            _add(told, path.name)
            _add_folder(told, path)
        elif path.is_file() and path.suffix == ".zip":
            _add(told, path.name)
            _add_file(told, path)
        else:
            return None
    return told.hexdigest()


@cache
def digest_code() -> str:
    """Take the digest of the code, and of the definitions built into it, that an edition is made by."""
    told = hashlib.sha256()
    for room in _ROOMS:
        _add_folder(told, Path(str(room.__file__)).parent)
    return told.hexdigest()


def _add(told: hashlib._Hash, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    told.update(len(data).to_bytes(8, "big"))
    told.update(data)


def _add_folder(told: hashlib._Hash, folder: Path) -> None:
    for path in _files(folder):
        _add(told, str(path.relative_to(folder)))
        _add_file(told, path)
    _add(told, "")


def _files(folder: Path) -> Iterator[Path]:
    """List the files of a folder in a fixed order. A link counts by where it points; it is never followed."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        linked = [name for name in folders if (Path(at) / name).is_symlink()]
        yield from (Path(at) / name for name in sorted([*names, *linked]))


def _add_file(told: hashlib._Hash, path: Path) -> None:
    if path.is_symlink():
        _add(told, f"-> {path.readlink()}")
        return
    if not path.is_file():
        return
    told.update(bytes.fromhex(digest_file(path)))


def remember_inputs(folder: EditionsFolder, edition: str, digest: str, until: datetime | None = None) -> None:
    """Write down what the current edition was published from.

    until   the moment from which the same files give another edition: the first release of a package held back
    """
    fresh = folder.folder / f".{NAME}"
    told = {"edition": edition, "inputs": digest, "until": until.isoformat() if until else None}
    fresh.write_text(json.dumps(told) + "\n", encoding="utf-8")
    fresh.replace(folder.folder / NAME)


def find_unchanged(folder: EditionsFolder, digest: str, now: datetime) -> str | None:
    """Find the current edition, if what has this digest would give it again at this moment."""
    try:
        told = json.loads((folder.folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    current = folder.current
    is_same = (told["edition"], told["inputs"]) == (current, digest) and current in folder.names()
    until = told.get("until")
    return current if is_same and (until is None or now < datetime.fromisoformat(until)) else None

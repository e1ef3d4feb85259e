"""The folder of a pulled package: an ordinary package that says where it comes from.

In:   rows of the tables of definitions, and their provenance
Out:  datapackage.json and CSV files in a folder, which takes the place of the one before in one step

No clock is asked: the same offer gives the same bytes.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from ingest.exchange import PROFILE, describe_table
from ingest.package import open_package
from ingest.problems import shown
from ingest.pulling.changes import Row
from ingest.pulling.offer import DESCRIPTOR
from ingest.pulling.tables import TABLES
from schemas import load_model


class PullStopped(Exception):  # noqa: N818 - nothing is wrong with us
    """The pull cannot go on for a reason that the operator can mend. The argument is a sentence."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was pulled before.

    pulled    where it came from, as the descriptor says
    """

    pulled: Mapping[str, Any]
    tables: Mapping[str, list[Row]]


def read_held(folder: Path, scratch: Path) -> Held | None:
    """Read what was pulled into a folder; None where nothing was.

    Raises PullStopped if the folder holds something else, and ProblemsFound if it was changed by hand.
    """
    if not folder.exists() and _aside(folder, "old").exists():
        # A pull was cut off between two steps; what was there is whole.
        folder = _aside(folder, "old")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    told = folder / DESCRIPTOR
    try:
        pulled = json.loads(told.read_text(encoding="utf-8")).get("pulled") if told.is_file() else None
    except (ValueError, AttributeError):
        pulled = None
    if not isinstance(pulled, dict):
        raise PullStopped(f"'{folder.name}' holds something that was not pulled. Choose another with --into.")
    package = open_package(folder, scratch)
    known = {file.path for file in package.files}
    others = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if others:
        raise PullStopped(f"'{folder.name}' holds '{others[0]}', which was not pulled. Move it elsewhere.")
    tables: dict[str, list[Row]] = {}
    for resource in package.resources:
        if resource.table in TABLES:
            columns = load_model().tables[resource.table].field_names
            for file in resource.files:
                tables.setdefault(resource.table, []).extend(_read_csv(file.location, columns))
    return Held(pulled, tables)


def _read_csv(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Read a file that was written here, perhaps by an earlier version of the product with fewer columns."""
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            yield {column: row.get(column) or "" for column in columns}


def write_folder(
    folder: Path, tables: Mapping[str, Sequence[Row]], pulled: Mapping[str, Any], offered: Mapping[str, Any]
) -> None:
    """Write a pulled package into a new folder.

    pulled     where it comes from
    offered    the descriptor of what is offered
    """
    folder.mkdir(parents=True)
    model = load_model()
    resources = []
    present = {name for name in TABLES if tables.get(name)}
    for name in TABLES:
        if name not in present:
            continue
        schema = model.tables[name]
        kept = tuple(key for key in schema.foreign_keys if key.table in present)
        content = _as_csv(tables[name], schema.field_names)
        (folder / f"{name}.csv").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        described = replace(schema, foreign_keys=kept)
        resources.append(describe_table(name, f"{name}.csv", len(content), sha256, described))
    title = shown(str(offered.get("title") or offered.get("name") or "another site"))
    licences = sorted({row["licence"] for row in tables["indicators"]})
    source = {"title": title} | ({"path": pulled["address"]} if pulled["is_address"] else {})
    told = {
        "$schema": PROFILE,
        "name": re.sub(r"[^a-z0-9]+", "-", pulled["folder"].lower()).strip("-") or "pulled",
        "title": f"Definitions pulled from {title}",
        "description": "Made by likeforlike pull. Do not change it: extend a definition in a package of your own.",
        **({"version": shown(str(offered["version"]))} if offered.get("version") else {}),
        "licenses": [{"path": path} for path in licences],
        "sources": [source],
        "pulled": {key: fact for key, fact in pulled.items() if key not in ("folder", "is_address")},
        "resources": resources,
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    (folder / DESCRIPTOR).write_text(f"{text}\n", encoding="utf-8")


def _as_csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue().encode()


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """Give a folder beside another in which the next state of it is made, to one pull at a time.

    What an interruption leaves in it is there for the next pull to go on from; a pull that ends well empties it.

    Raises PullStopped if another pull is at work.
    """
    work = _aside(folder, "part")
    work.mkdir(parents=True, exist_ok=True)
    handle = os.open(work, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = work.exists() and os.path.samestat(work.stat(), os.fstat(handle))
        except OSError:
            is_ours = False
        if not is_ours:
            raise PullStopped(f"Another pull into '{folder.name}' is at work.")
        yield work
        shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(handle)
        if work.is_dir() and not any(work.iterdir()):
            work.rmdir()


def are_alike(new: Path, folder: Path) -> bool:
    """Tell whether two folders of pulled packages hold the same bytes."""
    if not folder.is_dir() or {path.name for path in new.iterdir()} != {
        path.name for path in folder.iterdir()
    }:
        return False
    return all(path.read_bytes() == (folder / path.name).read_bytes() for path in new.iterdir())


def swap(new: Path, folder: Path) -> None:
    """Put a folder in the place of another. Cut off at any point, one of the two is whole and found again."""
    old = _aside(folder, "old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _aside(folder: Path, ending: str) -> Path:
    return folder.with_name(f".{folder.name}.{ending}")

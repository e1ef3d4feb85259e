"""Definitions are pulled from another site or a club's package into a package of one's own.

In:   an address that the operator gives, and what was pulled from it before
Out:  a folder with an ordinary package that says where it comes from; every change, and whether it breaks

A version that was pulled is never removed and never counts otherwise. Where anything is wrong, what was there
stays as it was.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.checking import open_engine
from ingest.gathering import check_packages
from ingest.problems import ProblemsFound, find_nearest, shown
from ingest.pulling.changes import Change, Row, merge_definitions
from ingest.pulling.folder import Held, PullStopped, are_alike, read_held, swap, workshop, write_folder
from ingest.pulling.offer import Known, Offer, find_descriptor, is_address, obtain
from ingest.pulling.pins import PinMalformed, Pins, read_pins
from ingest.pulling.tables import TABLES, as_offered, find_wanted, gather_tables, themes_of
from ingest.report import Report
from ingest.standard_file import as_standard, union_query
from schemas import load_model

__all__ = ["Change", "PinMalformed", "PullStopped", "Pulled", "Wanted", "default_folder", "pull", "read_pins"]

Progress = Callable[[str], None]

_BASE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/([A-Za-z0-9._~/-]*/)?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be pulled.

    pins    texts of pins, as read_pins reads them
    theme   only definitions of this theme, and those that they extend
    """

    pins: tuple[str, ...] = ()
    theme: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull found.

    edition      the edition that the other side offers, if it says one
    base         what begins the addresses of its definitions
    versions     how many versions are held now
    changes      of definitions, in order
    left_out     how many definitions that were asked for have no version within what is pinned
    written      whether the folder has another content now
    """

    edition: str
    base: str | None
    versions: int
    changes: tuple[Change, ...]
    written: bool
    left_out: int = 0

    @property
    def breaks(self) -> bool:
        return any(change.breaks for change in self.changes)


def default_folder(address: str) -> Path:
    """Find where a package goes if the operator names no folder.

    >>> default_folder("https://data.example.gov.uk/").as_posix()
    'packages/pulled-data.example.gov.uk'
    >>> default_folder("../clubs/waste.zip").as_posix()
    'packages/pulled-waste'
    """
    if is_address(address):
        parts = urlsplit(address)
        host = re.sub(r"[^a-z0-9.-]+", "-", parts.netloc.rpartition("@")[2].lower()).strip("-.")
        return Path("packages") / f"pulled-{host or 'package'}"
    path = Path(address)
    path = path.parent if path.suffix == ".json" else path
    name = re.sub(r"[^a-z0-9]+", "-", path.resolve().stem.lower()).strip("-")
    return Path("packages") / f"pulled-{name or 'package'}"


def pull(
    address: str,
    folder: Path,
    wanted: Wanted,
    *,
    only_check: bool = False,
    progress: Progress = lambda _stage: None,
) -> Pulled:
    """Pull definitions into a folder.

    address       of a site, a datapackage.json or a zip archive; or a folder or file on the disk
    only_check    write nothing

    Raises ProblemsFound if what is offered cannot be had or is wrong, PullStopped if something here stands in
    the way, and PinMalformed. What was there stays then.
    """
    pins = read_pins(wanted.pins)
    with _room(folder, only_check) as work, tempfile.TemporaryDirectory(prefix="likeforlike-") as scratch:
        held = read_held(folder, Path(scratch) / "held")
        if held is not None and find_descriptor(str(held.pulled.get("address"))) != find_descriptor(address):
            raise PullStopped(
                f"'{folder.name}' was pulled from elsewhere. Choose another folder with --into for this address."
            )
        progress("Asking for definitions")
        offer = obtain(address, work, _known(held, wanted))
        if offer is None:
            assert held is not None
            edition, base = (held.pulled.get(name) for name in ("edition", "base"))
            return Pulled(edition or "", base, len(held.tables.get("indicators", ())), (), written=False)
        progress("Checking what is offered")
        offered = _read_offer(offer, address, Path(scratch) / "offered")
        tables, changes, left_out = _merge(held, offered, wanted, pins)
        is_new = False
        if not only_check:
            progress("Writing the package")
            new = work / "new"
            shutil.rmtree(new, ignore_errors=True)
            write_folder(new, tables, _provenance(address, folder, offer, wanted), offer.told)
            _check(new, Path(scratch) / "new")
            is_new = not are_alike(new, folder)
            if is_new:
                swap(new, folder)
        return Pulled(
            edition=shown(str(offer.told.get("version") or "")),
            base=_base_of(offer),
            versions=len(tables["indicators"]),
            changes=tuple(changes),
            written=is_new,
            left_out=left_out,
        )


@contextmanager
def _room(folder: Path, only_check: bool) -> Iterator[Path]:
    """Give a folder to work in: beside the package, or elsewhere where nothing is to be written."""
    if only_check:
        with tempfile.TemporaryDirectory(prefix="likeforlike-") as work:
            yield Path(work)
    else:
        with workshop(folder) as work:
            yield work


def _known(held: Held | None, wanted: Wanted) -> Known:
    """Give the state that is held, if the same would be taken from it again."""
    if held is None or (held.pulled.get("pins"), held.pulled.get("theme")) != (
        list(wanted.pins),
        wanted.theme,
    ):
        return Known()
    etag, digest = held.pulled.get("etag"), held.pulled.get("digest")
    return Known(
        etag if isinstance(etag, str) else None,
        digest.removeprefix("sha256:") if isinstance(digest, str) else None,
    )


def _read_offer(offer: Offer, address: str, scratch: Path) -> dict[str, list[Row]]:
    """Read the rows on offer, when nothing is wrong with them."""
    report = _check(offer.folder, scratch)
    columns = load_model().tables
    tables: dict[str, list[Row]] = {}
    with open_engine(scratch) as engine:
        for name in TABLES:
            if report.tables.get(name):
                source = union_query([as_standard(file) for file in report.tables[name]])
                found = engine.execute(f"SELECT * FROM {source} ORDER BY _source, _row")  # noqa: S608 - our own names
                names = [one[0] for one in found.description or ()]
                read = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
                tables[name] = [{c: row.get(c) or "" for c in columns[name].field_names} for row in read]
    guard = offer.told.get("formulaGuard") is not None
    return as_offered(tables, _base_of(offer), address if is_address(address) else None, guard)


def _base_of(offer: Offer) -> str | None:
    """Find what begins the addresses of things over there; None where what is said is no such address."""
    base = offer.told.get("base")
    is_base = isinstance(base, str) and len(base) < 1000 and _BASE.fullmatch(base)
    return str(base) if is_base else None


def _check(folder: Path, scratch: Path) -> Report:
    """Check a package by itself. Raises ProblemsFound."""
    report = check_packages([folder], scratch)
    if report.has_errors:
        raise ProblemsFound(report.problems)
    return report


def _merge(
    held: Held | None, offered: Mapping[str, Sequence[Row]], wanted: Wanted, pins: Pins
) -> tuple[dict[str, list[Row]], list[Change], int]:
    definitions = offered["indicators"]
    if wanted.theme is not None:
        themes = {theme for row in definitions for theme in themes_of(row)}
        if wanted.theme not in themes:
            near = find_nearest(wanted.theme, themes)
            raise PullStopped(
                f"No definition on offer has the theme '{wanted.theme}'."
                + (f" Closest: {near}." if near else "")
            )
    before = held.tables if held is not None else {}
    asked = find_wanted(definitions, wanted.theme)
    merged, changes = merge_definitions(before.get("indicators", ()), definitions, asked, pins)
    if not merged:
        raise PullStopped("Nothing on offer is within what is pinned.")
    left_out = asked - {row["indicator"] for row in merged}
    return gather_tables(before, offered, merged), changes, len(left_out)


def _provenance(address: str, folder: Path, offer: Offer, wanted: Wanted) -> dict[str, Any]:
    """Say where a package comes from. `folder` and `is_address` are for the one who writes it."""
    return {
        "folder": folder.name,
        "is_address": is_address(address),
        "address": address,
        "base": _base_of(offer),
        "edition": shown(str(offer.told.get("version") or "")) or None,
        "digest": f"sha256:{offer.digest}",
        # A tag that does not stand for the files as well would hide that one of them changed.
        "etag": offer.etag if offer.is_hashed else None,
        "files": offer.hashes,
        "pins": list(wanted.pins),
        "theme": wanted.theme,
    }

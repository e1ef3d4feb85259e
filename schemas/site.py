"""A site is a folder: site.toml, packages/ and editions/. This module reads site.toml.

Every address has a default that is embedded in one process on one machine; an organisation that outgrows it
changes addresses in this one file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.store_address import SCHEMES, StoreAddress, read_store_address

# The kind of store where nothing else is said.
EMBEDDED = "cube:"

_KEYS: dict[str, set[str]] = {
    "": {"title", "base", "packages", "engine", "rdf", "files"},
    "engine": {"url", "memory", "threads"},
    "rdf": {"url"},
    "files": {"url"},
}


class SiteFault(Exception):  # noqa: N818 - a fault in a file the operator wrote, not in our code
    """site.toml says something that cannot be followed; the message says what and what was wanted."""


@dataclass(frozen=True, slots=True)
class Site:
    """One site's settings.

    base       the public address, with a slash at its end; every URI starts with it
    packages   addresses of packages as the operator gave them, globs already expanded to sorted folders and
               files; only these may be https addresses
    rdf_url    the kind of the store in an edition's own folder
    outside    the store outside that answers SPARQL in place of it, if there is one
    """

    folder: Path
    title: str
    base: str
    packages: tuple[str, ...]
    engine_url: str = "duckdb:"
    memory: str | None = None
    threads: int | None = None
    rdf_url: str = EMBEDDED
    files_url: str = "file:editions"
    is_preview: bool = False
    outside: StoreAddress | None = None

    @property
    def editions_folder(self) -> Path:
        """The folder that holds the editions and the pointer `current`."""
        return self.folder / self.files_url.removeprefix("file:")

    @property
    def preview_folder(self) -> Path:
        """The folder of what is shown before it is published; nothing in it is ever served as the site."""
        return self.as_preview().editions_folder

    def as_preview(self) -> Site:
        """Give the site as its preview is served: with the editions of the preview in place of its own.

        What is not released yet goes into no store outside.
        """
        return replace(self, files_url=f"{self.files_url.rstrip('/')}-preview", is_preview=True, outside=None)


def load_site(folder: Path) -> Site:
    """Load the site in a folder.

    Raises SiteFault if site.toml is missing, is not TOML, or says something unknown.
    """
    path = folder / "site.toml"
    if not path.is_file():
        raise SiteFault(f"'{folder}' has no site.toml. A site is a folder with site.toml and packages.")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SiteFault(f"site.toml is not TOML: {fault}") from fault
    _refuse_unknown(told)
    engine, rdf, files = (told.get(name, {}) for name in ("engine", "rdf", "files"))
    rdf_url, outside = _read_store(_text(rdf, "url", EMBEDDED))
    site = Site(
        folder=folder,
        title=_text(told, "title", "Like for Like"),
        base=_read_base(_text(told, "base", "http://127.0.0.1:8001/")),
        packages=_expand(folder, told.get("packages", ["packages/*"])),
        engine_url=_text(engine, "url", "duckdb:"),
        memory=engine.get("memory"),
        threads=engine.get("threads"),
        rdf_url=rdf_url,
        files_url=_text(files, "url", "file:editions"),
        outside=outside,
    )
    if site.engine_url != "duckdb:":
        raise SiteFault(
            f"[engine] url '{site.engine_url}' is not a kind this version knows; wanted 'duckdb:'."
        )
    if not site.files_url.startswith("file:"):
        raise SiteFault(f"[files] url '{site.files_url}' is not a kind this version knows; wanted 'file:…'.")
    return site


def _read_store(url: str) -> tuple[str, StoreAddress | None]:
    """Give the kind of store in an edition's folder, and the store outside if one is named."""
    if url in (EMBEDDED, "oxigraph:"):
        return url, None
    if not url.startswith(SCHEMES):
        # What stands before the colon is enough to know it by; after it there may be a password.
        shown = f"{url.partition(':')[0]}:" if ":" in url else url
        raise SiteFault(
            f"[rdf] url '{shown}' is not a kind this version knows; wanted 'cube:', 'oxigraph:' or 'sparql+https://…'."
        )
    try:
        return EMBEDDED, read_store_address(url, os.environ)
    except ValueError as fault:
        raise SiteFault(
            f"[rdf] url {fault}; wanted an address such as sparql+https://host/query?update=/update&gsp=/store."
        ) from None


def _refuse_unknown(told: dict[str, Any]) -> None:
    for section, keys in _KEYS.items():
        table = told if section == "" else told.get(section, {})
        if not isinstance(table, dict):
            raise SiteFault(f"'{section}' in site.toml is a table: write [{section}] above its settings.")
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                hint = f" Closest: '{near[0]}'." if near else ""
                raise SiteFault(f"site.toml says '{key}', which is not a setting.{hint}")


def _text(table: dict[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise SiteFault(f"'{key}' in site.toml is a text in quotation marks; found {value!r}.")
    return value


def _read_base(base: str) -> str:
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise SiteFault(f"base '{base}' is not a public address such as https://data.example.gov.uk/.")
    return base if base.endswith("/") else f"{base}/"


def _expand(folder: Path, addresses: Any) -> tuple[str, ...]:
    """Turn the operator's addresses into folders, files and https addresses, in a fixed order."""
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        raise SiteFault("'packages' in site.toml is a list of texts, such as [\"packages/*\"].")
    found: list[str] = []
    for address in addresses:
        if "://" in address:
            found.append(address)
        elif any(mark in address for mark in "*?["):
            at = Path(address)
            start = Path(at.anchor) if at.is_absolute() else folder
            pattern = str(at.relative_to(at.anchor)) if at.is_absolute() else address
            found.extend(str(path) for path in sorted(start.glob(pattern)) if _may_be_package(path))
        else:
            found.append(str((folder / address).resolve()))
    return tuple(dict.fromkeys(found))


def _may_be_package(path: Path) -> bool:
    """Say whether a path that a pattern found is meant: a README beside the packages is not."""
    return not path.name.startswith(".") and (path.is_dir() or path.suffix in {".json", ".zip"})

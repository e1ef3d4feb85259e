"""A package is opened: what a publisher submits, looked over before any table is read.

In:   a folder, a datapackage.json, a zip archive, or an https address that the operator gave
Out:  Package: resources whose files are known to lie inside it, with sizes and digests; or ProblemsFound

Nothing outside the package is read, whatever its descriptor says, and no address in it is fetched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from ingest.package_descriptor import (
    MOST_BYTES,
    DescriptorReader,
    Inline,
    NotADescriptor,
    Resource,
    load_descriptor,
    read_descriptor,
    stage_resource,
)
from ingest.package_files import Files, PackageFile, find_path_fault, unpack
from ingest.problems import Place, Problem, ProblemsFound, problem

if TYPE_CHECKING:
    import httpx

__all__ = ["Package", "PackageFile", "Resource", "open_package", "stage_resource"]

# What a descriptor may be called. The first that is there is taken.
DESCRIPTORS = ("datapackage.json", "datapackage.yaml", "datapackage.yml")


@dataclass(frozen=True, slots=True)
class Package:
    """What a publisher submitted.

    licence      the name of its licence, else the title or the address of it; None if it names none
    folder       where its files lie; for an archive or an address, in the scratch folder
    files        the descriptor, and all that it names, by path
    digest       of paths and contents of the files: the same for a folder and for an archive of it
    descriptor   all that the descriptor says; {} where there is none
    """

    name: str
    title: str
    version: str | None
    licence: str | None
    folder: Path
    files: tuple[PackageFile, ...]
    digest: str
    resources: tuple[Resource, ...]
    descriptor: Mapping[str, Any]


def open_package(
    address: str | Path,
    scratch: Path,
    *,
    operator: bool = False,
    recipe: str | None = None,
    client: httpx.Client | None = None,
) -> Package:
    """Open a package.

    address     a folder, its datapackage.json, or a zip archive; an https address of one of the last two
    scratch     a folder for what is unpacked or fetched; it outlives the package, and the caller deletes it
    operator    whether the operator of the site gave the address, and not a publisher
    recipe      reads the files of the folder as they lie; then no descriptor is needed, and the resources of
                one are not looked at
    client      fetches; without it a client is opened for each package

    Raises ProblemsFound with all that is wrong with the package itself; its tables are not read yet.
    Raises OSError if a file that is there, or the disk, cannot be read or written.
    """
    text = str(address)
    work = scratch / f"package-{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    if re.match(r"(?i)[a-z][a-z0-9+.-]+://", text):
        if not operator:
            raise ProblemsFound([problem("address-in-package", Place(), value=text)])
        work.mkdir(parents=True, exist_ok=True)
        if client is not None:
            return _open_fetched(client, text, work, recipe)
        # The client takes longer to load than a small package to check, so only an address pays for it.
        from ingest.fetching import open_client

        with open_client() as opened:
            return _open_fetched(opened, text, work, recipe)
    path = Path(address)
    if path.is_dir():
        return _open_files(Files(path), None, work, recipe)
    if path.is_file() and path.name.lower().endswith((".json", ".yaml", ".yml")):
        return _open_files(Files(path.parent), path.name, work, recipe)
    if path.is_file():
        return _open_archive(path, work, recipe)
    raise ProblemsFound([problem("package-missing", Place(), value=path.name)])


def _open_archive(path: Path, work: Path, recipe: str | None) -> Package:
    files = unpack(path, work / "unpacked", Place(path.name), frozenset(DESCRIPTORS))
    if files.problems:
        raise ProblemsFound(files.problems)
    return _open_files(files, None, work, recipe, path.stem)


def _open_fetched(client: httpx.Client, address: str, work: Path, recipe: str | None) -> Package:
    """Fetch a package: an archive, or a descriptor and the files it names beside itself."""
    from ingest.fetching import FetchFault, fetch_file

    name = PurePosixPath(urlsplit(address).path).name or "package"
    place = Place(name)
    folder = work / "fetched"
    folder.mkdir(exist_ok=True)
    try:
        if not name.lower().endswith((".json", ".yaml", ".yml")):
            archive = work / "archive.zip"
            fetch_file(client, address, archive)
            files = unpack(archive, work / "unpacked", place, frozenset(DESCRIPTORS))
            if files.problems:
                raise ProblemsFound(files.problems)
            return _open_files(files, None, work, recipe, PurePosixPath(name).stem)
        target = folder / name
        fetch_file(client, address, target, MOST_BYTES)
        told = read_descriptor(target.read_bytes(), name)
        for path in sorted(_named_paths(told)):
            # What is wrong with a path is said when the descriptor is read; here it is only not followed.
            if find_path_fault(path) is None:
                location = folder / PurePosixPath(path)
                location.parent.mkdir(parents=True, exist_ok=True)
                fetch_file(client, urljoin(address, _quoted(path)), location)
    except FetchFault as fault:
        raise ProblemsFound([problem("package-unreachable", place, reason=str(fault))]) from fault
    except NotADescriptor as fault:
        raise ProblemsFound([_not_a_descriptor(place, fault)]) from fault
    return _open_files(Files(folder), name, work, recipe)


def _named_paths(told: Mapping[str, Any]) -> set[str]:
    """Gather the paths that a descriptor names, as far as it has the right form."""
    named: set[str] = set()
    rows = told.get("resources")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            paths = row.get("path")
            parts = [*(paths if isinstance(paths, list) else [paths]), row.get("schema"), row.get("dialect")]
            recipe = row.get("recipe")
            if isinstance(recipe, str) and ("/" in recipe or recipe.endswith((".yaml", ".yml"))):
                parts.append(recipe)
            named.update(part for part in parts if isinstance(part, str) and part)
    return named


def _quoted(path: str) -> str:
    return quote(str(PurePosixPath(path)), safe="/~")


def _open_files(files: Files, name: str | None, work: Path, recipe: str | None, label: str = "") -> Package:
    """Open a package whose files lie in a folder. `label` is what an archive is called."""
    name = name or next((one for one in DESCRIPTORS if (files.folder / one).exists()), None)
    label = label or files.folder.resolve().name
    if name is None:
        if recipe is None:
            raise ProblemsFound([problem("descriptor-missing", Place(label))])
        return _open_bare(files, recipe, label, {})
    place = Place(name)
    found = files.find(name, place)
    if found is None:
        raise ProblemsFound(files.problems)
    try:
        content = load_descriptor(found)
        told = read_descriptor(content, name)
    except NotADescriptor as fault:
        raise ProblemsFound([_not_a_descriptor(place, fault)]) from fault
    if recipe is not None:
        return _open_bare(files, recipe, label, told)
    reader = DescriptorReader(told, files, place, Inline(content, work))
    resources = reader.read_resources()
    return _package(reader, files, resources, label, told)


def _open_bare(files: Files, recipe: str, label: str, told: Mapping[str, Any]) -> Package:
    """Open the files of a folder as they lie, for a recipe."""
    place = Place(label)
    files.find_all(place)
    resource = Resource(
        name=re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "package",
        title=str(told.get("title") or label),
        table=None,
        dataset=None,
        recipe=recipe,
        schema=None,
        dialect={},
        encoding=None,
        format=None,
        files=files.files,
        descriptor={},
    )
    return _package(DescriptorReader(told, files, place), files, (resource,), label, told)


def _package(
    reader: DescriptorReader,
    files: Files,
    resources: tuple[Resource, ...],
    label: str,
    told: Mapping[str, Any],
) -> Package:
    """Put a package together. Raises ProblemsFound if anything was found wrong."""
    licences = reader.objects("licenses")
    first = licences[0] if licences else {}
    licence = next((str(first[key]) for key in ("name", "title", "path") if first.get(key)), None)
    name = reader.text(told, "name") or re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "package"
    title = reader.text(told, "title") or name
    version = reader.text(told, "version")
    for key in ("sources", "contributors"):
        reader.objects(key)
    if files.problems:
        raise ProblemsFound(files.problems)
    return Package(
        name=name,
        title=title,
        version=version,
        licence=licence,
        folder=files.folder,
        files=files.files,
        digest=files.digest,
        resources=resources,
        descriptor=told,
    )


def _not_a_descriptor(place: Place, fault: NotADescriptor) -> Problem:
    return problem("descriptor-not-json", Place(place.file, row=fault.row), reason=str(fault))

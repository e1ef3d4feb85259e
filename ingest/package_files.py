"""The files of a package, wherever they lie.

In:   a folder or a zip archive, and the paths by which a descriptor names files in it
Out:  plain files that lie inside the package, each with its size and digest; problems

A submitted package is hostile until looked at: a path may climb out of it, a file may be a link or a device,
an archive may unpack to more than there is room for.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.digests import digest_file
from ingest.problems import Place, Problem, find_nearest, problem
from ingest.reading.archive import ArchiveFault, is_link, read_entries, read_pieces

CHUNK = 1 << 20
MOST_FILES = 10_000
MOST_PATH = 1000

# Algorithms by which a descriptor may give a file's hash.
ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha512"})

_ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]+:|//")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package.

    `path` is its place in the package, with forward slashes; `location` is where it lies.
    """

    path: str
    location: Path
    bytes: int
    sha256: str


@dataclass(slots=True)
class Files:
    """The files of one package, each measured at most once.

    folder     where the package lies; for an archive, where it was unpacked
    problems   what was found wrong with paths and files
    unpacked   files of an archive, by path, measured when they were unpacked
    """

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    unpacked: dict[str, PackageFile] = field(default_factory=dict)
    _found: dict[str, PackageFile] = field(default_factory=dict)
    _hashes: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[PackageFile, ...]:
        """All files found so far, by path."""
        return tuple(self._found[path] for path in sorted(self._found))

    @property
    def digest(self) -> str:
        """One digest for paths and contents of all files found so far."""
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def find(self, path: str, place: Place, algorithm: str | None = None) -> PackageFile | None:
        """Find a file by the path a descriptor gives; None after a problem.

        algorithm    what to hash the file with beside SHA-256; see `hash_of`
        """
        fault = find_path_fault(path)
        if fault is not None:
            self.problems.append(problem(fault, place, value=path))
            return None
        path = str(PurePosixPath(path))
        found = self._found.get(path) or self.unpacked.get(path)
        if found is not None and (algorithm in (None, "sha256") or (path, algorithm) in self._hashes):
            self._found[path] = found
            return found
        location = self._locate(path, place)
        if location is None:
            return None
        found = PackageFile(path, location, location.stat().st_size, digest_file(location))
        self._found[path] = found
        if algorithm not in (None, "sha256"):
            with location.open("rb") as stream:
                made = hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False))
            self._hashes[path, algorithm] = made.hexdigest()
        return found

    def hash_of(self, file: PackageFile, algorithm: str) -> str:
        """Give a file's hash; it was asked for when the file was found."""
        return file.sha256 if algorithm == "sha256" else self._hashes[file.path, algorithm]

    def find_all(self, place: Place) -> None:
        """Find every file of the folder but hidden ones."""
        for count, path in enumerate(walk(self.folder)):
            if count == MOST_FILES:
                found = f"more than {MOST_FILES:,} files"
                self.problems.append(
                    problem("archive-too-large", place, found=found, wanted=f"{MOST_FILES:,}")
                )
                return
            self.find(path, place)

    def _locate(self, path: str, place: Place) -> Path | None:
        """Find where a file lies. Each step is looked at, so that none of them is a link."""
        here = self.folder
        for step in PurePosixPath(path).parts:
            here = here / step
            try:
                mode = here.lstat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                nearest = find_nearest(path, list(walk(self.folder, MOST_FILES)))
                self.problems.append(problem("file-missing", place, value=path, nearest=nearest))
                return None
            if stat.S_ISLNK(mode):
                self.problems.append(problem("link-in-package", place, value=path))
                return None
        if not stat.S_ISREG(mode):
            self.problems.append(problem("file-not-plain", place, value=path))
            return None
        return here


def find_path_fault(path: str) -> str | None:
    """Find the code of what is wrong with a path, or None.

    >>> [find_path_fault(path) for path in ("data/a.csv", "./a.csv", "a..b.csv")]
    [None, None, None]
    >>> [find_path_fault(path) for path in ("../a.csv", "/etc/passwd", "C:/a.csv", "~/a.csv")]
    ['path-outside-package', 'path-outside-package', 'path-outside-package', 'path-outside-package']
    >>> [find_path_fault(path) for path in ("https://example.org/a.csv", "file:a.csv", "//host/a.csv")]
    ['address-in-package', 'address-in-package', 'address-in-package']
    >>> find_path_fault("data\\\\a.csv")
    'path-malformed'
    """
    if _DRIVE.match(path) and not _ADDRESS.match(path):
        return "path-outside-package"
    if _ADDRESS.match(path):
        return "address-in-package"
    parts = re.split(r"[/\\]", path)
    if path.startswith(("/", "\\", "~")) or ".." in parts:
        return "path-outside-package"
    if not path.isprintable() or "\\" in path or parts[-1] in ("", ".") or len(path) > MOST_PATH:
        return "path-malformed"
    return None


def walk(folder: Path, most: int | None = None) -> Iterator[str]:
    """Give the paths of everything in a folder that is no folder itself, hidden files left out, sorted.

    Links are given, not followed.
    """
    count = 0
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        entries = sorted(here.iterdir(), key=lambda entry: entry.name)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir() and not entry.is_symlink():
                continue
            yield entry.relative_to(folder).as_posix()
            count += 1
            if count == most:
                return
        waiting.extend(
            entry
            for entry in reversed(entries)
            if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith(".")
        )


def unpack(archive: Path, folder: Path, place: Place, names: frozenset[str]) -> Files:
    """Unpack a zip archive into a new folder; what is wrong with it is in the problems of what comes back.

    names    what a descriptor may be called. Where the archive holds one folder and nothing else, and the
             descriptor is in that, the folder is the package.

    Nothing is unpacked from an archive with an entry that is a link or has a path out of it. An archive
    inside the archive is a file like any other.
    """
    files = Files(folder)
    try:
        entries = [entry for entry in read_entries(archive) if not entry.is_dir()]
        for entry in entries:
            fault = "link-in-package" if is_link(entry) else find_path_fault(entry.filename)
            if fault is not None:
                files.problems.append(problem(fault, place, value=entry.filename))
        if files.problems:
            return files
        # What an earlier opening of the same archive left there is ours.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        root = _find_root(entries, names)
        for entry in entries:
            path = entry.filename.removeprefix(root)
            if entry.filename.startswith(root):
                file = _unpack_entry(archive, entry, folder, str(PurePosixPath(path)))
                files.unpacked[file.path] = file
    except ArchiveFault as fault:
        files.problems.append(problem(fault.code, place, **fault.facts))
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        reason = "it holds a file and a folder of one name."
        files.problems.append(problem("archive-unreadable", place, reason=reason))
    return files


def _find_root(entries: list[zipfile.ZipInfo], names: frozenset[str]) -> str:
    paths = [entry.filename for entry in entries]
    if any(path in names for path in paths):
        return ""
    roots = {path.partition("/")[0] for path in paths if "/" in path}
    described = {path.partition("/")[0] for path in paths if path.partition("/")[2] in names}
    return f"{described.pop()}/" if len(described) == 1 and len(roots) == 1 else ""


def _unpack_entry(archive: Path, entry: zipfile.ZipInfo, folder: Path, path: str) -> PackageFile:
    location = folder / path
    location.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with location.open("xb") as out:
        for piece in read_pieces(archive, entry):
            digest.update(piece)
            out.write(piece)
    return PackageFile(path, location, entry.file_size, digest.hexdigest())

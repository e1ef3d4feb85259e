"""What can be taken away: the files of an edition, an edition itself, and the editions that are kept.

In:   the manifest of an edition, the folder it lies in
Out:  pages with sizes, rows and digests
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Files that hold everything, in the order people ask for them, and what they are.
_WHOLES = (
    ("catalogue.db", "Everything as one SQLite database"),
    ("observations.csv.gz", "All figures as CSV, compressed"),
    ("observations.parquet", "All figures as Parquet"),
    ("restated_figures.csv", "Figures restated on today's areas, as CSV"),
    ("restated_figures.parquet", "Figures restated on today's areas, as Parquet"),
    ("revisions.parquet", "Every earlier value of every figure, as Parquet"),
    ("site.nq.gz", "Everything as linked data, in N-Quads"),
    ("datapackage.json", "Everything as one Data Package"),
    ("definitions/datapackage.json", "Every definition as one Data Package, to pull"),
    ("SHA256SUMS", "The digest of every file"),
)


@dataclass(frozen=True, slots=True)
class File:
    """One file to take away. `words` says what it is; `description` is the path of the one that describes it."""

    path: str
    words: str
    size: str
    sha256: str
    description: str = ""


def size_words(bytes_: int) -> str:
    """Write a size as people read it.

    >>> size_words(812), size_words(15_300_000)
    ('812 bytes', '15.3 MB')
    """
    for limit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if bytes_ >= limit:
            return f"{bytes_ / limit:.1f} {name}"
    return f"{bytes_} bytes"


def downloads(edition: Edition) -> Page:
    """Make the page of an edition's files."""
    manifest: Mapping[str, Mapping[str, Any]] = edition.manifest.get("downloads", {})
    model = load_model()
    titles = {row["dataset"]: row["title"] for row in edition.rows("SELECT dataset, title FROM datasets")}
    wholes, datasets, definitions, tables, others = [], [], [], [], []
    names = dict(_WHOLES)
    for path in sorted(manifest):
        if path.removesuffix("-metadata.json") in manifest and path.endswith("-metadata.json"):
            continue
        told = manifest[path]
        stem = path.rpartition("/")[2].split(".")[0]
        if path in names:
            words = names[path]
        elif path.startswith("datasets/") and path.endswith(".csv"):
            words = titles.get(stem, stem)
        elif stem in model.tables and path.endswith(".csv"):
            words = model.tables[stem].title
        else:
            words = path
        described = f"{path}-metadata.json"
        file = File(
            path,
            words,
            size_words(int(told["bytes"])),
            str(told["sha256"]),
            described if described in manifest else "",
        )
        if path in names:
            wholes.append(file)
        elif path.startswith("datasets/"):
            datasets.append(file)
        elif path.startswith("definitions/"):
            definitions.append(file)
        elif stem in model.tables:
            tables.append(file)
        else:
            others.append(file)
    wholes.sort(key=lambda file: list(names).index(file.path))
    datasets.sort(key=lambda file: file.words)
    frame = Frame(
        path="/downloads",
        title="Downloads",
        lede="Everything that is published here, as files. Each is made once and never changes.",
        downloads=[Link("Catalogue as Turtle (DCAT)", "/catalog.ttl")],
        datasets=titles,
    )
    return make_page(
        edition,
        "downloads",
        frame,
        sections=[
            ("Everything", wholes),
            ("Figures by dataset", datasets),
            ("Definitions and what they need", definitions),
            ("Tables", tables),
            ("Other files", others),
        ],
    )


def edition_page(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of the edition that is open."""
    if tuple(notation) != (edition.name,):
        return None
    manifest = edition.manifest
    frame = Frame(
        path=address_of("edition", edition.name),
        title=f"Edition {edition.name}",
        lede="One immutable publication of everything here. The same data give the same digest.",
        crumbs=[Link("Editions", "/editions")],
        uri=edition.uri("edition", edition.name),
        forms=LINKED_DATA,
    )
    model = load_model()
    rows = [
        (model.tables[name].title if name in model.tables else name, name, count)
        for name, count in sorted(manifest.get("rows", {}).items())
        if count and not name.startswith("observation_")
    ]
    return make_page(
        edition,
        "edition",
        frame,
        manifest=manifest,
        rows=rows,
        sources=manifest.get("sources", []),
        day=sentences.day(dt.date.fromisoformat(edition.name[:10])) if _is_dated(edition.name) else "",
    )


def _is_dated(name: str) -> bool:
    try:
        dt.date.fromisoformat(name[:10])
    except ValueError:
        return False
    return True


def editions(edition: Edition, query: Mapping[str, str]) -> Page:  # noqa: ARG001
    """Make the list of the editions that are kept beside this one."""
    from api.edition import Editions

    names = Editions(edition.folder.parent).names()
    frame = Frame(
        path="/editions",
        title="Editions",
        lede=f"{sentences.count(len(names), 'edition is', 'editions are')} kept here, newest first.",
    )
    told = [
        (name, sentences.day(dt.date.fromisoformat(name[:10])) if _is_dated(name) else "") for name in names
    ]
    return make_page(edition, "editions", frame, names=told, current=edition.name)

"""The contents of an edition become its files: database, RDF store, downloads, manifest.

In:   Contents, and an empty folder
Out:  catalogue.db, rdf/store, downloads/, reports/, manifest.json
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.problems import ProblemsFound
from publish.carried import TABLES, carry, find_unchanged, write_carried
from publish.catalogue import write_catalogue
from publish.changes import change_lines
from publish.contents import Contents
from publish.cube import component_lines, structure_lines
from publish.dcat import catalogue_lines, vocabulary_lines
from publish.descriptors import csvw_description, package_descriptor
from publish.digest import digest_after, digest_edition, digest_tables
from publish.edition import MANIFEST, EditionsFolder, edition_name
from publish.figures import Leaving
from publish.files import write_observation_files, write_table_files
from publish.folder import Folder
from publish.judgements import judgement_lines
from publish.lines import text_bytes
from publish.links import implied_lines
from publish.loading import Loading, files_at_once
from publish.parquet import OBSERVATIONS, write_parquet
from publish.parts import DOWNLOADS, Parts
from publish.quads import write_quads
from publish.quality import quality_lines
from publish.register import FOLDER as DEFINITIONS
from publish.register import definitions_descriptor, write_definition_files
from publish.restated_forms import restated_lines, write_restated_files
from publish.revisions import READ_BEFORE, History, form_of, work_out_history, write_history_file
from publish.shares import Share
from publish.signal_forms import signal_tables, write_signal_files
from publish.statements import Spelling, StatementWriter
from publish.store import holds_observations
from publish.stores import Nowhere, Stores
from publish.target_forms import target_lines, write_target_files
from publish.translations import translation_lines
from publish.triples import Names, list_lines, shown_properties, table_lines
from publish.verify import OWNER, verify_files
from publish.virtual import PIECES, write_pieces
from publish.work import Work
from schemas import Field, TableSchema

CATALOGUE = "catalogue.db"
LINKED_DATA = "rdf"

# A table is written so many rows at a time: a column of texts holds at most 2 gigabytes.
TABLE_ROWS = 100_000

# So many files are loaded one after another by each that loads: what one took in memory serves the next.
_FILES = 4

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Making:
    """How one edition is made.

    on        the day in its name
    rdf_url   the kind of RDF store, as site.toml says it
    reports   further files of the edition, by their path in reports/: name and text
    progress  is told in a few words what comes next
    at        the moment at which it becomes current; now if left out
    is_preview  whether it says of itself that it is a preview
    stores    where else it is to be
    work      is told what is done
    """

    on: date
    rdf_url: str = "cube:"
    reports: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = lambda _stage: None
    at: datetime | None = None
    is_preview: bool = False
    stores: Stores = field(default_factory=Nowhere)
    work: Work = field(default_factory=Work)

    def begin(self, stage: str, words: str) -> None:
        """Say what comes next: to a person, and for the share of the work that is done."""
        self.work.begin(stage)
        self.progress(words)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Contents whose digest is known: while it was taken, the files of observations were written.

    downloads    a folder with those files; it becomes the downloads of the edition, if there is to be one
    tables       the digest of each table
    content      the digest of everything that is published but its history
    digest       the digest of everything
    shares       the digest of each share of the observations
    parts        what may be taken from the edition before
    unchanged    the indicators of which every figure is what it was
    history      what the edition before said otherwise; None for an edition that has no revisions
    loading      what loads the store already, with all observations; None where nothing does yet
    """

    contents: Contents
    downloads: Folder
    tables: Mapping[str, str]
    content: str
    digest: str
    shares: Mapping[Share, str]
    parts: Parts = field(default_factory=Parts)
    unchanged: frozenset[str] = frozenset()
    loading: Loading | None = None
    history: History | None = None


def may_load_early(contents: Contents) -> bool:
    """Say whether the store may be loaded before all else is worked out: there must be memory for both."""
    return files_at_once(contents.observations.count) > 0


def begin_loading(contents: Contents, folder: Path, rdf_url: str) -> Loading:
    """Write every observation as Turtle into a new folder, and load the store there beside other work.

    For a store that holds none, write what says them again from their rows.
    """
    with ExitStack() as stack:
        is_held = holds_observations(rdf_url)
        at_once = files_at_once(contents.observations.count if is_held else 0)
        loading = stack.enter_context(Loading(rdf_url, folder, contents.base, at_once))
        if not is_held:
            write_pieces(contents, folder / PIECES)
            stack.pop_all()
            return loading
        for turtle in _write_observations(contents, folder, parts=at_once * _FILES or 1):
            loading.add(turtle)
        stack.pop_all()
    return loading


def prepare(
    contents: Contents, folder: Path, loading: Loading | None = None, parts: Parts | None = None
) -> Prepared:
    """Take the digest of contents, and write the files of observations into a new folder.

    loading   what loads the store already, from begin_loading
    parts     what may be taken from the edition before
    """
    parts = parts or Parts()
    folder.mkdir()
    downloads = Folder(folder)
    observed, shares = write_observation_files(contents, downloads, parts)
    tables = digest_tables(contents, observed)
    digest = digest_edition(contents, tables)
    unchanged = find_unchanged(contents.observations, shares, parts)
    carry(contents.carried, unchanged, tables, shares, parts)
    return Prepared(contents, downloads, tables, digest, digest, shares, parts, unchanged, loading)


def following(prepared: Prepared, folder: EditionsFolder) -> Prepared:
    """Say what contents revise of the edition that is current.

    Raises ProblemsFound if that one is damaged where it must be read.

    The digest becomes that of the current edition where the content is the same, and else covers what was before,
    if there is any revision: one content has as many histories as there are ways to it.
    """
    current = folder.current
    if current is None or current not in folder.names():
        return prepared
    if folder.content(current) == prepared.content:
        return replace(prepared, digest=folder.digest(current))
    parts = prepared.parts
    unread = [
        path for path in READ_BEFORE if parts.before is None or not parts.find_file(f"{DOWNLOADS}/{path}")
    ]
    damaged = verify_files(folder.folder / current, unread)
    if damaged:
        # What was said before cannot be read, so nobody can tell what is said otherwise now.
        raise ProblemsFound(damaged)
    history = work_out_history(
        prepared.contents, prepared.downloads, folder.folder / current, prepared.unchanged
    )
    if history.is_empty:
        return prepared
    return replace(prepared, digest=digest_after(prepared.content, folder.digest(current)), history=history)


def write_edition(prepared: Prepared, folder: Path, name: str, making: Making) -> None:
    """Write all files of an edition, which has a name already, into a folder that has none of them."""
    contents = prepared.contents
    told = {
        "edition": name,
        "digest": prepared.digest,
        "title": contents.title,
        "base": contents.base,
        "product_version": contents.product_version,
    }
    if making.is_preview:
        told["preview"] = "true"
    if prepared.loading is None:
        is_beside = may_load_early(contents)
        making.begin(
            "begin store",
            "Writing linked data, and loading it beside" if is_beside else "Writing linked data",
        )
    with prepared.loading or begin_loading(contents, folder / LINKED_DATA, making.rdf_url) as loading:
        making.begin("tables", "Writing tables as CSV and Parquet")
        downloads = prepared.downloads.moved(folder / DOWNLOADS)
        write_table_files(contents, downloads)
        write_definition_files(contents, downloads)
        sources = contents.made_of.files if contents.made_of else {}
        write_parquet(contents.observations, prepared.shares, folder, prepared.parts, sources)
        downloads.note(OBSERVATIONS, contents.observations.count)
        write_target_files(contents, downloads)
        write_restated_files(contents, downloads)
        write_signal_files(contents, downloads)
        history = prepared.history
        revisions = history.named(name) if history else form_of(contents.model).empty_table()
        write_history_file(revisions, downloads)
        names = Names(contents.base, contents.model)
        about = (
            *catalogue_lines(contents, told, making.on, downloads.files),
            *vocabulary_lines(contents.base),
        )
        statements = b"".join([*statement_lines(contents, names), "".join(about).encode()])
        for turtle in _write_statements(statements, loading.folder, parts=loading.at_once or 1):
            loading.add(turtle)
        _write_descriptions(contents, name, downloads)
        making.begin("catalogue", "Writing the catalogue")
        leaving = Leaving(tuple(prepared.shares), contents.made_of, prepared.parts, folder)
        rows = write_catalogue(contents, told, folder / CATALOGUE, revisions, leaving)
        downloads.link(CATALOGUE, folder / CATALOGUE)
        making.begin("quads", "Writing linked data to download")
        digests = prepared.tables, prepared.shares
        count = write_quads(contents, downloads, statements, digests, prepared.parts)
        making.begin("store", "Loading the RDF store")
        if not loading.at_once:
            contents.observations.forget()
        loading.finish(folder / LINKED_DATA)
    downloads.write("SHA256SUMS", [downloads.sums()])
    for path, text in making.reports.items():
        at = folder / "reports" / path
        at.parent.mkdir(exist_ok=True)
        at.write_text(text, encoding="utf-8")
    manifest = {
        **told,
        "content": prepared.content,
        "follows": history.after if history else None,
        "rows": rows,
        "statements": count,
        "tables": prepared.tables,
        "sources": contents.sources,
        "downloads": {
            path: {"bytes": file.bytes, "sha256": file.sha256}
            for path, file in sorted(downloads.files.items())
        },
    }
    linked_data = folder / LINKED_DATA
    files = {path.name: _digest_of(path) for path in sorted(linked_data.iterdir()) if path.is_file()}
    # What kind of store there is, is no part of what the manifest says.
    (linked_data / OWNER).write_text(_as_json({"edition": name, "files": files}), encoding="utf-8")
    derived = ((name, getattr(contents, name)) for name in TABLES)
    counted = contents.observations.counts.write(contents.observations.lists, sources)
    write_carried(folder, chain(derived, counted), prepared.parts)
    prepared.parts.write(folder, downloads)
    (folder / MANIFEST).write_text(_as_json(manifest), encoding="utf-8")


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _write_descriptions(contents: Contents, name: str, downloads: Folder) -> None:
    """Describe the CSV files, each by itself and all as one package."""
    for path in [path for path in downloads.files if path.startswith("datasets/")]:
        dataset = path.removeprefix("datasets/").removesuffix(".csv")
        described = csvw_description(contents, dataset, downloads.files[path])
        downloads.write(f"{path}-metadata.json", [_as_json(described).encode()])
    described = package_descriptor(contents, name, downloads.files)
    downloads.write("datapackage.json", [_as_json(described).encode()])
    described = definitions_descriptor(contents, name, downloads)
    downloads.write(f"{DEFINITIONS}/datapackage.json", [_as_json(described).encode()])


def _write_statements(statements: bytes, folder: Path, parts: int) -> Iterator[Path]:
    """Write all that is not about one observation, in so many files; its lines name everything in full."""
    # A line end stands nowhere but at the end of a statement: inside of texts it is escaped.
    ends = [statements.find(b"\n", len(statements) * part // parts) + 1 for part in range(1, parts)]
    for part, (start, end) in enumerate(pairwise([0, *ends, len(statements)]), start=1):
        path = folder / f"rest-{part}.ttl"
        path.write_bytes(memoryview(statements)[start:end])
        yield path


def _write_observations(contents: Contents, folder: Path, parts: int) -> Iterator[Path]:
    """Write every observation as Turtle, in so many files of like size. Gives each when it is whole."""
    spelling = Spelling(Names(contents.base, contents.model), is_lines=False)
    writer = StatementWriter(contents, spelling)
    batches = contents.observations.batches()
    rows = -(-contents.observations.count // parts)
    for part in range(parts):
        path, written = folder / f"observations-{part + 1}.ttl", 0
        with path.open("wb") as file:
            file.write(spelling.heading.encode())
            while written < rows and (batch := next(batches, None)) is not None:
                for piece in writer.write(batch):
                    file.write(piece)
                written += batch.num_rows
        yield path


def statement_lines(contents: Contents, names: Names) -> Iterator[bytes | memoryview]:
    """Write every statement of an edition that is not about one observation, as lines of N-Triples."""
    model = contents.model
    for name, schema in model.tables.items():
        if name == "observations" or not any(shown_properties(schema)) or not contents.tables[name].num_rows:
            continue
        for rows in contents.tables[name].to_batches(max_chunksize=TABLE_ROWS):
            yield text_bytes(table_lines(model, names, schema, pa.Table.from_batches([rows])))
        for column in schema.fields:
            if column.type == "list":
                items = _items(contents, schema, column)
                yield text_bytes(list_lines(model, names, schema, column, items))
    for schema, rows in signal_tables(contents):
        yield text_bytes(table_lines(model, names, schema, rows))
    texts = chain(
        implied_lines(contents, names),
        change_lines(contents, names),
        judgement_lines(contents, names),
        restated_lines(contents, names),
        component_lines(contents, names),
        structure_lines(contents, names),
        target_lines(contents, names),
        quality_lines(contents, names),
        translation_lines(contents, names),
    )
    yield "".join(texts).encode()


def _items(contents: Contents, schema: TableSchema, column: Field) -> pa.Table:
    """Give the items of a list field, beside the key of their row."""
    found = contents.items(schema.name, column.name)
    columns = {key: [row[key] for row, _, _ in found] for key in schema.primary_key}
    columns["item"] = [item for _, item, _ in found]
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))


def publish_contents(
    prepared: Prepared, folder: EditionsFolder, making: Making, live: EditionsFolder | None = None
) -> tuple[str, bool]:
    """Publish contents as the current edition. Call it only while holding the folder's lock.

    live   the folder whose current edition they follow; the same one if left out

    Returns the edition's name, and whether the pointer was moved. Content that is current already is left as
    it is, and content that is kept under another date, with the same history, becomes current again without being
    built once more.
    """
    prepared = following(prepared, live or folder)
    kept = folder.find_digest(prepared.digest)
    if kept is not None and kept == folder.current:
        make_current(folder, kept, making.stores)
        return kept, False
    name = kept or edition_name(making.on, prepared.digest)

    def write(building: Path) -> None:
        write_edition(prepared, building, name, making)
        # It is whole there before it is anything here.
        making.stores.hold(name, building)

    if kept is None:
        folder.build(name, write)
    making.begin("settle", "Making the edition current")
    make_current(folder, name, making.stores)
    folder.point(name, "published", making.at)
    making.stores.forget(folder)
    return name, True


def make_current(folder: EditionsFolder, name: str, stores: Stores) -> None:
    """Make an edition that is kept the current one of the stores outside.

    The pointer here is moved after this: what is served is named by that one, and both of its editions are whole
    there.
    """
    stores.hold(name, folder.folder / name)
    stores.point(name)

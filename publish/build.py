"""The contents of an edition become its files: database, RDF store, downloads, manifest.

In:   Contents, and an empty folder
Out:  catalogue.db, rdf/store, downloads/, reports/, manifest.json
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from publish.catalogue import write_catalogue
from publish.contents import Contents
from publish.cube import Spelling, component_lines, observation_texts, structure_lines
from publish.edition import EditionsFolder, edition_name
from publish.links import area_lines, implied_lines
from publish.store import open_store
from publish.triples import Names, list_lines, shown_properties, table_lines
from schemas import Field, TableSchema

CATALOGUE = "catalogue.db"
STORE = "rdf/store"


def write_edition(contents: Contents, folder: Path, name: str, rdf_url: str) -> None:
    """Write all files of an edition, which has a name already, into an empty folder."""
    told = {
        "edition": name,
        "digest": contents.digest,
        "title": contents.title,
        "base": contents.base,
        "product_version": contents.product_version,
    }
    rows = write_catalogue(contents, told, folder / CATALOGUE)
    statements = _load_store(contents, folder, rdf_url)
    manifest: dict[str, Any] = {
        **told,
        "rows": rows,
        "statements": statements,
        "tables": contents.table_digests,
        "sources": contents.sources,
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def _load_store(contents: Contents, folder: Path, rdf_url: str) -> int:
    """Load every statement into the store, through one file of Turtle, and count them."""
    names = Names(contents.base, contents.model)
    (folder / "rdf").mkdir()
    turtle = folder / "rdf" / "edition.ttl"
    with turtle.open("wb") as file:
        spelling = Spelling(names, is_lines=False)
        file.write(spelling.heading.encode())
        file.writelines(statement_lines(contents, names))
        file.writelines(contents.engine.texts(observation_texts(contents, spelling)))
    store = open_store(rdf_url, folder / STORE)
    statements = store.load(turtle, contents.base)
    store.close()
    turtle.unlink()
    return statements


def statement_lines(contents: Contents, names: Names) -> Iterator[bytes]:
    """Write every statement of an edition that is not about one observation, as lines of N-Triples."""
    model, engine = contents.model, contents.engine
    for name, schema in model.tables.items():
        if name == "observations" or not any(shown_properties(schema)):
            continue
        tables = [table_lines(model, names, schema, contents.tables[name])]
        tables += [
            list_lines(model, names, schema, field, _items(contents, schema, field), "item")
            for field in schema.fields
            if field.type == "list"
        ]
        for table in tables:
            yield from map(bytes, engine.texts(table))
    yield from map(bytes, engine.texts(area_lines(names, contents.tables["areas"])))
    texts = chain(
        implied_lines(contents, names), component_lines(contents, names), structure_lines(contents, names)
    )
    yield from (text.encode() for text in texts)


def _items(contents: Contents, schema: TableSchema, field: Field) -> ibis.Table:
    """Bring the items of a list field into the engine, beside the key of their row."""
    found = contents.items(schema.name, field.name)
    columns = {key: [row[key] for row, _, _ in found] for key in schema.primary_key}
    columns["item"] = [item for _, item, _ in found]
    form = pa.schema([(name, pa.string()) for name in columns])
    return contents.engine.load(f"items_{schema.name}_{field.name}", pa.table(columns, schema=form))


def publish_contents(contents: Contents, folder: EditionsFolder, on: date, rdf_url: str) -> tuple[str, bool]:
    """Publish contents as the current edition. Call it only while holding the folder's lock.

    on    the date in the name of a new edition

    Returns the edition's name, and whether the pointer was moved. Content that is current already is left as
    it is, and content that is kept under another date becomes current again without being built a second
    time.
    """
    name = folder.find_digest(contents.digest)
    if name is not None and name == folder.current:
        return name, False
    if name is None:
        name = edition_name(on, contents.digest)
        folder.clean()
        folder.build(name, lambda building: write_edition(contents, building, name, rdf_url))
    folder.point(name, "published")
    return name, True

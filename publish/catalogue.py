"""The contents of an edition become catalogue.db: one SQLite file, named for tasks.

In:   Contents
Out:  a database with every standard table, coded observations under two views, and a full-text search

sqlite-utils makes tables, keys, indexes, views and search. Observations go in as batches of whole numbers, in
key order, while nothing is journalled: the file is new, and a build that dies is thrown away whole.
The same contents give the same bytes with the same SQLite library.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from sqlite_utils import Database
from sqlite_utils.db import ForeignKey

from publish.contents import PROVENANCE, Contents
from publish.engine import Engine
from publish.observations import LISTS, Observations
from publish.packing import insert_observations
from publish.views import FIGURES_VIEW, OBSERVATIONS_VIEW
from schemas import Model, TableSchema

PAGE_BYTES = 8192

HEADS = "indicator_heads"

_TYPES: Mapping[str, type] = {"number": float, "integer": int, "boolean": int}

# The tables behind the numbers in observation_rows, by the name of the list.
LIST_TABLES = {name: f"observation_{name}s".replace("statuss", "statuses") for name in LISTS}

_DISTRIBUTION_FIGURES = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")


def write_catalogue(contents: Contents, edition: Mapping[str, str], path: Path) -> dict[str, int]:
    """Write the database of an edition and count the rows of each table in it.

    edition    what the table "edition" says: its name, digest, title, base, product version

    Raises sqlite3.IntegrityError if a row points at a row that is not there.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"page_size = {PAGE_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA cache_size = -65536")
        database = Database(connection)
        connection.execute("BEGIN")
        _write_sources(database, contents)
        for name in _ordered(contents.model):
            if name == HEADS:
                _write_heads(database, contents)
            else:
                _write_table(database, contents, contents.model.tables[name])
        _write_derived(database, contents, edition)
        _write_observations(database, contents.engine, contents.observations)
        _write_search(database, contents)
        database.create_view("observations", OBSERVATIONS_VIEW)
        database.create_view("figures", FIGURES_VIEW)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        astray = connection.execute("PRAGMA foreign_key_check").fetchone()
        if astray is not None:
            raise sqlite3.IntegrityError(
                f"a row of {astray[0]} points at a row of {astray[2]} that is not there"
            )
        return {
            name: int(database.table(name).count)
            for name in sorted(database.table_names())
            if not name.startswith(("search_", "sqlite_", "observation_")) or name == "observation_rows"
        }
    finally:
        connection.close()


def _write_sources(database: Database, contents: Contents) -> None:
    columns = {
        "source": int,
        "package": str,
        "resource": str,
        "file": str,
        "sha256": str,
        "bytes": int,
        "rows_read": int,
        "title": str,
        "publisher": str,
        "licence": str,
    }
    database.table("sources").create(columns, pk="source")
    _insert(database, "sources", [[row.get(name) for name in columns] for row in contents.sources])


def _ordered(model: Model) -> Iterable[str]:
    """Order the submitted tables and the heads so that each comes after those it points at."""
    after = {HEADS: ["indicators"]}
    for name, schema in model.tables.items():
        if name != "observations":
            pointed = (_target(model, key.table, key.table_fields) for key in schema.foreign_keys)
            after[name] = sorted({*pointed} - {name})
    return TopologicalSorter(after).static_order()


def _target(model: Model, table: str, columns: Sequence[str]) -> str:
    """Say which table a key points at: one that names an indicator without its version, at its head."""
    return table if tuple(columns) == model.tables[table].primary_key else {"indicators": HEADS}[table]


def _write_heads(database: Database, contents: Contents) -> None:
    """Write each indicator once, with its current version: what points at an indicator points here."""
    database.table(HEADS).create(
        {"indicator": str, "version": str, "label": str},
        pk="indicator",
        not_null={"version", "label"},
        foreign_keys=[_key(HEADS, ("indicator", "version"), "indicators", ("indicator", "version"))],
    )
    _insert(database, HEADS, ([*row.values()] for row in contents.indicator_heads))


def _write_table(database: Database, contents: Contents, schema: TableSchema) -> None:
    """Write one submitted table under its own name and columns, and where each row came from."""
    table = database.table(schema.name)
    table.create(
        {
            **{column.name: _TYPES.get(column.type, str) for column in schema.fields},
            **dict.fromkeys(PROVENANCE, int),
        },
        pk=schema.primary_key if len(schema.primary_key) > 1 else schema.primary_key[0],
        not_null={column.name for column in schema.fields if column.required},
        foreign_keys=[
            *(
                _key(
                    schema.name,
                    key.fields,
                    _target(contents.model, key.table, key.table_fields),
                    key.table_fields,
                )
                for key in schema.foreign_keys
            ),
            _key(schema.name, ("_source",), "sources", ("source",)),
        ],
    )
    rows = contents.tables[schema.name]
    _insert(database, schema.name, _tuples(contents.engine.batches(rows.select(**_typed(schema, rows)))))
    for key in schema.foreign_keys:
        if key.fields != schema.primary_key[: len(key.fields)]:
            table.create_index(key.fields, if_not_exists=True)


def _typed(schema: TableSchema, rows: ibis.Table) -> dict[str, ibis.Value]:
    """Turn canonical text into what SQLite keeps: numbers as numbers, truth as 1 and 0."""
    columns: dict[str, ibis.Value] = {}
    for column in schema.fields:
        text = rows[column.name]
        if column.type == "number":
            columns[column.name] = text.cast("float64")
        elif column.type == "integer":
            columns[column.name] = text.cast("int64")
        elif column.type == "boolean":
            columns[column.name] = ibis.cases((text == "true", 1), (text == "false", 0))
        else:
            columns[column.name] = text
    return columns | {name: rows[name] for name in PROVENANCE}


def _key(table: str, columns: Sequence[str], other: str, other_columns: Sequence[str]) -> ForeignKey:
    compound = len(columns) > 1
    return ForeignKey(
        table,
        None if compound else columns[0],
        other,
        None if compound else other_columns[0],
        columns=tuple(columns),
        other_columns=tuple(other_columns),
        is_compound=compound,
    )


def _write_derived(database: Database, contents: Contents, edition: Mapping[str, str]) -> None:
    """Write the small tables that follow from the submitted ones."""
    database.table("edition").create({"name": str, "value": str}, pk="name", not_null={"value"})
    _insert(database, "edition", edition.items())

    database.table("indicator_themes").create(
        {"indicator": str, "version": str, "theme": str, "place": int},
        pk=("indicator", "version", "theme"),
        foreign_keys=[
            _key("indicator_themes", ("indicator", "version"), "indicators", ("indicator", "version"))
        ],
    )
    _insert(
        database,
        "indicator_themes",
        (
            (row["indicator"], row["version"], theme, place)
            for row, theme, place in contents.items("indicators", "themes")
        ),
    )
    database.table("indicator_themes").create_index(["theme"])

    database.table("dataset_dimensions").create(
        {"dataset": str, "dimension": str, "place": int},
        pk=("dataset", "dimension"),
        foreign_keys=[("dataset", "datasets", "dataset"), ("dimension", "dimensions", "dimension")],
    )
    _insert(
        database,
        "dataset_dimensions",
        (
            (row["dataset"], dimension, place)
            for row, dimension, place in contents.items("datasets", "dimensions")
        ),
    )

    database.table("periods").create(
        {"period": str, "label": str, "kind": str, "start_on": str, "end_on": str, "length": str},
        pk="period",
        not_null={"label", "kind", "start_on", "end_on", "length"},
    )
    _insert(
        database,
        "periods",
        (
            (p.notation, p.label, p.kind, p.start_on.isoformat(), p.end_on.isoformat(), p.length)
            for p in contents.periods
        ),
    )

    database.table("breakdowns").create({"breakdown": str, "label": str}, pk="breakdown", not_null={"label"})
    _insert(database, "breakdowns", contents.breakdown_labels.items())
    database.table("breakdown_codes").create(
        {"breakdown": str, "dimension": str, "code": str},
        pk=("breakdown", "dimension"),
        foreign_keys=[("breakdown", "breakdowns", "breakdown"), ("dimension", "dimensions", "dimension")],
    )
    _insert(
        database,
        "breakdown_codes",
        ((text, *pair) for text, pairs in contents.breakdowns.items() for pair in pairs),
    )
    _write_distributions(database, contents)


def _write_distributions(database: Database, contents: Contents) -> None:
    key = ("dataset", "indicator", "version", "period", "breakdown", "tier")
    database.table("distributions").create(
        {
            **dict.fromkeys(key, str),
            "area_count": int,
            **dict.fromkeys(_DISTRIBUTION_FIGURES, float),
        },
        pk=("indicator", "version", "period", "breakdown", "tier", "dataset"),
        foreign_keys=[
            ("dataset", "datasets", "dataset"),
            _key("distributions", ("indicator", "version"), "indicators", ("indicator", "version")),
            ("period", "periods", "period"),
            ("breakdown", "breakdowns", "breakdown"),
        ],
    )
    rows = contents.distributions.select(*key, "area_count", *_DISTRIBUTION_FIGURES)
    _insert(database, "distributions", _tuples(contents.engine.batches(rows)))


def _write_observations(database: Database, engine: Engine, observations: Observations) -> None:
    """Write the coded rows in key order, the lists behind their numbers, and one covering index by area."""
    points: dict[str, tuple[tuple[str, ...], str]] = {
        "dataset": (("dataset",), "datasets"),
        "definition": (("indicator", "version"), "indicators"),
        "area": (("area",), "areas"),
        "period": (("period",), "periods"),
        "breakdown": (("breakdown",), "breakdowns"),
    }
    for name, table in LIST_TABLES.items():
        columns, other = points.get(name, (LISTS[name], None))
        database.table(table).create(
            {"id": int, **dict.fromkeys(columns, str)},
            pk="id",
            not_null=set(columns),
            foreign_keys=[_key(table, columns, other, columns)] if other else (),
        )
        _insert(
            database, table, ((place, *row) for place, row in enumerate(observations.lists[name], start=1))
        )
        database.table(table).create_index(columns, unique=True)
    database.execute(
        """
        CREATE TABLE observation_rows (
            definition INTEGER NOT NULL REFERENCES observation_definitions (id),
            period INTEGER NOT NULL REFERENCES observation_periods (id),
            breakdown INTEGER NOT NULL REFERENCES observation_breakdowns (id),
            area INTEGER NOT NULL REFERENCES observation_areas (id),
            dataset INTEGER NOT NULL REFERENCES observation_datasets (id),
            value REAL,
            decimals INTEGER,
            status INTEGER NOT NULL REFERENCES observation_statuses (id),
            lower_limit REAL,
            upper_limit REAL,
            numerator REAL,
            denominator REAL,
            sample_size INTEGER,
            note INTEGER REFERENCES observation_notes (id),
            value_text TEXT,
            _source INTEGER REFERENCES sources (source),
            _row INTEGER,
            PRIMARY KEY (definition, period, breakdown, area, dataset)
        ) WITHOUT ROWID
        """
    )
    insert_observations(database.conn, engine, observations)
    database.table("observation_rows").create_index(
        ["area", "definition", "period", "breakdown", "dataset", "value", "decimals", "status", "note"],
        "observation_rows_by_area",
    )


def _insert(database: Database, table: str, rows: Iterable[Sequence[Any]]) -> None:
    # The name is one of our own tables'; every value is bound.
    marks = ", ".join("?" * len(database.table(table).columns))
    database.conn.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608


def _tuples(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    """Turn record batches of a small table into rows."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


# Which tables can be searched, and in which columns their names and other words are.
_SEARCHED: Sequence[tuple[str, str, tuple[str, ...], str, tuple[str, ...]]] = (
    ("area", "areas", ("area",), "label", ("everyday_label",)),
    ("body", "bodies", ("body",), "label", ("everyday_label",)),
    ("group", "groups", ("group",), "label", ("definition",)),
    ("dataset", "datasets", ("dataset",), "title", ("description",)),
    ("framework", "frameworks", ("framework", "version"), "label", ("short_label", "service", "definition")),
    ("scale", "rating_scales", ("scale",), "label", ("definition",)),
    ("plan", "plans", ("plan",), "label", ("definition",)),
    ("outcome", "outcomes", ("outcome",), "label", ()),
)


def _write_search(database: Database, contents: Contents) -> None:
    """Write everything with a name into one table, and the full-text search over it."""
    database.table("things").create(
        {"thing": int, "kind": str, "notation": str, "label": str, "words": str}, pk="thing"
    )
    _insert(
        database,
        "things",
        ((place, *thing) for place, thing in enumerate(_things(contents), start=1)),
    )
    database.execute(
        """
        CREATE VIRTUAL TABLE search USING fts5 (
            kind UNINDEXED, notation, label, words,
            content="things", content_rowid="thing",
            tokenize="unicode61 remove_diacritics 2", prefix='2 3 4'
        )
        """
    )
    database.execute("INSERT INTO search (search) VALUES ('rebuild')")
    database.execute("INSERT INTO search (search) VALUES ('optimize')")


def _things(contents: Contents) -> Iterator[tuple[str, str, str, str]]:
    """Give kind, notation, label and other words of everything that can be searched for."""
    names: dict[str, list[str]] = {}
    for row in contents.rows("area_names"):
        names.setdefault(row["area"], []).append(row["name"])
    for kind, table, key, label, others in _SEARCHED:
        for row in contents.rows(table):
            words = [row[column] or "" for column in others]
            if kind == "area":
                words += names.get(row["area"], [])
            yield kind, "/".join(row[column] for column in key), row[label], _distinct(words)
    themes = {row["code"]: row["label"] for row in contents.rows("codes") if row["code_list"] == "theme"}
    current = {(head["indicator"], head["version"]) for head in contents.indicator_heads}
    for row in contents.rows("indicators"):
        if (row["indicator"], row["version"]) in current:
            words = [row["question"], row["definition"], row["caveats"] or "", row["source"]]
            words += [themes.get(theme, theme) for theme in (row["themes"] or "").split(";")]
            yield "indicator", row["indicator"], row["label"], _distinct(words)


def _distinct(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(word for word in words if word))

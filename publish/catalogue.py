"""The contents of an edition become catalogue.db: one SQLite file, named for tasks.

In:   Contents
Out:  a database with every standard table, coded observations under two views, and a full-text search

Nothing is journalled: the file is new, and a build that dies is thrown away whole. Observations are put in last, as
pages (figures.py).
The same contents give the same bytes with the same SQLite library.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pyarrow as pa

from publish.changes import list_changes, list_steps
from publish.contents import PROVENANCE, Contents, Row
from publish.figures import TABLE, Leaving, create_tables, fill_tables
from publish.observations import LISTS, Observations
from publish.parts import Parts
from publish.shares import share_out
from publish.sqlite_tables import SqliteTable, create_index, create_table, quoted
from publish.views import FIGURES_VIEW, OBSERVATIONS_VIEW
from schemas import Model, TableSchema
from schemas.definitions import ForeignKey
from schemas.languages import NAMES
from schemas.sqlite import SqliteType, sqlite_columns, sqlite_foreign_keys

PAGE_BYTES = 8192

# Derived tables that are made as views or as the full-text search.
_NOT_TABLES = frozenset({"figures", "observations", "search"})

# The tables behind the numbers in observation_rows, by the name of the list, and what their codes point at.
LIST_TABLES = {
    "dataset": ("observation_datasets", "datasets"),
    "definition": ("observation_definitions", "indicators"),
    "area": ("observation_areas", "areas"),
    "period": ("observation_periods", "periods"),
    "breakdown": ("observation_breakdowns", "breakdowns"),
    "status": ("observation_statuses", None),
    "note": ("observation_notes", None),
}


# So many rows of a table that may be long become Python's at once.
_ROWS = 50_000

# What tables without keys to others are looked up by.
_INDEXES = {
    "revisions": (
        ("area", "indicator"),
        ("indicator", "area"),
        ("dataset",),
        ("to_edition",),
        ("revised_on", "figure"),
    )
}


def write_catalogue(
    contents: Contents,
    edition: Mapping[str, str],
    path: Path,
    revisions: pa.Table | None = None,
    leaving: Leaving | None = None,
) -> dict[str, int]:
    """Write the database of an edition and count the rows of each table in it.

    edition    what the table "edition" says: its name, digest, title, base, product version
    revisions  the derived table of that name, which follows from the edition before; None where there is none
    leaving    what may be taken from the edition before, and is left for the next

    Raises sqlite3.IntegrityError if a row points at a row that is not there.
    """
    with _opened(path) as database:
        database.execute("BEGIN")
        derived = _derived_rows(contents, edition)
        parts = () if revisions is None else revisions.to_batches(max_chunksize=_ROWS)
        derived["revisions"] = (row for part in parts for row in _tuples(pa.Table.from_batches([part])))
        counts = {}
        for name in _ordered(contents.model):
            schema = contents.model.table(name)
            _create(database, contents.model, schema)
            rows = derived[name] if name in derived else _typed_rows(schema, contents.tables[name])
            counts[name] = _insert(database, name, rows)
        _write_lists(database, contents.observations)
        counts["observations"] = contents.observations.count
        _write_search(database, contents)
        database.execute(f"CREATE VIEW {quoted('observations')} AS {OBSERVATIONS_VIEW}")
        database.execute(f"CREATE VIEW {quoted('figures')} AS {FIGURES_VIEW}")
        database.execute("COMMIT")
    if leaving is None:
        leaving = Leaving(share_out(contents.observations), None, Parts(), path.parent)
    fill_tables(path, PAGE_BYTES, contents.observations, leaving)
    with _opened(path) as database:
        # Which index is the better one shows in a thousand rows of each.
        database.execute("PRAGMA analysis_limit = 1000")
        database.execute("ANALYZE")
        # It guesses how many rows there are, for the table and its index each; where it guesses fewer entries, SQLite
        # goes through the index and looks every row up, which takes ten times as long.
        database.execute(
            "UPDATE sqlite_stat1 SET stat = ? || substr(stat, instr(stat, ' ')) WHERE tbl = ?",
            (str(contents.observations.count), TABLE),
        )
        _check_keys(database)
    return counts


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that nobody else reads yet, and that is thrown away if anything goes wrong."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"page_size = {PAGE_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA cache_size = -65536")
        yield connection
    finally:
        connection.close()


def _check_keys(database: sqlite3.Connection) -> None:
    """Refuse a row that points at a row that is not there.

    The rows of observations hold numbers that were counted out from the lists they point into, so they need
    no check, which would take longer than all others together; the lists do.
    """
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name != TABLE:
            astray = database.execute(f'PRAGMA foreign_key_check("{name}")').fetchone()
            if astray is not None:
                raise sqlite3.IntegrityError(
                    f"a row of {name} points at a row of {astray[2]} that is not there"
                )


def _ordered(model: Model) -> Iterable[str]:
    """Order the tables, submitted and derived, so that each comes after those it points at."""
    after: dict[str, list[str]] = {}
    for name in (*model.derived, *model.tables):
        if name not in _NOT_TABLES:
            keys = sqlite_foreign_keys(model, model.table(name))
            after[name] = sorted({key.table for key in keys} - {name})
            if name in model.tables:
                after[name].append("sources")
    return TopologicalSorter(after).static_order()


def _create(database: sqlite3.Connection, model: Model, schema: TableSchema) -> None:
    """Make one table under its own name and columns; a submitted one also says where each row came from."""
    columns = sqlite_columns(schema)
    keys = sqlite_foreign_keys(model, schema)
    types = {column.name: column.type for column in columns}
    if schema.name in model.tables:
        types |= dict.fromkeys(PROVENANCE, "INTEGER")
        keys = (*keys, ForeignKey(("_source",), "sources", ("source",)))
    not_null = {column.name for column in columns if column.not_null}
    create_table(database, SqliteTable(schema.name, types, schema.primary_key, not_null, keys))
    for key in keys:
        if key.fields != schema.primary_key[: len(key.fields)] and key.fields != ("_source",):
            create_index(database, schema.name, key.fields)
    for fields in _INDEXES.get(schema.name, ()):
        create_index(database, schema.name, fields)


def _typed_rows(schema: TableSchema, table: pa.Table) -> Iterable[tuple[Any, ...]]:
    """Turn canonical text into what SQLite keeps: numbers as numbers, truth as 1 and 0."""
    readers: Mapping[str, Callable[[str], Any]] = {
        "number": float,
        "integer": int,
        "boolean": lambda text: int(text == "true"),
    }
    columns = []
    for name in (*schema.field_names, *PROVENANCE):
        cells = table[name].to_pylist()
        read = readers.get(schema.field(name).type) if name not in PROVENANCE else None
        columns.append(cells if read is None else [None if cell is None else read(cell) for cell in cells])
    return zip(*columns, strict=True)


def _derived_rows(contents: Contents, edition: Mapping[str, str]) -> dict[str, Iterable[Sequence[Any]]]:
    """Give the rows of the tables that follow from the submitted ones, in the order of their columns."""
    columns = contents.model.derived
    return {
        "edition": edition.items(),
        "sources": ([row.get(name) for name in columns["sources"].field_names] for row in contents.sources),
        "indicator_heads": (
            [head[name] for name in columns["indicator_heads"].field_names]
            for head in contents.indicator_heads
        ),
        "definition_events": (
            [row[name] for name in columns["definition_events"].field_names]
            for row in contents.definition_events
        ),
        "indicator_area_types": contents.area_types,
        "indicator_themes": (
            (row["indicator"], row["version"], theme, place)
            for row, theme, place in contents.items("indicators", "themes")
        ),
        "dataset_dimensions": (
            (row["dataset"], dimension, place)
            for row, dimension, place in contents.items("datasets", "dimensions")
        ),
        "definition_steps": _ordered_cells(list_steps(contents), columns["definition_steps"]),
        "definition_changes": _ordered_cells(list_changes(contents), columns["definition_changes"]),
        "recomputed_grades": _ordered_cells(
            ({**row, "total": _number(row["total"])} for row in contents.recomputed_grades),
            columns["recomputed_grades"],
        ),
        "grade_shares": _ordered_cells(
            ({**row, "share": float(row["share"])} for row in contents.grade_shares), columns["grade_shares"]
        ),
        "periods": (
            (p.notation, p.label, p.kind, p.start_on.isoformat(), p.end_on.isoformat(), p.length)
            for p in contents.periods
        ),
        "breakdowns": contents.breakdown_labels.items(),
        "breakdown_codes": ((text, *pair) for text, pairs in contents.breakdowns.items() for pair in pairs),
        "distributions": _tuples(contents.distributions.select(columns["distributions"].field_names)),
        "comparators": _tuples(contents.comparators.select(columns["comparators"].field_names)),
        "signals": _tuples(contents.register.signals.select(columns["signals"].field_names)),
        "signal_checks": _tuples(contents.register.checks.select(columns["signal_checks"].field_names)),
        "signal_counts": _tuples(contents.register.counts.select(columns["signal_counts"].field_names)),
        "restated_figures": _tuples(contents.restated.select(columns["restated_figures"].field_names)),
        "target_progress": _tuples(contents.targets.select(columns["target_progress"].field_names)),
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _ordered_cells(rows: Iterable[Row], schema: TableSchema) -> Iterator[list[Any]]:
    return ([row[name] for name in schema.field_names] for row in rows)


def _tuples(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Turn a small table into rows."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _write_lists(database: sqlite3.Connection, observations: Observations) -> None:
    """Write the lists behind the numbers of observations, and make the tables that hold those, empty."""
    for name, (table, other) in LIST_TABLES.items():
        columns = LISTS[name]
        types: dict[str, SqliteType] = {"id": "INTEGER", **dict.fromkeys(columns, "TEXT")}
        keys = [ForeignKey(columns, other, columns)] if other else ()
        create_table(database, SqliteTable(table, types, ("id",), columns, keys))
        rows = ((place, *row) for place, row in enumerate(observations.lists[name], start=1))
        _insert(database, table, rows)
        create_index(database, table, columns, is_unique=True)
    create_tables(database)


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """Put rows into a table, and count them."""
    width = len(database.execute(f'PRAGMA table_info("{table}")').fetchall())
    marks = ", ".join("?" * width)
    # The name is one of our own tables'; every value is bound.
    cursor = database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608
    return max(cursor.rowcount, 0)


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


# Tables that give more names of areas and bodies.
_OTHER_NAMES = (
    ("area_names", "area", "name"),
    ("area_identifiers", "area", "identifier"),
    ("body_identifiers", "body", "identifier"),
)


def _write_search(database: sqlite3.Connection, contents: Contents) -> None:
    """Write everything with a name into one table, and the full-text search over it."""
    columns: dict[str, SqliteType] = dict.fromkeys(("kind", "notation", "label", "words"), "TEXT")
    create_table(database, SqliteTable("things", {"thing": "INTEGER", **columns}, ("thing",)))
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
    names: dict[tuple[str, str], list[str]] = {}
    for table, kind, column in _OTHER_NAMES:
        for row in contents.rows(table):
            names.setdefault((kind, row[kind]), []).append(row[column])
    for row in contents.rows("translations"):
        if row["column"] in NAMES:
            names.setdefault((row["kind"], row["thing"]), []).append(row["text"])
    for kind, table, key, label, others in _SEARCHED:
        for row in contents.rows(table):
            words = [row[column] or "" for column in others]
            notation = "/".join(row[column] for column in key)
            words += names.get((kind, notation), [])
            yield kind, notation, row[label], _distinct(words)
    themes = {row["code"]: row["label"] for row in contents.rows("codes") if row["code_list"] == "theme"}
    current = {(head["indicator"], head["version"]) for head in contents.indicator_heads}
    for row in contents.rows("indicators"):
        if (row["indicator"], row["version"]) in current:
            words = [row["question"], row["definition"], row["caveats"] or "", row["source"]]
            words += [themes.get(theme, theme) for theme in (row["themes"] or "").split(";")]
            words += names.get(("indicator", row["indicator"]), [])
            yield "indicator", row["indicator"], row["label"], _distinct(words)


def _distinct(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(word for word in words if word))

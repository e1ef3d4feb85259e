"""The bare tools' own limit: what no pipeline built on them can beat.

Read the CSV, import a ready table, load a ready RDF file: each is one step of publishing with nothing around it.
"""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path


def read_csv(package: Path) -> int:
    """Read every cell of the observations as text with DuckDB and count those that are there."""
    import duckdb

    path = package / "observations.csv"
    headings = path.open(encoding="utf-8").readline().strip().split(",")
    counts = ", ".join(f'count("{heading}")' for heading in headings)
    columns = ", ".join(f"'{heading}': 'VARCHAR'" for heading in headings)
    # The columns' names are this benchmark's own, so they may stand in the text of the query.
    query = f"""
        SELECT {counts} FROM read_csv(?, header = true, auto_detect = false, delim = ',', quote = '"',
                                      escape = '"', columns = {{{columns}}})
    """  # noqa: S608 - see the line above the query
    row = duckdb.execute(query, [str(path)]).fetchone()
    assert row is not None
    return sum(row)


def import_table(package: Path, path: Path) -> int:
    """Import the observations as text into SQLite with executemany, keys and one more index; count the rows."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA page_size = 16384;")
    with (package / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        headings = next(rows)
        columns = ", ".join(headings)
        places = ", ".join("?" * len(headings))
        database.execute(
            f"CREATE TABLE observations ({columns}, PRIMARY KEY (dataset, indicator, period, area)) WITHOUT ROWID"
        )
        database.executemany(f"INSERT INTO observations VALUES ({places})", rows)  # noqa: S608 - question marks
    database.execute("CREATE INDEX by_area ON observations (area, indicator, period)")
    database.commit()
    count = int(database.execute("SELECT count(*) FROM observations").fetchone()[0])
    database.close()
    return count


def load_rdf(turtle: Path, store: Path) -> int:
    """Load a ready Turtle file into an Oxigraph store and count nothing but its bytes."""
    import pyoxigraph

    target = pyoxigraph.Store(store)
    target.bulk_load(path=turtle, format=pyoxigraph.RdfFormat.TURTLE)
    target.flush()
    return sum(part.stat().st_size for part in store.iterdir())

"""The naive pipeline: what a careful programmer writes with the field's own tools, row by row.

frictionless judges the package, sqlite-utils fills the tables, rdflib makes the graph and its N-Quads and Turtle,
pyoxigraph loads the Turtle, and the files are written with Python's csv and gzip. Same input, same outputs in kind
as the product's publish. Nothing here is made slow on purpose.
"""

from __future__ import annotations

import csv
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

BASE = "http://127.0.0.1:8001/"


def check(package: Path) -> int:
    """Validate a generated package with keys and references; returns the number of errors."""
    from frictionless import Package, Resource, Schema

    from schemas import load_model

    tables = load_model().tables
    names = [path.stem for path in sorted(package.glob("*.csv"))]
    resources = []
    for name in names:
        path = package / f"{name}.csv"
        headings = path.open(encoding="utf-8").readline().strip().split(",")
        descriptor = tables[name].descriptor()
        descriptor["fields"] = [field for field in descriptor["fields"] if field["name"] in headings]
        # In the file's own order, as frictionless wants it.
        descriptor["fields"].sort(key=lambda field: headings.index(field["name"]))
        descriptor["foreignKeys"] = [
            key
            for key in descriptor.get("foreignKeys", [])
            if set(key["fields"]) <= set(headings) and key["reference"]["resource"] in names
        ]
        resources.append(
            Resource(
                name=name, path=path.name, schema=Schema.from_descriptor(descriptor), basepath=str(package)
            )
        )
    report = Package(resources=resources, basepath=str(package)).validate()
    return sum(len(task.errors) for task in report.tasks)


def read_rows(package: Path, table: str) -> Iterator[dict[str, str]]:
    with (package / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def fill_sqlite(package: Path, path: Path) -> None:
    """Put every table into SQLite through sqlite-utils, with keys, two indexes and full-text search of names."""
    import sqlite_utils

    database = sqlite_utils.Database(path)
    keys = {
        "observations": ("dataset", "indicator", "area", "period"),
        "indicators": ("indicator", "version"),
    }
    for table in (path.stem for path in sorted(package.glob("*.csv"))):
        if table == "observations":
            rows = (_typed(row) for row in read_rows(package, table))
        else:
            rows = read_rows(package, table)
        first = keys.get(table) or tuple(next(read_rows(package, table)))[:1]
        database[table].insert_all(rows, pk=first)
    database["observations"].create_index(["area", "indicator", "period"])
    database["observations"].create_index(["indicator", "period"])
    database["indicators"].enable_fts(["label", "question"])
    database["areas"].enable_fts(["label"])
    database.close()


def _typed(row: dict[str, str]) -> dict[str, object]:
    numbers = {"value", "lower_limit", "upper_limit"}
    return {
        name: (float(text) if name in numbers else text) if text != "" else None for name, text in row.items()
    }


def write_rdf(package: Path, turtle: Path, quads: Path) -> int:
    """Make the graph with rdflib and write it as Turtle's plain subset and as N-Quads; returns its size."""
    from rdflib import RDF, XSD, Dataset, Literal, Namespace, URIRef

    qb = Namespace("http://purl.org/linked-data/cube#")
    dimension = Namespace("http://purl.org/linked-data/sdmx/2009/dimension#")
    measure = Namespace("http://purl.org/linked-data/sdmx/2009/measure#")
    attribute = Namespace("http://purl.org/linked-data/sdmx/2009/attribute#")
    define = Namespace(f"{BASE}def/")
    data = Dataset()
    graph = data.graph(URIRef(f"{BASE}id/dataset/generated"))
    for row in read_rows(package, "observations"):
        path = "/".join((row["dataset"], row["indicator"], row["area"], f"{row['period']}-01-01_P1Y"))
        subject = URIRef(f"{BASE}id/observation/{path}")
        has_value = row["value"] != ""
        graph.add((subject, RDF.type, qb.Observation if has_value else define.MissingObservation))
        graph.add(
            (subject, qb.dataSet if has_value else define.dataset, URIRef(f"{BASE}id/dataset/generated"))
        )
        graph.add((subject, define.indicator, URIRef(f"{BASE}id/indicator/{row['indicator']}")))
        graph.add((subject, define.indicatorVersion, URIRef(f"{BASE}id/indicator/{row['indicator']}/v1.0.0")))
        graph.add((subject, dimension.refArea, URIRef(f"{BASE}id/area/{row['area']}")))
        graph.add((subject, dimension.refPeriod, URIRef(f"{BASE}id/period/{row['period']}-01-01_P1Y")))
        graph.add((subject, attribute.unitMeasure, URIRef(f"{BASE}id/code/unit/percent")))
        status = row["status"] or "normal"
        graph.add((subject, attribute.obsStatus, URIRef(f"{BASE}id/code/status/{status}")))
        if has_value:
            graph.add((subject, measure.obsValue, Literal(row["value"], datatype=XSD.decimal)))
        for name, term in (("lower_limit", define.lowerLimit), ("upper_limit", define.upperLimit)):
            if row[name]:
                graph.add((subject, term, Literal(row[name], datatype=XSD.decimal)))
        if row["note"]:
            graph.add(
                (
                    subject,
                    URIRef("http://www.w3.org/2000/01/rdf-schema#comment"),
                    Literal(row["note"], lang="en"),
                )
            )
    # N-Triples is Turtle, and rdflib writes it several times faster than Turtle with prefixes.
    graph.serialize(turtle, format="nt", encoding="utf-8")
    with gzip.open(quads, "wb", compresslevel=6) as file:
        data.serialize(file, format="nquads", encoding="utf-8")
    return len(graph)


def load_store(turtle: Path, store: Path) -> None:
    """Load the triples into an Oxigraph store the quick way."""
    import pyoxigraph

    target = pyoxigraph.Store(store)
    target.bulk_load(path=turtle, format=pyoxigraph.RdfFormat.N_TRIPLES)
    target.flush()


def write_files(package: Path, folder: Path) -> None:
    """Write the downloads: the CSV again, gzipped, and Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        (package / "observations.csv").open("rb") as source,
        gzip.open(folder / "observations.csv.gz", "wb", compresslevel=6) as target,
    ):
        shutil.copyfileobj(source, target)
    rows = [_typed(row) for row in read_rows(package, "observations")]
    pq.write_table(pa.Table.from_pylist(rows), folder / "observations.parquet")

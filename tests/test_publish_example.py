"""The bundled example, published: real statistics, judged as a cube, as shapes, as a package and against itself.

What is cheap is asked in SPARQL of the edition's own store. What would take minutes there is asked in SQL, which
holds the same figures: that the two agree is counted for all of them and compared for a sample.
"""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph
import pyshacl
import pytest
import rdflib
from frictionless import Package
from test_cube import CONSTRAINTS, PREFIXES
from test_publish_world import BASE as WORLD

import schemas
from tools.example_site import ExampleSite

# Every pattern over all observations and all their components at once; see the tests in SQL below.
COSTLY = (
    "ic-11",
    "ic-12",
    "ic-13",
    "ic-14",
    "ic-17",
    "ic-19",
    "no observation has two",
    "every code and every",
)

SAID = """
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX sdmx-dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX sdmx-attribute: <http://purl.org/linked-data/sdmx/2009/attribute#>
PREFIX sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#>
"""


@pytest.fixture(scope="module")
def england(example_site: ExampleSite) -> Path:
    """The folder of the example's edition."""
    return example_site.site.editions_folder / "current"


@pytest.fixture(scope="module")
def catalogue(england: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{england}/catalogue.db?mode=ro&immutable=1", uri=True)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def store(example_store: pyoxigraph.Store) -> pyoxigraph.Store:
    return example_store


@pytest.fixture(scope="module")
def base(england: Path) -> str:
    return str(json.loads((england / "manifest.json").read_text(encoding="utf-8"))["base"])


def count(store: pyoxigraph.Store, pattern: str) -> int:
    (row,) = store.query(f"{SAID} SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
    return int(row["n"].value)


@pytest.mark.parametrize("name", [name for name in CONSTRAINTS if not name.startswith(COSTLY)])
def test_the_example_obeys(name: str, store: pyoxigraph.Store, base: str):
    """The store need not be normalised first: it says every type, and nothing stands on datasets or slices."""
    query = f"{PREFIXES} SELECT * {{ {CONSTRAINTS[name].breaks} }} LIMIT 5"
    query = query.replace("qb:componentProperty", "(qb:dimension|qb:measure|qb:attribute)")
    assert [str(row) for row in store.query(query.replace(WORLD, base))] == []


@pytest.mark.parametrize(
    "predicate",
    [
        "qb:dataSet",
        "sdmx-dimension:refArea",
        "sdmx-dimension:refPeriod",
        "<{base}def/indicator>",
        "<{base}def/indicatorVersion>",
        "sdmx-measure:obsValue",
        "sdmx-attribute:unitMeasure",
        "sdmx-attribute:obsStatus",
    ],
)
def test_ic_11_13_14_every_observation_has_each_component_once(
    predicate: str, store: pyoxigraph.Store, base: str, catalogue: sqlite3.Connection
):
    (figures,) = catalogue.execute("SELECT count(*) FROM observations WHERE value IS NOT NULL").fetchone()
    assert count(store, f"?o a qb:Observation ; {predicate.format(base=base)} ?v") == figures
    assert count(store, "?o a qb:Observation") == figures


def test_ic_11_every_observation_has_the_dimensions_of_its_dataset_once(
    store: pyoxigraph.Store, base: str, catalogue: sqlite3.Connection
):
    pairs = catalogue.execute("SELECT dataset, dimension FROM dataset_dimensions").fetchall()
    assert pairs
    for dataset, dimension in pairs:
        of_dataset = f"?o qb:dataSet <{base}id/dataset/{dataset}>"
        there = count(store, f"{of_dataset} ; <{base}id/dimension/{dimension}> ?v")
        assert there == count(store, of_dataset), (dataset, dimension)


def test_ic_12_no_two_figures_have_the_same_dimensions(catalogue: sqlite3.Connection):
    key = "dataset, indicator, area, period, breakdown"
    assert not catalogue.execute(
        f"SELECT {key} FROM observations GROUP BY {key} HAVING count(*) > 1"
    ).fetchall()


def test_ic_17_no_dataset_has_a_dimension_of_measures(store: pyoxigraph.Store):
    assert count(store, "?c qb:dimension qb:measureType") == 0


def test_ic_19_every_code_of_a_breakdown_is_in_the_list_of_its_dimension(catalogue: sqlite3.Connection):
    astray = catalogue.execute(
        "SELECT b.* FROM breakdown_codes AS b JOIN dimensions AS d USING (dimension) WHERE NOT EXISTS"
        " (SELECT 1 FROM codes AS c WHERE c.code_list = d.code_list AND c.code = b.code)"
    ).fetchall()
    assert astray == []
    assert catalogue.execute("PRAGMA foreign_key_check").fetchall() == []


def test_missing_figures_are_counted_apart(store: pyoxigraph.Store, base: str, catalogue: sqlite3.Connection):
    (missing,) = catalogue.execute("SELECT count(*) FROM observations WHERE value IS NULL").fetchone()
    assert missing > 1000
    assert count(store, f"?o a <{base}def/MissingObservation> ; <{base}def/reason> ?r") == missing


def test_sql_and_sparql_agree_on_a_sample_of_figures(
    store: pyoxigraph.Store, base: str, catalogue: sqlite3.Connection
):
    rows = catalogue.execute(
        "SELECT dataset, indicator, version, area, period, breakdown, value_text, status, lower_limit, numerator"
        " FROM observations"
    ).fetchall()
    for row in random.Random(1).sample(rows, 400):
        dataset, indicator, version, area, period, breakdown, value, status, lower, numerator = row
        path = "/".join([dataset, indicator, area, period, *filter(None, breakdown.split(";"))])
        figure = pyoxigraph.NamedNode(f"{base}id/observation/{path}")
        said = {
            quad.predicate.value.rpartition("/")[2].rpartition("#")[2]: quad.object.value
            for quad in store.quads_for_pattern(figure, None, None)
        }
        assert said["refArea"] == f"{base}id/area/{area}"
        assert said["refPeriod"] == f"{base}id/period/{period}"
        assert said["indicatorVersion"] == f"{base}id/indicator/{indicator}/v{version}"
        assert said["obsStatus"] == f"{base}id/code/status/{status}"
        assert ("obsValue" in said) == (value is not None)
        if value is not None:
            assert Decimal(said["obsValue"]) == Decimal(value)
        assert (float(said["lowerLimit"]) if "lowerLimit" in said else None) == lower
        assert (float(said["numerator"]) if "numerator" in said else None) == numerator


def test_the_example_has_the_shapes_of_the_model(england: Path, base: str):
    """Everything but what there is much of is judged whole; of that, one in sixty, and the judgements those name."""
    kinds = ("observation", "neighbour", "judgement", "signal", "signal-check")
    many = tuple(f"<{base}id/{kind}/" for kind in kinds)
    lines, judgements = [], dict[str, list[str]]()
    with gzip.open(england / "downloads" / "site.nq.gz", "rt", encoding="utf-8") as file:
        for text in file:
            subject, said = text.partition(" ")[0], f"{text.rsplit(' ', 2)[0]} .\n"
            if not subject.startswith(many) or zlib.crc32(subject.encode()) % 60 == 0:
                lines.append(said)
            elif subject.startswith(f"<{base}id/judgement/"):
                judgements.setdefault(subject, []).append(said)
    for named in {line.split(" ")[2] for line in lines if f"> <{base}id/judgement/" in line}:
        lines += judgements.get(named, ())
    graph = rdflib.Graph()
    graph.parse(data="".join(lines), format="nt")
    shapes = rdflib.Graph()
    text = (Path(schemas.__file__).parent / "shapes.ttl").read_text(encoding="utf-8")
    shapes.parse(data=text, format="turtle", publicID=base)
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes)
    assert conforms, report
    assert len(lines) > 20_000


def test_frictionless_accepts_the_example_as_one_package(england: Path):
    report = Package(england / "downloads" / "datapackage.json").validate()
    assert report.valid, report.to_summary()

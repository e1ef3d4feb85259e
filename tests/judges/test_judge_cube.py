"""The 21 integrity constraints of the RDF Data Cube recommendation hold for every dataset of the example in full.

19 of them are asked in SPARQL, as in tests/test_cube.py, which also shows that each can fail. The two that compare
every observation with every other (12 and 17) are proved in SQL, over the same statements of the download.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from test_cube import BASE, CONSTRAINTS, NORMALISE, PREFIXES

from tools.example_site import ExampleSite

IN_SQL = ("ic-12", "ic-17")
ASKED = [name for name in CONSTRAINTS if not name.startswith(IN_SQL)]
QB = "http://purl.org/linked-data/cube#"


def with_base(text: str, base: str) -> str:
    return text.replace(BASE, base)


@pytest.fixture(scope="module")
def lines(example_site: ExampleSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole download as N-Triples: its graphs folded into one."""
    whole = tmp_path_factory.mktemp("cube") / "site.nt"
    packed = example_site.site.editions_folder / "current" / "downloads" / "site.nq.gz"
    with gzip.open(packed, "rt", encoding="utf-8") as source, whole.open("w", encoding="utf-8") as sink:
        # Every line ends with the name of its graph.
        sink.writelines(f"{line[: line.rindex(' <')]} .\n" for line in source)
    return whole


@pytest.fixture(scope="module")
def cube(lines: Path, example_site: ExampleSite) -> ox.Store:
    """Everything that is published, in its normal form."""
    store = ox.Store()
    store.bulk_load(path=str(lines), format=ox.RdfFormat.N_TRIPLES)
    for update in NORMALISE:
        store.update(with_base(PREFIXES, f"{example_site.url}/") + update)
    return store


@pytest.mark.parametrize("name", ASKED)
def test_every_dataset_obeys(name: str, cube: ox.Store, example_site: ExampleSite) -> None:
    base = f"{example_site.url}/"
    query = f"{with_base(PREFIXES, base)} SELECT * {{ {with_base(CONSTRAINTS[name].breaks, base)} }} LIMIT 5"
    assert [str(row) for row in cube.query(query)] == []


@pytest.fixture(scope="module")
def table(cube: ox.Store) -> Iterator[sqlite3.Connection]:
    """Of each observation its dataset, each of its dimensions' values, and the measures of each dataset."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE said (dataset TEXT, observation TEXT, dimension TEXT, value TEXT)")
    rows = cube.query(
        f"""SELECT ?d ?o ?p ?v {{ ?d <{QB}structure>/<{QB}component>/<{QB}dimension> ?p .
            ?o <{QB}dataSet> ?d ; ?p ?v }}"""
    )
    connection.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", (tuple(map(str, row)) for row in rows))
    yield connection
    connection.close()


# An observation's place is all that its dimensions say, in the order of their names.
PLACES = """WITH ordered AS (SELECT * FROM said ORDER BY observation, dimension),
    places AS (SELECT dataset, observation, group_concat(value, ' ') AS place FROM ordered
        GROUP BY dataset, observation)
    SELECT dataset, place, count(*) AS times FROM places GROUP BY dataset, place HAVING count(*) > 1"""


def test_no_two_observations_have_the_same_dimensions(
    table: sqlite3.Connection, example_site: ExampleSite
) -> None:
    """Integrity constraint 12, and that nothing was left out of the proof."""
    assert table.execute(PLACES).fetchall() == []
    (judged,) = table.execute("SELECT count(DISTINCT observation) FROM said").fetchone()
    edition = example_site.edition
    assert judged == edition.value("SELECT count(*) FROM observations WHERE value IS NOT NULL")
    # An observation that is there twice is found.
    table.execute(
        "INSERT INTO said SELECT dataset, 'another', dimension, value FROM said WHERE observation ="
        " (SELECT min(observation) FROM said)"
    )
    assert len(table.execute(PLACES).fetchall()) == 1
    table.execute("DELETE FROM said WHERE observation = 'another'")


def test_no_dataset_has_a_dimension_of_measures(table: sqlite3.Connection) -> None:
    """Integrity constraint 17 asks for all measures of each place where a dimension names them: no dataset has one."""
    by_measure = f"SELECT count(*) FROM said WHERE dimension = '<{QB}measureType>'"
    assert table.execute(by_measure).fetchone() == (0,)


def test_figures_without_a_value_are_there_with_status_and_reason(
    cube: ox.Store, example_site: ExampleSite
) -> None:
    base = f"{example_site.url}/"
    query = f"""{with_base(PREFIXES, base)} SELECT (COUNT(DISTINCT ?o) AS ?n) {{ ?o a def:MissingObservation ;
        sdmx-attribute:obsStatus ?s ; def:reason ?r ; def:dataset ?d }}"""
    (row,) = cube.query(query)
    missing = example_site.edition.value("SELECT count(*) FROM observations WHERE value IS NULL")
    assert int(row["n"].value) == missing > 1000


def test_nothing_published_is_a_blank_node(lines: Path) -> None:
    with lines.open(encoding="utf-8") as file:
        assert not any(line.startswith("_:") or " _:" in line.partition('"')[0] for line in file)

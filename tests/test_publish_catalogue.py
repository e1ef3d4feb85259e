"""catalogue.db: keys that hold, digits as published, plans that use the indexes, words that are found."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_publish_world import (
    OBSERVATIONS,
    TABLES,
    YEAR_2022,
    YEAR_2023,
    make_contents,
    observation,
    small_world,
    without_areas,
)

from publish.catalogue import write_catalogue
from publish.comparators import list_disagreements
from publish.contents import Contents
from schemas import load_model

EDITION = {
    "edition": "2026-01-02-000000000000",
    "digest": "0" * 64,
    "title": "The small world",
    "base": "https://data.example.org/",
    "product_version": "0.1.0",
}


def write(contents: Contents, path: Path) -> sqlite3.Connection:
    write_catalogue(contents, EDITION, path)
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = write(small_world(), tmp_path_factory.mktemp("catalogue") / "catalogue.db")
    yield connection
    connection.close()


def names(catalogue: sqlite3.Connection, kind: str) -> set[str]:
    return {name for (name,) in catalogue.execute("SELECT name FROM sqlite_master WHERE type = ?", [kind])}


def test_every_table_of_the_model_is_there_with_its_columns(catalogue: sqlite3.Connection):
    model = load_model()
    for name, schema in {**model.tables, **model.derived}.items():
        columns = [row[1] for row in catalogue.execute(f'PRAGMA table_info("{name}")')]
        wanted = model.derived.get(name, schema).field_names
        assert set(wanted) <= set(columns), name


def test_every_key_points_at_a_row(catalogue: sqlite3.Connection):
    assert catalogue.execute("PRAGMA foreign_key_check").fetchall() == []
    assert catalogue.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    declared = {
        name: {row[2] for row in catalogue.execute(f'PRAGMA foreign_key_list("{name}")')}
        for name in names(catalogue, "table")
    }
    assert declared["targets"] == {"indicator_heads", "areas", "bodies", "groups", "targets", "sources"}
    assert declared["judgements"] >= {"frameworks", "framework_questions", "grades", "bodies"}
    assert "observation_definitions" in declared["observation_rows"]


def test_a_row_that_points_nowhere_stops_the_build(tmp_path: Path):
    orphan = {**TABLES["targets"][0], "owner": "nobody"}
    with pytest.raises(sqlite3.IntegrityError, match="targets points at a row of bodies"):
        write(make_contents(tables={"targets": [orphan]}), tmp_path / "catalogue.db")


def test_figures_are_the_ones_that_were_given(catalogue: sqlite3.Connection):
    columns = list(OBSERVATIONS[0])
    rows = catalogue.execute(f"SELECT {', '.join(columns)} FROM observations").fetchall()
    given_rows = [tuple(row[name] for name in columns) for row in OBSERVATIONS]
    numbers = {"lower_limit", "upper_limit", "numerator", "denominator"}
    typed = [
        tuple(
            float(cell) if name in numbers and cell is not None else cell
            for name, cell in zip(columns, row, strict=True)
        )
        for row in given_rows
    ]
    assert sorted(rows, key=str) == sorted(typed, key=str)


def test_a_suppressed_figure_is_null_and_not_zero(catalogue: sqlite3.Connection):
    rows = catalogue.execute(
        "SELECT value, value_text FROM observations WHERE status = 'suppressed'"
    ).fetchall()
    assert rows == [(None, None)]
    assert catalogue.execute("SELECT value, value_text FROM observations WHERE value = 0").fetchall() == [
        (0.0, "0.0")
    ]


def test_readers_see_names_where_programs_see_codes(catalogue: sqlite3.Connection):
    catalogue.row_factory = sqlite3.Row
    row = dict(catalogue.execute("SELECT * FROM figures WHERE breakdown = 'Female'").fetchone())
    catalogue.row_factory = None
    assert (row["indicator"], row["area"], row["period"]) == ("People in work", "Brook", "2023")
    assert (row["unit"], row["status"], row["publisher"]) == ("People", "Normal", "Statistics Office")


def test_the_head_of_an_indicator_is_its_version_in_use(catalogue: sqlite3.Connection):
    heads = catalogue.execute("SELECT * FROM indicator_heads ORDER BY indicator").fetchall()
    assert heads == [
        ("in-work", "1.0.0", "People in work"),
        ("recycled", "2.0.0", "Household waste recycled"),
    ]


def test_comparators_say_how_they_were_made_and_who_is_missing(catalogue: sqlite3.Connection):
    rows = catalogue.execute(
        "SELECT period, kind, comparator, value, method, area_count, missing_count, rebuilt_value,"
        " limit_method FROM comparators WHERE indicator = 'recycled' AND tier = 'upper-tier' ORDER BY 1, 2"
    ).fetchall()
    before, after = "2022-04-01_P1Y", "2023-04-01_P1Y"
    assert rows == [
        # 41.0 and 43.60; Aldham has no parts, so nothing can be rebuilt.
        (before, "area-type", "unitary", 42.3, "unweighted-mean", 2, 0, None, None),
        # Aldham was never put into England; Brookborough has 436 of 1,000.
        (before, "nation", "E92000001", 43.6, "rebuilt", 1, 0, 43.6, "wilson"),
        # Newshire has 45; Brookborough's figure is suppressed.
        (after, "area-type", "unitary", 45.0, "unweighted-mean", 1, 1, None, None),
        (after, "nation", "E92000001", 0.0, "published", 1, 1, None, None),
    ]
    # A total of which a part is missing is not told.
    assert catalogue.execute("SELECT count(*) FROM comparators WHERE indicator = 'in-work'").fetchone() == (
        0,
    )


@pytest.mark.parametrize(("published", "is_told"), [("43.6", False), ("43.7", True)])
def test_a_published_figure_that_its_councils_do_not_give_is_told(published: str, is_told: bool):
    england = observation("E92000001", YEAR_2022, published)
    told = list_disagreements(make_contents([*OBSERVATIONS, england]).comparators)
    assert [(row["kind"], row["tier"], row["published_value"], row["rebuilt_value"]) for row in told] == (
        [("nation", tier, 43.7, 43.6) for tier in ("lower-tier", "upper-tier")] if is_told else []
    )


def test_distributions_are_told_by_words_again(catalogue: sqlite3.Connection):
    rows = catalogue.execute(
        "SELECT dataset, tier, area_count, lowest, median, highest FROM distributions"
        " WHERE indicator = 'recycled' AND version = '1.0.0' AND period = '2022-04-01_P1Y' ORDER BY tier"
    ).fetchall()
    assert rows == [
        ("waste", "lower-tier", 2, 41.0, 42.3, 43.6),
        ("waste", "upper-tier", 2, 41.0, 42.3, 43.6),
    ]


@pytest.mark.parametrize(
    ("asked", "kind", "notation"),
    [
        ("newyd*", "area", "E06000003"),
        ("BROOK*", "area", "E06000002"),
        ("waste", "indicator", "recycled"),
        ("E060000*", "area", "E06000001"),
        ("statist*", "body", "statistics-office"),
    ],
)
def test_words_are_found(catalogue: sqlite3.Connection, asked: str, kind: str, notation: str):
    found = catalogue.execute("SELECT kind, notation FROM search WHERE search MATCH ?", [asked]).fetchall()
    assert (kind, notation) in found


def test_datasette_finds_the_search_by_its_table(catalogue: sqlite3.Connection):
    """It looks for a virtual table whose content is the table that is shown."""
    from datasette.utils import detect_fts

    assert detect_fts(catalogue, "things") == "search"


@pytest.mark.parametrize(
    ("condition", "uses"),
    [
        (
            "indicator = 'recycled' AND period = '2023-04-01_P1Y' AND breakdown = ''",
            "PRIMARY KEY (definition=? AND period=?",
        ),
        ("area = 'E06000002'", "observation_rows_by_area (area=?"),
        (
            "area = 'E06000002' AND indicator = 'recycled'",
            "observation_rows_by_area (area=? AND definition=?",
        ),
    ],
)
def test_what_pages_ask_is_looked_up_and_not_searched_for(tmp_path: Path, condition: str, uses: str):
    rows = [
        observation(f"E{area:08d}", f"{year}-04-01_P1Y", str(area + year))
        for area in range(60)
        for year in range(2010, 2025)
    ]
    areas = [{"area": f"E{area:08d}", "label": "A", "area_type": "unitary"} for area in range(60)]
    tables = {"areas": [*TABLES["areas"], *areas]}
    catalogue = write(make_contents(rows, tables), tmp_path / "catalogue.db")
    plan = catalogue.execute(
        f"EXPLAIN QUERY PLAN SELECT value FROM observations WHERE {condition}"
    ).fetchall()
    catalogue.close()
    text = "; ".join(row[3] for row in plan)
    assert uses in text, text
    assert "SCAN r" not in text, text


def test_all_rows_are_gone_through_as_they_lie(tmp_path: Path):
    areas = [{"area": f"E{area:08d}", "label": "A", "area_type": "unitary"} for area in range(300)]
    rows = [
        observation(row["area"], f"{year}-04-01_P1Y", str(year))
        for row in areas
        for year in range(2010, 2030)
    ]
    catalogue = write(make_contents(rows, {"areas": [*TABLES["areas"], *areas]}), tmp_path / "catalogue.db")
    plan = catalogue.execute(
        "EXPLAIN QUERY PLAN SELECT status, COUNT(*), SUM(numerator) FROM observation_rows GROUP BY status"
    ).fetchall()
    counts = catalogue.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'observation_rows'").fetchall()
    catalogue.close()
    assert plan[0][3] == "SCAN observation_rows"
    assert [stat.split()[0] for (stat,) in counts] == ["6000", "6000"]


PLAIN = (
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
    .map(
        lambda number: format(
            number.normalize() if random.Random(str(number)).random() < 0.5 else number, "f"
        )
    )
    .filter(lambda text: len(text) < 40 and not (text.startswith("-") and Decimal(text) == 0))
)


@settings(max_examples=5, deadline=None)
@given(texts=st.lists(PLAIN, min_size=150, max_size=200))
def test_the_digits_as_published_come_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    texts += [
        "0",
        "0.0",
        "0.000",
        "100",
        "12.50",
        "999999999999999",
        "9007199254740993",
        "0.1234567890123456789",
    ]
    rows = [observation(f"E{at:08d}", YEAR_2023, text) for at, text in enumerate(texts)]
    tables = {"areas": [{"area": row["area"], "label": "A", "area_type": "unitary"} for row in rows]}
    tables |= without_areas()
    path = tmp_path_factory.mktemp("digits") / "catalogue.db"
    catalogue = write(make_contents(rows, tables), path)
    found = dict(catalogue.execute("SELECT area, value_text FROM observations"))
    catalogue.close()
    assert found == {row["area"]: row["value_text"] for row in rows}


def test_the_same_contents_give_the_same_database(tmp_path: Path):
    digests = set()
    for threads in (1, 2):
        path = tmp_path / f"{threads}.db"
        write(make_contents(threads=threads), path).close()
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1

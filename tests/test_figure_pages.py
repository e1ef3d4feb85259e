"""Rows that are written as pages of a SQLite file are the rows that SQLite itself would have kept."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from publish.figures import INDEX, TABLE, create_tables
from publish.records import BY_AREA, COLUMNS, Column, cells_of, columns_of, encode, sources_of
from publish.spliced import Entries, splice
from publish.trees import Leaves, PageFile, Records, Tree

PAGE_BYTES = 512  # The smallest page there is: a few thousand rows make a tree of five levels.

# Numbers at which a record takes another form.
WHOLE = sorted(
    {sign * (2**bits + step) for bits in (0, 7, 15, 23, 31, 47) for step in (-1, 0, 1) for sign in (-1, 1)}
)
REAL = [None, -0.5, 0.1, 1e300, 2.0**47, -(2.0**47), 2.0**60, *map(float, WHOLE)]
REALS = {"lower_digits", "upper_digits", "numerator", "denominator"}

Row = dict[str, Any]


def make_rows(count: int) -> list[Row]:
    """Make rows in key order, whose cells take every form."""
    choose = random.Random(20261128)
    keys = itertools.product((1, 2, 300), (1, 2), (0, 1), range(1, count // 12 + 2), (1,))
    rows = []
    for key in itertools.islice(keys, count):
        row: Row = dict(zip(COLUMNS, key, strict=False))
        row |= {name: choose.choice(REAL) for name in sorted(REALS)}
        row |= {"digits": choose.choice([None, *WHOLE]), "scale": choose.choice([1, 10, 10**14])}
        row["status"] = choose.choice([1, 2])
        row |= {
            name: choose.choice([None, *WHOLE[-3:], 1, 40]) for name in ("_source", "_row", "sample_size")
        }
        row["note"] = choose.choice([None, None, 1, 200])
        rows.append(row)
    return rows


def encode_rows(rows: list[Row], names: tuple[str, ...], piece: int, *, trimmed: bool) -> Iterator[Records]:
    for first in range(0, len(rows), piece):
        part = rows[first : first + piece]
        columns = {}
        for name in names:
            cells = [row[name] for row in part]
            kind = np.float64 if name in REALS else np.int64
            is_null = np.array([cell is None for cell in cells])
            columns[name] = Column(
                np.array([cell or 0 for cell in cells], kind), is_null if is_null.any() else None
            )
        yield encode(columns, trimmed=trimmed)


def grow_tree(file: PageFile, records: Iterator[Records]) -> bytes:
    tree = Tree(file)
    tree.grow(records)
    return tree.root()


def fill(path: Path, rows: list[Row], piece: int = 100) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    for table in ("definitions", "periods", "breakdowns", "areas", "datasets", "statuses", "notes"):
        connection.execute(f"CREATE TABLE observation_{table} (id INTEGER PRIMARY KEY)")
    create_tables(connection)
    connection.commit()
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema"))
    connection.close()
    by_area = sorted(rows, key=lambda row: [row[name] for name in BY_AREA[:5]])
    with PageFile(path, PAGE_BYTES) as file:
        table = grow_tree(file, encode_rows(rows, COLUMNS[:-1], piece, trimmed=True))
        file.replace(roots[TABLE], table)
        file.replace(roots[INDEX], grow_tree(file, encode_rows(by_area, BY_AREA, piece, trimmed=False)))
    return sqlite3.connect(path)


# With so small pages a leaf takes 3 to 11 rows, so every number up to 40 meets each way in which a tree can end.
@pytest.mark.parametrize("count", [*range(40), 200, 3000])
def test_rows_written_as_pages_are_what_sqlite_would_keep(tmp_path: Path, count: int):
    rows = make_rows(count)
    assert len(rows) == count
    written = fill(tmp_path / "written.db", rows)
    assert written.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    expected = [tuple(row.get(name) for name in COLUMNS) for row in rows]
    assert written.execute(f"SELECT * FROM {TABLE} NOT INDEXED").fetchall() == expected
    names = ", ".join(BY_AREA)
    by_area = written.execute(f"SELECT {names} FROM {TABLE} INDEXED BY {INDEX} ORDER BY {names}").fetchall()
    written.close()
    assert len(by_area) == count


def test_the_table_and_its_index_can_be_written_to_afterwards(tmp_path: Path):
    rows = make_rows(500)
    written = fill(tmp_path / "written.db", rows)
    odd = (2, 1, 1, 9_999, 1, 1.5, 1, 1, *[None] * 8, "1" * 2_500)
    written.execute(f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(odd))})", odd)
    written.execute(f"DELETE FROM {TABLE} WHERE area < 20")
    written.commit()
    assert written.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    written.close()


def test_pages_do_not_depend_on_how_rows_come(tmp_path: Path):
    rows = make_rows(700)
    contents = set()
    for piece in (3, 100, 1000):
        path = tmp_path / f"{piece}.db"
        fill(path, rows, piece).close()
        contents.add(path.read_bytes())
    assert len(contents) == 1


def in_runs(
    path: Path, rows: list[Row], cuts: list[int], before: dict[int, tuple[bytes, bytes]]
) -> list[Leaves]:
    """Write rows in runs that begin at some rows; those that are known from before are taken from there."""
    fill(path, []).close()
    connection = sqlite3.connect(path)
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema"))
    connection.execute(f"DROP INDEX {INDEX}")
    connection.commit()
    connection.close()
    with PageFile(path, PAGE_BYTES) as file:
        tree = Tree(file)
        runs = [
            tree.take(*before[first])
            if first in before
            else tree.grow(encode_rows(rows[first:last], COLUMNS[:-1], 50, trimmed=True))
            for first, last in itertools.pairwise([*cuts, len(rows)])
        ]
        file.replace(roots[TABLE], tree.root())
    return runs


def test_leaves_that_are_taken_from_another_file_are_those_that_would_be_written(tmp_path: Path):
    rows = make_rows(700)
    other = [*rows[:300], *({**row, "scale": 10**7, "digits": 5} for row in rows[300:420]), *rows[420:]]
    cuts = [0, 30, 300, 420, 422, 698]
    runs = in_runs(tmp_path / "before.db", rows, cuts, {})
    content = (tmp_path / "before.db").read_bytes()
    known = {
        first: (content[run.start : run.start + run.size], run.dividers)
        for first, run in zip(cuts, runs, strict=True)
        if run.start is not None and first != 300
    }
    assert len(known) == len(cuts) - 1
    in_runs(tmp_path / "again.db", other, cuts, known)
    in_runs(tmp_path / "anew.db", other, cuts, {})
    assert (tmp_path / "again.db").read_bytes() == (tmp_path / "anew.db").read_bytes()
    written = sqlite3.connect(tmp_path / "again.db")
    expected = [tuple(row.get(name) for name in COLUMNS) for row in other]
    assert written.execute(f"SELECT * FROM {TABLE}").fetchall() == expected
    # The index was dropped, and its page is free; nothing else may be wrong.
    assert written.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    written.close()


def test_the_page_of_the_locks_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("publish.trees._LOCK_BYTE", 3 * PAGE_BYTES)
    path = tmp_path / "file"
    path.write_bytes(bytes(PAGE_BYTES))
    with PageFile(path, PAGE_BYTES) as file:
        assert [file.add(b"x" * PAGE_BYTES) for _ in range(4)] == [2, 3, 5, 6]
    assert path.read_bytes()[3 * PAGE_BYTES : 4 * PAGE_BYTES] == bytes(PAGE_BYTES)


def test_a_row_is_kept_alike_in_a_page_and_by_sqlite():
    numbers = [
        (24.6, 1, 21.3, 27.9),
        (3.0, 0, 2.55, 3.45),
        (None, 0, None, 1e300),
        (-0.07, 2, -1e14, 123456789012345.0),
    ]
    numbers += [(0.0, 3, 0.0, 0.0005), (123456789012345.0, 0, 1.0, 2.0)]
    columns: dict[str, list[float | int | None]] = {
        name: [None] * len(numbers) for name in sources_of(COLUMNS[:-1])
    }
    columns |= dict(
        zip(("value", "decimals", "lower_limit", "upper_limit"), zip(*numbers, strict=True), strict=True)
    )
    reals = {"value", "lower_limit", "upper_limit", "numerator", "denominator"}
    form = pa.schema([(name, pa.float64() if name in reals else pa.int64()) for name in columns])
    batch = pa.table({**columns}, schema=form).append_column(
        "value_text", pa.nulls(len(numbers), pa.string())
    )
    by_sqlite = list(cells_of(batch.to_batches()[0]))
    kept = columns_of(batch.to_batches()[0], COLUMNS[:-1])
    for at, (value, _, lower, upper) in enumerate(numbers):
        row = dict(zip(COLUMNS, by_sqlite[at], strict=True))
        for name, expected in (("digits", value), ("lower_digits", lower), ("upper_digits", upper)):
            one = kept[name]
            is_null = one.is_null is not None and bool(one.is_null[at])
            is_real = one.is_real is not None and bool(one.is_real[at])
            assert (row[name] is None) == is_null == (expected is None)
            if expected is not None:
                assert row[name] / (row["scale"] if isinstance(row[name], int) else 1) == expected
                assert one.numbers[at] / (1 if is_real else kept["scale"].numbers[at]) == expected


def grown(path: Path, records: Iterator[Records]) -> tuple[bytes, bytes]:
    """Give the leaves of a tree that grows in a file of its own, and the records between them."""
    path.write_bytes(b"")
    with PageFile(path, PAGE_BYTES) as file:
        file.add(bytes(PAGE_BYTES))
        leaves = Tree(file).grow(records)
    assert leaves.start is not None
    return path.read_bytes()[leaves.start : leaves.start + leaves.size], leaves.dividers


# Some entries of an index are others, more or fewer than before; none may change but theirs.
@pytest.mark.parametrize("others", [(), (1,), (2, 300), (1, 2, 300)])
@pytest.mark.parametrize("counts", [(1200, 1200), (1200, 900), (900, 1200), (1200, 60)])
def test_an_index_that_is_put_together_is_the_one_that_all_rows_give(
    tmp_path: Path, others: tuple[int, ...], counts: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("publish.spliced._PAGES", 7)

    def entries(count: int, step: int) -> list[Row]:
        """Make rows; of the definitions that are others there are so many, and each says something else."""
        chosen = [row for row in make_rows(1200) if row["definition"] not in others]
        chosen += [
            row | {"digits": row["area"] * step} for row in make_rows(count) if row["definition"] in others
        ]
        return sorted(chosen, key=lambda row: [row[name] for name in BY_AREA[:5]])

    before, after = entries(counts[0], 1), entries(counts[1], 90_000)
    pages, dividers = grown(tmp_path / "before", encode_rows(before, BY_AREA, 100, trimmed=False))
    fresh = [row for row in after if row["definition"] in others]
    found = list(encode_rows(fresh, BY_AREA, 100, trimmed=False)) or [
        (np.empty(0, np.uint8), np.empty(0, int))
    ]
    made = Entries(*(np.concatenate(part) for part in zip(*found, strict=True)))
    is_other = np.isin(np.arange(301), others)
    spliced = splice(pages, dividers, PAGE_BYTES, is_other, made)
    assert grown(tmp_path / "spliced", spliced) == grown(
        tmp_path / "anew", encode_rows(after, BY_AREA, 100, trimmed=False)
    )

"""What is at hand of expressions is what Ibis writes, and a plain publication needs no Ibis.

expressions.sql is a golden file: `make golden` writes it again, from what the publications of this module ask.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_incremental import CHANGES, make_shares_small, publish, published

from benchmarks.generate import generate
from ingest import expressions
from ingest.engine import Engine
from ingest.expressions import FILE, Written, at_hand, expression, keep_at_hand, limited, ordered

__all__ = ["published"]

ROOT = Path(__file__).parents[1]


@pytest.fixture
def nothing_at_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Written]]:
    """Let Ibis write everything that is asked, and give what it wrote."""
    written: dict[str, Written] = {}
    monkeypatch.setattr(expressions, "at_hand", dict)
    monkeypatch.setattr(expressions, "_written", written)
    return written


def test_what_is_at_hand_is_what_ibis_writes(
    tmp_path: Path,
    published: Path,
    nothing_at_hand: dict[str, Written],
    golden: Callable[[str, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_shares_small(monkeypatch)
    folder = tmp_path / "site"
    shutil.copytree(published / "packages", folder / "packages")
    publish(folder)
    for change, most in (("a figure", None), ("a file more", 0)):
        if most is not None:
            # As with many rows, which are not sorted again on their way out.
            monkeypatch.setattr("publish.observations.SORTED_AGAIN_ROWS", most)
        CHANGES[change](folder / "packages")
        publish(folder)
    golden(keep_at_hand(nothing_at_hand), FILE)


def test_a_plain_publication_reads_neither_ibis_nor_frictionless(tmp_path: Path) -> None:
    package = tmp_path / "package"
    generate(package, Path("small"))
    program = (
        "import sys; from pathlib import Path; from benchmarks.ours import publish; "
        "publish(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print(sorted({'ibis', 'sqlglot', 'frictionless', 'rdflib'} & sys.modules.keys()))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(package), str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"


@expression
def doubled(rows: ibis.Table, column: str) -> ibis.Table:
    return rows.mutate(twice=rows[column] * 2)


ROWS = pa.table(
    {"number": pa.array([3, 1, 2, 5], pa.int32()), "text": pa.array(["a", "it's", "", "a"], pa.string())}
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.load("some_rows", ROWS)
    return engine


def test_an_expression_that_is_not_at_hand_is_written_by_ibis(engine: Engine) -> None:
    asked: Any = ordered(doubled(engine.load("some_rows", ROWS), "number"), "number")
    assert asked.key not in at_hand()
    assert engine.read(asked)["twice"].to_pylist() == [2, 4, 6, 10]


def test_whoever_looks_into_a_table_gets_the_ibis_table(engine: Engine) -> None:
    asked = doubled(engine.load("some_rows", ROWS), "number")
    assert isinstance(asked.twice, ibis.Value)
    assert engine.read(asked.filter(asked.twice > 5).select("number")).num_rows == 2


def test_a_function_that_is_given_an_ibis_table_gives_one() -> None:
    table = ibis.memtable(ROWS)
    assert doubled(table, "number").to_pyarrow()["twice"].to_pylist() == [6, 2, 4, 10]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3),
    st.none() | st.lists(st.sampled_from(["a", "it's", "", "b"]), max_size=3),
)
def test_a_part_of_a_table_in_sql_is_the_part_that_ibis_gives(
    engine: Engine, ranges: list[tuple[int, int]], texts: list[str] | None
) -> None:
    part = limited(engine.load("some_rows", ROWS), "number", ranges)
    alone = limited(ibis.memtable(ROWS), "number", ranges)
    if texts is not None:
        part, alone = limited(part, "text", texts), limited(alone, "text", texts)
    wanted = alone.order_by("number").to_pyarrow().to_pylist()
    assert engine.read(ordered(part, "number")).to_pylist() == wanted
    assert engine.read(part.order_by("number")).to_pylist() == wanted
    assert engine.count(part) == len(wanted)


def test_what_is_at_hand_is_read_as_it_was_written() -> None:
    at_hand.cache_clear()
    assert keep_at_hand(at_hand()) == FILE.read_text(encoding="utf-8")

"""Pieces of Parquet that are put together are one file, whose footer says where each row group is."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from publish.joined_parquet import JoinedParquet, groups_of, read_footer, start_of

TABLE = pa.table(
    {
        "code": pa.array(["a", "b", None] * 40).dictionary_encode(),
        "value": [at / 8 for at in range(119)] + [None],
        "row": range(120),
    }
)


def join(tables: list[pa.Table]) -> bytes:
    file = io.BytesIO()
    joined = JoinedParquet(file, TABLE.schema, "row")
    for table in tables:
        joined.add(table)
    joined.close()
    return file.getvalue()


def test_pieces_come_back_as_one_table(tmp_path: Path):
    path = tmp_path / "joined.parquet"
    # Twenty row groups make a list that is longer than one byte of its head can say.
    path.write_bytes(join([TABLE.slice(at * 6, 6) for at in range(20)]))
    assert pq.read_table(path).to_pylist() == TABLE.to_pylist()
    rows = duckdb.execute("SELECT code, value, row FROM read_parquet(?)", [str(path)]).fetchall()
    assert rows == [tuple(row.values()) for row in TABLE.to_pylist()]
    assert duckdb.execute("SELECT max(value) FROM read_parquet(?)", [str(path)]).fetchone() == (118 / 8,)


def test_no_piece_is_a_file_of_no_rows():
    assert pq.read_table(io.BytesIO(join([]))).equals(TABLE.slice(0, 0))


def test_a_piece_is_the_same_wherever_it_stands():
    first, second = TABLE.slice(0, 50), TABLE.slice(50)
    before = join([TABLE, second])
    [_, group] = groups_of(read_footer(before))
    start = start_of(group)
    piece = before[start : before.rindex(b"PAR1")]
    file = io.BytesIO()
    joined = JoinedParquet(file, TABLE.schema, "row")
    joined.add(first)
    joined.take(piece[: len(piece) - footer_bytes(before)], [group], start)
    joined.close()
    assert file.getvalue() == join([first, second])


def footer_bytes(content: bytes) -> int:
    return int.from_bytes(content[-8:-4], "little") + 4


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-1], lambda text: text[-30:], lambda text: text[:-8] + b"\xff" * 8]
)
def test_what_is_no_footer_is_said_to_be_none(damage):
    with pytest.raises(ValueError):
        read_footer(damage(join([TABLE])))

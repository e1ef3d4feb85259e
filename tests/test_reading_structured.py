"""JSON and Parquet, and numbers as text."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_files import Stage, codes_of, numbers_of, rows_of, stager

from ingest.reading.selection import LIMITS
from ingest.reading.text import number_text, text_of


@pytest.fixture
def staged(tmp_path: Path) -> Stage:
    return stager(tmp_path)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_reads_back_the_same(value: float) -> None:
    assert float(number_text(value)) == value


@given(st.floats(min_value=1e-12, max_value=1e20))
def test_number_is_written_without_an_exponent(value: float) -> None:
    text = number_text(value)
    assert "e" not in text.lower()
    assert len(text) <= len(repr(value)) + 20
    assert not text.endswith(".0")


def test_texts_of_values() -> None:
    assert text_of(Decimal("43.60")) == "43.60"
    assert text_of(Decimal("1E-7")) == "0.0000001"
    assert text_of(float("nan")) == "NaN"
    assert text_of(float("-inf")) == "-INF"
    assert text_of(-0.5) == "-0.5"
    assert text_of(datetime.timedelta(hours=-1, seconds=-1, milliseconds=-500)) == "-01:00:01.500000"
    assert text_of(5e-324) == "5e-324"


# ---- JSON


def test_list_of_objects_keeps_the_digits_of_numbers(staged: Stage) -> None:
    content = b'[{"area": "A", "value": 43.60}, {"value": 1e2, "note": null, "is_total": true}]'
    result = staged(content, "table.json")
    assert result.headings == ("area", "value", "note", "is_total")
    assert rows_of(result) == [["A", "43.60", "", ""], ["", "1e2", "", "true"]]
    assert numbers_of(result) == [2, 3]


def test_object_of_objects_has_its_keys_in_a_column(staged: Stage) -> None:
    content = b'{"E1": {"name": "Barnet"}, "E2": {"name": "Brent"}}'
    result = staged(content, "table.json", key_column="code")
    assert result.headings == ("code", "name")
    assert rows_of(result) == [["E1", "Barnet"], ["E2", "Brent"]]


def test_rows_deep_in_a_document_are_found_by_a_path(staged: Stage) -> None:
    content = b'{"data": [{"rows": {"x": {"a": 1}}}, {"rows": [{"a": 2}]}]}'
    assert rows_of(staged(content, "table.json", json_path=("data", 1, "rows"))) == [["2"]]
    assert rows_of(staged(content, "table.json", json_path=("data", "0", "rows"))) == [["x", "1"]]


def test_list_of_lists_has_its_headings_first(staged: Stage) -> None:
    result = staged(b'[["a", "b"], [1, 2.50], [3]]', "table.json")
    assert result.headings == ("a", "b")
    assert rows_of(result) == [["1", "2.50"]]
    assert [(found.code, found.row) for found in result.problems] == [("row-too-short", 3)]


def test_lists_inside_a_record_stay_json(staged: Stage) -> None:
    content = '[{"a": [1.50, "é", {"b": null, "c": true}], "d": {}}]'.encode()
    assert rows_of(staged(content, "table.json")) == [['[1.50, "é", {"b": null, "c": true}]', "{}"]]


def test_each_line_may_be_a_record(staged: Stage) -> None:
    result = staged(b'{"a": 1.0}\n\n{"a": 2}\n', "table.jsonl")
    assert rows_of(result) == [["1.0"], ["2"]]
    (found,) = staged(b'{"a": 1}\n{"a": }\n', "table.ndjson").problems
    assert (found.code, found.row) == ("file-unreadable", 2)


def test_json_may_be_packed_and_in_another_encoding(staged: Stage) -> None:
    assert rows_of(staged(gzip.compress(b'[{"a": 1}]'), "table.json.gz")) == [["1"]]
    assert rows_of(staged('[{"a": "é"}]'.encode("utf-16"), "table.json")) == [["é"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"a": 1},\n]', "it cannot"),
        (b'{"a": 1}', "it holds no list of rows."),
        (b'[1, {"a": 2}]', "its rows are neither all objects nor all lists."),
        (b'[{"a": 1, "a": 2}]', "an object has the key 'a' twice."),
        (b'[{"a": NaN}]', "NaN is not JSON."),
        (b"[" * 100_000, "it has lists in lists without end."),
        (b"3", "it holds no list of rows."),
    ],
)
def test_json_that_holds_no_table_says_why(staged: Stage, content: bytes, said: str) -> None:
    result = staged(content, "table.json")
    (found,) = result.problems
    assert found.code == "file-unreadable"
    assert said in found.message or found.row == 2
    assert result.row_count == 0


def test_path_that_leads_nowhere_says_where_it_ends(staged: Stage) -> None:
    (found,) = staged(b'{"data": []}', "table.json", json_path=("data", "rows")).problems
    assert found.message.endswith("there is nothing at 'rows' of the path data/rows.")


def test_empty_list_of_records_is_an_empty_file(staged: Stage) -> None:
    assert codes_of(staged(b"[]", "table.json").problems) == ["headings-empty"]


def test_json_larger_than_permitted_is_not_loaded(staged: Stage, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as out:
        out.writelines(b" " * 1_000_000 for _ in range(LIMITS.json // 1_000_000 + 1))
    (found,) = staged(file).problems
    assert (found.code, found.message.endswith("it has more than 104,857,600 bytes.")) == (
        "file-unreadable",
        True,
    )


# ---- Parquet


def test_parquet_is_text_in_the_order_of_its_columns(staged: Stage, tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    table = pa.table(
        {
            "name": pa.array(["A", None, "C"]),
            "value": pa.array([301.0, 73.60000000000001, None]),
            "small": pa.array([0.1, 1e-7, 2.5], pa.float32()),
            "count": pa.array([1, None, 3], pa.int64()),
            "exact": pa.array([Decimal("43.60"), None, Decimal("-0.01")]),
            "on": pa.array([datetime.date(2024, 3, 31), None, datetime.date(1999, 1, 1)]),
            "is_total": pa.array([True, False, None]),
            "kind": pa.array(["x", "y", None]).dictionary_encode(),
            "parts": pa.array([[1, 2], None, []]),
        }
    )
    pq.write_table(table, file)
    result = staged(file)
    assert result.headings == tuple(table.column_names)
    assert rows_of(result) == [
        ["A", "301", "0.1", "1", "43.60", "2024-03-31", "true", "x", "[1, 2]"],
        ["", "73.60000000000001", "0.0000001", "", "", "", "false", "y", ""],
        ["C", "", "2.5", "3", "-0.01", "1999-01-01", "", "", "[]"],
    ]
    assert numbers_of(result) == [2, 3, 4]


def test_part_of_a_parquet_file_keeps_its_row_numbers(staged: Stage, tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": [str(n) for n in range(200_000)]}), file)
    result = staged(file, first_row=70_000, last_row=150_001)
    assert result.row_count == 80_002
    assert (rows_of(result)[0], numbers_of(result)[0]) == (["69998"], 70_000)
    assert (rows_of(result)[-1], numbers_of(result)[-1]) == (["149999"], 150_001)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + bytes(400) + b"PAR1", b"a,b\n1,2\n"])
def test_damaged_parquet_is_a_problem(staged: Stage, content: bytes) -> None:
    (found,) = staged(content, "table.parquet").problems
    assert (found.code, found.message) == (
        "file-unreadable",
        "The file cannot be read as Parquet: it is damaged.",
    )

"""The swift way of reading CSV gives what the exact way gives, or stands aside."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reading_files import rows_of

from ingest.problems import Place
from ingest.reading import Selection, swift
from ingest.reading.delimited import stage_exactly
from ingest.reading.dialect import Dialect, find_dialect
from ingest.reading.plain import Plain, find_source, make_plain
from ingest.reading.selection import Found, Staged
from ingest.reading.swift import count_delimiters, stage_swiftly


@pytest.fixture(autouse=True, scope="module")
def small_files() -> Iterator[None]:
    """Have the swift way read files of any size."""
    before = swift.LEAST_BYTES
    swift.LEAST_BYTES = 0
    yield
    swift.LEAST_BYTES = before


def read_both(folder: Path, content: bytes, selection: Selection) -> tuple[Staged | None, Staged]:
    """Stage bytes both ways; the first is None where the swift way stood aside."""
    file = folder / "table.csv"
    file.write_bytes(content)
    found = Found(Place("table.csv"))
    source = find_source(file, None, found)
    assert source is not None
    plain = make_plain(source, folder / "copy.txt", found)
    assert plain is not None
    with plain.open_text() as text:
        dialect = find_dialect(text, selection)
    exact_found = Found(Place("table.csv"))
    exact = folder / "exact.parquet"
    exact_result = stage_exactly(plain, dialect, selection, exact, exact_found)
    swift_found = Found(Place("table.csv"))
    swift_result = stage_swiftly(plain, dialect, selection, folder / "swift.parquet", swift_found)
    return (
        None
        if swift_result is None
        else Staged(folder / "swift.parquet", swift_result[0], swift_found.problems, swift_result[1]),
        Staged(exact, exact_result[0], exact_found.problems, exact_result[1]),
    )


def assert_same(swift_one: Staged, exact: Staged) -> None:
    assert swift_one.headings == exact.headings
    assert swift_one.problems == exact.problems
    assert swift_one.row_count == exact.row_count
    assert rows_of(swift_one) == rows_of(exact)
    assert swift_one.parquet.stat().st_size > 0


# Cells with everything that readers of CSV disagree about.
CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "0",
            "NULL",
            "null",
            "NaN",
            "\\N",
            " ",
            "  x ",
            '"',
            '""',
            "'",
            "\\",
            "#",
            "é",
            "𝄞",
            "1,204",
            "a;b",
        ]
    ),
    st.text(alphabet=st.sampled_from(list("ab1 ,;\"'\\\t|\n\ré\u2028\x0b\x1c")), max_size=6),
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    mark=st.booleans(),
    last_end=st.booleans(),
    laid_out=st.booleans(),
)
def test_both_ways_read_the_same_rows(
    tmp_path: Path,
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    quoting: int,
    mark: bool,
    last_end: bool,
    laid_out: bool,
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    text = out.getvalue() if last_end else out.getvalue().removesuffix(line_end)
    content = (b"\xef\xbb\xbf" if mark else b"") + text.encode()
    if text:
        selection = Selection(delimiter=delimiter, as_laid_out=laid_out)
        swift_one, exact = read_both(tmp_path, content, selection)
        if swift_one is not None:
            assert_same(swift_one, exact)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.sampled_from(list('ab,"\n\r')), min_size=1, max_size=24))
@example(text='a,b\n1,"x"y\n')
@example(text='a,b\n1,x"y"\n')
@example(text='a\n""\n')
@example(text="a,b\r\n1,2\n3,4\r\n")
@example(text="a,b\n1,2\r")
@example(text='"a","b"\n"1","2"')
@example(text="aa\na,")
@example(text="a,b\n1,2,")
@example(text="a,b\n1,2,\n3,4\n")
def test_any_text_is_read_the_same_or_left_to_the_exact_way(tmp_path: Path, text: str) -> None:
    swift_one, exact = read_both(tmp_path, text.encode(), Selection(delimiter=","))
    if swift_one is not None:
        assert_same(swift_one, exact)


def plain_table(rows: int, seed: int = 5) -> bytes:
    chance = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["area", "name", "value", "note"])
    for number in range(rows):
        writer.writerow(
            [f"E{number:08}", f'King\'s "{number}", of', chance.random(), "" if number % 3 else "é"]
        )
    return out.getvalue().encode()


def test_clean_file_is_read_swiftly(tmp_path: Path) -> None:
    swift_one, exact = read_both(tmp_path, plain_table(9000), Selection())
    assert swift_one is not None
    assert_same(swift_one, exact)


def test_clean_file_with_dos_line_ends_is_read_swiftly(tmp_path: Path) -> None:
    for content in (plain_table(500), plain_table(500).rstrip(b"\n")):
        swift_one, exact = read_both(tmp_path, content.replace(b"\n", b"\r\n"), Selection())
        assert swift_one is not None
        assert_same(swift_one, exact)


def test_rows_before_the_table_may_be_passed_over_swiftly(tmp_path: Path) -> None:
    selection = Selection(heading_rows=(2,), first_row=5)
    swift_one, exact = read_both(tmp_path, plain_table(500), selection)
    assert swift_one is not None
    assert_same(swift_one, exact)
    assert swift_one.headings[0] == "E00000000"


def test_table_without_headings_is_read_swiftly(tmp_path: Path) -> None:
    swift_one, exact = read_both(tmp_path, plain_table(500), Selection(heading_rows=()))
    assert swift_one is not None
    assert_same(swift_one, exact)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\n\n", 1),
        lambda text: text + b"\n",
        lambda text: text + b",,,\n",
        lambda text: text + b"area,name,value,note\n",
        lambda text: text + b"1,2,3\n",
        lambda text: text + b"1,2,3,4,5\n",
        lambda text: text + b'1,"2\n3",4,5\n',
        lambda text: text + b'1,2"3,4,5\n',
        lambda text: text + b'1,"2"3,4,5\n',
        lambda text: text + b"1,2,3,4\r\n",
        lambda text: text + b"1,2\r3,4,5\n",
    ],
)
def test_untidy_file_is_left_to_the_exact_way(tmp_path: Path, change: object) -> None:
    assert callable(change)
    swift_one, _ = read_both(tmp_path, change(plain_table(300)), Selection())
    assert swift_one is None


@pytest.mark.parametrize("name", ["a*.csv", "a[1].csv", "a?.csv", "it's.csv"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(plain_table(10))
    plain, dialect = Plain(file, 0, 11, True), Dialect(",", '"', None, True, False, None)
    swift_one = stage_swiftly(plain, dialect, Selection(), tmp_path / "x.parquet", Found(Place()))
    assert swift_one == (("area", "name", "value", "note"), 10)


def test_bytes_are_judged_alike_wherever_the_pieces_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = Dialect(",", '"', None, True, False, None)
    good = plain_table(40)
    bad = good + b'1,"2"3,4,5\n'
    file = tmp_path / "table.csv"
    for content, count in ((good, 41 * 3), (bad, None), (good.replace(b"\n", b"\r\n"), 41 * 3)):
        file.write_bytes(content)
        for size in (1, 2, 7, 100, 10_000):
            monkeypatch.setattr(swift, "CHUNK", size)
            assert count_delimiters(Plain(file, 0, 41, True), dialect) == count

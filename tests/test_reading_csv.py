"""CSV as publishers write it: dialects, headings, rows, and what is wrong with them."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from reading_files import Stage, codes_of, numbers_of, rows_of, stager

from ingest.reading import Selection, stage
from ingest.reading.selection import LIMITS, Limits


@pytest.fixture
def staged(tmp_path: Path) -> Stage:
    return stager(tmp_path)


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(staged: Stage) -> None:
    result = staged(b'area,value\nE09000015,"1,204"\nE09000016,43.60\n')
    assert result.headings == ("area", "value")
    assert rows_of(result) == [["E09000015", "1,204"], ["E09000016", "43.60"]]
    assert numbers_of(result) == [2, 3]
    assert result.problems == ()


def test_line_break_in_a_cell_does_not_shift_row_numbers(staged: Stage) -> None:
    result = staged(b'area,note\nA,"two\nlines"\nB,one\n')
    assert rows_of(result) == [["A", "two\nlines"], ["B", "one"]]
    assert numbers_of(result) == [2, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_nobody_declared_is_found(staged: Stage, delimiter: str) -> None:
    rows = [
        ["area", "period", "value"],
        *([f"E{n}", "2024", f"{n},5" if delimiter != "," else "5"] for n in range(9)),
    ]
    result = staged("\n".join(delimiter.join(row) for row in rows).encode())
    assert result.delimiter == delimiter
    assert list(result.headings) == rows[0]
    assert rows_of(result) == rows[1:]


def test_tsv_has_tabs_whatever_else_is_in_it(staged: Stage) -> None:
    assert rows_of(staged(b"a,b\tc\n1,2\t3\n", "table.tsv")) == [["1,2", "3"]]


@pytest.mark.parametrize(
    ("content", "dialect", "rows"),
    [
        (b"a;b\n'x;y';2\n", {"delimiter": ";", "quote": "'"}, [["x;y", "2"]]),
        (b"a^b\n1^2\n", {"delimiter": "^"}, [["1", "2"]]),
        (b'a,b\nx\\,y,"say \\"no\\""\n', {"escape": "\\", "double_quote": False}, [["x,y", 'say "no"']]),
        (b'a,b\n"say ""no""",2\n', {}, [['say "no"', "2"]]),
        (b'a,b\n"x,2\n', {"quote": ""}, [['"x', "2"]]),
        (b"a, b\n1, 2\n", {"delimiter": ",", "skip_initial_space": True}, [["1", "2"]]),
        (b"a,b\r1,2\r", {}, [["1", "2"]]),
        (b"a,b\r\n1,2\r\n", {"line_terminator": "\r\n"}, [["1", "2"]]),
        (b"a,b|1,2|3,4|\n", {"delimiter": ",", "line_terminator": "|"}, [["1", "2"], ["3", "4"]]),
        (b'a,b#"1#1",2#', {"delimiter": ",", "line_terminator": "#"}, [["1#1", "2"]]),
        (b"a,b\n# note, of all\n1,2\n", {"comment": "#"}, [["1", "2"]]),
        ("a¦b\n1¦2\n".encode(), {"delimiter": "¦"}, [["1", "2"]]),
    ],
)
def test_any_dialect_can_be_declared(
    staged: Stage, content: bytes, dialect: dict[str, object], rows: list[list[str]]
) -> None:
    result = staged(content, **dialect)
    assert result.headings == ("a", "b")
    assert rows_of(result) == rows
    assert result.problems == ()


def test_custom_line_end_may_lie_across_two_pieces_of_the_file(staged: Stage) -> None:
    rows = [f"{n},{'x' * (n % 97)}" for n in range(3000)]
    result = staged("~~".join(["a,b", *rows]).encode(), delimiter=",", line_terminator="~~")
    assert rows_of(result) == [row.split(",") for row in rows]


def test_headings_can_stand_in_several_rows(staged: Stage) -> None:
    content = b"Table 3,,\n2023,,2024\nnumber,rate,number\n1,2,3\n"
    result = staged(content, heading_rows=(2, 3), fill_headings=True)
    assert result.headings == ("2023 number", "2023 rate", "2024 number")
    assert numbers_of(result) == [4]
    assert staged(content, heading_rows=(2, 3)).headings == ("2023 number", "rate", "2024 number")


def test_heading_that_repeats_the_one_above_it_is_said_once(staged: Stage) -> None:
    result = staged(b"area,2024\narea,rate\nA,1\n", heading_rows=(1, 2), heading_join=": ")
    assert result.headings == ("area", "2024: rate")


def test_table_without_headings_has_numbered_fields(staged: Stage) -> None:
    result = staged(b"1,2\n3,4\n", heading_rows=())
    assert result.headings == ("field1", "field2")
    assert numbers_of(result) == [1, 2]


def test_table_can_begin_and_end_anywhere(staged: Stage) -> None:
    content = b"Prose\n\narea,value\nx,y\nA,1\nB,2\nC,3\nSource: us\n"
    result = staged(content, heading_rows=(3,), first_row=5, last_row=6)
    assert result.headings == ("area", "value")
    assert (numbers_of(result), rows_of(result)) == ([5, 6], [["A", "1"], ["B", "2"]])
    assert result.problems == ()


def test_rows_that_the_dialect_names_are_passed_over(staged: Stage) -> None:
    result = staged(b"a,b\nunits,%\n1,2\n\n3,4\n", comment_rows=(2,), skip_blank_rows=True)
    assert (numbers_of(result), rows_of(result)) == ([3, 5], [["1", "2"], ["3", "4"]])
    assert result.problems == ()


@pytest.mark.parametrize("dialect", [{"comment": "#"}, {"comment_rows": (1, 2)}])
def test_headings_stand_in_the_first_row_that_is_no_comment(staged: Stage, dialect: dict[str, Any]) -> None:
    result = staged(b"# Waste, by area\n# 2024\na,b\n1,2\n", **dialect)
    assert result.headings == ("a", "b")
    assert (numbers_of(result), rows_of(result)) == ([4], [["1", "2"]])
    assert result.problems == ()


def test_spaces_and_empty_cells_are_kept_as_they_lie(staged: Stage) -> None:
    result = staged(b'a,b,c\n x ,,""\n', delimiter=",", skip_initial_space=False)
    assert rows_of(result) == [[" x ", "", ""]]


def test_gz_is_unpacked(staged: Stage) -> None:
    assert rows_of(staged(gzip.compress(b"a,b\n1,2\n"), "table.csv.gz")) == [["1", "2"]]


# ---- what is wrong with rows


def test_short_row_says_how_many_cells_it_has(staged: Stage) -> None:
    result = staged(b"a,b,c\n1,2,3\n4,5\n")
    (found,) = result.problems
    assert (found.code, found.row, found.file) == ("row-too-short", 3, "table.csv")
    assert found.message == "The row has 2 cells for 3 headings."
    assert "empty where there is nothing to say" in found.mend
    assert rows_of(result) == [["1", "2", "3"]]


def test_long_row_says_how_many_cells_it_has(staged: Stage) -> None:
    result = staged(b"a,b\n1,204,x\n")
    (found,) = result.problems
    assert (found.code, found.row) == ("row-too-long", 2)
    assert found.message == "The row has 3 cells for 2 headings."
    assert "quotation marks" in found.mend


@pytest.mark.parametrize("blank", [b"", b",", b'"",'])
def test_blank_row_is_a_problem_not_a_row(staged: Stage, blank: bytes) -> None:
    result = staged(b"a,b\n1,2\n" + blank + b"\n3,4\n")
    (found,) = result.problems
    assert (found.code, found.row, found.mend) == ("row-blank", 3, "Remove the row.")
    assert numbers_of(result) == [2, 4]


def test_headings_again_are_a_problem(staged: Stage) -> None:
    result = staged(b"a,b\n1,2\na,b\n3,4\n")
    (found,) = result.problems
    assert (found.code, found.row) == ("headings-repeated", 3)
    assert found.message == "This row repeats the headings."
    assert rows_of(result) == [["1", "2"], ["3", "4"]]


def test_repeated_and_blank_headings_stay_as_they_are(staged: Stage) -> None:
    result = staged(b"notes,,notes\n1,2,3\n")
    assert result.headings == ("notes", "", "notes")
    assert rows_of(result) == [["1", "2", "3"]]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_empty_file_is_a_problem(staged: Stage, content: bytes) -> None:
    result = staged(content)
    (found,) = result.problems
    assert (found.code, found.file, found.message) == ("file-empty", "table.csv", "The file is empty.")
    assert (result.headings, result.row_count) == ((), 0)


def test_file_of_headings_alone_is_an_empty_table(staged: Stage) -> None:
    result = staged(b"a,b\n")
    assert (result.headings, rows_of(result), result.problems) == (("a", "b"), [], ())


def test_empty_row_of_headings_is_a_problem(staged: Stage) -> None:
    result = staged(b",,\n1,2,3\n")
    assert codes_of(result.problems) == ["headings-empty"]
    assert result.row_count == 0


def test_heading_row_beyond_the_end_is_a_problem(staged: Stage) -> None:
    (found,) = staged(b"a,b\n1,2\n", heading_rows=(7,)).problems
    assert (found.code, found.row) == ("headings-empty", 7)


def test_quote_that_is_never_closed_is_placed(staged: Stage) -> None:
    result = staged(b'a,b\n1,2\n3,"four\n5,6\n7,8\n')
    (found,) = result.problems
    assert (found.code, found.row) == ("quote-open", 3)
    assert "never closed" in found.message
    assert result.row_count == 0


def test_cell_of_forty_megabytes_is_placed_and_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as out:
        out.write(b'area,note\nA,small\nB,"')
        out.writelines(b"x" * 1_000_000 for _ in range(40))
        out.write(b'"\nC,small\n')
    tracemalloc.start()
    result = stage(file, Selection(), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (found,) = result.problems
    assert (found.code, found.row, found.column) == ("cell-too-large", 3, "note")
    assert found.message == "A cell of 40,000,000 characters begins here; at most 4,000,000 are permitted."
    assert "quotation mark" in found.mend
    assert peak < 400_000_000


@pytest.mark.parametrize(
    ("start", "piece", "code"),
    [
        (b"area,note\n", b"1," * 500_000, "cell-too-large"),
        (b'area,note\nA,"never closed\n', b"B,some text that is long enough\n" * 10_000, "quote-open"),
    ],
    ids=["line", "quote"],
)
def test_row_without_end_is_placed(tmp_path: Path, start: bytes, piece: bytes, code: str) -> None:
    file = tmp_path / "endless.csv"
    with file.open("wb") as out:
        out.write(start)
        out.writelines(piece for _ in range(20))
    (found,) = stage(file, Selection(), tmp_path).problems
    assert (found.code, found.row) == (code, 2)


def test_problem_in_every_row_is_counted_not_kept(staged: Stage) -> None:
    result = staged(b"a,b\n" + b"1\n" * 5000)
    assert codes_of(result.problems) == ["row-too-short"] * 1000
    assert sum(found.count for found in result.problems) == 5000


def test_more_columns_than_a_spreadsheet_has_are_refused(staged: Stage) -> None:
    (found,) = staged(b"a," * 20_000 + b"a\n").problems
    assert (found.code, found.message) == (
        "table-too-large",
        "The table has 20,001 columns; at most 16,384 are permitted.",
    )


def test_gz_that_is_cut_off_is_a_problem(staged: Stage) -> None:
    content = gzip.compress(b"a,b\n" + b"1,2\n" * 9999)
    for cut in (content[:-20], content[: len(content) // 2], content[:12]):
        result = staged(cut, "table.csv.gz")
        (found,) = result.problems
        assert (found.code, found.message) == (
            "archive-unreadable",
            "The file cannot be unpacked: it is not a whole gz file.",
        )
        assert result.row_count == 0


def test_gz_that_unpacks_without_end_is_refused(staged: Stage) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as out:
        for _ in range(80):
            out.write(b"0" * 1_000_000)
    (found,) = staged(packed.getvalue(), "bomb.csv.gz").problems
    assert found.code == "archive-too-large"
    assert len(packed.getvalue()) < 100_000


def test_limits_permit_what_packs_well_and_is_small() -> None:
    limits = Limits()
    assert limits.most_from(1000) == limits.ratio_from
    assert limits.most_from(10**12) == limits.unpacked
    assert limits == LIMITS


# ---- a layout that a recipe puts in order


def test_untidy_layout_is_staged_as_it_lies(staged: Stage) -> None:
    content = b"Title\narea,2023,\nA,1\n\nB,2,3,p\narea,2023,\n"
    result = staged(content, heading_rows=(2,), as_laid_out=True)
    assert result.headings == ("area", "2023", "", "")
    assert rows_of(result) == [
        ["A", "1", "", ""],
        ["", "", "", ""],
        ["B", "2", "3", "p"],
        ["area", "2023", "", ""],
    ]
    assert (numbers_of(result), result.problems) == ([3, 4, 5, 6], ())


def test_untidy_layout_is_as_wide_as_its_rows_not_as_the_prose_around_them(staged: Stage) -> None:
    content = b"see,the,notes,of,us\na,b\n1,2\nsource,of,all,these\n"
    result = staged(content, heading_rows=(2,), last_row=3, as_laid_out=True)
    assert (result.headings, rows_of(result)) == (("a", "b"), [["1", "2"]])


def test_format_that_is_not_read_says_which_are(staged: Stage) -> None:
    (found,) = staged(b"%PDF", "report.pdf").problems
    assert (found.code, found.value) == ("format-unknown", ".pdf")
    assert "csv, tsv, xlsx, ods, json, ndjson, parquet" in found.message


def test_reading_restores_the_limit_of_the_csv_module(staged: Stage) -> None:
    before = csv.field_size_limit()
    staged(b"a,b\n1,2\n")
    assert csv.field_size_limit() == before

"""Text in any encoding, and bytes that are not text."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import pytest
from reading_files import Stage, numbers_of, rows_of, stager


@pytest.fixture
def staged(tmp_path: Path) -> Stage:
    return stager(tmp_path)


TEXT = "area,name\nW06000001,Ynys Môn\nE07000001,“Café”\n"
ROWS = [["W06000001", "Ynys Môn"], ["E07000001", "“Café”"]]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "UTF-16", "utf-16-be", "utf-32-le", "cp1252"])
def test_declared_encoding_is_used(staged: Stage, encoding: str) -> None:
    result = staged(TEXT.encode(encoding), encoding=encoding)
    assert (result.headings, rows_of(result), result.problems) == (("area", "name"), ROWS, ())


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("declares", [False, True])
def test_byte_order_mark_says_the_encoding_and_is_no_part_of_the_heading(
    staged: Stage, mark: bytes, encoding: str, declares: bool
) -> None:
    result = staged(mark + TEXT.encode(encoding), encoding=encoding if declares else None)
    assert (result.headings, rows_of(result), result.encoding) == (("area", "name"), ROWS, encoding)


def test_mark_before_a_quoted_heading_is_no_part_of_it(staged: Stage) -> None:
    result = staged(codecs.BOM_UTF8 + b'"area, now","b"\n1,2\n')
    assert result.headings == ("area, now", "b")


def test_wrong_encoding_names_the_cell_and_what_would_read_it(staged: Stage) -> None:
    content = b'area,name\nE1,"two\nlines"\nW06000001,Ynys M\xf4n\n'
    (found,) = staged(content).problems
    assert (found.code, found.row, found.column, found.value) == ("encoding-wrong", 3, "name", "F4")
    assert found.message == "The bytes F4 are not utf-8 text. windows-1252 reads it as 'Ynys Môn'."
    assert found.mend == "Declare the encoding of the file, or save it as UTF-8."


def test_wrong_declared_encoding_is_not_passed_over(staged: Stage) -> None:
    (found,) = staged(TEXT.encode(), encoding="ascii").problems
    assert (found.code, found.row, found.column) == ("encoding-wrong", 2, "name")
    assert "utf-8 reads it as 'Ynys Môn'" in found.message


def test_bad_bytes_in_a_gz_are_placed_too(staged: Stage) -> None:
    (found,) = staged(gzip.compress(b"a,b\n1,2\n3,\xff\xfe\n"), "table.csv.gz").problems
    assert (found.code, found.row, found.column, found.value) == ("encoding-wrong", 3, "b", "FF FE")


def test_bytes_cut_off_inside_a_character_are_wrong(staged: Stage) -> None:
    (found,) = staged("a,b\n1,é".encode()[:-1]).problems
    assert (found.code, found.row) == ("encoding-wrong", 2)


def test_damage_in_utf_16_is_a_problem_without_a_row(staged: Stage) -> None:
    (found,) = staged(codecs.BOM_UTF16_LE + "a,b\n1,2\n".encode("utf-16-le")[:-1]).problems
    assert found.code == "encoding-wrong"
    assert found.row is None


@pytest.mark.parametrize(
    "name", ["klingon", "zip", "rot13", "hex", "idna", "unicode_escape", "utf-7", "a\0b"]
)
def test_encoding_that_is_none_is_a_problem(staged: Stage, name: str) -> None:
    (found,) = staged(b"a,b\n1,2\n", encoding=name).problems
    assert (found.code, found.value) == ("encoding-unknown", name)


def test_nul_bytes_are_placed(staged: Stage) -> None:
    (found,) = staged(b"area,value\nA,1\nB,\x00\x00\n").problems
    assert (found.code, found.row, found.column) == ("nul-in-text", 3, "value")
    assert found.message.startswith("The text holds a NUL byte.")


def test_utf_16_without_a_mark_is_named_as_the_reader(staged: Stage) -> None:
    (found,) = staged("area,value\nA,1\n".encode("utf-16-le")).problems
    assert found.code == "nul-in-text"
    assert "utf-16-le reads it" in found.message


def test_character_across_two_pieces_is_whole(staged: Stage) -> None:
    text = "a,b\n" + "é,ü\n" * 400_000
    for shift in ("", "x"):
        result = staged((shift + text).encode())
        assert result.row_count == 400_000
        assert numbers_of(result)[-1] == 400_001


def test_large_file_in_another_encoding_is_read_too(staged: Stage) -> None:
    result = staged(("a,b\n" + "é,1\n" * 90_000).encode("windows-1252"), encoding="windows-1252")
    assert result.row_count == 90_000
    assert rows_of(result)[-1] == ["é", "1"]

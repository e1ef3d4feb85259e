"""Damaged files of every format: a problem or a table, never a crash, and nothing left behind."""

from __future__ import annotations

import gzip
import random
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import reading_files as made

from ingest.problems import load_problem_kinds

CHANGES = 150
PIECES = [
    b"<",
    b'"',
    b"</row>",
    b'<row r="9999999">',
    b'<c r="ZZZ9">',
    b"<!--",
    b"&#x0;",
    b"1e999",
    b"\0",
    b"\xff",
]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, cut some out, put some in."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(max(1, len(changed)))
        kind = chance.random()
        if kind < 0.4:
            changed[at : at + 1] = chance.randbytes(1)
        elif kind < 0.7:
            del changed[at : at + chance.randint(1, 40)]
        else:
            changed[at:at] = chance.choice(PIECES)
    return bytes(changed)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small good file of each format."""
    folder = tmp_path_factory.mktemp("good")
    book = openpyxl.Workbook()
    assert book.active is not None
    for number in range(20):
        book.active.append([f"E{number}", number / 7, None, True, "two, words"])
    book.save(folder / "a.xlsx")
    rows = made.ods_row(
        made.ods_cell('value-type="string"', "a"), made.ods_cell('value-type="float" value="1.5"', "1")
    )
    made.write_ods(folder / "a.ods", {"S": rows * 9})
    pq.write_table(pa.table({"a": ["x"] * 50, "b": [1.5] * 50, "c": [[1]] * 50}), folder / "a.parquet")
    text = 'a,b\n"x, y",é\n' * 30
    return {
        "a.xlsx": (folder / "a.xlsx").read_bytes(),
        "a.ods": (folder / "a.ods").read_bytes(),
        "a.parquet": (folder / "a.parquet").read_bytes(),
        "a.csv": text.encode(),
        "a.csv.gz": gzip.compress(text.encode(), mtime=0),
        "a.json": '[{"a": 1.50, "b": [1, {"c": null}]}, {"a": "é"}]'.encode(),
    }


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.parquet", "a.csv", "a.csv.gz", "a.json"])
def test_damaged_bytes_are_a_problem_or_a_table(tmp_path: Path, good: dict[str, bytes], name: str) -> None:
    chance = random.Random(name)
    staged = made.stager(tmp_path)
    for _ in range(CHANGES):
        result = staged(damaged(good[name], chance), name, as_laid_out=chance.random() < 0.5)
        assert set(made.codes_of(result.problems)) <= set(load_problem_kinds())
        assert len(made.rows_of(result)) == len(made.numbers_of(result)) or not result.headings


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.xlsx", "xl/worksheets/sheet1.xml"),
        ("a.xlsx", "xl/workbook.xml"),
        ("a.xlsx", "xl/_rels/workbook.xml.rels"),
        ("a.ods", "content.xml"),
    ],
)
def test_damaged_xml_in_a_sound_archive_is_a_problem_or_a_table(tmp_path: Path, name: str, part: str) -> None:
    chance = random.Random(part)
    staged = made.stager(tmp_path)
    if name.endswith("xlsx"):
        cells = '{}<c r="B{n}"><v>{n}</v></c><c r="C{n}" t="e"><v>#N/A</v></c>'
        rows = "".join(
            f'<row r="{n}">{cells.format(made.xlsx_text(f"A{n}", "t"), n=n)}</row>' for n in range(1, 9)
        )
        file = made.write_xlsx(tmp_path / "good.xlsx", {"S": rows})
    else:
        row = made.ods_row(
            made.ods_cell('value-type="string"', "a"), made.ods_cell('value-type="float" value="1.5"', "1")
        )
        file = made.write_ods(tmp_path / "good.ods", {"S": row * 9})
    with zipfile.ZipFile(file) as archive:
        parts: dict[str, str | bytes] = {entry: archive.read(entry) for entry in archive.namelist()}
        sound = archive.read(part)
    for _ in range(CHANGES):
        changed = made.write_zip(tmp_path / name, parts | {part: damaged(sound, chance)})
        result = staged(changed, as_laid_out=True)
        assert set(made.codes_of(result.problems)) <= set(load_problem_kinds())


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods"])
def test_xml_with_a_document_type_is_refused(tmp_path: Path, name: str) -> None:
    """A few definitions in a document type stand for gigabytes."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    write = made.write_xlsx if name.endswith("xlsx") else made.write_ods
    file = write(tmp_path / name, {"S": ""})
    part = "xl/worksheets/sheet1.xml" if name.endswith("xlsx") else "content.xml"
    with zipfile.ZipFile(file) as archive:
        parts: dict[str, str | bytes] = {entry: archive.read(entry) for entry in archive.namelist()}
        head, _, rest = archive.read(part).partition(b"?>")
    parts[part] = head + b"?>" + bomb.encode() + rest
    result = made.stager(tmp_path)(made.write_zip(tmp_path / name, parts))
    assert made.codes_of(result.problems) == ["archive-unreadable"]


def test_workbook_of_two_kinds_is_refused(tmp_path: Path) -> None:
    file = made.write_xlsx(tmp_path / "two.xlsx", {"S": ""}, {"content.xml": "<a/>"})
    assert made.codes_of(made.stager(tmp_path)(file).problems) == ["archive-unreadable"]


def test_xml_in_utf_16_is_refused(tmp_path: Path) -> None:
    rows = '<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData/></worksheet>'.encode("utf-16")
    file = made.write_xlsx(tmp_path / "wide.xlsx", {"S": ""}, {"xl/worksheets/sheet1.xml": rows})
    assert made.codes_of(made.stager(tmp_path)(file).problems) == ["archive-unreadable"]

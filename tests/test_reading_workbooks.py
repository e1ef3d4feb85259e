"""Sheets of XLSX and ODS workbooks: values as they are, and workbooks made to do harm."""

from __future__ import annotations

import datetime
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
from reading_files import (
    Stage,
    codes_of,
    numbers_of,
    ods_cell,
    ods_row,
    rows_of,
    stager,
    write_ods,
    write_xlsx,
    write_zip,
    xlsx_text,
)

from ingest.problems import ProblemsFound
from ingest.reading import Selection, sheet_names, sheets, stage
from ingest.reading.selection import LIMITS


@pytest.fixture
def staged(tmp_path: Path) -> Stage:
    return stager(tmp_path)


# A workbook's times have no zone.
MOMENT = datetime.datetime(2024, 3, 31, 10, 5, 6)  # noqa: DTZ001

# The error of a formula, as LibreOffice writes it: the reader of workbooks sees nothing there.
LOST = ods_cell('value-type="string" string-value="" calcext:value-type="error"', "#REF!")


def string(*paragraphs: str) -> str:
    return ods_cell('value-type="string"', *paragraphs)


def number(text: str, repeated: int = 1) -> str:
    return ods_cell(f'value-type="float" value="{text}" table:number-columns-repeated="{repeated}"', "9")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A workbook as a program writes it: values of each kind, a hidden row, a hidden sheet, merged cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Figures"
    sheet.append(["area", "value", "made on", "is total"])
    sheet.append(["E09000015", 301.0, datetime.date(2024, 3, 31), True])
    sheet.append(["E09000016", 73.60000000000001, MOMENT, False])
    sheet.append(["E09000017", 1e-7, datetime.time(10, 5), "[c]"])
    sheet.append(["E09000018", 10**17, datetime.timedelta(hours=26, minutes=30), "two\nlines"])
    sheet.append([])
    sheet.append(["merged over three", None, None, " kept "])
    sheet.merge_cells("A7:C7")
    sheet.row_dimensions[3].hidden = True
    hidden = book.create_sheet("Notes & more")
    hidden.sheet_state = "hidden"
    hidden["B3"] = "note"
    book.create_sheet("Empty")
    file = tmp_path / "figures.xlsx"
    book.save(file)
    return file


def test_values_of_a_workbook_are_as_it_holds_them(staged: Stage, example: Path) -> None:
    result = staged(example, as_laid_out=True)
    assert result.headings == ("area", "value", "made on", "is total")
    assert rows_of(result) == [
        ["E09000015", "301", "2024-03-31", "true"],
        ["E09000016", "73.60000000000001", "2024-03-31T10:05:06", "false"],
        ["E09000017", "0.0000001", "10:05:00", "[c]"],
        ["E09000018", "100000000000000000", "26:30:00", "two\nlines"],
        ["", "", "", ""],
        ["merged over three", "", "", " kept "],
    ]
    assert numbers_of(result) == [2, 3, 4, 5, 6, 7]
    assert result.problems == ()


def test_blank_row_of_a_sheet_is_a_problem_where_a_table_is_wanted(staged: Stage, example: Path) -> None:
    result = staged(example)
    (found,) = result.problems
    assert (found.code, found.row, found.file) == ("row-blank", 6, "figures.xlsx")


def test_hidden_sheet_is_read_by_name_and_by_number(staged: Stage, example: Path) -> None:
    assert sheet_names(example) == ("Figures", "Notes & more", "Empty")
    for sheet in ("Notes & more", 2):
        result = staged(example, sheet=sheet, heading_rows=(), as_laid_out=True)
        assert rows_of(result) == [["", ""], ["", ""], ["", "note"]]
        assert numbers_of(result) == [1, 2, 3]


def test_missing_sheet_names_those_there_are(staged: Stage, example: Path) -> None:
    (found,) = staged(example, sheet="Figure").problems
    assert (found.code, found.sheet, found.value) == ("sheet-missing", "Figure", "Figure")
    assert found.message == "The workbook has no sheet 'Figure'. Closest: Figures."
    assert found.mend == "Name one of its sheets: Figures, Notes & more, Empty."
    assert codes_of(staged(example, sheet=4).problems) == ["sheet-missing"]


def test_empty_sheet_is_a_problem(staged: Stage, example: Path) -> None:
    (found,) = staged(example, sheet="Empty").problems
    assert (found.code, found.sheet) == ("file-empty", "Empty")


def test_error_in_a_cell_is_its_text(staged: Stage, tmp_path: Path) -> None:
    rows = (
        f'<row r="1">{xlsx_text("A1", "area")}{xlsx_text("B1", "value")}</row>'
        '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>1</v></c><c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    result = staged(write_xlsx(tmp_path / "errors.xlsx", {"S": rows}))
    assert rows_of(result) == [["#REF!", "1"], ["1", "#DIV/0!"]]


def test_formula_without_a_result_is_a_problem(staged: Stage, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["area", "value"])
    book.active.append(["A", "=1+1"])
    file = tmp_path / "formula.xlsx"
    book.save(file)
    (found,) = staged(file).problems
    assert (found.code, found.row, found.column) == ("formula-unworked", 2, "B")
    assert "let it work the formulas out" in found.mend


def test_formula_whose_result_is_no_text_is_not_a_problem(staged: Stage, tmp_path: Path) -> None:
    rows = (
        f'<row r="1">{xlsx_text("A1", "area")}{xlsx_text("B1", "value")}</row>'
        f'<row r="2">{xlsx_text("A2", "x")}<c r="B2" t="str"><f>""</f><v></v></c></row>'
    )
    result = staged(write_xlsx(tmp_path / "formula.xlsx", {"S": rows}))
    assert (rows_of(result), result.problems) == ([["x", ""]], ())


LINK = "https://data.example.org/reports/1?a=2&amp;b=3"


def test_link_made_by_a_formula_is_read_as_its_address_where_that_is_asked(
    staged: Stage, tmp_path: Path
) -> None:
    rows = (
        f'<row r="1">{xlsx_text("A1", "name")}{xlsx_text("B1", "page")}</row>'
        f'<row r="2">{xlsx_text("A2", "x")}<c r="B2" t="str"><f>HYPERLINK("{LINK}","The page")</f>'
        "<v>The page</v></c></row>"
        f'<row r="3">{xlsx_text("A3", "y")}<c r="B3" t="str"><f>IF(1,"none")</f><v>none</v></c></row>'
    )
    file = write_xlsx(tmp_path / "links.xlsx", {"S": rows})
    address = LINK.replace("&amp;", "&")
    assert rows_of(staged(file, links=True)) == [["x", address], ["y", "none"]]
    assert rows_of(staged(file)) == [["x", "The page"], ["y", "none"]]


def test_links_of_ods_keep_their_places_where_cells_are_repeated(staged: Stage, tmp_path: Path) -> None:
    formula = f'table:formula="of:=HYPERLINK(&quot;{LINK}&quot;;&quot;The page&quot;)"'
    linked = string("The page").replace("<table:table-cell", f"<table:table-cell {formula}", 1)
    twice = linked.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="2"', 1)
    in_text = string("The page").replace("The page", f'<text:a xlink:href="{LINK}">The page</text:a>')
    rows = ods_row(string("a"), string("b"), string("c")) + ods_row(string("x"), twice, repeated=2)
    rows += ods_row(in_text, string("y"), string("z"))
    file = write_ods(tmp_path / "links.ods", {"S": rows})
    address = LINK.replace("&amp;", "&")
    assert rows_of(staged(file, links=True)) == [*[["x", address, address]] * 2, [address, "y", "z"]]
    assert rows_of(staged(file)) == [*[["x", "The page", "The page"]] * 2, ["The page", "y", "z"]]


def test_only_addresses_of_pages_are_read_from_links(staged: Stage, tmp_path: Path) -> None:
    rows = (
        f'<row r="1">{xlsx_text("A1", "page")}</row>'
        '<row r="2"><c r="A2" t="str"><f>HYPERLINK("javascript:alert(1)","x")</f><v>x</v></c></row>'
    )
    assert rows_of(staged(write_xlsx(tmp_path / "links.xlsx", {"S": rows}), links=True)) == [["x"]]


def test_cells_without_references_stand_where_they_are_counted(staged: Stage, tmp_path: Path) -> None:
    rows = (
        "<row><c t='inlineStr'><is><t>a</t></is></c><c t='inlineStr'><is><t>b</t></is></c></row>"
        "<row><c><v>1</v></c><c t='e'><v>#N/A</v></c></row>"
    )
    assert rows_of(staged(write_xlsx(tmp_path / "plain.xlsx", {"S": rows}))) == [["1", "#N/A"]]


def test_values_of_ods_are_as_it_holds_them(staged: Stage, tmp_path: Path) -> None:
    rows = (
        ods_row(string("a"), string("b<text:line-break/>c"), string("d"))
        + ods_row(
            ods_cell('value-type="date" date-value="2024-03-31"', "31/03/24"),
            ods_cell('value-type="date" date-value="2024-03-31T10:05:06"', "31/03/24"),
            ods_cell('value-type="time" time-value="PT10H05M00S"', "10:05"),
        )
        + ods_row(
            ods_cell('value-type="boolean" boolean-value="true"', "TRUE"),
            ods_cell('value-type="percentage" value="0.436"', "43.6%"),
            number("73.60000000000001"),
        )
        + ods_row(string("one", "two"), string('x<text:s text:c="3"/>y<text:tab/>z'), number("301.0"))
        + ods_row('<table:table-cell table:number-columns-repeated="16384"/>', repeated=1_048_000)
    )
    result = staged(write_ods(tmp_path / "figures.ods", {"S": rows}))
    assert result.headings == ("a", "b\nc", "d")
    assert rows_of(result) == [
        ["2024-03-31", "2024-03-31T10:05:06", "10:05:00"],
        ["true", "0.436", "73.60000000000001"],
        ["one\ntwo", "x   y\tz", "301"],
    ]
    assert (numbers_of(result), result.problems) == ([2, 3, 4], ())


def test_repeated_and_covered_cells_of_ods_keep_their_places(staged: Stage, tmp_path: Path) -> None:
    merged = ods_cell('value-type="string" table:number-columns-spanned="2"', "m")
    rows = (
        ods_row(string("a"), string("b"), string("c"))
        + ods_row(number("7", repeated=3), repeated=2)
        + ods_row('<table:table-cell table:number-columns-repeated="3"/>', repeated=3)
        + ods_row(merged, "<table:covered-table-cell/>", string("last"))
    )
    result = staged(write_ods(tmp_path / "figures.ods", {"S": rows}), as_laid_out=True)
    sevens, blanks = ["7"] * 3, [""] * 3
    assert rows_of(result) == [sevens, sevens, blanks, blanks, blanks, ["m", "", "last"]]
    assert numbers_of(result) == [2, 3, 4, 5, 6, 7]


def test_hidden_rows_of_ods_are_read(staged: Stage, tmp_path: Path) -> None:
    hidden = '<table:table-row table:visibility="collapse">' + string("hidden") + "</table:table-row>"
    result = staged(write_ods(tmp_path / "figures.ods", {"S": ods_row(string("a")) + hidden}))
    assert rows_of(result) == [["hidden"]]


def test_errors_and_comments_of_ods_are_told_apart(staged: Stage, tmp_path: Path) -> None:
    error = ods_cell('value-type="float" value="0" calcext:value-type="error"', "#DIV/0!")
    comment = "<office:annotation><dc:creator>me</dc:creator><text:p>a comment</text:p></office:annotation>"
    noted = string("cell").replace("<text:p>", f"{comment}<text:p>")
    rows = ods_row(string("a"), string("b"), string("c")) + ods_row(noted, error, LOST)
    result = staged(write_ods(tmp_path / "figures.ods", {"S": rows}))
    assert rows_of(result) == [["cell", "#DIV/0!", "#REF!"]]


def test_each_sheet_of_ods_has_its_own_errors(staged: Stage, tmp_path: Path) -> None:
    plain = ods_row(string("a")) + ods_row(string("b"))
    lost = ods_row(string("a")) + ods_row(LOST)
    file = write_ods(tmp_path / "two.ods", {"One": plain, "Two &amp; more": lost})
    assert sheet_names(file) == ("One", "Two & more")
    assert rows_of(staged(file, sheet="One")) == [["b"]]
    assert rows_of(staged(file, sheet="Two & more")) == [["#REF!"]]


# ---- workbooks that are not to be read


MACROS = [
    ("xl/vbaProject.bin", write_xlsx, "book.xlsx"),
    ("xl/macrosheets/sheet9.xml", write_xlsx, "book.xlsx"),
    ("Basic/Standard/Module1.xml", write_ods, "book.ods"),
    ("Scripts/python/run.py", write_ods, "book.ods"),
    ("docProps/app.xml", write_xlsx, "book.xlsm"),
]


@pytest.mark.parametrize(("part", "write", "name"), MACROS, ids=[case[0] for case in MACROS])
def test_workbook_with_macros_is_refused_unread(
    staged: Stage, tmp_path: Path, part: str, write: object, name: str
) -> None:
    assert callable(write)
    file = write(tmp_path / name, {"S": ""}, {part: "x"})
    result = staged(file)
    (found,) = result.problems
    assert (found.code, found.file) == ("workbook-with-macros", name)
    assert (found.message, found.mend) == (
        "The workbook holds macros.",
        "Save it as a workbook without macros (.xlsx), or as CSV.",
    )
    assert result.row_count == 0
    with pytest.raises(ProblemsFound, match="workbook-with-macros"):
        sheet_names(file)


def compound(name: str) -> bytes:
    """The head of a workbook in the older container, with the name of one stream in its folder."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + name.encode("utf-16-le").ljust(512, b"\0")


def test_encrypted_workbook_says_so(staged: Stage, tmp_path: Path) -> None:
    (found,) = staged(compound("EncryptedPackage"), "secret.xlsx").problems
    assert (found.code, found.message) == (
        "file-unreadable",
        "The file cannot be read as a workbook: it is protected by a password.",
    )
    (found,) = staged(compound("Workbook"), "old.xls").problems
    assert "older kind (.xls)" in found.message
    manifest = {"META-INF/manifest.xml": "<m:file-entry><m:encryption-data/></m:file-entry>"}
    (found,) = staged(write_ods(tmp_path / "secret.ods", {"S": ""}, manifest)).problems
    assert "protected by a password" in found.message


def test_encrypted_entry_is_refused(staged: Stage, tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "secret.xlsx", {"S": ""})
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    (found,) = staged(bytes(content), "secret.xlsx").problems
    assert (found.code, found.message) == (
        "archive-unreadable",
        "The file cannot be unpacked: it is protected by a password.",
    )


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04" + bytes(100), b"not a workbook", b"PK\x05\x06" + bytes(18)],
    ids=["torn", "text", "empty-archive"],
)
@pytest.mark.parametrize("name", ["book.xlsx", "book.ods"])
def test_file_that_is_no_workbook_is_a_problem(staged: Stage, content: bytes, name: str) -> None:
    result = staged(content, name)
    assert codes_of(result.problems) in (["archive-unreadable"], ["file-unreadable"])
    assert result.row_count == 0
    with pytest.raises(ProblemsFound):
        sheet_names(result.parquet.parent.parent / name)


def test_workbook_with_broken_xml_is_a_problem(staged: Stage, tmp_path: Path) -> None:
    cases = [
        write_xlsx(tmp_path / "a.xlsx", {"S": '<row r="1"><c r="A1"><v>1</c></row>'}),
        write_xlsx(tmp_path / "b.xlsx", {"S": '<row r="1"><c r="A1" t="s"><v>99</v></c></row>'}),
        write_xlsx(tmp_path / "c.xlsx", {"S": '<row r="1"><c r="1A"><v>1</v></c></row>'}),
        write_xlsx(tmp_path / "d.xlsx", {"S": ""}, {"xl/workbook.xml": "<workbook><sheets><sheet"}),
        write_xlsx(tmp_path / "e.xlsx", {"S": ""}, {"xl/_rels/workbook.xml.rels": ""}),
        write_ods(tmp_path / "f.ods", {"S": "<table:table-row><table:table-cell"}),
        write_zip(tmp_path / "g.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
    ]
    for case in cases:
        result = staged(case)
        assert result.problems, case.name
        assert result.row_count == 0


def test_cell_in_the_farthest_corner_takes_no_memory(staged: Stage, tmp_path: Path) -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (found,) = staged(write_xlsx(tmp_path / "far.xlsx", {"S": far})).problems
    assert found.code == "table-too-large"
    assert "17,179,869,184 cells" in found.message
    assert "formatted but empty" in found.mend
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize(
    "far",
    [
        '<row r="2"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="2"><c r="ZZZZZZ9999"><v>1</v></c></row>',
        "<row r='2'><c s='1' r='XFD1048576'><v>1</v></c></row>",
        '<row r="2"><c\n\tr = "XFD1048576"><v>1</v></c></row>',
        '<row r="2"><c r="A2"/><c r="XFD99999999"></c></row>',
        '<row r="999999999"><c><v>1</v></c><c><v>1</v></c></row>',
        '<row r="2"><c x=">" r="XFD1048576"><v>1</v></c></row>',
        '<row r="2"><c r="XFD1048576" x="/>"><v>1</v></c></row>',
        '<x:row xmlns:x="u" r="2"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_far_cell_is_seen_however_it_is_written(staged: Stage, tmp_path: Path, far: str) -> None:
    rows = f'<row r="1">{xlsx_text("A1", "a")}</row>{far}'
    assert codes_of(staged(write_xlsx(tmp_path / "far.xlsx", {"S": rows})).problems) == ["table-too-large"]


def test_formatted_empty_cells_far_out_are_no_table(staged: Stage, tmp_path: Path) -> None:
    far = (
        f'<row r="1">{xlsx_text("A1", "a")}</row><row r="2"><c r="A2"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="3"/></row>'
    )
    result = staged(write_xlsx(tmp_path / "far.xlsx", {"S": far}))
    assert (rows_of(result), result.problems) == ([["1"]], ())


def test_declared_dimension_is_not_believed(staged: Stage, tmp_path: Path) -> None:
    file = write_xlsx(
        tmp_path / "a.xlsx",
        {"S": f'<row r="1">{xlsx_text("A1", "a")}</row><row r="2"><c r="A2"><v>1</v></c></row>'},
    )
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    assert rows_of(staged(write_zip(tmp_path / "b.xlsx", dict(parts)))) == [["1"]]


@pytest.mark.parametrize(
    "rows",
    [
        ods_row(number("1", repeated=16_384), repeated=1_048_576),
        ods_row(number("1"), repeated=4_000_000_000),
        (ods_row(string("a")) + ods_row(number("1", repeated=16_384), repeated=1_048_000)).replace('"', "'"),
        ods_row(number("1", repeated=16_384), repeated=1_048_576).replace(
            "row table", 'row table:x="&gt;>" table'
        ),
        ods_row(number("1", repeated=16_384).replace("value=", 'value="1" x=">" y='), repeated=1_048_576),
        "<table:table-row/>" + ods_row(number("1", repeated=16_384), repeated=1_048_576),
    ],
    ids=["all-cells", "all-rows", "other-quotes", "sign-in-a-value", "sign-in-a-cell", "after-a-blank-row"],
)
def test_cell_repeated_without_end_takes_no_memory(staged: Stage, tmp_path: Path, rows: str) -> None:
    file = write_ods(tmp_path / "far.ods", {"Other": ods_row(string("x")), "S": rows})
    for sheet in ("Other", "S"):
        assert codes_of(staged(file, sheet=sheet).problems) == ["table-too-large"]


def test_errors_repeated_without_end_take_no_memory(staged: Stage, tmp_path: Path) -> None:
    lost = LOST.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="16"')
    file = write_ods(tmp_path / "errors.ods", {"S": ods_row(lost, repeated=1_000_000)})
    assert codes_of(staged(file).problems) == ["table-too-large"]


def test_workbook_that_unpacks_without_end_is_refused_by_what_it_declares(
    staged: Stage, tmp_path: Path
) -> None:
    file = write_xlsx(tmp_path / "bomb.xlsx", {"S": ""}, {"xl/styles.xml": b" " * (LIMITS.ratio_from + 1)})
    (found,) = staged(file).problems
    assert found.code == "archive-too-large"
    assert "bytes" in found.message


def test_size_that_an_archive_declares_is_not_believed(staged: Stage, tmp_path: Path) -> None:
    """An archive says of a part of 8 MB that it has 100 bytes, and gives the checksum of those."""
    rows = "<row/>" * 1_400_000
    file = write_xlsx(tmp_path / "liar.xlsx", {"S": rows})
    content = bytearray(file.read_bytes())
    name = b"xl/worksheets/sheet1.xml"
    at = content.rindex(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    with zipfile.ZipFile(file) as archive:
        start = archive.read(name.decode())[:100]
    content[at + 16 : at + 20] = struct.pack("<L", zlib.crc32(start))
    content[at + 24 : at + 28] = struct.pack("<L", 100)
    (found,) = staged(bytes(content), "liar.xlsx").problems
    assert (found.code, found.message) == (
        "archive-unreadable",
        "The file cannot be unpacked: 'xl/worksheets/sheet1.xml' is not what the archive says it is.",
    )


def test_part_that_is_there_twice_is_refused(staged: Stage, tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "twice.xlsx", {"S": ""})
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    (found,) = staged(file).problems
    assert found.code == "archive-unreadable"
    assert "twice" in found.message


def test_row_of_endless_xml_is_not_kept(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROW_BYTES", 3_000_000)
    file = write_xlsx(tmp_path / "row.xlsx", {"S": f"<!-- {'x' * 9_000_000} -->"})
    (found,) = staged(file).problems
    assert found.code == "table-too-large"
    assert "a row of" in found.message


def test_sheet_of_many_rows_is_staged(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Long")
    sheet.append(["area", "value"])
    for count in range(30_000):
        sheet.append([f"E{count:08}", count / 8])
    file = tmp_path / "long.xlsx"
    book.save(file)
    result = stage(file, Selection(), tmp_path)
    assert result.row_count == 30_000
    assert rows_of(result)[-1] == ["E00029999", "3749.875"]

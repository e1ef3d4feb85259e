"""A workbook's sheets are looked over before they are read.

In:   an XLSX or ODS workbook, and the name of one of its sheets
Out:  how many cells the sheet spans at most, and the cells that the reader of workbooks would lose

The reader (calamine) makes a table of all cells between the first and the last, so one cell in the farthest
corner would take hundreds of gigabytes; and it gives nothing for a cell that holds an error such as #REF!,
for a formula that was never worked out, or for a line break inside an ODS cell. All of that can be told
from the sheet's XML with a look at each row, without taking it apart.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from xml.parsers import expat
from zipfile import ZipInfo

from ingest.reading.archive import ArchiveFault, read_entries, read_pieces
from ingest.reading.selection import LIMITS

# XML of one row; no row of 16,384 cells comes near it unless it is made to.
MOST_ROW_BYTES = 64 * 1024**2
MOST_PART_BYTES = 16 * 1024**2
MOST_NOTED = 500_000


# Parts that the reader reads when it opens a workbook, in small letters; the first must be there.
_XLSX_PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedstrings.xml", "xl/styles.xml")
_ODS_PART = "content.xml"


def is_ods(file: Path, entries: list[ZipInfo]) -> bool:
    """Say whether a workbook is ODS, else it is XLSX; what it is read as when it is opened is sound XML then.

    Raises ArchiveFault if it is neither, or both.
    """
    parts = {entry.filename.replace("\\", "/").casefold(): entry for entry in entries}
    has_ods, has_xlsx = _ODS_PART in parts, _XLSX_PARTS[0] in parts
    if has_ods == has_xlsx:
        raise _unreadable()
    for name in _XLSX_PARTS if has_xlsx else ():
        if name in parts:
            for _ in read_xml(file, parts[name]):
                pass
    return has_ods


@dataclass(slots=True)
class SheetSurvey:
    """What was seen of one sheet. Rows and columns count from 1.

    rows, columns    at most so many
    texts            what the cells hold that the reader leaves empty or cuts, by (row, column)
    links            the addresses of links that are made by a formula or stand in a text, by (row, column)
    unworked         cells with a formula and no result
    """

    rows: int = 0
    columns: int = 0
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    unworked: list[tuple[int, int]] = field(default_factory=list)

    def note(self, row: int, column: int, text: str) -> None:
        """Note what a cell holds. Raises ArchiveFault if there are more such cells than anybody has."""
        self.widen(row, column)
        self._put(self.texts, row, column, text, "errors")

    def link(self, row: int, column: int, address: str) -> None:
        """Note the address of a cell's link. Raises ArchiveFault if there are more than anybody has."""
        self._put(self.links, row, column, address, "links")

    def _put(self, noted: dict[tuple[int, int], str], row: int, column: int, text: str, what: str) -> None:
        noted[row, column] = text
        if len(noted) > MOST_NOTED:
            found = f"more than {MOST_NOTED:,} cells with {what}"
            raise ArchiveFault("table-too-large", found=found, wanted=f"{MOST_NOTED:,}")

    def widen(self, row: int, column: int) -> None:
        """Note that there is a cell. Raises ArchiveFault if the sheet now spans more than is permitted."""
        self.rows = max(self.rows, row)
        self.columns = max(self.columns, column)
        cells = self.rows * self.columns
        if cells > LIMITS.sheet_cells:
            raise ArchiveFault("table-too-large", found=f"{cells:,} cells", wanted=f"{LIMITS.sheet_cells:,}")


# ---- XLSX

# Where a cell stands. The reader takes small letters too, and numbers beyond all that a spreadsheet has.
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,9})([0-9]{1,12})["']""")
_PLAIN_CELL = re.compile(rb'<c r="([A-Za-z]{1,9})([0-9]{1,12})"')
# A cell that is written in any other way: without attributes or reference, with a prefix to its name …
_ODD_CELL = re.compile(rb"<c(?! r=\"[A-Za-z]{1,9}[0-9]{1,12}\")[\s>]|:c[\s>]")
# A cell that closes in its own tag has a format and nothing else; the reader passes it over. Where the end of a
# tag can be told from a sign inside a value, that is.
_FULL_CELL = re.compile(rb'<c r="([A-Za-z]{1,9})([0-9]{1,12})"[^>]*(?<!/)>')
_ODD_VALUE = re.compile(rb"""=["'][^"'<]*>""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,12})["']""")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_CELL = re.compile(rb"<(?:\w+:)?c(\s[^>]*?)?(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_CELL_TYPE = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")
_RESULT = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>(.*?)</(?:\w+:)?v>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ERROR_TYPE = re.compile(rb"""\st\s*=\s*["']e["']""")


def survey_xlsx(file: Path, entries: list[ZipInfo], sheet: str) -> SheetSurvey:
    """Look a sheet of an XLSX workbook over. Raises ArchiveFault."""
    part = _find_part(file, entries, sheet)
    try:
        return _survey_xlsx(file, part, only_full=False)
    except ArchiveFault as fault:
        if fault.code != "table-too-large":
            raise
        # Perhaps only for cells that hold nothing: the dearer look leaves them out.
        return _survey_xlsx(file, part, only_full=True)


def _survey_xlsx(file: Path, part: ZipInfo, *, only_full: bool) -> SheetSurvey:
    survey = SheetSurvey()
    row = 0
    for chunk in _split_rows(read_xml(file, part), b"</row>"):
        is_plain = not _ODD_CELL.search(chunk)
        cell = _PLAIN_CELL if is_plain else _REFERENCE
        if only_full and is_plain and not _ODD_VALUE.search(chunk):
            cell = _FULL_CELL
        references = cell.findall(chunk)
        if references:
            column = max(column_number(letters) for letters in {letters for letters, _ in references})
            survey.widen(max(int(digits) for digits in {digits for _, digits in references}), column)
        if not is_plain or b'"e"' in chunk or b"'e'" in chunk or b"<f" in chunk or b":f" in chunk:
            for text in chunk.split(b"</row>"):
                row = _survey_xlsx_row(text, row, survey)
        else:
            row = _last_row(chunk, row)
    return survey


def _survey_xlsx_row(text: bytes, row: int, survey: SheetSurvey) -> int:
    """Look at one row, which comes after row number `row`; its own number."""
    row = _last_row(text, row)
    unnamed = len(_ANY_CELL.findall(text)) - len(_REFERENCE.findall(text))
    if unnamed > 0:
        survey.widen(row, survey.columns + unnamed)
    if _ERROR_TYPE.search(text) or _FORMULA.search(text):
        _read_lost_xlsx(text, row, survey)
    return row


def _last_row(text: bytes, row: int) -> int:
    """Say which number the last row has that begins in a text that comes after row number `row`."""
    last = _ROW_NUMBER.match(text, max(0, text.rfind(b"<row")))
    if last:
        return int(last[1])
    numbers = _ROW_NUMBER.findall(text)
    return int(numbers[-1]) if numbers else row + len(_ROW.findall(text))


def _read_lost_xlsx(text: bytes, row: int, survey: SheetSurvey) -> None:
    column = 0
    for cell in _CELL.finditer(text):
        attributes, inside = cell[1] or b"", cell[2] or b""
        reference = _REFERENCE.search(attributes)
        column = column_number(reference[1]) if reference else column + 1
        here = (int(reference[2]) if reference else row, column)
        if link := _find_link(inside):
            survey.link(*here, link)
        kind = _CELL_TYPE.search(attributes)
        result = _RESULT.search(inside)
        if kind and kind[1] == b"e":
            survey.note(*here, _plain_text(result[1] if result else b""))
        elif not (result and result[1]) and not (kind and kind[1] == b"str") and _FORMULA.search(inside):
            survey.unworked.append(here)


# A link that a formula makes, its first part the address as a text.
_LINK = re.compile(rb"""HYPERLINK\(\s*(?:&quot;|")(https?://[^"<>\s]{1,2000}?)(?:&quot;|")""")


# A link that is part of an ODS cell's text.
_HREF = re.compile(rb"""<text:a\b[^>]*?xlink:href="(https?://[^"<>\s]{1,2000})\"""")


def _find_link(formula: bytes) -> str | None:
    """Find the address of the link that a cell's formula makes, or that its text has.

    >>> _find_link(b"<f>HYPERLINK(&quot;https://data.example.org/a?b=1&amp;c&quot;,&quot;Page&quot;)</f>")
    'https://data.example.org/a?b=1&c'
    """
    found = _LINK.search(formula) or _HREF.search(formula)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else None


def column_number(letters: bytes) -> int:
    """Say which column some letters name.

    >>> column_number(b"A"), column_number(b"XFD"), column_number(b"xfd")
    (1, 16384, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def get_survey(surveys: Mapping[str, SheetSurvey], sheet: str) -> SheetSurvey:
    """Get the survey of a sheet. Raises ArchiveFault if the reader sees a sheet that was not seen here."""
    if sheet not in surveys:
        raise _unreadable()
    return surveys[sheet]


def _find_part(file: Path, entries: list[ZipInfo], sheet: str) -> ZipInfo:
    """Find the part of the archive that holds a sheet. Raises ArchiveFault."""
    parts = {entry.filename.replace("\\", "/").casefold(): entry for entry in entries}

    def read(name: str) -> bytes:
        entry = parts.get(name)
        if entry is None or entry.file_size > MOST_PART_BYTES:
            raise _unreadable()
        return b"".join(read_xml(file, entry))

    targets = {}
    for match in _RELATIONSHIP.finditer(read("xl/_rels/workbook.xml.rels")):
        attributes = _attributes(match[1])
        targets[attributes.get("Id", "")] = attributes.get("Target", "")
    for match in _SHEET.finditer(read("xl/workbook.xml")):
        attributes = _attributes(match[1])
        if attributes.get("name") == sheet:
            identifier = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            target = targets.get(identifier, "").replace("\\", "/")
            path = target.removeprefix("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
            part = parts.get(str(PurePosixPath(path)).casefold())
            if part is not None:
                return part
    raise _unreadable()


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("ascii", "replace"): html.unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(text)
    }


def _unreadable() -> ArchiveFault:
    return ArchiveFault("archive-unreadable", reason="it is not a whole workbook.")


# ---- ODS

_TABLE = re.compile(rb"<table:table\s([^>]*)>")
_REPEATED = rb"""table:number-%s-repeated\s*=\s*["']([0-9]{1,10})["']"""
_ROWS_REPEATED = re.compile(_REPEATED % b"rows")
_COLUMNS_REPEATED = re.compile(_REPEATED % b"columns")
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*)>")
_ODS_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL
)
_PARAGRAPH = re.compile(rb"<text:p\b[^>]*?(?:/>|>(.*?)</text:p>)", re.DOTALL)
_COMMENT = re.compile(rb"<office:annotation\b.*?</office:annotation>", re.DOTALL)
_SPACES = re.compile(rb"""<text:s\b[^>]*?(?:text:c\s*=\s*["']([0-9]{1,5})["'][^>]*?)?/?>(?:</text:s>)?""")
_IS_ERROR = re.compile(rb"""calcext:value-type\s*=\s*["']error["']""")
_MARKS_OF_CONTENT = (b"<text:p", b"office:value", b"office:string-value")
_ERROR_WORD = b"calcext:value-type"
_LOST_SPACE = re.compile(rb"<text:line-break|<text:tab")


def survey_ods(file: Path, entries: list[ZipInfo]) -> Mapping[str, SheetSurvey]:
    """Look all sheets of an ODS workbook over, by name. Raises ArchiveFault."""
    content = next((entry for entry in entries if entry.filename == _ODS_PART), None)
    if content is None:
        raise _unreadable()
    # A recipe that reads several sheets asks for each.
    return _survey_ods(file, file.stat().st_mtime_ns, content.header_offset, content.file_size, content.CRC)


@lru_cache(maxsize=4)
def _survey_ods(file: Path, _changed: int, *_of_content: int) -> Mapping[str, SheetSurvey]:
    """Do the work of survey_ods, once for a file that has not changed."""
    content = next(entry for entry in read_entries(file, LIMITS.workbook) if entry.filename == _ODS_PART)
    surveys: dict[str, SheetSurvey] = {}
    survey, row = SheetSurvey(), 0
    for chunk in _split_rows(read_xml(file, content), b"</table:table-row>"):
        for text in chunk.split(b"</table:table-row>"):
            # What stands before a row may be the beginning of the next sheet.
            if b"<table:table " in text:
                for table in _TABLE.finditer(text):
                    survey, row = SheetSurvey(), 0
                    surveys.setdefault(_attributes(table[1]).get("table:name", ""), survey)
            rows = list(_ODS_ROW.finditer(text))
            if not rows:
                continue
            # Rows that close in their own tag may stand before the one that ends here.
            *blank, begin = rows
            row += sum(_repeated(_ROWS_REPEATED, one[1]) for one in blank)
            times = _repeated(_ROWS_REPEATED, begin[1])
            if _ODD_VALUE.search(text):
                # The end of a tag cannot be told, so whatever is repeated may be all of it.
                times = max([times, *map(int, _ROWS_REPEATED.findall(text))])
                survey.widen(row + times, LIMITS.columns if _COLUMNS_REPEATED.search(text) else 1)
            # Blank cells at the end of a row are passed over: what counts ends with the last cell's own tag.
            last = max(
                text.rfind(b"<text:p"), text.rfind(b"office:value"), text.rfind(b"office:string-value")
            )
            if last > begin.end():
                _survey_ods_row(text[begin.end() :], last - begin.end(), row, times, survey)
            row += times
    return surveys


def _repeated(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    """Say how often a row or a cell with these attributes stands there."""
    found = pattern.search(attributes)
    return max(1, int(found[1])) if found else 1


def _survey_ods_row(cells: bytes, last: int, row: int, times: int, survey: SheetSurvey) -> None:
    """Look at the cells of one row, which stands `times` times after row number `row`.

    last    where the last thing that is not blank stands
    """
    full = cells[: cells.find(b">", last) + 1]
    width = full.count(b"<table:table-cell") + full.count(b"<table:covered-table-cell")
    width += sum(max(0, int(count) - 1) for count in _COLUMNS_REPEATED.findall(full))
    # The reader itself stops at the last column that a spreadsheet can have.
    survey.widen(row + times, min(width, LIMITS.columns))
    if not any(
        mark in cells for mark in (_ERROR_WORD, b"<text:line-break", b"<text:tab", b"HYPERLINK", b"<text:a ")
    ):
        return
    column = 1
    for cell in _ODS_CELL.finditer(cells):
        attributes, inside = cell[1], _COMMENT.sub(b"", cell[2] or b"")
        wide = _repeated(_COLUMNS_REPEATED, attributes)
        link = _find_link(attributes) or _find_link(inside)
        is_lost = _IS_ERROR.search(attributes) or (_LOST_SPACE.search(inside) and b'"string"' in attributes)
        if link or is_lost:
            text = "\n".join(_ods_text(paragraph or b"") for paragraph in _PARAGRAPH.findall(inside))
            for down in range(1, times + 1):
                for across in range(min(wide, LIMITS.columns)):
                    if is_lost:
                        survey.note(row + down, column + across, text)
                    if link:
                        survey.link(row + down, column + across, link)
        column += wide


def _ods_text(paragraph: bytes) -> str:
    paragraph = _SPACES.sub(lambda match: b" " * int(match[1] or 1), paragraph)
    paragraph = re.sub(rb"<text:line-break\b[^>]*>", b"\n", paragraph)
    return _plain_text(re.sub(rb"<text:tab\b[^>]*>", b"\t", paragraph))


def _plain_text(xml: bytes) -> str:
    """Take the tags out of a piece of XML."""
    return html.unescape(re.sub(rb"<[^>]*>", b"", xml).decode("utf-8", "replace"))


def read_xml(file: Path, entry: ZipInfo) -> Iterator[bytes]:
    """Read a part of a workbook in pieces, and see that it is XML: the reader of workbooks relies on it.

    On XML that breaks off the reader looks for the end for ever. A document type may define what a few
    letters stand for, as much as anybody likes; and in UTF-16 the tags would not be seen here.

    Raises ArchiveFault.
    """

    def refuse(*_: object) -> None:
        raise _unreadable()

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    try:
        for piece in read_pieces(file, entry):
            # A mark at the start turns the parser to UTF-16 all the same, and that is full of NUL.
            if b"\0" in piece:
                raise _unreadable()
            parser.Parse(piece, False)
            yield piece
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise _unreadable() from fault


def _split_rows(pieces: Iterator[bytes], end: bytes) -> Iterator[bytes]:
    """Give pieces that end where a row ends; the last one ends where all ends."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        at = rest.rfind(end, max(0, len(rest) - len(piece) - len(end)))
        if at >= 0:
            yield bytes(rest[: at + len(end)])
            del rest[: at + len(end)]
        if len(rest) > MOST_ROW_BYTES:
            found, wanted = f"a row of {len(rest):,} bytes", f"{MOST_ROW_BYTES:,}"
            raise ArchiveFault("table-too-large", found=found, wanted=wanted)
    if rest:
        yield bytes(rest)

"""Files as publishers make them, and what was staged of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from ingest.problems import Problem
from ingest.reading import Selection, Staged, stage

Stage = Callable[..., Staged]


def rows_of(staged: Staged) -> list[list[str]]:
    """Give the staged rows as lists of cells, without their numbers."""
    table = pq.read_table(staged.parquet)
    assert table.column_names == [*(f"c{n}" for n in range(1, len(staged.headings) + 1)), "_row"]
    assert table.num_rows == staged.row_count
    assert all(column.null_count == 0 for column in table.columns)
    cells = [column.to_pylist() for column in table.columns[:-1]]
    return [list(row) for row in zip(*cells, strict=True)] if cells else []


def numbers_of(staged: Staged) -> list[int]:
    """Give the numbers of the staged rows."""
    return list(pq.read_table(staged.parquet).column("_row").to_pylist())


def codes_of(problems: Sequence[Problem]) -> list[str]:
    return [found.code for found in problems]


def write_zip(path: Path, parts: dict[str, str | bytes]) -> Path:
    """Write a zip archive with the same bytes each time."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


_CONTENT_TYPES = """<?xml version="1.0"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""
_RELATIONSHIPS = """<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
_RELATIONSHIP = (
    '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" '
    'Target="{}"/>'
)
_WORKBOOK = """<?xml version="1.0"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets>{}</sheets></workbook>"""
_SHEET = """<?xml version="1.0"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<sheetData>{}</sheetData></worksheet>"""


def write_xlsx(path: Path, sheets: dict[str, str], more: dict[str, str | bytes] | None = None) -> Path:
    """Write an XLSX workbook of sheets by name, each as the XML of its rows, with nothing else in it."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONSHIPS.format(
            _RELATIONSHIP.format("rId1", "officeDocument", "xl/workbook.xml")
        ),
        "xl/workbook.xml": _WORKBOOK.format(
            "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
        ),
        "xl/_rels/workbook.xml.rels": _RELATIONSHIPS.format(
            "".join(
                _RELATIONSHIP.format(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml")
                for n in range(1, len(sheets) + 1)
            )
        ),
    }
    parts.update(
        {f"xl/worksheets/sheet{n}.xml": _SHEET.format(rows) for n, rows in enumerate(sheets.values(), 1)}
    )
    return write_zip(path, parts | (more or {}))


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
 xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2">
<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"""


def write_ods(path: Path, sheets: dict[str, str], more: dict[str, str | bytes] | None = None) -> Path:
    """Write an ODS workbook of sheets by name, each as the XML of its rows."""
    tables = "".join(
        f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets.items()
    )
    parts: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": _ODS.format(tables),
        "META-INF/manifest.xml": (
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        ),
    }
    return write_zip(path, parts | (more or {}))


def stager(folder: Path) -> Stage:
    """Make a function that stages bytes, or a file, with the properties of a Selection."""

    def staged(content: bytes | Path, name: str = "table.csv", **selection: object) -> Staged:
        file = content if isinstance(content, Path) else folder / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        before = set(scratch.iterdir())
        result = stage(file, Selection(**selection), scratch)  # type: ignore[arg-type]
        assert set(scratch.iterdir()) - before <= {result.parquet}, "reading leaves nothing but the table"
        return result

    return staged


def ods_cell(attributes: str, *paragraphs: str) -> str:
    """One cell of ODS: attributes without their prefix office:, and what it shows."""
    named = re.sub(r"(^| )([a-z-]+=)", r"\1office:\2", attributes)
    shown = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    return f"<table:table-cell {named}>{shown}</table:table-cell>"


def ods_row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def xlsx_text(reference: str, text: str) -> str:
    """One cell of XLSX with its text in it."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'

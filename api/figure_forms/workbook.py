"""Figures as a workbook: a cover, one sheet with one table, and notes.

In:   FigureTable
Out:  bytes of XLSX, the same for the same edition and question

The layout is that of the Government Analysis Function's guidance for spreadsheets: one table a sheet, its title in
the first cell, no merged or hidden cells, no formulas, and a mark in square brackets where there is no number. A
figure with a value stays a number; its mark stands in a column beside it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook

from api.figure_forms.receipt import Receipt
from api.figure_forms.table import Column, FigureTable, plain_text
from api.workbooks import OPTIONS, TABLE_STYLE
from schemas import load_model

# The first three rows say what the sheet holds; the table begins after them.
_HEAD = 3
_LONGEST_CELL = 32_767
_ABSENT = "[x]"


def write_workbook(table: FigureTable) -> bytes:
    """Write a table of figures as a workbook."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, dict(OPTIONS)) as book:
        book.set_properties(
            {
                "title": table.title,
                "subject": str(table.about["edition_uri"]),
                "author": "; ".join(_publishers(table)),
                "comments": f"Edition {table.about['edition']}.",
                "created": dt.datetime.combine(_day_of(table), dt.time()),
            }
        )
        cover = book.add_worksheet("Cover")
        receipt, used = _write_figures(book, table)
        _write_lines(book, cover, f"{table.title}: cover", _cover(table), "Cover")
        notes = book.add_worksheet("Notes")
        _write_lines(book, notes, f"{table.title}: notes", _notes(table, receipt, used), "Notes")
        cover.activate()
    return stream.getvalue()


def _day_of(table: FigureTable) -> dt.date:
    """Give the day of the edition: files must not depend on the clock."""
    found = re.match(r"\d{4}-\d{2}-\d{2}", str(table.about["edition"]))
    return dt.date.fromisoformat(found[0]) if found else dt.date(2000, 1, 1)


def _publishers(table: FigureTable) -> list[str]:
    return list(dict.fromkeys(str(one["publisher"]) for one in table.about["source"] if one.get("publisher")))


def _cover(table: FigureTable) -> list[tuple[str, str]]:
    lines = [
        ("What this is", table.title),
        ("Edition", f"{table.about['edition']}: {table.about['edition_uri']}"),
        ("Question", "; ".join(_question(table)) or "Everything"),
        ("Publishers", "; ".join(_publishers(table))),
        ("Licences", "; ".join(table.about["licence"])),
    ]
    lines += [
        ("Must stand beside the figures", str(source["attribution"]))
        for source in table.about["source"]
        if source.get("attribution")
    ]
    lines += [
        ("Sheet Figures", "One table: a row for each figure."),
        ("Sheet Notes", "What columns and marks mean, and a receipt to check that the file is whole."),
    ]
    return [(heading, words) for heading, words in lines if words]


def _question(table: FigureTable) -> list[str]:
    return [f"{name} = {plain_text(value)}" for name, value in table.about["query"].items()]


def _notes(table: FigureTable, receipt: Receipt, used: Sequence[str]) -> list[tuple[str, str]]:
    statuses = load_model().code_lists["status"]
    lines = [*table.remarks]
    for status in used:
        code = statuses.code(status)
        lines.append((f"Mark {code.more['mark']}", f"{code.label}. {code.definition}"))
    lines.append((f"Mark {_ABSENT} outside the column value", "Not available: the publisher gives none."))
    lines += [(f"Column {column.name}", column.words) for column in table.columns]
    lines += [(f"Definition {one['indicator']}", f"Version {one['version']}") for one in receipt.definitions]
    return [
        *lines,
        ("Receipt: rows", str(receipt.rows)),
        ("Receipt: last row of the sheet Figures", str(_HEAD + 1 + receipt.rows)),
        ("Receipt: digest", receipt.digest),
    ]


def _write_lines(book: Workbook, sheet: Any, title: str, lines: Sequence[tuple[str, str]], name: str) -> None:
    """Write a sheet that is one table of headings and words."""
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 38, wrapped)
    sheet.set_column(1, 1, 100, wrapped)
    sheet.write_string(0, 0, title, book.add_format({"bold": True}))
    for at, line in enumerate(lines, 2):
        for column, text in enumerate(line):
            sheet.write_string(at, column, text[:_LONGEST_CELL], wrapped)
    _add_table(sheet, 1, len(lines), ("About", "In words"), name)


def _add_table(sheet: Any, first: int, rows: int, headings: Sequence[str], name: str) -> None:
    sheet.add_table(
        first,
        0,
        # A table has one row at least.
        first + max(rows, 1),
        len(headings) - 1,
        {
            "name": f"Table{name}",
            "columns": [{"header": heading} for heading in headings],
            "autofilter": False,
            "style": TABLE_STYLE,
        },
    )
    sheet.freeze_panes(first + 1, 0)
    sheet.repeat_rows(first)


def _write_figures(book: Workbook, table: FigureTable) -> tuple[Receipt, list[str]]:
    """Write the sheet of figures. Returns its receipt, and the statuses that have a mark in it."""
    sheet = book.add_worksheet("Figures")
    marks = {code.code: str(code.more["mark"]) for code in load_model().code_lists["status"].codes}
    receipt, used = Receipt(), dict[str, None]()
    at = _HEAD
    for chunk in table.chunks():
        receipt.add(chunk)
        for row in chunk:
            at += 1
            mark = marks[row["status"]]
            if mark:
                used.setdefault(row["status"])
            _write_row(sheet, at, table.columns, row, mark)
    sheet.write_string(0, 0, table.title, book.add_format({"bold": True}))
    sheet.write_string(1, 0, "This sheet has one table. Marks such as [c] are explained on the sheet Notes.")
    sheet.write_string(2, 0, "A blank cell means that nothing is to be said there.")
    headings = [*table.fields, "mark"]
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, max(12, len(heading) + 3))
    _add_table(sheet, _HEAD, at - _HEAD, headings, "Figures")
    return receipt, sorted(used)


def _write_row(sheet: Any, at: int, columns: Sequence[Column], row: Any, mark: str) -> None:
    for number, column in enumerate(columns):
        value = row.get(column.name)
        if column.kind in ("number", "integer"):
            if value is not None:
                sheet.write_number(at, number, value)
            else:
                sheet.write_string(at, number, mark if column.name == "value" and mark else _ABSENT)
        elif column.kind == "truth":
            sheet.write_string(at, number, "" if value is None else ("yes" if value else "no"))
        else:
            text = plain_text(value)
            if text:
                sheet.write_string(at, number, text[:_LONGEST_CELL])
    if mark:
        sheet.write_string(at, len(columns), mark)

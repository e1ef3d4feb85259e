"""The submission template as a workbook: a sheet to fill in, with drop-downs, and sheets that explain it.

In:   Blank
Out:  bytes of XLSX, the same for the same edition

One table on each sheet, headings in the first row and held there, no merged cells and no formulas: a screen
reader and a checker read it alike. The figures are the first sheet, which is the one that is read.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from api.definition_forms import template
from api.definition_forms.blank import Blank
from api.workbooks import OPTIONS, TABLE_STYLE
from schemas import Field

# Rows that have drop-downs.
ROWS = 10_000

# What a workbook permits in a message beside a cell, and in its title.
_LONGEST_MESSAGE, _LONGEST_TITLE = 255, 32
# What it permits in a list that stands in the rule itself.
_LONGEST_LIST = 255


def xlsx_template(blank: Blank) -> bytes:
    """Write the template as a workbook."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, dict(OPTIONS)) as book:
        made_at = dt.datetime.combine(blank.made_on, dt.time())
        book.set_properties(
            {
                "title": f"{blank.label}: template for figures",
                "subject": f"{blank.indicator}, version {blank.version}",
                "author": blank.owner_label,
                "comments": f"{blank.uri}. Edition {blank.edition}.",
                "created": made_at,
            }
        )
        figures = book.add_worksheet("Figures")
        sheets = _write_notes(book, blank)
        _write_figures(book, figures, blank, sheets)
    return stream.getvalue()


def _write_notes(book: Workbook, blank: Blank) -> dict[str, tuple[str, int]]:
    """Write the sheets that explain. Returns for a column the sheet of its codes, and how many there are."""
    _write_table(book, "Notes", ("About", "In words"), template.about(blank), (28, 100))
    headings = ("Column", "Needed", "What to write", "Permitted", "Example")
    _write_table(book, "Columns", headings, template.columns(blank), (18, 18, 70, 50, 30))
    lists: dict[str, tuple[str, Sequence[Sequence[str]], Sequence[str], Sequence[int]]] = {
        "status": (
            "Statuses",
            template.status_rows(),
            ("Status", "Name", "What it means", "Value"),
            (20, 26, 80, 36),
        ),
        "area": ("Areas", [(one.text, one.words) for one in blank.areas], ("Area", "Name"), (16, 60)),
        "period": ("Periods", template.period_rows(blank), ("Period", "What it means"), (26, 40)),
    }
    for one, (name, codes) in zip(blank.dimensions, template.code_sheets(blank), strict=True):
        meanings = [(code.text, code.words) for code in codes]
        lists[one.dimension] = (name, meanings, (one.label[:200], "What it means"), (26, 80))
    sheets = {}
    for column, (name, rows, titles, widths) in lists.items():
        if rows:
            _write_table(book, name, titles, rows, widths)
            sheets[column] = (name, len(rows))
    return sheets


def _write_table(
    book: Workbook,
    name: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> None:
    """Write a sheet that is one table of text."""
    sheet = book.add_worksheet(name)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width, wrapped)
    for at, row in enumerate(rows, 1):
        for column, text in enumerate(row):
            sheet.write_string(at, column, text, wrapped)
    _make_table(sheet, headings, len(rows), f"Table{name}")


def _make_table(sheet: Worksheet, headings: Sequence[str], rows: int, name: str) -> None:
    sheet.add_table(
        0,
        0,
        rows,
        len(headings) - 1,
        {
            "name": "".join(char if char.isalnum() else "_" for char in name),
            "columns": [{"header": heading} for heading in headings],
            "autofilter": False,
            "style": TABLE_STYLE,
        },
    )
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)


def _write_figures(
    book: Workbook, sheet: Worksheet, blank: Blank, sheets: dict[str, tuple[str, int]]
) -> None:
    """Write the sheet that is filled in: headings, a started row, and a rule for each column."""
    # As text, so that 2023-24 does not become a date and no code loses its zeros.
    text = book.add_format({"num_format": "@"})
    started = blank.started()
    for column, field in enumerate(blank.fields):
        is_number = field.type in ("number", "integer")
        width = min(max(len(field.name) + 3, *(len(one) + 2 for one in (field.enum or ())[:1]), 14), 40)
        sheet.set_column(column, column, width, None if is_number else text)
        if field.name in started:
            sheet.write_string(1, column, started[field.name], text)
        sheet.data_validation(1, column, ROWS, column, _rule(blank, field, sheets.get(field.name)))
    _make_table(sheet, blank.schema.field_names, 1, "Figures")
    sheet.activate()


def _rule(blank: Blank, field: Field, codes: tuple[str, int] | None) -> dict[str, Any]:
    """Make what a cell permits: a drop-down where there is a list, else a number or a length."""
    told = template.permitted(blank, field)
    rule: dict[str, Any] = {
        "input_title": field.title[:_LONGEST_TITLE],
        "input_message": _cut(f"{field.description} {told}."),
        "error_title": field.title[:_LONGEST_TITLE],
        "error_message": _cut(f"Wanted: {told[:1].lower()}{told[1:]}."),
    }
    if codes is not None:
        name, count = codes
        # Other areas and periods can be right too, so a reader may keep them.
        is_open = field.name == "area" or (field.name == "period" and not blank.is_whole)
        source = f"='{name}'!$A$2:$A${count + 1}"
        return rule | {"validate": "list", "source": source, "error_type": "warning" if is_open else "stop"}
    if field.enum is not None and sum(len(one) + 1 for one in field.enum) <= _LONGEST_LIST:
        return rule | {"validate": "list", "source": list(field.enum)}
    if field.type in ("number", "integer"):
        kind = "integer" if field.type == "integer" else "decimal"
        return rule | {"validate": kind, **_between(field)}
    most = field.max_length or 1_000
    return rule | {"validate": "length", "criteria": "<=", "value": most}


def _between(field: Field) -> dict[str, Any]:
    """Bound a number. Where there is no bound the rule still asks for a number."""
    lowest, highest = field.minimum, field.maximum
    if highest is None:
        return {"criteria": ">=", "value": -1e15 if lowest is None else lowest}
    if lowest is None:
        return {"criteria": "<=", "value": highest}
    return {"criteria": "between", "minimum": lowest, "maximum": highest}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1].rstrip()}…"

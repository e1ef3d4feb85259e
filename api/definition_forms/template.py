"""What a submission template says: its started row, and in plain words what each column takes.

In:   Blank
Out:  rows of words for the sheets of a workbook; the template as CSV; the package that it is sent in

The CSV file has the headings and one started row and nothing else: a note in it would be read as a figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.answers import csv_lines
from api.definition_forms.blank import Blank, Item
from api.definition_forms.periods import example_period, period_text
from api.pages.places import tier_plain
from schemas import Field, load_model

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

_VALUE_WORDS = {
    "required": "A value is needed.",
    "absent": "Leave the value empty.",
    "either": "The value may be given or left empty.",
}

_HOW_TO_CHECK = (
    "Save the sheet Figures as CSV, or the whole workbook as XLSX. Put it beside the file datapackage.json that is "
    "offered with this template, write your file's name there as path, and run: likeforlike check FOLDER"
)


def csv_template(blank: Blank) -> bytes:
    """Write the template as CSV: headings, and a row that is started."""
    return csv_lines(blank.schema.field_names, [blank.started()])


def about(blank: Blank) -> list[tuple[str, str]]:
    """Say what is counted and how to fill the template in: pairs of a name and words."""
    row, kind = blank.row, blank.period_kind
    lowest, highest = (number_text(bound) for bound in blank.bounds)
    told = [
        ("Indicator", row["label"]),
        ("Short name", blank.indicator),
        ("Version of the definition", blank.version),
        ("Address", blank.uri),
        ("Question", row["question"]),
        ("What is counted", row["definition"]),
        ("Counted on top", row["numerator"]),
        ("Divided by", row["denominator"]),
        ("Worked out as", row["formula"]),
        ("Unit", blank.unit_label),
        ("Lowest value", lowest or "No limit"),
        ("Highest value", highest or "No limit"),
        ("Kind of period", f"{kind.label}: {kind.definition}"),
        ("How to write a period", period_words(blank)),
        ("Who sends figures", f"{tier_plain(row['tier'])[:1].upper()}{tier_plain(row['tier'])[1:]}"),
        ("Hidden or rounded figures", row["disclosure_control"]),
        ("Read with care", row["caveats"]),
        ("How to fill it in", _how_to_fill(blank)),
        (
            "Where there is no figure",
            "Leave the value empty and choose the status that says why. Zero means zero.",
        ),
        ("How to check it", _HOW_TO_CHECK),
        ("Owner of the definition", blank.owner_label),
        ("Licence of these words", row["licence"]),
        ("From edition", blank.edition),
    ]
    return [(name, str(words)) for name, words in told if words]


def _how_to_fill(blank: Blank) -> str:
    parts = ["area", "period", *(one.label.lower() for one in blank.dimensions)]
    each = ", ".join(parts[:-1]) + f" and {parts[-1]}"
    return f"One row for each {each}. Copy what is started in the first row into every row."


def period_words(blank: Blank) -> str:
    """Say with an example how a period is written."""
    kind = blank.row["period_kind"]
    period = blank.periods[0] if blank.periods else example_period(kind, blank.valid_from)
    return f"{period_text(period)} means {period.label}."


def columns(blank: Blank) -> list[tuple[str, str, str, str, str]]:
    """Say of each column whether it is needed, what to write, what is permitted, and give an example."""
    return [
        (
            field.name,
            "Yes"
            if field.required
            else "Yes, or a status that says why not"
            if field.name == "value"
            else "No",
            field.description,
            permitted(blank, field),
            str(blank.example.get(field.name, "")),
        )
        for field in blank.fields
    ]


def permitted(blank: Blank, field: Field) -> str:
    """Say in a few words what a column takes."""
    if field.name == "area":
        return "A code of the sheet Areas, or the code of a larger area" if blank.areas else _wanted(field)
    if field.name == "period":
        others = "" if blank.is_whole else ", or another of the same kind"
        return f"A text of the sheet Periods{others}" if blank.periods else period_words(blank)
    if field.name == "status":
        return "A code of the sheet Statuses; empty means normal"
    if blank.dimension_of(field.name):
        return f"A code of the sheet {sheet_name(blank, field.name)}, or empty"
    if field.enum is not None:
        return " or ".join(field.enum)
    if field.type in ("number", "integer"):
        kind = "A whole number" if field.type == "integer" else "A number"
        return f"{kind}{_range_words(field)}"
    return f"Text of up to {field.max_length:,} characters" if field.max_length else _wanted(field)


def _wanted(field: Field) -> str:
    wanted = str(load_model().forms[field.form]["wanted"]) if field.form else "text"
    return f"{wanted[:1].upper()}{wanted[1:]}"


def _range_words(field: Field) -> str:
    lowest, highest = number_text(field.minimum), number_text(field.maximum)
    if lowest and highest:
        return f" from {lowest} to {highest}"
    return f", {lowest} or more" if lowest else f", {highest} or less" if highest else ""


def number_text(number: float | None) -> str:
    """Write a bound without needless digits; "" for no bound.

    >>> number_text(100.0), number_text(0.5), number_text(None)
    ('100', '0.5', '')
    """
    return "" if number is None else f"{number:.6f}".rstrip("0").rstrip(".")


def status_rows() -> list[tuple[str, str, str, str]]:
    """List the statuses: code, name, meaning, and whether there is a value."""
    codes = load_model().code_lists["status"].codes
    return [(one.code, one.label, one.definition, _VALUE_WORDS[one.more["value"]]) for one in codes]


def period_rows(blank: Blank) -> list[tuple[str, str]]:
    """List the periods: the text to write, and what it means."""
    return [(period_text(period), period.label) for period in blank.periods]


def code_sheets(blank: Blank) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """Give each dimension's sheet: its name, and the codes."""
    for one in blank.dimensions:
        yield sheet_name(blank, one.dimension), one.codes


def sheet_name(blank: Blank, dimension: str) -> str:
    """Name the sheet of a dimension: a workbook permits 31 characters, and each name once."""
    place = [one.dimension for one in blank.dimensions].index(dimension) + 1
    return f"Codes {place} {dimension}"[:31]


def package(blank: Blank) -> dict[str, Any]:
    """Describe the package that a filled-in template is sent in."""
    return {
        "$schema": _PROFILE,
        "name": f"{blank.indicator}-figures",
        "title": f"Figures: {blank.label}",
        "description": f"Figures for {blank.uri}.",
        "resources": [
            {
                "name": f"figures-{blank.indicator}",
                "type": "table",
                "title": f"{blank.label}: figures",
                "table": "observations",
                "path": "template.csv",
                "encoding": "utf-8",
            }
        ],
    }

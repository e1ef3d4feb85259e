"""The figures counted by exactly this version of a definition, as SDMX-CSV 2.0 has them.

In:   Blank, the figures of its version
Out:  CSV whose columns are the components of the structure that sdmx.py writes, in its codes

A period is written as SDMX writes a time range, start and length with a stroke between. A figure without a value has an
empty cell and a status that says why; one that is not broken down has the total of each breakdown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.definition_forms.blank import Blank
from api.definition_forms.sdmx import (
    TOTAL,
    agency_of,
    attributes_of,
    code_maps,
    columns_of,
    concept_of,
    list_id,
    sdmx_id,
)
from api.definition_forms.template import number_text
from api.edition import Edition
from api.failures import Failure
from api.observations import Filters, Row, count, load_codes, reader, select, stream

MOST_ROWS = 200_000

# What the structure calls the digits of a figure as published.
_VALUE = "value_text"


def structure_id(blank: Blank) -> str:
    """Name the dataflow and the structure of a version, which have one name: AGENCY:ID(VERSION)."""
    return f"{agency_of(blank)}:{sdmx_id(blank.indicator)}({blank.version})"


def figures(edition: Edition, blank: Blank) -> bytes:
    """Write the figures of a version.

    Raises Failure (422) for more than one file may have.
    """
    components = [*columns_of(blank), "value", *attributes_of(blank)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    names = [concept_of(blank, column)[0] for column in components]
    writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *names])
    identity = ["dataflow", structure_id(blank), "I"]
    maps = code_maps(blank)
    totals = {one.dimension: one.total or TOTAL for one in blank.dimensions}
    numbers = load_codes(edition).values["definition"]
    version = (blank.indicator, blank.version)
    if version in numbers:
        every = select(edition, Filters(indicators=(blank.indicator,)))
        own = replace(every, where="r.definition = ?", params=(numbers.index(version),))
        found = count(edition, own)
        if found > MOST_ROWS:
            words = f"There are {found:,} figures; a file of SDMX-CSV has {MOST_ROWS:,} at most."
            raise Failure("file-too-long", words)
        read = reader(edition)
        for chunk in stream(edition, own):
            for row in map(read, chunk):
                told = totals | _parts(row)
                writer.writerow([*identity, *(_cell(row, told, maps, name) for name in components)])
    return text.getvalue().encode("utf-8", "replace")


def _parts(row: Row) -> dict[str, str]:
    """Read the breakdown of a figure as dimension and code."""
    return dict(pair.split("=") for pair in row["breakdown"].split(";") if pair)


def _cell(row: Row, parts: Mapping[str, str], maps: Mapping[str, Mapping[str, str]], column: str) -> Any:
    value = parts.get(column, row.get(_VALUE if column == "value" else column))
    if value is None:
        return ""
    if column == "period":
        return str(value).replace("_", "/")
    if isinstance(value, float):
        return number_text(value)
    return maps.get(list_id(column), {}).get(str(value), value)

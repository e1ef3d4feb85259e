"""Typed rows become canonical text, from which every form of an edition is written.

In:   a typed table, and the schema of the standard table
Out:  the same rows as text in key order, the built-in code lists among them

Canonical text: decimals in plain notation, dates as ISO 8601, truth as true and false, an empty cell null.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import Model, TableSchema

Row = dict[str, Any]


def canonical_table(model: Model, schema: TableSchema, given: pa.Table) -> pa.Table:
    """Turn one table into canonical text in key order, the built-in code lists with it."""
    form = pa.schema(
        [*((name, pa.string()) for name in schema.field_names), ("_source", pa.int32()), ("_row", pa.int64())]
    )
    table = _as_texts(given, form)
    if built_in := _built_in_rows(model, schema.name):
        key = schema.primary_key
        known = {tuple(row[name] for name in key) for row in built_in}
        own = [row for row in table.to_pylist() if tuple(row[name] for name in key) not in known]
        table = pa.Table.from_pylist([*built_in, *own], schema=form)
    rest = (name for name in schema.field_names if name not in schema.primary_key)
    return table.sort_by([(name, "ascending") for name in (*schema.primary_key, *rest)])


def _as_texts(table: pa.Table, form: pa.Schema) -> pa.Table:
    """Turn typed columns into canonical text; a column that is not there is empty."""
    columns = []
    for wanted in form:
        if wanted.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, wanted.type))
            continue
        cells = table[wanted.name].combine_chunks()
        if pa.types.is_floating(cells.type):
            # Engines and libraries write floats differently, so Python does it.
            numbers = [None if value is None else plain_number(value) for value in cells.to_pylist()]
            cells = pa.array(numbers, pa.string())
        elif wanted.type == pa.string():
            cells = cells.cast(pa.string())
            cells = pc.if_else(pc.equal(cells, ""), None, cells)
        columns.append(cells.cast(wanted.type))
    return pa.Table.from_arrays(columns, schema=form)


def plain_number(value: float) -> str:
    """Write a number in plain decimal notation, without an exponent or a needless zero.

    >>> plain_number(0.00001), plain_number(5.0), plain_number(-0.0), plain_number(1e22)
    ('0.00001', '5', '0', '10000000000000000000000')
    """
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _built_in_rows(model: Model, table: str) -> list[Row]:
    """Give the rows that the model's own code lists add to the tables of code lists and codes."""
    if table == "code_lists":
        return [
            {"code_list": own.code_list, "label": own.label, "definition": own.definition}
            for own in model.code_lists.values()
        ]
    if table == "codes":
        return [
            {
                "code_list": own.code_list,
                "code": code.code,
                "label": code.label,
                "definition": code.definition,
                "sort_order": str(place),
                "symbol": code.more.get("symbol") or None,
            }
            for own in model.code_lists.values()
            for place, code in enumerate(own.codes, start=1)
        ]
    return []

"""How the text of a value is kept as a number.

In:   coded rows
Out:  expressions: how many digits stand behind the point, and whether a number cannot give the text back
"""

from __future__ import annotations

from ingest.expressions import ibis
from publish.rows import TRUE_CHARACTERS


def decimals_of(rows: ibis.Table) -> ibis.Value:
    """Count the digits behind the point, as published."""
    text = rows.value_text
    return ibis.ifelse(text.contains("."), text.length() - text.find(".") - 1, 0)


def cannot_be_printed(rows: ibis.Table) -> ibis.Value:
    """Say whether a value cannot be printed again from its number and its decimals."""
    text = rows.value_text
    return (text.length() > TRUE_CHARACTERS) | (text.startswith("-") & (rows.value == 0.0))

"""Cells of any kind become text.

In:   a value as a workbook, a JSON document or a Parquet file holds it
Out:  the text that stands in the staged table

Numbers are written as the shortest plain decimal that reads back the same: 301.0 is "301", 1e-07 is
"0.0000001", and 73.60000000000001 stays what the file holds. Dates and times are ISO 8601.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

# Beyond these exponents plain notation is longer than anybody reads; the number keeps its exponent.
PLAIN_DIGITS = 30


def text_of(value: object) -> str:
    """Write one cell as text. None is ''.

    >>> [text_of(value) for value in (301.0, 73.60000000000001, 1e-7, 1e22, True, None)]
    ['301', '73.60000000000001', '0.0000001', '10000000000000000000000', 'true', '']
    >>> text_of(datetime.datetime(2024, 3, 31, 0, 0)), text_of(datetime.timedelta(hours=26, minutes=5))
    ('2024-03-31T00:00:00', '26:05:00')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime.timedelta):
        return _duration_text(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def number_text(value: float) -> str:
    """Write a double as the shortest plain decimal that reads back the same."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not math.isfinite(value):
        return {math.inf: "INF", -math.inf: "-INF"}.get(value, "NaN")
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    exact = Decimal(text)
    return text if abs(exact.adjusted()) > PLAIN_DIGITS else format(exact, "f")


def _plain(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > PLAIN_DIGITS:
        return str(value)
    return format(value, "f")


def _duration_text(value: datetime.timedelta) -> str:
    """Write a length of time as a spreadsheet shows it: hours (also beyond 24), minutes, seconds."""
    microseconds = round(value / datetime.timedelta(microseconds=1))
    sign = "-" if microseconds < 0 else ""
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:06}" if rest else text

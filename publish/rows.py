"""How a row of observation_rows is read: its numbers are kept as digits and a scale.

In:   the name of a figure
Out:  SQL that gives it from a row

A value of 24.6 is kept as 246 by a scale of 10. A limit goes by the scale of its value; one for which that is not exact
is kept as a real number, as it is. A value with more digits than a number keeps is a real number by a scale of 1, and
its text stands beside it.
"""

from __future__ import annotations

# SQLite prints this many digits of a number truly; a value that is longer is kept as text as well.
TRUE_CHARACTERS = 15

# The columns that limits are kept in.
LIMITS = {"lower_limit": "lower_digits", "upper_limit": "upper_digits"}

_DECIMALS = {10.0**decimals: decimals for decimals in range(TRUE_CHARACTERS)}


def read(figure: str, row: str = "") -> str:
    """Give SQL for a figure of a row.

    figure   value, decimals (how many digits stand behind the point as published), or another column of numbers
    row      the name that the table goes by in the statement, where it has one
    """
    at = f"{row}." if row else ""
    if figure == "value":
        return f"({at}digits / {at}scale)"
    if figure == "decimals":
        return f"(length(CAST({at}scale AS INTEGER)) - 1)"
    if figure in LIMITS:
        kept = f"{at}{LIMITS[figure]}"
        return f"(CASE typeof({kept}) WHEN 'integer' THEN {kept} / {at}scale ELSE {kept} END)"
    return f"{at}{figure}"


def kept_in(figure: str, row: str = "") -> str:
    """Give the column that has no value where a row does not have a figure."""
    return f"{row}." * bool(row) + ({"value": "digits"} | LIMITS).get(figure, figure)


def print_value(value: float, scale: float) -> str:
    """Print a value with the digits it was published with."""
    return f"{value:.{_DECIMALS[scale]}f}"

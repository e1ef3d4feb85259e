"""Measures of the education department's interactive tool become observations.

In:   dfe-lait/bds_long_0.parquet: one row for each measure, year and place; all values are text
Out:  observation rows by dataset

A place is a three-digit number. Councils that became one for all services kept their number, so the number
is read as the council that had it on the last day of the period. The recipe dfe-lait reads the same files and
gives the same figures, but where two councils had a number within one school year it cannot choose.
"2016" is the year that ends in 2016, or a day in it; the definition says which. "-" is the tool's one mark
for everything that is missing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow.parquet as pq

from examples.make_england.definitions import Definition, load_definitions
from examples.make_england.ledger import Account, Ledger
from examples.make_england.observations import observation, period_text, shortest, year_ending
from examples.make_england.packages import Row
from examples.make_england.register import Register
from ingest.period import Period, read_period

FILE = "dfe-lait/bds_long_0.parquet"
MISSING = "-"
DAYS = {"31 March": "03-31", "30 September": "09-30"}
# Numbers for halves of London and for totals that are no longer made.
NO_AREA = frozenset({"987", "988", "1000"})

Cell = tuple[str, str]  # the place's number and the year as written


class YearUnknown(Exception):  # noqa: N818 - it names what was met
    """A label of a year that nobody has read yet."""


def read_tool(sources: Path, register: Register, ledger: Ledger) -> dict[str, list[Row]]:
    """Read the measures that the definitions name, by dataset."""
    table = pq.read_table(sources / FILE)
    measures: dict[str, dict[Cell, str]] = defaultdict(dict)
    for name, year, number, value in zip(
        *(table[column].to_pylist() for column in ("Short Desc", "Years", "LA Number", "Values")), strict=True
    ):
        measures[name][str(int(number)), year] = shortest(value)
    out: dict[str, list[Row]] = defaultdict(list)
    used: set[str] = set()
    for definition in load_definitions():
        made_from = definition.made_from
        if "ratio_of" in made_from:
            names = list(made_from["ratio_of"])
            rows = _read_ratio(definition, measures[names[0]], measures[names[1]], register, ledger)
        elif "lait" in made_from or "lait_by_code" in made_from:
            by_code: Mapping[str, str] = made_from.get("lait_by_code") or {"": made_from["lait"]}
            numerator = made_from.get("numerator", "")
            names = [*by_code.values(), *filter(None, [numerator])]
            rows = []
            for code, name in by_code.items():
                entries = _read_measure(definition, name, measures[name], register, ledger)
                for entry, cell in entries:
                    if code:
                        entry[made_from["dimension"]] = code
                    counted = measures[numerator].get(cell, MISSING) if numerator else MISSING
                    if counted != MISSING and entry["value"]:
                        entry["numerator"] = counted
                    rows.append(entry)
        else:
            continue
        used |= set(names)
        out[made_from["dataset"]] += rows
    _account_for_others(table.num_rows, measures, used, ledger)
    return out


def _account_for_others(
    read: int, measures: dict[str, dict[Cell, str]], used: set[str], ledger: Ledger
) -> None:
    counted = sum(len(measures[name]) for name in used)
    account = ledger.open(f"{FILE}, all measures", read)
    account.used = counted
    account.leave_out("a measure that the example does not take", read - counted)


def _period(definition: Definition, year: str) -> Period:
    """Read a year as the tool writes it: 2024, or 2023-24 (OT) for money."""
    style = definition.made_from["years"]
    if match := re.fullmatch(r"(\d{4}-\d{2})(?: \(OT\))?", year):
        return read_period(match[1], style)
    if not re.fullmatch(r"\d{4}", year):
        raise YearUnknown(f"{definition.indicator}: {year!r}")
    if style in DAYS:
        return read_period(f"{year}-{DAYS[style]}")
    return year_ending(int(year), style)


def _read_measure(
    definition: Definition, name: str, cells: dict[Cell, str], register: Register, ledger: Ledger
) -> list[tuple[Row, Cell]]:
    account = ledger.open(f"{FILE}: {name}", len(cells))
    out = []
    for cell, value in cells.items():
        period = _period(definition, cell[1])
        area = _place(register, cell, value, period, account)
        if area is None:
            continue
        account.used += 1
        text = period_text(period)
        if value != MISSING:
            status = definition.said_in_words(area, text)
        elif text in definition.made_from.get("not_held", ()):
            status = "not-applicable"
        else:
            status = "not-available"
        entry = observation(definition.indicator, area, period, value if value != MISSING else "", status)
        out.append((entry, cell))
    return out


def _place(register: Register, cell: Cell, value: str, period: Period, account: Account) -> str | None:
    """Find the area a number stood for when the period ended; say into the account why there is none.

    A council that ended within a school year can still have a figure for it.
    """
    number = cell[0]
    if number in NO_AREA:
        account.leave_out("half of London, or a total no longer made")
        return None
    area = register.find_numbered(number, period.end_on.isoformat())
    if area is None and value != MISSING:
        area = register.find_numbered(number, period.start_on.isoformat())
    if area is None:
        figure = "" if value == MISSING else ", and yet there is a figure"
        account.leave_out(f"the council did not exist in the period{figure}")
        return None
    return area.area


def _read_ratio(
    definition: Definition,
    tops: dict[Cell, str],
    bottoms: dict[Cell, str],
    register: Register,
    ledger: Ledger,
) -> list[Row]:
    """Divide one measure by another: money of the year that ends on the day the children are counted."""
    account = ledger.open(f"{FILE}: {' by '.join(definition.made_from['ratio_of'])}", len(tops))
    out = []
    for cell, top in tops.items():
        period = _period(definition, cell[1])
        area = _place(register, cell, top, period, account)
        if area is None:
            continue
        bottom = bottoms.get((cell[0], str(period.end_on.year)), MISSING)
        account.used += 1
        entry = observation(definition.indicator, area, period, "", "not-available")
        if MISSING not in {top, bottom} and Decimal(bottom) > 0:
            value = (Decimal(top) / Decimal(bottom)).quantize(Decimal(1), ROUND_HALF_UP)
            status = definition.said_in_words(area, period_text(period))
            entry = observation(definition.indicator, area, period, str(value), status)
            entry |= {"numerator": top, "denominator": bottom}
        out.append(entry)
    return out

"""The Office for Local Government's table of adult care becomes observations.

In:   oflog-adult-social-care/ASC_data.csv
Out:  observation rows of one dataset

An empty value is the table's one mark; whole years are missing for some measures and stay missing.
"""

from __future__ import annotations

from pathlib import Path

from examples.make_england.definitions import load_definitions
from examples.make_england.ledger import Ledger
from examples.make_england.observations import (
    came_later,
    leave_out_or,
    observation,
    read_period,
    shortest,
    why_not,
)
from examples.make_england.packages import Row
from examples.make_england.register import Register
from examples.make_england.sources import load_csv

FILE = "oflog-adult-social-care/ASC_data.csv"


def read_care(sources: Path, register: Register, ledger: Ledger) -> dict[str, list[Row]]:
    definitions = {d.made_from["oflog"]: d for d in load_definitions() if "oflog" in d.made_from}
    rows = load_csv(sources / FILE)
    account = ledger.open(FILE, len(rows))
    out: list[Row] = []
    for row in rows:
        definition = definitions.get(row["Code"])
        if definition is None:
            account.leave_out("a measure of three years, too few for the example")
            continue
        period = read_period(row["Financial year"], "financial-year")
        code = row["Local authority code"]
        if leave_out_or(account, why_not(register, code, period)):
            continue
        account.used += 1
        status = "not-available" if not row["Value"] else ""
        if not status and came_later(register, code, period):
            status = "definition-differs"
        out.append(observation(definition.indicator, code, period, shortest(row["Value"]), status))
    return {"oflog-adult-care": out}

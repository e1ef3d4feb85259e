"""The rows of the bundled example as its packages have them, for the tests that hold them to what is known."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from examples.make_england.sources import load_csv

ENGLAND = Path(__file__).resolve().parent.parent / "examples" / "england"
PACKAGES = sorted(path.parent for path in ENGLAND.glob("*/datapackage.json"))
MEGABYTE = 1_000_000
NATIONS = {"wales", "scotland", "northern-ireland"}
UPPER = {"unitary", "metropolitan-district", "london-borough", "county"}
LOWER = {"unitary", "metropolitan-district", "london-borough", "district"}
TIERS = {"upper-tier": UPPER, "lower-tier": LOWER, "every-council": UPPER | LOWER}

# The same ground under a new code since April 2025: figures of earlier years stand under the old one.
RECODED = {"E08000038": "E08000016", "E08000039": "E08000019"}

Row = dict[str, str]


@cache
def descriptors() -> dict[str, dict]:
    return {
        folder.name: json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        for folder in PACKAGES
    }


@cache
def rows(table: str) -> list[Row]:
    """All rows of a standard table, from every package; observations know their dataset."""
    out: list[Row] = []
    for name, descriptor in descriptors().items():
        for resource in descriptor["resources"]:
            if resource["table"] == table:
                extra = {"dataset": resource["dataset"]} if "dataset" in resource else {}
                out += [row | extra for row in load_csv(ENGLAND / name / resource["path"])]
    return out


def figures_of(indicator: str) -> list[Row]:
    return [row for row in rows("observations") if row["indicator"] == indicator]


def submitted() -> set[str]:
    """Indicators in use whose figures are in the packages: those that are worked out are made when published."""
    made = {row["indicator"] for row in rows("derivations")}
    return {row["indicator"] for row in rows("indicators") if row["status"] == "current"} - made


def current(types: set[str]) -> set[str]:
    return {row["area"] for row in rows("areas") if row["area_type"] in types and not row["end_on"]}

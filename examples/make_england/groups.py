"""The statistics office's and the education department's lists of similar areas become comparator groups.

In:   ons-areas-and-clusters/*-neighbours.csv and cluster-allocation.csv, dfe-lait/sn_*.xlsx, groups.yaml
Out:  rows of the tables groups, group_inputs, group_members, neighbours
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from examples.make_england.ledger import Ledger
from examples.make_england.packages import Row
from examples.make_england.register import COUNCILS, Register, notation
from examples.make_england.sources import load_csv, load_sheet

ONS = "office-for-national-statistics"
DFE = "department-for-education"
TEXTS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "groups.yaml").read_text(encoding="utf-8"))
NOT_CLUSTERED = "[x]"
# In the workbooks of statistical neighbours: the council's number, then pairs of a number and a closeness.
NUMBER, FIRST_NEIGHBOUR, NEIGHBOURS = 0, 5, 10


def group_rows(register: Register) -> list[Row]:
    similar = [
        {
            "group": entry["group"],
            "label": entry["label"],
            "method": "statistical-neighbours",
            "definition": f"{entry['definition']} {TEXTS['similar_note']}",
            "tier": "lower-tier",
            "owner": ONS,
            "source": "Clustering similar local authorities and statistical nearest neighbours in the UK",
        }
        for entry in TEXTS["similar"]
    ]
    clusters = [
        {
            "group": _cluster(entry["name"], mark),
            "label": f"{entry['label']} {mark}",
            "method": "cluster",
            "definition": f"{entry['definition']} {words}",
            "tier": "lower-tier",
            "owner": ONS,
            "source": "Clustering similar local authorities and statistical nearest neighbours in the UK",
        }
        for entry in TEXTS["clusters"]
        for mark, words in entry["marks"].items()
    ]
    statistical = [
        {
            "group": entry["group"],
            "label": entry["label"],
            "method": "statistical-neighbours",
            "definition": entry["definition"],
            "tier": "upper-tier",
            "owner": DFE,
            "source": "Local Authority Interactive Tool",
            "start_on": str(entry["start_on"]),
            "end_on": str(entry.get("end_on", "")),
        }
        for entry in TEXTS["statistical_neighbours"]
    ]
    regions = [
        {
            "group": _region(area.label),
            "label": f"Councils of {area.label}",
            "method": "region",
            "definition": f"All councils' areas in the region {area.label}, past and present.",
            "owner": ONS,
            "source": "Areas and their parents in this example",
        }
        for area in register.areas.values()
        if area.area_type == "region"
    ]
    worked_out = [
        {
            "group": entry["group"],
            "label": entry["label"],
            "method": "statistical-neighbours",
            "definition": entry["definition"],
            "tier": entry["tier"],
            "neighbour_count": str(entry["neighbour_count"]),
            "source": "Worked out from figures of this example",
        }
        for entry in TEXTS["open"]
    ]
    return similar + clusters + statistical + worked_out + regions


def input_rows() -> list[Row]:
    """Give what goes into the neighbours that are worked out when the example is published."""
    return [
        {
            "group": entry["group"],
            "indicator": one["indicator"],
            "period": one["period"],
            "weight": str(one["weight"]),
            "standardisation": "z-score",
        }
        for entry in TEXTS["open"]
        for one in entry["inputs"]
    ]


def _cluster(name: str, mark: str) -> str:
    return f"ons-cluster-{name}-{mark.lower()}"


def _region(label: str) -> str:
    return f"region-{notation(label)}"


def member_rows(sources: Path, parents: list[Row], register: Register, ledger: Ledger) -> list[Row]:
    """Read each area's cluster, and put each council's area into its region."""
    rows = load_csv(sources / "ons-areas-and-clusters" / "cluster-allocation.csv")
    columns = TEXTS["clusters"]
    account = ledger.open(
        "ons-areas-and-clusters/cluster-allocation.csv, allocations", len(rows) * len(columns)
    )
    out: list[Row] = []
    for row in rows:
        for entry in columns:
            mark = row[entry["column"]]
            if row["AREACD"] not in register.areas:
                account.leave_out("area of Scotland, Wales or Northern Ireland")
            elif mark == NOT_CLUSTERED:
                account.leave_out("not put into a cluster by the publisher")
            else:
                account.used += 1
                out.append({"group": _cluster(entry["name"], mark), "area": row["AREACD"]})
    above = {row["area"]: row["parent"] for row in parents if row["hierarchy"] == "administrative"}
    for area in register.areas.values():
        if area.area_type not in COUNCILS:
            continue
        region = above[area.area]
        while register.areas[region].area_type != "region":
            region = above[region]
        out.append(
            {
                "group": _region(register.areas[region].label),
                "area": area.area,
                "start_on": area.start_on,
                "end_on": area.end_on,
            }
        )
    return out


def neighbour_rows(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    out: list[Row] = []
    for entry in TEXTS["similar"]:
        out += _read_similar(sources, entry, register, ledger)
    for entry in TEXTS["statistical_neighbours"]:
        out += _read_statistical(sources, entry, register, ledger)
    return out


def _read_similar(sources: Path, entry: dict[str, Any], register: Register, ledger: Ledger) -> list[Row]:
    """Read twenty similar areas a row; the rank of a neighbour is the heading of its column."""
    rows = load_csv(sources / "ons-areas-and-clusters" / entry["file"])
    ranks = [heading for heading in rows[0] if heading != "AREACD"]
    account = ledger.open(f"ons-areas-and-clusters/{entry['file']}, neighbours", len(rows) * len(ranks))
    out: list[Row] = []
    for row in rows:
        for rank in ranks:
            if row["AREACD"] not in register.areas or row[rank] not in register.areas:
                account.leave_out("the area or its neighbour is in Scotland, Wales or Northern Ireland")
                continue
            account.used += 1
            out.append(
                {
                    "group": entry["group"],
                    "area": row["AREACD"],
                    "neighbour": row[rank],
                    "rank": rank,
                }
            )
    return out


def _read_statistical(sources: Path, entry: dict[str, Any], register: Register, ledger: Ledger) -> list[Row]:
    """Read ten neighbours a row by number; three rows of headings above, a table of former councils below."""
    sheet = load_sheet(sources / "dfe-lait" / entry["file"], 0)[3:]
    rows = [row for row in sheet if row[NUMBER]]
    account = ledger.open(f"dfe-lait/{entry['file']}, neighbours", len(rows) * NEIGHBOURS)
    day = str(entry["start_on"])
    out: list[Row] = []
    for row in rows:
        area = register.find_numbered(row[NUMBER], day)
        if area is None:
            account.leave_out(
                "a council that had ended, or had not begun, when the list came out", NEIGHBOURS
            )
            continue
        for rank in range(1, NEIGHBOURS + 1):
            place = FIRST_NEIGHBOUR + 2 * (rank - 1)
            neighbour = register.find_numbered(row[place], day)
            if neighbour is None:
                raise KeyError(f"{entry['file']}: no council numbered {row[place]} on {day}")
            account.used += 1
            out.append(
                {
                    "group": entry["group"],
                    "area": area.area,
                    "neighbour": neighbour.area,
                    "rank": str(rank),
                    "closeness": row[place + 1].capitalize(),
                }
            )
    return out

"""The statistics office's and the register's files become areas, their names, parents and changes.

In:   area-code-changes/, area-local-authorities/, area-lookups/, boundaries/, ons-areas-and-clusters/
Out:  a Register, and rows of the tables areas, area_names, area_identifiers, area_parents, area_changes

Areas are those of England: councils since January 2009, when today's codes began, counties, metropolitan
counties, combined authorities, regions, England, and the United Kingdom as its parent.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from examples.make_england.ledger import Ledger
from examples.make_england.packages import Row, rows_of
from examples.make_england.register import (
    AREA_TYPES,
    ENGLAND,
    UNITED_KINGDOM,
    Area,
    Change,
    Register,
    plain,
)
from examples.make_england.sources import load_csv, load_json

FACTS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "facts.yaml").read_text(encoding="utf-8"))

# What the statistics office writes where a code came from the recoding of 1 January 2009, or where only
# the name changed: not a legal order.
NOT_ORDERS = frozenset({"GSS re-coding strategy", "Name Change", "Name change"})


def read_areas(sources: Path, ledger: Ledger) -> Register:
    """Read every area, its dates and what followed it."""
    register = Register()
    hierarchy = load_json(sources / "ons-areas-and-clusters" / "geo-metadata.json")
    account = ledger.open("ons-areas-and-clusters/geo-metadata.json", len(hierarchy))
    labels: dict[str, str] = {}
    for code, entry in hierarchy.items():
        if code[:3] in AREA_TYPES:
            labels[code] = entry["areanm"]
            account.used += 1
        else:
            account.leave_out("area of Scotland, Wales or Northern Ireland")
    dates = _read_code_dates(sources, labels, ledger)
    for code in sorted(labels):
        start_on, end_on = dates.get(code, ("", ""))
        entry = hierarchy.get(code, {})
        note = ""
        if not start_on and "start" in entry:
            note = f"In the statistics office's list of areas since {entry['start']}."
        everyday = _everyday(code, labels[code])
        register.add(
            Area(
                code,
                labels[code],
                everyday if everyday != labels[code] else "",
                start_on,
                end_on,
                note,
            )
        )
    _read_changes(sources, register, ledger)
    _add_county_changes(register, _read_above(sources, register))
    return register


@dataclass(frozen=True, slots=True)
class _Above:
    """What lies above a council's area; '' where there is no such thing."""

    county: str
    metropolitan_county: str
    region: str


def _read_above(sources: Path, register: Register) -> dict[str, _Above]:
    """Read what lay above each council's area in 2014, and above those that came later or were before."""
    out: dict[str, _Above] = {}
    for row in load_csv(sources / "boundaries" / "ltla14-lookup.csv"):
        if row["ltlacd"].startswith("E"):
            out[row["ltlacd"]] = _Above(row["ctycd"], row["mctycd"], row["rgncd"])
            for wider in filter(None, (row["ctycd"], row["mctycd"], row["cauthcd"])):
                out[wider] = _Above("", "", row["rgncd"])
    _spread_above(register, out)
    for code, entry in load_json(sources / "ons-areas-and-clusters" / "geo-metadata.json").items():
        parents = {parent[:3]: parent for parent in entry["parents"]}
        if code.startswith("E") and "E12" in parents:
            county = parents.get("E10", "") if code.startswith("E07") else ""
            out.setdefault(code, _Above(county, "", parents["E12"]))
    _spread_above(register, out)
    return out


def _spread_above(register: Register, above: dict[str, _Above]) -> None:
    """Let an area that was recoded lie where it lay, and one that was merged lie in its heir's region.

    A district that was merged in 2009 lay in a county that none of the files has.
    """
    for change in (*register.changes, *reversed(register.changes)):
        same = change.change in {"recoded", "boundary-moved"}
        for old, new in ((change.from_area, change.to_area), (change.to_area, change.from_area)):
            if same and new in above:
                above.setdefault(old, above[new])
    for change in register.changes:
        if change.change == "merged" and change.to_area in above:
            above.setdefault(change.from_area, _Above("", "", above[change.to_area].region))


def _read_code_dates(sources: Path, labels: dict[str, str], ledger: Ledger) -> dict[str, tuple[str, str]]:
    """Read first and last day of each council's code; adds labels of codes met only here."""
    rows = load_csv(sources / "area-code-changes" / "all_lad_codes_dates.csv")
    account = ledger.open("area-code-changes/all_lad_codes_dates.csv", len(rows))
    starts: dict[str, list[str]] = defaultdict(list)
    ends: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        code = row["gss_code"]
        if code[:3] not in AREA_TYPES:
            account.leave_out("council of Scotland, Wales or Northern Ireland")
            continue
        account.used += 1
        if code not in labels or row["status"] == "live":
            labels.setdefault(code, row["gss_name"])
        starts[code].append(row["start_date"])
        # A code that stands twice, once ended and once live, changed its name only.
        ends[code].append(row["end_date"])
    return {code: (min(starts[code]), "" if "" in ends[code] else max(ends[code])) for code in starts}


def _everyday(code: str, label: str) -> str:
    """Give the name people use where the official one says the kind of place after a comma."""
    declared: str = FACTS["everyday_labels"].get(code, "")
    return declared or re.sub(r", (City|County) of$", "", label)


def _read_changes(sources: Path, register: Register, ledger: Ledger) -> None:
    rows = load_csv(sources / "area-code-changes" / "lad_code_changes.csv")
    account = ledger.open("area-code-changes/lad_code_changes.csv", len(rows))
    for row in rows:
        old, new = row["changed_from_code"], row["changed_to_code"]
        if old not in register.areas or new not in register.areas:
            account.leave_out("council of Wales")
            continue
        account.used += 1
        if old == new:
            change = "renamed"
            register.name(old, row["changed_from_name"])
        elif row["merge"] == "True":
            change = "merged"
        elif "Boundary Change" in row["desc"]:
            change = "boundary-moved"
        else:
            change = "recoded"
        order = "" if row["desc"] in NOT_ORDERS else row["desc"]
        register.changes.append(Change(old, new, row["date"], change, order))
    for entry in FACTS["recodings"]:
        day = entry["changed_on"].isoformat()
        _end(register, entry["from"], day)
        _start(register, entry["to"], day)
        register.changes.append(Change(entry["from"], entry["to"], day, "recoded", ""))
    for entry in FACTS["combined_authority_orders"]:
        day = entry["changed_on"].isoformat()
        for old in entry["from"]:
            for new in entry["to"]:
                _end(register, old, day)
                _start(register, new, day)
                register.changes.append(Change(old, new, day, entry["change"], entry["legal_order"]))


def _start(register: Register, area_code: str, day: str) -> None:
    area = register.areas[area_code]
    register.areas[area_code] = Area(area.area, area.label, area.everyday_label, day, area.end_on)


def _end(register: Register, area_code: str, day: str) -> None:
    register.amend(area_code, end_on=day_before(day))


def day_before(day: str) -> str:
    return (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()


def _add_county_changes(register: Register, above: dict[str, _Above]) -> None:
    """Say what followed each county that ended: what its districts became part of, on the same day.

    The code history holds districts only. A county whose single successor is made of its districts alone
    kept its ground and got a new code.
    """
    followed = {change.from_area: change for change in register.changes}
    for code in [code for code in register.areas if code.startswith("E10")]:
        districts = {district for district, entry in above.items() if entry.county == code}
        last = [followed[d] for d in districts if d in followed and followed[d].to_area.startswith("E06")]
        if not last:
            continue
        heirs = sorted({change.to_area for change in last})
        day = max(change.changed_on for change in last)
        order = next(change.legal_order for change in last if change.changed_on == day)
        origins = {change.from_area for change in register.changes if change.to_area == heirs[0]}
        _end(register, code, day)
        for heir in heirs:
            change = "recoded" if len(heirs) == 1 and origins <= districts else "split"
            register.changes.append(Change(code, heir, day, change, order))


def area_rows(register: Register) -> list[Row]:
    columns = ("area", "label", "everyday_label", "area_type", "start_on", "end_on", "note")
    return rows_of(register.areas.values(), *columns)


def change_rows(register: Register) -> list[Row]:
    return rows_of(register.changes, "from_area", "to_area", "changed_on", "change", "legal_order")


def read_names(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read other names of councils' areas, so that spreadsheets that hold names find their area.

    A name that differs from the label only in case and punctuation says nothing new.
    """
    codes = {
        row["local-authority-code"]: row["gss-code"]
        for row in load_csv(sources / "area-local-authorities" / "uk_local_authorities_current.csv")
    }
    rows = load_csv(sources / "area-local-authorities" / "lookup_name_to_registry.csv")
    account = ledger.open("area-local-authorities/lookup_name_to_registry.csv", len(rows))
    out: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: (row["la-name"].islower(), row["la-name"])):
        area = register.areas.get(codes.get(row["local-authority-code"], ""))
        if area is None:
            account.leave_out(
                "council of Scotland, Wales or Northern Ireland, or the Greater London Authority"
            )
            continue
        name = " ".join(row["la-name"].split())
        key = (area.area, plain(name))
        if key[1] in {plain(area.label), plain(area.everyday_label)} or key in out:
            account.leave_out("differs from another name only in case or punctuation")
            continue
        account.used += 1
        for code in _same_area(register, area.area):
            register.name(code, name)
            out[code, key[1]] = {"area": code, "name": name, "name_type": "alternative"}
    for code, name in FACTS["names"].items():
        register.name(code, name)
        out[code, plain(name)] = {"area": code, "name": name, "name_type": "alternative"}
    former = [
        {"area": c.from_area, "name": "Shepway", "name_type": "former"}
        for c in register.changes
        if c.change == "renamed"
    ]
    taken = {(row["area"], plain(row["name"])) for row in former}
    return [row for key, row in sorted(out.items()) if key not in taken] + former


def _same_area(register: Register, area_code: str) -> list[str]:
    """Give an area's code and those it had before or got later when its boundary moved or it was recoded."""
    codes = [area_code]
    for change in (*register.changes, *reversed(register.changes)):
        if change.change in {"recoded", "boundary-moved"} and change.from_area[:3] == change.to_area[:3]:
            if change.from_area in codes and change.to_area not in codes:
                codes.append(change.to_area)
            if change.to_area in codes and change.from_area not in codes:
                codes.append(change.from_area)
    return codes


def identifier_rows(sources: Path, register: Register) -> list[Row]:
    """Read what the statistics office called each area before 2011."""
    rows = load_csv(sources / "area-local-authorities" / "uk_local_authorities_current.csv")
    # The column holds other numbers for some councils; an old code is two digits and up to two letters.
    out = [{"area": code, "scheme": "gss", "identifier": code} for code in register.areas]
    for row in rows:
        code, old = row["gss-code"], row["old-ons-la-code"]
        if code in register.areas and re.fullmatch(r"\d\d[A-Z]{0,2}", old):
            out.append({"area": code, "scheme": "ons-old", "identifier": old})
    return out


def parent_rows(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Say which area lies inside which: district, county or metropolitan county, region, England, Kingdom."""
    above = _read_above(sources, register)
    parents: list[tuple[str, str, str]] = [(ENGLAND, UNITED_KINGDOM, "administrative")]
    for code in sorted(register.areas):
        if code.startswith("E12"):
            parents.append((code, ENGLAND, "administrative"))
        elif code not in {ENGLAND, UNITED_KINGDOM}:
            entry = above[code]
            parent = entry.county or entry.metropolitan_county or entry.region
            parents.append((code, parent, "administrative"))
    for authority, members in sorted(_read_combined_authorities(sources, register, ledger).items()):
        parents += [(member, authority, "combined-authority") for member in sorted(members)]
    return [_parent_row(register, *link) for link in parents]


def _read_combined_authorities(sources: Path, register: Register, ledger: Ledger) -> dict[str, set[str]]:
    """Read the members of each combined authority, those that have ended too."""
    combined: dict[str, set[str]] = defaultdict(set)
    chain = load_csv(sources / "boundaries" / "ltla14-lookup.csv")
    account = ledger.open("boundaries/ltla14-lookup.csv", len(chain))
    for row in chain:
        if row["ltlacd"] not in register.areas:
            account.leave_out("council of Scotland, Wales or Northern Ireland")
            continue
        account.used += 1
        if row["cauthcd"] == "E47000005":
            combined["E47000005"].add(row["ltlacd"])
    for code, entry in load_json(sources / "ons-areas-and-clusters" / "geo-metadata.json").items():
        if code.startswith("E47"):
            combined[code] |= set(entry["children"])
    changes = load_csv(sources / "boundaries" / "changes.csv")
    account = ledger.open("boundaries/changes.csv", len(changes))
    for row in changes:
        if row["newcd"] in {"E47000010", "E47000011"} and row["type"] == "new_geo":
            combined[row["newcd"]].add(row["oldcd"])
            account.used += 1
        else:
            account.leave_out("a change that the code history or the list of areas has too")
    return combined


def _parent_row(register: Register, area_code: str, parent_code: str, hierarchy: str) -> Row:
    area, parent = register.areas[area_code], register.areas[parent_code]
    return {
        "area": area_code,
        "parent": parent_code,
        "hierarchy": hierarchy,
        "start_on": max(area.start_on, parent.start_on),
        "end_on": min(filter(None, (area.end_on, parent.end_on)), default=""),
    }

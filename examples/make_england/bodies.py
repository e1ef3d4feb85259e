"""The register of councils becomes bodies, the areas they govern, and what followed them.

In:   area-local-authorities/uk_local_authorities_current.csv, dfe-lait/la_code_list.xlsx, facts.yaml
Out:  bodies in the Register, and rows of the tables bodies, body_areas, body_changes, body_identifiers

The register's own dates are not taken over: its first days are days of the register (Greater London
Authority, 2005-06-22), its last days are sometimes the successor's first. A council's dates are those of
its area, from the code history, where the law that made or ended it gave the area a code of its own.
"""

from __future__ import annotations

from pathlib import Path

from examples.make_england.areas import FACTS, day_before
from examples.make_england.ledger import Account, Ledger
from examples.make_england.packages import Row, rows_of
from examples.make_england.register import Body, Register, notation
from examples.make_england.sources import load_csv, load_sheet

BODY_TYPES = {
    "NMD": "district-council",
    "UA": "unitary-council",
    "MD": "metropolitan-borough-council",
    "MTD": "metropolitan-borough-council",
    "LBO": "london-borough-council",
    "CTY": "county-council",
    "CC": "sui-generis-council",
    "COMB": "combined-authority",
    "SRA": "other-body",
}
LONDON = "E12000007"
# Codes from the recoding of 2009 began on the first day; the councils are older.
RECODING = "2009-01-01"
# Most councils that became one for all services in 2009 are the county councils that went on.
CONTINUED = "2009-04-01"


def read_bodies(sources: Path, register: Register, ledger: Ledger) -> None:
    """Read every council, combined authority and publisher into the register of areas and bodies."""
    rows = load_csv(sources / "area-local-authorities" / "uk_local_authorities_current.csv")
    account = ledger.open("area-local-authorities/uk_local_authorities_current.csv", len(rows))
    for row in rows:
        if row["nation"] != "England":
            account.leave_out("council of Scotland, Wales or Northern Ireland")
            continue
        account.used += 1
        body = _council(row, register)
        register.bodies[body.body] = body
    for entry in FACTS["bodies"]:
        area = entry["area"]
        start = entry["start_on"].isoformat() if "start_on" in entry else ""
        register.bodies[entry["body"]] = Body(
            entry["body"],
            entry["label"],
            entry["body_type"],
            entry["everyday_label"],
            start,
            areas=((area, start, ""),),
        )
    for entry in FACTS["publishers"]:
        register.bodies[entry["body"]] = Body(
            entry["body"],
            entry["label"],
            entry["body_type"],
            entry.get("everyday_label", ""),
            end_on=entry["end_on"].isoformat() if "end_on" in entry else "",
            website=entry.get("website", ""),
            note=entry.get("note", ""),
        )


def _council(row: dict[str, str], register: Register) -> Body:
    label = " ".join(row["official-name"].split())
    code = row["local-authority-code"]
    kind = BODY_TYPES[row["local-authority-type"]]
    if row["gss-code"] == "E06000053":
        kind = "sui-generis-council"
    areas = [LONDON] if code == "GLA" else _areas_over_time(row["gss-code"], register)
    links = tuple(
        (area, _from(register, area), register.areas[area].end_on if area != LONDON else "") for area in areas
    )
    ended = FACTS["ended_bodies"].get(code)
    end_on = ended["end_on"].isoformat() if ended else links[-1][2]
    last = register.areas[areas[-1]]
    everyday = row["nice-name"] if code == "GLA" else last.everyday_label or last.label
    begun = links[0][1] if kind not in {"combined-authority", "other-body"} else ""
    return Body(
        notation(label),
        label,
        kind,
        everyday if everyday != label else "",
        begun if begun != CONTINUED else "",
        end_on,
        register_code=code,
        areas=links,
    )


def _from(register: Register, area_code: str) -> str:
    start = register.areas[area_code].start_on
    return "" if start == RECODING else start


def _areas_over_time(area_code: str, register: Register) -> list[str]:
    """Follow recodings both ways: the same council, its area under one code after another."""
    chain = [area_code]
    same = [c for c in register.changes if c.change in {"recoded", "boundary-moved"}]
    same = [c for c in same if c.from_area[:3] == c.to_area[:3]]
    if area_code == "E47000010":
        chain = ["E47000005", "E47000010"]
    for change in sorted(same, key=lambda c: c.changed_on):
        if change.from_area == chain[-1]:
            chain.append(change.to_area)
    for change in sorted(same, key=lambda c: c.changed_on, reverse=True):
        if change.to_area == chain[0]:
            chain.insert(0, change.from_area)
    return chain


def body_rows(register: Register) -> list[Row]:
    columns = ("body", "label", "everyday_label", "body_type", "start_on", "end_on", "website", "note")
    return rows_of(register.bodies.values(), *columns)


def body_area_rows(register: Register) -> list[Row]:
    return [
        {"body": body.body, "area": area, "start_on": start, "end_on": end}
        for body in register.bodies.values()
        for area, start, end in body.areas
    ]


def body_change_rows(register: Register) -> list[Row]:
    """Say which council followed which: those whose areas took on the ground on the same day."""
    out: dict[tuple[str, str], Row] = {}
    for change in register.changes:
        before = register.body_of(change.from_area, day_before(change.changed_on))
        after = register.body_of(change.to_area, change.changed_on)
        if before is None or after is None or before.body == after.body:
            continue
        if before.end_on != day_before(change.changed_on):
            continue  # gave up ground and went on
        out[before.body, after.body] = {
            "from_body": before.body,
            "to_body": after.body,
            "changed_on": change.changed_on,
            "legal_order": change.legal_order,
        }
    return list(out.values())


def identifier_rows(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read each council's codes: the register's, finance's, GOV.UK's and the education department's."""
    by_code = {body.register_code: body for body in register.bodies.values() if body.register_code}
    out: list[Row] = []
    for row in load_csv(sources / "area-local-authorities" / "uk_local_authorities_current.csv"):
        body = by_code.get(row["local-authority-code"])
        if body is None:
            continue
        for scheme, column in (
            ("local-authority-register", "local-authority-code"),
            ("e-code", "ecode"),
            ("gov-uk", "gov-uk-slug"),
        ):
            if row[column]:
                out.append({"body": body.body, "scheme": scheme, "identifier": row[column]})
    numbers = load_sheet(sources / "dfe-lait" / "la_code_list.xlsx", 0)[1:]
    account = ledger.open("dfe-lait/la_code_list.xlsx", len(numbers))
    for number, name, _region, kind in numbers:
        _number(register, number, name, kind, account, out)
    return out


# The tool's mark on the names of councils that ended in 2019.
_BEFORE_2019 = " (Pre LG)"


def _number(register: Register, number: str, name: str, kind: str, account: Account, out: list[Row]) -> None:
    if kind == "NA":
        if name == "England":
            register.number("E92000001", number)
        else:
            region = register.find_named(name, "2024-01-01", ["region"])
            if region is None:
                account.leave_out("half of London, or a total no longer made")
                return
            register.number(region.area, number)
        account.used += 1
        return
    days = (
        ("2019-01-01",)
        if name.endswith(_BEFORE_2019)
        else (
            "2025-06-01",
            "2024-01-01",
            "2022-01-01",
            "2019-01-01",
        )
    )
    name = name.removesuffix(_BEFORE_2019)
    types = {"county"} if kind == "SC" else {"unitary", "metropolitan-district", "london-borough"}
    bodies = set()
    for day in days:
        # A council that became one for all services kept its number: North Yorkshire, Somerset.
        for wanted in (types, {"unitary"}):
            area = register.find_named(name, day, wanted)
            if area is None:
                continue
            register.number(area.area, number)
            body = register.body_of(area.area, day)
            if body is not None:
                bodies.add(body.body)
    if not bodies:
        raise KeyError(f"no council for the number {number}, {name}")
    account.used += 1
    out += [{"body": body, "scheme": "dfe", "identifier": number} for body in sorted(bodies)]

"""Money, deprivation, homes and people: the smaller sources of figures about places.

In:   mhclg-revenue-outturn-2024-25/, imd/, london-housing-delivery-test-2023/, the register's population
Out:  observation rows by dataset, and rows of the table targets
"""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from examples.make_england.definitions import load_definitions
from examples.make_england.ledger import Ledger
from examples.make_england.observations import came_later, leave_out_or, observation, read_period, why_not
from examples.make_england.packages import Row
from examples.make_england.register import ENGLAND, LOWER_TIER, UPPER_TIER, Register
from examples.make_england.sources import load_csv, load_json, load_sheet

OUTTURN = "mhclg-revenue-outturn-2024-25/RSX_LA_Data_2024-25_data_by_LA.ods"
OUTTURN_SHEET = "RSX_LA_Data_202425"
OUTTURN_PERIOD = read_period("2024-25", "financial-year")
HEADINGS = 6  # row 7 of the sheet; the prose stands above
# Classes of bodies in the workbook that are not councils or England.
NOT_COUNCILS = frozenset({"O"})
DELIVERY_TEST = "london-housing-delivery-test-2023/boroughs.json"
DELIVERY_PERIOD = read_period("2020-04-01/P3Y")
POPULATION_DAY = read_period("2020-06-30")
MHCLG = "ministry-of-housing-communities-and-local-government"
CONSEQUENCES = {
    "None": "No consequence.",
    "Action plan": "The council must publish a plan of action.",
    "Buffer": "The council must set aside a fifth more land, and publish a plan of action.",
    "Presumption": "The presumption in favour of sustainable development applies.",
}


def read_population(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read the residents of each council's area; England is the sum of those that do not overlap."""
    rows = load_csv(sources / "area-local-authorities" / "uk_local_authorities_current.csv")
    account = ledger.open("area-local-authorities/uk_local_authorities_current.csv, population", len(rows))
    out: list[Row] = []
    total = 0
    for row in rows:
        area = register.areas.get(row["gss-code"])
        if area is None or not row["pop-2020"] or area.area_type == "combined-authority":
            account.leave_out("not an English council, or no number of residents")
            continue
        if leave_out_or(account, why_not(register, area.area, POPULATION_DAY)):
            continue
        account.used += 1
        people = row["pop-2020"].removesuffix(".0")
        status = "definition-differs" if came_later(register, area.area, POPULATION_DAY) else ""
        out.append(observation("resident-population", area.area, POPULATION_DAY, people, status))
        if row["current-authority"] == "True" and area.area_type in LOWER_TIER:
            total += int(people)
    out.append(observation("resident-population", ENGLAND, POPULATION_DAY, str(total)))
    return out


def read_spending(sources: Path, register: Register, people: list[Row], ledger: Ledger) -> list[Row]:
    """Read what each council spent on each service, per resident.

    A district has nothing to report for a service that its county runs, and the return then says 0: that is
    no spending of 0 but a service it does not run.
    """
    sheet = load_sheet(sources / OUTTURN, OUTTURN_SHEET)
    headings, rows = sheet[HEADINGS], sheet[HEADINGS + 1 :]
    residents = {row["area"]: row["value"] for row in people}
    services = {d.made_from["outturn"]: d for d in load_definitions() if "outturn" in d.made_from}
    columns = {
        headings.index(f"{service} - Net Current Expenditure (C7 = C3 - C6)"): definition
        for service, definition in services.items()
    }
    account = ledger.open(f"{OUTTURN}, cells of the services taken", len(rows) * len(columns))
    out: list[Row] = []
    for row in rows:
        code, kind, certified = row[1], row[4], row[6]
        if code not in register.areas or kind in NOT_COUNCILS:
            account.leave_out("a total, a heading, or a body that is not a council", len(columns))
            continue
        current = _code_of_residents(register, code, residents)
        for column, definition in columns.items():
            account.used += 1
            cell = row[column]
            entry = observation(definition.indicator, code, OUTTURN_PERIOD, "")
            if cell == "[x]":
                entry["status"] = "not-available"
            elif cell == "0" and not _runs(register, code, definition.rows[0]["tier"]):
                entry["status"] = "not-provided"
            else:
                pounds = Decimal(cell) * 1000
                value = (pounds / Decimal(residents[current])).quantize(Decimal("0.01"), ROUND_HALF_UP)
                entry |= {
                    "value": str(value),
                    "numerator": f"{pounds.normalize():f}",
                    "denominator": residents[current],
                }
                if kind == "Eng":
                    entry["status"] = "estimated"
                elif certified == "N":
                    entry["status"] = "provisional"
            out.append(entry)
    return out


def _runs(register: Register, area_code: str, tier: str) -> bool:
    tiers = {"upper-tier": UPPER_TIER, "lower-tier": LOWER_TIER}
    return register.areas[area_code].area_type in tiers.get(tier, UPPER_TIER | LOWER_TIER)


def _code_of_residents(register: Register, area_code: str, residents: dict[str, str]) -> str:
    """Find the code under which residents are counted: the area's, or the one before it was recoded."""
    if area_code in residents:
        return area_code
    return next(c.from_area for c in register.changes if c.to_area == area_code and c.from_area in residents)


def read_deprivation(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Count neighbourhoods in the most deprived tenth in 2015 and 2019; take the published share of 2025."""
    out = _count_deciles(sources, "imd2015_england_lsoa11.csv.gz", "lad13_code", "IMD_decile", "2015", ledger)
    out += _count_deciles(
        sources,
        "File_1_-_IMD2019_Index_of_Multiple_Deprivation.csv.gz",
        "Local Authority District code (2019)",
        "Index of Multiple Deprivation (IMD) Decile",
        "2019",
        ledger,
    )
    rows = load_csv(sources / "imd" / "imd2025_england_ltla24.csv")
    account = ledger.open("imd/imd2025_england_ltla24.csv", len(rows))
    period = read_period("2025")
    share = "imd_proportion_of_lso_as_in_most_deprived_10_percent_nationally"
    for row in rows:
        value = f"{(Decimal(row[share]) * 100).normalize():f}"
        account.used += 1
        out.append(observation("most-deprived-neighbourhoods", row["ltla24_code"], period, value))
    for row in out:
        if why_not(register, row["area"], read_period(row["period"])):
            raise KeyError(f"no area {row['area']} in {row['period']}")
    return out


def _count_deciles(sources: Path, file: str, area: str, decile: str, year: str, ledger: Ledger) -> list[Row]:
    rows = load_csv(sources / "imd" / file)
    account = ledger.open(f"imd/{file}", len(rows))
    account.used = len(rows)
    of_all = Counter(row[area] for row in rows)
    of_tenth = Counter(row[area] for row in rows if row[decile].removesuffix(".0") == "1")
    out = []
    for code, count in sorted(of_all.items()):
        value = (Decimal(100 * of_tenth[code]) / count).quantize(Decimal("0.01"), ROUND_HALF_UP)
        entry = observation("most-deprived-neighbourhoods", code, read_period(year), str(value))
        out.append(entry | {"numerator": str(of_tenth[code]), "denominator": str(count)})
    return out


def read_delivery(sources: Path, register: Register, ledger: Ledger) -> tuple[list[Row], list[Row]]:
    """Read homes required and delivered. Returns observations and targets.

    The file's counts of stalled building sites are another's work and are left alone.
    """
    boroughs = load_json(sources / DELIVERY_TEST)
    account = ledger.open(DELIVERY_TEST, len(boroughs))
    figures: list[Row] = []
    targets: list[Row] = []
    for name, entry in boroughs.items():
        area = register.find_named(name, "2023-03-31", {"london-borough"})
        if area is None:
            raise KeyError(f"no borough {name}")
        account.used += 1
        required, delivered = str(entry["homes_required_2020_23"]), str(entry["homes_delivered_2020_23"])
        figures.append(observation("homes-delivered", area.area, DELIVERY_PERIOD, delivered))
        figures.append(
            observation("housing-delivery-test", area.area, DELIVERY_PERIOD, str(entry["hdt_2023_pct"]))
            | {
                "numerator": delivered,
                "denominator": required,
                "note": CONSEQUENCES[entry["hdt_consequence"]],
            }
        )
        body = register.body_of(area.area, "2023-03-31")
        targets.append(
            {
                "target": f"homes-required-2020-23-{area.area.lower()}",
                "indicator": "homes-delivered",
                "area": area.area,
                "body": body.body if body else "",
                "period": "2020-04-01/P3Y",
                "kind": "ambition",
                "test": "at-least",
                "basis": "absolute",
                "value": required,
                "unit": "homes",
                "owner": MHCLG,
                "source": "Housing Delivery Test, 2023 measurement",
            }
        )
    return figures, targets + [_threshold(*rule) for rule in THRESHOLDS]


# Below each share of the homes required something follows: the one to keep, and the one to fall below at no time.
THRESHOLDS = (
    (
        "standard",
        "95",
        "Below it the council must publish a plan of action; below 85 set aside a fifth more land.",
    ),
    ("floor", "75", "Below it the presumption in favour of sustainable development applies."),
)


def _threshold(kind: str, value: str, reason: str) -> Row:
    return {
        "target": f"housing-delivery-test-2020-23-{kind}-{value}",
        "indicator": "housing-delivery-test",
        "period": "2020-04-01/P3Y",
        "kind": kind,
        "test": "at-least",
        "basis": "absolute",
        "value": value,
        "unit": "percent",
        "owner": MHCLG,
        "reason": reason,
        "source": "National Planning Policy Framework",
    }

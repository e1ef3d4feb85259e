"""The neighbourhoods of the statistics office, their place in the order of deprivation, and Harrow's shapes.

In:   imd/: the orders of 2010, 2015, 2019 and 2025; area-lookups/: neighbourhoods of 2001, 2011 and 2021;
      boundaries/: the shapes of Harrow's neighbourhoods of 2011
Out:  rows of areas, area_names, area_parents, area_changes, boundaries and observations

Neighbourhoods are drawn anew after each census. A set counts from the day of its census to the day before the
next; one that was not changed keeps its code and has no dates. Three sets are never mixed: which one a figure is
for follows from the year of the order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from examples.make_england.areas import day_before
from examples.make_england.boundaries import Shape, read_lines, simple_rows
from examples.make_england.definitions import load_definitions
from examples.make_england.ledger import Ledger
from examples.make_england.observations import observation, read_period
from examples.make_england.packages import Row
from examples.make_england.register import Register
from examples.make_england.sources import load_csv, load_json

AREA_TYPE = "lsoa"
RANK = "deprivation-rank"

# The day of each census after which neighbourhoods were drawn.
CENSUS = {2001: "2001-04-29", 2011: "2011-03-27", 2021: "2021-03-21"}
CHANGES = {"S": "split", "M": "merged", "X": "boundary-moved"}
HARROW = "E09000015"


@dataclass(frozen=True, slots=True)
class Order:
    """One edition of the indices: its year, file, columns, and the census its neighbourhoods are from."""

    year: str
    file: str
    code: str
    rank: str
    census: int


ORDERS = (
    Order("2010", "imd2010_england_lsoa01.csv.gz", "lsoa01_code", "IMD_rank", 2001),
    Order("2015", "imd2015_england_lsoa11.csv.gz", "lsoa11_code", "IMD_rank", 2011),
    Order(
        "2019",
        "File_1_-_IMD2019_Index_of_Multiple_Deprivation.csv.gz",
        "LSOA code (2011)",
        "Index of Multiple Deprivation (IMD) Rank",
        2011,
    ),
    Order("2025", "imd2025_england_lsoa21.csv.gz", "lsoa21_code", "IMD_rank", 2021),
)


@dataclass
class Neighbourhoods:
    """Neighbourhoods by code: their names and the council they lie in, and what followed what."""

    names: dict[int, dict[str, str]] = field(default_factory=lambda: {year: {} for year in CENSUS})
    council: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, str, int, str]] = field(default_factory=list)

    def last_name(self, code: str) -> str:
        return next(self.names[year][code] for year in reversed(CENSUS) if code in self.names[year])

    def dates(self, code: str) -> tuple[str, str]:
        """Give first and last day of a neighbourhood, '' where it was and is there in every set."""
        years = [year for year in CENSUS if code in self.names[year]]
        start = CENSUS[years[0]] if years[0] != min(CENSUS) else ""
        later = [year for year in CENSUS if year > years[-1]]
        return start, day_before(CENSUS[later[0]]) if later else ""


def read_neighbourhoods(
    sources: Path, register: Register, councils: Collection[str], ledger: Ledger
) -> dict[str, list[Row]]:
    """Read the neighbourhoods inside some councils' areas and their place in each order of deprivation."""
    found = _read_sets(sources, register, councils, ledger)
    figures = _read_orders(sources, found, ledger)
    return {
        "areas": _area_rows(found),
        "area_names": _former_names(found),
        "area_parents": _parent_rows(found, register),
        "area_changes": [
            {"from_area": old, "to_area": new, "changed_on": CENSUS[year], "change": change}
            for old, new, year, change in found.changes
        ],
        "boundaries": _shapes(sources, ledger),
        "observations": figures,
    }


def _read_sets(
    sources: Path, register: Register, councils: Collection[str], ledger: Ledger
) -> Neighbourhoods:
    found = Neighbourhoods()
    later = {row["ltla22_code"]: row["ltla23_code"] for row in _rows(sources, "lookup_ltla22_ltla23.csv")}
    rows = _rows(sources, "lookup_lsoa11_lsoa21_ltla22.csv.gz")
    account = ledger.open("area-lookups/lookup_lsoa11_lsoa21_ltla22.csv.gz", len(rows))
    for row in rows:
        council = _today(register, later.get(row["ltla22_code"], row["ltla22_code"]))
        if council not in councils:
            account.leave_out("neighbourhood elsewhere")
            continue
        account.used += 1
        _note(found, row, (2011, "lsoa11"), (2021, "lsoa21"), council)
    rows = _rows(sources, "lookup_lsoa01_lsoa11.csv.gz")
    account = ledger.open("area-lookups/lookup_lsoa01_lsoa11.csv.gz", len(rows))
    for row in rows:
        council = found.council.get(row["lsoa11_code"], "")
        if not council:
            account.leave_out("neighbourhood elsewhere")
            continue
        account.used += 1
        _note(found, row, (2001, "lsoa01"), (2011, "lsoa11"), council)
    return found


def _rows(sources: Path, file: str) -> list[Row]:
    return load_csv(sources / "area-lookups" / file)


def _today(register: Register, council: str) -> str:
    """Give the code that a council's area has today, where only the code changed since."""
    recoded = {
        change.from_area: change.to_area
        for change in register.changes
        if change.change in {"recoded", "boundary-moved", "merged"}
    }
    while council in recoded and council != recoded[council]:
        council = recoded[council]
    return council


def _note(
    found: Neighbourhoods, row: Row, before: tuple[int, str], after: tuple[int, str], council: str
) -> None:
    codes = []
    for year, column in (before, after):
        code = row[f"{column}_code"]
        codes.append(code)
        found.names[year].setdefault(code, row[f"{column}_name"])
        found.council.setdefault(code, council)
    if codes[0] != codes[1]:
        found.changes.append((codes[0], codes[1], after[0], CHANGES[row["change_code"]]))


def _area_rows(found: Neighbourhoods) -> list[Row]:
    rows = []
    for code in sorted(found.council):
        start_on, end_on = found.dates(code)
        rows.append(
            {
                "area": code,
                "label": found.last_name(code),
                "area_type": AREA_TYPE,
                "start_on": start_on,
                "end_on": end_on,
            }
        )
    return rows


def _former_names(found: Neighbourhoods) -> list[Row]:
    pairs = {
        (code, name)
        for names in found.names.values()
        for code, name in names.items()
        if name != found.last_name(code)
    }
    return [{"area": code, "name": name, "name_type": "former"} for code, name in sorted(pairs)]


def _parent_rows(found: Neighbourhoods, register: Register) -> list[Row]:
    rows = []
    for code, council in sorted(found.council.items()):
        start_on, end_on = found.dates(code)
        parent = register.areas[council]
        # One that ended before the council began lies where the council is now, and never lay in it.
        starts = "" if end_on and end_on < parent.start_on else max(start_on, parent.start_on)
        rows.append(
            {
                "area": code,
                "parent": council,
                "hierarchy": "statistical",
                "start_on": starts,
                "end_on": end_on,
            }
        )
    return rows


def _read_orders(sources: Path, found: Neighbourhoods, ledger: Ledger) -> list[Row]:
    """Read the place of each neighbourhood; how many have one in England is the highest its definition allows."""
    places = {row["valid_from"]: row["highest"] for row in _versions()}
    out = []
    for order in ORDERS:
        rows = load_csv(sources / "imd" / order.file)
        account = ledger.open(f"imd/{order.file}, places of neighbourhoods", len(rows))
        period = read_period(order.year)
        if places[period.start_on.isoformat()] != str(len(rows)):
            raise ValueError(f"{order.file}: {len(rows)} places, and the definition says otherwise")
        for row in rows:
            code = row[order.code]
            if code not in found.names[order.census]:
                account.leave_out("neighbourhood elsewhere")
                continue
            account.used += 1
            out.append(observation(RANK, code, period, str(int(float(row[order.rank].replace(",", ""))))))
    return out


def _versions() -> tuple[Row, ...]:
    (definition,) = [one for one in load_definitions() if one.indicator == RANK]
    return definition.rows


def _shapes(sources: Path, ledger: Ledger) -> list[Row]:
    """Read the shapes of Harrow's neighbourhoods, lines kept once so that neighbours still fit."""
    topology = load_json(sources / "boundaries" / f"statistical__eng__lsoa_by_lad__topo_{HARROW}.json")
    geometries = topology["objects"][HARROW]["geometries"]
    account = ledger.open(f"boundaries/statistical__eng__lsoa_by_lad__topo_{HARROW}.json", len(geometries))
    shapes = []
    for geometry in geometries:
        arcs = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        polygons = tuple(tuple(tuple(ring) for ring in polygon) for polygon in arcs)
        shapes.append(Shape(geometry["properties"]["LSOA11CD"], polygons))
        account.used += 1
    shapes.sort(key=lambda shape: shape.area)
    return simple_rows(shapes, read_lines(topology), CENSUS[2011])


# The resource of each table and its title. Its name is not the table's, for the areas are not all in this package.
TABLES: Mapping[str, tuple[str, str]] = {
    "areas": ("neighbourhoods", "Neighbourhoods"),
    "area_names": ("names", "Earlier names of neighbourhoods"),
    "area_parents": ("parents", "Councils of neighbourhoods"),
    "area_changes": ("changes", "Changes of neighbourhoods"),
    "boundaries": ("shapes", "Simplified shapes of Harrow's neighbourhoods"),
}

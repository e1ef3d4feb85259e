"""A realistic package of any size, the same bytes for the same size on any machine.

Out:  a folder with datapackage.json, observations.csv and the tables the observations refer to

The shape follows real local statistics: 400 thousand rows are 330 councils, 60 indicators and 20 years; the larger
sizes are 33,755 small areas over 10 years. One row in 33 has no value and a status that says why, half the
indicators have limits, one figure in twenty carries a note.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

SEED = 20051


@dataclass(frozen=True, slots=True)
class Size:
    """How many areas, indicators and years a generated package has."""

    name: str
    areas: int
    indicators: int
    years: int

    @property
    def rows(self) -> int:
        return self.areas * self.indicators * self.years


SIZES = {
    size.name: size
    for size in (
        Size("small", 40, 5, 4),
        Size("400k", 330, 60, 20),
        Size("1m", 33_755, 3, 10),
        Size("5m", 33_755, 15, 10),
        Size("20m", 33_755, 60, 10),
    )
}

OBSERVATIONS = (
    "dataset",
    "indicator",
    "area",
    "period",
    "value",
    "status",
    "lower_limit",
    "upper_limit",
    "note",
)


def write_package(folder: Path, size: Size) -> Path:
    """Write the package of a size into a folder, unless it is there already, and return the folder."""
    done = folder / "datapackage.json"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    areas = [_area_code(place, size) for place in range(size.areas)]
    indicators = [f"indicator-{place + 1:03d}" for place in range(size.indicators)]
    _write_reference(folder, size, areas, indicators)
    _write_observations(folder / "observations.csv", size, areas, indicators)
    tables = ["bodies", "code_lists", "codes", "areas", "datasets", "indicators", "observations"]
    descriptor = {
        "name": f"generated-{size.name}",
        "version": "1.0.0",
        "title": f"Generated figures, {size.rows:,} rows",
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "resources": [
            {"name": table, "table": table, "path": f"{table}.csv", "encoding": "utf-8"} for table in tables
        ],
    }
    done.write_text(json.dumps(descriptor, indent=1) + "\n", encoding="utf-8")
    return folder


def _area_code(place: int, size: Size) -> str:
    return f"E09{place + 1:06d}" if size.areas < 1000 else f"E01{place + 1:06d}"


def _write_table(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_reference(folder: Path, size: Size, areas: list[str], indicators: list[str]) -> None:
    publisher = {"body": "generator", "label": "Generator", "body_type": "other-body"}
    _write_table(folder / "bodies.csv", [publisher])
    theme = {"code_list": "theme", "label": "Themes", "definition": "What indicators are about."}
    _write_table(folder / "code_lists.csv", [theme])
    _write_table(
        folder / "codes.csv",
        [
            {
                "code_list": "theme",
                "code": "generated",
                "label": "Generated",
                "definition": "Made for measuring.",
            }
        ],
    )
    area_type = "london-borough" if size.areas < 1000 else "lsoa"
    _write_table(
        folder / "areas.csv",
        [{"area": code, "label": f"Area {code}", "area_type": area_type} for code in areas],
    )
    licence = "https://creativecommons.org/publicdomain/zero/1.0/"
    _write_table(
        folder / "datasets.csv",
        [
            {
                "dataset": "generated",
                "title": "Generated figures",
                "description": "Figures made for measuring; they say nothing about any place.",
                "publisher": "generator",
                "licence": licence,
                "attribution": "Generated.",
            }
        ],
    )
    _write_table(
        folder / "indicators.csv",
        [
            {
                "indicator": notation,
                "version": "1.0.0",
                "label": f"Share of things counted, {place}",
                "question": f"What share of things number {place} was counted?",
                "definition": "Things counted, divided by all things.",
                "numerator": "things counted",
                "denominator": "all things",
                "unit": "percent",
                "multiplier": 100,
                "decimals": 1,
                "lowest": 0,
                "highest": 100,
                "polarity": ("higher", "lower", "neither")[place % 3],
                "evidence": "performance",
                "themes": "generated",
                "frequency": "annual",
                "period_kind": "calendar-year",
                "tier": "every-council",
                "source": "Made by benchmarks/generator.py.",
                "owner": "generator",
                "licence": licence,
                "status": "current",
                "valid_from": "2000-01-01",
            }
            for place, notation in enumerate(indicators)
        ],
    )


def _write_observations(path: Path, size: Size, areas: list[str], indicators: list[str]) -> None:
    """Write the rows in the order indicator, year, area, one indicator at a time, so memory stays small."""
    random = np.random.default_rng(SEED)
    years = [str(2005 + place) for place in range(size.years)]
    area_column = pa.array(areas * size.years)
    year_column = pa.array(np.repeat(years, size.areas))
    count = size.areas * size.years
    schema = pa.schema([(name, pa.string()) for name in OBSERVATIONS])
    options = pacsv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file, pacsv.CSVWriter(file, schema, write_options=options) as writer:
        file.write((",".join(OBSERVATIONS) + "\n").encode())
        for place, notation in enumerate(indicators):
            level = random.normal(50, 12, size.areas)
            drift = np.repeat(np.linspace(0, random.normal(0, 6), size.years), size.areas)
            tenths = np.clip(np.tile(level, size.years) + drift + random.normal(0, 2, count), 0.5, 99.5) * 10
            tenths = tenths.astype(np.int64)
            width = random.integers(2, 40, count)
            missing = random.random(count) < 0.03
            status = np.where(missing, random.choice(["suppressed", "not-available"], count), None)
            status = np.where(~missing & (random.random(count) < 0.05), "provisional", status)
            has_limits = (place % 2 == 0) & ~missing
            has_note = random.random(count) < 0.05
            columns = {
                "dataset": pa.repeat("generated", count),
                "indicator": pa.repeat(notation, count),
                "area": area_column,
                "period": year_column,
                "value": _tenths(tenths, ~missing),
                "status": pa.array(status, pa.string()),
                "lower_limit": _tenths(np.maximum(tenths - width, 0), has_limits),
                "upper_limit": _tenths(np.minimum(tenths + width, 1000), has_limits),
                "note": pa.array(
                    np.where(has_note, "Counted on the last day of the year.", None), pa.string()
                ),
            }
            writer.write_table(pa.table(columns, schema=schema))


def _tenths(values: np.ndarray, there: np.ndarray) -> pa.Array:
    """Write whole tenths as decimal text, empty where there is no value."""
    whole = pc.cast(pa.array(values // 10), pa.string())
    tenth = pc.cast(pa.array(values % 10), pa.string())
    text = pc.binary_join_element_wise(whole, tenth, ".")
    return pc.if_else(pa.array(there), text, None)

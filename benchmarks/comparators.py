"""A million figures of councils become comparators: the stage alone, from coded rows to the table.

330 councils in nine regions and one nation, a hundred and fifty indicators and twenty years; every council lies in
three of twelve clusters; half the indicators have numerators and denominators, one figure in fifty is missing.
"""

from __future__ import annotations

import resource
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

COUNCILS, REGIONS, INDICATORS, YEARS = 330, 9, 150, 20
_TYPES = ("unitary", "metropolitan-district", "london-borough")


def describe(rows: int = COUNCILS * INDICATORS * YEARS) -> dict[str, Any]:
    """Work out the comparators of `rows` figures and tell the CPU seconds that the stage alone took."""
    from compare import council_figures
    from ingest.engine import Engine
    from publish.comparators import describe_comparators
    from publish.contents import TEXTS_OF_FIGURES, coded_tables
    from publish.observations import code_observations
    from schemas import load_model

    engine = Engine()
    small = _small_tables()
    observations = code_observations(engine, engine.load("generated", _figures(rows)))
    tables = {
        name: engine.load(f"given_{name}", pa.Table.from_pylist(small[name], _FORMS[name]))
        for name in ("areas", "indicators", "area_changes")
    }
    texts = {
        name: [{key: _text(cell) for key, cell in row.items()} for row in listed]
        for name, listed in small.items()
    }
    began = _cpu()
    coded = coded_tables(engine, observations, tables)
    figures = engine.keep("council_figures", council_figures(coded, TEXTS_OF_FIGURES))
    found = describe_comparators(engine, observations, coded, figures, texts, load_model())
    return {"figures": observations.count, "rows": found.num_rows, "cpu": _cpu() - began}


_FORMS = {
    "areas": pa.schema(
        [("area", "string"), ("area_type", "string"), ("start_on", pa.date32()), ("end_on", pa.date32())]
    ),
    "indicators": pa.schema([("indicator", "string"), ("version", "string"), ("tier", "string")]),
    "area_changes": pa.schema([("from_area", "string"), ("to_area", "string")]),
}


def _small_tables() -> dict[str, list[dict[str, Any]]]:
    lives: dict[str, date | None] = {"start_on": None, "end_on": None}
    councils = [f"E{place:08}" for place in range(COUNCILS)]
    regions = [f"R{place:08}" for place in range(REGIONS)]
    up = {"hierarchy": "administrative", **lives}
    return {
        "areas": [
            *({"area": area, "area_type": _TYPES[at % 3], **lives} for at, area in enumerate(councils)),
            *({"area": area, "area_type": "region", **lives} for area in regions),
            {"area": "N00000000", "area_type": "country", **lives},
        ],
        "area_changes": [],
        "area_parents": [
            *({"area": area, "parent": regions[at % REGIONS], **up} for at, area in enumerate(councils)),
            *({"area": area, "parent": "N00000000", **up} for area in regions),
        ],
        "group_members": [
            {"group": f"cluster-{kind}-{at // (kind + 1) % 4}", "area": area, **lives}
            for kind in range(3)
            for at, area in enumerate(councils)
        ],
        "indicators": [
            {
                "indicator": f"indicator-{number:03}",
                "version": "1.0.0",
                "tier": "upper-tier",
                "unit": "percent",
                "multiplier": "100",
                "highest": "100",
            }
            for number in range(INDICATORS)
        ],
    }


def _figures(rows: int) -> pa.Table:
    """Make figures of councils, and of each region and the nation beside them, the same on any machine."""
    draw = np.random.default_rng(20051)
    areas = [*(f"E{at:08}" for at in range(COUNCILS)), *(f"R{at:08}" for at in range(REGIONS)), "N00000000"]
    count = rows // COUNCILS * len(areas)
    cell, area = np.divmod(np.arange(count), len(areas))
    year, indicator = np.divmod(cell, INDICATORS)
    below = draw.integers(200, 90_000, count)
    above = (below * draw.uniform(0.2, 0.8, count)).astype(np.int64)
    is_missing = draw.random(count) < 0.02
    has_parts = (indicator % 2 == 0) & ~is_missing
    tenths = np.floor(above * 1000 / below + 0.5).astype(np.int64)
    values = pa.array([f"{whole}.{tenth}" for whole, tenth in zip(*np.divmod(tenths, 10), strict=True)])
    nothing = pa.nulls(count, pa.string())

    def kept(column: Any, mask: Any) -> pa.Array:
        return pa.array(column, pa.string(), mask=~mask)

    return pa.table(
        {
            "dataset": pa.array(["generated"] * count),
            "indicator": pa.array([f"indicator-{number:03}" for number in indicator]),
            "version": pa.array(["1.0.0"] * count),
            "area": pa.array([areas[at] for at in area]),
            "period": pa.array([f"{2000 + at}-01-01_P1Y" for at in year]),
            "breakdown": pa.array([""] * count),
            "value_text": kept(values.to_pylist(), ~is_missing),
            "value": pa.array(tenths / 10, mask=is_missing),
            "status": pa.array(np.where(is_missing, "not-available", "normal")),
            "lower_limit": nothing,
            "upper_limit": nothing,
            "numerator": kept([str(one) for one in above], has_parts),
            "denominator": kept([str(one) for one in below], has_parts),
            "sample_size": pa.nulls(count, pa.int64()),
            "note": nothing,
            "_source": pa.array(np.ones(count, np.int32)),
            "_row": pa.array(np.arange(count)),
        }
    )


def _text(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

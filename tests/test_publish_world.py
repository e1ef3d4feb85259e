"""The small world that the tests of publish share: it can be checked by hand.

Four areas: Aldham ended in 2023 and Newshire followed it; England is the country. Two indicators, one in two
versions; two datasets, one broken down by sex; a suppressed figure; one rating scale with one judgement.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.engine import Engine
from ingest.harmonise import Tables
from publish.build import Making, prepare, write_edition
from publish.contents import Contents, Heading, gather_contents
from schemas import load_model

DAY = date(2026, 1, 2)

BASE = "https://data.example.org/"

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

# Every table as harmonise hands it on: typed columns, the source's number and the row in it.
TABLES: dict[str, list[dict[str, Any]]] = {
    "bodies": [
        {"body": "brookborough-council", "label": "Brookborough Council", "body_type": "unitary-council"},
        {"body": "statistics-office", "label": "Statistics Office", "body_type": "statistics-office"},
    ],
    "areas": [
        {
            "area": "E06000001",
            "label": "Aldham",
            "area_type": "unitary",
            "start_on": date(2009, 4, 1),
            "end_on": date(2023, 3, 31),
        },
        {"area": "E06000002", "label": "Brookborough", "area_type": "unitary", "everyday_label": "Brook"},
        {"area": "E06000003", "label": "Newshire", "area_type": "unitary", "start_on": date(2023, 4, 1)},
        {"area": "E92000001", "label": "England", "area_type": "country"},
    ],
    "area_changes": [
        {
            "from_area": "E06000001",
            "to_area": "E06000003",
            "changed_on": date(2023, 4, 1),
            "change": "recoded",
            "legal_order": "The Newshire (Structural Changes) Order 2022",
        }
    ],
    "area_parents": [
        {"area": "E06000002", "parent": "E92000001", "hierarchy": "administrative"},
        {"area": "E06000003", "parent": "E92000001", "hierarchy": "administrative"},
    ],
    "area_names": [
        {"area": "E06000003", "name": "Sir Newydd", "name_type": "translated", "language": "cy"},
    ],
    "area_identifiers": [
        {"area": "E06000002", "scheme": "gss", "identifier": "E06000002"},
        {"area": "E06000002", "scheme": "wikidata", "identifier": "Q1"},
    ],
    "body_areas": [{"body": "brookborough-council", "area": "E06000002", "start_on": date(2009, 4, 1)}],
    "code_lists": [
        {"code_list": "theme", "label": "Themes", "definition": "What indicators are about."},
        {"code_list": "sex", "label": "Sex", "definition": "Sex as the source records it."},
    ],
    "codes": [
        {"code_list": "theme", "code": "waste", "label": "Waste", "sort_order": 1},
        {"code_list": "sex", "code": "all", "label": "Everyone", "sort_order": 1, "is_total": True},
        {"code_list": "sex", "code": "female", "label": "Female", "sort_order": 2},
        {"code_list": "sex", "code": "male", "label": "Male", "sort_order": 3},
    ],
    "dimensions": [
        {"dimension": "sex", "label": "Sex", "definition": "Sex of the person.", "code_list": "sex"}
    ],
    "datasets": [
        {
            "dataset": "waste",
            "title": "Household waste",
            "description": "What happens to household waste.",
            "publisher": "statistics-office",
            "licence": OGL,
            "attribution": "Contains public sector information.",
            "source": "https://www.example.org/waste",
            "released_on": date(2024, 12, 1),
        },
        {
            "dataset": "work",
            "title": "People in work",
            "description": "How many people are in work.",
            "publisher": "statistics-office",
            "licence": OGL,
            "attribution": 'Statistics Office, "Work" 2024',
            "dimensions": "sex",
        },
    ],
    "indicators": [
        {
            "indicator": "recycled",
            "version": version,
            "label": label,
            "question": "How much is recycled?",
            "definition": "Share of waste sent for recycling.",
            "numerator": "Waste sent for recycling",
            "denominator": "Waste collected",
            "unit": "percent",
            "multiplier": 100.0,
            "decimals": 1,
            "lowest": 0.0,
            "highest": 100.0,
            "polarity": "higher",
            "evidence": "performance",
            "themes": "waste",
            "frequency": "annual",
            "period_kind": "financial-year",
            "tier": "every-council",
            "source": "Waste returns",
            "owner": "statistics-office",
            "licence": OGL,
            "status": status,
            "valid_from": valid_from,
            "valid_to": valid_to,
        }
        for version, label, status, valid_from, valid_to in (
            ("1.0.0", "Waste recycled", "withdrawn", date(2010, 4, 1), date(2023, 3, 31)),
            ("2.0.0", "Household waste recycled", "current", date(2023, 4, 1), None),
        )
    ]
    + [
        {
            "indicator": "in-work",
            "version": "1.0.0",
            "label": "People in work",
            "question": "How many people are in work?",
            "definition": "People aged 16 to 64 in work.",
            "unit": "people",
            "decimals": 0,
            "polarity": "higher",
            "evidence": "context",
            "themes": "waste",
            "frequency": "annual",
            "period_kind": "calendar-year",
            "tier": "every-council",
            "source": "Survey",
            "owner": "statistics-office",
            "licence": OGL,
            "status": "current",
            "valid_from": date(2010, 1, 1),
        }
    ],
    "rating_scales": [{"scale": "four", "label": "Four grades", "definition": "How good a service is."}],
    "grades": [
        {"scale": "four", "grade": grade, "label": label, "rank": rank}
        for rank, (grade, label) in enumerate(
            [
                ("outstanding", "Outstanding"),
                ("good", "Good"),
                ("requires-improvement", "Requires improvement"),
                ("inadequate", "Inadequate"),
            ],
            start=1,
        )
    ],
    "frameworks": [
        {
            "framework": "services",
            "version": "2020",
            "label": "Inspection of services",
            "definition": "How services are inspected.",
            "service": "services",
            "inspector": "statistics-office",
            "in_force_from": date(2020, 1, 1),
        }
    ],
    "framework_questions": [
        {
            "framework": "services",
            "version": "2020",
            "question": "overall",
            "label": "Overall effectiveness",
            "scale": "four",
            "is_overall": True,
        }
    ],
    "judgements": [
        {
            "judgement": "brookborough-2023",
            "inspection": "brookborough-2023",
            "body": "brookborough-council",
            "framework": "services",
            "version": "2020",
            "question": "overall",
            "scale": "four",
            "grade": "good",
            "kind": "inspection",
            "published_on": date(2023, 6, 1),
            "report": "https://www.example.org/reports/1?a=b&c=d",
        }
    ],
    "targets": [
        {
            "target": "recycle-half",
            "indicator": "recycled",
            "period": "2023-04-01_P1Y",
            "kind": "ambition",
            "test": "at-least",
            "basis": "absolute",
            "value": 50.0,
            "unit": "percent",
            "owner": "statistics-office",
        }
    ],
}

OBSERVATION_COLUMNS = {
    "dataset": pa.string(),
    "indicator": pa.string(),
    "version": pa.string(),
    "area": pa.string(),
    "period": pa.string(),
    "breakdown": pa.string(),
    "value_text": pa.string(),
    "value": pa.float64(),
    "status": pa.string(),
    "lower_limit": pa.string(),
    "upper_limit": pa.string(),
    "numerator": pa.string(),
    "denominator": pa.string(),
    "sample_size": pa.int64(),
    "note": pa.string(),
    "_source": pa.int32(),
    "_row": pa.int64(),
}

YEAR_2022, YEAR_2023 = "2022-04-01_P1Y", "2023-04-01_P1Y"


def observation(area: str, period: str, value: str | None, **more: Any) -> dict[str, Any]:
    """Make one harmonised observation of the indicator "recycled"; `more` says what is special."""
    row: dict[str, Any] = {
        "dataset": "waste",
        "indicator": "recycled",
        "version": "2.0.0" if period >= YEAR_2023 else "1.0.0",
        "area": area,
        "period": period,
        "breakdown": "",
        "value_text": value,
        "status": "normal" if value is not None else "suppressed",
        "_source": 1,
    }
    row |= more
    row["value"] = None if value is None else float(value)
    return {name: row.get(name) for name in OBSERVATION_COLUMNS}


def work(area: str, value: str | None, breakdown: str, **more: Any) -> dict[str, Any]:
    """Make one harmonised observation of the indicator "in-work"."""
    return observation(
        area,
        "2023-01-01_P1Y",
        value,
        **{"dataset": "work", "indicator": "in-work", "version": "1.0.0", "breakdown": breakdown, **more},
    )


OBSERVATIONS = [
    observation("E06000001", YEAR_2022, "41.0", lower_limit="39.5", upper_limit="42.50", _row=2),
    observation("E06000002", YEAR_2022, "43.60", numerator="436", denominator="1000", _row=3),
    observation("E06000003", YEAR_2023, "45", status="break", note='Counted "anew"\nfrom here', _row=4),
    observation("E06000002", YEAR_2023, None, note="Fewer than 5\\10", _row=5),
    observation("E92000001", YEAR_2023, "0.0", _row=6),
    work("E06000002", "80100", "", sample_size=900, _row=7),
    work("E06000002", "40050", "sex=female", _row=8),
    work("E06000002", None, "sex=male", status="unreliable", _row=9),
]

SOURCES = [
    {
        "source": 1,
        "package": "world",
        "resource": "figures",
        "file": "figures.csv",
        "sha256": "0" * 64,
        "bytes": 100,
        "rows_read": 8,
        "title": "Figures of the small world",
        "publisher": "Statistics Office",
        "licence": OGL,
    }
]


def without_areas() -> dict[str, list[dict[str, Any]]]:
    """Empty the tables that are about the areas of the small world, for a world with other ones."""
    return {
        name: [] for name in ("area_changes", "area_parents", "area_names", "area_identifiers", "body_areas")
    }


def typed_tables(
    engine: Engine, observations: list[dict[str, Any]], tables: dict[str, list[dict[str, Any]]]
) -> Tables:
    """Bring a world into an engine, as harmonise would hand it on."""
    kinds = {"date": pa.date32(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    given = {}
    for name, schema in load_model().tables.items():
        if name == "observations":
            continue
        form = pa.schema(
            [(field.name, kinds.get(field.type, pa.string())) for field in schema.fields]
            + [("_source", pa.int32()), ("_row", pa.int64())]
        )
        rows = [{"_source": 1, "_row": at, **row} for at, row in enumerate(tables.get(name, []), start=2)]
        given[name] = pa.Table.from_pylist(rows, schema=form)
    form = pa.schema(list(OBSERVATION_COLUMNS.items()))
    typed = Tables(engine, given)
    typed["observations"] = engine.load("given_observations", pa.Table.from_pylist(observations, schema=form))
    return typed


def make_contents(
    observations: list[dict[str, Any]] | None = None,
    tables: dict[str, list[dict[str, Any]]] | None = None,
    base: str = BASE,
    threads: int = 2,
) -> Contents:
    """Stage a world in an engine of its own."""
    engine = Engine(threads=threads)
    given = typed_tables(
        engine, OBSERVATIONS if observations is None else observations, {**TABLES, **(tables or {})}
    )
    return gather_contents(engine, load_model(), Heading("The small world", base, "0.1.0"), given, SOURCES)


@cache
def small_world() -> Contents:
    """Stage the small world once for all tests that only read it."""
    return make_contents()


def write_world(
    contents: Contents, folder: Path, name: str = "2026-01-02-000000000000", rdf_url: str = "oxigraph:"
) -> Path:
    """Write an edition of a world into a folder that is not there yet, and give the folder.

    Its store holds the observations too, unless it is to be of another kind.
    """
    folder.mkdir()
    write_edition(prepare(contents, folder / "downloads"), folder, name, Making(DAY, rdf_url=rdf_url))
    return folder

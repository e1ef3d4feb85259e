"""A small world that keeps every rule, and what becomes of it when one row breaks one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.checking import open_engine
from ingest.checking.standard import check_standard_tables
from ingest.problems import Place, Problem, group_problems
from schemas import load_model

Row = dict[str, str]
World = dict[str, list[Row]]

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


def indicator(notation: str, version: str, **more: str) -> Row:
    return {
        "indicator": notation,
        "version": version,
        "label": notation,
        "question": "How much?",
        "definition": "What is counted.",
        "unit": "percent",
        "decimals": "1",
        "polarity": "higher",
        "evidence": "performance",
        "themes": "waste",
        "frequency": "annual",
        "period_kind": "financial-year",
        "tier": "every-council",
        "source": "Returns",
        "owner": "statistics-office",
        "licence": OGL,
        "status": "current",
        "valid_from": "2010-04-01",
        **more,
    }


def observation(**more: str) -> Row:
    """A figure that breaks no rule but for what is given."""
    return {
        "dataset": "waste",
        "indicator": "recycled",
        "area": "E06000060",
        "period": "2022-23",
        "value": "43.6",
        **more,
    }


def judgement(**more: str) -> Row:
    return {
        "judgement": "bucks-2022",
        "inspection": "bucks-2022",
        "body": "bucks",
        "framework": "ilacs",
        "version": "2018",
        "question": "overall",
        "scale": "four-grade",
        "grade": "good",
        "kind": "inspection",
        "made_on": "2022-05-01",
        "published_on": "2022-06-01",
        **more,
    }


def target(**more: str) -> Row:
    return {
        "target": "half",
        "indicator": "recycled",
        "period": "2024-25",
        "kind": "ambition",
        "test": "at-least",
        "basis": "absolute",
        "value": "50",
        "owner": "bucks",
        **more,
    }


SMALL: World = {
    "bodies": [
        {"body": "statistics-office", "label": "Statistics Office", "body_type": "statistics-office"},
        {"body": "bucks", "label": "Buckinghamshire Council", "body_type": "unitary-council"},
    ],
    "areas": [
        {
            "area": "E07000004",
            "label": "Aylesbury Vale",
            "area_type": "district",
            "start_on": "1974-04-01",
            "end_on": "2020-03-31",
        },
        {"area": "E06000060", "label": "Buckinghamshire", "area_type": "unitary", "start_on": "2020-04-01"},
        {"area": "E09000015", "label": "Harrow", "area_type": "london-borough", "start_on": "1965-04-01"},
        {"area": "E92000001", "label": "England", "area_type": "country"},
    ],
    "area_changes": [
        {
            "from_area": "E07000004",
            "to_area": "E06000060",
            "changed_on": "2020-04-01",
            "change": "merged",
        }
    ],
    "code_lists": [
        {"code_list": "theme", "label": "Themes", "definition": "Subjects."},
        {"code_list": "sex", "label": "Sex", "definition": "Sex as recorded."},
    ],
    "codes": [
        {"code_list": "theme", "code": "waste", "label": "Waste"},
        {"code_list": "theme", "code": "work", "label": "Work"},
        {"code_list": "sex", "code": "all", "label": "Everyone", "is_total": "true"},
        {"code_list": "sex", "code": "female", "label": "Female", "parent": "all"},
        {"code_list": "sex", "code": "male", "label": "Male", "parent": "all"},
        {"code_list": "unit", "code": "bins", "label": "Bins"},
    ],
    "dimensions": [{"dimension": "sex", "label": "Sex", "definition": "Of the person.", "code_list": "sex"}],
    "datasets": [
        {
            "dataset": "waste",
            "title": "Waste",
            "description": "Household waste.",
            "publisher": "statistics-office",
            "licence": OGL,
            "attribution": "Contains public sector information.",
            "dimensions": "sex",
        }
    ],
    "indicators": [
        indicator("recycled", "1.0.0"),
        indicator("recycled", "2.0.0", valid_from="2022-04-01", lowest="0", highest="90"),
        indicator("bins", "1.0.0", unit="bins", period_kind="day"),
        indicator("change", "1.0.0", lowest="-50", highest=""),
    ],
    "observations": [
        observation(),
        observation(period="2021-22", area="E09000015", value="100", status="provisional"),
        observation(period="2019-20", area="E07000004", lower_limit="43.2", upper_limit="44", value="44"),
        observation(period="2023-24", value="", status="suppressed"),
        observation(area="E09000015", value="0", sex="female"),
        observation(area="E09000015", value="1", sex="male"),
        observation(
            area="E09000015", value="2", sex="all", numerator="1", denominator="50", sample_size="50"
        ),
        observation(indicator="bins", period="2024-03-31", value="123456789", version="1.0.0"),
        observation(indicator="change", value="-7.5"),
        observation(period="2018-19", status="definition-differs"),
        observation(period="2017-18", value="", status="not-applicable"),
    ],
    "rating_scales": [{"scale": "four-grade", "label": "Four grades", "definition": "Of services."}],
    "grades": [
        {"scale": "four-grade", "grade": "outstanding", "label": "Outstanding", "rank": "1"},
        {"scale": "four-grade", "grade": "good", "label": "Good", "rank": "2"},
        {
            "scale": "four-grade",
            "grade": "requires-improvement",
            "label": "Requires improvement",
            "rank": "3",
        },
        {"scale": "four-grade", "grade": "inadequate", "label": "Inadequate", "rank": "4"},
    ],
    "frameworks": [
        {
            "framework": "ilacs",
            "version": version,
            "label": "Inspections",
            "definition": "Of children's services.",
            "service": "children's services",
            "inspector": "statistics-office",
            "in_force_from": start,
            "in_force_to": end,
        }
        for version, start, end in (("2018", "2018-01-01", "2022-12-31"), ("2023", "2023-01-01", ""))
    ],
    "framework_questions": [
        {
            "framework": "ilacs",
            "version": version,
            "question": "overall",
            "label": "Overall",
            "scale": "four-grade",
            "is_overall": "true",
        }
        for version in ("2018", "2023")
    ],
    "judgements": [
        judgement(),
        judgement(
            judgement="bucks-2023", version="2023", made_on="", published_on="2023-07-01", grade="", scale=""
        ),
        judgement(judgement="bucks-2021", made_on="2021-05-01", supersedes="bucks-2022"),
    ],
    "targets": [target(), target(target="more", replaces="half")],
    "crosswalk": [
        {
            "crosswalk": "one",
            "from_indicator": "recycled",
            "to_indicator": "bins",
            "relation": "related",
            "comparable": "no",
            "declared_by": "us",
        }
    ],
}


def small_world(**more: Sequence[Row]) -> World:
    """The small world with more rows."""
    world = copy.deepcopy(SMALL)
    for table, rows in more.items():
        world.setdefault(table, []).extend(dict(row) for row in rows)
    return world


def write_world(
    world: Mapping[str, Sequence[Row]], folder: Path
) -> tuple[dict[str, list[Path]], dict[int, Place]]:
    """Write each table as reading hands it on: text, NULL where empty, the first row being row 2."""
    files: dict[str, list[Path]] = {}
    places: dict[int, Place] = {}
    for source, (table, rows) in enumerate(world.items(), 1):
        names = list(
            dict.fromkeys([*load_model().tables[table].field_names, *(key for row in rows for key in row)])
        )
        columns: dict[str, pa.Array] = {
            name: pa.array([row.get(name) or None for row in rows], pa.string()) for name in names
        }
        columns["_source"] = pa.array([source] * len(rows), pa.int32())
        columns["_row"] = pa.array(range(2, len(rows) + 2), pa.int64())
        files[table] = [folder / f"{table}.parquet"]
        pq.write_table(pa.table(columns), files[table][0])
        places[source] = Place(f"{table}.csv")
    return files, places


def check_world(world: Mapping[str, Sequence[Row]], folder: Path) -> list[Problem]:
    """Check a world and group its problems."""
    files, places = write_world(world, folder)
    with open_engine(folder) as engine:
        return group_problems(check_standard_tables(files, places, engine))


def test_small_world_keeps_every_rule(tmp_path: Path) -> None:
    assert check_world(SMALL, tmp_path) == []


def test_large_tables_are_checked_as_small_ones_are(tmp_path: Path) -> None:
    rows = [observation(), observation(value="x"), observation(value=""), observation(area="E99", value="1")]
    files, places = write_world(small_world(observations=rows), tmp_path)
    with open_engine(tmp_path) as engine:
        small = group_problems(check_standard_tables(files, places, engine))
        large = group_problems(check_standard_tables(files, places, engine, held_rows=0))
    assert len(small) == 6
    assert large == small


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    files, places = write_world(small_world(observations=[observation(value="x")]), tmp_path)
    with open_engine(tmp_path) as engine:
        first = check_standard_tables(files, places, engine)
        assert engine.execute("SELECT table_name FROM information_schema.tables").fetchall() == []
        assert check_standard_tables(files, places, engine) == first

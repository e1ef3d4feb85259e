"""A small world that keeps every rule, and what becomes of it when one row breaks one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

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
        "numerator": "waste recycled",
        "denominator": "waste collected",
        "unit": "percent",
        "multiplier": "100",
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
        "area": "E09000015",
        "period": "2024-25",
        "kind": "ambition",
        "test": "at-least",
        "basis": "absolute",
        "value": "50",
        "unit": "percent",
        "owner": "bucks",
        **more,
    }


SMALL: World = yaml.safe_load(
    (Path(__file__).parent / "data" / "checking_world.yaml").read_text(encoding="utf-8")
)


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

"""Text becomes typed tables by one rule: the expression, the pure function and any engine setting agree."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_checking_world import SMALL, Row, observation, small_world, target, write_world

from ingest.engine import Engine
from ingest.expressions import ordered
from ingest.harmonise import OBSERVATION_COLUMNS, harmonise, harmonise_observation
from ingest.observed_files import ObservedFiles
from ingest.period import read_period
from ingest.resolve import Version, find_version, resolve_period
from ingest.typed_tables import find_day, find_whole
from publish.coding import Coding, find_values
from publish.observations import FORM, LISTS, ORDER
from schemas import load_model

KEY = ["dataset", "indicator", "area", "period", "breakdown", "_row"]


@dataclass
class Gathered:
    """As much of a report as harmonising needs."""

    tables: dict[str, list[Path]] = field(default_factory=dict)


def harmonise_world(
    world: Mapping[str, Sequence[Row]], folder: Path, *wanted: str
) -> dict[str, list[dict[str, Any]]]:
    """Harmonise a world and bring tables out, in order: the wanted ones, or all."""
    files, _places = write_world(world, folder)
    engine = Engine(threads=2)
    tables = harmonise(Gathered(files), engine)
    out = {}
    for name in wanted or (*load_model().tables, "periods"):
        out[name] = engine.read(ordered(tables[name], *tables[name].columns)).to_pylist()
    if "observations" in out and tables.observed is not None:
        assert sorted(map(repr, coded_from_files(tables.observed))) == sorted(
            repr(with_whole_definition(row)) for row in out["observations"]
        )
    return out


def with_whole_definition(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a row a definition of which a part is not known: it has no code."""
    is_whole = None not in (row["indicator"], row["version"])
    return row if is_whole else {**row, "indicator": None, "version": None}


def coded_from_files(files: ObservedFiles) -> list[dict[str, Any]]:
    """Code observations as they lie in their files, and put texts in the place of codes again."""
    lists = find_values(files, tuple(LISTS))
    rows = []
    for batch in Coding(files, lists, FORM, ORDER).batches():
        for row in batch.to_pylist():
            for name, columns in LISTS.items():
                number = row.pop(name)
                values = lists[name][number - 1] if number else [None] * len(columns)
                row |= dict(zip(columns, values, strict=True))
            assert row.pop("is_missing") == (row["value_text"] is None)
            rows.append({name: row[name] for name in OBSERVATION_COLUMNS})
    return rows


@pytest.fixture(scope="module")
def harmonised(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return harmonise_world(SMALL, tmp_path_factory.mktemp("small"))


def test_every_submitted_table_comes_out_typed(harmonised: dict[str, Any]) -> None:
    assert set(harmonised) == {*load_model().tables, "periods"}


def test_tables_that_no_package_has_are_empty_and_typed() -> None:
    engine = Engine()
    tables = harmonise(Gathered(), engine)
    assert {engine.count(tables[name]) for name in (*load_model().tables, "periods")} == {0}
    assert tables["observations"].columns == OBSERVATION_COLUMNS
    assert dict(tables["areas"].schema())["start_on"].is_date()
    assert dict(tables["neighbours"].schema())["distance"].is_float64()


def test_a_table_that_a_package_has_is_known_before_it_is_asked_for(tmp_path: Path) -> None:
    files, _places = write_world(SMALL, tmp_path)
    engine = Engine()
    tables = harmonise(Gathered(files), engine)
    assert set(tables) == {*SMALL, "periods"}
    assert "derivations" not in tables
    assert engine.count(tables["derivations"]) == 0


def test_types_are_the_same_with_and_without_rows(tmp_path: Path) -> None:
    files, _places = write_world(SMALL, tmp_path)
    empty = harmonise(Gathered(), Engine())
    full = harmonise(Gathered(files), Engine())
    for name in (*load_model().tables, "periods"):
        types = {column: kind.copy(nullable=True) for column, kind in full[name].schema().items()}
        assert types == dict(empty[name].schema().items()), name


def test_dates_numbers_and_booleans_are_typed(harmonised: dict[str, Any]) -> None:
    [area] = [row for row in harmonised["areas"] if row["area"] == "E07000004"]
    assert (area["start_on"], area["end_on"]) == (date(1974, 4, 1), date(2020, 3, 31))
    [code] = [row for row in harmonised["codes"] if row["code"] == "all"]
    assert code["is_total"] is True
    [other] = [row for row in harmonised["codes"] if row["code"] == "female"]
    assert other["is_total"] is None
    [bounded] = [row for row in harmonised["indicators"] if row["version"] == "2.0.0"]
    assert (bounded["lowest"], bounded["highest"], bounded["decimals"]) == (0.0, 90.0, 1)


def test_figure_gets_its_period_version_and_status(harmonised: dict[str, Any]) -> None:
    [row] = [row for row in harmonised["observations"] if row["_row"] == 2]
    assert row == {
        "dataset": "waste",
        "indicator": "recycled",
        "version": "2.0.0",
        "area": "E06000060",
        "period": "2022-04-01_P1Y",
        "breakdown": "",
        "value_text": "43.6",
        "value": 43.6,
        "status": "normal",
        "lower_limit": None,
        "upper_limit": None,
        "numerator": None,
        "denominator": None,
        "sample_size": None,
        "note": None,
        "_source": 9,
        "_row": 2,
    }


def test_version_in_force_when_the_period_began_is_taken(harmonised: dict[str, Any]) -> None:
    versions = {
        row["period"]: row["version"] for row in harmonised["observations"] if row["indicator"] == "recycled"
    }
    assert versions["2021-04-01_P1Y"] == "1.0.0"
    assert versions["2022-04-01_P1Y"] == "2.0.0"


def test_earliest_version_counts_what_was_before_it(tmp_path: Path) -> None:
    world = small_world(observations=[observation(period="2001-02")])
    [row] = [
        row
        for row in harmonise_world(world, tmp_path, "observations")["observations"]
        if row["period"] == "2001-04-01_P1Y"
    ]
    assert row["version"] == "1.0.0"


def test_total_of_a_dimension_is_no_breakdown(harmonised: dict[str, Any]) -> None:
    rows = {
        row["value_text"]: row["breakdown"]
        for row in harmonised["observations"]
        if row["area"] == "E09000015"
    }
    assert rows["0"] == "sex=female"
    assert rows["2"] == ""


def test_breakdowns_are_sorted_by_dimension(tmp_path: Path) -> None:
    world = small_world(
        dimensions=[{"dimension": "age", "label": "Age", "definition": "Age.", "code_list": "age"}],
        observations=[observation(sex="female", age="16-64", value="7")],
    )
    [row] = [
        row
        for row in harmonise_world(world, tmp_path, "observations")["observations"]
        if row["value_text"] == "7"
    ]
    assert row["breakdown"] == "age=16-64;sex=female"


def test_digits_of_the_source_are_kept(tmp_path: Path) -> None:
    figures = ["43.60", "1e3", "+5", "007", "-0", "0.10", "123456789012345678901234567890.5", " 8 "]
    plain = ["43.60", "1000", "5", "7", "0", "0.10", "123456789012345678901234567890.5", "8"]
    rows = [observation(value=text, lower_limit=text, area=f"E{n:08}") for n, text in enumerate(figures)]
    found = harmonise_world({**SMALL, "observations": rows}, tmp_path, "observations")["observations"]
    assert [row["value_text"] for row in found] == plain
    assert [row["lower_limit"] for row in found] == plain
    assert [row["value"] for row in found] == [float(text) for text in plain]


def test_periods_of_targets_are_resolved_too(tmp_path: Path) -> None:
    world = small_world(targets=[target(target="later", period="2030-31")])
    found = harmonise_world(world, tmp_path, "targets", "periods")
    assert {row["period"] for row in found["targets"]} == {"2024-04-01_P1Y", "2030-04-01_P1Y"}
    [period] = [row for row in found["periods"] if row["period"] == "2030-04-01_P1Y"]
    assert period == {
        "period": "2030-04-01_P1Y",
        "label": "April 2030 to March 2031",
        "kind": "financial-year",
        "start_on": date(2030, 4, 1),
        "end_on": date(2031, 3, 31),
        "length": "P1Y",
    }


def test_lists_stay_text(harmonised: dict[str, Any]) -> None:
    assert {row["themes"] for row in harmonised["indicators"]} == {"waste"}


def test_one_thread_and_two_give_the_same_rows(tmp_path: Path) -> None:
    rows = [
        observation(
            area=f"E{n % 330:08}", period=f"{1990 + n % 40}-{(1991 + n % 40) % 100:02}", value=f"{n}.50"
        )
        for n in range(20_000)
    ]
    world = {**SMALL, "observations": rows}
    files, _places = write_world(world, tmp_path)
    answers = []
    for threads in (1, 2):
        engine = Engine(threads=threads)
        table = harmonise(Gathered(files), engine)["observations"]
        answers.append(engine.read(ordered(table, *KEY)))
    assert answers[0].num_rows == 20_000
    assert answers[0].equals(answers[1])


def test_several_files_of_a_table_are_one_table(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    files, _ = write_world(SMALL, first)
    more, _ = write_world({"observations": [observation(value="9", age="old")]}, second)
    files["observations"] += more["observations"]
    engine = Engine()
    table = harmonise(Gathered(files), engine)["observations"]
    assert engine.count(table) == len(SMALL["observations"]) + 1
    assert engine.read(table.filter(table.breakdown == "age=old"))["value"].to_pylist() == [9.0]


TEXTS = st.sampled_from(
    ["", "0", "-0", "5", "5.0", "5.", ".5", "1e3", "-7.25", "x", "NaN", "1_0", "٣", "9" * 40, " 1 "]
)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "dataset": st.just("waste"),
            "indicator": st.sampled_from(["recycled", "bins", "change", "none-such"]),
            "version": st.sampled_from(["", "", "1.0.0", "2.0.0", "9.9.9"]),
            "area": st.sampled_from(["E06000060", "E09000015"]),
            "period": st.sampled_from(
                [
                    "2022-23",
                    "2021/22",
                    "2024",
                    "2024-Q1",
                    "2007-08",
                    "2024-03-31",
                    "2023-04-01/P1Y",
                    "2020-22",
                    "x",
                ]
            ),
            "value": TEXTS,
            "status": st.sampled_from(["", "provisional", "suppressed"]),
            "lower_limit": TEXTS,
            "denominator": TEXTS,
            "sample_size": TEXTS,
            "note": st.sampled_from(["", "a note", "';"]),
            "sex": st.sampled_from(["", "all", "female", "male"]),
            "age": st.sampled_from(["", "old"]),
        }
    ),
    min_size=1,
    max_size=60,
)

VERSIONS = {
    "recycled": [
        Version("1.0.0", date(2010, 4, 1), "financial-year"),
        Version("2.0.0", date(2022, 4, 1), "financial-year"),
    ],
    "bins": [Version("1.0.0", date(2010, 4, 1), "day")],
    "change": [Version("1.0.0", date(2010, 4, 1), "financial-year")],
}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_expression_agrees_with_the_pure_function(rows: list[Row]) -> None:
    wanted = {table: SMALL[table] for table in ("indicators", "codes", "dimensions")}
    with tempfile.TemporaryDirectory() as name:
        found = harmonise_world({**wanted, "observations": rows}, Path(name), "observations")["observations"]
    fields = load_model().tables["observations"].field_names
    expected = [
        harmonise_observation(
            {column: row.get(column) or None for column in (*fields, "age", "sex")}
            | {"_source": 4, "_row": number},
            VERSIONS,
            {"sex": ["all"]},
        )
        for number, row in enumerate(rows, 2)
    ]
    assert sorted(found, key=lambda row: row["_row"]) == expected


def test_version_of_another_kind_of_year_reads_its_own_periods() -> None:
    versions = [
        Version("1.0.0", date(2000, 4, 1), "financial-year"),
        Version("2.0.0", date(2020, 1, 1), "school-year"),
    ]
    assert str(resolve_period("2019-20", versions)[0]) == "2019-04-01_P1Y"
    assert str(resolve_period("2020-21", versions)[0]) == "2020-09-01_P1Y"
    assert resolve_period("2020-21", versions, "1.0.0") == (
        read_period("2020-21", "financial-year"),
        versions[0],
    )


def test_later_of_two_versions_of_one_day_is_in_force() -> None:
    versions = [Version(version, date(2020, 1, 1), "month") for version in ("1.10.0", "1.9.0")]
    found = find_version(versions, date(2021, 1, 1))
    assert found is not None
    assert found.version == "1.10.0"


@pytest.mark.parametrize(
    ("text", "day"), [("2024-01-05", "2024-01-05"), ("2024-1-5", "2024-01-05"), ("x", None)]
)
def test_dates_are_read_as_table_schema_lets_them_be_written(
    text: str, day: str | None, tmp_path: Path
) -> None:
    assert find_day(text) == (date.fromisoformat(day) if day else None)
    world = {"areas": [{"area": "E1", "label": "x", "area_type": "ward", "start_on": text}]}
    [area] = harmonise_world(world, tmp_path, "areas")["areas"]
    assert area["start_on"] == (date.fromisoformat(day) if day else None)


def test_whole_numbers_beyond_64_bits_are_none() -> None:
    assert find_whole("9" * 30) is None

"""Series keep kinds of periods apart and say where a line is cut."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_api_world import serving
from test_publish_world import OBSERVATIONS, TABLES, YEAR_2022, YEAR_2023, observation

AREA = "E06000002"


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """The series of one area whose definition went over from financial to calendar years."""
    folder: Path = tmp_path_factory.mktemp("series")
    calendar = [row | {} for row in TABLES["indicators"]]
    for row in calendar:
        if (row["indicator"], row["version"]) == ("recycled", "2.0.0"):
            row |= {"period_kind": "calendar-year", "valid_from": dt.date(2024, 1, 1)}
    rows = [
        observation(AREA, "2021-04-01_P1Y", "41.0"),
        observation(AREA, YEAR_2022, "42.0", status="provisional"),
        observation(AREA, YEAR_2023, "50.0", version="1.0.0", status="break"),
        observation(AREA, "2024-01-01_P1Y", "60.0"),
        observation(AREA, "2025-01-01_P1Y", "61.0"),
        *(row for row in OBSERVATIONS if row["indicator"] != "recycled"),
    ]
    with serving(folder, is_published=False) as site:
        site.publish(rows, tables={"indicators": calendar})
        answer = httpx.get(f"{site.url}api/v1/series?indicator=recycled&area={AREA}", timeout=60)
        told = answer.json()
        assert told["count"] == len(told["items"])
        yield told["items"]


def test_periods_of_different_kinds_are_never_in_one_series(series: list[dict[str, Any]]) -> None:
    assert [(one["period_kind"], len(one["points"])) for one in series] == [
        ("calendar-year", 2),
        ("financial-year", 3),
    ]


def test_a_break_cuts_the_line_and_a_provisional_figure_is_marked(series: list[dict[str, Any]]) -> None:
    told = [(point["verdict"], point["verdict_reasons"]) for point in series[1]["points"]]
    assert told == [
        (None, []),
        ("with-care", ["status-provisional"]),
        ("not-comparable", ["break", "status-provisional"]),
    ]
    assert [point["status"] for point in series[1]["points"]] == ["normal", "provisional", "break"]

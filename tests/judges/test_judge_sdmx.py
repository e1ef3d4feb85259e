"""pysdmx reads each indicator's figures with the structure that is offered beside them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from judging import HERE, Ran

from tools.example_site import ExampleSite


def test_pysdmx_reads_figures_by_their_structure(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    for indicator in ("persistent-absence", "attainment-8", "employment-rate", "early-development/v1.0.0"):
        paths = []
        for name in ("structure.xml", "figures.csv"):
            answer = httpx.get(f"{example_site.url}/indicators/{indicator}/{name}", timeout=60)
            assert answer.status_code == 200
            paths.append(tmp_path / name)
            paths[-1].write_bytes(answer.content)
        ran = run("python", HERE / "reads_sdmx.py", *paths)
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        assert told["flow"] == told["data"]
        assert set(told["columns"]) <= set(told["components"])
        rows = list(csv.DictReader(io.StringIO(paths[1].read_text(encoding="utf-8"))))
        values = [float(row["OBS_VALUE"]) for row in rows if row["OBS_VALUE"]]
        assert told["rows"] == len(rows) > 100
        assert told["missing"] == len(rows) - len(values)
        assert told["sum"] == pytest.approx(sum(values))


def test_pysdmx_refuses_figures_of_another_structure(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    base = f"{example_site.url}/indicators"
    structure, figures = tmp_path / "structure.xml", tmp_path / "figures.csv"
    structure.write_bytes(httpx.get(f"{base}/persistent-absence/structure.xml").content)
    figures.write_bytes(httpx.get(f"{base}/attainment-8/figures.csv", timeout=60).content)
    assert run("python", HERE / "reads_sdmx.py", structure, figures).returncode != 0

"""mlcroissant reads every dataset's description without a word against it, and its file by it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import httpx
from judging import HERE, Ran

from tools.example_site import ExampleSite


def test_mlcroissant_reads_datasets_and_their_files(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    datasets = ["dfe-schools", "ons-labour-market", "dfe-gcse"]
    for dataset in datasets:
        description = httpx.get(f"{example_site.url}/datasets/{dataset}/croissant.json")
        path = tmp_path / f"{dataset}.json"
        path.write_bytes(description.content)
        ran = run("python", HERE / "reads_croissant.py", path)
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        assert (told["errors"], told["warnings"]) == ([], [])
        file = httpx.get(description.json()["distribution"][0]["contentUrl"])
        rows = list(csv.DictReader(io.StringIO(file.text)))[: len(told["records"])]
        for row, record in zip(rows, told["records"], strict=True):
            assert {name.partition("/")[2] for name in record} == set(row)
            assert record["figures/area"] == row["area"]
            assert (record["figures/value"] or None) == (float(row["value"]) if row["value"] else None)


def test_mlcroissant_refuses_a_file_of_another_digest(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    told = httpx.get(f"{example_site.url}/datasets/dfe-schools/croissant.json").json()
    told["distribution"][0]["sha256"] = "0" * 64
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    assert run("python", HERE / "reads_croissant.py", path).returncode != 0

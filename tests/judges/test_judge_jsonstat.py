"""The toolkit of JSON-stat's author finds each figure of a cube in its place, with its status."""

from __future__ import annotations

import io
import json
import subprocess
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from jsonstat_validator import validate_jsonstat
from judging import HERE

from tools.example_site import ExampleSite

SCRIPT = """
import JSONstat from "jsonstat-toolkit";
const cube = JSONstat(await (await fetch(process.argv[2])).json());
if (cube.class !== "dataset" || cube.length === 0) process.exit(3);
const wanted = cube.id;
for (const row of cube.toTable({ type: "arrobj", content: "id", status: true })) {
  if (row.value === null && row.status === null) continue;
  console.log(JSON.stringify([...wanted.map((name) => row[name]), row.value, row.status]));
}
"""

ADDRESSES = (
    "observations?area=E09000015&area=E09000003&period=latest",
    "observations?indicator=persistent-absence&since=2018-01-01",
    "series?indicator=attainment-8&area=E09000015",
)


def read_with_toolkit(address: str) -> list[list[Any]]:
    """Give every cell that has a figure: the codes of its dimensions, its value, its status."""
    if not (HERE / "node_modules" / "jsonstat-toolkit").is_dir():
        pytest.skip("NOT JUDGED by jsonstat-toolkit: npm has not installed it here")
    ran = subprocess.run(
        ["node", "--input-type=module", "-", address],
        input=SCRIPT,
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("asked", ADDRESSES)
def test_toolkit_reads_what_the_api_answers(example_site: ExampleSite, asked: str) -> None:
    address = f"{example_site.url}/api/v1/{asked}&format=jsonstat"
    assert validate_jsonstat(httpx.get(address, timeout=60).json())
    whole = httpx.get(f"{example_site.url}/api/v1/{asked}&format=parquet", timeout=60)
    rows = read_parquet(whole.content)
    wanted = [
        [
            row["dataset"],
            row["indicator"],
            row["area"],
            row["period"],
            row["breakdown"] or "total",
            row["value"],
            None if row["status"] == "normal" else row["status"],
        ]
        for row in rows
    ]
    assert sorted(read_with_toolkit(address), key=str) == sorted(wanted, key=str)


def read_parquet(content: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return rows

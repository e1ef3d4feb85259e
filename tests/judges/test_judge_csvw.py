"""csvw reads the description of each dataset's CSV file, and the file as it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from judging import Ran

from tools.example_site import ExampleSite


def test_csvw_accepts_every_dataset(example_site: ExampleSite, run: Callable[..., Ran]) -> None:
    refused = {}
    datasets = [row["dataset"] for row in example_site.edition.rows("SELECT dataset FROM datasets")]
    assert len(datasets) > 10
    for dataset in datasets:
        address = f"{example_site.url}/downloads/datasets/{dataset}.csv-metadata.json"
        ran = run("csvwvalidate", address)
        if ran.returncode or ran.stdout.strip() != "OK":
            refused[dataset] = ran.stdout + ran.stderr
    assert refused == {}


def test_csvw_accepts_the_figures_of_a_definition(example_site: ExampleSite, run: Callable[..., Ran]) -> None:
    for document in ("employment-rate", "attainment-8", "early-development/v1.0.0"):
        ran = run("csvwvalidate", f"{example_site.url}/indicators/{document}.csv-metadata.json")
        assert (ran.returncode, ran.stdout.strip()) == (0, "OK"), ran.stdout + ran.stderr


def test_csvw_refuses_a_damaged_file(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    folder = example_site.site.editions_folder / "current" / "downloads" / "datasets"
    for name in ("mhclg-deprivation.csv", "mhclg-deprivation.csv-metadata.json"):
        shutil.copy(folder / name, tmp_path / name)
    file = tmp_path / "mhclg-deprivation.csv"
    heading, first, rest = file.read_text(encoding="utf-8").split("\n", 2)
    at = heading.split(",").index("value")
    cells = first.split(",")
    cells[at] = "many"
    file.write_text("\n".join([heading, ",".join(cells), rest]), encoding="utf-8")
    assert run("csvwvalidate", f"{file}-metadata.json").returncode != 0

"""Measure, and write benchmarks/RESULTS.md.

    python -m benchmarks          a table of 400 thousand rows against all rivals and limits

Every step runs in a process of its own; see measure.py.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.combination import make_environment, step_arguments
from benchmarks.measure import Cost, measure
from benchmarks.report import write_report

ROOT = Path(__file__).parent


@dataclass
class Run:
    """One run of all steps on one machine."""

    folder: Path
    costs: dict[str, Cost]

    def step(self, name: str, function: str, *arguments: str | Path, times: int = 1) -> Cost:
        """Measure a step; of several times, the one in the middle counts. Only the last leaves its files."""
        sys.stderr.write(f"{name} … ")
        sys.stderr.flush()
        costs = []
        for time in range(times):
            if time:
                shutil.rmtree(arguments[-1], ignore_errors=True)
            costs.append(measure(function, *arguments))
        cost = sorted(costs, key=lambda one: one.cpu)[times // 2]
        sys.stderr.write(f"{cost.cpu:.1f} CPU s, {cost.peak_mb:,.0f} MB\n")
        self.costs[name] = cost
        return cost


def measure_rivals(run: Run, package: Path) -> None:
    """Measure the naive pipeline, the bare tools and the product on one package."""
    naive, bare = run.folder / "naive", run.folder / "bare"
    for folder in (naive, bare):
        folder.mkdir()
    small = package.with_name("small")
    measure("benchmarks.generate:generate", small, "small")
    run.step("naive: start", "benchmarks.naive:check", small)
    run.step("naive: check", "benchmarks.naive:check", package)
    run.step("naive: SQLite", "benchmarks.naive:fill_sqlite", package, naive / "catalogue.db")
    run.step("naive: RDF", "benchmarks.naive:write_rdf", package, naive / "all.nt", naive / "all.nq.gz")
    run.step("naive: load", "benchmarks.naive:load_store", naive / "all.nt", naive / "store")
    run.step("naive: files", "benchmarks.naive:write_files", package, naive)
    shutil.rmtree(naive)
    make_environment()
    for name, (function, *arguments) in step_arguments(package, run.folder / "combination").items():
        run.step(name, str(function), *arguments)
    shutil.rmtree(run.folder / "combination")
    run.step("bare: read the CSV", "benchmarks.limits:read_csv", package)
    run.step("bare: import the table", "benchmarks.limits:import_table", package, bare / "table.db")
    run.step("ours: start", "benchmarks.ours:check", small, run.folder / "start", times=3)
    run.step("ours: check", "benchmarks.ours:check", package, run.folder / "check", times=3)
    run.step("ours: all but writing", "benchmarks.ours:harmonise", package, run.folder / "dry")
    run.step(
        "ours: publish but the load",
        "benchmarks.ours:publish_unloaded",
        package,
        run.folder / "unloaded",
        times=3,
    )
    run.step(
        "ours: publish, all stored", "benchmarks.ours:publish_materialised", package, run.folder / "stored"
    )
    run.step("ours: publish", "benchmarks.ours:publish", package, run.folder / "site", times=3)
    run.step("ours: comparators of a million", "benchmarks.comparators:describe")
    run.step("turtle", "benchmarks.ours:write_turtle", run.folder / "stored", bare / "ready.ttl")
    run.step("bare: load the RDF", "benchmarks.limits:load_rdf", bare / "ready.ttl", bare / "store")
    run.step("queries", "benchmarks.queries:ask_all", run.folder / "stored")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="400k", help="the table all rivals are measured on")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="where generated packages are kept")
    parser.add_argument("--out", type=Path, default=ROOT / "RESULTS.md", help="the report")
    told = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="likeforlike-benchmarks-"))
    run = Run(folder, {})
    package = told.data / told.size
    try:
        rows = measure("benchmarks.generate:generate", package, told.size).answer
        measure_rivals(run, package)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    told.out.write_text(write_report(run.costs, rows, machine), encoding="utf-8")


if __name__ == "__main__":
    main()

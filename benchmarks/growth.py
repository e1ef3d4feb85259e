"""Larger tables: how checking and publishing grow: python -m benchmarks.growth [1m 5m 20m]

Rows checked per CPU second leave out what a program costs before its first row, as in the report's first table.
frictionless checks the largest table up to five million rows; what is larger would take it minutes and say no more.
The largest table of all is also read by DuckDB and imported by SQLite, and nothing else is done with it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Cost, measure
from benchmarks.pace import Pace
from benchmarks.report import put_part

HEADING = "## Larger tables"

# The largest table that frictionless checks here.
_MOST_ROWS = 6_000_000

# CPU seconds and megabytes that twenty million rows may take, at the usual pace.
_ALLOWED, _ALLOWED_MB = 120, 4_000


@dataclass(frozen=True, slots=True)
class Grown:
    """What a table took. `rival` is frictionless's check, None where it was not asked."""

    rows: int
    check: Cost
    publish: Cost
    rival: Cost | None


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("sizes", nargs="*", default=["1m", "5m", "20m"], help="tables, the smallest first")
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent / "data", help="where generated packages are kept"
    )
    told = parser.parse_args()
    rows = {
        name: measure("benchmarks.generate:generate", told.data / name, name).answer
        for name in ("small", *told.sizes)
    }
    against = max((name for name in told.sizes if rows[name] <= _MOST_ROWS), key=rows.__getitem__, default="")
    with tempfile.TemporaryDirectory(prefix="likeforlike-growth-") as folder:
        scratch = Path(folder)
        starts = [_check(told.data / "small", scratch) for _ in range(3)]
        start = sorted(starts, key=lambda one: one.cpu)[1]
        rival_start = measure("benchmarks.naive:check", told.data / "small")
        with Pace(told.data) as pace:
            grown = [
                _grow(told.data / name, rows[name], scratch, is_held=name == against) for name in told.sizes
            ]
            largest = told.data / told.sizes[-1]
            read = measure("benchmarks.limits:read_csv", largest)
            imported = measure("benchmarks.limits:import_table", largest, scratch / "table.db")
    put_part(HEADING, "\n".join(_lines(grown, start, rival_start, pace, read + imported)) + "\n")


def _check(package: Path, scratch: Path) -> Cost:
    cost = measure("benchmarks.ours:check", package, scratch / "check")
    shutil.rmtree(scratch / "check")
    return cost


def _grow(package: Path, rows: int, scratch: Path, *, is_held: bool) -> Grown:
    check = _check(package, scratch)
    publish = measure("benchmarks.ours:publish", package, scratch / "site")
    shutil.rmtree(scratch / "site")
    return Grown(rows, check, publish, measure("benchmarks.naive:check", package) if is_held else None)


def _lines(grown: list[Grown], start: Cost, rival_start: Cost, pace: Pace, bare: Cost) -> Iterator[str]:
    yield (
        f"{HEADING}\n\nOne run of `python -m benchmarks.growth`. A start, of a table of 800 rows, takes"
        f" {start.cpu:.2f} CPU s.\n\n"
        "| Rows | Check, CPU s | Rows a CPU s, start left out | Check, MB | Publish, CPU s | Wall s | Publish, MB |"
        " CPU s a million |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for one in grown:
        yield (
            f"| {one.rows:,} | {one.check.cpu:.1f} | {_rate(one.rows, one.check, start):,.0f} "
            f"| {one.check.peak_mb:,.0f} | {one.publish.cpu:.1f} | {one.publish.wall:.1f} "
            f"| {one.publish.peak_mb:,.0f} | {one.publish.cpu / one.rows * 1e6:.1f} |"
        )
    last = grown[-1]
    yield (
        f"\n{pace.told()} At the usual pace {last.rows:,} rows take **{last.publish.cpu / pace.slower:.0f} CPU s** and"
        f" {last.publish.peak_mb:,.0f} MB; for 20 million {_ALLOWED} CPU s and {_ALLOWED_MB:,} MB are allowed."
    )
    yield (
        f"\nThe bare tools take {bare.cpu:.0f} CPU s to read these rows and to import them as text with one index: the"
        f" publication takes **{last.publish.cpu / bare.cpu:.2f} times** that."
    )
    for one in grown:
        if one.rival is not None:
            rate = _rate(one.rows, one.rival, rival_start)
            yield (
                f"\nfrictionless checks {rate:,.0f} of {one.rows:,} rows a CPU second, in {one.rival.peak_mb:,.0f} MB:"
                f" the checker is **{_rate(one.rows, one.check, start) / rate:.1f} times** as fast."
            )


def _rate(rows: int, cost: Cost, start: Cost) -> float:
    return rows / (cost.cpu - start.cpu)


if __name__ == "__main__":
    main()

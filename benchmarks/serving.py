"""How many readers can be served? Our pages and API, and a Datasette table page over the same figures.

    python -m benchmarks.serving              measures, and writes its part of benchmarks/RESULTS.md
    python -m benchmarks.serving --site DIR   over a site that is published already

wrk asks, from the same two cores (`apt-get install wrk`). Each door is asked for many different addresses in turn, so
that no single answer is all that is measured, and each is asked with few connections and with many.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.pages import EXAMPLE, serving
from benchmarks.report import put_part

HEADING = "## Readers at once"
WORKERS = 2
FEW, MANY = 4, 50
SECONDS = 8
# Our doors must give so many times as many answers as Datasette's page, and the slowest of 20 in so many ms.
TIMES, MOST_MS = 10, 60

_SCRIPT = """
local paths = { %s }
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], { ["Accept"] = "%s" })
end
done = function(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('JSON{"p50": %%f, "p95": %%f, "count": %%d, "us": %%d, "errors": %%d}\\n',
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, summary.requests, summary.duration, errors))
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What wrk saw: milliseconds, and answers a second."""

    p50: float
    p95: float
    a_second: float


def doors(areas: Sequence[str], indicators: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    """Give each door's form and addresses. Datasette shows a hundred of an indicator's rows, as the API does."""
    return {
        "area page": ("text/html", [f"/areas/{area}" for area in areas]),
        "indicator, JSON": ("application/json", [f"/indicators/{one}.json" for one in indicators]),
        "figures of an indicator, JSON": (
            "application/json",
            [f"/api/v1/observations?indicator={one}&limit=100" for one in indicators],
        ),
        "Datasette, table page": (
            "text/html",
            [f"/data/catalogue/observations?indicator={one}&_size=100" for one in indicators],
        ),
    }


def ask(port: int, form: str, paths: Sequence[str], connections: int, seconds: int = SECONDS) -> Measured:
    """Have wrk ask for addresses in turn. Raises RuntimeError if any was not answered with 200 to 399."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % (", ".join(json.dumps(path) for path in paths), form))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script.name]
        told = subprocess.run(  # noqa: S603 - our own command
            [*command, f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True
        ).stdout
    found = json.loads(told[told.index("JSON") + 4 :])
    if found["errors"]:
        raise RuntimeError(f"{found['errors']} of {found['count']} answers were errors: {paths[0]}")
    return Measured(found["p50"], found["p95"], found["count"] / found["us"] * 1e6)


def measure_doors(site: Path) -> dict[str, tuple[Measured, Measured]]:
    """Measure every door with few and with many connections."""
    found = {}
    with serving(site, WORKERS) as port:
        for door, (form, paths) in doors(_areas(), _indicators()).items():
            # Every worker has made each page once.
            ask(port, form, paths, FEW, 3)
            found[door] = ask(port, form, paths, FEW), ask(port, form, paths, MANY)
            sys.stderr.write(f"{door}: {found[door]}\n")
    return found


def _areas() -> list[str]:
    import csv

    with (EXAMPLE / "areas" / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["end_on"]]
    return [row["area"] for row in rows if row["area_type"] in ("unitary", "london-borough")][:40]


def _indicators() -> list[str]:
    return ["employment-rate", "adult-obesity", "attainment-8", "spending-childrens-care"]


def write_part(found: Mapping[str, tuple[Measured, Measured]]) -> str:
    """Write the part of the report."""
    (rival, _) = found["Datasette, table page"]
    words = (
        f"The bundled example, {WORKERS} workers, {FEW} and {MANY} connections at once from the same two cores,"
        f" {SECONDS} s each. `python -m benchmarks.serving` measures it. Each door is asked for many addresses in turn,"
        " and every page was made once before. Datasette is the one that the product serves, a hundred rows a page."
    )
    lines = [
        HEADING,
        "",
        words,
        "",
        f"| Door | {FEW} at once, a second | against Datasette's page | {MANY} at once, a second | p50 ms | p95 ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for door, (few, many) in found.items():
        times = f"{few.a_second / rival.a_second:.1f} times"
        lines.append(
            f"| {door} | {few.a_second:,.0f} | {times} | {many.a_second:,.0f} | {many.p50:.1f} | {many.p95:.1f} |"
        )
    lines += [
        "",
        f"At least {TIMES} times are wanted of the area page and the indicator, and a p95 under {MOST_MS} ms.",
        "",
    ]
    return "\n".join(lines)


def publish_example(folder: Path) -> None:
    from publish import publish_site
    from schemas.site import load_site

    (folder / "site.toml").write_text(
        f'title = "Benchmark"\nbase = "http://127.0.0.1:8001/"\npackages = {json.dumps([f"{EXAMPLE}/*/"])}\n',
        encoding="utf-8",
    )
    publish_site(load_site(folder), on=date(2026, 1, 1))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.split("\n")[0])
    parser.add_argument("--site", type=Path, help="a site that is published already, with the base above")
    site = parser.parse_args().site
    scratch = Path(tempfile.mkdtemp(prefix="likeforlike-serving-"))
    try:
        if site is None:
            publish_example(scratch)
        part = write_part(measure_doors(site or scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    put_part(HEADING, part)


if __name__ == "__main__":
    main()

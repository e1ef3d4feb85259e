"""Pages of a site that has published a million figures: how long the server takes for each.

    python -m benchmarks.pages      measures, and puts its part into benchmarks/RESULTS.md

The site is the bundled example with a million generated figures of small areas beside it, so that the pages are real
ones and the tables are full. Two workers serve it; the requests come one after another from a process that does
nothing else, first each page once (nothing of it is kept), then all of them again.
"""

from __future__ import annotations

import csv
import http.client
import json
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.generator import SIZES, write_package
from benchmarks.measure import ROOT, Cost, measure
from benchmarks.report import put_part

EXAMPLE = ROOT / "examples" / "england"
HEADING = "## Pages with a million figures"
SEED = 20051
# Tables of the generated package that the example has already.
_BESIDE = ("bodies", "code_lists", "codes")
_VIEWS = ("table", "grid", "multiples", "scatter", "map", "funnel")


def publish(folder: Path) -> dict[str, Any]:
    """Publish the example and a million generated figures into a new site."""
    from datetime import date

    from publish import publish_site
    from schemas.site import load_site

    generated = _beside_the_example(folder / "generated")
    packages = json.dumps([f"{EXAMPLE}/*/", str(generated)])
    (folder / "site.toml").write_text(
        f'title = "Benchmark"\nbase = "http://127.0.0.1:8001/"\npackages = {packages}\n', encoding="utf-8"
    )
    return {"figures": publish_site(load_site(folder), on=date(2026, 1, 1)).observations}


def _beside_the_example(folder: Path) -> Path:
    """Generate a million figures that go with the example: its bodies and themes, and areas that it has not."""
    write_package(folder, SIZES["1m"])
    for name in ("areas", "indicators", "observations", "datasets"):
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"E01(\d{6})", lambda found: f"E01{int(found[1]) + 500_000:06d}", text)
        text = text.replace(",generator,", ",office-for-national-statistics,")
        path.write_text(text.replace(",generated,annual", ",work,annual"), encoding="utf-8")
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"] = [one for one in descriptor["resources"] if one["name"] not in _BESIDE]
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def ask(site: Path) -> dict[str, Any]:
    """Serve a site with two workers and time its pages; gives milliseconds by kind of page."""
    councils = _councils()
    picked = random.Random(SEED).sample(councils, 60)  # noqa: S311 - a fixed choice, no secret
    asked = {
        "profile": [f"/areas/{area}" for area in picked],
        **{f"compare, {view}": [_compare(view, area) for area in picked] for view in _VIEWS},
    }
    with serving(site, workers=2) as port:
        found = {}
        for kind, paths in asked.items():
            # The server is warm when every worker has served each kind of page.
            _time(port, [paths[0]] * 8)
            first, again = _time(port, paths[1:]), _time(port, paths[1:])
            found[kind] = {"first": _of(first), "again": _of(again), "pages": len(paths) - 1}
    return found


def _councils() -> list[str]:
    with (EXAMPLE / "areas" / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    types = ("london-borough", "metropolitan-district", "unitary")
    return [row["area"] for row in rows if row["area_type"] in types and not row["end_on"]]


def _compare(view: str, area: str) -> str:
    indicators = {
        "grid": "indicator=adult-obesity&indicator=attainment-8",
        "scatter": "indicator=spending-childrens-care&with=attainment-8",
        "funnel": "indicator=most-deprived-neighbourhoods",
    }.get(view, "indicator=adult-obesity")
    return f"/compare?view={view}&{indicators}&areas={area}"


@contextmanager
def serving(site: Path, workers: int) -> Iterator[int]:
    """Serve a site until the block ends; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "cli", "serve", str(site), "--port", str(port)]
    command += ["--workers", str(workers)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - our own command
        try:
            for _ in range(300):
                try:
                    _time(port, ["/healthz"])
                    break
                except OSError:
                    time.sleep(0.2)
            yield port
        finally:
            server.terminate()


def _time(port: int, paths: Sequence[str]) -> list[float]:
    """Ask for pages one after another, each on a connection of its own; gives milliseconds."""
    times = []
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        began = time.perf_counter()
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    return times


def _of(times: Sequence[float]) -> dict[str, float]:
    return {
        "p50": statistics.median(times),
        "p95": sorted(times)[-(-len(times) * 95 // 100) - 1],
    }


def write_part(asked: dict[str, Any], figures: int, compared: Cost) -> str:
    """Write the part of the report that is about pages."""
    lines = [
        HEADING,
        "",
        f"{figures:,} figures published, two workers, requests one after another over HTTP.",
        "`python -m benchmarks.pages` measures it. The first time nothing of a page is kept.",
        "",
        "| Page | First time, p50 ms | p95 ms | Again, p50 ms | p95 ms | Limit of p95 |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, times in asked.items():
        first, again = times["first"], times["again"]
        limit = 60 if kind == "profile" else 100
        lines.append(
            f"| {kind} | {first['p50']:.0f} | {first['p95']:.0f} | {again['p50']:.0f} | {again['p95']:.0f} | {limit} |"
        )
    told = compared.answer
    made = f"{told['figures']:,} figures, {told['rows']:,} rows: {told['cpu']:.1f} CPU s"
    lines += ["", f"Comparators of {made}; 30 s are allowed.", ""]
    return "\n".join(lines)


def main() -> None:
    scratch = Path(tempfile.mkdtemp(prefix="likeforlike-pages-"))
    try:
        published = measure("benchmarks.pages:publish", scratch)
        part = write_part(
            measure("benchmarks.pages:ask", scratch).answer,
            published.answer["figures"],
            measure("benchmarks.comparators:describe"),
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    put_part(HEADING, part)


if __name__ == "__main__":
    main()

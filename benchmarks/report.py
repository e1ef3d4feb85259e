"""What was measured becomes benchmarks/RESULTS.md: ratios first, then the seconds they come from."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from benchmarks.combination import write_row
from benchmarks.measure import Cost

NAIVE = ("naive: check", "naive: SQLite", "naive: RDF", "naive: load", "naive: files")


def write_report(costs: Mapping[str, Cost], rows: int, machine: str) -> str:
    """Write the report of one run."""
    parts = [
        _heading(rows, machine),
        *_ratios(costs, rows),
        *_seconds(costs),
        *_stages(costs),
        *_queries(costs),
        *_sizes(costs),
        (Path(__file__).parent / "method.md").read_text(encoding="utf-8"),
    ]
    return "\n".join(parts)


def _heading(rows: int, machine: str) -> str:
    return (
        "# What was measured\n\n"
        f"One run of `python -m benchmarks` on a table of {rows:,} observations ({machine}, 2 cores).\n"
        "CPU seconds are the measure; ratios compare two steps of the same run. The method stands at the end.\n"
    )


def _ratios(costs: Mapping[str, Cost], rows: int) -> Iterator[str]:
    naive = sum(costs[name].cpu for name in NAIVE)
    unloaded = naive - costs["naive: load"].cpu
    ours, stored, unladen = (
        costs[f"ours: {name}"].cpu for name in ("publish", "publish, all stored", "publish but the load")
    )
    check, rival = costs["ours: check"], costs["naive: check"]
    bare = sum(
        costs[name].cpu for name in ("bare: read the CSV", "bare: import the table", "bare: load the RDF")
    )
    yield "| What | Ours | Rival or limit | Ratio |\n| --- | ---: | ---: | ---: |"
    for what, mine, theirs, ratio in (
        ("Whole publish against the naive pipeline", ours, naive, naive / ours),
        ("The same with every observation in the store", stored, naive, naive / stored),
        ("The same but for the store's own load, on both sides", unladen, unloaded, unloaded / unladen),
        ("Check as a command, start included", check.cpu, rival.cpu, rival.cpu / check.cpu),
    ):
        yield f"| {what} | {mine:.1f} CPU s | {theirs:.1f} CPU s | {ratio:.1f} times less |"
    yield write_row(costs)
    own_rate, their_rate = (
        rows / (costs[f"{whose}: check"].cpu - costs[f"{whose}: start"].cpu) for whose in ("ours", "naive")
    )
    yield (
        f"| Rows checked per CPU second, start left out | {own_rate:,.0f} | {their_rate:,.0f} "
        f"| {own_rate / their_rate:.1f} times more |"
    )
    yield f"| Memory of the check | {check.peak_mb:,.0f} MB | 500 MB allowed | {check.peak_mb / 500:.2f} |"
    yield (
        f"| With all stored, against the bare tools: read, import, load | {stored:.1f} CPU s | {bare:.1f} CPU s "
        f"| {stored / bare:.2f} times the limit |"
    )
    compared = costs["ours: comparators of a million"].answer
    yield (
        f"| Comparators of {compared['figures']:,} figures: {compared['rows']:,} rows | {compared['cpu']:.1f} CPU s "
        f"| 30 CPU s allowed | {compared['cpu'] / 30:.2f} |"
    )
    publish = costs["ours: publish"]
    yield f"| Peak memory of the publish | {publish.peak_mb:,.0f} MB | | |\n"


def _seconds(costs: Mapping[str, Cost]) -> Iterator[str]:
    yield "## Every step\n\n| Step | CPU s | Wall s | Peak MB |\n| --- | ---: | ---: | ---: |"
    for name, cost in costs.items():
        if name not in ("turtle", "queries"):
            yield f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.peak_mb:,.0f} |"
    yield ""


def _stages(costs: Mapping[str, Cost]) -> Iterator[str]:
    stages = costs["ours: publish"].answer["stages"]
    yield "## Where a publish spends its time\n"
    yield "What is in the store loads on the other core meanwhile; its CPU seconds fall on the stages it runs beside.\n"
    yield "| Stage | CPU s | Wall s |\n| --- | ---: | ---: |"
    for (stage, cpu, wall), (_, next_cpu, next_wall) in pairwise(stages):
        yield f"| {stage} | {next_cpu - cpu:.2f} | {next_wall - wall:.2f} |"
    yield ""


def _queries(costs: Mapping[str, Cost]) -> Iterator[str]:
    yield "## Questions, median milliseconds\n\n| Question | SQL | SPARQL | SQL is |\n| --- | ---: | ---: | ---: |"
    for question, times in costs["queries"].answer.items():
        ratio = times["SPARQL"] / times["SQL"]
        told = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
        yield f"| {question} | {times['SQL']:.2f} | {times['SPARQL']:.1f} | {told} times as fast |"
    yield ""


def _sizes(costs: Mapping[str, Cost]) -> Iterator[str]:
    answer, stored = costs["ours: publish"].answer, costs["ours: publish, all stored"].answer
    yield "## Sizes\n\n| File | MB | Bytes an observation |\n| --- | ---: | ---: |"
    for path, size in answer["bytes"].items():
        if size > 1_000_000:
            yield f"| {path} | {size / 1e6:.1f} | {size / answer['observations']:.0f} |"
    for name, told in (("rdf", answer), ("rdf, with every observation in the store", stored)):
        yield f"| {name} | {told['store_bytes'] / 1e6:.1f} | {told['store_bytes'] / told['observations']:.0f} |"
    yield ""


def put_part(heading: str, part: str) -> None:
    """Say a part of the report, and put it in the place of the one with its heading, before the method."""
    sys.stdout.write(part)
    results = Path(__file__).parent / "RESULTS.md"
    text = re.sub(rf"{heading}\n.*?(?=\n## |\Z)", "", results.read_text(encoding="utf-8"), flags=re.S)
    at = text.index("## Method")
    results.write_text(f"{text[:at].rstrip()}\n\n{part}\n{text[at:]}", encoding="utf-8")

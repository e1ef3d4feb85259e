"""The questions that people ask of linked data, at our /sparql and at Virtuoso 7 over the same statements.

    python -m benchmarks.virtuoso      measures, and writes its part of the report to standard output

The 396,000 generated figures are put into nine regions and a country that have figures too, published, and served by
one worker as `likeforlike serve` does it. Every statement of the download is loaded into a graph of Debian's Virtuoso,
with 1.4 GB of buffers. Both are asked over HTTP, one question after another from one client, each question with
parameters drawn by a fixed seed; both answers have to have the same rows. What counts is the ratio, in one run.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from benchmarks.generator import OBSERVATIONS, SIZES, write_package
from benchmarks.measure import measure
from benchmarks.pages import serving
from publish.outside import QUADS, read_chunks
from publish.outside_access import open_store_client
from tools.outside_servers import Server, virtuoso

HEADING = "## The same questions at Virtuoso 7"
BASE = "http://127.0.0.1:8001/"
SEED = 20051
RUNS = 51
BUFFERS = 170_000
SIZE = SIZES["400k"]
REGIONS = tuple(f"E12{number:06d}" for number in range(1, 10))
ENGLAND = "E92000001"

# Questions before any is timed, and how often one is asked that takes longer than so many milliseconds.
_WARM = 2
_SLOW = 2_000
_SLOW_RUNS = 5

_PREFIXES = f"""PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX def: <{BASE}def/>
"""
_FIGURE = "{o} def:indicator INDICATOR ; dimension:refPeriod PERIOD ; dimension:refArea {a} ; measure:obsValue {v} ."


def _figure(o: str, a: str, v: str) -> str:
    return _FIGURE.format(o=o, a=a, v=v)


SHAPES = {
    "areas of an indicator, ordered, with names": "SELECT ?area ?label ?value { "
    + _figure("?o", "?area", "?value")
    + " ?area skos:prefLabel ?label } ORDER BY DESC(?value) ?area",
    "profile: an area, its region and England": """SELECT ?indicator ?own ?regional ?national {
        ?o dimension:refArea AREA ; dimension:refPeriod PERIOD ; def:indicator ?indicator ; measure:obsValue ?own .
        AREA def:within ?region . ?region def:areaType <BASEid/code/area-type/region> .
        ?r dimension:refArea ?region ; dimension:refPeriod PERIOD ; def:indicator ?indicator ;
          measure:obsValue ?regional .
        ?n dimension:refArea ENGLAND ; dimension:refPeriod PERIOD ; def:indicator ?indicator ;
          measure:obsValue ?national } ORDER BY ?indicator""",
    "series of five areas": """SELECT ?area ?period ?value { VALUES ?area { FIVE }
        ?o def:indicator INDICATOR ; dimension:refArea ?area ; dimension:refPeriod ?period ;
          measure:obsValue ?value } ORDER BY ?area ?period""",
    "statistics of each region": "SELECT ?region (AVG(?value) AS ?mean) (MIN(?value) AS ?least) "
    "(MAX(?value) AS ?most) (COUNT(?value) AS ?n) { "
    + _figure("?o", "?area", "?value")
    + " ?area def:within ?region . ?region def:areaType <BASEid/code/area-type/region> } GROUP BY ?region",
    "rank within a region": "SELECT ?area ?value (COUNT(?more) AS ?above) { ?area def:within REGION . "
    + _figure("?o", "?area", "?value")
    + " OPTIONAL { ?other def:within REGION . "
    + _figure("?p", "?other", "?more")
    + " FILTER(?more > ?value) } } GROUP BY ?area ?value ORDER BY ?above ?area",
    "count by dataset": "SELECT ?dataset (COUNT(?o) AS ?n) { ?o qb:dataSet ?dataset } GROUP BY ?dataset",
    "one figure": "SELECT ?value { OBSERVATION measure:obsValue ?value }",
}


@dataclass
class Compared:
    """One question: milliseconds here and there, and how many of our answers were refusals or had other rows."""

    name: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    refused: int = 0
    different: int = 0


def publish(folder: Path) -> dict[str, Any]:
    """Publish the generated figures with their regions into a new site."""
    from publish import publish_site
    from schemas.site import load_site

    _write_regions(write_package(folder / "generated", SIZE))
    (folder / "site.toml").write_text(
        f'title = "Benchmark"\nbase = "{BASE}"\npackages = ["generated"]\n', encoding="utf-8"
    )
    return {"figures": publish_site(load_site(folder), on=date(2026, 1, 1)).observations}


def _write_regions(package: Path) -> None:
    """Put every area into one of nine regions, and give these and the country figures of their own."""
    draw = random.Random(SEED)  # noqa: S311 - figures for measuring, nothing secret
    with (package / "areas.csv").open(encoding="utf-8", newline="") as file:
        areas = [row["area"] for row in csv.DictReader(file)]
    with (package / "areas.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{region},Region {region},region\n" for region in REGIONS)
        file.write(f"{ENGLAND},England,country\n")
    inside = [(area, REGIONS[place % len(REGIONS)]) for place, area in enumerate(areas)]
    inside += [(region, ENGLAND) for region in REGIONS]
    with (package / "area_parents.csv").open("w", encoding="utf-8") as file:
        file.write("area,parent,hierarchy,start_on,end_on\n")
        file.writelines(f"{area},{parent},administrative,2000-01-01,\n" for area, parent in inside)
    blank = "," * (len(OBSERVATIONS) - 5)
    with (package / "observations.csv").open("a", encoding="utf-8") as file:
        for indicator in _indicators():
            for year in _years():
                file.writelines(
                    f"generated,{indicator},{area},{year},{draw.randrange(50, 950) / 10}{blank}\n"
                    for area in (*REGIONS, ENGLAND)
                )
    described = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    described["resources"].append(
        {"name": "area_parents", "table": "area_parents", "path": "area_parents.csv", "encoding": "utf-8"}
    )
    (package / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")


def _indicators() -> list[str]:
    return [f"indicator-{place + 1:03d}" for place in range(SIZE.indicators)]


def _years() -> list[int]:
    return [2005 + place for place in range(SIZE.years)]


def draw_questions() -> Iterator[tuple[str, list[str]]]:
    """Write each question with its parameters: the first two are to warm up."""
    draw = random.Random(SEED)  # noqa: S311 - a fixed draw of questions, nothing secret
    areas = [f"E09{place + 1:06d}" for place in range(SIZE.areas)]
    for name, shape in SHAPES.items():
        texts = []
        for _ in range(RUNS + 2):
            indicator, year = draw.choice(_indicators()), draw.choice(_years())
            area, *_ = five = draw.sample(areas, 5)
            path = f"id/observation/generated/{indicator}/{area}/{year}-01-01_P1Y"
            text = (
                shape.replace("INDICATOR", f"<{BASE}id/indicator/{indicator}>")
                .replace("PERIOD", f"<{BASE}id/period/{year}-01-01_P1Y>")
                .replace("FIVE", " ".join(f"<{BASE}id/area/{one}>" for one in five))
                .replace("OBSERVATION", f"<{BASE}{path}>")
                .replace("ENGLAND", f"<{BASE}id/area/{ENGLAND}>")
                .replace("REGION", f"<{BASE}id/area/{draw.choice(REGIONS)}>")
                .replace("AREA", f"<{BASE}id/area/{area}>")
                .replace("<BASE", f"<{BASE}")
            )
            texts.append(_PREFIXES + text)
        yield name, texts


def load(server: Server, quads: Path) -> int:
    """Load every statement into one graph; gives how many there are."""
    address, count = server.address(), 0
    with open_store_client(address) as client:
        for _, lines in read_chunks(quads, 8 << 20):
            answer = client.post(
                address.gsp,
                params={"graph": f"{BASE}everything"},
                content=lines,
                headers={"Content-Type": "application/n-triples"},
            )
            answer.raise_for_status()
            count += lines.count(b"\n")
    return count


def ask(client: httpx.Client, url: str, text: str, graph: str | None) -> tuple[float, Counter[Any] | None]:
    """Ask one question; gives milliseconds, and the rows as they can be compared: None where it was refused."""
    form = {"query": text, **({"default-graph-uri": graph} if graph else {})}
    began = time.perf_counter()
    answer = client.post(url, data=form, headers={"Accept": "application/sparql-results+json"})
    took = (time.perf_counter() - began) * 1000
    if not answer.is_success:
        return took, None
    rows = answer.json()["results"]["bindings"]
    return took, Counter(
        frozenset((name, _value(term["value"])) for name, term in row.items()) for row in rows
    )


def _value(text: str) -> str | float:
    try:
        return round(float(text), 6)
    except ValueError:
        return text


def compare(ours: str, server: Server) -> Iterator[Compared]:
    """Ask both the same questions."""
    theirs = server.address().query
    with httpx.Client(timeout=120, trust_env=False) as client:
        for name, texts in draw_questions():
            found = Compared(name)
            for place, text in enumerate(texts):
                mine, rows = ask(client, ours, text, None)
                other, their_rows = ask(client, theirs, text, f"{BASE}everything")
                if place < _WARM and max(mine, other) < _SLOW:
                    continue
                found.ours.append(mine)
                found.theirs.append(other)
                found.refused += rows is None
                found.different += rows is not None and rows != their_rows
                if len(found.ours) >= _SLOW_RUNS and max(mine, other) > _SLOW:
                    break
            yield found


def write_part(found: list[Compared], figures: int, statements: int) -> str:
    """Write the part of the report."""
    words = (
        f"{figures:,} figures, {statements:,} statements; p50 over HTTP of up to {RUNS} draws of each question, one "
        "after another, at one worker of this site and at Virtuoso 7.2.5 with everything in one graph and in memory. "
        "`python -m benchmarks.virtuoso` measures it."
    )
    heads = "| Question | Ours, ms | Virtuoso, ms | Ours / Virtuoso | Asked | Refused by us | Other rows |"
    lines = [HEADING, "", words, "", heads, f"| ---{' | ---:' * 6} |"]
    for one in found:
        ours, theirs = statistics.median(one.ours), statistics.median(one.theirs)
        lines.append(
            f"| {one.name} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} | {len(one.ours)} | {one.refused} "
            f"| {one.different} |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="likeforlike-virtuoso-"))
    try:
        published = measure("benchmarks.virtuoso:publish", folder)
        sys.stderr.write(f"published in {published.cpu:.1f} CPU s\n")
        with virtuoso(folder / "virtuoso", buffers=BUFFERS) as server:
            began = time.monotonic()
            statements = load(server, folder / "editions" / "current" / QUADS)
            sys.stderr.write(f"{statements:,} statements loaded in {time.monotonic() - began:.0f} s\n")
            with serving(folder, workers=1) as port:
                found = []
                for one in compare(f"http://127.0.0.1:{port}/sparql", server):
                    sys.stderr.write(f"{one.name}: {statistics.median(one.ours):.0f} ms\n")
                    found.append(one)
        sys.stdout.write(write_part(found, published.answer["figures"], statements))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

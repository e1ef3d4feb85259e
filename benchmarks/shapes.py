"""Seven shapes of SPARQL query about figures, and what is asked first of a store that is not known yet, over HTTP.

    python -m benchmarks.shapes                 on 396 thousand figures
    python -m benchmarks.shapes --surveys       which properties, classes and graphs there are
    python -m benchmarks.shapes --size 5m       on five million
    python -m benchmarks.shapes --site folder   on a site that was made before; made there if there is none

The areas of the generated package get regions and a country here. The requests of a shape come one after another from
one client that keeps its connection, each with constants of its own, after a few that are not timed.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.generator import SIZES, write_package
from benchmarks.measure import measure
from benchmarks.pages import serving

SEED = 20051
_MAKING_SECONDS = 3.0
REGIONS = 9
BASE = "http://127.0.0.1:8001/"

_PREFIXES = f"""PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX def: <{BASE}def/>
PREFIX area: <{BASE}id/area/>
PREFIX indicator: <{BASE}id/indicator/>
PREFIX period: <{BASE}id/period/>
"""

SHAPES = {
    "areas of an indicator, ordered, with labels": """SELECT ?area ?label ?value WHERE {{
        ?o def:indicator indicator:{indicator} ; dimension:refPeriod period:{period} ; dimension:refArea ?area ;
           measure:obsValue ?value . ?area skos:prefLabel ?label }} ORDER BY DESC(?value)""",
    "all indicators of an area, its region and the country": """SELECT ?indicator ?value ?ofRegion ?ofCountry WHERE {{
        ?o dimension:refArea area:{area} ; dimension:refPeriod period:{period} ; def:indicator ?indicator ;
           measure:obsValue ?value . area:{area} def:within ?region . ?region def:within ?country .
        OPTIONAL {{ ?r dimension:refArea ?region ; dimension:refPeriod period:{period} ; def:indicator ?indicator ;
           measure:obsValue ?ofRegion }}
        OPTIONAL {{ ?c dimension:refArea ?country ; dimension:refPeriod period:{period} ; def:indicator ?indicator ;
           measure:obsValue ?ofCountry }} }}""",
    "the series of five areas": """SELECT ?area ?period ?value WHERE {{
        VALUES ?area {{ {areas} }}
        ?o def:indicator indicator:{indicator} ; dimension:refArea ?area ; dimension:refPeriod ?period ;
           measure:obsValue ?value }} ORDER BY ?area ?period""",
    "statistics of groups, by region": """SELECT ?region (COUNT(*) AS ?n) (AVG(?value) AS ?mean) (MIN(?value) AS ?least)
        (MAX(?value) AS ?most) WHERE {{
        ?o def:indicator indicator:{indicator} ; dimension:refPeriod period:{period} ; dimension:refArea ?area ;
           measure:obsValue ?value . ?area def:within ?region }} GROUP BY ?region ORDER BY ?region""",
    "ranks within the region": """SELECT ?area (COUNT(?other) AS ?higher) WHERE {{
        ?o def:indicator indicator:{indicator} ; dimension:refPeriod period:{period} ; dimension:refArea ?area ;
           measure:obsValue ?value . ?area def:within {region} .
        OPTIONAL {{ ?other def:indicator indicator:{indicator} ; dimension:refPeriod period:{period} ;
           dimension:refArea ?a ; measure:obsValue ?v . ?a def:within {region} FILTER(?v > ?value) }}
        }} GROUP BY ?area ORDER BY ?higher""",
    "a count by dataset": "SELECT ?dataset (COUNT(?o) AS ?n) WHERE {{ ?o qb:dataSet ?dataset }} GROUP BY ?dataset",
    "one known figure": f"""SELECT ?value WHERE {{{{
        <{BASE}id/observation/generated/{{indicator}}/{{area}}/{{period}}> measure:obsValue ?value }}}}""",
}

SURVEYS = {
    "how many statements": "SELECT (COUNT(*) AS ?n) WHERE {{ ?s ?p ?o }}",
    "how many subjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE {{ ?s ?p ?o }}",
    "which properties": "SELECT DISTINCT ?p WHERE {{ ?s ?p ?o }}",
    "how often each property": "SELECT ?p (COUNT(*) AS ?n) WHERE {{ ?s ?p ?o }} GROUP BY ?p",
    "how often each class": "SELECT ?c (COUNT(?s) AS ?n) WHERE {{ ?s a ?c }} GROUP BY ?c",
    "which graphs": "SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "how much in each graph": "SELECT ?g (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g",
    "how often each property in each class": """SELECT ?c ?p (COUNT(*) AS ?n) WHERE {{ ?s a ?c ; ?p ?o }}
        GROUP BY ?c ?p""",
    "how often an area is named, and how": "SELECT ?p (COUNT(*) AS ?n) WHERE {{ ?s ?p area:{area} }} GROUP BY ?p",
    "which areas have no figure": """SELECT (COUNT(*) AS ?n) WHERE {{ ?a def:areaType ?type
        FILTER NOT EXISTS {{ ?o dimension:refArea ?a }} }}""",
}


def publish(folder: Path, size: str) -> dict[str, Any]:
    """Publish a generated package, whose areas have regions and a country, as a new site."""
    from datetime import date

    from publish import publish_site
    from schemas.site import Site

    package = write_package(folder / "package", SIZES[str(size)])
    areas = package / "areas.csv"
    with areas.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    types = {0: "country", **dict.fromkeys(range(1, REGIONS + 1), "region")}
    parents = []
    for at, row in enumerate(rows):
        row["area_type"] = types.get(at, row["area_type"])
        if at:
            parent = rows[0 if at <= REGIONS else 1 + at % REGIONS]["area"]
            parents.append({"area": row["area"], "parent": parent, "hierarchy": "administrative"})
    for path, table in ((areas, rows), (package / "area_parents.csv", parents)):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"].append(
        {"name": "area_parents", "table": "area_parents", "path": "area_parents.csv", "encoding": "utf-8"}
    )
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (folder / "site.toml").write_text(
        f'title = "Benchmark"\nbase = "{BASE}"\npackages = ["package"]\n', encoding="utf-8"
    )
    site = Site(folder=folder, title="Benchmark", base=BASE, packages=(str(package),), rdf_url="cube:")
    return {"figures": publish_site(site, on=date(2026, 1, 1)).observations}


def draw(size: str) -> Callable[[], dict[str, str]]:
    """Give what draws the constants of one query."""
    of, chance = SIZES[size], random.Random(SEED)  # noqa: S311 - a fixed draw of questions, nothing secret
    start = "E09" if of.areas < 1000 else "E01"

    def one() -> dict[str, str]:
        picked = [f"{start}{chance.randrange(REGIONS + 1, of.areas) + 1:06d}" for _ in range(5)]
        return {
            "indicator": f"indicator-{chance.randrange(of.indicators) + 1:03d}",
            "period": f"{2005 + chance.randrange(of.years)}-01-01_P1Y",
            "area": picked[0],
            "areas": " ".join(f"area:{area}" for area in picked),
            "region": f"area:{start}{chance.randrange(REGIONS) + 2:06d}",
        }

    return one


def ask(site: Path, size: str, runs: int, shapes: Mapping[str, str] = SHAPES) -> dict[str, Any]:
    """Serve a site and time some shapes; gives by shape the median in milliseconds, the rows, and what went wrong."""
    found: dict[str, Any] = {}
    with serving(site, workers=1) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # What queries need is made while nobody asks, once the first one has been asked.
        connection.request("GET", f"/sparql?{urlencode({'query': 'ASK {}'})}")
        connection.getresponse().read()
        time.sleep(_MAKING_SECONDS)
        for name, shape in shapes.items():
            constants, times, rows, wrong = draw(size), [], 0, None
            for at in range(runs + 3):
                query = _PREFIXES + shape.format(**constants())
                if size == "5m" and name.startswith("ranks"):
                    query += " LIMIT 100"
                path = f"/sparql?{urlencode({'query': query})}"
                began = time.perf_counter()
                connection.request("GET", path, headers={"Accept": "application/sparql-results+json"})
                answer = connection.getresponse()
                body = answer.read()
                taken = (time.perf_counter() - began) * 1000
                if answer.status != 200:
                    wrong = f"{answer.status} {json.loads(body).get('code')}"
                    break
                rows = len(json.loads(body)["results"]["bindings"])
                if at >= 3:
                    times.append(taken)
            median = statistics.median(times) if times else None
            found[name] = {"p50": median, "rows": rows, "wrong": wrong}
            sys.stderr.write(
                f"{name}: {'-' if median is None else f'{median:.1f}'} ms, {rows} rows {wrong or ''}\n"
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shapes", description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="400k", choices=sorted(SIZES))
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--surveys", action="store_true", help="ask what there is")
    parser.add_argument("--site", type=Path, help="where the site is, or is to be made")
    told = parser.parse_args()
    site = told.site or Path(tempfile.mkdtemp(prefix="likeforlike-shapes-"))
    if not (site / "editions" / "current").exists():
        site.mkdir(parents=True, exist_ok=True)
        measure("benchmarks.shapes:publish", site, told.size)
    shapes = SURVEYS if told.surveys else SHAPES
    for name, one in ask(site, told.size, told.runs, shapes).items():
        told_of = one["wrong"] or f"{one['p50']:.1f}"
        sys.stdout.write(f"| {name} | {told_of} | {one['rows']:,} |\n")


if __name__ == "__main__":
    main()

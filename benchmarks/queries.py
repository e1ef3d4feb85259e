"""The questions that pages and visitors ask, timed through each of the product's doors.

In:   a published site
Out:  for each question and door the median of its runs in milliseconds

SQL runs on the catalogue, SPARQL on the edition's own store, both in this process: what is measured is the engine
and the form of the data, not a transport.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 15
SLOW_RUNS = 3
SEED = 20051

SQL = {
    "areas of one indicator": """
        SELECT area, value FROM observations WHERE indicator = :indicator AND period = :period ORDER BY value""",
    "all figures of one area": """
        SELECT indicator, period, value FROM observations WHERE area = :area""",
    "one series": """
        SELECT period, value FROM observations WHERE indicator = :indicator AND area = :area ORDER BY period""",
    "one figure": """
        SELECT value FROM observations WHERE indicator = :indicator AND area = :area AND period = :period""",
    "count by dataset": """
        SELECT dataset, count(*) FROM observations GROUP BY dataset""",
}

_PREFIXES = """
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX def: <{base}def/>
PREFIX id: <{base}id/>
"""

SPARQL = {
    "areas of one indicator": """
        SELECT ?area ?value {{ ?o def:indicator <{base}id/indicator/{indicator}> ;
          dimension:refPeriod <{base}id/period/{period}> ; dimension:refArea ?area ; measure:obsValue ?value }}
        ORDER BY ?value""",
    "all figures of one area": """
        SELECT ?indicator ?period ?value {{ ?o dimension:refArea <{base}id/area/{area}> ;
          def:indicator ?indicator ; dimension:refPeriod ?period ; measure:obsValue ?value }}""",
    "one series": """
        SELECT ?period ?value {{ ?o def:indicator <{base}id/indicator/{indicator}> ;
          dimension:refArea <{base}id/area/{area}> ; dimension:refPeriod ?period ; measure:obsValue ?value }}
        ORDER BY ?period""",
    "one figure": """
        SELECT ?value {{ <{base}id/observation/{dataset}/{indicator}/{area}/{period}> measure:obsValue ?value }}""",
    "count by dataset": """
        SELECT ?dataset (count(?o) AS ?n) {{ ?o qb:dataSet ?dataset }} GROUP BY ?dataset""",
}


def ask_all(site: Path) -> dict[str, dict[str, float]]:
    """Ask every question through SQL and SPARQL; milliseconds, median."""
    import pyoxigraph

    edition = site / "editions" / "current"
    catalogue = sqlite3.connect(f"file:{edition / 'catalogue.db'}?mode=ro&immutable=1", uri=True)
    store = pyoxigraph.Store.read_only(str(edition / "rdf" / "store"))
    base = str(catalogue.execute("SELECT value FROM edition WHERE name = 'base'").fetchone()[0])
    draw = random.Random(SEED)  # noqa: S311 - a fixed draw of questions, nothing secret
    keys = [
        dict(zip(("dataset", "indicator", "area", "period"), row, strict=True))
        for row in catalogue.execute(
            "SELECT dataset, indicator, area, period FROM observations WHERE value IS NOT NULL"
        )
    ]
    facts = [draw.choice(keys) for _ in range(RUNS)]
    times: dict[str, dict[str, float]] = {}
    for question, sql in SQL.items():
        text = _PREFIXES + SPARQL[question]
        times[question] = {
            "SQL": _median([lambda f=f, q=sql: catalogue.execute(q, f).fetchall() for f in facts]),
            "SPARQL": _median(
                [lambda f=f, t=text: list(store.query(t.format(base=base, **f))) for f in facts]
            ),
        }
    return times


def _median(runs: list[Callable[[], object]]) -> float:
    """Time runs one by one; a slow question is asked a few times only."""
    taken: list[float] = []
    for run in runs:
        started = time.perf_counter()
        run()
        taken.append((time.perf_counter() - started) * 1000)
        if len(taken) == SLOW_RUNS and statistics.median(taken) > 1000:
            break
    return statistics.median(taken)

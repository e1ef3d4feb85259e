"""What one edition says otherwise than another: its figures, added, withdrawn or revised, and its definitions.

In:   the folders of two editions
Out:  FiguresDiff and DefinitionsDiff: how many of each, and the first of them

Datasets whose CSV files have the same bytes are not looked at. What is compared is the Parquet files of all
observations, within bounds of memory and time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingest.resolve import read_numbers
from publish.kept_definitions import read_definitions
from publish.revisions import DECIDE, KEY, OBSERVATIONS, SAID, digests_of_datasets

# What happened to a figure, in the order in which lists of it stand.
KINDS = ("revised", "withdrawn", "added", "recounted")

MEMORY = "400MB"

_FOUND = """
CREATE TEMP TABLE found AS
SELECT coalesce(a.dataset, b.dataset) AS dataset, coalesce(a.indicator, b.indicator) AS indicator,
    coalesce(a.area, b.area) AS area, coalesce(a.period, b.period) AS period,
    coalesce(a.breakdown, b.breakdown) AS breakdown, {said},
    CASE WHEN b.status IS NULL THEN 'withdrawn' WHEN a.status IS NULL THEN 'added'
        WHEN {differs} THEN 'revised' ELSE 'recounted' END AS kind
FROM (SELECT * FROM read_parquet($before) WHERE list_contains($datasets, dataset::VARCHAR)) AS a
FULL OUTER JOIN (SELECT * FROM read_parquet($after) WHERE list_contains($datasets, dataset::VARCHAR)) AS b
ON {key}
WHERE a.status IS NULL OR b.status IS NULL OR {differs} OR a.version <> b.version
"""


class DiffTooSlow(Exception):  # noqa: N818 - a limit that was reached
    """Two editions could not be compared in the time there is."""


@dataclass(frozen=True, slots=True)
class FiguresDiff:
    """How many figures of what happened, and the first of each kind in the order of their names.

    datasets   by dataset, how many of each kind
    first      by kind; rows have dataset, indicator, area, period, breakdown, and what was said before and after
    """

    datasets: Mapping[str, Mapping[str, int]]
    first: Mapping[str, Sequence[dict[str, Any]]]

    @property
    def counts(self) -> dict[str, int]:
        return {kind: sum(told.get(kind, 0) for told in self.datasets.values()) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class DefinitionsDiff:
    """Versions of definitions that one edition has and the other has not, and versions that took another's place.

    Each is indicator and version; in `changed` indicator, the version in use before, and the one after.
    """

    added: list[tuple[str, str]] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)


def compare_figures(before: Path, after: Path, *, most: int, seconds: float) -> FiguresDiff:
    """Compare the figures of two editions.

    most   how many figures of each kind are told one by one

    Raises DiffTooSlow.
    """
    old, new = digests_of_datasets(before), digests_of_datasets(after)
    datasets = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    if not datasets:
        return FiguresDiff({}, {kind: [] for kind in KINDS})
    differs = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in DECIDE)
    said = ", ".join(
        f"{side}.{name} AS {name}_{word}" for side, word in (("a", "before"), ("b", "after")) for name in SAID
    )
    statement = _FOUND.format(
        said=said, differs=f"({differs})", key=" AND ".join(f"a.{name} = b.{name}" for name in KEY)
    )
    files = {
        "before": str(before / "downloads" / OBSERVATIONS),
        "after": str(after / "downloads" / OBSERVATIONS),
    }
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
        clock = threading.Timer(seconds, connection.interrupt)
        clock.start()
        try:
            connection.execute(statement, {**files, "datasets": datasets})
            counts: dict[str, dict[str, int]] = {}
            for dataset, kind, count in connection.execute(
                "SELECT dataset, kind, count(*) FROM found GROUP BY ALL ORDER BY ALL"
            ).fetchall():
                counts.setdefault(dataset, {})[kind] = count
            order = ", ".join(KEY)
            first = {}
            for kind in KINDS:
                rows = connection.execute(
                    f"SELECT * EXCLUDE (kind) FROM found WHERE kind = ? ORDER BY {order} LIMIT {most:d}",  # noqa: S608 - our own words
                    [kind],
                )
                names = [column[0] for column in rows.description or ()]
                first[kind] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        except duckdb.InterruptException:
            raise DiffTooSlow from None
        finally:
            clock.cancel()
    return FiguresDiff(counts, first)


def compare_definitions(before: Path, after: Path) -> DefinitionsDiff:
    """Compare the definitions of two editions: which versions there are, and which are in use."""
    old, new = (read_definitions(folder / "catalogue.db") for folder in (before, after))
    used, use = _in_use(old), _in_use(new)
    return DefinitionsDiff(
        added=sorted(new.keys() - old.keys()),
        withdrawn=sorted(old.keys() - new.keys()),
        changed=[
            (indicator, used[indicator], use[indicator])
            for indicator in sorted(used.keys() & use.keys())
            if used[indicator] != use[indicator]
        ],
    )


def _in_use(definitions: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, str]:
    """Give each indicator's version in use: the newest that is current, else the newest."""
    found: dict[str, str] = {}
    for indicator, version in sorted(definitions, key=lambda pair: (pair[0], read_numbers(pair[1]))):
        is_current = definitions[indicator, version]["status"] == "current"
        known = found.get(indicator)
        if known is None or is_current or definitions[indicator, known]["status"] != "current":
            found[indicator] = version
    return found

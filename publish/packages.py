"""What was read of the packages becomes contents to publish, what is known from before left out of the reading.

In:   the report of the packages, and the coded rows of the edition before
Out:  Contents, how much there is to publish, and the reports that the edition keeps
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest import Report
from ingest.engine import Engine
from ingest.expressions import expression, ibis
from ingest.harmonise import harmonise
from ingest.problems import as_json
from ingest.standard_file import StandardFile
from publish.coded import CodedBefore
from publish.comparators import list_disagreements
from publish.contents import Contents, Heading, Row, gather_contents
from publish.derived import derive_figures
from publish.observations import COLUMNS
from publish.small_numbers import without_small_numbers
from publish.standings import of_indicators
from publish.work import Amount
from schemas import load_model
from schemas.site import Site

# Harmonised observations, as the engine keeps them.
_HARMONISED = "harmonised_observations"

# What a zip holds is about so many times larger.
_ZIPPED = 5


def gather(site: Site, report: Report, engine: Engine, before: CodedBefore | None) -> Contents:
    """Harmonise what is not known from before, and gather all contents."""
    heading = Heading(site.title, site.base, version("likeforlike"))
    sources = _sources(report)
    if before is not None:
        tables = harmonise(_Unlike(report, before), engine)
        wanted = pa.table({"indicator": pa.array(sorted(before.wanted), pa.string())})
        names = engine.load("indicators_that_are_read", wanted)
        tables["observations"] = shown(of_indicators(tables["observations"], names))
        return gather_contents(engine, load_model(), heading, tables, sources, report.made_of, before)
    tables = harmonise(report, engine)
    if not {"derivations", "disclosure_rules"} & tables.keys():
        # What is published stands in the files as it is.
        return gather_contents(engine, load_model(), heading, tables, sources, report.made_of)
    # What is hidden must not come back in what is worked out of it.
    observations = shown(without_small_numbers(engine, tables))
    if "derivations" not in tables:
        tables["observations"] = observations
        return gather_contents(engine, load_model(), heading, tables, sources, report.made_of)
    # What harmonises is worked out once, not once for each that asks.
    tables["observations"] = engine.keep(_HARMONISED, observations)
    engine.append(_HARMONISED, derive_figures(engine, tables))
    contents = gather_contents(engine, load_model(), heading, tables, sources)
    engine.drop(_HARMONISED)
    return contents


@expression
def shown(observations: ibis.Table) -> ibis.Table:
    """Give harmonised observations as they are coded."""
    return observations.select(*COLUMNS)


def sizes_of(packages: Iterable[str]) -> list[int]:
    """Give the bytes of each file of packages that lie here; a zip says several times what it holds."""
    sizes = []
    for path in map(Path, packages):
        if path.is_dir():
            sizes += [file.stat().st_size for file in path.rglob("*") if file.is_file()]
        elif path.is_file():
            sizes.append(path.stat().st_size * (_ZIPPED if path.suffix == ".zip" else 1))
    return sizes


def amount_of(report: Report, before: CodedBefore | None) -> Amount:
    """Say how much there is to publish, now that it is read."""
    figures = report.rows_made.get("observations", 0)
    fresh = figures if before is None else sum(before.counts[name] for name in before.wanted)
    return Amount(fresh / 1e6, figures / 1e6, (report.rows_read - figures) / 1e6)


@dataclass(frozen=True, slots=True)
class _Unlike:
    """The tables of a report, of observations only the files that are needed."""

    report: Report
    before: CodedBefore

    @property
    def tables(self) -> dict[str, list[StandardFile]]:
        tables = self.report.tables
        files = [file for file in tables["observations"] if file.source in self.before.sources]
        return {**tables, "observations": files}


def _sources(report: Report) -> list[Row]:
    """Give the rows of the table of sources."""
    publishers = {package.name: _publisher(package.descriptor) for package in report.packages}
    return [
        {
            "source": source.number,
            "package": source.package,
            "resource": source.resource,
            "file": source.file,
            "sha256": source.sha256,
            "bytes": source.bytes,
            "rows_read": source.rows_read,
            "title": source.title or None,
            "publisher": publishers.get(source.package),
            "licence": source.licence,
        }
        for source in report.sources
    ]


def _publisher(descriptor: Any) -> str | None:
    """Find who published a package: its contributors with that role, else the first.

    >>> _publisher({"contributors": [{"title": "A", "roles": ["publisher"]}, {"title": "B", "role": "publisher"}]})
    'A; B'
    >>> _publisher({"contributors": [{"title": "A", "role": "author"}, {"title": "B"}]})
    'A'
    """
    people = [person for person in descriptor.get("contributors") or () if isinstance(person, dict)]
    named = [person for person in people if "publisher" in (person.get("role"), *(person.get("roles") or ()))]
    titles = [str(person["title"]) for person in named or people[:1] if person.get("title")]
    return "; ".join(titles) or None


def write_reports(report: Report, contents: Contents) -> dict[str, str]:
    """Give the reports that an edition keeps: every warning, what was read and left out, and where what was published
    for a nation or region is not what its councils' numbers give."""
    disagreements = list_disagreements(contents.comparators)
    summary = {
        "rows_read": report.rows_read,
        "observations": contents.observations.count,
        "left_out": [
            {"file": file, "reason": reason, "rows": rows} for file, reason, rows in report.left_out
        ],
        "warnings": sum(found.count for found in report.problems),
        "comparators": contents.comparators.num_rows,
        "comparators_beyond_rounding": len(disagreements),
    }
    text = json.dumps(summary, indent=2, sort_keys=True, ensure_ascii=False)
    told = json.dumps(disagreements, indent=1, ensure_ascii=False)
    return {
        "problems.json": as_json(report.problems),
        "comparators.json": f"{told}\n",
        "summary.json": f"{text}\n",
    }

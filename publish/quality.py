"""How good each dataset is for its use, in numbers that anyone can work out again.

In:   Contents
Out:  lines of N-Triples: measurements by the Data Quality Vocabulary, and what StatDCAT-AP wants to know of a dataset

There is no single score. Each measurement says what it counts, in words, at the metric's own address.

Source: Data Quality Vocabulary, W3C Note of 15 December 2016; StatDCAT-AP 3.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import chain

from ingest.period import read_period
from publish.contents import Contents
from publish.counts import add_up
from publish.cube import ATTRIBUTES
from publish.triples import RDF_TYPE, Names, english, line, literal


@dataclass(frozen=True, slots=True)
class Metric:
    """What a measurement counts. dimension is one of the dimensions of quality that the W3C lists."""

    label: str
    definition: str
    dimension: str
    datatype: str


METRICS: Mapping[str, Metric] = {
    "share-with-value": Metric(
        "Share of figures with a value",
        "Figures that have a value, divided by all figures: those that are missing, late or hidden count too.",
        "completeness",
        "decimal",
    ),
    "share-with-range": Metric(
        "Share of values with a range",
        "Values whose publisher gives both limits of a range, divided by all values.",
        "semanticAccuracy",
        "decimal",
    ),
    "days-to-publication": Metric(
        "Days to publication",
        "Days from the end of the newest period to the day on which the dataset was published.",
        "timeliness",
        "integer",
    ),
}

_STEP = Decimal("0.0001")


def quality_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Say the metrics, and what is measured of each dataset and how it is built."""
    dqv = names.prefixes["dqv"]
    for name, metric in METRICS.items():
        node = _metric(names, name)
        yield line(node, RDF_TYPE, f"<{dqv}Metric>")
        yield line(node, names.iri("skos:prefLabel"), english(metric.label))
        yield line(node, names.iri("skos:definition"), english(metric.definition))
        yield line(node, f"{dqv}expectedDataType", f"<{names.iri(f'xsd:{metric.datatype}')}>")
        yield line(node, f"{dqv}inDimension", f"<{names.iri(f'ldqd:{metric.dimension}')}>")
    counts = _count(contents)
    for row in contents.rows("datasets"):
        dataset = names.thing(f"dataset/{row['dataset']}")
        counted = counts.get(row["dataset"])
        if counted is None:
            continue
        for name, value in _measured(counted, row["released_on"]):
            node = f"{dataset}#quality-{name}"
            yield line(dataset, f"{dqv}hasQualityMeasurement", f"<{node}>")
            yield line(node, RDF_TYPE, f"<{dqv}QualityMeasurement>")
            yield line(node, f"{dqv}computedOn", f"<{dataset}>")
            yield line(node, f"{dqv}isMeasurementOf", f"<{_metric(names, name)}>")
            yield line(node, f"{dqv}value", literal(value, METRICS[name].datatype))
        yield from _structure_lines(contents, names, row["dataset"], counted)


@dataclass(frozen=True, slots=True)
class _Counted:
    figures: int
    values: int
    ranges: int
    series: int
    newest: str


def _count(contents: Contents) -> dict[str, _Counted]:
    """Count the figures and series of each dataset, and find its newest period."""
    observations = contents.observations
    counts = observations.counts
    periods = dict[int, list[str]]()
    for number, period in counts.pairs("dataset", "period"):
        periods.setdefault(number, []).append(observations.lists["period"][period - 1][0])
    counted = {}
    for number, figures, missing, ranges in add_up(
        counts.figures, ("dataset",), ("figures", "missing", "ranges")
    ):
        (dataset,) = observations.lists["dataset"][number - 1]
        newest = max(periods[number], key=lambda period: (read_period(period).end_on, period))
        series = int((counts.series["dataset"] == number).sum())
        counted[dataset] = _Counted(figures, figures - missing, ranges, series, newest)
    return counted


def _measured(counted: _Counted, released_on: str | None) -> Iterator[tuple[str, str]]:
    yield "share-with-value", _share(counted.values, counted.figures)
    if counted.values:
        yield "share-with-range", _share(counted.ranges, counted.values)
    if released_on:
        days = (date.fromisoformat(released_on) - read_period(counted.newest).end_on).days
        # A forecast is published before its period is over: then there is nothing to be late with.
        if days >= 0:
            yield "days-to-publication", str(days)


def _share(part: int, whole: int) -> str:
    share = (Decimal(part) / whole).quantize(_STEP, rounding=ROUND_HALF_EVEN)
    return f"{share.normalize():f}"


def _structure_lines(contents: Contents, names: Names, dataset: str, counted: _Counted) -> Iterator[str]:
    """Say what a statistical dataset is made of, so that a harvester need not read its structure."""
    node, profile = names.thing(f"dataset/{dataset}"), names.prefixes["statdcat"]
    yield line(node, f"{profile}numSeries", literal(str(counted.series), "integer"))
    yield line(node, f"{profile}measure", f"<{names.iri('sdmx-measure:obsValue')}>")
    dimensions = chain(
        map(names.iri, ("def:indicator", "sdmx-dimension:refArea", "sdmx-dimension:refPeriod")),
        (names.thing(f"dimension/{name}") for name in contents.dataset_dimensions[dataset]),
    )
    for dimension in dimensions:
        yield line(node, f"{profile}dimension", f"<{dimension}>")
    for name, _ in ATTRIBUTES:
        yield line(node, f"{profile}attribute", f"<{names.iri(name)}>")
    units_of = {(row["indicator"], row["version"]): row["unit"] for row in contents.rows("indicators")}
    lists = contents.observations.lists
    units = set()
    for owner, number in contents.observations.series:
        if lists["dataset"][owner - 1][0] == dataset:
            indicator, version = lists["definition"][number - 1]
            units.add(units_of[indicator, version])
    for unit in sorted(units):
        yield line(node, f"{profile}statUnitMeasure", f"<{names.thing(f'code/unit/{unit}')}>")


def _metric(names: Names, name: str) -> str:
    return f"{names.base}catalog#{name}"

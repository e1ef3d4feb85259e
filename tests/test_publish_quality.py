"""What a dataset is measured by: the numbers, counted by hand on the small world, and the terms of the standards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import rdflib
from rdflib.namespace import RDF, SKOS, Namespace
from test_publish_world import BASE, TABLES, make_contents, small_world

from publish.contents import Contents
from publish.quality import METRICS, quality_lines
from publish.triples import Names
from schemas import load_model

DQV = Namespace("http://www.w3.org/ns/dqv#")
STATDCAT = Namespace("http://data.europa.eu/s1n/")
WASTE, WORK = (rdflib.URIRef(f"{BASE}id/dataset/{name}") for name in ("waste", "work"))


def graph_of(contents: Contents) -> rdflib.Graph:
    lines = quality_lines(contents, Names(BASE, load_model()))
    return rdflib.Graph().parse(data="".join(lines), format="nt")


def measured(graph: rdflib.Graph, dataset: rdflib.URIRef) -> dict[str, Decimal]:
    """Give what is measured of a dataset, by the last part of its metric's address."""
    found = {}
    for node in graph.objects(dataset, DQV.hasQualityMeasurement):
        assert (node, DQV.computedOn, dataset) in graph
        metric = graph.value(node, DQV.isMeasurementOf)
        found[str(metric).rpartition("#")[2]] = Decimal(str(graph.value(node, DQV.value)))
    return found


def test_figures_without_a_value_count_against_a_dataset() -> None:
    graph = graph_of(small_world())
    # Four of five figures have a value and one of the four a range; two of three, and none.
    assert measured(graph, WASTE) == {
        "share-with-value": Decimal("0.8"),
        "share-with-range": Decimal("0.25"),
        "days-to-publication": Decimal(245),
    }
    assert measured(graph, WORK) == {
        "share-with-value": Decimal("0.6667"),
        "share-with-range": Decimal(0),
    }


def test_days_to_publication_run_from_the_end_of_the_newest_period() -> None:
    # The newest period of "waste" ends on 31 March 2024, that of "work" on 31 December 2023.
    days = {"waste": date(2024, 5, 1), "work": date(2023, 12, 30)}
    rows = [{**row, "released_on": days[row["dataset"]]} for row in TABLES["datasets"]]
    graph = graph_of(make_contents(tables={"datasets": rows}))
    assert measured(graph, WASTE)["days-to-publication"] == 31
    # Published before its period was over: a forecast has no delay.
    assert "days-to-publication" not in measured(graph, WORK)


def test_every_metric_says_what_it_counts() -> None:
    graph = graph_of(small_world())
    metrics = set(graph.subjects(RDF.type, DQV.Metric))
    assert len(metrics) == len(METRICS)
    for metric in metrics:
        assert graph.value(metric, SKOS.definition)
        assert str(graph.value(metric, DQV.inDimension)).startswith("http://www.w3.org/2016/05/ldqd#")


def test_a_dataset_says_what_it_is_built_of() -> None:
    graph = graph_of(small_world())
    assert graph.value(WASTE, STATDCAT.numSeries) == rdflib.Literal(5)
    assert graph.value(WORK, STATDCAT.numSeries) == rdflib.Literal(3)
    sex = rdflib.URIRef(f"{BASE}id/dimension/sex")
    assert sex in set(graph.objects(WORK, STATDCAT.dimension))
    assert sex not in set(graph.objects(WASTE, STATDCAT.dimension))
    assert len(set(graph.objects(WASTE, STATDCAT.statUnitMeasure))) == 1

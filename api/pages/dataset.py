"""The page of one dataset: what it holds, its columns, what it covers, how to use it, where it came from.

In:   the dataset's row, its figures counted, its sources
Out:  the page, and the list of all datasets
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.rows import find_named, list_facts
from api.pages.schema_org import describe_dataset
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

_PREVIEW = 10


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a dataset has of one indicator."""

    indicator: str
    label: str
    figures: int
    missing: int
    areas: int
    periods: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Use:
    """A way to take the figures: its name, and the text to copy."""

    name: str
    text: str


def dataset(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a dataset."""
    row = find_named(edition, "datasets", notation)
    if row is None:
        return None
    model = load_model()
    coverage = count_coverage(edition, notation[0])
    path = address_of("dataset", notation[0])
    figures = sum(one.figures for one in coverage)
    publisher = edition.value(
        "SELECT coalesce(everyday_label, label) FROM bodies WHERE body = ?", (row["publisher"],)
    )
    frame = Frame(
        path=path,
        title=row["title"],
        lede=row["description"],
        crumbs=[Link("Datasets", "/datasets")],
        uri=edition.uri("dataset", notation[0]),
        forms=("csv", *LINKED_DATA),
        downloads=[Link("Croissant", f"{path}/croissant.json")],
        datasets=[notation[0]],
    )
    facts = list_facts(edition, model.tables["datasets"], row, ("dataset", "title", "description"))
    return make_page(
        edition,
        "dataset",
        frame,
        facts=facts,
        publisher=publisher,
        figures=figures,
        coverage=coverage,
        preview=_preview(edition, notation[0], coverage),
        columns=[column[:3] for column in list_columns(edition, notation[0])],
        described=describe_dataset(edition, notation[0]),
        sources=_sources(edition, notation[0]),
        uses=_uses(edition, notation[0], path),
        sql=with_query("/data/catalogue", sql=_sql(notation[0])),
    )


def count_coverage(edition: Edition, dataset: str) -> tuple[Coverage, ...]:
    """Count what a dataset has of each indicator. Kept, because every figure is looked at."""
    return edition.once(("coverage", dataset), lambda: _count_coverage(edition, dataset))


def _count_coverage(edition: Edition, dataset: str) -> tuple[Coverage, ...]:
    rows = edition.rows(
        "SELECT o.indicator, h.label, count(*) AS figures, sum(o.value IS NULL) AS missing,"
        " count(DISTINCT o.area) AS areas, count(DISTINCT o.period) AS periods,"
        " min(p.start_on) AS first, max(p.end_on) AS last"
        " FROM observations o JOIN indicator_heads h ON h.indicator = o.indicator"
        " JOIN periods p ON p.period = o.period WHERE o.dataset = ? GROUP BY o.indicator ORDER BY h.label",
        (dataset,),
    )
    return tuple(
        Coverage(
            row["indicator"],
            row["label"],
            row["figures"],
            row["missing"],
            row["areas"],
            row["periods"],
            sentences.day(dt.date.fromisoformat(row["first"])),
            sentences.day(dt.date.fromisoformat(row["last"])),
        )
        for row in rows
    )


def _preview(edition: Edition, dataset: str, coverage: Sequence[Coverage]) -> list[Any]:
    """Show some figures of the first indicator, as the view for readers has them."""
    if not coverage:
        return []
    return edition.rows(
        "SELECT h.label AS indicator, a.label AS area, p.label AS period, b.label AS breakdown,"
        " o.value_text, c.label AS status FROM observations o"
        " JOIN indicator_heads h ON h.indicator = o.indicator JOIN areas a ON a.area = o.area"
        " JOIN periods p ON p.period = o.period JOIN breakdowns b ON b.breakdown = o.breakdown"
        " JOIN codes c ON c.code_list = 'status' AND c.code = o.status"
        " WHERE o.indicator = ? AND o.dataset = ? LIMIT ?",
        (coverage[0].indicator, dataset, _PREVIEW),
    )


def list_columns(edition: Edition, dataset: str) -> list[tuple[str, str, str, str]]:
    """List the columns of the dataset's CSV file: heading, name, meaning and type."""
    schema = load_model().tables["observations"]
    dimensions = edition.rows(
        "SELECT d.dimension, d.label, d.definition FROM dataset_dimensions x"
        " JOIN dimensions d ON d.dimension = x.dimension WHERE x.dataset = ? ORDER BY x.place",
        (dataset,),
    )
    out = [(field.name, field.title, field.description, field.type) for field in schema.fields]
    place = schema.field_names.index("period") + 1
    out[place:place] = [(row["dimension"], row["label"], row["definition"], "string") for row in dimensions]
    return out


def _sources(edition: Edition, dataset: str) -> list[Any]:
    """List the files that the dataset's figures were read from."""
    return edition.rows(
        "SELECT s.* FROM sources s WHERE s.source IN"
        " (SELECT DISTINCT o._source FROM observations o WHERE o.dataset = ?) ORDER BY s.source",
        (dataset,),
    )


def _sql(dataset: str) -> str:
    # Shown to be copied, not run here; a notation has no quotation marks.
    return f"select * from observations where dataset = '{dataset}' limit 100"  # noqa: S608


def _uses(edition: Edition, dataset: str, path: str) -> list[Use]:
    """Write out how to take the dataset with common tools."""
    address = f"{edition.base.rstrip('/')}{path}.csv"
    data_set = edition.uri("dataset", dataset)
    qb = load_model().prefixes["qb"]
    return [
        Use("Address of the CSV file", address),
        Use("curl", f"curl -O {address}"),
        Use("Python", f'import pandas\n\nfigures = pandas.read_csv("{address}", dtype={{"area": str}})'),
        Use("R", f'figures <- read.csv("{address}")'),
        Use("Google Sheets", f'=IMPORTDATA("{address}")'),
        Use("Excel", f"Data, From Web, then paste: {address}"),
        Use("SQL", _sql(dataset)),
        Use(
            "SPARQL",
            f"PREFIX qb: <{qb}>\nSELECT ?figure WHERE {{ ?figure qb:dataSet <{data_set}> }} LIMIT 100",
        ),
    ]


def datasets(edition: Edition, query: Mapping[str, str]) -> Page:  # noqa: ARG001
    """Make the list of datasets, by their publishers."""
    rows = edition.rows(
        "SELECT d.dataset, d.title, d.description, d.released_on, b.label AS publisher"
        " FROM datasets d JOIN bodies b ON b.body = d.publisher ORDER BY b.label, d.title"
    )
    publishers: dict[str, list[Any]] = {}
    for row in rows:
        publishers.setdefault(row["publisher"], []).append(row)
    frame = Frame(
        path="/datasets",
        title="Datasets",
        lede=f"{sentences.count(len(rows), 'dataset', 'datasets')}, each published again and again.",
        downloads=[Link("Every file of this edition", "/downloads")],
    )
    return make_page(edition, "datasets", frame, publishers=publishers)

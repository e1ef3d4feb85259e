"""The page of one figure: what it says, how it stands, where it came from, and how to cite it.

In:   one observation with its definition, place and source
Out:  the page; a figure without a value has one too, which says why
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.councils import find_spread
from api.pages.definitions import load_definitions
from api.pages.figures import AreaFigure, group_words
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.places import compared_tier, find_place, list_around
from api.pages.revisions import list_of_figure
from api.pages.rows import Fact, Value, name_period
from api.pages.series import OBSERVATIONS, Cell, list_series, read_observed
from api.things import read_observation

if TYPE_CHECKING:
    from api.edition import Edition


def observation(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of an observation: dataset, indicator, area, period and codes of a breakdown."""
    key = read_observation(notation)
    if key is None:
        return None
    dataset, indicator, area, period, breakdown = key
    row = edition.row(
        f"{OBSERVATIONS} WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.period = ?"
        " AND o.breakdown = ?",
        key,
    )
    place = find_place(edition, area)
    if row is None or place is None:
        return None
    definitions = load_definitions(edition)
    definition = definitions.get(indicator, row["version"])
    seen = read_observed(row, definition, place)
    label = edition.value("SELECT label FROM breakdowns WHERE breakdown = ?", (breakdown,))
    one = AreaFigure(
        definition,
        dataset,
        breakdown,
        group_words(label),
        place,
        # What came before stays in view; what came after does not change what this figure said.
        tuple(
            other
            for other in list_series(edition, definitions, place, indicator).get(
                (dataset, indicator, breakdown), (seen,)
            )
            if other.span.end_on <= seen.span.end_on
        ),
        definitions.steps[indicator],
    )
    tier = compared_tier(definition.tier, place.area_type)
    if tier is not None:
        cell = Cell(dataset, indicator, row["version"], period, breakdown)
        one = one.with_spread(find_spread(edition, cell, tier))
    path = address_of("observation", *notation)
    uri = edition.uri("observation", *notation)
    title = f"{one.label}: {place.name}, {sentences.period_words(seen.span)}"
    frame = Frame(
        path=path,
        title=title,
        lede=" ".join(one.sentences),
        crumbs=[
            Link(place.name, address_of("area", area)),
            Link(definition.label, address_of("indicator", indicator)),
        ],
        uri=uri,
        forms=LINKED_DATA,
        datasets=[dataset],
    )
    source = edition.row(
        "SELECT s.* FROM observations o JOIN sources s ON s.source = o._source"
        " WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.period = ? AND o.breakdown = ?",
        key,
    )
    number = edition.value(
        "SELECT o._row FROM observations o WHERE o.dataset = ? AND o.indicator = ? AND o.area = ?"
        " AND o.period = ? AND o.breakdown = ?",
        key,
    )
    kept = edition.row("SELECT * FROM datasets WHERE dataset = ?", (dataset,))
    assert kept is not None
    return make_page(
        edition,
        "observation",
        frame,
        one=one,
        seen=seen,
        facts=_facts(edition, one, key, row["value_text"], kept["title"]),
        source=source,
        row_number=number,
        dataset=kept,
        citation=f"{title}. {kept['attribution']} {edition.title}, edition {edition.name}. {uri}",
        others=_others(edition, key),
        earlier=list_of_figure(edition, "/".join(notation)),
        all_revisions=with_query("/revisions", figure="/".join(notation)),
        country=next(
            (p for p in list_around(edition, area) if p.area_type == "country"),
            None,
        ),
        compare=with_query("/compare", indicator=indicator, areas=area, period=period),
    )


def _facts(
    edition: Edition, one: AreaFigure, key: Sequence[str], value_text: str | None, title: str
) -> list[Fact]:
    """List everything that is published of a figure."""
    dataset, indicator, area, period, breakdown = key
    seen, definition = one.latest, one.definition
    unit = definition.unit
    status = edition.row("SELECT label FROM codes WHERE code_list = 'status' AND code = ?", (seen.status,))
    numbers: list[tuple[str, Any]] = [
        ("Counted on top", seen.numerator),
        ("Divided by", seen.denominator),
        ("Sample size", seen.sample_size),
    ]
    out = [
        Fact("Value as published", "", [Value(value_text if value_text is not None else "None")]),
        Fact("Unit", "", [Value(unit.label, address_of("code", "unit", unit.notation))]),
        Fact(
            "Status",
            "",
            [Value(status["label"] if status else seen.status, address_of("code", "status", seen.status))],
        ),
    ]
    if one.range_text:
        out.append(Fact("95% range", "", [Value(one.range_text)]))
    for name, number in numbers:
        if number is not None:
            text = sentences.number(sentences.exact(float(number)), 0 if number == int(number) else 2)
            out.append(Fact(name, "", [Value(text)]))
    out += [
        Fact("Area", "", [Value(one.place.label, address_of("area", area))]),
        Fact("Period", "", [name_period(edition, period)]),
        Fact(
            "Indicator",
            "",
            [Value(definition.label, address_of("indicator", indicator))],
        ),
        Fact(
            "Counted by version",
            "",
            [Value(definition.version, address_of("indicator", indicator, definition.version))],
        ),
    ]
    if breakdown:
        codes = [part.partition("=") for part in breakdown.split(";")]
        out.append(
            Fact(
                "Breakdown",
                "",
                [Value(one.breakdown_label, address_of("dimension", dimension)) for dimension, _, _ in codes],
            )
        )
    out.append(Fact("Dataset", "", [Value(title, address_of("dataset", dataset))]))
    if seen.note:
        out.append(Fact("Note", "", [Value(seen.note)]))
    return out


def _others(edition: Edition, key: Sequence[str]) -> list[tuple[str, str, str]]:
    """List the other groups of the same figure: name, value and address."""
    dataset, indicator, area, period, breakdown = key
    rows = edition.rows(
        "SELECT o.breakdown, b.label, o.value_text, o.status FROM observations o"
        " JOIN breakdowns b ON b.breakdown = o.breakdown"
        " WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.period = ? AND o.breakdown <> ?"
        " ORDER BY o.breakdown LIMIT 60",
        (dataset, indicator, area, period, breakdown),
    )
    return [
        (
            row["label"],
            row["value_text"] if row["value_text"] is not None else sentences.status_words(row["status"]),
            address_of(
                "observation",
                dataset,
                indicator,
                area,
                period,
                *(row["breakdown"].split(";") if row["breakdown"] else ()),
            ),
        )
        for row in rows
    ]

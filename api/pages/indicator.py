"""The page of one indicator, in use or of one version, and every council's figure as a table.

In:   the definition's row, its versions, the newest figures of a tier
Out:  the page; `period`, `tier`, `order` and `page` choose what the table shows
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api import sentences
from api.charts import Words, strip_chart
from api.crosswalk import list_matches
from api.pages.beside import Beside, list_beside
from api.pages.changes import feed_links
from api.pages.councils import CouncilRow, Period, in_order, list_periods, list_tier_rows, with_bars
from api.pages.definition_use import use_of
from api.pages.definitions import Definition, load_definitions, version_order
from api.pages.drawings import draw_lines, strip_of
from api.pages.embed import embed_code
from api.pages.figures import AreaFigure, list_area_figures
from api.pages.mapping import MapSection, draw_cell
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.pairings import list_derivations
from api.pages.places import COMPARED_TIERS, Place, list_around, tier_plain
from api.pages.schema_org import describe_indicator
from api.pages.target_rows import TargetRow, targets_of_cell
from api.successor import find_successor
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Rows of the table on one page.
ROWS = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """The figures of one period: the spread, the map, and a part of the table.

    rows  those of this page of the table; `count` is of all
    """

    period: Period
    tier: str
    plain: str
    strip: Markup | None
    sentence: str
    map: MapSection | None
    rows: Sequence[CouncilRow]
    count: int
    has_ranges: bool
    pages: Sequence[Link]
    page: int
    beside: Sequence[Beside] = ()
    targets: Mapping[str, Sequence[TargetRow]] = field(default_factory=dict)


def indicator(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:
    """Make the page of an indicator, or of one version of it ("v1.0.0" as second part)."""
    if not 1 <= len(notation) <= 2:
        return None
    definitions = load_definitions(edition)
    in_use = definitions.in_use.get(notation[0])
    if in_use is None:
        return None
    version = notation[1].removeprefix("v") if len(notation) == 2 else in_use.version
    definition = definitions.by_version.get((notation[0], version))
    if definition is None:
        return None
    row = edition.row(
        "SELECT * FROM indicators WHERE indicator = ? AND version = ?", (definition.indicator, version)
    )
    assert row is not None
    versions = edition.rows("SELECT * FROM indicators WHERE indicator = ?", (definition.indicator,))
    path = address_of("indicator", *notation)
    picture = look_at(edition, definition, path, query)
    country, lines = _country(edition, definition, picture)
    datasets = _datasets(edition, definition.indicator)
    labels = _labels(edition, row)
    downloads = [
        Link("All figures as CSV", _data(definition.indicator, "csv")),
        Link("All figures as JSON", _data(definition.indicator, "json")),
    ]
    uri = ("indicator", definition.indicator) + ((f"v{version}",) if len(notation) == 2 else ())
    frame = Frame(
        path=path,
        title=definition.label + (f", version {version}" if len(notation) == 2 else ""),
        lede=f"{definition.question} {definition.polarity_words}",
        crumbs=[
            Link("Indicators", "/indicators"),
            *(
                [Link(definition.label, address_of("indicator", definition.indicator))]
                if len(notation) == 2
                else []
            ),
        ],
        uri=edition.uri(*uri),
        forms=LINKED_DATA,
        downloads=downloads,
        datasets=[row["dataset"] for row in datasets],
        credits=picture.map.credits if picture and picture.map else (),
        feeds=feed_links(f"{address_of('indicator', definition.indicator)}/changes"),
    )
    return make_page(
        edition,
        "indicator",
        frame,
        definition=definition,
        row=row,
        successor=find_successor(edition, dict(row)),
        described=describe_indicator(edition, dict(row), [one["dataset"] for one in datasets]),
        labels=labels,
        themes=[definitions.themes[theme] for theme in definition.themes if theme in definitions.themes],
        versions=sorted(versions, key=lambda one: version_order(one["version"]), reverse=True),
        picture=picture,
        embed=embed_code(edition, definition.label, definition.indicator)
        if picture and picture.strip and not query.get("tier") and not query.get("period")
        else None,
        order=query.get("order", ""),
        country=country,
        lines=lines,
        periods=list_periods(edition, definition.indicator, picture.tier) if picture else [],
        tiers=[(tier, tier_plain(tier)) for tier in _tiers(edition, definition.indicator)],
        datasets=datasets,
        possible=_possible(definition, row),
        example=_worked_example(definition, row, picture),
        crosswalk=list_matches(edition, definition.indicator),
        derivations=list_derivations(edition, definitions, definition.indicator),
        uses=_uses(edition, definition.indicator),
        use=use_of(edition, definition, path, labels["owner"], downloads),
    )


def look_at(edition: Edition, definition: Definition, path: str, query: Mapping[str, str]) -> Picture | None:
    """Look at one period of a tier, the newest and the wide tier unless others are asked for."""
    tiers = _tiers(edition, definition.indicator)
    if not tiers:
        return None
    tier = query.get("tier", "") if query.get("tier") in tiers else tiers[0]
    periods = list_periods(edition, definition.indicator, tier)
    own = [one for one in periods if one.cell.version == definition.version] or periods
    period = next((one for one in own if one.cell.period == query.get("period")), own[0])
    every = list_tier_rows(edition, definition, period, tier)
    rows = in_order(every, query.get("order", ""))
    pages = (len(rows) + ROWS - 1) // ROWS
    wanted = query.get("page", "1")
    page = min(max(int(wanted), 1), pages) if wanted.isdecimal() and len(wanted) < 6 else 1
    start = (page - 1) * ROWS
    shown = with_bars(rows)[start : start + ROWS]
    spread = next((row.spread for row in every if row.spread is not None), None)
    strip, sentence = None, ""
    if spread is not None:
        sentence = sentences.spread_sentence(spread, definition.unit, definition.decimals)
        values = [row.value for row in every if row.value is not None and row.standing is not None]

        def write(value: Any) -> str:
            return sentences.short_figure(value, definition.unit, definition.decimals)

        words = Words("spread", f"{definition.label}, {period.words}", sentence)
        strip = strip_chart(words, strip_of(write, spread, values, None))
    parameters = {
        "period": query.get("period"),
        "tier": query.get("tier"),
        "order": query.get("order"),
    }
    return Picture(
        period,
        tier,
        tier_plain(tier),
        strip,
        sentence,
        draw_cell(edition, definition, period.cell, period.span, tier),
        shown,
        len(rows),
        any(row.range_text for row in shown),
        [
            Link(str(number), with_query(path, **parameters, page=str(number)) + "#every-council")
            for number in range(1, pages + 1)
        ]
        if pages > 1
        else [],
        page,
        list_beside(edition, definition, period.cell, tier),
        targets_of_cell(edition, period.cell),
    )


def _tiers(edition: Edition, indicator: str) -> list[str]:
    """List the tiers whose councils have figures, the wide one first."""
    rows = edition.rows("SELECT DISTINCT tier FROM distributions WHERE indicator = ?", (indicator,))
    found = {row["tier"] for row in rows}
    return [tier for tier in COMPARED_TIERS if tier in found]


def _country(
    edition: Edition, definition: Definition, picture: Picture | None
) -> tuple[AreaFigure | None, Markup | None]:
    """Find the figures of the country around the councils, and draw them."""
    if picture is None or not picture.rows:
        return None, None
    around = list_around(edition, picture.rows[0].place.area)
    country: Place | None = next((place for place in around if place.area_type == "country"), None)
    if country is None:
        return None, None
    figures = list_area_figures(edition, load_definitions(edition), country, indicator=definition.indicator)
    if not figures:
        return None, None
    return figures[0], draw_lines(figures[0], key="country-line", country="", similar="")


def _data(indicator: str, form: str) -> str:
    return with_query("/api/v1/observations", indicator=indicator, format=form)


def _labels(edition: Edition, row: Any) -> dict[str, str]:
    """Say the codes of a definition in words."""
    lists = load_model().code_lists
    out = {
        column: lists[code_list].code(row[column]).label
        for column, code_list in (
            ("polarity", "polarity"),
            ("evidence", "evidence"),
            ("frequency", "frequency"),
            ("period_kind", "period-kind"),
            ("tier", "tier"),
            ("status", "definition-status"),
        )
    }
    unit = edition.row("SELECT label FROM codes WHERE code_list = 'unit' AND code = ?", (row["unit"],))
    owner = edition.row("SELECT label FROM bodies WHERE body = ?", (row["owner"],))
    out["unit"] = unit["label"] if unit else row["unit"]
    out["owner"] = owner["label"] if owner else row["owner"]
    return out


def _datasets(edition: Edition, indicator: str) -> list[Any]:
    """List the datasets that have figures of an indicator."""
    return edition.rows(
        "SELECT dataset, title, released_on, next_release_on FROM datasets WHERE dataset IN"
        " (SELECT dataset FROM distributions WHERE indicator = ?"
        " UNION SELECT dataset FROM observations WHERE indicator = ?) ORDER BY title",
        (indicator, indicator),
    )


def _worked_example(definition: Definition, row: Any, picture: Picture | None) -> str:
    """Work a figure out from real numbers, where both parts are published; else nothing is said."""
    if picture is None or row["multiplier"] is None:
        return ""
    for one in picture.rows:
        seen = one.seen
        if seen is None or seen.value is None or seen.numerator is None or not seen.denominator:
            continue
        times = sentences.number(sentences.exact(row["multiplier"]), 0)
        above = sentences.number(seen.numerator, 0)
        below = sentences.number(seen.denominator, 0)
        result = sentences.figure(seen.value, definition.unit, definition.decimals)
        return f"{one.place.name}, {picture.period.words}: {above} ÷ {below} × {times} = {result}."
    return ""


def _possible(definition: Definition, row: Any) -> str:
    """Say between which values a figure can lie, where the definition says so."""
    ends = [row["lowest"], row["highest"]]
    told = [
        None if end is None else sentences.figure(sentences.exact(end), definition.unit, 0) for end in ends
    ]
    if told[0] and told[1]:
        return f"{told[0]} to {told[1]}"
    return f"{told[0]} or more" if told[0] else f"{told[1]} or less" if told[1] else ""


def _uses(edition: Edition, indicator: str) -> list[Link]:
    """List what uses an indicator: outcomes of plans, groups, targets."""
    rows = edition.rows(
        "SELECT 'outcome' AS kind, o.outcome AS notation, o.label AS label FROM outcome_indicators u"
        " JOIN outcomes o ON o.outcome = u.outcome WHERE u.indicator = :indicator"
        " UNION SELECT 'group', g.\"group\", g.label FROM group_inputs u"
        ' JOIN groups g ON g."group" = u."group" WHERE u.indicator = :indicator ORDER BY 1, 3',
        {"indicator": indicator},
    )
    out = [Link(row["label"], address_of(row["kind"], row["notation"])) for row in rows]
    targets = edition.value("SELECT count(*) FROM targets WHERE indicator = ?", (indicator,))
    if targets:
        told = sentences.count(targets, "target", "targets")
        out.append(Link(told, with_query("/targets", indicator=indicator)))
    return out

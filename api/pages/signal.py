"""The page that explains one signal: what was found, by which rule, in which figures, and what was done.

In:   a row of the table signals, the series it is about, what stands for the peers, responses
Out:  the page, in words a resident reads
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from api import charts, sentences
from api.pages.definitions import Definition, load_definitions
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.rows import find_named
from api.pages.series import load_periods
from api.pages.signal_lists import Asked, Told, feed_links, find_told, has_register

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One figure of the series. `is_inside` is whether the signal was open at its period."""

    period: str
    short: str
    address: str
    text: str
    range_text: str
    peers_text: str
    status_text: str
    is_inside: bool
    on: dt.date
    value: float | None
    peers: float | None
    is_break: bool


def list_responses(
    edition: Edition, column: Literal["signal", "judgement"], notation: str
) -> list[dict[str, Any]]:
    """List what was done about a signal or a judgement, the first first."""
    rows = edition.rows(
        "SELECT r.*, b.label AS body_label, c.label AS rung_label FROM responses r"
        " JOIN bodies b ON b.body = r.body"
        " LEFT JOIN codes c ON c.code_list = 'rung' AND c.code = r.rung"
        " WHERE (:column = 'signal' AND r.signal = :notation) OR (:column = 'judgement' AND r.judgement = :notation)"
        " ORDER BY r.responded_on, r.response",
        {"column": column, "notation": notation},
    )
    return [dict(row) for row in rows]


def signal(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a signal."""
    if not has_register(edition):
        return None
    row = find_named(edition, "signals", notation)
    told = None if row is None else find_told(edition, row["signal"])
    if row is None or told is None:
        return None
    rule = edition.row(
        "SELECT r.*, c.chance_per_thousand, c.newest_checks, c.open_signals, c.expected_open FROM signal_rules r"
        " LEFT JOIN signal_counts c ON c.rule = r.rule AND c.version = r.version"
        " WHERE r.rule = ? AND r.version = ?",
        (row["rule"], row["rule_version"]),
    )
    parameters = edition.rows(
        "SELECT p.value, n.label AS parameter, n.definition, u.label AS unit FROM signal_parameters p"
        " JOIN codes n ON n.code_list = 'signal-parameter' AND n.code = p.parameter"
        " JOIN codes u ON u.code_list = 'signal-unit' AND u.code = p.unit"
        " WHERE p.rule = ? AND p.version = ? ORDER BY n.sort_order",
        (row["rule"], row["rule_version"]),
    )
    has_series = row["area"] is not None and row["indicator"] is not None
    definition = load_definitions(edition).get(row["indicator"], row["version"]) if row["indicator"] else None
    series = list_series(edition, row, definition) if has_series and definition else []
    frame = Frame(
        path=address_of("signal", row["signal"]),
        title=told.title,
        lede=f"{told.state} {told.reply_words}.",
        crumbs=[
            Link("Early warnings", "/signals"),
            Link(told.rule_label, address_of("signal-rule", row["rule"])),
        ],
        uri=edition.uri("signal", row["signal"]),
        forms=LINKED_DATA,
        datasets=[row["dataset"]] if row["dataset"] else (),
        feeds=feed_links(Asked(area=row["area"]) if row["area"] else Asked(body=row["body"] or "")),
    )
    return make_page(
        edition,
        "signal",
        frame,
        row=row,
        told=told,
        rule=rule,
        parameters=parameters,
        series=series,
        chart=_draw(told, series, definition) if definition else None,
        has_peers=any(one.peers is not None for one in series),
        others=_others(edition, row),
        responses=list_responses(edition, "signal", row["signal"]),
        judgements=_judgements(row),
        dataset=find_named(edition, "datasets", (row["dataset"],)) if row["dataset"] else None,
        definition=definition,
        compare=with_query("/compare", indicator=row["indicator"], areas=row["area"]) if has_series else "",
    )


def list_series(edition: Edition, row: Any, definition: Definition) -> list[SeriesRow]:
    """List the figures of the series that a signal is about, oldest first, beside what stands for the peers."""
    rows = edition.rows(
        "SELECT o.period, o.version, o.value, o.status, o.lower_limit, o.upper_limit, max(c.value) AS peers"
        " FROM observations o JOIN areas a ON a.area = o.area JOIN periods p ON p.period = o.period"
        " LEFT JOIN comparators c ON c.dataset = o.dataset AND c.indicator = o.indicator AND c.version = o.version"
        " AND c.period = o.period AND c.breakdown = o.breakdown AND c.kind = 'area-type'"
        " AND c.comparator = a.area_type"
        " WHERE o.area = :area AND o.indicator = :indicator AND o.dataset = :dataset"
        " AND o.breakdown = coalesce(:breakdown, '') GROUP BY o.period, o.version ORDER BY p.start_on",
        {name: row[name] for name in ("area", "indicator", "dataset", "breakdown")},
    )
    spans = {notation: known.span for notation, known in load_periods(edition).items()}
    first, last = (spans[row[name]].start_on for name in ("period", "newest_period"))
    parts = row["breakdown"].split(";") if row["breakdown"] else []
    out = []
    for one in rows:
        span = spans[one["period"]]
        has_range = one["lower_limit"] is not None and one["upper_limit"] is not None
        low, high = (
            sentences.exact(one[name]) if has_range else Decimal(0) for name in ("lower_limit", "upper_limit")
        )
        out.append(
            SeriesRow(
                sentences.period_words(span),
                sentences.period_short(span),
                address_of(
                    "observation", row["dataset"], row["indicator"], row["area"], one["period"], *parts
                ),
                _written(one["value"], definition) if one["value"] is not None else "",
                sentences.range_words(low, high, definition.unit, definition.decimals) if has_range else "",
                _written(one["peers"], definition) if one["peers"] is not None else "",
                sentences.status_words(one["status"]),
                first <= span.start_on <= last and one["value"] is not None,
                span.start_on,
                one["value"],
                one["peers"],
                one["status"] == "break",
            )
        )
    return out


def _written(value: float, definition: Definition) -> str:
    return sentences.figure(sentences.exact(value), definition.unit, definition.decimals)


def _draw(told: Told, series: Sequence[SeriesRow], definition: Definition) -> Markup | None:
    """Draw the series and that of the peers; None with fewer than two figures."""
    known = [one for one in series if one.value is not None]
    if len(known) < 2:
        return None

    def write(value: float, decimals: int) -> str:
        return sentences.figure(sentences.exact(value), definition.unit, decimals)

    here = [
        charts.Point(one.on, one.short, one.value, joined=not one.is_break, marked=one.is_inside)
        for one in series
    ]
    drawn = [charts.Series("here", told.whom if len(told.whom) <= 16 else "This council", here)]
    if any(one.peers is not None for one in series):
        peers = [charts.Point(one.on, one.short, one.peers, joined=not one.is_break) for one in series]
        drawn.append(charts.Series("country", "Same type", peers))
    breaks = [one.on for one in known[1:] if one.is_break]
    finding = f"{told.whom}: {known[0].text} in {known[0].period}, {known[-1].text} in {known[-1].period}."
    described = "Rings mark the periods at which the signal was open. The table below has every figure."
    return charts.line_chart(
        charts.Words("signal", finding, described), drawn, charts.Axis(write, breaks=breaks)
    )


def _others(edition: Edition, row: Any) -> list[tuple[str, str]]:
    """List other signals of the same rule and series, or of other rules about the same series, newest first."""
    if row["indicator"] is None:
        return []
    rows = edition.rows(
        "SELECT signal FROM signals WHERE indicator = :indicator AND area IS :area AND dataset IS :dataset"
        " AND breakdown IS :breakdown AND signal <> :signal ORDER BY opened_on DESC, signal LIMIT 20",
        {name: row[name] for name in ("indicator", "area", "dataset", "breakdown", "signal")},
    )
    told = [find_told(edition, other["signal"]) for other in rows]
    return [(f"{one.rule_label}: {one.state}", one.address) for one in told if one is not None]


def _judgements(row: Any) -> list[tuple[str, str]]:
    """Name the judgements that opened a signal and that it fired at last."""
    found: list[tuple[str, str]] = []
    for words, column in (
        ("It opened with this judgement", "judgement"),
        ("The newest one", "newest_judgement"),
    ):
        name = row[column]
        if name and address_of("judgement", name) not in [address for _, address in found]:
            found.append((words, address_of("judgement", name)))
    return found

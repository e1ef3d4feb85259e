"""Figures restated on an area of today, as its page shows them: beside its own, and marked.

In:   the restated figures of one area
Out:  Restated, by series, oldest first; rows of those indicators that the area has no figure of its own for
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api import restated
from api.pages.definitions import Definition, Definitions
from api.pages.page import Link, address_of
from api.pages.places import Place, find_places
from api.pages.series import Observed, SeriesKey, read_observed
from api.sentences import figure, listed, period_words, status_words

if TYPE_CHECKING:
    from api.edition import Edition

# Indicators that an area has only restated figures of, at most on its page.
_MOST_ONLY = 60


@dataclass(frozen=True, slots=True)
class Restated:
    """One restated figure.

    words   how it was put together, or why it was not; `links` lead to the figures it was made from, and `more`
            says how many of the earlier areas have one, and the status it carries
    """

    seen: Observed
    words: str
    links: Sequence[Link]
    more: str


@dataclass(frozen=True, slots=True)
class OnlyRestated:
    """The newest restated figure of an indicator that an area has no figure of its own for."""

    definition: Definition
    breakdown: str
    period: str
    text: str
    one: Restated


def list_restated_series(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None = None
) -> dict[SeriesKey, tuple[Restated, ...]]:
    """List the restated figures of an area by dataset, indicator and breakdown, oldest first.

    Those of all indicators are kept for the edition: few areas have any, and their pages need them twice.
    """
    if not restated.has_restated(edition, place.area):
        return {}
    if indicator is not None:
        return _read_restated(edition, definitions, place, indicator)
    return edition.once(
        ("restated", place.area), lambda: _read_restated(edition, definitions, place, indicator)
    )


def _read_restated(
    edition: Edition, definitions: Definitions, place: Place, indicator: str | None
) -> dict[SeriesKey, tuple[Restated, ...]]:
    items = restated.list_restated(edition, place.area, indicator)
    periods = {
        row["period"]: row for row in edition.rows("SELECT period, kind, start_on, end_on FROM periods")
    }
    codes = {code for item in items for code in (*item["predecessors"], *item["missing_predecessors"])}
    places = find_places(edition, codes)
    out: dict[SeriesKey, list[Restated]] = {}
    for item in items:
        period = periods[item["period"]]
        row = item | {"period_kind": period["kind"], "sample_size": None, "note": None}
        row |= {"start_on": period["start_on"], "end_on": period["end_on"]}
        # A page rounds to its own decimals: from a value that is rounded already it could come out wrong.
        if item["method"] == "rebuilt-rate" and item["value"] is not None:
            row["value_text"] = repr(item["value"])
        seen = read_observed(row, definitions.get(item["indicator"], item["version"]), place)
        figure_said = replace(seen.figure, restated=item["method"])
        key = (item["dataset"], item["indicator"], item["breakdown"])
        out.setdefault(key, []).append(_say(replace(seen, figure=figure_said), item, places, place.name))
    return {key: tuple(listed) for key, listed in out.items()}


_WORDS = {
    "same-boundary": "Restated: same boundary, published for",
    "sum": "Restated: summed from",
    "rebuilt-rate": "Restated: worked out again from",
}
_GAPS = {
    "predecessor-missing": "Not restated, as no figure can be used for {}. Figures:",
    "parts-disagree": "Not restated, as the parts that were published do not make the rate. Figures:",
    "zero-denominator": "Not restated, as there is nothing to divide by. Figures:",
}


def _say(seen: Observed, item: restated.Row, places: Mapping[str, Place], own: str) -> Restated:
    def name(code: str) -> str:
        if code not in places:
            return code
        # A county and the council that followed it may have one name.
        return f"{places[code].name} ({code})" if places[code].name == own else places[code].name

    parts = item["breakdown"].split(";") if item["breakdown"] else ()
    links = [
        Link(
            name(code),
            address_of("observation", item["dataset"], item["indicator"], code, item["period"], *parts),
        )
        for code in item["predecessors"]
    ]
    if item["gap"] is not None:
        words = _GAPS[item["gap"]].format(listed([name(code) for code in item["missing_predecessors"]]))
    else:
        words = _WORDS[item["method"]]
    more = []
    if item["predecessor_count"] > 1:
        more.append(f"{item['known_count']} of {item['predecessor_count']} earlier areas")
    if item["gap"] is None and status_words(item["status"]):
        more.append(status_words(item["status"]))
    return Restated(seen, words, links, ". ".join(more))


def list_only_restated(
    edition: Edition, definitions: Definitions, place: Place, own: Container[str]
) -> list[OnlyRestated]:
    """List the newest restated figure of each indicator that is not among the area's own, by name."""
    labels = {
        row["breakdown"]: row["label"] for row in edition.rows("SELECT breakdown, label FROM breakdowns")
    }
    newest: dict[str, OnlyRestated] = {}
    found = list_restated_series(edition, definitions, place)
    for (_, indicator, breakdown), series in sorted(found.items(), key=lambda pair: (pair[0][2], pair[0])):
        known = [one for one in series if one.seen.value is not None]
        if indicator in own or indicator in newest or not known:
            continue
        value, version = known[-1].seen.value, known[-1].seen.figure.version
        assert value is not None
        definition = definitions.get(indicator, version)
        newest[indicator] = OnlyRestated(
            definition,
            labels[breakdown] if breakdown else "",
            period_words(known[-1].seen.span),
            figure(value, definition.unit, definition.decimals),
            known[-1],
        )
    return sorted(newest.values(), key=lambda one: one.definition.label)[:_MOST_ONLY]

"""An area's profile and the verdict on two figures, as plain values for programs.

In:   an edition, an area's code, or the keys of two figures
Out:  what the area's page shows in its summary table, as rows; a verdict

Everything is worked out by the functions behind the pages (api/pages/figures.py) and by compare; nothing is
decided here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.crosswalk import find_declared
from api.edition import Edition
from api.pages.area import look_around
from api.pages.definitions import load_definitions
from api.pages.extensions import find_standard
from api.pages.figures import AreaFigure, list_area_figures
from api.pages.places import compared_tier, find_place
from api.pages.series import Observed, read_observed
from api.things import observation_notation
from compare import Verdict, verdict

Key = tuple[str, str, str, str, str]

PROFILE_FIELDS = (
    "dataset",
    "indicator",
    "indicator_label",
    "version",
    "theme",
    "evidence",
    "polarity",
    "unit",
    "breakdown",
    "period",
    "period_label",
    "value",
    "value_text",
    "status",
    "lower_limit",
    "upper_limit",
    "limit_method",
    "tier",
    "tier_median",
    "tier_count",
    "standing",
    "similar_median",
    "similar_count",
    "country_value",
    "earlier_period",
    "earlier_value",
    "change",
    "change_amount",
    "change_verdict",
    "uri",
)


def list_profile(edition: Edition, area: str) -> list[dict[str, Any]]:
    """List the newest figures of an area, each with what it is held against; PROFILE_FIELDS in each row."""
    place = find_place(edition, area)
    if place is None:
        return []
    around = look_around(edition, place)
    country = around.country if around.country != place else None
    members = around.similar.members if around.similar else ()
    figures = list_area_figures(edition, load_definitions(edition), place, country, members)
    return [_profile_row(edition, one) for one in figures]


def _profile_row(edition: Edition, one: AreaFigure) -> dict[str, Any]:
    definition, newest = one.definition, one.latest.figure
    middle = one.similar_now
    country = one.country_now if one.compares_with_country else None
    key = {
        "dataset": one.dataset,
        "indicator": definition.indicator,
        "area": one.place.area,
        "period": newest.period,
        "breakdown": one.breakdown,
    }
    return {
        "dataset": one.dataset,
        "indicator": definition.indicator,
        "indicator_label": definition.label,
        "version": definition.version,
        "theme": definition.themes[0] if definition.themes else None,
        "evidence": definition.evidence,
        "polarity": definition.polarity,
        "unit": newest.unit,
        "breakdown": one.breakdown,
        "period": newest.period,
        "period_label": one.latest.span.label,
        "value": _number(newest.value),
        "value_text": None if newest.value is None else str(newest.value),
        "status": newest.status,
        "lower_limit": _number(newest.lower_limit),
        "upper_limit": _number(newest.upper_limit),
        "limit_method": one.latest.limit_method,
        "tier": compared_tier(definition.tier, one.place.area_type),
        "tier_median": _number(one.spread.median) if one.spread else None,
        "tier_count": one.spread.area_count if one.spread else None,
        "standing": one.standing.direction if one.standing else None,
        "similar_median": _number(middle.value) if middle else None,
        "similar_count": middle.among if middle else None,
        "country_value": _number(country.value) if country else None,
        "earlier_period": one.earlier.figure.period if one.earlier else None,
        "earlier_value": _number(one.earlier.value) if one.earlier else None,
        "change": one.change.direction if one.change else None,
        "change_amount": _number(one.change.amount) if one.change else None,
        "change_verdict": one.verdict.level.notation if one.verdict else None,
        "uri": edition.uri("observation", *observation_notation(key)),
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def decide(edition: Edition, a: Key, b: Key) -> Verdict:
    """Decide whether two figures, which exist, may be compared.

    a, b    dataset, indicator, area, period and breakdown
    """
    definitions = load_definitions(edition)
    one, other = _observed(edition, a), _observed(edition, b)
    breaks = [day for key in (a, b) for day in _breaks(edition, key)]
    standard, extension = one.figure.indicator, None
    if one.figure.indicator != other.figure.indicator:
        (first, by), (second, other_by) = (
            find_standard(edition, seen.figure.indicator, seen.figure.version) for seen in (one, other)
        )
        if first == second:
            standard, extension = first, (by, other_by)
    return verdict(
        one.figure,
        other.figure,
        steps=definitions.steps[standard],
        crosswalk=find_declared(edition, one.figure.indicator, other.figure.indicator),
        extension=extension,
        breaks=breaks,
    )


def _observed(edition: Edition, key: Key) -> Observed:
    row = edition.row(
        "SELECT o.*, p.label AS period_label, p.kind AS period_kind, p.start_on, p.end_on"
        " FROM observations AS o JOIN periods AS p ON p.period = o.period"
        " WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.period = ? AND o.breakdown = ?",
        key,
    )
    place = find_place(edition, key[2])
    if row is None or place is None:
        raise KeyError(key)
    return read_observed(row, load_definitions(edition).get(row["indicator"], row["version"]), place)


def _breaks(edition: Edition, key: Key) -> Sequence[dt.date]:
    """Find the first days of periods from which an area's figures were counted differently."""
    dataset, indicator, area, _, breakdown = key
    rows = edition.rows(
        "SELECT p.start_on FROM observations AS o JOIN periods AS p ON p.period = o.period"
        " WHERE o.dataset = ? AND o.indicator = ? AND o.area = ? AND o.breakdown = ? AND o.status = 'break'",
        (dataset, indicator, area, breakdown),
    )
    return [dt.date.fromisoformat(row[0]) for row in rows]

"""An area's profile as plain values for programs.

In:   an edition, an area's code
Out:  what the area's page shows in its summary table, as rows

Everything is worked out by the functions behind the pages (api/pages/figures.py) and by compare; nothing is
decided here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.edition import Edition
from api.pages.area import look_around
from api.pages.definitions import load_definitions
from api.pages.figures import AreaFigure, list_area_figures
from api.pages.places import compared_tier, find_place
from api.things import observation_notation
from compare import reason_codes

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
    "change_reasons",
    "country_verdict",
    "country_reasons",
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
        "change_reasons": list(reason_codes(one.verdict)),
        "country_verdict": one.country_verdict.level.notation if one.country_verdict else None,
        "country_reasons": list(reason_codes(one.country_verdict)),
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)

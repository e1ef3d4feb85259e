"""A code or name of an area that is not known, and which areas may be meant.

In:   what a visitor wrote for an area
Out:  a failure with the areas of the nearest codes and names; several where a name is that of several
"""

from __future__ import annotations

from typing import Any

from api.edition import Edition
from api.failures import Failure
from api.search import Hit, find_hits, find_spellings, load_names, plain
from ingest.problems import find_nearest, shown

_MOST = 5


def unknown_area(edition: Edition, text: str, parameter: str = "area") -> Failure:
    """Refuse an area that is not known by this code, with those that may be meant.

    A name is never taken for a code: two areas may have it, and one of them may have ended.
    """
    nearest = find_nearest(text, _codes(edition))
    detail = f"There is no area '{shown(text)}' in this edition."
    if nearest is not None:
        hits = [hit for hit in load_names(edition).hits[plain(nearest)] if hit.notation == nearest]
        detail += f" Closest: {_words(hits[0])}."
    else:
        hits = find_hits(edition, text, ("area",), _MOST)
        hits = hits or [hit for hit in find_spellings(edition, text, _MOST) if hit.kind == "area"]
        nearest = hits[0].notation if hits else None
        perhaps = "; ".join(map(_words, hits))
        detail += f" An area is named by its code. Perhaps: {perhaps}." if hits else ""
    problem = {"parameter": parameter, "detail": detail, "nearest": nearest}
    suggestions = [_item(hit) for hit in hits]
    return Failure("thing-unknown", detail, problems=[problem], suggestions=suggestions, nearest=nearest)


def _codes(edition: Edition) -> list[str]:
    sql = "SELECT area FROM areas"
    return edition.once(("list", sql), lambda: [row[0] for row in edition.rows(sql)])


def _words(hit: Hit) -> str:
    return f"{hit.label} ({hit.notation}{'' if hit.is_current else ', ended'})"


def _item(hit: Hit) -> dict[str, Any]:
    return {"area": hit.notation, "label": hit.label, "is_current": hit.is_current}

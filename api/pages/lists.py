"""The list of areas, which people start from, by kind and region.

In:   filters, as a visitor wrote them
Out:  a page with a form; what is not known is passed over
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.page import Frame, Link, Page, make_page, with_query
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Councils first, then what lies around them; small areas are reached from their council's page.
_ORDER = (
    "london-borough",
    "metropolitan-district",
    "unitary",
    "county",
    "district",
    "combined-authority",
    "region",
    "country",
)


# There are tens of thousands of these; they are listed only where they are asked for.
SMALL = frozenset({"lsoa", "msoa", "ward", "neighbourhood"})
_MOST = 2000


@dataclass(frozen=True, slots=True)
class AreaGroup:
    """Areas of one kind in one region."""

    region: str
    areas: list[Any]


def areas(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the list of areas; `type`, `region` and `ended` narrow it."""
    types = load_model().code_lists["area-type"].codes
    wanted = query.get("type", "")
    hidden = sorted(SMALL - {wanted})
    rows = edition.rows(
        # Only question marks are put into the statement.
        "SELECT a.area, coalesce(a.everyday_label, a.label) AS name, a.area_type, a.end_on FROM areas a"  # noqa: S608
        f" WHERE a.area_type NOT IN ({','.join('?' * len(hidden))}) ORDER BY name, a.area LIMIT {_MOST}",
        hidden,
    )
    region_of = _regions(edition)
    with_ended = query.get("ended") == "yes"
    region = query.get("region", "")
    known = {row["area_type"] for row in edition.rows("SELECT DISTINCT area_type FROM areas")}
    kinds = [code for code in types if code.code in known]
    kinds.sort(key=lambda code: _ORDER.index(code.code) if code.code in _ORDER else len(_ORDER))
    names = {row["area"]: row["name"] for row in rows}
    sections = []
    count = 0
    for kind in kinds:
        if wanted and kind.code != wanted:
            continue
        inside: dict[str, list[Any]] = {}
        for row in rows:
            if row["area_type"] != kind.code or (row["end_on"] is not None and not with_ended):
                continue
            own = region_of.get(row["area"], "")
            if region and own != region:
                continue
            inside.setdefault(names.get(own, ""), []).append(row)
        count += sum(map(len, inside.values()))
        if inside:
            # A kind with few areas needs no regions.
            if sum(map(len, inside.values())) <= 40:
                every = [row for listed in inside.values() for row in listed]
                inside = {"": sorted(every, key=lambda row: row["name"])}
            groups = [AreaGroup(name, inside[name]) for name in sorted(inside)]
            sections.append((kind.more["plural"], kind.code, groups))
    frame = Frame(
        path=with_query("/areas", type=wanted, region=region, ended="yes" if with_ended else None),
        title="Areas",
        lede=f"{sentences.count(count, 'area', 'areas')}. Pick a council to see how services do there.",
        downloads=[Link("Areas as CSV", "/areas.csv"), Link("Areas as JSON", "/areas.json")],
    )
    regions = sorted({(names[one], one) for one in set(region_of.values()) if one in names})
    return make_page(
        edition,
        "areas",
        frame,
        sections=sections,
        kinds=kinds,
        regions=regions,
        wanted=wanted,
        region=region,
        with_ended=with_ended,
    )


def _regions(edition: Edition) -> dict[str, str]:
    """Find the region that each area lies in by who governs what, however far up."""
    rows = edition.rows(
        "SELECT p.area, p.parent, a.area_type FROM area_parents p JOIN areas a ON a.area = p.parent"
        " WHERE p.hierarchy = 'administrative' ORDER BY p.end_on IS NOT NULL DESC, p.end_on, p.start_on"
    )
    parents = {row["area"]: (row["parent"], row["area_type"]) for row in rows}
    out = {}
    for area in parents:
        here, seen = area, set()
        while here in parents and here not in seen:
            seen.add(here)
            here, kind = parents[here]
            if kind == "region":
                out[area] = here
                break
    return out

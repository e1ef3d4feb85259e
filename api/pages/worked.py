"""The page of worked examples, about things that the edition has, and each example as a file.

In:   schemas/worked/, an edition
Out:  the page; the text of one file
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from api.pages.page import Frame, Link, Page, make_page
from schemas.worked import Worked, load_worked

if TYPE_CHECKING:
    from api.edition import Edition

_HAS = (
    "SELECT count(*) FROM observations WHERE dataset = ? AND indicator = ? AND area = ? AND breakdown = ''"
    " AND period IN (?, ?)"
)

# A dataset's figures of one indicator for an area, the longest series first, and its newest and oldest period.
_OTHER = (
    "SELECT o.dataset, o.indicator, o.area, max(o.period) AS period, min(o.period) AS earlier"
    " FROM observations AS o WHERE o.breakdown = '' AND o.area = (SELECT area FROM observation_areas"
    " JOIN areas USING (area) WHERE end_on IS NULL AND area_type <> 'country' ORDER BY area LIMIT 1)"
    " GROUP BY o.dataset, o.indicator, o.area ORDER BY count(*) DESC, o.dataset, o.indicator LIMIT 1"
)


def find_stand_ins(edition: Edition) -> Mapping[str, str]:
    """Find what examples can be about: as they are written where the edition has that, or else something it has."""
    written = load_worked().stand_in
    names = ("dataset", "indicator", "area", "period", "earlier")
    base = {"base": edition.base}
    if edition.value(_HAS, [written[name] for name in names]) == 2:
        return base
    row = edition.row(_OTHER)
    return base if row is None else base | {name: str(row[name]) for name in names}


def read_worked(edition: Edition) -> Worked:
    """Give the examples about this edition."""
    return edition.once("worked", lambda: load_worked().about(find_stand_ins(edition)))


def worked_examples(edition: Edition) -> Page:
    """Make the page of all examples, tool by tool."""
    frame = Frame(
        path="/api/examples",
        title="Worked examples",
        lede="The same tasks with curl, Python, R, Excel, Google Sheets, SPARQL and SQL. Each can be copied and run as"
        " it stands.",
        crumbs=[Link("API", "/api")],
    )
    return make_page(edition, "worked", frame, worked=read_worked(edition))

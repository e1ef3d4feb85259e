"""What came before and after an area or a body, as notices on its page, both ways and with links.

In:   the changes of areas and of bodies
Out:  Notice: a sentence, and the areas or bodies that it leads to

An area is ground and a body is a council: each has notices of its own kind only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.page import Link, address_of
from api.pages.places import Place, list_changes, read_date

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about an area or a body that changed, and where it leads."""

    text: str
    links: Sequence[Link]
    order: str | None = None


# What is said of earlier areas, by what happened to them, in the order in which it is said.
_EARLIER: Mapping[str, str] = {
    "merged": "On {day} this area took the place of:",
    "recoded": "On {day} this area got a new code. The earlier one, for the same ground:",
    "renamed": "On {day} this area got a new name. The earlier one:",
    "split": "On {day} it took over a part of:",
    "boundary-moved": "On {day} its boundary moved. Ground came from:",
}


def write_notices(edition: Edition, place: Place) -> list[Notice]:
    """Say when an area began or ended, what came before and after, and where ground went."""
    changes = list_changes(edition, place.area)
    later = [row for row in changes if row["from_area"] == place.area != row["to_area"]]
    earlier = [row for row in changes if row["to_area"] == place.area]
    out = []
    if place.end_on is not None:
        heirs = [Link(row["to_label"], address_of("area", row["to_area"])) for row in later]
        text = f"This area ended on {sentences.day(place.end_on)}."
        if heirs:
            text += " Its place was taken by:"
        out.append(Notice(text, heirs, later[0]["legal_order"] if later else None))
    else:
        for day, rows in _by_day(later):
            links = [Link(row["to_label"], address_of("area", row["to_area"])) for row in rows]
            out.append(Notice(f"On {day} ground of this area went to:", links, rows[0]["legal_order"]))
    for day, rows in _by_day(earlier):
        kinds = {row["change"] for row in rows}
        # Where districts and the county over them gave way to one council, it took the place of them all.
        joined = {"merged", "recoded", "renamed"} if "merged" in kinds else set()
        for kind, text in _EARLIER.items():
            told = [row for row in rows if _kind(row, joined) == kind]
            links = [
                Link(row["from_label"], address_of("area", row["from_area"]))
                for row in told
                if row["from_area"] != place.area
            ]
            if links:
                out.append(Notice(text.format(day=day), links, told[0]["legal_order"]))
            elif told:
                out.append(Notice(f"On {day} this area got the name it has now.", (), told[0]["legal_order"]))
    return out


def _kind(row: Any, joined: Iterable[str]) -> str:
    return "merged" if row["change"] in joined else row["change"]


def _by_day(rows: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Put changes of one day together, the newest first, with the day in words."""
    for on in sorted({row["changed_on"] for row in rows}, reverse=True):
        day = sentences.day(dt.date.fromisoformat(on))
        yield day, [row for row in rows if row["changed_on"] == on]


def write_body_notices(edition: Edition, body: str, ended_on: str | None) -> list[Notice]:
    """Say which bodies a body followed, and which followed it."""
    rows = edition.rows(
        "SELECT c.from_body, c.to_body, c.changed_on, c.legal_order,"
        " coalesce(f.everyday_label, f.label) AS from_label, coalesce(t.everyday_label, t.label) AS to_label"
        " FROM body_changes c JOIN bodies f ON f.body = c.from_body JOIN bodies t ON t.body = c.to_body"
        " WHERE (c.from_body = ?1 OR c.to_body = ?1) AND c.from_body <> c.to_body"
        " ORDER BY c.changed_on DESC, from_label, to_label",
        (body,),
    )
    later = [row for row in rows if row["from_body"] == body]
    earlier = [row for row in rows if row["to_body"] == body]
    out = []
    end = read_date(ended_on)
    if end is not None and not later:
        out.append(Notice(f"This body ended on {sentences.day(end)}.", ()))
    for day, told in _by_day(later):
        links = [Link(row["to_label"], address_of("body", row["to_body"])) for row in told]
        text = f"On {day} these bodies took on its duties:"
        if end is not None:
            text = f"This body ended on {sentences.day(end)}. Its duties passed to:"
        out.append(Notice(text, links, told[0]["legal_order"]))
    for day, told in _by_day(earlier):
        links = [Link(row["from_label"], address_of("body", row["from_body"])) for row in told]
        out.append(Notice(f"On {day} this body took on the duties of:", links, told[0]["legal_order"]))
    return out

"""What an area is also called: alternative and former names, and further names in other languages.

In:   an edition and an area's code
Out:  names with what there is to say of each
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.languages import name_of

if TYPE_CHECKING:
    from api.edition import Edition

_MOST_NAMES = 50


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name; `note` says of which kind or language it is, where that is to be said."""

    name: str
    language: str | None
    note: str


def list_other_names(edition: Edition, area: str) -> list[OtherName]:
    """List the names of an area in the table area_names, by kind."""
    rows = edition.rows(
        "SELECT name, name_type, language FROM area_names WHERE area = ? ORDER BY name_type, name LIMIT ?",
        (area, _MOST_NAMES),
    )
    return [OtherName(row["name"], row["language"], _note(row["name_type"], row["language"])) for row in rows]


def _note(name_type: str, language: str | None) -> str:
    told = ["former name"] if name_type == "former" else []
    return ", ".join([*told, name_of(language)] if language else told)

"""Where a postcode lies, as an edition knows the places.

In:   a text from a search
Out:  Located: today's councils it lies in or touches, and the places around them; None if it is no postcode
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.edition import Edition
from api.pages.places import Place, find_places, list_around
from api.postcodes import Postcode, find_council, outward_codes, read_postcode


@dataclass(frozen=True, slots=True)
class Located:
    """What is known of a postcode.

    certainty   "lies-in": the councils are those of the whole postcode. "touches": those of its first half
    is_missing  the directory is installed and does not have it
    councils    each with the places around it, nearest first; empty if the edition knows none
    """

    postcode: Postcode
    certainty: str
    is_missing: bool
    has_directory: bool
    councils: Sequence[tuple[Place, Sequence[Place]]]

    @property
    def sentences(self) -> list[str]:
        """Say where it lies, or why that is not known."""
        postcode = self.postcode
        if postcode.is_northern_irish:
            return [
                "Postcodes of Northern Ireland cannot be looked up here: their licence does not permit it."
            ]
        out = []
        names = [place.name for place, _ in self.councils]
        if self.is_missing:
            out.append(f"{postcode.text} is not in the directory of postcodes.")
        if postcode.is_whole and not self.has_directory:
            out.append("This site has no directory of whole postcodes, so only the first half was looked up.")
        if not names:
            out.append(f"No council that this site knows has postcodes that begin with {postcode.outward}.")
        elif self.certainty == "lies-in":
            out.append(f"{postcode.text} lies in {_listed(names)}.")
        else:
            out.append(f"Postcodes that begin with {postcode.outward} lie in {_listed(names)}.")
        return out


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def locate(edition: Edition, text: str, folder: Path | None) -> Located | None:
    """Find where a postcode lies. Councils that ended are told by those that followed them.

    folder   of the directory of whole postcodes, as find_folder() gives it; None where it is not installed
    """
    postcode = read_postcode(text)
    if postcode is None:
        return None
    has_directory = folder is not None
    council = find_council(postcode, folder) if postcode.is_whole and folder is not None else None
    if council is not None:
        places = find_today(edition, [council])
        return Located(postcode, "lies-in", False, has_directory, _with_around(edition, places))
    touched = outward_codes().get(postcode.outward, ())
    if not touched and not postcode.is_whole and not postcode.is_northern_irish:
        return None  # three signs that are no postcode: a word or a code
    places = find_today(edition, touched)
    is_missing = postcode.is_whole and has_directory
    return Located(postcode, "touches", is_missing, has_directory, _with_around(edition, places))


def find_today(edition: Edition, codes: Iterable[str]) -> list[Place]:
    """Find today's areas of some codes: an area that ended by those that followed it, however many steps on."""
    waiting, seen = list(codes), set[str]()
    found: dict[str, Place] = {}
    while waiting:
        code = waiting.pop(0)
        if code in seen:
            continue
        seen.add(code)
        place = find_places(edition, [code]).get(code)
        if place is not None and place.end_on is None:
            found[code] = place
            continue
        rows = edition.rows(
            "SELECT to_area FROM area_changes WHERE from_area = ? AND to_area <> from_area"
            " ORDER BY changed_on, to_area",
            (code,),
        )
        waiting[:0] = [row["to_area"] for row in rows]
    return list(found.values())


def _with_around(edition: Edition, places: Sequence[Place]) -> list[tuple[Place, Sequence[Place]]]:
    return [(place, list_around(edition, place.area)) for place in places]

"""The areas and bodies of the example, and the ways to find them.

In:   areas and bodies, as areas.py and bodies.py read them
Out:  an area by code, by name on a day, or by the education department's number; and what followed it

Names are compared without case, punctuation and the word "the", never by likeness: a name that is not
known is refused by the reader that met it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

AREA_TYPES = {
    "E06": "unitary",
    "E07": "district",
    "E08": "metropolitan-district",
    "E09": "london-borough",
    "E10": "county",
    "E11": "metropolitan-county",
    "E12": "region",
    "E47": "combined-authority",
    "E92": "country",
    "K02": "country",
}
UPPER_TIER = frozenset({"unitary", "metropolitan-district", "london-borough", "county"})
LOWER_TIER = frozenset({"unitary", "metropolitan-district", "london-borough", "district"})
COUNCILS = UPPER_TIER | LOWER_TIER
ENGLAND = "E92000001"
UNITED_KINGDOM = "K02000001"


@dataclass(frozen=True, slots=True)
class Area:
    """An area; dates are ISO text, '' where not known. end_on is its last day."""

    area: str
    label: str
    everyday_label: str = ""
    start_on: str = ""
    end_on: str = ""
    note: str = ""

    @property
    def area_type(self) -> str:
        return AREA_TYPES[self.area[:3]]

    def existed_on(self, day: str) -> bool:
        return (not self.start_on or self.start_on <= day) and (not self.end_on or day <= self.end_on)


@dataclass(frozen=True, slots=True)
class Change:
    from_area: str
    to_area: str
    changed_on: str
    change: str
    legal_order: str


@dataclass(frozen=True, slots=True)
class Body:
    """A legal body. `areas` are (area, from, until); `register_code` is its code in the register, or ''."""

    body: str
    label: str
    body_type: str
    everyday_label: str = ""
    start_on: str = ""
    end_on: str = ""
    website: str = ""
    note: str = ""
    register_code: str = ""
    areas: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Register:
    areas: dict[str, Area] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    bodies: dict[str, Body] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, area: Area) -> None:
        self.areas[area.area] = area
        self.name(area.area, area.label)
        if area.everyday_label:
            self.name(area.area, area.everyday_label)

    def name(self, area_code: str, name: str) -> None:
        """Let an area be found by a name."""
        self._names[plain(name)].add(area_code)

    def number(self, area_code: str, number: str) -> None:
        """Let an area be found by the education department's number."""
        self._numbers[number].add(area_code)

    def find_named(self, name: str, day: str, types: Iterable[str] = COUNCILS) -> Area | None:
        """Find the one area of these types with this name on a day; None where there is none or several."""
        return self._only(self._names.get(plain(name), ()), day, types)

    def find_numbered(self, number: str, day: str) -> Area | None:
        return self._only(self._numbers.get(number, ()), day, AREA_TYPES.values())

    def _only(self, area_codes: Iterable[str], day: str, types: Iterable[str]) -> Area | None:
        wanted = set(types)
        found = [
            self.areas[code]
            for code in sorted(area_codes)
            if self.areas[code].area_type in wanted and self.areas[code].existed_on(day)
        ]
        return found[0] if len(found) == 1 else None

    def body_of(self, area_code: str, day: str) -> Body | None:
        """Find the council that governed an area on a day."""
        found = [
            body
            for body in self.bodies.values()
            for area, start, end in body.areas
            if area == area_code and (not start or start <= day) and (not end or day <= end)
        ]
        return found[0] if len(found) == 1 else None

    def current(self, types: Iterable[str] = COUNCILS) -> list[Area]:
        wanted = set(types)
        return [a for a in self.areas.values() if a.area_type in wanted and not a.end_on]

    def amend(self, area_code: str, *, end_on: str) -> None:
        self.areas[area_code] = replace(self.areas[area_code], end_on=end_on)


def plain(name: str) -> str:
    """Write a name without case, punctuation and the article, for comparing.

    >>> plain("Herefordshire, County of") == plain("herefordshire county of")
    True
    """
    words = re.sub(r"[^a-z0-9 ]+", " ", name.lower().replace("&", " and ").replace("'", "")).split()
    return " ".join(word for word in words if word != "the")


def notation(text: str) -> str:
    """Make a notation of words: lower case, hyphens.

    >>> notation("King's Lynn and West Norfolk  Borough Council")
    'kings-lynn-and-west-norfolk-borough-council'
    """
    text = text.lower().replace("&", " and ").replace("'", "").replace("’", "")
    return "-".join(re.sub(r"[^a-z0-9]+", " ", text).split())

"""Where an area's neighbourhoods stand among all: in which tenth, how many in each, how far apart.

In:   places in one order (1 comes first), and how many places the order has
Out:  the tenth of a place, how many places lie in each tenth, the two ends of an area

A place says where a neighbourhood stands among the others of its own order, and nothing else: places of two orders
are never subtracted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Ends:
    """The two neighbourhoods of an area that are furthest apart in one order.

    first, last    their codes; the one with the lower place comes first
    places         how many places lie between them: last less first
    """

    first: str
    last: str
    first_place: int
    last_place: int

    @property
    def places(self) -> int:
        return self.last_place - self.first_place


def tenth(place: int, of: int) -> int:
    """Say in which tenth of an order a place lies. The first tenth holds places up to a tenth of their number.

    Raises ValueError for a place that the order does not have.

    >>> tenth(3284, 32844), tenth(3285, 32844), tenth(32844, 32844)
    (1, 2, 10)
    """
    if not 1 <= place <= of:
        raise ValueError(f"place {place} is not one of {of}")
    return -(-place * TENTHS // of)


def spread(places: Mapping[str, int], of: int) -> tuple[int, ...]:
    """Count the places in each tenth, the first tenth first.

    >>> spread({"A": 1, "B": 10, "C": 11, "D": 100}, 100)
    (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    """
    counts = [0] * TENTHS
    for place in places.values():
        counts[tenth(place, of) - 1] += 1
    return tuple(counts)


def ends(places: Mapping[str, int]) -> Ends | None:
    """Find the two neighbourhoods that are furthest apart; None where there are fewer than two.

    Of neighbourhoods that share a place, the one whose code comes first is named.

    >>> ends({"A": 7, "B": 3, "C": 90}).places
    87
    """
    if len(places) < 2:
        return None
    ordered = sorted(places.items(), key=lambda item: (item[1], item[0]))
    first, first_place = ordered[0]
    last_place = ordered[-1][1]
    last = next(code for code, place in ordered if place == last_place and code != first)
    return Ends(first, last, first_place, last_place)

"""Two figures in different units, held together by where each stands among councils.

In:   the figures of all councils that run a service in one period, and which way is better
Out:  where each stands, from 0 to 100, with the range of places that it may as well have; the difference of two
      standings

What people say is a score and what is counted is a share, so one cannot be taken from the other. Where a council
stands on the one and on the other can. A standing is relative: it changes when others change, and councils that are
all alike still stand in an order. That is said wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from compare.derived import Derived, Input, derive_with, missing
from compare.rank import count_places

# Among fewer a place says little.
SMALLEST_SET = 20

_STEP = Decimal("0.001")


def standings(figures: Mapping[str, Input], polarity: str) -> dict[str, Input]:
    """Say of each figure how many of 100 others it stands ahead of, those that are equal counted as half.

    figures    by area, of one indicator and period, each with a value
    polarity   "lower" where lower is better: then the lowest stands at 100; otherwise the highest does

    The range runs over the places that the figure may as well have, as compare.rank counts them. A figure without
    a range is taken as exact, and its standing has none. Gives nothing for a set that is too small.

    >>> told = standings({str(n): Input(Decimal(n)) for n in range(21)}, "higher")
    >>> str(told["0"].value), str(told["5"].value), str(told["20"].value)
    ('0.000', '25.000', '100.000')
    """
    known = {area: one for area, one in sorted(figures.items()) if one.value is not None}
    if len(known) < SMALLEST_SET:
        return {}
    values = {area: one.value for area, one in known.items() if one.value is not None}
    places = count_places(values, {area: one.limits or (values[area],) * 2 for area, one in known.items()})
    others = len(known) - 1

    def at(ahead_of: Decimal | int) -> Decimal:
        part = Decimal(100) * ahead_of / others
        part = 100 - part if polarity == "lower" else part
        return part.quantize(_STEP, rounding=ROUND_HALF_EVEN)

    out = {}
    for area, one in known.items():
        place = places[area]
        own = at(others - (place.place - 1) - Decimal(place.equals) / 2)
        ends = sorted((at(others - (place.lowest_place - 1)), at(others - (place.highest_place - 1))))
        limits = ends if one.limits is not None else (None, None)
        out[area] = Input(own, one.status, limits[0], limits[1])
    return out


def difference_of_standings(first: Input, second: Input) -> Derived:
    """Take the second standing from the first.

    The limits are the widest that the two ranges allow: no supposition is made of how the two hang together. A
    standing without a range counts as exact; where neither has one there are no limits.

    >>> one = Input(Decimal(80), "normal", Decimal(60), Decimal(90))
    >>> made = difference_of_standings(one, Input(Decimal(30)))
    >>> str(made.value), [str(limit) for limit in made.limits]
    ('50', ['30', '60'])
    """
    if first.value is None or second.value is None:
        return missing(first, second)
    limits = None
    if first.limits is not None or second.limits is not None:
        low, high = first.limits or (first.value, first.value)
        other_low, other_high = second.limits or (second.value, second.value)
        limits = low - other_high, high - other_low
    return derive_with(first, second, first.value - second.value, limits)

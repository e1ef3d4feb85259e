"""A pattern of any property is each property in turn.

In:   a group in which the property of one pattern is a variable that nothing else names
Out:  the same group once for each property that rows say, and once or twice for other statements
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.cube.patterns import is_variable
from api.cube.sql.making import Making
from api.cube.sql.steps import Step


def of_properties(
    making: Making, stars: Mapping[Any, Sequence[Step]], kinds: Mapping[Any, str]
) -> Iterator[Mapping[Any, Sequence[Step]]]:
    """Give a group once for each property that a pattern of any property may be about, where rows say it.

    What other statements say is in one table. The last time it is for those of them that name observations.
    """
    found = [(subject, one) for subject, star in stars.items() for one in star if one.is_free]
    if not found:
        yield stars
        return
    [(subject, free)] = found
    if kinds[subject] == "rest":
        forms = [free]
        may_name_row = is_variable(free.thing) or making.given.kind(free.thing) == "row"
        if may_name_row and making.terms.everything().names_rows:
            forms.append(replace(free, names_row=True))
    else:
        forms = [
            replace(
                free, predicates=(one,), path=f"<{one}>", is_free=False, variable=None, named=free.variable
            )
            for one in _properties_saying(making, free.thing)
        ]
    for form in forms:
        yield {**stars, subject: [form if one is free else one for one in stars[subject]]}


def _properties_saying(making: Making, thing: Any) -> list[str]:
    """Give the properties with which rows may say what a pattern has for an object."""
    properties = set(making.cube.predicates)
    if not is_variable(thing):
        kind = making.given.kind(thing)
        if kind == "row":
            return []
        if kind not in ("integer", "decimal"):
            properties -= {iri for iri, _, _ in making.cube.numbers(None)}
    return sorted(properties)

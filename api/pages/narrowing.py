"""A list that a reader narrows by its address, and that lies on pages: changes, signals, revisions.

In:   the parameters of a request
Out:  what the list is narrowed to; the addresses of its pages; how many pages there are
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from starlette.datastructures import QueryParams

from api.failures import Failure, unknown_thing
from api.pages.page import with_query
from ingest.problems import shown


@dataclass(frozen=True)
class Narrowing:
    """What a list is narrowed to: each field but `page` is a parameter; an empty text is no filter."""

    path: ClassVar[str]
    page: int = 1

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Give the names of the filters."""
        return tuple(one.name for one in fields(cls) if one.name != "page")

    @property
    def filters(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.names() if getattr(self, name)}

    def address(self, path: str | None = None, page: int = 1) -> str:
        """Give the address of a page of the same list inside the site, in the form that `path` ends with."""
        return with_query(path or self.path, **self.filters, page=str(page) if page > 1 else None)


@dataclass(frozen=True)
class OnPages:
    """A list on pages. `newest` is the day of the newest entry of all pages, None where there is none."""

    ON_A_PAGE: ClassVar[int] = 50

    count: int
    newest: str | None

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.ON_A_PAGE))


def read_filters(query: QueryParams, names: Sequence[str]) -> tuple[dict[str, Any], int]:
    """Read the filters of a list, and the number of the page.

    Raises Failure for a parameter that is there twice, and for what is no number of a page.
    """
    for name in (*names, "page"):
        if len(query.getlist(name)) > 1:
            raise Failure("parameter-wrong", f"The parameter '{name}' is there twice; give it once.")
    page = query.get("page", "") or "1"
    if not page.isascii() or not page.isdecimal() or len(page) > 6 or page.startswith("0"):
        raise Failure("parameter-wrong", f"'{shown(page)}' is not the number of a page.")
    return {name: query.get(name, "") for name in names}, int(page)


def check_known(told: Mapping[str, str], known: Mapping[str, Callable[[], Sequence[str]]]) -> None:
    """See that each filter's value is one that there is.

    known   gives the values of each filter

    Raises Failure (404) with the nearest.
    """
    for name, value in told.items():
        if value and value not in known[name]():
            raise unknown_thing(name, value, known[name]())

"""What a list of /api/v1 is: a table, its filters, and what is said beside its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.answers import Row
from api.edition import Edition
from api.v1_models import ListParameters, values
from schemas import TableSchema, load_model

# Statements that list the values there are.
AREA_KNOWN = "SELECT area FROM areas"
BODY_KNOWN = "SELECT body FROM bodies"
INDICATOR_KNOWN = "SELECT indicator FROM indicator_heads"
GROUP_KNOWN = 'SELECT "group" FROM groups'
THEME_KNOWN = "SELECT code FROM codes WHERE code_list = 'theme'"


@dataclass(frozen=True)
class Filter:
    """One filter of a list.

    condition   with one `?`; several values are joined by OR
    is_day      its values are days
    known       a statement that lists the values there are: a slip gets an answer, not an empty list
    """

    description: str
    condition: str
    form: str | None = None
    is_day: bool = False
    codes: str | None = None
    known: str | None = None

    def declare(self) -> Any:
        """Declare the parameter."""
        codes = load_model().code_lists[self.codes].notations if self.codes else ()
        return values(self.description, form=self.form, codes=codes, is_day=self.is_day)


@dataclass(frozen=True)
class List:
    """One list. `more` says of a row what other tables hold; `members` describes that.

    has_labels  its things have names, which may be there in several languages
    more        is told what was asked, by the names of the filters
    flat        gives an item once for each row of CSV, where one of its members is a list of rows
    columns     the columns that stand in CSV in the place of such members
    beside      members of the whole answer, which `tell` gives for what was asked
    """

    name: str
    table: str
    kind: str
    summary: str
    filters: Mapping[str, Filter]
    flags: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    members: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    has_labels: bool = False
    more: Callable[[Edition, Sequence[Row], Mapping[str, Sequence[str]]], None] = lambda *_: None
    flat: Callable[[Row], Iterator[Row]] = lambda row: iter((row,))
    columns: Callable[[], Sequence[str]] | None = None
    beside: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    tell: Callable[[Edition, ListParameters], Row] = lambda _edition, _asked: {}

    @property
    def schema(self) -> TableSchema:
        return load_model().table(self.table)

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns of its CSV."""
        members = tuple(self.members) if self.columns is None else tuple(self.columns())
        return (*self.schema.field_names, *members, "uri")

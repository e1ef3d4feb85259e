"""What every file of figures is written from: columns with their meanings, rows in chunks, and what is said of them.

In:   the model of a row, rows, the envelope of the answer
Out:  FigureTable
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Literal, get_args

from pydantic import BaseModel

from api.edition import Edition

Row = dict[str, Any]

Kind = Literal["text", "number", "integer", "truth"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what a cell says, and what kind of cell it is."""

    name: str
    words: str
    kind: Kind = "text"


@dataclass(frozen=True)
class FigureTable:
    """One table of figures.

    title    says what is in it
    name     a short name for files: "observations", "compare"
    chunks   gives the rows in parts, from the first row each time it is called
    count    how many rows there are
    about    the envelope: edition, edition_uri, licence, source and query
    remarks  what else a reader of the file must know: a heading and words
    """

    title: str
    name: str
    columns: tuple[Column, ...]
    chunks: Callable[[], Iterator[Sequence[Row]]]
    count: int
    edition: Edition
    about: Mapping[str, Any]
    remarks: Sequence[tuple[str, str]] = ()
    extension: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def columns_of(model: type[BaseModel], fields: Sequence[str] | None = None) -> tuple[Column, ...]:
    """Describe columns as the model of a row does; `fields` chooses and orders them."""
    described = model.model_fields
    return tuple(
        Column(name, described[name].description or name, _kind(described[name].annotation))
        for name in fields or tuple(described)
    )


def _kind(annotation: Any) -> Kind:
    """Say what kind of cell a type becomes; a list becomes a text.

    >>> _kind(float | None), _kind(int), _kind(bool), _kind(list[str])
    ('number', 'integer', 'truth', 'text')
    """
    named = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
    kinds: Mapping[Any, Kind] = {float: "number", int: "integer", bool: "truth"}
    return kinds.get(named[0], "text") if len(named) == 1 else "text"


def plain_text(value: Any) -> str:
    """Write the cell of a text column; a list is joined by semicolons."""
    if isinstance(value, list | tuple):
        return ";".join(str(item) for item in value)
    return "" if value is None else str(value)

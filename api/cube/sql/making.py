"""What a part of a query is made with, and what is known from around it.

In:   the edition's terms and codes, the constants of a query; relations of other parts
Out:  Making, Outer
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from api.cube.pieces import Cube
from api.cube.sql.codes import Codes
from api.cube.sql.columns import Column, Namer, Relation
from api.cube.sql.given import Given
from api.cube.sql.scopes import Scope, Scopes
from api.cube.sql.terms import Terms


@dataclass
class Making:
    """What one statement is made with.

    tables    of names in the statement, the table each stands for
    shared    properties that statements other than observations' own have about observations
    scopes    the graphs of the query; scope is that of the part that is made
    is_fast   whether sums are counted in whole numbers, which may turn out not to do
    """

    cube: Cube
    terms: Terms
    codes: Codes
    given: Given
    shared: frozenset[str]
    scopes: Scopes
    namer: Namer = field(default_factory=Namer)
    tables: dict[str, str] = field(default_factory=dict)
    is_fast: bool = True

    def __post_init__(self) -> None:
        self.scope = self.scopes.default

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Make what is made meanwhile of a graph's statements."""
        outer, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = outer


@dataclass(frozen=True)
class Outer:
    """What is known from around a part of a query: solutions with other values have no effect.

    columns   those that have a value in every solution around it, where the part is looked at solution by solution:
              what is said of them may become a condition on them
    kinds     of variables, row or term
    """

    columns: Mapping[Any, Column] = field(default_factory=dict)
    kinds: Mapping[Any, str] = field(default_factory=dict)

    @classmethod
    def around(cls, relation: Relation) -> Outer:
        """What is known where a part is looked at for each solution of a relation."""
        columns = {name: column for name, column in relation.columns.items() if not column.is_optional}
        return cls(columns, cls().beside(relation).kinds)

    def beside(self, relation: Relation) -> Outer:
        """What is known where the solutions of a relation have to go together with those of a part."""
        kinds = {
            name: column.kind
            for name, column in relation.columns.items()
            if not column.is_optional and column.kind in ("row", "term")
        }
        return Outer({}, {**self.kinds, **kinds})

    def without(self, name: Any) -> Outer:
        return Outer(
            {key: column for key, column in self.columns.items() if key != name},
            {key: kind for key, kind in self.kinds.items() if key != name},
        )


NOTHING = Outer()

"""A query over the virtual cube is made ready: a store that gives the answer the whole edition would give.

In:   a folder of an edition whose observations are not in its store; a request
Out:  Ready: a store with all that the query can need, and the dataset it is to be run over

The store of everything but observations is read into memory once. Each query runs in a process split off from
that one, where what it needs of observations is added, and which ends with it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
from rdflib.plugins.sparql.parserutils import CompValue

from api.cube.demand import Demand, Need, Pattern
from api.cube.graphs import Scope, edition_named, scope_of, wanted
from api.cube.parts.solutions import Parts, Rewritten
from api.cube.parts.writing import read_outline
from api.cube.pieces import CUBE, Asked, Cube
from api.cube.queries import enough_solutions, graphs_named_in, read_query
from api.cube.rest import Statements
from api.cube.sql.numbers import Uncertain
from api.cube.sql.plans import Found, Plans
from api.cube.sql.terms import MOST_MAPPED
from api.cube.texts import write_rows

# The most statements that are put into a store for one query. They take about half a gigabyte.
MOST_STATEMENTS = 750_000

# So many are tried first where a query is done as soon as it has found a few solutions.
_FIRST_STATEMENTS = 30_000

# Where a default graph lies that is not the store's own.
_DEFAULT = ox.NamedNode("x-likeforlike:default-graph")

_GRAPH_WORD = re.compile(r"\bgraph\b", re.IGNORECASE)


class TooMuch(Exception):  # noqa: N818 - what is wrong with a query, not with us
    """A query needs more statements about observations than are put together for one."""

    def __init__(self) -> None:
        super().__init__(
            f"To answer this, more than {MOST_STATEMENTS:,} statements about figures would have to be put "
            "together. Name an indicator, an area, a dataset or a period in the query, or the properties that "
            "are wanted in place of a variable."
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """A store to run a query on. default and named are as Store.query takes them; None for the store's own."""

    store: ox.Store
    default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None
    named: list[ox.NamedNode | ox.BlankNode] | None


class _Full(Exception):  # noqa: N818 - a limit that was reached
    """There are more statements than were to be added."""


class _Edition:
    """One kept edition: its observations as rows, and its other statements."""

    def __init__(self, folder: Path, store: ox.Store, shared: frozenset[str] = frozenset()) -> None:
        self.name = folder.name
        self.statements = Statements(store, shared)
        pieces = folder / "rdf" / CUBE
        self.cube = Cube(pieces, connecting(folder / "catalogue.db")) if pieces.exists() else None


class Engine:
    """Makes queries over one edition ready. It may be split off at any moment: it has no threads."""

    def __init__(self, folder: Path, statements: bytes | None = None) -> None:
        """Read an edition's statements into memory.

        folder       of the edition
        statements   all that is in its store, as N-Triples
        """
        store = ox.Store()
        store.load(statements or b"", ox.RdfFormat.N_TRIPLES)
        pattern = rb"^<[^>]*/id/observation/[^>]*> <([^>]*)>"
        shared = {found.decode() for found in re.findall(pattern, statements or b"", re.MULTILINE)}
        self._folder = folder
        self._current = _Edition(folder, store, frozenset(shared))
        assert self._current.cube is not None
        self._cube: Cube = self._current.cube
        self._catalogue = f"{self._cube.base}catalog"
        self._known = [self._catalogue, *(graph.value for graph in self._cube.graphs)]
        self._datasets = frozenset(self._known[1:])
        for graph in self._known:
            store.add_graph(ox.NamedNode(graph))
        self._plans: Plans | None = None
        self._parts: Parts | None = None
        self._shared = frozenset(shared)
        # What the parser makes at its first use serves every process that is split off.
        read_query("SELECT * { ?s ?p ?o }")

    def answer_from_rows(self, request: Mapping[str, Any], check: Callable[[], None]) -> Found:
        """Answer a query by SQL alone. Nothing is added to the store: any number of queries may be answered so.

        check   says whether it is a query that is answered at all; it is not asked about a shape that is known

        Raises Uncertain where there is no certain way, and what check raises.
        """
        return self._open_plans().answer(request, check)

    def rewrite(self, request: Mapping[str, Any], check: Callable[[], None]) -> Rewritten:
        """Answer parts of a query by SQL, and write their solutions into it: see Parts. Nothing is added to the store.

        Raises Uncertain where there is no such part, and what check raises.
        """
        if self._parts is None:
            self._parts = Parts(self._open_plans())
        return self._parts.rewrite(request, check)

    def learn(self) -> Iterator[None]:
        """Make what queries that are answered from rows will need, a part at each step.

        Processes that are split off after a step have its part; none has to be there.
        """
        with suppress(Uncertain):
            plans = self._open_plans()
            self._parts = Parts(plans)
            yield
            yield from plans.tables()

    @property
    def mapped(self) -> int:
        """Bytes of address space at which the rows are read where they lie, once this has been split off."""
        return min((self._folder / "catalogue.db").stat().st_size, MOST_MAPPED)

    @property
    def is_early(self) -> bool:
        """Whether a query had to do without a table that processes which are split off later will have."""
        return self._plans is not None and self._plans.terms.is_missed

    @property
    def is_due(self) -> bool:
        """Whether a query had to do without the table of all statements, which later processes will have."""
        return self._plans is not None and self._plans.terms.is_awaited

    def _open_plans(self) -> Plans:
        if self._plans is None:
            self._plans = Plans(self._cube, self.store, self._shared, self._folder / "catalogue.db")
        return self._plans

    @property
    def store(self) -> ox.Store:
        """All statements but those about observations, and those that were added."""
        return self._current.statements.store

    def make_ready(self, request: Mapping[str, Any], rewritten: Rewritten | None = None) -> Ready:
        """Put together what a query can need. The store is of no use for another query after that.

        request     as api.sparql_worker.answer takes it; its query can be parsed
        rewritten   the query that is run in its place

        Raises TooMuch.
        """
        store, text = self.store, request["query"] if rewritten is None else rewritten.text
        query = read_query(text) if rewritten is None else read_outline(rewritten.outline, rewritten.known)
        scope = scope_of(query, request)
        ready = (
            Ready(store, None, None)
            if scope.is_plain
            else Ready(store, [_DEFAULT], [ox.NamedNode(graph) for graph in scope.named or ()])
        )
        wanted_statements = list(self._list(query, text, scope))
        enough = enough_solutions(query)
        if enough is not None:
            if _has(ready, text, enough):
                return ready
            try:
                _add(store, wanted_statements, _FIRST_STATEMENTS)
                return ready
            except _Full:
                if _has(ready, text, enough):
                    return ready
        try:
            _add(store, wanted_statements, MOST_STATEMENTS)
        except _Full as full:
            raise TooMuch from full
        return ready

    # ---- what is needed ----

    def _list(self, query: CompValue | None, text: str, scope: Scope) -> Iterator[_Source]:
        """List where the statements are that a query can need, and where they go."""
        is_plain = scope.default is None
        kept = sorted({*graphs_named_in(query), *(scope.default or ()), *(scope.named or ())})
        # An edition is among the graphs where the query names it.
        known = [*self._known, *(graph for graph in kept if edition_named(self._cube.base, graph))]
        needs, patterns = self._demand(self._current, query, text, is_plain=is_plain)
        for need in needs:
            if need.graphs is None and is_plain:
                yield _Rows(self._cube, need, ox.DefaultGraph())
                continue
            to = _DEFAULT if need.graphs is None else None
            graphs = wanted(need.graphs, scope, known)
            datasets = [graph for graph in graphs if graph in self._datasets]
            if datasets:
                asked = self._cube.within(need.asked, datasets)
                yield _Rows(self._cube, Need(None, asked, need.predicates), to)
            for graph in graphs:
                if edition_named(self._cube.base, graph) == self._current.name:
                    yield _Rows(self._cube, need, to or ox.NamedNode(graph))
        for pattern in patterns:
            for graph in wanted(pattern.graphs, scope, known):
                if graph == self._catalogue or edition_named(self._cube.base, graph) == self._current.name:
                    to = _DEFAULT if pattern.graphs is None else ox.NamedNode(graph)
                    yield _Matches(self._current.statements, pattern, to)
        for graph in kept:
            name = edition_named(self._cube.base, graph)
            if name is not None and name != self._current.name:
                yield from self._list_kept(name, graph, query, text, scope)

    def _list_kept(
        self, name: str, graph: str, query: CompValue | None, text: str, scope: Scope
    ) -> Iterator[_Source]:
        """List what a query can need of another edition that is kept."""
        folder = self._folder.parent / name
        if not (folder / "manifest.json").is_file():
            return
        edition = _Edition(folder, ox.Store.read_only(str(folder / "rdf" / "store")))
        needs, patterns = self._demand(edition, query, text, is_plain=False)
        for need in needs:
            if graph in wanted(need.graphs, scope, (graph,)) and edition.cube is not None:
                yield _Rows(edition.cube, need, _DEFAULT if need.graphs is None else ox.NamedNode(graph))
        for pattern in patterns:
            if graph in wanted(pattern.graphs, scope, (graph,)):
                to = _DEFAULT if pattern.graphs is None else ox.NamedNode(graph)
                yield _Matches(edition.statements, pattern, to)

    def _demand(
        self, edition: _Edition, query: CompValue | None, text: str, *, is_plain: bool
    ) -> tuple[Iterable[Need], Iterable[Pattern]]:
        """Say what a query can need of an edition: everything, where that cannot be told."""
        # Without rows of its own, what an edition says of observations is found like all else.
        demand = Demand(edition.cube or self._cube, edition.statements, is_plain=is_plain)
        try:
            if query is not None:
                demand.add_query(query)
                return demand.needs.values(), demand.patterns
        except ValueError:
            # Something that rdflib reads and this does not know.
            pass
        everywhere = (None, frozenset[str]()) if not is_plain or _GRAPH_WORD.search(text) else (None,)
        return (
            [Need(graphs, Asked(), None) for graphs in everywhere],
            [
                Pattern(graphs, None, None, None)
                for graphs in everywhere
                if graphs is not None or not is_plain
            ],
        )


def connecting(catalogue: Path) -> Any:
    """Give what opens a catalogue, once for the process that first needs it."""
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        if not opened:
            address = f"file:{quote(str(catalogue))}?mode=ro&immutable=1"
            opened.append(sqlite3.connect(address, uri=True))
            opened[0].row_factory = sqlite3.Row
            opened[0].execute("PRAGMA query_only = 1")
        return opened[0]

    return connect


@dataclass(frozen=True, slots=True)
class _Rows:
    """What rows of observations say, and the graph it goes to: that of each row's dataset where None."""

    cube: Cube
    need: Need
    to: ox.NamedNode | ox.DefaultGraph | None

    def add(self, store: ox.Store, most: int) -> int:
        """Add them to a store until there are `most` or a few more, and say how many there are."""
        count = 0
        for text in write_rows(self.cube, self.need.asked, self.need.predicates, self.need.alike):
            to = self.to or self.cube.graphs[text.dataset - 1]
            # What publish wrote for it was read strictly there.
            store.load(text.turtle, ox.RdfFormat.TURTLE, to_graph=to, lenient=True)
            count += text.statements
            if count > most:
                break
        return count


class _Matches:
    """Statements that match a pattern, and the graph they go to.

    They are found at once: what is added to the store later is not among them.
    """

    def __init__(self, statements: Statements, pattern: Pattern, to: ox.NamedNode) -> None:
        found = islice(statements.match(pattern), MOST_STATEMENTS + 1)
        self._quads = [ox.Quad(quad.subject, quad.predicate, quad.object, to) for quad in found]

    def add(self, store: ox.Store, most: int) -> int:
        """Add them to a store, at most so many, and say how many there are."""
        store.extend(self._quads[:most])
        return len(self._quads)


_Source = _Rows | _Matches


def _add(store: ox.Store, sources: Iterable[_Source], most: int) -> None:
    """Add statements to a store. Raises _Full where there are more than `most`; so many are added then."""
    count = 0
    for source in sources:
        count += source.add(store, most - count)
        if count > most:
            raise _Full


def _has(ready: Ready, text: str, enough: int) -> bool:
    """Say whether a query finds so many solutions already."""
    result = ready.store.query(text, default_graph=ready.default, named_graphs=ready.named)
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    return sum(1 for _ in result) >= enough

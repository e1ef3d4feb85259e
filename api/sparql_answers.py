"""What a query found, as the header and the bytes of an answer.

In:   a result of pyoxigraph, or rows of terms; a request, as api.sparql_worker.answer takes it
Out:  (header, body): the kind of query, the form and how many rows there are, and what is sent: bytes, or pieces of
      them that are made as rows are found, and the header says `streams`

Raises Refused where an answer is longer than one may be, or the client takes no form of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import pyoxigraph as ox

from api import sparql_results
from api.sparql_refusals import Refused, too_long

Answered = tuple[dict[str, Any], bytes | Iterator[bytes]]


def write_result(result: Any, request: Mapping[str, Any], asked: str | None = None) -> Answered:
    """Write a result.

    asked   the query that it answers, where another one was run in its place
    """
    if isinstance(result, ox.QueryTriples):
        return write_graph(result, request)
    if isinstance(result, ox.QueryBoolean):
        return write_truth(bool(result), request)
    names = [variable.value for variable in result.variables]
    if asked is None:
        return write_table(names, map(tuple, result), request)
    # What never has a value may have no name in the other one.
    wanted = [variable.value for variable in ox.Store().query(asked).variables]  # type: ignore[union-attr]
    places = [names.index(name) if name in names else None for name in wanted]
    rows = ([None if at is None else row[at] for at in places] for row in result)
    return write_table(wanted, rows, request)


def write_truth(is_true: bool, request: Mapping[str, Any]) -> Answered:
    form = _table_form(request, "ask")
    return {"kind": "ask", "form": form, "rows": 1}, sparql_results.write_boolean(is_true, form)


def write_table(
    names: Sequence[str],
    found: Iterable[Sequence[Any]],
    request: Mapping[str, Any],
    is_longer: Callable[[int], bool] | None = None,
) -> Answered:
    """Write rows. No more are held than fit into an answer that is sent whole.

    is_longer   says, if that can be told before, whether there are more rows than so many
    """
    form = _table_form(request, "select")
    rows = iter(found)
    first = list(islice(rows, request["rows"] + 1))
    header = {"kind": "select", "form": form, "rows": len(first)}
    if len(first) <= request["rows"]:
        return header, sparql_results.write_rows(names, first, form)
    most = request.get("streamed_rows", 0) if form != "html" else 0
    if not most or (is_longer is not None and is_longer(most)):
        raise too_long(max(most, request["rows"]), "rows")
    pieces = sparql_results.pieces_of_rows(names, _no_more(chain(first, rows), most), form)
    return {**header, "streams": True}, pieces


def _no_more(rows: Iterable[Sequence[Any]], most: int) -> Iterator[Sequence[Any]]:
    for count, row in enumerate(rows):
        if count == most:
            raise too_long(most, "rows")
        yield row


def _table_form(request: Mapping[str, Any], kind: str) -> str:
    form: str | None = request["table_form"]
    if form is None:
        raise Refused("form-not-offered", "", kind=kind)
    return form


def write_graph(found: Iterable[ox.Triple], request: Mapping[str, Any]) -> Answered:
    form = request["graph_form"]
    if form is None:
        raise Refused("form-not-offered", "", kind="graph")
    triples: dict[ox.Triple, None] = {}
    for triple in found:
        if len(triples) == request["triples"] and triple not in triples:
            raise too_long(request["triples"], "triples")
        triples[triple] = None
    header = {"kind": "graph", "form": form, "rows": len(triples)}
    if form == "html":
        rows = [(triple.subject, triple.predicate, triple.object) for triple in triples]
        return header, sparql_results.write_rows(["subject", "predicate", "object"], rows, "json")
    return header, sparql_results.write_graph(triples, form, request["prefixes"])

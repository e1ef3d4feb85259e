"""One process that answers visitors' SPARQL queries, one at a time, and may be killed at any moment.

In:   requests on standard input, each a length and JSON
Out:  answers on standard output, each two lengths, a JSON header and the bytes of the result; where the header says
      `streams`, pieces follow, each with its length, then one of no length, and how it ended, as JSON with its length

Oxigraph has no time limit, no memory limit and no way to cancel a query, and it would call any address that a
query names with SERVICE. So a query runs here: in a process with a bounded address space, without a network
where the system allows that, ended by its parent when its time is over. Nothing but the standard library and
pyoxigraph is loaded, so that a new process is ready in a few hundredths of a second. Over an edition with a
virtual cube it is split off from one that has read the edition, and is ready sooner.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyoxigraph as ox

from api.sparql_answers import Answered, write_graph, write_result, write_table, write_truth
from api.sparql_counting import count_what_is_named
from api.sparql_refusals import Refused, malformed, refuse_service, too_long

if TYPE_CHECKING:
    from api.cube.engine import Engine

LENGTH = struct.Struct(">I")
LENGTHS = struct.Struct(">II")

# How a query over a virtual cube may be answered.
ROWS, STATEMENTS, ANY = "rows", "statements", "any"
# How one is answered that was rewritten: see api/cube/parts.
PARTS = "parts"
# How a process says that a query has to be answered from statements, by another one.
NOT_FROM_ROWS = "not-from-rows"

_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1


def main(arguments: Sequence[str]) -> None:
    """Answer until standard input ends.

    Arguments: the store's folder, or nothing where the store is outside; the most bytes of address space; and for an
    edition with a virtual cube the address at which processes are split off.
    """
    store_folder, memory, *addresses = arguments
    _cut_off()
    if addresses:
        _split_off(Path(store_folder), int(memory), addresses[0])
        return
    store = ox.Store.read_only(store_folder) if store_folder else ox.Store()
    _set_limits(int(memory))
    _serve(store, sys.stdin.buffer, sys.stdout.buffer)


def _split_off(store_folder: Path, memory: int, address: str) -> None:
    """Read an edition into memory once, and for each that connects split off a process that answers it.

    A process that was split off has all of it at once, and what it adds is its own.
    """
    before = _address_space()
    statements = _read_statements(store_folder)
    from api.cube.engine import Engine

    engine = Engine(store_folder.parent.parent, statements)
    del statements
    # To look for garbage in what all share would copy it, and no query lasts long enough to make much.
    gc.collect()
    gc.disable()
    learning = engine.learn()
    next(learning, None)
    # Nobody waits for those that end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        sys.stdout.buffer.write(LENGTHS.pack(os.getpid(), 0))
        sys.stdout.buffer.flush()
        while True:
            # While nobody asks, what the next ones will need is made.
            while not select.select([listener], [], [], 0)[0] and next(learning, learning) is None:
                pass
            connection, _ = listener.accept()
            gc.freeze()
            if os.fork() == 0:
                try:
                    # A session of its own, so that it can give way to the server's.
                    os.setsid()
                    _die_with_parent()
                    _set_limits(memory + _address_space() - before + engine.mapped)
                    # Such a process may live long; what all share is not looked at.
                    gc.enable()
                    number = connection.fileno()
                    with os.fdopen(os.dup(number), "rb") as source, os.fdopen(os.dup(number), "wb") as sink:
                        _serve(engine, source, sink)
                finally:
                    os._exit(0)
            connection.close()


def _read_statements(store_folder: Path) -> bytes:
    """Read all statements of a store as N-Triples.

    The store works with threads, and a process with threads is not to be split. So another process opens it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as sink:
                ox.Store.read_only(str(store_folder)).dump(
                    sink, ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()
                )
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        statements = source.read()
    os.waitpid(child, 0)
    return statements


def _address_space() -> int:
    """Give the bytes of address space of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _serve(store: ox.Store | Engine, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until there are no more."""
    # Ready: the time of the first query begins now, not when the process was started.
    sink.write(LENGTHS.pack(os.getpid(), 0))
    sink.flush()
    while (request := _read_request(source)) is not None:
        try:
            header, body = answer(store, request)
        except Exception as fault:
            header, body = _ended_by(fault), b""
        if not isinstance(store, ox.Store) and store.is_early:
            header = {**header, "is_early": True, "is_due": store.is_due}
        pieces, body = (None, body) if isinstance(body, bytes) else (body, b"")
        told = json.dumps(header).encode()
        sink.write(LENGTHS.pack(len(told), len(body)))
        sink.write(told)
        sink.write(body)
        if pieces is not None:
            _send_pieces(pieces, sink)
        sink.flush()


def _send_pieces(pieces: Iterator[bytes], sink: BinaryIO) -> None:
    """Send what is left of an answer as it is found, and how it ended."""
    sink.flush()
    ended: dict[str, Any] = {}
    try:
        for piece in filter(None, pieces):
            sink.write(LENGTH.pack(len(piece)))
            sink.write(piece)
            sink.flush()
    except Exception as fault:
        ended = _ended_by(fault)
    told = json.dumps(ended).encode()
    sink.write(LENGTH.pack(0))
    sink.write(LENGTH.pack(len(told)))
    sink.write(told)


def _ended_by(fault: Exception) -> dict[str, Any]:
    """Say why there is no answer."""
    if isinstance(fault, Refused):
        return fault.header
    if isinstance(fault, MemoryError | RecursionError):
        return {"failure": "query-too-large", "detail": ""}
    # A fault of ours: the parent raises it, and ends this process.
    import traceback

    return {"error": "".join(traceback.format_exception(fault))}


def _cut_off() -> None:
    """Leave the network, and die with the parent.

    Where the system forbids the first, refuse_service still keeps every query from using it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "unshare"):
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    # After unshare, which clears it.
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _die_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _set_limits(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _read_request(source: BinaryIO) -> dict[str, Any] | None:
    length = source.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return None
    request: dict[str, Any] = json.loads(source.read(LENGTH.unpack(length)[0]))
    return request


def answer(store: ox.Store | Engine, request: Mapping[str, Any]) -> Answered:
    """Answer one query.

    store     a store with everything, or what makes a store ready for one query
    request   query; parts (what another process found of it, where one did: see api/cube/parts); default_graphs and
              named_graphs (lists, or None where the request names no dataset); table_form and graph_form (suffixes,
              None where the client takes none); rows, triples (limits); streamed_rows (how many a table may have
              whose pieces are sent as they are found, or 0); prefixes; ways (ROWS, STATEMENTS or ANY);
              explains (whether this process may take the time to find words for what is wrong); outside and told
              (what is done here of a query that a store outside answers: see api/outside)

    Returns (header, body). The header says the kind of query, the form and how many rows there are.
    Raises Refused.
    """
    if "told" in request:
        return _write_told(request)
    request = {**request, "query": _counting(request)}
    query, explains = request["query"], request["explains"]
    default, named = request["default_graphs"], request["named_graphs"]
    if default is not None or named is not None:
        default, named = [_graph(uri) for uri in default or ()], [_graph(uri) for uri in named or ()]
    if not isinstance(store, ox.Store) and request["ways"] != STATEMENTS:
        header, body = _answer_from_rows(store, request)
        if header.get("failure") != NOT_FROM_ROWS or request["ways"] == ROWS:
            return header, body
        assert isinstance(body, bytes)
        request = {**request, **json.loads(body)}
    refuse_service(query, explains=explains)
    try:
        if "outside" in request or not isinstance(store, ox.Store):
            # Only what can be parsed is looked at further.
            ox.Store().query(query)
        if "outside" in request:
            return _prepare(request), b""
        if not isinstance(store, ox.Store):
            return _answer_from_statements(store, request)
        return write_result(store.query(query, default_graph=default, named_graphs=named), request)
    except SyntaxError as fault:
        raise malformed(str(fault), query, explains=explains) from fault
    except RuntimeError as fault:
        raise _refused_function(fault) from fault


def _counting(request: Mapping[str, Any]) -> str:
    """Write the query so that it counts what is named, if both can be read."""
    query: str = request["query"]
    counting = count_what_is_named(query)
    if counting != query:
        refuse_service(query, explains=request["explains"])
        with contextlib.suppress(SyntaxError):
            for text in (query, counting):
                ox.Store().query(text)
            return counting
    return query


def _answer_from_rows(engine: Engine, request: Mapping[str, Any]) -> Answered:
    """Answer a query by SQL alone, or by SQL and what Oxigraph does with what that finds.

    Where that does not do, the header says NOT_FROM_ROWS, and the body what another process may begin with.
    """
    from api.cube.sql.numbers import Uncertain

    query, explains = request["query"], request["explains"]

    def check() -> None:
        refuse_service(query, explains=explains)
        try:
            ox.Store().query(query)
        except SyntaxError as fault:
            raise malformed(str(fault), query, explains=explains) from fault

    # A query that cannot be read was refused by check: what cannot be read here is what was made of it.
    with contextlib.suppress(Uncertain, SyntaxError):
        found = engine.answer_from_rows(request, check)
        if found.is_true is not None:
            header, body = write_truth(found.is_true, request)
        else:
            header, body = write_table(found.names, found.rows, request, found.is_longer)
        return {**header, "way": ROWS}, body
    try:
        parts = engine.rewrite(request, check)
        if not parts.is_alone:
            return {"failure": NOT_FROM_ROWS}, json.dumps({"parts": dataclasses.asdict(parts)}).encode()
        header, body = write_result(engine.store.query(parts.text), request, query)
    except (Uncertain, SyntaxError):
        return {"failure": NOT_FROM_ROWS}, b"{}"
    except RuntimeError as fault:
        raise _refused_function(fault) from fault
    return {**header, "way": PARTS}, body


def _answer_from_statements(engine: Engine, request: Mapping[str, Any]) -> Answered:
    """Answer a query from what it can need of the observations, together with all else."""
    from api.cube.engine import TooMuch
    from api.cube.parts.solutions import Rewritten

    query, parts = request["query"], request.get("parts")
    rewritten = None if parts is None else Rewritten(**parts)
    try:
        ready = engine.make_ready(request, rewritten)
        text = query if rewritten is None else rewritten.text
        result = ready.store.query(text, default_graph=ready.default, named_graphs=ready.named)
        header, body = write_result(result, request, None if rewritten is None else query)
    except TooMuch as fault:
        raise Refused("query-too-large", str(fault)) from fault
    except SyntaxError:
        if rewritten is None:
            raise
        return _answer_from_statements(engine, {**request, "parts": None})
    return (header if rewritten is None else {**header, "way": PARTS}), body


def _refused_function(fault: RuntimeError) -> Exception:
    """Say what is wrong with a query that calls a function of another service; other faults stay what they are."""
    if not str(fault).startswith("The custom function"):
        return fault
    return Refused("query-refused", "The query calls a function that is no part of SPARQL 1.1.")


def _graph(uri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(uri)
    except ValueError as fault:
        raise Refused("parameter-wrong", f"'{uri[:200]}' is not an absolute IRI.") from fault


def _prepare(request: Mapping[str, Any]) -> dict[str, Any]:
    from api.outside.queries import prepare

    prepared = prepare(request)
    name = "graph_form" if prepared["kind"] == "graph" else "table_form"
    if request[name] is None:
        raise Refused("form-not-offered", "", kind=prepared["kind"])
    return prepared


def _write_told(request: Mapping[str, Any]) -> Answered:
    """Write what a store outside has answered in the form that the client takes."""
    from api.outside.results import Unreadable, read_table, read_triples, read_truth

    kind, text = request["kind"], request["told"]
    try:
        if kind == "graph":
            return write_graph(read_triples(text), request)
        if kind == "ask":
            return write_truth(read_truth(text), request)
        names, rows = read_table(text, request["hidden"])
    except Unreadable as fault:
        raise Refused("store-refused", "What the store answers cannot be read.") from fault
    most = request["most"]
    if most is not None and len(rows) >= most:
        raise too_long(most - 1, "rows")
    return write_table(names, rows, request, lambda limit: len(rows) > limit)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The editions of a site in a store outside: loaded whole, counted, and then named by one pointer.

In:   the download of an edition as N-Quads; the store's address
Out:  a graph for each dataset of each edition that is kept, and a register of them

The register is a graph of its own. It names the graphs of an edition before any is loaded, says how many statements
each has once all are counted, and which edition is current: one statement, moved by one update. So whatever dies, the
edition before is whole and named, and what was half loaded is known and dropped by the next publication.

Only what every SPARQL 1.1 store does alike is used: POST of N-Triples into a new graph in parts of bounded size,
queries, INSERT DATA, DROP GRAPH, and one DELETE and INSERT. Nothing relies on a transaction, PUT, MOVE, LOAD or the
default graph.

Source: SPARQL 1.1 Graph Store HTTP Protocol; SPARQL 1.1 Update.
"""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx
from isal import igzip

from ingest.problems import Place, Problem, ProblemsFound, problem
from publish.edition import EditionsFolder
from publish.outside_access import MOST_SECONDS, open_store_client
from publish.verify import count_differs, read_manifest, verify_files
from schemas.store_address import StoreAddress, outside_graph, register_graph

# Bytes of N-Triples in one request, before it is packed.
CHUNK = 4 << 20

# Of what is asked here no answer comes near this many bytes.
_LONGEST_ANSWER = 16 << 20

QUADS = Path("downloads", "site.nq.gz")

_HAS_GRAPH = "<http://purl.org/dc/terms/hasPart>"
_IS_WHOLE = "<http://purl.org/dc/terms/identifier>"
_STATEMENTS = "<http://rdfs.org/ns/void#triples>"
_IS_CURRENT = "<http://www.w3.org/ns/dcat#hasCurrentVersion>"

Progress = Callable[[str], None]


class Stores(Protocol):
    """Where else the editions of a site are to be."""

    def begin(self) -> None:
        """Find out whether all is well before any work is done, and remove what is left of work that died."""

    def hold(self, edition: str, folder: Path) -> None:
        """Hold an edition, whose files are in a folder. It is whole when this ends, and not current yet."""

    def point(self, edition: str) -> None:
        """Say that an edition is current."""

    def forget(self, folder: EditionsFolder) -> None:
        """Let go of the editions that are not kept any more."""


class Nowhere:
    """A site whose editions are in its own folder and nowhere else."""

    def begin(self) -> None:
        pass

    def hold(self, edition: str, folder: Path) -> None:
        pass

    def point(self, edition: str) -> None:
        pass

    def forget(self, folder: EditionsFolder) -> None:
        pass


class Outside:
    """A store outside. Where it stands in the way ProblemsFound is raised, but by `forget`: that can wait."""

    def __init__(
        self, address: StoreAddress, base: str, progress: Progress = lambda _stage: None, chunk: int = CHUNK
    ) -> None:
        self._address, self._base, self._progress, self._chunk = address, base, progress, chunk
        self._register = f"<{register_graph(base)}>"
        self._client = open_store_client(address)
        self._takes_gzip: bool | None = None

    def begin(self) -> None:
        # What nobody kept, and nothing that is lost: it says whether updates are taken at all.
        self._drop(f"{register_graph(self._base)}/trial")
        for edition in sorted(self._registered() - self._whole().keys()):
            self._remove(edition)

    def hold(self, edition: str, folder: Path) -> None:
        quads, told = folder / QUADS, read_manifest(folder)
        damaged = [told] if isinstance(told, Problem) else verify_files(folder, [QUADS.name])
        if isinstance(told, Problem) or damaged:
            raise ProblemsFound(damaged)
        digest = told["downloads"][QUADS.name]["sha256"]
        if self._whole().get(edition) == digest and self._has_all(edition):
            return
        self._progress("Loading the store outside")
        self._remove(edition)
        counts: Counter[str] = Counter()
        for name, lines in read_chunks(quads, self._chunk):
            graph = outside_graph(self._base, edition, name)
            if graph not in counts:
                self._insert(f"{self._name(edition)} {_HAS_GRAPH} <{graph}>")
            self._post(graph, lines)
            counts[graph] += lines.count(b"\n")
        if counts.total() != told["statements"]:
            differs = count_differs(folder, str(QUADS), "statements", counts.total(), told["statements"])
            raise ProblemsFound([differs])
        for graph, count in counts.items():
            found = self._count(graph)
            if found != count:
                raise self._stopped("store-differs", graph=graph, found=f"{found:,}", wanted=f"{count:,}")
        self._insert(
            f'{self._name(edition)} {_IS_WHOLE} "{digest}"',
            *(f"<{graph}> {_STATEMENTS} {count}" for graph, count in counts.items()),
        )

    def point(self, edition: str) -> None:
        pointer, name = f"<{self._base}catalog> {_IS_CURRENT}", self._name(edition)
        found = self._currents()
        if found == {edition}:
            return
        if not found:
            # Some stores insert nothing where nothing is deleted.
            self._insert(f"{pointer} {name}")
        else:
            graph = self._register
            self._update(
                f"DELETE {{ GRAPH {graph} {{ {pointer} ?before }} }} INSERT {{ GRAPH {graph} {{ {pointer} {name} }} }} "
                f"WHERE {{ GRAPH {graph} {{ {pointer} ?before }} }}"
            )
        if self._currents() != {edition}:
            raise self._stopped(
                "store-refuses", reason="it did not take the statement of the current edition"
            )

    def forget(self, folder: EditionsFolder) -> None:
        try:
            for edition in sorted(self._registered() - {*folder.names(), *self._currents()}):
                self._remove(edition)
        except ProblemsFound:
            # All is well with what is published, and the next publication tries again.
            self._progress("The store outside could not let go of editions that are not kept any more")

    # ---- the register ----

    def _name(self, edition: str) -> str:
        return f"<{self._base}id/edition/{edition}>"

    def _editions(self, pattern: str, shown: str = "?edition") -> list[dict[str, str]]:
        """Find what the register says of editions; `edition` is without what every name of one begins with."""
        start = f"{self._base}id/edition/"
        rows = self._select(f"SELECT DISTINCT {shown} {{ GRAPH {self._register} {{ {pattern} }} }}")
        return [{**row, "edition": row["edition"].removeprefix(start)} for row in rows]

    def _registered(self) -> set[str]:
        return {row["edition"] for row in self._editions(f"?edition {_HAS_GRAPH} ?graph")}

    def _whole(self) -> dict[str, str]:
        """Give the editions that were loaded and counted, with the digest of what was loaded."""
        rows = self._editions(f"?edition {_IS_WHOLE} ?digest", "?edition ?digest")
        return {row["edition"]: row["digest"] for row in rows}

    def _currents(self) -> set[str]:
        return {row["edition"] for row in self._editions(f"<{self._base}catalog> {_IS_CURRENT} ?edition")}

    def _graphs(self, edition: str) -> list[str]:
        pattern = f"{{ GRAPH {self._register} {{ {self._name(edition)} {_HAS_GRAPH} ?graph }} }}"
        return sorted(row["graph"] for row in self._select(f"SELECT ?graph {pattern}"))

    def _has_all(self, edition: str) -> bool:
        """Say whether something is in each graph of an edition: somebody may have emptied the store."""
        graphs = self._graphs(edition)
        return bool(graphs) and all(
            self._ask(f"ASK {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}") for graph in graphs
        )

    def _remove(self, edition: str) -> None:
        """Drop the graphs of an edition, and then what the register says of them."""
        graphs = self._graphs(edition)
        if not graphs:
            return
        # Nobody is to take it for whole while it goes.
        self._update(
            f"DELETE WHERE {{ GRAPH {self._register} {{ {self._name(edition)} {_IS_WHOLE} ?digest }} }}"
        )
        for graph in graphs:
            self._drop(graph)
            self._update(f"DELETE WHERE {{ GRAPH {self._register} {{ <{graph}> ?property ?value }} }}")
        self._update(
            f"DELETE WHERE {{ GRAPH {self._register} {{ {self._name(edition)} {_HAS_GRAPH} ?graph }} }}"
        )

    # ---- the protocol ----

    def _insert(self, *statements: str) -> None:
        self._update(f"INSERT DATA {{ GRAPH {self._register} {{ {' . '.join(statements)} }} }}")

    def _drop(self, graph: str) -> None:
        self._update(f"DROP SILENT GRAPH <{graph}>")

    def _update(self, text: str) -> None:
        self._send(self._address.update, text.encode(), {"Content-Type": "application/sparql-update"})

    def _count(self, graph: str) -> int:
        [row] = self._select(f"SELECT (COUNT(*) AS ?count) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
        return int(row["count"])

    def _select(self, text: str) -> list[dict[str, str]]:
        found = self._query(text)
        return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]

    def _ask(self, text: str) -> bool:
        return bool(self._query(text)["boolean"])

    def _query(self, text: str) -> Any:
        # As a form: there is a store that never ends its answer to a query that is a body by itself.
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/sparql-results+json",
        }
        answer = self._send(self._address.query, urlencode({"query": text}).encode(), headers)
        try:
            return answer.json()
        except ValueError:
            raise self._stopped("store-refuses", reason="its answer to a query is not JSON") from None

    def _post(self, graph: str, lines: bytes) -> None:
        """Add statements to a graph: packed, if the store is known to unpack them."""
        if self._takes_gzip is None:
            self._takes_gzip = self._try_gzip()
        headers = {"Content-Type": "application/n-triples"}
        if self._takes_gzip:
            lines, headers = igzip.compress(lines, 1), {**headers, "Content-Encoding": "gzip"}
        self._send(self._address.gsp, lines, headers, {"graph": graph})

    def _try_gzip(self) -> bool:
        """Send one packed statement to a graph of its own, and look whether it came to be there."""
        graph = f"{register_graph(self._base)}/trial"
        statement = f"<{graph}> <{graph}> <{graph}> .\n".encode()
        headers = {"Content-Type": "application/n-triples", "Content-Encoding": "gzip"}
        answer = self._exchange(
            self._address.gsp, gzip.compress(statement, mtime=0), headers, {"graph": graph}
        )
        is_taken = answer.is_success and self._count(graph) == 1
        self._drop(graph)
        return is_taken

    def _send(
        self, address: str, body: bytes, headers: dict[str, str], parameters: dict[str, str] | None = None
    ) -> httpx.Response:
        answer = self._exchange(address, body, headers, parameters)
        if not answer.is_success:
            raise self._stopped("store-refuses", reason=f"it answers {answer.status_code}")
        return answer

    def _exchange(
        self, address: str, body: bytes, headers: dict[str, str], parameters: dict[str, str] | None
    ) -> httpx.Response:
        end = time.monotonic() + MOST_SECONDS
        try:
            with self._client.stream(
                "POST", address, content=body, headers=headers, params=parameters
            ) as answer:
                read = bytearray()
                for piece in answer.iter_bytes():
                    read += piece
                    if len(read) > _LONGEST_ANSWER or time.monotonic() > end:
                        raise self._stopped("store-unreachable", reason="its answer does not end")
                return httpx.Response(answer.status_code, content=bytes(read))
        except httpx.ConnectError:
            raise self._stopped("store-unreachable", reason="nothing answers there") from None
        except httpx.TimeoutException:
            raise self._stopped("store-unreachable", reason="it takes too long") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise self._stopped("store-unreachable", reason="it breaks off") from None

    def _stopped(self, code: str, **facts: object) -> ProblemsFound:
        place = Place("site.toml")
        return ProblemsFound([problem(code, place, value=self._address.host, count=1, **facts)])


def stores_of(address: StoreAddress | None, base: str, progress: Progress = lambda _stage: None) -> Stores:
    """Give the stores where the editions of a site are to be, beside its own folder."""
    return Nowhere() if address is None else Outside(address, base, progress)


def is_whole_query(base: str, edition: str) -> str:
    """Write the query that asks a store outside whether it holds an edition whole."""
    return f"ASK {{ GRAPH <{register_graph(base)}> {{ <{base}id/edition/{edition}> {_IS_WHOLE} ?digest }} }}"


def read_chunks(quads: Path, size: int) -> Iterator[tuple[str, bytes]]:
    """Read packed N-Quads, as publish writes them, in parts of about so many bytes.

    Gives the name of a graph, and statements of it as N-Triples; each line of the file is in one of them.
    """
    with igzip.open(quads, "rb") as file:  # type: ignore[no-untyped-call]  # isal has no types
        rest = b""
        while block := file.read(size):
            end = (rest + block).rfind(b"\n") + 1
            lines, rest = (rest + block)[:end], (rest + block)[end:]
            yield from _split(lines)
        if rest:
            raise ValueError("the last line of the download has no end")


def _split(lines: bytes) -> Iterator[tuple[str, bytes]]:
    """Split lines of N-Quads by their graphs: those that follow one another go together."""
    if not lines:
        return
    end = lines[lines.rindex(b" <") :]
    if lines.count(end) == lines.count(b"\n"):
        # A line end stands nowhere but at the end of a statement, so these are all of one graph.
        yield end[2:-4].decode(), lines.replace(end, b" .\n")
        return
    for graph, group in groupby(lines.splitlines(keepends=True), _end_of):
        yield graph[2:-4].decode(), b"".join(group).replace(graph, b" .\n")


def _end_of(line: bytes) -> bytes:
    return line[line.rindex(b" <") :]

"""A table with more rows than are sent whole is sent as it is found, and nothing that is cut off looks whole."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cube_world import PREFIXES, CubeWorld, make_world, random_observations
from test_api_world import Served, serving
from test_sparql_limits import LIMITS, store, with_pool

from api.failures import Failure
from api.sparql_pool import Answer, Limits, Pool

__all__ = ["store"]

FORMS = ("json", "xml", "csv", "tsv")
PAIRS = "SELECT ?x ?y { VALUES ?x { %s } VALUES ?y { %s } }"
FEW = Limits(seconds=20.0, rows=10)
# Of an edition: what SQL answers alone, with Oxigraph, and what Oxigraph answers from statements.
QUERIES = {
    "rows": "SELECT ?a ?t ?v { ?o sdmx-dimension:refArea ?a ; sdmx-dimension:refPeriod ?t ; sdmx-measure:obsValue ?v }",
    "parts": "SELECT ?o ?k { ?o sdmx-dimension:refArea/skos:prefLabel ?k FILTER(REGEX(?k, 'e')) }",
    "statements": "SELECT ?o ?p ?x { ?o sdmx-dimension:refArea area:E06000002 ; ?p ?x }",
}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    return make_world(tmp_path_factory.mktemp("cube") / "2026-01-02-000000000001", random_observations(1))


def pairs(count: int) -> str:
    """Ask for the square of so many rows."""
    numbers = " ".join(map(str, range(count)))
    return PAIRS % (numbers, numbers)


def request_of(query: str, form: str = "csv", *, may_stream: bool = True) -> Mapping[str, Any]:
    nothing = {"default_graphs": None, "named_graphs": None, "graph_form": "nt", "prefixes": {}}
    return {**nothing, "query": query, "table_form": form, "may_stream": may_stream}


async def whole(answer: Answer) -> bytes:
    """Read an answer that comes in pieces."""
    assert answer.rest is not None
    assert answer.body == b""
    return b"".join([piece async for piece in answer.rest.pieces()])


async def until_idle(pool: Pool) -> None:
    """Wait until no process is left that holds an answer."""
    async with asyncio.timeout(10):
        while pool._rests or pool._all - set(pool._idle):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("form", FORMS)
def test_pieces_together_are_the_answer(store: Path, form: str) -> None:
    query = "SELECT ?s ?o ?nothing { ?s <http://h/value> ?o } ORDER BY ?o LIMIT 3456"

    async def at_once(pool: Pool) -> bytes:
        return (await pool.run(request_of(query, form))).body

    async def in_pieces(pool: Pool) -> bytes:
        found = await whole(await pool.run(request_of(query, form)))
        await until_idle(pool)
        return found

    assert with_pool(store, in_pieces, FEW) == with_pool(store, at_once)


@pytest.mark.parametrize("way", QUERIES)
def test_each_way_of_answering_streams(edition: CubeWorld, way: str) -> None:
    query = PREFIXES + QUERIES[way]

    async def at_once(pool: Pool) -> Answer:
        return await pool.run(request_of(query))

    async def in_pieces(pool: Pool) -> tuple[Answer, bytes]:
        answer = await pool.run(request_of(query))
        return answer, await whole(answer)

    folder = edition.folder / "rdf" / "store"
    wanted = with_pool(folder, at_once)
    answer, found = with_pool(folder, in_pieces, replace(FEW, rows=5))
    assert (answer.from_rows, answer.in_parts) == (way == "rows", way == "parts")
    assert sorted(found.splitlines()) == sorted(wanted.body.splitlines())
    assert len(found.splitlines()) == wanted.rows + 1 > 6


def test_rows_that_are_too_many_are_refused_before_the_first(edition: CubeWorld) -> None:
    async def work(pool: Pool) -> None:
        with pytest.raises(Failure, match="more than 6 rows"):
            await pool.run(request_of(PREFIXES + QUERIES["rows"]))
        await until_idle(pool)

    with_pool(edition.folder / "rdf" / "store", work, replace(FEW, rows=5, streamed_rows=6))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (replace(FEW, streamed_rows=5_000), "more than 5,000 rows"),
        (replace(FEW, streamed_bytes=20_000), "longer than one may be"),
    ],
)
def test_answer_that_comes_to_its_limit_is_no_answer(store: Path, limits: Limits, words: str) -> None:
    async def work(pool: Pool) -> None:
        answer = await pool.run(request_of(pairs(100)))
        with pytest.raises(Failure, match=words):
            await whole(answer)
        await until_idle(pool)

    with_pool(store, work, limits)


def test_nothing_streams_for_those_who_take_it_whole(store: Path) -> None:
    async def work(pool: Pool) -> None:
        for asked in (request_of(pairs(10), may_stream=False), request_of(pairs(10), "html")):
            with pytest.raises(Failure, match="more than 10 rows"):
                await pool.run(asked)

    with_pool(store, work, FEW)


def test_client_that_does_not_read_holds_a_place_for_so_long_and_no_longer(store: Path) -> None:
    limits = replace(LIMITS, rows=10, slow_places=1, streamed_seconds=1.0, patience=5.0)

    async def work(pool: Pool) -> tuple[float, bytes]:
        unread = await pool.run(request_of(pairs(100)))
        assert unread.rest is not None
        began = time.monotonic()
        # There is one place, and it comes free.
        found = await whole(await pool.run(request_of(pairs(20))))
        waited = time.monotonic() - began
        with pytest.raises(EOFError):
            async for _ in unread.rest.pieces():
                pass
        await until_idle(pool)
        return waited, found

    waited, found = with_pool(store, work, limits)
    assert waited > 0.5
    assert len(found.splitlines()) == 401


def test_process_waits_for_a_client_that_reads_slowly(store: Path) -> None:
    async def work(pool: Pool) -> tuple[float, float]:
        answer = await pool.run(request_of(pairs(500)))
        assert answer.rest is not None
        pieces = answer.rest.pieces()
        await anext(pieces)
        (worker,) = pool._all - set(pool._idle)
        await asyncio.sleep(0.5)
        before = worker.processor_seconds()
        await asyncio.sleep(0.5)
        after = worker.processor_seconds()
        await pieces.aclose()
        await until_idle(pool)
        return before, after

    before, after = with_pool(store, work, FEW)
    assert after - before < 0.1


# ---- over HTTP ----


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = Limits(seconds=20.0, rows=1_000, streamed_rows=20_000)
    with serving(tmp_path_factory.mktemp("streams"), limits) as served:
        yield served


@pytest.fixture(scope="module")
def client(site: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=60) as opened:
        yield opened


def wait_until_left(site: Served) -> None:
    """Wait until no process holds an answer. One that nobody took would be held for a minute."""
    pool = site.app.state.sparql.pool_for(site.app.state.editions.current)
    deadline = time.monotonic() + 30
    while pool._rests:
        assert time.monotonic() < deadline, "a process still holds the answer"
        time.sleep(0.02)


@pytest.mark.parametrize("packing", ["identity", "gzip"])
def test_long_table_is_answered(client: httpx.Client, site: Served, packing: str) -> None:
    more = {"Accept": "application/sparql-results+json", "Accept-Encoding": packing}
    answer = client.post("/sparql", data={"query": pairs(100)}, headers=more)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/sparql-results+json"
    assert not {"x-rows", "content-length"} & set(answer.headers)
    rows = json.loads(answer.content)["results"]["bindings"]
    assert len({(row["x"]["value"], row["y"]["value"]) for row in rows}) == len(rows) == 10_000
    wait_until_left(site)


@pytest.mark.parametrize("packing", ["identity", "gzip"])
def test_table_that_is_cut_off_does_not_look_whole(client: httpx.Client, site: Served, packing: str) -> None:
    """Its first rows are sent before Oxigraph has found that there are more than an answer may have."""
    by_oxigraph = pairs(150).replace("VALUES ?y", 'FILTER(REGEX(STR(?x), "[0-9]")) VALUES ?y')
    asked = {"query": by_oxigraph, "format": "tsv"}
    with client.stream("GET", "/sparql", params=asked, headers={"Accept-Encoding": packing}) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == "?x\t?y"
        with pytest.raises(httpx.RemoteProtocolError):
            list(lines)
    wait_until_left(site)
    assert 'event="answer-too-long"' in client.get("/metrics").text
    assert client.get("/sparql", params={"query": "ASK {}"}).json()["boolean"] is True


def test_table_that_sql_finds_too_long_is_refused(client: httpx.Client, site: Served) -> None:
    answer = client.get("/sparql", params={"query": pairs(150), "format": "csv"})
    assert answer.status_code == 422
    assert "20,000 rows" in answer.json()["detail"]
    wait_until_left(site)


def test_process_ends_with_its_client(client: httpx.Client, site: Served) -> None:
    long = "x" * 3_000
    query = pairs(140).replace("?x ?y {", f"* {{ BIND('{long}' AS ?z)")
    with client.stream("GET", "/sparql", params={"format": "tsv", "query": query}) as answer:
        assert next(answer.iter_lines()) == "?x\t?y\t?z"
    wait_until_left(site)


def test_head_of_a_long_table_has_no_body(client: httpx.Client, site: Served) -> None:
    answer = client.head("/sparql", params={"query": pairs(140), "format": "csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    wait_until_left(site)


def test_long_table_is_refused_as_a_page(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": pairs(50)}, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "1,000 rows" in answer.text

"""The named graphs of an edition, earlier editions, what is refused, and looking statements up one by one."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from cube_world import PREFIXES, CubeWorld, make_world, told
from test_api_world import Served, client, site
from test_publish_world import BASE, OBSERVATIONS, make_contents, observation, small_world, write_world
from test_sparql_limits import ENDED, WORST, run, with_pool

from api.cube import engine as cube_engine
from api.cube.engine import Engine, TooMuch, connecting
from api.cube.pieces import Cube
from api.cube.queries import read_query
from api.cube.reading import CubeStore
from api.sparql_pool import Answer, Pool

__all__ = ["client", "site"]

FIRST, SECOND, THIRD = (f"2026-01-0{day}-{day:012x}" for day in (2, 3, 4))
FIGURE = f"<{BASE}id/observation/waste/recycled/E06000002/2022-04-01_P1Y>"
VALUE = f"{PREFIXES} SELECT ?v WHERE {{ CLAUSE {FIGURE} sdmx-measure:obsValue ?v END }}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CubeWorld:
    """The small world, after two editions that said 40 and 41.5 where it says 43.6; the first holds its figures."""
    folder = tmp_path_factory.mktemp("kept")
    for name, value, url in ((FIRST, "40", "oxigraph:"), (SECOND, "41.50", "cube:")):
        rows = [row for row in OBSERVATIONS if (row["area"], row["value_text"]) != ("E06000002", "43.60")]
        rows.append(observation("E06000002", "2022-04-01_P1Y", value))
        write_world(make_contents(rows), folder / name, name, rdf_url=url)
    return make_world(folder / THIRD)


def number(result: object) -> int:
    [[pair]] = map(tuple, result)
    return int(ox.parse(f"<x:x> <x:x> {pair[1]} .", ox.RdfFormat.N_TRIPLES).__next__().object.value)


def counted(world: CubeWorld, pattern: str, **dataset: list[str]) -> int:
    return number(world.ask(f"{PREFIXES} SELECT (COUNT(*) AS ?n) {pattern}", **dataset))


def lines_in(world: CubeWorld, graph: str) -> int:
    return sum(1 for line in world.lines if line.endswith(f" <{BASE}{graph}> .".encode()))


@pytest.mark.parametrize("dataset", ["waste", "work"])
def test_a_dataset_is_a_graph_of_its_observations(world: CubeWorld, dataset: str) -> None:
    wanted = lines_in(world, f"id/dataset/{dataset}")
    assert wanted > 20
    assert counted(world, f"{{ GRAPH dataset:{dataset} {{ ?s ?p ?o }} }}") == wanted
    assert counted(world, f"FROM dataset:{dataset} {{ ?s ?p ?o }}") == wanted
    graph = f"{BASE}id/dataset/{dataset}"
    assert counted(world, "{ ?s ?p ?o }", default=[graph]) == wanted
    assert counted(world, "{ GRAPH ?g { ?s ?p ?o } }", named=[graph]) == wanted
    assert counted(world, "{ ?s ?p ?o }", named=[graph]) == 0


def test_graphs_are_listed(world: CubeWorld) -> None:
    found = world.ask("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    graphs = {f"<{BASE}{path}>" for path in ("catalog", "id/dataset/waste", "id/dataset/work")}
    assert found == Counter(frozenset({("g", graph)}) for graph in graphs)


def test_names_are_in_the_catalogue_and_not_in_a_dataset(world: CubeWorld) -> None:
    named = "{ ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a . ?a skos:prefLabel ?l }"
    assert counted(world, f"FROM dataset:work {named}") == 0
    both = counted(world, f"FROM dataset:work FROM <{BASE}catalog> {named}")
    assert both == counted(world, f"{{ GRAPH dataset:work {{ ?o a ?c }} {named} }}") == 2


def test_unknown_graph_is_empty(world: CubeWorld) -> None:
    for unknown in (f"{BASE}id/dataset/nothing", f"{BASE}id/edition/2020-01-01-000000000000", "http://x/"):
        assert world.ask(f"ASK FROM <{unknown}> {{ ?s ?p ?o }}") is False
        assert world.ask(f"ASK {{ GRAPH <{unknown}> {{ ?s ?p ?o }} }}") is False
        assert world.ask("ASK { ?s ?p ?o }", default=[unknown]) is False


def test_an_edition_is_a_graph_of_all_that_was_said_then(world: CubeWorld) -> None:
    for name, value in ((FIRST, "40.0"), (SECOND, "41.5"), (THIRD, "43.6")):
        graph = f"<{BASE}id/edition/{name}>"
        wanted = world.judge(f"SELECT ?v {{ BIND({value} AS ?v) }}")
        assert world.ask(VALUE.replace("CLAUSE", f"GRAPH {graph} {{").replace("END", "}")) == wanted
        assert (
            world.ask(VALUE.replace("WHERE { CLAUSE", f"FROM {graph} WHERE {{").replace("END", "")) == wanted
        )
    changed = f"""{PREFIXES} SELECT ?o ?before ?now {{
        GRAPH <{BASE}id/edition/{SECOND}> {{ ?o sdmx-measure:obsValue ?before }}
        ?o sdmx-measure:obsValue ?now FILTER(?before != ?now) }}"""
    assert len(world.ask(changed)) == 1
    # Where a query names an edition it is among the graphs that there are.
    either = f"""SELECT DISTINCT ?g {{ GRAPH ?g {{ {FIGURE} ?p ?x }}
        FILTER EXISTS {{ GRAPH <{BASE}id/edition/{FIRST}> {{ ?a ?b ?c }} }} }}"""
    assert len(world.ask(either)) == 2


def test_too_much_is_refused_and_says_how_to_ask_for_less(
    world: CubeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cube_engine, "MOST_STATEMENTS", 40)
    monkeypatch.setattr(cube_engine, "_FIRST_STATEMENTS", 10)
    with pytest.raises(TooMuch, match="Name an indicator"):
        world.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    # What is done with a few solutions needs no more than those, and a narrow question is answered.
    assert world.ask(f"{PREFIXES} ASK {{ ?o sdmx-measure:obsValue ?v }}") is True
    assert sum(world.ask(f"{PREFIXES} SELECT * {{ ?o sdmx-measure:obsValue ?v }} LIMIT 3").values()) == 3
    assert len(world.ask(VALUE.replace("CLAUSE", "").replace("END", ""))) == 1


def test_a_query_that_is_only_half_understood_gets_everything(world: CubeWorld) -> None:
    """rdflib cannot read a triple that is quoted; Oxigraph can."""
    query = f"{PREFIXES} SELECT * {{ {FIGURE} ?p ?v FILTER(!isTRIPLE(?v)) }}"
    assert read_query(query) is None
    assert world.ask(query) == world.judge(query)


def test_statements_are_looked_up_as_in_a_store(world: CubeWorld) -> None:
    rest = ox.Store()
    rest.load(world.rest, ox.RdfFormat.N_TRIPLES)
    cube = Cube(world.folder / "rdf" / "cube.json", connecting(world.folder / "catalogue.db"))
    store = CubeStore(rest, cube)
    whole = [quad for quad in world.whole if quad.graph_name == ox.DefaultGraph()]
    for subject in {quad.subject for quad in whole}:
        wanted = Counter(str(quad) for quad in whole if quad.subject == subject)
        assert Counter(map(str, store.quads_for_pattern(subject, None, None))) == wanted
    area = ox.NamedNode(f"{BASE}id/area/E06000002")
    for predicate in {quad.predicate for quad in whole}:
        wanted = Counter(str(quad) for quad in whole if quad.predicate == predicate and quad.object == area)
        assert Counter(map(str, store.quads_for_pattern(None, predicate, area))) == wanted


def test_every_digit_that_was_published_is_said(tmp_path: Path) -> None:
    """Numbers that a binary one does not keep, beside a value and as one."""
    long = "0.12345678901234567"
    rows = [
        observation("E06000002", "2022-04-01_P1Y", "100000000000000.25", lower_limit=long, upper_limit="1e0")
    ]
    rows[0]["upper_limit"] = "123456789012345678"
    made = make_world(tmp_path / FIRST, rows)
    found = made.ask(
        f"{PREFIXES} SELECT * {{ {FIGURE} sdmx-measure:obsValue ?v ; def:lowerLimit ?l ; def:upperLimit ?u }}"
    )
    [solution] = found
    texts = {name: text.split('"')[1] for name, text in solution}
    assert texts == {"v": "100000000000000.25", "l": long, "u": "123456789012345678"}


# ---- on a real server ----


def test_service_names_its_graphs_and_answers_from_them(client: httpx.Client, site: Served) -> None:
    told_of = client.get("/sparql", headers={"Accept": "text/turtle"})
    graph = rdflib.Graph().parse(data=told_of.text, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    names = {str(name) for name in graph.objects(None, sd.name)}
    edition = site.app.state.editions.current
    assert names == {
        f"{site.url}catalog",
        f"{site.url}id/dataset/waste",
        f"{site.url}id/dataset/work",
        f"{site.url}id/edition/{edition.name}",
    }
    for name in names:
        query = f"ASK {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        assert client.get("/sparql", params={"query": query}).json()["boolean"] is True
        asked = {"query": "ASK { ?s ?p ?o }", "default-graph-uri": name}
        assert client.get("/sparql", params=asked).json()["boolean"] is True


def test_both_kinds_of_store_hold_the_same(tmp_path: Path) -> None:
    """The digest of an edition and its catalogue do not depend on where its observations are asked for."""
    folders = {
        url: write_world(make_contents(), tmp_path / url.strip(":"), rdf_url=url)
        for url in ("cube:", "oxigraph:")
    }
    manifests = [json.loads((folder / "manifest.json").read_text("utf-8")) for folder in folders.values()]
    assert manifests[0].pop("linked_data").keys() == {"cube.json"}
    assert manifests[1].pop("linked_data") == {}
    assert manifests[0] == manifests[1]
    with sqlite3.connect(folders["cube:"] / "catalogue.db") as catalogue:
        assert catalogue.execute("SELECT count(*) FROM observation_rows").fetchone() == (len(OBSERVATIONS),)
    stores = {url: ox.Store.read_only(str(folder / "rdf" / "store")) for url, folder in folders.items()}
    rest = {str(quad) for quad in stores["cube:"]}
    assert not any(f"<{BASE}id/observation/" in text.split(" ")[0] for text in rest)
    assert rest < {str(quad) for quad in stores["oxigraph:"]}
    assert told(stores["oxigraph:"].query("ASK { ?s ?p ?o }")) is True
    assert small_world().observations.count == len(OBSERVATIONS)
    assert Engine(folders["cube:"]) is not None


# ---- processes ----


@pytest.mark.parametrize(
    "name", ["count of a cartesian product", "order of a cartesian product", "lists multiplied"]
)
def test_worst_query_over_a_cube_is_ended_and_the_next_one_answered(world: CubeWorld, name: str) -> None:
    async def work(pool: Pool) -> tuple[Answer | str, Answer | str, Answer | str]:
        before = await run(pool, "ASK { ?s ?p ?o }")
        return before, await run(pool, WORST[name]), await run(pool, "ASK { ?s ?p ?o }")

    before, ended, after = with_pool(world.folder / "rdf" / "store", work)
    assert ended in ENDED
    assert isinstance(before, Answer)
    assert isinstance(after, Answer)


def test_client_that_leaves_ends_its_process(world: CubeWorld) -> None:
    async def work(pool: Pool) -> Path:
        pool.warm()
        asking = asyncio.create_task(run(pool, WORST["lists multiplied"]))
        while not pool._all:
            await asyncio.sleep(0.01)
        (worker,) = pool._all
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.gather(*pool._tasks)
        return Path(f"/proc/{worker.process.pid}")

    process = with_pool(world.folder / "rdf" / "store", work)
    # Its files are closed a moment before the system forgets it.
    until = time.monotonic() + 10
    while process.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not process.exists()


def test_what_one_query_needed_is_not_seen_by_the_next(world: CubeWorld) -> None:
    async def work(pool: Pool) -> list[Answer | str]:
        return [await run(pool, f"{PREFIXES} SELECT * {{ GRAPH ?g {{ {FIGURE} ?p ?o }} }}") for _ in range(3)]

    answers = with_pool(world.folder / "rdf" / "store", work)
    assert all(isinstance(answer, Answer) and answer.rows == answers[0].rows > 5 for answer in answers)


def test_process_that_others_are_split_off_from_is_started_again(world: CubeWorld) -> None:
    async def work(pool: Pool) -> tuple[Answer | str, Answer | str]:
        first = await run(pool, "ASK {}")
        origin = pool._origin._process
        origin.kill()
        await origin.wait()
        return first, await run(pool, "ASK {}")

    assert all(isinstance(answer, Answer) for answer in with_pool(world.folder / "rdf" / "store", work))

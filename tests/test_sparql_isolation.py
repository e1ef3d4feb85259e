"""Heavy queries wait for each other and never hold up a light one, whatever they do and however often they come."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from test_api_world import Served, serving
from test_sparql_limits import ENDED, LIGHT, WORST, run, store, with_pool

from api.sparql_gate import Gate
from api.sparql_pool import Answer, Limits, Pool

__all__ = ["store"]

HEAVY = WORST["count of a cartesian product"]
# One place for heavy queries; who waits for it does so for longer than the test lasts.
NARROW = Limits(
    seconds=2.0,
    fast_seconds=0.05,
    memory=600 << 20,
    fast_places=2,
    slow_places=1,
    stopped=1,
    patience=60.0,
)


def state_of(pid: int) -> str:
    """Give the letter by which the system says what a process does: R it runs, S it waits, T it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def until(pool: Pool, states: list[str]) -> list[int]:
    """Wait until the processes of a pool are in these states; gives their ids."""
    while True:
        found = sorted((state_of(worker.process.pid), worker.process.pid) for worker in pool._all)
        if [state for state, _ in found if state != "S"] == states:
            return [pid for state, pid in found if state != "S"]
        await asyncio.sleep(0.02)


def test_heavy_query_stands_still_while_another_has_the_place(store: Path) -> None:
    async def work(pool: Pool) -> list[Answer | str]:
        heavy = [asyncio.create_task(run(pool, f"{HEAVY} #{number}")) for number in range(2)]
        await until(pool, ["R", "T"])
        light = [await run(pool, LIGHT) for _ in range(5)]
        return [*light, *await asyncio.gather(*heavy)]

    *light, first, second = with_pool(store, work, NARROW)
    assert all(isinstance(answer, Answer) and answer.rows == 2 for answer in light)
    # Each had all of its own time, the second after the first.
    assert (first, second) == ("query-too-slow", "query-too-slow")


def test_heavy_query_runs_with_what_others_leave(store: Path) -> None:
    async def work(pool: Pool) -> tuple[int, int, int]:
        task = asyncio.create_task(run(pool, HEAVY))
        while not any(os.sched_getscheduler(worker.process.pid) == os.SCHED_IDLE for worker in pool._all):
            await asyncio.sleep(0.02)
        (pid,) = await until(pool, ["R"])
        found = (
            os.getpriority(os.PRIO_PROCESS, pid),
            len(os.sched_getaffinity(pid)),
            len(os.sched_getaffinity(0)),
        )
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return found

    priority, cores, all_cores = with_pool(store, work, NARROW)
    assert priority == 19
    assert cores == max(1, all_cores - 1)


def test_heavy_query_stands_still_while_a_light_one_runs_but_for_its_turns(store: Path) -> None:
    async def work(pool: Pool) -> list[int]:
        heavy = asyncio.create_task(run(pool, HEAVY))
        while not pool._slow._free.locked():
            await asyncio.sleep(0.01)
        found = []
        with pool._gate.light():
            for state in ("T", "R", "T"):
                found += await until(pool, [state])
        found += await until(pool, ["R"])
        heavy.cancel()
        await asyncio.gather(heavy, return_exceptions=True)
        return found

    found = with_pool(store, work, replace(NARROW, seconds=60.0))
    assert len(found) == 4
    assert len(set(found)) == 1


def test_each_of_those_who_give_way_has_a_turn_of_its_own() -> None:
    alone = {(False, True, True), (True, False, True), (True, True, False)}

    async def work() -> None:
        gate = Gate()
        sleeping = [await asyncio.create_subprocess_exec("sleep", "60") for _ in range(3)]
        found: set[tuple[bool, ...]] = set()
        try:
            with contextlib.ExitStack() as held:
                for process in sleeping:
                    held.enter_context(gate.behind(process.pid))
                held.enter_context(gate.light())
                while not alone <= found:
                    found.add(tuple(state_of(process.pid) == "T" for process in sleeping))
                    await asyncio.sleep(0.01)
            while any(state_of(process.pid) == "T" for process in sleeping):
                await asyncio.sleep(0.01)
        finally:
            for process in sleeping:
                process.kill()
                await process.wait()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_more_heavy_queries_than_may_wait_are_told_to_come_back(store: Path) -> None:
    async def work(pool: Pool) -> list[Answer | str]:
        heavy = [asyncio.create_task(run(pool, f"{HEAVY} #{number}")) for number in range(2)]
        await until(pool, ["R", "T"])
        found = [await run(pool, f"{HEAVY} # third"), await run(pool, LIGHT)]
        for task in heavy:
            task.cancel()
        await asyncio.gather(*heavy, return_exceptions=True)
        return found

    third, light = with_pool(store, work, replace(NARROW, seconds=60.0))
    assert third == "busy"
    assert isinstance(light, Answer)


def test_heavy_query_waits_for_its_place_no_longer_than_patience(store: Path) -> None:
    limits = Limits(seconds=4.0, fast_seconds=0.05, slow_places=1, patience=0.2)

    async def work(pool: Pool) -> list[Answer | str]:
        first = asyncio.create_task(run(pool, HEAVY))
        await until(pool, ["R"])
        while not pool._slow._free.locked():
            await asyncio.sleep(0.02)
        return [await run(pool, f"{HEAVY} # again"), await first]

    assert with_pool(store, work, limits) == ["busy", "query-too-slow"]


def test_query_known_to_be_heavy_takes_no_process_while_it_waits(store: Path) -> None:
    async def work(pool: Pool) -> tuple[int, Answer | str]:
        assert await run(pool, HEAVY) == "query-too-slow"
        other = asyncio.create_task(run(pool, f"{HEAVY} # another"))
        while not pool._slow._free.locked():
            await asyncio.sleep(0.02)
        again = asyncio.create_task(run(pool, HEAVY))
        while pool._slow._waiting == 0:
            await asyncio.sleep(0.02)
        await until(pool, ["R"])
        states = [state_of(worker.process.pid) for worker in pool._all]
        light = await run(pool, LIGHT)
        for task in (other, again):
            task.cancel()
        await asyncio.gather(other, again, return_exceptions=True)
        return states.count("T"), light

    stopped, light = with_pool(store, work, NARROW)
    assert stopped == 0
    assert isinstance(light, Answer)


def test_stopped_query_whose_client_leaves_is_ended(store: Path) -> None:
    async def work(pool: Pool) -> bool:
        heavy = [asyncio.create_task(run(pool, f"{HEAVY} #{number}")) for number in range(2)]
        _, stopped = await until(pool, ["R", "T"])
        for task in heavy:
            task.cancel()
        await asyncio.gather(*heavy, return_exceptions=True)
        await asyncio.gather(*pool._tasks)
        try:
            os.kill(stopped, signal.SIGCONT)
        except ProcessLookupError:
            return True
        return state_of(stopped) == "Z"

    assert with_pool(store, work, NARROW)


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world, served with little time for a query and few places."""
    limits = Limits(
        seconds=1.0,
        # The product's own: a light query is not to count as heavy where the machine is slow and busy.
        fast_seconds=0.2,
        memory=600 << 20,
        slow_places=1,
        stopped=2,
        patience=8.0,
    )
    with serving(tmp_path_factory.mktemp("strained"), limits) as served:
        yield served


def test_light_queries_are_answered_while_the_slow_lane_is_full(strained: Served) -> None:
    """On a real server: every heavy query has its clear answer, every light one its rows, and the service stays up."""
    triples = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(5))
    worst = (
        f"SELECT (COUNT(*) AS ?n) {{ {triples} }}",
        f'SELECT (COUNT(*) AS ?n) {{ {triples} FILTER(REGEX(CONCAT(STR(?c0), STR(?c1)), "(o+)+$")) }}',
        "SELECT (COUNT(*) AS ?n) { ?a (!<x:y>)* ?b . ?c (!<x:y>)* ?d . ?e (!<x:y>)* ?f }",
        f"SELECT * {{ {triples} }} ORDER BY ?c0 ?c1 ?c2",
        f"SELECT (GROUP_CONCAT(?x) AS ?y) {{ {triples} BIND(STR(?c1) AS ?x) }}",
    )
    ends: list[httpx.Response] = []

    def ask_heavy(query: str) -> None:
        for _ in range(2):
            ends.append(httpx.get(f"{strained.url}sparql", params={"query": query}, timeout=120))

    threads = [threading.Thread(target=ask_heavy, args=(query,)) for query in worst]
    for thread in threads:
        thread.start()
    lights = 0
    with httpx.Client(base_url=strained.url, timeout=120) as client:
        while any(thread.is_alive() for thread in threads):
            answer = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o } LIMIT 3"})
            assert (answer.status_code, answer.headers.get("x-rows")) == (200, "3")
            assert client.get("/healthz").status_code == 200
            lights += 1
    for thread in threads:
        thread.join()
    assert lights > 0
    assert len(ends) == 2 * len(worst)
    for answer in ends:
        told = answer.json()
        code = told["type"].rpartition("/")[2]
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, code) in {(422, ended) for ended in ENDED} | {(503, "busy")}
        assert ("retry-after" in answer.headers) == (code == "busy")
        assert told["detail"]
        assert told["mend"]

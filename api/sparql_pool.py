"""A small pool of processes that answer SPARQL queries and can be ended.

In:   a query with its forms and limits
Out:  the worker's answer, or a Failure: too slow, too large, too long, refused, busy

Light queries never wait for heavy ones. A query begins in the fast lane. If it is not done after
`fast_seconds` it needs a place in the slow lane, where it runs at a lower priority until its time is over; if
no place is free it is ended at once and told to come back. So there is always a worker for the next query.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cube.pieces import CUBE
from api.failures import Failure
from api.sparql_origin import Origin, Split
from api.sparql_worker import LENGTH, LENGTHS

# An environment of our own: nothing of the server's settings is visible to a query's process.
_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take. memory is address space in bytes; waiting is how many may queue."""

    seconds: float = 10.0
    fast_seconds: float = 0.5
    memory: int = 1 << 30
    rows: int = 10_000
    triples: int = 100_000
    answer_bytes: int = 64 << 20
    fast_places: int = 4
    slow_places: int = 2
    waiting: int = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's result: kind is select, ask or graph; form is the suffix of how the body is written."""

    kind: str
    form: str
    rows: int
    body: bytes


class _Worker:
    """One process. After `ask` has not come to its end, the process can only be killed."""

    def __init__(self, process: asyncio.subprocess.Process | Split) -> None:
        self.process = process
        # What one that was split off has added for a query serves no other.
        self.is_for_one = isinstance(process, Split)

    @classmethod
    async def start(cls, store_folder: Path, memory: int) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "api.sparql_worker", str(store_folder), str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=_ENVIRONMENT,
        )
        assert process.stdout is not None
        try:
            await process.stdout.readexactly(LENGTHS.size)
        except asyncio.IncompleteReadError as ended:
            await process.wait()
            raise RuntimeError(
                f"a worker over {store_folder.parent.parent.name} could not be started"
            ) from ended
        return cls(process)

    async def ask(self, request: bytes, most: int) -> tuple[dict[str, Any], bytes]:
        """Send a request and read the answer. Raises EOFError if the process ends first."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(LENGTH.pack(len(request)) + request)
            await self.process.stdin.drain()
            lengths = await self.process.stdout.readexactly(LENGTHS.size)
            header_length, body_length = LENGTHS.unpack(lengths)
            if body_length > most:
                raise Failure("answer-too-long", f"The answer is longer than {most >> 20} MB.")
            header: dict[str, Any] = json.loads(await self.process.stdout.readexactly(header_length))
            return header, await self.process.stdout.readexactly(body_length)
        except (asyncio.IncompleteReadError, ConnectionError) as ended:
            raise EOFError from ended

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()

    def give_way(self) -> None:
        """Let other processes go first from now on."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, 15)


class Pool:
    """The workers of one edition's store."""

    def __init__(self, store_folder: Path, limits: Limits) -> None:
        self.limits = limits
        self._store_folder = store_folder
        self._fast = asyncio.Semaphore(limits.fast_places)
        self._slow_free = limits.slow_places
        self._waiting = 0
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._is_closed = False
        has_cube = store_folder.with_name(CUBE).exists()
        self._origin = Origin(store_folder, limits.memory, _ENVIRONMENT) if has_cube else None

    async def run(self, request: Mapping[str, Any]) -> Answer:
        """Answer one query. If the caller is cancelled, the query's process is killed.

        request   as api.sparql_worker.answer takes it; the limits are added here

        Raises Failure.
        """
        told = {**request, "rows": self.limits.rows, "triples": self.limits.triples}
        message = json.dumps(told).encode()
        if self._waiting >= self.limits.waiting:
            raise _busy()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._fast.acquire(), self.limits.seconds)
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        is_fast, is_whole = True, False
        worker: _Worker | None = None
        try:
            worker = await self._take()
            asking = asyncio.create_task(worker.ask(message, self.limits.answer_bytes))
            try:
                done, _ = await asyncio.wait({asking}, timeout=self.limits.fast_seconds)
                if not done:
                    if self._slow_free == 0:
                        raise _busy()
                    self._slow_free -= 1
                    self._fast.release()
                    is_fast = False
                    worker.give_way()
                    rest = max(0.0, self.limits.seconds - self.limits.fast_seconds)
                    done, _ = await asyncio.wait({asking}, timeout=rest)
                if not done:
                    detail = f"The query was ended after {self.limits.seconds:g} seconds."
                    raise Failure("query-too-slow", detail, seconds=self.limits.seconds)
                header, body = asking.result()
                is_whole = True
            finally:
                asking.cancel()
        except EOFError:
            detail = f"The query was ended when it needed more than {self.limits.memory >> 20} MB."
            raise Failure("query-too-large", detail) from None
        finally:
            if worker is not None:
                # One that gave way cannot take its priority back, so it is not used again.
                self._give_back(worker, is_reusable=is_whole and is_fast)
            if is_fast:
                self._fast.release()
            else:
                self._slow_free += 1
        if "failure" in header:
            raise _refusal(header)
        return Answer(header["kind"], header["form"], header["rows"], body)

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            self._end(worker)
        starting = asyncio.create_task(self._start())
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The process comes into being all the same, and somebody has to end it.
            self._track(self._end_when_started(starting))
            raise
        self._all.add(worker)
        return worker

    async def _start(self) -> _Worker:
        if self._origin is not None:
            return _Worker(await self._origin.split_off())
        return await _Worker.start(self._store_folder, self.limits.memory)

    def warm(self) -> None:
        """Read the edition now if that has to be done before its first query: somebody is about to ask one."""
        if self._origin is not None:
            self._track(self._origin.start())

    async def _end_when_started(self, starting: asyncio.Task[_Worker]) -> None:
        with contextlib.suppress(RuntimeError):
            self._end(await starting)

    def _give_back(self, worker: _Worker, *, is_reusable: bool) -> None:
        if (
            is_reusable
            and not worker.is_for_one
            and not self._is_closed
            and len(self._idle) < self.limits.fast_places
        ):
            self._idle.append(worker)
        else:
            self._end(worker)

    def _end(self, worker: _Worker) -> None:
        """End a worker now; that it is gone is seen to later."""
        self._all.discard(worker)
        self._track(worker.end())
        self._end_origin()

    def _track(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    def close(self) -> None:
        """Let no worker outlive its query: idle ones end now, busy ones when they are done."""
        self._is_closed = True
        while self._idle:
            self._end(self._idle.pop())
        self._end_origin()

    def _end_origin(self) -> None:
        """End what workers are split off from, once there will be none and none is left."""
        if self._is_closed and not self._all and self._origin is not None:
            self._track(self._origin.end())
            self._origin = None

    async def stop(self) -> None:
        """End every worker now and wait until they are gone."""
        self.close()
        for worker in list(self._all):
            self._end(worker)
        while self._ends:
            await asyncio.gather(*self._ends)


def _busy() -> Failure:
    return Failure("busy", headers={"Retry-After": "10"})


def _refusal(header: Mapping[str, Any]) -> Failure:
    """Turn a worker's refusal into a Failure; what it says beside code and detail goes along."""
    more = {
        key: value for key, value in header.items() if key not in ("failure", "detail") and value is not None
    }
    return Failure(header["failure"], header["detail"], **more)

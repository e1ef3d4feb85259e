"""A small pool of processes that answer SPARQL queries and can be ended.

In:   a query with its forms and limits
Out:  the worker's answer, whole or in pieces, or a Failure: too slow, too large, too long, refused, busy

Light queries never wait for heavy ones. A query begins in the fast lane. If it is not done after `fast_seconds`
of work its process is stopped, and goes on when there is a place in the slow lane: with what others leave over, on
all cores but one, until its time is over. It waits for a place as long as `patience` says and is then told to come
back. So there is always a place in the fast lane, and a client that sends heavy queries without a pause waits. A
query that turned out to be heavy waits before it begins, the next time. So does one whose answer is sent as it is
found: its process waits in the slow lane for a client that reads slowly.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cube.pieces import CUBE
from api.failures import Failure
from api.sparql_gate import Gate
from api.sparql_origin import Origin
from api.sparql_process import ENVIRONMENT, Rest, Worker
from api.sparql_worker import ANY, NOT_FROM_ROWS, PARTS, ROWS, STATEMENTS

# Seconds for finding words, on a machine that is busy; the grammar alone takes half of one.
_LEAST_TO_EXPLAIN = 5.0
# Seconds in which nearly all queries are done; as long passes at least before their work is looked at again.
_MOMENT = 0.02
# Seconds after which it is seen whether what queries are answered from has been made meanwhile.
_LEARNING = 0.5
# How many heavy queries are remembered.
_MOST_KNOWN = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take.

    seconds         on the clock, without what it waits for a place
    rows            of an answer that is sent whole; a longer one, if it may, is sent as it is found
    streamed_*      what such an answer may have: rows, bytes, and seconds until its client has taken all of it
    fast_seconds    of the processor, before it counts as heavy; on the clock twenty times as long
    memory          address space in bytes
    waiting         how many may queue for the fast lane, and as many known to be heavy for the slow lane
    stopped         how many may wait for the slow lane that have begun; each holds the memory it has taken
    patience        seconds that a heavy query waits for a place
    """

    seconds: float = 10.0
    fast_seconds: float = 0.2
    memory: int = 1 << 30
    rows: int = 10_000
    triples: int = 100_000
    answer_bytes: int = 64 << 20
    streamed_rows: int = 1_000_000
    streamed_bytes: int = 256 << 20
    streamed_seconds: float = 60.0
    fast_places: int = 4
    slow_places: int = 3
    waiting: int = 64
    stopped: int = 3
    patience: float = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's result: kind is select, ask or graph; form is the suffix of how the body is written.

    from_rows   whether SQL over rows answered it
    in_parts    whether SQL over rows answered parts of it, or all that it needs is no observation
    rest        where there are more rows than are sent whole: the answer, in pieces. The body is empty then
    """

    kind: str
    form: str
    rows: int
    body: bytes
    from_rows: bool = False
    in_parts: bool = False
    rest: Rest | None = None


class Lane:
    """Places, and a bounded number of those who wait for one, for a bounded time."""

    def __init__(self, places: int, patience: float) -> None:
        self._free = asyncio.Semaphore(places)
        self._patience = patience
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def place(self, most_waiting: int) -> AsyncIterator[None]:
        """Hold a place. Raises Failure: busy, if too many wait already or none becomes free in time."""
        if self._free.locked() and self._waiting >= most_waiting:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


class Pool:
    """The workers of one edition's store; of no store where that is outside."""

    def __init__(self, store_folder: Path | None, limits: Limits) -> None:
        self.limits = limits
        self._store_folder = store_folder
        self._gate = Gate()
        self._fast = Lane(limits.fast_places, max(limits.seconds, limits.patience))
        self._slow = Lane(limits.slow_places, limits.patience)
        self._explaining = Lane(1, limits.patience)
        self._explainer: Worker | None = None
        self._heavy: OrderedDict[bytes, None] = OrderedDict()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._rests: set[Rest] = set()
        self._running = 0
        self._is_closed = False
        self._origin: Origin | None = None
        has_cube = store_folder is not None and store_folder.with_name(CUBE).exists()
        if store_folder is not None and has_cube:
            self._origin = Origin(store_folder, limits.memory, ENVIRONMENT)
        # From rows by a process that serves others too; else from statements, by one that ends with the query.
        self._ways = (ROWS, STATEMENTS) if has_cube else (ANY,)

    async def run(self, request: Mapping[str, Any]) -> Answer:
        """Answer one query. If the caller is cancelled, the query's process is killed.

        request   as api.sparql_worker.answer takes it; the limits are added here. may_stream says whether the caller
                  takes an answer in pieces

        Raises Failure.
        """
        header, body = await self.ask(request)
        way, rest = header.get("way"), header.get("rest")
        return Answer(header["kind"], header["form"], header["rows"], body, way == ROWS, way == PARTS, rest)

    async def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Let a worker do what a request says, and give what it sends: see `run`."""
        limits = {
            "rows": self.limits.rows,
            "triples": self.limits.triples,
            "streamed_rows": self.limits.streamed_rows if request.get("may_stream") else 0,
        }
        told = {**request, **limits, "explains": False}
        message = json.dumps(told).encode()
        name = hashlib.blake2b(message, digest_size=16).digest()
        self._running += 1
        began = time.monotonic()
        try:
            while True:
                if name in self._heavy:
                    header, body = await self._run_heavy(message)
                else:
                    header, body = await self._run_any(message, name)
                if header.get("failure") != NOT_FROM_ROWS:
                    break
                # The table that it is answered from is being made.
                if time.monotonic() - began > self.limits.seconds:
                    raise _busy()
                await asyncio.sleep(_LEARNING)
            if header.get("failure") == "query-unread":
                header = await self._explain({**told, "explains": True})
        except EOFError:
            detail = f"The query was ended when it needed more than {self.limits.memory >> 20} MB."
            raise Failure("query-too-large", detail) from None
        finally:
            self._running -= 1
            self._end_origin()
        header = {key: value for key, value in header.items() if key not in ("is_early", "is_due")}
        if "failure" in header:
            raise _refusal(header)
        return header, body

    async def _run_any(self, message: bytes, name: bytes) -> tuple[dict[str, Any], bytes]:
        """Run a query of which nothing is known: in the fast lane, and if that does not do, in the slow one.

        Where the table of all statements has to be made first, the header says NOT_FROM_ROWS.
        """
        limits = self.limits
        async with contextlib.AsyncExitStack() as held:
            async with self._fast.place(limits.waiting):
                ways, is_again = list(self._ways), False
                while ways:
                    way = ways.pop(0)
                    with self._gate.light():
                        worker = await (self._start() if way == STATEMENTS or is_again else self._take())
                        held.callback(self._end, worker)
                        asking = asyncio.create_task(worker.ask(_with_way(message, way), limits.answer_bytes))
                        held.callback(asking.cancel)
                        seconds = await self._work(
                            worker, asking, limits.fast_seconds, min(20 * limits.fast_seconds, limits.seconds)
                        )
                    if not asking.done() or _streams(asking.result()):
                        break
                    answer = asking.result()
                    held.pop_all()
                    # One that came too early for a table will never have it; one that is split off now may.
                    is_early = answer[0].get("is_early", False)
                    self._give_back(worker, is_spent=way == STATEMENTS or is_early)
                    if answer[0].get("failure") != NOT_FROM_ROWS:
                        return answer
                    if is_early and not is_again:
                        ways, is_again = [way, *ways], True
                        continue
                    if answer[0].get("is_due"):
                        return answer
                    message = _with_parts(message, answer[1])
                worker.stop()
            self._remember(name)
            self._replace()
            await held.enter_async_context(self._slow.place(limits.stopped))
            worker.give_way()
            answer = await self._finish(worker, asking, limits.seconds - seconds)
            if _streams(answer):
                return self._stream(answer, worker, held)
        if answer[0].get("failure") != NOT_FROM_ROWS:
            return answer
        # It took so long to see that rows do not do.
        if answer[0].get("is_due"):
            del self._heavy[name]
            return answer
        return await self._run_heavy(_with_parts(message, answer[1]), STATEMENTS)

    async def _run_heavy(self, message: bytes, way: str = ANY) -> tuple[dict[str, Any], bytes]:
        """Run a query that is known to be heavy: it waits for its place before it begins."""
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(self._slow.place(self.limits.waiting))
            worker = await self._start()
            held.callback(self._end, worker)
            worker.give_way()
            asking = asyncio.create_task(worker.ask(_with_way(message, way), self.limits.answer_bytes))
            held.callback(asking.cancel)
            answer = await self._finish(worker, asking, self.limits.seconds)
            return self._stream(answer, worker, held) if _streams(answer) else answer

    def _stream(
        self, answer: tuple[dict[str, Any], bytes], worker: Worker, held: contextlib.AsyncExitStack
    ) -> tuple[dict[str, Any], bytes]:
        """Keep a worker and its place until what follows its answer has been read: the header has it as `rest`."""
        rest = Rest(worker, self.limits.streamed_bytes)
        kept = held.pop_all()
        kept.enter_context(self._gate.behind(worker.process.pid))
        self._running += 1
        self._rests.add(rest)
        self._track(self._keep(rest, kept))
        return {**answer[0], "rest": rest}, answer[1]

    async def _keep(self, rest: Rest, kept: contextlib.AsyncExitStack) -> None:
        """Let go of what an answer holds when it has been read, or its time is over."""
        async with kept:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rest.ended.wait(), self.limits.streamed_seconds)
        self._rests.discard(rest)
        self._running -= 1
        self._end_origin()

    async def _explain(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Say what is wrong with a query that cannot be read: in a worker kept for that, apart from both lanes.

        Raises Failure, with no more words, if that takes too long.
        """
        unread = Failure("query-malformed", "The query cannot be read.", line=None, column=None)
        try:
            async with self._explaining.place(self.limits.waiting), contextlib.AsyncExitStack() as held:
                worker, self._explainer = self._explainer or await self._start(), None
                held.callback(self._end, worker)
                message = _with_way(json.dumps(told).encode(), ANY)
                asking = asyncio.create_task(worker.ask(message, self.limits.answer_bytes))
                held.callback(asking.cancel)
                await asyncio.wait({asking}, timeout=max(self.limits.seconds, _LEAST_TO_EXPLAIN))
                if not asking.done():
                    raise unread
                header, _ = asking.result()
                if not self._is_closed and not worker.is_split:
                    held.pop_all()
                    self._explainer = worker
                return header
        except EOFError:
            raise unread from None

    async def _work(self, worker: Worker, asking: asyncio.Task[Any], work: float, most: float) -> float:
        """Wait until a query is done, has worked so long, or most seconds have gone by; gives the seconds.

        What counts is the work, after the first moment: on a busy machine a light query takes long too.
        """
        began, seconds, used = time.monotonic(), 0.0, 0.0
        await asyncio.wait({asking}, timeout=min(_MOMENT, most))
        worked = 0.0 if asking.done() else worker.processor_seconds()
        while not asking.done() and used < work and seconds < most:
            await asyncio.wait({asking}, timeout=max(min(work - used, most - seconds), _MOMENT))
            seconds = time.monotonic() - began
            used = worker.processor_seconds() - worked
        return seconds

    async def _finish(
        self, worker: Worker, asking: asyncio.Task[Any], seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Wait for a heavy query's answer. Raises Failure, and EOFError if its process has ended."""
        with self._gate.behind(worker.process.pid):
            await asyncio.wait({asking}, timeout=max(0.0, seconds))
        if not asking.done():
            detail = f"The query was ended after {self.limits.seconds:g} seconds."
            raise Failure("query-too-slow", detail, seconds=self.limits.seconds)
        answer: tuple[dict[str, Any], bytes] = asking.result()
        return answer

    def _remember(self, name: bytes) -> None:
        self._heavy[name] = None
        if len(self._heavy) > _MOST_KNOWN:
            self._heavy.popitem(last=False)

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            self._end(worker)
        return await self._start()

    async def _start(self) -> Worker:
        starting = asyncio.create_task(self._open())
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The process comes into being all the same, and somebody has to end it.
            self._track(self._end_when_started(starting))
            raise
        self._all.add(worker)
        return worker

    async def _open(self) -> Worker:
        if self._origin is not None:
            return Worker(await self._origin.split_off())
        return await Worker.start(self._store_folder, self.limits.memory)

    def warm(self) -> None:
        """Read the edition now if that has to be done before its first query: somebody is about to ask one."""
        if self._origin is not None:
            self._track(self._origin.start())

    async def _end_when_started(self, starting: asyncio.Task[Worker]) -> None:
        with contextlib.suppress(RuntimeError):
            self._end(await starting)

    def _replace(self) -> None:
        """Have a worker ready for the next query in place of one that cannot take its priority back."""

        async def replace() -> None:
            with contextlib.suppress(RuntimeError):
                self._give_back(await self._start(), is_spent=False)

        # One that is split off is there at once.
        if not self._idle and not self._is_closed and self._origin is None:
            self._track(replace())

    def _give_back(self, worker: Worker, *, is_spent: bool) -> None:
        if not self._is_closed and not is_spent and len(self._idle) < self.limits.fast_places:
            self._idle.append(worker)
        else:
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        """End a worker now; that it is gone is seen to later."""
        self._all.discard(worker)
        self._track(worker.end())

    def _track(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Let no worker outlive its query: idle ones end now, busy ones when they are done."""
        self._is_closed = True
        while self._idle:
            self._end(self._idle.pop())
        if self._explainer is not None:
            self._end(self._explainer)
            self._explainer = None
        self._end_origin()

    def _end_origin(self) -> None:
        """End what workers are split off from, once no query is running and none will be."""
        if self._is_closed and not self._running and self._origin is not None:
            self._track(self._origin.end())

    async def stop(self) -> None:
        """End every worker now and wait until they are gone."""
        self.close()
        for rest in self._rests:
            rest.ended.set()
        for worker in list(self._all):
            self._end(worker)
        if self._origin is not None:
            self._track(self._origin.end())
        while self._tasks:
            await asyncio.gather(*self._tasks)


def _streams(answer: tuple[dict[str, Any], bytes]) -> bool:
    return "streams" in answer[0]


def _with_way(message: bytes, way: str) -> bytes:
    """Say in a message how the query may be answered."""
    return message[:-1] + b', "ways": "' + way.encode() + b'"}'


def _with_parts(message: bytes, parts: bytes) -> bytes:
    """Give a message what a process found of the query that another one is to answer."""
    return message if parts == b"{}" else message[:-1] + b", " + parts[1:]


def _busy() -> Failure:
    return Failure("busy", headers={"Retry-After": "10"})


def _refusal(header: Mapping[str, Any]) -> Failure:
    """Turn a worker's refusal into a Failure; what it says beside code and detail goes along."""
    more = {
        key: value for key, value in header.items() if key not in ("failure", "detail") and value is not None
    }
    return Failure(header["failure"], header["detail"], **more)

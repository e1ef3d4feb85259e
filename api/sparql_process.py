"""One process that answers SPARQL queries, from outside: asked, stopped, told to give way, ended.

In:   a request as api.sparql_worker.answer takes it
Out:  the header and the body that the process sends, pieces that follow, or EOFError where it ends first
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from api.failures import Failure
from api.sparql_origin import Split
from api.sparql_worker import LENGTH, LENGTHS

_TICKS = os.sysconf("SC_CLK_TCK")
# An environment of our own: nothing of the server's settings is visible to a query's process.
ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
}


class Worker:
    """One process. After `ask` has not come to its end, the process can only be killed."""

    def __init__(self, process: asyncio.subprocess.Process | Split) -> None:
        self.process = process
        # One that was split off serves others until it has added statements for a query.
        self.is_split = isinstance(process, Split)
        # Only one may read at a time.
        self._reading = asyncio.Lock()

    @classmethod
    async def start(cls, store_folder: Path | None, memory: int) -> Worker:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "api.sparql_worker", str(store_folder or ""), str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT,
            # A session of its own, so that it can give way to the server's: see give_way.
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            await process.stdout.readexactly(LENGTHS.size)
        except asyncio.IncompleteReadError as ended:
            await process.wait()
            raise RuntimeError(f"a worker over {store_folder} could not be started") from ended
        return cls(process)

    async def ask(self, request: bytes, most: int) -> tuple[dict[str, Any], bytes]:
        """Send a request and read the answer.

        Raises EOFError if the process ends first, and RuntimeError with its words for a fault of ours in it.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(LENGTH.pack(len(request)) + request)
            await self.process.stdin.drain()
            async with self._reading:
                lengths = await self.process.stdout.readexactly(LENGTHS.size)
                header_length, body_length = LENGTHS.unpack(lengths)
                if body_length > most:
                    raise Failure("answer-too-long", f"The answer is longer than {most >> 20} MB.")
                header: dict[str, Any] = json.loads(await self.process.stdout.readexactly(header_length))
                body = await self.process.stdout.readexactly(body_length)
        except (asyncio.IncompleteReadError, ConnectionError) as ended:
            raise EOFError from ended
        _raise_fault(header)
        return header, body

    async def read_rest(self, most: int) -> AsyncGenerator[bytes, None]:
        """Read the pieces that follow where the header says `streams`.

        Raises what `ask` does, and Failure for what the process refuses in the middle or for more than `most` bytes.
        """
        assert self.process.stdout is not None
        left = most
        while piece := await self._read_piece(left):
            left -= len(piece)
            yield piece
        ended: dict[str, Any] = json.loads(await self._read_piece(most))
        _raise_fault(ended)
        if "failure" in ended:
            raise Failure(ended["failure"], ended["detail"])

    async def _read_piece(self, most: int) -> bytes:
        assert self.process.stdout is not None
        try:
            async with self._reading:
                (length,) = LENGTH.unpack(await self.process.stdout.readexactly(LENGTH.size))
                if length > most:
                    raise Failure("answer-too-long", "The answer is longer than one may be.")
                return await self.process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as ended:
            raise EOFError from ended

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self._read_away()
        await self.process.wait()

    async def _read_away(self) -> None:
        """Read what nobody will: asyncio sees no end behind it."""
        assert self.process.stdout is not None
        with contextlib.suppress(ConnectionError):
            while await self._read_some():
                pass

    async def _read_some(self) -> bytes:
        assert self.process.stdout is not None
        async with self._reading:
            return await self.process.stdout.read(1 << 16)

    def stop(self) -> None:
        """Let the process do nothing until it gives way."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)

    def give_way(self) -> None:
        """Let the process go on with what others leave, for the rest of its life, and not on the first core."""
        pid = self.process.pid
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, 19)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
            # Where the system shares the processor out between sessions first, it is the session that gives way.
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/autogroup").write_text("19")
            with contextlib.suppress(OSError):
                first, *others = sorted(os.sched_getaffinity(pid))
                os.sched_setaffinity(pid, others or [first])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def processor_seconds(self) -> float:
        """Say how long the process has worked in all, or how late it is where the system does not tell."""
        try:
            told = Path(f"/proc/{self.process.pid}/stat").read_bytes()
        except OSError:
            return time.monotonic()
        # After the name, which may hold anything, the 12th and 13th fields are the ticks of work.
        fields = told[told.rindex(b")") :].split()
        return (int(fields[12]) + int(fields[13])) / _TICKS


class Rest:
    """The pieces of an answer that a process sends as it finds them. `ended` is set when no more will be read."""

    def __init__(self, worker: Worker, most: int) -> None:
        self._worker, self._most = worker, most
        self.ended = asyncio.Event()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Read them, once. Raises what Worker.read_rest does."""
        try:
            async with contextlib.aclosing(self._worker.read_rest(self._most)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self.ended.set()


def _raise_fault(header: Mapping[str, Any]) -> None:
    if "error" in header:
        raise RuntimeError(f"a query's process met a fault:\n{header['error']}")

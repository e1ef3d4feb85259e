"""The process from which the workers over a virtual cube are split off, as their parent sees it.

In:   the folder of an edition's store
Out:  processes that answer queries, ready in some thousandths of a second

It reads what is not an observation into memory once; each worker has it from there (see api/sparql_worker.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from api.sparql_worker import LENGTHS


class Split:
    """A process that was split off, with the parts of asyncio's Process that are asked of it here."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, stdin: asyncio.StreamWriter) -> None:
        self.pid, self.stdout, self.stdin = pid, stdout, stdin
        self._gone: asyncio.Event | None = None
        # The number of a process that has ended may be given to another; what this names is this one for ever.
        try:
            self._handle: int | None = os.pidfd_open(pid)
        except OSError:
            self._handle = None

    @property
    def returncode(self) -> int | None:
        """0 when it has ended."""
        return 0 if self._handle is None or self.stdout.at_eof() else None

    def kill(self) -> None:
        """End it now."""
        if self._handle is not None:
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def wait(self) -> None:
        """Wait until it has ended."""
        if self._handle is None:
            return
        if self._gone is not None:
            await self._gone.wait()
            return
        # That nothing more can be read says only that our own end is closed.
        loop, self._gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._handle, self._gone.set)
        try:
            await self._gone.wait()
        finally:
            loop.remove_reader(self._handle)
            self._gone.set()
        os.close(self._handle)
        self._handle = None


class Origin:
    """One process, started when the first worker is wanted and again if it should end."""

    def __init__(self, store_folder: Path, memory: int, environment: dict[str, str]) -> None:
        self._arguments = (str(store_folder), str(memory))
        self._environment = environment
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None

    async def split_off(self) -> Split:
        """Split a worker off. Raises RuntimeError if that cannot be done."""
        await self.start()
        try:
            source, sink = await asyncio.open_unix_connection(self._address)
        except OSError as fault:
            raise RuntimeError("a worker could not be split off") from fault
        try:
            pid, _ = LENGTHS.unpack(await source.readexactly(LENGTHS.size))
        except (OSError, asyncio.IncompleteReadError) as fault:
            sink.close()
            raise RuntimeError("a worker could not be split off") from fault
        return Split(pid, source, sink)

    async def start(self) -> None:
        """Start it if it does not run. Raises RuntimeError if that cannot be done."""
        async with self._lock:
            if self._process is None or self._process.returncode is not None:
                await self._start()

    @property
    def _address(self) -> str:
        assert self._folder is not None
        return str(self._folder / "workers")

    async def _start(self) -> None:
        self._remove_folder()
        self._folder = Path(tempfile.mkdtemp(prefix="likeforlike-"))
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "api.sparql_worker", *self._arguments, self._address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=self._environment,
        )
        assert self._process.stdout is not None
        try:
            await self._process.stdout.readexactly(LENGTHS.size)
        except asyncio.IncompleteReadError as ended:
            await self._process.wait()
            raise RuntimeError("the edition could not be read for its workers") from ended

    async def end(self) -> None:
        """End it, and with it all workers that were split off."""
        async with self._lock:
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
            self._remove_folder()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

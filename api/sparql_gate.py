"""Who stands still while light queries run: the processes of those that have worked for long.

In:   that a light query begins and ends; the processes that give way to it
Out:  signals to those processes

Two processors of one core slow each other, whatever the priority of what runs on them. So a process that gives way
stands still while a light query runs and a moment longer, since the next one is often near. To come to its end it also
has its turn: one after another goes on beside them, for a share of the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

# Seconds of a cycle: without those who give way, and with one of them.
STILL = 0.2
TURN = 0.1
# Seconds that they stand still after the last light query.
MOMENT = 0.05


class Gate:
    """Processes that give way, by their numbers. All of it belongs to one event loop."""

    def __init__(self) -> None:
        self._light = 0
        # In the order of their turns, and whether each stands still.
        self._is_still: dict[int, bool] = {}
        self._has_turn: int | None = None
        self._turns: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def light(self) -> Iterator[None]:
        """Hold the others back while a light query runs, and a moment longer."""
        self._light += 1
        self._tell_all()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(MOMENT, self._end_light)

    @contextlib.contextmanager
    def behind(self, pid: int) -> Iterator[None]:
        """Let a running process give way. It may end inside; if it does not, it is left running."""
        self._is_still[pid] = False
        self._tell_all()
        if self._turns is None:
            self._turns = asyncio.get_running_loop().create_task(self._take_turns())
        try:
            yield
        finally:
            if self._is_still.pop(pid):
                _tell(pid, signal.SIGCONT)
            if not self._is_still:
                self._turns.cancel()
                self._turns = None

    def _end_light(self) -> None:
        self._light -= 1
        self._tell_all()

    def _tell_all(self) -> None:
        for pid, is_still in self._is_still.items():
            should_be = self._light > 0 and pid != self._has_turn
            if is_still is not should_be:
                self._is_still[pid] = should_be
                _tell(pid, signal.SIGSTOP if should_be else signal.SIGCONT)

    async def _take_turns(self) -> None:
        while True:
            self._has_turn = None
            self._tell_all()
            await asyncio.sleep(STILL)
            self._has_turn = next(iter(self._is_still))
            # Who had its turn goes to the end of the line.
            self._is_still[self._has_turn] = self._is_still.pop(self._has_turn)
            self._tell_all()
            await asyncio.sleep(TURN)


def _tell(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)

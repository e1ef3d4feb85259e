"""One step, measured in a process of its own.

CPU seconds are user and system time of the process and all its children, and the primary figure: wall clock on a
shared machine swings two- or threefold. Peak memory is the largest resident set of any one of them.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took. `answer` is what its function returned."""

    cpu: float
    wall: float
    peak_mb: float
    answer: Any

    def __add__(self, other: Cost) -> Cost:
        """Add the times of two steps run one after the other; memory is the larger of the two."""
        return Cost(self.cpu + other.cpu, self.wall + other.wall, max(self.peak_mb, other.peak_mb), None)


def measure(function: str, *arguments: str | Path) -> Cost:
    """Run `module:function` with text or path arguments in a new process.

    Raises RuntimeError if it does not end well.
    """
    reader, writer = os.pipe()
    started = time.monotonic()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "benchmarks.measure", str(writer), function, *map(str, arguments)],
        {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        file_actions=[(os.POSIX_SPAWN_DUP2, writer, writer)],
    )
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError(f"{function} ended with status {os.waitstatus_to_exitcode(status)}")
    return Cost(
        usage.ru_utime + usage.ru_stime,
        time.monotonic() - started,
        usage.ru_maxrss / 1024,
        json.loads(told),
    )


def main() -> None:
    channel, function, *arguments = sys.argv[1:]
    module, _, name = function.partition(":")
    answer = getattr(importlib.import_module(module), name)(*map(Path, arguments))
    with os.fdopen(int(channel), "w") as pipe:
        json.dump(answer, pipe)


if __name__ == "__main__":
    main()

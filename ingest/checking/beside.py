"""Checks run beside other work, in a process of its own where that helps.

In:   staged tables, or the standard tables of all packages
Out:  their problems, later

A check has what it needs in files and gives problems, so it can be done anywhere. The process is split off from this
one, which costs thousandths of a second; where a system cannot do that, a check is done when it is asked for.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ingest.checking.standard import check_standard_tables
from ingest.checking.tables import StagedTable, check_tables, open_engine
from ingest.problems import Place, Problem
from ingest.standard_file import StandardFile


class AtOnce(Executor):
    """An executor that does everything when it is asked for."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function now. What it raises is raised by the result."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as fault:
            done.set_exception(fault)
        return done


@contextmanager
def second_process() -> Iterator[Executor]:
    """Split a process off for as long as this lasts. Begin it before this process has threads of its own at work."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        yield AtOnce()
        return
    with ProcessPoolExecutor(1, get_context("fork")) as executor:
        with warnings.catch_warnings():
            # Libraries keep idle threads, of which Python 3.12 warns; they hold nothing that the new process needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            # It is split off with the first work.
            executor.submit(os.getpid).result()
        yield executor


def check_own_schemas(
    packages: Sequence[tuple[Sequence[StagedTable], Collection[str]]], scratch: Path
) -> list[Problem]:
    """Check the tables of packages, each with the names of its unread ones, by their own schemas."""
    with open_engine(scratch) as connection:
        connection.execute("SET preserve_insertion_order = true")
        return [found for own, unread in packages for found in check_tables(own, connection, unread)]


def check_together(
    tables: Mapping[str, Sequence[StandardFile]],
    places: Mapping[int, Place],
    scratch: Path,
    rows: int,
    *,
    is_partial: bool,
    unread: Collection[str],
    settled: Collection[str] = (),
) -> list[Problem]:
    """Check about so many rows of the standard tables of all packages, in an engine of its own."""
    with open_engine(scratch, rows) as connection:
        return check_standard_tables(
            tables, places, connection, is_partial=is_partial, unread=unread, settled=settled
        )

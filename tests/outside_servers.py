"""Stores outside for tests: where one is not installed its tests are skipped, loudly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools import outside_servers
from tools.outside_servers import NotInstalled, Server

__all__ = ["Server", "oxigraph", "virtuoso"]


def _or_skip(start: Callable[..., AbstractContextManager[Server]]) -> Callable[..., Any]:
    @contextmanager
    def started(folder: Path) -> Iterator[Server]:
        with ExitStack() as stack:
            try:
                running = stack.enter_context(start(folder))
            except NotInstalled as reason:
                pytest.skip(str(reason))
            yield running

    return started


oxigraph, virtuoso = _or_skip(outside_servers.oxigraph), _or_skip(outside_servers.virtuoso)

"""Whole answers, ready to be sent again before anything is looked up, routed or compressed.

In:   a request for what was answered already, from the same edition, on the same day, in the same form
Out:  the same bytes under the same headers

An answer is kept if whoever made it said that its tag holds for as long as its edition is current (api.replies). A
request with a condition, for a part, or about a named edition goes the whole way.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edition import Editions, NoEdition
from api.metrics import Metrics

MOST_BYTES = 32 << 20

# The headers that choose an answer's form, language, compression and the addresses in it.
_CHOOSING = frozenset({b"host", b"accept", b"accept-language", b"accept-encoding"})
_CONDITIONS = frozenset({b"if-none-match", b"if-match", b"if-modified-since", b"if-range", b"range"})
_NAMED_EDITIONS = (b"edition=", b"as-of=")

Key = tuple[Any, ...]


@dataclass(slots=True)
class Making:
    """What is told of an answer while it is made, by way of the scope's "ready".

    is_settled   its tag holds as long as the edition is current
    route        the name it is counted under
    """

    is_settled: bool = False
    route: str = "other"


@dataclass(frozen=True, slots=True)
class _Answer:
    start: Message
    body: Message
    route: str
    bytes: int


@dataclass(slots=True)
class _Recorder:
    """Passes an answer on and keeps it, if it is sent in one piece."""

    send: Send
    start: Message | None = None
    bodies: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif len(self.bodies) < 2:
            self.bodies.append(message)
        await self.send(message)


class Ready:
    """The layer before all others."""

    def __init__(
        self, app: ASGIApp, editions: Editions, metrics: Metrics, most_bytes: int = MOST_BYTES
    ) -> None:
        self.app = app
        self._editions = editions
        self._metrics = metrics
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Key, _Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if key is None:
            await self.app(scope, receive, send)
            return
        found = self._answers.get(key)
        if found is not None:
            began = time.perf_counter()
            self._answers.move_to_end(key)
            # The server adds to the headers that it is handed.
            await send({**found.start, "headers": list(found.start["headers"])})
            await send(found.body)
            self._metrics.count_request(found.route, 200, time.perf_counter() - began)
            return
        making = scope["ready"] = Making()
        recorder = _Recorder(send)
        await self.app(scope, receive, recorder)
        if making.is_settled and key == self._key(scope):
            self._keep(key, recorder, making.route)

    def _key(self, scope: Scope) -> Key | None:
        """Name an answer by all that it depends on; None for one that is not kept."""
        chosen: list[bytes] = []
        for name, value in scope["headers"]:
            if name in _CHOOSING:
                chosen += (name, value)
            elif name in _CONDITIONS:
                return None
        query: bytes = scope["query_string"]
        if any(named in query for named in _NAMED_EDITIONS):
            return None
        try:
            edition = self._editions.current.name
        except NoEdition:
            return None
        path = scope.get("raw_path") or scope["path"].encode()
        today: dt.date = self._editions.today()
        return edition, today, scope["scheme"], path, query, *chosen

    def _keep(self, key: Key, recorder: _Recorder, route: str) -> None:
        start, bodies = recorder.start, recorder.bodies
        if start is None or start["status"] != 200 or len(bodies) != 1 or bodies[0].get("more_body"):
            return
        size = len(bodies[0]["body"]) + sum(len(part) for part in key if isinstance(part, bytes))
        if key in self._answers or size > self._most_bytes // 8:
            return
        kept = {**start, "headers": list(start["headers"])}
        self._answers[key] = _Answer(kept, bodies[0], route, size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, freed = self._answers.popitem(last=False)
            self._bytes -= freed.bytes

"""What Datasette refuses by JSON and CSV, in the shape that every door has: application/problem+json.

In:   Datasette's answer to a request for JSON or CSV
Out:  the same, or where it is a refusal the problem document, with Datasette's own members `ok` and `error` beside it

Datasette answers SQL that fails by CSV with 200 and no line at all. What is wrong is then asked for by JSON.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.failures import Failure

# The kind of failure for a status of Datasette's.
_KINDS = {400: "sql-refused", 403: "sql-refused", 404: "address-unknown"}
_LONGEST = 1 << 16


def refusing(app: ASGIApp, base: str) -> ASGIApp:
    """Wrap Datasette so that its refusals by JSON and CSV have our shape."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.endswith(".json"):
            await app(scope, receive, _Held(send, scope, receive, base, _read_error).take)
        elif path.endswith(".csv"):

            async def ask(_: bytes) -> dict[str, Any] | None:
                return await _ask_by_json(app, scope, receive)

            await app(scope, receive, _Held(send, scope, receive, base, ask).take)
        else:
            await app(scope, receive, send)

    return wrapped


class _Held:
    """Holds an answer back until it is known whether it is one."""

    def __init__(
        self,
        send: Send,
        scope: Scope,
        receive: Receive,
        base: str,
        find: Callable[[bytes], Awaitable[dict[str, Any] | None]],
    ) -> None:
        self._send, self._scope, self._receive, self._base = send, scope, receive, base
        self._find = find
        self._start: MutableMapping[str, Any] | None = None
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        is_last = not message.get("more_body", False)
        status = self._start["status"]
        # A table by CSV has a heading, so that nothing but blanks is no table.
        is_refusal = status >= 400 or (self._scope["path"].endswith(".csv") and not self._body.strip())
        if is_refusal and not is_last and len(self._body) < _LONGEST:
            return
        told = None
        if is_refusal and is_last:
            told = await self._find(self._body)
        if told is None:
            start, self._start = self._start, None
            await self._send(start)
            await self._send({**message, "body": self._body})
            return
        self._start = None
        status = status if status >= 400 else int(told.get("status") or 400)
        failure = Failure(
            _KINDS.get(status, "sql-refused"), str(told["error"]), ok=False, error=told["error"]
        )
        await failure.response(self._base)(self._scope, self._receive, self._send)


async def _read_error(body: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and told.get("error") else None


async def _ask_by_json(app: ASGIApp, scope: Scope, receive: Receive) -> dict[str, Any] | None:
    """Ask the same by JSON, and give the error if there is one."""
    parts: list[bytes] = []

    async def keep(message: Message) -> None:
        parts.append(message.get("body", b""))

    path, raw = scope["path"].removesuffix(".csv"), scope["raw_path"].removesuffix(b".csv")
    await app({**scope, "path": f"{path}.json", "raw_path": raw + b".json"}, receive, keep)
    return await _read_error(b"".join(parts))

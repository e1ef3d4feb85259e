"""The application asked by itself, in its own process, as a browser or a program would ask it.

In:   an application, an address inside its site
Out:  what it answered; nothing where it took too long or said more than was wanted

No address is fetched: there is no network between. Whoever needs what a door says gets exactly what that door says,
with its bounds and its refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
from starlette.types import ASGIApp

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Inside:
    """An answer. `status` is 0 where the time was over; `is_whole` is false where the body was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


async def ask_inside(
    app: ASGIApp, base: str, path: str, query: str = "", *, accept: str, most: int = 8 * 1024 * 1024
) -> Inside:
    """Ask for one address inside the site whose public address is `base`.

    most   bytes of the body that are kept; what is more is cut
    """
    own = urlsplit(base)
    port = own.port or (443 if own.scheme == "https" else 80)
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": own.scheme,
        "server": (own.hostname, port),
        "client": None,
        "method": "GET",
        "path": path,
        "raw_path": quote(path, safe="/=,;:").encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"accept", accept.encode()), (b"host", own.netloc.encode())],
    }
    status, headers, body, is_whole = 0, {}, bytearray(), True
    asked = False

    async def receive() -> dict[str, Any]:
        # Who asks has sent nothing more, and waits: whoever leaves has a query stopped.
        nonlocal asked
        if asked:
            await anyio.sleep_forever()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, headers, is_whole
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {key.decode().lower(): value.decode() for key, value in message["headers"]}
        elif message["type"] == "http.response.body":
            room = most - len(body)
            part = message.get("body", b"")
            body.extend(part[:room])
            is_whole = is_whole and len(part) <= room

    with anyio.move_on_after(SECONDS) as waiting:
        await app(scope, receive, send)
    if waiting.cancelled_caught:
        return Inside(0, headers, b"", False)
    return Inside(status, headers, bytes(body), is_whole)

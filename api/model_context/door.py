"""/mcp: the Model Context Protocol over HTTP, one request and one answer at a time.

In:   a message, posted as JSON
Out:  its answer as JSON; no session, no stream, nothing kept between two requests

A page of another site could make a visitor's browser speak to a server on the visitor's own machine. So a message must
name this site or the machine itself as its host, and where a browser says from which site it comes, that must be
one of the two. The library is read with the first message: it takes longer than any page.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.failures import Failure
from api.gate import MESSAGES, methods_of
from api.html import wants_page
from api.replies import root_of_address

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = MESSAGES
LONGEST_BODY = 64 * 1024
_HERE = ("127.0.0.1", "localhost", "[::1]")


class ModelContextDoor:
    """An ASGI application that answers messages of the protocol."""

    def __init__(self, app: FastAPI, base: str) -> None:
        self.app = app
        self.base = base
        self._lock = asyncio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self._running: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["door"] = PATH
        if scope["method"] != "POST":
            if scope["method"] == "GET" and wants_page(Request(scope)):
                where = {"Location": f"{root_of_address(self.base)}/api#model-context"}
                await Response(status_code=303, headers=where)(scope, receive, send)
                return
            detail = "Messages of the Model Context Protocol are posted here. There is no stream to read."
            raise Failure("method-not-allowed", detail, headers={"Allow": methods_of(PATH)})
        manager = await self._start()
        await manager.handle_request(scope, receive, send)

    async def _start(self) -> StreamableHTTPSessionManager:
        """Start the library with the first message."""
        async with self._lock:
            if self._manager is None:
                self._manager = await anyio.to_thread.run_sync(self._make)
                began = asyncio.Event()
                self._running = asyncio.create_task(self._run(self._manager, began))
                await began.wait()
            return self._manager

    def _make(self) -> StreamableHTTPSessionManager:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        from api.model_context.server import make_server

        own = urlsplit(self.base)
        allowed = TransportSecuritySettings(
            allowed_hosts=[own.netloc, *_HERE, *(f"{host}:*" for host in _HERE)],
            allowed_origins=[
                f"{own.scheme}://{own.netloc}",
                *(
                    f"{scheme}://{host}{port}"
                    for scheme in ("http", "https")
                    for host in _HERE
                    for port in ("", ":*")
                ),
            ],
        )
        return StreamableHTTPSessionManager(
            make_server(self.app),
            json_response=True,
            stateless=True,
            security_settings=allowed,
            max_request_body_size=LONGEST_BODY,
        )

    async def _run(self, manager: StreamableHTTPSessionManager, began: asyncio.Event) -> None:
        async with manager.run():
            began.set()
            await self._ending.wait()

    async def stop(self) -> None:
        """Let go of everything."""
        self._ending.set()
        if self._running is not None:
            await self._running
            self._running = self._manager = None

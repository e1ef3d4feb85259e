"""The door to Datasette: one object for each edition, swapped when a new one is published.

In:   requests below /data/
Out:  Datasette's answers, with our tags and without what it says of the server itself

Replacing a database inside a running Datasette keeps serving the old rows, so each edition has an object of
its own. Requests that began on the one before end on it.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from datasette import handle_exception
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.datasette import plugin
from api.datasette.metadata import TEMPLATES, count_rows, describe
from api.datasette.plugin import DATABASE, template_globals
from api.datasette.refusals import refusing
from api.edition import Edition, Editions
from api.failures import Failure
from api.forms import etag, has_tag
from api.pages.page import TEMPLATES as PAGE_TEMPLATES
from api.pages.page import is_web_address
from api.replies import CURRENT

SETTINGS = {
    "allow_download": True,
    "allow_facet": True,
    "default_cache_ttl": 0,
    "default_page_size": 50,
    "facet_time_limit_ms": 200,
    "max_csv_mb": 200,
    "max_returned_rows": 5000,
    "num_sql_threads": 4,
    "sql_time_limit_ms": 1000,
    "suggest_facets": False,
    "template_debug": False,
    "trace_debug": False,
}

# Of Datasette's own addresses only these say nothing about the server or its settings.
_OPEN = ("/-/static/",)


class Catalogue(Database):  # type: ignore[misc]  # Datasette has no types
    """The catalogue of an edition. It never has other databases beside it, so nothing has to ask."""

    async def attached_databases(self) -> list[Any]:
        return []

    async def execute(self, *args: Any, **options: Any) -> Any:
        # A slip in a visitor's SQL is for the visitor, not for our log.
        return await super().execute(*args, **{**options, "log_sql_errors": False})


class DatasetteDoor:
    """An ASGI application that answers from the Datasette of the current edition."""

    def __init__(self, editions: Editions) -> None:
        self.editions = editions
        self._edition: Edition | None = None
        self._datasette: Any = None
        self._app: ASGIApp | None = None
        self._former: Any = None
        self._lock: asyncio.Lock | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["door"] = "/data/"
        edition = self.editions.current
        root = urlsplit(edition.base).path.rstrip("/")
        path = _below(scope)
        if path == "" or (path.startswith("/-/") and not path.startswith(_OPEN)):
            response: Response = Response(status_code=301, headers={"Location": f"{root}/data/"})
            if path:
                raise Failure("address-unknown", "Datasette's own settings are not shown here.")
            await response(scope, receive, send)
            return
        if scope["method"] != "GET":
            raise Failure("method-not-allowed", headers={"Allow": "GET, HEAD"})
        query = scope.get("query_string", b"").decode("latin-1")
        tag = etag(edition.digest, f"/data{path}?{query}")
        told = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        for one in (tag, f'{tag[:-1]}-gzip"'):
            if has_tag(told.decode("latin-1"), one):
                headers = {"ETag": one, "Cache-Control": CURRENT}
                await Response(status_code=304, headers=headers)(scope, receive, send)
                return
        app = await self._app_for(edition)
        inner = {
            **scope,
            "path": path,
            "raw_path": _raw_below(scope),
            "root_path": "",
            "app_root_path": "",
        }
        await app(inner, receive, _tagged(send, tag))

    async def _app_for(self, edition: Edition) -> ASGIApp:
        """Get the application of an edition; the first request after a publication makes it."""
        if self._edition is not edition:
            if self._lock is None:
                self._lock = asyncio.Lock()
            async with self._lock:
                if self._edition is not edition:
                    made = make_datasette(edition)
                    await made.invoke_startup()
                    app = refusing(made.app(), edition.base)
                    self._close_former()
                    self._former, self._datasette = self._datasette, made
                    self._app, self._edition = app, edition
        assert self._app is not None
        return self._app

    def _close_former(self) -> None:
        """Let go of the Datasette before the last: nobody reads from it any more."""
        if self._former is not None:
            _close(self._former)
            self._former = None

    def close(self) -> None:
        """Let go of everything."""
        self._close_former()
        if self._datasette is not None:
            _close(self._datasette)
            self._datasette = self._app = self._edition = None


def _close(datasette: Any) -> None:
    if datasette.executor is not None:
        datasette.executor.shutdown(wait=False)
    for database in datasette.databases.values():
        for connection in database._all_file_connections:
            connection.close()


def make_datasette(edition: Edition) -> Any:
    """Make a Datasette over an edition's catalogue."""
    if not pm.is_registered(plugin):
        pm.register(plugin, "likeforlike")
        # Our plugin answers what goes wrong. Datasette's own would be asked too, and print all it can see.
        pm.unregister(handle_exception)
    root = urlsplit(edition.base).path.rstrip("/")
    metadata = describe(edition)
    datasette = Datasette(
        files=[],
        settings={**SETTINGS, "base_url": f"{root}/data/"},
        metadata=metadata,
        inspect_data={DATABASE: _inspected(edition)},
        template_dir=str(TEMPLATES),
        cors=False,
    )
    datasette.edition = edition
    database = Catalogue(datasette, path=str(edition.catalogue), is_mutable=False)
    datasette.add_database(database, name=DATABASE)
    if "_memory" in datasette.databases:
        datasette.remove_database("_memory")
    environment = datasette.jinja_env
    environment.loader = ChoiceLoader([environment.loader, FileSystemLoader(PAGE_TEMPLATES)])
    environment.globals.update(template_globals(edition, metadata["databases"][DATABASE]["queries"]))
    environment.tests["web"] = is_web_address
    return datasette


def _inspected(edition: Edition) -> dict[str, Any]:
    """Say what Datasette would otherwise count and digest itself, on each start."""
    return {
        "file": edition.catalogue.name,
        "hash": edition.digest,
        "size": edition.catalogue.stat().st_size,
        "tables": {name: {"count": count} for name, count in count_rows(edition).items()},
    }


def _below(scope: Scope) -> str:
    """Give the path below the mount."""
    path: str = scope["path"]
    return path.removeprefix("/data")


def _raw_below(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.removeprefix(b"/data")


def _tagged(send: Send, tag: str) -> Send:
    """Put our tag and cache rules in place of Datasette's."""

    async def tagged(message: Message) -> None:
        if message["type"] == "http.response.start":
            named = {b"cache-control", b"etag", b"link", b"referrer-policy"}
            headers = [(name, value) for name, value in message["headers"] if name.lower() not in named]
            if message["status"] == 200:
                headers += [(b"etag", tag.encode()), (b"cache-control", CURRENT.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return tagged

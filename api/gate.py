"""What happens to every request and every answer, whichever door it goes through.

In:   any HTTP request
Out:  the application's answer, with the headers of security and of open data, compressed where that helps

HEAD is answered as GET without its body, OPTIONS for all alike. An address that is not well-formed is refused
before any door sees it. A fault of ours becomes the same shape of failure as everything else.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from isal import isal_zlib
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.failures import CutOff, Failure
from api.metrics import Metrics

LONGEST_PATH = 2_000
# Five thousand codes of areas, which are refused in words of their own; the server itself takes 64 KB.
LONGEST_QUERY = 60_000

# Below this, compressing costs more than it saves.
_SMALLEST = 860

_CONTROL_IN_PATH = re.compile(r"[\x00-\x1f\x7f]")
# Line ends and tabs may stand in a query's text; no other control character has a use.
_CONTROL_IN_QUERY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_COMPRESSED = ("text/", "application/json", "application/xml", "image/svg+xml")

METHODS = "GET, HEAD, OPTIONS"
METHODS_WITH_POST = "GET, HEAD, POST, OPTIONS"
METHODS_OF_MESSAGES = "POST, OPTIONS"

# Where messages of the Model Context Protocol are posted; there is nothing to read.
MESSAGES = "/mcp"

# Addresses that a question too long for an address may be posted to.
POSTED_TO = frozenset(
    {"/sparql", "/propose", "/api/v1/propose", "/reconcile", "/reconcile/list"}
    | {f"/reconcile{below}/{name}" for below in ("", "/draft") for name in ("match", "extend")}
)

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# What stands here alone may be put into the frames of others: charts and previews, without a form or a script.
FRAMED = ("/embed/", "/reconcile/preview", "/reconcile/draft/preview")
FRAMED_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
)

# Everything published is open: any site may read it. Nothing here has a cookie or a visitor's secret.
STANDING_HEADERS = (
    ("access-control-allow-origin", "*"),
    (
        "access-control-expose-headers",
        "Content-Disposition, Content-Location, Content-Range, ETag, Link, Retry-After, X-Rows",
    ),
    ("content-security-policy", CONTENT_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)

_log = logging.getLogger(__name__)


class Gate:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, base: str, metrics: Metrics, *, is_preview: bool = False) -> None:
        self.app = app
        self.base = base
        self.root = urlsplit(base).path.rstrip("/")
        self.metrics = metrics
        self.headers = list(STANDING_HEADERS)
        if is_preview:
            # No search engine lists and no shared cache keeps what is not published yet.
            self.headers += [("x-robots-tag", "noindex, nofollow"), ("x-preview", "not published yet")]
        if base.startswith("https:"):
            self.headers.append(("strict-transport-security", "max-age=31536000; includeSubDomains"))

        self.framed_headers = [
            (name, FRAMED_POLICY if name == "content-security-policy" else value)
            for name, value in self.headers
            if name != "x-frame-options"
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = self.framed_headers if _is_framed(scope["path"], self.root) else self.headers
        answer = _Answer(send, headers, scope)
        # A copy: the server, which holds the original, still has to know a HEAD.
        scope = dict(scope)
        try:
            check_address(scope)
            if self.root:
                _strip(scope, self.root)
            if scope["method"] == "OPTIONS":
                methods = methods_of(scope["path"]).encode()
                await answer(
                    {
                        "type": "http.response.start",
                        "status": 204,
                        "headers": [
                            (b"allow", methods),
                            (b"access-control-allow-methods", methods),
                            (b"access-control-allow-headers", b"*"),
                            (b"access-control-max-age", b"86400"),
                        ],
                    }
                )
                await answer({"type": "http.response.body", "body": b""})
            else:
                if scope["method"] == "HEAD":
                    scope["method"], scope["without_body"] = "GET", True
                await self.app(scope, receive, answer)
        except ClientDisconnect:
            pass
        except CutOff as cut:
            # The server closes the connection of an answer that has no end, and that is how its client knows.
            _log.warning("%s was cut off: %s", scope["path"], cut)
        except Failure as failure:
            await failure.response(self.base)(scope, receive, answer)
        except Exception:
            _log.exception("a fault of ours in answering %s", scope["path"])
            if answer.has_started:
                raise
            await Failure("fault-of-ours").response(self.base)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", None) or scope.get("door", "other")
            self.metrics.count_request(route, answer.status, time.perf_counter() - began)
            if (making := scope.get("ready")) is not None:
                making.route = route


def _is_framed(path: str, root: str) -> bool:
    """Say whether an address is one of those that alone may stand in a frame."""
    return path.removeprefix(root).startswith(FRAMED)


def methods_of(path: str) -> str:
    """Say which methods an address has. Everything is read; only a long question may also be posted."""
    if path == MESSAGES:
        return METHODS_OF_MESSAGES
    return METHODS_WITH_POST if path in POSTED_TO else METHODS


def check_address(scope: Scope) -> None:
    """Refuse an address that is too long, or that is not text once its percent signs are read.

    Raises Failure.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    if len(raw) > LONGEST_PATH:
        raise Failure("address-too-long", f"The path has {len(raw):,} bytes; the most is {LONGEST_PATH:,}.")
    query: bytes = scope.get("query_string", b"")
    if len(query) > LONGEST_QUERY:
        raise Failure(
            "address-too-long", f"The query has {len(query):,} bytes; the most is {LONGEST_QUERY:,}."
        )
    for part in (raw, query.replace(b"+", b" ")):
        try:
            text = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            raise Failure("address-malformed", "The address is not UTF-8 text.") from None
        if (_CONTROL_IN_PATH if part is raw else _CONTROL_IN_QUERY).search(text):
            raise Failure("address-malformed", "The address holds a control character.")


def _strip(scope: MutableMapping[str, Any], root: str) -> None:
    """Take the path of the public address off, where a proxy has left it on."""
    if scope["path"] == root or scope["path"].startswith(f"{root}/"):
        scope["path"] = scope["path"][len(root) :] or "/"
        if scope.get("raw_path"):
            scope["raw_path"] = scope["raw_path"][len(root) :] or b"/"


class _Answer:
    """Adds the standing headers, compresses, and leaves the body out for HEAD."""

    def __init__(self, send: Send, headers: list[tuple[str, str]], scope: Scope) -> None:
        self.send = send
        self.headers = headers
        self.is_head = scope["method"] == "HEAD"
        self.takes_gzip = _takes_gzip(scope)
        self.status = 0
        self.has_started = False
        self._start: Message | None = None
        self._deflate: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in self.headers:
                headers.setdefault(name, value)
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self.send(message)
            return
        body: bytes = message.get("body", b"")
        is_last = not message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            if self._may_compress(start, body, is_last):
                self._deflate = isal_zlib.compressobj(level=2, wbits=31)
                if is_last:
                    body = self._deflate.compress(body) + self._deflate.flush()
                    self._deflate = None
                    MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
            self.has_started = True
            await self.send(start)
        if self._deflate is not None:
            # What is there is sent on: a client need not wait for what comes later.
            body = self._deflate.compress(body)
            body += self._deflate.flush(isal_zlib.Z_FINISH if is_last else isal_zlib.Z_SYNC_FLUSH)
        if self.is_head:
            if is_last:
                await self.send({"type": "http.response.body", "body": b""})
            return
        await self.send({**message, "body": body})

    def _may_compress(self, start: Message, body: bytes, is_last: bool) -> bool:
        """Decide whether to compress, and say in the headers that the answer depends on it."""
        headers = MutableHeaders(raw=start["headers"])
        kind = headers.get("content-type", "")
        is_compressible = kind.startswith(_COMPRESSED) or kind.split(";")[0].endswith(("+json", "+xml"))
        is_compressible = is_compressible or kind.startswith(("application/n-triples", "application/n-quads"))
        is_plain = start["status"] == 200 and not {
            "content-encoding",
            "content-range",
            "accept-ranges",
        } & set(headers.keys())
        if not is_compressible or not is_plain:
            return False
        headers.add_vary_header("Accept-Encoding")
        if not self.takes_gzip or (is_last and len(body) < _SMALLEST):
            return False
        headers["content-encoding"] = "gzip"
        # Other bytes need another tag; `untagged` takes it off again.
        tag = headers.get("etag")
        if tag is not None:
            headers["etag"] = f'{tag[:-1]}-gzip"'
        if "content-length" in headers:
            del headers["content-length"]
        return True


def _takes_gzip(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for part in value.decode("latin-1").lower().split(","):
                coding, _, parameters = part.partition(";")
                if coding.strip() in ("gzip", "*") and parameters.replace(" ", "") not in ("q=0", "q=0.0"):
                    return True
    return False

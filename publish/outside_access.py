"""How a store outside is spoken to: who asks is said only when the store wants to know.

In:   StoreAddress
Out:  an httpx client for publishing; the way to say who asks, for any client
"""

from __future__ import annotations

from collections.abc import Generator

import httpx

from schemas.store_address import StoreAddress

# Seconds for one request. To drop a graph of millions of statements takes some stores minutes.
MOST_SECONDS = 900.0

HEADERS = {"User-Agent": "likeforlike", "Accept-Encoding": "identity"}


class Challenged(httpx.Auth):
    """Says a name and a password when a store asks for them: Basic or Digest, as it asks."""

    def __init__(self, credentials: tuple[str, str]) -> None:
        self._credentials = credentials
        self._known: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._known is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            wants_digest = any(
                told.strip().lower().startswith("digest")
                for told in response.headers.get_list("www-authenticate")
            )
            kind = httpx.DigestAuth if wants_digest else httpx.BasicAuth
            self._known = kind(*self._credentials)
        yield from self._known.auth_flow(request)


def auth_of(address: StoreAddress) -> httpx.Auth | None:
    """Give what tells a store who asks; None where nobody is to be told."""
    return Challenged(address.credentials) if address.credentials else None


def open_store_client(address: StoreAddress) -> httpx.Client:
    """Open a client that follows nothing and takes no settings from elsewhere. It leaves nothing open behind it."""
    return httpx.Client(
        auth=auth_of(address),
        timeout=httpx.Timeout(MOST_SECONDS, connect=10.0),
        limits=httpx.Limits(max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
        headers=HEADERS,
    )

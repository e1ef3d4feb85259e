"""Packages are fetched from https addresses that the operator of a site gives.

In:   an address
Out:  a file, within bounds of size and time; FetchFault where that cannot be

Only this module uses the network. An address that stands inside a package never comes here.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

MOST_BYTES = 2 * 1024**3
MOST_SECONDS = 900.0
MOST_REDIRECTS = 5
# Seconds to connect, and between two pieces.
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


class FetchFault(Exception):  # noqa: N818 - becomes a problem
    """A file cannot be had. The argument is a sentence that says why, without the address."""


def open_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Open a client. Redirects are looked at one by one, so it follows none by itself.

    transport    what takes the place of the network in a test of this module
    """
    headers = {"User-Agent": "likeforlike", "Accept-Encoding": "identity"}
    return httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False, headers=headers)


def fetch_file(client: httpx.Client, address: str, target: Path, most: int = MOST_BYTES) -> int:
    """Fetch a file; its size in bytes.

    Raises FetchFault. What stands at `target` then is not to be used.
    """
    end = time.monotonic() + MOST_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        _check_address(address)
        try:
            with client.stream("GET", address) as answer:
                if answer.is_redirect:
                    address = str(answer.url.join(answer.headers.get("location", "")))
                    continue
                if answer.status_code != httpx.codes.OK:
                    raise FetchFault(f"the server answers {answer.status_code}.")
                return _write(answer, target, most, end)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise FetchFault("the server cannot be reached, or breaks off.") from fault
    raise FetchFault(f"it is redirected more than {MOST_REDIRECTS} times.")


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        name = parts.hostname
    except ValueError:
        name = None
    if not name or parts.scheme != "https":
        raise FetchFault("it is not an https address, or is redirected to one that is not.")
    if parts.username or parts.password:
        raise FetchFault("it holds a user name or a password.")


def _write(answer: httpx.Response, target: Path, most: int, end: float) -> int:
    size = 0
    with target.open("wb") as out:
        for piece in answer.iter_raw():
            size += len(piece)
            if size > most:
                raise FetchFault(f"it has more than {most:,} bytes.")
            if time.monotonic() > end:
                raise FetchFault(f"it takes longer than {MOST_SECONDS:,.0f} seconds.")
            out.write(piece)
    return size

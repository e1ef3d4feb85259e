"""Packages are fetched from https addresses that the operator of a site gives.

In:   an address
Out:  a file, within bounds of size and time; FetchFault where that cannot be

An address of the machine itself may be http as well, where the operator gave that one.

Nothing else of what is read comes by the network. An address that stands inside a package never comes here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

Client = httpx.Client

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


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.

    bytes          the size of the whole file, with what was there of it before
    etag           the tag by which the server knows this state of the file, if it gives one
    media_type     in small letters, without parameters; "" if the server does not say it
    is_unchanged   the file is the one whose tag was given, and nothing was sent
    """

    bytes: int
    etag: str | None = None
    media_type: str = ""
    is_unchanged: bool = False


def fetch_file(client: httpx.Client, address: str, target: Path, most: int = MOST_BYTES) -> int:
    """Fetch a file; its size in bytes.

    Raises FetchFault. What stands at `target` then is not to be used.
    """
    return fetch(client, address, target, most).bytes


def fetch(
    client: httpx.Client,
    address: str,
    target: Path,
    most: int = MOST_BYTES,
    *,
    etag: str | None = None,
    resumes: bool = False,
) -> Fetched:
    """Fetch a file, with what the server says of it.

    etag       the tag of a state that is known: if it is still that, nothing is sent
    resumes    what stands at `target` is the beginning of the file, and only the rest is asked for. Whether it
               fits the rest is for the caller to see, by the digest of the whole.

    Raises FetchFault. What stands at `target` then is not to be used, but for going on from it.
    """
    end = time.monotonic() + MOST_SECONDS
    is_local = _is_loopback(address)
    headers = {"If-None-Match": etag} if etag else {}
    begun = target.stat().st_size if resumes and target.exists() else 0
    if begun:
        headers["Range"] = f"bytes={begun}-"
    for _ in range(MOST_REDIRECTS + 1):
        _check_address(address, is_local=is_local)
        try:
            with client.stream("GET", address, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and etag:
                    return Fetched(0, etag, is_unchanged=True)
                if answer.is_redirect:
                    address = str(answer.url.join(answer.headers.get("location", "")))
                    continue
                if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and begun:
                    # There is no more of it, so what is here is another file.
                    begun = 0
                    del headers["Range"]
                    continue
                is_rest = begun > 0 and _is_rest(answer, begun)
                if answer.status_code != httpx.codes.OK and not is_rest:
                    raise FetchFault(f"the server answers {answer.status_code}.")
                size = _write(answer, target, most, end, begun if is_rest else 0)
                media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Fetched(size, answer.headers.get("etag"), media_type)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise FetchFault("the server cannot be reached, or breaks off.") from fault
    raise FetchFault(f"it is redirected more than {MOST_REDIRECTS} times.")


def _is_rest(answer: httpx.Response, begun: int) -> bool:
    """Tell whether an answer is the rest of a file from a byte on."""
    told = answer.headers.get("content-range", "")
    return answer.status_code == httpx.codes.PARTIAL_CONTENT and told.startswith(f"bytes {begun}-")


def _is_loopback(address: str) -> bool:
    """Tell whether an address is on the machine itself."""
    try:
        name = urlsplit(address).hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _check_address(address: str, *, is_local: bool) -> None:
    """Refuse what is not https; on the machine itself, where the operator named it, http will do."""
    try:
        parts = urlsplit(address)
        name = parts.hostname
    except ValueError:
        name = None
    is_plain = name and parts.scheme == "http" and is_local and _is_loopback(address)
    if not name or not (parts.scheme == "https" or is_plain):
        raise FetchFault("it is not an https address, or is redirected to one that is not.")
    if parts.username or parts.password:
        raise FetchFault("it holds a user name or a password.")


def _write(answer: httpx.Response, target: Path, most: int, end: float, size: int) -> int:
    with target.open("ab" if size else "wb") as out:
        for piece in answer.iter_raw():
            size += len(piece)
            if size > most:
                raise FetchFault(f"it has more than {most:,} bytes.")
            if time.monotonic() > end:
                raise FetchFault(f"it takes longer than {MOST_SECONDS:,.0f} seconds.")
            out.write(piece)
    return size

"""The way of a query to a store outside and back.

In:   a query with its forms and limits, as for api.sparql_pool.Pool; the address that site.toml names
Out:  Answer, or a Failure: what the other pool refuses, and that the store is down, behind or refuses

The query is read, and the answer written, in a process of ours that can be ended. The store has so much time, and its
answer so much room, as a query may take. It works on light and heavy queries alike, so places are shared out here: one
that is not answered in a while has to find one of the few places for heavy queries, as it would inside.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx

from api.edition import Edition
from api.failures import Failure
from api.sparql_description import named_graphs
from api.sparql_pool import Answer, Lane, Limits, Pool
from publish.outside import is_whole_query
from publish.outside_access import HEADERS, auth_of
from schemas.store_address import StoreAddress

# Seconds for which the store is taken to hold what it held.
_TRUSTED = 30.0
# What is read of an answer, at most; it goes through a process of ours as one text.
_LONGEST = 32 << 20

_ACCEPT = {"graph": "application/n-triples"}
_TABLE = "application/sparql-results+json"
# Statuses by which a store says that a query took too long.
_TOO_SLOW = frozenset({408, 504})


@dataclass(frozen=True, slots=True)
class _Told:
    """What the store answered: its text, and the most rows that it gives where it says that it cut them there."""

    text: str
    most: int | None


class _Refused(Exception):  # noqa: N818 - a limit of another service
    """The store does not answer a query that is in order."""


class OutsidePool:
    """What answers queries over one edition in a store outside."""

    def __init__(self, edition: Edition, limits: Limits, address: StoreAddress) -> None:
        self.limits = limits
        self._address = address
        self._whole = is_whole_query(edition.base, edition.name)
        self._outside = {"base": edition.base, "edition": edition.name, "graphs": named_graphs(edition)}
        self._reading = Pool(None, limits)
        self._inside = Pool(edition.store_folder, limits)
        self._fast = Lane(limits.fast_places, max(limits.seconds, limits.patience))
        self._slow = Lane(limits.slow_places, limits.patience)
        self._looked_at = -math.inf
        self._client = httpx.AsyncClient(
            auth=auth_of(address),
            timeout=httpx.Timeout(limits.seconds, connect=5.0),
            follow_redirects=False,
            trust_env=False,
            headers=HEADERS,
        )

    async def run(self, request: Mapping[str, Any]) -> Answer:
        """Answer one query. If the caller is cancelled, the store is left alone with it.

        request   as api.sparql_pool.Pool.run takes it

        Raises Failure.
        """
        prepared, _ = await self._reading.ask({**request, "outside": self._outside})
        if prepared["is_inside"]:
            return await self._inside.run(request)
        try:
            told = await self._in_turn(prepared)
        except _Refused:
            return await self._inside.run(request)
        return await self._reading.run(
            {
                **request,
                "kind": prepared["kind"],
                "hidden": prepared["hidden"],
                "told": told.text,
                "most": told.most,
            }
        )

    async def _in_turn(self, prepared: Mapping[str, Any]) -> _Told:
        """Ask the store when there is a place, and go on with a heavy query when there is one for those."""
        limits = self.limits
        async with AsyncExitStack() as held:
            async with self._fast.place(limits.waiting):
                asking = asyncio.create_task(self._ask(prepared))
                held.callback(asking.cancel)
                await asyncio.wait({asking}, timeout=limits.fast_seconds)
                if asking.done():
                    return asking.result()
            async with self._slow.place(limits.stopped):
                return await asking

    async def _ask(self, prepared: Mapping[str, Any]) -> _Told:
        if time.monotonic() - self._looked_at > _TRUSTED:
            try:
                found = await self._send({"query": self._whole}, _TABLE)
            except _Refused:
                raise _unavailable() from None
            if '"boolean":true' not in "".join(found.text.split()):
                raise Failure("store-behind", headers={"Retry-After": "30"})
            self._looked_at = time.monotonic()
        query = {
            "query": prepared["query"],
            "default-graph-uri": prepared["default"],
            "named-graph-uri": prepared["named"],
        }
        return await self._send(query, _ACCEPT.get(prepared["kind"], _TABLE))

    async def _send(self, form: Mapping[str, Any], accept: str) -> _Told:
        """Send a query as a form and read the answer whole. Raises Failure."""
        limits = self.limits
        if self._address.timeout is not None:
            form = {**form, "timeout": str(math.ceil(limits.seconds * self._address.timeout))}
        try:
            async with (
                asyncio.timeout(limits.seconds),
                self._client.stream(
                    "POST", self._address.query, data=form, headers={"Accept": accept}
                ) as answer,
            ):
                self._check(answer)
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > min(_LONGEST, limits.answer_bytes):
                        raise Failure("answer-too-long", f"The answer is longer than {len(body) >> 20} MB.")
        except TimeoutError:
            raise self._too_slow() from None
        except httpx.TimeoutException as fault:
            if isinstance(fault, httpx.ReadTimeout):
                raise self._too_slow() from None
            raise _unavailable() from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise _unavailable() from None
        most = answer.headers.get("x-sparql-maxrows", "")
        return _Told(body.decode("utf-8", "replace"), int(most) if most.isdecimal() else None)

    def _check(self, answer: httpx.Response) -> None:
        """Look at how an answer begins. Raises Failure."""
        status = answer.status_code
        # A store that ends a query at its own limit may give what it had by then, which looks whole.
        if status in _TOO_SLOW or (status == httpx.codes.OK and "x-sql-state" in answer.headers):
            raise self._too_slow()
        if status in (401, 403, 404, 502, 503) or answer.is_redirect:
            raise _unavailable()
        if status != httpx.codes.OK:
            raise _Refused
        if not {"content-length", "transfer-encoding"} & answer.headers.keys():
            # Nobody could tell whether it came to its end.
            raise _unavailable()

    def _too_slow(self) -> Failure:
        detail = f"The query was ended after {self.limits.seconds:g} seconds."
        return Failure("query-too-slow", detail, seconds=self.limits.seconds)

    def warm(self) -> None:
        """Do nothing ahead: what reads queries is ready soon."""

    def close(self) -> None:
        """Let no process outlive its query."""
        self._reading.close()
        self._inside.close()

    async def stop(self) -> None:
        """End every process now and wait until they are gone."""
        await self._reading.stop()
        await self._inside.stop()
        await self._client.aclose()


def _unavailable() -> Failure:
    return Failure("store-unavailable", headers={"Retry-After": "30"})

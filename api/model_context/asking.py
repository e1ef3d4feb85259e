"""One call of a tool, or one resource, answered by the application itself.

In:   the application, a tool's name and arguments
Out:  Told: the API's own answer with its address, edition, licence, citation and cautions; or its refusal with
      candidates for what it does not know

A call is pinned to the edition that is current when it comes, so its address gives the same answer for as long as that
edition is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import anyio
import anyio.to_thread
import orjson
from fastapi import FastAPI

from api import openapi
from api.answers import licence_links
from api.as_of import AS_OF, EDITION
from api.citations import Citation, write_text
from api.edition import Edition, Editions, NoEdition
from api.failures import Failure, unknown_thing
from api.forms import JSON, TURTLE
from api.inside import Inside, ask_inside
from api.licences import licence_title
from api.model_context.cautions import cautions_of
from api.model_context.tools import BY_NAME, Operation, Pairs, Tool, address_of, read_operations
from ingest.problems import shown

# Half a megabyte is more than anybody reads; the address gives the whole.
MOST_BYTES = 512 * 1024
# Calls that are answered at the same time; others wait.
_AT_ONCE = 4
_MOST_CANDIDATES = 5
_MOST_LOOKED_FOR = 5

# What kind of thing a parameter names, where it is not called by its kind.
_KINDS = {"areas": "area", "parent": "area", "owner": "body", "publisher": "body"}
_SEARCHED = frozenset({"area", "indicator", "body", "dataset", "group", "framework", "target"})


@dataclass(frozen=True, slots=True)
class Told:
    """What a call is answered. `document` is JSON."""

    document: dict[str, Any]
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A document as text."""

    uri: str
    media_type: str
    text: str


class Asker:
    """Asks the application."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._limiter: anyio.CapacityLimiter | None = None

    @property
    def editions(self) -> Editions:
        editions: Editions = self.app.state.editions
        return editions

    async def operations(self) -> Mapping[str, Operation]:
        """Find the operations of the API that tools ask for. Raises NoEdition."""
        edition = self.editions.current
        described = await anyio.to_thread.run_sync(openapi.describe, self.app, edition)
        return edition.once("tools", lambda: read_operations(described))

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Told:
        """Answer one call. What cannot be met is told in words, never raised."""
        try:
            edition = self.editions.current
        except NoEdition:
            return self._refuse(Failure("nothing-published"))
        tool = BY_NAME.get(name)
        if tool is None:
            return self._refuse(unknown_thing("tool", name, BY_NAME))
        try:
            operation = (await self.operations())[tool.operation] if tool.operation else None
            path, pairs = address_of(tool, operation, arguments)
        except Failure as failure:
            return self._refuse(failure)
        if not {EDITION, AS_OF, "cursor"} & {key for key, _ in pairs}:
            pairs.append((EDITION, edition.name))
        address = f"{edition.base.rstrip('/')}{path}?{urlencode(pairs)}"
        told = await self._ask(edition, path, urlencode(pairs))
        if told.status != 200:
            return await self._refused(edition, arguments, told, address)
        if not told.is_whole:
            detail = f"The answer is longer than {MOST_BYTES:,} bytes. Ask for fewer areas, periods or rows."
            return self._refuse(Failure("answer-too-long", detail), address)
        return Told(_tell(edition, tool, address, orjson.loads(told.body)))

    async def read(self, uri: str) -> Resource:
        """Read a resource by its URI: a thing of this site, or the vocabulary.

        Raises Failure (404) if it is none.
        """
        edition = self.editions.current
        unknown = Failure("thing-unknown", f"'{shown(uri[:200])}' is no resource of this site.")
        if not uri.startswith(edition.base):
            raise unknown
        path = f"/{uri.removeprefix(edition.base)}"
        form = TURTLE if path == "/def/" else JSON
        if form is JSON:
            found = (
                await self._ask(edition, quote(path, safe="/=,;:%"), "") if path.startswith("/id/") else None
            )
            if found is None or found.status != 303:
                raise unknown
            root = urlsplit(edition.base).path.rstrip("/")
            path = f"{found.headers['location'].removeprefix(root)}.{form.suffix}"
        told = await self._ask(edition, path, urlencode([(EDITION, edition.name)]), form.media_type)
        if told.status != 200:
            raise unknown
        if not told.is_whole:
            raise Failure(
                "answer-too-long",
                f"The resource is longer than {MOST_BYTES:,} bytes. Read it by its address.",
            )
        return Resource(uri, form.media_type, told.body.decode("utf-8"))

    async def _ask(self, edition: Edition, path: str, query: str, accept: str = JSON.media_type) -> Inside:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_AT_ONCE)
        async with self._limiter:
            return await ask_inside(self.app, edition.base, path, query, accept=accept, most=MOST_BYTES)

    async def _refused(
        self, edition: Edition, arguments: Mapping[str, Any], told: Inside, address: str
    ) -> Told:
        """Tell a refusal of the application, with candidates for each value that it does not know."""
        if told.status == 0:
            return self._refuse(Failure("busy", "The answer took too long. Ask for less at once."), address)
        try:
            problem = orjson.loads(told.body)
        except orjson.JSONDecodeError:
            return self._refuse(Failure("fault-of-ours"), address)
        candidates: list[dict[str, Any]] = []
        for kind, text in _unknown_in(arguments, problem):
            query: Pairs = [
                ("q", text),
                ("kind", kind),
                ("limit", str(_MOST_CANDIDATES)),
            ]
            found = await self._ask(edition, "/api/v1/search", urlencode(query))
            if found.status == 200:
                hits = orjson.loads(found.body)
                near = (hits["items"] or hits["nearest"])[:_MOST_CANDIDATES]
                candidates.append({"asked": text, "kind": kind, "perhaps": near})
        return Told({"address": address, "problem": problem, "candidates": candidates}, is_refused=True)

    def _refuse(self, failure: Failure, address: str | None = None) -> Told:
        problem = failure.document(self.app.state.site.base)
        return Told({"address": address, "problem": problem, "candidates": []}, is_refused=True)


def _unknown_in(arguments: Mapping[str, Any], problem: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what a refused call named and the edition does not have: the kind of thing, and what was written."""
    if problem.get("status") not in (400, 404):
        return []
    named = [one.get("parameter") for one in problem.get("problems") or ()]
    if not named and problem["status"] == 404:
        named = [name for name in arguments if _KINDS.get(name, name) in _SEARCHED]
    found = []
    detail = str(problem.get("detail", ""))
    for name in named:
        kind = _KINDS.get(str(name), str(name))
        value = arguments.get(str(name))
        texts = value if isinstance(value, list) else str(value or "").split(",")
        if kind in _SEARCHED:
            found += [
                (kind, str(one).replace("-", " ")) for one in texts if one and shown(str(one)) in detail
            ]
    return found[:_MOST_LOOKED_FOR]


def _tell(edition: Edition, tool: Tool, address: str, answer: Any) -> dict[str, Any]:
    """Put beside an answer what must go with it."""
    told = answer if isinstance(answer, dict) else {}
    sources: Sequence[Mapping[str, Any]] = told.get("source") or ()
    name = str(told.get("edition") or edition.name)
    return {
        "address": address,
        "edition": name,
        "licence": list(told.get("licence") or ()),
        "attribution": list(dict.fromkeys(one["attribution"] for one in sources if one.get("attribution"))),
        "citation": _cite(edition, tool, name, sources, address),
        "cautions": cautions_of(told),
        "answer": answer,
    }


def _cite(edition: Edition, tool: Tool, name: str, sources: Sequence[Mapping[str, Any]], address: str) -> str:
    """Cite an answer as a list of sources would."""
    authors = dict.fromkeys(str(one["publisher"]) for one in sources if one.get("publisher"))
    titles = dict.fromkeys(str(one["title"]) for one in sources if one.get("title"))
    licences = dict.fromkeys(
        str(one["licence"]) for one in sources if one.get("licence") and licence_links([dict(one)])
    )
    return write_text(
        Citation(
            kind="Answer of the API",
            is_data=True,
            key=tool.name,
            title="; ".join(titles) or tool.title,
            authors=list(authors) or [edition.title],
            site=edition.title,
            edition=name,
            published_on=dt.date.fromisoformat(name[:10]),
            address=address,
            note=" ".join(f"Licence: {licence_title(one)}." for one in licences),
        )
    )

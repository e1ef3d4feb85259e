"""An answer that is ready is the one that would be made: same bytes, same headers, of the edition that is current."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send
from test_api_world import Served, client, serving, site

from api.edition import Editions
from api.metrics import Metrics
from api.ready import Ready

__all__ = ["client", "site"]

PAGE = "/areas/E06000002"


@dataclass
class Door:
    """An application that counts what it is asked, and answers as it is told to."""

    status: int = 200
    pieces: int = 1
    is_settled: bool = True
    size: int = 4
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if "ready" in scope:
            scope["ready"].is_settled = self.is_settled
            scope["ready"].route = "/counted"
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"etag", b'"a"')]})
        for piece in range(self.pieces):
            body = f"{len(self.asked)}".ljust(self.size).encode()
            more = piece + 1 < self.pieces
            await send({"type": "http.response.body", "body": body, "more_body": more})


def ask(
    ready: Ready, path: str = "/a", query: str = "", method: str = "GET", **headers: str
) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.start":
            # As the server does with what it is handed.
            message["headers"].append((b"date", b"now"))

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "scheme": "http", "path": path}
    scope |= {"raw_path": path.encode(), "query_string": query.encode(), "headers": told}
    asyncio.run(ready(scope, receive, send))
    return sent


@pytest.fixture
def editions(site: Served) -> Editions:
    return Editions(site.folder / "editions")


def test_answer_is_given_again_without_asking_and_is_counted(editions: Editions) -> None:
    metrics = Metrics()
    door = Door()
    ready = Ready(door, editions, metrics)
    first = ask(ready, accept="text/html")
    assert ask(ready, accept="text/html") == ask(ready, accept="text/html")
    assert [message.get("body") for message in ask(ready, accept="text/html")] == [None, first[1]["body"]]
    assert len(door.asked) == 1
    assert 'likeforlike_requests_total{route="/counted",status="200"} 3' in metrics.write({})


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/b"},
        {"query": "page=2"},
        {"accept": "text/csv"},
        {"accept_language": "cy"},
        {"accept_encoding": "gzip"},
        {"host": "other.example.org"},
    ],
)
def test_what_chooses_another_answer_asks_again(editions: Editions, other: dict[str, str]) -> None:
    door = Door()
    ready = Ready(door, editions, Metrics())
    ask(ready)
    ask(ready, **other)
    assert len(door.asked) == 2


@pytest.mark.parametrize(
    "told",
    [
        {"if_none_match": '"a"'},
        {"range": "bytes=0-1"},
        {"method": "HEAD"},
        {"method": "POST"},
        {"query": "edition=2026-01-01-000000000001"},
        {"query": "as-of=2026-01-01"},
    ],
)
def test_conditions_parts_and_named_editions_go_the_whole_way(
    editions: Editions, told: dict[str, str]
) -> None:
    door = Door()
    ready = Ready(door, editions, Metrics())
    for _ in range(2):
        ask(ready, **told)
    assert len(door.asked) == 2


@pytest.mark.parametrize(
    "door", [Door(status=404), Door(pieces=2), Door(is_settled=False), Door(size=200)], ids=repr
)
def test_what_may_change_is_no_success_in_pieces_or_too_large_is_asked_again(
    editions: Editions, door: Door
) -> None:
    ready = Ready(door, editions, Metrics(), most_bytes=800)
    for _ in range(2):
        ask(ready)
    assert len(door.asked) == 2


def test_what_was_not_asked_for_the_longest_gives_way(editions: Editions) -> None:
    door = Door(size=80)
    ready = Ready(door, editions, Metrics(), most_bytes=800)
    for path in ("/a", *(f"/{number}" for number in range(8)), "/a", "/9", "/a", "/0"):
        ask(ready, path)
    assert door.asked.count("/a") == 1
    assert door.asked.count("/0") == 2


def test_another_day_asks_again(site: Served) -> None:
    days = iter([date(2026, 1, 1)] * 3 + [date(2026, 1, 2)] * 3)
    door = Door()
    ready = Ready(door, Editions(site.folder / "editions", lambda: next(days)), Metrics())
    for _ in range(4):
        ask(ready)
    assert len(door.asked) == 2


def test_without_an_edition_nothing_is_kept(tmp_path: Path) -> None:
    door = Door()
    ready = Ready(door, Editions(tmp_path), Metrics())
    for _ in range(2):
        ask(ready)
    assert len(door.asked) == 2


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as served:
        yield served


def told(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def test_page_again_is_the_same_page_and_a_new_edition_is_seen_at_once(small: Served) -> None:
    with httpx.Client(base_url=small.url, headers={"Accept": "text/html"}) as visitor:
        first, again = visitor.get(PAGE), visitor.get(PAGE)
        assert (again.status_code, again.content, told(again)) == (200, first.content, told(first))
        plain = visitor.get(PAGE, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == first.text
        assert visitor.head(PAGE).content == b""
        assert visitor.get(PAGE, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        before = visitor.get("/api/v1/datasets", headers={"Accept": "application/json"})
        small.publish(title="Another title")
        after = visitor.get("/api/v1/datasets", headers={"Accept": "application/json"})
        assert before.json()["edition"] != after.json()["edition"]
        assert after.json()["items"][0]["title"] == "Another title"
        assert visitor.get(PAGE).headers["etag"] != first.headers["etag"]
        assert "likeforlike_requests_total" in visitor.get("/metrics").text

"""A site with the small world of publish, served by a real server on a port of its own.

Fixtures that the other tests of api import: `site` (published and served) and `client`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from test_publish_world import OBSERVATIONS, TABLES, make_contents

from api.app import create_app
from api.sparql_pool import Limits
from publish.build import Making, prepare, publish_contents
from publish.edition import EditionsFolder
from publish.stores import stores_of
from schemas.site import Site
from schemas.store_address import StoreAddress

Rows = list[dict[str, Any]]

# Neighbours, a second council and a group, so that every kind of list has something in it.
MORE: Mapping[str, Rows] = {
    "groups": [
        {"group": "unitaries", "label": "Unitary areas", "method": "own", "definition": "All unitary areas."}
    ],
    "group_members": [
        {"group": "unitaries", "area": "E06000002"},
        {"group": "unitaries", "area": "E06000003"},
    ],
    "responses": [
        {
            "response": "looked-into",
            "judgement": "brookborough-2023",
            "body": "brookborough-council",
            "rung": "own-review",
            "responded_on": date(2023, 7, 1),
            "text": "We looked into it.",
        }
    ],
    # A rule that looks at the one judgement.
    "signal_rules": [
        {
            "rule": "low-grade",
            "version": "1",
            "kind": "low-grade",
            "label": "Good or below",
            "criteria": "The grade is Good or below.",
            "uses_provisional": False,
            "valid_from": date(2020, 1, 1),
            "owner": "statistics-office",
        }
    ],
    "signal_parameters": [
        {"rule": "low-grade", "version": "1", "parameter": "grade", "value": "four/good", "unit": "grade"}
    ],
}


@dataclass(frozen=True)
class Served:
    """A site that is being served. `publish` makes another edition current while it is."""

    url: str
    folder: Path
    app: FastAPI
    outside: StoreAddress | None = None

    def publish(
        self,
        observations: Sequence[Mapping[str, Any]] | None = None,
        title: str | None = None,
        tables: Mapping[str, Rows] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Publish the small world, with other observations, other tables or another title of its dataset.

        at   the moment; now, under a day that stays the same, if left out
        """
        tables = {**TABLES, **MORE, **(tables or {})}
        if title is not None:
            first, *others = TABLES["datasets"]
            tables["datasets"] = [{**first, "title": title}, *others]
        rows = OBSERVATIONS if observations is None else [dict(row) for row in observations]
        contents = make_contents(rows, tables, base=self.url)
        editions = EditionsFolder(self.folder / "editions")
        with editions.locked(), editions.scratch() as scratch:
            prepared = prepare(contents, scratch / "downloads")
            on = at.date() if at else date(2026, 11, 23)
            making = Making(on, at=at, stores=stores_of(self.outside, self.url))
            making.stores.begin()
            name, _ = publish_contents(prepared, editions, making)
        return name


@contextmanager
def serving(
    folder: Path,
    limits: Limits | None = None,
    *,
    is_published: bool = True,
    root: str = "",
    today: date | None = None,
    outside: StoreAddress | None = None,
) -> Iterator[Served]:
    """Serve a site in a folder on a port that the system gives, and end the server at the end.

    root    the path of its public address, without a slash at its end
    today   the day that the server takes it to be; the machine's own if left out
    outside the store that answers SPARQL in place of the edition's own
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}{root}/"
        site = Site(folder=folder, title="The small world", base=url, packages=(), outside=outside)
        app = create_app(site, limits, today=None if today is None else lambda: today)
        served = Served(url, folder, app, outside)
        if is_published:
            served.publish()
        with answering(app, listening, url):
            yield served


@contextmanager
def answering(app: FastAPI, listening: socket.socket, url: str) -> Iterator[None]:
    """Let a real server answer for an application, and end it at the end."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False, http="h11"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        # The socket listens already, so a request waits until the server takes it: no sleeping.
        answer = httpx.get(f"{url}healthz", timeout=30)
        assert answer.status_code in (200, 503)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small world, served. Tests that publish make a site of their own."""
    with serving(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture
def client(site: Served) -> Iterator[httpx.Client]:
    """A client of the served site that follows nothing by itself."""
    with httpx.Client(base_url=site.url, timeout=30) as made:
        yield made


def test_server_under_test_is_ours(site: Served, client: httpx.Client) -> None:
    told = client.get("/healthz").json()
    assert told == {
        "status": "ok",
        "edition": site.app.state.editions.current.name,
        "digest": site.app.state.editions.current.digest,
    }


def test_site_without_an_edition_says_so_at_every_door(tmp_path: Path) -> None:
    with serving(tmp_path, is_published=False) as served, httpx.Client(base_url=served.url) as client:
        for address in ("/", "/healthz", "/api/v1/areas", "/areas/E06000002.ttl", "/sparql", "/data/"):
            answer = client.get(address, headers={"Accept": "text/html, */*;q=0.1"})
            assert answer.status_code == 503, address
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == f"{served.url}problems/nothing-published"
            assert int(answer.headers["retry-after"]) > 0
        served.publish()
        assert client.get("/healthz").status_code == 200

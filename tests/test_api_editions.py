"""A new edition is picked up by a running server: no restart, no failed request, every door on one edition."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import httpx
import pytest
from test_api_world import Served, serving
from test_publish_world import OBSERVATIONS, YEAR_2022, make_contents, observation, write_world

from api.edition import Edition, Editions, NoEdition, QueryTooSlow
from publish.edition import EditionsFolder

CHANGED = [
    observation("E06000002", YEAR_2022, "44.10", _row=3) if row["value_text"] == "43.60" else row
    for row in OBSERVATIONS
]
FIGURE = "waste/recycled/E06000002/2022-04-01_P1Y"
DOORS = (
    f"/observations/{FIGURE}.json",
    f"/observations/{FIGURE}.ttl",
    f"/observations/{FIGURE}.html",
    "/api/v1/observations?area=E06000002&indicator=recycled",
    "/datasets/waste.csv",
    "/data/catalogue/observations.json?area=E06000002&indicator=recycled&_shape=array",
)


def ask_sparql(client: httpx.Client, served: Served) -> str:
    measured = "http://purl.org/linked-data/sdmx/2009/measure#obsValue"
    query = f"SELECT ?value {{ <{served.url}id/observation/{FIGURE}> <{measured}> ?value }}"
    rows = client.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    return str(rows[0]["value"]["value"])


def test_every_door_answers_from_the_new_edition_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        before = {door: client.get(door) for door in DOORS}
        assert all("43.6" in answer.text for answer in before.values())
        assert ask_sparql(client, served) == "43.6"
        first = client.get("/healthz").json()["edition"]

        second = served.publish(CHANGED)

        assert client.get("/healthz").json()["edition"] == second != first
        for door, earlier in before.items():
            answer = client.get(door, headers={"If-None-Match": earlier.headers["etag"]})
            assert answer.status_code == 200, door
            assert "44.1" in answer.text, door
            # What is said of the figure itself tells what it was before.
            assert ("43.6" in answer.text) == door.startswith("/observations/"), door
        assert ask_sparql(client, served) == "44.1"
        assert [one["edition"] for one in client.get("/editions.json").json()["items"]] == [second, first]


def test_no_request_fails_while_an_edition_is_published(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        failed: list[tuple[str, int, str]] = []
        editions: set[str] = set()
        counts: list[int] = []
        is_over = threading.Event()

        def visit() -> None:
            count = 0
            is_last = False
            with httpx.Client(base_url=served.url, timeout=60) as client:
                # The last round begins when the last edition is current.
                while not is_last:
                    is_last = is_over.is_set()
                    for door in (*DOORS, "/", "/healthz", "/data/catalogue", "/sparql?query=ASK+%7B%7D"):
                        answer = client.get(door)
                        count += 1
                        if answer.status_code != 200:
                            failed.append((door, answer.status_code, answer.text[:200]))
                        if door == "/healthz":
                            editions.add(answer.json()["edition"])
            counts.append(count)

        visitors = [threading.Thread(target=visit) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        names = {served.publish(CHANGED), served.publish(title="Waste of households")}
        with httpx.Client(base_url=served.url, timeout=60) as client:
            assert client.get("/healthz").json()["edition"] in names
        is_over.set()
        for visitor in visitors:
            visitor.join()
        assert failed == []
        assert sum(counts) > 30
        assert served.app.state.editions.current.name in editions
        assert editions <= {*names, *served.app.state.editions.names()}


def test_list_stays_on_the_edition_it_was_begun_on(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        begun = client.get("/api/v1/observations?limit=1&area=E06000002").json()
        served.publish(CHANGED)
        following = client.get(begun["next"]).json()
        assert following["edition"] == begun["edition"]
        assert client.get("/api/v1/observations?limit=1").json()["edition"] != begun["edition"]
        pinned = client.get(f"/observations/{FIGURE}.json?edition={begun['edition']}").json()
        assert pinned["value_text"] == "43.60"
        assert client.get(f"/observations/{FIGURE}.json").json()["value_text"] == "44.10"


def test_rolling_back_is_a_publication_like_any_other(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        first = client.get("/healthz").json()["edition"]
        served.publish(CHANGED)
        EditionsFolder(tmp_path / "editions").roll_back()
        assert client.get("/healthz").json()["edition"] == first
        assert client.get(f"/observations/{FIGURE}.json").json()["value_text"] == "43.60"


def test_broken_edition_is_not_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        name = client.get("/healthz").json()["edition"]
        folder = tmp_path / "editions"
        broken = folder / "2026-11-24-0123456789ab"
        broken.mkdir()
        (broken / "manifest.json").write_text("{}")
        fresh = folder / ".fresh"
        fresh.symlink_to(broken.name)
        fresh.replace(folder / "current")
        for _ in range(3):
            assert client.get("/healthz").json()["edition"] == name
        assert caplog.text.count("cannot be opened; the one before stays") == 1


def test_edition_is_read_only_and_bounded_in_time(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        edition = served.app.state.editions.current
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            edition.rows("DELETE FROM areas")
        endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
        with pytest.raises(QueryTooSlow):
            edition.rows(endless, seconds=0.05)
        assert edition.value("SELECT count(*) FROM areas") == 4
        found: list[int] = []
        thread = threading.Thread(target=lambda: found.append(edition.value("SELECT 1")))
        thread.start()
        thread.join()
        assert found == [1]


def test_pointer_leads_nowhere_outside_its_folder(tmp_path: Path) -> None:
    editions = Editions(tmp_path / "editions")
    with pytest.raises(NoEdition):
        _ = editions.current
    assert editions.names() == []
    with serving(tmp_path) as served:
        kept: Editions = served.app.state.editions
        assert isinstance(kept.find(kept.current.name), Edition)
        for name in ("..", "../../etc", "current", ".lock", "", "a/b", "2026-11-23-000000000000"):
            assert kept.find(name) is None


def test_edition_of_an_older_form_is_said_to_be_one(tmp_path: Path) -> None:
    folder = write_world(make_contents(), tmp_path / "2026-01-02-000000000000")
    assert Edition(folder).name == folder.name
    with sqlite3.connect(folder / "catalogue.db") as catalogue:
        catalogue.execute("DROP VIEW observations")
        catalogue.execute("DROP VIEW figures")
        catalogue.execute("ALTER TABLE observation_rows RENAME COLUMN digits TO value")
    catalogue.close()
    with pytest.raises(ValueError, match="older form: publish the site again"):
        Edition(folder)

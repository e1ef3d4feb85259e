"""`as-of` answers from the edition that was current when a day ended, on pages and in data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from test_api_editions import CHANGED, FIGURE
from test_api_world import Served, serving
from test_publish_world import TABLES

from api.replies import CURRENT, PINNED
from publish.edition import EditionsFolder

TODAY = date(2026, 3, 20)


@dataclass(frozen=True)
class Past:
    """A site whose figure was 43.60 from 3 March 2026 and 44.10 from 10 March, gone back to 43.60 on the 15th."""

    served: Served
    client: httpx.Client
    first: str
    second: str


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("past")
    with (
        serving(folder, is_published=False, today=TODAY) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        first = served.publish(at=datetime(2026, 3, 3, 9, 30, tzinfo=UTC))
        second = served.publish(CHANGED, at=datetime(2026, 3, 10, 9, 30, tzinfo=UTC))
        EditionsFolder(folder / "editions").point(first, "rolled back", datetime(2026, 3, 15, tzinfo=UTC))
        yield Past(served, client, first, second)


@pytest.mark.parametrize(
    ("day", "value"),
    [
        ("2026-03-03", "43.60"),
        ("2026-03-09", "43.60"),
        ("2026-03-10", "44.10"),
        ("2026-03-14", "44.10"),
        ("2026-03-15", "43.60"),
        ("2026-03-20", "43.60"),
    ],
)
def test_a_day_answers_from_the_edition_that_was_current_when_it_ended(past: Past, day: str, value: str):
    listed = past.client.get(f"/api/v1/observations?area=E06000002&indicator=recycled&as-of={day}").json()
    assert value in [item["value_text"] for item in listed["items"]]
    assert listed["edition"] == (past.second if value == "44.10" else past.first)
    document = past.client.get(f"/observations/{FIGURE}.json?as-of={day}").json()
    assert (document["value_text"], document["edition"]) == (value, listed["edition"])


def test_a_day_that_is_over_is_kept_by_caches_and_today_is_not(past: Past):
    answers = {
        day: past.client.get(f"/api/v1/areas?as-of={day}").headers["cache-control"]
        for day in ("2026-03-19", "2026-03-20")
    }
    assert answers == {"2026-03-19": PINNED, "2026-03-20": CURRENT}


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        ("2026-03-02", 404, "Nothing had been published here on 2026-03-02."),
        ("2026-03-21", 400, "2026-03-21 is still to come."),
        ("yesterday", 400, "'yesterday' is no day; wanted one such as 2026-03-20."),
        ("2026-02-30", 400, "'2026-02-30' is no day; wanted one such as 2026-03-20."),
        ("", 400, "'' is no day; wanted one such as 2026-03-20."),
    ],
)
@pytest.mark.parametrize(
    "address", ["/api/v1/areas", "/areas/E06000002.ttl", "/catalog.ttl", "/downloads/SHA256SUMS"]
)
def test_a_day_without_an_edition_is_refused_with_the_days_there_are(
    past: Past, address: str, day: str, status: int, words: str
):
    answer = past.client.get(address, params={"as-of": day})
    assert answer.status_code == status
    assert (
        answer.json()["detail"]
        == f"{words} The first day known here is 2026-03-03, the last is today, 2026-03-20."
    )


def test_a_page_of_the_past_says_so_and_leads_to_today(past: Past):
    page = past.client.get("/areas/E06000002?as-of=2026-03-12", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert f"As known on 12 March 2026, from edition {past.second}." in page.text
    assert '<a href="/areas/E06000002">See today’s page</a>' in page.text
    today = past.client.get("/areas/E06000002", headers={"Accept": "text/html"})
    assert "As known on" not in today.text
    named = past.client.get(f"/areas?q=a&edition={past.second}", headers={"Accept": "text/html"})
    if named.status_code == 200:
        assert f"As published in edition {past.second}." in named.text


def test_a_pin_leaves_the_other_parameters_of_a_page_in_the_link_to_today(past: Past):
    page = past.client.get(
        "/compare?indicator=recycled&as-of=2026-03-12&areas=E06000002,E06000003",
        headers={"Accept": "text/html"},
    )
    assert (
        '<a href="/compare?indicator=recycled&amp;areas=E06000002,E06000003">See today’s page</a>'
        in page.text
    )


def test_an_edition_and_a_day_together_are_refused(past: Past):
    answer = past.client.get(f"/api/v1/areas?as-of=2026-03-12&edition={past.first}")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "'edition' and 'as-of' both say which edition; give one of them."


def test_the_edition_of_a_day_that_is_no_longer_kept_is_gone(tmp_path: Path):
    with (
        serving(tmp_path, is_published=False, today=TODAY) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        first = served.publish(at=datetime(2026, 3, 3, tzinfo=UTC))
        served.publish(CHANGED, at=datetime(2026, 3, 10, tzinfo=UTC))
        (tmp_path / "editions" / first).rename(tmp_path / "removed")
        answer = client.get("/api/v1/areas?as-of=2026-03-04")
        assert (answer.status_code, answer.json()["title"]) == (410, "The edition is no longer kept")
        assert first in answer.json()["detail"]


def test_a_citation_of_a_day_names_the_edition_of_that_day(past: Past):
    told = past.client.get(
        "/cite", params={"url": f"/observations/{FIGURE}?as-of=2026-03-12"}, headers={"Accept": "text/html"}
    )
    assert told.status_code == 200
    assert past.second in told.text
    assert "44.1" in told.text


def test_the_description_has_the_parameter_with_an_example(past: Past):
    document = past.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
            assert ("as-of" in told) == ("edition" in told), (path, method)
            if "as-of" in told:
                assert told["as-of"]["example"] == "2026-03-03"


@pytest.mark.parametrize(
    ("pin", "state", "words"),
    [
        ("as-of=2026-03-04", "current", "is current."),
        ("as-of=2026-03-12", "revised", "44.1% became 43.6%."),
    ],
)
def test_a_pinned_figure_says_what_became_of_it(past: Past, pin: str, state: str, words: str):
    document = past.client.get(f"/observations/{FIGURE}.json?{pin}").json()
    assert (document["since"]["state"], document["since"]["current"]) == (state, past.first)
    page = past.client.get(f"/observations/{FIGURE}?{pin}", headers={"Accept": "text/html"}).text
    told = past.client.get("/cite", params={"url": f"/observations/{FIGURE}?{pin}", "format": "json"}).json()
    cited = past.client.get(
        "/cite", params={"url": f"/observations/{FIGURE}?{pin}"}, headers={"Accept": "text/html"}
    ).text
    assert told["since"] == document["since"]
    for text in (page, cited, " ".join(told["since"]["sentences"])):
        assert words in text
    assert "since" not in past.client.get(f"/observations/{FIGURE}.json").json()


def test_what_became_of_a_pinned_figure_follows_the_next_edition(tmp_path: Path):
    with (
        serving(tmp_path, is_published=False, today=TODAY) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        first = served.publish(at=datetime(2026, 3, 3, tzinfo=UTC))
        address = f"/observations/{FIGURE}.json?edition={first}"
        answer = client.get(address)
        assert answer.json()["since"]["state"] == "current"
        assert answer.headers["cache-control"] == CURRENT
        left = [row for row in CHANGED if row["_row"] != 3]
        served.publish(left, at=datetime(2026, 3, 10, tzinfo=UTC))
        told = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (told.status_code, told.json()["since"]["state"]) == (200, "withdrawn")
        gone = client.get(f"/observations/{FIGURE}.json")
        assert (gone.status_code, gone.json()["state"]) == (410, "withdrawn")
        assert "43.6% was withdrawn on 10 March 2026. No reason given." in gone.json()["detail"]
        assert [row["change"] for row in gone.json()["revisions"]] == ["withdrawn"]
        assert client.get(gone.json()["earlier"]).status_code == 200
        page = client.get(f"/observations/{FIGURE}", headers={"Accept": "text/html"})
        assert page.status_code == 410
        assert "was withdrawn on 10 March 2026" in page.text
        assert f'<a href="{gone.json()["earlier"]}">The figure as it was published last</a>' in page.text


def test_a_pinned_indicator_says_that_its_definition_changed(tmp_path: Path):
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        first = served.app.state.editions.current.name
        newer = [{**row, "version": "2.1.0"} for row in TABLES["indicators"] if row["version"] == "2.0.0"]
        served.publish(tables={"indicators": [*TABLES["indicators"], *newer]})
        told = client.get(f"/indicators/recycled.json?edition={first}").json()["since"]
        assert (told["state"], told["sentences"]) == (
            "definition-changed",
            ["Version 2.0.0 was in use; version 2.1.0 is now."],
        )
        dataset = client.get(f"/datasets/waste.json?edition={first}").json()["since"]
        assert dataset["state"] == "current"

"""The programme of inspections: plans that clash, what is known already, and a calendar as RFC 5545 has it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from page_reading import read_page
from test_api_world import Served, serving
from test_publish_judgements import WORLD, judged

from api.icalendar import Event, write_calendar
from compare.programme import Window, clashes

Row = dict[str, Any]


def window(plan: str, body: str, inspector: str, start: str, end: str) -> Window:
    return Window(plan, body, inspector, dt.date.fromisoformat(start), dt.date.fromisoformat(end))


def test_windows_of_two_inspectors_that_share_a_day_clash() -> None:
    one = window("one", "aldham", "schools", "2027-01-04", "2027-01-15")
    two = window("two", "aldham", "care", "2027-01-15", "2027-02-01")
    [found] = clashes([two, one])
    assert (found.first.plan, found.second.plan) == ("one", "two")
    assert (found.start_on, found.end_on, found.days) == (dt.date(2027, 1, 15), dt.date(2027, 1, 15), 1)


@pytest.mark.parametrize(
    ("body", "inspector", "start"),
    [("aldham", "care", "2027-01-16"), ("aldham", "schools", "2027-01-15"), ("brook", "care", "2027-01-15")],
    ids=["day after", "same inspector", "another body"],
)
def test_other_windows_do_not_clash(body: str, inspector: str, start: str) -> None:
    one = window("one", "aldham", "schools", "2027-01-04", "2027-01-15")
    assert clashes([one, window("two", body, inspector, start, "2027-02-01")]) == []


def test_long_window_clashes_with_every_one_inside_it() -> None:
    year = window("year", "aldham", "audit", "2027-01-01", "2027-12-31")
    spring = window("spring", "aldham", "care", "2027-03-01", "2027-03-31")
    autumn = window("autumn", "aldham", "schools", "2027-10-01", "2027-10-31")
    found = clashes([autumn, spring, year])
    assert [(one.first.plan, one.second.plan, one.days) for one in found] == [
        ("year", "spring", 31),
        ("year", "autumn", 31),
    ]


def unfolded(body: bytes) -> list[str]:
    """Read a calendar as RFC 5545 says: every line ends in CR LF and has 75 octets at most, then it is unfolded."""
    assert body.endswith(b"\r\n")
    lines = body.split(b"\r\n")[:-1]
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert max(map(len, lines)) <= 75
    return [line.decode() for line in b"\r\n".join(lines).replace(b"\r\n ", b"").split(b"\r\n")]


def test_calendar_keeps_the_rules_of_rfc_5545() -> None:
    event = Event(
        uid="https://data.example.org/id/planned-inspection/one",
        start_on=dt.date(2027, 1, 4),
        end_on=dt.date(2027, 1, 15),
        summary="Schools, care; and \\ more – " + "é" * 60,
        description="First line\nsecond\r\nline",
        url="https://data.example.org/planned-inspections/one",
        status="TENTATIVE",
    )
    lines = unfolded(
        write_calendar("Plans", "https://data.example.org/programme.ics", dt.date(2026, 11, 23), [event])
    )
    assert (lines[0], lines[1], lines[-2], lines[-1]) == (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    told = dict(line.split(":", 1) for line in lines)
    assert told["UID"] == event.uid
    assert told["DTSTAMP"] == "20261123T000000Z"
    assert told["DTSTART;VALUE=DATE"] == "20270104"
    # The end is the first day after the event.
    assert told["DTEND;VALUE=DATE"] == "20270116"
    assert told["SUMMARY"] == "Schools\\, care\\; and \\\\ more – " + "é" * 60
    assert told["DESCRIPTION"] == "First line\\nsecond\\nline"


def test_text_from_a_publisher_cannot_add_a_line_to_a_calendar() -> None:
    event = Event("u", dt.date(2027, 1, 4), dt.date.max, "x\r\nEND:VEVENT\u2028\x00", "", "u", "CONFIRMED")
    lines = unfolded(write_calendar("n", "a", dt.date(2026, 1, 1), [event]))
    assert [line for line in lines if line.startswith("END:")] == ["END:VEVENT", "END:VCALENDAR"]
    assert "SUMMARY:x\\nEND:VEVENT  " in lines


BODIES = [
    *WORLD["bodies"],
    {"body": "care-inspectorate", "label": "Care Inspectorate", "body_type": "inspectorate"},
]
PLAN = {"framework": "services", "version": "2020", "body": "brookborough-council", "status": "planned"}
PROGRAMME: list[Row] = [
    {
        **PLAN,
        "planned_inspection": "brook-services",
        "inspector": "statistics-office",
        "start_on": dt.date(2027, 1, 4),
        "end_on": dt.date(2027, 1, 15),
        "note": "Autumn, if <b>moved</b>; see you",
    },
    {
        **PLAN,
        "planned_inspection": "brook-care",
        "inspector": "care-inspectorate",
        "start_on": dt.date(2027, 1, 11),
        "end_on": dt.date(2027, 1, 29),
    },
    {
        **PLAN,
        "planned_inspection": "brook-off",
        "inspector": "care-inspectorate",
        "start_on": dt.date(2027, 1, 1),
        "end_on": dt.date(2027, 1, 31),
        "status": "cancelled",
    },
]
PEERS = [
    {**row, "kind": "peer-review", "kind_label": "Peer challenge"}
    for row in judged("brook-peers", "brookborough-council", dt.date(2023, 5, 1), overall="good")
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with serving(tmp_path_factory.mktemp("programme"), is_published=False) as site:
        publish(site)
        with httpx.Client(base_url=site.url, timeout=30) as made:
            yield made


def publish(site: Served) -> None:
    site.publish(
        tables={
            **WORLD,
            "bodies": BODIES,
            "inspection_programme": PROGRAMME,
            "judgements": [*WORLD["judgements"], *PEERS],
        }
    )


def test_programme_shows_the_plans_and_which_of_them_clash(client: httpx.Client) -> None:
    page = read_page(client.get("/programme", headers={"Accept": "text/html"}).content)
    panel = page.one("section", "panel").text
    said = (
        "Statistics Office and Care Inspectorate both plan to inspect Brookborough Council from"
        " 11 January 2027 to 15 January 2027 (5 days)."
    )
    assert said in re.sub(r"\s+", " ", panel.replace("\N{NO-BREAK SPACE}", " "))
    assert len(list(page.every("tbody"))) == 1
    assert page.text.count("Cancelled") == 1
    assert not list(page.every("b"))


def test_programme_of_a_body_lists_what_need_not_be_asked_again(client: httpx.Client) -> None:
    page = read_page(
        client.get("/bodies/brookborough-council/programme", headers={"Accept": "text/html"}).content
    )
    known = page.text[page.text.index("What is published already") :]
    assert "Peer review, no inspection" in known
    assert "Inspection of services" in known
    assert "Household waste: 1 indicator, latest period April 2023 to March 2024" in known
    assert "People in work: 1 indicator, latest period 2023" in known


def test_body_without_plans_says_so(client: httpx.Client) -> None:
    page = read_page(
        client.get("/bodies/newshire-council/programme", headers={"Accept": "text/html"}).content
    )
    assert "No inspection of Newshire Council is planned here." in page.text


def test_calendar_of_a_body_is_served_at_an_address_of_its_own(client: httpx.Client) -> None:
    answer = client.get("/bodies/brookborough-council/programme.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == "text/calendar"
    lines = unfolded(answer.content)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 3
    base = str(client.base_url)
    assert [line for line in lines if line.startswith("UID:")] == [
        f"UID:{base}id/planned-inspection/{plan}" for plan in ("brook-off", "brook-services", "brook-care")
    ]
    assert {line for line in lines if line.startswith("DTSTAMP:")} == {"DTSTAMP:20261123T000000Z"}
    assert [line for line in lines if line.startswith("STATUS:")] == [
        "STATUS:CANCELLED",
        "STATUS:TENTATIVE",
        "STATUS:TENTATIVE",
    ]
    clashing = [line for line in lines if line.startswith("DESCRIPTION:") and "both plan to inspect" in line]
    assert len(clashing) == 2
    assert f"URL:{base}bodies/brookborough-council/programme.ics" in lines
    assert client.get("/programme.ics").content.count(b"BEGIN:VEVENT") == 3
    assert client.get("/bodies/newshire-council/programme.ics").content.count(b"BEGIN:VEVENT") == 0


def test_area_leads_to_the_calendar_of_its_council(client: httpx.Client) -> None:
    answer = client.get("/areas/E06000002/inspections.ics")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/bodies/brookborough-council/programme.ics",
    )
    assert client.get("/areas/E99999999/inspections.ics").status_code == 404


def test_calendar_is_not_sent_twice_to_who_has_it(client: httpx.Client) -> None:
    answer = client.get("/programme.ics")
    again = client.get("/programme.ics", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_unknown_body_form_and_parameter_are_refused_with_the_nearest(client: httpx.Client) -> None:
    assert (
        "Closest: brookborough-council" in client.get("/bodies/brookboro-council/programme").json()["detail"]
    )
    assert client.get("/programme.xml").status_code == 404
    assert client.get("/programme.ics?pag=2").status_code == 400

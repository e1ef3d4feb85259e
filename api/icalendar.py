"""Events of whole days become an iCalendar file (RFC 5545).

In:   events with their addresses
Out:  bytes: lines that end in CR and LF, none longer than 75 octets

No clock is asked: the stamp of every event is the day of the edition, so the same edition gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MEDIA_TYPE = "text/calendar"

_MOST_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Event:
    """Something that lasts whole days.

    uid        its name for good, the same in every edition: a URI
    end_on     the last day, inside the event
    status     TENTATIVE, CONFIRMED or CANCELLED
    """

    uid: str
    start_on: dt.date
    end_on: dt.date
    summary: str
    description: str
    url: str
    status: str


def write_calendar(name: str, address: str, stamp: dt.date, events: Iterable[Event]) -> bytes:
    """Write a calendar.

    address    where the calendar itself can be had
    stamp      the day of what it was made from
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Like for Like//Programme of inspections//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"URL:{address}",
        f"SOURCE;VALUE=URI:{address}",
    ]
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(folded for line in lines for folded in _fold(line))


def _event(event: Event, stamp: dt.date) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{stamp:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{event.start_on:%Y%m%d}"
    # The end of an event of whole days is the day after it; the last day there is has none.
    if event.end_on < dt.date.max:
        yield f"DTEND;VALUE=DATE:{event.end_on + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield f"URL:{event.url}"
    yield f"STATUS:{event.status}"
    # A window is no appointment: nobody is busy all of it.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(text: str) -> str:
    r"""Write a text as a value: what has a meaning is escaped, and what cannot be printed becomes a space.

    >>> print(_text("One; two, three\\nfour"))
    One\; two\, three\\nfour
    """
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(char if char.isprintable() else " " for char in escaped)


def _fold(line: str) -> Iterator[bytes]:
    """Cut a line into pieces of 75 octets at most, never inside a character; all but the first begin with a space."""
    piece = b""
    for char in line:
        octets = char.encode("utf-8", "replace")
        if len(piece) + len(octets) > _MOST_OCTETS:
            yield piece + b"\r\n"
            piece = b" "
        piece += octets
    yield piece + b"\r\n"

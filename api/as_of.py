"""Which edition a request means: the one it names, the one that was current on a day, or the current one.

In:   the parameters `edition` and `as-of` of a request, and the log of what became current when
Out:  Edition, pinned where the request said so; a refusal in words with the first and last day known

A day is a day in UTC, and means what was known when it ended. Today's may still change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request

from api.edition import Edition, Editions, Pin
from api.failures import Failure
from ingest.problems import shown
from publish.edition import EditionsFolder, Move

EDITION = "edition"
AS_OF = "as-of"

# The parameters that pin any address.
PINS = (EDITION, AS_OF)


def find_asked(request: Request, editions: Editions) -> Edition:
    """Get the edition that a request is about.

    Raises Failure if it names one that is not kept or a day on which nothing was known, or both an edition and
    a day; NoEdition if there is none at all.
    """
    asked = request.query_params
    if EDITION not in asked and AS_OF not in asked:
        return editions.current
    day = asked.get(AS_OF)
    edition = find_pinned(editions, asked)
    left = [pair for pair in asked.multi_items() if pair[0] not in PINS]
    today = quote(request.url.path, safe="/=,;:") + (f"?{urlencode(left, safe='/:;,=')}" if left else "")
    return edition.pinned(Pin(day, today))


def find_pinned(editions: Editions, asked: Mapping[str, str]) -> Edition:
    """Find the edition that parameters pin: by its name, or by a day. Without either, the current one.

    Raises Failure.
    """
    if EDITION in asked and AS_OF in asked:
        detail = "'edition' and 'as-of' both say which edition; give one of them."
        raise Failure("parameter-wrong", detail, problems=[{"parameter": AS_OF, "detail": detail}])
    if AS_OF in asked:
        return find_known_on(editions, asked[AS_OF])
    if EDITION not in asked:
        return editions.current
    edition = editions.find(asked[EDITION])
    if edition is None:
        name = shown(asked[EDITION][:100])
        raise Failure("edition-unknown", f"There is no edition '{name}' here. /editions lists those kept.")
    return edition


def find_known_on(editions: Editions, text: str) -> Edition:
    """Find the edition that was current when a day ended.

    Raises Failure: 400 for a text that is no day or a day to come, 404 for one before the first edition, 410 where
    the edition of that day is no longer kept.
    """
    today = editions.today()
    moves = read_moves(editions)
    first = moves[0].on if moves else today.isoformat()
    known = f"The first day known here is {first}, the last is today, {today}."
    day = read_day(text)
    if day is None:
        raise _wrong(f"'{shown(text[:40])}' is no day; wanted one such as {today}. {known}")
    if day > today:
        raise _wrong(f"{day} is still to come. {known}")
    found = find_move(moves, day)
    if found is None:
        raise Failure("day-unknown", f"Nothing had been published here on {day}. {known}")
    edition = editions.find(found.edition)
    if edition is None:
        raise Failure(
            "edition-gone",
            f"The edition of {day}, {found.edition}, is no longer kept. /editions lists those kept.",
        )
    return edition


def read_moves(editions: Editions) -> list[Move]:
    """Read what became current when; a folder without a log tells it by the names of its editions."""
    moves = EditionsFolder(editions.folder).moves()
    return moves or [
        Move(f"{name[:10]}T00:00:00+00:00", name, "published") for name in reversed(editions.names())
    ]


def find_move(moves: list[Move], day: dt.date) -> Move | None:
    """Find what was current when a day ended, or None for a day before the first.

    >>> moves = [Move("2026-03-03T09:00:00Z", "a", "published"), Move("2026-03-03T10:00:00Z", "b", "published")]
    >>> find_move(moves, dt.date(2026, 3, 4)).edition, find_move(moves, dt.date(2026, 3, 2))
    ('b', None)
    """
    return next((move for move in reversed(moves) if move.on <= day.isoformat()), None)


def is_settled(request: Request, editions: Editions) -> bool:
    """Say whether a request pins what can never change: an edition, or a day that is over."""
    if EDITION in request.query_params:
        return True
    day = read_day(request.query_params.get(AS_OF, ""))
    return day is not None and day < editions.today()


def read_day(text: str) -> dt.date | None:
    """Read a day written in full, as 2026-03-03; None for any other text.

    >>> read_day("2026-03-03"), read_day("20260303"), read_day("2026-02-30")
    (datetime.date(2026, 3, 3), None, None)
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _wrong(detail: str) -> Failure:
    return Failure("parameter-wrong", detail, problems=[{"parameter": AS_OF, "detail": detail}])

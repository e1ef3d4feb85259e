"""The moment before which a package is not published.

In:   what a descriptor says under `released_at`
Out:  a moment with its zone, None for a package without one, or a problem

The moment is the package's own; what the time is now is said by whoever publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ingest.problems import Place, Problem, problem, shown

PROPERTY = "released_at"


def read_release(descriptor: Mapping[str, Any], place: Place) -> datetime | Problem | None:
    """Read the moment from which a package may be published, in UTC.

    >>> read_release({"released_at": "2026-03-03T09:30:00+01:00"}, Place("p"))
    datetime.datetime(2026, 3, 3, 8, 30, tzinfo=datetime.timezone.utc)
    """
    told = descriptor.get(PROPERTY)
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return problem("release-moment-malformed", place, value=shown(str(told)))
    return moment.astimezone(UTC)

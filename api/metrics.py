"""Counts of what this worker process has answered, in the text format of Prometheus.

In:   the route, status and time of each answer; events of the SPARQL service
Out:  text. Nothing that a visitor wrote and no visitor is ever in it: a route is a pattern such as /areas/{notation},
      a slow query its shape without constants
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from api.sparql_shapes import Shapes

_BOUNDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)


class Metrics:
    """Counters that live as long as the process. Several workers are several sets: a scraper adds them."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._counts: Counter[str] = Counter()
        self._events: Counter[tuple[str, str]] = Counter()
        self.shapes = Shapes()

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests[route, status] += 1
        self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds any numbers
        self._counts[route] += 1
        for bound in _BOUNDS:
            if seconds <= bound:
                self._buckets[route, bound] += 1
                break

    def count_event(self, family: str, name: str) -> None:
        """Count an event: count_event("sparql", "query-too-slow")."""
        self._events[family, name] += 1

    def write(self, edition: Mapping[str, str]) -> str:
        """Write all counts. `edition` becomes the labels of one line that says what is served."""
        lines = [
            "# HELP likeforlike_edition_info The edition that is served.",
            "# TYPE likeforlike_edition_info gauge",
        ]
        labels = ",".join(f'{name}="{_escape(value)}"' for name, value in edition.items())
        lines.append(f"likeforlike_edition_info{{{labels}}} 1")
        lines += [
            "# HELP likeforlike_requests_total Answers by route and status.",
            "# TYPE likeforlike_requests_total counter",
        ]
        for (route, status), count in sorted(self._requests.items()):
            lines.append(f'likeforlike_requests_total{{route="{_escape(route)}",status="{status}"}} {count}')
        lines += [
            "# HELP likeforlike_request_seconds How long answers took.",
            "# TYPE likeforlike_request_seconds histogram",
        ]
        for route, count in sorted(self._counts.items()):
            label, below = f'route="{_escape(route)}"', 0
            for bound in _BOUNDS:
                below += self._buckets[route, bound]
                lines.append(f'likeforlike_request_seconds_bucket{{{label},le="{bound}"}} {below}')
            lines.append(f'likeforlike_request_seconds_bucket{{{label},le="+Inf"}} {count}')
            lines.append(f"likeforlike_request_seconds_sum{{{label}}} {self._seconds[route]:.6f}")
            lines.append(f"likeforlike_request_seconds_count{{{label}}} {count}")
        lines += ["# HELP likeforlike_events_total Other events.", "# TYPE likeforlike_events_total counter"]
        for (family, name), count in sorted(self._events.items()):
            lines.append(
                f'likeforlike_events_total{{family="{_escape(family)}",event="{_escape(name)}"}} {count}'
            )
        lines += self.shapes.lines()
        return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

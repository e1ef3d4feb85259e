"""How many made-up queries with each operator are answered from rows: what `make nightly` ends with.

PYTHONPATH=. python tests/shares_from_rows.py [how many queries]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cube_world import CubeWorld, make_world, random_observations
from hypothesis import HealthCheck, Phase, given, settings

from api.cube.queries import read_query, walk


@dataclass(frozen=True, slots=True)
class Share:
    """How many queries have an operator, and how many of these are answered from rows."""

    operator: str
    queries: int
    from_rows: int


def find_shares(world: CubeWorld, queries: Iterable[str]) -> list[Share]:
    """Ask queries of rows alone, and count by the operators of rdflib's algebra; those that most have come first."""
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for text in queries:
        query = read_query(text)
        if query is None:
            continue
        names = {node.name for node in walk(query)}
        asked.update(names)
        if world.ask_rows(text) is not None:
            answered.update(names)
    return [
        Share(name, count, answered[name])
        for name, count in sorted(asked.items(), key=lambda one: (-one[1], one[0]))
    ]


def make_queries(number: int) -> list[str]:
    """Make queries up, as the tests do: of every operator, of kinds that rows may answer, and ranks."""
    import test_cube_queries
    import test_cube_ranges
    import test_cube_rows

    made: list[str] = []
    for queries in (test_cube_queries.queries(), test_cube_rows.queries(), test_cube_ranges.ranks()):

        @settings(
            max_examples=number // 3,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(query=queries)
        def keep(query: str) -> None:
            made.append(query)

        keep()
    return made


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder) / "2026-01-02-000000000000", random_observations(0))
        for share in find_shares(world, make_queries(number)):
            part = f"{share.from_rows / share.queries:4.0%}"
            sys.stdout.write(f"{share.operator:28} {share.queries:6,} {part} from rows\n")


if __name__ == "__main__":
    main()

"""Facts flow one way, and only named modules reach outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = ("schemas", "ingest", "compare", "publish", "api")
ROOT = Path(__file__).resolve().parent.parent
# Examples for readers are no modules: nothing imports them.
EXAMPLES = ROOT / "schemas" / "worked"
MODULES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if EXAMPLES not in path.parents
)

# The only modules that may fetch an address, and why.
MAY_FETCH = {
    "ingest/package.py": "an operator names packages by https address",
    "ingest/fetching.py": "the same, where fetching is a module of its own",
    "api/outside/pool.py": "an operator names the store outside that answers SPARQL",
    "api/sparql_worker.py": "cut off from the network, it hears by a file's socket that a process is to be split off",
    "publish/outside.py": "the same store is filled",
    "publish/outside_access.py": "the same store asks who writes",
}
NETWORK = {"httpx", "requests", "urllib.request", "http.client", "socket", "aiohttp", "ftplib"}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_imports_only_from_its_left(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    right = ROOMS[ROOMS.index(room) + 1 :]
    wrong = sorted(name for name in imports_of(path) if name.split(".")[0] in (*right, "cli", "benchmarks"))
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_named_modules_use_the_network(path: Path) -> None:
    used = sorted(name for name in imports_of(path) if name in NETWORK or name.split(".")[0] in NETWORK)
    allowed = str(path.relative_to(ROOT)) in MAY_FETCH
    assert used == [] or allowed


def test_compare_opens_no_file() -> None:
    for path in (ROOT / "compare").rglob("*.py"):
        assert not {"pathlib", "os", "io", "sqlite3", "duckdb"} & set(imports_of(path)), path.name

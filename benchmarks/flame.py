"""Where does the time go, and the memory? Flame graphs of a publication and of the two requests that cost most.

    pip install py-spy; python -m benchmarks.flame      writes docs/pictures/flame-*.svg, and memory to standard output

py-spy looks at the process 200 times a second. Functions of one name and file are one, whatever the line; what is less
than a hundredth of the whole is left out. The pictures have no script: a title says the share of each box.
"""

from __future__ import annotations

import asyncio
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.pages import EXAMPLE

WIDTH, ROW = 1200, 18
LEAST = 0.01
_PLACE = re.compile(r"\s\((?:[^():]*(?:site-packages|lib/python[0-9.]+)/)?([^():]*)(?::\d+)?\)$")
_MODULES = re.compile(r"importlib\._bootstrap")
# Where requests are answered: in the loop, and in threads beside it.
_ANSWERING = ("ask_all", "WorkerThread")
_SHADES = {
    "publish": "#f2c14e",
    "ingest": "#e58f65",
    "compare": "#9bc995",
    "api": "#8fb8de",
    "schemas": "#d9b8e8",
}


@dataclass(slots=True)
class Box:
    """A function with those it called, by name: how many looks found it."""

    looks: int = 0
    called: dict[str, Box] = field(default_factory=dict)


def gather(stacks: Sequence[str]) -> Box:
    """Put lines of "a;b;c 12" into one tree. The machinery of imports is one box."""
    root = Box()
    for line in stacks:
        stack, _, looks = line.rpartition(" ")
        root.looks += int(looks)
        box, last = root, ""
        for frame in stack.split(";"):
            name = "import" if _MODULES.search(frame) else _PLACE.sub(r" (\1)", frame)
            if name == last:
                continue
            last = name
            box = box.called.setdefault(name, Box())
            box.looks += int(looks)
    return root


def draw(root: Box, title: str) -> str:
    """Draw the tree as SVG, the first call on top."""
    boxes: list[str] = []
    deepest = 0

    def put(box: Box, name: str, left: float, depth: int) -> None:
        nonlocal deepest
        share = box.looks / root.looks
        if share < LEAST:
            return
        deepest = max(deepest, depth)
        width = share * WIDTH
        shade = next((one for part, one in _SHADES.items() if f"({part}/" in name), "#d8d8d8")
        words = escape(name[: int(width / 7)]) if width > 40 else ""
        boxes.append(
            f'<g><title>{escape(name)}: {share:.1%}</title><rect x="{left:.1f}" y="{depth * ROW + 30}"'
            f' width="{width:.1f}" height="{ROW - 1}" fill="{shade}"/>'
            f'<text x="{left + 3:.1f}" y="{depth * ROW + 43}">{words}</text></g>'
        )
        for called, inner in sorted(box.called.items(), key=lambda one: (-one[1].looks, one[0])):
            put(inner, called, left, depth + 1)
            left += inner.looks / root.looks * WIDTH

    put(root, "all", 0.0, 0)
    height = (deepest + 1) * ROW + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' font-family="sans-serif" font-size="11"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="6" y="18" font-size="14">{escape(title)}</text>'
        + "\n".join(boxes)
        + "</svg>\n"
    )


def publish(folder: str) -> None:
    """Publish the package in `folder`/package, and say how much memory each stage had at its most."""
    from datetime import date

    from publish import publish_site
    from schemas.site import Site

    stages: list[str] = []

    def note(stage: str) -> None:
        if stages:
            sys.stdout.write(f"| {stages[-1]} | {_most_memory():,.0f} |\n")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        stages.append(stage)

    site = Site(Path(folder), "Benchmark", "http://127.0.0.1:8001/", (f"{folder}/package",))
    publish_site(site, note, on=date(2026, 1, 1))
    note("Done")


def _most_memory() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def answer(folder: str, kind: str) -> None:
    """Let the application of a site answer for every council once, so that nothing is ready."""
    from api.app import create_app
    from schemas.site import load_site

    with (EXAMPLE / "areas" / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    types = ("unitary", "london-borough", "metropolitan-district", "district", "county")
    areas = [row["area"] for row in rows if row["area_type"] in types and not row["end_on"]]
    app = create_app(load_site(Path(folder)))
    paths = {"page": "/areas/{}", "list": "/api/v1/observations?area={}&limit=1000"}

    async def ask_all() -> None:
        for area in areas:
            await _ask(app, paths[kind].format(area))

    asyncio.run(ask_all())
    os._exit(0)


async def _ask(app: Any, address: str) -> None:
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
    }
    scope |= {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": ""}
    scope |= {"headers": [(b"host", b"127.0.0.1"), (b"accept", b"text/html, application/json;q=0.9")]}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    if statuses != [200]:
        raise RuntimeError(f"{address} answered {statuses}")


def _record(call: str, title: str, name: str, within: tuple[str, ...] = ("",)) -> None:
    """Look at a process that makes one call of this module, and draw what was seen within some functions."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as raw:
        command = ["py-spy", "record", "-r", "200", "-f", "raw", "-o", raw.name, "--", sys.executable, "-c"]
        subprocess.run(  # noqa: S603 - our own command
            [*command, f"from benchmarks import flame; flame.{call}"],
            check=True,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        seen = Path(raw.name).read_text(encoding="utf-8").splitlines()
        root = gather([stack for stack in seen if any(one in stack for one in within)])
    picture = ROOT / "docs" / "pictures" / f"flame-{name}.svg"
    picture.write_text(draw(root, f"{title} ({root.looks:,} looks)"), encoding="utf-8")


def main() -> None:
    from benchmarks.generate import generate
    from benchmarks.serving import publish_example

    scratch = Path(tempfile.mkdtemp(prefix="likeforlike-flame-"))
    try:
        generate(scratch / "package", "400k")
        _record(f"publish({str(scratch)!r})", "Publishing 396,000 observations", "publish")
        (scratch / "site").mkdir()
        publish_example(scratch / "site")
        _record(
            f"answer({str(scratch / 'site')!r}, 'page')",
            "Making the page of each council",
            "page",
            _ANSWERING,
        )
        _record(
            f"answer({str(scratch / 'site')!r}, 'list')",
            "Listing the figures of each council",
            "list",
            _ANSWERING,
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()

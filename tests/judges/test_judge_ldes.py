"""A client of event streams that others wrote follows the changes of definitions to their end."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from judging import HERE, Ran
from test_api_stream import entries_of, served
from test_api_world import Served

__all__ = ["served"]

SCRIPT = """
import { replicateLDES, intoConfig } from "ldes-client";
const [url, after] = process.argv.slice(2);
const client = replicateLDES(intoConfig({ url, polling: false, after: after ? new Date(after) : undefined }));
client.on("error", (error) => { console.error(error); process.exit(3); });
client.on("fragment", (page) => console.log(JSON.stringify({ page: page.url })));
const reader = client.stream({ highWaterMark: 10 }).getReader();
for (let read = await reader.read(); !read.done; read = await reader.read()) {
  const { id, timestamp, isVersionOf, quads } = read.value;
  console.log(JSON.stringify({ id: id.value, timestamp, isVersionOf, quads: quads.length }));
}
process.exit(0);
"""


def run_client(*arguments: str) -> Ran:
    """Have ldes-client follow a stream to its end; it says each page that it read and each member."""
    if not (HERE / "node_modules" / "ldes-client").is_dir():
        pytest.skip("NOT JUDGED by ldes-client: npm has not installed it here")
    return subprocess.run(
        ["node", "--input-type=module", "-", *arguments],
        input=SCRIPT,
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
    )


def read(ran: Ran) -> tuple[list[dict[str, Any]], set[str]]:
    """Give the members and the pages of a run that came to its end."""
    assert ran.returncode == 0, ran.stderr
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return [one for one in said if "id" in one], {one["page"] for one in said if "page" in one}


def test_ldes_client_follows_the_stream_to_its_end(served: Served) -> None:
    members, pages = read(run_client(f"{served.url}changes/stream"))
    assert sorted(member["id"] for member in members) == sorted(entries_of(served))
    assert len([page for page in pages if page.startswith(f"{served.url}changes/stream/2")]) == 2
    whole = {member["isVersionOf"] for member in members}
    assert whole == {f"{served.url}id/indicator/{name}" for name in ("in-work", "recycled")}
    # Every member is cut out whole: a type, a day, what it is a version of, an owner and its own words.
    assert all(member["quads"] >= 6 for member in members)


def test_ldes_client_that_has_the_older_events_reads_no_full_page(served: Served) -> None:
    members, pages = read(run_client(f"{served.url}changes/stream", "2023-12-31"))
    assert [member["id"] for member in members] == [f"{served.url}id/crosswalk/recycled/waste-and-work"]
    assert pages == {f"{served.url}changes/stream", f"{served.url}changes/stream/newest"}


def test_ldes_client_refuses_what_is_no_stream(served: Served) -> None:
    ran = run_client(f"{served.url}indicators/recycled")
    assert ran.returncode != 0

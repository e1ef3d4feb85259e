"""schemathesis makes requests from our own description of the API and holds the answers to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
from judging import HERE, Ran

from tools.example_site import ExampleSite

RULES = ("--config-file", HERE / "schemathesis.toml")
# The same requests each time, few enough for two minutes.
BOUNDS = ("--max-examples", "10", "--generation-deterministic", "--no-color")


def test_schemathesis_finds_the_api_as_it_is_described(
    example_site: ExampleSite, run: Callable[..., Ran]
) -> None:
    address = f"{example_site.url}/openapi.json"
    ran = run("schemathesis", *RULES, "run", address, "--url", example_site.url, *BOUNDS)
    assert ran.returncode == 0, ran.stdout[-6000:]
    assert re.search(r"\b(\d{3,}) generated, \1 passed", ran.stdout), ran.stdout[-6000:]


def test_schemathesis_finds_an_answer_that_is_not_as_described(
    example_site: ExampleSite, run: Callable[..., Ran], tmp_path: Path
) -> None:
    described = httpx.get(f"{example_site.url}/openapi.json").json()
    operation = described["paths"]["/api/v1/datasets"]["get"]
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {
        "type": "object",
        "required": ["nothing-of-this-name"],
    }
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(described), encoding="utf-8")
    only = ("--include-path", "/api/v1/datasets")
    ran = run("schemathesis", *RULES, "run", file, "--url", example_site.url, *only, *BOUNDS)
    assert ran.returncode == 1
    assert "nothing-of-this-name" in ran.stdout

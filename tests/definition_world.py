"""The definitions of the small world as a package, beside which figures can be checked; and its forms, fetched."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from package_files import resource, write_package
from test_publish_world import TABLES

from ingest import check_packages
from ingest.problems import Problem
from schemas import load_model

# What figures refer to.
_TABLES = ("bodies", "areas", "code_lists", "codes", "dimensions", "datasets", "indicators")


def write_definitions(folder: Path) -> Path:
    """Write the tables that figures refer to as an ordinary package."""
    files = {}
    for name in _TABLES:
        rows = [{key: _text(value) for key, value in row.items()} for row in TABLES[name]]
        files[f"{name}.csv"] = as_csv(list(load_model().tables[name].field_names), rows)
    named = [resource(name=name, path=f"{name}.csv") for name in _TABLES]
    return write_package(folder, *named, files=files, name="definitions")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def as_csv(headings: list[str], rows: list[dict[str, Any]]) -> bytes:
    """Write rows as a spreadsheet saves them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def fetch(client: httpx.Client, address: str) -> bytes:
    """Fetch a form that there is."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    return answer.content


def problems_with(folder: Path, beside: Path, scratch: Path) -> list[Problem]:
    """Check a package of figures beside the definitions."""
    report = check_packages([folder], scratch, beside=[beside])
    assert report.rows_read
    return list(report.problems)

"""What follows a definition that is withdrawn: the version in use, or the indicator that replaced it.

In:   a row of the table indicators
Out:  its successor's notation and name, or None where nothing follows it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.edition import Edition


@dataclass(frozen=True, slots=True)
class Successor:
    """What follows a definition: an indicator, or one version of the same one."""

    notation: tuple[str, ...]
    label: str


def find_successor(edition: Edition, row: Mapping[str, Any]) -> Successor | None:
    """Find what follows a version of a definition, if it is withdrawn."""
    if row["status"] != "withdrawn":
        return None
    if row["replaced_by"]:
        label = edition.value("SELECT label FROM indicator_heads WHERE indicator = ?", (row["replaced_by"],))
        return Successor((row["replaced_by"],), label or row["replaced_by"])
    in_use = edition.row(
        "SELECT h.version, i.label FROM indicator_heads AS h JOIN indicators AS i"
        " ON i.indicator = h.indicator AND i.version = h.version"
        " WHERE h.indicator = ? AND i.status = 'current' AND h.version <> ?",
        (row["indicator"], row["version"]),
    )
    if in_use is None:
        return None
    return Successor(
        (row["indicator"], f"v{in_use['version']}"), f"{in_use['label']}, version {in_use['version']}"
    )

"""Which version of a standard definition the figures of a definition that extends it count by.

In:   the table indicators of an edition
Out:  for a version of a definition, the standard it counts by: its notation and its version
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.pages.definitions import version_order
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# An indicator and a version.
Version = tuple[str, str]


def find_standard(edition: Edition, indicator: str, version: str) -> Version:
    """Find the standard that a version counts by; itself where it extends none, or counts otherwise."""
    return edition.once("standards", lambda: _find_standards(edition)).get(
        (indicator, version), (indicator, version)
    )


def _find_standards(edition: Edition) -> Mapping[Version, Version]:
    """Follow every version that extends another to the end, where something is not extended any more."""
    versions: dict[str, list[Any]] = {}
    for row in edition.rows("SELECT * FROM indicators"):
        versions.setdefault(row["indicator"], []).append(row)
    steps: dict[Version, Version] = {}
    for rows in versions.values():
        for row in rows:
            found = _find_extended(row, versions.get(row["extends"] or "", ()))
            if found is not None:
                steps[row["indicator"], row["version"]] = found
    standards = {}
    for version, step in steps.items():
        end, seen = step, {version}
        while end in steps and end not in seen:
            seen.add(end)
            end = steps[end]
        standards[version] = end
    return standards


def _find_extended(row: Any, candidates: Sequence[Any]) -> Version | None:
    """Find the version of the extended definition that counts the same.

    Of several it is the one that counted when this one began, else the first.
    """
    alike = sorted(
        (other for other in candidates if _counted(other) == _counted(row)),
        key=lambda other: version_order(other["version"]),
    )
    if not alike:
        return None
    begun = [other for other in alike if other["valid_from"] <= row["valid_from"]]
    chosen = begun[-1] if begun else alike[0]
    return chosen["indicator"], chosen["version"]


def _counted(row: Any) -> tuple[str, ...]:
    """Give what decides what is counted, as the rule of the table names it."""
    rules = load_model().tables["indicators"].rules
    [rule] = [rule for rule in rules if rule.name == "extension-agrees"]
    return tuple(re.sub(r"\s+", " ", str(row[column] or "")).strip() for column in rule.fields)

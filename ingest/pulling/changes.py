"""What is offered is laid over what was pulled before: what is kept, and what changed and breaks.

In:   rows of definitions that are held, and rows that are offered, as text
Out:  the rows to hold from now on, and every change with what it means

Pure functions on small values. A version that was pulled once is never removed, and once it is in use, what it
counts never changes under its number: where the other side says otherwise, what is held stays and the change is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.pulling.pins import Pins
from schemas import load_model

Row = dict[str, str]
Key = tuple[str, str]

# Stages in which figures are counted by a version.
_IN_USE = frozenset({"current", "withdrawn"})

# What one change is, in words that stand behind "recycled 2.0.0".
_WORDS = {
    "new": "new definition",
    "version": "new version ({reason})",
    "stage": "now {reason}",
    "recounted": "counts otherwise under the same number ({reason}). What was pulled is kept",
    "reworded": "other words under the same number ({reason})",
    "gone": "is not offered any more. It is kept",
    "unpinned": "is outside of what is pinned",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one version.

    kind      new, version, stage, recounted, reworded, gone or unpinned
    reason    what the words of its kind need
    breaks    why figures counted before are not comparable with figures counted now; "" if they are
    would     the same of a version that is not in use, or not pulled
    """

    kind: str
    indicator: str
    version: str
    label: str
    reason: str = ""
    breaks: str = ""
    would: str = ""

    def __str__(self) -> str:
        words = _WORDS[self.kind].format(reason=self.reason)
        if self.breaks:
            words += f"; it breaks: {self.breaks}"
        elif self.would:
            words += f"; it would break: {self.would}"
        return f"{self.indicator} {self.version} ({self.label}): {words}."


def counted_columns() -> tuple[str, ...]:
    """Name the columns that decide what is counted, as the rule of the table does."""
    rules = load_model().tables["indicators"].rules
    return next(rule.fields for rule in rules if rule.name == "extension-agrees")


def merge_definitions(
    held: Sequence[Row], offered: Sequence[Row], wanted: frozenset[str], pins: Pins
) -> tuple[list[Row], list[Change]]:
    """Lay what is offered over what is held.

    offered    every version on offer, each with its origin
    wanted     the indicators that are asked for; what is held is followed too
    """
    before = {_key(row): row for row in held}
    there = {_key(row): row for row in offered}
    followed = wanted | {indicator for indicator, _ in before}
    merged = dict(before)
    kinds: dict[Key, Change] = {}
    for key, row in there.items():
        if key[0] in followed and (key in before or pins.permits(*key)):
            merged[key] = _laid_over(before.get(key), row)
    merged |= _between(merged, there)
    while more := _referred(merged, there):
        merged |= more
    for key in sorted(merged, key=_order):
        found = _find_change(key, before, there, merged)
        if found is not None:
            kinds[key] = found
    changes = [kinds[key] for key in sorted(kinds, key=_order)]
    changes += _outside(there, merged)
    return [merged[key] for key in sorted(merged, key=_order)], changes


def _key(row: Mapping[str, str]) -> Key:
    return row["indicator"], row["version"]


def version_numbers(version: str) -> tuple[int, ...]:
    """Give a version's numbers, which order it among others."""
    return tuple(int(part) for part in version.split("."))


def _order(key: Key) -> tuple[str, tuple[int, ...]]:
    return key[0], version_numbers(key[1])


def _laid_over(held: Row | None, offered: Row) -> Row:
    """Take the row on offer, but for what is counted and where it was first defined."""
    if held is None:
        return dict(offered)
    kept = {column: held.get(column, "") for column in counted_columns()} if held["status"] in _IN_USE else {}
    return offered | kept | {"origin": held.get("origin") or offered.get("origin", "")}


def _between(merged: Mapping[Key, Row], there: Mapping[Key, Row]) -> dict[Key, Row]:
    """Find versions between two that are held: each says how it compares with the one before it."""
    held: dict[str, list[tuple[int, ...]]] = {}
    for indicator, version in merged:
        held.setdefault(indicator, []).append(version_numbers(version))
    return {
        key: dict(row)
        for key, row in there.items()
        if key not in merged
        and key[0] in held
        and min(held[key[0]]) < version_numbers(key[1]) < max(held[key[0]])
    }


def _referred(merged: Mapping[Key, Row], there: Mapping[Key, Row]) -> dict[Key, Row]:
    """Find definitions that one held extends or is followed by, and of which no version is held."""
    held = {indicator for indicator, _ in merged}
    named = {row.get(column, "") for row in merged.values() for column in ("extends", "replaced_by")}
    return {key: dict(row) for key, row in there.items() if key[0] in named - held}


def _find_change(
    key: Key, before: Mapping[Key, Row], there: Mapping[Key, Row], merged: Mapping[Key, Row]
) -> Change | None:
    row, held = merged[key], before.get(key)
    named = (*key, row["label"])
    if held is None:
        is_known = any(indicator == key[0] for indicator, _ in before)
        if not is_known:
            return Change("new", *named)
        return _weighed("version", key, row["status"], before, merged)
    offered = there.get(key)
    if offered is None:
        return Change("gone", *named)
    differing = [
        column for column in offered if column != "origin" and offered[column] != held.get(column, "")
    ]
    counted = [column for column in differing if column in counted_columns()]
    if counted and held["status"] in _IN_USE:
        return Change(
            "recounted", *named, ", ".join(counted), breaks="a version's number stands for one count"
        )
    if "status" in differing:
        return _weighed("stage", key, offered["status"], before, merged)
    return Change("reworded", *named, ", ".join(differing)) if differing else None


def _weighed(
    kind: str, key: Key, reason: str, before: Mapping[Key, Row], merged: Mapping[Key, Row]
) -> Change:
    """Say whether a version that is new, or has come into use, breaks with what was counted by before."""
    row = merged[key]
    counted_by = [
        version_numbers(version)
        for (indicator, version), held in before.items()
        if indicator == key[0] and held["status"] in _IN_USE
    ]
    is_newer = not counted_by or version_numbers(key[1]) > max(counted_by)
    step = find_break(row, merged.values()) if is_newer and row["status"] != "withdrawn" else ""
    is_used = row["status"] in _IN_USE
    if row["status"] == "withdrawn" and row.get("replaced_by"):
        reason += f", followed by {row['replaced_by']}"
    return Change(
        kind, *key, row["label"], reason, breaks=step if is_used else "", would="" if is_used else step
    )


def find_break(row: Row, versions: Iterable[Row]) -> str:
    """Say why a version is not comparable with the one before it; "" if it is, or is the first."""
    earlier = [
        version_numbers(other["version"])
        for other in versions
        if other["indicator"] == row["indicator"]
        and version_numbers(other["version"]) < version_numbers(row["version"])
    ]
    if not earlier:
        return ""
    note = f" ({row['change_note']})" if row.get("change_note") else ""
    if row.get("comparable_with_previous") == "no":
        return f"its figures are not comparable with those before{note}"
    if version_numbers(row["version"])[0] > max(earlier)[0]:
        return f"its number takes a major step from {'.'.join(map(str, max(earlier)))}{note}"
    return ""


def _outside(there: Mapping[Key, Row], merged: Mapping[Key, Row]) -> Iterator[Change]:
    """Name the newest version of each definition that is held, where pins leave it out."""
    newest = dict(sorted({*there, *merged}, key=_order))
    held = {indicator for indicator, _ in merged}
    for key in sorted(newest.items(), key=_order):
        if key[0] in held and key not in merged:
            yield Change("unpinned", *key, there[key]["label"], would=find_break(there[key], there.values()))

"""Words that people in local services use for the same thing.

In:   sector_words.yaml
Out:  SectorWords, or ModelFaults that names every fault

compare/wording.py reads texts by them; nothing here knows how a text is taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from schemas.definitions import ModelFaults

_AXIS_KEYS = frozenset({"label", "part"})
_MEANING_KEYS = frozenset({"label", "axis", "words", "broader", "opposite", "ages"})


@dataclass(frozen=True, slots=True)
class Axis:
    """Something that a figure has at most one of, such as the school subject it is about."""

    axis: str
    label: str
    part: Literal["population", "numerator"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning and the ways to say it.

    axis       the axis it is on, if any
    broader    meanings that it includes
    opposite   what it turns into after "not" or "without"
    ages       first and last age of the people meant
    """

    meaning: str
    label: str
    words: tuple[str, ...]
    axis: str | None = None
    broader: tuple[str, ...] = ()
    opposite: str | None = None
    ages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SectorWords:
    """All axes and meanings, in the order of the file, the small words and the denials."""

    axes: Mapping[str, Axis]
    meanings: Mapping[str, Meaning]
    small: frozenset[str] = frozenset()
    denials: frozenset[str] = frozenset()


@cache
def load_sector_words() -> SectorWords:
    """Load the words that ship with the product."""
    path = Path(__file__).with_name("sector_words.yaml")
    return read_sector_words(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_sector_words(told: Mapping[str, Any]) -> SectorWords:
    """Read axes and meanings.

    Raises ModelFaults with every fault found.
    """
    faults = sorted(_find_faults(told))
    if faults:
        raise ModelFaults(faults)
    axes = {name: Axis(name, entry["label"], entry["part"]) for name, entry in told["axes"].items()}
    meanings = {
        name: Meaning(
            meaning=name,
            label=entry["label"],
            words=tuple(entry["words"]),
            axis=entry.get("axis"),
            broader=tuple(entry.get("broader", ())),
            opposite=entry.get("opposite"),
            ages=tuple(entry["ages"]) if "ages" in entry else None,
        )
        for name, entry in told["meanings"].items()
    }
    return SectorWords(axes, meanings, frozenset(told["small"]), frozenset(told["denials"]))


def _find_faults(told: Mapping[str, Any]) -> Iterator[str]:
    """Find what contradicts itself: unknown names, and words that would have two meanings."""
    axes, meanings = told["axes"], told["meanings"]
    for name, entry in axes.items():
        if entry.keys() != _AXIS_KEYS or entry["part"] not in ("population", "numerator"):
            yield f"sector_words.yaml: the axis '{name}' needs a label and a part."
    said: dict[str, str] = {}
    for name, entry in meanings.items():
        if not {"label", "words"} <= entry.keys() <= _MEANING_KEYS:
            yield f"sector_words.yaml: '{name}' lacks a label or words, or says something unknown."
            continue
        if entry.get("axis") not in (None, *axes):
            yield f"sector_words.yaml: '{name}' is on the axis '{entry['axis']}', which there is not."
        for other in (*entry.get("broader", ()), *filter(None, [entry.get("opposite")])):
            if other not in meanings:
                yield f"sector_words.yaml: '{name}' names the meaning '{other}', which there is not."
        for words in entry["words"]:
            first = said.setdefault(str(words).casefold(), name)
            if first != name:
                yield f"sector_words.yaml: '{words}' means both '{first}' and '{name}'."

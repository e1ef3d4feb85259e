"""How often chance alone makes a rule fire, from a simulation that anyone can repeat.

In:   signal_chances.yaml, which `python -m benchmarks.signals` writes
Out:  how many of a thousand checks of stable series fire
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("signal_chances.yaml")


@cache
def load_chances() -> Mapping[str, Any]:
    """Load what the simulation found."""
    import yaml

    found: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def chance_per_thousand(kind: str, numbers: Mapping[str, float]) -> float | None:
    """Give how many of a thousand checks fire by chance; None for a rule that was not simulated as it is set."""
    for entry in load_chances()["rules"]:
        if entry["kind"] == kind and entry["numbers"] == dict(numbers):
            return float(entry["per_thousand"])
    return None

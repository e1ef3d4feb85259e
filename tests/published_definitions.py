"""Two publishers' definitions as statements, and paraphrases of some of them that stand in tests/data.

In:   the folder of the publishers' files
Out:  statements named publisher:id; the paraphrases of one set, each with the id of its original

An id that the Department for Education lists under two topics is there twice, as it is published.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from compare.nearness import Statement

PARAPHRASES = Path(__file__).parent / "data" / "paraphrases.csv"


def read_published(sources: Path) -> list[Statement]:
    """Read the 448 rows of the Local Authority Interactive Tool and the 35 definitions of Fingertips."""
    return [*_read_lait(sources), *_read_fingertips(sources)]


def _read_lait(sources: Path) -> Iterator[Statement]:
    path = sources / "dfe-lait" / "lait_data_dictionary.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield Statement(
                indicator=f"lait:{row['Measure_short']}",
                label=row["Chart_title"],
                question=row["Measure"],
                definition=row["Description"],
                unit=row["y_axis_name"],
            )


def _read_fingertips(sources: Path) -> Iterator[Statement]:
    path = sources / "fingertips-indicator-definitions" / "indicators.json"
    for one in json.loads(path.read_text(encoding="utf-8")):
        yield Statement(
            indicator=f"fingertips:{one['indicatorID']}",
            label=_plain(one["indicatorName"]),
            definition=_plain(one["indicatorDefinition"]),
            numerator=_plain(one["countDefinition"]),
            denominator=_plain(one["denominatorDefinition"]),
            unit=_plain(one["unitLabel"]),
        )


def _plain(text: str | None) -> str:
    return re.sub(r"\s+", " ", html.unescape(text or "")).strip()


def read_paraphrases(named: str) -> list[tuple[str, Statement]]:
    """Read the paraphrases of one set, tuning, held or last, each with the name of its original."""
    with PARAPHRASES.open(encoding="utf-8", newline="") as file:
        return [
            (
                f"{row['publisher']}:{row['original']}",
                Statement(
                    label=row["label"],
                    question=row["question"],
                    numerator=row["numerator"],
                    denominator=row["denominator"],
                    unit=row["unit"],
                ),
            )
            for row in csv.DictReader(file)
            if row["set"] == named
        ]

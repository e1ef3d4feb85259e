"""The definitions in our own words become the tables of the package england/definitions.

In:   in_words/*.yaml: indicators with what they are made from, themes, breakdowns, datasets
Out:  rows of code_lists, codes, dimensions, indicators, crosswalk and definition_stages; and for each reader what it
      has to make
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from examples.make_england import credits
from examples.make_england.credits import CC_BY, Credit
from examples.make_england.packages import Row
from schemas.model import load_model

FOLDER = Path(__file__).parent / "in_words"
NOT_INDICATORS = frozenset(
    {"themes", "datasets", "breakdowns", "crosswalk", "stages", "derivations", "signals", "translations"}
)


@dataclass(frozen=True)
class Definition:
    """An indicator: its rows, one for each version, and what its figures are made from."""

    indicator: str
    rows: tuple[Row, ...]
    made_from: Mapping[str, Any]

    @property
    def period_kind(self) -> str:
        return self.rows[-1]["period_kind"]

    def said_in_words(self, area_code: str, period: str) -> str:
        """Give the status that the publisher only writes about; '' where nothing is said of this figure.

        An entry without periods or areas is about all of them.
        """
        for entry in self.made_from.get("said_in_words", ()):
            if entry.get("period", period) == period and area_code in entry.get("areas", [area_code]):
                return str(entry["status"])
        return ""


@dataclass(frozen=True)
class Dataset:
    dataset: str
    title: str
    package: str
    credit: Credit
    dimensions: tuple[str, ...]
    row: Row


@cache
def load_definitions() -> tuple[Definition, ...]:
    """Load every indicator, in the order of the files."""
    out = []
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.stem not in NOT_INDICATORS:
            out += [_definition(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    names = [definition.indicator for definition in out]
    if len(set(names)) != len(names):
        raise ValueError(f"an indicator is defined twice: {sorted(names)}")
    return tuple(out)


def _definition(entry: dict[str, Any]) -> Definition:
    entry = dict(entry)
    made_from = entry.pop("made_from", {})
    versions = entry.pop("versions", [{}])
    fields = load_model().tables["indicators"].field_names
    rows = []
    for version in versions:
        row = {"version": "1.0.0", "licence": CC_BY, "status": "current"} | entry | version
        unknown = set(row) - set(fields)
        if unknown:
            raise ValueError(f"{entry['indicator']}: no such field: {sorted(unknown)}")
        rows.append({name: _text(value) for name, value in row.items()})
    return Definition(entry["indicator"], tuple(rows), made_from)


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def load_datasets() -> tuple[Dataset, ...]:
    out = []
    for entry in yaml.safe_load((FOLDER / "datasets.yaml").read_text(encoding="utf-8")):
        package, credit = entry.pop("package"), getattr(credits, entry.pop("credit"))
        row = {name: _text(value) for name, value in entry.items()}
        row |= {
            "licence": credit.licence,
            "attribution": credit.attribution,
            "source": credit.address,
        }
        dimensions = tuple(filter(None, row.get("dimensions", "").split(";")))
        out.append(Dataset(row["dataset"], row["title"], package, credit, dimensions, row))
    return tuple(out)


def load_breakdowns() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((FOLDER / "breakdowns.yaml").read_text(encoding="utf-8"))
    return loaded


def dimension_labels(dimensions: tuple[str, ...]) -> dict[str, str]:
    labels = {entry["dimension"]: entry["label"] for entry in load_breakdowns()}
    return {dimension: labels[dimension] for dimension in dimensions}


def code_list_rows() -> list[Row]:
    themes = {"code_list": "theme", "label": "Themes", "definition": "What a figure is about."}
    return [themes] + [
        {"code_list": entry["dimension"], "label": entry["label"], "definition": entry["definition"]}
        for entry in load_breakdowns()
    ]


def code_rows() -> list[Row]:
    lists: dict[str, list[dict[str, Any]]] = {
        "theme": yaml.safe_load((FOLDER / "themes.yaml").read_text(encoding="utf-8"))
    }
    lists |= {entry["dimension"]: entry["codes"] for entry in load_breakdowns()}
    return [
        {
            "code_list": name,
            "code": code["code"],
            "label": code["label"],
            "definition": code["definition"],
            "parent": code.get("parent", ""),
            "sort_order": str(place),
            "is_total": "true" if code.get("is_total") else "false",
        }
        for name, codes in lists.items()
        for place, code in enumerate(codes, start=1)
    ]


def dimension_rows() -> list[Row]:
    return [
        {
            "dimension": entry["dimension"],
            "label": entry["label"],
            "definition": entry["definition"],
            "code_list": entry["dimension"],
        }
        for entry in load_breakdowns()
    ]


def crosswalk_rows() -> list[Row]:
    loaded = yaml.safe_load((FOLDER / "crosswalk.yaml").read_text(encoding="utf-8"))
    return [
        {name: _text(value) for name, value in entry.items()} | {"declared_by": "Like for Like"}
        for entry in loaded
    ]


def stage_rows() -> list[Row]:
    loaded = yaml.safe_load((FOLDER / "stages.yaml").read_text(encoding="utf-8"))
    return [{name: _text(value) for name, value in entry.items()} for entry in loaded]


def derivation_rows() -> list[Row]:
    loaded = yaml.safe_load((FOLDER / "derivations.yaml").read_text(encoding="utf-8"))
    return [{name: _text(value) for name, value in entry.items()} for entry in loaded]


def translation_rows() -> list[Row]:
    loaded = yaml.safe_load((FOLDER / "translations.yaml").read_text(encoding="utf-8"))
    return [
        {"kind": entry["kind"], "thing": entry["thing"], "column": entry["column"]}
        | {"language": language, "text": text, "taken_from": loaded["taken_from"]}
        for entry in loaded["names"]
        for language, text in sorted(entry["texts"].items())
    ]


def indicator_rows() -> list[Row]:
    return [row for definition in load_definitions() for row in definition.rows]


def signal_rows() -> dict[str, list[Row]]:
    """Give the rows of signal_rules and signal_parameters: version 1 of each rule."""
    units = {code.code: code.more["unit"] for code in load_model().code_lists["signal-parameter"].codes}
    rules, parameters = [], []
    for entry in yaml.safe_load((FOLDER / "signals.yaml").read_text(encoding="utf-8")):
        given = entry.pop("parameters")
        key = {"rule": entry["rule"], "version": "1"}
        rules.append(entry | key | {"valid_from": "2026-01-01", "owner": "like-for-like"})
        parameters += [
            {**key, "parameter": name, "value": str(value), "unit": units[name]}
            for name, value in given.items()
        ]
    return {"signal_rules": rules, "signal_parameters": parameters}

"""Shapes of exactly this indicator's observations, in SHACL.

In:   Blank
Out:  Turtle that any SHACL processor reads; it uses only what the core of the language has

The shape starts at the version of the definition and goes back to the figures that name it, so a report names
the figure and the property at fault, and figures of other indicators in the same graph are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from api.definition_forms.blank import Blank, statuses
from publish.triples import Names, escape
from schemas import load_model

_PREFIXES = ("sdmx-attribute", "sdmx-dimension", "sdmx-measure", "xsd")
_SHACL = "http://www.w3.org/ns/shacl#"

Parts = Sequence[tuple[str, Sequence[str]]]


def shapes(blank: Blank, address: str) -> bytes:
    """Write the shapes. `address` is where they stand; their names follow from it."""
    names = Names(blank.base, load_model())
    properties = list(_properties(blank, names))
    lines = [
        f"# Figures for {blank.uri}",
        f"@prefix sh: <{_SHACL}> .",
        f"@prefix def: <{names.prefixes['def']}> .",
        *(f"@prefix {prefix}: <{names.prefixes[prefix]}> ." for prefix in _PREFIXES),
        f"@prefix shape: <{address}#> .",
        "",
        "# Only the path has no name: in SHACL a path that goes backwards cannot have one.",
        *_node("shape:version", "sh:NodeShape", [f"sh:targetNode <{blank.uri}>", "sh:property shape:figure"]),
        *_node(
            "shape:figure",
            "sh:PropertyShape",
            [
                "sh:path [ sh:inversePath def:indicatorVersion ]",
                "sh:nodeKind sh:IRI",
                *(f"sh:property shape:{name}" for name, _ in properties),
                "sh:not shape:silent",
                "sh:not shape:both",
                f"sh:name {_text(blank.label)}",
            ],
        ),
    ]
    for name, said in properties:
        lines += _node(f"shape:{name}", "sh:PropertyShape", said)
    lines += _either_value_or_reason(names)
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _properties(blank: Blank, names: Names) -> Iterator[tuple[str, list[str]]]:
    yield (
        "indicator",
        [
            "sh:path def:indicator",
            *_once(),
            f"sh:hasValue <{names.thing(f'indicator/{blank.indicator}')}>",
        ],
    )
    areas = "[^/]+" if blank.known_areas is None else _among(blank.known_areas)
    yield "area", ["sh:path sdmx-dimension:refArea", *_once(), _pattern(names, "area", areas)]
    kind = blank.period_kind
    days = "|".join(r"\d\d-\d\d" if day == "any" else re.escape(day) for day in kind.more["starts"])
    period = rf"\d{{4}}-({days})_{kind.more['length']}"
    yield (
        "period",
        [
            "sh:path sdmx-dimension:refPeriod",
            *_once(),
            _pattern(names, "period", period),
            f"sh:message {_text(f'A figure is for one period of the kind: {kind.label}.')}",
        ],
    )
    yield "status", ["sh:path sdmx-attribute:obsStatus", *_once(), _code(names, "status", statuses())]
    # A figure without a value has no unit.
    unit = _code(names, "unit", [str(blank.row["unit"])])
    yield "unit", ["sh:path sdmx-attribute:unitMeasure", "sh:maxCount 1", unit]
    lowest, highest = blank.bounds
    yield (
        "value",
        [
            "sh:path sdmx-measure:obsValue",
            "sh:maxCount 1",
            "sh:datatype xsd:decimal",
            *(["sh:minInclusive " + _number(lowest)] if lowest is not None else []),
            *(["sh:maxInclusive " + _number(highest)] if highest is not None else []),
        ],
    )
    for one in blank.dimensions:
        path = f"sh:path <{names.thing(f'dimension/{one.dimension}')}>"
        codes = _code(names, one.code_list, [code.text for code in one.codes])
        yield f"dimension-{one.dimension}", [path, "sh:maxCount 1", codes, f"sh:name {_text(one.label)}"]


def _either_value_or_reason(names: Names) -> list[str]:
    """Write what no figure may be: without a value and a reason, or with both."""
    needing, without = statuses("required"), statuses("absent")
    return [
        *_node("shape:silent", "sh:NodeShape", ["sh:property shape:no-value", "sh:property shape:no-reason"]),
        *_node("shape:no-value", "sh:PropertyShape", ["sh:path sdmx-measure:obsValue", "sh:maxCount 0"]),
        *_node(
            "shape:no-reason",
            "sh:PropertyShape",
            ["sh:path sdmx-attribute:obsStatus", "sh:minCount 1", _code(names, "status", needing)],
        ),
        *_node("shape:both", "sh:NodeShape", ["sh:property shape:a-value", "sh:property shape:a-reason"]),
        *_node("shape:a-value", "sh:PropertyShape", ["sh:path sdmx-measure:obsValue", "sh:minCount 1"]),
        *_node(
            "shape:a-reason",
            "sh:PropertyShape",
            ["sh:path sdmx-attribute:obsStatus", "sh:minCount 1", _code(names, "status", without)],
        ),
    ]


def _node(name: str, kind: str, said: Iterable[str]) -> list[str]:
    return [" ;\n".join([f"{name} a {kind}", *(f"    {one}" for one in said)]) + " .", ""]


def _once() -> tuple[str, str]:
    return "sh:minCount 1", "sh:maxCount 1"


def _code(names: Names, code_list: str, codes: Sequence[str]) -> str:
    return _pattern(names, f"code/{code_list}", _among(codes) if codes else "[^/]+")


def _among(texts: Iterable[str]) -> str:
    return f"({'|'.join(re.escape(text) for text in texts)})"


def _pattern(names: Names, path: str, ending: str) -> str:
    return f"sh:pattern {_text(f'^{re.escape(names.thing(path))}/{ending}$')}"


def _number(number: float) -> str:
    text = f"{number:.6f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _text(text: str) -> str:
    return f'"{escape(text)}"'

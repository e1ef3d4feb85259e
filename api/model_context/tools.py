"""The tools: each is one address of the site, and takes the parameters that address has.

In:   the description of the API
Out:  Tools; of a call, the path and query that answer it

A tool is declared, not programmed. What its parameters mean and may be is said by the API's own description, so it
cannot differ; what stands here is which of them a tool takes, and the bounds of one call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from api.failures import Failure, unknown_parameters
from api.known_names import KINDS
from api.search import LONGEST_TEXT
from ingest.problems import shown

# Rows of one call, which somebody has to read: the API itself gives more.
MOST_ROWS = 200
USUAL_ROWS = 50
MOST_NAMES = 50

Pairs = list[tuple[str, str]]
Schema = dict[str, Any]
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    operation   the operation of the API that answers, by its id
    takes       those of the operation's parameters that the tool has, each with its own place in the address
    asks        where there is no such operation: makes the path and query of a call
    own         the parameters of such a tool, as JSON Schema
    needs       what must be given
    """

    name: str
    title: str
    description: str
    operation: str = ""
    takes: tuple[str, ...] = ()
    asks: Callable[[Arguments], tuple[str, Pairs]] | None = None
    own: Mapping[str, Schema] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def _ask_names(given: Arguments) -> tuple[str, Pairs]:
    day = given.get("day")
    about = {"type": given.get("kind", "area")}
    if day:
        about["properties"] = [{"pid": "date", "v": str(day)}]
    queries = {name: {"query": name, **about} for name in dict.fromkeys(given["names"])}
    return "/reconcile", [("queries", json.dumps(queries, ensure_ascii=False))]


def _ask_question(given: Arguments) -> tuple[str, Pairs]:
    chosen = given.get("choices") or {}
    return f"/questions/{given['question']}.json", [(str(name), str(chosen[name])) for name in chosen]


_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_PIN = ("as-of",)
_LIST = ("limit", "cursor", *_PIN)
_FIGURES = ("indicator", "area", "period", "dataset", "breakdown", "status", "since", "until", *_LIST)

TOOLS: Sequence[Tool] = (
    Tool(
        "search",
        "Search by name",
        "Find areas, indicators, bodies, datasets and everything else that is published, by a name, an old name, a"
        " code or a postcode. Use it first: every other tool wants the codes that it gives.",
        "search",
        ("q", "kind", "limit"),
        needs=("q",),
    ),
    Tool(
        "match_names",
        "Match names with codes",
        "Turn names as they stand in somebody's list into codes, with the reason of each match. With a day or a year,"
        " the area of that time is meant, and what followed it is said: Cumbria in 2019. A name that could mean two"
        " things has several candidates and no match.",
        asks=_ask_names,
        own={
            "names": {
                "type": "array",
                "items": _TEXT,
                "minItems": 1,
                "maxItems": MOST_NAMES,
                "description": f"Names, {MOST_NAMES} at most.",
            },
            "kind": {
                "type": "string",
                "enum": list(KINDS),
                "description": "What they are names of; area if left out.",
            },
            "day": {
                "type": "string",
                "maxLength": 40,
                "description": "A date such as 2019-04-01, or a year such as 2019 or 2019/20.",
            },
        },
        needs=("names",),
    ),
    Tool(
        "get_definitions",
        "Definitions of indicators",
        "What an indicator counts: question, numerator, denominator, unit, which way is better, who answers for it,"
        " caveats, version, and whether the definition is a draft, in use or withdrawn. With versions=all, every"
        " version and what changed. Without an indicator, the list of all, by theme or dataset.",
        "list_indicators",
        ("indicator", "theme", "dataset", "status", "versions", *_LIST),
    ),
    Tool(
        "get_figures",
        "Figures",
        "Figures by indicator, area and period, with range, unit, version of the definition and note. A figure"
        " without a value has a status that says why; it is never zero. period=latest gives the newest.",
        "list_observations",
        _FIGURES,
    ),
    Tool(
        "get_series",
        "Figures over time",
        "The same figures as series, oldest first. Each point says whether it may be compared with the one before,"
        " and why not.",
        "list_series",
        _FIGURES,
    ),
    Tool(
        "get_profile",
        "Everything about one area",
        "The newest figure of every indicator of one area, each beside the middle council of its tier, similar"
        " councils and the country, with the change from the period before and whether it is clear.",
        "get_profile",
        ("area", *_PIN),
        needs=("area",),
    ),
    Tool(
        "compare_figures",
        "May these be compared?",
        "Decide whether one figure may be compared with others: like-for-like, with-care or not-comparable, with"
        " every reason. Ask this before you say that one figure is higher than another. It takes the URIs that"
        " get_figures gives; or of judgements, and then decides on grades.",
        "get_verdict",
        ("a", "b", *_PIN),
        needs=("a", "b"),
    ),
    Tool(
        "compare_areas",
        "Areas side by side",
        "One indicator for several areas, or for a group, held against the first area: places with their interval,"
        " how many cannot be told apart, who is left out and why, and what stands for the country and the group.",
        "compare",
        ("indicator", "areas", "group", "period", "breakdown", "include", *_PIN),
        needs=("indicator",),
    ),
    Tool(
        "get_judgements",
        "Judgements of inspectorates",
        "Grades that inspectorates gave to bodies, with framework, question, day and report. Grades of two frameworks"
        " compare only where a mapping is declared: compare_figures says so.",
        "list_judgements",
        (
            "body",
            "area",
            "framework",
            "version",
            "question",
            "grade",
            "kind",
            "from",
            "to",
            "is_latest",
            *_LIST,
        ),
    ),
    Tool(
        "get_targets",
        "Targets",
        "What indicators are meant to reach, who set it, and whether it is met, tested with the range of the figure.",
        "list_targets",
        ("indicator", "area", "body", "kind", "met", "is_current", *_LIST),
    ),
    Tool(
        "get_signals",
        "Early warnings",
        "What published rules found in figures and judgements, how sure that is, and how many chance alone would"
        " make. A signal is a reason to look, not a finding.",
        "list_signals",
        ("area", "body", "indicator", "theme", "rule", "is_open", *_LIST),
    ),
    Tool(
        "get_sources",
        "Datasets, sources and licences",
        "Whose figures a dataset holds, under which licence, with the words that must stand beside them.",
        "list_datasets",
        ("dataset", "publisher", *_LIST),
    ),
    Tool(
        "list_questions",
        "Questions with answers",
        "Questions that people ask, each with what it can be asked about.",
        asks=lambda _given: ("/questions.json", []),
    ),
    Tool(
        "answer_question",
        "Answer one question",
        "The answer to one of the questions of list_questions, with its SQL and SPARQL.",
        asks=_ask_question,
        own={
            "question": {
                "type": "string",
                "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                "maxLength": 100,
                "description": "The short name of the question.",
            },
            "choices": {
                "type": "object",
                "additionalProperties": {"type": "string", "maxLength": 200},
                "maxProperties": 10,
                "description": "A value for each parameter of the question; left out, the one it begins with.",
            },
        },
        needs=("question",),
    ),
    Tool(
        "cite",
        "How to cite",
        "The citation of a page, figure, dataset or edition of this site, and what became of it since.",
        asks=lambda given: ("/cite", [("url", str(given["address"])), ("format", "json")]),
        own={
            "address": {
                "type": "string",
                "minLength": 1,
                "maxLength": 2_000,
                "description": "Its address or URI.",
            }
        },
        needs=("address",),
    ),
)

BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in TOOLS}

_KEPT = (
    "type",
    "items",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API: its path, and its parameters as its description has them."""

    path: str
    parameters: Mapping[str, Mapping[str, Any]]


def read_operations(openapi: Mapping[str, Any]) -> Mapping[str, Operation]:
    """Find the operations that tools ask for in the description of the API."""
    wanted = {tool.operation for tool in TOOLS if tool.operation}
    return {
        told["operationId"]: Operation(path, {one["name"]: one for one in told.get("parameters", ())})
        for path, methods in openapi["paths"].items()
        for told in methods.values()
        if told["operationId"] in wanted
    }


def input_schema(tool: Tool, operations: Mapping[str, Operation]) -> Schema:
    """Describe the arguments of a tool as JSON Schema."""
    properties = {name: dict(schema) for name, schema in tool.own.items()}
    if tool.operation:
        told = operations[tool.operation].parameters
        properties = {name: _schema_of(told[name]) for name in tool.takes}
    return {
        "type": "object",
        "properties": properties,
        "required": list(tool.needs),
        "additionalProperties": False,
    }


def _schema_of(parameter: Mapping[str, Any]) -> Schema:
    """Take from a parameter's description what a caller must know."""
    told = parameter["schema"]
    told = next((one for one in told.get("anyOf", ()) if one.get("type") != "null"), told)
    schema = {key: told[key] for key in _KEPT if key in told}
    if parameter["name"] == "limit":
        schema |= {"maximum": MOST_ROWS, "default": USUAL_ROWS}
    return schema | {"description": parameter.get("description", "")}


def address_of(tool: Tool, operation: Operation | None, arguments: Arguments) -> tuple[str, Pairs]:
    """Give the path and query that answer a call.

    Raises Failure for arguments that the tool does not have, lacks, or that ask for too much. What the API itself
    refuses, it refuses.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    known = tool.takes if operation else tuple(tool.own)
    unknown = [name for name in given if name not in known]
    if unknown:
        raise unknown_parameters(unknown, known)
    for name in tool.needs:
        if name not in given or given[name] in ("", []):
            raise _wrong(name, f"The parameter '{name}' is missing.")
    if operation is None:
        assert tool.asks is not None
        _check_own(tool, given)
        return tool.asks(given)
    if "limit" in tool.takes:
        limit = given.setdefault("limit", USUAL_ROWS)
        if isinstance(limit, int) and limit > MOST_ROWS:
            words = f"'{limit}' is too large for 'limit'; the most is {MOST_ROWS} in one call. Follow cursor for more."
            raise _wrong("limit", words)
    path, pairs = operation.path, []
    for name, value in given.items():
        told = operation.parameters[name]
        texts = [_text(name, one) for one in (value if isinstance(value, list) else [value])]
        if told["in"] == "path":
            path = path.replace(f"{{{name}}}", quote("".join(texts), safe=""))
        elif _schema_of(told).get("type") == "string" and len(texts) > 1:
            pairs.append((name, ",".join(texts)))
        else:
            pairs += ((name, text) for text in texts)
    return path, pairs


def _check_own(tool: Tool, given: Arguments) -> None:
    """Hold arguments against the bounds of a tool that no operation of the API describes."""
    for name, value in given.items():
        schema = tool.own[name]
        wanted: Any = {"array": list, "object": dict}.get(schema["type"], str)
        if not isinstance(value, wanted):
            raise _wrong(name, f"What was given for '{name}' is not of type {schema['type']}.")
        most = next(
            (schema[key] for key in ("maxItems", "maxProperties", "maxLength") if key in schema), None
        )
        if most is not None and len(value) > most:
            raise _wrong(name, f"There are {len(value):,} in '{name}'; the most is {most:,}. Ask in parts.")
        if isinstance(value, list):
            for one in value:
                if len(_text(name, one)) > schema["items"]["maxLength"]:
                    raise _wrong(name, f"'{shown(one[:60])}' is too long for '{name}'.")
        if "enum" in schema and value not in schema["enum"]:
            words = f"'{shown(value)}' is not a value of '{name}'; wanted: {', '.join(schema['enum'])}."
            raise _wrong(name, words)


def _text(name: str, value: Any) -> str:
    """Write one argument as it stands in an address."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _wrong(name, f"What was given for '{name}' is neither a text nor a number.")


def _wrong(name: str, detail: str) -> Failure:
    return Failure("parameter-wrong", detail, problems=[{"parameter": name, "detail": detail}])

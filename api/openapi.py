"""The description of the API, from the routes that answer it.

In:   the application and an edition
Out:  an OpenAPI 3.1 document
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.edition import Edition
from api.forms import EVERY_FORM
from api.things import observation_notation
from api.v1_responses import failure_schema

_WORDS = """\
Read everything that is published here as JSON or CSV, without a key. Figures are also there as XLSX, JSON-stat,
Parquet and Arrow: name it with `format`, or accept its media type.

- Parameters are the words of the data; one that is not known is refused with the nearest that is.
- Lists answer `count`, `items` and `next`: follow `next` until it is null. A list stays on the edition it
  was begun on.
- A figure has its `value` as a number and its `value_text` with the digits as published. Without a value,
  both are null and `status` says why.
- Every answer of figures has a `receipt`: how many there are, whether they are all, the versions of their
  definitions, and a digest to check them by. `format=receipt` gives that of a file.
- Where figures stand side by side, `verdict` says whether they may be compared, and `verdict_reasons` why not.
  What may not be compared has no place and is in no middle.
- Each definition has a template to fill in, schemas and shapes to check figures against, and a structure for
  other systems: `/indicators/{indicator}/template.xlsx` and its neighbours.
- Every answer names its edition, licence and source. Keep them beside the figures.
- Names of your own list become codes at `/reconcile`, by the Reconciliation Service API that OpenRefine
  speaks, or on the page `/reconcile/list`.
- Programs that language models call find the same answers at `/mcp`, by the Model Context Protocol.
- Everything under `/api/v1` keeps its meaning until there is a `/api/v2`. Members and parameters may be
  added.
"""


def describe(app: FastAPI, edition: Edition) -> dict[str, Any]:
    """Describe the API for an edition."""
    return edition.once("openapi", lambda: _describe(app, edition))


def _describe(app: FastAPI, edition: Edition) -> dict[str, Any]:
    document = get_openapi(
        title=f"{edition.title}: API",
        version="1",
        openapi_version="3.1.0",
        description=_WORDS,
        routes=app.routes,
        servers=[{"url": edition.base.rstrip("/")}],
        license_info={"name": "Each answer names the licences of its data."},
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    # Ours is the shape of every failure; the framework's own is never answered.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Failure"] = failure_schema()
    known = _examples(edition) | {"as-of": edition.name[:10]}
    for address, path in document["paths"].items():
        for method, operation in path.items():
            if method == "get":
                _add_answers(edition, address, operation, known)
            operation["responses"].pop("422", None)
            own = known
            if operation["operationId"] == "list_judgements":
                # A version is that of a framework here, not of a definition.
                own = {**known, **{name: known.get(f"judged_{name}", "") for name in _OF_JUDGEMENTS}}
            for parameter in operation.get("parameters", ()):
                _add_example(parameter, own)
    return document


# A council that has figures: an area that every door has something to say of.
_AREA = (
    "SELECT area FROM observation_areas JOIN areas USING (area) WHERE end_on IS NULL"
    " AND area_type <> 'country' ORDER BY area LIMIT 1"
)

# Statements below are put together of our own words alone.
_INDICATOR = f"SELECT indicator FROM observations WHERE area = ({_AREA}) ORDER BY indicator LIMIT 1"  # noqa: S608

_OF_JUDGEMENTS = ("framework", "version", "question")

# A question that bodies have grades on.
_JUDGED = " FROM judgements WHERE grade IS NOT NULL ORDER BY judgement LIMIT 1"

# A value that each parameter can have in an edition that has anything at all.
_EXAMPLES = {
    "area": _AREA,
    "indicator": _INDICATOR,
    "version": f"SELECT 'v' || version FROM indicator_heads WHERE indicator = ({_INDICATOR})",  # noqa: S608
    "form": "SELECT 'template.csv'",
    "dataset": "SELECT dataset FROM datasets ORDER BY dataset LIMIT 1",
    "theme": "SELECT theme FROM indicator_themes ORDER BY theme LIMIT 1",
    "framework": "SELECT framework FROM frameworks ORDER BY framework LIMIT 1",
    "group": 'SELECT "group" FROM group_members ORDER BY "group" LIMIT 1',
    "judgement": "SELECT judgement FROM judgements ORDER BY judgement LIMIT 1",
    "inspection": "SELECT inspection FROM judgements ORDER BY judgement LIMIT 1",
    "body": "SELECT body FROM judgements ORDER BY judgement LIMIT 1",
    "grade": "SELECT grade FROM judgements WHERE grade IS NOT NULL ORDER BY judgement LIMIT 1",
    "from": "SELECT min(coalesce(published_on, made_on)) FROM judgements",
    "to": "SELECT max(coalesce(published_on, made_on)) FROM judgements",
    "judged_framework": f"SELECT framework{_JUDGED}",
    "judged_version": f"SELECT version{_JUDGED}",
    "judged_question": f"SELECT question{_JUDGED}",
    "target": "SELECT target FROM targets ORDER BY target LIMIT 1",
    "plan": "SELECT plan FROM plans ORDER BY plan LIMIT 1",
    "label": "SELECT label FROM indicators ORDER BY indicator LIMIT 1",
    "queries": "SELECT json_object('q0', json_object('query', label, 'type', 'area')) FROM areas"
    " WHERE end_on IS NULL ORDER BY area LIMIT 1",
    "q": "SELECT label FROM areas WHERE end_on IS NULL ORDER BY area LIMIT 1",
}


# What is asked in the example of each operation: parameters that `_EXAMPLES` has a value for, or plain text.
_ASKED: Mapping[str, str] = {
    "list_areas": "area={area}",
    "list_indicators": "indicator={indicator}",
    "list_datasets": "dataset={dataset}",
    "list_groups": "group={group}",
    "list_judgements": "framework={judged_framework}&version={judged_version}"
    "&question={judged_question}&limit=2",
    "list_targets": "limit=2&met=met",
    "list_plans": "plan={plan}",
    "list_signals": "is_open=true&limit=2",
    "list_responses": "limit=2",
    "list_revisions": "limit=2",
    "list_observations": "area={area}&limit=2",
    "list_series": "area={area}&limit=2",
    "list_restated": "limit=2",
    "compare": "indicator={indicator}&areas={area}&group=all",
    "get_verdict": "a={a}&b={b}",
    "search": "q={q}&limit=2",
    "reconcile": "queries={queries}",
    "suggest_entity": "prefix={q}&limit=2",
    "propose_properties": "type=area&limit=3",
    "propose": "label={label}&unit=percent",
}


def _add_answers(edition: Edition, path: str, operation: dict[str, Any], known: Mapping[str, str]) -> None:
    """Give the good answer of an operation an example in each of its forms: the address of a real one."""
    names = re.findall(r"{(\w+)}", f"{path}?{_ASKED.get(operation['operationId'], '')}")
    if not all(name in known for name in names):
        return
    quoted = {name: quote(value, safe="/=,;" if name in "ab" else "") for name, value in known.items()}
    asked = _ASKED.get(operation["operationId"], "").format_map(quoted)
    address = f"{edition.base.rstrip('/')}{path.format_map(quoted)}"
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    for media_type, content in operation["responses"]["200"].get("content", {}).items():
        suffix = _SUFFIXES.get(media_type)
        named = f"format={suffix}" if suffix and "format" in parameters and suffix != "json" else ""
        query = "&".join(part for part in (asked, named) if part)
        content["examples"] = {
            "live": {
                "summary": "A real answer of this site",
                "externalValue": f"{address}?{query}" if query else address,
            }
        }


_SUFFIXES = {form.media_type: form.suffix for form in EVERY_FORM}


def _examples(edition: Edition) -> dict[str, str]:
    """Find a value for each parameter that names something of the edition."""
    found = {name: edition.value(sql) for name, sql in _EXAMPLES.items()}
    pair = edition.rows(
        "SELECT dataset, indicator, area, period, breakdown FROM observations"
        " WHERE indicator = (SELECT indicator FROM observation_definitions ORDER BY id LIMIT 1) LIMIT 2"
    )
    for name, row in zip("ab", [*pair, *pair], strict=False):
        found[name] = "/".join(observation_notation(row))
    return {name: str(value) for name, value in found.items() if value is not None}


def _add_example(parameter: dict[str, Any], known: Mapping[str, str]) -> None:
    """Give a parameter the example that there is for it: a list of one where it can be given several times."""
    value = known.get(parameter["name"])
    if value:
        is_list = parameter.get("schema", {}).get("type") == "array"
        parameter["example"] = [value] if is_list else value

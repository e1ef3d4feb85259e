"""Batches of questions as the Reconciliation Service API puts them, in its version 0.2 and in the draft of 1.0.

In:   a text of JSON
Out:  questions, in the order in which they stand; or everything that is wrong with them, at once

What is not known is refused with the nearest that is: an answer that left a condition out would be wrong
without saying so. An empty cell says nothing, so a condition without a value is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson

from api.failures import Failure
from api.known_names import KINDS, TYPE_LISTS
from api.matching import NARROWING, Condition, Question
from ingest.problems import find_nearest, shown
from schemas import load_model

MOST_QUERIES = 200
MOST_CANDIDATES = 25
CANDIDATES = 5
_MOST_CONDITIONS = 10
_MOST_VALUES = 20
_MOST_FAULTS = 20

_MEMBERS = ("query", "type", "limit", "properties", "type_strict")
_DRAFT_MEMBERS = ("type", "limit", "conditions", "lang", "dir")
_CONDITION_MEMBERS = ("matchType", "pid", "v", "required", "matchQuantifier", "matchQualifier", "lang", "dir")


@cache
def list_types() -> Mapping[str, str]:
    """List the types that can be asked for, each with its name: kinds, then the types of each kind."""
    model = load_model()
    found = {kind: model.kinds[kind].label for kind in KINDS}
    for kind, name in TYPE_LISTS.items():
        found |= {f"{kind}/{code.code}": code.label for code in model.code_lists[name].codes}
    return found


class _Faults:
    """What is wrong with a batch: each fault with the query that has it."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, query: str, detail: str, nearest: str | None = None) -> None:
        hint = f" Closest: {nearest}." if nearest else ""
        told = {"parameter": "queries", "query": shown(query), "detail": f"{detail}{hint}"}
        self.found.append({**told, "nearest": nearest} if nearest else told)

    def unknown(self, query: str, what: str, given: object, known: Iterable[str]) -> None:
        """Refuse a name that is not known."""
        self.add(query, f"'{shown(str(given)[:60])}' is not {what}.", find_nearest(str(given)[:60], known))

    def check(self) -> None:
        """Raise Failure if there is any."""
        if not self.found:
            return
        kept = self.found[:_MOST_FAULTS]
        each = dict.fromkeys(fault["detail"] for fault in kept[:5])
        raise Failure("parameter-wrong", " ".join(each), problems=kept, problem_count=len(self.found))


def read_json(text: str, name: str) -> Any:
    """Read JSON. Raises Failure that says where it stops being JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise wrong(name, f"'{name}' is not JSON: {fault.msg} ({place}).") from None


def wrong(name: str, detail: str) -> Failure:
    """Refuse a parameter."""
    return Failure("parameter-wrong", detail, problems=[{"parameter": name, "detail": detail}])


def read_batch(text: str) -> dict[str, Question]:
    """Read a batch of version 0.2: an object of queries by names of the client's own.

    Raises Failure: body-too-large for too many, parameter-wrong with every fault.
    """
    told = read_json(text, "queries")
    if not isinstance(told, dict):
        raise wrong("queries", "'queries' is not an object of queries.")
    _check_count(len(told))
    faults = _Faults()
    found = {name: _read_query(name, query, faults) for name, query in told.items()}
    faults.check()
    return found


def read_draft_batch(text: str) -> list[Question]:
    """Read a batch of the draft of 1.0: an object with a list of queries.

    Raises Failure as `read_batch` does.
    """
    told = read_json(text, "queries")
    queries = told.get("queries") if isinstance(told, dict) else None
    if not isinstance(queries, list):
        raise wrong("queries", "The body is not an object with a list 'queries'.")
    _check_count(len(queries))
    faults = _Faults()
    found = [_read_draft_query(str(at), query, faults) for at, query in enumerate(queries)]
    faults.check()
    return found


def _check_count(count: int) -> None:
    if count > MOST_QUERIES:
        raise Failure("body-too-large", f"The batch has {count:,} queries; the most is {MOST_QUERIES}.")


def _read_query(name: str, query: Any, faults: _Faults) -> Question:
    if not isinstance(query, dict):
        faults.add(name, "A query is not an object.")
        return Question("")
    _check_members(name, query, _MEMBERS, faults)
    text = query.get("query", "")
    if not isinstance(text, str):
        faults.add(name, "'query' is not a text.")
        text = ""
    if "query" not in query and not query.get("properties"):
        faults.add(name, "A query has neither 'query' nor 'properties'.")
    given = query.get("properties")
    given = [] if given is None else given
    if not isinstance(given, list) or len(given) > _MOST_CONDITIONS:
        faults.add(name, f"'properties' is not a list of at most {_MOST_CONDITIONS}.")
        given = []
    conditions = [_read_condition(name, one, faults) for one in given]
    return Question(
        text,
        _read_types(name, query.get("type"), faults),
        _kept(conditions),
        _read_limit(name, query, faults),
    )


def _read_draft_query(name: str, query: Any, faults: _Faults) -> Question:
    if not isinstance(query, dict):
        faults.add(name, "A query is not an object.")
        return Question("")
    _check_members(name, query, _DRAFT_MEMBERS, faults)
    given = query.get("conditions")
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_CONDITIONS:
        faults.add(name, f"'conditions' is not a list of 1 to {_MOST_CONDITIONS}.")
        given = []
    names: list[str] = []
    conditions = []
    for one in given:
        if not isinstance(one, dict) or one.get("matchType") not in ("name", "property"):
            faults.add(name, "A condition is not an object whose 'matchType' is 'name' or 'property'.")
            continue
        _check_members(name, one, _CONDITION_MEMBERS, faults)
        if one.get("matchQualifier"):
            faults.add(name, "'matchQualifier' has no value here: conditions are met or they are not.")
        if one["matchType"] == "name":
            names += _read_values(name, one.get("v"), faults)
        else:
            conditions.append(_read_condition(name, one, faults))
    if len(names) > 1:
        faults.add(name, "A query has more than one name; ask for each in a query of its own.")
    types = query.get("type")
    if types is not None and not isinstance(types, str):
        faults.add(name, "'type' is not a text.")
        types = None
    return Question(
        names[0] if names else "",
        _read_types(name, types, faults),
        _kept(conditions),
        _read_limit(name, query, faults),
    )


def _check_members(name: str, told: Mapping[str, Any], known: Sequence[str], faults: _Faults) -> None:
    for member in told:
        if member not in known:
            faults.unknown(name, "a member that is known here", member, known)


def _read_types(name: str, told: Any, faults: _Faults) -> tuple[str, ...]:
    given = [told] if isinstance(told, str) else [] if told is None else told
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        faults.add(name, "'type' is neither a text nor a list of texts.")
        return ()
    found = [one for one in given[:_MOST_VALUES] if one]
    for one in found:
        if one not in list_types():
            faults.unknown(name, "a type that is known here", one, list_types())
    return tuple(found)


def _read_limit(name: str, query: Mapping[str, Any], faults: _Faults) -> int:
    limit = query.get("limit", CANDIDATES)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1 or limit != int(limit):
        faults.add(name, "'limit' is not a whole number above 0.")
        return CANDIDATES
    return min(int(limit), MOST_CANDIDATES)


def _read_condition(name: str, told: Any, faults: _Faults) -> Condition | None:
    """Read one property with its values; None where it is wrong or says nothing."""
    if not isinstance(told, dict) or not isinstance(told.get("pid"), str) or "v" not in told:
        faults.add(name, "A property is not an object with a text 'pid' and a value 'v'.")
        return None
    if told["pid"] not in NARROWING:
        faults.unknown(name, "a property that narrows a match", told["pid"], NARROWING)
        return None
    quantifier = told.get("matchQuantifier", "any")
    if quantifier not in ("any", "all", "none"):
        faults.unknown(name, "a quantifier", quantifier, ("any", "all", "none"))
        quantifier = "any"
    values = _read_values(name, told["v"], faults)
    return Condition(told["pid"], values, told.get("required") is True, quantifier) if values else None


def _read_values(name: str, told: Any, faults: _Faults) -> list[str]:
    """Read values as texts: of an entity its identifier."""
    found = []
    given = told if isinstance(told, list) else [told]
    if len(given) > _MOST_VALUES:
        faults.add(name, f"A property has more than {_MOST_VALUES} values.")
    for one in given[:_MOST_VALUES]:
        value = one.get("id") if isinstance(one, dict) else one
        if value is None and not isinstance(one, dict):
            continue
        if not isinstance(value, str | int | float):
            faults.add(name, "A value is neither a text, a number, a truth nor an object with an 'id'.")
            continue
        if str(value).strip():
            found.append(str(value).strip())
    return found


def _kept(conditions: Iterable[Condition | None]) -> tuple[Condition, ...]:
    return tuple(one for one in conditions if one is not None)

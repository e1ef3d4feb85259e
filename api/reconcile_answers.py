"""What the reconciliation service says of itself and of what it found, as the two versions of its protocol have it.

In:   an edition, candidates, a prefix
Out:  manifests, results, suggestions: plain values for JSON
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.edition import Edition
from api.extending import Property, list_properties
from api.known_names import Known, label_of, load_index, spell
from api.matching import Candidate, Question, find_candidates, is_of_type
from api.reconcile_questions import MOST_QUERIES, list_types
from api.search import find_hits
from schemas import load_model

Row = dict[str, Any]

VERSION = "0.2"
DRAFT_VERSION = "1.0-draft"

# Pixels of the frame that a preview is made for.
PREVIEW_SIZE = {"width": 420, "height": 320}

SUGGESTIONS = 20

_FEATURES = {
    "name_likeness": "How near the name is by its letters, 0 to 100",
    "whole_name": "The whole name fits",
    "there": "It was there on the day asked for, or is today",
    "as_asked": "Every property is as asked",
}


def write_manifest(edition: Edition) -> Row:
    """Say what the service offers, in version 0.2."""
    public = edition.base.rstrip("/")

    def service(path: str) -> Row:
        return {"service_url": public, "service_path": f"/reconcile/{path}"}

    return {
        "versions": [VERSION],
        **_standing(edition),
        "identifierSpace": f"{edition.base}id/",
        "schemaSpace": f"{edition.base}def/",
        "view": {"url": f"{edition.base}id/{{{{id}}}}"},
        "preview": {"url": f"{edition.base}reconcile/preview?id={{{{id}}}}", **PREVIEW_SIZE},
        "suggest": {name: service(f"suggest/{name}") for name in ("entity", "type", "property")},
        "extend": {"propose_properties": service("extend/propose"), "property_settings": []},
    }


def write_draft_manifest(edition: Edition) -> Row:
    """Say the same in the draft of version 1.0."""
    return {
        "versions": [DRAFT_VERSION],
        **_standing(edition),
        "lang": "en",
        "standardizedScore": True,
        "view": {"url": f"{edition.base}id/{{+id}}"},
        "preview": dict(PREVIEW_SIZE),
        "suggest": {"entity": True, "type": True, "property": True},
        "extend": {"proposeProperties": True, "propertySettings": []},
    }


def _standing(edition: Edition) -> Row:
    return {
        "name": f"{edition.title}: areas, bodies and indicators",
        "documentation": f"{edition.base}reconcile/list",
        "logo": f"{edition.base}static/icon.svg",
        "batchSize": MOST_QUERIES,
        "defaultTypes": [
            {"id": name, "name": label} for name, label in list_types().items() if "/" not in name
        ],
    }


def answer_questions(edition: Edition, questions: Iterable[Question]) -> list[list[Row]]:
    """Find the candidates of each question, as both versions write them."""
    return [[write_candidate(one) for one in find_candidates(edition, question)] for question in questions]


def write_candidate(one: Candidate) -> Row:
    """Write a candidate with its reason and what speaks for it."""
    values = {
        "name_likeness": one.nearness,
        "whole_name": one.is_whole,
        "there": one.is_there,
        "as_asked": one.fits,
    }
    return {
        "id": one.known.id,
        "name": one.known.label,
        "description": f"{describe(one.known)}. {one.reason}",
        "type": list(_types_of(one.known)),
        "score": one.score,
        "match": one.is_match,
        "features": [{"id": key, "name": _FEATURES[key], "value": value} for key, value in values.items()],
    }


def describe(known: Known) -> str:
    """Say what a thing is, with its code.

    >>> describe(Known("area", "E09000015", "Harrow", "london-borough", ()))
    'London borough E09000015'
    """
    return f"{label_of(known)} {known.notation}"


def _types_of(known: Known) -> Iterable[Row]:
    yield {"id": known.kind, "name": load_model().kinds[known.kind].label}
    if known.subtype:
        yield {"id": f"{known.kind}/{known.subtype}", "name": label_of(known)}


def suggest_entities(edition: Edition, prefix: str, types: Sequence[str], skip: int, limit: int) -> list[Row]:
    """List things whose names begin with a text, or have a word that does."""
    index = load_index(edition)
    found: dict[str, Known] = {}
    wanted = spell(prefix)
    for key in (prefix.strip().removeprefix(f"{edition.base}id/"),):
        if key in index.things:
            found[key] = index.things[key]
    for fit in index.whole.get(wanted, ()):
        found.setdefault(fit.known.id, fit.known)
    for known in index.beginnings.get(wanted, ()):
        found.setdefault(known.id, known)
    kinds = sorted({one.partition("/")[0] for one in types} or {"area", "body", "indicator"})
    for hit in find_hits(edition, prefix, kinds, 200):
        hit_known = index.things.get(f"{hit.kind}/{hit.notation}")
        if hit_known is not None:
            found.setdefault(hit_known.id, hit_known)
    fitting = [known for known in found.values() if is_of_type(known, types)]
    return [
        {
            "id": known.id,
            "name": known.label,
            "description": describe(known)
            + (", ended" if known.ended_on and known.kind != "indicator" else ""),
            "notable": [one["id"] for one in _types_of(known)],
        }
        for known in fitting[skip : skip + limit]
    ]


def suggest_types(prefix: str, skip: int, limit: int) -> list[Row]:
    """List types whose name or identifier has the text; all of them for an empty one."""
    kinds = load_model().kinds
    return [
        {"id": name, "name": label, **({"description": f"A type of {kind.lower()}."} if "/" in name else {})}
        for name, label in _having(list_types(), prefix)
        for kind in (kinds[name.partition("/")[0]].label,)
    ][skip : skip + limit]


def suggest_properties(edition: Edition, prefix: str, skip: int, limit: int) -> list[Row]:
    """List properties whose name or identifier has the text; all of them for an empty one."""
    every = list_properties(edition)
    names = {name: one.name for name, one in every.items()}
    found = [every[name] for name, _ in _having(names, prefix)]
    return [write_property(one) for one in found[skip : skip + limit]]


def write_property(one: Property) -> Row:
    """Write a property as a suggestion."""
    return {"id": one.id, "name": one.name, "description": one.description}


def _having(known: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    """List names with their labels that have a text in them, those that begin with it first."""
    wanted = spell(prefix)
    found = [
        (name, label) for name, label in known.items() if wanted in f"{spell(label)} {spell(name)} {name}"
    ]
    return sorted(found, key=lambda pair: not (spell(pair[1]).startswith(wanted) or pair[0] == prefix))

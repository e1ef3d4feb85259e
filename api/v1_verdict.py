"""/api/v1/verdict: may these figures, or these judgements, be compared?

In:   one figure, and the figures it is held against; or one judgement, and other judgements
Out:  the verdict on each pair and on all, with every reason and its evidence: JSON, CSV, or linked data
"""

# Not from __future__ import annotations: FastAPI reads those of endpoints that are made in a function.

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, unquote

import pyoxigraph as ox
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from api.answers import (
    Row,
    begin,
    csv_lines,
    dump,
    envelope,
    sources_of_datasets,
    sources_of_rows,
    standing_links,
)
from api.edition import Edition
from api.failures import Failure, unknown_thing
from api.forms import CSV, GRAPH_FORMS, JSON, Choice, choose, link
from api.graphs import describe_lines, prefixes_of
from api.judged import decide_on_judgements, find_judged
from api.replies import edition_of, root_of
from api.sparql_results import write_graph
from api.things import find_thing, read_observation
from api.v1_figure_models import Evidence, Observation
from api.v1_figures import find_observation
from api.v1_judgements import JUDGEMENTS
from api.v1_lists import item_model, read_rows
from api.v1_models import TEXT_PATTERN, Envelope, Parameters
from api.v1_responses import responses
from api.verdicts import VERDICT_FIELDS, Judge, Key, as_items, as_row, key_of
from compare import Level, Verdict, join_verdicts
from schemas import load_model

_FORMS = (JSON, CSV, *GRAPH_FORMS)
_MOST_OTHERS = 50
_FIELDS = ("a", "b", *VERDICT_FIELDS, "reasons")

# How the vocabulary says a level: by the code list that definitions are compared with too.
_COMPARABLE = {Level.LIKE_FOR_LIKE: "yes", Level.WITH_CARE: "with-care", Level.NOT_COMPARABLE: "no"}


class VerdictParameters(Parameters):
    """The figures, or the judgements, of a verdict."""

    a: str = Field(
        pattern=TEXT_PATTERN,
        min_length=1,
        max_length=600,
        description="A figure: its URI, or its path dataset/indicator/area/period and breakdowns. Or a judgement:"
        " its URI, or judgement/ and its name.",
    )
    b: list[str] = Field(default=[])
    format: str | None = Field(
        None,
        pattern=f"^({'|'.join(form.suffix for form in _FORMS)})$",
        description="The form of the answer; it wins over Accept: json, csv, or a form of linked data such as ttl.",
    )


def _parameters() -> type[VerdictParameters]:
    item: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 600, "pattern": TEXT_PATTERN}
    words = (
        f"A figure or judgement it is held against, or up to {_MOST_OTHERS}, each with a verdict of its own."
    )
    others = Field(
        min_length=1, max_length=_MOST_OTHERS, description=words, json_schema_extra={"items": item}
    )
    declared: dict[str, Any] = {"b": (list[str], others)}
    return create_model("VerdictParameters", __base__=VerdictParameters, **declared)


# What is held against what: figures, or judgements.
_Side = Observation | item_model("judgements")


class PairVerdict(BaseModel):
    """The verdict on the first figure, or judgement, and one other."""

    verdict: str = Field(description="like-for-like, with-care or not-comparable.")
    reasons: list[Evidence] = Field(description="Every reason, the gravest first.")
    figure: _Side = Field(description="What it is held against.")  # type: ignore[valid-type]  # made above


class VerdictAnswer(Envelope):
    """Whether figures, or judgements, may be compared, and why."""

    verdict: str = Field(
        description="like-for-like, with-care or not-comparable; of several pairs the worst."
    )
    reasons: list[Evidence] = Field(
        description="Every reason, the gravest first; of several pairs each once."
    )
    a: _Side = Field(description="The first.")  # type: ignore[valid-type]  # made above
    b: _Side = Field(description="What it is held against; of several the first.")  # type: ignore[valid-type]  # made above
    pairs: list[PairVerdict] = Field(description="The verdict on the first and each of the others.")


@dataclass(frozen=True)
class Held:
    """What is held against what: rows with their URIs, the first of them against each of the others."""

    rows: Sequence[Row]
    verdicts: Sequence[Verdict]
    sources: Sequence[Row]


def _find_key(edition: Edition, text: str) -> Key:
    """Read a figure's URI, address or path as its key.

    Raises Failure (404) if there is no such figure.
    """
    path = unquote(text.strip())
    for start in (f"{edition.base}id/observation/", f"{edition.base}observations/", "/id/observation/"):
        path = path.removeprefix(start)
    path = path.removeprefix("/observations/").strip("/")
    thing = find_thing(edition, load_model().kinds["observation"], path.split("/"))
    if thing is None:
        raise unknown_thing("observation", path)
    key = read_observation(thing.notation)
    assert key is not None
    return key


def decide_on(edition: Edition, rows: Sequence[Row]) -> list[Verdict]:
    """Hold the first of some figures against each of the others."""
    judge = Judge(edition)
    first, *others = judge.figures(rows)
    breaks = [judge.breaks_of([key_of(row)]) for row in rows]
    return [
        judge.decide(first, other, sorted({*breaks[0], *told}))
        for other, told in zip(others, breaks[1:], strict=True)
    ]


def _hold_figures(edition: Edition, texts: Sequence[str]) -> Held:
    keys = [_find_key(edition, text) for text in texts]
    rows = [find_observation(edition, key) for key in keys]
    sources = sources_of_datasets(edition, {key[0] for key in keys})
    return Held(rows, decide_on(edition, rows), sources)


def _read_judgement(edition: Edition, text: str) -> str | None:
    """Read a judgement's URI, address or path as its notation; None for what is not about a judgement."""
    path = unquote(text.strip()).removeprefix(edition.base).strip("/")
    for start in ("id/judgement/", "judgements/", "judgement/"):
        if path.startswith(start):
            return path.removeprefix(start)
    return None


def _hold_judgements(edition: Edition, texts: Sequence[str]) -> Held | None:
    """Hold judgements against each other; None where none is named.

    Raises Failure: 404 if there is no such judgement, 400 where figures stand among judgements.
    """
    named = [_read_judgement(edition, text) for text in texts]
    notations = [one for one in named if one is not None]
    if not notations:
        return None
    if len(notations) < len(named):
        detail = "A judgement is held against judgements only, and a figure against figures."
        problems = [{"parameter": "b", "detail": detail, "nearest": None}]
        raise Failure("parameter-wrong", detail, problems=problems)
    judged = find_judged(edition, notations)
    for one in notations:
        if one not in judged:
            raise unknown_thing("judgement", one)
    found = {
        row["judgement"]: row
        for row in edition.rows(
            "SELECT * FROM judgements WHERE judgement IN (SELECT value FROM json_each(?))",
            (json.dumps(notations),),
        )
    }
    items = {item["judgement"]: item for item in read_rows(edition, JUDGEMENTS, list(found.values()), {})}
    first, *others = (judged[one] for one in notations)
    return Held(
        [items[one] for one in notations],
        [decide_on_judgements(edition, first, other) for other in others],
        sources_of_rows(edition, found.values()),
    )


def answer_verdict(request: Request, asked: VerdictParameters) -> Response:
    """Answer the verdict on a figure and others."""
    edition = edition_of(request)
    choice = _choose(request, asked.format)
    reply = begin(request, edition, choice)
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    texts = (asked.a, *asked.b)
    held = _hold_judgements(edition, texts) or _hold_figures(edition, texts)
    rows, verdicts, sources = held.rows, held.verdicts, held.sources
    links = standing_links(edition, sources)
    if choice.form is CSV:
        table = [_line(rows[0], row, one) for row, one in zip(rows[1:], verdicts, strict=True)]
        return reply.send(csv_lines(_FIELDS, table), links)
    address = _address(rows)
    if choice.form in GRAPH_FORMS:
        topic = f"{edition.base.rstrip('/')}{address}"
        lines = _describe(edition, topic, rows, verdicts)
        triples = describe_lines(edition, lines, f"{topic}#1", address, sources)
        body = write_graph(triples, choice.form.suffix, prefixes_of(edition), f"{topic}#1")
        return reply.send(body, links)
    joined = join_verdicts(verdicts)
    answer = envelope(edition, sources, {"a": rows[0]["uri"], "b": [row["uri"] for row in rows[1:]]})
    answer["verdict"] = joined.level.notation
    answer["reasons"] = as_items(joined.reasons)
    answer |= {"a": rows[0], "b": rows[1]}
    answer["pairs"] = [
        {"verdict": one.level.notation, "reasons": as_items(one.reasons), "figure": row}
        for row, one in zip(rows[1:], verdicts, strict=True)
    ]
    turtle = link(f"{root_of(edition)}{address}&format=ttl", "alternate", type="text/turtle")
    return reply.send(dump(answer), [*links, turtle])


def _choose(request: Request, named: str | None) -> Choice:
    for form in _FORMS:
        if form.suffix == named:
            return Choice(form, form.media_type)
    return choose(request.headers.get("accept"), _FORMS)


def _line(a: Row, b: Row, decided: Verdict) -> Row:
    texts = [reason.text for reason in decided.reasons]
    return {"a": a["uri"], "b": b["uri"], **as_row(decided), "reasons": " ".join(texts)}


def _address(rows: Sequence[Row]) -> str:
    """Give the address of the answer inside the site; a verdict's IRI is that with a number after it."""
    paths = [quote(row["uri"].partition("/id/")[2].removeprefix("observation/"), safe="/=,") for row in rows]
    asked = "&".join([f"a={paths[0]}", *(f"b={path}" for path in paths[1:])])
    return f"/api/v1/verdict?{asked}"


def _describe(edition: Edition, topic: str, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> str:
    """Write verdicts as lines of N-Triples: each a thing of its own, with its reasons as its parts."""
    vocabulary = f"{edition.base}def/"
    a_type = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    notation = ox.NamedNode("http://www.w3.org/2004/02/skos/core#notation")
    described = ox.NamedNode("http://purl.org/dc/terms/description")
    comment = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
    comparable = ox.NamedNode(f"{vocabulary}comparable")
    triples: list[ox.Triple] = []

    def tell(subject: ox.NamedNode, kind: str, level: Level) -> None:
        triples.append(ox.Triple(subject, a_type, ox.NamedNode(f"{vocabulary}{kind}")))
        code = edition.uri("code", "comparability", _COMPARABLE[level])
        triples.append(ox.Triple(subject, comparable, ox.NamedNode(code)))

    for number, (row, decided) in enumerate(zip(rows[1:], verdicts, strict=True), 1):
        subject = ox.NamedNode(f"{topic}#{number}")
        tell(subject, "Verdict", decided.level)
        triples.append(ox.Triple(subject, notation, ox.Literal(decided.level.notation)))
        for figure in (rows[0], row):
            compares = ox.NamedNode(f"{vocabulary}compares")
            triples.append(ox.Triple(subject, compares, ox.NamedNode(figure["uri"])))
        for place, reason in enumerate(decided.reasons, 1):
            part = ox.NamedNode(f"{topic}#{number}-{place}")
            triples.append(ox.Triple(subject, ox.NamedNode(f"{vocabulary}verdictReason"), part))
            tell(part, "VerdictReason", reason.level)
            triples.append(ox.Triple(part, notation, ox.Literal(reason.code)))
            triples.append(ox.Triple(part, described, ox.Literal(reason.text, language="en")))
            for name, pair in reason.evidence.items():
                triples.append(ox.Triple(part, comment, ox.Literal(f"{name}: {' | '.join(pair)}")))
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    assert written is not None
    return written.decode()


def make_router() -> APIRouter:
    """Make the route of verdicts."""
    router = APIRouter(prefix="/api/v1", tags=["Figures"])
    parameters = _parameters()

    @router.get(
        "/verdict",
        operation_id="get_verdict",
        summary="May these figures, or these judgements, be compared?",
        responses=responses(VerdictAnswer, csv=True, graphs=True),
    )
    async def get_verdict(
        request: Request,
        asked: Annotated[parameters, Query()],  # type: ignore[valid-type]  # made above
    ) -> Response:
        """Decide whether figures or judgements are like for like, comparable with care, or not comparable, and why."""
        return answer_verdict(request, asked)

    return router

"""One shape for every failure: application/problem+json, as RFC 9457 has it.

In:   a failure raised by a door, with the facts of the case
Out:  a response with type, title, status and detail; type is the address of the page about its kind

A failure is an answer to a request that cannot be met. It is neither a problem (a fault in a publisher's
data, schemas/problems.yaml) nor, except for `fault-of-ours`, an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

from ingest.problems import find_nearest, shown

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FailureKind:
    """A kind of failure, with its own page at /problems/{code}. The code never changes."""

    code: str
    status: int
    title: str
    when: str
    mend: str


_KINDS = (
    FailureKind(
        "address-malformed",
        400,
        "Address is not well-formed",
        "The address holds bytes that are not UTF-8 text, or control characters.",
        "Write every character of the address as UTF-8, and those outside ASCII with percent signs.",
    ),
    FailureKind(
        "parameter-unknown",
        400,
        "Parameter is not known here",
        "A request names a parameter that this address does not have. It is refused, because an answer that "
        "left a filter out would be wrong without saying so.",
        "Use the parameters listed for this address in the API reference.",
    ),
    FailureKind(
        "parameter-wrong",
        400,
        "Parameter has a value it cannot have",
        "A parameter is missing, is there twice, or has a value outside those it can have.",
        "Correct the parameters named under problems.",
    ),
    FailureKind(
        "cursor-unknown",
        404,
        "Cursor is not one of ours",
        "A cursor is a text from the member next of an earlier answer; it cannot be made by hand.",
        "Ask for the list without a cursor and follow next.",
    ),
    FailureKind(
        "query-malformed",
        400,
        "SPARQL query cannot be read",
        "The query does not follow the grammar of SPARQL 1.1, or there is not exactly one.",
        "Correct the query at the line and column given.",
    ),
    FailureKind(
        "sql-refused",
        400,
        "SQL is not answered",
        "It is not one SELECT, it is not right, or it takes more time or memory than one question may.",
        "Correct it as the detail says, ask for less, or take the whole database from the downloads.",
    ),
    FailureKind(
        "query-refused",
        403,
        "Query asks for what this service does not do",
        "The query would fetch from another service (SERVICE), or would change data (SPARQL Update).",
        "Send a query that only reads what is published here.",
    ),
    FailureKind(
        "address-unknown",
        404,
        "Nothing has this address",
        "No page, document or list has the address.",
        "Start from the home page, the search or the API reference.",
    ),
    FailureKind(
        "thing-unknown",
        404,
        "No such thing is published here",
        "The address is of the right form, but the edition has nothing of that name.",
        "Search for it by name; names and codes are case-sensitive in data and forgiving in addresses.",
    ),
    FailureKind(
        "edition-unknown",
        404,
        "No such edition is kept",
        "The edition named was never published here or is no longer kept.",
        "Choose one of the editions listed under /editions.",
    ),
    FailureKind(
        "day-unknown",
        404,
        "Nothing was known here on that day",
        "The day asked for with as-of is before the first edition of this site.",
        "Ask for a day from the first one named on, or leave as-of out for what is known today.",
    ),
    FailureKind(
        "method-not-allowed",
        405,
        "Method is not allowed here",
        "Everything here is read with GET or HEAD; a SPARQL query, a proposed definition and a list of names to "
        "match may also be sent with POST, and messages of the Model Context Protocol are only posted.",
        "Use one of the methods in the header Allow.",
    ),
    FailureKind(
        "form-not-offered",
        406,
        "Not available in a form you accept",
        "The header Accept, the ending of the address or the parameter format wants a form not offered here.",
        "Accept one of the media types listed under offered.",
    ),
    FailureKind(
        "edition-gone",
        410,
        "The edition is no longer kept",
        "A list that is read in parts stays on the edition it was begun on, and a day in the past on the edition "
        "that was current then. That edition has been removed.",
        "Ask for the list without a cursor, or for one of the editions listed under /editions.",
    ),
    FailureKind(
        "figure-withdrawn",
        410,
        "The figure was withdrawn",
        "The figure was published once and is published no more.",
        "Read it as the last edition has it that published it, at the address under earlier.",
    ),
    FailureKind(
        "body-too-large",
        413,
        "Request is too large",
        "A request's body is larger, or asks for more at once, than a query, a proposed definition or a list of "
        "names may.",
        "Shorten it, or send it in parts.",
    ),
    FailureKind(
        "address-too-long",
        414,
        "Address is too long",
        "The address or its query is longer than any this site gives out.",
        "Send a long SPARQL query or a long proposal with POST.",
    ),
    FailureKind(
        "media-type-unknown",
        415,
        "Body is in a form that is not read here",
        "A SPARQL query is sent with POST as application/x-www-form-urlencoded or application/sparql-query, a "
        "proposed definition as application/x-www-form-urlencoded or application/json, a batch of names as the "
        "first in version 0.2 of its protocol and as the second in the draft of 1.0.",
        "Send it in one of its forms.",
    ),
    FailureKind(
        "range-not-satisfiable",
        416,
        "The file has no such part",
        "The header Range asks for bytes beyond the end of the file.",
        "Ask for a range that begins within the file; its length is in the header Content-Range.",
    ),
    FailureKind(
        "answer-too-long",
        422,
        "Answer has more rows than one answer may have",
        "A query gave more rows than the limit. It is refused, not cut: a cut answer looks whole. As a page the "
        "limit is lower than as a file.",
        "Ask in parts: end the query with ORDER BY, LIMIT 10000 and OFFSET 0, then OFFSET 10000 and so on until a part "
        "has fewer rows; each answer's header Link leads to the next. Or aggregate in the query, or use the downloads.",
    ),
    FailureKind(
        "file-too-long",
        422,
        "Too many figures for one file of this form",
        "A question has more figures than one file of the form may hold. It is refused, not cut.",
        "Name fewer indicators, areas or periods, ask in parts with limit, or use the downloads.",
    ),
    FailureKind(
        "query-too-large",
        422,
        "Query needs more memory than one query may have",
        "The query was ended when its memory reached the limit.",
        "Join fewer patterns, filter earlier, or use the downloads.",
    ),
    FailureKind(
        "query-too-slow",
        422,
        "Query takes longer than one query may take",
        "The query was ended when its time was over.",
        "Name the dataset, indicator or area the query is about, or use the downloads.",
    ),
    FailureKind(
        "fault-of-ours",
        500,
        "A fault of ours",
        "Something went wrong here. Nothing in the request is to blame.",
        "Try again later. The fault has been recorded.",
    ),
    FailureKind(
        "store-refused",
        502,
        "The store's answer to this query cannot be read",
        "Queries of this site are answered by a store outside of it. The query is in order, but what that store "
        "answers is not of the form that it was asked for.",
        "Write the query in a simpler way, or use the downloads.",
    ),
    FailureKind(
        "busy",
        503,
        "Too many heavy requests at the moment",
        "All places for long-running requests are taken.",
        "Wait as many seconds as the header Retry-After says and send the request again.",
    ),
    FailureKind(
        "store-behind",
        503,
        "The store does not hold this edition",
        "Queries of this site are answered by a store outside of it, and the edition that is served is not in that "
        "store, or not whole. An answer would be wrong without saying so.",
        "Try again later; the pages, the API and the downloads answer meanwhile. The operator of the site loads the "
        "edition with: likeforlike publish.",
    ),
    FailureKind(
        "store-unavailable",
        503,
        "The store that answers queries cannot be reached",
        "Queries of this site are answered by a store outside of it. That store is down, breaks off, or does not let "
        "this site in.",
        "Try again later; the pages, the API and the downloads answer meanwhile.",
    ),
    FailureKind(
        "nothing-published",
        503,
        "Nothing is published yet",
        "The site has no edition.",
        "Publish one with `likeforlike publish`.",
    ),
)

FAILURES: Mapping[str, FailureKind] = {kind.code: kind for kind in _KINDS}


class CutOff(Exception):  # noqa: N818 - a limit that was reached
    """An answer that has begun cannot be brought to its end: it must not look as if it had one."""


class Failure(Exception):  # noqa: N818 - a refusal with a reason, not an error
    """A request that cannot be met. `more` are members of the problem document beside the standard ones."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.kind = FAILURES[code]
        self.detail = detail or self.kind.when
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(f"{code}: {self.detail}")

    def document(self, base: str) -> dict[str, Any]:
        """Make the problem document."""
        return {
            "type": f"{base}problems/{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "mend": self.kind.mend,
            **self.more,
        }

    def response(self, base: str) -> Response:
        """Make the response. A failure is never kept by a cache for long: the next edition may mend it."""
        return Response(
            orjson.dumps(self.document(base)),
            status_code=self.kind.status,
            media_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-cache", **self.headers},
        )


def unknown_parameters(given: Iterable[str], known: Iterable[str]) -> Failure:
    """Refuse parameters, each with the nearest known name.

    >>> unknown_parameters(["indikator"], ["indicator", "area"]).detail
    "'indikator' is not a parameter of this address. Closest: indicator."
    """
    permitted = sorted(known)
    problems = []
    for name in given:
        nearest = find_nearest(name, permitted)
        hint = f" Closest: {nearest}." if nearest else ""
        detail = f"'{shown(name)}' is not a parameter of this address.{hint}"
        problems.append({"parameter": shown(name), "detail": detail, "nearest": nearest})
    detail = " ".join(str(problem["detail"]) for problem in problems)
    return Failure("parameter-unknown", detail, problems=problems, known=permitted)


def unknown_thing(label: str, notation: str, known: Iterable[str] = ()) -> Failure:
    """Say that nothing of a kind has this notation, with the nearest that there is."""
    nearest = find_nearest(notation, known)
    hint = f" Closest: {nearest}." if nearest else ""
    more: dict[str, Any] = {"nearest": nearest} if nearest else {}
    detail = f"There is no {label.lower()} '{shown(notation)}' in this edition.{hint}"
    return Failure("thing-unknown", detail, **more)

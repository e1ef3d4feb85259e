"""What is refused of a query before it runs, and what is said of one that cannot be read.

In:   the text of a query
Out:  Refused, with a code and words; nothing where all is well

Nothing but the standard library and pyoxigraph is loaded until words have to be found.
"""

from __future__ import annotations

import re
from typing import Any

import pyoxigraph as ox

_PLACE = re.compile(r"error at (\d+):(\d+): (?:expected )?(.*)", re.DOTALL)
_WORD = re.compile("service", re.IGNORECASE)
_NOT_WANTED = frozenset({"one", "of", "SERVICE"})
_UPDATE = re.compile(
    r"(?:\s|#[^\n]*\n|(?:prefix|base)\b[^>]*>)*"
    r"(?:insert|delete|load|clear|drop|create|copy|move|add|with)\b",
    re.IGNORECASE,
)


class Refused(Exception):  # noqa: N818 - what is wrong with a query, not with us
    """A query that is not answered. `header` becomes the answer's header."""

    def __init__(self, code: str, detail: str, **more: Any) -> None:
        self.header = {"failure": code, "detail": detail, **more}
        super().__init__(detail)


def too_long(limit: int, what: str) -> Refused:
    return Refused(
        "answer-too-long", f"The answer has more than {limit:,} {what}, the most one answer may have."
    )


def refuse_service(query: str, *, explains: bool = True) -> None:
    """Refuse a query that would call another service.

    The word alone proves nothing: it may stand in a text, a comment, an IRI or a name. So Oxigraph's own
    parser is asked, the one that will run the query: with every "service" replaced by letters that are no
    keyword, a query parses exactly if none of them was the keyword. Only the parsing counts; an empty store
    has nothing to evaluate.

    Raises Refused, also where the changed query cannot be read for another reason.
    """
    if _WORD.search(query) is None:
        return
    stand_in = next(word for word in ("sxrvice", "sqrvice", "sjrvice", "szrvice") if word not in query)
    try:
        ox.Store().query(_WORD.sub(stand_in, query))
    except SyntaxError as fault:
        if explains and _has_service(query):
            detail = "SERVICE asks another server; this service answers only from what is published here."
            raise Refused("query-refused", detail) from fault
        raise malformed(str(fault).replace(stand_in, "service"), query, explains=explains) from fault


def _has_service(query: str) -> bool:
    """Say whether a query that is refused anyway has a SERVICE clause, so that the refusal can say why."""
    from rdflib.plugins.sparql.algebra import translateQuery, traverse
    from rdflib.plugins.sparql.parser import parseQuery

    found: list[str] = []
    try:
        tree = translateQuery(parseQuery(query))
        traverse(tree.algebra, visitPre=lambda node: found.append(getattr(node, "name", "")))
    except Exception:  # whatever another parser makes of it, the query is refused
        return False
    return "ServiceGraphPattern" in found


def malformed(message: str, query: str, *, explains: bool = True) -> Refused:
    """Say where a query goes wrong and what was wanted there, in words.

    These take a second parser, which is slow to load: a process that does not explain says only that it cannot read.
    """
    if not explains:
        return Refused("query-unread", "")
    match = _PLACE.match(message)
    if match is None:
        return Refused("query-malformed", message[:500], line=None, column=None)
    line, column = int(match[1]), int(match[2])
    if _UPDATE.match(query):
        return Refused("query-refused", "SPARQL Update is not accepted: what is published never changes.")
    rest = "".join(query.splitlines()[line - 1 : line])[column - 1 :].strip()
    detail = f"Line {line}, column {column}: "
    detail += f"'{rest[:30]}' cannot be read here." if rest else "the query cannot be read to its end."
    detail += _beginning(query, line)
    sentence = re.search(r"The [a-zA-Z ]{15,}", match[3])
    if sentence:
        detail += f" {sentence[0].strip()}."
    elif "Prefix not found" in match[3]:
        detail += " Wanted: a prefix that is declared with PREFIX."
    else:
        # Classes of characters, which the parser writes in brackets, tell a reader nothing.
        told = re.sub(r"\['.*?'\]|\[_\]", "", match[3], flags=re.DOTALL)
        words = [word for word in re.findall(r"\"(?:[^\"\\]|\\.)+\"|\w{2,}", told) if word not in _NOT_WANTED]
        if words:
            detail += f" Wanted: {', '.join(words[:20])}."
    return Refused("query-malformed", detail, line=line, column=column)


def _beginning(query: str, line: int) -> str:
    """Say where what was not finished begins, if that is on an earlier line.

    Oxigraph's parser names the farthest place it came to, which for a slip inside a clause is often the next
    line or the end; rdflib's names the beginning of the clause.
    """
    from pyparsing import ParseException
    from rdflib.plugins.sparql.parser import parseQuery

    try:
        parseQuery(query)
    except ParseException as fault:
        clause = " ".join(query[fault.loc :].split())[:30]
        if clause and fault.lineno < line:
            return f" Look at what begins at line {fault.lineno}, column {fault.col}: '{clause}'."
    except Exception:  # whatever another parser makes of it, this is a hint only
        return ""
    return ""

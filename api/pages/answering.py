"""Questions asked of an edition: what they can be asked about, and their answers through each door.

In:   schemas/questions/, an edition, what a request chose
Out:  choices by name, the SPARQL with its values put in, the addresses of the doors, rows

Only values that an edition lists are let through, so what is put into SPARQL is never a visitor's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.failures import Failure
from api.pages.page import with_query
from ingest.problems import find_nearest, shown
from schemas import load_model
from schemas.questions import Parameter, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.edition import Edition

# Seconds one question may take on a page; Datasette gives its SQL as long.
SECONDS = 1.0

_URI = re.compile(r"<[^>]*>")
_PREFIX = re.compile(r"\b([a-z][a-z-]*):[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with a value for each parameter. A value is empty where an edition has nothing to choose."""

    question: Question
    values: Mapping[str, str]

    @property
    def address(self) -> str:
        return with_query(f"/questions/{self.question.name}", **self.values)

    @property
    def sql_address(self) -> str:
        return with_query(f"/data/catalogue/{self.question.name}", **self.values)

    @property
    def page_address(self) -> str:
        return self._filled(self.question.page)

    @property
    def api_address(self) -> str | None:
        return None if self.question.api is None else self._filled(self.question.api.address)

    def _filled(self, address: str) -> str:
        for name, value in self.values.items():
            address = address.replace(f"{{{name}}}", quote(value, safe=""))
        return address


def list_choices(edition: Edition, parameter: Parameter) -> Sequence[Choice]:
    """List what a parameter can be, in the order shown."""
    return edition.once(
        ("choices", parameter.choices),
        lambda: [Choice(str(row[0]), str(row[1])) for row in edition.rows(parameter.choices)],
    )


def begin(edition: Edition, question: Question) -> Asked:
    """Ask a question with the values that it begins with."""
    return ask(edition, question, {})


def ask(edition: Edition, question: Question, chosen: Mapping[str, str]) -> Asked:
    """Ask a question with what a request chose, and with the first value where it chose nothing.

    Raises Failure (400) for a value that cannot be chosen, with the nearest.
    """
    values = {}
    for name, parameter in question.parameters.items():
        known = [one.value for one in list_choices(edition, parameter)]
        value = chosen.get(name, "")
        if not value:
            value = parameter.default if parameter.default in known else known[0] if known else ""
        elif value not in known:
            nearest = find_nearest(value, known)
            hint = f" Closest: {nearest}." if nearest else ""
            raise Failure("parameter-wrong", f"'{shown(value)}' is not a value of '{name}' here.{hint}")
        values[name] = value
    return Asked(question, values)


def read_rows(edition: Edition, asked: Asked) -> list[dict[str, Any]]:
    """Read the answer. Raises QueryTooSlow after a second."""
    return [dict(row) for row in edition.rows(asked.question.sql, asked.values, seconds=SECONDS)]


def write_sparql(edition: Edition, asked: Asked) -> str:
    """Write the SPARQL of a question with its prefixes and its values put in."""
    text = asked.question.sparql
    for name, parameter in asked.question.parameters.items():
        uri = f"<id/{parameter.kind}/{quote(asked.values[name], safe='')}>"
        text = re.sub(rf"\${name}\b", uri, text)
    named = {**load_model().prefixes, "def": f"{edition.base}def/"}
    found = set(_PREFIX.findall(_URI.sub("", text)))
    used = [name for name in named if name in found]
    base = [f"BASE <{edition.base}>"] if "<id/" in text else []
    return "\n".join([*base, *(f"PREFIX {name}: <{named[name]}>" for name in used), text])

"""Questions that people ask: each declared once, answered in SQL, in SPARQL and on a page.

In:   questions/*.yaml
Out:  Questions, checked when they are loaded

A column `x` of an answer holds the short name of a thing in SQL and its URI in SPARQL; `x_name` holds its label in
both. A parameter is `:area` in SQL, `$area` in SPARQL and `{area}` in an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.definitions import ModelFaults

FOLDER = Path(__file__).parent / "questions"
_PARAMETERS = "parameters.yaml"

_OF_SQL = re.compile(r":([a-z_]+)")
_OF_SPARQL = re.compile(r"\$([a-z_]+)")
_OF_ADDRESS = re.compile(r"{([a-z_]+)}")
_LIMIT = re.compile(r"\nLIMIT (\d+)\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question can be asked about.

    kind     the kind of thing that a value names, as the beginning of the path under {base}id/
    choices  SQL that lists the values and their names in the order shown
    choose   how to choose, in a sentence
    default  the value to begin with, where an edition has it
    """

    title: str
    kind: str
    choose: str
    default: str
    choices: str


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """Where the API gives the same answer, and how it is read.

    items    the member of the answer that holds the rows
    where    what a row must have to count
    columns  for a column of the question, the member of a row
    """

    address: str
    columns: Mapping[str, str]
    items: str = "items"
    where: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its doors.

    parameters  by the name that SQL, SPARQL and addresses have
    columns     what a reader sees: the heading of each column that is shown
    is_ordered  whether the order of the rows is part of the answer
    page        the address where a resident reads the same
    limit       the most rows an answer has
    """

    name: str
    topic: str
    title: str
    description: str
    parameters: Mapping[str, Parameter]
    columns: Mapping[str, str]
    is_ordered: bool
    page: str
    api: ApiAnswer | None
    sql: str
    sparql: str

    @property
    def limit(self) -> int:
        found = _LIMIT.search(self.sql)
        assert found is not None, "checked when it was loaded"
        return int(found[1])


@cache
def load_questions() -> Mapping[str, Question]:
    """Load every question, topic by topic in their order.

    Raises ModelFaults, with every fault at once.
    """
    return read_questions(FOLDER)


def read_questions(folder: Path) -> Mapping[str, Question]:
    """Read the questions of a folder. Raises ModelFaults."""
    told = yaml.safe_load((folder / _PARAMETERS).read_text(encoding="utf-8"))
    parameters = {name: Parameter(**one) for name, one in told.items()}
    files = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.yaml"))
        if path.name != _PARAMETERS
    ]
    found: dict[str, Question] = {}
    faults: list[str] = []
    for file in sorted(files, key=lambda one: one["place"]):
        for name, one in file["questions"].items():
            if name in found:
                faults.append(f"questions: '{name}' is there twice.")
            unknown = [value for value in one.get("parameters", {}).values() if value not in parameters]
            if unknown:
                faults.append(f"questions, '{name}': there is no parameter '{unknown[0]}'.")
                continue
            found[name] = _read(name, file["topic"], one, parameters)
            faults += (f"questions, '{name}': {fault}" for fault in _faults(found[name]))
    used = {id(parameter) for one in found.values() for parameter in one.parameters.values()}
    faults += (
        f"questions: no question has the parameter '{name}'."
        for name, one in parameters.items()
        if id(one) not in used
    )
    if faults:
        raise ModelFaults(faults)
    return found


def _read(name: str, topic: str, told: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> Question:
    api = told.get("api")
    return Question(
        name=name,
        topic=topic,
        title=told["title"],
        description=told["description"].strip(),
        parameters={key: parameters[value] for key, value in told.get("parameters", {}).items()},
        columns=told["columns"],
        is_ordered=told.get("ordered", False),
        page=told["page"],
        api=None if api is None else ApiAnswer(**api),
        sql=told["sql"],
        sparql=told["sparql"],
    )


def _faults(question: Question) -> Iterator[str]:
    """Find what a question's doors do not agree on."""
    if not question.title.endswith("?"):
        yield f"the title '{question.title}' is no question."
    asked = set(question.parameters)
    addresses = question.page + (question.api.address if question.api else "")
    for door, names in (
        ("SQL", set(_OF_SQL.findall(question.sql))),
        ("SPARQL", set(_OF_SPARQL.findall(question.sparql))),
    ):
        if names != asked:
            yield f"its {door} has the parameters {sorted(names)}, not {sorted(asked)}."
    for name in sorted(set(_OF_ADDRESS.findall(addresses)) - asked):
        yield f"an address has the parameter '{name}', which it does not ask for."
    limits = [_LIMIT.search(text) for text in (question.sql, question.sparql)]
    if not all(limits) or len({limit[1] for limit in limits if limit}) != 1:
        yield "SQL and SPARQL must end with the same LIMIT."

"""What Datasette says beside each table: titles, columns, source and licence; and the saved queries.

In:   the model's own metadata, an edition's sources, the questions of schemas/
Out:  the metadata of one Datasette, and how many rows each table has
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.edition import Edition
from api.licences import licence_address, licence_title
from api.pages.answering import begin
from schemas import load_model
from schemas.datasette import make_metadata
from schemas.questions import Question, load_questions

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"

# Tables of figures: what is said of them comes from their datasets.
_OF_FIGURES = frozenset({"observations", "figures", "observation_rows", "distributions", "comparators"})


def describe(edition: Edition) -> dict[str, Any]:
    """Describe an edition's catalogue as Datasette 0.65 has it."""
    metadata: dict[str, Any] = make_metadata(load_model())
    metadata["title"] = edition.title
    for database in metadata["databases"].values():
        for name, table in database["tables"].items():
            database["tables"][name] = {**table, **_source_of(edition, name)}
        database["queries"] = {name: _saved(edition, one) for name, one in load_questions().items()}
    return {key: value for key, value in metadata.items() if value is not None}


def _saved(edition: Edition, question: Question) -> dict[str, Any]:
    """Write a question as a saved query. `example` is what its parameters begin with, `topic` where it is listed."""
    return {
        "title": question.title,
        "description": question.description,
        "params": list(question.parameters),
        "sql": question.sql,
        "example": dict(begin(edition, question).values),
        "topic": question.topic,
    }


def _source_of(edition: Edition, table: str) -> dict[str, str]:
    """Say where a table's rows come from and under which licence."""
    schema = load_model().tables.get(table)
    if table in _OF_FIGURES:
        rows = edition.rows(
            "SELECT DISTINCT coalesce(b.label, d.publisher) AS title, d.licence FROM datasets AS d"
            " LEFT JOIN bodies AS b ON b.body = d.publisher ORDER BY 1"
        )
    elif schema is not None:
        # A table of our own model.
        rows = edition.rows(
            "SELECT DISTINCT coalesce(s.publisher, s.title) AS title, s.licence FROM sources AS s"  # noqa: S608
            f' WHERE s.source IN (SELECT DISTINCT _source FROM "{table}") ORDER BY 1'
        )
    else:
        return {"source": "Made from the other tables", "license": "As the tables it is made from"}
    titles = list(dict.fromkeys(row["title"] for row in rows if row["title"]))
    licences = list(dict.fromkeys(licence_address(row["licence"]) or "" for row in rows if row["licence"]))
    told = {
        "source": "; ".join(titles) or "Like for Like",
        "license": " and ".join(map(licence_title, licences)) or "No rows, no licence",
    }
    if len(licences) == 1 and licences[0].startswith("https://"):
        told["license_url"] = licences[0]
    return told


def count_rows(edition: Edition) -> dict[str, int]:
    """Give how many rows each table has, as publish counted them."""
    counted: dict[str, int] = edition.manifest.get("rows", {})
    found = {}
    for (name,) in edition.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if name in counted:
            found[name] = counted[name]
        else:
            found[name] = int(edition.value(f'SELECT count(*) FROM "{name}"'))  # noqa: S608 - its own table
    return found

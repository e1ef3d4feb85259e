"""What Datasette says beside each table: titles, columns, source and licence; and the saved queries.

In:   the model's own metadata, an edition's sources, queries.yaml
Out:  the metadata of one Datasette, and how many rows each table has
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from api.edition import Edition
from api.licences import licence_address, licence_title
from schemas import load_model
from schemas.datasette import make_metadata

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"

# Tables of figures: what is said of them comes from their datasets.
_OF_FIGURES = frozenset({"observations", "figures", "observation_rows", "distributions", "comparators"})

# A value to begin with for each parameter of a saved query.
_EXAMPLES = {
    "area": "SELECT area FROM observation_areas WHERE area IN (SELECT area FROM areas WHERE end_on IS NULL"
    " AND area_type NOT IN ('country', 'region', 'combined-authority')) ORDER BY area LIMIT 1",
    "indicator": "SELECT indicator FROM indicator_heads ORDER BY indicator LIMIT 1",
    "dataset": "SELECT dataset FROM datasets ORDER BY dataset LIMIT 1",
    "framework": "SELECT framework FROM frameworks ORDER BY framework LIMIT 1",
    "theme": "SELECT theme FROM indicator_themes ORDER BY theme LIMIT 1",
}


@cache
def load_queries() -> dict[str, dict[str, Any]]:
    """Load the saved queries, by name."""
    queries: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "queries.yaml").read_text(encoding="utf-8"))
    return queries


def describe(edition: Edition) -> dict[str, Any]:
    """Describe an edition's catalogue as Datasette 0.65 has it."""
    metadata: dict[str, Any] = make_metadata(load_model())
    metadata["title"] = edition.title
    for database in metadata["databases"].values():
        for name, table in database["tables"].items():
            database["tables"][name] = {**table, **_source_of(edition, name)}
        database["queries"] = {
            name: {**query, "example": examples(edition, query)} for name, query in load_queries().items()
        }
    return {key: value for key, value in metadata.items() if value is not None}


def examples(edition: Edition, query: dict[str, Any]) -> dict[str, str]:
    """Give values that a saved query's parameters can begin with."""
    found = {}
    for name in query.get("params", ()):
        value = edition.value(_EXAMPLES[name])
        found[name] = str(value) if value is not None else ""
    return found


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

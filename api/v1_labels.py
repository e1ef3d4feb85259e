"""Names by language in lists of things: a member of JSON, and one column of CSV in the language that was asked for.

In:   rows of a list whose things have names, and the parameter lang
Out:  the same rows with what they are called
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from api.answers import Row
from api.edition import Edition
from api.languages import choose_language, labels, read_names
from api.v1_models import LABELS
from schemas import TableSchema
from schemas.definitions import WHOLE_OF_VERSIONS
from schemas.languages import NAMES

MEMBER: Mapping[str, tuple[Any, str]] = {"labels": (dict[str, str], LABELS)}

# The column of CSV that says in which language a row's name is.
LANGUAGE_COLUMN = "label_language"

PARAMETER = (
    str | None,
    Field(
        None,
        max_length=35,
        pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
        description="A language (BCP 47), such as cy: CSV has names in it where there are any, English ones where"
        f" not, and says in {LANGUAGE_COLUMN} which is which. JSON has every language in labels.",
    ),
)


def add_labels(edition: Edition, kind: str, schema: TableSchema, rows: Sequence[Row]) -> None:
    """Say of rows what they are called by language.

    A version is called what its own translations say, else, while it is in use, what those of the whole say.
    """
    paths = [schema.subject.format_map(row).partition("/")[2] for row in rows]
    is_versioned = kind in WHOLE_OF_VERSIONS
    wholes = [path.split("/")[0] if is_versioned else path for path in paths]
    named = read_names(edition, kind, dict.fromkeys([*paths, *wholes]))
    in_use = _versions_in_use(edition) if named and kind == "indicator" else {}
    for row, path, whole in zip(rows, paths, wholes, strict=True):
        is_whole = not is_versioned or in_use.get(whole) == row.get("version")
        row["labels"] = labels(row, named.get(path) or (named.get(whole) if is_whole else None))


def _versions_in_use(edition: Edition) -> Mapping[str, str]:
    return {row[0]: row[1] for row in edition.rows("SELECT indicator, version FROM indicator_heads")}


def columns_in(columns: Sequence[str], language: str | None) -> tuple[str, ...]:
    """Give the columns of CSV: one more where a language was asked for."""
    return tuple(columns) if language is None else (*columns, LANGUAGE_COLUMN)


def in_language(row: Row, language: str | None) -> Row:
    """Write a row's name in a language, where it has one there."""
    if language is None:
        return row
    named: Mapping[str, str] = row["labels"]
    chosen = choose_language(language, list(named))
    column = next(name for name in ("label", *NAMES) if name in row)
    return {**row, column: named.get(chosen, row[column]), LANGUAGE_COLUMN: chosen}

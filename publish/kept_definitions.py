"""Nothing that was defined is ever deleted, and what was published under a number stays as it was.

In:   Contents, and the catalogue of the edition that is current
Out:  problems: versions of definitions that are gone, and versions whose words changed under their number

A draft is being written, so its words may change; every other version stays as people cited it. The stage of
a version, its last day and what follows it may move on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingest.definition_change import compare_versions, find_moved, next_version
from ingest.problems import Place, Problem, problem
from ingest.resolve import read_numbers
from publish.contents import Contents
from publish.edition import EditionsFolder, PublishingStopped


def check_definitions(
    contents: Contents, folder: EditionsFolder, places: Mapping[int, Place]
) -> list[Problem]:
    """Find what the contents would delete or change of the definitions that are published now.

    places    for each number in _source the file and sheet

    Raises PublishingStopped if the current edition cannot be read: then nobody knows what it defined.
    """
    edition = folder.current
    if edition is None:
        return []
    try:
        published = read_definitions(folder.folder / edition / "catalogue.db")
    except sqlite3.Error as fault:
        raise PublishingStopped(
            f"The current edition '{edition}' cannot be read ({fault}), so nobody can say whether a definition "
            "that it holds is kept. Go back to an edition that can be read; nothing was published."
        ) from fault
    return list(_compare(published, contents, edition, places))


def read_definitions(catalogue: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Read every version of every definition of an edition, by indicator and version."""
    connection = sqlite3.connect(f"file:{quote(str(catalogue))}?mode=ro&immutable=1", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM indicators ORDER BY indicator, version").fetchall()
    finally:
        connection.close()
    return {(row["indicator"], row["version"]): dict(row) for row in rows}


def _compare(
    published: Mapping[tuple[str, str], dict[str, Any]],
    contents: Contents,
    edition: str,
    places: Mapping[int, Place],
) -> Iterator[Problem]:
    now = {(row["indicator"], row["version"]): row for row in contents.rows("indicators")}
    for (indicator, version), before in published.items():
        after = now.get((indicator, version))
        if after is None:
            yield problem("definition-removed", Place(), value=version, indicator=indicator, edition=edition)
            continue
        moved = [] if before["status"] == "draft" else find_moved(before, after)
        if moved:
            level = compare_versions(before, after | {"comparable_with_previous": "yes"}).level
            place = places.get(after["_source"], Place()).at(after["_row"], moved[0])
            yield problem(
                "definition-changed",
                place,
                value=version,
                indicator=indicator,
                edition=edition,
                fields=", ".join(moved),
                wanted=next_version(read_numbers(version), "patch" if level == "none" else level),
            )

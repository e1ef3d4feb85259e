"""likeforlike diff: two versions of a definition of a site beside each other. No rules of its own.

In:   an indicator, two of its versions, a site
Out:  what changed, what it means and whom it touches, as text or JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_edition import AnswerForm, open_edition, refuse

if TYPE_CHECKING:
    from api.definition_diff import Diff


def diff(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="The short name of the indicator.")],
    older: Annotated[
        str | None, typer.Option("--from", help="The earlier version; the one before the later.")
    ] = None,
    newer: Annotated[str | None, typer.Option("--to", help="The later version; the one in use.")] = None,
    site: Annotated[Path, typer.Option(help="Folder with site.toml; this one by default.")] = Path(),
    format: Annotated[AnswerForm, typer.Option(help="How the answer is written.")] = AnswerForm.text,
) -> None:
    """Show what changed between two versions of a definition, what it means and whom it touches."""
    from api.definition_diff import as_document, choose_versions, find_diff, list_versions
    from ingest.problems import find_nearest
    from ingest.resolve import read_numbers

    edition = open_edition(site)
    heads = {row[0]: row[1] for row in edition.rows("SELECT indicator, version FROM indicator_heads")}
    if indicator not in heads:
        near = find_nearest(indicator, heads)
        refuse(f"There is no indicator '{indicator}'." + (f" Closest: {near}." if near else ""))
    versions = list_versions(edition, indicator)
    known = [str(row["version"]) for row in versions]
    for version in (older, newer):
        if version is not None and version not in known:
            refuse(f"{indicator} has no version '{version}'. Its versions: {', '.join(known)}.")
    before, after = sorted(choose_versions(versions, heads[indicator], older, newer), key=read_numbers)
    found = find_diff(edition, indicator, before, after)
    if format is AnswerForm.json:
        told = {"edition": edition.name, **as_document(edition, found)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(found)) + "\n")


def _lines(found: Diff) -> Iterator[str]:
    yield f"{found.label} ({found.indicator}), {found.before['version']} to {found.after['version']}"
    yield found.meaning
    for step in found.steps:
        if step["change_note"]:
            yield f"{step['version']}: {step['change_note']}"
    for one in found.change.changes:
        yield f"\n{one.title} ({one.level})\n- {one.before or 'nothing'}\n+ {one.after or 'nothing'}\n  {one.meaning}"
    touched = [f"{one.count:,} {one.kind}" for one in found.touched if one.count]
    if touched:
        yield f"\nTouches: {', '.join(touched)}."
    if found.restated:
        yield f"Worked out again for earlier periods: {', '.join(found.restated)}."

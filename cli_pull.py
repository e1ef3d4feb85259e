"""likeforlike pull: definitions from another site or a club's package. No rules of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from ingest.pulling import Pulled

words = Console(stderr=True, highlight=False, soft_wrap=True)


def pull(
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS", help="A site, a datapackage.json, or a folder or zip of a package."
        ),
    ],
    into: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The folder of the package; packages/pulled-HOST by default."),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(metavar="RANGE", help="Versions to pull: 2.*, 2.1.*, or id@2.* for one definition."),
    ] = None,
    only: Annotated[str | None, typer.Option(metavar="THEME", help="Only definitions of this theme.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if a change breaks.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Say nothing but what went wrong or breaks.")
    ] = False,
) -> None:
    """Pull definitions into a package, keep what was pulled before, and say what changed and what breaks."""
    from ingest.problems import ProblemsFound, as_text
    from ingest.pulling import PinMalformed, PullStopped, Wanted, default_folder
    from ingest.pulling import pull as pull_definitions

    folder = into or default_folder(address)
    try:
        found = pull_definitions(
            address,
            folder,
            Wanted(tuple(pin or ()), only),
            only_check=check,
            progress=lambda stage: None if quiet else words.print(stage, markup=False),
        )
    except ProblemsFound as fault:
        sys.stdout.write(f"{as_text(fault.problems)}\n")
        words.print("Nothing written.")
        raise typer.Exit(1) from None
    except PullStopped as stopped:
        words.print(str(stopped), markup=False)
        raise typer.Exit(1) from None
    except PinMalformed as fault:
        words.print(str(fault), markup=False)
        raise typer.Exit(2) from None
    for change in found.changes:
        if change.breaks or not quiet:
            sys.stdout.write(f"{change}\n")
    if not quiet:
        words.print(_summary(found, folder), markup=False)
        if found.base and "://" in address and not f"{address}/".startswith(found.base):
            words.print(f"Its definitions have addresses that begin with {found.base}", markup=False)
    raise typer.Exit(1 if check and found.breaks else 0)


def _summary(found: Pulled, folder: Path) -> str:
    """Say in one line what a pull found and did."""
    counts = [
        (sum(change.kind == "new" for change in found.changes), "new definition", "new definitions"),
        (sum(change.kind == "version" for change in found.changes), "new version", "new versions"),
        (sum(bool(change.breaks) for change in found.changes), "change breaks", "changes break"),
        (
            found.left_out,
            "definition is outside of what is pinned",
            "definitions are outside of what is pinned",
        ),
    ]
    told = ", ".join(_count(*one) for one in (counts if found.left_out else counts[:-1]))
    edition = f" of edition {found.edition}" if found.edition else ""
    if not found.changes:
        told = "Nothing changed"
    did = f"Written to {folder}." if found.written else "Nothing written."
    return f"{told}; held: {_count(found.versions, 'version', 'versions')}{edition}. {did}"


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

"""likeforlike verify: editions are held against what they say of themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli_edition import AnswerForm, refuse
from schemas.site import SiteFault, load_site


def verify(
    site: Annotated[
        Path, typer.Argument(metavar="[SITE]", help="Folder with site.toml; this one by default.")
    ] = Path(),
    edition: Annotated[str | None, typer.Option(help="The edition; the current one by default.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every edition that is kept.")] = False,
    form: Annotated[
        AnswerForm, typer.Option("--format", help="How the problems are written.")
    ] = AnswerForm.text,
) -> None:
    """Say whether the files of an edition are those that were written, and belong together.

    Every download is held against its digest, the dump and the database against the counts of the edition, and all of
    them against its name. Exit 0 if all match, 1 if anything does not. Nothing is changed.
    """
    from ingest.problems import as_json, as_text
    from publish.edition import EditionsFolder
    from publish.verify import verify_edition

    try:
        folder = EditionsFolder(load_site(site).editions_folder)
    except SiteFault as fault:
        refuse(str(fault))
    names = folder.names() if every else [edition or folder.current or ""]
    if not names or names == [""]:
        refuse("This site has no edition yet. Publish one first: likeforlike publish")
    if edition is not None and not (folder.folder / edition).is_dir():
        refuse(f"There is no edition '{edition}'.")
    found = [one for name in names for one in verify_edition(folder.folder / name)]
    text = as_json(found) if form is AnswerForm.json else as_text(found)
    if text:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    if not found:
        whole = "is whole" if len(names) == 1 else "are whole"
        sys.stderr.write(f"{', '.join(names)} {whole}.\n")
    raise typer.Exit(1 if found else 0)

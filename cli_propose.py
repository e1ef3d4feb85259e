"""likeforlike propose: proposed definitions of a file against what a site publishes. No rules of its own.

In:   a file of proposals, a site
Out:  near definitions, burden and published series as text or JSON; or problems, and then exit 1
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli_edition import AnswerForm, open_edition, refuse


def propose(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="YAML, JSON or CSV with the columns of the table indicators."),
    ],
    site: Annotated[Path, typer.Option(help="Folder with site.toml; this one by default.")] = Path(),
    format: Annotated[AnswerForm, typer.Option(help="How the answer is written.")] = AnswerForm.text,
) -> None:
    """Show which definitions come near proposed ones, and what collecting them would add."""
    from api.proposals import as_document, as_text, consider
    from ingest import problems as faults
    from ingest.proposals import read_proposals

    edition = open_edition(site)
    try:
        proposals, problems = read_proposals(file)
    except OSError as fault:
        refuse(f"The file '{file}' cannot be opened: {fault.strerror}.")
    considered = [consider(edition, proposal) for proposal in proposals]
    if format is AnswerForm.json:
        told = json.loads(faults.as_json(problems))
        told = {"edition": edition.name, "items": [as_document(edition, one) for one in considered], **told}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    else:
        if considered:
            sys.stdout.write(as_text(considered))
        if problems:
            sys.stdout.write(("\n" if considered else "") + faults.as_text(problems))
    raise typer.Exit(1 if problems else 0)

"""likeforlike mcp: the Model Context Protocol on standard input and output. No rules of its own.

In:   messages of the protocol, one a line
Out:  their answers; words about what goes wrong go to standard error
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli_edition import open_edition, refuse


def mcp(
    site: Annotated[Path, typer.Option(help="Folder with site.toml; this one by default.")] = Path(),
) -> None:
    """Answer programs that language models call, from a site's current edition, by the Model Context Protocol."""
    import anyio

    from api.app import create_app
    from api.model_context import is_installed
    from schemas.site import load_site

    if not is_installed():
        refuse("The Model Context Protocol needs an extra: pip install 'likeforlike[mcp]'")
    open_edition(site)
    from api.model_context.server import serve_standard_streams

    anyio.run(serve_standard_streams, create_app(load_site(site)))

"""The Model Context Protocol: what is published here, for programs that language models call.

In:   a tool's name and arguments, or a resource's URI
Out:  what the API answers to the same question, with its address, edition, licence and what must be said beside it

It works out nothing of its own: each call is one request to the application, in its own process. Only `server.py`
and `door.py` need the extra `mcp`.
"""

from importlib.util import find_spec


def is_installed() -> bool:
    """Say whether the extra `mcp` is there."""
    return find_spec("mcp") is not None

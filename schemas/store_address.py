"""The address of a store outside of the product, as the operator of a site names it, and what graphs are called there.

In:   sparql+https://host/query?update=/update&gsp=/store
Out:  StoreAddress: where the store is asked, changed and loaded, and who it is told that asks

A name and a password stand in the address or in the environment. They are no part of what is shown of an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

SCHEMES = ("sparql+http://", "sparql+https://")
USER, PASSWORD = "LIKEFORLIKE_RDF_USER", "LIKEFORLIKE_RDF_PASSWORD"

_PARAMETERS = frozenset({"update", "gsp", "timeout"})
_UNITS = {"s": 1, "ms": 1000}


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where an outside store is.

    query        the address that answers queries
    update       the address that takes updates
    gsp          the address of its Graph Store Protocol, which takes a graph's name as the parameter `graph`
    timeout      how many units of the parameter `timeout` are a second, where the store has one
    credentials  a name and a password, said only where the store asks for them
    """

    query: str
    update: str
    gsp: str
    timeout: int | None = None
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """The store, as it is named in messages."""
        parts = urlsplit(self.query)
        return f"{parts.scheme}://{parts.netloc}"


def read_store_address(url: str, environment: Mapping[str, str]) -> StoreAddress:
    """Read an address.

    Raises ValueError with a sentence that does not repeat it.
    """
    try:
        parts = urlsplit(url.removeprefix("sparql+"))
        host, port = parts.hostname, parts.port
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError("is not an address") from None
    given = dict(pairs)
    if not host or parts.fragment:
        raise ValueError("names no host")
    if len(given) < len(pairs) or not given.keys() <= _PARAMETERS:
        raise ValueError("has a parameter that is there twice, or that is none of update, gsp and timeout")
    if "timeout" in given and given["timeout"] not in _UNITS:
        raise ValueError(
            "has another timeout than 's' or 'ms', the unit in which the store wants to be told it"
        )
    place = f"[{host}]" if ":" in host else host
    query = urlunsplit(
        (parts.scheme, place if port is None else f"{place}:{port}", parts.path or "/", "", "")
    )
    update, gsp = (urljoin(query, given.get(name, "")) for name in ("update", "gsp"))
    if any(urlsplit(one).netloc != urlsplit(query).netloc for one in (update, gsp)):
        raise ValueError("names another host for updates or graphs; all three are of one store")
    credentials = None
    if parts.username:
        credentials = unquote(parts.username), unquote(parts.password or "")
    elif environment.get(USER):
        credentials = environment[USER], environment.get(PASSWORD, "")
    return StoreAddress(query, update, gsp, _UNITS.get(given.get("timeout", "")), credentials)


def outside_graph(base: str, edition: str, graph: str) -> str:
    """Name a graph of an edition in an outside store, where the graphs of every kept edition lie side by side.

    base     the address of the site
    graph    the graph's name in the edition: the catalogue's, or that of a dataset

    >>> outside_graph("https://x.uk/", "2026-01-02-0123456789ab", "https://x.uk/id/dataset/waste")
    'https://x.uk/id/edition/2026-01-02-0123456789ab/graph/id/dataset/waste'
    """
    return f"{base}id/edition/{edition}/graph/{graph.removeprefix(base)}"


def register_graph(base: str) -> str:
    """Name the graph in an outside store that says which editions are there, and which is the current one."""
    return f"{base}id/edition/register"

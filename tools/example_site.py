"""The bundled example, published and served for as long as somebody needs it.

In:   examples/england, an empty folder
Out:  a site on a port of 127.0.0.1 that the system gives
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from api.app import create_app
from api.edition import Edition, Editions
from publish import publish_site
from schemas.site import Site

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "england"


@dataclass(frozen=True)
class ExampleSite:
    """The example being served. `url` has no slash at its end; URIs of the edition start with it.

    told   the shares of the work that were told while it was published, each with the share of the processor time
    """

    url: str
    site: Site
    told: tuple[tuple[float, float], ...] = ()

    @property
    def edition(self) -> Edition:
        """The edition that is served, opened again for reading beside the server."""
        return Editions(self.site.editions_folder).current


@contextmanager
def serving_example(folder: Path) -> Iterator[ExampleSite]:
    """Publish the example into an empty folder and serve it until the block ends."""
    packages = tuple(str(path.parent) for path in sorted(EXAMPLE.glob("*/datapackage.json")))
    with serving_site(folder, "Like for Like: England", packages) as served:
        yield served


@contextmanager
def serving_site(folder: Path, title: str, packages: tuple[str, ...]) -> Iterator[ExampleSite]:
    """Publish packages into an empty folder and serve them until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        site = Site(folder=folder, title=title, base=f"{url}/", packages=packages)
        told = _publish(site)
        server = uvicorn.Server(
            uvicorn.Config(create_app(site), log_level="warning", server_header=False, http="h11")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        try:
            yield ExampleSite(url, site, told)
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def _publish(site: Site) -> tuple[tuple[float, float], ...]:
    """Publish a site. Gives the shares that were told, each with the share of the processor time."""
    told: list[tuple[float, float]] = []
    begun = time.process_time()
    publish_site(site, done=lambda share: told.append((share, time.process_time() - begun)))
    whole = time.process_time() - begun
    return tuple((share, seconds / whole) for share, seconds in told)

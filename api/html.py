"""The seam between addresses and pages: a page that was made becomes an answer.

In:   a function that makes a page, and what is known of the answer already
Out:  a response with the page's status, links and bytes

Pages are made in threads of their own, so that one that takes longer does not hold up the data. What has been
made is kept as bytes for as long as its edition is current, within a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from api import pages
from api.as_of import PINS
from api.edition import Edition
from api.failures import Failure, unknown_parameters
from api.forms import HTML, link, prefers_html, split_suffix
from api.kept import Kept, Made
from api.pages.page import Page
from api.replies import CURRENT, Reply, root_of

# Parameters that other sites hang on links to us. They mean nothing here and make one page look like many.
_TRACKING = ("fbclid", "gclid", "mc_cid", "mc_eid", "msclkid", "utm_")


async def send_page(
    request: Request,
    make: Callable[[], Page | None],
    *,
    reply: Reply | None = None,
    links: Iterable[str] = (),
    status: int | None = None,
) -> Response:
    """Make a page, or take the one that was made, and answer it.

    reply    begun for a page that is the same every time; None for one that is not kept
    status   wins over the page's own

    Raises Failure (404) if there is no such page.
    """
    kept: Kept = request.app.state.kept
    made = kept.find(reply.tag) if reply and status in (None, 200) else None
    if reply is not None and made is not None:
        return reply.send(made.body, [*links, *made.links])
    page = await anyio.to_thread.run_sync(make)
    if page is None:
        raise Failure("address-unknown", f"There is no page '{request.url.path[:200]}'.")
    own = tuple(link(address, relation, type=kind) for address, relation, kind in page.links)
    told = [*links, *own]
    if page.location is not None:
        moved = page.status if 300 <= page.status < 400 else 303
        return Response(status_code=moved, headers={"Location": page.location, "Cache-Control": CURRENT})
    if reply is not None and page.status == 200 and status in (None, 200):
        kept.keep(reply.tag, Made(page.html, own))
        return reply.send(page.html, told)
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Vary": "Accept"}
    if told:
        headers["Link"] = ", ".join(told)
    return Response(page.html, status_code=status or page.status, headers=headers)


def wants_page(request: Request) -> bool:
    """Say whether a failure is to be shown as a page: to a browser that did not ask for data."""
    path = request.url.path
    if path.startswith(("/api/", "/downloads/")):
        return False
    _, form = split_suffix(path)
    if form is not None:
        return form is HTML
    return prefers_html(request.headers.get("accept"))


async def send_failure(request: Request, edition: Edition, failure: Failure) -> Response:
    """Answer a failure as a page."""

    def make() -> Page:
        if failure.kind.code in ("address-unknown", "thing-unknown"):
            return pages.not_found(edition, request.url.path)
        return pages.failure(edition, failure)

    response = await send_page(request, make, status=failure.kind.status)
    response.headers.update(failure.headers)
    return response


def check_parameters(request: Request, edition: Edition, known: Sequence[str]) -> Response | None:
    """Refuse parameters that an address does not have; send those of other sites' links away.

    known   names of parameters; one that ends in a hyphen is the beginning of several

    Raises Failure (400) with the nearest known name.
    """
    families = tuple(name for name in known if name.endswith("-"))
    given = [
        name
        for name in request.query_params
        if name not in known and name not in PINS and not name.startswith(families)
    ]
    if not given:
        return None
    if all(name.startswith(_TRACKING) for name in given):
        kept = [pair for pair in request.query_params.multi_items() if pair[0] not in given]
        address = root_of(edition) + request.url.path + (f"?{urlencode(kept)}" if kept else "")
        return Response(status_code=301, headers={"Location": address, "Cache-Control": CURRENT})
    raise unknown_parameters(given, [*known, *PINS])


def parameters_of(name: str) -> Sequence[str]:
    """Give the parameters that a page or list understands."""
    known: Mapping[str, Sequence[str]] = pages.PARAMETERS
    return tuple(known.get(name, ()))

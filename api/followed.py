"""A list that can be followed: a page, Atom and JSON Feed of the same entries at one address.

In:   what kind of list it is, and a request
Out:  the page; the feeds; as CSV, where a list has that, the way to the list of the API
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from api.edition import Edition
from api.failures import Failure
from api.feed_writing import ATOM, OFFERED, Entry, Feed, write_atom, write_json_feed
from api.forms import CSV, HTML, Choice, Form, choose, link
from api.html import check_parameters, send_page
from api.pages.narrowing import Narrowing, OnPages
from api.pages.page import Page
from api.replies import CURRENT, Reply, edition_of, root_of

A = TypeVar("A", bound=Narrowing)


@dataclass(frozen=True)
class Followed(Generic[A]):
    """What there is to a list.

    read         what a request narrows it to
    page         its page
    feed         a page of it as a feed; told the address inside the site that was asked, without its ending
    csv          the address of the same list as CSV in the API; None where there is none
    """

    parameters: Sequence[str]
    read: Callable[[Edition, QueryParams], A]
    page: Callable[[Edition, A], Page]
    feed: Callable[[Edition, str, A], Feed]
    csv: Callable[[A, str], str] | None = None

    async def answer(self, request: Request, path: str, ending: str | None) -> Response:
        """Answer the list at a path inside the site in the form that is asked for.

        Raises Failure for a form or a parameter that it does not have.
        """
        edition = edition_of(request)
        endings = {form.suffix: form for form in (*OFFERED, *([CSV] if self.csv else ()))}
        if ending is not None and ending not in endings:
            raise Failure("address-unknown", f"This has no form '.{ending[:20]}'.")
        form = endings[ending] if ending else None
        choice = Choice(form, form.media_type) if form else choose(request.headers.get("accept"), OFFERED)
        moved = check_parameters(request, edition, self.parameters)
        if moved is not None:
            return moved
        asked, root = self.read(edition, request.query_params), root_of(edition)
        if self.csv is not None and choice.form is CSV:
            address = root + self.csv(asked, CSV.suffix)
            return Response(status_code=303, headers={"Location": address, "Cache-Control": CURRENT})
        address = f"{path}.{choice.form.suffix}"
        reply = Reply(request, edition, choice.media_type, address=address, vary=None if ending else "Accept")
        unchanged = reply.unchanged()
        if unchanged is not None:
            return unchanged
        links = [
            link(asked.address(f"{root}{asked.path}.{other.suffix}"), "alternate", type=other.media_type)
            for other in OFFERED[1:]
            if other is not choice.form
        ]
        if choice.form is HTML:
            return await send_page(request, lambda: self.page(edition, asked), reply=reply, links=links)
        feed = self.feed(edition, path, asked)
        return reply.send(write_atom(feed) if choice.form is ATOM else write_json_feed(feed), links)


def make_feed(
    edition: Edition,
    path: str,
    asked: Narrowing,
    words: tuple[str, str],
    listing: OnPages,
    entries: Sequence[Entry],
) -> Feed:
    """Put a page of a list into a feed; its address says what the list is narrowed to.

    path    the address inside the site that was asked, without its ending; where it is not the list's own, what the
            list is narrowed to stands in it
    words   what the list is, and what it is narrowed to, perhaps nothing
    """
    base, (title, narrowed) = edition.base.rstrip("/"), words

    def address(form: Form, page: int) -> str:
        if form is HTML:
            return base + asked.address(page=page)
        told = asked if path == asked.path else type(asked)()
        return base + told.address(f"{path}.{form.suffix}", page)

    return Feed(
        edition,
        base + asked.address(f"{asked.path}.{ATOM.suffix}"),
        f"{edition.title}: {title}{f', {narrowed}' if narrowed else ''}",
        address,
        asked.page,
        listing.pages,
        listing.newest,
        entries,
    )

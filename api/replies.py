"""What answers have in common: a tag, how long they may be kept, and what they vary by.

In:   a request, the edition that answers it, and the form that was chosen
Out:  304 before any work where the client has the answer already, or a response around finished bytes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api.as_of import find_asked, is_settled
from api.edition import Edition, Editions
from api.forms import Choice, content_type, etag, has_tag
from schemas.languages import ENGLISH

# Browsers ask each time and mostly hear 304; shared caches may answer for a minute.
CURRENT = "public, max-age=0, s-maxage=60, stale-while-revalidate=60"
# What names its edition never changes but with our code.
PINNED = "public, max-age=86400"
# What is named by its own content never changes at all.
IMMUTABLE = "public, max-age=31536000, immutable"


def editions_of(request: Request) -> Editions:
    """Get the site's editions."""
    editions: Editions = request.app.state.editions
    return editions


def edition_of(request: Request) -> Edition:
    """Get the edition that a request is about: the current one, or the one it pins with `edition` or `as-of`.

    Call it once for a request: the current edition may change between two calls.

    Raises Failure if it names one that is not kept, or a day on which nothing was known; NoEdition if there is none
    at all.
    """
    return find_asked(request, editions_of(request))


def root_of(edition: Edition) -> str:
    """Say what stands before every address of the site: nothing, or the path of its public address."""
    return root_of_address(edition.base)


def root_of_site(request: Request) -> str:
    """Say the same of the site that a request is for, whose edition need not be known."""
    return root_of_address(request.app.state.site.base)


def root_of_address(base: str) -> str:
    """Give the path of a public address, without a slash at its end.

    >>> root_of_address("https://data.example.org/figures/"), root_of_address("https://data.example.org/")
    ('/figures', '')
    """
    return urlsplit(base).path.rstrip("/")


class Reply:
    """An answer in the making: its tag is known before its body is."""

    def __init__(
        self,
        request: Request,
        edition: Edition,
        media_type: str,
        *,
        address: str | None = None,
        vary: str | None = None,
        content: str | None = None,
        beside: Edition | None = None,
        language: str | None = None,
    ) -> None:
        """Name what is going to be answered.

        address   the address of exactly this representation, with its suffix, where the request's own address
                  has several
        vary      the request header that chose it, or None where the address alone did
        content   the digest of what the address names, where it never changes from edition to edition
        beside    another edition that the answer depends on, which may be the current one: it is not pinned then
        language  the one that was chosen for a reader; however it was asked for, the answer has one tag. None where
                  an answer is not in one of several
        """
        self.request = request
        self.media_type = media_type
        pairs = request.query_params.multi_items()
        if language is not None:
            pairs = [pair for pair in pairs if pair[0] != "lang"]
            pairs += [] if language == ENGLISH else [("lang", language)]
        query = urlencode(sorted(pairs))
        self.address = address or request.url.path
        digests = edition.digest if beside is None else f"{edition.digest} {beside.digest}"
        self.tag = etag(content or digests, f"{self.address}?{query}#{media_type}")
        # The tag says all that the answer depends on.
        self._is_settled = beside is None
        is_pinned = beside is None and is_settled(request, editions_of(request))
        self.headers: dict[str, str] = {
            "ETag": self.tag,
            "Cache-Control": IMMUTABLE if content else PINNED if is_pinned else CURRENT,
            # A name in another language stands on a page whose other words are English.
            "Content-Language": ENGLISH if language in (None, ENGLISH) else f"{language}, {ENGLISH}",
        }
        if vary:
            self.headers["Vary"] = vary
        if address and address != request.url.path:
            self.headers["Content-Location"] = root_of(edition) + address + (f"?{query}" if query else "")

    def unchanged(self) -> Response | None:
        """Answer 304 if the client has this already; None if it must be made."""
        told = self.request.headers.get("if-none-match", "")
        # The same representation, compressed on its way out, has a tag of its own.
        for tag in (self.tag, f'{self.tag[:-1]}-gzip"'):
            if has_tag(told, tag):
                return Response(status_code=304, headers={**self.headers, "ETag": tag})
        return None

    def send(
        self, body: bytes, links: Iterable[str] = (), headers: Mapping[str, str] | None = None
    ) -> Response:
        """Answer with finished bytes, or with 304 where the client said that any version will do."""
        if self.request.headers.get("if-none-match", "").strip() == "*":
            return Response(status_code=304, headers=self.headers)
        if self._is_settled and (making := self.request.scope.get("ready")) is not None:
            making.is_settled = True
        return Response(body, headers=self.told(links, headers))

    def told(self, links: Iterable[str] = (), headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """All headers of the answer."""
        told = {**self.headers, "Content-Type": content_type(self.media_type), **(headers or {})}
        joined = ", ".join(links)
        if joined:
            told["Link"] = joined
        return told


def reply_for(request: Request, edition: Edition, choice: Choice, address: str, *, negotiated: bool) -> Reply:
    """Begin the answer of a document: `address` has no suffix, the choice says which it gets."""
    return Reply(
        request,
        edition,
        choice.media_type,
        address=f"{address}.{choice.form.suffix}",
        vary="Accept" if negotiated else None,
    )

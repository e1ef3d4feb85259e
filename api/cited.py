"""What an address of this site is about, for citing it.

In:   an address as somebody wrote it, and the application that answers it
Out:  Citation; a refusal in words for an address of others, or one that nothing has

No address is fetched. Whether one leads somewhere is asked of the application itself, in its own process, as a
browser would ask it: what is cited resolves, and is called what its page is called.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

import anyio.to_thread
from starlette.requests import Request

from api.answers import sources_of_datasets
from api.as_of import PINS, find_pinned
from api.citations import Citation, key_of
from api.edition import Edition, Editions
from api.failures import Failure, unknown_parameters
from api.forms import HTML, split_suffix
from api.inside import ask_inside
from api.licences import licence_address, licence_title
from api.pages.chart import PARAMETERS, make_chart
from api.pages.made import Since, look_since, look_since_thing
from api.replies import editions_of
from api.sentences import status_words
from api.things import Thing, find_meant, find_thing, kinds_by_address
from ingest.problems import shown
from schemas import load_model

LONGEST = 2_000
_MOST_STEPS = 5

# Addresses that answer a question rather than hold something: there is nothing to cite.
_NOT_CITED = {
    "api": "Addresses of the API are for programs. Cite the page of the figure, the dataset or the indicator.",
    "cite": "A citation is not cited. Give the address of what it is about.",
    "data": "Datasette's pages answer questions. Cite the figure, the dataset or the edition.",
    "downloads": "A file is part of an edition. Cite the edition: /editions lists those kept.",
    "search": "A search is not cited. Give the address of what it found.",
    "static": "That is part of how pages look.",
}

# Kinds of things that are data.
_DATA = frozenset({"dataset", "observation"})


@dataclass(frozen=True, slots=True)
class _Opened:
    status: int
    location: str
    title: str


def read_address(text: str, base: str) -> tuple[str, str]:
    """Read an address as a path inside the site and its query.

    Raises Failure for one that is no address, or is another site's.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or any(char <= " " or char == "\x7f" for char in text):
        raise _refused(f"'{shown(text[:80])}' is not an address of this site.")
    own = urlsplit(base)
    try:
        parts = urlsplit(
            text if not text.startswith("/") or text.startswith("//") else urljoin(base, "/") + text[1:]
        )
    except ValueError:
        raise _refused(f"'{shown(text[:80])}' is not an address.") from None
    root = own.path.rstrip("/")
    is_own = parts.scheme in ("http", "https") and parts.netloc.lower() == own.netloc.lower()
    if not is_own:
        raise _refused(
            f"'{shown(text[:80])}' is not an address of this site. Only addresses that begin with {base} can be cited"
            " here; others are not looked at."
        )
    path = unquote(parts.path) or "/"
    if text.startswith("/") and root and not path.startswith(f"{root}/"):
        path = root + path
    if path != root and not path.startswith(f"{root}/"):
        raise _refused(f"'{shown(text[:80])}' lies outside of this site, which begins with {base}")
    return path[len(root) :] or "/", parts.query


def _refused(detail: str) -> Failure:
    return Failure("parameter-wrong", detail, problems=[{"parameter": "url", "detail": detail}])


async def find_citation(request: Request, edition: Edition, text: str) -> Citation:
    """Find what an address is about.

    Raises Failure: 400 for an address that is not cited here, 404 for one that nothing has.
    """
    path, query = read_address(text, edition.base)
    first = path.strip("/").partition("/")[0]
    reason = _NOT_CITED.get(first)
    if reason is not None and path.strip("/") not in ("api", "api/examples", "downloads"):
        raise _refused(reason)
    pairs = dict(parse_qsl(query))
    if not pairs.keys().isdisjoint(PINS):
        edition = find_pinned(editions_of(request), pairs)
    return await _cite(request, edition, path, query)


async def _cite(request: Request, edition: Edition, path: str, query: str) -> Citation:
    if _first_part(path) in ("chart", "embed"):
        current = editions_of(request).current
        cited = await anyio.to_thread.run_sync(_cite_chart, edition, path, query)
        since = await anyio.to_thread.run_sync(
            _since_chart, current, editions_of(request), edition, path, query
        )
        return replace(cited, since=since)
    thing = _thing_at(edition, path)
    if thing is not None:
        path = thing.address
    title = await _open(request, edition, path, query)
    name = _edition_at(path)
    if name:
        edition = editions_of(request).find(name) or edition
    about = About(edition, thing, _datasets_of(edition, thing, dict(parse_qsl(query))))
    where = edition.base.rstrip("/") + quote(path, safe="/=,;:")
    if name:
        where = edition.uri("edition", name)
    elif thing is not None and set(dict(parse_qsl(query))) <= set(PINS):
        where = thing.uri(edition)
    is_data = bool(name) or (thing is not None and thing.kind.kind in _DATA)
    kind = "Edition" if name else thing.kind.label if thing is not None else "Page"
    return Citation(
        kind=kind,
        is_data=is_data,
        key=key_of(path.strip("/").replace("/", "-") or "first-page"),
        title=about.title or title.removesuffix(f" – {edition.title}"),
        authors=about.authors,
        site=edition.title,
        edition=edition.name,
        published_on=dt.date.fromisoformat(edition.name[:10]),
        address=where + (f"?{query}" if query else ""),
        note=about.note,
        since=_since(editions_of(request).current, edition, thing, name),
    )


def _since(current: Edition, edition: Edition, thing: Thing | None, name: str) -> Since | None:
    """Say what became of what is cited since its edition."""
    if name:
        return look_since_thing(current, edition, "edition", (name,))
    return look_since_thing(current, edition, thing.kind.kind, thing.notation) if thing else None


def _cite_chart(edition: Edition, path: str, query: str) -> Citation:
    """Cite a chart, by the address of its image or of its frame."""
    pairs = dict(parse_qsl(query))
    known = (*PARAMETERS, *PINS, *(("made",) if _first_part(path) == "embed" else ()))
    unknown = [name for name in pairs if name not in known]
    if unknown:
        raise unknown_parameters(unknown, known)
    indicator = path.strip("/").partition("/")[2].removesuffix(".svg")
    chart = make_chart(edition, indicator, pairs)
    about = About(edition, None, chart.datasets)
    return Citation(
        kind="Chart",
        is_data=False,
        key=key_of(f"chart-{indicator}"),
        title=f"{chart.title}: {chart.subtitle}",
        authors=about.authors,
        site=edition.title,
        edition=edition.name,
        published_on=dt.date.fromisoformat(edition.name[:10]),
        address=edition.base.rstrip("/") + quote(path, safe="/") + (f"?{query}" if query else ""),
        note=about.note,
    )


def _since_chart(current: Edition, editions: Editions, edition: Edition, path: str, query: str) -> Since:
    """Say what became of a chart since the edition it is cited by, as its frame would say it."""
    asked = {**dict(parse_qsl(query)), "made": edition.name}
    indicator = path.strip("/").partition("/")[2].removesuffix(".svg")
    try:
        now = make_chart(current, indicator, asked)
    except Failure:
        now = None
    return look_since(current, editions, indicator, asked, now)


@dataclass(frozen=True, slots=True)
class About:
    """What the edition says of what is cited: who made it, under which licence, and a figure's value."""

    edition: Edition
    thing: Thing | None
    datasets: Sequence[str]

    @property
    def title(self) -> str:
        """The title of a thing whose page's title leaves out what it is about."""
        if self.thing is None or self.thing.kind.kind != "observation":
            return ""
        return self.thing.label

    @property
    def authors(self) -> list[str]:
        """The bodies whose work it is; the site itself for a page that joins the work of many."""
        if self.thing is not None and self.thing.row.get("owner"):
            sql = "SELECT label FROM bodies WHERE body = ?"
            owner = self.edition.value(sql, (self.thing.row["owner"],))
            if owner:
                return [str(owner)]
        found = [source["publisher"] for source in sources_of_datasets(self.edition, self.datasets)]
        return list(dict.fromkeys(name for name in found if name)) or [self.edition.title]

    @property
    def note(self) -> str:
        out = []
        if self.thing is not None and self.thing.kind.kind == "observation":
            value, status = self.thing.row["value_text"], str(self.thing.row["status"])
            words = status_words(status)
            told = f"The figure is {value}" if value is not None else "There is no figure"
            out.append(f"{told}{f': {words}' if words else ''}.")
        for source in sources_of_datasets(self.edition, self.datasets):
            address = licence_address(source["licence"])
            out.append(str(source["attribution"] or ""))
            if address:
                out.append(f"Licence: {licence_title(address)}.")
        return " ".join(dict.fromkeys(part for part in out if part))


def _datasets_of(edition: Edition, thing: Thing | None, query: Mapping[str, str]) -> list[str]:
    """List the datasets that hold the figures of what is cited."""
    if thing is not None and thing.kind.kind in ("dataset", "observation"):
        return [thing.notation[0]]
    if thing is None and query.get("indicator"):
        sql = "SELECT DISTINCT dataset FROM distributions WHERE indicator = ? ORDER BY 1"
        return [row["dataset"] for row in edition.rows(sql, (query["indicator"],))]
    return []


def _first_part(path: str) -> str:
    """Give the first part of a path."""
    return path.strip("/").partition("/")[0]


def _thing_at(edition: Edition, path: str) -> Thing | None:
    """Find the thing whose URI or document has this path."""
    head, _, rest = path.strip("/").partition("/")
    kinds = kinds_by_address()
    if head == "id":
        head, _, rest = rest.partition("/")
        kinds = load_model().kinds
    kind = kinds.get(head)
    if kind is None or not rest:
        return None
    stem, form = split_suffix(rest)
    for notation in (stem, rest) if form else (rest,):
        parts = tuple(notation.split("/"))
        found = find_thing(edition, kind, parts) or find_meant(edition, kind, parts)
        if found is not None:
            return found
    return None


def _edition_at(path: str) -> str:
    match = re.fullmatch(r"/(?:id/edition|editions)/(\d{4}-\d{2}-\d{2}-[0-9a-f]{12})", path)
    return match[1] if match else ""


async def _open(request: Request, edition: Edition, path: str, query: str) -> str:
    """Follow an address inside the application to the page it leads to, and give its title.

    Raises Failure (404) if it leads nowhere.
    """
    root = urlsplit(edition.base).path.rstrip("/")
    for _ in range(_MOST_STEPS):
        opened = await _ask(request, edition.base, path, query)
        if opened.status == 200 and opened.title:
            return opened.title
        if opened.status not in (301, 302, 303, 307, 308) or not opened.location:
            break
        parts = urlsplit(opened.location)
        path, query = unquote(parts.path).removeprefix(root) or "/", parts.query
    raise Failure(
        "address-unknown", f"Nothing here has the address '{shown(path[:200])}', so it cannot be cited."
    )


async def _ask(request: Request, base: str, path: str, query: str) -> _Opened:
    """Ask the application for one page, without a network between."""
    told = await ask_inside(request.app, base, path, query, accept=HTML.media_type, most=4_000)
    title = ""
    if told.media_type == HTML.media_type:
        found = re.search(rb"<title>(.*?)</title>", told.body, re.DOTALL)
        title = unescape(found[1].decode("utf-8")) if found else ""
    return _Opened(told.status, told.headers.get("location", ""), title)

"""A page is a template, an edition and what they say: one frame around every page.

In:   an edition, a template's name, and the facts a page shows
Out:  Page: its title, its bytes, its status

Everything that is published is hostile until it is escaped: templates escape every value, and only charts.py
and maps.py hand over Markup, which they made from escaped text. Pages have no script and no inline style, so
the strictest content policy fits them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import jinja2
from markupsafe import Markup, escape

from api.forms import BY_SUFFIX
from api.sentences import day
from schemas import load_model
from schemas.languages import ENGLISH

if TYPE_CHECKING:
    from api.edition import Edition

TEMPLATES = Path(__file__).parent.parent / "templates"
STATIC = Path(__file__).parent.parent / "static"

# The forms of a thing's document besides HTML, as suffixes of its address.
LINKED_DATA = ("json", "ttl", "jsonld", "nt", "rdf")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, ready to send. `location` is set where the reader is to go elsewhere (301, 302 or 303).

    links   for the Link header: (address, relation, media type)
    """

    title: str
    html: bytes
    status: int = 200
    location: str | None = None
    links: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame says around a page.

    path      the page's own address inside the site, "/areas/E09000015"; empty where it has none that stays
    uri       what is cited: the thing's URI, or None for a page that is not about one thing
    forms     suffixes of the other forms in which the same thing can be had
    datasets  notations of the datasets whose figures stand on the page, for the attribution
    credits   attributions of other things on the page
    feeds     what tells of changes to what the page is about, by the names of their forms
    """

    path: str
    title: str
    lede: str | None = None
    crumbs: Sequence[Link] = ()
    uri: str | None = None
    forms: Sequence[str] = ()
    downloads: Sequence[Link] = ()
    datasets: Iterable[str] = ()
    credits: Sequence[str] = ()
    feeds: Sequence[Link] = ()
    search: str = ""
    status: int = 200


@lru_cache(maxsize=4096)
def address_of(kind: str, *notation: str) -> str:
    """Give the address of a thing's page inside the site.

    >>> address_of("area", "E09000015")
    '/areas/E09000015'
    """
    # A version stands in an indicator's address with its letter: /indicators/employment-rate/v1.0.0
    if kind == "indicator" and len(notation) == 2:
        notation = (notation[0], f"v{notation[1].removeprefix('v')}")
    parts = (load_model().kinds[kind].address, *notation)
    return "/" + "/".join(quote(part, safe="=,;") for part in parts)


def with_query(address: str, **parameters: str | None) -> str:
    """Add parameters that have a value to an address.

    >>> with_query("/compare", indicator="employment-rate", period=None)
    '/compare?indicator=employment-rate'
    """
    kept = {key: value for key, value in parameters.items() if value}
    return f"{address}?{urlencode(kept, safe=',;:')}" if kept else address


def in_language(address: str, language: str) -> str:
    """Ask for an address in a language.

    >>> in_language("/areas/W06000015", "cy"), in_language("/areas/W06000015?topic=work", "cy")
    ('/areas/W06000015?lang=cy', '/areas/W06000015?topic=work&lang=cy')
    """
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def make_page(edition: Edition, template: str, frame: Frame, **facts: Any) -> Page:
    """Fill a template and its frame."""
    html = render(template, edition, {"frame": frame, **facts})
    return Page(frame.title, html, frame.status)


def render(page_name: str, edition: Edition, context: Mapping[str, Any]) -> bytes:
    """Fill the template of that name. `context` holds "frame" and what the template asks for."""
    frame: Frame = context["frame"]
    public = edition.base.rstrip("/")
    reader = edition.reader
    languages = [ENGLISH, *reader.names] if reader is not None and reader.names else []
    facts = {
        "edition": edition,
        "reader": reader,
        "languages": languages,
        # A page about a part of what the thing is keeps its own heading.
        "named": reader.name if reader is not None and frame.uri else None,
        "root": urlsplit(edition.base).path.rstrip("/"),
        "public": public,
        "address": public + frame.path,
        "attributions": _attributions(edition, frame),
        "forms": [BY_SUFFIX[suffix] for suffix in frame.forms],
        **context,
    }
    return _environment().get_template(f"{page_name}.html").render(facts).encode("utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["address_of"] = address_of
    environment.globals["with_query"] = with_query
    environment.globals["in_language"] = in_language
    environment.tests["web"] = is_web_address
    environment.filters["day"] = day_words
    environment.filters["edition_day"] = lambda name: day_words(name[:10])
    environment.filters["with_code"] = with_code
    environment.filters["host"] = lambda address: urlsplit(address).hostname or address
    return environment


def day_words(text: str) -> str:
    """Write a date of the catalogue in words.

    >>> day_words("2025-03-04")
    '4 March 2025'
    """
    return day(dt.date.fromisoformat(text))


def with_code(text: str) -> Markup:
    """Write a text whose words between backticks are code.

    >>> with_code("Follow `next` & stop")
    Markup('Follow <code>next</code> &amp; stop')
    """
    parts = text.split("`")
    marked = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def is_web_address(text: object) -> bool:
    """Tell whether a submitted text may become a link: only http and https addresses do."""
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _attributions(edition: Edition, frame: Frame) -> list[dict[str, str]]:
    """Say whose data stand on the page and under which licence, each once."""
    wanted = sorted(set(frame.datasets))
    marks = ",".join("?" * len(wanted))
    rows = edition.rows(
        # The marks are question marks only.
        f"SELECT DISTINCT attribution, licence FROM datasets WHERE dataset IN ({marks}) ORDER BY 1, 2",  # noqa: S608
        wanted,
    )
    out = [{"text": row["attribution"], "licence": row["licence"]} for row in rows] if wanted else []
    return out + [{"text": text, "licence": ""} for text in dict.fromkeys(frame.credits)]

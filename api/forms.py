"""The forms a thing can be asked for, and how one is chosen.

In:   an address that may end in a suffix, and the header Accept
Out:  one form, the headers that name the others, and the tag by which a client knows what it has

One table holds every media type and suffix. A suffix wins over Accept. What is offered depends on the thing,
so each door passes its own forms; the rules of choosing are those of RFC 9110, section 12.5.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from api.failures import Failure


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `aliases` are other media types that people ask for and mean this by.

    An alias is answered under its own name, with the bytes of the form.
    """

    suffix: str
    media_type: str
    label: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.media_type, *self.aliases)


# The order is the server's preference between forms that a client likes equally.
FORMS: tuple[Form, ...] = (
    Form("html", "text/html", "Page", ("application/xhtml+xml",)),
    Form("json", "application/json", "JSON"),
    Form("jsonld", "application/ld+json", "JSON-LD"),
    Form(
        "ttl", "text/turtle", "Turtle", ("text/n3", "text/rdf+n3", "application/x-turtle", "application/trig")
    ),
    Form("nt", "application/n-triples", "N-Triples", ("text/plain",)),
    Form("nq", "application/n-quads", "N-Quads", ("text/x-nquads",)),
    Form("rdf", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml")),
    Form("csv", "text/csv", "CSV"),
)

BY_SUFFIX = {form.suffix: form for form in FORMS} | {
    # Endings that other tools write.
    "xml": next(form for form in FORMS if form.suffix == "rdf"),
    "htm": next(form for form in FORMS if form.suffix == "html"),
    "json-ld": next(form for form in FORMS if form.suffix == "jsonld"),
}

HTML, JSON, JSONLD, TURTLE, N_TRIPLES, N_QUADS, RDF_XML, CSV = FORMS

GRAPH_FORMS = (TURTLE, JSONLD, N_TRIPLES, N_QUADS, RDF_XML)
DOCUMENT_FORMS = (HTML, JSON, *GRAPH_FORMS)
TABLE_FORMS = (*DOCUMENT_FORMS, CSV)

# Forms of figures alone, chosen by the parameter format or by Accept; no address ends in them. JSON-stat has no
# registered media type: this one is its own.
JSONSTAT = Form("jsonstat", "application/vnd.json-stat+json", "JSON-stat")
XLSX = Form("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX")
PARQUET = Form("parquet", "application/vnd.apache.parquet", "Parquet")
ARROW = Form("arrow", "application/vnd.apache.arrow.stream", "Arrow")

EVERY_FORM = (*FORMS, JSONSTAT, XLSX, PARQUET, ARROW)


@dataclass(frozen=True, slots=True)
class Choice:
    """A form and the media type it is to be answered under."""

    form: Form
    media_type: str

    @property
    def content_type(self) -> str:
        """The header Content-Type."""
        return content_type(self.media_type)


def content_type(media_type: str) -> str:
    """Name a media type with its encoding, where it has a parameter for that.

    >>> content_type("text/turtle"), content_type("application/json")
    ('text/turtle; charset=utf-8', 'application/json')
    """
    has_charset = media_type.startswith("text/") or media_type.endswith(("/xml", "+xml"))
    return f"{media_type}; charset=utf-8" if has_charset else media_type


def split_suffix(path: str, offered: Iterable[Form] = FORMS) -> tuple[str, Form | None]:
    """Split a form's ending off the last part of an address.

    A dot that is not followed by a form's ending belongs to the name.

    >>> split_suffix("E09000015.ttl")[0], split_suffix("household-waste/v1.0.0")[0]
    ('E09000015', 'household-waste/v1.0.0')
    """
    stem, dot, ending = path.rpartition(".")
    if not dot or not stem or stem.endswith("/") or "/" in ending:
        return path, None
    form = BY_SUFFIX.get(ending.lower())
    if form is None or form not in offered:
        return path, None
    return stem, form


@lru_cache(maxsize=1024)
def read_accept(header: str) -> tuple[tuple[str, str, float], ...]:
    """Read the header Accept as (type, subtype, quality). Parameters other than q are passed over.

    What cannot be read is left out, as RFC 9110 allows; a header of which nothing is left counts as absent.

    >>> read_accept("text/turtle;q=0.5, */*;q=0.1")
    (('text', 'turtle', 0.5), ('*', '*', 0.1))
    """
    ranges = []
    for part in header.split(",")[:64]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        kind, slash, subtype = name.partition("/")
        if not slash or not kind or not subtype or (kind == "*" and subtype != "*"):
            continue
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = _read_quality(value.strip())
        ranges.append((kind, subtype, quality))
    return tuple(ranges)


def _read_quality(text: str) -> float:
    """Read a q value; one that is not between 0 and 1 counts as the least there is, never as a refusal."""
    try:
        quality = float(text)
    except ValueError:
        return 0.001
    return quality if 0.0 <= quality <= 1.0 else 0.001


def quality_of(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """Say how much a client likes a media type: the quality of the most exact range that fits it."""
    kind, _, subtype = media_type.partition("/")
    best = (-1, 0.0)
    for range_kind, range_subtype, quality in ranges:
        if range_kind == kind and range_subtype == subtype:
            exactness = 2
        elif range_kind == kind and range_subtype == "*":
            exactness = 1
        elif range_kind == "*":
            exactness = 0
        else:
            continue
        best = max(best, (exactness, quality))
    return best[1]


@lru_cache(maxsize=4096)
def find_choice(accept: str | None, offered: tuple[Form, ...]) -> Choice | None:
    """Choose the form a client likes best; of those it likes equally, the one offered first.

    A form's own media type wins over its aliases, so that `*/*` never gives an old name.
    """
    ranges = read_accept(accept) if accept else ()
    if not ranges:
        return Choice(offered[0], offered[0].media_type)
    best: Choice | None = None
    best_quality = 0.0
    for is_alias in (False, True):
        for form in offered:
            for name in form.aliases if is_alias else (form.media_type,):
                quality = quality_of(name, ranges)
                # An alias is meant only where it is named; a wildcard means the form itself.
                if is_alias and tuple(name.split("/")) not in {(kind, sub) for kind, sub, _ in ranges}:
                    continue
                if quality > best_quality:
                    best, best_quality = Choice(form, name), quality
    return best


def choose(accept: str | None, offered: tuple[Form, ...]) -> Choice:
    """Choose a form as find_choice does.

    Raises Failure (406) with the media types on offer if none is accepted.
    """
    choice = find_choice(accept, offered)
    if choice is None:
        raise not_offered(offered)
    return choice


def not_offered(offered: Sequence[Form]) -> Failure:
    """Refuse with the media types on offer."""
    names = [form.media_type for form in offered]
    return Failure(
        "form-not-offered",
        f"This is available as {', '.join(names)}.",
        headers={"Vary": "Accept"},
        offered=names,
    )


def prefers_html(accept: str | None) -> bool:
    """Say whether a client is a browser: it names text/html and likes nothing of ours better."""
    ranges = read_accept(accept) if accept else ()
    if not any(kind == "text" and subtype == "html" and quality > 0 for kind, subtype, quality in ranges):
        return False
    page = quality_of("text/html", ranges)
    return all(
        quality_of(name, ranges) <= page
        for form in FORMS
        for name in form.names
        if tuple(name.split("/")) in {(kind, sub) for kind, sub, _ in ranges}
    )


@cache
def code_digest() -> str:
    """Digest the code that makes representations: after a new release no old one counts as current."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for room in ("api", "compare", "schemas"):
        for path in sorted((root / room).rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".pyo"}:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def etag(edition_digest: str, address: str) -> str:
    """Make the strong tag of what an address answers in an edition.

    address   path and query, with the suffix or the media type that was chosen

    The bytes follow from the edition, the address and our code, so nothing needs to be built to know the tag.
    """
    told = f"{edition_digest}\0{code_digest()}\0{address}"
    return f'"{hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def has_tag(if_none_match: str | None, tag: str) -> bool:
    """Say whether a client already has what the tag stands for. `*` is left to the caller, who knows.

    >>> has_tag('W/"a", "b"', '"b"'), has_tag("*", '"b"')
    (True, False)
    """
    if not if_none_match:
        return False
    return any(part.strip().removeprefix("W/") == tag for part in if_none_match.split(","))


def link(target: str, relation: str, **attributes: str) -> str:
    """Write one link of the header Link.

    >>> link("/areas/E09000015.ttl", "alternate", type="text/turtle")
    '</areas/E09000015.ttl>; rel="alternate"; type="text/turtle"'
    """
    parts = [f"<{target}>", f'rel="{relation}"', *(f'{key}="{value}"' for key, value in attributes.items())]
    return "; ".join(parts)


def alternates(address: str, offered: Sequence[Form], chosen: Form) -> list[str]:
    """Write links to the other forms of a document at `address` (which has no suffix)."""
    return [
        link(f"{address}.{form.suffix}", "alternate", type=form.media_type)
        for form in offered
        if form is not chosen
    ]

"""What machines ask of a site: is it well, what has it counted, what may be crawled, what is there.

In:   nothing but the current edition
Out:  /healthz, /metrics, /robots.txt, /sitemap.xml, /openapi.json
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from xml.sax.saxutils import escape

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from api.answers import dump
from api.edition import Edition
from api.failures import Failure
from api.openapi import describe
from api.replies import Reply, edition_of, root_of
from schemas import load_model
from schemas.questions import load_questions

router = APIRouter(include_in_schema=False)

# What the sitemaps protocol permits in one file.
MOST_ADDRESSES = 50_000

# Kinds that people look for. The others are reached from these.
_MAPPED = ("area", "indicator", "dataset", "group", "body", "framework", "scale", "target", "judgement")

# The pages that are there whatever is published.
_FIRST = (
    "",
    "areas",
    "indicators",
    "datasets",
    "groups",
    "frameworks",
    "questions",
    "signals",
    "revisions",
    "register",
    "methods",
    "downloads",
    "api",
    "sparql",
    "data/",
)


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Answer 200 once an edition is served."""
    edition = edition_of(request)
    edition.value("SELECT 1")
    body = dump({"status": "ok", "edition": edition.name, "digest": edition.digest})
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Answer the counts of this worker process."""
    edition = edition_of(request)
    text = request.app.state.metrics.write({"edition": edition.name, "digest": edition.digest})
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"}
    return Response(text, headers=headers)


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    """Say what may be crawled: every page, but not every way a table can be sorted and every query."""
    edition = edition_of(request)
    reply = Reply(request, edition, "text/plain")
    root = root_of(edition)
    lines = [
        "User-agent: *",
        f"Disallow: {root}/data/*?",
        f"Disallow: {root}/sparql?",
        f"Disallow: {root}/search?",
        f"Disallow: {root}/compare?",
        "",
        f"Sitemap: {edition.base}sitemap.xml",
    ]
    return reply.unchanged() or reply.send(("\n".join(lines) + "\n").encode())


@router.get("/sitemap.xml")
async def sitemap(request: Request) -> Response:
    """List the sitemaps: one for each kind of thing, and more where a kind has very many."""
    edition = edition_of(request)
    reply = Reply(request, edition, "application/xml")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    names = ["pages"]
    for kind in _MAPPED:
        parts = -(-_count(edition, kind) // MOST_ADDRESSES)
        names += [f"{load_model().kinds[kind].address}-{part}" for part in range(1, parts + 1)]
    entries = "".join(
        f"<sitemap><loc>{escape(edition.base)}sitemap/{name}.xml</loc></sitemap>\n" for name in names
    )
    return reply.send(_xml("sitemapindex", entries))


@router.get("/sitemap/{name}.xml")
async def sitemap_part(request: Request, name: str) -> Response:
    """List addresses of documents."""
    edition = edition_of(request)
    reply = Reply(request, edition, "application/xml")
    unchanged = reply.unchanged()
    if unchanged is not None:
        return unchanged
    addresses = list(_addresses(edition, name))
    if not addresses:
        raise Failure("address-unknown", f"There is no sitemap '{name[:100]}'.")
    entries = "".join(f"<url><loc>{escape(edition.base + address)}</loc></url>\n" for address in addresses)
    return reply.send(_xml("urlset", entries))


def _xml(root: str, entries: str) -> bytes:
    heading = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'{heading}<{root} xmlns="{space}">\n{entries}</{root}>\n'.encode()


def _key(kind: str) -> tuple[str, str]:
    """Give the table and the expression of a kind's notation, both of our own model."""
    if kind == "indicator":
        return "indicator_heads", '"indicator"'
    schema = load_model().tables[load_model().kinds[kind].table or ""]
    return schema.name, " || '/' || ".join(f'"{column}"' for column in schema.primary_key)


def _count(edition: Edition, kind: str) -> int:
    table, _ = _key(kind)
    return int(edition.value(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - a table of our own model


def _addresses(edition: Edition, name: str) -> Iterator[str]:
    if name == "pages":
        yield from _FIRST
        yield from (f"questions/{question}" for question in load_questions())
        return
    address, _, number = name.rpartition("-")
    for kind in _MAPPED:
        if load_model().kinds[kind].address == address and number.isdecimal() and len(number) < 6:
            table, key = _key(kind)
            # A table and columns of our own model; the place is bound.
            sql = f'SELECT {key} FROM "{table}" ORDER BY 1 LIMIT {MOST_ADDRESSES} OFFSET ?'  # noqa: S608
            for row in edition.rows(sql, ((int(number) - 1) * MOST_ADDRESSES,)):
                yield f"{address}/{quote(row[0])}"


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Answer the description of the API."""
    edition = edition_of(request)
    reply = Reply(request, edition, "application/json")
    app: FastAPI = request.app
    return reply.unchanged() or reply.send(dump(describe(app, edition)))

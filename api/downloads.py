"""/downloads/…: the files of an edition, whole or in part.

In:   the path of a file that the edition lists
Out:  its bytes, with its media type, a strong tag, and ranges as RFC 9110 has them

Only files that lie in the edition's downloads are ever opened: a path is looked up, never followed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.as_of import is_settled
from api.edition import Edition
from api.failures import Failure
from api.forms import content_type, has_tag
from api.replies import CURRENT, PINNED, edition_of, editions_of, root_of

router = APIRouter()

_PIECE = 256 << 10

# By the whole ending: a compressed file is served as what it is, not as what is in it.
MEDIA_TYPES: Mapping[str, str] = {
    ".csv": "text/csv",
    ".db": "application/vnd.sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".nq": "application/n-quads",
    ".nt": "application/n-triples",
    ".parquet": "application/vnd.apache.parquet",
    ".rdf": "application/rdf+xml",
    ".svg": "image/svg+xml",
    ".trig": "application/trig",
    ".ttl": "text/turtle",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}

# Shown by a browser; everything else is saved.
_SHOWN = frozenset({".csv", ".json", ".jsonld", ".md", ".nt", ".svg", ".ttl", ".txt"})


def list_files(edition: Edition) -> Mapping[str, Path]:
    """List the files of an edition by their paths below /downloads/."""
    return edition.once("downloads", lambda: _walk(edition.folder / "downloads"))


def _walk(folder: Path) -> dict[str, Path]:
    found = {}
    for parent, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(folder).as_posix()] = path
    return dict(sorted(found.items()))


@router.get("/downloads/{path:path}", include_in_schema=False)
async def download(request: Request, path: str) -> Response:
    """Answer a file of the edition."""
    edition = edition_of(request)
    if not path:
        return Response(status_code=301, headers={"Location": f"{root_of(edition)}/downloads"})
    file = list_files(edition).get(path)
    if file is None:
        raise Failure("address-unknown", "The edition has no such file. /downloads lists those there are.")
    size = file.stat().st_size
    digest = find_digest(edition, path)
    tag = f'"{digest[:32]}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": PINNED if is_settled(request, editions_of(request)) else CURRENT,
        "Content-Type": content_type(_media_type(file)),
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:",
    }
    if file.suffix not in _SHOWN:
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    told_tags = request.headers.get("if-none-match", "")
    if told_tags.strip() == "*" or has_tag(told_tags, tag):
        return Response(status_code=304, headers={**headers})
    start, end = 0, size
    status = 200
    part = request.headers.get("range")
    if part is not None and request.headers.get("if-range", tag) == tag:
        chosen = read_range(part, size)
        if chosen is not None:
            start, end = chosen
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(_pieces(file, start, end), status_code=status, headers=headers)


def find_digest(edition: Edition, path: str) -> str:
    """Give the SHA-256 of a file, as the manifest has it; worked out once where it does not."""
    told = edition.manifest.get("downloads", {}).get(path, {})
    if isinstance(told, dict) and "sha256" in told:
        return str(told["sha256"])
    file = list_files(edition)[path]
    return edition.once(("digest", path), lambda: hashlib.sha256(file.read_bytes()).hexdigest())


def _media_type(file: Path) -> str:
    if not file.suffix:
        return "text/plain"
    return MEDIA_TYPES.get(file.suffix, "application/octet-stream")


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """Read the header Range as a start and an end (past the last byte).

    None where the whole file is to be answered: other units, several parts, or what cannot be read.

    Raises Failure (416) for a part that the file does not have.

    >>> read_range("bytes=0-99", 1000), read_range("bytes=-10", 1000), read_range("bytes=0-1,5-6", 1000)
    ((0, 100), (990, 1000), None)
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
        if match[2] and int(match[2]) < start:
            return None
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise Failure(
            "range-not-satisfiable",
            f"The file has {size:,} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end


async def _pieces(file: Path, start: int, end: int) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as opened:
        await opened.seek(start)
        left = end - start
        while left > 0:
            piece = await opened.read(min(_PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece

"""The envelope of every JSON answer, its parts, and the same rows as CSV.

In:   rows, the edition they are from, the query as it was understood
Out:  bytes of JSON with edition, licence, source, query, count, next and items; or CSV, in a stream

A list that is read in parts stays on the edition it was begun on: the cursor names it.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.edition import Edition
from api.failures import Failure
from api.forms import CSV, JSON, Choice, choose, link
from api.licences import licence_address
from api.replies import Reply, editions_of, root_of, root_of_site
from ingest.exchange import FORMULA_GUARD, FORMULA_MARKS

Row = dict[str, Any]

# Columns that say where a row came from; the envelope says it in words.
_HIDDEN = ("_source", "_row")

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def dump(document: Any) -> bytes:
    """Write JSON."""
    return orjson.dumps(document)


def choose_form(request: Request, named: str | None) -> Choice:
    """Choose JSON or CSV: the parameter `format` wins over Accept.

    Raises Failure (406) if neither is accepted.
    """
    if named is not None:
        return Choice(CSV, CSV.media_type) if named == "csv" else Choice(JSON, JSON.media_type)
    return choose(request.headers.get("accept"), (JSON, CSV))


def begin(request: Request, edition: Edition, choice: Choice) -> Reply:
    """Begin an answer of the API."""
    return Reply(request, edition, choice.media_type, vary="Accept")


def write_cursor(edition: Edition, key: Sequence[str | int]) -> str:
    """Make the opaque text from which a list goes on after the row with this key."""
    return base64.urlsafe_b64encode(orjson.dumps([edition.name, *key])).decode().rstrip("=")


def read_cursor(
    request: Request, cursor: str | None, like: Sequence[Any]
) -> tuple[Edition | None, Sequence[Any]]:
    """Read a cursor as the edition it is bound to and the key to go on after.

    like    an example of the key, whose length and types the cursor's must have

    Raises Failure: cursor-unknown for a text that is not ours, edition-gone where its edition is not kept.
    """
    if cursor is None:
        return None, ()
    unknown = Failure("cursor-unknown", f"'{cursor[:60]}' is not a cursor of this list.")
    try:
        told = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise unknown from None
    if not isinstance(told, list) or len(told) != len(like) + 1 or not isinstance(told[0], str):
        raise unknown
    name, *key = told
    if any(type(part) is not type(example) for part, example in zip(key, like, strict=True)):
        raise unknown
    edition = editions_of(request).find(name)
    if edition is None:
        raise Failure("edition-gone", f"The edition '{name[:60]}' that this list was begun on is not kept.")
    return edition, key


def next_link(request: Request, cursor: str) -> str:
    """Give the address of the next part of a list, as the client sees this server."""
    pairs = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    host = str(request.base_url).rstrip("/")
    return f"{host}{root_of_site(request)}{request.url.path}?{urlencode([*pairs, ('cursor', cursor)])}"


def envelope(edition: Edition, sources: Sequence[Row], query: Mapping[str, Any]) -> Row:
    """Begin an answer: which edition, under which licence, from which source, to which question."""
    since = edition.pin.since if edition.pin else None
    return {
        "edition": edition.name,
        "edition_uri": edition.uri("edition", edition.name),
        **({"since": since} if since else {}),
        **({"preview": True} if edition.is_preview else {}),
        "licence": list(dict.fromkeys(source["licence"] for source in sources if source.get("licence"))),
        "source": list(sources),
        "query": {key: value for key, value in query.items() if value not in (None, [], ())},
    }


def standing_links(edition: Edition, sources: Sequence[Row]) -> list[str]:
    """Link to the licences, and to what describes the answer."""
    described = link(f"{root_of(edition)}/openapi.json", "service-desc", type="application/json")
    return [*licence_links(sources), described]


def licence_links(sources: Sequence[Row]) -> list[str]:
    """Link to the licences of some sources, each once."""
    licences = dict.fromkeys(source["licence"] for source in sources if source.get("licence"))
    return [link(licence, "license") for licence in licences if _is_safe(licence)]


def _is_safe(address: str) -> bool:
    """Say whether an address from a publisher's file may stand in a header."""
    return address.startswith(("http://", "https://")) and not any(char in address for char in '<>"\\ \r\n\t')


def sources_of_rows(edition: Edition, rows: Iterable[sqlite3.Row | Mapping[str, Any]]) -> list[Row]:
    """Say which publishers' files some rows of standard tables were read from."""
    known = edition.once("sources", lambda: _read_sources(edition))
    numbers = sorted({row["_source"] for row in rows if row["_source"] is not None})
    return list({tuple(known[n].items()): known[n] for n in numbers if n in known}.values())


def sources_of_signals(edition: Edition, rows: Iterable[sqlite3.Row | Mapping[str, Any]]) -> list[Row]:
    """Say where some signals come from: the datasets of their figures, the files of their judgements."""
    told = list(rows)
    found = sources_of_datasets(edition, [row["dataset"] for row in told if row["dataset"]])
    judged = [row["judgement"] for row in told if "judgement" in row.keys() and row["judgement"]]  # noqa: SIM118 - a row of SQLite is no mapping
    if judged:
        marks = ", ".join("?" * len(judged))
        # Only marks are put into the statement.
        files = edition.rows(f"SELECT DISTINCT _source FROM judgements WHERE judgement IN ({marks})", judged)  # noqa: S608
        found += sources_of_rows(edition, files)
    return found


def _sources_of_all_signals(edition: Edition) -> list[Row]:
    datasets = edition.rows("SELECT DISTINCT dataset FROM signals WHERE dataset IS NOT NULL")
    files = edition.rows(
        "SELECT DISTINCT j._source FROM signals s JOIN judgements j ON j.judgement = s.judgement"
    )
    return sources_of_datasets(edition, [row[0] for row in datasets]) + sources_of_rows(edition, files)


def _sources_of_revisions(edition: Edition) -> list[Row]:
    datasets = edition.rows("SELECT DISTINCT dataset FROM revisions")
    return sources_of_datasets(edition, [row[0] for row in datasets])


def sources_of_table(edition: Edition, table: str) -> list[Row]:
    """Say which publishers' files all rows of a standard table were read from; `table` is of our own model."""
    if table == "signals":
        return edition.once("sources of signals", lambda: _sources_of_all_signals(edition))
    if table == "revisions":
        return edition.once("sources of revisions", lambda: _sources_of_revisions(edition))
    sql = f'SELECT DISTINCT _source FROM "{table}"'  # noqa: S608
    return edition.once(sql, lambda: sources_of_rows(edition, edition.rows(sql)))


def _read_sources(edition: Edition) -> dict[int, Row]:
    rows = edition.rows(
        "SELECT source, title, publisher, licence, package, resource, file, sha256 FROM sources"
    )
    found = {}
    for row in rows:
        told = dict(row)
        number = told.pop("source")
        found[number] = {**told, "licence": licence_address(told["licence"])}
    return found


def sources_of_datasets(edition: Edition, datasets: Iterable[str]) -> list[Row]:
    """Say whose figures some datasets are, with the words that must stand beside them."""
    known = edition.once("datasets", lambda: _read_datasets(edition))
    return [known[dataset] for dataset in sorted(set(datasets)) if dataset in known]


def _read_datasets(edition: Edition) -> dict[str, Row]:
    rows = edition.rows(
        "SELECT d.dataset, d.title, b.label AS publisher, d.licence, d.attribution, d.source, d.released_on"
        " FROM datasets AS d LEFT JOIN bodies AS b ON b.body = d.publisher"
    )
    return {row["dataset"]: dict(row) for row in rows}


def plain(row: sqlite3.Row | Mapping[str, Any]) -> Row:
    """Give a row without the columns that say where it came from."""
    return {key: value for key, value in dict(row).items() if key not in _HIDDEN}


def csv_lines(fields: Sequence[str], rows: Iterable[Mapping[str, Any]], *, heading: bool = True) -> bytes:
    """Write rows as CSV (RFC 4180); an absent value is an empty cell, a list is joined by semicolons."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if heading:
        writer.writerow(fields)
    writer.writerows([_cell(row.get(field)) for field in fields] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ";".join(str(item) for item in value) if isinstance(value, list) else value
    # A text that a spreadsheet would run gets an apostrophe, as in the downloads; a number never does.
    if isinstance(text, str) and text[:1] in FORMULA_MARKS and not _NUMBER.fullmatch(text):
        return f"{FORMULA_GUARD}{text}"
    return text


def stream_csv(
    reply: Reply, fields: Sequence[str], chunks: Iterator[Sequence[Mapping[str, Any]]], links: Iterable[str]
) -> Response:
    """Answer CSV of any length in parts. One that breaks off has no proper end, so a reader can tell."""

    async def parts() -> Any:
        yield csv_lines(fields, ())
        for chunk in chunks:
            yield csv_lines(fields, chunk, heading=False)

    return StreamingResponse(parts(), headers=reply.told(links))

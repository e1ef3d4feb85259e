"""A table of figures is sent in the form that was asked for.

In:   a reply in the making, FigureTable, the form
Out:  the response; a file too long for its form is refused before it is made

What takes long is made in a thread. Files have their length in the answer's head, so one that is cut is noticed.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import IO, Any
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import csv_lines, dump, standing_links
from api.failures import Failure
from api.figure_forms.arrow import write_arrow, write_parquet
from api.figure_forms.jsonstat import write_jsonstat
from api.figure_forms.receipt import Receipt
from api.figure_forms.table import FigureTable
from api.figure_forms.workbook import write_workbook
from api.forms import ARROW, CSV, JSON, JSONSTAT, PARQUET, XLSX, Choice, Form, choose, link
from api.replies import Reply, root_of_site

FIGURE_FORMS: tuple[Form, ...] = (JSON, CSV, JSONSTAT, XLSX, PARQUET, ARROW)

# The only form that has no media type of its own: JSON that holds nothing but the receipt of the CSV.
RECEIPT = "receipt"

FORMAT_PATTERN = f"^({'|'.join([*(form.suffix for form in FIGURE_FORMS), RECEIPT])})$"
FORMAT_WORDS = (
    "The form of the answer; it wins over Accept: json, csv, xlsx, jsonstat, parquet or arrow. "
    "receipt: what the CSV holds, to check it by. CSV and files without a limit hold every row."
)

# The most rows of one file. Sheets and cubes are read whole into memory; the others are read in parts.
_MOST_ROWS = {JSONSTAT: 100_000, XLSX: 100_000, PARQUET: 2_000_000, ARROW: 2_000_000}

_PIECE = 256 << 10


def choose_figures(request: Request, named: str | None, offered: Sequence[Form] = FIGURE_FORMS) -> Choice:
    """Choose a form of figures: the parameter `format` wins over Accept.

    Raises Failure (406) if none is accepted.
    """
    if named == RECEIPT:
        return Choice(JSON, JSON.media_type)
    for form in offered:
        if form.suffix == named:
            return Choice(form, form.media_type)
    return choose(request.headers.get("accept"), tuple(offered))


def receipt_link(request: Request) -> str:
    """Link an answer to the receipt of the same question."""
    dropped = {"format", RECEIPT}
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in dropped]
    address = f"{root_of_site(request)}{request.url.path}?{urlencode([*pairs, ('format', RECEIPT)])}"
    return link(address, "describedby", type=JSON.media_type)


async def send_file(
    reply: Reply, table: FigureTable, choice: Choice, links: Sequence[str] = (), *, ends: bool = False
) -> Response:
    """Send a table of figures in any form but JSON, which each door writes itself.

    ends   CSV has a last line that says so, with the number of rows and their digest

    Raises Failure (422) for more rows than a file of the form may have.
    """
    form = choice.form
    most = _MOST_ROWS.get(form)
    if most is not None and table.count > most:
        raise Failure(
            "file-too-long",
            f"There are {table.count:,} rows; a file of the form {form.label} has {most:,} at most.",
        )
    every = [*standing_links(table.edition, table.about["source"]), *links]
    # Only the addresses of the API have a receipt; a thing's document is a fixed form.
    if reply.request.url.path.startswith("/api/"):
        every.append(receipt_link(reply.request))
    if form is CSV:
        return _stream_csv(reply, table, every, ends=ends)
    if form is JSONSTAT:
        body = await anyio.to_thread.run_sync(lambda: dump(write_jsonstat(table)))
        return reply.send(body, every)
    name = f"{table.name}-{table.about['edition']}.{form.suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form is XLSX:
        body = await anyio.to_thread.run_sync(write_workbook, table)
        return reply.send(body, every, headers)
    file = await anyio.to_thread.run_sync(_write_file, table, form)
    length = file.seek(0, 2)
    return StreamingResponse(
        _pieces(file), headers={**reply.told(every, headers), "Content-Length": str(length)}
    )


def _write_file(table: FigureTable, form: Form) -> IO[bytes]:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=8 << 20)  # noqa: SIM115 - closed when it was sent
    try:
        (write_parquet if form is PARQUET else write_arrow)(table, file)
    except BaseException:
        file.close()
        raise
    return file


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _stream_csv(reply: Reply, table: FigureTable, links: Sequence[str], *, ends: bool) -> Response:
    """Send CSV of any length in parts."""
    receipt = Receipt()

    async def parts() -> Any:
        yield csv_lines(table.fields, ())
        for chunk in table.chunks():
            if ends:
                receipt.add(chunk)
            yield csv_lines(table.fields, chunk, heading=False)
        if ends:
            yield receipt.end_line

    return StreamingResponse(parts(), headers=reply.told(links))


async def send_receipt(reply: Reply, table: FigureTable, *, complete: bool = True) -> Response:
    """Send the receipt of a table and nothing else."""

    def make() -> bytes:
        receipt = Receipt()
        for chunk in table.chunks():
            receipt.add(chunk)
        return dump({**table.about, "receipt": receipt.as_row(complete=complete)})

    body = await anyio.to_thread.run_sync(make)
    return reply.send(body, standing_links(table.edition, table.about["source"]))

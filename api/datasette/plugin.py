"""What Datasette does otherwise here than by itself, as hooks of its own.

In:   a connection, a cell, a page
Out:  bounds on what a visitor's SQL can use; links from codes to our pages; our frame around every page
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from datasette import hookimpl
from datasette.utils.asgi import Base400
from datasette.utils.asgi import Response as AsgiResponse
from datasette.views.base import DatasetteError
from markupsafe import Markup

from api.named_columns import KINDS
from api.pages.page import Frame, Link, address_of, with_query
from api.things import observation_notation
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

DATABASE = "catalogue"

_log = logging.getLogger(__name__)

# What one statement of a visitor may use. Time is bounded by Datasette itself.
LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 5_000_000),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 20_000),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500),
)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette has no types
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Bound what a statement can use, and keep the server's own paths out of sight."""
    if database != DATABASE or not _is_ours(datasette):
        return
    for category, most in LIMITS:
        conn.setlimit(category, most)
    conn.execute("PRAGMA query_only = 1")
    conn.set_authorizer(_authorize)


def _is_ours(datasette: Any) -> bool:
    """Say whether a Datasette serves an edition. Plugins are one list for all of a process."""
    return hasattr(datasette, "edition")


def _authorize(action: int, first: str | None, *_: object) -> int:
    # The list of databases holds the path of the file on the server.
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() == "database_list":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@hookimpl  # type: ignore[untyped-decorator]  # Datasette has no types
def render_cell(row: Any, value: Any, column: str, table: str | None, datasette: Any) -> Markup | None:
    """Link a code to the page of what it stands for."""
    if not isinstance(value, str) or not value or not _is_ours(datasette):
        return None
    if value.startswith(("http://", "https://")):
        return _outside(value)
    root = urlsplit(datasette.edition.base).path.rstrip("/")
    listed = _code_lists(table).get(column) if table is not None else None
    if listed is not None:
        return _code(datasette.edition, root, listed, value)
    kind = _kind_of(table, column)
    if kind is None:
        return None
    parts = [value]
    if kind == "framework" and table is not None and "version" in row.keys():  # noqa: SIM118 - a row of SQLite
        parts.append(row["version"])
    # A code of the catalogue has a form that needs no escaping, but a visitor's SQL can make any text.
    notation = "/".join(quote(str(part), safe="") for part in parts)
    return Markup('<a href="{}/{}/{}">{}</a>').format(root, load_model().kinds[kind].address, notation, value)


@cache
def _code_lists(table: str) -> Mapping[str, str]:
    """Give the code list of each column of a table that has one."""
    model = load_model()
    schema = model.derived.get(table) or model.tables.get(table)
    fields = schema.fields if schema is not None else ()
    return {field.name: field.code_list for field in fields if field.code_list is not None}


def code_label(edition: Edition, code_list: str, code: str) -> str:
    """Give the name of a code; the code itself where the edition does not have it."""
    labels: Mapping[tuple[str, str], str] = edition.once(
        "labels of codes",
        lambda: {
            (row[0], row[1]): row[2] for row in edition.rows("SELECT code_list, code, label FROM codes")
        },
    )
    return labels.get((code_list, code), code)


def _code(edition: Edition, root: str, code_list: str, code: str) -> Markup:
    """Show a code by its name. The code stands behind it where the two differ: it is what a filter wants."""
    label = code_label(edition, code_list, code)
    address = f"{root}/{load_model().kinds['code'].address}/{code_list}/{quote(code, safe='')}"
    behind = Markup(' <span class="note">{}</span>').format(code)
    alike = label.lower().replace(" ", "-") == code.lower()
    return Markup('<a href="{}">{}</a>{}').format(address, label, "" if alike else behind)


def _outside(value: str) -> Markup:
    """Show a publisher's address as a link that says nothing of us to where it leads."""
    return Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(value, value)


def _kind_of(table: str | None, column: str) -> str | None:
    """Say which kind of thing a column names. Columns are named alike in tables, views and saved queries."""
    # The view figures has names where others have codes.
    if table == "figures" and column in ("area", "indicator", "period", "dataset", "publisher"):
        return None
    return KINDS.get(column)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette has no types
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Callable[[], Awaitable[Any]]:
    """Answer what went wrong, in our frame or as Datasette's JSON.

    Datasette's own answer would first print everything that the server holds in memory at that point.
    """

    async def answer() -> Any:
        title = getattr(exception, "title", None)
        if isinstance(exception, Base400):
            status, message = exception.status, str(exception.args[0] if exception.args else "")
        elif isinstance(exception, DatasetteError):
            status, message = exception.status, _without_marks(str(exception.message))
        else:
            _log.error("a fault of ours below /data/", exc_info=exception)
            status, message = 500, "Something went wrong here. Nothing in the request is to blame."
        told = {"ok": False, "error": message, "status": status, "title": title}
        if request.path.split("?")[0].endswith(".json"):
            more = getattr(exception, "error_dict", None)
            return AsgiResponse.json({**(more or {}), **told}, status=status)
        template = datasette.jinja_env.get_template("error.html")
        return AsgiResponse.html(await template.render_async(told), status=status)

    return answer


def _without_marks(message: str) -> str:
    """Take the HTML out of a message of Datasette's: it is about a visitor's SQL and is shown as text."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", message)).strip()


def template_globals(edition: Edition, queries: Mapping[str, Any]) -> dict[str, Any]:
    """Give what templates ask for, our frame among it, to every template of a Datasette, errors too."""
    root = urlsplit(edition.base).path.rstrip("/")

    def frame(
        path: str,
        title: str,
        lede: str | None = None,
        crumbs: Sequence[tuple[str, str]] = (),
        status: int = 200,
    ) -> Frame:
        return Frame(
            path=f"/data{path}" if path else "",
            title=title,
            status=status,
            lede=lede,
            crumbs=[Link("Data", "/data/"), *(Link(label, address) for label, address in crumbs)],
        )

    def thing_links(table: str, columns: Sequence[str], row: Any) -> list[tuple[str, str]]:
        """Link a row to its page and its URI, if it is a thing."""
        path = _path(table, columns, row)
        if path is None:
            return []
        kind, _, notation = path.partition("/")
        address = f"{root}/{load_model().kinds[kind].address}/{notation}"
        return [("Page", address), ("URI", f"{edition.base}id/{path}")]

    def code_name(table: str, column: str, value: object) -> object:
        """Name a value of a facet: a code by its label."""
        listed = _code_lists(table).get(column)
        return value if listed is None or value is None else code_label(edition, listed, str(value))

    return {
        "address_of": address_of,
        "attributions": [],
        "code_name": code_name,
        "coded_tables": load_model().display.hidden,
        "edition": edition,
        "figures": edition.value("SELECT count(*) FROM observation_rows"),
        "forms": [],
        "make_frame": frame,
        "public": edition.base.rstrip("/"),
        "root": root,
        "statuses": load_model().display.statuses,
        "thing_links": thing_links,
        "topics": [
            (topic, list(inside))
            for topic, inside in groupby(queries.items(), key=lambda one: one[1]["topic"])
        ],
        "with_query": with_query,
    }


def _path(table: str, columns: Sequence[str], row: Any) -> str | None:
    """Give kind and notation of the thing that a row is, or None if it is not one."""
    model = load_model()
    schema = model.tables.get(table) or model.derived.get(table)
    if schema is None or (schema.kind is None and table != "periods"):
        return None
    # Where a cell names a row of another table, Datasette has put its label beside it.
    facts = {
        name: cell["value"] if isinstance(cell, dict) else cell
        for name, cell in zip(columns, row, strict=False)
    }
    if table == "observations":
        return "observation/" + "/".join(observation_notation(facts))
    if table == "periods":
        return f"period/{facts['period']}"
    if schema.kind not in model.kinds:
        return None
    try:
        return schema.subject.format_map(facts)
    except KeyError:
        return None

"""Definitions that are pulled, small enough to be checked by hand: packages of them, and a server that misbehaves."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

from test_checking_world import Row, indicator

REGISTERS: Mapping[str, Sequence[Row]] = {
    "bodies": [{"body": "statistics-office", "label": "Statistics Office", "body_type": "statistics-office"}],
    "code_lists": [
        {"code_list": "theme", "label": "Themes", "definition": "Subjects."},
        {"code_list": "sex", "label": "Sex", "definition": "Sex as recorded."},
    ],
    "codes": [
        {"code_list": "theme", "code": "waste", "label": "Waste"},
        {"code_list": "theme", "code": "work", "label": "Work"},
        {"code_list": "sex", "code": "all", "label": "Everyone", "is_total": "true"},
        {"code_list": "sex", "code": "female", "label": "Female", "parent": "all"},
    ],
    "dimensions": [
        {"dimension": "sex", "label": "Sex", "definition": "Of the person.", "code_list": "sex"},
    ],
}


def recycled(version: str = "1.0.0", **more: str) -> Row:
    """A version of the standard definition that most tests are about."""
    told = {
        "label": "Waste recycled",
        "numerator": "Tonnes recycled",
        "denominator": "Tonnes collected",
        "multiplier": "100",
    }
    return indicator("recycled", version, **{**told, **more})


def after(newer: Row) -> tuple[Row, Row]:
    """Give a newer version with the one before it, which it takes out of use."""
    end = {"status": "withdrawn", "valid_to": "2023-03-31"}
    return recycled(**end), newer | {"valid_from": "2023-04-01"}


def in_work(version: str = "1.0.0", **more: str) -> Row:
    """A definition of another theme."""
    return indicator("in-work", version, **{"label": "People in work", "themes": "work", **more})


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]], **more: object) -> Path:
    """Write a package of standard tables, with nothing in its descriptor but what it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    resources = []
    for table, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        out = StringIO(newline="")
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"{table}.csv").write_text(out.getvalue(), encoding="utf-8")
        resources.append({"name": table, "path": f"{table}.csv"})
    told = {"name": folder.name, "resources": resources, **more}
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def write_standards(
    folder: Path, *definitions: Row, tables: Mapping[str, Sequence[Row]] | None = None, **told: object
) -> Path:
    """Write a package of definitions with the registers that they need, and what else is told of it."""
    return write_tables(folder, {"indicators": definitions, **REGISTERS, **(tables or {})}, **told)


def read_table(folder: Path, table: str) -> list[Row]:
    """Read a table of a package as its file has it."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def versions_of(folder: Path) -> list[str]:
    """List the versions that a package holds: "recycled 1.0.0"."""
    return [f"{row['indicator']} {row['version']}" for row in read_table(folder, "indicators")]


def contents_of(folder: Path) -> dict[str, bytes]:
    """Give every file below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class Answer:
    """What a server says to one path.

    breaks_after    after so many bytes of the content the connection is cut
    """

    content: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks_after: int | None = None
    has_ranges: bool = True


@dataclass
class Server:
    """A server whose answers a test decides. `asked` has each path with the range that was asked for."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def offer(self, folder: Path, at: str = "/") -> None:
        """Offer the files of a folder."""
        for path, content in contents_of(folder).items():
            self.answers[f"{at}{path}"] = Answer(content)


@contextmanager
def serving() -> Iterator[Server]:
    """Serve on a port of this machine until the block ends."""
    served: list[Server] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            told, [server] = self.headers.get("Range", ""), served
            server.asked.append((self.path, told))
            answer = server.answers.get(self.path, Answer(status=404))
            content, status = answer.content, answer.status
            headers = {"Content-Type": "application/octet-stream", **answer.headers}
            if told and answer.has_ranges and status == 200:
                begun = int(told.removeprefix("bytes=").removesuffix("-"))
                status = 206 if begun < len(content) else 416
                headers["Content-Range"] = f"bytes {begun}-{len(content) - 1}/{len(content)}"
                content = content[begun:] if status == 206 else b""
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: answer.breaks_after])
            if answer.breaks_after is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        served.append(Server(f"http://127.0.0.1:{listening.server_address[1]}"))
        try:
            yield served[0]
        finally:
            listening.shutdown()
            thread.join(timeout=30)

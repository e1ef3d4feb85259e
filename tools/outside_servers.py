"""Stores that none of us wrote, started for a test or a measurement on this machine's own address and ended with it.

Oxigraph's server is a package of Python; Virtuoso 7 is Debian's. Each lies in a folder of its own, and what answers
at its port is known to be the process that was started.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from publish.outside_access import open_store_client
from schemas.store_address import StoreAddress, read_store_address

_SECONDS_TO_START = 90

_VIRTUOSO = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
ErrorLogLevel = 7
FileExtend = 200
MaxCheckpointRemap = 2000
Striping = 0
TempStorage = TempDatabase

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
MaxCheckpointRemap = 2000
Striping = 0

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
MaxClientConnections = 10
CheckpointInterval = 0
CaseMode = 2
SchedulerInterval = 10
DirsAllowed = .
ThreadCleanupInterval = 0
ThreadThreshold = 10
ResourcesCleanupInterval = 0
FreeTextBatchSize = 100000
IndexTreeMaps = 64
MaxMemPoolSize = 200000000
MaxQueryMem = 500M
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 4
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
MaxClientConnections = 10
DavRoot = DAV
EnabledDavVSP = 0
HTTPProxyEnabled = 0
ServerThreads = 10
MaxKeepAlives = 10
KeepAliveTimeout = 10
Charset = UTF-8

[URIQA]
DynamicLocal = 0
DefaultHost = localhost:{http}

[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryCostEstimationTime = 400
MaxQueryExecutionTime = 60
DeferInferenceRulesInit = 1
"""


class NotInstalled(Exception):  # noqa: N818 - a state of the machine
    """A program is not here; the message says which, and how to get it."""


@dataclass
class Server:
    """A store that runs. Its address is as site.toml names it."""

    name: str
    folder: Path
    port: int
    command: list[str]
    path: str
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address as it stands in site.toml."""
        return f"sparql+http://127.0.0.1:{self.port}{self.path}"

    def address(self, more: str = "") -> StoreAddress:
        """Read the address, with further parameters."""
        return read_store_address(self.url + more, self.environment)

    def start(self) -> None:
        """Start the process, or start it again, and wait until it and nothing else answers."""
        output = self.folder / "output"
        with output.open("ab") as file:
            # The program and its arguments are those below.
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=file, stderr=file)  # noqa: S603
        end = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < end:
            assert self.process.poll() is None, output.read_text(errors="replace")[-2000:]
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/", timeout=5, trust_env=False)
            except httpx.HTTPError:
                time.sleep(0.1)
                continue
            assert _listens(self.process.pid, self.port), f"another process listens on port {self.port}"
            return
        raise AssertionError(f"{self.name} did not answer: {output.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """End the process at once, as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)

    def ask(self, query: str) -> Any:
        """Ask the store itself, past the product."""
        answer = httpx.post(
            self.address().query,
            data={"query": query},
            headers={"Accept": "application/sparql-results+json"},
            timeout=30,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def count(self, pattern: str) -> int:
        """Count solutions in the store itself."""
        found = self.ask(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
        return int(found["results"]["bindings"][0]["n"]["value"])

    def update(self, text: str) -> None:
        """Change the store itself, past the product."""
        address = self.address()
        with open_store_client(address) as client:
            answer = client.post(
                address.update, content=text, headers={"Content-Type": "application/sparql-update"}
            )
        assert answer.is_success, answer.text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(pid: int, port: int) -> bool:
    """Tell whether a process is the one that listens on a port of this machine."""
    wanted = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[1] == wanted and line[3] == "0A"}
    held = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(str(handle.readlink()))
        except OSError:
            continue
    return bool(sockets & held)


@contextmanager
def oxigraph(folder: Path, *more: str) -> Iterator[Server]:
    """Run an Oxigraph server over a folder. Started again over the same folder, it has what it had."""
    program = Path(sys.executable).with_name("oxigraph")
    if not program.exists():
        raise NotInstalled("NOT TESTED against an Oxigraph server: it is not installed; make dev")
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [str(program), "serve", "--location", "data", "--bind", f"127.0.0.1:{port}", *more]
    with _running(Server("Oxigraph", folder, port, command, "/query?update=/update&gsp=/store")) as server:
        yield server


@contextmanager
def virtuoso(folder: Path, buffers: int = 4000, rows: int = 10_000) -> Iterator[Server]:
    """Run Debian's Virtuoso 7 over a folder. Who writes has to say a name and a password."""
    program = shutil.which("virtuoso-t")
    if program is None:
        raise NotInstalled(
            "NOT TESTED against Virtuoso: it is not installed; apt-get install virtuoso-opensource-7-bin"
        )
    folder.mkdir(parents=True, exist_ok=True)
    sql, port = _free_port(), _free_port()
    told = _VIRTUOSO.format(sql=sql, http=port, buffers=buffers, dirty=buffers * 3 // 4, rows=rows)
    (folder / "virtuoso.ini").write_text(told, encoding="utf-8")
    server = Server(
        "Virtuoso",
        folder,
        port,
        [program, "+foreground", "+configfile", "virtuoso.ini"],
        "/sparql?update=/sparql-auth&gsp=/sparql-graph-crud-auth",
        {"LIKEFORLIKE_RDF_USER": "dba", "LIKEFORLIKE_RDF_PASSWORD": "dba"},
    )
    with _running(server):
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()

"""Hostile requests on a real server: never a fault of ours, always the same shape and the same headers."""

from __future__ import annotations

import http.client
import json
import logging
import select
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_api_world import Served, client, site

from schemas import load_model

__all__ = ["client", "site"]

SEGMENTS = (
    "%00",
    "%ff",
    "%C0%AF",
    "%ED%A0%80",
    "%0A",
    "%7B%7D",
    "%20",
    "a%20b",
    "%3Cscript%3E",
    "%22%3E",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e",
    "%E2%80%AE",
    "%F0%9F%92%A9",
    "a" * 1900,
    "x'%20OR%20'1'='1",
    "%5C",
    "%5E%60%7C",
    "E06000002%00.ttl",
    "~",
    ";",
    "=",
    "*",
)


def fetch(
    site: Served, target: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request target byte for byte, as no careful client would."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("segment", SEGMENTS, ids=range(len(SEGMENTS)))
def test_hostile_segment_is_refused_everywhere(site: Served, segment: str) -> None:
    starts = [
        "/",
        "/id/area/",
        "/areas/",
        "/observations/waste/recycled/",
        "/codes/unit/",
        "/editions/",
        "/downloads/",
    ]
    starts += [
        "/def/",
        "/problems/",
        "/api/v1/profile/",
        "/static/",
        "/data/",
        "/data/catalogue/areas/",
        "/sitemap/",
    ]
    for start in starts:
        for target in (start + segment, f"{start}{segment}.ttl"):
            status, headers, body = fetch(site, target)
            assert 300 <= status < 500, (target, status, body[:200])
            assert "x-content-type-options" in headers
            location = headers.get("location", "/")
            assert location.startswith("/"), (target, location)
            assert not location.startswith("//"), (target, location)


def test_headers_without_an_end_are_not_kept_in_memory(site: Served) -> None:
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Endless: ")
        sent, answer = 0, b""
        while not answer and sent < 1 << 20:
            try:
                connection.sendall(b"a" * (1 << 14))
                sent += 1 << 14
                ready, _, _ = select.select([connection], [], [], 0.05)
                answer = connection.recv(1 << 12) if ready else b""
            except ConnectionError:
                break
    assert sent < 1 << 18
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("kind", sorted(load_model().kinds))
def test_hostile_notation_of_every_kind_is_refused(site: Served, kind: str) -> None:
    for segment in SEGMENTS[:8]:
        for depth in (1, 3):
            status, _, _ = fetch(site, f"/id/{kind}/" + "/".join([segment] * depth))
            assert status in (400, 404)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/areas/%00", 400),
        ("/areas/%ff", 400),
        ("/search?q=%ff", 400),
        ("/search?q=%00", 400),
        ("/" + "a" * 2001, 414),
        ("/search?q=" + "a" * 60001, 414),
        ("/api/v1/areas?cursor=" + "a" * 1001, 400),
        ("/api/v1/areas?" + "&".join(f"area=E{n:08}" for n in range(101)), 400),
        ("//evil.example/", 404),
        ("//evil.example/areas/", 404),
        ("/api/v1/areas?limit=99999999999999999999", 400),
        ("/api/v1/observations?breakdown=" + "%3B" * 199, 404),
    ],
)
def test_malformed_request_has_its_status_and_shape(site: Served, target: str, status: int) -> None:
    found, headers, body = fetch(site, target)
    if status == 404 and found == 301:
        # A slash at the end is taken off, and the address stays on this host.
        assert headers["location"] in ("/evil.example", "/evil.example/areas")
        return
    assert found == status, body[:300]
    assert headers["content-type"] == "application/problem+json"
    told = json.loads(body)
    assert told["status"] == status
    assert {"type", "title", "detail", "mend"} <= told.keys()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_wrong_method_is_405_with_what_is_allowed(site: Served, method: str) -> None:
    for target in ("/", "/areas/E06000002", "/api/v1/areas", "/downloads/SHA256SUMS", "/data/catalogue"):
        status, headers, body = fetch(site, target, method)
        assert status == 405, (target, body[:200])
        assert "GET" in headers["allow"]
        assert headers["content-type"] == "application/problem+json"


def test_every_answer_has_the_headers_of_security(client: httpx.Client) -> None:
    for address in (
        "/",
        "/areas/E06000002.ttl",
        "/api/v1/areas",
        "/nope",
        "/data/",
        "/static/site.css",
        "/healthz",
    ):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'self'"), address
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "set-cookie" not in headers
        assert "server" not in headers


def test_host_header_of_a_stranger_is_only_echoed_to_the_stranger(site: Served) -> None:
    status, _, body = fetch(site, "/api/v1/areas?limit=1", Host="evil.example")
    told = json.loads(body)
    assert status == 200
    assert told["items"][0]["uri"].startswith(site.url)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    query=st.binary(max_size=40),
)
def test_no_request_is_a_fault_of_ours(site: Served, path: str, query: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in query)
    for start in ("/id/", "/areas/", "/indicators/", "/api/v1/", "/"):
        status, _, body = fetch(site, f"{start}{path.replace('#', '')}?q={escaped}&limit={escaped}")
        assert status < 500, (path, query, body[:300])


@pytest.mark.parametrize(
    "accept", ["", ";;;", "text/html;q=", "*/" * 500, "\xff", "a/b;" * 300, ",,,", "text/html;q=1e999"]
)
def test_no_accept_header_is_a_fault_of_ours(site: Served, accept: str) -> None:
    for target in ("/areas/E06000002", "/api/v1/areas", "/sparql?query=ASK%7B%7D", "/nope"):
        status, _, _ = fetch(site, target, Accept=accept)
        assert status in (200, 404, 406), (target, status)


def test_fault_of_ours_is_said_once_and_shows_nothing(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the server")

    monkeypatch.setattr("api.documents.describe_thing", broken)
    with caplog.at_level(logging.ERROR):
        # In words that nobody else asks for, so that no answer is ready.
        answer = client.get("/areas/E06000002.ttl", headers={"Accept-Language": "x-fault"})
    assert (answer.status_code, answer.json()["title"]) == (500, "A fault of ours")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "a secret of the server" in caplog.text

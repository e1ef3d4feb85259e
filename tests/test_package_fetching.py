"""Packages are fetched from https addresses of the operator, within bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from package_files import FIGURES, problem_of, resource, write_archive, write_package

from ingest import fetching
from ingest.fetching import FetchFault, fetch, fetch_file, open_client
from ingest.package import Package, open_package

# What the network knows: the bytes at an address, a document, or (what it redirects to).
Answers = dict[str, bytes | dict[str, Any] | tuple[str]]


def client_of(answers: Answers, asked: list[str] | None = None) -> httpx.Client:
    """Make a client whose network knows some addresses."""

    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(str(request.url))
        known = answers.get(str(request.url))
        if known is None:
            return httpx.Response(404)
        if isinstance(known, tuple):
            return httpx.Response(302, headers={"location": known[0]})
        content = known if isinstance(known, bytes) else json.dumps(known).encode()
        return httpx.Response(200, stream=httpx.ByteStream(content))

    return open_client(httpx.MockTransport(answer))


def fetched(answers: Answers, address: str, scratch: Path) -> Package:
    with client_of(answers) as client:
        return open_package(address, scratch, operator=True, client=client)


def refused(answers: Answers, address: str, scratch: Path) -> str:
    with client_of(answers) as client:
        found = problem_of(address, scratch, operator=True, client=client)
    assert found.code == "package-unreachable"
    return found.message.removeprefix("The package cannot be fetched: ")


def test_archive_is_fetched_and_opened(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", write_package(tmp_path / "package")).read_bytes()
    address = "https://example.org/packages/waste.zip?v=1"
    package = fetched({address: archive}, address, tmp_path / "scratch")
    assert [one.name for one in package.resources] == ["figures"]
    assert package.digest == open_package(tmp_path / "package", tmp_path / "other").digest


def test_descriptor_is_fetched_with_the_files_beside_it(tmp_path: Path) -> None:
    told = {"resources": [resource(path="data/two words.csv", schema="schema.json", recipe="own.yaml")]}
    base = "https://example.org/waste/"
    answers = {
        f"{base}datapackage.json": told,
        f"{base}data/two%20words.csv": FIGURES,
        f"{base}schema.json": {"fields": []},
        f"{base}own.yaml": b"name: own\n",
    }
    package = fetched(answers, f"{base}datapackage.json", tmp_path)
    assert [file.path for file in package.files] == [
        "data/two words.csv",
        "datapackage.json",
        "own.yaml",
        "schema.json",
    ]


def test_address_inside_a_fetched_package_is_not_followed(tmp_path: Path) -> None:
    asked: list[str] = []
    address = "https://example.org/waste/datapackage.json"
    paths = [
        "https://other.example.org/a.csv",
        "//other.example.org/a.csv",
        "../../secret.csv",
        "file:///etc/passwd",
    ]
    for path in paths:
        told = {"resources": [resource(path=path)]}
        with client_of({address: told}, asked) as client:
            found = problem_of(address, tmp_path, operator=True, client=client)
        assert found.code in ("address-in-package", "path-outside-package")
    assert asked == [address] * len(paths)


def test_redirects_are_followed_to_https_only(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", write_package(tmp_path / "package")).read_bytes()
    good = {
        "https://example.org/a.zip": ("/b.zip",),
        "https://example.org/b.zip": ("https://other.example.org/c.zip",),
        "https://other.example.org/c.zip": archive,
    }
    assert fetched(good, "https://example.org/a.zip", tmp_path / "scratch").name == "example"
    asked: list[str] = []
    for to in (
        "http://example.org/b.zip",
        "file:///etc/passwd",
        "ftp://example.org/b.zip",
        "https://u:p@example.org/",
    ):
        with client_of({"https://example.org/a.zip": (to,)}, asked) as client:
            found = problem_of("https://example.org/a.zip", tmp_path, operator=True, client=client)
        assert found.code == "package-unreachable"
        assert to not in found.message
    assert asked == ["https://example.org/a.zip"] * 4


def test_redirects_without_end_are_left(tmp_path: Path) -> None:
    answers = {"https://example.org/a.zip": ("https://example.org/a.zip",)}
    assert refused(answers, "https://example.org/a.zip", tmp_path) == "it is redirected more than 5 times."


def test_address_that_is_not_https_is_refused(tmp_path: Path) -> None:
    for address in ("http://example.org/a.zip", "ftp://example.org/a.zip", "file:///etc/passwd"):
        assert "not an https address" in refused({}, address, tmp_path)


def test_answer_that_is_no_file_says_its_number(tmp_path: Path) -> None:
    assert refused({}, "https://example.org/a.zip", tmp_path) == "the server answers 404."
    asked = {"https://example.org/datapackage.json": {"resources": [resource()]}}
    assert refused(asked, "https://example.org/datapackage.json", tmp_path) == "the server answers 404."


def test_file_larger_than_permitted_is_left(tmp_path: Path) -> None:
    with client_of({"https://example.org/a": b"x" * 1000}) as client:
        assert fetch_file(client, "https://example.org/a", tmp_path / "a", 1000) == 1000
        with pytest.raises(FetchFault, match="more than 999 bytes"):
            fetch_file(client, "https://example.org/a", tmp_path / "a", 999)


def test_file_that_takes_too_long_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_SECONDS", -1.0)
    answers = {"https://example.org/a.zip": b"x"}
    assert "takes longer than" in refused(answers, "https://example.org/a.zip", tmp_path)


def test_packed_answer_is_not_unpacked_on_the_way(tmp_path: Path) -> None:
    answers = {"https://example.org/a": b"\x1f\x8b\x08"}
    with client_of(answers) as client:
        fetch_file(client, "https://example.org/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"\x1f\x8b\x08"


def test_server_that_cannot_be_reached_is_a_problem(tmp_path: Path) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to 10.0.0.1", request=request)

    with open_client(httpx.MockTransport(fail)) as client:
        found = problem_of("https://example.org/a.zip", tmp_path, operator=True, client=client)
    assert found.message == "The package cannot be fetched: the server cannot be reached, or breaks off."


def test_fetched_descriptor_that_is_not_json_is_placed(tmp_path: Path) -> None:
    address = "https://example.org/waste/datapackage.json"
    with client_of({address: b"<html>\n"}) as client:
        found = problem_of(address, tmp_path, operator=True, client=client)
    assert (found.code, found.file, found.row) == ("descriptor-not-json", "datapackage.json", 1)
    assert json.loads(json.dumps(found.message)) == found.message


def test_http_is_for_this_machine_alone_and_only_where_the_operator_named_it(tmp_path: Path) -> None:
    answers: Answers = {
        "http://localhost:8001/a": b"x",
        "http://127.0.0.1/a": ("http://[::1]:8001/a",),
        "http://[::1]:8001/a": b"x",
        "http://127.0.0.1/out": ("http://example.org/a",),
        "https://example.org/in": ("http://127.0.0.1/a",),
        "http://127.0.0.1.example.org/a": b"x",
    }
    with client_of(answers) as client:
        for address in ("http://localhost:8001/a", "http://127.0.0.1/a"):
            assert fetch_file(client, address, tmp_path / "a") == 1
        for address in ("http://127.0.0.1/out", "https://example.org/in", "http://127.0.0.1.example.org/a"):
            with pytest.raises(FetchFault, match="not an https address"):
                fetch_file(client, address, tmp_path / "a")


def test_file_that_is_what_its_tag_says_is_not_sent_again(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_known = request.headers.get("if-none-match") == '"one"'
        headers = {"etag": '"one"', "content-type": "text/CSV; charset=utf-8"}
        return httpx.Response(304 if is_known else 200, headers=headers, stream=httpx.ByteStream(b"abc"))

    with open_client(httpx.MockTransport(answer)) as client:
        first = fetch(client, "https://example.org/a", tmp_path / "a")
        assert (first.bytes, first.etag, first.media_type, first.is_unchanged) == (
            3,
            '"one"',
            "text/csv",
            False,
        )
        assert fetch(client, "https://example.org/a", tmp_path / "a", etag=first.etag).is_unchanged
        assert not fetch(client, "https://example.org/a", tmp_path / "a", etag='"two"').is_unchanged


def test_rest_of_a_file_counts_towards_what_is_permitted(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["range"] == "bytes=3-"
        headers = {"content-range": "bytes 3-5/6"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(b"def"))

    (tmp_path / "a").write_bytes(b"abc")
    with open_client(httpx.MockTransport(answer)) as client:
        assert fetch(client, "https://example.org/a", tmp_path / "a", 6, resumes=True).bytes == 6
        assert (tmp_path / "a").read_bytes() == b"abcdef"
        (tmp_path / "a").write_bytes(b"abc")
        with pytest.raises(FetchFault, match="more than 5 bytes"):
            fetch(client, "https://example.org/a", tmp_path / "a", 5, resumes=True)


def test_part_that_nobody_asked_for_is_no_file(tmp_path: Path) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        headers = {"content-range": "bytes 1-2/6"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(b"bc"))

    (tmp_path / "a").write_bytes(b"abc")
    with open_client(httpx.MockTransport(answer)) as client:
        for resumes in (True, False):
            with pytest.raises(FetchFault, match="the server answers 206"):
                fetch(client, "https://example.org/a", tmp_path / "a", resumes=resumes)

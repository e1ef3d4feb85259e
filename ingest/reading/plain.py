"""A file of text in any encoding, packed or not, becomes plain UTF-8.

In:   a file, the encoding that was declared for it, if any
Out:  a file of UTF-8 without a byte order mark (the file itself where it is that already), or problems

The whole file passes through here once, in pieces, so what comes out is known to decode, to hold no NUL
and to stay within bounds.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from isal import igzip, isal_zlib

from ingest.reading.selection import LIMITS, Found

CHUNK = 1 << 20

# What a gz file that is damaged, cut off or followed by something else makes its reader raise.
GZIP_FAULTS: tuple[type[Exception], ...] = (
    EOFError,
    igzip.BadGzipFile,
    isal_zlib.IsalError,  # type: ignore[assignment]  # its types call the class a value
)

# A mark at the start of a file, and the encoding it stands for. The longer ones come first.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Codecs that Python calls text encodings and that no publisher's file is written in.
NOT_FOR_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})


class TooLarge(Exception):  # noqa: N818 - becomes a problem
    """More bytes come out of a packed file than LIMITS allow."""

    def __init__(self, size: int, most: int) -> None:
        self.size = size
        self.most = most
        super().__init__(f"{size} bytes; at most {most}")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of text as it lies. `mark` is the length in bytes of its byte order mark, 0 if it has none."""

    file: Path
    is_packed: bool
    encoding: str
    mark: int

    def chunks(self) -> Iterator[bytes]:
        """Read the text's bytes in pieces, unpacked, without the mark. Raises TooLarge and GZIP_FAULTS."""
        skip = self.mark
        for chunk in _read_chunks(self.file, self.is_packed):
            yield chunk[skip:] if skip else chunk
            skip = 0

    def open_text(self, encoding: str | None = None, errors: str = "strict") -> io.TextIOWrapper:
        """Open the text, line ends as they are."""
        pieces = io.BufferedReader(_Pieces(self.chunks()), CHUNK)
        return io.TextIOWrapper(pieces, encoding=encoding or self.encoding, errors=errors, newline="")


@dataclass(frozen=True, slots=True)
class Plain:
    """A file of UTF-8 text without NUL. The text begins at `offset`, after a byte order mark if there is one.

    `line_feeds` counts them in the text; `has_last_end` says whether the last line has one.
    """

    path: Path
    offset: int
    line_feeds: int
    has_last_end: bool

    def open_text(self) -> io.TextIOWrapper:
        """Open the text, line ends as they are."""
        stream = self.path.open("rb")
        stream.seek(self.offset)
        return io.TextIOWrapper(stream, encoding="utf-8", newline="")


class Undecodable(Exception):  # noqa: N818 - becomes a problem, once the cell is found
    """Some bytes are not text in the encoding, or the text holds NUL."""

    def __init__(self, source: Source, *, is_nul: bool) -> None:
        self.source = source
        self.is_nul = is_nul
        super().__init__(source.encoding)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader gives no other
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def find_source(file: Path, declared: str | None, found: Found) -> Source | None:
    """Find out how a file of text is packed and encoded. None after a problem: it is empty, or damaged."""
    with file.open("rb") as stream:
        is_packed = stream.read(2) == b"\x1f\x8b"
    try:
        head = next(_read_chunks(file, is_packed), b"")
    except GZIP_FAULTS:
        found.add("archive-unreadable", reason="it is not a whole gz file.")
        return None
    if not head:
        found.add("file-empty")
        return None
    encoding, mark = _choose_encoding(head, declared)
    if encoding is None:
        found.add("encoding-unknown", value=declared)
        return None
    return Source(file, is_packed, encoding, mark)


def make_plain(source: Source, copy: Path, found: Found) -> Plain | None:
    """Give a file's text as UTF-8, written to `copy` where the file is not that already.

    None after a problem. Raises Undecodable.
    """
    is_utf8 = source.encoding == "utf-8"
    decoder = codecs.getincrementaldecoder(source.encoding)("strict")
    line_feeds = 0
    last = b""
    out = copy.open("wb") if source.is_packed or not is_utf8 else None
    try:
        for chunk in source.chunks():
            content = chunk
            # Plain ASCII after whole characters needs no decoding, and most files are nothing else.
            if not is_utf8 or not chunk.isascii() or decoder.getstate()[0]:
                text = decoder.decode(chunk)
                content = chunk if is_utf8 else text.encode("utf-8")
            if b"\0" in content:
                raise Undecodable(source, is_nul=True)
            line_feeds += content.count(b"\n")
            last = content[-1:] or last
            if out is not None:
                out.write(content)
        decoder.decode(b"", final=True)
    except UnicodeError as fault:
        raise Undecodable(source, is_nul=False) from fault
    except TooLarge as fault:
        found.add("archive-too-large", found=f"{fault.size:,} bytes", wanted=f"{fault.most:,}")
        return None
    except GZIP_FAULTS:
        found.add("archive-unreadable", reason="it is not a whole gz file.")
        return None
    finally:
        if out is not None:
            out.close()
    if not last:
        found.add("file-empty")
        return None
    if out is not None:
        return Plain(copy, 0, line_feeds, last == b"\n")
    return Plain(source.file, source.mark, line_feeds, last == b"\n")


def _read_chunks(file: Path, is_packed: bool) -> Iterator[bytes]:
    """Read a file in pieces, unpacked. Raises TooLarge and GZIP_FAULTS."""
    if not is_packed:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
        return
    most = LIMITS.most_from(file.stat().st_size)
    total = 0
    with file.open("rb") as stream, igzip.IGzipFile(fileobj=stream) as unpacked:  # type: ignore[no-untyped-call]  # isal has no types
        while chunk := unpacked.read(CHUNK):
            total += len(chunk)
            if total > most:
                raise TooLarge(total, most)
            yield chunk


def _choose_encoding(head: bytes, declared: str | None) -> tuple[str | None, int]:
    """Choose the encoding, and how many bytes of mark to pass over. None if the declared one is not known."""
    marked = next(((name, len(mark)) for mark, name in MARKS if head.startswith(mark)), None)
    if declared is None:
        return marked or ("utf-8", 0)
    name = find_codec(declared)
    if name is None:
        return None, 0
    # "utf-16" and "utf-8-sig" leave the rest to the mark; "utf-16-le" may have one all the same.
    if marked and marked[0].startswith(name.removesuffix("-sig")):
        return marked
    return name.removesuffix("-sig"), 0


def find_codec(name: str) -> str | None:
    """Find Python's name for a text encoding, or None."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Python also looks up things like "zip" and "rot13", which are not encodings of text.
    if not getattr(info, "_is_text_encoding", False) or info.name.replace("_", "-") in NOT_FOR_FILES:
        return None
    return info.name

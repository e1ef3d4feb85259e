"""A file of text in any encoding, packed or not, becomes plain UTF-8.

In:   a file, the encoding that was declared for it, if any
Out:  a file of UTF-8 without a byte order mark (the file itself where it is that already), or problems

The whole file passes through here once, in pieces, so what comes out is known to decode, to hold no NUL
and to stay within bounds.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from isal import igzip

from ingest.reading.selection import LIMITS, Found

CHUNK = 1 << 20

# A mark at the start of a file, and the encoding it stands for. The longer ones come first.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What publishers' files are written in where they are not UTF-8; tried in this order.
LIKELY = ("utf-8", "windows-1252", "utf-16", "iso-8859-1")

# Codecs that Python calls text encodings and that no publisher's file is written in.
NOT_FOR_FILES = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"})


@dataclass(frozen=True, slots=True)
class Plain:
    """A file of UTF-8 text. `offset` is where the text begins: 3 after a byte order mark, else 0."""

    path: Path
    encoding: str
    offset: int = 0


def make_plain(file: Path, declared: str | None, copy: Path, found: Found) -> Plain | None:
    """Give a file's text as UTF-8; written to `copy` where the file itself is not that. None after a problem."""
    packed = _is_gzip(file)
    head = _read_head(file, packed, found)
    if head is None:
        return None
    if not head:
        found.add("file-empty")
        return None
    encoding, mark = _choose_encoding(head, declared, found)
    if encoding is None:
        return None
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 0
    skip = mark
    out = copy.open("wb") if packed or not is_utf8 else None
    try:
        for chunk in _read_chunks(file, packed):
            if skip:
                chunk, skip = chunk[skip:], 0
            text = decoder.decode(chunk)
            if "\0" in text:
                found.add("nul-in-text", lines + text[: text.index("\0")].count("\n") + 1, nearest=None)
                return None
            lines += text.count("\n")
            if out is not None:
                out.write(chunk if is_utf8 else text.encode("utf-8"))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as fault:
        lines += decoder_lines(fault)
        _add_encoding_problem(file, packed, encoding, bad_bytes(fault), lines, found)
        return None
    except TooLarge as fault:
        found.add("archive-too-large", found=f"{fault.size:,} bytes", wanted=f"{LIMITS.unpacked:,}")
        return None
    except (OSError, EOFError, zlib.error, igzip.IsalError):
        found.add("archive-unreadable", reason="it is not a whole gz file.")
        return None
    finally:
        if out is not None:
            out.close()
    return Plain(file, encoding, mark) if out is None else Plain(copy, encoding)


class TooLarge(Exception):  # noqa: N818 - told apart from OSError by those who count bytes
    """More bytes come out of a packed file than LIMITS allow."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(str(size))


def _is_gzip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _read_chunks(file: Path, packed: bool) -> Iterator[bytes]:
    """Read a file in pieces, unpacked. Raises TooLarge."""
    if not packed:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
        return
    most = LIMITS.unpacked
    size = file.stat().st_size
    total = 0
    with igzip.open(file, "rb") as unpacked:
        while chunk := unpacked.read(CHUNK):
            total += len(chunk)
            if total > most or (total > LIMITS.ratio_from and total > size * LIMITS.ratio):
                raise TooLarge(total)
            yield chunk


def _read_head(file: Path, packed: bool, found: Found) -> bytes | None:
    try:
        return next(_read_chunks(file, packed), b"")
    except (OSError, EOFError, zlib.error, igzip.IsalError, gzip.BadGzipFile):
        found.add("archive-unreadable", reason="it is not a whole gz file.")
        return None


def _choose_encoding(head: bytes, declared: str | None, found: Found) -> tuple[str | None, int]:
    """Choose the encoding, and how many bytes of mark to pass over."""
    marked = next(((name, len(mark)) for mark, name in MARKS if head.startswith(mark)), None)
    if declared is None:
        return marked or ("utf-8", 0)
    try:
        info = codecs.lookup(declared)
    except (LookupError, ValueError):
        info = None
    # Python also looks up things like "zip" and "rot13", which are not encodings of text.
    if info is None or not getattr(info, "_is_text_encoding", False) or info.name in NOT_FOR_FILES:
        found.add("encoding-unknown", value=declared)
        return None, 0
    if marked and marked[0].startswith(info.name.removesuffix("-sig")):
        return marked
    return info.name.removesuffix("-sig"), 0


def _add_encoding_problem(
    file: Path, packed: bool, encoding: str, value: str, lines: int, found: Found
) -> None:
    readers = [name for name in LIKELY if name != encoding and _reads(file, packed, name)]
    found.add("encoding-wrong", lines + 1, value=value, encoding=encoding, nearest=next(iter(readers), None))


def decoder_lines(fault: UnicodeDecodeError) -> int:
    """Count the lines that end before the bytes that cannot be decoded, in the piece that was being decoded."""
    return fault.object[: fault.start].decode(fault.encoding, "ignore").count("\n")


def bad_bytes(fault: UnicodeDecodeError) -> str:
    return " ".join(f"{byte:02X}" for byte in fault.object[fault.start : min(fault.end, fault.start + 4)])


def _reads(file: Path, packed: bool, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in _read_chunks(file, packed):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except (UnicodeError, TooLarge):
        return False
    return True

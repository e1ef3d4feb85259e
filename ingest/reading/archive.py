"""Zip archives are looked into before anything in them is unpacked.

In:   a zip file: a workbook, or a package
Out:  its entries and their bytes, within bounds; ArchiveFault for an archive that is not to be opened

The sizes an archive declares are not believed: bytes are counted as they come out. Entries that are not
whole, are encrypted, packed in an unusual way or there twice are refused, for two readers could see two
different things in them.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from ingest.reading.selection import LIMITS

PIECE = 1 << 20
MOST_ENTRIES = 10_000

# The fixed part of a local file header, and where the lengths of the name and the extra field stand in it.
# Source: PKWARE, .ZIP File Format Specification, 4.3.7.
_HEADER_BYTES = 30
_NAME_LENGTH = slice(26, 28)
_EXTRA_LENGTH = slice(28, 30)
_IS_ENCRYPTED = 0x1


# What a damaged archive makes its reader raise; OSError among them, for it seeks wherever it is told to.
_ZIP_FAULTS = (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError)


class ArchiveFault(Exception):  # noqa: N818 - becomes a problem
    """An archive is not to be opened. `code` and `facts` make the problem."""

    def __init__(
        self, code: Literal["archive-too-large", "archive-unreadable", "table-too-large"], **facts: Any
    ) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code}: {facts}")


def read_entries(file: Path, most: int = LIMITS.unpacked) -> list[zipfile.ZipInfo]:
    """Read what a zip archive says it holds, in its order.

    most    bytes that all entries may have together

    Raises ArchiveFault if it says more than is permitted, or what does not fit together.
    """
    with file.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                entries = archive.infolist()
        except _ZIP_FAULTS as fault:
            raise ArchiveFault("archive-unreadable", reason="it is not a whole zip archive.") from fault
    if len(entries) > MOST_ENTRIES:
        raise ArchiveFault("archive-too-large", found=f"{len(entries):,} files", wanted=f"{MOST_ENTRIES:,}")
    most = min(most, LIMITS.most_from(file.stat().st_size))
    total = sum(entry.file_size for entry in entries)
    if total > most:
        raise ArchiveFault("archive-too-large", found=f"{total:,} bytes", wanted=f"{most:,}")
    names: set[str] = set()
    for entry in entries:
        name = entry.filename.casefold()
        if name in names:
            raise ArchiveFault("archive-unreadable", reason=f"it holds '{entry.filename}' twice.")
        names.add(name)
        if entry.flag_bits & _IS_ENCRYPTED:
            raise ArchiveFault("archive-unreadable", reason="it is protected by a password.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveFault(
                "archive-unreadable", reason=f"'{entry.filename}' is packed in an unusual way."
            )
    return entries


def is_link(entry: zipfile.ZipInfo) -> bool:
    """Say whether an entry is anything but a plain file or a folder: a symbolic link, a device."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def read_pieces(file: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Read one entry in pieces, no more bytes than it declares.

    Raises ArchiveFault if it has another number of bytes than it declares, or another checksum.
    """
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    size = check = 0
    try:
        for packed in _packed_pieces(file, entry):
            is_full = False
            while packed or is_full:
                piece = unpack.decompress(packed, PIECE) if unpack else packed
                packed = unpack.unconsumed_tail if unpack else b""
                # A full piece may leave more waiting inside the decompressor.
                is_full = unpack is not None and len(piece) == PIECE
                size += len(piece)
                check = zlib.crc32(piece, check)
                if size > entry.file_size:
                    raise _torn(entry)
                if piece:
                    yield piece
    except zlib.error as fault:
        raise _torn(entry) from fault
    if size != entry.file_size or check != entry.CRC or (unpack and not unpack.eof):
        raise _torn(entry)


def _packed_pieces(file: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if not 0 <= entry.header_offset < file.stat().st_size:
        raise _torn(entry)
    with file.open("rb") as stream:
        stream.seek(entry.header_offset)
        header = stream.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(b"PK\3\4"):
            raise _torn(entry)
        lengths = (int.from_bytes(header[part], "little") for part in (_NAME_LENGTH, _EXTRA_LENGTH))
        stream.seek(sum(lengths), 1)
        left = entry.compress_size
        while left and (packed := stream.read(min(PIECE, left))):
            left -= len(packed)
            yield packed


def _torn(entry: zipfile.ZipInfo) -> ArchiveFault:
    return ArchiveFault(
        "archive-unreadable", reason=f"'{entry.filename}' is not what the archive says it is."
    )

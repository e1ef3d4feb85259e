"""Pieces of Parquet that were written by themselves become one Parquet file.

In:   a form, and pieces: tables of that form, or what an earlier file has of one
Out:  one Parquet file

Row groups say nothing of one another, so the bytes of a piece are the same wherever it stands. Only the footer says
where they lie: it is read as the values that it holds (Thrift's compact protocol, as Parquet prescribes it), and
written again with other places.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

_MAGIC = b"PAR1"
_TAIL = 8

# Kinds of values in Thrift's compact protocol.
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_WHOLE = (4, 5, 6)
_LONG_LIST = 15

# Fields of a footer, by their numbers in Parquet's definition.
_ROWS, _GROUPS = 3, 4
_COLUMNS, _GROUP_ROWS, _GROUP_START, _GROUP_NUMBER = 1, 3, 5, 7
_CHUNK_STARTS, _CHUNK_TOLD = (2, 4, 6), 3
_PAGE_STARTS = (9, 10, 11, 14)

# A struct: for each field that is there its kind and value, by its number.
Struct = dict[int, tuple[int, Any]]


class JoinedParquet:
    """A Parquet file that grows by one piece after another.

    file   is open for writing, and stands at its beginning
    rising a column of whole numbers that mostly rise by steps of like size; only what differs is written of it
    ranged columns of which each row group says the least and the most, so that a reader can leave groups out
    """

    def __init__(self, file: BinaryIO, form: pa.Schema, rising: str = "", ranged: Sequence[str] = ()) -> None:
        self._file, self._form = file, form
        self._settings: dict[str, Any] = {"compression": "zstd", "use_dictionary": True}
        # No columns would be all of them.
        self._settings["write_statistics"] = list(ranged) or False
        if rising:
            self._settings["use_dictionary"] = [name for name in form.names if name != rising]
            self._settings["column_encoding"] = {rising: "DELTA_BINARY_PACKED"}
        self._groups: list[Struct] = []
        empty = io.BytesIO()
        pq.write_table(form.empty_table(), empty, **self._settings)
        self._footer = read_footer(empty.getvalue())
        file.write(_MAGIC)

    def add(self, table: pa.Table) -> None:
        """Add a table as a row group."""
        piece = io.BytesIO()
        pq.write_table(table, piece, row_group_size=max(table.num_rows, 1), **self._settings)
        content = piece.getvalue()
        footer = read_footer(content)
        self._place(groups_of(footer), len(_MAGIC))
        self._file.write(content[len(_MAGIC) : -_TAIL - _footer_bytes(content)])

    def take(self, content: bytes | memoryview, groups: Iterable[Struct], start: int) -> None:
        """Add a piece that lay in another file from `start` on, with the row groups that its footer tells of."""
        self._place(groups, start)
        self._file.write(content)

    def _place(self, groups: Iterable[Struct], start: int) -> None:
        for group in groups:
            moved = _moved(group, self._file.tell() - start)
            self._groups.append(moved | {_GROUP_NUMBER: (_WHOLE[0], len(self._groups))})

    def close(self) -> None:
        """Write the footer."""
        told = dict(self._footer)
        told[_ROWS] = (_WHOLE[2], sum(group[_GROUP_ROWS][1] for group in self._groups))
        told[_GROUPS] = (_LIST, (_STRUCT, self._groups))
        written = bytearray()
        _write_struct(written, told)
        self._file.write(bytes(written) + struct.pack("<I", len(written)) + _MAGIC)


def read_footer(content: bytes) -> Struct:
    """Read the footer of a whole file, or of its end.

    Raises ValueError if it is none.
    """
    size = _footer_bytes(content)
    if content[-4:] != _MAGIC or size > len(content) - _TAIL:
        raise ValueError("no end of a Parquet file")
    return _Reader(content[-_TAIL - size : -_TAIL]).struct()


def groups_of(footer: Struct) -> list[Struct]:
    """Give what a footer says of each row group."""
    groups: list[Struct] = footer[_GROUPS][1][1]
    return groups


def start_of(group: Struct) -> int:
    """Give the place in its file where a row group begins."""
    return int(group[_GROUP_START][1])


def rows_of(group: Struct) -> int:
    """Give how many rows a row group has."""
    return int(group[_GROUP_ROWS][1])


def _footer_bytes(content: bytes) -> int:
    return int(struct.unpack("<I", content[-_TAIL:-4])[0])


def _moved(group: Struct, by: int) -> Struct:
    """Give a row group that lies so many bytes further on."""
    kind, columns = group[_COLUMNS][1]
    chunks = [
        _shifted(chunk, _CHUNK_STARTS, by)
        | {_CHUNK_TOLD: (_STRUCT, _shifted(chunk[_CHUNK_TOLD][1], _PAGE_STARTS, by))}
        for chunk in columns
    ]
    return _shifted(group, (_GROUP_START,), by) | {_COLUMNS: (_LIST, (kind, chunks))}


def _shifted(told: Struct, starts: Iterable[int], by: int) -> Struct:
    # A place of 0 says that there is none.
    return told | {at: (told[at][0], told[at][1] + by) for at in starts if at in told and told[at][1]}


class _Reader:
    """Reads values one after another."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def struct(self) -> Struct:
        told: Struct = {}
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            told[number] = (kind, kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind))
        return told

    def _value(self, kind: int) -> Any:
        if kind in _WHOLE:
            return _unzigzag(self._varint())
        if kind == _BINARY:
            return self._take(self._varint())
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self._byte()
            count = self._varint() if head >> 4 == _LONG_LIST else head >> 4
            return head & 15, [self._value(head & 15) for _ in range(count)]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._take(8)
        raise ValueError(f"no value of kind {kind} stands in a footer of Parquet")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError("the footer is cut off")
        self._at += count
        return taken

    def _varint(self) -> int:
        whole = shift = 0
        while (byte := self._byte()) & 0x80:
            whole |= (byte & 0x7F) << shift
            shift += 7
        return whole | byte << shift


def _write_struct(written: bytearray, told: Struct) -> None:
    last = 0
    for number, (kind, value) in sorted(told.items()):
        if kind in (_TRUE, _FALSE):
            kind = _TRUE if value else _FALSE
        step = number - last
        if 0 < step <= 15:
            written.append(step << 4 | kind)
        else:
            written.append(kind)
            _write_varint(written, _zigzag(number))
        last = number
        if kind not in (_TRUE, _FALSE):
            _write_value(written, kind, value)
    written.append(0)


def _write_value(written: bytearray, kind: int, value: Any) -> None:
    if kind in _WHOLE:
        _write_varint(written, _zigzag(value))
    elif kind == _BINARY:
        _write_varint(written, len(value))
        written += value
    elif kind == _STRUCT:
        _write_struct(written, value)
    elif kind in (_LIST, _SET):
        of, items = value
        written.append(min(len(items), _LONG_LIST) << 4 | of)
        if len(items) >= _LONG_LIST:
            _write_varint(written, len(items))
        for item in items:
            _write_value(written, of, item)
    elif kind == _DOUBLE:
        written += value
    else:
        written.append(value)


def _write_varint(written: bytearray, value: int) -> None:
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _unzigzag(value: int) -> int:
    return value >> 1 if value % 2 == 0 else -(value >> 1) - 1

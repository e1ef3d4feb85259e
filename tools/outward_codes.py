"""Make api/outward_codes.tsv: which councils the first half of each postcode touches.

In:   the package of the extra `postcodes`
Out:  one line for each first half, its councils by how many postcodes they have, the most first

`python -m tools.outward_codes` writes the file again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from string import ascii_uppercase

from api.postcodes import find_folder, load_letter

TARGET = Path(__file__).resolve().parent.parent / "api" / "outward_codes.tsv"

HEAD = """# Which councils the first half of a postcode touches, the one with most postcodes first.
# Made by `python -m tools.outward_codes` from the ONS Postcode Directory. Source: Office for National Statistics
# licensed under the Open Government Licence v3.0. Contains OS data (c) Crown copyright and database right.
# Contains Royal Mail data (c) Royal Mail copyright and database right.
"""


def write_table() -> str:
    """Write the table as text."""
    folder = find_folder()
    assert folder is not None, "the extra 'postcodes' is not installed"
    found: dict[str, Counter[str]] = {}
    for letter in ascii_uppercase:
        packed = load_letter(folder, letter)
        if packed is None:
            continue
        for at, number in enumerate(packed.numbers):
            outward = packed.keys[at * 7 : at * 7 + 4].decode().strip()
            found.setdefault(outward, Counter())[packed.councils[number]] += 1
    lines = []
    for outward, counts in sorted(found.items()):
        order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        lines.append(f"{outward}\t{' '.join(council for council, _ in order)}\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    TARGET.write_text(write_table(), encoding="utf-8")

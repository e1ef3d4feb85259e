"""How cells stand in a line of a CSV file is found out where nobody said.

In:   the first lines of the text, and what the selection says about delimiter and quote
Out:  Dialect

Detection is frictionless's own: Python's sniffer over the first hundred lines, offered comma, tab, semicolon
and bar; where it cannot tell, a comma. Only of long lines fewer are looked at.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any, TextIO

from ingest.reading.selection import Selection

SAMPLE_LINES = 100
# The sniffer's time grows with the square of this, on text made for it: some seconds at this size.
SAMPLE_CHARACTERS = 16_000
CANDIDATES = ",\t;|"


@dataclass(frozen=True, slots=True)
class Dialect:
    """All that Python's csv reader is told. `quote` "" means that nothing is quoted."""

    delimiter: str
    quote: str
    escape: str | None
    double_quote: bool
    skip_initial_space: bool
    line_terminator: str | None

    @property
    def is_plain(self) -> bool:
        """Say whether the engine's own CSV reader and Python's mean the same by it."""
        return (
            self.delimiter.isascii()
            and self.quote.isascii()
            and self.quote != ""
            and self.escape is None
            and self.double_quote
            and not self.skip_initial_space
            and self.line_terminator in (None, "\n", "\r\n")
        )

    def options(self) -> dict[str, Any]:
        """Write the dialect as keyword arguments of csv.reader."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape,
            # Without an escape character there is no other way to write a quote, whatever is declared.
            "doublequote": self.double_quote or self.escape is None,
            "skipinitialspace": self.skip_initial_space,
            "strict": False,
        }


def find_dialect(text: TextIO, selection: Selection) -> Dialect:
    """Find the dialect of a text that stands at its beginning; reads at most a hundred lines of it."""
    delimiter = selection.delimiter
    if delimiter is None and selection.format == "tsv":
        delimiter = "\t"
    try:
        guess = csv.Sniffer().sniff(_sample(text), delimiter or CANDIDATES)
        skip_initial_space = guess.skipinitialspace
        found = guess.delimiter
    except csv.Error:
        found, skip_initial_space = ",", False
    return Dialect(
        delimiter=delimiter or found,
        quote='"' if selection.quote is None else selection.quote,
        escape=selection.escape,
        double_quote=selection.double_quote,
        skip_initial_space=selection.skip_initial_space or skip_initial_space,
        line_terminator=selection.line_terminator,
    )


def _sample(text: TextIO) -> str:
    """Read the first lines: as many as frictionless looks at, but not more characters than can be sniffed."""
    sample = ""
    for _ in range(SAMPLE_LINES):
        line = text.readline(SAMPLE_CHARACTERS)
        if not line or (sample and len(sample) + len(line) > SAMPLE_CHARACTERS):
            break
        sample += line
    return sample

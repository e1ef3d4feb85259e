"""A receipt for figures: how many rows were sent, to which question, by which definitions, and their digest.

In:   rows of figures, each with uri, value_text and status, in the order they are sent
Out:  a receipt by which a reader notices a file that was cut or changed on its way

The digest is over the figures and not over bytes, so one number holds for JSON, CSV, XLSX and Parquet alike: the
SHA-256 of one line for each row, `uri TAB value_text TAB status LF`, in UTF-8, with an absent text empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field


class DefinitionVersion(BaseModel):
    """A version of a definition that figures were counted by."""

    indicator: str = Field(description="The indicator.")
    version: str = Field(description="The version of its definition.")


class ReceiptModel(BaseModel):
    """What was sent. It stands last, so an answer that has it was not cut."""

    rows: int = Field(description="How many figures this answer holds.")
    complete: bool = Field(description="Whether these are all that the question has, or one part of a list.")
    definitions: list[DefinitionVersion] = Field(
        description="The versions of definitions they were counted by."
    )
    digest: str = Field(
        description="SHA-256 of one line for each figure in this order: uri, tab, value_text, tab, status, line feed."
    )


class Receipt:
    """A receipt in the making: rows are added as they are sent."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()
        self._definitions: set[tuple[str, str]] = set()

    def add(self, rows: Iterable[Mapping[str, Any]], indicator: str | None = None) -> None:
        """Add rows; `indicator` names it where the rows do not."""
        for row in rows:
            self.rows += 1
            line = f"{row['uri']}\t{row['value_text'] or ''}\t{row['status']}\n"
            self._digest.update(line.encode("utf-8", "surrogatepass"))
            self._definitions.add((indicator or row["indicator"], row["version"]))

    @property
    def digest(self) -> str:
        return f"sha-256:{self._digest.hexdigest()}"

    @property
    def definitions(self) -> list[dict[str, str]]:
        return [{"indicator": name, "version": version} for name, version in sorted(self._definitions)]

    def as_row(self, *, complete: bool) -> dict[str, Any]:
        """Write the receipt as the last member of an answer."""
        return {
            "rows": self.rows,
            "complete": complete,
            "definitions": self.definitions,
            "digest": self.digest,
        }

    @property
    def end_line(self) -> bytes:
        """The last line of a CSV whose reader asked for an end."""
        return f"#end rows={self.rows} digest={self.digest}\r\n".encode()


def receipt_of(rows: Iterable[Mapping[str, Any]], *, complete: bool) -> dict[str, Any]:
    """Write the receipt for some rows."""
    receipt = Receipt()
    receipt.add(rows)
    return receipt.as_row(complete=complete)

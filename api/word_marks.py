"""Which words of two texts differ.

In:   a text before and after
Out:  pieces in order: words that stayed, words that went, words that came

The words that both share are the longest common row of words, so the marks are as few as can be. Two texts
that are too long for that are marked whole between what they begin and end with alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["same", "went", "came"]

# The most pairs of words that are compared for one text: some hundredths of a second.
_MOST_PAIRS = 250_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words with the space after them."""

    kind: Kind
    text: str


def mark_words(before: str, after: str) -> list[Piece]:
    """Mark the words that differ.

    >>> [(piece.kind, piece.text) for piece in mark_words("tonnes sent away", "tonnes sent for reuse")]
    [('same', 'tonnes sent '), ('went', 'away'), ('came', 'for reuse')]
    """
    old, new = _words(before), _words(after)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    first, last = old[start : len(old) - end], new[start : len(new) - end]
    marked: list[Piece] = [Piece("same", word) for word in old[:start]]
    if len(first) * len(last) > _MOST_PAIRS:
        marked += [Piece("went", word) for word in first] + [Piece("came", word) for word in last]
    else:
        marked += _mark(first, last)
    # A last word is followed by no space and is the same word with one.
    marked += [Piece("same", word) for word in new[len(new) - end :]]
    return _joined(marked)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text.strip())


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """Count how many words two texts begin with alike."""
    count = 0
    while count < min(len(old), len(new)) and old[count].strip() == new[count].strip():
        count += 1
    return count


def _mark(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    """Walk the table of longest common rows of words."""
    plain_old, plain_new = [word.strip() for word in old], [word.strip() for word in new]
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below = longest[i], longest[i + 1]
        for j in range(len(new) - 1, -1, -1):
            same = plain_old[i] == plain_new[j]
            row[j] = below[j + 1] + 1 if same else max(below[j], row[j + 1])
    out: list[Piece] = []
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and plain_old[i] == plain_new[j]:
            out.append(Piece("same", new[j]))
            i, j = i + 1, j + 1
        elif j == len(new) or (i < len(old) and longest[i + 1][j] >= longest[i][j + 1]):
            out.append(Piece("went", old[i]))
            i += 1
        else:
            out.append(Piece("came", new[j]))
            j += 1
    return out


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Put neighbours of one kind together; of what went and came in one place, what went stands first."""
    out: list[Piece] = []
    went: list[str] = []
    came: list[str] = []

    def close() -> None:
        for kind, texts in (("went", went), ("came", came)):
            if texts:
                out.append(Piece(kind, "".join(texts)))  # type: ignore[arg-type]
                texts.clear()

    for piece in pieces:
        if piece.kind == "same":
            close()
            if out and out[-1].kind == "same":
                out[-1] = Piece("same", out[-1].text + piece.text)
            else:
                out.append(piece)
        else:
            (went if piece.kind == "went" else came).append(piece.text)
    close()
    return out

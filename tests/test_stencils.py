"""Lines that are written with stencils are those that would be put together row by row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publish import stencils
from publish.stencils import Stencils, Stock, Text, column_of

WORDS = ["", "a", "bb", "ccc", "Ynys Môn", "é"]


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some kinds have rows enough for a grid, and some for more than one."""
    monkeypatch.setattr(stencils, "_LEAST_ROWS", 4)
    monkeypatch.setattr(stencils, "_GRID_ROWS", 8)
    monkeypatch.setattr(stencils, "_GRIDS", 3)
    monkeypatch.setattr(stencils, "_SHARED_ROWS", 20)


def written_of(lines: list[list[Text]], rows: int) -> tuple[list[str], int]:
    """Give what is written about each row, in order of the rows' numbers, and how many lines that is."""
    numbers = Stock([f"\n{number} " for number in range(rows)]).column(np.arange(1, rows + 1))
    writer = Stencils()
    text = b"".join(map(bytes, writer.write([[numbers], *lines], rows))).decode()
    told = dict(one.split(" ", 1) for one in text.split("\n")[1:])
    return [told[str(number)] for number in range(rows)], writer.written - rows


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_lines_are_those_of_each_row_put_together(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 60))
    stock = [*WORDS, None]
    given_columns: list[tuple[Text, list[str | None]]] = [(b"same", ["same"] * rows), (None, [None] * rows)]
    for _ in range(data.draw(st.integers(0, 4))):
        numbers = data.draw(st.lists(st.integers(0, len(stock)), min_size=rows, max_size=rows))
        texts = [None if number == 0 else stock[number - 1] for number in numbers]
        if data.draw(st.booleans()):
            given_columns.append((Stock(stock).column(np.array(numbers)), texts))
        else:
            whole = pa.array(["before", *texts], pa.string())
            given_columns.append((column_of(whole.slice(1)), texts))
    chosen = data.draw(st.lists(st.lists(st.sampled_from(range(len(given_columns))), min_size=1), max_size=6))
    wanted, count = [""] * rows, 0
    for line in chosen:
        for row in range(rows):
            texts = [given_columns[at][1][row] for at in line]
            if None not in texts:
                wanted[row] += "".join(text or "" for text in texts)
                count += 1
    assert written_of([[given_columns[at][0] for at in line] for line in chosen], rows) == (wanted, count)


def test_a_column_of_nearly_the_same_texts_is_written_as_it_is() -> None:
    numbers = np.array([1] * 30 + [2] * 30)
    texts, count = written_of([[b"x", Stock(["aa", "bb"]).column(numbers)]], 60)
    assert (texts, count) == (["xaa"] * 30 + ["xbb"] * 30, 60)


def test_more_columns_than_a_key_of_kinds_holds_at_once() -> None:
    widths = [0, *range(1, 1000, 40)]
    columns = [column_of(pa.array(["y" * width for width in widths], pa.string())) for _ in range(12)]
    texts, _ = written_of([list(columns)], len(widths))
    assert texts == ["y" * width * 12 for width in widths]

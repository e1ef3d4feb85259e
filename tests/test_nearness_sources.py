"""Paraphrases find the published definitions they stand for, as docs/proposals.md says."""

from __future__ import annotations

from pathlib import Path

import pytest
from published_definitions import read_paraphrases, read_published

from compare.nearness import Register, Statement
from schemas.sector_words import SectorWords, load_sector_words


@pytest.fixture(scope="module")
def published(sources: Path) -> list[Statement]:
    return read_published(sources)


def count_found(register: Register, half: str) -> tuple[int, int, int]:
    """Count paraphrases, those whose original comes first, and those that have it among the first three."""
    ranks = []
    for original, proposed in read_paraphrases(half):
        names = [match.known.indicator for match in register.find(proposed, 3).matches]
        ranks.append(names.index(original) if original in names else 3)
    return len(ranks), ranks.count(0), sum(rank < 3 for rank in ranks)


def test_the_corpus_is_the_one_described(published: list[Statement]) -> None:
    names = [one.indicator for one in published]
    assert sum(name.startswith("lait:") for name in names) == 448
    assert sum(name.startswith("fingertips:") for name in names) == 35


def test_every_paraphrase_has_its_original_and_not_its_name(published: list[Statement]) -> None:
    by_name = {one.indicator: one for one in published}
    originals = []
    for half, count in (("tuning", 171), ("held", 65), ("last", 60)):
        paraphrases = read_paraphrases(half)
        assert len(paraphrases) == count
        for original, proposed in paraphrases:
            known = by_name[original]
            assert proposed.label.casefold() not in (known.label.casefold(), known.question.casefold())
            originals.append(original)
    assert len(set(originals)) == len(originals)


def holds(root: Path, row: str) -> None:
    """Check that the published table has this row."""
    page = (root / "docs" / "proposals.md").read_text(encoding="utf-8")
    assert f"\n{row}" in page, row


@pytest.mark.parametrize("half", ["held", "last", "tuning"])
def test_original_is_among_the_first_three_nine_times_in_ten(
    published: list[Statement], root: Path, half: str
) -> None:
    count, first, among_three = count_found(Register(published, load_sector_words()), half)
    assert among_three >= 0.9 * count
    holds(root, f"| {half} | {count} | {first} | {among_three} | {among_three / count:.0%} |")


@pytest.mark.parametrize("half", ["held", "last"])
def test_words_of_the_sector_earn_their_place(published: list[Statement], root: Path, half: str) -> None:
    words = load_sector_words()
    bare = Register(published, SectorWords({}, {}, words.small, words.denials))
    count, first, among_three = count_found(bare, half)
    name = f"{half}, without the words of the sector"
    holds(root, f"| {name} | {count} | {first} | {among_three} | {among_three / count:.0%} |")


def test_page_counts_the_words_of_the_sector(root: Path) -> None:
    words = load_sector_words()
    page = (root / "docs" / "proposals.md").read_text(encoding="utf-8")
    ways = sum(len(meaning.words) for meaning in words.meanings.values())
    assert f"has {len(words.meanings)} meanings and\n  the {ways:,} ways to say them" in page
    assert f"{len(words.axes)} axes" in page

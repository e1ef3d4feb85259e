"""The documents are complete, their links lead somewhere, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from schemas import load_model
from schemas.derive import derive_files

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if ".venv" not in path.parts
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def anchors_of(page: str) -> set[str]:
    """List what a link into a page can name: its own anchors, and its headings as code hosts name them."""
    named = set(re.findall(r'<a id="([^"]+)">', page))
    for heading in re.findall(r"(?m)^#+ (.+)$", page):
        plain = re.sub(r"<[^>]+>|[`*]", "", heading).strip().lower()
        named.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)))
    return named


def links_of(page: str) -> list[str]:
    without_code = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", page)
    return re.findall(r"\]\(([^)\s]+)\)", without_code)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = path if file == "" else (path.parent / file).resolve()
        assert target.exists(), link
        assert target == ROOT or ROOT in target.parents, link
        if anchor:
            assert anchor in anchors_of(target.read_text(encoding="utf-8")), link


def test_every_problem_has_a_section_with_its_code_as_anchor() -> None:
    page = derive_files(load_model())["docs/reference/problems.md"]
    for code, kind in load_model().problems.items():
        section = page.partition(f'<a id="{code}"></a>')[2].partition("\n## ")[0]
        assert section, code
        for text in (kind.title, kind.when, kind.message, kind.mend):
            assert text in section, code


def test_every_table_and_column_is_in_the_reference() -> None:
    page = derive_files(load_model())["docs/reference/tables.md"]
    model = load_model()
    for prefix, tables in (("", model.tables), ("derived-", model.derived)):
        for table in tables.values():
            section = page.partition(f'<a id="{prefix}{table.name}"></a>')[2].partition("\n## ")[0]
            assert table.description.strip() in section
            for field in table.fields:
                assert f"| `{field.name}` | {field.title} |" in section, (table.name, field.name)


def test_every_word_is_in_the_reference_with_its_standard() -> None:
    page = derive_files(load_model())["docs/reference/words.md"]
    for word in load_model().words:
        assert f"**{word.word}** | {word.meaning} | {word.standard} |" in page


def test_no_word_is_also_one_not_to_use() -> None:
    words = load_model().words
    assert [word.word for word in words] == sorted(word.word for word in words)
    not_used = {text.partition(" (")[0] for word in words for text in word.instead_of}
    assert not_used & {word.word for word in words} == set()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_is_numbered_dated_and_weighed(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    number, _, slug = path.stem.partition("-")
    heading, _, rest = page.partition("\n\n")
    assert re.fullmatch(r"[0-9]{4}", number)
    assert heading.startswith(f"# {int(number)}. ")
    assert re.sub(r"[^a-z0-9]+", "-", heading.partition(". ")[2].lower()).strip("-") == slug
    assert re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\. (Holds|Replaced by \[)", rest)


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)
    assert numbers[:4] == ["0001", "0002", "0003", "0004"]

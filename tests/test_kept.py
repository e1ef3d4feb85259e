"""What was made once is found again by its tag, by every worker of a server, within a bound."""

from __future__ import annotations

from pathlib import Path

from api.kept import Kept, Made, Shelf


def made(text: str, size: int = 0) -> Made:
    return Made(text.encode().ljust(size), (f"</{text}>; rel=self",))


def test_what_was_kept_is_found_with_its_links() -> None:
    kept = Kept()
    kept.keep("a", made("page"))
    assert kept.find("a") == made("page")
    assert kept.find("b") is None


def test_what_was_not_asked_for_the_longest_gives_way() -> None:
    kept = Kept(most_bytes=800)
    for name in "abcdefgh":
        kept.keep(name, made(name, 100))
    assert kept.find("a") is not None
    kept.keep("i", made("i", 100))
    assert kept.find("b") is None
    assert kept.find("a") is not None
    assert kept.find("i") is not None


def test_what_would_leave_little_room_is_not_kept() -> None:
    kept = Kept(most_bytes=800)
    kept.keep("a", made("a", 101))
    assert kept.find("a") is None


def test_one_worker_finds_what_another_made(tmp_path: Path) -> None:
    one, other = (Kept(Shelf(tmp_path / "kept.db")) for _ in range(2))
    one.keep("a", made("page"))
    assert other.find("a") == made("page")


def test_a_shelf_gives_up_what_it_kept_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kept.db", most_bytes=1000)
    for number in range(50):
        shelf.keep(str(number), made("page", 100))
    assert [number for number in range(50) if shelf.find(str(number))] == list(range(40, 50))


def test_a_shelf_in_use_by_another_worker_keeps_nobody_waiting(tmp_path: Path) -> None:
    busy, shelf = Shelf(tmp_path / "kept.db"), Shelf(tmp_path / "kept.db")
    shelf.keep("a", made("page"))
    busy._connection.execute("BEGIN EXCLUSIVE")
    shelf.keep("b", made("page"))
    busy._connection.execute("ROLLBACK")
    assert shelf.find("a") == made("page")
    assert shelf.find("b") is None
